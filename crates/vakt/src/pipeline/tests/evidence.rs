//! What a draft says of the events that it is about.

use vakt_event::{Frame, Timestamp};
use vakt_incident::NewFact;

use super::{World, line};
use crate::pipeline::decode_frame;

const RULES: &str = "
title: A knock
id: 31111111-2222-4333-8444-555555555555
name: knock
status: test
logsource:
    product: linux
detection:
    keywords:
        - knock
    condition: keywords
level: informational
---
title: Many knocks
id: 41111111-2222-4333-8444-555555555555
status: test
correlation:
    type: event_count
    rules: [knock]
    group-by: [host.name]
    timespan: 1h
    condition:
        gte: 401
level: high
vakt:
    draft: true
";

const START: i64 = 1_795_514_400;

/// Knocks, one a second, each received two seconds after it claims to have been.
fn knocks(numbers: std::ops::Range<i64>) -> Vec<Frame> {
    let knock = |number: i64| {
        let claimed = Timestamp::from_seconds(START + number).unwrap();
        let text = format!("<13>1 {claimed} web1 cron 1 - - knock {number}");
        line(START + number + 2, &text)
    };
    numbers.map(knock).collect()
}

/// `total` events are counted, and the first one claims to be of the second `first`.
fn check(world: &World, id: &str, total: u64, first: i64) {
    let draft = world.records.incident(id).unwrap();
    assert_eq!(draft.evidence_total, total);
    assert_eq!(draft.incident.event_count, total);
    let first_event = draft.incident.first_event.unwrap();
    let second = |second: i64| Timestamp::from_seconds(START + second).unwrap();
    assert_eq!(first_event.claimed, Some(second(first)));
    assert_eq!(first_event.received, second(first + 2));
    let ids: Vec<i64> = draft
        .evidence
        .iter()
        .map(|event| event.id.parse().unwrap())
        .collect();
    assert_eq!(ids[..50], (first..first + 50).collect::<Vec<_>>());
    let note = draft.evidence_note.unwrap();
    assert!(
        note.starts_with(&format!("201 of {total} events")),
        "{note}"
    );
}

/// A draft over 401 events held 201, said that there were no more, and took the oldest of those for
/// the first.
#[test]
fn a_draft_counts_all_its_events_and_begins_with_the_first() {
    let world = World::new(RULES);
    world.run(knocks(0..401), decode_frame);
    check(&world, "1", 401, 0);
    // One more shows the same events again, and itself.
    world.run(knocks(401..402), decode_frame);
    check(&world, "1", 402, 0);
}

/// A draft that a firing opened which went on after a dismissal held one event.
#[test]
fn a_draft_after_a_dismissal_brings_its_events() {
    let world = World::new(RULES);
    world.run(knocks(0..401), decode_frame);
    let dismissed = NewFact {
        fact: "dismissed".to_owned(),
        reason: Some("our own scanner".to_owned()),
        ..NewFact::default()
    };
    world.records.add_fact("1", dismissed, "anna").unwrap();
    world.run(knocks(401..402), decode_frame);
    let draft = world.records.incident("2").unwrap();
    assert_eq!((draft.evidence.len(), draft.evidence_total), (200, 402));
    assert_eq!(
        draft.incident.first_event.unwrap().claimed,
        Timestamp::from_seconds(START)
    );
}
