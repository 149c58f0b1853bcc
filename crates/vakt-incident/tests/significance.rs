//! The criteria of significance: for each one just below, at and just above its limit; outages; and
//! incidents that count together.

#![allow(clippy::unwrap_used)] // helpers of tests

use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::tz::TimeZone;
use serde::Deserialize;
use vakt_event::Timestamp;
use vakt_incident::significance::{
    Answer, Answers, Away, Criteria, InputKind, Kind, Outcome, Quantity, Reading, SmallIncident,
    Span, Value, counted, recurrences, timers, worst_week,
};

/// Data of our own: what is known, and what follows.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    #[serde(default)]
    types: Vec<String>,
    known: BTreeMap<String, String>,
    /// The criteria that are met, and those that stay open.
    #[serde(default)]
    met: Vec<String>,
    #[serde(default)]
    open: Vec<String>,
}

fn answers(criteria: &Criteria, known: &BTreeMap<String, String>) -> Answers {
    let mut answers = Answers::default();
    for (name, text) in known {
        let input = criteria
            .input(name)
            .unwrap_or_else(|| panic!("no input {name}"));
        let value = match input.kind {
            InputKind::YesNo => Value::YesNo(text == "yes"),
            InputKind::Number | InputKind::Duration => Value::Quantity(text.parse().unwrap()),
        };
        let answer = Answer {
            value,
            by: "ada".to_owned(),
            source: "test".to_owned(),
            at: None,
        };
        answers.set(name, answer);
    }
    answers
}

/// Everything that was not answered is answered no, so that only what a vector is about is open.
fn with_nos(criteria: &Criteria, known: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut all = known.clone();
    for input in criteria.inputs.iter().filter(|input| !input.base) {
        let no = match input.kind {
            InputKind::YesNo => "no",
            InputKind::Number => "0",
            InputKind::Duration => "PT0S",
        };
        all.entry(input.name.clone())
            .or_insert_with(|| no.to_owned());
    }
    all
}

#[test]
fn each_criterion_below_at_and_above_its_limit() {
    let criteria = Criteria::embedded();
    let vectors: Vec<Vector> =
        serde_saphyr::from_str(include_str!("data/significance_vectors.yaml")).unwrap();
    let mut touched: Vec<String> = Vec::new();
    for vector in &vectors {
        let known = with_nos(criteria, &vector.known);
        let assessment = criteria.assess(&vector.types, &answers(criteria, &known));
        let with = |outcome: Outcome| {
            let of = assessment
                .criteria
                .iter()
                .filter(|it| it.outcome == outcome);
            of.map(|it| it.criterion.clone()).collect::<Vec<_>>()
        };
        assert_eq!(with(Outcome::Met), vector.met, "{}", vector.name);
        assert_eq!(with(Outcome::Open), vector.open, "{}", vector.name);
        touched.extend(vector.met.clone());
    }
    // No criterion of the data is left untried.
    let types = criteria.entity_types.iter().flat_map(|it| &it.criteria);
    let all = criteria
        .horizontal
        .iter()
        .chain(&criteria.general)
        .chain(types);
    let untried: Vec<&str> = all
        .map(|it| it.id.as_str())
        .filter(|id| !touched.iter().any(|it| it == id))
        .collect();
    assert_eq!(untried, Vec::<&str>::new());
}

#[test]
fn what_nobody_has_answered_is_named_and_each_answer_has_its_origin() {
    let criteria = Criteria::embedded();
    let known = BTreeMap::from(
        [
            ("users_limited", "21"),
            ("service_users", "400"),
            ("data_compromised", "no"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    let assessment = criteria.assess(&["msp"], &answers(criteria, &known));
    insta::assert_snapshot!(serde_json::to_string_pretty(&assessment).unwrap());
}

#[test]
fn a_fault_of_the_data_is_said_at_its_place() {
    let mut all = String::new();
    let mut check = |from: &str, to: &str| {
        let data = include_str!("../data/thresholds.yaml");
        assert!(data.contains(from), "{from}");
        let error = Criteria::parse(&data.replacen(from, to, 1)).unwrap_err();
        writeln!(all, "{error}\n").unwrap();
    };
    check("schema: 1", "schema: 2");
    check("{is: trade_secrets_exfiltrated}", "{is: trade_secrets}");
    check("{is: death}", "{is: turnover_eur}");
    check("id: H-b", "id: H-a");
    check("percent: 5,", "percent: 500,");
    check("than: PT30M", "than: half an hour");
    check("type: tld", "type: dns");
    insta::assert_snapshot!(all);
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn span(from: &str, until: &str) -> Span {
    Span {
        from: at(from),
        until: (until != "-").then(|| at(until)),
    }
}

#[test]
fn outages_are_counted_in_both_readings_of_a_window_that_they_outlast() {
    let now = at("2026-11-24T12:00:00Z");
    let check = |outage: Span, planned: &[Span], overrun: &str, whole: &str| {
        let counted = counted(outage, planned, now);
        assert_eq!(
            (counted.overrun.as_duration(), counted.whole.as_duration()),
            (overrun.to_owned(), whole.to_owned())
        );
    };
    let outage = span("2026-11-24T10:00:00Z", "2026-11-24T10:45:00Z");
    check(outage, &[], "45 min", "45 min");
    let window = span("2026-11-24T09:00:00Z", "2026-11-24T10:30:00Z");
    check(outage, &[window], "15 min", "45 min");
    let second = span("2026-11-24T10:20:00Z", "2026-11-24T11:00:00Z");
    check(outage, &[window, second], "0 s", "0 s");
    let going_on = span("2026-11-24T11:00:00Z", "-");
    check(going_on, &[], "1 h", "1 h");
    // What is to come has not happened.
    check(span("2026-11-24T13:00:00Z", "-"), &[], "0 s", "0 s");
}

#[test]
fn a_week_is_the_calendars_in_the_zone() {
    let zone = TimeZone::get("Europe/Stockholm").unwrap();
    let now = at("2026-12-31T00:00:00Z");
    let read = |outages: &[Span], planned: &[Span], reading| {
        worst_week(outages, planned, now, &zone, reading).as_duration()
    };
    let check = |outages: &[Span], expected: &str| {
        assert_eq!(read(outages, &[], Reading::Whole), expected);
        assert_eq!(read(outages, &[], Reading::Overrun), expected);
    };
    let outage = span("2026-11-24T10:00:00Z", "2026-11-24T10:45:00Z");
    let window = span("2026-11-24T09:00:00Z", "2026-11-24T10:30:00Z");
    assert_eq!(read(&[outage], &[window], Reading::Whole), "45 min");
    assert_eq!(read(&[outage], &[window], Reading::Overrun), "15 min");
    let covered = span("2026-11-24T09:30:00Z", "2026-11-24T10:30:00Z");
    assert_eq!(
        read(&[covered, outage], &[window], Reading::Whole),
        "45 min"
    );
    // Monday 30 November begins at 23:00 UTC on Sunday.
    check(
        &[span("2026-11-29T22:40:00Z", "2026-11-29T23:30:00Z")],
        "30 min",
    );
    check(
        &[
            span("2026-11-23T10:00:00Z", "2026-11-23T10:19:00Z"),
            span("2026-11-24T10:00:00Z", "2026-11-24T10:19:00Z"),
            span("2026-11-29T10:00:00Z", "2026-11-29T10:23:00Z"),
            span("2026-11-30T10:00:00Z", "2026-11-30T10:50:00Z"),
        ],
        "1 h 1 min",
    );
    // The week in which clocks are put back has an hour more.
    check(
        &[span("2026-10-18T22:00:00Z", "2026-11-20T00:00:00Z")],
        "169 h",
    );
}

/// `MSP-a 20:00:00.000001 …`: the criterion, its instant in the reading that is earlier, in the other where that is
/// another, and what else it depends on.
fn found(
    entity_type: &str,
    kind: Kind,
    outages: &[Span],
    planned: &[Span],
    known: &[(&str, &str)],
) -> Vec<String> {
    let criteria = Criteria::embedded();
    let known: BTreeMap<String, String> = known
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect();
    let answers = answers(criteria, &known);
    let zone = TimeZone::get("Europe/Stockholm").unwrap();
    let away = Away {
        kind,
        span: *outages.last().unwrap(),
        complete: if kind == Kind::Complete { outages } else { &[] },
        planned,
        users: known.get("service_users").map(|it| it.parse().unwrap()),
        zone: &zone,
        answers: &answers,
        source: "the test",
    };
    let time = |at: Timestamp| at.to_string().trim_start_matches("2026-11-24T").to_owned();
    let found = timers(criteria, &[entity_type], &away, at("2026-11-24T19:31:00Z"));
    let shown = found.into_iter().map(|it| {
        let mut text = format!("{} {}", it.criterion, time(it.at));
        match it.at_by_overrun {
            Some(other) if other == it.at => {}
            other => text.push_str(&format!(" or {}", other.map_or("never".to_owned(), time))),
        }
        if it.outcome == Outcome::Open {
            text.push_str(&format!(" with {}", it.missing.join(", ")));
        }
        text
    });
    shown.collect()
}

#[test]
fn the_instant_at_which_each_criterion_of_a_service_is_met() {
    let check = |entity_type: &str,
                 kind,
                 outages: &[Span],
                 planned: &[Span],
                 known: &[(&str, &str)],
                 expected: &[&str]| {
        let found = found(entity_type, kind, outages, planned, known);
        assert_eq!(
            found, expected,
            "{entity_type} {kind} {outages:?} {planned:?} {known:?}"
        );
    };
    use Kind::{Complete, Limited, Slow};
    let on = span("2026-11-24T19:30:00Z", "-");
    let all = &[("service_users", "400")][..];
    // Each limit of time there is: 20 min, 30 min, 1 h, any.
    check(
        "trust_service",
        Complete,
        &[on],
        &[],
        &[],
        &["TSP-a 19:50:00.000001Z", "TSP-b 20:30:00.000001Z"],
    );
    check(
        "msp",
        Complete,
        &[on],
        &[],
        &[],
        &["MSP-a 20:00:00.000001Z"],
    );
    check("dns", Slow, &[on], &[], &[], &["DNS-b 20:30:00.000001Z"]);
    check(
        "data_centre",
        Complete,
        &[on],
        &[],
        &[],
        &["DC-a 19:30:00.000001Z"],
    );
    check(
        "data_centre",
        Limited,
        &[on],
        &[],
        &[],
        &["DC-b 20:30:00.000001Z"],
    );
    check(
        "tld",
        Complete,
        &[on],
        &[],
        &[],
        &["TLD-a 19:30:00.000001Z"],
    );
    // One that lasted exactly as long as the limit does not meet it; a microsecond more does.
    let exact = span("2026-11-24T19:00:00Z", "2026-11-24T19:30:00Z");
    check("msp", Complete, &[exact], &[], &[], &[]);
    let more = span("2026-11-24T19:00:00Z", "2026-11-24T19:30:00.000001Z");
    check(
        "msp",
        Complete,
        &[more],
        &[],
        &[],
        &["MSP-a 19:30:00.000001Z"],
    );
    // How many are concerned: the possible maximum, what a person says, or nobody knows.
    check("msp", Limited, &[on], &[], all, &["MSP-b 20:30:00.000001Z"]);
    check(
        "msp",
        Limited,
        &[on],
        &[],
        &[("service_users", "400"), ("users_limited", "20")],
        &[],
    );
    check(
        "msp",
        Limited,
        &[on],
        &[],
        &[("service_users", "400"), ("users_limited", "21")],
        &["MSP-b 20:30:00.000001Z"],
    );
    check(
        "msp",
        Limited,
        &[on],
        &[],
        &[],
        &["MSP-b 20:30:00.000001Z with users_limited, service_users"],
    );
    check(
        "search_engine",
        Complete,
        &[on],
        &[],
        all,
        &["SRCH-a 19:30:00.000001Z"],
    );
    check(
        "trust_service",
        Limited,
        &[on],
        &[],
        &[("users_limited", "200001")],
        &["TSP-c 19:30:00.000001Z"],
    );
    // What was answered of durations is measured all the same.
    check(
        "msp",
        Complete,
        &[on],
        &[],
        &[("unavailable_for", "PT1M")],
        &["MSP-a 20:00:00.000001Z"],
    );
    // Planned work: the whole counts as soon as it is outlasted, which is earlier; or what is beyond it.
    let window = |from: &str, until: &str| {
        span(
            &format!("2026-11-24T{from}Z"),
            &format!("2026-11-24T{until}Z"),
        )
    };
    check(
        "msp",
        Complete,
        &[on],
        &[window("19:00:00", "20:15:00")],
        &[],
        &["MSP-a 20:15:00.000001Z or 20:45:00.000001Z"],
    );
    check(
        "msp",
        Complete,
        &[on],
        &[window("19:00:00", "19:40:00")],
        &[],
        &["MSP-a 20:00:00.000001Z or 20:10:00.000001Z"],
    );
    check(
        "msp",
        Complete,
        &[on],
        &[
            window("19:00:00", "19:40:00"),
            window("19:40:00", "20:30:00"),
        ],
        &[],
        &["MSP-a 20:30:00.000001Z or 21:00:00.000001Z"],
    );
    let over = span("2026-11-24T19:30:00Z", "2026-11-24T20:20:00Z");
    check(
        "msp",
        Complete,
        &[over],
        &[window("19:00:00", "20:15:00")],
        &[],
        &["MSP-a 20:15:00.000001Z or never"],
    );
    check(
        "msp",
        Complete,
        &[over],
        &[window("19:00:00", "20:20:00")],
        &[],
        &[],
    );
    // The sum of a calendar week, and only once.
    let first = span("2026-11-23T08:00:00Z", "2026-11-23T08:19:00Z");
    let second = span("2026-11-24T08:00:00Z", "2026-11-24T08:19:00Z");
    check(
        "trust_service",
        Complete,
        &[first, second, on],
        &[],
        &[],
        &["TSP-a 19:50:00.000001Z", "TSP-b 19:52:00.000001Z"],
    );
    let long = span("2026-11-24T08:00:00Z", "2026-11-24T09:30:00Z");
    check(
        "trust_service",
        Complete,
        &[long, on],
        &[],
        &[],
        &["TSP-a 19:50:00.000001Z"],
    );
    let last_week = span("2026-11-20T08:00:00Z", "2026-11-20T09:30:00Z");
    check(
        "trust_service",
        Complete,
        &[last_week, on],
        &[],
        &[],
        &["TSP-a 19:50:00.000001Z", "TSP-b 20:30:00.000001Z"],
    );
}

#[test]
fn small_incidents_of_one_cause_within_six_months_count_together() {
    let criteria = Criteria::embedded();
    let small = |id: &str, day: &str, cause: Option<&str>, loss: &str| SmallIncident {
        id: id.to_owned(),
        day: day.parse().unwrap(),
        root_cause: cause.map(str::to_owned),
        loss_eur: loss.parse().ok(),
    };
    let turnover: Option<Quantity> = "6000000".parse().ok();
    let check = |incidents: &[SmallIncident], turnover, expected: &[(&[&str], Outcome)]| {
        let found = recurrences(criteria, incidents, turnover);
        let found: Vec<(Vec<&str>, Outcome)> = found
            .iter()
            .map(|it| (it.members.iter().map(String::as_str).collect(), it.outcome))
            .collect();
        let expected: Vec<(Vec<&str>, Outcome)> = expected
            .iter()
            .map(|(ids, outcome)| (ids.to_vec(), *outcome))
            .collect();
        assert_eq!(found, expected);
    };
    let first = small("a", "2026-03-31", Some("expired certificate"), "160000");
    let last_day = small("b", "2026-09-30", Some("expired certificate"), "160000");
    let too_late = small("c", "2026-10-01", Some("expired certificate"), "160000");
    let other = small("d", "2026-09-30", Some("power"), "160000");
    let unknown = small("e", "2026-09-30", None, "160000");
    let both: &[&str] = &["a", "b"];
    check(
        &[first.clone(), last_day.clone()],
        turnover,
        &[(both, Outcome::Met)],
    );
    check(&[first.clone(), too_late.clone()], turnover, &[]);
    check(&[first.clone(), other, unknown], turnover, &[]);
    check(
        &[first.clone(), last_day.clone()],
        None,
        &[(both, Outcome::Open)],
    );
    check(
        &[first, last_day.clone(), too_late],
        turnover,
        &[(&["a", "b"], Outcome::Met), (&["b", "c"], Outcome::Met)],
    );
    // Two groups that each meet it are two.
    let year: Vec<SmallIncident> = [
        ("g", "2026-01-10"),
        ("h", "2026-02-10"),
        ("i", "2026-09-10"),
        ("j", "2026-10-10"),
    ]
    .map(|(id, day)| small(id, day, Some("cert"), "160000"))
    .to_vec();
    check(
        &year,
        turnover,
        &[(&["g", "h"], Outcome::Met), (&["i", "j"], Outcome::Met)],
    );
    // A loss that nobody knows is not none.
    let mut unknown = year[..2].to_vec();
    unknown[1].loss_eur = None;
    check(&unknown, turnover, &[(&["g", "h"], Outcome::Open)]);
    assert_eq!(
        recurrences(criteria, &unknown, turnover)[0].missing,
        ["financial_loss_eur"]
    );
    unknown[0].loss_eur = "300001".parse().ok();
    check(&unknown, turnover, &[(&["g", "h"], Outcome::Met)]);
    let at_limit = small("f", "2026-09-01", Some("expired certificate"), "140000");
    check(
        &[last_day, at_limit],
        turnover,
        &[(&["f", "b"], Outcome::NotMet)],
    );
}

/// The vectors of the shared data, in its words.
#[derive(Deserialize)]
struct Shared {
    test_vectors: Vec<SharedVector>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SharedVector {
    given: BTreeMap<String, serde_json::Value>,
    significant: bool,
    #[serde(default)]
    by: Option<String>,
    #[serde(default, rename = "why")]
    _why: Option<String>,
}

impl SharedVector {
    /// The type of entity, and what is known, by the names of our inputs.
    fn known(&self) -> (String, BTreeMap<String, String>) {
        let mut known = BTreeMap::new();
        let mut set = |name: &str, value: String| known.insert(name.to_owned(), value);
        let mut entity_type = String::new();
        let is_planned = self.given.contains_key("inside_planned_maintenance");
        for (name, value) in &self.given {
            let text = match value {
                serde_json::Value::String(text) => text.clone(),
                serde_json::Value::Bool(yes) => ["no", "yes"][usize::from(*yes)].to_owned(),
                other => other.to_string(),
            };
            match name.as_str() {
                "type" if text == "any" => entity_type = "msp".to_owned(),
                "type" => entity_type = text,
                "complete_unavailability" if is_planned => {
                    let (from, until) = ("2026-11-24T00:00:00Z", "2026-11-24T03:00:00Z");
                    let outage = span(from, until);
                    let counted = counted(outage, &[outage], at(until)).whole;
                    set("unavailable_for", counted.to_string());
                }
                "complete_unavailability" => drop(set("unavailable_for", text)),
                "duration" => drop(set("limited_for", text)),
                "service_users_eu" => drop(set("service_users", text)),
                "users" => drop(set("users_data", text)),
                "loss_eur" => drop(set("financial_loss_eur", text)),
                "managed" => drop(set("domains_managed", text)),
                "cause" => {
                    set("misconfiguration", "yes".to_owned());
                    set("data_compromised", "yes".to_owned());
                }
                "outages_in_iso_week" => {
                    let outages: Vec<Quantity> = serde_json::from_value(value.clone()).unwrap();
                    let sum: i64 = outages.iter().map(|it| it.micros()).sum();
                    set(
                        "unavailable_in_week",
                        Quantity::from_micros(sum).to_string(),
                    );
                }
                "incidents" | "same_root_cause" | "inside_planned_maintenance" => {}
                name => drop(set(name, text)),
            }
        }
        (entity_type, known)
    }

    fn check(&self) {
        let criteria = Criteria::embedded();
        let (entity_type, known) = self.known();
        if let Some(incidents) = self.given.get("incidents") {
            let small: Vec<SmallIncident> = incidents
                .as_array()
                .unwrap()
                .iter()
                .map(|it| SmallIncident {
                    id: it["d"].as_str().unwrap().to_owned(),
                    day: it["d"].as_str().unwrap().parse().unwrap(),
                    root_cause: Some("the same".to_owned()),
                    loss_eur: it["loss_eur"].to_string().parse().ok(),
                })
                .collect();
            let turnover = known["turnover_eur"].parse().ok();
            let found = recurrences(criteria, &small, turnover);
            let met = found.iter().any(|it| it.outcome == Outcome::Met);
            assert_eq!(met, self.significant, "{:?}", self.given);
            return;
        }
        let known = with_nos(criteria, &known);
        let assessment = criteria.assess(&[&entity_type], &answers(criteria, &known));
        let met = |id: &str| {
            let mut criteria = assessment.criteria.iter();
            criteria.any(|it| it.criterion == id && it.outcome == Outcome::Met)
        };
        let is_met = assessment.outcome == Outcome::Met;
        assert_eq!(
            is_met, self.significant,
            "{:?}: {assessment:#?}",
            self.given
        );
        if let (true, Some(by)) = (self.significant, &self.by) {
            assert!(met(by), "{:?}: {assessment:#?}", self.given);
        }
    }
}

#[test]
fn the_shared_vectors_of_the_thresholds() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/nis2/thresholds.yaml"
    );
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: the_shared_vectors_of_the_thresholds: ../shared is absent");
        return;
    };
    let shared: Shared = serde_saphyr::from_str(&text).unwrap();
    assert_eq!(shared.test_vectors.len(), 16);
    for vector in &shared.test_vectors {
        vector.check();
    }
}
