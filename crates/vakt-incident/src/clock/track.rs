//! The clocks of one regime for one party.

use jiff::tz::TimeZone;
use vakt_event::Timestamp;
use vakt_event::time::FUTURE_TOLERANCE_MICROS;

use super::notices::notices;
use super::question::{Question, awareness_of};
use super::{Clock, ClockState, Computed};
use crate::calendar::{Deadline, Rules, deadline, is_in_time, local_date, zone};
use crate::fact::FactKind;
use crate::factset::{Change, FactSet, Reading, TimedFact};
use crate::regime::{Contract, Law, Period, Regime, Shown, Stage, Start};

pub(super) struct Track<'a> {
    pub(super) regime: &'a Regime,
    zone: TimeZone,
    party: &'a str,
    /// The party's facts and their corrections, in the order in which they came to count.
    pub(super) events: Vec<&'a TimedFact>,
    /// The same as they stand now.
    pub(super) readings: Vec<Reading<'a>>,
    /// The submissions among them that belong to this regime, by their roots.
    submissions: Vec<i64>,
    /// The notices to this customer that belong to this regime, by their roots.
    pub(super) notices: Vec<i64>,
    pub(super) detected: Option<Timestamp>,
    /// The assessment of what the regime asks ended without a duty, and was not taken up again.
    ended: bool,
    /// The incident was downgraded, and those who had a report were told.
    called_off: bool,
    /// Our own track, where this is that of a customer who is affected by our incident.
    pub(super) of_ours: Option<Box<Track<'a>>>,
    /// What this customer was promised.
    pub(super) contract: Option<&'a Contract>,
    now: Option<Timestamp>,
}

/// One reading of a stage: from this start it has this long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Instance {
    pub(super) start: Timestamp,
    pub(super) within: Period,
    pub(super) provisional: bool,
    /// The date that a request sets, which goes before `within`.
    pub(super) asked_for: Option<Timestamp>,
}

/// The readings of a stage.
pub(super) struct Instances {
    /// Those that others took the place of.
    pub(super) earlier: Vec<Instance>,
    pub(super) current: Option<Instance>,
}

/// What met a clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Met<'a> {
    pub(super) at: Timestamp,
    has_reference: bool,
    reason: Option<&'a str>,
}

impl<'a> Track<'a> {
    pub(super) fn new(
        regime: &'a Regime,
        law: &Law<'a>,
        facts: &'a FactSet,
        party: &'a str,
        now: Option<Timestamp>,
    ) -> Self {
        Self {
            notices: notices(regime, law, facts, party),
            ..Self::without_notices(regime, law, facts, party, now)
        }
    }

    /// As it is before anybody asks which notice is of which regime.
    pub(super) fn without_notices(
        regime: &'a Regime,
        law: &Law<'a>,
        facts: &'a FactSet,
        party: &'a str,
        now: Option<Timestamp>,
    ) -> Self {
        let events: Vec<&TimedFact> = facts.facts.iter().filter(|f| f.party == party).collect();
        let readings = facts.readings(party);
        let submissions = submissions(regime, &events, &law.regimes);
        let is_affected = party != facts.party
            && readings
                .iter()
                .any(|it| it.fact.kind == FactKind::CustomerAffected);
        let of_ours = is_affected
            .then(|| Box::new(Self::without_notices(regime, law, facts, &facts.party, now)));
        let detected = of_ours.as_ref().map_or_else(
            || earliest(&readings, FactKind::Detected),
            |ours| ours.detected,
        );
        let standing = facts.standing(party);
        let question = Question::of(regime, &law.regimes);
        let is_submission =
            |fact: &TimedFact| fact.kind == FactKind::Submitted && submissions.contains(&fact.root);
        let ended = question.has_ended(&standing, is_submission);
        let called_off = question.is_called_off(&standing);
        let mut contracts = law.contracts.iter();
        Self {
            regime,
            zone: zone(&regime.zone).unwrap_or(TimeZone::UTC),
            party,
            submissions,
            notices: Vec::new(),
            detected,
            ended,
            called_off,
            events,
            readings,
            of_ours,
            contract: contracts.find(|it| it.party == party && it.regime == regime.id),
            now,
        }
    }

    /// Whether a fact started any clock, provisional ones included.
    pub(super) fn has_begun(&self) -> bool {
        let stages = &self.regime.stages;
        stages
            .iter()
            .any(|stage| self.is_owed(stage) && self.is_started(stage))
    }

    /// `customers` are the tracks of those who are affected; our own clock waits for theirs.
    pub(super) fn compute(&self, customers: &[Self], into: &mut Computed) {
        let is_official = self.regime.stages.iter().any(|stage| {
            let current = self.instances(stage).current;
            current.is_some_and(|instance| !instance.provisional)
        });
        for stage in self
            .regime
            .stages
            .iter()
            .filter(|stage| self.is_owed(stage))
        {
            if stage.start == Start::Fact(FactKind::AuthorityRequest) {
                self.requests(stage, into);
            } else if stage.shown == Shown::Always
                || self.submissions_of(&stage.name).next().is_some()
                || (stage.shown == Shown::OnceStarted && self.is_started(stage))
            {
                self.stage(stage, customers, is_official, into);
            }
        }
    }

    fn is_started(&self, stage: &Stage) -> bool {
        self.instances(stage).current.is_some()
    }

    /// A customer's own duties are its own; of ours, it is owed its notice.
    fn is_owed(&self, stage: &Stage) -> bool {
        stage.each_customer || self.of_ours.is_none() || self.declares_for_itself()
    }

    /// Whether the party has an awareness or reports of its own under the regime: that it found a breach
    /// of personal data says nothing of what it owes under another.
    fn declares_for_itself(&self) -> bool {
        let awareness = awareness_of(self.regime);
        self.readings
            .iter()
            .any(|it| it.fact.kind == awareness || self.is_submission(it.fact))
    }

    fn stage(&self, stage: &Stage, customers: &[Self], is_official: bool, into: &mut Computed) {
        let Instances {
            mut earlier,
            current,
        } = self.instances(stage);
        let successor = self.successor_start(stage, current.as_ref());
        if successor.is_some() {
            earlier.extend(current);
        }
        let (current, projected) = match (successor, &stage.successor) {
            (Some(Some(handled)), _) => (Some(self.official(handled, stage)), None),
            (Some(None), Some(successor)) => (None, Some(successor.projected.as_str())),
            _ => (current, None),
        };
        let superseded = earlier.iter().map(|instance| {
            let state = ClockState::Superseded;
            self.clock(stage, Some(instance), state, None, None)
        });
        into.history.extend(superseded);
        let met = self.met(stage, customers);
        let state = self.state(current.as_ref(), met.map(|met| met.at), is_official);
        let words = projected.unwrap_or(&stage.projected);
        let note = match (&current, successor) {
            (None, _) if state == ClockState::Projected => Some(words),
            (None, _) => None,
            // What was done waits for nothing more.
            (Some(_), None) => stage.note.as_deref().filter(|_| !state.is_met()),
            (Some(_), Some(_)) => None,
        };
        let clock = self.clock(stage, current.as_ref(), state, met, note);
        into.clocks.push(clock);
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
        let Some(start) = earliest(&self.readings, kind) else {
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

    pub(super) fn state(
        &self,
        instance: Option<&Instance>,
        met_at: Option<Timestamp>,
        is_official: bool,
    ) -> ClockState {
        let met_at = met_at.filter(|at| self.has_happened(*at));
        let Some(instance) = instance else {
            return match met_at {
                Some(_) => ClockState::Met,
                None if self.called_off || (self.ended && !is_official) => ClockState::Cancelled,
                None => ClockState::Projected,
            };
        };
        if !instance.provisional && !self.is_in_force(instance.start) {
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
            _ if self.called_off => ClockState::Cancelled,
            true if self.ended => ClockState::Cancelled,
            true if passed => ClockState::ElapsedUnassessed,
            true => ClockState::Provisional,
            false if !self.has_happened(instance.start) => ClockState::Projected,
            false if passed => ClockState::Overdue,
            false => ClockState::Running,
        }
    }

    pub(super) fn clock(
        &self,
        stage: &Stage,
        instance: Option<&Instance>,
        state: ClockState,
        met: Option<Met<'_>>,
        note: Option<&str>,
    ) -> Clock {
        let deadline = match instance {
            Some(instance) if state != ClockState::NotApplicable => self.deadline(instance),
            _ => Deadline::default(),
        };
        let met = met.filter(|_| state.is_met());
        Clock {
            regime: self.regime.id.clone(),
            stage: stage.name.clone(),
            party: self.party.to_owned(),
            state,
            start: instance.map(|instance| instance.start),
            due: deadline.due,
            nominal_date: deadline.nominal_date,
            statutory_latest_date: deadline.statutory_latest_date,
            statutory_latest: deadline.statutory_latest,
            met_at: met.map(|met| met.at),
            unconfirmed: met.is_some_and(|met| !met.has_reference),
            late_reason: met
                .filter(|_| state == ClockState::MetLate)
                .and_then(|met| met.reason.map(str::to_owned)),
            regimes_version: None,
            note: note.map(str::to_owned),
        }
    }

    pub(super) fn deadline(&self, instance: &Instance) -> Deadline {
        match instance.asked_for {
            Some(due) => Deadline {
                due: Some(due),
                ..Deadline::default()
            },
            None => {
                let rules = Rules {
                    zone: &self.zone,
                    days_off: &self.regime.days_off,
                    shift: self.regime.shift,
                };
                deadline(instance.start, instance.within, &rules)
            }
        }
    }

    /// The earliest act that meets the stage: its report, one that contains it, or the notice to
    /// the customer; that is none of what the clock counts from later. Our own is met, too, once every
    /// customer who is affected was told.
    fn met(&self, stage: &Stage, customers: &[Self]) -> Option<Met<'a>> {
        let start = self.instances(stage).current.map(|instance| instance.start);
        let is_before = |it: &Reading<'_>| {
            it.fact.kind == FactKind::CustomerNoticeSent && start.is_some_and(|start| it.at < start)
        };
        let own = self
            .readings
            .iter()
            .filter(|it| self.is_act_of(it.fact, stage) && !is_before(it))
            .filter_map(Met::by);
        let own = own.min_by_key(|met| met.at);
        if own.is_some() || !stage.each_customer || customers.is_empty() {
            return own;
        }
        let all: Option<Vec<Met<'_>>> = customers.iter().map(|it| it.met(stage, &[])).collect();
        all?.into_iter().max_by_key(|met| met.at)
    }

    fn is_act_of(&self, fact: &TimedFact, stage: &Stage) -> bool {
        if fact.kind == FactKind::CustomerNoticeSent {
            return stage.each_customer && self.notices.contains(&fact.root);
        }
        let Some(report) = fact.report.as_ref().filter(|_| self.is_submission(fact)) else {
            return false;
        };
        stage.name == *report || stage.also_met_by.contains(report)
    }

    /// When reports of this name were submitted, as clocks start from it.
    pub(super) fn submissions_of<'s>(
        &'s self,
        report: &'s str,
    ) -> impl Iterator<Item = Timestamp> + 's {
        self.readings
            .iter()
            .filter(move |it| {
                self.is_submission(it.fact) && it.fact.report.as_deref() == Some(report)
            })
            .map(|it| it.at)
    }

    /// The acts that answer a request for this report, at the times at which they do.
    pub(super) fn answers<'s>(&'s self, report: &'s str) -> impl Iterator<Item = Met<'a>> + 's {
        self.readings
            .iter()
            .filter(move |it| {
                self.is_submission(it.fact) && it.fact.report.as_deref() == Some(report)
            })
            .filter_map(Met::by)
    }

    pub(super) fn is_submission(&self, fact: &TimedFact) -> bool {
        fact.kind == FactKind::Submitted && self.submissions.contains(&fact.root)
    }

    pub(super) fn official(&self, start: Timestamp, stage: &Stage) -> Instance {
        Instance {
            start,
            within: stage.within_from(local_date(start, &self.zone)),
            provisional: false,
            asked_for: None,
        }
    }

    /// Whether the duty exists for what counts from `start`: it does where it did when somebody
    /// became aware, whatever its later reports count from.
    fn is_in_force(&self, start: Timestamp) -> bool {
        let regime = self.regime;
        if regime.applies_from.is_none() && regime.applies_until.is_none() {
            return true;
        }
        let day = local_date(self.aware_since().unwrap_or(start), &self.zone);
        regime.applies_from.is_none_or(|first| day >= first)
            && regime.applies_until.is_none_or(|end| day < end)
    }

    /// Whether `at` is in the past of `now`, with the tolerance that facts are recorded with.
    pub(super) fn has_happened(&self, at: Timestamp) -> bool {
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

impl<'a> Met<'a> {
    fn by(reading: &Reading<'a>) -> Option<Self> {
        Some(Self {
            at: reading.meets_at?,
            has_reference: reading.has_reference,
            reason: reading.reason,
        })
    }
}

pub(super) fn earliest(readings: &[Reading<'_>], kind: FactKind) -> Option<Timestamp> {
    let times = readings.iter().filter(|it| it.fact.kind == kind);
    times.map(|it| it.at).min()
}

fn submissions(regime: &Regime, events: &[&TimedFact], regimes: &[&Regime]) -> Vec<i64> {
    events
        .iter()
        .enumerate()
        .filter(|(index, fact)| {
            fact.kind == FactKind::Submitted
                && fact.change == Change::Added
                && family_of(fact, events.get(..*index).unwrap_or_default(), regimes)
                    == Some(regime.family.as_str())
        })
        .map(|(_, fact)| fact.root)
        .collect()
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
