//! Patterns in the templates of messages: what is in them need not be read.

use std::sync::Arc;

use memchr::memmem::Finder;

use super::findings::Question;
use super::{Candidates, Result};
use crate::bits::Bits;
use crate::chunk::{Chunk, template};
use crate::query::Pattern;

/// As few events of a chunk are read as quickly as its templates.
const DOCS_MIN: u64 = 4;

impl Candidates<'_> {
    /// Those of `docs` whose templates say that a value that was sent has the pattern, and that it is a value of
    /// `field`, if one is named.
    pub(super) fn by_templates(
        &self,
        field: Option<&str>,
        pattern: &Pattern,
        docs: &Bits,
    ) -> Result<Bits> {
        let mut sure = Bits::none(self.split.docs);
        let longest = pattern.pieces.iter().max_by_key(|piece| piece.len());
        let Some(longest) = longest.filter(|_| template::can_tell(pattern)) else {
            return Ok(sure);
        };
        let finder = Finder::new(longest.as_bytes());
        let question = Question::of(field, pattern);
        for placed in &self.split.chunks {
            self.check_limits()?;
            let (chunk, first) = (&placed.chunk, placed.first);
            if docs.count_in(first..first + chunk.meta().docs) < DOCS_MIN {
                continue;
            }
            let found = self
                .findings
                .get_or_insert_with(&(chunk.number(), question), || {
                    self.having_template(chunk, &finder, |value| {
                        template::has(value, field, pattern)
                    })
                })?;
            for doc in found.iter().flat_map(|found| found.iter()) {
                sure.insert(first + doc);
            }
        }
        sure.intersect(docs);
        Ok(sure)
    }

    /// The events of a chunk whose templates have in them what `finder` finds and are `wanted`; `None` if there are none.
    fn having_template(
        &self,
        chunk: &Chunk,
        finder: &Finder<'_>,
        wanted: impl FnMut(&str) -> bool,
    ) -> Result<Option<Arc<Bits>>> {
        let Some(templates) = chunk.templates(self.pieces)? else {
            return Ok(None);
        };
        let accepted = templates.codes_with(finder, wanted);
        if !accepted.contains(&true) {
            return Ok(None);
        }
        let mut found = Bits::none(chunk.meta().docs);
        templates.each(|doc, code| {
            if accepted.get(usize::from(code)) == Some(&true) {
                found.insert(doc);
            }
        });
        Ok((!found.is_empty()).then(|| Arc::new(found)))
    }
}

#[cfg(test)]
mod tests {
    use quick_cache::sync::Cache;
    use tantivy::directory::OwnedBytes;
    use vakt_event::{Event, Format, JournalPosition, Timestamp};

    use super::*;
    use crate::candidates::{Limits, findings_cache};
    use crate::chunk::{Addition, ByBytes, ChunkBuilder, Pieces};
    use crate::frame::Frame;
    use crate::sample;
    use crate::split::Split;

    const EVENTS: u32 = 5000;

    /// Too long for a column.
    const NOTE: &str =
        "the words of a note, of which there are many, and none of which a message has";

    /// A split of two chunks of the same events.
    fn split() -> Split {
        let source = sample::source();
        let mut builder = ChunkBuilder::new().unwrap();
        let mut chunks = Vec::new();
        for _ in 0..2 {
            for number in 0..EVENTS {
                let text = match number % 5 {
                    0 => format!("Failed password for u{number} port {number}"),
                    1 => format!("password, failed: {} of u{number}", "-".repeat(80)),
                    2 => "failed password".to_owned(),
                    _ => format!("session {number} opened"),
                };
                let mut event = Event::default();
                match number % 10 {
                    5 => event.sent("other", text.as_str()),
                    6 => {
                        // The message is known when its turn comes.
                        event.sent("copy", text.as_str());
                        event.sent("note", NOTE);
                        event.sent("message", text.as_str());
                    }
                    _ => event.sent("message", text.as_str()),
                }
                let frame = Frame {
                    bytes: text.as_bytes(),
                    format: Format::Text,
                    received: Timestamp::default(),
                    truncated: false,
                };
                let added = builder.add(&Addition {
                    position: JournalPosition(u64::from(number)),
                    frame,
                    event: &event,
                    source: &source,
                });
                added.unwrap();
            }
            let (bytes, meta) = builder.close().unwrap();
            chunks.push(Arc::new(
                Split::chunk(meta, OwnedBytes::new(bytes)).unwrap(),
            ));
            builder.clear();
        }
        Split::of_opened("default".to_owned(), chunks)
    }

    #[test]
    fn phrases_of_frequent_words_are_known_soon_and_from_the_second_chunk_on_all() {
        let split = split();
        let cache = Cache::with_weighter(100, 1 << 20, ByBytes);
        let pieces = Pieces { cache: &cache };
        let findings = findings_cache();
        let candidates = Candidates::new(&split, pieces, &findings, Limits::default());
        let check = |field: Option<&str>, pattern: &Pattern, kinds: &[u32]| {
            let all = Bits::all(split.docs);
            let Ok(found) = candidates.by_templates(field, pattern, &all) else {
                panic!("stopped");
            };
            let second = EVENTS..2 * EVENTS;
            let expected = second.clone().filter(|doc| kinds.contains(&(doc % 10)));
            assert!(found.iter_in(second).eq(expected), "{field:?} {pattern:?}");
            let mut in_first = found.iter_in(0..EVENTS);
            assert!(in_first.all(|doc| kinds.contains(&(doc % 10))));
            assert_eq!(found.any_in(0..EVENTS), !kinds.is_empty(), "{pattern:?}");
        };
        let phrase = Pattern::phrase("failed password".to_owned());
        check(None, &phrase, &[0, 2, 5, 7]);
        check(Some("message"), &phrase, &[0, 2, 7]);
        check(Some("other"), &phrase, &[5]);
        check(Some("user"), &phrase, &[]);
        check(None, &Pattern::inside("iled password f"), &[0, 5]);
        check(None, &Pattern::phrase("for u5".to_owned()), &[]);
        check(
            Some("message"),
            &Pattern::phrase("words of a note".to_owned()),
            &[],
        );
        check(None, &Pattern::phrase("\u{2}".to_owned()), &[]);
        // What is remembered of all is said of those that are asked about.
        assert!(
            findings
                .get(&(split.chunks[1].chunk.number(), Question::of(None, &phrase)))
                .is_some()
        );
        let mut some = Bits::none(split.docs);
        some.insert_range(EVENTS..EVENTS + 20);
        let found = candidates.by_templates(None, &phrase, &some);
        let expected = (0..20).filter(|doc| [0, 2, 5, 7].contains(&(doc % 10)));
        assert!(found.is_ok_and(|found| found.iter().eq(expected.map(|doc| EVENTS + doc))));
        // As few as are asked about are read.
        let mut few = Bits::none(split.docs);
        few.insert(EVENTS);
        let found = candidates.by_templates(None, &phrase, &few);
        assert!(found.is_ok_and(|found| found.is_empty()));
    }
}
