//! What pipelines do to correlations, that an empty one does nothing, and that any text is read.

use proptest::prelude::*;
use vakt_rules::{LoadOptions, Loaded, Pipelines, Placeholders, RuleSource, load};

fn source(path: &str, text: &str) -> RuleSource {
    RuleSource {
        path: path.to_owned(),
        text: text.to_owned(),
        embedded: false,
    }
}

fn load_with(rules: &str, pipelines: Option<&Pipelines>, placeholders: &Placeholders) -> Loaded {
    let options = LoadOptions {
        pipelines,
        placeholders: placeholders.clone(),
        ..LoadOptions::default()
    };
    load(&[source("rules.yml", rules)], &options)
}

/// Everything that came of loading, but what caches could order otherwise.
fn shown(loaded: &Loaded) -> String {
    format!(
        "{:?}\n{:?}\n{:?}\n{:?}\n{:#?}\n{:?}",
        loaded.counts,
        loaded.refused,
        loaded.tests,
        loaded.diagnostics,
        loaded.rules.rules,
        loaded.rules.correlations
    )
}

const FIXTURES: [&str; 8] = [
    include_str!("fixtures/searches.yml"),
    include_str!("fixtures/modifiers.yml"),
    include_str!("fixtures/conditions.yml"),
    include_str!("fixtures/correlations.yml"),
    include_str!("fixtures/filters.yml"),
    include_str!("fixtures/documents.yml"),
    include_str!("fixtures/vakt.yml"),
    "title: A
logsource: {product: x}
detection:
  s: {'a|expand|contains': 'x%one%y%two%', 'b|cidr|expand': '%net%', 'c|expand|windash|base64offset|contains': ' -%one%'}
  k: [keyword, 7, '%one%']
  n: {'d|neq': [1, 2], 'e|all|contains': [p, q], 'f|fieldref|endswith': g, h: null, i: true, j: 0x10}
  condition: all of them
---
title: B
logsource: {product: x}
detection: {s: {'a|expand': ['%one%', '%none%']}, condition: s}
",
];

fn placeholders() -> Placeholders {
    let values = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    [
        ("one".to_owned(), values(&["a*", "b"])),
        ("two".to_owned(), values(&["c", r"d\*", "e"])),
        ("net".to_owned(), values(&["10.0.0.0/8", "::1"])),
        ("servers".to_owned(), values(&["web1"])),
    ]
    .into()
}

#[track_caller]
fn check_empty(rules: &str, pipelines: &Pipelines) {
    for placeholders in [Placeholders::new(), placeholders()] {
        let without = load_with(rules, None, &placeholders);
        let with = load_with(rules, Some(pipelines), &placeholders);
        assert_eq!(shown(&with), shown(&without));
    }
}

#[test]
fn an_empty_pipeline_changes_nothing() {
    let texts = ["transformations: []", "name: none\nvars: {one: other}"];
    let sources = texts.map(|text| source("p.yml", text));
    let (pipelines, wrong) = Pipelines::read(&sources);
    assert_eq!(wrong, []);
    assert_eq!(pipelines.listed().len(), 2);
    for rules in FIXTURES {
        check_empty(rules, &pipelines);
    }
}

/// Steps whose conditions no rule meets, and one that changes nothing by itself.
const IDLE: &str = "transformations:
  - type: field_name_mapping
    mapping: {a: b}
    rule_conditions: [{type: logsource, product: nowhere}]
  - type: replace_string
    regex: never-seen
    replacement: x
  - type: drop_detection_item
    field_name_conditions: [{type: include_fields, fields: [never-seen]}]
  - type: value_placeholders
  - type: set_state
    key: a
    val: 1
";

#[test]
fn steps_that_find_nothing_change_nothing() {
    let (pipelines, wrong) = Pipelines::read(&[source("p.yml", IDLE)]);
    assert_eq!(wrong, []);
    // `replace_string` makes texts of numbers, which compare the same.
    for rules in [FIXTURES[2], FIXTURES[3], FIXTURES[4]] {
        check_empty(rules, &pipelines);
    }
}

const CORRELATED: &str = "
title: R
name: r
logsource: {product: windows}
detection: {sel: {User: a}, condition: sel}
---
title: S
name: s
logsource: {product: linux}
detection: {sel: {User: a}, condition: sel}
---
title: C
correlation:
  type: value_count
  rules: [r, s]
  group-by: [User, who]
  timespan: 5m
  aliases: {who: {r: User, s: Account}}
  condition: {field: [User, Other], gte: 3}
";

#[track_caller]
fn check_correlation(pipeline: &str, expected: &str) {
    let (pipelines, wrong) = Pipelines::read(&[source("p.yml", pipeline)]);
    assert_eq!(wrong, []);
    let loaded = load_with(CORRELATED, Some(&pipelines), &Placeholders::new());
    assert_eq!(loaded.diagnostics, []);
    let correlation = &loaded.rules.correlations[0];
    let groups: Vec<String> = correlation
        .group_by
        .iter()
        .map(|group| format!("{} {:?}", group.name, group.per_input))
        .collect();
    assert_eq!(
        format!("{:?} by {}", correlation.kind, groups.join(", ")),
        expected
    );
}

#[test]
fn correlations_are_mapped_too() {
    let mapping = "mapping: {User: user.name, who: never, Account: account.name}";
    check_correlation(
        &format!("transformations:\n  - type: field_name_mapping\n    {mapping}"),
        "ValueCount([\"user.name\", \"Other\"], Threshold { bounds: [(GreaterOrEqual, 3.0)] }) by user.name [], who [\"user.name\", \"account.name\"]",
    );
    check_correlation(
        &format!(
            "transformations:\n  - type: field_name_mapping\n    {mapping}\n    rule_conditions: [{{type: is_sigma_rule}}]"
        ),
        "ValueCount([\"User\", \"Other\"], Threshold { bounds: [(GreaterOrEqual, 3.0)] }) by User [], who [\"User\", \"Account\"]",
    );
    // The log source of a rule that feeds it counts.
    check_correlation(
        &format!(
            "transformations:\n  - type: field_name_mapping\n    {mapping}\n    rule_conditions: [{{type: logsource, product: linux}}]"
        ),
        "ValueCount([\"user.name\", \"Other\"], Threshold { bounds: [(GreaterOrEqual, 3.0)] }) by user.name [], who [\"user.name\", \"account.name\"]",
    );
    check_correlation(
        "transformations:\n  - type: field_name_prefix\n    prefix: x.\n    rule_conditions: [{type: logsource, product: macos}]",
        "ValueCount([\"User\", \"Other\"], Threshold { bounds: [(GreaterOrEqual, 3.0)] }) by User [], who [\"User\", \"Account\"]",
    );
}

#[test]
fn several_names_in_group_by_group_by_all() {
    let rules = CORRELATED
        .replace("aliases: {who: {r: User, s: Account}}", "")
        .replace(
            "condition: {field: [User, Other], gte: 3}",
            "condition: {field: Other, gte: 3}",
        );
    let pipeline = "transformations:\n  - type: field_name_mapping\n    mapping: {User: [a, who]}";
    let (pipelines, wrong) = Pipelines::read(&[source("p.yml", pipeline)]);
    assert_eq!(wrong, []);
    let loaded = load_with(&rules, Some(&pipelines), &Placeholders::new());
    let names: Vec<&str> = (loaded.rules.correlations[0].group_by.iter())
        .map(|group| group.name.as_str())
        .collect();
    assert_eq!(names, ["a", "who"]);
}

#[test]
fn what_pipelines_add_is_bounded() {
    let many: Vec<String> = (0..1000).map(|n| format!("f{n}")).collect();
    let step = format!(
        "  - type: field_name_mapping\n    mapping: {{a: [{}]}}\n",
        many.join(", ")
    );
    let back: String = many.iter().map(|name| format!("{name}: a, ")).collect();
    let back = format!("  - type: field_name_mapping\n    mapping: {{{back}}}\n");
    let text = format!("transformations:\n{}", format!("{step}{back}").repeat(4));
    let (pipelines, wrong) = Pipelines::read(&[source("p.yml", &text)]);
    assert_eq!(wrong, []);
    let rule = "title: T\nlogsource: {product: x}\ndetection: {s: {a: b}, condition: s}\n";
    let loaded = load_with(rule, Some(&pipelines), &Placeholders::new());
    assert_eq!(loaded.refused[0].reasons, ["pipeline-failure"]);
    assert_eq!(
        loaded.diagnostics[0].message,
        "the pipelines make more than 500000 values of this rule"
    );
}

/// Pieces of which pipelines are made, so that random texts get past the parser.
const PIECES: &str = "(name|priority|vars|transformations|- type|type|field_name_mapping|nest|items|mapping|rule_conditions|rule_cond_expr|detection_item_conditions|field_name_conditions|logsource|match_string|cond: any|pattern|regex|replacement|add_condition|conditions|template: true|set_value|value|\\$service|\\\\1|\\\\g<a>|%a%|:|: |\n|\n  |\n  - |\n    |\\[|\\]|\\{|\\}|,|'|\"|\\||null|7|é| ){0,60}";

fn run(pipeline: &str) -> String {
    let sources = [source("p.yml", pipeline), source("q.yml", pipeline)];
    let (pipelines, wrong) = Pipelines::read(&sources);
    let said: Vec<String> = wrong.iter().map(|one| one.render(true)).collect();
    let mut text = format!("{said:?}");
    for rules in FIXTURES {
        text.push_str(&shown(&load_with(rules, Some(&pipelines), &placeholders())));
    }
    text
}

const PIPELINES: [&str; 2] = [IDLE, include_str!("fixtures/pipelines.yml")];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_read(text in prop_oneof![".{0,80}", PIECES]) {
        prop_assert_eq!(run(&text), run(&text));
    }

    #[test]
    fn pipelines_with_changes(
        which in 0..PIPELINES.len(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), 0..20usize, PIECES), 1..4),
    ) {
        let mut text: Vec<char> = PIPELINES[which].chars().collect();
        for (at, cut, piece) in edits {
            let at = at.index(text.len());
            let end = (at + cut).min(text.len());
            text.splice(at..end, piece.chars());
            if text.is_empty() {
                text.push('x');
            }
        }
        let text: String = text.into_iter().collect();
        run(&text);
    }
}
