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
use crate::loki::ast::Lines;
use crate::loki::count;
use crate::loki::fields::{Fields, written};
use crate::loki::labels::{self, DETECTED_LEVEL};
use crate::loki::lines::stream_of;
use crate::loki::params::{LABELS_SECONDS, LINES_SECONDS};
use crate::loki::{read_selector, to_query};

/// The newest lines that tell which fields there are, as in Loki (`line_limit`).
const SAMPLE_LINES: usize = 1000;

/// The most fields that are told of, as in Loki.
const DETECTED_MAX: usize = 1000;

/// The most selectors of one request for series: each is a search.
const SELECTORS_MAX: usize = 16;

/// `GET`, `POST /loki/api/v1/labels`: the labels that some event has.
pub(crate) async fn labels(mut call: Call) -> Result<Response<Body>, ApiError> {
    let asked = Asked::of(&mut call).await?;
    let times = asked.form.range(asked.now, LABELS_SECONDS)?.times();
    let lines = asked.selected()?;
    let names = asked
        .ask(move |search| {
            let fields = search.fields(times)?;
            let query = to_query(&lines, &fields);
            let mut names = Vec::new();
            for (label, fields) in fields
                .table()
                .filter(|(label, _)| label.name != DETECTED_LEVEL)
            {
                let there: Vec<String> =
                    fields.iter().map(|f| format!("{}:*", written(f))).collect();
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
    let selected = selectors
        .map(|selector| Ok(read_selector(selector)?))
        .collect::<Result<Vec<Lines>, ApiError>>()?;
    if selected.is_empty() || selected.len() > SELECTORS_MAX {
        return Err(ApiError::new(
            ErrorCode::InvalidParameter,
            format!("`match[]` must be given, at most {SELECTORS_MAX} times"),
        ));
    }
    let found = asked
        .ask(move |search| {
            let fields = search.fields(times)?;
            let mut found = BTreeSet::new();
            for lines in selected {
                let query = to_query(&lines, &fields);
                let hits = search
                    .hits(&query, times, LIMIT_MAX, Order::NewestFirst)?
                    .hits;
                found.extend(hits.iter().map(|hit| stream_of(hit, &fields)));
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
    let lines = read_selector(asked.form.query()?)?;
    let entries = asked
        .ask(move |search| search.total(&to_query(&lines, &search.fields(times)?), times))
        .await?;
    // Vakt has no streams and chunks, and does not count the bytes of a selector.
    Ok(plain(
        &json!({ "streams": 0, "chunks": 0, "bytes": 0, "entries": entries }),
    ))
}

/// `GET`, `POST /loki/api/v1/detected_labels`: the labels of the newest lines' streams.
pub(crate) async fn detected_labels(mut call: Call) -> Result<Response<Body>, ApiError> {
    let (hits, fields) = sample(&mut call).await?;
    let mut values: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (label, value) in hits.iter().flat_map(|hit| stream_of(hit, &fields)) {
        values.entry(label).or_default().insert(value);
    }
    let labels: Vec<Value> = values
        .iter()
        .map(|(label, values)| json!({ "label": label, "cardinality": values.len() }))
        .collect();
    Ok(plain(&json!({ "detectedLabels": labels })))
}

/// `GET`, `POST /loki/api/v1/detected_fields`: the other labels of the newest lines, and the fields that
/// `| json` gives.
pub(crate) async fn detected_fields(mut call: Call) -> Result<Response<Body>, ApiError> {
    let (hits, known) = sample(&mut call).await?;
    let mut fields: BTreeMap<String, Detected> = BTreeMap::new();
    for hit in &hits {
        let labelled = known
            .table()
            .filter(|(label, _)| !label.is_of_stream)
            .filter_map(|(label, fields)| {
                Some((
                    label.name.to_owned(),
                    labels::first_of(hit, fields)?,
                    Value::Null,
                ))
            });
        let others = known.others(hit).into_iter();
        let others = others.map(|(label, value)| (label, value, json!(["json"])));
        for (label, value, parsers) in labelled.chain(others) {
            if fields.len() == DETECTED_MAX && !fields.contains_key(&label) {
                continue;
            }
            let detected = fields.entry(label).or_insert_with(|| Detected {
                kind: type_of(value),
                values: BTreeSet::new(),
                parsers,
            });
            if detected.kind != type_of(value) {
                detected.kind = "string";
            }
            detected.values.insert(value.to_string());
        }
    }
    let fields: Vec<Value> = fields
        .iter()
        .map(|(name, detected)| {
            json!({
                "label": name, "type": detected.kind, "cardinality": detected.values.len(),
                "parsers": detected.parsers,
            })
        })
        .collect();
    Ok(plain(&json!({ "fields": fields, "limit": DETECTED_MAX })))
}

/// What the newest lines show of a field.
struct Detected {
    kind: &'static str,
    values: BTreeSet<String>,
    /// The stages that give it, in Loki's words.
    parsers: Value,
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
    let lines = asked.selected()?;
    asked
        .ask(move |search| {
            let fields = search.fields(times)?;
            count::values(search, &to_query(&lines, &fields), times, &name, &fields)
        })
        .await
}

/// The newest lines of the request's selector, and the fields of that time.
async fn sample(call: &mut Call) -> Result<(Vec<Map<String, Value>>, Fields), ApiError> {
    let asked = Asked::of(call).await?;
    let times = asked.form.range(asked.now, LINES_SECONDS)?.times();
    let lines = asked.selected()?;
    let found = asked.ask(move |search| {
        let fields = search.fields(times)?;
        let query = to_query(&lines, &fields);
        let answer = search.hits(&query, times, SAMPLE_LINES, Order::NewestFirst)?;
        Ok((answer.hits, fields))
    });
    found.await
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
