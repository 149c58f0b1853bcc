//! Regular expressions: those that a modifier says better, and those that cost on every event.

use regex_syntax::hir::{Class, Hir, HirKind, Look};

use super::checks::*;
use super::subject::{ItemLook, Subject, ValueLook};
use crate::ast::{Detection, Regex, Test};
use crate::diagnostic::Report;

/// Fewer characters stand in so many texts that looking for them first saves nothing.
const LITERAL_CHARS_MIN: usize = 3;
/// Endings of files that rules look for.
const EXTENSIONS: [&str; 24] = [
    "exe", "dll", "sys", "ps1", "bat", "cmd", "vbs", "js", "hta", "lnk", "zip", "txt", "com",
    "scr", "msi", "jar", "aspx", "asp", "php", "jsp", "sh", "py", "dat", "tmp",
];

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for item in subject.searches.iter().flat_map(|search| &search.items) {
        for value in &item.values {
            if let Detection::Is(predicate) = &value.detection
                && let Test::Regex(regex) = &predicate.test
            {
                one(item, value, regex, report);
            }
        }
    }
}

fn one(item: &ItemLook, value: &ValueLook, regex: &Regex, report: &mut Report<'_>) {
    let text = value.text.as_str();
    if text.starts_with("(?")
        && let Some((flags, _)) = text.trim_start_matches("(?").split_once(')')
        && !flags.is_empty()
        && flags.chars().all(|c| matches!(c, 'i' | 'm' | 's'))
    {
        let modifiers: Vec<String> = flags.chars().map(|flag| format!("|{flag}")).collect();
        report.add(
            &REGEX_INLINE_FLAG,
            &value.span,
            format!("the expression sets `{flags}` by itself"),
            format!(
                "write `re{}` and leave `(?{flags})` out",
                modifiers.concat()
            ),
        );
    }
    dots(value, report);
    let Ok(hir) = regex_syntax::ParserBuilder::new()
        .multi_line(regex.multi_line)
        .dot_matches_new_line(regex.dot_matches_new_line)
        .build()
        .parse(&regex.pattern)
    else {
        return;
    };
    let properties = hir.properties();
    if properties.minimum_len() == Some(0) && properties.look_set().is_empty() {
        report.add(
            &REGEX_MATCHES_EMPTY,
            &value.span,
            "the expression matches the empty text, which stands in every value",
            "make a part of it required: `+` in place of `*`",
        );
        return;
    }
    if let Some(modifier) = plain(&hir) {
        let mut key = item.field.clone().unwrap_or_default();
        let cased = (!regex.case_insensitive).then_some("cased");
        // What `re` brought along goes with it.
        let others = item.words.iter().map(|(word, _)| word.as_str());
        let kept = others.filter(|word| !OF_REGEX.contains(word));
        for word in modifier.into_iter().chain(cased).chain(kept) {
            key.push('|');
            key.push_str(word);
        }
        report.add(
            &REGEX_PLAIN,
            &value.span,
            "the expression is a plain text",
            format!("write `{key}` and the text, without its anchors and backslashes"),
        );
        return;
    }
    idle_ends(value, report);
    if required(&hir) < LITERAL_CHARS_MIN {
        report.add(
            &REGEX_NO_LITERAL,
            &value.span,
            "the expression requires no text of three characters, so that it is tried on every value, at about 1.5 ns a byte",
            "give it a text that every match has, `curl.*\\s-k\\s` in place of `\\s-k\\s`: it is then tried only where that stands",
        );
    }
}

/// `re`, and what says how it is matched.
const OF_REGEX: [&str; 7] = ["re", "i", "m", "s", "contains", "startswith", "endswith"];

/// The modifier that says what the expression says, where it is a text between anchors at most;
/// none for the whole value.
fn plain(hir: &Hir) -> Option<Option<&'static str>> {
    let parts = match hir.kind() {
        HirKind::Concat(parts) => parts.as_slice(),
        _ => std::slice::from_ref(hir),
    };
    let look = |part: Option<&Hir>, wanted: Look| {
        part.is_some_and(|part| matches!(part.kind(), HirKind::Look(look) if *look == wanted))
    };
    let starts = look(parts.first(), Look::Start);
    let ends = parts.len() > 1 && look(parts.last(), Look::End);
    let inner = parts.get(usize::from(starts)..parts.len() - usize::from(ends))?;
    match inner {
        [one] if matches!(one.kind(), HirKind::Literal(_)) => Some(match (starts, ends) {
            (true, true) => None,
            (true, false) => Some("startswith"),
            (false, true) => Some("endswith"),
            (false, false) => Some("contains"),
        }),
        _ => None,
    }
}

fn idle_ends(value: &ValueLook, report: &mut Report<'_>) {
    let text = value.text.as_str();
    let start = text.strip_prefix('^').unwrap_or(text);
    let starts = start.starts_with(".*") && !start.starts_with(".*?");
    let end = text.strip_suffix('$').unwrap_or(text);
    let ends = end.ends_with(".*") && !end.ends_with("\\.*");
    if starts || ends {
        let place = if starts { "begins" } else { "ends" };
        report.add(
            &REGEX_IDLE_ENDS,
            &value.span,
            format!(
                "the expression {place} with `.*`, and is looked for anywhere in the value anyway"
            ),
            "leave it out, with the `^` or `$` beside it",
        );
    }
}

/// `.exe` where `\.exe` was meant.
fn dots(value: &ValueLook, report: &mut Report<'_>) {
    let text = value.text.as_str();
    for (at, _) in text.match_indices('.') {
        let before = text.get(..at).unwrap_or_default();
        let after = text.get(at + 1..).unwrap_or_default();
        let word_before = before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            // `\w.exe` and `\d.exe` are classes.
            && !before.get(..before.len().saturating_sub(1)).is_some_and(|text| text.ends_with('\\'));
        // `[0-9]+.exe`: what is repeated has ended before the dot.
        let repeated = before.strip_suffix(['+', '*']).unwrap_or_default();
        let word_before = word_before || (repeated.ends_with(']') && !repeated.ends_with("\\]"));
        let extension: String = after
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        if word_before && EXTENSIONS.contains(&extension.as_str()) {
            report.add(
                &REGEX_DOT,
                &value.span,
                format!("the dot before `{extension}` stands for any character"),
                format!("write `\\.{extension}`"),
            );
            return;
        }
    }
}

/// The length, in characters, of the longest text that every match has.
fn required(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 0,
        HirKind::Literal(literal) => {
            std::str::from_utf8(&literal.0).map_or(literal.0.len(), |text| text.chars().count())
        }
        HirKind::Class(class) => usize::from(is_one_letter(class)),
        HirKind::Capture(capture) => required(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min == 0 => 0,
        HirKind::Repetition(repetition) => {
            let times = usize::try_from(repetition.min).unwrap_or(usize::MAX);
            match repetition.sub.kind() {
                HirKind::Literal(_) => required(&repetition.sub).saturating_mul(times),
                _ => required(&repetition.sub),
            }
        }
        HirKind::Alternation(parts) => parts.iter().map(required).min().unwrap_or(0),
        HirKind::Concat(parts) => concat(parts),
    }
}

fn concat(parts: &[Hir]) -> usize {
    let (mut best, mut run) = (0, 0);
    for part in parts {
        match part.kind() {
            HirKind::Literal(_) => run += required(part),
            HirKind::Class(class) if is_one_letter(class) => run += 1,
            HirKind::Look(_) => {}
            _ => {
                best = best.max(run).max(required(part));
                run = 0;
            }
        }
    }
    best.max(run)
}

/// A letter in both of its cases.
fn is_one_letter(class: &Class) -> bool {
    match class {
        Class::Unicode(class) => {
            class
                .ranges()
                .iter()
                .map(|range| range.len())
                .sum::<usize>()
                <= 3
        }
        Class::Bytes(class) => {
            class
                .ranges()
                .iter()
                .map(|range| range.len())
                .sum::<usize>()
                <= 2
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, expected: usize) {
        let hir = regex_syntax::parse(pattern);
        assert_eq!(
            hir.ok().map(|hir| required(&hir)),
            Some(expected),
            "{pattern}"
        );
    }

    #[test]
    fn the_text_that_every_match_has() {
        check("abc", 3);
        check("a.*bcd", 3);
        check("(?i)abc", 3);
        check("(abc|de)f", 2);
        check("(abc)?x", 1);
        check(r"\d{4}-\d\d", 1);
        check("(ab){3}", 2);
        check("x{4}", 4);
    }
}
