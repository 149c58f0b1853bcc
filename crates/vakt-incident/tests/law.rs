//! Vectors of the law: our own copy, and those of the shared data where it is at hand.

#![allow(clippy::unwrap_used)] // helpers of tests

use jiff::civil::DateTime;
use serde::Deserialize;
use vakt_event::Timestamp;
use vakt_incident::calendar::{Rules, deadline, zone};
use vakt_incident::clock::{Clock, Computed, compute};
use vakt_incident::regime::Period;
use vakt_incident::{FactSet, Regimes, local};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    kind: String,
    aware: Option<String>,
    ew_due: Option<String>,
    in_due: Option<String>,
    aware_local: Option<String>,
    ew_local: Option<String>,
    in_local: Option<String>,
    in_submitted: Option<String>,
    handled: Option<String>,
    nominal: Option<String>,
    nominal_end: Option<String>,
    statutory_latest: Option<String>,
    latest_end: Option<String>,
    classified: Option<String>,
    initial_due: Option<String>,
    weekend_latest: Option<String>,
    start: Option<String>,
    plus: Option<String>,
    end: Option<String>,
    local: Option<String>,
    tz: Option<String>,
    instant: Option<String>,
    /// What others say of the same start; nothing is held to it.
    #[serde(rename = "local_date")]
    _local_date: Option<String>,
    #[serde(rename = "naive_30d")]
    _naive_30d: Option<String>,
    #[serde(rename = "expect")]
    _expect: Option<String>,
    #[serde(default)]
    why: String,
}

fn computed(regime: &str, facts: &[String]) -> Computed {
    let law = Regimes::embedded().select(&[regime]).unwrap();
    compute(
        &law,
        &FactSet::parse_args(facts, Regimes::embedded()).unwrap(),
        None,
    )
}

fn one<'c>(computed: &'c Computed, stage: &str) -> &'c Clock {
    computed
        .clocks
        .iter()
        .find(|clock| clock.stage == stage)
        .unwrap()
}

fn shown<T: ToString>(value: Option<T>) -> Option<String> {
    value.map(|value| value.to_string())
}

/// As the vectors write local time: `2026-11-23T21:08:00+0100`.
fn in_stockholm(at: Option<Timestamp>) -> Option<String> {
    let (at, zone) = (at?.to_jiff(), zone("Europe/Stockholm").unwrap());
    let offset = zone.to_offset(at).seconds() / 3_600;
    Some(format!("{}+{offset:02}00", zone.to_datetime(at)))
}

impl Vector {
    fn check(&self) {
        let why = &self.why;
        match self.kind.as_str() {
            "hours" => {
                let aware = self.aware.clone().unwrap();
                let computed = computed("nis2-se", &[format!("aware={aware}")]);
                let (ew, notification) = (
                    one(&computed, "early_warning"),
                    one(&computed, "notification"),
                );
                assert_eq!(shown(ew.due), self.ew_due, "{why}");
                assert_eq!(shown(notification.due), self.in_due, "{why}");
                assert_eq!(in_stockholm(ew.start), self.aware_local, "{why}");
                assert_eq!(in_stockholm(ew.due), self.ew_local, "{why}");
                assert_eq!(in_stockholm(notification.due), self.in_local, "{why}");
            }
            "se_month" => {
                let facts = match (&self.in_submitted, &self.handled) {
                    (Some(at), _) => vec![format!("submitted.notification={at}")],
                    (None, Some(at)) => vec![
                        "submitted.progress=2026-12-20T12:00:00Z".to_owned(),
                        format!("handled={at}"),
                    ],
                    (None, None) => panic!("a month starts somewhere"),
                };
                let computed = computed("nis2-se", &facts);
                let last = one(&computed, "final");
                assert_eq!(shown(last.nominal_date), self.nominal, "{why}");
                assert_eq!(shown(last.due), self.nominal_end, "{why}");
                assert_eq!(
                    shown(last.statutory_latest_date),
                    self.statutory_latest,
                    "{why}"
                );
                assert_eq!(shown(last.statutory_latest), self.latest_end, "{why}");
            }
            "dora" => {
                let (aware, classified) = (
                    self.aware.clone().unwrap(),
                    self.classified.clone().unwrap(),
                );
                let facts = [format!("aware={aware}"), format!("classified={classified}")];
                let computed = computed("dora", &facts);
                let initial = one(&computed, "initial");
                assert_eq!(shown(initial.due), self.initial_due, "{why}");
                assert_eq!(
                    shown(initial.statutory_latest),
                    self.weekend_latest,
                    "{why}"
                );
            }
            "window" => self.check_window(),
            "invalid_local" | "valid_local" => {
                let local: DateTime = self.local.as_ref().unwrap().parse().unwrap();
                let zone = zone(self.tz.as_ref().unwrap()).unwrap();
                assert_eq!(
                    shown(local::unambiguous(local, &zone).ok()),
                    self.instant,
                    "{local}"
                );
            }
            other => panic!("no check for the kind {other}"),
        }
    }

    fn check_window(&self) {
        let months = self.plus.as_ref().unwrap();
        let months = months
            .trim_start_matches('P')
            .trim_end_matches('M')
            .parse()
            .unwrap();
        let regime = Regimes::embedded().get("nis2-se").unwrap();
        let zone = zone(&regime.zone).unwrap();
        let rules = Rules {
            zone: &zone,
            days_off: &regime.days_off,
            shift: None,
        };
        let start = format!("{}T12:00:00Z", self.start.as_ref().unwrap());
        let end = deadline(start.parse().unwrap(), Period::Months(months), &rules);
        assert_eq!(shown(end.nominal_date), self.end);
    }
}

#[test]
fn our_vectors() {
    let vectors: Vec<Vector> =
        serde_saphyr::from_str(include_str!("data/law_vectors.yaml")).unwrap();
    assert!(vectors.len() > 80);
    for vector in &vectors {
        vector.check();
    }
}

#[derive(Deserialize)]
struct Shared {
    test_vectors: Vec<Vector>,
}

#[test]
fn the_shared_vectors() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/nis2/clocks.yaml"
    );
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: the_shared_vectors: ../shared is absent");
        return;
    };
    let shared: Shared = serde_saphyr::from_str(&text).unwrap();
    assert_eq!(shared.test_vectors.len(), 12);
    for vector in &shared.test_vectors {
        vector.check();
    }
}
