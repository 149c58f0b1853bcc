//! Values that take no more than finding where they end.

use std::borrow::Cow;

use vakt_event::Value;
use vakt_event::escaped::{self, Escaped};

use super::strings::{self, Mark};
use crate::texts::Texts;

/// A string as it stands between its quotes.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    pub(super) raw: &'a str,
    pub(super) has_escapes: bool,
}

impl<'a> Text<'a> {
    pub(super) fn into_value(self) -> Value<'a> {
        match self.has_escapes {
            false => Value::Str(Cow::Borrowed(self.raw)),
            true => Value::Escaped(Escaped::new(self.raw)),
        }
    }

    pub(super) fn into_name(self, texts: &mut Texts) -> Cow<'a, str> {
        if !self.has_escapes {
            return Cow::Borrowed(self.raw);
        }
        let mut name = texts.empty();
        escaped::unescape_into(self.raw, &mut name);
        Cow::Owned(name)
    }
}

/// A text with short escapes, a whole number or a word, perhaps after a blank, and where it ends. `None` for other
/// values.
#[inline(always)]
pub(super) fn value<'a>(text: &'a str, marks: &[Mark], at: usize) -> Option<(Value<'a>, usize)> {
    let bytes = text.as_bytes();
    let (first, begin) = match bytes.get(at)? {
        b' ' => (bytes.get(at + 1)?, at + 1),
        first => (first, at),
    };
    match first {
        b'"' => {
            let (end, has_escapes) = strings::end(bytes, marks, begin + 1)?;
            let raw = between(text, begin + 1, end);
            Some((Text { raw, has_escapes }.into_value(), end + 1))
        }
        b'-' | b'0'..=b'9' => {
            let end = whole_number(bytes, begin)?;
            Some((Value::Number(Cow::Borrowed(between(text, begin, end))), end))
        }
        b't' | b'f' | b'n' => word(bytes, begin),
        _ => None,
    }
}

/// Where the whole number ends that begins at `begin`. `None` where it goes on otherwise, or is none.
#[inline]
fn whole_number(bytes: &[u8], begin: usize) -> Option<usize> {
    let is_negative = bytes.get(begin) == Some(&b'-');
    let first = begin + usize::from(is_negative);
    let mut end = match bytes.get(first)? {
        b'0' => return (!goes_on(bytes.get(first + 1))).then_some(first + 1),
        b'1'..=b'9' => first + 1,
        _ => return None,
    };
    while bytes.get(end).is_some_and(u8::is_ascii_digit) {
        end += 1;
    }
    (!goes_on(bytes.get(end))).then_some(end)
}

/// Whether a number is not over with this byte.
fn goes_on(byte: Option<&u8>) -> bool {
    matches!(byte, Some(b'.' | b'e' | b'E' | b'0'..=b'9'))
}

/// `true`, `false` or `null`, and where it ends.
pub(super) fn word<'a>(bytes: &[u8], begin: usize) -> Option<(Value<'a>, usize)> {
    match bytes.get(begin..)? {
        [b't', b'r', b'u', b'e', ..] => Some((Value::Bool(true), begin + 4)),
        [b'f', b'a', b'l', b's', b'e', ..] => Some((Value::Bool(false), begin + 5)),
        [b'n', b'u', b'l', b'l', ..] => Some((Value::Null, begin + 4)),
        _ => None,
    }
}

/// A part of a text that begins and ends beside characters of ASCII, or with them.
#[inline(always)]
#[expect(
    unsafe_code,
    reason = "looking whether it begins and ends between characters takes a tenth of decoding flat JSON"
)]
pub(super) fn between(text: &str, start: usize, end: usize) -> &str {
    debug_assert!(text.get(start..end).is_some(), "{start}..{end}");
    // SAFETY: both places are in the text, in this order, and between characters: beside one of ASCII.
    unsafe { text.get_unchecked(start..end) }
}
