//! What retention takes, decided from summaries alone.

use std::collections::BTreeMap;
use std::time::Duration;

use vakt_event::Timestamp;

use super::{CutShort, Keep, Retention};
use crate::ledger::{Policy, StreamTotals};

/// A sealed segment, as far as retention must know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) first: u64,
    pub(super) end: u64,
    /// Bytes of its file.
    pub(super) bytes: u64,
    /// What is still in it.
    pub(super) streams: BTreeMap<String, StreamTotals>,
}

/// What is to go, from the oldest segment on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// So many of the oldest segments, each with the policy that takes the last of it.
    pub(super) remove: Vec<Policy>,
    /// From segments behind them, oldest first.
    pub(super) erase: Vec<Erase>,
    pub(super) cut_short: Vec<CutShort>,
    /// Segments of which something is too old, where age waits.
    pub(super) waiting: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Erase {
    /// The first position of the segment.
    pub(super) first: u64,
    pub(super) stream: String,
    pub(super) policy: Policy,
}

/// Decides over `segments`, ascending; those with a frame at or after `passed` stay as they are.
/// `other_bytes` is what else counts against the bound of bytes and shrinks with the journal.
pub(super) fn plan(
    segments: &[Held],
    retention: &Retention,
    passed: u64,
    now: Timestamp,
    other_bytes: u64,
) -> Plan {
    let mut work = Work {
        segments,
        free: segments.partition_point(|segment| segment.end <= passed),
        taken: vec![BTreeMap::new(); segments.len()],
        retention,
        now,
        cut_short: Vec::new(),
        waiting: 0,
    };
    work.by_age();
    work.by_stream_bytes();
    work.by_bytes(other_bytes);
    work.into_plan()
}

struct Work<'p> {
    segments: &'p [Held],
    /// So many of the oldest segments may be touched.
    free: usize,
    /// Of each segment the streams that go, and why.
    taken: Vec<BTreeMap<&'p str, Policy>>,
    retention: &'p Retention,
    now: Timestamp,
    cut_short: Vec<CutShort>,
    waiting: u64,
}

impl<'p> Work<'p> {
    fn by_age(&mut self) {
        for (segment, taken) in self.segments.iter().zip(&mut self.taken).take(self.free) {
            let mut is_waiting = false;
            for (stream, totals) in &segment.streams {
                let age = self.retention.of(stream).age;
                if !age.is_some_and(|age| is_over(totals.newest, age, self.now)) {
                    continue;
                }
                match self.retention.age_waits {
                    true => is_waiting = true,
                    false => drop(taken.insert(stream, Policy::Age)),
                }
            }
            self.waiting += u64::from(is_waiting);
        }
    }

    fn by_stream_bytes(&mut self) {
        let mut held: BTreeMap<&str, u64> = BTreeMap::new();
        for (segment, taken) in self.segments.iter().zip(&self.taken) {
            for (stream, totals) in &segment.streams {
                if !taken.contains_key(stream.as_str()) {
                    *held.entry(stream).or_default() += totals.bytes;
                }
            }
        }
        for (stream, mut bytes) in held {
            let keep = self.retention.of(stream);
            let Some(limit) = keep.bytes else { continue };
            for number in 0..self.free {
                if bytes <= limit {
                    break;
                }
                let Some(totals) = self.take(number, stream, Policy::Bytes) else {
                    continue;
                };
                bytes = bytes.saturating_sub(totals.bytes);
                self.note_cut(stream, keep, totals);
            }
        }
    }

    fn by_bytes(&mut self, other_bytes: u64) {
        let Some(limit) = self.retention.bytes_max else {
            return;
        };
        let all: u64 = self.segments.iter().map(|segment| segment.bytes).sum();
        // What belongs to a segment elsewhere (the index) goes with it, in proportion.
        let share = |bytes: u64| {
            let other = u128::from(other_bytes) * u128::from(bytes) / u128::from(all.max(1));
            bytes.saturating_add(u64::try_from(other).unwrap_or(u64::MAX))
        };
        let mut left = all.saturating_add(other_bytes);
        for (number, segment) in self.segments.iter().enumerate().take(self.free) {
            let is_gone = self.taken.get(number).map(BTreeMap::len) == Some(segment.streams.len());
            if !is_gone && left <= limit {
                return;
            }
            left = left.saturating_sub(share(segment.bytes));
            for stream in segment.streams.keys() {
                if let Some(totals) = self.take(number, stream, Policy::Bytes) {
                    let keep = self.retention.of(stream);
                    self.note_cut(stream, keep, totals);
                }
            }
        }
    }

    /// Takes a stream from a segment, unless it is taken already or not there.
    fn take(&mut self, number: usize, stream: &str, policy: Policy) -> Option<&'p StreamTotals> {
        let (name, totals) = self.segments.get(number)?.streams.get_key_value(stream)?;
        let taken = self.taken.get_mut(number)?;
        if taken.contains_key(name.as_str()) {
            return None;
        }
        taken.insert(name, policy);
        Some(totals)
    }

    fn note_cut(&mut self, stream: &str, keep: &Keep, totals: &StreamTotals) {
        let Some(age) = keep.age else { return };
        if is_over(totals.newest, age, self.now) {
            return;
        }
        match self.cut_short.iter_mut().find(|cut| cut.stream == stream) {
            Some(cut) => cut.newest = cut.newest.max(totals.newest),
            None => self.cut_short.push(CutShort {
                stream: stream.to_owned(),
                age,
                newest: totals.newest,
            }),
        }
    }

    fn into_plan(self) -> Plan {
        let mut plan = Plan {
            cut_short: self.cut_short,
            waiting: self.waiting,
            ..Plan::default()
        };
        let mut is_oldest = true;
        let free = self.segments.iter().zip(self.taken).take(self.free);
        for (segment, taken) in free {
            is_oldest &= taken.len() == segment.streams.len();
            if is_oldest {
                let by_bytes = taken.values().any(|policy| *policy == Policy::Bytes);
                plan.remove
                    .push(if by_bytes { Policy::Bytes } else { Policy::Age });
                continue;
            }
            plan.erase
                .extend(taken.into_iter().map(|(stream, policy)| Erase {
                    first: segment.first,
                    stream: stream.to_owned(),
                    policy,
                }));
        }
        plan
    }
}

/// Whether everything up to `newest` is older than `age`.
fn is_over(newest: Timestamp, age: Duration, now: Timestamp) -> bool {
    let age = i64::try_from(age.as_micros()).unwrap_or(i64::MAX);
    newest.micros().saturating_add(age) < now.micros()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 3600;

    fn at(day: u64) -> Timestamp {
        Timestamp::from_seconds(i64::try_from(day * DAY).unwrap()).unwrap()
    }

    /// Segments of ten frames, each with streams (name, bytes, day of the newest frame).
    fn held(segments: &[&[(&str, u64, u64)]]) -> Vec<Held> {
        let held = segments.iter().zip(0u64..).map(|(streams, number)| Held {
            first: number * 10,
            end: number * 10 + 10,
            bytes: streams.iter().map(|(_, bytes, _)| bytes).sum::<u64>() + 1,
            streams: streams
                .iter()
                .map(|(name, bytes, day)| {
                    let totals = StreamTotals {
                        frames: 1,
                        bytes: *bytes,
                        oldest: at(*day),
                        newest: at(*day),
                    };
                    ((*name).to_owned(), totals)
                })
                .collect(),
        });
        held.collect()
    }

    fn days(days: u64) -> Option<Duration> {
        Some(Duration::from_secs(days * DAY))
    }

    fn retention(default_days: u64, bytes_max: Option<u64>, streams: &[(&str, Keep)]) -> Retention {
        Retention {
            default: Keep {
                age: days(default_days),
                bytes: None,
            },
            streams: streams
                .iter()
                .map(|(name, keep)| ((*name).to_owned(), *keep))
                .collect(),
            bytes_max,
            age_waits: false,
        }
    }

    /// `remove` in letters of the policies, `erase` as `FIRST:STREAM:LETTER`, `cut` as streams.
    fn show(plan: &Plan) -> (String, String, String) {
        let letter = |policy: Policy| policy.word().chars().next().unwrap();
        let erase: Vec<String> = plan
            .erase
            .iter()
            .map(|one| format!("{}:{}:{}", one.first, one.stream, letter(one.policy)))
            .collect();
        let cut: Vec<&str> = plan
            .cut_short
            .iter()
            .map(|cut| cut.stream.as_str())
            .collect();
        (
            plan.remove.iter().map(|policy| letter(*policy)).collect(),
            erase.join(" "),
            cut.join(" "),
        )
    }

    #[test]
    fn what_goes_is_the_oldest_that_is_over() {
        let two = held(&[
            &[("a", 10, 1), ("b", 10, 1)],
            &[("a", 10, 2), ("b", 10, 2)],
            &[("a", 10, 3), ("b", 10, 3)],
        ]);
        let check = |segments: &[Held],
                     retention: &Retention,
                     passed: u64,
                     today: u64,
                     other: u64,
                     expected: (&str, &str, &str)| {
            let plan = plan(segments, retention, passed, at(today), other);
            let (remove, erase, cut) = show(&plan);
            assert_eq!((remove.as_str(), erase.as_str(), cut.as_str()), expected);
        };
        let keep = |days_kept, bytes| Keep {
            age: days(days_kept),
            bytes,
        };
        // By age: to the second, whole segments from the oldest on, and never what is not passed.
        check(&two, &retention(5, None, &[]), 30, 6, 0, ("", "", ""));
        check(&two, &retention(5, None, &[]), 30, 7, 0, ("a", "", ""));
        check(&two, &retention(5, None, &[]), 30, 99, 0, ("aaa", "", ""));
        check(&two, &retention(5, None, &[]), 29, 99, 0, ("aa", "", ""));
        check(&two, &retention(5, None, &[]), 9, 99, 0, ("", "", ""));
        // A stream that is kept for less leaves the others.
        let short_b = retention(100, None, &[("b", keep(1, None))]);
        check(&two, &short_b, 30, 4, 0, ("", "0:b:a 10:b:a", ""));
        let long_b = retention(1, None, &[("b", keep(100, None))]);
        check(&two, &long_b, 20, 50, 0, ("", "0:a:a 10:a:a", ""));
        // By bytes of a stream.
        let few_b = retention(100, None, &[("b", keep(100, Some(15)))]);
        check(&two, &few_b, 30, 4, 0, ("", "0:b:b 10:b:b", "b"));
        // By bytes of all, which cuts age short; with the index's share.
        check(&two, &retention(9, Some(63), &[]), 30, 4, 0, ("", "", ""));
        check(
            &two,
            &retention(9, Some(62), &[]),
            30,
            4,
            0,
            ("b", "", "a b"),
        );
        check(&two, &retention(9, Some(126), &[]), 30, 4, 63, ("", "", ""));
        check(
            &two,
            &retention(9, Some(125), &[]),
            30,
            4,
            63,
            ("b", "", "a b"),
        );
        check(
            &two,
            &retention(9, Some(1), &[]),
            20,
            4,
            0,
            ("bb", "", "a b"),
        );
        // What age takes counts for bytes, and is not cut short by them.
        check(&two, &retention(1, Some(42), &[]), 30, 3, 0, ("a", "", ""));
        // Where the clock is in doubt age takes nothing, and bytes do.
        let waiting = Retention {
            age_waits: true,
            ..retention(5, Some(42), &[])
        };
        check(&two, &waiting, 30, 99, 0, ("b", "", ""));
        assert_eq!(plan(&two, &waiting, 29, at(99), 0).waiting, 2);
        // A segment of which nothing is left goes as soon as it is the oldest.
        let hollow = held(&[&[], &[("a", 10, 9)], &[]]);
        check(&hollow, &retention(5, None, &[]), 30, 9, 0, ("a", "", ""));
        check(
            &hollow,
            &retention(5, None, &[]),
            30,
            99,
            0,
            ("aaa", "", ""),
        );
    }
}
