//! Which clocks a notice to a customer meets.
//!
//! A customer may be owed several: by law, and by its contract. A notice that names no regime is one
//! of them, never all: what was told of an outage is no notice of a data breach that was found later.

use vakt_event::Timestamp;

use super::track::Track;
use crate::fact::FactKind;
use crate::factset::FactSet;
use crate::regime::{Law, Regime, Stage};

/// A notice that a customer is owed under one of the incident's regimes.
pub(crate) struct Owed<'a> {
    pub(crate) regime: &'a Regime,
    /// From when it counts, where that is known.
    pub(crate) start: Option<Timestamp>,
    /// The notice is of this family of regimes.
    pub(crate) is_of: bool,
}

/// What a customer is owed, and which of it the notice with this root is.
pub(crate) fn owed<'a>(
    law: &Law<'a>,
    facts: &'a FactSet,
    party: &'a str,
    root: i64,
) -> Vec<Owed<'a>> {
    let takers = law.regimes.iter().filter(|it| stage_of(it).is_some());
    let owed = takers.map(|regime| {
        let track = Track::new(regime, law, facts, party, None);
        Owed {
            regime,
            start: track.notice_start().map(|(start, _)| start),
            is_of: track.notices.contains(&root),
        }
    });
    owed.collect()
}

/// The roots of the customer's notices that are of this regime. One without a regime is of the first
/// family that owed it when it was sent: of those that somebody declared awareness for before those
/// that only a draft has.
pub(super) fn notices(regime: &Regime, law: &Law<'_>, facts: &FactSet, party: &str) -> Vec<i64> {
    if party == facts.party || stage_of(regime).is_none() {
        return Vec::new();
    }
    let readings = facts.readings(party);
    let sent = readings
        .iter()
        .filter(|it| it.fact.kind == FactKind::CustomerNoticeSent);
    let is_of = |named: Option<&String>, at: Timestamp| match named {
        Some(id) => *id == regime.id,
        None => family_at(law, facts, party, at) == Some(regime.family.as_str()),
    };
    sent.filter(|it| is_of(it.fact.regime.as_ref(), it.at))
        .map(|it| it.fact.root)
        .collect()
}

fn family_at<'a>(law: &Law<'a>, facts: &FactSet, party: &str, at: Timestamp) -> Option<&'a str> {
    let begun = |wanted_provisional: bool| {
        law.regimes.iter().find(|regime| {
            let start = Track::without_notices(regime, law, facts, party, None).notice_start();
            start.is_some_and(|(start, is_provisional)| {
                start <= at && is_provisional == wanted_provisional
            })
        })
    };
    let found = begun(false).or_else(|| begun(true));
    found.map(|regime| regime.family.as_str())
}

fn stage_of(regime: &Regime) -> Option<&Stage> {
    regime.stages.iter().find(|stage| stage.each_customer)
}

impl Track<'_> {
    /// From when the notice to this customer counts, and whether only a draft says so.
    fn notice_start(&self) -> Option<(Timestamp, bool)> {
        let current = self.instances(stage_of(self.regime)?).current?;
        Some((current.start, current.provisional))
    }
}
