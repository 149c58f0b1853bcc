//! The event and its fields.

use std::borrow::Cow;

use crate::alias::{canonical, synonyms, without_envelope};
use crate::{EventTime, LogSource, Value};

/// Who put a field into the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The sender wrote this value: bare words of a search look at it.
    Sent,
    /// We derived it (a copy of a part of a sent value, a category, a peer address): it is
    /// searched by its name only.
    Added,
}

/// One value under one name. A field with several values stands several times, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Field<'a> {
    /// As the sender wrote it (nested names joined with dots), or an ECS name of [`crate::ecs`].
    pub name: Cow<'a, str>,
    pub value: Value<'a>,
    pub origin: Origin,
}

/// What is known of the names of an event's first fields: events of the same layout have the same
/// names in them, in the same order, so that what was found out about names need not be again.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// No two layouts of a process have the same.
    pub id: u64,
    /// How many fields it is about.
    pub fields: usize,
}

/// It says nothing that the names do not say: two events are the same whatever is known of them.
impl PartialEq for Layout {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// A decoded event, borrowing from the frame that it was decoded from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Event<'a> {
    pub fields: Vec<Field<'a>>,
    /// Whoever changes the names or the order of fields sets it to `None`; adding fields does neither.
    pub layout: Option<Layout>,
    /// The Sigma log sources that this event shows; a rule applies when one of them satisfies it.
    pub log_sources: Vec<LogSource<'a>>,
    pub time: EventTime,
    /// What the sender sent, without the framing. Bytes that are no UTF-8 are shown as U+FFFD.
    pub original: Cow<'a, str>,
    /// Whether the sent fields hold all that `original` says, which beside them has names and
    /// punctuation only (JSON, a journald entry, understood to the end).
    pub structured: bool,
    /// Whether every value that was sent stands in `original` but for the characters that a
    /// backslash escapes there (quotes, slashes, backslashes, controls).
    pub verbatim: bool,
    /// What could not be understood, in words for people; printed as `error.message`.
    pub problems: Vec<Cow<'a, str>>,
}

impl<'a> Event<'a> {
    /// Adds a value that the sender sent.
    pub fn sent(&mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Value<'a>>) {
        self.fields.push(Field {
            name: name.into(),
            value: value.into(),
            origin: Origin::Sent,
        });
    }

    /// Adds a value that we derived.
    pub fn added(&mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Value<'a>>) {
        self.fields.push(Field {
            name: name.into(),
            value: value.into(),
            origin: Origin::Added,
        });
    }

    pub fn problem(&mut self, problem: impl Into<Cow<'a, str>>) {
        self.problems.push(problem.into());
    }

    /// All values under `name` or a name that means the same ([`canonical`]), in order.
    pub fn values<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Value<'a>> {
        let wanted = canonical(name);
        self.fields
            .iter()
            .filter(move |field| field.name == name || canonical(&field.name) == wanted)
            .map(|field| &field.value)
    }

    /// Whether some field stands inside `name`: `a.b` inside `a`. Such a name has no value, but it
    /// is there. Nothing stands inside an envelope, which does not show in names.
    pub fn has_inside(&self, name: &str) -> bool {
        synonyms(name).any(|outer| {
            let inside = |field: &Field<'_>| {
                let rest = without_envelope(&field.name).strip_prefix(outer);
                rest.is_some_and(|rest| rest.starts_with('.'))
            };
            self.fields.iter().any(inside)
        })
    }

    /// The text of the first value under `name`, if there is one that is not null.
    pub fn text<'e>(&'e self, name: &'e str) -> Option<&'e str> {
        self.values(name)
            .find(|value| !value.is_null())
            .map(Value::text)
    }

    /// Whether some field has this very name.
    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }

    /// The event with nothing borrowed.
    pub fn into_owned(self) -> Event<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        Event {
            fields: self
                .fields
                .into_iter()
                .map(|field| Field {
                    name: owned(field.name),
                    value: field.value.into_owned(),
                    origin: field.origin,
                })
                .collect(),
            layout: self.layout,
            log_sources: self
                .log_sources
                .into_iter()
                .map(LogSource::into_owned)
                .collect(),
            time: self.time,
            original: owned(self.original),
            structured: self.structured,
            verbatim: self.verbatim,
            problems: self.problems.into_iter().map(owned).collect(),
        }
    }
}
