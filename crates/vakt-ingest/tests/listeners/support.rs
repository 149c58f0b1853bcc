//! A recording intake, and a listener around it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use prometheus::Registry;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use vakt_event::clock::FixedClock;
use vakt_event::{Batch, Timestamp};
use vakt_ingest::accounting::Metrics;
use vakt_ingest::admission::AdmissionConfig;
use vakt_ingest::intake::{Accepted, Intake, Refused, Reply};
use vakt_ingest::listener::{Kind, Limits, Listener, ListenerConfig};

type Done = Box<dyn FnOnce(Reply) + Send>;

#[derive(Clone)]
pub(crate) enum Mode {
    Accept,
    Hold,
    Refuse(Refused),
    /// So many times, then accept.
    RefuseFirst(usize),
}

/// Records what it accepts; holds or refuses as told.
pub(crate) struct Recorder {
    state: Mutex<State>,
    in_flight: AtomicUsize,
}

struct State {
    mode: Mode,
    accepted: Vec<Batch>,
    held: Vec<(Batch, Done)>,
}

impl Recorder {
    fn new(mode: Mode) -> Self {
        Self {
            state: Mutex::new(State {
                mode,
                accepted: Vec::new(),
                held: Vec::new(),
            }),
            in_flight: AtomicUsize::new(0),
        }
    }

    pub(crate) fn set_in_flight(&self, bytes: usize) {
        self.in_flight.store(bytes, Ordering::SeqCst);
    }

    /// Goes over to accepting, and answers what was held.
    pub(crate) fn release(&self) {
        let held = {
            let mut state = self.state.lock().unwrap();
            state.mode = Mode::Accept;
            let held = std::mem::take(&mut state.held);
            let batches: Vec<Batch> = held.iter().map(|(batch, _)| batch.clone()).collect();
            state.accepted.extend(batches);
            held
        };
        for (batch, done) in held {
            done(accepted(&batch));
        }
    }

    pub(crate) fn held(&self) -> usize {
        self.state.lock().unwrap().held.len()
    }

    pub(crate) fn batches(&self) -> Vec<Batch> {
        self.state.lock().unwrap().accepted.clone()
    }

    /// The accepted frames of a peer, as text.
    pub(crate) fn lines(&self, peer: &str) -> Vec<String> {
        let peer = peer.parse().unwrap();
        self.batches()
            .iter()
            .filter(|batch| batch.source.peer == Some(peer))
            .flat_map(|batch| &batch.frames)
            .map(|frame| String::from_utf8(frame.bytes.clone()).unwrap())
            .collect()
    }
}

fn accepted(batch: &Batch) -> Reply {
    Ok(Accepted {
        stored: batch.frames.len(),
        repeated: 0,
    })
}

impl Intake for Recorder {
    fn submit(&self, batch: Batch, done: Done) {
        let reply = {
            let mut state = self.state.lock().unwrap();
            match state.mode.clone() {
                Mode::Hold => {
                    state.held.push((batch, done));
                    return;
                }
                Mode::Refuse(refused) => Err(refused),
                Mode::RefuseFirst(left) if left > 0 => {
                    state.mode = Mode::RefuseFirst(left - 1);
                    Err(Refused::Busy)
                }
                Mode::Accept | Mode::RefuseFirst(_) => {
                    let reply = accepted(&batch);
                    state.accepted.push(batch);
                    reply
                }
            }
        };
        done(reply);
    }

    fn bytes_in_flight(&self) -> usize {
        self.in_flight.load(Ordering::SeqCst)
    }
}

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) intake: Arc<Recorder>,
    pub(crate) registry: Registry,
    stop: watch::Sender<bool>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Running {
    /// The value of a metric, by its name and its labels as they are shown.
    pub(crate) fn metric(&self, series: &str) -> i64 {
        let text = prometheus::TextEncoder::new()
            .encode_to_string(&self.registry.gather())
            .unwrap();
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        value.map_or(0, |value| value.parse().unwrap())
    }

    pub(crate) fn dropped(&self, transport: &str, reason: &str) -> i64 {
        let labels = format!(r#"{{reason="{reason}",transport="{transport}"}}"#);
        self.metric(&format!("vakt_ingest_frames_dropped_total{labels}"))
    }

    pub(crate) fn refused(&self, transport: &str, reason: &str) -> i64 {
        let labels = format!(r#"{{reason="{reason}",transport="{transport}"}}"#);
        self.metric(&format!("vakt_ingest_connections_refused_total{labels}"))
    }

    pub(crate) fn of(&self, name: &str, transport: &str) -> i64 {
        self.metric(&format!(r#"vakt_ingest_{name}{{transport="{transport}"}}"#))
    }

    pub(crate) fn tell_to_stop(&self) {
        self.stop.send(true).unwrap();
    }

    /// Stops the listener and waits until it has drained.
    pub(crate) async fn stopped(&mut self) {
        self.tell_to_stop();
        self.joined().await;
    }

    pub(crate) async fn joined(&mut self) {
        (&mut self.task).await.unwrap().unwrap();
    }
}

pub(crate) struct Setup {
    pub(crate) kind: Kind,
    pub(crate) mode: Mode,
    pub(crate) limits: Limits,
    pub(crate) admission: AdmissionConfig,
}

impl Setup {
    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            kind,
            mode: Mode::Accept,
            limits: Limits::default(),
            admission: AdmissionConfig::default(),
        }
    }

    pub(crate) fn start(self) -> Running {
        let registry = Registry::new();
        let config = ListenerConfig {
            name: "syslog".to_owned(),
            address: "127.0.0.1:0".parse().unwrap(),
            kind: self.kind,
            admission: self.admission,
            limits: self.limits,
            metrics: Metrics::register(&registry).unwrap(),
            clock: Arc::new(FixedClock(Timestamp::from_seconds(1).unwrap())),
        };
        let bound = Listener::bind(config).unwrap();
        let address = bound.local_addr;
        let intake = Arc::new(Recorder::new(self.mode));
        let (stop, shutdown) = watch::channel(false);
        let task = tokio::spawn(bound.run(Arc::clone(&intake) as Arc<dyn Intake>, shutdown));
        Running {
            address,
            intake,
            registry,
            stop,
            task,
        }
    }
}

/// Waits until something holds; the bound is only there to end a test that fails.
pub(crate) async fn eventually(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..3000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("never: {what}");
}

pub(crate) fn lines(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|number| format!("<34>line {number}")).collect()
}

pub(crate) fn with_newlines(lines: &[String]) -> Vec<u8> {
    lines
        .iter()
        .flat_map(|line| [line.as_bytes(), b"\n"].concat())
        .collect()
}
