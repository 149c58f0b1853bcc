//! Journals that earlier versions wrote open, read and go on, forever.
//!
//! `fixtures/v1`, `fixtures/v2` and `fixtures/v3` were written by the version of that number, from [`batches`] with
//! segments of 600 bytes, and closed. A fixture is never written anew: a new format version adds its own beside it.

#![allow(
    clippy::unwrap_used,
    reason = "a test may panic, and so may its helpers"
)]

use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use vakt_event::{Batch, CursorKey, Format, Frame, JournalPosition, Source, Timestamp, Transport};
use vakt_storage::{Journal, Options, RealDisk};

const BOOT_ID: u128 = 0xfedc_ba98_7654_3210_fedc_ba98_7654_3210;
const CHECK: u64 = 0x0011_2233_4455_6677;

/// `boot_id` and `check` are of the cursors; version 1 had neither, and they read as 0.
fn batches(boot_id: u128, check: u64) -> Vec<Batch> {
    let received = Timestamp::from_seconds(1_800_000_000).unwrap();
    let syslog = Arc::new(Source {
        stream: "default".to_owned(),
        transport: Transport::Udp,
        listener: "syslog".to_owned(),
        peer: Some("192.0.2.7".parse().unwrap()),
        zone: Some("Europe/Stockholm".to_owned()),
        drill: false,
    });
    let upload = Arc::new(Source {
        stream: "customer-å".to_owned(),
        transport: Transport::Journal,
        listener: "http".to_owned(),
        peer: Some("2001:db8::7".parse().unwrap()),
        zone: None,
        drill: true,
    });
    let frame = |bytes: &[u8], format, later, truncated, cursor| Frame {
        bytes: bytes.to_vec(),
        format,
        received: received.saturating_add_micros(later),
        truncated,
        cursor,
    };
    let key = |sequence_number| {
        Some(CursorKey {
            sequence_id: 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef,
            boot_id,
            sequence_number,
            check,
        })
    };
    vec![
        Batch {
            source: Arc::clone(&syslog),
            frames: vec![
                frame(
                    b"<34>Oct 11 22:14:15 m su: failed",
                    Format::Syslog,
                    0,
                    false,
                    None,
                ),
                frame(&[0xff, 0x00, b'\n'], Format::Text, -5, true, None),
                frame(b"", Format::Syslog, 4_000_000_000, false, None),
            ],
        },
        Batch {
            source: upload,
            frames: vec![
                frame(b"MESSAGE=a\n", Format::Journal, 1, false, key(10)),
                frame(b"MESSAGE=b\n", Format::Journal, 2, false, key(11)),
                frame(b"MESSAGE=c\n", Format::Journal, 3, false, key(99)),
            ],
        },
        Batch {
            source: syslog,
            frames: vec![frame(&[b'{'; 300], Format::Json, 0, false, None)],
        },
    ]
}

/// One after the other, each in a commit of its own.
fn append_all(journal: &Journal, batches: Vec<Batch>) -> Vec<(usize, usize)> {
    let append = |batch| {
        let (sender, receiver) = mpsc::channel();
        journal.append(batch, Box::new(move |done| sender.send(done).unwrap()));
        let appended = receiver.recv().unwrap().unwrap();
        (appended.stored, appended.repeated)
    };
    batches.into_iter().map(append).collect()
}

fn fixture(version: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(version)
}

fn options() -> Options {
    Options {
        segment_bytes_max: 600,
        disk: Arc::new(RealDisk),
        ..Options::default()
    }
}

/// Opens a copy of a journal that holds these batches, reads all, and appends them again.
fn check(fixture: &Path, batches: &[Batch], cursors_rebuilt: bool) {
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(fixture).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    let (journal, recovery) = Journal::open(copy.path(), &options()).unwrap();
    assert_eq!(recovery.next, JournalPosition(7));
    assert_eq!((recovery.cut_bytes, recovery.lost_ranges), (0, 0));
    assert_eq!(recovery.cursors_rebuilt, cursors_rebuilt);

    let mut reader = journal.reader(JournalPosition(0));
    let mut position = 0;
    for batch in batches {
        let stored = reader.next(Duration::ZERO).unwrap().unwrap();
        assert_eq!(stored.source, batch.source);
        assert_eq!(stored.frames.len(), batch.frames.len());
        for (stored, frame) in stored.frames.into_iter().zip(&batch.frames) {
            assert_eq!(stored.position, JournalPosition(position));
            position += 1;
            let back = Frame {
                bytes: stored.bytes,
                format: stored.format,
                received: stored.received,
                truncated: stored.truncated,
                cursor: stored.cursor,
            };
            assert_eq!(&back, frame);
        }
    }
    assert!(reader.next(Duration::ZERO).unwrap().is_none());
    assert_eq!(
        append_all(&journal, batches.to_vec()),
        [(3, 0), (0, 3), (1, 0)]
    );
    assert_eq!(journal.durable_end(), JournalPosition(11));
    journal.close().unwrap();

    // Also where records of two versions are in one segment.
    let (journal, recovery) = Journal::open(copy.path(), &options()).unwrap();
    assert_eq!((recovery.cut_bytes, recovery.lost_ranges), (0, 0));
    let mut reader = journal.reader(JournalPosition(0));
    let mut count = 0;
    while let Some(batch) = reader.next(Duration::ZERO).unwrap() {
        count += batch.frames.len();
    }
    assert_eq!(count, 11);
}

#[test]
fn version_1_opens() {
    // Its checkpoint of cursors knows no streams, so the journal is read instead.
    check(&fixture("v1"), &batches(0, 0), true);
}

#[test]
fn version_2_opens() {
    check(&fixture("v2"), &batches(BOOT_ID, CHECK), false);
}

#[test]
fn version_3_opens() {
    check(&fixture("v3"), &batches(BOOT_ID, CHECK), false);
}

#[test]
fn what_this_version_writes_opens() {
    let written = tempfile::tempdir().unwrap();
    let dir = written.path().join("deep/journal");
    let (journal, _) = Journal::open(&dir, &options()).unwrap();
    let batches = batches(BOOT_ID, CHECK);
    assert_eq!(
        append_all(&journal, batches.clone()),
        [(3, 0), (3, 0), (1, 0)]
    );
    journal.close().unwrap();
    check(&dir, &batches, false);
}

#[cfg(unix)]
#[test]
fn files_are_for_their_owner_only_and_the_lock_is_held() {
    use std::os::unix::fs::PermissionsExt;
    let data = tempfile::tempdir().unwrap();
    let dir = data.path().join("journal");
    let (journal, _) = Journal::open(&dir, &options()).unwrap();
    append_all(&journal, batches(BOOT_ID, CHECK));
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    for entry in std::fs::read_dir(&dir).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    let error = Journal::open(&dir, &options()).err().unwrap().to_string();
    let lock = dir.join("lock").display().to_string();
    assert!(error.contains(&lock), "{error}");
    journal.close().unwrap();
    Journal::open(&dir, &options()).unwrap();
}
