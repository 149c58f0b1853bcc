//! One JSON object (RFC 8259) to fields, in one pass, borrowed from the text where nothing needs
//! unescaping.
//!
//! Nested names are joined with dots, an array repeats its field, numbers keep their digits, an
//! empty object or array is null. Two conventions of XML turned into JSON are understood:
//! `#text` is the value of its parent, and `#attributes` joins with `_`
//! (`Provider.#attributes.Name` is `Provider_Name`). The envelopes of Windows events
//! ([`super::envelope`]) do not show in names.
//!
//! The grammar is serde_json's (a property test holds the two equal), with one mercy: a `\u`
//! escape of half a surrogate pair, which broken senders write, is U+FFFD and noted.

use std::borrow::Cow;

use vakt_event::{Field, Origin, Value};

use super::envelope;

/// Objects and arrays within each other. Deeper values are checked and skipped: real events stay
/// under ten, and the bound keeps the recursion within any thread's stack.
pub(crate) const DEPTH_MAX: usize = 32;

/// Fields of one event. The largest real events (cloud audit records) have a few hundred.
pub(crate) const FIELDS_MAX: usize = 4096;

/// How much longer than its beginning a string with escapes is taken to be, in bytes: a path or a
/// line of a message.
const ESCAPED_BYTES_MORE: usize = 64;

/// What was left out or replaced, besides the fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Notes {
    pub(crate) too_deep: bool,
    pub(crate) too_many: bool,
    pub(crate) broken_escape: bool,
}

/// Why a text is no JSON object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Byte offset.
    pub(crate) at: usize,
    pub(crate) why: &'static str,
}

type Scan<T> = Result<T, Fault>;

/// How to read arrays of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrays {
    /// A field with several numbers.
    Repeated,
    /// `journalctl -o json` writes a value that is no text as the list of its bytes.
    Bytes,
}

/// Appends the fields of the object that `text` is. On a fault `fields` is as it was.
pub(crate) fn flatten<'a>(
    text: &'a str,
    arrays: Arrays,
    fields: &mut Vec<Field<'a>>,
) -> Result<Notes, Fault> {
    let before = fields.len();
    let mut scanner = Scanner {
        text,
        at: 0,
        fields,
        before,
        path: String::new(),
        base: 0,
        joiner: ".",
        depth: 0,
        arrays,
        notes: Notes::default(),
    };
    let scanned = scanner.document();
    let notes = scanner.notes;
    if scanned.is_err() {
        fields.truncate(before);
    }
    scanned.map(|()| notes)
}

struct Scanner<'a, 'f> {
    text: &'a str,
    at: usize,
    fields: &'f mut Vec<Field<'a>>,
    /// Length of `fields` at the start.
    before: usize,
    /// Names of the objects that we are in, joined.
    path: String,
    /// Where in `path` the part begins that names show.
    base: usize,
    /// What joins the next name to `path`: a dot, or `_` in `#attributes`.
    joiner: &'static str,
    depth: usize,
    arrays: Arrays,
    notes: Notes,
}

#[expect(
    clippy::ptr_arg,
    reason = "a borrowed name is cloned as a borrowed one"
)]
impl<'a> Scanner<'a, '_> {
    fn document(&mut self) -> Scan<()> {
        self.blanks();
        if self.peek() != Some(b'{') {
            return self.fault("an object begins with {");
        }
        self.object()?;
        self.blanks();
        if self.at < self.text.len() {
            return self.fault("something follows the object");
        }
        Ok(())
    }

    fn object(&mut self) -> Scan<()> {
        self.expect(b'{')?;
        self.blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        self.depth += 1;
        loop {
            self.blanks();
            if self.peek() != Some(b'"') {
                return self.fault("a name in quotes is missing");
            }
            let key = self.string()?;
            self.blanks();
            self.expect(b':')?;
            let fields_before = self.fields.len();
            self.member(&key)?;
            if self.fields.len() == fields_before {
                self.note_empty(&key);
            }
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    self.depth -= 1;
                    return Ok(());
                }
                _ => return self.fault("a comma or } is missing"),
            }
        }
    }

    /// The value of `key`.
    fn member(&mut self, key: &Cow<'a, str>) -> Scan<()> {
        self.blanks();
        match self.peek() {
            Some(b'{') => {
                if self.depth >= DEPTH_MAX {
                    self.notes.too_deep = true;
                    return self.skip_nested();
                }
                let (length, base, joiner) = (self.path.len(), self.base, self.joiner);
                self.enter(key);
                let inside = self.object();
                self.path.truncate(length);
                self.base = base;
                self.joiner = joiner;
                inside
            }
            Some(b'[') => {
                if self.depth >= DEPTH_MAX {
                    self.notes.too_deep = true;
                    return self.skip_nested();
                }
                self.depth += 1;
                let inside = self.array(key);
                self.depth -= 1;
                inside
            }
            _ => {
                let value = self.scalar()?;
                self.push(key, value);
                Ok(())
            }
        }
    }

    /// A member without a value (`{}`, `[]`, `[[]]`) is there all the same: it is null. Of what
    /// only wraps fields, nothing shows.
    fn note_empty(&mut self, key: &Cow<'a, str>) {
        let wraps = || {
            let joined = [&self.path, self.joiner, key].concat();
            envelope::is_envelope(joined.strip_prefix('.').unwrap_or(&joined))
        };
        if !self.notes.too_deep && !key.starts_with('#') && !wraps() {
            self.push(key, Value::Null);
        }
    }

    fn array(&mut self, key: &Cow<'a, str>) -> Scan<()> {
        self.expect(b'[')?;
        self.blanks();
        match self.peek() {
            Some(b']') => {
                self.at += 1;
                return Ok(());
            }
            Some(b'0'..=b'9') if self.arrays == Arrays::Bytes => {
                let value = self.bytes()?;
                self.push(key, value);
                return Ok(());
            }
            _ => {}
        }
        loop {
            self.member(key)?;
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return self.fault("a comma or ] is missing"),
            }
        }
    }

    /// The numbers 0 to 255 of a value's bytes, after the bracket.
    fn bytes(&mut self) -> Scan<Value<'a>> {
        let mut bytes = Vec::new();
        loop {
            self.blanks();
            match self.number()?.parse::<u8>() {
                Ok(byte) => bytes.push(byte),
                Err(_) => return self.fault("a byte is a number from 0 to 255"),
            }
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Value::Str(Cow::Owned(
                        String::from_utf8_lossy(&bytes).into_owned(),
                    )));
                }
                _ => return self.fault("a comma or ] is missing"),
            }
        }
    }

    fn enter(&mut self, key: &str) {
        if key == "#attributes" {
            self.joiner = "_";
            return;
        }
        if !self.path.is_empty() {
            let envelope_ends_here = self.path.len() == self.base;
            self.path.push_str(self.joiner);
            if envelope_ends_here {
                self.base = self.path.len();
            }
        }
        self.path.push_str(key);
        self.joiner = ".";
        if envelope::is_envelope(&self.path) {
            self.base = self.path.len();
        }
    }

    fn push(&mut self, key: &Cow<'a, str>, value: Value<'a>) {
        if self.fields.len() - self.before >= FIELDS_MAX {
            self.notes.too_many = true;
            return;
        }
        let prefix = self.path.get(self.base..).unwrap_or("");
        let name = if prefix.is_empty() {
            key.clone()
        } else if key == "#text" {
            Cow::Owned(prefix.to_owned())
        } else if let Some(known) = envelope::known_name(prefix, self.joiner, key) {
            Cow::Borrowed(known)
        } else {
            Cow::Owned([prefix, self.joiner, key].concat())
        };
        self.fields.push(Field {
            name,
            value,
            origin: Origin::Sent,
        });
    }

    fn scalar(&mut self) -> Scan<Value<'a>> {
        match self.peek() {
            Some(b'"') => self.string().map(Value::Str),
            Some(b'-' | b'0'..=b'9') => Ok(Value::Number(Cow::Borrowed(self.number()?))),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            _ => self.fault("a value is missing"),
        }
    }

    fn word(&mut self, word: &str, value: Value<'a>) -> Scan<Value<'a>> {
        if self.rest().starts_with(word) {
            self.at += word.len();
            Ok(value)
        } else {
            self.fault("a value is missing")
        }
    }

    fn number(&mut self) -> Scan<&'a str> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits(),
            _ => return self.fault("a digit is missing"),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.one_digit()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.one_digit()?;
        }
        Ok(self.text.get(start..self.at).unwrap_or("0"))
    }

    fn one_digit(&mut self) -> Scan<()> {
        if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return self.fault("a digit is missing");
        }
        self.digits();
        Ok(())
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
    }

    /// A string, whose opening quote is next.
    fn string(&mut self) -> Scan<Cow<'a, str>> {
        self.at += 1;
        let first = self.plain()?;
        if self.peek() == Some(b'"') {
            self.at += 1;
            return Ok(Cow::Borrowed(first));
        }
        self.escaped(first).map(Cow::Owned)
    }

    /// The rest of a string that begins with `first` and goes on with an escape.
    fn escaped(&mut self, first: &'a str) -> Scan<String> {
        let mut text = String::with_capacity(first.len() * 2 + ESCAPED_BYTES_MORE);
        text.push_str(first);
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(_) => text.push(self.escape()?),
                None => return self.fault("a string has no end"),
            }
            text.push_str(self.plain()?);
        }
    }

    /// The characters up to the next quote or backslash.
    fn plain(&mut self) -> Scan<&'a str> {
        let rest = self.rest();
        let Some(length) = special(rest.as_bytes()) else {
            return self.fault("a string has no end");
        };
        if !matches!(rest.as_bytes().get(length), Some(b'"' | b'\\')) {
            return self.fault("a control character stands in a string");
        }
        self.at += length;
        Ok(rest.get(..length).unwrap_or(""))
    }

    /// The character of an escape, whose backslash is next.
    fn escape(&mut self) -> Scan<char> {
        self.at += 1;
        let Some(letter) = self.peek() else {
            return self.fault("a string has no end");
        };
        self.at += 1;
        Ok(match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            _ => return self.fault("an unknown escape stands in a string"),
        })
    }

    fn unicode(&mut self) -> Scan<char> {
        let first = self.hex()?;
        if let Some(char) = char::from_u32(first) {
            return Ok(char);
        }
        let before_second = self.at;
        if first < 0xDC00 && self.rest().starts_with("\\u") {
            self.at += 2;
            let second = self.hex()?;
            if (0xDC00..0xE000).contains(&second) {
                let code = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = before_second;
        }
        self.notes.broken_escape = true;
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn hex(&mut self) -> Scan<u32> {
        let digits = self.text.get(self.at..self.at + 4).unwrap_or("");
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return self.fault("an escape needs four hexadecimal digits");
        }
        match u32::from_str_radix(digits, 16) {
            Ok(number) => {
                self.at += 4;
                Ok(number)
            }
            Err(_) => self.fault("an escape needs four hexadecimal digits"),
        }
    }

    /// Steps over the object or array that is next. Its brackets and strings are checked, its
    /// grammar is not.
    fn skip_nested(&mut self) -> Scan<()> {
        let mut open = 0_usize;
        loop {
            match self.peek() {
                None => return self.fault("a bracket is not closed"),
                Some(b'"') => {
                    self.string()?;
                    continue;
                }
                Some(b'{' | b'[') => open += 1,
                Some(b'}' | b']') => open -= 1,
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                return Ok(());
            }
        }
    }

    fn expect(&mut self, wanted: u8) -> Scan<()> {
        if self.peek() == Some(wanted) {
            self.at += 1;
            return Ok(());
        }
        self.fault(match wanted {
            b':' => "a colon is missing",
            _ => "a bracket is missing",
        })
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn fault<T>(&self, why: &'static str) -> Scan<T> {
        Err(Fault { at: self.at, why })
    }
}

/// Where the first quote, backslash or control character stands.
///
/// Eight bytes at a time without vector instructions, whose start costs more than most names and
/// values are long; what is longer goes on with them.
fn special(bytes: &[u8]) -> Option<usize> {
    const SHORT_BYTES: usize = 48;
    let short = bytes.get(..SHORT_BYTES).unwrap_or(bytes);
    let (words, tail) = short.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let marks = special_in(u64::from_le_bytes(*word));
        if marks != 0 {
            return Some(index * 8 + marks.trailing_zeros() as usize / 8);
        }
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | ..0x20);
    let after_words = words.len() * 8;
    if let Some(at) = tail.iter().position(is_special) {
        return Some(after_words + at);
    }
    let long = bytes.get(SHORT_BYTES..)?;
    let stop = memchr::memchr2(b'"', b'\\', long);
    let plain = long.get(..stop.unwrap_or(long.len())).unwrap_or_default();
    // Without a branch in the loop, so that it is done many bytes at a time.
    let has_control = plain.iter().fold(false, |any, byte| any | (*byte < 0x20));
    if has_control {
        return plain.iter().position(is_special).map(|at| SHORT_BYTES + at);
    }
    stop.map(|at| SHORT_BYTES + at)
}

/// Marks with its upper bit the lowest byte that is a quote, a backslash or below 0x20 (those above
/// it may be marked in error).
fn special_in(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = 0x8080_8080_8080_8080;
    let is_zero = |word: u64| word.wrapping_sub(ONES) & !word & TOPS;
    let is_below_blank = word.wrapping_sub(ONES * 0x20) & !word & TOPS;
    is_below_blank | is_zero(word ^ (ONES * 0x22)) | is_zero(word ^ (ONES * 0x5C))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_first_special_byte_is_found(
            bytes in prop::collection::vec(prop_oneof![30 => any::<u8>(), 1 => Just(b'"')], 0..90),
            plain in 0_usize..80,
        ) {
            let mut text = vec![b'a'; plain];
            text.extend(&bytes);
            let expected = text.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..0x20));
            prop_assert_eq!(special(&text), expected);
        }
    }
}
