//! The table of sources as the records keep it, with the position that it belongs to.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use vakt_event::JournalPosition;
use vakt_ingest::accounting::SourceRow;

use super::log_sources::SeenRow;
use super::seen_kinds::KeptKinds;

/// Under this name the records keep the table of sources.
pub(super) const SOURCES_BLOB: &str = "sources";

/// Counts of everything before `next`.
pub(super) struct KeptSources {
    /// `None` in what the first version kept, which had no position.
    pub(super) next: Option<JournalPosition>,
    pub(super) rows: Vec<SourceRow>,
    pub(super) log_sources: Vec<SeenRow>,
    pub(super) kinds: KeptKinds,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Form {
    WithPosition {
        next: u64,
        rows: Vec<SourceRow>,
        #[serde(default)]
        log_sources: Vec<SeenRow>,
        #[serde(default)]
        kinds: KeptKinds,
    },
    RowsAlone(Vec<SourceRow>),
}

impl KeptSources {
    pub(super) fn read(bytes: &[u8]) -> Result<Self> {
        let form = serde_json::from_slice(bytes)
            .context("the table of sources in the records cannot be read")?;
        Ok(match form {
            Form::WithPosition {
                next,
                rows,
                log_sources,
                kinds,
            } => Self {
                next: Some(JournalPosition(next)),
                rows,
                log_sources,
                kinds,
            },
            Form::RowsAlone(rows) => Self {
                next: None,
                rows,
                log_sources: Vec::new(),
                kinds: KeptKinds::default(),
            },
        })
    }

    pub(super) fn write(self) -> Result<Vec<u8>> {
        let form = match self.next {
            Some(JournalPosition(next)) => Form::WithPosition {
                next,
                rows: self.rows,
                log_sources: self.log_sources,
                kinds: self.kinds,
            },
            None => Form::RowsAlone(self.rows),
        };
        Ok(serde_json::to_vec(&form)?)
    }
}
