//! What came, from whom, and what was lost: metrics of the listeners and a table of sources.

mod metrics;
mod sources;

pub use metrics::{DropReason, Metrics, RefuseReason, TransportMetrics, transport_name};
pub use sources::{SOURCES_MAX, SourceKey, SourceRow, Sources, SourcesCollector};
