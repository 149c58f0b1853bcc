//! From the log sources that an event shows to the tests that its fields are put to.

use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::{DefaultHashBuilder, HashTable};
use vakt_event::LogSource;

use super::field::FieldMatcher;
use super::hints::Hints;

/// Sets of log sources kept for each thread. An installation shows some dozens; the bound is for
/// senders who invent them.
const ROUTES_MAX: usize = 256;

/// What the fields of an event with certain log sources are put to.
pub(super) struct Route {
    /// Never given twice within a scratch: what is cached under it cannot be mistaken.
    pub(super) number: u64,
    /// By the field's number.
    pub(super) plans: Vec<Plan>,
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
    pub(super) reads_folded: bool,
    pub(super) is_costly: bool,
    /// Shorter values (in folded bytes) pass no test.
    pub(super) shortest: usize,
}

impl Plan {
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
    known: HashTable<(Box<[LogSource<'static>]>, Arc<Route>)>,
    hasher: DefaultHashBuilder,
    made: u64,
}

impl RouteCache {
    /// The route of a set of log sources; `make` is given its number.
    pub(super) fn get(
        &mut self,
        shown: &[LogSource<'_>],
        make: impl FnOnce(u64) -> Route,
    ) -> Arc<Route> {
        let hasher = &self.hasher;
        let hash = hasher.hash_one(shown);
        if let Some((_, route)) = self.known.find(hash, |(known, _)| same(known, shown)) {
            return Arc::clone(route);
        }
        if self.known.len() >= ROUTES_MAX {
            self.known.clear();
        }
        self.made += 1;
        let route = Arc::new(make(self.made));
        let owned: Box<[_]> = shown.iter().cloned().map(LogSource::into_owned).collect();
        self.known
            .insert_unique(hash, (owned, Arc::clone(&route)), |(known, _)| {
                hasher.hash_one(&**known)
            });
        route
    }
}

fn same(known: &[LogSource<'static>], shown: &[LogSource<'_>]) -> bool {
    known.len() == shown.len() && known.iter().zip(shown).all(|(a, b)| a == b)
}
