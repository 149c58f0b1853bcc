//! Random rules and events over so small an alphabet that they meet.

#![allow(
    dead_code,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "each test file uses its own part of this module"
)]

use std::borrow::Cow;
use std::sync::Arc;

use proptest::prelude::*;
use vakt_detect::naive::Prepared;
use vakt_event::{Event, Field, Layout, LogSource, Origin, Value};
use vakt_rules::ast::*;

pub const FIELDS: [&str; 11] = [
    "Image",
    "process.executable",
    "winlog.event_data.Image",
    "CommandLine",
    "Image.inner",
    "Event.EventData",
    "winlog",
    "x",
    "x.y",
    "y",
    "",
];

/// Pieces of literals and values: case, characters that fold to another length, separators.
const PIECES: [&str; 18] = [
    "a", "A", "a", "b", "k", "K", "\u{212A}", "s", "ſ", "S", "İ", "i", "ß", "σ", "Σ", "-", "–",
    ".exe",
];
const NUMBERS: [&str; 9] = [
    "0", "1", "4688", "4688.0", "-1", "-1.0", "1e3", "1000", "-0",
];
const OTHERS: [&str; 8] = [
    "10.1.2.3",
    "::ffff:10.1.2.3",
    "fe80::1",
    "2026-11-24T09:30:00Z",
    "2026-11-24",
    "line\nfeed",
    "Invoke-Mimikatz ſ",
    "true",
];

fn text() -> BoxedStrategy<String> {
    let pieces = prop::collection::vec(prop::sample::select(&PIECES[..]), 0..5);
    prop_oneof![
        8 => pieces.prop_map(|pieces| pieces.concat()),
        1 => prop::sample::select(&NUMBERS[..]).prop_map(str::to_owned),
        1 => prop::sample::select(&OTHERS[..]).prop_map(str::to_owned),
        1 => ("[as]{0,3}", prop::sample::select(&OTHERS[..])).prop_map(|(a, b)| a + b),
    ]
    .boxed()
}

fn literal() -> BoxedStrategy<String> {
    let pieces = prop::collection::vec(prop::sample::select(&PIECES[..]), 1..=2);
    prop_oneof![
        8 => pieces.prop_map(|pieces| pieces.concat()),
        1 => prop::sample::select(&NUMBERS[..]).prop_map(str::to_owned),
        1 => prop::sample::select(&OTHERS[..]).prop_map(str::to_owned),
    ]
    .boxed()
}

fn pattern() -> impl Strategy<Value = Pattern> {
    let token = prop_oneof![
        5 => literal().prop_map(Token::Literal),
        3 => Just(Token::Many),
        1 => Just(Token::One),
        1 => Just(Token::Dash),
    ];
    let mixed = prop::collection::vec(token, 0..5);
    let plain = (any::<bool>(), literal(), any::<bool>()).prop_map(|(front, literal, back)| {
        let mut tokens = Vec::new();
        tokens.extend(front.then_some(Token::Many));
        tokens.push(Token::Literal(literal));
        tokens.extend(back.then_some(Token::Many));
        tokens
    });
    (prop_oneof![plain, mixed], prop::bool::weighted(0.35)).prop_map(|(tokens, cased)| Pattern {
        tokens: normal(tokens),
        cased,
    })
}

/// As the AST promises: never two literals or two `Many` side by side.
fn normal(tokens: Vec<Token>) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::new();
    for token in tokens {
        match (out.last_mut(), token) {
            (Some(Token::Literal(last)), Token::Literal(more)) => last.push_str(&more),
            (Some(Token::Many), Token::Many) => {}
            (_, token) => out.push(token),
        }
    }
    out
}

fn test() -> impl Strategy<Value = Test> {
    let regex = prop::sample::select(vec![
        "a",
        "^a.*b$",
        "(?i)mimikatz",
        "Mimikatz",
        "(\\.exe|mimikatz)$",
        "k",
        "[0-9]+",
        "",
        "s{2,}",
    ]);
    let comparison = prop::sample::select(vec![
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ]);
    let relation = prop::sample::select(vec![
        Relation::Equals,
        Relation::Contains,
        Relation::StartsWith,
        Relation::EndsWith,
    ]);
    let net = prop::sample::select(vec![
        "10.0.0.0/8",
        "10.1.2.3/32",
        "0.0.0.0/0",
        "::/0",
        "fe80::/10",
        "::ffff:10.1.0.0/112",
    ]);
    let part = prop::sample::select(vec![(TimePart::Hour, 9), (TimePart::Day, 24)]);
    prop_oneof![
        60 => pattern().prop_map(Test::Text),
        4 => Just(Test::Null),
        4 => any::<bool>().prop_map(Test::Exists),
        1 => Just(Test::Regex(Regex {
            pattern: "(unclosed".into(),
            case_insensitive: false,
            multi_line: false,
            dot_matches_new_line: false,
        })),
        6 => (regex, any::<bool>()).prop_map(|(pattern, case_insensitive)| Test::Regex(Regex {
            pattern: pattern.into(),
            case_insensitive,
            multi_line: false,
            dot_matches_new_line: false,
        })),
        4 => net.prop_map(|net| Test::Cidr(net.parse().unwrap())),
        4 => (comparison, -1i8..2).prop_map(|(c, n)| Test::Compare(c, f64::from(n))),
        6 => (prop::sample::select(&FIELDS[..]), relation, any::<bool>()).prop_map(
            |(field, relation, cased)| Test::FieldRef { field: field.into(), relation, cased }
        ),
        4 => part.prop_map(|(part, wanted)| Test::TimePart(part, wanted)),
    ]
}

fn predicate() -> impl Strategy<Value = Detection> {
    let field = prop_oneof![
        6 => prop::sample::select(&FIELDS[..]).prop_map(|name| Some(name.to_owned())),
        1 => Just(None),
    ];
    (field, test()).prop_map(|(field, test)| Detection::Is(Predicate { field, test }))
}

fn detection() -> impl Strategy<Value = Detection> {
    predicate().prop_recursive(3, 10, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Detection::All),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Detection::Any),
            inner.prop_map(|inner| Detection::Not(Box::new(inner))),
        ]
    })
}

fn condition() -> impl Strategy<Value = Condition> {
    let leaf = (0usize..3).prop_map(Condition::Search);
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Condition::All),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Condition::Any),
            inner.prop_map(|inner| Condition::Not(Box::new(inner))),
        ]
    })
}

fn log_source() -> impl Strategy<Value = LogSource<'static>> {
    prop::sample::select(vec![
        LogSource::of("windows", "process_creation", ""),
        LogSource::of("Windows", "Process_Creation", ""),
        LogSource::of("windows", "", "sysmon"),
        LogSource::of("windows", "", ""),
        LogSource::of("", "process_creation", ""),
        LogSource::of("linux", "", "sshd"),
        LogSource::of("", "", ""),
    ])
}

/// Log sources of events: mostly such as some rule asks for.
fn shown() -> impl Strategy<Value = LogSource<'static>> {
    prop_oneof![
        2 => Just(LogSource::of("windows", "process_creation", "sysmon")),
        1 => log_source(),
    ]
}

pub fn rule() -> impl Strategy<Value = Arc<Rule>> {
    (
        log_source(),
        prop::collection::vec(detection(), 1..3),
        condition(),
    )
        .prop_map(|(log_source, detections, condition)| rule_of(log_source, detections, condition))
}

pub fn rule_of(
    log_source: LogSource<'static>,
    detections: Vec<Detection>,
    condition: Condition,
) -> Arc<Rule> {
    let searches = detections
        .into_iter()
        .enumerate()
        .map(|(index, detection)| Search {
            name: format!("search_{index}"),
            detection,
        })
        .collect();
    Arc::new(Rule {
        meta: Metadata::default(),
        log_source,
        searches,
        condition,
        generate: true,
    })
}

fn value() -> impl Strategy<Value = Value<'static>> {
    prop_oneof![
        10 => text().prop_map(Value::str),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::Bool),
        2 => prop::sample::select(&NUMBERS[..]).prop_map(|n| Value::Number(Cow::Borrowed(n))),
    ]
}

/// Of the fields of events.
const NAMES: [&str; 16] = [
    "Image",
    "process.executable",
    "NewProcessName",
    "Event.EventData.Image",
    "winlog.event_data.Image.inner",
    "CommandLine",
    "process.command_line",
    "winlog.event_data.CommandLine",
    "x",
    "Event.System.x",
    "Event.UserData.Some.x.y",
    "winlog.x",
    "X",
    "y",
    "other",
    "",
];

pub fn event() -> impl Strategy<Value = Event<'static>> {
    let names = prop::sample::select(&NAMES[..]);
    let origin = prop_oneof![3 => Just(Origin::Sent), 1 => Just(Origin::Added)];
    let field = (names, value(), origin).prop_map(|(name, value, origin)| Field {
        name: Cow::Borrowed(name),
        value,
        origin,
    });
    (
        prop::collection::vec(field, 0..7),
        prop::option::of(0..7_usize),
        prop::collection::vec(shown(), 0..4),
        text(),
        any::<bool>(),
    )
        .prop_map(|(fields, known, log_sources, original, structured)| Event {
            layout: known.map(|known| layout_of(&fields[..known.min(fields.len())])),
            fields,
            log_sources,
            original: original.into(),
            structured,
            ..Event::default()
        })
}

/// Another one for other names.
fn layout_of(fields: &[Field<'_>]) -> Layout {
    let digit = |field: &Field<'_>| NAMES.iter().position(|name| *name == field.name).unwrap();
    let digits = fields.iter().map(digit);
    let id = digits.fold(1, |id, digit| id * NAMES.len() + digit);
    Layout {
        id: id as u64,
        fields: fields.len(),
    }
}

/// The indices of the rules that match, by the reference.
pub fn by_reference(rules: &[Prepared], event: &Event<'_>) -> Vec<usize> {
    (0..rules.len())
        .filter(|index| rules[*index].matches(event))
        .collect()
}
