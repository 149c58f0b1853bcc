//! `vakt search`: asks a running daemon for events.

use anyhow::{Context, Result};
use clap::Args;
use serde_json::{Map, Value as Json};

use super::people::{aligned, text};
use super::{Connection, Global, Outcome};
use crate::client::Client;
use crate::output::{Output, Printer, printable, tell};

#[derive(Args, Debug)]
pub struct Options {
    /// Words, "phrases", field:value, and or not; nothing finds everything; what begins with `-` goes after `--`
    #[arg(value_name = "QUERY")]
    query: Vec<String>,
    /// From this instant on: -15m, -2h, -7d, 03:05, `yesterday 23:10` (Swedish time), or RFC 3339
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    since: Option<String>,
    /// Before this instant, in the same forms
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    until: Option<String>,
    /// Only this stream
    #[arg(long, value_name = "STREAM")]
    stream: Option<String>,
    /// The most events to show
    #[arg(long, default_value_t = 100, value_name = "N")]
    limit: usize,
    /// newest or oldest first
    #[arg(long, default_value = "newest", value_name = "ORDER", value_parser = ["newest", "oldest"])]
    order: String,
    #[command(flatten)]
    connection: Connection,
}

/// The most hits that the daemon gives in one answer.
const PAGE_HITS_MAX: usize = 10_000;

pub(super) fn run(global: &Global, options: &Options) -> Result<Outcome> {
    let client = Client::new(global, &options.connection)?;
    let mut query = vec![
        ("q", options.query.join(" ")),
        ("order", options.order.clone()),
    ];
    for (name, value) in [("since", &options.since), ("until", &options.until)] {
        if let Some(words) = value {
            query.push((name, instant(words).with_context(|| format!("--{name}"))?));
        }
    }
    if let Some(stream) = &options.stream {
        query.push(("stream", stream.clone()));
    }
    let limit = Some(options.limit);
    let answer = client.list("/api/v1/search", &query, "hits", limit, PAGE_HITS_MAX)?;
    let hits = answer["hits"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut out = Printer::new();
    match Output::or_by_terminal(global.output) {
        Output::Json => out.json_pretty(&answer)?,
        Output::Ndjson if answer["table"].is_object() => {
            for row in rows(&answer["table"]) {
                let columns = names(&answer["table"]).zip(row);
                let object: Map<String, Json> = columns
                    .map(|(name, cell)| (name.to_owned(), cell.clone()))
                    .collect();
                out.json_line(&Json::Object(object))?;
            }
            out.flush()?;
            tell_cut(&answer["table"]);
        }
        Output::Text if answer["table"].is_object() => {
            let head = names(&answer["table"]).map(str::to_owned).collect();
            let cells = rows(&answer["table"]).map(|row| row.iter().map(shown).collect());
            let table: Vec<Vec<String>> = std::iter::once(head).chain(cells).collect();
            for line in aligned(&table) {
                out.line(&printable(&line))?;
            }
            out.flush()?;
            tell_cut(&answer["table"]);
            tell(&format!(
                "of {} events, {} ms",
                answer["total"], answer["elapsed_ms"]
            ));
        }
        Output::Ndjson => {
            for hit in hits {
                out.json_line(hit)?;
            }
            out.flush()?;
            if answer["next"].is_string() {
                tell(&format!(
                    "{} of {} events; --limit N gives more",
                    hits.len(),
                    answer["total"]
                ));
            }
        }
        Output::Text => {
            for hit in hits {
                out.line(&one_line(hit))?;
            }
            out.flush()?;
            tell(&format!(
                "{} of {} events, {} ms{}",
                hits.len(),
                answer["total"],
                answer["elapsed_ms"],
                if answer["next"].is_string() {
                    "; --limit N shows more"
                } else {
                    ""
                }
            ));
        }
    }
    out.flush()?;
    Ok(Outcome::Done)
}

fn list(value: &Json) -> &[Json] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The columns of a table that the commands of a query made.
fn names(table: &Json) -> impl Iterator<Item = &str> {
    let names = list(&table["columns"]).iter();
    names.map(|name| name.as_str().unwrap_or_default())
}

fn rows(table: &Json) -> impl Iterator<Item = &[Json]> {
    list(&table["rows"]).iter().map(list)
}

/// Says what is missing in a table.
fn tell_cut(table: &Json) {
    for sentence in list(&table["cut"]).iter().filter_map(Json::as_str) {
        tell(sentence);
    }
}

/// A cell as a person reads it.
fn shown(cell: &Json) -> String {
    match cell {
        Json::Null => "-".to_owned(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A time back from now goes to the daemon as it is; everything else becomes an instant here.
fn instant(words: &str) -> Result<String> {
    if words.starts_with('-') {
        return Ok(words.to_owned());
    }
    Ok(super::incidents::instant(words)?.to_string())
}

/// Time, host, program and message of an event, as a person reads a log.
pub(super) fn one_line(hit: &Json) -> String {
    let program = first(
        hit,
        &["log.syslog.appname", "process.name", "event.provider"],
    );
    let mut parts = vec![text(hit, "@timestamp").to_owned()];
    parts.extend(first(hit, &["host.name", "vakt.peer"]));
    parts.extend(program.map(|program| format!("{program}:")));
    parts.push(first(hit, &["message", "event.original"]).unwrap_or_default());
    printable(&parts.join(" "))
}

fn first(hit: &Json, names: &[&str]) -> Option<String> {
    names
        .iter()
        .find_map(|name| hit.get(*name).and_then(Json::as_str))
        .map(str::to_owned)
}
