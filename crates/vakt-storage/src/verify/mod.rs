//! Whether a journal is as it was written: every segment against its seal and the ledger.
//!
//! Reads only, and works beside a running daemon: sealed segments do not change but by an erasure or
//! a removal that the ledger tells of, and of the open one only whole records count. The names are
//! listed before the ledger is read, so that every listed segment but the last one is in it.

mod compare;
mod erasures;
mod finding;
mod open;
mod scan;
mod sealed;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use vakt_event::Timestamp;

use crate::disk::Disk;
use crate::hex;
use crate::journal::format;
use crate::journal::retention::path_new;
use crate::journal::walk::WalkError;
use crate::ledger::{
    self, AuditHead, Digest, Entry, IndexHead, LedgerHead, LedgerState, ReadLedger, ReadLine,
    Restored, read_lines,
};
use crate::signing::PublicKey;

use compare::end_of;
pub use finding::{Finding, Findings, Kind};
use scan::Scan;
use sealed::Check;

/// Retention may remove a segment between the listing and the reading; what is found then is looked at
/// again so often.
const ATTEMPTS_MAX: usize = 5;

/// The folder of the journal in the data directory, for the names in findings.
const FOLDER: &str = "journal";

/// What is known from elsewhere.
#[derive(Clone, Copy, Debug, Default)]
pub struct Expected {
    /// The key that signs now, as it lies beside the journal or was kept elsewhere.
    pub key: Option<PublicKey>,
    /// A head that was kept elsewhere.
    pub head: Option<Digest>,
    /// A restore that the ledger does not tell of yet: no daemon has run since.
    pub restored: Option<Restored>,
}

/// What a check found.
#[derive(Debug)]
pub struct JournalReport {
    pub findings: Findings,
    /// What was removed, erased or rotated on purpose, in the order of the ledger.
    pub intended: Vec<Intended>,
    pub segments: u64,
    pub records: u64,
    /// The first position, and the one after the last.
    pub first: u64,
    pub end: u64,
    /// What signed lines say of the audit log, in their order, without what a later restore took back.
    pub audit_heads: Vec<SignedAuditHead>,
    /// The last word of a signed line on the search index, and the number of the line.
    pub index_head: Option<(u64, IndexHead)>,
    /// Lines of the ledger.
    pub lines: u64,
    pub head: LedgerHead,
    /// The key that signs now.
    pub key: Option<PublicKey>,
    /// The number of the entry whose hash is the expected head.
    pub head_found_at: Option<u64>,
}

/// How far the audit log was when a line was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedAuditHead {
    /// The number of the line.
    pub seq: u64,
    pub at: Timestamp,
    pub head: AuditHead,
}

/// An entry that tells of something gone on purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Intended {
    pub seq: u64,
    pub at: Timestamp,
    pub text: String,
}

/// The journal cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error("{path}: cannot {action}: {source}")]
    Io {
        path: PathBuf,
        action: &'static str,
        source: io::Error,
    },
    #[error(
        "{path}: format version {found} is unknown to this Vakt; verify with the one that wrote it, or a newer one"
    )]
    Version { path: PathBuf, found: u16 },
}

/// Checks the journal in `dir`.
///
/// # Errors
/// When the directory or the ledger cannot be read, or a newer version wrote them. A segment that
/// cannot be read is a finding.
pub fn verify_journal(
    disk: &dyn Disk,
    dir: &Path,
    expected: &Expected,
) -> Result<JournalReport, VerifyError> {
    let mut attempt = 1;
    loop {
        let (report, bytes) = verify_once(disk, dir, expected)?;
        // Where the ledger went on, what was found may be on purpose.
        if report.findings.is_empty() || attempt == ATTEMPTS_MAX {
            return Ok(report);
        }
        let (read, _) = read_ledger(disk, dir, expected, &mut |_| {})?;
        if read.bytes == bytes {
            return Ok(report);
        }
        attempt += 1;
    }
}

fn verify_once(
    disk: &dyn Disk,
    dir: &Path,
    expected: &Expected,
) -> Result<(JournalReport, u64), VerifyError> {
    let names = disk.list(dir).map_err(|source| VerifyError::Io {
        path: dir.to_owned(),
        action: "list the directory",
        source,
    })?;
    let mut intended = Vec::new();
    let mut head_found_at = None;
    let mut audit_heads = Vec::new();
    let mut index_head = None;
    let (read, is_there) = read_ledger(disk, dir, expected, &mut |line| {
        if expected.head == Some(line.hash) {
            head_found_at = Some(line.line.seq);
        }
        if line.is_signed {
            note_audit(line, &mut audit_heads);
            if let Entry::Index(head) = line.line.entry {
                index_head = Some((line.line.seq, head));
            }
            intended.extend(intention(line).map(|intended| (line.number, intended)));
        }
    })?;
    if let Some(restored) = &expected.restored {
        forget_later(&mut audit_heads, restored);
    }
    // A key that the one before did not vouch for is a finding.
    let is_new_key = |number| {
        let mut faults = read.faults.iter();
        faults.any(|fault| {
            fault.line == number && matches!(fault.kind, ledger::FaultKind::NewKey { .. })
        })
    };
    let intended = intended
        .into_iter()
        .filter(|(number, _)| !is_new_key(*number));
    let intended = intended.map(|(_, intended)| intended).collect();
    let mut verifier = Verifier {
        disk,
        dir,
        names: &names,
        state: &read.state,
        findings: Findings::default(),
        records: 0,
        ends: BTreeMap::new(),
    };
    verifier.check_ledger(&read, expected, is_there, head_found_at);
    verifier.check_segments()?;
    let first = verifier
        .ends
        .first_key_value()
        .map_or(0, |(first, _)| *first);
    let end = verifier.ends.last_key_value().map_or(0, |(_, end)| *end);
    let report = JournalReport {
        intended,
        audit_heads,
        index_head,
        segments: verifier.ends.len() as u64,
        records: verifier.records,
        first,
        end,
        lines: read.lines,
        head: read.state.head(),
        key: read.state.key(),
        head_found_at,
        findings: verifier.findings,
    };
    Ok((report, read.bytes))
}

/// The ledger, and whether there is one.
fn read_ledger(
    disk: &dyn Disk,
    dir: &Path,
    expected: &Expected,
    each: &mut dyn FnMut(&ReadLine<'_>),
) -> Result<(ReadLedger, bool), VerifyError> {
    let path = dir.join(ledger::NAME);
    let file = match disk.open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok((ReadLedger::default(), false));
        }
        Err(source) => {
            let action = "open the ledger";
            return Err(VerifyError::Io {
                path,
                action,
                source,
            });
        }
    };
    match read_lines(file.as_ref(), expected.key, each) {
        Ok(ReadLedger {
            newer_version: Some(found),
            ..
        }) => Err(VerifyError::Version { path, found }),
        Ok(read) => Ok((read, true)),
        Err(source) => Err(VerifyError::Io {
            path,
            action: "read the ledger",
            source,
        }),
    }
}

/// Takes down what a line says of the audit log. Entries that came after a backup went with its restore.
fn note_audit(line: &ReadLine<'_>, heads: &mut Vec<SignedAuditHead>) {
    let head = match &line.line.entry {
        Entry::Audit(head) => *head,
        Entry::Restored(restored) => {
            forget_later(heads, restored);
            restored.audit
        }
        _ => return,
    };
    heads.push(SignedAuditHead {
        seq: line.line.seq,
        at: line.line.at,
        head,
    });
}

fn forget_later(heads: &mut Vec<SignedAuditHead>, restored: &Restored) {
    heads.retain(|known| known.head.entries <= restored.audit.entries);
}

/// What an entry says that was done on purpose.
fn intention(line: &ReadLine<'_>) -> Option<Intended> {
    let text = match &line.line.entry {
        Entry::Removed(removed) => {
            let first = removed.segments.first()?;
            let last = removed.segments.last()?;
            format!(
                "{} removed {} of positions {} to {} (policy {}: {})",
                removed.who,
                counted(removed.segments.len() as u64, "segment"),
                first.first,
                last.end.0.saturating_sub(1),
                removed.policy.word(),
                removed.reason
            )
        }
        Entry::Erased(erased) => {
            let frames: u64 = erased.ranges.iter().map(|(from, to)| to.0 - from.0).sum();
            let of = match &erased.stream {
                Some(stream) => format!(" of the stream {stream}"),
                None => String::new(),
            };
            format!(
                "{} erased {} in {}{of} from {} (policy {}: {})",
                erased.who,
                counted(frames, "event"),
                counted(erased.records, "record"),
                format::segment_name(erased.first.0),
                erased.policy.word(),
                erased.reason
            )
        }
        Entry::Key { key } => format!("the key {key} signs from the next entry on"),
        Entry::Restored(restored) => format!(
            "a backup that was taken at {} was restored; the audit log goes on after its entry {}",
            restored.taken, restored.audit.entries
        ),
        Entry::Begin { .. }
        | Entry::Sealed(_)
        | Entry::Head(_)
        | Entry::Audit(_)
        | Entry::Index(_) => return None,
    };
    Some(Intended {
        seq: line.line.seq,
        at: line.line.at,
        text,
    })
}

fn counted(count: u64, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

struct Verifier<'a> {
    disk: &'a dyn Disk,
    dir: &'a Path,
    names: &'a [String],
    state: &'a LedgerState,
    findings: Findings,
    records: u64,
    /// The segments that are there: first position, and the one after the last.
    ends: BTreeMap<u64, u64>,
}

impl Verifier<'_> {
    fn check_ledger(
        &mut self,
        read: &ReadLedger,
        expected: &Expected,
        is_there: bool,
        head_found_at: Option<u64>,
    ) {
        for fault in &read.faults {
            self.add_to_ledger(
                kind_of(&fault.kind),
                Some(fault.offset),
                format!("line {}: {}", fault.line, fault.kind),
            );
        }
        let has_segments = self
            .names
            .iter()
            .any(|name| format::segment_first(name).is_some());
        if !is_there && has_segments {
            let text = "the ledger is missing: nothing tells whether segments were changed or removed. A \
                        journal of an earlier version has none until its next start";
            self.add_to_ledger(Kind::Removed, None, text.to_owned());
        }
        if is_there && read.lines == 0 && read.faults.is_empty() && has_segments {
            let text = "the ledger is empty: nothing tells whether segments were changed or removed. A loss of \
                        power leaves such a file; put it back from a backup before the next start begins a new one";
            self.add_to_ledger(Kind::Removed, None, text.to_owned());
        }
        if let (Some(expected), Some(key)) = (expected.key, read.state.key())
            && key != expected
        {
            let text = format!("it is signed with the key {key}, and {expected} is expected");
            self.add_to_ledger(Kind::Untrusted, None, text);
        }
        if let Some(head) = expected.head
            && head_found_at.is_none()
        {
            let text = format!(
                "the head {} that was kept elsewhere is none of its lines: the history was rewritten, \
                 or cut off before it",
                hex::encode(&head)
            );
            self.add_to_ledger(Kind::Untrusted, None, text);
        }
    }

    fn add_to_ledger(&mut self, kind: Kind, byte: Option<u64>, text: String) {
        self.findings.add(Finding {
            kind,
            file: format!("{FOLDER}/{}", ledger::NAME),
            byte,
            positions: None,
            text,
        });
    }

    fn check_segments(&mut self) -> Result<(), VerifyError> {
        let there: BTreeSet<u64> = self
            .names
            .iter()
            .filter_map(|name| format::segment_first(name))
            .collect();
        let known: BTreeSet<u64> = self
            .state
            .segments()
            .map(|one| one.sealed.first.0)
            .collect();
        for first in there.union(&known) {
            if !there.contains(first) {
                self.report_missing(*first);
            } else if let Some(scan) = self.scan(*first)? {
                self.check_segment(*first, &scan, there.last() == Some(first));
            }
        }
        self.check_heads(&there);
        self.check_positions();
        Ok(())
    }

    /// What can be read of a segment; what cannot be opened is a finding.
    fn scan(&mut self, first: u64) -> Result<Option<Scan>, VerifyError> {
        match Scan::of(self.disk, self.dir, first) {
            Ok(scan) => Ok(Some(scan)),
            Err(WalkError::Version(found)) => Err(VerifyError::Version {
                path: self.dir.join(format::segment_name(first)),
                found,
            }),
            Err(WalkError::Io(error)) => {
                self.findings.add(Finding {
                    kind: Kind::Unreadable,
                    file: file_of(first),
                    byte: None,
                    positions: None,
                    text: format!("the file cannot be read: {error}"),
                });
                Ok(None)
            }
        }
    }

    fn check_segment(&mut self, first: u64, scan: &Scan, is_last: bool) {
        let file = file_of(first);
        self.records += scan.records().count() as u64;
        let end = scan.records().map(|found| end_of(&found.record)).max();
        self.ends.insert(first, end.unwrap_or(first));
        if let Some(known) = self.state.sealed(first) {
            let name_new = path_new(Path::new(&format::segment_name(first)));
            let name_new = name_new.to_string_lossy().into_owned();
            let check = Check {
                file: &file,
                scan,
                known,
                is_being_erased: self.names.contains(&name_new),
            };
            check.run(&mut self.findings);
        } else if first < self.state.removed_end() {
            self.findings.add(Finding {
                kind: Kind::Older,
                file,
                byte: None,
                positions: end.map(|end| (first, end)),
                text: "the ledger says that the segment was removed, and it is there: it was put back, or \
                       the removal was interrupted and the next start finishes it"
                    .to_owned(),
            });
        } else if is_last {
            let last = self.state.segments().next_back();
            let previous = last.map(|last| &last.sealed.digest);
            let head = self.state.head_of(first);
            open::check(&file, scan, first, previous, head, &mut self.findings);
        } else if self.state.head().seq > 0 {
            self.findings.add(Finding {
                kind: Kind::Inserted,
                file,
                byte: None,
                positions: end.map(|end| (first, end)),
                text: "no entry of the ledger knows the segment".to_owned(),
            });
        }
    }

    fn report_missing(&mut self, first: u64) {
        let sealed = self.state.sealed(first).map(|known| &known.sealed);
        self.findings.add(Finding {
            kind: Kind::Removed,
            file: file_of(first),
            byte: None,
            positions: sealed.map(|sealed| (first, sealed.end.0)),
            text: "the segment was removed, and no signed entry says so".to_owned(),
        });
    }

    /// Whether the segments that heads tell of, and no seal, are there, and the others have what their heads had.
    fn check_heads(&mut self, there: &BTreeSet<u64>) {
        let missing = self
            .state
            .heads()
            .filter(|head| !there.contains(&head.first.0) && !self.is_before_kept(head.end.0));
        let missing = missing.map(|head| Finding {
            kind: Kind::Removed,
            file: file_of(head.first.0),
            byte: None,
            positions: Some((head.first.0, head.end.0)),
            text: "the segment was removed, and no signed entry says so".to_owned(),
        });
        let cut = self.state.cut().iter();
        let cut = cut.filter(|cut| !self.is_before_kept(cut.to)).map(|cut| Finding {
            kind: Kind::Removed,
            file: file_of(cut.segment),
            byte: None,
            positions: Some((cut.from, cut.to)),
            text: "the end was cut off before the segment was sealed: a signed head of the ledger had more"
                .to_owned(),
        });
        let found: Vec<Finding> = missing.chain(cut).collect();
        for finding in found {
            self.findings.add(finding);
        }
    }

    /// Whether all positions were sealed, removed on purpose, or are in a segment that is there.
    fn check_positions(&mut self) {
        for (from, to) in self.state.holes() {
            if self.is_before_kept(to) {
                continue;
            }
            // A segment that no line knows is a finding of its own.
            let mut from = from;
            for (first, end) in self.ends.range(..to) {
                if *first <= from {
                    from = from.max(*end);
                }
            }
            if from < to {
                self.findings.add(Finding {
                    kind: Kind::Removed,
                    file: file_of(from),
                    byte: None,
                    positions: Some((from, to)),
                    text: "the events had positions, and no segment that was sealed or is there has them: what \
                           held them was removed, and no signed entry says so"
                        .to_owned(),
                });
            }
        }
    }

    /// Whether what ends at this position lies before all that retention has left: it would be gone by now.
    fn is_before_kept(&self, end: u64) -> bool {
        let kept = self.state.segments().next().map(|one| one.sealed.first.0);
        kept.is_some_and(|kept| end <= kept && end <= self.state.removed_end())
    }
}

fn kind_of(fault: &ledger::FaultKind) -> Kind {
    use ledger::FaultKind::{
        Altered, Foreign, Inserted, Moved, NewKey, Removed, Repeated, Rewritten, Torn, Unreadable,
    };
    match fault {
        Torn { .. } | Unreadable { .. } | Altered { .. } => Kind::Changed,
        Inserted { .. } | Repeated { .. } => Kind::Inserted,
        Removed { .. } => Kind::Removed,
        Moved { .. } => Kind::Moved,
        Foreign { .. } | Rewritten { .. } | NewKey { .. } => Kind::Untrusted,
    }
}

fn file_of(first: u64) -> String {
    format!("{FOLDER}/{}", format::segment_name(first))
}
