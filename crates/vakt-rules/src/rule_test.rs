//! Our own `vakt` key: what a match opens, and the rule's tests.

use crate::checks;
use crate::diagnostic::Report;
use crate::document::{self, Fields};
use crate::scalar::{self, Resolved};
use crate::source::Span;
use crate::suggest;
use crate::yaml::{Entry, Kind, Node};

/// Events that must, or must not, fire a rule. They stand in the rule's file:
///
/// ```yaml
/// vakt:
///   tests:
///     fires:
///       - name: a login by password
///         lines: |
///           <38>Nov 24 10:00:00 web1 sshd[1]: Accepted password for root from 203.0.113.7 port 4 ssh2
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleTest {
    /// The rule or correlation that is tested.
    pub rule_id: String,
    pub name: String,
    pub must_fire: bool,
    /// One event a line, in any format that the decoder knows; never empty.
    pub lines: Vec<String>,
    pub path: String,
    /// Where the case begins, from 1.
    pub line: usize,
}

/// What the `vakt` key says.
#[derive(Debug, Default)]
pub(crate) struct Own {
    pub(crate) draft: Option<bool>,
    pub(crate) in_maintenance: bool,
    /// Without their rule's id yet.
    pub(crate) tests: Vec<RuleTest>,
}

const SHAPE: &str = "write `vakt: {draft: true, in_maintenance: true, tests: {fires: [{name: …, lines: |…}], silent: […]}}`";

pub(crate) fn read(fields: &Fields<'_, '_>, report: &mut Report<'_>) -> Own {
    let mut own = Own::default();
    let Some(section) = fields.get("vakt") else {
        return own;
    };
    for entry in map(&section.value, &section.key_span, report) {
        match entry.key.as_ref() {
            "draft" => own.draft = boolean(entry, report),
            "in_maintenance" => own.in_maintenance = boolean(entry, report).unwrap_or(false),
            "tests" => {
                for group in map(&entry.value, &entry.key_span, report) {
                    match group.key.as_ref() {
                        "fires" => cases(group, true, &mut own.tests, report),
                        "silent" => cases(group, false, &mut own.tests, report),
                        _ => unknown(group, &["fires", "silent"], report),
                    }
                }
            }
            _ => unknown(entry, &["draft", "in_maintenance", "tests"], report),
        }
    }
    own
}

fn boolean(entry: &Entry<'_>, report: &mut Report<'_>) -> Option<bool> {
    let message = format!("`{}` is true or false", entry.key);
    let Kind::Scalar(scalar) = &entry.value.kind else {
        refuse(&entry.key_span, &message, SHAPE, report);
        return None;
    };
    match scalar::resolve(scalar) {
        Resolved::Bool(value) => Some(value),
        _ => {
            refuse(&entry.value.span, &message, SHAPE, report);
            None
        }
    }
}

fn refuse(span: &Span, message: &str, help: &str, report: &mut Report<'_>) {
    report.add(&checks::VAKT_KEY, span, message, help);
}

fn unknown(entry: &Entry<'_>, known: &[&str], report: &mut Report<'_>) {
    let message = format!("there is no key `{}` here", entry.key);
    let help = match suggest::nearest(&entry.key, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the keys are {}", known.join(", ")),
    };
    refuse(&entry.key_span, &message, &help, report);
}

fn map<'f, 't>(node: &'f Node<'t>, key_span: &Span, report: &mut Report<'_>) -> &'f [Entry<'t>] {
    document::section(node).unwrap_or_else(|| {
        refuse(key_span, "this is not a map", SHAPE, report);
        &[]
    })
}

fn cases(group: &Entry<'_>, must_fire: bool, tests: &mut Vec<RuleTest>, report: &mut Report<'_>) {
    let Kind::List(items) = &group.value.kind else {
        refuse(&group.key_span, "the cases are a list", SHAPE, report);
        return;
    };
    for (index, item) in items.iter().enumerate() {
        let mut name = format!("{} {}", group.key, index + 1);
        let mut lines = Vec::new();
        for entry in map(item, &item.span, report) {
            match (entry.key.as_ref(), &entry.value.kind) {
                ("name", Kind::Scalar(scalar)) => name = scalar.text.to_string(),
                ("lines", Kind::Scalar(scalar)) => push_lines(&scalar.text, &mut lines),
                ("lines", Kind::List(items)) => {
                    for item in items {
                        match &item.kind {
                            Kind::Scalar(scalar) => push_lines(&scalar.text, &mut lines),
                            _ => refuse(&item.span, "a line is a text", "quote it", report),
                        }
                    }
                }
                ("name" | "lines", _) => {
                    refuse(&entry.key_span, "this is not a text", SHAPE, report);
                }
                _ => unknown(entry, &["name", "lines"], report),
            }
        }
        if lines.is_empty() {
            let help = "give `lines: |` with one event a line";
            refuse(&item.span, "the case has no lines", help, report);
            continue;
        }
        tests.push(RuleTest {
            rule_id: String::new(),
            name,
            must_fire,
            lines,
            path: report.source.path.to_owned(),
            line: report.source.line(item.span.start),
        });
    }
}

fn push_lines(text: &str, lines: &mut Vec<String>) {
    let filled = text.lines().filter(|line| !line.trim().is_empty());
    lines.extend(filled.map(str::to_owned));
}
