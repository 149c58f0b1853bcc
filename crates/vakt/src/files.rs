//! Files and standard input as streams of bytes, decompressed by what they hold.

use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result};

use crate::output::tell;

mod rotated;

/// Read this much of a file at a time, in bytes: enough that system calls do not show.
const READ_BUFFER_BYTES: usize = vakt_codec::files::BLOCK_BYTES;

/// An input, opened.
pub struct Input {
    /// The path as it was given, or `-` for standard input.
    pub name: String,
    pub reader: Box<dyn BufRead + Send>,
}

/// Bytes read so far of all inputs, before decompression: what a progress bar shows.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<AtomicU64>);

impl Progress {
    pub fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

struct Counted<R> {
    inner: R,
    progress: Progress,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.progress
            .0
            .fetch_add(u64::try_from(count).unwrap_or(0), Ordering::Relaxed);
        Ok(count)
    }
}

/// The files that `paths` name, folders replaced by the files in them in the order of their names,
/// rotated logs from the oldest on; standard input where nothing is named.
pub fn expand(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    if paths.is_empty() {
        return Ok(vec![PathBuf::from("-")]);
    }
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            files.extend(files_below(path, |_| true)?);
        } else {
            files.push(path.clone());
        }
    }
    rotated::oldest_first(&mut files);
    Ok(files)
}

/// The files below `folder` that `wanted` likes, sorted; links are followed, names that begin with
/// a dot are left out. A folder that several ways lead to is read once, and the person is told.
pub fn files_below(folder: &Path, wanted: fn(&Path) -> bool) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut known = HashSet::new();
    let mut folders = vec![folder.to_owned()];
    // Behind all others, in the order of their names: which way to a folder counts must not
    // depend on the order in which the system lists it.
    let mut links = BTreeSet::new();
    while let Some(folder) = folders.pop().or_else(|| links.pop_first()) {
        let identity = std::fs::metadata(&folder)
            .map(|metadata| (metadata.dev(), metadata.ino()))
            .with_context(|| format!("cannot read the folder {}", folder.display()))?;
        if !known.insert(identity) {
            tell(&format!(
                "{}: the link leads to a folder that is read already, and is not followed",
                folder.display()
            ));
            continue;
        }
        let entries = std::fs::read_dir(&folder)
            .with_context(|| format!("cannot read the folder {}", folder.display()))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("cannot read {}", folder.display()))?;
            let path = entry.path();
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(path);
            } else if path.is_dir() {
                links.insert(path);
            } else if path.is_file() && wanted(&path) {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// The bytes of all `files` together on disk; `None` where one is no plain file.
pub fn total_bytes(files: &[PathBuf]) -> Option<u64> {
    files
        .iter()
        .map(|path| {
            std::fs::metadata(path)
                .ok()
                .filter(std::fs::Metadata::is_file)
                .map(|metadata| metadata.len())
        })
        .sum()
}

/// Opens a file, or standard input for `-`; gzip and zstd are known by their first bytes.
pub fn open(path: &Path, progress: &Progress) -> Result<Input> {
    let name = path.display().to_string();
    let raw: Box<dyn Read + Send> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path).with_context(|| format!("cannot open {name}"))?)
    };
    let mut reader = BufReader::with_capacity(
        READ_BUFFER_BYTES,
        Counted {
            inner: raw,
            progress: progress.clone(),
        },
    );
    let head = reader
        .fill_buf()
        .with_context(|| format!("cannot read {name}"))?;
    let reader: Box<dyn BufRead + Send> = if head.starts_with(&[0x1f, 0x8b]) {
        Box::new(BufReader::with_capacity(
            READ_BUFFER_BYTES,
            flate2::bufread::MultiGzDecoder::new(reader),
        ))
    } else if head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        let decoder = zstd::stream::read::Decoder::with_buffer(reader)
            .with_context(|| format!("cannot decompress {name}"))?;
        Box::new(BufReader::with_capacity(READ_BUFFER_BYTES, decoder))
    } else {
        Box::new(reader)
    };
    Ok(Input { name, reader })
}
