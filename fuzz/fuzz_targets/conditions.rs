//! Any text is a condition: it is refused with words at a place in the text, or the engine and the
//! reference hold it to mean the same for every set of searches that hold.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vakt_detect::{Engine, naive};
use vakt_event::Event;
use vakt_rules::{LoadOptions, RuleSource, load};

const SEARCHES: [&str; 4] = ["sel", "sel_1", "_hidden", "other"];

fuzz_target!(|condition: &str| {
    let mut text = String::from("title: Fuzz\nlogsource: {product: linux}\ndetection:\n");
    for search in SEARCHES {
        text.push_str(&format!("  {search}: {{{search}: x}}\n"));
    }
    // A JSON text is a double-quoted YAML text.
    let condition = serde_json::to_string(condition).expect("a text");
    text.push_str(&format!("  condition: {condition}\n"));
    let source = RuleSource {
        path: "fuzz.yml".to_owned(),
        text,
        embedded: false,
    };
    let loaded = load(std::slice::from_ref(&source), &LoadOptions::default());
    let lines = source.text.lines().count();
    for diagnostic in &loaded.diagnostics {
        assert!((1..=lines).contains(&diagnostic.line), "{diagnostic}");
    }
    let Some(rule) = loaded.rules.rules.first() else {
        assert!(!loaded.diagnostics.is_empty());
        return;
    };
    let engine = Engine::compile(&loaded.rules);
    let mut scratch = engine.scratch();
    for bits in 0..1_u32 << SEARCHES.len() {
        let mut event = Event::default();
        event.log_sources.push(vakt_event::LogSource {
            product: Some("linux".into()),
            ..Default::default()
        });
        for (index, search) in SEARCHES.into_iter().enumerate() {
            event.sent(search, if bits >> index & 1 == 1 { "x" } else { "y" });
        }
        let mut hits = Vec::new();
        engine.matches(&event, &mut scratch, &mut hits);
        assert_eq!(!hits.is_empty(), naive::matches(rule, &event), "{bits:b}");
    }
});
