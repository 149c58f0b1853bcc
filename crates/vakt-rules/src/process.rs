//! Pipelines over everything that was read, and drafts to rules.

use std::collections::BTreeSet;

use vakt_event::LogSource;

use crate::diagnostic::Report;
use crate::draft::{Failure, Finisher};
use crate::link::{Body, Definition, refuse};
use crate::load::{LoadOptions, check_log_source};
use crate::pipeline::Pipelines;

/// Runs the pipelines over the rules, which have their filters already.
pub(crate) fn rules(
    definitions: &mut [Definition],
    pipelines: &Pipelines,
    reports: &mut [Report<'_>],
) {
    let mut said = BTreeSet::new();
    for definition in definitions {
        if let Body::Draft(rule) = &mut definition.body
            && let Err(failure) = pipelines.apply(rule)
        {
            fail(definition, &failure, &mut said, reports);
        }
    }
}

/// Correlations come after the rules, whose log sources they go by.
pub(crate) fn correlations(
    definitions: &mut [Definition],
    inputs: &[Vec<usize>],
    pipelines: &Pipelines,
    reports: &mut [Report<'_>],
) {
    let mut said = BTreeSet::new();
    for index in 0..definitions.len() {
        if !matches!(definitions[index].body, Body::Correlation(_)) {
            continue;
        }
        let log_sources: Vec<LogSource<'static>> = fed_by(index, inputs)
            .into_iter()
            .filter_map(|input| match &definitions[input].body {
                Body::Draft(rule) => Some(rule.log_source.clone()),
                _ => None,
            })
            .collect();
        let log_sources: Vec<&LogSource<'static>> = log_sources.iter().collect();
        let definition = &mut definitions[index];
        let Body::Correlation(draft) = &mut definition.body else {
            continue;
        };
        let (facts, tags) = (&mut definition.facts, &definition.meta.tags);
        if let Err(failure) = pipelines.apply_to_correlation(draft, facts, tags, &log_sources) {
            fail(definition, &failure, &mut said, reports);
        }
    }
}

/// Everything that feeds a correlation, directly or through others.
fn fed_by(index: usize, inputs: &[Vec<usize>]) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut ahead = vec![index];
    while let Some(next) = ahead.pop() {
        for input in &inputs[next] {
            if found.insert(*input) {
                ahead.push(*input);
            }
        }
    }
    found
}

/// Makes rules of drafts.
pub(crate) fn finish(
    definitions: &mut [Definition],
    options: &LoadOptions<'_>,
    reports: &mut [Report<'_>],
) {
    let mut said = BTreeSet::new();
    for definition in definitions {
        let draft = match std::mem::replace(&mut definition.body, Body::Refused) {
            Body::Draft(draft) => draft,
            other => {
                definition.body = other;
                continue;
            }
        };
        if options.pipelines.is_some() {
            let report = &mut reports[definition.source];
            check_log_source(&draft.log_source, &draft.log_source_span, options, report);
        }
        match Finisher::new(&options.placeholders).rule(*draft) {
            Ok(rule) => definition.body = Body::Rule(Box::new(rule)),
            Err(failures) => {
                for failure in &failures {
                    fail(definition, failure, &mut said, reports);
                }
            }
        }
    }
}

/// Refuses a definition. What stands in a filter is said once, however many rules it narrows.
fn fail(
    definition: &mut Definition,
    failure: &Failure,
    said: &mut BTreeSet<(usize, usize)>,
    reports: &mut [Report<'_>],
) {
    let (source, span) = match &failure.place {
        Some(place) => match place.source {
            Some(source) => (source, place.start..place.end),
            None => (definition.source, definition.start.clone()),
        },
        None => (definition.source, definition.start.clone()),
    };
    if said.insert((source, span.start)) {
        let (message, help) = (failure.message.clone(), failure.help.clone());
        reports[source].add(failure.check, &span, message, help);
    }
    refuse(definition, failure.check.name);
}
