//! What the page of a fact shows: its inputs, and what would follow.

use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde_json::Value;
use vakt_event::Timestamp;

use super::{Shown, Typed, texts};
use crate::app::Site;
use crate::pages::facts::{Asks, FactWords, Reason};
use crate::pages::incident_parts::{clocks, zone_of};
use crate::pages::items;
use crate::pages::words::{deadline, local, plain, time_of};

pub(super) fn crumb(id: &str, words: &FactWords) -> Markup {
    html! {
        p.crumb {
            a href="/" { "Start" } " › "
            a href={ "/incidents/" (id) } { "Incident" } " › " (words.heading)
        }
    }
}

pub(super) fn page(shown: &Shown, id: &str, site: &Site) -> Markup {
    let Shown { words, typed, .. } = shown;
    html! {
        (crumb(id, words))
        h1 { (words.heading) }
        p { (shown.incident["title"].as_str().unwrap_or("(without a title)")) }
        form.narrow method="post" action={ "/incidents/" (id) "/record" } {
            p.quiet { (words.says) }
            @if let Some(problem) = &shown.problem {
                p.problem role="alert" { (problem.message) ". " (problem.help()) }
            }
            @for name in ["fact", "revises", "approves", "revision"] {
                @if !typed.get(name).is_empty() {
                    input type="hidden" name=(name) value=(typed.get(name));
                }
            }
            @if !shown.since.is_empty() { (since(shown, id, site)) }
            (inputs(shown))
            section.outcome aria-live="polite" {
                (outcome(shown, site))
            }
            div.actions {
                // What was refused is looked at once more, beside what somebody else recorded.
                @if shown.is_refused {
                    button.main type="submit" name="do" value="look" formnovalidate { "Go on: show what follows" }
                } @else {
                    button.main type="submit" name="do" value="record" { (words.button) }
                    button type="submit" name="do" value="look" formnovalidate { "Show what follows" }
                }
                a.button href={ "/incidents/" (id) } { "Cancel" }
            }
        }
    }
}

/// What others recorded while the form was open.
fn since(shown: &Shown, id: &str, site: &Site) -> Markup {
    let zone = &zone_of(&shown.incident, site);
    html! {
        div.problem role="alert" {
            p {
                @if shown.is_refused { "Nothing was recorded. " }
                "Since you looked at the incident, this was recorded:"
            }
            ul {
                @for fact in &shown.since {
                    li {
                        (plain(fact["fact"].as_str().unwrap_or_default()))
                        ", by " (fact["recorded_by"].as_str().unwrap_or_default())
                        @if let Some(at) = time_of(&fact["recorded_at"], zone) { ", " (at) }
                    }
                }
            }
            p { a href={ "/incidents/" (id) "#facts" } { "See the incident as it is now" } }
        }
    }
}

fn inputs(shown: &Shown) -> Markup {
    let Shown {
        words,
        typed,
        incident,
        ..
    } = shown;
    let is_reason_asked = words.reason == Reason::Required || !typed.get("revises").is_empty();
    html! {
        label for="at" { "When" }
        input id="at" name="at" value=(typed.get("at")) required autocomplete="off" spellcheck="false";
        p.quiet { "now, 03:05, yesterday 23:10, 2026-11-24 03:05, or with an offset" }
        @match words.asks {
            Asks::Nothing => {},
            Asks::Report => (report_inputs(typed, incident)),
            Asks::Due => {
                label for="due" { "Until when, if the request says so" }
                input id="due" name="due" value=(typed.get("due")) autocomplete="off" spellcheck="false";
            },
            Asks::Customer => {
                label for="party" { "Customer" }
                input id="party" name="party" value=(typed.get("party")) required autocomplete="off";
                @if words.fact == "customer_notice_sent" { (notice_input(typed, incident)) }
            },
            Asks::Service => (service_inputs(typed, words.fact)),
            Asks::Evidence => {
                label for="evidence" { "What shows it" }
                input id="evidence" name="evidence" value=(typed.get("evidence")) autocomplete="off"
                    spellcheck="false";
                p.quiet { "event:ID of a copied event, attachment:HASH of an attachment; several with blanks between" }
            },
            Asks::Regime => {
                label for="regime" { "Regime" }
                input id="regime" name="regime" value=(typed.get("regime")) required
                    autocomplete="off" spellcheck="false" placeholder="gdpr";
            },
        }
        @if words.asks != Asks::Customer { (party_input(typed, incident)) }
        label for="reason" {
            @if is_reason_asked { "Reason, in one line" } @else { "Reason or basis, if any" }
        }
        input id="reason" name="reason" value=(typed.get("reason")) maxlength="4000"
            required[is_reason_asked] autocomplete="off";
        label for="by" { "Who says so, if not you" }
        input id="by" name="by" value=(typed.get("by")) maxlength="200" autocomplete="off";
    }
}

/// Under which regime a customer was told, where it is owed several notices.
fn notice_input(typed: &Typed, incident: &Value) -> Markup {
    let reports = items(incident, "reports").iter();
    let owed = reports.filter(|report| report["each_customer"] == true);
    let regimes: Vec<&str> = owed.filter_map(|it| it["regime"].as_str()).collect();
    let first = "the first that counted when it was sent";
    html! {
        @if regimes.len() > 1 { (regime_select(typed, &regimes, first)) }
    }
}

fn regime_select(typed: &Typed, regimes: &[&str], by_itself: &str) -> Markup {
    html! {
        label for="regime" { "Under which regime" }
        select id="regime" name="regime" {
            option value="" { (by_itself) }
            @for regime in regimes {
                option value=(regime) selected[typed.get("regime") == *regime] { (regime) }
            }
        }
    }
}

/// Whose duty it concerns, where that is asked at all: most incidents have one party.
fn party_input(typed: &Typed, incident: &Value) -> Markup {
    let party = typed.get("party");
    let is_own = party.is_empty() || incident["party"] == party;
    html! {
        details.party open[!is_own] {
            summary { "Whose duty it concerns: " (if is_own { "ours" } else { party }) }
            label for="party" { "`own`, or a customer" }
            input id="party" name="party" value=(party) maxlength="200" autocomplete="off";
        }
    }
}

fn service_inputs(typed: &Typed, fact: &str) -> Markup {
    html! {
        label for="service" { "Service, as the configuration calls it" }
        input id="service" name="service" value=(typed.get("service")) maxlength="100" autocomplete="off" spellcheck="false";
        @if fact == "service_lost" {
            label for="kind" { "What it lacks" }
            select id="kind" name="kind" {
                @for (kind, words) in KINDS {
                    option value=(kind) selected[typed.get("kind") == kind] { (words) }
                }
            }
        }
    }
}

/// What a service can lack.
const KINDS: [(&str, &str); 3] = [
    ("complete", "completely unavailable"),
    ("limited", "considerably slower, or functions missing"),
    ("slow", "mean response over 10 seconds"),
];

fn report_inputs(typed: &Typed, incident: &Value) -> Markup {
    let reports = items(incident, "reports");
    let mut stages: Vec<(&str, String)> = Vec::new();
    let mut regimes: Vec<&str> = Vec::new();
    for report in reports {
        let (stage, regime) = (report["stage"].as_str(), report["regime"].as_str());
        if let Some(stage) = stage
            && !stages.iter().any(|(known, _)| *known == stage)
        {
            stages.push((stage, report_words(report)));
        }
        regimes.extend(regime.filter(|it| !regimes.contains(it)));
    }
    let is_with_form = typed.get("with_form") == "yes";
    html! {
        label for="report" { "Which report" }
        select id="report" name="report" {
            @for (stage, words) in &stages {
                option value=(stage) selected[typed.get("report") == *stage] { (words) }
            }
        }
        @if regimes.len() > 1 {
            (regime_select(typed, &regimes, "the one that has it"))
        } @else if !typed.get("regime").is_empty() {
            input type="hidden" name="regime" value=(typed.get("regime"));
        }
        label for="reference" { "Reference: the receipt's or case's number" }
        input id="reference" name="reference" value=(typed.get("reference")) maxlength="200" autocomplete="off";
        label for="with_form" { "What it said" }
        select id="with_form" name="with_form" {
            option value="no" selected[!is_with_form] { "no texts (by phone, or others)" }
            option value="yes" selected[is_with_form] { "what its form says now" }
        }
    }
}

/// `Early warning (upplysning)`
fn report_words(report: &Value) -> String {
    let stage = plain(report["stage"].as_str().unwrap_or_default());
    match report["term"].as_str() {
        Some(term) => format!("{stage} ({term})"),
        None => stage,
    }
}

/// The instant, the doubts and the deadlines that follow.
fn outcome(shown: &Shown, site: &Site) -> Markup {
    let zone = &zone_of(&shown.incident, site);
    let warnings = shown.preview.as_ref().map(|it| texts(&it["warnings"]));
    html! {
        @if let Some(at) = shown.at {
            p { strong { "At " (local(at, zone)) } " " span.quiet { (at) } }
        }
        @if let Some(warnings) = warnings.filter(|it| !it.is_empty()) {
            p { strong { "Please look at this. It can be recorded all the same:" } }
            (warning_list(&warnings, zone))
        }
        @if let Some(preview) = &shown.preview {
            p {
                strong { "Then it is " (plain(preview["state"].as_str().unwrap_or_default())) }
                @if !clocks(preview).is_empty() { ", and the deadlines are" }
            }
            ul {
                @for clock in clocks(preview) {
                    li {
                        (plain(clock["stage"].as_str().unwrap_or_default()))
                        " (" (clock["regime"].as_str().unwrap_or_default())
                        @if clock["party"] != shown.incident["party"] {
                            ", for " (clock["party"].as_str().unwrap_or_default())
                        }
                        "): "
                        (deadline(clock, zone)) ", "
                        (plain(clock["state"].as_str().unwrap_or_default()).to_lowercase())
                    }
                }
            }
        }
    }
}

/// Doubts, with their instants in local time.
pub(super) fn warning_list(warnings: &[String], zone: &TimeZone) -> Markup {
    html! {
        ul.warnings { @for warning in warnings { li.sentence { (with_local_times(warning, zone)) } } }
    }
}

/// The words, each instant among them as the page shows instants.
fn with_local_times(words: &str, zone: &TimeZone) -> String {
    let shown = words.split(' ').map(|word| {
        let bare = word.trim_end_matches([',', ':', ';', '.']);
        let rest = word.strip_prefix(bare).unwrap_or_default();
        match bare.parse::<Timestamp>() {
            Ok(at) => format!("{}{rest}", local(at, zone)),
            Err(_) => word.to_owned(),
        }
    });
    shown.collect::<Vec<_>>().join(" ")
}
