//! How the conditions of a step are joined: all, any, or an expression over their names.

use super::keys::{Keys, refuse};
use crate::checks;
use crate::condition::{self, Expression};
use crate::diagnostic::Report;
use crate::source::Span;
use crate::suggest;
use crate::yaml::{Entry, Kind, Node};

/// The conditions of one kind (on the rule, on items, on names of fields) of a step.
#[derive(Clone, Debug)]
pub(super) struct Conditions<C> {
    conditions: Vec<C>,
    logic: Logic,
    negated: bool,
}

#[derive(Clone, Debug)]
enum Logic {
    All,
    Any,
    Expression(Tree),
}

#[derive(Clone, Debug)]
enum Tree {
    Leaf(usize),
    Not(Box<Tree>),
    All(Vec<Tree>),
    Any(Vec<Tree>),
}

impl<C> Default for Conditions<C> {
    fn default() -> Self {
        Self {
            conditions: Vec::new(),
            logic: Logic::All,
            negated: false,
        }
    }
}

impl<C> Conditions<C> {
    /// Without conditions everything passes.
    pub(super) fn hold(&self, test: impl Fn(&C) -> bool) -> bool {
        if self.conditions.is_empty() {
            return true;
        }
        let holds = match &self.logic {
            Logic::All => self.conditions.iter().all(test),
            Logic::Any => self.conditions.iter().any(test),
            Logic::Expression(tree) => self.tree(tree, &test),
        };
        holds != self.negated
    }

    fn tree(&self, tree: &Tree, test: &dyn Fn(&C) -> bool) -> bool {
        match tree {
            Tree::Leaf(index) => self.conditions.get(*index).is_some_and(test),
            Tree::Not(inner) => !self.tree(inner, test),
            Tree::All(parts) => parts.iter().all(|part| self.tree(part, test)),
            Tree::Any(parts) => parts.iter().any(|part| self.tree(part, test)),
        }
    }
}

/// The keys of one kind of conditions.
pub(super) struct Names {
    pub(super) conditions: &'static str,
    pub(super) operator: &'static str,
    pub(super) expression: &'static str,
    pub(super) negation: &'static str,
}

/// Reads the conditions of one kind; `one` reads a single condition.
pub(super) fn read<C>(
    names: &Names,
    step: &mut Keys<'_, '_>,
    report: &mut Report<'_>,
    mut one: impl FnMut(&Node<'_>, &mut Report<'_>) -> Option<C>,
) -> Option<Conditions<C>> {
    let section = step.get(names.conditions);
    let operator = step.get(names.operator);
    let expression = step.get(names.expression);
    let negated = step.boolean(names.negation, report);
    let mut named: Vec<(&str, &Span)> = Vec::new();
    let mut conditions = Vec::new();
    let mut whole = true;
    match section.map(|entry| (&entry.value.kind, entry)) {
        None => {}
        Some((Kind::List(items), _)) => {
            for item in items {
                match one(item, report) {
                    Some(condition) => conditions.push(condition),
                    None => whole = false,
                }
            }
        }
        Some((Kind::Map(entries), _)) if entries.iter().all(is_map) => {
            for entry in entries {
                named.push((entry.key.as_ref(), &entry.key_span));
                match one(&entry.value, report) {
                    Some(condition) => conditions.push(condition),
                    None => whole = false,
                }
            }
        }
        Some((_, entry)) => {
            whole = false;
            let message = format!(
                "`{}` is a list of conditions, or a map of named ones",
                entry.key
            );
            let help = "write `- type: …` for each, or `NAME: {type: …}`";
            refuse(&entry.key_span, message, help, report);
        }
    }
    let mut logic = Logic::All;
    if let (Some(operator), Some(_)) = (operator, expression) {
        whole = false;
        let message = format!(
            "`{}` and `{}` exclude each other",
            names.operator, names.expression
        );
        let help = "keep the expression, which says how the conditions are joined";
        report.add(
            &checks::PIPELINE_CONDITION,
            &operator.key_span,
            message,
            help,
        );
    }
    if step.word(names.operator, &[("and", false), ("or", true)], report)? {
        logic = Logic::Any;
    }
    if let Some(entry) = expression {
        logic = Logic::Expression(tree(entry, &named, report)?);
    } else if section.is_none() && (operator.is_some() || negated) {
        let span = operator.map_or_else(|| step.span().clone(), |entry| entry.key_span.clone());
        report.add(
            &checks::PIPELINE_NO_EFFECT,
            &span,
            format!("there are no `{}` to join or to negate", names.conditions),
            "give conditions, or remove the key",
        );
    }
    whole.then_some(Conditions {
        conditions,
        logic,
        negated,
    })
}

fn is_map(entry: &Entry<'_>) -> bool {
    matches!(entry.value.kind, Kind::Map(_))
}

fn tree(entry: &Entry<'_>, named: &[(&str, &Span)], report: &mut Report<'_>) -> Option<Tree> {
    let span = &entry.value.span;
    let mut refuse = |message: String, help: String| {
        report.add(&checks::PIPELINE_CONDITION, span, message, help);
    };
    let help = "join names of conditions with `and`, `or`, `not` and parentheses";
    let Kind::Scalar(scalar) = &entry.value.kind else {
        refuse(format!("`{}` is a text", entry.key), help.to_owned());
        return None;
    };
    let Ok(expression) = condition::parse(&scalar.text) else {
        refuse(
            format!("`{}` is no expression", scalar.text),
            help.to_owned(),
        );
        return None;
    };
    let mut used = vec![false; named.len()];
    match resolve(&expression, named, &mut used) {
        Ok(tree) => {
            let mut unused = used.iter().zip(named).filter(|(used, _)| !**used);
            if let Some((_, (name, _))) = unused.next() {
                let message = format!("the expression does not use the condition `{name}`");
                refuse(message, "use it, or remove it".to_owned());
                return None;
            }
            Some(tree)
        }
        Err(name) => {
            let known = named.iter().map(|(name, _)| *name);
            let near = suggest::nearest(&name, known.clone());
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None if named.is_empty() => {
                    "give the conditions as a map, `NAME: {type: …}`".to_owned()
                }
                None => format!(
                    "the conditions are {}",
                    known.collect::<Vec<_>>().join(", ")
                ),
            };
            refuse(format!("there is no condition `{name}`"), help);
            None
        }
    }
}

/// `Err` holds the name that no condition has.
fn resolve(
    expression: &Expression,
    named: &[(&str, &Span)],
    used: &mut [bool],
) -> Result<Tree, String> {
    let each = |parts: &[Expression], used: &mut [bool]| -> Result<Vec<Tree>, String> {
        let parts = parts.iter();
        parts.map(|part| resolve(part, named, used)).collect()
    };
    Ok(match expression {
        Expression::All(parts) => Tree::All(each(parts, used)?),
        Expression::Any(parts) => Tree::Any(each(parts, used)?),
        Expression::Not(inner) => Tree::Not(Box::new(resolve(inner, named, used)?)),
        Expression::Of(_, name) => return Err(format!("… of {}", name.text)),
        Expression::Search(name) => {
            let Some(at) = named.iter().position(|(known, _)| *known == name.text) else {
                return Err(name.text.clone());
            };
            if let Some(used) = used.get_mut(at) {
                *used = true;
            }
            Tree::Leaf(at)
        }
    })
}
