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

/// What is found in a rule with these lines in its search, but for what the whole rule is called.
#[test]
fn what_is_found_in_a_search() {
    let check = |lines: &str, expected: &[&str]| {
        let rule = fixture("value-unc.quiet.yml");
        let rule = rule.replace(r"Image|startswith: '\\\\server\share'", lines);
        assert!(rule.contains(lines), "{rule}");
        let found = found("a.yml", &rule, &options(CHECKS[0]));
        let mut names: Vec<&str> = found.iter().map(|diagnostic| diagnostic.name).collect();
        names.dedup();
        assert_eq!(names, expected, "{lines}: {}", rendered(&found));
    };
    // A backslash, and what was to be a wildcard.
    let escaped = ["value-escaped-wildcard"];
    check(r"Image: 'C:\Temp\*.exe'", &escaped);
    check(r"Image: '\Temp\*'", &escaped);
    check(r"Image: 'C:\ProgramData\*.dll'", &escaped);
    check(r"Image|endswith: '\Temp\*.exe'", &escaped);
    check(r"Image: 'C:\Temp\\*.exe'", &[]);
    check(r"Image: 'C:\Temp\\\*.exe'", &[]);
    check(r"CommandLine|contains: 'del \Temp\*.exe'", &[]);
    // Regular expressions without `re`.
    let regex = ["value-looks-like-regex"];
    check("Image|contains: 'abc.*def'", &regex);
    check("Image|contains: '^foo$'", &regex);
    check("Image|contains: 'foo|bar'", &regex);
    check(r"Image|contains: '\.exe$'", &regex);
    check("Image|contains: '[0-9]+'", &regex);
    check("CommandLine|contains: 'foo | bar'", &[]);
    check("CommandLine|contains: 'foo.* x'", &[]);
    check("CommandLine|contains: 'cost$'", &[]);
    check("CommandLine|contains: '[Convert]::'", &[]);
    check("CommandLine|re: 'foo[0-9]+.exe'", &["regex-dot"]);
    check(r"CommandLine|re: 'foo[0-9]+\.exe'", &[]);
    // Tabs between the words of YAML.
    check("CommandLine:\t'certutil -x'", &["text-tab"]);
    check("CommandLine: 'certutil\t-x'", &[]);
    check("CommandLine: 'x'\n        EventID: 1", &["eventid-implied"]);
    check(
        "CommandLine: 'x'\n        EventID: 4688",
        &["eventid-implied"],
    );
    check("CommandLine: 'x'\n        EventID: 3", &[]);
    check("Imagee: 'foo.exe'", &["field-unknown"]);
    check("Usr: 'foo.exe'", &["field-unknown"]);
    check("Image.endswith: 'foo.exe'", &["field-unknown"]);
    check("Image:endswith: 'foo.exe'", &["field-unknown"]);
    check("User: '%TEMP%'", &[]);
    check("User: '%x% y'", &[]);
    check("CommandLine|contains: '%sophos%'", &[]);
    check("CommandLine: '<b>'", &[]);
    // A comment in quotes is a text.
    check("CommandLine|contains: 'a # vakt: allow value-short'", &[]);
    check(
        "CommandLine|contains: \"it's '\" # vakt: allow value-short",
        &["allow-unused"],
    );
}

#[test]
fn one_search_for_a_pattern() {
    let check = |search: &str, condition: &str, found_it: bool| {
        let rule = fixture("condition-of-one.yml");
        let rule = rule
            .replace("    selection:", &format!("    {search}:"))
            .replace("all of them", condition);
        let found = found("a.yml", &rule, &options(CHECKS[0]));
        let is = |diagnostic: &Diagnostic| diagnostic.name == "condition-of-one";
        assert_eq!(
            found.iter().any(is),
            found_it,
            "{condition}: {}",
            rendered(&found)
        );
    };
    check("selection", "1 of selection*", true);
    check("selection", "all of sel*", false);
    check("selection_image", "1 of selection_*", false);
    check("selection_image", "1 of selection*", false);
}

/// The words with which a finding helps.
#[test]
fn what_a_finding_says_to_write() {
    let check = |fixture_name: &str, from: &str, to: &str, help: &str| {
        let rule = fixture(fixture_name);
        assert!(rule.contains(from), "{rule}");
        let found = found("a.yml", &rule.replace(from, to), &options(CHECKS[0]));
        let said = found.iter().any(|diagnostic| diagnostic.help == help);
        assert!(said, "{to}: {}", rendered(&found));
    };
    let plain = "CommandLine|re: 'certutil\\.exe'";
    let image =
        |key: &str| format!("write `{key}` and the text, without its anchors and backslashes");
    let check_plain = |to: &str, key: &str| check("regex-plain.yml", plain, to, &image(key));
    check_plain("Image|re: '^abc$'", "Image|cased");
    check_plain("Image|re|i: '^abc$'", "Image");
    check_plain("Image|re: 'abc$'", "Image|endswith|cased");
    check_plain("Image|re|all: ['abc', 'def']", "Image|contains|cased|all");
    let source = "category: proces_creation";
    check(
        "logsource-unusual.yml",
        source,
        "service: process_creation",
        "`process_creation` is a category: write `category: process_creation`",
    );
    check(
        "field-unknown.yml",
        "ComandLine|contains",
        "Image:endswith",
        "did you mean `Image|endswith`?",
    );
}

/// That a filter is not for correlations is said by loading, and nothing else then.
#[test]
fn a_filter_that_names_a_correlation() {
    let text = format!(
        "{}---\ntitle: A Filter of a Correlation\nid: 6bd8c676-56d0-40cd-a760-136783feb17b\n\
         description: The deployment tool fetches its packages so.\n\
         logsource: {{category: process_creation, product: windows}}\nfilter:\n  \
         rules: [3f665ede-f106-47ce-81fc-069e7a609683]\n  selection: {{Image|endswith: '\\deploy.exe'}}\n  \
         condition: not selection\n",
        fixture("correlation-timespan-long.quiet.yml")
    );
    let found = found("a.yml", &text, &options(CHECKS[0]));
    assert!(!found.is_empty());
    assert!(
        found
            .iter()
            .all(|diagnostic| diagnostic.name != "filter-covers-nothing"),
        "{}",
        rendered(&found)
    );
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
