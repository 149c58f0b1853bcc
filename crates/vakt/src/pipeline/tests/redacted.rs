//! Whatever reads frames for searches redacts them in the same way.

use std::sync::Arc;

use arc_swap::ArcSwap;
use prometheus::IntCounter;
use vakt_event::JournalPosition;
use vakt_search::{Index, Query, Request};

use super::{World, append, line};
use crate::pipeline::index::{self, IndexProgress, IndexThread};
use crate::pipeline::quarantine::Quarantine;
use crate::pipeline::tail::JournalTail;
use crate::pipeline::{Frames, Stop, decode_frame};
use crate::redact::{Action, Redactor, Rule};

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

#[test]
fn the_index_and_what_it_lacks_are_redacted_alike() {
    let world = World::new(RULES);
    let journal = world.journal();
    let sent =
        "<38>Nov 24 10:00:00 web1 sshd[7]: Failed password for anna from 192.0.2.7 port 4711 ssh2";
    append(&journal, vec![line(1_795_514_400, sent)]);
    journal.close().unwrap();
    let rule = Rule {
        streams: None,
        fields: vec!["user.name".to_owned()],
        action: Action::Mask,
    };
    let frames = Frames::new(Some(Arc::new(Redactor::new(&[rule], None))));
    let message = "Failed password for [redacted] from 192.0.2.7 port 4711 ssh2";

    let mut tail = JournalTail::new(&journal, &frames, JournalPosition(0), JournalPosition(1));
    let mut seen = Vec::new();
    tail.each(&|_, _| false, |frame, source, decoding| {
        let event = decode_frame(frame, source, decoding);
        seen.push(event.text("message").unwrap().to_owned());
        Ok(())
    })
    .unwrap();
    assert_eq!(seen, [message]);

    let index = Index::open(&world.folder.path().join("index"), Arc::new(frames.clone()));
    let index = ArcSwap::from_pointee(index.unwrap());
    let thread = IndexThread {
        journal: &journal,
        dir: &world.folder.path().join("index"),
        shared: &index,
        frames: &frames,
        progress: &IndexProgress::default(),
        stop: &Stop::default(),
    };
    let quarantined = IntCounter::new("quarantined", "of a test").unwrap();
    let writer = index.load().writer().unwrap();
    index::run(&thread, writer, Quarantine::new("index", quarantined));
    let check = |query: &str, expected: u64| {
        let request = Request {
            query: Query::parse(query).unwrap(),
            limit: 1,
            ..Request::default()
        };
        let response = index.load().search(&request).unwrap();
        assert_eq!(response.total, expected, "{query}");
        for hit in response.hits {
            assert_eq!(hit["message"], message);
            assert_eq!(hit["event.original"], sent);
        }
    };
    check("failed", 1);
    check("anna", 0);
    check("user.name:anna", 0);
    check("user.name:\"[redacted]\"", 1);
}
