//! Syslog datagrams: one is one frame (RFC 5426). They are never held up: what the intake cannot
//! take is dropped, counted, and gone.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, UdpSocket as StdUdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use prometheus::IntCounter;
use tokio::net::UdpSocket;
use tokio::sync::{Notify, watch};
use tokio::time::{interval, sleep, timeout};
use vakt_codec::trim_datagram;
use vakt_event::{Batch, Format, Frame, Source};

use super::kernel_drops::KernelDrops;
use super::{Serving, stopped};
use crate::accounting::DropReason;
use crate::intake::Refused;

/// The longest datagram that UDP can carry.
const DATAGRAM_BYTES_MAX: usize = 65_535;

/// Datagrams that are read before they are handed over: a millisecond's worth at full speed.
const BURST_FRAMES: usize = 512;

/// How often the kernel is asked what it dropped.
const KERNEL_DROPS_INTERVAL: Duration = Duration::from_secs(5);

/// After a failed read.
const ERROR_PAUSE: Duration = Duration::from_millis(100);

pub(super) async fn run(
    socket: StdUdpSocket,
    serving: Serving,
    kernel_counter: IntCounter,
    mut shutdown: watch::Receiver<bool>,
) -> io::Result<()> {
    let mut kernel_drops = KernelDrops::of(&socket);
    let socket = UdpSocket::from_std(socket)?;
    let waiting = Arc::new(Waiting::default());
    let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
    let mut kernel_poll = interval(KERNEL_DROPS_INTERVAL);
    loop {
        tokio::select! {
            biased;
            () = stopped(&mut shutdown) => break,
            _ = kernel_poll.tick() => kernel_counter.inc_by(kernel_drops.new_drops()),
            ready = socket.readable() => {
                if ready.is_err() || read_burst(&socket, &mut buffer, &serving, &waiting).is_err() {
                    sleep(ERROR_PAUSE).await;
                }
            }
        }
    }
    // What the kernel had taken when the end came is still read.
    while read_burst(&socket, &mut buffer, &serving, &waiting).is_ok_and(|frames| frames > 0) {}
    kernel_counter.inc_by(kernel_drops.new_drops());
    drop(socket);
    if timeout(serving.limits.drain_timeout, waiting.until_none())
        .await
        .is_err()
    {
        tracing::warn!("datagrams were not answered by the journal in time");
    }
    Ok(())
}

/// Reads what is there, up to [`BURST_FRAMES`] datagrams, and hands it over; says how many.
fn read_burst(
    socket: &UdpSocket,
    buffer: &mut [u8],
    serving: &Serving,
    waiting: &Arc<Waiting>,
) -> io::Result<usize> {
    let mut burst = Burst::default();
    let mut read = 0;
    let ended = loop {
        if read == BURST_FRAMES {
            break Ok(read);
        }
        match socket.try_recv_from(buffer) {
            Ok((length, peer)) => {
                read += 1;
                let bytes = buffer.get(..length).unwrap_or(&[]);
                burst.add(bytes, peer.ip(), serving);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break Ok(read),
            Err(error) => {
                tracing::warn!(%error, "a datagram cannot be read");
                break Err(error);
            }
        }
    };
    for batch in burst.batches {
        hand_over(batch, serving, waiting);
    }
    ended
}

/// A batch for each peer, in the order of their first datagrams.
#[derive(Default)]
struct Burst {
    batches: Vec<Batch>,
    by_peer: HashMap<IpAddr, usize>,
}

impl Burst {
    fn add(&mut self, datagram: &[u8], peer: IpAddr, serving: &Serving) {
        let metrics = &serving.metrics;
        let bytes = trim_datagram(datagram);
        metrics.received(1, bytes.len() as u64);
        if bytes.is_empty() {
            return metrics.dropped(DropReason::Empty, 1);
        }
        let known = self.by_peer.get(&peer).copied();
        let Some(batch) = known
            .or_else(|| self.begin(peer, serving.admission.admit(peer)?))
            .and_then(|index| self.batches.get_mut(index))
        else {
            return metrics.dropped(DropReason::NotAllowed, 1);
        };
        batch.frames.push(Frame {
            bytes: bytes.to_vec(),
            format: Format::Syslog,
            received: serving.clock.now(),
            truncated: false,
            cursor: None,
        });
    }

    fn begin(&mut self, peer: IpAddr, source: Arc<Source>) -> Option<usize> {
        let index = self.batches.len();
        self.by_peer.insert(peer, index);
        self.batches.push(Batch {
            source,
            frames: Vec::new(),
        });
        Some(index)
    }
}

fn hand_over(batch: Batch, serving: &Serving, waiting: &Arc<Waiting>) {
    let frames = batch.frames.len() as u64;
    if serving.is_over_bound() {
        return serving.metrics.dropped(DropReason::Busy, frames);
    }
    let ticket = Ticket::new(waiting);
    let metrics = serving.metrics.clone();
    let done = move |reply| {
        let reason = match reply {
            Ok(_) => None,
            Err(Refused::Busy) => Some(DropReason::Busy),
            Err(Refused::NoSpace) => Some(DropReason::NoSpace),
            Err(Refused::Broken(_)) => Some(DropReason::Broken),
            Err(Refused::Stopping) => Some(DropReason::Stopping),
        };
        if let Some(reason) = reason {
            metrics.dropped(reason, frames);
        }
        drop(ticket);
    };
    serving.intake.submit(batch, Box::new(done));
}

/// Batches that have not been answered.
#[derive(Default)]
struct Waiting {
    batches: AtomicUsize,
    fewer: Notify,
}

impl Waiting {
    async fn until_none(&self) {
        loop {
            let fewer = self.fewer.notified();
            if self.batches.load(Ordering::Acquire) == 0 {
                return;
            }
            fewer.await;
        }
    }
}

/// One of them, until it is dropped.
struct Ticket(Arc<Waiting>);

impl Ticket {
    fn new(waiting: &Arc<Waiting>) -> Self {
        waiting.batches.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(waiting))
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.0.batches.fetch_sub(1, Ordering::AcqRel);
        self.0.fewer.notify_one();
    }
}
