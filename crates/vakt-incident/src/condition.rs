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
const STREAM: &str = ecs::VAKT_STREAM;

/// What Vakt's own fields begin with.
const OWN_PREFIX: &str = "vakt.";

/// Values that no condition that means something holds for all of: no sender, user or file is these.
const PROBE_TEXTS: [&str; 2] = ["\u{1}no such value", "\u{2}another"];
const PROBE_ADDRESSES: [&str; 3] = ["10.77.3.2", "198.51.100.7", "203.0.113.9"];

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
    #[error(
        "`match` asks for `{name}`: of what Vakt itself says of an event it sees `{STREAM}`, `{RULE_ID}` and \
         `{RULE_NAME}` alone"
    )]
    Own { name: String },
    #[error("`match` has {bytes} bytes; the most is {CONDITION_BYTES_MAX}")]
    TooLong { bytes: usize },
    #[error("`match` cannot be read as a rule's search: {0}")]
    Rule(String),
}

/// A condition that is ready to be judged.
pub(crate) struct Condition {
    prepared: Prepared,
    /// The names of its fields, as they are written.
    names: Vec<String>,
}

impl Condition {
    pub(crate) fn compile(text: &Json) -> Result<Self, ConditionError> {
        check_shape(text)?;
        let names = names_of(text);
        let of_ours = |name: &&String| {
            is_ours(name) && ![STREAM, RULE_ID, RULE_NAME].contains(&name.as_str())
        };
        if let Some(name) = names.iter().find(of_ours) {
            return Err(ConditionError::Own { name: name.clone() });
        }
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
                Ok(Self { prepared, names })
            }
            _ => Err(ConditionError::Rule(errors.join("; "))),
        }
    }

    pub(crate) fn holds(&self, event: &Event<'_>) -> bool {
        self.prepared.matches(event)
    }

    /// Whether it holds whatever an event says: for one that says nothing, or for any value of its fields.
    pub(crate) fn is_everything(&self) -> bool {
        let with = |value: &'static str| {
            let mut event = Event::default();
            for name in &self.names {
                event.sent(name.clone(), Value::str(value));
            }
            self.holds(&event)
        };
        self.holds(&Event::default())
            || PROBE_TEXTS.into_iter().all(with)
            || PROBE_ADDRESSES.into_iter().all(with)
    }
}

/// Names of fields without their modifiers, each once.
fn names_of(text: &Json) -> Vec<String> {
    let maps = match text {
        Json::Array(maps) => maps.as_slice(),
        one => std::slice::from_ref(one),
    };
    let keys = maps.iter().filter_map(Json::as_object).flat_map(Map::keys);
    let names = keys.filter_map(|key| key.split('|').next());
    let names: BTreeSet<String> = names.map(str::to_owned).collect();
    names.into_iter().collect()
}

/// What only we say: a sender that writes it is not believed.
fn is_ours(name: &str) -> bool {
    let name = name.to_lowercase();
    name.starts_with(OWN_PREFIX) || name == RULE_ID || name == RULE_NAME
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
        (STREAM, told.stream),
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
        if name == ecs::EVENT_ORIGINAL || is_ours(name) {
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
            "event.original": "secret words", "vakt.stream": "lab", "rule.id": ["r2", 4], "Rule.Name": "x",
            "vakt.peer": "10.0.0.9",
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
        // A sender that says what only we say is not believed.
        check(json!({"vakt.stream": "lab"}), false);
        check(json!({"rule.id": "r2"}), false);
        check(json!({"rule.name": "x"}), false);
    }

    #[test]
    fn a_condition_that_holds_for_everything_is_known() {
        let check = |condition: Json, expected: bool| {
            let compiled = Condition::compile(&condition).unwrap();
            assert_eq!(compiled.is_everything(), expected, "{condition}");
        };
        check(json!({"rule.id|exists": true}), true);
        check(json!({"message": "*"}), true);
        check(json!({"user.name|re": ".*"}), true);
        check(json!({"x": null}), true);
        check(json!({"source.ip|cidr": "0.0.0.0/0"}), true);
        check(json!([{"user.name": "scanner"}, {"host.name": "*"}]), true);
        check(json!({"message": "*", "user.name": "scanner"}), false);
        check(json!({"user.name": "scan*"}), false);
        check(json!({"source.ip|cidr": "10.0.0.0/8"}), false);
        check(json!({"message|contains": "probe"}), false);
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
        check(
            json!({"vakt.peer|cidr": "10.0.0.0/8"}),
            "asks for `vakt.peer`",
        );
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
