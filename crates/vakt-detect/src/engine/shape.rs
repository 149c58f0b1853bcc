//! By which machine a pattern can be found: the place of its literal in the value.

use vakt_rules::ast::{Pattern, Token};

use crate::fold;
use crate::wildcard::DASHES;

/// Up to this many dashes are written out (25 literals); more are verified after a literal hit.
const DASHES_MAX: usize = 2;

/// A pattern in terms of folded literals.
#[derive(Debug, PartialEq)]
pub(crate) enum Shape {
    /// Every value that is not null.
    Any,
    /// One of the literals is the value, or stands at the place in it.
    Literals(Place, Vec<String>),
    /// To be verified where the literal stands in the folded value, or on every value.
    Verified(Option<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Place {
    Whole,
    Start,
    End,
    Within,
}

impl Shape {
    pub(crate) fn of(pattern: &Pattern) -> Self {
        if pattern.tokens == [Token::Many] {
            return Self::Any;
        }
        match plain(pattern) {
            Some((place, literals)) if !pattern.cased => Self::Literals(place, literals),
            _ => Self::Verified(longest_literal(pattern)),
        }
    }
}

/// The place and the literals of a pattern without wildcards but at its ends.
fn plain(pattern: &Pattern) -> Option<(Place, Vec<String>)> {
    let tokens = pattern.tokens.as_slice();
    let (front, tokens) = match tokens {
        [Token::Many, rest @ ..] => (true, rest),
        _ => (false, tokens),
    };
    let (back, tokens) = match tokens {
        [rest @ .., Token::Many] => (true, rest),
        _ => (false, tokens),
    };
    let place = match (front, back) {
        (false, false) => Place::Whole,
        (false, true) => Place::Start,
        (true, false) => Place::End,
        (true, true) => Place::Within,
    };
    let dashes = tokens.iter().filter(|token| **token == Token::Dash).count();
    if dashes > DASHES_MAX || (tokens.is_empty() && place != Place::Whole) {
        return None;
    }
    let mut literals = vec![String::new()];
    for token in tokens {
        match token {
            Token::Literal(literal) => {
                for text in &mut literals {
                    fold::fold_into(literal, text);
                }
            }
            Token::Dash => {
                literals = literals
                    .iter()
                    .flat_map(|text| DASHES.map(|dash| format!("{text}{dash}")))
                    .collect();
            }
            Token::Many | Token::One => return None,
        }
    }
    Some((place, literals))
}

fn longest_literal(pattern: &Pattern) -> Option<String> {
    pattern
        .tokens
        .iter()
        .filter_map(|token| match token {
            Token::Literal(literal) => Some(fold::folded(literal)),
            _ => None,
        })
        .filter(|literal| !literal.is_empty())
        .max_by_key(String::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        use Token::{Dash, Many, One};
        let literal = |text: &str| Token::Literal(text.into());
        let check = |tokens: &[Token], cased: bool, expected: Shape| {
            let tokens = tokens.to_vec();
            assert_eq!(Shape::of(&Pattern { tokens, cased }), expected);
        };
        let at = |place, literals: &[&str]| {
            Shape::Literals(place, literals.iter().map(|l| (*l).to_owned()).collect())
        };
        check(&[], false, at(Place::Whole, &[""]));
        check(&[literal("A")], false, at(Place::Whole, &["a"]));
        check(&[literal("A"), Many], false, at(Place::Start, &["a"]));
        check(&[Many, literal("A")], false, at(Place::End, &["a"]));
        check(
            &[Many, literal("A"), Many],
            false,
            at(Place::Within, &["a"]),
        );
        check(&[Many], false, Shape::Any);
        check(&[Many], true, Shape::Any);
        check(
            &[Many, Dash, literal("E")],
            false,
            at(Place::End, &["-e", "/e", "–e", "—e", "―e"]),
        );
        check(&[One], false, Shape::Verified(None));
        check(
            &[literal("a"), Many, literal("BC")],
            false,
            Shape::Verified(Some("bc".into())),
        );
        check(&[literal("A")], true, Shape::Verified(Some("a".into())));
    }
}
