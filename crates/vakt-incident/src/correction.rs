//! Corrections: which of the recorded facts count, and since when.
//!
//! Rows are never changed. A fact that `revises` an earlier one of its kind gives it another time;
//! `retracted` says that it never happened. What makes a clock end earlier counts at once. What
//! could make it end later (a later start, a start that is taken back) and a downgrade wait for a
//! second principal; until then the old time starts clocks, and a report is no earlier submitted
//! than either time says.

use vakt_event::Timestamp;

use crate::fact::{Fact, FactKind};
use crate::factset::{Change, TimedFact};

/// Why a fact cannot refer to the one that it names.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceFault {
    #[error(
        "the incident has no fact {id}: `vakt incidents show` and `facts` of the API list them"
    )]
    NoFact { id: i64 },
    #[error("fact {id} was retracted: record what happened anew")]
    Retracted { id: i64 },
    #[error("fact {id} is `{kind}`, and `{by}` cannot correct it: retract it and record the other")]
    OtherKind {
        id: i64,
        kind: FactKind,
        by: FactKind,
    },
    #[error(
        "fact {id} is of `{party}`: a correction keeps the party; retract it and record the other"
    )]
    OtherParty { id: i64, party: String },
    #[error(
        "fact {id} is of another report: a correction keeps it; retract it and record the other"
    )]
    OtherReport { id: i64 },
    #[error("fact {id} corrects nothing and needs no approval")]
    NothingToApprove { id: i64 },
    #[error("fact {id} was approved already")]
    Approved { id: i64 },
    #[error(
        "{principal} proposed fact {id} and cannot approve it alone: two approvals are two \
         principals, so somebody else has to, with a token of their own"
    )]
    SamePrincipal { id: i64, principal: String },
    #[error("fact {id} gives no reason: a reason is needed before it can count; give `reason`")]
    NoReason { id: i64 },
}

impl ReferenceFault {
    /// Whether nothing is wrong with the words, only with who says them when.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Approved { .. } | Self::SamePrincipal { .. })
    }
}

/// A correction or downgrade that a second principal has not approved.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Waiting {
    /// The fact that waits; `approves` names it.
    pub fact: i64,
    pub proposed_by: String,
    /// What it would do, for people.
    pub what: String,
}

/// The facts that count, in the order in which they came to count.
pub(crate) fn effective(facts: &[Fact]) -> Vec<TimedFact> {
    let mut resolver = Resolver::default();
    for fact in facts {
        resolver.take(fact);
    }
    resolver.out
}

/// What waits for a second principal, oldest first.
pub(crate) fn waiting(facts: &[Fact]) -> Vec<Waiting> {
    let mut resolver = Resolver::default();
    for fact in facts {
        resolver.take(fact);
    }
    let open = resolver.proposals.iter().filter(|it| !it.is_approved);
    open.map(|proposal| Waiting {
        fact: proposal.fact.id,
        proposed_by: proposal.fact.recorded_by.clone(),
        what: proposal.words(),
    })
    .collect()
}

/// Whether `new` can refer to what it names among the facts `before` it.
pub(crate) fn check(new: &Fact, before: &[Fact]) -> Result<(), ReferenceFault> {
    let find = |id: i64| {
        let found = before.iter().find(|fact| fact.id == id);
        found.ok_or(ReferenceFault::NoFact { id })
    };
    let mut resolver = Resolver::default();
    for fact in before {
        resolver.take(fact);
    }
    if let Some(id) = new.revises {
        let old = find(root_of(before, id))?;
        let is_fixed = matches!(
            old.fact,
            FactKind::Approved | FactKind::Retracted | FactKind::Downgraded
        );
        if is_fixed {
            return Err(ReferenceFault::OtherKind {
                id,
                kind: old.fact,
                by: new.fact,
            });
        }
        if !resolver.roots.iter().any(|root| root.ids.contains(&id)) {
            return Err(ReferenceFault::Retracted { id });
        }
        if new.fact != FactKind::Retracted {
            is_like(new, old)?;
        }
    }
    let Some(id) = new.approves else {
        return Ok(());
    };
    let proposal = find(id)?;
    let Some(known) = resolver.proposals.iter().find(|it| it.fact.id == id) else {
        return Err(ReferenceFault::NothingToApprove { id });
    };
    if known.is_approved {
        return Err(ReferenceFault::Approved { id });
    }
    if proposal.recorded_by == new.recorded_by {
        let principal = new.recorded_by.clone();
        return Err(ReferenceFault::SamePrincipal { id, principal });
    }
    if proposal.reason.is_none() && new.reason.is_none() {
        return Err(ReferenceFault::NoReason { id });
    }
    Ok(())
}

fn is_like(new: &Fact, old: &Fact) -> Result<(), ReferenceFault> {
    let id = old.id;
    if new.fact != old.fact {
        return Err(ReferenceFault::OtherKind {
            id,
            kind: old.fact,
            by: new.fact,
        });
    }
    if new.party != old.party {
        let party = old.party.clone();
        return Err(ReferenceFault::OtherParty { id, party });
    }
    if new.report != old.report || new.regime != old.regime {
        return Err(ReferenceFault::OtherReport { id });
    }
    Ok(())
}

/// The first fact of a chain of corrections.
fn root_of(facts: &[Fact], id: i64) -> i64 {
    let mut id = id;
    // Each step goes to an earlier fact, so it ends.
    while let Some(earlier) = facts
        .iter()
        .find(|fact| fact.id == id && fact.fact != FactKind::Retracted)
        .and_then(|fact| fact.revises)
        .filter(|earlier| *earlier < id)
    {
        id = earlier;
    }
    id
}

#[derive(Default)]
struct Resolver<'f> {
    roots: Vec<Root<'f>>,
    proposals: Vec<Proposal<'f>>,
    out: Vec<TimedFact>,
}

struct Root<'f> {
    fact: &'f Fact,
    /// The ids of the fact and of its corrections.
    ids: Vec<i64>,
    at: Timestamp,
}

struct Proposal<'f> {
    fact: &'f Fact,
    root: i64,
    is_approved: bool,
}

impl<'f> Resolver<'f> {
    fn take(&mut self, fact: &'f Fact) {
        if let Some(id) = fact.approves {
            self.approve(id, fact);
        } else if let Some(id) = fact.revises {
            self.revise(id, fact);
        } else if fact.fact == FactKind::Downgraded {
            self.propose(fact, fact.id);
        } else {
            self.roots.push(Root {
                fact,
                ids: vec![fact.id],
                at: fact.at,
            });
            self.out.push(TimedFact::from(fact));
        }
    }

    fn revise(&mut self, id: i64, fact: &'f Fact) {
        let Some(root) = self.roots.iter_mut().find(|root| root.ids.contains(&id)) else {
            return;
        };
        let original = root.fact;
        if fact.fact == FactKind::Retracted {
            let doubt = timed(original, fact, root.at, Change::Doubted(None));
            self.out.push(doubt);
            self.propose(fact, original.id);
            return;
        }
        root.ids.push(fact.id);
        let is_later = fact.at > root.at || fact.due > original.due;
        if is_later && original.fact.starts_clocks() {
            let doubt = timed(original, fact, root.at, Change::Doubted(Some(fact.at)));
            self.out.push(doubt);
            self.propose(fact, original.id);
        } else {
            root.at = fact.at;
            self.out.push(timed(original, fact, fact.at, Change::Moved));
        }
    }

    fn propose(&mut self, fact: &'f Fact, root: i64) {
        self.proposals.push(Proposal {
            fact,
            root,
            is_approved: false,
        });
    }

    fn approve(&mut self, id: i64, approval: &Fact) {
        let found = self.proposals.iter_mut().find(|it| {
            it.fact.id == id && !it.is_approved && it.fact.recorded_by != approval.recorded_by
        });
        let Some(proposal) = found else {
            return;
        };
        proposal.is_approved = true;
        let (fact, root) = (proposal.fact, proposal.root);
        if fact.fact == FactKind::Downgraded {
            self.out.push(TimedFact::from(fact));
            return;
        }
        let Some(root) = self.roots.iter_mut().find(|it| it.fact.id == root) else {
            return;
        };
        let original = root.fact;
        if fact.fact == FactKind::Retracted {
            self.out
                .push(timed(original, fact, root.at, Change::Removed));
            self.roots.retain(|it| it.fact.id != original.id);
        } else {
            root.at = fact.at;
            self.out.push(timed(original, fact, fact.at, Change::Moved));
        }
    }
}

impl Proposal<'_> {
    fn words(&self) -> String {
        let Fact { fact, at, .. } = self.fact;
        match fact {
            FactKind::Downgraded => "the incident is found not significant".to_owned(),
            FactKind::Retracted => format!("fact {} never happened", self.root),
            kind => format!("fact {}, `{kind}`, moves later, to {at}", self.root),
        }
    }
}

/// What `correction` makes of `original`.
fn timed(original: &Fact, correction: &Fact, at: Timestamp, change: Change) -> TimedFact {
    TimedFact {
        at,
        due: correction.due.or(original.due),
        has_reference: correction.reference.is_some() || original.reference.is_some(),
        reason: correction
            .reason
            .clone()
            .or_else(|| original.reason.clone()),
        change,
        ..TimedFact::from(original)
    }
}
