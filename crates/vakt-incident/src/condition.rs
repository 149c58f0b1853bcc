//! A condition over an alert and the event that completed it, in the words of rules.
//!
//! It is what a search of a Sigma rule is: a map of fields and values, or a list of such maps. So a
//! value is the whole value unless it says otherwise (`contains`, `*`), names are those of rules,
//! and the same condition can be judged while a match is made, over what is stored, and as a rule
//! in a hunt. The query language, which finds words within values, would hide more than was meant.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};
use vakt_detect::naive::Prepared;
use vakt_event::{Event, Value, ecs};
use vakt_rules::{LoadOptions, RuleSource, Severity, load};

use crate::detection::Evidence;

/// Bytes of a condition as JSON: some hundred addresses. Each match is judged by all that apply.
pub const CONDITION_BYTES_MAX: usize = 16 * 1024;

/// Names of fields that an alert adds to the event.
const RULE_ID: &str = "rule.id";
const RULE_NAME: &str = "rule.name";

/// Why a condition cannot be judged.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    #[error(
        "`match` is a map of fields and values as in a rule's search, such as {{\"user.name\": \
         \"scanner\"}}, or a list of such maps"
    )]
    Shape,
    #[error("`match` is empty: it would hold for everything")]
    Empty,
    #[error("`match` has {bytes} bytes; the most is {CONDITION_BYTES_MAX}")]
    TooLong { bytes: usize },
    #[error("`match` cannot be read as a rule's search: {0}")]
    Rule(String),
}

/// A condition that is ready to be judged.
pub(crate) struct Condition(Prepared);

impl Condition {
    pub(crate) fn compile(text: &Json) -> Result<Self, ConditionError> {
        check_shape(text)?;
        let rule = json!({
            "title": "condition",
            "logsource": {"product": "any"},
            "detection": {"selection": text, "condition": "selection"},
        });
        let text = rule.to_string();
        if text.len() > CONDITION_BYTES_MAX {
            return Err(ConditionError::TooLong { bytes: text.len() });
        }
        let source = RuleSource {
            path: "match".to_owned(),
            text,
            embedded: false,
        };
        let loaded = load(&[source], &LoadOptions::default());
        let errors = loaded.diagnostics.iter();
        let errors: Vec<String> = errors
            .filter(|one| one.severity == Severity::Error)
            .map(|one| format!("{}; {}", one.message, one.help))
            .collect();
        match loaded.rules.rules.first() {
            Some(rule) if errors.is_empty() => {
                let mut rule = rule.as_ref().clone();
                // It is for events of every log source.
                rule.log_source = vakt_event::LogSource::default();
                let prepared = Prepared::new(Arc::new(rule));
                Ok(Self(prepared))
            }
            _ => Err(ConditionError::Rule(errors.join("; "))),
        }
    }

    pub(crate) fn holds(&self, event: &Event<'_>) -> bool {
        self.0.matches(event)
    }
}

/// Keywords would be looked for in every value: that is no exception but a guess.
fn check_shape(text: &Json) -> Result<(), ConditionError> {
    let is_map = |item: &Json| item.as_object().is_some_and(|fields| !fields.is_empty());
    match text {
        Json::Object(fields) if fields.is_empty() => Err(ConditionError::Empty),
        Json::Array(maps) if maps.is_empty() => Err(ConditionError::Empty),
        Json::Object(_) => Ok(()),
        Json::Array(maps) if maps.iter().all(is_map) => Ok(()),
        _ => Err(ConditionError::Shape),
    }
}

/// What a condition is judged by, beside the event: what the alert says.
pub(crate) struct Told<'t> {
    pub(crate) rule_id: &'t str,
    pub(crate) rule_title: &'t str,
    pub(crate) stream: &'t str,
    pub(crate) host: Option<&'t str>,
    pub(crate) entity: &'t [(String, String)],
}

/// The completing event with what the alert says of it; several records where it was joined.
pub(crate) fn told_event(told: &Told<'_>, records: &[Evidence]) -> Event<'static> {
    let mut event = Event::default();
    let mut sent: BTreeSet<(String, String)> = BTreeSet::new();
    for record in records {
        add_fields(&mut event, &record.fields, &mut sent);
    }
    let host = told.host.map(|host| (ecs::HOST_NAME, host));
    let own = [
        (RULE_ID, told.rule_id),
        (RULE_NAME, told.rule_title),
        (ecs::VAKT_STREAM, told.stream),
    ];
    let entity = told.entity.iter();
    let entity = entity.map(|(field, value)| (field.as_str(), value.as_str()));
    for (name, value) in own.into_iter().chain(host).chain(entity) {
        if sent.insert((name.to_owned(), value.to_owned())) {
            event.added(name.to_owned(), Value::str(value.to_owned()));
        }
    }
    event
}

fn add_fields(
    event: &mut Event<'static>,
    fields: &Map<String, Json>,
    sent: &mut BTreeSet<(String, String)>,
) {
    for (name, value) in fields {
        if name == ecs::EVENT_ORIGINAL {
            continue;
        }
        let values = match value {
            Json::Array(values) => values.as_slice(),
            one => std::slice::from_ref(one),
        };
        for value in values {
            let value = match value {
                Json::Bool(value) => Value::Bool(*value),
                Json::Number(number) => Value::number(number),
                Json::String(text) => Value::str(text.clone()),
                Json::Null | Json::Array(_) | Json::Object(_) => continue,
            };
            if sent.insert((name.clone(), value.text().to_owned())) {
                event.sent(name.clone(), value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Event<'static> {
        let told = Told {
            rule_id: "r1",
            rule_title: "SSH login after failures",
            stream: "acme",
            host: Some("web1"),
            entity: &[("source.ip".to_owned(), "192.0.2.7".to_owned())],
        };
        let Json::Object(fields) = json!({
            "user.name": "Scanner", "process.pid": 4, "event.category": ["network", "session"],
            "event.original": "secret words",
        }) else {
            unreachable!()
        };
        let record = Evidence {
            position: vakt_event::JournalPosition(1),
            original: Vec::new(),
            fields,
            claimed: None,
            received: vakt_event::Timestamp::default(),
        };
        told_event(&told, &[record])
    }

    #[test]
    fn it_holds_for_whole_values_of_the_alert_and_its_event() {
        let check = |condition: Json, expected: bool| {
            let holds = Condition::compile(&condition).unwrap().holds(&event());
            assert_eq!(holds, expected, "{condition}");
        };
        check(json!({"user.name": "scanner"}), true);
        check(json!({"user.name": "scan"}), false);
        check(json!({"user.name": "scan*"}), true);
        check(json!({"user.name|contains": "can"}), true);
        check(
            json!({"source.ip|cidr": "192.0.2.0/28", "user.name": "scanner"}),
            true,
        );
        check(
            json!({"source.ip|cidr": "192.0.2.16/28", "user.name": "scanner"}),
            false,
        );
        check(
            json!([{"user.name": "other"}, {"host.name": ["web2", "web1"]}]),
            true,
        );
        check(json!({"vakt.stream": "acme", "rule.id": "r1"}), true);
        check(json!({"process.pid": 4, "event.category": "session"}), true);
        check(json!({"user.name|re": "^Scan.*"}), true);
        check(json!({"destination.ip": null}), true);
    }

    #[test]
    fn what_is_no_search_of_a_rule_is_refused() {
        let check = |condition: Json, said: &str| {
            let error = Condition::compile(&condition).err().unwrap().to_string();
            assert!(error.contains(said), "{condition}: {error}");
        };
        check(json!({}), "it would hold for everything");
        check(json!([]), "it would hold for everything");
        check(json!("scanner"), "a map of fields and values");
        check(json!(["scanner"]), "a map of fields and values");
        check(json!([{}]), "a map of fields and values");
        check(json!({"user.name|contian": "x"}), "contian");
        check(json!({"source.ip|cidr": "192.0.2.1/99"}), "192.0.2.1/99");
        check(
            json!({"user.name": "%people%", "a|expand": "%people%"}),
            "people",
        );
        check(
            json!({"user.name": "x".repeat(CONDITION_BYTES_MAX)}),
            "the most is 16384",
        );
    }
}
