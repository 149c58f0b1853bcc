//! Processing pipelines as data: a pipeline, rules, and the events that must match and must not.
//! The examples of `docs/pipelines.md` run here too.

#![expect(clippy::unwrap_used, reason = "a test's helpers")]

use std::path::Path;

use proptest::prelude::*;
use vakt_detect::{Engine, naive};
use vakt_event::{Event, LogSource};
use vakt_rules::yaml::{self, Entry, Kind, Node};
use vakt_rules::{LoadOptions, Loaded, Pipelines, RuleSource, load};

fn source(path: &str, text: &str) -> RuleSource {
    RuleSource {
        path: path.to_owned(),
        text: text.to_owned(),
        embedded: false,
    }
}

/// One case: documents separated by `---`; pipelines first, then rules, then `match`, `differ` or
/// `refused`.
struct Case {
    name: String,
    pipelines: Vec<RuleSource>,
    rules: String,
    expected: String,
}

fn case(name: &str, text: &str) -> Case {
    let mut case = Case {
        name: name.to_owned(),
        pipelines: Vec::new(),
        rules: String::new(),
        expected: String::new(),
    };
    let mut documents: Vec<&str> = text.split("\n---\n").collect();
    case.expected = documents.pop().unwrap().to_owned();
    for document in documents {
        if vakt_rules::pipeline::looks_like_one(document) {
            let path = format!("pipeline{}.yml", case.pipelines.len() + 1);
            case.pipelines.push(source(&path, document));
        } else {
            case.rules.push_str("---\n");
            case.rules.push_str(document);
            case.rules.push('\n');
            if !document.starts_with("title:") {
                case.rules.push_str("title: T\n");
            }
        }
    }
    case
}

fn entries<'n, 't>(node: &'n Node<'t>) -> &'n [Entry<'t>] {
    match &node.kind {
        Kind::Map(entries) => entries,
        _ => panic!("a map was expected at {:?}", node.span),
    }
}

fn texts(node: &Node<'_>) -> Vec<Option<String>> {
    match &node.kind {
        Kind::List(items) => items.iter().flat_map(texts).collect(),
        Kind::Scalar(scalar) if scalar.plain && scalar.text == "null" => vec![None],
        Kind::Scalar(scalar) => vec![Some(scalar.text.to_string())],
        Kind::Map(_) => panic!("events are flat: {:?}", node.span),
    }
}

/// An event of the rule's own log source, unless it names another under `logsource`.
fn event(node: &Node<'_>, otherwise: &LogSource<'static>) -> Event<'static> {
    let mut event = Event::default();
    event.log_sources.push(otherwise.clone());
    for entry in entries(node) {
        if entry.key == "logsource" {
            let mut shown = LogSource::default();
            for part in entries(&entry.value) {
                let word = texts(&part.value).remove(0).map(Into::into);
                match part.key.as_ref() {
                    "product" => shown.product = word,
                    "category" => shown.category = word,
                    _ => shown.service = word,
                }
            }
            event.log_sources = vec![shown];
            continue;
        }
        for value in texts(&entry.value) {
            let name = entry.key.to_string();
            match value {
                Some(value) => event.sent(name, value),
                None => event.sent(name, vakt_event::Value::Null),
            }
        }
    }
    event
}

fn load_with(case: &Case, pipelines: &Pipelines) -> Loaded {
    let options = LoadOptions {
        placeholders: [(
            "configured".to_owned(),
            vec!["from-configuration".to_owned()],
        )]
        .into(),
        pipelines: Some(pipelines),
        ..LoadOptions::default()
    };
    load(&[source("rules.yml", &case.rules)], &options)
}

#[track_caller]
fn check(case: &Case) {
    let name = &case.name;
    let (pipelines, wrong) = Pipelines::read(&case.pipelines);
    let said: String = wrong.iter().map(ToString::to_string).collect();
    assert!(said.is_empty(), "{name}:\n{said}");
    let loaded = load_with(case, &pipelines);
    let (documents, broken) = yaml::parse(&case.expected);
    assert!(broken.is_empty(), "{name}: {broken:?}");
    for entry in entries(&documents[0].root) {
        if entry.key == "refused" {
            let expected = texts(&entry.value);
            let said: Vec<Option<String>> = loaded
                .diagnostics
                .iter()
                .map(|diagnostic| Some(format!("{}: {}", diagnostic.name, diagnostic.message)))
                .collect();
            assert_eq!(said, expected, "{name}");
            assert!(!loaded.refused.is_empty(), "{name}");
            return;
        }
    }
    let said: String = loaded.diagnostics.iter().map(ToString::to_string).collect();
    assert!(said.is_empty(), "{name}:\n{said}");
    let rule = &loaded.rules.rules[0];
    let engine = Engine::compile(&loaded.rules);
    let mut looked_at = 0;
    for entry in entries(&documents[0].root) {
        let wanted = match entry.key.as_ref() {
            "match" => true,
            "differ" => false,
            other => panic!("{name}: `{other}` is none of match, differ, refused"),
        };
        let Kind::List(events) = &entry.value.kind else {
            panic!("{name}: a list of events was expected");
        };
        for node in events {
            let event = event(node, &rule.log_source);
            let mut hits = Vec::new();
            engine.matches(&event, &mut engine.scratch(), &mut hits);
            let line = case
                .expected
                .get(..node.span.start)
                .unwrap()
                .lines()
                .count();
            assert_eq!(
                naive::matches(rule, &event),
                wanted,
                "{name}: event on line {line} of the expectation; {}",
                naive::explain(rule, &event)
            );
            assert_eq!(hits.contains(&0), wanted, "{name}: the engine, line {line}");
            looked_at += 1;
        }
    }
    assert!(looked_at > 0, "{name}: there is no event");
}

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn cases() {
    let text = std::fs::read_to_string(folder().join("tests/pipelines.txt")).unwrap();
    let mut count = 0;
    for block in text.split("\n=== ").skip(1) {
        let (name, block) = block.split_once('\n').unwrap();
        check(&case(name, block.trim_end()));
        count += 1;
    }
    assert!(count > 10, "{count} cases were found");
}

#[test]
fn the_examples_of_the_guide() {
    let text = std::fs::read_to_string(folder().join("../../docs/pipelines.md")).unwrap();
    let mut count = 0;
    let mut heading = "";
    let mut block: Option<String> = None;
    for line in text.lines() {
        match &mut block {
            Some(lines) if line == "```" => {
                check(&case(heading, lines.trim_end()));
                count += 1;
                block = None;
            }
            Some(lines) => {
                lines.push_str(line);
                lines.push('\n');
            }
            None if line == "```yaml" => block = Some(String::new()),
            None => {
                heading = line
                    .strip_prefix('#')
                    .map_or(heading, |line| line.trim_matches(['#', ' ']))
            }
        }
    }
    assert!(count > 20, "{count} examples were found");
}

/// The guide has an example for every type of step that evaluation knows.
#[test]
fn the_guide_names_every_type_of_step() {
    let text = std::fs::read_to_string(folder().join("../../docs/pipelines.md")).unwrap();
    let missing: Vec<&str> = vakt_rules::pipeline::step_types()
        .filter(|kind| {
            !text.contains(&format!("type: {kind}")) && !text.contains(&format!("`{kind}`"))
        })
        .collect();
    assert_eq!(missing, [] as [&str; 0]);
}

/// A rule with every kind of value that a step can meet.
const RULE: &str = "title: A
logsource: {product: x, category: process_creation}
detection:
  s: {'a|expand|contains': 'x%one%y', 'b|cidr': 10.0.0.0/8, 'c|windash|contains': ' -x', User: root}
  k: [keyword, 7]
  n: {'d|neq': [1, 2], 'e|all|contains': [p, q], 'f|fieldref': g, h: null, i: true, 'j|re': 'a+', Hashes: 'MD5=0'}
  condition: s or k or not n
";

const STEPS: [&str; 20] = [
    "type: field_name_mapping, mapping: {a: [b, User], User: c, null: [m, a]}",
    "type: field_name_mapping, mapping: {null: message, f: [g, a]}",
    r"type: replace_string, regex: '[a-z]+', replacement: '\g<0>*'",
    "type: replace_string, regex: o, replacement: '?', skip_special: true, interpret_special: true",
    r"type: replace_string, regex: '^', replacement: '\*'",
    "type: case, method: upper",
    "type: case, method: snake_case",
    "type: map_string, mapping: {root: [a*, b], keyword: x}",
    "type: hashes_fields, valid_hash_algos: [MD5]",
    "type: drop_detection_item",
    "type: value_placeholders",
    "type: wildcard_placeholders",
    "type: set_value, value: null",
    "type: set_value, value: 'a*'",
    "type: set_value, value: 7",
    "type: convert_type, target_type: str",
    "type: regex, method: plain",
    "type: add_condition, conditions: {'a|contains': $product, x: [1, y]}, template: true",
    "type: add_condition, conditions: {message: 'a*'}, negated: true",
    "type: field_name_prefix_mapping, mapping: {'': ['', q.]}",
];

const CONDITIONS: [&str; 6] = [
    "",
    ", field_name_conditions: [{type: include_fields, fields: [a, User, Hashes]}]",
    ", field_name_conditions: [{type: exclude_fields, fields: [a, d]}]",
    ", detection_item_conditions: [{type: match_string, cond: any, pattern: '.*o'}]",
    ", detection_item_conditions: [{type: contains_wildcard, cond: all}]",
    ", detection_item_conditions: [{type: is_null, cond: any}]",
];

proptest! {
    #[test]
    fn the_engine_agrees_with_the_reference_after_any_steps(
        steps in proptest::collection::vec(
            (prop::sample::select(&STEPS[..]), prop::sample::select(&CONDITIONS[..])),
            1..7,
        ),
        fields in proptest::collection::vec(
            (
                prop::sample::select(vec!["a", "b", "c", "m", "User", "message", "x", "q.User"]),
                prop::sample::select(vec!["root", "ROOT*", "xxy", "a keyword", "7", "x", "b"]),
            ),
            0..5,
        ),
    ) {
        let mut text = "vars: {one: [x, '*y']}\ntransformations:\n".to_owned();
        for (step, conditions) in steps {
            text.push_str(&format!("  - {{{step}{conditions}}}\n"));
        }
        let (pipelines, wrong) = Pipelines::read(&[source("p.yml", &text)]);
        prop_assert!(wrong.is_empty(), "{}", wrong[0]);
        let options = LoadOptions {
            pipelines: Some(&pipelines),
            ..LoadOptions::default()
        };
        let loaded = load(&[source("rules.yml", RULE)], &options);
        let engine = Engine::compile(&loaded.rules);
        let mut event = Event::default();
        event.log_sources.push(LogSource::of("x", "process_creation", ""));
        for (name, value) in fields {
            event.sent(name, value);
        }
        let mut hits = Vec::new();
        engine.matches(&event, &mut engine.scratch(), &mut hits);
        for (index, rule) in loaded.rules.rules.iter().enumerate() {
            prop_assert_eq!(hits.contains(&index), naive::matches(rule, &event), "{}", text);
        }
    }
}
