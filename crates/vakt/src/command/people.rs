//! `vakt users` and `vakt tokens`.

use std::sync::Arc;

use anyhow::Result;
use clap::Subcommand;
use serde_json::{Value as Json, json};
use vakt_api::Role;
use vakt_api::access::Access;
use vakt_event::Timestamp;
use vakt_event::clock::SystemClock;

use super::{Connection, Global, Outcome};
use crate::client::Client;
use crate::config::Config;
use crate::data_dir::{DataDir, write_secret};
use crate::output::{Output, Printer, printable};

#[derive(Debug, Subcommand)]
pub enum Users {
    /// Add a person and print their personal token, once
    Add {
        /// The name under which facts are recorded
        name: String,
        /// admin, lead, analyst or viewer
        #[arg(long, value_name = "ROLE")]
        role: String,
        /// See this stream only, repeatable [default: all streams]
        #[arg(long = "stream", value_name = "STREAM")]
        streams: Vec<String>,
        #[command(flatten)]
        connection: Connection,
    },
    /// List the people
    List {
        #[command(flatten)]
        connection: Connection,
    },
    /// Take away a person's access; what they recorded stays
    Remove {
        /// The person's name; `vakt users list` shows them
        name: String,
        #[command(flatten)]
        connection: Connection,
    },
}

#[derive(Debug, Subcommand)]
pub enum Tokens {
    /// Add a token that may only send logs, into one stream, only read deadlines, or only report
    Add {
        /// A name for the sender
        name: String,
        /// The stream that its logs go into
        #[arg(long, default_value = "default", value_name = "STREAM")]
        stream: String,
        /// For a calendar: it reads the deadlines that this person sees, and nothing else
        #[arg(long, value_name = "USER", conflicts_with = "stream")]
        calendar_of: Option<String>,
        /// For reports of what happened, and nothing else: own, supplier:NAME or customer:NAME
        #[arg(long, value_name = "WHO", conflicts_with_all = ["stream", "calendar_of"])]
        intake_for: Option<String>,
        #[command(flatten)]
        connection: Connection,
    },
    /// List the tokens, without their secrets
    List {
        #[command(flatten)]
        connection: Connection,
    },
    /// Write a new token of an administrator to DATA_DIR/admin.token; no daemon may be running
    ///
    /// For when that file is gone. Whoever may write the data directory may do this; tokens that
    /// exist stay valid until they are revoked.
    Recover {
        /// The administrator
        #[arg(long, default_value = vakt_api::access::ADMIN, value_name = "NAME")]
        user: String,
    },
    /// Make a token worthless at once
    Revoke {
        /// The token's id; `vakt tokens list` shows them
        id: String,
        #[command(flatten)]
        connection: Connection,
    },
}

pub(super) fn users(global: &Global, action: &Users) -> Result<Outcome> {
    match action {
        Users::Add {
            name,
            role,
            streams,
            connection,
        } => {
            let mut body = json!({"name": name, "role": role});
            if !streams.is_empty() {
                body["streams"] = streams.clone().into();
            }
            let answer = Client::new(global, connection)?.post("/api/v1/users", &body)?;
            new_token(global, &answer, &format!("token of {name} ({role})"))
        }
        Users::List { connection } => {
            let answer = Client::new(global, connection)?.get("/api/v1/users", &[])?;
            table(
                global,
                &answer,
                "users",
                &["name", "role", "streams", "created_at", "disabled_at"],
            )
        }
        Users::Remove { name, connection } => {
            Client::new(global, connection)?.delete(&format!("/api/v1/users/{name}"))?;
            Ok(Outcome::Done)
        }
    }
}

pub(super) fn tokens(global: &Global, action: &Tokens) -> Result<Outcome> {
    match action {
        Tokens::Add {
            name,
            intake_for: Some(of),
            connection,
            ..
        } => {
            let client = Client::new(global, connection)?;
            let body = json!({"kind": "report", "name": name, "report_for": of});
            let answer = client.post("/api/v1/tokens", &body)?;
            let what = format!(
                "token of {name} for reports ({of}), as the code at {}/report",
                client.url()
            );
            new_token(global, &answer, &what)
        }
        Tokens::Add {
            name,
            calendar_of: Some(user),
            connection,
            ..
        } => {
            let client = Client::new(global, connection)?;
            let body = json!({"kind": "calendar", "name": name, "user": user});
            let answer = client.post("/api/v1/tokens", &body)?;
            let url = client.url();
            let what = format!(
                "token for the address {url}/calendar.ics?token=…, which shows what {user} sees"
            );
            new_token(global, &answer, &what)
        }
        Tokens::Add {
            name,
            stream,
            calendar_of: None,
            connection,
            ..
        } => {
            let answer = Client::new(global, connection)?.post(
                "/api/v1/tokens",
                &json!({"kind": "intake", "name": name, "stream": stream}),
            )?;
            new_token(
                global,
                &answer,
                &format!("intake token {name} into {stream}"),
            )
        }
        Tokens::List { connection } => {
            let answer = Client::new(global, connection)?.get("/api/v1/tokens", &[])?;
            table(
                global,
                &answer,
                "tokens",
                &[
                    "id",
                    "kind",
                    "name",
                    "user",
                    "stream",
                    "report_for",
                    "created_at",
                ],
            )
        }
        Tokens::Recover { user } => recover(global, user),
        Tokens::Revoke { id, connection } => {
            Client::new(global, connection)?.delete(&format!("/api/v1/tokens/{id}"))?;
            Ok(Outcome::Done)
        }
    }
}

fn recover(global: &Global, user: &str) -> Result<Outcome> {
    let config = Config::of(global)?;
    let data_dir = DataDir::find(global.data_dir.as_deref(), config.data_dir.as_deref())?;
    anyhow::ensure!(
        data_dir.access().exists(),
        "{} is not there: `vakt serve` makes it, and an administrator with it",
        data_dir.access().display()
    );
    data_dir.keep_private()?;
    let _lock = data_dir.lock()?;
    let access = Access::open(&data_dir.access(), Arc::new(SystemClock))?;
    let administrators: Vec<String> = access
        .users()?
        .into_iter()
        .filter(|row| row.role == Role::Admin.name() && row.disabled_at.is_none())
        .map(|row| row.name)
        .collect();
    anyhow::ensure!(
        administrators.iter().any(|name| name == user),
        "`{user}` is no administrator; those are: {}",
        administrators.join(", ")
    );
    let new = access.add_personal_token(user, "recovered", "vakt")?;
    let path = data_dir.admin_token();
    write_secret(&path, &format!("{}\n", new.secret.reveal()))?;
    let mut out = Printer::new();
    out.line(&format!("a new token of {user} is in {}", path.display()))?;
    out.flush()?;
    Ok(Outcome::Done)
}

fn new_token(global: &Global, answer: &Json, what: &str) -> Result<Outcome> {
    let mut out = Printer::new();
    match Output::or_by_terminal(global.output)? {
        Output::Text => {
            out.line(&format!("{what}, shown only now:"))?;
            out.line(text(answer, "token"))?;
        }
        Output::Ndjson => out.json_line(answer)?,
        Output::Json => out.json_pretty(answer)?,
    }
    out.flush()?;
    Ok(Outcome::Done)
}

/// Prints the list that `answer` holds under `key`: as a table of `columns`, or as JSON.
pub(super) fn table(
    global: &Global,
    answer: &Json,
    key: &str,
    columns: &[&str],
) -> Result<Outcome> {
    let mut out = Printer::new();
    let rows = answer[key]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    match Output::or_by_terminal(global.output)? {
        Output::Json => out.json_pretty(answer)?,
        Output::Ndjson => {
            for row in rows {
                out.json_line(row)?;
            }
        }
        Output::Text => {
            let cells: Vec<Vec<String>> =
                std::iter::once(columns.iter().map(|column| (*column).to_owned()).collect())
                    .chain(rows.iter().map(|row| {
                        columns
                            .iter()
                            .map(|column| cell(row.pointer(&pointer(column)).or(row.get(*column))))
                            .collect()
                    }))
                    .collect();
            for line in aligned(&cells) {
                out.line(&line)?;
            }
        }
    }
    out.flush()?;
    Ok(Outcome::Done)
}

fn pointer(column: &str) -> String {
    format!("/{}", column.replace('.', "/"))
}

pub(super) fn cell(value: Option<&Json>) -> String {
    match value {
        None | Some(Json::Null) => "-".to_owned(),
        Some(Json::String(text)) => printable(&to_second(text)),
        Some(Json::Array(items)) => {
            let cells: Vec<_> = items.iter().map(|item| cell(Some(item))).collect();
            cells.join(",")
        }
        Some(other) => other.to_string(),
    }
}

/// An instant without the fraction of its second, so never later than it is; other text as it is.
pub(super) fn to_second(text: &str) -> String {
    match text.split_once('.') {
        Some((whole, fraction)) if fraction.ends_with('Z') && text.parse::<Timestamp>().is_ok() => {
            format!("{whole}Z")
        }
        _ => text.to_owned(),
    }
}

/// The rows as lines, each column as wide as its widest cell.
pub(super) fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    rows.iter()
        .map(|row| {
            let cells: Vec<String> = row
                .iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{cell:<width$}"))
                .collect();
            cells.join("  ").trim_end().to_owned()
        })
        .collect()
}

pub(super) fn text<'j>(value: &'j Json, key: &str) -> &'j str {
    value.get(key).and_then(Json::as_str).unwrap_or_default()
}
