//! Text with `?` for one character, beside `*`, matched against one folded value.

use std::ops::Range;

use super::regex::{REGEX_BYTES_MAX, REGEX_TABLE_BYTES_MAX};
use crate::fold::is_word_char;

/// A character of a word, as [`is_word_char`] tells it.
const WORD: &str = r"[\p{Alphabetic}\p{N}_]";
/// Any other character.
const OTHER: &str = r"[^\p{Alphabetic}\p{N}_]";
/// No word goes on before the next character.
const BEFORE: &str = r"(?:^|[^\p{Alphabetic}\p{N}_])";
/// No word goes on after the last character.
const AFTER: &str = r"(?:$|[^\p{Alphabetic}\p{N}_])";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// A character of folded text.
    Char(char),
    /// `?`.
    One,
    /// `*`.
    Any,
}

/// Text with wildcards. Its sides lie at word boundaries where they have no `*`, as those of a
/// [`Pattern`](super::Pattern) do, and a value has it in it under the same conditions.
#[derive(Clone, Debug)]
pub(crate) struct Glob {
    parts: Vec<Part>,
    program: regex::Regex,
    required: Vec<String>,
}

/// The pattern takes more memory than a regular expression may.
#[derive(Debug)]
pub(crate) struct TooLarge;

impl Glob {
    pub(crate) fn new(parts: Vec<Part>) -> Result<Self, TooLarge> {
        let program = regex::RegexBuilder::new(&source(&parts))
            .dot_matches_new_line(true)
            .size_limit(REGEX_BYTES_MAX)
            .dfa_size_limit(REGEX_TABLE_BYTES_MAX)
            .build()
            .map_err(|_| TooLarge)?;
        let required = parts
            .split(|part| matches!(part, Part::One | Part::Any))
            .map(|run| run.iter().filter_map(|part| part.char()).collect())
            .filter(|run: &String| !run.is_empty())
            .collect();
        Ok(Self {
            parts,
            program,
            required,
        })
    }

    /// Whether `value`, already folded, has this in it.
    pub(crate) fn matches(&self, value: &str) -> bool {
        self.program.is_match(value)
    }

    /// The places in `value`, already folded, that it finds.
    pub(crate) fn places(&self, value: &str, to: &mut dyn FnMut(Range<usize>)) {
        let mut from = 0;
        while let Some(found) = self.program.find_at(value, from) {
            let place = self.without_boundaries(value, found.range());
            if place.is_empty() {
                return;
            }
            // What ended one place may begin the next.
            from = place.end;
            to(place);
        }
    }

    /// What was found, without the characters before and after that only show that no word goes on there.
    fn without_boundaries(&self, value: &str, found: Range<usize>) -> Range<usize> {
        let is_word = |part: Option<&Part>| {
            part.is_some_and(|part| part.char().is_none_or(is_word_char) && *part != Part::Any)
        };
        let text = value.get(found.clone()).unwrap_or_default();
        let outer = |c: &char| !is_word_char(*c);
        let mut place = found;
        if is_word(self.parts.first())
            && text.chars().count() > 1
            && let Some(c) = text.chars().next().filter(outer)
        {
            place.start += c.len_utf8();
        }
        if is_word(self.parts.last())
            && text.chars().count() > 1
            && let Some(c) = text.chars().next_back().filter(outer)
        {
            place.end -= c.len_utf8();
        }
        place
    }

    /// Texts, folded, that every matching value has in it.
    pub(crate) fn required(&self) -> &[String] {
        &self.required
    }
}

impl PartialEq for Glob {
    fn eq(&self, other: &Self) -> bool {
        self.parts == other.parts
    }
}

impl Part {
    fn char(self) -> Option<char> {
        match self {
            Self::Char(c) => Some(c),
            Self::One | Self::Any => None,
        }
    }
}

/// The pattern as a regular expression over folded text.
fn source(parts: &[Part]) -> String {
    let last = parts.len().saturating_sub(1);
    let mut source = String::new();
    for (index, part) in parts.iter().enumerate() {
        let before = if index == 0 { BEFORE } else { "" };
        let after = if index == last { AFTER } else { "" };
        match part {
            Part::Any => source.push_str(".*"),
            Part::One if before.is_empty() && after.is_empty() => source.push('.'),
            Part::One => {
                // A character that belongs to no word is a boundary by itself.
                source.push_str(&format!("(?:{before}{WORD}{after}|{OTHER})"));
            }
            Part::Char(c) => {
                let literal = regex::escape(c.encode_utf8(&mut [0; 4]));
                if is_word_char(*c) {
                    source.push_str(&format!("{before}{literal}{after}"));
                } else {
                    source.push_str(&literal);
                }
            }
        }
    }
    source
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Pattern;
    use super::*;

    fn glob(text: &str) -> Glob {
        let part = |c| match c {
            '?' => Part::One,
            '*' => Part::Any,
            c => Part::Char(c),
        };
        Glob::new(text.chars().map(part).collect()).unwrap()
    }

    #[test]
    fn one_character_stands_for_one() {
        let check = |text: &str, value: &str, expected: bool| {
            assert_eq!(glob(text).matches(value), expected, "{text} in {value}");
        };
        check("web?", "web1", true);
        check("web?", "on web1.", true);
        check("web?", "web12", false);
        check("web?", "web", false);
        check("web?", "web-", true);
        check("?eb1", "web1", true);
        check("?eb1", "xweb1", false);
        check("?eb1", " eb1", true);
        check("w?b", "w\nb", true);
        check("w?b", "wöb", true);
        check("?", "", false);
        check("?", "a", true);
        check("?", "ab", false);
        check("?", "ab c", true);
        check("a??*", "abcd", true);
        check("a??*", "ab", false);
        check("/index.php?id=1", "get /index.php?id=1 x", true);
        check("/index.php?id=1", "get /index.php?id=12", false);
        check("10.0.0.?", "10.0.0.7", true);
        check("10.0.0.?", "10.0.0.70", false);
    }

    #[test]
    fn texts_between_wildcards_are_required() {
        assert_eq!(glob("a.b?c*de").required(), ["a.b", "c", "de"]);
        assert!(glob("?*").required().is_empty());
    }

    proptest! {
        /// Without `?` it is the pattern that a word with `*` is.
        #[test]
        fn it_is_a_pattern(text in "[ab ö.*]{1,8}", value in "[ab ö._7]{0,12}") {
            prop_assume!(text.contains(|c| c != '*'));
            let pattern = Pattern {
                pieces: text
                    .split('*')
                    .filter(|piece| !piece.is_empty())
                    .map(str::to_owned)
                    .collect(),
                open_start: text.starts_with('*'),
                open_end: text.ends_with('*'),
            };
            prop_assert_eq!(glob(&text).matches(&value), pattern.matches(&value));
        }
    }
}
