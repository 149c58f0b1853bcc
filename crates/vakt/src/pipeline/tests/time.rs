//! Clocks of senders that are wrong, and what was left out because of them.

use vakt_event::{Frame, Timestamp};

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
title: Three knocks
id: 41111111-2222-4333-8444-555555555555
status: test
correlation:
    type: event_count
    rules: [knock]
    group-by: [host.name]
    timespan: 1m
    condition:
        gte: 3
level: high
";

const START: i64 = 1_795_514_400;

fn knock(received: i64, claimed: &str) -> Frame {
    line(received, &format!("<13>1 {claimed} web1 cron 1 - - knock"))
}

/// A knock that claims to be `ahead` seconds after its receipt.
fn ahead(received: i64, ahead: i64) -> Frame {
    let claimed = Timestamp::from_seconds(received + ahead).unwrap();
    knock(received, &claimed.to_string())
}

/// Matches of the correlation, and events that were late in it.
fn matches(frames: Vec<Frame>) -> (u64, u64) {
    let world = World::new(RULES);
    let ended = world.run(frames, decode_frame);
    let matches = world.alerts().iter().map(|alert| alert.count).sum();
    (matches, ended.metrics.late_events.get())
}

/// One clock that was four minutes ahead made the events of its group late for as long.
#[test]
fn a_clock_that_is_ahead_changes_no_firing_of_others() {
    let real = |at: i64| ahead(START + at, 0);
    let check = |wrong: Vec<Frame>| {
        let mut frames = wrong;
        frames.extend([0, 10, 20, 200, 210, 270].map(real));
        matches(frames)
    };
    let undisturbed = check(Vec::new());
    assert_eq!(undisturbed, (1, 0));
    // Received two minutes before, so that it is in none of the windows.
    let long_before = START - 120;
    assert_eq!(check(vec![ahead(long_before, 240)]), undisturbed);
    assert_eq!(check(vec![ahead(long_before, 299)]), undisturbed);
    let in_2037 = knock(long_before, "2037-01-01T00:00:00Z");
    assert_eq!(check(vec![in_2037]), undisturbed);
    // Received with them, it counts as what it is: one of them.
    assert_eq!(
        matches(vec![real(0), ahead(START + 5, 240), real(10)]),
        (1, 0)
    );
}

#[test]
fn events_that_come_too_late_are_counted() {
    let frames = vec![ahead(START, 0), ahead(START, -61), ahead(START, -3_600)];
    assert_eq!(matches(frames), (0, 2));
    // Counts of an earlier run are not counted again.
    let world = World::new(RULES);
    let frames = vec![ahead(START, 0), ahead(START, -61)];
    assert_eq!(world.run(frames, decode_frame).metrics.late_events.get(), 1);
    let ended = world.run(vec![ahead(START, -62)], decode_frame);
    assert_eq!(ended.metrics.late_events.get(), 1);
}
