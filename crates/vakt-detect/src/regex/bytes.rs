//! The bytes that every match of an expression holds, asked of a value before it is searched: one
//! look at a value rules most expressions out.

use regex_syntax::hir::{Hir, HirKind};

/// The bytes that stand in a text.
pub struct BytesOf([bool; 256]);

impl BytesOf {
    pub fn new(text: &str) -> Self {
        let mut stands = [false; 256];
        for byte in text.bytes() {
            stands[usize::from(byte)] = true;
        }
        Self(stands)
    }

    pub(super) fn have_all(&self, bytes: &[u8]) -> bool {
        bytes.iter().all(|byte| self.0[usize::from(*byte)])
    }
}

/// Bytes that stand in every text that the expression matches, ascending.
pub(super) fn required_bytes(hir: &Hir) -> Vec<u8> {
    let mut bytes = match hir.kind() {
        HirKind::Literal(literal) => literal.0.to_vec(),
        HirKind::Capture(capture) => required_bytes(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => required_bytes(&repetition.sub),
        HirKind::Concat(parts) => parts.iter().flat_map(required_bytes).collect(),
        HirKind::Alternation(parts) => {
            let mut parts = parts.iter().map(required_bytes);
            let mut common = parts.next().unwrap_or_default();
            for part in parts {
                common.retain(|byte| part.contains(byte));
            }
            common
        }
        _ => Vec::new(),
    };
    bytes.sort_unstable();
    bytes.dedup();
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_must_be_there() {
        let check = |pattern: &str, expected: &str| {
            let hir = regex_syntax::parse(pattern).unwrap();
            let found = required_bytes(&hir);
            assert_eq!(found, expected.as_bytes(), "{pattern}");
        };
        check(r"\s-\s*<", "-<");
        check("(?i)a-k", "-");
        check("(?:a-x|--y|z*-)+", "-");
        check("x?y*", "");
        check("(ab){2,}", "ab");
        check("a|b", "");
        check("(?:[xy]z)?e", "e");
    }
}
