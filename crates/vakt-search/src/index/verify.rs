//! Whether the files of an index are those that its catalogue names, for who only reads: a daemon may be
//! writing to it.

use std::io;
use std::path::Path;

use super::catalogue::{CATALOGUE_FILE, Catalogue, CatalogueState};
use super::damage::hash;
use super::shared::split_path;
use crate::Result;

/// What a check of an index found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexReport {
    pub splits: u64,
    /// Events in them.
    pub events: u64,
    /// To be compared with what was noted elsewhere.
    pub state: CatalogueState,
    pub faults: Vec<IndexFault>,
}

/// Something is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexFault {
    /// Within the index.
    pub file: String,
    /// It is not there; otherwise it is there and another one.
    pub is_missing: bool,
    pub text: String,
}

/// Reads every file of the index in `dir`; `None` where there is no index.
///
/// # Errors
/// When the catalogue or a file cannot be read.
pub fn verify_index(dir: &Path) -> Result<Option<IndexReport>> {
    if !dir.join(CATALOGUE_FILE).exists() {
        return Ok(None);
    }
    let catalogue = Catalogue::open_to_read(dir)?;
    let mut faults = Vec::new();
    if let Some(said) = catalogue.fault()? {
        faults.push(IndexFault {
            file: CATALOGUE_FILE.to_owned(),
            is_missing: false,
            text: format!("the catalogue is damaged: {said}"),
        });
    }
    let (splits, state) = catalogue.state()?;
    for split in &splits {
        let path = split_path(dir, &split.name);
        let (is_missing, text) = match hash(&path) {
            Ok(found) if found == split.name => continue,
            Ok(_) => (false, "the split is not what was written".to_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                (true, "the split is missing".to_owned())
            }
            Err(error) => (false, format!("the split cannot be read: {error}")),
        };
        // The daemon lets splits go.
        if is_missing && !is_named(&Catalogue::open_to_read(dir)?, &split.name)? {
            continue;
        }
        let file = path.strip_prefix(dir).unwrap_or(&path);
        faults.push(IndexFault {
            file: file.display().to_string(),
            is_missing,
            text,
        });
    }
    Ok(Some(IndexReport {
        splits: splits.len() as u64,
        events: splits.iter().map(|split| u64::from(split.docs)).sum(),
        state,
        faults,
    }))
}

fn is_named(catalogue: &Catalogue, name: &str) -> Result<bool> {
    Ok(catalogue.splits()?.iter().any(|split| split.name == name))
}
