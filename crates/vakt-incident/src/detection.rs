//! What matching hands over: a rule that matched, for whom, and on which events.

use serde_json::{Map, Value};
use vakt_event::{JournalPosition, Level, Timestamp};

use crate::group::HISTORIC_AGE_MICROS;

/// A match of a rule, or a firing of a correlation.
#[derive(Clone, Debug)]
pub struct Detection {
    pub rule_id: String,
    pub rule_title: String,
    pub level: Level,
    /// The rule's tags; those under `attack.` become techniques.
    pub tags: Vec<String>,
    /// Whether the rule says that a match opens a draft incident, or that it does not; `None` leaves
    /// it to the thresholds.
    pub opens_draft: Option<bool>,
    /// The rule says that planned work explains nothing of it.
    pub counts_in_maintenance: bool,
    /// Whom it concerns: the group-by values of a correlation, else the first of the usual
    /// fields that is present. Pairs of field and value.
    pub entity: Vec<(String, String)>,
    /// The entity is what a correlation groups by: its author says what is one, and on which machines.
    pub is_grouped: bool,
    /// Those of `source.ip`, `user.name` and `host.name` that the completing event names.
    pub subjects: Vec<(String, String)>,
    /// The wall clock when the match was made.
    pub detected_at: Timestamp,
    /// Where in the journal it was found. Each detection has its effect once, and below the
    /// checkpoint it has had it.
    pub found_at: JournalPosition,
    /// The event that completed the match.
    pub completing: Completing,
    /// The events that took part, ascending, bounded by the caller; those of `completing` among
    /// them. Never empty.
    pub events: Vec<JournalPosition>,
    /// How many events took part, also those that `events` leaves out.
    pub event_count: u64,
    /// The one of `events` with the earliest time.
    pub first_event: JournalPosition,
    /// The first and the last time of the events, as correlation takes it.
    pub first_time: Timestamp,
    pub last_time: Timestamp,
    /// The condition held before, on most of the same events: an alert or draft that is there
    /// gains the completing event alone.
    pub repeat: bool,
    pub stream: String,
    /// A recorded exercise: nothing of it leaves the daemon.
    pub drill: bool,
}

/// The event that completed a match.
#[derive(Clone, Debug)]
pub struct Completing {
    /// Where it stands: several positions where it was joined from several records. Never empty.
    pub records: Vec<JournalPosition>,
    pub claimed: Option<Timestamp>,
    pub received: Timestamp,
    pub host: Option<String>,
}

/// A stored event, to be copied into an incident.
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
    /// Whether its completing event was back-filled: received long after it claims to have happened.
    pub(crate) fn is_historic(&self) -> bool {
        let age = self.completing.age_at_receipt_micros();
        age.is_some_and(|age| age > HISTORIC_AGE_MICROS)
    }

    /// How many events it adds to what is there already.
    pub(crate) fn added_events(&self) -> u64 {
        if self.repeat {
            u64::try_from(self.completing.records.len()).unwrap_or(u64::MAX)
        } else {
            self.event_count
        }
    }
}

impl Completing {
    /// How long after the claimed time the event was received, in microseconds.
    pub(crate) fn age_at_receipt_micros(&self) -> Option<i64> {
        Some(self.received.micros_since(self.claimed?))
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
pub(crate) mod tests {
    use super::*;

    pub(crate) fn detection() -> Detection {
        let position = JournalPosition(1);
        Detection {
            rule_id: "r".to_owned(),
            rule_title: "R".to_owned(),
            level: Level::High,
            tags: Vec::new(),
            opens_draft: None,
            counts_in_maintenance: false,
            entity: Vec::new(),
            is_grouped: false,
            subjects: Vec::new(),
            detected_at: Timestamp::default(),
            found_at: position,
            completing: Completing {
                records: vec![position],
                claimed: None,
                received: Timestamp::default(),
                host: None,
            },
            events: vec![position],
            event_count: 1,
            first_event: position,
            first_time: Timestamp::default(),
            last_time: Timestamp::default(),
            repeat: false,
            stream: "default".to_owned(),
            drill: false,
        }
    }

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
