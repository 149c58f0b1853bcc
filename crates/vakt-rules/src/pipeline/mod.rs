//! Processing pipelines: YAML files in pySigma's format that fit rules to the events of an
//! installation, by other names of fields, other values, added conditions, another log source.
//!
//! pySigma runs a pipeline over a parsed rule before it makes a query of it. Here the same happens
//! between parsing and matching: modifiers are applied (`draft`), filters are joined to their
//! rules, then all pipelines run over each rule and each correlation, then placeholders that are
//! left get the configuration's values, and correlations are linked. Start with `read`, then
//! `step`, `apply`, `fields` and `values`.
//!
//! Where pySigma leaves a choice, or does what only makes sense for query texts:
//!
//! - **Order.** Pipelines go by `priority`, those of equal priority in the order given, as if
//!   they were one: later `vars` of the same name win, and states and ids of steps are shared. They
//!   begin anew with each rule. A nested step shares them too (in pySigma it sees none from outside).
//! - **Values** are what modifiers made of them: under `contains` a value has its wildcards. Values
//!   that modifiers encoded or multiplied (`base64offset`, `windash`) are no texts any more; steps
//!   and conditions for texts pass over them. A keyword has no wildcards.
//! - **Log sources** select events here, so `change_logsource` changes which events a rule sees.
//! - **Several names** for one field are joined by OR, except where an item asks for absence: under
//!   `neq` none of them may have the value, under `null` and `exists: false` none may be there. In
//!   pySigma it is OR there too, by which a rule of which events have one name would always match.
//! - **What is dropped** leaves nothing behind: a search without items is passed over by the
//!   condition, also under `not`. A rule of which nothing is left is refused.
//! - **Placeholders** without a variable are left for the configuration's `placeholders`. Where no
//!   step fills placeholders, those of the configuration are filled before the pipelines run.
//! - **`regex`** with `plain` makes texts sensitive to case; its other methods emulate what
//!   matching without case does anyway, and change nothing.
//! - **Conditions of an absent attribute, of an unset state or between values of two types** do not hold.

mod apply;
mod conditions;
mod datum;
mod facts;
mod fields;
mod hashes;
mod keys;
mod kinds;
mod logic;
mod python;
mod read;
mod scope;
mod step;
mod values;

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Report};
use crate::source::{RuleSource, SourceText};

pub(crate) use facts::Facts;
use step::{Step, Transformation};
use values::Change;

/// The pipelines of an installation, in the order in which they run.
#[derive(Clone, Debug, Default)]
pub struct Pipelines {
    steps: Vec<Step>,
    variables: BTreeMap<String, Vec<String>>,
    listed: Vec<Listed>,
}

/// A pipeline that is in use.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// Its `name`, or the path where it has none.
    pub name: String,
    pub path: String,
    /// Lower ones run first.
    pub priority: f64,
    /// Of the first level; steps inside `nest` are not counted.
    pub steps: usize,
}

impl Pipelines {
    /// Reads pipeline files and says everything that is wrong in them. One with an error is left
    /// out; then rules must not run, since they would not mean what their author wants.
    pub fn read(sources: &[RuleSource]) -> (Self, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        let mut files = Vec::new();
        for source in sources {
            let text = SourceText::new(source);
            let mut report = Report::new(&text);
            if let Some(file) = read::file(&mut report) {
                files.push((source, file));
            }
            diagnostics.extend(report.finish());
        }
        files.sort_by(|(_, one), (_, other)| one.priority.total_cmp(&other.priority));
        let mut pipelines = Self::default();
        for (source, file) in files {
            pipelines.listed.push(Listed {
                name: file.name.unwrap_or_else(|| source.path.clone()),
                path: source.path.clone(),
                priority: file.priority,
                steps: file.steps.len(),
            });
            pipelines.variables.extend(file.variables);
            pipelines.steps.extend(file.steps);
        }
        (pipelines, diagnostics)
    }

    /// Whether a step fills placeholders, so that they must be kept until then.
    pub(crate) fn fill_placeholders(&self) -> bool {
        fill_placeholders(&self.steps)
    }

    /// The pipelines that were read, in the order in which they run.
    pub fn listed(&self) -> &[Listed] {
        &self.listed
    }
}

fn fill_placeholders(steps: &[Step]) -> bool {
    steps.iter().any(|step| match &step.transformation {
        Transformation::Values(change) => matches!(**change, Change::Fill { .. }),
        Transformation::Nest(steps) => fill_placeholders(steps),
        _ => false,
    })
}

/// Whether a file among rules is a pipeline: it has `transformations` and nothing that a rule has.
pub fn looks_like_one(text: &str) -> bool {
    let has = |key: &str| text.lines().any(|line| line.starts_with(key));
    has("transformations:") && !has("detection:") && !has("correlation:") && !has("filter:")
}

/// The types of steps that a pipeline can have.
pub fn step_types() -> impl Iterator<Item = &'static str> {
    kinds::TYPES.into_iter()
}
