//! What pipelines take from Python: `re.match`, `re.sub` and its replacements, `string.Template`.

use regex::{Regex, RegexBuilder};

use crate::checks;
use crate::diagnostic::Report;
use crate::regex::{self as subset, Refusal};
use crate::source::Span;

/// Bytes of a compiled expression, so that no pipeline takes the memory that rules need.
const COMPILED_BYTES_MAX: usize = 4 << 20;

/// Where an expression looks for its match.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    /// `re.match`: from the beginning of the text.
    Start,
    /// `re.sub`: anywhere.
    None,
}

/// An expression of a pipeline; `None` when it was refused.
pub(super) fn regex(
    pattern: &str,
    anchor: Anchor,
    span: &Span,
    report: &mut Report<'_>,
) -> Option<Regex> {
    let whole = match anchor {
        Anchor::Start => format!("\\A(?:{pattern})"),
        Anchor::None => pattern.to_owned(),
    };
    let (check, message, help) = match subset::translate(&whole, false, false) {
        Ok(translated) => {
            let mut builder = RegexBuilder::new(&translated);
            match builder.size_limit(COMPILED_BYTES_MAX).build() {
                Ok(regex) => return Some(regex),
                Err(_) => too_large(),
            }
        }
        Err(Refusal::Size) => too_large(),
        Err(Refusal::Syntax(why)) => (
            &checks::REGEX_SYNTAX,
            format!("the regular expression cannot be read: {why}"),
            "escape what is meant literally with a backslash",
        ),
        Err(Refusal::Unsupported(what)) => (
            &checks::REGEX_UNSUPPORTED,
            format!("the regular expression uses {what}"),
            "matching in linear time cannot have it: use two steps, or conditions joined by `_cond_expr`",
        ),
    };
    report.add(check, span, message, help);
    None
}

fn too_large() -> (&'static checks::Check, String, &'static str) {
    (
        &checks::REGEX_SIZE,
        "the regular expression is too large when its repetitions are written out".to_owned(),
        "lower the counts in {}",
    )
}

/// A replacement of `re.sub` (`\1`, `\g<1>`, `\g<name>`) in the form of [`Regex::replace_all`].
pub(super) fn replacement(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '$' => out.push_str("$$"),
            '\\' => {
                let mut ahead = rest.clone();
                match ahead.next() {
                    Some(digit @ '0'..='9') => {
                        let mut group = digit.to_string();
                        rest = ahead.clone();
                        if let Some(digit @ '0'..='9') = ahead.next() {
                            group.push(digit);
                            rest = ahead;
                        }
                        out.push_str(&format!("${{{group}}}"));
                    }
                    Some('g') if ahead.next() == Some('<') => {
                        let name: String = ahead.by_ref().take_while(|c| *c != '>').collect();
                        out.push_str(&format!("${{{name}}}"));
                        rest = ahead;
                    }
                    Some('\\') => {
                        out.push('\\');
                        rest = ahead;
                    }
                    Some('n') => {
                        out.push('\n');
                        rest.next();
                    }
                    Some('t') => {
                        out.push('\t');
                        rest.next();
                    }
                    _ => out.push('\\'),
                }
            }
            c => out.push(c),
        }
    }
    out
}

/// A group that the replacement asks for and the expression has not: Python refuses it, where
/// [`Regex::replace_all`] would write nothing.
pub(super) fn missing_group<'r>(replacement: &'r str, regex: &Regex) -> Option<&'r str> {
    let mut rest = replacement;
    while let Some((_, after)) = rest.split_once('$') {
        if let Some(after) = after.strip_prefix('$') {
            rest = after;
            continue;
        }
        let (name, after) = after.strip_prefix('{')?.split_once('}')?;
        let known = match name.parse::<usize>() {
            Ok(number) => number < regex.captures_len(),
            Err(_) => regex.capture_names().flatten().any(|known| known == name),
        };
        if !known {
            return Some(name);
        }
        rest = after;
    }
    None
}

/// `string.Template.safe_substitute`: `$name` and `${name}` become the values that `value` gives,
/// `$$` a dollar sign; what is not known stays.
pub(super) fn substitute(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        rest = after;
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
            continue;
        }
        let braced = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let (name, after) = match braced {
            Some(braced) => braced,
            None => {
                let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
                let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
                rest.split_at_checked(end).unwrap_or((rest, ""))
            }
        };
        match value(name) {
            Some(value) => {
                out.push_str(&value);
                rest = after;
            }
            None => out.push('$'),
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_that_are_not_there() {
        let check = |pattern: &str, text: &str, expected: Option<&str>| {
            let regex = Regex::new(pattern).ok();
            let replacement = replacement(text);
            let missing = regex
                .as_ref()
                .and_then(|it| missing_group(&replacement, it));
            assert!(regex.is_some());
            assert_eq!(missing, expected, "{pattern} {text}");
        };
        check("(a)b", r"\1", None);
        check("(a)b", r"$\1\2", Some("2"));
        check("ab", r"x\g<0>", None);
        check("(?P<n>a)", r"\g<n>\g<m>", Some("m"));
        check("ab", "$5 and ${x}", None);
    }

    #[test]
    fn replacements() {
        let check = |text: &str, expected: &str| assert_eq!(replacement(text), expected, "{text}");
        check("plain", "plain");
        check(r"\1-\g<name>", "${1}-${name}");
        check(r"\g<1>0", "${1}0");
        check(r"\12", "${12}");
        check(r"C:\\x", r"C:\x");
        check(r"a\", r"a\");
        check("$1", "$$1");
        check(r"\d", r"\d");
    }

    #[test]
    fn templates() {
        let check = |text: &str, expected: &str| {
            let value = |name: &str| (name == "service").then(|| "sshd".to_owned());
            assert_eq!(substitute(text, value), expected, "{text}");
        };
        check("none", "none");
        check("$service", "sshd");
        check("a-${service}b", "a-sshdb");
        check("$other ${other} $$service $", "$other ${other} $service $");
        check("$", "$");
        check("${service", "${service");
    }
}
