//! Comparisons, ranges, and the times in them.

use std::ops::Bound;

use vakt_event::when::{TimeFault, When};

use super::scan::Relation;
use super::{Node, Parser, QueryError, Range, Test};
use crate::query::compare::RangeFault;
use crate::query::word;

const TIME: &str = "a time such as 2026-11-24T09:30:00Z, 2026-11-24 or now-15m";
const NO_NOW: &str = "a time that is not relative: what now is, is not known here";

/// What a value is compared with.
struct Operand {
    /// The place of its first character, in characters from 0.
    at: usize,
    /// As it is written, not folded.
    text: String,
}

impl Parser {
    pub(super) fn comparison(
        &mut self,
        field: &str,
        relation: Relation,
    ) -> Result<Node, QueryError> {
        self.skip_space();
        let operand = self.operand("")?;
        let (low, high) = match relation {
            Relation::Above => (Bound::Excluded(operand), Bound::Unbounded),
            Relation::AtLeast => (Bound::Included(operand), Bound::Unbounded),
            Relation::Below => (Bound::Unbounded, Bound::Excluded(operand)),
            _ => (Bound::Unbounded, Bound::Included(operand)),
        };
        self.between(field, low, high)
    }

    pub(super) fn range(&mut self, field: &str) -> Result<Node, QueryError> {
        let end = |operand, is_included| match operand {
            None => Bound::Unbounded,
            Some(operand) if is_included => Bound::Included(operand),
            Some(operand) => Bound::Excluded(operand),
        };
        let includes_low = self.peek() == Some('[');
        self.at += 1;
        self.skip_space();
        let low = end(self.bound()?, includes_low);
        self.skip_space();
        if !self.take_text("TO") && !self.take_text("to") {
            return Err(self.expected("TO between the two ends of a range"));
        }
        self.skip_space();
        let high = self.bound()?;
        self.skip_space();
        let includes_high = match self.peek() {
            Some(']') => true,
            Some('}') => false,
            _ => return Err(self.expected("a ] or } at the end of the range")),
        };
        self.at += 1;
        self.after_closing("the range")?;
        self.between(field, low, end(high, includes_high))
    }

    /// The period that is the value here of a field of times, if it is one.
    pub(super) fn period(&mut self) -> Result<Option<Range>, QueryError> {
        let start = self.at;
        if self.peek().is_some_and(|c| "([{<>".contains(c)) || self.regex_end().is_some() {
            return Ok(None);
        }
        let text = if self.peek() == Some('"') {
            self.quoted("")?
        } else {
            let word = self.word("")?;
            if word.iter().any(|glyph| glyph.is_wildcard()) {
                self.at = start;
                return Ok(None);
            }
            word::text(&word)
        };
        let operand = Operand { at: start, text };
        match When::read(&operand.text, self.now.as_ref()) {
            Ok(When::Instant(_)) if !operand.text.starts_with(|c: char| c.is_ascii_digit()) => {
                let expected = "a comparison such as >=now-15m, or a period such as now/d";
                Err(self.error(start, expected, &format!("`{}`", operand.text)))
            }
            Ok(when) => Ok(Some(Range::of_when(when))),
            Err(TimeFault::NoTime) => {
                self.at = start;
                Ok(None)
            }
            Err(fault) => Err(self.no_time(&operand, &fault)),
        }
    }

    fn between(
        &self,
        field: &str,
        low: Bound<Operand>,
        high: Bound<Operand>,
    ) -> Result<Node, QueryError> {
        let named = |test| Node::Field(field.to_owned(), test);
        let text = |operand: &'_ Operand| operand.text.clone();
        let (low_text, high_text) = (low.as_ref().map(text), high.as_ref().map(text));
        if (&low_text, &high_text) == (&Bound::Unbounded, &Bound::Unbounded) {
            return Ok(named(Test::Exists));
        }
        let (low_text, high_text) = (low_text.as_ref(), high_text.as_ref());
        let range = Range::new(
            field,
            low_text.map(String::as_str),
            high_text.map(String::as_str),
            self.now.as_ref(),
        );
        range
            .map(|range| named(Test::Range(range)))
            .map_err(
                |RangeFault { is_high, fault }| match if is_high { high } else { low } {
                    Bound::Included(operand) | Bound::Excluded(operand) => {
                        self.no_time(&operand, &fault)
                    }
                    Bound::Unbounded => self.expected(TIME),
                },
            )
    }

    fn no_time(&self, operand: &Operand, fault: &TimeFault) -> QueryError {
        let Operand { at, text } = operand;
        let found = format!("`{text}`");
        match fault {
            TimeFault::NoTime => self.error(*at, TIME, &found),
            TimeFault::NoNow => self.error(*at, NO_NOW, &found),
            TimeFault::At(offset, expected) => {
                let is_quoted = self.chars.get(*at) == Some(&'"');
                let place = at + usize::from(is_quoted) + offset;
                self.error(place, expected, &found)
            }
        }
    }

    /// One end of a range; `None` for `*`.
    fn bound(&mut self) -> Result<Option<Operand>, QueryError> {
        if self.peek() == Some('*') {
            self.at += 1;
            return Ok(None);
        }
        self.operand("]}").map(Some)
    }

    /// What a value is compared with: a word or a phrase.
    fn operand(&mut self, stops: &str) -> Result<Operand, QueryError> {
        let at = self.at;
        let text = match self.peek() {
            None | Some(')') => return Err(self.expected("a value to compare with")),
            Some(_) if self.is_lone_pipe() => {
                return Err(self.expected("a value to compare with"));
            }
            Some(c) if stops.contains(c) => return Err(self.expected("a value to compare with")),
            Some('"') => self.quoted(stops)?,
            Some(_) => {
                let word = self.word(stops)?;
                if let Some(star) = word.iter().position(|glyph| glyph.is_wildcard()) {
                    let expected = "a value without wildcards to compare with";
                    return Err(self.error(at + star, expected, "`*`"));
                }
                word::text(&word)
            }
        };
        Ok(Operand { at, text })
    }
}
