//! `vakt restore`: makes a data directory of a backup.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;

use super::{Global, Outcome, verify};
use crate::backup;
use crate::data_dir::DataDir;
use crate::output::tell;

#[derive(Args, Debug)]
pub struct Options {
    /// The folder that `vakt backup` made
    #[arg(value_name = "BACKUP")]
    backup: PathBuf,
}

pub(super) fn run(global: &Global, options: &Options) -> Result<Outcome> {
    // Where data goes is said, never guessed.
    ensure!(
        global.data_dir.is_some(),
        "say with --data-dir DIR where the data shall be: a new or empty directory"
    );
    let data_dir = DataDir::find(global.data_dir.as_deref(), None)?;
    let (manifest, damages) = backup::check(&options.backup)?;
    if !damages.is_empty() {
        tell(&format!(
            "vakt: {} is damaged and was not restored:",
            options.backup.display()
        ));
        for damage in &damages {
            tell(&format!("  {}: {}", damage.path, damage.text));
        }
        return Ok(Outcome::Found);
    }
    backup::restore(&options.backup, &manifest, &data_dir)?;
    tell(&format!(
        "{} files of {} are in {}; now they are verified",
        manifest.files.len(),
        manifest.taken,
        data_dir.path().display()
    ));
    let outcome = verify::report(global, &data_dir, &verify::Options::default())?;
    let dir = data_dir.path().display();
    tell(&format!(
        "next: `vakt serve --data-dir {dir}`; it builds the index from the journal, and searches are \
         answered from the journal until then"
    ));
    if !manifest.secrets {
        tell(
            "the signing key was not in the backup: put signing.key back before the start if you have \
             it, else a new one is made, and `vakt verify` shows a break of trust there. \
             `vakt tokens recover` makes a new token of an administrator",
        );
    }
    Ok(outcome)
}
