//! RELP, the acknowledging syslog protocol of rsyslog: what a client sends, cut into frames, and
//! what it is answered.
//!
//! A frame is `TXNR SP COMMAND SP DATALEN [SP DATA] LF`; an answer is a frame with the command
//! `rsp` and the number of what it answers. The protocol is described with librelp
//! (<https://www.rsyslog.com/doc/relp.html>), and what its clients and rsyslog's receiver do was
//! looked at.

mod answer;

pub use answer::{RELP_SERVER_CLOSE, relp_answer};

use crate::framing::trim_datagram;

/// Digits of a number: transactions go up to 999,999,999 and begin anew; a length has no more.
const DIGITS_MAX: usize = 9;

/// Letters of a command, as librelp takes them.
const COMMAND_BYTES_MAX: usize = 32;

/// The longest header: two numbers, a command, three blanks.
const HEADER_BYTES_MAX: usize = 2 * DIGITS_MAX + COMMAND_BYTES_MAX + 3;

/// What a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelpCommand {
    /// A session, with offers.
    Open,
    /// To keep a message.
    Syslog,
    /// The session's end.
    Close,
    /// Something that only others know.
    Other,
}

/// One frame of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelpFrame<'a> {
    /// The client's number for it, which the answer repeats.
    pub transaction: u32,
    pub command: RelpCommand,
    /// Of a message without the line end or NUL at its end.
    pub data: &'a [u8],
    /// The data was longer than the limit, and this is its beginning.
    pub truncated: bool,
}

/// Bytes that are no frame; nothing after them can be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RelpFault {
    #[error("no transaction number of one to nine digits")]
    Transaction,
    #[error("no command of one to 32 letters")]
    Command,
    #[error("no length of one to nine digits")]
    Length,
    #[error("no line end where the length says that the frame ends")]
    End,
}

/// Cuts the bytes of one connection into frames. The pieces in which the bytes come change nothing.
#[derive(Debug)]
pub struct RelpFramer {
    limit: usize,
    /// The beginning of a frame that is not whole: the limit and a header at most.
    pending: Vec<u8>,
    rest: Rest,
    fault: Option<RelpFault>,
}

/// What is still to come of a frame that was given out already, because it was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    Nothing,
    /// So many bytes of data, then the line end.
    Data(usize),
}

/// What a frame says of itself before its data.
struct Header {
    transaction: u32,
    command: RelpCommand,
    data_bytes: usize,
    /// Where the data begins, or the line end if there is none.
    bytes: usize,
}

impl RelpFramer {
    /// `limit_bytes` bounds the data of one frame.
    pub fn new(limit_bytes: usize) -> Self {
        Self {
            limit: limit_bytes,
            pending: Vec::new(),
            rest: Rest::Nothing,
            fault: None,
        }
    }

    /// Feeds bytes; calls `sink` for each frame.
    ///
    /// # Errors
    /// Bytes that are no frame. The frames before them were given; from now on there are none.
    pub fn push(
        &mut self,
        bytes: &[u8],
        sink: &mut dyn FnMut(RelpFrame<'_>),
    ) -> Result<(), RelpFault> {
        let taken = if self.pending.is_empty() {
            let taken = self.take(bytes, sink);
            if let Ok(used) = taken {
                self.pending
                    .extend_from_slice(bytes.get(used..).unwrap_or_default());
            }
            taken
        } else {
            let mut pending = std::mem::take(&mut self.pending);
            pending.extend_from_slice(bytes);
            let taken = self.take(&pending, sink);
            if let Ok(used) = taken {
                pending.drain(..used);
                self.pending = pending;
            }
            taken
        };
        taken.map(|_| ())
    }

    /// Bytes held because their frame is not whole.
    pub fn buffered_bytes(&self) -> usize {
        self.pending.len()
    }

    /// Gives out the frames in `data`; answers how many bytes are done with.
    fn take(
        &mut self,
        data: &[u8],
        sink: &mut dyn FnMut(RelpFrame<'_>),
    ) -> Result<usize, RelpFault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let mut at = 0;
        loop {
            let rest = data.get(at..).unwrap_or_default();
            match self.step(rest, sink) {
                Ok(Some(used)) => at += used,
                Ok(None) => return Ok(at),
                Err(fault) => {
                    self.fault = Some(fault);
                    return Err(fault);
                }
            }
        }
    }

    /// One step: how many bytes it used, or `None` when more are needed.
    fn step(
        &mut self,
        rest: &[u8],
        sink: &mut dyn FnMut(RelpFrame<'_>),
    ) -> Result<Option<usize>, RelpFault> {
        if rest.is_empty() {
            return Ok(None);
        }
        if let Rest::Data(left) = self.rest {
            return self.skip(rest, left);
        }
        let Some(header) = Header::read(rest)? else {
            return Ok(None);
        };
        let body = rest.get(header.bytes..).unwrap_or_default();
        let cut = header.data_bytes.min(self.limit);
        let Some(data) = body.get(..cut) else {
            return Ok(None);
        };
        if header.data_bytes > self.limit {
            sink(header.frame(data, true));
            self.rest = Rest::Data(header.data_bytes - cut);
            return Ok(Some(header.bytes + cut));
        }
        match body.get(cut) {
            None => Ok(None),
            Some(b'\n') => {
                sink(header.frame(data, false));
                Ok(Some(header.bytes + cut + 1))
            }
            Some(_) => Err(RelpFault::End),
        }
    }

    /// Passes over the rest of a frame that was cut.
    fn skip(&mut self, rest: &[u8], left: usize) -> Result<Option<usize>, RelpFault> {
        if left > 0 {
            let skipped = left.min(rest.len());
            self.rest = Rest::Data(left - skipped);
            return Ok(Some(skipped));
        }
        if rest.first() != Some(&b'\n') {
            return Err(RelpFault::End);
        }
        self.rest = Rest::Nothing;
        Ok(Some(1))
    }
}

impl Header {
    /// The header at the beginning of `bytes`; `None` when it is not whole.
    fn read(bytes: &[u8]) -> Result<Option<Self>, RelpFault> {
        let bytes = bytes.get(..=HEADER_BYTES_MAX).unwrap_or(bytes);
        let Some((transaction, at)) =
            field(bytes, 0, DIGITS_MAX, u8::is_ascii_digit).map_err(|()| RelpFault::Transaction)?
        else {
            return Ok(None);
        };
        if bytes.get(at) != Some(&b' ') {
            return Err(RelpFault::Transaction);
        }
        let Some((command, at)) = field(bytes, at + 1, COMMAND_BYTES_MAX, u8::is_ascii_alphabetic)
            .map_err(|()| RelpFault::Command)?
        else {
            return Ok(None);
        };
        if bytes.get(at) != Some(&b' ') {
            return Err(RelpFault::Command);
        }
        let Some((length, at)) =
            field(bytes, at + 1, DIGITS_MAX, u8::is_ascii_digit).map_err(|()| RelpFault::Length)?
        else {
            return Ok(None);
        };
        let data_bytes = usize::try_from(number_of(length)).map_err(|_| RelpFault::Length)?;
        let header_bytes = match bytes.get(at) {
            Some(b' ') => at + 1,
            // Without data there is no blank, but a blank then is understood, too.
            Some(b'\n') if data_bytes == 0 => at,
            _ => return Err(RelpFault::Length),
        };
        Ok(Some(Self {
            transaction: number_of(transaction),
            command: RelpCommand::of(command),
            data_bytes,
            bytes: header_bytes,
        }))
    }

    fn frame<'a>(&self, data: &'a [u8], truncated: bool) -> RelpFrame<'a> {
        RelpFrame {
            transaction: self.transaction,
            command: self.command,
            data: match self.command {
                RelpCommand::Syslog if !truncated => trim_datagram(data),
                _ => data,
            },
            truncated,
        }
    }
}

impl RelpCommand {
    fn of(name: &[u8]) -> Self {
        match name {
            b"open" => Self::Open,
            b"syslog" => Self::Syslog,
            b"close" => Self::Close,
            _ => Self::Other,
        }
    }
}

/// The bytes from `start` on that `belongs` holds for, and where they end; `None` when the end is
/// not there yet. None at all, or more than `most`, are an error.
fn field(
    bytes: &[u8],
    start: usize,
    most: usize,
    belongs: fn(&u8) -> bool,
) -> Result<Option<(&[u8], usize)>, ()> {
    let tail = bytes.get(start..).unwrap_or_default();
    let length = tail
        .iter()
        .take(most + 1)
        .take_while(|byte| belongs(byte))
        .count();
    if length > most {
        return Err(());
    }
    if length == tail.len() {
        return Ok(None);
    }
    if length == 0 {
        return Err(());
    }
    Ok(Some((
        tail.get(..length).unwrap_or_default(),
        start + length,
    )))
}

/// The number that at most [`DIGITS_MAX`] digits say.
fn number_of(digits: &[u8]) -> u32 {
    digits
        .iter()
        .fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
}

#[cfg(test)]
mod tests;
