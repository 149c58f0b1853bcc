//! One deadline for the whole of a delivery: the look-up of the name, the connection, and every answer. A receiver
//! that sends a byte from time to time holds nobody.

use std::io;
use std::time::Duration;

use anyhow::Context;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::fault::Fault;

/// What a delivery may take. A stop waits for one that goes on, and has twenty seconds itself.
const DEADLINE: Duration = Duration::from_secs(15);

/// What one of a host's addresses may take to answer, so that there is time for the next.
pub(super) const CONNECT_PATIENCE: Duration = Duration::from_secs(5);

/// Does `work` with the receiver at `place`; beyond the deadline it is dropped with its connections.
pub(super) fn within<T>(
    place: &str,
    work: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .context("cannot start a delivery")?;
    let done = runtime.block_on(async { timeout(DEADLINE, work).await });
    // The system's look-up of a name cannot be ended: it is not waited for.
    runtime.shutdown_background();
    done.unwrap_or_else(|_| {
        Err(Fault::new(format!(
            "{place} was not done within {} s",
            DEADLINE.as_secs()
        )))
    })
}

/// A connection to the first of the addresses of `place` that takes one.
pub(super) async fn connect(place: &str) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "its name is not known (DNS)");
    for address in lookup_host(place).await? {
        match timeout(CONNECT_PATIENCE, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = error,
            Err(_) => last = io::ErrorKind::TimedOut.into(),
        }
    }
    Err(last)
}
