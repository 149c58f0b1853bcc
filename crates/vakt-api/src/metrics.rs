//! The API's own metrics.

use std::time::Duration;

use axum::http::StatusCode;
use prometheus::{
    HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
};

/// Seconds; from a quick acknowledgement (one fsync) to a search that a person gives up on.
const DURATION_BUCKETS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1.0, 5.0, 30.0];

#[derive(Clone)]
pub(crate) struct Metrics {
    requests: IntCounterVec,
    duration: HistogramVec,
    pub(crate) connections: IntGauge,
}

impl Metrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let requests = IntCounterVec::new(
            Opts::new("vakt_http_requests_total", "HTTP requests answered."),
            &["route", "code"],
        )?;
        let duration = HistogramVec::new(
            HistogramOpts::new(
                "vakt_http_request_duration_seconds",
                "Time from a request's head to its answer, the body's arrival included.",
            )
            .buckets(DURATION_BUCKETS.to_vec()),
            &["route"],
        )?;
        let connections = IntGauge::new("vakt_http_connections", "Open HTTP connections.")?;
        let build = IntGaugeVec::new(
            Opts::new("vakt_build_info", "Always 1; the version is in the label."),
            &["version"],
        )?;
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(duration.clone()))?;
        registry.register(Box::new(connections.clone()))?;
        registry.register(Box::new(build))?;
        Ok(Self {
            requests,
            duration,
            connections,
        })
    }

    /// `route` is a path of the route table, never the client's text: labels are bounded.
    pub(crate) fn observe(&self, route: &str, code: StatusCode, took: Duration) {
        self.requests
            .with_label_values(&[route, code.as_str()])
            .inc();
        self.duration
            .with_label_values(&[route])
            .observe(took.as_secs_f64());
    }
}
