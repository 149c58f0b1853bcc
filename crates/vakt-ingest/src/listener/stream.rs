//! Accepting TCP connections, and TLS on them.

use std::io;
use std::net::{SocketAddr, TcpListener as StdTcpListener};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use vakt_event::Source;

use super::peers::{PeerSlot, Peers};
use super::{BACKLOG, Dialect, Serving, relp, session, stopped};
use crate::accounting::RefuseReason;

/// A peer that is gone without a word is noticed after a minute and six tries ten seconds apart.
const KEEPALIVE_AFTER: Duration = Duration::from_secs(60);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
const KEEPALIVE_TRIES: u32 = 6;

/// After a failed accept (mostly: no file descriptors left) connections wait in the kernel so long.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);

/// When the daemon stops and no connection comes for so long, none waits any more.
const QUEUE_PAUSE: Duration = Duration::from_millis(2);

type Tls = Option<Arc<ArcSwap<ServerConfig>>>;

/// Accepts and serves connections until the daemon stops, then lets them drain.
pub(super) async fn run(
    listener: StdTcpListener,
    tls: Tls,
    serving: Arc<Serving>,
    mut shutdown: watch::Receiver<bool>,
) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let slots = Arc::new(Semaphore::new(serving.limits.connections_max));
    let peers = Peers::new(serving.limits.connections_max);
    let mut connections = JoinSet::new();
    let until_drained = shutdown.clone();
    let serve = |(stream, peer): (TcpStream, SocketAddr), connections: &mut JoinSet<()>| {
        let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else {
            let why = "as many as the listener may have are open";
            return serving.refusals.refuse(peer, RefuseReason::TooMany, why);
        };
        let Some(of_peer) = peers.take(peer.ip()) else {
            let why = "this peer has a quarter of the listener's connections open";
            return serving
                .refusals
                .refuse(peer, RefuseReason::TooManyOfPeer, why);
        };
        let (serving, tls) = (Arc::clone(&serving), tls.clone());
        let shutdown = until_drained.clone();
        connections.spawn(connection(
            stream,
            peer,
            tls,
            serving,
            shutdown,
            (slot, of_peer),
        ));
    };
    loop {
        tokio::select! {
            biased;
            () = stopped(&mut shutdown) => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok(accepted) => serve(accepted, &mut connections),
                Err(error) => {
                    tracing::warn!(%error, "a connection cannot be accepted");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    // Whoever waits in the kernel's queue is connected as far as he knows, and may have sent all
    // that he had.
    for _ in 0..BACKLOG {
        match timeout(QUEUE_PAUSE, listener.accept()).await {
            Ok(Ok(accepted)) => serve(accepted, &mut connections),
            _ => break,
        }
    }
    drop(listener);
    let drained = async { while connections.join_next().await.is_some() {} };
    if timeout(serving.limits.drain_timeout, drained)
        .await
        .is_err()
    {
        let left = connections.len();
        tracing::warn!(left, "connections did not drain in time and are closed");
        connections.shutdown().await;
    }
    Ok(())
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Tls,
    serving: Arc<Serving>,
    mut shutdown: watch::Receiver<bool>,
    _slots: (OwnedSemaphorePermit, PeerSlot),
) {
    let Some(source) = serving.admission.admit(peer.ip()) else {
        let why = "it is in none of the listener's `networks`";
        return serving.refusals.refuse(peer, RefuseReason::NotAllowed, why);
    };
    let _open = serving.metrics.connection();
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE_AFTER)
        .with_interval(KEEPALIVE_INTERVAL)
        .with_retries(KEEPALIVE_TRIES);
    if let Err(error) = SockRef::from(&stream).set_tcp_keepalive(&keepalive) {
        tracing::debug!(%peer, %error, "keepalive cannot be set");
    }
    let Some(tls) = tls else {
        return speak(stream, source, &serving, shutdown).await;
    };
    let handshake = TlsAcceptor::from(tls.load_full()).accept(stream);
    let agreed = tokio::select! {
        () = stopped(&mut shutdown) => return,
        agreed = timeout(serving.limits.handshake_timeout, handshake) => agreed,
    };
    match agreed {
        Ok(Ok(stream)) => speak(stream, source, &serving, shutdown).await,
        Ok(Err(error)) => {
            let why = format!("TLS was not agreed on ({error})");
            serving.refusals.refuse(peer, RefuseReason::Handshake, &why);
        }
        Err(_) => {
            let why = "TLS was not agreed on in time";
            serving.refusals.refuse(peer, RefuseReason::Handshake, why);
        }
    }
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send,
    source: Arc<Source>,
    serving: &Serving,
    shutdown: watch::Receiver<bool>,
) {
    match serving.dialect {
        Dialect::Syslog => session::serve(stream, source, serving, shutdown).await,
        Dialect::Relp => relp::serve(stream, source, serving, shutdown).await,
    }
}
