//! Regular expressions, compiled with bounds, and the texts that they require.

mod required;

use std::ops::Range;

use crate::fold::fold;

/// The most memory that one compiled expression may take, in bytes: more than people write needs,
/// and a search takes time in proportion to it where nothing else helps.
pub(crate) const REGEX_BYTES_MAX: usize = 8 << 20;

/// The most memory that the lazily built table of one expression may take, in bytes, a thread.
pub(crate) const REGEX_TABLE_BYTES_MAX: usize = 1 << 20;

/// The deepest nesting of groups in one expression: reading it is recursive.
const REGEX_DEPTH_MAX: u32 = 64;

/// An expression that is looked for anywhere in a value, as the value was sent.
///
/// Case is folded, `.` is any character, `^` and `$` are the ends of the value. A search takes time
/// linear in the value.
#[derive(Clone, Debug)]
pub(crate) struct Regex {
    source: String,
    program: regex::Regex,
    required: Vec<String>,
}

/// An expression that cannot be used.
#[derive(Debug)]
pub(crate) struct RegexFault {
    /// Where in the expression, in characters from 0.
    pub(crate) offset: usize,
    pub(crate) reason: String,
}

impl Regex {
    /// Compiles an expression in the syntax of the `regex` crate: no look-around, no references
    /// to groups.
    pub(crate) fn new(source: &str) -> Result<Self, RegexFault> {
        let hir = regex_syntax::ParserBuilder::new()
            .case_insensitive(true)
            .dot_matches_new_line(true)
            .nest_limit(REGEX_DEPTH_MAX)
            .build()
            .parse(source)
            .map_err(|error| fault(source, &error))?;
        let program = regex::RegexBuilder::new(source)
            .case_insensitive(true)
            .dot_matches_new_line(true)
            .nest_limit(REGEX_DEPTH_MAX)
            .size_limit(REGEX_BYTES_MAX)
            .dfa_size_limit(REGEX_TABLE_BYTES_MAX)
            .build()
            .map_err(|error| RegexFault {
                offset: 0,
                reason: match error {
                    regex::Error::CompiledTooBig(_) => {
                        format!(
                            "one that takes more than {REGEX_BYTES_MAX} bytes; smaller counts help"
                        )
                    }
                    other => other.to_string(),
                },
            })?;
        Ok(Self {
            source: source.to_owned(),
            program,
            required: required::literals(&hir),
        })
    }

    /// Whether the expression is found in `value`, which is as it was sent, not folded.
    pub(crate) fn is_in(&self, value: &str) -> bool {
        self.program.is_match(value)
    }

    /// The places in `value` that it finds and that are not empty.
    pub(crate) fn places(&self, value: &str) -> impl Iterator<Item = Range<usize>> {
        let found = self.program.find_iter(value).map(|found| found.range());
        found.filter(|place| !place.is_empty())
    }

    /// Texts, folded, each of which stands in the folded text of every value that matches.
    pub(crate) fn required(&self) -> &[String] {
        &self.required
    }
}

impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

fn fault(source: &str, error: &regex_syntax::Error) -> RegexFault {
    let (span, reason) = match error {
        regex_syntax::Error::Parse(error) => (error.span(), error.kind().to_string()),
        regex_syntax::Error::Translate(error) => (error.span(), error.kind().to_string()),
        other => {
            return RegexFault {
                offset: 0,
                reason: other.to_string(),
            };
        }
    };
    let before = source.get(..span.start.offset).unwrap_or_default();
    RegexFault {
        offset: before.chars().count(),
        reason: fold_first(&reason),
    }
}

/// The reason as it goes on in a sentence.
fn fold_first(reason: &str) -> String {
    let mut chars = reason.chars();
    match chars.next() {
        Some(first) => fold(&first.to_string()).into_owned() + chars.as_str(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_found_anywhere_in_any_case() {
        let check = |source: &str, value: &str, expected: bool| {
            let regex = Regex::new(source).unwrap();
            assert_eq!(regex.is_in(value), expected, "{source} {value}");
        };
        check("fail(ed|ure)", "Authentication FAILURE", true);
        check("^fail", "Authentication failure", false);
        check("^fail.*root$", "Failed\nfor root", true);
        check("(?-i)Root", "root", false);
        check(r"\d{3}", "ab12", false);
        check("å+", "ÅÅ", true);
        check("ß", "ẞ", true);
    }

    #[test]
    fn a_fault_has_its_place() {
        let check = |source: &str, offset: usize, reason: &str| {
            let fault = Regex::new(source).unwrap_err();
            assert_eq!((fault.offset, fault.reason.as_str()), (offset, reason));
        };
        check("a(b", 1, "unclosed group");
        check("åä[", 2, "unclosed character class");
        check("a**b*{", 5, "unclosed counted repetition");
        check("*", 0, "repetition operator missing expression");
        check(
            r"(\w{100}){100}",
            0,
            "one that takes more than 8388608 bytes; smaller counts help",
        );
        check(
            "a(?=b)",
            1,
            "look-around, including look-ahead and look-behind, is not supported",
        );
        check(
            &format!("{}{}", "(".repeat(100), ")".repeat(100)),
            64,
            "exceed the maximum number of nested parentheses/brackets (64)",
        );
    }

    /// What a person writes lies far within the bounds.
    #[test]
    fn usual_expressions_are_within_the_bounds() {
        for source in [
            r"\w{1,50}\.exe",
            r"(?:\d{1,3}\.){3}\d{1,3}",
            r"[a-z0-9+/]{40,200}={0,2}",
            r".{0,100}powershell.{0,100}-enc",
        ] {
            assert!(Regex::new(source).is_ok(), "{source}");
        }
    }
}
