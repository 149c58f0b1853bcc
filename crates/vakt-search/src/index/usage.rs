//! What takes the space of an index.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashMap;
use vakt_event::Timestamp;

use super::Index;
use crate::Result;
use crate::split::{Partition, Split};

/// Splits whose columns are looked at for the statistics of fields: the newest, which are as good
/// as all for knowing what fields there are, and are read in a second.
const FIELD_SPLITS_MAX: usize = 64;

/// Fields that are told of, those that take most.
const FIELDS_MAX: usize = 1000;

/// Names of fields that are given to whoever asks which there are: more than people tell apart.
const NAMES_MAX: usize = 10_000;

/// What an index takes on the disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Ascending by day of receipt, then stream.
    pub partitions: Vec<PartitionUsage>,
    /// Of the newest splits, those first whose columns take most.
    pub fields: Vec<FieldUsage>,
    /// The splits of which the fields are told.
    pub field_splits: usize,
    /// Events that are in memory alone yet.
    pub unsealed_events: u64,
}

/// Events of one stream that were received on one day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartitionUsage {
    pub stream: String,
    /// Days since 1970-01-01 in UTC.
    pub day: i64,
    pub splits: u64,
    pub events: u64,
    /// The bytes of the frames as they came.
    pub frame_bytes: u64,
    /// The bytes of the files.
    pub bytes: u64,
    /// Events that have an inverted index.
    pub indexed_events: u64,
}

/// One field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldUsage {
    pub name: String,
    /// The bytes of its columns.
    pub bytes: u64,
    /// Chunks of some thousand events in which it is.
    pub chunks: u64,
}

impl Index {
    /// What takes the space.
    ///
    /// # Errors
    /// A split that cannot be read.
    pub fn usage(&self) -> Result<Usage> {
        let snapshot = self.shared.snapshot.load_full();
        let mut partitions: BTreeMap<(i64, &str), PartitionUsage> = BTreeMap::new();
        for sealed in snapshot.sealed.iter() {
            let meta = &sealed.meta;
            let Partition { stream, day } = &meta.partition;
            let partition = partitions.entry((*day, stream)).or_default();
            partition.splits += 1;
            partition.events += u64::from(meta.docs);
            partition.frame_bytes += meta.frame_bytes;
            partition.bytes += meta.bytes;
            if meta.is_indexed {
                partition.indexed_events += u64::from(meta.docs);
            }
        }
        let partitions = partitions
            .into_iter()
            .map(|((day, stream), usage)| PartitionUsage {
                stream: stream.to_owned(),
                day,
                ..usage
            });
        let mut fields: BTreeMap<String, FieldUsage> = BTreeMap::new();
        let newest = || snapshot.sealed.iter().rev().take(FIELD_SPLITS_MAX);
        for sealed in newest() {
            for placed in &self.shared.open(sealed)?.chunks {
                let columns = placed.chunk.column_bytes();
                let columns = columns.map_err(|fault| self.shared.damaged(&fault))?;
                for (name, bytes) in columns {
                    let field = fields.entry(name.to_owned()).or_default();
                    field.bytes += u64::from(bytes);
                    field.chunks += 1;
                }
            }
        }
        let fields = fields
            .into_iter()
            .map(|(name, usage)| FieldUsage { name, ..usage });
        let mut fields: Vec<FieldUsage> = fields.collect();
        fields.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)));
        fields.truncate(FIELDS_MAX);
        Ok(Usage {
            partitions: partitions.collect(),
            fields,
            field_splits: newest().count(),
            unsealed_events: snapshot
                .open
                .iter()
                .map(|split| u64::from(split.docs))
                .sum(),
        })
    }

    /// The names of the fields of events of these streams and times, those of most chunks first, by the newest
    /// splits that may have such events and by the chunks in memory; one that is being filled has none yet.
    /// `None` is all streams; `since` is inclusive, `until` exclusive.
    ///
    /// # Errors
    /// A split that cannot be read.
    pub fn field_names(
        &self,
        streams: Option<&[String]>,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> Result<Vec<String>> {
        let snapshot = self.shared.snapshot.load_full();
        let may_have = |stream: &String, (earliest, latest): (i64, i64)| {
            streams.is_none_or(|streams| streams.contains(stream))
                && since.is_none_or(|since| latest >= since.micros())
                && until.is_none_or(|until| earliest < until.micros())
        };
        let open = snapshot.open.iter();
        let mut splits: Vec<Arc<Split>> = open
            .filter(|split| may_have(&split.stream, split.times))
            .cloned()
            .collect();
        let sealed = snapshot.sealed.iter().rev();
        for sealed in sealed
            .filter(|sealed| may_have(&sealed.meta.partition.stream, sealed.meta.times))
            .take(FIELD_SPLITS_MAX)
        {
            splits.push(self.shared.open(sealed)?);
        }
        let mut chunks: HashMap<&str, u32> = HashMap::new();
        for placed in splits.iter().flat_map(|split| &split.chunks) {
            let columns = placed.chunk.column_bytes();
            for (name, _) in columns.map_err(|fault| self.shared.damaged(&fault))? {
                *chunks.entry(name).or_default() += 1;
            }
        }
        let mut names: Vec<(&str, u32)> = chunks.into_iter().collect();
        names.sort_unstable_by(|(a, of_a), (b, of_b)| of_b.cmp(of_a).then_with(|| a.cmp(b)));
        names.truncate(NAMES_MAX);
        Ok(names.into_iter().map(|(name, _)| name.to_owned()).collect())
    }
}
