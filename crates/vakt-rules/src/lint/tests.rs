//! The tests that stand in a rule's file.

use std::collections::HashSet;

use super::checks::*;
use super::subject::Subject;
use crate::diagnostic::Report;
use crate::document::DocumentKind;

pub(super) fn check(subject: &Subject<'_>, strict: bool, report: &mut Report<'_>) {
    let span = subject.key_span("vakt");
    let tests = &subject.tests;
    if tests.is_empty() {
        if strict && subject.kind != DocumentKind::Filter {
            report.add(
                &RULE_UNTESTED,
                span,
                "the rule has no test",
                "add `vakt: {tests: {fires: […], silent: […]}}` with events that must fire it and events that must not",
            );
        }
        return;
    }
    let fires = tests.iter().any(|test| test.must_fire);
    let silent = tests.iter().any(|test| !test.must_fire);
    if fires != silent {
        let (there, missing) = if fires {
            ("fire", "silent")
        } else {
            ("stay silent", "fires")
        };
        report.add(
            &TESTS_ONE_SIDED,
            span,
            format!("all tests must {there}"),
            format!(
                "add a case under `{missing}`: a rule that always, or never, fires would pass these"
            ),
        );
    }
    let mut seen = HashSet::new();
    for test in tests {
        if !seen.insert(&test.name) {
            report.add(
                &TEST_NAME_DUPLICATE,
                span,
                format!("two tests are called \"{}\"", test.name),
                "give each a name that says what is different about it",
            );
        }
    }
}
