//! The types of steps, and their keys.

use std::collections::HashMap;
use std::sync::Arc;

use super::conditions::log_source;
use super::datum::Datum;
use super::fields::Rename;
use super::hashes::Hashes;
use super::keys::{Keys, refuse, texts};
use super::python::{self, Anchor};
use super::read;
use super::step::{AddedCondition, Transformation};
use super::values::{Case, Change, Names, number_of};
use crate::ast::Pattern;
use crate::checks;
use crate::detection;
use crate::diagnostic::Report;
use crate::document;
use crate::draft::Value;
use crate::pattern;
use crate::scalar;
use crate::value::{Lowering, Placeholders};
use crate::yaml::{Entry, Kind};

/// Names that one name of a field, or one value, may be mapped to.
const TARGETS_MAX: usize = 1_000;

/// The types of steps that evaluation knows, and those that make sense for query texts only.
pub(super) const TYPES: [&str; 27] = [
    "field_name_mapping",
    "field_name_prefix_mapping",
    "field_name_prefix",
    "field_name_suffix",
    "field_name_transform",
    "drop_detection_item",
    "hashes_fields",
    "wildcard_placeholders",
    "value_placeholders",
    "query_expression_placeholders",
    "add_condition",
    "change_logsource",
    "add_field",
    "remove_field",
    "set_field",
    "replace_string",
    "map_string",
    "set_state",
    "regex",
    "set_value",
    "convert_type",
    "case",
    "rule_failure",
    "detection_item_failure",
    "strict_field_mapping_failure",
    "set_custom_attribute",
    "nest",
];

/// Why a step of pySigma is none here, and what does the same.
pub(super) fn elsewhere(kind: &str) -> Option<(&'static str, &'static str)> {
    const LIST: &str = "list the values in `vars`, or under `placeholders:` in the configuration, and use `value_placeholders`";
    Some(match kind {
        "file_placeholders" => (
            "reads values from a file beside the pipeline, which would change what rules mean unseen",
            LIST,
        ),
        "http_placeholders" => (
            "asks a server for values while rules load, and they would mean what it answers",
            LIST,
        ),
        "command_placeholders" => ("runs a program, and a pipeline may not do that here", LIST),
        "extract_fields" => (
            "takes values apart in the query language of a backend, and events are not changed by pipelines here",
            "ask for the part with `|re` or `|contains` in the rule, or let the sender write it as a field",
        ),
        _ => return None,
    })
}

/// Reads what a step of type `kind` does.
pub(super) fn read(
    kind: &str,
    keys: &mut Keys<'_, '_>,
    report: &mut Report<'_>,
) -> Option<Transformation> {
    let change = |change: Change| Transformation::Values(Box::new(change));
    Some(match kind {
        "field_name_mapping" => Transformation::Rename(names(keys, report)?),
        "field_name_prefix_mapping" => {
            let beginnings = mapping(keys, report)?;
            Transformation::Rename(Rename::Beginnings(beginnings))
        }
        "field_name_prefix" => {
            Transformation::Rename(Rename::Prefix(keys.required_text("prefix", report)?))
        }
        "field_name_suffix" => {
            Transformation::Rename(Rename::Suffix(keys.required_text("suffix", report)?))
        }
        "drop_detection_item" => Transformation::DropItem,
        "hashes_fields" => hashes(keys, report)?,
        "wildcard_placeholders" | "value_placeholders" => change(Change::Fill {
            names: placeholders(keys, report)?,
            wildcard: kind == "wildcard_placeholders",
        }),
        "field_name_transform" | "query_expression_placeholders" => {
            unsupported(kind, keys, report);
            return None;
        }
        "add_condition" => add_condition(keys, report)?,
        "change_logsource" => Transformation::ChangeLogSource(log_source(keys, report)?),
        "add_field" => Transformation::AddFields(keys.required_texts("field", report)?),
        "remove_field" => Transformation::RemoveFields(keys.required_texts("field", report)?),
        "set_field" => Transformation::SetFields(keys.required_texts("fields", report)?),
        "replace_string" => change(replace(keys, report)?),
        "map_string" => change(Change::Map(mapping(keys, report)?.into_iter().collect())),
        "set_state" => {
            let key = keys.required_text("key", report);
            let value = keys.datum("val", report);
            Transformation::SetState(key?, value?)
        }
        "regex" => {
            let methods = [
                ("ignore_case_brackets", false),
                ("ignore_case_flag", false),
                ("plain", true),
            ];
            let cased = keys.word("method", &methods, report)?;
            change(if cased {
                Change::Cased
            } else {
                Change::Nothing
            })
        }
        "set_value" => change(Change::Set(set_value(keys, report)?)),
        "convert_type" => {
            keys.required("target_type", report)?;
            let number = keys.word("target_type", &[("str", false), ("num", true)], report)?;
            change(if number {
                Change::ToNumber
            } else {
                Change::ToText
            })
        }
        "case" => {
            let methods = [
                ("lower", Case::Lower),
                ("upper", Case::Upper),
                ("snake_case", Case::Snake),
            ];
            change(Change::Case(keys.word("method", &methods, report)?))
        }
        "rule_failure" => Transformation::FailRule(keys.required_text("message", report)?),
        "detection_item_failure" => {
            Transformation::FailItem(keys.required_text("message", report)?)
        }
        "strict_field_mapping_failure" => Transformation::FailUnmapped,
        "set_custom_attribute" => {
            let name = keys.required_text("attribute", report);
            let value = keys.datum("value", report);
            Transformation::SetAttribute(name?, value?)
        }
        _ => nest(keys, report)?,
    })
}

fn unsupported(kind: &str, keys: &mut Keys<'_, '_>, report: &mut Report<'_>) {
    let span = keys
        .get("type")
        .map_or_else(|| keys.span().clone(), |entry| entry.value.span.clone());
    let (why, help) = match kind {
        "field_name_transform" => (
            "calls a function of Python, which a file cannot hold",
            "list the names in `field_name_mapping`, or use `field_name_prefix_mapping`",
        ),
        _ => (
            "puts a list's name into the text of a query, and nothing here can look that list up",
            "give the list's values in `vars` and use `value_placeholders`",
        ),
    };
    let message = format!("`{kind}` {why}");
    report.add(&checks::PIPELINE_UNSUPPORTED, &span, message, help);
    for key in [
        "mapping",
        "transform_func",
        "apply_keyword",
        "expression",
        "include",
        "exclude",
    ] {
        keys.get(key);
    }
}

fn entries<'n, 't>(entry: &'n Entry<'t>, report: &mut Report<'_>) -> Option<&'n [Entry<'t>]> {
    let entries = document::section(&entry.value).filter(|entries| !entries.is_empty());
    if entries.is_none() {
        let message = format!("`{}` is a map", entry.key);
        refuse(
            &entry.key_span,
            message,
            "write `NAME: OTHER_NAME` lines",
            report,
        );
    }
    entries
}

/// `mapping`: each name with one or several others, in the order of the file.
fn mapping(keys: &mut Keys<'_, '_>, report: &mut Report<'_>) -> Option<Vec<(String, Vec<String>)>> {
    let entry = keys.required("mapping", report)?;
    let mut whole = true;
    let mut mapping = Vec::new();
    for entry in entries(entry, report)? {
        match texts(entry, report) {
            Some(targets) if targets.len() <= TARGETS_MAX => {
                mapping.push((entry.key.to_string(), targets));
            }
            Some(targets) => {
                whole = false;
                let message = format!("`{}` is mapped to {} others", entry.key, targets.len());
                let help = format!("at most {TARGETS_MAX} are taken");
                refuse(&entry.key_span, message, help, report);
            }
            None => whole = false,
        }
    }
    whole.then_some(mapping)
}

/// The key `null` stands for keywords.
fn names(keys: &mut Keys<'_, '_>, report: &mut Report<'_>) -> Option<Rename> {
    let mut keywords = None;
    let mut names = HashMap::new();
    for (from, to) in mapping(keys, report)? {
        match from.as_str() {
            "" | "~" | "null" => keywords = Some(to),
            _ => {
                names.insert(from, to);
            }
        }
    }
    Some(Rename::Names(names, keywords))
}

fn hashes(keys: &mut Keys<'_, '_>, report: &mut Report<'_>) -> Option<Transformation> {
    let algorithms = keys.required_texts("valid_hash_algos", report);
    let prefix = keys.text("field_prefix", report).unwrap_or_default();
    let without_algorithm = keys.boolean("drop_algo_prefix", report);
    Some(Transformation::Hashes(Hashes {
        algorithms: algorithms?.iter().map(|name| name.to_uppercase()).collect(),
        prefix,
        without_algorithm,
    }))
}

fn placeholders(keys: &mut Keys<'_, '_>, report: &mut Report<'_>) -> Option<Names> {
    let include = keys.get("include").is_some();
    let exclude = keys.get("exclude").map(|entry| entry.key_span.clone());
    match (include, exclude) {
        (true, Some(span)) => {
            let message = "`include` and `exclude` exclude each other";
            refuse(&span, message, "keep one of the two", report);
            None
        }
        (true, None) => keys.texts("include", report).map(Names::Only),
        (false, Some(_)) => keys.texts("exclude", report).map(Names::AllBut),
        (false, None) => Some(Names::All),
    }
}

fn add_condition(keys: &mut Keys<'_, '_>, report: &mut Report<'_>) -> Option<Transformation> {
    let name = keys.text("name", report);
    let template = keys.boolean("template", report);
    let negated = keys.boolean("negated", report);
    let entry = keys.required("conditions", report)?;
    entries(entry, report)?;
    let none = Placeholders::new();
    // Its placeholders are filled in the rule, by later steps or the configuration.
    let lowering = Lowering::new(&none, None).deferred(true);
    let part = detection::search(&entry.value, &entry.key_span, &lowering, report)?;
    Some(Transformation::AddCondition(Box::new(AddedCondition {
        name,
        part,
        template,
        negated,
    })))
}

fn replace(keys: &mut Keys<'_, '_>, report: &mut Report<'_>) -> Option<Change> {
    let pattern = keys.required_text("regex", report);
    let replacement = keys.required_text("replacement", report);
    let skip_special = keys.boolean("skip_special", report);
    let interpret_special = keys.boolean("interpret_special", report);
    let span = keys.get("regex")?.value.span.clone();
    let regex = python::regex(&pattern?, Anchor::None, &span, report)?;
    let replacement = python::replacement(&replacement?);
    if let Some(group) = python::missing_group(&replacement, &regex) {
        let groups = regex.captures_len().saturating_sub(1);
        refuse(
            &keys.get("replacement")?.value.span,
            format!("the replacement asks for the group `{group}`, and `regex` has {groups}"),
            "put what it is to be into parentheses; `\\g<0>` is the whole match",
            report,
        );
        return None;
    }
    Some(Change::Replace {
        regex,
        replacement,
        skip_special,
        interpret_special,
    })
}

fn set_value(keys: &mut Keys<'_, '_>, report: &mut Report<'_>) -> Option<Value> {
    let entry = keys.required("value", report)?;
    let force = match keys.get("force_type") {
        Some(_) => keys.word(
            "force_type",
            &[("str", Some(false)), ("num", Some(true))],
            report,
        )?,
        None => None,
    };
    let Kind::Scalar(scalar) = &entry.value.kind else {
        refuse(
            &entry.key_span,
            "`value` is a single value",
            "write it on one line",
            report,
        );
        return None;
    };
    let text = |text: &str| Pattern {
        tokens: pattern::parse(text),
        cased: false,
    };
    let of_type = match (force, Datum::of(&entry.value)?) {
        (Some(true), _) => number_of(&scalar.text).map(|n| Value::Number(n, false)),
        (Some(false), Datum::Null) => None,
        (Some(false), _) | (None, Datum::Text(_)) => Some(Value::Text(text(&scalar.text))),
        (None, Datum::Number(_)) => scalar::number(&scalar.text).map(|n| Value::Number(n, false)),
        (None, Datum::Bool(value)) => Some(Value::Bool(value, text(&scalar.text))),
        (None, Datum::Null) => Some(Value::Null),
        (_, Datum::List(_)) => None,
    };
    if of_type.is_none() {
        let message = format!(
            "`{}` is not of the type that `force_type` asks for",
            scalar.text
        );
        refuse(&entry.value.span, message, "change one of the two", report);
    }
    of_type
}

fn nest(keys: &mut Keys<'_, '_>, report: &mut Report<'_>) -> Option<Transformation> {
    let entry = keys.required("items", report)?;
    read::steps(entry, report).map(Transformation::Nest)
}

/// The id of a step.
pub(super) fn id(keys: &mut Keys<'_, '_>, report: &mut Report<'_>) -> Option<Arc<str>> {
    let id = keys.text("id", report)?;
    (!id.is_empty()).then(|| Arc::from(id))
}
