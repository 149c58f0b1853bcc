//! One field of an event: values, and words of values, in the terms of `named`.

use super::lookup::cheapest;
use super::{Result, Segment, Sides};
use crate::bits::Bits;
use crate::query::{Need, Pattern, Test};
use crate::terms::{Kind, named_prefix, term};

/// About how many terms can be looked at in the time of reading one stored event.
const TERMS_PER_READ: u64 = 16;

impl Segment<'_> {
    /// The documents of which a field that is in the index passes the test.
    pub(super) fn named(&self, name: &str, test: &Test) -> Result<Sides> {
        let name = term(name);
        let mut sides = self.nothing();
        match test {
            Test::Exists => {
                let exists = named_prefix(&name.text, Kind::Exists);
                self.add_term(&self.named, &exists, &mut sides.sure)?;
            }
            Test::Text(pattern) => self.add_text(&name.text, pattern, &mut sides)?,
            Test::Glob(glob) => {
                let prefix = named_prefix(&name.text, Kind::Value);
                self.add_values(&prefix, |value| glob.matches(value), &mut sides.sure)?;
                let long = named_prefix(&name.text, Kind::Long);
                self.add_term(&self.named, &long, &mut sides.maybe)?;
                self.keep_having(&name.text, glob.required(), &mut sides.maybe)?;
            }
            Test::Regex(regex) => {
                // Terms are folded, so that only the stored value can decide.
                let exists = named_prefix(&name.text, Kind::Exists);
                self.add_term(&self.named, &exists, &mut sides.maybe)?;
                self.keep_having(&name.text, regex.required(), &mut sides.maybe)?;
            }
            Test::Range(_) | Test::Network(_) => {
                let prefix = named_prefix(&name.text, Kind::Value);
                self.add_values(&prefix, |value| test.accepts(value), &mut sides.sure)?;
                let long = named_prefix(&name.text, Kind::Long);
                self.add_term(&self.named, &long, &mut sides.maybe)?;
            }
        }
        sides.maybe.union(&sides.sure);
        if !name.is_whole {
            sides.sure = Bits::none(self.docs);
        }
        Ok(sides)
    }

    /// Keeps the documents that may have each of the texts in the field `name`.
    fn keep_having(&self, name: &str, texts: &[String], docs: &mut Bits) -> Result<()> {
        for text in texts {
            let mut having = self.nothing();
            self.add_text(name, &Pattern::inside(text), &mut having)?;
            having.maybe.union(&having.sure);
            docs.intersect(&having.maybe);
        }
        Ok(())
    }

    /// Adds the documents in whose field `name` the pattern is found.
    fn add_text(&self, name: &str, pattern: &Pattern, sides: &mut Sides) -> Result<()> {
        let values = named_prefix(name, Kind::Value);
        // Values that are, or begin with, the very text.
        match pattern.pieces.as_slice() {
            [] => return self.add_term(&self.named, &values, &mut sides.sure),
            [piece] if !pattern.open_start && pattern.open_end => {
                let start = format!("{values}{piece}");
                self.add_range(&self.named, &start, &mut sides.sure)?;
            }
            [piece] => self.add_term(&self.named, &format!("{values}{piece}"), &mut sides.sure)?,
            _ => {}
        }
        match pattern.needs().as_slice() {
            [need] if pattern.is_about_one_word() => self.add_one_word(name, pattern, *need, sides),
            needs => self.add_several_words(name, pattern, &cheapest(needs), sides),
        }
    }

    /// Adds the documents for a pattern that is one word or a part of one.
    fn add_one_word(
        &self,
        name: &str,
        pattern: &Pattern,
        need: Need<'_>,
        sides: &mut Sides,
    ) -> Result<()> {
        if matches!(need, Need::Suffix(_) | Need::Inside(_)) {
            let values = named_prefix(name, Kind::Value);
            self.add_values(&values, |value| pattern.matches(value), &mut sides.sure)?;
        }
        let words = named_prefix(name, Kind::Word);
        let found = self.words(&self.named, &words, need)?;
        sides.sure.union(&found.sure);
        sides.maybe.union(&found.maybe);
        sides.maybe.union(&self.in_long_values(name, &[need])?);
        Ok(())
    }

    /// Adds the documents for a pattern that takes more than one word, or none.
    fn add_several_words(
        &self,
        name: &str,
        pattern: &Pattern,
        needs: &[Need<'_>],
        sides: &mut Sides,
    ) -> Result<()> {
        let values = named_prefix(name, Kind::Value);
        let words = named_prefix(name, Kind::Word);
        let mut found = Bits::none(self.docs);
        self.add_term(&self.named, &named_prefix(name, Kind::Exists), &mut found)?;
        for need in needs {
            // A value that is one word has no terms of its words.
            let mut having = self.words(&self.named, &values, *need)?.maybe;
            having.union(&self.words(&self.named, &words, *need)?.maybe);
            found.intersect(&having);
        }
        found.subtract(&sides.sure);
        let terms = self.named.terms().num_terms() as u64;
        if found.count().saturating_mul(TERMS_PER_READ) > terms {
            // Many candidates, as with parts of addresses: the values themselves decide sooner.
            self.add_values(&values, |value| pattern.matches(value), &mut sides.sure)?;
            let mut long = Bits::none(self.docs);
            self.add_term(&self.named, &named_prefix(name, Kind::Long), &mut long)?;
            found.intersect(&long);
        }
        sides.maybe.union(&found);
        sides.maybe.union(&self.in_long_values(name, needs)?);
        Ok(())
    }

    /// The documents in which the field has a long value and some sent values have the words.
    fn in_long_values(&self, name: &str, needs: &[Need<'_>]) -> Result<Bits> {
        let mut maybe = Bits::none(self.docs);
        self.add_term(&self.named, &named_prefix(name, Kind::Long), &mut maybe)?;
        for need in needs {
            if maybe.is_empty() {
                break;
            }
            maybe.intersect(&self.words(&self.sent, "", *need)?.maybe);
        }
        Ok(maybe)
    }
}
