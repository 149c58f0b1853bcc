//! Figures of a period: how soon incidents were seen, known and reported, and what rules were worth.
//!
//! [`Figures::of`] is pure. Every figure says of how many it is and names the incidents; what is not
//! known is counted beside it and in no average. Drills are counted apart from what was real.

mod case;
mod period;
mod realm;
mod role;
mod sheet;
mod spread;

use serde::Serialize;
use vakt_event::Timestamp;

pub use case::{AlertCounts, Case, Class};
pub use period::{Period, PeriodError, Unit};
pub use realm::{
    AlertFigures, IncidentFigures, LevelFigures, Named, Realm, ReportFigures, RuleFigures, Times,
};
pub use role::Role;
pub use sheet::sheet;
pub use spread::{Spread, TRACED_MAX, Traced};

/// What figures are computed from, for one period and the one before.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Every incident that one of the periods may concern.
    pub cases: Vec<Case>,
    pub alerts: Vec<AlertCounts>,
    pub alerts_before: Vec<AlertCounts>,
    /// Older alerts were removed to make room, some of the period among them.
    pub alerts_incomplete: bool,
}

/// Figures of a period and of the one before.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    pub period: Shown,
    pub before: Option<Shown>,
    pub computed_at: Timestamp,
    pub real: Realm,
    /// The same of the period before; `None` where there is none.
    pub real_before: Option<Realm>,
    pub drills: Realm,
}

/// A period, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shown {
    pub name: String,
    pub from: Timestamp,
    /// Exclusive.
    pub until: Timestamp,
    pub time_zone: String,
    /// Whether it is over: its figures may still change with what is recorded about it.
    pub is_over: bool,
}

impl Figures {
    /// The figures of `period`, as of `now`, by what is recorded now.
    pub fn of(
        facts: &Facts,
        period: &Period,
        before: Option<&Period>,
        time_zone: &str,
        now: Timestamp,
    ) -> Self {
        let shown = |period: &Period| Shown {
            name: period.name.clone(),
            from: period.from,
            until: period.until,
            time_zone: time_zone.to_owned(),
            is_over: period.until <= now,
        };
        let realm = |drill: bool, period: &Period, alerts: &[AlertCounts]| {
            let mut realm = Realm::of(&facts.cases, alerts, drill, period);
            realm.alerts.incomplete = facts.alerts_incomplete;
            realm
        };
        Self {
            period: shown(period),
            before: before.map(shown),
            computed_at: now,
            real: realm(false, period, &facts.alerts),
            real_before: before.map(|before| realm(false, before, &facts.alerts_before)),
            drills: realm(true, period, &facts.alerts),
        }
    }
}
