//! The log sources that rules are written for and the fields of their events, from
//! `data/fields.txt`, which says where they come from.

use std::sync::LazyLock;

use vakt_event::LogSource;
use vakt_event::alias::canonical;

use crate::suggest;

pub(super) struct Known {
    pub(super) product: &'static str,
    pub(super) category: &'static str,
    pub(super) service: &'static str,
    /// Whether `fields` are all that such events have.
    pub(super) complete: bool,
    pub(super) fields: Vec<&'static str>,
}

pub(super) struct Taxonomy {
    pub(super) known: Vec<Known>,
    /// The fields of every Windows event.
    header: Vec<&'static str>,
}

static TAXONOMY: LazyLock<Taxonomy> =
    LazyLock::new(|| Taxonomy::parse(include_str!("../../data/fields.txt")));

pub(super) fn taxonomy() -> &'static Taxonomy {
    &TAXONOMY
}

/// What the table says of a field.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FieldVerdict {
    Fine,
    Case(&'static str),
    Near(&'static str),
    /// The events have no such field.
    Foreign,
}

impl Taxonomy {
    fn parse(text: &'static str) -> Self {
        let mut taxonomy = Self {
            known: Vec::new(),
            header: Vec::new(),
        };
        for line in text.lines() {
            let mut words = line.split(' ');
            let key = words.next().unwrap_or_default();
            if key == "@" {
                taxonomy.header = words.collect();
                continue;
            }
            let complete = key.ends_with('!');
            let mut parts = key.trim_end_matches('!').split('/');
            if let (Some(product), Some(category), Some(service), None) =
                (parts.next(), parts.next(), parts.next(), parts.next())
                && !key.starts_with('#')
            {
                taxonomy.known.push(Known {
                    product,
                    category,
                    service,
                    complete,
                    fields: words.collect(),
                });
            }
        }
        taxonomy
    }

    pub(super) fn of(&self, log_source: &LogSource<'_>) -> Option<&Known> {
        let is = |word: &Option<std::borrow::Cow<'_, str>>, known: &str| {
            word.as_deref().unwrap_or_default() == known
        };
        self.known.iter().find(|known| {
            is(&log_source.product, known.product)
                && is(&log_source.category, known.category)
                && is(&log_source.service, known.service)
        })
    }

    pub(super) fn field(&self, known: &Known, field: &str) -> FieldVerdict {
        let header = if known.product == "windows" {
            self.header.as_slice()
        } else {
            &[]
        };
        let all = || known.fields.iter().chain(header).copied();
        let same = |other: &str| canonical(other) == canonical(field);
        // Names of ECS and of Winlogbeat are ours: every event answers to them.
        if all().any(same) || known.fields.is_empty() || is_envelope(field) {
            return FieldVerdict::Fine;
        }
        if let Some(other) = all().find(|other| other.eq_ignore_ascii_case(field)) {
            // auditd has `syscall` and, enriched, `SYSCALL`.
            return match known.service {
                "auditd" => FieldVerdict::Fine,
                _ => FieldVerdict::Case(other),
            };
        }
        let near = all()
            .filter_map(|other| Some((suggest::edits(field, other)?, other)))
            .filter(|(edits, other)| *edits <= allowed_edits(field, other))
            .min();
        match near {
            Some((_, other)) if !known_elsewhere(self, known, field) => FieldVerdict::Near(other),
            _ if known.complete => FieldVerdict::Foreign,
            _ => FieldVerdict::Fine,
        }
    }
}

/// A name of a schema that Vakt maps to and from by itself.
fn is_envelope(field: &str) -> bool {
    [
        "winlog.",
        "Event.",
        "process.",
        "user.",
        "host.",
        "event.",
        "file.",
        "registry.",
        "source.",
        "destination.",
        "dns.",
        "vakt.",
        "log.",
        "network.",
        "url.",
        "dll.",
        "related.",
    ]
    .iter()
    .any(|prefix| field.starts_with(prefix))
}

/// `param3` is no slip for `param2`, nor `SourceIp` for `Source`: the shorter, the stricter. In a
/// short name one letter too many or too few is a slip; another letter is another name.
fn allowed_edits(field: &str, other: &str) -> usize {
    match field.len().min(other.len()) {
        0..=2 => 0,
        3..=5 => usize::from(field.len() != other.len()),
        6..=11 => 1,
        _ => 2,
    }
}

/// Whether the field is one of another log source of the product, and so no slip.
fn known_elsewhere(taxonomy: &Taxonomy, known: &Known, field: &str) -> bool {
    let ends_in_digit = field.ends_with(|c: char| c.is_ascii_digit());
    ends_in_digit
        || taxonomy
            .known
            .iter()
            .filter(|other| other.product == known.product)
            .any(|other| other.fields.contains(&field))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(field: &str, expected: FieldVerdict) {
        let process = LogSource::of("windows", "process_creation", "");
        let known = taxonomy().of(&process);
        let verdict = known.map(|known| taxonomy().field(known, field));
        assert_eq!(verdict, Some(expected), "{field}");
    }

    #[test]
    fn fields_of_a_category() {
        check("Image", FieldVerdict::Fine);
        check("process.executable", FieldVerdict::Fine);
        check("EventID", FieldVerdict::Fine);
        check("commandline", FieldVerdict::Case("CommandLine"));
        check("ComandLine", FieldVerdict::Near("CommandLine"));
        check("Imagee", FieldVerdict::Near("Image"));
        check("Usr", FieldVerdict::Near("User"));
        check("Uzer", FieldVerdict::Foreign);
        check("QueryName", FieldVerdict::Foreign);
    }
}
