//! What shows that a fact is one: references to copied events and to attachments.

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value};

use super::{Fact, FactError};

/// The member of a fact's `fields` that holds the references.
const MEMBER: &str = "evidence";

/// References of one fact. More are told as a note.
const REFERENCES_MAX: usize = 50;

/// Hexadecimal digits of an attachment's BLAKE3.
const HASH_DIGITS: usize = 64;

/// A piece of evidence that belongs to the incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EvidenceRef {
    /// The journal position of a copied event.
    Event(i64),
    /// The BLAKE3 of an attachment, in hexadecimal.
    Attachment(String),
}

impl FromStr for EvidenceRef {
    type Err = FactError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || FactError::Evidence {
            reference: text.to_owned(),
        };
        match text.trim().split_once(':') {
            Some(("event", id)) => Ok(Self::Event(id.parse().map_err(|_| unknown())?)),
            Some(("attachment", hash)) if is_hash(hash) => {
                Ok(Self::Attachment(hash.to_ascii_lowercase()))
            }
            _ => Err(unknown()),
        }
    }
}

impl fmt::Display for EvidenceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(id) => write!(f, "event:{id}"),
            Self::Attachment(hash) => write!(f, "attachment:{hash}"),
        }
    }
}

fn is_hash(text: &str) -> bool {
    text.len() == HASH_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The fields with the references in them; they stay absent where there is neither.
pub(super) fn with_evidence(
    fields: Option<Map<String, Value>>,
    evidence: &[String],
) -> Result<Option<Map<String, Value>>, FactError> {
    if evidence.is_empty() {
        return Ok(fields);
    }
    if evidence.len() > REFERENCES_MAX {
        return Err(FactError::TooMuchEvidence {
            given: evidence.len(),
            most: REFERENCES_MAX,
        });
    }
    let mut references: Vec<String> = Vec::new();
    for text in evidence {
        let reference = text.parse::<EvidenceRef>()?.to_string();
        if !references.contains(&reference) {
            references.push(reference);
        }
    }
    let mut fields = fields.unwrap_or_default();
    fields.insert(MEMBER.to_owned(), references.into());
    Ok(Some(fields))
}

/// The references of a fact.
pub(crate) fn of(fact: &Fact) -> Vec<EvidenceRef> {
    let listed = fact.fields.as_ref().and_then(|fields| fields.get(MEMBER));
    let listed = listed.and_then(Value::as_array).into_iter().flatten();
    listed
        .filter_map(|text| text.as_str()?.parse().ok())
        .collect()
}
