//! The deadlines a second time, as a clerk would find them with a calendar: from the texts of the
//! law, one function for each report, without the crate's data, periods or history.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used)] // helpers of tests

use jiff::tz::TimeZone;
use vakt_event::Timestamp;
use vakt_incident::calendar::zone;
use vakt_incident::{Fact, FactKind};

/// A fact as the corrections up to now leave it.
#[derive(Clone)]
struct Known {
    ids: Vec<i64>,
    fact: Fact,
    at: Timestamp,
}

/// What counts of the log: each correction in its turn, those that wait once two people have spoken.
fn known(log: &[Fact]) -> Vec<Known> {
    let mut known: Vec<Known> = Vec::new();
    for (index, entry) in log.iter().enumerate() {
        if entry.fact == FactKind::Approved {
            let Some(id) = entry.approves else { continue };
            let earlier = log.get(..index).unwrap();
            let Some(proposal) = earlier.iter().find(|it| it.id == id) else {
                continue;
            };
            let was_approved = earlier
                .iter()
                .any(|it| it.approves == Some(id) && it.recorded_by != proposal.recorded_by);
            if was_approved || proposal.recorded_by == entry.recorded_by {
                continue;
            }
            let Some(revised) = proposal.revises else {
                continue;
            };
            if proposal.fact == FactKind::Retracted {
                known.retain(|it| !it.ids.contains(&revised));
            } else if let Some(it) = known.iter_mut().find(|it| it.ids.contains(&revised))
                && waited(earlier, proposal)
            {
                it.at = proposal.at;
            }
        } else if let Some(revised) = entry.revises {
            let Some(it) = known.iter_mut().find(|it| it.ids.contains(&revised)) else {
                continue;
            };
            if entry.fact == FactKind::Retracted {
                continue;
            }
            it.ids.push(entry.id);
            if entry.at <= it.at {
                it.at = entry.at;
            }
        } else {
            known.push(Known {
                ids: vec![entry.id],
                fact: entry.clone(),
                at: entry.at,
            });
        }
    }
    known
}

/// Whether the correction moved its fact later when it was recorded.
fn waited(log: &[Fact], proposal: &Fact) -> bool {
    let before: Vec<Fact> = log
        .iter()
        .take_while(|it| it.id != proposal.id)
        .cloned()
        .collect();
    let revised = proposal.revises.unwrap();
    let found = known(&before)
        .into_iter()
        .find(|it| it.ids.contains(&revised));
    found.is_some_and(|it| proposal.at > it.at)
}

/// Whether the fact of this id is a proposal that waits for somebody else, and nothing that it is
/// about has moved since.
pub fn waits(log: &[Fact], id: i64) -> bool {
    let Some(proposal) = log.iter().find(|it| it.id == id) else {
        return false;
    };
    let Some(revised) = proposal.revises else {
        return false;
    };
    let before: Vec<Fact> = log.iter().take_while(|it| it.id != id).cloned().collect();
    let when = |log: &[Fact]| {
        let known = known(log);
        known
            .into_iter()
            .find(|it| it.ids.contains(&revised))
            .map(|it| it.at)
    };
    let is_proposal = match proposal.fact {
        FactKind::Retracted => before
            .iter()
            .any(|it| it.id == revised && it.revises.is_none()),
        _ => waited(log, proposal),
    };
    let is_withdrawn = log
        .iter()
        .any(|it| it.fact == FactKind::Retracted && it.revises == Some(id));
    let is_approved = log
        .iter()
        .any(|it| it.approves == Some(id) && it.recorded_by != proposal.recorded_by);
    is_proposal && !is_withdrawn && !is_approved && when(&before) == when(log)
}

fn times(known: &[Known], is: impl Fn(&Fact) -> bool) -> Vec<Timestamp> {
    let found = known.iter().filter(|it| is(&it.fact));
    found.map(|it| it.at).collect()
}

fn first(known: &[Known], kind: FactKind) -> Option<Timestamp> {
    times(known, |it| it.fact == kind).into_iter().min()
}

fn sent<'k>(known: &'k [Known], report: &'k str) -> Vec<Timestamp> {
    times(known, |it| it.report.as_deref() == Some(report))
}

fn hours(start: Timestamp, hours: i64) -> Timestamp {
    start.saturating_add_micros(hours * 3_600_000_000)
}

/// The deadline of a report; `None` where none is known yet, or the law has no number. `regime` is
/// the only one of the incident.
pub fn due(regime: &str, stage: &str, log: &[Fact]) -> Option<Timestamp> {
    let known = known(log);
    let any_report = times(&known, |it| it.report.is_some()).into_iter().min();
    let aware = |kind| first(&known, kind).into_iter().chain(any_report).min();
    let detected = first(&known, FactKind::Detected);
    // A draft counts from detection until somebody is aware.
    let from_awareness = |kind, n| aware(kind).or(detected).map(|start| hours(start, n));
    match (regime, stage) {
        ("nis2" | "nis2-se" | "nis2-tsp", "early_warning") => from_awareness(FactKind::Aware, 24),
        ("nis2-tsp", "notification") => from_awareness(FactKind::Aware, 24),
        ("nis2" | "nis2-se", "notification") => from_awareness(FactKind::Aware, 72),
        ("nis2" | "nis2-se" | "nis2-tsp", "final") => final_of_nis2(&known, "Europe/Stockholm"),
        ("nis2-fi", "final") => final_of_nis2(&known, "Europe/Helsinki"),
        ("nis2" | "nis2-se" | "nis2-tsp", "progress") => sent(&known, "notification")
            .into_iter()
            .min()
            .map(month_end),
        ("nis2-fi", "progress") => {
            let sent = sent(&known, "notification").into_iter().min();
            sent.map(|at| month_end_in("Europe/Helsinki", at))
        }
        ("nis2-fi", "early_warning" | "notification") => {
            let n = if stage == "notification" { 72 } else { 24 };
            let start = [aware(FactKind::Aware), detected]
                .into_iter()
                .flatten()
                .min();
            start.map(|start| hours(start, n))
        }
        ("gdpr", "authority") => from_awareness(FactKind::AwarePdb, 72),
        ("dora", "initial") => initial_of_dora(aware(FactKind::Aware), detected, &known),
        ("dora", "intermediate") => sent(&known, "initial")
            .into_iter()
            .min()
            .map(|at| hours(at, 72)),
        ("dora", "final") => {
            let done = sent(&known, "final").into_iter().min();
            let updates = sent(&known, "intermediate");
            let before = updates
                .iter()
                .filter(|at| done.is_none_or(|done| **at <= done));
            let start = before.max().or_else(|| updates.iter().min());
            start.map(|at| month_end(*at))
        }
        ("cra-vuln", "early_warning") => from_awareness(FactKind::AwareVuln, 24),
        ("cra-vuln", "notification") => from_awareness(FactKind::AwareVuln, 72),
        ("cra-vuln", "final") => first(&known, FactKind::MeasureAvailable).map(fourteen_days),
        ("cra-incident", "early_warning") => from_awareness(FactKind::AwareSev, 24),
        ("cra-incident", "notification") => from_awareness(FactKind::AwareSev, 72),
        ("cra-incident", "final") => sent(&known, "notification")
            .into_iter()
            .min()
            .map(month_end),
        ("cer", "initial") => from_awareness(FactKind::Aware, 24),
        ("cer", "detailed") => sent(&known, "initial").into_iter().min().map(month_end),
        ("eidas-nontsp", "notification") => from_awareness(FactKind::Aware, 24),
        ("eidas-qtsp", "notification") => {
            // From the incident itself; who is aware of one knows that it is no later than that.
            let occurred = first(&known, FactKind::Occurred);
            let known_by = aware(FactKind::Aware).map(|at| detected.map_or(at, |it| it.min(at)));
            let official = [occurred, known_by].into_iter().flatten().min();
            official.or(detected).map(|start| hours(start, 24))
        }
        _ => None,
    }
}

/// NIS2 Art. 23(4)(d) and (e).
fn final_of_nis2(known: &[Known], zone: &str) -> Option<Timestamp> {
    let month_end = |at| month_end_in(zone, at);
    let month = sent(known, "notification").into_iter().min().map(month_end);
    let Some(progress) = sent(known, "progress").into_iter().min() else {
        return month;
    };
    if sent(known, "final").into_iter().any(|at| at < progress) {
        return month;
    }
    let handled = first(known, FactKind::Handled)?;
    let went_on = handled >= progress || month.is_some_and(|month| handled >= month);
    if went_on {
        Some(month_end(handled))
    } else {
        month
    }
}

/// Delegated Regulation (EU) 2025/301 Art. 5(1)(a) and (2).
fn initial_of_dora(
    aware: Option<Timestamp>,
    detected: Option<Timestamp>,
    known: &[Known],
) -> Option<Timestamp> {
    let day = aware.map(|at| hours(at, 24));
    let Some(classified) = first(known, FactKind::Classified) else {
        return day.or_else(|| detected.map(|at| hours(at, 24)));
    };
    let four = hours(classified, 4);
    match day {
        None => Some(four),
        Some(day) if classified > day => Some(four),
        Some(day) => Some(day.min(four)),
    }
}

/// Seconds of a quarter of an hour: no offset of the zone since 1900 ends between two of them.
const QUARTER: i64 = 900;

/// Year and month as one number, and the day, on the local calendar.
fn local(zone: &TimeZone, seconds: i64) -> (i32, i8) {
    let date = zone
        .to_datetime(jiff::Timestamp::from_second(seconds).unwrap())
        .date();
    (
        i32::from(date.year()) * 12 + i32::from(date.month()),
        date.day(),
    )
}

/// A month by counting: the end of the last day of the next month whose number is no higher.
pub fn month_end(start: Timestamp) -> Timestamp {
    month_end_in("Europe/Stockholm", start)
}

fn month_end_in(name: &str, start: Timestamp) -> Timestamp {
    let zone = zone(name).unwrap();
    let first = start.micros().div_euclid(1_000_000);
    let (month, day) = local(&zone, first);
    let mut at = first - first.rem_euclid(QUARTER) + 26 * 86_400;
    let mut last_in_time = at;
    loop {
        let (at_month, at_day) = local(&zone, at);
        if at_month > month + 1 {
            break;
        }
        if at_month <= month || at_day <= day {
            last_in_time = at;
        }
        at += QUARTER;
    }
    Timestamp::from_seconds(last_in_time + QUARTER).unwrap()
}

/// Fourteen days by counting midnights: the day of the start is not counted.
fn fourteen_days(start: Timestamp) -> Timestamp {
    let zone = zone("Europe/Stockholm").unwrap();
    let first = start.micros().div_euclid(1_000_000);
    let mut at = first - first.rem_euclid(QUARTER);
    let mut midnights = 0;
    loop {
        let (before, after) = (local(&zone, at), local(&zone, at + QUARTER));
        at += QUARTER;
        if before != after {
            midnights += 1;
            if midnights == 15 {
                return Timestamp::from_seconds(at).unwrap();
            }
        }
    }
}
