//! Events of the journal that a consumer could not read: damage, counted once.

use std::sync::atomic::{AtomicU64, Ordering};

use vakt_storage::Lost;

/// What one consumer was told of. It may be told again, when it goes back to a checkpoint.
#[derive(Debug, Default)]
pub struct Losses {
    events: AtomicU64,
    /// Everything before this position is counted.
    until: AtomicU64,
}

impl Losses {
    pub(super) fn note(&self, lost: &Lost) {
        let counted = self.until.fetch_max(lost.to.0, Ordering::AcqRel);
        let events = lost.to.0.saturating_sub(lost.from.0.max(counted));
        self.events.fetch_add(events, Ordering::AcqRel);
    }

    /// Events since the start.
    pub fn events(&self) -> u64 {
        self.events.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use vakt_event::JournalPosition;

    use super::*;

    #[test]
    fn a_loss_is_counted_once() {
        let losses = Losses::default();
        for (from, to, expected) in [(10, 20, 10), (10, 20, 10), (15, 25, 15), (30, 31, 16)] {
            losses.note(&Lost {
                from: JournalPosition(from),
                to: JournalPosition(to),
                path: "0.segment".into(),
                offset: 0,
                reason: "damaged".to_owned(),
            });
            assert_eq!(losses.events(), expected, "{from} to {to}");
        }
    }
}
