//! Receivers of notices: HTTP, and a mail server.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may panic, and says what it skips"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};

use serde_json::Value as Json;

use super::{Daemon, PATIENCE};

const LISTENERS: &str = "listeners:\n  - {kind: http, address: '127.0.0.1:0'}\n  \
     - {kind: syslog-tcp, address: '127.0.0.1:0'}\n";

pub fn configuration(folder: &Path, text: &str) -> String {
    let path = folder.join("vakt.yaml");
    let text = text.replace("FOLDER", &folder.display().to_string());
    fs::write(&path, format!("{LISTENERS}{text}")).unwrap();
    path.display().to_string()
}

/// A brute force from an address that succeeds.
pub fn attack(daemon: &Daemon, address: &str) {
    let now = jiff::Timestamp::now();
    let line = |word: &str| {
        format!("<38>1 {now} web1 sshd 1 - - {word} password for root from {address} port 1 ssh2\n")
    };
    daemon.send_tcp(format!("{}{}", line("Failed").repeat(12), line("Accepted")).as_bytes());
}

/// A request as a receiver saw it.
#[derive(Debug)]
pub struct Request {
    pub path: String,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Request {
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A receiver of HTTP. Each request is answered with the next status of `answers`, the last one again and
/// again; `None` reads it and answers nothing.
pub struct Hook {
    pub address: SocketAddr,
    pub requests: Receiver<Request>,
}

impl Hook {
    pub fn start(answers: &[Option<u16>]) -> Self {
        Self::start_at("127.0.0.1:0", answers)
    }

    pub fn start_at(address: &str, answers: &[Option<u16>]) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let (sender, requests) = mpsc::channel();
        let mut answers = answers.to_vec();
        let hook = Self {
            address: listener.local_addr().unwrap(),
            requests,
        };
        std::thread::spawn(move || {
            // What was answered with nothing stays open, as a receiver that hangs leaves it.
            let mut open = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let request = read_request(&mut stream);
                let status = match answers.len() {
                    1 => answers[0],
                    _ => answers.remove(0),
                };
                if sender.send(request).is_err() {
                    return;
                }
                match status {
                    None => open.push(stream),
                    Some(status) => write!(
                        stream,
                        "HTTP/1.1 {status} Said\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                    )
                    .unwrap(),
                }
            }
        });
        hook
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    pub fn next(&self) -> Request {
        self.requests.recv_timeout(PATIENCE).expect("a request")
    }

    /// The next notice of this kind; others on the way are passed over.
    pub fn notice(&self, kind: &str) -> Json {
        loop {
            let body = self.next().json();
            if body["kind"] == kind {
                return body;
            }
        }
    }
}

fn read_request(stream: &mut TcpStream) -> Request {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let headers: BTreeMap<String, String> = lines
        .iter()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let body = match headers.get("content-length") {
        Some(length) => {
            let mut body = vec![0; length.parse().unwrap()];
            reader.read_exact(&mut body).unwrap();
            body
        }
        None => chunked(&mut reader),
    };
    Request {
        path: lines[0].split(' ').nth(1).unwrap().to_owned(),
        headers,
        body: String::from_utf8(body).unwrap(),
    }
}

fn chunked(reader: &mut impl BufRead) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let length = usize::from_str_radix(line.trim(), 16).unwrap();
        let mut chunk = vec![0; length + 2];
        reader.read_exact(&mut chunk).unwrap();
        if length == 0 {
            return body;
        }
        body.extend_from_slice(&chunk[..length]);
    }
}

/// A program that is killed when dropped.
pub struct Server(pub Child);

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// The Python that has aiosmtpd; `None`, said aloud, where there is none.
pub fn smtp_python(test: &str) -> Option<String> {
    let python = std::env::var("VAKT_SMTP_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has_server = Command::new(&python)
        .args(["-c", "import aiosmtpd"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !has_server {
        assert!(
            std::env::var_os("CI").is_none(),
            "{test}: {python} has no aiosmtpd, and in CI it must be there"
        );
        eprintln!("skipped: {test}: {python} has no aiosmtpd (name one with VAKT_SMTP_PYTHON)");
        return None;
    }
    Some(python)
}

/// A mail server, and what it was sent.
pub struct Mailbox {
    pub port: u16,
    pub mails: Receiver<Json>,
    _server: Server,
}

impl Mailbox {
    pub fn start(python: &str, more: &[String]) -> Self {
        let port = free_port();
        let script = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/data/smtp_server.py"
        );
        let mut child = Command::new(python)
            .args([script, &port.to_string()])
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "ready");
        let (sender, mails) = mpsc::channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if sender.send(serde_json::from_str(&line).unwrap()).is_err() {
                    return;
                }
            }
        });
        Self {
            port,
            mails,
            _server: Server(child),
        }
    }

    pub fn next(&self) -> Json {
        self.mails.recv_timeout(PATIENCE).expect("a mail")
    }
}
