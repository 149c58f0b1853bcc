//! A group commit that is written and not durable yet. Its sync needs nothing of the writer, which writes
//! the next one meanwhile.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::group::Group;
use super::progress::Progress;
use super::queue::{Appended, Queue};
use super::room::Shortage;
use super::segment::Segment;
use super::syncs::Syncs;
use super::writer::Answered;
use crate::disk::DiskFile;
use crate::error::AppendError;
use crate::stats::Counters;

/// Commits become durable in the order in which they were written: each also covers those before it.
pub(crate) struct Commit {
    pub(crate) groups: Vec<Group>,
    pub(crate) written: Written,
    pub(crate) syncs: Arc<Syncs>,
    pub(crate) progress: Arc<Progress>,
    pub(crate) counters: Arc<Counters>,
}

/// What the writer did.
pub(crate) struct Written {
    /// What becomes of each batch with the sync.
    pub(crate) appended: Vec<Answered>,
    pub(crate) shortage: Option<Shortage>,
    /// What became of the seal that somebody asked for.
    pub(crate) sealed: Result<(), AppendError>,
    /// Segments that were written to, and their bytes.
    pub(crate) touched: Vec<(Arc<Segment>, u64)>,
    /// The position after the last frame.
    pub(crate) end: u64,
    /// The open segment's; what was written to others is durable.
    pub(crate) file: Option<Arc<dyn DiskFile>>,
}

impl Commit {
    /// Of the batches' frames.
    pub(crate) fn bytes(&self) -> usize {
        self.groups.iter().map(|group| group.bytes).sum()
    }

    /// Makes it durable, shows it to readers and answers everybody. Gives the groups, for their memory.
    ///
    /// # Errors
    /// With the reason why it may not be durable: all are refused, and nothing more may be written.
    pub(crate) fn finish(mut self, queue: &Queue) -> Result<Vec<Group>, Arc<str>> {
        if let Err(reason) = self.sync() {
            // First, so that whoever is told and comes again is refused at once.
            queue.poison(&reason);
            self.refuse(&reason);
            return Err(reason);
        }
        let written = &self.written;
        self.progress.publish(&written.touched, written.end);
        self.written.count(&self.counters);
        self.answer();
        Ok(self.groups)
    }

    fn answer(&mut self) {
        let short = self.written.shortage.unwrap_or_default();
        let mut appended = self.written.appended.iter();
        for group in &mut self.groups {
            for (answer, since) in group.answers.drain(..) {
                let appended = appended.next().copied().flatten();
                if appended.is_some() {
                    self.counters.append.count(since.elapsed());
                }
                answer.give(appended.ok_or(AppendError::NoSpace(short)));
            }
        }
        for group in &mut self.groups {
            for done in group.seals.drain(..) {
                done(self.written.sealed.clone());
            }
        }
    }

    /// It may not be durable.
    pub(crate) fn refuse(&mut self, reason: &Arc<str>) {
        for group in &mut self.groups {
            group.refuse(reason);
        }
    }

    fn sync(&self) -> Result<(), Arc<str>> {
        match (&self.written.file, self.written.touched.last()) {
            (Some(file), Some((segment, _))) => self.syncs.sync(file.as_ref(), &segment.path),
            _ => Ok(()),
        }
    }
}

impl Written {
    fn count(&self, counters: &Counters) {
        let answered = || self.appended.iter().flatten();
        let sum = |of: fn(&Appended) -> usize| answered().map(of).sum::<usize>() as u64;
        let batches = answered().count() as u64;
        let refused = self.appended.len() as u64 - batches;
        counters.appended_batches.fetch_add(batches, Relaxed);
        let stored = sum(|one| one.stored);
        counters.appended_frames.fetch_add(stored, Relaxed);
        let repeated = sum(|one| one.repeated);
        counters.repeated_frames.fetch_add(repeated, Relaxed);
        counters.no_space_batches.fetch_add(refused, Relaxed);
        let wanted = self.shortage.map_or(0, Shortage::wanted);
        counters.wanted_room.store(wanted, Relaxed);
    }
}
