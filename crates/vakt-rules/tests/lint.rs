//! Every check of the linter against a rule that it finds something in, and one that it does not:
//! `lint/NAME.yml` and `lint/NAME.quiet.yml`.

#![expect(clippy::unwrap_used, reason = "a test's helpers")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use vakt_event::LogSource;
use vakt_rules::lint::{CHECKS, LintOptions, lint};
use vakt_rules::{Diagnostic, LoadOptions, RuleSource, load};

fn found(path: &str, text: &str, options: &LintOptions) -> Vec<Diagnostic> {
    let source = RuleSource {
        path: path.to_owned(),
        text: text.to_owned(),
        embedded: false,
    };
    let known = [LogSource::of("", "", "sshd")];
    let load_options = LoadOptions {
        known_log_sources: Some(&known),
        ..LoadOptions::default()
    };
    let sources = [source];
    let mut diagnostics = load(&sources, &load_options).diagnostics;
    // Nothing here produces events; that is no matter of the linter.
    diagnostics.retain(|diagnostic| diagnostic.name != "logsource-unknown");
    lint(&sources, diagnostics, &load_options, options)
}

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/lint")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// As its check asks for it.
fn options(check: &vakt_rules::checks::Check) -> LintOptions {
    LintOptions {
        strict: check.meaning.contains("--strict"),
        // A fixture is no whole rule of a repository.
        allow: ["rule-untested", "attack-technique-missing", "file-name"]
            .into_iter()
            .filter(|name| *name != check.name)
            .map(str::to_owned)
            .collect(),
    }
}

fn rendered(diagnostics: &[Diagnostic]) -> String {
    diagnostics
        .iter()
        .map(|diagnostic| format!("{diagnostic}\n"))
        .collect()
}

#[test]
fn every_check_finds_its_fixture() {
    let mut text = String::new();
    for check in CHECKS {
        let name = check.name;
        let path = match name {
            "file-name" => "File-Name.yaml".to_owned(),
            _ => format!("{}.yml", name.replace('-', "_")),
        };
        let found = found(&path, &fixture(&format!("{name}.yml")), &options(check));
        assert!(
            found.iter().any(|diagnostic| diagnostic.name == name),
            "{name} finds nothing: {}",
            rendered(&found)
        );
        text.push_str(&format!("== {name}\n{}", rendered(&found)));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn no_check_finds_anything_in_the_quiet_fixtures() {
    for check in CHECKS {
        let path = format!("{}.yml", check.name.replace('-', "_"));
        let text = fixture(&format!("{}.quiet.yml", check.name));
        let found = found(&path, &text, &options(check));
        assert!(found.is_empty(), "{}: {}", check.name, rendered(&found));
    }
}

/// Files of more than a megabyte, which programs write of lists of indicators, were called clean.
#[test]
fn a_long_list_is_looked_at() {
    let mut text = "title: Hashes\nlogsource: {product: windows}\ndetection:\n  condition: sel\n  sel:\n    Hashes:\n".to_owned();
    for number in 0..20_000 {
        text.push_str(&format!("      - 'SHA256={number:064x}'\n"));
    }
    text.push_str("      - 'SHA256=*'\n      - 'SHA256=*'\n");
    assert!(text.len() > 1_500_000);
    let found = found("hashes.yml", &text, &LintOptions::default());
    for name in ["description-missing", "value-duplicate"] {
        assert!(
            found.iter().any(|diagnostic| diagnostic.name == name),
            "{}",
            rendered(&found)
        );
    }
}

#[test]
fn every_fixture_is_of_a_check() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let mut expected: Vec<String> = CHECKS
        .iter()
        .flat_map(|check| {
            [
                format!("{}.yml", check.name),
                format!("{}.quiet.yml", check.name),
            ]
        })
        .collect();
    expected.sort();
    assert_eq!(names, expected);
}

#[test]
fn names_are_unique_over_both_lists() {
    let own = CHECKS.iter().map(|check| check.name);
    let all: Vec<&str> = own
        .chain(vakt_rules::checks::CHECKS.iter().map(|check| check.name))
        .collect();
    let mut unique = all.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), all.len());
    assert!(CHECKS.len() >= 40);
}

#[test]
fn an_allowance_counts_for_its_line_or_its_document() {
    let check = |text: &str, expected: &[&str]| {
        let found = found("a.yml", text, &options(CHECKS[0]));
        let names: Vec<String> = found
            .iter()
            .map(|diagnostic| format!("{}:{}", diagnostic.line, diagnostic.name))
            .collect();
        assert_eq!(names, expected, "{text}");
    };
    let quiet = fixture("title-style.quiet.yml");
    let of = |first: &str, second: &str| {
        format!(
            "{first}{}{second}---\n{}",
            quiet.replace("modified", "date"),
            quiet
                .replace("experimental", "experimental\nfalsepositives: [none]")
                .replace("-4", "-5")
                .replace("Certutil Fetches", "Again")
                .replace("certutil.exe", "other.exe")
        )
    };
    // Line 19 has the `falsepositives` of the second document.
    check(&of("", ""), &["19:falsepositive-empty"]);
    check(
        &of("# vakt: allow falsepositive-empty\n", ""),
        &["1:allow-unused", "20:falsepositive-empty"],
    );
    let before = quiet.replace(
        "status:",
        "# vakt: allow falsepositive-empty\nfalsepositives: [none]\nstatus:",
    );
    check(&before, &[]);
    let after = quiet.replace(
        "status:",
        "falsepositives: [none] # vakt: allow falsepositive-empty, status-missing\nstatus:",
    );
    check(&after, &["3:allow-unused"]);
}

/// The list of the checks as `docs/lint.md` has it.
fn table() -> String {
    let mut text = String::from("| check | what it finds |\n|---|---|\n");
    for check in CHECKS {
        text.push_str(&format!("| `{}` | {} |\n", check.name, check.meaning));
    }
    text
}

#[test]
fn the_documentation_lists_every_check() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/lint.md");
    let documented = std::fs::read_to_string(path).unwrap();
    assert!(
        documented.contains(&table()),
        "docs/lint.md is to have:\n{}",
        table()
    );
}

/// All `.yml` files below a folder of the shared data, in order; `None` where it is absent.
fn shared(folder: &str) -> Option<Vec<RuleSource>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .skip(3)
        .take(2)
        .map(|above| above.join("shared/data/sigma"))
        .find(|root| root.is_dir())?
        .join(folder);
    let mut files = Vec::new();
    walk(&root, &mut files);
    let source = |file: &PathBuf| RuleSource {
        path: file.strip_prefix(&root).unwrap().display().to_string(),
        text: std::fs::read_to_string(file).unwrap(),
        embedded: false,
    };
    Some(files.iter().map(source).collect())
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "yml") {
            files.push(path);
        }
    }
}

/// A check that finds something in every tenth rule of a well-kept repository is noise.
#[test]
fn what_is_found_in_the_public_rules() {
    let Some(sources) = shared("rules") else {
        println!("skipped: lint of the public rules: ../shared is absent");
        return;
    };
    let load_options = LoadOptions::default();
    let loaded = load(&sources, &load_options);
    let rules = loaded.counts.loaded;
    let found = lint(&sources, Vec::new(), &load_options, &LintOptions::default());
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for diagnostic in &found {
        *counts.entry(diagnostic.name).or_default() += 1;
    }
    for (name, count) in &counts {
        assert!(*count < rules / 10, "{name}: {count} of {rules}");
    }
    insta::assert_snapshot!(format!("{counts:#?}"));
}
