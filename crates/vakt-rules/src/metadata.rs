//! What a rule says of itself: titles, ids, dates, levels. Faults here never stop a rule.

use vakt_event::Level;

use crate::ast::Metadata;
use crate::checks::{self, Check};
use crate::diagnostic::Report;
use crate::document::Fields;
use crate::scalar::{self, Resolved};
use crate::source::Span;
use crate::suggest;
use crate::yaml::{Entry, Kind, Node};

const TITLE_CHARS_MAX: usize = 256;
const DESCRIPTION_CHARS_MAX: usize = 65_535;
const STATUSES: [&str; 5] = [
    "stable",
    "test",
    "experimental",
    "deprecated",
    "unsupported",
];
const RELATIONS: [&str; 5] = ["derived", "obsolete", "merged", "renamed", "similar"];

/// Reads the keys that rules, correlations and filters share.
pub(crate) fn read(fields: &Fields<'_, '_>, report: &mut Report<'_>) -> Metadata {
    let title = text(fields.get("title"), report);
    match &title {
        None if fields.get("title").is_none() => report.add(
            &checks::TITLE_MISSING,
            &fields.start,
            "there is no title",
            "add `title:` with what the rule detects, at most 256 characters",
        ),
        Some(title) if title.is_empty() || title.chars().count() > TITLE_CHARS_MAX => {
            length(
                fields,
                "title",
                &checks::TITLE_LENGTH,
                TITLE_CHARS_MAX,
                report,
            );
        }
        _ => {}
    }
    let name = bounded(
        fields,
        "name",
        &checks::NAME_LENGTH,
        TITLE_CHARS_MAX,
        report,
    );
    bounded(
        fields,
        "taxonomy",
        &checks::NAME_LENGTH,
        TITLE_CHARS_MAX,
        report,
    );
    let description = bounded(
        fields,
        "description",
        &checks::DESCRIPTION_LENGTH,
        DESCRIPTION_CHARS_MAX,
        report,
    );
    text(fields.get("license"), report);
    let id = id(fields, report);
    date(fields.get("date"), report);
    date(fields.get("modified"), report);
    related(fields.get("related"), report);
    texts(fields.get("fields"), Single::Refused, report);
    texts(fields.get("scope"), Single::Refused, report);
    short_entries(fields.get("scope"), report);
    short_entries(fields.get("falsepositives"), report);
    // The schema of correlations alone allows one text instead of a list.
    let single = match fields.get("correlation") {
        Some(_) => Single::Accepted,
        None => Single::Refused,
    };
    let author = text(fields.get("author"), report);
    Metadata {
        id,
        title: title
            .filter(|title| !title.is_empty())
            .or_else(|| name.clone())
            .unwrap_or_else(|| "(untitled)".to_owned()),
        name,
        description,
        status: status(fields.get("status"), report),
        level: level(fields.get("level"), report),
        author,
        tags: tags(fields.get("tags"), report),
        references: texts(fields.get("references"), Single::Refused, report),
        falsepositives: texts(fields.get("falsepositives"), single, report),
        draft: None,
        in_maintenance: false,
        embedded: false,
        path: report.source.path.to_owned(),
        line: report.source.line(fields.start.start),
    }
}

fn wrong_type(span: &Span, key: &str, expected: &str, report: &mut Report<'_>) {
    report.add(
        &checks::METADATA_TYPE,
        span,
        format!("`{key}` is not {expected}"),
        format!(
            "write {expected}; quote a text that YAML would read as a number, a boolean or null"
        ),
    );
}

/// The text of a key; an error when it is anything else.
fn text(entry: Option<&Entry<'_>>, report: &mut Report<'_>) -> Option<String> {
    let entry = entry?;
    match &entry.value.kind {
        Kind::Scalar(scalar) => {
            if !matches!(scalar::resolve(scalar), Resolved::Text(_)) {
                wrong_type(&entry.key_span, &entry.key, "a text", report);
            }
            (!scalar.text.is_empty()).then(|| scalar.text.to_string())
        }
        _ => {
            wrong_type(&entry.key_span, &entry.key, "a text", report);
            None
        }
    }
}

fn bounded(
    fields: &Fields<'_, '_>,
    key: &str,
    check: &'static Check,
    chars_max: usize,
    report: &mut Report<'_>,
) -> Option<String> {
    let text = text(fields.get(key), report)?;
    if text.chars().count() > chars_max {
        length(fields, key, check, chars_max, report);
    }
    Some(text)
}

fn length(
    fields: &Fields<'_, '_>,
    key: &str,
    check: &'static Check,
    chars_max: usize,
    report: &mut Report<'_>,
) {
    if let Some(entry) = fields.get(key) {
        let message = format!("`{key}` is empty or longer than {chars_max} characters");
        report.add(check, &entry.key_span, message, "shorten it");
    }
}

/// The id; empty where there is none, until one is derived.
fn id(fields: &Fields<'_, '_>, report: &mut Report<'_>) -> String {
    let Some(entry) = fields.get("id") else {
        return String::new();
    };
    let id = scalar_text(&entry.value).trim();
    if !is_uuid(id) {
        report.add(
            &checks::ID_FORMAT,
            &entry.value.span,
            format!("{} is no UUID", named(&entry.value)),
            "write 8-4-4-4-12 hexadecimal digits; `uuidgen` makes one",
        );
    }
    id.to_owned()
}

fn is_uuid(text: &str) -> bool {
    let mut groups = text.split('-');
    [8, 4, 4, 4, 12].into_iter().all(|len| {
        groups
            .next()
            .is_some_and(|group| group.len() == len && group.bytes().all(|b| b.is_ascii_hexdigit()))
    }) && groups.next().is_none()
}

fn date(entry: Option<&Entry<'_>>, report: &mut Report<'_>) {
    let Some(entry) = entry else { return };
    let text = match &entry.value.kind {
        Kind::Scalar(scalar) => scalar.text.as_ref(),
        _ => "",
    };
    let shaped = text.len() == 10
        && text.bytes().enumerate().all(|(at, b)| match at {
            4 | 7 => b == b'-',
            _ => b.is_ascii_digit(),
        });
    if !shaped || text.parse::<jiff::civil::Date>().is_err() {
        report.add(
            &checks::DATE_FORMAT,
            &entry.value.span,
            format!("`{}` is not a date of the form YYYY-MM-DD", entry.key),
            match meant_date(text) {
                Some(date) => format!("write {date}"),
                None => "write year, month and day, for example 2026-11-24".to_owned(),
            },
        );
    }
}

/// The day that three numbers in another order or notation name, where they name one only.
fn meant_date(text: &str) -> Option<jiff::civil::Date> {
    let numbers: Vec<i16> = text
        .split(['-', '/', '.', ' '])
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    let [first, second, third] = numbers.as_slice() else {
        return None;
    };
    let day = |year: i16, month: i16, day: i16| {
        let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
        jiff::civil::Date::new(year, month, day)
            .ok()
            .filter(|_| year >= 1000)
    };
    let mut meant = [
        day(*first, *second, *third),
        day(*third, *second, *first),
        day(*third, *first, *second),
    ]
    .into_iter()
    .flatten();
    let one = meant.next()?;
    meant.all(|other| other == one).then_some(one)
}

fn status(entry: Option<&Entry<'_>>, report: &mut Report<'_>) -> Option<String> {
    let status = text(entry, report)?;
    if !STATUSES.contains(&status.as_str()) {
        let message = format!("`{status}` is no status");
        unknown_word(
            &checks::STATUS_UNKNOWN,
            entry?,
            &status,
            message,
            &STATUSES,
            report,
        );
    }
    Some(status)
}

fn level(entry: Option<&Entry<'_>>, report: &mut Report<'_>) -> Level {
    let Some(level) = text(entry, report) else {
        return Level::default();
    };
    if let Some(known) = Level::ALL.into_iter().find(|known| known.as_str() == level) {
        return known;
    }
    if let Some(entry) = entry {
        let names = Level::ALL.map(Level::as_str);
        let message = format!("`{level}` is no level");
        unknown_word(
            &checks::LEVEL_UNKNOWN,
            entry,
            &level,
            message,
            &names,
            report,
        );
    }
    // `High` is wrong, but plain enough to act on.
    level.to_lowercase().parse().unwrap_or_default()
}

pub(crate) fn unknown_word(
    check: &'static Check,
    entry: &Entry<'_>,
    word: &str,
    message: String,
    known: &[&str],
    report: &mut Report<'_>,
) {
    let help = match suggest::nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("write one of {}", known.join(", ")),
    };
    report.add(check, &entry.value.span, message, help);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Single {
    /// One text instead of a list of one.
    Accepted,
    Refused,
}

/// A list of texts, each once.
fn texts(entry: Option<&Entry<'_>>, single: Single, report: &mut Report<'_>) -> Vec<String> {
    let Some(entry) = entry else {
        return Vec::new();
    };
    let items = match &entry.value.kind {
        Kind::List(items) => items,
        Kind::Scalar(scalar)
            if single == Single::Accepted
                && matches!(scalar::resolve(scalar), Resolved::Text(_)) =>
        {
            return vec![scalar.text.to_string()];
        }
        _ => {
            wrong_type(&entry.key_span, &entry.key, "a list of texts", report);
            return match &entry.value.kind {
                Kind::Scalar(scalar) if !scalar.text.is_empty() => vec![scalar.text.to_string()],
                _ => Vec::new(),
            };
        }
    };
    let mut out: Vec<String> = Vec::with_capacity(items.len());
    let mut seen = std::collections::HashSet::with_capacity(items.len());
    for item in items {
        let Kind::Scalar(scalar) = &item.kind else {
            wrong_type(&item.span, &entry.key, "a list of texts", report);
            continue;
        };
        if !matches!(scalar::resolve(scalar), Resolved::Text(_)) {
            wrong_type(&item.span, &entry.key, "a list of texts", report);
        }
        if seen.insert(scalar.text.as_ref()) {
            out.push(scalar.text.to_string());
        } else {
            report.add(
                &checks::METADATA_DUPLICATE,
                &item.span,
                format!("`{}` has this item twice", entry.key),
                "remove one",
            );
        }
    }
    out
}

/// Says which texts of the entry, or of its list, the schemas find too short.
fn short_entries(entry: Option<&Entry<'_>>, report: &mut Report<'_>) {
    let Some(entry) = entry else { return };
    let items = match &entry.value.kind {
        Kind::List(items) => items.as_slice(),
        _ => std::slice::from_ref(&entry.value),
    };
    for item in items {
        if let Kind::Scalar(scalar) = &item.kind
            && matches!(scalar::resolve(scalar), Resolved::Text(text) if text.chars().count() < 2)
        {
            report.add(
                &checks::METADATA_SHORT,
                &item.span,
                format!("an entry of `{}` has fewer than two characters", entry.key),
                "say more, or remove it",
            );
        }
    }
}

fn tags(entry: Option<&Entry<'_>>, report: &mut Report<'_>) -> Vec<String> {
    let tags = texts(entry, Single::Refused, report);
    let Some(Kind::List(items)) = entry.map(|entry| &entry.value.kind) else {
        return tags;
    };
    for item in items {
        let Kind::Scalar(scalar) = &item.kind else {
            continue;
        };
        if !is_tag(&scalar.text) {
            report.add(
                &checks::TAG_FORMAT,
                &item.span,
                format!("`{}` is no tag", scalar.text),
                "write namespace.name in lower case, for example attack.t1059.001",
            );
        }
    }
    tags
}

fn is_tag(text: &str) -> bool {
    let word = |text: &str, dots: bool| {
        !text.is_empty()
            && text.bytes().all(|b| {
                b.is_ascii_lowercase()
                    || b.is_ascii_digit()
                    || matches!(b, b'_' | b'-')
                    || (dots && b == b'.')
            })
    };
    text.split_once('.')
        .is_some_and(|(namespace, name)| word(namespace, false) && word(name, true))
}

fn related(entry: Option<&Entry<'_>>, report: &mut Report<'_>) {
    let Some(entry) = entry else { return };
    let Kind::List(items) = &entry.value.kind else {
        wrong_type(&entry.key_span, "related", "a list of maps", report);
        return;
    };
    for item in items {
        if let Some(message) = related_fault(item) {
            report.add(
                &checks::RELATED_FORMAT,
                &item.span,
                message,
                format!(
                    "give `id` (a UUID) and `type` (one of {})",
                    RELATIONS.join(", ")
                ),
            );
        }
    }
}

fn related_fault(item: &Node<'_>) -> Option<String> {
    let Kind::Map(entries) = &item.kind else {
        return Some("an entry of `related` is a map".to_owned());
    };
    let value = |key: &str| {
        let entry = entries.iter().find(|entry| entry.key == key)?;
        Some(&entry.value)
    };
    let Some(id) = value("id") else {
        return Some("there is no `id`".to_owned());
    };
    let Some(kind) = value("type") else {
        return Some("there is no `type`".to_owned());
    };
    if !is_uuid(scalar_text(id)) {
        return Some(format!("{} is no UUID", named(id)));
    }
    (!RELATIONS.contains(&scalar_text(kind))).then(|| format!("{} is no relation", named(kind)))
}

/// Empty where the value is none.
fn scalar_text<'n>(value: &'n Node<'_>) -> &'n str {
    match &value.kind {
        Kind::Scalar(scalar) => &scalar.text,
        _ => "",
    }
}

/// A value as messages name it.
fn named(value: &Node<'_>) -> String {
    match &value.kind {
        Kind::List(_) => "a list".to_owned(),
        Kind::Map(_) => "a map".to_owned(),
        Kind::Scalar(scalar) => match scalar.text.trim() {
            "" => "an empty text".to_owned(),
            text => format!("`{text}`"),
        },
    }
}
