//! What each rule costs by itself, measured on some of the events.
//!
//! Of the time that a measured event takes, a rule is charged with what is done for it alone: its
//! condition, where it is a candidate, with the way there from the candidate before it; and the
//! regular expressions and globs that are tried for it.
//! One that several rules ask for is tried once, and shared equally among them: what a table of
//! costs adds up to is the time of matching. The tables and automata that all rules share are one
//! figure, with all else that no rule can be charged with. What the cache of values saves a rule is
//! saved in its figure too.
//!
//! Reading the clock takes about as long as a small condition: how long is measured once, and taken
//! off. The clock is a stopwatch; nothing here reads the time of day.

use std::time::{Duration, Instant};

use hashbrown::HashMap;
use vakt_event::Event;
use vakt_rules::ast::RuleSet;

use super::expr::Expr;
use super::field::FieldMatcher;
use super::{AtomId, Engine, Lists, PatternId, RuleId, Scratch};

/// On average one event in so many is measured. Measuring makes an event about a third dearer
/// (Windows events, 3,763 public rules): over all of them that is half a hundredth.
const MEASURED_ONE_IN: u64 = 64;

/// Readings of the clock from which the shortest distance of two is taken.
const CALIBRATION_READINGS: usize = 64;

/// What rules have cost on the events that were measured, in nanoseconds.
#[derive(Clone, Debug)]
pub struct RuleCosts {
    events: u64,
    shared: u64,
    /// By the index into [`RuleSet::rules`].
    rules: Vec<u64>,
    /// By the index into [`RuleSet::correlations`].
    correlations: Vec<u64>,
    /// What a reading of the clock adds to a duration.
    reading: u64,
}

impl RuleCosts {
    /// Nothing was measured yet of these rules.
    pub fn new(rules: &RuleSet) -> Self {
        Self {
            events: 0,
            shared: 0,
            rules: vec![0; rules.rules.len()],
            correlations: vec![0; rules.correlations.len()],
            reading: reading(),
        }
    }

    /// How many events were measured.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Nanoseconds that no rule is charged with, on all measured events together.
    pub fn shared(&self) -> u64 {
        self.shared
    }

    /// Nanoseconds of each rule on all measured events together, by its index in
    /// [`RuleSet::rules`].
    pub fn rules(&self) -> &[u64] {
        &self.rules
    }

    /// The same of correlations, by the index in [`RuleSet::correlations`].
    pub fn correlations(&self) -> &[u64] {
        &self.correlations
    }

    /// Everything that was measured.
    pub fn total(&self) -> u64 {
        let charged = self.rules.iter().chain(&self.correlations);
        charged.fold(self.shared, |sum, nanos| sum.saturating_add(*nanos))
    }

    /// Charges a rule with the time since `started`.
    pub fn charge_rule(&mut self, rule: usize, started: Instant) {
        let nanos = self.since(started);
        add(&mut self.rules[rule], nanos);
    }

    /// Charges a correlation with the time since `started`.
    pub fn charge_correlation(&mut self, correlation: usize, started: Instant) {
        let nanos = self.since(started);
        add(&mut self.correlations[correlation], nanos);
    }

    /// Adds what was measured of the same rules elsewhere.
    pub fn add(&mut self, other: &Self) {
        add(&mut self.events, other.events);
        add(&mut self.shared, other.shared);
        for (sum, nanos) in self.rules.iter_mut().zip(&other.rules) {
            add(sum, *nanos);
        }
        for (sum, nanos) in self.correlations.iter_mut().zip(&other.correlations) {
            add(sum, *nanos);
        }
    }

    fn since(&self, started: Instant) -> u64 {
        elapsed(started).saturating_sub(self.reading)
    }
}

/// Chooses the events to measure: one in 64 on average, at distances from 1 to 127 that vary, so
/// that events which come in turns are all met. The choice is the same in every run.
#[derive(Debug)]
pub struct Sampler {
    left: u64,
    state: u64,
}

impl Default for Sampler {
    fn default() -> Self {
        let mut sampler = Self {
            left: 0,
            state: 0x9e37_79b9_7f4a_7c15,
        };
        sampler.draw();
        sampler
    }
}

impl Sampler {
    /// Whether to measure the event at hand; to be asked once for each.
    pub fn is_due(&mut self) -> bool {
        self.left -= 1;
        if self.left > 0 {
            return false;
        }
        self.draw();
        true
    }

    /// Marsaglia, "Xorshift RNGs" (2003).
    fn draw(&mut self) {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.left = self.state % (2 * MEASURED_ONE_IN - 1) + 1;
    }
}

impl Engine {
    /// As [`Engine::matches`], and measures what each rule costs.
    pub fn matches_sampled(
        &self,
        event: &Event<'_>,
        scratch: &mut Scratch,
        hits: &mut Vec<usize>,
        costs: &mut RuleCosts,
    ) {
        self.claim(scratch);
        scratch.patterns.tries.timed = true;
        let mut readings = 0;
        let mut charged = 0;
        let started = Instant::now();
        // The end of a candidate is the beginning of the next one.
        let mut before = None;
        self.find(event, scratch, hits, |rule, condition, bits, operands| {
            let started = before.unwrap_or_else(|| {
                readings += 1;
                Instant::now()
            });
            let holds = condition.holds(bits, event, operands);
            let ended = Instant::now();
            let nanos = nanos(ended.duration_since(started)).saturating_sub(costs.reading);
            add(&mut costs.rules[rule as usize], nanos);
            before = Some(ended);
            readings += 1;
            charged += nanos;
            holds
        });
        let total = costs.since(started);
        let tries = &mut scratch.patterns.tries;
        tries.timed = false;
        for (pattern, nanos) in tries.taken.drain(..) {
            readings += 2;
            let nanos = nanos.saturating_sub(costs.reading);
            let payers = self.payers.get(&pattern).map_or(&[][..], |payers| payers);
            let Some(part) = nanos.checked_div(payers.len() as u64) else {
                continue;
            };
            for rule in payers {
                add(&mut costs.rules[*rule as usize], part);
                charged += part;
            }
        }
        let total = total.saturating_sub(readings * costs.reading);
        add(&mut costs.shared, total.saturating_sub(charged));
        add(&mut costs.events, 1);
    }
}

/// The regular expressions and globs that were tried on the event at hand, with nanoseconds.
#[derive(Default)]
pub(super) struct Tries {
    /// Whether the event is measured.
    timed: bool,
    taken: Vec<(PatternId, u64)>,
}

impl Tries {
    pub(super) fn start(&self) -> Option<Instant> {
        self.timed.then(Instant::now)
    }

    pub(super) fn end(&mut self, pattern: PatternId, started: Option<Instant>) {
        if let Some(started) = started {
            self.taken.push((pattern, elapsed(started)));
        }
    }
}

/// The rules that pay for each pattern that is tried by itself.
pub(super) fn payers(
    matchers: &[FieldMatcher],
    atoms_of: &Lists,
    conditions: &[Expr],
) -> HashMap<PatternId, Box<[RuleId]>> {
    let tried: Vec<PatternId> = matchers.iter().flat_map(FieldMatcher::tried).collect();
    let atoms = atoms_of.of_all(tried.iter());
    let mut rules_of: HashMap<AtomId, Vec<RuleId>> = atoms.map(|atom| (atom, Vec::new())).collect();
    for (rule, condition) in conditions.iter().enumerate() {
        condition.each_atom(&mut |atom| {
            if let Some(rules) = rules_of.get_mut(&atom) {
                rules.push(super::number(rule));
            }
        });
    }
    let of_pattern = |pattern: PatternId| {
        let lists = atoms_of.of(pattern).iter().map(|atom| &rules_of[atom]);
        let mut rules: Vec<RuleId> = lists.flatten().copied().collect();
        rules.sort_unstable();
        rules.dedup();
        (pattern, rules.into())
    };
    tried.into_iter().map(of_pattern).collect()
}

/// Nanoseconds that a reading of the clock takes.
fn reading() -> u64 {
    let shortest = (0..CALIBRATION_READINGS).map(|_| elapsed(Instant::now()));
    shortest.min().unwrap_or(0)
}

fn elapsed(started: Instant) -> u64 {
    nanos(started.elapsed())
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn add(sum: &mut u64, more: u64) {
    *sum = sum.saturating_add(more);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_event_in_64_is_measured_whatever_turns_they_come_in() {
        let mut sampler = Sampler::default();
        let events = 640_000_u64;
        let due: Vec<u64> = (0..events).filter(|_| sampler.is_due()).collect();
        assert!((9_500..10_500).contains(&due.len()), "{}", due.len());
        for turns in [2, 3, 64, 127] {
            for turn in 0..turns {
                let met = due.iter().filter(|event| *event % turns == turn).count();
                let expected = due.len() / usize::try_from(turns).unwrap();
                assert!(met > expected / 2, "{turn} of {turns}: {met}");
            }
        }
    }
}
