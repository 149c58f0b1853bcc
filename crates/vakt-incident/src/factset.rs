//! What the clocks need of the facts: kinds and times, in the order in which they were recorded.

use vakt_event::Timestamp;

use crate::fact::{Fact, FactError, FactKind, OWN_PARTY, check_report, parse_instant};
use crate::regime::Regimes;

/// The part of a fact that clocks are computed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimedFact {
    pub kind: FactKind,
    pub at: Timestamp,
    pub party: String,
    pub report: Option<String>,
    pub regime: Option<String>,
    pub due: Option<Timestamp>,
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
            facts: facts.iter().map(TimedFact::from).collect(),
        }
    }

    /// Reads `FACT=INSTANT` arguments: `aware=…`, `detected=…`, `submitted.STAGE=…`, and
    /// `submitted.REGIME.STAGE=…` where several regimes have a report of that name. A customer's
    /// fact is `aware@CUSTOMER=…`.
    pub fn parse_args<S: AsRef<str>>(arguments: &[S]) -> Result<Self, FactError> {
        let mut set = Self::default();
        for argument in arguments {
            set.facts.push(parse_argument(argument.as_ref())?);
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
}

impl From<&Fact> for TimedFact {
    fn from(fact: &Fact) -> Self {
        Self {
            kind: fact.fact,
            at: fact.at,
            party: fact.party.clone(),
            report: fact.report.clone(),
            regime: fact.regime.clone(),
            due: fact.due,
        }
    }
}

fn parse_argument(argument: &str) -> Result<TimedFact, FactError> {
    let (name, instant) = argument
        .split_once('=')
        .ok_or_else(|| FactError::NoEquals {
            argument: argument.to_owned(),
        })?;
    let (name, party) = name.trim().split_once('@').unwrap_or((name, OWN_PARTY));
    let mut words = name.trim().split('.');
    let kind: FactKind = words.next().unwrap_or_default().parse()?;
    let rest: Vec<&str> = words.collect();
    let (regime, report) = match (kind, rest.as_slice()) {
        (FactKind::Submitted, []) => (None, None),
        (FactKind::Submitted, [report]) => (None, Some(*report)),
        (FactKind::Submitted, [regime, report]) => (Some(*regime), Some(*report)),
        (_, []) => (None, None),
        _ => {
            return Err(FactError::NoEquals {
                argument: argument.to_owned(),
            });
        }
    };
    if kind == FactKind::Submitted {
        check_report(report)?;
    }
    if let Some(regime) = regime {
        Regimes::embedded()
            .select(&[regime])
            .map_err(|error| FactError::Regime(error.to_string()))?;
    }
    Ok(TimedFact {
        kind,
        at: parse_instant(instant.trim())?,
        party: party.trim().to_owned(),
        report: report.map(str::to_owned),
        regime: regime.map(str::to_owned),
        due: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_arguments_of_the_pure_command() {
        let set = FactSet::parse_args(&[
            "detected=2026-11-23T19:00:00+01:00",
            "submitted.notification=2026-11-26T12:00:00Z",
            "submitted.dora.final@acme=2026-12-01T12:00:00Z",
        ])
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
            let error = FactSet::parse_args(&[argument]).unwrap_err().to_string();
            assert!(error.contains(expected), "{argument}: {error}");
        };
        check("aware", "write FACT=INSTANT");
        check("awre=2026-11-23T20:08:00Z", "did you mean `aware`?");
        check("aware=2026-11-23T20:08:00", "has no offset from UTC");
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
    }
}
