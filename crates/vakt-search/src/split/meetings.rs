//! Which events have which words, on the way into an inverted index.
//!
//! What is kept of an event are the numbers of its words. At the end the events of each word are counted into
//! their places: no list grows in small steps.

use std::io;

use tantivy::postings::FieldSerializer;

use crate::vocabulary::Vocabulary;

/// The words of many events, one event after the other. What it holds is bounded by the events: four bytes
/// for each different word of an event.
#[derive(Default)]
pub(super) struct Meetings {
    /// The numbers of the words of all events.
    log: Vec<u32>,
    /// The events that have words, and where those end in the log.
    events: Vec<(u32, usize)>,
}

impl Meetings {
    /// The event `doc` has the word with this number, which it did not have yet; events come in rising order.
    pub(super) fn put(&mut self, doc: u32, number: u32) {
        self.put_all(doc, std::iter::once(number));
    }

    /// The same for several words.
    pub(super) fn put_all(&mut self, doc: u32, numbers: impl Iterator<Item = u32>) {
        let start = self.log.len();
        self.log.extend(numbers);
        if self.log.len() == start {
            return;
        }
        match self.events.last_mut() {
            Some((last, end)) if *last == doc => *end = self.log.len(),
            _ => self.events.push((doc, self.log.len())),
        }
    }

    /// How often words and events meet.
    pub(super) fn count(&self) -> u64 {
        self.log.len() as u64
    }

    /// Writes the words that some event has, in the `order` of their numbers, each with the numbers that its events
    /// have in the inverted index. `docs` are the events by that number.
    pub(super) fn write(
        self,
        words: &Vocabulary,
        order: &[u32],
        docs: &[u32],
        field: &mut FieldSerializer<'_>,
    ) -> io::Result<()> {
        let mut postings = Postings::new(words.len(), &self.log);
        let mut places = vec![(0, 0); docs.len()];
        let mut start = 0;
        for (doc, end) in &self.events {
            if let Some(place) = places.get_mut(*doc as usize) {
                *place = (start, *end);
            }
            start = *end;
        }
        for (posting, doc) in (0..).zip(docs) {
            let (start, end) = places.get(*doc as usize).copied().unwrap_or_default();
            for number in self.log.get(start..end).unwrap_or_default() {
                postings.put(*number, posting);
            }
        }
        for number in order {
            let events = postings.of(*number);
            if events.is_empty() {
                continue;
            }
            let count = u32::try_from(events.len()).unwrap_or(u32::MAX);
            field.new_term(words.text(*number), count, false)?;
            for event in events {
                field.write_doc(*event, 1, &[]);
            }
            field.close_term()?;
        }
        Ok(())
    }
}

/// The events of each word, side by side, by their numbers in the inverted index.
struct Postings {
    events: Vec<u32>,
    /// For each word where its events end, as far as they are there.
    ends: Vec<usize>,
}

impl Postings {
    /// Room for all that the log has.
    fn new(words: usize, log: &[u32]) -> Self {
        let mut ends = vec![0_usize; words];
        for number in log {
            let count = usize::try_from(*number).ok();
            if let Some(count) = count.and_then(|number| ends.get_mut(number)) {
                *count += 1;
            }
        }
        let mut at = 0;
        for end in &mut ends {
            at += std::mem::replace(end, at);
        }
        Self {
            events: vec![0; log.len()],
            ends,
        }
    }

    fn put(&mut self, number: u32, event: u32) {
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        if let Some(end) = self.ends.get_mut(number)
            && let Some(place) = self.events.get_mut(*end)
        {
            *place = event;
            *end += 1;
        }
    }

    /// The events of a word, when all are there: then each begins where the one before it ends.
    fn of(&self, number: u32) -> &[u32] {
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        let start = match number.checked_sub(1) {
            Some(before) => self.ends.get(before).copied().unwrap_or(0),
            None => 0,
        };
        let end = self.ends.get(number).copied().unwrap_or(start);
        self.events.get(start..end).unwrap_or_default()
    }
}
