//! A RELP session: read, cut into frames, hand over in batches, and answer what is durable.
//!
//! Unlike with syslog over TCP, a client keeps what it has sent until it is answered, and sends it
//! again over a new connection. So an answer goes out only after the fsync that covers its frame;
//! what cannot be taken is not answered, nothing more is read, and after the retry timeout the
//! connection is closed. A refusal (`500`) is no way to slow a client down: rsyslog drops the
//! message then.

mod answers;
mod resent;
mod stored;
mod unanswered;

pub(super) use resent::Resent;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use vakt_codec::RelpFramer;
use vakt_event::Source;

use super::{FULL_PAUSE, READ_BYTES, Serving, stopped};
use answers::Answers;
use unanswered::{End, Unanswered};

/// 256 KiB that are not answered yet: some eight hundred messages of ordinary length, where
/// rsyslog waits for an answer after 128. What a client sends beyond is not read.
const UNANSWERED_BYTES_MAX: usize = 256 * 1024;

/// A client that sends again what it has no answer to does it in one go. When nothing came for half
/// a second, nothing more of that kind comes.
const RESENT_PAUSE: Duration = Duration::from_millis(500);

/// After the last word the client has a second to read it and to close. What it still sends is read
/// and dropped, because a socket that is closed over unread bytes takes back what was said.
const LINGER: Duration = Duration::from_secs(1);

/// Serves a session until the client closes it, it fails, is idle for too long, or the daemon stops;
/// what was read by then is handed over and answered.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send>(
    stream: S,
    source: Arc<Source>,
    serving: &Serving,
    mut shutdown: watch::Receiver<bool>,
) {
    let refused = AtomicBool::new(false);
    let (mut reader, mut writer) = tokio::io::split(stream);
    let mut framer = RelpFramer::new(serving.limits.frame_bytes_max);
    let mut unanswered = Unanswered::new(serving, source, &refused);
    let mut answers = Answers::default();
    let mut buffer = vec![0; READ_BYTES];
    while unanswered.end().is_none() || !unanswered.is_empty() || answers.are_waiting() {
        unanswered.hand_over();
        let full = serving.is_over_bound();
        let reads = unanswered.end().is_none();
        let may_read = reads
            && !full
            && !refused.load(Ordering::Relaxed)
            && unanswered.bytes() + answers.bytes() < UNANSWERED_BYTES_MAX;
        let patience = if unanswered.are_held() {
            RESENT_PAUSE
        } else {
            serving.limits.idle_timeout
        };
        tokio::select! {
            biased;
            () = stopped(&mut shutdown), if reads => unanswered.ended(End::Stopping),
            durable = unanswered.first(), if unanswered.is_on_the_way() => match durable {
                Ok(bytes) => answers.add(&bytes),
                Err(reason) => {
                    unanswered.remember();
                    return unanswered.lost(reason);
                }
            },
            written = timeout(serving.limits.retry_timeout, answers.write(&mut writer)),
                if answers.are_waiting() =>
            {
                if !matches!(written, Ok(Ok(()))) {
                    answers.give_up();
                    unanswered.ended(End::Gone);
                }
            }
            read = timeout(patience, reader.read(&mut buffer)), if may_read => {
                match read {
                    Ok(Ok(0) | Err(_)) => unanswered.ended(End::Gone),
                    Ok(Ok(count)) => {
                        let bytes = buffer.get(..count).unwrap_or_default();
                        let pushed = framer.push(bytes, &mut |frame| unanswered.take(frame));
                        if let Err(fault) = pushed {
                            tracing::debug!(%fault, "a RELP session is closed");
                            unanswered.ended(End::Fault);
                        }
                    }
                    Err(_) if unanswered.are_held() => unanswered.let_go(),
                    Err(_) => unanswered.ended(End::Idle),
                }
            }
            () = sleep(FULL_PAUSE), if full && reads => {}
        }
    }
    if unanswered.end() == Some(End::Gone) {
        return unanswered.remember();
    }
    part(reader, writer, &mut buffer).await;
}

/// Ends a connection so that the client has everything that was said.
async fn part<S: AsyncRead + AsyncWrite>(
    mut reader: ReadHalf<S>,
    mut writer: WriteHalf<S>,
    buffer: &mut [u8],
) {
    let until = Instant::now() + LINGER;
    if let Ok(Ok(())) = timeout_at(until, writer.shutdown()).await {
        while let Ok(Ok(1..)) = timeout_at(until, reader.read(buffer)).await {}
    }
}
