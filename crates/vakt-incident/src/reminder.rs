//! When somebody is to be reminded of a clock, or told that nobody assesses: pure functions of the
//! clocks, what was told before, and now.
//!
//! A clock is told of once at each share of its time, and once when it is over. What was told is kept with
//! the deadline that it was told of: a deadline that moves is told of anew. After a time in which nobody
//! could be told, only the newest of what fell due is.

use std::collections::BTreeMap;

use vakt_event::Timestamp;
use vakt_event::time::MICROS_PER_SECOND;

use crate::clock::{Clock, ClockState};
use crate::target::{Target, TargetState};

/// The step that stands for a clock that is over.
pub const OVER: u32 = 100;

/// Times that an escalation is repeated at the most: beyond that it is noise.
pub const ESCALATIONS_MAX: u32 = 24;

/// When reminders are due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Percent of a clock's time that have passed, from 1 to 99, ascending.
    pub shares: Vec<u32>,
    /// From one escalation to the next, in microseconds; more than none.
    pub escalation_every_micros: i64,
    /// How often it is told that nobody assesses.
    pub escalation_times: u32,
    /// How long before a criterion of significance is met it is warned of, in microseconds.
    pub criterion_lead_micros: i64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            shares: vec![50, 80, 95],
            escalation_every_micros: 60 * 60 * MICROS_PER_SECOND,
            escalation_times: 4,
            criterion_lead_micros: 10 * 60 * MICROS_PER_SECOND,
        }
    }
}

/// How far something was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Percent of a clock, or the number of an escalation.
    pub step: u32,
    /// The deadline that it was told of.
    pub due: Timestamp,
}

/// What was told of an incident, by its subjects' names.
pub type Told = BTreeMap<String, Mark>;

/// Something to tell now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reminder {
    /// The name under which `mark` is kept.
    pub subject: String,
    pub mark: Mark,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The clock at this index; its share is the mark's step.
    Clock(usize),
    /// Nobody assesses; the mark's step is how often that was told with this one.
    Escalation,
    /// The authority has not answered the early warning: it is to be asked why.
    Unanswered,
}

/// What is due now, and when something is next, if nothing is recorded until then.
pub fn due(
    clocks: &[Clock],
    targets: &[Target],
    policy: &Policy,
    told: &Told,
    now: Timestamp,
) -> (Vec<Reminder>, Option<Timestamp>) {
    let (mut reminders, mut next) = (Vec::new(), None);
    let mut wait = |at: Option<Timestamp>| {
        if let Some(at) = at.filter(|at| *at > now) {
            next = Some(next.map_or(at, |next: Timestamp| next.min(at)));
        }
    };
    for (index, clock) in clocks.iter().enumerate() {
        let (Some(start), Some(due), true) = (clock.start, clock.due, clock.is_open()) else {
            continue;
        };
        let share_at = |share: u32| at_share(start, due, share);
        for share in &policy.shares {
            wait(Some(share_at(*share)));
        }
        // The clock's own state says whether it is over: a calendar period ends before its end.
        wait(Some(due.saturating_add_micros(1)));
        wait(Some(due));
        let is_over = matches!(
            clock.state,
            ClockState::Overdue | ClockState::ElapsedUnassessed
        );
        let passed = policy.shares.iter().rev().find(|it| share_at(**it) <= now);
        let step = if is_over { Some(OVER) } else { passed.copied() };
        let subject = subject(clock);
        let before = told.get(&subject).filter(|mark| mark.due == due);
        if let Some(step) = step.filter(|step| before.is_none_or(|mark| mark.step < *step)) {
            reminders.push(Reminder {
                subject,
                mark: Mark { step, due },
                what: What::Clock(index),
            });
        }
    }
    let escalation = targets.iter().find(|it| it.target == "assessment");
    if let Some(target) = escalation.filter(|it| it.state != TargetState::Met) {
        let (step, after) = escalation_step(target.due, policy, now);
        wait(after);
        let before = told.get(ESCALATION).filter(|mark| mark.due == target.due);
        if step > before.map_or(0, |mark| mark.step) {
            reminders.push(Reminder {
                subject: ESCALATION.to_owned(),
                mark: Mark {
                    step,
                    due: target.due,
                },
                what: What::Escalation,
            });
        }
    }
    let answer = targets.iter().find(|it| it.target == UNANSWERED);
    if let Some(target) = answer.filter(|it| it.state != TargetState::Met) {
        wait(Some(target.due.saturating_add_micros(1)));
        let is_told = told
            .get(UNANSWERED)
            .is_some_and(|mark| mark.due == target.due);
        if target.state == TargetState::Passed && !is_told {
            reminders.push(Reminder {
                subject: UNANSWERED.to_owned(),
                mark: Mark {
                    step: OVER,
                    due: target.due,
                },
                what: What::Unanswered,
            });
        }
    }
    (reminders, next)
}

/// The instant at which `share` percent of the time from `start` to `due` have passed.
pub fn at_share(start: Timestamp, due: Timestamp, share: u32) -> Timestamp {
    let whole = i128::from(due.micros_since(start).max(0));
    let part = whole * i128::from(share) / i128::from(OVER);
    start.saturating_add_micros(i64::try_from(part).unwrap_or(i64::MAX))
}

const ESCALATION: &str = "assessment";

/// The target that asks for the authority's answer.
pub(crate) const UNANSWERED: &str = "authority_answer";

/// The name of a clock among those of its incident.
fn subject(clock: &Clock) -> String {
    format!("{} {} {}", clock.party, clock.regime, clock.stage)
}

/// Which escalation is due, none being 0, and when the next one is.
fn escalation_step(due: Timestamp, policy: &Policy, now: Timestamp) -> (u32, Option<Timestamp>) {
    let passed = now.micros_since(due);
    if passed <= 0 {
        return (0, Some(due.saturating_add_micros(1)));
    }
    let every = policy.escalation_every_micros.max(MICROS_PER_SECOND);
    let times = policy.escalation_times.min(ESCALATIONS_MAX);
    let step = u32::try_from(passed / every)
        .unwrap_or(u32::MAX)
        .saturating_add(1);
    if step >= times {
        return (times, None);
    }
    let next = due.saturating_add_micros(every.saturating_mul(i64::from(step)));
    (step, Some(next))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60 * MICROS_PER_SECOND;

    fn at(minutes: i64) -> Timestamp {
        let start: Timestamp = "2026-11-23T20:00:00Z".parse().unwrap();
        start.saturating_add_micros(minutes * MINUTE)
    }

    fn clock(state: ClockState, due: i64) -> Clock {
        Clock {
            regime: "nis2-se".to_owned(),
            stage: "early_warning".to_owned(),
            party: "own".to_owned(),
            state,
            start: Some(at(0)),
            due: Some(at(due)),
            nominal_date: None,
            statutory_latest_date: None,
            statutory_latest: None,
            met_at: None,
            unconfirmed: false,
            late_reason: None,
            regimes_version: None,
            note: None,
        }
    }

    fn target(state: TargetState) -> Target {
        Target {
            target: "assessment",
            state,
            start: at(0),
            due: at(240),
            met_at: None,
        }
    }

    /// Looks at each of these minutes and tells what is due; gives the minutes and steps that were told.
    fn told(
        clocks: &dyn Fn(i64) -> Vec<Clock>,
        targets: &[Target],
        looks: &[i64],
    ) -> Vec<(i64, u32)> {
        let (policy, mut memory, mut found) = (Policy::default(), Told::new(), Vec::new());
        for minute in looks {
            let (reminders, _) = due(&clocks(*minute), targets, &policy, &memory, at(*minute));
            for reminder in reminders {
                found.push((*minute, reminder.mark.step));
                memory.insert(reminder.subject, reminder.mark);
            }
        }
        found
    }

    #[test]
    fn each_share_is_told_once_and_after_a_pause_only_the_newest() {
        let running = |minute: i64| {
            let state = if minute > 1_000 {
                ClockState::Overdue
            } else {
                ClockState::Running
            };
            vec![clock(state, 1_000)]
        };
        let check = |looks: &[i64], expected: &[(i64, u32)]| {
            assert_eq!(told(&running, &[], looks), expected, "{looks:?}");
        };
        check(&[0, 499], &[]);
        check(&[499, 500, 501, 799], &[(500, 50)]);
        check(
            &[500, 800, 950, 999, 1_000],
            &[(500, 50), (800, 80), (950, 95)],
        );
        check(
            &[500, 960, 1_000, 1_001, 9_999],
            &[(500, 50), (960, 95), (1_001, OVER)],
        );
        check(&[5_000, 6_000], &[(5_000, OVER)]);
    }

    #[test]
    fn a_deadline_that_moved_is_told_anew_and_what_is_met_never() {
        let moved = |minute: i64| {
            vec![clock(
                ClockState::Running,
                if minute < 600 { 1_000 } else { 2_000 },
            )]
        };
        assert_eq!(
            told(&moved, &[], &[500, 550, 600, 1_100, 1_700]),
            [(500, 50), (1_100, 50), (1_700, 80)]
        );
        for state in [
            ClockState::Met,
            ClockState::MetLate,
            ClockState::Projected,
            ClockState::Superseded,
            ClockState::Cancelled,
            ClockState::NotApplicable,
        ] {
            assert_eq!(told(&|_| vec![clock(state, 100)], &[], &[99, 500]), []);
        }
    }

    #[test]
    fn that_nobody_assesses_is_told_again_up_to_a_bound() {
        let check = |state: TargetState, looks: &[i64], expected: &[(i64, u32)]| {
            assert_eq!(told(&|_| Vec::new(), &[target(state)], looks), expected);
        };
        let every_minute: Vec<i64> = (0..1_000).collect();
        check(
            TargetState::Passed,
            &every_minute,
            &[(241, 1), (300, 2), (360, 3), (420, 4)],
        );
        check(
            TargetState::Passed,
            &[400, 401, 3_000],
            &[(400, 3), (3_000, 4)],
        );
        check(TargetState::Met, &every_minute, &[]);
    }

    #[test]
    fn the_next_look_is_never_after_something_falls_due() {
        let clocks = [clock(ClockState::Running, 1_000)];
        let check = |now: i64, expected: Option<i64>| {
            let (_, next) = due(&clocks, &[], &Policy::default(), &Told::new(), at(now));
            assert_eq!(next, expected.map(at), "{now}");
        };
        check(0, Some(500));
        check(500, Some(800));
        check(999, Some(1_000));
        check(1_001, None);
    }
}
