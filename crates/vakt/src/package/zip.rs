//! The ZIP format, as far as stored files need it.

use anyhow::{Context, Result};
use flate2::Crc;

/// What a reader must understand: version 1.0, the default.
const VERSION_NEEDED: u16 = 10;

/// Made on Unix, so that the upper half of the external attributes is a mode.
const MADE_BY: u16 = (3 << 8) | VERSION_NEEDED;

/// A file that its owner alone reads and writes.
const EXTERNAL_ATTRIBUTES: u32 = 0o100_600 << 16;

/// Names are UTF-8 (bit 11).
const FLAGS: u16 = 1 << 11;

const STORED: u16 = 0;

/// Midnight of 1980-01-01, the earliest that there is: time, then date, as MS-DOS writes them.
const TIME_AND_DATE: u32 = 0x0021_0000;

const LOCAL_HEADER: u32 = 0x0403_4b50;
const CENTRAL_HEADER: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;

#[derive(Default)]
pub(super) struct Archive {
    /// Headers and bytes of the files.
    out: Vec<u8>,
    /// The central directory.
    directory: Vec<u8>,
    files: u16,
}

impl Archive {
    pub(super) fn add(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let offset = size(self.out.len())?;
        let mut crc = Crc::new();
        crc.update(bytes);
        let length = size(bytes.len())?;
        let name_length = u16::try_from(name.len()).context("the name of a file is too long")?;
        // What both headers say in one order: from the flags to the length of the name.
        let mut same = Vec::new();
        for value in [FLAGS, STORED] {
            same.extend_from_slice(&value.to_le_bytes());
        }
        for value in [TIME_AND_DATE, crc.sum(), length, length] {
            same.extend_from_slice(&value.to_le_bytes());
        }
        same.extend_from_slice(&name_length.to_le_bytes());

        self.out.extend_from_slice(&LOCAL_HEADER.to_le_bytes());
        self.out.extend_from_slice(&VERSION_NEEDED.to_le_bytes());
        self.out.extend_from_slice(&same);
        // No extra field.
        self.out.extend_from_slice(&0_u16.to_le_bytes());
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(bytes);

        let directory = &mut self.directory;
        directory.extend_from_slice(&CENTRAL_HEADER.to_le_bytes());
        directory.extend_from_slice(&MADE_BY.to_le_bytes());
        directory.extend_from_slice(&VERSION_NEEDED.to_le_bytes());
        directory.extend_from_slice(&same);
        // No extra field, no comment, the first disk, no internal attributes.
        directory.extend_from_slice(&[0; 8]);
        directory.extend_from_slice(&EXTERNAL_ATTRIBUTES.to_le_bytes());
        directory.extend_from_slice(&offset.to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
        self.files = self.files.checked_add(1).context("too many files")?;
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Vec<u8>> {
        let offset = size(self.out.len())?;
        let length = size(self.directory.len())?;
        self.out.append(&mut self.directory);
        self.out.extend_from_slice(&END.to_le_bytes());
        // The first disk, on which the directory begins.
        self.out.extend_from_slice(&[0; 4]);
        for _ in 0..2 {
            self.out.extend_from_slice(&self.files.to_le_bytes());
        }
        self.out.extend_from_slice(&length.to_le_bytes());
        self.out.extend_from_slice(&offset.to_le_bytes());
        // No comment.
        self.out.extend_from_slice(&0_u16.to_le_bytes());
        Ok(self.out)
    }
}

fn size(bytes: usize) -> Result<u32> {
    u32::try_from(bytes).context("a package of 4 GiB and more is not written as ZIP: name a folder")
}
