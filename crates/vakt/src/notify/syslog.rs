//! Syslog to another SIEM: RFC 5424 over TLS (RFC 5425), TCP with octet counting (RFC 6587) or UDP (RFC 5426).
//!
//! Syslog has no answers. Over TCP and TLS each notice has a connection of its own, which we close for
//! writing and read to its end: a receiver that read everything closes it, and one that went away resets
//! it. Over UDP nobody knows.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::cef;
use super::fault::{Fault, of_connection};
use super::message::Message;
use super::words::{self, one_line};
use crate::config::outputs::{self, Language, SyslogFormat, SyslogTransport};

/// A receiver that does not answer within it is tried again later.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How long we wait for a receiver to close; one that keeps connections open has read by then.
const CLOSE_PATIENCE: Duration = Duration::from_secs(2);

/// A longer message is cut: receivers take 8 KiB at least where they are set up with care.
const MESSAGE_BYTES_MAX: usize = 8 << 10;

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
        let address = &self.way.address;
        let sent = match self.way.transport {
            SyslogTransport::Udp => send_udp(address, line.as_bytes()),
            SyslogTransport::Tcp => send_tcp(address, &counted(&line)),
            SyslogTransport::Tls => return self.send_tls(&counted(&line)),
        };
        sent.map_err(|error| of_connection(address, &error))
    }
}

impl Syslog<'_> {
    fn send_tls(&self, bytes: &[u8]) -> Result<(), Fault> {
        let address = &self.way.address;
        let host = address.rsplit_once(':').map_or(address.as_str(), |it| it.0);
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(host.to_owned())
            .with_context(|| format!("{host} is no name of a server"))?;
        let config = Arc::new(tls_config(self.way)?);
        let sent = || -> std::io::Result<()> {
            let stream = connect(address)?;
            let connection = ClientConnection::new(config, name).map_err(std::io::Error::other)?;
            let mut stream = StreamOwned::new(connection, stream);
            stream.write_all(bytes)?;
            stream.conn.send_close_notify();
            stream.flush()?;
            stream.sock.shutdown(Shutdown::Write)?;
            read_to_end(&mut stream.sock)
        };
        sent().map_err(|error| of_connection(address, &error))
    }
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

fn connect(address: &str) -> std::io::Result<TcpStream> {
    let mut last = std::io::Error::new(std::io::ErrorKind::NotFound, "its name is not known (DNS)");
    for found in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&found, TIMEOUT) {
            Ok(stream) => {
                stream.set_read_timeout(Some(TIMEOUT))?;
                stream.set_write_timeout(Some(TIMEOUT))?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn send_tcp(address: &str, bytes: &[u8]) -> std::io::Result<()> {
    let mut stream = connect(address)?;
    stream.write_all(bytes)?;
    stream.shutdown(Shutdown::Write)?;
    read_to_end(&mut stream)
}

/// Waits until the receiver closes.
fn read_to_end(stream: &mut TcpStream) -> std::io::Result<()> {
    use std::io::ErrorKind::{TimedOut, WouldBlock};
    stream.set_read_timeout(Some(CLOSE_PATIENCE))?;
    let mut buffer = [0; 512];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) if matches!(error.kind(), TimedOut | WouldBlock) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

fn send_udp(address: &str, bytes: &[u8]) -> std::io::Result<()> {
    let found = address.to_socket_addrs()?.next();
    let found = found.ok_or(std::io::ErrorKind::NotFound)?;
    let socket = UdpSocket::bind(match found.is_ipv4() {
        true => "0.0.0.0:0",
        false => "[::]:0",
    })?;
    socket.send_to(bytes, found)?;
    Ok(())
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
    line.push_str(&match format {
        SyslogFormat::Rfc5424 => format!("\u{feff}{}", words::subject(message, Language::English)),
        SyslogFormat::Cef => cef::line(message),
        SyslogFormat::Json => message.body.to_string(),
    });
    let mut end = line.len().min(MESSAGE_BYTES_MAX);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    line.truncate(end);
    line
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
    for character in one_line(value).chars() {
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
            at: "2026-11-23T20:00:00Z".parse().unwrap(),
            body: json!({"kind": "alert", "title": "a \"b\" ]\\\nc", "level": "high", "host": "web1"}),
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

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let message = Message {
            uid: "u".to_owned(),
            at: "2026-11-23T20:00:00Z".parse().unwrap(),
            body: json!({"kind": "alert", "title": "ö".repeat(10_000)}),
        };
        let line = line(SyslogFormat::Json, &message);
        assert!((MESSAGE_BYTES_MAX - 2..=MESSAGE_BYTES_MAX).contains(&line.len()));
    }
}
