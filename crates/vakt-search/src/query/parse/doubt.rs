//! What of a query may have been meant otherwise than it is read. Nothing is refused for it; whoever finds nothing is told.

use super::Parser;
use crate::query::compare::Network;
use crate::query::word::{self, Glyph};

/// What is told at most: more is not read.
const DOUBTS_MAX: usize = 5;

/// Words that are operators elsewhere.
const OPERATORS_ELSEWHERE: [&str; 12] = [
    "contains",
    "like",
    "startswith",
    "endswith",
    "matches",
    "between",
    "is",
    "in",
    "null",
    "And",
    "Or",
    "Not",
];

impl Parser {
    /// A bare word, which is looked for in all fields.
    pub(super) fn doubt_word(&mut self, word: &[Glyph]) {
        let text = word::text(word);
        if OPERATORS_ELSEWHERE.contains(&text.as_str()) {
            self.doubt(format!("`{text}` is looked for as a word."));
        }
        if word.iter().any(|glyph| glyph.is_one_wildcard()) {
            self.doubt(format!(
                "In `{text}` the `?` is that very character, as in all words without a field: field:{text} or * takes any."
            ));
        }
        if text.contains('/') && Network::parse(&text).is_some() {
            self.doubt(format!(
                "`{text}` is looked for as a text: source.ip:{text} asks for the addresses of the network."
            ));
        }
        self.doubt_escape(word);
    }

    /// A word after `field:`.
    pub(super) fn doubt_value(&mut self, field: &str, word: &[Glyph]) {
        let text = word::text(word);
        if word.iter().any(|glyph| glyph.plain && glyph.c == ',') {
            let values = text.replace(',', " or ");
            self.doubt(format!(
                "`{text}` is one value: {field}:({values}) asks for each."
            ));
        }
        self.doubt_escape(word);
    }

    pub(super) fn doubt_phrase(&mut self, phrase: &str) {
        if phrase.contains('*') {
            self.doubt(format!(
                "Inside quotes * is that very character: \"{phrase}\"."
            ));
        }
    }

    fn doubt_escape(&mut self, word: &[Glyph]) {
        if word.iter().any(|glyph| !glyph.plain && glyph.c == '*') {
            self.doubt(
                "`\\*` is the character *: after a backslash of a path write `\\\\*`.".to_owned(),
            );
        }
    }

    fn doubt(&mut self, sentence: String) {
        if self.doubts.len() < DOUBTS_MAX && !self.doubts.contains(&sentence) {
            self.doubts.push(sentence);
        }
    }
}
