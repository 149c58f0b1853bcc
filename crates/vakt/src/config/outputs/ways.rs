//! What an output, the heartbeat and an expected source are, once they were read.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use lettre::message::Mailbox;
use vakt_incident::Route;

use crate::config::read_token;

/// Where notices go, and which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Which notices, and how many. Its `output` is the name.
    pub route: Route,
    /// Names of users may leave the house this way.
    pub allows_users: bool,
    /// Lines as they were sent may leave the house this way, as far as `redact:` leaves them.
    pub allows_raw: bool,
    pub way: Way,
}

impl Output {
    pub fn name(&self) -> &str {
        &self.route.output
    }
}

/// How notices are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    Webhook(Webhook),
    Email(Email),
    Alertmanager(Alertmanager),
    Syslog(Syslog),
}

/// A receiver of JSON over HTTP. Its address often holds a secret, as the token is one.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    pub url: String,
    /// What is sent as a bearer token.
    pub token: Option<Secret>,
    /// What bodies are signed with.
    pub signing_secret: Option<Secret>,
    /// A certificate to trust beside the system's.
    pub ca: Option<PathBuf>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    pub server: String,
    pub port: u16,
    pub encryption: Encryption,
    /// User and password.
    pub login: Option<(String, Secret)>,
    pub from: Mailbox,
    pub to: Vec<Mailbox>,
    pub cc: Vec<Mailbox>,
    pub language: Language,
    pub ca: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// The connection becomes TLS by the command STARTTLS, or nothing is sent.
    StartTls,
    /// TLS from the first byte (RFC 8314).
    Tls,
    None,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    English,
    Swedish,
}

#[derive(Clone, PartialEq, Eq)]
pub struct Alertmanager {
    /// Without `/api/v2/alerts`.
    pub url: String,
    pub token: Option<Secret>,
    pub ca: Option<PathBuf>,
    /// How often it is told again of what goes on; below its `resolve_timeout`.
    pub resend: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Syslog {
    /// Host and port.
    pub address: String,
    pub transport: SyslogTransport,
    pub format: SyslogFormat,
    pub ca: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyslogTransport {
    Udp,
    Tcp,
    Tls,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyslogFormat {
    Rfc5424,
    Cef,
    Json,
}

/// A watchdog elsewhere that notices when it hears nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Heartbeat {
    pub url: String,
    pub token: Option<Secret>,
    pub ca: Option<PathBuf>,
    pub interval: Duration,
    /// Matching may be so far behind; beyond that nothing is sent.
    pub lag_max: Duration,
}

/// A sender that is to be heard again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedSource {
    pub host: Option<String>,
    pub peer: Option<IpAddr>,
    pub stream: Option<String>,
    /// It is silent when nothing came for so long.
    pub within: Duration,
}

/// A secret, or where it is.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    /// Written in the configuration itself.
    Inline(String),
    /// The file that holds it, read each time, so that it can be exchanged while the daemon runs.
    File(PathBuf),
}

impl Secret {
    /// # Errors
    /// A file that cannot be read or is empty, with its name.
    pub fn read(&self) -> Result<String> {
        match self {
            Self::Inline(secret) => Ok(secret.clone()),
            Self::File(path) => read_token(path),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inline(_) => f.write_str("Inline(…)"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
        }
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("url", &"…")
            .field("token", &self.token)
            .field("signing_secret", &self.signing_secret)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Alertmanager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alertmanager")
            .field("url", &"…")
            .field("token", &self.token)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Heartbeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heartbeat")
            .field("url", &"…")
            .field("interval", &self.interval)
            .field("lag_max", &self.lag_max)
            .finish_non_exhaustive()
    }
}
