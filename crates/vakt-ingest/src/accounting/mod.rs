//! What came, from whom, and what was lost: metrics of the listeners and a table of sources.

mod metrics;
mod source_metrics;
mod sources;

pub use metrics::{DropReason, Metrics, RefuseReason, TransportMetrics};
pub use source_metrics::{PEERS_SHOWN_MAX, SourcesCollector};
pub use sources::{SOURCES_MAX, SourceKey, SourceRow, Sources};
