//! The conditions of a step: on the rule, on an item of a search, on the name of a field.

use regex::Regex;
use vakt_event::LogSource;

use super::datum::{Datum, Operator};
use super::facts::Facts;
use super::keys::{Keys, refuse, unknown};
use super::python::{self, Anchor};
use super::scope::Scope;
use super::values::{equals, has_wildcard, plain};
use crate::diagnostic::Report;
use crate::draft::{Item, RuleDraft, Value};
use crate::yaml::Node;

#[derive(Clone, Debug)]
pub(super) enum RuleCondition {
    LogSource(LogSource<'static>),
    ContainsItem(String, Datum),
    ContainsField(String),
    IsRule,
    IsCorrelation,
    Attribute(String, Operator, Datum),
    Tag(String),
    Applied(String),
    State(String, Operator, Datum),
}

#[derive(Clone, Debug)]
pub(super) enum ItemCondition {
    /// Whether all values or any must pass, and the test.
    Values(bool, ValueTest),
    Applied(String),
    State(String, Operator, Datum),
}

#[derive(Clone, Debug)]
pub(super) enum ValueTest {
    Matches { regex: Regex, negated: bool },
    Equals(Datum),
    HasWildcard,
    IsNull,
}

#[derive(Clone, Debug)]
pub(super) enum FieldCondition {
    Fields { names: FieldNames, excluded: bool },
    Applied(String),
    State(String, Operator, Datum),
}

#[derive(Clone, Debug)]
pub(super) enum FieldNames {
    Plain(Vec<String>),
    Patterns(Vec<Regex>),
}

/// What rule conditions look at.
pub(super) enum Subject<'s> {
    Rule(&'s RuleDraft),
    /// Its facts, its tags, and the log sources of the rules that feed it.
    Correlation(&'s Facts, &'s [String], &'s [&'s LogSource<'static>]),
}

impl RuleCondition {
    const TYPES: [&'static str; 9] = [
        "logsource",
        "contains_detection_item",
        "contains_field",
        "is_sigma_rule",
        "is_sigma_correlation_rule",
        "rule_attribute",
        "tag",
        "processing_item_applied",
        "processing_state",
    ];

    pub(super) fn read(node: &Node<'_>, report: &mut Report<'_>) -> Option<Self> {
        let (kind, mut keys) = typed("a rule condition", node, &Self::TYPES, report)?;
        let condition = match kind {
            "logsource" => log_source(&mut keys, report).map(Self::LogSource),
            "contains_detection_item" => {
                let field = keys.required_text("field", report);
                let value = keys.datum("value", report);
                field
                    .zip(value)
                    .map(|(field, value)| Self::ContainsItem(field, value))
            }
            "contains_field" => keys.required_text("field", report).map(Self::ContainsField),
            "is_sigma_rule" => Some(Self::IsRule),
            "is_sigma_correlation_rule" => Some(Self::IsCorrelation),
            "rule_attribute" => {
                let name = keys.required_text("attribute", report);
                let value = keys.datum("value", report);
                let operator = keys.word("op", &Operator::OF_ATTRIBUTES, report);
                (|| Some(Self::Attribute(name?, operator?, value?)))()
            }
            "tag" => keys.required_text("tag", report).map(Self::Tag),
            "processing_item_applied" => applied(&mut keys, report).map(Self::Applied),
            _ => state(&mut keys, report)
                .map(|(key, operator, value)| Self::State(key, operator, value)),
        };
        keys.finish(report);
        condition
    }

    pub(super) fn holds(&self, subject: &Subject<'_>, scope: &Scope<'_>) -> bool {
        let (facts, tags) = match subject {
            Subject::Rule(rule) => (&rule.facts, rule.meta.tags.as_slice()),
            Subject::Correlation(facts, tags, _) => (*facts, *tags),
        };
        let any_item = |test: &dyn Fn(&Item) -> bool| match subject {
            Subject::Rule(rule) => rule
                .searches
                .iter()
                .filter_map(|search| search.part.as_ref())
                .any(|part| part.items().into_iter().any(test)),
            Subject::Correlation(..) => false,
        };
        match self {
            Self::LogSource(asked) => match subject {
                Subject::Rule(rule) => rule.log_source.satisfies(asked),
                Subject::Correlation(_, _, of_rules) => {
                    of_rules.iter().any(|source| source.satisfies(asked))
                }
            },
            Self::ContainsItem(field, value) => any_item(&|item| {
                item.field.as_ref() == Some(field)
                    && item.values.iter().any(|own| equals(own, value))
            }),
            Self::ContainsField(field) => any_item(&|item| item.field.as_ref() == Some(field)),
            Self::IsRule => matches!(subject, Subject::Rule(_)),
            Self::IsCorrelation => matches!(subject, Subject::Correlation(..)),
            Self::Attribute(name, operator, value) => facts.compare(name, *operator, value),
            Self::Tag(tag) => tags.contains(tag),
            Self::Applied(id) => scope.rule_applied.contains(id.as_str()),
            Self::State(key, operator, value) => scope.state_is(key, *operator, value),
        }
    }
}

impl ItemCondition {
    const TYPES: [&'static str; 6] = [
        "match_string",
        "match_value",
        "contains_wildcard",
        "is_null",
        "processing_item_applied",
        "processing_state",
    ];

    pub(super) fn read(node: &Node<'_>, report: &mut Report<'_>) -> Option<Self> {
        let (kind, mut keys) = typed("a detection item condition", node, &Self::TYPES, report)?;
        let condition = match kind {
            "processing_item_applied" => applied(&mut keys, report).map(Self::Applied),
            "processing_state" => state(&mut keys, report)
                .map(|(key, operator, value)| Self::State(key, operator, value)),
            _ => {
                let given = keys.required("cond", report).is_some();
                let all = keys.word("cond", &[("any", false), ("all", true)], report);
                let test = match kind {
                    "match_string" => match_string(&mut keys, report),
                    "match_value" => keys.datum("value", report).map(ValueTest::Equals),
                    "contains_wildcard" => Some(ValueTest::HasWildcard),
                    _ => Some(ValueTest::IsNull),
                };
                all.zip(test)
                    .filter(|_| given)
                    .map(|(all, test)| Self::Values(all, test))
            }
        };
        keys.finish(report);
        condition
    }

    pub(super) fn holds(&self, item: &Item, scope: &Scope<'_>) -> bool {
        match self {
            Self::Values(true, test) => item.values.iter().all(|value| test.passes(value)),
            Self::Values(false, test) => item.values.iter().any(|value| test.passes(value)),
            Self::Applied(id) => item.applied.iter().any(|applied| **applied == **id),
            Self::State(key, operator, value) => scope.state_is(key, *operator, value),
        }
    }
}

impl ValueTest {
    fn passes(&self, value: &Value) -> bool {
        match self {
            Self::Matches { regex, negated } => {
                plain(value).is_some_and(|text| regex.is_match(&text)) != *negated
            }
            Self::Equals(wanted) => equals(value, wanted),
            Self::HasWildcard => has_wildcard(value),
            Self::IsNull => *value == Value::Null,
        }
    }
}

impl FieldCondition {
    const TYPES: [&'static str; 4] = [
        "include_fields",
        "exclude_fields",
        "processing_item_applied",
        "processing_state",
    ];

    pub(super) fn read(node: &Node<'_>, report: &mut Report<'_>) -> Option<Self> {
        let (kind, mut keys) = typed("a field name condition", node, &Self::TYPES, report)?;
        let condition = match kind {
            "processing_item_applied" => applied(&mut keys, report).map(Self::Applied),
            "processing_state" => state(&mut keys, report)
                .map(|(key, operator, value)| Self::State(key, operator, value)),
            _ => {
                let given = keys.required_texts("fields", report);
                let patterns = keys.word("mode", &[("plain", false), ("re", true)], report);
                let span = keys.get("fields").map(|entry| entry.value.span.clone());
                let names = match (given, patterns) {
                    (Some(given), Some(true)) => given
                        .iter()
                        .map(|text| python::regex(text, Anchor::Start, &span.clone()?, report))
                        .collect::<Option<Vec<Regex>>>()
                        .map(FieldNames::Patterns),
                    (Some(given), Some(false)) => Some(FieldNames::Plain(given)),
                    _ => None,
                };
                let excluded = kind == "exclude_fields";
                names.map(|names| Self::Fields { names, excluded })
            }
        };
        keys.finish(report);
        condition
    }

    /// Whether the name passes. `item` is where it is the name of an item's own field.
    pub(super) fn holds(
        &self,
        field: Option<&str>,
        item: Option<&Item>,
        scope: &Scope<'_>,
    ) -> bool {
        match self {
            Self::Fields { names, excluded } => {
                let named = match (field, names) {
                    (None, _) => false,
                    (Some(field), FieldNames::Plain(names)) => names.iter().any(|n| n == field),
                    (Some(field), FieldNames::Patterns(patterns)) => {
                        patterns.iter().any(|pattern| pattern.is_match(field))
                    }
                };
                named != *excluded
            }
            Self::Applied(id) => {
                let of_item = item.is_some_and(|item| item.applied.iter().any(|a| **a == **id));
                of_item || field.is_some_and(|field| scope.field_has(field, id))
            }
            Self::State(key, operator, value) => scope.state_is(key, *operator, value),
        }
    }

    /// Whether the item's field, or a field that one of its values refers to, passes.
    pub(super) fn holds_for_item(&self, item: &Item, scope: &Scope<'_>) -> bool {
        self.holds(item.field.as_deref(), Some(item), scope)
            || item.values.iter().any(|value| match value {
                Value::FieldRef { field, .. } => self.holds(Some(field), None, scope),
                _ => false,
            })
    }
}

/// A condition's type, and the map that it is.
fn typed<'n, 't>(
    what: &str,
    node: &'n Node<'t>,
    types: &[&'static str],
    report: &mut Report<'_>,
) -> Option<(&'static str, Keys<'n, 't>)> {
    let mut keys = Keys::new(what, node, report)?;
    let given = keys.required_text("type", report)?;
    let Some(kind) = types.iter().find(|kind| **kind == given) else {
        let what = format!("the type of {what}");
        let span = keys
            .get("type")
            .map_or(&node.span, |entry| &entry.value.span);
        unknown(&given, &what, types, span, report);
        return None;
    };
    keys.what = format!("the condition `{kind}`");
    Some((kind, keys))
}

pub(super) fn log_source(
    keys: &mut Keys<'_, '_>,
    report: &mut Report<'_>,
) -> Option<LogSource<'static>> {
    let mut part = |key| keys.text(key, report).map(Into::into);
    let source = LogSource {
        product: part("product"),
        category: part("category"),
        service: part("service"),
    };
    if source.is_empty() {
        let message = format!("{} names no part of a log source", keys.what);
        let help = "give at least one of product, category and service";
        refuse(&keys.span().clone(), message, help, report);
        return None;
    }
    Some(source)
}

fn applied(keys: &mut Keys<'_, '_>, report: &mut Report<'_>) -> Option<String> {
    keys.required_text("processing_item_id", report)
}

fn state(keys: &mut Keys<'_, '_>, report: &mut Report<'_>) -> Option<(String, Operator, Datum)> {
    let key = keys.required_text("key", report);
    let value = keys.datum("val", report);
    let operator = keys.word("op", &Operator::OF_STATES, report);
    Some((key?, operator?, value?))
}

fn match_string(keys: &mut Keys<'_, '_>, report: &mut Report<'_>) -> Option<ValueTest> {
    let negated = keys.boolean("negate", report);
    let pattern = keys.required_text("pattern", report)?;
    let span = keys.get("pattern")?.value.span.clone();
    let regex = python::regex(&pattern, Anchor::Start, &span, report)?;
    Some(ValueTest::Matches { regex, negated })
}
