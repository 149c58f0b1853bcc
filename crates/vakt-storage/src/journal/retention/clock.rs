//! Whether the clock can be believed where it says that logs are old.
//!
//! A clock that is ahead makes everything old at once, and nothing brings back what retention took then.
//! Nobody can tell it from a long stop, but both look the same in the journal: a jump between two receipts, or
//! between the newest receipt and now. What was received on this side of the last jump tells since when the clock
//! has been going on evenly, also over restarts.

use std::time::Duration;

use vakt_event::Timestamp;

/// The clock has jumped ahead, and has not gone on evenly for long enough since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockDoubt {
    /// The newest receipt before the jump.
    pub before: Timestamp,
    /// The first receipt behind it, or now.
    pub after: Timestamp,
}

/// Looks through the oldest and newest receipt of each segment, in their order. A jump of more than `jump_max`
/// is doubted for as long as that after it. What was received later than now, when the clock was ahead, says
/// nothing of the clock as it is now.
pub(super) fn doubt(
    spans: &[(Timestamp, Timestamp)],
    now: Timestamp,
    jump_max: Duration,
) -> Option<ClockDoubt> {
    let jump_max = i64::try_from(jump_max.as_micros()).unwrap_or(i64::MAX);
    let mut found = None;
    let mut before: Option<Timestamp> = None;
    let until_now = spans.iter().filter(|(oldest, _)| *oldest <= now);
    for (oldest, newest) in until_now.chain([&(now, now)]) {
        if let Some(before) = before.filter(|before| oldest.micros_since(*before) > jump_max) {
            let after = *oldest;
            found = Some(ClockDoubt { before, after });
        }
        before = before.max(Some((*newest).min(now)));
    }
    found.filter(|found| now.micros_since(found.after) < jump_max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_seconds(1_800_000_000 + hour * 3600).unwrap()
    }

    #[test]
    fn a_jump_is_doubted_until_the_clock_has_gone_on_evenly() {
        let two_days = Duration::from_secs(48 * 3600);
        let check = |spans: &[(i64, i64)], now: i64, expected: Option<(i64, i64)>| {
            let spans: Vec<_> = spans.iter().map(|(a, b)| (at(*a), at(*b))).collect();
            let found = doubt(&spans, at(now), two_days);
            let expected = expected.map(|(before, after)| ClockDoubt {
                before: at(before),
                after: at(after),
            });
            assert_eq!(found, expected, "{spans:?} now {now}");
        };
        check(&[], 9_000, None);
        check(&[(0, 20), (24, 47), (48, 60)], 61, None);
        check(&[(0, 20), (24, 47)], 47 + 48, None);
        // Nothing was received for longer: the clock is ahead, or the daemon was off.
        check(&[(0, 20), (24, 47)], 47 + 49, Some((47, 96)));
        check(&[(0, 20), (24, 47)], 9_600, Some((47, 9_600)));
        // Events under that clock, also over a restart: for two days, then it is believed.
        check(&[(0, 20), (9_600, 9_601)], 9_602, Some((20, 9_600)));
        check(
            &[(0, 20), (9_600, 9_620), (9_624, 9_640)],
            9_647,
            Some((20, 9_600)),
        );
        check(&[(0, 20), (9_600, 9_620), (9_624, 9_640)], 9_648, None);
        // The clock is right again: what was received in the future is no jump of now.
        check(&[(0, 20), (9_600, 9_601), (21, 22)], 23, None);
        // It was behind for a while.
        check(&[(0, 20), (-9_000, -8_999), (21, 22)], 23, None);
    }
}
