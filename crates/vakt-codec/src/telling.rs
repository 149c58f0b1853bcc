//! The fields that tell decoding something (a time, a log source, a program): picked out in one
//! pass, so that the passes that look for one name each do not go over every field of an event.

use vakt_event::{Field, ecs};

/// More of them, and every field is looked at.
const PLACES_MAX: usize = 24;

/// The names that decoding looks for, beside those that begin as [`PREFIXES`] do.
const NAMES: &[&str] = &[
    "@timestamp",
    "TimeCreated_SystemTime",
    "TimeCreated",
    "eventTime",
    "timestamp",
    "Timestamp",
    "time",
    "ts",
    "datetime",
    "UtcTime",
    "SystemTime",
    "date",
    "programname",
    "ident",
    "appname",
    "program",
    "PROGRAM",
    "message",
    "MESSAGE",
    "msg",
    "log",
    "Channel",
    "eventSource",
    "eventVersion",
    "eventName",
    "_path",
    "apiVersion",
    "auditID",
    "host.os.type",
    ecs::EVENT_CODE,
    ecs::EVENT_DATASET,
    ecs::EVENT_CATEGORY,
    ecs::EVENT_TYPE,
    "event.created",
    ecs::PROCESS_NAME,
    "_COMM",
    ecs::SYSTEMD_UNIT,
    "_SYSTEMD_UNIT",
    "_TRANSPORT",
    "SYSLOG_IDENTIFIER",
    "SYSLOG_PID",
    ecs::VAKT_LOGSOURCE_PRODUCT,
    ecs::VAKT_LOGSOURCE_CATEGORY,
    ecs::VAKT_LOGSOURCE_SERVICE,
    "product",
    "category",
    "service",
    "__CURSOR",
];

/// `Event.System.…` and `EventID` with its kin, `winlog.…`, `log.syslog.…`.
const PREFIXES: &[u8] = b"Ewl";

/// For each first byte, the lengths (as bits, 63 and longer as the last one) of the names that
/// begin with it. What passes is looked at by its name: too much may pass, never too little.
static LENGTHS: [u64; 256] = lengths();

const fn lengths() -> [u64; 256] {
    let mut lengths = [0; 256];
    let mut at = 0;
    while at < NAMES.len() {
        let name = NAMES[at].as_bytes();
        lengths[name[0] as usize] |= length_bit(name.len());
        at += 1;
    }
    let mut at = 0;
    while at < PREFIXES.len() {
        lengths[PREFIXES[at] as usize] = u64::MAX;
        at += 1;
    }
    lengths
}

const fn length_bit(length: usize) -> u64 {
    1 << if length < 63 { length } else { 63 }
}

fn tells(name: &str) -> bool {
    let first = name
        .as_bytes()
        .first()
        .map_or(0, |first| usize::from(*first));
    LENGTHS.get(first).copied().unwrap_or(0) & length_bit(name.len()) != 0
}

/// The places of the telling fields, in order.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Telling {
    places: [usize; PLACES_MAX],
    count: usize,
    /// Fields that have been looked at.
    seen: usize,
}

impl Telling {
    /// Looks at the fields that were added since the last time.
    pub(crate) fn note(&mut self, fields: &[Field<'_>]) {
        let new = fields.get(self.seen..).unwrap_or_default();
        for (place, field) in (self.seen..).zip(new) {
            if tells(&field.name) {
                if let Some(free) = self.places.get_mut(self.count) {
                    *free = place;
                }
                self.count += 1;
            }
        }
        self.seen = fields.len();
    }

    /// The telling fields among those that were noted; all fields where there are too many.
    pub(crate) fn of<'e, 'a>(
        &'e self,
        fields: &'e [Field<'a>],
    ) -> impl Iterator<Item = &'e Field<'a>> + Clone {
        let (chosen, all) = match self.places.get(..self.count) {
            Some(places) => (places, &[] as &[_]),
            None => (&[] as &[_], fields),
        };
        let chosen = chosen.iter().filter_map(|place| fields.get(*place));
        chosen.chain(all)
    }
}

#[cfg(test)]
mod tests {
    use vakt_event::alias::ALIASES;
    use vakt_event::{Event, Value};

    use super::*;

    #[test]
    fn every_name_that_means_a_telling_one_is_picked() {
        // What is compared by its canonical name.
        let wanted = |name: &str| {
            matches!(name, ecs::PROCESS_NAME | ecs::SYSTEMD_UNIT) || name.starts_with("log.syslog.")
        };
        let aliases = ALIASES.iter().filter(|(_, target)| wanted(target));
        for name in NAMES.iter().chain(aliases.map(|(alias, _)| alias)) {
            assert!(tells(name), "{name}");
        }
        assert!(tells("log.syslog.structured_data.meta.sequenceId"));
        assert!(!tells("CommandLine") && !tells(""));
    }

    #[test]
    fn all_fields_are_looked_at_where_many_tell() {
        let names = |count: usize, of: usize| {
            let mut event = Event::default();
            let mut telling = Telling::default();
            for number in 0..count {
                let name = if number < of { "time" } else { "x" };
                event.added(name, Value::Null);
                telling.note(&event.fields);
            }
            telling.of(&event.fields).count()
        };
        assert_eq!(names(30, 3), 3);
        assert_eq!(names(30, PLACES_MAX), PLACES_MAX);
        assert_eq!(names(30, PLACES_MAX + 1), 30);
    }
}
