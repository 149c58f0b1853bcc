//! Reports of staff, suppliers and customers (Regulation (EU) 2024/2690, Annex 3.3).
//!
//! A report starts an assessment and never awareness. It is kept word for word as it came; what follows
//! from it is an incident like any other, which an analyst assesses, joins to another or dismisses.

use serde::{Deserialize, Serialize};
use vakt_event::Timestamp;

use crate::document::clean::clean;
use crate::work::{NewAttachment, WorkError, check_file};

/// How the principal of an incident that a report opened begins. No user's name has a colon.
pub(crate) const REPORTER_PREFIX: &str = "report:";

/// Bytes of a description: some pages.
pub const DESCRIPTION_BYTES_MAX: usize = 16 * 1024;

/// Bytes of each of the short answers.
pub const LINE_BYTES_MAX: usize = 500;

/// Files that come with one report.
pub const FILES_MAX: usize = 5;

/// Bytes of all of them.
pub const FILES_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Characters of a file's name that an error repeats.
const SHOWN_CHARS: usize = 60;

/// Who reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reporter {
    /// Our own staff; the name of the token or user.
    Own { sender: String },
    /// A supplier, by the name of its token.
    Supplier { name: String, sender: String },
    /// A customer, by the name of its token.
    Customer { name: String, sender: String },
    /// Nobody asked who it is.
    Anonymous,
}

impl Reporter {
    /// `own`, `supplier`, `customer` or `anonymous`.
    pub fn source(&self) -> &'static str {
        match self {
            Self::Own { .. } => "own",
            Self::Supplier { .. } => "supplier",
            Self::Customer { .. } => "customer",
            Self::Anonymous => "anonymous",
        }
    }

    /// The supplier or customer.
    pub fn party(&self) -> Option<&str> {
        match self {
            Self::Supplier { name, .. } | Self::Customer { name, .. } => Some(name),
            Self::Own { .. } | Self::Anonymous => None,
        }
    }

    /// The token or user.
    pub fn sender(&self) -> Option<&str> {
        match self {
            Self::Own { sender }
            | Self::Supplier { sender, .. }
            | Self::Customer { sender, .. } => Some(sender),
            Self::Anonymous => None,
        }
    }

    /// The name under which its incident is opened and its facts are recorded.
    pub(crate) fn principal(&self) -> String {
        match self.sender() {
            Some(sender) => format!("{REPORTER_PREFIX}{sender}"),
            None => format!("{REPORTER_PREFIX}anonymous"),
        }
    }

    /// `supplier Acme AB`
    pub(crate) fn words(&self) -> String {
        match self.party() {
            Some(party) => format!("{} {party}", self.source()),
            None => match self {
                Self::Own { .. } => "our own staff".to_owned(),
                _ => "somebody anonymous".to_owned(),
            },
        }
    }
}

/// A report as it comes in: the minimum of the guidance to Annex 3.3 is time, description, evidence and
/// contact.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewReport {
    /// When it happened or was noticed, in whatever words.
    #[serde(default)]
    pub time: String,
    pub description: String,
    /// How the reporter can be reached.
    #[serde(default)]
    pub contact: Option<String>,
    #[serde(skip)]
    pub files: Vec<NewAttachment>,
}

impl NewReport {
    /// Whether it would be taken with these files (name and bytes), of which nothing is stored yet.
    ///
    /// # Errors
    /// A report that says nothing or too much; a file whose name is none.
    pub fn check_beside(&self, files: &[(&str, u64)]) -> Result<(), IntakeError> {
        let lengths: Vec<u64> = files.iter().map(|(_, bytes)| *bytes).collect();
        CheckedReport::of(self, &lengths)?;
        for (name, bytes) in files {
            check_file(name, *bytes).map_err(|why| IntakeError::File {
                name: name.chars().take(SHOWN_CHARS).collect(),
                why,
            })?;
        }
        Ok(())
    }
}

/// A report as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeptReport {
    /// The number that the reporter was given.
    pub receipt: String,
    /// The id of the incident that it opened.
    pub incident: String,
    pub source: String,
    pub party: Option<String>,
    pub sender: Option<String>,
    pub time: String,
    pub description: String,
    pub contact: Option<String>,
    /// The BLAKE3 of the files that came with it; they are attachments of the incident.
    pub files: Vec<String>,
    pub received_at: Timestamp,
}

/// A report in a list, with what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedReport {
    #[serde(flatten)]
    pub report: KeptReport,
    pub number: i64,
    pub state: crate::IncidentState,
    pub stream: String,
}

/// What the reporter is told, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Receipt {
    pub receipt: String,
    pub received_at: Timestamp,
}

/// Why a report was not taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum IntakeError {
    #[error("`{name}` is missing: say what happened")]
    Missing { name: &'static str },
    #[error("`{name}` has {bytes} bytes; {bytes_max} is the most")]
    TooLong {
        name: &'static str,
        bytes: usize,
        bytes_max: usize,
    },
    #[error("{files} files came with it; {most} are the most")]
    TooManyFiles { files: usize, most: usize },
    #[error("the files have {bytes} bytes; {bytes_max} is the most")]
    FilesTooLarge { bytes: u64, bytes_max: u64 },
    #[error("the file {name}: {why}")]
    File { name: String, why: WorkError },
}

/// What a report says, checked; nothing is changed but the blanks around it.
pub(crate) struct CheckedReport {
    pub(crate) time: String,
    pub(crate) description: String,
    pub(crate) contact: Option<String>,
}

impl CheckedReport {
    /// `lengths` are those of the files, in bytes.
    pub(crate) fn of(new: &NewReport, lengths: &[u64]) -> Result<Self, IntakeError> {
        let (files, most) = (lengths.len(), FILES_MAX);
        if files > most {
            return Err(IntakeError::TooManyFiles { files, most });
        }
        let bytes = lengths
            .iter()
            .fold(0, |sum: u64, bytes| sum.saturating_add(*bytes));
        if bytes > FILES_BYTES_MAX {
            return Err(IntakeError::FilesTooLarge {
                bytes,
                bytes_max: FILES_BYTES_MAX,
            });
        }
        let description = bounded("description", &new.description, DESCRIPTION_BYTES_MAX)?;
        if description.is_empty() {
            return Err(IntakeError::Missing {
                name: "description",
            });
        }
        let contact = new.contact.as_deref().unwrap_or_default();
        let contact = bounded("contact", contact, LINE_BYTES_MAX)?;
        Ok(Self {
            time: bounded("time", &new.time, LINE_BYTES_MAX)?,
            description,
            contact: (!contact.is_empty()).then_some(contact),
        })
    }
}

fn bounded(name: &'static str, text: &str, bytes_max: usize) -> Result<String, IntakeError> {
    let bytes = text.len();
    if bytes > bytes_max {
        return Err(IntakeError::TooLong {
            name,
            bytes,
            bytes_max,
        });
    }
    // A stranger writes it, and people read it on pages and terminals.
    let text = text.replace("\r\n", "\n");
    Ok(clean(text.trim()).into_owned())
}
