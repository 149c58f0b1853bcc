//! A bare word of a query: characters, some with their meaning taken away by `\`.

use std::net::IpAddr;

use super::Pattern;
use super::glob::Part;
use crate::fold::{fold, is_word_char};

/// What `\` takes the meaning from; before any other character it stands for itself, so that
/// `C:\Windows` needs no care.
const ESCAPABLE: &str = "\\\"'()[]{}:*?<>=!+-~^/&|,;#@ ";

pub(super) fn is_escapable(c: char) -> bool {
    ESCAPABLE.contains(c)
}

/// Whether `\` after `word` takes the meaning from `c`. In a path of Windows it separates, so that
/// `C:\Windows\*` and `HKLM\*` are all that is below; quotes, spaces, parentheses and `\` itself need it there, too.
pub(super) fn is_escaped_after(word: &[Glyph], c: char) -> bool {
    is_escapable(c) && ("\\\" ()".contains(c) || !is_path(word))
}

/// Whether `word` is the beginning of a path: it has a separator, or is what a path begins with.
fn is_path(word: &[Glyph]) -> bool {
    let is_separator = |glyph: &Glyph| glyph.plain && glyph.c == '\\';
    let is_share = word.first().is_some_and(|glyph| glyph.c == '\\') && word.len() > 1;
    if is_share || word.iter().any(is_separator) {
        return true;
    }
    let start = word
        .iter()
        .rposition(|glyph| glyph.c == '=')
        .map_or(0, |at| at + 1);
    let root = word.get(start..).unwrap_or_default();
    let first = text(root.get(..ROOT_CHARS).unwrap_or(root)).to_ascii_lowercase();
    let is_drive = matches!(first.as_bytes(), [letter, b':'] if letter.is_ascii_alphabetic());
    is_drive || first == "hkey_" || REGISTRY_ROOTS.contains(&first.as_str())
}

/// As many characters of a word as tell whether a path begins with it.
const ROOT_CHARS: usize = 5;

/// What paths of the Windows registry begin with, besides `HKEY_…`.
const REGISTRY_ROOTS: [&str; 5] = ["hklm", "hkcu", "hku", "hkcr", "hkcc"];

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Glyph {
    pub(super) c: char,
    /// Not taken away by `\`: a plain `*` is a wildcard.
    pub(super) plain: bool,
}

impl Glyph {
    pub(super) fn is_wildcard(self) -> bool {
        self.plain && self.c == '*'
    }

    pub(super) fn is_one_wildcard(self) -> bool {
        self.plain && self.c == '?'
    }
}

/// What a word asks for: everything, or a pattern.
pub(super) fn to_pattern(word: &[Glyph]) -> Option<Pattern> {
    if word.iter().all(|glyph| glyph.is_wildcard()) {
        return None;
    }
    Some(Pattern {
        pieces: word
            .split(|glyph| glyph.is_wildcard())
            .filter(|piece| !piece.is_empty())
            .map(|piece| fold(&text(piece)).into_owned())
            .collect(),
        open_start: word.first().is_some_and(|glyph| glyph.is_wildcard()),
        open_end: word.last().is_some_and(|glyph| glyph.is_wildcard()),
    })
}

/// The parts of a word in which `?` is a wildcard, too.
pub(super) fn to_parts(word: &[Glyph]) -> Vec<Part> {
    let mut parts = Vec::new();
    for glyph in word {
        if glyph.is_wildcard() {
            parts.push(Part::Any);
        } else if glyph.is_one_wildcard() {
            parts.push(Part::One);
        } else {
            let folded = fold(glyph.c.encode_utf8(&mut [0; 4])).into_owned();
            parts.extend(folded.chars().map(Part::Char));
        }
    }
    parts
}

/// Where a word has Lucene's sign for a fuzzy search (`roam~`, `roam~1`) or a boost (`roam^2`), in
/// characters. Paths and names of files that end so are text.
pub(super) fn lucene_suffix(word: &[Glyph]) -> Option<(usize, char)> {
    let sign = word
        .iter()
        .rposition(|glyph| glyph.plain && matches!(glyph.c, '~' | '^'))?;
    let (before, from_sign) = word.split_at_checked(sign)?;
    let (sign_glyph, after) = from_sign.split_first()?;
    let is_number = after
        .iter()
        .all(|glyph| glyph.c.is_ascii_digit() || glyph.c == '.');
    let is_word = !before.is_empty()
        && before
            .iter()
            .all(|glyph| is_word_char(glyph.c) || glyph.c == '-');
    let is_suffix = is_word && is_number && (sign_glyph.c == '~' || !after.is_empty());
    is_suffix.then_some((sign, sign_glyph.c))
}

pub(super) fn text(word: &[Glyph]) -> String {
    word.iter().map(|glyph| glyph.c).collect()
}

/// Whether `c` can stand in the name of a field without `\`.
pub(super) fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || "_.-@#$".contains(c)
}

/// Whether a name can begin with `c`: not with a digit, so that `12:30:01` is a time.
pub(super) fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || "_@#$".contains(c)
}

/// Whether `token`, which has a colon after `name`, is plainly no field and value: an address, a
/// URL, a Windows path.
pub(super) fn is_text_with_colon(token: &str, name: &str) -> bool {
    let after = token
        .strip_prefix(name)
        .and_then(|rest| rest.strip_prefix(':'))
        .unwrap_or_default();
    after.starts_with("//")
        || (after.starts_with('\\') && name.len() == 1)
        || token.parse::<IpAddr>().is_ok()
        || is_hardware_address(token)
}

fn is_hardware_address(token: &str) -> bool {
    let mut pairs = 0;
    token.split(':').all(|pair| {
        pairs += 1;
        pair.len() == 2 && pair.bytes().all(|byte| byte.is_ascii_hexdigit())
    }) && pairs == 6
}
