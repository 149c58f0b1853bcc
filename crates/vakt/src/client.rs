//! The commands' way to a running daemon: HTTP with a token.

use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value as Json;
use ureq::RequestBuilder;
use ureq::config::ConfigBuilder;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::typestate::{AgentScope, WithoutBody};

pub use vakt_event::percent::encoded;

use crate::command::{Connection, Global};
use crate::config::Config;
use crate::data_dir::DataDir;

/// How long a request may take. A search waits for the index and reads much; nothing else is slow.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A machine that is there answers at once.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest line of an answer, in bytes: an event of a megabyte, escaped, with its fields.
const LINE_BYTES_MAX: u64 = 64 << 20;

/// The most of an answer that is read, in bytes: 10,000 hits of a kilobyte with room.
const ANSWER_BYTES_MAX: u64 = 256 << 20;

/// A daemon, and the right to speak to it.
#[derive(Debug)]
pub struct Client {
    agent: ureq::Agent,
    url: String,
    token: Option<String>,
    /// Where the token was found, for the message that says it is wrong.
    token_from: String,
}

impl Client {
    pub fn new(global: &Global, connection: &Connection) -> Result<Self> {
        let config = Config::of(global)?;
        let data_dir = DataDir::find(global.data_dir.as_deref(), config.data_dir.as_deref())?;
        let (token, token_from) = match &connection.token {
            Some(token) => (Some(token.clone()), "of --token".to_owned()),
            None => match std::env::var("VAKT_TOKEN") {
                Ok(token) if !token.is_empty() => (Some(token), "in VAKT_TOKEN".to_owned()),
                _ => (
                    std::fs::read_to_string(data_dir.admin_token()).ok(),
                    format!("in {}", data_dir.admin_token().display()),
                ),
            },
        };
        let url = match &connection.url {
            Some(url) => url.clone(),
            None => config.http_url()?,
        };
        let reach = Reach::of(&url)?;
        if reach == Reach::Readable && token.is_some() && !connection.insecure_http {
            bail!(
                "the credential would cross the network readable to {url}: use an https:// \
                 address (`tls: true` on the daemon's listener), or say --insecure-http if \
                 something else encrypts the way"
            );
        }
        let mut trusted = Vec::new();
        if let Some(path) = &connection.ca {
            trusted.extend(certificates(path)?);
        } else {
            if data_dir.tls_certificate().exists() {
                trusted.extend(certificates(&data_dir.tls_certificate())?);
            }
            if let Some(files) = &config.tls {
                // Whoever may not read it here may have the authority among the system's.
                trusted.extend(certificates(&files.certificate).unwrap_or_default());
            }
        }
        Ok(Self {
            agent: agent_to(reach, trusted),
            url: url.trim_end_matches('/').to_owned(),
            token: token.map(|token| token.trim().to_owned()),
            token_from,
        })
    }

    /// A client with a known address and token, for a daemon that this process started.
    pub fn of(url: &str, token: Option<String>) -> Self {
        Self {
            agent: agent_to(Reach::Loopback, Vec::new()),
            url: url.to_owned(),
            token,
            token_from: "that it wrote itself".to_owned(),
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

    /// Whether a daemon answers, and why not.
    ///
    /// # Errors
    /// None does, or one that cannot be trusted.
    pub fn reach(&self) -> Result<(), Unreached> {
        let asked = self.agent.get(format!("{}/healthz", self.url)).call();
        let (is_untrusted, text) = match asked {
            Ok(answer) if answer.status().is_success() => return Ok(()),
            Ok(answer) => {
                let text = format!(
                    "what answers at {} is no Vakt: HTTP {}",
                    self.url,
                    answer.status()
                );
                (false, text)
            }
            Err(error) if is_of_tls(&error) => (true, self.unreachable(&error).to_string()),
            Err(error) => (false, format!("none answers at {} ({error})", self.url)),
        };
        Err(Unreached { is_untrusted, text })
    }

    /// Why the daemon says that it is not ready, and what else a person should look at; empty where it is. A daemon elsewhere than on this machine
    /// tells only who may ask.
    ///
    /// # Errors
    /// No answer, or one that does not say.
    pub fn standing(&self) -> Result<(Vec<String>, Vec<String>)> {
        let answer = self.asking("/readyz", &[]).call();
        let mut answer = answer.map_err(|error| self.unreachable(&error))?;
        let said: Json = answer.body_mut().read_json()?;
        let reasons = said["reasons"].as_array();
        let reasons = reasons.with_context(|| format!("the answer has no reasons: {said}"))?;
        let words = |all: &[Json]| {
            let words = all.iter().filter_map(Json::as_str);
            words.map(str::to_owned).collect()
        };
        let notes = said["notes"].as_array().map_or(&[][..], Vec::as_slice);
        Ok((words(reasons), words(notes)))
    }

    pub fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Json> {
        self.answer(self.asking(path, query).call())
    }

    /// An answer that is a text as it is.
    ///
    /// # Errors
    /// [`Refused`] where the daemon answers and does not give it.
    pub fn text(&self, path: &str) -> Result<String> {
        let result = self.asking(path, &[]).call();
        let response = result.map_err(|error| self.unreachable(&error))?;
        if !response.status().is_success() {
            return Err(self.refused(response));
        }
        text_of(response)
    }

    /// The lines of an answer in NDJSON, read one by one. Between two of them `pause_max` may pass.
    ///
    /// # Errors
    /// [`Refused`] where the daemon answers and does not give it.
    pub fn lines(
        &self,
        path: &str,
        query: &[(&str, String)],
        pause_max: Duration,
    ) -> Result<Lines> {
        let request = self
            .asking(path, query)
            .header("accept", "application/x-ndjson");
        self.lines_of(streamed(request, pause_max).call())
    }

    /// As [`Self::lines`], of a request with a body.
    ///
    /// # Errors
    /// As those of [`Self::lines`].
    pub fn post_lines(&self, path: &str, body: &Json, pause_max: Duration) -> Result<Lines> {
        let mut request = self.agent.post(format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.lines_of(streamed(request, pause_max).send_json(body))
    }

    fn lines_of(
        &self,
        result: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<Lines> {
        let response = result.map_err(|error| self.unreachable(&error))?;
        if !response.status().is_success() {
            return Err(self.refused(response));
        }
        Ok(Lines {
            reader: BufReader::new(response.into_body().into_reader()),
            line: Vec::new(),
        })
    }

    fn asking(&self, path: &str, query: &[(&str, String)]) -> RequestBuilder<WithoutBody> {
        let mut request = self.agent.get(format!("{}{path}", self.url));
        for (name, value) in query {
            request = request.query(name, value);
        }
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        request
    }

    /// The list `key` behind `path`, page after page: at most `limit` items, and the cursor of what
    /// follows. The other members of the answer are those of the first page.
    pub fn list(
        &self,
        path: &str,
        query: &[(&str, String)],
        key: &str,
        limit: Option<usize>,
        page_max: usize,
    ) -> Result<Json> {
        let mut whole: Option<Json> = None;
        let mut items = Vec::new();
        let mut next = Json::Null;
        loop {
            let left = limit.map_or(page_max, |limit| limit.saturating_sub(items.len()));
            let mut query = query.to_vec();
            query.push(("limit", left.min(page_max).to_string()));
            if let Some(cursor) = next.as_str() {
                query.push(("cursor", cursor.to_owned()));
            }
            let mut page = self.get(path, &query)?;
            next = page["next"].take();
            let found = match page[key].take() {
                Json::Array(found) => found,
                _ => Vec::new(),
            };
            let is_last = found.is_empty() || !next.is_string();
            items.extend(found);
            let mut answer = whole.take().unwrap_or(page);
            if is_last || limit.is_some_and(|limit| items.len() >= limit) {
                answer[key] = Json::Array(items);
                answer["next"] = next;
                return Ok(answer);
            }
            whole = Some(answer);
        }
    }

    pub fn post(&self, path: &str, body: &Json) -> Result<Json> {
        let mut request = self.agent.post(format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.answer(request.send_json(body))
    }

    /// Posts bytes as they are.
    ///
    /// # Errors
    /// As those of [`Self::post`].
    pub fn post_bytes(&self, path: &str, bytes: &[u8]) -> Result<Json> {
        let mut request = self
            .agent
            .post(format!("{}{path}", self.url))
            .header("content-type", "application/octet-stream");
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.answer(request.send(bytes))
    }

    /// An answer as its bytes.
    ///
    /// # Errors
    /// [`Refused`] where the daemon answers and does not give it.
    pub fn bytes(&self, path: &str) -> Result<Vec<u8>> {
        let result = self.asking(path, &[]).call();
        let mut response = result.map_err(|error| self.unreachable(&error))?;
        if !response.status().is_success() {
            return Err(self.refused(response));
        }
        let body = response.body_mut().with_config();
        body.limit(ANSWER_BYTES_MAX)
            .read_to_vec()
            .context("the daemon's answer could not be read")
    }

    /// As [`Self::post`], with PUT.
    ///
    /// # Errors
    /// As those of [`Self::post`].
    pub fn put(&self, path: &str, body: &Json) -> Result<Json> {
        let mut request = self.agent.put(format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.answer(request.send_json(body))
    }

    /// Posts a file as it is.
    ///
    /// # Errors
    /// As those of [`Self::post`].
    pub fn post_file(&self, path: &str, media_type: &str, bytes: &[u8]) -> Result<Json> {
        let mut request = self
            .agent
            .post(format!("{}{path}", self.url))
            .header("content-type", media_type);
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.answer(request.send(bytes))
    }

    /// A file of the daemon's, of at most `bytes_max` bytes.
    ///
    /// # Errors
    /// As those of [`Self::post`].
    pub fn file(&self, path: &str, bytes_max: u64) -> Result<Vec<u8>> {
        let result = self.asking(path, &[]).call();
        let mut response = result.map_err(|error| self.unreachable(&error))?;
        if !response.status().is_success() {
            return Err(self.refused(response));
        }
        let body = response.body_mut().with_config().limit(bytes_max);
        body.read_to_vec()
            .context("the daemon's answer could not be read")
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
        let response = result.map_err(|error| self.unreachable(&error))?;
        if !response.status().is_success() {
            return Err(self.refused(response));
        }
        let text = text_of(response)?;
        if text.is_empty() {
            return Ok(Json::Null);
        }
        serde_json::from_str(&text).context("the daemon's answer is not JSON")
    }

    /// Why the daemon did not do what was asked.
    fn refused(&self, response: ureq::http::Response<ureq::Body>) -> anyhow::Error {
        let status = response.status();
        let text = match text_of(response) {
            Ok(text) => text,
            Err(error) => return error,
        };
        let error = serde_json::from_str::<Json>(&text).unwrap_or(Json::Null);
        let part = |name: &str| {
            let part = error.pointer(&format!("/error/{name}"));
            part.and_then(Json::as_str).unwrap_or_default().to_owned()
        };
        let mut message = part("message");
        let mut help = part("help");
        if status == 401 {
            let what = match self.token {
                None => "wants a credential".to_owned(),
                Some(_) => format!("does not know the token {}", self.token_from),
            };
            message = format!(
                "the daemon at {} {what}: give --token TOKEN, set VAKT_TOKEN, or name \
                 the daemon's data directory with --data-dir (its admin.token is read)",
                self.url
            );
            help.clear();
        } else if message.is_empty() {
            message = format!("the daemon at {} answered {status}", self.url);
        }
        let position = error.pointer("/error/position").and_then(Json::as_u64);
        let diagnostics = error.pointer("/error/diagnostics").and_then(Json::as_array);
        let diagnostics = diagnostics.into_iter().flatten();
        anyhow::Error::new(Refused {
            status: status.as_u16(),
            position: position.and_then(|position| usize::try_from(position).ok()),
            diagnostics: diagnostics
                .filter_map(|one| one.as_str().map(str::to_owned))
                .collect(),
            message,
            help,
        })
    }

    fn unreachable(&self, error: &ureq::Error) -> anyhow::Error {
        let url = &self.url;
        if is_of_tls(error) {
            return anyhow!(
                "the daemon at {url} cannot be trusted ({error}): give its certificate, or its \
                 authority's, with --ca FILE, and use a name that stands in it with --url"
            );
        }
        if let ureq::Error::Timeout(_) = error {
            return anyhow!(
                "the daemon at {url} did not answer within {} s",
                TIMEOUT.as_secs()
            );
        }
        anyhow!(
            "no daemon answers at {url} ({error}): start one with `vakt serve`, or name its \
             address with --url"
        )
    }
}

/// Whether it was the certificate that the connection ended at.
fn is_of_tls(error: &ureq::Error) -> bool {
    let inner = match error {
        ureq::Error::Io(error) => error.get_ref(),
        _ => None,
    };
    inner.is_some_and(|inner| inner.is::<rustls::Error>())
}

/// No daemon was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreached {
    /// Something answers, and its certificate is none that is trusted.
    pub is_untrusted: bool,
    pub text: String,
}

/// The daemon answered, and did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Of HTTP.
    pub status: u16,
    pub message: String,
    pub help: String,
    /// The place in a query that cannot be read, in characters from 0.
    pub position: Option<usize>,
    /// What is wrong in a rule, each with its place.
    pub diagnostics: Vec<String>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if !self.help.is_empty() {
            write!(f, "\nhelp: {}", self.help)?;
        }
        Ok(())
    }
}

impl std::error::Error for Refused {}

/// A request of which the answer may take any time, if no pause in it is longer than `pause_max`.
fn streamed<B>(request: RequestBuilder<B>, pause_max: Duration) -> RequestBuilder<B> {
    request
        .config()
        .timeout_global(None)
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .timeout_recv_response(Some(TIMEOUT))
        .timeout_per_read(Some(pause_max))
        .build()
}

/// The lines of an answer that is still arriving.
pub struct Lines {
    reader: BufReader<ureq::BodyReader<'static>>,
    line: Vec<u8>,
}

impl Lines {
    /// The next line as JSON; `None` at the end of the answer.
    ///
    /// # Errors
    /// The connection broke or the daemon fell silent, a line is no JSON or is too long.
    pub fn read(&mut self) -> Result<Option<Json>> {
        self.line.clear();
        let mut bounded = (&mut self.reader).take(LINE_BYTES_MAX);
        let bytes = bounded
            .read_until(b'\n', &mut self.line)
            .context("the daemon's answer broke off")?;
        if bytes == 0 {
            return Ok(None);
        }
        anyhow::ensure!(
            self.line.ends_with(b"\n"),
            "the daemon's answer broke off within a line"
        );
        let line = serde_json::from_slice(&self.line);
        line.context("a line of the daemon's answer is not JSON")
            .map(Some)
    }
}

fn text_of(mut response: ureq::http::Response<ureq::Body>) -> Result<String> {
    let body = response.body_mut().with_config();
    body.limit(ANSWER_BYTES_MAX)
        .read_to_string()
        .context("the daemon's answer could not be read")
}

/// Who can read what is sent to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// It stays on this machine.
    Loopback,
    Encrypted,
    /// Plain HTTP over a network.
    Readable,
}

impl Reach {
    /// # Errors
    /// What is no address of a daemon.
    pub(crate) fn of(url: &str) -> Result<Self> {
        let uri: ureq::http::Uri = url.parse().ok().with_context(|| no_address(url))?;
        let host = uri.host().with_context(|| no_address(url))?;
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let is_loopback = bare.eq_ignore_ascii_case("localhost")
            || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        match uri.scheme_str() {
            Some("http" | "https") if is_loopback => Ok(Self::Loopback),
            Some("https") => Ok(Self::Encrypted),
            Some("http") => Ok(Self::Readable),
            _ => bail!(no_address(url)),
        }
    }
}

fn no_address(url: &str) -> String {
    format!("--url: `{url}` is no address of a daemon, such as http://127.0.0.1:8514")
}

/// An agent for the daemon. What goes to this machine goes to no proxy of the environment.
fn agent_to(reach: Reach, trusted: Vec<Certificate<'static>>) -> ureq::Agent {
    let config = settings(trusted, TIMEOUT);
    if reach == Reach::Loopback {
        return config.proxy(None).build().new_agent();
    }
    config.build().new_agent()
}

/// An agent that trusts the system's certificates and `trusted`, follows no redirect with a
/// credential, and gives up after `timeout`.
pub fn agent(trusted: Vec<Certificate<'static>>, timeout: Duration) -> ureq::Agent {
    settings(trusted, timeout).build().new_agent()
}

fn settings(trusted: Vec<Certificate<'static>>, timeout: Duration) -> ConfigBuilder<AgentScope> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_can_read_what_is_sent() {
        let check = |url: &str, expected: Option<Reach>| {
            assert_eq!(Reach::of(url).ok(), expected, "{url}");
        };
        check("http://127.0.0.1:8514", Some(Reach::Loopback));
        check("http://127.9.9.9", Some(Reach::Loopback));
        check("http://LOCALHOST:1/", Some(Reach::Loopback));
        check("http://[::1]:8514", Some(Reach::Loopback));
        check("https://127.0.0.1:8514", Some(Reach::Loopback));
        check("https://vakt.example.org", Some(Reach::Encrypted));
        check("HTTPS://vakt.example.org", Some(Reach::Encrypted));
        check("http://vakt.example.org", Some(Reach::Readable));
        check("http://127.0.0.1.example.org", Some(Reach::Readable));
        check("http://127.0.0.1:80@192.0.2.1", Some(Reach::Readable));
        check("http://localhost.example.org", Some(Reach::Readable));
        check("http://0.0.0.0:8514", Some(Reach::Readable));
        check("127.0.0.1:8514", None);
        check("ftp://127.0.0.1", None);
        check("vakt", None);
        check("", None);
    }
}
