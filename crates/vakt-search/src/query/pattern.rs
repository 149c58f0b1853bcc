//! Literal text with wildcards, matched against one folded value.

use std::ops::Range;

use crate::fold::is_word_char;

/// Pieces of literal text with anything between them.
///
/// A closed side must lie at a word boundary: where the piece begins (or ends) with a word
/// character, no word character may stand before (or after) it in the value. An open side has a
/// wildcard and needs nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    /// Folded, none of them empty. No piece at all stands for `""`, which is the empty value.
    pub(crate) pieces: Vec<String>,
    pub(crate) open_start: bool,
    pub(crate) open_end: bool,
}

/// What a value's words must have for the value to match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need<'p> {
    /// A word that is this.
    Exact(&'p str),
    /// A word that begins so.
    Prefix(&'p str),
    /// A word that ends so.
    Suffix(&'p str),
    /// A word that has this in it.
    Inside(&'p str),
}

impl Pattern {
    /// The phrase `text`, already folded, at word boundaries.
    pub(crate) fn phrase(text: String) -> Self {
        let pieces = if text.is_empty() { vec![] } else { vec![text] };
        Self {
            pieces,
            open_start: false,
            open_end: false,
        }
    }

    /// The text `text`, already folded, anywhere.
    pub(crate) fn inside(text: &str) -> Self {
        Self {
            open_start: true,
            open_end: true,
            ..Self::phrase(text.to_owned())
        }
    }

    /// Whether `value`, already folded, has this pattern in it.
    pub(crate) fn matches(&self, value: &str) -> bool {
        if self.pieces.is_empty() {
            return value.is_empty();
        }
        let last = self.pieces.len() - 1;
        let mut from = 0;
        for (index, piece) in self.pieces.iter().enumerate() {
            let edges = Edges {
                start: index == 0 && !self.open_start,
                end: index == last && !self.open_end,
            };
            // The leftmost place is the best one for what follows.
            match find(value, from, piece, edges) {
                Some(end) => from = end,
                None => return false,
            }
        }
        true
    }

    /// The places in `value`, already folded, of the pieces, wherever all of them are there.
    pub(crate) fn places(&self, value: &str, to: &mut dyn FnMut(Range<usize>)) {
        let Some(last) = self.pieces.len().checked_sub(1) else {
            return;
        };
        let mut from = 0;
        let mut found = Vec::new();
        loop {
            for (index, piece) in self.pieces.iter().enumerate() {
                let edges = Edges {
                    start: index == 0 && !self.open_start,
                    end: index == last && !self.open_end,
                };
                let Some(end) = find(value, from, piece, edges) else {
                    return;
                };
                found.push(end - piece.len()..end);
                from = end;
            }
            found.drain(..).for_each(&mut *to);
        }
    }

    /// Conditions on single words that every matching value fulfils.
    pub(crate) fn needs(&self) -> Vec<Need<'_>> {
        let mut needs = Vec::new();
        let last = self.pieces.len().wrapping_sub(1);
        for (index, piece) in self.pieces.iter().enumerate() {
            let mut rest = piece.as_str();
            while let Some(start) = rest.find(is_word_char) {
                let (before, word_on) = rest.split_at(start);
                let end = word_on.find(|c| !is_word_char(c)).unwrap_or(word_on.len());
                let (word, after) = word_on.split_at(end);
                let at_piece_start = before.is_empty() && rest.len() == piece.len();
                let closed_left = !at_piece_start || (index == 0 && !self.open_start);
                let closed_right = !after.is_empty() || (index == last && !self.open_end);
                needs.push(match (closed_left, closed_right) {
                    (true, true) => Need::Exact(word),
                    (true, false) => Need::Prefix(word),
                    (false, true) => Need::Suffix(word),
                    (false, false) => Need::Inside(word),
                });
                rest = after;
            }
        }
        needs
    }

    /// Whether the pattern is one word or a part of one, so that its only need says it all.
    pub(crate) fn is_about_one_word(&self) -> bool {
        matches!(self.pieces.as_slice(), [piece] if piece.chars().all(is_word_char))
    }
}

/// Which sides of a piece must lie at a word boundary.
#[derive(Clone, Copy)]
struct Edges {
    start: bool,
    end: bool,
}

/// The end of the leftmost place of `piece` in `value` at or after byte `from`.
fn find(value: &str, from: usize, piece: &str, edges: Edges) -> Option<usize> {
    let must_start = edges.start && piece.starts_with(is_word_char);
    let must_end = edges.end && piece.ends_with(is_word_char);
    let mut from = from;
    loop {
        let start = from + value.get(from..)?.find(piece)?;
        let end = start + piece.len();
        let before = value.get(..start)?;
        let (here, after) = (value.get(start..)?, value.get(end..)?);
        if must_start && before.ends_with(is_word_char) {
            // Nothing can begin inside this word: on to its end. This keeps the search linear.
            from = start + run_length(here);
        } else if must_end && after.starts_with(is_word_char) {
            // Nothing can end before this word does.
            let run_end = end + run_length(after);
            let next_char = start + here.chars().next().map_or(1, char::len_utf8);
            from = next_char.max(value.floor_char_boundary(run_end.saturating_sub(piece.len())));
        } else {
            return Some(end);
        }
    }
}

/// The bytes of the run of word characters at the beginning of `text`.
fn run_length(text: &str) -> usize {
    text.find(|c| !is_word_char(c)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pattern from its text, `*` as wildcards.
    fn pattern(text: &str) -> Pattern {
        Pattern {
            pieces: text
                .split('*')
                .filter(|piece| !piece.is_empty())
                .map(str::to_owned)
                .collect(),
            open_start: text.starts_with('*'),
            open_end: text.ends_with('*'),
        }
    }

    #[test]
    fn matches_at_word_boundaries_only() {
        let check = |text: &str, value: &str, expected: bool| {
            assert_eq!(pattern(text).matches(value), expected, "{text} in {value}");
        };
        check("admin", "administrator", false);
        check("admin", "the admin.", true);
        check("admin", "sysadmin admin", true);
        check("admin", "admins admin", true);
        check("203.0.113.7", "203.0.113.70", false);
        check("203.0.113.7", "from 203.0.113.7:22", true);
        check("a.a", "xa.a.a", true);
        check("a.a", "xa.a", false);
        check("-a", "-aa-a", true);
        check("/var", "foo/var/log", true);
        check("adm*", "sysadm adm1", true);
        check("adm*", "sysadm", false);
        check("*adm", "sysadm", true);
        check("*adm", "adma", false);
        check("*aa", "aaaab aaa", true);
        check("*d:a*", "sshd:auth", true);
        check("f*t", "failed root", true);
        check("f*t", "failed roots", false);
        check("f*t*", "failed roots", true);
        check("f*a*d", "fad", true);
        check("f*ad*d", "fad", false);
        check("ö*", "höö", false);
        check("ö", "h ö", true);
        check("", "", true);
        check("", " ", false);
    }

    #[test]
    fn needs_say_what_words_must_be_there() {
        use Need::{Exact, Inside, Prefix, Suffix};
        let check = |text: &str, expected: &[Need<'_>], one_word: bool| {
            let pattern = pattern(text);
            assert_eq!(pattern.needs(), expected, "{text}");
            assert_eq!(pattern.is_about_one_word(), one_word, "{text}");
        };
        check("admin", &[Exact("admin")], true);
        check("adm*", &[Prefix("adm")], true);
        check("*adm", &[Suffix("adm")], true);
        check("*adm*", &[Inside("adm")], true);
        check("a b", &[Exact("a"), Exact("b")], false);
        check("*a.b.c*", &[Suffix("a"), Exact("b"), Prefix("c")], false);
        check("a*b", &[Prefix("a"), Suffix("b")], false);
        check("a-*", &[Exact("a")], false);
        check("*->*", &[], false);
        check("", &[], false);
    }
}
