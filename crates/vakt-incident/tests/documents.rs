//! Reports and notices as documents: what they say in both languages, where each figure is from, what is
//! kept of them, and the bundle of STIX.

#![allow(clippy::unwrap_used)] // helpers of tests

mod common;

use common::{Store, brute_force, event, of_events};
use rusqlite::Connection;
use serde_json::{Value, json};
use vakt_incident::document::DocumentKind;
use vakt_incident::form::{Organisation, ReportRef, Source, Sources};
use vakt_incident::records::{
    KeptDocument, NewDocument, NewFile, NewMark, NewSubmission, NewText, Parts, SentAs,
};
use vakt_incident::regime::Language;
use vakt_incident::significance::{Answer, Answers, Assessment, Criteria, Value as Answered};
use vakt_incident::{Detection, Document, Making, NewFact, PageRequest, Recorder, Settings, Tlp};

/// What a person or a sender may write, and no format may take for its own.
const HOSTILE: &str = "| a | <script>alert(1)</script> `x` **fet** [länk](http://evil.example)\n# rubrik\n\n- punkt & \"citat\" www.evil.example \u{202E}gnirts";

fn report<'a>(regime: &'a str, stage: &'a str, party: &'a str) -> ReportRef<'a> {
    ReportRef {
        regime,
        stage,
        party,
    }
}

fn own(stage: &str) -> ReportRef<'_> {
    report("nis2-se", stage, "own")
}

fn organisation() -> Organisation {
    Organisation {
        name: "Fjällnät IT AB".to_owned(),
        number: Some("559000-0000".to_owned()),
        contact: Some("jour@fjallnat.example, 08-000 00 00".to_owned()),
    }
}

fn store() -> Store {
    Store::with(Settings {
        organisation: Some(organisation()),
        ..Settings::default()
    })
}

fn attack(store: &Store) -> Detection {
    let now = vakt_event::Clock::now(store.clock.as_ref());
    let mut events = vec![event(10, now, 70), event(11, now, 30), event(12, now, 1)];
    for (index, event) in events.iter_mut().enumerate() {
        let fields = &mut event.fields;
        fields.insert("source.ip".into(), "203.0.113.7".into());
        fields.insert("user.name".into(), "anna.svensson".into());
        fields.insert("host.name".into(), ["web1", "web2", "web1"][index].into());
    }
    let more = [
        (0, "client.ip", json!("10.0.0.9")),
        (1, "url.full", json!("http://evil.example/a|b?q='<b>'")),
        (1, "user.email", json!("anna@fjallnat.example")),
        (1, "url.domain", json!("evil.example")),
        (
            2,
            "file.hash.md5",
            json!(["d41d8cd98f00b204e9800998ecf8427e"]),
        ),
    ];
    for (index, field, value) in more {
        events[index].fields.insert(field.into(), value);
    }
    let like = brute_force(store, "203.0.113.7", 90);
    Detection {
        rule_id: like.rule_id,
        rule_title: like.rule_title,
        tags: like.tags,
        entity: vec![
            ("source.ip".to_owned(), "203.0.113.7".to_owned()),
            ("user.name".to_owned(), "anna.svensson".to_owned()),
        ],
        ..of_events(store, events)
    }
}

/// An incident with everything that documents tell of.
fn rich() -> Store {
    let store = store();
    store.apply(&[attack(&store)]);
    for (seconds, fact) in [
        (
            600,
            r#"{"fact":"regime_applies","regime":"gdpr-processor"}"#,
        ),
        (0, r#"{"fact":"regime_applies","regime":"contract"}"#),
        (
            60,
            r#"{"fact":"service_lost","reason":"VPN för kunden Beta AB"}"#,
        ),
        (
            60,
            r#"{"fact":"customer_affected","party":"acme","reason":"deras VPN"}"#,
        ),
        (
            0,
            r#"{"fact":"customer_affected","party":"beta","reason":"Betas hemlighet"}"#,
        ),
        (
            60,
            r#"{"fact":"supplier_notice","by":"Nordlänk","reason":"om Beta"}"#,
        ),
        (60, r#"{"fact":"aware","by":"Ada"}"#),
        (0, r#"{"fact":"aware_pdb"}"#),
        (600, r#"{"fact":"service_restored"}"#),
    ] {
        store.clock.advance(seconds);
        store.fact("1", fact);
    }
    write(
        &store,
        own("early_warning"),
        "consequences_actual_or_feared",
        HOSTILE,
    );
    write(
        &store,
        own("early_warning"),
        "effect_on_sector_activity",
        "Ingen känd.",
    );
    write(
        &store,
        report("gdpr-processor", "controller", "acme"),
        "nature_of_breach",
        "Ett konto.",
    );
    write(
        &store,
        report("contract", "notice", "beta"),
        "effect_on_recipients",
        "Betas hemlighet.",
    );
    write(
        &store,
        report("contract", "notice", "acme"),
        "effect_on_recipients",
        "Er VPN låg nere.",
    );
    store
}

fn write(store: &Store, report: ReportRef<'_>, field: &str, text: &str) {
    let new = NewText {
        field: field.to_owned(),
        text: text.to_owned(),
        version: 0,
    };
    store
        .records
        .enter_texts("1", report, &[new], "anna")
        .unwrap();
}

fn assessment() -> Assessment {
    let mut answers = Answers::default();
    for (input, value) in [
        ("service_users", "400"),
        ("users_limited", "21"),
        ("limited_for", "PT1H1S"),
    ] {
        let answer = Answer {
            value: Answered::Quantity(value.parse().unwrap()),
            by: "anna".to_owned(),
            source: "fact 4".to_owned(),
            at: None,
        };
        answers.set(input, answer);
    }
    Criteria::embedded().assess(&["msp"], &answers)
}

fn made(store: &Store, report: ReportRef<'_>, language: Language) -> (Parts, Document) {
    let parts = store.records.document_parts("1", report).unwrap();
    let (organisation, assessment) = (organisation(), assessment());
    let making = Making {
        sources: Sources {
            incident: &parts.incident,
            data: store.records.regimes(),
            organisation: Some(&organisation),
            entered: &parts.entered,
            included: &parts.included,
            assessment: Some(&assessment),
            services: &parts.services,
        },
        marks: &parts.marks,
        at: vakt_event::Clock::now(store.clock.as_ref()),
        version: None,
    };
    let document = Document::of(&making, report, Some(language)).unwrap();
    (parts, document)
}

/// Every document of the rich incident.
const ALL: [(&str, &str, &str); 9] = [
    ("nis2-se", "early_warning", "own"),
    ("nis2-se", "notification", "own"),
    ("nis2-se", "intermediate", "own"),
    ("nis2-se", "progress", "own"),
    ("nis2-se", "final", "own"),
    ("nis2-se", "recipients_incident", "own"),
    ("nis2-se", "recipients_threat", "own"),
    ("gdpr-processor", "controller", "acme"),
    ("contract", "notice", "acme"),
];

#[test]
fn all_documents_in_both_languages() {
    let store = rich();
    let marks = [
        ("tlp", "amber"),
        ("rsit", "intrusions/unprivileged-account-compromise"),
    ];
    for (name, value) in marks {
        let mark = NewMark {
            name,
            value,
            version: Some(0),
        };
        store.records.set_mark("1", &mark, "bo").unwrap();
    }
    for (regime, stage, party) in ALL {
        for language in [Language::Sv, Language::En] {
            let (_, document) = made(&store, report(regime, stage, party), language);
            let name = format!("{stage}.{}", language.tag());
            insta::assert_snapshot!(format!("{name}.md"), document.markdown());
            insta::assert_snapshot!(format!("{name}.html"), document.html());
            insta::assert_snapshot!(format!("{name}.json"), document.json().unwrap());
        }
    }
}

#[test]
fn every_figure_has_an_origin_that_is_there() {
    let store = rich();
    for (regime, stage, party) in ALL {
        for language in [Language::Sv, Language::En] {
            let (parts, document) = made(&store, report(regime, stage, party), language);
            for source in document.origins() {
                assert!(resolves(&store, &parts, source), "{stage}: {source:?}");
            }
            for field in document.fields.iter().filter(|it| !it.text.is_empty()) {
                assert!(!field.from.is_empty(), "{stage}: {}", field.name);
            }
            for it in &document.indicators.listed {
                let mut events = parts.incident.evidence.iter();
                assert!(events.any(|event| event.id == it.id && event.hash == it.hash));
            }
        }
    }
}

fn resolves(store: &Store, parts: &Parts, source: &Source) -> bool {
    let incident = &parts.incident;
    let id = source.id.as_deref().unwrap_or_default();
    match source.kind {
        "configuration" => {
            let known = [
                "organisation.name",
                "organisation.number",
                "organisation.contact",
            ];
            known.contains(&id)
        }
        "incident" => incident.incident.id == id,
        "fact" | "report" => incident.facts.iter().any(|fact| fact.id.to_string() == id),
        "event" => incident
            .evidence
            .iter()
            .any(|event| event.id == id && Some(&event.hash) == source.hash.as_ref()),
        "rule" => incident.incident.rule_id.as_deref() == Some(id),
        "person" => {
            let mut entered = parts.entered.iter();
            entered.any(|it| format!("{} version {}", it.field, it.version) == id)
        }
        "criterion" => Criteria::embedded().criterion(id).is_some(),
        "regime" => store.records.regimes().get(id).is_some(),
        _ => false,
    }
}

#[test]
fn nothing_that_is_written_becomes_more_than_text() {
    let store = rich();
    for (regime, stage, party) in ALL {
        let (_, document) = made(&store, report(regime, stage, party), Language::Sv);
        let html = document.html();
        for bad in [
            "<script",
            "javascript:",
            "http://evil.example\"",
            "src=",
            "href=",
            "@import",
            "url(",
        ] {
            assert!(!html.contains(bad), "{stage}: {bad} in {html}");
        }
        for text in [&html, &document.markdown()] {
            assert!(!text.contains('\u{202E}'), "{stage}");
        }
        let markdown = document.markdown();
        let first = |line: &str, mark: &str| line.trim_start().starts_with(mark);
        let headings = markdown.lines().filter(|line| first(line, "#")).count();
        let others = 4; // the title, the criteria, the indicators and the origins
        assert!(headings <= document.fields.len() + others, "{markdown}");
        assert!(!markdown.contains("](http:"), "{markdown}");
        assert!(!markdown.contains("<script>"), "{markdown}");
    }
}

#[test]
fn a_customer_reads_nothing_of_another_and_nothing_of_the_events() {
    let store = rich();
    let mut of_early = json!({"fact":"submitted","report":"early_warning","regime":"nis2-se"});
    of_early["fields"] = json!({"measures_taken": "Bytte Betas lösenord."});
    store.fact("1", &of_early.to_string());
    for (regime, stage, party) in ALL {
        let (_, document) = made(&store, report(regime, stage, party), Language::Sv);
        if document.kind == DocumentKind::Report {
            continue;
        }
        for text in [
            document.json().unwrap(),
            document.markdown(),
            document.html(),
        ] {
            for other in [
                "Beta",
                "beta",
                "203.0.113.7",
                "web1",
                "Nordlänk",
                "SSH login",
                "anna.svensson",
            ] {
                assert!(!text.contains(other), "{stage}: {other} in {text}");
            }
        }
    }
    let (_, notice) = made(&store, report("contract", "notice", "acme"), Language::Sv);
    assert!(notice.markdown().contains("Er VPN låg nere."));
}

#[test]
fn what_names_a_person_is_an_indicator_once_somebody_says_so() {
    let store = rich();
    let listed = || {
        let (_, document) = made(&store, own("notification"), Language::En);
        let listed = document.indicators.listed.iter();
        let listed: Vec<String> = listed
            .map(|it| format!("{} {}", it.field, it.value))
            .collect();
        let counts = &document.indicators;
        (
            listed.join(", "),
            (
                counts.users_withheld,
                counts.emails_withheld,
                counts.private_addresses_withheld,
            ),
        )
    };
    let (before, counts) = listed();
    assert_eq!(
        before,
        "source.ip 203.0.113.7, file.hash.md5 d41d8cd98f00b204e9800998ecf8427e, url.domain \
         evil.example, url.full http://evil.example/a|b?q='<b>'"
    );
    assert_eq!(counts, (1, 1, 1));
    let include = |field, value, is| {
        store
            .records
            .include_observable("1", (field, value), is, "anna")
            .map(drop)
    };
    include("user.name", "anna.svensson", true).unwrap();
    include("client.ip", "10.0.0.9", true).unwrap();
    include("client.ip", "10.0.0.9", false).unwrap();
    let (after, counts) = listed();
    assert!(after.contains("user.name anna.svensson"), "{after}");
    assert!(!after.contains("10.0.0.9"), "{after}");
    assert_eq!(counts, (0, 1, 1));
    let (_, document) = made(&store, own("notification"), Language::En);
    let ioc = document.fields.iter().find(|it| it.name == "ioc").unwrap();
    assert!(ioc.text.contains("User anna.svensson"), "{}", ioc.text);
    let refused = |field, value, expected: &str| {
        let error = include(field, value, true).unwrap_err();
        assert!(error.is_callers(), "{error}");
        assert_eq!(error.to_string(), expected);
    };
    refused(
        "user.name",
        "nobody",
        "no event of the incident has the observable user.name \"nobody\"",
    );
    refused(
        "source.ip",
        "203.0.113.7",
        "source.ip \"203.0.113.7\" names nobody: it is among the indicators already",
    );
    let audit = store
        .records
        .audit_log(&PageRequest::default())
        .unwrap()
        .items;
    let entry = audit
        .iter()
        .find(|it| it.action == "document.observable")
        .unwrap();
    assert_eq!(
        (entry.principal.as_str(), entry.after.as_str()),
        (
            "anna",
            r#"{"field":"client.ip","value":"10.0.0.9","included":false}"#
        )
    );
    assert_sound(&store);
}

#[test]
fn an_exercise_says_so_and_is_a_test() {
    let store = store();
    let mut detection = attack(&store);
    detection.drill = true;
    store.apply(&[detection]);
    let (_, document) = made(&store, own("early_warning"), Language::Sv);
    let class = document.classification.as_ref().unwrap();
    assert_eq!(
        (class.class.as_str(), document.tlp.label),
        ("test", Tlp::AmberStrict)
    );
    assert!(
        document.markdown().contains("ÖVNING"),
        "{}",
        document.markdown()
    );
    assert!(document.html().contains("ÖVNING"));
}

fn keep(store: &Store, stage: &str, changed: Option<&str>, expected: i64) -> KeptDocument {
    let new = NewDocument {
        report: own(stage),
        language: None,
        changed,
        expected: Some(expected),
    };
    store.records.keep_document("1", &new, "anna").unwrap()
}

const BO: Recorder<'_> = Recorder {
    name: "bo",
    others: Some(1),
};

fn submission(sent: SentAs) -> NewSubmission {
    NewSubmission {
        sent,
        at: None,
        reference: Some("NCSC-1".to_owned()),
        reason: None,
        receipt: None,
        fact: None,
        source: None,
    }
}

fn assert_sound(store: &Store) {
    assert_eq!(
        store.records.verify_audit().unwrap().faults,
        Vec::<String>::new()
    );
}

#[test]
fn a_version_is_kept_approved_by_another_and_submitted_with_the_hash_of_what_was_sent() {
    let store = rich();
    let first = keep(&store, "early_warning", None, 0);
    let approve = |id: i64, reason: Option<&str>, recorder: Recorder<'_>| {
        let approved = store.records.approve_document("1", id, reason, recorder);
        approved.map_err(|error| error.to_string())
    };
    let anna = Recorder {
        name: "anna",
        others: Some(1),
    };
    assert_eq!(
        approve(first.id, None, anna).unwrap_err(),
        "anna made document 1 and cannot approve it: somebody else who may record facts has to, with \
         a token of their own"
    );
    // Bo reads it and has the text changed: what he read is not what would be sent.
    let text = NewText {
        field: "cross_border".to_owned(),
        text: "Nej".to_owned(),
        version: 0,
    };
    store
        .records
        .enter_texts("1", own("early_warning"), &[text], "anna")
        .unwrap();
    let second = keep(&store, "early_warning", Some("gränsöverskridande"), 1);
    assert_eq!(
        approve(first.id, None, BO).unwrap_err(),
        "document 1 is version 1, and version 2 was kept after it: approve that"
    );
    let approved = approve(second.id, None, BO).unwrap();
    assert_eq!(approved.approval.unwrap().by, "bo");
    assert_eq!(
        approve(second.id, None, BO).unwrap_err(),
        "document 2 was approved by bo already"
    );

    let receipt = NewFile {
        role: "receipt",
        name: "kvitto.pdf",
        bytes: b"%PDF-1.7",
    };
    let receipt = store.records.keep_file("1", &receipt, "anna").unwrap();
    let new = NewSubmission {
        receipt: Some(receipt.id),
        ..submission(SentAs::Format("html".to_owned()))
    };
    let sent = store
        .records
        .submit_document("1", second.id, &new, "anna")
        .unwrap();
    assert_eq!(sent.recorded.warnings, Vec::<String>::new());
    let (file, bytes) = store.records.document_file("1", second.id, "html").unwrap();
    let named = &sent.recorded.fact.fields.as_ref().unwrap()["document"];
    assert_eq!(named["sha256"], file.sha256.as_str());
    assert_eq!(file.blake3, blake3::hash(&bytes).to_hex().as_str());
    assert_eq!(named["receipt"]["sha256"], receipt.sha256.as_str());
    assert_eq!(
        sent.recorded.fact.fields.as_ref().unwrap()["cross_border"],
        "Nej"
    );
    assert_eq!(
        sent.recorded.incident.incident.state.as_str(),
        "early_warned"
    );
    assert_sound(&store);
}

#[test]
fn required_fields_that_are_empty_need_a_reason() {
    let store = rich();
    let kept = keep(&store, "final", None, 0);
    let error = store
        .records
        .approve_document("1", kept.id, None, BO)
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("leaves required fields empty (final_consequences"),
        "{error}"
    );
    let approved = store
        .records
        .approve_document("1", kept.id, Some("brådskar"), BO)
        .unwrap();
    assert_eq!(
        approved.approval.unwrap().reason.as_deref(),
        Some("brådskar")
    );
    // Where nobody else could, the author may.
    let alone = keep(&store, "progress", None, 0);
    let recorder = Recorder {
        name: "anna",
        others: Some(0),
    };
    store
        .records
        .approve_document("1", alone.id, Some("ensam"), recorder)
        .unwrap();
    assert_sound(&store);
}

#[test]
fn a_correction_begins_no_clock_anew() {
    let store = rich();
    let first = keep(&store, "early_warning", None, 0);
    let format = || submission(SentAs::Format("json".to_owned()));
    let sent = store
        .records
        .submit_document("1", first.id, &format(), "anna")
        .unwrap();
    assert_eq!(
        sent.recorded.warnings,
        ["version 1 was not approved by anybody: approve it, or say why it was sent without"]
    );
    let notification = keep(&store, "notification", None, 0);
    store.clock.advance(3_600);
    let sent = store
        .records
        .submit_document("1", notification.id, &format(), "anna")
        .unwrap();
    let clocks = sent.recorded.incident.incident.clocks;

    store.clock.advance(86_400);
    let second = keep(&store, "notification", Some("en värddator till"), 1);
    assert_eq!(second.corrects, Some(1));
    let corrected = store
        .records
        .submit_document("1", second.id, &format(), "anna")
        .unwrap();
    let fact = &corrected.recorded.fact;
    assert_eq!(fact.revises, Some(sent.recorded.fact.id));
    assert_eq!(fact.at, sent.recorded.fact.at);
    assert_eq!(fact.fields.as_ref().unwrap()["document"]["corrects"], 1);
    assert!(corrected.document.submissions[0].correction);
    assert!(corrected.document.submissions[0].sent_at > fact.at);
    let after = corrected.recorded.incident.incident.clocks;
    let times = |clocks: &[vakt_incident::Clock]| {
        let times = clocks
            .iter()
            .map(|it| (it.stage.clone(), it.start, it.due, it.met_at));
        times.collect::<Vec<_>>()
    };
    assert_eq!(times(&clocks), times(&after));
    // And once more: it still corrects the first.
    let third = keep(&store, "notification", None, 2);
    let again = store
        .records
        .submit_document("1", third.id, &format(), "anna")
        .unwrap();
    assert_eq!(again.recorded.fact.at, sent.recorded.fact.at);
    assert_sound(&store);
}

#[test]
fn a_second_answer_to_the_authority_is_no_correction_of_the_first() {
    let store = rich();
    let html = || submission(SentAs::Format("html".to_owned()));
    let asked = || store.fact("1", r#"{"fact":"authority_request"}"#);
    let clocks = |recorded: &vakt_incident::Recorded| {
        let all = recorded.incident.incident.clocks.iter();
        let of = all.filter(|it| it.stage == "intermediate");
        of.map(|it| it.state.as_str().to_owned())
            .collect::<Vec<_>>()
    };
    asked();
    store.clock.advance(600);
    let first = keep(&store, "intermediate", None, 0);
    let first = store
        .records
        .submit_document("1", first.id, &html(), "anna")
        .unwrap();
    assert_eq!(clocks(&first.recorded), ["met"]);
    store.clock.advance(600);
    asked();
    store.clock.advance(600);
    let second = keep(&store, "intermediate", None, 1);
    assert_eq!(second.corrects, None);
    let new = NewSubmission {
        at: Some(store.clock.now_text()),
        ..html()
    };
    store.clock.advance(60);
    let second = store
        .records
        .submit_document("1", second.id, &new, "anna")
        .unwrap();
    assert_eq!(second.recorded.fact.revises, None);
    assert_eq!(second.recorded.fact.at.to_string(), new.at.unwrap());
    assert!(!clocks(&second.recorded).contains(&"running".to_owned()));
    // One that says what changed is.
    let third = keep(&store, "intermediate", Some("a number was wrong"), 2);
    assert_eq!(third.corrects, Some(2));
    let third = store
        .records
        .submit_document("1", third.id, &html(), "anna")
        .unwrap();
    assert_eq!(third.recorded.fact.revises, Some(second.recorded.fact.id));
    assert_sound(&store);
}

#[test]
fn what_was_recorded_since_a_version_was_kept_is_doubted_when_it_is_sent() {
    let store = rich();
    let kept = keep(&store, "early_warning", None, 0);
    store
        .records
        .approve_document("1", kept.id, Some("so"), BO)
        .unwrap();
    store.clock.advance(60);
    store.fact("1", r#"{"fact":"occurred"}"#);
    let html = submission(SentAs::Format("html".to_owned()));
    let sent = store
        .records
        .submit_document("1", kept.id, &html, "anna")
        .unwrap();
    assert_eq!(
        sent.recorded.warnings,
        [
            "facts were recorded after version 1 was kept (occurred): look whether it still says what is so"
        ]
    );
}

#[test]
fn what_was_filed_by_phone_is_recorded_and_completed_later() {
    let store = rich();
    let phone: NewFact =
        serde_json::from_str(r#"{"fact":"submitted","report":"early_warning","reference":"tel"}"#)
            .unwrap();
    let filed = store.records.add_fact("1", phone, "anna").unwrap();
    assert_eq!(
        filed.warnings,
        [
            "it names no document: keep one and record that it was sent, or the file that was, so that the \
          hash of what was sent is on record"
        ]
    );
    store.clock.advance(600);
    let kept = keep(&store, "early_warning", None, 0);
    let pdf = NewFile {
        role: "sent",
        name: "upplysning.pdf",
        bytes: b"%PDF-1.7 what was really sent",
    };
    let pdf = store.records.keep_file("1", &pdf, "anna").unwrap();
    let new = NewSubmission {
        fact: Some(filed.fact.id),
        reference: None,
        ..submission(SentAs::File(pdf.id))
    };
    let done = store
        .records
        .submit_document("1", kept.id, &new, "anna")
        .unwrap();
    let fact = done.recorded.fact;
    assert_eq!(
        (fact.at, fact.reference.as_deref(), fact.revises),
        (filed.fact.at, Some("tel"), Some(filed.fact.id))
    );
    assert_eq!(
        fact.fields.unwrap()["document"]["sha256"],
        pdf.sha256.as_str()
    );
    assert!(!done.document.submissions[0].correction);
    assert_sound(&store);
}

#[test]
fn notices_to_customers_and_recipients_are_told_by_their_facts() {
    let store = rich();
    let send = |regime, stage, party| {
        let new = NewDocument {
            report: report(regime, stage, party),
            language: Some(Language::Sv),
            changed: None,
            expected: None,
        };
        let kept = store.records.keep_document("1", &new, "anna").unwrap();
        let as_html = submission(SentAs::Format("html".to_owned()));
        let sent = store
            .records
            .submit_document("1", kept.id, &as_html, "anna");
        sent.unwrap().recorded
    };
    let notice = send("contract", "notice", "acme");
    assert_eq!(
        (notice.fact.fact.as_str(), notice.fact.party.as_str()),
        ("customer_notice_sent", "acme")
    );
    let mut clocks = notice.incident.incident.clocks.iter();
    let met = clocks
        .find(|it| it.regime == "contract" && it.party == "acme")
        .unwrap();
    assert_eq!(met.state.as_str(), "met");
    let told = send("nis2-se", "recipients_incident", "own");
    assert_eq!(told.fact.fact.as_str(), "recipients_informed");
    assert!(told.fact.fields.unwrap()["document"]["blake3"].is_string());
    assert_sound(&store);
}

#[test]
fn whoever_alters_what_is_kept_is_found() {
    let store = rich();
    let kept = keep(&store, "early_warning", None, 0);
    store
        .records
        .approve_document("1", kept.id, None, BO)
        .unwrap();
    let new = submission(SentAs::Format("md".to_owned()));
    store
        .records
        .submit_document("1", kept.id, &new, "anna")
        .unwrap();
    store
        .records
        .include_observable("1", ("client.ip", "10.0.0.9"), true, "anna")
        .unwrap();
    let mark = NewMark {
        name: "tlp",
        value: "green",
        version: None,
    };
    store.records.set_mark("1", &mark, "anna").unwrap();
    assert_sound(&store);
    let check = |sql: &str, expected: &str| {
        let path = store.path();
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch(&format!("BEGIN; {sql}")).unwrap();
        connection.execute_batch("COMMIT").unwrap();
        let faults = store.records.verify_audit().unwrap().faults;
        assert_eq!(faults, [expected], "{sql}");
    };
    let altered = "the audit log does not have it so";
    let triggers = |table: &str| format!("DROP TRIGGER {table}_stay; DROP TRIGGER {table}_remain;");
    check(
        "UPDATE document_marks SET value = 'TLP:CLEAR'",
        &format!("tlp of incident {}: {altered}", store.incidents()[0].id),
    );
    check(
        "UPDATE document_marks SET value = 'TLP:GREEN'; UPDATE observables SET included = 0",
        &format!(
            "whether client.ip \"10.0.0.9\" is an indicator of incident {}: {altered}",
            store.incidents()[0].id
        ),
    );
    check(
        &format!(
            "UPDATE observables SET included = 1; {} UPDATE document_approvals SET approved_by = 'cecilia'",
            triggers("document_approvals")
        ),
        &format!("approval of document 1: {altered}"),
    );
    check(
        &format!(
            "UPDATE document_approvals SET approved_by = 'bo'; {} UPDATE document_files SET bytes = zeroblob(length(bytes)) WHERE role = 'md'",
            triggers("document_files")
        ),
        "file 2 of a document: its bytes were altered",
    );
}

#[test]
fn the_bundle_of_stix_is_the_same_each_time_and_names_nobody() {
    let store = rich();
    let bundle = || {
        let parts = store
            .records
            .document_parts("1", own("notification"))
            .unwrap();
        let organisation = organisation();
        let making = Making {
            sources: Sources {
                incident: &parts.incident,
                data: store.records.regimes(),
                organisation: Some(&organisation),
                entered: &[],
                included: &parts.included,
                assessment: Some(&parts.assessment),
                services: &parts.services,
            },
            marks: &parts.marks,
            at: vakt_event::Clock::now(store.clock.as_ref()),
            version: None,
        };
        vakt_incident::stix::bundle(&making)
    };
    let first = bundle();
    store.clock.advance(3_600);
    assert_eq!(first, bundle(), "time alone changes nothing");
    let text = first.to_string();
    for name in ["anna", "10.0.0.9"] {
        assert!(!text.contains(name), "{name} in {text}");
    }
    insta::assert_snapshot!("stix.json", serde_json::to_string_pretty(&first).unwrap());
    store
        .records
        .include_observable("1", ("user.name", "anna.svensson"), true, "anna")
        .unwrap();
    let with: Value = bundle();
    assert!(
        with.to_string()
            .contains("[user-account:account_login = 'anna.svensson']")
    );
}

/// A proposal that nobody approved began nothing, whatever instant it names.
#[test]
fn a_deadline_comes_from_the_fact_that_counts() {
    let store = rich();
    let facts = store.records.incident("1").unwrap().facts;
    let aware = facts.iter().find(|it| it.fact.as_str() == "aware").unwrap();
    let (id, at) = (aware.id, aware.at);
    let change = |seconds: i64| {
        let at = at.saturating_add_micros(seconds * 1_000_000);
        let fact = format!(
            r#"{{"fact":"aware","at":"{at}","revises":{id},"reason":"the clock was wrong"}}"#
        );
        store.fact("1", &fact).fact.id
    };
    let proposed = change(60);
    change(-60);
    // Awareness is again what the proposal says it was, by a fact of its own that counts.
    store.fact(
        "1",
        &format!(r#"{{"fact":"retracted","revises":{id},"reason":"not that"}}"#),
    );
    let retraction = store
        .records
        .incident("1")
        .unwrap()
        .facts
        .last()
        .unwrap()
        .id;
    store.fact_by(
        "1",
        &format!(r#"{{"fact":"approved","approves":{retraction}}}"#),
        "bo",
    );
    let again = at.saturating_add_micros(60_000_000);
    let again = store
        .fact("1", &format!(r#"{{"fact":"aware","at":"{again}"}}"#))
        .fact
        .id;
    let (_, document) = made(&store, own("early_warning"), Language::En);
    let deadline = document.deadline.unwrap();
    let named: Vec<&str> = deadline
        .from
        .iter()
        .filter_map(|it| it.id.as_deref())
        .collect();
    assert!(named.contains(&again.to_string().as_str()), "{named:?}");
    assert!(!named.contains(&proposed.to_string().as_str()), "{named:?}");
}
