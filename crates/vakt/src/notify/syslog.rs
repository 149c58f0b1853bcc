//! Syslog to another SIEM: RFC 5424 over TLS (RFC 5425), TCP with octet counting (RFC 6587) or UDP (RFC 5426).
//!
//! Syslog has no answers. Over TCP and TLS each notice has a connection of its own, which we close for
//! writing and read to its end: a receiver that read everything closes it, and one that went away resets
//! it. Over UDP nobody knows.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value as Json;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{UdpSocket, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::cef;
use super::deadline::{connect, within};
use super::fault::{Fault, of_connection};
use super::message::Message;
use super::words::{self, one_line};
use crate::config::outputs::{self, SyslogFormat, SyslogTransport};

/// How long we wait for a receiver to close; one that keeps connections open has read by then.
const CLOSE_PATIENCE: Duration = Duration::from_secs(2);

/// Bytes that a receiver may answer with: syslog has no answers.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// A longer message is made shorter: receivers take 8 KiB at least where they are set up with care.
const MESSAGE_BYTES_MAX: usize = 8 << 10;

/// Characters of a value in structured data.
const VALUE_CHARS_MAX: usize = 400;

/// Facility 10, security and authorisation (RFC 5424, section 6.2.1).
const FACILITY: u8 = 10;

pub(super) struct Syslog<'c> {
    way: &'c outputs::Syslog,
}

impl<'c> Syslog<'c> {
    pub(super) fn new(way: &'c outputs::Syslog) -> Self {
        Self { way }
    }
}

impl super::Sender for Syslog<'_> {
    fn send(&mut self, message: &Message) -> Result<(), Fault> {
        let line = line(self.way.format, message);
        let place = self.way.address.as_str();
        let tls = match self.way.transport {
            SyslogTransport::Tls => Some(tls(self.way)?),
            SyslogTransport::Tcp | SyslogTransport::Udp => None,
        };
        within(place, async {
            let sent = match (self.way.transport, tls) {
                (SyslogTransport::Udp, _) => send_udp(place, line.as_bytes()).await,
                (_, Some((connector, name))) => send_tls(place, &connector, name, &line).await,
                (_, None) => send_tcp(place, &line).await,
            };
            sent.map_err(|error| of_connection(place, &error))
        })
    }
}

/// What connects over TLS, and to whom.
fn tls(way: &outputs::Syslog) -> Result<(TlsConnector, ServerName<'static>)> {
    let host = way.address.rsplit_once(':');
    let host = host.map_or(way.address.as_str(), |it| it.0);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(host.to_owned())
        .with_context(|| format!("{host} is no name of a server"))?;
    Ok((TlsConnector::from(Arc::new(tls_config(way)?)), name))
}

async fn send_tls(
    place: &str,
    connector: &TlsConnector,
    name: ServerName<'static>,
    line: &str,
) -> io::Result<()> {
    let stream = connect(place).await?;
    tell(connector.connect(name, stream).await?, line).await
}

async fn send_tcp(place: &str, line: &str) -> io::Result<()> {
    tell(connect(place).await?, line).await
}

/// Sends, closes for writing, and waits until the receiver closes. Over TLS what it says is read through TLS:
/// with version 1.3 a receiver refuses a client after the handshake.
async fn tell<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, line: &str) -> io::Result<()> {
    stream.write_all(&counted(line)).await?;
    stream.flush().await?;
    stream.shutdown().await?;
    match timeout(CLOSE_PATIENCE, read_to_end(&mut stream)).await {
        Ok(end) => end,
        Err(_) => Ok(()),
    }
}

async fn read_to_end<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<()> {
    let mut buffer = [0; 512];
    let mut total = 0;
    while total < ANSWER_BYTES_MAX {
        match stream.read(&mut buffer).await {
            Ok(0) => return Ok(()),
            Ok(read) => total += read,
            // It closed the connection and took no leave, as many do.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn send_udp(place: &str, bytes: &[u8]) -> io::Result<()> {
    let found = lookup_host(place).await?.next();
    let found = found.ok_or(io::ErrorKind::NotFound)?;
    let any = match found.is_ipv4() {
        true => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        false => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
    };
    UdpSocket::bind(any).await?.send_to(bytes, found).await?;
    Ok(())
}

fn tls_config(way: &outputs::Syslog) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = &way.ca {
        let shown = path.display();
        let found =
            CertificateDer::pem_file_iter(path).with_context(|| format!("cannot read {shown}"))?;
        for certificate in found {
            let certificate = certificate
                .with_context(|| format!("{shown} holds no certificates in PEM form"))?;
            roots.add(certificate)?;
        }
    }
    Ok(ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// RFC 6587, section 3.4.1: the length in bytes, then the message.
fn counted(line: &str) -> Vec<u8> {
    format!("{} {line}", line.len()).into_bytes()
}

fn line(format: SyslogFormat, message: &Message) -> String {
    let priority = FACILITY * 8 + cef::syslog_severity(&message.body);
    let host = hostname();
    let kind = message.text("kind");
    let mut line = format!(
        "<{priority}>1 {} {host} vakt - {kind} {} ",
        message.at,
        structured(message, format)
    );
    let room = MESSAGE_BYTES_MAX.saturating_sub(line.len());
    line.push_str(&match format {
        SyslogFormat::Rfc5424 => format!("\u{feff}{}", words::sentence(message, room)),
        SyslogFormat::Cef => cef::line(message),
        SyslogFormat::Json => json(&message.body, room),
    });
    let mut end = line.len().min(MESSAGE_BYTES_MAX);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    line.truncate(end);
    line
}

/// The notice as JSON in at most `room` bytes. What a digest names goes first, whole notices from the least urgent
/// on, and counts as `more`; then texts are made shorter, and `is_cut` says so.
fn json(body: &Json, room: usize) -> String {
    let mut body = body.clone();
    let mut text = body.to_string();
    while text.len() > room {
        let named = body["notices"].as_array_mut();
        if named.and_then(Vec::pop).is_none() {
            break;
        }
        body["more"] = body["more"].as_u64().unwrap_or(0).saturating_add(1).into();
        text = body.to_string();
    }
    // The last of them leaves less than the structured data around it takes.
    for chars in [1_000, 300, 100, 20] {
        if text.len() <= room {
            break;
        }
        shorten(&mut body, chars);
        body["is_cut"] = true.into();
        text = body.to_string();
    }
    text
}

fn shorten(value: &mut Json, chars: usize) {
    match value {
        Json::String(text) if text.chars().count() > chars => {
            *text = text.chars().take(chars).chain(['…']).collect();
        }
        Json::Array(items) => items.iter_mut().for_each(|it| shorten(it, chars)),
        Json::Object(members) => members.values_mut().for_each(|it| shorten(it, chars)),
        _ => {}
    }
}

/// Structured data: the id of the notice in every format, the rest where nothing else says it. 32473 is the
/// enterprise number of documentation (RFC 5612): there is no other of ours.
fn structured(message: &Message, format: SyslogFormat) -> String {
    let body = &message.body;
    let mut data = format!("[vakt@32473 id=\"{}\"", escaped(&message.uid));
    if format == SyslogFormat::Rfc5424 {
        for name in [
            "level", "host", "entity", "stream", "incident", "deadline", "link",
        ] {
            if let Some(value) = body[name].as_str().filter(|value| !value.is_empty()) {
                data.push_str(&format!(" {name}=\"{}\"", escaped(value)));
            }
        }
        for (name, value) in [("rule", &body["rule"]["id"]), ("title", &body["title"])] {
            if let Some(value) = value.as_str() {
                data.push_str(&format!(" {name}=\"{}\"", escaped(value)));
            }
        }
        if let Some(count) = body["count"].as_u64() {
            data.push_str(&format!(" count=\"{count}\""));
        }
    }
    data.push(']');
    data
}

/// RFC 5424, section 6.3.3: `"`, `\` and `]` are escaped.
fn escaped(value: &str) -> String {
    let mut text = String::new();
    for character in one_line(value).chars().take(VALUE_CHARS_MAX) {
        if matches!(character, '"' | '\\' | ']') {
            text.push('\\');
        }
        text.push(character);
    }
    text
}

/// This machine's name as a header may hold it.
fn hostname() -> String {
    let name = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    let name: String = name
        .chars()
        .filter(char::is_ascii_graphic)
        .take(255)
        .collect();
    if name.is_empty() {
        "-".to_owned()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_line_holds_its_id_and_keeps_its_frame() {
        let message = Message {
            uid: "u-1".to_owned(),
            ..message(
                json!({"kind": "alert", "title": "a \"b\" ]\\\nc", "level": "high", "host": "web1"}),
            )
        };
        let line = line(SyslogFormat::Rfc5424, &message);
        let (head, rest) = line.split_once(" vakt - ").unwrap();
        assert!(head.starts_with("<83>1 2026-11-23T20:00:00Z "), "{line}");
        assert_eq!(
            rest,
            "alert [vakt@32473 id=\"u-1\" level=\"high\" host=\"web1\" title=\"a \\\"b\\\" \\]\\\\ c\"] \
             \u{feff}[Vakt] HIGH Alert: a \"b\" ]\\ c, web1"
        );
    }

    fn message(body: Json) -> Message {
        Message {
            uid: "u".to_owned(),
            at: "2026-11-23T20:00:00Z".parse().unwrap(),
            body,
            taken: Vec::new(),
        }
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let body = json!({"kind": "alert", "title": "ö".repeat(10_000)});
        let line = line(SyslogFormat::Cef, &message(body));
        assert!((MESSAGE_BYTES_MAX - 2..=MESSAGE_BYTES_MAX).contains(&line.len()));
    }

    fn digest() -> Json {
        let notices: Vec<Json> = (0..20)
            .map(|number| {
                json!({"kind": "alert", "level": "high", "title": format!("a{number}"),
                    "host": "web-with-a-name.example.org", "entity": "x".repeat(600)})
            })
            .collect();
        json!({"kind": "digest", "title": "40 × alert", "level": "high", "count": 40,
            "notices": notices, "more": 20})
    }

    /// Digests were cut in the middle, and no JSON any more.
    #[test]
    fn json_that_is_too_long_leaves_out_whole_notices_and_stays_json() {
        let check = |body: Json, named: usize, more: u64, is_cut: bool| {
            let line = line(SyslogFormat::Json, &message(body));
            assert!(line.len() <= MESSAGE_BYTES_MAX, "{}", line.len());
            let (_, text) = line.split_once("] ").unwrap();
            let body: Json = serde_json::from_str(text).unwrap();
            let found = body["notices"].as_array().map_or(0, Vec::len);
            assert_eq!((found, body["more"].as_u64().unwrap_or(0)), (named, more));
            assert_eq!(body["is_cut"] == true, is_cut);
        };
        check(digest(), 11, 29, false);
        check(
            json!({"kind": "alert", "title": "ö\"".repeat(10_000)}),
            0,
            0,
            true,
        );
    }

    #[test]
    fn a_digest_names_the_first_of_what_it_stands_for_and_how_many_more() {
        let check = |format: SyslogFormat, end: &str| {
            let line = line(format, &message(digest()));
            assert!(line.len() <= MESSAGE_BYTES_MAX, "{}", line.len());
            assert!(line.contains("a0, web-with-a-name.example.org"), "{line}");
            assert!(line.ends_with(end), "{line}");
        };
        check(SyslogFormat::Rfc5424, "; and 28 more");
        check(SyslogFormat::Cef, "and 37 more");
    }
}
