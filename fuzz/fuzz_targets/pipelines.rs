//! Any text is a pipeline file: it is read or refused with words, and rules that went through it
//! mean the same to the engine and to the reference.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vakt_detect::{Engine, naive};
use vakt_event::{Event, LogSource};
use vakt_rules::{LoadOptions, Pipelines, RuleSource, load};

/// Rules with every kind of value that a step can meet.
const RULES: &str = "
title: A
name: a
logsource: {product: x, category: process_creation}
detection:
  s: {'a|expand|contains': 'x%one%y', 'b|cidr': 10.0.0.0/8, 'c|windash|contains': ' -x', User: root}
  k: [keyword, 7]
  n: {'d|neq': [1, 2], 'e|all|contains': [p, q], 'f|fieldref': g, h: null, i: true, 'j|re': 'a+', Hashes: 'MD5=0'}
  condition: s or k or not n
---
title: C
correlation:
  type: value_count
  rules: [a]
  group-by: [User]
  timespan: 5m
  condition: {field: a, gte: 3}
";

fn source(text: &str) -> RuleSource {
    RuleSource {
        path: "fuzz.yml".to_owned(),
        text: text.to_owned(),
        embedded: false,
    }
}

fuzz_target!(|text: &str| {
    let (pipelines, wrong) = Pipelines::read(&[source(text)]);
    for diagnostic in &wrong {
        assert!(!diagnostic.to_string().is_empty());
    }
    let options = LoadOptions {
        pipelines: Some(&pipelines),
        placeholders: [("one".to_owned(), vec!["1".to_owned(), "2".to_owned()])].into(),
        ..LoadOptions::default()
    };
    let loaded = load(&[source(RULES)], &options);
    for diagnostic in &loaded.diagnostics {
        assert!(!diagnostic.to_string().is_empty());
    }
    let engine = Engine::compile(&loaded.rules);
    let mut event = Event::default();
    event.log_sources.push(LogSource::of("x", "process_creation", ""));
    event.sent("a", "x1y");
    event.sent("User", "root");
    event.sent("message", "a keyword");
    let mut hits = Vec::new();
    engine.matches(&event, &mut engine.scratch(), &mut hits);
    for (index, rule) in loaded.rules.rules.iter().enumerate() {
        assert_eq!(hits.contains(&index), naive::matches(rule, &event));
    }
});
