//! `vakt doctor`: what this installation still lacks.

use std::path::Path;

use anyhow::Result;
use clap::Args;
use rustix::fs::{Access, access};
use rustix::io::Errno;
use serde_json::json;
use vakt_event::Clock as _;
use vakt_event::clock::SystemClock;

use super::{Connection, Global, Outcome};
use crate::certificate::{self, Standing};
use crate::client::Client;
use crate::config::{Config, Way};
use crate::data_dir::{DataDir, is_lost};
use crate::notify::type_of;
use crate::output::{Output, Printer};
use crate::ruleset::Ruleset;

#[derive(Args, Debug)]
pub struct Options {
    #[command(flatten)]
    connection: Connection,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Good,
    Missing,
    /// Not wrong, but a person should know.
    Note,
}

struct Finding {
    subject: &'static str,
    verdict: Verdict,
    text: String,
}

pub(super) fn run(global: &Global, options: &Options) -> Result<Outcome> {
    let config = Config::of(global)?;
    let data_dir = DataDir::find(global.data_dir.as_deref(), config.data_dir.as_deref())?;
    let findings = [
        organisation(&config),
        outputs(&config),
        tls(&config),
        time_synchronisation(),
        rules(&config, global)?,
        data(&data_dir),
        daemon(global, options),
    ];
    let mut out = Printer::new();
    for finding in &findings {
        let verdict = match finding.verdict {
            Verdict::Good => "ok",
            Verdict::Missing => "missing",
            Verdict::Note => "note",
        };
        if Output::or_by_terminal(global.output)? == Output::Text {
            out.line(&format!(
                "{verdict:<8} {:<13} {}",
                finding.subject, finding.text
            ))?;
        } else {
            out.json_line(&json!({
                "subject": finding.subject,
                "verdict": verdict,
                "text": finding.text,
            }))?;
        }
    }
    out.flush()?;
    let missing = findings
        .iter()
        .any(|finding| finding.verdict == Verdict::Missing);
    Ok(if missing {
        Outcome::Found
    } else {
        Outcome::Done
    })
}

fn organisation(config: &Config) -> Finding {
    let (verdict, text) = match &config.organisation {
        Some(organisation) => (Verdict::Good, organisation.name.clone()),
        None => (
            Verdict::Missing,
            "no organisation is configured: reports and pages cannot say whose they are; write \
             `organisation:` with `name`, `number` and `contact`"
                .to_owned(),
        ),
    };
    Finding {
        subject: "organisation",
        verdict,
        text,
    }
}

fn outputs(config: &Config) -> Finding {
    let unreadable = config.outputs.iter().find_map(|output| {
        let secret = match &output.way {
            Way::Webhook(way) => way.token.as_ref(),
            Way::Email(way) => way.login.as_ref().map(|(_, password)| password),
            Way::Alertmanager(way) => way.token.as_ref(),
            Way::Syslog(_) => None,
        };
        let error = secret?.read().err()?;
        Some(format!(
            "no notice can go out by {}: {error:#}",
            output.name()
        ))
    });
    let names: Vec<String> = config
        .outputs
        .iter()
        .map(|output| format!("{} ({})", output.name(), type_of(output)))
        .collect();
    let (verdict, text) = match unreadable {
        Some(text) => (Verdict::Missing, text),
        None if names.is_empty() => (
            Verdict::Missing,
            "nobody is told of a new draft: write `outputs:` with a webhook or mail".to_owned(),
        ),
        None => (
            Verdict::Good,
            format!(
                "notices go to {}; `vakt notify test` tries them",
                names.join(", ")
            ),
        ),
    };
    Finding {
        subject: "outputs",
        verdict,
        text,
    }
}

fn tls(config: &Config) -> Finding {
    let beyond_loopback = config
        .listeners
        .iter()
        .any(|listener| !listener.address.ip().is_loopback());
    let (verdict, text) = match (&config.tls, beyond_loopback) {
        (Some(files), _) => match vakt_ingest::tls::load(&files.to_ingest(), &[]) {
            Ok(_) => match certificate::standing(&files.certificate, SystemClock.now()) {
                Standing::Good => (Verdict::Good, files.certificate.display().to_string()),
                Standing::EndsSoon(text) => (Verdict::Note, text),
                Standing::Expired(text) => (Verdict::Missing, text),
            },
            Err(error) => (Verdict::Missing, error.to_string()),
        },
        (None, true) => (
            Verdict::Missing,
            "a listener is open beyond loopback and no certificate is configured".to_owned(),
        ),
        (None, false) => (
            Verdict::Note,
            "no certificate is configured: only this machine can reach Vakt".to_owned(),
        ),
    };
    Finding {
        subject: "TLS",
        verdict,
        text,
    }
}

/// What the kernel says of its clock (adjtimex(2)); `timedatectl` reads the same.
fn time_synchronisation() -> Finding {
    let (verdict, text) = match clock_is_synchronised() {
        Some(true) => (
            Verdict::Good,
            "the kernel's clock is synchronised".to_owned(),
        ),
        Some(false) => (
            Verdict::Missing,
            "the kernel says that its clock is not synchronised: deadlines and correlation count \
             on it; run chrony or systemd-timesyncd"
                .to_owned(),
        ),
        None => (
            Verdict::Note,
            "it cannot be told here whether the clock is synchronised".to_owned(),
        ),
    };
    Finding {
        subject: "time",
        verdict,
        text,
    }
}

/// systemd-timesyncd leaves this file when it has set the clock; chrony and ntpd have theirs. No
/// call of the kernel is made, since that needs unsafe code.
fn clock_is_synchronised() -> Option<bool> {
    if std::path::Path::new("/run/systemd/timesync/synchronized").exists() {
        return Some(true);
    }
    let output = std::process::Command::new("timedatectl")
        .args(["show", "--property=NTPSynchronized", "--value"])
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    Some(output.stdout.starts_with(b"yes"))
}

fn rules(config: &Config, global: &Global) -> Result<Finding> {
    let ruleset = Ruleset::load(&config.rule_settings(global))?;
    let refused = ruleset.counts.refused;
    Ok(Finding {
        subject: "rules",
        verdict: if refused == 0 {
            Verdict::Good
        } else {
            Verdict::Missing
        },
        text: format!(
            "{} loaded, {refused} refused{}",
            ruleset.counts.loaded,
            if refused == 0 {
                ""
            } else {
                "; `vakt check` says why"
            }
        ),
    })
}

fn data(data_dir: &DataDir) -> Finding {
    let exists = data_dir.path().is_dir();
    // What cannot be looked into is told below.
    let lost = data_dir
        .databases()
        .into_iter()
        .find(|(path, _)| is_lost(path));
    if let Some((lost, what)) = lost.filter(|_| std::fs::read_dir(data_dir.journal()).is_ok()) {
        let again = match lost == data_dir.records() {
            true => ", and a start evaluates the whole journal again",
            false => "",
        };
        return Finding {
            subject: "data",
            verdict: Verdict::Missing,
            text: format!(
                "{} is missing or empty beside a journal: {what} are gone{again}; put it back from a backup",
                lost.display()
            ),
        };
    }
    let path = data_dir.path().display();
    let (verdict, text) = match write_fault(data_dir.path()) {
        _ if !exists => (
            Verdict::Note,
            format!("{path} is not there yet; `vakt serve` makes it"),
        ),
        Some(error) => (
            Verdict::Missing,
            format!(
                "{path} cannot be written to by this user ({error}): a daemon that cannot either keeps \
                 nothing of what comes"
            ),
        ),
        None => (Verdict::Good, path.to_string()),
    };
    Finding {
        subject: "data",
        verdict,
        text,
    }
}

/// Why whoever asks cannot write to a directory: access(2) tells of permissions, and of a file system that is
/// mounted read-only.
fn write_fault(dir: &Path) -> Option<Errno> {
    access(dir, Access::WRITE_OK | Access::EXEC_OK).err()
}

/// What a daemon that answers says of itself.
fn readiness(client: &Client) -> (Verdict, String) {
    let url = client.url();
    match client.standing() {
        Ok((reasons, notes)) if reasons.is_empty() && notes.is_empty() => {
            (Verdict::Good, format!("answers at {url}"))
        }
        Ok((reasons, notes)) => {
            let is = match reasons.is_empty() {
                true => "is ready, but",
                false => "is not ready",
            };
            let all: Vec<String> = reasons.into_iter().chain(notes).collect();
            (
                Verdict::Missing,
                format!("answers at {url} and {is}: {}", all.join("; ")),
            )
        }
        Err(error) => (
            Verdict::Note,
            format!("answers at {url}, and whether it is ready cannot be asked: {error:#}"),
        ),
    }
}

fn daemon(global: &Global, options: &Options) -> Finding {
    let (verdict, text) = match Client::new(global, &options.connection) {
        Ok(client) => match client.reach() {
            Ok(()) => readiness(&client),
            Err(unreached) => (
                match unreached.is_untrusted {
                    true => Verdict::Missing,
                    false => Verdict::Note,
                },
                unreached.text,
            ),
        },
        Err(error) => (Verdict::Note, format!("{error:#}")),
    };
    Finding {
        subject: "daemon",
        verdict,
        text,
    }
}
