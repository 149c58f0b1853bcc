//! From the log sources that an event shows to the tests that its fields are put to.

use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::{DefaultHashBuilder, HashMap, HashTable};
use vakt_event::LogSource;

use super::AtomId;
use super::field::FieldMatcher;
use super::hints::Hints;
use super::layouts::Layouts;
use super::names::Names;
use super::scratch::Bits;

/// Routes kept for each thread: one for each set of log sources that rules ask for and some event met.
/// Installations have some dozens.
const ROUTES_MAX: usize = 256;

/// Sets of log sources that events showed, kept for each thread. The bound is for senders who
/// invent them; what they invent meets the same rules, and takes no route of its own.
const SHOWN_MAX: usize = 1_024;

/// Sets with more bytes are looked up each time.
const SHOWN_BYTES_MAX: usize = 2_048;

/// What the fields of an event with certain log sources are put to.
pub(super) struct Route {
    /// Never given twice within a scratch: what is cached under it cannot be mistaken.
    pub(super) number: u64,
    /// By the field's number.
    pub(super) plans: Vec<Plan>,
    pub(super) names: Names,
    pub(super) layouts: Layouts,
    pub(super) keywords: Plan,
    /// Shows for most events that no keyword can hold.
    pub(super) keyword_hints: Option<Hints>,
    /// The rules without witness.
    pub(super) always: Vec<u32>,
}

/// The tests of one field, over all log sources of the route.
#[derive(Clone, Default)]
pub(super) struct Plan {
    pub(super) matchers: Vec<u32>,
    /// What holds because the field is there.
    pub(super) present: Vec<AtomId>,
    pub(super) reads_folded: bool,
    pub(super) is_costly: bool,
    /// Shorter values (in folded bytes) pass no test.
    pub(super) shortest: usize,
}

impl Plan {
    pub(super) fn note_presence(&self, bits: &mut Bits) {
        for atom in &self.present {
            bits.set(*atom);
        }
    }

    pub(super) fn add(&mut self, index: u32, matcher: &FieldMatcher) {
        let shortest = matcher.shortest();
        self.shortest = match self.matchers.is_empty() {
            true => shortest,
            false => self.shortest.min(shortest),
        };
        self.matchers.push(index);
        self.reads_folded |= matcher.reads_folded();
        self.is_costly |= matcher.is_costly();
    }
}

/// The routes that a thread has met.
#[derive(Default)]
pub(super) struct RouteCache {
    /// What the last event showed, and its place in `routes`: events of one kind come together.
    last: Option<(Arc<[LogSource<'static>]>, usize)>,
    /// Places in `routes` by what events showed.
    known: HashTable<(Arc<[LogSource<'static>]>, usize)>,
    /// Places in `routes` by the log sources, of those that rules ask for, which were met.
    by_met: HashMap<Box<[u32]>, usize>,
    /// `None` while the route is in use.
    routes: Vec<Option<Box<Route>>>,
    hasher: DefaultHashBuilder,
    made: u64,
}

impl RouteCache {
    /// The place of the route of a set of log sources. `meet` says which of those that rules ask for it
    /// meets; of these `make` makes the route with a number.
    pub(super) fn place(
        &mut self,
        shown: &[LogSource<'_>],
        meet: impl FnOnce() -> Vec<u32>,
        make: impl FnOnce(&[u32], u64) -> Route,
    ) -> usize {
        let is_there = |place: usize| self.routes.get(place).is_some_and(Option::is_some);
        if let Some((last, place)) = &self.last
            && same(last, shown)
            && is_there(*place)
        {
            return *place;
        }
        let hasher = &self.hasher;
        let hash = hasher.hash_one(shown);
        let known = self.known.find(hash, |(known, _)| same(known, shown));
        if let Some((known, place)) = known
            && is_there(*place)
        {
            self.last = Some((Arc::clone(known), *place));
            return *place;
        }
        // A route that was never put back was in use when something panicked.
        if known.is_some() {
            self.forget();
        }
        let met = meet();
        let place = self.place_of_met(met, make);
        if bytes_of(shown) > SHOWN_BYTES_MAX {
            return place;
        }
        if self.known.len() >= SHOWN_MAX {
            self.known.clear();
        }
        let owned: Arc<[_]> = shown.iter().cloned().map(LogSource::into_owned).collect();
        let hasher = &self.hasher;
        self.known
            .insert_unique(hash, (owned, place), |(known, _)| hasher.hash_one(&**known));
        place
    }

    fn place_of_met(&mut self, met: Vec<u32>, make: impl FnOnce(&[u32], u64) -> Route) -> usize {
        if let Some(place) = self.by_met.get(met.as_slice())
            && self.routes.get(*place).is_some_and(Option::is_some)
        {
            return *place;
        }
        if self.routes.len() >= ROUTES_MAX {
            self.forget();
        }
        self.made += 1;
        let place = self.routes.len();
        self.routes.push(Some(Box::new(make(&met, self.made))));
        self.by_met.insert(met.into(), place);
        place
    }

    fn forget(&mut self) {
        self.last = None;
        self.known.clear();
        self.by_met.clear();
        self.routes.clear();
    }

    pub(super) fn take(&mut self, place: usize) -> Option<Box<Route>> {
        self.routes.get_mut(place)?.take()
    }

    pub(super) fn put_back(&mut self, place: usize, route: Box<Route>) {
        if let Some(empty) = self.routes.get_mut(place) {
            *empty = Some(route);
        }
    }
}

fn same(known: &[LogSource<'static>], shown: &[LogSource<'_>]) -> bool {
    known.len() == shown.len() && known.iter().zip(shown).all(|(a, b)| a == b)
}

fn bytes_of(shown: &[LogSource<'_>]) -> usize {
    let words = |source: &LogSource<'_>| {
        let words = [&source.product, &source.category, &source.service];
        words
            .into_iter()
            .flatten()
            .map(|word| word.len())
            .sum::<usize>()
    };
    shown
        .iter()
        .map(|source| size_of::<LogSource<'_>>() + words(source))
        .sum()
}
