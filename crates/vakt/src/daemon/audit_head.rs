//! The journal's signed ledger says how far the audit log of the records is, so that who rewrites the log,
//! cuts its end off, or puts an old copy of the records back is found by `vakt verify`.

use std::fs;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use vakt_incident::Records;
use vakt_storage::ledger::{AuditHead, NO_DIGEST};
use vakt_storage::{Journal, hex};

use crate::backup::restored;
use crate::data_dir::{DataDir, sync_dir};
use crate::pipeline::Stop;

/// At most so often: a line is about 350 bytes, and a log that never rests adds a megabyte a day.
const INTERVAL: Duration = Duration::from_secs(30);

pub(super) struct AuditHeadThread {
    pub(super) journal: Arc<Journal>,
    pub(super) records: Arc<Records>,
    pub(super) stop: Stop,
}

impl AuditHeadThread {
    /// Until the stop; what comes between it and the end of the other threads, [`enter`] signs.
    pub(super) fn run(self) {
        loop {
            if let Err(error) = enter(&self.journal, &self.records) {
                tracing::error!(
                    error = format!("{error:#}"),
                    "the ledger cannot say how far the audit log is; it is tried again"
                );
            }
            if self.stop.wait(INTERVAL) {
                return;
            }
        }
    }
}

/// Says in the ledger how far the audit log is now, unless that is known.
pub(super) fn enter(journal: &Journal, records: &Records) -> Result<()> {
    let Some((entries, hash)) = records.audit_head()? else {
        return Ok(());
    };
    journal
        .enter_audit_head(head_of(entries, &hash)?)
        .context("cannot write to the ledger")
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
