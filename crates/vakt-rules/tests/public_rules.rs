//! The public Sigma rules and the correlation examples of the specification: what loads, and why
//! the rest does not.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test's helpers")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use vakt_rules::{LoadOptions, Loaded, Placeholders, RuleSource, load};

/// All `.yml` files under a folder of the shared data, in order of their paths; `None`, said on
/// the test's output, where the data is not there.
fn sources(test: &str, folder: &str) -> Option<Vec<RuleSource>> {
    // Beside the repository, or beside the folder of its worktrees.
    let crate_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = crate_dir
        .ancestors()
        .skip(3)
        .take(2)
        .map(|folder| folder.join("shared/data/sigma"))
        .find(|root| root.is_dir());
    let Some(root) = found else {
        println!("skipped: {test}: ../shared is absent");
        return None;
    };
    let root = root.join(folder);
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

/// The counts, why rules were refused, and which findings there are.
fn summary(loaded: &Loaded) -> String {
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for refused in &loaded.refused {
        *reasons.entry(refused.reasons.join(", ")).or_default() += 1;
    }
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    for diagnostic in &loaded.diagnostics {
        *found.entry(diagnostic.name).or_default() += 1;
    }
    format!(
        "{:?}\nrefused for {reasons:#?}\nfound {found:#?}",
        loaded.counts
    )
}

#[test]
fn all_public_rules_load_but_those_with_placeholders() {
    let Some(sources) = sources("public rules", "rules") else {
        return;
    };
    insta::assert_snapshot!(summary(&load(&sources, &LoadOptions::default())));
}

#[test]
fn with_values_for_the_placeholders_and_retired_rules() {
    let Some(sources) = sources("public rules with placeholders", "rules") else {
        return;
    };
    let mut placeholders = Placeholders::new();
    for source in &sources {
        for line in source.text.lines() {
            if let [_, name, _] = line.split('%').collect::<Vec<_>>()[..] {
                placeholders.insert(name.to_owned(), vec!["a".to_owned(), "b".to_owned()]);
            }
        }
    }
    let options = LoadOptions {
        placeholders,
        include_deprecated: true,
        ..LoadOptions::default()
    };
    insta::assert_snapshot!(summary(&load(&sources, &options)));
}

#[test]
fn the_correlation_examples_of_the_specification() {
    let Some(sources) = sources("correlation examples", "correlation-examples") else {
        return;
    };
    let mut text = String::new();
    for source in &sources {
        let loaded = load(std::slice::from_ref(source), &LoadOptions::default());
        text.push_str(&format!("{}: {:?}\n", source.path, loaded.counts));
        for diagnostic in &loaded.diagnostics {
            text.push_str(&format!(
                "  {}:{} {} {}\n",
                diagnostic.line, diagnostic.column, diagnostic.name, diagnostic.message
            ));
        }
    }
    insta::assert_snapshot!(text);
}
