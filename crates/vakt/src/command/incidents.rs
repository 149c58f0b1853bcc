//! `vakt incidents`: the records of a running daemon, and the clocks as a pure computation.

mod assess;
mod clocks;
mod documents;
mod record;
mod register;
mod report;
mod show;
mod significance;
mod work;

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Subcommand;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};
use vakt_event::clock::SystemClock;
use vakt_event::{Clock as _, Timestamp};
use vakt_incident::calendar::zone;
use vakt_incident::clock::words;
use vakt_incident::{Regimes, local};

use super::people::{aligned, text, to_second};
use super::{Connection, Global, Outcome};
use crate::client::{Client, encoded};
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
    /// Why its rules fired: what they ask for, and what they found in which events
    Why {
        /// The incident
        id: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Show the form of a report, filled from the record, or write into its fields
    Report(ReportOptions),
    #[command(flatten)]
    OfDocuments(documents::Action),
    /// Open an incident by hand
    Open(OpenOptions),
    /// Record a fact: aware, submitted, contained, recovered, handled, …
    Fact(FactOptions),
    /// End a draft: false positive, test, duplicate, authorised
    Dismiss(DecisionOptions),
    /// Take up again what was dismissed, closed, merged or downgraded
    Reopen(DecisionOptions),
    /// Make an incident part of another one
    Merge {
        /// The other incident, where clocks go on
        #[arg(long, value_name = "ID")]
        into: String,
        #[command(flatten)]
        decision: DecisionOptions,
    },
    /// Make a part of an incident one of its own
    Split {
        /// The title of the new incident
        #[arg(long, value_name = "TEXT")]
        title: String,
        /// An alert that goes with it, repeatable
        #[arg(long = "alert", value_name = "ID")]
        alerts: Vec<String>,
        #[command(flatten)]
        decision: DecisionOptions,
    },
    /// Approve, as a second person, what waits for one
    Approve {
        /// The number of the fact that waits
        #[arg(long, value_name = "N")]
        fact: i64,
        #[command(flatten)]
        decision: DecisionOptions,
    },
    /// Say that a fact never happened; a second person approves
    Retract {
        /// The number of the fact
        #[arg(long, value_name = "N")]
        fact: i64,
        #[command(flatten)]
        decision: DecisionOptions,
    },
    /// Write down a note, a decision or a communication
    Note(work::NoteOptions),
    /// Attach a file
    Attach(work::AttachOptions),
    /// Save an attachment
    Attachment(work::AttachmentOptions),
    /// What an authority asks about the response: times, actions, root cause, lessons
    Response {
        /// The incident
        id: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Show the review after an incident, write into it, or sign it
    Review(work::ReviewOptions),
    /// List the incidents of a year that no signed review tells of
    Reviews {
        /// The year of detection [default: this year]
        #[arg(long, value_name = "YEAR")]
        year: Option<i16>,
        #[command(flatten)]
        connection: Connection,
    },
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
        /// Other data of the regimes [default: what is compiled in]
        #[arg(long, value_name = "FILE")]
        regimes_file: Option<PathBuf>,
    },
    /// Print the deadlines as a calendar file (ICS), of one incident or of all
    Calendar {
        /// The incident; `vakt incidents list` shows them
        id: Option<String>,
        #[command(flatten)]
        connection: Connection,
    },
    /// The register of personal data breaches (GDPR Art. 33(5)), and writing into it
    Register(register::Options),
    /// Print the data of the regimes that is compiled in; needs no daemon
    Regimes,
    /// Tell whether an incident is significant, criterion by criterion, and answer what is asked. Without ID
    /// it is a computation over --known, and needs no daemon
    Assess {
        /// The incident
        #[arg(conflicts_with_all = ["types", "known"])]
        id: Option<String>,
        /// What to answer, repeatable: users_limited=21, data_compromised=yes, root_cause=words. Nothing after
        /// the sign takes the answer back
        #[arg(long = "set", value_name = "INPUT=VALUE", requires = "id")]
        set: Vec<String>,
        /// Where the answers come from: "fact 7", "event 12", estimate
        #[arg(long, value_name = "TEXT", requires = "set")]
        source: Option<String>,
        /// The service that the answers are about
        #[arg(long, value_name = "NAME", requires = "set")]
        service: Option<String>,
        /// Whose duty it concerns [default: the incident's party]
        #[arg(long, value_name = "PARTY", requires = "id")]
        party: Option<String>,
        #[command(flatten)]
        connection: Connection,
        /// What the organisation is: msp, mssp, cloud, dns, …, repeatable [default: the general test]
        #[arg(long = "type", value_name = "TYPE")]
        types: Vec<String>,
        /// What is known, repeatable: users_limited=21, unavailable_for=PT31M, data_compromised=yes.
        /// Without any, what can be known is listed
        #[arg(long = "known", value_name = "INPUT=VALUE")]
        known: Vec<String>,
    },
    /// List the services of the configuration with their outages, and when they meet which criterion
    Services {
        #[command(flatten)]
        connection: Connection,
    },
    /// List incidents that are not significant each, by their root cause
    Recurring {
        #[command(flatten)]
        connection: Connection,
    },
    /// Sign the look for recurring incidents of a quarter that has ended
    ReviewQuarter {
        /// The quarter: 2026-Q3
        quarter: String,
        /// Who looked
        #[arg(long, value_name = "NAME")]
        by: String,
        /// A line for whoever reads it
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
        #[command(flatten)]
        connection: Connection,
    },
}

#[derive(clap::Args, Debug)]
pub struct OpenOptions {
    /// What happened, in a line
    title: String,
    /// When it was noticed, as in `fact --at`
    #[arg(long, default_value = "now", value_name = "TIME")]
    detected_at: String,
    /// A duty to report, repeatable [default: those of the configuration]
    #[arg(long = "regime", value_name = "REGIME")]
    regimes: Vec<String>,
    /// Whose duty it concerns: own, or a customer
    #[arg(long, value_name = "PARTY")]
    party: Option<String>,
    /// Whose logs it concerns
    #[arg(long, value_name = "STREAM")]
    stream: Option<String>,
    /// An exercise
    #[arg(long)]
    drill: bool,
    /// It happened long before anybody could see it: found by a hunt, or in old logs
    #[arg(long)]
    historic: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(clap::Args, Debug)]
pub struct ReportOptions {
    /// The incident
    id: String,
    /// The report: early_warning, notification, progress, final, …
    stage: String,
    /// The regime [default: the first of the incident that has the report]
    #[arg(long, value_name = "REGIME")]
    regime: Option<String>,
    /// Whose report it is [default: the incident's party]
    #[arg(long, value_name = "PARTY")]
    party: Option<String>,
    /// What a field shall say, repeatable; nothing after the sign fills it from the record again
    #[arg(long = "set", value_name = "FIELD=TEXT")]
    texts: Vec<String>,
    #[command(flatten)]
    connection: Connection,
}

#[derive(clap::Args, Debug)]
pub struct DecisionOptions {
    /// The incident
    id: String,
    /// Why, in a line
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Refuse when the incident is not this revision any more
    #[arg(long, value_name = "N")]
    revision: Option<i64>,
    #[command(flatten)]
    connection: Connection,
}

#[derive(clap::Args, Debug)]
pub struct FactOptions {
    #[command(flatten)]
    decision: DecisionOptions,
    /// The fact's name
    fact: String,
    /// When it happened: RFC 3339 with an offset, `now`, `03:05` or `yesterday 23:10` (in the time of
    /// the incident's first regime)
    #[arg(long, default_value = "now", value_name = "TIME")]
    at: String,
    /// Who says so
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Whose duty it concerns: own, or a customer
    #[arg(long, value_name = "PARTY")]
    party: Option<String>,
    /// The stage that was submitted: early_warning, notification, final, …
    #[arg(long, value_name = "STAGE")]
    report: Option<String>,
    /// The regime that applies, or under which the report was submitted
    #[arg(long, value_name = "REGIME")]
    regime: Option<String>,
    /// The authority's reference for what was submitted
    #[arg(long, value_name = "TEXT")]
    reference: Option<String>,
    /// The date that an authority's request sets, as in --at
    #[arg(long, value_name = "TIME")]
    due: Option<String>,
    /// What the report said, repeatable
    #[arg(long = "field", value_name = "NAME=TEXT")]
    fields: Vec<String>,
    /// What shows it, repeatable: event:ID of a copied event, attachment:HASH of an attachment
    #[arg(long = "evidence", value_name = "REFERENCE")]
    evidence: Vec<String>,
    /// The number of the fact that this one corrects
    #[arg(long, value_name = "N")]
    revises: Option<i64>,
    /// Show what would follow, and record nothing
    #[arg(long)]
    dry_run: bool,
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
            show::show(global, &answer)
        }
        Action::Why { id, connection } => report::why(global, id, connection),
        Action::Report(options) => report::report(global, options),
        Action::OfDocuments(action) => documents::run(global, action),
        Action::Open(options) => record::open(global, options),
        Action::Fact(options) => record::fact(global, options),
        Action::Dismiss(decision) => record::decide(global, "dismissed", json!({}), decision),
        Action::Reopen(decision) => record::decide(global, "reopened", json!({}), decision),
        Action::Merge { into, decision } => {
            record::decide(global, "merged", json!({"into": into}), decision)
        }
        Action::Split {
            title,
            alerts,
            decision,
        } => record::split(global, title, alerts, decision),
        Action::Approve { fact, decision } => {
            record::decide(global, "approved", json!({"approves": fact}), decision)
        }
        Action::Retract { fact, decision } => {
            record::decide(global, "retracted", json!({"revises": fact}), decision)
        }
        Action::Note(options) => work::note(global, options),
        Action::Attach(options) => work::attach(global, options),
        Action::Attachment(options) => work::attachment(global, options),
        Action::Response { id, connection } => work::response(global, id, connection),
        Action::Review(options) => work::review(global, options),
        Action::Reviews { year, connection } => work::reviews(global, *year, connection),
        Action::Clocks {
            regimes,
            facts,
            now,
            regimes_file,
        } => clocks::clocks(
            global,
            regimes,
            facts,
            now.as_deref(),
            regimes_file.as_deref(),
        ),
        Action::Assess {
            id: Some(id),
            set,
            source,
            service,
            party,
            connection,
            ..
        } => {
            let answering = significance::Answering {
                id,
                set,
                source: source.as_deref(),
                service: service.as_deref(),
                party: party.as_deref(),
            };
            significance::assess(global, &answering, connection)
        }
        Action::Assess { known, .. } if known.is_empty() => assess::inputs(global),
        Action::Assess { types, known, .. } => assess::assess(global, types, known),
        Action::Services { connection } => significance::services(global, connection),
        Action::Recurring { connection } => significance::recurring(global, connection),
        Action::ReviewQuarter {
            quarter,
            by,
            note,
            connection,
        } => significance::review(global, quarter, by, note.as_deref(), connection),
        Action::Calendar { id, connection } => {
            let path = match id {
                None => "/calendar.ics".to_owned(),
                Some(id) => format!("/incidents/{}/calendar.ics", encoded(id)),
            };
            let text = Client::new(global, connection)?.text(&path)?;
            let mut out = Printer::new();
            out.raw(&text)?;
            out.flush()?;
            Ok(Outcome::Done)
        }
        Action::Register(options) => register::run(global, options),
        Action::Regimes => {
            let mut out = Printer::new();
            for line in Regimes::embedded().text.lines() {
                out.line(line)?;
            }
            out.flush()?;
            Ok(Outcome::Done)
        }
    }
}

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
                ["id", "state", "report", "next deadline", "left", "title"]
                    .map(str::to_owned)
                    .to_vec(),
            ];
            let now = SystemClock.now();
            for incident in incidents {
                let next = vakt_api::next_clocks(incident).into_iter().next();
                let next = next.map(|(clock, _)| clock);
                let of_next = |key: &str| next.map_or("-", |clock| text(clock, key));
                rows.push(vec![
                    // As good as the whole id, and short enough to type.
                    incident["number"].to_string(),
                    text(incident, "state").to_owned(),
                    of_next("stage").to_owned(),
                    next.map_or_else(|| "-".to_owned(), short_when),
                    next.and_then(|clock| left(clock, now))
                        .unwrap_or_else(|| "-".to_owned()),
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

/// What a list of an object holds; nothing where it has none.
fn items<'j>(object: &'j Json, name: &str) -> impl Iterator<Item = &'j Json> {
    object[name].as_array().into_iter().flatten()
}

/// When a clock ends, for people: the day for a calendar period, else the second.
fn when(clock: &Json) -> String {
    if let Some(day) = clock["nominal_date"].as_str() {
        return format!("end of {day}");
    }
    let due = clock["due"].as_str().or(clock["note"].as_str());
    to_second(due.unwrap_or("-"))
}

/// The same in the local time of the clock's regime: "21:08 on 24 November 2026 (Tuesday, +01:00)".
fn local_words(clock: &Json) -> Option<String> {
    if clock["nominal_date"].is_string() {
        return None;
    }
    let regime = Regimes::embedded().get(text(clock, "regime"))?;
    let due = clock["due"].as_str()?.parse().ok()?;
    Some(words::local(due, &regime.zone))
}

/// When a clock ends in local time with its weekday, in few columns: `Sat 2026-11-21 10:00`, or the end of a day.
fn short_when(clock: &Json) -> String {
    let day = clock["nominal_date"].as_str();
    if let Some(day) = day.and_then(|day| day.parse::<Date>().ok()) {
        return format!("end of {}", day.strftime("%a %Y-%m-%d"));
    }
    let regime = Regimes::embedded().get(text(clock, "regime"));
    let zone = regime.and_then(|regime| zone(&regime.zone));
    let due = clock["due"]
        .as_str()
        .and_then(|due| due.parse::<Timestamp>().ok());
    match (zone, due) {
        (Some(zone), Some(due)) => {
            let local = zone.to_datetime(due.to_jiff());
            local.strftime("%a %Y-%m-%d %H:%M").to_string()
        }
        _ => when(clock),
    }
}

/// How long it is until the clock ends: "in 23 h 5 min", "OVERDUE 2 h 1 min ago".
fn left(clock: &Json, now: Timestamp) -> Option<String> {
    let passed = match text(clock, "state") {
        "overdue" => "OVERDUE ",
        "elapsed_unassessed" => "passed ",
        _ => "",
    };
    let left = words::time_left(clock["due"].as_str()?.parse().ok()?, now);
    Some(format!("{passed}{left}"))
}

/// An instant in the incident's own time, to the second: `Tue 2026-11-24 03:05:07 +01:00`.
fn in_zone_of(incident: &Json, instant: &str) -> String {
    let zone = incident["time_zone"].as_str().and_then(zone);
    match (zone, instant.parse::<Timestamp>()) {
        (Some(zone), Ok(at)) => {
            let local = zone.to_datetime(at.to_jiff());
            let minutes = zone.to_offset(at.to_jiff()).seconds() / 60;
            let (sign, minutes) = (if minutes < 0 { '-' } else { '+' }, minutes.abs());
            format!(
                "{} {sign}{:02}:{:02}",
                local.strftime("%a %Y-%m-%d %H:%M:%S"),
                minutes / 60,
                minutes % 60
            )
        }
        _ => to_second(instant),
    }
}

fn titled(incident: &Json) -> String {
    let drill = if incident["drill"] == true {
        "(drill) "
    } else {
        ""
    };
    format!("{drill}{}", text(incident, "title"))
}

/// `now`, a local time in Sweden, or RFC 3339.
pub(super) fn instant(words: &str) -> Result<Timestamp> {
    Ok(local::instant(words, SystemClock.now(), &swedish()?)?)
}

pub(super) fn swedish() -> Result<TimeZone> {
    zone("Europe/Stockholm").context("no zone Europe/Stockholm")
}

/// When something is to be: `30d`, `12h` or `45m` from now, RFC 3339, or a local time in the zone of the
/// first regime.
pub(super) fn ahead(global: &Global, words: &str) -> Result<Timestamp> {
    let now = SystemClock.now();
    let units = [("d", 86_400), ("h", 3_600), ("m", 60)];
    let span = units.iter().find_map(|(unit, seconds)| {
        let number: i64 = words.trim().strip_suffix(unit)?.parse().ok()?;
        number.checked_mul(*seconds).filter(|seconds| *seconds > 0)
    });
    if let Some(seconds) = span {
        return Ok(now.saturating_add_micros(seconds.saturating_mul(1_000_000)));
    }
    Ok(local::instant(words, now, &record::zone_of(global, &[])?)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use vakt_incident::FactSet;
    use vakt_incident::clock::{compute, next_deadline};

    /// Notices go by the one, pages and lists by the other.
    #[test]
    fn all_name_the_same_deadline_as_the_next_one() {
        let data = Regimes::embedded();
        let law = data.select(&["nis2-se", "gdpr"]).unwrap();
        let detected: Timestamp = "2026-11-23T20:00:00Z".parse().unwrap();
        let mut seen = Vec::new();
        for facts in [
            &[][..],
            &["aware=2026-11-25T20:00:00Z"],
            &["aware_pdb=2026-11-24T10:00:00Z"],
            &[
                "aware=2026-11-24T10:00:00Z",
                "submitted.early_warning=2026-11-24T12:00:00Z",
                "submitted.notification=2026-11-25T12:00:00Z",
            ],
        ] {
            let facts = [&["detected=2026-11-23T20:00:00Z"], facts].concat();
            let facts = FactSet::parse_args(&facts, data).unwrap();
            for hours in 0..200 {
                let now = detected.saturating_add_micros(hours * 3_600_000_000 + 1);
                let clocks = compute(&law, &facts, Some(now)).clocks;
                let by_notices = next_deadline(&clocks).map(|clock| json!(clock));
                let incident = json!({"clocks": clocks});
                let by_pages = vakt_api::next_clocks(&incident).into_iter().next();
                let by_pages = by_pages.map(|(clock, _)| clock.clone());
                assert_eq!(by_pages, by_notices, "{hours}");
                seen.extend(by_notices.map(|it| it["state"].to_string()));
            }
        }
        for state in ["provisional", "elapsed_unassessed", "running", "overdue"] {
            assert!(seen.contains(&json!(state).to_string()), "{state}");
        }
    }
}
