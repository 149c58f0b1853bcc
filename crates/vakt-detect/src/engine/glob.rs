//! A wildcard pattern prepared for text that is already folded: the pieces between its `*`.

use memchr::memmem::Finder;
use vakt_rules::ast::{Pattern, Token};

use crate::fold;
use crate::wildcard::DASHES;

/// Wildcards with something between them.
pub(crate) struct Glob {
    pieces: Vec<Piece>,
    /// Whether the first piece must stand at the start, the last at the end.
    starts: bool,
    ends: bool,
    /// Tested against the text as sent instead of the folded one.
    pub(crate) cased: bool,
}

/// What stands between two `*`: a fixed count of characters.
struct Piece {
    tokens: Vec<Token>,
    chars: usize,
    /// Its longest literal: where that is not, the piece is not.
    anchor: Option<Anchor>,
}

struct Anchor {
    finder: Finder<'static>,
    /// Characters of the piece before the literal.
    before: usize,
}

impl Glob {
    pub(crate) fn new(pattern: &Pattern) -> Self {
        let pieces = pattern
            .tokens
            .split(|token| *token == Token::Many)
            .filter(|tokens| !tokens.is_empty())
            .map(|tokens| Piece::new(tokens, pattern.cased))
            .collect();
        let many = |token: Option<&Token>| token == Some(&Token::Many);
        Self {
            pieces,
            starts: !many(pattern.tokens.first()),
            ends: !many(pattern.tokens.last()),
            cased: pattern.cased,
        }
    }

    /// Whether the whole text is what the pattern describes; `text` is folded unless `cased`.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        let mut rest = text;
        let mut pieces = self.pieces.as_slice();
        if self.starts {
            match pieces.split_first() {
                Some((first, others)) => match first.strip(rest) {
                    Some(after) => (rest, pieces) = (after, others),
                    None => return false,
                },
                None => return rest.is_empty(),
            }
            if pieces.is_empty() && self.ends {
                // No `*` at all: the one piece is the whole text.
                return rest.is_empty();
            }
        }
        let last = match pieces.split_last() {
            Some((last, others)) if self.ends => {
                pieces = others;
                Some(last)
            }
            _ => None,
        };
        for piece in pieces {
            match piece.find(rest) {
                Some(after) => rest = after,
                None => return false,
            }
        }
        last.is_none_or(|last| last.is_end_of(rest))
    }
}

impl Piece {
    fn new(tokens: &[Token], cased: bool) -> Self {
        let tokens: Vec<Token> = tokens
            .iter()
            .map(|token| match token {
                Token::Literal(literal) if !cased => Token::Literal(fold::folded(literal)),
                token => token.clone(),
            })
            .collect();
        let chars = tokens.iter().map(chars_of).sum();
        let anchor = Anchor::of(&tokens);
        Self {
            tokens,
            chars,
            anchor,
        }
    }

    /// What follows the piece at the start of `text`.
    fn strip<'t>(&self, text: &'t str) -> Option<&'t str> {
        self.tokens
            .iter()
            .try_fold(text, |rest, token| match token {
                Token::Literal(literal) => rest.strip_prefix(literal.as_str()),
                Token::Dash => rest.strip_prefix(DASHES),
                Token::One | Token::Many => {
                    let mut chars = rest.chars();
                    chars.next().map(|_| chars.as_str())
                }
            })
    }

    /// What follows the leftmost place of the piece in `text`.
    fn find<'t>(&self, text: &'t str) -> Option<&'t str> {
        if let Some(anchor) = &self.anchor {
            return anchor
                .places(text)
                .find_map(|start| self.strip(text.get(start..)?));
        }
        let mut rest = text;
        loop {
            if let Some(after) = self.strip(rest) {
                return Some(after);
            }
            let mut chars = rest.chars();
            chars.next()?;
            rest = chars.as_str();
        }
    }

    fn is_end_of(&self, text: &str) -> bool {
        let start = match self.chars {
            0 => Some(text.len()),
            chars => text.char_indices().rev().nth(chars - 1).map(|(at, _)| at),
        };
        start
            .and_then(|start| text.get(start..))
            .and_then(|end| self.strip(end))
            .is_some_and(str::is_empty)
    }
}

impl Anchor {
    fn of(tokens: &[Token]) -> Option<Self> {
        let mut longest: Option<(&str, usize)> = None;
        let mut before = 0;
        for token in tokens {
            if let Token::Literal(literal) = token
                && longest.is_none_or(|(longest, _)| literal.len() > longest.len())
            {
                longest = Some((literal, before));
            }
            before += chars_of(token);
        }
        longest.map(|(literal, before)| Self {
            finder: Finder::new(literal).into_owned(),
            before,
        })
    }

    /// Where the piece may begin, from left to right.
    fn places(&self, text: &str) -> impl Iterator<Item = usize> {
        let mut from = 0;
        let occurrences = std::iter::from_fn(move || {
            let at = from + self.finder.find(text.as_bytes().get(from..)?)?;
            // Occurrences may overlap.
            from = at + text.get(at..)?.chars().next().map_or(1, char::len_utf8);
            Some(at)
        });
        occurrences.filter_map(|at| match self.before.checked_sub(1) {
            None => Some(at),
            Some(steps) => {
                let (start, _) = text.get(..at)?.char_indices().nth_back(steps)?;
                Some(start)
            }
        })
    }
}

fn chars_of(token: &Token) -> usize {
    match token {
        Token::Literal(literal) => literal.chars().count(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wildcard;

    fn token() -> impl Strategy<Value = Token> {
        prop_oneof![
            "[aAkKſs-]{1,2}".prop_map(Token::Literal),
            Just(Token::Many),
            Just(Token::One),
            Just(Token::Dash),
        ]
    }

    proptest! {
        #[test]
        fn the_glob_is_the_pattern(
            tokens in prop::collection::vec(token(), 0..6),
            cased: bool,
            text in "[aAkKſs–/-]{0,8}",
        ) {
            let pattern = Pattern { tokens, cased };
            let subject = if cased { text.clone() } else { fold::folded(&text) };
            prop_assert_eq!(
                Glob::new(&pattern).is_match(&subject),
                wildcard::matches(&pattern, &text)
            );
        }
    }
}
