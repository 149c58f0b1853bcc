//! The record of a response: what an authority asks how an incident was handled.
//!
//! The list is that of ENISA's technical implementation guidance to Annex 3.5: times of detection,
//! containment, eradication and recovery; indicators of compromise; root cause; actions in each phase;
//! scope and impact; communications; lessons; whether it was notified.

use serde::Serialize;
use vakt_event::Timestamp;

use super::{Attachment, NoteKind, Review, Task, TaskPhase, WorkNote};
use crate::fact::{Fact, FactKind};
use crate::factset::{FactSet, TimedFact};
use crate::form::observables::Observables;
use crate::incident::IncidentDetail;

/// What people did about an incident, of one state of the records.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Work {
    pub tasks: Vec<Task>,
    pub notes: Vec<WorkNote>,
    pub attachments: Vec<Attachment>,
    pub review: Review,
}

/// All of it, each item from facts and from what people recorded.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ResponseRecord {
    pub incident: String,
    pub number: i64,
    pub times: Times,
    /// In the order of the response, `communication` and `improvement` last.
    pub phases: Vec<PhaseRecord>,
    /// Indicators of compromise: observables of the copied events that name no person of ours.
    pub indicators: Vec<Indicator>,
    /// Observables that are left out of them: they may name a person, or lie inside the organisation.
    pub internal_left_out: usize,
    pub review: Review,
    /// The facts that say who was told what: reports, recipients, customers, the authority's words.
    pub communications: Vec<Fact>,
    /// Whether a report was submitted to an authority (NIS2 Art. 23 or 30, or another regime).
    pub notified: bool,
    pub decisions: Vec<WorkNote>,
    pub notes: Vec<WorkNote>,
    pub attachments: Vec<Attachment>,
    /// What of the list nothing in the record answers, in words.
    pub unanswered: Vec<String>,
}

/// When what happened, by the facts that stand: the first of detection and awareness, the last of what is
/// completed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Times {
    pub occurred: Option<Timestamp>,
    pub detected: Option<Timestamp>,
    pub aware: Option<Timestamp>,
    pub analysed: Option<Timestamp>,
    pub contained: Option<Timestamp>,
    pub eradicated: Option<Timestamp>,
    pub recovered: Option<Timestamp>,
    pub handled: Option<Timestamp>,
}

/// What was done in a phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PhaseRecord {
    pub phase: TaskPhase,
    pub tasks: Vec<Task>,
    /// The facts of the phase, with their reasons and evidence.
    pub facts: Vec<Fact>,
}

/// A value of the other side, and the events that have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Indicator {
    pub field: String,
    pub value: String,
    pub events: u64,
    pub first: Timestamp,
    pub last: Timestamp,
}

/// Facts that tell of somebody being told something.
const COMMUNICATIONS: [FactKind; 7] = [
    FactKind::Submitted,
    FactKind::RecipientsInformed,
    FactKind::CustomerNoticeSent,
    FactKind::AuthorityRequest,
    FactKind::AuthorityAnswered,
    FactKind::CorrectionSent,
    FactKind::SupplierNotice,
];

impl ResponseRecord {
    /// The record of an incident, as its reader may see it.
    pub fn of(incident: &IncidentDetail, work: Work) -> Self {
        let facts = FactSet::from_facts(&incident.incident.party, &incident.facts);
        let times = Times::of(&facts);
        let found = Observables::of(&incident.evidence, &[]);
        let is_told = |fact: &&Fact| COMMUNICATIONS.contains(&fact.fact);
        let communications: Vec<Fact> = incident.facts.iter().filter(is_told).cloned().collect();
        let standing = facts
            .parties()
            .into_iter()
            .map(|party| facts.standing(party));
        let standing: Vec<&TimedFact> = standing.flatten().collect();
        let notified = standing.iter().any(|fact| is_to_authority(fact));
        let stands: Vec<i64> = standing.iter().map(|fact| fact.root).collect();
        let phases = TaskPhase::ALL.iter();
        let phases: Vec<PhaseRecord> = phases
            .map(|phase| PhaseRecord::of(*phase, &work.tasks, &incident.facts, &stands))
            .collect();
        let (decisions, notes) = work
            .notes
            .into_iter()
            .partition(|note| note.kind == NoteKind::Decision);
        let mut record = Self {
            incident: incident.incident.id.clone(),
            number: incident.incident.number,
            times,
            phases,
            indicators: found.listed.into_iter().map(Indicator::of).collect(),
            internal_left_out: found.withheld.len(),
            review: work.review,
            communications,
            notified,
            decisions,
            notes,
            attachments: work.attachments,
            unanswered: Vec::new(),
        };
        record.unanswered = record.lacks();
        record
    }

    fn lacks(&self) -> Vec<String> {
        let times = &self.times;
        let is_told = !self.communications.is_empty()
            || self
                .notes
                .iter()
                .any(|note| note.kind == NoteKind::Communication);
        let has_actions = |phase: TaskPhase| {
            let mut phases = self.phases.iter().filter(|it| it.phase == phase);
            phases.any(|it| !it.tasks.is_empty() || !it.facts.is_empty())
        };
        let answered = [
            ("the time of detection", times.detected.is_some()),
            ("the time of containment", times.contained.is_some()),
            ("the time of eradication", times.eradicated.is_some()),
            ("the time of recovery", times.recovered.is_some()),
            ("indicators of compromise", !self.indicators.is_empty()),
            ("the root cause", !self.review.root_cause.is_empty()),
            (
                "actions of containment",
                has_actions(TaskPhase::Containment),
            ),
            (
                "actions of eradication",
                has_actions(TaskPhase::Eradication),
            ),
            ("actions of recovery", has_actions(TaskPhase::Recovery)),
            ("scope and impact", !self.review.scope.is_empty()),
            ("communications", is_told),
            ("lessons", !self.review.lessons.is_empty()),
        ];
        let missing = answered.iter().filter(|(_, is)| !is);
        missing.map(|(what, _)| (*what).to_owned()).collect()
    }
}

impl Times {
    fn of(facts: &FactSet) -> Self {
        let readings = facts.readings(&facts.party);
        let all = |kind: FactKind| {
            let of_kind = readings.iter().filter(move |it| it.fact.kind == kind);
            of_kind.map(|it| it.at)
        };
        Self {
            occurred: all(FactKind::Occurred).min(),
            detected: all(FactKind::Detected).min(),
            aware: all(FactKind::Aware).min(),
            analysed: all(FactKind::Analysed).max(),
            contained: all(FactKind::Contained).max(),
            eradicated: all(FactKind::Eradicated).max(),
            recovered: all(FactKind::Recovered).max(),
            handled: all(FactKind::Handled).max(),
        }
    }
}

/// A report to an authority: what was sent to controllers, customers or data subjects is none.
fn is_to_authority(fact: &TimedFact) -> bool {
    let is_elsewhere = |name: Option<&str>, of: &[&str]| name.is_some_and(|it| of.contains(&it));
    fact.kind == FactKind::Submitted
        && !is_elsewhere(fact.regime.as_deref(), &["gdpr-processor", "contract"])
        && !is_elsewhere(
            fact.report.as_deref(),
            &["controller", "subjects", "notice"],
        )
}

impl PhaseRecord {
    /// `stands` are the facts that were not taken back.
    fn of(phase: TaskPhase, tasks: &[Task], facts: &[Fact], stands: &[i64]) -> Self {
        let kind = match phase {
            TaskPhase::Analysis => Some(FactKind::Analysed),
            TaskPhase::Containment => Some(FactKind::Contained),
            TaskPhase::Eradication => Some(FactKind::Eradicated),
            TaskPhase::Recovery => Some(FactKind::Recovered),
            TaskPhase::Communication | TaskPhase::Improvement => None,
        };
        let tasks = tasks.iter().filter(|task| task.phase == phase);
        let facts = facts.iter().filter(|fact| {
            let root = fact.revises.unwrap_or(fact.id);
            Some(fact.fact) == kind && stands.contains(&root)
        });
        Self {
            phase,
            tasks: tasks.cloned().collect(),
            facts: facts.cloned().collect(),
        }
    }
}

impl Indicator {
    fn of(found: crate::form::observables::Observable) -> Self {
        Self {
            field: found.field.to_owned(),
            value: found.value,
            events: found.events,
            first: found.first,
            last: found.last,
        }
    }
}
