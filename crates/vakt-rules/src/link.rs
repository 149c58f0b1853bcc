//! Names to rules: duplicate ids, filters, and what feeds each correlation.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::ast::{Correlation, GroupField, Metadata, Rule, RuleRef};
use crate::checks;
use crate::correlation::{Draft, Reference};
use crate::diagnostic::Report;
use crate::draft::RuleDraft;
use crate::filter::{Filter, FilterRules};
use crate::load::{LoadOptions, Loaded, Refused, in_arcs};
use crate::pipeline::Facts;
use crate::process;
use crate::rule_test::RuleTest;
use crate::source::Span;
use crate::suggest;

/// A document that was read, before its references are resolved.
pub(crate) struct Definition {
    /// The index of its source.
    pub(crate) source: usize,
    /// The document's first key.
    pub(crate) start: Span,
    /// Where the id stands; `None` for a derived one.
    pub(crate) id_span: Option<Span>,
    pub(crate) name_span: Option<Span>,
    /// The names of the errors in it.
    pub(crate) reasons: Vec<&'static str>,
    pub(crate) meta: Metadata,
    /// Of a correlation, what pipelines can ask.
    pub(crate) facts: Facts,
    pub(crate) body: Body,
    /// Without their rule's id yet.
    pub(crate) tests: Vec<RuleTest>,
}

pub(crate) enum Body {
    /// A rule that filters and pipelines may still change.
    Draft(Box<RuleDraft>),
    Rule(Box<Rule>),
    Correlation(Box<Draft>),
    Filter(Box<Filter>),
    /// A correlation that is refused, once its references have been looked at.
    Faulty(Box<Draft>),
    Refused,
    Skipped,
}

/// Where definitions are, by id (lower case) and by name.
struct Names {
    ids: HashMap<String, usize>,
    names: HashMap<String, usize>,
}

impl Names {
    fn find(&self, reference: &str) -> Option<usize> {
        self.names
            .get(reference)
            .or_else(|| self.ids.get(&reference.to_ascii_lowercase()))
            .copied()
    }

    fn nearest(&self, reference: &str) -> Option<&str> {
        // Sorted, so that of two names equally near the same one is always suggested.
        let mut known: Vec<&str> = self.names.keys().map(String::as_str).collect();
        known.sort_unstable();
        suggest::nearest(reference, known)
    }
}

pub(crate) fn link(
    mut definitions: Vec<Definition>,
    options: &LoadOptions<'_>,
    reports: &mut [Report<'_>],
    loaded: &mut Loaded,
) {
    let names = register(&mut definitions, reports);
    apply_filters(&mut definitions, &names, reports);
    let inputs = resolve_inputs(&mut definitions, &names, reports);
    if let Some(pipelines) = options.pipelines {
        process::rules(&mut definitions, pipelines, reports);
        process::correlations(&mut definitions, &inputs, pipelines, reports);
    }
    process::finish(&mut definitions, options, reports);
    let group_fields = resolve_aliases(&mut definitions, &inputs, &names, reports);
    refuse_dependents(&mut definitions, &inputs, reports);
    build(definitions, &inputs, group_fields, loaded);
}

/// Knows every id and name, and refuses the second holder of one.
fn register(definitions: &mut [Definition], reports: &mut [Report<'_>]) -> Names {
    let mut names = Names {
        ids: HashMap::with_capacity(definitions.len()),
        names: HashMap::new(),
    };
    for index in 0..definitions.len() {
        let id = definitions[index].meta.id.to_ascii_lowercase();
        let skipped = matches!(definitions[index].body, Body::Skipped);
        let first = names.ids.get(&id).copied();
        // A retired rule gives its id up to one that runs.
        let first = first.filter(|first| !matches!(definitions[*first].body, Body::Skipped));
        if skipped && first.is_some() {
            continue;
        }
        if let Some(first) = first {
            let place = place(&definitions[first]);
            let definition = &mut definitions[index];
            let span = definition.id_span.as_ref().unwrap_or(&definition.start);
            let (message, help) = if definition.id_span.is_some() {
                (
                    format!("the id `{}` is taken by {place}", definition.meta.id),
                    "give each rule an id of its own: `uuidgen` makes one",
                )
            } else {
                (
                    format!("this is the same rule as {place}"),
                    "remove one of the two, or give each an id",
                )
            };
            reports[definition.source].add(&checks::ID_DUPLICATE, span, message, help);
            refuse(definition, checks::ID_DUPLICATE.name);
            continue;
        }
        names.ids.insert(id, index);
        let Some(name) = definitions[index].meta.name.clone() else {
            continue;
        };
        if let Some(first) = names.names.get(&name).copied() {
            let place = place(&definitions[first]);
            let definition = &definitions[index];
            let span = definition.name_span.as_ref().unwrap_or(&definition.start);
            reports[definition.source].add(
                &checks::NAME_DUPLICATE,
                span,
                format!("the name `{name}` is taken by {place}"),
                "correlations that use the name get that rule: rename this one",
            );
            continue;
        }
        names.names.insert(name, index);
    }
    names
}

fn place(definition: &Definition) -> String {
    format!(
        "`{}` at {}:{}",
        definition.meta.title, definition.meta.path, definition.meta.line
    )
}

pub(crate) fn refuse(definition: &mut Definition, reason: &'static str) {
    if !matches!(definition.body, Body::Skipped) {
        definition.body = Body::Refused;
    }
    definition.reasons.push(reason);
}

fn unknown_help(names: &Names, reference: &Reference, report: &Report<'_>) -> String {
    let near = (!report.is_full()).then(|| names.nearest(&reference.text));
    match near.flatten() {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            "give the id or the `name` of a rule that is loaded together with this one".to_owned()
        }
    }
}

/// Predicates that all filters together may add to rules: a list of 10,000 hosts on each of 4,000
/// rules would need gigabytes.
const FILTER_PREDICATES_MAX: usize = 2_000_000;

fn apply_filters(definitions: &mut [Definition], names: &Names, reports: &mut [Report<'_>]) {
    let mut left = FILTER_PREDICATES_MAX;
    for index in 0..definitions.len() {
        let Body::Filter(filter) = &definitions[index].body else {
            continue;
        };
        let filter = filter.clone();
        let report = &mut reports[definitions[index].source];
        let mut targets = filter_targets(&filter, definitions, names, report);
        if filter.faulty {
            definitions[index].body = Body::Refused;
            continue;
        }
        targets.retain(|target| match &definitions[*target].body {
            Body::Draft(rule) => filter.covers(rule),
            _ => false,
        });
        let Some(rest) = left.checked_sub(filter.predicates().saturating_mul(targets.len())) else {
            report.add(
                &checks::FILTER_KEY,
                &definitions[index].start,
                format!("the filter has too many values for {} rules", targets.len()),
                "name the rules that need it, or shorten its lists",
            );
            refuse(&mut definitions[index], checks::FILTER_KEY.name);
            continue;
        };
        left = rest;
        let id = definitions[index].meta.id.clone();
        for target in targets {
            if let Body::Draft(rule) = &mut definitions[target].body {
                filter.apply(&id, rule);
            }
        }
    }
}

/// The definitions that a filter names, each once.
fn filter_targets(
    filter: &Filter,
    definitions: &[Definition],
    names: &Names,
    report: &mut Report<'_>,
) -> BTreeSet<usize> {
    let FilterRules::Named(references) = &filter.rules else {
        return (0..definitions.len()).collect();
    };
    let mut targets = BTreeSet::new();
    for reference in references {
        let found = names.find(&reference.text);
        let help = match found.map(|found| &definitions[found].body) {
            None => unknown_help(names, reference, report),
            Some(Body::Correlation(_) | Body::Faulty(_) | Body::Filter(_)) => {
                "a filter narrows rules only, not correlations: name the rules that feed it"
                    .to_owned()
            }
            Some(_) => {
                targets.extend(found);
                continue;
            }
        };
        let message = format!("there is no rule `{}` to filter", reference.text);
        report.add(&checks::FILTER_RULE_UNKNOWN, &reference.span, message, help);
    }
    targets
}

/// The definitions that feed each correlation; one with an unknown rule is refused.
fn resolve_inputs(
    definitions: &mut [Definition],
    names: &Names,
    reports: &mut [Report<'_>],
) -> Vec<Vec<usize>> {
    let mut inputs = vec![Vec::new(); definitions.len()];
    for (index, definition) in definitions.iter_mut().enumerate() {
        let (Body::Correlation(draft) | Body::Faulty(draft)) = &definition.body else {
            continue;
        };
        let mut unknown = false;
        for reference in &draft.rules {
            if let Some(found) = names.find(&reference.text) {
                inputs[index].push(found);
                continue;
            }
            unknown = true;
            let report = &mut reports[definition.source];
            let help = unknown_help(names, reference, report);
            let message = format!("there is no rule `{}`", reference.text);
            let check = &checks::CORRELATION_RULE_UNKNOWN;
            report.add(check, &reference.span, message, help);
        }
        if unknown {
            definition
                .reasons
                .push(checks::CORRELATION_RULE_UNKNOWN.name);
        }
        if unknown || draft.faulty {
            inputs[index].clear();
            definition.body = match std::mem::replace(&mut definition.body, Body::Refused) {
                Body::Correlation(draft) => Body::Faulty(draft),
                other => other,
            };
        }
    }
    inputs
}

/// The group fields of each correlation, its aliases put in.
fn resolve_aliases(
    definitions: &mut [Definition],
    inputs: &[Vec<usize>],
    names: &Names,
    reports: &mut [Report<'_>],
) -> Vec<Vec<GroupField>> {
    let mut groups = Vec::with_capacity(definitions.len());
    for (definition, inputs) in definitions.iter_mut().zip(inputs) {
        if let Body::Faulty(draft) = &definition.body {
            let report = &mut reports[definition.source];
            if !aliases_are_known(draft, names, report) {
                definition.reasons.push(checks::CORRELATION_ALIAS.name);
            }
            definition.body = Body::Refused;
        }
        let Body::Correlation(draft) = &definition.body else {
            groups.push(Vec::new());
            continue;
        };
        let report = &mut reports[definition.source];
        match group_fields(draft, inputs, names, report) {
            Some(fields) => groups.push(fields),
            None => {
                groups.push(Vec::new());
                refuse(definition, checks::CORRELATION_ALIAS.name);
            }
        }
    }
    groups
}

fn unknown_in_alias(draft: &Draft, reference: &Reference, report: &mut Report<'_>) {
    let rules: Vec<&str> = draft.rules.iter().map(|rule| rule.text.as_str()).collect();
    let help = match suggest::nearest(&reference.text, rules.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the rules are {}", rules.join(", ")),
    };
    report.add(
        &checks::CORRELATION_ALIAS,
        &reference.span,
        format!(
            "`{}` is not one of the rules of this correlation",
            reference.text
        ),
        help,
    );
}

/// Whether the aliases name rules of the correlation only, known ones or not.
fn aliases_are_known(draft: &Draft, names: &Names, report: &mut Report<'_>) -> bool {
    let mut known = true;
    for (reference, _) in draft.aliases.iter().flat_map(|alias| &alias.fields) {
        let found = names.find(&reference.text);
        let named = draft.rules.iter().any(|rule| {
            rule.text == reference.text || (found.is_some() && names.find(&rule.text) == found)
        });
        if !named {
            known = false;
            unknown_in_alias(draft, reference, report);
        }
    }
    known
}

fn group_fields(
    draft: &Draft,
    inputs: &[usize],
    names: &Names,
    report: &mut Report<'_>,
) -> Option<Vec<GroupField>> {
    let mut whole = true;
    let mut by_alias: HashMap<&str, Vec<String>> = HashMap::new();
    for alias in &draft.aliases {
        let mut fields: Vec<Option<&String>> = vec![None; inputs.len()];
        for (reference, field) in &alias.fields {
            let input = names
                .find(&reference.text)
                .and_then(|found| inputs.iter().position(|input| *input == found));
            if let Some(input) = input {
                fields[input] = Some(field);
                continue;
            }
            whole = false;
            unknown_in_alias(draft, reference, report);
        }
        let missing: Vec<&str> = draft
            .rules
            .iter()
            .zip(&fields)
            .filter(|(_, field)| field.is_none())
            .map(|(rule, _)| rule.text.as_str())
            .collect();
        if !missing.is_empty() && whole && draft.group_by.contains(&alias.name) {
            whole = false;
            report.add(
                &checks::CORRELATION_ALIAS,
                &alias.span,
                format!(
                    "the alias `{}` gives no field for {}",
                    alias.name,
                    missing.join(", ")
                ),
                "name a field for each rule of the correlation",
            );
        }
        by_alias.insert(&alias.name, fields.into_iter().flatten().cloned().collect());
    }
    whole.then(|| {
        draft
            .group_by
            .iter()
            .map(|name| GroupField {
                per_input: by_alias.get(name.as_str()).cloned().unwrap_or_default(),
                name: name.clone(),
            })
            .collect()
    })
}

/// Refuses the correlations that are fed by something refused or skipped, and those that feed
/// themselves.
fn refuse_dependents(
    definitions: &mut [Definition],
    inputs: &[Vec<usize>],
    reports: &mut [Report<'_>],
) {
    let mut settled: Vec<bool> = definitions
        .iter()
        .map(|definition| !matches!(definition.body, Body::Correlation(_)))
        .collect();
    loop {
        let ready: Vec<usize> = (0..definitions.len())
            .filter(|index| !settled[*index])
            .filter(|index| inputs[*index].iter().all(|input| settled[*input]))
            .collect();
        if ready.is_empty() {
            break;
        }
        for index in ready {
            settled[index] = true;
            refuse_for_inputs(index, definitions, inputs, reports);
        }
    }
    // What is left waits for itself, directly or through another.
    for index in 0..definitions.len() {
        if settled[index] {
            continue;
        }
        let definition = &mut definitions[index];
        let Body::Correlation(draft) = &definition.body else {
            continue;
        };
        let waits_for = inputs[index].iter().position(|input| !settled[*input]);
        let span = waits_for
            .and_then(|at| draft.rules.get(at))
            .map_or(&definition.start, |rule| &rule.span);
        reports[definition.source].add(
            &checks::CORRELATION_CYCLE,
            span,
            "the correlation feeds itself, or one that does",
            "let each correlation refer only to rules, and to correlations that do not refer back",
        );
        refuse(definition, checks::CORRELATION_CYCLE.name);
    }
}

fn refuse_for_inputs(
    index: usize,
    definitions: &mut [Definition],
    inputs: &[Vec<usize>],
    reports: &mut [Report<'_>],
) {
    let Body::Correlation(draft) = &definitions[index].body else {
        return;
    };
    let mut problems = Vec::new();
    for (input, reference) in inputs[index].iter().zip(&draft.rules) {
        let fed_by = &definitions[*input];
        let (what, help) = match fed_by.body {
            Body::Draft(_) | Body::Rule(_) | Body::Correlation(_) => continue,
            Body::Skipped => ("skipped for its status", "use a rule that is maintained"),
            Body::Faulty(_) | Body::Refused => ("refused", "mend it; its own errors say how"),
            Body::Filter(_) => ("a filter, which fires nothing", "name a rule"),
        };
        let message = format!("`{}` is {what}: {}", reference.text, place(fed_by));
        problems.push((reference.span.clone(), message, help));
    }
    if problems.is_empty() {
        return;
    }
    let definition = &mut definitions[index];
    for (span, message, help) in problems {
        let check = &checks::CORRELATION_RULE_REFUSED;
        reports[definition.source].add(check, &span, message, help);
    }
    refuse(definition, checks::CORRELATION_RULE_REFUSED.name);
}

/// Fills the rule set, in the order of the definitions.
fn build(
    mut definitions: Vec<Definition>,
    inputs: &[Vec<usize>],
    group_fields: Vec<Vec<GroupField>>,
    loaded: &mut Loaded,
) {
    let references = number(&definitions);
    silence_inputs(&mut definitions, inputs);
    let mut rules = Vec::new();
    for ((definition, inputs), group_by) in definitions.into_iter().zip(inputs).zip(group_fields) {
        let Definition {
            meta,
            body,
            tests,
            start: _,
            reasons,
            ..
        } = definition;
        match body {
            Body::Rule(rule) => rules.push(*rule),
            Body::Correlation(draft) => {
                let generate = draft.kept_for_itself;
                loaded.rules.correlations.push(Arc::new(Correlation {
                    meta: meta.clone(),
                    kind: draft.kind,
                    inputs: inputs
                        .iter()
                        .filter_map(|input| references[*input])
                        .collect(),
                    group_by,
                    timespan_seconds: draft.timespan_seconds,
                    generate,
                }));
            }
            Body::Draft(_) | Body::Filter(_) => {
                // A filter fires nothing that a test could see.
                loaded.counts.loaded += 1;
                if matches!(body, Body::Filter(_)) {
                    loaded.filters.push(meta);
                }
                continue;
            }
            Body::Skipped => {
                loaded.counts.skipped += 1;
                continue;
            }
            Body::Faulty(_) | Body::Refused => {
                let mut seen = HashSet::new();
                let reasons = reasons.into_iter().filter(|name| seen.insert(*name));
                loaded.refused.push(Refused {
                    path: meta.path,
                    line: meta.line,
                    id: meta.id,
                    title: meta.title,
                    reasons: reasons.collect(),
                });
                continue;
            }
        }
        loaded.counts.loaded += 1;
        loaded.tests.extend(tests.into_iter().map(|test| RuleTest {
            rule_id: meta.id.clone(),
            ..test
        }));
    }
    loaded.rules.rules = in_arcs(rules);
}

/// The place in the rule set that each definition will have.
fn number(definitions: &[Definition]) -> Vec<Option<RuleRef>> {
    let (mut rules, mut correlations) = (0, 0);
    definitions
        .iter()
        .map(|definition| match definition.body {
            Body::Rule(_) => {
                rules += 1;
                Some(RuleRef::Rule(rules - 1))
            }
            Body::Correlation(_) => {
                correlations += 1;
                Some(RuleRef::Correlation(correlations - 1))
            }
            _ => None,
        })
        .collect()
}

/// What feeds a correlation raises no alert of its own, unless one of its correlations says
/// `generate: true`.
fn silence_inputs(definitions: &mut [Definition], inputs: &[Vec<usize>]) {
    let mut fed = vec![false; definitions.len()];
    let mut kept = vec![false; definitions.len()];
    for (definition, inputs) in definitions.iter().zip(inputs) {
        if let Body::Correlation(draft) = &definition.body {
            for input in inputs {
                fed[*input] = true;
                kept[*input] |= draft.generate;
            }
        }
    }
    for ((definition, fed), kept) in definitions.iter_mut().zip(fed).zip(kept) {
        let generate = kept || !fed;
        match &mut definition.body {
            Body::Rule(rule) => rule.generate = generate,
            Body::Correlation(draft) => draft.kept_for_itself = generate,
            _ => {}
        }
    }
}
