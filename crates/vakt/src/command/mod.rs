//! What a person types: the arguments, and the exit status that they end in.
//!
//! Exit status: 0 done; 1 errors found in what was read, or matches with `--fail-on`; 2 wrong
//! usage or an input that cannot be opened.

mod backup;
mod check;
mod coverage;
mod demo;
mod doctor;
mod erase;
mod figures;
#[cfg(test)]
mod guide;
mod incidents;
mod maintenance;
mod notify;
mod parse;
mod people;
mod reports;
mod restore;
mod risk;
pub(crate) mod rules;
mod saved;
mod scan;
mod search;
mod searches;
mod serve;
mod sources;
mod storage;
mod suppressions;
mod tasks;
mod tls;
mod verify;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use crate::output::{Form, is_broken_pipe, tell};

const EXIT_STATUS: &str = "\
Exit status: 0 done; 1 errors found in what was read, or matches with --fail-on; 2 wrong usage, or
something that cannot be opened or reached";

/// Options that every command has, apart from its own in the help.
const COMMON: &str = "Common options";
const DAEMON: &str = "Reaching the daemon";

#[derive(Debug, Parser)]
#[command(
    name = "vakt",
    version,
    about = "Takes logs, matches Sigma rules, searches, and keeps NIS2 reporting clocks",
    max_term_width = 100,
    after_help = EXIT_STATUS
)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Args, Clone, Debug, Default)]
pub struct Global {
    /// The configuration, one YAML file [default: $VAKT_CONFIG, else none]
    #[arg(short, long, global = true, value_name = "FILE", help_heading = COMMON)]
    pub config: Option<PathBuf>,
    /// Where Vakt keeps its data [default: $VAKT_DATA_DIR, $STATE_DIRECTORY, ~/.local/share/vakt]
    #[arg(long, global = true, value_name = "DIR", help_heading = COMMON)]
    pub data_dir: Option<PathBuf>,
    /// A rule file or folder, repeatable; replaces the embedded rule pack
    #[arg(long, global = true, value_name = "PATH", help_heading = COMMON)]
    pub rules: Vec<PathBuf>,
    /// Load rules of the status deprecated or unsupported too
    #[arg(long, global = true, help_heading = COMMON)]
    pub include_deprecated: bool,
    /// A processing pipeline for the rules: a file or the name of a built-in one, repeatable;
    /// replaces the configuration's
    #[arg(long, global = true, value_name = "NAME|FILE", help_heading = COMMON)]
    pub pipeline: Vec<String>,
    /// text, ndjson (an object a line), json, or csv of a search [default: text on a terminal, ndjson in a pipe]
    #[arg(long, global = true, value_name = "FORM", hide_possible_values = true, help_heading = COMMON)]
    pub output: Option<Form>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the daemon
    Serve(serve::Options),
    /// Check the configuration and the rules, and say everything that is wrong
    Check,
    /// Run the rules over files or standard input
    Scan(scan::Options),
    /// Show files or standard input as events, one ECS object a line
    Parse(parse::Options),
    /// List, lint, test and explain rules, and hunt with them
    #[command(subcommand)]
    Rules(rules::Action),
    /// Search the events of a running daemon
    Search(search::Options),
    /// The searches that people saved under a name
    #[command(subcommand)]
    SavedSearches(saved::Action),
    /// Who searched for what
    #[command(subcommand)]
    Searches(searches::Action),
    /// Incidents and their clocks
    #[command(subcommand)]
    Incidents(incidents::Action),
    /// What is to be done about incidents, by whom, until when
    #[command(subcommand)]
    Tasks(tasks::Action),
    /// What staff, suppliers and customers reported
    #[command(subcommand)]
    Reports(reports::Action),
    /// Matches that nobody wants to see for a while: tested, with a reason, an author and an end
    #[command(subcommand)]
    Suppressions(suppressions::Action),
    /// Planned work, recorded before it begins
    #[command(subcommand)]
    Maintenance(maintenance::Action),
    /// Who has the highest risk now, and from which alerts
    Risk(risk::Options),
    /// How soon incidents were seen, known and reported, and what rules were worth, in a period
    Figures(figures::Options),
    /// Which kinds of logs each asset gives, what is missing and why, and the review of it
    Coverage(coverage::Options),
    /// Where notices go, and trying it
    #[command(subcommand)]
    Notify(notify::Action),
    /// Erase stored events for good
    Erase(erase::Options),
    /// Who sends logs, and when each was last heard
    Sources(Connection),
    /// What takes the space: events and bytes by stream, day and field
    Storage(storage::Options),
    /// The people who may sign in
    #[command(subcommand)]
    Users(people::Users),
    /// Tokens for people and for senders of logs
    #[command(subcommand)]
    Tokens(people::Tokens),
    /// Certificates for a trial
    #[command(subcommand)]
    Tls(tls::Action),
    /// Replay a recorded attack as a drill and say what to look at
    Demo(demo::Options),
    /// Check that journal, ledger and audit log are as they were written; a daemon may be running
    Verify(verify::Options),
    /// Copy all data to a new folder, without stopping the daemon
    Backup(backup::Options),
    /// Check a backup, make a data directory of it and verify that
    Restore(restore::Options),
    /// Say what this installation still lacks
    Doctor(doctor::Options),
}

/// How to reach a running daemon.
#[derive(Args, Clone, Debug)]
pub struct Connection {
    /// Its address [default: the http listener of --config, else http://127.0.0.1:8514]
    #[arg(long, value_name = "URL", help_heading = DAEMON)]
    pub url: Option<String>,
    /// The credential [default: $VAKT_TOKEN, else DATA_DIR/admin.token]
    #[arg(long, value_name = "TOKEN", help_heading = DAEMON)]
    pub token: Option<String>,
    /// A certificate to trust beside the system's, for https
    #[arg(long, value_name = "FILE", help_heading = DAEMON)]
    pub ca: Option<PathBuf>,
    /// Send the credential readable over http:// to another machine
    #[arg(long, help_heading = DAEMON)]
    pub insecure_http: bool,
}

/// Addresses that the command line gives in place of the configuration's.
#[derive(Args, Clone, Debug, Default)]
pub struct ListenFlags {
    /// Address for syslog over UDP
    #[arg(long, value_name = "ADDRESS")]
    pub syslog_udp: Option<SocketAddr>,
    /// Address for syslog over TCP
    #[arg(long, value_name = "ADDRESS")]
    pub syslog_tcp: Option<SocketAddr>,
    /// Address for syslog over TLS
    #[arg(long, value_name = "ADDRESS")]
    pub syslog_tls: Option<SocketAddr>,
    /// Address for RELP
    #[arg(long, value_name = "ADDRESS")]
    pub relp: Option<SocketAddr>,
    /// Address for RELP over TLS
    #[arg(long, value_name = "ADDRESS")]
    pub relp_tls: Option<SocketAddr>,
    /// Address for HTTP
    #[arg(long, value_name = "ADDRESS")]
    pub http: Option<SocketAddr>,
}

/// How a command ended, when it did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// Errors were found in what was read, or matches with `--fail-on`.
    Found,
    /// A bound cut what an export was to hold.
    Cut,
}

/// Runs the command and gives the exit status.
pub fn run(cli: Cli) -> ExitCode {
    // rustls has no provider of its own here; a second call would only find the first's.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    match dispatch(cli) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Found) => ExitCode::from(1),
        Ok(Outcome::Cut) => ExitCode::from(3),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("vakt: {error:#}"));
            ExitCode::from(2)
        }
    }
}

fn dispatch(cli: Cli) -> Result<Outcome> {
    let mut global = cli.global;
    if global.config.is_none() {
        let given = std::env::var_os("VAKT_CONFIG").filter(|path| !path.is_empty());
        global.config = given.map(PathBuf::from);
    }
    match cli.command {
        Command::Serve(options) => serve::run(&global, &options),
        Command::Check => check::run(&global),
        Command::Scan(options) => scan::run(&global, &options),
        Command::Parse(options) => parse::run(&global, &options),
        Command::Rules(action) => rules::run(&global, &action),
        Command::Search(options) => search::run(&global, &options),
        Command::SavedSearches(action) => saved::run(&global, &action),
        Command::Searches(action) => searches::run(&global, &action),
        Command::Incidents(action) => incidents::run(&global, &action),
        Command::Tasks(action) => tasks::run(&global, &action),
        Command::Reports(action) => reports::run(&global, &action),
        Command::Suppressions(action) => suppressions::run(&global, &action),
        Command::Maintenance(action) => maintenance::run(&global, &action),
        Command::Risk(options) => risk::run(&global, &options),
        Command::Figures(options) => figures::run(&global, &options),
        Command::Coverage(options) => coverage::run(&global, &options),
        Command::Notify(action) => notify::run(&global, &action),
        Command::Erase(options) => erase::run(&global, &options),
        Command::Sources(connection) => sources::run(&global, &connection),
        Command::Storage(options) => storage::run(&global, &options),
        Command::Users(action) => people::users(&global, &action),
        Command::Tokens(action) => people::tokens(&global, &action),
        Command::Tls(action) => tls::run(&global, &action),
        Command::Demo(options) => demo::run(&global, &options),
        Command::Verify(options) => verify::run(&global, &options),
        Command::Backup(options) => backup::run(&global, &options),
        Command::Restore(options) => restore::run(&global, &options),
        Command::Doctor(options) => doctor::run(&global, &options),
    }
}
