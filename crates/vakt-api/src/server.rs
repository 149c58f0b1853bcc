//! Listening: connections, TLS, time limits, and a clean end.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use crate::app::{App, Parts};
use crate::connection::{Connection, ListenerPolicy};
use crate::routes::router_of;
use crate::write_timeout::WriteTimeout;

/// A request's head must come within this time; a connection that waits for its next request is
/// closed after it, which every client takes as a reason to connect again.
const HEAD_TIME_MAX: Duration = Duration::from_secs(60);

/// The same while more than half of the connections are taken: nobody keeps others out for long by
/// opening connections and saying nothing.
const HEAD_TIME_CROWDED: Duration = Duration::from_secs(3);

/// A TLS handshake takes two round trips.
const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);

/// Bytes of a request's head, and of the buffer before the body's reader.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// After an `accept` that failed (no file descriptors left), before the next one.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The API with its metrics, ready to be served on any number of listeners.
#[derive(Clone)]
pub struct Api {
    app: Arc<App>,
    router: Router,
}

impl Api {
    /// Fails only when a metric of the API's is already in the registry.
    pub fn new(parts: Parts) -> Result<Self, prometheus::Error> {
        let app = Arc::new(App::new(parts)?);
        let router = router_of(&app);
        Ok(Self { app, router })
    }

    /// The router alone. Every request must carry a [`Connection`] as an extension.
    pub fn router(&self) -> Router {
        self.router.clone()
    }
}

/// A bound socket and how it is served.
pub struct HttpListener {
    pub socket: TcpListener,
    /// `None` is plain HTTP. Each connection takes what is there when it comes, so that a reload
    /// exchanges certificates; ALPN is always `http/1.1` alone, whatever the configuration says.
    pub tls: Option<Arc<ArcSwap<rustls::ServerConfig>>>,
    pub policy: Arc<ListenerPolicy>,
}

/// Serves until `stop` is true (or its sender is gone), then finishes the requests under way
/// within `grace`, and cuts off what is left.
pub async fn serve(
    listener: HttpListener,
    api: Api,
    mut stop: watch::Receiver<bool>,
    grace: Duration,
) -> io::Result<()> {
    let bound = listener.socket.local_addr()?;
    let room = Arc::new(Semaphore::new(listener.policy.connections_max));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let next = async {
            let permit = Arc::clone(&room).acquire_owned().await;
            (permit, listener.socket.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            () = stopped(&mut stop) => break,
            next = next => next,
        };
        match accepted {
            Ok((stream, peer)) => {
                let crowded = room.available_permits() < listener.policy.connections_max / 2;
                let head_time = if crowded {
                    HEAD_TIME_CROWDED
                } else {
                    HEAD_TIME_MAX
                };
                let connection = connection(&listener, &stream, peer, bound);
                let tls = listener.tls.as_ref().map(|tls| acceptor(&tls.load_full()));
                let (api, stop) = (api.clone(), stop.clone());
                connections.spawn(async move {
                    let _permit = permit;
                    api.app.metrics.connections.inc();
                    serve_connection(stream, tls, connection, head_time, &api, stop).await;
                    api.app.metrics.connections.dec();
                });
            }
            Err(error) => {
                tracing::warn!(%error, listener = listener.policy.name, "no connection accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(grace, all).await.is_err() {
        tracing::warn!(
            open = connections.len(),
            "connections cut off at the end of the grace time"
        );
        connections.shutdown().await;
    }
    Ok(())
}

/// Whether the server stops, for answers that would never end by themselves.
#[derive(Clone)]
pub(crate) struct Stopping(Option<watch::Receiver<bool>>);

impl Stopping {
    pub(crate) fn of(request: &Request<Body>) -> Self {
        let stopping = request.extensions().get::<Self>();
        stopping.cloned().unwrap_or(Self(None))
    }

    /// Waits until the server stops.
    pub(crate) async fn wait(&mut self) {
        match &mut self.0 {
            Some(stop) => stopped(stop).await,
            None => std::future::pending().await,
        }
    }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // A sender that is gone will never say stop: that is the end too.
    drop(stop.wait_for(|stop| *stop).await);
}

fn connection(
    listener: &HttpListener,
    stream: &TcpStream,
    peer: SocketAddr,
    bound: SocketAddr,
) -> Connection {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY was not set");
    }
    Connection {
        peer,
        bound,
        local: stream.local_addr().unwrap_or(bound),
        tls: listener.tls.is_some(),
        policy: Arc::clone(&listener.policy),
    }
}

/// HTTP/1.1 is the only protocol offered: a client that is offered `h2` speaks it.
fn acceptor(config: &Arc<rustls::ServerConfig>) -> TlsAcceptor {
    let only = [b"http/1.1".to_vec()];
    if config.alpn_protocols == only {
        return TlsAcceptor::from(Arc::clone(config));
    }
    let mut config = rustls::ServerConfig::clone(config);
    config.alpn_protocols = only.to_vec();
    TlsAcceptor::from(Arc::new(config))
}

async fn serve_connection(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    connection: Connection,
    head_time: Duration,
    api: &Api,
    stop: watch::Receiver<bool>,
) {
    let stream = WriteTimeout::new(stream);
    let Some(acceptor) = tls else {
        return serve_stream(stream, connection, head_time, api, stop).await;
    };
    match tokio::time::timeout(HANDSHAKE_TIME_MAX, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => serve_stream(stream, connection, head_time, api, stop).await,
        Ok(Err(error)) => {
            tracing::debug!(%error, peer = %connection.peer, "TLS handshake failed");
        }
        Err(_) => tracing::debug!(peer = %connection.peer, "TLS handshake took too long"),
    }
}

async fn serve_stream(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    connection: Connection,
    head_time: Duration,
    api: &Api,
    mut stop: watch::Receiver<bool>,
) {
    let peer = connection.peer;
    let router = api.router.clone();
    let stopping = Stopping(Some(stop.clone()));
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        answer(
            router.clone(),
            connection.clone(),
            stopping.clone(),
            request,
        )
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_time)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(serving);
    let result = tokio::select! {
        result = serving.as_mut() => result,
        () = stopped(&mut stop) => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, %peer, "connection ended");
    }
}

async fn answer(
    router: Router,
    connection: Connection,
    stopping: Stopping,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(connection);
    request.extensions_mut().insert(stopping);
    router.oneshot(request).await
}
