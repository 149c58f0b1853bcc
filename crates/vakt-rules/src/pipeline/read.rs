//! The text of a pipeline file to its steps, and everything that is wrong in it.

use std::collections::BTreeMap;

use super::conditions::{FieldCondition, ItemCondition, RuleCondition};
use super::keys::{Keys, refuse, texts, unknown};
use super::kinds;
use super::logic;
use super::step::Step;
use crate::checks;
use crate::diagnostic::Report;
use crate::document;
use crate::load::add_fault;
use crate::scalar;
use crate::yaml::{self, Entry, Kind, Node};

/// A pipeline file.
pub(super) struct File {
    pub(super) name: Option<String>,
    pub(super) priority: f64,
    pub(super) variables: BTreeMap<String, Vec<String>>,
    pub(super) steps: Vec<Step>,
}

/// Reads one file; `None` when something in it was refused.
pub(super) fn file(report: &mut Report<'_>) -> Option<File> {
    let text = report.source.text;
    let (documents, broken) = yaml::parse(text);
    for fault in broken
        .iter()
        .chain(documents.iter().flat_map(|document| &document.faults))
    {
        add_fault(fault, report);
    }
    if let Some(second) = documents.get(1) {
        let message = "a pipeline file is one document";
        refuse(
            &second.root.span,
            message,
            "put the second into a file of its own",
            report,
        );
    }
    let root = match documents.first() {
        Some(document) => &document.root,
        None => {
            if broken.is_empty() {
                refuse(
                    &(0..0),
                    "the pipeline is empty",
                    "begin with `transformations:`",
                    report,
                );
            }
            return None;
        }
    };
    let file = pipeline(root, report);
    if report.errors() > 0 { None } else { file }
}

fn pipeline(root: &Node<'_>, report: &mut Report<'_>) -> Option<File> {
    let mut keys = Keys::new("a pipeline", root, report)?;
    let name = keys.text("name", report);
    let priority = priority(&mut keys, report);
    let variables = keys.get("vars").map(|entry| variables(entry, report));
    // It names the makers of queries that may use the pipeline.
    keys.get("allowed_backends");
    let steps = keys
        .get("transformations")
        .map(|entry| steps(entry, report));
    for (key, what) in [
        ("postprocessing", "queries"),
        ("finalizers", "the text of all queries"),
    ] {
        if let Some(entry) = keys.get(key).filter(|entry| !is_empty(&entry.value)) {
            report.add(
                &checks::PIPELINE_NO_EFFECT,
                &entry.key_span,
                format!("`{key}` changes {what}, and rules are not made into queries here"),
                "leave it; the transformations count",
            );
        }
    }
    keys.finish(report);
    Some(File {
        name,
        priority: priority?,
        variables: variables.unwrap_or_else(|| Some(BTreeMap::new()))?,
        steps: steps.unwrap_or_else(|| Some(Vec::new()))?,
    })
}

fn is_empty(node: &Node<'_>) -> bool {
    match &node.kind {
        Kind::List(items) => items.is_empty(),
        Kind::Map(entries) => entries.is_empty(),
        Kind::Scalar(scalar) => scalar.plain && scalar.text.is_empty(),
    }
}

fn priority(keys: &mut Keys<'_, '_>, report: &mut Report<'_>) -> Option<f64> {
    let Some(entry) = keys.get("priority") else {
        return Some(0.0);
    };
    let number = match &entry.value.kind {
        Kind::Scalar(scalar) => scalar::number(scalar.text.trim()),
        _ => None,
    };
    if number.is_none() {
        let help = "write a whole number; lower ones go first, and 0 is where none is given";
        refuse(&entry.value.span, "`priority` is a number", help, report);
    }
    number.map(|number| number.value)
}

fn variables(entry: &Entry<'_>, report: &mut Report<'_>) -> Option<BTreeMap<String, Vec<String>>> {
    let Some(entries) = document::section(&entry.value) else {
        if is_empty(&entry.value) {
            return Some(BTreeMap::new());
        }
        refuse(
            &entry.key_span,
            "`vars` is a map",
            "write `NAME: [VALUE, VALUE]` lines",
            report,
        );
        return None;
    };
    let mut variables = BTreeMap::new();
    let mut whole = true;
    for entry in entries {
        match texts(entry, report) {
            Some(values) => {
                variables.insert(entry.key.to_string(), values);
            }
            None => whole = false,
        }
    }
    whole.then_some(variables)
}

pub(super) fn steps(entry: &Entry<'_>, report: &mut Report<'_>) -> Option<Vec<Step>> {
    let items = match &entry.value.kind {
        Kind::List(items) => items.as_slice(),
        _ if is_empty(&entry.value) => &[],
        _ => {
            let message = format!("`{}` is a list of steps", entry.key);
            refuse(
                &entry.key_span,
                message,
                "begin each with `- type: …`",
                report,
            );
            return None;
        }
    };
    let read: Vec<Option<Step>> = items.iter().map(|item| step(item, report)).collect();
    read.into_iter().collect()
}

fn step(node: &Node<'_>, report: &mut Report<'_>) -> Option<Step> {
    let mut keys = Keys::new("a step", node, report)?;
    let kind = keys.required_text("type", report)?;
    if let Some((why, help)) = kinds::elsewhere(&kind) {
        let span = keys
            .get("type")
            .map_or(&node.span, |entry| &entry.value.span);
        let message = format!("`{kind}` {why}");
        report.add(&checks::PIPELINE_UNSUPPORTED, span, message, help);
        return None;
    }
    if !kinds::TYPES.contains(&kind.as_str()) {
        let span = keys
            .get("type")
            .map_or(&node.span, |entry| &entry.value.span);
        unknown(&kind, "the type of a step", &kinds::TYPES, span, report);
        return None;
    }
    keys.what = format!("a step of type `{kind}`");
    let id = kinds::id(&mut keys, report);
    let rule = logic::Names {
        conditions: "rule_conditions",
        operator: "rule_cond_op",
        expression: "rule_cond_expr",
        negation: "rule_cond_not",
    };
    let item = logic::Names {
        conditions: "detection_item_conditions",
        operator: "detection_item_cond_op",
        expression: "detection_item_cond_expr",
        negation: "detection_item_cond_not",
    };
    let field = logic::Names {
        conditions: "field_name_conditions",
        operator: "field_name_cond_op",
        expression: "field_name_cond_expr",
        negation: "field_name_cond_not",
    };
    // Each part is read even if another is at fault, so that all faults are said at once.
    let rule_conditions = logic::read(&rule, &mut keys, report, RuleCondition::read);
    let item_conditions = logic::read(&item, &mut keys, report, ItemCondition::read);
    let field_conditions = logic::read(&field, &mut keys, report, FieldCondition::read);
    let transformation = kinds::read(&kind, &mut keys, report);
    let place = format!(
        "{}:{}",
        report.source.path,
        report.source.line(node.span.start)
    );
    keys.finish(report);
    Some(Step {
        id,
        place,
        rule_conditions: rule_conditions?,
        item_conditions: item_conditions?,
        field_conditions: field_conditions?,
        transformation: transformation?,
    })
}
