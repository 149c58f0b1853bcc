//! Facts move incidents: what is doubtful is recorded with a warning, what follows is derived.

#![allow(clippy::unwrap_used)] // helpers of tests

mod common;

use common::{START, Store, brute_force, event, of_events};
use vakt_event::Clock as _;
use vakt_incident::{
    ClockState, Error, FactError, IncidentFilter, IncidentState, NewFact, NewIncident, PageRequest,
    Recorded,
};

/// The doubt about a submission of which nothing is kept.
const NO_DOCUMENT: &str = "it names no document: keep one and record that it was sent, or the file \
    that was, so that the hash of what was sent is on record";

/// A store with a draft detected at [`START`], and a day's clock after it.
fn with_draft() -> Store {
    let store = Store::new();
    store.apply(&[brute_force(&store, "203.0.113.7", 12)]);
    store
}

fn clocks(recorded: &Recorded) -> Vec<String> {
    let clocks = &recorded.incident.incident.clocks;
    clocks
        .iter()
        .map(|clock| {
            let due = clock
                .due
                .map_or_else(|| "-".to_owned(), |due| due.to_string());
            format!("{} {} {due}", clock.stage, clock.state)
        })
        .collect()
}

#[test]
fn an_incident_from_awareness_to_its_review() {
    let store = with_draft();
    let check = |pause: i64, fact: &str, state: IncidentState, expected: [&str; 3]| {
        store.clock.advance(pause);
        let recorded = store.fact("1", fact);
        assert_eq!(recorded.incident.incident.state, state, "{fact}");
        assert_eq!(clocks(&recorded), expected, "{fact}");
        recorded.warnings
    };
    let none = Vec::<String>::new();
    let warnings = check(
        600,
        r#"{"fact":"aware","at":"2026-11-23T20:08:00Z","by":"Bo Ek"}"#,
        IncidentState::Significant,
        [
            "early_warning running 2026-11-24T20:08:00Z",
            "notification running 2026-11-26T20:08:00Z",
            "final projected -",
        ],
    );
    assert_eq!(warnings, none);
    let warnings = check(
        3_600,
        r#"{"fact":"submitted","report":"early_warning","reference":"A-1"}"#,
        IncidentState::EarlyWarned,
        [
            "early_warning met 2026-11-24T20:08:00Z",
            "notification running 2026-11-26T20:08:00Z",
            "final projected -",
        ],
    );
    assert_eq!(warnings, [NO_DOCUMENT]);
    check(
        2 * 86_400,
        r#"{"fact":"submitted","report":"notification","reference":"A-2","at":"2026-11-25T12:00:00Z"}"#,
        IncidentState::Notified,
        [
            "early_warning met 2026-11-24T20:08:00Z",
            "notification met 2026-11-26T20:08:00Z",
            "final running 2026-12-25T23:00:00Z",
        ],
    );
    check(
        86_400,
        r#"{"fact":"handled"}"#,
        IncidentState::Handled,
        [
            "early_warning met 2026-11-24T20:08:00Z",
            "notification met 2026-11-26T20:08:00Z",
            "final running 2026-12-25T23:00:00Z",
        ],
    );
    let warnings = check(
        31 * 86_400,
        r#"{"fact":"submitted","report":"final","reference":"A-3"}"#,
        IncidentState::FinalReported,
        [
            "early_warning met 2026-11-24T20:08:00Z",
            "notification met 2026-11-26T20:08:00Z",
            "final met_late 2026-12-25T23:00:00Z",
        ],
    );
    assert_eq!(
        warnings,
        [NO_DOCUMENT, "it is late: record the reason for the delay"]
    );
    let said = store.fact("1", r#"{"fact":"closed"}"#);
    assert_eq!(said.incident.incident.state, IncidentState::FinalReported);
    assert_eq!(
        said.warnings,
        [
            "no review is signed: it is not closed, and stays in the list of incidents without a \
             review"
        ]
    );
    let closed = store.sign_review("1");
    assert_eq!(closed.incident.incident.state, IncidentState::Closed);
    let facts: Vec<String> = closed
        .incident
        .facts
        .iter()
        .map(|fact| format!("{} by {} for {}", fact.fact, fact.recorded_by, fact.by))
        .collect();
    assert_eq!(
        facts,
        [
            "detected by vakt for vakt",
            "aware by anna for Bo Ek",
            "submitted by anna for anna",
            "submitted by anna for anna",
            "handled by anna for anna",
            "submitted by anna for anna",
            "closed by anna for anna",
            "reviewed by anna for anna",
        ]
    );
    let superseded: Vec<ClockState> = closed
        .incident
        .history
        .iter()
        .map(|clock| clock.state)
        .collect();
    assert_eq!(superseded, [ClockState::Superseded; 2]);
}

#[test]
fn the_story_survives_a_restart() {
    let store = with_draft();
    let recorded = store.fact("1", r#"{"fact":"aware"}"#);
    let store = store.restart();
    assert_eq!(store.records.incident("1").unwrap(), recorded.incident);
}

#[test]
fn a_fact_that_happened_is_recorded_with_its_doubts() {
    let check = |before: &[&str], fact: &str, expected: &[&str]| {
        let store = with_draft();
        for before in before {
            store.fact("1", before);
        }
        let count = store.records.incident("1").unwrap().facts.len();
        let recorded = store.fact("1", fact);
        assert_eq!(recorded.warnings, expected, "{fact}");
        assert_eq!(recorded.incident.facts.len(), count + 1);
        assert!(store.records.verify_audit().unwrap().is_sound());
    };
    const AWARE: &str = r#"{"fact":"aware"}"#;
    check(
        &[],
        r#"{"fact":"aware","at":"2026-11-20T00:00:00Z"}"#,
        &["awareness lies before the first matched event, at 2026-11-23T19:59:57Z"],
    );
    check(
        &[r#"{"fact":"aware","at":"2026-11-23T19:59:58Z"}"#],
        AWARE,
        &[
            "awareness at 2026-11-23T19:59:58Z is already recorded and keeps counting: it moves \
             earlier freely, and later only with a reason and two approvals",
        ],
    );
    check(
        &[],
        r#"{"fact":"aware_pdb"}"#,
        &[
            "none of the incident's regimes counts from `aware_pdb`: it starts no clock; record \
             `regime_applies` if one of gdpr, gdpr-processor applies",
        ],
    );
    check(
        &[],
        r#"{"fact":"aware","at":"2026-11-23T20:04:00Z"}"#,
        &["the time lies a little ahead of this machine's clock"],
    );
    check(
        &[r#"{"fact":"dismissed","reason":"a test"}"#],
        AWARE,
        &["the assessment had ended: the incident is taken up again"],
    );
    check(
        &[],
        r#"{"fact":"submitted","report":"early_warning"}"#,
        &[
            "no reference is given: record the receipt's number when it comes",
            "no awareness is declared: it counts as no later than this submission",
            NO_DOCUMENT,
        ],
    );
    check(
        &[AWARE],
        r#"{"fact":"submitted","report":"early_warning","reference":"phone","at":"2026-11-23T19:00:00Z"}"#,
        &[
            "it was submitted before the declared awareness at 2026-11-23T20:00:00Z: awareness \
             counts from the submission",
            NO_DOCUMENT,
        ],
    );
    check(
        &[AWARE],
        r#"{"fact":"submitted","report":"final","reference":"x"}"#,
        &[
            "no notification is recorded before it",
            "the incident is not recorded as handled",
            NO_DOCUMENT,
        ],
    );
    check(
        &[AWARE],
        r#"{"fact":"submitted","report":"authority","reference":"x"}"#,
        &["the incident's regimes (nis2-se) have no such report: it meets no clock"],
    );
    check(
        &[AWARE],
        r#"{"fact":"dismissed","reason":"a test"}"#,
        &[
            "awareness is already declared: official clocks go on, and the state stays; \
             `downgraded`, with two approvals, takes it back",
        ],
    );
    check(
        &[],
        r#"{"fact":"not_significant"}"#,
        &[
            "no reason is given: an authority may ask for it",
            "not every criterion is answered: G-a, G-a2, G-b stay open; `vakt incidents assess` and \
             the page Significance ask for what is missing",
        ],
    );
    check(
        &[],
        r#"{"fact":"handled"}"#,
        &[
            "no awareness is declared: the incident stays a draft until it is assessed",
            "it is not recorded as contained, eradicated, recovered: record when that was",
        ],
    );
    check(
        &[
            r#"{"fact":"aware"}"#,
            r#"{"fact":"contained"}"#,
            r#"{"fact":"recovered"}"#,
        ],
        r#"{"fact":"handled"}"#,
        &["it is not recorded as eradicated: record when that was"],
    );
    check(
        &[],
        r#"{"fact":"contained","evidence":["event:7"]}"#,
        &["the incident does not have the evidence event:7"],
    );
    check(
        &[],
        r#"{"fact":"closed"}"#,
        &[
            "no review is signed: it is not closed, and stays in the list of incidents without a \
             review",
            "a report is still owed, or nothing is assessed: the state stays",
            "nobody has decided about nis2-se: record `aware`, or `not_significant` with the regime \
             nis2-se where there is nothing to report under it",
        ],
    );
    check(
        &[],
        r#"{"fact":"reopened"}"#,
        &["the incident is not closed: nothing changes"],
    );
    check(
        &[],
        r#"{"fact":"service_lost","at":"2026-11-23T19:00:00Z"}"#,
        &[],
    );
}

/// A host whose clock is an hour ahead once made awareness look earlier than what it was about.
#[test]
fn a_host_clock_an_hour_ahead_changes_no_deadline_and_refuses_no_fact() {
    let store = Store::new();
    let now = store.clock.now();
    let events = vec![event(10, now, -3_600), event(11, now, -3_600)];
    let detection = vakt_incident::Detection {
        rule_id: "r".to_owned(),
        rule_title: "A rule".to_owned(),
        ..of_events(&store, events)
    };
    store.apply(&[detection]);
    let draft = store.records.incident("1").unwrap().incident;
    assert_eq!(draft.detected_at.to_string(), START);
    assert_eq!(
        serde_json::to_string(&draft.first_event).unwrap(),
        r#"{"claimed":"2026-11-23T21:00:00Z","received":"2026-11-23T20:00:00Z","skew_seconds":-3600.0}"#
    );
    let recorded = store.fact("1", r#"{"fact":"aware","by":"Bo Ek"}"#);
    assert_eq!(
        clocks(&recorded)[0],
        "early_warning running 2026-11-24T20:00:00Z"
    );
    assert_eq!(recorded.warnings, Vec::<String>::new());
}

#[test]
fn the_impossible_is_refused_and_leaves_no_trace() {
    let store = with_draft();
    let before = store.records.verify_audit().unwrap();
    let check = |id: &str, json: &str| {
        let new: NewFact = serde_json::from_str(json).unwrap();
        store.records.add_fact(id, new, "anna").unwrap_err()
    };
    let error = check("1", r#"{"fact":"aware","at":"2026-11-23T20:05:01Z"}"#);
    assert!(matches!(error, Error::Fact(FactError::InTheFuture { .. })) && error.is_callers());
    let error = check("1", r#"{"fact":"dismissed"}"#);
    assert!(matches!(error, Error::Fact(FactError::NoReason)));
    assert!(check("2", r#"{"fact":"aware"}"#).is_not_found());
    assert!(check("nobody", r#"{"fact":"aware"}"#).is_not_found());
    assert_eq!(store.records.verify_audit().unwrap(), before);
}

#[test]
fn an_incident_opened_by_hand_is_a_draft_like_any_other() {
    let store = Store::new();
    let open = |json: &str| {
        let new: NewIncident = serde_json::from_str(json).unwrap();
        store.records.open_incident(new, "anna")
    };
    let opened = open(
        r#"{"title":"A customer called","detected_at":"2026-11-23T18:00:00+01:00","regimes":["nis2-se","gdpr"]}"#,
    )
    .unwrap();
    assert_eq!(opened.incident.opened_by, "anna");
    let due: Vec<String> = opened
        .incident
        .clocks
        .iter()
        .filter_map(|clock| Some(format!("{} {}", clock.stage, clock.due?)))
        .collect();
    assert_eq!(
        due,
        [
            "early_warning 2026-11-24T17:00:00Z",
            "notification 2026-11-26T17:00:00Z",
            "authority 2026-11-26T17:00:00Z",
        ]
    );
    // The same title again is another incident.
    assert_ne!(
        open(r#"{"title":"A customer called"}"#)
            .unwrap()
            .incident
            .id,
        opened.incident.id
    );
    assert!(open(r#"{"title":" "}"#).unwrap_err().is_callers());
    assert!(
        open(r#"{"title":"x","regimes":["nis2-es"]}"#)
            .unwrap_err()
            .is_callers()
    );
    assert!(
        open(r#"{"title":"x","detected_at":"2027-01-01T00:00:00Z"}"#)
            .unwrap_err()
            .is_callers()
    );
}

#[test]
fn parties_have_clocks_of_their_own() {
    let store = with_draft();
    let recorded = store.fact(
        "1",
        r#"{"fact":"aware","party":"acme","at":"2026-11-23T19:59:59Z"}"#,
    );
    let shown: Vec<String> = recorded
        .incident
        .incident
        .clocks
        .iter()
        .map(|clock| format!("{} {} {}", clock.party, clock.stage, clock.state))
        .collect();
    assert_eq!(
        shown,
        [
            "own early_warning provisional",
            "own notification provisional",
            "own final projected",
            "acme early_warning running",
            "acme notification running",
            "acme final projected",
        ]
    );
    assert_eq!(recorded.incident.incident.state, IncidentState::Draft);
}

#[test]
fn a_deadline_that_passes_shows_without_a_new_fact() {
    let store = with_draft();
    let first = |store: &Store| store.records.incident("1").unwrap().incident.clocks[0].state;
    store.clock.advance(24 * 3_600);
    assert_eq!(first(&store), ClockState::Provisional);
    store.clock.advance(1);
    assert_eq!(first(&store), ClockState::ElapsedUnassessed);
    store.fact("1", &format!(r#"{{"fact":"aware","at":"{START}"}}"#));
    assert_eq!(first(&store), ClockState::Overdue);
}

#[test]
fn lists_are_filtered_and_paged_newest_first() {
    let store = Store::new();
    for host in 0..5_u64 {
        let mut detection = brute_force(&store, &format!("203.0.113.{host}"), 10 + 2 * host);
        detection.drill = host == 4;
        store.apply(&[detection]);
    }
    store.fact("2", r#"{"fact":"aware"}"#);
    store.fact("3", r#"{"fact":"dismissed","reason":"a test"}"#);
    let check = |filter: &IncidentFilter, expected: &[&[i64]]| {
        let mut pages = Vec::new();
        let mut cursor = None;
        loop {
            let page = store
                .records
                .incidents(filter, &PageRequest { limit: 2, cursor })
                .unwrap();
            pages.push(page.items.iter().map(|it| it.number).collect::<Vec<_>>());
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(pages, expected);
    };
    let all = IncidentFilter::default;
    check(&all(), &[&[5, 4], &[3, 2], &[1]]);
    check(
        &IncidentFilter {
            open: Some(true),
            ..all()
        },
        &[&[5, 4], &[2, 1]],
    );
    check(
        &IncidentFilter {
            drill: Some(false),
            ..all()
        },
        &[&[4, 3], &[2, 1]],
    );
    let states = vec![IncidentState::Significant, IncidentState::Dismissed];
    check(&IncidentFilter { states, ..all() }, &[&[3, 2]]);
    check(
        &IncidentFilter {
            streams: Some(vec![]),
            ..all()
        },
        &[&[]],
    );
    check(
        &IncidentFilter {
            streams: Some(vec!["default".into()]),
            ..all()
        },
        &[&[5, 4], &[3, 2], &[1]],
    );
    let wrong = PageRequest {
        limit: 2,
        cursor: Some("x".into()),
    };
    assert!(
        store
            .records
            .incidents(&all(), &wrong)
            .unwrap_err()
            .is_callers()
    );
}

/// It was closed, and gone from the start page, while another authority waited.
#[test]
fn what_is_still_owed_keeps_an_incident_open() {
    let store = Store::new();
    let new: vakt_incident::NewIncident = serde_json::from_str(
        r#"{"title":"A leak","regimes":["nis2-se","gdpr"],"detected_at":"2026-11-23T19:00:00Z"}"#,
    )
    .unwrap();
    store.records.open_incident(new, "anna").unwrap();
    let record = |fact: &str, state: IncidentState, is_open: bool| {
        let recorded = store.fact("1", fact);
        let incident = recorded.incident.incident;
        assert_eq!(
            (incident.state, incident.state.is_open()),
            (state, is_open),
            "{fact}"
        );
        recorded.warnings
    };
    record(
        r#"{"fact":"aware","at":"2026-11-23T19:10:00Z"}"#,
        IncidentState::Significant,
        true,
    );
    record(
        r#"{"fact":"aware_pdb","at":"2026-11-23T19:10:00Z"}"#,
        IncidentState::Significant,
        true,
    );
    // A final report alone leaves the two before it owed.
    record(
        r#"{"fact":"submitted","report":"final","reference":"F"}"#,
        IncidentState::Significant,
        true,
    );
    record(
        r#"{"fact":"submitted","report":"notification","reference":"N"}"#,
        IncidentState::Notified,
        true,
    );
    let warnings = record(r#"{"fact":"closed"}"#, IncidentState::Notified, true);
    assert!(
        warnings[1].starts_with("a report is still owed"),
        "{warnings:?}"
    );
    record(
        r#"{"fact":"submitted","report":"authority","reference":"I"}"#,
        IncidentState::FinalReported,
        false,
    );
}

/// An incident of a duty without a final report ends with its last one.
#[test]
fn a_duty_of_one_report_comes_to_its_end() {
    let store = Store::new();
    let new: vakt_incident::NewIncident =
        serde_json::from_str(r#"{"title":"A leak","regimes":["gdpr"]}"#).unwrap();
    store.records.open_incident(new, "anna").unwrap();
    store.fact("1", r#"{"fact":"aware_pdb"}"#);
    let recorded = store.fact(
        "1",
        r#"{"fact":"submitted","report":"authority","reference":"I"}"#,
    );
    assert_eq!(
        recorded.incident.incident.state,
        IncidentState::FinalReported
    );
    let recorded = store.sign_review("1");
    assert_eq!(recorded.incident.incident.state, IncidentState::Closed);
}

/// What each line records, and what the incident is then. `-` records nothing; `open` and `ended` say
/// whether it is in the list of open ones.
fn check_states(regimes: &[&str], lines: &[(&str, &str)]) {
    let store = Store::new();
    let new = serde_json::json!({
        "title": "A leak", "regimes": regimes, "detected_at": "2026-11-23T18:00:00Z",
    });
    let new: vakt_incident::NewIncident = serde_json::from_value(new).unwrap();
    store.records.open_incident(new, "anna").unwrap();
    store.clock.advance(3_600);
    for (fact, expected) in lines {
        let state = match *fact {
            "review" => store.sign_review("1").incident.incident.state,
            fact => store.fact("1", fact).incident.incident.state,
        };
        let is = if state.is_open() { "open" } else { "ended" };
        assert_eq!(format!("{state} {is}"), *expected, "{regimes:?}: {fact}");
        assert!(store.records.verify_audit().unwrap().is_sound());
    }
}

const PDB: &str = r#"{"fact":"aware_pdb"}"#;
const AWARE: &str = r#"{"fact":"aware"}"#;
const SMALL: &str = r#"{"fact":"not_significant","reason":"small"}"#;
const NO_BREACH: &str = r#"{"fact":"not_significant","regime":"gdpr","reason":"none"}"#;
const AUTHORITY: &str = r#"{"fact":"submitted","report":"authority","reference":"I"}"#;
const NOTIFICATION: &str = r#"{"fact":"submitted","report":"notification","reference":"N"}"#;
const FINAL: &str = r#"{"fact":"submitted","report":"final","reference":"F"}"#;

/// It was reported to its end, and closed, while nobody had decided about NIS2; or about personal data.
#[test]
fn a_question_that_nobody_answered_keeps_an_incident_open() {
    check_states(
        &["nis2-se", "gdpr-processor"],
        &[
            (PDB, "assessing open"),
            (
                r#"{"fact":"submitted","report":"controller","reference":"mail"}"#,
                "assessing open",
            ),
            ("review", "assessing open"),
            (SMALL, "not_significant ended"),
        ],
    );
    check_states(
        &["nis2-se", "gdpr"],
        &[
            (AWARE, "significant open"),
            (NOTIFICATION, "notified open"),
            (FINAL, "notified open"),
            ("review", "notified open"),
            (NO_BREACH, "closed ended"),
        ],
    );
}

/// What was declared or sent of another question, or under what the incident has not, is no word about
/// whether it is significant.
#[test]
fn the_state_is_that_of_the_question_of_significance() {
    check_states(
        &["nis2-se", "gdpr"],
        &[
            (SMALL, "not_significant ended"),
            (PDB, "reportable open"),
            (AUTHORITY, "not_significant ended"),
        ],
    );
    check_states(
        &["nis2-se", "gdpr"],
        &[
            (AWARE, "significant open"),
            (PDB, "significant open"),
            (AUTHORITY, "significant open"),
        ],
    );
    // What was nothing at all is something after all.
    check_states(
        &["nis2-se", "gdpr"],
        &[
            (
                r#"{"fact":"dismissed","reason":"a test"}"#,
                "dismissed ended",
            ),
            (PDB, "assessing open"),
            (AUTHORITY, "assessing open"),
            (SMALL, "not_significant ended"),
        ],
    );
    check_states(
        &["nis2-se"],
        &[(
            r#"{"fact":"submitted","report":"initial","regime":"dora","reference":"D"}"#,
            "draft open",
        )],
    );
    check_states(
        &["gdpr"],
        &[
            (PDB, "significant open"),
            (AUTHORITY, "final_reported ended"),
        ],
    );
}

#[test]
fn what_is_taken_up_again_is_open_until_it_is_closed_again() {
    let reopened = r#"{"fact":"reopened","reason":"more was found"}"#;
    check_states(
        &["nis2-se"],
        &[
            (SMALL, "not_significant ended"),
            (reopened, "assessing open"),
            (AWARE, "significant open"),
            (NOTIFICATION, "notified open"),
            (FINAL, "final_reported ended"),
            (reopened, "notified open"),
            (FINAL, "final_reported ended"),
            ("review", "closed ended"),
            (reopened, "notified open"),
            (FINAL, "notified open"),
            ("review", "closed ended"),
        ],
    );
}

/// Each question that is open is named, when people may take a fact for the end.
#[test]
fn an_undecided_question_is_named_at_what_looks_like_an_end() {
    let check = |regimes: &[&str], facts: &[&str], expected: &[&str]| {
        let store = Store::new();
        let new = serde_json::json!({"title": "A leak", "regimes": regimes});
        let new = serde_json::from_value(new).unwrap();
        store.records.open_incident(new, "anna").unwrap();
        let mut warnings = Vec::new();
        for fact in facts {
            warnings = store.fact("1", fact).warnings;
        }
        let about = |it: &&String| it.starts_with("nobody has decided about");
        let named: Vec<&str> = warnings
            .iter()
            .filter(about)
            .filter_map(|it| it.split([' ', ':']).nth(4))
            .collect();
        assert_eq!(named, expected, "{facts:?}: {warnings:?}");
    };
    let both: &[&str] = &["nis2-se", "gdpr"];
    check(both, &[PDB, AUTHORITY], &["nis2-se"]);
    check(
        both,
        &[PDB, AUTHORITY, r#"{"fact":"closed"}"#],
        &["nis2-se"],
    );
    check(both, &[AWARE, NOTIFICATION], &[]);
    check(both, &[AWARE, NOTIFICATION, FINAL], &["gdpr"]);
    check(both, &[SMALL, PDB, AUTHORITY], &[]);
}

/// Whoever declared a personal data breach has not assessed whether the incident is significant.
#[test]
fn a_declared_breach_meets_no_target_of_the_assessment() {
    let store = Store::new();
    let new = r#"{"title":"A leak","regimes":["nis2-se","gdpr"]}"#;
    store
        .records
        .open_incident(serde_json::from_str(new).unwrap(), "anna")
        .unwrap();
    let met = |fact: &str| {
        let targets = store.fact("1", fact).incident.targets;
        let assessment = targets.iter().find(|it| it.target == "assessment");
        assessment.is_some_and(|it| it.met_at.is_some())
    };
    assert!(!met(PDB));
    assert!(!met(AUTHORITY));
    assert!(met(AWARE));
}

/// What a processor found of personal data says nothing of what it owes under NIS2.
#[test]
fn a_customers_breach_starts_no_clock_of_another_regime() {
    let store = Store::new();
    let new = r#"{"title":"A leak","regimes":["nis2-se","gdpr-processor"]}"#;
    store
        .records
        .open_incident(serde_json::from_str(new).unwrap(), "anna")
        .unwrap();
    store.fact("1", r#"{"fact":"customer_affected","party":"acme"}"#);
    let recorded = store.fact("1", r#"{"fact":"aware_pdb","party":"acme"}"#);
    let clocks = recorded.incident.incident.clocks;
    let of_acme: Vec<&str> = clocks
        .iter()
        .filter(|it| it.party == "acme")
        .map(|it| it.regime.as_str())
        .collect();
    assert_eq!(of_acme, ["gdpr-processor"]);
}

/// On the final report's last day it is known that the incident still goes on; before, it is not.
#[test]
fn a_progress_report_is_doubted_before_the_final_reports_last_day() {
    for (pause, is_doubted) in [(1, true), (28, true), (29, false), (31, false)] {
        let store = Store::new();
        let new = r#"{"title":"A leak","regimes":["nis2-se"]}"#;
        store
            .records
            .open_incident(serde_json::from_str(new).unwrap(), "anna")
            .unwrap();
        store.fact("1", AWARE);
        store.fact("1", NOTIFICATION);
        // From 23 November to 23 December, in local time.
        store.clock.advance(pause * 86_400 + 86_400);
        let sent = r#"{"fact":"submitted","report":"progress","reference":"P"}"#;
        let warnings = store.fact("1", sent).warnings;
        let doubt = "it is sent before 2026-12-23, the final report's last day";
        let found = warnings.iter().any(|it| it.starts_with(doubt));
        assert_eq!(found, is_doubted, "{pause}: {warnings:?}");
    }
}
