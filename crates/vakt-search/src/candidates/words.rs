//! Words of values: in the inverted index of a split, in the filters of its blocks.

use tantivy::InvertedIndexReader;
use tantivy::postings::TermInfo;

use super::{Candidates, Result, STEPS_PER_CLOCK, Sides, Stop, exactly};
use crate::bits::Bits;
use crate::fold::beginning;
use crate::query::{Need, Pattern};
use crate::split::inverted::{Inverted, add_postings};
use crate::split::posting_order::DocsOf;
use crate::words::{CUT, CUT_BYTES_MIN, hash, is_dotted, is_noise, is_number, key};

impl Candidates<'_> {
    /// The events of which some sent value has the pattern.
    pub(super) fn sent(&self, pattern: &Pattern) -> Result<Sides> {
        let needs = pattern.needs();
        let mut sides = match &self.split.inverted {
            None => self.anything(),
            Some(inverted) => self.in_sent(inverted, pattern, &needs)?,
        };
        if sides.sure != sides.maybe {
            let mut maybe = self.by_filters(pattern, &needs)?;
            maybe.union(&sides.sure);
            sides.maybe.intersect(&maybe);
            let mut open = sides.maybe.clone();
            open.subtract(&sides.sure);
            sides.sure.union(&self.by_templates(None, pattern, &open)?);
        }
        Ok(sides)
    }

    fn in_sent(&self, inverted: &Inverted, pattern: &Pattern, needs: &[Need<'_>]) -> Result<Sides> {
        if let Some(dotted) = dotted(pattern) {
            let mut docs = Bits::none(self.split.docs);
            self.add_term(&inverted.sent, dotted, &mut docs)?;
            return Ok(exactly(docs));
        }
        if pattern.is_about_one_word()
            && let [need] = needs
        {
            return self.words(&inverted.sent, *need);
        }
        let mut sides = self.anything();
        for need in cheapest(needs) {
            sides
                .maybe
                .intersect(&self.words(&inverted.sent, need)?.maybe);
            if sides.maybe.is_empty() {
                break;
            }
        }
        Ok(sides)
    }

    /// Takes out of `docs` the events in which no value, sent or added to no column, has the words.
    pub(super) fn keep_with_words(&self, needs: &[Need<'_>], docs: &mut Bits) -> Result<()> {
        let Some(inverted) = &self.split.inverted else {
            return Ok(());
        };
        for need in cheapest(needs) {
            if docs.is_empty() {
                break;
            }
            let mut having = self.words(&inverted.sent, need)?.maybe;
            having.union(&self.words(&inverted.added, need)?.maybe);
            docs.intersect(&having);
        }
        Ok(())
    }

    /// The events of blocks whose filters may hold what the pattern needs. The filters of a split
    /// with an inverted index hold the numbers alone that are not in that.
    pub(super) fn by_filters(&self, pattern: &Pattern, needs: &[Need<'_>]) -> Result<Bits> {
        let noise_only = self.split.inverted.is_some();
        let mut hashes: Vec<u64> = needs
            .iter()
            .filter_map(|need| match need {
                Need::Exact(word) if !noise_only || is_noise(word) => {
                    Some(hash(key(word).0.as_bytes()))
                }
                _ => None,
            })
            .collect();
        hashes.extend(dotted(pattern).filter(|_| !noise_only).map(hash));
        if hashes.is_empty() {
            return Ok(Bits::all(self.split.docs));
        }
        let mut docs = Bits::none(self.split.docs);
        for placed in &self.split.chunks {
            self.check_limits()?;
            placed.chunk.blocks_with(&hashes, self.pieces, |doc| {
                docs.insert(placed.first + doc);
            })?;
        }
        Ok(docs)
    }

    /// The events that have a word as needed.
    fn words(&self, index: &InvertedIndexReader, need: Need<'_>) -> Result<Sides> {
        let mut sides = self.nothing();
        match need {
            Need::Exact(word) if is_noise(word) => return Ok(self.anything()),
            Need::Exact(word) => {
                let (key, is_whole) = key(word);
                let docs = if is_whole {
                    &mut sides.sure
                } else {
                    &mut sides.maybe
                };
                self.add_term(index, &key, docs)?;
            }
            Need::Prefix(word) => {
                let known = beginning(word, CUT_BYTES_MIN);
                let docs = if known == word {
                    &mut sides.sure
                } else {
                    &mut sides.maybe
                };
                self.each_term(index, known, |_, info| self.add(index, info, docs))?;
                if is_number(word) {
                    // Longer numbers, too, may begin so.
                    sides.maybe = Bits::all(self.split.docs);
                }
            }
            Need::Suffix(part) | Need::Inside(part) if is_number(part) => {
                return Ok(self.anything());
            }
            Need::Suffix(part) | Need::Inside(part) => {
                let at_end = matches!(need, Need::Suffix(_));
                self.each_term(index, "", |word, info| {
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
                    self.add(index, info, docs)
                })?;
            }
        }
        sides.maybe.union(&sides.sure);
        Ok(sides)
    }

    fn add_term(&self, index: &InvertedIndexReader, term: &str, docs: &mut Bits) -> Result<()> {
        match index.terms().get(term)? {
            Some(info) => self.add(index, &info, docs),
            None => Ok(()),
        }
    }

    /// Adds the events of a term.
    fn add(&self, index: &InvertedIndexReader, info: &TermInfo, docs: &mut Bits) -> Result<()> {
        let Some(inverted) = &self.split.inverted else {
            return Err(Stop::Damaged("an inverted index is gone".to_owned()));
        };
        // So many are hardly in few chunks.
        if info.doc_freq as usize >= self.split.chunks.len() {
            self.orders.expect();
        }
        let docs_of = DocsOf::new(&inverted.order, &self.orders);
        Ok(add_postings(index, info, docs_of, docs)?)
    }

    /// Calls `take` with each term that begins with `prefix`.
    fn each_term(
        &self,
        index: &InvertedIndexReader,
        prefix: &str,
        mut take: impl FnMut(&str, &TermInfo) -> Result<()>,
    ) -> Result<()> {
        let mut terms = index.terms().range().ge(prefix).into_stream()?;
        let mut steps = 0_u32;
        while let Some((term, info)) = terms.next() {
            if steps.is_multiple_of(STEPS_PER_CLOCK) {
                self.check_limits()?;
            }
            steps = steps.wrapping_add(1);
            if !term.starts_with(prefix.as_bytes()) {
                break;
            }
            // All terms are text that we wrote.
            if let Ok(term) = std::str::from_utf8(term) {
                take(term, info)?;
            }
        }
        Ok(())
    }
}

/// The phrase that the pattern is, where a key of its own stands for it.
fn dotted(pattern: &Pattern) -> Option<&str> {
    match pattern.pieces.as_slice() {
        [piece] if !pattern.open_start && !pattern.open_end && is_dotted(piece) => Some(piece),
        _ => None,
    }
}

/// The needs that can be looked up; those that take a walk through all terms only when there is
/// nothing else, and then the longest.
fn cheapest<'p>(needs: &[Need<'p>]) -> Vec<Need<'p>> {
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
