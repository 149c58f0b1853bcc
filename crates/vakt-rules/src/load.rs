//! From the texts of rule files to a [`RuleSet`] and everything that is wrong in them.

use std::collections::HashMap;
use std::sync::Arc;

use vakt_event::LogSource;

use crate::ast::{Metadata, Rule, RuleSet};
use crate::checks;
use crate::collection::Collection;
use crate::correlation;
use crate::detection;
use crate::diagnostic::{Diagnostic, Report};
use crate::document::{self, DocumentKind, Fields};
use crate::draft::RuleDraft;
use crate::filter;
use crate::link::{self, Body, Definition};
use crate::log_source;
use crate::pipeline::{Facts, Pipelines};
use crate::rule_test::{self, RuleTest};
use crate::source::{RuleSource, SourceText, Span};
use crate::value::{Lowering, Placeholders};
use crate::yaml::{self, Entry, Fault, FaultKind, Kind};

/// A file with more bytes is not read: a rule has two kilobytes, a list of indicators a few
/// megabytes.
pub(crate) const SOURCE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// How rules are to be read.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions<'o> {
    /// Values for `%name%` under `expand`. A rule that names another placeholder is refused.
    pub placeholders: Placeholders,
    /// Load rules of the status deprecated or unsupported too.
    pub include_deprecated: bool,
    /// The log sources that this installation can produce; a rule that none of them satisfies
    /// gets a warning. `None` asks for no such check.
    pub known_log_sources: Option<&'o [LogSource<'o>]>,
    /// What changes the rules before they are linked.
    pub pipelines: Option<&'o Pipelines>,
}

/// What came of loading.
#[derive(Debug, Default)]
pub struct Loaded {
    pub rules: RuleSet,
    /// By source in the order given, then by position.
    pub diagnostics: Vec<Diagnostic>,
    pub counts: Counts,
    /// What the filters that loaded say of themselves; what they leave out is in the rules.
    pub filters: Vec<Metadata>,
    /// The rules that did not load because something is wrong in them.
    pub refused: Vec<Refused>,
    /// The tests of the rules that loaded.
    pub tests: Vec<RuleTest>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Rules, correlations and filters.
    pub loaded: usize,
    /// Documents with a fault that keeps them from running; a file that is no YAML counts once.
    pub refused: usize,
    /// Rules of the status deprecated or unsupported.
    pub skipped: usize,
}

/// A rule that did not load.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Refused {
    pub path: String,
    /// The line of the document's first key, from 1.
    pub line: usize,
    /// Empty where the document was not read so far.
    pub id: String,
    pub title: String,
    /// The names of the errors in it, see [`crate::checks::CHECKS`].
    pub reasons: Vec<&'static str>,
}

/// Reads all sources and says everything that is wrong in them. A rule that is refused never
/// keeps another from loading.
pub fn load(sources: &[RuleSource], options: &LoadOptions<'_>) -> Loaded {
    let texts: Vec<SourceText<'_>> = sources.iter().map(SourceText::new).collect();
    let mut reports: Vec<Report<'_>> = texts.iter().map(Report::new).collect();
    let mut loaded = Loaded::default();
    let mut definitions = Vec::new();
    for (index, (source, report)) in sources.iter().zip(&mut reports).enumerate() {
        read_source(
            index,
            source,
            options,
            report,
            &mut definitions,
            &mut loaded,
        );
    }
    link::link(definitions, options, &mut reports, &mut loaded);
    loaded.diagnostics = reports.into_iter().flat_map(Report::finish).collect();
    loaded.counts.refused = loaded.refused.len();
    let order: HashMap<&str, usize> = (sources.iter().enumerate().rev())
        .map(|(index, source)| (source.path.as_str(), index))
        .collect();
    let place = |refused: &Refused| (order.get(refused.path.as_str()).copied(), refused.line);
    loaded.refused.sort_by_key(place);
    loaded
}

fn read_source(
    index: usize,
    source: &RuleSource,
    options: &LoadOptions<'_>,
    report: &mut Report<'_>,
    definitions: &mut Vec<Definition>,
    loaded: &mut Loaded,
) {
    let text = report.source.text;
    if text.len() > SOURCE_BYTES_MAX {
        report.add(
            &checks::YAML_BOUNDS,
            &(0..0),
            format!("the file has more than {SOURCE_BYTES_MAX} bytes"),
            "split it",
        );
        refuse_document(0, report, loaded);
        return;
    }
    // Whoever read the file put this character where the bytes were none.
    if let Some(at) = text.find(char::REPLACEMENT_CHARACTER) {
        report.add(
            &checks::TEXT_ENCODING,
            &(at..at + char::REPLACEMENT_CHARACTER.len_utf8()),
            "the file is not UTF-8",
            "save it as UTF-8",
        );
    }
    let (documents, broken) = yaml::parse(text);
    let mut collection = Collection::default();
    for document in documents {
        let errors_before = report.errors();
        let start = document.root.span.start;
        let second = second_rule(&document.faults);
        if let Some(span) = &second {
            report.add(
                &checks::DUPLICATE_KEY,
                span,
                "a second rule begins here",
                "write `---` on a line of its own before it",
            );
        }
        for fault in &document.faults {
            let told = second.is_some() && top_level_key(fault).is_some();
            if !told {
                add_fault(fault, report);
            }
        }
        let faulty = !document.faults.is_empty();
        match document.root.kind {
            Kind::Map(entries) => {
                let taken = collection.take(entries, report);
                if taken.is_none() && report.errors() > errors_before {
                    refuse_document(start, report, loaded);
                }
                if let Some(entries) = taken {
                    let mut reader = DocumentReader {
                        source_index: index,
                        source,
                        options,
                        errors_before,
                        faulty,
                    };
                    definitions.push(reader.read(&entries, start, report));
                }
            }
            // Nothing between two `---`, or an empty file.
            Kind::Scalar(scalar) if scalar.plain && scalar.text.is_empty() => {}
            _ => {
                report.add(
                    &checks::DOCUMENT_KIND,
                    &document.root.span,
                    "the document is not a map",
                    "a rule begins with `title: …`",
                );
                refuse_document(start, report, loaded);
            }
        }
    }
    if let Some(first) = broken.first() {
        let start = first.span.start;
        for fault in &broken {
            add_fault(fault, report);
        }
        refuse_document(start, report, loaded);
    }
}

/// Where a rule begins inside another: what makes a rule stands there a second time.
fn second_rule(faults: &[Fault]) -> Option<Span> {
    let again = |wanted: &str| {
        faults
            .iter()
            .any(|fault| top_level_key(fault) == Some(wanted))
    };
    let body = ["detection", "correlation", "filter"];
    if !again("title") || !body.into_iter().any(again) {
        return None;
    }
    let keys = faults.iter().filter(|fault| top_level_key(fault).is_some());
    keys.map(|fault| fault.span.clone())
        .min_by_key(|span| span.start)
}

/// The key that stands twice, where it is one of a document.
fn top_level_key(fault: &Fault) -> Option<&str> {
    match &fault.kind {
        FaultKind::DuplicateKey(key, _) if document::KEYS.contains(&key.as_str()) => Some(key),
        _ => None,
    }
}

/// A document of which not even the keys could be read.
fn refuse_document(start: usize, report: &Report<'_>, loaded: &mut Loaded) {
    let reason = report.last_error();
    loaded.refused.push(Refused {
        path: report.source.path.to_owned(),
        line: report.source.line(start),
        id: String::new(),
        title: String::new(),
        reasons: reason.into_iter().collect(),
    });
}

pub fn add_fault(fault: &Fault, report: &mut Report<'_>) {
    let mut span = fault.span.clone();
    let (check, message, help) = match &fault.kind {
        FaultKind::Syntax(why, help) => (
            &checks::YAML_SYNTAX,
            format!("this is no YAML: {why}"),
            (*help).to_owned(),
        ),
        FaultKind::DuplicateKey(key, first) => (
            &checks::DUPLICATE_KEY,
            format!(
                "the key `{key}` stands here twice, first on line {}",
                report.source.line(first.start)
            ),
            "join the two, or remove one; of a search: a list of values is OR, with `|all` AND, or put one in a search of its own".to_owned(),
        ),
        FaultKind::KeyNotScalar => (
            &checks::YAML_KEY,
            "a key is a list or a map".to_owned(),
            "quote it if it begins with `[`, `{` or `?`".to_owned(),
        ),
        FaultKind::MergeNotMap => (
            &checks::YAML_ALIAS,
            "`<<` takes a map, or a list of maps".to_owned(),
            "write `<<: *name` with an anchor on a map".to_owned(),
        ),
        FaultKind::UnknownAlias => (
            &checks::YAML_ALIAS,
            "the alias names no anchor before it".to_owned(),
            "quote the text if its `*` is a wildcard".to_owned(),
        ),
        FaultKind::Mark(mark) => {
            // What is left of the text stands after it.
            let before = report.source.text.get(..span.start).unwrap_or_default();
            span.start = before.rfind(*mark).unwrap_or(span.start);
            (
                &checks::YAML_TAG,
                format!(
                    "YAML reads `{mark}` at the beginning of a text as {}, and not as part of it",
                    if *mark == '!' { "a tag" } else { "an anchor" }
                ),
                "quote the text; in a condition write `not`, `and`".to_owned(),
            )
        }
        FaultKind::TooDeep | FaultKind::TooLarge => (
            &checks::YAML_BOUNDS,
            "the document is too large or too deeply nested, aliases counted".to_owned(),
            "split it, or write the aliases out".to_owned(),
        ),
    };
    report.add(check, &span, message, help);
}

struct DocumentReader<'r, 'o> {
    source_index: usize,
    source: &'r RuleSource,
    options: &'r LoadOptions<'o>,
    errors_before: usize,
    faulty: bool,
}

impl DocumentReader<'_, '_> {
    fn read(&mut self, entries: &[Entry<'_>], start: usize, report: &mut Report<'_>) -> Definition {
        let fields = Fields::new(entries, &(start..start));
        let quiet_start = report.mark();
        let mut meta = crate::metadata::read(&fields, report);
        meta.embedded = self.source.embedded;
        let has_own_id = !meta.id.is_empty();
        if !has_own_id {
            meta.id = document::derived_id(&fields);
        }
        let skipped = !self.options.include_deprecated
            && matches!(meta.status.as_deref(), Some("deprecated" | "unsupported"));
        if skipped && !self.faulty {
            // Nobody is going to mend a retired rule.
            report.forget_since(quiet_start);
            let body = Body::Skipped;
            return self.definition(meta, has_own_id, &fields, body, Vec::new(), report);
        }
        let own = rule_test::read(&fields, report);
        meta.draft = own.draft;
        meta.in_maintenance = own.in_maintenance;
        let body = document::kind(&fields, report)
            .and_then(|kind| self.body(kind, &fields, &meta, report))
            .filter(|_| !self.faulty)
            .unwrap_or(Body::Refused);
        self.definition(meta, has_own_id, &fields, body, own.tests, report)
    }

    fn definition(
        &self,
        meta: Metadata,
        has_own_id: bool,
        fields: &Fields<'_, '_>,
        body: Body,
        tests: Vec<RuleTest>,
        report: &Report<'_>,
    ) -> Definition {
        let span = |key: &str| fields.get(key).map(|entry| entry.value.span.clone());
        Definition {
            source: self.source_index,
            start: fields.start.clone(),
            id_span: has_own_id.then(|| span("id")).flatten(),
            name_span: span("name"),
            reasons: report.error_names_since(self.errors_before),
            facts: match body {
                Body::Correlation(_) => self.facts(fields),
                _ => Facts::default(),
            },
            meta,
            body,
            tests,
        }
    }

    fn body(
        &self,
        kind: DocumentKind,
        fields: &Fields<'_, '_>,
        meta: &Metadata,
        report: &mut Report<'_>,
    ) -> Option<Body> {
        let deferred = self.options.pipelines;
        let deferred = deferred.is_some_and(Pipelines::fill_placeholders);
        let shared = Lowering::new(&self.options.placeholders, Some(self.source_index));
        let shared = shared.deferred(deferred);
        match kind {
            DocumentKind::Correlation => {
                let draft = Box::new(correlation::read(fields, report)?);
                Some(if draft.faulty {
                    Body::Faulty(draft)
                } else {
                    Body::Correlation(draft)
                })
            }
            DocumentKind::Filter => filter::read(fields, &shared, report)
                .map(Box::new)
                .map(Body::Filter),
            DocumentKind::Rule => self
                .rule(fields, meta, &shared, report)
                .map(Box::new)
                .map(Body::Draft),
        }
    }

    /// What pipelines can ask; nothing where there are none.
    fn facts(&self, fields: &Fields<'_, '_>) -> Facts {
        match self.options.pipelines {
            Some(_) => Facts::of(fields),
            None => Facts::default(),
        }
    }

    fn rule(
        &self,
        fields: &Fields<'_, '_>,
        meta: &Metadata,
        shared: &Lowering<'_>,
        report: &mut Report<'_>,
    ) -> Option<RuleDraft> {
        let log_source = log_source::read(fields, report);
        let log_source_span = fields
            .get("logsource")
            .map_or(&fields.start, |entry| &entry.key_span);
        // Pipelines may change it first.
        if let (Some(asked), None) = (&log_source, self.options.pipelines) {
            check_log_source(asked, log_source_span, self.options, report);
        }
        let section = fields.get("detection");
        let entries = section.and_then(|section| document::section(&section.value));
        let (Some(section), Some(entries)) = (section, entries) else {
            report.add(
                &checks::DETECTION_MISSING,
                section.map_or(&fields.start, |section| &section.key_span),
                "there is no detection",
                "add `detection:` with a search and a `condition`",
            );
            return None;
        };
        let entries: Vec<&Entry<'_>> = entries.iter().collect();
        let section = detection::read(&entries, &section.key_span, shared, report);
        let section = section?;
        Some(RuleDraft {
            meta: meta.clone(),
            log_source: log_source?,
            log_source_span: log_source_span.clone(),
            searches: section.searches,
            condition: section.condition,
            facts: self.facts(fields),
        })
    }
}

/// Warns where no event can show the log source.
pub(crate) fn check_log_source(
    asked: &LogSource<'_>,
    span: &Span,
    options: &LoadOptions<'_>,
    report: &mut Report<'_>,
) {
    if let Some(known) = options.known_log_sources
        && !known.iter().any(|shown| shown.satisfies(asked))
    {
        report.add(
            &checks::LOGSOURCE_UNKNOWN,
            span,
            "nothing in this installation produces events of this log source",
            "the rule can never fire: check product, category and service, or let the sender declare `vakt.logsource`",
        );
    }
}

/// Puts rules behind the handles that the matchers share.
pub(crate) fn in_arcs(rules: Vec<Rule>) -> Vec<Arc<Rule>> {
    rules.into_iter().map(Arc::new).collect()
}
