//! Random histories of facts, with corrections and approvals: the deadlines are those of a second
//! computation, and nothing moves an official one later but what may.

#![allow(clippy::unwrap_used)] // helpers of tests

mod naive;

use proptest::prelude::*;
use vakt_event::Timestamp;
use vakt_incident::clock::{Clock, ClockState, Computed, compute};
use vakt_incident::{Fact, FactKind, FactSet, Regimes};

const REGIMES: [&str; 11] = [
    "nis2",
    "nis2-se",
    "nis2-tsp",
    "nis2-fi",
    "gdpr",
    "dora",
    "cra-vuln",
    "cra-incident",
    "cer",
    "eidas-nontsp",
    "eidas-qtsp",
];

const KINDS: [(FactKind, &str); 20] = [
    (FactKind::Detected, ""),
    (FactKind::Occurred, ""),
    (FactKind::Aware, ""),
    (FactKind::AwarePdb, ""),
    (FactKind::AwareVuln, ""),
    (FactKind::AwareSev, ""),
    (FactKind::Classified, ""),
    (FactKind::MeasureAvailable, ""),
    (FactKind::Handled, ""),
    (FactKind::Dismissed, ""),
    (FactKind::Reopened, ""),
    (FactKind::Submitted, "early_warning"),
    (FactKind::Submitted, "notification"),
    (FactKind::Submitted, "progress"),
    (FactKind::Submitted, "final"),
    (FactKind::Submitted, "initial"),
    (FactKind::Submitted, "intermediate"),
    (FactKind::Submitted, "authority"),
    (FactKind::Submitted, "detailed"),
    (FactKind::ServiceLost, ""),
];

/// What somebody does: a fact, a correction of an earlier one, a retraction, an approval.
#[derive(Clone, Debug)]
enum Step {
    Fact(usize),
    Correct(prop::sample::Index),
    Retract(prop::sample::Index),
    Approve(prop::sample::Index),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..KINDS.len()).prop_map(Step::Fact),
        2 => any::<prop::sample::Index>().prop_map(Step::Correct),
        1 => any::<prop::sample::Index>().prop_map(Step::Retract),
        3 => any::<prop::sample::Index>().prop_map(Step::Approve),
    ]
}

/// Instants within eleven weeks of the winter of 2026, so that facts come before and after each
/// other's deadlines; some lie about a clock change.
fn instant() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        4 => 1_793_000_000_i64..1_799_600_000,
        1 => 1_792_880_000_i64..1_793_000_000,
    ]
    .prop_map(|seconds| Timestamp::from_seconds(seconds).unwrap())
}

fn log(regime: &str, steps: &[(Step, Timestamp, bool)]) -> Vec<Fact> {
    let mut log: Vec<Fact> = Vec::new();
    let law = Regimes::embedded().get(regime).unwrap();
    for (id, (step, at, is_anna)) in (1..).zip(steps) {
        let by = if *is_anna { "anna" } else { "bo" };
        let mut fact = Fact {
            id,
            fact: FactKind::ServiceLost,
            at: *at,
            recorded_at: *at,
            recorded_by: by.to_owned(),
            by: by.to_owned(),
            party: "own".to_owned(),
            reason: Some("because".to_owned()),
            report: None,
            regime: None,
            reference: None,
            due: None,
            source: None,
            fields: None,
            revises: None,
            approves: None,
            into: None,
        };
        let refer = |index: &prop::sample::Index| {
            let it = log.get(index.index(log.len().max(1)))?;
            let is_plain = !matches!(it.fact, FactKind::Approved | FactKind::Retracted);
            is_plain.then(|| it.clone())
        };
        match step {
            Step::Fact(kind) => {
                let (kind, report) = KINDS[*kind];
                if kind == FactKind::Submitted && law.stage(report).is_none() {
                    continue;
                }
                fact.fact = kind;
                fact.report = (!report.is_empty()).then(|| report.to_owned());
            }
            Step::Correct(index) => {
                let Some(old) = refer(index) else { continue };
                (fact.fact, fact.report) = (old.fact, old.report);
                fact.revises = Some(old.id);
            }
            Step::Retract(index) => {
                let Some(old) = log.get(index.index(log.len().max(1))) else {
                    continue;
                };
                // A fact is proposed to be taken back, and a proposal is withdrawn; a correction that
                // counts, or was withdrawn, is neither.
                let is_fact = old.revises.is_none() && old.fact != FactKind::Approved;
                if !is_fact && !naive::waits(&log, old.id) {
                    continue;
                }
                (fact.fact, fact.revises) = (FactKind::Retracted, Some(old.id));
            }
            Step::Approve(index) => {
                let proposals: Vec<i64> = log
                    .iter()
                    .map(|it| it.id)
                    .filter(|id| naive::waits(&log, *id))
                    .collect();
                let Some(id) = proposals.get(index.index(proposals.len().max(1))) else {
                    continue;
                };
                (fact.fact, fact.approves) = (FactKind::Approved, Some(*id));
            }
        }
        log.push(fact);
    }
    log
}

fn clocks(regime: &str, log: &[Fact], now: Option<Timestamp>) -> Computed {
    let law = Regimes::embedded().select(&[regime]).unwrap();
    compute(&law, &FactSet::from_facts("own", log), now)
}

fn current<'c>(computed: &'c Computed, stage: &str) -> Option<&'c Clock> {
    computed.clocks.iter().find(|clock| clock.stage == stage)
}

/// Whether the law names a limit that may take the place of the one before it.
fn has_successor(regime: &str, stage: &str, log: &[Fact]) -> bool {
    let has = |report: &str| log.iter().any(|it| it.report.as_deref() == Some(report));
    match (regime, stage) {
        (_, "final") if regime.starts_with("nis2") => has("progress"),
        ("dora", "initial") => log.iter().any(|it| it.fact == FactKind::Classified),
        // An update of the intermediate report starts the month anew.
        ("dora", "final") => has("intermediate"),
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn all_deadlines_equal_an_independent_computation(
        regime in prop::sample::select(&REGIMES[..]),
        steps in prop::collection::vec((step(), instant(), any::<bool>()), 1..14),
        now in instant(),
    ) {
        let log = log(regime, &steps);
        let computed = clocks(regime, &log, None);
        for clock in &computed.clocks {
            let is_later_duty = clock.state == ClockState::NotApplicable;
            let numbered = !matches!(clock.stage.as_str(), "intermediate" | "subjects");
            if !is_later_duty && (numbered || regime == "dora") {
                let expected = naive::due(regime, &clock.stage, &log);
                prop_assert_eq!(clock.due, expected, "{} {:#?}", clock.stage, log);
            }
        }
        // Time passes without a deadline moving: none pauses.
        let at_now = clocks(regime, &log, Some(now));
        let dates = |computed: &Computed| -> Vec<_> {
            let all = computed.clocks.iter();
            all.map(|clock| (clock.stage.clone(), clock.start, clock.due)).collect()
        };
        prop_assert_eq!(dates(&computed), dates(&at_now));
    }

    #[test]
    fn an_official_deadline_moves_later_only_by_two_approvals_or_a_named_successor(
        regime in prop::sample::select(&REGIMES[..]),
        steps in prop::collection::vec((step(), instant(), any::<bool>()), 2..14),
    ) {
        let log = log(regime, &steps);
        let mut before = Computed::default();
        for count in 1..=log.len() {
            let (known, new) = (&log[..count], &log[count - 1]);
            let after = clocks(regime, known, None);
            for was in &before.clocks {
                let is_official = matches!(
                    was.state,
                    ClockState::Running | ClockState::Met | ClockState::MetLate
                );
                let is = current(&after, &was.stage);
                let (Some(old), Some(new_due)) = (was.due, is.and_then(|is| is.due)) else {
                    // Only what was approved takes a start away; only a successor waits anew.
                    let is_gone = is_official && was.due.is_some();
                    let may = new.fact == FactKind::Approved
                        || has_successor(regime, &was.stage, known);
                    prop_assert!(!is_gone || may, "{was:?} {new:?}");
                    continue;
                };
                if is_official && new_due > old {
                    let may = new.fact == FactKind::Approved
                        || has_successor(regime, &was.stage, known);
                    prop_assert!(may, "{was:?} became {is:?} by {new:?}");
                    let approved = new.approves.and_then(|id| known.iter().find(|it| it.id == id));
                    if let Some(proposal) = approved {
                        prop_assert_ne!(&proposal.recorded_by, &new.recorded_by);
                    }
                }
                // What was official stays so, whatever is recorded, but for what two people take back.
                let is_draft_again = is.is_some_and(|is| {
                    matches!(is.state, ClockState::Provisional | ClockState::Cancelled)
                });
                prop_assert!(
                    !is_official || !is_draft_again || new.fact == FactKind::Approved,
                    "{was:?} became {is:?} by {new:?}"
                );
            }
            before = after;
        }
    }
}
