//! "Did you mean": the nearest known name to a mistyped one.

/// Edits beyond which a name is another word, not a slip: a third of its length, at least one.
fn edits_max(name: &str) -> usize {
    (name.chars().count() / 3).max(1)
}

/// The known name with the fewest edits to `name`, if there are few enough.
pub(crate) fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    known
        .iter()
        .map(|candidate| (edits(name, candidate), *candidate))
        .min()
        .filter(|(edits, _)| *edits <= edits_max(name))
        .map(|(_, candidate)| candidate)
}

/// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours.
fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let cost = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + cost);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before_last[j - 2] + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_slips_and_leaves_other_words_alone() {
        let check = |name: &str, expected: Option<&str>| {
            assert_eq!(nearest(name, &["aware", "handled", "dismissed"]), expected);
        };
        check("awrae", Some("aware"));
        check("handeld", Some("handled"));
        check("dismised", Some("dismissed"));
        check("submitted", None);
        check("", None);
    }
}
