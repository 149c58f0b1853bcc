//! `vakt storage`: what takes the space.

use anyhow::Result;
use clap::Args;

use super::people::table;
use super::{Connection, Global, Outcome};
use crate::client::Client;
use crate::output::{Output, tell};

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// stream, partition (stream and day of receipt) or field (of the newest events)
    #[arg(long, default_value = "stream", value_name = "WHAT", value_parser = ["stream", "partition", "field"])]
    by: String,
    #[command(flatten)]
    connection: Connection,
}

const COUNTS: [&str; 7] = [
    "events",
    "indexed_events",
    "splits",
    "raw_bytes",
    "bytes",
    "bytes_per_raw_byte",
    "newest_day",
];

pub(super) fn run(global: &Global, options: &Options) -> Result<Outcome> {
    let answer = Client::new(global, &options.connection)?.get("/api/v1/storage", &[])?;
    let outcome = match options.by.as_str() {
        "partition" => {
            let columns = ["day", "stream"].into_iter().chain(COUNTS).take(8);
            table(global, &answer, "partitions", &columns.collect::<Vec<_>>())
        }
        "field" => table(global, &answer, "fields", &["field", "bytes", "chunks"]),
        _ => {
            let columns = std::iter::once("stream").chain(COUNTS);
            table(global, &answer, "streams", &columns.collect::<Vec<_>>())
        }
    };
    if Output::or_by_terminal(global.output)? == Output::Text {
        tell(&format!(
            "{} events are in memory yet, in no split; the journal takes {} bytes",
            answer["unsealed_events"], answer["journal"]["bytes"],
        ));
    }
    outcome
}
