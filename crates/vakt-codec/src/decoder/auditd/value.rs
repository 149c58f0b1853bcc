//! Values that the kernel writes in hexadecimal because they hold blanks, quotes or control
//! characters (`audit_log_untrustedstring`).

use std::borrow::Cow;

use super::pairs::Raw;

/// Fields that hold text of untrusted origin; unquoted, they are hexadecimal.
const UNTRUSTED: &[&str] = &[
    "acct",
    "cmd",
    "comm",
    "cwd",
    "data",
    "device",
    "dir",
    "exe",
    "file",
    "grp",
    "key",
    "name",
    "new_name",
    "ocomm",
    "old_name",
    "path",
    "proctitle",
    "vm",
    "watch",
];

/// The value as text: decoded where it is hexadecimal. NUL, which parts the arguments of
/// `proctitle`, becomes a blank; bytes that are no UTF-8 become U+FFFD.
pub(super) fn decode<'a>(kind: &str, key: &str, raw: &Raw<'a>) -> Cow<'a, str> {
    if raw.quoted || !is_encodable(kind, key) {
        return Cow::Borrowed(raw.text);
    }
    // Kernels write capitals. Only where a value is never plain unless quoted may it be small:
    // else an account named `abba` would be decoded.
    let any_case = key == "proctitle" || kind == "EXECVE";
    match from_hex(raw.text, any_case) {
        Some(bytes) => Cow::Owned(readable(&bytes)),
        None => Cow::Borrowed(raw.text),
    }
}

/// `a0`, `a12`, `a1[0]`: an argument, or a part of a long one, of an `EXECVE` record.
pub(super) fn is_argument(key: &str) -> bool {
    argument(key).is_some()
}

/// The number of the argument that `key` names (a part).
pub(super) fn argument(key: &str) -> Option<usize> {
    let name = key.strip_prefix('a')?;
    let number = match name.split_once('[') {
        Some((number, part)) => {
            part.strip_suffix(']')?.parse::<usize>().ok()?;
            number
        }
        None => name,
    };
    number.parse().ok()
}

fn is_encodable(kind: &str, key: &str) -> bool {
    if kind == "EXECVE" {
        is_argument(key)
    } else {
        UNTRUSTED.contains(&key)
    }
}

fn readable(bytes: &[u8]) -> String {
    let bytes = match bytes.iter().rposition(|byte| *byte != 0) {
        Some(last) => bytes.get(..=last).unwrap_or(bytes),
        None => &[],
    };
    String::from_utf8_lossy(bytes).replace('\0', " ")
}

/// `None` unless `text` is an even, non-zero number of hexadecimal digits.
fn from_hex(text: &str, any_case: bool) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        b'a'..=b'f' if any_case => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.is_empty() || !rest.is_empty() {
        return None;
    }
    pairs
        .iter()
        .map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_is_decoded_where_it_may_stand() {
        let check = |kind, key, text, quoted, expected| {
            let raw = Raw { text, quoted };
            assert_eq!(decode(kind, key, &raw), expected, "{kind} {key} {text}");
        };
        check("EXECVE", "a1", "2D6C20", false, "-l ");
        check("EXECVE", "a1", "2D6C", true, "2D6C");
        check("EXECVE", "argc", "10", false, "10");
        check("SYSCALL", "a1", "2D6C", false, "2D6C");
        check("PATH", "name", "2F746D702F6120C3A5", false, "/tmp/a å");
        check("PROCTITLE", "proctitle", "6c73002d6c00", false, "ls -l");
        check("USER_LOGIN", "acct", "abba", false, "abba");
        check("PATH", "name", "2F7", false, "2F7");
        check("PATH", "name", "FF", false, "\u{fffd}");
    }

    #[test]
    fn arguments_may_come_in_parts() {
        let check = |key, expected| assert_eq!(argument(key), expected, "{key}");
        check("a0", Some(0));
        check("a12[3]", Some(12));
        check("a1_len", None);
        check("argc", None);
        check("a[1]", None);
    }
}
