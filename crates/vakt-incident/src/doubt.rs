//! What is doubtful about a fact. It is recorded all the same; people read these lines beside it.

use vakt_event::Timestamp;

use crate::clock::{self, ClockState};
use crate::fact::{Fact, FactKind};
use crate::factset::{FactSet, TimedFact};
use crate::lifecycle::{self, IncidentState};
use crate::regime::{Regime, Start};

/// What a new fact is looked at beside.
pub(crate) struct Circumstances<'a> {
    pub(crate) party: &'a str,
    /// Recorded before it.
    pub(crate) facts: &'a [Fact],
    pub(crate) regimes: &'a [&'a Regime],
    /// The first matched event, by the time that it is sorted by.
    pub(crate) first_event: Option<Timestamp>,
    pub(crate) now: Timestamp,
}

/// One line for each doubt.
pub(crate) fn doubts(new: &Fact, around: &Circumstances<'_>) -> Vec<String> {
    let mut doubts = Vec::new();
    if new.at > around.now {
        doubts.push("the time lies a little ahead of this machine's clock".to_owned());
    }
    match new.fact {
        kind if kind.is_awareness() => awareness(new, around, &mut doubts),
        FactKind::Submitted => submission(new, around, &mut doubts),
        kind if kind.ends_assessment() => ending(new, around, &mut doubts),
        FactKind::Handled if !around.is_significant(new) => doubts.push(
            "no awareness is declared: the incident stays a draft until it is assessed".to_owned(),
        ),
        FactKind::Closed if !around.is_reported_to_the_end(new) => doubts.push(
            "a final report is still owed, or nothing is assessed: the state stays".to_owned(),
        ),
        FactKind::Reopened if !around.is_ended(new) => {
            doubts.push("the incident is not closed: nothing changes".to_owned());
        }
        _ => {}
    }
    doubts
}

impl Circumstances<'_> {
    fn facts_of<'f>(&'f self, new: &'f Fact) -> impl DoubleEndedIterator<Item = &'f Fact> {
        self.facts.iter().filter(|fact| fact.party == new.party)
    }

    fn earliest(&self, new: &Fact, kind: FactKind) -> Option<Timestamp> {
        let times = self.facts_of(new).filter(|fact| fact.fact == kind);
        times.map(|fact| fact.at).min()
    }

    fn has_submitted(&self, new: &Fact, report: &str) -> bool {
        self.facts_of(new)
            .any(|fact| fact.report.as_deref() == Some(report))
    }

    fn is_significant(&self, new: &Fact) -> bool {
        self.facts_of(new)
            .any(|fact| fact.fact.is_awareness() || fact.fact == FactKind::Submitted)
    }

    fn is_reported_to_the_end(&self, new: &Fact) -> bool {
        let facts = FactSet::from_facts(self.party, self.facts);
        let computed = clock::compute(self.regimes, &facts, Some(self.now));
        lifecycle::state(&new.party, self.facts, &computed.clocks) == IncidentState::FinalReported
    }

    fn is_ended(&self, new: &Fact) -> bool {
        let last = self.facts_of(new).rev().find(|fact| {
            fact.fact.ends_assessment()
                || matches!(fact.fact, FactKind::Reopened | FactKind::Closed)
        });
        last.is_some_and(|fact| fact.fact != FactKind::Reopened)
    }
}

fn awareness(new: &Fact, around: &Circumstances<'_>, doubts: &mut Vec<String>) {
    let mut stages = around.regimes.iter().flat_map(|regime| &regime.stages);
    if !stages.any(|stage| stage.start == Start::Fact(new.fact)) {
        doubts.push(format!(
            "none of the incident's regimes counts from `{}`: it starts no clock",
            new.fact
        ));
    }
    if let Some(earlier) = around.earliest(new, new.fact).filter(|it| *it < new.at) {
        doubts.push(format!(
            "awareness at {earlier} is already recorded and keeps counting: it moves earlier \
             freely, and later only with a reason and two approvals"
        ));
    }
    let evidence = [
        ("the first matched event", around.first_event),
        ("detection", around.earliest(new, FactKind::Detected)),
    ];
    for (what, time) in evidence {
        if let Some(time) = time.filter(|time| new.at < *time) {
            doubts.push(format!("awareness lies before {what}, at {time}"));
            break;
        }
    }
    if around.is_ended(new) {
        doubts.push("the assessment had ended: the incident is taken up again".to_owned());
    }
}

fn submission(new: &Fact, around: &Circumstances<'_>, doubts: &mut Vec<String>) {
    let report = new.report.as_deref().unwrap_or_default();
    let takers: Vec<&&Regime> = around
        .regimes
        .iter()
        .filter(|regime| regime.stage(report).is_some())
        .filter(|regime| new.regime.as_ref().is_none_or(|it| *it == regime.id))
        .collect();
    if takers.is_empty() {
        let ids: Vec<&str> = around.regimes.iter().map(|it| it.id.as_str()).collect();
        doubts.push(format!(
            "the incident's regimes ({}) have no such report: it meets no clock",
            ids.join(", ")
        ));
    }
    let before: Vec<TimedFact> = around.facts_of(new).map(TimedFact::from).collect();
    let before: Vec<&TimedFact> = before.iter().collect();
    let timed = TimedFact::from(new);
    let family = clock::family_of(&timed, &before, around.regimes);
    let others: Vec<&str> = takers
        .iter()
        .filter(|regime| Some(regime.family.as_str()) != family)
        .map(|regime| regime.id.as_str())
        .collect();
    if let (Some(family), false) = (family, others.is_empty()) {
        doubts.push(format!(
            "it counts for {family} only; record it again with `regime` if it was also sent \
             under {}",
            others.join(", ")
        ));
    }
    if around.has_submitted(new, report) {
        doubts.push("this report was recorded before; the earliest submission counts".to_owned());
    }
    if new.reference.is_none() {
        doubts.push("no reference is given: record the receipt's number when it comes".to_owned());
    }
    let declared = around.facts_of(new).filter(|fact| fact.fact.is_awareness());
    match declared.map(|fact| fact.at).min() {
        None => doubts.push(
            "no awareness is declared: it counts as no later than this submission".to_owned(),
        ),
        Some(aware) if new.at < aware => doubts.push(format!(
            "it was submitted before the declared awareness at {aware}: awareness counts from \
             the submission"
        )),
        Some(_) => {}
    }
    if matches!(report, "final" | "progress")
        && takers.iter().any(|it| it.stage("notification").is_some())
        && !around.has_submitted(new, "notification")
    {
        doubts.push("no notification is recorded before it".to_owned());
    }
    if report == "final" && around.earliest(new, FactKind::Handled).is_none() {
        doubts.push("the incident is not recorded as handled".to_owned());
    }
    if is_late(timed, around) && new.reason.is_none() {
        doubts.push("it is late: record the reason for the delay".to_owned());
    }
}

/// Whether the submission leaves its own clock met late.
fn is_late(new: TimedFact, around: &Circumstances<'_>) -> bool {
    let (report, party) = (new.report.clone(), new.party.clone());
    let mut facts = FactSet::from_facts(around.party, around.facts);
    facts.facts.push(new);
    let computed = clock::compute(around.regimes, &facts, Some(around.now));
    computed.clocks.iter().any(|clock| {
        Some(&clock.stage) == report.as_ref()
            && clock.party == party
            && clock.state == ClockState::MetLate
    })
}

fn ending(new: &Fact, around: &Circumstances<'_>, doubts: &mut Vec<String>) {
    if around.is_significant(new) {
        doubts.push(
            "awareness is already declared: official clocks go on, and the state stays".to_owned(),
        );
    }
    if new.fact != FactKind::Dismissed && new.reason.is_none() {
        doubts.push("no reason is given: an authority may ask for it".to_owned());
    }
}
