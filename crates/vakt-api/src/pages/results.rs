//! Search results: one line an event, which opens to all its fields.

use maud::{Markup, html};
use serde_json::{Map, Value};

pub(super) use vakt_event::percent::encoded;

use super::words::time_of;
use crate::app::Site;
use crate::backend::{SearchAnswer, SearchTable};
use crate::error::ApiError;

/// What the list is about.
pub(crate) struct Shown<'a> {
    pub(crate) query: &'a str,
    pub(crate) since: &'a str,
    pub(crate) is_later_page: bool,
    /// The most hits of one page.
    pub(crate) hits_max: usize,
    pub(crate) site: &'a Site,
}

/// The zone of times in a query that name none.
const UTC: &str = "UTC";

/// Longest message of a closed line, in characters; opened it is whole.
const MESSAGE_CHARS_MAX: usize = 300;

pub(crate) fn list(results: Result<&SearchAnswer, &ApiError>, shown: &Shown<'_>) -> Markup {
    let answer = match results {
        Ok(answer) => answer,
        Err(error) => {
            return html! {
                h2 { "Events" }
                p.problem role="alert" { (error.message) }
                p.quiet.sentence { (error.help()) }
            };
        }
    };
    html! {
        h2 {
            "Events "
            span.quiet aria-live="polite" { (total(answer.total)) }
        }
        @if let Some(found) = &answer.table {
            (table(found))
        } @else if answer.hits.is_empty() {
            p.quiet { "Nothing was found." }
        }
        @for hint in &answer.hints { p.quiet { (hint) } }
        @for sentence in &answer.cut { p.problem { (sentence) } }
        ol.hits {
            @for hit in &answer.hits { (line(hit, shown.site)) }
        }
        @if answer.beyond_limit > 0 {
            p {
                "The first " (grouped(answer.hits.len() as u64)) " in this order. "
                @if answer.hits.len() < shown.hits_max {
                    a href=(path(shown, &[("limit", &shown.hits_max.to_string())])) {
                        "Show up to " (grouped(shown.hits_max as u64))
                    }
                } @else {
                    span.quiet { "Narrow the query, or fetch all with " code { "vakt search" } "." }
                }
            }
        }
        @if let Some(next) = &answer.next {
            p { a href=(path(shown, &[("cursor", next)])) { "Older events" } }
        }
        @if shown.is_later_page {
            p { a href=(path(shown, &[])) { "Back to the newest" } }
        }
        @if answer.table.is_some() {
            // Its cells are values, whatever they are of, and stand as the API gives them.
            p.quiet { "Times in a table are in UTC." }
        } @else if let Some(zone) = shown.site.zone.iana_name() {
            p.quiet {
                "Times are in " (zone)
                @if zone != UTC { "; those in a query are in UTC unless they say otherwise" }
                "."
            }
        }
    }
}

/// What the commands of the query made of the events.
fn table(table: &SearchTable) -> Markup {
    html! {
        @for sentence in &table.cut { p.problem { (sentence) } }
        div.wide {
            table {
                thead { tr { @for column in &table.columns { th scope="col" { (column) } } } }
                tbody {
                    @for row in &table.rows {
                        tr { @for cell in row { td.number[cell.is_number()] { (shown(cell)) } } }
                    }
                }
            }
        }
    }
}

fn total(total: u64) -> String {
    match total {
        1 => "1 found".into(),
        _ => format!("{} found", grouped(total)),
    }
}

/// 128411 as 128,411.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn line(hit: &Map<String, Value>, site: &Site) -> Markup {
    let time = time_of(hit.get("@timestamp").unwrap_or(&Value::Null), &site.zone);
    html! {
        li {
            details {
                (summary(hit, &time.unwrap_or_default()))
                dl.fields {
                    @for (name, value) in hit {
                        dt { (name) }
                        dd { (shown(value)) }
                    }
                }
            }
        }
    }
}

/// What the closed line of an event shows.
pub(super) fn summary(event: &Map<String, Value>, time: &Markup) -> Markup {
    let text = |name: &str| event.get(name).map(shown).unwrap_or_default();
    let message = first_filled([text("message"), text("event.original")]);
    let short: String = message.chars().take(MESSAGE_CHARS_MAX).collect();
    let program = first_filled([text("process.name"), text("event.provider")]);
    html! {
        summary {
            span.time { (time) }
            span.host { (text("host.name")) }
            span.program { (program) }
            span.message {
                (short)
                @if short.len() < message.len() { "…" }
            }
        }
    }
}

fn first_filled(texts: [String; 2]) -> String {
    let [first, second] = texts;
    if first.is_empty() { second } else { first }
}

/// Text as it is, several values one after the other.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(shown).collect();
            values.join(", ")
        }
        other => other.to_string(),
    }
}

/// The start page with this search.
pub(super) fn query_path(query: &str) -> String {
    format!("/?q={}", encoded(query))
}

/// The same search with further parameters.
fn path(shown: &Shown<'_>, further: &[(&str, &str)]) -> String {
    let mut path = query_path(shown.query);
    for (name, value) in [("since", shown.since)].iter().chain(further) {
        if !value.is_empty() {
            path.push_str(&format!("&{name}={}", encoded(value)));
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands() {
        let check = |number, expected: &str| assert_eq!(grouped(number), expected);
        check(0, "0");
        check(999, "999");
        check(1_000, "1,000");
        check(12_345_678, "12,345,678");
    }
}
