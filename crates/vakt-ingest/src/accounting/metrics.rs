//! Counters of the listeners, for Prometheus.
//!
//! They keep one account: frames received = frames answered by the intake (the journal's own
//! metrics) + frames repeated + frames dropped, by reason + frames in flight.

use prometheus::{IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};
use vakt_event::Transport;

/// Why a received frame was not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropReason {
    /// There was nothing in it.
    Empty,
    /// The peer may not send to this listener, or has opened no session (RELP).
    NotAllowed,
    /// Too much was waiting for the disk: at once for UDP, after a minute for others.
    Busy,
    /// The disk was as full as it may get: at once for UDP, after a minute for others.
    NoSpace,
    /// The journal could not be written.
    Broken,
    /// The daemon stopped.
    Stopping,
}

impl DropReason {
    const ALL: [Self; 6] = [
        Self::Empty,
        Self::NotAllowed,
        Self::Busy,
        Self::NoSpace,
        Self::Broken,
        Self::Stopping,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NotAllowed => "not_allowed",
            Self::Busy => "busy",
            Self::NoSpace => "no_space",
            Self::Broken => "broken",
            Self::Stopping => "stopping",
        }
    }
}

/// Why a connection was closed before its first frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefuseReason {
    NotAllowed,
    /// As many as may be are open.
    TooMany,
    /// As many as one peer may have are open.
    TooManyOfPeer,
    /// TLS was not agreed on.
    Handshake,
}

impl RefuseReason {
    const ALL: [Self; 4] = [
        Self::NotAllowed,
        Self::TooMany,
        Self::TooManyOfPeer,
        Self::Handshake,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::NotAllowed => "not_allowed",
            Self::TooMany => "too_many",
            Self::TooManyOfPeer => "too_many_of_peer",
            Self::Handshake => "handshake",
        }
    }
}

/// The counters of all listeners.
#[derive(Clone)]
pub struct Metrics {
    frames_received: IntCounterVec,
    bytes_received: IntCounterVec,
    frames_truncated: IntCounterVec,
    frames_dropped: IntCounterVec,
    frames_repeated: IntCounterVec,
    batches_retried: IntCounterVec,
    connections: IntGaugeVec,
    connections_accepted: IntCounterVec,
    connections_refused: IntCounterVec,
    kernel_drops: IntCounterVec,
}

impl Metrics {
    /// Makes the counters and registers them.
    ///
    /// # Errors
    /// When the registry holds such names already.
    pub fn register(registry: &Registry) -> prometheus::Result<Self> {
        let counter = |name: &str, help: &str, labels: &[&str]| {
            let vec = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(vec.clone()))?;
            prometheus::Result::Ok(vec)
        };
        let connections = IntGaugeVec::new(
            Opts::new(
                "vakt_ingest_connections",
                "Connections that are open, by transport.",
            ),
            &["transport"],
        )?;
        registry.register(Box::new(connections.clone()))?;
        Ok(Self {
            frames_received: counter(
                "vakt_ingest_frames_received_total",
                "Frames that came, whatever became of them, by transport.",
                &["transport"],
            )?,
            bytes_received: counter(
                "vakt_ingest_bytes_received_total",
                "Bytes of the frames that came, without their framing, by transport.",
                &["transport"],
            )?,
            frames_truncated: counter(
                "vakt_ingest_frames_truncated_total",
                "Frames that were longer than the limit and were cut, by transport.",
                &["transport"],
            )?,
            frames_dropped: counter(
                "vakt_ingest_frames_dropped_total",
                "Frames that came and were not stored, by transport and reason.",
                &["transport", "reason"],
            )?,
            frames_repeated: counter(
                "vakt_ingest_frames_repeated_total",
                "Frames that a client sent again after its connection broke and that were stored already, by transport.",
                &["transport"],
            )?,
            batches_retried: counter(
                "vakt_ingest_batches_retried_total",
                "Batches that were refused by the journal and offered again, by transport.",
                &["transport"],
            )?,
            connections,
            connections_accepted: counter(
                "vakt_ingest_connections_accepted_total",
                "Connections that were accepted, by transport.",
                &["transport"],
            )?,
            connections_refused: counter(
                "vakt_ingest_connections_refused_total",
                "Connections that were closed before their first frame, by transport and reason.",
                &["transport", "reason"],
            )?,
            kernel_drops: counter(
                "vakt_ingest_kernel_dropped_datagrams_total",
                "Datagrams that the kernel dropped because the socket's buffer was full, by listener.",
                &["listener"],
            )?,
        })
    }

    /// The counters of one transport; those with a reason exist from now on, at 0.
    pub fn of(&self, transport: Transport) -> TransportMetrics {
        let name = transport.name();
        let dropped = |reason: DropReason| {
            self.frames_dropped
                .with_label_values(&[name, reason.name()])
        };
        let refused = |reason: RefuseReason| {
            self.connections_refused
                .with_label_values(&[name, reason.name()])
        };
        TransportMetrics {
            frames: self.frames_received.with_label_values(&[name]),
            bytes: self.bytes_received.with_label_values(&[name]),
            truncated: self.frames_truncated.with_label_values(&[name]),
            repeated: self.frames_repeated.with_label_values(&[name]),
            retried: self.batches_retried.with_label_values(&[name]),
            connections: self.connections.with_label_values(&[name]),
            accepted: self.connections_accepted.with_label_values(&[name]),
            dropped: DropReason::ALL.map(dropped),
            refused: RefuseReason::ALL.map(refused),
        }
    }

    pub(crate) fn kernel_drops(&self, listener: &str) -> IntCounter {
        self.kernel_drops.with_label_values(&[listener])
    }
}

/// The counters of one transport.
#[derive(Clone)]
pub struct TransportMetrics {
    frames: IntCounter,
    bytes: IntCounter,
    truncated: IntCounter,
    repeated: IntCounter,
    retried: IntCounter,
    connections: IntGauge,
    accepted: IntCounter,
    dropped: [IntCounter; DropReason::ALL.len()],
    refused: [IntCounter; RefuseReason::ALL.len()],
}

impl TransportMetrics {
    pub fn received(&self, frames: u64, bytes: u64) {
        self.frames.inc_by(frames);
        self.bytes.inc_by(bytes);
    }

    pub fn truncated(&self) {
        self.truncated.inc();
    }

    pub fn repeated(&self, frames: u64) {
        self.repeated.inc_by(frames);
    }

    pub fn retried(&self) {
        self.retried.inc();
    }

    pub fn dropped(&self, reason: DropReason, frames: u64) {
        for (counter, of) in self.dropped.iter().zip(DropReason::ALL) {
            if of == reason {
                counter.inc_by(frames);
            }
        }
    }

    pub fn refused(&self, reason: RefuseReason) {
        for (counter, of) in self.refused.iter().zip(RefuseReason::ALL) {
            if of == reason {
                counter.inc();
            }
        }
    }

    /// Counts a connection as open until the guard is dropped.
    pub fn connection(&self) -> ConnectionGuard {
        self.accepted.inc();
        self.connections.inc();
        ConnectionGuard(self.connections.clone())
    }
}

pub struct ConnectionGuard(IntGauge);

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        self.0.dec();
    }
}
