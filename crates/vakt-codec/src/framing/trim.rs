//! What stands at the beginning and the end of frames.

use super::COUNT_DIGITS_MAX;

/// A UDP datagram, or an octet-counted frame, without one LF, CRLF, NUL or CR at its end. A byte
/// order mark is left to the parser.
pub fn trim_datagram(bytes: &[u8]) -> &[u8] {
    match bytes {
        [before @ .., b'\r', b'\n'] | [before @ .., b'\n' | b'\r' | 0] => before,
        _ => bytes,
    }
}

/// Whether an octet count begins `bytes`: its length with the blank after it, and its number.
/// The inner `None` means that a line begins there, the outer one that more bytes must tell.
pub(super) fn is_count_ahead(bytes: &[u8]) -> Option<Option<(usize, usize)>> {
    let digits = bytes
        .iter()
        .take(COUNT_DIGITS_MAX + 1)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if digits == 0 && !bytes.is_empty() {
        return Some(None);
    }
    if digits > COUNT_DIGITS_MAX || bytes.first() == Some(&b'0') {
        return Some(None);
    }
    match (bytes.get(digits), bytes.get(digits + 1)) {
        (None, _) | (Some(b' '), None) => None,
        (Some(b' '), Some(b'<')) => {
            let count = bytes
                .get(..digits)?
                .iter()
                .fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'));
            Some(Some((digits + 1, count)))
        }
        _ => Some(None),
    }
}

/// Whether `bytes` begin like a frame of a sender that writes PRI: `<`, one to three digits, `>`,
/// or an octet count before that. `None` where more bytes must tell.
pub(super) fn is_frame_ahead(bytes: &[u8]) -> Option<bool> {
    match is_count_ahead(bytes) {
        Some(Some(_)) => return Some(true),
        None => return None,
        Some(None) => {}
    }
    let Some(inside) = bytes.strip_prefix(b"<") else {
        return Some(false);
    };
    let digits = inside
        .iter()
        .take(4)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    match inside.get(digits) {
        None if digits <= 3 => None,
        Some(b'>') => Some((1..=3).contains(&digits)),
        _ => Some(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends() {
        let check = |bytes: &[u8], expected: &[u8]| assert_eq!(trim_datagram(bytes), expected);
        check(b"a\n", b"a");
        check(b"a\r\n", b"a");
        check(b"a\0", b"a");
        check(b"a\r", b"a");
        check(b"a\n\n", b"a\n");
        check(b"a\n\0", b"a\n");
        check(b"a", b"a");
        check(b"", b"");
    }

    #[test]
    fn beginnings() {
        let check = |bytes: &[u8], count, frame| {
            assert_eq!(
                (is_count_ahead(bytes), is_frame_ahead(bytes)),
                (count, frame)
            );
        };
        check(b"5 <1>ab", Some(Some((2, 5))), Some(true));
        check(b"5 <", Some(Some((2, 5))), Some(true));
        check(b"5 ", None, None);
        check(b"5", None, None);
        check(b"", None, None);
        check(b"12 monkeys", Some(None), Some(false));
        check(b"0 <1>", Some(None), Some(false));
        check(b"99999999 <1>", Some(None), Some(false));
        check(b"<13>x", Some(None), Some(true));
        check(b"<13", Some(None), None);
        check(b"<1234", Some(None), Some(false));
        check(b"<test/>", Some(None), Some(false));
        check(b"multi", Some(None), Some(false));
    }
}
