//! The nearest known word to a misspelt one.

/// Longer words are not compared: a suggestion is a courtesy and must stay cheap.
const WORD_CHARS_MAX: usize = 64;

/// The candidate with the smallest edit distance to `word`, case aside, if it is near enough to
/// be a slip of the fingers: one edit for each three characters, and at least one.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let word: Vec<char> = word.to_lowercase().chars().collect();
    if word.is_empty() || word.len() > WORD_CHARS_MAX {
        return None;
    }
    let allowed = (word.len() / 3).max(1);
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let other: Vec<char> = candidate.to_lowercase().chars().collect();
            let near = other.len() <= WORD_CHARS_MAX && other.len().abs_diff(word.len()) <= allowed;
            let distance = near.then(|| distance(&word, &other))?;
            (distance <= allowed).then_some((distance, candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Edits between two short words, case aside; `None` where one is too long to compare.
pub(crate) fn edits(a: &str, b: &str) -> Option<usize> {
    let a: Vec<char> = a.to_lowercase().chars().collect();
    let b: Vec<char> = b.to_lowercase().chars().collect();
    (a.len() <= WORD_CHARS_MAX && b.len() <= WORD_CHARS_MAX).then(|| distance(&a, &b))
}

/// Edits between two words: insert, delete, replace, or swap two neighbours (optimal string
/// alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, cb) in b.iter().enumerate() {
            let replaced = last[j] + usize::from(ca != cb);
            let mut best = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *ca == b[j - 1] && a[i - 1] == *cb {
                best = best.min(before_last[j - 1] + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[track_caller]
    fn check(word: &str, expected: Option<&str>) {
        let known = [
            "contains",
            "startswith",
            "endswith",
            "all",
            "re",
            "selection",
        ];
        assert_eq!(nearest(word, known), expected, "{word}");
    }

    #[test]
    fn the_nearest_word_is_found_and_a_far_one_is_not() {
        check("contain", Some("contains"));
        check("CONTAINS", Some("contains"));
        check("startwith", Some("startswith"));
        check("selectoin", Some("selection"));
        check("al", Some("all"));
        check("frobnicate", None);
        check("", None);
    }
}
