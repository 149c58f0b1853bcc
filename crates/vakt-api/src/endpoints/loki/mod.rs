//! The read part of Loki's API (`/loki/api/v1/…`), for Grafana's built-in Loki data source.

mod asked;
mod metadata;

pub(crate) use metadata::{
    detected_field_values, detected_fields, detected_labels, label_values, labels, series, stats,
};

use axum::body::Body;
use axum::http::Response;
use serde_json::{Value, json};

use super::search::LIMIT_MAX;
use crate::error::ApiError;
use crate::guard::Call;
use crate::loki::answers::{matrix, plain, success, vector, warnings, warnings_over_time};
use crate::loki::ast::{Lines, Metric, Query};
use crate::loki::count::{self, Series};
use crate::loki::lines::{Form, streams};
use crate::loki::params::{LINES_SECONDS, Range, micros_up};
use crate::loki::search::Times;
use crate::loki::windows::{self, Grid, Matrix};
use crate::loki::{read, to_query};
use asked::{Asked, CATEGORIZE_LABELS};

/// Lines of an answer where the request does not say, as in Loki.
const LIMIT_DEFAULT: usize = 100;

/// `GET`, `POST /loki/api/v1/query`: at one time.
pub(crate) async fn query(mut call: Call) -> Result<Response<Body>, ApiError> {
    let asked = Asked::of(&mut call).await?;
    let at = asked.form.time("time", asked.now)?;
    let query = read(asked.form.query()?)?;
    let data = match query {
        Query::Constant(number) => vector([(Series::new(), number)], at),
        Query::Lines(lines) => {
            let times = Times {
                since: None,
                until: micros_up(at),
            };
            lines_of(&asked, lines, times).await?
        }
        Query::Metric(metric) => return at_once(&asked, metric, at).await,
    };
    Ok(success(&data, &[]))
}

/// `GET`, `POST /loki/api/v1/query_range`: over a range of time.
pub(crate) async fn query_range(mut call: Call) -> Result<Response<Body>, ApiError> {
    let asked = Asked::of(&mut call).await?;
    let range = asked.form.range(asked.now, LINES_SECONDS)?;
    match read(asked.form.query()?)? {
        Query::Constant(number) => {
            let grid = grid(&asked, range, None)?;
            let values = grid.points().map(|at| (at, number)).collect();
            let data = matrix(&Matrix::from([(Series::new(), values)]));
            Ok(success(&data, &[]))
        }
        Query::Lines(lines) => {
            let data = lines_of(&asked, lines, range.times()).await?;
            Ok(success(&data, &[]))
        }
        Query::Metric(metric) => over_time(&asked, metric, range).await,
    }
}

/// `GET /loki/api/v1/status/buildinfo`.
pub(crate) async fn build_info(_call: Call) -> Result<Response<Body>, ApiError> {
    Ok(plain(&json!({
        "version": env!("CARGO_PKG_VERSION"), "revision": "", "branch": "", "buildUser": "",
        "buildDate": "", "goVersion": "",
    })))
}

fn grid(asked: &Asked, range: Range, metric: Option<&Metric>) -> Result<Grid, ApiError> {
    let step = asked.form.step_millis(range)?;
    let (start, end) = range.seconds();
    Grid::new(
        start,
        end,
        step,
        metric.map_or(step, |metric| metric.range_millis),
    )
}

async fn lines_of(asked: &Asked, lines: Lines, times: Times) -> Result<Value, ApiError> {
    let limit = asked.form.limit(LIMIT_DEFAULT, LIMIT_MAX)?;
    let order = asked.form.order()?;
    let form = Form {
        is_categorized: asked.is_categorized,
        takes_fields: lines.takes_fields,
    };
    let (answer, fields) = asked
        .ask_for(
            move |search| {
                let fields = search.fields(times)?;
                let query = to_query(&lines, &fields);
                Ok((search.hits(&query, times, limit, order)?, fields))
            },
            |(answer, _)| answer.hits.len(),
        )
        .await?;
    let streams = streams(&answer.hits, form, &fields);
    let mut data = json!({ "resultType": "streams" });
    if asked.is_categorized {
        // Before the result: Grafana reads the streams as the flags say that it has seen by then.
        data["encodingFlags"] = json!([CATEGORIZE_LABELS]);
    }
    data["result"] = streams.into();
    data["stats"] = json!({});
    Ok(data)
}

async fn at_once(asked: &Asked, metric: Metric, at: i128) -> Result<Response<Body>, ApiError> {
    // From the range before, exclusive, to the time, inclusive.
    let range_nanos = i128::from(metric.range_millis) * 1_000_000;
    let times = Times {
        since: micros_up(at - range_nanos + 1),
        until: micros_up(at + 1),
    };
    let by = metric.sum_by.clone().unwrap_or_default();
    let lines = metric.lines.clone();
    let counts = asked
        .ask(move |search| {
            let fields = search.fields(times)?;
            count::count(search, &to_query(&lines, &fields), times, &by, &fields)
        })
        .await?;
    let seconds = metric.range_millis as f64 / 1000.0;
    let mut values: Vec<(Series, f64)> = counts
        .by_series
        .into_iter()
        .map(|(series, count)| (series, windows::value(metric.function, count, seconds)))
        .collect();
    if let Some(top) = metric.top {
        values.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        values.truncate(top);
    }
    let warnings = warnings(&metric, counts.is_cut);
    Ok(success(&vector(values, at), &warnings))
}

async fn over_time(
    asked: &Asked,
    metric: Metric,
    range: Range,
) -> Result<Response<Body>, ApiError> {
    let grid = grid(asked, range, Some(&metric))?;
    let asked_for = metric.clone();
    let counted = asked
        .ask(move |search| {
            let fields = search.fields(grid.times())?;
            let query = to_query(&asked_for.lines, &fields);
            windows::matrix(search, &query, &asked_for, grid, &fields)
        })
        .await?;
    let warnings = warnings_over_time(&metric, &counted);
    Ok(success(&matrix(&counted.values), &warnings))
}
