//! What templates said of a pattern, chunk by chunk: one that is asked for again, for the next page, a histogram or the
//! top values, goes over no template.

use std::sync::Arc;

use quick_cache::Weighter;

use crate::bits::Bits;
use crate::query::Pattern;

/// The most memory that all findings take, in bytes. A chunk takes 2 KiB for a pattern that it has, so this is a dozen
/// phrases that are all over ten million events.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;

/// About how many entries that are.
const CACHE_ENTRIES: usize = 16 * 1024;

/// A pattern and the field that it is looked for in, by their BLAKE3 hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Question([u8; 32]);

impl Question {
    pub(super) fn of(field: Option<&str>, pattern: &Pattern) -> Self {
        // What two of them show differs where they do.
        Self(*blake3::hash(format!("{field:?} {pattern:?}").as_bytes()).as_bytes())
    }
}

/// The events of a chunk whose templates say that they have a pattern; `None` where there are none. By the number of
/// the chunk, which no other has while the cache lives.
pub(crate) type Findings = quick_cache::sync::Cache<(u64, Question), Option<Arc<Bits>>, ByBytes>;

pub(crate) fn cache() -> Findings {
    Findings::with_weighter(CACHE_ENTRIES, CACHE_BYTES, ByBytes)
}

#[derive(Clone)]
pub(crate) struct ByBytes;

impl Weighter<(u64, Question), Option<Arc<Bits>>> for ByBytes {
    fn weight(&self, _: &(u64, Question), docs: &Option<Arc<Bits>>) -> u64 {
        // With what the cache itself keeps of each.
        docs.as_ref().map_or(0, |docs| docs.memory()) as u64 + 256
    }
}
