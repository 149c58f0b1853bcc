//! The identity of a journald entry.

use vakt_event::CursorKey;

/// Reads `s=HEX;i=HEX;…` (sd_journal_get_cursor(3)); `None` where either part is missing.
pub(crate) fn parse(cursor: &str) -> Option<CursorKey> {
    let part = |name: &str| {
        cursor
            .split(';')
            .find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
            .filter(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    let sequence_id = part("s").filter(|hex| hex.len() == 32)?;
    Some(CursorKey {
        sequence_id: u128::from_str_radix(sequence_id, 16).ok()?,
        sequence_number: u64::from_str_radix(part("i")?, 16).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors() {
        let check = |text: &str, expected: Option<(u128, u64)>| {
            let got = parse(text).map(|key| (key.sequence_id, key.sequence_number));
            assert_eq!(got, expected, "{text}");
        };
        check(
            "s=aaaaaaaabbbbccccddddeeeeeeeeeeee;i=1f;b=01;m=4c;t=64;x=11",
            Some((0xaaaa_aaaa_bbbb_cccc_dddd_eeee_eeee_eeee, 0x1f)),
        );
        check(
            "i=1f;s=aaaaaaaabbbbccccddddeeeeeeeeeeee",
            Some((0xaaaa_aaaa_bbbb_cccc_dddd_eeee_eeee_eeee, 0x1f)),
        );
        check("s=aaaa;i=1", None);
        check("s=aaaaaaaabbbbccccddddeeeeeeeeeeee", None);
        check("s=aaaaaaaabbbbccccddddeeeeeeeeeeee;i=", None);
        check("", None);
    }
}
