//! What travels between a listener and the journal: frames, still undecoded.

use std::net::IpAddr;
use std::sync::Arc;

use crate::Timestamp;

/// How a frame reached us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    Udp,
    Tcp,
    Tls,
    Http,
    /// `POST /upload` of `systemd-journal-upload`.
    Journal,
    /// With or without TLS.
    Relp,
    /// Read from a file by `scan` or `parse`; never in the journal.
    File,
}

impl Transport {
    /// The name in labels, stored events and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Http => "http",
            Self::Journal => "journal",
            Self::Relp => "relp",
            Self::File => "file",
        }
    }
}

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// A syslog message (RFC 5424 or RFC 3164), or a line that came as one.
    Syslog,
    /// One JSON value.
    Json,
    /// One entry of the journal export format.
    Journal,
    /// A line of text of any kind: a file's line, or a line that was to be JSON and is not.
    Text,
}

/// What is known of a frame without looking into it. Assigned at the listener, by token,
/// certificate, network or listener, never by what the message says.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Source {
    /// Customer and retention class; `default` where nothing is configured.
    pub stream: String,
    pub transport: Transport,
    /// The name of the listener in the configuration.
    pub listener: String,
    /// The address of the peer; `None` for files and demonstrations.
    pub peer: Option<IpAddr>,
    /// The time zone (IANA name) of claimed times without an offset; `None` is this machine's own.
    pub zone: Option<String>,
    /// A recorded exercise: what follows from it is marked and never leaves the drill realm.
    pub drill: bool,
}

/// What a journald entry's `__CURSOR` says about which entry it is. Together with the stream that it
/// came in, and never without, that is its identity: a cursor is the sender's claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CursorKey {
    /// `s=`, the sequence number id: a random 128-bit number of the journal file's writer. Machines
    /// that were cloned with their journal files share it.
    pub sequence_id: u128,
    /// `b=`, the boot id: clones that booted by themselves do not share it.
    pub boot_id: u128,
    /// `i=`, the entry's number in that sequence.
    pub sequence_number: u64,
    /// Tells two entries apart that share all of the above (a machine's snapshot that was resumed
    /// twice): made of `t=`, the claimed time, and `x=`, the hash of the entry's fields.
    pub check: u64,
}

/// One framed message, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub bytes: Vec<u8>,
    pub format: Format,
    pub received: Timestamp,
    /// The sender's message was longer than the limit, and this is its beginning.
    pub truncated: bool,
    /// Given for journald entries: a key that the journal already holds is not stored again.
    pub cursor: Option<CursorKey>,
}

/// Frames of one source, in the order in which they came.
#[derive(Clone, Debug)]
pub struct Batch {
    pub source: Arc<Source>,
    pub frames: Vec<Frame>,
}

impl Batch {
    /// Bytes that this batch holds in memory, about: what admission counts.
    pub fn bytes(&self) -> usize {
        self.frames
            .iter()
            .map(|frame| frame.bytes.len() + size_of::<Frame>())
            .sum()
    }
}
