//! `vakt demo`: a recorded attack, replayed as a drill.

use std::io::{BufRead, BufReader, IsTerminal};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use tempfile::TempDir;
use vakt_event::Timestamp;
use vakt_event::time::MICROS_PER_SECOND;

use super::people::text;
use super::{Connection, Global, Outcome};
use crate::client::Client;
use crate::data_dir::DataDir;
use crate::output::{Output, Printer, printable, tell};

/// Our own recording, one line an event: guessed passwords until one fits, then a new
/// administrator, a cron job, and the traces removed.
const RECORDING: &str = include_str!("../../data/demo.ndjson");

/// How long the draft may take to appear. It takes well under a second; a busy machine gets more.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Args, Debug)]
pub struct Options {
    #[command(flatten)]
    connection: Connection,
    /// Use a temporary daemon of its own even where one is running; on a terminal it stays until Ctrl-C
    #[arg(long)]
    temporary: bool,
}

#[derive(Deserialize)]
struct Recorded {
    /// Since the beginning of the recording.
    after_seconds: i64,
    host: String,
    program: String,
    pid: u32,
    message: String,
}

pub(super) fn run(global: &Global, options: &Options) -> Result<Outcome> {
    if !options.temporary {
        let running = Client::new(global, &options.connection)?;
        if running.is_up() {
            let replayed = replay(&running, &AtomicBool::new(false))?;
            return show(global, &replayed, &and_on(global, options, &replayed));
        }
        tell(&format!(
            "no daemon answers at {}: starting a temporary one, which keeps nothing",
            running.url()
        ));
    }
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&interrupted))
            .context("cannot listen for signals")?;
    }
    let mut daemon = Temporary::start(global)?;
    let replayed = replay(&daemon.client, &interrupted)?;
    // Secrets are shown to a terminal only, and only there somebody can go on and say when to end.
    let is_watched = std::io::stdout().is_terminal();
    if !(is_watched && is_text(global)?) {
        return show(global, &replayed, &[]);
    }
    show(global, &replayed, &daemon.and_on(&replayed)?)?;
    daemon.stay(&interrupted)?;
    Ok(Outcome::Done)
}

fn is_text(global: &Global) -> Result<bool> {
    Ok(Output::or_by_terminal(global.output)? == Output::Text)
}

/// What a replay led to.
struct Replayed {
    accepted: u64,
    draft: Json,
    alerts: Vec<Json>,
}

fn replay(client: &Client, interrupted: &AtomicBool) -> Result<Replayed> {
    let answer = client
        .post_events(&recording_until(jiff::Timestamp::now().into())?, true)
        .context("the recording could not be replayed")?;
    let draft = wait_for_draft(client, interrupted)?;
    let mut alerts = client.get(
        "/api/v1/alerts",
        &[("drill", "true".to_owned()), ("state", "open".to_owned())],
    )?;
    Ok(Replayed {
        accepted: answer["accepted"].as_u64().unwrap_or(0),
        draft,
        alerts: match alerts["alerts"].take() {
            Json::Array(alerts) => alerts,
            _ => Vec::new(),
        },
    })
}

/// Prints what came of it, and `more` lines for people.
fn show(global: &Global, replayed: &Replayed, more: &[String]) -> Result<Outcome> {
    let Replayed {
        accepted,
        draft,
        alerts,
    } = replayed;
    let mut out = Printer::new();
    if !is_text(global)? {
        out.json_line(&json!({"accepted": accepted, "incident": draft, "alerts": alerts}))?;
        out.flush()?;
        return Ok(Outcome::Done);
    }
    out.line(&format!("replayed {accepted} events as a drill"))?;
    out.line("")?;
    out.line(&format!(
        "  draft incident  {}",
        printable(text(draft, "title"))
    ))?;
    for clock in draft["clocks"].as_array().into_iter().flatten() {
        out.line(&format!(
            "    {:<14} {:<12} {}",
            text(clock, "stage"),
            text(clock, "state"),
            clock["due"]
                .as_str()
                .or(clock["note"].as_str())
                .unwrap_or("-")
        ))?;
    }
    out.line("")?;
    out.line("  alerts")?;
    for alert in alerts {
        out.line(&format!(
            "    {:<8} {} ({})",
            text(alert, "level"),
            printable(alert["rule.name"].as_str().unwrap_or_default()),
            alert["count"]
        ))?;
    }
    for line in more {
        out.line(line)?;
    }
    out.flush()?;
    Ok(Outcome::Done)
}

/// Where to look on in the daemon that runs anyway.
fn and_on(global: &Global, options: &Options, replayed: &Replayed) -> Vec<String> {
    let mut how = String::new();
    for (flag, value) in [
        ("--config", &global.config),
        ("--data-dir", &global.data_dir),
    ] {
        if let Some(path) = value {
            how.push_str(&format!(" {flag} {}", path.display()));
        }
    }
    if let Some(url) = &options.connection.url {
        how.push_str(&format!(" --url {url}"));
    }
    let mut lines = vec![String::new(), "  and on".to_owned()];
    lines.extend(commands(&how, replayed));
    lines
}

fn commands(how: &str, replayed: &Replayed) -> [String; 2] {
    let id = text(&replayed.draft, "id");
    [
        format!("    vakt incidents show {id}{how}"),
        format!("    vakt search 'failed password source.ip:203.0.113.66'{how}"),
    ]
}

/// The recording as NDJSON, its last event at `end`.
fn recording_until(end: Timestamp) -> Result<String> {
    let events: Vec<Recorded> = RECORDING
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()
        .context("the recording is broken")?;
    let length = events.last().map_or(0, |event| event.after_seconds);
    let mut lines = String::new();
    for event in events {
        let before_end = (length - event.after_seconds) * MICROS_PER_SECOND;
        let line = json!({
            "@timestamp": end.saturating_add_micros(-before_end),
            "host.name": event.host,
            "log.syslog.appname": event.program,
            "process.pid": event.pid,
            "message": event.message,
        });
        lines.push_str(&line.to_string());
        lines.push('\n');
    }
    Ok(lines)
}

/// The drill's open draft; a second replay joins the one that is there.
fn wait_for_draft(client: &Client, interrupted: &AtomicBool) -> Result<Json> {
    let deadline = Instant::now() + PATIENCE;
    let open_drills = [("drill", "true".to_owned()), ("state", "open".to_owned())];
    while Instant::now() < deadline {
        ensure!(!interrupted.load(Ordering::Relaxed), "interrupted");
        let answer = client.get("/api/v1/incidents", &open_drills)?;
        let draft = answer["incidents"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|incident| incident["drill"].as_bool() == Some(true));
        if let Some(draft) = draft {
            return Ok(draft.clone());
        }
        thread::sleep(Duration::from_millis(100));
    }
    bail!(
        "the recording opened no draft within {} s: are the embedded rules loaded?",
        PATIENCE.as_secs()
    )
}

/// A daemon in a temporary directory on ports of its own; it ends, and the directory goes, when
/// this is dropped.
struct Temporary {
    child: Child,
    client: Client,
    token: String,
    /// Dropped after the daemon has ended.
    folder: TempDir,
}

impl Temporary {
    fn start(global: &Global) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("vakt-demo-")
            .tempdir()
            .context("cannot make a temporary directory")?;
        let mut command = Command::new(std::env::current_exe()?);
        command
            .arg("serve")
            .args(["--syslog-udp", "127.0.0.1:0"])
            .args(["--syslog-tcp", "127.0.0.1:0"])
            .args(["--http", "127.0.0.1:0"])
            .arg("--data-dir")
            .arg(folder.path())
            .env_remove("VAKT_CONFIG")
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        for path in &global.rules {
            command.arg("--rules").arg(path);
        }
        if global.include_deprecated {
            command.arg("--include-deprecated");
        }
        for pipeline in &global.pipeline {
            command.arg("--pipeline").arg(pipeline);
        }
        let child = command.spawn().context("cannot start a daemon")?;
        let mut daemon = Self {
            child,
            client: Client::of("", None),
            token: String::new(),
            folder,
        };
        let url = daemon.wait_until_ready()?;
        let token = std::fs::read_to_string(DataDir::at(daemon.folder.path()).admin_token())
            .context("the temporary daemon wrote no token")?;
        token.trim().clone_into(&mut daemon.token);
        daemon.client = Client::of(&url, Some(daemon.token.clone()));
        Ok(daemon)
    }

    /// Reads the daemon's greeting up to its end, and answers its address.
    fn wait_until_ready(&mut self) -> Result<String> {
        let stdout = self.child.stdout.take();
        let stdout = stdout.context("the daemon has no output")?;
        let mut url = None;
        for line in BufReader::new(stdout).lines() {
            let line = line?;
            let words = line.split_whitespace();
            url = url.or_else(|| {
                let mut addresses = words.filter(|word| word.starts_with("http://127.0.0.1:"));
                addresses.next().map(str::to_owned)
            });
            if line == "ready" {
                return url.context("the temporary daemon did not say where it listens");
            }
        }
        bail!("the temporary daemon did not start")
    }

    /// Where to look on while it stays.
    fn and_on(&self, replayed: &Replayed) -> Result<Vec<String>> {
        let url = self.client.url();
        let link = self.client.post("/api/v1/sign-in-links", &json!({}))?;
        let mut lines = vec![
            String::new(),
            "  in a browser, once and within 15 minutes".to_owned(),
            format!("    {url}{}", text(&link, "path")),
            String::new(),
            "  in another terminal".to_owned(),
            format!("    export VAKT_TOKEN={}", self.token),
        ];
        lines.extend(commands(&format!(" --url {url}"), replayed));
        lines.push(String::new());
        lines.push("  Ctrl-C ends this daemon and removes everything it holds".to_owned());
        Ok(lines)
    }

    /// Comes back when the person has seen enough.
    fn stay(&mut self, interrupted: &AtomicBool) -> Result<()> {
        while !interrupted.load(Ordering::Relaxed) {
            if let Some(status) = self.child.try_wait()? {
                ensure!(
                    interrupted.load(Ordering::Relaxed),
                    "the temporary daemon ended by itself ({status})"
                );
            }
            thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // What it holds is thrown away, so that it needs no orderly end. Killing fails only where
        // it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
