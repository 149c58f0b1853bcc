//! Each regular expression of the rules by itself, over texts that might be dear to it.

use std::hint::black_box;

use super::aim::{cut, longest_word};
use crate::clock::{median, timed};
use crate::input::Windows;
use crate::output::{as_f64, head, row, times};
use crate::subject::{Expression, Rules};

pub(super) const TITLE: &str = "The dearest expressions, alone, over 10 kB that they do not match";

const TEXT_BYTES: usize = 10_000;
const ROUNDS: usize = 3;
const SHOWN: usize = 12;
const SHOWN_CHARS: usize = 60;

/// What follows the expression's longest word, over and over.
const RUNS: [(&str, &str); 9] = [
    ("a", "aaaaaaaaaa"),
    ("backslashes", "\\\\\\\\\\\\\\\\"),
    ("quotes", "\"'`\"'`"),
    ("blanks", "          "),
    ("digits", "1.1.1.1:"),
    ("base64", "QWxhZGRpbjpvcGVuIHNlc2FtZQ"),
    ("é", "éééééé"),
    ("digits and é", "://1.1.1.1é"),
    ("brackets", "${((.[{(("),
];

struct Dear {
    expression: usize,
    text: &'static str,
    nanoseconds_a_byte: f64,
}

/// Prints the dearest, each with the text that it takes longest for.
pub(super) fn table(windows: &mut Windows, rules: &Rules) {
    let expressions = rules.expressions();
    let ordinary = windows.script(TEXT_BYTES);
    let ordinarily: Vec<_> = expressions
        .iter()
        .map(|expression| cost(expression, &ordinary))
        .collect();
    let mut dear: Vec<_> = expressions
        .iter()
        .enumerate()
        .filter_map(|(index, expression)| dearest(index, expression))
        .collect();
    dear.sort_by(|a, b| b.nanoseconds_a_byte.total_cmp(&a.nanoseconds_a_byte));
    let cells = [
        "expression",
        "text",
        "ns a byte",
        "ns a byte of a script",
        "needs a literal",
    ];
    head(TITLE, &cells);
    for dear in dear.iter().take(SHOWN) {
        let expression = &expressions[dear.expression];
        let shown: String = expression.pattern.chars().take(SHOWN_CHARS).collect();
        row(&[
            format!("`{}`", shown.replace('|', "\\|").replace('`', "'")),
            dear.text.to_owned(),
            times(dear.nanoseconds_a_byte),
            times(ordinarily[dear.expression]),
            if expression.has_required_literal {
                "yes"
            } else {
                "no"
            }
            .to_owned(),
        ]);
    }
}

fn dearest(index: usize, expression: &Expression) -> Option<Dear> {
    let word = longest_word(&expression.pattern).unwrap_or_default();
    let texts = RUNS.iter().flat_map(|(name, run)| {
        let once = format!("{word} {}", run.repeat(TEXT_BYTES / run.len() + 1));
        let often = format!("{word} {run} ").repeat(TEXT_BYTES / run.len() + 1);
        [(*name, once), (*name, often)]
    });
    texts
        .map(|(name, mut text)| {
            cut(&mut text, TEXT_BYTES);
            Dear {
                expression: index,
                text: name,
                nanoseconds_a_byte: cost(expression, &text),
            }
        })
        .max_by(|a, b| a.nanoseconds_a_byte.total_cmp(&b.nanoseconds_a_byte))
}

/// Nanoseconds a byte.
fn cost(expression: &Expression, text: &str) -> f64 {
    let seconds: Vec<_> = (0..ROUNDS)
        .map(|_| timed(|| black_box(expression.is_match(text))).0)
        .collect();
    median(&seconds) * 1e9 / as_f64(text.len())
}
