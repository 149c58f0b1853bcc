//! Observables of the matched events that may stand among the indicators of compromise.
//!
//! What names a person or lies inside the organisation (users, e-mail addresses, private addresses)
//! is withheld until a person includes it.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Serialize;
use serde_json::Value;
use vakt_event::Timestamp;

use super::Inclusion;
use crate::incident::FrozenEvent;

/// Fields of the other side's doing, by their ECS names.
const FIELDS: &[&str] = &[
    "source.ip",
    "client.ip",
    "file.hash.sha256",
    "file.hash.sha1",
    "file.hash.md5",
    "process.hash.sha256",
    "process.hash.sha1",
    "process.hash.md5",
    "dns.question.name",
    "url.domain",
    "url.full",
    // These name people, and are withheld.
    "user.name",
    "user.email",
    "user.target.name",
    "source.user.name",
    "email.from.address",
    "email.sender.address",
];

/// Observables that are listed, those of most events first: more than a person copies.
const LISTED_MAX: usize = 30;

/// Observables that are withheld and shown to who may include them, those of most events first.
const WITHHELD_MAX: usize = 50;

/// One value, and the events that have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Observable {
    pub field: String,
    pub value: String,
    pub events: u64,
    pub first: Timestamp,
    pub last: Timestamp,
    /// The first of the events, and the hash of it as it was sent.
    #[serde(rename = "event")]
    pub id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hash: String,
    /// Why it is withheld until somebody includes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub names: Option<Withheld>,
    /// Who included it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub included: Option<IncludedBy>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IncludedBy {
    pub by: String,
    pub at: Timestamp,
}

/// Why an observable is withheld.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Withheld {
    User,
    Email,
    /// RFC 1918, RFC 4193, loopback, link-local, unspecified: it says nothing to others, and may say
    /// at which desk somebody sat.
    PrivateAddress,
}

/// The observables of an incident.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observables {
    pub listed: Vec<Observable>,
    /// Values that are not listed because there are too many.
    pub more: usize,
    /// What names a person, and nobody included.
    pub withheld: Vec<Observable>,
}

impl Observables {
    pub fn of(events: &[FrozenEvent], included: &[Inclusion]) -> Self {
        let (mut withheld, mut listed): (Vec<_>, Vec<_>) = found(events, included)
            .into_iter()
            .partition(|it| it.names.is_some() && it.included.is_none());
        // Of equally many events the order of field and value stays.
        listed.sort_by_key(|it| std::cmp::Reverse(it.events));
        withheld.sort_by_key(|it| std::cmp::Reverse(it.events));
        let more = listed.len().saturating_sub(LISTED_MAX);
        listed.truncate(LISTED_MAX);
        withheld.truncate(WITHHELD_MAX);
        Self {
            listed,
            more,
            withheld,
        }
    }

    /// Whether an event has the observable, and if so, whom it may name.
    pub(crate) fn find(
        events: &[FrozenEvent],
        field: &str,
        value: &str,
    ) -> Option<Option<Withheld>> {
        let known = FIELDS.contains(&field);
        let mut events = events.iter().filter(|_| known);
        let is_there = events.any(|event| texts(event.fields.get(field)).contains(&value));
        is_there.then(|| Withheld::of(field, value))
    }
}

fn found(events: &[FrozenEvent], included: &[Inclusion]) -> Vec<Observable> {
    let mut found: BTreeMap<(usize, &str), Observable> = BTreeMap::new();
    for event in events {
        let at = event.claimed.unwrap_or(event.received);
        for (order, field) in FIELDS.iter().enumerate() {
            for value in texts(event.fields.get(field)) {
                let seen = found.entry((order, value)).or_insert_with(|| {
                    let of = included
                        .iter()
                        .find(|it| it.field == *field && it.value == value);
                    Observable {
                        field: (*field).to_owned(),
                        value: value.to_owned(),
                        events: 0,
                        first: at,
                        last: at,
                        id: event.id.clone(),
                        hash: event.hash.clone(),
                        names: Withheld::of(field, value),
                        included: of.map(|it| IncludedBy {
                            by: it.recorded_by.clone(),
                            at: it.recorded_at,
                        }),
                    }
                });
                seen.events += 1;
                seen.first = seen.first.min(at);
                seen.last = seen.last.max(at);
            }
        }
    }
    found.into_values().collect()
}

impl Withheld {
    /// Whether the value of a field may name a person.
    pub fn of(field: &str, value: &str) -> Option<Self> {
        let field = field.to_ascii_lowercase();
        if field.contains("email") || value.contains('@') {
            return Some(Self::Email);
        }
        if field.contains("user") {
            return Some(Self::User);
        }
        let address = value.parse::<IpAddr>().ok();
        address
            .filter(|address| is_internal(*address))
            .map(|_| Self::PrivateAddress)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Email => "email",
            Self::PrivateAddress => "private_address",
        }
    }
}

/// The texts of a value, which may be a list.
fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Whether an address says nothing to others.
fn is_internal(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified()
        }
        IpAddr::V6(v6) => {
            v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_unicast_link_local()
                || v6.is_unique_local()
        }
    }
}
