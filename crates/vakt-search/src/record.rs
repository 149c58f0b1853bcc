//! What a search sees of an event: its fields, and what the journal knows of it.

use serde_json::{Map, Value as Json};
use vakt_event::alias::canonical;
use vakt_event::encode::to_flat_json;
use vakt_event::{Event, JournalPosition, Source, ecs};

/// An event with its place in the journal and its source.
///
/// What Vakt itself knows stands above what a sender claims: with a position, `event.id` is that
/// and nothing else; `@timestamp` is the one time that the event counts by, and `event.ingested` its receipt; with a source, `vakt.stream` and `vakt.peer` are the source's. A sender's
/// value under such a name is still found by bare words.
#[derive(Clone, Copy, Debug)]
pub struct Record<'r> {
    pub event: &'r Event<'r>,
    pub position: Option<JournalPosition>,
    pub source: Option<RecordSource<'r>>,
}

/// What a search knows of a [`Source`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordSource<'r> {
    pub stream: &'r str,
    /// The address of the peer as text.
    pub peer: Option<&'r str>,
}

impl<'r> Record<'r> {
    /// An event that no journal holds.
    pub fn of(event: &'r Event<'r>) -> Self {
        Self {
            event,
            position: None,
            source: None,
        }
    }

    /// The event as a search answers it: the flat object with `event.id` (the journal position as
    /// text), `vakt.stream` and `vakt.peer`.
    pub fn to_hit(&self) -> Map<String, Json> {
        let mut hit = to_flat_json(self.event);
        if let Some(position) = self.position {
            hit.insert(ecs::EVENT_ID.into(), position.to_string().into());
        }
        if let Some(source) = self.source {
            hit.insert(ecs::VAKT_STREAM.into(), source.stream.into());
            match source.peer {
                Some(peer) => hit.insert(ecs::VAKT_PEER.into(), peer.into()),
                None => hit.shift_remove(ecs::VAKT_PEER),
            };
        }
        hit
    }

    /// Whether `wanted` holds for some value, that is not null, of the field with the canonical
    /// name `name`.
    pub fn any_value(&self, name: &str, mut wanted: impl FnMut(&str) -> bool) -> bool {
        let time = self.event.time;
        let own = match name {
            ecs::TIMESTAMP => time.effective().map(|time| time.to_string()),
            ecs::EVENT_INGESTED => time.received.map(|time| time.to_string()),
            ecs::EVENT_ID => self.position.map(|position| position.to_string()),
            ecs::EVENT_ORIGINAL => return wanted(&self.event.original),
            ecs::ERROR_MESSAGE if !self.event.problems.is_empty() => {
                return wanted(&self.event.problems.join("; "));
            }
            ecs::VAKT_STREAM if let Some(source) = self.source => return wanted(source.stream),
            ecs::VAKT_PEER if let Some(source) = self.source => {
                return source.peer.is_some_and(wanted);
            }
            _ => None,
        };
        own.is_some_and(|value| wanted(&value))
            || (!self.is_own(name)
                && self.event.fields.iter().any(|field| {
                    !field.value.is_null()
                        && canonical(&field.name) == name
                        && wanted(field.value.text())
                }))
    }

    /// Whether the field `name` is Vakt's alone, whatever the sender wrote under that name.
    pub(crate) fn is_own(&self, name: &str) -> bool {
        match name {
            ecs::EVENT_ORIGINAL => true,
            ecs::EVENT_ID => self.position.is_some(),
            // What the journal holds has a receipt, and with it both times.
            ecs::TIMESTAMP => self.position.is_some() || self.event.time.effective().is_some(),
            ecs::EVENT_INGESTED => self.position.is_some() || self.event.time.received.is_some(),
            ecs::VAKT_STREAM | ecs::VAKT_PEER => self.source.is_some(),
            ecs::ERROR_MESSAGE => !self.event.problems.is_empty(),
            _ => false,
        }
    }
}

/// Whether the field `name` is Vakt's alone in every record of an index, which knows positions and
/// sources.
pub(crate) fn is_own_always(name: &str) -> bool {
    matches!(
        name,
        ecs::EVENT_ORIGINAL
            | ecs::EVENT_ID
            | ecs::TIMESTAMP
            | ecs::EVENT_INGESTED
            | ecs::VAKT_STREAM
            | ecs::VAKT_PEER
    )
}

/// The peer's address as [`RecordSource::peer`] shows it.
pub fn peer_text(source: &Source) -> Option<String> {
    source.peer.map(|peer| peer.to_canonical().to_string())
}
