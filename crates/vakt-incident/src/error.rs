//! What can go wrong with the records.

use std::path::PathBuf;

use crate::answer::AnswerError;
use crate::coverage::ReasonError;
use crate::document::DocumentFault;
use crate::fact::FactError;
use crate::form::FormError;
use crate::intake::IntakeError;
use crate::regime::RegimeError;
use crate::suppression::ScopeError;
use crate::work::WorkError;

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the records at {} cannot be opened: {source}", path.display())]
    Open {
        path: PathBuf,
        source: rusqlite::Error,
    },
    #[error("the records at {} cannot be created: {source}", path.display())]
    Create {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error(
        "the records at {} have schema {found}, and this version of vakt knows schemas up to {known}: \
         start the version that wrote them, or a newer one",
        path.display()
    )]
    NewerSchema {
        path: PathBuf,
        found: i64,
        known: i64,
    },
    #[error(
        "the records at {} have schema {found}, and this version of vakt reads {known}: start it once, \
         which brings them up to date",
        path.display()
    )]
    OlderSchema {
        path: PathBuf,
        found: i64,
        known: i64,
    },
    #[error("the records cannot be read or written: {0}")]
    Sql(#[from] rusqlite::Error),
    #[error("the records hold what this version cannot read: {0}")]
    Json(#[from] serde_json::Error),
    #[error("there is no incident `{id}`")]
    NoIncident { id: String },
    #[error("there is no alert `{id}`")]
    NoAlert { id: String },
    #[error("there is no suppression `{id}`")]
    NoSuppression { id: String },
    #[error("there is no window of maintenance `{id}`")]
    NoWindow { id: String },
    #[error("there is no reason for a gap `{id}`")]
    NoReason { id: String },
    #[error("{0}")]
    Coverage(#[from] ReasonError),
    #[error("{0}")]
    Scope(#[from] ScopeError),
    #[error("{0}")]
    Fact(#[from] FactError),
    #[error("{0}")]
    Regime(#[from] RegimeError),
    #[error(
        "incident {id} has changed: its revision is {found}, and this was written beside {expected}; \
         look at it again, then record with its `revision`"
    )]
    Changed {
        id: String,
        expected: i64,
        found: i64,
    },
    #[error("{0}")]
    Answer(#[from] AnswerError),
    #[error(
        "answers about incident {id} have changed: their revision is {found}, and this was written \
         beside {expected}; look at them again, then answer with their `revision`"
    )]
    AnswersChanged {
        id: String,
        expected: i64,
        found: i64,
    },
    #[error("{0}")]
    Form(#[from] FormError),
    #[error(
        "the text of `{field}` was changed by {by} in the meantime: it has version {found}, and this \
         was written beside {expected}; look at it again, then write with its `version`"
    )]
    TextChanged {
        field: String,
        by: String,
        expected: i64,
        found: i64,
    },
    #[error("the incident has no fact about `{party}`: record one, such as `customer_affected`")]
    NoParty { party: String },
    #[error("the text of `{field}` has {bytes} bytes; {bytes_max} is the most")]
    TextTooLong {
        field: String,
        bytes: usize,
        bytes_max: usize,
    },
    #[error("{0}")]
    Document(#[from] DocumentFault),
    #[error("it cannot be merged: {why}")]
    Merge { why: String },
    #[error("a part is split off with `vakt incidents split` or POST …/split, not by a fact alone")]
    SplitByFact,
    #[error(
        "the regimes' data were changed and still say `version: {version}`: give them a version of \
         their own, so that earlier deadlines can be told from those of now"
    )]
    RegimesVersion { version: String },
    #[error(
        "version {version} of the regimes' data has no regime `{regime}`, which incident {number} has: \
         keep it in the data, with `applies_until` where the duty has ended"
    )]
    RegimeGone {
        regime: String,
        number: i64,
        version: String,
    },
    #[error("{0}")]
    Work(#[from] WorkError),
    #[error("{0}")]
    Intake(#[from] IntakeError),
    #[error("an incident needs a title of 1 to {chars_max} characters")]
    Title { chars_max: usize },
    #[error("`{cursor}` is no cursor: use the `next` of the page before")]
    Cursor { cursor: String },
    #[error("`{name}` has {bytes} bytes; {bytes_max} is the most that is kept")]
    TooLarge {
        name: String,
        bytes: usize,
        bytes_max: usize,
    },
}

impl Error {
    /// Whether the caller asked for something that is not there.
    pub fn is_not_found(&self) -> bool {
        if let Self::Document(fault) = self {
            return fault.is_not_found();
        }
        matches!(
            self,
            Self::NoIncident { .. }
                | Self::NoAlert { .. }
                | Self::NoSuppression { .. }
                | Self::NoWindow { .. }
                | Self::NoReason { .. }
        ) || matches!(self, Self::Work(error) if error.is_not_found())
    }

    /// Whether the caller can mend it: what was handed in is at fault, not the store.
    pub fn is_callers(&self) -> bool {
        matches!(
            self,
            Self::Fact(_)
                | Self::Regime(_)
                | Self::Form(_)
                | Self::Answer(_)
                | Self::Document(_)
                | Self::TextTooLong { .. }
                | Self::NoParty { .. }
                | Self::Scope(_)
                | Self::Coverage(_)
                | Self::Title { .. }
                | Self::Cursor { .. }
                | Self::Merge { .. }
                | Self::SplitByFact
                | Self::Work(_)
                | Self::Intake(_)
        ) && !self.is_conflict()
    }

    /// Whether the same words may be right at another time, or from somebody else.
    pub fn is_conflict(&self) -> bool {
        match self {
            Self::Changed { .. }
            | Self::AnswersChanged { .. }
            | Self::TextChanged { .. }
            | Self::Scope(ScopeError::Ended { .. }) => true,
            Self::Fact(FactError::Reference(fault)) => fault.is_conflict(),
            Self::Work(error) => error.is_conflict(),
            Self::Coverage(error) => error.is_conflict(),
            Self::Document(fault) => fault.is_conflict(),
            _ => false,
        }
    }
}
