//! The `correlation` section, before its references are resolved.

use std::collections::HashSet;

use crate::ast::{Bound, CorrelationKind, Threshold};
use crate::checks;
use crate::diagnostic::Report;
use crate::document::{self, Fields};
use crate::metadata::unknown_word;
use crate::scalar::{self, Resolved};
use crate::source::Span;
use crate::suggest;
use crate::temporal;
use crate::value::field_name;
use crate::yaml::{Entry, Kind, Node};

/// A correlation that refers to its rules by name.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) kind: CorrelationKind,
    pub(crate) rules: Vec<Reference>,
    pub(crate) group_by: Vec<String>,
    pub(crate) aliases: Vec<Alias>,
    pub(crate) timespan_seconds: u64,
    /// `generate: true`: what feeds it raises alerts of its own too.
    pub(crate) generate: bool,
    /// Whether it raises an alert itself: no other correlation is fed by it, or one says
    /// `generate: true`. Known once all correlations are.
    pub(crate) kept_for_itself: bool,
    /// Something in it is at fault: it is refused, and only its references are still looked at.
    pub(crate) faulty: bool,
}

/// The id or the name of a rule.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    pub(crate) text: String,
    pub(crate) span: Span,
}

#[derive(Clone, Debug)]
pub(crate) struct Alias {
    pub(crate) name: String,
    pub(crate) span: Span,
    /// The rule, and the field to read of its events.
    pub(crate) fields: Vec<(Reference, String)>,
}

const TYPES: [&str; 8] = [
    "event_count",
    "value_count",
    "temporal",
    "temporal_ordered",
    "value_sum",
    "value_avg",
    "value_percentile",
    "value_median",
];
const KEYS: [&str; 7] = [
    "type",
    "rules",
    "group-by",
    "timespan",
    "condition",
    "aliases",
    "generate",
];
const BOUNDS: [(&str, Bound); 6] = [
    ("gt", Bound::Greater),
    ("gte", Bound::GreaterOrEqual),
    ("lt", Bound::Less),
    ("lte", Bound::LessOrEqual),
    ("eq", Bound::Equal),
    ("neq", Bound::NotEqual),
];
/// Rules that one correlation may name.
const RULES_MAX: usize = 1_000;
/// A longer time span would keep state for longer than logs are kept: two years, in seconds.
const TIMESPAN_SECONDS_MAX: u64 = 2 * 366 * 86_400;

pub(crate) fn read(fields: &Fields<'_, '_>, report: &mut Report<'_>) -> Option<Draft> {
    let section = fields.get("correlation")?;
    let Some(entries) = document::section(&section.value) else {
        report.add(
            &checks::CORRELATION_KEY,
            &section.key_span,
            "`correlation` is not a map",
            "give it type, rules, group-by, timespan and condition",
        );
        return None;
    };
    let inner = Fields {
        entries,
        start: section.key_span.clone(),
    };
    for entry in entries {
        if !KEYS.contains(&entry.key.as_ref()) {
            let (message, help) = if document::KEYS.contains(&entry.key.as_ref()) {
                (
                    format!("`{}` counts for nothing in `correlation`", entry.key),
                    "write it beside `correlation`".to_owned(),
                )
            } else {
                let help = match suggest::nearest(&entry.key, KEYS) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("the keys are {}", KEYS.join(", ")),
                };
                (format!("a correlation has no key `{}`", entry.key), help)
            };
            report.add(&checks::CORRELATION_KEY, &entry.key_span, message, help);
        }
    }
    // Each part is read even if another is at fault, so that all faults are said at once.
    let (rules, repeated) = rules(&inner, report);
    let timespan_seconds = timespan(&inner, report);
    let group_by = group_by(&inner, report);
    let aliases = aliases(&inner, &group_by, report);
    let generate = generate(fields, &inner, report);
    // Without its rules a condition over their names cannot be judged.
    let kind = kind(&inner, rules.as_deref().unwrap_or_default(), report);
    // Without the second place of a rule the order would be another one than is asked for.
    let misses_a_place = repeated && matches!(kind, Some(CorrelationKind::TemporalOrdered(_)));
    let faulty =
        kind.is_none() || aliases.is_none() || timespan_seconds.is_none() || misses_a_place;
    Some(Draft {
        kind: kind.unwrap_or(CorrelationKind::Temporal(Vec::new())),
        rules: rules?,
        group_by,
        aliases: aliases.unwrap_or_default(),
        timespan_seconds: timespan_seconds.unwrap_or(1),
        generate,
        kept_for_itself: true,
        faulty,
    })
}

fn refuse(span: &Span, message: &str, help: &str, report: &mut Report<'_>) {
    report.add(&checks::CORRELATION_KEY, span, message, help);
}

pub(crate) fn scalar_text<'n>(node: &'n Node<'_>) -> Option<&'n str> {
    match &node.kind {
        Kind::Scalar(scalar) if !scalar.text.is_empty() => Some(&scalar.text),
        _ => None,
    }
}

/// A text or a list of texts, with their spans.
fn scalar_list<'n>(node: &'n Node<'_>) -> Option<Vec<(&'n str, &'n Span)>> {
    match &node.kind {
        Kind::List(items) if !items.is_empty() => items
            .iter()
            .map(|item| scalar_text(item).map(|text| (text, &item.span)))
            .collect(),
        _ => scalar_text(node).map(|text| vec![(text, &node.span)]),
    }
}

/// The rules, each once, and whether one of them is named twice.
fn rules(fields: &Fields<'_, '_>, report: &mut Report<'_>) -> (Option<Vec<Reference>>, bool) {
    let help =
        "list the ids or names of the rules that feed the correlation: `rules: [failed_login]`";
    let Some(entry) = fields.get("rules") else {
        let rules = temporal::rules(fields);
        if rules.is_none() {
            refuse(&fields.start, "there are no `rules`", help, report);
        }
        return (rules, false);
    };
    let Some(list) = scalar_list(&entry.value).filter(|list| list.len() <= RULES_MAX) else {
        refuse(
            &entry.key_span,
            "`rules` is not a list of ids or names",
            help,
            report,
        );
        return (None, false);
    };
    let named = list.len();
    let references = list.into_iter().map(|(text, span)| Reference {
        text: text.to_owned(),
        span: span.clone(),
    });
    let ordered = fields
        .get("type")
        .and_then(|entry| scalar_text(&entry.value))
        .is_some_and(|kind| kind == "temporal_ordered");
    let help = if ordered {
        "a rule has one place in the order: for a second one write a rule of the same detection with an id and a name of its own"
    } else {
        "remove one"
    };
    let rules = unique(references.collect(), help, report);
    let repeated = rules.len() < named;
    (Some(rules), repeated)
}

/// Each rule once; says which are named twice, and what to do about it.
pub(crate) fn unique(
    mut rules: Vec<Reference>,
    help: &str,
    report: &mut Report<'_>,
) -> Vec<Reference> {
    let mut seen = HashSet::new();
    rules.retain(|rule| {
        let first = seen.insert(rule.text.clone());
        if !first {
            let message = format!("`rules` names `{}` twice", rule.text);
            report.add(&checks::METADATA_DUPLICATE, &rule.span, message, help);
        }
        first
    });
    rules
}

fn timespan(fields: &Fields<'_, '_>, report: &mut Report<'_>) -> Option<u64> {
    let help = "write a number and one of s, m, h, d: `timespan: 15m`";
    let Some(entry) = fields.get("timespan") else {
        let near = fields.get("timeframe").map(|entry| entry.key_span.clone());
        refuse(
            &near.unwrap_or_else(|| fields.start.clone()),
            "there is no `timespan`",
            help,
            report,
        );
        return None;
    };
    let text = scalar_text(&entry.value).unwrap_or_default();
    let seconds = seconds(text);
    if seconds.is_none() {
        report.add(
            &checks::CORRELATION_TIMESPAN,
            &entry.value.span,
            format!("`{text}` is no time span"),
            format!("{help}; at least a second, at most two years"),
        );
    }
    seconds
}

fn seconds(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    if !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let seconds = number.parse::<u64>().ok()?.checked_mul(unit)?;
    (1..=TIMESPAN_SECONDS_MAX)
        .contains(&seconds)
        .then_some(seconds)
}

fn group_by(fields: &Fields<'_, '_>, report: &mut Report<'_>) -> Vec<String> {
    let help = "list the fields whose values tell the groups apart: `group-by: [source.ip]`";
    let Some(entry) = fields.get("group-by") else {
        // Without it all events are one group: plain enough to run.
        refuse(&fields.start, "there is no `group-by`", help, report);
        return Vec::new();
    };
    match scalar_list(&entry.value) {
        Some(list) => {
            field_names(entry, Many::List, report);
            let mut names: Vec<String> = Vec::with_capacity(list.len());
            for (text, span) in list {
                let name = field_name(text);
                if names.contains(&name) {
                    let message = format!("`group-by` names `{text}` twice");
                    report.add(&checks::METADATA_DUPLICATE, span, message, "remove one");
                } else {
                    names.push(name);
                }
            }
            names
        }
        None => {
            refuse(
                &entry.key_span,
                "`group-by` is not a list of fields",
                help,
                report,
            );
            Vec::new()
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Many {
    /// Always a list, even of one.
    List,
    OneOrList,
}

const FIELD_CHARS_MAX: usize = 256;

/// Says where names of fields are no texts, too long, or not in a list: plain enough to run.
fn field_names(entry: &Entry<'_>, many: Many, report: &mut Report<'_>) {
    let items = match &entry.value.kind {
        Kind::List(items) => items.as_slice(),
        _ => {
            if many == Many::List {
                let message = format!("`{}` is not a list of fields", entry.key);
                let help = format!("write `{}: [FIELD]`", entry.key);
                refuse(&entry.key_span, &message, &help, report);
            }
            std::slice::from_ref(&entry.value)
        }
    };
    for item in items {
        let Kind::Scalar(scalar) = &item.kind else {
            continue;
        };
        if !matches!(scalar::resolve(scalar), Resolved::Text(_)) {
            let message = "the name of a field is a text";
            refuse(&item.span, message, "quote it", report);
        }
        if scalar.text.chars().count() > FIELD_CHARS_MAX {
            let message =
                format!("the name of a field is longer than {FIELD_CHARS_MAX} characters");
            refuse(&item.span, &message, "shorten it", report);
        }
    }
}

fn aliases(
    fields: &Fields<'_, '_>,
    group_by: &[String],
    report: &mut Report<'_>,
) -> Option<Vec<Alias>> {
    let Some(entry) = fields.get("aliases") else {
        return Some(Vec::new());
    };
    let help = "write `aliases: {ALIAS: {RULE: FIELD, OTHER_RULE: OTHER_FIELD}}`";
    let Some(entries) = document::section(&entry.value) else {
        let message = "`aliases` is not a map";
        report.add(&checks::CORRELATION_ALIAS, &entry.key_span, message, help);
        return None;
    };
    let mut whole = true;
    let mut aliases = Vec::with_capacity(entries.len());
    for alias in entries {
        let name = field_name(&alias.key);
        if !group_by.contains(&name) {
            report.add(
                &checks::CORRELATION_ALIAS_UNUSED,
                &alias.key_span,
                format!("`group-by` does not use the alias `{name}`"),
                "name it there, or remove it",
            );
        }
        let mut of_rules = Vec::new();
        for field in document::section(&alias.value).unwrap_or_default() {
            if let Some(text) = scalar_text(&field.value) {
                let reference = Reference {
                    text: field.key.to_string(),
                    span: field.key_span.clone(),
                };
                of_rules.push((reference, field_name(text)));
            } else {
                whole = false;
                let message = "an alias gives a field for each rule";
                report.add(&checks::CORRELATION_ALIAS, &field.key_span, message, help);
            }
        }
        if of_rules.is_empty() {
            whole = false;
            let message = "the alias names no rule";
            report.add(&checks::CORRELATION_ALIAS, &alias.key_span, message, help);
        }
        aliases.push(Alias {
            name,
            span: alias.key_span.clone(),
            fields: of_rules,
        });
    }
    whole.then_some(aliases)
}

/// `generate` stands beside `correlation` (the schema) or in it (pySigma).
fn generate(outer: &Fields<'_, '_>, inner: &Fields<'_, '_>, report: &mut Report<'_>) -> bool {
    let Some(entry) = outer.get("generate").or_else(|| inner.get("generate")) else {
        return false;
    };
    if let Kind::Scalar(scalar) = &entry.value.kind
        && let Resolved::Bool(generate) = scalar::resolve(scalar)
    {
        return generate;
    }
    refuse(
        &entry.value.span,
        "`generate` is true or false",
        "write `generate: true`",
        report,
    );
    false
}

fn kind(
    fields: &Fields<'_, '_>,
    rules: &[Reference],
    report: &mut Report<'_>,
) -> Option<CorrelationKind> {
    let Some(entry) = fields.get("type") else {
        let help = format!("add `type:` with one of {}", TYPES.join(", "));
        refuse(&fields.start, "there is no `type`", &help, report);
        return None;
    };
    let name = scalar_text(&entry.value).unwrap_or_default();
    if !TYPES.contains(&name) {
        let message = format!("`{name}` is no type of correlation");
        unknown_word(
            &checks::CORRELATION_TYPE,
            entry,
            name,
            message,
            &TYPES,
            report,
        );
        return None;
    }
    if name.starts_with("temporal") {
        let combinations = temporal::combinations(fields.get("condition"), rules, report)?;
        return Some(match name {
            "temporal" => CorrelationKind::Temporal(combinations),
            _ => CorrelationKind::TemporalOrdered(combinations),
        });
    }
    let condition = condition(name, fields, report)?;
    let mut of = condition.fields;
    let threshold = condition.threshold;
    if name == "event_count" {
        return Some(CorrelationKind::EventCount(threshold));
    }
    if name == "value_count" {
        return Some(CorrelationKind::ValueCount(of, threshold));
    }
    let field = of.pop()?;
    Some(match name {
        "value_sum" => CorrelationKind::ValueSum(field, threshold),
        "value_avg" => CorrelationKind::ValueAvg(field, threshold),
        "value_median" => CorrelationKind::ValueMedian(field, threshold),
        _ => CorrelationKind::ValuePercentile(field, condition.percentile, threshold),
    })
}

struct CountCondition {
    threshold: Threshold,
    fields: Vec<String>,
    percentile: f64,
}

/// The percentile of `value_percentile` where the condition names none, as in the example of the
/// specification: the median.
const PERCENTILE_DEFAULT: f64 = 50.0;

/// Says where the values of a condition are written as the schema does not allow, though it is
/// plain what they mean: `gte: "2"`, `gte: 2.5` events, `field: 5`.
fn notation(kind: &str, fields: &Fields<'_, '_>, report: &mut Report<'_>) {
    let entries = fields
        .get("condition")
        .and_then(|entry| document::section(&entry.value));
    for entry in entries.unwrap_or_default() {
        if entry.key == "field" && kind != "event_count" {
            field_names(entry, Many::OneOrList, report);
        }
        let Kind::Scalar(scalar) = &entry.value.kind else {
            continue;
        };
        let bound = BOUNDS.iter().any(|(name, _)| *name == entry.key);
        let Some(number) = scalar::number(&scalar.text).filter(|_| bound) else {
            continue;
        };
        let counts = matches!(kind, "event_count" | "value_count");
        let (what, help) = match scalar::resolve(scalar) {
            Resolved::Number(_) if counts && number.value.fract() != 0.0 => {
                ("a whole number", "a count has no fractions")
            }
            Resolved::Number(_) => continue,
            _ => ("a number", "leave the quotes out"),
        };
        let message = format!("`{}` is not {what}", entry.key);
        report.add(
            &checks::CORRELATION_CONDITION,
            &entry.value.span,
            message,
            help,
        );
    }
}

fn condition(
    kind: &str,
    fields: &Fields<'_, '_>,
    report: &mut Report<'_>,
) -> Option<CountCondition> {
    let help = if kind == "event_count" {
        "write `condition: {gte: 10}`"
    } else {
        "write `condition: {field: FIELD, gte: 10}`"
    };
    notation(kind, fields, report);
    let mut refuse = |span: &Span, message: &str, help: &str| {
        report.add(&checks::CORRELATION_CONDITION, span, message, help);
    };
    let Some(entry) = fields.get("condition") else {
        refuse(&fields.start, "there is no `condition`", help);
        return None;
    };
    let Some(entries) = document::section(&entry.value) else {
        refuse(
            &entry.key_span,
            "the condition is not a map of bounds (only `temporal` and `temporal_ordered` take names of rules)",
            help,
        );
        return None;
    };
    let mut whole = true;
    let mut condition = CountCondition {
        threshold: Threshold::default(),
        fields: Vec::new(),
        percentile: PERCENTILE_DEFAULT,
    };
    for entry in entries {
        let number = match &entry.value.kind {
            Kind::Scalar(scalar) => scalar::number(&scalar.text).map(|number| number.value),
            _ => None,
        };
        let bound = BOUNDS.iter().find(|(name, _)| *name == entry.key);
        match (entry.key.as_ref(), bound, number) {
            (_, Some((_, bound)), Some(number)) => {
                condition.threshold.bounds.push((*bound, number));
            }
            ("percentile", _, Some(number))
                if kind == "value_percentile" && (0.0..=100.0).contains(&number) =>
            {
                condition.percentile = number;
            }
            ("field", _, _) if kind != "event_count" => match scalar_list(&entry.value) {
                Some(list) => {
                    condition.fields = list.iter().map(|(text, _)| field_name(text)).collect();
                }
                None => {
                    whole = false;
                    refuse(&entry.key_span, "`field` is not the name of a field", help);
                }
            },
            (key, bound, _) => {
                whole = false;
                let message = if bound.is_some() {
                    format!("`{key}` takes a number")
                } else {
                    format!("the condition of `{kind}` has no key `{key}`, or not with this value")
                };
                let known = BOUNDS
                    .iter()
                    .map(|(name, _)| *name)
                    .chain(["field", "percentile"]);
                let near = suggest::nearest(key, known).filter(|near| *near != key);
                match near {
                    Some(near) => refuse(
                        &entry.key_span,
                        &message,
                        &format!("did you mean `{near}`?"),
                    ),
                    None => refuse(&entry.key_span, &message, help),
                }
            }
        }
    }
    if condition.threshold.bounds.is_empty() && whole {
        whole = false;
        refuse(&entry.key_span, "the condition has no bound", help);
    }
    let fields_needed = match kind {
        "event_count" => 0..=0,
        "value_count" => 1..=usize::MAX,
        _ => 1..=1,
    };
    if !fields_needed.contains(&condition.fields.len()) && whole {
        whole = false;
        let message = format!("`{kind}` needs the `field` to take values from, and only one");
        let message = match kind {
            "value_count" => "`value_count` needs the `field` to count values of",
            _ => message.as_str(),
        };
        refuse(&entry.key_span, message, help);
    }
    whole.then_some(condition)
}
