//! `vakt tasks`: what is to be done, and by whom.

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

use super::incidents::ahead;
use super::people::table;
use super::suppressions::{member, shown};
use super::{Connection, Global, Outcome};
use crate::client::{Client, encoded};

#[derive(Debug, Subcommand)]
pub enum Action {
    /// List tasks, newest first: yours that are open, unless it is said otherwise
    List {
        /// Of this user [default: of whoever asks]
        #[arg(long, value_name = "USER", conflicts_with = "everybody")]
        owner: Option<String>,
        /// Of everybody, and those that nobody does
        #[arg(long)]
        everybody: bool,
        /// Those that are done or dropped, too
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        connection: Connection,
    },
    /// Add a task to an incident
    Add(AddOptions),
    /// Change a task, or say that it is done
    Change(ChangeOptions),
}

#[derive(Args, Debug)]
pub struct AddOptions {
    /// The incident
    incident: String,
    /// What is to be done, in a line
    title: String,
    /// Who does it, by the name of a user
    #[arg(long, value_name = "USER")]
    owner: Option<String>,
    /// Until when: 2h (from now), RFC 3339, 16:00 or `2026-12-24 12:00` in the zone of the first regime
    #[arg(long, value_name = "TIME")]
    due: Option<String>,
    /// analysis, containment, eradication, recovery, communication or improvement
    #[arg(long, value_name = "PHASE", default_value = "analysis")]
    phase: String,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Args, Debug)]
pub struct ChangeOptions {
    /// The task; `vakt tasks list` shows them
    id: String,
    /// The version that was looked at [default: the present one]
    #[arg(long, value_name = "N")]
    version: Option<i64>,
    /// It is done
    #[arg(long, conflicts_with_all = ["drop", "reopen"])]
    done: bool,
    /// It is not done, for the reason given
    #[arg(long, conflicts_with = "reopen")]
    drop: bool,
    /// It is to be done after all
    #[arg(long)]
    reopen: bool,
    /// Why, or a remark
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Another owner; nothing is nobody
    #[arg(long, value_name = "USER")]
    owner: Option<String>,
    /// Another time, as in `add --due`; nothing is none
    #[arg(long, value_name = "TIME")]
    due: Option<String>,
    #[command(flatten)]
    connection: Connection,
}

const PATH: &str = "/api/v1/tasks";
const COLUMNS: [&str; 8] = [
    "id",
    "version",
    "state",
    "due",
    "owner",
    "phase",
    "incident_number",
    "title",
];

pub(super) fn run(global: &Global, action: &Action) -> Result<Outcome> {
    match action {
        Action::List {
            owner,
            everybody,
            all,
            connection,
        } => {
            let mut query = Vec::new();
            if !everybody {
                query.push(("owner", owner.clone().unwrap_or_else(|| "me".to_owned())));
            }
            if !all {
                query.push(("state", "open".to_owned()));
            }
            let client = Client::new(global, connection)?;
            let answer = client.list(PATH, &query, "tasks", None, 500)?;
            table(global, &answer, "tasks", &COLUMNS)
        }
        Action::Add(options) => add(global, options),
        Action::Change(options) => change(global, options),
    }
}

fn add(global: &Global, options: &AddOptions) -> Result<Outcome> {
    let mut body = json!({"title": options.title, "phase": options.phase});
    if let Some(owner) = &options.owner {
        body["owner"] = owner.clone().into();
    }
    if let Some(due) = &options.due {
        body["due"] = ahead(global, due)?.to_string().into();
    }
    let path = format!("/api/v1/incidents/{}/tasks", encoded(&options.incident));
    let added = Client::new(global, &options.connection)?.post(&path, &body)?;
    task(global, &added)
}

fn change(global: &Global, options: &ChangeOptions) -> Result<Outcome> {
    let client = Client::new(global, &options.connection)?;
    let version = match options.version {
        Some(version) => version,
        None => present_version(&client, &options.id)?,
    };
    let mut body = json!({ "version": version });
    for (is_wanted, state) in [
        (options.done, "done"),
        (options.drop, "dropped"),
        (options.reopen, "open"),
    ] {
        if is_wanted {
            body["state"] = state.into();
        }
    }
    for (name, value) in [("reason", &options.reason), ("owner", &options.owner)] {
        if let Some(value) = value {
            body[name] = value.clone().into();
        }
    }
    match options.due.as_deref() {
        None => {}
        Some("") => body["due"] = "".into(),
        Some(due) => body["due"] = ahead(global, due)?.to_string().into(),
    }
    let changed = client.put(&format!("{PATH}/{}", encoded(&options.id)), &body)?;
    task(global, &changed)
}

/// The version of a task as it is now: who names none has not looked at another.
fn present_version(client: &Client, id: &str) -> Result<i64> {
    let all = client.list(PATH, &[], "tasks", None, 500)?;
    let tasks = all["tasks"].as_array().into_iter().flatten();
    let mut found = tasks.filter(|task| task["id"] == id);
    // Where it is not found, the daemon says so.
    Ok(found
        .next()
        .and_then(|task| task["version"].as_i64())
        .unwrap_or(0))
}

fn task(global: &Global, found: &Json) -> Result<Outcome> {
    shown(global, found, |out| {
        for name in [
            "id", "version", "title", "owner", "due", "phase", "state", "reason",
        ] {
            member(out, found, name)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use crate::command::Cli;
    use crate::command::guide::words;

    /// The commands of the guides to response work and to reports, as a shell takes them apart.
    #[test]
    fn the_commands_of_the_guides_are_understood() {
        for (guide, count) in [
            (include_str!("../../../../docs/response.md"), 11),
            (include_str!("../../../../docs/intake.md"), 6),
        ] {
            let examples = guide.split("```sh\n").skip(1);
            let examples = examples.filter_map(|rest| rest.split_once("```"));
            let lines: Vec<&str> = examples.flat_map(|(lines, _)| lines.lines()).collect();
            assert_eq!(lines.len(), count);
            for line in lines {
                let parsed = Cli::try_parse_from(words(line));
                assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
            }
        }
    }
}
