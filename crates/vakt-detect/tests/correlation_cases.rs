//! What correlations do, case by case: order, edges of the window, repeats, bounds.

mod correlation_support;

use vakt_detect::correlate::{self, limits};
use vakt_detect::{Correlator, Measure, Progress};
use vakt_event::{Event, Timestamp, Value};
use vakt_rules::ast::*;

use correlation_support::{Seen, correlation, observe, rule_set};

fn at_least(limit: f64) -> Threshold {
    Threshold {
        bounds: vec![(Bound::GreaterOrEqual, limit)],
    }
}

/// The events as `(seconds, hits)`, all of one user; the firings as
/// `(position, correlation, events, repeat)`.
fn check(rules: &RuleSet, seen: &[(i64, &[usize])], expected: &[(u64, usize, u64, bool)]) {
    let mut correlator = Correlator::new(rules);
    let mut found = Vec::new();
    for (position, (seconds, hits)) in (0u64..).zip(seen) {
        let seen = Seen {
            seconds: *seconds,
            group: Some(1),
            value: None,
            hits: hits.to_vec(),
        };
        found.extend(observe(&mut correlator, position, &seen));
    }
    let found: Vec<_> = found
        .iter()
        .map(|(at, f)| (*at, f.correlation, f.event_count, f.repeat))
        .collect();
    assert_eq!(found, expected);
}

/// A login that succeeds after at least three failures, the count alone silent.
fn success_after_failures() -> RuleSet {
    rule_set(vec![
        correlation(
            CorrelationKind::EventCount(at_least(3.0)),
            vec![RuleRef::Rule(0)],
            60,
        ),
        correlation(
            CorrelationKind::TemporalOrdered(vec![Combination::all(2)]),
            vec![RuleRef::Correlation(0), RuleRef::Rule(1)],
            60,
        ),
    ])
}

#[test]
fn a_success_counts_only_after_the_failures() {
    let rules = success_after_failures();
    let (failure, success): (&[usize], &[usize]) = (&[0], &[1]);
    check(
        &rules,
        &[(0, failure), (1, failure), (2, failure), (3, success)],
        &[(2, 0, 3, false), (3, 1, 4, false)],
    );
    check(
        &rules,
        &[(0, success), (1, failure), (2, failure), (3, failure)],
        &[(3, 0, 3, false)],
    );
    // At the same second, the journal's order decides.
    check(
        &rules,
        &[(0, failure), (0, failure), (0, failure), (0, success)],
        &[(2, 0, 3, false), (3, 1, 4, false)],
    );
    // Exactly the timespan after the count became true, and one second more.
    check(
        &rules,
        &[(0, failure), (1, failure), (2, failure), (62, success)],
        &[(2, 0, 3, false), (3, 1, 4, false)],
    );
    check(
        &rules,
        &[(0, failure), (1, failure), (2, failure), (63, success)],
        &[(2, 0, 3, false)],
    );
    // Failures too far apart.
    check(
        &rules,
        &[(0, failure), (1, failure), (61, failure), (62, success)],
        &[],
    );
    check(
        &rules,
        &[(0, failure), (1, failure), (60, failure), (61, success)],
        &[(2, 0, 3, false), (3, 1, 4, false)],
    );
}

/// The first thousand of a long attack were counted twice, those in the middle named instead of
/// how it began.
#[test]
fn a_long_chain_is_counted_exactly_and_names_how_it_began() {
    let rules = success_after_failures();
    let mut correlator = Correlator::new(&rules);
    let mut last = Vec::new();
    for position in 0..=3_000 {
        let hits = vec![usize::from(position == 3_000)];
        let (group, value) = (Some(1), None);
        let seconds = i64::try_from(position / 100).unwrap();
        let seen = Seen {
            seconds,
            group,
            value,
            hits,
        };
        last = observe(&mut correlator, position, &seen);
    }
    let [(3_000, firing)] = &last[..] else {
        panic!("{last:?}");
    };
    let named: Vec<u64> = (0..50).chain(2_051..=3_000).collect();
    // The window of the success lists the success beside the newest failures.
    assert_eq!((firing.event_count, firing.first_event), (3_001, 0));
    assert_eq!(firing.first_time, Timestamp::default());
    assert_eq!(firing.events, named);
}

/// An execution that was joined from records is one event, whose evidence are its records.
#[test]
fn a_joined_event_brings_its_records() {
    let rules = success_after_failures();
    let mut correlator = Correlator::new(&rules);
    let mut firings = Vec::new();
    let mut event = Event::default();
    event.sent("user.name", "root");
    let records: [&[u64]; 4] = [&[0, 1], &[3, 5], &[4, 6, 7], &[]];
    for (records, (position, hit)) in records.iter().zip([(1, 0), (5, 0), (7, 0), (8, 1)]) {
        let seen = correlate::Seen {
            position,
            records,
            records_hidden: u64::from(position == 7) * 2,
            ..correlate::Seen::default()
        };
        correlator.observe_seen(&seen, &event, &[hit], &mut firings);
    }
    let found: Vec<_> = firings
        .iter()
        .map(|f| (f.correlation, &f.events[..], f.event_count, f.first_event))
        .collect();
    assert_eq!(
        found,
        [
            (0, &[0, 1, 3, 4, 5, 6, 7][..], 9, 0),
            (1, &[0, 1, 3, 4, 5, 6, 7, 8][..], 10, 0)
        ]
    );
}

/// What shows that an execution is whole can be a later record, which is judged before it.
#[test]
fn a_joined_event_stands_where_its_last_record_does() {
    let fires = |rules: [usize; 2]| {
        let mut correlator = Correlator::new(&rule_set(vec![correlation(
            CorrelationKind::TemporalOrdered(vec![Combination::all(2)]),
            vec![RuleRef::Rule(0), RuleRef::Rule(1)],
            60,
        )]));
        let mut firings = Vec::new();
        let mut event = Event::default();
        event.sent("user.name", "root");
        for (position, rule) in [10, 3].into_iter().zip(rules) {
            let seen = correlate::Seen {
                position,
                ..correlate::Seen::default()
            };
            correlator.observe_seen(&seen, &event, &[rule], &mut firings);
        }
        firings.len()
    };
    assert_eq!(fires([1, 0]), 1);
    assert_eq!(fires([0, 1]), 0);
}

#[test]
fn a_group_that_keeps_firing_repeats() {
    let rules = rule_set(vec![correlation(
        CorrelationKind::EventCount(at_least(2.0)),
        vec![RuleRef::Rule(0)],
        10,
    )]);
    let hit: &[usize] = &[0];
    check(
        &rules,
        &[(0, hit), (5, hit), (10, hit), (30, hit), (31, hit)],
        &[(1, 0, 2, false), (2, 0, 3, true), (4, 0, 2, false)],
    );
}

/// Syslog daemons summed up equal lines, and a brute force went unseen behind "message repeated".
#[test]
fn an_event_that_stands_for_several_counts_as_so_many() {
    let rules = rule_set(vec![correlation(
        CorrelationKind::EventCount(at_least(10.0)),
        vec![RuleRef::Rule(0)],
        60,
    )]);
    let fires = |repeats: &[&str], is_sent: bool| {
        let mut correlator = Correlator::new(&rules);
        let mut firings = Vec::new();
        for (position, repeat) in (0..).zip(repeats) {
            let mut event = Event::default();
            event.sent("user.name", "root");
            match (*repeat, is_sent) {
                ("", _) => {}
                (repeat, true) => event.sent("vakt.repeat", Value::number(repeat)),
                (repeat, false) => event.added("vakt.repeat", Value::number(repeat)),
            }
            let time = Timestamp::from_seconds(1_000).unwrap();
            correlator.observe(position, time, &event, &[0], &mut firings);
        }
        firings.last().map(|firing| firing.event_count)
    };
    assert_eq!(fires(&["", "8"], false), None);
    assert_eq!(fires(&["", "9"], false), Some(2));
    assert_eq!(fires(&["0", "9"], false), Some(2));
    assert_eq!(fires(&["-5", "many", "8"], false), Some(3));
    // Whoever sends the event does not say how much it counts.
    assert_eq!(fires(&["", "9"], true), None);
}

/// Values were cut, and those that began alike were one: of a hundred long paths one was counted, and
/// the events of different long names made one group.
#[test]
fn long_values_are_told_apart_and_stay_short() {
    let begin = "ä".repeat(limits::VALUE_BYTES_MAX);
    let firings = |kind: CorrelationKind, ends: &[&str]| {
        let rules = rule_set(vec![correlation(kind, vec![RuleRef::Rule(0)], 60)]);
        let mut correlator = Correlator::new(&rules);
        let mut firings = Vec::new();
        for (position, end) in (0..).zip(ends) {
            let mut event = Event::default();
            event.sent("user.name", "root");
            event.sent("path", format!("{begin}{end}"));
            event.sent("other", "x");
            correlator.observe(position, Timestamp::default(), &event, &[0], &mut firings);
        }
        firings
    };
    let distinct = |fields: &[&str]| {
        let fields = fields.iter().map(|field| (*field).into()).collect();
        CorrelationKind::ValueCount(fields, at_least(3.0))
    };
    for fields in [&["path"] as &[&str], &["other", "path"]] {
        assert_eq!(firings(distinct(fields), &["a", "b", "a"]).len(), 0);
        assert_eq!(firings(distinct(fields), &["a", "b", "", "b"]).len(), 2);
    }
    let mut by_path = correlation(
        CorrelationKind::EventCount(at_least(2.0)),
        vec![RuleRef::Rule(0)],
        60,
    );
    by_path.group_by[0].name = "path".into();
    let mut correlator = Correlator::new(&rule_set(vec![by_path]));
    let mut firings = Vec::new();
    for (position, end) in (0..).zip(["a", "b", "a"]) {
        let mut event = Event::default();
        event.sent("path", format!("{begin}{end}"));
        correlator.observe(position, Timestamp::default(), &event, &[0], &mut firings);
    }
    let [firing] = &firings[..] else {
        panic!("{firings:?}");
    };
    assert_eq!(firing.events, [0, 2]);
    let (_, shown) = &firing.group[0];
    assert!(shown.starts_with(&"ä".repeat(480)), "{shown}");
    assert!(shown.len() <= limits::VALUE_BYTES_MAX, "{shown}");
}

#[test]
fn aliases_name_a_field_for_each_input() {
    let mut by_address = correlation(
        CorrelationKind::Temporal(vec![Combination::all(2)]),
        vec![RuleRef::Rule(0), RuleRef::Rule(1)],
        60,
    );
    by_address.group_by = vec![GroupField {
        name: "address".into(),
        per_input: vec!["SourceIp".into(), "DestinationIp".into()],
    }];
    let mut correlator = Correlator::new(&rule_set(vec![by_address]));
    let mut firings = Vec::new();
    for (position, (name, rule)) in (0u64..).zip([("source.ip", 0), ("destination.ip", 1)]) {
        let mut event = Event::default();
        event.sent(name, "10.0.0.1");
        correlator.observe(
            position,
            Timestamp::default(),
            &event,
            &[rule],
            &mut firings,
        );
    }
    assert_eq!(firings.len(), 1);
    assert_eq!(
        firings[0].group,
        [("address".to_owned(), "10.0.0.1".to_owned())]
    );
    assert_eq!(firings[0].events, [0, 1]);
}

#[test]
fn a_changed_rule_loses_its_state_and_no_other() {
    let two = |limit: f64| {
        let count = |limit| {
            correlation(
                CorrelationKind::EventCount(at_least(limit)),
                vec![RuleRef::Rule(0)],
                60,
            )
        };
        rule_set(vec![count(2.0), count(limit)])
    };
    let seen = Seen {
        seconds: 0,
        group: Some(1),
        value: None,
        hits: vec![0],
    };
    let mut before = Correlator::new(&two(2.0));
    assert_eq!(observe(&mut before, 0, &seen), []);
    let mut after = Correlator::new(&two(1.5));
    let restored = after.restore(&before.snapshot().unwrap()).unwrap();
    assert_eq!(
        (restored.correlations, restored.correlations_dropped),
        (1, 1)
    );
    let mut replaced = after.fresh();
    assert_eq!(replaced.take_over(&mut before), restored);
    for after in [&mut after, &mut replaced] {
        let fired: Vec<_> = observe(after, 1, &seen)
            .into_iter()
            .map(|(_, firing)| firing.correlation)
            .collect();
        assert_eq!(fired, [0]);
    }
    assert!(after.restore(b"{}").is_err());
    assert!(after.restore(b"\xff").is_err());
    assert_eq!(after.groups(), 2);
}

#[test]
fn a_correlation_that_feeds_itself_is_named_and_left_out() {
    let one = |input| {
        let kind = CorrelationKind::Temporal(vec![Combination::all(1)]);
        correlation(kind, vec![input], 9)
    };
    let rules = rule_set(vec![
        one(RuleRef::Correlation(1)),
        one(RuleRef::Correlation(0)),
        one(RuleRef::Rule(0)),
    ]);
    let named: Vec<_> = Correlator::new(&rules)
        .problems()
        .iter()
        .map(|problem| problem.correlation)
        .collect();
    assert_eq!(named, [0, 1]);
    check(&rules, &[(0, &[0])], &[(0, 2, 1, false)]);
}

#[test]
fn state_is_bounded_and_says_so() {
    use limits::{FIRING_EVENTS_MAX, FIRING_OLDEST_EVENTS, GROUP_EVENTS_MAX, GROUPS_MAX};
    let rules = rule_set(vec![correlation(
        CorrelationKind::EventCount(at_least(3.0)),
        vec![RuleRef::Rule(0)],
        600,
    )]);
    let mut correlator = Correlator::new(&rules);
    let mut firings = Vec::new();
    let mut feed = |correlator: &mut Correlator, position: u64, user: u64| {
        let mut event = Event::default();
        event.sent("User", user.to_string());
        firings.clear();
        correlator.observe(position, Timestamp::default(), &event, &[0], &mut firings);
        firings.clone()
    };
    let groups = u64::try_from(GROUPS_MAX).unwrap();
    for user in 0..groups {
        feed(&mut correlator, user, user);
    }
    // User 0 is touched again, so that user 1 is the one to go.
    feed(&mut correlator, groups, 0);
    feed(&mut correlator, groups + 1, groups);
    let evicted =
        |correlator: &Correlator| (correlator.evicted_groups(), correlator.evicted_events());
    assert_eq!(
        (correlator.groups(), evicted(&correlator)),
        (GROUPS_MAX, (1, 1))
    );
    assert_eq!(feed(&mut correlator, groups + 2, 0).len(), 1);
    let excess = 10;
    let mut last = Vec::new();
    for position in 0..u64::try_from(GROUP_EVENTS_MAX).unwrap() + excess - 3 {
        last = feed(&mut correlator, groups + 3 + position, 0);
    }
    assert_eq!(evicted(&correlator), (1, 1 + excess));
    assert_eq!(last[0].events.len(), FIRING_EVENTS_MAX);
    let (oldest, newest) = last[0].events.split_at(FIRING_OLDEST_EVENTS);
    assert!(oldest.windows(2).all(|pair| pair[0] + 1 == pair[1]));
    assert!(newest.windows(2).all(|pair| pair[0] + 1 == pair[1]));
    assert_eq!((oldest[0], oldest.len()), (last[0].first_event, 50));
    assert_eq!(
        last[0].event_count,
        u64::try_from(GROUP_EVENTS_MAX).unwrap() + 1
    );
    correlator.forget_before(Timestamp::from_seconds(601).unwrap());
    assert_eq!(correlator.groups(), 0);
}

#[test]
fn a_group_shows_how_far_it_got() {
    let check =
        |kind: CorrelationKind, inputs: usize, hits: &[(i64, usize, i8)], expected: &[Progress]| {
            let inputs = (0..inputs).map(RuleRef::Rule).collect();
            let rules = rule_set(vec![correlation(kind, inputs, 60)]);
            let mut correlator = Correlator::new(&rules);
            for (position, (seconds, rule, value)) in (0..).zip(hits) {
                let seen = Seen {
                    seconds: *seconds,
                    group: Some(1),
                    value: Some(*value),
                    hits: vec![*rule],
                };
                observe(&mut correlator, position, &seen);
            }
            assert_eq!(correlator.newest_progress(0, 10), expected);
            assert!(correlator.newest_progress(1, 10).is_empty());
        };
    let progress = |measure: Measure, holds: bool| Progress {
        group: vec![("User".to_owned(), "u1".to_owned())],
        measure,
        holds,
    };
    let two = [(0, 0, 1), (1, 0, 1)];
    check(
        CorrelationKind::EventCount(at_least(3.0)),
        1,
        &two,
        &[progress(Measure::Count(2.0), false)],
    );
    check(
        CorrelationKind::ValueCount(vec!["bytes".to_owned()], at_least(1.0)),
        1,
        &two,
        &[progress(Measure::Count(1.0), true)],
    );
    check(
        CorrelationKind::ValueSum("bytes".to_owned(), at_least(3.0)),
        1,
        &two,
        &[progress(Measure::Number(2.0), false)],
    );
    check(
        CorrelationKind::Temporal(vec![Combination::all(2)]),
        2,
        &[(0, 1, 1)],
        &[progress(Measure::Inputs(vec![false, true]), false)],
    );
    let chain = [(0, 1, 1), (1, 0, 1)];
    check(
        CorrelationKind::TemporalOrdered(vec![Combination::all(2)]),
        2,
        &chain,
        &[progress(
            Measure::Chain {
                inputs: vec![0, 1],
                reached: 1,
            },
            false,
        )],
    );
    // What left the window counts no more.
    check(
        CorrelationKind::EventCount(at_least(2.0)),
        1,
        &[(0, 0, 1), (100, 0, 1)],
        &[progress(Measure::Count(1.0), false)],
    );
    check(CorrelationKind::EventCount(at_least(2.0)), 1, &[], &[]);
}
