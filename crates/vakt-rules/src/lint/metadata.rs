//! What a rule says of itself.

use std::collections::HashSet;

use super::checks::*;
use super::subject::{Subject, text_of};
use crate::diagnostic::Report;
use crate::document::DocumentKind;
use crate::yaml::Kind;

/// Fewer characters repeat the title. The shortest public description that tells something has 26.
const DESCRIPTION_CHARS_MIN: usize = 16;
/// A list of alerts shows so much of a title.
const TITLE_CHARS_MAX: usize = 110;

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    missing(subject, report);
    id(subject, report);
    title(subject, report);
    description(subject, report);
    dates(subject, report);
    references(subject, report);
    false_positives(subject, report);
    related(subject, report);
}

fn missing(subject: &Subject<'_>, report: &mut Report<'_>) {
    let filter = subject.kind == DocumentKind::Filter;
    let keys = [
        (
            "id",
            &ID_MISSING,
            "a UUID of its own, as `uuidgen` makes it",
            false,
        ),
        (
            "status",
            &STATUS_MISSING,
            "one of experimental, test, stable",
            filter,
        ),
        (
            "level",
            &LEVEL_MISSING,
            "one of informational, low, medium, high, critical",
            filter,
        ),
        (
            "description",
            &DESCRIPTION_MISSING,
            "what it finds, and why that matters",
            false,
        ),
        (
            "author",
            &AUTHOR_MISSING,
            "whom to ask about the rule",
            filter,
        ),
        (
            "date",
            &DATE_MISSING,
            "the day on which it was written, as YYYY-MM-DD",
            filter,
        ),
    ];
    for (key, check, what, not_asked) in keys {
        let empty = subject.get(key).is_none_or(|entry| {
            matches!(&entry.value.kind, Kind::Scalar(scalar) if scalar.text.trim().is_empty())
        });
        let in_section = key == "level"
            && subject
                .get("correlation")
                .and_then(|entry| crate::document::section(&entry.value))
                .is_some_and(|entries| entries.iter().any(|entry| entry.key == "level"));
        if empty && !not_asked && !in_section {
            report.add(
                check,
                subject.key_span(key),
                format!("there is no {key}"),
                format!("add `{key}:` with {what}"),
            );
        }
    }
}

fn id(subject: &Subject<'_>, report: &mut Report<'_>) {
    let Some((id, span)) = subject.text("id") else {
        return;
    };
    let digits: Vec<u8> = id.bytes().filter(u8::is_ascii_hexdigit).collect();
    let different: HashSet<&u8> = digits.iter().collect();
    let counts_up = id.starts_with("12345678") || id.starts_with("01234567");
    if digits.len() == 32 && (different.len() <= 4 || counts_up) {
        report.add(
            &ID_PLACEHOLDER,
            span,
            format!("`{id}` is a made-up id"),
            "write one that `uuidgen` makes: another rule will have this one too",
        );
    }
}

fn title(subject: &Subject<'_>, report: &mut Report<'_>) {
    let Some((title, span)) = subject.text("title") else {
        return;
    };
    let letters = title.chars().filter(|c| c.is_alphabetic()).count();
    let capitals = title.chars().filter(|c| c.is_uppercase()).count();
    let lower = title.to_lowercase();
    let idle = [
        "detects ",
        "detect ",
        "detection of ",
        "this rule ",
        "rule to ",
        "sigma rule ",
    ]
    .into_iter()
    .find(|start| lower.starts_with(start));
    let (message, help) = if title.trim_end().ends_with('.') {
        (
            "the title ends with a period".to_owned(),
            "leave the period out: a title is no sentence",
        )
    } else if letters > 12 && letters == capitals {
        (
            "the title is all in capitals".to_owned(),
            "write it as any other title",
        )
    } else if let Some(idle) = idle {
        (
            format!("the title begins with \"{}\"", idle.trim()),
            "begin with what is found: every rule detects something",
        )
    } else if title.trim() != title {
        (
            "the title begins or ends with blanks".to_owned(),
            "remove them",
        )
    } else {
        let chars = title.chars().count();
        if chars > TITLE_CHARS_MAX {
            report.add(
                &TITLE_LONG,
                span,
                format!("the title has {chars} characters"),
                format!("keep it to {TITLE_CHARS_MAX}; the description has room for the rest"),
            );
        }
        return;
    };
    report.add(&TITLE_STYLE, span, message, help);
}

fn description(subject: &Subject<'_>, report: &mut Report<'_>) {
    let Some((description, span)) = subject.text("description") else {
        return;
    };
    let description = description.trim().trim_end_matches('.');
    let chars = description.chars().count();
    let is_title = description.eq_ignore_ascii_case(subject.meta.title.trim());
    if !description.is_empty() && (chars < DESCRIPTION_CHARS_MIN || is_title) {
        let message = if is_title {
            "the description is the title".to_owned()
        } else {
            format!("the description has {chars} characters")
        };
        let help = "say what it finds, how an attacker comes to do that, and what to look at first";
        report.add(&DESCRIPTION_SHORT, span, message, help);
    }
}

fn dates(subject: &Subject<'_>, report: &mut Report<'_>) {
    let day = |key: &str| {
        let (text, span) = subject.text(key)?;
        let date: jiff::civil::Date = text.parse().ok()?;
        Some((date, span))
    };
    if let (Some((date, _)), Some((modified, span))) = (day("date"), day("modified"))
        && modified < date
    {
        report.add(
            &DATE_ORDER,
            span,
            format!("the rule was modified on {modified}, before it was written on {date}"),
            "mend one of the two dates",
        );
    }
}

fn references(subject: &Subject<'_>, report: &mut Report<'_>) {
    let mut seen = HashSet::new();
    for (reference, span) in subject.texts("references") {
        // What the author found out by himself has no page.
        if reference.to_lowercase().starts_with("internal research") {
            continue;
        }
        let address = reference
            .strip_prefix("https://")
            .or_else(|| reference.strip_prefix("http://"));
        let Some(address) = address.filter(|address| is_address(address)) else {
            report.add(
                &REFERENCE_NOT_URL,
                span,
                format!("`{}` is no address of a page", shown(reference)),
                "write a whole address that begins with https://; what has none belongs in the description (or write Internal Research)",
            );
            continue;
        };
        let address = address.strip_prefix("www.").unwrap_or(address);
        if !seen.insert(address.trim_end_matches('/').to_lowercase()) {
            report.add(
                &REFERENCE_DUPLICATE,
                span,
                "this page is among the references already",
                "remove one of the two",
            );
        }
    }
}

fn is_address(address: &str) -> bool {
    let host = address.split(['/', '?', '#']).next().unwrap_or_default();
    host.contains('.') && !address.contains(char::is_whitespace)
}

fn shown(text: &str) -> String {
    const CHARS: usize = 60;
    let mut short: String = text.chars().take(CHARS).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

fn false_positives(subject: &Subject<'_>, report: &mut Report<'_>) {
    for (text, span) in subject.texts("falsepositives") {
        let word = text.trim().trim_end_matches('.').to_lowercase();
        let idle = [
            "none",
            "no",
            "n/a",
            "na",
            "-",
            "tbd",
            "todo",
            "pentest",
            "pentesting",
            "nothing",
        ];
        if idle.contains(&word.as_str()) {
            report.add(
                &FALSEPOSITIVE_EMPTY,
                span,
                format!("`{text}` tells whoever gets the alert nothing"),
                "name what else does this, or write Unlikely or Unknown",
            );
        }
    }
}

fn related(subject: &Subject<'_>, report: &mut Report<'_>) {
    let Some(Kind::List(items)) = subject.get("related").map(|entry| &entry.value.kind) else {
        return;
    };
    let mut seen = HashSet::new();
    for item in items {
        let id = crate::document::section(item)
            .and_then(|entries| entries.iter().find(|entry| entry.key == "id"))
            .and_then(|entry| {
                text_of(&entry.value).map(|id| (id.to_ascii_lowercase(), &entry.value.span))
            });
        let Some((id, span)) = id else { continue };
        if id == subject.meta.id.to_ascii_lowercase() {
            report.add(
                &RELATED_SELF,
                span,
                "this is the id of the rule itself",
                "name the other rule, or remove the entry",
            );
        } else if !seen.insert(id) {
            report.add(
                &RELATED_DUPLICATE,
                span,
                "`related` names this rule already",
                "remove one of the two",
            );
        }
    }
}
