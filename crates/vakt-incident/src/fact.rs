//! Facts: what happened, who says so, and who wrote it down. Rows are added, never changed.
//!
//! A fact that happened is never refused. What is refused is only the impossible: a time that is
//! malformed or more than five minutes ahead, an unknown kind, a report that no regime knows, a
//! dismissal without a word of why. Everything doubtful is recorded and answered with a warning
//! (`doubt.rs`).

pub(crate) mod evidence;
mod kind;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use vakt_event::Timestamp;
use vakt_event::time::FUTURE_TOLERANCE_MICROS;

use crate::regime::Regimes;
use crate::suggest::nearest;

pub use kind::FactKind;

/// The party of a fact that names none: ourselves.
pub const OWN_PARTY: &str = "own";

/// Characters of a name or a reference. No authority's case number comes near it.
const NAME_CHARS_MAX: usize = 200;

/// Characters of a reason. It is a line or a few, not a report.
const REASON_CHARS_MAX: usize = 4_000;

/// Bytes of a report's fields as JSON: a form of some pages.
const FIELDS_BYTES_MAX: usize = 256 * 1024;

/// A fact as a person or a program hands it in: the body of `POST …/facts`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewFact {
    pub fact: String,
    /// RFC 3339 with an offset; absent means now.
    #[serde(default)]
    pub at: Option<String>,
    /// Who says so; absent means the principal.
    #[serde(default)]
    pub by: Option<String>,
    #[serde(default)]
    pub party: Option<String>,
    #[serde(default)]
    pub reason: Option<String>,
    /// For `submitted`: the stage.
    #[serde(default)]
    pub report: Option<String>,
    /// For `submitted`, where several regimes have a report of that name.
    #[serde(default)]
    pub regime: Option<String>,
    /// The receipt's or case's number at the receiver.
    #[serde(default)]
    pub reference: Option<String>,
    /// For `authority_request`: the date that the request sets, RFC 3339 with an offset.
    #[serde(default)]
    pub due: Option<String>,
    /// Where it came from: `page`, `command`, `phone`, …
    #[serde(default)]
    pub source: Option<String>,
    /// For `submitted`: what the report said, by the names of the form's fields.
    #[serde(default)]
    pub fields: Option<Map<String, Value>>,
    /// The id of an earlier fact of the same kind that this one corrects; for `retracted`, of any.
    #[serde(default)]
    pub revises: Option<i64>,
    /// For `approved`: the id of the fact that waits for it.
    #[serde(default)]
    pub approves: Option<i64>,
    /// For `merged`: the id or number of the other incident.
    #[serde(default)]
    pub into: Option<String>,
    /// What shows it: `event:ID` of a copied event, `attachment:BLAKE3` of an attachment. Kept with the
    /// fact as `fields.evidence`.
    #[serde(default)]
    pub evidence: Vec<String>,
    /// The incident's `revision` that this was written beside; anything else is a conflict.
    #[serde(default)]
    pub expected_revision: Option<i64>,
}

/// A recorded fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// Ascending in the order of recording.
    pub id: i64,
    pub fact: FactKind,
    pub at: Timestamp,
    pub recorded_at: Timestamp,
    /// The authenticated principal.
    pub recorded_by: String,
    /// Who claims it.
    pub by: String,
    pub party: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regime: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revises: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approves: Option<i64>,
    /// The id of the other incident.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub into: Option<String>,
}

impl NewFact {
    /// The fact to record: everything parsed, defaults filled in, the impossible refused.
    pub(crate) fn check(
        self,
        now: Timestamp,
        principal: &str,
        regimes: &Regimes,
    ) -> Result<Fact, FactError> {
        let kind: FactKind = self.fact.parse()?;
        let at = match &self.at {
            Some(text) => parse_instant(text)?,
            None => now,
        };
        if at.micros_since(now) > FUTURE_TOLERANCE_MICROS {
            return Err(FactError::InTheFuture { kind, at, now });
        }
        let reason = line("reason", self.reason, REASON_CHARS_MAX)?;
        if kind == FactKind::Dismissed && reason.is_none() {
            return Err(FactError::NoReason);
        }
        let report = line("report", self.report, NAME_CHARS_MAX)?;
        let regime = line("regime", self.regime, NAME_CHARS_MAX)?;
        if kind == FactKind::Submitted {
            regimes.check_report(report.as_deref())?;
        } else if report.is_some() {
            return Err(FactError::ReportWithout { kind });
        }
        if let Some(regime) = &regime {
            regimes
                .select(&[regime])
                .map_err(|error| FactError::Regime(error.to_string()))?;
        }
        check_needs(kind, regime.is_some(), self.revises, self.approves)?;
        let into = line("into", self.into, NAME_CHARS_MAX)?;
        if into.is_some() != matches!(kind, FactKind::Merged | FactKind::Split) {
            return Err(FactError::Into { kind });
        }
        let fields = evidence::with_evidence(self.fields, &self.evidence)?;
        let bytes = fields
            .as_ref()
            .map_or(0, |fields| Value::Object(fields.clone()).to_string().len());
        if bytes > FIELDS_BYTES_MAX {
            return Err(FactError::FieldsTooLarge {
                bytes,
                bytes_max: FIELDS_BYTES_MAX,
            });
        }
        Ok(Fact {
            id: 0,
            fact: kind,
            at,
            recorded_at: now,
            recorded_by: principal.to_owned(),
            by: line("by", self.by, NAME_CHARS_MAX)?.unwrap_or_else(|| principal.to_owned()),
            party: line("party", self.party, NAME_CHARS_MAX)?
                .unwrap_or_else(|| OWN_PARTY.to_owned()),
            reason,
            report,
            regime,
            reference: line("reference", self.reference, NAME_CHARS_MAX)?,
            due: self.due.as_deref().map(parse_instant).transpose()?,
            source: line("source", self.source, NAME_CHARS_MAX)?,
            fields,
            revises: self.revises,
            approves: self.approves,
            into,
        })
    }
}

/// What a kind cannot do without, and what no other kind takes.
fn check_needs(
    kind: FactKind,
    has_regime: bool,
    revises: Option<i64>,
    approves: Option<i64>,
) -> Result<(), FactError> {
    let missing = match kind {
        FactKind::RegimeApplies if !has_regime => "regime",
        FactKind::Retracted if revises.is_none() => "revises",
        FactKind::Approved if approves.is_none() => "approves",
        _ => "",
    };
    if !missing.is_empty() {
        return Err(FactError::Needs {
            kind,
            name: missing,
        });
    }
    if approves.is_some() && kind != FactKind::Approved {
        return Err(FactError::ApprovesWithout { kind });
    }
    Ok(())
}

/// The text without blanks around it; nothing where nothing is left.
fn line(
    name: &'static str,
    text: Option<String>,
    chars_max: usize,
) -> Result<Option<String>, FactError> {
    let Some(text) = text else { return Ok(None) };
    let text = text.trim();
    let chars = text.chars().count();
    if chars > chars_max {
        return Err(FactError::TooLong {
            name,
            chars,
            chars_max,
        });
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// Reads RFC 3339 with an offset, and says what is wrong where it is not that.
pub fn parse_instant(text: &str) -> Result<Timestamp, FactError> {
    match text.parse() {
        Ok(instant) if offset_hours(text) < 24 => Ok(instant),
        // A day alone reads as its midnight, which nobody means.
        Err(_) if !text.contains(':') && text.parse::<jiff::civil::Date>().is_ok() => {
            Err(FactError::NoTime {
                text: text.to_owned(),
            })
        }
        Err(_) if text.parse::<jiff::civil::DateTime>().is_ok() => Err(FactError::NoOffset {
            text: text.to_owned(),
        }),
        Ok(_) | Err(_) => Err(FactError::Malformed {
            text: text.to_owned(),
        }),
    }
}

/// The hours of the offset that a time ends with; 0 for `Z`. RFC 3339 has less than 24 of them.
fn offset_hours(text: &str) -> u32 {
    let offset = text.rsplit(['+', '-']).next().unwrap_or_default();
    let hours = offset.get(..2).filter(|_| !text.ends_with(['Z', 'z']));
    hours.and_then(|hours| hours.parse().ok()).unwrap_or(0)
}

/// Why something handed in is no fact.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FactError {
    #[error("there is no fact `{name}`; {help}")]
    UnknownKind { name: String, help: String },
    #[error(
        "`{text}` is no instant: write a date and a time with an offset, such as 2026-11-23T20:08:00Z"
    )]
    Malformed { text: String },
    #[error("`{text}` has no time of day: write it with one, such as {text}T08:00:00+01:00")]
    NoTime { text: String },
    #[error("`{text}` has no offset from UTC: append Z, or the local offset, such as {text}+01:00")]
    NoOffset { text: String },
    #[error("`{kind}` at {at} lies more than five minutes in the future: it is {now}")]
    InTheFuture {
        kind: FactKind,
        at: Timestamp,
        now: Timestamp,
    },
    #[error("a dismissal needs one line of reason: false positive, test, duplicate, authorised, …")]
    NoReason,
    #[error("`submitted` needs `report`, which is one of {all}")]
    NoReport { all: String },
    #[error("there is no report `{report}`; {help}")]
    UnknownReport { report: String, help: String },
    #[error("`{kind}` takes no `report`; only `submitted` does")]
    ReportWithout { kind: FactKind },
    #[error("{0}")]
    Regime(String),
    #[error("`{kind}` needs `{name}`")]
    Needs { kind: FactKind, name: &'static str },
    #[error("`{kind}` takes no `approves`; only `approved` does")]
    ApprovesWithout { kind: FactKind },
    #[error(
        "`merged` needs `into`, the other incident, and no other fact takes it; this is `{kind}`"
    )]
    Into { kind: FactKind },
    #[error("`fields` has {bytes} bytes; {bytes_max} is the most")]
    FieldsTooLarge { bytes: usize, bytes_max: usize },
    #[error(
        "`{reference}` names no evidence: write event:ID of a copied event, or attachment:HASH of an \
         attachment"
    )]
    Evidence { reference: String },
    #[error("a fact names at most {most} pieces of evidence; this one names {given}")]
    TooMuchEvidence { given: usize, most: usize },
    #[error("{0}")]
    Reference(#[from] crate::correction::ReferenceFault),
    #[error("`{name}` has {chars} characters; {chars_max} is the most")]
    TooLong {
        name: &'static str,
        chars: usize,
        chars_max: usize,
    },
    #[error("`{argument}` is no fact: write FACT=INSTANT, such as aware=2026-11-23T20:08:00Z")]
    NoEquals { argument: String },
}

impl FactError {
    fn unknown_kind(name: &str) -> Self {
        let names: Vec<&str> = FactKind::ALL.iter().map(|kind| kind.as_str()).collect();
        let help = match nearest(name, &names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", names.join(", ")),
        };
        Self::UnknownKind {
            name: name.to_owned(),
            help,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-23T20:08:00Z";

    fn fact(json: &str) -> Result<Fact, FactError> {
        let new: NewFact = serde_json::from_str(json).unwrap();
        new.check(NOW.parse().unwrap(), "anna", Regimes::embedded())
    }

    #[test]
    fn awareness_needs_a_time_and_a_person_and_no_more() {
        let aware = fact(r#"{"fact":"aware"}"#).unwrap();
        assert_eq!(
            serde_json::to_string(&aware).unwrap(),
            r#"{"id":0,"fact":"aware","at":"2026-11-23T20:08:00Z","recorded_at":"2026-11-23T20:08:00Z","recorded_by":"anna","by":"anna","party":"own"}"#
        );
    }

    #[test]
    fn only_the_impossible_is_refused() {
        let check = |json: &str, expected: Option<&str>| {
            let refused = fact(json).err().map(|error| error.to_string());
            assert_eq!(refused.as_deref(), expected, "{json}");
        };
        check(r#"{"fact":"aware","at":"1999-01-01T00:00:00+02:00"}"#, None);
        check(r#"{"fact":"aware","at":"2026-11-23T20:13:00Z"}"#, None);
        check(
            r#"{"fact":"aware","at":"2026-11-23T20:13:00.000001Z"}"#,
            Some(
                "`aware` at 2026-11-23T20:13:00.000001Z lies more than five minutes in the future: it is 2026-11-23T20:08:00Z",
            ),
        );
        check(
            r#"{"fact":"aware","at":"2026-11-23T21:08:00"}"#,
            Some(
                "`2026-11-23T21:08:00` has no offset from UTC: append Z, or the local offset, such as 2026-11-23T21:08:00+01:00",
            ),
        );
        check(
            r#"{"fact":"aware","at":"2026-02-30T21:08:00Z"}"#,
            Some(
                "`2026-02-30T21:08:00Z` is no instant: write a date and a time with an offset, such as 2026-11-23T20:08:00Z",
            ),
        );
        check(
            r#"{"fact":"aware","at":"2026-11-23"}"#,
            Some(
                "`2026-11-23` has no time of day: write it with one, such as 2026-11-23T08:00:00+01:00",
            ),
        );
        check(r#"{"fact":"aware","at":"2026-11-23T20:08:00+23:59"}"#, None);
        check(
            r#"{"fact":"aware","at":"2026-11-23T20:08:00+25:00"}"#,
            Some(
                "`2026-11-23T20:08:00+25:00` is no instant: write a date and a time with an offset, such as 2026-11-23T20:08:00Z",
            ),
        );
        check(
            r#"{"fact":"handeld"}"#,
            Some("there is no fact `handeld`; did you mean `handled`?"),
        );
        check(r#"{"fact":"submitted","report":"final"}"#, None);
        check(
            r#"{"fact":"submitted","report":"notifcation"}"#,
            Some("there is no report `notifcation`; did you mean `notification`?"),
        );
        check(
            r#"{"fact":"submitted"}"#,
            Some(
                "`submitted` needs `report`, which is one of authority, controller, detailed, early_warning, final, impact_ended, initial, intermediate, notice, notification, progress, subjects",
            ),
        );
        check(
            r#"{"fact":"dismissed","reason":"  "}"#,
            Some(
                "a dismissal needs one line of reason: false positive, test, duplicate, authorised, …",
            ),
        );
        check(r#"{"fact":"dismissed","reason":"a test of ours"}"#, None);
    }
}
