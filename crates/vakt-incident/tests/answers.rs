//! Answers about an incident: what is asked, what counts, from whom, and what follows.

#![allow(clippy::unwrap_used)] // helpers of tests

mod common;

use common::{Store, at, brute_force, event, of_events};
use rusqlite::Connection;
use vakt_incident::answer::{NewAnswers, Significance};
use vakt_incident::reminder::Policy;
use vakt_incident::significance::Outcome;
use vakt_incident::{Detection, Entity, Service, Services, Settings};

fn store() -> Store {
    let portal = Service {
        name: "portal".to_owned(),
        users_eu: "400".parse().ok(),
        hosts: vec!["web1".to_owned()],
        down: vec!["down".to_owned()],
        up: vec!["up".to_owned()],
        ..Service::default()
    };
    Store::with(Settings {
        services: Services::new(vec![portal]),
        entity: Entity {
            types: vec!["msp".to_owned()],
            turnover_eur: "6000000".parse().ok(),
        },
        ..Settings::default()
    })
}

fn answer(store: &Store, json: &str) -> Result<Significance, String> {
    let new: NewAnswers = serde_json::from_str(json).unwrap();
    let answered = store.records.answer("1", &new, "anna");
    answered.map_err(|error| error.to_string())
}

/// `MSP-a met`, and so on.
fn outcomes(found: &Significance) -> Vec<String> {
    let all = found.criteria.iter().map(|it| {
        let outcome = match it.answered.outcome {
            Outcome::Met => "met",
            Outcome::NotMet => "not met",
            Outcome::Open => "open",
        };
        format!("{} {outcome}", it.answered.criterion)
    });
    all.collect()
}

/// The value of a question, from whom, and where it comes from.
fn known(found: &Significance, input: &str) -> (String, String, String) {
    let mut questions = found.questions.iter();
    let question = questions.find(|it| it.input == input).unwrap();
    let answer = question.answer.as_ref().unwrap();
    let value = serde_json::to_string(&answer.value).unwrap();
    (value, answer.by.clone(), answer.source.clone())
}

#[test]
fn an_outage_and_the_service_map_answer_what_they_can() {
    let store = store();
    let now = at(&store.clock.now_text());
    let down = Detection {
        rule_id: "down".to_owned(),
        opens_draft: None,
        ..of_events(&store, vec![event(1, now, 0)])
    };
    store.apply(&[down]);
    store.clock.advance(45 * 60);
    store.records.remind(&Policy::default()).unwrap();
    let found = store.records.significance("1", None).unwrap();
    assert_eq!(found.outcome, Outcome::Met);
    assert_eq!(
        outcomes(&found),
        [
            "H-a open",
            "H-b open",
            "H-c open",
            "H-d open",
            "H-e open",
            "MSP-a met",
            "MSP-b open",
            "MSP-c open",
            "MSP-d open"
        ]
    );
    let source = "outage of portal since 2026-11-23T20:00:00Z, event 1 of rule down";
    assert_eq!(
        known(&found, "unavailable_for"),
        ("\"2700\"".into(), "vakt".into(), source.into())
    );
    assert_eq!(
        known(&found, "service_users"),
        ("\"400\"".into(), "vakt".into(), "the service map".into())
    );
    assert_eq!(
        known(&found, "turnover_eur"),
        (
            "\"6000000\"".into(),
            "vakt".into(),
            "the configuration".into()
        )
    );
    let met: Vec<(Option<&str>, String)> = found
        .met
        .iter()
        .map(|it| (it.criterion.as_deref(), it.at.to_string()))
        .collect();
    assert_eq!(
        met,
        [(Some("MSP-a"), "2026-11-23T20:30:00.000001Z".to_owned())]
    );
    // The same, as who prints a report asks for it.
    let assessment = store.records.assessment("1").unwrap().unwrap();
    assert_eq!(assessment.criteria.len(), 9);
    assert_eq!(assessment.criteria[5].service.as_deref(), Some("portal"));
    assert_eq!(store.records.assessment("9").unwrap(), None);
    // A person's word comes before what was measured; the timer goes on measuring.
    let said = answer(
        &store,
        r#"{"answers":[{"input":"unavailable_for","value":"PT20M","service":"portal","source":"fact 2"}]}"#,
    );
    let said = said.unwrap();
    assert_eq!(
        known(&said, "unavailable_for"),
        ("\"1200\"".into(), "anna".into(), "fact 2".into())
    );
    assert_eq!(said.met.len(), 1);
}

#[test]
fn answers_are_added_and_the_newest_counts() {
    let store = store();
    store.apply(&[brute_force(&store, "203.0.113.7", 7)]);
    let first = answer(
        &store,
        r#"{"answers":[{"input":"financial_loss_eur","value":300000,"source":"estimate"},
            {"input":"data_compromised","value":true},{"input":"death","value":"no"}],
            "expected_revision":0}"#,
    );
    let first = first.unwrap();
    assert_eq!(first.revision, 3);
    // 5 % of six million is 300 000, and it takes more.
    assert_eq!(outcomes(&first)[0], "H-a not met");
    assert_eq!(outcomes(&first)[2], "H-c not met");
    let stale = answer(
        &store,
        r#"{"answers":[{"input":"death","value":"yes"}],"expected_revision":2}"#,
    );
    let id = store.incidents()[0].id.clone();
    assert_eq!(
        stale.unwrap_err(),
        format!(
            "answers about incident {id} have changed: their revision is 3, and this was written \
             beside 2; look at them again, then answer with their `revision`"
        )
    );
    let second = answer(
        &store,
        r#"{"answers":[{"input":"financial_loss_eur","value":"300001"},{"input":"death"},
            {"input":"root_cause","value":"  Old   TLS library "}],"expected_revision":3}"#,
    );
    let second = second.unwrap();
    assert_eq!(outcomes(&second)[0], "H-a met");
    assert_eq!(outcomes(&second)[2], "H-c open");
    assert_eq!(
        serde_json::to_value(&second.root_cause).unwrap()["value"],
        "Old TLS library"
    );
    assert!(store.records.verify_audit().unwrap().is_sound());
}

#[test]
fn what_is_no_answer_is_refused_with_all_that_came_with_it() {
    let store = store();
    store.apply(&[brute_force(&store, "203.0.113.7", 7)]);
    let check = |one: &str, expected: &str| {
        let body = format!(r#"{{"answers":[{{"input":"death","value":true}},{one}]}}"#);
        let error = answer(&store, &body).unwrap_err();
        assert!(error.contains(expected), "{one}: {error}");
        assert_eq!(store.records.significance("1", None).unwrap().revision, 0);
    };
    check(r#"{"input":"deaht","value":true}"#, "did you mean `death`?");
    check(r#"{"input":"death","value":"maybe"}"#, "it takes yes or no");
    check(
        r#"{"input":"unavailable_for","value":30}"#,
        "it takes a duration",
    );
    check(
        r#"{"input":"service_users","value":"PT1H"}"#,
        "it takes a number",
    );
    check(
        r#"{"input":"service_users","value":4,"service":"mail"}"#,
        "the configuration has no service `mail`; there are portal",
    );
    check(
        r#"{"input":"service_users","value":4,"source":"fact 99"}"#,
        "the incident has no fact 99",
    );
    check(
        r#"{"input":"service_users","value":4,"source":"event 99"}"#,
        "the incident has no event 99",
    );
    let unknown = answer(&store, r#"{"answers":[],"party":"acme"}"#).unwrap_err();
    assert!(unknown.contains("no fact about `acme`"), "{unknown}");
}

#[test]
fn ending_an_assessment_beside_the_answers_is_doubted_and_recorded() {
    let doubts = |answers: &str| {
        let store = store();
        store.apply(&[brute_force(&store, "203.0.113.7", 7)]);
        answer(&store, &format!(r#"{{"answers":[{answers}]}}"#)).unwrap();
        store.clock.advance(60);
        let recorded = store.fact("1", r#"{"fact":"not_significant","reason":"it is small"}"#);
        assert_eq!(recorded.incident.incident.state.as_str(), "not_significant");
        recorded.warnings
    };
    assert_eq!(
        doubts(r#"{"input":"death","value":true}"#),
        ["by what is answered it is significant: H-c is met"]
    );
    let all = [
        "trade_secrets_exfiltrated",
        "death",
        "health_damage",
        "access_successful",
        "data_compromised",
    ];
    let mut no: Vec<String> = all
        .iter()
        .map(|input| format!(r#"{{"input":"{input}","value":false}}"#))
        .collect();
    assert_eq!(
        doubts(&no.join(",")),
        [
            "not every criterion is answered: H-a, MSP-a, MSP-b stay open; `vakt incidents assess` and \
             the page Significance ask for what is missing"
        ]
    );
    no.push(r#"{"input":"financial_loss_eur","value":0}"#.to_owned());
    no.push(r#"{"input":"unavailable_for","value":"PT0S"}"#.to_owned());
    no.push(r#"{"input":"limited_for","value":"PT0S"}"#.to_owned());
    assert_eq!(doubts(&no.join(",")), [""; 0]);
}

#[test]
fn answers_cannot_be_altered_unseen() {
    let tamper = |sql: &str, expected: &str| {
        let store = store();
        store.apply(&[brute_force(&store, "203.0.113.7", 7)]);
        answer(&store, r#"{"answers":[{"input":"death","value":true}]}"#).unwrap();
        assert!(store.records.verify_audit().unwrap().is_sound());
        let other = Connection::open(store.path()).unwrap();
        let triggers = "DROP TRIGGER answers_stay; DROP TRIGGER answers_remain;";
        other.execute_batch(&format!("{triggers} {sql}")).unwrap();
        let faults = store.records.verify_audit().unwrap().faults;
        assert_eq!(faults.len(), 1, "{sql}: {faults:?}");
        assert!(faults[0].ends_with(expected), "{faults:?}");
    };
    let altered = "it was altered, or the audit log does not have it";
    tamper("UPDATE answers SET value = 'false'", altered);
    tamper("UPDATE answers SET recorded_by = 'bo'", altered);
    tamper("DELETE FROM answers", "it is missing");
    tamper(
        "INSERT INTO answers (incident, party, service, input, source, recorded_by, recorded_at)
         VALUES (1, 'own', '', 'death', 'x', 'bo', 1)",
        altered,
    );
}

/// The criteria that facts say are met.
fn met(store: &Store) -> Vec<String> {
    let found = store
        .records
        .significance("1", None)
        .unwrap()
        .met
        .into_iter();
    let shown = found.map(|it| {
        let service = it.service.unwrap_or_default();
        format!(
            "{} {service} {}",
            it.criterion.unwrap_or_default(),
            it.recorded_by
        )
    });
    shown.collect()
}

#[test]
fn what_answers_decide_is_a_fact_and_told_and_taken_back_by_a_person() {
    let store = store();
    store.apply(&[brute_force(&store, "203.0.113.7", 90)]);
    store.payloads();
    let death = |value| {
        let json = format!(r#"{{"answers":[{{"input":"death","value":{value}}}]}}"#);
        answer(&store, &json).unwrap()
    };
    let found = death("true");
    assert_eq!(found.met.len(), 1, "the answer shows it");
    assert_eq!(met(&store), ["H-c  vakt"]);
    let told = store.payloads();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(
        (&told[0]["kind"], &told[0]["criterion"]["id"]),
        (&"criterion_met".into(), &"H-c".into())
    );
    // Once, and it is no awareness.
    death("true");
    assert_eq!((met(&store).len(), store.payloads().len()), (1, 0));
    assert_eq!(
        store.records.incident("1").unwrap().incident.state.as_str(),
        "draft"
    );
    // Another answer: a person takes it back.
    death("false");
    death("false");
    let waiting = store.records.incident("1").unwrap().waiting;
    assert_eq!(waiting.len(), 1, "{waiting:?}");
    // The first answer again: nothing waits any more. And once more the other one.
    death("true");
    assert_eq!(store.records.incident("1").unwrap().waiting.len(), 0);
    death("false");
    let waiting = store.records.incident("1").unwrap().waiting;
    assert_eq!(waiting.len(), 1, "{waiting:?}");
    store.fact(
        "1",
        &format!(r#"{{"fact":"approved","approves":{}}}"#, waiting[0].fact),
    );
    assert_eq!(met(&store), [""; 0]);
    death("true");
    assert_eq!(met(&store), ["H-c  vakt"]);
    // Of a service.
    let users = r#"{"answers":[{"input":"users_limited","value":"21","service":"portal"},
        {"input":"limited_for","value":"PT1H1S","service":"portal"}]}"#;
    answer(&store, users).unwrap();
    assert_eq!(met(&store), ["H-c  vakt", "MSP-b portal vakt"]);
    store.records.remind(&Policy::default()).unwrap();
    assert_eq!(met(&store).len(), 2);
    assert!(store.records.verify_audit().unwrap().is_sound());
}
