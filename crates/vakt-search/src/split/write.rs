//! Writing a split.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::{Footer, MAGIC, Partition, SUFFIX, SplitMeta};
use crate::chunk::pack::Packer;
use crate::chunk::{ChunkMeta, NO_TIME};
use crate::{Error, Result};

/// Ends the names of files that are not whole yet.
pub(crate) const WRITING_SUFFIX: &str = "writing";

/// Bytes that are collected before they are written.
const BUFFER_BYTES: usize = 256 * 1024;

/// A split on its way to the disk.
pub(crate) struct SplitWriter {
    dir: PathBuf,
    path: Unnamed,
    file: BufWriter<File>,
    hasher: blake3::Hasher,
    at: u64,
    footer: Footer,
}

/// A file that goes with this unless it was given its name: half a split is of no use, and takes the room
/// that another try needs.
struct Unnamed {
    path: PathBuf,
    is_named: bool,
}

impl Drop for Unnamed {
    fn drop(&mut self) {
        if !self.is_named {
            // What cannot be removed now, the next start removes.
            drop(fs::remove_file(&self.path));
        }
    }
}

impl SplitWriter {
    /// Begins a file in `dir`; `number` tells it from others that are being written.
    pub(crate) fn create(dir: &Path, number: u64, partition: Partition) -> Result<Self> {
        let path = dir.join(format!("{number}.{WRITING_SUFFIX}"));
        let file = File::create(&path).map_err(|source| Error::File {
            action: "create",
            path: path.clone(),
            source,
        })?;
        let mut writer = Self {
            dir: dir.to_owned(),
            path: Unnamed {
                path,
                is_named: false,
            },
            file: BufWriter::with_capacity(BUFFER_BYTES, file),
            hasher: blake3::Hasher::new(),
            at: 0,
            footer: Footer {
                partition,
                chunks: Vec::new(),
                files: Vec::new(),
            },
        };
        writer.put(MAGIC)?;
        Ok(writer)
    }

    pub(crate) fn chunk(&mut self, bytes: &[u8], meta: ChunkMeta) -> Result<()> {
        self.footer.chunks.push((self.at, meta));
        self.put(bytes)
    }

    /// Adds a file of the inverted index.
    pub(crate) fn file(&mut self, name: String, bytes: &[u8]) -> Result<()> {
        self.footer.files.push((name, self.at, bytes.len() as u64));
        self.put(bytes)
    }

    /// Makes the file durable and gives it its name. The directory is to be synced before the
    /// catalogue speaks of it.
    pub(crate) fn finish(mut self) -> Result<SplitMeta> {
        let packed = serde_json::to_vec(&self.footer)
            .map_err(std::io::Error::from)
            .and_then(|json| Packer::new()?.pack(&json))
            .and_then(|packed| match u32::try_from(packed.len()) {
                Ok(length) => Ok((packed, length)),
                Err(_) => Err(std::io::Error::other("the footer of a split is too long")),
            });
        let (packed, length) = packed.map_err(|source| self.failed("write", source))?;
        self.put(&packed)?;
        self.put(&length.to_le_bytes())?;
        self.put(MAGIC)?;
        let Self {
            dir,
            path: mut unnamed,
            file,
            hasher,
            at,
            footer,
        } = self;
        let path = unnamed.path.clone();
        let failed = |action, source| Error::File {
            action,
            path: path.clone(),
            source,
        };
        file.into_inner()
            .map_err(|error| failed("write", error.into_error()))?
            .sync_data()
            .map_err(|source| failed("sync", source))?;
        let name = hasher.finalize().to_hex().to_string();
        fs::rename(&path, dir.join(format!("{name}.{SUFFIX}")))
            .map_err(|source| failed("rename", source))?;
        unnamed.is_named = true;
        Ok(meta(name, &footer, at))
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.hasher.update(bytes);
        self.at += bytes.len() as u64;
        self.file
            .write_all(bytes)
            .map_err(|source| self.failed("write", source))
    }

    fn failed(&self, action: &'static str, source: std::io::Error) -> Error {
        Error::File {
            action,
            path: self.path.path.clone(),
            source,
        }
    }
}

fn meta(name: String, footer: &Footer, bytes: u64) -> SplitMeta {
    let chunks = || footer.chunks.iter().map(|(_, chunk)| chunk);
    SplitMeta {
        name,
        partition: footer.partition.clone(),
        docs: chunks().map(|chunk| chunk.docs).sum(),
        positions: (
            chunks().map(|chunk| chunk.positions.0).min().unwrap_or(0),
            chunks().map(|chunk| chunk.positions.1).max().unwrap_or(0),
        ),
        times: (
            chunks().map(|chunk| chunk.times.0).min().unwrap_or(NO_TIME),
            chunks().map(|chunk| chunk.times.1).max().unwrap_or(NO_TIME),
        ),
        frame_bytes: chunks().map(|chunk| chunk.frame_bytes).sum(),
        bytes,
        is_indexed: !footer.files.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_finished_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let names = || -> Vec<String> {
            let entries = fs::read_dir(folder.path()).unwrap();
            let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            names.collect()
        };
        let begin = || {
            let partition = Partition {
                stream: "default".to_owned(),
                day: 0,
            };
            let mut writer = SplitWriter::create(folder.path(), 1, partition).unwrap();
            writer.file("words".to_owned(), b"some").unwrap();
            writer
        };
        let writer = begin();
        assert_eq!(names(), ["1.writing"]);
        drop(writer);
        assert_eq!(names(), [""; 0]);
        let meta = begin().finish().unwrap();
        assert_eq!(names(), [format!("{}.{SUFFIX}", meta.name)]);
    }
}
