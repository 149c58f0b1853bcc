//! When the criteria of a service that is away will be met.
//!
//! A criterion's outcome is asked for at instants, with the durations as they are then. While windows
//! of maintenance stand, what counts of an outage only grows, so the first instant at which a
//! criterion holds is found by halving, whatever its condition looks like.

use std::fmt;
use std::str::FromStr;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use vakt_event::Timestamp;

use super::condition::Outcome;
use super::outages::{Reading, Span, counted, week_of, worst_week};
use super::quantity::Quantity;
use super::{Answer, Answers, Criteria, Criterion, Value};

/// How far ahead is looked, in microseconds: beyond the longest limit (an hour), the rest of a
/// calendar week and the longest window of maintenance.
const AHEAD_MICROS: i64 = 40 * 24 * 60 * 60 * 1_000_000;

/// What a service lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It is completely unavailable.
    Complete,
    /// It is considerably slower than it should be, or functions are missing.
    Limited,
    /// Its mean response time is more than ten seconds, which is a limit, too.
    Slow,
}

/// A service that is away, or was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Away<'a> {
    pub kind: Kind,
    pub span: Span,
    /// When it was completely unavailable, this time and others, for sums over a week.
    pub complete: &'a [Span],
    pub planned: &'a [Span],
    /// The service's users in the Union; the possible maximum of those concerned.
    pub users: Option<Quantity>,
    /// In which calendar weeks begin.
    pub zone: &'a TimeZone,
    /// What people and the configuration said. Durations are measured all the same.
    pub answers: &'a Answers,
    /// Where the figures come from: `outage of portal since …`.
    pub source: &'a str,
}

/// The instant at which a criterion is met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Timer {
    pub criterion: String,
    pub entity_type: String,
    /// The first instant at which it is.
    pub at: Timestamp,
    /// The same where only what a window of maintenance does not cover counts; `None` where that
    /// does not suffice.
    pub at_by_overrun: Option<Timestamp>,
    /// `Open` where time alone does not decide it.
    pub outcome: Outcome,
    /// What else it depends on then.
    pub missing: Vec<String>,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Complete, Self::Limited, Self::Slow];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Limited => "limited",
            Self::Slow => "slow",
        }
    }

    /// The inputs that such an outage answers.
    pub fn inputs(self) -> &'static [&'static str] {
        match self {
            Self::Complete => &[
                "unavailable_for",
                "unavailable_in_week",
                "users_unavailable",
            ],
            Self::Limited => &["limited_for", "users_limited"],
            Self::Slow => &["slow_for", "limited_for", "users_limited"],
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text is no kind of outage.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("an outage is one of complete, limited, slow")]
pub struct UnknownKind;

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.iter().find(|kind| kind.as_str() == text);
        known.copied().ok_or(UnknownKind)
    }
}

/// When the criteria of these types that an outage can meet are met, as of `now`. One that the outage
/// meets neither now nor later is left out, and so is one that was met before it began.
pub fn timers<S: AsRef<str>>(
    criteria: &Criteria,
    entity_types: &[S],
    away: &Away<'_>,
    now: Timestamp,
) -> Vec<Timer> {
    let until = match away.span.until {
        Some(until) => until,
        None => now.max(away.span.from).saturating_add_micros(AHEAD_MICROS),
    };
    let types = entity_types.iter();
    let types = types.filter_map(|id| criteria.entity_type(id.as_ref()));
    let all = types.flat_map(|it| {
        it.criteria
            .iter()
            .map(|criterion| (it.id.as_str(), criterion))
    });
    all.filter(|(_, criterion)| is_met_by(criterion, away.kind))
        .filter_map(|(entity_type, criterion)| {
            let names = criterion.when.input_names();
            let found = |at: Timestamp, reading| {
                criterion
                    .when
                    .evaluate(&known_at(away, at, reading, &names))
            };
            let first = |reading| {
                let holds = |at| found(at, reading).outcome != Outcome::NotMet;
                first_instant(away.span.from, until, holds)
            };
            let at = first(Reading::Whole)?;
            let then = found(at, Reading::Whole);
            Some(Timer {
                criterion: criterion.id.clone(),
                entity_type: entity_type.to_owned(),
                at,
                at_by_overrun: first(Reading::Overrun),
                outcome: then.outcome,
                missing: then.missing,
            })
        })
        .collect()
}

fn is_met_by(criterion: &Criterion, kind: Kind) -> bool {
    let inputs = criterion.when.inputs();
    inputs.iter().any(|(name, _)| kind.inputs().contains(name))
}

/// What is known at an instant: durations as they are then, and whom it concerns. The sum over a week,
/// which takes a look at every outage, is there where `wanted` names it.
pub fn known_at(away: &Away<'_>, at: Timestamp, reading: Reading, wanted: &[&str]) -> Answers {
    let mut answers = away.answers.clone();
    let lasting = counted(away.span, away.planned, at).read(reading);
    let mut measured = |input: &str, quantity: Quantity| {
        answers.set(input, answer(quantity, away.source, at));
    };
    for input in [
        "unavailable_for",
        "unavailable_in_week",
        "limited_for",
        "slow_for",
    ] {
        measured(input, Quantity::ZERO);
    }
    for input in away.kind.inputs() {
        match *input {
            "unavailable_in_week" if !wanted.contains(input) => {}
            "unavailable_in_week" => measured(input, this_week(away, at, reading)),
            "users_unavailable" | "users_limited" => {}
            _ => measured(input, lasting),
        }
    }
    for input in ["users_unavailable", "users_limited"] {
        let is_theirs = away.kind.inputs().contains(&input);
        if !is_theirs || lasting == Quantity::ZERO {
            answers.set(input, answer(Quantity::ZERO, away.source, at));
        } else if let (None, Some(users)) = (away.answers.get(input), away.users) {
            answers.set(input, answer(users, POSSIBLE_MAXIMUM, at));
        }
    }
    answers
}

/// Regulation (EU) 2024/2690, recital 32: where the number is not known, the possible maximum.
pub const POSSIBLE_MAXIMUM: &str =
    "estimate: the possible maximum, all users of the service map (recital 32)";

fn answer(quantity: Quantity, source: &str, at: Timestamp) -> Answer {
    Answer {
        value: Value::Quantity(quantity),
        by: "vakt".to_owned(),
        source: source.to_owned(),
        at: Some(at),
    }
}

/// The most outage of one of the calendar weeks that this outage lies in.
fn this_week(away: &Away<'_>, at: Timestamp, reading: Reading) -> Quantity {
    let Some((monday, _)) = week_of(away.span.from, away.zone) else {
        return Quantity::ZERO;
    };
    let within = away.complete.iter().filter_map(|span| {
        let from = span.from.max(monday);
        let is_in = span.from <= at && span.until.is_none_or(|until| until > from);
        is_in.then_some(Span { from, ..*span })
    });
    let within: Vec<Span> = within.collect();
    worst_week(&within, away.planned, at, away.zone, reading)
}

/// The first instant after `from`, and at `until` the latest, at which something holds that does not
/// cease to hold. `None` where it held at `from` already, or never does.
fn first_instant(
    from: Timestamp,
    until: Timestamp,
    holds: impl Fn(Timestamp) -> bool,
) -> Option<Timestamp> {
    if holds(from) || !holds(until) {
        return None;
    }
    let (mut before, mut after) = (from, until);
    while after.micros_since(before) > 1 {
        let middle = before.saturating_add_micros(after.micros_since(before) / 2);
        match holds(middle) {
            true => after = middle,
            false => before = middle,
        }
    }
    Some(after)
}
