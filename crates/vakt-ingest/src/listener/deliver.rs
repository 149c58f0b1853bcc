//! Handing a batch over for as long as it takes, up to a bound.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use vakt_event::Batch;

use super::Serving;
use crate::accounting::DropReason;
use crate::intake::{Refused, offer};

/// The first wait after a refusal, doubled each time up to the last: a full queue empties within
/// milliseconds, a broken disk does not.
const BACK_OFF_FIRST: Duration = Duration::from_millis(5);
const BACK_OFF_LAST: Duration = Duration::from_secs(1);

/// Ends when the batch is durable, or was refused for too long.
pub(super) type Delivery<'s> = Pin<Box<dyn Future<Output = Result<(), DropReason>> + Send + 's>>;

/// Offers the batch at once, and again and again while it is refused; `refused` is true meanwhile,
/// from before this returns where the refusal comes at once.
pub(super) fn deliver<'s>(
    serving: &'s Serving,
    batch: Batch,
    refused: &'s AtomicBool,
) -> Delivery<'s> {
    // The intake keeps what it is given, and a refused batch must be offered again.
    let mut offered = offer(serving.intake.as_ref(), batch.clone());
    let mut at_once = offered.try_recv().ok();
    if let Some(Err(_)) = at_once {
        refused.store(true, Ordering::Relaxed);
    }
    Box::pin(async move {
        let mut deadline = None;
        let mut back_off = BACK_OFF_FIRST;
        loop {
            let reply = match at_once.take() {
                Some(reply) => reply,
                None => offered.await.unwrap_or(Err(Refused::Stopping)),
            };
            let reason = match reply {
                Ok(_) if deadline.is_some() => {
                    refused.store(false, Ordering::Relaxed);
                    return Ok(());
                }
                Ok(_) => return Ok(()),
                Err(Refused::Stopping) => return Err(DropReason::Stopping),
                Err(Refused::Busy) => DropReason::Busy,
                Err(Refused::NoSpace) => DropReason::NoSpace,
                Err(Refused::Broken(_)) => DropReason::Broken,
            };
            refused.store(true, Ordering::Relaxed);
            let now = Instant::now();
            if now + back_off > *deadline.get_or_insert(now + serving.limits.retry_timeout) {
                return Err(reason);
            }
            sleep(back_off).await;
            serving.metrics.retried();
            back_off = (back_off * 2).min(BACK_OFF_LAST);
            offered = offer(serving.intake.as_ref(), batch.clone());
        }
    })
}
