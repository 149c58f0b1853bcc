//! How often a test may be expected to hold: a prior, good enough to tell rare from common.
//!
//! Only the order matters: of the parts of an `and`, the rarest becomes the witness. A wrong
//! estimate costs time, never a match. Counts of live traffic would be better (not measured yet).

use vakt_rules::ast::{Pattern, Test, Token};

use crate::regex;

/// The share of events of something that always holds.
pub(super) const ALWAYS: f32 = 1.0;

/// Fields with a handful of values: whatever a rule asks of them is common.
const COMMON_FIELDS: &[&str] = &[
    "event.code",
    "event.provider",
    "Channel",
    "log.syslog.appname",
    "http.request.method",
    "http.response.status_code",
    "type",
    "eventSource",
    "eventName",
];

/// The estimated share of events in which the field (or, for `None`, some value) holds a value that passes.
pub(super) fn of_test(field: Option<&str>, test: &Test) -> f32 {
    let estimate = match test {
        Test::Text(pattern) => of_pattern(pattern),
        Test::Regex(source) => match regex::required_literals(source) {
            Some(literals) => literals.iter().map(|l| within(l.len())).sum(),
            None => 0.3,
        },
        Test::Cidr(_) => 0.2,
        Test::Compare(..) | Test::TimePart(..) => 0.5,
        Test::Null | Test::Exists(_) | Test::FieldRef { .. } => ALWAYS,
    };
    if field.is_some_and(|field| COMMON_FIELDS.contains(&field)) {
        estimate.max(0.3)
    } else {
        estimate.min(0.95)
    }
}

fn of_pattern(pattern: &Pattern) -> f32 {
    let longest = pattern
        .tokens
        .iter()
        .map(|token| match token {
            Token::Literal(literal) => literal.len(),
            _ => 0,
        })
        .max()
        .unwrap_or(0);
    match pattern.tokens.as_slice() {
        [Token::Many] => 0.9,
        [Token::Many, .., Token::Many] => within(longest),
        // Ends such as `.exe` are common, whole file names less so.
        [.., Token::Many] | [Token::Many, ..] => decay(0.5, 0.8, longest),
        _ => decay(0.2, 0.85, longest),
    }
}

fn within(len: usize) -> f32 {
    decay(0.6, 0.75, len)
}

/// Each further byte makes a literal rarer, down to one in ten thousand.
fn decay(start: f32, factor: f32, len: usize) -> f32 {
    let len = i32::try_from(len).unwrap_or(i32::MAX);
    (start * factor.powi(len)).max(1e-4)
}
