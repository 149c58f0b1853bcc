//! Targets: what the product itself asks for, so that nothing waits for ever. No legal deadlines.

use serde::Serialize;
use vakt_event::Timestamp;

use crate::calendar::HOUR_MICROS;
use crate::clock::Computed;
use crate::fact::FactKind;
use crate::factset::{FactSet, Reading};
use crate::regime::Targets;

/// One target of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Target {
    /// `assessment`: somebody of ours begins to assess; a report that came in is nobody yet. `decision`: the assessment ends.
    /// `authority_answer`: the authority answers the early warning (NIS2 Art. 23(5)); passed, it is
    /// to be asked why not.
    pub target: &'static str,
    pub state: TargetState,
    pub start: Timestamp,
    pub due: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub met_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetState {
    Waiting,
    Met,
    /// Nobody did it in time, and nobody has yet.
    Passed,
}

/// The targets of the incident's own party, those that have begun. `computed` is of the same facts: what
/// was decided, declared or sent of another question assesses nothing of whether it is significant.
pub fn targets(
    facts: &FactSet,
    computed: &Computed,
    hours: &Targets,
    now: Option<Timestamp>,
) -> Vec<Target> {
    let mut readings = facts.readings(&facts.party);
    readings.retain(|it| !computed.is_apart(it.fact.root));
    let first = |is: &dyn Fn(&Reading<'_>) -> bool| {
        let found = readings.iter().filter(|reading| is(reading));
        found.map(|reading| reading.at).min()
    };
    // What was taken up again is to be assessed anew.
    let reopened = readings
        .iter()
        .filter(|it| it.fact.kind == FactKind::Reopened);
    let reopened = reopened.map(|it| it.at).max();
    let stands = |it: &Reading<'_>| reopened.is_none_or(|reopened| it.at >= reopened);
    let decided = first(&|it| {
        let kind = it.fact.kind;
        let is_declared = kind.is_awareness() || kind == FactKind::Submitted;
        is_declared || kind.ends_assessment() && stands(it)
    });
    let is_start = |it: &Reading<'_>| {
        matches!(
            it.fact.kind,
            FactKind::AssessmentStarted | FactKind::SupplierNotice
        ) && stands(it)
    };
    // A report starts the time in which it is decided, and who sent it assesses nothing.
    let assessed = first(&is_start);
    let begun_by_us = first(&|it| is_start(it) && !it.fact.by_reporter);
    let detected = first(&|it| it.fact.kind == FactKind::Detected);
    let detected = detected.map(|at| reopened.map_or(at, |reopened| at.max(reopened)));
    let warned = first(&|it| it.fact.report.as_deref() == Some("early_warning"));
    let answered = first(&|it| it.fact.kind == FactKind::AuthorityAnswered);
    let begun = [begun_by_us, decided].into_iter().flatten().min();
    [
        ("assessment", detected, hours.assessment_hours, begun),
        ("decision", assessed, hours.decision_hours, decided),
        ("authority_answer", warned, hours.answer_hours, answered),
    ]
    .into_iter()
    .filter_map(|(target, start, within, met_at)| {
        let start = start?;
        let due = start.saturating_add_micros(i64::from(within).saturating_mul(HOUR_MICROS));
        let state = match (met_at, now) {
            (Some(_), _) => TargetState::Met,
            (None, Some(now)) if now > due => TargetState::Passed,
            (None, _) => TargetState::Waiting,
        };
        Some(Target {
            target,
            state,
            start,
            due,
            met_at,
        })
    })
    .collect()
}
