//! `vakt incidents clocks`: the clocks as a pure computation.

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use serde_json::json;
use vakt_event::Timestamp;
use vakt_incident::{FactSet, Regimes, clock};

use crate::command::people::{aligned, text};
use crate::command::{Global, Outcome};
use crate::config::read_regimes;
use crate::output::{Output, Printer};

pub(super) fn clocks(
    global: &Global,
    regimes: &[String],
    facts: &[String],
    now: Option<&str>,
    regimes_file: Option<&Path>,
) -> Result<Outcome> {
    let data = match regimes_file {
        None => Arc::clone(Regimes::embedded_arc()),
        Some(path) => {
            read_regimes(path).with_context(|| format!("--regimes-file {}", path.display()))?
        }
    };
    let law = data
        .select(regimes)
        .map_err(|error| anyhow!("--regime: {error}"))?;
    let facts = FactSet::parse_args(facts, &data).map_err(|error| anyhow!("--fact: {error}"))?;
    let now = now
        .map(|text| {
            Timestamp::from_str(text).with_context(|| {
                format!("--now: {text:?} is no RFC 3339 time with an offset, such as 2026-11-23T20:08:00Z")
            })
        })
        .transpose()?;
    let clocks = clock::compute(&law, &facts, now).clocks;
    let mut out = Printer::new();
    match Output::or_by_terminal(global.output)? {
        Output::Json => out.json_pretty(&json!({"clocks": clocks}))?,
        Output::Ndjson => {
            for clock in &clocks {
                out.json_line(clock)?;
            }
        }
        Output::Text => {
            let value = serde_json::to_value(&clocks)?;
            let mut rows = vec![
                ["regime", "stage", "party", "state", "due", "day"]
                    .map(str::to_owned)
                    .to_vec(),
            ];
            for clock in value.as_array().into_iter().flatten() {
                rows.push(vec![
                    text(clock, "regime").to_owned(),
                    text(clock, "stage").to_owned(),
                    text(clock, "party").to_owned(),
                    text(clock, "state").to_owned(),
                    clock["due"]
                        .as_str()
                        .or(clock["note"].as_str())
                        .unwrap_or("-")
                        .to_owned(),
                    text(clock, "nominal_date").to_owned(),
                ]);
            }
            for line in aligned(&rows) {
                out.line(&line)?;
            }
        }
    }
    out.flush()?;
    Ok(Outcome::Done)
}
