//! `vakt incidents register`: the register of personal data breaches (GDPR Art. 33(5)).

use anyhow::Result;
use clap::Args;
use serde_json::{Value as Json, json};

use crate::client::{Client, encoded};
use crate::command::coverage::line;
use crate::command::figures::sheet;
use crate::command::people::table;
use crate::command::suppressions::shown;
use crate::command::{Connection, Global, Outcome};
use crate::output::{Form, Printer};

#[derive(Args, Debug)]
pub struct Options {
    /// The incident to write about [default: list the register]
    id: Option<String>,
    /// What was found to be no breach, too
    #[arg(long, conflicts_with = "id")]
    all: bool,
    /// What happened; nothing takes the report's text again
    #[arg(long, value_name = "TEXT", requires = "id")]
    facts: Option<String>,
    /// Its effects
    #[arg(long, value_name = "TEXT", requires = "id")]
    effects: Option<String>,
    /// The remedial action taken
    #[arg(long, value_name = "TEXT", requires = "id")]
    remedial_action: Option<String>,
    /// Why the authority was not notified
    #[arg(long, value_name = "TEXT", requires = "id")]
    not_notified_reason: Option<String>,
    /// The version that this was written beside, 0 where nothing was
    #[arg(long, value_name = "N", default_value_t = 0)]
    version: u32,
    #[command(flatten)]
    connection: Connection,
}

const PATH: &str = "/api/v1/register";

pub(super) fn run(global: &Global, options: &Options) -> Result<Outcome> {
    let client = Client::new(global, &options.connection)?;
    let Some(id) = &options.id else {
        let query = [("all", options.all.to_string())];
        if global.output == Some(Form::Csv) {
            return sheet(&client, PATH, &query);
        }
        let answer = client.list(PATH, &query, "register", None, 500)?;
        let columns = [
            "number",
            "status",
            "detected_at",
            "aware_at",
            "version",
            "missing",
            "title",
        ];
        return table(global, &answer, "register", &columns);
    };
    let body = json!({
        "facts": options.facts,
        "effects": options.effects,
        "remedial_action": options.remedial_action,
        "not_notified_reason": options.not_notified_reason,
        "version": options.version,
    });
    let written = client.put(&format!("{PATH}/{}", encoded(id)), &body)?;
    shown(global, &written, |out| entry(out, &written))
}

fn entry(out: &mut Printer, written: &Json) -> Result<()> {
    for name in ["number", "title", "status"] {
        line(out, name, &written[name])?;
    }
    for name in ["facts", "effects", "remedial_action", "data_subjects"] {
        line(out, name, &written[name]["text"])?;
    }
    for name in ["not_notified_reason", "missing", "recorded_by", "version"] {
        line(out, name, &written[name])?;
    }
    Ok(())
}
