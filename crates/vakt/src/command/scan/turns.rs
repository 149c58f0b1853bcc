//! What several threads finish in any order, taken in the order in which it was begun.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Items with consecutive numbers from 0, and the one who takes them: whichever thread hands in the item whose
/// turn it is lends itself to him, so that nobody is woken for it.
pub(super) struct Turns<K, T> {
    state: Mutex<State<K, T>>,
    changed: Condvar,
    early_max: usize,
}

struct State<K, T> {
    /// `None` while he is at it.
    taker: Option<K>,
    next: u64,
    /// Handed in before its turn.
    early: BTreeMap<u64, T>,
    /// Nothing more is taken.
    over: bool,
}

/// What the taker says of an item.
pub(super) enum Taken<T> {
    Whole,
    /// This is left of it, and nothing after it is taken.
    Over(T),
}

impl<K, T> Turns<K, T> {
    /// Of `early_max` items that wait for their turn, whoever hands in another one waits, too.
    pub(super) fn new(taker: K, early_max: usize) -> Self {
        Self {
            state: Mutex::new(State {
                taker: Some(taker),
                next: 0,
                early: BTreeMap::new(),
                over: false,
            }),
            changed: Condvar::new(),
            early_max,
        }
    }

    /// Hands in an item, and takes it if it is its turn, and those that waited for it. Whether it is worth going on.
    pub(super) fn hand_in(
        &self,
        number: u64,
        item: T,
        mut take: impl FnMut(&mut K, T) -> Taken<T>,
    ) -> bool {
        let mut state = self.state();
        state.early.insert(number, item);
        if let Some(mut taker) = state.taker.take() {
            while let Some(item) = state.due() {
                drop(state);
                let taken = take(&mut taker, item);
                state = self.state();
                match taken {
                    Taken::Whole => state.next += 1,
                    Taken::Over(rest) => {
                        state.over = true;
                        let number = state.next;
                        state.early.insert(number, rest);
                    }
                }
            }
            state.taker = Some(taker);
            self.changed.notify_all();
        }
        // The item whose turn it is cannot wait here: it has been taken, or will be by the one who is at it.
        while state.early.len() > self.early_max && !state.over {
            let waited = self.changed.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
        !state.over
    }

    /// Held by a thread while it works: where it panics, the others do not wait for what it had begun.
    pub(super) fn worker(&self) -> Worker<'_, K, T> {
        Worker(self)
    }

    /// What was not taken, in order; for when all threads are done.
    pub(super) fn into_rest(self) -> Vec<T> {
        let state = self.state.into_inner();
        let state = state.unwrap_or_else(PoisonError::into_inner);
        state.early.into_values().collect()
    }

    fn state(&self) -> MutexGuard<'_, State<K, T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// See [`Turns::worker`].
pub(super) struct Worker<'t, K, T>(&'t Turns<K, T>);

impl<K, T> Drop for Worker<'_, K, T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.state().over = true;
            self.0.changed.notify_all();
        }
    }
}

impl<K, T> State<K, T> {
    fn due(&mut self) -> Option<T> {
        match self.over {
            true => None,
            false => self.early.remove(&self.next),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use super::*;

    fn threads(turns: &Turns<&mut Vec<u64>, u64>, last: u64, over_at: u64) {
        let next = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let next = &next;
                scope.spawn(move || {
                    loop {
                        let number = next.fetch_add(1, Ordering::SeqCst);
                        if number > last {
                            return;
                        }
                        // Now this one lags behind, now that one.
                        if number % 7 == thread {
                            std::thread::sleep(Duration::from_micros(200));
                        }
                        let goes_on = turns.hand_in(number, number, |taken, item| {
                            if item == over_at {
                                return Taken::Over(item);
                            }
                            taken.push(item);
                            Taken::Whole
                        });
                        if !goes_on {
                            return;
                        }
                    }
                });
            }
        });
    }

    #[test]
    fn everything_is_taken_once_and_in_order() {
        for early_max in [0, 1, 5] {
            let mut taken = Vec::new();
            let turns = Turns::new(&mut taken, early_max);
            threads(&turns, 2_000, u64::MAX);
            assert!(turns.into_rest().is_empty());
            assert_eq!(taken, (0..=2_000).collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_ends_the_taking_and_what_was_handed_in_after_it_is_given_back_in_order() {
        let mut taken = Vec::new();
        let turns = Turns::new(&mut taken, 5);
        threads(&turns, 2_000, 700);
        let rest = turns.into_rest();
        assert_eq!(taken, (0..700).collect::<Vec<_>>());
        let end = 700 + u64::try_from(rest.len()).unwrap();
        assert_eq!(rest, (700..end).collect::<Vec<_>>());
        assert!((1..=10).contains(&rest.len()), "{}", rest.len());
    }

    #[test]
    fn nobody_waits_for_a_thread_that_panicked() {
        let turns = Turns::new((), 1);
        let panicked = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                let _worker = turns.worker();
                (1..9)
                    .take_while(|number| turns.hand_in(*number, (), |(), ()| Taken::Whole))
                    .count()
            });
            let panicking = scope.spawn(|| {
                let _worker = turns.worker();
                std::thread::sleep(Duration::from_millis(20));
                panic!("item 0 is never handed in");
            });
            assert!(waiting.join().unwrap() < 8);
            panicking.join().is_err()
        });
        assert!(panicked);
    }
}
