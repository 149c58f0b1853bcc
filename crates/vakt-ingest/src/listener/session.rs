//! One connection: read, cut into frames, hand over in batches, and not read what cannot be taken.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use vakt_codec::SyslogFramer;
use vakt_event::{Batch, Format, Frame, Source};

use super::deliver::{Delivery, deliver};
use super::{FULL_PAUSE, READ_BYTES, Serving, stopped};
use crate::accounting::DropReason;

/// 64 KiB a batch: some hundreds of messages share a commit, and a thousand connections stay small.
const BATCH_BYTES: usize = 64 * 1024;

/// A burst is over when nothing came for two milliseconds, about what a commit takes.
const BURST_PAUSE: Duration = Duration::from_millis(2);

/// When nothing came for half a second, what the framer holds back for want of a sign of the next
/// frame is given out.
const HELD_PAUSE: Duration = Duration::from_millis(500);

/// 16 MiB are still read of each connection when the daemon stops: more than the kernels of both
/// ends hold by default (`net.ipv4.tcp_rmem`, `tcp_wmem`). They are handed over batch by batch.
const REST_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Serves a connection until it ends, fails, is idle for too long, or the daemon stops. At most one
/// batch is on its way, so that the journal has a connection's frames in their order, while the next
/// one is filled.
pub(super) async fn serve(
    mut reader: impl AsyncRead + Unpin + Send,
    source: Arc<Source>,
    serving: &Serving,
    mut shutdown: watch::Receiver<bool>,
) {
    let refused = AtomicBool::new(false);
    let mut frames = Frames::new(serving);
    let mut framer = SyslogFramer::new(serving.limits.frame_bytes_max);
    let mut buffer = vec![0; READ_BYTES];
    let mut sending: Option<Delivery<'_>> = None;
    let mut flush = false;
    let mut may_hold = false;
    let send = |filled: Vec<Frame>| -> Delivery<'_> {
        let source = Arc::clone(&source);
        let batch = Batch {
            source,
            frames: filled,
        };
        deliver(serving, batch, &refused)
    };
    loop {
        if sending.is_none() && (flush || frames.filled_bytes >= BATCH_BYTES) {
            flush = false;
            sending = frames.take().map(send);
        }
        let full = serving.is_over_bound();
        let may_read =
            frames.filled_bytes < BATCH_BYTES && !refused.load(Ordering::Relaxed) && !full;
        let patience = if !frames.filled.is_empty() && sending.is_none() {
            BURST_PAUSE
        } else if may_hold {
            HELD_PAUSE
        } else {
            serving.limits.idle_timeout
        };
        tokio::select! {
            biased;
            () = stopped(&mut shutdown) => break,
            sent = wait_for(&mut sending), if sending.is_some() => {
                sending = None;
                match sent {
                    Ok(()) => frames.delivered(),
                    Err(reason) => return frames.lost(reason),
                }
                // What came in the meantime is a burst of its own.
                flush = !frames.filled.is_empty();
            }
            read = timeout(patience, reader.read(&mut buffer)), if may_read => match read {
                // TLS peers that end without saying so are an error, but what they sent was given.
                Ok(Ok(0) | Err(_)) => break,
                Ok(Ok(count)) => {
                    let bytes = buffer.get(..count).unwrap_or(&[]);
                    framer.push(bytes, &mut |bytes, truncated| frames.add(bytes, truncated));
                    may_hold = framer.buffered_bytes() > 0;
                }
                Err(_) if !frames.filled.is_empty() && sending.is_none() => flush = true,
                Err(_) if may_hold => {
                    framer.idle(&mut |bytes, truncated| frames.add(bytes, truncated));
                    may_hold = false;
                }
                Err(_) => break,
            },
            () = sleep(FULL_PAUSE), if full => {}
        }
    }
    // What the kernel has taken from the peer when the daemon stops was acknowledged to the peer's
    // kernel and would be lost with the socket. A peer that goes on sending is cut off.
    let may_read = *shutdown.borrow() && !serving.is_over_bound();
    let mut rest = if may_read && !refused.load(Ordering::Relaxed) {
        REST_BYTES_MAX
    } else {
        0
    };
    loop {
        while rest > 0 && frames.filled_bytes < BATCH_BYTES {
            match timeout(BURST_PAUSE, reader.read(&mut buffer)).await {
                Ok(Ok(count)) if count > 0 => {
                    rest = rest.saturating_sub(count);
                    let bytes = buffer.get(..count).unwrap_or(&[]);
                    framer.push(bytes, &mut |bytes, truncated| frames.add(bytes, truncated));
                }
                _ => rest = 0,
            }
        }
        if rest == 0 {
            framer.finish(&mut |bytes, truncated| frames.add(bytes, truncated));
        }
        if sending.is_none() {
            sending = frames.take().map(send);
        }
        if sending.is_none() {
            return;
        }
        match wait_for(&mut sending).await {
            Ok(()) => frames.delivered(),
            Err(reason) => return frames.lost(reason),
        }
        sending = None;
    }
}

async fn wait_for(sending: &mut Option<Delivery<'_>>) -> Result<(), DropReason> {
    match sending {
        Some(sending) => sending.await,
        None => std::future::pending().await,
    }
}

/// The frames of a connection that are not durable yet; what is left of them when it is dropped is
/// counted as lost to the end of the daemon.
struct Frames<'s> {
    serving: &'s Serving,
    filled: Vec<Frame>,
    filled_bytes: usize,
    /// Frames of the batch that is on its way.
    on_the_way: u64,
}

impl<'s> Frames<'s> {
    fn new(serving: &'s Serving) -> Self {
        Self {
            serving,
            filled: Vec::new(),
            filled_bytes: 0,
            on_the_way: 0,
        }
    }

    fn add(&mut self, bytes: Vec<u8>, truncated: bool) {
        let metrics = &self.serving.metrics;
        metrics.received(1, bytes.len() as u64);
        if bytes.is_empty() {
            return metrics.dropped(DropReason::Empty, 1);
        }
        if truncated {
            metrics.truncated();
        }
        self.filled_bytes += bytes.len() + size_of::<Frame>();
        self.filled.push(Frame {
            bytes,
            format: Format::Syslog,
            received: self.serving.clock.now(),
            truncated,
            cursor: None,
        });
    }

    /// What has been filled, to be sent now.
    fn take(&mut self) -> Option<Vec<Frame>> {
        if self.filled.is_empty() {
            return None;
        }
        self.filled_bytes = 0;
        self.on_the_way = self.filled.len() as u64;
        Some(std::mem::take(&mut self.filled))
    }

    fn delivered(&mut self) {
        self.on_the_way = 0;
    }

    fn lost(&mut self, reason: DropReason) {
        let frames = self.on_the_way + self.filled.len() as u64;
        if frames > 0 {
            self.serving.metrics.dropped(reason, frames);
        }
        self.on_the_way = 0;
        self.filled.clear();
    }
}

impl Drop for Frames<'_> {
    fn drop(&mut self) {
        self.lost(DropReason::Stopping);
    }
}
