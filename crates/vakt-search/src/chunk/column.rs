//! The values of one field over the events of a chunk.
//!
//! ```text
//! column     = sparse(1 byte) width(1 byte) count(u32) [docs] codes values(u32) { end } text
//! docs       = where sparse: count u16, ascending; else the codes are those of all events
//! codes      = count numbers of `width` bytes: 0 no value, 1 look at the event, n + 2 value n
//! end        = u32: where the value ends in `text`
//! ```
//!
//! All numbers are little-endian, and the whole is packed. Values stand as they were sent, in the
//! order in which they came. An event that has several different values, or one that is too long or
//! one of too many, has code 1: whoever asks must look at the event itself.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::pack::Input;
use crate::fault::Fault;

/// The longest value in a column, in bytes: longer than an address, a time, a hash in hexadecimal
/// digits (64) or most names and paths.
pub(crate) const VALUE_BYTES_MAX: usize = 64;

/// The most bytes of values in a column of a chunk. What has more variety is no column to group by.
const TEXT_BYTES_MAX: usize = 128 * 1024;

/// After this many different values it is asked whether nearly all of them are.
const VARIETY_MIN: usize = 512;

/// Values of which nearly all are different and that are longer than this, on average, are ids and
/// times: keeping them would double what the events take.
const VARIED_BYTES_MAX: usize = 16;

/// No chunk has that many blocks.
const NO_BLOCK: u32 = u32::MAX;

pub(crate) const NO_VALUE: u16 = 0;
pub(crate) const LOOK: u16 = 1;
const FIRST_VALUE: u16 = 2;

/// Below this share of the events, 1 in so many, the events are listed.
const SPARSE_SHARE: usize = 4;

/// The column of a chunk that is being filled.
pub(super) struct ColumnBuilder {
    docs: Vec<u16>,
    codes: Vec<u16>,
    values: HashTable<u16>,
    text: String,
    ends: Vec<u32>,
    /// For each value the block that it was last seen in.
    blocks: Vec<u32>,
    hasher: DefaultHashBuilder,
    is_full: bool,
}

impl ColumnBuilder {
    pub(super) fn new(hasher: DefaultHashBuilder) -> Self {
        Self {
            docs: Vec::new(),
            codes: Vec::new(),
            values: HashTable::new(),
            text: String::new(),
            ends: Vec::new(),
            blocks: Vec::new(),
            hasher,
            is_full: false,
        }
    }

    /// The event `doc`, in the block `block`, has this value; events come in rising order. Gives
    /// whether the value may be one that the block did not have yet.
    pub(super) fn add(&mut self, doc: u16, block: u32, value: &str) -> bool {
        let code = self.code(value);
        if self.docs.last() == Some(&doc) {
            if let Some(last) = self.codes.last_mut()
                && *last != code
            {
                *last = LOOK;
            }
        } else {
            self.docs.push(doc);
            self.codes.push(code);
        }
        let index = usize::from(code).checked_sub(usize::from(FIRST_VALUE));
        match index.and_then(|index| self.blocks.get_mut(index)) {
            Some(last) => std::mem::replace(last, block) != block,
            None => true,
        }
    }

    fn code(&mut self, value: &str) -> u16 {
        if value.len() > VALUE_BYTES_MAX {
            return LOOK;
        }
        // Neighbours often have the same value.
        if let Some(last) = self.codes.last()
            && value_at(&self.text, &self.ends, *last) == Some(value)
        {
            return *last;
        }
        let Self {
            values,
            text,
            ends,
            blocks,
            hasher,
            ..
        } = self;
        let hash = hasher.hash_one(value);
        let found = values.find(hash, |code| value_at(text, ends, *code) == Some(value));
        if let Some(code) = found {
            return *code;
        }
        let is_full = self.is_full
            || text.len() + value.len() > TEXT_BYTES_MAX
            || is_varied(ends.len(), self.docs.len(), text.len());
        if is_full {
            self.is_full = true;
            return LOOK;
        }
        let code = u16::try_from(ends.len())
            .ok()
            .and_then(|number| number.checked_add(FIRST_VALUE));
        let Some(code) = code else {
            return LOOK;
        };
        text.push_str(value);
        ends.push(u32::try_from(text.len()).unwrap_or(u32::MAX));
        blocks.push(NO_BLOCK);
        values.insert_unique(hash, code, |code| {
            hasher.hash_one(value_at(text, ends, *code).unwrap_or_default())
        });
        code
    }

    /// The column's bytes, not packed yet. `count` is the number of events of the chunk.
    pub(super) fn write(&self, count: u32, bytes: &mut Vec<u8>) {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let is_sparse = self.docs.len() < count / SPARSE_SHARE;
        let is_narrow = self.ends.len() + usize::from(FIRST_VALUE) <= usize::from(u8::MAX);
        bytes.push(u8::from(is_sparse));
        bytes.push(if is_narrow { 1 } else { 2 });
        let put = |number: usize, bytes: &mut Vec<u8>| {
            bytes.extend(u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
        };
        let mut dense = Vec::new();
        let codes = if is_sparse {
            put(self.docs.len(), bytes);
            bytes.extend(self.docs.iter().flat_map(|doc| doc.to_le_bytes()));
            &self.codes
        } else {
            put(count, bytes);
            dense.resize(count, NO_VALUE);
            for (doc, code) in self.docs.iter().zip(&self.codes) {
                if let Some(slot) = dense.get_mut(usize::from(*doc)) {
                    *slot = *code;
                }
            }
            &dense
        };
        for code in codes {
            let [low, high] = code.to_le_bytes();
            bytes.push(low);
            if !is_narrow {
                bytes.push(high);
            }
        }
        put(self.ends.len(), bytes);
        bytes.extend(self.ends.iter().flat_map(|end| end.to_le_bytes()));
        bytes.extend(self.text.as_bytes());
    }
}

/// Whether hardly a value of the column comes again, and they are long.
fn is_varied(values: usize, events: usize, text_bytes: usize) -> bool {
    values >= VARIETY_MIN && values > events / 4 * 3 && text_bytes > values * VARIED_BYTES_MAX
}

fn value_at<'t>(text: &'t str, ends: &[u32], code: u16) -> Option<&'t str> {
    let index = usize::from(code.checked_sub(FIRST_VALUE)?);
    let start = match index.checked_sub(1) {
        Some(before) => usize::try_from(*ends.get(before)?).ok()?,
        None => 0,
    };
    text.get(start..usize::try_from(*ends.get(index)?).ok()?)
}

/// A column that was read.
#[derive(Debug)]
pub(crate) struct Column {
    /// The events of the codes; `None` where the codes are those of all events.
    docs: Option<Vec<u16>>,
    codes: Vec<u16>,
    text: String,
    ends: Vec<u32>,
}

impl Column {
    /// Reads what [`ColumnBuilder::write`] wrote.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Fault> {
        let mut input = Input(bytes);
        let is_sparse = input.byte()? != 0;
        let is_narrow = input.byte()? == 1;
        let length = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let pairs = |bytes: &[u8]| -> Vec<u16> {
            let pairs = bytes.as_chunks::<2>().0;
            pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect()
        };
        let count = length(input.number()?);
        let docs = match is_sparse {
            true => Some(pairs(input.take(count.saturating_mul(2))?)),
            false => None,
        };
        let codes = if is_narrow {
            input
                .take(count)?
                .iter()
                .map(|code| u16::from(*code))
                .collect()
        } else {
            pairs(input.take(count.saturating_mul(2))?)
        };
        let values = length(input.number()?);
        let ends = input.take(values.saturating_mul(4))?.as_chunks::<4>().0;
        let text = String::from_utf8(input.0.to_vec())
            .map_err(|_| Fault::new("the text of a column is not UTF-8"))?;
        Ok(Self {
            docs,
            codes,
            text,
            ends: ends.iter().map(|end| u32::from_le_bytes(*end)).collect(),
        })
    }

    /// The codes of the events that have a value, ascending by event.
    pub(crate) fn each(&self, mut take: impl FnMut(u32, u16)) {
        match &self.docs {
            Some(docs) => {
                for (doc, code) in docs.iter().zip(&self.codes) {
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
        let index = match &self.docs {
            None => usize::try_from(doc).ok(),
            Some(docs) => u16::try_from(doc)
                .ok()
                .and_then(|doc| docs.binary_search(&doc).ok()),
        };
        let code = index.and_then(|index| self.codes.get(index));
        code.copied().unwrap_or(NO_VALUE)
    }

    /// The value that a code stands for.
    pub(crate) fn value(&self, code: u16) -> Option<&str> {
        value_at(&self.text, &self.ends, code)
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

    /// The memory that the column holds, about, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.text.len() + self.ends.len() * 4 + self.codes.len() * 2 + 64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(count: u32, values: &[(u16, &str)]) -> Column {
        let mut builder = ColumnBuilder::new(DefaultHashBuilder::default());
        for (doc, value) in values {
            builder.add(*doc, 0, value);
        }
        let mut bytes = Vec::new();
        builder.write(count, &mut bytes);
        for end in 0..bytes.len().min(40) {
            // Cut bytes are refused, or miss text at the end only.
            drop(Column::read(&bytes[..end]));
        }
        Column::read(&bytes).unwrap()
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
            assert_eq!(column.code(4), LOOK);
            assert_eq!((column.code(1), column.code(999)), (NO_VALUE, NO_VALUE));
            assert_eq!(column.value(column.code(3)), Some("a"));
            let wanted = column.codes_where(|value| value == "B");
            assert!(wanted[usize::from(column.code(2))] && !wanted[usize::from(column.code(0))]);
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
