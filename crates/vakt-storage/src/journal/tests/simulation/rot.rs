//! Bytes that change on the drive, and what that may cost.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::super::super::format::{SEGMENT_HEADER_BYTES, segment_name};
use super::super::super::progress::Progress;
use super::process::{DIR, files, is_segment};
use super::trace::Trace;
use super::world::choose;
use crate::disk::FakeDisk;
use crate::disk::random::SplitMix;

/// Which bytes hold which positions, as far as one can tell from outside: what a commit added to
/// segments holds what it published.
#[derive(Default)]
pub(super) struct Extents {
    lengths: BTreeMap<PathBuf, u64>,
    all: Vec<Extent>,
    end: u64,
    /// Bytes that were changed, by segment.
    flipped: BTreeMap<PathBuf, BTreeSet<u64>>,
}

struct Extent {
    path: PathBuf,
    bytes: Range<u64>,
    positions: Range<u64>,
}

impl Extents {
    /// A start, or a commit that went well, has published this.
    pub(super) fn note(&mut self, progress: &Progress) {
        let end = progress.end();
        if end == self.end && !self.lengths.is_empty() {
            return;
        }
        for (first, length) in progress.sizes() {
            let path = Path::new(DIR).join(segment_name(first));
            let before = self.lengths.insert(path.clone(), length).unwrap_or(0);
            if before < length && self.end < end {
                self.all.push(Extent {
                    path,
                    bytes: before..length,
                    positions: self.end..end,
                });
            }
        }
        self.end = end;
    }

    /// Flips a few bits; whether those of segments alone.
    pub(super) fn flip(&mut self, disk: &FakeDisk, random: &mut SplitMix, trace: &Trace) -> bool {
        let mut only_segments = true;
        let files = files(disk);
        if files.is_empty() {
            return only_segments;
        }
        for _ in 0..=random.below(3) {
            let (path, length) = &files[choose(random, files.len())];
            let at = random.below(*length);
            let mask = 1 << random.below(8);
            let of_path = self.flipped.entry(path.clone()).or_default();
            if *length > 0 && of_path.insert(at) {
                disk.corrupt(path, at, mask).unwrap();
                trace.say(|| format!("byte {at} of {} rots", path.display()));
                only_segments &= is_segment(path);
            }
        }
        only_segments
    }

    /// The positions whose loss is explained by what was flipped.
    pub(super) fn hit(&self) -> BTreeSet<u64> {
        let mut hit = BTreeSet::new();
        for extent in &self.all {
            let Some(flipped) = self.flipped.get(&extent.path) else {
                continue;
            };
            // Where a segment's header is gone a whole record must show whose it is; without one
            // nothing is.
            let header = flipped.range(..SEGMENT_HEADER_BYTES as u64).next();
            let headless = header.is_some() && flipped.len() > 1;
            if headless || flipped.range(extent.bytes.clone()).next().is_some() {
                hit.extend(extent.positions.clone());
            }
        }
        // The last commit may have been written while the one before it was not durable. It does not prove
        // then that the other was, and is cut with it.
        if let Some(last) = self.all.last()
            && hit.contains(&last.positions.start.wrapping_sub(1))
        {
            hit.extend(last.positions.clone());
        }
        hit
    }
}
