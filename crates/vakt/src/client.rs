//! The commands' way to a running daemon: HTTP with a token.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value as Json;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use crate::command::{Connection, Global};
use crate::config::Config;
use crate::data_dir::DataDir;

/// How long a request may take. A search waits for the index and reads much; nothing else is slow.
const TIMEOUT: Duration = Duration::from_secs(120);

/// The most of an answer that is read, in bytes: 10,000 hits of a kilobyte with room.
const ANSWER_BYTES_MAX: u64 = 256 << 20;

/// A daemon, and the right to speak to it.
#[derive(Debug)]
pub struct Client {
    agent: ureq::Agent,
    url: String,
    token: Option<String>,
}

impl Client {
    pub fn new(global: &Global, connection: &Connection) -> Result<Self> {
        let config = Config::of(global)?;
        let data_dir = DataDir::find(global.data_dir.as_deref(), config.data_dir.as_deref())?;
        let token = match &connection.token {
            Some(token) => Some(token.clone()),
            None => match std::env::var("VAKT_TOKEN") {
                Ok(token) if !token.is_empty() => Some(token),
                _ => std::fs::read_to_string(data_dir.admin_token()).ok(),
            },
        };
        let mut trusted = Vec::new();
        if let Some(path) = &connection.ca {
            trusted.extend(certificates(path)?);
        } else if data_dir.tls_certificate().exists() {
            trusted.extend(certificates(&data_dir.tls_certificate())?);
        }
        Ok(Self {
            agent: agent(trusted, TIMEOUT),
            url: connection.url.trim_end_matches('/').to_owned(),
            token: token.map(|token| token.trim().to_owned()),
        })
    }

    /// A client with a known address and token, for a daemon that this process started.
    pub fn of(url: &str, token: Option<String>) -> Self {
        Self {
            agent: agent(Vec::new(), TIMEOUT),
            url: url.to_owned(),
            token,
        }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether a daemon answers at all.
    pub fn is_up(&self) -> bool {
        self.agent
            .get(format!("{}/healthz", self.url))
            .call()
            .is_ok_and(|answer| answer.status().is_success())
    }

    pub fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Json> {
        let mut request = self.agent.get(format!("{}{path}", self.url));
        for (name, value) in query {
            request = request.query(name, value);
        }
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.answer(request.call())
    }

    pub fn post(&self, path: &str, body: &Json) -> Result<Json> {
        let mut request = self.agent.post(format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.answer(request.send_json(body))
    }

    pub fn delete(&self, path: &str) -> Result<Json> {
        let mut request = self.agent.delete(format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.answer(request.call())
    }

    /// Posts events as NDJSON; `drill` marks them as an exercise.
    pub fn post_events(&self, ndjson: &str, drill: bool) -> Result<Json> {
        let mut request = self
            .agent
            .post(format!("{}/api/v1/events", self.url))
            .header("content-type", "application/x-ndjson");
        if drill {
            request = request.header("x-vakt-drill", "1");
        }
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.answer(request.send(ndjson))
    }

    fn answer(
        &self,
        result: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<Json> {
        let mut response = result.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        let text = response
            .body_mut()
            .with_config()
            .limit(ANSWER_BYTES_MAX)
            .read_to_string()
            .context("the daemon's answer could not be read")?;
        if status.is_success() {
            if text.is_empty() {
                return Ok(Json::Null);
            }
            return serde_json::from_str(&text).context("the daemon's answer is not JSON");
        }
        if status == 401 {
            bail!(
                "the daemon at {} wants a credential: give --token TOKEN, set VAKT_TOKEN, or name \
                 the daemon's data directory with --data-dir (its admin.token is read)",
                self.url
            );
        }
        let error = serde_json::from_str::<Json>(&text).unwrap_or(Json::Null);
        let part = |name: &str| {
            error
                .pointer(&format!("/error/{name}"))
                .and_then(Json::as_str)
        };
        match (part("message"), part("help")) {
            (Some(message), Some(help)) if !help.is_empty() => bail!("{message}\nhelp: {help}"),
            (Some(message), _) => bail!("{message}"),
            _ => bail!("the daemon at {} answered {status}", self.url),
        }
    }

    fn unreachable(&self, error: &ureq::Error) -> anyhow::Error {
        anyhow!(
            "no daemon answers at {} ({error}): start one with `vakt serve`, or name its address \
             with --url",
            self.url
        )
    }
}

/// An agent that trusts the system's certificates and `trusted`, follows no redirect with a
/// credential, and gives up after `timeout`.
pub fn agent(trusted: Vec<Certificate<'static>>, timeout: Duration) -> ureq::Agent {
    let mut roots = trusted;
    roots.extend(
        rustls_native_certs::load_native_certs()
            .certs
            .iter()
            .map(|der| Certificate::from_der(der.as_ref()).to_owned()),
    );
    ureq::Agent::config_builder()
        .timeout_global(Some(timeout))
        .http_status_as_error(false)
        .max_redirects(0)
        .user_agent(concat!("vakt/", env!("CARGO_PKG_VERSION")))
        .tls_config(
            TlsConfig::builder()
                .root_certs(RootCerts::from(roots))
                .build(),
        )
        .build()
        .new_agent()
}

/// The certificates of a PEM file.
pub fn certificates(path: &Path) -> Result<Vec<Certificate<'static>>> {
    let pem = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(Ok(certificate)),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        })
        .collect::<Result<Vec<_>, _>>()
        .with_context(|| format!("{} holds no certificates in PEM form", path.display()))
}
