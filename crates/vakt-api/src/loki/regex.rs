//! Regular expressions of LogQL (RE2's syntax, which the `regex` crate reads too), and how they are
//! written in Vakt's query language.

use regex::RegexBuilder;

/// The most memory that a compiled expression may take, in bytes, here as in the search itself,
/// which compiles it again.
const REGEX_BYTES_MAX: usize = 8 << 20;

/// What an expression means for whole values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whole {
    /// Every value, and none at all.
    Anything,
    /// Every value that is not empty.
    Something,
    /// One of these texts.
    OneOf(Vec<String>),
    /// Whatever the expression says; whether that includes no value.
    Other { takes_empty: bool },
}

/// Checks an expression.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn check(source: &str) -> Result<(), String> {
    compile(source).map(|_| ())
}

fn compile(source: &str) -> Result<regex::Regex, String> {
    let compiled = RegexBuilder::new(source)
        .size_limit(REGEX_BYTES_MAX)
        .build();
    compiled.map_err(|error| {
        // The last line says what is wrong; those before draw where.
        let text = error.to_string();
        let last = text.lines().last().unwrap_or_default();
        last.trim_start_matches("error: ").to_owned()
    })
}

/// What `source`, which must match a value from its beginning to its end, asks for.
pub(super) fn of_whole(source: &str) -> Whole {
    match source {
        ".*" => Whole::Anything,
        ".+" => Whole::Something,
        _ => match alternatives(source) {
            Some(texts) => Whole::OneOf(texts),
            None => Whole::Other {
                takes_empty: takes_empty(source),
            },
        },
    }
}

/// Whether the expression matches where there is no value.
pub(super) fn takes_empty(source: &str) -> bool {
    compile(&anchored(source)).is_ok_and(|regex| regex.is_match(""))
}

/// The expression for a whole value.
pub(super) fn anchored(source: &str) -> String {
    format!("^(?:{source})$")
}

/// The expression for any of the texts, as they are written.
pub(super) fn any_text(texts: &[String]) -> String {
    let escaped: Vec<String> = texts.iter().map(|text| regex::escape(text)).collect();
    escaped.join("|")
}

/// The expression for any of the expressions.
pub(super) fn any_regex(sources: &[String]) -> String {
    match sources {
        [only] => only.clone(),
        _ => {
            let grouped: Vec<String> = sources.iter().map(|text| format!("(?:{text})")).collect();
            grouped.join("|")
        }
    }
}

/// Between the slashes of the query language: a slash of the expression's own gets a `\`.
pub(super) fn between_slashes(source: &str) -> String {
    let mut written = String::from("/");
    let mut chars = source.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                written.push(c);
                written.extend(chars.next());
            }
            '/' => written.push_str("\\/"),
            _ => written.push(c),
        }
    }
    written.push('/');
    written
}

/// The texts of `web1|web2\.example`, which Grafana sends where several values are chosen; `None`
/// where the expression is more than that.
fn alternatives(source: &str) -> Option<Vec<String>> {
    let mut texts = vec![String::new()];
    let mut chars = source.chars();
    while let Some(c) = chars.next() {
        let literal = match c {
            '|' => {
                texts.push(String::new());
                continue;
            }
            '\\' => chars.next().filter(char::is_ascii_punctuation)?,
            _ if ".+*?()[]{}^$".contains(c) => return None,
            _ => c,
        };
        texts.last_mut()?.push(literal);
    }
    texts.iter().all(|text| !text.is_empty()).then_some(texts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_of_whole_values() {
        let one_of = |texts: &[&str]| Whole::OneOf(texts.iter().map(|t| (*t).to_owned()).collect());
        let check = |source: &str, expected: Whole| assert_eq!(of_whole(source), expected);
        check(".*", Whole::Anything);
        check(".+", Whole::Something);
        check("web1", one_of(&["web1"]));
        check("web1|web2", one_of(&["web1", "web2"]));
        check(r"web1\.example|a\|b", one_of(&["web1.example", "a|b"]));
        check("web.", Whole::Other { takes_empty: false });
        check("|web1", Whole::Other { takes_empty: true });
        check("(web)*", Whole::Other { takes_empty: true });
        check(r"\d", Whole::Other { takes_empty: false });
    }

    #[test]
    fn no_expression_ends_before_its_slash() {
        let check = |source: &str, expected: &str| assert_eq!(between_slashes(source), expected);
        check("a", "/a/");
        check("a/b", r"/a\/b/");
        check(r"a\/b", r"/a\/b/");
        check(r"a\\/b", r"/a\\\/b/");
    }

    #[test]
    fn a_fault_is_said_in_words() {
        assert_eq!(super::check("a(b").unwrap_err(), "unclosed group");
        assert!(super::check("a|b").is_ok());
    }
}
