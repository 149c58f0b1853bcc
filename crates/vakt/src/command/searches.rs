//! `vakt searches`: the search log.

use anyhow::{Context, Result};
use clap::{Args, Subcommand};

use super::people::table;
use super::{Connection, Global, Outcome};
use crate::client::Client;
use crate::output::tell;

#[derive(Debug, Subcommand)]
pub enum Action {
    /// List who searched for what, newest first; for administrators
    List(List),
}

#[derive(Args, Debug)]
pub struct List {
    /// Only by this person
    #[arg(long, value_name = "NAME")]
    who: Option<String>,
    /// Only these: search, page, stream, export, follow or hunt
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Only for this incident
    #[arg(long, value_name = "ID")]
    incident: Option<String>,
    /// Only with this text in the query
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// From this instant on: -15m, 7d, today, 2026-11-24, 03:05, `yesterday 23:10` (Swedish time), or RFC 3339
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    since: Option<String>,
    /// Before this instant, in the same forms
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    until: Option<String>,
    /// The most entries to show
    #[arg(long, default_value_t = 100, value_name = "N")]
    limit: usize,
    #[command(flatten)]
    connection: Connection,
}

/// The most entries that the daemon gives in one answer.
const PAGE_MAX: usize = 1_000;

const COLUMNS: [&str; 7] = ["at", "who", "kind", "outcome", "hits", "incident", "query"];

pub(super) fn run(global: &Global, action: &Action) -> Result<Outcome> {
    let Action::List(options) = action;
    let mut asked = Vec::new();
    for (name, value) in [
        ("who", &options.who),
        ("kind", &options.kind),
        ("incident", &options.incident),
        ("q", &options.text),
    ] {
        if let Some(value) = value {
            asked.push((name, value.clone()));
        }
    }
    for (name, value) in [("since", &options.since), ("until", &options.until)] {
        if let Some(words) = value {
            let instant = super::search::instant(words);
            asked.push((name, instant.with_context(|| format!("--{name}"))?));
        }
    }
    let client = Client::new(global, &options.connection)?;
    let limit = Some(options.limit.max(1));
    let answer = client.list("/api/v1/searches", &asked, "searches", limit, PAGE_MAX)?;
    let outcome = table(global, &answer, "searches", &COLUMNS)?;
    if answer["next"].is_string() {
        tell("there are older ones; --limit N shows more");
    }
    Ok(outcome)
}
