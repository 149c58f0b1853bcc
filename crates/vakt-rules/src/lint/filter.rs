//! Filters: their condition is joined to the rules' as it is written.

use super::checks::*;
use super::cover::Judge;
use super::search::has_single_values;
use super::subject::Subject;
use super::truth;
use crate::ast::Condition;
use crate::diagnostic::Report;

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let (Some(_), Some(section)) = (&subject.filter, &subject.section) else {
        return;
    };
    let span = subject
        .conditions
        .first()
        .map_or(&subject.start, |condition| &condition.span);
    let judge = Judge::new(has_single_values(subject));
    let truth = truth::decide(&section.condition, &section.searches, &judge);
    if truth.as_ref().is_some_and(|truth| truth.never) {
        report.add(
            &FILTER_HIDES_ALL,
            span,
            "the condition never holds, so that its rules never fire again",
            "a rule fires where both its own condition and the filter's hold: write `not selection`",
        );
    } else if !has_not(&section.condition) {
        report.add(
            &FILTER_POSITIVE,
            span,
            "the rules fire only on what the filter describes",
            "write `not` before it to leave that out; or allow this where that is meant",
        );
    }
}

fn has_not(condition: &Condition) -> bool {
    match condition {
        Condition::Search(_) => false,
        Condition::Not(_) => true,
        Condition::All(parts) | Condition::Any(parts) => parts.iter().any(has_not),
    }
}
