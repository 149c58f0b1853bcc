//! The journal on the fake disk.

mod append;
mod cursors;
mod damage;
mod retention;
mod seal;
mod simulation;

use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use vakt_event::{Batch, CursorKey, Format, Frame, JournalPosition, Source, Timestamp, Transport};

use super::queue::{Bounds, Queue};
use super::{Appended, Journal, Reader, Shortage, StoredBatch};
use crate::disk::FakeDisk;
use crate::error::{AppendError, ReadError};
use crate::options::Options;
use crate::signing::SigningKey;

const BOUNDLESS: Bounds = Bounds {
    bytes_max: usize::MAX,
    group_bytes_max: usize::MAX,
    ahead_bytes_min: 0,
    ahead_bytes_max: usize::MAX,
};

fn dir() -> PathBuf {
    PathBuf::from("/journal")
}

fn options(disk: &FakeDisk) -> Options {
    Options {
        segment_bytes_max: 4096,
        key: Some(Arc::new(SigningKey::from_seed(&[7; 32]).unwrap())),
        disk: Arc::new(disk.clone()),
        ..Options::default()
    }
}

fn open(disk: &FakeDisk) -> Journal {
    Journal::open(&dir(), &options(disk)).unwrap().0
}

fn source(listener: &str) -> Arc<Source> {
    Arc::new(Source {
        stream: "default".to_owned(),
        transport: Transport::Tcp,
        listener: listener.to_owned(),
        peer: Some("192.0.2.1".parse().unwrap()),
        zone: None,
        drill: false,
    })
}

fn frame(text: &str) -> Frame {
    Frame {
        bytes: text.as_bytes().to_vec(),
        format: Format::Syslog,
        received: Timestamp::from_seconds(1_800_000_000).unwrap(),
        truncated: false,
        cursor: None,
    }
}

fn entry(sequence_id: u128, sequence_number: u64) -> Frame {
    Frame {
        format: Format::Journal,
        cursor: Some(CursorKey {
            sequence_id,
            boot_id: 1,
            sequence_number,
            check: 0,
        }),
        ..frame(&format!("{sequence_id}/{sequence_number}"))
    }
}

fn batch(frames: Vec<Frame>) -> Batch {
    Batch {
        source: source("syslog"),
        frames,
    }
}

fn texts(texts: &[&str]) -> Batch {
    batch(texts.iter().map(|text| frame(text)).collect())
}

/// Appends and waits for the answer.
fn append(journal: &Journal, batch: Batch) -> Result<Appended, AppendError> {
    let (sender, receiver) = mpsc::channel();
    journal.append(batch, Box::new(move |result| sender.send(result).unwrap()));
    receiver.recv().unwrap()
}

/// The process dies: nothing that the journal still does reaches the disk.
fn die(disk: &FakeDisk, journal: Journal) {
    disk.stop_at(0);
    drop(journal);
    disk.kill();
}

/// Everything that is durable from a position on, as text; losses as `lost FROM..TO`.
fn read_all(reader: &mut Reader) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        match reader.next(Duration::ZERO) {
            Ok(Some(batch)) => {
                for frame in batch.frames {
                    let text = String::from_utf8(frame.bytes).unwrap();
                    all.push(format!("{}:{text}", frame.position));
                }
            }
            Ok(None) | Err(ReadError::Closed) => return all,
            Err(ReadError::Lost(lost)) => all.push(format!("lost {}..{}", lost.from, lost.to)),
            Err(error) => panic!("{error}"),
        }
    }
}

fn read_from(journal: &Journal, position: u64) -> Vec<String> {
    read_all(&mut journal.reader(JournalPosition(position)))
}

fn segment_path(first: u64) -> PathBuf {
    dir().join(super::format::segment_name(first))
}

fn next_batch(reader: &mut Reader) -> Option<StoredBatch> {
    reader.next(Duration::ZERO).unwrap()
}

fn path_of(error: &ReadError) -> Option<&Path> {
    match error {
        ReadError::Lost(lost) => Some(&lost.path),
        _ => None,
    }
}

/// Bytes that do not compress.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 1u32;
    let byte = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_le_bytes()[3]
    };
    std::iter::repeat_with(byte).take(bytes).collect()
}
