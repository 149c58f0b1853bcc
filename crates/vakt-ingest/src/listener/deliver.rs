//! Handing a batch over for as long as it takes, up to a bound.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use vakt_event::Batch;

use super::Serving;
use crate::accounting::DropReason;
use crate::intake::{Refused, submit};

/// The first wait after a refusal, doubled each time up to the last: a full queue empties within
/// milliseconds, a broken disk does not.
const BACK_OFF_FIRST: Duration = Duration::from_millis(5);
const BACK_OFF_LAST: Duration = Duration::from_secs(1);

/// Offers the batch until it is durable; `refused` is true while it is being refused.
pub(super) async fn deliver(
    serving: &Serving,
    batch: Batch,
    refused: &AtomicBool,
) -> Result<(), DropReason> {
    let deadline = Instant::now() + serving.limits.retry_timeout;
    let mut back_off = BACK_OFF_FIRST;
    loop {
        // The intake keeps what it is given, and a refused batch must be offered again.
        let reason = match submit(serving.intake.as_ref(), batch.clone()).await {
            Ok(_) => {
                refused.store(false, Ordering::Relaxed);
                return Ok(());
            }
            Err(Refused::Stopping) => return Err(DropReason::Stopping),
            Err(Refused::Busy) => DropReason::Busy,
            Err(Refused::NoSpace) => DropReason::NoSpace,
            Err(Refused::Broken(_)) => DropReason::Broken,
        };
        refused.store(true, Ordering::Relaxed);
        if Instant::now() + back_off > deadline {
            return Err(reason);
        }
        sleep(back_off).await;
        serving.metrics.retried();
        back_off = (back_off * 2).min(BACK_OFF_LAST);
    }
}
