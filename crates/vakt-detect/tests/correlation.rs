//! The correlator against its definition, written out without any state but all events.

#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests are no tests to the lint"
)]

mod correlation_support;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use vakt_detect::{Correlator, Firing};
use vakt_event::Timestamp;
use vakt_rules::ast::*;

use correlation_support::{Seen, correlation, observe, rule_set};

/// Time, position, the inputs matched, the value, and the events that inner firings bring.
type Item = (i64, u64, BTreeSet<usize>, i8, BTreeSet<u64>);

/// What a group has seen, by the definition.
#[derive(Default)]
struct Group {
    items: Vec<Item>,
    active: Option<i64>,
}

/// The definition: every window that ends at or after the event and holds it, judged anew.
fn define(rules: &RuleSet, seen: &[Seen]) -> Vec<(u64, Firing)> {
    let mut groups: Vec<BTreeMap<u8, Group>> = Vec::new();
    groups.resize_with(rules.correlations.len(), BTreeMap::new);
    let mut firings = Vec::new();
    for (position, seen) in (0u64..).zip(seen) {
        let mut fired: BTreeMap<usize, Firing> = BTreeMap::new();
        for (index, c) in rules.correlations.iter().enumerate() {
            let inputs: BTreeSet<usize> = (0..c.inputs.len())
                .filter(|input| match c.inputs[*input] {
                    RuleRef::Rule(rule) => seen.hits.contains(&rule),
                    RuleRef::Correlation(inner) => fired.contains_key(&inner),
                })
                .collect();
            let (Some(group), false) = (seen.group, inputs.is_empty()) else {
                continue;
            };
            let needs_value = !matches!(
                c.kind,
                CorrelationKind::EventCount(_)
                    | CorrelationKind::Temporal(_)
                    | CorrelationKind::TemporalOrdered(_)
            );
            if needs_value && seen.value.is_none() {
                continue;
            }
            let brought = inputs
                .iter()
                .filter_map(|input| match c.inputs[*input] {
                    RuleRef::Correlation(inner) => fired.get(&inner),
                    RuleRef::Rule(_) => None,
                })
                .flat_map(|firing| firing.events.iter().copied())
                .collect();
            let state = groups[index].entry(group).or_default();
            if let Some(firing) = judge(c, state, position, seen, inputs, brought) {
                let firing = Firing {
                    correlation: index,
                    group: vec![("User".into(), format!("u{group}"))],
                    ..firing
                };
                fired.insert(index, firing.clone());
                firings.push((position, firing));
            }
        }
    }
    firings
}

fn judge(
    c: &Correlation,
    group: &mut Group,
    position: u64,
    seen: &Seen,
    inputs: BTreeSet<usize>,
    brought: BTreeSet<u64>,
) -> Option<Firing> {
    let span = i64::try_from(c.timespan_seconds).unwrap();
    let newest = group.items.iter().map(|item| item.0).max();
    if newest.is_some_and(|newest| seen.seconds < newest - span) {
        return None;
    }
    let me = (seen.seconds, position);
    let value = seen.value.unwrap_or(0);
    group.items.push((me.0, me.1, inputs, value, brought));
    group.items.sort();
    let last_of_all = group.items.last().map(|item| (item.0, item.1)).unwrap();
    let in_order = last_of_all == me;
    for end in &group.items {
        let end = (end.0, end.1);
        let two_windows_only = matches!(
            c.kind,
            CorrelationKind::ValueSum(..)
                | CorrelationKind::ValueAvg(..)
                | CorrelationKind::ValueMedian(..)
                | CorrelationKind::ValuePercentile(..)
        );
        if end < me || end.0 - me.0 > span || (two_windows_only && end != me && end != last_of_all)
        {
            continue;
        }
        let window: Vec<_> = group
            .items
            .iter()
            .filter(|item| (item.0, item.1) <= end && end.0 - item.0 <= span)
            .collect();
        if !holds(c, &window) {
            continue;
        }
        let repeat = group.active.is_some_and(|at| (end.0 - at).abs() <= span);
        group.active = group.active.max(Some(end.0));
        let events: BTreeSet<u64> = window
            .iter()
            .flat_map(|item| item.4.iter().copied().chain([item.1]))
            .collect();
        return Some(Firing {
            correlation: 0,
            group: Vec::new(),
            event_count: u64::try_from(events.len()).unwrap(),
            events: events.into_iter().collect(),
            first_event: window[0].1,
            first_time: Timestamp::from_seconds(window[0].0).unwrap(),
            last_time: Timestamp::from_seconds(end.0).unwrap(),
            repeat,
        });
    }
    if in_order {
        group.active = None;
    }
    None
}

type Window<'w> = [&'w Item];

fn holds(c: &Correlation, window: &Window<'_>) -> bool {
    let mut values: Vec<f64> = window.iter().map(|item| f64::from(item.3)).collect();
    values.sort_by(f64::total_cmp);
    let count = |n: usize| f64::from(u32::try_from(n).unwrap());
    let sum: f64 = values.iter().sum();
    match &c.kind {
        CorrelationKind::EventCount(t) => t.holds(count(window.len())),
        CorrelationKind::ValueCount(_, t) => {
            values.dedup();
            t.holds(count(values.len()))
        }
        CorrelationKind::Temporal(all) => {
            let stands = |input: &usize| window.iter().any(|item| item.2.contains(input));
            all.iter()
                .any(|one| one.present.iter().all(stands) && !one.absent.iter().any(stands))
        }
        CorrelationKind::TemporalOrdered(all) => {
            let stands = |input: &usize| window.iter().any(|item| item.2.contains(input));
            all.iter()
                .any(|one| ordered(&one.present, window) && !one.absent.iter().any(stands))
        }
        CorrelationKind::ValueSum(_, t) => t.holds(sum),
        CorrelationKind::ValueAvg(_, t) => t.holds(sum / count(values.len())),
        CorrelationKind::ValuePercentile(_, percent, t) => {
            let enough = |n: &usize| count(*n) >= percent / 100.0 * count(values.len());
            t.holds(values[(1..values.len()).find(enough).unwrap_or(values.len()) - 1])
        }
        CorrelationKind::ValueMedian(_, t) => {
            let (low, high) = ((values.len() - 1) / 2, values.len() / 2);
            t.holds(f64::midpoint(values[low], values[high]))
        }
    }
}

/// Whether the inputs stand in the window, each after the one before.
fn ordered(inputs: &[usize], window: &Window<'_>) -> bool {
    let Some((input, others)) = inputs.split_first() else {
        return true;
    };
    (0..window.len()).any(|at| window[at].2.contains(input) && ordered(others, &window[at + 1..]))
}

/// Mostly all inputs, else combinations of the first three.
fn combinations() -> impl Strategy<Value = Vec<Combination>> {
    let combination = prop::collection::vec(0u8..3, 3)
        .prop_map(|part| {
            let part = |wanted| (0..3).filter(|at| part[*at] == wanted).collect();
            Combination {
                present: part(1),
                absent: part(2),
            }
        })
        .prop_filter("something is present", |one| !one.present.is_empty());
    prop_oneof![
        1 => Just(Vec::new()),
        1 => prop::collection::vec(combination, 1..3),
    ]
}

fn kind() -> impl Strategy<Value = CorrelationKind> {
    let bound = prop::sample::select(vec![
        Bound::Less,
        Bound::LessOrEqual,
        Bound::Greater,
        Bound::GreaterOrEqual,
        Bound::GreaterOrEqual,
        Bound::Equal,
        Bound::NotEqual,
    ]);
    let threshold = || {
        prop::collection::vec((bound.clone(), (0u8..5).prop_map(f64::from)), 1..3)
            .prop_map(|bounds| Threshold { bounds })
    };
    prop_oneof![
        2 => threshold().prop_map(CorrelationKind::EventCount),
        2 => threshold().prop_map(|t| CorrelationKind::ValueCount(vec!["bytes".into()], t)),
        2 => combinations().prop_map(CorrelationKind::Temporal),
        3 => combinations().prop_map(CorrelationKind::TemporalOrdered),
        1 => threshold().prop_map(|t| CorrelationKind::ValueSum("bytes".into(), t)),
        1 => threshold().prop_map(|t| CorrelationKind::ValueAvg("bytes".into(), t)),
        1 => (threshold(), 0u8..101).prop_map(|(t, percent)| {
            CorrelationKind::ValuePercentile("bytes".into(), f64::from(percent), t)
        }),
        1 => threshold().prop_map(|t| CorrelationKind::ValueMedian("bytes".into(), t)),
    ]
}

/// Combinations of inputs that there are; all of them where there are none.
fn of(combinations: Vec<Combination>, inputs: &[RuleRef]) -> Vec<Combination> {
    let known = |all: Vec<usize>| {
        all.into_iter()
            .filter(|input| *input < inputs.len())
            .collect()
    };
    let mut found: Vec<Combination> = combinations
        .into_iter()
        .map(|one| Combination {
            present: known(one.present),
            absent: known(one.absent),
        })
        .filter(|one| !one.present.is_empty())
        .collect();
    if found.is_empty() {
        found.push(Combination::all(inputs.len()));
    }
    found
}

/// The first from rules, the second and third also from the one before.
fn correlations() -> impl Strategy<Value = Vec<Correlation>> {
    let rule = (0usize..3).prop_map(RuleRef::Rule);
    let inputs = prop::collection::vec(rule, 1..4);
    prop::collection::vec(
        (kind(), inputs, any::<prop::sample::Index>(), 0u64..9),
        1..4,
    )
    .prop_map(|all| {
        let mut correlations = Vec::new();
        for (index, (kind, mut inputs, at, seconds)) in all.into_iter().enumerate() {
            if let Some(inner) = index.checked_sub(1) {
                let at = at.index(inputs.len());
                inputs[at] = RuleRef::Correlation(inner);
            }
            let kind = match kind {
                CorrelationKind::Temporal(all) => CorrelationKind::Temporal(of(all, &inputs)),
                CorrelationKind::TemporalOrdered(all) => {
                    CorrelationKind::TemporalOrdered(of(all, &inputs))
                }
                other => other,
            };
            correlations.push(correlation(kind, inputs, seconds));
        }
        correlations
    })
}

fn events(steps: std::ops::Range<i64>) -> impl Strategy<Value = Vec<Seen>> {
    let event = (
        steps,
        prop_oneof![8 => (0u8..2).prop_map(Some), 1 => Just(None)],
        prop_oneof![8 => (-1i8..4).prop_map(Some), 1 => Just(None)],
        prop::sample::subsequence(vec![0usize, 1, 2], 0..4),
    );
    prop::collection::vec(event, 0..40).prop_map(|events| {
        let mut now = 1_000;
        let event = |(step, group, value, hits)| {
            now += step;
            Seen {
                seconds: now,
                group,
                value,
                hits,
            }
        };
        events.into_iter().map(event).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 600,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn in_order_it_is_the_definition(all in correlations(), seen in events(0..4)) {
        let rules = rule_set(all);
        let mut correlator = Correlator::new(&rules);
        let found: Vec<_> = (0u64..)
            .zip(&seen)
            .flat_map(|(position, seen)| observe(&mut correlator, position, seen))
            .collect();
        let expected = define(&rules, &seen);
        // The first event of a chained firing is the first one brought along.
        let chained = |firing: &Firing| firing.correlation > 0;
        for ((at, found), (expected_at, expected)) in found.iter().zip(&expected) {
            prop_assert_eq!(at, expected_at);
            let (first_event, first_time) = if chained(found) {
                let event = found.events[0];
                let first = usize::try_from(event).unwrap();
                let first = Timestamp::from_seconds(seen[first].seconds).unwrap();
                prop_assert!(first <= expected.first_time);
                (event, first)
            } else {
                (expected.first_event, expected.first_time)
            };
            let expected = Firing { first_event, first_time, ..expected.clone() };
            prop_assert_eq!(found, &expected);
        }
        prop_assert_eq!(found.len(), expected.len());
        prop_assert_eq!(correlator.late() + correlator.evicted_events(), 0);
    }

    /// Late events: which firings there are, and for unchained correlations all of them.
    #[test]
    fn out_of_order_it_is_the_definition(all in correlations(), seen in events(-3..5)) {
        let rules = rule_set(all);
        let mut correlator = Correlator::new(&rules);
        let found: Vec<_> = (0u64..)
            .zip(&seen)
            .flat_map(|(position, seen)| observe(&mut correlator, position, seen))
            .collect();
        let shown = |firings: &[(u64, Firing)]| -> Vec<String> {
            firings
                .iter()
                .map(|(at, firing)| match firing.correlation {
                    0 => format!("{at} {firing:?}"),
                    chained => format!("{at} {chained} {:?} {}", firing.group, firing.repeat),
                })
                .collect()
        };
        prop_assert_eq!(shown(&found), shown(&define(&rules, &seen)));
    }

    #[test]
    fn a_restored_correlator_goes_on_as_if_nothing_had_been(
        all in correlations(),
        seen in events(-3..5),
        cut in 0u64..40,
    ) {
        let rules = rule_set(all);
        let mut straight = Correlator::new(&rules);
        let mut restarted = Correlator::new(&rules);
        let mut replaced = restarted.fresh();
        for (position, seen) in (0u64..).zip(&seen) {
            if position == cut {
                let bytes = restarted.snapshot().unwrap();
                restarted = Correlator::new(&rules);
                restarted.restore(&bytes).unwrap();
                prop_assert_eq!(restarted.snapshot().unwrap(), bytes);
                let mut old = std::mem::replace(&mut replaced, Correlator::new(&rules));
                replaced.take_over(&mut old);
                prop_assert_eq!(old.groups(), 0);
            }
            let expected = observe(&mut straight, position, seen);
            prop_assert_eq!(&observe(&mut restarted, position, seen), &expected);
            prop_assert_eq!(observe(&mut replaced, position, seen), expected);
        }
        prop_assert_eq!(replaced.snapshot().unwrap(), straight.snapshot().unwrap());
        prop_assert_eq!(restarted.snapshot().unwrap(), straight.snapshot().unwrap());
    }
}
