//! What Sigma rules mean, case by case: `tests/sigma/*.cases` through the way that every event takes
//! (rule text, compiled engine, correlator), with the naive evaluator and its explanation held
//! equal. The format of a case stands in `tests/sigma/README.md`.

#![expect(clippy::unwrap_used, reason = "a test's helpers")]

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use vakt_codec::{DecodeContext, decode};
use vakt_detect::naive::Prepared;
use vakt_detect::{Correlator, Engine};
use vakt_event::{Event, Format, LogSource, Timestamp};
use vakt_rules::{LoadOptions, Loaded, Placeholders, RuleSource, Severity};

/// The least number of cases: fewer means that files were lost.
const CASES_MIN: usize = 400;

struct Case {
    file: String,
    name: String,
    rules: String,
    placeholders: Placeholders,
    /// The names of the errors that must be said.
    errors: Vec<String>,
    /// For each event, the names of what must fire (`*` where the case has one rule), and its text.
    events: Vec<(Vec<String>, String)>,
}

fn check(case: &Case) -> Result<(), String> {
    let source = RuleSource {
        path: "case.yml".to_owned(),
        text: case.rules.clone(),
        embedded: false,
    };
    let options = LoadOptions {
        placeholders: case.placeholders.clone(),
        ..LoadOptions::default()
    };
    let loaded = vakt_rules::load(&[source], &options);
    let errors: Vec<String> = (loaded.diagnostics.iter())
        .filter(|diagnostic| diagnostic.severity == Severity::Error)
        .map(|diagnostic| diagnostic.name.to_owned())
        .collect();
    if errors != case.errors {
        return Err(format!(
            "errors {errors:?}, expected {:?}: {:#?}",
            case.errors,
            (loaded.diagnostics.iter())
                .map(|diagnostic| &diagnostic.message)
                .collect::<Vec<_>>()
        ));
    }
    if case.events.is_empty() && loaded.refused.is_empty() {
        return Err("the rule runs, though it is to be refused".to_owned());
    }
    fired(&loaded, case)
}

/// Feeds the events and compares what fires at each.
fn fired(loaded: &Loaded, case: &Case) -> Result<(), String> {
    let rules = &loaded.rules;
    let engine = Engine::compile(rules);
    if let Some(problem) = engine.problems().first() {
        return Err(format!("the engine leaves a rule out: {problem}"));
    }
    let references: Vec<Prepared> = rules.rules.iter().cloned().map(Prepared::new).collect();
    let mut correlator = Correlator::new(rules);
    if let Some(problem) = correlator.problems().first() {
        return Err(format!("a correlation can never fire: {}", problem.reason));
    }
    let mut scratch = engine.scratch();
    let zone = jiff::tz::TimeZone::UTC;
    let assumed = LogSource::of("test", "", "");
    let context = DecodeContext {
        assume: Some(&assumed),
        ..DecodeContext::new(&zone)
    };
    let mut wrong = String::new();
    for (position, (expected, text)) in (0..).zip(&case.events) {
        let event = decode(text.as_bytes(), Format::Json, &context);
        if let Some(problem) = event.problems.first() {
            return Err(format!("{text}: {problem}"));
        }
        let mut hits = Vec::new();
        engine.matches(&event, &mut scratch, &mut hits);
        same_by_the_reference(&references, &event, &hits)?;
        let mut names: Vec<&str> = (hits.iter())
            .map(|hit| &rules.rules[*hit])
            .filter(|rule| rule.generate)
            .map(|rule| rule.meta.title.as_str())
            .collect();
        let time = event.time.effective().unwrap_or(at_zero());
        let mut firings = Vec::new();
        correlator.observe(position, time, &event, &hits, &mut firings);
        names.extend(
            (firings.iter())
                .map(|firing| &rules.correlations[firing.correlation])
                .filter(|correlation| correlation.generate)
                .map(|correlation| correlation.meta.title.as_str()),
        );
        names.sort_unstable();
        names.dedup();
        let right = match expected.as_slice() {
            [any] if any == "*" => names.len() == 1,
            expected => names == *expected,
        };
        if !right {
            writeln!(
                wrong,
                "  {text}\n    fires {names:?}, expected {expected:?}"
            )
            .unwrap();
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

fn at_zero() -> Timestamp {
    Timestamp::from_seconds(0).unwrap()
}

fn same_by_the_reference(
    references: &[Prepared],
    event: &Event<'_>,
    hits: &[usize],
) -> Result<(), String> {
    let hits: HashSet<usize> = hits.iter().copied().collect();
    for (index, reference) in references.iter().enumerate() {
        let by_reference = reference.matches(event);
        let explanation = reference.explain(event);
        let explained = explanation.log_source_applies && explanation.condition.holds;
        if by_reference != hits.contains(&index) || explained != by_reference {
            return Err(format!(
                "engine {}, reference {by_reference}, explanation {explained}: {explanation}",
                hits.contains(&index)
            ));
        }
    }
    Ok(())
}

/// The rules of a case: whole documents, a `detection` section, or what stands under `selection`.
fn rules_of(lines: &[&str]) -> String {
    let begins = |key: &str| lines.iter().any(|line| line.starts_with(key));
    if begins("title:") {
        return lines.join("\n");
    }
    let mut rule = "title: rule\nlogsource:\n    product: test\ndetection:\n".to_owned();
    let indent = if begins("condition:") {
        "    "
    } else {
        rule.push_str("    condition: selection\n    selection:\n");
        "        "
    };
    for line in lines {
        writeln!(rule, "{indent}{line}").unwrap();
    }
    rule
}

/// Reads the cases of a file, see `tests/sigma/README.md`.
fn read(file: &str, content: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut page = "";
    let mut blocks = content.split("\n-- ");
    page = last_page(blocks.next().unwrap()).unwrap_or(page);
    for block in blocks {
        let (name, body) = block.split_once('\n').unwrap();
        assert!(!page.is_empty(), "{file}: {name}: no page decides it");
        let mut case = Case {
            file: file.to_owned(),
            name: name.to_owned(),
            rules: String::new(),
            placeholders: Placeholders::new(),
            errors: Vec::new(),
            events: Vec::new(),
        };
        let mut rule = Vec::new();
        for line in body.lines() {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match word {
                "==" => break,
                "yes" => case.events.push((vec!["*".to_owned()], rest.to_owned())),
                "no" => case.events.push((Vec::new(), rest.to_owned())),
                "fires" => {
                    let (names, event) = rest.split_once(' ').unwrap();
                    let names = names.split(',').map(str::to_owned).collect();
                    case.events.push((names, event.to_owned()));
                }
                "refused" | "error" => case.errors = rest.split(' ').map(str::to_owned).collect(),
                "with" => {
                    let (name, values) = rest.split_once(" = ").unwrap();
                    let values = values.split(" | ").map(str::to_owned).collect();
                    case.placeholders.insert(name.to_owned(), values);
                }
                // How rsigma differs, for people and for benches/compare/cases.py.
                "rsigma" => {}
                _ => rule.push(line),
            }
        }
        while rule.last().is_some_and(|line| line.trim().is_empty()) {
            rule.pop();
        }
        case.rules = rules_of(&rule);
        assert!(
            case.events.is_empty() == body.contains("\nrefused "),
            "{file}: {name}: either events or `refused`"
        );
        cases.push(case);
        page = last_page(body).unwrap_or(page);
    }
    cases
}

/// `== PAGE`: what decides the cases after it.
fn last_page(text: &str) -> Option<&str> {
    text.lines()
        .filter_map(|line| line.strip_prefix("== "))
        .next_back()
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/sigma");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "cases")
        })
        .collect();
    paths.sort();
    paths
        .iter()
        .flat_map(|path| {
            let file = path.file_name().unwrap().display().to_string();
            read(&file, &std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

#[test]
fn every_case_comes_out_as_the_specification_has_it() {
    let cases = cases();
    let mut names = HashSet::new();
    let mut failures = String::new();
    for case in &cases {
        assert!(
            names.insert((&case.file, &case.name)),
            "{} twice",
            case.name
        );
        if let Err(why) = check(case) {
            writeln!(failures, "{}: {}\n{why}", case.file, case.name).unwrap();
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
    assert!(cases.len() >= CASES_MIN, "only {} cases", cases.len());
}
