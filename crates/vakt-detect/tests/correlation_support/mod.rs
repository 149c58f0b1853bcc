//! Correlations and events for the tests of the correlator.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a module of tests, of which each file uses its own part"
)]

use std::sync::Arc;

use vakt_detect::{Correlator, Firing};
use vakt_event::{Event, Timestamp, Value};
use vakt_rules::ast::*;

#[derive(Clone, Debug)]
pub struct Seen {
    pub seconds: i64,
    pub group: Option<u8>,
    pub value: Option<i8>,
    pub hits: Vec<usize>,
}

pub fn event_of(seen: &Seen) -> Event<'static> {
    let mut event = Event::default();
    if let Some(group) = seen.group {
        event.added("user.name", format!("u{group}"));
    } else {
        event.added("user.name", Value::Null);
    }
    if let Some(value) = seen.value {
        event.added("bytes", Value::number(value));
    }
    event
}

pub fn correlation(kind: CorrelationKind, inputs: Vec<RuleRef>, seconds: u64) -> Correlation {
    Correlation {
        meta: Metadata::default(),
        kind,
        inputs,
        group_by: vec![GroupField {
            name: "User".into(),
            per_input: Vec::new(),
        }],
        timespan_seconds: seconds,
        generate: true,
    }
}

pub fn rule_set(correlations: Vec<Correlation>) -> RuleSet {
    let rule = || Rule {
        meta: Metadata::default(),
        log_source: Default::default(),
        searches: Vec::new(),
        condition: Condition::All(Vec::new()),
        generate: false,
    };
    let correlations = correlations.into_iter().enumerate().map(|(index, mut c)| {
        c.meta.id = format!("c{index}");
        Arc::new(c)
    });
    RuleSet {
        rules: (0..3).map(|_| Arc::new(rule())).collect(),
        correlations: correlations.collect(),
    }
}

pub fn observe(correlator: &mut Correlator, position: u64, seen: &Seen) -> Vec<(u64, Firing)> {
    let mut firings = Vec::new();
    let time = Timestamp::from_seconds(seen.seconds).unwrap();
    correlator.observe(position, time, &event_of(seen), &seen.hits, &mut firings);
    firings
        .into_iter()
        .map(|firing| (position, firing))
        .collect()
}
