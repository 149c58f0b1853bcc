//! Which kinds of logs (Annex 3.2.3) each host has sent, how many events, and when last.
//!
//! It is told of every event, so it costs a look at the event's fields and one in a table. Events of
//! drills are not counted: they come from no asset.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hashbrown::{Equivalent, HashMap};
use prometheus::IntCounter;
use serde::{Deserialize, Serialize};
use vakt_event::{Event, Source, Timestamp, ecs};
use vakt_incident::asset::Assets;
use vakt_incident::coverage::{Heard, LogKind, Seen, Sieve};

/// Hosts that are told apart, by stream, name and address. Names are the sender's to choose, so there
/// must be a bound; beyond it those are forgotten of which nothing was heard for the longest time, those of
/// no asset first. Two megabytes.
const HOSTS_MAX: usize = 10_000;

/// Hosts that are forgotten at one time, so that a flood of names does not look at all of them for each.
const FORGOTTEN_AT_ONCE: usize = 1_000;

/// That hosts are forgotten is said this often at most: whoever invents names reaches the bound again and again.
const SAID_EVERY: Duration = Duration::from_secs(3600);

/// Names are cut here: the limit of a name in the DNS (RFC 1035, 2.3.4).
const HOST_BYTES_MAX: usize = 255;

const KINDS: usize = LogKind::ALL.len();

/// The table; filled by detection, read by pages.
#[derive(Default)]
pub struct SeenKinds {
    assets: Arc<Assets>,
    /// Counts hosts that are forgotten, where there is a registry.
    forgotten: Option<IntCounter>,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    rows: HashMap<OwnedKey, Row>,
    /// The first event that was counted.
    since: Option<Timestamp>,
    /// Hosts that were forgotten.
    forgotten: u64,
    said: Option<Instant>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key<'a> {
    stream: &'a str,
    host: &'a str,
    peer: Option<IpAddr>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct OwnedKey {
    stream: String,
    host: String,
    peer: Option<IpAddr>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Row {
    last: Timestamp,
    /// Whether it is a host of an asset, by the configuration of the start.
    is_of_asset: bool,
    kinds: [Option<Seen>; KINDS],
}

/// The table as the records keep it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptKinds {
    /// Microseconds since the epoch.
    #[serde(default)]
    pub since: Option<i64>,
    #[serde(default)]
    pub forgotten: u64,
    #[serde(default)]
    pub rows: Vec<KeptRow>,
}

/// A host: its kinds as letters of the Annex, which stay where names change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptRow {
    pub stream: String,
    pub host: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<IpAddr>,
    /// Microseconds since the epoch.
    pub last: i64,
    /// Index of the kind, events, and the last one's microseconds.
    pub kinds: Vec<(usize, u64, i64)>,
}

impl SeenKinds {
    /// A table in which hosts of these assets have room before all others.
    pub fn of(assets: Arc<Assets>, forgotten: Option<IntCounter>) -> Self {
        Self {
            assets,
            forgotten,
            table: Mutex::default(),
        }
    }

    /// How many hosts were forgotten, because there was no room.
    pub fn forgotten(&self) -> u64 {
        self.table().forgotten
    }

    /// Counts an event that was received at `received`.
    pub fn observe(&self, event: &Event<'_>, source: &Source, received: Timestamp) {
        if source.drill {
            return;
        }
        let kinds = Sieve::embedded().of(event);
        let host = event.text(ecs::HOST_NAME).unwrap_or_default();
        let key = Key {
            stream: &source.stream,
            host: cut(host),
            peer: source.peer,
        };
        let mut table = self.table();
        table.since.get_or_insert(received);
        let forgotten = table.forgotten;
        table.change(&self.assets, key, |row| {
            row.last = row.last.max(received);
            for kind in kinds.iter() {
                row.add(kind.index(), 1, received);
            }
        });
        if let Some(counter) = &self.forgotten {
            counter.inc_by(table.forgotten.saturating_sub(forgotten));
        }
    }

    /// What was heard of each host, in the order of stream, name and address; and since when it is
    /// counted.
    pub fn heard(&self) -> (Vec<Heard>, Option<Timestamp>) {
        let table = self.table();
        let mut heard: Vec<Heard> = table
            .rows
            .iter()
            .map(|(key, row)| Heard {
                stream: key.stream.clone(),
                host: key.shown_host(),
                peer: key.peer.map(|peer| peer.to_canonical().to_string()),
                last: row.last,
                kinds: row.kinds,
            })
            .collect();
        let since = table.since;
        drop(table);
        heard.sort_by(|a, b| (&a.stream, &a.host, &a.peer).cmp(&(&b.stream, &b.host, &b.peer)));
        (heard, since)
    }

    pub fn kept(&self) -> KeptKinds {
        let table = self.table();
        let mut rows: Vec<KeptRow> = table
            .rows
            .iter()
            .map(|(key, row)| KeptRow {
                stream: key.stream.clone(),
                host: key.host.clone(),
                peer: key.peer,
                last: row.last.micros(),
                kinds: row
                    .kinds
                    .iter()
                    .enumerate()
                    .filter_map(|(index, seen)| {
                        seen.map(|seen| (index, seen.events, seen.last.micros()))
                    })
                    .collect(),
            })
            .collect();
        let since = table.since.map(Timestamp::micros);
        let forgotten = table.forgotten;
        drop(table);
        rows.sort_by(|a, b| (&a.stream, &a.host, a.peer).cmp(&(&b.stream, &b.host, b.peer)));
        KeptKinds {
            since,
            forgotten,
            rows,
        }
    }

    /// Adds what was kept to what was counted since.
    pub fn restore(&self, kept: &KeptKinds) {
        let instant = |micros: i64| Timestamp::default().saturating_add_micros(micros);
        let mut table = self.table();
        if let Some(since) = kept.since.map(instant) {
            table.since = Some(table.since.map_or(since, |known| known.min(since)));
        }
        table.forgotten = table.forgotten.saturating_add(kept.forgotten);
        for from in &kept.rows {
            let key = Key {
                stream: &from.stream,
                host: cut(&from.host),
                peer: from.peer,
            };
            table.change(&self.assets, key, |row| {
                row.last = row.last.max(instant(from.last));
                for (index, events, last) in &from.kinds {
                    row.add(*index, *events, instant(*last));
                }
            });
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Changes the row of a host, which is made if need be.
    fn change(&mut self, assets: &Assets, key: Key<'_>, apply: impl FnOnce(&mut Row)) {
        if let Some(row) = self.rows.get_mut(&key) {
            return apply(row);
        }
        if self.rows.len() >= HOSTS_MAX {
            self.forget();
        }
        let key = OwnedKey::from(&key);
        let mut row = Row {
            is_of_asset: assets.has(&key.shown_host()),
            ..Row::default()
        };
        apply(&mut row);
        self.rows.insert(key, row);
    }

    /// Makes room: hosts of no asset go first, of them those that were not heard for the longest time.
    fn forget(&mut self) {
        let order = |row: &Row| (row.is_of_asset, row.last);
        let mut all: Vec<_> = self.rows.values().map(order).collect();
        let (before, last, _) = all.select_nth_unstable(FORGOTTEN_AT_ONCE - 1);
        let last = *last;
        let before = before.iter().filter(|it| **it < last).count();
        // Of those at the same instant as the last one, as many as there is need to.
        let mut left = FORGOTTEN_AT_ONCE.saturating_sub(before);
        let rows = self.rows.len();
        self.rows.retain(|_, row| match order(row).cmp(&last) {
            Ordering::Less => false,
            Ordering::Equal if left > 0 => {
                left -= 1;
                false
            }
            _ => true,
        });
        let gone = rows - self.rows.len();
        self.forgotten = self
            .forgotten
            .saturating_add(u64::try_from(gone).unwrap_or(u64::MAX));
        if self.said.is_none_or(|said| said.elapsed() >= SAID_EVERY) {
            self.said = Some(Instant::now());
            tracing::warn!(
                bound = HOSTS_MAX,
                forgotten = self.forgotten,
                "more hosts send than coverage tells apart: those not heard for the longest time are forgotten"
            );
        }
    }
}

impl Row {
    /// Events of the kind with this index, of which the last came at `last`.
    fn add(&mut self, index: usize, events: u64, last: Timestamp) {
        if let Some(seen) = self.kinds.get_mut(index) {
            let seen = seen.get_or_insert(Seen { events: 0, last });
            seen.events = seen.events.saturating_add(events);
            seen.last = seen.last.max(last);
        }
    }
}

impl OwnedKey {
    /// Its name, or the address that it sends from.
    fn shown_host(&self) -> String {
        match (self.host.is_empty(), self.peer) {
            (true, Some(peer)) => peer.to_canonical().to_string(),
            _ => self.host.clone(),
        }
    }
}

impl From<&Key<'_>> for OwnedKey {
    fn from(key: &Key<'_>) -> Self {
        Self {
            stream: key.stream.to_owned(),
            host: key.host.to_owned(),
            peer: key.peer,
        }
    }
}

impl Hash for OwnedKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let key = Key {
            stream: &self.stream,
            host: &self.host,
            peer: self.peer,
        };
        key.hash(state);
    }
}

impl Equivalent<OwnedKey> for Key<'_> {
    fn equivalent(&self, key: &OwnedKey) -> bool {
        self.stream == key.stream && self.host == key.host && self.peer == key.peer
    }
}

fn cut(host: &str) -> &str {
    host.get(..host.floor_char_boundary(HOST_BYTES_MAX))
        .unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use vakt_event::Transport;
    use vakt_incident::asset::Asset;

    fn source(stream: &str, peer: &str) -> Source {
        Source {
            stream: stream.to_owned(),
            transport: Transport::Tcp,
            listener: "tcp".to_owned(),
            peer: peer.parse().ok(),
            zone: None,
            drill: false,
        }
    }

    fn event(host: &str, category: &str) -> Event<'static> {
        let mut event = Event::default();
        event.sent(ecs::HOST_NAME, host.to_owned());
        event.added(ecs::EVENT_CATEGORY, category.to_owned());
        event
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::default().saturating_add_micros(seconds * 1_000_000)
    }

    #[test]
    fn hosts_and_kinds_are_counted_and_kept_over_a_restart() {
        let seen = SeenKinds::default();
        let web = source("default", "192.0.2.1");
        seen.observe(&event("web1", "authentication"), &web, at(10));
        seen.observe(&event("web1", "authentication"), &web, at(5));
        seen.observe(&event("web1", "iam"), &web, at(7));
        seen.observe(&Event::default(), &web, at(8));
        let mut drill = web.clone();
        drill.drill = true;
        seen.observe(&event("drill", "iam"), &drill, at(9));
        let again = SeenKinds::default();
        let kept: KeptKinds =
            serde_json::from_slice(&serde_json::to_vec(&seen.kept()).unwrap()).unwrap();
        again.restore(&kept);
        assert_eq!(again.kept(), seen.kept());
        let (heard, since) = again.heard();
        let shown: Vec<_> = heard
            .iter()
            .map(|it| {
                let of = |kind: LogKind| it.kinds[kind.index()].map(|it| (it.events, it.last));
                (
                    it.host.as_str(),
                    it.last,
                    of(LogKind::Authentication),
                    of(LogKind::AccountChanges),
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("192.0.2.1", at(8), None, None),
                ("web1", at(10), Some((2, at(10))), Some((1, at(7)))),
            ]
        );
        // The first that came, though it was not the earliest.
        assert_eq!(since, Some(at(10)));
    }

    /// Ten thousand names that somebody made up filled the table for ever, and a login on an asset was not
    /// seen any more.
    #[test]
    fn a_flood_of_names_pushes_out_no_host_of_an_asset_and_is_said() {
        let asset = Asset {
            name: "db".to_owned(),
            hosts: vec!["db*".to_owned()],
            ..Asset::default()
        };
        let seen = SeenKinds::of(Arc::new(Assets::new(vec![asset]).unwrap()), None);
        let sender = source("default", "192.0.2.1");
        seen.observe(&event("db1", "iam"), &sender, at(1));
        seen.observe(&event("old", "iam"), &sender, at(2));
        for number in 0..HOSTS_MAX {
            seen.observe(&event(&format!("h{number}"), "iam"), &sender, at(10));
        }
        seen.observe(&event("db2", "iam"), &sender, at(11));
        let (heard, _) = seen.heard();
        assert!(heard.len() <= HOSTS_MAX);
        let has = |host: &str| heard.iter().any(|it| it.host == host);
        assert!(has("db1") && has("db2") && !has("old"));
        assert_eq!(seen.forgotten(), 1_000);
        let again = SeenKinds::default();
        again.restore(&seen.kept());
        assert_eq!(again.forgotten(), 1_000);
    }
}
