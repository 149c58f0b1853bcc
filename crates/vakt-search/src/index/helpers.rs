//! Work of one search that is shared among threads.
//!
//! The thread that searches always works itself; others help where a processor is idle. They are few, all
//! searches together, and of a low priority: intake, detection and other searches come first, and the
//! search goes on without them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// The niceness of helpers. Beside a thread of ordinary priority one gets about a tenth of a processor,
/// so that a piece of work that one has taken is not left lying.
const NICENESS: i32 = 10;

/// Helpers that are at work.
static AT_WORK: AtomicUsize = AtomicUsize::new(0);

/// Who does the pieces of some work: `own` on the calling thread, what `others` makes on helpers.
pub(super) struct Team<Own, Others> {
    pub(super) own: Own,
    pub(super) others: Others,
}

/// Has all pieces of work done, and gives what came of them in their order. After a failure no piece is
/// begun; the failure of the first piece that has one is given.
pub(super) fn share<P, R, E, Own, Others, Other>(
    pieces: &[P],
    team: Team<Own, Others>,
) -> Result<Vec<R>, E>
where
    P: Sync,
    R: Send,
    E: Send,
    Own: FnMut(&P) -> Result<R, E>,
    Others: Fn() -> Other + Sync,
    Other: FnMut(&P) -> Result<R, E>,
{
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(pieces.len()));
    let work = |work: &mut dyn FnMut(&P) -> Result<R, E>| {
        while let number = next.fetch_add(1, Ordering::Relaxed)
            && let Some(piece) = pieces.get(number)
        {
            let result = work(piece);
            if result.is_err() {
                next.store(pieces.len(), Ordering::Relaxed);
            }
            let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
            done.push((number, result));
        }
    };
    let Team { mut own, others } = team;
    thread::scope(|scope| {
        let helpers: Vec<Helper> = std::iter::from_fn(Helper::engage)
            .take(pieces.len().saturating_sub(1))
            .collect();
        for helper in helpers {
            let (work, others) = (&work, &others);
            let named = thread::Builder::new().name("search-help".to_owned());
            let begun = named.spawn_scoped(scope, move || {
                let helper = helper;
                if helper.gives_way() {
                    work(&mut others());
                }
            });
            if let Err(error) = begun {
                tracing::debug!(%error, "a search has no help");
            }
        }
        work(&mut own);
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}

/// The right to be one of the helpers.
struct Helper(());

impl Helper {
    /// `None` where there are as many as there may be: one less than processors.
    fn engage() -> Option<Self> {
        let most = thread::available_parallelism().map_or(1, usize::from) - 1;
        let more = |at_work: usize| (at_work < most).then_some(at_work + 1);
        let engaged = AT_WORK.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        engaged.ok().map(|_| Self(()))
    }

    /// Lowers the priority of the calling thread. Where it may not, it must not help.
    #[expect(clippy::unused_self, reason = "said of a helper alone")]
    fn gives_way(&self) -> bool {
        let thread = rustix::thread::gettid();
        rustix::process::setpriority_process(Some(thread), NICENESS).is_ok()
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        AT_WORK.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_is_done_once_and_in_order() {
        let pieces: Vec<usize> = (0..100).collect();
        for _ in 0..20 {
            let team = Team {
                own: |piece: &usize| Ok::<_, ()>(piece * 2),
                others: || |piece: &usize| Ok(piece * 2),
            };
            let doubled: Vec<usize> = pieces.iter().map(|piece| piece * 2).collect();
            assert_eq!(share(&pieces, team), Ok(doubled));
        }
    }

    #[test]
    fn a_failure_ends_the_work() {
        let pieces: Vec<usize> = (0..1000).collect();
        let begun = AtomicUsize::new(0);
        let fail = |piece: &usize| {
            begun.fetch_add(1, Ordering::Relaxed);
            match piece {
                7 => Err("seven"),
                _ => Ok(()),
            }
        };
        let team = Team {
            own: fail,
            others: || fail,
        };
        assert_eq!(share(&pieces, team), Err("seven"));
        assert!(begun.into_inner() < 1000);
    }
}
