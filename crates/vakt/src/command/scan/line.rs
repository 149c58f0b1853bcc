//! Where a match of `vakt scan` was found.

use serde::Serialize;
use vakt_event::Timestamp;
use vakt_rules::ast::Metadata;

use super::Place;
use crate::match_line::MatchLine;
use crate::pipeline::detector::Found;

#[derive(Serialize)]
pub(super) struct Event<'m> {
    source: &'m str,
    number: u64,
    time: Option<Timestamp>,
}

pub(super) fn line<'m>(
    place: &Place,
    found: &'m Found,
    meta: &'m Metadata,
    names: &'m [String],
) -> MatchLine<'m, Event<'m>> {
    let event = Event {
        source: &names[place.file],
        number: place.number,
        time: place.time,
    };
    MatchLine::of(event, found, meta)
}
