//! The identity of a journald entry.

use vakt_event::CursorKey;

/// Spreads the claimed time over all bits before the entry's hash is mixed in: 2^64 divided by the
/// golden ratio, odd, so that no two times become one.
const TIME_FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

/// Reads `s=HEX;i=HEX;b=HEX;m=HEX;t=HEX;x=HEX` (sd_journal_get_cursor(3)); `None` where `s` or `i` is
/// missing or a part is no number: an entry that cannot be named is never taken for another one.
pub(crate) fn parse(cursor: &str) -> Option<CursorKey> {
    let part = |name: &str| {
        cursor
            .split(';')
            .find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
    };
    let sequence_id = part("s").filter(|text| text.len() == 32)?;
    let time = part("t").map_or(Some(0), hex_64)?;
    let hash = part("x").map_or(Some(0), hex_64)?;
    Some(CursorKey {
        sequence_id: hex_128(sequence_id)?,
        boot_id: part("b").map_or(Some(0), hex_128)?,
        sequence_number: hex_64(part("i")?)?,
        check: hash ^ time.wrapping_mul(TIME_FACTOR),
    })
}

fn hex_64(text: &str) -> Option<u64> {
    hex_128(text).and_then(|number| u64::try_from(number).ok())
}

/// Digits alone: `from_str_radix` would take a sign.
fn hex_128(text: &str) -> Option<u128> {
    let digits = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    u128::from_str_radix(text, 16).ok().filter(|_| digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u128 = 0xaaaa_aaaa_bbbb_cccc_dddd_eeee_eeee_eeee;

    #[test]
    fn cursors() {
        let check = |text: &str, expected: Option<(u128, u128, u64)>| {
            let got = parse(text).map(|key| (key.sequence_id, key.boot_id, key.sequence_number));
            assert_eq!(got, expected, "{text}");
        };
        check(
            "s=aaaaaaaabbbbccccddddeeeeeeeeeeee;i=1f;b=01;m=4c;t=64;x=11",
            Some((S, 1, 0x1f)),
        );
        check(
            "i=1f;s=aaaaaaaabbbbccccddddeeeeeeeeeeee",
            Some((S, 0, 0x1f)),
        );
        check("s=aaaa;i=1", None);
        check("s=aaaaaaaabbbbccccddddeeeeeeeeeeee", None);
        check("s=aaaaaaaabbbbccccddddeeeeeeeeeeee;i=", None);
        check("s=aaaaaaaabbbbccccddddeeeeeeeeeeee;i=+1", None);
        check("s=aaaaaaaabbbbccccddddeeeeeeeeeeee;i=1;b=x", None);
        check(
            "s=aaaaaaaabbbbccccddddeeeeeeeeeeee;i=1;x=11111111111111111",
            None,
        );
        check("", None);
    }

    #[test]
    fn the_check_is_of_time_and_hash() {
        let check_of = |rest: &str| {
            let cursor = format!("s=aaaaaaaabbbbccccddddeeeeeeeeeeee;i=1;b=2;{rest}");
            parse(&cursor).unwrap().check
        };
        assert_eq!(check_of("m=1;t=64;x=11"), check_of("m=1;t=64;x=11"));
        assert_ne!(check_of("t=64;x=11"), check_of("t=64;x=12"));
        assert_ne!(check_of("t=64;x=11"), check_of("t=65;x=11"));
    }
}
