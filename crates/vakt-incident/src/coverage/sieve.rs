//! Which kinds of logs an event is of.
//!
//! It is asked about every event that arrives. So it looks at an event's fields once, at those alone
//! whose name's length is one of a field that decides, and at a value in a table; only what is found
//! there is tried further.

use std::collections::HashMap;
use std::sync::LazyLock;

use vakt_event::alias::{synonyms, without_envelope};
use vakt_event::{Event, LogSource, ecs};

use super::data::LogKinds;
use super::{Kinds, LogKind};
use crate::glob::Glob;

/// Longer values decide nothing; a name of a program, category or action is shorter.
const VALUE_BYTES_MAX: usize = 64;

/// The field in which an event names its kinds itself.
const DECLARED: &str = "vakt.log_kind";

const LOG_SOURCE: &str = "log_source.";

/// Tells the kinds of events.
#[derive(Debug)]
pub struct Sieve {
    /// The fields that decide which alternatives are tried.
    fields: Vec<Deciding>,
    /// A bit for each length of their names.
    lengths: u64,
    /// The same for the parts of log sources: product, category, service.
    log_sources: [HashMap<String, Vec<Alternative>>; 3],
}

#[derive(Debug)]
struct Deciding {
    name: String,
    /// By value, in lower case.
    values: HashMap<String, Vec<Alternative>>,
}

#[derive(Clone, Debug)]
struct Alternative {
    kind: LogKind,
    /// What must hold, too.
    rest: Vec<Test>,
}

#[derive(Clone, Debug)]
enum Test {
    Field(String, Vec<Glob>),
    LogSource(usize, Vec<Glob>),
}

impl Sieve {
    /// By the data that is compiled in.
    pub fn embedded() -> &'static Self {
        static EMBEDDED: LazyLock<Sieve> = LazyLock::new(|| Sieve::new(LogKinds::embedded()));
        &EMBEDDED
    }

    pub fn new(data: &LogKinds) -> Self {
        let mut sieve = Self {
            fields: Vec::new(),
            lengths: 0,
            log_sources: Default::default(),
        };
        for kind in &data.kinds {
            sieve.add(DECLARED, &[kind.kind.as_str().to_owned()], kind.kind, &[]);
            for alternative in &kind.shown_by {
                let (name, values) = &alternative.0;
                sieve.add(name, values, kind.kind, &alternative.1);
            }
        }
        sieve
    }

    fn add(
        &mut self,
        name: &str,
        values: &[String],
        kind: LogKind,
        rest: &[(String, Vec<String>)],
    ) {
        let rest: Vec<Test> = rest.iter().map(Test::of).collect();
        let alternative = Alternative { kind, rest };
        if let Some(part) = part_of(name) {
            if let Some(table) = self.log_sources.get_mut(part) {
                enter(table, values, &alternative);
            }
            return;
        }
        for name in synonyms(name) {
            let index = match self.fields.iter().position(|field| field.name == name) {
                Some(index) => index,
                None => {
                    self.lengths |= length_bit(name);
                    self.fields.push(Deciding {
                        name: name.to_owned(),
                        values: HashMap::new(),
                    });
                    self.fields.len() - 1
                }
            };
            if let Some(field) = self.fields.get_mut(index) {
                enter(&mut field.values, values, &alternative);
            }
        }
    }

    /// The kinds of `event`.
    pub fn of(&self, event: &Event<'_>) -> Kinds {
        let mut kinds = Kinds::default();
        for field in &event.fields {
            let name = without_envelope(&field.name);
            if self.lengths & length_bit(name) == 0 {
                continue;
            }
            let deciding = self.fields.iter().find(|it| it.name == name);
            if let Some(deciding) = deciding {
                decide(&deciding.values, field.value.text(), event, &mut kinds);
            }
        }
        for shown in &event.log_sources {
            for (table, part) in self.log_sources.iter().zip(parts(shown)) {
                if let Some(value) = part {
                    decide(table, value, event, &mut kinds);
                }
            }
        }
        kinds
    }
}

fn enter(
    table: &mut HashMap<String, Vec<Alternative>>,
    values: &[String],
    alternative: &Alternative,
) {
    for value in values {
        let found = table.entry(value.to_lowercase()).or_default();
        found.push(alternative.clone());
    }
}

/// Adds the kinds of the alternatives that `value` begins, where the rest of each holds.
fn decide(
    table: &HashMap<String, Vec<Alternative>>,
    value: &str,
    event: &Event<'_>,
    kinds: &mut Kinds,
) {
    if value.is_empty() || value.len() > VALUE_BYTES_MAX {
        return;
    }
    let found = if value.bytes().any(|byte| byte.is_ascii_uppercase()) {
        table.get(&value.to_ascii_lowercase())
    } else {
        table.get(value)
    };
    for alternative in found.into_iter().flatten() {
        let is_new = !kinds.contains(alternative.kind);
        if is_new && alternative.rest.iter().all(|test| test.holds(event)) {
            kinds.add(alternative.kind);
        }
    }
}

impl Test {
    fn of((name, values): &(String, Vec<String>)) -> Self {
        let globs = values.iter().map(|value| Glob::new(value)).collect();
        match part_of(name) {
            Some(part) => Self::LogSource(part, globs),
            None => Self::Field(name.clone(), globs),
        }
    }

    fn holds(&self, event: &Event<'_>) -> bool {
        match self {
            Self::Field(name, globs) => {
                let is_one = |text: &str| {
                    let text = text.to_lowercase();
                    globs.iter().any(|glob| glob.matches(&text))
                };
                // What a program writes is its message; where there is none it is the whole.
                if name == ecs::MESSAGE && !event.has(name) {
                    return is_one(&event.original);
                }
                event.values(name).any(|value| is_one(value.text()))
            }
            Self::LogSource(part, globs) => event.log_sources.iter().any(|shown| {
                let word = parts(shown).get(*part).copied().flatten();
                let word = word.map(str::to_lowercase).unwrap_or_default();
                globs.iter().any(|glob| glob.matches(&word))
            }),
        }
    }
}

fn parts<'s>(shown: &'s LogSource<'_>) -> [Option<&'s str>; 3] {
    [
        shown.product.as_deref(),
        shown.category.as_deref(),
        shown.service.as_deref(),
    ]
}

/// Which part of a log source a field names.
fn part_of(name: &str) -> Option<usize> {
    let part = name.strip_prefix(LOG_SOURCE)?;
    ["product", "category", "service"]
        .iter()
        .position(|known| *known == part)
}

/// Names of 63 bytes and more share the last bit.
fn length_bit(name: &str) -> u64 {
    1 << name.len().min(63)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_shows_its_kinds() {
        let check = |fields: &[(&str, &str)], log_source: LogSource<'static>, expected: &[&str]| {
            let mut event = Event::default();
            for (name, value) in fields {
                event.sent((*name).to_owned(), (*value).to_owned());
            }
            event.log_sources.push(log_source);
            let found: Vec<&str> = Sieve::embedded()
                .of(&event)
                .iter()
                .map(LogKind::as_str)
                .collect();
            assert_eq!(found, expected, "{fields:?}");
        };
        let none = || LogSource::default();
        let windows = || LogSource::of("windows", "", "security");
        check(
            &[("event.category", "authentication")],
            none(),
            &["authentication"],
        );
        check(&[("process.name", "SUDO")], none(), &["privileged_actions"]);
        check(
            &[("event.category", "session"), ("event.category", "iam")],
            LogSource::of("linux", "", "syslog"),
            &[
                "account_changes",
                "system_access",
                "event_and_security_logs",
            ],
        );
        // A number means something together with its product alone.
        check(&[("EventID", "4625")], none(), &[]);
        check(
            &[("EventID", "4625")],
            windows(),
            &["authentication", "event_and_security_logs"],
        );
        check(
            &[("Event.System.EventID", "4625")],
            windows(),
            &["authentication", "event_and_security_logs"],
        );
        check(
            &[("winlog.event_id", "1102")],
            windows(),
            &["event_and_security_logs", "log_control"],
        );
        check(
            &[
                ("process.name", "kernel"),
                ("message", "[UFW BLOCK] IN=eth0 OUT= SRC=192.0.2.1"),
            ],
            none(),
            &["network_traffic"],
        );
        check(
            &[
                ("process.name", "kernel"),
                ("message", "usb 1-1: new device"),
            ],
            none(),
            &[],
        );
        check(
            &[("event.category", "file"), ("file.path", "/etc/passwd")],
            none(),
            &["configuration_and_backup"],
        );
        check(
            &[("event.category", "file"), ("file.path", "/home/a")],
            none(),
            &[],
        );
        check(
            &[("vakt.log_kind", "physical_access")],
            none(),
            &["physical_access"],
        );
        check(&[("process.name", &"x".repeat(100))], none(), &[]);
        check(&[], none(), &[]);
    }
}
