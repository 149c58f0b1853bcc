//! The clocks against tables, against the shared vectors, and against a second computation.

#![allow(clippy::unwrap_used)] // helpers of tests

mod naive;

use std::fmt::Write as _;

use proptest::prelude::*;
use serde::Deserialize;
use vakt_event::Timestamp;
use vakt_incident::clock::{Clock, ClockState, Computed, compute};
use vakt_incident::factset::FactSet;
use vakt_incident::regime::Regimes;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    regimes: Vec<String>,
    #[serde(default)]
    now: Option<String>,
    facts: Vec<String>,
    clocks: String,
    #[serde(default)]
    history: String,
}

fn computed(regimes: &[&str], facts: &[&str], now: Option<&str>) -> Computed {
    let regimes = Regimes::embedded().select(regimes).unwrap();
    let facts = FactSet::parse_args(facts, Regimes::embedded()).unwrap();
    compute(&regimes, &facts, now.map(|now| now.parse().unwrap()))
}

fn one<'c>(computed: &'c Computed, stage: &str) -> &'c Clock {
    let mut found = computed.clocks.iter().filter(|clock| clock.stage == stage);
    let clock = found.next().unwrap();
    assert_eq!(found.next(), None, "one current clock for {stage}");
    clock
}

fn shown(clocks: &[Clock], with_regime: bool, with_party: bool) -> String {
    fn or_dash<T: ToString>(value: Option<T>) -> String {
        value.map_or_else(|| "-".to_owned(), |value| value.to_string())
    }
    clocks.iter().fold(String::new(), |mut text, clock| {
        if with_party {
            write!(text, "{}@", clock.party).unwrap();
        }
        if with_regime {
            write!(text, "{}/", clock.regime).unwrap();
        }
        writeln!(
            text,
            "{} {} {} {} {} {}",
            clock.stage,
            clock.state,
            or_dash(clock.start),
            or_dash(clock.due),
            or_dash(clock.nominal_date),
            or_dash(clock.statutory_latest_date)
        )
        .unwrap();
        text
    })
}

#[test]
fn the_table_of_vectors() {
    let vectors: Vec<Vector> =
        serde_saphyr::from_str(include_str!("data/clock_vectors.yaml")).unwrap();
    assert!(vectors.len() > 40);
    for vector in vectors {
        let regimes: Vec<&str> = vector.regimes.iter().map(String::as_str).collect();
        let facts: Vec<&str> = vector.facts.iter().map(String::as_str).collect();
        let computed = computed(&regimes, &facts, vector.now.as_deref());
        let (with_regime, with_party) = (
            regimes.len() > 1,
            computed.clocks.iter().any(|clock| clock.party != "own"),
        );
        let check = |clocks: &[Clock], expected: &str| {
            let shown = shown(clocks, with_regime, with_party);
            assert_eq!(shown, expected, "{}", vector.name);
        };
        check(&computed.clocks, &vector.clocks);
        if with_party {
            continue; // the provisional history of `own` is checked elsewhere
        }
        check(&computed.history, &vector.history);
    }
}

#[test]
fn the_json_of_a_clock_has_every_field_of_the_interface() {
    let computed = computed(&["nis2-se"], &["detected=2026-11-23T20:08:00Z"], None);
    assert_eq!(
        serde_json::to_string(&computed.clocks).unwrap(),
        concat!(
            r#"[{"regime":"nis2-se","stage":"early_warning","party":"own","state":"provisional","#,
            r#""start":"2026-11-23T20:08:00Z","due":"2026-11-24T20:08:00Z","#,
            r#""nominal_date":null,"statutory_latest_date":null},"#,
            r#"{"regime":"nis2-se","stage":"notification","party":"own","state":"provisional","#,
            r#""start":"2026-11-23T20:08:00Z","due":"2026-11-26T20:08:00Z","#,
            r#""nominal_date":null,"statutory_latest_date":null},"#,
            r#"{"regime":"nis2-se","stage":"final","party":"own","state":"projected","#,
            r#""start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"#,
            r#""note":"one month after the notification is submitted"}]"#,
        )
    );
}

/// Instants from 2024 to 2032, to the second.
fn instant() -> impl Strategy<Value = Timestamp> {
    (1_704_067_200_i64..1_956_528_000).prop_map(|seconds| Timestamp::from_seconds(seconds).unwrap())
}

/// Instants within eleven weeks, so that facts come before and after each other's deadlines.
fn near() -> impl Strategy<Value = Timestamp> {
    (1_793_000_000_i64..1_799_600_000).prop_map(|seconds| Timestamp::from_seconds(seconds).unwrap())
}

const ANY_FACTS: [&str; 20] = [
    "occurred",
    "detected",
    "assessment_started",
    "aware",
    "aware_pdb",
    "aware_vuln",
    "aware_sev",
    "classified",
    "measure_available",
    "submitted.early_warning",
    "submitted.notification",
    "submitted.progress",
    "submitted.final",
    "submitted.initial",
    "submitted.cra-incident.notification",
    "handled",
    "dismissed",
    "not_significant",
    "reopened",
    "aware@acme",
];

fn key(clock: &Clock) -> (&str, &str, &str) {
    (&clock.party, &clock.regime, &clock.stage)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn hours_are_elapsed_seconds(aware in instant()) {
        let computed = computed(&["nis2-se", "nis2-tsp"], &[&format!("aware={aware}")], None);
        for (clock, hours) in computed.clocks.iter().zip([24, 72, 0, 24, 24, 0]) {
            let expected = (hours > 0).then(|| aware.saturating_add_micros(hours * 3_600_000_000));
            prop_assert_eq!(clock.due, expected);
        }
    }

    #[test]
    fn a_month_ends_when_counting_the_days_ends(submitted in instant()) {
        let fact = format!("submitted.notification={submitted}");
        let computed = computed(&["nis2-se"], &[&fact], None);
        let due = one(&computed, "final").due.unwrap();
        prop_assert_eq!(due, naive::month_end(submitted));
        let statutory = one(&computed, "final").statutory_latest_date.unwrap();
        prop_assert!(statutory >= one(&computed, "final").nominal_date.unwrap());
    }

    /// Whatever is recorded under all regimes at once: one current clock for each party, regime and
    /// stage; a due date has a start; nothing that is official moves later, but for the final
    /// report after a progress report and DORA's late classification and updates; the same facts
    /// against a later `now` have the same dates.
    #[test]
    fn any_history_of_any_facts_keeps_the_promises(
        facts in proptest::collection::vec((0..ANY_FACTS.len(), near()), 1..12),
        now in near(),
    ) {
        let all: Vec<&str> = Regimes::embedded().regimes.iter().map(|it| it.id.as_str()).collect();
        let arguments: Vec<String> =
            facts.iter().map(|(kind, at)| format!("{}={at}", ANY_FACTS[*kind])).collect();
        let mut before: Option<Computed> = None;
        for count in 1..=arguments.len() {
            let known: Vec<&str> = arguments[..count].iter().map(String::as_str).collect();
            let after = computed(&all, &known, None);
            let mut keys: Vec<_> = after.clocks.iter().map(key).collect();
            keys.sort_unstable();
            let distinct = keys.len();
            keys.dedup();
            prop_assert_eq!(keys.len(), distinct);
            for clock in &after.clocks {
                prop_assert!(clock.start.is_some() || clock.due.is_none(), "{clock:?}");
                prop_assert_eq!(clock.nominal_date.is_some(), clock.statutory_latest_date.is_some());
            }
            for was in before.iter().flat_map(|before| &before.clocks) {
                let is = after.clocks.iter().find(|clock| key(clock) == key(was)).unwrap();
                let exempt = match (was.regime.as_str(), was.stage.as_str()) {
                    (regime, "final") if regime.starts_with("nis2") => {
                        after.clocks.iter().any(|it| it.stage == "progress")
                    }
                    ("dora", _) | (_, "intermediate") => true,
                    _ => false,
                };
                let is_official = matches!(
                    was.state,
                    ClockState::Running | ClockState::Met | ClockState::MetLate
                );
                if is_official && !exempt && let (Some(old), Some(new)) = (was.due, is.due) {
                    prop_assert!(new <= old, "{known:?}: {was:?} became {is:?}");
                }
            }
            let at_now = compute(
                &Regimes::embedded().select(&all).unwrap(),
                &FactSet::parse_args(&known, Regimes::embedded()).unwrap(),
                Some(now),
            );
            for (free, held) in after.clocks.iter().zip(&at_now.clocks) {
                prop_assert_eq!((key(free), free.start), (key(held), held.start));
                if free.stage != "intermediate" {
                    prop_assert_eq!(free.due, held.due);
                }
                if held.due == Some(now) {
                    continue; // in time for hours, too late for calendar periods
                }
                let is_past = held.due.is_some_and(|due| now > due);
                let says_past =
                    matches!(held.state, ClockState::Overdue | ClockState::ElapsedUnassessed);
                prop_assert!(is_past || !says_past, "{held:?}");
                let says_open = matches!(held.state, ClockState::Running | ClockState::Provisional);
                prop_assert!(!(is_past && says_open), "{held:?}");
            }
            before = Some(after);
        }
    }

    /// Whatever is recorded, in whatever order: one current clock for each stage, official hours
    /// count from the earliest awareness or submission, and no later fact moves them later.
    #[test]
    fn no_later_fact_moves_an_official_clock_later(
        facts in proptest::collection::vec((0..6_usize, near()), 1..8)
    ) {
        const KINDS: [&str; 6] = [
            "detected", "aware", "submitted.early_warning", "submitted.notification", "dismissed",
            "reopened",
        ];
        let arguments: Vec<String> =
            facts.iter().map(|(kind, at)| format!("{}={at}", KINDS[*kind])).collect();
        let mut before: Option<Computed> = None;
        for count in 1..=arguments.len() {
            let known: Vec<&str> = arguments[..count].iter().map(String::as_str).collect();
            let after = computed(&["nis2-se"], &known, None);
            let aware = facts[..count]
                .iter()
                .filter(|(kind, _)| (1..=3).contains(kind))
                .map(|(_, at)| *at)
                .min();
            for (stage, hours) in [("early_warning", 24), ("notification", 72)] {
                let clock = one(&after, stage);
                if let Some(aware) = aware {
                    let expected = aware.saturating_add_micros(hours * 3_600_000_000);
                    prop_assert_eq!((clock.start, clock.due), (Some(aware), Some(expected)));
                    prop_assert!(!matches!(
                        clock.state,
                        ClockState::Provisional | ClockState::Cancelled
                    ));
                }
            }
            if let Some(before) = &before {
                for earlier in &before.clocks {
                    let later = one(&after, &earlier.stage);
                    let official = matches!(
                        earlier.state,
                        ClockState::Running | ClockState::Met | ClockState::MetLate
                    );
                    if official && let (Some(was), Some(is)) = (earlier.due, later.due) {
                        prop_assert!(is <= was, "{} moved from {was} to {is}", earlier.stage);
                    }
                }
            }
            before = Some(after);
        }
    }
}

/// The final report of an exploited vulnerability was no duty where the remedy was older than the law.
#[test]
fn a_duty_that_existed_at_awareness_exists_for_all_its_reports() {
    let check = |aware: &str, expected: [&str; 3]| {
        let facts = [
            format!("aware_vuln={aware}T10:00:00Z"),
            "measure_available=2026-09-05T10:00:00Z".to_owned(),
        ];
        let facts = FactSet::parse_args(&facts, Regimes::embedded()).unwrap();
        let law = Regimes::embedded().select(&["cra-vuln"]).unwrap();
        let states: Vec<String> = compute(&law, &facts, None)
            .clocks
            .iter()
            .map(|clock| clock.state.to_string())
            .collect();
        assert_eq!(states, expected, "{aware}");
    };
    check(
        "2026-09-10",
        ["not_applicable", "not_applicable", "not_applicable"],
    );
    check("2026-09-11", ["running", "running", "running"]);
}
