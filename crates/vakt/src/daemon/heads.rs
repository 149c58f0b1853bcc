//! The journal's signed ledger says how far the audit log of the records is, and what the search index
//! consists of, so that who rewrites the log, cuts its end off, puts an old copy of the records back or changes
//! a split is found by `vakt verify`.

use std::fs;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use arc_swap::ArcSwap;
use vakt_incident::Records;
use vakt_search::Index;
use vakt_storage::ledger::{AuditHead, IndexHead, NO_DIGEST};
use vakt_storage::{Journal, hex};

use crate::backup::restored;
use crate::data_dir::{DataDir, sync_dir};
use crate::pipeline::Stop;

/// At most so often: a line is about 350 bytes, and what never rests adds a megabyte a day.
const INTERVAL: Duration = Duration::from_secs(30);

/// What the ledger speaks of.
#[derive(Clone)]
pub(super) struct Heads {
    pub(super) journal: Arc<Journal>,
    pub(super) records: Arc<Records>,
    pub(super) index: Arc<ArcSwap<Index>>,
}

impl Heads {
    /// Until the stop; what comes between it and the end of the other threads, [`Self::enter`] signs.
    pub(super) fn run(&self, stop: &Stop) {
        while !stop.wait(INTERVAL) {
            self.try_to_enter();
        }
    }

    /// As [`Self::enter`]; what fails is said and tried again.
    pub(super) fn try_to_enter(&self) {
        if let Err(error) = self.enter() {
            tracing::error!(
                error = format!("{error:#}"),
                "the ledger cannot say how far audit log and index are; it is tried again"
            );
        }
    }

    /// Says in the ledger how both are now, unless that is known.
    pub(super) fn enter(&self) -> Result<()> {
        const FAILED: &str = "cannot write to the ledger";
        if let Some((entries, hash)) = self.records.audit_head()? {
            let head = head_of(entries, &hash)?;
            self.journal.enter_audit_head(head).context(FAILED)?;
        }
        if let Some(state) = self.index.load().catalogue_state()? {
            let head = IndexHead {
                changes: state.changes,
                digest: state.digest,
            };
            self.journal.enter_index_head(head).context(FAILED)?;
        }
        Ok(())
    }
}

/// Says in the ledger that the directory was made of a backup, where no daemon has said so yet.
pub(super) fn enter_restored(journal: &Journal, data_dir: &DataDir) -> Result<()> {
    let Some(restored) = restored::read(data_dir)? else {
        return Ok(());
    };
    journal
        .enter_restored(restored)
        .context("cannot write to the ledger that this was restored")?;
    match fs::remove_file(data_dir.restored()) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", data_dir.restored().display()))
        }
        _ => sync_dir(data_dir.path()),
    }
}

/// The head as the ledger has it.
pub(crate) fn head_of(entries: u64, hash: &str) -> Result<AuditHead> {
    let hash = match entries {
        0 => NO_DIGEST,
        _ => hex::decode(hash.as_bytes())
            .context("the hash of the audit log's last entry is no hash: see `vakt verify`")?,
    };
    Ok(AuditHead { entries, hash })
}
