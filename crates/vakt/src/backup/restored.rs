//! What a restore leaves for the next start: which backup it was, and how far its audit log is. The
//! start enters it in the ledger, whose lines may tell of a later audit log: the databases of a
//! backup are copied before the journal.

use std::fs;
use std::io;

use anyhow::{Context, Result};
use vakt_event::Timestamp;
use vakt_incident::audit_head_of;
use vakt_storage::ledger::Restored;

use crate::daemon::head_of;
use crate::data_dir::{DataDir, write_secret};

/// Leaves it in a data directory whose files are all there.
pub(super) fn write(data_dir: &DataDir, taken: Timestamp) -> Result<()> {
    let records = data_dir.records();
    // Of a version whose tables are others, nothing is known that the ledger could say.
    let Ok(head) = audit_head_of(&records) else {
        return Ok(());
    };
    let (entries, hash) = head.unwrap_or_default();
    let audit = head_of(entries, &hash)?;
    let text = serde_json::to_string(&Restored { taken, audit })?;
    write_secret(&data_dir.restored(), &format!("{text}\n"))
}

/// What a restore left; `None` where there was none, or a daemon has entered it in the ledger.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn read(data_dir: &DataDir) -> Result<Option<Restored>> {
    let path = data_dir.restored();
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read {}", path.display()));
        }
    };
    let restored = serde_json::from_str(&text)
        .with_context(|| format!("{} is damaged: restore the backup again", path.display()))?;
    Ok(Some(restored))
}
