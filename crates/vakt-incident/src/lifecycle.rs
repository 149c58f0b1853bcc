//! The state of an incident, derived from its facts and never set.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use vakt_event::Timestamp;

use crate::clock::Clock;
use crate::fact::{Fact, FactKind};
use crate::suggest::nearest;

macro_rules! states {
    ($($variant:ident = $name:literal, $doc:literal;)*) => {
        /// Where an incident stands.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum IncidentState { $(#[doc = $doc] $variant,)* }

        impl IncidentState {
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

states! {
    Draft = "draft", "A detection or a person opened it; nobody has assessed it yet.";
    Assessing = "assessing", "Somebody assesses it.";
    Significant = "significant", "Awareness was declared.";
    EarlyWarned = "early_warned", "The early warning was submitted.";
    Notified = "notified", "The notification was submitted.";
    Ongoing = "ongoing", "A progress report was submitted.";
    Handled = "handled", "Containment, eradication and recovery are complete.";
    FinalReported = "final_reported", "Every final report was submitted.";
    Closed = "closed", "The review is done.";
    Dismissed = "dismissed", "False positive, test, duplicate, or authorised.";
    NotSignificant = "not_significant", "Assessed, and not significant.";
    NearMiss = "near_miss", "It was stopped, or did not happen.";
}

impl IncidentState {
    /// Whether further matches of the same rule and entity join it.
    pub fn is_open(self) -> bool {
        !matches!(
            self,
            Self::FinalReported
                | Self::Closed
                | Self::Dismissed
                | Self::NotSignificant
                | Self::NearMiss
        )
    }
}

impl fmt::Display for IncidentState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for IncidentState {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl FromStr for IncidentState {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.iter().find(|state| state.as_str() == text);
        known.copied().ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|state| state.as_str()).collect();
            let help = match nearest(text, &names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("a state is one of {}", names.join(", ")),
            };
            UnknownState {
                name: text.to_owned(),
                help,
            }
        })
    }
}

/// The text names no state.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no state `{name}`; {help}")]
pub struct UnknownState {
    pub name: String,
    pub help: String,
}

/// How long a draft may wait for its assessment before somebody is told. Four hours: an internal
/// target and no legal limit. An assessment that never ends is no defence.
const ASSESSMENT_TARGET_MICROS: i64 = 4 * 60 * 60 * 1_000_000;

/// Until when an incident in `state` shall be assessed; `None` once it is.
pub fn assess_by(state: IncidentState, detected_at: Timestamp) -> Option<Timestamp> {
    let is_open = matches!(state, IncidentState::Draft | IncidentState::Assessing);
    is_open.then(|| detected_at.saturating_add_micros(ASSESSMENT_TARGET_MICROS))
}

/// The state that the facts of `party` give; `clocks` are computed from the same facts.
pub fn state(party: &str, facts: &[Fact], clocks: &[Clock]) -> IncidentState {
    let own = || facts.iter().filter(move |fact| fact.party == party);
    let has = |kind: FactKind| own().any(|fact| fact.fact == kind);
    let submitted = |reports: &[&str]| {
        own().any(|fact| {
            fact.report
                .as_deref()
                .is_some_and(|it| reports.contains(&it))
        })
    };
    let is_significant = has(FactKind::Submitted) || own().any(|fact| fact.fact.is_awareness());
    if !is_significant {
        return assessment(party, facts);
    }
    if is_final_reported(party, clocks) {
        // A review closes what was reported to its end, and nothing else: a clock that still
        // runs must not disappear behind a closed incident.
        if has(FactKind::Closed) && !is_reopened_after(FactKind::Closed, party, facts) {
            IncidentState::Closed
        } else {
            IncidentState::FinalReported
        }
    } else if has(FactKind::Handled) {
        IncidentState::Handled
    } else if submitted(&["progress"]) {
        IncidentState::Ongoing
    } else if submitted(&["notification", "authority", "controller", "initial"]) {
        IncidentState::Notified
    } else if submitted(&["early_warning"]) {
        IncidentState::EarlyWarned
    } else {
        IncidentState::Significant
    }
}

/// The state before any awareness: the last word of those who assess.
fn assessment(party: &str, facts: &[Fact]) -> IncidentState {
    let own = facts.iter().filter(|fact| fact.party == party);
    own.fold(IncidentState::Draft, |state, fact| match fact.fact {
        FactKind::AssessmentStarted | FactKind::SupplierNotice => IncidentState::Assessing,
        FactKind::Dismissed => IncidentState::Dismissed,
        FactKind::NotSignificant => IncidentState::NotSignificant,
        FactKind::NearMiss => IncidentState::NearMiss,
        FactKind::Reopened => match state {
            IncidentState::NotSignificant | IncidentState::NearMiss => IncidentState::Assessing,
            IncidentState::Dismissed => IncidentState::Draft,
            other => other,
        },
        _ => state,
    })
}

/// Whether every last report that is owed was submitted, and there is one.
fn is_final_reported(party: &str, clocks: &[Clock]) -> bool {
    let mut last = clocks
        .iter()
        .filter(|clock| clock.party == party && matches!(&*clock.stage, "final" | "detailed"))
        .peekable();
    last.peek().is_some() && last.all(|clock| clock.state.is_met())
}

fn is_reopened_after(kind: FactKind, party: &str, facts: &[Fact]) -> bool {
    let last = |kind: FactKind| {
        facts
            .iter()
            .rposition(|fact| fact.fact == kind && fact.party == party)
    };
    last(FactKind::Reopened) > last(kind)
}
