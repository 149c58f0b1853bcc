//! `vakt coverage`: which kinds of logs each asset gives, why some are missing, and the review of it.

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

use super::figures::sheet;
use super::incidents::ahead;
use super::people::{aligned, cell, table, text, to_second};
use super::suppressions::shown;
use super::{Connection, Global, Outcome};
use crate::client::{Client, encoded};
use crate::output::{Form, Printer, printable};

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Options {
    #[command(subcommand)]
    action: Option<Action>,
    /// Only this asset
    #[arg(long, value_name = "ASSET")]
    asset: Option<String>,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Record why an asset does not give a kind of log
    Explain(ExplainOptions),
    /// List the reasons, newest first
    Reasons {
        #[command(flatten)]
        connection: Connection,
    },
    /// End a reason: the gap is one without a reason again
    End {
        /// Its id; `vakt coverage reasons` shows them
        id: String,
        /// Why, in a line
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Sign that what is logged was reviewed (yearly, and after significant incidents)
    Sign(SignOptions),
}

#[derive(Args, Debug)]
struct ExplainOptions {
    /// The asset, as the configuration names it
    #[arg(long, value_name = "ASSET")]
    asset: String,
    /// The kind of log, such as physical_access
    #[arg(long, value_name = "KIND")]
    kind: String,
    /// Why, in a line
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// When it is to be looked at again, within a year: 90d, or a time
    #[arg(long, value_name = "TIME")]
    review_by: String,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Args, Debug)]
struct SignOptions {
    /// Who reviewed it
    #[arg(long, value_name = "NAME")]
    by: String,
    /// The hash of the matrix that was looked at; `vakt coverage` shows it
    #[arg(long, value_name = "HASH")]
    hash: String,
    /// What was found, in a line
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// The significant incident after which it was made
    #[arg(long, value_name = "ID")]
    incident: Option<String>,
    #[command(flatten)]
    connection: Connection,
}

const PATH: &str = "/api/v1/coverage";
const REASONS: &str = "/api/v1/coverage/reasons";

pub(super) fn run(global: &Global, options: &Options) -> Result<Outcome> {
    match &options.action {
        None => matrix(global, options),
        Some(Action::Explain(options)) => explain(global, options),
        Some(Action::Reasons { connection }) => {
            let client = Client::new(global, connection)?;
            let answer = client.list(REASONS, &[], "reasons", None, 500)?;
            let columns = [
                "id",
                "state",
                "asset",
                "kind",
                "review_by",
                "author",
                "reason",
            ];
            table(global, &answer, "reasons", &columns)
        }
        Some(Action::End {
            id,
            reason,
            connection,
        }) => {
            let path = format!("{REASONS}/{}/end", encoded(id));
            let ended = Client::new(global, connection)?.post(&path, &json!({"reason": reason}))?;
            told(global, &ended)
        }
        Some(Action::Sign(options)) => sign(global, options),
    }
}

fn explain(global: &Global, options: &ExplainOptions) -> Result<Outcome> {
    let review_by = ahead(global, &options.review_by).context("--review-by")?;
    let body = json!({
        "asset": options.asset,
        "kind": options.kind,
        "reason": options.reason,
        "review_by": review_by.to_string(),
    });
    let added = Client::new(global, &options.connection)?.post(REASONS, &body)?;
    told(global, &added)
}

fn sign(global: &Global, options: &SignOptions) -> Result<Outcome> {
    let body = json!({
        "by": options.by,
        "hash": options.hash,
        "note": options.note,
        "incident": options.incident,
    });
    let path = format!("{PATH}/sign");
    let signed = Client::new(global, &options.connection)?.post(&path, &body)?;
    told(global, &signed)
}

/// A reason or a review, a member a line.
fn told(global: &Global, found: &Json) -> Result<Outcome> {
    shown(global, found, |out| {
        for (name, value) in found.as_object().into_iter().flatten() {
            line(out, name, value)?;
        }
        Ok(())
    })
}

/// A member that is there, on a line.
pub(super) fn line(out: &mut Printer, name: &str, value: &Json) -> Result<()> {
    if !value.is_null() {
        out.line(&format!("{name:<20} {}", cell(Some(value))))?;
    }
    Ok(())
}

fn matrix(global: &Global, options: &Options) -> Result<Outcome> {
    let asset = options.asset.clone().map(|asset| ("asset", asset));
    let query: Vec<(&str, String)> = asset.into_iter().collect();
    let client = Client::new(global, &options.connection)?;
    if global.output == Some(Form::Csv) {
        return sheet(&client, PATH, &query);
    }
    let answer = client.get(PATH, &query)?;
    shown(global, &answer, |out| rows(out, &answer))
}

fn rows(out: &mut Printer, matrix: &Json) -> Result<()> {
    let list = |value: &Json, name: &str| value[name].as_array().cloned().unwrap_or_default();
    let kinds = list(matrix, "kinds");
    let points = kinds.iter().map(|kind| text(kind, "point").to_owned());
    let head = ["asset", "last heard"].map(str::to_owned).into_iter();
    let mut table = vec![head.chain(points).collect::<Vec<_>>()];
    for row in list(matrix, "assets") {
        let last = match row["last_heard"].as_str() {
            None => "never".to_owned(),
            Some(last) if row["silent"] == true => format!("{} SILENT", to_second(last)),
            Some(last) => to_second(last),
        };
        let cells = list(&row, "cells");
        let cells = cells
            .iter()
            .map(|cell| mark(text(cell, "state")).to_owned());
        let head = [printable(text(&row, "asset")), last].into_iter();
        table.push(head.chain(cells).collect());
    }
    for line in aligned(&table) {
        out.line(&line)?;
    }
    out.line("+ received, s silent, r gap with a reason, ! gap without one, . not expected")?;
    for kind in &kinds {
        out.line(&format!(
            "{}  {:<26} {}",
            text(kind, "point"),
            text(kind, "kind"),
            text(kind, "en")
        ))?;
    }
    for host in list(matrix, "unknown_hosts") {
        let last = to_second(text(&host, "last_heard"));
        out.line(&format!(
            "unknown host {}, last heard {last}",
            printable(text(&host, "host"))
        ))?;
    }
    review(out, matrix)
}

fn mark(state: &str) -> &'static str {
    match state {
        "received" => "+",
        "silent" => "s",
        "gap_with_reason" => "r",
        "gap" => "!",
        _ => ".",
    }
}

fn review(out: &mut Printer, matrix: &Json) -> Result<()> {
    let signed = &matrix["signed"];
    if signed.is_object() {
        out.line(&format!(
            "reviewed by {} at {}, again by {}",
            printable(text(signed, "by")),
            to_second(text(signed, "at")),
            to_second(text(signed, "due"))
        ))?;
    }
    if matrix["summary"]["review_due"] == true {
        out.line("a review is due: vakt coverage sign --by NAME --hash HASH")?;
    }
    out.line(&format!("hash {}", text(matrix, "hash")))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use vakt_incident::coverage::{LogKind, LogKinds, NewReason};

    use crate::command::guide::{commands_of, examples};

    const GUIDE: &str = include_str!("../../../../docs/coverage.md");

    #[test]
    fn the_commands_and_bodies_of_the_guide_are_understood() {
        assert_eq!(commands_of(GUIDE), 6);
        let reason: NewReason = serde_json::from_str(examples(GUIDE, "```json\n")[0]).unwrap();
        assert_eq!(reason.kind.parse(), Ok(LogKind::Authentication));
    }

    #[test]
    fn the_table_of_the_guide_is_that_of_the_data() {
        for data in &LogKinds::embedded().kinds {
            let line = format!("| {} | `{}`", data.point, data.kind);
            let line = GUIDE.lines().find(|it| it.starts_with(&line)).unwrap();
            let days = match data.silent_hours / 24 {
                1 => "| 1 day |".to_owned(),
                days => format!("| {days} days |"),
            };
            assert!(line.contains(&days), "{line}");
            assert_eq!(line.ends_with("| yes |"), data.expected, "{line}");
        }
    }
}
