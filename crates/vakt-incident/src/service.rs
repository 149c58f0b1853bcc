//! The service map: what the organisation provides, as what, to how many, and what says that it is
//! away.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::asset::whereabouts;
use crate::detection::Detection;
use crate::glob::Glob;
use crate::significance::{Kind, Quantity};

/// Services of a configuration: each is looked at by itself.
pub const SERVICES_MAX: usize = 500;

/// Rules, hosts, customers or countries of one service.
pub const SERVICE_NAMES_MAX: usize = 200;

/// Characters of a service's name: it stands in titles and facts.
pub const SERVICE_CHARS_MAX: usize = 100;

/// A service that the organisation provides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Service {
    pub name: String,
    /// Ids of the types as which it is provided; none is those of the organisation.
    pub entity_types: Vec<String>,
    /// Its users in the Union, what shares are of; `None` where that is not known.
    pub users_eu: Option<Quantity>,
    pub customers: Vec<String>,
    /// Where it is provided, ISO 3166.
    pub countries: Vec<String>,
    /// The machines that it stands on: names with `*`, addresses, or names of assets.
    pub hosts: Vec<String>,
    /// Ids of rules a match of which says what the service is.
    pub down: Vec<String>,
    pub limited: Vec<String>,
    pub slow: Vec<String>,
    pub up: Vec<String>,
}

/// The member of a fact's `fields` that names its service.
pub(crate) const SERVICE_FIELD: &str = "service";

/// What something says of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Says {
    Away(Kind),
    Up,
}

/// All services, to be found by name and by rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Services {
    all: Vec<Service>,
    by_rule: HashMap<String, Vec<(usize, Says)>>,
}

impl Says {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Away(kind) => kind.as_str(),
            Self::Up => "up",
        }
    }
}

impl std::str::FromStr for Says {
    type Err = crate::significance::UnknownKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "up" => Ok(Self::Up),
            kind => kind.parse().map(Self::Away),
        }
    }
}

impl Services {
    pub fn new(all: Vec<Service>) -> Self {
        let mut by_rule: HashMap<String, Vec<(usize, Says)>> = HashMap::new();
        for (index, service) in all.iter().enumerate() {
            for (rules, says) in [
                (&service.down, Says::Away(Kind::Complete)),
                (&service.limited, Says::Away(Kind::Limited)),
                (&service.slow, Says::Away(Kind::Slow)),
                (&service.up, Says::Up),
            ] {
                for rule in rules {
                    by_rule.entry(rule.clone()).or_default().push((index, says));
                }
            }
        }
        Self { all, by_rule }
    }

    pub fn all(&self) -> &[Service] {
        &self.all
    }

    pub fn get(&self, name: &str) -> Option<&Service> {
        self.all.iter().find(|service| service.name == name)
    }

    /// What a match says of services. A rule that one service alone names speaks of that, wherever
    /// it matched; one that several name speaks of those on whose hosts it matched.
    pub(crate) fn said(&self, detection: &Detection) -> Vec<(&Service, Says)> {
        let Some(named) = self.by_rule.get(&detection.rule_id) else {
            return Vec::new();
        };
        let services = named
            .iter()
            .map(|(index, says)| (self.all.get(*index), *says));
        let services = services.filter_map(|(service, says)| Some((service?, says)));
        let is_alone = named
            .iter()
            .all(|(index, _)| Some(index) == named.first().map(|it| &it.0));
        services
            .filter(|(service, _)| is_alone || service.stands_on(detection))
            .collect()
    }
}

impl Service {
    fn stands_on(&self, detection: &Detection) -> bool {
        whereabouts(detection).any(|place| {
            let place = place.to_lowercase();
            self.hosts
                .iter()
                .any(|host| Glob::new(host).matches(&place))
        })
    }
}
