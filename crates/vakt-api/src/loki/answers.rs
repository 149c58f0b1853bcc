//! Answers in Loki's shapes.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use serde_json::{Value, json};

use super::ast::Metric;
use super::count::{GROUPS_MAX, Series};
use super::windows::{Counted, Matrix, SERIES_MAX};
use crate::guard;

pub(crate) fn warnings(metric: &Metric, is_cut: bool) -> Vec<String> {
    let mut warnings = Vec::new();
    if metric.sum_by.is_none() {
        warnings.push(
            "all streams are counted together: write sum by (label) (…) for a series each"
                .to_owned(),
        );
    }
    if is_cut {
        warnings.push(format!(
            "there are more groups than are counted (at most {GROUPS_MAX}): values are lower bounds"
        ));
    }
    warnings
}

/// The same over time.
pub(crate) fn warnings_over_time(metric: &Metric, counted: &Counted) -> Vec<String> {
    let mut warnings = warnings(metric, counted.is_cut);
    if counted.is_chosen_of_some {
        warnings.push(format!(
            "the highest are those of the {SERIES_MAX} series with most events in the whole time: there \
             are more"
        ));
    }
    warnings
}

pub(crate) fn vector(values: impl IntoIterator<Item = (Series, f64)>, at: i128) -> Value {
    let seconds = (at / 1_000_000) as f64 / 1000.0;
    let result: Vec<Value> = values
        .into_iter()
        .map(|(series, value)| json!({ "metric": series, "value": [seconds, value.to_string()] }))
        .collect();
    json!({ "resultType": "vector", "result": result, "stats": {} })
}

pub(crate) fn matrix(matrix: &Matrix) -> Value {
    let result: Vec<Value> = matrix
        .iter()
        .map(|(series, values)| {
            let values: Vec<Value> = values
                .iter()
                .map(|(at, value)| json!([at, value.to_string()]))
                .collect();
            json!({ "metric": series, "values": values })
        })
        .collect();
    json!({ "resultType": "matrix", "result": result, "stats": {} })
}

pub(crate) fn success(data: &Value, warnings: &[String]) -> Response<Body> {
    let mut answer = json!({ "status": "success", "data": data });
    if !warnings.is_empty() {
        answer["warnings"] = json!(warnings);
    }
    plain(&answer)
}

pub(crate) fn plain(answer: &Value) -> Response<Body> {
    guard::json(StatusCode::OK, answer)
}
