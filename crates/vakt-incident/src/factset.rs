//! What the clocks need of the facts: kinds and times, in the order in which they came to count.

use vakt_event::Timestamp;

use crate::correction::effective;
use crate::fact::{Fact, FactError, FactKind, OWN_PARTY, parse_instant};
use crate::intake::REPORTER_PREFIX;
use crate::regime::Regimes;

/// The part of a fact that clocks are computed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimedFact {
    /// The fact that was recorded first; what corrects it has the same.
    pub root: i64,
    pub kind: FactKind,
    pub at: Timestamp,
    pub party: String,
    pub report: Option<String>,
    pub regime: Option<String>,
    pub due: Option<Timestamp>,
    /// Whether the receiver's receipt or case number is known.
    pub has_reference: bool,
    pub reason: Option<String>,
    /// The intake recorded it with a report: it is a reporter's word, and nobody of ours has looked at it.
    pub by_reporter: bool,
    pub change: Change,
}

/// What a fact, or its correction, does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Added,
    /// Its time is another one.
    Moved,
    /// It never happened.
    Removed,
    /// Somebody says that it was later, or (`None`) never; nobody has approved that.
    Doubted(Option<Timestamp>),
}

/// A fact as all its corrections leave it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading<'a> {
    pub(crate) fact: &'a TimedFact,
    pub(crate) at: Timestamp,
    pub(crate) due: Option<Timestamp>,
    /// The time at which it meets what it meets: later than `at`, or none, while that is in doubt.
    pub(crate) meets_at: Option<Timestamp>,
    pub(crate) has_reference: bool,
    pub(crate) reason: Option<&'a str>,
}

/// The facts of one incident, in the order of recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactSet {
    /// Whose incident it is; detection concerns this party only.
    pub party: String,
    pub facts: Vec<TimedFact>,
}

impl Default for FactSet {
    fn default() -> Self {
        Self {
            party: OWN_PARTY.to_owned(),
            facts: Vec::new(),
        }
    }
}

impl FactSet {
    pub fn from_facts(party: &str, facts: &[Fact]) -> Self {
        Self {
            party: party.to_owned(),
            facts: effective(facts),
        }
    }

    /// Reads `FACT=INSTANT` arguments: `aware=…`, `detected=…`, `submitted.STAGE=…`, and
    /// `submitted.REGIME.STAGE=…` where several regimes have a report of that name. What was decided
    /// of one regime is `not_significant.REGIME=…`. A customer's fact is `aware@CUSTOMER=…`.
    pub fn parse_args<S: AsRef<str>>(
        arguments: &[S],
        regimes: &Regimes,
    ) -> Result<Self, FactError> {
        let mut set = Self::default();
        for (root, argument) in (1..).zip(arguments) {
            let fact = parse_argument(argument.as_ref(), regimes)?;
            set.facts.push(TimedFact { root, ..fact });
        }
        Ok(set)
    }

    /// The incident's party first, then the others in order of appearance.
    pub(crate) fn parties(&self) -> Vec<&str> {
        let mut parties = vec![self.party.as_str()];
        for fact in &self.facts {
            if !parties.contains(&fact.party.as_str()) {
                parties.push(&fact.party);
            }
        }
        parties
    }

    /// The facts of `party` that were not taken back, in the order in which they came to count.
    pub(crate) fn standing(&self, party: &str) -> Vec<&TimedFact> {
        let removed: Vec<i64> = self
            .facts
            .iter()
            .filter(|fact| fact.change == Change::Removed)
            .map(|fact| fact.root)
            .collect();
        self.facts
            .iter()
            .filter(|fact| fact.party == party && fact.change == Change::Added)
            .filter(|fact| !removed.contains(&fact.root))
            .collect()
    }

    /// The facts of `party` as they stand now, in the order of recording.
    pub(crate) fn readings(&self, party: &str) -> Vec<Reading<'_>> {
        let mut readings: Vec<Reading<'_>> = Vec::new();
        for fact in self.facts.iter().filter(|fact| fact.party == party) {
            let known = readings.iter().position(|it| it.fact.root == fact.root);
            match (fact.change, known) {
                (Change::Added, None) => readings.push(Reading::new(fact)),
                (Change::Removed, Some(index)) => {
                    readings.remove(index);
                }
                (Change::Moved | Change::Doubted(_), Some(index)) => {
                    if let Some(reading) = readings.get_mut(index) {
                        reading.correct(fact);
                    }
                }
                _ => {}
            }
        }
        readings
    }
}

impl<'a> Reading<'a> {
    fn new(fact: &'a TimedFact) -> Self {
        Self {
            fact,
            at: fact.at,
            due: fact.due,
            meets_at: Some(fact.at),
            has_reference: fact.has_reference,
            reason: fact.reason.as_deref(),
        }
    }

    fn correct(&mut self, by: &'a TimedFact) {
        match by.change {
            Change::Doubted(doubt) => {
                let later = doubt.and_then(|at| self.meets_at.map(|own| own.max(at)));
                self.meets_at = later;
            }
            _ => {
                self.at = by.at;
                self.due = by.due;
                self.meets_at = Some(by.at);
                self.has_reference = by.has_reference;
                self.reason = by.reason.as_deref();
            }
        }
    }
}

impl From<&Fact> for TimedFact {
    fn from(fact: &Fact) -> Self {
        Self {
            root: fact.id,
            kind: fact.fact,
            at: fact.at,
            party: fact.party.clone(),
            report: fact.report.clone(),
            regime: fact.regime.clone(),
            due: fact.due,
            has_reference: fact.reference.is_some(),
            reason: fact.reason.clone(),
            by_reporter: fact.recorded_by.starts_with(REPORTER_PREFIX),
            change: Change::Added,
        }
    }
}

fn parse_argument(argument: &str, regimes: &Regimes) -> Result<TimedFact, FactError> {
    let (name, instant) = argument
        .split_once('=')
        .ok_or_else(|| FactError::NoEquals {
            argument: argument.to_owned(),
        })?;
    let (name, party) = name.trim().split_once('@').unwrap_or((name, OWN_PARTY));
    if party.trim().is_empty() {
        return Err(FactError::NoEquals {
            argument: argument.to_owned(),
        });
    }
    let mut words = name.trim().split('.');
    let kind: FactKind = words.next().unwrap_or_default().parse()?;
    let rest: Vec<&str> = words.collect();
    let (regime, report) = match (kind, rest.as_slice()) {
        (FactKind::Submitted, []) => (None, None),
        (FactKind::Submitted, [report]) => (None, Some(*report)),
        (FactKind::Submitted, [regime, report]) => (Some(*regime), Some(*report)),
        (_, []) => (None, None),
        (kind, [regime]) if kind.ends_assessment() => (Some(*regime), None),
        _ => {
            return Err(FactError::NoEquals {
                argument: argument.to_owned(),
            });
        }
    };
    if kind == FactKind::Submitted {
        regimes.check_report(report)?;
    }
    if let Some(regime) = regime {
        regimes
            .select(&[regime])
            .map_err(|error| FactError::Regime(error.to_string()))?;
    }
    Ok(TimedFact {
        root: 0,
        kind,
        at: parse_instant(instant.trim())?,
        party: party.trim().to_owned(),
        report: report.map(str::to_owned),
        regime: regime.map(str::to_owned),
        due: None,
        has_reference: true,
        reason: None,
        by_reporter: false,
        change: Change::Added,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_arguments_of_the_pure_command() {
        let set = FactSet::parse_args(
            &[
                "detected=2026-11-23T19:00:00+01:00",
                "submitted.notification=2026-11-26T12:00:00Z",
                "submitted.dora.final@acme=2026-12-01T12:00:00Z",
            ],
            Regimes::embedded(),
        )
        .unwrap();
        let shown: Vec<String> = set
            .facts
            .iter()
            .map(|f| {
                format!(
                    "{} {} {} {:?} {:?}",
                    f.kind, f.at, f.party, f.regime, f.report
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                "detected 2026-11-23T18:00:00Z own None None",
                "submitted 2026-11-26T12:00:00Z own None Some(\"notification\")",
                "submitted 2026-12-01T12:00:00Z acme Some(\"dora\") Some(\"final\")",
            ]
        );
    }

    #[test]
    fn says_what_is_wrong_with_an_argument() {
        let check = |argument: &str, expected: &str| {
            let error = FactSet::parse_args(&[argument], Regimes::embedded())
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected), "{argument}: {error}");
        };
        check("aware", "write FACT=INSTANT");
        check("awre=2026-11-23T20:08:00Z", "did you mean `aware`?");
        check("aware=2026-11-23T20:08:00", "has no offset from UTC");
        check(
            "aware=2026-11-23",
            "has no time of day: write it with one, such as 2026-11-23T08:00:00+01:00",
        );
        check("aware=yesterday", "is no instant");
        check("aware=", "is no instant");
        check(
            "submitted=2026-11-23T20:08:00Z",
            "`submitted` needs `report`",
        );
        check(
            "submitted.notfication=2026-11-23T20:08:00Z",
            "did you mean `notification`?",
        );
        check(
            "submitted.dorra.final=2026-11-23T20:08:00Z",
            "did you mean `dora`?",
        );
        check("aware.final=2026-11-23T20:08:00Z", "write FACT=INSTANT");
        check("aware@=2026-11-23T20:08:00Z", "write FACT=INSTANT");
    }
}
