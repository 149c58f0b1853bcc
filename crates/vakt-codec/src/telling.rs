//! The fields that tell decoding something (a time, a log source, a program): picked out in one
//! pass, with what each says, so that the passes that look for one thing each do not go over every
//! field of an event, and compare no names.

use vakt_event::alias::{canonical, without_envelope};
use vakt_event::{Field, ecs};

/// More of them, and every field is looked at. What an event tells is handed on by value: it should be small.
const TALES_MAX: usize = 16;

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

/// Whether a name may tell something.
fn may_tell(name: &str) -> bool {
    let first = name
        .as_bytes()
        .first()
        .map_or(0, |first| usize::from(*first));
    LENGTHS.get(first).copied().unwrap_or(0) & length_bit(name.len()) != 0
}

/// What fields of a name say, a bit for each; a name may say several things.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Roles(u32);

impl Roles {
    pub(crate) const CHANNEL: Self = Self(1);
    pub(crate) const EVENT_ID: Self = Self(1 << 1);
    pub(crate) const EVENT_TYPE: Self = Self(1 << 2);
    pub(crate) const EVENT_SOURCE: Self = Self(1 << 3);
    pub(crate) const EVENT_VERSION: Self = Self(1 << 4);
    pub(crate) const EVENT_NAME: Self = Self(1 << 5);
    pub(crate) const ZEEK_PATH: Self = Self(1 << 6);
    pub(crate) const ZEEK_TIME: Self = Self(1 << 7);
    pub(crate) const API_VERSION: Self = Self(1 << 8);
    pub(crate) const AUDIT_ID: Self = Self(1 << 9);
    pub(crate) const DATASET: Self = Self(1 << 10);
    pub(crate) const SYSTEM: Self = Self(1 << 11);
    /// ECS's, not that of a log source.
    pub(crate) const ECS_CATEGORY: Self = Self(1 << 12);
    pub(crate) const ECS_TYPE: Self = Self(1 << 13);
    /// All of the above, which show log sources.
    pub(crate) const SIGNS: Self = Self((1 << 14) - 1);
    /// `vakt.logsource.…`
    pub(crate) const DECLARED: [Self; 3] = [Self(1 << 14), Self(1 << 15), Self(1 << 16)];
    /// The bare words `product`, `category`, `service`.
    pub(crate) const BARE: [Self; 3] = [Self(1 << 17), Self(1 << 18), Self(1 << 19)];
    /// A text for people, in the order in which they are looked for.
    pub(crate) const MESSAGES: [Self; 4] =
        [Self(1 << 20), Self(1 << 21), Self(1 << 22), Self(1 << 23)];
    /// Where collectors put the syslog tag of a message that they forward as JSON.
    pub(crate) const FORWARDED_PROGRAM: Self = Self(1 << 24);
    pub(crate) const APPNAME: Self = Self(1 << 25);
    pub(crate) const PROCESS_NAME: Self = Self(1 << 26);
    pub(crate) const UNIT: Self = Self(1 << 27);
    /// An entry of journald, as `journalctl -o json` writes it.
    pub(crate) const CURSOR: Self = Self(1 << 28);
    /// A part of a syslog message or of an entry of journald.
    pub(crate) const TRANSPORT: Self = Self(1 << 29);

    const NONE: Self = Self(0);

    /// Whether one of these is among them.
    pub(crate) const fn has(self, wanted: Self) -> bool {
        self.0 & wanted.0 != 0
    }

    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn of(name: &str) -> Self {
        let inside = match without_envelope(name) {
            "Channel" | "winlog.channel" => Self::CHANNEL,
            "EventID" | "EventId" | "EventID.#text" | "winlog.event_id" | ecs::EVENT_CODE => {
                Self::EVENT_ID
            }
            "EventType" => Self::EVENT_TYPE,
            "eventSource" => Self::EVENT_SOURCE,
            "eventVersion" => Self::EVENT_VERSION,
            "eventName" => Self::EVENT_NAME,
            "_path" => Self::ZEEK_PATH,
            "ts" => Self::ZEEK_TIME,
            "apiVersion" => Self::API_VERSION,
            "auditID" => Self::AUDIT_ID,
            ecs::EVENT_DATASET => Self::DATASET,
            "host.os.type" => Self::SYSTEM,
            ecs::EVENT_CATEGORY => Self::ECS_CATEGORY,
            ecs::EVENT_TYPE => Self::ECS_TYPE,
            _ => Self::NONE,
        };
        let very = match name {
            ecs::VAKT_LOGSOURCE_PRODUCT => Self::DECLARED[0],
            ecs::VAKT_LOGSOURCE_CATEGORY => Self::DECLARED[1],
            ecs::VAKT_LOGSOURCE_SERVICE => Self::DECLARED[2],
            "product" => Self::BARE[0],
            "category" => Self::BARE[1],
            "service" => Self::BARE[2],
            ecs::MESSAGE => Self::MESSAGES[0],
            "MESSAGE" => Self::MESSAGES[1],
            "msg" => Self::MESSAGES[2],
            "log" => Self::MESSAGES[3],
            // rsyslog, Fluent Bit, Vector, syslog-ng.
            "programname" | "ident" | "appname" | "program" | "PROGRAM" => Self::FORWARDED_PROGRAM,
            "__CURSOR" => Self::CURSOR,
            "_TRANSPORT" => Self::TRANSPORT,
            _ => Self::NONE,
        };
        let meant = match canonical(name) {
            ecs::LOG_SYSLOG_APPNAME => Self::APPNAME.or(Self::TRANSPORT),
            ecs::SYSTEMD_UNIT => Self::UNIT.or(Self::TRANSPORT),
            ecs::PROCESS_NAME => Self::PROCESS_NAME,
            name if name.starts_with("log.syslog.") => Self::TRANSPORT,
            _ => Self::NONE,
        };
        inside.or(very).or(meant)
    }
}

/// What a field tells by its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tale {
    pub(crate) roles: Roles,
    /// How much its time is trusted, most first.
    pub(crate) time: Option<u8>,
}

impl Tale {
    const NONE: Self = Self {
        roles: Roles::NONE,
        time: None,
    };

    /// `None` where it tells nothing.
    fn of(name: &str) -> Option<Self> {
        if !may_tell(name) {
            return None;
        }
        let tale = Self {
            roles: Roles::of(name),
            time: time_rank(without_envelope(name)),
        };
        (tale != Self::NONE).then_some(tale)
    }
}

/// Where the time of an event stands, most trusted first. ECS, then what loggers write, then Windows
/// (the record's own time before Sysmon's), then cloud audit logs.
fn time_rank(name: &str) -> Option<u8> {
    Some(match name {
        ecs::TIMESTAMP => 0,
        "TimeCreated_SystemTime" => 1,
        "TimeCreated" => 2,
        "winlog.time_created" => 3,
        "eventTime" => 4,
        "timestamp" => 5,
        "Timestamp" => 6,
        "time" => 7,
        "ts" => 8,
        "datetime" => 9,
        "UtcTime" => UTC_TIME_RANK,
        "SystemTime" => 11,
        "EventTime" => 12,
        "event.created" => 13,
        "date" => 14,
        _ => return None,
    })
}

/// Sysmon's time has no offset and is UTC.
pub(crate) const UTC_TIME_RANK: u8 = 10;

/// The place of a telling field, and its [`Tale`] in fewer bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Noted {
    roles: Roles,
    place: u16,
    /// One more than the rank; 0 for none.
    time: u8,
}

impl Noted {
    const NONE: Self = Self {
        roles: Roles::NONE,
        place: 0,
        time: 0,
    };

    fn new(place: u16, tale: Tale) -> Self {
        Self {
            roles: tale.roles,
            place,
            time: tale.time.map_or(0, |rank| rank + 1),
        }
    }

    fn tale(self) -> Tale {
        Tale {
            roles: self.roles,
            time: self.time.checked_sub(1),
        }
    }
}

/// The telling fields, in order.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Telling {
    tales: [Noted; TALES_MAX],
    count: usize,
    /// Of them all.
    roles: Roles,
    /// Fields that have been looked at.
    seen: usize,
}

/// Of no field.
static NOTHING: Telling = Telling {
    tales: [Noted::NONE; TALES_MAX],
    count: 0,
    roles: Roles::NONE,
    seen: 0,
};

impl Telling {
    /// Looks at the fields that were added since the last time.
    pub(crate) fn note(&mut self, fields: &[Field<'_>]) {
        let new = fields.get(self.seen..).unwrap_or_default();
        for (place, field) in (self.seen..).zip(new) {
            if let Some(tale) = Tale::of(&field.name) {
                self.roles = self.roles.or(tale.roles);
                let free = self.tales.get_mut(self.count);
                match (free, u16::try_from(place)) {
                    (Some(free), Ok(place)) => {
                        *free = Noted::new(place, tale);
                        self.count += 1;
                    }
                    _ => self.count = TALES_MAX + 1,
                }
            }
        }
        self.seen = fields.len();
    }

    /// The telling fields among those that were noted, with what they tell; all telling fields where
    /// there are many.
    pub(crate) fn of<'e, 'a>(
        &'e self,
        fields: &'e [Field<'a>],
    ) -> impl Iterator<Item = (Tale, &'e Field<'a>)> + Clone {
        let (chosen, all) = match self.tales.get(..self.count) {
            Some(tales) => (tales, &[] as &[_]),
            None => (&[] as &[_], fields),
        };
        let chosen = chosen
            .iter()
            .filter_map(|noted| Some((noted.tale(), fields.get(usize::from(noted.place))?)));
        let all = all
            .iter()
            .filter_map(|field| Some((Tale::of(&field.name)?, field)));
        chosen.chain(all)
    }

    /// Those of [`Self::of`] that have one of these roles.
    pub(crate) fn with<'e, 'a>(
        &'e self,
        fields: &'e [Field<'a>],
        roles: Roles,
    ) -> impl Iterator<Item = &'e Field<'a>> + Clone {
        // Most roles are nobody's.
        let telling = match self.roles.has(roles) {
            true => self.of(fields),
            false => NOTHING.of(&[]),
        };
        telling.filter_map(move |(tale, field)| tale.roles.has(roles).then_some(field))
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
            assert!(Tale::of(name).is_some(), "{name}");
        }
        assert!(Tale::of("log.syslog.structured_data.meta.sequenceId").is_some());
        assert!(Tale::of("CommandLine").is_none() && Tale::of("").is_none());
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
        assert_eq!(names(30, TALES_MAX), TALES_MAX);
        assert_eq!(names(30, TALES_MAX + 1), TALES_MAX + 1);
    }
}
