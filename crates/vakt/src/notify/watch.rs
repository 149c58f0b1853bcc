//! What is watched of the installation: sources that are expected, the disk, the journal.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::Map;
use vakt_event::Timestamp;
use vakt_incident::{NoticeKind, Records, Watched};
use vakt_ingest::accounting::{SourceKey, SourceRow, Sources};
use vakt_storage::Journal;

use crate::config::ExpectedSource;

/// How often the table of sources is gone through: silence is told within it.
const SOURCES_PAUSE: Duration = Duration::from_secs(2);

pub(crate) struct Watch {
    journal: Arc<Journal>,
    sources: Arc<Sources>,
    expected: Vec<ExpectedSource>,
    /// A source that was never heard is waited for from then on.
    since: Timestamp,
    looked: Option<Instant>,
    /// That the journal failed is on record.
    failure_is_told: bool,
}

impl Watch {
    pub(crate) fn new(
        journal: Arc<Journal>,
        sources: Arc<Sources>,
        expected: Vec<ExpectedSource>,
        since: Timestamp,
    ) -> Self {
        Self {
            journal,
            sources,
            expected,
            since,
            looked: None,
            failure_is_told: false,
        }
    }

    /// Why the journal failed, where that could not be filed.
    pub(super) fn untold_failure(&self) -> Option<String> {
        let reason = self.journal.stats().poisoned?;
        (!self.failure_is_told).then(|| reason.to_string())
    }

    /// What is said of sources that are not expected any more is forgotten.
    pub(super) fn retire(&self, records: &Records) -> Result<()> {
        let expected: Vec<String> = self.expected.iter().map(subject).collect();
        Ok(records.retire_watched(SOURCE, &expected)?)
    }

    /// Files what has changed.
    pub(super) fn look(&mut self, records: &Records, now: Timestamp) -> Result<()> {
        let stats = self.journal.stats();
        let disk = Watched {
            subject: "disk".to_owned(),
            is_well: !stats.no_space,
            title: "the disk of the data directory".to_owned(),
            ..Watched::default()
        };
        records.watch(NoticeKind::Disk, &disk)?;
        let journal = Watched {
            subject: "journal".to_owned(),
            is_well: stats.poisoned.is_none(),
            title: stats.poisoned.as_deref().unwrap_or_default().to_owned(),
            ..Watched::default()
        };
        records.watch(NoticeKind::Journal, &journal)?;
        self.failure_is_told |= !journal.is_well;
        let is_due = self
            .looked
            .is_none_or(|last| last.elapsed() >= SOURCES_PAUSE);
        if is_due && !self.expected.is_empty() {
            self.looked = Some(Instant::now());
            self.since = self.since.min(now);
            let rows = self.sources.snapshot();
            for expected in &self.expected {
                records.watch(NoticeKind::Source, &self.watched(expected, &rows, now))?;
            }
        }
        Ok(())
    }

    fn watched(&self, expected: &ExpectedSource, rows: &[SourceRow], now: Timestamp) -> Watched {
        let last = rows
            .iter()
            .filter(|row| expected.is(row))
            .map(|row| row.last_heard)
            // Heard under a clock that was ahead: nobody knows when, so it is waited for.
            .filter(|last| *last <= now)
            .max();
        let within = i64::try_from(expected.within.as_micros()).unwrap_or(i64::MAX);
        let silent = now.micros_since(last.unwrap_or(self.since));
        let mut more = Map::new();
        more.insert("host".to_owned(), expected.host.clone().into());
        more.insert("stream".to_owned(), expected.stream.clone().into());
        more.insert(
            "last_heard".to_owned(),
            last.map(|last| last.to_string()).into(),
        );
        more.insert(
            "within_seconds".to_owned(),
            expected.within.as_secs().into(),
        );
        Watched {
            subject: subject(expected),
            is_well: silent <= within,
            title: expected.name(),
            more,
        }
    }
}

/// What the subjects of sources begin with.
const SOURCE: &str = "source ";

fn subject(expected: &ExpectedSource) -> String {
    format!("{SOURCE}{}", expected.name())
}

impl ExpectedSource {
    fn is(&self, row: &SourceRow) -> bool {
        self.is_key(&SourceKey {
            stream: &row.stream,
            transport: row.transport,
            peer: row.peer,
            host: &row.host,
        })
    }

    pub(crate) fn is_key(&self, key: &SourceKey<'_>) -> bool {
        self.host.as_ref().is_none_or(|host| host == key.host)
            && self.peer.is_none_or(|peer| key.peer == Some(peer))
            && self.stream.as_ref().is_none_or(|it| it == key.stream)
    }

    /// What it is called: its host, its address, its stream, as far as they are said.
    pub(crate) fn name(&self) -> String {
        let peer = self.peer.map(|peer| peer.to_string());
        let stream = self
            .stream
            .as_ref()
            .map(|stream| format!("stream {stream}"));
        let parts = [self.host.clone(), peer, stream];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}
