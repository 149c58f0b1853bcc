//! The configuration: one YAML file. Without one, Vakt runs on loopback with its embedded rules.
//!
//! Everything wrong in the file is said at once, each fault at its line, and an unknown key is an
//! error that names the nearest known one.

mod assets;
mod incidents;
mod intake;
pub mod outputs;
mod period;
mod read;
mod redact;
mod schema;
mod services;
mod storage;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use ipnet::IpNet;
use vakt_incident::reminder::Policy;
use vakt_incident::{Entity, HalfLife, Regimes, Service, Thresholds};
use vakt_rules::{Diagnostic, Placeholders};

use crate::command::{Global, ListenFlags};
use crate::redact::Rule;
use crate::ruleset::RuleSettings;

pub use assets::AssetSource;
pub use incidents::read as read_regimes;
pub use intake::Intake;
pub use outputs::{ExpectedSource, Heartbeat, Output, Secret, Way, Webhook};
pub use storage::Retention;
pub use vakt_incident::form::Organisation;

/// The configuration file must be smaller than this, in bytes: a list of networks and streams.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// The stream of whatever no rule of the configuration assigns elsewhere.
pub const DEFAULT_STREAM: &str = "default";

#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Who the records and reports are for.
    pub organisation: Option<Organisation>,
    /// What the organisation is before the law of significance.
    pub entity: Entity,
    /// What it provides.
    pub services: Vec<Service>,
    pub data_dir: Option<PathBuf>,
    /// Rule files and folders in place of the embedded pack.
    pub rules: Vec<PathBuf>,
    /// Checks of the linter that are to be silent for all rules.
    pub lint_allow: Vec<String>,
    /// Load rules of the status deprecated or unsupported too.
    pub include_deprecated: bool,
    /// Processing pipelines for the rules: files, or names of built-in ones.
    pub pipelines: Vec<String>,
    /// Values for the placeholders of rules (`expand`).
    pub placeholders: Placeholders,
    pub listeners: Vec<Listener>,
    pub tls: Option<TlsFiles>,
    /// The names of all streams; a token or listener may name no other.
    pub streams: Vec<String>,
    /// Credentials that may only send logs, each into one stream.
    pub intake_tokens: Vec<IntakeToken>,
    /// Who is told of what.
    pub outputs: Vec<Output>,
    pub heartbeat: Option<Heartbeat>,
    /// Senders whose silence is told.
    pub expected_sources: Vec<ExpectedSource>,
    /// Where people reach the pages, for links in notices.
    pub public_url: Option<String>,
    /// Bytes of the file system that stay free; `None` leaves it to the journal.
    pub reserve: Option<u64>,
    /// Bytes of a journal segment; `None` leaves it to the journal.
    pub segment: Option<u64>,
    pub retention: Retention,
    /// How long is kept who searched for what.
    pub search_log: Duration,
    /// Whether and into which stream people report what happened.
    pub intake: Intake,
    /// What of events the index and its answers hold in another form, or not at all.
    pub redact: Vec<Rule>,
    /// The regimes of a new incident.
    pub regimes: Vec<String>,
    /// The data of the regimes, in place of what is compiled in.
    pub regimes_file: Option<PathBuf>,
    /// What opens a draft beside rules that say so.
    pub thresholds: Thresholds,
    /// What the risk of an entity is lessened by.
    pub half_life: HalfLife,
    pub assets: AssetSource,
    /// When somebody is reminded of a clock.
    pub reminders: Policy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListenerKind {
    SyslogUdp,
    SyslogTcp,
    SyslogTls,
    Relp,
    RelpTls,
    Http,
}

impl ListenerKind {
    pub const ALL: [Self; 6] = [
        Self::SyslogUdp,
        Self::SyslogTcp,
        Self::SyslogTls,
        Self::Relp,
        Self::RelpTls,
        Self::Http,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::SyslogUdp => "syslog-udp",
            Self::SyslogTcp => "syslog-tcp",
            Self::SyslogTls => "syslog-tls",
            Self::Relp => "relp",
            Self::RelpTls => "relp-tls",
            Self::Http => "http",
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Self::SyslogUdp | Self::SyslogTcp => 5514,
            // RFC 5425, section 4.1.
            Self::SyslogTls => 6514,
            // None is assigned; the first is that of rsyslog's documentation.
            Self::Relp => 2514,
            Self::RelpTls => 2515,
            Self::Http => 8514,
        }
    }

    /// Whether it speaks nothing but TLS.
    pub fn is_tls(self) -> bool {
        matches!(self, Self::SyslogTls | Self::RelpTls)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Shown in events as `vakt.listener`; the kind where nothing else is said.
    pub name: String,
    pub kind: ListenerKind,
    pub address: SocketAddr,
    /// HTTP only: serve TLS with the certificate of `tls`.
    pub tls: bool,
    /// Plaintext syslog: who may send. Empty means everybody, which only loopback may have.
    pub networks: Vec<IpNet>,
    pub stream: String,
    /// The zone of claimed times without an offset; `None` is this machine's own.
    pub time_zone: Option<String>,
    /// Senders of some networks, kept apart.
    pub sources: Vec<SourceRule>,
    /// HTTP only: names, beside addresses, under which clients may address it.
    pub hosts: Vec<String>,
    /// The operator wrote that this listener may speak plaintext beyond loopback.
    pub allow_plaintext: bool,
    /// Where the configuration has it.
    pub line: Option<usize>,
}

/// A listener that may not be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsafeListener {
    /// Where the configuration has it.
    pub line: Option<usize>,
    /// Why, with what to do.
    pub reason: String,
}

impl UnsafeListener {
    /// As a line of `vakt check` about the configuration in this file.
    pub fn shown(&self, path: Option<&Path>) -> String {
        match (path, self.line) {
            (Some(path), Some(line)) => {
                format!(
                    "{}:{line}: error[listener-unsafe]: {}",
                    path.display(),
                    self.reason
                )
            }
            _ => format!("error[listener-unsafe]: {}", self.reason),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRule {
    pub networks: Vec<IpNet>,
    pub stream: String,
    pub time_zone: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntakeToken {
    pub name: String,
    pub stream: String,
    /// The file that holds the token, so that the configuration holds no secret.
    pub token_file: PathBuf,
}

/// The token that a file holds, without the white space around it.
///
/// # Errors
/// A file that cannot be read, is empty, or has several lines.
pub fn read_token(path: &Path) -> Result<String> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the token file {shown} cannot be read"))?;
    let token = text.trim();
    anyhow::ensure!(!token.is_empty(), "the token file {shown} is empty");
    anyhow::ensure!(
        !token.contains(['\n', '\r']),
        "the token file {shown} has several lines, and a token is one"
    );
    Ok(token.to_owned())
}

impl Default for Config {
    fn default() -> Self {
        Self {
            organisation: None,
            entity: Entity::default(),
            services: Vec::new(),
            data_dir: None,
            rules: Vec::new(),
            lint_allow: Vec::new(),
            include_deprecated: false,
            pipelines: Vec::new(),
            placeholders: Placeholders::new(),
            listeners: [
                ListenerKind::SyslogUdp,
                ListenerKind::SyslogTcp,
                ListenerKind::Http,
            ]
            .map(Listener::on_loopback)
            .into(),
            tls: None,
            streams: vec![DEFAULT_STREAM.to_owned()],
            intake_tokens: Vec::new(),
            outputs: Vec::new(),
            heartbeat: None,
            expected_sources: Vec::new(),
            public_url: None,
            reserve: None,
            segment: None,
            retention: Retention::default(),
            search_log: vakt_api::searches::KEPT,
            intake: Intake::default(),
            redact: Vec::new(),
            regimes: vec![vakt_incident::regime::DEFAULT_REGIME.to_owned()],
            regimes_file: None,
            thresholds: Thresholds::default(),
            half_life: HalfLife::default(),
            assets: AssetSource::default(),
            reminders: Policy::default(),
        }
    }
}

impl Listener {
    fn on_loopback(kind: ListenerKind) -> Self {
        Self {
            name: kind.as_str().to_owned(),
            kind,
            address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), kind.default_port()),
            tls: kind.is_tls(),
            networks: Vec::new(),
            stream: DEFAULT_STREAM.to_owned(),
            time_zone: None,
            sources: Vec::new(),
            hosts: Vec::new(),
            allow_plaintext: false,
            line: None,
        }
    }
}

impl TlsFiles {
    pub fn to_ingest(&self) -> vakt_ingest::tls::TlsFiles {
        vakt_ingest::tls::TlsFiles {
            certificate: self.certificate.clone(),
            key: self.key.clone(),
        }
    }
}

impl Config {
    /// The configuration that the command line names, or the defaults.
    ///
    /// # Errors
    /// A file that cannot be read, or is wrong: then with every fault in the message.
    pub fn of(global: &Global) -> Result<Self> {
        match &global.config {
            None => Ok(Self::default()),
            Some(path) => {
                let (config, diagnostics) = Self::read(path)?;
                if diagnostics.is_empty() {
                    return Ok(config);
                }
                let mut shown: String = diagnostics.iter().map(ToString::to_string).collect();
                // Whoever mends the faults need not meet these only then.
                for one in config.unsafe_listeners() {
                    shown.push_str(&format!("{}\n", one.shown(Some(path))));
                }
                bail!("the configuration is refused\n{shown}")
            }
        }
    }

    /// The configuration of a file, and everything that is wrong with it.
    pub fn read(path: &Path) -> Result<(Self, Vec<Diagnostic>)> {
        let (shown, text) = Self::text(path)?;
        Ok(schema::parse(&shown, &text, schema::Files::Untouched))
    }

    /// As [`Self::read`]; the files that it names are read too, and what is wrong with them said.
    pub fn read_with_files(path: &Path) -> Result<(Self, Vec<Diagnostic>)> {
        let (shown, text) = Self::text(path)?;
        Ok(schema::parse(&shown, &text, schema::Files::Read))
    }

    /// The data of the regimes, that of the file or what is compiled in.
    ///
    /// # Errors
    /// A file that cannot be read, or is no such data; then with all that is wrong.
    pub fn regime_data(&self) -> Result<Arc<Regimes>> {
        match &self.regimes_file {
            None => Ok(Arc::clone(Regimes::embedded_arc())),
            Some(path) => {
                incidents::read(path).with_context(|| format!("regimes_file {}", path.display()))
            }
        }
    }

    fn text(path: &Path) -> Result<(String, String)> {
        let shown = path.display().to_string();
        let size = std::fs::metadata(path)
            .with_context(|| format!("cannot read the configuration {shown}"))?
            .len();
        anyhow::ensure!(
            size <= FILE_BYTES_MAX,
            "the configuration {shown} has {size} bytes; the most is {FILE_BYTES_MAX}"
        );
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the configuration {shown}"))?;
        Ok((shown, text))
    }

    /// Where the commands on this machine reach the daemon over HTTP.
    ///
    /// # Errors
    /// No HTTP listener, or one whose port is chosen at the start.
    pub fn http_url(&self) -> Result<String> {
        let mut listeners = self.listeners.iter();
        let Some(listener) = listeners.find(|one| one.kind == ListenerKind::Http) else {
            bail!("the configuration has no listener of kind http: name the daemon with --url");
        };
        let mut address = listener.address;
        if address.port() == 0 {
            bail!(
                "the listener {} takes any free port, which the daemon prints when it starts: \
                 give it with --url",
                listener.name
            );
        }
        if address.ip().is_unspecified() {
            address.set_ip(match address.ip() {
                IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        // A certificate is for a name, as a rule, not for an address.
        let name = listener.hosts.first().filter(|_| listener.tls);
        Ok(match (listener.tls, name) {
            (true, Some(name)) => format!("https://{name}:{}", address.port()),
            (true, None) => format!("https://{address}"),
            (false, _) => format!("http://{address}"),
        })
    }

    /// What to load: the rules and pipelines of the command line, else those of the configuration.
    pub fn rule_settings(&self, global: &Global) -> RuleSettings {
        let paths = match global.rules.as_slice() {
            [] => self.rules.clone(),
            given => given.to_vec(),
        };
        let pipelines = match global.pipeline.as_slice() {
            [] => self.pipelines.clone(),
            given => given.to_vec(),
        };
        RuleSettings {
            paths,
            pipelines,
            placeholders: self.placeholders.clone(),
            include_deprecated: self.include_deprecated || global.include_deprecated,
        }
    }

    /// Replaces addresses by those that the command line gives; a kind that is not configured is
    /// added.
    pub fn apply(&mut self, flags: &ListenFlags) {
        let given = [
            (ListenerKind::SyslogUdp, flags.syslog_udp),
            (ListenerKind::SyslogTcp, flags.syslog_tcp),
            (ListenerKind::SyslogTls, flags.syslog_tls),
            (ListenerKind::Relp, flags.relp),
            (ListenerKind::RelpTls, flags.relp_tls),
            (ListenerKind::Http, flags.http),
        ];
        for (kind, address) in given {
            let Some(address) = address else { continue };
            if let Some(listener) = self.listeners.iter_mut().find(|one| one.kind == kind) {
                listener.address = address;
            } else {
                self.listeners.push(Listener {
                    address,
                    ..Listener::on_loopback(kind)
                });
            }
        }
    }

    /// Which listeners may not be opened, and why.
    pub fn unsafe_listeners(&self) -> Vec<UnsafeListener> {
        let mut found = Vec::new();
        for listener in &self.listeners {
            let line = listener.line;
            let reasons = self.why_unsafe(listener).into_iter();
            found.extend(reasons.map(|reason| UnsafeListener { line, reason }));
        }
        found
    }

    fn why_unsafe(&self, listener: &Listener) -> Vec<String> {
        let mut reasons = Vec::new();
        let Listener { name, address, .. } = listener;
        if listener.tls && self.tls.is_none() {
            reasons.push(format!(
                "listener {name} speaks TLS, but no certificate is configured: write `tls:` \
                 with `certificate` and `key` (for a trial, `vakt tls self-signed` makes them)"
            ));
        }
        let is_open_to_all = listener.networks.is_empty() && !listener.allow_plaintext;
        if listener.kind.is_tls() && !address.ip().is_loopback() && is_open_to_all {
            reasons.push(format!(
                "listener {name} would take syslog from anybody on {address}, which is not \
                 loopback: name the senders' `networks` (0.0.0.0/0 and ::/0 are everybody)"
            ));
        }
        if address.ip().is_loopback() || listener.tls || listener.allow_plaintext {
            return reasons;
        }
        match listener.kind {
            ListenerKind::Http => reasons.push(format!(
                "listener {name} would serve HTTP without TLS on {address}, which is not \
                 loopback: tokens and logs would cross the network readable. Configure `tls:` \
                 and `tls: true` on the listener, or write `allow_plaintext: true` on it if \
                 something in front of it encrypts"
            )),
            ListenerKind::SyslogUdp | ListenerKind::SyslogTcp | ListenerKind::Relp
                if listener.networks.is_empty() =>
            {
                let with_tls = match listener.kind {
                    ListenerKind::Relp => ListenerKind::RelpTls,
                    _ => ListenerKind::SyslogTls,
                };
                reasons.push(format!(
                    "listener {name} would take plaintext syslog from anybody on {address}, \
                     which is not loopback: name the senders' `networks`, use kind {}, \
                     or write `allow_plaintext: true` on it",
                    with_tls.as_str()
                ));
            }
            _ => {}
        }
        reasons
    }
}
