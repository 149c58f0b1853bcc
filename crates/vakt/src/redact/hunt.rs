//! Finding a redacted value where it stands in other texts of the event.
//!
//! A user's name stands in `user.name` and in the message that says so. It is replaced in any case
//! of its letters, at word boundaries as a search sees them, and also as JSON writes it with
//! escapes, since a message may be JSON itself. Other notations (percent-encoding, Base64, half of
//! the value) are not known.

use vakt_event::Value;
use vakt_event::escaped::escape;

use super::MASK;

/// Shorter values, in bytes, are not looked for: every other word would be one.
pub(super) const VALUE_BYTES_MIN: usize = 3;

/// Values that are looked for in one event. Some events name a few people; one with more is made to
/// cost time, and keeps no text beside its names.
const VALUES_MAX: usize = 64;

/// The redacted values of one event.
pub(super) struct Hunt {
    /// Longest first, so that a value within another one leaves nothing of that.
    values: Vec<Hunted>,
    /// Bytes with which a value may begin in a text.
    starts: [bool; 256],
    /// There were more values than are kept.
    is_full: bool,
}

impl Default for Hunt {
    fn default() -> Self {
        let mut starts = [false; 256];
        // An escape may stand for any character, and letters beyond ASCII are told apart later.
        for (byte, starts) in (0_u8..=u8::MAX).zip(&mut starts) {
            *starts = byte == b'\\' || !byte.is_ascii();
        }
        Self {
            values: Vec::new(),
            starts,
            is_full: false,
        }
    }
}

struct Hunted {
    text: String,
    shown: String,
}

impl Hunt {
    /// `shown` stands in place of `value`; what is masked in one field and hashed in another is masked.
    pub(super) fn add(&mut self, value: &Value<'_>, shown: &str) {
        // That something is so says nothing about whom.
        if matches!(value, Value::Null | Value::Bool(_)) {
            return;
        }
        let text = value.text().trim();
        if text.len() < VALUE_BYTES_MIN {
            return;
        }
        let mut values = self.values.iter_mut();
        if let Some(known) = values.find(|known| is_same_text(&known.text, text)) {
            if shown == MASK {
                shown.clone_into(&mut known.shown);
            }
            return;
        }
        if self.values.len() == VALUES_MAX {
            self.is_full = true;
            return;
        }
        let longer = |known: &Hunted| known.text.len() >= text.len();
        let at = self.values.partition_point(longer);
        let firsts = text.chars().take(1);
        for first in firsts.flat_map(|c| c.to_lowercase().chain(c.to_uppercase())) {
            let byte = first.encode_utf8(&mut [0; 4]).bytes().next();
            if let Some(start) = self.starts.get_mut(usize::from(byte.unwrap_or(b'\\'))) {
                *start = true;
            }
        }
        let text = text.to_owned();
        let shown = shown.to_owned();
        self.values.insert(at, Hunted { text, shown });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// `text` with the values replaced; `None` where it has none of them.
    pub(super) fn replaced(&self, text: &str) -> Option<String> {
        if self.is_full {
            return (text.len() >= VALUE_BYTES_MIN).then(|| MASK.to_owned());
        }
        let has_escapes = text.contains('\\');
        let mut replaced = String::new();
        // Up to where `text` is in `replaced`, and the last character of the value that ends there.
        let (mut copied, mut last) = (0, None);
        let mut at = 0;
        while let Some(start) = self.next_start(text, at) {
            at = start + 1;
            let Some(rest) = text.get(start..) else {
                continue;
            };
            let before = match last {
                Some(_) if start == copied => last,
                _ => before(text, start),
            };
            let found = self.values.iter().find_map(|value| {
                let after = value.end_in(rest, before, has_escapes)?;
                Some((value, after))
            });
            if let Some((value, after)) = found {
                replaced.push_str(text.get(copied..start).unwrap_or_default());
                replaced.push_str(&value.shown);
                last = value.text.chars().next_back();
                copied = text.len() - after.len();
                at = copied;
            }
        }
        last?;
        replaced.push_str(text.get(copied..).unwrap_or_default());
        Some(replaced)
    }

    /// Where at or after byte `at` a value may begin; that may be within a character.
    fn next_start(&self, text: &str, at: usize) -> Option<usize> {
        let is_start = |byte: &u8| self.starts.get(usize::from(*byte)) == Some(&true);
        let found = text.as_bytes().get(at..)?.iter().position(is_start)?;
        Some(at + found)
    }
}

/// The character before byte `at`; none where JSON writes a line's end or a tab there, after which a
/// word may begin.
fn before(text: &str, at: usize) -> Option<char> {
    let mut chars = text.get(..at)?.chars().rev();
    match (chars.next(), chars.next()) {
        (Some('b' | 'f' | 'n' | 'r' | 't'), Some('\\')) => None,
        (before, _) => before,
    }
}

impl Hunted {
    /// What follows the value, where it stands at the beginning of `text`.
    fn end_in<'t>(
        &self,
        text: &'t str,
        before: Option<char>,
        has_escapes: bool,
    ) -> Option<&'t str> {
        let begins = self.text.chars().next()?;
        if is_within_word(before, Some(begins)) {
            return None;
        }
        let ends_word = |after: &&str| {
            let last = self.text.chars().next_back();
            !is_within_word(last, after.chars().next())
        };
        let plain = after(&self.text, text, next_char).filter(ends_word);
        if plain.is_none() && has_escapes {
            return after(&self.text, text, next_written).filter(ends_word);
        }
        plain
    }
}

/// What follows `value` in `text`, which begins with it, read by `next`.
fn after<'t>(
    value: &str,
    mut text: &'t str,
    next: fn(&'t str) -> Option<(char, &'t str)>,
) -> Option<&'t str> {
    for wanted in value.chars() {
        let (char, rest) = next(text)?;
        if !is_same(wanted, char) {
            return None;
        }
        text = rest;
    }
    Some(text)
}

fn next_char(text: &str) -> Option<(char, &str)> {
    let char = text.chars().next()?;
    Some((char, text.get(char.len_utf8()..)?))
}

/// The next character of a text that JSON writes.
fn next_written(text: &str) -> Option<(char, &str)> {
    let escaped = text.starts_with('\\').then(|| escape(text)).flatten();
    escaped.or_else(|| next_char(text))
}

/// Whether two texts differ in the case of their letters alone.
fn is_same_text(a: &str, b: &str) -> bool {
    after(a, b, next_char).is_some_and(str::is_empty)
}

/// Whether two characters are one letter but for its case.
fn is_same(a: char, b: char) -> bool {
    if a.is_ascii() && b.is_ascii() {
        return a.eq_ignore_ascii_case(&b);
    }
    a == b || a.to_lowercase().eq(b.to_lowercase()) || a.to_uppercase().eq(b.to_uppercase())
}

/// Whether no word ends between two characters: words are runs of letters, digits and `_`.
fn is_within_word(before: Option<char>, after: Option<char>) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    before.is_some_and(is_word) && after.is_some_and(is_word)
}
