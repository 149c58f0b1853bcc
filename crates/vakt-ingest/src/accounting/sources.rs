//! Who has sent, when last, how much, and how wrong their clocks are.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hashbrown::{Equivalent, HashMap, HashSet};
use serde::{Deserialize, Serialize};
use vakt_event::time::MICROS_PER_SECOND;
use vakt_event::{Source, Timestamp, Transport};

/// Sources that are told apart. Claimed host names are the sender's to choose, so there must be a
/// bound; where it is reached, those that were not heard for the longest time are forgotten, and what they
/// sent is counted in a row of their peer named `other`, or, of peers of which nothing else is left, in one
/// of their stream and transport.
pub const SOURCES_MAX: usize = 10_000;

/// Rows of expected sources that are never forgotten: their names and streams are the sender's to claim, too.
const EXPECTED_MAX: usize = 1_000;

/// So many are forgotten at once: looking for them goes through all.
const FORGOTTEN_AT_ONCE: usize = SOURCES_MAX / 10;

/// The host of the row of those that were forgotten.
pub(super) const OTHER: &str = "other";

/// Frames are stored a little out of order, but not by an hour: a row that was heard so much later than what
/// comes now was heard under a clock that was ahead.
const AHEAD_MICROS: i64 = 3600 * MICROS_PER_SECOND;

/// That sources are forgotten is said this often at most: whoever invents names reaches the bound again and again.
const SAID_EVERY: Duration = Duration::from_secs(3600);

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

/// Whether a source is one that is never forgotten.
type IsExpected = Box<dyn Fn(&SourceKey<'_>) -> bool + Send + Sync>;

/// The table; shared by whoever decodes, and read by pages and metrics.
pub struct Sources {
    table: Mutex<Table>,
    is_expected: IsExpected,
}

#[derive(Default)]
struct Table {
    rows: HashMap<OwnedKey, Row>,
    /// Rows of expected sources.
    expected: usize,
    said: Option<Instant>,
}

impl Default for Sources {
    fn default() -> Self {
        Self::expecting(|_| false)
    }
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
    is_expected: bool,
}

#[derive(Clone, Copy, Debug)]
struct Skew {
    last_seconds: f64,
    smoothed_seconds: f64,
}

impl Sources {
    /// A table in which the sources that fit stay, however many there are.
    pub fn expecting(is_expected: impl Fn(&SourceKey<'_>) -> bool + Send + Sync + 'static) -> Self {
        Self {
            table: Mutex::default(),
            is_expected: Box::new(is_expected),
        }
    }

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
        self.table()
            .change(&self.is_expected, key, received, |row| {
                row.last_heard = match row.last_heard.micros_since(received) > AHEAD_MICROS {
                    true => received,
                    false => row.last_heard.max(received),
                };
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
            .table()
            .rows
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

    /// Adds rows that were kept over a restart to what was counted since. A row that was heard after `now` was
    /// counted under a clock that was ahead: it was heard now at the latest.
    pub fn restore(&self, kept: &[SourceRow], now: Timestamp) {
        let mut table = self.table();
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
            let last_heard = from.last_heard.min(now);
            table.change(&self.is_expected, key, last_heard, |row| {
                row.last_heard = row.last_heard.max(last_heard);
                row.events = row.events.saturating_add(from.events);
                row.bytes = row.bytes.saturating_add(from.bytes);
                row.unparsed = row.unparsed.saturating_add(from.unparsed);
                row.skew = row.skew.or(kept_skew);
            });
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Changes the row of a source, which is made if need be.
    fn change(
        &mut self,
        is_expected: &IsExpected,
        key: SourceKey<'_>,
        received: Timestamp,
        apply: impl FnOnce(&mut Row),
    ) {
        if let Some(row) = self.rows.get_mut(&key) {
            return apply(row);
        }
        let is_expected = self.expected < EXPECTED_MAX && is_expected(&key);
        self.expected += usize::from(is_expected);
        if self.rows.len() >= SOURCES_MAX && !is_expected {
            self.forget();
        }
        let mut row = Row::new(received);
        row.is_expected = is_expected;
        apply(&mut row);
        self.rows.insert(OwnedKey::from(&key), row);
    }

    /// Makes room: those go that were not heard for the longest time, never one that is expected. Rows for what
    /// others sent take their counts, so that the sums of a peer do not fall while anything of it is left.
    fn forget(&mut self) {
        let stays = |key: &OwnedKey, row: &Row| row.is_expected || is_of_others(key);
        let rows = self.rows.iter().filter(|(key, row)| !stays(key, row));
        let mut heard: Vec<Timestamp> = rows.map(|(_, row)| row.last_heard).collect();
        let count = FORGOTTEN_AT_ONCE.min(heard.len());
        let Some(last) = count.checked_sub(1) else {
            return;
        };
        let (before, last, _) = heard.select_nth_unstable(last);
        let last = *last;
        // Of those at the same instant as the last one, as many as there is need to.
        let mut left = count - before.iter().filter(|at| **at < last).count();
        let gone: Vec<(OwnedKey, Row)> = self
            .rows
            .extract_if(|key, row| match row.last_heard.cmp(&last) {
                _ if stays(key, row) => false,
                Ordering::Less => true,
                Ordering::Equal if left > 0 => {
                    left -= 1;
                    true
                }
                _ => false,
            })
            .collect();
        let peers: HashSet<(String, Transport, Option<IpAddr>)> =
            self.rows.keys().map(OwnedKey::peer_key).collect();
        for (key, row) in gone {
            let others = OwnedKey {
                peer: key.peer.filter(|_| peers.contains(&key.peer_key())),
                host: OTHER.to_owned(),
                ..key
            };
            let of_others = self.rows.entry(others);
            let of_others = of_others.or_insert_with(|| Row::new(row.last_heard));
            of_others.last_heard = of_others.last_heard.max(row.last_heard);
            of_others.events = of_others.events.saturating_add(row.events);
            of_others.bytes = of_others.bytes.saturating_add(row.bytes);
            of_others.unparsed = of_others.unparsed.saturating_add(row.unparsed);
        }
        if self.said.is_none_or(|said| said.elapsed() >= SAID_EVERY) {
            self.said = Some(Instant::now());
            tracing::warn!(
                bound = SOURCES_MAX,
                "more sources send than are told apart: those not heard for the longest time are counted as \
                 `other` (no expected ones); see in `vakt sources` who invents names"
            );
        }
    }
}

impl OwnedKey {
    fn peer_key(&self) -> (String, Transport, Option<IpAddr>) {
        (self.stream.clone(), self.transport, self.peer)
    }
}

impl Row {
    fn new(received: Timestamp) -> Self {
        Self {
            last_heard: received,
            events: 0,
            bytes: 0,
            unparsed: 0,
            skew: None,
            is_expected: false,
        }
    }
}

fn is_of_others(key: &OwnedKey) -> bool {
    key.peer.is_none() && key.host == OTHER
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
        restored.restore(&kept, at(1_000));
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
    fn those_not_heard_for_longest_make_room_and_expected_ones_stay() {
        let sources = Sources::expecting(|key| key.host.starts_with("dc"));
        sources.observe(key("a", "dc1"), at(1), 1, false, None);
        for (number, second) in (0..SOURCES_MAX + 500).zip(2..) {
            let host = format!("host{number}");
            sources.observe(key("a", &host), at(second), 1, false, None);
        }
        // Heard when the table was full of others.
        sources.observe(key("a", "dc2"), at(1), 1, false, None);
        sources.observe(key("a", "new"), at(1_000_000), 1, false, None);
        let rows = sources.snapshot();
        assert!(rows.len() <= SOURCES_MAX + 2, "{}", rows.len());
        let is_there = |host: &str| rows.iter().any(|row| row.host == host);
        for (host, expected) in [
            ("dc1", true),
            ("dc2", true),
            ("new", true),
            ("host0", false),
            ("host998", false),
            ("host2000", true),
            ("host10499", true),
        ] {
            assert_eq!(is_there(host), expected, "{host}");
        }
        let events: u64 = rows.iter().map(|row| row.events).sum();
        assert_eq!(events, SOURCES_MAX as u64 + 503);
        // Its peer is still heard, so that it keeps what was counted of it.
        let other: Vec<_> = rows.iter().filter(|row| row.host == OTHER).collect();
        assert_eq!(other.len(), 1);
        assert_eq!(other[0].peer, key("a", "").peer);
        assert!(other[0].events >= 500, "{}", other[0].events);
    }

    #[test]
    fn nobody_is_heard_in_the_future() {
        let rows = filled().snapshot();
        let restored = Sources::default();
        restored.restore(&rows, at(55));
        let heard = restored.snapshot();
        let heard: Vec<Timestamp> = heard.iter().map(|row| row.last_heard).collect();
        assert_eq!(heard, [at(50), at(55), at(55)]);
        // Nor when the clock is right again while we run.
        let ahead = Sources::default();
        ahead.observe(key("a", "web1"), at(400 * 86_400), 1, false, None);
        ahead.observe(key("a", "web1"), at(100), 1, false, None);
        assert_eq!(ahead.snapshot()[0].last_heard, at(100));
    }

    #[test]
    fn whoever_claims_to_be_expected_takes_no_more_than_a_bound() {
        let sources = Sources::expecting(|_| true);
        for (number, second) in (0..2 * SOURCES_MAX).zip(1..) {
            let host = format!("host{number}");
            sources.observe(key("a", &host), at(second), 1, false, None);
        }
        let rows = sources.snapshot();
        assert!(rows.len() <= SOURCES_MAX + 2, "{}", rows.len());
        assert!(rows.iter().any(|row| row.host == "host0"));
    }

    #[test]
    fn a_long_host_name_is_cut() {
        let sources = Sources::default();
        sources.observe(key("a", &"å".repeat(400)), at(1), 1, false, None);
        assert_eq!(sources.snapshot()[0].host, "å".repeat(127));
    }
}
