//! JSON strings with escapes, left as they stand until somebody asks what they say.

use std::cell::OnceCell;

/// A JSON string (RFC 8259, section 7) that holds escapes. Most events have many (every backslash
/// of a Windows path is two) and most of them nobody reads.
#[derive(Clone, Debug)]
pub struct Escaped<'a> {
    raw: &'a str,
    text: OnceCell<Box<str>>,
}

impl<'a> Escaped<'a> {
    /// `raw` is what stands between the quotes.
    pub fn new(raw: &'a str) -> Self {
        Self {
            raw,
            text: OnceCell::new(),
        }
    }

    /// What stands between the quotes.
    pub fn raw(&self) -> &'a str {
        self.raw
    }

    /// What the string says. Allocates at the first call.
    pub fn text(&self) -> &str {
        self.text.get_or_init(|| {
            let mut text = String::with_capacity(self.raw.len());
            unescape_into(self.raw, &mut text);
            text.into_boxed_str()
        })
    }

    /// Appends what the string says, without an allocation of its own.
    pub fn append_to(&self, text: &mut String) {
        match self.text.get() {
            Some(known) => text.push_str(known),
            None => unescape_into(self.raw, text),
        }
    }

    pub fn into_string(self) -> String {
        match self.text.into_inner() {
            Some(text) => text.into_string(),
            None => {
                let mut text = String::with_capacity(self.raw.len());
                unescape_into(self.raw, &mut text);
                text
            }
        }
    }
}

impl PartialEq for Escaped<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw || self.text() == other.text()
    }
}

/// Appends what a JSON string says. Half of a surrogate pair is U+FFFD. What is no escape stays as
/// it is.
pub fn unescape_into(raw: &str, text: &mut String) {
    let bytes = raw.as_bytes();
    let between = |from: usize, to: usize| raw.get(from..to).unwrap_or_default();
    // What stands from `copied` on is still to be copied; a backslash before `next` is no escape.
    let (mut copied, mut next) = (0, 0);
    for at in memchr::memchr_iter(b'\\', bytes) {
        if at < next {
            continue;
        }
        text.push_str(between(copied, at));
        (copied, next) = match bytes.get(at + 1) {
            // Nearly all: the character stands for itself.
            Some(b'\\' | b'"' | b'/') => (at + 1, at + 2),
            _ => match escape(between(at, raw.len())) {
                Some((char, after)) => {
                    text.push(char);
                    (raw.len() - after.len(), raw.len() - after.len())
                }
                None => (at, at + 1),
            },
        };
    }
    text.push_str(between(copied, raw.len()));
}

/// The character of the escape at the beginning of `text`, and what follows it. `None` where none
/// begins there.
pub fn escape(text: &str) -> Option<(char, &str)> {
    let char = match text.as_bytes().get(1)? {
        b'\\' => '\\',
        b'"' => '"',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unicode(text),
        _ => return None,
    };
    Some((char, text.get(2..).unwrap_or("")))
}

fn unicode(text: &str) -> Option<(char, &str)> {
    let (first, rest) = unit(text)?;
    if let Some(char) = char::from_u32(first) {
        return Some((char, rest));
    }
    if first < 0xDC00
        && let Some((second @ 0xDC00..0xE000, rest)) = unit(rest)
    {
        let code = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        return Some((
            char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
            rest,
        ));
    }
    Some((char::REPLACEMENT_CHARACTER, rest))
}

/// The UTF-16 code unit of `\uXXXX`.
fn unit(text: &str) -> Option<(u32, &str)> {
    let (digits, rest) = text.strip_prefix("\\u")?.split_at_checked(4)?;
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    Some((u32::from_str_radix(digits, 16).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_strings_say() {
        let check = |raw: &str, expected: &str| {
            let escaped = Escaped::new(raw);
            let mut appended = String::new();
            escaped.append_to(&mut appended);
            assert_eq!(appended, expected);
            assert_eq!(escaped.text(), expected);
            assert_eq!(escaped.into_string(), expected);
        };
        check("", "");
        check("plain", "plain");
        check(r"C:\\Windows\\x.exe", r"C:\Windows\x.exe");
        check(r#"\"\/\b\f\n\r\t"#, "\"/\u{8}\u{c}\n\r\t");
        check(r"\u00e5\u0000\ud83d\ude00!", "å\0😀!");
        check(r"\ud83d", "\u{fffd}");
        check(r"\ud83d\u0041", "\u{fffd}A");
        check(r"\ud83d\n", "\u{fffd}\n");
        check(r"\ude00", "\u{fffd}");
        check(r"å\\å", r"å\å");
        // No JSON, but nothing is lost either.
        check(r"\x\u12", r"\x\u12");
        check(r"a\", r"a\");
        check(r"\uå", r"\uå");
    }

    #[test]
    fn equal_when_they_say_the_same() {
        assert_eq!(Escaped::new(r"\u0041"), Escaped::new("A"));
        assert_ne!(Escaped::new(r"\u0041"), Escaped::new("B"));
    }
}
