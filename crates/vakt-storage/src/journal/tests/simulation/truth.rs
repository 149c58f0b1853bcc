//! What the journal must hold, known from what it answered and from what readers were given.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use vakt_event::CursorKey;

use super::super::super::Appended;
use super::frames::{Frames, Id};
use super::process::Process;
use crate::error::ReadError;
use crate::ledger::{FaultKind, LedgerFault};

#[derive(Default)]
pub(super) struct Truth {
    pub(super) frames: Frames,
    /// By number.
    sends: Vec<Send>,
    /// Sends whose end is not known: all, part of a life or nothing of them may turn out to be
    /// there at the next start, but no batch by half.
    open: Vec<usize>,
    /// What readers were given, and must be given ever after.
    pub(super) seen: BTreeMap<u64, Id>,
    /// Where the journal ends.
    pub(super) end: u64,
    /// Journald entries that are stored, with their streams.
    held: BTreeSet<(String, CursorKey)>,
    pub(super) counts: Counts,
    /// Bytes have rotted: losses are explained by it.
    pub(super) rotten: bool,
    /// A close has written that everything before it is durable: no rot in segments undoes that.
    pub(super) proven_end: u64,
}

struct Send {
    client: usize,
    frames: Vec<Id>,
}

/// Frames that one life of the daemon was given, by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) received: usize,
    pub(super) stored: usize,
    pub(super) repeated: usize,
    pub(super) refused: usize,
}

impl Truth {
    /// A send begins; its number.
    pub(super) fn send(&mut self, client: usize, ids: &[Id]) -> usize {
        let send = self.sends.len();
        for id in ids {
            self.frames.all[*id].sends += 1;
        }
        self.counts.received += ids.len();
        self.sends.push(Send {
            client,
            frames: ids.to_vec(),
        });
        self.open.push(send);
        send
    }

    /// Who sent it, and what.
    pub(super) fn sent(&self, send: usize) -> (usize, &[Id]) {
        let sent = &self.sends[send];
        (sent.client, &sent.frames)
    }

    /// A batch was not taken in at all.
    pub(super) fn refused(&mut self, send: usize) {
        self.open.retain(|open| *open != send);
        let ids = &self.sends[send].frames;
        for id in ids {
            self.frames.all[*id].sends -= 1;
        }
        self.counts.refused += ids.len();
    }

    /// A batch failed with the journal: what became of it shows at the next start.
    pub(super) fn failed(&mut self, send: usize) {
        self.counts.refused += self.sends[send].frames.len();
    }

    /// Holds what was published and the answers against each other.
    pub(super) fn published(&mut self, process: &Process, answers: &[(usize, Appended)]) {
        let (start, end) = (self.end, process.durable_end());
        let stored = self.read(process, start);
        assert_eq!(
            stored.lost,
            BTreeSet::new(),
            "what was just written is lost"
        );
        for (position, id) in (start..).zip(&stored.frames) {
            assert_eq!(*id.0, position, "a gap between positions");
            self.store(position, *id.1);
        }
        assert_eq!(self.end, end, "readers are not given all that is durable");
        let mut covered = BTreeSet::new();
        for (send, appended) in answers {
            let positions = appended.first.0..appended.next.0;
            for position in positions {
                assert!(
                    (start..end).contains(&position),
                    "an answer names {position}"
                );
                assert!(covered.insert(position), "two answers name {position}");
            }
            self.acknowledge(*send, appended);
        }
        let all: BTreeSet<u64> = (start..end).collect();
        assert_eq!(covered, all, "frames are there that no answer names");
    }

    fn acknowledge(&mut self, send: usize, appended: &Appended) {
        let ids = std::mem::take(&mut self.sends[send].frames);
        self.open.retain(|open| *open != send);
        assert_eq!(appended.stored + appended.repeated, ids.len());
        assert_eq!(appended.stored as u64, appended.next.0 - appended.first.0);
        let mut at = appended.first.0;
        for id in &ids {
            if at < appended.next.0 && self.seen.get(&at) == Some(id) {
                at += 1;
            } else {
                let there = self.holds(*id) || self.may_be_known(*id);
                assert!(there, "frame {id} was acknowledged and is not there");
            }
            self.frames.all[*id].acknowledged = true;
        }
        assert_eq!(
            at, appended.next.0,
            "the answer's positions hold other frames"
        );
        self.counts.stored += appended.stored;
        self.counts.repeated += appended.repeated;
        self.sends[send].frames = ids;
    }

    /// Holds what is there after a start against what must be, where nothing durable was damaged;
    /// takes over what turned out to be there.
    pub(super) fn recovered(&mut self, process: &Process) {
        let recovery = &process.recovery;
        assert_eq!(recovery.lost, [], "nothing durable was damaged");
        assert_eq!(recovery.lost_ranges, 0, "nothing durable was damaged");
        // A line that was being written may be torn, as the last commit may be.
        let is_torn = |fault: &LedgerFault| matches!(fault.kind, FaultKind::Torn { .. });
        let faults = &recovery.ledger_faults;
        assert!(
            faults.iter().all(is_torn),
            "nothing durable was damaged: {faults:?}"
        );
        assert!(
            !recovery.skipped_to_min,
            "a consumer is ahead of the journal"
        );
        let found = self.read(process, 0);
        assert_eq!(found.lost, BTreeSet::new(), "nothing durable was damaged");
        let all: Vec<u64> = found.frames.keys().copied().collect();
        let expected: Vec<u64> = (0..recovery.next.0).collect();
        assert_eq!(all, expected, "positions have gaps");
        for (position, id) in &self.seen {
            let now = found.frames.get(position);
            assert_eq!(
                now,
                Some(id),
                "what was durable at {position} is gone or another"
            );
        }
        self.adopt(&found.frames);
    }

    /// The same where bytes have rotted: `hit` are the positions whose loss that explains. Gives
    /// those that are lost.
    pub(super) fn recovered_from_rot(
        &mut self,
        process: &Process,
        hit: &BTreeSet<u64>,
    ) -> BTreeSet<u64> {
        let found = self.read(process, 0);
        let next = process.recovery.next.0;
        assert!(next >= self.proven_end, "positions are given twice");
        for position in 0..next {
            let (there, lost) = (
                found.frames.contains_key(&position),
                found.lost.contains(&position),
            );
            assert!(
                there != lost,
                "position {position}: there {there}, reported lost {lost}"
            );
        }
        let mut missing = BTreeSet::new();
        for (position, id) in std::mem::take(&mut self.seen) {
            match found.frames.get(&position) {
                Some(now) => {
                    assert_eq!(*now, id, "position {position} was given twice");
                    self.seen.insert(position, id);
                }
                None => {
                    assert!(hit.contains(&position), "{position} is gone without need");
                    missing.insert(position);
                    self.lose(id);
                }
            }
        }
        self.end = self.end.min(next);
        self.adopt(&found.frames);
        self.end = next;
        missing
    }

    /// Frames that nobody was given so far must be whole batches of sends whose end is not known,
    /// those of one source in their order.
    fn adopt(&mut self, found: &BTreeMap<u64, Id>) {
        let mut open: Vec<usize> = std::mem::take(&mut self.open);
        let fresh: Vec<(u64, Id)> = found
            .iter()
            .filter(|(position, _)| !self.seen.contains_key(*position))
            .map(|(position, id)| (*position, *id))
            .collect();
        let mut rest = fresh.as_slice();
        while !rest.is_empty() {
            let whole = open.iter().enumerate().find_map(|(at, send)| {
                let count = self.begins_with(rest, &self.sends[*send].frames)?;
                Some((at, count))
            });
            let (at, count) = whole.expect("a batch is there by half, or was never sent");
            open.remove(at);
            let (batch, after) = rest.split_at(count);
            for (position, id) in batch {
                self.store(*position, *id);
            }
            rest = after;
        }
    }

    /// Of how many frames this batch is the whole beginning; without the entries that are held.
    fn begins_with(&self, found: &[(u64, Id)], ids: &[Id]) -> Option<usize> {
        let mut count = 0;
        for id in ids {
            if found.get(count).is_some_and(|(_, there)| there == id) {
                count += 1;
            } else if !self.holds(*id) && !self.may_be_known(*id) {
                return None;
            }
        }
        (count > 0).then_some(count)
    }

    fn lose(&mut self, id: Id) {
        let known = &mut self.frames.all[id];
        known.stored -= 1;
        known.lost = true;
        if let Some(key) = known.frame.cursor {
            self.held.remove(&(known.source.stream.clone(), key));
        }
    }

    /// Whether this is an entry that the journal may know, though it has lost it: the checkpoint of
    /// cursors outlives what rots.
    fn may_be_known(&self, id: Id) -> bool {
        self.rotten && self.frames.all[id].frame.cursor.is_some()
    }

    /// Whether the journal holds this frame as an entry.
    fn holds(&self, id: Id) -> bool {
        let known = &self.frames.all[id];
        let stream = &known.source.stream;
        let cursor = known.frame.cursor;
        cursor.is_some_and(|key| self.held.contains(&(stream.clone(), key)))
    }

    fn store(&mut self, position: u64, id: Id) {
        let known = &mut self.frames.all[id];
        known.stored += 1;
        assert!(
            known.stored <= known.sends,
            "frame {id} is there more often than it was sent"
        );
        if let Some(key) = known.frame.cursor {
            let new = self.held.insert((known.source.stream.clone(), key));
            assert!(new, "the entry {id} is there twice");
        }
        let before = self.seen.insert(position, id);
        assert!(before.is_none(), "position {position} was given twice");
        self.end = position + 1;
    }

    /// What a reader that begins at `from` is given.
    pub(super) fn read(&self, process: &Process, from: u64) -> Found {
        let mut reader = process.reader(from);
        let mut found = Found::default();
        loop {
            match reader.next(Duration::ZERO) {
                Ok(Some(batch)) => {
                    for frame in batch.frames {
                        let id = self.frames.identify(&batch.source, &frame);
                        let twice = found.frames.insert(frame.position.0, id);
                        assert!(twice.is_none(), "{} is read twice", frame.position);
                    }
                }
                Ok(None) => return found,
                Err(ReadError::Lost(lost)) => found.lost.extend(lost.from.0..lost.to.0),
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Everything was sent until it was acknowledged: is it there?
    pub(super) fn complete(&self) {
        for (id, known) in self.frames.all.iter().enumerate() {
            if known.sends == 0 || known.lost {
                continue;
            }
            assert!(known.acknowledged, "frame {id} was never acknowledged");
            if !self.may_be_known(id) {
                assert!(
                    known.stored > 0,
                    "frame {id} was acknowledged and is not there"
                );
            }
        }
    }
}

/// What a reader was given.
#[derive(Default)]
pub(super) struct Found {
    pub(super) frames: BTreeMap<u64, Id>,
    pub(super) lost: BTreeSet<u64>,
}
