//! The pipeline over a journal of its own, with frames received when a test says.

mod evidence;
mod executions;
mod quarantine;
mod redacted;
mod time;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc;
use std::time::Duration;

use arc_swap::ArcSwap;
use prometheus::{IntCounter, Registry};
use tempfile::TempDir;
use vakt_event::clock::SystemClock;
use vakt_event::{Batch, Format, Frame, Source, Timestamp, Transport};
use vakt_incident::{Alert, AlertFilter, PageRequest, Records};
use vakt_ingest::accounting::Sources;
use vakt_storage::{Journal, Options};

use super::detect::{DetectProgress, DetectThread, UNKNOWN};
use super::quarantine::Quarantine;
use super::rule_activity::RuleActivity;
use super::{Decode, Stop};
use crate::metrics::DetectMetrics;
use crate::ruleset::{RuleSettings, Ruleset};

/// A data directory, from one start of the daemon to the next.
struct World {
    folder: TempDir,
    records: Arc<Records>,
    ruleset: Arc<ArcSwap<Ruleset>>,
}

/// What one start leaves behind beside the records.
struct Ended {
    metrics: DetectMetrics,
    quarantined: IntCounter,
    progress: Arc<DetectProgress>,
    activity: Arc<RuleActivity>,
}

impl World {
    fn new(rules: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("rules.yml");
        std::fs::write(&path, rules).unwrap();
        let records = Records::open(&folder.path().join("records.db"), Arc::new(SystemClock));
        Self {
            ruleset: Arc::new(ArcSwap::from_pointee(load(path))),
            records: Arc::new(records.unwrap()),
            folder,
        }
    }

    fn journal(&self) -> Arc<Journal> {
        let path = self.folder.path().join("journal");
        Arc::new(Journal::open(&path, &Options::default()).unwrap().0)
    }

    fn thread(&self, journal: &Arc<Journal>) -> (DetectThread, Quarantine, Ended) {
        let ended = Ended {
            metrics: DetectMetrics::new(&Registry::new()).unwrap(),
            quarantined: IntCounter::new("quarantined", "of a test").unwrap(),
            progress: Arc::default(),
            activity: Arc::new(RuleActivity::new(&self.ruleset.load_full())),
        };
        let thread = DetectThread {
            journal: Arc::clone(journal),
            records: Arc::clone(&self.records),
            ruleset: Arc::clone(&self.ruleset),
            sources: Arc::new(Sources::default()),
            log_sources: Arc::default(),
            kinds: Arc::default(),
            activity: Arc::clone(&ended.activity),
            clock: Arc::new(SystemClock),
            metrics: ended.metrics.clone(),
            progress: Arc::clone(&ended.progress),
            stop: Stop::default(),
            accounted: AtomicU64::new(UNKNOWN),
        };
        let quarantine = Quarantine::new("detect", ended.quarantined.clone());
        (thread, quarantine, ended)
    }

    /// Starts, takes the frames in, evaluates everything, and stops.
    fn run(&self, frames: Vec<Frame>, decode: Decode) -> Ended {
        let journal = self.journal();
        append(&journal, frames);
        journal.close().unwrap();
        let (thread, quarantine, ended) = self.thread(&journal);
        thread.run_with(decode, quarantine);
        ended
    }

    /// The alerts, newest first.
    fn alerts(&self) -> Vec<Alert> {
        let page = PageRequest::default();
        self.records
            .alerts(&AlertFilter::default(), &page)
            .unwrap()
            .items
    }
}

fn load(path: PathBuf) -> Ruleset {
    let ruleset = Ruleset::load(&RuleSettings {
        paths: vec![path],
        ..RuleSettings::default()
    })
    .unwrap();
    assert_eq!(ruleset.counts.refused, 0, "{:?}", ruleset.diagnostics);
    ruleset
}

fn append(journal: &Journal, frames: Vec<Frame>) {
    let (sender, receiver) = mpsc::channel();
    let source = Arc::new(Source {
        stream: "default".to_owned(),
        transport: Transport::Tcp,
        listener: "test".to_owned(),
        peer: None,
        zone: None,
        drill: false,
    });
    journal.append(
        Batch { source, frames },
        Box::new(move |result| sender.send(result).unwrap()),
    );
    let answer = receiver.recv_timeout(Duration::from_secs(60)).unwrap();
    answer.unwrap();
}

/// A syslog line, received at that second.
fn line(received: i64, text: &str) -> Frame {
    Frame {
        bytes: text.as_bytes().to_vec(),
        format: Format::Syslog,
        received: Timestamp::from_seconds(received).unwrap(),
        truncated: false,
        cursor: None,
    }
}
