//! A match as JSON: what `scan` and `rules hunt` print, each with an event of its own shape.

use serde::Serialize;
use vakt_event::Level;
use vakt_rules::ast::Metadata;

use crate::pipeline::detector::Found;

/// `{"rule":{"id","title","level","tags"},"event":{…},"matched":[{"field","value"}]}`
#[derive(Serialize)]
pub(crate) struct MatchLine<'m, E> {
    rule: Rule<'m>,
    event: E,
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
struct Matched<'m> {
    field: &'m str,
    value: &'m str,
}

impl<'m, E> MatchLine<'m, E> {
    pub(crate) fn of(event: E, found: &'m Found, meta: &'m Metadata) -> Self {
        let matched = found.matched.iter();
        Self {
            rule: Rule {
                id: &meta.id,
                title: &meta.title,
                level: meta.level,
                tags: &meta.tags,
            },
            event,
            matched: matched
                .map(|(field, value)| Matched { field, value })
                .collect(),
        }
    }
}
