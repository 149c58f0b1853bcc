//! The values of one field over the events of a chunk.
//!
//! ```text
//! column     = width(1 byte) count(u32) codes values(u32) { length } text
//! docs       = count(u32) and as many numbers of 2 bytes: ranks of events, each less the one before
//! codes      = count numbers of `width` bytes, by rank (`order`): 0 no value, 1 look at the event, 2 the first
//!              value that no event had before, n + 3 value n
//! length     = 1 byte: of the value in `text`
//! ```
//!
//! All numbers are little-endian; of those of two bytes the lower bytes come first, of all, then the
//! upper ones. The events of a column are those that have the field, in a piece of their own, since the
//! fields of a kind of event have the same; where they are many, the codes are those of all events and
//! there is no such piece. Each is packed. Values stand as they were sent, in the order of the events that have them:
//! that is why a new one needs no number, and a column in which all are new takes next to nothing
//! but its values. An event that has several different values, or one that is too long or
//! one of too many, has code 1: whoever asks must look at the event itself.

use std::borrow::Cow;
use std::num::NonZeroU16;
use std::sync::Arc;

use hashbrown::DefaultHashBuilder;
use memchr::memmem::Finder;

use super::order::Order;
use super::pack::Input;
use super::template::TEMPLATE_BYTES_MAX;
use super::terms::ValueKeys;
use crate::fault::Fault;
use crate::interner::{Interner, Look};
use crate::words::Key;

/// The longest value in a column, in bytes: longer than an address, a time, a hash in hexadecimal
/// digits (64) or most names and paths.
pub(crate) const VALUE_BYTES_MAX: usize = 64;

/// The most bytes of values in a column of a chunk. What has more variety is no column to group by.
const TEXT_BYTES_MAX: usize = 128 * 1024;

/// What a column takes.
#[derive(Clone, Copy)]
struct Limits {
    /// The longest value, in bytes; 255 at most, since its length stands in one.
    value_bytes: usize,
    text_bytes: usize,
    /// Whether it is given up where hardly a value comes again.
    is_for_few: bool,
}

const VALUES: Limits = Limits {
    value_bytes: VALUE_BYTES_MAX,
    text_bytes: TEXT_BYTES_MAX,
    is_for_few: true,
};

/// Templates are much the same text over and over, which takes a tenth of that when it is packed; and if of one event
/// in a hundred none is known, a phrase must be looked for in every block.
const TEMPLATES: Limits = Limits {
    value_bytes: TEMPLATE_BYTES_MAX,
    text_bytes: 1024 * 1024,
    is_for_few: false,
};

/// After this many different values it is asked whether nearly all of them are.
const VARIETY_MIN: usize = 256;

/// Values of which nearly all are different and that are longer than this, on average, are ids and
/// times: keeping them would double what the events take.
const VARIED_BYTES_MAX: usize = 16;

pub(crate) const NO_VALUE: u16 = 0;
pub(crate) const LOOK: u16 = 1;
const FIRST_VALUE: u16 = 2;

/// What stands on the disk for the first value that was not there before.
const NEXT_VALUE: u16 = 2;
/// What stands there for the first value when it comes again; the others follow.
const FIRST_WRITTEN: u16 = 3;

/// Below this share of the events, 1 in so many, the events are listed.
const SPARSE_SHARE: usize = 4;

/// What came of adding a value.
#[derive(Clone, Copy)]
pub(super) struct Added {
    /// What stands for the value.
    pub(super) code: u16,
    /// Whether the event has to be looked at.
    pub(super) is_look: bool,
}

/// A value on its way into a column.
#[derive(Clone, Copy)]
pub(super) struct Begun {
    key: Key,
    /// `None` for one that is too long.
    look: Option<Look>,
}

/// The column of a chunk that is being filled.
pub(super) struct ColumnBuilder {
    docs: Vec<u16>,
    codes: Vec<u16>,
    /// Beside each value what is known of its words.
    values: Interner<ValueKeys>,
    is_full: bool,
    limits: Limits,
}

impl ColumnBuilder {
    pub(super) fn new(hasher: DefaultHashBuilder) -> Self {
        Self::with(hasher, VALUES)
    }

    pub(super) fn of_templates(hasher: DefaultHashBuilder) -> Self {
        Self::with(hasher, TEMPLATES)
    }

    fn with(hasher: DefaultHashBuilder, limits: Limits) -> Self {
        Self {
            docs: Vec::new(),
            codes: Vec::new(),
            values: Interner::new(hasher),
            is_full: false,
            limits,
        }
    }

    /// Takes everything out, and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.docs.clear();
        self.codes.clear();
        self.values.clear();
        self.is_full = false;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.docs.is_empty()
    }

    /// Begins to add a value: what can be begun for all fields of an event is begun for all of them, since the
    /// processor waits for the memory of several look-ups at once.
    pub(super) fn begin(&self, value: &str) -> Begun {
        let value = value.as_bytes();
        let key = Key::new(value, 0, value.len());
        let is_short = value.len() <= self.limits.value_bytes;
        Begun {
            key,
            look: is_short.then(|| self.values.look(&key, value)),
        }
    }

    /// The event `doc` has this value, of which [`Self::begin`] was told; events come in rising order.
    pub(super) fn add(&mut self, doc: u16, value: &str, begun: &Begun) -> Added {
        let code = self.code(value.as_bytes(), begun);
        Added {
            code,
            is_look: self.add_code(doc, code),
        }
    }

    /// The event has what `code` stands for; whether it has to be looked at.
    pub(super) fn add_code(&mut self, doc: u16, code: u16) -> bool {
        if self.docs.last() != Some(&doc) {
            self.docs.push(doc);
            self.codes.push(code);
        } else if let Some(last) = self.codes.last_mut()
            && *last != code
        {
            *last = LOOK;
            return true;
        }
        code == LOOK
    }

    /// The event has this template, if any.
    pub(super) fn add_template(&mut self, doc: u16, template: Option<&str>) -> Option<u16> {
        let template = template?;
        let begun = self.begin(template);
        Some(self.add(doc, template, &begun).code)
    }

    /// The event has the template of a value of which `known` is known, and which is made once.
    pub(super) fn add_template_of<'t>(
        &mut self,
        doc: u16,
        known: &mut ValueKeys,
        template: impl FnOnce() -> Option<&'t str>,
    ) {
        match known.template {
            Some(code) => drop(self.add_code(doc, code.get())),
            None => known.template = self.add_template(doc, template()).and_then(NonZeroU16::new),
        }
    }

    /// What is known of the words of the value with this code, if it is one.
    pub(super) fn keys(&mut self, code: u16) -> Option<&mut ValueKeys> {
        let number = code.checked_sub(FIRST_VALUE)?;
        self.values.note_mut(u32::from(number))
    }

    /// Nothing is known of the words of values any more.
    pub(super) fn forget_keys(&mut self) {
        for known in self.values.notes_mut() {
            *known = ValueKeys::UNREAD;
        }
    }

    /// Whether the last event that was added has to be looked at.
    pub(super) fn is_last_look(&self) -> bool {
        self.codes.last() == Some(&LOOK)
    }

    fn code(&mut self, value: &[u8], begun: &Begun) -> u16 {
        let Begun { key, look } = begun;
        let Some(look) = *look else {
            return LOOK;
        };
        let code = |number: u32| u16::try_from(number).ok()?.checked_add(FIRST_VALUE);
        if let Some(number) = self.values.find(look, key, value) {
            return code(number).unwrap_or(LOOK);
        }
        let values = self.values.len();
        let text_bytes = self.values.texts().len();
        let is_full = self.is_full
            || text_bytes + value.len() > self.limits.text_bytes
            || (self.limits.is_for_few && is_varied(values, self.docs.len(), text_bytes));
        if is_full {
            self.is_full = true;
            return LOOK;
        }
        // What is written is a little more than the code, and fits, too.
        if values + usize::from(FIRST_WRITTEN) > usize::from(u16::MAX) {
            return LOOK;
        }
        let number = self.values.add(look, key, value, ValueKeys::UNREAD);
        code(number).unwrap_or(LOOK)
    }

    /// Whether the other column has the same values of the same events.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.docs == other.docs
            && self.codes == other.codes
            && self.values.texts() == other.values.texts()
            && self.values.lengths().eq(other.values.lengths())
    }

    /// Whether its events are listed; else the codes are those of all `count` events of the chunk.
    pub(super) fn is_sparse(&self, count: u32) -> bool {
        self.docs.len() < usize::try_from(count).unwrap_or(usize::MAX) / SPARSE_SHARE
    }

    pub(super) fn docs(&self) -> &[u16] {
        &self.docs
    }

    /// The column's bytes, not packed yet.
    pub(super) fn write(&self, order: &Order, bytes: &mut Vec<u8>) {
        let mut codes = self.codes_by_rank(order);
        let values = self.number_by_rank(&mut codes);
        let is_narrow = values.len() + usize::from(FIRST_WRITTEN) <= usize::from(u8::MAX);
        bytes.push(if is_narrow { 1 } else { 2 });
        put_count(codes.len(), bytes);
        if is_narrow {
            bytes.extend(codes.iter().map(|code| code.to_le_bytes()[0]));
        } else {
            write_planes(&codes, bytes);
        }
        put_count(values.len(), bytes);
        let texts = || values.iter().map(|number| self.values.text(*number));
        // None is longer than a byte can say.
        bytes.extend(texts().map(|text| text.len().to_le_bytes()[0]));
        texts().for_each(|text| bytes.extend_from_slice(text));
    }

    /// The codes of its events, or of all where they are many, as the chunk keeps those.
    fn codes_by_rank(&self, order: &Order) -> Vec<u16> {
        let ranked = self.docs.iter().zip(&self.codes);
        let ranked = ranked.filter_map(|(doc, code)| Some((order.rank(*doc)?, *code)));
        if self.is_sparse(order.count()) {
            let mut codes: Vec<(u16, u16)> = ranked.collect();
            // Much of it is in order: those of one shape.
            codes.sort();
            return codes.into_iter().map(|(_, code)| code).collect();
        }
        let mut codes = vec![NO_VALUE; order.ranks().len()];
        for (rank, code) in ranked {
            if let Some(slot) = codes.get_mut(usize::from(rank)) {
                *slot = code;
            }
        }
        codes
    }

    /// Turns codes into what is written, and gives the values in the order in which they come first.
    fn number_by_rank(&self, codes: &mut [u16]) -> Vec<u32> {
        let mut values: Vec<u32> = Vec::with_capacity(self.values.len());
        // What is written for each value; before it came, what says that it is new.
        let mut written = vec![NEXT_VALUE; self.values.len()];
        for code in codes {
            let Some(number) = code.checked_sub(FIRST_VALUE) else {
                continue;
            };
            let Some(known) = written.get_mut(usize::from(number)) else {
                continue;
            };
            *code = *known;
            if *known == NEXT_VALUE {
                // There is a code for each value.
                let next = u16::try_from(values.len()).unwrap_or(u16::MAX);
                *known = next.saturating_add(FIRST_WRITTEN);
                values.push(u32::from(number));
            }
        }
        values
    }
}

/// The piece that lists events, not packed yet.
pub(super) fn write_docs(docs: &[u16], order: &Order, bytes: &mut Vec<u8>) {
    let mut ranks: Vec<u16> = docs.iter().filter_map(|doc| order.rank(*doc)).collect();
    ranks.sort();
    put_count(ranks.len(), bytes);
    let mut before = 0;
    for rank in &mut ranks {
        let gap = *rank - before;
        before = std::mem::replace(rank, gap);
    }
    write_planes(&ranks, bytes);
}

/// The events of a column.
#[derive(Debug)]
pub(crate) struct Listed {
    /// Ascending.
    docs: Vec<u16>,
    /// Where the code of each stands among those that were written.
    places: Vec<u16>,
}

impl Listed {
    /// Reads what [`write_docs`] wrote.
    pub(super) fn read(bytes: &[u8], order: &Order) -> Result<Self, Fault> {
        let mut input = Input(bytes);
        let count = usize::try_from(input.number()?).unwrap_or(usize::MAX);
        let absent = || Fault::new("a column has an event that is not there, or twice");
        let gaps = read_planes(count, &mut input)?;
        let mut rank = 0_u16;
        let mut listed: Vec<(u16, u16)> = Vec::with_capacity(gaps.len());
        for (place, gap) in (0..).zip(gaps) {
            if gap == 0 && place > 0 {
                return Err(absent());
            }
            rank = rank.checked_add(gap).ok_or_else(absent)?;
            let doc = order.docs().get(usize::from(rank));
            listed.push((*doc.ok_or_else(absent)?, place));
        }
        listed.sort();
        let (docs, places) = listed.into_iter().unzip();
        Ok(Self { docs, places })
    }

    /// The memory that it holds, in bytes.
    pub(super) fn bytes(&self) -> usize {
        (self.docs.len() + self.places.len()) * size_of::<u16>()
    }
}

fn put_count(count: usize, bytes: &mut Vec<u8>) {
    bytes.extend(u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
}

/// The lower bytes of all, then the upper ones.
fn write_planes(numbers: &[u16], bytes: &mut Vec<u8>) {
    bytes.extend(numbers.iter().map(|number| number.to_le_bytes()[0]));
    bytes.extend(numbers.iter().map(|number| number.to_le_bytes()[1]));
}

/// Reads what [`write_planes`] wrote.
fn read_planes(count: usize, input: &mut Input<'_>) -> Result<Vec<u16>, Fault> {
    let lower = input.take(count)?;
    let upper = input.take(count)?;
    let pairs = lower.iter().zip(upper);
    Ok(pairs
        .map(|(lower, upper)| u16::from_le_bytes([*lower, *upper]))
        .collect())
}

/// Whether hardly a value of the column comes again, and they are long.
fn is_varied(values: usize, events: usize, text_bytes: usize) -> bool {
    values >= VARIETY_MIN && values > events / 4 * 3 && text_bytes > values * VARIED_BYTES_MAX
}

/// A column that was read.
#[derive(Debug)]
pub(crate) struct Column {
    /// The events of the codes; `None` where the codes are those of all events.
    listed: Option<Arc<Listed>>,
    codes: Vec<u16>,
    text: String,
    ends: Vec<u32>,
}

impl Column {
    /// Reads what [`ColumnBuilder::write`] wrote. `listed` are its events where they are listed.
    pub(super) fn read(
        bytes: &[u8],
        listed: Option<Arc<Listed>>,
        order: &Order,
    ) -> Result<Self, Fault> {
        let mut input = Input(bytes);
        let is_narrow = input.byte()? == 1;
        let length = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let count = length(input.number()?);
        let mut codes: Vec<u16> = if is_narrow {
            let narrow = input.take(count)?;
            narrow.iter().map(|code| u16::from(*code)).collect()
        } else {
            read_planes(count, &mut input)?
        };
        let mut next = FIRST_VALUE;
        for code in &mut codes {
            if *code == NEXT_VALUE {
                *code = next;
                next = next.wrapping_add(1);
            } else if *code >= FIRST_WRITTEN {
                *code = *code - FIRST_WRITTEN + FIRST_VALUE;
            }
        }
        let values = length(input.number()?);
        let mut end = 0;
        let ends = input.take(values)?.iter().map(|length| {
            end += u32::from(*length);
            end
        });
        let ends = ends.collect();
        let text = String::from_utf8(input.0.to_vec())
            .map_err(|_| Fault::new("the text of a column is not UTF-8"))?;
        let places = match &listed {
            Some(listed) => &listed.places,
            None => order.ranks(),
        };
        let code = |place: &u16| codes.get(usize::from(*place)).copied();
        let codes: Option<Vec<u16>> = places.iter().map(code).collect();
        let codes = codes.ok_or_else(|| Fault::new("a column has too few codes"))?;
        Ok(Self {
            listed,
            codes,
            text,
            ends,
        })
    }

    /// The codes of the events that have a value, ascending by event.
    pub(crate) fn each(&self, mut take: impl FnMut(u32, u16)) {
        match &self.listed {
            Some(listed) => {
                for (doc, code) in listed.docs.iter().zip(&self.codes) {
                    take(u32::from(*doc), *code);
                }
            }
            None => {
                for (doc, code) in (0_u32..).zip(&self.codes) {
                    if *code != NO_VALUE {
                        take(doc, *code);
                    }
                }
            }
        }
    }

    /// The code of one event.
    pub(crate) fn code(&self, doc: u32) -> u16 {
        let index = match &self.listed {
            None => usize::try_from(doc).ok(),
            Some(listed) => u16::try_from(doc)
                .ok()
                .and_then(|doc| listed.docs.binary_search(&doc).ok()),
        };
        let code = index.and_then(|index| self.codes.get(index));
        code.copied().unwrap_or(NO_VALUE)
    }

    /// The codes of all `count` events of the chunk.
    pub(crate) fn codes(&self, count: u32) -> Cow<'_, [u16]> {
        if self.listed.is_none() {
            return Cow::Borrowed(&self.codes);
        }
        let mut codes = vec![NO_VALUE; usize::try_from(count).unwrap_or(usize::MAX)];
        self.each(|doc, code| {
            if let Some(slot) = codes.get_mut(doc as usize) {
                *slot = code;
            }
        });
        Cow::Owned(codes)
    }

    /// The value that a code stands for.
    pub(crate) fn value(&self, code: u16) -> Option<&str> {
        let index = usize::from(code.checked_sub(FIRST_VALUE)?);
        let start = match index.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        let end = *self.ends.get(index)?;
        self.text
            .get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
    }

    /// One more than the greatest code of a value.
    pub(crate) fn codes_end(&self) -> usize {
        self.ends.len() + usize::from(FIRST_VALUE)
    }

    /// For each code, whether it stands for a value that is `wanted`.
    pub(crate) fn codes_where(&self, mut wanted: impl FnMut(&str) -> bool) -> Vec<bool> {
        let mut codes = vec![false; usize::from(FIRST_VALUE)];
        let mut start = 0;
        for end in &self.ends {
            let end = usize::try_from(*end).unwrap_or(usize::MAX);
            codes.push(self.text.get(start..end).is_some_and(&mut wanted));
            start = end;
        }
        codes
    }

    /// The same where a value that is wanted has in it what `finder` finds: all values are gone over at once.
    pub(crate) fn codes_with(
        &self,
        finder: &Finder<'_>,
        mut wanted: impl FnMut(&str) -> bool,
    ) -> Vec<bool> {
        let mut codes = vec![false; self.codes_end()];
        let place = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let mut at = 0;
        while let Some(found) = self
            .text
            .as_bytes()
            .get(at..)
            .and_then(|rest| finder.find(rest))
        {
            let index = self.ends.partition_point(|end| place(*end) <= at + found);
            let Some(end) = self.ends.get(index) else {
                break;
            };
            let number = index + usize::from(FIRST_VALUE);
            let value = u16::try_from(number).ok().and_then(|code| self.value(code));
            if let Some(code) = codes.get_mut(number) {
                *code = value.is_some_and(&mut wanted);
            }
            // What the value has is known, also where what was found goes beyond it.
            at = place(*end);
        }
        codes
    }

    /// The memory that the column holds, about, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.text.len() + self.ends.len() * 4 + self.codes.len() * 2 + 64
    }
}

#[cfg(test)]
mod tests {
    use super::super::order::Run;
    use super::*;

    /// The column of a chunk in which events of two shapes take turns.
    fn column(count: u32, values: &[(u16, &str)]) -> Column {
        let mut builder = ColumnBuilder::new(DefaultHashBuilder::default());
        for (doc, value) in values {
            let begun = builder.begin(value);
            builder.add(*doc, value, &begun);
        }
        let shapes: Vec<u8> = (0..count).map(|doc| u8::from(doc % 2 == 0)).collect();
        let run = |shape, length| Run { shape, length };
        let runs = [run(1, 2), run(0, count / 2), run(1, count.div_ceil(2) - 2)];
        let order = Order::new(&shapes, &[7, 8], std::iter::once(&runs[..])).unwrap();
        let mut bytes = Vec::new();
        builder.write(&order, &mut bytes);
        let listed = builder.is_sparse(count).then(|| {
            let mut bytes = Vec::new();
            write_docs(builder.docs(), &order, &mut bytes);
            assert!(Listed::read(&bytes[..bytes.len() - 1], &order).is_err());
            Arc::new(Listed::read(&bytes, &order).unwrap())
        });
        for end in 0..bytes.len().min(40) {
            // Cut bytes are refused, or miss text at the end only.
            drop(Column::read(&bytes[..end], listed.clone(), &order));
        }
        Column::read(&bytes, listed, &order).unwrap()
    }

    fn all(column: &Column) -> Vec<(u32, Option<String>)> {
        let mut all = Vec::new();
        column.each(|doc, code| all.push((doc, column.value(code).map(str::to_owned))));
        all
    }

    #[test]
    fn values_come_back_dense_and_sparse() {
        let long = "x".repeat(VALUE_BYTES_MAX + 1);
        let values = [
            (0, "a"),
            (2, "B"),
            (3, "a"),
            (3, "a"),
            (4, "a"),
            (4, "b"),
            (5, ""),
            (6, &long),
        ];
        for count in [7, 1000] {
            let column = column(count, &values);
            let some = |text: &str| Some(text.to_owned());
            let expected = [
                (0, some("a")),
                (2, some("B")),
                (3, some("a")),
                (4, None),
                (5, some("")),
                (6, None),
            ];
            assert_eq!(all(&column), expected);
            let codes = column.codes(count);
            assert_eq!(codes.len(), count as usize);
            for (doc, code) in (0..).zip(codes.iter()) {
                assert_eq!(column.code(doc), *code);
            }
            assert_eq!((codes[4], codes[1]), (LOOK, NO_VALUE));
            assert_eq!(column.value(codes[3]), Some("a"));
            let wanted = column.codes_where(|value| value == "B");
            assert!(wanted[usize::from(codes[2])] && !wanted[usize::from(codes[0])]);
        }
    }

    #[test]
    fn listed_events_that_are_not_there_are_refused() {
        let run = Run {
            shape: 0,
            length: 5,
        };
        let order = Order::new(&[0; 5], &[1], std::iter::once(&[run][..])).unwrap();
        let listed = |ranks: &[u16]| {
            let mut bytes = Vec::new();
            put_count(ranks.len(), &mut bytes);
            write_planes(ranks, &mut bytes);
            Listed::read(&bytes, &order)
        };
        assert_eq!(listed(&[0, 2, 2]).unwrap().docs, [0, 2, 4]);
        for gaps in [&[5][..], &[0, 0], &[1, 0], &[2, u16::MAX], &[4, 1]] {
            assert!(listed(gaps).is_err(), "{gaps:?}");
        }
    }

    #[test]
    fn values_with_a_text_are_found_in_all_at_once() {
        let texts = ["ab", "", "ba", "xabab", "b", "a", "b", "cab"];
        let values: Vec<(u16, &str)> = (0..).zip(texts).collect();
        let column = column(8, &values);
        for text in ["ab", "b", "abab", "aba", "c", ""] {
            let finder = Finder::new(text);
            let found = column.codes_with(&finder, |value| value.contains(text));
            let expected = column.codes_where(|value| value.contains(text));
            match text {
                // Nothing is in an empty value.
                "" => assert!(found.iter().zip(&expected).all(|(found, all)| found <= all)),
                _ => assert_eq!(found, expected, "{text}"),
            }
        }
    }

    #[test]
    fn many_values_take_two_bytes_and_ids_are_not_kept() {
        let texts: Vec<String> = (0..4000).map(|n| format!("{n}")).collect();
        let values: Vec<(u16, &str)> = (0..).zip(texts.iter().map(String::as_str)).collect();
        let short = column(4000, &values);
        assert!(all(&short).iter().all(|(_, value)| value.is_some()));
        let texts: Vec<String> = (0..4000).map(|n| format!("{n:032}")).collect();
        let values: Vec<(u16, &str)> = (0..).zip(texts.iter().map(String::as_str)).collect();
        let ids = column(4000, &values);
        let kept = all(&ids)
            .iter()
            .filter(|(_, value)| value.is_some())
            .count();
        assert_eq!((kept, all(&ids).len()), (VARIETY_MIN, 4000));
    }
}
