//! Windows events: Sysmon and Security, flat as collectors send them and nested as dumps of event
//! logs have them. Their mix and the repetition of their values are those of public recordings of
//! attacks and of the noise around them.

mod event;
mod facts;
mod message;

use super::pools::{HOSTS, Pools};
use crate::random::Random;

pub(crate) use event::WindowsEvent;

/// The id of a script's text: of ordinary events the one that may be very long.
pub(crate) const SCRIPT_BLOCK: u16 = 4104;

/// Of a hundred events.
const MIX: [(u64, u16); 10] = [
    (45, 10),
    (13, 12),
    (12, 7),
    (8, 13),
    (4, 3),
    (4, 11),
    (3, 1),
    (4, 4663),
    (4, 4624),
    (3, 4688),
];

pub(super) fn flat(random: Random, line: &mut dyn FnMut(String) -> bool) {
    let mut windows = Windows::new(random);
    while line(windows.event().flat()) {}
}

pub(super) fn nested(random: Random, line: &mut dyn FnMut(String) -> bool) {
    let mut windows = Windows::new(random);
    while line(windows.event().nested()) {}
}

/// Every command line is new; without `Message`, as many collectors send it.
pub(super) fn process_creations(random: Random, line: &mut dyn FnMut(String) -> bool) {
    let mut windows = Windows::new(random);
    while line({
        let id = if windows.random.below(3) == 0 {
            4688
        } else {
            1
        };
        let mut event = windows.of_id(id);
        event.message.clear();
        event.flat()
    }) {}
}

/// Events of an installation.
pub(crate) struct Windows {
    pub(crate) random: Random,
    pools: Pools,
    made: u64,
}

impl Windows {
    pub(crate) fn new(mut random: Random) -> Self {
        Self {
            pools: Pools::new(&mut random),
            random,
            made: 0,
        }
    }

    /// The next event of the mix.
    pub(crate) fn event(&mut self) -> WindowsEvent {
        let mut at = self.random.below(MIX.iter().map(|(share, _)| share).sum());
        let mut chosen = MIX[0].1;
        for (share, id) in MIX {
            chosen = id;
            match at.checked_sub(share) {
                Some(rest) => at = rest,
                None => break,
            }
        }
        self.of_id(chosen)
    }

    /// The next event of an id of the mix.
    pub(crate) fn of_id(&mut self, id: u16) -> WindowsEvent {
        self.made += 1;
        let ms = self.made * 7;
        let clock = format!(
            "2026-11-24 {:02}:{:02}:{:02}.{:03}",
            ms / 3_600_000 % 24,
            ms / 60_000 % 60,
            ms / 1000 % 60,
            ms % 1000
        );
        let host = format!("WS{:02}.corp.example", self.random.index(HOSTS));
        let facts = self.facts(id, &clock);
        let (message, data) = match id {
            0..256 => (message::sysmon(id, &facts), facts),
            SCRIPT_BLOCK => (String::new(), facts),
            _ => (message::security(id, &facts), facts),
        };
        let data = data.into_iter();
        WindowsEvent {
            id,
            host,
            time: format!("{}Z", clock.replace(' ', "T")),
            record: 1_000_000 + self.made,
            message,
            data: data.map(|(name, value)| (name.to_owned(), value)).collect(),
        }
    }

    fn facts(&mut self, id: u16, clock: &str) -> Facts {
        match id {
            1 => self.process(clock),
            3 => self.connection(clock),
            7 => self.image_load(clock),
            10 => self.access(clock),
            11 => self.file_creation(clock),
            12 | 13 => self.registry(id, clock),
            4624 => self.logon(),
            4688 => self.new_process(),
            SCRIPT_BLOCK => vec![
                ("ScriptBlockText", self.script(1_000)),
                ("ScriptBlockId", self.guid()),
            ],
            _ => self.object_access(),
        }
    }
}

/// Names and values of an event's data.
type Facts = Vec<(&'static str, String)>;
