//! Why the rules of an incident fired.

use maud::{Markup, html};
use serde_json::Value;

use super::items;

pub(super) fn list(reasons: &Value, incident: &Value) -> Markup {
    let rules = items(reasons, "rules");
    html! {
        @if rules.is_empty() {
            p.quiet { "No rule: " (opened(incident)) }
        }
        @for rule in rules { (of_rule(rule)) }
    }
}

fn opened(incident: &Value) -> String {
    let by = incident["opened_by"].as_str().unwrap_or("a person");
    format!("it was opened by {by}.")
}

fn of_rule(rule: &Value) -> Markup {
    let text = |name: &str| rule[name].as_str().filter(|text| !text.is_empty());
    html! {
        article.card {
            h3 { (text("rule.name").unwrap_or("(rule without a name)")) }
            @if rule["loaded"] != true {
                p { "The rule is no longer loaded: what it asked for is not known any more." }
            }
            @if let Some(description) = text("description") { p { (description) } }
            @let asks = items(rule, "asks");
            @if !asks.is_empty() {
                p { "It asks for" }
                ul { @for line in asks { li { (line.as_str().unwrap_or_default()) } } }
            }
            (events(rule))
            @let benign = items(rule, "false_positives");
            @if !benign.is_empty() {
                p { "It may be harmless: "
                    @for (index, one) in benign.iter().enumerate() {
                        @if index > 0 { "; " } (one.as_str().unwrap_or_default())
                    }
                }
            }
            @if let Some(place) = text("place") {
                p.quiet { code { (place) } " as it is loaded now" }
            }
        }
    }
}

/// Events of one rule in which it found the same.
struct Found<'v> {
    rule: &'v str,
    matched: &'v [Value],
    ids: Vec<&'v str>,
}

fn found(rule: &Value) -> Vec<Found<'_>> {
    let mut groups: Vec<Found<'_>> = Vec::new();
    for event in items(rule, "events") {
        let name = event["rule.name"].as_str().unwrap_or_default();
        let (matched, id) = (items(event, "matched"), event["id"].as_str());
        let same = |it: &&mut Found<'_>| it.rule == name && it.matched == matched;
        match groups.iter_mut().find(same) {
            Some(group) => group.ids.extend(id),
            None => groups.push(Found {
                rule: name,
                matched,
                ids: id.into_iter().collect(),
            }),
        }
    }
    groups
}

/// How many of the frozen events each of its rules matches, and by what.
fn events(rule: &Value) -> Markup {
    let events = items(rule, "events");
    let all = rule["event_count"].as_u64().unwrap_or_default();
    let shown = u64::try_from(events.len()).unwrap_or_default();
    html! {
        @if rule["loaded"] == true && events.is_empty() {
            p { "None of the frozen events matches it as it is loaded now." }
        }
        @let inputs = items(rule, "inputs");
        @if !inputs.is_empty() {
            p {
                "Among the frozen events are "
                @for (index, input) in inputs.iter().enumerate() {
                    @if index > 0 { ", " }
                    strong { (input["events"].as_u64().unwrap_or_default()) } " of "
                    (input["rule.name"].as_str().unwrap_or_default())
                }
            }
        }
        ul.matched {
            @for group in found(rule) {
                li {
                    (group.rule)
                    @for pair in group.matched {
                        div {
                            (pair["field"].as_str().unwrap_or_default()) " = "
                            code { (pair["value"].as_str().unwrap_or_default()) }
                        }
                    }
                    div.quiet {
                        @if group.ids.len() == 1 { "event " } @else { "events " }
                        @for (index, id) in group.ids.iter().enumerate() {
                            @if index > 0 { ", " }
                            a href={ "#event-" (id) } { (id) }
                        }
                    }
                }
            }
        }
        @if all > shown {
            p.quiet { "The oldest and the newest of " (all) " frozen events that match." }
        }
    }
}
