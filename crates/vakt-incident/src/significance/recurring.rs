//! Recurring incidents (Regulation (EU) 2024/2690 Art. 4): several that are not significant each count
//! together as one.

use jiff::civil::Date;
use serde::Serialize;

use super::condition::Outcome;
use super::quantity::Quantity;
use super::{Answer, Answers, Criteria, Value};

/// How many there must be.
const AT_LEAST: usize = 2;

/// The window, in calendar months; a day that the last month does not have is its last day.
const MONTHS: i32 = 6;

/// The criterion that their loss together must meet (Art. 4(c)).
const LOSS: &str = "H-a";

/// The inputs that it asks for.
const LOSS_EUR: &str = "financial_loss_eur";
const TURNOVER_EUR: &str = "turnover_eur";

/// An incident that was assessed as not significant. Dismissed ones are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmallIncident {
    pub id: String,
    /// The local day on which it occurred, or was detected where that is not known.
    pub day: Date,
    /// The apparent root cause, in the organisation's words; `None` while it is not known.
    pub root_cause: Option<String>,
    pub loss_eur: Option<Quantity>,
}

/// Incidents that count together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Recurrence {
    pub root_cause: String,
    /// The ids, the oldest first.
    pub members: Vec<String>,
    /// What is known of it.
    pub loss_eur: Quantity,
    /// `Open` where something is not known that could decide it.
    pub outcome: Outcome,
    /// What that is.
    pub missing: Vec<&'static str>,
}

/// For each root cause the windows of six months with at least two incidents: those whose loss meets the
/// criterion, else the one with the greatest loss.
pub fn recurrences(
    criteria: &Criteria,
    incidents: &[SmallIncident],
    turnover_eur: Option<Quantity>,
) -> Vec<Recurrence> {
    let mut causes: Vec<&str> = incidents
        .iter()
        .filter_map(|it| it.root_cause.as_deref())
        .collect();
    causes.sort_unstable();
    causes.dedup();
    let of_cause = |cause| {
        let (met, mut other): (Vec<Recurrence>, Vec<Recurrence>) =
            windows(criteria, cause, incidents, turnover_eur)
                .into_iter()
                .partition(|it| it.outcome == Outcome::Met);
        if met.is_empty() {
            other.sort_by_key(|it| (it.loss_eur, it.members.len()));
            return other.pop().into_iter().collect();
        }
        met
    };
    causes.into_iter().flat_map(of_cause).collect()
}

/// The windows of a cause of which none lies within another, the oldest first.
fn windows(
    criteria: &Criteria,
    cause: &str,
    incidents: &[SmallIncident],
    turnover_eur: Option<Quantity>,
) -> Vec<Recurrence> {
    let mut of_cause: Vec<&SmallIncident> = incidents
        .iter()
        .filter(|it| it.root_cause.as_deref() == Some(cause))
        .collect();
    of_cause.sort_by_key(|it| (it.day, &it.id));
    let mut end = 0;
    let mut found = Vec::new();
    for (index, first) in of_cause.iter().enumerate() {
        let Ok(last) = first.day.checked_add(jiff::Span::new().months(MONTHS)) else {
            continue;
        };
        let members: Vec<&SmallIncident> = of_cause
            .iter()
            .skip(index)
            .take_while(|it| it.day <= last)
            .copied()
            .collect();
        let is_within = index + members.len() <= end;
        end = end.max(index + members.len());
        if !is_within && members.len() >= AT_LEAST {
            found.push(together(criteria, cause, &members, turnover_eur));
        }
    }
    found
}

fn together(
    criteria: &Criteria,
    cause: &str,
    members: &[&SmallIncident],
    turnover_eur: Option<Quantity>,
) -> Recurrence {
    let loss = members.iter().filter_map(|it| it.loss_eur);
    let loss_eur = loss.fold(Quantity::ZERO, Quantity::plus);
    let is_unknown = members.iter().any(|it| it.loss_eur.is_none());
    let known = loss_outcome(criteria, loss_eur, turnover_eur);
    let mut missing = Vec::new();
    if known == Outcome::Open {
        missing.push(TURNOVER_EUR);
    }
    if known != Outcome::Met && is_unknown {
        missing.push(LOSS_EUR);
    }
    Recurrence {
        root_cause: cause.to_owned(),
        members: members.iter().map(|it| it.id.clone()).collect(),
        loss_eur,
        outcome: match missing.is_empty() {
            true => known,
            false => Outcome::Open,
        },
        missing,
    }
}

/// Whether a loss meets the criterion of losses.
fn loss_outcome(
    criteria: &Criteria,
    loss_eur: Quantity,
    turnover_eur: Option<Quantity>,
) -> Outcome {
    let mut answers = Answers::default();
    let given = [(LOSS_EUR, Some(loss_eur)), (TURNOVER_EUR, turnover_eur)];
    for (input, quantity) in given {
        if let Some(quantity) = quantity {
            let answer = Answer {
                value: Value::Quantity(quantity),
                by: String::new(),
                source: String::new(),
                at: None,
            };
            answers.set(input, answer);
        }
    }
    let mut criteria = criteria.horizontal.iter();
    let criterion = criteria.find(|criterion| criterion.id == LOSS);
    criterion.map_or(Outcome::Open, |it| it.when.evaluate(&answers).outcome)
}
