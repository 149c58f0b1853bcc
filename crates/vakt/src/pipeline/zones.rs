//! Time zones by name, looked up once.

use std::borrow::Cow;
use std::collections::HashMap;

use jiff::tz::TimeZone;
use vakt_event::Source;

/// Zones that sources name; as many as the configuration has, so no further bound is needed.
pub(super) struct Zones {
    system: TimeZone,
    named: HashMap<String, TimeZone>,
}

impl Default for Zones {
    fn default() -> Self {
        Self {
            system: TimeZone::system(),
            named: HashMap::new(),
        }
    }
}

/// `source` with the zone that its times are read in, wherever they are read later.
pub(super) fn with_zone(source: &Source) -> Cow<'_, Source> {
    let zone = match &source.zone {
        Some(_) => None,
        None => TimeZone::system().iana_name().map(str::to_owned),
    };
    match zone {
        Some(zone) => Cow::Owned(Source {
            zone: Some(zone),
            ..source.clone()
        }),
        None => Cow::Borrowed(source),
    }
}

impl Zones {
    /// The zone of that name; this machine's own for `None` or a name that the time-zone data of
    /// this release no longer has.
    pub(super) fn get(&mut self, name: Option<&str>) -> &TimeZone {
        let Some(name) = name else {
            return &self.system;
        };
        if !self.named.contains_key(name) {
            let zone = TimeZone::get(name).unwrap_or_else(|_| self.system.clone());
            self.named.insert(name.to_owned(), zone);
        }
        self.named.get(name).unwrap_or(&self.system)
    }
}
