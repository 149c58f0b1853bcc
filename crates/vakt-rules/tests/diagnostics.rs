//! What people read: every diagnostic, rendered, from a file of faulty rules for each part of the
//! language.

use std::collections::BTreeSet;

use vakt_event::LogSource;
use vakt_rules::checks::CHECKS;
use vakt_rules::{Diagnostic, LoadOptions, Loaded, Pipelines, RuleSource, load};

const FIXTURES: &[(&str, &str)] = &[
    ("metadata.yml", include_str!("fixtures/metadata.yml")),
    ("documents.yml", include_str!("fixtures/documents.yml")),
    ("syntax.yml", include_str!("fixtures/syntax.yml")),
    ("searches.yml", include_str!("fixtures/searches.yml")),
    ("modifiers.yml", include_str!("fixtures/modifiers.yml")),
    ("conditions.yml", include_str!("fixtures/conditions.yml")),
    (
        "correlations.yml",
        include_str!("fixtures/correlations.yml"),
    ),
    ("filters.yml", include_str!("fixtures/filters.yml")),
    ("vakt.yml", include_str!("fixtures/vakt.yml")),
];

fn load_one(path: &str, text: &str) -> Loaded {
    let source = RuleSource {
        path: path.to_owned(),
        text: text.to_owned(),
        embedded: false,
    };
    let known = [LogSource::of("linux", "", "sshd")];
    let options = LoadOptions {
        placeholders: [("servers".to_owned(), vec!["web1".to_owned()])].into(),
        known_log_sources: Some(&known),
        ..LoadOptions::default()
    };
    load(&[source], &options)
}

fn rendered(loaded: &Loaded) -> String {
    let mut text: String = loaded
        .diagnostics
        .iter()
        .map(|diagnostic| format!("{diagnostic}\n"))
        .collect();
    text.push_str(&format!("{:?}\n", loaded.counts));
    for refused in &loaded.refused {
        text.push_str(&format!(
            "refused line {} `{}`: {}\n",
            refused.line,
            refused.title,
            refused.reasons.join(", ")
        ));
    }
    text
}

/// Texts too long for a file of their own.
fn long_texts() -> Vec<(&'static str, String)> {
    let rule = "logsource: {product: linux}\ndetection: {sel: {a: b}, condition: sel}\n";
    let mut bomb = format!("title: A bomb of aliases\n{rule}x0: &x0 [a, a, a, a, a, a, a, a, a]\n");
    for level in 1..12 {
        let alias = format!("*x{}", level - 1);
        let aliases = [alias.as_str(); 9].join(", ");
        bomb.push_str(&format!("x{level}: &x{level} [{aliases}]\n"));
    }
    vec![
        ("bomb.yml", bomb),
        (
            "faults.yml",
            format!("title: T\n{rule}tags:\n{}", "  - A\n".repeat(2_000)),
        ),
        (
            "deep.yml",
            format!("title: Deep\nx: {}\n", "[".repeat(1000)),
        ),
        (
            "many_searches.yml",
            format!(
                "title: Searches\nlogsource: {{product: linux}}\ndetection:\n{}  condition: 1 of s*\n",
                (0..1_001)
                    .map(|number| format!("  s{number}: {{a: b}}\n"))
                    .collect::<String>()
            ),
        ),
        (
            "long.yml",
            format!(
                "title: {}\nname: {}\ndescription: {}\n{rule}",
                "t".repeat(257),
                "n".repeat(257),
                "d".repeat(65_536)
            ),
        ),
    ]
}

#[test]
fn every_fault_is_said_where_it_is() {
    for (path, text) in FIXTURES {
        insta::assert_snapshot!(*path, rendered(&load_one(path, text)));
    }
}

fn read_pipeline(path: &str, text: &str) -> (Pipelines, Vec<Diagnostic>) {
    Pipelines::read(&[RuleSource {
        path: path.to_owned(),
        text: text.to_owned(),
        embedded: false,
    }])
}

const PIPELINE: &str = include_str!("fixtures/pipelines.yml");

#[test]
fn every_fault_of_a_pipeline_is_said_where_it_is() {
    let (pipelines, diagnostics) = read_pipeline("pipelines.yml", PIPELINE);
    assert_eq!(pipelines.listed(), []);
    let text: String = diagnostics.iter().map(|one| format!("{one}\n")).collect();
    insta::assert_snapshot!("pipelines.yml", text);
}

#[test]
fn files_that_are_no_pipeline() {
    let text: String = [
        "",
        "- a\n",
        "name: [\n",
        "transformations: yes\n",
        "vars: 1\n",
        "a: b: c",
    ]
    .iter()
    .flat_map(|text| read_pipeline("p.yml", text).1)
    .map(|one| format!("{one}\n"))
    .collect();
    insta::assert_snapshot!(text);
}

const REFUSED: &str = "title: One
logsource: {product: windows}
detection: {sel: {a: '%x%', 'b|expand': '%y%'}, condition: sel}
---
title: Two
logsource: {product: linux}
detection: {sel: {a: b}, condition: sel}
---
title: Three
logsource: {category: proxy}
detection: {sel: {a: b, d: c}, condition: sel}
---
title: Four
correlation:
  type: value_count
  rules: [aaaaaaaa-0000-4000-8000-000000000001]
  group-by: [a]
  timespan: 5m
  condition: {field: a, gte: 5}
---
title: Five
id: aaaaaaaa-0000-4000-8000-000000000001
logsource: {product: aws}
detection: {sel: {a: b}, condition: sel}
";

fn load_processed() -> Loaded {
    let pipeline = "transformations:
  - type: rule_failure
    message: no Linux here
    rule_conditions: [{type: logsource, product: linux}]
  - type: detection_item_failure
    message: nobody writes d
    field_name_conditions: [{type: include_fields, fields: [d]}]
  - type: field_name_mapping
    mapping: {a: [b, c]}
";
    let (pipelines, wrong) = read_pipeline("p.yml", pipeline);
    assert_eq!(wrong, []);
    let source = RuleSource {
        path: "rules.yml".to_owned(),
        text: REFUSED.to_owned(),
        embedded: false,
    };
    let options = LoadOptions {
        pipelines: Some(&pipelines),
        ..LoadOptions::default()
    };
    load(&[source], &options)
}

#[test]
fn rules_that_a_pipeline_refuses() {
    insta::assert_snapshot!(rendered(&load_processed()));
}

#[test]
fn texts_without_bounds_are_bounded() {
    let text: String = long_texts()
        .iter()
        .map(|(path, text)| {
            let mut loaded = load_one(path, text);
            let few = loaded.diagnostics.len().saturating_sub(3);
            loaded.diagnostics.drain(..few);
            rendered(&loaded)
        })
        .collect();
    insta::assert_snapshot!(text);
}

#[test]
fn every_check_has_a_fixture() {
    let long = long_texts();
    let texts = FIXTURES
        .iter()
        .map(|(path, text)| (*path, *text))
        .chain(long.iter().map(|(path, text)| (*path, text.as_str())));
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for (path, text) in texts {
        let loaded = load_one(path, text);
        seen.extend(loaded.diagnostics.iter().map(|diagnostic| diagnostic.name));
    }
    let of_pipelines = read_pipeline("pipelines.yml", PIPELINE).1;
    seen.extend(of_pipelines.iter().map(|diagnostic| diagnostic.name));
    seen.extend(
        load_processed()
            .diagnostics
            .iter()
            .map(|diagnostic| diagnostic.name),
    );
    let all: BTreeSet<&str> = CHECKS.iter().map(|check| check.name).collect();
    assert_eq!(seen, all);
}

#[test]
fn a_file_with_a_byte_order_mark_and_carriage_returns_is_read() {
    let text = "\u{feff}title: T\r\nlogsource:\r\n  product: linux\r\n  service: sshd\r\ndetection:\r\n  sel:\r\n    a: b\r\n  condition: sle\r\n";
    insta::assert_snapshot!(rendered(&load_one("crlf.yml", text)));
}

#[test]
fn colours_only_on_request() {
    let loaded = load_one("colour.yml", "title: x\n");
    let diagnostic = &loaded.diagnostics[0];
    assert!(!diagnostic.render(false).contains('\u{1b}'));
    assert!(diagnostic.render(true).contains('\u{1b}'));
}
