//! Why an asset does not give a kind of log, and the signed review of it all.

use serde::{Deserialize, Serialize};
use vakt_event::Timestamp;

use super::LogKind;

/// Reasons that may be in force at one time: one for each asset and kind of an installation of a
/// thousand assets.
pub const REASONS_MAX: usize = 12_000;

/// Days until a reason is to be looked at again, at the most: procedures and lists are reviewed at
/// least yearly (Annex 3.2.7 and its guidance).
pub const REASON_DAYS_MAX: i64 = 366;

/// Days after which a review is to be made again.
pub const SIGNATURE_DAYS: i64 = 366;

/// Characters of a reason or a note.
pub(crate) const REASON_CHARS_MAX: usize = 1_000;

/// Why a gap is accepted, as somebody hands it in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewReason {
    pub asset: String,
    pub kind: String,
    pub reason: String,
    /// RFC 3339 with an offset: until when it holds.
    pub review_by: String,
}

/// A documented reason for a gap (Art. 2(2) of the Regulation).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GapReason {
    pub id: String,
    pub asset: String,
    pub kind: LogKind,
    pub reason: String,
    /// The authenticated principal.
    pub author: String,
    pub created_at: Timestamp,
    pub review_by: Timestamp,
    pub state: ReasonState,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_reason: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonState {
    InForce,
    /// It was to be looked at again by now, and explains nothing any more.
    Expired,
    Ended,
}

/// A review of what is logged, as somebody signs it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewSignature {
    /// Who looked; absent means the principal.
    #[serde(default)]
    pub by: Option<String>,
    /// The hash of the matrix that was looked at.
    pub hash: String,
    #[serde(default)]
    pub note: Option<String>,
    /// The id or number of the significant incident after which it was made.
    #[serde(default)]
    pub incident: Option<String>,
}

/// A signed review of procedures and list (Annex 3.2.7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Signature {
    pub id: String,
    pub at: Timestamp,
    pub by: String,
    /// The authenticated principal.
    pub recorded_by: String,
    pub hash: String,
    pub note: Option<String>,
    /// The id of the incident after which it was made.
    pub incident: Option<String>,
    /// When the next one is due.
    pub due: Timestamp,
}

/// Why a reason or a review is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReasonError {
    #[error("a {what} needs 1 to {REASON_CHARS_MAX} characters")]
    Text { what: &'static str },
    #[error("there is no asset `{asset}` in the configuration: `vakt coverage` lists them")]
    NoAsset { asset: String },
    #[error("{0}")]
    Kind(#[from] super::UnknownLogKind),
    #[error("`review_by` lies {what}: it is a time within the next {REASON_DAYS_MAX} days")]
    ReviewBy { what: &'static str },
    #[error(
        "{asset} has a reason for {kind} in force, {id}: end it with a word of why, then record the new one"
    )]
    InForce {
        id: String,
        asset: String,
        kind: LogKind,
    },
    #[error("it ended at {at}")]
    Ended { at: Timestamp },
    #[error("{REASONS_MAX} reasons are in force, which is the most: end those that are not needed")]
    TooMany,
    #[error(
        "the matrix is not the one that was looked at any more: its hash is {found}; look again, then \
         sign that"
    )]
    Changed { found: String },
}

impl ReasonError {
    /// Whether the same may be right at another time.
    pub(crate) fn is_conflict(&self) -> bool {
        matches!(
            self,
            Self::InForce { .. } | Self::Ended { .. } | Self::Changed { .. }
        )
    }
}
