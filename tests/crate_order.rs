//! The crates use only those above them, and the core stays free of what it must never need.

use std::collections::BTreeMap;

use cargo_metadata::{DependencyKind, MetadataCommand};

/// The order of `ARCHITECTURE.md`: each crate uses only those before it.
const ORDER: [&str; 10] = [
    "vakt-event",
    "vakt-codec",
    "vakt-rules",
    "vakt-detect",
    "vakt-storage",
    "vakt-search",
    "vakt-incident",
    "vakt-ingest",
    "vakt-api",
    "vakt",
];

/// What a crate must never depend on directly.
const NEVER: [(&str, &[&str]); 7] = [
    ("vakt-event", &["tokio", "tantivy", "rusqlite", "axum"]),
    (
        "vakt-codec",
        &["tokio", "tantivy", "rusqlite", "axum", "socket2"],
    ),
    ("vakt-rules", &["tokio", "aho-corasick", "regex-automata"]),
    ("vakt-detect", &["tokio", "tantivy", "rusqlite"]),
    ("vakt-storage", &["tokio", "tantivy"]),
    ("vakt-search", &["tokio", "axum", "hyper"]),
    ("vakt-incident", &["tokio", "axum", "hyper"]),
];

fn dependencies() -> BTreeMap<String, Vec<String>> {
    let metadata = MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo metadata runs");
    metadata
        .packages
        .iter()
        .map(|package| {
            let names = package
                .dependencies
                .iter()
                .filter(|dependency| dependency.kind == DependencyKind::Normal)
                .map(|dependency| dependency.name.clone())
                .collect();
            (package.name.to_string(), names)
        })
        .collect()
}

#[test]
fn crates_use_only_those_above_them() {
    let all = dependencies();
    let mut wrong = Vec::new();
    for (place, name) in ORDER.iter().enumerate() {
        let uses = all.get(*name).unwrap_or_else(|| panic!("no crate {name}"));
        for used in uses {
            if let Some(used_place) = ORDER.iter().position(|one| one == used)
                && used_place >= place
            {
                wrong.push(format!("{name} uses {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
    let unknown: Vec<_> = all
        .keys()
        .filter(|name| !ORDER.contains(&name.as_str()) && *name != "vakt-benches")
        .collect();
    assert!(unknown.is_empty(), "crates without a place: {unknown:?}");
}

#[test]
fn the_core_does_not_depend_on_what_it_must_never_need() {
    let all = dependencies();
    let mut wrong = Vec::new();
    for (name, never) in NEVER {
        for used in &all[name] {
            if never.contains(&used.as_str()) {
                wrong.push(format!("{name} uses {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}
