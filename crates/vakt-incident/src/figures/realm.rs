//! The figures of one period, of what was real or of drills.

use std::collections::BTreeMap;

use serde::Serialize;
use vakt_event::Level;

use super::spread::{Gathered, Spread, Traced, median, rank};
use super::{AlertCounts, Case, Class, Period};
use crate::clock::{Clock, ClockState};
use crate::lifecycle::IncidentState;

/// Rules that figures name, those with the most dismissed drafts first.
const RULES_MAX: usize = 200;

/// Figures of a period. An incident belongs to the period in which it was detected, a report to the
/// one in which it was due.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Realm {
    pub incidents: IncidentFigures,
    pub times: Times,
    /// All reports that were due, and then each kind of them.
    pub reports: ReportFigures,
    pub by_report: Vec<ReportFigures>,
    pub alerts: AlertFigures,
    /// Those with the most dismissed drafts first, then those with the most alerts; bounded.
    pub rules: Vec<RuleFigures>,
    /// Rules beyond the bound.
    pub rules_not_named: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct IncidentFigures {
    pub detected: Traced,
    /// Those of them with a clock that may still run.
    pub still_open: Traced,
    pub by_class: Vec<Named>,
    pub by_state: Vec<Named>,
    pub by_origin: Vec<Named>,
    pub by_level: Vec<Named>,
    pub by_stream: Vec<Named>,
}

/// One part of a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Named {
    pub name: String,
    #[serde(flatten)]
    pub of: Traced,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Times {
    /// From the beginning to detection, of the incidents that were detected in the period.
    pub to_detect: Spread,
    /// Of how many the events were back-filled: those are in no figure of detection.
    pub back_filled: u64,
    /// From detection to awareness, of those of which awareness was in the period.
    pub to_awareness: Spread,
}

/// Reports that were due in the period.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ReportFigures {
    /// `None` where it is of all.
    pub regime: Option<String>,
    pub stage: Option<String>,
    pub due: Traced,
    pub on_time: Traced,
    pub late: Traced,
    /// Not submitted, and the time has passed.
    pub overdue: Traced,
    /// Not submitted, and there is time left.
    pub running: Traced,
    /// On time, of those whose time has passed or that were submitted; from 0 to 1.
    pub on_time_share: Option<f64>,
    /// From the start of the clock to the submission, of those that were submitted.
    pub to_submit: Spread,
    /// Which part of the time they took: 1 is all of it.
    pub median_time_used: Option<f64>,
    pub p90_time_used: Option<f64>,
}

/// Alerts whose first match was in the period.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AlertFigures {
    pub alerts: u64,
    pub matches: u64,
    pub suppressed: u64,
    pub in_maintenance: u64,
    pub by_level: Vec<LevelFigures>,
    /// Alerts of the period were removed, because there were more than are kept.
    pub incomplete: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LevelFigures {
    pub level: Level,
    pub alerts: u64,
    pub matches: u64,
    pub suppressed: u64,
    pub in_maintenance: u64,
}

/// What a rule was worth in the period.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RuleFigures {
    #[serde(rename = "rule.id")]
    pub rule_id: String,
    /// `None` where no alert of the period tells it.
    #[serde(rename = "rule.name")]
    pub rule_name: Option<String>,
    pub alerts: u64,
    pub matches: u64,
    /// Closed by a person without an incident.
    pub closed: u64,
    pub suppressed: u64,
    /// Incidents that it opened or joined, those that are part of another one apart.
    pub drafts: Traced,
    /// Those of them that somebody has judged.
    pub decided: u64,
    /// Those that were dismissed: false positives, tests, duplicates, what was authorised.
    pub dismissed: Traced,
    /// Dismissed of decided, from 0 to 1; `None` where none is decided.
    pub dismissed_share: Option<f64>,
}

impl Realm {
    pub(super) fn of(cases: &[Case], alerts: &[AlertCounts], drill: bool, period: &Period) -> Self {
        let cases: Vec<&Case> = cases.iter().filter(|case| case.drill == drill).collect();
        let alerts: Vec<&AlertCounts> = alerts.iter().filter(|it| it.drill == drill).collect();
        let detected: Vec<&Case> = cases
            .iter()
            .copied()
            .filter(|case| period.contains(case.detected_at))
            .collect();
        let (reports, by_report) = reports(&cases, period);
        let (rules, rules_not_named) = rules(&detected, &alerts);
        Self {
            incidents: incidents(&detected),
            times: times(&cases, &detected, period),
            reports,
            by_report,
            alerts: alert_figures(&alerts),
            rules,
            rules_not_named,
        }
    }
}

fn incidents(detected: &[&Case]) -> IncidentFigures {
    let open = |case: &&Case| case.state.is_open();
    IncidentFigures {
        detected: traced(detected.iter().copied()),
        still_open: traced(detected.iter().copied().filter(open)),
        by_class: parts(detected, Class::ALL.map(Class::as_str), |case| {
            Class::of(case.state).as_str().to_owned()
        }),
        by_state: parts(
            detected,
            IncidentState::ALL.iter().map(|state| state.as_str()),
            |case| case.state.as_str().to_owned(),
        ),
        by_origin: parts(detected, [], |case| case.origin.as_str().to_owned()),
        by_level: parts(
            detected,
            Level::ALL.iter().rev().map(|level| level.as_str()),
            |case| {
                let level = case.level.map(Level::as_str);
                level.unwrap_or("none").to_owned()
            },
        ),
        by_stream: parts(detected, [], |case| case.stream.clone()),
    }
}

fn traced<'c>(cases: impl IntoIterator<Item = &'c Case>) -> Traced {
    let mut traced = Traced::default();
    for case in cases {
        traced.add(case);
    }
    traced
}

/// Counts by name: first those of `order`, in it, then others by name. Names that are nobody's are
/// left out.
fn parts<'n>(
    cases: &[&Case],
    order: impl IntoIterator<Item = &'n str>,
    name: impl Fn(&Case) -> String,
) -> Vec<Named> {
    let mut counted: BTreeMap<String, Traced> = BTreeMap::new();
    for case in cases {
        counted.entry(name(case)).or_default().add(case);
    }
    let mut parts = Vec::new();
    for name in order {
        if let Some(of) = counted.remove(name) {
            let name = name.to_owned();
            parts.push(Named { name, of });
        }
    }
    parts.extend(counted.into_iter().map(|(name, of)| Named { name, of }));
    parts
}

fn times(cases: &[&Case], detected: &[&Case], period: &Period) -> Times {
    let counts = |case: &&&Case| case.state != IncidentState::Merged;
    let (mut to_detect, mut back_filled) = (Gathered::default(), 0_u64);
    for case in detected.iter().filter(counts) {
        if case.historic {
            back_filled += 1;
            continue;
        }
        let began = case.began_at;
        to_detect.add(case, began.map(|it| case.detected_at.micros_since(it)));
    }
    let mut to_awareness = Gathered::default();
    for case in cases.iter().filter(counts) {
        if let Some(aware) = case.aware_at.filter(|aware| period.contains(*aware)) {
            to_awareness.add(case, Some(aware.micros_since(case.detected_at)));
        }
    }
    Times {
        to_detect: to_detect.spread(),
        back_filled,
        to_awareness: to_awareness.spread(),
    }
}

/// Whether the clock is a duty that was due in the period. The end of a calendar period is the first
/// instant that is not in it, and belongs to its last day.
fn is_due_in(clock: &Clock, period: &Period) -> bool {
    let owed = clock.state.is_met() || clock.state.is_owed();
    let due = match clock.nominal_date {
        Some(_) => clock.due.map(|due| due.saturating_add_micros(-1)),
        None => clock.due,
    };
    owed && due.is_some_and(|due| period.contains(due))
}

fn reports(cases: &[&Case], period: &Period) -> (ReportFigures, Vec<ReportFigures>) {
    let mut all = GatheredReports::default();
    let mut by_kind: BTreeMap<(&str, &str), GatheredReports> = BTreeMap::new();
    for case in cases {
        for clock in case.clocks.iter().filter(|it| is_due_in(it, period)) {
            let kind = (clock.regime.as_str(), clock.stage.as_str());
            all.add(case, clock);
            by_kind.entry(kind).or_default().add(case, clock);
        }
    }
    let by_kind = by_kind.into_iter().map(|((regime, stage), of)| {
        let mut figures = of.figures();
        figures.regime = Some(regime.to_owned());
        figures.stage = Some(stage.to_owned());
        figures
    });
    (all.figures(), by_kind.collect())
}

#[derive(Debug, Default)]
struct GatheredReports {
    counts: ReportFigures,
    to_submit: Gathered,
    /// Millionths of the time.
    used: Vec<i64>,
}

impl GatheredReports {
    fn add(&mut self, case: &Case, clock: &Clock) {
        let counts = &mut self.counts;
        counts.due.add(case);
        match clock.state {
            ClockState::Met => counts.on_time.add(case),
            ClockState::MetLate => counts.late.add(case),
            ClockState::Overdue => counts.overdue.add(case),
            _ => counts.running.add(case),
        }
        if !clock.state.is_met() {
            return;
        }
        let (start, due) = (clock.start, clock.due);
        let since = |end: Option<vakt_event::Timestamp>| Some(end?.micros_since(start?));
        let took = since(clock.met_at);
        self.to_submit.add(case, took);
        if let (Some(took), Some(whole)) = (took, since(due).filter(|whole| *whole > 0)) {
            let millionths = i128::from(took.max(0)) * 1_000_000 / i128::from(whole);
            self.used
                .push(i64::try_from(millionths).unwrap_or(i64::MAX));
        }
    }

    fn figures(mut self) -> ReportFigures {
        self.used.sort_unstable();
        let on_time = self.counts.on_time.count;
        let ended = on_time + self.counts.late.count + self.counts.overdue.count;
        ReportFigures {
            on_time_share: share(on_time, ended),
            to_submit: self.to_submit.spread(),
            median_time_used: median(&self.used).map(of_millionths),
            p90_time_used: rank(&self.used, 90).map(of_millionths),
            ..self.counts
        }
    }
}

/// A share from 0 to 1, to the ten-thousandth; `None` of nothing.
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64 * 10_000.0).round() / 10_000.0)
}

fn of_millionths(millionths: i64) -> f64 {
    (millionths as f64 / 100.0).round() / 10_000.0
}

fn alert_figures(alerts: &[&AlertCounts]) -> AlertFigures {
    let mut by_level: Vec<LevelFigures> = Vec::new();
    for level in Level::ALL.iter().rev() {
        let of_level = alerts.iter().filter(|it| it.level == *level);
        let mut figures = LevelFigures {
            level: *level,
            alerts: 0,
            matches: 0,
            suppressed: 0,
            in_maintenance: 0,
        };
        for counts in of_level {
            figures.alerts += counts.alerts;
            figures.matches += counts.matches;
            figures.suppressed += counts.suppressed;
            figures.in_maintenance += counts.in_maintenance;
        }
        if figures.alerts > 0 {
            by_level.push(figures);
        }
    }
    let sum = |of: fn(&LevelFigures) -> u64| by_level.iter().map(of).sum();
    AlertFigures {
        alerts: sum(|it| it.alerts),
        matches: sum(|it| it.matches),
        suppressed: sum(|it| it.suppressed),
        in_maintenance: sum(|it| it.in_maintenance),
        by_level,
        incomplete: false,
    }
}

fn rules(detected: &[&Case], alerts: &[&AlertCounts]) -> (Vec<RuleFigures>, u64) {
    let mut rules: BTreeMap<&str, RuleFigures> = BTreeMap::new();
    for counts in alerts {
        let rule = rules.entry(&counts.rule_id).or_default();
        rule.rule_name = Some(counts.rule_name.clone());
        rule.alerts += counts.alerts;
        rule.matches += counts.matches;
        rule.closed += counts.closed;
        rule.suppressed += counts.suppressed;
    }
    for case in detected {
        let class = Class::of(case.state);
        if class == Class::Merged {
            continue;
        }
        for id in &case.rules {
            let rule = rules.entry(id).or_default();
            rule.drafts.add(case);
            rule.decided += u64::from(class != Class::Undecided);
            if class == Class::Dismissed {
                rule.dismissed.add(case);
            }
        }
    }
    let mut listed: Vec<RuleFigures> = rules
        .into_iter()
        .map(|(id, rule)| RuleFigures {
            rule_id: id.to_owned(),
            dismissed_share: share(rule.dismissed.count, rule.decided),
            ..rule
        })
        .collect();
    listed.sort_by_key(|rule| std::cmp::Reverse((rule.dismissed.count, rule.alerts)));
    let beyond = listed.len().saturating_sub(RULES_MAX);
    listed.truncate(RULES_MAX);
    (listed, u64::try_from(beyond).unwrap_or(u64::MAX))
}
