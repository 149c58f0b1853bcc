//! Which splits belong to the index, and up to which journal position they reach.
//!
//! A transaction that publishes splits also holds the position that follows them: events and the
//! knowledge of which they are become durable in one step.
//!
//! The changes are counted, and the content has a digest ([`CatalogueState`]): whoever notes both elsewhere
//! can tell later whether somebody else changed it. Splits are named by the BLAKE3 hash of their bytes, so
//! that the digest covers these, too.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, params};

use vakt_event::percent;

use crate::split::{Partition, SplitMeta};
use crate::{Error, Result};

pub(super) const CATALOGUE_FILE: &str = "catalogue.sqlite";

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS state (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        next INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS split (
        name TEXT PRIMARY KEY,
        stream TEXT NOT NULL,
        day INTEGER NOT NULL,
        docs INTEGER NOT NULL,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL,
        earliest INTEGER NOT NULL,
        latest INTEGER NOT NULL,
        frame_bytes INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        indexed INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS forgotten (
        start INTEGER PRIMARY KEY,
        stop INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS changes (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        number INTEGER NOT NULL
    ) STRICT;
    INSERT OR IGNORE INTO state (one, next) VALUES (1, 0);
    INSERT OR IGNORE INTO changes (one, number) VALUES (1, 0);
";

/// The catalogue of an index.
pub(super) struct Catalogue {
    dir: PathBuf,
    database: Connection,
}

/// What a catalogue says at a moment, to be noted elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CatalogueState {
    /// Changes since the index was made.
    pub changes: u64,
    /// BLAKE3 (context `vakt index catalogue`) over the position that follows, the splits by position and
    /// name, and what is forgotten.
    pub digest: [u8; 32],
}

/// What changes in one step.
#[derive(Default)]
pub(super) struct Change<'c> {
    pub(super) add: &'c [SplitMeta],
    /// The names of splits that leave.
    pub(super) remove: &'c [String],
    /// Where the journal is to be read on.
    pub(super) next: Option<u64>,
    /// What of the splits is forgotten, from and to (exclusive), in place of what was.
    pub(super) forgotten: Option<&'c [(u64, u64)]>,
}

impl Catalogue {
    pub(super) fn open(dir: &Path) -> Result<Self> {
        let failed = |source| Error::Catalogue {
            dir: dir.to_owned(),
            source,
        };
        let database = Connection::open(dir.join(CATALOGUE_FILE)).map_err(failed)?;
        database
            .pragma_update(None, "journal_mode", "WAL")
            .and_then(|()| database.pragma_update(None, "synchronous", "FULL"))
            .and_then(|()| database.execute_batch(TABLES))
            .map_err(failed)?;
        Ok(Self {
            dir: dir.to_owned(),
            database,
        })
    }

    /// The same for who changes nothing. Without a log beside it nobody is writing, and it is read as it lies
    /// there: SQLite would make files of its own otherwise.
    pub(super) fn open_to_read(dir: &Path) -> Result<Self> {
        let path = dir.join(CATALOGUE_FILE);
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        let query = match Path::new(&log).exists() {
            true => "mode=ro",
            false => "mode=ro&immutable=1",
        };
        let uri = format!(
            "file:{}?{query}",
            percent::encoded_path(path.as_os_str().as_encoded_bytes())
        );
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_URI;
        let database =
            Connection::open_with_flags(uri, flags).map_err(|source| Error::Catalogue {
                dir: dir.to_owned(),
                source,
            })?;
        Ok(Self {
            dir: dir.to_owned(),
            database,
        })
    }

    /// Which splits there are, and what to note elsewhere, of one moment.
    pub(super) fn state(&self) -> Result<(Vec<SplitMeta>, CatalogueState)> {
        let moment = self.database.unchecked_transaction();
        let moment = moment.map_err(|error| self.failed(error))?;
        let number = moment.query_row("SELECT number FROM changes", [], |row| row.get::<_, i64>(0));
        let changes = number.map_err(|error| self.failed(error))?.cast_unsigned();
        let (next, splits, forgotten) = (self.next()?, self.splits()?, self.forgotten()?);
        let digest = digest(next, &splits, &forgotten);
        Ok((splits, CatalogueState { changes, digest }))
    }

    /// The position after the last event that is in a split: 0 at the beginning.
    pub(super) fn next(&self) -> Result<u64> {
        self.database
            .query_row("SELECT next FROM state", [], |row| row.get::<_, i64>(0))
            .map(i64::cast_unsigned)
            .map_err(|error| self.failed(error))
    }

    /// The splits, ascending by their first position.
    pub(super) fn splits(&self) -> Result<Vec<SplitMeta>> {
        let read = || -> rusqlite::Result<Vec<SplitMeta>> {
            let mut rows = self.database.prepare(
                "SELECT name, stream, day, docs, first, last, earliest, latest, frame_bytes, bytes, indexed
                 FROM split ORDER BY first, name",
            )?;
            let number =
                |row: &rusqlite::Row<'_>, at: usize| row.get::<_, i64>(at).map(i64::cast_unsigned);
            rows.query_map([], |row| {
                Ok(SplitMeta {
                    name: row.get(0)?,
                    partition: Partition {
                        stream: row.get(1)?,
                        day: row.get(2)?,
                    },
                    docs: row.get(3)?,
                    positions: (number(row, 4)?, number(row, 5)?),
                    times: (row.get(6)?, row.get(7)?),
                    frame_bytes: number(row, 8)?,
                    bytes: number(row, 9)?,
                    is_indexed: row.get(10)?,
                })
            })?
            .collect()
        };
        read().map_err(|error| self.failed(error))
    }

    /// What is forgotten, ascending and apart.
    pub(super) fn forgotten(&self) -> Result<Vec<(u64, u64)>> {
        let read = || -> rusqlite::Result<Vec<(u64, u64)>> {
            let mut rows = self
                .database
                .prepare("SELECT start, stop FROM forgotten ORDER BY start")?;
            rows.query_map([], |row| {
                let (start, stop): (i64, i64) = (row.get(0)?, row.get(1)?);
                Ok((start.cast_unsigned(), stop.cast_unsigned()))
            })?
            .collect()
        };
        read().map_err(|error| self.failed(error))
    }

    /// Carries out a change; all of it is durable when this returns, or none.
    pub(super) fn publish(&mut self, change: &Change<'_>) -> Result<()> {
        let mut write = || -> rusqlite::Result<()> {
            let transaction = self.database.transaction()?;
            for name in change.remove {
                transaction.execute("DELETE FROM split WHERE name = ?1", [name])?;
            }
            for split in change.add {
                insert(&transaction, split)?;
            }
            if let Some(ranges) = change.forgotten {
                transaction.execute("DELETE FROM forgotten", [])?;
                for (start, stop) in ranges {
                    transaction.execute(
                        "INSERT INTO forgotten (start, stop) VALUES (?1, ?2)",
                        [start.cast_signed(), stop.cast_signed()],
                    )?;
                }
            }
            if let Some(next) = change.next {
                transaction.execute("UPDATE state SET next = ?1", [next.cast_signed()])?;
            }
            transaction.execute("UPDATE changes SET number = number + 1", [])?;
            transaction.commit()
        };
        write().map_err(|error| self.failed(error))
    }

    /// What SQLite finds wrong with its file, if anything.
    pub(super) fn fault(&self) -> Result<Option<String>> {
        self.database
            .query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0))
            .optional()
            .map(|said| said.filter(|said| said != "ok"))
            .map_err(|error| self.failed(error))
    }

    fn failed(&self, source: rusqlite::Error) -> Error {
        Error::Catalogue {
            dir: self.dir.clone(),
            source,
        }
    }
}

/// See [`CatalogueState`].
fn digest(next: u64, splits: &[SplitMeta], forgotten: &[(u64, u64)]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key("vakt index catalogue");
    let numbers = |hasher: &mut blake3::Hasher, all: &[u64]| {
        for number in all {
            hasher.update(&number.to_be_bytes());
        }
    };
    numbers(&mut hasher, &[next, splits.len() as u64]);
    for split in splits {
        for text in [&split.name, &split.partition.stream] {
            numbers(&mut hasher, &[text.len() as u64]);
            hasher.update(text.as_bytes());
        }
        let (from, to) = split.positions;
        let (earliest, latest) = split.times;
        numbers(
            &mut hasher,
            &[
                split.partition.day.cast_unsigned(),
                u64::from(split.docs),
                from,
                to,
                earliest.cast_unsigned(),
                latest.cast_unsigned(),
                split.frame_bytes,
                split.bytes,
                u64::from(split.is_indexed),
            ],
        );
    }
    for (start, stop) in forgotten {
        numbers(&mut hasher, &[*start, *stop]);
    }
    hasher.finalize().into()
}

fn insert(transaction: &Transaction<'_>, split: &SplitMeta) -> rusqlite::Result<()> {
    transaction.execute(
        "INSERT OR REPLACE INTO split
             (name, stream, day, docs, first, last, earliest, latest, frame_bytes, bytes, indexed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        params![
            split.name,
            split.partition.stream,
            split.partition.day,
            split.docs,
            split.positions.0.cast_signed(),
            split.positions.1.cast_signed(),
            split.times.0,
            split.times.1,
            split.frame_bytes.cast_signed(),
            split.bytes.cast_signed(),
            split.is_indexed,
        ],
    )?;
    Ok(())
}
