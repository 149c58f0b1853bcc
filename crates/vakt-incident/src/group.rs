//! Which matches are one alert, and which alerts one draft.
//!
//! Matches of one rule for one entity in one stream belong together until an hour passes without
//! one. Ids are made from the rule and the positions of the first events, so that the same journal
//! evaluated again gives the same ids.

use vakt_event::ecs;
use vakt_event::time::MICROS_PER_SECOND;

use crate::detection::Detection;
use crate::relation;

/// A match later than this after the last one of its group, by receipt, begins a new alert. One
/// hour: longer than the pauses of a patient scanner, shorter than a working day.
pub const QUIET_GAP_MICROS: i64 = 60 * 60 * MICROS_PER_SECOND;

/// An event older than this when it was received was back-filled; a draft that it completes is
/// historic. One day, as the early warning has.
pub const HISTORIC_AGE_MICROS: i64 = 24 * 60 * 60 * MICROS_PER_SECOND;

/// Drafts that detections of one stream open within an hour; further matches join one burst draft.
/// Twenty are more than a night shift can assess. Streams are customers: a noisy one hides no
/// other's incident.
pub const DRAFTS_PER_HOUR_MAX: i64 = 20;

/// Hexadecimal digits of an id. 128 bits: no two alerts of one installation collide.
const ID_DIGITS: usize = 32;

/// The group of a match: rule, entity (a user with the machine), stream, and whether it is a drill. What was back-filled stands
/// apart, so that an attack of today is never found within what happened long ago.
pub(crate) fn group_key(detection: &Detection) -> String {
    let mut hasher = Parts::new("vakt group");
    hasher.add(detection.rule_id.as_bytes());
    hasher.add(detection.stream.as_bytes());
    hasher.add(&[u8::from(detection.drill)]);
    for (field, value) in &detection.entity {
        hasher.add(field.as_bytes());
        // Names of hosts are the same in upper and lower case (RFC 4343).
        match field == ecs::HOST_NAME {
            true => hasher.add(value.to_lowercase().as_bytes()),
            false => hasher.add(value.as_bytes()),
        }
    }
    if let Some(machine) = relation::machine(detection) {
        hasher.add(machine.to_lowercase().as_bytes());
    }
    if detection.is_historic() {
        hasher.add(b"historic");
    }
    hasher.id()
}

/// The id of the alert that a match begins; `cover` is the id of what hides or explains it.
pub(crate) fn alert_id(group_key: &str, detection: &Detection, cover: Option<&str>) -> String {
    let mut hasher = Parts::new("vakt alert");
    hasher.add(group_key.as_bytes());
    if let Some(cover) = cover {
        hasher.add(cover.as_bytes());
    }
    hasher.add(&detection.found_at.0.to_be_bytes());
    for position in &detection.events {
        hasher.add(&position.0.to_be_bytes());
    }
    hasher.id()
}

/// The id of an incident, from what began it.
pub(crate) fn incident_id(origin: &str, parts: &[&[u8]]) -> String {
    record_id("vakt incident", origin, parts)
}

/// The id of a record of a kind, from what makes it that one.
pub(crate) fn record_id(kind: &str, origin: &str, parts: &[&[u8]]) -> String {
    let mut hasher = Parts::new(kind);
    hasher.add(origin.as_bytes());
    for part in parts {
        hasher.add(part);
    }
    hasher.id()
}

/// The values of an entity, for people.
pub(crate) fn entity_text(entity: &[(String, String)]) -> String {
    let values: Vec<&str> = entity.iter().map(|(_, value)| value.as_str()).collect();
    values.join(", ")
}

/// The title of a draft: what happened, to whom.
pub(crate) fn draft_title(detection: &Detection) -> String {
    match entity_text(&detection.entity) {
        entity if entity.is_empty() => detection.rule_title.clone(),
        entity => format!("{}: {entity}", detection.rule_title),
    }
}

/// BLAKE3 over parts, each with its length before it, so that no two lists of parts are alike.
pub(crate) struct Parts(blake3::Hasher);

impl Parts {
    pub(crate) fn new(context: &str) -> Self {
        Self(blake3::Hasher::new_derive_key(context))
    }

    pub(crate) fn add(&mut self, part: &[u8]) {
        let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
        self.0.update(&length.to_be_bytes());
        self.0.update(part);
    }

    pub(crate) fn hex(&self) -> String {
        self.0.finalize().to_hex().to_string()
    }

    pub(crate) fn id(&self) -> String {
        let mut hex = self.hex();
        hex.truncate(ID_DIGITS);
        hex
    }
}
