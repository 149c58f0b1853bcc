//! A package of files as a folder or a ZIP file.

use std::io::{Cursor, Write as _};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use vakt_incident::records::PackageFile;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// A ZIP file whose bytes follow from the files alone: stored as they are, all of one time.
pub(crate) fn zipped(files: &[PackageFile]) -> Result<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o600);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for file in files {
        writer.start_file(file.path.as_str(), options)?;
        writer.write_all(&file.bytes)?;
    }
    Ok(writer.finish()?.into_inner())
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
