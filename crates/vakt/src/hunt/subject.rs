//! What is hunted for: a rule of a file, or one that is loaded.

use vakt_rules::ast::Metadata;
use vakt_rules::{Diagnostic, Severity};
use vakt_search::Query;

use super::sieve;
use crate::ruleset::{RuleSettings, Ruleset};

/// Rules, compiled for one hunt.
pub(crate) struct Subject {
    pub(super) ruleset: Ruleset,
    /// What finds everything that they can match.
    pub(super) sieve: Query,
    /// For the search log: which rules, and what their text was.
    pub(super) shown: String,
}

/// Why there is nothing to hunt for.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Nothing that is loaded has such a name.
    Unknown(String),
    /// What is wrong in the rules, each as `vakt check` shows it.
    Wrong(Vec<String>),
}

impl Subject {
    /// The index knows less than what was sent, and passes over nothing.
    pub(crate) fn read_everything(&mut self) {
        self.sieve = Query::default();
    }

    /// The rules of a text, which go through the pipelines of those that are loaded. `path` is the name
    /// that the text has for the person.
    pub(crate) fn of_text(
        loaded: &Ruleset,
        settings: &RuleSettings,
        path: &str,
        text: &str,
    ) -> Result<Self, Refusal> {
        let ruleset = loaded.of_text(settings, path, text);
        let errors = ruleset.diagnostics.iter().filter(|one| is_error(one));
        let mut wrong: Vec<String> = errors.map(ToString::to_string).collect();
        wrong.extend(ruleset.faults.iter().cloned());
        if wrong.is_empty() && ruleset.rules.rules.is_empty() {
            wrong.push(format!(
                "{path}:1:1: error[nothing-to-hunt]: there is no rule in it that could match"
            ));
        }
        if !wrong.is_empty() {
            return Err(Refusal::Wrong(wrong));
        }
        Ok(Self::of(ruleset))
    }

    /// The rule or correlation that has the id, name or title.
    pub(crate) fn of_loaded(loaded: &Ruleset, name: &str) -> Result<Self, Refusal> {
        let found = loaded.find(name);
        let found = found.map_err(|error| Refusal::Unknown(error.to_string()))?;
        let ruleset = loaded.only(found);
        if !ruleset.faults.is_empty() {
            return Err(Refusal::Wrong(ruleset.faults));
        }
        Ok(Self::of(ruleset))
    }

    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    fn of(ruleset: Ruleset) -> Self {
        Self {
            sieve: sieve::of(&ruleset.rules),
            shown: shown(&ruleset),
            ruleset,
        }
    }
}

fn is_error(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity == Severity::Error
}

/// `TITLE (ID), BLAKE3 of its file` of each rule that gives matches.
fn shown(ruleset: &Ruleset) -> String {
    let rules = &ruleset.rules;
    let single = rules.rules.iter().filter(|rule| rule.generate);
    let added = rules.correlations.iter().filter(|one| one.generate);
    let metas = single
        .map(|one| &one.meta)
        .chain(added.map(|one| &one.meta));
    let one = |meta: &Metadata| {
        let digest = ruleset.digest(meta).map(blake3::Hash::to_hex);
        let digest = digest.map(|hex| format!(", blake3 {hex}"));
        format!("{} ({}){}", meta.title, meta.id, digest.unwrap_or_default())
    };
    metas.map(one).collect::<Vec<_>>().join("; ")
}
