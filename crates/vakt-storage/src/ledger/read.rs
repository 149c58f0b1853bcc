//! Reading a ledger: for the daemon that goes on with it, and for whoever checks it.

use std::io;

use super::VERSION;
use super::chain::{self, Content, Link};
use super::entry::{Digest, Entry};
use super::fault::{FaultKind, LedgerFault};
use super::line::{Line, SignedLine, check_line};
use super::raw::{RawLine, RawLines};
use super::state::LedgerState;
use crate::disk::DiskFile;
use crate::signing::PublicKey;

/// A whole ledger, read and checked.
#[derive(Debug, Default)]
pub struct ReadLedger {
    /// What the signed entries add up to, and the last line, signed or not.
    pub state: LedgerState,
    /// By line. Its end may be torn (at most the last fault): nothing else is cut.
    pub faults: Vec<LedgerFault>,
    pub lines: u64,
    /// Bytes of the lines that are whole.
    pub bytes: u64,
    /// The version that a newer Vakt gave it, when this one does not know it.
    pub newer_version: Option<u16>,
}

/// A line that can be read, in its place.
#[derive(Debug)]
pub struct ReadLine<'a> {
    /// From 1.
    pub number: u64,
    /// Where it begins in the file, in bytes.
    pub offset: u64,
    pub line: &'a Line,
    /// BLAKE3 of the line, without its newline: the head when it was the last.
    pub hash: Digest,
    /// Whether it is as the holder of the key wrote it.
    pub is_signed: bool,
}

/// Reads all lines and checks signatures and chain; `each` sees every line that can be read, in
/// order. `known` is the installation's key, which signed the lines when the first one does not
/// tell any more.
///
/// # Errors
/// When the disk refuses. Whatever the lines say is no error.
pub fn read_lines(
    file: &dyn DiskFile,
    known: Option<PublicKey>,
    each: &mut dyn FnMut(&ReadLine<'_>),
) -> io::Result<ReadLedger> {
    let mut lines = RawLines::new(file);
    let mut reading = Reading {
        known,
        named: None,
        each,
        read: ReadLedger::default(),
        links: Vec::new(),
        folded: 0,
    };
    let mut next = lines.next()?;
    while let Some(raw) = next {
        next = lines.next()?;
        reading.take(&raw, next.as_ref());
    }
    Ok(reading.end())
}

struct Reading<'a> {
    known: Option<PublicKey>,
    /// The key that the first line names, whether its signature holds or not.
    named: Option<PublicKey>,
    each: &'a mut dyn FnMut(&ReadLine<'_>),
    read: ReadLedger,
    links: Vec<Link>,
    /// The number of the last entry that is in the state.
    folded: u64,
}

impl Reading<'_> {
    fn take(&mut self, raw: &RawLine, next: Option<&RawLine>) {
        let parsed = match &raw.bytes {
            Some(bytes) => check_line(bytes),
            None => Err("it is longer than any".to_owned()),
        };
        let torn = next.is_none() && (!raw.is_ended || parsed.is_err());
        if torn {
            let bytes = raw.end - raw.offset;
            self.fault(raw, FaultKind::Torn { bytes });
            return;
        }
        let content = match parsed {
            Err(reason) => Content::Unreadable { reason },
            Ok(signed) => {
                let is_signed = self.trusts(raw, &signed, next);
                self.take_entry(raw, signed.line, is_signed)
            }
        };
        self.read.lines = raw.number;
        self.read.bytes = raw.end;
        let seq = match &content {
            Content::Entry { seq, .. } => *seq,
            Content::Unreadable { .. } => self.read.state.head().seq.saturating_add(1),
        };
        self.read.state.set_head(seq, raw.hash);
        self.links.push(Link {
            line: raw.number,
            offset: raw.offset,
            hash: raw.hash,
            content,
        });
    }

    /// Whether the key that signs now has signed the line. The first line names its own, and
    /// so does one that brings a new key in place of a lost one.
    fn trusts(&mut self, raw: &RawLine, signed: &SignedLine<'_>, next: Option<&RawLine>) -> bool {
        let named = match &signed.line.entry {
            Entry::Begin { key, .. } | Entry::Key { key } => Some(*key),
            _ => None,
        };
        let is_first = raw.number == 1 && matches!(signed.line.entry, Entry::Begin { .. });
        if is_first {
            let holds = named.is_some_and(|key| signed.is_by(&key));
            self.named = named;
            return holds;
        }
        // Where the first line does not hold any more, what it names may still be right.
        let current = match self.read.state.key() {
            Some(key) => [Some(key), None],
            None => [self.known, self.named],
        };
        let mut current = current.into_iter().flatten();
        if current.clone().any(|key| signed.is_by(&key)) {
            return true;
        }
        let Some(key) = named.filter(|key| signed.is_by(key)) else {
            return false;
        };
        // Where the old key goes on signing, it was not lost, and the line is none of its holder's.
        if current.any(|key| next.is_some_and(|next| next.is_by(&key))) {
            return false;
        }
        self.fault(raw, FaultKind::NewKey { key });
        true
    }

    fn take_entry(&mut self, raw: &RawLine, line: Line, is_signed: bool) -> Content {
        (self.each)(&ReadLine {
            number: raw.number,
            offset: raw.offset,
            line: &line,
            hash: raw.hash,
            is_signed,
        });
        if let Entry::Begin { version, .. } = &line.entry
            && is_signed
            && *version > VERSION
        {
            self.read.newer_version = Some(*version);
        }
        let content = Content::Entry {
            seq: line.seq,
            previous: line.previous,
            is_signed,
        };
        // One that stands behind a later one has been folded, or would undo what came after it.
        if is_signed && line.seq > self.folded {
            self.folded = line.seq;
            self.read.state.apply(line.entry);
        }
        content
    }

    fn fault(&mut self, raw: &RawLine, kind: FaultKind) {
        self.read.faults.push(LedgerFault {
            line: raw.number,
            offset: raw.offset,
            kind,
        });
    }

    fn end(mut self) -> ReadLedger {
        self.read.faults.extend(chain::examine(&self.links));
        self.read.faults.sort_by_key(|fault| fault.line);
        self.read
    }
}
