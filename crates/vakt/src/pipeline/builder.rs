//! The thread that builds inverted indexes of splits from time that nobody else needs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use arc_swap::ArcSwap;
use vakt_search::Index;

use super::index::IndexProgress;
use super::{Stop, give_way, panicked};

/// How long the thread sleeps when there is nothing to build: splits come every few seconds at most.
const PAUSE: Duration = Duration::from_millis(500);

/// After a failure (a full disk), the next try comes after this long.
const RETRY_PAUSE: Duration = Duration::from_secs(30);

/// Builds inverted indexes of splits until `stop`, one after the other, when there are some to build.
pub fn run(shared: &ArcSwap<Index>, progress: &IndexProgress, stop: &Stop) {
    give_way("the index is built");
    while !stop.is_set() {
        let index = shared.load_full();
        let built = catch_unwind(AssertUnwindSafe(|| index.build_next(false)));
        let error = match built {
            Ok(Ok(Some(_))) => continue,
            Ok(Ok(None)) => {
                stop.wait(PAUSE);
                continue;
            }
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
        stop.wait(RETRY_PAUSE);
    }
}
