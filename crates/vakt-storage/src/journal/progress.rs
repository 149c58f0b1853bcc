//! What is durable, and waiting for more of it.

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::segment::Segment;

/// Shared by the writer and all readers.
pub(crate) struct Progress {
    state: Mutex<State>,
    moved: Condvar,
}

struct State {
    /// Ascending, never empty; with the bytes of each that are durable.
    segments: Vec<(Arc<Segment>, u64)>,
    /// The first position that is not durable.
    end: u64,
    /// Everything before this position that is not there was removed on purpose.
    removed_end: u64,
    closed: bool,
}

/// Where the frames of a position are.
pub(crate) enum Place {
    In {
        segment: Arc<Segment>,
        durable_bytes: u64,
        /// The segment's durable frames end before this position.
        limit: u64,
    },
    /// The journal begins only at this position.
    Before {
        first: u64,
        /// What lies between was removed on purpose.
        removed: bool,
    },
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Waited {
    More,
    TimedOut,
    /// Closed, and there is no more.
    Closed,
}

impl Progress {
    pub(crate) fn new(segments: Vec<(Arc<Segment>, u64)>, end: u64, removed_end: u64) -> Self {
        Self {
            state: Mutex::new(State {
                segments,
                end,
                removed_end,
                closed: false,
            }),
            moved: Condvar::new(),
        }
    }

    /// The first position that is not durable.
    pub(crate) fn end(&self) -> u64 {
        self.state().end
    }

    pub(crate) fn first(&self) -> u64 {
        self.state()
            .segments
            .first()
            .map_or(0, |(segment, _)| segment.first)
    }

    pub(crate) fn segments(&self) -> usize {
        self.state().segments.len()
    }

    /// Publishes a commit: durable bytes of the segments that it touched, and the new end.
    pub(crate) fn publish(&self, touched: &[(Arc<Segment>, u64)], end: u64) {
        let mut state = self.state();
        for (segment, bytes) in touched {
            match state.segments.last_mut() {
                Some((last, durable)) if last.first == segment.first => *durable = *bytes,
                _ => state.segments.push((Arc::clone(segment), *bytes)),
            }
        }
        state.end = end;
        drop(state);
        self.moved.notify_all();
    }

    /// First positions and durable bytes of all segments, ascending.
    pub(crate) fn sizes(&self) -> Vec<(u64, u64)> {
        let state = self.state();
        let sizes = state
            .segments
            .iter()
            .map(|(segment, bytes)| (segment.first, *bytes));
        sizes.collect()
    }

    /// Durable bytes behind a position, to about the spacing of the sparse index.
    pub(crate) fn bytes_after(&self, position: u64) -> u64 {
        let state = self.state();
        let within = state
            .segments
            .partition_point(|(segment, _)| segment.first <= position);
        let behind: u64 = state
            .segments
            .iter()
            .skip(within)
            .map(|(_, bytes)| bytes)
            .sum();
        let current = within
            .checked_sub(1)
            .and_then(|index| state.segments.get(index));
        let rest = current.map_or(0, |(segment, bytes)| {
            let passed = segment.indexed(position).map_or(0, |(_, offset)| offset);
            bytes.saturating_sub(passed)
        });
        behind.saturating_add(rest)
    }

    /// A position with about so many durable bytes behind it: within a segment as if all frames had the
    /// same size.
    pub(crate) fn position_before_end(&self, bytes: u64) -> u64 {
        let state = self.state();
        let (mut rest, mut end) = (bytes, state.end);
        for (segment, held) in state.segments.iter().rev() {
            if rest < *held {
                let frames = u128::from(end.saturating_sub(segment.first));
                let behind = frames * u128::from(rest) / u128::from(*held);
                return end - u64::try_from(behind).unwrap_or(u64::MAX).min(end);
            }
            rest -= held;
            end = segment.first.min(end);
        }
        end
    }

    /// The segment whose first frame has this position, with its durable bytes.
    pub(crate) fn segment(&self, first: u64) -> Option<(Arc<Segment>, u64)> {
        let state = self.state();
        let index = state
            .segments
            .binary_search_by_key(&first, |(segment, _)| segment.first);
        state.segments.get(index.ok()?).cloned()
    }

    /// Takes out the segments whose frames end at or before `end`, and gives their paths.
    pub(crate) fn remove_until(&self, end: u64) -> Vec<PathBuf> {
        let mut state = self.state();
        state.removed_end = state.removed_end.max(end);
        let kept = state
            .segments
            .partition_point(|(segment, _)| segment.first < end);
        let removed = state.segments.drain(..kept);
        removed.map(|(segment, _)| segment.path.clone()).collect()
    }

    /// Puts a segment in the place of the one with the same first position.
    pub(crate) fn replace(&self, new: Segment, bytes: u64) {
        let mut state = self.state();
        let index = state
            .segments
            .binary_search_by_key(&new.first, |(segment, _)| segment.first);
        if let Some(held) = index.ok().and_then(|index| state.segments.get_mut(index)) {
            *held = (Arc::new(new), bytes);
        }
    }

    pub(crate) fn close(&self) {
        self.state().closed = true;
        self.moved.notify_all();
    }

    /// Waits until `position` is durable.
    pub(crate) fn wait(&self, position: u64, deadline: Option<Instant>) -> Waited {
        let mut state = self.state();
        loop {
            if position < state.end {
                return Waited::More;
            }
            if state.closed {
                return Waited::Closed;
            }
            let Some(deadline) = deadline else {
                state = self
                    .moved
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Waited::TimedOut;
            }
            state = self
                .moved
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    pub(crate) fn find(&self, position: u64) -> Place {
        let state = self.state();
        let after = state
            .segments
            .partition_point(|(segment, _)| segment.first <= position);
        let Some((segment, durable_bytes)) = after
            .checked_sub(1)
            .and_then(|index| state.segments.get(index))
        else {
            let first = state.segments.first();
            let first = first.map_or(state.end, |(segment, _)| segment.first);
            return Place::Before {
                first,
                removed: first <= state.removed_end,
            };
        };
        let next = state.segments.get(after).map(|(segment, _)| segment.first);
        Place::In {
            segment: Arc::clone(segment),
            durable_bytes: *durable_bytes,
            limit: next.map_or(state.end, |first| first.min(state.end)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_end_of_a_journal_is_found_by_its_bytes() {
        let segment = |first, bytes| (Arc::new(Segment::new(Path::new("/j"), first)), bytes);
        let segments = vec![segment(10, 1000), segment(110, 2000), segment(150, 100)];
        let progress = Progress::new(segments, 160, 0);
        let check = |bytes, expected| {
            assert_eq!(progress.position_before_end(bytes), expected, "{bytes}");
        };
        check(0, 160);
        check(50, 155);
        check(100, 150);
        check(1100, 130);
        check(2100, 110);
        check(2600, 60);
        check(3100, 10);
        check(u64::MAX, 10);
        let empty = Progress::new(vec![segment(7, 128)], 7, 7);
        assert_eq!(empty.position_before_end(10), 7);
    }
}
