//! `vakt demo`: a recorded attack, replayed as a drill.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde::Deserialize;
use serde_json::{Value as Json, json};
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
    /// Use a temporary daemon of its own even where one is running
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
    let running = Client::new(global, &options.connection)?;
    if !options.temporary && running.is_up() {
        return replay(global, &running);
    }
    tell("no daemon is running here: starting a temporary one, which keeps nothing");
    let daemon = Temporary::start(global)?;
    let outcome = replay(global, &daemon.client);
    daemon.stop()?;
    outcome
}

fn replay(global: &Global, client: &Client) -> Result<Outcome> {
    let answer = client
        .post_events(&recording_until(jiff::Timestamp::now().into())?, true)
        .context("the recording could not be replayed")?;
    let accepted = answer["accepted"].as_u64().unwrap_or(0);
    let draft = wait_for_draft(client)?;
    let alerts = client.get("/api/v1/alerts", &[("drill", "true".to_owned())])?;
    let alerts: Vec<&Json> = alerts["alerts"].as_array().into_iter().flatten().collect();
    let mut out = Printer::new();
    if Output::or_by_terminal(global.output) != Output::Text {
        out.json_line(&json!({"accepted": accepted, "incident": draft, "alerts": alerts}))?;
        out.flush()?;
        return Ok(Outcome::Done);
    }
    let id = text(&draft, "id");
    out.line(&format!(
        "replayed {accepted} events as a drill; what to look at:"
    ))?;
    out.line("")?;
    out.line(&format!(
        "  draft incident  {}",
        printable(text(&draft, "title"))
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
    out.line("")?;
    out.line("  and on:")?;
    out.line(&format!("    vakt incidents show {id}"))?;
    out.line("    vakt search 'failed password source.ip:203.0.113.66'")?;
    out.line(&format!("    {}/incidents/{id}", client.url()))?;
    out.flush()?;
    Ok(Outcome::Done)
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

/// The drill's draft; a second replay joins the one that is open.
fn wait_for_draft(client: &Client) -> Result<Json> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        let answer = client.get("/api/v1/incidents", &[("drill", "true".to_owned())])?;
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

/// A daemon in a temporary directory on ports of its own.
struct Temporary {
    child: Child,
    folder: std::path::PathBuf,
    client: Client,
}

impl Temporary {
    fn start(global: &Global) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("vakt-demo-{}", std::process::id()));
        let mut command = Command::new(std::env::current_exe()?);
        command
            .arg("serve")
            .args(["--syslog-udp", "127.0.0.1:0"])
            .args(["--syslog-tcp", "127.0.0.1:0"])
            .args(["--http", "127.0.0.1:0"])
            .arg("--data-dir")
            .arg(&folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        for path in &global.rules {
            command.arg("--rules").arg(path);
        }
        let mut child = command.spawn().context("cannot start a daemon")?;
        let stdout = child.stdout.take().context("the daemon has no output")?;
        let mut url = None;
        for line in BufReader::new(stdout).lines() {
            let line = line?;
            if let Some(at) = line.find("http://127.0.0.1:") {
                let address = line.get(at..).unwrap_or_default();
                let end = address.find(char::is_whitespace).unwrap_or(address.len());
                url.get_or_insert_with(|| address.get(..end).unwrap_or_default().to_owned());
            }
            if line == "ready" {
                break;
            }
        }
        let url = url.context("the temporary daemon did not start")?;
        let token = std::fs::read_to_string(DataDir::at(&folder).admin_token())
            .context("the temporary daemon wrote no token")?;
        Ok(Self {
            child,
            client: Client::of(&url, Some(token.trim().to_owned())),
            folder,
        })
    }

    fn stop(mut self) -> Result<()> {
        self.child
            .kill()
            .context("cannot stop the temporary daemon")?;
        self.child.wait()?;
        std::fs::remove_dir_all(&self.folder)
            .with_context(|| format!("cannot remove {}", self.folder.display()))
    }
}
