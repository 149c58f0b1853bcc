//! `vakt reports`: what staff, suppliers and customers reported.

use anyhow::Result;
use clap::Subcommand;

use super::people::table;
use super::{Connection, Global, Outcome};
use crate::client::Client;

#[derive(Debug, Subcommand)]
pub enum Action {
    /// List reports, newest first, each with the incident that it opened
    List {
        #[command(flatten)]
        connection: Connection,
    },
}

const COLUMNS: [&str; 7] = [
    "receipt",
    "received_at",
    "source",
    "party",
    "number",
    "state",
    "description",
];

pub(super) fn run(global: &Global, action: &Action) -> Result<Outcome> {
    let Action::List { connection } = action;
    let client = Client::new(global, connection)?;
    let answer = client.list("/api/v1/reports", &[], "reports", None, 500)?;
    table(global, &answer, "reports", &COLUMNS)
}
