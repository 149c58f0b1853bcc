//! `vakt risk`: who has the highest risk now, and from which alerts.

use anyhow::Result;
use clap::Args;
use serde_json::Value as Json;

use super::people::{cell, text};
use super::suppressions::shown;
use super::{Connection, Global, Outcome};
use crate::client::Client;
use crate::output::printable;

#[derive(Args, Debug)]
pub struct Options {
    /// The most hosts, users and addresses to show
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=500))]
    limit: u16,
    #[command(flatten)]
    connection: Connection,
}

pub(super) fn run(global: &Global, options: &Options) -> Result<Outcome> {
    let query = [("limit", options.limit.to_string())];
    let answer = Client::new(global, &options.connection)?.get("/api/v1/risk", &query)?;
    shown(global, &answer, |out| {
        for entity in answer["risk"].as_array().into_iter().flatten() {
            out.line(&line(entity))?;
            for alert in entity["alerts"].as_array().into_iter().flatten() {
                let name = printable(text(alert, "rule.name"));
                let (points, level) = (&alert["points"], text(alert, "level"));
                out.line(&format!("    {points}  {name} ({level})"))?;
            }
        }
        Ok(())
    })
}

fn line(entity: &Json) -> String {
    let fields = entity["entity_fields"].as_object();
    let field = fields.and_then(|fields| fields.keys().next());
    let field = field.map(String::as_str).unwrap_or_default();
    let mut line = format!(
        "{}  {field} {}",
        entity["score"],
        cell(entity.get("entity"))
    );
    for (name, before) in [
        ("asset", "asset "),
        ("stream", "stream "),
        ("incident", "incident "),
    ] {
        if let Some(value) = entity.get(name).filter(|value| !value.is_null()) {
            line.push_str(&format!(", {before}{}", cell(Some(value))));
        }
    }
    if entity["drill"] == true {
        line.push_str(", drill");
    }
    line
}
