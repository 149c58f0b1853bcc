//! What takes more than one document: doubles, and correlations and filters with their rules.

use std::collections::{BTreeSet, HashMap};
use std::fmt::{self, Write as _};
use std::hash::{DefaultHasher, Hasher};

use vakt_event::LogSource;
use vakt_event::alias::canonical;

use super::checks::*;
use super::subject::{Section, Subject};
use super::taxonomy::{FieldVerdict, taxonomy};
use crate::ast::{Detection, Predicate};
use crate::correlation::Draft;
use crate::diagnostic::Report;
use crate::document::DocumentKind;
use crate::filter::FilterRules;

pub(super) fn check(subjects: &[Subject<'_>], reports: &mut [Report<'_>]) {
    titles(subjects, reports);
    doubles(subjects, reports);
    let names = Names::new(subjects);
    for subject in subjects {
        let report = &mut reports[subject.source];
        if let Some(draft) = &subject.correlation {
            group_fields(subject, draft, &names, report);
        }
        filter(subject, &names, report);
    }
}

struct Names<'s, 't> {
    subjects: &'s [Subject<'t>],
    by: HashMap<String, usize>,
}

impl<'s, 't> Names<'s, 't> {
    fn new(subjects: &'s [Subject<'t>]) -> Self {
        let mut by = HashMap::with_capacity(subjects.len());
        for (index, subject) in subjects.iter().enumerate() {
            by.insert(subject.meta.id.to_ascii_lowercase(), index);
            if let Some(name) = &subject.meta.name {
                by.insert(name.clone(), index);
            }
        }
        Self { subjects, by }
    }

    fn find(&self, reference: &str) -> Option<&'s Subject<'t>> {
        let index = self
            .by
            .get(reference)
            .or_else(|| self.by.get(&reference.to_ascii_lowercase()))?;
        self.subjects.get(*index)
    }
}

fn titles(subjects: &[Subject<'_>], reports: &mut [Report<'_>]) {
    let mut seen: HashMap<String, &Subject<'_>> = HashMap::with_capacity(subjects.len());
    for subject in subjects {
        let Some((title, span)) = subject.text("title") else {
            continue;
        };
        let key = title.trim().to_lowercase();
        if let Some(first) = seen.get(&key) {
            reports[subject.source].add(
                &TITLE_DUPLICATE,
                span,
                format!("{} has this title too", first.place()),
                "say in the title how the two differ, for example by the log source",
            );
        } else {
            seen.insert(key, subject);
        }
    }
}

/// Rules with the same log source, searches and condition.
fn doubles(subjects: &[Subject<'_>], reports: &mut [Report<'_>]) {
    let mut seen: HashMap<(String, u64), Vec<&Subject<'_>>> = HashMap::new();
    for subject in subjects
        .iter()
        .filter(|subject| subject.kind == DocumentKind::Rule)
    {
        let (Some(log_source), Some(section)) = (&subject.log_source, &subject.section) else {
            continue;
        };
        // A hash first, so that few are compared in full: a file may have a rule for each of its lines.
        let shape = (log_source.to_string(), hash(section));
        let same = seen.entry(shape).or_default();
        let equal = |other: &&&Subject<'_>| {
            other.section.as_ref().is_some_and(|other| {
                other.searches.len() == section.searches.len()
                    && other
                        .searches
                        .iter()
                        .zip(&section.searches)
                        .all(|(a, b)| a.detection == b.detection)
            })
        };
        if let Some(first) = same.iter().find(equal) {
            reports[subject.source].add(
                &RULE_DUPLICATE,
                subject.key_span("detection"),
                format!("{} looks for the same", first.place()),
                "remove one of the two, or relate them and mend the one that was copied",
            );
        } else {
            same.push(subject);
        }
    }
}

/// The same for sections of which all is the same.
fn hash(section: &Section) -> u64 {
    struct Hashed(DefaultHasher);
    impl fmt::Write for Hashed {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.write(text.as_bytes());
            Ok(())
        }
    }
    let mut hashed = Hashed(DefaultHasher::new());
    // Writing to it cannot fail.
    write!(hashed, "{:?}", section.condition).unwrap_or_default();
    for search in &section.searches {
        write!(hashed, "{:?}", search.detection).unwrap_or_default();
    }
    hashed.0.finish()
}

/// Fields that the rules of a correlation cannot have.
fn group_fields(
    subject: &Subject<'_>,
    draft: &Draft,
    names: &Names<'_, '_>,
    report: &mut Report<'_>,
) {
    let span = subject
        .get("correlation")
        .and_then(|entry| crate::document::section(&entry.value))
        .and_then(|entries| entries.iter().find(|entry| entry.key == "group-by"))
        .map_or(&subject.start, |entry| &entry.key_span);
    for name in &draft.group_by {
        let alias = draft.aliases.iter().find(|alias| alias.name == *name);
        for reference in &draft.rules {
            let Some(rule) = names.find(&reference.text) else {
                continue;
            };
            let of_alias = alias.and_then(|alias| {
                let mut fields = alias.fields.iter();
                fields.find(|(of, _)| {
                    names
                        .find(&of.text)
                        .is_some_and(|of| of.meta.id == rule.meta.id)
                })
            });
            let field = of_alias.map_or(name, |(_, field)| field);
            if lacks(rule, field) {
                report.add(
                    &CORRELATION_GROUP_FIELD,
                    span,
                    format!("the events of `{}` have no `{field}`", reference.text),
                    "group by a field that they have, or give each rule its own field with `aliases`",
                );
            }
        }
    }
}

/// Whether the log source of the rule is known to have no such field, and the rule asks for none.
fn lacks(rule: &Subject<'_>, field: &str) -> bool {
    let Some(known) = rule
        .log_source
        .as_ref()
        .and_then(|log_source| taxonomy().of(log_source))
    else {
        return false;
    };
    let asked: BTreeSet<&str> = rule
        .section
        .iter()
        .flat_map(|section| &section.searches)
        .flat_map(|search| fields(&search.detection))
        .map(canonical)
        .collect();
    !asked.contains(canonical(field)) && taxonomy().field(known, field) != FieldVerdict::Fine
}

fn fields(detection: &Detection) -> Vec<&str> {
    match detection {
        Detection::All(parts) | Detection::Any(parts) => parts.iter().flat_map(fields).collect(),
        Detection::Not(inner) => fields(inner),
        Detection::Is(Predicate { field, .. }) => field.as_deref().into_iter().collect(),
    }
}

fn filter(subject: &Subject<'_>, names: &Names<'_, '_>, report: &mut Report<'_>) {
    let Some(filter) = &subject.filter else {
        return;
    };
    let FilterRules::Named(references) = &filter.rules else {
        return;
    };
    let log_sources: Vec<Option<&LogSource<'_>>> = references
        .iter()
        .filter_map(|reference| names.find(&reference.text))
        // That a filter is not for correlations is an error, and they have no log source.
        .filter(|rule| rule.kind == DocumentKind::Rule)
        .map(|rule| rule.log_source.as_ref())
        .collect();
    let covers = |log_source: &Option<&LogSource<'_>>| {
        log_source.is_some_and(|log_source| log_source.satisfies(&filter.log_source))
    };
    if !log_sources.is_empty() && !log_sources.iter().any(covers) {
        report.add(
            &FILTER_COVERS_NOTHING,
            subject.key_span("logsource"),
            format!("none of the rules has the log source {}", filter.log_source),
            "write the log source of the rules, or a wider one",
        );
    }
}
