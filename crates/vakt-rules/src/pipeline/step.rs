//! A step of a pipeline: its conditions and what it does.

use std::sync::Arc;

use vakt_event::LogSource;

use super::conditions::{FieldCondition, ItemCondition, RuleCondition};
use super::datum::Datum;
use super::fields::Rename;
use super::hashes::Hashes;
use super::logic::Conditions;
use super::scope::Scope;
use super::values::Change;
use crate::draft::{Item, Part};

#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) id: Option<Arc<str>>,
    /// `PATH:LINE`, for messages about rules.
    pub(super) place: String,
    pub(super) rule_conditions: Conditions<RuleCondition>,
    pub(super) item_conditions: Conditions<ItemCondition>,
    pub(super) field_conditions: Conditions<FieldCondition>,
    pub(super) transformation: Transformation,
}

#[derive(Clone, Debug)]
pub(super) enum Transformation {
    Rename(Rename),
    Values(Box<Change>),
    Hashes(Hashes),
    DropItem,
    AddCondition(Box<AddedCondition>),
    ChangeLogSource(LogSource<'static>),
    SetState(String, Datum),
    SetAttribute(String, Datum),
    /// Of the rule's list of fields.
    AddFields(Vec<String>),
    RemoveFields(Vec<String>),
    SetFields(Vec<String>),
    FailRule(String),
    FailItem(String),
    /// Refuses a rule with a field that no mapping took or gave.
    FailUnmapped,
    Nest(Vec<Step>),
}

#[derive(Clone, Debug)]
pub(super) struct AddedCondition {
    pub(super) name: Option<String>,
    pub(super) part: Part,
    /// `$category`, `$product` and `$service` stand for those of the rule.
    pub(super) template: bool,
    pub(super) negated: bool,
}

impl Step {
    /// Whether the step looks at this item.
    pub(super) fn takes(&self, item: &Item, scope: &Scope<'_>) -> bool {
        self.item_conditions
            .hold(|condition| condition.holds(item, scope))
            && self
                .field_conditions
                .hold(|condition| condition.holds_for_item(item, scope))
    }
}
