//! What matching one event writes to: kept between events, so that nothing is allocated.

use super::cache::ValueCache;
use super::cost::Tries;
use super::expr::Operands;
use super::route::RouteCache;
use super::{AtomId, PatternId};

/// The working memory of one thread. It belongs to the engine that made it; given to another, it
/// starts anew.
pub struct Scratch {
    pub(super) engine: u64,
    pub(super) bits: Bits,
    pub(super) patterns: PatternScratch,
    /// The atoms of the patterns that the value at hand passes, some more than once.
    pub(super) atoms: Vec<AtomId>,
    /// The value at hand, where it is not written as it is.
    pub(super) text: String,
    /// The value at hand, folded.
    pub(super) folded: String,
    pub(super) operands: Operands,
    pub(super) cache: ValueCache,
    pub(super) routes: RouteCache,
    pub(super) rules: Stamps,
}

impl Scratch {
    pub(super) fn new(engine: u64, atoms: usize, patterns: usize, rules: usize) -> Self {
        Self {
            engine,
            bits: Bits::new(atoms),
            patterns: PatternScratch {
                stamps: Stamps::new(patterns),
                found: Vec::new(),
                tries: Tries::default(),
            },
            atoms: Vec::new(),
            text: String::new(),
            folded: String::new(),
            operands: Operands::default(),
            cache: ValueCache::default(),
            routes: RouteCache::default(),
            rules: Stamps::new(rules),
        }
    }
}

/// The atoms that hold for the event at hand.
pub(super) struct Bits {
    words: Vec<u64>,
    touched: Vec<AtomId>,
}

impl Bits {
    fn new(atoms: usize) -> Self {
        Self {
            words: vec![0; atoms.div_ceil(64)],
            touched: Vec::new(),
        }
    }

    pub(super) fn clear(&mut self) {
        for atom in self.touched.drain(..) {
            self.words[atom as usize / 64] = 0;
        }
    }

    pub(super) fn set(&mut self, atom: AtomId) {
        let word = &mut self.words[atom as usize / 64];
        let bit = 1 << (atom % 64);
        if *word & bit == 0 {
            *word |= bit;
            self.touched.push(atom);
        }
    }

    pub(super) fn has(&self, atom: AtomId) -> bool {
        self.words[atom as usize / 64] & (1 << (atom % 64)) != 0
    }

    /// The atoms that hold, each once.
    pub(super) fn touched(&self) -> &[AtomId] {
        &self.touched
    }
}

/// Marks that are forgotten all at once.
pub(super) struct Stamps {
    stamps: Vec<u32>,
    now: u32,
}

impl Stamps {
    fn new(len: usize) -> Self {
        Self {
            stamps: vec![0; len],
            now: 0,
        }
    }

    /// Forgets every mark.
    pub(super) fn next(&mut self) {
        self.now = self.now.wrapping_add(1);
        if self.now == 0 {
            self.stamps.fill(0);
            self.now = 1;
        }
    }

    /// Marks; whether it was not marked before.
    pub(super) fn mark(&mut self, index: u32) -> bool {
        let stamp = &mut self.stamps[index as usize];
        let first = *stamp != self.now;
        *stamp = self.now;
        first
    }
}

/// The patterns that the value at hand passes.
pub(super) struct PatternScratch {
    stamps: Stamps,
    pub(super) found: Vec<PatternId>,
    pub(super) tries: Tries,
}

impl PatternScratch {
    /// Starts with a value.
    pub(super) fn begin(&mut self) -> PatternHits<'_> {
        self.stamps.next();
        self.found.clear();
        PatternHits(self)
    }
}

/// Where the tests of a field report to.
pub(super) struct PatternHits<'s>(&'s mut PatternScratch);

impl PatternHits<'_> {
    /// The value passes.
    pub(super) fn add(&mut self, pattern: PatternId) {
        if self.0.stamps.mark(pattern) {
            self.0.found.push(pattern);
        }
    }

    /// The value passes a pattern that takes a closer look, if it `passes`; looked at once for each
    /// value.
    pub(super) fn try_once(&mut self, pattern: PatternId, passes: impl FnOnce() -> bool) {
        if !self.0.stamps.mark(pattern) {
            return;
        }
        let started = self.0.tries.start();
        if passes() {
            self.0.found.push(pattern);
        }
        self.0.tries.end(pattern, started);
    }
}
