//! `vakt saved-searches`, and the query behind a name.

use anyhow::{Result, bail};
use clap::Subcommand;

use super::people::{table, text};
use super::{Connection, Global, Outcome};
use crate::client::{Client, encoded};

#[derive(Debug, Subcommand)]
pub enum Action {
    /// List your own and those that others share; `vakt search --save` adds one
    List {
        #[command(flatten)]
        connection: Connection,
    },
    /// Take one of your own away
    Remove {
        /// Its name; `vakt saved-searches list` shows them
        name: String,
        /// Of another person; for administrators
        #[arg(long, value_name = "NAME")]
        owner: Option<String>,
        #[command(flatten)]
        connection: Connection,
    },
}

const PATH: &str = "/api/v1/saved-searches";

pub(super) fn run(global: &Global, action: &Action) -> Result<Outcome> {
    match action {
        Action::List { connection } => {
            let answer = Client::new(global, connection)?.get(PATH, &[])?;
            let columns = ["name", "owner", "shared", "query"];
            table(global, &answer, "saved_searches", &columns)
        }
        Action::Remove {
            name,
            owner,
            connection,
        } => {
            let mut path = format!("{PATH}/{}", encoded(name));
            if let Some(owner) = owner {
                path.push_str(&format!("?owner={}", encoded(owner)));
            }
            Client::new(global, connection)?.delete(&path)?;
            Ok(Outcome::Done)
        }
    }
}

/// The query that was saved as `name`: one's own goes before a shared one.
pub(super) fn query_of(client: &Client, name: &str) -> Result<String> {
    let answer = client.get(PATH, &[])?;
    let saved = answer["saved_searches"].as_array();
    let mut saved = saved.map(Vec::as_slice).unwrap_or_default().iter();
    match saved.find(|saved| saved["name"] == name) {
        Some(found) => Ok(text(found, "query").to_owned()),
        None => bail!(
            "there is no saved search `{name}`: `vakt saved-searches list` shows them, and `vakt \
             search --save {name:?} QUERY` makes it"
        ),
    }
}
