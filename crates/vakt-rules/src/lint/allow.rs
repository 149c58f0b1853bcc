//! Findings that an author wants to be silent about: `# vakt: allow NAME, NAME`.
//!
//! After a line's content, or on a line of its own before it, the comment counts for that line;
//! before a document's first line, for the whole document. Errors cannot be silenced.

use super::LintOptions;
use super::checks::{ALLOW_UNKNOWN, ALLOW_UNUSED, CHECKS};
use crate::checks;
use crate::diagnostic::{Diagnostic, Report, Severity};
use crate::source::{SourceText, Span};
use crate::suggest;

struct Allowance {
    name: String,
    span: Span,
    /// Lines, from 1, for which it counts.
    lines: std::ops::RangeInclusive<usize>,
    used: bool,
}

/// Takes out what is allowed, and adds what is wrong with the allowances.
pub(super) fn apply(
    source: &SourceText<'_>,
    starts: &[usize],
    options: &LintOptions,
    found: &mut Vec<Diagnostic>,
) {
    let mut report = Report::new(source);
    let mut allowances = read(source, starts);
    allowances.retain(|allowance| is_known(allowance, &mut report));
    found.retain(|diagnostic| {
        if diagnostic.severity == Severity::Error {
            return true;
        }
        let mut keep = !options.allow.iter().any(|name| name == diagnostic.name);
        for allowance in &mut allowances {
            if allowance.name == diagnostic.name && allowance.lines.contains(&diagnostic.line) {
                allowance.used = true;
                keep = false;
            }
        }
        keep
    });
    for allowance in allowances.iter().filter(|allowance| !allowance.used) {
        if is_strict(&allowance.name) && !options.strict {
            continue;
        }
        report.add(
            &ALLOW_UNUSED,
            &allowance.span,
            format!("nothing here is found by {}", allowance.name),
            "remove the name: it would hide what comes later",
        );
    }
    let silenced =
        |diagnostic: &Diagnostic| !options.allow.iter().any(|name| name == diagnostic.name);
    found.extend(report.finish().into_iter().filter(silenced));
}

/// Whether the check looks with `--strict` only.
fn is_strict(name: &str) -> bool {
    CHECKS
        .iter()
        .any(|check| check.name == name && check.meaning.contains("--strict"))
}

fn is_known(allowance: &Allowance, report: &mut Report<'_>) -> bool {
    let warnings = || {
        CHECKS
            .iter()
            .chain(
                checks::CHECKS
                    .iter()
                    .filter(|check| check.severity == Severity::Warning),
            )
            .map(|check| check.name)
    };
    if warnings().any(|name| name == allowance.name) {
        return true;
    }
    let is_error = checks::CHECKS
        .iter()
        .any(|check| check.name == allowance.name);
    let (message, help) = if is_error {
        (
            format!("{} is an error, which cannot be allowed", allowance.name),
            "mend what it finds".to_owned(),
        )
    } else {
        let help = match suggest::nearest(&allowance.name, warnings()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`vakt rules lint --list` shows the names".to_owned(),
        };
        (format!("there is no check `{}`", allowance.name), help)
    };
    report.add(&ALLOW_UNKNOWN, &allowance.span, message, help);
    false
}

fn read(source: &SourceText<'_>, starts: &[usize]) -> Vec<Allowance> {
    let next = next_content(source.text);
    let first_lines: Vec<usize> = starts.iter().map(|start| source.line(*start)).collect();
    let mut allowances = Vec::new();
    let mut at = 0;
    for (index, whole) in source.text.split_inclusive('\n').enumerate() {
        let start = at;
        at += whole.len();
        let Some((content, list, from)) = comment(whole) else {
            continue;
        };
        let line = index + 1;
        let target = if content.trim().is_empty() {
            next.get(line).copied().unwrap_or(line)
        } else {
            line
        };
        let document = first_lines.iter().position(|first| *first == target);
        let scope = match document {
            Some(document) if content.trim().is_empty() => {
                let end = first_lines
                    .get(document + 1)
                    .map_or(usize::MAX, |next| next - 1);
                // The file's name is found before its first document.
                if document == 0 { 1..=end } else { target..=end }
            }
            _ => target..=target,
        };
        let mut offset = start + from;
        for word in list.split(',') {
            let name = word.trim();
            let lead = word.len() - word.trim_start().len();
            if !name.is_empty() {
                allowances.push(Allowance {
                    name: name.to_owned(),
                    span: offset + lead..offset + lead + name.len(),
                    lines: scope.clone(),
                    used: false,
                });
            }
            offset += word.len() + 1;
        }
    }
    allowances
}

/// For each line, by its index, the number of the first line from there on that has content.
fn next_content(text: &str) -> Vec<usize> {
    let lines: Vec<&str> = text.lines().collect();
    let mut next = vec![lines.len(); lines.len()];
    let mut last = lines.len();
    for (index, line) in lines.iter().enumerate().rev() {
        let line = line.trim();
        if !line.is_empty() && !line.starts_with('#') && line != "---" {
            last = index + 1;
        }
        next[index] = last;
    }
    next
}

/// Whether the text after `before` stands in quotes that begin on the line. Quotes begin a value:
/// in the middle of a text they are part of it.
fn is_in_quotes(before: &str) -> bool {
    let mut open = None;
    let mut last = ' ';
    let mut escaped = false;
    for c in before.chars() {
        match open {
            Some('"') if escaped => escaped = false,
            Some('"') if c == '\\' => escaped = true,
            Some(quote) if c == quote => open = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'')
                && (last.is_whitespace() || "[{,'\"".contains(last)) =>
            {
                open = Some(c);
            }
            None => {}
        }
        last = c;
    }
    open.is_some()
}

/// What stands before `# vakt: allow`, the names after it, and where they begin.
fn comment(line: &str) -> Option<(&str, &str, usize)> {
    const MARK: &str = "vakt:";
    let hash = line.match_indices('#').map(|(at, _)| at).find(|at| {
        let free = line.get(..*at).is_some_and(|before| {
            (before.is_empty() || before.ends_with(char::is_whitespace)) && !is_in_quotes(before)
        });
        free && line
            .get(at + 1..)
            .is_some_and(|rest| rest.trim_start().starts_with(MARK))
    })?;
    let after = line.get(hash + 1..)?;
    let rest = after.trim_start().strip_prefix(MARK)?.trim_start();
    let list = rest.strip_prefix("allow")?;
    list.starts_with(char::is_whitespace).then(|| {
        (
            line.get(..hash).unwrap_or_default(),
            list.trim_end(),
            line.len() - list.len(),
        )
    })
}
