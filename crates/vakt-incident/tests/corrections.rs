//! Corrections, approvals, downgrades: what counts at once, and what waits for a second person.

#![allow(clippy::unwrap_used)] // helpers of tests

mod common;

use common::{Store, brute_force};
use vakt_incident::{Error, IncidentState, NewFact, Recorded, Recorder};

fn with_draft() -> Store {
    let store = Store::new();
    store.apply(&[brute_force(&store, "203.0.113.7", 12)]);
    store
}

fn by(store: &Store, who: &str, json: &str) -> Result<Recorded, Error> {
    let new: NewFact = serde_json::from_str(json).unwrap();
    let recorder = Recorder {
        name: who,
        others: Some(1),
    };
    let recorded = store.records.add_fact("1", new, recorder)?;
    assert!(store.records.verify_audit().unwrap().is_sound());
    Ok(recorded)
}

/// `stage state due` of the clocks that have one.
fn clocks(recorded: &Recorded) -> Vec<String> {
    let clocks = recorded.incident.incident.clocks.iter();
    clocks
        .filter_map(|clock| Some(format!("{} {} {}", clock.stage, clock.state, clock.due?)))
        .collect()
}

const AWARE: &str = r#"{"fact":"aware","at":"2026-11-23T19:00:00Z"}"#;

#[test]
fn awareness_moves_earlier_at_once_and_keeps_the_old_value() {
    let store = with_draft();
    by(&store, "anna", AWARE).unwrap();
    let earlier = r#"{"fact":"aware","at":"2026-11-23T18:00:00Z","revises":2}"#;
    let recorded = by(&store, "anna", earlier).unwrap();
    assert_eq!(recorded.warnings, Vec::<String>::new());
    assert_eq!(
        clocks(&recorded),
        [
            "early_warning running 2026-11-24T18:00:00Z",
            "notification running 2026-11-26T18:00:00Z"
        ]
    );
    assert_eq!(recorded.incident.waiting, []);
    let history: Vec<String> = recorded
        .incident
        .history
        .iter()
        .map(|it| format!("{} {}", it.stage, it.start.unwrap()))
        .collect();
    assert_eq!(
        history,
        [
            "early_warning 2026-11-23T20:00:00Z",
            "early_warning 2026-11-23T19:00:00Z",
            "notification 2026-11-23T20:00:00Z",
            "notification 2026-11-23T19:00:00Z"
        ]
    );
}

#[test]
fn awareness_moves_later_only_with_a_reason_and_two_principals() {
    let store = with_draft();
    by(&store, "anna", AWARE).unwrap();
    let later = r#"{"fact":"aware","at":"2026-11-23T19:30:00Z","revises":2}"#;
    let recorded = by(&store, "anna", later).unwrap();
    assert_eq!(
        recorded.warnings,
        [
            "what fact 2 says keeps counting until a second person approves this correction",
            "no reason is given: it cannot be approved without one",
        ]
    );
    let first = [
        "early_warning running 2026-11-24T19:00:00Z",
        "notification running 2026-11-26T19:00:00Z",
    ];
    assert_eq!(clocks(&recorded), first);
    assert_eq!(
        serde_json::to_string(&recorded.incident.waiting).unwrap(),
        r#"[{"fact":3,"proposed_by":"anna","what":"fact 2, `aware`, moves later, to 2026-11-23T19:30:00Z"}]"#
    );
    let check = |who: &str, json: &str, conflict: bool, expected: &str| {
        let error = by(&store, who, json).unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert_eq!(
            (error.is_conflict(), error.is_callers()),
            (conflict, !conflict)
        );
    };
    check(
        "anna",
        r#"{"fact":"approved","approves":3,"reason":"the call came at half past"}"#,
        true,
        "anna proposed fact 3 and cannot approve it alone: two approvals are two principals, so \
         somebody else has to, with a token of their own",
    );
    check(
        "bo",
        r#"{"fact":"approved","approves":3}"#,
        false,
        "fact 3 gives no reason: a reason is needed before it can count; give `reason`",
    );
    check(
        "bo",
        r#"{"fact":"approved","approves":2}"#,
        false,
        "fact 2 corrects nothing and needs no approval",
    );
    check(
        "bo",
        r#"{"fact":"approved","approves":99,"reason":"x"}"#,
        false,
        "the incident has no fact 99: `vakt incidents show` and `facts` of the API list them",
    );
    check(
        "bo",
        r#"{"fact":"approved"}"#,
        false,
        "`approved` needs `approves`",
    );
    let approve = r#"{"fact":"approved","approves":3,"reason":"the call came at half past"}"#;
    let recorded = by(&store, "bo", approve).unwrap();
    assert_eq!(
        clocks(&recorded),
        [
            "early_warning running 2026-11-24T19:30:00Z",
            "notification running 2026-11-26T19:30:00Z"
        ]
    );
    assert_eq!(recorded.incident.waiting, []);
    let superseded = recorded.incident.history.iter();
    let starts: Vec<String> = superseded.map(|it| it.start.unwrap().to_string()).collect();
    assert!(
        starts.contains(&"2026-11-23T19:00:00Z".to_owned()),
        "{starts:?}"
    );
    check("bo", approve, true, "fact 3 was approved already");
}

#[test]
fn alone_nothing_can_be_approved_and_that_is_said_at_once() {
    let store = with_draft();
    by(&store, "anna", AWARE).unwrap();
    let later = r#"{"fact":"aware","at":"2026-11-23T19:30:00Z","revises":2,"reason":"a slip"}"#;
    let new: NewFact = serde_json::from_str(later).unwrap();
    let alone = Recorder {
        name: "anna",
        others: Some(0),
    };
    let recorded = store.records.add_fact("1", new, alone).unwrap();
    assert_eq!(
        recorded.warnings.last().unwrap(),
        "two approvals are two principals, and nobody else here may record facts: it cannot be \
         approved until there is a second user with a token"
    );
}

#[test]
fn a_submission_time_in_doubt_starts_the_month_early_and_meets_late() {
    let store = with_draft();
    by(
        &store,
        "anna",
        r#"{"fact":"aware","at":"2026-11-20T12:00:00Z"}"#,
    )
    .unwrap();
    let sent = r#"{"fact":"submitted","report":"notification","reference":"A","at":"2026-11-23T11:00:00Z"}"#;
    let recorded = by(&store, "anna", sent).unwrap();
    let of = |recorded: &Recorded| clocks(recorded).split_off(1);
    assert_eq!(
        of(&recorded),
        [
            "notification met 2026-11-23T12:00:00Z",
            "final running 2026-12-23T23:00:00Z"
        ]
    );
    let later = r#"{"fact":"submitted","report":"notification","revises":3,"at":"2026-11-23T13:00:00Z","reason":"the receipt says so"}"#;
    let recorded = by(&store, "anna", later).unwrap();
    assert_eq!(
        of(&recorded).remove(0),
        "notification met_late 2026-11-23T12:00:00Z"
    );
    let clock = &recorded.incident.incident.clocks[1];
    assert_eq!(clock.met_at.unwrap().to_string(), "2026-11-23T13:00:00Z");
    let final_start = recorded.incident.incident.clocks[2].start.unwrap();
    assert_eq!(final_start.to_string(), "2026-11-23T11:00:00Z");
    let recorded = by(&store, "bo", r#"{"fact":"approved","approves":4}"#).unwrap();
    let final_start = recorded.incident.incident.clocks[2].start.unwrap();
    assert_eq!(final_start.to_string(), "2026-11-23T13:00:00Z");
    assert_eq!(
        recorded.incident.incident.clocks[1].late_reason.as_deref(),
        Some("the receipt says so")
    );
}

#[test]
fn a_report_that_was_never_sent_meets_nothing_from_when_somebody_says_so() {
    let store = with_draft();
    by(&store, "anna", AWARE).unwrap();
    by(
        &store,
        "anna",
        r#"{"fact":"submitted","report":"early_warning"}"#,
    )
    .unwrap();
    let taken_back = r#"{"fact":"retracted","revises":3,"reason":"it lay in the outbox"}"#;
    let recorded = by(&store, "bo", taken_back).unwrap();
    assert_eq!(
        clocks(&recorded)[0],
        "early_warning running 2026-11-24T19:00:00Z"
    );
    assert_eq!(recorded.incident.incident.state, IncidentState::EarlyWarned);
    let recorded = by(&store, "anna", r#"{"fact":"approved","approves":4}"#).unwrap();
    assert_eq!(recorded.incident.incident.state, IncidentState::Significant);
    assert_eq!(recorded.incident.facts.len(), 5, "nothing is removed");
}

#[test]
fn a_receipt_that_comes_later_confirms_what_it_is_for() {
    let store = with_draft();
    by(&store, "anna", AWARE).unwrap();
    let sent = r#"{"fact":"submitted","report":"early_warning","at":"2026-11-23T19:20:00Z"}"#;
    let recorded = by(&store, "anna", sent).unwrap();
    assert!(recorded.incident.incident.clocks[0].unconfirmed);
    let receipt = r#"{"fact":"submitted","report":"early_warning","at":"2026-11-23T19:20:00Z","revises":3,"reference":"NCSC-1"}"#;
    let recorded = by(&store, "anna", receipt).unwrap();
    assert!(!recorded.incident.incident.clocks[0].unconfirmed);
    assert_eq!(recorded.incident.waiting, []);
}

#[test]
fn a_correction_keeps_kind_party_and_report() {
    let store = with_draft();
    by(&store, "anna", AWARE).unwrap();
    by(
        &store,
        "anna",
        r#"{"fact":"submitted","report":"early_warning"}"#,
    )
    .unwrap();
    let check = |json: &str, expected: &str| {
        let error = by(&store, "anna", json).unwrap_err().to_string();
        assert_eq!(error, expected, "{json}");
    };
    check(
        r#"{"fact":"handled","revises":2}"#,
        "fact 2 is `aware`, and `handled` cannot correct it: retract it and record the other",
    );
    check(
        r#"{"fact":"aware","party":"acme","revises":2}"#,
        "fact 2 is of `own`: a correction keeps the party; retract it and record the other",
    );
    check(
        r#"{"fact":"submitted","report":"notification","revises":3}"#,
        "fact 3 is of another report: a correction keeps it; retract it and record the other",
    );
    check(
        r#"{"fact":"aware","revises":77}"#,
        "the incident has no fact 77: `vakt incidents show` and `facts` of the API list them",
    );
    check(r#"{"fact":"retracted"}"#, "`retracted` needs `revises`");
    check(
        r#"{"fact":"aware","approves":3}"#,
        "`aware` takes no `approves`; only `approved` does",
    );
}

#[test]
fn a_downgrade_takes_two_people_and_clocks_run_until_the_receivers_are_told() {
    let store = with_draft();
    by(&store, "anna", AWARE).unwrap();
    by(
        &store,
        "anna",
        r#"{"fact":"submitted","report":"early_warning","reference":"A"}"#,
    )
    .unwrap();
    let down = r#"{"fact":"downgraded","reason":"the backup was the cause"}"#;
    let recorded = by(&store, "anna", down).unwrap();
    assert_eq!(
        recorded.warnings,
        [
            "it counts once a second person approves it; until the receivers of reports are told \
          (`correction_sent`), clocks run on"
        ]
    );
    assert_eq!(recorded.incident.incident.state, IncidentState::EarlyWarned);
    let recorded = by(&store, "bo", r#"{"fact":"approved","approves":4}"#).unwrap();
    assert_eq!(recorded.incident.incident.state, IncidentState::Downgraded);
    let running = "notification running 2026-11-26T19:00:00Z";
    assert_eq!(clocks(&recorded)[1], running);
    let recorded = by(
        &store,
        "bo",
        r#"{"fact":"correction_sent","reference":"A"}"#,
    )
    .unwrap();
    assert_eq!(
        recorded.incident.incident.state,
        IncidentState::NotSignificant
    );
    assert_eq!(
        clocks(&recorded),
        [
            "early_warning met 2026-11-24T19:00:00Z",
            "notification cancelled 2026-11-26T19:00:00Z"
        ]
    );
    let recorded = by(&store, "bo", r#"{"fact":"reopened","reason":"it was not"}"#).unwrap();
    assert_eq!(recorded.incident.incident.state, IncidentState::EarlyWarned);
    assert_eq!(clocks(&recorded)[1], running, "the old deadline runs again");
    let trail: Vec<String> = recorded
        .incident
        .trail
        .iter()
        .map(|it| {
            let words = [&it.from, &it.to, &it.reason];
            let words = words.map(|word| word.as_deref().unwrap_or("-"));
            let proposed = it.proposed_by.as_deref().unwrap_or("-");
            format!("{} {proposed} {}", it.recorded_by, words.join(" "))
        })
        .collect();
    assert_eq!(
        trail,
        [
            "anna - draft significant -",
            "anna - significant early_warned -",
            // Who proposed it and why, and who approved.
            "bo anna early_warned downgraded the backup was the cause",
            "bo - downgraded not_significant -",
            "bo - not_significant early_warned it was not",
        ]
    );
}

#[test]
fn a_revision_that_was_seen_is_expected_and_another_is_a_conflict() {
    let store = with_draft();
    let seen = store.records.incident("1").unwrap().incident.revision;
    by(&store, "anna", AWARE).unwrap();
    let beside = format!(r#"{{"fact":"dismissed","reason":"a test","expected_revision":{seen}}}"#);
    let error = by(&store, "bo", &beside).unwrap_err();
    assert!(error.is_conflict());
    assert!(
        error
            .to_string()
            .contains("its revision is 2, and this was written beside 1"),
        "{error}"
    );
    let state = store.records.incident("1").unwrap().incident.state;
    assert_eq!(state, IncidentState::Significant, "nothing was recorded");
    by(&store, "bo", r#"{"fact":"handled","expected_revision":2}"#).unwrap();
}

#[test]
fn what_the_form_lacks_is_said_and_the_submission_recorded() {
    let store = with_draft();
    let recorded = by(
        &store,
        "anna",
        r#"{"fact":"submitted","report":"final","reference":"A","fields":{"mitigation":"patched","economic_damage":" "}}"#,
    )
    .unwrap();
    assert_eq!(
        recorded.warnings.last().unwrap(),
        "its form also asks for final_consequences, recipients_affected_estimate, \
         geographic_area, economic_damage, effect_on_important_societal_functions, \
         detailed_root_cause, technical_measures, organisational_measures, recurrence_prevention, \
         management_approval"
    );
    assert_eq!(recorded.fact.fields.unwrap()["mitigation"], "patched");
    let recorded = by(
        &store,
        "anna",
        r#"{"fact":"submitted","report":"progress","reference":"","fields":{}}"#,
    );
    let warnings = recorded.unwrap().warnings;
    assert!(
        warnings
            .last()
            .unwrap()
            .starts_with("its form also asks for why_ongoing"),
        "{warnings:?}"
    );
}

#[test]
fn another_duty_is_found_later_and_counts_from_when_it_began() {
    let store = with_draft();
    by(
        &store,
        "anna",
        r#"{"fact":"aware_pdb","at":"2026-11-23T19:00:00Z"}"#,
    )
    .unwrap();
    let recorded = by(
        &store,
        "anna",
        r#"{"fact":"regime_applies","regime":"gdpr"}"#,
    )
    .unwrap();
    assert_eq!(recorded.incident.incident.regimes, ["nis2-se", "gdpr"]);
    assert!(clocks(&recorded).contains(&"authority running 2026-11-26T19:00:00Z".to_owned()));
    let error = by(&store, "anna", r#"{"fact":"regime_applies"}"#).unwrap_err();
    assert_eq!(error.to_string(), "`regime_applies` needs `regime`");
}

/// A correction was compared with what was recorded first, not with what counts.
#[test]
fn a_date_that_was_brought_forward_moves_back_only_with_two_people() {
    let store = with_draft();
    let request = |due: &str, revises: &str| {
        let due = if due.is_empty() {
            String::new()
        } else {
            format!(r#","due":"{due}""#)
        };
        format!(
            r#"{{"fact":"authority_request","at":"2026-11-23T19:00:00Z","reason":"a call"{due}{revises}}}"#
        )
    };
    let due = |recorded: &Recorded| {
        let clocks = recorded.incident.incident.clocks.iter();
        let mut asked = clocks.filter(|clock| clock.stage == "intermediate");
        asked.next().unwrap().due.map(|due| due.to_string())
    };
    // A date for a request that had none makes nothing later.
    let recorded = by(&store, "anna", &request("", "")).unwrap();
    assert_eq!(due(&recorded), None);
    let of_it = r#","revises":2"#;
    let recorded = by(&store, "anna", &request("2026-12-10T12:00:00Z", of_it)).unwrap();
    assert_eq!(due(&recorded).as_deref(), Some("2026-12-10T12:00:00Z"));
    assert_eq!(recorded.incident.waiting, []);
    by(&store, "anna", &request("2026-12-05T12:00:00Z", of_it)).unwrap();
    // Corrected without a date it keeps the one that counts.
    let recorded = by(&store, "anna", &request("", of_it)).unwrap();
    assert_eq!(due(&recorded).as_deref(), Some("2026-12-05T12:00:00Z"));
    let recorded = by(&store, "anna", &request("2026-12-09T12:00:00Z", of_it)).unwrap();
    assert_eq!(due(&recorded).as_deref(), Some("2026-12-05T12:00:00Z"));
    assert_eq!(recorded.incident.waiting.len(), 1);
    let approved = format!(r#"{{"fact":"approved","approves":{}}}"#, recorded.fact.id);
    let recorded = by(&store, "bo", &approved).unwrap();
    assert_eq!(due(&recorded).as_deref(), Some("2026-12-09T12:00:00Z"));
}

/// It took the fact itself back.
#[test]
fn a_proposal_is_withdrawn_and_nothing_else() {
    let store = with_draft();
    by(&store, "anna", AWARE).unwrap();
    let later =
        r#"{"fact":"aware","at":"2026-11-23T20:00:00Z","revises":2,"reason":"a wrong watch"}"#;
    let proposed = by(&store, "anna", later).unwrap().fact.id;
    let withdraw = format!(r#"{{"fact":"retracted","revises":{proposed}}}"#);
    let recorded = by(&store, "anna", &withdraw).unwrap();
    assert_eq!(recorded.incident.waiting, []);
    assert_eq!(recorded.warnings, Vec::<String>::new());
    assert_eq!(
        clocks(&recorded)[0],
        "early_warning running 2026-11-24T19:00:00Z"
    );
    let approve = format!(r#"{{"fact":"approved","approves":{proposed}}}"#);
    let error = by(&store, "bo", &approve).unwrap_err().to_string();
    assert!(error.contains("was withdrawn: propose it anew"), "{error}");

    // A downgrade, too, and the taking back of a fact.
    for proposal in [
        r#"{"fact":"downgraded","reason":"a test"}"#,
        r#"{"fact":"retracted","revises":2,"reason":"a mistake"}"#,
    ] {
        let proposed = by(&store, "anna", proposal).unwrap().fact.id;
        let withdraw = format!(r#"{{"fact":"retracted","revises":{proposed}}}"#);
        let recorded = by(&store, "bo", &withdraw).unwrap();
        assert_eq!(recorded.incident.waiting, []);
        assert_eq!(
            clocks(&recorded)[0],
            "early_warning running 2026-11-24T19:00:00Z"
        );
    }

    // What counts already is corrected again, not taken back.
    let earlier = r#"{"fact":"aware","at":"2026-11-23T18:00:00Z","revises":2}"#;
    let counts = by(&store, "anna", earlier).unwrap().fact.id;
    let withdraw = format!(r#"{{"fact":"retracted","revises":{counts}}}"#);
    let error = by(&store, "anna", &withdraw).unwrap_err().to_string();
    assert!(error.contains("is a correction that counts"), "{error}");
}

#[test]
fn a_proposal_beside_which_something_moved_is_proposed_anew() {
    let store = with_draft();
    by(&store, "anna", AWARE).unwrap();
    let later =
        r#"{"fact":"aware","at":"2026-11-23T20:00:00Z","revises":2,"reason":"a wrong watch"}"#;
    let proposed = by(&store, "anna", later).unwrap().fact.id;
    by(
        &store,
        "anna",
        r#"{"fact":"aware","at":"2026-11-23T17:00:00Z","revises":2}"#,
    )
    .unwrap();
    let approve = format!(r#"{{"fact":"approved","approves":{proposed}}}"#);
    let error = by(&store, "bo", &approve).unwrap_err();
    assert!(error.is_conflict());
    assert!(error.to_string().contains("propose it anew"), "{error}");
    let clocks = store.records.incident("1").unwrap().incident.clocks;
    assert_eq!(clocks[0].due.unwrap().to_string(), "2026-11-24T17:00:00Z");
}

/// The reference came by one correction and went with the next.
#[test]
fn a_reference_stays_through_further_corrections() {
    let store = with_draft();
    by(&store, "anna", AWARE).unwrap();
    let submitted = r#"{"fact":"submitted","report":"early_warning","at":"2026-11-23T19:30:00Z"}"#;
    let sent = by(&store, "anna", submitted).unwrap().fact.id;
    for more in [
        r#","reference":"A-1","at":"2026-11-23T19:30:00Z""#,
        r#","at":"2026-11-23T19:20:00Z""#,
    ] {
        let corrected =
            format!(r#"{{"fact":"submitted","report":"early_warning","revises":{sent}{more}}}"#);
        let recorded = by(&store, "anna", &corrected).unwrap();
        assert!(!recorded.incident.incident.clocks[0].unconfirmed, "{more}");
    }
}

/// Nobody can approve it any more, so that nobody else is waited for.
#[test]
fn what_was_moved_since_waits_for_nobody() {
    let store = Store::new();
    let new = r#"{"title":"A leak","regimes":["nis2-se"],"detected_at":"2026-11-23T18:00:00Z"}"#;
    store
        .records
        .open_incident(serde_json::from_str(new).unwrap(), "anna")
        .unwrap();
    let aware = store.fact("1", r#"{"fact":"aware","at":"2026-11-23T19:00:00Z"}"#);
    let moved = |at: &str| {
        let fact = format!(
            r#"{{"fact":"aware","at":"2026-11-23T{at}:00Z","revises":{},"reason":"the clock was wrong"}}"#,
            aware.fact.id
        );
        store.fact("1", &fact).incident.waiting.len()
    };
    assert_eq!(moved("19:30"), 1);
    assert_eq!(moved("18:30"), 0);
}
