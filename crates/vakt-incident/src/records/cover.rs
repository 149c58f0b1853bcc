//! What covers a match: a suppression that hides it, or planned work that explains it.
//!
//! Each is judged by what is known with the match (its position in the journal, when its event was
//! received, when it was made) and by what was recorded by then, never by the time of day: the same
//! match has the same cover whenever it is applied.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{Connection, params};
use vakt_event::{JournalPosition, Timestamp};

use super::{Records, StoredEvents, maintenance, suppressions};
use crate::asset::{Assets, places};
use crate::condition::{Condition, Told, told_event};
use crate::detection::{Detection, Evidence};
use crate::error::Result;
use crate::glob::Glob;
use crate::maintenance::{MAINTENANCE_LEVEL, Window};
use crate::service::Service;
use crate::suppression::{SUPPRESSIONS_ACTIVE_MAX, Suppression};

/// The conditions of suppressions, compiled, by the id of the suppression: a recorded one never changes.
pub(super) type Conditions = HashMap<String, Option<Arc<Condition>>>;

/// What covers one match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cover {
    Nothing,
    Suppression {
        id: String,
    },
    /// `is_quiet`: it opens no draft and is told to nobody.
    Maintenance {
        id: String,
        is_quiet: bool,
    },
}

impl Cover {
    pub(super) fn suppression(&self) -> Option<&str> {
        match self {
            Self::Suppression { id } => Some(id),
            _ => None,
        }
    }

    pub(super) fn maintenance(&self) -> Option<&str> {
        match self {
            Self::Maintenance { id, .. } => Some(id),
            _ => None,
        }
    }

    pub(super) fn is_quiet(&self) -> bool {
        match self {
            Self::Nothing => false,
            Self::Suppression { .. } => true,
            Self::Maintenance { is_quiet, .. } => *is_quiet,
        }
    }

    /// One more match is covered.
    pub(super) fn count(&self, records: &Connection) -> Result<()> {
        match self {
            Self::Nothing => Ok(()),
            Self::Suppression { id } => suppressions::hid(records, id),
            Self::Maintenance { id, .. } => {
                records
                    .prepare_cached("UPDATE maintenance SET covered = covered + 1 WHERE id = ?1")?
                    .execute(params![id])?;
                Ok(())
            }
        }
    }
}

/// What may cover the matches of a batch.
pub(super) struct Covers<'c> {
    suppressions: Vec<(Suppression, Option<Arc<Condition>>)>,
    windows: Vec<(Window, Places)>,
    assets: &'c Assets,
}

impl<'c> Covers<'c> {
    pub(super) fn of(
        records: &Connection,
        owner: &'c Records,
        detections: &[Detection],
    ) -> Result<Self> {
        let found_at = detections.iter().map(|one| one.found_at).min();
        let detected_at = detections.iter().map(|one| one.detected_at).min();
        let received = detections.iter().map(|one| one.completing.received);
        let mut covers = Self {
            suppressions: Vec::new(),
            windows: Vec::new(),
            assets: &owner.settings.assets,
        };
        let (Some(found_at), Some(detected_at)) = (found_at, detected_at) else {
            return Ok(covers);
        };
        let found = suppressions::in_force(records, found_at, detected_at)?;
        covers.suppressions = owner.compiled(found);
        let windows = maintenance::since(records, received.min().unwrap_or_default())?;
        covers.windows = windows
            .into_iter()
            .map(|window| {
                let places = Places::of(&window);
                (window, places)
            })
            .collect();
        Ok(covers)
    }

    /// The oldest suppression that hides the match; else the first window that it falls into.
    pub(super) fn cover(&self, detection: &Detection, stored: &StoredEvents<'_>) -> Cover {
        let mut event = None;
        for (suppression, condition) in &self.suppressions {
            if !is_in_force(suppression, detection.found_at, detection.detected_at)
                || !suppression
                    .scope
                    .names(&detection.rule_id, &detection.stream)
            {
                continue;
            }
            let hides = match condition {
                None => suppression.scope.condition.is_none(),
                Some(condition) => {
                    let read = || completing(detection, stored);
                    let event = event.get_or_insert_with(read);
                    // What cannot be looked at is seen.
                    event
                        .as_ref()
                        .is_some_and(|it| condition.holds(&told(detection, it)))
                }
            };
            if hides {
                let id = suppression.id.clone();
                return Cover::Suppression { id };
            }
        }
        let received = detection.completing.received;
        let window = self.windows.iter().find(|(window, places)| {
            window.from <= received
                && received < window.covers_until()
                && (window.scope.matches).names(&detection.rule_id, &detection.stream)
                && places.have(detection, self.assets)
        });
        match window {
            None => Cover::Nothing,
            Some((window, _)) => Cover::Maintenance {
                id: window.id.clone(),
                is_quiet: detection.level < MAINTENANCE_LEVEL && !detection.counts_in_maintenance,
            },
        }
    }
}

impl Records {
    /// Each with its condition, which is compiled once.
    fn compiled(&self, found: Vec<Suppression>) -> Vec<(Suppression, Option<Arc<Condition>>)> {
        let mut known = self.conditions();
        if known.len() > 2 * SUPPRESSIONS_ACTIVE_MAX {
            known.clear();
        }
        let with_condition = |suppression: Suppression| {
            let compiled = known.entry(suppression.id.clone()).or_insert_with(|| {
                // A fault is shown with the suppression, which then hides nothing.
                suppression.scope.compile().ok().flatten().map(Arc::new)
            });
            let compiled = compiled.clone();
            (suppression, compiled)
        };
        found.into_iter().map(with_condition).collect()
    }
}

fn is_in_force(
    suppression: &Suppression,
    found_at: JournalPosition,
    detected_at: Timestamp,
) -> bool {
    found_at >= suppression.begins
        && suppression.ends.is_none_or(|ends| found_at < ends)
        && detected_at < suppression.expires_at
}

/// The records of the completing event; `None` where one of them cannot be read.
fn completing(detection: &Detection, stored: &StoredEvents<'_>) -> Option<Vec<Evidence>> {
    let records = detection.completing.records.iter();
    records.map(|position| stored(*position)).collect()
}

fn told(detection: &Detection, records: &[Evidence]) -> vakt_event::Event<'static> {
    let told = Told {
        rule_id: &detection.rule_id,
        rule_title: &detection.rule_title,
        stream: &detection.stream,
        host: detection.completing.host.as_deref(),
        entity: &detection.entity,
    };
    told_event(&told, records)
}

/// Whether a window is of planned work on a service: it names the service, or all that it stands on,
/// or everything.
pub(super) fn covers_service(
    window: &Window,
    service: &Service,
    stream: &str,
    assets: &Assets,
) -> bool {
    let scope = &window.scope;
    let streams = &scope.matches.streams;
    let is_of_rules = !scope.matches.rules.is_empty() || scope.matches.condition.is_some();
    if is_of_rules || !(streams.is_empty() || streams.iter().any(|it| it == stream)) {
        return false;
    }
    let places = Places::of(window);
    let has = |host: &String| places.names.contains(host) || places.has(host, assets);
    scope.hosts.is_empty()
        || scope.hosts.contains(&service.name)
        || (!service.hosts.is_empty() && service.hosts.iter().all(has))
}

/// The hosts of a window, ready to be compared.
struct Places {
    globs: Vec<Glob>,
    networks: Vec<ipnet::IpNet>,
    /// As they are written: names of assets, too.
    names: Vec<String>,
}

impl Places {
    fn of(window: &Window) -> Self {
        let names = window.scope.hosts.clone();
        Self {
            globs: names.iter().map(|name| Glob::new(name)).collect(),
            networks: names.iter().filter_map(|name| name.parse().ok()).collect(),
            names,
        }
    }

    fn have(&self, detection: &Detection, assets: &Assets) -> bool {
        self.names.is_empty() || places(detection).any(|place| self.has(place, assets))
    }

    fn has(&self, place: &str, assets: &Assets) -> bool {
        let lower = place.to_lowercase();
        let address = lower.parse::<std::net::IpAddr>().ok();
        let in_network = |address: std::net::IpAddr| {
            let address = address.to_canonical();
            self.networks
                .iter()
                .any(|network| network.contains(&address))
        };
        self.globs.iter().any(|glob| glob.matches(&lower))
            || address.is_some_and(in_network)
            || assets
                .all_of(place)
                .iter()
                .any(|asset| self.names.contains(&asset.name))
    }
}
