//! From when a stage counts: the facts replayed in the order in which they came to count.

use vakt_event::Timestamp;

use super::track::{Instance, Instances, Track, earliest};
use crate::fact::FactKind;
use crate::factset::{Change, TimedFact};
use crate::regime::{Anchor, Pick, Stage, Start};

impl Track<'_> {
    /// The reading of a stage that counts, and those before it in the order in which the facts gave
    /// them.
    pub(super) fn instances(&self, stage: &Stage) -> Instances {
        let start = self.start_of(stage);
        let provisional = self
            .detected
            .filter(|_| start.is_provisional_from_detection())
            .map(|detected| Instance {
                provisional: true,
                ..self.counted(detected, stage)
            });
        let mut starts = self.starts(stage, &start);
        let official = starts.pop().flatten();
        let mut earlier: Vec<Instance> = Vec::new();
        if official.is_some() {
            earlier.extend(provisional);
        }
        let replaced = starts.into_iter().flatten();
        earlier.extend(replaced.map(|start| self.counted(start, stage)));
        let mut current = official
            .map(|start| self.counted(start, stage))
            .or(provisional);
        if let Some(limit) = &stage.or_within
            && let Start::Fact(kind) = limit.start
            && let Some(start) = earliest(&self.readings, kind)
        {
            let second = Instance {
                within: limit.within,
                ..self.official(start, stage)
            };
            if current.is_none_or(|first| self.is_replaced(&first, &second)) {
                earlier.extend(current);
                current = Some(second);
            }
        }
        Instances { earlier, current }
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

    /// Since when somebody is aware, for the regime's first report that counts from it.
    pub(super) fn aware_since(&self) -> Option<Timestamp> {
        let stages = self.regime.stages.iter();
        let mut of_awareness =
            stages.filter(|stage| matches!(&stage.start, Start::Fact(kind) if kind.is_awareness()));
        let first = of_awareness.next()?;
        self.starts(first, &first.start).pop().flatten()
    }

    /// The official starts of a stage, each one that took the place of the one before it; `None`
    /// where what started it was taken back.
    fn starts(&self, stage: &Stage, start: &Start) -> Vec<Option<Timestamp>> {
        let ours = self.of_ours.as_deref().filter(|_| stage.each_customer);
        let ours = ours.map_or(&[][..], |ours| &ours.events);
        let done = self.submissions_of(&stage.name).min();
        let mut known: Vec<(i64, Timestamp)> = Vec::new();
        let mut starts: Vec<Option<Timestamp>> = Vec::new();
        for (fact, is_ours) in ours
            .iter()
            .map(|fact| (*fact, true))
            .chain(self.events.iter().map(|fact| (*fact, false)))
        {
            let Some(at) = self.candidate(fact, start, is_ours) else {
                continue;
            };
            known.retain(|(root, _)| {
                *root != fact.root || matches!(fact.change, Change::Doubted(_))
            });
            if matches!(fact.change, Change::Added | Change::Moved) {
                known.push((fact.root, at));
            }
            let picked = pick(&known, stage.pick, done);
            if starts.last().copied().unwrap_or_default() != picked {
                starts.push(picked);
            }
        }
        starts
    }

    /// The time at which the fact starts the stage, if it does.
    fn candidate(&self, fact: &TimedFact, start: &Start, is_ours: bool) -> Option<Timestamp> {
        let at = fact.at;
        let is_submission = match &self.of_ours {
            Some(ours) if is_ours => ours.is_submission(fact),
            _ => self.is_submission(fact),
        };
        let no_later_than_detection = || self.detected.map_or(at, |detected| detected.min(at));
        match start {
            Start::Submitted(report) => {
                (is_submission && fact.report.as_ref() == Some(report)).then_some(at)
            }
            Start::Fact(kind) if kind.is_awareness() => {
                let counted = match self.regime.anchor {
                    Anchor::Awareness => at,
                    Anchor::Detection => no_later_than_detection(),
                };
                (fact.kind == *kind || is_submission).then_some(counted)
            }
            Start::Fact(FactKind::Occurred) => match fact.kind {
                FactKind::Occurred => Some(at),
                kind => (kind == FactKind::Aware || is_submission).then(no_later_than_detection),
            },
            Start::Fact(kind) => (fact.kind == *kind).then_some(at),
        }
    }

    /// The fact from which a stage counts here: a customer's contract may name another.
    fn start_of(&self, stage: &Stage) -> Start {
        let agreed = self.contract.filter(|_| stage.each_customer);
        agreed
            .and_then(|contract| contract.start.clone())
            .unwrap_or_else(|| stage.start.clone())
    }

    /// As [`Self::official`], within what the customer was promised.
    fn counted(&self, start: Timestamp, stage: &Stage) -> Instance {
        let agreed = self.contract.filter(|_| stage.each_customer);
        let instance = self.official(start, stage);
        match agreed {
            Some(contract) => Instance {
                within: contract.within,
                ..instance
            },
            None => instance,
        }
    }
}

/// The start that counts among those that are known.
fn pick(known: &[(i64, Timestamp)], pick: Pick, done: Option<Timestamp>) -> Option<Timestamp> {
    let times = || known.iter().map(|(_, at)| *at);
    match pick {
        Pick::Earliest => times().min(),
        // What is sent after the report itself does not ask for it again.
        Pick::Latest => times()
            .filter(|at| done.is_none_or(|done| *at <= done))
            .max()
            .or_else(|| times().min()),
    }
}
