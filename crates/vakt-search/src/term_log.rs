//! Which terms events have, noted while they are packed into chunks.
//!
//! An inverted index is built later than a chunk. What the chunk's builder read of the words of its events is
//! kept until then, in memory and within bounds; where it is gone, events are decoded and read again
//! (`index/terms.rs`), which takes many times as long and gives the same.
//!
//! Terms have numbers within a chunk: so many words stay in the processor's nearer caches, those of a whole
//! split do not.

use crate::chunk::pack::{Input, put_varint};
use crate::fault::Fault;
use crate::vocabulary::Vocabulary;

/// The terms of the events of consecutive chunks.
#[derive(Default)]
pub(crate) struct TermLog {
    pub(crate) chunks: Vec<ChunkLog>,
    /// Those of all chunks.
    bytes: usize,
}

impl TermLog {
    pub(crate) fn push(&mut self, chunk: ChunkLog) {
        self.bytes += chunk.bytes();
        self.chunks.push(chunk);
    }

    /// The memory that it holds, about, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

/// The terms of the events of a chunk, and the noise of its blocks.
#[derive(Clone, Default)]
pub(crate) struct ChunkLog {
    /// The text of the terms in the order of their numbers, and where each ends.
    text: Vec<u8>,
    ends: Vec<u32>,
    docs: u32,
    /// For each event, as LEB128: how many terms were sent, their numbers, how many were added alone, theirs.
    /// Those that come often come early, so that most numbers take one or two bytes.
    events: Vec<u8>,
    /// The hashes of what is no term, for each block ascending, and where those of each block end.
    noise: Vec<u64>,
    blocks: Vec<usize>,
}

impl ChunkLog {
    /// The terms of the next event.
    pub(crate) fn event(&mut self, sent: &[u32], added: &[u32]) {
        self.docs += 1;
        for numbers in [sent, added] {
            put_varint(numbers.len() as u64, &mut self.events);
            for number in numbers {
                put_varint(u64::from(*number), &mut self.events);
            }
        }
    }

    /// A block ends, with this noise.
    pub(crate) fn end_block(&mut self, noise: &[u64]) {
        self.noise.extend_from_slice(noise);
        self.blocks.push(self.noise.len());
    }

    /// What was noted, in as much memory as it takes, with the words that its numbers are of; begins anew.
    pub(crate) fn take(&mut self, words: &Vocabulary) -> Self {
        words.write(&mut self.text, &mut self.ends);
        let taken = self.clone();
        self.clear();
        taken
    }

    /// Takes everything out, and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.docs = 0;
        self.events.clear();
        self.noise.clear();
        self.blocks.clear();
    }

    pub(crate) fn docs(&self) -> u32 {
        self.docs
    }

    pub(crate) fn blocks(&self) -> usize {
        self.blocks.len()
    }

    /// The memory that it holds, about, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.text.len()
            + self.ends.len() * size_of::<u32>()
            + self.events.len()
            + self.noise.len() * size_of::<u64>()
    }

    /// The terms in the order of their numbers.
    pub(crate) fn words(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let end = usize::try_from(*end).unwrap_or(usize::MAX);
            self.text
                .get(std::mem::replace(&mut start, end)..end)
                .unwrap_or_default()
        })
    }

    /// Calls `take` for each event with the numbers of the terms that were sent and of those that were added.
    pub(crate) fn each_event(&self, mut take: impl FnMut(&[u32], &[u32])) -> Result<(), Fault> {
        let mut input = Input(&self.events);
        let mut numbers: [Vec<u32>; 2] = Default::default();
        for _ in 0..self.docs {
            for numbers in &mut numbers {
                numbers.clear();
                for _ in 0..input.length()? {
                    let number = u32::try_from(input.varint()?);
                    numbers.push(number.map_err(|_| Fault::new("a term has no such number"))?);
                }
            }
            let [sent, added] = &numbers;
            take(sent, added);
        }
        Ok(())
    }

    /// The hashes of what is no term, block by block.
    pub(crate) fn noise(&self) -> Vec<Vec<u64>> {
        let mut start = 0;
        let blocks = self.blocks.iter().map(|end| {
            let noise = self.noise.get(start..*end).unwrap_or_default();
            start = *end;
            noise.to_vec()
        });
        blocks.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_comes_back() {
        let mut words = Vocabulary::default();
        for word in ["a", "", "longer than eight"] {
            words.number(word);
        }
        let mut open = ChunkLog::default();
        for _ in 0..2 {
            open.event(&[0, 200, 70_000], &[]);
            open.end_block(&[3, 9]);
            open.event(&[], &[5]);
            open.event(&[1], &[2, 3]);
            open.end_block(&[]);
            open.end_block(&[4]);
            let log = open.take(&words);
            let mut events = Vec::new();
            let took = log.each_event(|sent, added| events.push((sent.to_vec(), added.to_vec())));
            took.unwrap();
            assert_eq!(
                events,
                [
                    (vec![0, 200, 70_000], vec![]),
                    (vec![], vec![5]),
                    (vec![1], vec![2, 3])
                ]
            );
            assert_eq!((log.docs(), log.blocks()), (3, 3));
            assert_eq!(log.noise(), [vec![3, 9], vec![], vec![4]]);
            let found: Vec<&[u8]> = log.words().collect();
            assert_eq!(found, [&b"a"[..], b"", b"longer than eight"]);
        }
    }
}
