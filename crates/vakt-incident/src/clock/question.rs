//! Which question a decision answers. Tracks of regimes are independent of each other: that an incident is
//! not significant says nothing of personal data, of a product, or of what another family asks for.

use super::track::family_of;
use crate::fact::FactKind;
use crate::factset::{FactSet, TimedFact};
use crate::regime::{Law, Regime, Start};

/// The question that a regime asks, beside those of the other regimes of the incident.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    regime: &'a Regime,
    regimes: &'a [&'a Regime],
}

impl<'a> Question<'a> {
    pub(crate) fn of(regime: &'a Regime, regimes: &'a [&'a Regime]) -> Self {
        Self { regime, regimes }
    }

    /// Whether the assessment of this question ended without a duty, and was not taken up again.
    /// `is_submission` says which reports are of the regime.
    pub(crate) fn has_ended(
        &self,
        facts: &[&TimedFact],
        is_submission: impl Fn(&TimedFact) -> bool,
    ) -> bool {
        let mut dismissed = false;
        facts.iter().fold(false, |ended, fact| match fact.kind {
            kind if kind.ends_assessment() => {
                dismissed = kind == FactKind::Dismissed;
                ended || self.is_answered_by(fact)
            }
            FactKind::Reopened | FactKind::AssessmentStarted => false,
            // What was nothing at all is something after all: all is to be decided.
            FactKind::Submitted if dismissed => false,
            kind if kind.is_awareness() && dismissed => false,
            _ if self.is_declared_by(fact) || is_submission(fact) => false,
            _ => ended,
        })
    }

    /// Whether the last word is a downgrade whose correction was sent.
    pub(super) fn is_called_off(&self, facts: &[&TimedFact]) -> bool {
        let (_, is_sent) = facts
            .iter()
            .fold((false, false), |(is_down, is_sent), fact| match fact.kind {
                FactKind::Downgraded if self.is_answered_by(fact) => (true, is_sent),
                FactKind::CorrectionSent if self.is_answered_by(fact) => (is_down, is_down),
                FactKind::Reopened => (false, false),
                _ if self.is_declared_by(fact) => (false, false),
                _ => (is_down, is_sent),
            });
        is_sent
    }

    fn is_declared_by(&self, fact: &TimedFact) -> bool {
        fact.kind == awareness_of(self.regime)
    }

    /// A false positive is nothing at all. Another decision is about the regime that it names, and about
    /// those that count from the same awareness of their own (`aware_pdb`, …); without a regime it is
    /// about all that count from `aware`.
    fn is_answered_by(&self, decision: &TimedFact) -> bool {
        if decision.kind == FactKind::Dismissed {
            return true;
        }
        let own = awareness_of(self.regime);
        match &decision.regime {
            None => own == FactKind::Aware || !counts_from_aware(self.regimes),
            Some(named) => self.regimes.iter().any(|it| {
                let is_same = it.family == self.regime.family
                    || (own != FactKind::Aware && awareness_of(it) == own);
                it.id == *named && is_same
            }),
        }
    }
}

/// The roots of the facts that say nothing of whether the incident is significant; see
/// [`super::Computed`].
#[derive(Default)]
pub(super) struct Apart {
    pub(super) decisions: Vec<i64>,
    pub(super) declared: Vec<i64>,
}

/// What `facts`' party decided, declared or sent that says nothing of whether the incident is significant.
pub(super) fn apart(law: &Law<'_>, facts: &FactSet) -> Apart {
    let mut apart = Apart::default();
    let events: Vec<&TimedFact> = facts
        .facts
        .iter()
        .filter(|fact| fact.party == facts.party)
        .collect();
    let standing = facts.standing(&facts.party);
    let is_standing = |fact: &TimedFact| standing.iter().any(|it| std::ptr::eq(*it, fact));
    for (index, fact) in events.iter().enumerate().filter(|(_, it)| is_standing(it)) {
        match fact.kind {
            FactKind::Submitted => {
                let before = events.get(..index).unwrap_or_default();
                match family_of(fact, before, &law.regimes) {
                    None => apart.decisions.push(fact.root),
                    Some(family) if !is_of_significance(family, &law.regimes) => {
                        apart.declared.push(fact.root);
                    }
                    Some(_) => {}
                }
            }
            FactKind::Aware => {}
            kind if kind.is_awareness() && counts_from_aware(&law.regimes) => {
                apart.declared.push(fact.root);
            }
            _ if is_apart(fact, &law.regimes) => apart.decisions.push(fact.root),
            _ => {}
        }
    }
    apart
}

/// Whether the regimes of the family count from `aware`; where none of the incident's does, they are
/// about what there is.
fn is_of_significance(family: &str, regimes: &[&Regime]) -> bool {
    let mut of_family = regimes.iter().filter(|it| it.family == family);
    of_family.any(|it| awareness_of(it) == FactKind::Aware) || !counts_from_aware(regimes)
}

/// Whether a decision is about another question than whether the incident is significant.
pub(crate) fn is_apart(decision: &TimedFact, regimes: &[&Regime]) -> bool {
    let is_decision = match decision.kind {
        FactKind::Dismissed => false,
        FactKind::Downgraded | FactKind::CorrectionSent => true,
        kind => kind.ends_assessment(),
    };
    let Some(named) = decision.regime.as_ref().filter(|_| is_decision) else {
        return false;
    };
    let named = regimes.iter().find(|it| it.id == *named);
    named.is_none_or(|it| awareness_of(it) != FactKind::Aware && counts_from_aware(regimes))
}

/// The declaration from which the regime counts; where it counts from something else, awareness of the
/// incident.
pub(crate) fn awareness_of(regime: &Regime) -> FactKind {
    let starts = regime.stages.iter().filter_map(|stage| match stage.start {
        Start::Fact(kind) => Some(kind),
        Start::Submitted(_) => None,
    });
    let mut declared = starts.filter(|kind| kind.is_awareness());
    declared.next().unwrap_or(FactKind::Aware)
}

fn counts_from_aware(regimes: &[&Regime]) -> bool {
    regimes
        .iter()
        .any(|regime| awareness_of(regime) == FactKind::Aware)
}
