//! The time of day, as the schedule says.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use vakt_event::{Clock, Timestamp};

const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

pub(super) struct Calendar(AtomicI64);

impl Calendar {
    pub(super) fn new() -> Self {
        let start = Timestamp::from_seconds(1_800_000_000).unwrap();
        Self(AtomicI64::new(start.micros()))
    }

    pub(super) fn pass_a_day(&self) {
        self.0.fetch_add(DAY_MICROS, Relaxed);
    }
}

impl Clock for Calendar {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Relaxed)).unwrap()
    }
}
