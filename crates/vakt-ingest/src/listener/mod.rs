//! Syslog listeners: UDP (RFC 5426), plain TCP (RFC 6587), TLS (RFC 5425), and RELP with and without
//! TLS.
//!
//! [`Listener::bind`] takes the address at once, so that it can be printed and a failure stops the
//! start; [`Bound::run`] serves until told to stop and then drains.

mod deliver;
mod kernel_drops;
mod peers;
mod refusals;
mod relp;
mod session;
mod stream;
mod udp;

use std::io;
use std::net::{SocketAddr, TcpListener as StdTcpListener, UdpSocket as StdUdpSocket};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use tokio::sync::watch;
use vakt_event::{Clock, Source, Transport};

use crate::accounting::Metrics;
use crate::admission::{Admission, AdmissionConfig};
use crate::intake::Intake;
use refusals::Refusals;

/// 256 KiB a message: RFC 5425 asks for 8 KiB, real audit and application events reach some 100.
pub const FRAME_BYTES_MAX: usize = 256 * 1024;

/// Connections of a listener. Each may hold a partial frame and two batches, some 400 KiB at worst; of
/// RELP a partial frame and what is not answered, 800 KiB.
pub const CONNECTIONS_MAX: usize = 1024;

/// Above this much that waits for the disk, TCP and TLS are not read and UDP is dropped: half of the
/// journal's own bound, so that HTTP still finds room.
pub const INTAKE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// A day. Senders may be silent for long, and one whose connection was closed often loses its next
/// message; those that are gone without a word are found by keepalive.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// Ten seconds to agree on TLS.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// A minute of offering a refused batch again; then the connection is closed, so that the sender's
/// own queue takes over.
pub const RETRY_TIMEOUT: Duration = Duration::from_secs(60);

/// Ten seconds to hand over what was read before the end.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// 16 KiB a read: a TLS record.
const READ_BYTES: usize = 16 * 1024;

/// How often a connection that is not read looks whether there is room again.
const FULL_PAUSE: Duration = Duration::from_millis(10);

/// 4 MiB of datagrams, some ten thousand, wait in the kernel while we are busy, if it allows so
/// much (`net.core.rmem_max`).
const UDP_BUFFER_BYTES: usize = 4 * 1024 * 1024;

/// Connections that wait to be accepted.
const BACKLOG: i32 = 1024;

/// What a listener speaks.
#[derive(Clone)]
pub enum Kind {
    Udp,
    Tcp,
    /// New connections take the configuration that is current when they come.
    Tls(Arc<ArcSwap<ServerConfig>>),
    /// With TLS where a configuration is given.
    Relp(Option<Arc<ArcSwap<ServerConfig>>>),
}

/// What is spoken on a connection, or in datagrams.
#[derive(Clone, Copy)]
enum Dialect {
    Syslog,
    Relp,
}

/// Bounds, each with a default that is explained at its constant.
#[derive(Clone, Debug)]
pub struct Limits {
    pub frame_bytes_max: usize,
    pub connections_max: usize,
    pub intake_bytes_max: usize,
    pub idle_timeout: Duration,
    pub handshake_timeout: Duration,
    pub retry_timeout: Duration,
    pub drain_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame_bytes_max: FRAME_BYTES_MAX,
            connections_max: CONNECTIONS_MAX,
            intake_bytes_max: INTAKE_BYTES_MAX,
            idle_timeout: IDLE_TIMEOUT,
            handshake_timeout: HANDSHAKE_TIMEOUT,
            retry_timeout: RETRY_TIMEOUT,
            drain_timeout: DRAIN_TIMEOUT,
        }
    }
}

pub struct ListenerConfig {
    /// Its name in the configuration; part of every frame's source.
    pub name: String,
    /// Port 0 takes a free one.
    pub address: SocketAddr,
    pub kind: Kind,
    pub admission: AdmissionConfig,
    pub limits: Limits,
    pub metrics: Metrics,
    pub clock: Arc<dyn Clock>,
}

/// See [`Listener::bind`].
pub struct Listener;

/// A listener that has its address.
pub struct Bound {
    pub local_addr: SocketAddr,
    socket: BoundSocket,
    config: ListenerConfig,
    resent: relp::Resent,
}

enum BoundSocket {
    Udp(StdUdpSocket),
    Stream(StdTcpListener),
}

impl Listener {
    /// Takes the address. Needs no runtime yet.
    ///
    /// # Errors
    /// When the address cannot be had, or is open to the network and nobody wrote who may send; the
    /// text names the listener and the address.
    pub fn bind(config: ListenerConfig) -> io::Result<Bound> {
        let address = config.address;
        config
            .admission
            .check(&config.name, address)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let bound = match config.kind {
            Kind::Udp => bind_udp(address).map(BoundSocket::Udp),
            Kind::Tcp | Kind::Tls(_) | Kind::Relp(_) => {
                bind_stream(address).map(BoundSocket::Stream)
            }
        };
        let name = &config.name;
        let explain = |error: io::Error| {
            io::Error::new(
                error.kind(),
                format!("listener `{name}` cannot listen on {address}: {error}"),
            )
        };
        let socket = bound.map_err(explain)?;
        let local_addr = match &socket {
            BoundSocket::Udp(socket) => socket.local_addr(),
            BoundSocket::Stream(listener) => listener.local_addr(),
        }
        .map_err(explain)?;
        Ok(Bound {
            local_addr,
            socket,
            config,
            resent: relp::Resent::default(),
        })
    }
}

impl Bound {
    /// Its name in the configuration.
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// Tells a RELP listener of a message that was stored before the daemon ended without a word, those
    /// of one source in their order. Its client may not have been answered, and then sends it again: it
    /// is recognised.
    pub fn add_stored(&mut self, source: &Arc<Source>, message: &[u8]) {
        self.resent.add_stored(source, message);
    }

    /// Serves until `shutdown` becomes true or its sender is gone, then hands over what was read,
    /// for at most the drain timeout.
    ///
    /// # Errors
    /// When the runtime cannot take the socket.
    pub async fn run(
        self,
        intake: Arc<dyn Intake>,
        shutdown: watch::Receiver<bool>,
    ) -> io::Result<()> {
        let (transport, dialect) = match self.config.kind {
            Kind::Udp => (Transport::Udp, Dialect::Syslog),
            Kind::Tcp => (Transport::Tcp, Dialect::Syslog),
            Kind::Tls(_) => (Transport::Tls, Dialect::Syslog),
            Kind::Relp(_) => (Transport::Relp, Dialect::Relp),
        };
        let config = self.config;
        let serving = Serving {
            dialect,
            admission: Admission::new(&config.name, transport, config.admission),
            metrics: config.metrics.of(transport),
            refusals: Refusals::new(&config.name, config.metrics.of(transport)),
            intake,
            clock: config.clock,
            limits: config.limits,
            resent: self.resent,
        };
        match self.socket {
            BoundSocket::Udp(socket) => {
                let kernel_drops = config.metrics.kernel_drops(&config.name);
                udp::run(socket, serving, kernel_drops, shutdown).await
            }
            BoundSocket::Stream(listener) => {
                let tls = match config.kind {
                    Kind::Udp | Kind::Tcp => None,
                    Kind::Tls(tls) => Some(tls),
                    Kind::Relp(tls) => tls,
                };
                stream::run(listener, tls, Arc::new(serving), shutdown).await
            }
        }
    }
}

/// What everything that serves a listener shares.
struct Serving {
    dialect: Dialect,
    admission: Admission,
    metrics: crate::accounting::TransportMetrics,
    refusals: Refusals,
    intake: Arc<dyn Intake>,
    clock: Arc<dyn Clock>,
    limits: Limits,
    /// Of RELP alone.
    resent: relp::Resent,
}

impl Serving {
    /// Whether more waits for the disk than this listener adds to.
    fn is_over_bound(&self) -> bool {
        self.intake.bytes_in_flight() > self.limits.intake_bytes_max
    }
}

/// Comes back when the daemon stops.
async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    // A sender that is gone stops as one that says so.
    drop(shutdown.wait_for(|stop| *stop).await);
}

fn bind_udp(address: SocketAddr) -> io::Result<StdUdpSocket> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::DGRAM,
        Some(Protocol::UDP),
    )?;
    socket.set_recv_buffer_size(UDP_BUFFER_BYTES)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SockAddr::from(address))?;
    Ok(socket.into())
}

fn bind_stream(address: SocketAddr) -> io::Result<StdTcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    // A restart must not wait for the connections of the last run to be forgotten.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SockAddr::from(address))?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
