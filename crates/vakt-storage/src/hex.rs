//! Digests, keys and signatures as hexadecimal digits.

use std::fmt::Write;

/// Lower case, two digits a byte.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string cannot fail.
        write!(text, "{byte:02x}").unwrap_or_default();
    }
    text
}

/// Exactly `N` bytes, from digits of either case; `None` for anything else.
pub fn decode<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let (pairs, rest) = text.as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
        *byte = u8::try_from(high? * 16 + low?).ok()?;
    }
    Some(bytes)
}

/// For `#[serde(with = "hex::digits")]` on an array of bytes.
pub(crate) mod digits {
    use std::borrow::Cow;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        bytes: &impl AsRef<[u8]>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::encode(bytes.as_ref()))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
        deserializer: D,
    ) -> Result<[u8; N], D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        super::decode(text.as_bytes())
            .ok_or_else(|| D::Error::custom(format!("{} hexadecimal digits are expected", N * 2)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_and_the_rest_is_refused() {
        assert_eq!(encode(&[0, 0x1f, 0xff]), "001fff");
        let check = |text: &str, expected| assert_eq!(decode::<2>(text.as_bytes()), expected);
        check("001f", Some([0, 0x1f]));
        check("00FF", Some([0, 0xff]));
        check("", None);
        check("001", None);
        check("001f0", None);
        check("001f00", None);
        check("00+f", None);
        check("00 f", None);
    }
}
