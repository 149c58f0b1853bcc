//! How often each rule matched since the start, and what it costs: told by the thread that detects,
//! asked for by the API.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use vakt_detect::{RuleCosts, Sampler};
use vakt_rules::ast::RuleSet;

use crate::ruleset::Ruleset;

/// The figures of the rules that are loaded: as many as these, and no more.
pub struct RuleActivity(Mutex<Figures>);

/// Of one rule set.
struct Figures {
    ruleset: Arc<Ruleset>,
    hits: Hits,
    costs: RuleCosts,
}

impl Figures {
    fn new(ruleset: &Arc<Ruleset>) -> Self {
        Self {
            hits: Hits::new(&ruleset.rules),
            costs: RuleCosts::new(&ruleset.rules),
            ruleset: Arc::clone(ruleset),
        }
    }
}

/// By index: the events that a rule matched, and those at which the condition of a correlation held.
#[derive(Clone, Debug)]
struct Hits {
    rules: Vec<u64>,
    correlations: Vec<u64>,
}

impl Hits {
    fn new(rules: &RuleSet) -> Self {
        Self {
            rules: vec![0; rules.rules.len()],
            correlations: vec![0; rules.correlations.len()],
        }
    }

    /// All of them, rules first, each with its rule's id.
    fn by_id<'s>(&'s mut self, rules: &'s RuleSet) -> impl Iterator<Item = (&'s str, &'s mut u64)> {
        ids(rules).zip(self.rules.iter_mut().chain(&mut self.correlations))
    }
}

/// The ids of rules and then correlations; no two are equal.
fn ids(rules: &RuleSet) -> impl Iterator<Item = &str> {
    let correlations = rules.correlations.iter().map(|one| one.meta.id.as_str());
    rules
        .rules
        .iter()
        .map(|one| one.meta.id.as_str())
        .chain(correlations)
}

/// What one rule did.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RuleFigures {
    pub hits: u64,
    /// Nanoseconds on all measured events together.
    pub nanos: u64,
}

/// What all rules did, at one moment.
#[derive(Debug, Default)]
pub struct Snapshot {
    pub by_id: HashMap<String, RuleFigures>,
    /// Events that were measured.
    pub measured: u64,
    /// Nanoseconds on all measured events together, and what of them no rule is charged with.
    pub nanos: u64,
    pub shared_nanos: u64,
}

impl RuleActivity {
    pub fn new(ruleset: &Arc<Ruleset>) -> Self {
        Self(Mutex::new(Figures::new(ruleset)))
    }

    /// From here on these rules are counted and measured. A rule that was there before keeps its
    /// hits; costs begin anew, since a rule may have another condition under its old id.
    fn begin(&self, ruleset: &Arc<Ruleset>) {
        let mut new = Figures::new(ruleset);
        let mut figures = self.lock();
        let old = &mut *figures;
        let kept: HashMap<&str, &mut u64> = old.hits.by_id(&old.ruleset.rules).collect();
        for (id, hits) in new.hits.by_id(&ruleset.rules) {
            *hits = kept.get(id).map_or(0, |hits| **hits);
        }
        let old = std::mem::replace(&mut *figures, new);
        drop(figures);
        drop(old);
    }

    pub fn snapshot(&self) -> Snapshot {
        let figures = self.lock();
        let (ruleset, costs) = (Arc::clone(&figures.ruleset), figures.costs.clone());
        let mut hits = figures.hits.clone();
        drop(figures);
        let nanos = costs.rules().iter().chain(costs.correlations());
        let by_id = hits.by_id(&ruleset.rules).zip(nanos);
        Snapshot {
            by_id: by_id
                .map(|((id, hits), nanos)| {
                    let figures = RuleFigures {
                        hits: *hits,
                        nanos: *nanos,
                    };
                    (id.to_owned(), figures)
                })
                .collect(),
            measured: costs.events(),
            nanos: costs.total(),
            shared_nanos: costs.shared(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Figures> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A detector's own counts, told to the others when what they led to is recorded: an event whose
/// processing failed and is done again counts once.
pub struct Tally {
    activity: Arc<RuleActivity>,
    sampler: Sampler,
    since: Hits,
    is_empty: bool,
    /// Whether events count; those that are only read again do not.
    pub counting: bool,
    /// Whether the event at hand is measured.
    measuring: bool,
}

impl Tally {
    /// Counts for `ruleset`.
    pub fn new(activity: &Arc<RuleActivity>, ruleset: &Arc<Ruleset>) -> Self {
        activity.begin(ruleset);
        Self {
            activity: Arc::clone(activity),
            sampler: Sampler::default(),
            since: Hits::new(&ruleset.rules),
            is_empty: true,
            counting: true,
            measuring: false,
        }
    }

    /// The next event begins. `Some` where it is to be measured.
    pub fn begin_event(&mut self) -> Option<Measuring<'_>> {
        self.measuring = self.sampler.is_due();
        self.measuring()
    }

    /// `Some` where the event at hand is measured.
    pub fn measuring(&self) -> Option<Measuring<'_>> {
        self.measuring.then(|| Measuring(self.activity.lock()))
    }

    pub fn rules_matched(&mut self, hits: &[usize]) {
        if self.counting && !hits.is_empty() {
            self.is_empty = false;
            hits.iter().for_each(|rule| self.since.rules[*rule] += 1);
        }
    }

    pub fn correlation_held(&mut self, correlation: usize) {
        if self.counting {
            self.is_empty = false;
            self.since.correlations[correlation] += 1;
        }
    }

    /// Tells what was counted since the last time.
    pub fn publish(&mut self) {
        if std::mem::replace(&mut self.is_empty, true) {
            return;
        }
        let figures = &mut *self.activity.lock();
        let take = |all: &mut [u64], since: &mut [u64]| {
            for (all, since) in all.iter_mut().zip(since) {
                *all += std::mem::take(since);
            }
        };
        take(&mut figures.hits.rules, &mut self.since.rules);
        take(&mut figures.hits.correlations, &mut self.since.correlations);
    }
}

/// Held while an event is measured; who asks waits for its end.
pub struct Measuring<'t>(MutexGuard<'t, Figures>);

impl Measuring<'_> {
    pub fn costs(&mut self) -> &mut RuleCosts {
        &mut self.0.costs
    }
}
