//! Senders: they keep what was not acknowledged, and send it again.

use std::collections::BTreeMap;
use std::sync::Arc;

use vakt_event::{CursorKey, Source, Transport};

use super::frames::{Frames, Id, source};
use super::process::foreign_segment;
use crate::disk::random::SplitMix;

/// Few lengths, so that what is left of a torn commit often fits behind a new record.
const CONTENT_BYTES: [usize; 6] = [0, 10, 10, 300, 700, 1500];

/// A sender waits when so much is not acknowledged.
const UNACKNOWLEDGED_MAX: usize = 4;

pub(super) struct Client {
    pub(super) source: Arc<Source>,
    kind: Kind,
    /// Batches that were not acknowledged, the oldest first; whether one is under way.
    unacknowledged: Vec<(Vec<Id>, bool)>,
}

enum Kind {
    /// Syslog over HTTP or RELP: every frame is another one.
    Lines,
    /// A journal of numbered entries, sent from some number on, at times an earlier one.
    Entries {
        sequence_id: u128,
        next: u64,
        made: BTreeMap<(u64, u64), Id>,
    },
}

impl Client {
    /// Two send lines in one stream, the third lines and the fourth entries in another.
    pub(super) fn all() -> Vec<Self> {
        let lines = |stream, listener, transport| Self {
            source: source(stream, listener, transport),
            kind: Kind::Lines,
            unacknowledged: Vec::new(),
        };
        vec![
            lines("default", "http", Transport::Http),
            lines("default", "relp", Transport::Tcp),
            lines("customer", "relp", Transport::Tls),
            Self {
                source: source("customer", "http", Transport::Journal),
                kind: Kind::Entries {
                    sequence_id: 7,
                    next: 0,
                    made: BTreeMap::new(),
                },
                unacknowledged: Vec::new(),
            },
        ]
    }

    /// What it sends next; nothing when all is under way and it waits for answers. `end` is where
    /// the journal ends.
    pub(super) fn next_batch(
        &mut self,
        frames: &mut Frames,
        random: &mut SplitMix,
        end: u64,
    ) -> Option<Vec<Id>> {
        let full = self.unacknowledged.len() >= UNACKNOWLEDGED_MAX;
        if (full || random.below(2) == 0)
            && let Some((ids, under_way)) = self.unacknowledged.iter_mut().find(|(_, sent)| !*sent)
        {
            *under_way = true;
            return Some(ids.clone());
        }
        if full {
            return None;
        }
        let ids = self.new_batch(frames, random, end);
        self.unacknowledged.push((ids.clone(), true));
        Some(ids)
    }

    /// What has not been sent since the last failure, when it resends without making anything new.
    pub(super) fn resend(&mut self) -> Option<Vec<Id>> {
        let (ids, under_way) = self.unacknowledged.iter_mut().find(|(_, sent)| !*sent)?;
        *under_way = true;
        Some(ids.clone())
    }

    pub(super) fn answered(&mut self, ids: &[Id], acknowledged: bool) {
        let sent = self
            .unacknowledged
            .iter()
            .position(|(old, under_way)| *under_way && old == ids);
        let sent = sent.expect("an answer to what was not asked");
        if acknowledged {
            self.unacknowledged.remove(sent);
        } else {
            self.unacknowledged[sent].1 = false;
        }
    }

    /// The connection broke: nothing under way will be answered.
    pub(super) fn disconnected(&mut self) {
        for (_, under_way) in &mut self.unacknowledged {
            *under_way = false;
        }
    }

    fn new_batch(&mut self, frames: &mut Frames, random: &mut SplitMix, end: u64) -> Vec<Id> {
        let count = random.below(4);
        match &mut self.kind {
            Kind::Lines => {
                let mut line = |_| {
                    let content = match random.below(30) {
                        0 => forged(frames, &self.source, random, end),
                        _ => filler(random),
                    };
                    frames.make(&self.source, None, &content)
                };
                (0..count).map(&mut line).collect()
            }
            Kind::Entries {
                sequence_id,
                next,
                made,
            } => {
                let first = next.saturating_sub(random.below(8).saturating_sub(4));
                *next = (*next).max(first + count);
                let mut entry = |number| {
                    // A machine that was set back writes the number again.
                    let check = u64::from(random.below(20) == 0);
                    let key = CursorKey {
                        sequence_id: *sequence_id,
                        boot_id: 1,
                        sequence_number: number,
                        check,
                    };
                    *made
                        .entry((number, check))
                        .or_insert_with(|| frames.make(&self.source, Some(key), &filler(random)))
                };
                (first..first + count).map(&mut entry).collect()
            }
        }
    }
}

fn filler(random: &mut SplitMix) -> Vec<u8> {
    let which = usize::try_from(random.below(CONTENT_BYTES.len() as u64)).unwrap();
    // Noise, which does not compress.
    let bytes = CONTENT_BYTES[which];
    let mut noise = Vec::with_capacity(bytes + 8);
    while noise.len() < bytes {
        noise.extend(random.next().to_le_bytes());
    }
    noise.truncate(bytes);
    noise
}

/// A whole segment of another journal, with records that continue this one.
fn forged(frames: &mut Frames, source: &Arc<Source>, random: &mut SplitMix, end: u64) -> Vec<u8> {
    let inner = frames.make(source, None, b"forged");
    foreign_segment(end + random.below(6), frames.batch(source, &[inner]))
}
