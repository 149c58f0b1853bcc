//! The page of one incident.

use axum::body::Body;
use axum::http::Response;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde_json::{Map, Value};
use vakt_event::Timestamp;

use super::home::alert_line;
use super::incident_parts::{actions, badges, clocks, countdown, fact_dialog, is_unassessed};
use super::layout;
use super::results::{shown, summary};
use super::words::{deadline, plain, time_of};
use crate::app::Site;
use crate::endpoints::incidents::failure;
use crate::error::ApiError;
use crate::guard::Call;
use crate::roles::Permission;

pub(crate) async fn get(call: Call) -> Result<Response<Body>, ApiError> {
    let id = call.path("id").to_owned();
    let principal = call.principal()?.clone();
    let sight = principal.sight();
    let incident = call
        .app
        .blocking(move |parts| parts.incidents.incident(&id, &sight).map_err(failure))
        .await?;
    let site = call.app.parts.site.load();
    let now = call.app.parts.clock.now();
    let may_record = principal.role.may(Permission::RecordFacts);
    let title = incident["title"].as_str().unwrap_or("Incident");
    let main = page(&incident, &site, now, may_record);
    Ok(layout::page(title, &site, &principal, now, &main))
}

fn page(incident: &Value, site: &Site, now: Timestamp, may_record: bool) -> Markup {
    let zone = &site.zone;
    html! {
        p.crumb { a href="/" { "Start" } " › Incident" }
        h1 { (incident["title"].as_str().unwrap_or("(without a title)")) }
        div id="status" data-refresh {
            p.badges { (badges(incident)) }
            (countdown(incident, site, now))
        }
        @if may_record && is_unassessed(incident) { (actions(incident)) }
        (about(incident, zone))
        section id="clocks" data-refresh aria-labelledby="clocks-heading" {
            h2 id="clocks-heading" { "Clocks" }
            (clock_table(clocks(incident), zone))
            (history(incident, zone))
        }
        section id="facts" data-refresh aria-labelledby="facts-heading" {
            h2 id="facts-heading" { "Facts" }
            (facts(incident, zone))
        }
        section aria-labelledby="evidence-heading" {
            h2 id="evidence-heading" { "Evidence" }
            (evidence(incident, zone))
        }
        @let alerts = items(incident, "alerts");
        @if !alerts.is_empty() {
            section aria-labelledby="alerts-heading" {
                h2 id="alerts-heading" { "Alerts" }
                ul.alerts { @for alert in alerts { (alert_line(alert, site)) } }
            }
        }
        @if may_record { (fact_dialog()) }
    }
}

fn items<'v>(incident: &'v Value, name: &str) -> &'v [Value] {
    incident[name].as_array().map_or(&[], Vec::as_slice)
}

/// What is known of it, as far as it is given.
fn about(incident: &Value, zone: &TimeZone) -> Markup {
    let text = |name: &str| incident[name].as_str().unwrap_or_default().to_owned();
    let first = &incident["first_event"];
    let techniques: Vec<&str> = items(incident, "techniques")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let regimes: Vec<&str> = items(incident, "regimes")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let mut rows: Vec<(&str, Markup)> = Vec::new();
    let mut row = |name, value: Option<Markup>| rows.extend(value.map(|value| (name, value)));
    let filled = |text: String| (!text.is_empty()).then(|| html! { (text) });
    row("Detected", time_of(&incident["detected_at"], zone));
    row("First event claims", time_of(&first["claimed"], zone));
    row("First event received", time_of(&first["received"], zone));
    row("Rule", filled(text("rule.name")));
    row("Entity", filled(text("entity")));
    row("ATT&CK", filled(techniques.join(", ")));
    row("Stream", filled(text("stream")));
    row("Party", filled(text("party")));
    row("Regimes", filled(regimes.join(", ")));
    row("Opened by", filled(text("opened_by")));
    row("Id", filled(text("id")));
    html! {
        dl.about {
            @for (name, value) in &rows {
                div { dt { (name) } dd { (value) } }
            }
        }
    }
}

fn clock_table(clocks: &[Value], zone: &TimeZone) -> Markup {
    html! {
        div.scroll {
            table {
                thead { tr { th { "Report" } th { "State" } th { "Due" } th { "Counts from" } th { "Regime" } } }
                tbody {
                    @for clock in clocks {
                        tr {
                            th scope="row" { (plain(clock["stage"].as_str().unwrap_or_default())) }
                            td { (clock_state(clock)) }
                            td {
                                (deadline(clock, zone))
                                @if let Some(latest) = clock["statutory_latest_date"].as_str() {
                                    @if Some(latest) != clock["nominal_date"].as_str() {
                                        div.quiet { "The law would allow " (latest) "; do not plan on it." }
                                    }
                                }
                            }
                            td { (time_of(&clock["start"], zone).unwrap_or_default()) }
                            td { code { (clock["regime"].as_str().unwrap_or_default()) } }
                        }
                    }
                }
            }
        }
    }
}

fn clock_state(clock: &Value) -> Markup {
    let state = clock["state"].as_str().unwrap_or_default();
    let kind = match state {
        "overdue" => "badge red",
        "running" => "badge blue",
        "provisional" | "elapsed_unassessed" => "badge amber",
        _ => "badge",
    };
    html! { span class=(kind) { (plain(state)) } }
}

fn history(incident: &Value, zone: &TimeZone) -> Markup {
    let history = items(incident, "history");
    html! {
        @if !history.is_empty() {
            details {
                summary { "Clocks that others took the place of (" (history.len()) ")" }
                (clock_table(history, zone))
            }
        }
    }
}

fn facts(incident: &Value, zone: &TimeZone) -> Markup {
    let facts = items(incident, "facts");
    html! {
        @if facts.is_empty() {
            p.quiet { "None yet. A draft was opened by a detection; people add facts." }
        }
        ol.facts {
            @for fact in facts {
                li {
                    strong { (plain(fact["fact"].as_str().unwrap_or_default())) }
                    @if let Some(report) = fact["report"].as_str() { ": " (plain(report)) }
                    @if let Some(at) = time_of(&fact["at"], zone) { " at " (at) }
                    " by " (fact["by"].as_str().unwrap_or("?"))
                    @if let Some(reason) = fact["reason"].as_str() { div { (reason) } }
                    @if let Some(reference) = fact["reference"].as_str() {
                        div { "Reference " (reference) }
                    }
                    div.quiet {
                        "recorded by " (fact["recorded_by"].as_str().unwrap_or("?"))
                        @if let Some(at) = time_of(&fact["recorded_at"], zone) { ", " (at) }
                    }
                }
            }
        }
    }
}

/// The fields of a frozen event, among them the bytes as they came where the person may read them.
fn evidence_fields(event: &Value) -> Map<String, Value> {
    let mut fields = event["fields"].as_object().cloned().unwrap_or_default();
    if let Some(original) = event.get("original") {
        fields
            .entry("event.original")
            .or_insert_with(|| original.clone());
    }
    fields
}

fn evidence(incident: &Value, zone: &TimeZone) -> Markup {
    let events = items(incident, "evidence");
    html! {
        @if events.is_empty() {
            p.quiet { "No event was frozen into it." }
        }
        ol.hits {
            @for event in events {
                li {
                    details {
                        @let fields = evidence_fields(event);
                        @let time = time_of(&event["claimed"], zone)
                            .or_else(|| time_of(&event["received"], zone));
                        (summary(&fields, &time.unwrap_or_default()))
                        dl.fields {
                            dt { "event.id" } dd { (event["id"].as_str().unwrap_or_default()) }
                            @if let Some(at) = time_of(&event["received"], zone) {
                                dt { "received" } dd { (at) }
                            }
                            @if let Some(hash) = event["hash"].as_str() {
                                dt { "BLAKE3" } dd { (hash) }
                            }
                            @for (name, value) in &fields {
                                dt { (name) } dd { (shown(value)) }
                            }
                        }
                    }
                }
            }
        }
        @if let Some(note) = incident["evidence_note"].as_str() {
            p.quiet { (note) }
        }
    }
}
