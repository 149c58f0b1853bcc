//! The linter: what Sigma allows and its author most likely did not want.
//!
//! `lint` looks at every document that `load` reads, one part of it in each module here:
//! `metadata`, `tags`, `log_source`, `search`, `value`, `regexes`, `condition`,
//! `correlation`, `filter`, `tests`, `file`(mod@file), and `across` for what takes more
//! than one document. Every finding is a warning, has a name ([`CHECKS`]), says what to change, and
//! can be silenced where it stands (`allow`). Nothing here changes what a rule matches.

mod across;
mod allow;
mod attack;
mod checks;
mod condition;
mod correlation;
mod cover;
mod file;
mod filter;
mod log_source;
mod metadata;
mod regexes;
mod search;
mod subject;
mod tags;
mod taxonomy;
mod tests;
mod truth;
mod value;

use crate::collection::Collection;
use crate::diagnostic::{Diagnostic, Report, Severity};
use crate::load::{LoadOptions, SOURCE_BYTES_MAX};
use crate::source::{RuleSource, SourceText};
use crate::yaml::{self, Kind};

pub use checks::CHECKS;

use subject::Subject;

/// How to look.
#[derive(Clone, Debug, Default)]
pub struct LintOptions {
    /// The checks of a repository's conventions too: those whose meaning says `--strict`.
    pub strict: bool,
    /// Names of checks that are to be silent everywhere.
    pub allow: Vec<String>,
}

/// All findings over the sources, by source and position: those of `loaded` (what
/// [`crate::load()`] said of the same sources with the same options), and the linter's own.
pub fn lint(
    sources: &[RuleSource],
    loaded: Vec<Diagnostic>,
    load: &LoadOptions<'_>,
    options: &LintOptions,
) -> Vec<Diagnostic> {
    let texts: Vec<SourceText<'_>> = sources.iter().map(SourceText::new).collect();
    let mut reports: Vec<Report<'_>> = texts.iter().map(Report::new).collect();
    let mut subjects = Vec::new();
    let mut starts: Vec<Vec<usize>> = Vec::with_capacity(texts.len());
    for (index, (text, report)) in texts.iter().zip(&mut reports).enumerate() {
        starts.push(Vec::new());
        // Loading says that of such a file nothing is read.
        if text.text.len() > SOURCE_BYTES_MAX {
            continue;
        }
        file::check(text, options.strict, report);
        let first = subjects.len();
        read(index, text, load, report, &mut subjects, &mut starts[index]);
        for subject in &subjects[first..] {
            one(subject, load, options, report);
        }
    }
    across::check(&subjects, &mut reports);
    let mut own: Vec<Vec<Diagnostic>> = reports.into_iter().map(Report::finish).collect();
    for diagnostic in own.iter_mut().flatten() {
        // That there are more warnings than are shown is no error.
        diagnostic.severity = Severity::Warning;
    }
    for diagnostic in loaded {
        let at = sources
            .iter()
            .position(|source| source.path == diagnostic.path);
        if let Some(found) = at.and_then(|at| own.get_mut(at)) {
            found.push(diagnostic);
        }
    }
    let mut all = Vec::new();
    for ((text, mut found), starts) in texts.iter().zip(own).zip(&starts) {
        allow::apply(text, starts, options, &mut found);
        found.sort_by_key(|diagnostic| (diagnostic.line, diagnostic.column));
        all.append(&mut found);
    }
    all
}

/// The documents of a source. `starts` gets the first byte of each, also of those left out.
fn read<'t>(
    index: usize,
    text: &SourceText<'t>,
    load: &LoadOptions<'_>,
    report: &mut Report<'_>,
    subjects: &mut Vec<Subject<'t>>,
    starts: &mut Vec<usize>,
) {
    let (documents, _) = yaml::parse(text.text);
    let mut collection = Collection::default();
    for document in documents {
        starts.push(document.root.span.start);
        if !document.faults.is_empty() {
            continue;
        }
        let start = document.root.span.start;
        let Kind::Map(entries) = document.root.kind else {
            continue;
        };
        if let Some(action) = entries.iter().find(|entry| entry.key == "action") {
            report.add(
                &checks::ACTION_OBSOLETE,
                &action.key_span,
                "rule collections with `action` are no part of Sigma 2",
                "write each rule out, with `---` between them; anchors and `<<` share what is the same",
            );
        }
        let mut scratch = Report::new(text);
        let Some(entries) = collection.take(entries, &mut scratch) else {
            continue;
        };
        let subject = Subject::read(index, entries, start, &load.placeholders, &mut scratch);
        let retired = |subject: &Subject<'_>| {
            !load.include_deprecated
                && matches!(
                    subject.meta.status.as_deref(),
                    Some("deprecated" | "unsupported")
                )
        };
        // Nobody is going to mend a retired rule.
        subjects.extend(subject.filter(|subject| !retired(subject)));
    }
}

fn one(
    subject: &Subject<'_>,
    load: &LoadOptions<'_>,
    options: &LintOptions,
    report: &mut Report<'_>,
) {
    metadata::check(subject, report);
    tags::check(subject, options.strict, report);
    log_source::check(subject, load.known_log_sources.unwrap_or_default(), report);
    search::check(subject, report);
    value::check(subject, report);
    regexes::check(subject, report);
    condition::check(subject, report);
    correlation::check(subject, report);
    filter::check(subject, report);
    tests::check(subject, options.strict, report);
}
