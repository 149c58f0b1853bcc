//! What the API is made of: everything that a request may need.

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::Semaphore;
use vakt_event::Clock;
use vakt_ingest::intake::Intake;

use crate::access::Access;
use crate::backend::{
    CoverageBackend, DocumentsBackend, FiguresBackend, HealthView, HuntBackend, IncidentBackend,
    OutputsBackend, ReportsBackend, RulesView, SearchBackend, SignificanceBackend, SourcesView,
    StorageBackend, TriageBackend, WorkBackend,
};
use crate::error::{ApiError, ErrorCode};
use crate::hunters::Hunters;
use crate::metrics::Metrics;
use crate::report_rate::ReportRate;
use crate::report_receipts::Receipts;
use crate::report_turns::ReportTurns;
use crate::searches::Searches;

/// Searches at one time; more wait. Each holds a blocking thread, and two cores are busy with two.
const SEARCHES_MAX: usize = 8;

/// Other calls into the backends at one time. They are short, and do not wait for searches.
const CALLS_MAX: usize = 16;

/// Streams of hits at one time; more are refused. Each holds the two pages of hits that its client
/// has not read yet, and takes its turn among the searches for every page.
const STREAMS_MAX: usize = 16;

/// Clients that follow the events at one time: each looks at every event that arrives.
const FOLLOWERS_MAX: usize = 32;

/// Hunts at one time; more are refused. Each is a thread that reads for minutes, and has the state of its
/// correlations in memory.
const HUNTS_MAX: usize = 2;

/// Files that come in at one time; more wait their turn before a byte is read. Each is in memory whole, up
/// to 32 MiB.
const UPLOADS_MAX: usize = 2;

/// The parts that the daemon gives to the API.
pub struct Parts {
    pub intake: Arc<dyn Intake>,
    /// The counters of what comes in, by transport, over HTTP as elsewhere.
    pub ingest_metrics: vakt_ingest::accounting::Metrics,
    pub search: Arc<dyn SearchBackend>,
    pub hunts: Arc<dyn HuntBackend>,
    pub incidents: Arc<dyn IncidentBackend>,
    pub significance: Arc<dyn SignificanceBackend>,
    pub triage: Arc<dyn TriageBackend>,
    pub work: Arc<dyn WorkBackend>,
    pub reports: Arc<dyn ReportsBackend>,
    pub figures: Arc<dyn FiguresBackend>,
    pub coverage: Arc<dyn CoverageBackend>,
    pub documents: Arc<dyn DocumentsBackend>,
    pub rules: Arc<dyn RulesView>,
    pub sources: Arc<dyn SourcesView>,
    pub storage: Arc<dyn StorageBackend>,
    pub health: Arc<dyn HealthView>,
    pub outputs: Arc<dyn OutputsBackend>,
    pub access: Arc<Access>,
    pub searches: Arc<Searches>,
    /// Everything that `/metrics` shows; the API adds its own.
    pub registry: prometheus::Registry,
    pub clock: Arc<dyn Clock>,
    pub site: Arc<ArcSwap<Site>>,
    pub limits: Limits,
}

/// What the pages say about this installation. Exchanged as a whole on a reload.
#[derive(Clone, Debug)]
pub struct Site {
    /// The organisation's name; `None` shows on every page that it is not configured.
    pub organisation: Option<String>,
    /// The jurisdiction's zone, in which people are shown times.
    pub zone: jiff::tz::TimeZone,
    /// The streams that the configuration names, `default` among them.
    pub streams: Vec<String>,
    /// Where syslog over TCP is taken in (`127.0.0.1:5514`), for the lines that a newcomer copies.
    pub syslog_address: Option<String>,
}

/// Bounds on what one request may bring.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most bytes of a body of `POST /api/v1/events`, compressed and decompressed: 64 MiB, about
    /// 400,000 syslog lines; a sender with more makes several requests.
    pub events_body_bytes_max: u64,
    /// Most lines of such a body: a million, twice what fills it with real logs. Sixty kilobytes of
    /// gzip hold twenty times more lines of `{}`, and each would cost as much as a real event.
    pub events_per_request_max: u64,
    /// Longest line of such a body.
    pub line_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            events_body_bytes_max: 64 * 1024 * 1024,
            events_per_request_max: 1_000_000,
            line_bytes_max: vakt_ingest::push::ndjson::LINE_BYTES_MAX,
        }
    }
}

/// The parts, and what the API itself keeps.
pub(crate) struct App {
    pub(crate) parts: Parts,
    pub(crate) metrics: Metrics,
    searches: Arc<Semaphore>,
    calls: Arc<Semaphore>,
    pub(crate) streams: Arc<Semaphore>,
    pub(crate) followers: Arc<Semaphore>,
    pub(crate) hunts: Hunters,
    /// Files on their way into memory.
    pub(crate) uploads: Arc<Semaphore>,
    /// Reports on their way into memory; who sends them may be nobody.
    pub(crate) report_turns: Arc<ReportTurns>,
    pub(crate) report_rate: ReportRate,
    pub(crate) receipts: Receipts,
}

impl App {
    pub(crate) fn new(parts: Parts) -> Result<Self, prometheus::Error> {
        let metrics = Metrics::register(&parts.registry)?;
        Ok(Self {
            parts,
            metrics,
            searches: Arc::new(Semaphore::new(SEARCHES_MAX)),
            calls: Arc::new(Semaphore::new(CALLS_MAX)),
            streams: Arc::new(Semaphore::new(STREAMS_MAX)),
            followers: Arc::new(Semaphore::new(FOLLOWERS_MAX)),
            hunts: Hunters::new(HUNTS_MAX),
            uploads: Arc::new(Semaphore::new(UPLOADS_MAX)),
            report_turns: Arc::default(),
            report_rate: ReportRate::default(),
            receipts: Receipts::default(),
        })
    }

    /// Runs a short call into the backends on a blocking thread.
    pub(crate) async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        call: impl FnOnce(&Parts) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.run(&self.calls, call).await
    }

    /// Runs a call that searches on a blocking thread.
    pub(crate) async fn searching<T: Send + 'static>(
        self: &Arc<Self>,
        call: impl FnOnce(&Parts) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.run(&self.searches, call).await
    }

    async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        room: &Arc<Semaphore>,
        call: impl FnOnce(&Parts) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let permit = Arc::clone(room)
            .acquire_owned()
            .await
            .map_err(|_| ApiError::new(ErrorCode::Stopping, "the daemon is stopping"))?;
        let app = Arc::clone(self);
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            call(&app.parts)
        });
        task.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a request's work ended in a panic");
            Err(ApiError::new(
                ErrorCode::Internal,
                "the daemon failed at this request",
            ))
        })
    }
}
