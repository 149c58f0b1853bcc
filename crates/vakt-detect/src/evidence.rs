//! What made a rule match, found quickly: as [`Prepared::matched_fields`] says it, which is the
//! reference, with the tests of the rule compiled when it first matches and the names and folded
//! texts of the event made once for all rules that match it.

use std::cell::OnceCell;

use memchr::memmem::Finder;
use vakt_event::alias::canonical;
use vakt_event::{Event, Origin, Value};
use vakt_rules::ast::{Condition, Detection, Predicate, Rule, Test};

use crate::engine::{Glob, Place, Shape};
use crate::fold;
use crate::naive::{self, Prepared};

/// An event, looked at by several rules.
pub struct View<'e, 'a> {
    event: &'e Event<'a>,
    /// The canonical names of its fields.
    names: Vec<&'e str>,
    /// The places of the fields that were sent.
    sent: Vec<usize>,
    /// The folded texts of its fields.
    folded: Vec<OnceCell<String>>,
}

impl<'e, 'a> View<'e, 'a> {
    pub fn of(event: &'e Event<'a>) -> Self {
        let names = event.fields.iter().map(|field| canonical(&field.name));
        let places = event.fields.iter().zip(0..);
        let sent = places.filter(|(field, _)| field.origin == Origin::Sent);
        Self {
            sent: sent.map(|(_, place)| place).collect(),
            names: names.collect(),
            folded: vec![OnceCell::new(); event.fields.len()],
            event,
        }
    }

    /// The places of the fields under a canonical name.
    fn places(&self, wanted: &str) -> Vec<usize> {
        let named = self.names.iter().enumerate();
        named
            .filter(|(_, name)| **name == wanted)
            .map(|(place, _)| place)
            .collect()
    }

    fn value(&self, place: usize) -> Option<&'e Value<'a>> {
        self.event.fields.get(place).map(|field| &field.value)
    }

    fn folded(&self, place: usize) -> &str {
        let text = || self.value(place).map_or("", |value| value.text());
        self.folded
            .get(place)
            .map_or("", |folded| folded.get_or_init(|| fold::folded(text())))
    }
}

/// A rule's condition, compiled for [`Prepared::evidence`].
pub(crate) struct Compiled {
    root: Node,
    /// The canonical names of its fields, each once.
    fields: Vec<String>,
}

enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Leaf(Box<Leaf>),
    Never,
}

struct Leaf {
    predicate: Predicate,
    /// The index of its field in [`Compiled::fields`] (`None` for a keyword), and its test in a
    /// quick form.
    quick: Option<(Option<usize>, Quick)>,
}

/// A test of a text.
enum Quick {
    Literals(Place, Vec<Finder<'static>>),
    Glob(Glob),
    /// As the reference does it.
    ByReference,
}

/// Fields with their values.
type Pairs = Vec<(String, String)>;

/// Fields with more values than this are tested instead of being looked for among what was found: a sender may
/// repeat a field thousands of times.
const PLACES_MAX: usize = 4;

/// What was found, before it is written out.
enum Item<'l> {
    /// A name, and the place of a field that goes under it.
    At(&'l str, usize),
    Pair(String, String),
}

impl Compiled {
    pub(crate) fn of(rule: &Rule) -> Self {
        let mut compiled = Self {
            root: Node::Never,
            fields: Vec::new(),
        };
        compiled.root = compiled.condition(&rule.condition, rule);
        compiled
    }

    fn condition(&mut self, condition: &Condition, rule: &Rule) -> Node {
        match condition {
            Condition::Search(index) => match rule.searches.get(*index) {
                Some(search) => self.detection(&search.detection),
                None => Node::Never,
            },
            Condition::Not(inner) => Node::Not(Box::new(self.condition(inner, rule))),
            Condition::All(parts) => {
                Node::All(parts.iter().map(|p| self.condition(p, rule)).collect())
            }
            Condition::Any(parts) => {
                Node::Any(parts.iter().map(|p| self.condition(p, rule)).collect())
            }
        }
    }

    fn detection(&mut self, detection: &Detection) -> Node {
        match detection {
            Detection::Is(predicate) => Node::Leaf(Box::new(Leaf {
                quick: self.quick(predicate),
                predicate: predicate.clone(),
            })),
            Detection::Not(inner) => Node::Not(Box::new(self.detection(inner))),
            Detection::All(parts) => Node::All(parts.iter().map(|p| self.detection(p)).collect()),
            Detection::Any(parts) => Node::Any(parts.iter().map(|p| self.detection(p)).collect()),
        }
    }

    /// `None` where the test is not of values.
    fn quick(&mut self, predicate: &Predicate) -> Option<(Option<usize>, Quick)> {
        let quick = match &predicate.test {
            Test::Null | Test::Exists(_) => return None,
            Test::Text(pattern) => match Shape::of(pattern) {
                Shape::Literals(place, literals) => {
                    let finder = |literal: &String| Finder::new(literal.as_bytes()).into_owned();
                    Quick::Literals(place, literals.iter().map(finder).collect())
                }
                Shape::Any | Shape::Verified(_) => Quick::Glob(Glob::new(pattern)),
            },
            _ => Quick::ByReference,
        };
        let field = predicate.field.as_deref().map(|field| self.field(field));
        Some((field, quick))
    }

    /// The index of a field.
    fn field(&mut self, name: &str) -> usize {
        let name = canonical(name);
        let index = self.fields.iter().position(|known| known == name);
        index.unwrap_or_else(|| {
            self.fields.push(name.to_owned());
            self.fields.len() - 1
        })
    }
}

impl Prepared {
    /// [`Prepared::matched_fields`] of the event that `view` shows, quickly.
    pub fn evidence(&self, view: &View<'_, '_>) -> Pairs {
        let mut pairs = Vec::new();
        if !self.may_match(view.event) {
            return pairs;
        }
        let compiled = self.compiled();
        let names = compiled.fields.iter();
        let look = Look {
            prepared: self,
            view,
            places: names.map(|name| view.places(name)).collect(),
        };
        let mut found = Vec::new();
        if look.collect(&compiled.root, &mut found) {
            for item in &found {
                match item {
                    Item::At(name, place) => {
                        add(&mut pairs, name, view.value(*place).map_or("", Value::text));
                    }
                    Item::Pair(name, value) => add(&mut pairs, name, value),
                }
            }
        }
        pairs
    }
}

/// A rule and an event.
struct Look<'l, 'e, 'a> {
    prepared: &'l Prepared,
    view: &'l View<'e, 'a>,
    /// For each of the rule's fields, where the event has it.
    places: Vec<Vec<usize>>,
}

impl Look<'_, '_, '_> {
    fn holds(&self, node: &Node) -> bool {
        match node {
            Node::Never => false,
            Node::Not(inner) => !self.holds(inner),
            Node::All(parts) => parts.iter().all(|part| self.holds(part)),
            Node::Any(parts) => parts.iter().any(|part| self.holds(part)),
            Node::Leaf(leaf) => match self.passing(leaf) {
                Some(mut passing) => passing.next().is_some(),
                None => self.prepared.passes(&leaf.predicate, self.view.event),
            },
        }
    }

    /// Whether the condition holds; of what holds in it, adds what was found.
    fn collect<'f>(&'f self, node: &'f Node, found: &mut Vec<Item<'f>>) -> bool {
        match node {
            Node::Never => false,
            Node::Not(inner) => !self.holds(inner),
            Node::All(parts) => {
                let before = found.len();
                let all = parts.iter().all(|part| self.collect(part, found));
                if !all {
                    found.truncate(before);
                }
                all
            }
            Node::Any(parts) => parts.iter().fold(false, |any, part| {
                // Most alternatives are of one field: when one holds, the others can add nothing.
                let is_known = any && self.is_found(part, found);
                is_known || self.collect(part, found) | any
            }),
            Node::Leaf(leaf) => match self.passing(leaf) {
                Some(passing) => {
                    let before = found.len();
                    found.extend(passing.map(|place| Item::At(self.name(leaf, place), place)));
                    found.len() > before
                }
                None => {
                    let mut pairs = Vec::new();
                    let (predicate, event) = (&leaf.predicate, self.view.event);
                    let passed = self.prepared.collect_one(predicate, event, &mut pairs);
                    found.extend(
                        pairs
                            .into_iter()
                            .map(|(name, value)| Item::Pair(name, value)),
                    );
                    passed
                }
            },
        }
    }

    /// Whether all that a test could add was found already, as far as that is quickly said.
    fn is_found(&self, node: &Node, found: &[Item<'_>]) -> bool {
        let Node::Leaf(leaf) = node else {
            return false;
        };
        let Some((Some(field), _)) = &leaf.quick else {
            return false;
        };
        let Some(places) = self.places.get(*field) else {
            return false;
        };
        places.len() <= PLACES_MAX
            && places.iter().all(|place| {
                let name = self.name(leaf, *place);
                let is_it =
                    |item: &Item<'_>| matches!(item, Item::At(n, p) if p == place && *n == name);
                found.iter().any(is_it)
            })
    }

    /// The name under which a field goes that passes a test.
    fn name<'f>(&'f self, leaf: &'f Leaf, place: usize) -> &'f str {
        let field = self.view.event.fields.get(place);
        let sent_name = field.map_or("", |field| &*field.name);
        leaf.predicate.field.as_deref().unwrap_or(sent_name)
    }

    /// The places of the values that pass. `None` where it has to be asked of the reference.
    fn passing<'p>(&'p self, leaf: &'p Leaf) -> Option<impl Iterator<Item = usize> + 'p> {
        let (field, quick) = leaf.quick.as_ref()?;
        let places = match field {
            Some(field) => self.places.get(*field)?,
            // A keyword may stand in the text around the values too.
            None if !self.view.event.structured => return None,
            None => &self.view.sent,
        };
        let passes = move |place: &usize| self.passes(*place, quick, leaf);
        Some(places.iter().copied().filter(passes))
    }

    fn passes(&self, place: usize, quick: &Quick, leaf: &Leaf) -> bool {
        let Some(value) = self.view.value(place) else {
            return false;
        };
        if value.is_null() {
            return false;
        }
        match quick {
            // A number may be written in several ways.
            _ if value.shortest_number().is_some() => self.by_reference(leaf, value),
            Quick::ByReference => self.by_reference(leaf, value),
            Quick::Glob(glob) if glob.cased => glob.is_match(value.text()),
            Quick::Glob(glob) => glob.is_match(self.view.folded(place)),
            Quick::Literals(at, literals) => {
                let folded = self.view.folded(place).as_bytes();
                literals.iter().any(|literal| match at {
                    Place::Whole => folded == literal.needle(),
                    Place::Start => folded.starts_with(literal.needle()),
                    Place::End => folded.ends_with(literal.needle()),
                    Place::Within => literal.find(folded).is_some(),
                })
            }
        }
    }

    fn by_reference(&self, leaf: &Leaf, value: &Value<'_>) -> bool {
        let (prepared, test) = (self.prepared, &leaf.predicate.test);
        naive::passes(prepared, test, value, self.view.event)
    }
}

/// Adds a pair that is not there yet.
pub(crate) fn add(found: &mut Pairs, name: &str, value: &str) {
    if !found.iter().any(|(n, v)| n == name && v == value) {
        found.push((name.to_owned(), value.to_owned()));
    }
}
