//! The real binary, started on ports of its own, and ways to talk to it.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::string_slice,
    clippy::print_stderr,
    reason = "each test target uses its own part of this"
)]

pub mod moved_clock;
pub mod receivers;
pub mod rsyslog;

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use tempfile::TempDir;
pub use vakt_event::percent::encoded as percent_encoded;

/// Longer than anything healthy takes, so that a hang fails a test instead of the whole run.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub fn vakt() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vakt"));
    command
        .env_remove("VAKT_TOKEN")
        .env_remove("VAKT_DATA_DIR")
        .env_remove("VAKT_CONFIG")
        .env_remove("STATE_DIRECTORY")
        .env("TZ", "UTC");
    command
}

/// A running daemon; killed when dropped.
pub struct Daemon {
    child: Child,
    pub data: PathBuf,
    _folder: Option<TempDir>,
    pub greeting: Vec<String>,
    pub http: String,
    pub udp: Option<SocketAddr>,
    pub tcp: Option<SocketAddr>,
    pub tls: Option<SocketAddr>,
    pub relp: Option<SocketAddr>,
    pub relp_tls: Option<SocketAddr>,
    pub token: String,
    agent: ureq::Agent,
}

impl Daemon {
    /// A daemon with no configuration and a fresh data directory.
    pub fn start() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let data = folder.path().join("data");
        let mut daemon = Self::start_in(&data, &[]);
        daemon._folder = Some(folder);
        daemon
    }

    /// A daemon over a data directory that the caller keeps.
    pub fn start_in(data: &Path, arguments: &[&str]) -> Self {
        Self::start_as(vakt(), data, arguments)
    }

    /// A daemon started by a command that takes the daemon's arguments.
    pub fn start_as(mut command: Command, data: &Path, arguments: &[&str]) -> Self {
        command
            .arg("serve")
            .arg("--data-dir")
            .arg(data)
            .args(arguments)
            .stdout(Stdio::piped());
        for flag in ["--syslog-udp", "--syslog-tcp", "--http"] {
            if !arguments.contains(&flag) && !arguments.contains(&"--config") {
                command.args([flag, "127.0.0.1:0"]);
            }
        }
        let mut child = command.spawn().expect("the daemon starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut greeting = Vec::new();
        for line in &mut lines {
            let line = line.expect("its output is text");
            if line == "ready" {
                break;
            }
            greeting.push(line);
        }
        let found = |prefix: &str| {
            greeting.iter().find_map(|line| {
                let at = line.find(prefix)?;
                let rest = &line[at + prefix.len()..];
                Some(
                    rest.split_whitespace()
                        .next()
                        .unwrap_or_default()
                        .to_owned(),
                )
            })
        };
        let address = |prefix: &str| found(prefix).map(|text| text.parse().expect("an address"));
        let http = found("http://")
            .map(|address| format!("http://{address}"))
            .or_else(|| found("https://").map(|address| format!("https://{address}")))
            .unwrap_or_else(|| panic!("the daemon did not start: {greeting:?}"));
        let token = std::fs::read_to_string(data.join("admin.token")).expect("a token");
        Self {
            child,
            data: data.to_owned(),
            _folder: None,
            udp: address("udp://"),
            tcp: address("tcp://"),
            tls: address("tls://"),
            relp: address("relp://"),
            relp_tls: address("relps://"),
            http,
            token: token.trim().to_owned(),
            greeting,
            agent: ureq::Agent::config_builder()
                .http_status_as_error(false)
                .timeout_global(Some(PATIENCE))
                .build()
                .new_agent(),
        }
    }

    /// Runs a command that speaks to this daemon.
    pub fn vakt(&self, arguments: &[&str]) -> Output {
        vakt()
            .args(arguments)
            .args(["--url", &self.http, "--token", &self.token])
            .output()
            .expect("the command runs")
    }

    pub fn get(&self, path: &str) -> (u16, String) {
        let mut answer = self
            .agent
            .get(format!("{}{path}", self.http))
            .header("authorization", format!("Bearer {}", self.token))
            .call()
            .expect("an answer");
        let text = answer.body_mut().read_to_string().expect("a body");
        (answer.status().as_u16(), text)
    }

    pub fn get_json(&self, path: &str) -> Json {
        let (status, text) = self.get(path);
        assert_eq!(status, 200, "{path}: {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    pub fn post(&self, path: &str, body: &str) -> (u16, String) {
        let mut answer = self
            .agent
            .post(format!("{}{path}", self.http))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .send(body)
            .expect("an answer");
        let text = answer.body_mut().read_to_string().expect("a body");
        (answer.status().as_u16(), text)
    }

    /// Posts events without a credential, as a sender on the same machine does. `None` when the
    /// daemon went away before it answered.
    pub fn post_events(&self, ndjson: &str) -> Option<(u16, String)> {
        let mut answer = self
            .agent
            .post(format!("{}/api/v1/events", self.http))
            .header("content-type", "application/x-ndjson")
            .send(ndjson)
            .ok()?;
        let text = answer.body_mut().read_to_string().ok()?;
        Some((answer.status().as_u16(), text))
    }

    pub fn search(&self, query: &str, limit: usize) -> Json {
        self.search_with(query, limit, "")
    }

    pub fn search_with(&self, query: &str, limit: usize, more: &str) -> Json {
        self.get_json(&format!(
            "/api/v1/search?q={}&limit={limit}{more}",
            percent_encoded(query)
        ))
    }

    pub fn total(&self, query: &str) -> u64 {
        self.search(query, 1)["total"].as_u64().expect("a total")
    }

    /// Sends bytes over the TCP listener on a connection of their own and closes it.
    pub fn send_tcp(&self, bytes: &[u8]) {
        let mut stream = TcpStream::connect(self.tcp.expect("a TCP listener")).expect("connects");
        stream.write_all(bytes).expect("sends");
    }

    /// Waits until `check` gives something.
    pub fn wait_for<T>(&self, what: &str, mut check: impl FnMut(&Self) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(value) = check(self) {
                return value;
            }
            assert!(Instant::now() < deadline, "in vain waited for {what}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([format!("-{name}"), self.pid().to_string()])
            .status()
            .expect("kill runs");
        assert!(status.success());
    }

    /// Sends a signal and waits for the end.
    pub fn end_with(mut self, signal: &str) -> ExitStatus {
        self.signal(signal);
        self.child.wait().expect("it ends")
    }

    pub fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("its state").is_some()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The folder of test data that nobody may commit; `None`, said aloud, where it is absent.
pub fn shared_data(test: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: {test}: ../shared/data is absent");
    None
}

/// Where programs lie that are not for users.
const ELSEWHERE: [&str; 4] = ["/usr/lib/systemd", "/lib/systemd", "/usr/sbin", "/sbin"];

/// Whether a program can be run. Where it is absent the test is skipped by name; in CI that is a
/// failure.
pub fn has_program(test: &str, program: &str) -> bool {
    let found = std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path)
            .chain(ELSEWHERE.map(PathBuf::from))
            .any(|folder| folder.join(program).is_file())
    });
    if !found {
        assert!(
            std::env::var_os("CI").is_none(),
            "{test}: {program} is absent, and in CI it must be there"
        );
        eprintln!("skipped: {test}: {program} is absent");
    }
    found
}

/// Where a library of a package lies, by its path below the system's folders of libraries; `None`, said
/// aloud, where it is absent. As with programs, in CI it must be there.
pub fn library(test: &str, library: &str) -> Option<PathBuf> {
    let folders = [
        "/usr/lib/x86_64-linux-gnu",
        "/usr/lib/aarch64-linux-gnu",
        "/usr/lib",
        "/usr/lib64",
    ];
    let mut paths = folders.iter().map(|folder| Path::new(folder).join(library));
    let found = paths.find(|path| path.is_file());
    if found.is_none() {
        assert!(
            std::env::var_os("CI").is_none(),
            "{test}: {library} is absent, and in CI it must be there"
        );
        eprintln!("skipped: {test}: {library} is absent");
    }
    found
}

/// One long word that does not compress, the same for the same number.
pub fn noise(number: u64, bytes: usize) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789__";
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let letter = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(LETTERS[usize::try_from(state >> 58).unwrap()])
    };
    std::iter::repeat_with(letter).take(bytes).collect()
}
