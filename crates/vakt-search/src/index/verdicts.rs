//! Which events of a chunk were judged for a query, and what came of it.
//!
//! A page of results asks one query several times: for its hits, for its histogram, for its top values,
//! and for the next page. What had to be read to be judged is read once.

use std::sync::Arc;

use quick_cache::Weighter;

use crate::Query;
use crate::bits::Bits;

/// The most memory that all verdicts take, in bytes. A chunk takes 2 KiB for a query, so this is a dozen
/// queries of which each event of ten million had to be looked at.
const CACHE_BYTES: u64 = 32 * 1024 * 1024;

/// About how many entries that are.
const CACHE_ENTRIES: usize = 16 * 1024;

/// Fewer events than this are judged again rather than remembered.
pub(super) const REMEMBERED_MIN: u64 = 64;

/// A query, by the BLAKE3 hash of its tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct QueryHash([u8; 32]);

impl QueryHash {
    pub(super) fn of(query: &Query) -> Self {
        // What two trees show differs where they do: all that is in them is shown.
        Self(*blake3::hash(format!("{:?}", query.root).as_bytes()).as_bytes())
    }
}

/// The events of a chunk that were judged, and those of them that match.
#[derive(Clone, Debug)]
pub(super) struct Verdicts {
    pub(super) judged: Bits,
    pub(super) matching: Bits,
}

impl Verdicts {
    pub(super) fn none(docs: u32) -> Self {
        Self {
            judged: Bits::none(docs),
            matching: Bits::none(docs),
        }
    }

    /// Whether the event matches; `None` where it was not judged.
    pub(super) fn of(&self, doc: u32) -> Option<bool> {
        let is_judged = self.judged.contains(doc);
        is_judged.then(|| self.matching.contains(doc))
    }

    pub(super) fn add(&mut self, doc: u32, matches: bool) {
        self.judged.insert(doc);
        if matches {
            self.matching.insert(doc);
        }
    }
}

/// Verdicts by the number of the chunk, which no other has while the cache lives, and the query.
pub(super) type Cache = quick_cache::sync::Cache<(u64, QueryHash), Arc<Verdicts>, ByBytes>;

pub(super) fn cache() -> Cache {
    Cache::with_weighter(CACHE_ENTRIES, CACHE_BYTES, ByBytes)
}

#[derive(Clone)]
pub(super) struct ByBytes;

impl Weighter<(u64, QueryHash), Arc<Verdicts>> for ByBytes {
    fn weight(&self, _: &(u64, QueryHash), verdicts: &Arc<Verdicts>) -> u64 {
        // With what the cache itself keeps of each.
        (verdicts.judged.memory() + verdicts.matching.memory()) as u64 + 256
    }
}
