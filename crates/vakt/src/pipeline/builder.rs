//! The thread that builds inverted indexes of splits from time, and room, that nobody else needs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use arc_swap::ArcSwap;
use vakt_search::Index;
use vakt_storage::Journal;

use super::index::IndexProgress;
use super::{Stop, give_way, panicked};

/// How long the thread sleeps when there is nothing to build: splits come every few seconds at most.
const PAUSE: Duration = Duration::from_millis(500);

/// After a failure (a full disk), the next try comes after this long.
const RETRY_PAUSE: Duration = Duration::from_secs(30);

/// Builds inverted indexes of splits until `stop`, one after the other, when there are some to build and
/// the disk has room for what can wait.
pub fn run(shared: &ArcSwap<Index>, progress: &IndexProgress, journal: &Journal, stop: &Stop) {
    give_way("the index is built");
    let mut room = Room::default();
    while !stop.is_set() {
        let pause = match room.is_short(journal) {
            true => PAUSE,
            false => build(&shared.load(), progress),
        };
        if !pause.is_zero() {
            stop.wait(pause);
        }
    }
}

/// Builds the inverted index that is due; gives how long to wait for the next one.
fn build(index: &Index, progress: &IndexProgress) -> Duration {
    let built = catch_unwind(AssertUnwindSafe(|| index.build_next(false)));
    let error = match built {
        Ok(Ok(Some(_))) => return Duration::ZERO,
        Ok(Ok(None)) => return PAUSE,
        Ok(Err(error)) => {
            if error.may_be_damage() {
                progress.suspect(error.to_string());
            }
            anyhow::Error::from(error)
        }
        Err(_) => {
            progress.suspect("a build of the index ended in a panic".to_owned());
            panicked()
        }
    };
    tracing::error!(
        error = format!("{error:#}"),
        "a split of the index stays without an inverted index; searches read it as it is"
    );
    RETRY_PAUSE
}

/// Whether the disk has room for what can wait: what is below the reserve is for what was taken in already, and
/// for searches, alerts and incidents, which write, too.
#[derive(Default)]
struct Room {
    was_short: bool,
}

impl Room {
    /// Says in the log when it begins and when it ends.
    fn is_short(&mut self, journal: &Journal) -> bool {
        let shortage = journal.shortage();
        match shortage {
            Some(short) if !self.was_short => tracing::warn!(
                free_bytes = short.free,
                reserve_bytes = short.reserve,
                "no inverted index is built until there is room again: less is free than the reserve; \
                 searches read splits as they are"
            ),
            None if self.was_short => {
                tracing::info!("there is room again: inverted indexes are built");
            }
            _ => {}
        }
        self.was_short = shortage.is_some();
        self.was_short
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Instant;

    use vakt_storage::Options;

    use super::super::Frames;
    use super::super::index::tests::split_of_each;
    use super::*;

    #[test]
    fn below_the_reserve_nothing_is_built() {
        let folder = tempfile::tempdir().unwrap();
        let (journal, index) = (folder.path().join("journal"), folder.path().join("index"));
        // As many splits of one day as are built of.
        split_of_each(&journal, &index, 8);
        let shared =
            ArcSwap::from_pointee(Index::open(&index, Arc::new(Frames::default())).unwrap());
        let splits = || {
            let entries = std::fs::read_dir(&index).unwrap();
            let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            names.filter(|name| name.ends_with(".split")).count()
        };
        // Eight become one; the thread is given as long as it needs, or as long as it would need.
        let run_for = |reserve: u64, patience: Duration| {
            let options = Options {
                reserve_bytes: Some(reserve),
                ..Options::default()
            };
            let (journal, _) = Journal::open(&journal, &options).unwrap();
            let (progress, stop) = (IndexProgress::default(), Stop::default());
            let end = Instant::now() + patience;
            std::thread::scope(|scope| {
                scope.spawn(|| run(&shared, &progress, &journal, &stop));
                while splits() > 1 && Instant::now() < end {
                    std::thread::sleep(PAUSE / 20);
                }
                stop.set(Duration::ZERO);
            });
            splits()
        };
        assert_eq!(run_for(u64::MAX, 2 * PAUSE), 8);
        assert_eq!(run_for(0, Duration::from_secs(60)), 1);
    }
}
