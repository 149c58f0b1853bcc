//! Regular expressions of `re`: from the PCRE that rules are written in to the syntax of the
//! linear-time engine, and the reasons for which one is refused.

use std::str::Chars;

use regex_syntax::ast::ErrorKind as AstError;
use regex_syntax::hir::{Class, Hir, HirKind};

/// Parentheses inside parentheses.
const NEST_MAX: u32 = 64;
/// Characters of one expression.
const PATTERN_CHARS_MAX: usize = 16_384;
/// States of the automaton, estimated: `(a{1000}){1000}` has a million. The longest public rule
/// needs a few thousand.
const STATES_MAX: u64 = 100_000;

/// Stands for `\w` and its like where the last character of a class is kept.
const CLASS_ESCAPE: char = '\\';

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Syntax(String),
    /// Look-around, a back-reference and the like; the text names it.
    Unsupported(&'static str),
    Size,
}

/// Rewrites what PCRE reads literally and the engine does not, and checks the result with its
/// flags.
pub(crate) fn translate(
    pattern: &str,
    multi_line: bool,
    case_insensitive: bool,
) -> Result<String, Refusal> {
    if pattern.chars().count() > PATTERN_CHARS_MAX {
        return Err(Refusal::Size);
    }
    let translated = rewrite(pattern)?;
    let hir = regex_syntax::ParserBuilder::new()
        .nest_limit(NEST_MAX)
        .multi_line(multi_line)
        .case_insensitive(case_insensitive)
        .build()
        .parse(&translated)
        .map_err(|error| refusal(&error))?;
    if states(&hir) > STATES_MAX {
        return Err(Refusal::Size);
    }
    Ok(translated)
}

fn refusal(error: &regex_syntax::Error) -> Refusal {
    match error {
        regex_syntax::Error::Parse(error) => match error.kind() {
            AstError::UnsupportedLookAround => Refusal::Unsupported("look-around"),
            AstError::UnsupportedBackreference => Refusal::Unsupported("a back-reference"),
            AstError::NestLimitExceeded(_) => Refusal::Size,
            kind => Refusal::Syntax(kind.to_string()),
        },
        regex_syntax::Error::Translate(error) => Refusal::Syntax(error.kind().to_string()),
        _ => Refusal::Syntax("it cannot be read".to_owned()),
    }
}

/// In PCRE a brace that starts no counted repetition is literal, and so are `[`, `&&`, `~~` and
/// `--` inside a class; `\Z` and `\h` are known. What the engine would read as something else
/// (`a++`, `(?R)`) is refused.
fn rewrite(pattern: &str) -> Result<String, Refusal> {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern.chars();
    let mut in_class = false;
    let mut last_in_class = '\0';
    // Whether what was read last is `*`, `+`, `?` or `{n,m}`.
    let mut counted = false;
    while let Some(c) = rest.next() {
        if in_class || !matches!(c, '*' | '+' | '?' | '{') {
            counted = false;
        }
        if c == '\\' {
            last_in_class = after_backslash(&mut rest, in_class, &mut out)?;
            continue;
        }
        if !in_class {
            match c {
                '[' => {
                    in_class = true;
                    last_in_class = '\0';
                    open_class(&mut rest, &mut out);
                }
                '(' => {
                    if let Some(what) = unsupported_group(rest.as_str()) {
                        return Err(Refusal::Unsupported(what));
                    }
                    if let Some(comment) = rest.as_str().strip_prefix("?#")
                        && let Some((_, after)) = comment.split_once(')')
                    {
                        rest = after.chars();
                        continue;
                    }
                    out.push('(');
                    if rest.as_str().starts_with('?') {
                        out.extend(rest.next());
                    }
                }
                '{' if !starts_repetition(rest.as_str()) => {
                    counted = false;
                    out.push_str("\\{");
                }
                '{' => {
                    out.push('{');
                    out.extend(rest.by_ref().take_while(|c| *c != '}'));
                    out.push('}');
                    counted = true;
                }
                '+' if counted => return Err(Refusal::Unsupported("a possessive quantifier")),
                '*' | '+' | '?' => {
                    out.push(c);
                    // A second `?` makes the count lazy.
                    counted = !counted;
                }
                c => out.push(c),
            }
            continue;
        }
        match c {
            ']' => {
                in_class = false;
                out.push(']');
            }
            '[' if posix_class(rest.as_str()).is_some() => {
                let len = posix_class(rest.as_str()).unwrap_or_default();
                out.push('[');
                out.extend(rest.by_ref().take(len));
            }
            '[' => out.push_str("\\["),
            // `[\w-.]` and `[a-\d]` hold a hyphen, no range.
            '-' if last_in_class == CLASS_ESCAPE || class_escape(rest.as_str()) => {
                out.push_str("\\-");
            }
            '&' | '~' | '-' if last_in_class == c => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
        last_in_class = c;
    }
    Ok(out)
}

/// What follows a backslash; answers what it is to a hyphen after it in a class.
fn after_backslash(
    rest: &mut Chars<'_>,
    in_class: bool,
    out: &mut String,
) -> Result<char, Refusal> {
    let escaped = rest.next();
    match escaped {
        Some('k' | 'g') => return Err(Refusal::Unsupported("a back-reference")),
        Some('Q') => {
            let (quoted, after) = split_once_or_all(rest.as_str(), "\\E");
            out.push_str(&regex_syntax::escape(quoted));
            *rest = after.chars();
        }
        // The end of a quotation that never began.
        Some('E') => {}
        Some('0') => out.push_str(&octal(rest)),
        Some('p' | 'P' | 'x' | 'u' | 'U') if rest.as_str().starts_with('{') => {
            braced(escaped, rest, out);
        }
        _ => escape(escaped, in_class, out),
    }
    Ok(match escaped {
        Some('d' | 'D' | 's' | 'S' | 'w' | 'W' | 'h') => CLASS_ESCAPE,
        _ => '\0',
    })
}

/// The beginning of a class, whose bracket was read: a caret, and a bracket that is literal there.
fn open_class(rest: &mut Chars<'_>, out: &mut String) {
    out.push('[');
    let mut ahead = rest.clone();
    let mut next = ahead.next();
    if next == Some('^') {
        out.push('^');
        *rest = ahead.clone();
        next = ahead.next();
    }
    if next == Some(']') {
        out.push_str("\\]");
        *rest = ahead;
    }
}

/// What a group is that PCRE knows and the engine does not; `after` follows its parenthesis.
/// Look-around is left to the parser.
fn unsupported_group(after: &str) -> Option<&'static str> {
    let after = after.strip_prefix('?')?;
    let mut chars = after.chars();
    match (chars.next()?, chars.next()) {
        ('>', _) => Some("an atomic group"),
        ('(', _) => Some("a conditional group"),
        ('|', _) => Some("a group that resets its numbers"),
        ('R' | '&' | '0'..='9' | '+', _) | ('P', Some('>')) | ('-', Some('0'..='9')) => {
            Some("recursion")
        }
        ('P', Some('=')) => Some("a back-reference"),
        _ => None,
    }
}

/// Whether the text begins with `\d` or another class of characters.
fn class_escape(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next() == Some('\\')
        && matches!(chars.next(), Some('d' | 'D' | 's' | 'S' | 'w' | 'W' | 'h'))
}

fn escape(next: Option<char>, in_class: bool, out: &mut String) {
    match next {
        None => out.push('\\'),
        Some('Z') if !in_class => out.push_str("\\z"),
        Some('h') => out.push_str(if in_class { " \\t" } else { "[ \\t]" }),
        Some('e') => out.push_str("\\x1b"),
        Some('N') if !in_class => out.push_str("[^\\n]"),
        Some('R') if !in_class => {
            out.push_str("(?:\\r\\n|[\\n\\x0b\\f\\r\\x{85}\\x{2028}\\x{2029}])");
        }
        // PCRE reads an escaped character that means nothing as itself.
        Some(c @ ('<' | '>' | '"' | '\'' | ' ')) => out.push(c),
        Some(c) if !c.is_ascii() => out.push(c),
        Some(c) => {
            out.push('\\');
            out.push(c);
        }
    }
}

/// The text before and after `separator`; all of it and nothing where there is none.
fn split_once_or_all<'t>(text: &'t str, separator: &str) -> (&'t str, &'t str) {
    text.split_once(separator).unwrap_or((text, ""))
}

/// `\0`, with up to two more octal digits, in a notation that the engine knows.
fn octal(rest: &mut std::str::Chars<'_>) -> String {
    let mut value = 0;
    for _ in 0..2 {
        let digit = rest.clone().next().and_then(|c| c.to_digit(8));
        let Some(digit) = digit else { break };
        rest.next();
        value = value * 8 + digit;
    }
    format!("\\x{{{value:x}}}")
}

/// `\p{…}`, `\x{…}` and the like, whose braces count nothing; `\p{^…}` is `\P{…}`.
fn braced(escaped: Option<char>, rest: &mut std::str::Chars<'_>, out: &mut String) {
    rest.next();
    let mut name = rest.as_str();
    let mut letter = escaped.unwrap_or_default();
    if matches!(letter, 'p' | 'P')
        && let Some(negated) = name.strip_prefix('^')
    {
        letter = if letter == 'p' { 'P' } else { 'p' };
        name = negated;
    }
    let (name, after) = split_once_or_all(name, "}");
    out.push('\\');
    out.push(letter);
    out.push('{');
    out.push_str(name);
    out.push('}');
    *rest = after.chars();
}

/// Whether the text after `{` is `3}`, `3,}` or `3,5}`.
fn starts_repetition(after: &str) -> bool {
    let Some((inside, _)) = after.split_once('}') else {
        return false;
    };
    let (low, high) = inside.split_once(',').unwrap_or((inside, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    !low.is_empty() && digits(low) && digits(high)
}

/// The characters of `:name:]` after the opening bracket of a POSIX class.
fn posix_class(after: &str) -> Option<usize> {
    let name = after.strip_prefix(':')?;
    let (name, _) = name.split_once(":]")?;
    name.bytes()
        .all(|b| b.is_ascii_lowercase() || b == b'^')
        .then_some(name.len() + 3)
}

/// How many states the expression has when its repetitions are written out.
fn states(hir: &Hir) -> u64 {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => u64::try_from(literal.0.len()).unwrap_or(u64::MAX),
        HirKind::Class(Class::Unicode(class)) if class.is_ascii() => 2,
        // A Unicode class compiles to a trie of byte ranges, up to a few hundred states.
        HirKind::Class(Class::Unicode(class)) => {
            u64::try_from(class.ranges().len()).map_or(u64::MAX, |ranges| ranges + 24)
        }
        HirKind::Class(Class::Bytes(_)) => 1,
        HirKind::Capture(capture) => states(&capture.sub),
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min.saturating_add(1));
            let optional = u64::from(repetition.max.is_some_and(|max| max > repetition.min));
            states(&repetition.sub)
                .saturating_add(optional)
                .saturating_mul(u64::from(times.max(1)))
        }
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().map(states).fold(0, u64::saturating_add)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, expected: &str) {
        let got = match translate(pattern, false, false) {
            Ok(translated) => translated,
            Err(refusal) => format!("{refusal:?}"),
        };
        assert_eq!(got, expected, "{pattern}");
    }

    #[test]
    fn pcre_is_rewritten_or_refused() {
        check("a.*b", "a.*b");
        check(r"\\x\.exe", r"\\x\.exe");
        check("a{2,3}", "a{2,3}");
        check("${x}", r"$\{x}");
        check(r"[[\]a]", r"[\[\]a]");
        check("[]a]", r"[\]a]");
        check("[^]a]", r"[^\]a]");
        check("[[:alpha:]_]", "[[:alpha:]_]");
        check("[a&&b]", r"[a&\&b]");
        check(r"[\w-.]+@", r"[\w\-.]+@");
        check(r"[a-z\d-]", r"[a-z\d\-]");
        check(r"x\Z", r"x\z");
        check(r"\<a\>", "<a>");
        check("a++", "Unsupported(\"a possessive quantifier\")");
        check("a{2}+", "Unsupported(\"a possessive quantifier\")");
        check("a+?b??c{1,2}?", "a+?b??c{1,2}?");
        check(r"[+]+\++(?i:a)+(b)*", r"[+]+\++(?i:a)+(b)*");
        check("(?>a)", "Unsupported(\"an atomic group\")");
        check("(?R)", "Unsupported(\"recursion\")");
        check("(?(1)a|b)", "Unsupported(\"a conditional group\")");
        check(r"[a-\d]", r"[a\-\d]");
        check(r"\p{L}\P{Lu}[\p{Han}]", r"\p{L}\P{Lu}[\p{Han}]");
        check(r"\p{^L}\x{4e00}\x{41}{2}", r"\P{L}\x{4e00}\x{41}{2}");
        check(r"\Qa.b{\E.\Qc+", r"a\.b\{.c\+");
        check(r"\0\012[\07]", r"\x{0}\x{a}[\x{7}]");
        check(r"a(?#what it is)b", "ab");
        check(r"a\Nb", r"a[^\n]b");
        check(r"(?<n>a)\k<n>", "Unsupported(\"a back-reference\")");
        check(r"(a)\g{1}", "Unsupported(\"a back-reference\")");
        check("(?=a)", "Unsupported(\"look-around\")");
        check("(?<!a)b", "Unsupported(\"look-around\")");
        check(r"(a)\1", "Unsupported(\"a back-reference\")");
        check("(a{1000}){1000}", "Size");
        check("(", "Syntax(\"unclosed group\")");
        check("*", "Syntax(\"repetition operator missing expression\")");
    }
}
