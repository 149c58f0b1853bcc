//! `vakt rules list`: the rules that are loaded, or how they stand with a running daemon.

use anyhow::Result;
use clap::ValueEnum;
use serde_json::{Value as Json, json};
use vakt_rules::ast::Metadata;

use crate::client::Client;
use crate::command::people::{aligned, table};
use crate::command::{Connection, Global, Outcome};
use crate::output::{Output, Printer, tell};
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
    match Output::or_by_terminal(global.output)? {
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

/// The rules of a running daemon.
pub(super) fn of_daemon(global: &Global, connection: &Connection) -> Result<Outcome> {
    let answer = Client::new(global, connection)?.get("/api/v1/rules", &[])?;
    table(global, &answer, "rules", &["level", "kind", "id", "title"])
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

/// What the rules of a running daemon are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// Events that a rule matched, or at which a correlation held, since the daemon's start
    Hits,
    /// What a rule adds to matching by itself, measured on some of the events
    Cost,
}

/// The rules of a running daemon with what they do, most first.
pub(super) fn by(global: &Global, connection: &Connection, by: By, live: bool) -> Result<Outcome> {
    let mut answer = Client::new(global, connection)?.get("/api/v1/rules", &[])?;
    let key = match by {
        By::Hits => "hits",
        By::Cost => "cost_ns_per_event",
    };
    if let Some(rules) = answer["rules"].as_array_mut() {
        let figure = |rule: &Json| rule[key].as_f64().unwrap_or(-1.0);
        rules.sort_by(|a, b| figure(b).total_cmp(&figure(a)));
    }
    let mut columns = vec!["hits", "cost_ns_per_event", "cost_share"];
    if by == By::Cost {
        columns.rotate_left(1);
    }
    if live {
        columns.extend(["live", "last_matched_log_source", "log_source"]);
    }
    columns.extend(["level", "kind", "id", "title"]);
    let outcome = table(global, &answer, "rules", &columns)?;
    if Output::or_by_terminal(global.output)? == Output::Text {
        tell(&shared(&answer["matching"]));
    }
    Ok(outcome)
}

/// What is no rule's own, for a person.
fn shared(matching: &Json) -> String {
    let events = matching["measured_events"].as_u64().unwrap_or(0);
    let number = |name: &str| matching[name].as_f64();
    match (number("ns_per_event"), number("shared_ns_per_event")) {
        (Some(all), Some(shared)) => format!(
            "matching takes {all} ns an event, of which {shared} ns are shared by all rules \
             (measured on {events} events since the rules were loaded)"
        ),
        _ => "no event was measured yet: about one in 64 is".to_owned(),
    }
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
