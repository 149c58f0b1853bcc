//! Why the rules of an incident fired.

use maud::{Markup, html};
use serde_json::Value;

pub(super) fn list(reasons: &Value, incident: &Value) -> Markup {
    let rules = items(reasons, "rules");
    html! {
        @if rules.is_empty() {
            p.quiet { "No rule: " (opened(incident)) }
        }
        @for rule in rules { (of_rule(rule)) }
    }
}

fn items<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
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
            @if let Some(asks) = text("asks") { p { "It asks for " (asks) "." } }
            (inputs(rule))
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

/// How many of the frozen events each of a correlation's rules matches.
fn inputs(rule: &Value) -> Markup {
    let inputs = items(rule, "inputs");
    html! {
        @if inputs.len() > 1 {
            ul {
                @for input in inputs {
                    li {
                        (input["events"].as_u64().unwrap_or_default()) "× "
                        (input["rule.name"].as_str().unwrap_or_default())
                    }
                }
            }
        }
    }
}

fn events(rule: &Value) -> Markup {
    let events = items(rule, "events");
    let all = rule["event_count"].as_u64().unwrap_or_default();
    let shown = u64::try_from(events.len()).unwrap_or_default();
    let has_many = items(rule, "inputs").len() > 1;
    html! {
        @if rule["loaded"] == true && events.is_empty() {
            p { "None of the frozen events matches it as it is loaded now." }
        }
        ol.matched {
            @for event in events {
                @let id = event["id"].as_str().unwrap_or_default();
                li {
                    a href={ "#event-" (id) } { "event " (id) }
                    @if has_many { " " span.quiet { (event["rule.name"].as_str().unwrap_or_default()) } }
                    ul {
                        @for pair in items(event, "matched") {
                            li {
                                (pair["field"].as_str().unwrap_or_default()) " = "
                                code { (pair["value"].as_str().unwrap_or_default()) }
                            }
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
