//! The sockets: bound before anything is announced, served until the stop, TLS read again.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use arc_swap::ArcSwap;
use prometheus::{IntGaugeVec, Opts, Registry};
use rustls::ServerConfig;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use vakt_api::{Api, HttpListener, ListenerPolicy};
use vakt_event::clock::SystemClock;
use vakt_event::time::MICROS_PER_SECOND;
use vakt_event::{Clock, Transport};
use vakt_ingest::accounting::Metrics;
use vakt_ingest::admission::{AdmissionConfig, SourceRule};
use vakt_ingest::intake::Intake;
use vakt_ingest::listener::{self, Kind, Limits, ListenerConfig};
use vakt_ingest::tls::ReloadableTls;
use vakt_storage::{Journal, ReadError};

use crate::certificate::{self, Standing};
use crate::config::{Config, Listener, ListenerKind};
use crate::descriptors;

/// 16 MiB of the journal's end, some 100 MiB of log lines: the last commits before an end without a
/// word, whose frames may not have been answered. The start waits for them to be read.
const STORED_BYTES: u64 = 16 * 1024 * 1024;

/// All listeners, bound and not served yet.
pub(super) struct Bound {
    syslog: Vec<(ListenerKind, listener::Bound)>,
    http: Vec<(Listener, tokio::net::TcpListener, SocketAddr)>,
    tls: Option<ReloadableTls>,
    connections_max: usize,
    metrics: Metrics,
    expiry: Expiry,
}

/// Until when the certificate is valid, by listener.
struct Expiry {
    gauge: IntGaugeVec,
    listeners: Vec<String>,
    certificate: Option<PathBuf>,
}

impl Expiry {
    fn new(config: &Config, registry: &Registry) -> Result<Self> {
        let options = Opts::new(
            "vakt_tls_certificate_not_after_timestamp_seconds",
            "When the certificate of a listener ends, in seconds since 1970.",
        );
        let gauge = IntGaugeVec::new(options, &["listener"])?;
        registry.register(Box::new(gauge.clone()))?;
        let with_tls = config
            .listeners
            .iter()
            .filter(|one| one.tls || one.kind.is_tls());
        Ok(Self {
            gauge,
            listeners: with_tls.map(|one| one.name.clone()).collect(),
            certificate: config.tls.as_ref().map(|files| files.certificate.clone()),
        })
    }

    /// Shows the end of the certificate that is used now, and says when it is near or over.
    fn show(&self, tls: Option<&ReloadableTls>) {
        if let Some(not_after) = tls.and_then(ReloadableTls::not_after) {
            let seconds = not_after.micros().div_euclid(MICROS_PER_SECOND);
            for listener in &self.listeners {
                self.gauge.with_label_values(&[listener]).set(seconds);
            }
        }
        let standing = |path: &PathBuf| certificate::standing(path, SystemClock.now());
        match self.certificate.as_ref().map(standing) {
            Some(Standing::Expired(text)) => tracing::error!("{text}"),
            Some(Standing::EndsSoon(text)) => tracing::warn!("{text}"),
            Some(Standing::Good) | None => {}
        }
    }
}

/// What listens.
pub(super) struct Listening {
    addresses: Vec<(&'static str, String)>,
    http_url: String,
    tls: Option<ReloadableTls>,
    expiry: Expiry,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Bound {
    /// Binds every listener of the configuration.
    ///
    /// # Errors
    /// An address that cannot be had, a certificate that cannot be read; each with its name.
    pub(super) async fn bind(
        config: &Config,
        registry: &Registry,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self> {
        let tls = config
            .tls
            .as_ref()
            .map(|files| ReloadableTls::load(files.to_ingest(), &[b"http/1.1"]))
            .transpose()?;
        let metrics = Metrics::register(registry)?;
        let expiry = Expiry::new(config, registry)?;
        expiry.show(tls.as_ref());
        let with_connections = config
            .listeners
            .iter()
            .filter(|listener| listener.kind != ListenerKind::SyslogUdp)
            .count();
        let connections_max = descriptors::connections_max(descriptors::raise(), with_connections);
        let mut bound = Self {
            syslog: Vec::new(),
            http: Vec::new(),
            tls,
            connections_max,
            metrics: metrics.clone(),
            expiry,
        };
        for listener in &config.listeners {
            let kind = match listener.kind {
                ListenerKind::SyslogUdp => Kind::Udp,
                ListenerKind::SyslogTcp => Kind::Tcp,
                ListenerKind::SyslogTls => Kind::Tls(bound.tls_config()?),
                ListenerKind::Relp => Kind::Relp(None),
                ListenerKind::RelpTls => Kind::Relp(Some(bound.tls_config()?)),
                ListenerKind::Http => {
                    bound.bind_http(listener).await?;
                    continue;
                }
            };
            let socket = listener::Listener::bind(ListenerConfig {
                name: listener.name.clone(),
                address: listener.address,
                kind,
                admission: admission(listener),
                limits: Limits {
                    connections_max,
                    ..Limits::default()
                },
                metrics: metrics.clone(),
                clock: Arc::clone(clock),
            })?;
            bound.syslog.push((listener.kind, socket));
        }
        Ok(bound)
    }

    /// The counters of what comes in.
    pub(super) fn metrics(&self) -> Metrics {
        self.metrics.clone()
    }

    /// After an end without a word: tells the RELP listeners what the end of the journal holds, since
    /// their clients send again what was not answered.
    pub(super) fn add_stored(&mut self, journal: &Journal) {
        let is_relp =
            |kind: &ListenerKind| matches!(kind, ListenerKind::Relp | ListenerKind::RelpTls);
        if !self.syslog.iter().any(|(kind, _)| is_relp(kind)) {
            return;
        }
        let mut reader = journal.reader(journal.position_before_end(STORED_BYTES));
        loop {
            let batch = match reader.next(Duration::ZERO) {
                Ok(Some(batch)) => batch,
                // The index and the detection report what is damaged.
                Err(ReadError::Lost(_)) => continue,
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!(%error, "what RELP clients send again may be stored twice");
                    return;
                }
            };
            if batch.source.transport != Transport::Relp {
                continue;
            }
            let listener = self
                .syslog
                .iter_mut()
                .find(|(kind, socket)| is_relp(kind) && socket.name() == batch.source.listener);
            if let Some((_, socket)) = listener {
                for frame in &batch.frames {
                    socket.add_stored(&batch.source, &frame.bytes);
                }
            }
        }
    }

    fn tls_config(&self) -> Result<Arc<ArcSwap<ServerConfig>>> {
        let tls = self.tls.as_ref();
        let tls = tls.context("a TLS listener needs a certificate")?;
        Ok(tls.config())
    }

    async fn bind_http(&mut self, listener: &Listener) -> Result<()> {
        let socket = tokio::net::TcpListener::bind(listener.address)
            .await
            .with_context(|| {
                format!(
                    "listener {} cannot listen on {}",
                    listener.name, listener.address
                )
            })?;
        let address = socket.local_addr()?;
        self.http.push((listener.clone(), socket, address));
        Ok(())
    }

    /// The first HTTP listener's address, as people type it; empty where there is none.
    pub(super) fn http_url(&self) -> String {
        self.http
            .first()
            .map_or_else(String::new, |(listener, _, address)| {
                http_url(listener, *address)
            })
    }

    /// The first syslog listener over TCP.
    pub(super) fn syslog_tcp(&self) -> Option<String> {
        self.syslog
            .iter()
            .find(|(kind, _)| *kind == ListenerKind::SyslogTcp)
            .map(|(_, socket)| socket.local_addr.to_string())
    }

    /// Serves on the runtime until `stopping` says so.
    pub(super) fn serve(
        self,
        runtime: &Runtime,
        intake: &Arc<dyn Intake>,
        api: &Api,
        stopping: &watch::Receiver<bool>,
        grace: Duration,
    ) -> Listening {
        let http_url = self.http_url();
        let mut addresses = Vec::new();
        let mut tasks = Vec::new();
        for (kind, socket) in self.syslog {
            let (name, scheme) = match kind {
                ListenerKind::SyslogUdp => ("syslog", "udp"),
                ListenerKind::SyslogTls => ("syslog", "tls"),
                ListenerKind::SyslogTcp | ListenerKind::Http => ("syslog", "tcp"),
                ListenerKind::Relp => ("relp", "relp"),
                ListenerKind::RelpTls => ("relp", "relps"),
            };
            addresses.push((name, format!("{scheme}://{}", socket.local_addr)));
            let (intake, stopping) = (Arc::clone(intake), stopping.clone());
            tasks.push(runtime.spawn(async move {
                if let Err(error) = socket.run(intake, stopping).await {
                    tracing::error!(%error, "a syslog listener ended");
                }
            }));
        }
        for (listener, socket, address) in self.http {
            addresses.push(("http", self::http_url(&listener, address)));
            let http = HttpListener {
                socket,
                tls: self
                    .tls
                    .as_ref()
                    .filter(|_| listener.tls)
                    .map(ReloadableTls::config),
                policy: Arc::new(ListenerPolicy {
                    name: listener.name,
                    stream: listener.stream,
                    open_intake: None,
                    hosts: listener.hosts,
                    zone: listener.time_zone,
                    connections_max: self.connections_max,
                }),
            };
            let (api, stopping) = (api.clone(), stopping.clone());
            tasks.push(runtime.spawn(async move {
                if let Err(error) = vakt_api::serve(http, api, stopping, grace).await {
                    tracing::error!(%error, "an HTTP listener ended");
                }
            }));
        }
        Listening {
            addresses,
            http_url,
            tls: self.tls,
            expiry: self.expiry,
            tasks: Mutex::new(tasks),
        }
    }
}

impl Listening {
    /// Kinds and addresses, in the order of the configuration.
    pub(super) fn addresses(&self) -> &[(&'static str, String)] {
        &self.addresses
    }

    pub(super) fn http_url(&self) -> &str {
        &self.http_url
    }

    /// Reads certificate and key again; new connections take them.
    pub(super) fn reload_tls(&self) -> Result<()> {
        if let Some(tls) = &self.tls {
            tls.reload()?;
            tracing::info!("certificate reloaded");
            self.expiry.show(Some(tls));
        }
        Ok(())
    }

    /// Comes back when every listener has handed over what it had read.
    pub(super) async fn ended(&self) {
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        for task in tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a listener ended in a panic");
            }
        }
    }
}

fn http_url(listener: &Listener, address: SocketAddr) -> String {
    let scheme = if listener.tls { "https" } else { "http" };
    format!("{scheme}://{address}")
}

fn admission(listener: &Listener) -> AdmissionConfig {
    let everybody = || {
        ["0.0.0.0/0", "::/0"]
            .iter()
            .filter_map(|net| net.parse().ok())
            .collect()
    };
    AdmissionConfig {
        allow: if !listener.networks.is_empty() {
            Some(listener.networks.clone())
        } else if listener.allow_plaintext {
            Some(everybody())
        } else {
            None
        },
        rules: listener
            .sources
            .iter()
            .map(|rule| SourceRule {
                networks: rule.networks.clone(),
                stream: rule.stream.clone(),
                zone: rule.time_zone.clone(),
            })
            .collect(),
        stream: listener.stream.clone(),
        zone: listener.time_zone.clone(),
        drill: false,
    }
}
