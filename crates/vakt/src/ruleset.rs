//! The rules of this installation: found, loaded, compiled.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use rust_embed::RustEmbed;
use vakt_detect::{Correlator, Engine, naive};
use vakt_event::LogSource;
use vakt_rules::{
    Counts, Diagnostic, LoadOptions, Loaded, Pipelines, Placeholders, Refused, RuleSource,
    RuleTest, Severity,
    ast::{Correlation, Metadata, Rule, RuleRef, RuleSet},
    nearest,
};

use crate::files::files_below;
use crate::output::tell;

/// The rule pack of this repository, in the binary.
#[derive(RustEmbed)]
#[folder = "../../rules"]
#[include = "**/*.yml"]
#[exclude = "pipelines/*"]
struct Pack;

/// The pipelines that are known by name, in the binary.
#[derive(RustEmbed)]
#[folder = "../../rules/pipelines"]
#[include = "*.yml"]
struct PipelinePack;

/// The largest rule file that is read, in bytes. The longest public list of indicators has a tenth.
const RULE_FILE_BYTES_MAX: u64 = 16 << 20;

/// What is loaded, and how it is fitted to this installation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleSettings {
    /// Rule files and folders; the embedded pack where none is named.
    pub paths: Vec<PathBuf>,
    /// Rules of the status deprecated or unsupported too.
    pub include_deprecated: bool,
    /// Processing pipelines: files, folders, or names of built-in ones.
    pub pipelines: Vec<String>,
    /// Values for `expand`.
    pub placeholders: Placeholders,
}

impl RuleSettings {
    /// How rules are to be loaded; `known` are the log sources of this installation.
    pub fn options<'o>(
        &self,
        known: &'o [LogSource<'o>],
        pipelines: &'o Pipelines,
    ) -> LoadOptions<'o> {
        LoadOptions {
            known_log_sources: Some(known),
            include_deprecated: self.include_deprecated,
            placeholders: self.placeholders.clone(),
            pipelines: (!self.pipelines.is_empty()).then_some(pipelines),
        }
    }
}

/// Rules, compiled, and what was found wrong with them.
pub struct Ruleset {
    pub rules: RuleSet,
    /// The pipelines that the rules went through.
    pub pipelines: Pipelines,
    /// A pipeline has an error: neither the daemon nor a scan runs the rules.
    pub pipelines_refused: bool,
    pub engine: Engine,
    /// Its correlations, that have counted nothing: [`Correlator::fresh`] makes one to count with.
    pub correlator: Correlator,
    /// For each rule the readable evaluator, which names the fields that matched.
    pub prepared: Vec<naive::Prepared>,
    /// Rules that loaded and can never match, each with its place and reason.
    pub faults: Vec<String>,
    pub diagnostics: Vec<Diagnostic>,
    pub counts: Counts,
    /// What the filters say of themselves.
    filters: Vec<Metadata>,
    pub refused: Vec<Refused>,
    pub tests: Vec<RuleTest>,
    /// The BLAKE3 hash of each rule file, by its path, as it was when it was read.
    digests: HashMap<String, blake3::Hash>,
}

impl Ruleset {
    /// Loads rules.
    ///
    /// # Errors
    /// A path that cannot be read, or a pipeline with an error: then rules would not mean what is
    /// wanted. Rules that are refused are diagnostics, not errors.
    pub fn load(settings: &RuleSettings) -> Result<Self> {
        let texts = Texts::read(settings).whole()?;
        let (pipelines, diagnostics) = Pipelines::read(&texts.pipelines);
        let shown: String = (diagnostics.iter().filter(|one| is_error(one)))
            .map(ToString::to_string)
            .collect();
        anyhow::ensure!(shown.is_empty(), "the pipelines are refused\n{shown}");
        Ok(Self::of(settings, &texts.rules, pipelines, diagnostics))
    }

    /// As [`Self::load`] with what can be read, what is wrong in pipelines among the diagnostics;
    /// beside it, what cannot be read.
    pub fn load_readable(settings: &RuleSettings) -> (Self, Vec<Unreadable>) {
        let texts = Texts::read(settings);
        let (pipelines, diagnostics) = Pipelines::read(&texts.pipelines);
        let refused = diagnostics.iter().any(is_error);
        let mut ruleset = Self::of(settings, &texts.rules, pipelines, diagnostics);
        ruleset.pipelines_refused = refused;
        (ruleset, texts.unreadable)
    }

    fn of(
        settings: &RuleSettings,
        sources: &[RuleSource],
        pipelines: Pipelines,
        mut diagnostics: Vec<Diagnostic>,
    ) -> Self {
        let known = vakt_codec::logsource::known();
        let mut loaded = vakt_rules::load(sources, &settings.options(&known, &pipelines));
        diagnostics.append(&mut loaded.diagnostics);
        loaded.diagnostics = diagnostics;
        let digest = |source: &RuleSource| blake3::hash(source.text.as_bytes());
        let digests = sources.iter().map(|one| (one.path.clone(), digest(one)));
        Self::compile(loaded, pipelines, digests.collect())
    }

    /// The rules of one text, through these pipelines, also those of the status deprecated or
    /// unsupported. `path` is what diagnostics name.
    pub fn of_text(&self, settings: &RuleSettings, path: &str, text: &str) -> Self {
        let settings = RuleSettings {
            include_deprecated: true,
            ..settings.clone()
        };
        let source = RuleSource {
            path: path.to_owned(),
            text: text.to_owned(),
            embedded: false,
        };
        Self::of(&settings, &[source], self.pipelines.clone(), Vec::new())
    }

    /// One rule or correlation with what feeds it: of these that one alone gives matches.
    pub fn only(&self, wanted: RuleRef) -> Self {
        let rules = only(&self.rules, wanted);
        let counts = Counts {
            loaded: rules.rules.len() + rules.correlations.len(),
            ..Counts::default()
        };
        let loaded = Loaded {
            rules,
            counts,
            ..Loaded::default()
        };
        Self::compile(loaded, self.pipelines.clone(), self.digests.clone())
    }

    /// The rule or correlation with the id, name or title.
    ///
    /// # Errors
    /// What to write instead.
    pub fn find(&self, wanted: &str) -> Result<RuleRef> {
        let is = |meta: &Metadata| {
            meta.id.eq_ignore_ascii_case(wanted)
                || meta.title == wanted
                || meta.name.as_deref() == Some(wanted)
        };
        let rules = &self.rules;
        if let Some(index) = rules.rules.iter().position(|rule| is(&rule.meta)) {
            return Ok(RuleRef::Rule(index));
        }
        let found = rules.correlations.iter().position(|one| is(&one.meta));
        if let Some(index) = found {
            return Ok(RuleRef::Correlation(index));
        }
        let names = |meta: &'_ Metadata| [meta.name.clone(), Some(meta.title.clone())];
        let known: Vec<String> = self.metas().flat_map(names).flatten().collect();
        match nearest(wanted, known.iter().map(String::as_str)) {
            Some(near) => {
                bail!("no rule has the id, name or title {wanted:?}: did you mean {near:?}?")
            }
            None => {
                bail!(
                    "no rule has the id, name or title {wanted:?}: `vakt rules list` (`--url URL` for a daemon's) shows them"
                )
            }
        }
    }

    /// What the rules, then the correlations say of themselves.
    pub fn metas(&self) -> impl Iterator<Item = &Metadata> {
        let correlations = self.rules.correlations.iter().map(|one| &one.meta);
        let rules = self.rules.rules.iter().map(|rule| &rule.meta);
        rules.chain(correlations)
    }

    /// The hash of the file that a rule is from, as it was read.
    pub fn digest(&self, meta: &Metadata) -> Option<&blake3::Hash> {
        self.digests.get(&meta.path)
    }

    /// Says on standard error why rules were refused; the others go on.
    pub fn report(&self) {
        self.report_faults();
        if !self.refused.is_empty() {
            tell(&format!(
                "{} of {} rules are refused; the others go on",
                self.counts.refused,
                self.counts.refused + self.counts.loaded
            ));
        }
    }

    /// The same where the others do not go on either.
    pub fn report_faults(&self) {
        for fault in &self.faults {
            tell(fault);
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
    }

    /// Of the newly refused, those for which something is gone that `before` has loaded: a rule, a
    /// correlation or a filter of their file, or one that has moved from another.
    pub fn broken_since<'s>(&'s self, before: &Self) -> Vec<&'s Refused> {
        let held = |ruleset: &'s Self| -> HashSet<&str> {
            let metas = ruleset.metas().chain(&ruleset.filters);
            metas.map(|meta| meta.id.as_str()).collect()
        };
        let now = held(self);
        let gone: Vec<&Metadata> = (before.metas().chain(&before.filters))
            .filter(|meta| !now.contains(meta.id.as_str()))
            .collect();
        let takes_away = |refused: &&Refused| {
            let is_of = |meta: &&Metadata| meta.path == refused.path || meta.id == refused.id;
            gone.iter().any(is_of)
        };
        let newly = self.newly_refused(before).into_iter();
        newly.filter(takes_away).collect()
    }

    /// The rules that are refused here and were not in `before`.
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

    fn compile(
        loaded: Loaded,
        pipelines: Pipelines,
        digests: HashMap<String, blake3::Hash>,
    ) -> Self {
        let engine = Engine::compile(&loaded.rules);
        let correlator = Correlator::new(&loaded.rules);
        Self {
            faults: faults(&loaded.rules, &engine, &correlator),
            prepared: loaded
                .rules
                .rules
                .iter()
                .map(|rule| naive::Prepared::new(Arc::clone(rule)))
                .collect(),
            engine,
            correlator,
            pipelines,
            pipelines_refused: false,
            rules: loaded.rules,
            diagnostics: loaded.diagnostics,
            counts: loaded.counts,
            filters: loaded.filters,
            refused: loaded.refused,
            tests: loaded.tests,
            digests,
        }
    }
}

fn is_error(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity == Severity::Error
}

/// The rule set of `wanted` and of what feeds it, at however many removes.
fn only(rules: &RuleSet, wanted: RuleRef) -> RuleSet {
    let mut needed = BTreeSet::new();
    let mut asked = vec![wanted];
    while let Some(next) = asked.pop() {
        if needed.insert(next)
            && let RuleRef::Correlation(index) = next
        {
            asked.extend(&rules.correlations[index].inputs);
        }
    }
    let mut picked = RuleSet::default();
    let mut places = BTreeMap::new();
    let mut correlations = Vec::new();
    for one in needed {
        let generate = one == wanted;
        places.insert(
            one,
            match one {
                RuleRef::Rule(index) => {
                    let rule = Rule::clone(&rules.rules[index]);
                    picked.rules.push(Arc::new(Rule { generate, ..rule }));
                    RuleRef::Rule(picked.rules.len() - 1)
                }
                RuleRef::Correlation(index) => {
                    let correlation = Correlation::clone(&rules.correlations[index]);
                    correlations.push(Correlation {
                        generate,
                        ..correlation
                    });
                    RuleRef::Correlation(correlations.len() - 1)
                }
            },
        );
    }
    for mut correlation in correlations {
        for input in &mut correlation.inputs {
            // All inputs are among them.
            *input = places.get(input).copied().unwrap_or(*input);
        }
        picked.correlations.push(Arc::new(correlation));
    }
    picked
}

fn faults(rules: &RuleSet, engine: &Engine, correlator: &Correlator) -> Vec<String> {
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
    let of_correlations = correlator.problems().iter().map(|problem| {
        let meta = &rules.correlations[problem.correlation].meta;
        line(meta, &problem.reason)
    });
    of_rules.chain(of_correlations).collect()
}

/// The texts of rules and pipelines, before they are understood.
pub struct Texts {
    pub rules: Vec<RuleSource>,
    pub pipelines: Vec<RuleSource>,
    pub unreadable: Vec<Unreadable>,
}

/// A file or folder that cannot be read.
pub struct Unreadable {
    pub path: PathBuf,
    pub error: anyhow::Error,
}

impl Texts {
    /// Reads the rule files at the paths, folders searched for `.yml` and `.yaml` and pipelines in
    /// them passed over (the embedded pack where none is named), and the pipelines.
    pub fn read(settings: &RuleSettings) -> Self {
        let mut texts = Self {
            rules: Vec::new(),
            pipelines: Vec::new(),
            unreadable: Vec::new(),
        };
        if settings.paths.is_empty() {
            texts.rules = embedded();
        }
        let mut seen = HashSet::new();
        for path in &settings.paths {
            let mut found = texts.at(path);
            if path.is_dir() {
                found.retain(|source| !vakt_rules::pipeline::looks_like_one(&source.text));
            }
            // A file that two paths name (a folder, and one in it) is one file.
            found.retain(|source| {
                let path = Path::new(&source.path);
                seen.insert(std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()))
            });
            texts.rules.append(&mut found);
        }
        for name in &settings.pipelines {
            let mut found = if is_built_in_name(name) {
                match built_in_pipeline(name) {
                    Ok(source) => vec![source],
                    Err(error) => texts.keep_error(Path::new(name), error),
                }
            } else {
                texts.at(Path::new(name))
            };
            texts.pipelines.append(&mut found);
        }
        texts
    }

    /// The texts, if all could be read.
    ///
    /// # Errors
    /// The first path that could not.
    pub fn whole(mut self) -> Result<Self> {
        if self.unreadable.is_empty() {
            return Ok(self);
        }
        Err(self.unreadable.swap_remove(0).error)
    }

    fn at(&mut self, path: &Path) -> Vec<RuleSource> {
        let files = if path.is_dir() {
            files_below(path, is_rule_file)
        } else {
            Ok(vec![path.to_owned()])
        };
        let files = match files {
            Ok(files) => files,
            Err(error) => return self.keep_error(path, error),
        };
        let mut found = Vec::with_capacity(files.len());
        for file in files {
            match read(&file) {
                Ok(source) => found.push(source),
                Err(error) => found.append(&mut self.keep_error(&file, error)),
            }
        }
        found
    }

    fn keep_error(&mut self, path: &Path, error: anyhow::Error) -> Vec<RuleSource> {
        self.unreadable.push(Unreadable {
            path: path.to_owned(),
            error,
        });
        Vec::new()
    }
}

/// Whether `--pipeline` means a built-in pipeline: a word that is no path.
pub fn is_built_in_name(name: &str) -> bool {
    !name.contains(['/', '\\']) && !is_rule_file(Path::new(name))
}

/// The names of the built-in pipelines, sorted.
pub fn built_in_pipelines() -> Vec<String> {
    let mut names: Vec<String> = PipelinePack::iter()
        .filter_map(|file| Some(file.strip_suffix(".yml")?.to_owned()))
        .collect();
    names.sort();
    names
}

/// What to write instead of a name that no built-in pipeline has.
pub fn built_in_help(name: &str) -> String {
    let known = built_in_pipelines();
    match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!(
            "the built-in ones are {}; write a path with `/` or `.yml` for a file of yours",
            known.join(", ")
        ),
    }
}

fn built_in_pipeline(name: &str) -> Result<RuleSource> {
    let file = PipelinePack::get(&format!("{name}.yml"))
        .with_context(|| format!("there is no pipeline `{name}`: {}", built_in_help(name)))?;
    Ok(RuleSource {
        path: format!("rules/pipelines/{name}.yml"),
        text: String::from_utf8_lossy(&file.data).into_owned(),
        embedded: true,
    })
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

/// Whether a file in a folder of rules is one: by its name, in which capitals are letters as others are.
pub fn is_rule_file(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        extension.eq_ignore_ascii_case("yml") || extension.eq_ignore_ascii_case("yaml")
    })
}

fn read(path: &Path) -> Result<RuleSource> {
    let shown = path.display().to_string();
    let size = std::fs::metadata(path)
        .with_context(|| format!("cannot read {shown}"))?
        .len();
    anyhow::ensure!(
        size <= RULE_FILE_BYTES_MAX,
        "{shown} has {size} bytes; the most is {RULE_FILE_BYTES_MAX}"
    );
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {shown}"))?;
    Ok(RuleSource {
        path: shown,
        text: String::from_utf8_lossy(&bytes).into_owned(),
        embedded: false,
    })
}
