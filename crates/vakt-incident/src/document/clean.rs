//! Texts of logs and people, made fit to stand in a document.

use std::borrow::Cow;

use vakt_event::visible::is_misleading;

/// Without what a reader would not see or would see otherwise than it is: control characters but
/// line ends, and what [`is_misleading`]. Each becomes U+FFFD.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let text = text.replace("\r\n", "\n");
    Cow::Owned(text.replace(is_hidden, "\u{FFFD}"))
}

fn is_hidden(character: char) -> bool {
    is_misleading(character) || (character.is_control() && character != '\n')
}
