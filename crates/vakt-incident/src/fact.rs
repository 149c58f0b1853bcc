//! Facts: what happened, who says so, and who wrote it down. Rows are added, never changed.
//!
//! A fact that happened is never refused. What is refused is only the impossible: a time that is
//! malformed or more than five minutes ahead, an unknown kind, a report that no regime knows, a
//! dismissal without a word of why. Everything doubtful is recorded and answered with a warning
//! (`doubt.rs`).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use vakt_event::Timestamp;
use vakt_event::time::FUTURE_TOLERANCE_MICROS;

use crate::regime::Regimes;
use crate::suggest::nearest;

/// The party of a fact that names none: ourselves.
pub const OWN_PARTY: &str = "own";

/// Characters of a name or a reference. No authority's case number comes near it.
const NAME_CHARS_MAX: usize = 200;

/// Characters of a reason. It is a line or a few, not a report.
const REASON_CHARS_MAX: usize = 4_000;

macro_rules! fact_kinds {
    ($($variant:ident = $name:literal, $doc:literal;)*) => {
        /// What kind of thing happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FactKind { $(#[doc = $doc] $variant,)* }

        impl FactKind {
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

fact_kinds! {
    Occurred = "occurred", "The incident itself began.";
    FirstLog = "first_log", "The first log record of it.";
    Detected = "detected", "The wall clock of the match, or of the person who noticed.";
    CriterionMet = "criterion_met", "A measurable criterion of significance was met.";
    SupplierNotice = "supplier_notice", "A supplier told us. Starts assessment, not awareness.";
    AssessmentStarted = "assessment_started", "Somebody began to assess.";
    Aware = "aware", "Reasonable certainty that a significant incident occurred (NIS2 Art. 23).";
    AwarePdb = "aware_pdb", "The same of a personal data breach (GDPR Art. 33).";
    AwareVuln = "aware_vuln", "The same of an exploited vulnerability in our product (CRA Art. 14(1)).";
    AwareSev = "aware_sev", "The same of a severe incident of our product (CRA Art. 14(3)).";
    Classified = "classified", "Classified as major (DORA).";
    ServiceLost = "service_lost", "A service stopped working.";
    ServiceRestored = "service_restored", "It works again.";
    MeasureAvailable = "measure_available", "A corrective or mitigating measure is available (CRA).";
    AuthorityRequest = "authority_request", "The authority asked for an intermediate report.";
    Submitted = "submitted", "A report was sent; `report` says which.";
    RecipientsInformed = "recipients_informed", "Recipients of the service were told.";
    CustomerNoticeSent = "customer_notice_sent", "A customer was told.";
    Handled = "handled", "Containment, eradication and recovery are complete.";
    Dismissed = "dismissed", "False positive, test, duplicate, or authorised.";
    NotSignificant = "not_significant", "Assessed: not significant.";
    NearMiss = "near_miss", "Assessed: it was stopped or did not happen (NIS2 Art. 6(5)).";
    Reopened = "reopened", "The assessment goes on.";
    Closed = "closed", "The review after the incident is done.";
}

impl FactKind {
    /// A person's declaration that starts official clocks.
    pub fn is_awareness(self) -> bool {
        matches!(
            self,
            Self::Aware | Self::AwarePdb | Self::AwareVuln | Self::AwareSev
        )
    }

    /// Ends the assessment without a duty to report.
    pub fn ends_assessment(self) -> bool {
        matches!(
            self,
            Self::Dismissed | Self::NotSignificant | Self::NearMiss
        )
    }
}

impl fmt::Display for FactKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for FactKind {
    type Err = FactError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| FactError::unknown_kind(text))
    }
}

impl Serialize for FactKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

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
}

impl NewFact {
    /// The fact to record: everything parsed, defaults filled in, the impossible refused.
    pub(crate) fn check(self, now: Timestamp, principal: &str) -> Result<Fact, FactError> {
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
            check_report(report.as_deref())?;
        } else if report.is_some() {
            return Err(FactError::ReportWithout { kind });
        }
        if let Some(regime) = &regime {
            Regimes::embedded()
                .select(&[regime])
                .map_err(|error| FactError::Regime(error.to_string()))?;
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
        })
    }
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

/// Whether some regime has a report of this name.
pub(crate) fn check_report(report: Option<&str>) -> Result<(), FactError> {
    let stages = Regimes::embedded().stage_names();
    let all = || stages.join(", ");
    let Some(report) = report else {
        return Err(FactError::NoReport { all: all() });
    };
    if stages.contains(&report) {
        return Ok(());
    }
    let help = match nearest(report, &stages) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("a report is one of {}", all()),
    };
    Err(FactError::UnknownReport {
        report: report.to_owned(),
        help,
    })
}

/// Reads RFC 3339 with an offset, and says what is wrong where it is not that.
pub fn parse_instant(text: &str) -> Result<Timestamp, FactError> {
    text.parse().map_err(|_: jiff::Error| {
        if text.parse::<jiff::civil::DateTime>().is_ok() {
            FactError::NoOffset {
                text: text.to_owned(),
            }
        } else {
            FactError::Malformed {
                text: text.to_owned(),
            }
        }
    })
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
        new.check(NOW.parse().unwrap(), "anna")
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
                "`submitted` needs `report`, which is one of authority, controller, detailed, early_warning, final, initial, intermediate, notification, progress, subjects",
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
