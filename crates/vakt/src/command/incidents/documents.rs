//! Reports and notices as documents: looked at, kept, approved, recorded as sent, taken along.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use serde_json::{Map, Value as Json, json};
use vakt_event::clock::{FixedClock, SystemClock};
use vakt_event::{Clock, Timestamp};
use vakt_incident::Records;

use super::{items, record};
use crate::client::{Client, encoded};
use crate::command::people::{aligned, text, to_second};
use crate::command::{Connection, Global, Outcome};
use crate::config::Config;
use crate::daemon::record_settings;
use crate::data_dir::DataDir;
use crate::output::{Output, Printer, printable, tell};
use crate::package::{unpack, zipped};

/// The most documents that the daemon gives in one answer.
const PAGE_ITEMS_MAX: usize = 500;

#[derive(Debug, Subcommand)]
pub enum Action {
    /// Print a report or a notice as it would be made now
    Document(DocumentOptions),
    /// List the kept versions of an incident's documents, newest first
    Documents {
        /// The incident
        id: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Keep a version of a document, byte for byte
    KeepDocument {
        #[command(flatten)]
        report: ReportOptions,
        /// What is different from the version before
        #[arg(long, value_name = "TEXT")]
        changed: Option<String>,
        #[command(flatten)]
        connection: Connection,
    },
    /// Approve a kept version, as a second person
    ApproveDocument {
        /// The incident
        id: String,
        /// The document's number; `vakt incidents documents` lists them
        document: i64,
        /// Why, where required fields are empty
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        #[command(flatten)]
        connection: Connection,
    },
    /// Record that a kept version was sent
    SubmitDocument(SubmitOptions),
    /// Set the TLP marking of an incident's documents, or its class in the RSIT
    MarkDocuments {
        /// The incident
        id: String,
        /// RED, AMBER+STRICT, AMBER, GREEN or CLEAR
        #[arg(long, value_name = "TLP", required_unless_present = "class")]
        tlp: Option<String>,
        /// CLASS or CLASS/EXAMPLE, such as availability/outage
        #[arg(long, value_name = "CLASS")]
        class: Option<String>,
        #[command(flatten)]
        connection: Connection,
    },
    /// Put an observable that may name a person among the indicators, or leave it out again
    Indicator {
        /// The incident
        id: String,
        /// Its field, such as user.name
        field: String,
        value: String,
        /// Leave it out again
        #[arg(long)]
        remove: bool,
        #[command(flatten)]
        connection: Connection,
    },
    /// Print the incident as a bundle of STIX 2.1
    Stix {
        /// The incident
        id: String,
        /// Where to [default: standard output]
        #[arg(short, long, value_name = "FILE")]
        output_file: Option<PathBuf>,
        #[command(flatten)]
        connection: Connection,
    },
    /// Write everything that is needed to report without the portal; needs no daemon
    Package {
        /// The incident
        id: String,
        /// A new file that ends in .zip, or a new folder
        #[arg(short, long, value_name = "FILE|DIR")]
        output_file: PathBuf,
        /// As of when [default: now]; the same records at the same time give the same bytes. Reads
        /// the records themselves
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
        #[command(flatten)]
        connection: Connection,
    },
}

#[derive(clap::Args, Debug)]
pub struct ReportOptions {
    /// The incident
    id: String,
    /// The report or notice: early_warning, notification, final, recipients_incident, …
    stage: String,
    /// The regime [default: the first of the incident that has the report]
    #[arg(long, value_name = "REGIME")]
    regime: Option<String>,
    /// Whose it is, or the customer that it is for [default: the incident's party]
    #[arg(long, value_name = "PARTY")]
    party: Option<String>,
    /// sv or en [default: the authority's]
    #[arg(long, value_name = "LANGUAGE", value_parser = ["sv", "en"])]
    language: Option<String>,
}

#[derive(clap::Args, Debug)]
pub struct DocumentOptions {
    #[command(flatten)]
    report: ReportOptions,
    /// md, html or json
    #[arg(long, value_name = "FORMAT", default_value = "md", value_parser = ["md", "html", "json"])]
    format: String,
    /// Where to [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output_file: Option<PathBuf>,
    #[command(flatten)]
    connection: Connection,
}

#[derive(clap::Args, Debug)]
pub struct SubmitOptions {
    /// The incident
    id: String,
    /// The document's number; `vakt incidents documents` lists them
    document: i64,
    /// What was sent is the document as html, md or json
    #[arg(long, value_name = "FORMAT", default_value = "html", value_parser = ["md", "html", "json"])]
    format: String,
    /// What was really sent, where that is another file; it is kept
    #[arg(long, value_name = "FILE", conflicts_with = "format")]
    sent: Option<PathBuf>,
    /// The receipt; it is kept
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    /// The authority's reference
    #[arg(long, value_name = "TEXT")]
    reference: Option<String>,
    /// When it was sent: `now`, a local time of the jurisdiction such as 03:05, or RFC 3339 [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Why it is late
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// The fact of this submission, where it was recorded before
    #[arg(long, value_name = "N")]
    fact: Option<i64>,
    #[command(flatten)]
    connection: Connection,
}

pub(super) fn run(global: &Global, action: &Action) -> Result<Outcome> {
    match action {
        Action::Document(options) => document(global, options),
        Action::Documents { id, connection } => list(global, id, connection),
        Action::KeepDocument {
            report,
            changed,
            connection,
        } => {
            let mut body = members(&[
                ("stage", Some(&report.stage)),
                ("regime", report.regime.as_ref()),
                ("party", report.party.as_ref()),
                ("language", report.language.as_ref()),
                ("changed", changed.as_ref()),
            ]);
            body.retain(|_, value| !value.is_null());
            let path = format!("{}/documents", incident(&report.id));
            change(global, connection, &path, body)
        }
        Action::ApproveDocument {
            id,
            document,
            reason,
            connection,
        } => {
            let path = format!("{}/documents/{document}/approve", incident(id));
            let body = members(&[("reason", reason.as_ref())]);
            change(global, connection, &path, body)
        }
        Action::SubmitDocument(options) => submit(global, options),
        Action::MarkDocuments {
            id,
            tlp,
            class,
            connection,
        } => mark(global, id, (tlp.as_deref(), class.as_deref()), connection),
        Action::Indicator {
            id,
            field,
            value,
            remove,
            connection,
        } => {
            let body = json!({"field": field, "value": value, "included": !remove});
            let client = Client::new(global, connection)?;
            let answer = client.put(&format!("{}/observables", incident(id)), &body)?;
            let what = match remove {
                true => "is left out of the indicators",
                false => "is among the indicators",
            };
            let line = format!("{} {} {what}", printable(field), printable(value));
            print(global, &answer, &[line])
        }
        Action::Stix {
            id,
            output_file,
            connection,
        } => {
            let client = Client::new(global, connection)?;
            let bundle = client.get(&format!("{}/stix", incident(id)), &[])?;
            let text = serde_json::to_string_pretty(&bundle)? + "\n";
            write_out(output_file.as_deref(), text.as_bytes())
        }
        Action::Package {
            id,
            output_file,
            at,
            connection,
        } => package(global, id, output_file, at.as_deref(), connection),
    }
}

fn incident(id: &str) -> String {
    format!("/api/v1/incidents/{}", encoded(id))
}

fn members(given: &[(&str, Option<&String>)]) -> Map<String, Json> {
    let given = given.iter();
    given
        .filter_map(|(name, value)| Some(((*name).to_owned(), (*value)?.clone().into())))
        .collect()
}

fn document(global: &Global, options: &DocumentOptions) -> Result<Outcome> {
    let report = &options.report;
    let mut query = vec![format!("format={}", options.format)];
    for (name, value) in [
        ("regime", &report.regime),
        ("party", &report.party),
        ("language", &report.language),
    ] {
        if let Some(value) = value {
            query.push(format!("{name}={}", encoded(value)));
        }
    }
    let path = format!(
        "{}/reports/{}/document?{}",
        incident(&report.id),
        encoded(&report.stage),
        query.join("&")
    );
    let made = Client::new(global, &options.connection)?.text(&path)?;
    write_out(options.output_file.as_deref(), made.as_bytes())
}

fn write_out(file: Option<&Path>, bytes: &[u8]) -> Result<Outcome> {
    match file {
        Some(path) => {
            std::fs::write(path, bytes)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        None => {
            let mut out = std::io::stdout().lock();
            out.write_all(bytes)?;
            out.flush()?;
        }
    }
    Ok(Outcome::Done)
}

fn change(
    global: &Global,
    connection: &Connection,
    path: &str,
    body: Map<String, Json>,
) -> Result<Outcome> {
    let answer = Client::new(global, connection)?.post(path, &body.into())?;
    print(global, &answer, &document_lines(&answer))
}

/// The answer, or for people these lines.
fn print(global: &Global, answer: &Json, lines: &[String]) -> Result<Outcome> {
    let mut out = Printer::new();
    match Output::or_by_terminal(global.output)? {
        Output::Json => out.json_pretty(answer)?,
        Output::Ndjson => out.json_line(answer)?,
        Output::Text => {
            for line in lines {
                out.line(line)?;
            }
        }
    }
    out.flush()?;
    Ok(Outcome::Done)
}

/// A kept version: what it is, what it lacks, and its files with the hashes by which they are known.
fn document_lines(document: &Json) -> Vec<String> {
    let mut lines = vec![format!(
        "document {}: {} {}, version {} ({}), for {}, {}",
        document["id"],
        text(document, "regime"),
        text(document, "stage"),
        document["version"],
        text(document, "language"),
        printable(text(document, "party")),
        printable(&state(document)),
    )];
    let missing: Vec<&str> = items(document, "missing")
        .filter_map(Json::as_str)
        .collect();
    if !missing.is_empty() {
        lines.push(format!("  required and empty: {}", missing.join(", ")));
    }
    for file in items(document, "files") {
        let name = printable(text(file, "name"));
        lines.push(format!("  {name}  SHA-256 {}", text(file, "sha256")));
    }
    lines
}

/// That something was sent, and exactly what.
fn submitted_lines(answer: &Json) -> Vec<String> {
    let fact = &answer["fact"];
    let named = &fact["fields"]["document"];
    vec![
        format!(
            "fact {}: {} of document {}, at {}; the incident is {}",
            fact["id"],
            text(fact, "fact"),
            answer["document"]["id"],
            to_second(text(fact, "at")),
            text(answer, "state"),
        ),
        format!(
            "  {}  SHA-256 {}",
            printable(text(named, "name")),
            text(named, "sha256")
        ),
    ]
}

fn list(global: &Global, id: &str, connection: &Connection) -> Result<Outcome> {
    let path = format!("{}/documents", incident(id));
    let client = Client::new(global, connection)?;
    let answer = client.list(&path, &[], "documents", None, PAGE_ITEMS_MAX)?;
    let mut out = Printer::new();
    match Output::or_by_terminal(global.output)? {
        Output::Json => out.json_pretty(&answer)?,
        Output::Ndjson => {
            for document in items(&answer, "documents") {
                out.json_line(document)?;
            }
        }
        Output::Text => {
            let head = ["id", "document", "version", "for", "by", "at", "state"];
            let mut rows = vec![head.map(str::to_owned).to_vec()];
            rows.extend(items(&answer, "documents").map(row));
            for line in aligned(&rows) {
                out.line(&line)?;
            }
        }
    }
    out.flush()?;
    Ok(Outcome::Done)
}

fn state(document: &Json) -> String {
    match (
        items(document, "submissions").next().is_some(),
        document["approval"]["by"].as_str(),
    ) {
        (true, _) => "submitted".to_owned(),
        (false, Some(by)) => format!("approved by {by}"),
        (false, None) => "not approved".to_owned(),
    }
}

fn row(document: &Json) -> Vec<String> {
    vec![
        document["id"].to_string(),
        format!("{} {}", text(document, "regime"), text(document, "stage")),
        format!("{} ({})", document["version"], text(document, "language")),
        printable(text(document, "party")),
        printable(text(document, "author")),
        to_second(text(document, "at")),
        printable(&state(document)),
    ]
}

fn submit(global: &Global, options: &SubmitOptions) -> Result<Outcome> {
    let client = Client::new(global, &options.connection)?;
    let path = incident(&options.id);
    let mut body = members(&[
        ("reference", options.reference.as_ref()),
        ("reason", options.reason.as_ref()),
    ]);
    body.insert("source".into(), "command".into());
    if let Some(at) = &options.at {
        let zone = record::zone_of_incident(global, &client.get(&path, &[])?)?;
        let at = record::at(at, &zone).context("--at")?;
        record::tell_instant("that it was sent", at, &zone);
        body.insert("at".into(), at.to_string().into());
    }
    match &options.sent {
        Some(file) => body.insert("file".into(), hand_in(&client, &path, "sent", file)?),
        None => body.insert("format".into(), options.format.clone().into()),
    };
    if let Some(file) = &options.receipt {
        body.insert("receipt".into(), hand_in(&client, &path, "receipt", file)?);
    }
    if let Some(fact) = options.fact {
        body.insert("fact".into(), fact.into());
    }
    let path = format!("{path}/documents/{}/submit", options.document);
    let answer = client.post(&path, &body.into())?;
    for warning in items(&answer, "warnings").filter_map(Json::as_str) {
        tell(&format!("warning: {warning}"));
    }
    print(global, &answer, &submitted_lines(&answer))
}

/// Has a file kept, and answers its number.
fn hand_in(client: &Client, path: &str, role: &str, file: &Path) -> Result<Json> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let path = format!("{path}/files?role={role}&name={}", encoded(name.as_bytes()));
    let kept = client.post_bytes(&path, &bytes)?;
    Ok(kept["id"].clone())
}

fn mark(
    global: &Global,
    id: &str,
    (tlp, class): (Option<&str>, Option<&str>),
    connection: &Connection,
) -> Result<Outcome> {
    let client = Client::new(global, connection)?;
    let path = format!("{}/marks", incident(id));
    let mut answer = Json::Null;
    for (name, value) in [("tlp", tlp), ("rsit", class)] {
        if let Some(value) = value {
            answer = client.put(&path, &json!({"name": name, "value": value}))?;
        }
    }
    let line = |(name, mark): (&str, &str)| {
        let value = answer[mark]["value"].as_str();
        format!("{name}: {}", value.map_or("not set".to_owned(), printable))
    };
    let lines = [("TLP", "tlp"), ("RSIT class", "rsit")].map(line);
    print(global, &answer, &lines)
}

/// Of the daemon, or where none answers of the records themselves.
fn package(
    global: &Global,
    id: &str,
    output: &Path,
    at: Option<&str>,
    connection: &Connection,
) -> Result<Outcome> {
    if output.exists() && !output.is_dir() {
        bail!("{} exists: name a new file", output.display());
    }
    let is_zip = output.extension().is_some_and(|it| it == "zip");
    if is_zip && at.is_none() {
        let client = Client::new(global, connection)?;
        if client.is_up() {
            let bytes = client.bytes(&format!("{}/package", incident(id)))?;
            return write_out(Some(output), &bytes);
        }
    }
    let clock: Arc<dyn Clock> = match at {
        Some(at) => Arc::new(FixedClock(at.parse::<Timestamp>().with_context(|| {
            format!("--at {at}: write RFC 3339 with an offset, such as 2026-11-29T12:00:00Z")
        })?)),
        None => Arc::new(SystemClock),
    };
    let config = Config::of(global)?;
    let data_dir = DataDir::find(global.data_dir.as_deref(), config.data_dir.as_deref())?;
    tell(&format!("reading {}", data_dir.records().display()));
    let records = Records::open_to_read(&data_dir.records(), clock, record_settings(&config)?)?;
    let files = records.package(id)?;
    if !is_zip {
        unpack(&files, output)?;
        return Ok(Outcome::Done);
    }
    write_out(Some(output), &zipped(&files)?)
}
