//! Values of a pipeline file that stand for themselves: of states, attributes and conditions.

use std::cmp::Ordering;

use crate::scalar::{self, Resolved};
use crate::yaml::{Kind, Node};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Datum {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Datum>),
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// Membership of a list.
    In,
    NotIn,
}

impl Operator {
    pub(super) const OF_STATES: [(&str, Self); 6] = [
        ("eq", Self::Equal),
        ("ne", Self::NotEqual),
        ("gte", Self::GreaterOrEqual),
        ("gt", Self::Greater),
        ("lte", Self::LessOrEqual),
        ("lt", Self::Less),
    ];
    pub(super) const OF_ATTRIBUTES: [(&str, Self); 8] = [
        ("eq", Self::Equal),
        ("ne", Self::NotEqual),
        ("gte", Self::GreaterOrEqual),
        ("gt", Self::Greater),
        ("lte", Self::LessOrEqual),
        ("lt", Self::Less),
        ("in", Self::In),
        ("not_in", Self::NotIn),
    ];

    /// Whether two values that stand in this order satisfy it; `None` for values without one.
    pub(super) fn accepts(self, order: Option<Ordering>) -> bool {
        match self {
            Self::Equal | Self::In => order == Some(Ordering::Equal),
            Self::NotEqual | Self::NotIn => order != Some(Ordering::Equal),
            Self::Less => order == Some(Ordering::Less),
            Self::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            Self::Greater => order == Some(Ordering::Greater),
            Self::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        }
    }
}

impl Datum {
    /// The value of a node; a map has none.
    pub(crate) fn of(node: &Node<'_>) -> Option<Self> {
        match &node.kind {
            Kind::Scalar(scalar) => Some(match scalar::resolve(scalar) {
                Resolved::Null => Self::Null,
                Resolved::Bool(value) => Self::Bool(value),
                Resolved::Number(number) => Self::Number(number.value),
                Resolved::Text(text) => Self::Text(text.to_owned()),
            }),
            Kind::List(items) => items
                .iter()
                .map(Self::of)
                .collect::<Option<_>>()
                .map(Self::List),
            Kind::Map(_) => None,
        }
    }

    /// The order of two values of one type.
    pub(super) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Null, Self::Null) => Some(Ordering::Equal),
            (Self::Bool(one), Self::Bool(other)) => Some(one.cmp(other)),
            (Self::Number(one), Self::Number(other)) => one.partial_cmp(other),
            (Self::Text(one), Self::Text(other)) => Some(one.cmp(other)),
            (Self::List(one), Self::List(other)) if one == other => Some(Ordering::Equal),
            _ => None,
        }
    }
}
