//! Terms in the dictionary of a segment, and the documents that have them.

use tantivy::InvertedIndexReader;
use tantivy::postings::{BlockSegmentPostings, TermInfo};
use tantivy::schema::IndexRecordOption;

use super::{Result, STEPS_PER_CLOCK, Segment, Sides};
use crate::bits::Bits;
use crate::fold::beginning;
use crate::query::Need;
use crate::terms::{CUT, TERM_BYTES_MAX, term};

impl Segment<'_> {
    /// The documents that have a word as needed among the terms that begin with `prefix`.
    pub(super) fn words(
        &self,
        index: &InvertedIndexReader,
        prefix: &str,
        need: Need<'_>,
    ) -> Result<Sides> {
        let mut sides = self.nothing();
        match need {
            Need::Exact(word) => {
                let word = term(word);
                let docs = if word.is_whole {
                    &mut sides.sure
                } else {
                    &mut sides.maybe
                };
                self.add_term(index, &format!("{prefix}{}", word.text), docs)?;
            }
            Need::Prefix(word) => {
                // A cut word may end up to three bytes before the limit, between characters.
                let known = beginning(word, TERM_BYTES_MAX - 4);
                let docs = if known == word {
                    &mut sides.sure
                } else {
                    &mut sides.maybe
                };
                self.add_range(index, &format!("{prefix}{known}"), docs)?;
            }
            Need::Suffix(part) | Need::Inside(part) => {
                let at_end = matches!(need, Need::Suffix(_));
                self.each_term(index, prefix, |word, info| {
                    let (seen, is_cut) = match word.strip_suffix(CUT) {
                        Some(seen) => (seen, true),
                        None => (word, false),
                    };
                    let docs = match (at_end, is_cut) {
                        (true, false) if seen.ends_with(part) => &mut sides.sure,
                        (false, _) if seen.contains(part) => &mut sides.sure,
                        (_, true) => &mut sides.maybe,
                        _ => return Ok(()),
                    };
                    self.add_postings(index, info, docs)
                })?;
            }
        }
        sides.maybe.union(&sides.sure);
        Ok(sides)
    }

    /// Adds the documents that have a short value, among the terms that begin with `prefix`, that
    /// is accepted.
    pub(super) fn add_values(
        &self,
        prefix: &str,
        accepts: impl Fn(&str) -> bool,
        docs: &mut Bits,
    ) -> Result<()> {
        self.each_term(&self.named, prefix, |value, info| {
            if accepts(value) {
                self.add_postings(&self.named, info, docs)?;
            }
            Ok(())
        })
    }

    pub(super) fn add_term(
        &self,
        index: &InvertedIndexReader,
        term: &str,
        docs: &mut Bits,
    ) -> Result<()> {
        match index.terms().get(term)? {
            Some(info) => self.add_postings(index, &info, docs),
            None => Ok(()),
        }
    }

    pub(super) fn add_range(
        &self,
        index: &InvertedIndexReader,
        prefix: &str,
        docs: &mut Bits,
    ) -> Result<()> {
        self.each_term(index, prefix, |_, info| {
            self.add_postings(index, info, docs)
        })
    }

    /// Calls `take` with each term that begins with `prefix`, without it.
    pub(super) fn each_term(
        &self,
        index: &InvertedIndexReader,
        prefix: &str,
        mut take: impl FnMut(&str, &TermInfo) -> Result<()>,
    ) -> Result<()> {
        let mut terms = index.terms().range().ge(prefix).into_stream()?;
        let mut steps = 0_u32;
        while let Some((term, info)) = terms.next() {
            if steps.is_multiple_of(STEPS_PER_CLOCK) {
                self.check_deadline()?;
            }
            steps = steps.wrapping_add(1);
            let Some(rest) = term.strip_prefix(prefix.as_bytes()) else {
                break;
            };
            // All terms are text that we wrote.
            if let Ok(rest) = std::str::from_utf8(rest) {
                take(rest, info)?;
            }
        }
        Ok(())
    }

    fn add_postings(
        &self,
        index: &InvertedIndexReader,
        info: &TermInfo,
        docs: &mut Bits,
    ) -> Result<()> {
        let mut postings: BlockSegmentPostings =
            index.read_block_postings_from_terminfo(info, IndexRecordOption::Basic)?;
        while !postings.docs().is_empty() {
            for doc in postings.docs() {
                docs.insert(*doc);
            }
            postings.advance();
        }
        Ok(())
    }
}

/// The needs that can be looked up; those that take a walk through all terms only when there is
/// nothing else, and then the longest.
pub(super) fn cheapest<'p>(needs: &[Need<'p>]) -> Vec<Need<'p>> {
    let (cheap, dear): (Vec<_>, Vec<_>) = needs
        .iter()
        .partition(|need| matches!(need, Need::Exact(_) | Need::Prefix(_)));
    if cheap.is_empty() {
        let length = |need: &Need<'_>| match need {
            Need::Suffix(part) | Need::Inside(part) => part.len(),
            Need::Exact(_) | Need::Prefix(_) => 0,
        };
        return dear.into_iter().max_by_key(length).into_iter().collect();
    }
    cheap
}
