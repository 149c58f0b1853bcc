//! Response work on a terminal: notes, attachments, the record of the response, the review.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::{Value as Json, json};
use vakt_incident::work::FILE_BYTES_MAX;

use super::items;
use crate::client::{Client, encoded};
use crate::command::people::{table, text, to_second};
use crate::command::suppressions::{member, shown};
use crate::command::{Connection, Global, Outcome};
use crate::output::{printable, tell};

#[derive(Args, Debug)]
pub struct NoteOptions {
    /// The incident
    id: String,
    /// What to write down
    text: String,
    /// note, decision or communication
    #[arg(long, value_name = "KIND", default_value = "note")]
    kind: String,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Args, Debug)]
pub struct AttachOptions {
    /// The incident
    id: String,
    /// The file, of at most 32 MiB
    file: PathBuf,
    /// Its type, such as message/rfc822 [default: application/octet-stream]
    #[arg(long, value_name = "TYPE", default_value = "application/octet-stream")]
    media_type: String,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Args, Debug)]
pub struct AttachmentOptions {
    /// The incident
    id: String,
    /// The BLAKE3 of the file; `vakt incidents response` lists them
    hash: String,
    /// Where to write it; `-` is standard output
    #[arg(short, long = "out", value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Args, Debug)]
pub struct ReviewOptions {
    /// The incident
    id: String,
    /// What the review says, repeatable: root_cause_family, root_cause, scope, lessons, no_actions
    #[arg(long = "set", value_name = "FIELD=TEXT")]
    texts: Vec<String>,
    /// Sign it as it is then
    #[arg(long)]
    sign: bool,
    #[command(flatten)]
    connection: Connection,
}

fn path(id: &str, rest: &str) -> String {
    format!("/api/v1/incidents/{}/{rest}", encoded(id))
}

pub(super) fn note(global: &Global, options: &NoteOptions) -> Result<Outcome> {
    let client = Client::new(global, &options.connection)?;
    let body = json!({"text": options.text, "kind": options.kind});
    let note = client.post(&path(&options.id, "notes"), &body)?;
    shown(global, &note, |out| {
        for name in ["id", "kind", "at", "text", "recorded_by"] {
            member(out, &note, name)?;
        }
        Ok(())
    })
}

pub(super) fn attach(global: &Global, options: &AttachOptions) -> Result<Outcome> {
    let shown_path = options.file.display();
    let name = options.file.file_name().and_then(|name| name.to_str());
    let name = name.with_context(|| format!("{shown_path} has no name in UTF-8"))?;
    let mut bytes = Vec::new();
    let unreadable = || format!("cannot read {shown_path}");
    let file = File::open(&options.file).with_context(unreadable)?;
    file.take(FILE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .with_context(unreadable)?;
    ensure!(
        bytes.len() as u64 <= FILE_BYTES_MAX,
        "{shown_path} has more than {FILE_BYTES_MAX} bytes: keep it elsewhere and note its hash"
    );
    let client = Client::new(global, &options.connection)?;
    let path = format!(
        "{}?name={}",
        path(&options.id, "attachments"),
        encoded(name)
    );
    let attached = client.post_file(&path, &options.media_type, &bytes)?;
    shown(global, &attached, |out| {
        for name in ["blake3", "sha256", "bytes", "name", "media_type"] {
            member(out, &attached, name)?;
        }
        Ok(())
    })
}

pub(super) fn attachment(global: &Global, options: &AttachmentOptions) -> Result<Outcome> {
    let client = Client::new(global, &options.connection)?;
    let rest = format!("attachments/{}", encoded(&options.hash));
    let bytes = client.file(&path(&options.id, &rest), FILE_BYTES_MAX)?;
    if options.out == Path::new("-") {
        let mut out = std::io::stdout().lock();
        out.write_all(&bytes)?;
        out.flush()?;
    } else {
        let to = options.out.display();
        fs::write(&options.out, &bytes).with_context(|| format!("cannot write {to}"))?;
    }
    Ok(Outcome::Done)
}

pub(super) fn review(global: &Global, options: &ReviewOptions) -> Result<Outcome> {
    let client = Client::new(global, &options.connection)?;
    let path = path(&options.id, "review");
    let mut review = client.get(&path, &[])?;
    if !options.texts.is_empty() {
        let mut body = json!({ "version": review["version"] });
        for argument in &options.texts {
            let (name, value) = argument.split_once('=').with_context(|| {
                format!("--set {argument}: write FIELD=TEXT, such as lessons=\"Keys only\"")
            })?;
            body[name.trim()] = value.into();
        }
        review = client.put(&path, &body)?;
    }
    if options.sign {
        let body = json!({ "version": review["version"] });
        let signed = client.post(&format!("{path}/sign"), &body)?;
        for warning in items(&signed, "warnings").filter_map(Json::as_str) {
            tell(&format!("warning: {warning}"));
        }
        review = client.get(&path, &[])?;
    }
    shown(global, &review, |out| {
        for name in [
            "root_cause_family",
            "root_cause",
            "scope",
            "lessons",
            "no_actions",
        ] {
            let said = review[name].as_str().unwrap_or("-");
            out.line(&format!("{name}: {}", printable(said)))?;
        }
        for action in items(&review, "actions") {
            let owner = action["owner"].as_str().unwrap_or("nobody");
            let title = printable(text(action, "title"));
            out.line(&format!(
                "action: {title} ({owner}, {})",
                text(action, "state")
            ))?;
        }
        for missing in items(&review, "missing").filter_map(Json::as_str) {
            out.line(&format!("missing: {}", printable(missing)))?;
        }
        let signed = &review["signed"];
        let signature = match signed["by"].as_str() {
            Some(by) => format!("signed by {by} at {}", to_second(text(signed, "at"))),
            None => "not signed".to_owned(),
        };
        out.line(&signature)?;
        Ok(())
    })
}

pub(super) fn reviews(
    global: &Global,
    year: Option<i16>,
    connection: &Connection,
) -> Result<Outcome> {
    let year = year.map(|year| ("year", year.to_string()));
    let query: Vec<(&str, String)> = year.into_iter().collect();
    let client = Client::new(global, connection)?;
    let answer = client.list("/api/v1/reviews", &query, "incidents", None, 500)?;
    let columns = [
        "number",
        "state",
        "significant",
        "detected_at",
        "handled_at",
        "closed_at",
        "title",
    ];
    table(global, &answer, "incidents", &columns)
}

pub(super) fn response(global: &Global, id: &str, connection: &Connection) -> Result<Outcome> {
    let client = Client::new(global, connection)?;
    let record = client.get(&path(id, "response"), &[])?;
    shown(global, &record, |out| {
        for line in record_lines(&record) {
            out.line(&printable(&line))?;
        }
        Ok(())
    })
}

fn record_lines(record: &Json) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, at) in record["times"].as_object().into_iter().flatten() {
        lines.push(format!(
            "{name:<12}{}",
            to_second(at.as_str().unwrap_or("-"))
        ));
    }
    lines.push(format!("notified    {}", record["notified"]));
    for phase in items(record, "phases") {
        for task in items(phase, "tasks") {
            let owner = task["owner"].as_str().unwrap_or("nobody");
            let (phase, state) = (text(phase, "phase"), text(task, "state"));
            lines.push(format!(
                "{phase}: {} ({owner}, {state})",
                text(task, "title")
            ));
        }
        for fact in items(phase, "facts") {
            let reason = fact["reason"].as_str().unwrap_or_default();
            let at = to_second(text(fact, "at"));
            lines.push(format!("{}: {at} {reason}", text(fact, "fact")));
        }
    }
    for indicator in items(record, "indicators") {
        let (field, value) = (text(indicator, "field"), text(indicator, "value"));
        lines.push(format!("indicator: {field}={value}"));
    }
    let review = &record["review"];
    for name in ["root_cause_family", "root_cause", "scope", "lessons"] {
        if let Some(said) = review[name].as_str().filter(|said| !said.is_empty()) {
            lines.push(format!("{name}: {said}"));
        }
    }
    for name in ["decisions", "notes"] {
        for note in items(record, name) {
            let at = to_second(text(note, "at"));
            lines.push(format!(
                "{}: {at} {}",
                text(note, "kind"),
                text(note, "text")
            ));
        }
    }
    for file in items(record, "attachments") {
        let hash = file["blake3"].as_str().unwrap_or("-");
        lines.push(format!("attachment: {hash} {}", text(file, "name")));
    }
    for open in items(record, "unanswered").filter_map(Json::as_str) {
        lines.push(format!("unanswered: {open}"));
    }
    lines
}
