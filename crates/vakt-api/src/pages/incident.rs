//! The page of one incident: what must be done next, then everything that is known.

use axum::body::Body;
use axum::http::Response;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde_json::{Map, Value, json};
use vakt_event::Timestamp;

use super::home::alert_line;
use super::incident_parts::{actions, badges, clocks, countdown, numbered, record_path, zone_of};
use super::results::{encoded, shown, summary};
use super::words::{deadline, plain, time_of};
use super::{documents, facts, is_refresh, items, layout, timeline, why};
use crate::app::Site;
use crate::endpoints::incidents::failure;
use crate::error::ApiError;
use crate::guard::Call;
use crate::roles::Permission;

pub(crate) async fn get(call: Call) -> Result<Response<Body>, ApiError> {
    let id = call.path("id").to_owned();
    let principal = call.principal()?.clone();
    let sight = principal.sight();
    // What a script fetches to stay fresh has no reasons in it: no rule is asked again for them.
    let wants_reasons = !is_refresh(&call);
    let (incident, reasons) = call
        .app
        .blocking(move |parts| {
            let incident = parts.incidents.incident(&id, &sight).map_err(failure)?;
            let reasons = match wants_reasons {
                true => Some(parts.incidents.why(&id, &sight).map_err(failure)?),
                false => None,
            };
            Ok((incident, reasons))
        })
        .await?;
    let site = call.app.parts.site.load();
    let now = call.app.parts.clock.now();
    let seen = Seen {
        incident: &incident,
        reasons: reasons.as_ref(),
        site: &site,
        now,
        may_record: principal.role.may(Permission::RecordFacts),
        who: &principal.name,
    };
    let title = incident["title"].as_str().unwrap_or("Incident");
    Ok(layout::page(title, &site, &principal, now, &page(&seen)))
}

/// An incident, and who looks at it.
struct Seen<'a> {
    incident: &'a Value,
    /// `None` where nobody looks at them.
    reasons: Option<&'a Value>,
    site: &'a Site,
    now: Timestamp,
    may_record: bool,
    who: &'a str,
}

fn page(seen: &Seen<'_>) -> Markup {
    let incident = seen.incident;
    let zone = &zone_of(incident, seen.site);
    html! {
        p.crumb { a href="/" { "Start" } " › " a href="/incidents" { "Incidents" } " › " (numbered(incident)) }
        h1 { (incident["title"].as_str().unwrap_or("(without a title)")) }
        div id="status" data-refresh {
            p.badges { (badges(incident)) }
            (countdown(incident, seen.site, seen.now))
        }
        @if let Some(into) = incident["merged_into"].as_str() {
            p { "It is part of " a href={ "/incidents/" (into) } { "another incident" } ", where its clocks run." }
        }
        @if seen.may_record {
            (actions(incident))
            (more_facts(incident))
        }
        (super::significance::summary(incident, zone))
        (waiting(seen))
        section id="clocks" data-refresh aria-labelledby="clocks-heading" {
            h2 id="clocks-heading" { "Deadlines and reports" }
            (clock_table(clocks(incident), incident, zone, seen.may_record))
            (targets(incident, zone))
            (history(incident, zone))
            (documents::link(incident))
        }
        section id="facts" data-refresh aria-labelledby="facts-heading" {
            h2 id="facts-heading" { "Time line" }
            (timeline::list(incident, zone, seen.now, seen.may_record))
        }
        (super::work_parts::links(incident))
        @if let Some(reasons) = seen.reasons {
            section aria-labelledby="why-heading" {
                h2 id="why-heading" { "Why did this fire?" }
                (why::list(reasons, incident))
            }
        }
        section aria-labelledby="evidence-heading" {
            h2 id="evidence-heading" { "Evidence" }
            (evidence(incident, zone))
        }
        @let alerts = items(incident, "alerts");
        @if !alerts.is_empty() {
            section aria-labelledby="alerts-heading" {
                h2 id="alerts-heading" { "Alerts" }
                ul.alerts { @for alert in alerts { (alert_line(alert, seen.site)) } }
            }
        }
        section aria-labelledby="about-heading" {
            h2 id="about-heading" { "About it" }
            (about(incident, zone))
        }
    }
}

/// Everything else that can have happened.
fn more_facts(incident: &Value) -> Markup {
    // These refer to a fact of the time line, which has their buttons.
    let offered = facts::FACTS
        .iter()
        .filter(|words| !matches!(words.fact, "approved" | "retracted"));
    html! {
        details.more {
            summary { "Record something else" }
            ul {
                @for words in offered {
                    li { a href=(record_path(incident, words.fact, "")) { (words.heading) } }
                }
            }
        }
    }
}

/// What a proposal would do, in the words of the page and the incident's own time.
fn proposal(waiting: &Value, seen: &Seen<'_>) -> Markup {
    let facts = items(seen.incident, "facts");
    let of = |id: &Value| facts.iter().find(|fact| fact["id"] == *id);
    let proposed = of(&waiting["fact"]).unwrap_or(&Value::Null);
    let zone = zone_of(seen.incident, seen.site);
    let revised = proposed["revises"].as_i64().unwrap_or_default();
    let name = |fact: &Value| plain(fact["fact"].as_str().unwrap_or_default());
    html! {
        @match proposed["fact"].as_str() {
            Some("downgraded") => "The incident is found not significant",
            Some("retracted") => {
                "“" (of(&proposed["revises"]).map(name).unwrap_or_default()) "” (fact " (revised) ") never happened"
            },
            Some(_) => {
                "“" (name(proposed)) "” (fact " (revised) ") was later, at "
                (time_of(&proposed["at"], &zone).unwrap_or_default())
            },
            None => (waiting["what"].as_str().unwrap_or_default()),
        }
    }
}

/// Corrections that a second person has to approve.
fn waiting(seen: &Seen<'_>) -> Markup {
    let waiting = items(seen.incident, "waiting");
    html! {
        @if !waiting.is_empty() {
            section.waiting aria-labelledby="waiting-heading" {
                h2 id="waiting-heading" { "Waits for a second person" }
                ul {
                    @for one in waiting {
                        @let fact = one["fact"].as_i64().unwrap_or_default();
                        li {
                            (proposal(one, seen))
                            @let proposer = one["proposed_by"].as_str().unwrap_or("?");
                            div.quiet { "proposed by " (proposer) }
                            @if seen.may_record {
                                a.button href=(record_path(seen.incident, "retracted", &format!("&revises={fact}"))) { "Withdraw" }
                                " "
                            }
                            @if seen.may_record && proposer != seen.who {
                                a.button href=(record_path(seen.incident, "approved", &format!("&approves={fact}"))) { "Approve" }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What is known of it, as far as it is given.
fn about(incident: &Value, zone: &TimeZone) -> Markup {
    let text = |name: &str| incident[name].as_str().unwrap_or_default().to_owned();
    let first = &incident["first_event"];
    let words = |name: &str| {
        let words: Vec<&str> = items(incident, name)
            .iter()
            .filter_map(Value::as_str)
            .collect();
        words.join(", ")
    };
    let skew = first["skew_seconds"]
        .as_f64()
        .map(|seconds| html! { (seconds) " s" });
    let mut rows: Vec<(&str, Markup)> = Vec::new();
    let mut row = |name, value: Option<Markup>| rows.extend(value.map(|value| (name, value)));
    let filled = |text: String| (!text.is_empty()).then(|| html! { (text) });
    row("Detected", time_of(&incident["detected_at"], zone));
    row("First event claims", time_of(&first["claimed"], zone));
    row("First event received", time_of(&first["received"], zone));
    row("Received after it claims", skew);
    row("Rule", filled(text("rule.name")));
    row("Entity", filled(text("entity")));
    row("ATT&CK", filled(words("techniques")));
    row("Stream", filled(text("stream")));
    row("Party", filled(text("party")));
    row("Regimes", filled(words("regimes")));
    row("Data of the regimes", filled(text("regimes_version")));
    row("Opened by", filled(text("opened_by")));
    row("Parts of it", filled(words("members")));
    row("Id", filled(text("id")));
    html! {
        dl.about {
            @for (name, value) in &rows {
                div { dt { (name) } dd { (value) } }
            }
        }
    }
}

fn clock_table(clocks: &[Value], incident: &Value, zone: &TimeZone, may_record: bool) -> Markup {
    html! {
        div.scroll {
            table {
                thead { tr { th { "Report" } th { "State" } th { "Due" } th { "Counts from" } th { "Regime" } } }
                tbody { @for clock in clocks { (clock_row(clock, incident, zone, may_record)) } }
            }
        }
    }
}

fn clock_row(clock: &Value, incident: &Value, zone: &TimeZone, may_record: bool) -> Markup {
    let report = report_of(clock, incident);
    let term = report.and_then(|it| it["term"].as_str());
    html! {
        tr {
            th scope="row" {
                (plain(clock["stage"].as_str().unwrap_or_default()))
                @if let Some(term) = term { " " span.quiet lang="sv" { (term) } }
                @if report.is_some_and(|it| it["form"] == true) {
                    div { a href=(form_path(clock, incident)) {
                        @if may_record { "Fill in and copy" } @else { "Read and copy" }
                    } }
                }
            }
            td {
                (clock_state(clock))
                @if clock["unconfirmed"] == true { div.quiet { "no reference yet" } }
                @if let Some(reason) = clock["late_reason"].as_str() { div.quiet { "late: " (reason) } }
            }
            td {
                (deadline(clock, zone))
                @if let Some(latest) = clock["statutory_latest_date"].as_str() {
                    @if Some(latest) != clock["nominal_date"].as_str() {
                        div.quiet { "The law would allow " (latest) "; do not plan on it." }
                    }
                }
                @if clock["due"].is_string() {
                    @if let Some(note) = clock["note"].as_str() { div.quiet.sentence { (note) } }
                }
            }
            td { (time_of(&clock["start"], zone).unwrap_or_default()) (counted_from(clock, incident)) }
            td {
                code { (clock["regime"].as_str().unwrap_or_default()) }
                @if clock["party"] != incident["party"] {
                    div.quiet { "for " (clock["party"].as_str().unwrap_or_default()) }
                }
                @if let Some(version) = clock["regimes_version"].as_str() {
                    div.quiet { "by the data of " (version) }
                }
            }
        }
    }
}

/// What the record says of the clock's report.
fn report_of<'v>(clock: &Value, incident: &'v Value) -> Option<&'v Value> {
    let reports = items(incident, "reports").iter();
    let mut same =
        reports.filter(|it| it["regime"] == clock["regime"] && it["stage"] == clock["stage"]);
    same.next()
}

fn form_path(clock: &Value, incident: &Value) -> String {
    let text = |value: &Value| encoded(value.as_str().unwrap_or_default());
    format!(
        "/incidents/{}/report/{}?regime={}&party={}",
        text(&incident["id"]),
        text(&clock["stage"]),
        text(&clock["regime"]),
        text(&clock["party"])
    )
}

/// The fact at the clock's start: of several at that instant, the one of its party that its data
/// names, else what stands for it.
fn counted_from(clock: &Value, incident: &Value) -> Markup {
    let start = &clock["start"];
    let named = report_of(clock, incident).and_then(|it| it["start"].as_str());
    let name = |fact: &Value| match fact["report"].as_str() {
        Some(report) => format!("submitted.{report}"),
        None => fact["fact"].as_str().unwrap_or_default().to_owned(),
    };
    let rank = |fact: &&Value| {
        let name = name(fact);
        let is_of_party = fact["party"] == clock["party"];
        let likeness = match name.as_str() {
            it if Some(it) == named => 0,
            // A report that was sent sets awareness, and so does whoever declares another one.
            it if it.starts_with("submitted.") || it.starts_with("aware") => 1,
            "detected" => 2,
            _ => 3,
        };
        (likeness, !is_of_party)
    };
    let facts = items(incident, "facts").iter();
    let there = facts.filter(|fact| start.is_string() && fact["at"] == *start);
    // Our own facts start a customer's clocks, and never the other way round.
    let of_ours =
        there.filter(|fact| fact["party"] == clock["party"] || fact["party"] == incident["party"]);
    html! {
        @if let Some(fact) = of_ours.min_by_key(rank) {
            div.quiet {
                (plain(fact["fact"].as_str().unwrap_or_default()))
                @if let Some(report) = fact["report"].as_str() { ": " (plain(report).to_lowercase()) }
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

/// What the product asks for by itself.
fn targets(incident: &Value, zone: &TimeZone) -> Markup {
    let open = items(incident, "targets")
        .iter()
        .filter(|it| it["state"] != "met");
    html! {
        @for target in open {
            p.quiet {
                (plain(target["target"].as_str().unwrap_or_default()))
                @if target["state"] == "passed" { " was wanted by " } @else { " is wanted by " }
                (time_of(&target["due"], zone).unwrap_or_default())
                ": a target of this installation, no legal deadline."
            }
        }
    }
}

fn history(incident: &Value, zone: &TimeZone) -> Markup {
    let history = items(incident, "history");
    html! {
        @if !history.is_empty() {
            details {
                summary { "Clocks that others took the place of (" (history.len()) ")" }
                // Of the incident only whose it is: there is no report to fill in any more.
                (clock_table(history, &json!({"party": incident["party"]}), zone, false))
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
                li id={ "event-" (event["id"].as_str().unwrap_or_default()) } {
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
