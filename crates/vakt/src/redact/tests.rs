use std::fs;
use std::os::unix::fs::PermissionsExt;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use vakt_event::Escaped;

use super::hunt::VALUE_BYTES_MIN;
use super::*;
use crate::data_dir::DataDir;

/// `drop user.name, source.ip` for all streams, `mask user.name @ a b` for some.
fn rules(text: &str) -> Vec<Rule> {
    let rule = |line: &str| {
        let (rest, streams) = match line.split_once('@') {
            Some((rest, streams)) => {
                let names = streams.split_whitespace().map(str::to_owned);
                (rest, Some(names.collect()))
            }
            None => (line, None),
        };
        let (action, fields) = rest.trim().split_once(' ').unwrap();
        let action = Action::ALL.into_iter().find(|known| known.name() == action);
        Rule {
            streams,
            fields: fields.split(", ").map(str::to_owned).collect(),
            action: action.unwrap(),
        }
    };
    text.lines().map(rule).collect()
}

fn redactor(text: &str) -> Redactor {
    Redactor::new(&rules(text), Some(HashKey::new([7; 32])))
}

/// An event of sent texts.
fn event<'e>(fields: &[(&'e str, &'e str)]) -> Event<'e> {
    let mut event = Event::default();
    for (name, value) in fields {
        event.sent(*name, *value);
    }
    event.original = "as it was sent: anna".into();
    event
}

fn shown(event: &Event<'_>) -> Vec<(String, String)> {
    let field = |field: &vakt_event::Field<'_>| {
        (
            field.name.clone().into_owned(),
            field.value.text().to_owned(),
        )
    };
    event.fields.iter().map(field).collect()
}

#[track_caller]
fn check(rules: &str, fields: &[(&str, &str)], expected: &[(&str, &str)]) {
    let mut event = event(fields);
    redactor(rules).redact("default", &mut event);
    let found = shown(&event);
    let found: Vec<_> = found
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    assert_eq!(found, expected, "{rules}");
    assert_eq!(event.original, "as it was sent: anna");
}

const ANNA: &str = "h:04d0aaf1b067633c";

#[test]
fn a_field_is_dropped_masked_or_hashed_under_each_of_its_names() {
    let sent = &[("user.name", "anna"), ("c-ip", "10.0.0.1"), ("x", "y")];
    check("drop user.name", sent, &[("c-ip", "10.0.0.1"), ("x", "y")]);
    check(
        "mask source.ip",
        sent,
        &[("user.name", "anna"), ("c-ip", MASK), ("x", "y")],
    );
    check(
        "hash user.name\nmask source.ip",
        sent,
        &[("user.name", ANNA), ("c-ip", MASK), ("x", "y")],
    );
    check("mask user.id", sent, sent);
    // Several values of one field; the first rule that names it counts.
    check(
        "mask user.name\ndrop user.name",
        &[("User", "anna"), ("user.name", "bo"), ("user.name", "")],
        &[("User", MASK), ("user.name", MASK), ("user.name", MASK)],
    );
    // Equal values have equal hashes, in whatever field.
    check(
        "hash user.name, TargetUserName",
        &[("user.name", "anna"), ("TargetUserName", "anna")],
        &[("user.name", ANNA), ("TargetUserName", ANNA)],
    );
    // Values are told apart as they were sent.
    let mut upper = event(&[("user.name", "Anna")]);
    redactor("hash user.name").redact("default", &mut upper);
    assert_ne!(upper.text("user.name").unwrap(), ANNA);
}

#[test]
fn a_redacted_value_is_replaced_in_other_fields() {
    let found = |rules: &str, value: &str, text: &str, expected: &str| {
        check(
            rules,
            &[("user.name", value), ("message", text)],
            &[("user.name", MASK), ("message", expected)],
        );
    };
    let masked = |value, text, expected| found("mask user.name", value, text, expected);
    masked("anna", "anna", "[redacted]");
    masked("anna", "for anna from x", "for [redacted] from x");
    masked(
        "anna",
        "ANNA, Anna: anna",
        "[redacted], [redacted]: [redacted]",
    );
    masked("Åsa", "för åsa, ÅSA", "för [redacted], [redacted]");
    masked("σοφος", "ΣΟΦΟΣ", "[redacted]");
    masked("\u{212a}elvin", "kelvin", "[redacted]");
    masked(" anna ", "anna", "[redacted]");
    // Whole occurrences at word boundaries alone.
    masked(
        "anna",
        "annabel joanna anna_b anna2",
        "annabel joanna anna_b anna2",
    );
    masked(
        "anna",
        "anna.b <anna@x> /anna/",
        "[redacted].b <[redacted]@x> /[redacted]/",
    );
    masked("-anna-", "x-anna-x", "x[redacted]x");
    masked(
        "10.0.0.1",
        "10.0.0.1:22 10.0.0.11",
        "[redacted]:22 10.0.0.11",
    );
    masked("anna berg", "anna berg, anna", "[redacted], anna");
    // What is shorter stays.
    masked("bo", "bo is here", "bo is here");
    masked("å", "å", "å");
    masked("åå", "åå", "[redacted]");
    // As JSON writes it.
    masked(
        r"corp\anna",
        r#"{"u":"corp\\anna"}"#,
        r#"{"u":"[redacted]"}"#,
    );
    masked(r"corp\anna", r"corp\anna", "[redacted]");
    masked("åsa", r#"{"u":"\u00e5sa"}"#, r#"{"u":"[redacted]"}"#);
    masked("anna", r"first\nanna\tlast", r"first\n[redacted]\tlast");
    masked(r"\\srv\a", r"at \\srv\a", "at [redacted]");
    masked(r"\\srv\a", r"at \\\\srv\\a.", "at [redacted].");
}

#[test]
fn the_longest_value_goes_first_and_the_mask_before_the_hash() {
    check(
        "mask user.name, user.email",
        &[
            ("user.name", "anna"),
            ("user.email", "anna@x.se"),
            ("m", "anna@x.se, anna"),
        ],
        &[
            ("user.name", MASK),
            ("user.email", MASK),
            ("m", "[redacted], [redacted]"),
        ],
    );
    check(
        "hash user.name\ndrop who",
        &[("user.name", "anna"), ("who", "anna"), ("m", "anna")],
        &[("user.name", ANNA), ("m", MASK)],
    );
    check(
        "drop who\nhash user.name",
        &[("who", "anna"), ("user.name", "anna"), ("m", "anna")],
        &[("user.name", ANNA), ("m", MASK)],
    );
    check(
        "hash user.name\ndrop who",
        &[("user.name", "Anna"), ("who", "anna"), ("m", "anna, ANNA")],
        &[
            ("user.name", "h:bf1e7991a7a9b755"),
            ("m", "[redacted], [redacted]"),
        ],
    );
    check(
        "hash user.name",
        &[("m", "a=anna b=Anna"), ("user.name", "anna")],
        &[("m", &format!("a={ANNA} b={ANNA}")), ("user.name", ANNA)],
    );
}

#[test]
fn values_of_every_kind_and_problems_are_looked_at() {
    let mut event = event(&[]);
    event.sent("user.id", Value::number(1042));
    event.sent("user.name", Value::Escaped(Escaped::new(r"anna\u0021")));
    event.sent("user.email", Value::Null);
    event.sent("user.name", Value::Bool(true));
    event.added("uid", Value::number(1042));
    event.sent("is_admin", Value::Bool(true));
    event.added(
        "process.args",
        Value::Escaped(Escaped::new(r"-u anna! \/x")),
    );
    event.problem("anna! is no time");
    redactor("mask user.id, user.name, user.email").redact("default", &mut event);
    let expected = [
        ("user.id", MASK),
        ("user.name", MASK),
        ("user.email", ""),
        ("user.name", MASK),
        ("uid", MASK),
        ("is_admin", "true"),
        ("process.args", "-u [redacted] /x"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(shown(&event), expected);
    assert_eq!(event.problems, ["[redacted] is no time"]);
}

/// An event made to cost time keeps no text beside its names.
#[test]
fn an_event_of_too_many_values_keeps_none() {
    let names: Vec<String> = (0..100).map(|number| format!("user{number}")).collect();
    let mut event = Event::default();
    for name in &names {
        event.sent("user.name", name.as_str());
    }
    event.sent("message", "user99 and others");
    event.sent("n", "1");
    redactor("drop user.name").redact("default", &mut event);
    let expected = [("message", MASK), ("n", "1")];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(shown(&event), expected);
}

#[test]
fn rules_are_for_their_streams() {
    let redactor = redactor("drop user.name @ a\nmask user.name @ b\nhash user.name");
    let check = |stream: &str, expected: Option<&str>| {
        let mut event = event(&[("user.name", "anna")]);
        redactor.redact(stream, &mut event);
        assert_eq!(event.text("user.name"), expected, "{stream}");
    };
    check("a", None);
    check("b", Some(MASK));
    check("default", Some(ANNA));
}

#[test]
fn the_digest_tells_rules_that_make_other_events() {
    let digest = |text: &str, key: u8| {
        let rules = rules(text);
        let has_hash = rules.iter().any(|rule| rule.action == Action::Hash);
        let key = has_hash.then(|| HashKey::new([key; 32]));
        Redactor::new(&rules, key).digest().to_owned()
    };
    let same = [
        ("drop a, b", "drop b\ndrop a"),
        ("drop a\nmask a", "drop a"),
        ("drop a @ x y", "drop a @ y x"),
    ];
    for (one, other) in same {
        assert_eq!(digest(one, 1), digest(other, 2), "{one}, {other}");
    }
    let others = [
        ("drop a", "mask a"),
        ("drop a", "drop a, b"),
        ("drop a", "drop a @ x"),
        ("drop a @ x", "drop a @ y"),
        ("drop a\nmask a @ x", "mask a @ x\ndrop a"),
    ];
    for (one, other) in others {
        assert_ne!(digest(one, 1), digest(other, 1), "{one}, {other}");
    }
    assert_ne!(digest("hash a", 1), digest("hash a", 2));
}

#[test]
fn the_key_is_made_at_need_and_kept_for_its_owner() {
    let folder = TempDir::new().unwrap();
    let data_dir = DataDir::at(folder.path());
    let digest = |text: &str| {
        let redactor = key::redactor(&rules(text), &data_dir).unwrap();
        redactor.map(|redactor| redactor.digest().to_owned())
    };
    assert_eq!(digest(""), None);
    assert!(digest("drop a").is_some());
    assert!(!data_dir.redact_key().exists());
    let first = digest("hash a");
    let mode = fs::metadata(data_dir.redact_key()).unwrap().permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    assert_eq!(digest("hash a"), first);
    fs::remove_file(data_dir.redact_key()).unwrap();
    assert_ne!(digest("hash a"), first);
    for text in ["", "abc", &"g".repeat(64)] {
        fs::write(data_dir.redact_key(), text).unwrap();
        let error = key::redactor(&rules("hash a"), &data_dir).err().unwrap();
        assert!(
            error.to_string().contains("is no key of hashed fields"),
            "{error}"
        );
        assert_eq!(fs::read_to_string(data_dir.redact_key()).unwrap(), text);
    }
}

#[test]
fn incidents_show_what_the_index_would() {
    let frozen = json!({"id": "7", "fields": {
        "@timestamp": "2026-11-24T09:30:00Z", "event.original": "anna 10.0.0.1", "message": "for Anna from 10.0.0.1",
        "user.name": "anna", "source.ip": ["10.0.0.1", "10.0.0.2"], "source.port": 22,
    }});
    let mut incident = json!({
        "stream": "default", "title": "Login: anna, 10.0.0.1", "entity": "anna, 10.0.0.1", "state": "draft",
        "entity_fields": {"user.name": "anna", "source.ip": "10.0.0.1"},
        "evidence": [frozen],
        "alerts": [{"stream": "other", "entity": "anna", "entity_fields": {"user.name": "anna"}}],
    });
    redactor("hash user.name @ default\ndrop source.ip").redact_incident(&mut incident);
    let frozen = json!({"id": "7", "fields": {
        "@timestamp": "2026-11-24T09:30:00Z", "message": format!("for {ANNA} from [redacted]"),
        "user.name": ANNA, "source.port": 22,
    }});
    let expected = json!({
        "stream": "default", "title": format!("Login: {ANNA}, [redacted]"),
        "entity": format!("{ANNA}, [redacted]"), "state": "draft",
        "entity_fields": {"user.name": ANNA},
        "evidence": [frozen],
        "alerts": [{"stream": "other", "entity": "anna", "entity_fields": {"user.name": "anna"}}],
    });
    assert_eq!(incident, expected);
}

/// The title of what recurs is what a person wrote.
#[test]
fn a_root_cause_is_not_shown() {
    let recurring = |cause: &str| {
        json!({
            "stream": "default", "title": format!("Recurring incidents: {cause}"), "entity": cause,
            "entity_fields": {"vakt.root_cause": cause},
        })
    };
    let mut shown = recurring("anna clicked");
    redactor("hash user.name").redact_entity(&mut shown);
    assert_eq!(shown, recurring(MASK));
}

#[test]
fn notices_say_no_more_than_searches() {
    let notice = |host: &str, entity: &str| json!({"stream": "default", "title": "Login", "host": host, "entity": entity, "alert": "7"});
    let entity = json!({"source.ip": "10.0.0.1", "user.name": "anna", "service.name": "web1"});
    let entity = entity.as_object().unwrap();
    let check = |rules: &str, expected: Json| {
        let mut redacted = notice("web1", "10.0.0.1, web1");
        redactor(rules).redact_notice(&mut redacted, entity.clone());
        assert_eq!(redacted, expected, "{rules}");
    };
    check("mask user.name", notice("web1", "10.0.0.1, web1"));
    check("mask source.ip", notice("web1", "[redacted], web1"));
    check("mask host.name", notice(MASK, "10.0.0.1, [redacted]"));
    let mut dropped = notice("", "10.0.0.1, [redacted]");
    dropped["host"] = Json::Null;
    check("drop host.name", dropped);
}

/// Names and addresses, and texts that are made of them.
const PIECES: &[&str] = &[
    "anna",
    "Anna",
    "ANNA",
    "annab",
    "bo",
    "åsa",
    "ÅSA",
    "corp",
    "10.0.0.1",
    "fe80::1",
    "1042",
    "anna berg",
    "a",
];
const JOINTS: &[&str] = &[
    "", " ", ".", "@", "\\", "\\\\", "_", "-", ": ", "\n", "\"", "\\n", "/",
];
const NAMES: &[&str] = &[
    "user.name",
    "User",
    "source.ip",
    "c-ip",
    "SourceIp",
    "message",
    "url.original",
    "who",
    "process.command_line",
];

fn text() -> impl Strategy<Value = String> {
    vec((select(PIECES), select(JOINTS)), 0..6).prop_map(|parts| {
        parts
            .into_iter()
            .flat_map(|(piece, joint)| [piece, joint])
            .collect()
    })
}

fn field() -> impl Strategy<Value = (&'static str, String, bool)> {
    (select(NAMES), text(), any::<bool>())
}

fn any_rules() -> impl Strategy<Value = Vec<Rule>> {
    let rule = (
        vec(select(NAMES), 1..4),
        select(&Action::ALL[..]),
        any::<bool>(),
    );
    let rule = rule.prop_map(|(names, action, is_everywhere)| Rule {
        streams: (!is_everywhere).then(|| vec!["default".to_owned()]),
        fields: names
            .into_iter()
            .map(|name| vakt_event::alias::canonical(name).to_owned())
            .collect(),
        action,
    });
    vec(rule, 1..4)
}

/// Whether `value` stands in `text` between word boundaries, by the plainest of ways.
fn stands_in(value: &str, text: &str) -> bool {
    let (value, text) = (value.to_lowercase(), text.to_lowercase());
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.char_indices().any(|(at, first)| {
        let (before, from) = text.split_at(at);
        let last = value.chars().next_back();
        from.strip_prefix(&value).is_some_and(|after| {
            let begins = !(is_word(before.chars().next_back()) && is_word(Some(first)));
            begins && !(is_word(last) && is_word(after.chars().next()))
        })
    })
}

proptest! {
    #[test]
    fn no_redacted_value_is_left(
        fields in vec(field(), 0..8),
        problem in text(),
        rules in any_rules(),
    ) {
        let redactor = Redactor::new(&rules, Some(HashKey::new([7; 32])));
        let mut event = Event::default();
        for (name, value, is_sent) in &fields {
            match is_sent {
                true => event.sent(*name, value.as_str()),
                false => event.added(*name, value.as_str()),
            }
        }
        event.problem(problem.as_str());
        let before = event.clone();
        redactor.redact("default", &mut event);

        let action = |name: &str| {
            let name = vakt_event::alias::canonical(name);
            rules.iter().find(|rule| rule.fields.iter().any(|field| field == name)).map(|rule| rule.action)
        };
        let is_named = |(name, _, _): &&(&str, String, bool)| action(name).is_some();
        if !fields.iter().any(|field| is_named(&field)) {
            prop_assert_eq!(&event, &before);
        }
        for (_, value, _) in fields.iter().filter(is_named) {
            let value = value.trim();
            if value.len() < VALUE_BYTES_MIN {
                continue;
            }
            for (name, text) in shown(&event) {
                prop_assert!(!stands_in(value, &text), "{:?} in {}: {:?}", value, name, text);
            }
            for problem in &event.problems {
                prop_assert!(!stands_in(value, problem), "{:?} in {:?}", value, problem);
            }
        }
        for (name, value) in shown(&event) {
            match action(&name) {
                None => {}
                Some(Action::Drop) => prop_assert!(false, "{} is there", name),
                Some(Action::Mask) => prop_assert_eq!(value, MASK),
                Some(Action::Hash) => prop_assert!(value.starts_with("h:") && value.len() == 18),
            }
        }
    }
}
