//! The results of rule tests as JUnit XML, the form that CI systems read.
//!
//! One `testsuite` for each rule with tests, one `testcase` for each case, and a suite for the
//! errors in the rules; by the schema of Apache Ant's task, which has no better name.

use vakt_rules::{Diagnostic, Severity};

use super::test::CaseResult;

/// The whole document.
pub(super) fn document(
    suites: &[(String, Vec<&CaseResult<'_>>)],
    diagnostics: &[Diagnostic],
) -> String {
    let errors: Vec<&Diagnostic> = (diagnostics.iter())
        .filter(|diagnostic| diagnostic.severity == Severity::Error)
        .collect();
    let count = |cases: &[&CaseResult<'_>]| cases.len();
    let failures = |cases: &[&CaseResult<'_>]| cases.iter().filter(|case| !case.passed()).count();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let (all, failed) = suites.iter().fold((0, 0), |(all, failed), (_, cases)| {
        (all + count(cases), failed + failures(cases))
    });
    xml.push_str(&format!(
        "<testsuites name=\"vakt rules test\" tests=\"{}\" failures=\"{failed}\" errors=\"{}\">\n",
        all + errors.len(),
        errors.len()
    ));
    if !errors.is_empty() {
        faults(&errors, &mut xml);
    }
    for (title, cases) in suites {
        xml.push_str(&format!(
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"0\">\n",
            escaped(title),
            count(cases),
            failures(cases)
        ));
        for case in cases {
            self::case(title, case, &mut xml);
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

/// A rule that cannot be read runs no test: without these, a broken file would look like none.
fn faults(errors: &[&Diagnostic], xml: &mut String) {
    let count = errors.len();
    xml.push_str(&format!(
        "  <testsuite name=\"rules\" tests=\"{count}\" failures=\"0\" errors=\"{count}\" skipped=\"0\">\n"
    ));
    for error in errors {
        xml.push_str(&format!(
            "    <testcase name=\"{0}:{1}:{2}\" classname=\"rules\" file=\"{0}\" line=\"{1}\">\n      \
             <error message=\"{3}\" type=\"{4}\">{5}</error>\n    </testcase>\n",
            escaped(&error.path),
            error.line,
            error.column,
            escaped(&error.message),
            error.name,
            escaped(&error.to_string())
        ));
    }
    xml.push_str("  </testsuite>\n");
}

fn case(title: &str, case: &CaseResult<'_>, xml: &mut String) {
    xml.push_str(&format!(
        "    <testcase name=\"{}\" classname=\"{}\" file=\"{}\" line=\"{}\"",
        escaped(&case.test.name),
        escaped(title),
        escaped(&case.test.path),
        case.test.line
    ));
    if case.passed() {
        xml.push_str("/>\n");
        return;
    }
    xml.push_str(&format!(
        ">\n      <failure message=\"{}\" type=\"rule-test\">{}</failure>\n    </testcase>\n",
        escaped(case.verdict()),
        escaped(&case.why.join("\n"))
    ));
}

/// Text for XML 1.0: markup escaped, and characters that it cannot hold replaced.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn text_is_fit_for_xml() {
        assert_eq!(
            escaped("a<b>&\"c\"\n\u{1b}[0m"),
            "a&lt;b&gt;&amp;&quot;c&quot;&#10;\u{fffd}[0m"
        );
    }
}
