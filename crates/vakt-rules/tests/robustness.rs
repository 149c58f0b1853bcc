//! Whatever text comes, loading ends, panics nowhere, and says the same thing twice.

use proptest::prelude::*;
use vakt_rules::{LoadOptions, RuleSource, load};

const RULES: [&str; 6] = [
    include_str!("fixtures/searches.yml"),
    include_str!("fixtures/modifiers.yml"),
    include_str!("fixtures/conditions.yml"),
    include_str!("fixtures/correlations.yml"),
    include_str!("fixtures/filters.yml"),
    include_str!("fixtures/vakt.yml"),
];

/// Pieces of which YAML and Sigma are made, so that random texts get past the parser.
const PIECES: &str = "(title|logsource|detection|condition|correlation|filter|rules|type|vakt|tests|action: global|status|date|sel|a\\|re|a\\|base64offset\\|contains|1 of|them|\\(|\\)|not|\\*|\\?|\\\\|:|: |\n|\n  |- |\\[|\\]|\\{|\\}|,|&x |\\*x|<<|'|\"|\\||>|#|---\n|é|\u{feff}|\t|\r\n|!!str|%a%| ){0,60}";

fn load_text(text: &str) -> String {
    let source = RuleSource {
        path: "t.yml".to_owned(),
        text: text.to_owned(),
        embedded: false,
    };
    let loaded = load(&[source.clone(), source], &LoadOptions::default());
    let said: Vec<String> = loaded.diagnostics.iter().map(|d| d.render(true)).collect();
    format!("{:?} {:?} {said:?}", loaded.counts, loaded.refused)
}

proptest! {
    #[test]
    fn any_text(text in prop_oneof![".{0,80}", PIECES]) {
        prop_assert_eq!(load_text(&text), load_text(&text));
    }

    #[test]
    fn faulty_rules_with_changes(
        which in 0..RULES.len(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), 0..20usize, PIECES), 1..4),
    ) {
        let mut text: Vec<char> = RULES[which].chars().collect();
        for (at, cut, piece) in edits {
            let at = at.index(text.len());
            let end = (at + cut).min(text.len());
            text.splice(at..end, piece.chars());
            if text.is_empty() {
                text.push('x');
            }
        }
        let text: String = text.into_iter().collect();
        load_text(&text);
    }

    #[test]
    fn any_value_under_any_modifiers(
        modifiers in proptest::collection::vec(
            prop::sample::select(vec![
                "all", "neq", "cased", "expand", "exists", "re", "i", "cidr", "fieldref", "contains",
                "startswith", "endswith", "base64", "base64offset", "utf16", "wide", "utf16be",
                "windash", "lt", "gte", "hour", "year",
            ]),
            0..4,
        ),
        value in "[ -~é–]{0,12}|(\\*|\\?|\\\\|%|-|/|\\[|\\]|\\(|\\)|\\{|\\}|a|1|&&){0,8}",
    ) {
        let key = ["a"].into_iter().chain(modifiers).collect::<Vec<_>>().join("|");
        let value = value.replace('\'', "''");
        load_text(&format!(
            "title: T\nlogsource: {{product: x}}\ndetection:\n  sel:\n    {key}: '{value}'\n  condition: sel\n"
        ));
    }
}
