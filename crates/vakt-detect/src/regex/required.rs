//! Literals of which one must stand in every value that an expression matches.

use regex_syntax::hir::{Hir, HirKind};
use vakt_rules::ast::Regex as Source;

use crate::fold;

/// Beyond this many alternatives a literal test filters too little to pay.
const ALTERNATIVES_MAX: usize = 32;
/// Each is a pass over the value.
const NEEDLES_MAX: usize = 3;
/// A shorter literal stands in nearly every value.
const LITERAL_BYTES_MIN: usize = 3;

/// Folded literals of which at least one occurs in the folded text of every value that the
/// expression matches; `None` where no useful ones are known.
pub fn required_literals(source: &Source) -> Option<Vec<String>> {
    let hir = regex_syntax::ParserBuilder::new()
        .case_insensitive(source.case_insensitive)
        .multi_line(source.multi_line)
        .dot_matches_new_line(source.dot_matches_new_line)
        .build()
        .parse(&source.pattern)
        .ok()?;
    let mut literals = required(&hir, Case::Folded)?;
    literals.sort_unstable();
    literals.dedup();
    useful(&literals).then_some(literals)
}

/// Texts, as they are written, of which one stands in every match of the expression; `None` where
/// there are none, or too many to look for one by one.
pub(super) fn needles(hir: &Hir) -> Option<Vec<String>> {
    let mut needles = required(hir, Case::Kept)?;
    needles.sort_unstable_by_key(String::len);
    // Where a longer one stands, the shorter one in it stands.
    let mut fewest: Vec<String> = Vec::new();
    for needle in needles {
        if !fewest.iter().any(|shorter| needle.contains(shorter)) {
            fewest.push(needle);
        }
    }
    (fewest.len() <= NEEDLES_MAX).then_some(fewest)
}

/// Whether characters that fold to one count as one.
#[derive(Clone, Copy)]
enum Case {
    Folded,
    Kept,
}

impl Case {
    fn of_text(self, text: &str) -> String {
        match self {
            Self::Folded => fold::folded(text),
            Self::Kept => text.to_owned(),
        }
    }

    fn of_char(self, c: char) -> char {
        match self {
            Self::Folded => fold::fold(c),
            Self::Kept => c,
        }
    }
}

fn useful(literals: &[String]) -> bool {
    literals.len() <= ALTERNATIVES_MAX && shortest(literals) >= LITERAL_BYTES_MIN
}

fn shortest(literals: &[String]) -> usize {
    literals.iter().map(String::len).min().unwrap_or(0)
}

fn required(hir: &Hir, case: Case) -> Option<Vec<String>> {
    if let Some(text) = exact(hir, case) {
        return (!text.is_empty()).then(|| vec![text]);
    }
    match hir.kind() {
        HirKind::Capture(capture) => required(&capture.sub, case),
        HirKind::Repetition(repetition) if repetition.min > 0 => required(&repetition.sub, case),
        HirKind::Concat(parts) => of_concatenation(parts, case),
        HirKind::Alternation(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(required(part, case)?);
                if all.len() > ALTERNATIVES_MAX {
                    return None;
                }
            }
            Some(all)
        }
        _ => None,
    }
}

/// The best of what the parts require; exact parts side by side join to one literal.
fn of_concatenation(parts: &[Hir], case: Case) -> Option<Vec<String>> {
    let mut best: Option<Vec<String>> = None;
    let mut offer = |candidate: Vec<String>| {
        let better = match &best {
            None => true,
            Some(best) => shortest(&candidate) > shortest(best),
        };
        if better && candidate.len() <= ALTERNATIVES_MAX && shortest(&candidate) > 0 {
            best = Some(candidate);
        }
    };
    let mut run = String::new();
    for part in parts {
        if let Some(text) = exact(part, case) {
            run.push_str(&text);
            continue;
        }
        offer(vec![std::mem::take(&mut run)]);
        if let Some(literals) = required(part, case) {
            offer(literals);
        }
    }
    offer(vec![run]);
    best
}

/// The one text that an expression can match, if there is only one.
fn exact(hir: &Hir, case: Case) -> Option<String> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(String::new()),
        HirKind::Literal(literal) => std::str::from_utf8(&literal.0)
            .ok()
            .map(|text| case.of_text(text)),
        HirKind::Class(regex_syntax::hir::Class::Unicode(class)) => {
            let mut chars = class
                .iter()
                .flat_map(|range| range.start()..=range.end())
                .map(|c| case.of_char(c));
            let first = chars.next()?;
            // A large class ends at its second character.
            chars.all(|c| c == first).then(|| first.to_string())
        }
        HirKind::Class(regex_syntax::hir::Class::Bytes(class)) => {
            let mut bytes = class
                .iter()
                .flat_map(|range| range.start()..=range.end())
                .map(|byte| case.of_char(char::from(byte)));
            let first = bytes.next().filter(char::is_ascii)?;
            bytes.all(|c| c == first).then(|| first.to_string())
        }
        HirKind::Capture(capture) => exact(&capture.sub, case),
        HirKind::Concat(parts) => parts.iter().map(|part| exact(part, case)).collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_must_be_there() {
        let check = |pattern: &str, expected: Option<&[&str]>| {
            let source = Source {
                pattern: pattern.into(),
                case_insensitive: false,
                multi_line: false,
                dot_matches_new_line: false,
            };
            let found = required_literals(&source);
            let expected =
                expected.map(|literals| literals.iter().map(|l| (*l).to_owned()).collect());
            assert_eq!(found, expected, "{pattern}");
        };
        check("Invoke-.*Mimikatz", Some(&["mimikatz"]));
        check("(?i)Foo(bar)?", Some(&["foo"]));
        check(r"\bkey(s|ring)\b", Some(&["key"]));
        check("(certutil|bitsadmin)", Some(&["bitsadmin", "certutil"]));
        check("(certutil|.*)", None);
        check("[a-z]{3}", None);
        check("ab", None);
        check(r"x\.exe(abcd){2,}", Some(&["x.exe"]));
        check("(?i)ſtraße", Some(&["straße"]));
        check("", None);
    }

    #[test]
    fn finds_what_must_be_there_as_it_is_written() {
        let check = |pattern: &str, expected: Option<&[&str]>| {
            let hir = regex_syntax::parse(pattern).unwrap();
            let expected =
                expected.map(|literals| literals.iter().map(|l| (*l).to_owned()).collect());
            assert_eq!(needles(&hir), expected, "{pattern}");
        };
        check(r"\s-H\s", Some(&["-H"]));
        check("(?i)a-k", Some(&["-"]));
        check("[A-F0-9]{8}-[A-F0-9]{4}", Some(&["-"]));
        check(r"\s(-u|--all)\s", Some(&["-u", "--all"]));
        check("(-|--all)x", Some(&["-"]));
        check("(a|b|c|d)$", None);
        check("[ab]", None);
        check("x?", None);
    }
}
