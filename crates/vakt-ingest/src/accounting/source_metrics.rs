//! The table of sources as metrics, made anew at every scrape.
//!
//! Whoever may scrape needs no credential, so nothing that a log says is in here: a series is a peer
//! of a stream, all its claimed hosts together, and there is a bound on them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{GaugeVec, IntCounterVec, Opts};

use vakt_event::{Clock, Timestamp};

use super::sources::{OTHER, SourceRow, Sources, seconds};

/// Peers that have series of their own (five each, some 700 bytes): the first that were seen since the
/// start. The others of a stream and transport are summed up under the peer `other`.
pub const PEERS_SHOWN_MAX: usize = 200;

const LABELS: [&str; 3] = ["stream", "transport", "peer"];

/// Stream, transport, peer.
type Key = [String; LABELS.len()];

pub struct SourcesCollector {
    sources: Arc<Sources>,
    clock: Arc<dyn Clock>,
    descriptions: Vec<Desc>,
    /// Kept from scrape to scrape: a counter may not lose a peer to `other`.
    shown: Mutex<BTreeSet<Key>>,
}

impl SourcesCollector {
    /// # Errors
    /// Never with the names that are built in; the library's constructors ask.
    pub fn new(sources: Arc<Sources>, clock: Arc<dyn Clock>) -> prometheus::Result<Self> {
        let descriptions = Families::new()?
            .collectors()
            .iter()
            .flat_map(|collector| collector.desc().into_iter().cloned())
            .collect();
        Ok(Self {
            sources,
            clock,
            descriptions,
            shown: Mutex::default(),
        })
    }

    fn sums(&self) -> BTreeMap<Key, Sum> {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sums: BTreeMap<Key, Sum> = BTreeMap::new();
        let now = self.clock.now();
        for mut row in self.sources.snapshot() {
            // Heard under a clock that was ahead: until it is heard again, nobody knows when.
            if row.last_heard > now {
                row.last_heard = Timestamp::default();
            }
            let peer = match row.peer {
                Some(peer) => peer.to_string(),
                None if row.host == OTHER => OTHER.to_owned(),
                None => String::new(),
            };
            let mut key = [row.stream.clone(), row.transport.name().to_owned(), peer];
            if key.last().is_some_and(|peer| peer != OTHER) && !shown.contains(&key) {
                if shown.len() < PEERS_SHOWN_MAX {
                    shown.insert(key.clone());
                } else {
                    let [.., peer] = &mut key;
                    OTHER.clone_into(peer);
                }
            }
            sums.entry(key).or_default().add(&row);
        }
        sums
    }
}

/// The sources of one series together.
#[derive(Default)]
struct Sum {
    last_heard_seconds: f64,
    events: u64,
    bytes: u64,
    unparsed: u64,
    /// The worst, that is the furthest from 0.
    skew_seconds: Option<f64>,
}

impl Sum {
    fn add(&mut self, row: &SourceRow) {
        self.last_heard_seconds = self
            .last_heard_seconds
            .max(seconds(row.last_heard.micros()));
        self.events = self.events.saturating_add(row.events);
        self.bytes = self.bytes.saturating_add(row.bytes);
        self.unparsed = self.unparsed.saturating_add(row.unparsed);
        if let Some(skew) = row.clock_skew_smoothed_seconds
            && self
                .skew_seconds
                .is_none_or(|worst| skew.abs() > worst.abs())
        {
            self.skew_seconds = Some(skew);
        }
    }
}

/// The metrics of one scrape.
struct Families {
    last_heard: GaugeVec,
    events: IntCounterVec,
    bytes: IntCounterVec,
    unparsed: IntCounterVec,
    skew: GaugeVec,
}

impl Families {
    fn new() -> prometheus::Result<Self> {
        let counter = |name: &str, help: &str| IntCounterVec::new(Opts::new(name, help), &LABELS);
        let gauge = |name: &str, help: &str| GaugeVec::new(Opts::new(name, help), &LABELS);
        Ok(Self {
            last_heard: gauge(
                "vakt_ingest_source_last_heard_timestamp_seconds",
                "When the last event of a peer was received, in seconds since 1970.",
            )?,
            events: counter("vakt_ingest_source_events_total", "Events of a peer.")?,
            bytes: counter(
                "vakt_ingest_source_bytes_total",
                "Bytes of the events of a peer.",
            )?,
            unparsed: counter(
                "vakt_ingest_source_unparsed_events_total",
                "Events of a peer of which something was not understood.",
            )?,
            skew: gauge(
                "vakt_ingest_source_clock_skew_seconds",
                "The time that a peer's events claim minus the time of receipt, smoothed; of several hosts behind it the worst.",
            )?,
        })
    }

    fn collectors(&self) -> [&dyn Collector; 5] {
        [
            &self.last_heard,
            &self.events,
            &self.bytes,
            &self.unparsed,
            &self.skew,
        ]
    }
}

impl Collector for SourcesCollector {
    fn desc(&self) -> Vec<&Desc> {
        self.descriptions.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        // The same call succeeded in `new`.
        let Ok(families) = Families::new() else {
            return Vec::new();
        };
        for (labels, sum) in self.sums() {
            families
                .last_heard
                .with_label_values(&labels)
                .set(sum.last_heard_seconds);
            families
                .events
                .with_label_values(&labels)
                .inc_by(sum.events);
            families.bytes.with_label_values(&labels).inc_by(sum.bytes);
            families
                .unparsed
                .with_label_values(&labels)
                .inc_by(sum.unparsed);
            if let Some(skew) = sum.skew_seconds {
                families.skew.with_label_values(&labels).set(skew);
            }
        }
        families
            .collectors()
            .iter()
            .flat_map(|collector| collector.collect())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use prometheus::{Registry, TextEncoder};
    use vakt_event::clock::SystemClock;
    use vakt_event::{Timestamp, Transport};

    use super::super::sources::{SOURCES_MAX, SourceKey};
    use super::*;

    fn observe(sources: &Sources, peer: Option<[u8; 4]>, host: &str, skew: Option<i64>) {
        let key = SourceKey {
            stream: "a",
            transport: Transport::Tcp,
            peer: peer.map(IpAddr::from),
            host,
        };
        let received = Timestamp::from_seconds(100).unwrap();
        let skew = skew.map(|seconds| seconds * 1_000_000);
        sources.observe(key, received, 10, skew.is_none(), skew);
    }

    fn registry(sources: &Arc<Sources>) -> Registry {
        let registry = Registry::new();
        let collector = SourcesCollector::new(Arc::clone(sources), Arc::new(SystemClock)).unwrap();
        registry.register(Box::new(collector)).unwrap();
        registry
    }

    fn text(registry: &Registry) -> String {
        TextEncoder::new()
            .encode_to_string(&registry.gather())
            .unwrap()
    }

    #[test]
    fn a_series_is_a_peer_and_names_no_host() {
        let sources = Arc::new(Sources::default());
        observe(&sources, Some([192, 0, 2, 1]), "web1", Some(-2));
        observe(&sources, Some([192, 0, 2, 1]), "web2", Some(1));
        observe(&sources, Some([192, 0, 2, 2]), "web3", None);
        observe(&sources, None, "web4", None);
        let text = text(&registry(&sources));
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let labels = |peer| format!(r#"{{peer="{peer}",stream="a",transport="tcp"}}"#);
        let (none, first, second) = (labels(""), labels("192.0.2.1"), labels("192.0.2.2"));
        let expected = [
            format!("vakt_ingest_source_bytes_total{none} 10"),
            format!("vakt_ingest_source_bytes_total{first} 20"),
            format!("vakt_ingest_source_bytes_total{second} 10"),
            format!("vakt_ingest_source_clock_skew_seconds{first} -2"),
            format!("vakt_ingest_source_events_total{none} 1"),
            format!("vakt_ingest_source_events_total{first} 2"),
            format!("vakt_ingest_source_events_total{second} 1"),
            format!("vakt_ingest_source_last_heard_timestamp_seconds{none} 100"),
            format!("vakt_ingest_source_last_heard_timestamp_seconds{first} 100"),
            format!("vakt_ingest_source_last_heard_timestamp_seconds{second} 100"),
            format!("vakt_ingest_source_unparsed_events_total{none} 1"),
            format!("vakt_ingest_source_unparsed_events_total{first} 0"),
            format!("vakt_ingest_source_unparsed_events_total{second} 1"),
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn peers_beyond_the_bound_are_one_series_and_those_shown_stay() {
        let sources = Arc::new(Sources::default());
        let peer = |number: usize| {
            let [.., high, low] = u32::try_from(number).unwrap().to_be_bytes();
            Some([198, 51, high, low])
        };
        observe(&sources, peer(9_000), "first", None);
        let registry = registry(&sources);
        text(&registry);
        for number in 0..SOURCES_MAX + 5 {
            observe(&sources, peer(number), "host", None);
        }
        let text = text(&registry);
        let events: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("vakt_ingest_source_events_total{"))
            .collect();
        // Of the peers that are shown some have been forgotten, and no other one takes their place.
        assert!(events.len() <= PEERS_SHOWN_MAX + 1, "{}", events.len());
        assert!(text.contains("peer=\"other\""));
        let all: usize = events
            .iter()
            .map(|line| line.rsplit(' ').next().unwrap().parse::<usize>().unwrap())
            .sum();
        assert_eq!(all, SOURCES_MAX + 6);
        assert!(text.len() < 200_000, "{} bytes", text.len());
    }
}
