//! Conditions: what they come to, and how they are written.

use super::checks::*;
use super::cover::Judge;
use super::search::has_single_values;
use super::subject::{ConditionLook, Subject, locate};
use super::truth::{self, Truth};
use crate::condition::{Expression, Name, Quantifier, fits};
use crate::diagnostic::Report;
use crate::source::Span;

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for condition in &subject.conditions {
        shape(subject, condition, report);
    }
    // What a filter's condition comes to is another matter.
    let Some(section) = subject
        .section
        .as_ref()
        .filter(|_| subject.filter.is_none())
    else {
        return;
    };
    let judge = Judge::new(has_single_values(subject));
    let Some(truth) = truth::decide(&section.condition, &section.searches, &judge) else {
        return;
    };
    let span = subject
        .conditions
        .first()
        .map_or(&subject.start, |condition| &condition.span);
    comes_to(subject, &truth, &judge, span, report);
}

fn comes_to(
    subject: &Subject<'_>,
    truth: &Truth,
    judge: &Judge,
    span: &Span,
    report: &mut Report<'_>,
) {
    if truth.never {
        report.add(
            &CONDITION_NEVER,
            span,
            "no event can make this condition hold",
            "look for a search that is asked for and ruled out at once, and for two that exclude each other",
        );
        return;
    }
    if truth.always {
        report.add(
            &CONDITION_ALWAYS,
            span,
            "every event of the log source makes this condition hold",
            "ask for something that not every event has",
        );
        return;
    }
    if truth.blind {
        report.add(
            &CONDITION_NO_WITNESS,
            span,
            "the condition holds for an event that has nothing of what the rule asks for",
            "add a search that must hold: without one the rule runs on every event and fires on what it does not know",
        );
    }
    for index in &truth.idle {
        let Some(search) = subject.searches.get(*index) else {
            continue;
        };
        let own = super::search::detection_of(subject, &search.name);
        // One that contradicts itself, or is the same as another, is said to be that.
        let never = own.is_some_and(|detection| judge.never(detection));
        let twin = subject
            .searches
            .iter()
            .filter(|other| super::search::detection_of(subject, &other.name) == own);
        if never || twin.count() > 1 {
            continue;
        }
        report.add(
            &SEARCH_REDUNDANT,
            &search.span,
            format!("the condition comes to the same without `{}`", search.name),
            "remove it, or mend the value that was to tell it apart from the others",
        );
    }
}

fn shape(subject: &Subject<'_>, condition: &ConditionLook, report: &mut Report<'_>) {
    walk(
        &condition.expression,
        false,
        &mut |expression, negated| match expression {
            Expression::Of(quantifier, name) => {
                of(subject, condition, *quantifier, name, negated, report);
            }
            Expression::Search(name) if !negated && is_filter(&name.text) => {
                positive(condition, name, report);
            }
            _ => {}
        },
    );
    mixed(condition, report);
}

/// Every part, and whether an odd number of `not` stands before it.
fn walk<'e>(
    expression: &'e Expression,
    negated: bool,
    visit: &mut dyn FnMut(&'e Expression, bool),
) {
    visit(expression, negated);
    match expression {
        Expression::Not(inner) => walk(inner, !negated, visit),
        Expression::All(parts) | Expression::Any(parts) => {
            for part in parts {
                walk(part, negated, visit);
            }
        }
        Expression::Search(_) | Expression::Of(..) => {}
    }
}

fn is_filter(name: &str) -> bool {
    [
        "filter",
        "falsepositive",
        "false_positive",
        "exclusion",
        "exclude",
        "whitelist",
    ]
    .iter()
    .any(|word| name.starts_with(word))
}

fn positive(condition: &ConditionLook, name: &Name, report: &mut Report<'_>) {
    let span = locate(condition, &name.span, report);
    report.add(
        &CONDITION_FILTER_POSITIVE,
        &span,
        format!(
            "`{}` is called a filter, and makes the rule fire",
            name.text
        ),
        "write `not` before it, or call it a selection",
    );
}

fn of(
    subject: &Subject<'_>,
    condition: &ConditionLook,
    quantifier: Quantifier,
    name: &Name,
    negated: bool,
    report: &mut Report<'_>,
) {
    let found: Vec<&str> = subject
        .searches
        .iter()
        .map(|search| search.name.as_str())
        .filter(|search| match name.text.as_str() {
            "them" => !search.starts_with('_'),
            pattern => fits(pattern, search),
        })
        .collect();
    let span = locate(condition, &name.span, report);
    let word = match quantifier {
        Quantifier::One => "1 of",
        Quantifier::All => "all of",
    };
    // `filter_*` with one search is room for the next; `selection*` with `selection` alone is not.
    let roomy = |only: &str| {
        name.text.contains('*') && name.text != "*" && name.text.trim_end_matches('*') != only
    };
    if let [only] = found.as_slice()
        && !roomy(only)
    {
        report.add(
            &CONDITION_OF_ONE,
            &span,
            format!("`{word} {}` is `{only}` alone", name.text),
            format!("write `{only}`, or name the others so that they are meant too"),
        );
    }
    if negated && quantifier == Quantifier::All && found.len() > 1 && is_filter(&name.text) {
        report.add(
            &CONDITION_ALL_OF_FILTERS,
            &span,
            format!(
                "an event is let pass only where all {} filters hold at once",
                found.len()
            ),
            format!("write `not 1 of {}`", name.text),
        );
    }
    let all_filters = !found.is_empty() && found.iter().all(|search| is_filter(search));
    if !negated
        && (all_filters || (name.text == "them" && found.iter().any(|search| is_filter(search))))
    {
        positive(condition, name, report);
    }
}

/// `a or b and c`: right, and read wrongly.
fn mixed(condition: &ConditionLook, report: &mut Report<'_>) {
    let mut depth = 0usize;
    // For each open parenthesis, the first operator in it.
    let mut first: Vec<Option<&str>> = vec![None];
    for (at, word) in words(&condition.text) {
        match word {
            "(" => {
                depth += 1;
                first.push(None);
            }
            ")" if depth > 0 => {
                depth -= 1;
                first.pop();
            }
            "and" | "or" => {
                let Some(before) = first.last_mut() else {
                    return;
                };
                match *before {
                    None => *before = Some(word),
                    Some(before) if before != word => {
                        let span = locate(condition, &(at..at + word.len()), report);
                        report.add(
                            &CONDITION_MIXED,
                            &span,
                            "`and` binds tighter than `or`, which not every reader knows",
                            "put the part that belongs together into parentheses",
                        );
                        return;
                    }
                    Some(_) => {}
                }
            }
            _ => {}
        }
    }
}

/// The words and parentheses of a condition, with where they begin.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut start = 0;
    let mut push = |from: usize, to: usize| {
        if let Some(word) = text.get(from..to).filter(|word| !word.is_empty()) {
            words.push((from, word));
        }
    };
    for (at, c) in text.char_indices() {
        if c.is_whitespace() || matches!(c, '(' | ')') {
            push(start, at);
            start = at + c.len_utf8();
            if !c.is_whitespace() {
                push(at, start);
            }
        }
    }
    push(start, text.len());
    words
}
