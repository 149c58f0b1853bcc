//! Which notices go to which output, and which of them at once: pure.
//!
//! Two rules keep a flood from becoming a flood of mail. **Alerts**: one goes at once, and those that come
//! within [`Route::group_micros`] after it wait for the end of that time and go as one. **Everything**: of
//! what an output takes, [`Route::rate`] go within [`RATE_WINDOW_MICROS`]; what is more waits until there
//! is room again and goes as one. What goes as one carries how many of each kind it stands for.
//!
//! **What is urgent** ([`Routed::is_urgent`]) waits for neither: it has [`URGENT_RATE`] places of its own
//! within [`RATE_WINDOW_MICROS`]. Beyond them it goes as everything does.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use vakt_event::time::MICROS_PER_SECOND;
use vakt_event::{Level, Timestamp};

use crate::suggest::nearest;

/// The time for which [`Route::rate`] is counted: ten minutes, the longest that a deadline waits in a
/// flood.
pub const RATE_WINDOW_MICROS: i64 = 10 * 60 * MICROS_PER_SECOND;

/// Urgent notices that go at once to one output within [`RATE_WINDOW_MICROS`]: one in half a minute, more than
/// one person can act on. A digest names as many.
pub const URGENT_RATE: usize = 20;

macro_rules! kinds {
    ($($variant:ident = $name:literal, $doc:literal;)*) => {
        /// What a notice is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum NoticeKind { $(#[doc = $doc] $variant,)* }

        impl NoticeKind {
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

// In the order of their urgency: a digest shows the first of them first.
kinds! {
    Overdue = "overdue", "A clock is over and its report was not submitted, or its draft not assessed.";
    CriterionMet = "criterion_met", "A criterion of significance was met: awareness is a person's to declare.";
    CriterionNear = "criterion_near", "A criterion of significance is about to be met, or waits for an answer alone.";
    Reminder = "reminder", "A share of a clock's time has passed.";
    Awareness = "awareness", "Awareness was declared: official clocks run.";
    Draft = "draft", "A new draft incident.";
    Report = "report", "Somebody reported something: staff, a supplier, a customer.";
    Escalation = "escalation", "Nobody assesses a draft within the internal target.";
    Unanswered = "unanswered", "The authority has not answered the early warning within the internal target.";
    Task = "task", "The due time of a task has passed.";
    Journal = "journal", "The journal cannot be written: nothing is taken in.";
    Disk = "disk", "The disk's reserve was reached and nothing is taken in, or it is again.";
    Source = "source", "An expected source is silent, or speaks again.";
    Review = "review", "The look for recurring incidents of a quarter was not signed in time.";
    Resolved = "resolved", "An incident is no longer open.";
    Alert = "alert", "A new alert that opened no draft.";
    Test = "test", "Somebody tests the output.";
}

impl fmt::Display for NoticeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for NoticeKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.iter().find(|kind| kind.as_str() == text);
        known.copied().ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|kind| kind.as_str()).collect();
            let help = match nearest(text, &names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("a kind is one of {}", names.join(", ")),
            };
            UnknownKind {
                name: text.to_owned(),
                help,
            }
        })
    }
}

/// The text names no kind of notice.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no kind of notice `{name}`; {help}")]
pub struct UnknownKind {
    pub name: String,
    pub help: String,
}

/// What one output takes, and how much of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub output: String,
    /// Empty is all of them.
    pub kinds: Vec<NoticeKind>,
    pub alerts_from: Level,
    pub drafts_from: Level,
    /// Only of these streams; with it nothing that concerns the installation as a whole. Empty is
    /// everything.
    pub streams: Vec<String>,
    /// Only for these parties; as `streams`.
    pub parties: Vec<String>,
    /// How long alerts wait for others after one that went.
    pub group_micros: i64,
    /// Notices within [`RATE_WINDOW_MICROS`], at least 1.
    pub rate: usize,
    /// The receiver knows states: it is told of what goes on again and again, and of its end.
    pub is_stateful: bool,
}

impl Route {
    /// A route that takes everything, alerts from high on.
    pub fn all(output: &str) -> Self {
        Self {
            output: output.to_owned(),
            kinds: Vec::new(),
            alerts_from: Level::High,
            drafts_from: Level::Informational,
            streams: Vec::new(),
            parties: Vec::new(),
            group_micros: 60 * MICROS_PER_SECOND,
            rate: 60,
            is_stateful: false,
        }
    }

    pub fn takes(&self, notice: &Routed) -> bool {
        let within = |only: &[String], value: &Option<String>| {
            only.is_empty() || value.as_ref().is_some_and(|value| only.contains(value))
        };
        let least = match notice.kind {
            NoticeKind::Alert => Some(self.alerts_from),
            NoticeKind::Draft => Some(self.drafts_from),
            _ => None,
        };
        (self.kinds.is_empty() || self.kinds.contains(&notice.kind))
            && within(&self.streams, &notice.stream)
            && within(&self.parties, &notice.party)
            && least.is_none_or(|least| notice.level.is_none_or(|level| level >= least))
    }
}

/// What a route goes by.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Routed {
    pub kind: NoticeKind,
    #[serde(default)]
    pub level: Option<Level>,
    #[serde(default)]
    pub stream: Option<String>,
    #[serde(default)]
    pub party: Option<String>,
}

impl Routed {
    /// Whether it waits for no other: critical drafts and alerts, and clocks that are over.
    pub fn is_urgent(&self) -> bool {
        match self.kind {
            NoticeKind::Overdue => true,
            NoticeKind::Draft | NoticeKind::Alert => self.level == Some(Level::Critical),
            _ => false,
        }
    }

    /// What is named first where not all can be: by level, then by kind. A notice of the installation as a
    /// whole has no level and counts as high, a clock that is over as critical.
    pub fn urgency(&self) -> impl Ord + use<> {
        let of_kind = match self.kind {
            NoticeKind::Overdue => Level::Critical,
            _ => Level::High,
        };
        let level = self.level.unwrap_or(of_kind);
        (self.is_urgent(), level, Reverse(self.kind))
    }

    /// Who has a place first at an output that knows states: alerts make room for all others, then the level
    /// decides.
    pub fn rank(&self) -> i64 {
        let level = self.level.unwrap_or(Level::High);
        let below = Level::ALL.iter().filter(|it| **it < level).count();
        let of_level = i64::try_from(below).unwrap_or(0);
        match self.kind {
            NoticeKind::Alert => of_level,
            _ => RANK_ABOVE_ALERTS + of_level,
        }
    }
}

/// More than any level adds.
const RANK_ABOVE_ALERTS: i64 = 10;

/// What went to an output lately.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    /// When the notices of the last [`RATE_WINDOW_MICROS`] went or go, oldest first; bounded by the rate.
    pub recent: VecDeque<Timestamp>,
    /// The same of those that took an urgent place; bounded by [`URGENT_RATE`].
    pub urgent: VecDeque<Timestamp>,
    pub last_alert: Option<Timestamp>,
    /// The notice that waits for others.
    pub open: Option<i64>,
}

/// What becomes of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    Now,
    /// It waits until then, and others are folded into it.
    Hold(Timestamp),
    /// It is told with the one that waits.
    Fold(i64),
}

impl Flow {
    /// Decides about `notice`, and remembers it.
    pub fn plan(&mut self, route: &Route, notice: i64, about: &Routed, now: Timestamp) -> Plan {
        let kind = about.kind;
        let oldest = now.saturating_add_micros(-RATE_WINDOW_MICROS);
        for went in [&mut self.recent, &mut self.urgent] {
            while went.front().is_some_and(|at| *at <= oldest) {
                went.pop_front();
            }
        }
        if about.is_urgent() && self.urgent.len() < URGENT_RATE {
            self.urgent.push_back(now);
            if kind == NoticeKind::Alert {
                self.last_alert = self.last_alert.max(Some(now));
            }
            return Plan::Now;
        }
        let room = match self.recent.len() >= route.rate {
            false => None,
            true => self.recent.front().copied(),
        };
        let room = room.map(|oldest| oldest.saturating_add_micros(RATE_WINDOW_MICROS));
        let quiet = self
            .last_alert
            .filter(|_| kind == NoticeKind::Alert)
            .map(|last| last.saturating_add_micros(route.group_micros))
            .filter(|until| *until > now);
        let until = room.into_iter().chain(quiet).max();
        let plan = match (until, self.open) {
            (None, _) => Plan::Now,
            (Some(_), Some(open)) => Plan::Fold(open),
            (Some(until), None) => {
                self.open = Some(notice);
                Plan::Hold(until)
            }
        };
        let goes = match plan {
            Plan::Now => now,
            Plan::Hold(until) => until,
            Plan::Fold(_) => return plan,
        };
        self.recent.push_back(goes);
        if kind == NoticeKind::Alert {
            self.last_alert = Some(goes);
        }
        plan
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        let start: Timestamp = "2026-11-23T20:00:00Z".parse().unwrap();
        start.saturating_add_micros(seconds * MICROS_PER_SECOND)
    }

    fn of(kind: NoticeKind, level: Level) -> Routed {
        Routed {
            kind,
            level: Some(level),
            stream: None,
            party: None,
        }
    }

    fn high(kind: NoticeKind) -> Routed {
        of(kind, Level::High)
    }

    /// A critical draft waited ten minutes in a digest of reminders, and a critical alert for the end of a
    /// group of lesser ones.
    #[test]
    fn what_is_urgent_waits_for_no_rate_and_no_group() {
        use NoticeKind::{Alert, Draft, Overdue, Reminder};
        let route = Route {
            rate: 2,
            ..Route::all("mail")
        };
        let mut flow = Flow::default();
        let mut plan =
            |id: i64, about: Routed, seconds: i64| flow.plan(&route, id, &about, at(seconds));
        let critical = |kind| of(kind, Level::Critical);
        assert_eq!(plan(1, high(Alert), 0), Plan::Now);
        assert_eq!(plan(2, critical(Alert), 1), Plan::Now);
        assert_eq!(plan(3, critical(Reminder), 2), Plan::Now);
        assert_eq!(plan(4, critical(Reminder), 3), Plan::Hold(at(600)));
        assert_eq!(plan(5, critical(Draft), 4), Plan::Now);
        assert_eq!(plan(6, of(Overdue, Level::Low), 5), Plan::Now);
        for id in 7..24 {
            assert_eq!(plan(id, critical(Draft), 6), Plan::Now, "{id}");
        }
        assert_eq!(
            plan(24, critical(Draft), 7),
            Plan::Fold(4),
            "twenty, not more"
        );
        assert_eq!(
            plan(25, critical(Draft), 602),
            Plan::Now,
            "there is room again"
        );
    }

    #[test]
    fn the_first_alert_goes_at_once_and_the_flood_after_it_as_one() {
        let (route, mut flow) = (Route::all("mail"), Flow::default());
        let mut plan =
            |id: i64, kind, seconds: i64| flow.plan(&route, id, &high(kind), at(seconds));
        use NoticeKind::{Alert, Draft};
        assert_eq!(plan(1, Alert, 0), Plan::Now);
        assert_eq!(plan(2, Alert, 1), Plan::Hold(at(60)));
        assert_eq!(plan(3, Alert, 2), Plan::Fold(2));
        assert_eq!(plan(4, Draft, 2), Plan::Now, "a draft waits for no alert");
        assert_eq!(plan(5, Alert, 59), Plan::Fold(2));
    }

    #[test]
    fn beyond_the_rate_everything_goes_as_one_when_there_is_room() {
        let route = Route {
            rate: 3,
            ..Route::all("mail")
        };
        let mut flow = Flow::default();
        let mut plan =
            |id: i64, seconds: i64| flow.plan(&route, id, &high(NoticeKind::Draft), at(seconds));
        let plans: Vec<Plan> = (1..=3).map(|id| plan(id, id)).collect();
        assert_eq!(plans, [Plan::Now; 3]);
        assert_eq!(plan(4, 5), Plan::Hold(at(601)));
        assert_eq!(plan(5, 6), Plan::Fold(4));
    }

    #[test]
    fn what_a_route_takes() {
        let check = |change: fn(&mut Route), expected: &[bool]| {
            let mut route = Route::all("mail");
            change(&mut route);
            let notices = [
                r#"{"kind":"draft","level":"medium","stream":"a","party":"own"}"#,
                r#"{"kind":"alert","level":"medium","stream":"a","party":"own"}"#,
                r#"{"kind":"alert","level":"critical","stream":"b","party":"own"}"#,
                r#"{"kind":"reminder","stream":"a","party":"acme"}"#,
                r#"{"kind":"disk"}"#,
            ];
            let taken: Vec<bool> = notices
                .map(|text| route.takes(&serde_json::from_str(text).unwrap()))
                .into();
            assert_eq!(taken, expected);
        };
        check(|_| (), &[true, false, true, true, true]);
        check(|it| it.alerts_from = Level::Low, &[true; 5]);
        check(
            |it| it.drafts_from = Level::High,
            &[false, false, true, true, true],
        );
        check(
            |it| it.streams = vec!["a".into()],
            &[true, false, false, true, false],
        );
        check(
            |it| it.parties = vec!["acme".into()],
            &[false, false, false, true, false],
        );
        check(
            |it| it.kinds = vec![NoticeKind::Disk],
            &[false, false, false, false, true],
        );
    }
}
