//! Bytes to frames to events.
//!
//! [`framing`] cuts what a connection sends into frames; [`relp`] does it for RELP, [`journal`] for
//! the journal export format, [`files`] for files. [`decode()`] makes an event of a frame, borrowing from its
//! bytes: `syslog`, `json` and [`journal`] read the transport, [`decoder`] what programs say,
//! [`logsource`] says to which Sigma log sources the event belongs.
//!
//! This crate opens no socket or file, reads no clock and knows no async runtime. Nothing that
//! comes from outside makes it fail: what is not understood is in the event's problems.
//!
//! Start with [`mod@decode`].

pub mod decode;
pub mod decoder;
pub mod files;
pub mod framing;
pub mod journal;
pub(crate) mod json;
pub(crate) mod layouts;
pub mod logsource;
pub mod relp;
pub(crate) mod syslog;
pub(crate) mod telling;
pub(crate) mod texts;
pub(crate) mod time;

pub use decode::{DecodeContext, Decoder, decode};
pub use decoder::auditd::{Coalescer, Joined};
pub use files::{FileFormat, Record, Records, line_format};
pub use framing::{SyslogFramer, trim_datagram};
pub use journal::{JournalEntry, JournalExportSplitter, PrematureEof};
pub use relp::{RELP_SERVER_CLOSE, RelpCommand, RelpFault, RelpFrame, RelpFramer, relp_answer};
