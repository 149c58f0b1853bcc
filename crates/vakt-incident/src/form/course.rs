//! The course of events: what the record knows, in the order of time.

use serde_json::{Map, Value};
use vakt_event::Timestamp;

use super::fill::Filler;
use super::observables::Withheld;
use super::words::happened;
use super::{Source, source};
use crate::alert::Alert;

/// Lines of the course of events, the oldest first: a page.
const LINES_MAX: usize = 40;

struct Line {
    at: Timestamp,
    text: String,
    from: Source,
}

impl Filler<'_> {
    /// The lines with their sources; `None` where nothing is known.
    pub(super) fn course(&self) -> Option<(String, Vec<Source>)> {
        let mut lines: Vec<Line> = self.facts().filter_map(|fact| self.of_fact(fact)).collect();
        let alerts = &self.incident().alerts;
        let told = alerts.iter().filter(|_| !self.is_narrow());
        lines.extend(told.map(|alert| self.of_alert(alert)));
        lines.sort_by_key(|line| line.at);
        let more = lines.len().saturating_sub(LINES_MAX);
        lines.truncate(LINES_MAX);
        let mut text: Vec<String> = lines
            .iter()
            .map(|line| format!("{}: {}", self.time(line.at), line.text))
            .collect();
        if more > 0 {
            let words = self.say("utelämnade rader", "lines left out");
            text.push(format!("({words}: {more})"));
        }
        let from = lines.into_iter().map(|line| line.from).collect();
        (!text.is_empty()).then(|| (text.join("\n"), from))
    }

    fn of_fact(&self, fact: super::fill::Standing<'_>) -> Option<Line> {
        let mut text = happened(fact.kind, self.language())?.to_owned();
        if let Some(service) = self.service_of(fact) {
            text.push_str(&format!(": {}", self.quoted(service)));
        }
        if let Some(reason) = fact.reason {
            text.push_str(&format!(" ({reason})"));
        }
        Some(Line {
            at: fact.at,
            text,
            from: self.source_of(fact),
        })
    }

    fn of_alert(&self, alert: &Alert) -> Line {
        let entity = impersonal(&alert.entity_fields);
        let mut text = format!(
            "{} {}",
            self.say("Larm från regeln", "Alert of the rule"),
            self.quoted(&alert.rule_name)
        );
        if !entity.is_empty() {
            let concerns = self.say("avser", "concerns");
            text.push_str(&format!(", {concerns} {entity}"));
        }
        let until = self.say("till och med", "until");
        text.push_str(&format!(
            " ({} {until} {})",
            self.events(alert.event_count),
            self.time(alert.last_seen)
        ));
        Line {
            at: alert.first_seen,
            text,
            from: source("rule", Some(alert.rule_id.clone()), alert.rule_name.clone()),
        }
    }
}

/// The values of an entity that name no person.
fn impersonal(entity: &Map<String, Value>) -> String {
    let values: Vec<&str> = entity
        .iter()
        .filter_map(|(field, value)| Some((field, value.as_str()?)))
        .filter(|(field, value)| Withheld::of(field, value).is_none())
        .map(|(_, value)| value)
        .collect();
    values.join(", ")
}
