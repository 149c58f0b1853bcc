//! Characters that make a text look like another: they turn the direction of writing, are not seen, or end a
//! line where no line end is. Whoever writes a log can put them there, so that an address or a name reads as
//! another one, and what is found is not what is shown.

use std::borrow::Cow;

/// Stands for what is not shown.
pub const REPLACEMENT: char = '\u{FFFD}';

/// Whether the character is one of them: marks, embeddings, overrides and isolates of the bidirectional
/// algorithm (UAX #9), spaces and operators without width, separators of lines and paragraphs.
///
/// The joiners U+200C and U+200D are none: Persian and the scripts of India are written with them, and so are
/// many emoji.
pub fn is_misleading(c: char) -> bool {
    matches!(
        c,
        '\u{61C}'
            | '\u{200B}'
            | '\u{200E}'
            | '\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{2069}'
            | '\u{FEFF}'
    )
}

/// The text with U+FFFD for each of them.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.contains(is_misleading) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace(is_misleading, "\u{FFFD}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_misleads_is_shown() {
        let check = |text: &str, expected: &str| {
            assert_eq!(visible(text), expected, "{text:?}");
        };
        check("plain", "plain");
        check("två\tord\n\u{1b}", "två\tord\n\u{1b}");
        check(
            "from \u{202E}7.311.0.302\u{202C}!",
            "from \u{FFFD}7.311.0.302\u{FFFD}!",
        );
        check("a\u{2066}b\u{2069}c", "a\u{FFFD}b\u{FFFD}c");
        check(
            "ad\u{200B}min\u{FEFF}\u{2060}",
            "ad\u{FFFD}min\u{FFFD}\u{FFFD}",
        );
        check(
            "a\u{2028}b\u{2029}c\u{200F}\u{61C}",
            "a\u{FFFD}b\u{FFFD}c\u{FFFD}\u{FFFD}",
        );
        // Letters and emoji that are made with joiners, and spaces that are seen.
        check(
            "می\u{200C}خواهم 👩\u{200D}💻 a\u{a0}b\u{2027}\u{202F}\u{206A}",
            "می\u{200C}خواهم 👩\u{200D}💻 a\u{a0}b\u{2027}\u{202F}\u{206A}",
        );
        assert!(matches!(visible("é"), Cow::Borrowed("é")));
    }
}
