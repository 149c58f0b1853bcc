//! Response work: tasks, notes, attachments, the record of the response, and the review that closes.

#![allow(clippy::unwrap_used)] // helpers of tests

mod common;

use common::{Store, at, brute_force};
use rusqlite::Connection;
use serde_json::{Value, json};
use vakt_incident::work::{
    CauseFamily, NewAttachment, ResponseRecord, Stored, TaskFilter, TaskState,
};
use vakt_incident::{IncidentState, PageRequest, Records};

fn from<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn drafted() -> Store {
    let store = Store::new();
    let found = brute_force(&store, "203.0.113.7", 10);
    store.apply(&[found]);
    store
}

fn file(name: &str, seed: char, bytes: u64) -> NewAttachment {
    NewAttachment {
        name: name.to_owned(),
        media_type: Some("text/plain".to_owned()),
        stored: Stored {
            blake3: seed.to_string().repeat(64),
            sha256: seed.to_string().repeat(64),
            bytes,
        },
    }
}

#[test]
fn a_task_changes_with_its_version_and_each_change_is_in_the_audit_log() {
    let store = drafted();
    let records = &store.records;
    let new = from(json!({
        "title": "Block the address", "owner": "bo", "due": "2026-11-23T22:00:00Z",
        "phase": "containment",
    }));
    let task = records.add_task("1", &new, "anna").unwrap();
    let change = |value: Value| records.change_task(&task.id, &from(value), "bo");
    let refused = |value: Value, expected: &str| {
        assert_eq!(change(value).unwrap_err().to_string(), expected);
    };
    refused(
        json!({"version": 1, "state": "dropped"}),
        "a task is dropped with a reason: say why it is not done",
    );
    refused(
        json!({"version": 1, "state": "finished"}),
        "`state` is `finished`, but must be one of open, done, dropped",
    );
    let done = change(json!({"version": 1, "state": "done", "reason": "in the firewall"})).unwrap();
    assert_eq!((done.state, done.version), (TaskState::Done, 2));
    assert_eq!(done.owner.as_deref(), Some("bo"), "what is absent stays");
    let error = change(json!({"version": 1, "owner": ""})).unwrap_err();
    assert!(error.is_conflict(), "{error}");
    let open = change(json!({"version": 2, "state": "open", "owner": "", "due": ""})).unwrap();
    assert_eq!((open.owner, open.due, open.reason), (None, None, None));
    for title in ["", "  \n ", &"x".repeat(501)] {
        let new = from(json!({ "title": title }));
        assert!(
            records
                .add_task("1", &new, "anna")
                .unwrap_err()
                .is_callers()
        );
    }
    let log = records.audit_log(&PageRequest::default()).unwrap().items;
    let log: Vec<String> = log
        .iter()
        .filter(|entry| entry.action.starts_with("task."))
        .map(|entry| format!("{} {}", entry.principal, entry.action))
        .collect();
    assert_eq!(
        log,
        ["bo task.changed", "bo task.changed", "anna task.added"]
    );
    assert!(records.verify_audit().unwrap().is_sound());
}

#[test]
fn tasks_are_listed_by_owner_state_and_stream() {
    let store = drafted();
    for (title, owner) in [("one", "bo"), ("two", "eva"), ("three", "bo")] {
        let new = from(json!({ "title": title, "owner": owner }));
        store.records.add_task("1", &new, "anna").unwrap();
    }
    let check = |filter: TaskFilter, expected: &[&str]| {
        let page = store.records.tasks(&filter, &PageRequest::default());
        let titles: Vec<String> = page.unwrap().items.into_iter().map(|it| it.title).collect();
        assert_eq!(titles, expected, "{filter:?}");
    };
    let of = |owner: &str| TaskFilter {
        owner: Some(owner.to_owned()),
        ..TaskFilter::default()
    };
    check(TaskFilter::default(), &["three", "two", "one"]);
    check(of("bo"), &["three", "one"]);
    check(
        TaskFilter {
            state: Some(TaskState::Done),
            ..of("bo")
        },
        &[],
    );
    check(
        TaskFilter {
            streams: Some(vec!["elsewhere".to_owned()]),
            ..TaskFilter::default()
        },
        &[],
    );
}

#[test]
fn an_overdue_task_is_told_once_and_again_only_for_another_time() {
    let store = drafted();
    let policy = vakt_incident::reminder::Policy::default();
    let overdue = || {
        store.records.remind(&policy).unwrap();
        let told = store.payloads();
        let tasks = told.iter().filter(|it| it["kind"] == "task");
        tasks
            .map(|it| it["task"]["title"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let new = from(json!({"title": "Call the bank", "due": "2026-11-23T20:30:00Z"}));
    let task = store.records.add_task("1", &new, "anna").unwrap();
    assert_eq!(overdue(), Vec::<String>::new());
    store.clock.advance(1_800);
    assert_eq!(overdue(), ["Call the bank"]);
    assert_eq!(overdue(), Vec::<String>::new());
    let later = from(json!({"version": 1, "due": "2026-11-23T21:00:00Z"}));
    store.records.change_task(&task.id, &later, "bo").unwrap();
    let next = store.records.remind(&policy).unwrap();
    assert_eq!(next, Some(at("2026-11-23T21:00:00Z")));
    store.clock.advance(1_800);
    assert_eq!(overdue(), ["Call the bank"]);
    let done = from(json!({"version": 2, "state": "done"}));
    store.records.change_task(&task.id, &done, "bo").unwrap();
    store.clock.advance(86_400);
    assert_eq!(overdue(), Vec::<String>::new());
    // An exercise tells nobody.
    let drill = from(json!({"title": "Exercise", "drill": true}));
    store.records.open_incident(drill, "anna").unwrap();
    let new = from(json!({"title": "Play", "due": "2026-11-23T20:30:00Z"}));
    store.records.add_task("2", &new, "anna").unwrap();
    assert_eq!(overdue(), Vec::<String>::new());
}

#[test]
fn files_are_attached_once_and_within_bounds() {
    let store = drafted();
    let attach = |id: &str, file: &NewAttachment| store.records.attach(id, file, "anna");
    let first = attach("1", &file("folder/../mail.eml", 'a', 7)).unwrap();
    assert_eq!(first.name, "mail.eml");
    let again = attach("1", &file("other.eml", 'a', 7)).unwrap();
    assert_eq!(again, first, "the same bytes once, under their first name");
    let huge = attach("1", &file("dump", 'b', 32 * 1024 * 1024 + 1)).unwrap_err();
    assert_eq!(
        huge.to_string(),
        "the file has 33554433 bytes; 33554432 is the most"
    );
    for number in 1..256 {
        let mut next = file("part", 'c', 32 * 1024 * 1024);
        next.stored.blake3 = format!("{number:064}");
        match attach("1", &next) {
            Ok(_) => assert!(number < 32, "{number}"),
            Err(error) => {
                assert_eq!(number, 32, "{error}");
                assert!(error.to_string().contains("the incident would have more"));
                break;
            }
        }
    }
    assert_eq!(store.records.attachment("1", &first.blake3).unwrap(), first);
    let missing = store.records.attachment("1", "f").unwrap_err();
    assert!(missing.is_not_found(), "{missing}");
    assert!(store.records.verify_audit().unwrap().is_sound());
}

/// The list of ENISA's guidance to Annex 3.5 is answered by the record.
#[test]
fn the_record_answers_what_an_authority_asks() {
    let store = drafted();
    let record = || {
        let work = store.records.work("1").unwrap();
        ResponseRecord::of(&store.records.incident("1").unwrap(), work)
    };
    assert_eq!(
        record().unanswered,
        [
            "the time of containment",
            "the time of eradication",
            "the time of recovery",
            "indicators of compromise",
            "the root cause",
            "actions of containment",
            "actions of eradication",
            "actions of recovery",
            "scope and impact",
            "communications",
            "lessons",
        ]
    );
    let attached = store.records.attach("1", &file("fw.txt", 'd', 9), "anna");
    let evidence = format!("attachment:{}", attached.unwrap().blake3);
    store.fact("1", r#"{"fact":"aware"}"#);
    store.clock.advance(3_600);
    for (phase, when) in [
        ("analysed", "2026-11-23T20:00:00Z"),
        ("contained", "2026-11-23T20:10:00Z"),
        ("contained", "2026-11-23T20:20:00Z"),
        ("eradicated", "2026-11-23T20:30:00Z"),
        ("recovered", "2026-11-23T20:40:00Z"),
    ] {
        let fact = json!({
            "fact": phase, "at": when, "reason": format!("{phase} by hand"),
            "evidence": [evidence, "event:10", "event:10"],
        });
        let recorded = store.fact("1", &fact.to_string());
        assert_eq!(recorded.warnings, Vec::<String>::new());
        let kept = &recorded.fact.fields.unwrap()["evidence"];
        assert_eq!(*kept, json!([evidence, "event:10"]));
    }
    let handled = store.fact("1", r#"{"fact":"handled"}"#);
    assert_eq!(handled.warnings, Vec::<String>::new());
    for (kind, text) in [
        (
            "decision",
            "Recovery before evidence: <b>the shop must open</b>",
        ),
        ("communication", "Called the host's owner"),
    ] {
        let note = from(json!({ "kind": kind, "text": text }));
        store.records.add_note("1", &note, "anna").unwrap();
    }
    store.sign_review("1");
    let record = record();
    assert_eq!(record.unanswered, ["indicators of compromise"]);
    let times = json!(record.times);
    assert_eq!(
        times["contained"], "2026-11-23T20:20:00Z",
        "when all of it was"
    );
    assert_eq!(times["recovered"], "2026-11-23T20:40:00Z");
    assert_eq!(record.decisions.len(), 1);
    assert_eq!(record.phases[1].facts.len(), 2);
    let notified = || {
        let work = store.records.work("1").unwrap();
        ResponseRecord::of(&store.records.incident("1").unwrap(), work).notified
    };
    // Whoever else is told is no authority.
    for fact in [
        r#"{"fact":"submitted","report":"controller","regime":"gdpr-processor"}"#,
        r#"{"fact":"submitted","report":"subjects"}"#,
        r#"{"fact":"submitted","report":"notice","regime":"contract"}"#,
    ] {
        store.fact("1", fact);
        assert!(!notified(), "{fact}");
    }
    store.fact("1", r#"{"fact":"submitted","report":"early_warning"}"#);
    assert!(notified());
}

#[test]
fn what_was_taken_back_is_no_action_and_an_odd_order_is_said() {
    let store = drafted();
    store.clock.advance(4 * 3_600);
    let doubts = |fact: &str, at: &str| -> Vec<String> {
        let fact = json!({"fact": fact, "at": at}).to_string();
        let warnings = store.fact("1", &fact).warnings.into_iter();
        warnings.filter(|it| it.starts_with("the order")).collect()
    };
    assert_eq!(
        doubts("contained", "2026-11-23T19:00:00Z"),
        ["the order is odd: contained lies before `detected`, at 2026-11-23T20:00:00Z"]
    );
    assert_eq!(doubts("eradicated", "2026-11-23T22:00:00Z"), [""; 0]);
    assert_eq!(
        doubts("recovered", "2026-11-23T21:00:00Z"),
        ["the order is odd: recovered lies before `eradicated`, at 2026-11-23T22:00:00Z"]
    );
    assert_eq!(
        doubts("handled", "2026-11-23T20:30:00Z"),
        [
            "the order is odd: handled lies before `eradicated`, at 2026-11-23T22:00:00Z",
            "the order is odd: handled lies before `recovered`, at 2026-11-23T21:00:00Z",
        ]
    );
    let record = || {
        let work = store.records.work("1").unwrap();
        ResponseRecord::of(&store.records.incident("1").unwrap(), work)
    };
    let lacks = |record: &ResponseRecord| {
        let mut lacks = record.unanswered.iter();
        lacks.any(|it| it == "actions of eradication")
    };
    assert!(!lacks(&record()));
    let eradicated = store.records.incident("1").unwrap().facts;
    let eradicated = eradicated
        .iter()
        .find(|it| it.fact.as_str() == "eradicated");
    let revises = eradicated.unwrap().id;
    let retracted = store.fact(
        "1",
        &json!({"fact": "retracted", "revises": revises, "reason": "another host"}).to_string(),
    );
    let approval = json!({"fact": "approved", "approves": retracted.fact.id});
    store.records.add_fact("1", from(approval), "bo").unwrap();
    assert!(lacks(&record()));
    assert_eq!(record().phases[2].facts, []);
}

#[test]
fn a_review_is_signed_when_it_is_complete_and_closes_when_all_is_submitted() {
    let store = Store::new();
    let new = from(json!({"title": "A leak", "regimes": ["gdpr"]}));
    store.records.open_incident(new, "anna").unwrap();
    store.fact("1", r#"{"fact":"aware_pdb"}"#);
    let records = &store.records;
    let by_fact = records.add_fact(
        "1",
        from(json!({"fact": "reviewed", "source": "review"})),
        "anna",
    );
    assert!(
        by_fact
            .unwrap_err()
            .to_string()
            .contains("vakt incidents review --sign")
    );
    assert_eq!(records.root_cause("1").unwrap(), None);

    let write = |version: i64, mut texts: Value| {
        texts["version"] = version.into();
        records.write_review("1", &from(texts), "bo")
    };
    let first = write(
        0,
        json!({"root_cause_family": "human_error", "root_cause": "A slip"}),
    );
    assert_eq!(
        first.unwrap().missing,
        [
            "scope and impact (`scope`) are empty",
            "the lessons (`lessons`) are empty",
            "there is no task of the phase `improvement`, and `no_actions` does not say why",
        ]
    );
    let apparent = (CauseFamily::HumanError, "A slip".to_owned());
    assert_eq!(records.root_cause("1").unwrap(), Some(apparent));
    assert!(write(0, json!({"lessons": "x"})).unwrap_err().is_conflict());
    let action = from(json!({"title": "Train", "phase": "improvement"}));
    let action = records.add_task("1", &action, "anna").unwrap();
    write(1, json!({"scope": "200 persons", "lessons": "Look twice"})).unwrap();
    let error = records.sign_review("1", 2, "anna").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the review cannot be signed: the action \"Train\" has no owner"
    );
    records
        .change_task(
            &action.id,
            &from(json!({"version": 1, "owner": "bo"})),
            "anna",
        )
        .unwrap();
    assert!(
        records
            .sign_review("1", 1, "anna")
            .unwrap_err()
            .is_conflict()
    );
    let signed = records.sign_review("1", 2, "anna").unwrap();
    assert_eq!(signed.incident.incident.state, IncidentState::Significant);
    assert_eq!(
        signed.warnings,
        ["a report is still owed, or nothing is assessed: the state stays"]
    );
    let text = signed.fact.fields.unwrap();
    assert_eq!(text["actions"][0]["owner"], "bo");
    assert_eq!(text["scope"], "200 persons");
    let sent = store.fact("1", r#"{"fact":"submitted","report":"authority"}"#);
    assert_eq!(sent.incident.incident.state, IncidentState::Closed);
    let again = store.fact("1", r#"{"fact":"reopened"}"#);
    assert_eq!(again.warnings, [""; 0]);
    assert_eq!(again.incident.incident.state, IncidentState::Notified);
    // A further report is none of its review.
    let more = store.fact("1", r#"{"fact":"submitted","report":"authority"}"#);
    assert_eq!(more.incident.incident.state, IncidentState::Notified);
    assert_eq!(records.review("1").unwrap().signed, None);
    assert!(records.verify_audit().unwrap().is_sound());
}

#[test]
fn the_yearly_list_has_the_incidents_without_a_review() {
    let store = Store::new();
    let open = |title: &str, detected_at: &str, drill: bool| {
        let new = json!({"title": title, "detected_at": detected_at, "drill": drill});
        store.records.open_incident(from(new), "anna").unwrap()
    };
    // In Sweden the year begins an hour before midnight in UTC.
    open("last year", "2025-12-31T22:59:59Z", false);
    open("first second", "2025-12-31T23:00:00Z", false);
    open("closed by word", "2026-05-01T10:00:00Z", false);
    open("not significant", "2026-06-01T10:00:00Z", false);
    open("reviewed", "2026-07-01T10:00:00Z", false);
    open("a draft", "2026-08-01T10:00:00Z", false);
    open("dismissed", "2026-08-02T10:00:00Z", false);
    open("an exercise", "2026-08-03T10:00:00Z", true);
    for id in ["1", "2", "3", "5", "8"] {
        store.fact(id, r#"{"fact":"aware"}"#);
    }
    store.fact("3", r#"{"fact":"closed"}"#);
    store.fact("4", r#"{"fact":"not_significant","reason":"small"}"#);
    store.fact("7", r#"{"fact":"dismissed","reason":"test"}"#);
    store.sign_review("5");
    let list = |year: i16, streams: Option<&[String]>, limit: usize, cursor: Option<String>| {
        let page = PageRequest { limit, cursor };
        store.records.missing_reviews(year, streams, &page).unwrap()
    };
    let titles = |page: &vakt_incident::Page<vakt_incident::work::MissingReview>| {
        let items = page.items.iter();
        items
            .map(|it| (it.title.clone(), it.significant, it.closed_at.is_some()))
            .collect::<Vec<_>>()
    };
    let expected = [
        ("not significant".to_owned(), false, false),
        ("closed by word".to_owned(), true, true),
        ("first second".to_owned(), true, false),
    ];
    assert_eq!(titles(&list(2026, None, 0, None)), expected);
    let first = list(2026, None, 2, None);
    assert_eq!(titles(&first), expected[..2]);
    let rest = list(2026, None, 2, first.next);
    assert_eq!((titles(&rest), rest.next), (expected[2..].to_vec(), None));
    assert_eq!(titles(&list(2026, Some(&[]), 0, None)), []);
    assert_eq!(list(2025, None, 0, None).items.len(), 1);
    // A corrected detection is in the year in which it was.
    let detected = store.records.incident("2").unwrap().facts[0].id;
    let earlier = json!({"fact": "detected", "revises": detected, "at": "2025-12-31T10:00:00Z"});
    store.fact("2", &earlier.to_string());
    assert_eq!(titles(&list(2026, None, 0, None)), expected[..2]);
    assert_eq!(list(2025, None, 0, None).items.len(), 2);
    let page = PageRequest::default();
    assert!(store.records.missing_reviews(-5, None, &page).is_err());
}

/// Records of before reviews were signed, by which states followed from other rules: what was closed by word is closed no more, with an entry.
#[test]
fn what_was_closed_by_word_alone_is_derived_anew() {
    let store = Store::new();
    let new = from(json!({"title": "A leak", "regimes": ["gdpr"]}));
    store.records.open_incident(new, "anna").unwrap();
    store.fact("1", r#"{"fact":"aware_pdb"}"#);
    store.fact(
        "1",
        r#"{"fact":"submitted","report":"authority","reference":"I"}"#,
    );
    store.fact("1", r#"{"fact":"closed"}"#);
    let connection = Connection::open(store.path()).unwrap();
    connection
        .execute_batch(
            "UPDATE incidents SET state = 'closed'; DELETE FROM state WHERE name = 'states.rules'",
        )
        .unwrap();
    drop(connection);
    let store = store.restart();
    let incident = store.records.incident("1").unwrap();
    assert_eq!(incident.incident.state, IncidentState::FinalReported);
    let last = incident.trail.last().unwrap();
    assert_eq!(last.from.as_deref(), Some("closed"));
    assert!(store.records.verify_audit().unwrap().is_sound());
}

/// Whoever changes a table behind the daemon's back is found.
#[test]
fn tampering_is_found() {
    let check = |sql: &str, expected: &str| {
        let store = drafted();
        let records: &Records = &store.records;
        let due = json!({"title": "Block", "due": "2026-11-23T20:00:00Z"});
        records.add_task("1", &from(due), "anna").unwrap();
        let policy = vakt_incident::reminder::Policy::default();
        records.remind(&policy).unwrap();
        records
            .add_note("1", &from(json!({"text": "Seen"})), "anna")
            .unwrap();
        records.attach("1", &file("a", 'a', 1), "anna").unwrap();
        store.sign_review("1");
        assert!(records.verify_audit().unwrap().is_sound());
        let path = store.path();
        let connection = Connection::open(&path).unwrap();
        connection
            .execute_batch(&format!(
                "DROP TRIGGER work_notes_stay; DROP TRIGGER work_notes_remain;
                 DROP TRIGGER attachments_stay; DROP TRIGGER attachments_remain; {sql}"
            ))
            .unwrap();
        let faults = records.verify_audit().unwrap().faults;
        assert_eq!(faults.len(), 1, "{sql}: {faults:?}");
        assert!(faults[0].contains(expected), "{sql}: {faults:?}");
    };
    check("UPDATE tasks SET owner = 'eve'", "it was altered");
    check("DELETE FROM tasks", "it is missing");
    check("UPDATE tasks SET told = NULL", "when it was told of");
    check("UPDATE tasks SET told = told + 1", "when it was told of");
    check(
        "UPDATE work_notes SET text = 'Not seen'",
        "note 1: it was altered",
    );
    check("DELETE FROM work_notes", "note 1: it is missing");
    check(
        "INSERT INTO work_notes (incident, kind, text, at, recorded_at, recorded_by)
         VALUES (1, 'note', 'Planted', 0, 0, 'anna')",
        "note 2: the audit log does not have it",
    );
    check("UPDATE attachments SET sha256 = 'b'", "it was altered");
    check("DELETE FROM attachments", "it is missing");
    check(
        "UPDATE reviews SET root_cause = 'Fate'",
        "review of incident",
    );
}
