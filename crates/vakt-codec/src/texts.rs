//! Memory of texts that were made while decoding, and what was found out, kept for the next event.

use std::borrow::Cow;

use vakt_event::{Field, Value};

use crate::json::Mark;
use crate::layouts::Layouts;

/// Texts kept: an event seldom has as many made names and values.
const TEXTS_MAX: usize = 256;

/// Longer ones are given back to the allocator.
const TEXT_BYTES_MAX: usize = 1024;

/// New ones have room for the joined names of nearly all events, so that none has to grow when the
/// next event gives it to a longer name; shorter ones are not kept.
const TEXT_BYTES_MIN: usize = 128;

/// At most 256 KiB of empty texts, and marks of a quarter of the longest record.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    spare: Vec<String>,
    /// The names of the objects that the scanner is in, joined.
    pub(crate) path: String,
    /// Where the strings of a text may end.
    pub(crate) marks: Vec<Mark>,
    pub(crate) layouts: Layouts,
}

impl Texts {
    /// The parts, joined.
    pub(crate) fn concat(&mut self, parts: &[&str]) -> String {
        let mut text = self.empty();
        for part in parts {
            text.push_str(part);
        }
        text
    }

    /// A text to write to.
    pub(crate) fn empty(&mut self) -> String {
        self.spare
            .pop()
            .unwrap_or_else(|| String::with_capacity(TEXT_BYTES_MIN))
    }

    /// Empties the fields. Their memory stays with the vector, that of their texts is kept here.
    pub(crate) fn take_all<'b>(&mut self, mut fields: Vec<Field<'_>>) -> Vec<Field<'b>> {
        for field in &mut fields {
            self.take_if_made(&mut field.name);
            if let Value::Str(text) | Value::Number(text) = &mut field.value {
                self.take_if_made(text);
            }
        }
        // Collecting from a vector's own items reuses its memory.
        fields.into_iter().map_while(|_| None).collect()
    }

    /// Nearly all texts are borrowed.
    #[inline]
    fn take_if_made(&mut self, text: &mut Cow<'_, str>) {
        if let Cow::Owned(made) = text {
            self.take_made(std::mem::take(made));
        }
    }

    pub(crate) fn take_field(&mut self, field: Field<'_>) {
        self.take(field.name);
        if let Value::Str(text) | Value::Number(text) = field.value {
            self.take(text);
        }
    }

    /// [`Value::to_str`], what it says without escapes in memory that was kept.
    pub(crate) fn read<'a>(&mut self, value: &Value<'a>) -> Option<Cow<'a, str>> {
        let Value::Escaped(escaped) = value else {
            return value.to_str();
        };
        let mut text = self.empty();
        escaped.append_to(&mut text);
        Some(Cow::Owned(text))
    }

    /// Keeps the memory of a text that nobody needs any more.
    pub(crate) fn take(&mut self, text: Cow<'_, str>) {
        if let Cow::Owned(made) = text {
            self.take_made(made);
        }
    }

    fn take_made(&mut self, mut made: String) {
        let is_good = (TEXT_BYTES_MIN..=TEXT_BYTES_MAX).contains(&made.capacity());
        if is_good && self.spare.len() < TEXTS_MAX {
            made.clear();
            self.spare.push(made);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_used_again() {
        let mut texts = Texts::default();
        let mut fields = Vec::with_capacity(40);
        fields.push(Field {
            name: texts.concat(&["a", ".", "b"]).into(),
            value: Value::from("long ".repeat(TEXT_BYTES_MAX)),
            origin: vakt_event::Origin::Sent,
        });
        let memory = (fields.as_ptr().addr(), fields[0].name.as_ptr());
        let fields: Vec<Field<'static>> = texts.take_all(fields);
        assert!(fields.is_empty() && fields.capacity() == 40);
        let name = texts.concat(&["c"]);
        assert_eq!(name, "c");
        assert_eq!((fields.as_ptr().addr(), name.as_ptr()), memory);
        assert!(texts.spare.is_empty());
    }
}
