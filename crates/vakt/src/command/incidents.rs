//! `vakt incidents`: the records of a running daemon, and the clocks as a pure computation.

use std::str::FromStr;

use anyhow::{Context, Result, anyhow};
use clap::Subcommand;
use serde_json::{Value as Json, json};
use vakt_event::Timestamp;
use vakt_incident::{FactSet, Regimes, clock};

use super::people::{aligned, text, to_second};
use super::{Connection, Global, Outcome};
use crate::client::Client;
use crate::output::{Output, Printer, printable, tell};

#[derive(Debug, Subcommand)]
pub enum Action {
    /// List incidents, newest first
    List {
        /// Only this state: draft, significant, dismissed, …; `open` is every one with a clock that may run
        #[arg(long, value_name = "STATE")]
        state: Option<String>,
        /// The most incidents to show [default: all]
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        limit: Option<u32>,
        #[command(flatten)]
        connection: Connection,
    },
    /// Show one incident whole
    Show {
        /// The incident; `vakt incidents list` shows them
        id: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Record a fact: aware, submitted, dismissed, handled, …
    Fact(FactOptions),
    /// Compute clocks from facts; needs no daemon and reads no wall clock
    Clocks {
        /// nis2, nis2-se, gdpr, dora, …, repeatable
        #[arg(long = "regime", value_name = "REGIME", required = true)]
        regimes: Vec<String>,
        /// NAME=TIME, repeatable; a submission is submitted.STAGE=TIME
        #[arg(long = "fact", value_name = "NAME=TIME")]
        facts: Vec<String>,
        /// The instant against which states are computed
        #[arg(long, value_name = "TIME")]
        now: Option<String>,
    },
}

#[derive(clap::Args, Debug)]
pub struct FactOptions {
    /// The incident
    id: String,
    /// The fact's name
    fact: String,
    /// When it happened: RFC 3339 with an offset, `now`, `03:05` or `yesterday 23:10` (Swedish time)
    #[arg(long, default_value = "now", value_name = "TIME")]
    at: String,
    /// Who says so
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Why, in a line
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Whose duty it concerns: own, or a customer
    #[arg(long, value_name = "PARTY")]
    party: Option<String>,
    /// The stage that was submitted: early_warning, notification, final, …
    #[arg(long, value_name = "STAGE")]
    report: Option<String>,
    /// The authority's reference for what was submitted
    #[arg(long, value_name = "TEXT")]
    reference: Option<String>,
    #[command(flatten)]
    connection: Connection,
}

pub(super) fn run(global: &Global, action: &Action) -> Result<Outcome> {
    match action {
        Action::List {
            state,
            limit,
            connection,
        } => list(global, state.as_deref(), *limit, connection),
        Action::Show { id, connection } => {
            let answer =
                Client::new(global, connection)?.get(&format!("/api/v1/incidents/{id}"), &[])?;
            show(global, &answer)
        }
        Action::Fact(options) => fact(global, options),
        Action::Clocks {
            regimes,
            facts,
            now,
        } => clocks(global, regimes, facts, now.as_deref()),
    }
}

/// Lines of evidence that are shown to a person.
const EVIDENCE_LINES: usize = 20;

/// The most incidents that the daemon gives in one answer.
const PAGE_ITEMS_MAX: usize = 1_000;

fn list(
    global: &Global,
    state: Option<&str>,
    limit: Option<u32>,
    connection: &Connection,
) -> Result<Outcome> {
    let mut query = Vec::new();
    if let Some(state) = state {
        query.push(("state", state.to_owned()));
    }
    let limit = limit.and_then(|limit| usize::try_from(limit).ok());
    let answer = Client::new(global, connection)?.list(
        "/api/v1/incidents",
        &query,
        "incidents",
        limit,
        PAGE_ITEMS_MAX,
    )?;
    let incidents = answer["incidents"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut out = Printer::new();
    match Output::or_by_terminal(global.output)? {
        Output::Json => out.json_pretty(&answer)?,
        Output::Ndjson => {
            for incident in incidents {
                out.json_line(incident)?;
            }
        }
        Output::Text => {
            let mut rows = vec![
                ["id", "state", "report", "next deadline", "title"]
                    .map(str::to_owned)
                    .to_vec(),
            ];
            for incident in incidents {
                let next = open_clocks(incident).into_iter().next();
                let of_next = |key: &str| next.map_or("-", |clock| text(clock, key));
                rows.push(vec![
                    // As good as the whole id, and short enough to type.
                    incident["number"].to_string(),
                    text(incident, "state").to_owned(),
                    of_next("stage").to_owned(),
                    next.map_or_else(|| "-".to_owned(), when_and_whether_passed),
                    printable(&titled(incident)),
                ]);
            }
            for line in aligned(&rows) {
                out.line(&line)?;
            }
        }
    }
    out.flush()?;
    if answer["next"].is_string() {
        tell(&format!(
            "only the {} newest are shown; there are more: without --limit all are",
            incidents.len()
        ));
    }
    Ok(Outcome::Done)
}

/// The clocks that somebody still has to keep, the earliest first.
fn open_clocks(incident: &Json) -> Vec<&Json> {
    const OPEN: [&str; 4] = ["provisional", "running", "overdue", "elapsed_unassessed"];
    let mut open: Vec<(&str, &Json)> = incident["clocks"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|clock| OPEN.contains(&text(clock, "state")))
        .filter_map(|clock| Some((clock["due"].as_str()?, clock)))
        .collect();
    open.sort_by_key(|(due, _)| *due);
    open.into_iter().map(|(_, clock)| clock).collect()
}

/// When a clock ends, for people: the day for a calendar period, else the second.
fn when(clock: &Json) -> String {
    if let Some(day) = clock["nominal_date"].as_str() {
        return format!("end of {day}");
    }
    let due = clock["due"].as_str().or(clock["note"].as_str());
    to_second(due.unwrap_or("-"))
}

/// As [`when`], with a word where the time has passed.
fn when_and_whether_passed(clock: &Json) -> String {
    let passed = match text(clock, "state") {
        "overdue" => " OVERDUE",
        "elapsed_unassessed" => " passed",
        _ => "",
    };
    format!("{}{passed}", when(clock))
}

fn titled(incident: &Json) -> String {
    let drill = if incident["drill"] == true {
        "(drill) "
    } else {
        ""
    };
    format!("{drill}{}", text(incident, "title"))
}

fn words(list: &Json) -> String {
    let words: Vec<_> = list
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .collect();
    words.join(", ")
}

/// When, what, who says so, who recorded it, and what else was said.
fn fact_line(fact: &Json) -> String {
    let (by, recorded_by) = (text(fact, "by"), text(fact, "recorded_by"));
    let mut line = format!("{}  {}", to_second(text(fact, "at")), text(fact, "fact"));
    if let Some(report) = fact["report"].as_str() {
        line.push_str(&format!(" {report}"));
    }
    line.push_str("  ");
    if !by.is_empty() && by != recorded_by {
        line.push_str(&format!("by {by}, "));
    }
    line.push_str(&format!("recorded by {recorded_by}"));
    match text(fact, "party") {
        "" | "own" => {}
        party => line.push_str(&format!("  for {party}")),
    }
    for (name, before) in [("reference", "reference "), ("reason", "")] {
        if let Some(value) = fact[name].as_str() {
            line.push_str(&format!("  {before}{value}"));
        }
    }
    line
}

fn show(global: &Global, incident: &Json) -> Result<Outcome> {
    let mut out = Printer::new();
    match Output::or_by_terminal(global.output)? {
        Output::Json => out.json_pretty(incident)?,
        Output::Ndjson => out.json_line(incident)?,
        Output::Text => {
            out.line(&printable(&titled(incident)))?;
            out.line("")?;
            for pointer in [
                "/id",
                "/state",
                "/party",
                "/rule.name",
                "/entity",
                "/detected_at",
                "/first_event/claimed",
                "/first_event/received",
            ] {
                if let Some(value) = incident.pointer(pointer).and_then(Json::as_str) {
                    let name = pointer
                        .trim_start_matches('/')
                        .replace(['/', '_', '.'], " ");
                    out.line(&format!("  {name:<20} {}", printable(&to_second(value))))?;
                }
            }
            let techniques = words(&incident["techniques"]);
            if !techniques.is_empty() {
                out.line(&format!("  {:<20} {}", "ATT&CK", printable(&techniques)))?;
            }
            out.line("")?;
            out.line("Clocks")?;
            let mut rows = Vec::new();
            for clock in incident["clocks"].as_array().into_iter().flatten() {
                rows.push(vec![
                    format!("  {}", text(clock, "regime")),
                    text(clock, "stage").to_owned(),
                    text(clock, "state").to_owned(),
                    when(clock),
                ]);
            }
            for line in aligned(&rows) {
                out.line(&line)?;
            }
            out.line("")?;
            out.line("Facts")?;
            for fact in incident["facts"].as_array().into_iter().flatten() {
                out.line(&format!("  {}", printable(&fact_line(fact))))?;
            }
            let evidence = incident["evidence"].as_array().map_or(0, Vec::len);
            out.line("")?;
            out.line(&format!(
                "Evidence ({evidence} of {} events held)",
                incident["evidence_total"]
            ))?;
            if let Some(note) = incident["evidence_note"].as_str() {
                out.line(&format!("  {note}"))?;
            }
            for event in incident["evidence"]
                .as_array()
                .into_iter()
                .flatten()
                .take(EVIDENCE_LINES)
            {
                out.line(&format!("  {}", super::search::one_line(&event["fields"])))?;
            }
            if evidence > EVIDENCE_LINES {
                let more = evidence - EVIDENCE_LINES;
                out.line(&format!("  and {more} more; --output json shows all"))?;
            }
        }
    }
    out.flush()?;
    Ok(Outcome::Done)
}

fn fact(global: &Global, options: &FactOptions) -> Result<Outcome> {
    let at = instant(&options.at)?;
    let mut body = json!({"fact": options.fact, "at": at.to_string()});
    for (key, value) in [
        ("by", &options.by),
        ("reason", &options.reason),
        ("party", &options.party),
        ("report", &options.report),
        ("reference", &options.reference),
    ] {
        if let Some(value) = value {
            body[key] = value.clone().into();
        }
    }
    let client = Client::new(global, &options.connection)?;
    let path = format!("/api/v1/incidents/{}/facts", options.id);
    let preview = client.post(&format!("{path}/preview"), &body)?;
    tell(&format!("recording {} at {at}", options.fact));
    for clock in open_clocks(&preview) {
        let (stage, state) = (text(clock, "stage"), text(clock, "state"));
        tell(&format!("  {stage} {} ({state})", when(clock)));
    }
    let answer = client.post(&path, &body)?;
    for warning in answer["warnings"].as_array().into_iter().flatten() {
        tell(&format!(
            "warning: {}",
            warning.as_str().unwrap_or_default()
        ));
    }
    show(global, &answer)
}

/// `now`, a local time of the jurisdiction, or RFC 3339.
pub(super) fn instant(words: &str) -> Result<Timestamp> {
    let zone = jiff::tz::TimeZone::get("Europe/Stockholm").context("no zone Europe/Stockholm")?;
    crate::words::instant(words, jiff::Timestamp::now(), &zone)
}

fn clocks(
    global: &Global,
    regimes: &[String],
    facts: &[String],
    now: Option<&str>,
) -> Result<Outcome> {
    let regimes = Regimes::embedded()
        .select(regimes)
        .map_err(|error| anyhow!("--regime: {error}"))?;
    let facts = FactSet::parse_args(facts).map_err(|error| anyhow!("--fact: {error}"))?;
    let now = now
        .map(|text| {
            Timestamp::from_str(text).with_context(|| {
                format!("--now: {text:?} is no RFC 3339 time with an offset, such as 2026-11-23T20:08:00Z")
            })
        })
        .transpose()?;
    let clocks = clock::compute(&regimes, &facts, now).clocks;
    let mut out = Printer::new();
    match Output::or_by_terminal(global.output)? {
        Output::Json => out.json_pretty(&json!({"clocks": clocks}))?,
        Output::Ndjson => {
            for clock in &clocks {
                out.json_line(clock)?;
            }
        }
        Output::Text => {
            let value = serde_json::to_value(&clocks)?;
            let mut rows = vec![
                ["regime", "stage", "party", "state", "due", "day"]
                    .map(str::to_owned)
                    .to_vec(),
            ];
            for clock in value.as_array().into_iter().flatten() {
                rows.push(vec![
                    text(clock, "regime").to_owned(),
                    text(clock, "stage").to_owned(),
                    text(clock, "party").to_owned(),
                    text(clock, "state").to_owned(),
                    clock["due"]
                        .as_str()
                        .or(clock["note"].as_str())
                        .unwrap_or("-")
                        .to_owned(),
                    text(clock, "nominal_date").to_owned(),
                ]);
            }
            for line in aligned(&rows) {
                out.line(&line)?;
            }
        }
    }
    out.flush()?;
    Ok(Outcome::Done)
}
