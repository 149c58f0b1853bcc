//! Comparisons, ranges, and the times in them.

use std::net::IpAddr;
use std::ops::Bound;

use vakt_event::when::{TimeFault, When};

use super::scan::Relation;
use super::{Network, Node, Parser, QueryError, Range, Test};
use crate::query::compare::RangeFault;
use crate::query::word;

const TIME: &str = "a time such as 2026-11-24T09:30:00Z, 2026-11-24 or now-15m";
const ONE_TIME: &str = "the time in one word, 2026-11-24T10:00 or now-1h, or in quotes";
const LOW_FIRST: &str = "the lower end of the range first";
const NO_NOW: &str = "a time that is not relative: what now is, is not known here";

/// The longest unit that people write after a number: `KiB`.
const UNIT_BYTES_MAX: usize = 3;

/// What a value is compared with.
struct Operand {
    /// The place of its first character, in characters from 0.
    at: usize,
    /// As it is written, not folded.
    text: String,
    is_quoted: bool,
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
        let is_quoted = self.peek() == Some('"');
        let text = if is_quoted {
            self.quoted("")?
        } else {
            let word = self.word("")?;
            if word.iter().any(|glyph| glyph.is_wildcard()) {
                self.at = start;
                return Ok(None);
            }
            word::text(&word)
        };
        let operand = Operand {
            at: start,
            text,
            is_quoted,
        };
        self.refuse_parted(&operand)?;
        match When::read(&operand.text, self.now.as_ref()) {
            Ok(When::Instant(_)) if !operand.text.starts_with(|c: char| c.is_ascii_digit()) => {
                let expected = "a comparison such as >=now-15m, or a period such as now/d";
                Err(self.error(start, expected, &format!("`{}`", operand.text)))
            }
            Ok(when) => Ok(Some(Range::of_when(when))),
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
        let is_quoted = [&low, &high].into_iter().any(|end| match end {
            Bound::Included(operand) | Bound::Excluded(operand) => operand.is_quoted,
            Bound::Unbounded => false,
        });
        let range = Range::new(
            field,
            low_text.map(String::as_str),
            high_text.map(String::as_str),
            self.now.as_ref(),
            is_quoted,
        );
        if let Ok(range) = &range {
            for end in [&low, &high] {
                if let Bound::Included(operand) | Bound::Excluded(operand) = end {
                    self.refuse_nearly_a_number(operand, range)?;
                }
            }
            if range.is_reversed()
                && let Bound::Included(operand) | Bound::Excluded(operand) = &low
            {
                return Err(self.error(operand.at, LOW_FIRST, &format!("`{}`", operand.text)));
            }
        }
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
        let Operand { at, text, .. } = operand;
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
        let is_quoted = self.peek() == Some('"');
        let text = match self.peek() {
            None | Some(')') => return Err(self.expected("a value to compare with")),
            Some(_) if self.is_lone_pipe() => {
                return Err(self.expected("a value to compare with"));
            }
            Some(c) if stops.contains(c) => return Err(self.expected("a value to compare with")),
            Some('"') => self.quoted(stops)?,
            Some('<' | '>' | '=' | '!') => return Err(self.expected("a value to compare with")),
            Some(_) => {
                let word = self.word(stops)?;
                if let Some(star) = word.iter().position(|glyph| glyph.is_wildcard()) {
                    let expected = "a value without wildcards to compare with";
                    return Err(self.error(at + star, expected, "`*`"));
                }
                word::text(&word)
            }
        };
        let operand = Operand {
            at,
            text,
            is_quoted,
        };
        self.refuse_parted(&operand)?;
        Ok(operand)
    }

    /// Refuses a time that goes on after a space: `2026-11-24 10:00`, `now - 1h`.
    fn refuse_parted(&self, operand: &Operand) -> Result<(), QueryError> {
        if operand.is_quoted {
            return Ok(());
        }
        let rest = self.chars.get(self.at..).unwrap_or_default();
        let space = rest.iter().take_while(|c| c.is_whitespace()).count();
        let mut next = rest.iter().skip(space);
        let is_day = operand.text.len() == 10 && When::read(&operand.text, None).is_ok();
        let goes_on = match next.next() {
            Some('+' | '-') => {
                let mut after = next.skip_while(|c| c.is_whitespace());
                operand.text.eq_ignore_ascii_case("now")
                    && after.next().is_some_and(char::is_ascii_digit)
            }
            Some(digit) if digit.is_ascii_digit() => {
                let mut after = next.skip_while(|c| c.is_ascii_digit());
                is_day && after.next() == Some(&':')
            }
            _ => false,
        };
        match goes_on && space > 0 {
            true => Err(self.error(self.at + space, ONE_TIME, "the rest of a time")),
            false => Ok(()),
        }
    }

    /// Refuses a bound that begins as a number or network and would be compared as a text.
    fn refuse_nearly_a_number(&self, operand: &Operand, range: &Range) -> Result<(), QueryError> {
        if operand.is_quoted || !matches!(range, Range::Text(..)) {
            return Ok(());
        }
        let text = operand.text.as_str();
        let digits = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let is_number = digits.len() < text.len();
        let is_grouped = || {
            let mut groups = text.split(',');
            let first = groups.next().is_some_and(is_digits);
            text.contains(',') && first && groups.all(|group| group.len() == 3 && is_digits(group))
        };
        let is_unit = || {
            let is_letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'%';
            (1..=UNIT_BYTES_MAX).contains(&digits.len()) && digits.bytes().all(is_letter)
        };
        let expected = if Network::parse(text).is_some() {
            "an address; field:10.0.0.0/8 asks for a network"
        } else if is_number && (is_grouped() || is_unit() || is_hexadecimal(text)) {
            "a number in plain digits, such as 1024, or quotes around a text"
        } else {
            return Ok(());
        };
        Err(self.error(operand.at, expected, &format!("`{text}`")))
    }

    /// Refuses a value that begins as a network or a range of addresses and is none.
    pub(super) fn refuse_network(
        &self,
        start: usize,
        word: &[word::Glyph],
    ) -> Result<(), QueryError> {
        if word.iter().any(|glyph| !glyph.plain) {
            return Ok(());
        }
        let text = word::text(word);
        let Some(sign) = text.find(['/', '-']) else {
            return Ok(());
        };
        let (base, rest) = text.split_at_checked(sign).unwrap_or_default();
        let Ok(base) = base.parse::<IpAddr>() else {
            return Ok(());
        };
        let after = rest.get(1..).unwrap_or_default();
        let bits = if base.is_ipv4() { 32 } else { 128 };
        let expected = match rest.starts_with('/') {
            false if after.parse::<IpAddr>().is_ok() => {
                format!("[{base} TO {after}] for a range of addresses")
            }
            true if Network::parse(&text).is_none() => {
                format!(
                    "a length from 0 to {bits} after the / of a network, or quotes around a text"
                )
            }
            _ => return Ok(()),
        };
        Err(self.error(start + sign, &expected, &format!("`{rest}`")))
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_hexadecimal(text: &str) -> bool {
    let digits = text.strip_prefix("0x").unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}
