//! Where in a value an expression may match, by a text that each of its matches holds.

use std::ops::Range;

use memchr::memmem::Finder;
use regex_syntax::hir::Hir;

use super::required::needles;

/// A shorter text is searched as a whole.
const WINDOWED_BYTES_MIN: usize = 256;
/// Windows pay where a needle stands in fewer than one of so many bytes ...
const BYTES_PER_NEEDLE_MIN: usize = 32;
/// ... after the first few.
const NEEDLES_FREE: usize = 8;

/// The texts of which each match holds one, and how long a match is at most.
pub(super) struct Windows {
    needles: Vec<Finder<'static>>,
    match_bytes_max: Option<usize>,
}

impl Windows {
    /// `None` where the expression requires no text.
    pub(super) fn of(hir: &Hir) -> Option<Self> {
        let needles = needles(hir)?;
        Some(Self {
            needles: needles
                .iter()
                .map(|needle| Finder::new(needle).into_owned())
                .collect(),
            match_bytes_max: hir.properties().maximum_len(),
        })
    }

    /// Whether `search` finds a match in one of the ranges of the text that can hold one: from left
    /// to right, none twice.
    pub(super) fn any(&self, text: &str, mut search: impl FnMut(Range<usize>) -> bool) -> bool {
        match (self.needles.as_slice(), self.match_bytes_max) {
            ([needle], Some(most)) if text.len() >= WINDOWED_BYTES_MIN => {
                around(needle, most, text, search)
            }
            (needles, _) => {
                let stands = |needle: &Finder<'_>| needle.find(text.as_bytes()).is_some();
                needles.iter().any(stands) && search(0..text.len())
            }
        }
    }
}

/// Whether `search` finds a match, of `most` bytes, around one of the places of its needle.
fn around(
    needle: &Finder<'_>,
    most: usize,
    text: &str,
    mut search: impl FnMut(Range<usize>) -> bool,
) -> bool {
    let mut open: Option<Range<usize>> = None;
    let mut from = 0;
    let mut stood = 0;
    while let Some(found) = text
        .as_bytes()
        .get(from..)
        .and_then(|rest| needle.find(rest))
    {
        let at = from + found;
        from = at + 1;
        let start = (at + needle.needle().len()).saturating_sub(most);
        let (start, end) = (
            text.floor_char_boundary(start),
            text.ceil_char_boundary(at + most),
        );
        open = match open {
            Some(window) if start <= window.end => Some(window.start..end),
            Some(window) if search(window.clone()) => return true,
            _ => Some(start..end),
        };
        stood += 1;
        if stood > NEEDLES_FREE + at / BYTES_PER_NEEDLE_MIN {
            return open.is_some_and(|window| search(window.start..text.len()));
        }
    }
    open.is_some_and(search)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_hold_what_may_match() {
        let check = |pattern: &str, text: &str, expected: &[&str]| {
            let hir = regex_syntax::parse(pattern).unwrap();
            let mut searched = Vec::new();
            Windows::of(&hir).unwrap().any(text, |window| {
                searched.push(text.get(window).unwrap());
                false
            });
            assert_eq!(searched, expected, "{pattern}");
        };
        let long = |text: &str| text.to_owned() + &"x".repeat(WINDOWED_BYTES_MIN);
        let pair = "[ab]-[ab]";
        check(pair, "", &[]);
        check(pair, &long(""), &[]);
        check(pair, "xxxa-bxxx", &["xxxa-bxxx"]);
        check(pair, &long("xxxa-bxxxxxx-yy"), &["xa-bx", "xx-yy"]);
        check(pair, &long("a--b - x-"), &["a--b - x-xx"]);
        check("[ab]-[ab]{2}", &long("é-ééé"), &["é-éé"]);
        let unbounded = long("xxxxxxa-bxxx");
        check("[ab]+-", &unbounded, &[&unbounded]);
        check("[ab]+-", &long("ab"), &[]);
        let either = long("xxxx-xxxx");
        check("[ab](-x|_y)", &either, &[&either]);
        // Too many.
        let many = format!("-{}", "xxxxxxxxx-".repeat(60));
        let mut expected = vec!["-xx"];
        expected.extend(["xx-xx"; 10]);
        expected.push(many.get(108..).unwrap());
        check(pair, &many, &expected);
    }
}
