//! Maps of a pipeline file: each key is asked for by name, and what nobody asked for is reported.

use super::datum::Datum;
use crate::checks;
use crate::diagnostic::Report;
use crate::document;
use crate::scalar::{self, Resolved};
use crate::source::Span;
use crate::suggest;
use crate::yaml::{Entry, Kind, Node};

pub(super) struct Keys<'n, 't> {
    /// What the map is, for messages: "a step of type `nest`".
    pub(super) what: String,
    entries: &'n [Entry<'t>],
    span: Span,
    known: Vec<&'static str>,
}

impl<'n, 't> Keys<'n, 't> {
    pub(super) fn new(what: &str, node: &'n Node<'t>, report: &mut Report<'_>) -> Option<Self> {
        let Some(entries) = document::section(node) else {
            let message = format!("{what} is a map");
            refuse(&node.span, message, "write `key: value` lines", report);
            return None;
        };
        Some(Self {
            what: what.to_owned(),
            entries,
            span: entries
                .first()
                .map_or_else(|| node.span.clone(), |entry| entry.key_span.clone()),
            known: Vec::new(),
        })
    }

    /// The first key.
    pub(super) fn span(&self) -> &Span {
        &self.span
    }

    pub(super) fn get(&mut self, key: &'static str) -> Option<&'n Entry<'t>> {
        self.known.push(key);
        self.entries.iter().find(|entry| entry.key == key)
    }

    pub(super) fn required(
        &mut self,
        key: &'static str,
        report: &mut Report<'_>,
    ) -> Option<&'n Entry<'t>> {
        let found = self.get(key);
        if found.is_none() {
            let message = format!("{} needs `{key}`", self.what);
            refuse(
                &self.span,
                message,
                format!("add a line `{key}: …`"),
                report,
            );
        }
        found
    }

    pub(super) fn text(&mut self, key: &'static str, report: &mut Report<'_>) -> Option<String> {
        let entry = self.get(key)?;
        text(entry, report)
    }

    pub(super) fn required_text(
        &mut self,
        key: &'static str,
        report: &mut Report<'_>,
    ) -> Option<String> {
        let entry = self.required(key, report)?;
        text(entry, report)
    }

    /// `false` where the key is absent.
    pub(super) fn boolean(&mut self, key: &'static str, report: &mut Report<'_>) -> bool {
        let Some(entry) = self.get(key) else {
            return false;
        };
        if let Kind::Scalar(scalar) = &entry.value.kind
            && let Resolved::Bool(value) = scalar::resolve(scalar)
        {
            return value;
        }
        let message = format!("`{key}` is true or false");
        refuse(
            &entry.value.span,
            message,
            format!("write `{key}: true`"),
            report,
        );
        false
    }

    /// One of some words, or the first where the key is absent.
    pub(super) fn word<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&'static str, T)],
        report: &mut Report<'_>,
    ) -> Option<T> {
        let Some(entry) = self.get(key) else {
            return words.first().map(|(_, value)| *value);
        };
        let given = text(entry, report)?;
        let found = words.iter().find(|(word, _)| *word == given);
        if found.is_none() {
            let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            unknown(
                &given,
                &format!("`{key}`"),
                &names,
                &entry.value.span,
                report,
            );
        }
        found.map(|(_, value)| *value)
    }

    pub(super) fn datum(&mut self, key: &'static str, report: &mut Report<'_>) -> Option<Datum> {
        let entry = self.required(key, report)?;
        let value = Datum::of(&entry.value);
        if value.is_none() {
            let message = format!("`{key}` is a value or a list of values");
            refuse(&entry.key_span, message, "write it on one line", report);
        }
        value
    }

    /// A text or a list of texts; `None` where the key is absent or wrong.
    pub(super) fn texts(
        &mut self,
        key: &'static str,
        report: &mut Report<'_>,
    ) -> Option<Vec<String>> {
        let entry = self.get(key)?;
        texts(entry, report)
    }

    pub(super) fn required_texts(
        &mut self,
        key: &'static str,
        report: &mut Report<'_>,
    ) -> Option<Vec<String>> {
        let entry = self.required(key, report)?;
        texts(entry, report)
    }

    /// Reports the keys that nobody asked for.
    pub(super) fn finish(self, report: &mut Report<'_>) {
        for entry in self.entries {
            if !self.known.contains(&entry.key.as_ref()) {
                let message = format!("{} has no key `{}`", self.what, entry.key);
                let help = match suggest::nearest(&entry.key, self.known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("its keys are {}", self.known.join(", ")),
                };
                refuse(&entry.key_span, message, help, report);
            }
        }
    }
}

pub(super) fn refuse(
    span: &Span,
    message: impl Into<String>,
    help: impl Into<String>,
    report: &mut Report<'_>,
) {
    report.add(&checks::PIPELINE_KEY, span, message, help);
}

/// A word that is none of those that can stand here.
pub(super) fn unknown(
    word: &str,
    what: &str,
    known: &[&str],
    span: &Span,
    report: &mut Report<'_>,
) {
    let help = match suggest::nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("write one of {}", known.join(", ")),
    };
    let message = format!("{what} is never `{word}`");
    report.add(&checks::PIPELINE_TYPE, span, message, help);
}

/// The text of a scalar, whatever its type.
pub(super) fn text(entry: &Entry<'_>, report: &mut Report<'_>) -> Option<String> {
    if let Kind::Scalar(scalar) = &entry.value.kind {
        return Some(scalar.text.to_string());
    }
    let message = format!("`{}` is a single value", entry.key);
    refuse(
        &entry.key_span,
        message,
        "write it on one line behind the key",
        report,
    );
    None
}

/// A text, or a list of texts that is not empty.
pub(super) fn texts(entry: &Entry<'_>, report: &mut Report<'_>) -> Option<Vec<String>> {
    let text = |node: &Node<'_>| match &node.kind {
        Kind::Scalar(scalar) => Some(scalar.text.to_string()),
        _ => None,
    };
    let list = match &entry.value.kind {
        Kind::List(items) if !items.is_empty() => items.iter().map(text).collect(),
        _ => text(&entry.value).map(|text| vec![text]),
    };
    if list.is_none() {
        let message = format!("`{}` is a text or a list of texts", entry.key);
        refuse(&entry.key_span, message, "give at least one", report);
    }
    list
}
