//! Answers on their way to the client.

use std::io;

use tokio::io::{AsyncWrite, AsyncWriteExt};

/// What is to be written, all that there is in one write.
#[derive(Default)]
pub(super) struct Answers {
    bytes: Vec<u8>,
    /// Something was written and may not have left: TLS holds records back.
    unflushed: bool,
    /// Nobody reads any more.
    broken: bool,
}

impl Answers {
    pub(super) fn add(&mut self, bytes: &[u8]) {
        if !self.broken {
            self.bytes.extend_from_slice(bytes);
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn are_waiting(&self) -> bool {
        !self.broken && (self.unflushed || !self.bytes.is_empty())
    }

    /// Writes as much as goes; may be dropped at any point and called again.
    pub(super) async fn write(&mut self, writer: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        if !self.bytes.is_empty() {
            let count = writer.write(&self.bytes).await?;
            if count == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            self.bytes.drain(..count);
            self.unflushed = true;
        }
        if self.bytes.is_empty() {
            writer.flush().await?;
            self.unflushed = false;
        }
        Ok(())
    }

    /// Nobody reads what is said, or not in time: nothing more is said.
    pub(super) fn give_up(&mut self) {
        self.broken = true;
        self.bytes = Vec::new();
    }
}
