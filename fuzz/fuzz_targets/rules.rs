//! Any text is a rule file: it loads or is refused with words, and what loads can be matched.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vakt_detect::{Engine, naive};
use vakt_event::Event;
use vakt_rules::{LoadOptions, RuleSource, load};

fuzz_target!(|text: &str| {
    let source = RuleSource {
        path: "fuzz.yml".to_owned(),
        text: text.to_owned(),
        embedded: false,
    };
    let loaded = load(&[source], &LoadOptions::default());
    for diagnostic in &loaded.diagnostics {
        assert!(!diagnostic.to_string().is_empty());
    }
    let engine = Engine::compile(&loaded.rules);
    let mut event = Event::default();
    event.sent("message", "Failed password for root from 203.0.113.7 port 22");
    event.sent("EventID", "4688");
    for product in ["linux", "windows"] {
        event.log_sources.push(vakt_event::LogSource {
            product: Some(product.into()),
            ..Default::default()
        });
    }
    let mut hits = Vec::new();
    engine.matches(&event, &mut engine.scratch(), &mut hits);
    for (index, rule) in loaded.rules.rules.iter().enumerate() {
        assert_eq!(hits.contains(&index), naive::matches(rule, &event));
    }
});
