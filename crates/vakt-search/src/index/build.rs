//! Building inverted indexes from spare time: splits of one partition become one that has one.

use std::sync::Arc;

use super::Index;
use super::catalogue::Change;
use super::shared::{Sealed, Shared, number};
use super::terms;
use crate::fault::Fault;
use crate::split::inverted::InvertedBuilder;
use crate::split::{Split, SplitMeta, SplitWriter};
use crate::term_log::TermLog;
use crate::words::Keys;
use crate::{Error, Result};

/// The most events of a split that is built: larger ones take longer and are not searched faster.
const DOCS_MAX: u64 = 250_000;

/// The most bytes of frames in it: bounds the memory of the build.
const FRAME_BYTES_MAX: u64 = 192 * 1024 * 1024;

/// Splits of a day that is not over wait until there are this many, or as many events as one takes.
const SPLITS_MIN: usize = 8;

/// What one build did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Built {
    pub events: u64,
    /// The bytes of their frames.
    pub frame_bytes: u64,
}

impl Index {
    /// Builds the inverted index of the splits that have waited longest, if there are enough of
    /// them, or any where it is `eager`. Searches see them all the time, without it and then with it.
    ///
    /// # Errors
    /// A split that cannot be read, a disk that refuses.
    pub fn build_next(&self, eager: bool) -> Result<Option<Built>> {
        let shared = &self.shared;
        let snapshot = shared.snapshot.load_full();
        let Some(chosen) = choose(&snapshot.sealed, eager) else {
            return Ok(None);
        };
        let split = build(shared, &chosen)?;
        let names: Vec<String> = chosen
            .iter()
            .map(|sealed| sealed.meta.name.clone())
            .collect();
        let built = Built {
            events: u64::from(split.docs),
            frame_bytes: split.frame_bytes,
        };
        let mut holder = shared.lock();
        let now = shared.snapshot.load();
        let are_there = |name: &String| now.sealed.iter().any(|sealed| sealed.meta.name == *name);
        if !names.iter().all(are_there) {
            // Some of it was taken out or written anew meanwhile; that will be built.
            drop(std::fs::remove_file(super::shared::split_path(
                &shared.dir,
                &split.name,
            )));
            return Ok(Some(Built {
                events: 0,
                frame_bytes: 0,
            }));
        }
        let change = Change {
            add: &[split],
            remove: &names,
            ..Change::default()
        };
        holder.publish(&change, None, None)?;
        Ok(Some(built))
    }
}

/// The splits to build one of: of one partition, following each other.
fn choose(sealed: &[Arc<Sealed>], eager: bool) -> Option<Vec<Arc<Sealed>>> {
    let newest = sealed.iter().map(|split| split.meta.partition.day).max()?;
    let mut asked: Vec<&crate::split::Partition> = Vec::new();
    for first in sealed.iter().filter(|split| !split.meta.is_indexed) {
        let partition = &first.meta.partition;
        if asked.contains(&partition) {
            continue;
        }
        asked.push(partition);
        let mut chosen: Vec<Arc<Sealed>> = Vec::new();
        let (mut docs, mut frame_bytes) = (0, 0);
        let mut is_full = false;
        let waiting = sealed
            .iter()
            .filter(|split| !split.meta.is_indexed && split.meta.partition == *partition);
        for split in waiting {
            docs += u64::from(split.meta.docs);
            frame_bytes += split.meta.frame_bytes;
            is_full = docs > DOCS_MAX || frame_bytes > FRAME_BYTES_MAX;
            if is_full && !chosen.is_empty() {
                break;
            }
            chosen.push(Arc::clone(split));
            is_full |= docs > DOCS_MAX / 2 || frame_bytes > FRAME_BYTES_MAX / 2;
        }
        if eager || is_full || partition.day < newest || chosen.len() >= SPLITS_MIN {
            return Some(chosen);
        }
    }
    None
}

fn build(shared: &Shared, chosen: &[Arc<Sealed>]) -> Result<SplitMeta> {
    let Some(first) = chosen.first() else {
        return Err(Error::damaged(
            &shared.dir,
            "nothing to build from".to_owned(),
        ));
    };
    let mut splits = Vec::new();
    for sealed in chosen {
        splits.push(shared.open(sealed)?);
    }
    let partition = first.meta.partition.clone();
    let mut writer = SplitWriter::create(&shared.dir, number(), partition)?;
    let engine_failed = |source| Error::Engine {
        dir: shared.dir.clone(),
        source,
    };
    let damaged = |fault: Fault| shared.damaged(&fault);
    let mut inverted = InvertedBuilder::default();
    let mut keys = Keys::default();
    let mut orders = Vec::new();
    for (sealed, split) in chosen.iter().zip(&splits) {
        let log = log_of(shared, &sealed.meta.name, split).map_err(damaged)?;
        let mut logs = log.into_iter().flat_map(|log| log.chunks);
        for placed in &split.chunks {
            let chunk = &placed.chunk;
            orders.push(chunk.order(shared.pieces()).map_err(damaged)?);
            let filters = match logs.next() {
                Some(log) => inverted.put_log(&log).map(|()| log.filters()),
                None => terms::add(chunk, shared, &mut inverted, &mut keys),
            };
            let filters = filters.map_err(damaged)?;
            let (bytes, meta) = chunk.with_filters(&filters).map_err(damaged)?;
            writer.chunk(&bytes, meta)?;
        }
    }
    for (name, bytes) in inverted.finish(&orders).map_err(engine_failed)? {
        writer.file(name, &bytes)?;
    }
    writer.finish()
}

/// What was noted of the terms of a split, where that is still there and of all of it.
fn log_of(
    shared: &Shared,
    name: &str,
    split: &Split,
) -> std::result::Result<Option<TermLog>, Fault> {
    let Some(log) = shared.term_logs.take(name) else {
        return Ok(None);
    };
    if log.chunks.len() != split.chunks.len() {
        return Ok(None);
    }
    for (placed, log) in split.chunks.iter().zip(&log.chunks) {
        let chunk = &placed.chunk;
        if log.docs() != chunk.meta().docs || log.blocks() != chunk.blocks()? {
            return Ok(None);
        }
    }
    Ok(Some(log))
}
