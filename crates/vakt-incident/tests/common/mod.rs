//! A store in a directory of its own, a clock that tests move, and detections.

// Each test binary uses a part of this module, and none of it outside tests.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

pub mod outages;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::Map;
use tempfile::TempDir;
use vakt_event::{Clock, JournalPosition, Level, Timestamp};
use vakt_incident::{
    Alert, AlertFilter, Completing, Detection, Evidence, Incident, IncidentFilter, NewFact, Notice,
    OutputCounts, PageRequest, Records, Route, Settings,
};

pub const START: &str = "2026-11-23T20:00:00Z";

pub struct MovingClock(AtomicI64);

impl MovingClock {
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    pub fn now_text(&self) -> String {
        self.now().to_string()
    }
}

impl Clock for MovingClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

pub struct Store {
    pub records: Records,
    pub clock: Arc<MovingClock>,
    /// The events that the journal would give.
    pub journal: RefCell<BTreeMap<u64, Evidence>>,
    settings: Settings,
    directory: TempDir,
}

impl Store {
    pub fn new() -> Self {
        Self::with(Settings::default())
    }

    pub fn with(settings: Settings) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(MovingClock(AtomicI64::new(at(START).micros())));
        let path = directory.path().join("records.db");
        let records = Records::open_with(&path, clock.clone(), settings.clone()).unwrap();
        Self {
            records,
            clock,
            journal: RefCell::default(),
            settings,
            directory,
        }
    }

    pub fn path(&self) -> PathBuf {
        self.directory.path().join("records.db")
    }

    /// Closes the store; the directory stays until it is dropped.
    pub fn close(self) -> TempDir {
        self.directory
    }

    /// Closes the store and opens it again, as a restart does.
    pub fn restart(self) -> Self {
        let settings = self.settings.clone();
        self.restart_with(settings)
    }

    /// As [`Self::restart`], with another configuration.
    pub fn restart_with(self, settings: Settings) -> Self {
        let path = self.path();
        let Self {
            records,
            clock,
            journal,
            directory,
            ..
        } = self;
        drop(records);
        let records = Records::open_with(&path, clock.clone(), settings.clone()).unwrap();
        Self {
            records,
            clock,
            journal,
            settings,
            directory,
        }
    }

    pub fn apply(&self, detections: &[Detection]) -> vakt_incident::Applied {
        let last = detections.iter().map(|d| d.found_at.0).max();
        let next = JournalPosition(last.map_or(0, |last| last + 1));
        self.apply_to(detections, next, None)
    }

    pub fn apply_to(
        &self,
        detections: &[Detection],
        next: JournalPosition,
        snapshot: Option<&[u8]>,
    ) -> vakt_incident::Applied {
        let stored = |position: JournalPosition| self.journal.borrow().get(&position.0).cloned();
        self.records
            .apply(detections, next, snapshot, &stored)
            .unwrap()
    }

    pub fn alerts(&self) -> Vec<Alert> {
        self.records
            .alerts(&AlertFilter::default(), &PageRequest::default())
            .unwrap()
            .items
    }

    pub fn incidents(&self) -> Vec<Incident> {
        let page = PageRequest {
            limit: 500,
            cursor: None,
        };
        self.records
            .incidents(&IncidentFilter::default(), &page)
            .unwrap()
            .items
    }

    pub fn fact(&self, id: &str, json: &str) -> vakt_incident::Recorded {
        self.fact_by(id, json, "anna")
    }

    /// The same by another principal.
    pub fn fact_by(&self, id: &str, json: &str, by: &str) -> vakt_incident::Recorded {
        let new: NewFact = serde_json::from_str(json).unwrap();
        self.records.add_fact(id, new, by).unwrap()
    }

    /// Writes a review that says all, and signs it.
    pub fn sign_review(&self, id: &str) -> vakt_incident::Recorded {
        let new = serde_json::json!({
            "version": self.records.review(id).unwrap().version,
            "root_cause_family": "malicious_action", "root_cause": "A guessed password",
            "scope": "One host", "lessons": "Keys, no passwords", "no_actions": "Done already",
        });
        let new = serde_json::from_value(new).unwrap();
        let written = self.records.write_review(id, &new, "anna").unwrap();
        self.records
            .sign_review(id, written.version, "anna")
            .unwrap()
    }

    /// What is told, to an output that was not told of it yet.
    pub fn payloads(&self) -> Vec<serde_json::Value> {
        let all = Route {
            group_micros: 0,
            rate: 10_000,
            ..Route::all("all")
        };
        self.records.route(&[all]).unwrap();
        let taken = |notice: Notice| {
            self.records.outbox_delivered(notice.id, "all").unwrap();
            notice.payload
        };
        self.claim("all").into_iter().map(taken).collect()
    }

    /// What is due at an output.
    pub fn claim(&self, output: &str) -> Vec<Notice> {
        std::iter::from_fn(|| self.records.outbox_claim(output).unwrap()).collect()
    }

    pub fn counts(&self, output: &str) -> OutputCounts {
        let outputs = [output.to_owned()];
        self.records.output_counts(&outputs).unwrap().remove(0)
    }
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A brute force that succeeded, seen at the clock's time, completed by the event at `position`.
pub fn brute_force(store: &Store, entity: &str, position: u64) -> Detection {
    let now = store.clock.now();
    let events = vec![event(position - 1, now, 3), event(position, now, 1)];
    Detection {
        rule_id: "11111111-2222-4333-8444-555555555555".to_owned(),
        rule_title: "SSH login after failures".to_owned(),
        level: Level::High,
        tags: vec![
            "attack.t1110".to_owned(),
            "attack.initial-access".to_owned(),
        ],
        opens_draft: Some(true),
        entity: vec![("source.ip".to_owned(), entity.to_owned())],
        detected_at: now,
        stream: "default".to_owned(),
        drill: false,
        ..of_events(store, events)
    }
}

/// A detection that the last of these events completes. They stand in the journal.
pub fn of_events(store: &Store, events: Vec<Evidence>) -> Detection {
    let last = events.last().unwrap().clone();
    let first = events.first().unwrap().clone();
    let detection = Detection {
        rule_id: String::new(),
        rule_title: String::new(),
        level: Level::High,
        tags: Vec::new(),
        opens_draft: Some(true),
        counts_in_maintenance: false,
        subjects: Vec::new(),
        entity: Vec::new(),
        is_grouped: false,
        detected_at: store.clock.now(),
        found_at: last.position,
        completing: Completing {
            records: vec![last.position],
            claimed: last.claimed,
            received: last.received,
            host: Some("web1".to_owned()),
        },
        events: events.iter().map(|event| event.position).collect(),
        event_count: u64::try_from(events.len()).unwrap(),
        first_event: first.position,
        first_time: first.claimed.unwrap_or(first.received),
        last_time: last.claimed.unwrap_or(last.received),
        repeat: false,
        stream: "default".to_owned(),
        drill: false,
    };
    let mut journal = store.journal.borrow_mut();
    journal.extend(events.into_iter().map(|event| (event.position.0, event)));
    detection
}

/// An event claimed `age_seconds` before it was received at `received`.
pub fn event(position: u64, received: Timestamp, age_seconds: i64) -> Evidence {
    let line = format!("<38>Nov 23 20:00:00 web1 sshd[1]: line {position}");
    let mut fields = Map::new();
    fields.insert("host.name".into(), "web1".into());
    fields.insert("event.original".into(), line.clone().into());
    Evidence {
        position: JournalPosition(position),
        original: line.into_bytes(),
        fields,
        claimed: Some(received.saturating_add_micros(-age_seconds * 1_000_000)),
        received,
    }
}
