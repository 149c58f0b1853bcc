//! Assets: what stands behind a host or an address, and how much depends on it.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use serde::Serialize;
use vakt_event::ecs;

use crate::coverage::LogKind;
use crate::detection::Detection;
use crate::glob::Glob;

/// Assets of a configuration.
pub const ASSETS_MAX: usize = 10_000;

/// Hosts and addresses of one asset.
pub const ASSET_NAMES_MAX: usize = 200;

/// Patterns and networks of all assets, which are tried one after the other for each alert; names and
/// single addresses are looked up.
pub const ASSET_PATTERNS_MAX: usize = 2_000;

/// How much depends on an asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Criticality {
    Low,
    /// That of whatever is no asset.
    #[default]
    Medium,
    High,
    Critical,
}

/// A machine or a group of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asset {
    pub name: String,
    /// Names of hosts, with `*` for any characters.
    pub hosts: Vec<String>,
    /// Addresses and networks.
    pub addresses: Vec<IpNet>,
    pub criticality: Criticality,
    pub owner: Option<String>,
    pub services: Vec<String>,
    /// The kinds of logs that it is expected to give; `None` is those that every asset is.
    pub expect: Option<Vec<LogKind>>,
    /// The kinds that everything it sends is of, whatever an event shows: a switch, a door.
    pub counts_as: Vec<LogKind>,
}

/// All assets, to be found by host and address.
#[derive(Clone, Debug, Default)]
pub struct Assets {
    assets: Vec<Asset>,
    by_host: HashMap<String, Vec<usize>>,
    by_address: HashMap<IpAddr, Vec<usize>>,
    patterns: Vec<(Glob, usize)>,
    networks: Vec<(IpNet, usize)>,
}

/// There are more than are tried for each alert.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the assets have {found} patterns and networks; {ASSET_PATTERNS_MAX} is the most: write names and \
     single addresses, of which there may be more"
)]
pub struct TooManyPatterns {
    found: usize,
}

impl Assets {
    pub fn new(assets: Vec<Asset>) -> Result<Self, TooManyPatterns> {
        let mut known = Self::default();
        for (index, asset) in assets.iter().enumerate() {
            for host in &asset.hosts {
                if host.contains('*') {
                    known.patterns.push((Glob::new(host), index));
                } else {
                    let found = known.by_host.entry(host.to_lowercase());
                    found.or_default().push(index);
                }
            }
            for network in &asset.addresses {
                if network.prefix_len() == network.max_prefix_len() {
                    known
                        .by_address
                        .entry(network.addr())
                        .or_default()
                        .push(index);
                } else {
                    known.networks.push((*network, index));
                }
            }
        }
        known.assets = assets;
        match known.patterns.len() + known.networks.len() {
            found if found > ASSET_PATTERNS_MAX => Err(TooManyPatterns { found }),
            _ => Ok(known),
        }
    }

    pub fn len(&self) -> usize {
        self.assets.len()
    }

    pub fn is_empty(&self) -> bool {
        self.assets.is_empty()
    }

    /// In the order of the configuration.
    pub fn iter(&self) -> impl Iterator<Item = &Asset> {
        self.assets.iter()
    }

    /// The most critical asset that has the host or the address; of equals the first.
    pub fn of(&self, name: &str) -> Option<&Asset> {
        self.all_of(name)
            .into_iter()
            .rev()
            .max_by_key(|asset| asset.criticality)
    }

    /// Whether an asset has the host or the address.
    pub fn has(&self, name: &str) -> bool {
        !self.all_of(name).is_empty()
    }

    /// All assets that have the host or the address, in the order of the configuration.
    pub(crate) fn all_of(&self, name: &str) -> Vec<&Asset> {
        let name = name.to_lowercase();
        let mut found: Vec<usize> = self.by_host.get(&name).cloned().unwrap_or_default();
        let patterns = self.patterns.iter();
        found.extend(
            patterns
                .filter(|(glob, _)| glob.matches(&name))
                .map(|it| it.1),
        );
        if let Ok(address) = name.parse::<IpAddr>() {
            let address = address.to_canonical();
            found.extend(self.by_address.get(&address).into_iter().flatten());
            let networks = self.networks.iter();
            found.extend(networks.filter(|it| it.0.contains(&address)).map(|it| it.1));
        }
        found.sort_unstable();
        found.dedup();
        found
            .iter()
            .filter_map(|index| self.assets.get(*index))
            .collect()
    }

    /// The most critical asset that a match concerns.
    pub(crate) fn of_match(&self, detection: &Detection) -> Option<&Asset> {
        if self.is_empty() {
            return None;
        }
        let found = whereabouts(detection).filter_map(|name| self.of(name));
        // Of equals the first.
        found.fold(None, |best: Option<&Asset>, asset| match best {
            Some(best) if best.criticality >= asset.criticality => Some(best),
            _ => Some(asset),
        })
    }
}

/// The hosts and addresses at which a match happened: not those that it came from.
pub(crate) fn places(detection: &Detection) -> impl Iterator<Item = &str> {
    let host = detection.completing.host.as_deref();
    let pairs = detection.entity.iter().chain(&detection.subjects);
    let at = pairs.filter(|(field, _)| {
        let is_host = field == ecs::HOST_NAME || field == "host.hostname" || field == "host.ip";
        is_host || field == ecs::DESTINATION_IP
    });
    host.into_iter().chain(at.map(|(_, value)| value.as_str()))
}

/// The hosts and addresses that a match names: where it happened, and from where.
pub(crate) fn whereabouts(detection: &Detection) -> impl Iterator<Item = &str> {
    let host = detection.completing.host.as_deref();
    let pairs = detection.entity.iter().chain(&detection.subjects);
    let named = pairs.filter(|(field, _)| {
        field == ecs::HOST_NAME || field.ends_with(".ip") || field == "host.hostname"
    });
    host.into_iter()
        .chain(named.map(|(_, value)| value.as_str()))
}

impl Criticality {
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Criticality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text is no criticality.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a criticality is one of low, medium, high, critical")]
pub struct UnknownCriticality;

impl FromStr for Criticality {
    type Err = UnknownCriticality;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|one| one.as_str() == text)
            .ok_or(UnknownCriticality)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_is_found_by_host_pattern_address_and_network() {
        let asset = |name: &str, hosts: &[&str], addresses: &[&str], criticality| Asset {
            name: name.to_owned(),
            hosts: hosts.iter().map(|&it| it.to_owned()).collect(),
            addresses: addresses.iter().map(|it| it.parse().unwrap()).collect(),
            criticality,
            ..Asset::default()
        };
        let assets = Assets::new(vec![
            asset("lab", &["*.lab"], &["10.0.0.0/8"], Criticality::Low),
            asset(
                "billing",
                &["DB1", "db-*"],
                &["10.1.0.7/32"],
                Criticality::Critical,
            ),
            asset("office", &["db-old"], &["2001:db8::/32"], Criticality::High),
        ])
        .unwrap();
        let check = |name: &str, expected: Option<&str>| {
            let found = assets.of(name).map(|asset| asset.name.as_str());
            assert_eq!(found, expected, "{name}");
        };
        check("db1", Some("billing"));
        check("DB1", Some("billing"));
        check("db2", None);
        check("db-2", Some("billing"));
        check("db-old", Some("billing"));
        check("db1.lab", Some("lab"));
        check("10.9.9.9", Some("lab"));
        check("10.1.0.7", Some("billing"));
        check("::ffff:10.1.0.7", Some("billing"));
        check("2001:db8::1", Some("office"));
        check("192.0.2.1", None);
    }

    #[test]
    fn patterns_are_bounded() {
        let one = Asset {
            hosts: vec!["a*".to_owned(); ASSET_PATTERNS_MAX + 1],
            ..Asset::default()
        };
        let error = Assets::new(vec![one]).unwrap_err().to_string();
        assert!(
            error.contains("2001 patterns and networks; 2000 is the most"),
            "{error}"
        );
    }
}
