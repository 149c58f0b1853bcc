//! Texts of logs and people, made fit to stand in a document.

use std::borrow::Cow;

/// Without what a reader would not see or would see otherwise than it is: control characters but
/// line ends, and characters that turn the direction of writing (U+202A to U+202E, U+2066 to
/// U+2069, U+200E, U+200F). Each becomes U+FFFD.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let text = text.replace("\r\n", "\n");
    Cow::Owned(text.replace(is_hidden, "\u{FFFD}"))
}

fn is_hidden(character: char) -> bool {
    let turns = matches!(
        character,
        '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
    );
    turns || (character.is_control() && character != '\n')
}
