//! Facts, and what people decide: shown with what follows from it, then recorded.

use anyhow::{Context, Result, bail};
use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json, json};
use vakt_event::clock::SystemClock;
use vakt_event::{Clock as _, Timestamp};
use vakt_incident::calendar::zone;
use vakt_incident::{Regimes, local};

use super::{DecisionOptions, FactOptions, OpenOptions, local_words, show, when};
use crate::client::Client;
use crate::command::people::text;
use crate::command::{Global, Outcome};
use crate::config::Config;
use crate::output::tell;

pub(super) fn open(global: &Global, options: &OpenOptions) -> Result<Outcome> {
    let at = at(&options.detected_at, &zone_of(global, &options.regimes)?)?;
    let mut body = json!({"title": options.title, "detected_at": at.to_string()});
    for (key, value) in [("party", &options.party), ("stream", &options.stream)] {
        if let Some(value) = value {
            body[key] = value.clone().into();
        }
    }
    if !options.regimes.is_empty() {
        body["regimes"] = options.regimes.clone().into();
    }
    for (key, given) in [("drill", options.drill), ("historic", options.historic)] {
        if given {
            body[key] = true.into();
        }
    }
    let client = Client::new(global, &options.connection)?;
    show::show(global, &client.post("/api/v1/incidents", &body)?)
}

pub(super) fn fact(global: &Global, options: &FactOptions) -> Result<Outcome> {
    let decision = &options.decision;
    let client = Client::new(global, &decision.connection)?;
    let path = format!("/api/v1/incidents/{}", decision.id);
    let zone = zone_of_incident(global, &client.get(&path, &[])?)?;
    let at = at(&options.at, &zone)?;
    let mut body = json!({"fact": options.fact, "at": at.to_string(), "source": "command"});
    for (key, value) in [
        ("by", &options.by),
        ("party", &options.party),
        ("report", &options.report),
        ("regime", &options.regime),
        ("reference", &options.reference),
    ] {
        if let Some(value) = value {
            body[key] = value.clone().into();
        }
    }
    if let Some(due) = &options.due {
        let due = local::instant(due, SystemClock.now(), &zone).context("--due")?;
        body["due"] = due.to_string().into();
    }
    if !options.fields.is_empty() {
        body["fields"] = fields(&options.fields)?.into();
    }
    if !options.evidence.is_empty() {
        body["evidence"] = options.evidence.clone().into();
    }
    if let Some(revises) = options.revises {
        body["revises"] = revises.into();
    }
    decide_with(&mut body, decision);
    tell_instant(&options.fact, at, &zone);
    record(global, &client, &path, &body, options.dry_run)
}

/// What needs no time: somebody decides it now.
pub(super) fn decide(
    global: &Global,
    fact: &str,
    more: Json,
    decision: &DecisionOptions,
) -> Result<Outcome> {
    let client = Client::new(global, &decision.connection)?;
    let mut body = more;
    body["fact"] = fact.into();
    body["source"] = "command".into();
    decide_with(&mut body, decision);
    let path = format!("/api/v1/incidents/{}", decision.id);
    tell(&format!("recording {fact}"));
    record(global, &client, &path, &body, false)
}

pub(super) fn split(
    global: &Global,
    title: &str,
    alerts: &[String],
    decision: &DecisionOptions,
) -> Result<Outcome> {
    let client = Client::new(global, &decision.connection)?;
    let mut body = json!({"title": title, "alerts": alerts});
    decide_with(&mut body, decision);
    let path = format!("/api/v1/incidents/{}/split", decision.id);
    show::show(global, &client.post(&path, &body)?)
}

fn decide_with(body: &mut Json, decision: &DecisionOptions) {
    if let Some(reason) = &decision.reason {
        body["reason"] = reason.clone().into();
    }
    if let Some(revision) = decision.revision {
        body["expected_revision"] = revision.into();
    }
}

/// Tells what follows, records, and shows the incident.
fn record(
    global: &Global,
    client: &Client,
    path: &str,
    body: &Json,
    dry_run: bool,
) -> Result<Outcome> {
    let preview = client.post(&format!("{path}/facts/preview"), body)?;
    for (clock, _) in vakt_api::next_clocks(&preview) {
        let (stage, state) = (text(clock, "stage"), text(clock, "state"));
        let local = local_words(clock).map(|words| format!(", {words}"));
        let local = local.unwrap_or_default();
        tell(&format!("  {stage} {} ({state}){local}", when(clock)));
    }
    let answer = if dry_run {
        preview
    } else {
        client.post(&format!("{path}/facts"), body)?
    };
    for warning in answer["warnings"].as_array().into_iter().flatten() {
        tell(&format!(
            "warning: {}",
            warning.as_str().unwrap_or_default()
        ));
    }
    if dry_run {
        tell("nothing was recorded");
        return Ok(Outcome::Done);
    }
    show::show(global, &answer)
}

fn fields(arguments: &[String]) -> Result<Map<String, Json>> {
    let mut fields = Map::new();
    for argument in arguments {
        let Some((name, value)) = argument.split_once('=') else {
            bail!("--field {argument}: write NAME=TEXT, such as mitigation=patched");
        };
        fields.insert(name.trim().to_owned(), value.trim().into());
    }
    Ok(fields)
}

/// The zone of the first of these regimes, else of the first of the configuration.
pub(in crate::command) fn zone_of(global: &Global, regimes: &[String]) -> Result<TimeZone> {
    let config = Config::of(global)?;
    let data = config.regime_data()?;
    let first = regimes.iter().chain(&config.regimes);
    let known = first.filter_map(|id| data.get(id).or_else(|| Regimes::embedded().get(id)));
    let mut zones = known.filter_map(|regime| zone(&regime.zone));
    zones.next().context("no regime names a time zone")
}

/// The zone of the first of an incident's regimes.
pub(super) fn zone_of_incident(global: &Global, incident: &Json) -> Result<TimeZone> {
    let ids = incident["regimes"].as_array().into_iter().flatten();
    let regimes: Vec<String> = ids
        .filter_map(|id| id.as_str().map(str::to_owned))
        .collect();
    zone_of(global, &regimes)
}

/// Says which instant is recorded, before it is.
pub(super) fn tell_instant(what: &str, at: Timestamp, zone: &TimeZone) {
    let local = vakt_incident::clock::words::local(at, zone.iana_name().unwrap_or("UTC"));
    tell(&format!("recording {what} at {at}, {local}"));
}

/// When something happened: `now`, a local time of the jurisdiction, or RFC 3339.
pub(super) fn at(words: &str, zone: &TimeZone) -> Result<Timestamp> {
    Ok(local::past_instant(words, SystemClock.now(), zone)?)
}
