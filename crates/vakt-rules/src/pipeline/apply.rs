//! The pipelines over one rule or correlation.

use vakt_event::LogSource;

use super::Pipelines;
use super::conditions::Subject;
use super::facts::Facts;
use super::python::substitute;
use super::scope::{Scope, mark};
use super::step::{AddedCondition, Step, Transformation};
use crate::ast::{Condition, Token};
use crate::checks;
use crate::correlation::Draft;
use crate::draft::{Failure, Item, Part, Place, RuleDraft, SearchDraft, Value};

type Outcome = Result<(), Box<Failure>>;

impl Pipelines {
    /// Changes the rule. `Err` says why it cannot be used.
    pub(crate) fn apply(&self, rule: &mut RuleDraft) -> Outcome {
        let mut scope = Scope::new(&self.variables);
        steps_on_rule(&self.steps, rule, &mut scope)
    }

    /// Changes the correlation; `log_sources` are those of the rules that feed it.
    pub(crate) fn apply_to_correlation(
        &self,
        draft: &mut Draft,
        facts: &mut Facts,
        tags: &[String],
        log_sources: &[&LogSource<'static>],
    ) -> Outcome {
        let mut scope = Scope::new(&self.variables);
        let mut fed = Fed {
            draft,
            facts,
            tags,
            log_sources,
        };
        steps_on_correlation(&self.steps, &mut fed, &mut scope)
    }
}

struct Fed<'f> {
    draft: &'f mut Draft,
    facts: &'f mut Facts,
    tags: &'f [String],
    log_sources: &'f [&'f LogSource<'static>],
}

fn steps_on_rule(steps: &[Step], rule: &mut RuleDraft, scope: &mut Scope<'_>) -> Outcome {
    for step in steps {
        let subject = Subject::Rule(rule);
        let conditions = &step.rule_conditions;
        if !conditions.hold(|condition| condition.holds(&subject, scope)) {
            continue;
        }
        scope.rule_applied.extend(step.id.clone());
        on_rule(step, rule, scope)?;
    }
    Ok(())
}

fn on_rule(step: &Step, rule: &mut RuleDraft, scope: &mut Scope<'_>) -> Outcome {
    match &step.transformation {
        Transformation::Rename(rename) => {
            rename.list(&mut rule.facts.fields, step, scope);
            each_item(step, rule, scope, |item, scope| {
                rename.item(item, step, scope).map(Some)
            })
        }
        Transformation::Values(change) => each_item(step, rule, scope, |mut item, scope| {
            if change.apply(&mut item, scope)? {
                mark(&mut item, step.id.as_ref());
            }
            Ok(Some(Part::Item(Box::new(item))))
        }),
        Transformation::Hashes(hashes) => each_item(step, rule, scope, |mut item, _| {
            mark(&mut item, step.id.as_ref());
            let split = hashes.split(&item)?;
            Ok(Some(split.unwrap_or_else(|| Part::Item(Box::new(item)))))
        }),
        Transformation::DropItem => each_item(step, rule, scope, |_, _| Ok(None)),
        Transformation::FailItem(message) => each_item(step, rule, scope, |item, _| {
            Err(refused(message, Some(item.place.clone()), step))
        }),
        Transformation::AddCondition(added) => add_condition(added, rule, step, scope),
        Transformation::ChangeLogSource(source) => {
            rule.log_source = source.clone();
            Ok(())
        }
        Transformation::FailUnmapped => unmapped(rule, step, scope),
        Transformation::Nest(steps) => steps_on_rule(steps, rule, scope),
        transformation => on_facts(transformation, &mut rule.facts, step, scope),
    }
}

fn steps_on_correlation(steps: &[Step], fed: &mut Fed<'_>, scope: &mut Scope<'_>) -> Outcome {
    for step in steps {
        let subject = Subject::Correlation(fed.facts, fed.tags, fed.log_sources);
        let conditions = &step.rule_conditions;
        if !conditions.hold(|condition| condition.holds(&subject, scope)) {
            continue;
        }
        scope.rule_applied.extend(step.id.clone());
        match &step.transformation {
            Transformation::Rename(rename) => {
                rename.list(&mut fed.facts.fields, step, scope);
                rename.correlation(fed.draft, step, scope)?;
            }
            Transformation::Nest(steps) => steps_on_correlation(steps, fed, scope)?,
            // A correlation has no searches and no log source.
            Transformation::Values(_)
            | Transformation::Hashes(_)
            | Transformation::DropItem
            | Transformation::FailItem(_)
            | Transformation::AddCondition(_)
            | Transformation::ChangeLogSource(_)
            | Transformation::FailUnmapped => {}
            transformation => on_facts(transformation, fed.facts, step, scope)?,
        }
    }
    Ok(())
}

/// The steps that look at no search.
fn on_facts(
    transformation: &Transformation,
    facts: &mut Facts,
    step: &Step,
    scope: &mut Scope<'_>,
) -> Outcome {
    match transformation {
        Transformation::SetState(key, value) => {
            scope.state.insert(key.clone(), value.clone());
        }
        Transformation::SetAttribute(key, value) => {
            facts.attributes.insert(key.clone(), value.clone());
        }
        Transformation::AddFields(names) => facts.fields.extend(names.iter().cloned()),
        Transformation::RemoveFields(names) => facts.fields.retain(|name| !names.contains(name)),
        Transformation::SetFields(names) => facts.fields.clone_from(names),
        Transformation::FailRule(message) => return Err(refused(message, None, step)),
        _ => {}
    }
    Ok(())
}

fn refused(message: &str, place: Option<Place>, step: &Step) -> Box<Failure> {
    Box::new(Failure {
        place,
        check: &checks::PIPELINE_FAILURE,
        message: format!("a pipeline refuses the rule: {message}"),
        help: format!("the step at {} says so", step.place),
    })
}

/// Runs `change` over the items that the step looks at; `None` drops an item.
fn each_item(
    step: &Step,
    rule: &mut RuleDraft,
    scope: &mut Scope<'_>,
    mut change: impl FnMut(Item, &mut Scope<'_>) -> Result<Option<Part>, Box<Failure>>,
) -> Outcome {
    for search in &mut rule.searches {
        if let Some(part) = search.part.take() {
            search.part = walk(part, step, scope, &mut change)?;
        }
    }
    Ok(())
}

type ChangeItem<'c> = &'c mut dyn FnMut(Item, &mut Scope<'_>) -> Result<Option<Part>, Box<Failure>>;

fn walk(
    part: Part,
    step: &Step,
    scope: &mut Scope<'_>,
    change: ChangeItem<'_>,
) -> Result<Option<Part>, Box<Failure>> {
    let mut each = |parts: Vec<Part>| -> Result<Option<Vec<Part>>, Box<Failure>> {
        let mut kept = Vec::with_capacity(parts.len());
        for part in parts {
            kept.extend(walk(part, step, scope, change)?);
        }
        Ok((!kept.is_empty()).then_some(kept))
    };
    Ok(match part {
        Part::All(parts) => each(parts)?.map(Part::All),
        Part::Any(parts) => each(parts)?.map(Part::Any),
        Part::Item(item) if step.takes(&item, scope) => change(*item, scope)?,
        item @ Part::Item(_) => Some(item),
    })
}

/// Names of added searches where the pipeline gives none.
const ADDED_NAME: &str = "_cond";

fn add_condition(
    added: &AddedCondition,
    rule: &mut RuleDraft,
    step: &Step,
    scope: &mut Scope<'_>,
) -> Outcome {
    scope.grow(added.part.predicates())?;
    let mut part = added.part.clone();
    let source = rule.log_source.clone();
    each_of(&mut part, &mut |item| {
        mark(item, step.id.as_ref());
        if added.template {
            for value in &mut item.values {
                fill_in(value, &source);
            }
        }
    });
    let index = rule.searches.len();
    let base = added.name.as_deref().unwrap_or(ADDED_NAME);
    let taken = rule.searches.iter().any(|search| search.name == base);
    rule.searches.push(SearchDraft {
        name: if taken {
            format!("{base}_{index}")
        } else {
            base.to_owned()
        },
        part: Some(part),
    });
    let search = Condition::Search(index);
    let search = if added.negated {
        Condition::Not(Box::new(search))
    } else {
        search
    };
    let condition = std::mem::replace(&mut rule.condition, Condition::All(Vec::new()));
    rule.condition = Condition::All(vec![search, condition]);
    Ok(())
}

fn each_of(part: &mut Part, change: &mut dyn FnMut(&mut Item)) {
    match part {
        Part::All(parts) | Part::Any(parts) => {
            for part in parts {
                each_of(part, change);
            }
        }
        Part::Item(item) => change(item),
    }
}

/// A part that the rule's log source does not name is the empty text.
fn fill_in(value: &mut Value, source: &LogSource<'_>) {
    let part = |name: &str| {
        let part = match name {
            "product" => &source.product,
            "category" => &source.category,
            "service" => &source.service,
            _ => return None,
        };
        Some(part.as_deref().unwrap_or_default().to_owned())
    };
    let patterns = match value {
        Value::Text(pattern) => std::slice::from_mut(pattern),
        Value::Variants(patterns) => patterns.as_mut_slice(),
        _ => return,
    };
    for token in patterns.iter_mut().flat_map(|pattern| &mut pattern.tokens) {
        if let Token::Literal(text) = token {
            *text = substitute(text, part);
        }
    }
    for pattern in patterns {
        let is_empty = |token: &Token| matches!(token, Token::Literal(text) if text.is_empty());
        pattern.tokens.retain(|token| !is_empty(token));
    }
}

fn unmapped(rule: &RuleDraft, step: &Step, scope: &Scope<'_>) -> Outcome {
    let searches = rule
        .searches
        .iter()
        .filter_map(|search| search.part.as_ref());
    let items = searches.flat_map(Part::items);
    let mut names: Vec<&str> = items
        .filter_map(|item| item.field.as_deref())
        .filter(|name| !scope.mapped.contains(*name))
        .collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return Ok(());
    }
    let message = format!("no pipeline maps the fields {}", names.join(", "));
    Err(refused(&message, None, step))
}
