//! A package of files as a folder or a ZIP file.
//!
//! The ZIP file (PKWARE's APPNOTE 6.3) holds the files as they are, without compression, all of one
//! time, so that its bytes follow from the files alone. It has a local header and the bytes of each
//! file, the central directory with a header of each, and the record of that directory's end.

mod zip;

use std::path::Path;

use anyhow::{Context, Result, ensure};
use vakt_incident::records::PackageFile;

/// A ZIP file of the files.
///
/// # Errors
/// More than the format holds without its extension for large ones: 65,535 files, 4 GiB.
pub(crate) fn zipped(files: &[PackageFile]) -> Result<Vec<u8>> {
    let mut archive = zip::Archive::default();
    for file in files {
        archive.add(&file.path, &file.bytes)?;
    }
    archive.finish()
}

/// Writes the files into a new or empty folder.
///
/// # Errors
/// A folder that holds something, or cannot be written.
pub(crate) fn unpack(files: &[PackageFile], folder: &Path) -> Result<()> {
    let shown = folder.display();
    std::fs::create_dir_all(folder).with_context(|| format!("cannot create {shown}"))?;
    let mut held = std::fs::read_dir(folder).with_context(|| format!("cannot read {shown}"))?;
    ensure!(
        held.next().is_none(),
        "{shown} is not empty: name a new folder, or a file that ends in .zip"
    );
    for file in files {
        let path = folder.join(&file.path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&path, &file.bytes)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
