//! A match as JSON: what `scan --output ndjson` prints.

use serde::Serialize;
use vakt_event::{Level, Timestamp};
use vakt_rules::ast::Metadata;

use super::Place;
use crate::pipeline::detector::Found;

#[derive(Serialize)]
pub(super) struct Line<'m> {
    rule: Rule<'m>,
    event: Event<'m>,
    matched: Vec<Matched<'m>>,
}

#[derive(Serialize)]
struct Rule<'m> {
    id: &'m str,
    title: &'m str,
    level: Level,
    tags: &'m [String],
}

#[derive(Serialize)]
struct Event<'m> {
    source: &'m str,
    number: u64,
    time: Option<Timestamp>,
}

#[derive(Serialize)]
struct Matched<'m> {
    field: &'m str,
    value: &'m str,
}

impl<'m> Line<'m> {
    pub(super) fn of(
        place: &Place,
        found: &'m Found,
        meta: &'m Metadata,
        names: &'m [String],
    ) -> Self {
        let matched = found.matched.iter();
        Self {
            rule: Rule {
                id: &meta.id,
                title: &meta.title,
                level: meta.level,
                tags: &meta.tags,
            },
            event: Event {
                source: &names[place.file],
                number: place.number,
                time: place.time,
            },
            matched: matched
                .map(|(field, value)| Matched { field, value })
                .collect(),
        }
    }
}
