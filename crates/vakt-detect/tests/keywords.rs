//! Keywords in decoded JSON: the engine looks at the whole text first, and must find what the
//! reference finds in the values.

use std::sync::Arc;

use proptest::prelude::*;
use vakt_codec::{DecodeContext, decode};
use vakt_detect::Engine;
use vakt_detect::naive::Prepared;
use vakt_event::Format;
use vakt_rules::ast::{Detection, RuleSet, Test, Token};
use vakt_rules::{LoadOptions, RuleSource, load};

/// The words that keywords look for, as YAML has them between single quotes.
const WORDS: [&str; 14] = [
    "needle",
    "*needle*",
    "4688",
    "*4688*",
    "*a\\b/needle*",
    "say \"abc\"",
    "*say \"ab*",
    "12345678901234567000",
    "*1234567890*",
    "åäö",
    "*åäö*",
    "kilo",
    "0.25",
    "*missing*",
];

/// Values as JSON writes them.
const VALUES: [&str; 18] = [
    r#""needle""#,
    r#""NEEDLE x""#,
    r#""n\u0065edle""#,
    r#""a\\b\/needle""#,
    r#""A\\B/needle""#,
    r#""say \"abc\"""#,
    "4688",
    "4688.0",
    "4.688e3",
    "46880.0e-1",
    "12345678901234567000.5",
    "0.250",
    "[110,101,101,100,108,101]",
    r#""\u00e5\u00e4\u00f6""#,
    r#""\u00c5äÖ""#,
    r#""Kilo""#,
    r#"{"needle":"x"}"#,
    "null",
];

fn rules(words: &[&str]) -> RuleSet {
    let listed: String = words
        .iter()
        .map(|word| format!("        - '{word}'\n"))
        .collect();
    let text = format!(
        "title: Words\nid: 1b1fae4c-6c0f-4d0d-9d4d-0f1d2f3a4b5c\nstatus: test\ndescription: x\n\
         level: low\nlogsource:\n    product: linux\ndetection:\n    keywords:\n{listed}    \
         condition: keywords\n"
    );
    let source = RuleSource {
        path: "words.yml".to_owned(),
        text,
        embedded: false,
    };
    let loaded = load(&[source], &LoadOptions::default());
    assert_eq!(loaded.rules.rules.len(), 1, "{:?}", loaded.diagnostics);
    loaded.rules
}

/// Takes the wildcards from around the words, as no rule file writes keywords.
fn make_whole(detection: &mut Detection) {
    match detection {
        Detection::All(parts) | Detection::Any(parts) => parts.iter_mut().for_each(make_whole),
        Detection::Not(part) => make_whole(part),
        Detection::Is(predicate) => {
            if let Test::Text(pattern) = &mut predicate.test {
                pattern.tokens.retain(|token| *token != Token::Many);
            }
        }
    }
}

proptest! {
    #[test]
    fn keywords_are_found_in_decoded_json(
        words in prop::collection::vec(prop::sample::select(&WORDS[..]), 1..4),
        values in prop::collection::vec(prop::sample::select(&VALUES[..]), 0..5),
        (journal, whole) in any::<(bool, bool)>(),
    ) {
        let mut rules = rules(&words);
        if whole {
            let rule = Arc::make_mut(&mut rules.rules[0]);
            rule.searches.iter_mut().for_each(|search| make_whole(&mut search.detection));
        }
        let prepared = Prepared::new(Arc::clone(&rules.rules[0]));
        let engine = Engine::compile(&rules);
        let mut members = vec![r#""vakt.logsource.product":"linux""#.to_owned()];
        let named = values.iter().enumerate();
        members.extend(named.map(|(index, value)| format!("\"f{index}\":{value}")));
        if journal {
            members.push(r#""__CURSOR":"s=1""#.to_owned());
        }
        let text = format!("{{{}}}", members.join(","));
        let zone = jiff::tz::TimeZone::UTC;
        let event = decode(text.as_bytes(), Format::Json, &DecodeContext::new(&zone));
        let mut hits = Vec::new();
        engine.matches(&event, &mut engine.scratch(), &mut hits);
        prop_assert_eq!(!hits.is_empty(), prepared.matches(&event), "{:?} {}", words, text);
    }
}
