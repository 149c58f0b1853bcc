//! Conditions over what is known, in three values: met, not met, or not known yet.

use serde::{Deserialize, Serialize};

use super::quantity::{Exact, Quantity};
use super::{Answers, Value};

/// A condition, as the data writes it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    /// A question of yes or no.
    Is(String),
    More(Comparison),
    Less(Comparison),
    AtMost(Comparison),
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    pub what: String,
    pub than: Limit,
}

/// What is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Limit {
    SmallerOf(SmallerOf),
    Fixed(Quantity),
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmallerOf {
    pub smaller_of: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Part {
    Share(Share),
    Fixed(Quantity),
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    pub percent: Quantity,
    pub of: String,
}

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Met,
    NotMet,
    /// It depends on what nobody has answered.
    Open,
}

/// What a condition came to, and what it hangs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) outcome: Outcome,
    /// The inputs that it asked for, in its order.
    pub(super) used: Vec<String>,
    /// Those among them without which it stays open.
    pub(super) missing: Vec<String>,
    /// The limits that were compared with, in its order.
    pub(super) limits: Vec<Compared>,
}

/// A comparison that was made, or could not be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Compared {
    pub input: String,
    /// `more`, `less` or `at_most`.
    pub than: &'static str,
    pub value: Option<Quantity>,
    /// The limit that counts: of several the smallest that is known.
    pub limit: Option<String>,
    /// Where the limit comes from: `5 % of service_users (400)`.
    pub of: String,
}

impl Outcome {
    fn not(self) -> Self {
        match self {
            Self::Met => Self::NotMet,
            Self::NotMet => Self::Met,
            Self::Open => Self::Open,
        }
    }

    /// `Met` where one is, else `Open` where one is.
    pub(crate) fn of_all(outcomes: impl Iterator<Item = Self>) -> Self {
        outcomes.fold(Self::NotMet, |all, one| match (all, one) {
            (Self::Met, _) | (_, Self::Met) => Self::Met,
            (Self::Open, _) | (_, Self::Open) => Self::Open,
            _ => Self::NotMet,
        })
    }

    fn of(holds: bool) -> Self {
        if holds { Self::Met } else { Self::NotMet }
    }
}

impl Condition {
    /// The names of the inputs that it refers to, with the kind that it needs.
    pub(super) fn inputs(&self) -> Vec<(&str, bool)> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::inputs).collect(),
            Self::Not(part) => part.inputs(),
            Self::Is(name) => vec![(name, true)],
            Self::More(it) | Self::Less(it) | Self::AtMost(it) => {
                let mut names = vec![(it.what.as_str(), false)];
                names.extend(it.than.shares().map(|share| (share.of.as_str(), false)));
                names
            }
        }
    }

    /// The names of the inputs that it refers to.
    pub fn input_names(&self) -> Vec<&str> {
        self.inputs().into_iter().map(|(name, _)| name).collect()
    }

    /// The comparisons in it.
    pub(super) fn comparisons(&self) -> Vec<&Comparison> {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().flat_map(Self::comparisons).collect()
            }
            Self::Not(part) => part.comparisons(),
            Self::Is(_) => Vec::new(),
            Self::More(it) | Self::Less(it) | Self::AtMost(it) => vec![it],
        }
    }

    pub(super) fn evaluate(&self, answers: &Answers) -> Found {
        match self {
            Self::All(parts) => together(parts, answers, Outcome::NotMet),
            Self::Any(parts) => together(parts, answers, Outcome::Met),
            Self::Not(part) => {
                let found = part.evaluate(answers);
                Found {
                    outcome: found.outcome.not(),
                    ..found
                }
            }
            Self::Is(name) => is(name, answers),
            Self::More(it) => compared(it, answers, "more", |value, limit| value > limit),
            Self::Less(it) => compared(it, answers, "less", |value, limit| value < limit),
            Self::AtMost(it) => compared(it, answers, "at_most", |value, limit| value <= limit),
        }
    }
}

/// `all` is decided by one that is not met, `any` by one that is; else by what is open.
fn together(parts: &[Condition], answers: &Answers, decides: Outcome) -> Found {
    let mut whole = Found {
        outcome: decides.not(),
        used: Vec::new(),
        missing: Vec::new(),
        limits: Vec::new(),
    };
    for part in parts {
        let found = part.evaluate(answers);
        for name in found.used {
            if !whole.used.contains(&name) {
                whole.used.push(name);
            }
        }
        for name in found.missing {
            if !whole.missing.contains(&name) {
                whole.missing.push(name);
            }
        }
        whole.limits.extend(found.limits);
        whole.outcome = match (whole.outcome, found.outcome) {
            (known, _) if known == decides => decides,
            (_, part) if part == decides => decides,
            (Outcome::Open, _) | (_, Outcome::Open) => Outcome::Open,
            (known, _) => known,
        };
    }
    if whole.outcome != Outcome::Open {
        whole.missing.clear();
    }
    whole
}

fn is(name: &str, answers: &Answers) -> Found {
    let outcome = match answers.value(name) {
        Some(Value::YesNo(yes)) => Outcome::of(yes),
        _ => Outcome::Open,
    };
    Found {
        outcome,
        used: vec![name.to_owned()],
        missing: match outcome {
            Outcome::Open => vec![name.to_owned()],
            _ => Vec::new(),
        },
        limits: Vec::new(),
    }
}

fn compared(
    it: &Comparison,
    answers: &Answers,
    than: &'static str,
    holds: impl Fn(Exact, Exact) -> bool,
) -> Found {
    let value = answers.quantity(&it.what);
    let known = it.than.known(answers);
    let mut used = vec![it.what.clone()];
    used.extend(it.than.shares().map(|share| share.of.clone()));
    let mut missing = Vec::new();
    let outcome = match (value, known.smallest) {
        (Some(value), Some(limit)) if known.missing.is_empty() => {
            Outcome::of(holds(value.exact(), limit))
        }
        // The limit is this or smaller: whatever is above this is above that, too.
        (Some(value), Some(limit)) if value.exact() > limit => {
            Outcome::of(holds(value.exact(), limit))
        }
        // Nothing is more than a limit that is nothing or more, whatever that is.
        (Some(Quantity::ZERO), _) if than == "more" => Outcome::NotMet,
        (value, _) => {
            if value.is_none() {
                missing.push(it.what.clone());
            }
            missing.extend(known.missing.clone());
            Outcome::Open
        }
    };
    Found {
        outcome,
        used,
        missing,
        limits: vec![Compared {
            input: it.what.clone(),
            than,
            value,
            limit: known.smallest.map(|limit| limit.to_string()),
            of: known.of,
        }],
    }
}

/// What is known of a limit.
struct Known {
    smallest: Option<Exact>,
    of: String,
    missing: Vec<String>,
}

impl Limit {
    fn shares(&self) -> impl Iterator<Item = &Share> {
        let parts = match self {
            Self::Fixed(_) => &[][..],
            Self::SmallerOf(limit) => &limit.smaller_of,
        };
        parts.iter().filter_map(|part| match part {
            Part::Share(share) => Some(share),
            Part::Fixed(_) => None,
        })
    }

    fn known(&self, answers: &Answers) -> Known {
        let mut known = Known {
            smallest: None,
            of: String::new(),
            missing: Vec::new(),
        };
        let fixed;
        let parts = match self {
            Self::Fixed(quantity) => {
                fixed = [Part::Fixed(*quantity)];
                &fixed[..]
            }
            Self::SmallerOf(limit) => &limit.smaller_of,
        };
        for part in parts {
            let (limit, of) = match part {
                Part::Fixed(quantity) => (Some(quantity.exact()), "fixed".to_owned()),
                Part::Share(share) => match answers.quantity(&share.of) {
                    Some(base) => (
                        Some(base.times_percent(share.percent)),
                        format!("{} % of {} ({base})", share.percent, share.of),
                    ),
                    None => {
                        known.missing.push(share.of.clone());
                        (None, String::new())
                    }
                },
            };
            if limit.is_some() && (known.smallest.is_none() || limit < known.smallest) {
                (known.smallest, known.of) = (limit, of);
            }
        }
        known
    }
}
