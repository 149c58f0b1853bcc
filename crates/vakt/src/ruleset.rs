//! The rules of this installation: found, loaded, compiled.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use rust_embed::RustEmbed;
use vakt_detect::{Correlator, Engine, naive};
use vakt_rules::{
    Counts, Diagnostic, LoadOptions, Loaded, Refused, RuleSource, RuleTest, Severity,
    ast::{Metadata, RuleSet},
};

use crate::files::files_below;
use crate::output::tell;

/// The rule pack of this repository, in the binary.
#[derive(RustEmbed)]
#[folder = "../../rules"]
#[include = "**/*.yml"]
struct Pack;

/// The largest rule file that is read, in bytes. The longest public list of indicators has a tenth.
const RULE_FILE_BYTES_MAX: u64 = 16 << 20;

/// What is loaded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleSettings {
    /// Rule files and folders; the embedded pack where none is named.
    pub paths: Vec<PathBuf>,
    /// Rules of the status deprecated or unsupported too.
    pub include_deprecated: bool,
}

/// Rules, compiled, and what was found wrong with them.
pub struct Ruleset {
    pub rules: RuleSet,
    pub engine: Engine,
    /// For each rule the readable evaluator, which names the fields that matched.
    pub prepared: Vec<naive::Prepared>,
    /// Rules that loaded and can never match, each with its place and reason.
    pub faults: Vec<String>,
    pub diagnostics: Vec<Diagnostic>,
    pub counts: Counts,
    pub refused: Vec<Refused>,
    pub tests: Vec<RuleTest>,
}

impl Ruleset {
    /// Loads rules.
    ///
    /// # Errors
    /// A path that cannot be read. Rules that are refused are diagnostics, not errors.
    pub fn load(settings: &RuleSettings) -> Result<Self> {
        Ok(Self::of(&sources(&settings.paths)?, settings))
    }

    /// As [`Self::load`] with what can be read; beside it, what cannot.
    pub fn load_readable(settings: &RuleSettings) -> (Self, Vec<Unreadable>) {
        let (sources, unreadable) = readable_sources(&settings.paths);
        (Self::of(&sources, settings), unreadable)
    }

    fn of(sources: &[RuleSource], settings: &RuleSettings) -> Self {
        let known = vakt_codec::logsource::known();
        let options = LoadOptions {
            known_log_sources: Some(&known),
            include_deprecated: settings.include_deprecated,
            ..LoadOptions::default()
        };
        Self::compile(vakt_rules::load(sources, &options))
    }

    /// Says on standard error why rules were refused; the others go on.
    pub fn report(&self) {
        for fault in &self.faults {
            tell(fault);
        }
        if self.refused.is_empty() {
            return;
        }
        let of_refused = |diagnostic: &&Diagnostic| {
            diagnostic.severity == Severity::Error
                && self
                    .refused
                    .iter()
                    .any(|refused| refused.path == diagnostic.path)
        };
        for diagnostic in self.diagnostics.iter().filter(of_refused) {
            tell(&diagnostic.to_string());
        }
        tell(&format!(
            "{} of {} rules are refused; the others go on",
            self.counts.refused,
            self.counts.refused + self.counts.loaded
        ));
    }

    /// The rules that are refused here and were not in `before`: what a reload would lose.
    pub fn newly_refused<'s>(&'s self, before: &Self) -> Vec<&'s Refused> {
        self.refused
            .iter()
            .filter(|refused| {
                !before.refused.iter().any(|old| {
                    old.path == refused.path
                        && old.id == refused.id
                        && old.title == refused.title
                        && old.reasons == refused.reasons
                })
            })
            .collect()
    }

    /// Nothing would be matched: no rule, and so no correlation either.
    pub fn is_empty(&self) -> bool {
        self.counts.loaded == 0
    }

    fn compile(loaded: Loaded) -> Self {
        let engine = Engine::compile(&loaded.rules);
        Self {
            faults: faults(&loaded.rules, &engine),
            prepared: loaded
                .rules
                .rules
                .iter()
                .map(|rule| naive::Prepared::new(Arc::clone(rule)))
                .collect(),
            engine,
            rules: loaded.rules,
            diagnostics: loaded.diagnostics,
            counts: loaded.counts,
            refused: loaded.refused,
            tests: loaded.tests,
        }
    }
}

fn faults(rules: &RuleSet, engine: &Engine) -> Vec<String> {
    let line = |meta: &Metadata, reason: &str| {
        format!(
            "{}:{}:1: error[rule-cannot-match]: {}: {reason}",
            meta.path, meta.line, meta.title
        )
    };
    let of_rules = engine
        .problems()
        .iter()
        .map(|problem| line(&rules.rules[problem.rule].meta, &problem.reason));
    let correlator = Correlator::new(rules);
    let of_correlations = correlator.problems().iter().map(|problem| {
        let meta = &rules.correlations[problem.correlation].meta;
        line(meta, &problem.reason)
    });
    of_rules.chain(of_correlations).collect()
}

/// The texts of the rule files at `paths`, folders searched for `.yml` and `.yaml`; the embedded
/// pack where none is named.
pub fn sources(paths: &[PathBuf]) -> Result<Vec<RuleSource>> {
    let (sources, unreadable) = readable_sources(paths);
    match unreadable.into_iter().next() {
        None => Ok(sources),
        Some(first) => Err(first.error),
    }
}

/// A file or folder of rules that cannot be read.
pub struct Unreadable {
    pub path: PathBuf,
    pub error: anyhow::Error,
}

fn readable_sources(paths: &[PathBuf]) -> (Vec<RuleSource>, Vec<Unreadable>) {
    if paths.is_empty() {
        return (embedded(), Vec::new());
    }
    let (mut sources, mut unreadable) = (Vec::new(), Vec::new());
    // A file that two paths name (a folder, and one in it) is one file.
    let mut seen = HashSet::new();
    let mut keep = |path: &Path, found: Result<RuleSource>| match found {
        Ok(source) => {
            let same = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
            if seen.insert(same) {
                sources.push(source);
            }
        }
        Err(error) => unreadable.push(Unreadable {
            path: path.to_owned(),
            error,
        }),
    };
    for path in paths {
        if !path.is_dir() {
            keep(path, read(path));
            continue;
        }
        match files_below(path, is_rule_file) {
            Ok(files) => files.iter().for_each(|file| keep(file, read(file))),
            Err(error) => keep(path, Err(error)),
        }
    }
    (sources, unreadable)
}

/// Why a rule path cannot be opened at all; `None` where it can.
pub fn unopenable(path: &Path) -> Option<std::io::Error> {
    if path.is_dir() {
        std::fs::read_dir(path).err()
    } else {
        std::fs::File::open(path).err()
    }
}

fn embedded() -> Vec<RuleSource> {
    let mut names: Vec<_> = Pack::iter().collect();
    names.sort();
    names
        .iter()
        .filter_map(|name| {
            let file = Pack::get(name)?;
            Some(RuleSource {
                path: format!("rules/{name}"),
                text: String::from_utf8_lossy(&file.data).into_owned(),
                embedded: true,
            })
        })
        .collect()
}

fn is_rule_file(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "yml" || extension == "yaml")
}

fn read(path: &Path) -> Result<RuleSource> {
    let shown = path.display().to_string();
    let size = std::fs::metadata(path)
        .with_context(|| format!("cannot read the rule file {shown}"))?
        .len();
    anyhow::ensure!(
        size <= RULE_FILE_BYTES_MAX,
        "the rule file {shown} has {size} bytes; the most is {RULE_FILE_BYTES_MAX}"
    );
    let bytes =
        std::fs::read(path).with_context(|| format!("cannot read the rule file {shown}"))?;
    Ok(RuleSource {
        path: shown,
        text: String::from_utf8_lossy(&bytes).into_owned(),
        embedded: false,
    })
}
