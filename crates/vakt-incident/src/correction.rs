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
    #[error("fact {id} was withdrawn: propose it anew")]
    Withdrawn { id: i64 },
    #[error(
        "fact {id} proposes to move what somebody has moved since: propose it anew, beside what it \
         says now"
    )]
    Stale { id: i64 },
    #[error(
        "fact {id} is a correction that counts: correct the time again with `revises`, or retract \
         fact {root}, which it corrects"
    )]
    CorrectionCounts { id: i64, root: i64 },
}

impl ReferenceFault {
    /// Whether nothing is wrong with the words, only with who says them when.
    pub fn is_conflict(&self) -> bool {
        matches!(
            self,
            Self::Approved { .. }
                | Self::SamePrincipal { .. }
                | Self::Withdrawn { .. }
                | Self::Stale { .. }
        )
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
    // What somebody has moved since can only be proposed anew: nobody else is waited for.
    let open = resolver
        .proposals
        .iter()
        .filter(|it| it.is_waiting() && !resolver.is_stale(it));
    open.map(|proposal| Waiting {
        fact: proposal.fact.id,
        proposed_by: proposal.fact.recorded_by.clone(),
        what: proposal.words(),
    })
    .collect()
}

/// The ids of the facts whose words count as they stand: of each that happened the one that gives its time.
pub(crate) fn counting(facts: &[Fact]) -> Vec<i64> {
    let mut resolver = Resolver::default();
    for fact in facts {
        resolver.take(fact);
    }
    resolver.roots.iter().map(|root| root.by).collect()
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
    if let Some(id) = new.revises
        && !(new.fact == FactKind::Retracted && resolver.is_waiting(id))
    {
        let root = root_of(before, id);
        let old = find(root)?;
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
        } else if id != root {
            return Err(ReferenceFault::CorrectionCounts { id, root });
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
    if known.is_withdrawn {
        return Err(ReferenceFault::Withdrawn { id });
    }
    if resolver.is_stale(known) {
        return Err(ReferenceFault::Stale { id });
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
    /// The one of them that gives its time.
    by: i64,
    /// As it stands.
    now: TimedFact,
}

struct Proposal<'f> {
    fact: &'f Fact,
    root: i64,
    /// When what it would move was, as it stood then.
    beside: Option<Timestamp>,
    is_approved: bool,
    is_withdrawn: bool,
}

impl<'f> Resolver<'f> {
    fn take(&mut self, fact: &'f Fact) {
        if let Some(id) = fact.approves {
            self.approve(id, fact);
        } else if let Some(id) = fact.revises {
            if fact.fact == FactKind::Retracted && self.is_waiting(id) {
                self.withdraw(id);
            } else {
                self.revise(id, fact);
            }
        } else if fact.fact == FactKind::Downgraded {
            self.propose(fact, fact.id);
        } else {
            let now = TimedFact::from(fact);
            self.out.push(now.clone());
            self.roots.push(Root {
                fact,
                ids: vec![fact.id],
                by: fact.id,
                now,
            });
        }
    }

    fn is_waiting(&self, id: i64) -> bool {
        let mut proposals = self.proposals.iter();
        proposals.any(|it| it.fact.id == id && it.is_waiting())
    }

    /// Whether what a proposal would move has moved since.
    fn is_stale(&self, proposal: &Proposal<'_>) -> bool {
        let mut roots = self.roots.iter();
        let root = roots.find(|root| root.fact.id == proposal.root);
        root.map(|root| root.now.at) != proposal.beside
    }

    fn revise(&mut self, id: i64, fact: &'f Fact) {
        let Some(root) = self.roots.iter_mut().find(|root| root.ids.contains(&id)) else {
            return;
        };
        let original = root.fact.id;
        if fact.fact == FactKind::Retracted {
            let doubt = timed(&root.now, fact, root.now.at, Change::Doubted(None));
            self.out.push(doubt);
            self.propose(fact, original);
            return;
        }
        root.ids.push(fact.id);
        // A date where there was none makes nothing later.
        let due = fact.due.or(root.now.due);
        let is_later = fact.at > root.now.at || (root.now.due.is_some() && due > root.now.due);
        if is_later && root.now.kind.starts_clocks() {
            let doubt = Change::Doubted(Some(fact.at));
            let doubt = timed(&root.now, fact, root.now.at, doubt);
            self.out.push(doubt);
            self.propose(fact, original);
        } else {
            root.now = timed(&root.now, fact, fact.at, Change::Moved);
            root.by = fact.id;
            self.out.push(root.now.clone());
        }
    }

    fn propose(&mut self, fact: &'f Fact, root: i64) {
        let mut roots = self.roots.iter();
        let beside = roots.find(|it| it.fact.id == root).map(|it| it.now.at);
        self.proposals.push(Proposal {
            fact,
            root,
            beside,
            is_approved: false,
            is_withdrawn: false,
        });
    }

    /// What was proposed is not: it is in doubt no longer, but for what else is proposed.
    fn withdraw(&mut self, id: i64) {
        let mut of_root = None;
        for proposal in &mut self.proposals {
            if proposal.fact.id == id {
                proposal.is_withdrawn = true;
                of_root = Some(proposal.root);
            }
        }
        let Some(root) = self.roots.iter().find(|it| Some(it.fact.id) == of_root) else {
            return;
        };
        let now = root.now.clone();
        self.out.push(TimedFact {
            change: Change::Moved,
            ..now.clone()
        });
        let others = self.proposals.iter();
        for other in others.filter(|it| Some(it.root) == of_root && it.is_waiting()) {
            let doubt = (other.fact.fact != FactKind::Retracted).then_some(other.fact.at);
            let doubt = timed(&now, other.fact, now.at, Change::Doubted(doubt));
            self.out.push(doubt);
        }
    }

    fn approve(&mut self, id: i64, approval: &Fact) {
        let found = self.proposals.iter_mut().find(|it| {
            it.fact.id == id && it.is_waiting() && it.fact.recorded_by != approval.recorded_by
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
        if fact.fact == FactKind::Retracted {
            let original = root.fact.id;
            self.out
                .push(timed(&root.now, fact, root.now.at, Change::Removed));
            self.roots.retain(|it| it.fact.id != original);
        } else {
            root.now = timed(&root.now, fact, fact.at, Change::Moved);
            root.by = fact.id;
            self.out.push(root.now.clone());
        }
    }
}

impl Proposal<'_> {
    fn is_waiting(&self) -> bool {
        !self.is_approved && !self.is_withdrawn
    }

    fn words(&self) -> String {
        let Fact { fact, at, .. } = self.fact;
        match fact {
            FactKind::Downgraded => "the incident is found not significant".to_owned(),
            FactKind::Retracted => format!("fact {} never happened", self.root),
            kind => format!("fact {}, `{kind}`, moves later, to {at}", self.root),
        }
    }
}

/// What `correction` makes of a fact as it stands.
fn timed(standing: &TimedFact, correction: &Fact, at: Timestamp, change: Change) -> TimedFact {
    TimedFact {
        at,
        due: correction.due.or(standing.due),
        has_reference: correction.reference.is_some() || standing.has_reference,
        reason: correction
            .reason
            .clone()
            .or_else(|| standing.reason.clone()),
        change,
        ..standing.clone()
    }
}
