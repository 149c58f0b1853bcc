//! What the start page and an incident's page show of an incident alike.

use maud::{Markup, html};
use serde_json::Value;
use vakt_event::Timestamp;

use super::words::{deadline, instant, plain, time_left};
use crate::app::Site;

/// States in which somebody still has to act on a clock.
const OPEN: [&str; 4] = ["provisional", "elapsed_unassessed", "running", "overdue"];

/// The clocks of an incident.
pub(crate) fn clocks(incident: &Value) -> &[Value] {
    incident["clocks"].as_array().map_or(&[], Vec::as_slice)
}

/// Whether nobody has assessed it yet.
pub(crate) fn is_unassessed(incident: &Value) -> bool {
    matches!(incident["state"].as_str(), Some("draft" | "assessing"))
}

/// The earliest deadline that somebody still has to keep.
fn next_clock(incident: &Value) -> Option<(&Value, Timestamp)> {
    open_clocks(incident).min_by_key(|(_, due)| *due)
}

fn open_clocks(incident: &Value) -> impl Iterator<Item = (&Value, Timestamp)> {
    clocks(incident)
        .iter()
        .filter(|clock| OPEN.contains(&clock["state"].as_str().unwrap_or_default()))
        .filter_map(|clock| Some((clock, instant(&clock["due"])?)))
}

/// The order in which incidents need somebody: by the earliest deadline that was missed or is to
/// come, then those whose provisional times have all passed, then those with none.
pub(crate) fn urgency(incident: &Value) -> (u8, Option<Timestamp>) {
    let earliest = |elapsed: bool| {
        open_clocks(incident)
            .filter(|(clock, _)| (clock["state"] == "elapsed_unassessed") == elapsed)
            .map(|(_, due)| due)
            .min()
    };
    match (earliest(false), earliest(true)) {
        (Some(due), _) => (0, Some(due)),
        (None, Some(due)) => (1, Some(due)),
        (None, None) => (2, None),
    }
}

/// State, drill, history and level.
pub(crate) fn badges(incident: &Value) -> Markup {
    let state = incident["state"].as_str().unwrap_or("unknown");
    let kind = match state {
        "draft" | "assessing" => "badge amber",
        "significant" | "early_warned" | "notified" | "ongoing" => "badge red",
        _ => "badge",
    };
    html! {
        span class=(kind) { (plain(state)) }
        @if incident["drill"] == true { (drill()) }
        @if incident["historic"] == true {
            span.badge title="Its events were handed in long after they happened" { "Back-filled" }
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

/// The earliest deadline, running.
pub(crate) fn countdown(incident: &Value, site: &Site, now: Timestamp) -> Markup {
    let Some((clock, due)) = next_clock(incident) else {
        return html! { p.quiet { "No deadline is running." } };
    };
    let stage = plain(clock["stage"].as_str().unwrap_or_default());
    let late = now >= due;
    let is_duty = matches!(clock["state"].as_str(), Some("running" | "overdue"));
    html! {
        p.countdown {
            // Scripts replace the text each second; without them it is right as of this page.
            time.left.late[late] role="timer" datetime=(due) data-due=(due) data-duty[is_duty] {
                (time_left(due, now, is_duty))
            }
            " " span.until { (stage) " " (deadline(clock, &site.zone)) }
        }
        @if is_unassessed(incident) {
            p.quiet {
                "Provisional, nobody has declared awareness."
                @if late { " The time for this report has passed since detection: assess it now." }
            }
        }
    }
}

/// The two decisions about a draft. Scripts open the dialog; without them the buttons stay hidden.
pub(crate) fn actions(incident: &Value) -> Markup {
    let id = incident["id"].as_str().unwrap_or_default();
    let title = incident["title"].as_str().unwrap_or_default();
    let party = incident["party"].as_str().unwrap_or("own");
    html! {
        div.actions data-incident=(id) data-title=(title) data-party=(party) hidden {
            button.main type="button" data-fact="aware" { "Aware now" }
            button type="button" data-fact="dismissed" { "Dismiss" }
        }
        noscript {
            p.quiet {
                "To decide without scripts: " code { "vakt incidents fact " (id) " aware" }
                " or " code { "dismissed" } "."
            }
        }
    }
}

/// The dialog in which a person confirms a fact; filled by the script.
pub(crate) fn fact_dialog() -> Markup {
    html! {
        dialog id="fact-dialog" aria-labelledby="fact-heading" {
            form method="dialog" {
                h2 id="fact-heading" {}
                p id="fact-incident" {}
                p { strong { "At " span id="fact-at" {} } }
                div id="fact-reason-part" {
                    label for="fact-reason" { "Reason, in one line" }
                    input id="fact-reason" maxlength="500" autocomplete="off";
                    p.quiet { "False positive, a test, a duplicate, or authorised." }
                }
                div id="fact-deadlines" aria-live="polite" {}
                p.problem id="fact-problem" role="alert" hidden {}
                div.actions {
                    button.main type="submit" id="fact-confirm" value="confirm" {}
                    button type="button" id="fact-cancel" { "Cancel" }
                }
            }
        }
    }
}
