//! The state of an incident, derived from its facts and never set.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use vakt_event::Timestamp;

use crate::calendar::HOUR_MICROS;
use crate::clock::{Clock, ClockState, Computed};
use crate::fact::FactKind;
use crate::factset::{FactSet, TimedFact};
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
    FinalReported = "final_reported", "Every report that is owed was submitted.";
    Closed = "closed", "Every report that is owed was submitted, and the review is signed.";
    Dismissed = "dismissed", "False positive, test, duplicate, or authorised.";
    NotSignificant = "not_significant", "Assessed, and not significant.";
    NearMiss = "near_miss", "It was stopped, or did not happen.";
    Downgraded = "downgraded", "Found not significant after reports; clocks run until the receivers are told.";
    Reportable = "reportable", "Not significant, and a report of another question, or a customer's notice, is owed.";
    Merged = "merged", "Part of another incident, where its clocks run.";
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
                | Self::Merged
        )
    }

    /// Whether awareness of a significant incident was declared, or follows from a report.
    pub fn is_declared(self) -> bool {
        !matches!(
            self,
            Self::Draft
                | Self::Assessing
                | Self::Reportable
                | Self::Dismissed
                | Self::NotSignificant
                | Self::NearMiss
                | Self::Merged
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

/// Until when an incident in `state` shall be assessed; `None` once it is. An internal target and
/// no legal limit: an assessment that never ends is no defence.
pub fn assess_by(
    state: IncidentState,
    detected_at: Timestamp,
    within_hours: u32,
) -> Option<Timestamp> {
    let is_open = matches!(state, IncidentState::Draft | IncidentState::Assessing);
    let target = i64::from(within_hours).saturating_mul(HOUR_MICROS);
    is_open.then(|| detected_at.saturating_add_micros(target))
}

/// The state that the facts of `party` give; `computed` is of the same facts. Whether the incident is
/// significant, and which of its reports were sent, is one question; what was decided, declared or sent
/// of another one says nothing of it. It ends when every question of the incident has.
pub fn state(party: &str, facts: &FactSet, computed: &Computed) -> IncidentState {
    let clocks = &computed.clocks;
    let mut own = facts.standing(party);
    own.retain(|fact| !computed.decisions_apart.contains(&fact.root));
    let is_apart = |fact: &TimedFact| computed.declared_apart.contains(&fact.root);
    let is_declared_apart = own.iter().any(|fact| is_apart(fact));
    let assessed = assessment(&own, is_apart);
    own.retain(|fact| !is_apart(fact));
    let has = |kind: FactKind| own.iter().any(|fact| fact.kind == kind);
    let submitted = |reports: &[&str]| {
        own.iter().any(|fact| {
            fact.report
                .as_deref()
                .is_some_and(|it| reports.contains(&it))
        })
    };
    if is_after(&own, FactKind::Merged, &[FactKind::Reopened]) {
        return IncidentState::Merged;
    }
    let is_significant =
        has(FactKind::Submitted) || own.iter().any(|fact| fact.kind.is_awareness());
    // What is owed to a customer keeps it open, whatever was decided about ourselves.
    let mut of_others = clocks.iter().filter(|clock| clock.party != party);
    let is_owed = of_others.any(|clock| clock.state.is_owed())
        // So does the report of what was declared of another question.
        || (is_declared_apart && clocks.iter().any(is_due));
    if !is_significant {
        return match is_owed && !assessed.is_open() {
            true => IncidentState::Reportable,
            false => assessed,
        };
    }
    if let Some(downgraded) = downgraded(&own) {
        return match is_owed {
            true => IncidentState::Downgraded,
            false => downgraded,
        };
    }
    if is_final_reported(party, clocks) && !is_taken_up(&own) {
        // A signed review closes what was reported to its end, and nothing else: a clock that still
        // runs must not disappear behind a closed incident, and neither must a missing review.
        if is_reviewed(&own) {
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

/// Whether a review was signed, and the incident was not taken up again after it.
pub(crate) fn is_reviewed(own: &[&TimedFact]) -> bool {
    is_after(own, FactKind::Reviewed, &[FactKind::Reopened])
}

/// The state before any awareness: the last word of those who assess. Whoever declared something else has
/// looked at it, and what was nothing at all is something after all.
fn assessment(own: &[&TimedFact], is_apart: impl Fn(&TimedFact) -> bool) -> IncidentState {
    own.iter()
        .fold(IncidentState::Draft, |state, fact| match fact.kind {
            _ if is_apart(fact) => match state {
                IncidentState::Draft | IncidentState::Dismissed => IncidentState::Assessing,
                other => other,
            },
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

/// A downgrade holds until the incident is taken up again; once those who had reports were told,
/// the incident is not significant.
fn downgraded(own: &[&TimedFact]) -> Option<IncidentState> {
    own.iter().fold(None, |state, fact| match fact.kind {
        FactKind::Downgraded => Some(IncidentState::Downgraded),
        FactKind::CorrectionSent if state.is_some() => Some(IncidentState::NotSignificant),
        FactKind::Reopened => None,
        kind if kind.is_awareness() => None,
        _ => state,
    })
}

/// Whether every question of ours is answered and all that is owed was submitted.
fn is_final_reported(party: &str, clocks: &[Clock]) -> bool {
    is_all_submitted(party, clocks) && undecided(party, clocks).next().is_none()
}

/// The clocks of a question that nobody has answered: whether its report is owed is not known.
pub(crate) fn undecided<'c>(party: &str, clocks: &'c [Clock]) -> impl Iterator<Item = &'c Clock> {
    let own = clocks.iter().filter(move |clock| clock.party == party);
    own.filter(|clock| {
        matches!(
            clock.state,
            ClockState::Provisional | ClockState::ElapsedUnassessed
        )
    })
}

/// A duty that has begun, was not done, and has a time.
fn is_due(clock: &Clock) -> bool {
    clock.state.is_owed() && clock.due.is_some()
}

/// Whether everything that is known to be owed was submitted, and there was something. A duty that has
/// begun holds it open: one with a time that runs or was missed, of a customer, too; and a last report
/// of ours whose time has not begun. One that the law gives no number and asks for in some cases only
/// does not.
pub(crate) fn is_all_submitted(party: &str, clocks: &[Clock]) -> bool {
    let has_begun = |regime: &str| {
        let mut own = clocks
            .iter()
            .filter(|it| it.party == party && it.regime == regime);
        own.any(|it| it.state.is_met() || it.state.is_owed())
    };
    let is_open = |clock: &Clock| {
        let is_to_come = clock.party == party
            && clock.state == ClockState::Projected
            && has_begun(&clock.regime);
        is_due(clock) || is_to_come
    };
    let mut own = clocks.iter().filter(|clock| clock.party == party);
    own.any(|clock| clock.state.is_met()) && !clocks.iter().any(is_open)
}

/// Whether it was taken up again after its end, and did not come to another: of what was closed, that
/// is another review or `closed`; of what was reported to its end, a further report, too. What was
/// taken up out of another incident, or out of an assessment that had ended, had come to no such end.
fn is_taken_up(own: &[&TimedFact]) -> bool {
    let (mut is_sent, mut is_closed, mut is_part, mut is_taken_up) = (false, false, false, false);
    for fact in own {
        match fact.kind {
            FactKind::Submitted => {
                is_sent = true;
                is_taken_up &= is_closed;
            }
            FactKind::Reviewed | FactKind::Closed => (is_closed, is_taken_up) = (true, false),
            FactKind::Merged => is_part = true,
            FactKind::Reopened if is_part => is_part = false,
            FactKind::Reopened => is_taken_up = is_sent || is_closed,
            _ => {}
        }
    }
    is_taken_up
}

/// Whether there is a fact of this kind with none of `enders` after it.
fn is_after(own: &[&TimedFact], kind: FactKind, enders: &[FactKind]) -> bool {
    own.iter().fold(false, |is, fact| {
        fact.kind == kind || (is && !enders.contains(&fact.kind))
    })
}
