//! From the rules of one log source to tests of fields and conditions over atoms.
//!
//! A *pattern* is one test of one field, interned. An *atom* is a set of patterns of which one is
//! enough: a list of values under one key, or any `or` of plain tests. Conditions see atoms only,
//! so that a list of a thousand hashes costs a condition one bit.

use hashbrown::HashMap;
use vakt_event::alias::canonical;
use vakt_rules::ast::{Condition, Detection, Pattern, Predicate, Rule, Test, Token};

use super::expr::{Expr, FieldRef, Named};
use super::field::FieldBuilder;
use super::frequency;
use super::{AtomId, PatternId};
use crate::fold;
use crate::regex::RegexError;

/// Numbers shared by all log sources.
#[derive(Default)]
pub(super) struct Numbering {
    /// The estimated share of events in which each atom holds, by [`AtomId`].
    pub(super) atom_frequency: Vec<f32>,
    /// The atoms that a pattern is part of, by [`PatternId`].
    pub(super) atoms_of: Vec<Vec<AtomId>>,
}

/// The rules of one log source, being lowered.
pub(super) struct Lowering<'n> {
    numbering: &'n mut Numbering,
    /// By canonical name; `None` for keywords.
    fields: Vec<(Option<String>, FieldBuilder)>,
    field_index: HashMap<Option<String>, usize>,
    patterns: HashMap<(usize, String), PatternId>,
    pattern_frequency: HashMap<PatternId, f32>,
    atoms: HashMap<Vec<PatternId>, AtomId>,
}

/// A condition over patterns.
enum Draft {
    /// One of the patterns is enough.
    Patterns(Vec<PatternId>),
    Not(Box<Draft>),
    All(Vec<Draft>),
    Any(Vec<Draft>),
    Const(bool),
    FieldRef(FieldRef),
}

impl<'n> Lowering<'n> {
    pub(super) fn new(numbering: &'n mut Numbering) -> Self {
        Self {
            numbering,
            fields: Vec::new(),
            field_index: HashMap::new(),
            patterns: HashMap::new(),
            pattern_frequency: HashMap::new(),
            atoms: HashMap::new(),
        }
    }

    /// The condition of a rule; its patterns join the fields. An error where one of its regular
    /// expressions cannot be used: then the rule must not be evaluated.
    pub(super) fn rule(&mut self, rule: &Rule) -> Result<Expr, RegexError> {
        let draft = self.condition(&rule.condition, rule)?;
        Ok(self.finish(draft))
    }

    /// The canonical names of the fields (`None` for keywords) and their tests.
    pub(super) fn into_fields(self) -> Vec<(Option<String>, FieldBuilder)> {
        self.fields
    }

    fn condition(&mut self, condition: &Condition, rule: &Rule) -> Result<Draft, RegexError> {
        Ok(match condition {
            Condition::Search(index) => match rule.searches.get(*index) {
                Some(search) => self.detection(&search.detection)?,
                None => Draft::Const(false),
            },
            Condition::Not(inner) => not(self.condition(inner, rule)?),
            Condition::All(parts) => all(parts
                .iter()
                .map(|part| self.condition(part, rule))
                .collect::<Result<_, _>>()?),
            Condition::Any(parts) => any(parts
                .iter()
                .map(|part| self.condition(part, rule))
                .collect::<Result<_, _>>()?),
        })
    }

    fn detection(&mut self, detection: &Detection) -> Result<Draft, RegexError> {
        Ok(match detection {
            Detection::Is(predicate) => self.predicate(predicate)?,
            Detection::Not(inner) => not(self.detection(inner)?),
            Detection::All(parts) => all(parts
                .iter()
                .map(|part| self.detection(part))
                .collect::<Result<_, _>>()?),
            Detection::Any(parts) => any(parts
                .iter()
                .map(|part| self.detection(part))
                .collect::<Result<_, _>>()?),
        })
    }

    fn predicate(&mut self, predicate: &Predicate) -> Result<Draft, RegexError> {
        let field = predicate.field.as_deref();
        Ok(match (&predicate.test, field) {
            // A keyword has no field that could be absent.
            (Test::Null | Test::Exists(_), None) => Draft::Const(false),
            (Test::Null, Some(field)) => {
                let null = self.special(field, "null", FieldBuilder::add_null);
                let present = self.special(field, "present", FieldBuilder::add_present);
                any(vec![null, not(present)])
            }
            (Test::Exists(wanted), Some(field)) => {
                let present = self.special(field, "present", FieldBuilder::add_present);
                if *wanted { present } else { not(present) }
            }
            (
                Test::FieldRef {
                    field: other,
                    relation,
                    cased,
                },
                _,
            ) => {
                let mut parts = vec![self.not_null(other)?];
                if let Some(field) = field {
                    parts.push(self.not_null(field)?);
                }
                parts.push(Draft::FieldRef(FieldRef {
                    field: field.map(Named::new),
                    other: Named::new(other),
                    relation: *relation,
                    cased: *cased,
                }));
                all(parts)
            }
            (test, field) => Draft::Patterns(vec![self.pattern(field, test)?]),
        })
    }

    fn not_null(&mut self, field: &str) -> Result<Draft, RegexError> {
        let any_value = Test::Text(Pattern {
            tokens: vec![Token::Many],
            cased: false,
        });
        Ok(Draft::Patterns(vec![
            self.pattern(Some(field), &any_value)?,
        ]))
    }

    fn field(&mut self, name: Option<&str>) -> usize {
        let name = name.map(|name| canonical(name).to_owned());
        if let Some(index) = self.field_index.get(&name) {
            return *index;
        }
        let index = self.fields.len();
        self.fields.push((name.clone(), FieldBuilder::default()));
        self.field_index.insert(name, index);
        index
    }

    fn special(
        &mut self,
        field: &str,
        key: &str,
        add: impl FnOnce(&mut FieldBuilder, PatternId),
    ) -> Draft {
        let field = self.field(Some(field));
        let key = (field, key.to_owned());
        let pattern = match self.patterns.get(&key) {
            Some(pattern) => *pattern,
            None => {
                let pattern = self.new_pattern(key, frequency::ALWAYS);
                add(&mut self.fields[field].1, pattern);
                pattern
            }
        };
        Draft::Patterns(vec![pattern])
    }

    fn pattern(&mut self, name: Option<&str>, test: &Test) -> Result<PatternId, RegexError> {
        let field = self.field(name);
        let key = (field, key_of(test));
        if let Some(pattern) = self.patterns.get(&key) {
            return Ok(*pattern);
        }
        let estimate = frequency::of_test(self.fields[field].0.as_deref(), test);
        let pattern = self.new_pattern(key.clone(), estimate);
        if let Err(error) = self.fields[field].1.add(test, pattern) {
            // The next rule that asks for it is to fail too.
            self.patterns.remove(&key);
            return Err(error);
        }
        Ok(pattern)
    }

    fn new_pattern(&mut self, key: (usize, String), estimate: f32) -> PatternId {
        let pattern = number(self.numbering.atoms_of.len());
        self.numbering.atoms_of.push(Vec::new());
        self.patterns.insert(key, pattern);
        self.pattern_frequency.insert(pattern, estimate);
        pattern
    }

    fn finish(&mut self, draft: Draft) -> Expr {
        match draft {
            Draft::Const(value) => Expr::Const(value),
            Draft::FieldRef(reference) => Expr::FieldRef(Box::new(reference)),
            Draft::Patterns(patterns) => Expr::Atom(self.atom(patterns)),
            Draft::Not(inner) => Expr::Not(Box::new(self.finish(*inner))),
            Draft::All(parts) => {
                let mut parts: Vec<Expr> = parts.into_iter().map(|p| self.finish(p)).collect();
                // The rarest first: it ends most evaluations.
                parts.sort_by(|a, b| self.cost(a).total_cmp(&self.cost(b)));
                Expr::All(parts.into())
            }
            Draft::Any(parts) => Expr::Any(parts.into_iter().map(|p| self.finish(p)).collect()),
        }
    }

    fn cost(&self, expr: &Expr) -> f32 {
        match expr {
            Expr::Atom(atom) => self.numbering.atom_frequency[*atom as usize],
            Expr::FieldRef(_) => f32::INFINITY,
            _ => 2.0 * frequency::ALWAYS,
        }
    }

    fn atom(&mut self, mut patterns: Vec<PatternId>) -> AtomId {
        patterns.sort_unstable();
        patterns.dedup();
        if let Some(atom) = self.atoms.get(&patterns) {
            return *atom;
        }
        let atom = number(self.numbering.atom_frequency.len());
        let mut sum = 0.0;
        for pattern in &patterns {
            sum += self
                .pattern_frequency
                .get(pattern)
                .copied()
                .unwrap_or(frequency::ALWAYS);
            self.numbering.atoms_of[*pattern as usize].push(atom);
        }
        self.numbering
            .atom_frequency
            .push(sum.min(frequency::ALWAYS));
        self.atoms.insert(patterns, atom);
        atom
    }
}

/// Two tests that are always passed by the same values have one key.
fn key_of(test: &Test) -> String {
    match test {
        Test::Text(pattern) if !pattern.cased => {
            let tokens: Vec<_> = pattern
                .tokens
                .iter()
                .map(|token| match token {
                    Token::Literal(literal) => Token::Literal(fold::folded(literal)),
                    token => token.clone(),
                })
                .collect();
            format!("{tokens:?}")
        }
        test => format!("{test:?}"),
    }
}

fn not(draft: Draft) -> Draft {
    match draft {
        Draft::Not(inner) => *inner,
        Draft::Const(value) => Draft::Const(!value),
        draft => Draft::Not(Box::new(draft)),
    }
}

fn all(parts: Vec<Draft>) -> Draft {
    let mut flat = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            Draft::Const(true) => {}
            Draft::Const(false) => return Draft::Const(false),
            Draft::All(inner) => flat.extend(inner),
            part => flat.push(part),
        }
    }
    match flat.len() {
        0 => Draft::Const(true),
        1 => flat.swap_remove(0),
        _ => Draft::All(flat),
    }
}

fn any(parts: Vec<Draft>) -> Draft {
    let mut patterns = Vec::new();
    let mut others = Vec::new();
    let mut open = parts;
    while let Some(part) = open.pop() {
        match part {
            Draft::Const(false) => {}
            Draft::Const(true) => return Draft::Const(true),
            Draft::Any(inner) => open.extend(inner),
            Draft::Patterns(more) => patterns.extend(more),
            part => others.push(part),
        }
    }
    if !patterns.is_empty() {
        others.push(Draft::Patterns(patterns));
    }
    match others.len() {
        0 => Draft::Const(false),
        1 => others.swap_remove(0),
        _ => Draft::Any(others),
    }
}

fn number(len: usize) -> u32 {
    u32::try_from(len).unwrap_or_else(|_| unreachable!("more than 4 G patterns"))
}
