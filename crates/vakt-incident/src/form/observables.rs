//! Observables of the matched events that may stand among the indicators of compromise.
//!
//! What names a person or lies inside the organisation (users, e-mail addresses, private addresses)
//! is left out, and counted: a person may add it.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::Value;
use vakt_event::Timestamp;

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
];

/// Observables that are listed, those of most events first: more than a person copies.
const LISTED_MAX: usize = 30;

/// Ids of events that stand beside one observable.
const EVENT_IDS_MAX: usize = 5;

/// One value, and the events that have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Observable {
    pub(crate) field: &'static str,
    pub(crate) value: String,
    pub(crate) events: u64,
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
    /// The ids of the first of the events.
    pub(crate) ids: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Observables {
    pub(crate) listed: Vec<Observable>,
    /// Values that are not listed because there are too many.
    pub(crate) more: usize,
    /// Different addresses of private networks.
    pub(crate) private: usize,
}

impl Observables {
    pub(crate) fn of(events: &[FrozenEvent]) -> Self {
        let mut found: BTreeMap<(&'static str, String), Observable> = BTreeMap::new();
        let mut private: Vec<IpAddr> = Vec::new();
        for event in events {
            let at = event.claimed.unwrap_or(event.received);
            for field in FIELDS {
                for value in texts(event.fields.get(field)) {
                    if let Ok(address) = value.parse::<IpAddr>()
                        && is_internal(address)
                    {
                        if !private.contains(&address) {
                            private.push(address);
                        }
                        continue;
                    }
                    let seen = found.entry((field, value.to_owned()));
                    let seen = seen.or_insert_with(|| Observable {
                        field,
                        value: value.to_owned(),
                        events: 0,
                        first: at,
                        last: at,
                        ids: Vec::new(),
                    });
                    seen.events += 1;
                    seen.first = seen.first.min(at);
                    seen.last = seen.last.max(at);
                    if seen.ids.len() < EVENT_IDS_MAX {
                        seen.ids.push(event.id.clone());
                    }
                }
            }
        }
        let mut listed: Vec<Observable> = found.into_values().collect();
        listed.sort_by_key(|it| std::cmp::Reverse(it.events));
        let more = listed.len().saturating_sub(LISTED_MAX);
        listed.truncate(LISTED_MAX);
        Self {
            listed,
            more,
            private: private.len(),
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

/// Whether an address says nothing to others: private (RFC 1918, RFC 4193), loopback, link-local,
/// unspecified.
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
