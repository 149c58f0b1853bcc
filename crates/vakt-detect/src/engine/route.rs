//! From the log sources that an event shows to the tests that its fields are put to.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use vakt_event::LogSource;

use super::AtomId;
use super::field::FieldMatcher;
use super::hints::Hints;
use super::names::Names;
use super::scratch::Bits;

/// Sets of log sources kept for each thread. An installation shows some dozens; the bound is for
/// senders who invent them.
const ROUTES_MAX: usize = 256;

/// What the fields of an event with certain log sources are put to.
pub(super) struct Route {
    /// Never given twice within a scratch: what is cached under it cannot be mistaken.
    pub(super) number: u64,
    /// By the field's number.
    pub(super) plans: Vec<Plan>,
    pub(super) names: Names,
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
    /// Places in `routes`.
    known: HashTable<(Box<[LogSource<'static>]>, usize)>,
    /// `None` while the route is in use.
    routes: Vec<Option<Box<Route>>>,
    hasher: DefaultHashBuilder,
    made: u64,
}

impl RouteCache {
    /// The place of the route of a set of log sources; `make` is given its number.
    pub(super) fn place(
        &mut self,
        shown: &[LogSource<'_>],
        make: impl FnOnce(u64) -> Route,
    ) -> usize {
        let hasher = &self.hasher;
        let hash = hasher.hash_one(shown);
        let known = self.known.find(hash, |(known, _)| same(known, shown));
        let known = known.map(|(_, place)| *place);
        if let Some(place) = known
            && self.routes.get(place).is_some_and(Option::is_some)
        {
            return place;
        }
        // A route that was never put back was in use when something panicked.
        if self.routes.len() >= ROUTES_MAX || known.is_some() {
            self.known.clear();
            self.routes.clear();
        }
        self.made += 1;
        let place = self.routes.len();
        self.routes.push(Some(Box::new(make(self.made))));
        let owned: Box<[_]> = shown.iter().cloned().map(LogSource::into_owned).collect();
        self.known
            .insert_unique(hash, (owned, place), |(known, _)| hasher.hash_one(&**known));
        place
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
