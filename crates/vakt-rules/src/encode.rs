//! `base64`, `base64offset` and the UTF-16 encodings.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::modifier::Utf16;

pub(crate) fn utf16(text: &str, encoding: Utf16) -> Vec<u8> {
    let units = text.encode_utf16();
    match encoding {
        Utf16::LittleEndian => units.flat_map(u16::to_le_bytes).collect(),
        Utf16::BigEndian => units.flat_map(u16::to_be_bytes).collect(),
        Utf16::Marked => [0xff, 0xfe]
            .into_iter()
            .chain(units.flat_map(u16::to_le_bytes))
            .collect(),
    }
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The part of the base64 text that the bytes determine, when they begin 0, 1 or 2 bytes after a
/// multiple of three in what is encoded.
pub(crate) fn base64_offsets(bytes: &[u8]) -> [String; 3] {
    [0usize, 1, 2].map(|offset| {
        let padded = [&b"   "[..offset], bytes].concat();
        let encoded = STANDARD.encode(&padded);
        // Characters at the start that the bytes before take part in, and at the end that the
        // bytes after would.
        let start = [0, 2, 3][offset];
        let cut = [0, 3, 2][padded.len() % 3];
        encoded
            .get(start..encoded.len().saturating_sub(cut))
            .unwrap_or_default()
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_three_offsets_of_the_specification_example() {
        assert_eq!(
            base64_offsets(b"http://"),
            ["aHR0cDovL", "h0dHA6Ly", "odHRwOi8v"]
        );
    }

    proptest! {
        #[test]
        fn one_of_the_offsets_is_in_every_encoding(
            before in proptest::collection::vec(any::<u8>(), 0..5),
            bytes in proptest::collection::vec(any::<u8>(), 1..20),
            after in proptest::collection::vec(any::<u8>(), 0..5),
        ) {
            let whole = STANDARD.encode([&before[..], &bytes[..], &after[..]].concat());
            let offset = before.len() % 3;
            prop_assert!(whole.contains(&base64_offsets(&bytes)[offset]));
        }
    }
}
