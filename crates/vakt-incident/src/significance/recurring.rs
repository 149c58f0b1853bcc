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
    pub loss_eur: Quantity,
    /// `Open` where the turnover is not known and could decide it.
    pub outcome: Outcome,
}

/// For each root cause the window of six months with the greatest loss, where at least two incidents
/// lie in it.
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
    causes
        .into_iter()
        .filter_map(|cause| worst(criteria, cause, incidents, turnover_eur))
        .collect()
}

fn worst(
    criteria: &Criteria,
    cause: &str,
    incidents: &[SmallIncident],
    turnover_eur: Option<Quantity>,
) -> Option<Recurrence> {
    let mut of_cause: Vec<&SmallIncident> = incidents
        .iter()
        .filter(|it| it.root_cause.as_deref() == Some(cause))
        .collect();
    of_cause.sort_by_key(|it| (it.day, &it.id));
    let windows = of_cause.iter().enumerate().filter_map(|(index, first)| {
        let last = first
            .day
            .checked_add(jiff::Span::new().months(MONTHS))
            .ok()?;
        let members: Vec<&SmallIncident> = of_cause
            .iter()
            .skip(index)
            .take_while(|it| it.day <= last)
            .copied()
            .collect();
        let loss = members.iter().filter_map(|it| it.loss_eur);
        let loss = loss.fold(Quantity::ZERO, Quantity::plus);
        (members.len() >= AT_LEAST).then_some((loss, members))
    });
    let (loss_eur, members) = windows.max_by_key(|(loss, members)| (*loss, members.len()))?;
    Some(Recurrence {
        root_cause: cause.to_owned(),
        members: members.iter().map(|it| it.id.clone()).collect(),
        loss_eur,
        outcome: loss_outcome(criteria, loss_eur, turnover_eur),
    })
}

/// Whether a loss meets the criterion of losses.
fn loss_outcome(
    criteria: &Criteria,
    loss_eur: Quantity,
    turnover_eur: Option<Quantity>,
) -> Outcome {
    let mut answers = Answers::default();
    let given = [
        ("financial_loss_eur", Some(loss_eur)),
        ("turnover_eur", turnover_eur),
    ];
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
