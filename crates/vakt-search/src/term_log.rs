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
use crate::filter;
use crate::vocabulary::Vocabulary;
use crate::words::Key;

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

/// The terms of the events of a chunk, and the filters of its blocks for what is no term.
#[derive(Clone, Default)]
pub(crate) struct ChunkLog {
    /// The text of the terms in the order of their numbers, and, as LEB128, the length of each.
    text: Vec<u8>,
    lengths: Vec<u8>,
    words: usize,
    /// For each value, as LEB128, how many terms it has and their numbers.
    values: Vec<u8>,
    docs: u32,
    /// For each event, as LEB128, three times how many there are and their numbers: terms that were sent, values
    /// that were sent, terms that were added. A term may come twice. Those that come often come early, so
    /// that most numbers take one or two bytes.
    events: Vec<u8>,
    /// The filters, and where that of each block ends.
    filters: Vec<u8>,
    blocks: Vec<usize>,
}

/// Terms that are given at a time.
const TOGETHER: usize = 64;

/// The terms of values that come again, by the numbers of the values.
#[derive(Clone, Default)]
pub(crate) struct Values {
    terms: Vec<u32>,
    /// Where those of each value end.
    ends: Vec<u32>,
}

impl Values {
    /// The number of a value, whose terms `add` appends.
    pub(crate) fn add(&mut self, add: impl FnOnce(&mut Vec<u32>)) -> u32 {
        let number = number_of(self.ends.len());
        add(&mut self.terms);
        self.ends.push(number_of(self.terms.len()));
        number
    }

    pub(crate) fn terms(&self, number: u32) -> &[u32] {
        let place = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let start = match number.checked_sub(1) {
            Some(before) => self.ends.get(place(before)).copied().unwrap_or(u32::MAX),
            None => 0,
        };
        let end = self.ends.get(place(number)).copied().unwrap_or(0);
        self.terms.get(place(start)..place(end)).unwrap_or_default()
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        for number in 0..number_of(self.ends.len()) {
            let terms = self.terms(number);
            put_varint(terms.len() as u64, bytes);
            for term in terms {
                put_varint(u64::from(*term), bytes);
            }
        }
    }

    fn read(bytes: &[u8]) -> Result<Self, Fault> {
        let mut input = Input(bytes);
        let mut values = Self::default();
        while !input.0.is_empty() {
            for _ in 0..input.length()? {
                values.terms.push(number_in(&mut input)?);
            }
            values.ends.push(number_of(values.terms.len()));
        }
        Ok(values)
    }

    /// Takes everything out, and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.terms.clear();
        self.ends.clear();
    }

    pub(crate) fn bytes(&self) -> usize {
        (self.terms.len() + self.ends.len()) * size_of::<u32>()
    }
}

fn number_of(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn number_in(input: &mut Input<'_>) -> Result<u32, Fault> {
    let number = u32::try_from(input.varint()?);
    number.map_err(|_| Fault::new("a term has no such number"))
}

impl ChunkLog {
    /// The terms and the values that the next event has.
    pub(crate) fn event(&mut self, sent: &[u32], values: &[u32], added: &[u32]) {
        self.docs += 1;
        for numbers in [sent, values, added] {
            put_varint(numbers.len() as u64, &mut self.events);
            for number in numbers {
                put_varint(u64::from(*number), &mut self.events);
            }
        }
    }

    /// In the next block, as the chunk keeps them, the keys with these hashes are no terms; ascending.
    pub(crate) fn end_block(&mut self, noise: &[u64]) {
        filter::write(noise.iter().copied(), &mut self.filters);
        self.blocks.push(self.filters.len());
    }

    /// What was noted, in as much memory as it takes, with what its numbers are of; begins anew.
    pub(crate) fn take(&mut self, words: &Vocabulary, values: &Values) -> Self {
        self.text.extend_from_slice(words.texts());
        for length in words.lengths() {
            put_varint(u64::from(length), &mut self.lengths);
        }
        self.words = words.len();
        values.write(&mut self.values);
        let taken = self.clone();
        self.clear();
        taken
    }

    /// Takes everything out, and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.lengths.clear();
        self.words = 0;
        self.values.clear();
        self.docs = 0;
        self.events.clear();
        self.filters.clear();
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
        let parts = [
            &self.text,
            &self.lengths,
            &self.values,
            &self.events,
            &self.filters,
        ];
        parts.map(Vec::len).iter().sum()
    }

    /// Calls `take` with the terms in the order of their numbers, some at a time, and the text in which they stand.
    pub(crate) fn each_word(&self, mut take: impl FnMut(&[u8], &[Key])) -> Result<(), Fault> {
        let mut input = Input(&self.lengths);
        let mut start = 0;
        let mut keys = Vec::new();
        while !input.0.is_empty() {
            let end = start + input.length()?;
            keys.push(Key::new(&self.text, start, end));
            start = end;
            if keys.len() == TOGETHER || input.0.is_empty() {
                take(&self.text, &keys);
                keys.clear();
            }
        }
        Ok(())
    }

    /// Calls `take` for each event with the numbers of the terms that were sent and of those that were added
    /// alone, each once.
    pub(crate) fn each_event(&self, mut take: impl FnMut(&[u32], &[u32])) -> Result<(), Fault> {
        let mut input = Input(&self.events);
        let [mut sent, mut added] = [Vec::new(), Vec::new()];
        // For each term the number of the last event that had it, counted from 1.
        let mut met = vec![0_u32; self.words];
        let mut put = |number: u32, event: u32, numbers: &mut Vec<u32>| {
            let index = usize::try_from(number).unwrap_or(usize::MAX);
            if let Some(last) = met.get_mut(index)
                && std::mem::replace(last, event) != event
            {
                numbers.push(number);
            }
        };
        let values = Values::read(&self.values)?;
        for event in 1..=self.docs {
            sent.clear();
            added.clear();
            for _ in 0..input.length()? {
                put(number_in(&mut input)?, event, &mut sent);
            }
            for _ in 0..input.length()? {
                for term in values.terms(number_in(&mut input)?) {
                    put(*term, event, &mut sent);
                }
            }
            for _ in 0..input.length()? {
                put(number_in(&mut input)?, event, &mut added);
            }
            take(&sent, &added);
        }
        Ok(())
    }

    /// The filters, block by block.
    pub(crate) fn filters(&self) -> Vec<Vec<u8>> {
        let mut start = 0;
        let filters = self.blocks.iter().map(|end| {
            let filter = self.filters.get(start..*end).unwrap_or_default();
            start = *end;
            filter.to_vec()
        });
        filters.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_comes_back_with_the_terms_of_values() {
        let mut words = Vocabulary::default();
        for word in ["a", "", "longer than eight"] {
            words.number(word.as_bytes());
        }
        for number in words.len()..300 {
            words.number(format!("{number}").as_bytes());
        }
        let mut values = Values::default();
        assert_eq!(values.add(|terms| terms.extend([7, 299, 7])), 0);
        assert_eq!(values.add(|_| ()), 1);
        assert_eq!(values.add(|terms| terms.push(2)), 2);
        let mut open = ChunkLog::default();
        for _ in 0..2 {
            open.event(&[0, 200, 0, 299], &[0, 2], &[]);
            open.end_block(&[3, 9]);
            open.event(&[], &[], &[5]);
            open.event(&[1], &[1], &[2, 1, 3, 2]);
            open.end_block(&[]);
            open.end_block(&[4]);
            let log = open.take(&words, &values);
            let mut events = Vec::new();
            let took = log.each_event(|sent, added| events.push((sent.to_vec(), added.to_vec())));
            took.unwrap();
            assert_eq!(
                events,
                [
                    (vec![0, 200, 299, 7, 2], vec![]),
                    (vec![], vec![5]),
                    (vec![1], vec![2, 3])
                ]
            );
            assert_eq!((log.docs(), log.blocks()), (3, 3));
            let filters = log.filters();
            let holds = |block: usize, hash| filter::may_hold(&filters[block], hash);
            assert!(holds(0, 3) && holds(0, 9) && holds(2, 4));
            assert!(filters[1].is_empty() && filters.len() == 3);
            let mut found = Vec::new();
            let took = log
                .each_word(|text, keys| found.extend(keys.iter().map(|key| key.of(text).to_vec())));
            took.unwrap();
            let all: Vec<_> = (0..300).map(|number| words.text(number).to_vec()).collect();
            assert_eq!(found, all);
        }
    }
}
