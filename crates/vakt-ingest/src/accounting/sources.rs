//! Who has sent, when last, how much, and how wrong their clocks are.

use std::hash::{Hash, Hasher};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hashbrown::{Equivalent, HashMap};
use serde::{Deserialize, Serialize};
use vakt_event::time::MICROS_PER_SECOND;
use vakt_event::{Source, Timestamp, Transport};

/// Sources that are told apart. Claimed host names are the sender's to choose, so there must be a
/// bound; those beyond it share a row a stream and transport, without a peer, named `other`.
pub const SOURCES_MAX: usize = 10_000;

/// The host of the row that sources beyond the bound share.
pub(super) const OTHER: &str = "other";

/// Claimed host names are cut here: the limit of a name in the DNS (RFC 1035, 2.3.4).
const HOST_BYTES_MAX: usize = 255;

/// The smoothed skew moves up by a sixteenth of the difference an event: one wild time stamp does not
/// show, a clock that was set does within some fifty events.
const SMOOTHING_UP: f64 = 1.0 / 16.0;

/// Down it moves slowly: an event that is old when it comes was held back or filled in later more
/// often than its clock is behind, and the first ones that come at once tell the clock.
const SMOOTHING_DOWN: f64 = 1.0 / 1024.0;

/// A source: the stream and peer are facts, the host is what the event claims (empty if nothing).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceKey<'a> {
    pub stream: &'a str,
    pub transport: Transport,
    pub peer: Option<IpAddr>,
    pub host: &'a str,
}

impl<'a> SourceKey<'a> {
    pub fn new(source: &'a Source, host: Option<&'a str>) -> Self {
        Self {
            stream: &source.stream,
            transport: source.transport,
            peer: source.peer,
            host: host.unwrap_or(""),
        }
    }
}

/// What is known of a source; also the form in which it is kept over a restart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceRow {
    pub stream: String,
    pub transport: Transport,
    pub peer: Option<IpAddr>,
    /// What its events claim; empty if nothing.
    pub host: String,
    /// When its last event was received.
    pub last_heard: Timestamp,
    pub events: u64,
    pub bytes: u64,
    /// Events of which something was not understood.
    pub unparsed: u64,
    /// Claimed minus received, of the last event that claimed a time; ahead is positive.
    pub clock_skew_seconds: Option<f64>,
    pub clock_skew_smoothed_seconds: Option<f64>,
}

/// The table; shared by whoever decodes, and read by pages and metrics.
#[derive(Default)]
pub struct Sources {
    rows: Mutex<HashMap<OwnedKey, Row>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct OwnedKey {
    stream: String,
    transport: Transport,
    peer: Option<IpAddr>,
    host: String,
}

#[derive(Clone, Debug)]
struct Row {
    last_heard: Timestamp,
    events: u64,
    bytes: u64,
    unparsed: u64,
    skew: Option<Skew>,
}

#[derive(Clone, Copy, Debug)]
struct Skew {
    last_seconds: f64,
    smoothed_seconds: f64,
}

impl Sources {
    /// Counts one event.
    ///
    /// `skew_micros` is the claimed time minus the received one, if the event claims one.
    pub fn observe(
        &self,
        key: SourceKey<'_>,
        received: Timestamp,
        bytes: u64,
        unparsed: bool,
        skew_micros: Option<i64>,
    ) {
        let key = SourceKey {
            host: cut_host(key.host),
            ..key
        };
        change(&mut self.rows(), key, received, |row| {
            row.last_heard = row.last_heard.max(received);
            row.events = row.events.saturating_add(1);
            row.bytes = row.bytes.saturating_add(bytes);
            row.unparsed = row.unparsed.saturating_add(u64::from(unparsed));
            if let Some(micros) = skew_micros {
                row.skew = Some(moved(row.skew, seconds(micros)));
            }
        });
    }

    /// All rows, ordered by stream, transport, peer and host.
    pub fn snapshot(&self) -> Vec<SourceRow> {
        let mut listed: Vec<SourceRow> = self
            .rows()
            .iter()
            .map(|(key, row)| SourceRow {
                stream: key.stream.clone(),
                transport: key.transport,
                peer: key.peer,
                host: key.host.clone(),
                last_heard: row.last_heard,
                events: row.events,
                bytes: row.bytes,
                unparsed: row.unparsed,
                clock_skew_seconds: row.skew.map(|skew| skew.last_seconds),
                // Nobody reads more of an estimate than its milliseconds.
                clock_skew_smoothed_seconds: row
                    .skew
                    .map(|skew| (skew.smoothed_seconds * 1_000.0).round() / 1_000.0),
            })
            .collect();
        listed.sort_by(|a, b| {
            let order = |row: &SourceRow| (row.transport.name(), row.peer);
            (&a.stream, order(a), &a.host).cmp(&(&b.stream, order(b), &b.host))
        });
        listed
    }

    /// Adds rows that were kept over a restart to what was counted since.
    pub fn restore(&self, kept: &[SourceRow]) {
        let mut rows = self.rows();
        for from in kept {
            let key = SourceKey {
                stream: &from.stream,
                transport: from.transport,
                peer: from.peer,
                host: cut_host(&from.host),
            };
            let kept_skew = from.clock_skew_seconds.map(|last_seconds| Skew {
                last_seconds,
                smoothed_seconds: from.clock_skew_smoothed_seconds.unwrap_or(last_seconds),
            });
            change(&mut rows, key, from.last_heard, |row| {
                row.last_heard = row.last_heard.max(from.last_heard);
                row.events = row.events.saturating_add(from.events);
                row.bytes = row.bytes.saturating_add(from.bytes);
                row.unparsed = row.unparsed.saturating_add(from.unparsed);
                row.skew = row.skew.or(kept_skew);
            });
        }
    }

    fn rows(&self) -> MutexGuard<'_, HashMap<OwnedKey, Row>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Changes the row of a source, which is made if need be and if there is room.
fn change(
    rows: &mut HashMap<OwnedKey, Row>,
    key: SourceKey<'_>,
    received: Timestamp,
    apply: impl FnOnce(&mut Row),
) {
    if let Some(row) = rows.get_mut(&key) {
        return apply(row);
    }
    let key = if rows.len() < SOURCES_MAX {
        key
    } else {
        SourceKey {
            peer: None,
            host: OTHER,
            ..key
        }
    };
    let new = || Row {
        last_heard: received,
        events: 0,
        bytes: 0,
        unparsed: 0,
        skew: None,
    };
    apply(rows.entry(OwnedKey::from(&key)).or_insert_with(new));
}

fn cut_host(host: &str) -> &str {
    host.get(..host.floor_char_boundary(HOST_BYTES_MAX))
        .unwrap_or(host)
}

fn moved(skew: Option<Skew>, now_seconds: f64) -> Skew {
    let smoothed_seconds = skew.map_or(now_seconds, |skew| {
        let difference = now_seconds - skew.smoothed_seconds;
        let share = if difference > 0.0 {
            SMOOTHING_UP
        } else {
            SMOOTHING_DOWN
        };
        skew.smoothed_seconds + difference * share
    });
    Skew {
        last_seconds: now_seconds,
        smoothed_seconds,
    }
}

/// Microseconds as seconds; exact below some 285 years.
#[allow(clippy::cast_precision_loss)]
pub(super) fn seconds(micros: i64) -> f64 {
    micros as f64 / MICROS_PER_SECOND as f64
}

impl Hash for OwnedKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        SourceKey {
            stream: &self.stream,
            transport: self.transport,
            peer: self.peer,
            host: &self.host,
        }
        .hash(state);
    }
}

impl Hash for SourceKey<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.stream.hash(state);
        self.transport.hash(state);
        self.peer.hash(state);
        self.host.hash(state);
    }
}

impl Equivalent<OwnedKey> for SourceKey<'_> {
    fn equivalent(&self, key: &OwnedKey) -> bool {
        self.host == key.host
            && self.peer == key.peer
            && self.transport == key.transport
            && self.stream == key.stream
    }
}

impl From<&SourceKey<'_>> for OwnedKey {
    fn from(key: &SourceKey<'_>) -> Self {
        Self {
            stream: key.stream.to_owned(),
            transport: key.transport,
            peer: key.peer,
            host: key.host.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds).unwrap()
    }

    fn key<'a>(stream: &'a str, host: &'a str) -> SourceKey<'a> {
        SourceKey {
            stream,
            transport: Transport::Tcp,
            peer: Some(IpAddr::from([192, 0, 2, 1])),
            host,
        }
    }

    fn filled() -> Sources {
        let sources = Sources::default();
        sources.observe(key("a", "web1"), at(100), 10, false, Some(-2_000_000));
        sources.observe(key("a", "web1"), at(99), 20, true, Some(14_000_000));
        sources.observe(key("a", "db1"), at(50), 5, false, None);
        sources.observe(key("b", "web1"), at(60), 1, false, Some(0));
        sources
    }

    #[test]
    fn rows_sum_up_and_come_back_from_json() {
        let rows = filled().snapshot();
        let json = serde_json::to_string(&rows).unwrap();
        let expected = concat!(
            r#"[{"stream":"a","transport":"tcp","peer":"192.0.2.1","host":"db1","#,
            r#""last_heard":"1970-01-01T00:00:50Z","events":1,"bytes":5,"unparsed":0,"#,
            r#""clock_skew_seconds":null,"clock_skew_smoothed_seconds":null},"#,
            r#"{"stream":"a","transport":"tcp","peer":"192.0.2.1","host":"web1","#,
            r#""last_heard":"1970-01-01T00:01:40Z","events":2,"bytes":30,"unparsed":1,"#,
            r#""clock_skew_seconds":14.0,"clock_skew_smoothed_seconds":-1.0},"#,
            r#"{"stream":"b","transport":"tcp","peer":"192.0.2.1","host":"web1","#,
            r#""last_heard":"1970-01-01T00:01:00Z","events":1,"bytes":1,"unparsed":0,"#,
            r#""clock_skew_seconds":0.0,"clock_skew_smoothed_seconds":0.0}]"#,
        );
        assert_eq!(json, expected);

        let kept: Vec<SourceRow> = serde_json::from_str(&json).unwrap();
        let restored = Sources::default();
        restored.restore(&kept);
        assert_eq!(restored.snapshot(), rows);
        restored.observe(key("b", "web1"), at(70), 9, false, None);
        let row = restored.snapshot().pop().unwrap();
        assert_eq!((row.events, row.bytes, row.last_heard), (2, 10, at(70)));
    }

    #[test]
    fn logs_that_are_filled_in_later_are_no_clock_behind() {
        let sources = Sources::default();
        let observe = |count: u32, skew_seconds: i64| {
            for _ in 0..count {
                let skew = Some(skew_seconds * MICROS_PER_SECOND);
                sources.observe(key("a", "web1"), at(1), 1, false, skew);
            }
            sources.snapshot()[0].clock_skew_smoothed_seconds.unwrap()
        };
        assert!(observe(100, -1) > -1.5);
        // A day of old logs, a few of them.
        assert!(observe(50, -86_400) > -4_500.0);
        assert!(observe(200, -1) > -1.5);
        // A clock that is two hours behind shows in the end.
        assert!(observe(20_000, -7_200) < -7_000.0);
    }

    #[test]
    fn those_beyond_the_bound_share_a_row() {
        let sources = Sources::default();
        for number in 0..SOURCES_MAX + 500 {
            let host = format!("host{number}");
            sources.observe(key("a", &host), at(1), 1, false, None);
        }
        sources.observe(key("a", "host0"), at(2), 1, false, None);
        let rows = sources.snapshot();
        assert_eq!(rows.len(), SOURCES_MAX + 1);
        let other: Vec<_> = rows.iter().filter(|row| row.peer.is_none()).collect();
        assert_eq!(other.len(), 1);
        assert_eq!((other[0].host.as_str(), other[0].events), (OTHER, 500));
        let known = rows.iter().find(|row| row.host == "host0").unwrap();
        assert_eq!(known.events, 2);
    }

    #[test]
    fn a_long_host_name_is_cut() {
        let sources = Sources::default();
        sources.observe(key("a", &"å".repeat(400)), at(1), 1, false, None);
        assert_eq!(sources.snapshot()[0].host, "å".repeat(127));
    }
}
