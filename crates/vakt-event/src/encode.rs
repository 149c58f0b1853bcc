//! The flat JSON form of an event: one object, dotted ECS names, what `parse` prints and a search
//! answers.

use serde_json::{Map, Value as Json};

use crate::alias::canonical;
use crate::{Event, Value, ecs};

/// The event as a flat object. Names are canonical; a name with several values holds an array;
/// a name that the event does not give is absent.
pub fn to_flat_json(event: &Event<'_>) -> Map<String, Json> {
    let mut object = Map::new();
    if let Some(time) = event.time.effective() {
        object.insert(ecs::TIMESTAMP.into(), time.to_string().into());
    }
    if let Some(received) = event.time.received {
        object.insert(ecs::EVENT_INGESTED.into(), received.to_string().into());
    }
    for field in &event.fields {
        let name = canonical(&field.name);
        // These two are one instant each, whatever the sender wrote under their names: that
        // stands in the original.
        if matches!(name, ecs::TIMESTAMP | ecs::EVENT_INGESTED) && object.contains_key(name) {
            continue;
        }
        insert(&mut object, name, to_json(&field.value));
    }
    object.insert(
        ecs::EVENT_ORIGINAL.into(),
        Json::String(event.original.clone().into_owned()),
    );
    if !event.problems.is_empty() {
        object.insert(ecs::ERROR_MESSAGE.into(), event.problems.join("; ").into());
    }
    object
}

fn insert(object: &mut Map<String, Json>, name: &str, value: Json) {
    match object.get_mut(name) {
        None => {
            object.insert(name.into(), value);
        }
        Some(Json::Array(values)) => {
            if !values.contains(&value) {
                values.push(value);
            }
        }
        Some(only) => {
            if *only != value {
                let first = only.take();
                *only = Json::Array(vec![first, value]);
            }
        }
    }
}

/// Numbers that JSON can hold exactly stay numbers; others become text.
fn to_json(value: &Value<'_>) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Str(_) | Value::Escaped(_) => Json::String(value.text().to_owned()),
        Value::Number(text) => {
            if let Ok(number) = text.parse::<i64>() {
                number.into()
            } else if let Ok(number) = text.parse::<u64>() {
                number.into()
            } else {
                text.parse::<f64>()
                    .ok()
                    .and_then(serde_json::Number::from_f64)
                    .filter(|_| text.len() <= 17)
                    .map_or_else(|| Json::String(text.clone().into_owned()), Json::Number)
            }
        }
    }
}
