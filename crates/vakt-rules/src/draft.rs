//! A rule between its text and its meaning: modifiers are applied, but items, values and
//! placeholders can still be told apart, so that processing pipelines can change them.

use std::cell::Cell;
use std::sync::Arc;

use vakt_event::LogSource;

use crate::ast::{
    Condition, Detection, Metadata, Pattern, Predicate, Relation, Rule, Search, Test,
};
use crate::checks::{self, Check};
use crate::pattern::Piece;
use crate::pipeline::Facts;
use crate::scalar::Number;
use crate::source::Span;
use crate::text;
use crate::value::{Lowering, Placeholders, all, any};

/// A detection rule that pipelines may still change.
#[derive(Clone, Debug)]
pub(crate) struct RuleDraft {
    pub(crate) meta: Metadata,
    pub(crate) log_source: LogSource<'static>,
    pub(crate) log_source_span: Span,
    pub(crate) searches: Vec<SearchDraft>,
    pub(crate) condition: Condition,
    /// What conditions of pipelines can ask about the rule.
    pub(crate) facts: Facts,
}

#[derive(Clone, Debug)]
pub(crate) struct SearchDraft {
    pub(crate) name: String,
    /// `None` once everything in it was dropped; then conditions pass over it.
    pub(crate) part: Option<Part>,
}

#[derive(Clone, Debug)]
pub(crate) enum Part {
    All(Vec<Part>),
    Any(Vec<Part>),
    Item(Box<Item>),
}

/// `field|modifier: values`, or keywords.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// `None` for keywords.
    pub(crate) field: Option<String>,
    pub(crate) values: Vec<Value>,
    /// `all`: the values are linked by AND.
    pub(crate) all: bool,
    /// `neq`.
    pub(crate) negated: bool,
    /// The values say where they stand (`startswith`), so that as keywords they get no wildcards.
    pub(crate) placed: bool,
    pub(crate) place: Place,
    /// The ids of the pipelines' steps that changed it.
    pub(crate) applied: Vec<Arc<str>>,
}

/// Where something stands: the index of its source and the bytes there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// `None` for what a pipeline added.
    pub(crate) source: Option<usize>,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Place {
    pub(crate) fn new(source: Option<usize>, span: &Span) -> Self {
        Self {
            source,
            start: span.start,
            end: span.end,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Text(Pattern),
    /// Compared in each of the forms in which events write it.
    Number(Number, bool),
    Bool(bool, Pattern),
    /// What modifiers made several patterns of, or a pattern that is no text any more.
    Variants(Vec<Pattern>),
    /// A text whose placeholders have no values yet.
    Template(Template),
    Null,
    FieldRef {
        field: String,
        relation: Relation,
        cased: bool,
    },
    /// Networks, numeric comparisons, regular expressions, presence, parts of dates.
    Tests(Vec<Test>),
}

/// A value with placeholders, before the modifiers that need the whole value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Template {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) kind: text::TemplateKind,
    pub(crate) cased: bool,
    pub(crate) place: Place,
}

/// Why a rule cannot be used as pipelines left it.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// `None` for the rule as a whole.
    pub(crate) place: Option<Place>,
    pub(crate) check: &'static Check,
    pub(crate) message: String,
    pub(crate) help: String,
}

impl Part {
    /// All items, in order.
    pub(crate) fn items(&self) -> Vec<&Item> {
        let mut items = Vec::new();
        self.collect(&mut items);
        items
    }

    fn collect<'p>(&'p self, items: &mut Vec<&'p Item>) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.collect(items);
                }
            }
            Self::Item(item) => items.push(item),
        }
    }

    /// About as many predicates as it will have.
    pub(crate) fn predicates(&self) -> usize {
        self.items().iter().map(|item| item.predicates()).sum()
    }
}

impl Item {
    pub(crate) fn predicates(&self) -> usize {
        let of = |value: &Value| match value {
            Value::Number(number, _) => number.texts.len(),
            Value::Variants(patterns) => patterns.len(),
            Value::Tests(tests) => tests.len(),
            _ => 1,
        };
        self.values.iter().map(of).sum()
    }
}

/// What drafts need to become rules.
pub(crate) struct Finisher<'o> {
    pub(crate) lowering: Lowering<'o>,
    failures: Cell<Vec<Failure>>,
}

impl<'o> Finisher<'o> {
    pub(crate) fn new(placeholders: &'o Placeholders) -> Self {
        Self {
            lowering: Lowering::new(placeholders, None),
            failures: Cell::default(),
        }
    }

    fn fail(&self, failure: Failure) {
        let mut failures = self.failures.take();
        failures.push(failure);
        self.failures.set(failures);
    }

    /// The rule, its last placeholders filled in; or everything that keeps it from running.
    pub(crate) fn rule(self, draft: RuleDraft) -> Result<Rule, Vec<Failure>> {
        let mut kept = Vec::with_capacity(draft.searches.len());
        let mut searches = Vec::with_capacity(draft.searches.len());
        for search in &draft.searches {
            kept.push(search.part.as_ref().map(|_| searches.len()));
            if let Some(part) = &search.part {
                searches.push(Search {
                    name: search.name.clone(),
                    detection: self.part(part),
                });
            }
        }
        let condition = if searches.len() == draft.searches.len() {
            Some(draft.condition)
        } else {
            without(&draft.condition, &kept)
        };
        let failures = self.failures.take();
        match condition {
            Some(condition) if failures.is_empty() => Ok(Rule {
                meta: draft.meta,
                log_source: draft.log_source,
                searches,
                condition,
                generate: true,
            }),
            Some(_) => Err(failures),
            None => Err(vec![Failure {
                place: None,
                check: &checks::PIPELINE_FAILURE,
                message: "the pipelines drop everything that the rule asks for".to_owned(),
                help: "narrow `drop_detection_item` by conditions, or leave the rule out"
                    .to_owned(),
            }]),
        }
    }

    pub(crate) fn part(&self, part: &Part) -> Detection {
        let each = |parts: &[Part]| parts.iter().map(|part| self.part(part)).collect();
        match part {
            Part::All(parts) => all(each(parts)),
            Part::Any(parts) => any(each(parts)),
            Part::Item(item) => self.item(item),
        }
    }

    fn item(&self, item: &Item) -> Detection {
        let mut parts = Vec::with_capacity(item.values.len());
        for value in &item.values {
            let tests = match self.tests(value, item) {
                Ok(tests) => tests,
                Err(failure) => {
                    self.fail(*failure);
                    continue;
                }
            };
            let is = |test| {
                Detection::Is(Predicate {
                    field: item.field.clone(),
                    test,
                })
            };
            parts.push(any(tests.into_iter().map(is).collect()));
        }
        let joined = if item.all { all(parts) } else { any(parts) };
        if item.negated {
            Detection::Not(Box::new(joined))
        } else {
            joined
        }
    }

    fn tests(&self, value: &Value, item: &Item) -> Result<Vec<Test>, Box<Failure>> {
        let wild = item.field.is_none() && !item.placed;
        let texts = |patterns: Vec<Pattern>| {
            let patterns = patterns.into_iter();
            patterns
                .map(|pattern| {
                    Test::Text(if wild {
                        text::contained(pattern)
                    } else {
                        pattern
                    })
                })
                .collect()
        };
        Ok(match value {
            Value::Text(pattern) | Value::Bool(_, pattern) => texts(vec![pattern.clone()]),
            Value::Number(number, cased) => texts(text::number(number, *cased)),
            Value::Variants(patterns) => texts(patterns.clone()),
            Value::Null => vec![Test::Null],
            Value::FieldRef {
                field,
                relation,
                cased,
            } => vec![Test::FieldRef {
                field: field.clone(),
                relation: *relation,
                cased: *cased,
            }],
            Value::Tests(tests) => tests.clone(),
            Value::Template(template) => match text::filled(template, &self.lowering)? {
                Value::Tests(tests) => tests,
                Value::Text(pattern) => texts(vec![pattern]),
                Value::Variants(patterns) => texts(patterns),
                _ => Vec::new(),
            },
        })
    }
}

/// The condition without the searches that are gone; `kept` gives the new index of the others.
/// What has nothing left is gone too.
fn without(condition: &Condition, kept: &[Option<usize>]) -> Option<Condition> {
    let each = |parts: &[Condition]| -> Vec<Condition> {
        parts
            .iter()
            .filter_map(|part| without(part, kept))
            .collect()
    };
    let joined =
        |mut parts: Vec<Condition>, join: fn(Vec<Condition>) -> Condition| match parts.len() {
            0 => None,
            1 => parts.pop(),
            _ => Some(join(parts)),
        };
    match condition {
        Condition::Search(index) => {
            let index = kept.get(*index).copied().flatten()?;
            Some(Condition::Search(index))
        }
        Condition::Not(inner) => Some(Condition::Not(Box::new(without(inner, kept)?))),
        Condition::All(parts) => joined(each(parts), Condition::All),
        Condition::Any(parts) => joined(each(parts), Condition::Any),
    }
}
