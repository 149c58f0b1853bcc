//! Recurring incidents (Regulation (EU) 2024/2690 Art. 4), and the signed look for them each quarter.

#![allow(clippy::unwrap_used)] // helpers of tests

mod common;

use common::{Store, at};
use rusqlite::Connection;
use vakt_incident::recurring::NewReview;
use vakt_incident::reminder::Policy;
use vakt_incident::{Entity, NewIncident, PageRequest, Service, Services, Settings};

const DAY: i64 = 24 * 60 * 60;

fn store() -> Store {
    Store::with(Settings {
        entity: Entity {
            types: vec!["msp".to_owned()],
            turnover_eur: "20000000".parse().ok(),
        },
        ..Settings::default()
    })
}

/// An incident that cost so much, of a cause, and how it was assessed.
fn small(store: &Store, cause: &str, loss: &str, end: &str) -> String {
    let new = NewIncident {
        title: format!("{cause}: {loss}"),
        ..NewIncident::default()
    };
    let opened = store.records.open_incident(new, "anna").unwrap();
    let id = opened.incident.id;
    let answers = format!(
        r#"{{"answers":[{{"input":"root_cause","value":"{cause}"}},
            {{"input":"financial_loss_eur","value":"{loss}"}}]}}"#
    );
    let answers = serde_json::from_str(&answers).unwrap();
    store.records.answer(&id, &answers, "anna").unwrap();
    store.fact(&id, &format!(r#"{{"fact":"{end}","reason":"small"}}"#));
    store.clock.advance(10 * DAY);
    store.records.remind(&Policy::default()).unwrap();
    id
}

/// The drafts of recurring incidents, each with its members.
fn drafts(store: &Store) -> Vec<Vec<String>> {
    let all = store.incidents().into_iter();
    let recurring = all.filter(|it| serde_json::to_value(it.origin).unwrap() == "recurring");
    let members = recurring.map(|it| store.records.significance(&it.id, None).unwrap().members);
    members.collect()
}

#[test]
fn three_small_incidents_of_one_cause_become_one_draft_and_a_fourth_joins_it() {
    let store = store();
    let first = small(&store, "Old TLS library", "200000", "not_significant");
    let second = small(&store, "old tls library", "200000", "not_significant");
    small(&store, "Typing error", "400000", "not_significant");
    assert!(drafts(&store).is_empty());
    let third = small(&store, "Old TLS library", "100001", "not_significant");
    let mut expected = vec![first, second, third];
    assert_eq!(drafts(&store), [expected.clone()]);
    let draft = store.incidents().remove(0);
    assert_eq!(draft.title, "Recurring incidents: Old TLS library");
    let found = store.records.significance(&draft.id, None).unwrap();
    let criterion = serde_json::to_value(&found.criteria[0]).unwrap();
    assert_eq!(
        (
            &criterion["criterion"],
            &criterion["outcome"],
            &criterion["compared"][0]["value"]
        ),
        (&"H-f".into(), &"met".into(), &"500001".into())
    );
    assert_eq!(found.met[0].criterion.as_deref(), Some("H-f"));
    let member = store.records.significance(&expected[0], None).unwrap();
    assert_eq!(member.recurring, Some(draft.id.clone()));
    let told: Vec<String> = store
        .payloads()
        .iter()
        .filter(|it| it["kind"] == "draft")
        .map(|it| it["title"].to_string())
        .collect();
    assert_eq!(told, [r#""Recurring incidents: Old TLS library""#]);

    // Told once; who comes later joins.
    store.records.remind(&Policy::default()).unwrap();
    expected.push(small(&store, "OLD TLS LIBRARY", "1", "not_significant"));
    assert_eq!(drafts(&store), [expected.clone()]);
    let store = store.restart();
    store.records.remind(&Policy::default()).unwrap();
    assert_eq!(drafts(&store), [expected.clone()]);

    // A judged set is not told again; with another member it is another set.
    store.fact(&draft.id, r#"{"fact":"dismissed","reason":"looked at"}"#);
    store.records.remind(&Policy::default()).unwrap();
    assert_eq!(drafts(&store).len(), 1);
    small(&store, "Old TLS library", "1", "not_significant");
    assert_eq!(drafts(&store).len(), 2);
    assert!(store.records.verify_audit().unwrap().is_sound());
}

#[test]
fn a_second_group_of_a_cause_is_told_too_and_none_twice() {
    let store = store();
    let pair = || {
        [250_001, 250_000].map(|loss| small(&store, "cert", &loss.to_string(), "not_significant"))
    };
    let first = pair();
    assert_eq!(drafts(&store), [first.to_vec()]);
    store.fact("3", r#"{"fact":"dismissed","reason":"looked at"}"#);
    store.clock.advance(200 * DAY);
    let second = pair();
    // The newest first.
    let expected = [second.to_vec(), first.to_vec()];
    assert_eq!(drafts(&store), expected);
    let found = store.records.recurring(None).unwrap();
    assert_eq!(found.causes.len(), 2);
    store.records.remind(&Policy::default()).unwrap();
    assert_eq!(drafts(&store), expected);
}

#[test]
fn whose_cause_no_other_has_is_listed_and_what_is_of_the_whole_is_of_no_service() {
    let store = store();
    let id = small(&store, "Åska", "1", "not_significant");
    let found = store.records.recurring(None).unwrap();
    let alone: Vec<&str> = found.alone.iter().map(|it| it.id.as_str()).collect();
    assert_eq!((found.causes.len(), alone), (0, vec![id.as_str()]));
    let store = Store::with(Settings {
        services: Services::new(vec![Service {
            name: "portal".to_owned(),
            ..Service::default()
        }]),
        ..Settings::default()
    });
    let new = NewIncident::default();
    let new = NewIncident {
        title: "one".to_owned(),
        ..new
    };
    store.records.open_incident(new, "anna").unwrap();
    let refused = |answers: &str| {
        let answers = serde_json::from_str(&format!(r#"{{"answers":[{answers}]}}"#)).unwrap();
        store
            .records
            .answer("1", &answers, "anna")
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        refused(r#"{"input":"financial_loss_eur","value":400000,"service":"portal"}"#),
        "`financial_loss_eur` is asked about the whole incident: leave `service` out"
    );
    assert_eq!(
        refused(r#"{"input":"death","value":true},{"input":"death","value":false}"#),
        "`death` is answered twice: give one answer"
    );
}

#[test]
fn dismissed_ones_do_not_count() {
    let store = store();
    small(&store, "Old TLS library", "200000", "not_significant");
    small(&store, "Old TLS library", "200000", "dismissed");
    small(&store, "Old TLS library", "200000", "dismissed");
    small(&store, "Old TLS library", "200000", "near_miss");
    assert!(drafts(&store).is_empty());
    // Nor one that was taken up again.
    let second = small(&store, "Old TLS library", "400000", "not_significant");
    assert_eq!(drafts(&store).len(), 1);
    store.fact(&second, r#"{"fact":"reopened"}"#);
    assert!(store.records.verify_audit().unwrap().is_sound());
    let other = Connection::open(store.path()).unwrap();
    other
        .execute("DELETE FROM recurring_members WHERE member = 1", [])
        .unwrap();
    let faults = store.records.verify_audit().unwrap().faults;
    assert!(
        faults.len() == 1 && faults[0].contains("counts in it was altered"),
        "{faults:?}"
    );
    drop(other);
    let draft = store.incidents().remove(0);
    let found = store.records.significance(&draft.id, None).unwrap();
    let criterion = serde_json::to_value(&found.criteria[0]).unwrap();
    assert_eq!(criterion["outcome"], "not_met");
}

#[test]
fn what_is_farther_apart_than_six_months_is_not_together() {
    let store = store();
    small(&store, "Old TLS library", "400000", "not_significant");
    store.clock.advance(175 * DAY);
    small(&store, "Old TLS library", "400000", "not_significant");
    assert!(drafts(&store).is_empty());
    // The second and a third are.
    small(&store, "Old TLS library", "400000", "not_significant");
    assert_eq!(drafts(&store).len(), 1);
}

#[test]
fn a_quarter_is_reviewed_and_signed_or_somebody_is_told() {
    let store = store();
    small(&store, "Old TLS library", "200000", "not_significant");
    let kinds = |store: &Store| {
        store.records.remind(&Policy::default()).unwrap();
        let told = store.payloads().into_iter();
        let told = told.filter(|it| it["kind"] == "review");
        told.map(|it| it["title"].to_string()).collect::<Vec<_>>()
    };
    // The fourth quarter ends with the year, in Sweden; fourteen days later somebody is told, once.
    store
        .clock
        .advance(at("2027-01-14T22:59:59Z").micros_since(at(&store.clock.now_text())) / 1_000_000);
    assert_eq!(kinds(&store), [""; 0]);
    store.clock.advance(1);
    let told = r#""2026-Q4: nobody has signed the look for recurring incidents""#;
    assert_eq!(kinds(&store), [told]);
    assert_eq!(kinds(&store), [""; 0]);
    assert!(!store.records.recurring(None).unwrap().reviewed);

    let review = |quarter: &str, by: &str| {
        let new = NewReview {
            quarter: quarter.to_owned(),
            by: by.to_owned(),
            note: None,
        };
        store
            .records
            .review_quarter(&new, "anna")
            .map_err(|it| it.to_string())
    };
    assert!(
        review("2027-Q1", "Ada")
            .unwrap_err()
            .contains("has not ended")
    );
    assert!(
        review("2026-Q5", "Ada")
            .unwrap_err()
            .contains("is no quarter")
    );
    assert!(review("2026-Q4", " ").unwrap_err().contains("is signed"));
    let signed = review("2026-Q4", "Ada").unwrap();
    assert_eq!(
        (signed.signed_by.as_str(), signed.recorded_by.as_str()),
        ("Ada", "anna")
    );
    assert_eq!(signed.hash.len(), 64);
    assert_eq!(signed.looked_at["causes"], serde_json::json!([]));
    assert!(store.records.recurring(None).unwrap().reviewed);
    let all = store
        .records
        .quarter_reviews(&PageRequest::default())
        .unwrap();
    assert_eq!(all.items, [signed]);
    assert!(store.records.verify_audit().unwrap().is_sound());

    let other = Connection::open(store.path()).unwrap();
    let tamper = "DROP TRIGGER quarter_reviews_stay;
        UPDATE quarter_reviews SET looked_at = '{\"causes\":[],\"without_cause\":[]}'";
    let changed = other.execute_batch(tamper);
    changed.unwrap();
    other
        .execute("UPDATE quarter_reviews SET signed_by = 'Bo'", [])
        .unwrap();
    let faults = store.records.verify_audit().unwrap().faults;
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].contains("it is missing or was altered"));
}
