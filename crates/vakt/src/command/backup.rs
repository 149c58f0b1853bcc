//! `vakt backup`: copies everything while the daemon runs.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use vakt_event::clock::SystemClock;

use super::{Global, Outcome};
use crate::backup::{self, Manifest};
use crate::config::Config;
use crate::data_dir::DataDir;
use crate::output::{Output, Printer};

#[derive(Args, Debug)]
pub struct Options {
    /// Where the backup goes: a folder that is new or empty
    #[arg(value_name = "DEST")]
    dest: PathBuf,
    /// Leave out the keys that sign the ledger and hash fields, and the administrator's token
    #[arg(long)]
    without_secrets: bool,
}

pub(super) fn run(global: &Global, options: &Options) -> Result<Outcome> {
    let config = Config::of(global)?;
    let data_dir = DataDir::find(global.data_dir.as_deref(), config.data_dir.as_deref())?;
    let secrets = !options.without_secrets;
    let manifest = backup::take(&data_dir, &options.dest, secrets, &SystemClock)?;
    let mut out = Printer::new();
    match Output::or_by_terminal(global.output)? {
        Output::Text => {
            for line in words(&manifest, &options.dest.display().to_string()) {
                out.line(&line)?;
            }
        }
        Output::Ndjson => out.json_line(&manifest)?,
        Output::Json => out.json_pretty(&manifest)?,
    }
    out.flush()?;
    Ok(Outcome::Done)
}

fn words(manifest: &Manifest, dest: &str) -> Vec<String> {
    let bytes: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    let (first, end) = (manifest.first.0, manifest.end.0);
    vec![
        format!(
            "backup    {dest}, {} files, {bytes} bytes",
            manifest.files.len()
        ),
        match end.checked_sub(first) {
            None | Some(0) => "events    none".to_owned(),
            Some(count) => format!("events    {count}, at positions {first} to {}", end - 1),
        },
        format!("taken     {}", manifest.taken),
        format!(
            "head      {} (entry {} of the ledger)",
            manifest.head.hash, manifest.head.seq
        ),
        if manifest.secrets {
            "secrets   the keys and the administrator's token are in it: keep it as safe as the data itself"
                .to_owned()
        } else {
            "secrets   the keys and the administrator's token are not in it".to_owned()
        },
        "The index is not in it: a daemon on the restored data builds it from the journal."
            .to_owned(),
    ]
}
