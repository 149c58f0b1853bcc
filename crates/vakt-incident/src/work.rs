//! Response work: tasks, notes, attachments, and the review after an incident (Regulation (EU)
//! 2024/2690, Annex 3.5 and 3.6).
//!
//! Nothing here counts for a clock. What happened is a fact; this is what people do about it, each
//! change with its author in the audit log.

mod attachment;
mod note;
mod response;
mod review;
mod task;

pub use attachment::{
    Attachment, FILE_BYTES_MAX, INCIDENT_BYTES_MAX, INCIDENT_FILES_MAX, NewAttachment, Stored,
    TOTAL_BYTES_MAX, check_file,
};
pub use note::{NewNote, NoteKind, WorkNote};
pub use response::{Indicator, PhaseRecord, ResponseRecord, Times, Work};
pub use review::{CauseFamily, MissingReview, NewReview, Review, Signed};
pub use task::{NewTask, OfIncident, Task, TaskChange, TaskFilter, TaskPhase, TaskState};

pub(crate) use attachment::{checked as checked_attachment, expect_room};
pub(crate) use note::checked as checked_note;
pub(crate) use task::{CheckedTask, INCIDENT_TASKS_MAX};

/// Bytes of one text that people write: some pages.
pub(crate) const TEXT_BYTES_MAX: usize = 16 * 1024;

/// Notes of one incident: years of a long one.
pub(crate) const INCIDENT_NOTES_MAX: u64 = 2_000;

/// Why something of the response work was not recorded.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorkError {
    #[error("there is no task `{id}`")]
    NoTask { id: String },
    #[error("the incident has no attachment `{hash}`")]
    NoAttachment { hash: String },
    #[error("`{name}` is missing")]
    Missing { name: &'static str },
    #[error("`{name}` is `{value}`, but must be {expected}")]
    Unknown {
        name: &'static str,
        value: String,
        expected: String,
    },
    #[error("`{name}` has {bytes} bytes; {bytes_max} is the most")]
    TooLong {
        name: &'static str,
        bytes: usize,
        bytes_max: usize,
    },
    #[error("an incident has at most {max} {what}")]
    TooMany { what: &'static str, max: u64 },
    #[error("a task is dropped with a reason: say why it is not done")]
    NoReason,
    #[error(
        "{by} changed it in the meantime: it has version {found}, and this was written beside \
         {expected}; look at it again, then write with its `version`"
    )]
    Changed {
        by: String,
        expected: i64,
        found: i64,
    },
    #[error("the file has {bytes} bytes; {bytes_max} is the most")]
    FileTooLarge { bytes: u64, bytes_max: u64 },
    #[error(
        "with this file the attachments of {whose} would have more than {bytes_max} bytes: keep \
         it elsewhere and note its hash"
    )]
    NoRoom { whose: &'static str, bytes_max: u64 },
    #[error("the review cannot be signed: {}", missing.join("; "))]
    Incomplete { missing: Vec<String> },
    #[error(
        "a review is signed with `vakt incidents review --sign` or POST …/review/sign, not by a fact \
         alone: what is signed is the text"
    )]
    ReviewByFact,
    #[error("`{text}` is no year: write one such as 2026")]
    Year { text: String },
}

impl WorkError {
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::NoTask { .. } | Self::NoAttachment { .. })
    }

    pub(crate) fn is_conflict(&self) -> bool {
        matches!(self, Self::Changed { .. })
    }
}

/// A text that must say something.
pub(crate) fn required(
    name: &'static str,
    text: &str,
    bytes_max: usize,
) -> Result<String, WorkError> {
    let text = bounded(name, text, bytes_max)?;
    match text.is_empty() {
        true => Err(WorkError::Missing { name }),
        false => Ok(text),
    }
}

/// A text without blanks around it, line ends as Unix has them.
pub(crate) fn bounded(
    name: &'static str,
    text: &str,
    bytes_max: usize,
) -> Result<String, WorkError> {
    let bytes = text.len();
    if bytes > bytes_max {
        return Err(WorkError::TooLong {
            name,
            bytes,
            bytes_max,
        });
    }
    Ok(text.replace("\r\n", "\n").trim().to_owned())
}

/// A closed list of words, each with its meaning.
macro_rules! words {
    ($(#[$about:meta])* $name:ident ($what:literal) { $($variant:ident = $word:literal, $doc:literal;)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $(#[doc = $doc] $variant,)* }

        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = super::WorkError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let known = Self::ALL.iter().copied().find(|it| it.as_str() == text);
                known.ok_or_else(|| {
                    let words: Vec<&str> = Self::ALL.iter().map(|it| it.as_str()).collect();
                    super::WorkError::Unknown {
                        name: $what,
                        value: text.to_owned(),
                        expected: format!("one of {}", words.join(", ")),
                    }
                })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}
use words;
