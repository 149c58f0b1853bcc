//! `vakt rules list`: the rules that are loaded, or how they stand with a running daemon.

use anyhow::Result;
use serde_json::json;
use vakt_rules::ast::Metadata;

use crate::client::Client;
use crate::command::people::{aligned, table};
use crate::command::{Connection, Global, Outcome};
use crate::output::{Output, Printer};
use crate::ruleset::Ruleset;

pub(super) fn list(global: &Global, ruleset: &Ruleset) -> Result<Outcome> {
    let rules = ruleset.rules.rules.iter().map(|rule| (&rule.meta, "rule"));
    let correlations = ruleset
        .rules
        .correlations
        .iter()
        .map(|correlation| (&correlation.meta, "correlation"));
    let all: Vec<(&Metadata, &str)> = rules.chain(correlations).collect();
    let mut out = Printer::new();
    match Output::or_by_terminal(global.output) {
        Output::Text => {
            let rows: Vec<Vec<String>> = all
                .iter()
                .map(|(meta, kind)| {
                    vec![
                        meta.level.to_string(),
                        (*kind).to_owned(),
                        meta.id.clone(),
                        meta.title.clone(),
                    ]
                })
                .collect();
            for line in aligned(&rows) {
                out.line(&line)?;
            }
        }
        Output::Ndjson => {
            for (meta, kind) in &all {
                out.json_line(&summary(meta, kind))?;
            }
        }
        Output::Json => {
            let rules: Vec<_> = all.iter().map(|(meta, kind)| summary(meta, kind)).collect();
            out.json_pretty(&json!({"rules": rules, "next": null}))?;
        }
    }
    out.flush()?;
    Ok(Outcome::Done)
}

/// The rules of a running daemon, with whether any source has ever shown their log source.
pub(super) fn live(global: &Global, connection: &Connection) -> Result<Outcome> {
    let answer = Client::new(global, connection)?.get("/api/v1/rules", &[])?;
    table(
        global,
        &answer,
        "rules",
        &[
            "live",
            "last_matched_log_source",
            "log_source",
            "level",
            "kind",
            "id",
            "title",
        ],
    )
}

/// What lists say of a rule; the API gives the same.
pub(crate) fn summary(meta: &Metadata, kind: &str) -> serde_json::Value {
    json!({
        "id": meta.id,
        "kind": kind,
        "name": meta.name,
        "title": meta.title,
        "level": meta.level,
        "status": meta.status,
        "tags": meta.tags,
        "description": meta.description,
        "draft": meta.draft.unwrap_or(false),
        "embedded": meta.embedded,
        "path": meta.path,
        "line": meta.line,
    })
}
