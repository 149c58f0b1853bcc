//! Percent-encoding (RFC 3986 section 2.1).

/// All but letters, digits and `-._~` (section 2.3): what may stand in a path's part or a query's value.
pub fn encoded(text: impl AsRef<[u8]>) -> String {
    encoded_but(text.as_ref(), b"")
}

/// The same with `/` as it is: a whole path.
pub fn encoded_path(path: impl AsRef<[u8]>) -> String {
    encoded_but(path.as_ref(), b"/")
}

fn encoded_but(bytes: &[u8], kept: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) || kept.contains(byte) {
            out.push(char::from(*byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_unreserved_stays() {
        let check = |text: &str, part: &str, path: &str| {
            assert_eq!(encoded(text), part);
            assert_eq!(encoded_path(text), path);
        };
        check("failed password", "failed%20password", "failed%20password");
        check(
            "a&b=c#d+e%\"å",
            "a%26b%3Dc%23d%2Be%25%22%C3%A5",
            "a%26b%3Dc%23d%2Be%25%22%C3%A5",
        );
        check(
            "/var/lib/vakt-1_2.db~",
            "%2Fvar%2Flib%2Fvakt-1_2.db~",
            "/var/lib/vakt-1_2.db~",
        );
    }
}
