//! What matching hands over: a rule that matched, for whom, and on which events.

use serde_json::{Map, Value};
use vakt_event::{EventTime, JournalPosition, Level, Timestamp};

/// A match of a rule, or a firing of a correlation.
#[derive(Clone, Debug)]
pub struct Detection {
    pub rule_id: String,
    pub rule_title: String,
    pub level: Level,
    /// The rule's tags; those under `attack.` become techniques.
    pub tags: Vec<String>,
    /// Whether a match opens a draft incident.
    pub opens_draft: bool,
    /// Whom it concerns: the group-by values of a correlation, else the first of the usual
    /// fields that is present. Pairs of field and value.
    pub entity: Vec<(String, String)>,
    /// The wall clock when the match was made.
    pub detected_at: Timestamp,
    /// The events that took part, bounded by the caller; never empty.
    pub events: Vec<Evidence>,
    /// How many events took part.
    pub event_count: u64,
    pub stream: String,
    /// A recorded exercise: nothing of it leaves the daemon.
    pub drill: bool,
}

/// An event as it was when it matched.
#[derive(Clone, Debug)]
pub struct Evidence {
    pub position: JournalPosition,
    /// The frame's bytes, untouched.
    pub original: Vec<u8>,
    /// The event as a flat object, as `vakt_event::encode::to_flat_json` gives it.
    pub fields: Map<String, Value>,
    pub claimed: Option<Timestamp>,
    pub received: Timestamp,
}

impl Detection {
    /// The event that completed the match: the last one in the journal.
    pub(crate) fn completing(&self) -> Option<&Evidence> {
        self.events.iter().max_by_key(|event| event.position)
    }

    pub(crate) fn first(&self) -> Option<&Evidence> {
        self.events.iter().min_by_key(|event| event.position)
    }

    /// First and last time of the events, by the time that they are sorted by elsewhere.
    pub(crate) fn seen(&self) -> Option<(Timestamp, Timestamp)> {
        let times = || self.events.iter().map(Evidence::time);
        Some((times().min()?, times().max()?))
    }

    pub(crate) fn host(&self) -> Option<&str> {
        self.first().and_then(|event| event.text("host.name"))
    }
}

impl Evidence {
    /// Claimed, unless that is missing or in the future of receipt.
    pub(crate) fn time(&self) -> Timestamp {
        let time = EventTime {
            claimed: self.claimed,
            received: Some(self.received),
        };
        time.effective().unwrap_or(self.received)
    }

    /// How long after the claimed time the event was received, in microseconds.
    pub(crate) fn age_at_receipt_micros(&self) -> Option<i64> {
        Some(self.received.micros_since(self.claimed?))
    }

    fn text(&self, name: &str) -> Option<&str> {
        match self.fields.get(name)? {
            Value::Array(values) => values.first()?.as_str(),
            value => value.as_str(),
        }
    }
}

/// ATT&CK technique ids among a rule's tags: `attack.t1110.001` is `T1110.001`.
pub(crate) fn techniques(tags: &[String]) -> Vec<String> {
    let mut ids: Vec<String> = tags
        .iter()
        .filter_map(|tag| {
            tag.to_ascii_lowercase()
                .strip_prefix("attack.t")
                .map(str::to_owned)
        })
        .filter(|id| id.starts_with(|first: char| first.is_ascii_digit()))
        .map(|id| format!("T{id}"))
        .collect();
    ids.sort();
    ids.dedup();
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn techniques_are_told_from_tactics() {
        let tags = [
            "attack.t1110.001",
            "attack.initial-access",
            "attack.T1078",
            "cve.2024-1",
        ];
        let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
        assert_eq!(techniques(&tags), ["T1078", "T1110.001"]);
    }
}
