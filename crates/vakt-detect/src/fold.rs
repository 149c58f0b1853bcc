//! Case folding: Unicode *simple* folding (`CaseFolding.txt`, statuses C and S), one character to
//! one character, as regular expressions fold under `(?i)`.
//!
//! So `K` (Kelvin) and `k` are one letter, `ſ` and `s`, `Σ`, `σ` and `ς`, `ß` and `ẞ`; but `ß` is
//! not `ss`, and `İ` and `ı` stand alone. The representative of a class is its lower-case ASCII
//! letter where it has one, so that folding ASCII text is `to_ascii_lowercase`.

use std::sync::LazyLock;

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

/// One past the last character that has a case (Adlam ends at U+1E943); a test looks beyond.
const CASED_END: u32 = 0x1_F000;
const PAGE_BITS: u32 = 8;
const PAGE_LEN: usize = 1 << PAGE_BITS;

static TABLE: LazyLock<Table> = LazyLock::new(Table::build);

/// The representative of all characters that differ from `c` by case only.
pub fn fold(c: char) -> char {
    if c.is_ascii() {
        c.to_ascii_lowercase()
    } else {
        TABLE.get(c)
    }
}

/// Whether two characters differ by case only, or not at all.
pub fn same(a: char, b: char) -> bool {
    a == b || fold(a) == fold(b)
}

/// `text` with each character folded. The count of characters stays; that of bytes may change.
pub fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    fold_into(text, &mut out);
    out
}

/// Appends the folded text; of ASCII, this is one copy and one vectorised pass.
pub fn fold_into(text: &str, out: &mut String) {
    let mut rest = text;
    loop {
        let length = match rest.is_ascii() {
            true => rest.len(),
            false => ascii_len(rest.as_bytes()),
        };
        let (ascii, after) = rest.split_at(length);
        let start = out.len();
        out.push_str(ascii);
        if let Some(copy) = out.get_mut(start..) {
            copy.make_ascii_lowercase();
        }
        let mut chars = after.chars();
        let Some(char) = chars.next() else { return };
        out.push(TABLE.get(char));
        rest = chars.as_str();
    }
}

/// How many bytes of ASCII stand at the beginning.
fn ascii_len(bytes: &[u8]) -> usize {
    const STEP: usize = 32;
    let (steps, _) = bytes.as_chunks::<STEP>();
    let plain = steps.iter().take_while(|step| step.is_ascii()).count() * STEP;
    let rest = bytes.get(plain..).unwrap_or_default();
    plain + rest.iter().take_while(|byte| byte.is_ascii()).count()
}

/// Pages of 256 characters; a page in which nothing folds is not stored.
struct Table {
    pages: Vec<Option<Box<[char; PAGE_LEN]>>>,
}

impl Table {
    fn get(&self, c: char) -> char {
        let code = c as usize;
        match self.pages.get(code >> PAGE_BITS) {
            Some(Some(page)) => page[code & (PAGE_LEN - 1)],
            _ => c,
        }
    }

    fn build() -> Self {
        let mut pages: Vec<Option<Box<[char; PAGE_LEN]>>> = Vec::new();
        pages.resize_with(CASED_END as usize >> PAGE_BITS, || None);
        for c in (0..CASED_END).filter_map(char::from_u32) {
            let representative = representative(c);
            if representative == c {
                continue;
            }
            let code = c as usize;
            let page = pages[code >> PAGE_BITS].get_or_insert_with(|| {
                let first = c as u32 & !0xFF;
                // No page that folds anything holds surrogates.
                Box::new(std::array::from_fn(|i| {
                    u32::try_from(i)
                        .ok()
                        .and_then(|i| char::from_u32(first + i))
                        .unwrap_or(char::REPLACEMENT_CHARACTER)
                }))
            });
            page[code & (PAGE_LEN - 1)] = representative;
        }
        Self { pages }
    }
}

fn representative(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    if c.to_lowercase().eq([c]) && c.to_uppercase().eq([c]) {
        return c;
    }
    let mut class = ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
    if class.try_case_fold_simple().is_err() {
        return c;
    }
    let members = || class.iter().flat_map(|range| range.start()..=range.end());
    let lower_ascii = members().find(char::is_ascii_lowercase);
    lower_ascii.or_else(|| members().next()).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_simply() {
        let check = |a: &str, b: &str, expected: bool| {
            assert_eq!(folded(a) == folded(b), expected, "{a} and {b}");
        };
        check("POWERSHELL", "powershell", true);
        check("\u{212A}", "k", true);
        check("ſ", "S", true);
        check("ΣΑΣ", "σας", true);
        check("ß", "ẞ", true);
        check("ß", "ss", false);
        check("İ", "i", false);
        check("ı", "I", false);
        check("Å", "\u{212B}", true);
        check("Ꭰ", "ꭰ", true);
        check("[", "{", false);
        check("@", "`", false);
    }

    /// The table against the crate that regular expressions fold with, over every character.
    #[test]
    fn the_table_has_every_class() {
        for c in '\0'..=char::MAX {
            let mut class = ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
            class.try_case_fold_simple().unwrap();
            if class.ranges().len() == 1 && class.ranges()[0].len() == 1 {
                assert_eq!(fold(c), c.to_ascii_lowercase());
                continue;
            }
            for member in class.iter().flat_map(|range| range.start()..=range.end()) {
                assert_eq!(fold(member), fold(c), "{c} and {member}");
            }
        }
    }

    #[test]
    fn ascii_folds_to_lower_case() {
        for c in '\0'..'\u{80}' {
            assert_eq!(fold(c), c.to_ascii_lowercase());
        }
    }
}
