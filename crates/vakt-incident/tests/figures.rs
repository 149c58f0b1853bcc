//! Figures against a second computation that is written from their definitions, one figure at a time.

#![allow(clippy::unwrap_used)] // helpers of tests

use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::{Value, json};
use vakt_event::{Level, Timestamp};
use vakt_incident::figures::{
    AlertCounts, Case, Class, Facts, Figures, Period, Role, Spread, Traced, sheet,
};
use vakt_incident::incident::Origin;
use vakt_incident::{Clock, ClockState, IncidentState};

const HOUR: i64 = 3_600_000_000;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn month() -> Period {
    Period::parse("2026-11", &TimeZone::UTC).unwrap()
}

fn figures(cases: Vec<Case>, alerts: Vec<AlertCounts>) -> Figures {
    let facts = Facts {
        cases,
        alerts,
        ..Facts::default()
    };
    let before = month().before(&TimeZone::UTC);
    let now = at("2026-12-05T00:00:00Z");
    Figures::of(&facts, &month(), before.as_ref(), "UTC", now)
}

/// The digits of an id.
fn number_of(id: &str) -> i64 {
    let digits: String = id.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_default()
}

fn case(id: &str, detected_at: &str) -> Case {
    Case {
        id: id.to_owned(),
        number: number_of(id),
        stream: "default".to_owned(),
        drill: false,
        historic: false,
        origin: Origin::Detection,
        state: IncidentState::Draft,
        level: Some(Level::High),
        detected_at: at(detected_at),
        began_at: None,
        aware_at: None,
        rules: Vec::new(),
        clocks: Vec::new(),
    }
}

fn clock(stage: &str, state: ClockState, start: &str, due: &str, met: Option<&str>) -> Clock {
    Clock {
        regime: "nis2-se".to_owned(),
        stage: stage.to_owned(),
        party: "own".to_owned(),
        state,
        start: Some(at(start)),
        due: Some(at(due)),
        nominal_date: None,
        statutory_latest_date: None,
        statutory_latest: None,
        met_at: met.map(at),
        unconfirmed: false,
        late_reason: None,
        regimes_version: None,
        note: None,
    }
}

#[test]
fn a_period_has_its_first_instant_and_not_its_last() {
    let check = |detected: &str, expected: [u64; 2]| {
        let found = figures(vec![case("a", detected)], Vec::new());
        let before = found.real_before.unwrap().incidents.detected.count;
        assert_eq!(
            [found.real.incidents.detected.count, before],
            expected,
            "{detected}"
        );
    };
    check("2026-09-30T23:59:59.999999Z", [0, 0]);
    check("2026-10-01T00:00:00Z", [0, 1]);
    check("2026-10-31T23:59:59.999999Z", [0, 1]);
    check("2026-11-01T00:00:00Z", [1, 0]);
    check("2026-11-30T23:59:59.999999Z", [1, 0]);
    check("2026-12-01T00:00:00Z", [0, 0]);
}

#[test]
fn a_report_belongs_to_the_period_of_its_last_day() {
    let whole = |nominal: Option<&str>| {
        let met = Some("2026-10-20T00:00:00Z");
        let mut clock = clock(
            "final",
            ClockState::Met,
            "2026-10-01T00:00:00Z",
            "2026-11-01T00:00:00Z",
            met,
        );
        clock.nominal_date = nominal.map(|day| day.parse().unwrap());
        let mut case = case("a", "2026-09-30T00:00:00Z");
        case.clocks = vec![clock];
        let found = figures(vec![case], Vec::new());
        [
            found.real.reports.due.count,
            found.real_before.unwrap().reports.due.count,
        ]
    };
    // An hour that ends at midnight ends in the new month; a day that does, in the old one.
    assert_eq!(whole(None), [1, 0]);
    assert_eq!(whole(Some("2026-10-31")), [0, 1]);
}

#[test]
fn reports_are_on_time_late_overdue_or_running() {
    let (start, due) = ("2026-11-10T00:00:00Z", "2026-11-11T00:00:00Z");
    let mut one = case("a", "2026-11-10T00:00:00Z");
    let provisional = clock("x", ClockState::Provisional, start, due, None);
    one.clocks = vec![
        clock(
            "early_warning",
            ClockState::Met,
            start,
            due,
            Some("2026-11-10T06:00:00Z"),
        ),
        clock(
            "early_warning",
            ClockState::MetLate,
            start,
            due,
            Some("2026-11-12T00:00:00Z"),
        ),
        clock("notification", ClockState::Overdue, start, due, None),
        clock("notification", ClockState::Running, start, due, None),
        provisional,
    ];
    let found = figures(vec![one], Vec::new()).real;
    let all = &found.reports;
    let counts = [
        &all.due,
        &all.on_time,
        &all.late,
        &all.overdue,
        &all.running,
    ]
    .map(|it| it.count);
    assert_eq!(counts, [4, 1, 1, 1, 1]);
    assert_eq!(all.on_time_share, Some(0.3333));
    assert_eq!(all.to_submit.median_seconds, Some((6 + 48) * 3_600 / 2));
    // A quarter of the time, and twice the time.
    assert_eq!(
        (all.median_time_used, all.p90_time_used),
        (Some(1.125), Some(2.0))
    );
    let kinds: Vec<_> = found
        .by_report
        .iter()
        .map(|it| (it.stage.as_deref(), it.due.count))
        .collect();
    assert_eq!(
        kinds,
        [(Some("early_warning"), 2), (Some("notification"), 2)]
    );
    assert_eq!(found.by_report[1].to_submit, Spread::default());
}

#[test]
fn what_is_not_known_is_in_no_figure() {
    let mut known = case("known", "2026-11-10T00:00:00Z");
    known.began_at = Some(at("2026-11-09T22:00:00Z"));
    let unknown = case("unknown", "2026-11-10T00:00:00Z");
    let mut ahead = case("ahead", "2026-11-10T00:00:00Z");
    ahead.began_at = Some(at("2026-11-10T01:00:00Z"));
    let mut old = case("old", "2026-11-10T00:00:00Z");
    old.historic = true;
    old.began_at = Some(at("2020-11-10T00:00:00Z"));
    let mut part = case("part", "2026-11-10T00:00:00Z");
    part.state = IncidentState::Merged;
    part.began_at = Some(at("2026-11-01T00:00:00Z"));
    let times = figures(vec![known, unknown, ahead, old, part], Vec::new())
        .real
        .times;
    assert_eq!(times.to_detect.of.incidents, ["known"]);
    assert_eq!((times.to_detect.unknown, times.back_filled), (2, 1));
    assert_eq!(times.to_detect.median_seconds, Some(7_200));
    assert_eq!(times.to_awareness, Spread::default());
}

#[test]
fn drills_are_counted_apart() {
    let mut drill = case("drill", "2026-11-10T00:00:00Z");
    drill.drill = true;
    let counts = |drill| AlertCounts {
        rule_id: "r".to_owned(),
        rule_name: "R".to_owned(),
        level: Level::High,
        drill,
        alerts: 3,
        matches: 5,
        closed: 1,
        suppressed: 1,
        in_maintenance: 0,
    };
    let found = figures(
        vec![drill, case("real", "2026-11-10T00:00:00Z")],
        vec![counts(true), counts(false)],
    );
    assert_eq!(found.real.incidents.detected.incidents, ["real"]);
    assert_eq!(found.drills.incidents.detected.incidents, ["drill"]);
    assert_eq!(
        (found.real.alerts.alerts, found.drills.alerts.matches),
        (3, 5)
    );
}

#[test]
fn a_rule_is_judged_by_what_was_decided() {
    let with = |id: &str, state: IncidentState, rules: &[&str]| Case {
        state,
        rules: rules.iter().map(|&rule| rule.to_owned()).collect(),
        ..case(id, "2026-11-10T00:00:00Z")
    };
    let found = figures(
        vec![
            with("a", IncidentState::Dismissed, &["r1", "r2"]),
            with("b", IncidentState::Draft, &["r1"]),
            with("c", IncidentState::Notified, &["r1"]),
            with("d", IncidentState::Draft, &["r3"]),
            with("e", IncidentState::Merged, &["r1"]),
        ],
        Vec::new(),
    );
    let rules: Vec<_> = found
        .real
        .rules
        .iter()
        .map(|it| {
            (
                it.rule_id.as_str(),
                it.drafts.count,
                it.decided,
                it.dismissed.count,
                it.dismissed_share,
            )
        })
        .collect();
    assert_eq!(
        rules,
        [
            ("r1", 3, 2, 1, Some(0.5)),
            ("r2", 1, 1, 1, Some(1.0)),
            ("r3", 1, 0, 0, None),
        ]
    );
}

#[test]
fn a_figure_names_so_many_incidents_and_counts_the_rest() {
    let many = (0..150).map(|number| case(&format!("i{number}"), "2026-11-10T00:00:00Z"));
    let detected = figures(many.collect(), Vec::new()).real.incidents.detected;
    assert_eq!(
        (detected.count, detected.incidents.len(), detected.not_named),
        (150, 100, 50)
    );
    assert_eq!(detected.incidents[0], "i0");
}

#[test]
fn each_reader_has_its_figures() {
    let figures = figures(vec![case("a", "2026-11-10T00:00:00Z")], Vec::new());
    let members = |role: Role| {
        let mut json = serde_json::to_value(&figures).unwrap();
        role.keep(&mut json);
        let names = |value: &Value| {
            value
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect::<Vec<_>>()
        };
        (names(&json["real"]), names(&json["drills"]["incidents"]))
    };
    let (board, incidents) = members(Role::Board);
    assert_eq!(
        board,
        [
            "incidents",
            "times",
            "reports",
            "by_report",
            "rules_not_named"
        ]
    );
    assert_eq!(incidents, ["detected", "still_open", "by_class"]);
    let (it, incidents) = members(Role::It);
    assert!(it.contains(&"rules".to_owned()) && incidents.contains(&"by_stream".to_owned()));
}

#[test]
fn a_sheet_has_a_line_a_figure_and_no_formula() {
    let mut one = case("=cmd", "2026-11-10T00:00:00Z");
    one.stream = "-a,\"b\"".to_owned();
    let json = serde_json::to_value(figures(vec![one], Vec::new())).unwrap();
    let sheet = sheet(&json);
    let has = |line: &str| assert!(sheet.contains(&format!("{line}\r\n")), "{line}\n{sheet}");
    has("period,realm,section,name,figure,value,before,incidents,incidents_not_named");
    has("2026-11,real,incidents,,detected,1,0,'=cmd,0");
    has("2026-11,real,incidents.by_stream,\"'-a,\"\"b\"\"\",count,1,,'=cmd,0");
    has("2026-11,real,times,to_detect,median_seconds,,,,");
    has("2026-11,real,reports,,on_time_share,,,,");
    assert!(sheet.lines().all(|line| !line.is_empty()));
}

/// The definitions, one after the other: nothing is shared with the computation that they check.
mod naive {
    use super::*;

    /// At least half are not above it, and the number of those above and below differ by at most one.
    pub(super) fn spread(durations: &[(String, Option<i64>)]) -> Spread {
        let known: Vec<&(String, Option<i64>)> = durations
            .iter()
            .filter(|(_, micros)| micros.is_some_and(|it| it >= 0))
            .collect();
        let mut sorted: Vec<i64> = known.iter().filter_map(|it| it.1).collect();
        sorted.sort_by(|a, b| b.cmp(a));
        sorted.reverse();
        let count = sorted.len();
        let median = (count > 0).then(|| {
            let low = sorted[(count - 1) / 2];
            let high = sorted[count / 2];
            i64::try_from((i128::from(low) + i128::from(high)) / 2).unwrap()
        });
        let p90 = sorted.iter().copied().find(|candidate| {
            let not_above = sorted.iter().filter(|it| *it <= candidate).count();
            not_above * 10 >= count * 9
        });
        Spread {
            of: traced(known.iter().map(|it| it.0.clone()).collect()),
            unknown: u64::try_from(durations.len() - count).unwrap(),
            median_seconds: median.map(|it| it / 1_000_000),
            p90_seconds: p90.map(|it| it / 1_000_000),
            max_seconds: sorted.iter().max().map(|it| it / 1_000_000),
        }
    }

    pub(super) fn traced(ids: Vec<String>) -> Traced {
        let count = ids.len();
        let incidents: Vec<String> = ids.into_iter().take(100).collect();
        Traced {
            count: u64::try_from(count).unwrap(),
            not_named: u64::try_from(count - incidents.len()).unwrap(),
            numbers: incidents.iter().map(|id| super::number_of(id)).collect(),
            incidents,
        }
    }
}

fn cases() -> impl Strategy<Value = Vec<Case>> {
    // From a month before the period to one after it, by the hour and at its very ends.
    let hour = prop_oneof![
        8 => -800_i64..800,
        1 => Just(0),
        1 => Just(720),
    ];
    let state = prop::sample::select(IncidentState::ALL.to_vec());
    let one = (
        hour,
        state,
        any::<(bool, bool)>(),
        prop::option::of(-40_i64..100),
        prop::option::of(-10_i64..200),
        prop::collection::vec((0_i64..100, 1_i64..100, prop::option::of(0_i64..200)), 0..4),
    );
    prop::collection::vec(one, 0..30).prop_map(|all| {
        let numbered = all.into_iter().enumerate();
        let case = |(number, (hour, state, (drill, historic), began, aware, clocks))| {
            made(number, hour, state, drill, historic, began, aware, clocks)
        };
        numbered.map(case).collect()
    })
}

#[allow(clippy::too_many_arguments)] // what a strategy gives
fn made(
    number: usize,
    hour: i64,
    state: IncidentState,
    drill: bool,
    historic: bool,
    began: Option<i64>,
    aware: Option<i64>,
    clocks: Vec<(i64, i64, Option<i64>)>,
) -> Case {
    let detected = at("2026-11-01T00:00:00Z").saturating_add_micros(hour * HOUR);
    let after = |hours: i64| detected.saturating_add_micros(hours * HOUR);
    let clocks = clocks.into_iter().map(|(start, length, met)| {
        let met = met.map(|hours| after(start + hours));
        let due = after(start + length);
        let state = match met {
            None if due < at("2026-12-05T00:00:00Z") => ClockState::Overdue,
            None => ClockState::Running,
            Some(met) if met <= due => ClockState::Met,
            Some(_) => ClockState::MetLate,
        };
        Clock {
            start: Some(after(start)),
            due: Some(due),
            met_at: met,
            ..clock(
                "early_warning",
                state,
                "2026-11-01T00:00:00Z",
                "2026-11-01T00:00:00Z",
                None,
            )
        }
    });
    Case {
        drill,
        historic,
        state,
        detected_at: detected,
        began_at: began.map(|hours| after(-hours)),
        aware_at: aware.map(after),
        clocks: clocks.collect(),
        ..case(&format!("i{number}"), "2026-11-01T00:00:00Z")
    }
}

proptest! {
    #[test]
    fn figures_are_what_their_definitions_say(cases in cases(), drill in any::<bool>()) {
        let (from, until) = (at("2026-11-01T00:00:00Z"), at("2026-12-01T00:00:00Z"));
        let found = figures(cases.clone(), Vec::new());
        let found = if drill { found.drills } else { found.real };
        let own: Vec<&Case> = cases.iter().filter(|case| case.drill == drill).collect();
        let is_in = |it: Timestamp| it.micros() >= from.micros() && it.micros() < until.micros();

        let detected: Vec<&&Case> = own.iter().filter(|case| is_in(case.detected_at)).collect();
        let ids = |of: &[&&Case]| naive::traced(of.iter().map(|case| case.id.clone()).collect());
        prop_assert_eq!(&found.incidents.detected, &ids(&detected));
        for class in Class::ALL {
            let part: Vec<&&Case> = detected.iter().filter(|it| Class::of(it.state) == class).copied().collect();
            let named = found.incidents.by_class.iter().find(|it| it.name == class.as_str());
            prop_assert_eq!(named.map(|it| it.of.clone()).unwrap_or_default(), ids(&part));
        }
        let whole: u64 = found.incidents.by_state.iter().map(|it| it.of.count).sum();
        prop_assert_eq!(whole, found.incidents.detected.count);

        let took = |case: &&&Case| {
            let micros = case.began_at.map(|began| case.detected_at.micros() - began.micros());
            (case.id.clone(), micros)
        };
        let seen: Vec<_> = detected
            .iter()
            .filter(|case| !case.historic && case.state != IncidentState::Merged)
            .map(took)
            .collect();
        prop_assert_eq!(&found.times.to_detect, &naive::spread(&seen));
        let known: Vec<_> = own
            .iter()
            .filter(|case| case.state != IncidentState::Merged && case.aware_at.is_some_and(is_in))
            .map(|case| (case.id.clone(), case.aware_at.map(|it| it.micros() - case.detected_at.micros())))
            .collect();
        prop_assert_eq!(&found.times.to_awareness, &naive::spread(&known));

        let mut due: Vec<(&str, &Clock)> = Vec::new();
        for case in &own {
            due.extend(case.clocks.iter().filter(|it| is_in(it.due.unwrap())).map(|it| (case.id.as_str(), it)));
        }
        let of = |states: &[ClockState]| {
            let of = due.iter().filter(|(_, clock)| states.contains(&clock.state));
            naive::traced(of.map(|(id, _)| (*id).to_owned()).collect())
        };
        use ClockState::{Met, MetLate, Overdue, Running};
        prop_assert_eq!(&found.reports.due, &of(&[Met, MetLate, Overdue, Running]));
        prop_assert_eq!(&found.reports.on_time, &of(&[Met]));
        prop_assert_eq!(&found.reports.late, &of(&[MetLate]));
        prop_assert_eq!(&found.reports.overdue, &of(&[Overdue]));
        prop_assert_eq!(&found.reports.running, &of(&[Running]));
        let submitted: Vec<_> = due
            .iter()
            .filter(|(_, clock)| clock.met_at.is_some())
            .map(|(id, clock)| {
                let took = clock.met_at.unwrap().micros() - clock.start.unwrap().micros();
                ((*id).to_owned(), Some(took))
            })
            .collect();
        prop_assert_eq!(&found.reports.to_submit, &naive::spread(&submitted));
        if due.is_empty() {
            prop_assert_eq!(json!(found.reports)["on_time_share"].clone(), Value::Null);
        }
    }
}
