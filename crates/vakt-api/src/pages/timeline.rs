//! The time line of an incident: what happened in the order in which it did, and what is still to
//! come.

use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde_json::Value;
use vakt_event::Timestamp;

use super::incident_parts::{clocks, record_path_for};
use super::words::{deadline, instant, plain, time_of};
use super::{facts, items};
use crate::deadline::is_open;

/// One entry, at its time.
struct Entry {
    at: Timestamp,
    shown: Markup,
}

pub(super) fn list(incident: &Value, zone: &TimeZone, now: Timestamp, may_record: bool) -> Markup {
    let all = items(incident, "facts");
    let mut entries: Vec<Entry> = Vec::new();
    for fact in all {
        if let Some(at) = instant(&fact["at"]) {
            let shown = of_fact(fact, all, incident, zone, may_record);
            entries.push(Entry { at, shown });
        }
    }
    for alert in items(incident, "alerts") {
        if let Some(at) = instant(&alert["first_seen"]) {
            entries.push(Entry {
                at,
                shown: of_alert(alert, zone),
            });
        }
    }
    for clock in clocks(incident).iter().filter(|clock| is_open(clock)) {
        if let Some(at) = instant(&clock["due"]) {
            entries.push(Entry {
                at,
                shown: of_clock(clock, zone, at <= now),
            });
        }
    }
    entries.sort_by_key(|entry| entry.at);
    let coming = entries.partition_point(|entry| entry.at <= now);
    html! {
        ol.facts.timeline {
            @for (index, entry) in entries.iter().enumerate() {
                @if index == coming { li.now { "Now" } }
                (entry.shown)
            }
        }
        @if entries.is_empty() { p.quiet { "Nothing yet." } }
    }
}

fn of_alert(alert: &Value, zone: &TimeZone) -> Markup {
    html! {
        li.alert {
            (time_of(&alert["first_seen"], zone).unwrap_or_default()) " "
            "Alert: " (alert["rule.name"].as_str().unwrap_or_default())
            @if let Some(entity) = alert["entity"].as_str() { " " span.quiet { (entity) } }
        }
    }
}

fn of_clock(clock: &Value, zone: &TimeZone, is_past: bool) -> Markup {
    let stage = plain(clock["stage"].as_str().unwrap_or_default());
    html! {
        li.deadline.late[is_past] {
            strong { (stage) } " " (deadline(clock, zone))
            " " span.quiet { (plain(clock["state"].as_str().unwrap_or_default()).to_lowercase()) }
        }
    }
}

/// A fact, with what was said about it later.
fn of_fact(
    fact: &Value,
    all: &[Value],
    incident: &Value,
    zone: &TimeZone,
    may_record: bool,
) -> Markup {
    let id = fact["id"].as_i64().unwrap_or_default();
    let kind = fact["fact"].as_str().unwrap_or_default();
    let corrections: Vec<&Value> = all.iter().filter(|it| it["revises"] == id).collect();
    let is_reference = fact["revises"].is_i64() || fact["approves"].is_i64();
    html! {
        li id={ "fact-" (id) } {
            (time_of(&fact["at"], zone).unwrap_or_default()) " "
            strong { (plain(kind)) }
            @if let Some(report) = fact["report"].as_str() { ": " (plain(report).to_lowercase()) }
            @if fact["party"] != incident["party"] { ", for " (fact["party"].as_str().unwrap_or_default()) }
            @if let Some(regime) = fact["regime"].as_str() { " (" (regime) ")" }
            (refers(fact))
            @if let Some(reason) = fact["reason"].as_str() { div { (reason) } }
            @if let Some(reference) = fact["reference"].as_str() { div { "Reference " (reference) } }
            @if let Some(due) = time_of(&fact["due"], zone) { div { "wanted by " (due) } }
            @if let Some(fields) = fact["fields"].as_object() {
                details {
                    summary { "What it said" }
                    dl.fields {
                        @for (name, value) in fields {
                            dt { (name) } dd { (said(value)) }
                        }
                    }
                }
            }
            div.quiet {
                (provenance(fact, zone))
                @for later in &corrections {
                    " · " a href={ "#fact-" (later["id"].as_i64().unwrap_or_default()) } {
                        @if later["fact"] == "retracted" { "taken back" } @else { "corrected" }
                    }
                }
                @if may_record && !is_reference && facts::of(kind).is_some() {
                    " · " a href=(record_path_for(incident, &fact["party"], kind, &same(fact))) { "Correct the time" }
                    " · " a href=(record_path_for(incident, &fact["party"], "retracted", &format!("&revises={id}"))) { "Take back" }
                }
            }
        }
    }
}

/// A member of a fact's fields: a text, or a list of texts or of what has a title.
fn said(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<&str> = items
                .iter()
                .filter_map(|item| item.as_str().or_else(|| item["title"].as_str()))
                .collect();
            items.join(", ")
        }
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// What a correction of a fact takes over from it.
fn same(fact: &Value) -> String {
    let mut query = format!("&revises={}", fact["id"].as_i64().unwrap_or_default());
    for name in ["report", "regime", "reference", "due"] {
        if let Some(value) = fact[name].as_str() {
            query.push_str(&format!("&{name}={}", super::results::encoded(value)));
        }
    }
    query
}

fn refers(fact: &Value) -> Markup {
    let to = |name: &str| fact[name].as_i64();
    html! {
        @if let Some(id) = to("revises") { ", of " a href={ "#fact-" (id) } { "fact " (id) } }
        @if let Some(id) = to("approves") { ", of " a href={ "#fact-" (id) } { "fact " (id) } }
        @if let Some(into) = fact["into"].as_str() {
            ", " a href={ "/incidents/" (into) } { "the other incident" }
        }
    }
}

/// Who claims it, who wrote it down, when, and from where.
fn provenance(fact: &Value, zone: &TimeZone) -> Markup {
    let (by, recorder) = (fact["by"].as_str(), fact["recorded_by"].as_str());
    html! {
        "fact " (fact["id"].as_i64().unwrap_or_default())
        @if by != recorder { " · says " (by.unwrap_or("?")) }
        " · recorded by " (recorder.unwrap_or("?"))
        @if fact["recorded_at"] != fact["at"] {
            @if let Some(at) = time_of(&fact["recorded_at"], zone) { ", " (at) }
        }
        @if let Some(source) = fact["source"].as_str() { " · " (source) }
    }
}
