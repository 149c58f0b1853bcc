//! The authority's forms, filled from the record, and what people write into them.

#![allow(clippy::unwrap_used)] // helpers of tests

mod common;

use std::fmt::Write;

use common::{Store, brute_force, event, of_events};
use serde_json::json;
use vakt_incident::form::{Form, Organisation, ReportRef, Sources};
use vakt_incident::records::NewText;
use vakt_incident::{Detection, PageRequest};

const EARLY_WARNING: ReportRef<'_> = ReportRef {
    regime: "nis2-se",
    stage: "early_warning",
    party: "own",
};

fn report(stage: &'static str) -> ReportRef<'static> {
    ReportRef {
        stage,
        ..EARLY_WARNING
    }
}

fn form(store: &Store, report: ReportRef<'_>) -> Form {
    let organisation = Organisation {
        name: "Fjällnät IT AB".to_owned(),
        number: Some("559000-0000".to_owned()),
        contact: None,
    };
    let (incident, entered) = store.records.report("1", report).unwrap();
    let sources = Sources {
        incident: &incident,
        data: store.records.regimes(),
        organisation: Some(&organisation),
        entered: &entered,
        included: &[],
        assessment: None,
        services: &[],
    };
    Form::of(&sources, report).unwrap()
}

/// Every field as a person sees it.
fn shown(form: &Form) -> String {
    let mut text = format!(
        "{} ({})\n",
        form.term.as_deref().unwrap_or(""),
        form.citation
    );
    for field in &form.fields {
        let mark = if field.required { "" } else { " (frivilligt)" };
        let name = &field.name;
        writeln!(text, "\n{}{mark} [{name}: {:?}]", field.label, field.state).unwrap();
        for line in field.text.lines() {
            writeln!(text, "  {line}").unwrap();
        }
        for source in &field.from {
            let id = source.id.as_deref().unwrap_or("-");
            writeln!(text, "    from {} {id}: {}", source.kind, source.text).unwrap();
        }
    }
    writeln!(text, "\nmissing: {}", form.missing.join(", ")).unwrap();
    for caution in &form.cautions {
        writeln!(text, "! {}", caution.text).unwrap();
    }
    text
}

/// A brute force whose events carry addresses of both kinds, a user, and a hash.
fn attack(store: &Store) -> Detection {
    let now = vakt_event::Clock::now(store.clock.as_ref());
    let mut events = vec![event(10, now, 70), event(11, now, 30), event(12, now, 1)];
    for (index, event) in events.iter_mut().enumerate() {
        let fields = &mut event.fields;
        fields.insert("source.ip".into(), "203.0.113.7".into());
        fields.insert("user.name".into(), "root".into());
        fields.insert("host.name".into(), ["web1", "web2", "web1"][index].into());
    }
    events[1]
        .fields
        .insert("client.ip".into(), "10.0.0.9".into());
    let hashes = json!(["d41d8cd98f00b204e9800998ecf8427e"]);
    events[2].fields.insert("file.hash.md5".into(), hashes);
    let like = brute_force(store, "203.0.113.7", 90);
    Detection {
        rule_id: like.rule_id,
        rule_title: like.rule_title,
        tags: like.tags,
        entity: vec![
            ("source.ip".to_owned(), "203.0.113.7".to_owned()),
            ("user.name".to_owned(), "root".to_owned()),
        ],
        ..of_events(store, events)
    }
}

#[test]
fn an_early_warning_is_filled_from_the_record_under_the_labels_of_the_form() {
    let store = Store::new();
    store.apply(&[attack(&store)]);
    store.clock.advance(3_600);
    store.fact("1", r#"{"fact":"supplier_notice","by":"Nordlänk"}"#);
    store.fact("1", r#"{"fact":"aware"}"#);
    insta::assert_snapshot!(shown(&form(&store, EARLY_WARNING)));
}

#[test]
fn a_notification_takes_up_what_happened_since_and_what_can_be_shared() {
    let store = Store::new();
    store.apply(&[attack(&store)]);
    store.fact(
        "1",
        r#"{"fact":"submitted","report":"early_warning","reference":"A","fields":{"cross_border":"Nej"}}"#,
    );
    store.clock.advance(600);
    store.fact("1", r#"{"fact":"service_lost","reason":"VPN"}"#);
    store.clock.advance(600);
    store.fact("1", r#"{"fact":"handled"}"#);
    insta::assert_snapshot!(shown(&form(&store, report("notification"))));
    let last = form(&store, report("final"));
    let said = last.fields.iter().find(|it| it.name == "cross_border");
    let said = said.unwrap();
    assert_eq!(said.text, "Nej", "what an earlier report said");
    assert_eq!((said.from[0].kind, said.required), ("report", false));
}

#[test]
fn what_people_write_is_kept_with_its_author_and_never_overwritten_unseen() {
    let store = Store::new();
    store.apply(&[attack(&store)]);
    let write = |text: &str, version: i64, who: &str| {
        let new = NewText {
            field: "course_of_events".to_owned(),
            text: text.to_owned(),
            version,
        };
        store.records.enter_texts("1", EARLY_WARNING, &[new], who)
    };
    let read = || {
        let form = form(&store, EARLY_WARNING);
        let field = form
            .fields
            .into_iter()
            .find(|it| it.name == "course_of_events");
        let field = field.unwrap();
        (field.text, field.version, field.from[0].text.clone())
    };
    let suggested = read().0;
    write("Någon gissade lösenord.", 0, "anna").unwrap();
    let by_anna = "anna, 2026-11-23 kl. 21.00.00 (UTC+01:00)".to_owned();
    assert_eq!(read(), ("Någon gissade lösenord.".to_owned(), 1, by_anna));

    let error = write("Annat.", 0, "bo").unwrap_err();
    assert!(error.is_conflict());
    assert_eq!(
        error.to_string(),
        "the text of `course_of_events` was changed by anna in the meantime: it has version 1, and \
         this was written beside 0; look at it again, then write with its `version`"
    );
    write("Någon gissade lösenord.", 0, "bo").unwrap();
    assert_eq!(read().1, 1, "the same words are no change");
    write("", 1, "bo").unwrap();
    assert_eq!((read().0, read().1), (suggested, 2), "filled again");

    let audit = store
        .records
        .audit_log(&PageRequest::default())
        .unwrap()
        .items;
    let written: Vec<(&str, &str, &str)> = audit
        .iter()
        .rev()
        .filter(|entry| entry.action == "report.written")
        .map(|it| (it.principal.as_str(), it.before.as_str(), it.after.as_str()))
        .collect();
    assert_eq!(
        written,
        [
            (
                "anna",
                r#"{"course_of_events":null}"#,
                r#"{"regime":"nis2-se","stage":"early_warning","party":"own","texts":{"course_of_events":"Någon gissade lösenord."}}"#
            ),
            (
                "bo",
                r#"{"course_of_events":"Någon gissade lösenord."}"#,
                r#"{"regime":"nis2-se","stage":"early_warning","party":"own","texts":{"course_of_events":""}}"#
            ),
        ]
    );
    assert_eq!(
        store.records.verify_audit().unwrap().faults,
        Vec::<String>::new()
    );
}

#[test]
fn what_is_asked_for_and_not_there_is_named_with_the_nearest() {
    let store = Store::new();
    store.apply(&[attack(&store)]);
    let check = |report: ReportRef<'_>, field: &str, expected: &str| {
        let new = NewText {
            field: field.to_owned(),
            text: "x".to_owned(),
            version: 0,
        };
        let error = store.records.enter_texts("1", report, &[new], "anna");
        let error = error.unwrap_err();
        assert!(error.is_callers(), "{error}");
        assert_eq!(error.to_string(), expected);
    };
    let gdpr = ReportRef {
        regime: "gdpr",
        ..EARLY_WARNING
    };
    check(
        gdpr,
        "contact",
        "the incident has no regime `gdpr`; there are nis2-se",
    );
    check(
        report("early_warnng"),
        "contact",
        "nis2-se has no report `early_warnng`; did you mean `early_warning`?",
    );
    check(
        EARLY_WARNING,
        "contct",
        "the form of nis2-se early_warning has no field `contct`; did you mean `contact`?",
    );
}
