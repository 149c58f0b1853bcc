//! Any value under any modifiers, against any text: it is refused with words, or the engine and
//! the reference agree on it. The input is the modifiers (two bytes), the value, a line feed, the
//! text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vakt_detect::{Engine, naive};
use vakt_event::Event;
use vakt_rules::{LoadOptions, RuleSource, load};

const FIRST: [&str; 12] = [
    "",
    "|contains",
    "|startswith",
    "|endswith",
    "|re",
    "|re|i",
    "|cidr",
    "|windash|contains",
    "|base64offset|contains",
    "|wide|base64offset|contains",
    "|fieldref",
    "|lt",
];
const SECOND: [&str; 4] = ["", "|cased", "|neq", "|all"];

fuzz_target!(|input: (u8, u8, &str)| {
    let (first, second, rest) = input;
    let (value, shown) = rest.split_once('\n').unwrap_or((rest, rest));
    let key = format!(
        "{}{}",
        FIRST[usize::from(first) % FIRST.len()],
        SECOND[usize::from(second) % SECOND.len()]
    );
    // A JSON text is a double-quoted YAML text.
    let value = serde_json::to_string(value).expect("a text");
    let text = format!(
        "title: Fuzz\nlogsource: {{product: linux}}\ndetection:\n  field: {{\"field{key}\": {value}}}\n  \
         word: {{\"{key}\": [{value}, other]}}\n  condition: field or word\n"
    );
    let source = RuleSource {
        path: "fuzz.yml".to_owned(),
        text,
        embedded: false,
    };
    let loaded = load(&[source], &LoadOptions::default());
    let Some(rule) = loaded.rules.rules.first() else {
        assert!(!loaded.diagnostics.is_empty());
        return;
    };
    let engine = Engine::compile(&loaded.rules);
    let mut scratch = engine.scratch();
    for field in ["field", "another"] {
        let mut event = Event::default();
        event.log_sources.push(vakt_event::LogSource {
            product: Some("linux".into()),
            ..Default::default()
        });
        event.sent(field, shown);
        let mut hits = Vec::new();
        engine.matches(&event, &mut scratch, &mut hits);
        assert_eq!(!hits.is_empty(), naive::matches(rule, &event), "{field}");
    }
});
