//! `vakt sources`: who sends logs, and when each was last heard.

use anyhow::Result;

use super::people::table;
use super::{Connection, Global, Outcome};
use crate::client::Client;

pub(super) fn run(global: &Global, connection: &Connection) -> Result<Outcome> {
    let answer = Client::new(global, connection)?.get("/api/v1/sources", &[])?;
    table(
        global,
        &answer,
        "sources",
        &[
            "host",
            "peer",
            "transport",
            "stream",
            "last_heard",
            "events",
            "bytes",
            "unparsed",
            "unparsed_share",
            "clock_skew_smoothed_seconds",
        ],
    )
}
