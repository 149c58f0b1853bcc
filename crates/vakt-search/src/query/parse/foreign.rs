//! Forms of other languages that would pass for text here, and find nothing without a word: they are refused, with
//! what says the same. In quotes all of them are text.

use super::{Parser, QueryError};
use crate::query::word::{self, Glyph};

/// The modifiers of Sigma that may stand after the name of a field and `|`.
const SIGMA_MODIFIERS: [&str; 18] = [
    "contains",
    "startswith",
    "endswith",
    "re",
    "cidr",
    "all",
    "cased",
    "base64",
    "base64offset",
    "windash",
    "wide",
    "exists",
    "gt",
    "gte",
    "lt",
    "lte",
    "neq",
    "fieldref",
];

const COMPARISONS: [&str; 11] = [
    "=", "==", "!=", "<>", "<", ">", "<=", ">=", "=~", "!~", "=>",
];

/// Functions of other languages that ask whether a field is there.
const OF_ABSENCE: [&str; 5] = ["isnull", "isnotnull", "isempty", "isnotempty", "notexists"];

const SIGMA: &str = "field:*text* where it contains the text, field:text* where it begins so, field:*text where it \
                     ends so, or field:/expression/";
const EXPRESSION: &str = "field:/expression/ for a regular expression";
const NAME_FIRST: &str = "the name of a field right before a comparison, or quotes around a text";
const WHOLE_NAME: &str =
    "the whole name of a field: a word without one is looked for in all fields";
const LIST: &str = "field:(a or b) for one of several values, or quotes around a text";
const STRAIGHT: &str = "straight quotes: \"a phrase\"";
const DOUBLE: &str = "double quotes: \"a phrase\"";
const EXISTS: &str = "exists(field), or not exists(field)";
const SINCE: &str = "@timestamp>=-1h, or a range beside the query";
const AT_LEAST: &str = ">= or <= between a field and the value";

impl Parser {
    /// Refuses what stands here, of a bare word, where it is a form of another language.
    pub(super) fn refuse_foreign(&self) -> Result<(), QueryError> {
        let here = self.chars.get(self.at..).unwrap_or_default();
        let length = here.iter().take_while(|c| !c.is_whitespace()).count();
        let token: String = here.iter().take(length).collect();
        let token = token.trim_end_matches(')');
        let rest = here.get(length..).unwrap_or_default();
        match foreign(token, rest) {
            None => Ok(()),
            Some((offset, expected)) => {
                Err(self.error(self.at + offset, expected, &format!("`{token}`")))
            }
        }
    }

    /// Refuses a list of values in the parentheses after `field:` whose signs would be a part of the values.
    pub(super) fn refuse_list(&self, start: usize, word: &[Glyph]) -> Result<(), QueryError> {
        let is_last = |at: usize| at + 1 == word.len();
        let sign = word.iter().enumerate().position(|(at, glyph)| {
            glyph.plain && (glyph.c == '|' || (glyph.c == ',' && is_last(at)))
        });
        match sign {
            None => Ok(()),
            Some(at) => {
                let escapes = word.iter().take(at).filter(|glyph| !glyph.plain).count();
                let found = word.get(at).map_or(' ', |glyph| glyph.c);
                let expected = "`or` between the values";
                Err(self.error(start + at + escapes, expected, &format!("`{found}`")))
            }
        }
    }
}

/// Where `token`, before `rest`, is a form of another language, in characters, and what says the same.
fn foreign(token: &str, rest: &[char]) -> Option<(usize, &'static str)> {
    if COMPARISONS.contains(&token) || is_half_a_comparison(token) {
        return Some((0, NAME_FIRST));
    }
    if token.starts_with([
        '\u{201c}', '\u{201d}', '\u{201e}', '\u{ab}', '\u{bb}', '\u{2018}',
    ]) {
        return Some((0, STRAIGHT));
    }
    if token.starts_with('\'') && !token.get(1..)?.contains('\'') && is_closed(rest, '\'') {
        return Some((0, DOUBLE));
    }
    if token.eq_ignore_ascii_case("in") && begins_list(rest, token == "IN") {
        return Some((0, LIST));
    }
    if let Some((function, _)) = token.split_once('(')
        && OF_ABSENCE
            .iter()
            .any(|known| function.eq_ignore_ascii_case(known))
    {
        return Some((0, EXISTS));
    }
    let name: String = token
        .chars()
        .take_while(|c| word::is_name_char(*c))
        .collect();
    let length = name.chars().count();
    let after = token.get(name.len()..)?;
    if let Some(modifiers) = after.strip_prefix('|')
        && let Some((modifiers, _)) = modifiers.split_once(':')
        && !name.is_empty()
        && modifiers
            .split('|')
            .all(|modifier| SIGMA_MODIFIERS.contains(&modifier))
    {
        return Some((length, SIGMA));
    }
    if !name.is_empty() && ["=~", "!~"].iter().any(|sign| after.starts_with(sign)) {
        return Some((length, EXPRESSION));
    }
    if !name.is_empty() && ["=>", "=<"].iter().any(|sign| after.starts_with(sign)) {
        return Some((length, AT_LEAST));
    }
    if ["earliest", "latest"].contains(&name.as_str()) && after.starts_with('=') {
        return Some((0, SINCE));
    }
    let (pattern, value) = token.split_once(':')?;
    let named = pattern.strip_prefix("*.").or(pattern.strip_suffix(".*"))?;
    let is_name = !named.is_empty() && named.chars().all(word::is_name_char);
    (is_name && !value.is_empty()).then_some((0, WHOLE_NAME))
}

/// Whether `token` is `<500` or `=1`: a comparison without what is compared. `<34>Nov` is the beginning of a line of
/// syslog, `=====` one of a file.
fn is_half_a_comparison(token: &str) -> bool {
    let value = token.trim_start_matches(['<', '>', '=', '!']);
    let sign = token.get(..token.len() - value.len()).unwrap_or_default();
    let is_number = value
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    !value.is_empty() && COMPARISONS.contains(&sign) && (is_number || sign.starts_with('='))
}

/// Whether a word in `rest` ends with `quote`, before any other begins with one.
fn is_closed(rest: &[char], quote: char) -> bool {
    let text: String = rest.iter().collect();
    let mut words = text.split_whitespace();
    words.any(|word| word.len() > 1 && word.ends_with(quote) && !word.starts_with(quote))
}

/// Whether a list in parentheses or brackets follows; one in parentheses has a comma, unless `surely`.
fn begins_list(rest: &[char], surely: bool) -> bool {
    let text: String = rest.iter().collect();
    match text.trim_start().strip_prefix(['(', '[']) {
        None => false,
        Some(inner) => {
            let inner = inner.split([')', ']']).next().unwrap_or_default();
            surely || inner.contains(',')
        }
    }
}
