//! Which test holds wherever another one does, and which two never hold together.
//!
//! Both answers are certain when they are yes; a no may mean "not found out".

use std::cell::Cell;

use vakt_event::alias::canonical;

use crate::ast::{Detection, Pattern, Predicate, Test, Token};

/// Comparisons of two predicates that one rule is worth. A rule of a thousand values in each of
/// two searches is left undecided beyond it.
const COMPARISONS_MAX: u32 = 200_000;

/// Decides, within a bound.
pub(super) struct Judge {
    left: Cell<u32>,
    /// Whether a field has one value at most, so that two different values exclude each other.
    single: bool,
}

impl Judge {
    pub(super) fn new(single: bool) -> Self {
        Self {
            left: Cell::new(COMPARISONS_MAX),
            single,
        }
    }

    fn spend(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0
    }

    /// Whether `b` holds wherever `a` does.
    pub(super) fn implies(&self, a: &Detection, b: &Detection) -> bool {
        if !self.spend() {
            return false;
        }
        match (a, b) {
            (Detection::Any(parts), _) => {
                !parts.is_empty() && parts.iter().all(|part| self.implies(part, b))
            }
            (_, Detection::All(parts)) => {
                !parts.is_empty() && parts.iter().all(|part| self.implies(a, part))
            }
            (_, Detection::Any(parts)) if parts.iter().any(|part| self.implies(a, part)) => true,
            (Detection::All(parts), _) => parts.iter().any(|part| self.implies(part, b)),
            (Detection::Not(a), Detection::Not(b)) => self.implies(b, a),
            (Detection::Is(a), Detection::Is(b)) => is_implied(a, b),
            _ => false,
        }
    }

    /// Whether no event can have both.
    pub(super) fn excludes(&self, a: &Detection, b: &Detection) -> bool {
        if !self.spend() {
            return false;
        }
        match (a, b) {
            (Detection::Any(parts), other) | (other, Detection::Any(parts)) => {
                !parts.is_empty() && parts.iter().all(|part| self.excludes(part, other))
            }
            (Detection::All(parts), other) | (other, Detection::All(parts)) => {
                parts.iter().any(|part| self.excludes(part, other))
            }
            (Detection::Not(inner), other) | (other, Detection::Not(inner)) => {
                self.implies(other, inner)
            }
            (Detection::Is(a), Detection::Is(b)) => self.exclude_each_other(a, b),
        }
    }

    /// Whether the parts of the detection exclude each other, so that it never holds.
    pub(super) fn never(&self, detection: &Detection) -> bool {
        match detection {
            Detection::All(parts) => {
                parts.iter().any(|part| self.never(part))
                    || parts.iter().enumerate().any(|(at, part)| {
                        parts[at + 1..]
                            .iter()
                            .any(|other| self.excludes(part, other))
                    })
            }
            Detection::Any(parts) => !parts.is_empty() && parts.iter().all(|part| self.never(part)),
            Detection::Not(_) | Detection::Is(_) => false,
        }
    }

    fn exclude_each_other(&self, a: &Predicate, b: &Predicate) -> bool {
        if !same_field(a, b) || a.field.is_none() {
            return false;
        }
        let absent = |test: &Test| matches!(test, Test::Exists(false));
        if absent(&a.test) || absent(&b.test) {
            let other = if absent(&a.test) { &b.test } else { &a.test };
            return !matches!(other, Test::Null | Test::Exists(false));
        }
        match (&a.test, &b.test) {
            (Test::Text(a), Test::Text(b)) => self.single && texts_exclude(a, b),
            (Test::Null, Test::Null | Test::Exists(true)) | (Test::Exists(true), _) => false,
            (Test::Null, _) => self.single,
            (_, Test::Null) => self.single && !matches!(a.test, Test::Exists(true)),
            (Test::Cidr(a), Test::Cidr(b)) => self.single && !a.contains(b) && !b.contains(a),
            _ => false,
        }
    }
}

fn same_field(a: &Predicate, b: &Predicate) -> bool {
    match (&a.field, &b.field) {
        (Some(a), Some(b)) => canonical(a) == canonical(b),
        (None, None) => true,
        _ => false,
    }
}

/// Whether `b` passes wherever `a` does.
fn is_implied(a: &Predicate, b: &Predicate) -> bool {
    if !same_field(a, b) {
        return false;
    }
    match (&a.test, &b.test) {
        (Test::Text(a), Test::Text(b)) => covers(b, a),
        (Test::Cidr(a), Test::Cidr(b)) => b.contains(a),
        (Test::Null | Test::Exists(false), Test::Exists(true)) => false,
        (_, Test::Exists(true)) => a.field.is_some(),
        (Test::Exists(false), Test::Null) => true,
        (a, b) => a == b,
    }
}

/// One step of a pattern: what is compared with what.
#[derive(Clone, Copy, PartialEq)]
enum Step {
    Char(char),
    Dash,
    One,
    Many,
}

fn steps(pattern: &Pattern, fold: bool) -> Vec<Step> {
    let mut steps = Vec::new();
    for token in &pattern.tokens {
        match token {
            Token::Many => steps.push(Step::Many),
            Token::One => steps.push(Step::One),
            Token::Dash => steps.push(Step::Dash),
            Token::Literal(text) if fold => {
                steps.extend(text.chars().flat_map(char::to_lowercase).map(Step::Char));
            }
            Token::Literal(text) => steps.extend(text.chars().map(Step::Char)),
        }
    }
    steps
}

/// Whether every text that `narrow` matches is matched by `wide`.
pub(super) fn covers(wide: &Pattern, narrow: &Pattern) -> bool {
    if wide.cased && !narrow.cased && narrow != wide {
        return false;
    }
    let (wide, narrow) = (steps(wide, !wide.cased), steps(narrow, !wide.cased));
    // The classic matcher with one place to go back to; what `narrow` leaves open counts as a
    // character of its own, which only a wildcard of `wide` can stand for.
    let (mut at, mut in_narrow) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while in_narrow < narrow.len() {
        let step = narrow[in_narrow];
        let stands = match wide.get(at) {
            Some(Step::Many) => {
                back = Some((at, in_narrow));
                at += 1;
                continue;
            }
            Some(Step::One) => step != Step::Many,
            Some(Step::Dash) => {
                matches!(step, Step::Dash | Step::Char('-' | '/' | '–' | '—' | '―'))
            }
            Some(Step::Char(c)) => step == Step::Char(*c),
            None => false,
        };
        if stands {
            at += 1;
            in_narrow += 1;
            continue;
        }
        let Some((star, from)) = back else {
            return false;
        };
        back = Some((star, from + 1));
        at = star + 1;
        in_narrow = from + 1;
    }
    wide[at..].iter().all(|step| *step == Step::Many)
}

/// Whether no text matches both: their fixed beginnings or ends differ, or one is a fixed text
/// that the other does not match.
fn texts_exclude(a: &Pattern, b: &Pattern) -> bool {
    if is_fixed(a) && !covers(b, a) && !b.cased {
        return true;
    }
    if is_fixed(b) && !covers(a, b) && !a.cased {
        return true;
    }
    let (a, b) = (steps(a, true), steps(b, true));
    let differ = |a: &mut dyn Iterator<Item = &Step>, b: &mut dyn Iterator<Item = &Step>| {
        for (a, b) in a.zip(b) {
            match (a, b) {
                (Step::Char(a), Step::Char(b)) if a != b => return true,
                (Step::Many, _) | (_, Step::Many) => return false,
                _ => {}
            }
        }
        false
    };
    differ(&mut a.iter(), &mut b.iter()) || differ(&mut a.iter().rev(), &mut b.iter().rev())
}

fn is_fixed(pattern: &Pattern) -> bool {
    pattern
        .tokens
        .iter()
        .all(|token| matches!(token, Token::Literal(_)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern {
            tokens: crate::pattern::parse(text),
            cased: false,
        }
    }

    #[track_caller]
    fn check(wide: &str, narrow: &str, expected: bool) {
        assert_eq!(
            covers(&pattern(wide), &pattern(narrow)),
            expected,
            "{wide} {narrow}"
        );
    }

    #[test]
    fn wider_patterns_cover_narrower_ones() {
        check("*foo*", "*FOObar*", true);
        check("*foobar*", "*foo*", false);
        check("foo*", "foo?bar", true);
        check("f?o", "foo", true);
        check("f?o", "f*o", false);
        check("*", "", true);
        check("*a*b", "xaxxb", true);
        check("*.exe", "*\\\\cmd.exe", true);
        check("foo", "foo", true);
        check("foo", "foo*", false);
    }

    /// Wildcards by the book, for texts without escapes.
    fn matches(pattern: &[u8], text: &[u8]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some((b'*', rest)) => (0..=text.len()).any(|at| matches(rest, &text[at..])),
            Some((b'?', rest)) => !text.is_empty() && matches(rest, &text[1..]),
            Some((c, rest)) => text.first() == Some(c) && matches(rest, &text[1..]),
        }
    }

    proptest! {
        #[test]
        fn what_covers_matches_all_and_what_excludes_nothing_in_common(
            a in "[ab*?]{0,6}", b in "[ab*?]{0,6}", text in "[ab]{0,6}"
        ) {
            let both = matches(a.as_bytes(), text.as_bytes());
            let other = matches(b.as_bytes(), text.as_bytes());
            if covers(&pattern(&a), &pattern(&b)) {
                prop_assert!(both || !other, "{} covers {} but for {:?}", a, b, text);
            }
            if texts_exclude(&pattern(&a), &pattern(&b)) {
                prop_assert!(!(both && other), "{} and {} share {:?}", a, b, text);
            }
        }
    }
}
