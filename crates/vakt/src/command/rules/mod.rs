//! `vakt rules`: list, lint, test, explain and hunt.

mod explain;
mod hunt;
mod junit;
mod lint;
mod list;
mod test;
mod trace;
mod tree;

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;

use super::scan::Reading;
use super::{Connection, Global, Outcome};
use crate::config::Config;
use crate::ruleset::Ruleset;

pub(crate) use list::{By, summary};

#[derive(Debug, Subcommand)]
pub enum Action {
    /// List the rules that are loaded here, or those of the daemon at --url
    List {
        /// Ask a running daemon whether any source has ever shown what each rule looks at
        #[arg(long)]
        live: bool,
        /// Ask a running daemon how often each rule matched, or what it costs, most first
        #[arg(long, value_name = "WHAT")]
        by: Option<By>,
        #[command(flatten)]
        connection: Connection,
    },
    /// Say what is wrong with the rules, and what their authors most likely did not want
    Lint {
        /// Rule files or folders in place of the loaded ones
        #[arg(value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// Look at the conventions of a repository too
        #[arg(long)]
        strict: bool,
        /// List the checks
        #[arg(long)]
        list: bool,
    },
    /// Run the events that stand in the rule files
    Test {
        /// Rule files or folders in place of the loaded ones
        #[arg(value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// Write the results there as JUnit XML
        #[arg(long, value_name = "FILE")]
        junit: Option<PathBuf>,
    },
    /// Show why a rule matches an event, or does not
    Explain {
        /// A rule file, or the id, name or title of a rule
        rule: String,
        /// Files with events; standard input where none is named
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Show every value and every group
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        reading: Reading,
    },
    /// Run a rule over what a running daemon has stored
    Hunt(hunt::Options),
}

pub(super) fn run(global: &Global, action: &Action) -> Result<Outcome> {
    let config = Config::of(global)?;
    let mut settings = config.rule_settings(global);
    if let Action::Lint { paths, .. } | Action::Test { paths, .. } = action
        && !paths.is_empty()
    {
        settings.paths.clone_from(paths);
    }
    match action {
        Action::Hunt(options) => hunt::run(global, options),
        Action::List {
            by: Some(by),
            live,
            connection,
        } => list::by(global, connection, *by, *live),
        Action::List {
            live: true,
            connection,
            ..
        } => list::live(global, connection),
        Action::List { connection, .. } if connection.url.is_some() => {
            list::of_daemon(global, connection)
        }
        Action::List { .. } => list::list(global, &Ruleset::load(&settings)?),
        Action::Lint { list: true, .. } => lint::list(global),
        Action::Lint { strict, .. } => lint::lint(global, &config, &settings, *strict),
        Action::Test { junit, .. } => {
            test::test(global, &Ruleset::load(&settings)?, junit.as_deref())
        }
        Action::Explain {
            rule,
            files,
            all,
            reading,
        } => {
            let asked = explain::Asked {
                rule,
                files,
                reading,
                all: *all,
            };
            explain::explain(global, &settings, &asked)
        }
    }
}
