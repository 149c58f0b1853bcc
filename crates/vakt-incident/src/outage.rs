//! Outages of services, from what events and people said: a pure computation.

use serde::Serialize;
use vakt_event::Timestamp;

use crate::service::Says;
use crate::significance::{Kind, Span};

/// What said something about a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signal {
    pub(crate) says: Says,
    /// When it was so: the event's time, or what the fact says.
    pub(crate) at: Timestamp,
    /// When that was noticed.
    pub(crate) noticed_at: Timestamp,
    /// `event 7 of rule R`, `fact 3`.
    pub(crate) source: String,
    pub(crate) stream: String,
    /// The incident whose fact it is.
    pub(crate) incident: Option<i64>,
    /// The event, where it is one.
    pub(crate) event: Option<EventRow>,
}

/// An event that said something of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EventRow {
    pub(crate) position: i64,
    pub(crate) row: i64,
}

impl Signal {
    /// At one instant events come in the order of their receipt, and a person has the last word.
    fn order(&self) -> (Timestamp, i64, &str) {
        let position = self.event.map_or(i64::MAX, |event| event.position);
        (self.at, position, &self.source)
    }
}

/// A service away for a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outage {
    pub kind: Kind,
    #[serde(flatten)]
    pub span: Span,
    /// When the beginning was noticed.
    pub noticed_at: Timestamp,
    pub stream: String,
    pub began_by: String,
    pub ended_by: Option<String>,
    /// It ended because the service works again, not because it lacks something else.
    #[serde(skip)]
    pub(crate) is_back: bool,
    /// The incidents whose facts tell of it, in the order of what they tell.
    #[serde(skip)]
    pub(crate) incidents: Vec<i64>,
    /// The rows of its events.
    #[serde(skip)]
    pub(crate) rows: Vec<i64>,
}

/// The outages that follow from signals, oldest first. Away twice is away once; up without away is
/// nothing. What is limited after it was away was limited all along: completely away is a limit, too.
pub(crate) fn outages(mut signals: Vec<Signal>) -> Vec<Outage> {
    signals.sort_by(|a, b| a.order().cmp(&b.order()));
    let mut open: Vec<Outage> = Vec::new();
    let mut over: Vec<Outage> = Vec::new();
    for signal in signals {
        let mut since = None;
        match signal.says {
            Says::Up => over.extend(open.drain(..).map(|it| it.ended(&signal))),
            Says::Away(Kind::Complete) => {}
            Says::Away(_) => {
                if let Some(index) = open.iter().position(|it| it.kind == Kind::Complete) {
                    let complete = open.remove(index);
                    since = Some((complete.span.from, complete.noticed_at));
                    over.push(complete.ended(&signal));
                }
            }
        }
        let Says::Away(kind) = signal.says else {
            continue;
        };
        match open.iter_mut().find(|it| it.kind == kind) {
            Some(outage) => outage.hear(&signal),
            None => open.push(Outage::begun(&signal, kind, since)),
        }
    }
    over.extend(open);
    over.sort_by_key(|it| (it.span.from, it.kind));
    over
}

impl Outage {
    fn begun(signal: &Signal, kind: Kind, since: Option<(Timestamp, Timestamp)>) -> Self {
        let (from, noticed_at) = since.unwrap_or((signal.at, signal.noticed_at));
        Self {
            kind,
            span: Span { from, until: None },
            noticed_at,
            stream: signal.stream.clone(),
            began_by: signal.source.clone(),
            ended_by: None,
            is_back: false,
            incidents: signal.incident.into_iter().collect(),
            rows: signal.event.map(|event| event.row).into_iter().collect(),
        }
    }

    fn ended(mut self, by: &Signal) -> Self {
        self.span.until = Some(by.at);
        self.ended_by = Some(by.source.clone());
        self.is_back = by.says == Says::Up;
        self.hear(by);
        self
    }

    /// Something else says the same, or that it is over.
    fn hear(&mut self, signal: &Signal) {
        self.rows.extend(signal.event.map(|event| event.row));
        if let Some(incident) = signal.incident
            && !self.incidents.contains(&incident)
        {
            self.incidents.push(incident);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `19:30 complete` and the like, of event 1, 2, …; gives `complete 19:30-20:10`.
    fn found(said: &[&str]) -> Vec<String> {
        let at = |time: &str| format!("2026-11-23T{time}:00Z").parse().unwrap();
        let signals = said.iter().enumerate().map(|(index, text)| {
            let (time, says) = text.split_once(' ').unwrap();
            Signal {
                says: says.parse().unwrap(),
                at: at(time),
                noticed_at: at(time),
                source: format!("event {index}"),
                stream: "default".to_owned(),
                incident: None,
                event: Some(EventRow {
                    position: i64::try_from(index).unwrap(),
                    row: 0,
                }),
            }
        });
        let time = |at: Timestamp| at.to_string().get(11..16).unwrap().to_owned();
        let found = outages(signals.collect()).into_iter().map(|it| {
            let until = it.span.until.map_or("…".to_owned(), time);
            format!("{} {}-{until}", it.kind, time(it.span.from))
        });
        found.collect()
    }

    #[test]
    fn outages_follow_from_what_is_said_in_whatever_order_it_comes() {
        let check =
            |said: &[&str], expected: &[&str]| assert_eq!(found(said), expected, "{said:?}");
        check(&[], &[]);
        check(&["19:30 complete"], &["complete 19:30-…"]);
        check(
            &["19:30 complete", "19:40 complete", "20:10 up", "20:20 up"],
            &["complete 19:30-20:10"],
        );
        check(
            &["20:10 up", "19:40 complete", "19:30 complete"],
            &["complete 19:30-20:10"],
        );
        check(&["19:00 up"], &[]);
        check(
            &["19:00 complete", "19:10 up", "19:20 complete"],
            &["complete 19:00-19:10", "complete 19:20-…"],
        );
        // Half back is still not whole.
        check(
            &["19:00 complete", "19:20 limited", "20:30 up"],
            &["complete 19:00-19:20", "limited 19:00-20:30"],
        );
        check(
            &["19:00 limited", "19:20 complete", "19:30 up"],
            &["limited 19:00-19:30", "complete 19:20-19:30"],
        );
        // In one instant, as they came.
        check(&["19:00 up", "19:00 complete"], &["complete 19:00-…"]);
        let flapping: Vec<&str> = ["19:00 complete", "19:00 up"].repeat(51);
        assert!(
            found(&flapping)
                .iter()
                .all(|it| it == "complete 19:00-19:00")
        );
        check(
            &["19:00 slow", "19:05 limited"],
            &["slow 19:00-…", "limited 19:05-…"],
        );
    }
}
