//! What a rule means, written to be read: the reference that [`crate::Engine`] is held equal to,
//! and what explains a match to a person.
//!
//! - A rule applies to an event when one of the event's log sources satisfies the rule's; a rule
//!   whose log source is empty applies to every event.
//! - A field is every value under a name that means the same ([`vakt_event::alias::canonical`]);
//!   one value that passes the test is enough. A null value passes no test but `null`, and `null`
//!   holds for an absent field too. A field with fields inside (`a` where there is `a.b`) is there,
//!   though it has no value.
//! - A whole text without wildcards equals a number also where the sender wrote the number in another
//!   way (`4688.0`).
//! - A keyword is tested against every value that the sender sent, and the original text
//!   unless that is but names and values (JSON): a keyword never means a field's name.
//! - A rule with a regular expression that cannot be compiled matches nothing.

use std::sync::{Arc, OnceLock};

use hashbrown::HashMap;
use regex_automata::meta;
use vakt_event::{Event, Value};
use vakt_rules::ast::{Condition, Detection, Predicate, Regex, Rule, Test};

use crate::evidence::{self, Compiled};
use crate::regex::{self, RegexError};

pub use explain::{Explanation, Node};

mod explain;
mod predicate;

pub(crate) use predicate::{compare, passes};

/// The name under which a match in the whole text is shown.
pub const ORIGINAL: &str = vakt_event::ecs::EVENT_ORIGINAL;

/// Whether the rule matches. Compiles the rule's expressions anew: for more than one event, keep
/// a [`Prepared`].
pub fn matches(rule: &Rule, event: &Event<'_>) -> bool {
    Prepared::new(Arc::new(rule.clone())).matches(event)
}

/// As [`Prepared::matched_fields`], compiling the rule's expressions anew.
pub fn matched_fields(rule: &Rule, event: &Event<'_>) -> Vec<(String, String)> {
    Prepared::new(Arc::new(rule.clone())).matched_fields(event)
}

/// As [`Prepared::explain`], compiling the rule's expressions anew.
pub fn explain(rule: &Rule, event: &Event<'_>) -> Explanation {
    Prepared::new(Arc::new(rule.clone())).explain(event)
}

/// A rule and its regular expressions, which are compiled when first needed.
pub struct Prepared {
    rule: Arc<Rule>,
    regexes: OnceLock<Result<HashMap<Regex, meta::Regex>, RegexError>>,
    /// For [`Prepared::evidence`].
    compiled: OnceLock<Compiled>,
}

impl Prepared {
    pub fn new(rule: Arc<Rule>) -> Self {
        Self {
            rule,
            regexes: OnceLock::new(),
            compiled: OnceLock::new(),
        }
    }

    pub fn rule(&self) -> &Arc<Rule> {
        &self.rule
    }

    pub fn matches(&self, event: &Event<'_>) -> bool {
        self.may_match(event) && self.holds(&self.rule.condition, event)
    }

    /// Whether the rule is for such events, and can match at all.
    pub(crate) fn may_match(&self, event: &Event<'_>) -> bool {
        self.applies(event) && self.regexes().is_ok()
    }

    pub(crate) fn compiled(&self) -> &Compiled {
        self.compiled.get_or_init(|| Compiled::of(&self.rule))
    }

    /// What the positive predicates of a match found: the field as the rule names it (for a
    /// keyword, as the event names it) and the value. In the order of the rule, each pair once;
    /// empty where the rule does not match.
    pub fn matched_fields(&self, event: &Event<'_>) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let matches =
            self.may_match(event) && self.collect(&self.rule.condition, event, &mut found);
        if !matches {
            found.clear();
        }
        found
    }

    /// The rule as a tree with what held and what the event has.
    pub fn explain(&self, event: &Event<'_>) -> Explanation {
        explain::explain(self, event)
    }

    fn applies(&self, event: &Event<'_>) -> bool {
        let asked = &self.rule.log_source;
        asked.is_empty() || event.log_sources.iter().any(|shown| shown.satisfies(asked))
    }

    fn regexes(&self) -> &Result<HashMap<Regex, meta::Regex>, RegexError> {
        self.regexes.get_or_init(|| {
            let mut compiled = HashMap::new();
            for source in regexes_of(&self.rule) {
                compiled.insert(source.clone(), regex::compile(source)?);
            }
            Ok(compiled)
        })
    }

    /// The compiled form of one of the rule's expressions.
    fn regex(&self, source: &Regex) -> Option<&meta::Regex> {
        self.regexes().as_ref().ok()?.get(source)
    }

    fn holds(&self, condition: &Condition, event: &Event<'_>) -> bool {
        match condition {
            Condition::Search(index) => match self.rule.searches.get(*index) {
                Some(search) => self.detects(&search.detection, event),
                None => false,
            },
            Condition::Not(inner) => !self.holds(inner, event),
            Condition::All(parts) => parts.iter().all(|part| self.holds(part, event)),
            Condition::Any(parts) => parts.iter().any(|part| self.holds(part, event)),
        }
    }

    fn detects(&self, detection: &Detection, event: &Event<'_>) -> bool {
        match detection {
            Detection::Is(predicate) => self.passes(predicate, event),
            Detection::Not(inner) => !self.detects(inner, event),
            Detection::All(parts) => parts.iter().all(|part| self.detects(part, event)),
            Detection::Any(parts) => parts.iter().any(|part| self.detects(part, event)),
        }
    }

    pub(crate) fn passes(&self, predicate: &Predicate, event: &Event<'_>) -> bool {
        match (&predicate.test, &predicate.field) {
            (Test::Null, Some(field)) => {
                event.values(field).any(Value::is_null) || !is_present(field, event)
            }
            (Test::Exists(wanted), Some(field)) => is_present(field, event) == *wanted,
            // A keyword has no field that could be absent.
            (Test::Null | Test::Exists(_), None) => false,
            _ => predicate::passing_values(self, predicate, event)
                .next()
                .is_some(),
        }
    }

    /// Whether the condition holds; of what holds in it, adds what was found.
    fn collect(&self, condition: &Condition, event: &Event<'_>, found: &mut Pairs) -> bool {
        match condition {
            Condition::Not(inner) => !self.holds(inner, event),
            Condition::Search(index) => match self.rule.searches.get(*index) {
                Some(search) => self.collect_of(&search.detection, event, found),
                None => false,
            },
            Condition::All(parts) => {
                all_or_none(parts, found, |part, found| self.collect(part, event, found))
            }
            Condition::Any(parts) => any(parts, |part| self.collect(part, event, found)),
        }
    }

    fn collect_of(&self, detection: &Detection, event: &Event<'_>, found: &mut Pairs) -> bool {
        match detection {
            Detection::Not(inner) => !self.detects(inner, event),
            Detection::All(parts) => all_or_none(parts, found, |part, found| {
                self.collect_of(part, event, found)
            }),
            Detection::Any(parts) => any(parts, |part| self.collect_of(part, event, found)),
            Detection::Is(predicate) => self.collect_one(predicate, event, found),
        }
    }

    pub(crate) fn collect_one(
        &self,
        predicate: &Predicate,
        event: &Event<'_>,
        found: &mut Pairs,
    ) -> bool {
        let mut passed = false;
        for (name, value) in predicate::passing_values(self, predicate, event) {
            passed = true;
            evidence::add(found, name, value);
        }
        passed || self.passes(predicate, event)
    }
}

/// Fields with their values.
type Pairs = Vec<(String, String)>;

/// Whether all parts hold; where one does not, what was added for the others goes again.
fn all_or_none<P>(
    parts: &[P],
    found: &mut Pairs,
    mut collect: impl FnMut(&P, &mut Pairs) -> bool,
) -> bool {
    let before = found.len();
    let all = parts.iter().all(|part| collect(part, found));
    if !all {
        found.truncate(before);
    }
    all
}

/// Whether one part holds; every part is looked at.
fn any<P>(parts: &[P], mut collect: impl FnMut(&P) -> bool) -> bool {
    parts.iter().fold(false, |any, part| collect(part) | any)
}

/// Whether the field has a value, be it null, or fields inside it.
fn is_present(field: &str, event: &Event<'_>) -> bool {
    event.values(field).next().is_some() || event.has_inside(field)
}

/// The expressions of the searches that the condition uses.
fn regexes_of(rule: &Rule) -> Vec<&Regex> {
    fn of_condition<'r>(rule: &'r Rule, condition: &'r Condition, found: &mut Vec<&'r Regex>) {
        match condition {
            Condition::Search(index) => {
                if let Some(search) = rule.searches.get(*index) {
                    of_detection(&search.detection, found);
                }
            }
            Condition::Not(inner) => of_condition(rule, inner, found),
            Condition::All(parts) | Condition::Any(parts) => {
                for part in parts {
                    of_condition(rule, part, found);
                }
            }
        }
    }
    fn of_detection<'r>(detection: &'r Detection, found: &mut Vec<&'r Regex>) {
        match detection {
            Detection::Is(predicate) => {
                if let Test::Regex(regex) = &predicate.test {
                    found.push(regex);
                }
            }
            Detection::Not(inner) => of_detection(inner, found),
            Detection::All(parts) | Detection::Any(parts) => {
                for part in parts {
                    of_detection(part, found);
                }
            }
        }
    }
    let mut found = Vec::new();
    of_condition(rule, &rule.condition, &mut found);
    found
}
