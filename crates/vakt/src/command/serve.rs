//! `vakt serve`: runs the daemon until a signal ends it.

use std::io::{IsTerminal, Write};
use std::thread;

use anyhow::{Context, Result};
use clap::Args;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use tracing_subscriber::EnvFilter;

use super::{Global, ListenFlags, Outcome};
use crate::config::Config;
use crate::daemon::{Daemon, Settings};
use crate::data_dir::DataDir;

#[derive(Args, Debug)]
pub struct Options {
    #[command(flatten)]
    listen: ListenFlags,
}

pub(super) fn run(global: &Global, options: &Options) -> Result<Outcome> {
    let mut config = Config::of(global)?;
    config.apply(&options.listen);
    let refused = config.unsafe_listeners();
    if !refused.is_empty() {
        let reasons: Vec<String> = refused.into_iter().map(|one| one.reason).collect();
        anyhow::bail!("refused to start:\n  {}", reasons.join("\n  "));
    }
    log_to_standard_error();
    let mut signals =
        Signals::new([SIGHUP, SIGINT, SIGTERM]).context("cannot listen for signals")?;
    let data_dir = DataDir::find(global.data_dir.as_deref(), config.data_dir.as_deref())?;
    let daemon = Daemon::start(Settings {
        rules: config.rule_settings(global),
        config,
        data_dir,
    })?;
    greet(&daemon);
    for signal in signals.forever() {
        if signal == SIGHUP {
            daemon.reload();
        } else {
            break;
        }
    }
    tracing::info!("stopping: taking in what was sent, then writing what was taken in");
    // A second signal does not wait.
    thread::Builder::new()
        .name("impatience".into())
        .spawn(move || {
            if signals.forever().any(|signal| signal != SIGHUP) {
                tracing::warn!("stopped at once; what was acknowledged is in the journal");
                signal_hook::low_level::exit(130);
            }
        })
        .context("cannot start a thread")?;
    daemon.stop()?;
    tracing::info!("stopped");
    Ok(Outcome::Done)
}

/// Under systemd the journal stamps the lines itself.
fn log_to_standard_error() {
    let filter = EnvFilter::try_from_env("VAKT_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    // As no-color.org has it: set and not empty, whatever it says.
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal() && !no_color)
        .with_target(false);
    if std::env::var_os("JOURNAL_STREAM").is_some() {
        builder.without_time().init();
    } else {
        builder.init();
    }
}

/// Says what listens and how to sign in. A link that signs in is shown to a terminal only, never
/// to a log.
fn greet(daemon: &Daemon) {
    let mut out = std::io::stdout().lock();
    let mut text = daemon.greeting();
    if out.is_terminal() {
        match daemon.sign_in_link() {
            Ok(link) => text.push_str(&format!("  sign in    {link}  (once, within 15 minutes)\n")),
            Err(error) => tracing::error!(error = format!("{error:#}"), "no sign-in link"),
        }
    }
    text.push_str("ready\n");
    // Whoever started us may not read what we say; that is no reason to stop.
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}
