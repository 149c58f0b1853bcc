//! All tests of one field within one log source, run over one value at a time.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use vakt_rules::ast::{Comparison, Test, TimePart};

use super::PatternId;
use super::glob::Glob;
use super::networks::Networks;
use super::scratch::PatternHits;
use super::shape::{Place, Shape};
use super::substrings::Substrings;
use super::trie::Trie;
use crate::date;
use crate::naive::compare;
use crate::regex::{self, BytesOf, RegexError, Searcher};

/// What the hit of a literal means.
#[derive(Clone, Copy)]
enum Action {
    Hit(PatternId),
    /// The literal is only a part: the index of the glob or regex to try.
    TryGlob(u32),
    TryRegex(u32),
}

/// The tests of a field, while rules are read.
#[derive(Default)]
pub(super) struct FieldBuilder {
    literals: BTreeMap<Place, BTreeMap<String, Vec<Action>>>,
    matcher: FieldMatcher,
}

/// The tests of a field, compiled.
#[derive(Default)]
pub(super) struct FieldMatcher {
    present: Vec<PatternId>,
    null: Vec<PatternId>,
    any: Vec<PatternId>,
    whole: HashMap<Box<str>, u32>,
    starts: Trie,
    /// Of reversed literals.
    ends: Trie,
    within: Substrings,
    /// The values of the four tables above are indices into `actions_of`, plus, for `within`,
    /// the count of literals before its own.
    actions_of: Vec<Box<[Action]>>,
    within_base: u32,
    /// Bytes of the shortest literal of the four tables.
    shortest_literal: usize,
    /// The literals of the four tables, where they are keywords.
    literals: Vec<Box<str>>,
    globs: Vec<(Glob, PatternId)>,
    /// Those that require no literal.
    globs_always: Vec<u32>,
    regexes: Vec<(Searcher, PatternId)>,
    regexes_always: Vec<u32>,
    networks: Networks,
    comparisons: Vec<(Comparison, f64, PatternId)>,
    time_parts: Vec<(TimePart, i64, PatternId)>,
}

impl FieldBuilder {
    /// The field occurs, whatever its value.
    pub(super) fn add_present(&mut self, pattern: PatternId) {
        self.matcher.present.push(pattern);
    }

    /// The field occurs with null as value.
    pub(super) fn add_null(&mut self, pattern: PatternId) {
        self.matcher.null.push(pattern);
    }

    /// A test of a value that is not null; not `null`, `exists` or a field reference.
    pub(super) fn add(&mut self, test: &Test, pattern: PatternId) -> Result<(), RegexError> {
        let matcher = &mut self.matcher;
        match test {
            Test::Text(text) => match Shape::of(text) {
                Shape::Any => matcher.any.push(pattern),
                Shape::Literals(place, literals) => {
                    for literal in literals {
                        self.on_literal(place, literal, Action::Hit(pattern));
                    }
                }
                Shape::Verified(literal) => {
                    let index = index(matcher.globs.len());
                    matcher.globs.push((Glob::new(text), pattern));
                    match literal {
                        Some(literal) => {
                            self.on_literal(Place::Within, literal, Action::TryGlob(index));
                        }
                        None => matcher.globs_always.push(index),
                    }
                }
            },
            Test::Regex(source) => {
                let index = index(matcher.regexes.len());
                matcher.regexes.push((Searcher::new(source)?, pattern));
                match regex::required_literals(source) {
                    Some(literals) => {
                        for literal in literals {
                            self.on_literal(Place::Within, literal, Action::TryRegex(index));
                        }
                    }
                    None => matcher.regexes_always.push(index),
                }
            }
            Test::Cidr(net) => matcher.networks.add(*net, pattern),
            Test::Compare(comparison, limit) => {
                matcher.comparisons.push((*comparison, *limit, pattern));
            }
            Test::TimePart(part, wanted) => matcher.time_parts.push((*part, *wanted, pattern)),
            Test::Null | Test::Exists(_) | Test::FieldRef { .. } => {}
        }
        Ok(())
    }

    fn on_literal(&mut self, place: Place, literal: String, action: Action) {
        self.literals
            .entry(place)
            .or_default()
            .entry(literal)
            .or_default()
            .push(action);
    }

    /// `keywords`: the tests are of no field.
    pub(super) fn build(self, keywords: bool) -> FieldMatcher {
        let Self {
            mut literals,
            mut matcher,
        } = self;
        let all_literals = literals.values().flat_map(BTreeMap::keys);
        if keywords {
            let literals = all_literals.clone();
            matcher.literals = literals.map(|literal| literal.as_str().into()).collect();
        }
        matcher.shortest_literal = all_literals.map(String::len).min().unwrap_or(0);
        let mut number = |matcher: &mut FieldMatcher, place| -> Vec<(String, u32)> {
            let literals = literals.remove(&place).unwrap_or_default();
            literals
                .into_iter()
                .map(|(literal, actions)| {
                    let id = index(matcher.actions_of.len());
                    matcher.actions_of.push(actions.into());
                    (literal, id)
                })
                .collect()
        };
        let whole = number(&mut matcher, Place::Whole);
        matcher.whole = whole
            .into_iter()
            .map(|(literal, id)| (literal.into_boxed_str(), id))
            .collect();
        let starts: Vec<_> = number(&mut matcher, Place::Start)
            .into_iter()
            .map(|(literal, id)| (literal.into_bytes(), id))
            .collect();
        matcher.starts = Trie::new(&starts);
        let mut ends: Vec<_> = number(&mut matcher, Place::End)
            .into_iter()
            .map(|(literal, id)| (literal.bytes().rev().collect::<Vec<u8>>(), id))
            .collect();
        ends.sort_unstable();
        matcher.ends = Trie::new(&ends);
        matcher.within_base = index(matcher.actions_of.len());
        let within: Vec<_> = number(&mut matcher, Place::Within)
            .into_iter()
            .map(|(literal, _)| literal)
            .collect();
        matcher.within = Substrings::new(&within);
        matcher
    }
}

impl FieldMatcher {
    /// Whether [`FieldMatcher::value`] reads the folded text.
    pub(super) fn reads_folded(&self) -> bool {
        !self.actions_of.is_empty() || !self.globs_always.is_empty()
    }

    /// Whether a value costs enough to keep its outcome.
    pub(super) fn is_costly(&self) -> bool {
        !self.starts.is_empty()
            || !self.ends.is_empty()
            || !self.within.is_quick()
            || !self.globs_always.is_empty()
            || !self.regexes_always.is_empty()
            || !self.networks.is_empty()
            || !self.time_parts.is_empty()
    }

    /// Folded texts of fewer bytes pass no test but those that the mere presence passes.
    pub(super) fn shortest(&self) -> usize {
        let literals_decide = self.any.is_empty()
            && self.globs_always.is_empty()
            && self.regexes_always.is_empty()
            && self.networks.is_empty()
            && self.comparisons.is_empty()
            && self.time_parts.is_empty();
        if literals_decide {
            self.shortest_literal
        } else {
            0
        }
    }

    /// The literals (folded) of which each value that passes a test holds one. `None` where some
    /// test needs none.
    pub(super) fn required_literals(&self) -> Option<Vec<&str>> {
        // A number equals a whole literal in every way to write it.
        let is_number = |literal: &str| vakt_event::value::number(literal).is_some();
        let needs_no_literal = self.shortest() == 0
            || !self.present.is_empty()
            || !self.null.is_empty()
            || self.whole.keys().any(|literal| is_number(literal));
        (!needs_no_literal).then(|| self.literals.iter().map(|literal| &**literal).collect())
    }

    /// The bytes of the tries and automata.
    pub(super) fn bytes(&self) -> usize {
        self.starts.bytes() + self.ends.bytes() + self.within.bytes()
    }

    /// What holds because the field occurs.
    pub(super) fn present(&self) -> &[PatternId] {
        &self.present
    }

    /// What holds because the field is null.
    pub(super) fn null(&self) -> &[PatternId] {
        &self.null
    }

    /// Reports every pattern that a value, which is not null, passes. `folded` is read only if
    /// [`FieldMatcher::reads_folded`].
    pub(super) fn value(&self, text: &str, folded: &str, hits: &mut PatternHits<'_>) {
        for pattern in &self.any {
            hits.add(*pattern);
        }
        if !self.whole.is_empty()
            && let Some(literal) = self.whole.get(folded)
        {
            self.act(*literal, text, folded, hits);
        }
        if !self.starts.is_empty() {
            self.starts.walk(folded.bytes(), |literal| {
                self.act(literal, text, folded, hits)
            });
        }
        if !self.ends.is_empty() {
            self.ends.walk(folded.bytes().rev(), |literal| {
                self.act(literal, text, folded, hits);
            });
        }
        self.within.find(folded, |literal| {
            self.act(self.within_base + literal, text, folded, hits);
        });
        for glob in &self.globs_always {
            self.try_glob(*glob, text, folded, hits);
        }
        self.try_regexes_always(text, hits);
        if !self.networks.is_empty() {
            self.networks.find(text, |pattern| hits.add(pattern));
        }
        self.compare_number(text, hits);
        for (part, wanted, pattern) in &self.time_parts {
            if date::part(text, *part) == Some(*wanted) {
                hits.add(*pattern);
            }
        }
    }

    /// Reports every pattern that is the whole of a number, in another way to write it than the
    /// value's own.
    pub(super) fn number(&self, shortest: &str, hits: &mut PatternHits<'_>) {
        if let Some(literal) = self.whole.get(shortest) {
            self.act(*literal, shortest, shortest, hits);
        }
    }

    /// Whether something here asks whether the field is there.
    pub(super) fn asks_presence(&self) -> bool {
        !self.present.is_empty()
    }

    /// The patterns that take a closer look at a value, each by itself.
    pub(super) fn tried(&self) -> impl Iterator<Item = PatternId> {
        let globs = self.globs.iter().map(|(_, pattern)| *pattern);
        globs.chain(self.regexes.iter().map(|(_, pattern)| *pattern))
    }

    fn compare_number(&self, text: &str, hits: &mut PatternHits<'_>) {
        if self.comparisons.is_empty() {
            return;
        }
        if let Some(number) = vakt_event::value::number(text) {
            for (comparison, limit, pattern) in &self.comparisons {
                if compare(*comparison, number, *limit) {
                    hits.add(*pattern);
                }
            }
        }
    }

    fn act(&self, literal: u32, text: &str, folded: &str, hits: &mut PatternHits<'_>) {
        for action in &self.actions_of[literal as usize] {
            match *action {
                Action::Hit(pattern) => hits.add(pattern),
                Action::TryGlob(glob) => self.try_glob(glob, text, folded, hits),
                Action::TryRegex(regex) => self.try_regex(regex, text, hits),
            }
        }
    }

    fn try_regexes_always(&self, text: &str, hits: &mut PatternHits<'_>) {
        if self.regexes_always.is_empty() {
            return;
        }
        let bytes = BytesOf::new(text);
        for index in &self.regexes_always {
            let (regex, _) = &self.regexes[*index as usize];
            if regex.may_match(text.len(), &bytes) {
                self.try_regex(*index, text, hits);
            }
        }
    }

    /// A glob is tried once for each value, however often its literal stands there.
    fn try_glob(&self, index: u32, text: &str, folded: &str, hits: &mut PatternHits<'_>) {
        let (glob, pattern) = &self.globs[index as usize];
        hits.try_once(*pattern, || {
            glob.is_match(if glob.cased { text } else { folded })
        });
    }

    fn try_regex(&self, index: u32, text: &str, hits: &mut PatternHits<'_>) {
        let (regex, pattern) = &self.regexes[index as usize];
        hits.try_once(*pattern, || regex.is_match(text));
    }
}

fn index(len: usize) -> u32 {
    u32::try_from(len).unwrap_or_else(|_| unreachable!("more than 4 G tests of one field"))
}
