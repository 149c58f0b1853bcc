//! The compiled matcher: finds the rules that match an event among thousands.
//!
//! The way of an event: its log sources choose a *route* (`route`), which knows what its events'
//! names mean (`names`, and `layouts` for events whose names came in the same order before); each field that some rule of the route names is put to the tests of that
//! field (`field`), all at once: whole values by hash, starts and ends by tries, substrings by a
//! table of grams, networks by prefix, the rest behind literals that it requires. Keywords are
//! looked for in the values only where the whole text shows that one may be there (`hints`). A test that a value passes is a *pattern*; patterns set *atoms*
//! (`lower`); an atom that is a rule's *witness* (`witness`) makes the rule a candidate; a
//! candidate's condition runs over atoms (`expr`). What a value led to is kept for the next time it
//! occurs (`cache`), by how it is written: what JSON escapes is read only where it is not known.
//! What made a rule match is found afterwards ([`crate::evidence`]). What rules cost is measured on some of the events (`cost`).
//!
//! Whatever a value holds, the time is linear in its bytes, times the tests of its field: tables of
//! literals do bounded work at each byte, patterns and expressions are tried once for each value
//! (`crate::regex`), and an automaton that gave a value up begins anew with the next one. With the
//! public rules the dearest event takes at most 20 times what ordinary ones take, by the byte and by
//! the event; `benches/README.md` says how that is measured.
//!
//! Invariant: the outcome is that of [`crate::naive`], for every rule and event
//! (`tests/differential.rs`).

use std::sync::atomic::{AtomicU64, Ordering};

use hashbrown::HashMap;
use vakt_event::{Event, Field, LogSource, Origin, Value, alias};
use vakt_rules::ast::RuleSet;

use cache::{Lookup, PlanKey};
use expr::{Expr, Operands};
use field::FieldMatcher;
use hints::Hints;
use layouts::Layouts;
use lower::{Lowering, Numbering};
use names::{After, Meaning, Names};
use outer::Outer;
use route::{Plan, Route};

pub use cost::{RuleCosts, Sampler};
pub(crate) use glob::Glob;
pub use scratch::Scratch;
pub(crate) use shape::{Place, Shape};

mod cache;
mod cost;
mod expr;
mod field;
mod frequency;
mod glob;
mod grams;
mod hints;
mod layouts;
mod lower;
mod names;
mod networks;
mod outer;
mod route;
mod scratch;
mod shape;
mod stems;
mod substrings;
mod trie;
mod witness;

/// A test of a field within a log source.
type PatternId = u32;
/// A set of patterns of which one is enough.
type AtomId = u32;
/// An index into [`RuleSet::rules`].
type RuleId = u32;

/// Under this number stand keywords where a field's number is asked for.
const KEYWORD_FIELD: u32 = u32::MAX;

/// The rules of a [`RuleSet`], compiled. Immutable; each thread matches with a [`Scratch`].
pub struct Engine {
    /// Tells scratches of different engines apart.
    id: u64,
    /// The number of a field by every name that means it, without envelopes.
    field_of: HashMap<Box<str>, u32>,
    /// The fields of which some rule asks whether they are there.
    outer: Outer,
    fields: usize,
    matchers: Vec<FieldMatcher>,
    log_sources: Vec<LogSourceRules>,
    atoms_of: Lists,
    /// The rules that wait for an atom.
    waiting: Lists,
    atoms: usize,
    patterns: usize,
    conditions: Vec<Expr>,
    /// The rules that are charged with a pattern that is tried by itself.
    payers: HashMap<PatternId, Box<[RuleId]>>,
    problems: Vec<Problem>,
}

/// A rule that the engine leaves out, and why.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct Problem {
    /// An index into [`RuleSet::rules`].
    pub rule: usize,
    pub reason: String,
}

/// How large an engine is, for people and metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    pub rules: usize,
    /// Rules that wait for nothing and are evaluated for every event of their log source.
    pub rules_always_evaluated: usize,
    pub log_sources: usize,
    pub patterns: usize,
    pub atoms: usize,
    /// Of the tries and automata.
    pub automata_bytes: usize,
}

/// The rules that ask for one log source.
struct LogSourceRules {
    asked: LogSource<'static>,
    /// The number of a field and the index of its matcher.
    fields: Vec<(u32, u32)>,
    keywords: Option<u32>,
    always: Vec<RuleId>,
}

impl Engine {
    pub fn compile(rules: &RuleSet) -> Self {
        // Ids only have to differ within the process.
        static NEXT_ID: AtomicU64 = AtomicU64::new(1);
        let mut engine = Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            field_of: HashMap::new(),
            outer: Outer::default(),
            fields: 0,
            matchers: Vec::new(),
            log_sources: Vec::new(),
            atoms_of: Lists::default(),
            waiting: Lists::default(),
            atoms: 0,
            patterns: 0,
            conditions: vec![Expr::Const(false); rules.rules.len()],
            payers: HashMap::new(),
            problems: Vec::new(),
        };
        let mut numbering = Numbering::default();
        let mut waiting: Vec<Vec<RuleId>> = Vec::new();
        for (asked, members) in by_log_source(rules) {
            engine.add_log_source(rules, asked, &members, &mut numbering, &mut waiting);
        }
        engine.atoms = numbering.atom_frequency.len();
        engine.patterns = numbering.atoms_of.len();
        waiting.resize(engine.atoms, Vec::new());
        engine.waiting = Lists::new(&waiting);
        engine.atoms_of = Lists::new(&numbering.atoms_of);
        engine.payers = cost::payers(&engine.matchers, &engine.atoms_of, &engine.conditions);
        engine
    }

    /// Working memory for one thread.
    pub fn scratch(&self) -> Scratch {
        Scratch::new(self.id, self.atoms, self.patterns, self.conditions.len())
    }

    /// The rules that can match nothing, because a regular expression of theirs is beyond bounds.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    pub fn size(&self) -> Size {
        Size {
            rules: self.conditions.len() - self.problems.len(),
            rules_always_evaluated: self.log_sources.iter().map(|l| l.always.len()).sum(),
            log_sources: self.log_sources.len(),
            patterns: self.patterns,
            atoms: self.atoms,
            automata_bytes: self.matchers.iter().map(FieldMatcher::bytes).sum(),
        }
    }

    /// Appends the indices into [`RuleSet::rules`] of the rules that match, ascending.
    pub fn matches(&self, event: &Event<'_>, scratch: &mut Scratch, hits: &mut Vec<usize>) {
        self.claim(scratch);
        self.find(event, scratch, hits, |_, condition, bits, operands| {
            condition.holds(bits, event, operands)
        });
    }

    fn claim(&self, scratch: &mut Scratch) {
        if scratch.engine != self.id {
            *scratch = self.scratch();
        }
    }

    /// `judge` says of a candidate whether its condition holds.
    fn find(
        &self,
        event: &Event<'_>,
        scratch: &mut Scratch,
        hits: &mut Vec<usize>,
        judge: impl FnMut(RuleId, &Expr, &scratch::Bits, &mut Operands) -> bool,
    ) {
        scratch.bits.clear();
        let place = scratch.routes.place(
            &event.log_sources,
            || self.met(&event.log_sources),
            |met, number| self.route(met, number),
        );
        // Taken out, because testing writes to the rest.
        let Some(mut route) = scratch.routes.take(place) else {
            return;
        };
        let fields = self.test_known(&mut route, event, scratch);
        let mut after = After::default();
        for field in fields {
            let Route {
                number,
                names,
                plans,
                ..
            } = &mut *route;
            let meaning = self.meaning(names, plans, &mut after, &field.name);
            for outer in &meaning.around {
                plans[*outer as usize].note_presence(&mut scratch.bits);
            }
            if let Some(field_number) = meaning.field {
                let key = PlanKey {
                    route: *number,
                    field: field_number,
                };
                self.test(&plans[field_number as usize], key, &field.value, scratch);
            }
        }
        self.test_keywords(&route, event, scratch);
        self.evaluate(&route, scratch, hits, judge);
        scratch.routes.put_back(place, route);
    }

    /// Tests the fields whose names are known by the event's layout; gives the others.
    fn test_known<'e, 'a>(
        &self,
        route: &mut Route,
        event: &'e Event<'a>,
        scratch: &mut Scratch,
    ) -> &'e [Field<'a>] {
        let Some(layout) = event.layout else {
            return &event.fields;
        };
        let Some((known, others)) = event.fields.split_at_checked(layout.fields) else {
            return &event.fields;
        };
        let Route {
            number,
            names,
            plans,
            layouts,
            ..
        } = route;
        let Some(tested) = layouts.tested(layout.id, |tested| {
            let mut after = After::default();
            for field in known {
                let meaning = self.meaning(names, plans, &mut after, &field.name);
                let present = meaning.around.iter().map(|outer| &plans[*outer as usize]);
                tested.add(meaning.field, present.flat_map(|plan| &plan.present));
            }
        }) else {
            return &event.fields;
        };
        for atom in &tested.present {
            scratch.bits.set(*atom);
        }
        for (place, field) in &tested.fields {
            let key = PlanKey {
                route: *number,
                field: *field,
            };
            let value = &known[*place as usize].value;
            self.test(&plans[*field as usize], key, value, scratch);
        }
        others
    }

    /// What a name means in a route with these plans.
    #[inline]
    fn meaning<'n>(
        &self,
        names: &'n mut Names,
        plans: &[Plan],
        after: &mut After,
        name: &str,
    ) -> &'n Meaning {
        names.meaning(after, name, |meaning| {
            let is_tested = |number: &u32| {
                let plan = plans.get(*number as usize);
                plan.is_some_and(|plan| !plan.matchers.is_empty())
            };
            let name = alias::without_envelope(name);
            let number = self.field_of.get(name).copied();
            meaning.field = number.filter(is_tested);
            let around = self.outer.around(name);
            meaning.around.extend(around.filter(is_tested));
        })
    }

    fn test_keywords(&self, route: &Route, event: &Event<'_>, scratch: &mut Scratch) {
        if route.keywords.matchers.is_empty() {
            return;
        }
        if event.verbatim
            && let Some(hints) = &route.keyword_hints
            && !hints.may_hold(&event.original, &mut scratch.folded)
        {
            return;
        }
        let key = route.key(KEYWORD_FIELD);
        for field in &event.fields {
            if field.origin == Origin::Sent {
                self.test(&route.keywords, key, &field.value, scratch);
            }
        }
        if !event.structured {
            let original = Value::Str(event.original.as_ref().into());
            self.test(&route.keywords, key, &original, scratch);
        }
    }

    /// Puts one value to the tests of its field and sets the atoms.
    fn test(&self, plan: &Plan, key: PlanKey, value: &Value<'_>, scratch: &mut Scratch) {
        if plan.matchers.is_empty() {
            return;
        }
        plan.note_presence(&mut scratch.bits);
        if value.is_null() {
            for matcher in &plan.matchers {
                let null = self.matchers[*matcher as usize].null();
                for atom in self.atoms_of.of_all(null.iter()) {
                    scratch.bits.set(atom);
                }
            }
            return;
        }
        if value.write_shortest_number(&mut scratch.text) {
            let mut patterns = scratch.patterns.begin();
            for matcher in &plan.matchers {
                self.matchers[*matcher as usize].number(&scratch.text, &mut patterns);
            }
            for atom in self.atoms_of.of_all(scratch.patterns.found.iter()) {
                scratch.bits.set(atom);
            }
        }
        // What JSON escapes is known as it stands there, and read only where it is not known.
        let (written, escaped) = match value {
            Value::Escaped(escaped) => (escaped.raw(), Some(escaped)),
            value => (value.text(), None),
        };
        // Folding may make a text longer, but not one of ASCII; unescaping makes it shorter.
        if written.len() < plan.shortest && written.is_ascii() {
            return;
        }
        let mut vacant = None;
        if plan.is_costly {
            let known = scratch.cache.look_up(key, written, escaped.is_some());
            match known {
                Lookup::Known(atoms) => {
                    atoms.iter().for_each(|atom| scratch.bits.set(*atom));
                    return;
                }
                Lookup::Unknown(slot) => vacant = Some(slot),
                Lookup::TooLong => {}
            }
        }
        let Scratch {
            text,
            folded,
            patterns,
            atoms,
            bits,
            cache,
            ..
        } = scratch;
        let text = match escaped {
            None => written,
            Some(escaped) => {
                text.clear();
                escaped.append_to(text);
                text
            }
        };
        if plan.reads_folded {
            folded.clear();
            crate::fold::fold_into(text, folded);
        }
        let mut hits = patterns.begin();
        for matcher in &plan.matchers {
            self.matchers[*matcher as usize].value(text, folded, &mut hits);
        }
        atoms.clear();
        for pattern in &patterns.found {
            atoms.extend_from_slice(self.atoms_of.of(*pattern));
        }
        for atom in &*atoms {
            bits.set(*atom);
        }
        if let Some(slot) = vacant {
            cache.insert(&slot, key, written, escaped.is_some(), atoms);
        }
    }

    fn evaluate(
        &self,
        route: &Route,
        scratch: &mut Scratch,
        hits: &mut Vec<usize>,
        mut judge: impl FnMut(RuleId, &Expr, &scratch::Bits, &mut Operands) -> bool,
    ) {
        let start = hits.len();
        let Scratch {
            bits,
            rules,
            operands,
            ..
        } = scratch;
        rules.next();
        let waiting = bits
            .touched()
            .iter()
            .flat_map(|atom| self.waiting.of(*atom));
        for rule in waiting.chain(&route.always) {
            let condition = &self.conditions[*rule as usize];
            if rules.mark(*rule) && judge(*rule, condition, bits, operands) {
                hits.push(*rule as usize);
            }
        }
        if let Some(new) = hits.get_mut(start..) {
            new.sort_unstable();
        }
    }

    /// The log sources that rules ask for, of which what is shown is one.
    fn met(&self, shown: &[LogSource<'_>]) -> Vec<u32> {
        let is_met = |rules: &LogSourceRules| {
            rules.asked.is_empty() || shown.iter().any(|shown| shown.satisfies(&rules.asked))
        };
        let met = (0..).zip(&self.log_sources);
        met.filter_map(|(index, rules)| is_met(rules).then_some(index))
            .collect()
    }

    fn route(&self, met: &[u32], number: u64) -> Route {
        let mut route = Route {
            number,
            plans: vec![Plan::default(); self.fields],
            names: Names::default(),
            layouts: Layouts::default(),
            keywords: Plan::default(),
            keyword_hints: None,
            always: Vec::new(),
        };
        for index in met {
            let rules = &self.log_sources[*index as usize];
            for (field, matcher) in &rules.fields {
                self.add_matcher(&mut route.plans[*field as usize], *matcher);
            }
            if let Some(matcher) = rules.keywords {
                self.add_matcher(&mut route.keywords, matcher);
            }
            route.always.extend(&rules.always);
        }
        let keywords = route.keywords.matchers.iter();
        route.keyword_hints = Hints::of(keywords.map(|index| &self.matchers[*index as usize]));
        route
    }

    fn add_matcher(&self, plan: &mut Plan, index: u32) {
        let matcher = &self.matchers[index as usize];
        plan.add(index, matcher);
        let atoms = self.atoms_of.of_all(matcher.present().iter());
        plan.present.extend(atoms);
    }

    fn add_log_source(
        &mut self,
        rules: &RuleSet,
        asked: LogSource<'static>,
        members: &[RuleId],
        numbering: &mut Numbering,
        waiting: &mut Vec<Vec<RuleId>>,
    ) {
        let mut lowering = Lowering::new(numbering);
        let mut always = Vec::new();
        let mut conditions = Vec::new();
        for rule in members {
            match lowering.rule(&rules.rules[*rule as usize]) {
                Ok(condition) => conditions.push((*rule, condition)),
                Err(error) => self.problems.push(Problem {
                    rule: *rule as usize,
                    reason: error.to_string(),
                }),
            }
        }
        let fields = lowering.into_fields();
        for (rule, condition) in conditions {
            match witness::choose(&condition, &numbering.atom_frequency) {
                Some(atoms) => {
                    waiting.resize(numbering.atom_frequency.len(), Vec::new());
                    for atom in atoms {
                        waiting[atom as usize].push(rule);
                    }
                }
                None => always.push(rule),
            }
            self.conditions[rule as usize] = condition;
        }
        let mut group = LogSourceRules {
            asked,
            fields: Vec::new(),
            keywords: None,
            always,
        };
        for (name, builder) in fields {
            let matcher = number(self.matchers.len());
            self.matchers.push(builder.build(name.is_none()));
            match name {
                Some(name) => {
                    let number = self.field_number(&name);
                    if self.matchers[matcher as usize].asks_presence() {
                        self.outer.add(&name, number);
                    }
                    group.fields.push((number, matcher));
                }
                None => group.keywords = Some(matcher),
            }
        }
        self.log_sources.push(group);
    }

    /// The number of a canonical field name.
    fn field_number(&mut self, canonical: &str) -> u32 {
        if let Some(number) = self.field_of.get(canonical) {
            return *number;
        }
        let number = number(self.fields);
        self.fields += 1;
        for name in alias::synonyms(canonical) {
            self.field_of.insert(name.into(), number);
        }
        number
    }
}

impl Route {
    fn key(&self, field: u32) -> PlanKey {
        PlanKey {
            route: self.number,
            field,
        }
    }
}

/// The distinct log sources that rules ask for, with their rules, in the order of the set.
fn by_log_source(rules: &RuleSet) -> Vec<(LogSource<'static>, Vec<RuleId>)> {
    let mut groups: Vec<(LogSource<'static>, Vec<RuleId>)> = Vec::new();
    let mut index_of: HashMap<LogSource<'static>, usize> = HashMap::new();
    for (index, rule) in rules.rules.iter().enumerate() {
        // Words are compared without regard to case.
        let lower = |word: &Option<std::borrow::Cow<'static, str>>| {
            word.as_ref().map(|word| word.to_ascii_lowercase().into())
        };
        let asked = LogSource {
            product: lower(&rule.log_source.product),
            category: lower(&rule.log_source.category),
            service: lower(&rule.log_source.service),
        };
        let group = *index_of.entry(asked).or_insert_with_key(|asked| {
            groups.push((asked.clone(), Vec::new()));
            groups.len() - 1
        });
        groups[group].1.push(number(index));
    }
    groups
}

/// Lists of numbers by number, side by side in memory.
#[derive(Default)]
struct Lists {
    starts: Vec<u32>,
    items: Vec<u32>,
}

impl Lists {
    fn new(lists: &[Vec<u32>]) -> Self {
        let mut starts = Vec::with_capacity(lists.len() + 1);
        let mut items = Vec::new();
        starts.push(0);
        for list in lists {
            items.extend(list);
            starts.push(number(items.len()));
        }
        Self { starts, items }
    }

    fn of(&self, index: u32) -> &[u32] {
        let start = self.starts[index as usize] as usize;
        let end = self.starts[index as usize + 1] as usize;
        &self.items[start..end]
    }

    fn of_all<'l>(&'l self, indices: impl Iterator<Item = &'l u32>) -> impl Iterator<Item = u32> {
        indices.flat_map(|index| self.of(*index)).copied()
    }
}

fn number(len: usize) -> u32 {
    u32::try_from(len).unwrap_or_else(|_| unreachable!("more than 4 G rules or tests"))
}
