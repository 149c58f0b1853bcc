//! A file as text: tabs, blanks, anchors, its name.

use std::collections::HashSet;

use super::checks::*;
use crate::diagnostic::Report;
use crate::source::SourceText;

pub(super) fn check(source: &SourceText<'_>, strict: bool, report: &mut Report<'_>) {
    if strict {
        name(source, report);
    }
    let mut at = 0;
    for line in source.text.split_inclusive('\n') {
        let text = line.trim_end_matches(['\r', '\n']);
        let indentation = text.len() - text.trim_start().len();
        // A tab inside a text may be meant; before or after it, or between a key and its value, it
        // is none of the text.
        let tab = text.get(..indentation).and_then(|blank| blank.find('\t'));
        let after = text.trim_end().len();
        let trailing_tab = text
            .get(after..)
            .and_then(|blank| blank.find('\t'))
            .map(|tab| after + tab);
        if let Some(tab) = tab.or(trailing_tab).or_else(|| tab_after_mark(text)) {
            report.add(
                &TEXT_TAB,
                &(at + tab..at + tab + 1),
                "this is a tab",
                "write blanks: YAML counts them, and no tab",
            );
        } else if strict && after < text.len() && !text.trim().is_empty() {
            report.add(
                &TEXT_TRAILING_BLANK,
                &(at + after..at + text.len()),
                "the line ends with blanks",
                "remove them",
            );
        }
        at += line.len();
    }
    anchors(source, report);
}

/// A tab after the `:` of a key, or after the `-` of a list.
fn tab_after_mark(line: &str) -> Option<usize> {
    line.match_indices('\t').map(|(at, _)| at).find(|at| {
        let before = line.get(..*at).unwrap_or_default().trim_end();
        // The first `:` of a line is that of its key; a later one stands in a text.
        let of_key = before.ends_with(':') && before.find(':') == Some(before.len() - 1);
        of_key || before.trim_start() == "-"
    })
}

fn name(source: &SourceText<'_>, report: &mut Report<'_>) {
    let file = source.path.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = file.strip_suffix(".yml");
    let fits = stem.is_some_and(|stem| {
        !stem.is_empty()
            && stem
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    });
    if !fits {
        let lower = file.to_lowercase();
        let plain: String = lower
            .trim_end_matches(".yaml")
            .trim_end_matches(".yml")
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .collect();
        report.add(
            &FILE_NAME,
            &(0..0),
            format!("the file is called {file}"),
            format!("call it {plain}.yml"),
        );
    }
}

/// `&name` that no `*name` uses. Looked for in the text, outside of comments and quotes: the
/// parser keeps no names.
fn anchors(source: &SourceText<'_>, report: &mut Report<'_>) {
    let used: HashSet<&str> = source
        .text
        .match_indices('*')
        .filter_map(|(star, _)| source.text.get(star + 1..))
        .map(word)
        .collect();
    for (at, _) in source.text.match_indices('&') {
        let before = source.text.get(..at).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        // An anchor stands after `key: ` or `- `, with nothing between.
        let place = line.trim_end_matches(' ');
        if !(place.ends_with(':') || place.trim_start() == "-") || place.len() == line.len() {
            continue;
        }
        let after = source.text.get(at + 1..).unwrap_or_default();
        let name = word(after);
        let ends = after
            .get(name.len()..)
            .and_then(|rest| rest.chars().next())
            .is_none_or(char::is_whitespace);
        if name.is_empty() || !ends {
            continue;
        }
        if !used.contains(name) {
            report.add(
                &ANCHOR_UNUSED,
                &(at..at + 1 + name.len()),
                format!("no `*{name}` uses this anchor"),
                "remove it, or use it",
            );
        }
    }
}

/// The name that a text begins with.
fn word(text: &str) -> &str {
    let end = text
        .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-')))
        .unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}
