//! `vakt notify`: where notices go, and trying it.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use serde_json::{Value as Json, json};
use vakt_event::Clock;
use vakt_event::clock::SystemClock;
use vakt_incident::Records;

use super::people::table;
use super::{Connection, Global, Outcome};
use crate::client::Client;
use crate::config::Config;
use crate::notify::Desk;
use crate::output::{Output, Printer, printable};

#[derive(Debug, Subcommand)]
pub enum Action {
    /// Send a notice that is marked as a test, at once, and say for each output what happened
    Test {
        /// Only this output [default: all of them]
        #[arg(value_name = "OUTPUT")]
        name: Option<String>,
        /// Send from here, by the outputs of --config, and ask no daemon
        #[arg(long)]
        offline: bool,
        #[command(flatten)]
        connection: Connection,
    },
    /// List the outputs, with what waits for each
    List {
        #[command(flatten)]
        connection: Connection,
    },
}

pub(super) fn run(global: &Global, action: &Action) -> Result<Outcome> {
    match action {
        Action::Test {
            name,
            offline: true,
            ..
        } => tried(global, &offline(global, name.as_deref())?),
        Action::Test {
            name, connection, ..
        } => {
            let client = Client::new(global, connection)?;
            let answer = client.post("/api/v1/outputs/test", &json!({ "output": name }))?;
            let results = answer["results"].as_array().cloned();
            tried(global, &results.unwrap_or_default())
        }
        Action::List { connection } => {
            let answer = Client::new(global, connection)?.get("/api/v1/outputs", &[])?;
            table(
                global,
                &answer,
                "outputs",
                &[
                    "output",
                    "type",
                    "pending",
                    "oldest_pending",
                    "delivered",
                    "failed",
                    "given_up",
                    "folded",
                    "last_error",
                ],
            )
        }
    }
}

/// Sends by the configuration alone.
fn offline(global: &Global, name: Option<&str>) -> Result<Vec<Json>> {
    let config = Config::of(global)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    // A test says nothing of any record; those that are made here are gone when it is done.
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let records = Records::open(&folder.path().join("records.db"), Arc::clone(&clock))?;
    let organisation = config.organisation.as_ref();
    let desk = Desk {
        records: Arc::new(records),
        redactor: None,
        clock,
        public_url: config.public_url.clone().unwrap_or_default(),
        organisation: organisation.map(|organisation| organisation.name.clone()),
        outputs: config.outputs.clone(),
        reminders: config.reminders.clone(),
        routed: AtomicU64::new(0),
    };
    match desk.test(name) {
        Some(results) => Ok(results),
        None => bail!(
            "the configuration has no output `{}`; it has {}",
            name.unwrap_or_default(),
            desk.names().join(", ")
        ),
    }
}

fn tried(global: &Global, results: &[Json]) -> Result<Outcome> {
    if results.is_empty() {
        bail!("the configuration has no outputs: write `outputs:` with a webhook or mail");
    }
    let mut out = Printer::new();
    match Output::or(global.output, Output::Text)? {
        Output::Text => {
            for result in results {
                let name = result["output"].as_str().unwrap_or_default();
                match result["error"].as_str() {
                    None if result["answers"] == false => {
                        out.line(&format!(
                            "{name}: sent; nobody knows whether it arrived (UDP)"
                        ))?;
                    }
                    None => out.line(&format!("{name}: delivered"))?,
                    Some(error) => out.line(&format!("{name}: {}", printable(error)))?,
                }
            }
        }
        Output::Ndjson => {
            for result in results {
                out.json_line(result)?;
            }
        }
        Output::Json => out.json_pretty(&json!({ "results": results }))?,
    }
    out.flush()?;
    let failed = results.iter().any(|result| !result["error"].is_null());
    Ok(if failed {
        Outcome::Found
    } else {
        Outcome::Done
    })
}
