//! The fields of one entry in the journal export format.
//!
//! ```text
//! NAME=value LF                                  a text value
//! NAME LF, u64 little-endian length, bytes, LF   any value
//! ```

/// What stands next in an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Item<'a> {
    Field {
        name: &'a str,
        value: &'a [u8],
    },
    /// A line that is no field, or what is left where a value ends too early.
    Garbage(&'a [u8]),
}

/// Longest name of a field (systemd's own limit).
const NAME_BYTES_MAX: usize = 64;

/// Whether journald would take `name`: capitals, digits and underscores.
pub(crate) fn is_name(name: &[u8]) -> bool {
    (1..=NAME_BYTES_MAX).contains(&name.len())
        && name
            .iter()
            .all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_'))
}

/// The items of an entry, in order; nothing of it is left out, except empty lines.
pub(crate) struct Items<'a>(pub(crate) &'a [u8]);

impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        loop {
            if self.0.is_empty() {
                return None;
            }
            let line = self.line();
            if line.is_empty() {
                continue;
            }
            if let Some(at) = memchr::memchr(b'=', line)
                && let Some((name, value)) = line.split_at_checked(at)
                && is_name(name)
            {
                return Some(field(name, value.get(1..).unwrap_or_default(), line));
            }
            if !is_name(line) {
                return Some(Item::Garbage(line));
            }
            return Some(match self.binary() {
                Some(value) => field(line, value, line),
                None => {
                    let rest = std::mem::take(&mut self.0);
                    Item::Garbage(if rest.is_empty() { line } else { rest })
                }
            });
        }
    }
}

impl<'a> Items<'a> {
    /// The bytes before the next LF, which is stepped over.
    fn line(&mut self) -> &'a [u8] {
        let end = memchr::memchr(b'\n', self.0).unwrap_or(self.0.len());
        let line = self.0.get(..end).unwrap_or_default();
        self.0 = self.0.get(end + 1..).unwrap_or_default();
        line
    }

    /// A value with its length before it; `None` where the entry ends before the value does.
    fn binary(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk::<8>()?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest.strip_prefix(b"\n").unwrap_or(rest);
        Some(value)
    }
}

fn field<'a>(name: &'a [u8], value: &'a [u8], line: &'a [u8]) -> Item<'a> {
    match std::str::from_utf8(name) {
        Ok(name) => Item::Field { name, value },
        Err(_) => Item::Garbage(line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_binary_and_garbage() {
        let check = |bytes: &[u8], expected: &[&str]| {
            let got: Vec<_> = Items(bytes)
                .map(|item| match item {
                    Item::Field { name, value } => format!("{name}:{}", value.escape_ascii()),
                    Item::Garbage(bytes) => format!("?{}", bytes.escape_ascii()),
                })
                .collect();
            assert_eq!(got, expected);
        };
        check(b"A=1\nB=\nA=x=y\n", &["A:1", "B:", "A:x=y"]);
        check(b"M\n\x03\0\0\0\0\0\0\0a\nb\nZ=1", &["M:a\\nb", "Z:1"]);
        check(b"M\n\x00\0\0\0\0\0\0\0\nZ=1", &["M:", "Z:1"]);
        check(
            b"M\n\xff\0\0\0\0\0\0\0a\n",
            &["?\\xff\\x00\\x00\\x00\\x00\\x00\\x00\\x00a\\n"],
        );
        check(b"M\n\xff\0", &["?\\xff\\x00"]);
        check(b"M", &["?M"]);
        check(
            b"lower=1\nhello world\nA=1\n",
            &["?lower=1", "?hello world", "A:1"],
        );
        check(b"", &[]);
    }
}
