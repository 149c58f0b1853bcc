//! Wildcard patterns over a value, one character after the other: the reference.

use vakt_rules::ast::{Pattern, Token};

use crate::fold;

/// What `windash` takes for a dash (Sigma modifiers, "windash").
pub const DASHES: [char; 5] = ['-', '/', '–', '—', '―'];

/// Whether the whole of `text` is what the pattern describes.
///
/// The usual walk: on a mismatch, the last `*` takes one character more. Earlier ones need no
/// second try, because what stands between two `*` may as well lie as far left as it can.
pub fn matches(pattern: &Pattern, text: &str) -> bool {
    let tokens = pattern.tokens.as_slice();
    let (mut at, mut rest) = (0, text);
    let mut star: Option<(usize, &str)> = None;
    let is_ascii = text.is_ascii();
    loop {
        let advanced = match tokens.get(at) {
            None if rest.is_empty() => return true,
            None => None,
            Some(Token::Many) if at + 1 == tokens.len() => return true,
            Some(Token::Many) => {
                star = Some((at + 1, rest));
                Some(rest)
            }
            Some(token) => step(token, rest, pattern.cased),
        };
        if let Some(after) = advanced {
            (at, rest) = (at + 1, after);
            continue;
        }
        let Some((after_star, skipped_to)) = star else {
            return false;
        };
        let one_more = without_first(skipped_to)
            .and_then(|rest| from_next(tokens.get(after_star), rest, pattern.cased, is_ascii));
        let Some(one_more) = one_more else {
            return false;
        };
        star = Some((after_star, one_more));
        (at, rest) = (after_star, one_more);
    }
}

/// What is left of `text` after the token, which is no `*`.
fn step<'t>(token: &Token, text: &'t str, cased: bool) -> Option<&'t str> {
    match token {
        Token::Literal(literal) => strip_prefix(text, literal, cased),
        Token::One => without_first(text),
        Token::Dash => text.strip_prefix(DASHES),
        Token::Many => None,
    }
}

/// The rest of `text` from the next place where `token` can begin; `None` where there is none.
/// Only saves attempts: a place that is passed over begins with another character.
fn from_next<'t>(
    token: Option<&Token>,
    text: &'t str,
    cased: bool,
    is_ascii: bool,
) -> Option<&'t str> {
    let first = match token {
        Some(Token::Literal(literal)) => literal.chars().next(),
        _ => None,
    };
    let Some(first) = first else {
        return Some(text);
    };
    let at = match u8::try_from(first).ok().filter(u8::is_ascii) {
        Some(byte) if cased => memchr::memchr(byte, text.as_bytes()),
        // Beyond ASCII there are letters that fold to an ASCII one.
        Some(byte) if is_ascii => memchr::memchr2(
            byte.to_ascii_lowercase(),
            byte.to_ascii_uppercase(),
            text.as_bytes(),
        ),
        _ if cased => text.find(first),
        _ => text.find(|c| fold::same(c, first)),
    };
    text.get(at?..)
}

fn without_first(text: &str) -> Option<&str> {
    let mut chars = text.chars();
    chars.next()?;
    Some(chars.as_str())
}

/// `text` without `prefix`, folded unless `cased`.
pub fn strip_prefix<'t>(text: &'t str, prefix: &str, cased: bool) -> Option<&'t str> {
    if cased {
        return text.strip_prefix(prefix);
    }
    let mut chars = text.chars();
    for wanted in prefix.chars() {
        if !fold::same(chars.next()?, wanted) {
            return None;
        }
    }
    Some(chars.as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// By the definition, trying everything.
    fn by_definition(tokens: &[Token], text: &str, cased: bool) -> bool {
        let Some((token, tokens)) = tokens.split_first() else {
            return text.is_empty();
        };
        match token {
            Token::Many => {
                by_definition(tokens, text, cased)
                    || without_first(text).is_some_and(|rest| {
                        by_definition(&[&[Token::Many], tokens].concat(), rest, cased)
                    })
            }
            token => {
                step(token, text, cased).is_some_and(|rest| by_definition(tokens, rest, cased))
            }
        }
    }

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
        fn the_walk_is_the_definition(
            tokens in prop::collection::vec(token(), 0..6),
            cased: bool,
            text in "[aAkKſs–/-]{0,8}",
        ) {
            let pattern = Pattern { tokens, cased };
            prop_assert_eq!(
                matches(&pattern, &text),
                by_definition(&pattern.tokens, &text, cased)
            );
        }
    }
}
