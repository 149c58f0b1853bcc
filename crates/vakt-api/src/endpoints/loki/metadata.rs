//! What there is: labels, their values, streams, fields.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use axum::http::Response;
use serde_json::{Map, Value, json};

use super::asked::Asked;
use crate::backend::Order;
use crate::endpoints::search::LIMIT_MAX;
use crate::error::{ApiError, ErrorCode};
use crate::guard::Call;
use crate::loki::answers::{plain, success};
use crate::loki::count;
use crate::loki::labels::{self, DETECTED_LEVEL, LABELS};
use crate::loki::lines::stream_of;
use crate::loki::params::{LABELS_SECONDS, LINES_SECONDS};
use crate::loki::{read_selector, to_query};

/// The newest lines that tell which fields there are, as in Loki (`line_limit`).
const SAMPLE_LINES: usize = 1000;

/// The most selectors of one request for series: each is a search.
const SELECTORS_MAX: usize = 16;

/// `GET`, `POST /loki/api/v1/labels`: the labels that some event has.
pub(crate) async fn labels(mut call: Call) -> Result<Response<Body>, ApiError> {
    let asked = Asked::of(&mut call).await?;
    let times = asked.form.range(asked.now, LABELS_SECONDS)?.times();
    let query = asked.selected()?;
    let names = asked
        .ask(move |search| {
            let mut names = Vec::new();
            for label in LABELS.iter().filter(|label| label.name != DETECTED_LEVEL) {
                let there: Vec<String> = label.fields.iter().map(|f| format!("{f}:*")).collect();
                let query = format!("({query}) and ({})", there.join(" or "));
                let answer = search.hits(&query, times, 1, Order::NewestFirst)?;
                if !answer.hits.is_empty() {
                    names.push(label.name);
                }
            }
            names.sort_unstable();
            Ok(names)
        })
        .await?;
    Ok(success(&json!(names), &[]))
}

/// `GET /loki/api/v1/label/{name}/values`.
pub(crate) async fn label_values(mut call: Call) -> Result<Response<Body>, ApiError> {
    let values = values(&mut call).await?;
    Ok(success(&json!(values), &[]))
}

/// `GET /loki/api/v1/detected_field/{name}/values`.
pub(crate) async fn detected_field_values(mut call: Call) -> Result<Response<Body>, ApiError> {
    let values = values(&mut call).await?;
    Ok(plain(
        &json!({ "values": values, "limit": count::VALUES_MAX }),
    ))
}

/// `GET`, `POST /loki/api/v1/series`: the streams of the newest lines of each selector.
pub(crate) async fn series(mut call: Call) -> Result<Response<Body>, ApiError> {
    let asked = Asked::of(&mut call).await?;
    let times = asked.form.range(asked.now, LABELS_SECONDS)?.times();
    let selectors = asked.form.all("match[]").chain(asked.form.all("match"));
    let queries = selectors
        .map(|selector| Ok(to_query(&read_selector(selector)?)))
        .collect::<Result<Vec<String>, ApiError>>()?;
    if queries.is_empty() || queries.len() > SELECTORS_MAX {
        return Err(ApiError::new(
            ErrorCode::InvalidParameter,
            format!("`match[]` must be given, at most {SELECTORS_MAX} times"),
        ));
    }
    let found = asked
        .ask(move |search| {
            let mut found = BTreeSet::new();
            for query in queries {
                let hits = search
                    .hits(&query, times, LIMIT_MAX, Order::NewestFirst)?
                    .hits;
                found.extend(hits.iter().map(stream_of));
            }
            Ok(found)
        })
        .await?;
    Ok(success(&json!(found), &[]))
}

/// `GET`, `POST /loki/api/v1/index/stats`: how many events a selector has.
pub(crate) async fn stats(mut call: Call) -> Result<Response<Body>, ApiError> {
    let asked = Asked::of(&mut call).await?;
    let times = asked.form.range(asked.now, LABELS_SECONDS)?.times();
    let query = to_query(&read_selector(asked.form.query()?)?);
    let entries = asked.ask(move |search| search.total(&query, times)).await?;
    // Vakt has no streams and chunks, and does not count the bytes of a selector.
    Ok(plain(
        &json!({ "streams": 0, "chunks": 0, "bytes": 0, "entries": entries }),
    ))
}

/// `GET`, `POST /loki/api/v1/detected_labels`: the labels of the newest lines' streams.
pub(crate) async fn detected_labels(mut call: Call) -> Result<Response<Body>, ApiError> {
    let hits = sample(&mut call).await?;
    let mut values: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (label, value) in hits.iter().flat_map(stream_of) {
        values.entry(label).or_default().insert(value);
    }
    let labels: Vec<Value> = values
        .iter()
        .map(|(label, values)| json!({ "label": label, "cardinality": values.len() }))
        .collect();
    Ok(plain(&json!({ "detectedLabels": labels })))
}

/// `GET`, `POST /loki/api/v1/detected_fields`: the other labels of the newest lines.
pub(crate) async fn detected_fields(mut call: Call) -> Result<Response<Body>, ApiError> {
    let hits = sample(&mut call).await?;
    let mut fields: BTreeMap<&str, (&'static str, BTreeSet<String>)> = BTreeMap::new();
    for (name, value) in hits.iter().flat_map(fields_of_hit) {
        let entry = fields
            .entry(name)
            .or_insert_with(|| (type_of(value), BTreeSet::new()));
        if entry.0 != type_of(value) {
            entry.0 = "string";
        }
        entry.1.insert(value.to_string());
    }
    let fields: Vec<Value> = fields
        .iter()
        .map(|(name, (kind, values))| {
            json!({ "label": name, "type": kind, "cardinality": values.len(), "parsers": null })
        })
        .collect();
    Ok(plain(&json!({ "fields": fields, "limit": SAMPLE_LINES })))
}

async fn values(call: &mut Call) -> Result<Vec<String>, ApiError> {
    let asked = Asked::of(call).await?;
    let name = call.path("name").to_owned();
    if !labels::is_name(&name) {
        return Err(ApiError::new(
            ErrorCode::InvalidParameter,
            format!("`{name}` is no name of a label"),
        )
        .with_help("a label's name has letters, digits and _"));
    }
    let times = asked.form.range(asked.now, LABELS_SECONDS)?.times();
    let query = asked.selected()?;
    asked
        .ask(move |search| count::values(search, &query, times, &name))
        .await
}

/// The newest lines of the request's selector.
async fn sample(call: &mut Call) -> Result<Vec<Map<String, Value>>, ApiError> {
    let asked = Asked::of(call).await?;
    let times = asked.form.range(asked.now, LINES_SECONDS)?.times();
    let query = asked.selected()?;
    let found =
        asked.ask(move |search| search.hits(&query, times, SAMPLE_LINES, Order::NewestFirst));
    Ok(found.await?.hits)
}

/// The labels of a hit that are not its stream's, and the fields that are labels by their own name.
fn fields_of_hit(hit: &Map<String, Value>) -> Vec<(&str, &Value)> {
    let labelled = LABELS.iter().filter(|label| !label.is_of_stream);
    let labelled =
        labelled.filter_map(|label| Some((label.name, labels::first_of(hit, label.fields)?)));
    let is_taken = |field: &str| LABELS.iter().any(|label| label.fields.contains(&field));
    let others = hit
        .iter()
        .filter(|(field, value)| !value.is_null() && labels::is_name(field) && !is_taken(field));
    labelled
        .chain(others.map(|(field, value)| (field.as_str(), value)))
        .collect()
}

/// The type of a value in Loki's words.
fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        _ => "string",
    }
}
