//! `vakt erase`: events go for good, from the journal and from the index.

use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;

use super::incidents::instant;
use super::{Connection, Global, Outcome};
use crate::client::Client;
use crate::output::{Output, Printer};

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Events of this stream
    #[arg(long, value_name = "NAME")]
    stream: Option<String>,
    /// Events received from then on
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Events received before then
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Events from this position on (`event.id`)
    #[arg(long, value_name = "POSITION")]
    from: Option<u64>,
    /// Events before this position
    #[arg(long, value_name = "POSITION")]
    to: Option<u64>,
    /// Why: it is kept, signed, with your name
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Do it; without it only what would go is counted
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    connection: Connection,
}

pub(super) fn run(global: &Global, options: &Options) -> Result<Outcome> {
    let mut body = json!({"reason": options.reason, "dry_run": !options.yes});
    for (key, words) in [("since", &options.since), ("until", &options.until)] {
        if let Some(words) = words {
            body[key] = instant(words)?.to_string().into();
        }
    }
    for (key, position) in [("from", options.from), ("to", options.to)] {
        if let Some(position) = position {
            body[key] = position.into();
        }
    }
    if let Some(stream) = &options.stream {
        body["stream"] = stream.as_str().into();
    }
    if body.as_object().is_none_or(|members| members.len() == 2) {
        bail!("say what is to be erased: --stream, --since, --until, --from or --to");
    }
    let answer = Client::new(global, &options.connection)?.post("/api/v1/erasures", &body)?;
    let mut out = Printer::new();
    match Output::or_by_terminal(global.output)? {
        Output::Text => out.line(&words(&answer))?,
        Output::Ndjson => out.json_line(&answer)?,
        Output::Json => out.json_pretty(&answer)?,
    }
    out.flush()?;
    Ok(Outcome::Done)
}

fn words(answer: &serde_json::Value) -> String {
    let events = answer["events"].as_u64().unwrap_or_default();
    if answer["dry_run"] == json!(true) {
        return format!(
            "{events} events would be erased for good, what was stored together with them included; \
             nothing is done without --yes"
        );
    }
    let index = if answer["index"] == json!("done") {
        "journal and index hold nothing of them any more"
    } else {
        "the journal holds nothing of them any more; the index is still being written anew"
    };
    format!("{events} events are erased: {index}. The ledger says who, when and why")
}
