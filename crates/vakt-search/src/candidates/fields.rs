//! One field of an event, by the columns of the chunks.

use super::{Candidates, Result, Sides};
use crate::bits::Bits;
use crate::chunk::ColumnOf;
use crate::chunk::column::{Column, LOOK};
use crate::fold::fold_into;
use crate::query::{Pattern, Test};

impl Candidates<'_> {
    /// The events of which a field that has a column passes the test.
    pub(super) fn named(&self, name: &str, test: &Test) -> Result<Sides> {
        let mut sides = self.nothing();
        // Events with values that are in no column.
        let mut unseen = Bits::none(self.split.docs);
        for placed in &self.split.chunks {
            self.check_limits()?;
            let first = placed.first;
            for doc in placed.chunk.beyond()? {
                unseen.insert(first + u32::from(*doc));
            }
            match placed.chunk.column(name, self.pieces)? {
                ColumnOf::None => {}
                ColumnOf::Unknown => unseen.insert_range(first..first + placed.chunk.meta().docs),
                ColumnOf::Some(column) => {
                    let accepted = accepted(&column, test);
                    let exists = *test == Test::Exists;
                    column.each(|doc, code| {
                        let doc = first + doc;
                        if exists || accepted.get(usize::from(code)) == Some(&true) {
                            sides.sure.insert(doc);
                        } else if code == LOOK {
                            unseen.insert(doc);
                        }
                    });
                }
            }
        }
        self.keep_likely(test, &mut unseen)?;
        if let Test::Text(pattern) = test {
            sides
                .sure
                .union(&self.by_templates(Some(name), pattern, &unseen)?);
        }
        sides.maybe = sides.sure.clone();
        sides.maybe.union(&unseen);
        Ok(sides)
    }

    /// Takes out of `docs` what cannot pass the test, by the words that it needs.
    fn keep_likely(&self, test: &Test, docs: &mut Bits) -> Result<()> {
        let literals = match test {
            Test::Text(pattern) => return self.keep_with(pattern, docs),
            Test::Regex(regex) => regex.required(),
            Test::Glob(glob) => glob.required(),
            Test::Exists | Test::Range(_) | Test::Network(_) => return Ok(()),
        };
        for literal in literals {
            self.keep_with(&Pattern::inside(literal), docs)?;
        }
        Ok(())
    }

    fn keep_with(&self, pattern: &Pattern, docs: &mut Bits) -> Result<()> {
        if docs.is_empty() {
            return Ok(());
        }
        let needs = pattern.needs();
        docs.intersect(&self.by_filters(pattern, &needs)?);
        self.keep_with_words(&needs, docs)
    }
}

/// For each code of the column, whether its value passes the test.
fn accepted(column: &Column, test: &Test) -> Vec<bool> {
    let mut folded = String::new();
    column.codes_where(|value| {
        if matches!(test, Test::Regex(_)) {
            return test.accepts_sent(value);
        }
        fold_into(value, &mut folded);
        test.accepts(&folded)
    })
}
