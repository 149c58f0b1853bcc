//! The clocks of one regime for one party.

use jiff::tz::TimeZone;
use vakt_event::Timestamp;
use vakt_event::time::FUTURE_TOLERANCE_MICROS;

use super::{Clock, ClockState, Computed};
use crate::calendar::{Deadline, deadline, is_in_time, local_date, zone};
use crate::fact::FactKind;
use crate::factset::{FactSet, TimedFact};
use crate::regime::{Period, Pick, Regime, Shown, Stage, Start};

pub(super) struct Track<'a> {
    regime: &'a Regime,
    zone: TimeZone,
    party: &'a str,
    /// The party's facts, in the order of recording.
    facts: Vec<&'a TimedFact>,
    /// The submissions among them that belong to this regime.
    submissions: Vec<&'a TimedFact>,
    detected: Option<Timestamp>,
    /// The assessment ended without a duty, and was not taken up again.
    ended: bool,
    now: Option<Timestamp>,
}

/// One reading of a stage: from this start it has this long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Instance {
    start: Timestamp,
    within: Period,
    provisional: bool,
    /// The date that a request sets, which goes before `within`.
    asked_for: Option<Timestamp>,
}

impl<'a> Track<'a> {
    pub(super) fn new(
        regime: &'a Regime,
        regimes: &[&Regime],
        facts: &'a FactSet,
        party: &'a str,
        now: Option<Timestamp>,
    ) -> Self {
        let own: Vec<&TimedFact> = facts.facts.iter().filter(|f| f.party == party).collect();
        let submissions = own
            .iter()
            .enumerate()
            .filter(|(index, fact)| {
                fact.kind == FactKind::Submitted
                    && family_of(fact, own.get(..*index).unwrap_or_default(), regimes)
                        == Some(regime.family.as_str())
            })
            .map(|(_, fact)| *fact)
            .collect();
        Self {
            regime,
            zone: zone(&regime.zone).unwrap_or(TimeZone::UTC),
            party,
            submissions,
            detected: earliest(&own, FactKind::Detected),
            ended: assessment_ended(&own),
            facts: own,
            now,
        }
    }

    /// Whether a fact started any clock, provisional ones included.
    pub(super) fn has_begun(&self) -> bool {
        let stages = &self.regime.stages;
        stages.iter().any(|stage| !self.instances(stage).is_empty())
    }

    pub(super) fn compute(&self, into: &mut Computed) {
        let is_official = self.regime.stages.iter().any(|stage| {
            self.instances(stage)
                .iter()
                .any(|instance| !instance.provisional)
        });
        for stage in &self.regime.stages {
            if stage.start == Start::Fact(FactKind::AuthorityRequest) {
                self.requests(stage, into);
            } else if stage.shown == Shown::Always || self.submitted(stage).is_some() {
                self.stage(stage, is_official, into);
            }
        }
    }

    fn stage(&self, stage: &Stage, is_official: bool, into: &mut Computed) {
        let mut instances = self.instances(stage);
        let successor = self.successor_start(stage, instances.last());
        let (current, projected) = match (successor, &stage.successor) {
            (Some(Some(handled)), _) => (Some(official(handled, stage.within)), None),
            (Some(None), Some(successor)) => (None, Some(successor.projected.as_str())),
            _ => (instances.pop(), None),
        };
        let superseded = instances.iter().map(|instance| {
            let state = ClockState::Superseded;
            self.clock(stage, Some(instance), state, None, None)
        });
        into.history.extend(superseded);
        let met_at = self.submitted(stage);
        let state = self.state(current.as_ref(), met_at, is_official);
        let words = projected.unwrap_or(&stage.projected);
        let note = match (&current, successor) {
            (None, _) if state == ClockState::Projected => Some(words),
            (None, _) => None,
            (Some(_), None) => stage.note.as_deref(),
            (Some(_), Some(_)) => None,
        };
        let clock = self.clock(stage, current.as_ref(), state, met_at, note);
        into.clocks.push(clock);
    }

    /// The readings of a stage in the order in which the facts gave them; the last one counts.
    fn instances(&self, stage: &Stage) -> Vec<Instance> {
        let mut instances = Vec::new();
        if stage.start.is_provisional_from_detection()
            && let Some(detected) = self.detected
        {
            instances.push(Instance {
                provisional: true,
                ..official(detected, stage.within)
            });
        }
        let starts = self.starts(stage);
        instances.extend(
            starts
                .into_iter()
                .map(|start| official(start, stage.within)),
        );
        if let Some(limit) = &stage.or_within
            && let Start::Fact(kind) = limit.start
            && let Some(start) = earliest(&self.facts, kind)
        {
            let second = official(start, limit.within);
            if instances
                .last()
                .is_none_or(|first| self.is_replaced(first, &second))
            {
                instances.push(second);
            }
        }
        instances
    }

    /// Of two limits the earlier counts, unless the second one's fact comes after the first has
    /// passed (Delegated Regulation (EU) 2025/301 Art. 5(2)). Awareness that is not declared
    /// is no later than that fact.
    fn is_replaced(&self, first: &Instance, second: &Instance) -> bool {
        let due = |instance: &Instance| self.deadline(instance).due;
        match (due(first), due(second)) {
            (Some(first_due), Some(second_due)) => {
                first.provisional || second.start > first_due || second_due < first_due
            }
            _ => true,
        }
    }

    /// The official starts of a stage, each one that took the place of the one before it.
    fn starts(&self, stage: &Stage) -> Vec<Timestamp> {
        let candidates: Vec<Timestamp> = match &stage.start {
            Start::Submitted(report) => self.submissions_of(report).collect(),
            Start::Fact(kind) if kind.is_awareness() => self
                .facts
                .iter()
                .filter(|fact| fact.kind == *kind || self.is_submission(fact))
                .map(|fact| fact.at)
                .collect(),
            Start::Fact(FactKind::Occurred) => self
                .facts
                .iter()
                .filter_map(|fact| match fact.kind {
                    FactKind::Occurred => Some(fact.at),
                    kind if kind == FactKind::Aware || self.is_submission(fact) => Some(
                        self.detected
                            .map_or(fact.at, |detected| detected.min(fact.at)),
                    ),
                    _ => None,
                })
                .collect(),
            Start::Fact(kind) => self
                .facts
                .iter()
                .filter(|fact| fact.kind == *kind)
                .map(|fact| fact.at)
                .collect(),
        };
        let done = self.submissions_of(&stage.name).min();
        let mut starts: Vec<Timestamp> = Vec::new();
        for candidate in candidates {
            let moves = match (starts.last(), stage.pick) {
                (None, _) => true,
                (Some(&last), Pick::Earliest) => candidate < last,
                // What is sent after the report itself does not ask for it again.
                (Some(&last), Pick::Latest) => {
                    candidate > last && done.is_none_or(|done| candidate <= done)
                }
            };
            if moves {
                starts.push(candidate);
            }
        }
        starts
    }

    /// Whether another limit took the stage's place, and from when it counts.
    fn successor_start(
        &self,
        stage: &Stage,
        replaced: Option<&Instance>,
    ) -> Option<Option<Timestamp>> {
        let successor = stage.successor.as_ref()?;
        let report = self.submissions_of(&successor.report).min()?;
        if self.submissions_of(&stage.name).any(|own| own < report) {
            return None;
        }
        let Start::Fact(kind) = successor.start else {
            return None;
        };
        let Some(start) = earliest(&self.facts, kind) else {
            return Some(None);
        };
        // An incident that was over before the report and before the replaced deadline was not
        // going on when that fell due: the deadline stays.
        let went_on = start >= report
            || replaced
                .and_then(|instance| self.deadline(instance).due)
                .is_some_and(|due| start >= due);
        went_on.then_some(Some(start))
    }

    /// A stage that every request of the authority asks for anew: a submission answers all
    /// requests before it, and the open request with the earliest date is the current one.
    fn requests(&self, stage: &Stage, into: &mut Computed) {
        let mut requests: Vec<(Instance, Option<Timestamp>)> = self
            .facts
            .iter()
            .filter(|fact| fact.kind == FactKind::AuthorityRequest)
            .map(|fact| {
                let instance = Instance {
                    asked_for: fact.due,
                    ..official(fact.at, stage.within)
                };
                let answers = self.submissions_of(&stage.name).filter(|at| *at >= fact.at);
                (instance, answers.min())
            })
            .collect();
        if requests.is_empty()
            && let Some(report) = self.submissions_of(&stage.name).min()
        {
            // A report that nobody is recorded to have asked for.
            requests.push((official(report, stage.within), Some(report)));
        }
        requests.sort_by_key(|(instance, answer)| {
            let far = Timestamp::from(jiff::Timestamp::MAX);
            let open = answer.is_none_or(|at| !self.has_happened(at));
            let due = instance.asked_for.unwrap_or(far);
            (open, std::cmp::Reverse(due), instance.start)
        });
        let last = requests.len().saturating_sub(1);
        for (index, (instance, answer)) in requests.iter().enumerate() {
            let state = self.state(Some(instance), *answer, true);
            let note = stage.note.as_deref();
            let clock = self.clock(stage, Some(instance), state, *answer, note);
            if index == last {
                into.clocks.push(clock);
            } else {
                into.history.push(clock);
            }
        }
    }

    fn state(
        &self,
        instance: Option<&Instance>,
        met_at: Option<Timestamp>,
        is_official: bool,
    ) -> ClockState {
        let met_at = met_at.filter(|at| self.has_happened(*at));
        let Some(instance) = instance else {
            return match met_at {
                Some(_) => ClockState::Met,
                None if self.ended && !is_official => ClockState::Cancelled,
                None => ClockState::Projected,
            };
        };
        if !instance.provisional && self.is_before_the_duty(instance.start) {
            return ClockState::NotApplicable;
        }
        let due = self.deadline(instance).due;
        let in_time = |at| due.is_none_or(|due| is_in_time(at, due, instance.counted_in()));
        if let Some(met_at) = met_at {
            return if in_time(met_at) {
                ClockState::Met
            } else {
                ClockState::MetLate
            };
        }
        let passed = self.now.is_some_and(|now| !in_time(now));
        match instance.provisional {
            true if self.ended => ClockState::Cancelled,
            true if passed => ClockState::ElapsedUnassessed,
            true => ClockState::Provisional,
            false if !self.has_happened(instance.start) => ClockState::Projected,
            false if passed => ClockState::Overdue,
            false => ClockState::Running,
        }
    }

    fn clock(
        &self,
        stage: &Stage,
        instance: Option<&Instance>,
        state: ClockState,
        met_at: Option<Timestamp>,
        note: Option<&str>,
    ) -> Clock {
        let deadline = match instance {
            Some(instance) if state != ClockState::NotApplicable => self.deadline(instance),
            _ => Deadline::default(),
        };
        Clock {
            regime: self.regime.id.clone(),
            stage: stage.name.clone(),
            party: self.party.to_owned(),
            state,
            start: instance.map(|instance| instance.start),
            due: deadline.due,
            nominal_date: deadline.nominal_date,
            statutory_latest_date: deadline.statutory_latest_date,
            met_at: met_at.filter(|_| state.is_met()),
            note: note.map(str::to_owned),
        }
    }

    fn deadline(&self, instance: &Instance) -> Deadline {
        match instance.asked_for {
            Some(due) => Deadline {
                due: Some(due),
                ..Deadline::default()
            },
            None => deadline(
                instance.start,
                instance.within,
                &self.zone,
                self.regime.days_off,
            ),
        }
    }

    /// The earliest submission of the stage's report, or of one that contains it.
    fn submitted(&self, stage: &Stage) -> Option<Timestamp> {
        std::iter::once(&stage.name)
            .chain(&stage.also_met_by)
            .flat_map(|report| self.submissions_of(report))
            .min()
    }

    fn submissions_of<'s>(&'s self, report: &'s str) -> impl Iterator<Item = Timestamp> + 's {
        self.submissions
            .iter()
            .filter(move |fact| fact.report.as_deref() == Some(report))
            .map(|fact| fact.at)
    }

    fn is_submission(&self, fact: &TimedFact) -> bool {
        self.submissions
            .iter()
            .any(|known| std::ptr::eq(*known, fact))
    }

    fn is_before_the_duty(&self, start: Timestamp) -> bool {
        self.regime
            .applies_from
            .is_some_and(|first| local_date(start, &self.zone) < first)
    }

    /// Whether `at` is in the past of `now`, with the tolerance that facts are recorded with.
    fn has_happened(&self, at: Timestamp) -> bool {
        self.now
            .is_none_or(|now| at.micros_since(now) <= FUTURE_TOLERANCE_MICROS)
    }
}

impl Instance {
    /// An asked-for date is an instant, whatever the stage's own period is.
    fn counted_in(&self) -> Period {
        match self.asked_for {
            Some(_) => Period::UndueDelay,
            None => self.within,
        }
    }
}

fn official(start: Timestamp, within: Period) -> Instance {
    Instance {
        start,
        within,
        provisional: false,
        asked_for: None,
    }
}

fn earliest(facts: &[&TimedFact], kind: FactKind) -> Option<Timestamp> {
    facts
        .iter()
        .filter(|fact| fact.kind == kind)
        .map(|fact| fact.at)
        .min()
}

fn assessment_ended(facts: &[&TimedFact]) -> bool {
    facts.iter().fold(false, |ended, fact| match fact.kind {
        kind if kind.ends_assessment() => true,
        FactKind::Reopened | FactKind::AssessmentStarted | FactKind::Submitted => false,
        kind if kind.is_awareness() => false,
        _ => ended,
    })
}

/// The family that a submission belongs to. Where it names no regime and several families have
/// such a report, it is counted once: a report to one authority must never make the clock of
/// another one look met. Families whose awareness was declared before it go first.
pub(crate) fn family_of<'r>(
    submission: &TimedFact,
    before: &[&TimedFact],
    regimes: &[&'r Regime],
) -> Option<&'r str> {
    let report = submission.report.as_deref()?;
    let candidates = || {
        regimes
            .iter()
            .filter(move |regime| regime.stage(report).is_some())
    };
    if let Some(named) = &submission.regime {
        return candidates()
            .find(|regime| regime.id == *named)
            .map(|regime| regime.family.as_str());
    }
    let is_declared = |regime: &Regime| {
        regime.stages.iter().any(|stage| match stage.start {
            Start::Fact(kind) if kind.is_awareness() => before.iter().any(|f| f.kind == kind),
            _ => false,
        })
    };
    candidates()
        .find(|regime| is_declared(regime))
        .or_else(|| candidates().next())
        .map(|regime| regime.family.as_str())
}
