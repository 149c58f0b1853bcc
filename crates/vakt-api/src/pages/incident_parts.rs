//! What the start page and an incident's page show of an incident alike.

use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde_json::Value;
use vakt_event::Timestamp;

use super::facts::{self, Asks};
use super::results::encoded;
use super::words::{deadline, plain, time_left, time_of};
use crate::app::Site;
use crate::deadline::{is_elapsed, next_clocks};

/// The zone in which people read and write the times of an incident: that of its first regime.
pub(crate) fn zone_of(incident: &Value, site: &Site) -> TimeZone {
    let name = incident["time_zone"].as_str();
    let own = name.and_then(|name| TimeZone::get(name).ok());
    own.unwrap_or_else(|| site.zone.clone())
}

/// The clocks of an incident.
pub(crate) fn clocks(incident: &Value) -> &[Value] {
    incident["clocks"].as_array().map_or(&[], Vec::as_slice)
}

/// Whether nobody has assessed it yet.
pub(crate) fn is_unassessed(incident: &Value) -> bool {
    matches!(incident["state"].as_str(), Some("draft" | "assessing"))
}

/// The order in which incidents need somebody: real ones before exercises; by the next deadline, then those
/// whose provisional times have all passed, then those with none.
pub(crate) fn urgency(incident: &Value) -> (bool, u8, Option<Timestamp>) {
    let is_drill = incident["drill"] == true;
    match next_clocks(incident).first() {
        Some((clock, due)) => (is_drill, u8::from(is_elapsed(clock)), Some(*due)),
        None => (is_drill, 2, None),
    }
}

/// `Incident 12`, as mails, documents and the command line call it.
pub(crate) fn numbered(incident: &Value) -> String {
    match incident["number"].as_i64() {
        Some(number) => format!("Incident {number}"),
        None => "Incident".to_owned(),
    }
}

/// Number, state, drill, history and level.
pub(crate) fn badges(incident: &Value) -> Markup {
    let state = incident["state"].as_str().unwrap_or("unknown");
    let kind = match state {
        "draft" | "assessing" => "badge amber",
        "reportable" | "significant" | "early_warned" | "notified" | "ongoing" => "badge red",
        _ => "badge",
    };
    html! {
        span.number { (numbered(incident)) }
        span class=(kind) { (plain(state)) }
        @if incident["drill"] == true { (drill()) }
        @if incident["historic"] == true {
            span.badge title="Its events were handed in long after they happened" { "Back-filled" }
        }
        @if incident["origin"] == "risk" {
            span.badge title="Alerts of one entity added up" { "Risk" }
        }
        @if incident["origin"] == "outage" {
            span.badge title="A service is away" { "Outage" }
        }
        @if incident["origin"] == "recurring" {
            span.badge title="Several incidents of one root cause count together" { "Recurring" }
        }
        @if incident["origin"] == "burst" {
            span.badge title="Matches beyond the cap on drafts an hour" { "Burst" }
        }
    }
}

/// The mark of everything that follows from an exercise.
pub(crate) fn drill() -> Markup {
    html! { span.badge.drill title="An exercise: nothing of it leaves this installation" { "Drill" } }
}

/// The next deadline, running.
pub(crate) fn countdown(incident: &Value, site: &Site, now: Timestamp) -> Markup {
    let open = next_clocks(incident);
    let Some((&(clock, due), others)) = open.split_first() else {
        return html! { p.quiet { "No deadline is running." } };
    };
    let zone = zone_of(incident, site);
    let late = now >= due;
    let is_owed = is_duty(clock);
    // Beside what was missed stands what can still be kept; beside what runs, what passed undecided.
    let beside = others.iter().find(|(other, due)| match late {
        true => *due > now,
        false => is_elapsed(other),
    });
    html! {
        p.countdown {
            // Scripts replace the text each second; without them it is right as of this page.
            time.left.late[late] role="timer" datetime=(due) data-due=(due) data-duty[is_owed] {
                (time_left(due, now, is_owed))
            }
            " " span.until { (report_name(incident, clock)) " " (deadline(clock, &zone)) }
        }
        (standing(incident, clock, late, &zone))
        @if let Some((other, due)) = beside {
            p.beside {
                @if is_elapsed(other) {
                    (report_name(incident, other)) ": the time since detection "
                    (time_left(*due, now, false)) ", and nobody has decided about it."
                } @else {
                    "Next: " (report_name(incident, other)) " " (deadline(other, &zone)) ", "
                    (time_left(*due, now, is_duty(other))) "."
                }
            }
        }
    }
}

/// The report of a clock, with its regime where the incident has several.
pub(crate) fn report_name(incident: &Value, clock: &Value) -> String {
    let stage = plain(clock["stage"].as_str().unwrap_or_default());
    let regimes = incident["regimes"].as_array().map_or(0, Vec::len);
    match clock["regime"].as_str() {
        Some(regime) if regimes > 1 => format!("{stage} ({regime})"),
        _ => stage,
    }
}

/// What the next deadline counts from, and whether it is a duty yet.
fn standing(incident: &Value, clock: &Value, late: bool, zone: &TimeZone) -> Markup {
    let start = time_of(&clock["start"], zone);
    html! {
        p.quiet {
            @if is_duty(clock) {
                @if let Some(start) = start { "It counts from " (start) "." }
            } @else if is_unassessed(incident) {
                "Provisional, nobody has declared awareness."
                @if late { " The time for this report has passed since detection: assess it now." }
                @else if let Some(by) = time_of(&incident["assess_by"], zone) {
                    " Assess it by " (by) "."
                }
            } @else if let Some(start) = start {
                "It counts from " (start) " and is provisional: awareness for it is not declared."
            }
        }
    }
}

/// The page on which a fact about the incident's own party is recorded; `more` are further parameters.
pub(crate) fn record_path(incident: &Value, fact: &str, more: &str) -> String {
    let party = &incident["party"];
    // A customer's name is asked for where the fact is about one.
    match facts::of(fact).map(|words| words.asks) {
        Some(Asks::Customer) => record_path_for(incident, &Value::Null, fact, more),
        _ => record_path_for(incident, party, fact, more),
    }
}

/// The same about a party.
pub(crate) fn record_path_for(incident: &Value, party: &Value, fact: &str, more: &str) -> String {
    let id = encoded(incident["id"].as_str().unwrap_or_default());
    let party = party
        .as_str()
        .map(|party| format!("&party={}", encoded(party)));
    format!(
        "/incidents/{id}/record?fact={fact}{}{more}",
        party.unwrap_or_default()
    )
}

/// What is decided or done next.
pub(crate) fn actions(incident: &Value) -> Markup {
    let main = |fact: &str, more: &str, words: &str| {
        html! { a.button.main href=(record_path(incident, fact, more)) { (words) } }
    };
    let other = |fact: &str, words: &str| {
        html! { a.button href=(record_path(incident, fact, "")) { (words) } }
    };
    let open = next_clocks(incident);
    let next_report = open.iter().find(|(clock, _)| is_duty(clock));
    html! {
        div.actions {
            @match incident["state"].as_str() {
                Some("draft" | "assessing") => {
                    (main("aware", "", "Aware now"))
                    // Of another question, which was declared already.
                    @if let Some((clock, _)) = next_report {
                        (main("submitted", &report_of(clock), "Submitted"))
                    }
                    (other("not_significant", "Not significant"))
                    (other("dismissed", "Dismiss"))
                },
                Some("dismissed" | "not_significant" | "near_miss" | "closed") => {
                    (other("reopened", "Reopen"))
                },
                Some("merged") => {},
                _ => {
                    @if let Some((clock, _)) = next_report {
                        (main("submitted", &report_of(clock), "Submitted"))
                    } @else {
                        (other("submitted", "Submitted"))
                    }
                    (other("handled", "Handled"))
                },
            }
        }
    }
}

/// The parameters that name a clock's report.
fn report_of(clock: &Value) -> String {
    let text = |name: &str| encoded(clock[name].as_str().unwrap_or_default());
    format!(
        "&report={}&regime={}&with_form=yes",
        text("stage"),
        text("regime")
    )
}

fn is_duty(clock: &Value) -> bool {
    matches!(clock["state"].as_str(), Some("running" | "overdue"))
}
