//! The `logsource` section.

use std::borrow::Cow;

use vakt_event::LogSource;

use crate::checks;
use crate::diagnostic::Report;
use crate::document::{self, Fields};
use crate::scalar::{self, Resolved};
use crate::suggest;
use crate::yaml::{Entry, Kind};

const KEYS: [&str; 4] = ["category", "product", "service", "definition"];

/// Says that a part is no text. What is plain enough still counts: `product: 365` means a name.
fn text_fault(entry: &Entry<'_>, report: &mut Report<'_>) {
    let (message, help) = match &entry.value.kind {
        Kind::Scalar(scalar) => match scalar::resolve(scalar) {
            Resolved::Text(_) => return,
            Resolved::Null => ("has no value", "give it one, or remove it"),
            _ => ("is not a text", "quote it"),
        },
        _ if entry.key == "definition" => ("is not a text", "write it as one text"),
        _ => (
            "is not a text",
            "write one word; a rule for two log sources is two rules",
        ),
    };
    report.add(
        &checks::METADATA_TYPE,
        &entry.key_span,
        format!("`{}` {message}", entry.key),
        help,
    );
}

/// Reads the log source; `None` when it is missing, empty or malformed.
pub(crate) fn read(fields: &Fields<'_, '_>, report: &mut Report<'_>) -> Option<LogSource<'static>> {
    const HELP: &str = "add `logsource:` with at least one of product, category and service";
    let Some(section) = fields.get("logsource") else {
        report.add(
            &checks::LOGSOURCE_MISSING,
            &fields.start,
            "there is no log source",
            HELP,
        );
        return None;
    };
    let mut log_source = LogSource::default();
    let mut whole = true;
    for entry in document::section(&section.value).unwrap_or_default() {
        let part = match entry.key.as_ref() {
            "product" => &mut log_source.product,
            "category" => &mut log_source.category,
            "service" => &mut log_source.service,
            "definition" => {
                text_fault(entry, report);
                continue;
            }
            key => {
                if let Some(near) = suggest::nearest(key, KEYS) {
                    report.add(
                        &checks::KEY_UNKNOWN,
                        &entry.key_span,
                        format!("`{key}` is no part of a log source"),
                        format!("did you mean `{near}`?"),
                    );
                }
                continue;
            }
        };
        text_fault(entry, report);
        match &entry.value.kind {
            Kind::Scalar(scalar) if matches!(scalar::resolve(scalar), Resolved::Null) => {}
            Kind::Scalar(scalar) if scalar.text.trim().is_empty() => {}
            Kind::Scalar(scalar) => *part = Some(Cow::Owned(scalar.text.trim().to_owned())),
            _ => whole = false,
        }
    }
    let empty = [
        &log_source.product,
        &log_source.category,
        &log_source.service,
    ]
    .into_iter()
    .all(Option::is_none);
    if empty && whole {
        report.add(
            &checks::LOGSOURCE_MISSING,
            &section.key_span,
            "the log source is empty",
            HELP,
        );
    }
    (whole && !empty).then_some(log_source)
}
