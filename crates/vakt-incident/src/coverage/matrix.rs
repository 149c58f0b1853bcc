//! Asset by kind: what is received, what is silent, what is missing and why.

use std::collections::BTreeMap;

use serde::Serialize;
use vakt_event::Timestamp;

use super::{GapReason, Kinds, LogKind, LogKinds, ReasonState, Signature};
use crate::asset::{Asset, Assets, Criticality};
use crate::calendar::HOUR_MICROS;

/// Hosts that are no asset's and are listed, those heard last first.
pub const UNKNOWN_HOSTS_MAX: usize = 500;

/// Hosts of an asset that are listed, and of a cell.
const HOSTS_MAX: usize = 50;

/// An asset is silent when nothing at all was heard of it for this long. A machine that runs says
/// something each day: its rotation of logs and its timers alone do.
const SILENT_HOURS: i64 = 24;

/// What was heard of a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    pub stream: String,
    /// What its events claim, or its address where they claim nothing.
    pub host: String,
    /// The address that they came from.
    pub peer: Option<String>,
    pub last: Timestamp,
    /// By the index of the kind.
    pub kinds: [Option<Seen>; 12],
}

/// Events of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    pub events: u64,
    pub last: Timestamp,
}

/// The whole matrix.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Matrix {
    pub computed_at: Timestamp,
    /// Since when events are counted by kind.
    pub counted_since: Option<Timestamp>,
    /// Hosts of no asset that were forgotten, because more are heard than are told apart.
    pub hosts_forgotten: u64,
    /// The version of the data of the kinds.
    pub version: String,
    /// BLAKE3 of [`Self::canonical`], which a review is signed over.
    pub hash: String,
    pub summary: Summary,
    pub kinds: Vec<KindShown>,
    pub assets: Vec<Row>,
    /// Who sends and is no asset, bounded.
    pub unknown_hosts: Vec<HostRow>,
    pub unknown_hosts_not_named: u64,
    /// The newest review; `None` where nobody has made one.
    pub signed: Option<Signature>,
}

/// A kind, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KindShown {
    pub kind: LogKind,
    pub point: char,
    pub sv: String,
    pub en: String,
    pub silent_hours: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    pub assets: u64,
    pub assets_silent: u64,
    /// Cells that are expected, and how they stand.
    pub expected: u64,
    pub received: u64,
    pub silent: u64,
    pub gaps_with_reason: u64,
    pub gaps_without_reason: u64,
    pub unknown_hosts: u64,
    /// A review was never signed, or more than a year ago.
    pub review_due: bool,
}

/// One asset.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    pub asset: String,
    pub criticality: Criticality,
    pub owner: Option<String>,
    pub services: Vec<String>,
    pub last_heard: Option<Timestamp>,
    /// Nothing at all was heard of it for a day, or ever (Annex 3.2.6).
    pub silent: bool,
    /// Who was heard, bounded.
    pub hosts: Vec<HostRow>,
    /// Names and single addresses of it of which nothing was ever heard; bounded.
    pub never_heard: Vec<String>,
    /// One for each kind, in their order.
    pub cells: Vec<Cell>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HostRow {
    pub host: String,
    pub stream: String,
    pub peer: Option<String>,
    pub last_heard: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cell {
    pub kind: LogKind,
    pub state: CellState,
    pub expected: bool,
    pub events: u64,
    pub last_seen: Option<Timestamp>,
    /// Hosts that gave it, bounded.
    pub hosts: Vec<String>,
    /// The reason in force, or one that has expired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<GapReason>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CellState {
    /// It came within the kind's time.
    Received,
    /// Expected, and it came, but not lately.
    Silent,
    /// Expected and missing or silent, for a documented reason.
    GapWithReason,
    /// Expected, and it never came.
    Gap,
    NotExpected,
}

impl CellState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Silent => "silent",
            Self::GapWithReason => "gap_with_reason",
            Self::Gap => "gap",
            Self::NotExpected => "not_expected",
        }
    }
}

impl Matrix {
    /// Puts together what was heard, what `assets` are expected to give, and the reasons that are in
    /// force or expired. Hosts belong to the assets that have their name; where they give none, to those that
    /// have the address that they send from. An address that sends what another host wrote is a relay's,
    /// and is credited with nothing.
    pub fn of(
        assets: &Assets,
        heard: &[Heard],
        reasons: &[GapReason],
        signed: Option<Signature>,
        data: &LogKinds,
        now: Timestamp,
    ) -> Self {
        let mut of_asset: BTreeMap<&str, Vec<&Heard>> = BTreeMap::new();
        let mut unknown: Vec<&Heard> = Vec::new();
        for one in heard {
            // Where nothing names a host, its name is the address that it sends from.
            let owners = assets.all_of(&one.host);
            if owners.is_empty() {
                unknown.push(one);
            }
            for owner in owners {
                of_asset.entry(&owner.name).or_default().push(one);
            }
        }
        let rows: Vec<Row> = assets
            .iter()
            .map(|asset| {
                let heard = of_asset.get(asset.name.as_str());
                row(asset, heard.map_or(&[], Vec::as_slice), reasons, data, now)
            })
            .collect();
        let mut summary = summary(&rows);
        let review_due = |signed: &Signature| now >= signed.due;
        summary.review_due = signed.as_ref().is_none_or(review_due);
        summary.unknown_hosts = count(unknown.len());
        unknown.sort_by_key(|one| std::cmp::Reverse(one.last));
        let not_named = unknown.len().saturating_sub(UNKNOWN_HOSTS_MAX);
        unknown.truncate(UNKNOWN_HOSTS_MAX);
        Self {
            computed_at: now,
            counted_since: None,
            hosts_forgotten: 0,
            version: data.version.clone(),
            hash: hash_of(&data.version, &rows),
            summary,
            kinds: data.kinds.iter().map(KindShown::of).collect(),
            assets: rows,
            unknown_hosts: unknown.into_iter().map(HostRow::of).collect(),
            unknown_hosts_not_named: count(not_named),
            signed,
        }
    }

    /// The same of those assets alone of which something was heard, for who sees some streams only: what
    /// others send, or do not, is not his to know.
    pub fn of_what_is_heard(mut self) -> Self {
        self.assets.retain(|row| !row.hosts.is_empty());
        self.summary = Summary {
            unknown_hosts: self.summary.unknown_hosts,
            review_due: self.summary.review_due,
            ..summary(&self.assets)
        };
        self.hash = hash_of(&self.version, &self.assets);
        self
    }

    /// What a review is signed over: the version of the data, and a line an asset with the state of each
    /// of its cells and the reasons. Counts and times are not in it: they change by the second.
    pub fn canonical(&self) -> String {
        canonical(&self.version, &self.assets)
    }
}

impl KindShown {
    fn of(data: &super::KindData) -> Self {
        Self {
            kind: data.kind,
            point: data.point,
            sv: data.sv.clone(),
            en: data.en.clone(),
            silent_hours: data.silent_hours,
        }
    }
}

impl HostRow {
    fn of(heard: &Heard) -> Self {
        Self {
            host: heard.host.clone(),
            stream: heard.stream.clone(),
            peer: heard.peer.clone(),
            last_heard: heard.last,
        }
    }
}

fn row(
    asset: &Asset,
    heard: &[&Heard],
    reasons: &[GapReason],
    data: &LogKinds,
    now: Timestamp,
) -> Row {
    let last_heard = heard.iter().map(|one| one.last).max();
    let silent_since = now.saturating_add_micros(-SILENT_HOURS * HOUR_MICROS);
    let cells = data.kinds.iter().map(|kind| {
        let own = |reason: &&GapReason| reason.asset == asset.name && reason.kind == kind.kind;
        // The newest of those that are not ended.
        let reasons = reasons.iter().filter(own);
        let reason = reasons.max_by_key(|reason| reason.created_at);
        cell(asset, heard, reason, kind, now)
    });
    let names = asset.hosts.iter().filter(|host| !host.contains('*'));
    let addresses = asset.addresses.iter();
    let single = addresses.filter(|net| net.prefix_len() == net.max_prefix_len());
    let named = names
        .cloned()
        .chain(single.map(|net| net.addr().to_string()));
    let is_heard = |name: &str| {
        heard.iter().any(|one| {
            one.host.eq_ignore_ascii_case(name)
                || one.peer.as_deref().is_some_and(|peer| peer == name)
        })
    };
    let mut hosts: Vec<&&Heard> = heard.iter().collect();
    hosts.sort_by_key(|one| std::cmp::Reverse(one.last));
    Row {
        asset: asset.name.clone(),
        criticality: asset.criticality,
        owner: asset.owner.clone(),
        services: asset.services.clone(),
        last_heard,
        silent: last_heard.is_none_or(|last| last < silent_since),
        hosts: hosts
            .into_iter()
            .take(HOSTS_MAX)
            .map(|one| HostRow::of(one))
            .collect(),
        never_heard: named
            .filter(|name| !is_heard(name))
            .take(HOSTS_MAX)
            .collect(),
        cells: cells.collect(),
    }
}

fn cell(
    asset: &Asset,
    heard: &[&Heard],
    reason: Option<&GapReason>,
    data: &super::KindData,
    now: Timestamp,
) -> Cell {
    let kind = data.kind;
    let counts_as: Kinds = asset.counts_as.iter().copied().collect();
    let mut cell = Cell {
        kind,
        state: CellState::NotExpected,
        expected: match &asset.expect {
            Some(expected) => expected.contains(&kind),
            None => data.expected,
        },
        events: 0,
        last_seen: None,
        hosts: Vec::new(),
        reason: reason.cloned(),
    };
    for one in heard {
        let seen = one.kinds.get(kind.index()).copied().flatten();
        let last = match counts_as.contains(kind) {
            true => Some(one.last),
            false => seen.map(|seen| seen.last),
        };
        if last.is_some() {
            cell.events = cell
                .events
                .saturating_add(seen.map_or(0, |seen| seen.events));
            cell.last_seen = cell.last_seen.max(last);
            if cell.hosts.len() < HOSTS_MAX {
                cell.hosts.push(one.host.clone());
            }
        }
    }
    let silent = i64::from(data.silent_hours).saturating_mul(HOUR_MICROS);
    let lately = now.saturating_add_micros(-silent);
    let explained = reason.is_some_and(|reason| reason.state == ReasonState::InForce);
    cell.state = match cell.last_seen {
        Some(last) if last >= lately => CellState::Received,
        _ if !cell.expected => CellState::NotExpected,
        _ if explained => CellState::GapWithReason,
        Some(_) => CellState::Silent,
        None => CellState::Gap,
    };
    cell
}

fn summary(rows: &[Row]) -> Summary {
    let mut summary = Summary {
        assets: count(rows.len()),
        assets_silent: count(rows.iter().filter(|row| row.silent).count()),
        ..Summary::default()
    };
    let cells = rows.iter().flat_map(|row| &row.cells);
    for cell in cells.filter(|cell| cell.expected) {
        summary.expected += 1;
        match cell.state {
            CellState::Received => summary.received += 1,
            CellState::Silent => summary.silent += 1,
            CellState::GapWithReason => summary.gaps_with_reason += 1,
            CellState::Gap => summary.gaps_without_reason += 1,
            CellState::NotExpected => {}
        }
    }
    summary
}

fn hash_of(version: &str, rows: &[Row]) -> String {
    let hash = blake3::hash(canonical(version, rows).as_bytes());
    hash.to_hex().to_string()
}

fn canonical(version: &str, rows: &[Row]) -> String {
    let mut text = format!("kinds {version}\n");
    for row in rows {
        // As JSON, so that no name can look like two lines.
        text.push_str(&serde_json::Value::from(row.asset.as_str()).to_string());
        for cell in &row.cells {
            let reason = cell.reason.as_ref();
            let reason = reason.filter(|_| cell.state == CellState::GapWithReason);
            text.push_str(&format!(
                " {}{}{}",
                cell.state.as_str(),
                if reason.is_some() { ":" } else { "" },
                reason.map_or("", |reason| &reason.id)
            ));
        }
        text.push('\n');
    }
    text
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
