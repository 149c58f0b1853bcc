//! Notes: plain text that people write down about an incident. They are only added.

use serde::{Deserialize, Serialize};
use vakt_event::Timestamp;
use vakt_event::time::FUTURE_TOLERANCE_MICROS;

use super::{TEXT_BYTES_MAX, WorkError, required};
use crate::fact::parse_instant;

super::words! {
    /// What a note is of.
    NoteKind ("kind") {
        Note = "note", "What was seen, done or thought.";
        Decision = "decision", "What was decided and why: recovery before evidence, say.";
        Communication = "communication", "Who was told what, or told us.";
    }
}

/// A note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WorkNote {
    pub id: i64,
    /// The id of the incident that it was recorded with.
    pub incident: String,
    pub kind: NoteKind,
    /// As it was written; no markup means anything in it.
    pub text: String,
    /// When that was.
    pub at: Timestamp,
    pub recorded_at: Timestamp,
    pub recorded_by: String,
}

/// A note as a person hands it in: the body of `POST …/notes`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewNote {
    pub text: String,
    /// Absent is `note`.
    #[serde(default)]
    pub kind: Option<String>,
    /// RFC 3339 with an offset; absent means now.
    #[serde(default)]
    pub at: Option<String>,
}

/// The kind, text and time of a note.
pub(crate) fn checked(
    new: &NewNote,
    now: Timestamp,
) -> crate::Result<(NoteKind, String, Timestamp)> {
    let kind = match new.kind.as_deref() {
        None | Some("") => NoteKind::Note,
        Some(word) => word.parse()?,
    };
    let at = match new.at.as_deref().map(str::trim) {
        None | Some("") => now,
        Some(text) => parse_instant(text)?,
    };
    if at.micros_since(now) > FUTURE_TOLERANCE_MICROS {
        Err(WorkError::Unknown {
            name: "at",
            value: at.to_string(),
            expected: format!("no later than now, {now}"),
        })?;
    }
    Ok((kind, required("text", &new.text, TEXT_BYTES_MAX)?, at))
}
