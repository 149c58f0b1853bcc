//! An event whose processing panics stands in nobody's way.

use std::sync::Arc;

use arc_swap::ArcSwap;
use prometheus::IntCounter;
use vakt_event::{Event, Frame, JournalPosition, Source};
use vakt_search::{Index, Query, Request};
use vakt_storage::StoredFrame;

use super::{Ended, World, append, line};
use crate::pipeline::index::{self, IndexProgress, IndexThread};
use crate::pipeline::quarantine::Quarantine;
use crate::pipeline::{Decoding, Frames, Stop, decode_frame};

const ID: &str = "31111111-2222-4333-8444-555555555555";

const RULES: &str = "
title: A knock
id: 31111111-2222-4333-8444-555555555555
status: test
logsource:
    product: linux
detection:
    keywords:
        - knock
    condition: keywords
level: high
";

/// A decoder with a fault.
fn faulty<'f>(frame: &'f StoredFrame, source: &Source, decoding: &mut Decoding) -> Event<'f> {
    let is_poison = frame.bytes.ends_with(b"poison");
    assert!(!is_poison, "a fault that the test put here");
    decode_frame(frame, source, decoding)
}

fn frames() -> Vec<Frame> {
    [
        "knock 0", "poison", "knock 2", "knock 3", "poison", "knock 5",
    ]
    .iter()
    .map(|text| {
        line(
            1_795_514_400,
            &format!("<13>Nov 24 10:00:01 web1 cron: {text}"),
        )
    })
    .collect()
}

#[test]
fn detection_goes_on_behind_events_at_which_it_panics() {
    let world = World::new(RULES);
    let ended = world.run(frames(), faulty);
    let alerts = world.alerts();
    assert_eq!((alerts.len(), alerts[0].count), (1, 4));
    assert_eq!(alerts[0].event_ids, ["0", "2", "3", "5"]);
    assert_eq!(ended.quarantined.get(), 2);
    assert_eq!(ended.progress.failure(), None);
    assert_eq!(ended.progress.next(), JournalPosition(6));
    // Each of the others is counted once, however often it was read.
    assert_eq!(ended.metrics.events.get(), 4);
    let hits = |ended: &Ended| ended.activity.snapshot().by_id[ID].hits;
    assert_eq!(hits(&ended), 4);
    // The next start counts what is new, though it reads what was before again.
    let new = line(1_795_514_400, "<13>Nov 24 10:00:01 web1 cron: knock 6");
    assert_eq!(hits(&world.run(vec![new], decode_frame)), 1);
}

#[test]
fn the_index_goes_on_behind_events_at_which_it_panics() {
    let world = World::new(RULES);
    let journal = world.journal();
    append(&journal, frames());
    journal.close().unwrap();
    let index = Index::open(
        &world.folder.path().join("index"),
        Arc::new(Frames::default()),
    )
    .unwrap();
    let index = ArcSwap::from_pointee(index);
    let progress = IndexProgress::default();
    let quarantined = IntCounter::new("quarantined", "of a test").unwrap();
    let thread = IndexThread {
        journal: &journal,
        dir: &world.folder.path().join("index"),
        shared: &index,
        frames: &Frames::default(),
        progress: &progress,
        stop: &Stop::default(),
    };
    index::run_with(
        faulty,
        &thread,
        index.load().writer().unwrap(),
        Quarantine::new("index", quarantined.clone()),
    );
    assert_eq!(quarantined.get(), 2);
    assert_eq!(progress.failure(), None);
    assert_eq!(progress.committed(), JournalPosition(6));
    let request = Request {
        query: Query::parse("knock").unwrap(),
        ..Request::default()
    };
    assert_eq!(index.load().search(&request).unwrap().total, 4);
}
