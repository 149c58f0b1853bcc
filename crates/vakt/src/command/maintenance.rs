//! `vakt maintenance`: planned work, recorded before it begins.

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use serde_json::json;

use super::incidents::ahead;
use super::people::table;
use super::suppressions::{member, shown};
use super::{Connection, Global, Outcome};
use crate::client::{Client, encoded};
use crate::output::tell;

#[derive(Debug, Subcommand)]
pub enum Action {
    /// Record planned work; after its start it is kept for the record and covers nothing
    Add(AddOptions),
    /// List windows of maintenance, newest first
    List {
        /// Those that have passed or were ended, and late ones, too
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        connection: Connection,
    },
    /// End a window before its time
    End {
        /// Its id; `vakt maintenance list` shows them
        id: String,
        /// Why, in a line
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        connection: Connection,
    },
}

#[derive(Args, Debug)]
pub struct AddOptions {
    /// A host's name with `*`, an address, a network or an asset, repeatable [default: all]
    #[arg(long = "host", value_name = "NAME")]
    hosts: Vec<String>,
    /// The id of a rule, repeatable [default: all rules]
    #[arg(long = "rule", value_name = "ID")]
    rule_ids: Vec<String>,
    /// Only in this stream, repeatable [default: all streams]
    #[arg(long = "stream", value_name = "STREAM")]
    streams: Vec<String>,
    /// When it begins: 2h (from now), RFC 3339, 22:00 or `2026-12-24 22:00` in the zone of the first regime
    #[arg(long, value_name = "TIME")]
    from: String,
    /// When it ends, as --from
    #[arg(long, value_name = "TIME")]
    until: String,
    /// What is done, in a line
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    connection: Connection,
}

const PATH: &str = "/api/v1/maintenance";
const COLUMNS: [&str; 8] = [
    "id", "state", "from", "until", "covered", "hosts", "rules", "reason",
];

pub(super) fn run(global: &Global, action: &Action) -> Result<Outcome> {
    match action {
        Action::Add(options) => add(global, options),
        Action::List { all, connection } => {
            let state = if *all { "all" } else { "active" };
            let query = [("state", state.to_owned())];
            let client = Client::new(global, connection)?;
            let answer = client.list(PATH, &query, "maintenance", None, 500)?;
            table(global, &answer, "maintenance", &COLUMNS)
        }
        Action::End {
            id,
            reason,
            connection,
        } => {
            let client = Client::new(global, connection)?;
            let path = format!("{PATH}/{}/end", encoded(id));
            let ended = client.post(&path, &json!({ "reason": reason }))?;
            window(global, &ended)
        }
    }
}

fn add(global: &Global, options: &AddOptions) -> Result<Outcome> {
    let from = ahead(global, &options.from).context("--from")?;
    let until = ahead(global, &options.until).context("--until")?;
    let body = json!({
        "hosts": options.hosts,
        "rules": options.rule_ids,
        "streams": options.streams,
        "from": from.to_string(),
        "until": until.to_string(),
        "reason": options.reason,
    });
    let added = Client::new(global, &options.connection)?.post(PATH, &body)?;
    if added["late"] == true {
        tell("vakt: it has begun already: it is kept for the record, and covers nothing");
    }
    window(global, &added)
}

fn window(global: &Global, found: &serde_json::Value) -> Result<Outcome> {
    shown(global, found, |out| {
        for name in ["id", "state", "hosts", "rules", "streams", "from", "until"] {
            member(out, found, name)?;
        }
        for name in [
            "reason",
            "author",
            "ended_at",
            "ended_by",
            "end_reason",
            "covered",
        ] {
            member(out, found, name)?;
        }
        Ok(())
    })
}
