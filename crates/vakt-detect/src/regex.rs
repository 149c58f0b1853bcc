//! Regular expressions of rules, compiled with bounds, and the literals that they require.

use regex_automata::meta;
use regex_automata::util::syntax;
use vakt_rules::ast::Regex as Source;

pub use bytes::BytesOf;
pub use required::required_literals;
pub use search::Searcher;

mod bytes;
mod required;
mod run;
mod search;
mod windows;

/// The most memory that the automaton of one expression may take while it is built: more than any
/// needs that the rule language accepts, whose own bound is on states.
const NFA_BYTES_MAX: usize = 16 << 20;
/// The most memory that the lazily built table of one expression may take, a thread.
const LAZY_DFA_BYTES_MAX: usize = 1 << 20;

/// An expression that cannot be compiled within the bounds.
#[derive(Debug, thiserror::Error)]
#[error("the regular expression `{pattern}` cannot be used: {reason}")]
pub struct RegexError {
    pub pattern: String,
    pub reason: String,
}

/// Compiles an expression: the meaning that [`Searcher`] is held equal to. Searching takes time
/// linear in the value.
pub fn compile(source: &Source) -> Result<meta::Regex, RegexError> {
    let config = meta::Config::new()
        .nfa_size_limit(Some(NFA_BYTES_MAX))
        .onepass_size_limit(Some(LAZY_DFA_BYTES_MAX))
        .hybrid_cache_capacity(LAZY_DFA_BYTES_MAX)
        .which_captures(regex_automata::nfa::thompson::WhichCaptures::Implicit);
    meta::Builder::new()
        .configure(config)
        .syntax(syntax_of(source))
        .build(&source.pattern)
        .map_err(|error| RegexError {
            pattern: source.pattern.clone(),
            reason: match error.syntax_error() {
                Some(syntax) => syntax.to_string(),
                None => error.to_string(),
            },
        })
}

fn syntax_of(source: &Source) -> syntax::Config {
    syntax::Config::new()
        .case_insensitive(source.case_insensitive)
        .multi_line(source.multi_line)
        .dot_matches_new_line(source.dot_matches_new_line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_beyond_the_bounds_is_an_error() {
        let check = |pattern: &str, ok: bool| {
            let source = Source {
                pattern: pattern.into(),
                case_insensitive: false,
                multi_line: false,
                dot_matches_new_line: false,
            };
            assert_eq!(compile(&source).is_ok(), ok, "{pattern}");
        };
        check(r"\w{1,50}\.exe", true);
        check("(", false);
        check(r"(\w{100}){100}{100}", false);
        check("(?=a)b", false);
    }

    /// What loading accepts must compile: a rule that can never match is found by nobody.
    #[test]
    fn what_the_rule_language_accepts_compiles() {
        for unit in [
            "a",
            "(a|b)",
            "(a|bc)",
            r"\w",
            r"\W",
            r"\d",
            r"[^\d]",
            r"\s",
            r"\S",
            ".",
            "[^a]",
            "[a-z]",
            "(x?)",
            "(?:(?:a?)?)",
            "ж",
            r"\p{L}",
            r"\P{Lu}",
            r"(?:\w?)",
            "[äöåÄÖÅ]",
            "[aeiou]",
            r"\b",
            "s",
        ] {
            // The largest count of a few that is accepted.
            for count in [100_000, 50_000, 20_000, 8_000, 3_000, 1_000, 400, 110, 50] {
                for bounds in [format!("{{{count}}}"), format!("{{1,{count}}}")] {
                    check_accepted(&format!("{unit}{bounds}"));
                }
            }
        }
    }

    fn check_accepted(pattern: &str) {
        let text = format!(
            "title: T\nlogsource: {{product: linux}}\ndetection: {{s: {{'x|re|i': '{pattern}'}}, condition: s}}\n"
        );
        let source = vakt_rules::RuleSource {
            path: "t.yml".to_owned(),
            text,
            embedded: false,
        };
        let loaded = vakt_rules::load(&[source], &vakt_rules::LoadOptions::default());
        let engine = crate::Engine::compile(&loaded.rules);
        assert!(engine.problems().is_empty(), "{pattern}");
    }
}
