//! Texts that stand in every value in which an expression is found.

use regex_syntax::hir::{Class, Hir, HirKind};

use crate::fold::fold;

/// The texts, folded, that every match of the expression holds; none of them lies in another.
pub(super) fn literals(hir: &Hir) -> Vec<String> {
    let mut found = Vec::new();
    collect(hir, &mut found);
    found.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    let mut kept: Vec<String> = Vec::new();
    for literal in found {
        if !kept.iter().any(|longer| longer.contains(&literal)) {
            kept.push(literal);
        }
    }
    kept
}

fn collect(hir: &Hir, found: &mut Vec<String>) {
    if let Some(text) = exact(hir) {
        found.extend((!text.is_empty()).then_some(text));
        return;
    }
    match hir.kind() {
        HirKind::Capture(capture) => collect(&capture.sub, found),
        HirKind::Repetition(repetition) if repetition.min > 0 => collect(&repetition.sub, found),
        HirKind::Concat(parts) => {
            // Exact parts side by side are one text.
            let mut run = String::new();
            for part in parts {
                match exact(part) {
                    Some(text) => run.push_str(&text),
                    None => {
                        found.extend((!run.is_empty()).then(|| std::mem::take(&mut run)));
                        collect(part, found);
                    }
                }
            }
            found.extend((!run.is_empty()).then_some(run));
        }
        // Of alternatives no single text is required.
        _ => {}
    }
}

/// The one text, folded, that an expression can match, if there is only one.
fn exact(hir: &Hir) -> Option<String> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(String::new()),
        HirKind::Literal(literal) => std::str::from_utf8(&literal.0)
            .ok()
            .map(|text| fold(text).into_owned()),
        HirKind::Class(Class::Unicode(class)) => {
            only(class.iter().flat_map(|range| range.start()..=range.end()))
        }
        HirKind::Class(Class::Bytes(class)) => only(
            class
                .iter()
                .flat_map(|range| range.start()..=range.end())
                .map(char::from),
        ),
        HirKind::Capture(capture) => exact(&capture.sub),
        HirKind::Concat(parts) => parts.iter().map(exact).collect(),
        HirKind::Repetition(_) | HirKind::Alternation(_) => None,
    }
}

/// What all of the characters fold to, if that is one text. A large class ends at its second.
fn only(mut chars: impl Iterator<Item = char>) -> Option<String> {
    let folded = |c: char| fold(c.encode_utf8(&mut [0; 4])).into_owned();
    let first = folded(chars.next()?);
    chars.all(|c| folded(c) == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::super::Regex;

    #[test]
    fn finds_what_must_be_there() {
        let check = |source: &str, expected: &[&str]| {
            assert_eq!(Regex::new(source).unwrap().required(), expected, "{source}");
        };
        check("Invoke-.*Mimikatz", &["mimikatz", "invoke-"]);
        check("foo(bar)?", &["foo"]);
        check(r"\bkey(s|ring)\b", &["key"]);
        check("certutil|bitsadmin", &[]);
        check("[a-z]{3}", &[]);
        check(r"user=(\w+) uid=0", &[" uid=0", "user="]);
        check("(abcd){2,}x", &["abcd", "x"]);
        check("(abc)*", &[]);
        check("Straße", &["strasse"]);
        check("(?-i)Root", &["root"]);
        check("^a$", &["a"]);
        check(r"C:\\Windows\\.*\.exe", &["c:\\windows\\", ".exe"]);
        check("a.*ab.*b", &["ab"]);
        check("", &[]);
    }
}
