//! What incidents and alerts show of events to people who may not read the raw text.
//!
//! Rules match what was sent, so that evidence, entities and the titles made of them say it too.

use std::borrow::Cow;

use serde_json::{Map, Value as Json};
use vakt_event::encode::to_flat_json;
use vakt_event::{Event, Value, ecs};
use vakt_incident::CAUSE_ENTITY;

use super::{MASK, Redactor};

impl Redactor {
    /// Redacts an incident as the API shows it: its title, its entity, its evidence and its alerts.
    pub fn redact_incident(&self, incident: &mut Json) {
        self.redact_entity(incident);
        for alert in list(incident, "alerts") {
            self.redact_entity(alert);
        }
        let stream = stream_of(incident);
        for frozen in list(incident, "evidence") {
            if let Some(fields) = frozen.get_mut("fields").and_then(Json::as_object_mut) {
                *fields = self.flat(&stream, fields);
            }
        }
    }

    /// Redacts the entity of an alert or incident, and what it says in the title.
    pub fn redact_entity(&self, shown: &mut Json) {
        mask_cause(shown);
        let stream = stream_of(shown);
        let Some(fields) = shown.get("entity_fields").and_then(Json::as_object) else {
            return;
        };
        let mut event = event_of(fields);
        // Sent under a name that no rule has, so that they are hunted through like other fields.
        let texts = ["title", "entity"];
        for name in texts {
            if let Some(text) = shown.get(name).and_then(Json::as_str) {
                event.sent(format!("{TEXT}{name}"), text.to_owned());
            }
        }
        self.redact(&stream, &mut event);
        let mut flat = to_flat_json(&event);
        flat.shift_remove(ecs::EVENT_ORIGINAL);
        let texts = texts.map(|name| (name, flat.shift_remove(&format!("{TEXT}{name}"))));
        let Some(shown) = shown.as_object_mut() else {
            return;
        };
        for (name, text) in texts {
            if let Some(text) = text {
                shown.insert(name.to_owned(), text);
            }
        }
        shown.insert("entity_fields".to_owned(), Json::Object(flat));
    }

    /// Redacts a notice about an alert with this entity: what the notice says of it, and its host.
    pub fn redact_notice(&self, notice: &mut Json, mut entity: Map<String, Json>) {
        let Some(members) = notice.as_object_mut() else {
            return;
        };
        let host = members.get(HOST).filter(|host| !host.is_null()).cloned();
        if let Some(host) = host {
            entity.entry(ecs::HOST_NAME).or_insert(host);
        }
        members.insert("entity_fields".to_owned(), Json::Object(entity));
        self.redact_entity(notice);
        let fields = notice.as_object_mut().and_then(|members| {
            let fields = members.shift_remove("entity_fields");
            members.contains_key(HOST).then_some(fields).flatten()
        });
        if let Some(mut fields) = fields {
            notice[HOST] = fields[ecs::HOST_NAME].take();
        }
    }

    /// A flat event, redacted.
    fn flat(&self, stream: &str, fields: &Map<String, Json>) -> Map<String, Json> {
        let mut event = event_of(fields);
        self.redact(stream, &mut event);
        let mut flat = to_flat_json(&event);
        flat.shift_remove(ecs::EVENT_ORIGINAL);
        flat
    }
}

/// What recurs is called by its root cause, which a person wrote: it may say anything.
fn mask_cause(shown: &mut Json) {
    let cause = shown.pointer_mut(&format!("/entity_fields/{CAUSE_ENTITY}"));
    let Some(Json::String(cause)) = cause.map(|cause| std::mem::replace(cause, MASK.into())) else {
        return;
    };
    for name in ["title", "entity"] {
        if let Some(Json::String(text)) = shown.get_mut(name) {
            *text = text.replace(&cause, MASK);
        }
    }
}

/// The member of a notice that names the host.
const HOST: &str = "host";

/// No field of an event begins so.
const TEXT: &str = "\u{1}";

fn stream_of(shown: &Json) -> String {
    let stream = shown.get("stream").and_then(Json::as_str);
    stream.unwrap_or_default().to_owned()
}

fn list<'j>(shown: &'j mut Json, name: &str) -> &'j mut [Json] {
    match shown.get_mut(name) {
        Some(Json::Array(items)) => items,
        _ => &mut [],
    }
}

/// The event that a flat object is of, without its original text.
fn event_of(fields: &Map<String, Json>) -> Event<'static> {
    let mut event = Event::default();
    for (name, value) in fields {
        if name == ecs::EVENT_ORIGINAL {
            continue;
        }
        let values = match value {
            Json::Array(values) => values.as_slice(),
            one => std::slice::from_ref(one),
        };
        for value in values {
            event.sent(name.clone(), value_of(value));
        }
    }
    event
}

fn value_of(value: &Json) -> Value<'static> {
    match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => Value::number(number),
        Json::String(text) => Value::Str(Cow::Owned(text.clone())),
        Json::Array(_) | Json::Object(_) => Value::Str(Cow::Owned(value.to_string())),
    }
}
