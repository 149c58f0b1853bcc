//! The law as data: other data, what customers were promised, other countries.

#![allow(clippy::unwrap_used)] // helpers of tests

mod common;

use std::sync::Arc;

use common::{Store, brute_force};
use vakt_incident::clock::{Computed, compute};
use vakt_incident::{
    ClockState, FactSet, NewFact, PageRequest, Records, Regimes, Settings, verify_audit_of,
};

/// Our data with `from` in it replaced.
fn data(version: &str, from: &str, to: &str) -> Arc<Regimes> {
    let text = &Regimes::embedded().text;
    assert!(text.contains(from), "{from}");
    let text = text.replace(
        "version: \"2026-11-29\"",
        &format!("version: \"{version}\""),
    );
    Arc::new(Regimes::parse(&text.replacen(from, to, 1)).unwrap())
}

fn settings(data: &Arc<Regimes>) -> Settings {
    Settings {
        data: Arc::clone(data),
        ..Settings::default()
    }
}

fn actions(records: &Records) -> Vec<String> {
    let page = records.audit_log(&PageRequest::default()).unwrap().items;
    page.into_iter().map(|entry| entry.action).collect()
}

#[test]
fn a_new_version_computes_anew_and_keeps_what_the_old_one_gave() {
    let store = Store::new();
    store.apply(&[brute_force(&store, "203.0.113.7", 12)]);
    store.fact("1", r#"{"fact":"aware","at":"2026-11-23T19:00:00Z"}"#);
    let (path, clock) = (store.path(), Arc::clone(&store.clock));
    let _folder = store.close();
    let from = "        term: upplysning\n        start: aware\n        within: {hours: 24}";
    let new = data("2027-01-01", from, &from.replace("24", "12"));
    let open =
        |data: &Arc<Regimes>| Records::open_with(&path, clock.clone(), settings(data)).unwrap();
    let first_due = |records: &Records| {
        let whole = records.incident("1").unwrap();
        let first = &whole.incident.clocks[0];
        (first.due.unwrap().to_string(), whole)
    };
    let records = open(&new);
    let (due, whole) = first_due(&records);
    assert_eq!(due, "2026-11-24T07:00:00Z");
    assert_eq!(whole.incident.regimes_version, "2027-01-01");
    let old: Vec<String> = whole
        .history
        .iter()
        .filter_map(|it| {
            let version = it.regimes_version.as_ref()?;
            Some(format!("{} {} {version}", it.stage, it.due?))
        })
        .collect();
    // What had been provisional was so under the version before: it is told as it stood, and not as
    // the new data would have had it.
    assert_eq!(
        old,
        [
            "early_warning 2026-11-24T20:00:00Z 2026-11-29",
            "notification 2026-11-26T20:00:00Z 2026-11-29",
            "early_warning 2026-11-24T19:00:00Z 2026-11-29",
        ]
    );
    assert_eq!(old.len(), whole.history.len());
    assert_eq!(
        actions(&records)[..2],
        ["clocks.recomputed", "regimes.changed"]
    );
    assert!(records.verify_audit().unwrap().is_sound());
    // The same data again leaves no trace; what went before stays on record.
    drop(records);
    let count = verify_audit_of(&path, &[]).unwrap().entries;
    drop(open(&new));
    assert_eq!(verify_audit_of(&path, &[]).unwrap().entries, count);
    let records = open(Regimes::embedded_arc());
    assert_eq!(first_due(&records).0, "2026-11-24T19:00:00Z");
    assert_eq!(first_due(&records).1.history.len(), whole.history.len() + 1);
    drop(records);
    assert!(verify_audit_of(&path, &[]).unwrap().is_sound());
}

/// A deadline that another version gave could not be told from one of the present.
#[test]
fn other_data_under_a_version_that_is_known_are_refused() {
    let store = Store::new();
    let (path, clock) = (store.path(), Arc::clone(&store.clock));
    let _folder = store.close();
    let open = |data: &Arc<Regimes>| Records::open_with(&path, clock.clone(), settings(data));
    let from = "        term: upplysning\n        start: aware\n        within: {hours: 24}";
    let mine = |hours: &str| data("mine-1", from, &from.replace("24", hours));
    drop(open(&mine("12")).unwrap());
    drop(open(&mine("12")).unwrap());
    let error = open(&mine("11")).err().unwrap().to_string();
    assert_eq!(
        error,
        "the regimes' data were changed and still say `version: mine-1`: give them a version of their \
         own, so that earlier deadlines can be told from those of now"
    );
    // Nothing of it remains, and another name is taken.
    drop(open(&mine("12")).unwrap());
    drop(open(&data("mine-2", from, &from.replace("24", "11"))).unwrap());
}

#[test]
fn data_that_lacks_the_duty_of_an_incident_is_refused() {
    let store = Store::new();
    store.apply(&[brute_force(&store, "203.0.113.7", 12)]);
    store.fact("1", r#"{"fact":"regime_applies","regime":"cer"}"#);
    let (path, clock) = (store.path(), Arc::clone(&store.clock));
    let _folder = store.close();
    let new = data("2027-01-01", "  - id: cer\n", "  - id: cer-old\n");
    let error = Records::open_with(&path, clock.clone(), settings(&new))
        .err()
        .unwrap();
    assert_eq!(
        error.to_string(),
        "version 2027-01-01 of the regimes' data has no regime `cer`, which incident 1 has: keep it in \
         the data, with `applies_until` where the duty has ended"
    );
    // Nothing of it remains.
    let records = Records::open(&path, clock).unwrap();
    assert!(records.verify_audit().unwrap().is_sound());
}

#[test]
fn data_that_was_altered_where_it_is_kept_is_found() {
    let store = Store::new();
    let connection = rusqlite::Connection::open(store.path()).unwrap();
    connection
        .execute_batch(
            "DROP TRIGGER regimes_data_stays;
             UPDATE regimes_data SET text = replace(text, 'hours: 24', 'hours: 48')",
        )
        .unwrap();
    let faults = store.records.verify_audit().unwrap().faults;
    assert_eq!(
        faults,
        ["data of the regimes, version 2026-11-29: it was altered"]
    );
}

fn with(data: &Regimes, regimes: &[&str], facts: &[&str]) -> Computed {
    let facts = FactSet::parse_args(facts, data).unwrap();
    compute(&data.select(regimes).unwrap(), &facts, None)
}

fn lines(computed: &Computed) -> Vec<String> {
    let all = computed.clocks.iter();
    all.map(|it| {
        let due = it.due.map_or_else(|| "-".to_owned(), |due| due.to_string());
        format!("{} {}/{} {} {due}", it.party, it.regime, it.stage, it.state)
    })
    .collect()
}

#[test]
fn a_change_of_the_law_is_for_what_begins_from_its_day_on() {
    let from = "        start: aware_pdb\n        within: {hours: 72}\n";
    let change = format!(
        "{from}        changes:\n          - {{from: \"2028-06-01\", within: {{hours: 96}}, citation: x}}\n"
    );
    let data = data("2028", from, &change);
    let check = |aware: &str, due: &str| {
        let computed = with(&data, &["gdpr"], &[&format!("aware_pdb={aware}")]);
        assert_eq!(computed.clocks[0].due.unwrap().to_string(), due);
    };
    check("2028-05-31T21:59:59Z", "2028-06-03T21:59:59Z"); // 31 May in Stockholm
    check("2028-05-31T22:00:00Z", "2028-06-04T22:00:00Z"); // 1 June
}

#[test]
fn a_duty_that_has_ended_is_not_applicable_from_its_last_day_on() {
    let from = "    applies_from: \"2026-09-11\"\n";
    let to = "    applies_from: \"2026-09-11\"\n    applies_until: \"2027-01-01\"\n";
    let data = data("2028", from, to);
    let check = |aware: &str, state: ClockState| {
        let computed = with(&data, &["cra-vuln"], &[&format!("aware_vuln={aware}")]);
        assert_eq!(computed.clocks[0].state, state);
    };
    check("2026-12-31T22:59:59Z", ClockState::Running);
    check("2026-12-31T23:00:00Z", ClockState::NotApplicable);
}

#[test]
fn each_affected_customer_is_owed_a_notice_within_its_contract() {
    let contracts = "contracts:
  - {party: acme, regime: gdpr-processor, within: {hours: 24}, channel: the portal}
  - {party: acme, regime: contract, start: detected, within: {hours: 4}}
";
    let data = data("with customers", "contracts: []\n", contracts);
    let regimes = ["gdpr-processor", "contract"];
    let facts = [
        "detected=2026-11-23T10:00:00Z",
        "customer_affected@acme=2026-11-23T11:00:00Z",
        "customer_affected@beta=2026-11-23T12:00:00Z",
    ];
    assert_eq!(
        lines(&with(&data, &regimes, &facts)),
        [
            "own gdpr-processor/controller provisional -",
            "own contract/notice provisional -",
            "acme gdpr-processor/controller provisional 2026-11-24T10:00:00Z",
            "acme contract/notice running 2026-11-23T14:00:00Z",
            "beta gdpr-processor/controller provisional -",
            "beta contract/notice provisional -",
        ]
    );
    let mut facts = facts.to_vec();
    facts.extend([
        "aware_pdb=2026-11-23T13:00:00Z",
        "customer_notice_sent@acme=2026-11-23T15:00:00Z",
    ]);
    assert_eq!(
        lines(&with(&data, &regimes, &facts)),
        [
            "own gdpr-processor/controller running -",
            "own contract/notice provisional -",
            "acme gdpr-processor/controller met 2026-11-24T13:00:00Z",
            "acme contract/notice running 2026-11-23T14:00:00Z",
            "beta gdpr-processor/controller running -",
            "beta contract/notice provisional -",
        ]
    );
    facts.push("customer_notice_sent@beta=2026-11-23T16:00:00Z");
    let own = with(&data, &regimes, &facts).clocks.remove(0);
    assert_eq!(own.state, ClockState::Met);
    assert_eq!(own.met_at.unwrap().to_string(), "2026-11-23T16:00:00Z");
}

/// A contractual notice of an outage met the duty of a processor, which began with a data breach
/// that was found six hours later.
#[test]
fn a_notice_to_a_customer_is_of_one_regime_and_never_of_what_begins_after_it() {
    let contracts = "contracts:
  - {party: acme, regime: contract, within: {hours: 24}}
";
    let data = data("with customers", "contracts: []\n", contracts);
    let check = |more: &[&str], expected: [&str; 4]| {
        let mut facts = vec![
            "detected=2026-11-23T09:00:00Z",
            "customer_affected@acme=2026-11-23T10:00:00Z",
        ];
        facts.extend(more);
        let computed = with(&data, &["nis2-se", "contract", "gdpr-processor"], &facts);
        let notices = computed.clocks.iter().filter(|it| it.regime != "nis2-se");
        let shown = notices.map(|it| {
            let met = it
                .met_at
                .map_or_else(|| "-".to_owned(), |at| at.to_string());
            format!("{} {} {} {met}", it.party, it.regime, it.state)
        });
        assert_eq!(shown.collect::<Vec<_>>(), expected, "{more:?}");
    };
    let told = "customer_notice_sent@acme=2026-11-23T11:00:00Z";
    let story = [
        "aware=2026-11-23T10:00:00Z",
        told,
        "aware_pdb=2026-11-23T17:30:00Z",
    ];
    let contract = [
        "own contract met 2026-11-23T11:00:00Z",
        "own gdpr-processor running -",
        "acme contract met 2026-11-23T11:00:00Z",
        "acme gdpr-processor running -",
    ];
    check(&story, contract);
    // Before anybody is aware it is of the first that a draft has.
    check(
        &[told],
        contract
            .map(|line| line.replace("running", "provisional"))
            .each_ref()
            .map(String::as_str),
    );
    // Both were owed: it is still one notice.
    let both = [story[0], "aware_pdb=2026-11-23T10:30:00Z", told];
    check(&both, contract);
    // Another notice is of the first, too, until it names its regime.
    let second = [
        &story[..],
        &["customer_notice_sent@acme=2026-11-23T18:00:00Z"],
    ]
    .concat();
    check(&second, contract);
}

/// A notice with a regime, sent before what that counts from, does not meet it.
#[test]
fn what_a_notice_to_a_customer_does_not_meet_is_said() {
    let store = Store::new();
    let new = r#"{"title":"A customer called","regimes":["nis2-se","contract","gdpr-processor"],
        "detected_at":"2026-11-23T17:00:00Z"}"#;
    let new = serde_json::from_str(new).unwrap();
    store.records.open_incident(new, "anna").unwrap();
    let notice = |more: &str| {
        let json = format!(r#"{{"fact":"customer_notice_sent","party":"acme"{more}}}"#);
        store.fact("1", &json)
    };
    let at = r#","at":"2026-11-23T19:00:00Z""#;
    assert_eq!(
        notice(at).warnings,
        ["acme is not recorded as affected (`customer_affected`): no clock waits for this notice"]
    );
    store.fact(
        "1",
        r#"{"fact":"customer_affected","party":"acme","at":"2026-11-23T17:00:00Z"}"#,
    );
    store.fact("1", r#"{"fact":"aware","at":"2026-11-23T18:00:00Z"}"#);
    store.fact("1", r#"{"fact":"aware_pdb","at":"2026-11-23T19:30:00Z"}"#);
    assert_eq!(
        notice(at).warnings,
        [
            "it counts for contract only; record it again with `regime` if it was also sent under \
          gdpr-processor"
        ]
    );
    let named = notice(&format!(r#"{at},"regime":"gdpr-processor""#));
    assert_eq!(
        named.warnings,
        [
            "it was sent before 2026-11-23T19:30:00Z, from which gdpr-processor counts: it does not \
          meet that"
        ]
    );
    let state = |recorded: &vakt_incident::Recorded| {
        let clocks = &recorded.incident.incident.clocks;
        let own = clocks
            .iter()
            .find(|it| it.party == "acme" && it.regime == "gdpr-processor");
        own.unwrap().state
    };
    assert_eq!(state(&named), ClockState::Running);
    let later = notice(r#","regime":"gdpr-processor""#);
    assert_eq!((later.warnings.len(), state(&later)), (0, ClockState::Met));
    let named = notice(r#","regime":"nis2-se""#);
    assert_eq!(
        named.warnings,
        ["the regime that it names asks for none: give one of contract, gdpr-processor"]
    );
}

#[test]
fn other_countries_count_from_another_fact_or_by_other_days() {
    let check = |regime: &str, facts: &[&str], expected: &[&str]| {
        let computed = with(Regimes::embedded(), &[regime], facts);
        let shown: Vec<String> = computed
            .clocks
            .iter()
            .map(|it| {
                let due = it.due.map_or_else(|| "-".to_owned(), |due| due.to_string());
                format!("{} {} {due}", it.stage, it.state)
            })
            .collect();
        assert_eq!(shown, expected, "{regime} {facts:?}");
    };
    let story = [
        "detected=2026-11-23T10:00:00Z",
        "aware=2026-11-23T20:00:00Z",
        "submitted.notification=2026-11-25T23:30:00Z",
    ];
    check(
        "nis2-fi",
        &story[..1],
        &[
            "early_warning provisional 2026-11-24T10:00:00Z",
            "notification provisional 2026-11-26T10:00:00Z",
            "final projected -",
        ],
    );
    // 26 November in Helsinki already; in Stockholm, too.
    check(
        "nis2-fi",
        &story,
        &[
            "early_warning met_late 2026-11-24T10:00:00Z",
            "notification met 2026-11-26T10:00:00Z",
            "final running 2026-12-26T22:00:00Z",
        ],
    );
    check(
        "nis2-de",
        &story,
        &[
            "early_warning met_late 2026-11-24T20:00:00Z",
            "notification met 2026-11-26T20:00:00Z",
            "final running 2026-12-26T23:00:00Z",
        ],
    );
    check(
        "nis2-hr",
        &[
            "aware=2027-01-30T08:00:00Z",
            "submitted.notification=2027-01-31T08:00:00Z",
        ],
        &[
            "early_warning met_late 2027-01-31T08:00:00Z",
            "notification met 2027-02-02T08:00:00Z",
            "final running 2027-03-02T23:00:00Z",
        ]
        .map(|line| line.replace("met_late", "met"))
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>(),
    );
    // A progress report takes the final report's place, and is due no later than that.
    for regime in ["nis2-hr", "nis2-sk"] {
        check(
            regime,
            &[
                "aware=2026-12-30T10:00:00Z",
                "submitted.notification=2026-12-31T10:00:00Z",
                "submitted.progress=2027-01-31T12:00:00Z",
            ],
            &[
                "early_warning met_late 2026-12-31T10:00:00Z",
                "notification met 2027-01-02T10:00:00Z",
                "progress met_late 2027-01-30T23:00:00Z",
                "final projected -",
            ]
            .map(|line| match regime {
                // The submission itself met the early warning, on its last instant.
                _ if line.starts_with("early") => line.replace("met_late", "met"),
                _ => line.to_owned(),
            })
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>(),
        );
    }
    // 30 working days, Saturdays and Sundays apart.
    check(
        "nis2-pt",
        &[
            "aware=2026-11-23T08:00:00Z",
            "submitted.impact_ended=2026-11-27T12:00:00Z",
        ],
        &[
            "early_warning running 2026-11-24T08:00:00Z",
            "notification running 2026-11-26T08:00:00Z",
            "impact_ended met -",
            "final running 2027-01-09T00:00:00Z",
        ],
    );
    check(
        "se-state-agency",
        &[
            "detected=2026-11-23T10:00:00Z",
            "aware=2026-11-23T11:00:00Z",
        ],
        &[
            "early_warning running 2026-11-23T16:00:00Z",
            "notification running 2026-11-26T10:00:00Z",
            "final projected -",
        ],
    );
}

/// DORA goes before NIS2 for who is under both: nobody said so, and both ran.
#[test]
fn a_duty_that_displaces_another_is_said() {
    let store = Store::new();
    let open = |regimes: &str| {
        let new = format!(r#"{{"title":"x","regimes":{regimes}}}"#);
        store
            .records
            .open_incident(serde_json::from_str(&new).unwrap(), "anna")
            .unwrap()
            .incident
            .id
    };
    let words = "dora takes the place of nis2-se for an entity that is under both (Directive (EU) \
        2022/2555 Art. 4; in Sweden 1 kap. 11 § cybersäkerhetslagen): both run here, until somebody \
        finds which one applies";
    let both = open(r#"["nis2-se","dora"]"#);
    assert_eq!(store.fact(&both, r#"{"fact":"aware"}"#).warnings, [words]);
    let one = open(r#"["nis2-se"]"#);
    assert_eq!(
        store.fact(&one, r#"{"fact":"aware"}"#).warnings,
        Vec::<String>::new()
    );
    let dora = r#"{"fact":"regime_applies","regime":"dora"}"#;
    assert_eq!(store.fact(&one, dora).warnings, [words]);
    let other = open(r#"["nis2-de","gdpr"]"#);
    let gdpr = r#"{"fact":"regime_applies","regime":"cer"}"#;
    assert_eq!(store.fact(&other, gdpr).warnings, Vec::<String>::new());
    let warnings = store.fact(&other, dora).warnings;
    assert_eq!(warnings, [words.replace("nis2-se", "nis2-de")]);
}

/// An earlier awareness makes DORA's classification a late one, which has four hours of its own.
#[test]
fn a_deadline_that_an_earlier_awareness_moves_later_is_said() {
    let store = Store::new();
    let new = r#"{"title":"x","regimes":["dora"],"detected_at":"2026-11-22T17:00:00Z"}"#;
    store
        .records
        .open_incident(serde_json::from_str(new).unwrap(), "anna")
        .unwrap();
    store.fact("1", r#"{"fact":"aware","at":"2026-11-22T21:00:00Z"}"#);
    store.fact("1", r#"{"fact":"classified","at":"2026-11-23T19:00:00Z"}"#);
    let earlier = r#"{"fact":"aware","at":"2026-11-22T18:00:00Z"}"#;
    let recorded = store.fact("1", earlier);
    assert_eq!(
        recorded.warnings,
        [
            "initial of dora was due at 2026-11-23T21:00:00Z, and with this it is due at \
          2026-11-23T23:00:00Z: plan on the earlier"
        ]
    );
}

#[test]
fn an_incident_shows_its_targets_apart_from_its_clocks() {
    let store = Store::new();
    store.apply(&[brute_force(&store, "203.0.113.7", 12)]);
    let shown = |json: Option<&str>| {
        if let Some(json) = json {
            let new: NewFact = serde_json::from_str(json).unwrap();
            store.records.add_fact("1", new, "anna").unwrap();
        }
        let targets = store.records.incident("1").unwrap().targets;
        let lines = targets.iter();
        lines
            .map(|it| format!("{} {:?} {}", it.target, it.state, it.due))
            .collect::<Vec<_>>()
    };
    assert_eq!(shown(None), ["assessment Waiting 2026-11-24T00:00:00Z"]);
    store.clock.advance(4 * 3_600 + 1);
    assert_eq!(shown(None), ["assessment Passed 2026-11-24T00:00:00Z"]);
    // A supplier's notice is where an assessment begins; it is no awareness.
    assert_eq!(
        shown(Some(
            r#"{"fact":"supplier_notice","at":"2026-11-23T19:30:00Z"}"#
        )),
        [
            "assessment Met 2026-11-24T00:00:00Z",
            "decision Waiting 2026-11-24T03:30:00Z"
        ]
    );
    shown(Some(r#"{"fact":"aware"}"#));
    shown(Some(
        r#"{"fact":"submitted","report":"early_warning","reference":"A"}"#,
    ));
    store.clock.advance(24 * 3_600 + 1);
    assert_eq!(
        shown(None)[2],
        "authority_answer Passed 2026-11-25T00:00:01Z"
    );
    let answered = shown(Some(r#"{"fact":"authority_answered"}"#));
    assert_eq!(answered[2], "authority_answer Met 2026-11-25T00:00:01Z");
}
