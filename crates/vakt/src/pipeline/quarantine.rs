//! Events whose processing panics: tried again, then passed over, so that what comes after them is
//! still found.
//!
//! A panic is a fault of ours, and the event that meets it is stored and stays in the journal. It
//! must not stand in the way of all others for ever: after `PANICS_MAX` panics at one position a
//! consumer goes on behind it, says so and counts it.

use std::collections::BTreeMap;

use prometheus::IntCounter;
use vakt_event::JournalPosition;

/// Panics at one position after which it is passed over. More than one, because state that was left
/// from earlier events may be what is broken, and is built anew.
const PANICS_MAX: u32 = 3;

/// Positions whose panics are remembered. Passed ones are not met again while the daemon runs,
/// except a few after a failure; the lowest go first.
const POSITIONS_MAX: usize = 10_000;

/// What to do with the event at a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Care {
    Whole,
    /// It was passed over; what it holds may still be remembered for later events.
    Lightly,
    /// Even that panicked.
    PassOver,
}

/// The events that one consumer could not process.
pub struct Quarantine {
    consumer: &'static str,
    quarantined: IntCounter,
    /// The event that is being processed.
    at: Option<JournalPosition>,
    panics: BTreeMap<JournalPosition, u32>,
}

impl Quarantine {
    /// `quarantined` counts the events that are passed over.
    pub fn new(consumer: &'static str, quarantined: IntCounter) -> Self {
        Self {
            consumer,
            quarantined,
            at: None,
            panics: BTreeMap::new(),
        }
    }

    /// The event at `position` is processed from here on, as is answered.
    pub(super) fn enter(&mut self, position: JournalPosition) -> Care {
        self.at = Some(position);
        match self.panics.get(&position).copied().unwrap_or(0) {
            panics if panics < PANICS_MAX => Care::Whole,
            panics if panics < 2 * PANICS_MAX => Care::Lightly,
            _ => Care::PassOver,
        }
    }

    /// What comes is about no single event.
    pub(super) fn leave(&mut self) {
        self.at = None;
    }

    /// The work ended in a panic; whether an event is to blame, so that it will not for ever.
    pub(super) fn panicked(&mut self) -> bool {
        let Some(position) = self.at.take() else {
            return false;
        };
        let panics = self.panics.entry(position).or_default();
        *panics += 1;
        if *panics == PANICS_MAX {
            self.quarantined.inc();
            tracing::error!(
                consumer = self.consumer,
                position = position.0,
                "an event is quarantined: its processing panicked {PANICS_MAX} times, which is a \
                 fault of Vakt; it stays in the journal"
            );
        }
        while self.panics.len() > POSITIONS_MAX {
            self.panics.pop_first();
        }
        true
    }
}
