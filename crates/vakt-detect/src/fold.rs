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

/// Appends the folded text; of ASCII, this is one vectorised pass.
pub fn fold_into(text: &str, out: &mut String) {
    let mut rest = text;
    loop {
        let length = fold_ascii(rest, out);
        let mut chars = rest.get(length..).unwrap_or_default().chars();
        let Some(char) = chars.next() else { return };
        out.push(TABLE.get(char));
        rest = chars.as_str();
    }
}

/// Appends the ASCII at the beginning, folded; how many bytes it is.
fn fold_ascii(text: &str, out: &mut String) -> usize {
    #[cfg(target_arch = "x86_64")]
    #[expect(
        unsafe_code,
        reason = "looking at it, copying it and folding it in three passes takes four times the instructions"
    )]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { avx2::fold_ascii(text, out) };
    }
    let length = match text.is_ascii() {
        true => text.len(),
        false => text.bytes().take_while(u8::is_ascii).count(),
    };
    let start = out.len();
    out.push_str(text.get(..length).unwrap_or_default());
    if let Some(copy) = out.get_mut(start..) {
        copy.make_ascii_lowercase();
    }
    length
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        __m256i, _mm256_and_si256, _mm256_cmpgt_epi8, _mm256_loadu_si256, _mm256_movemask_epi8,
        _mm256_or_si256, _mm256_set1_epi8, _mm256_storeu_si256,
    };

    const STEP_BYTES: usize = 32;

    type Step = [u8; STEP_BYTES];

    #[target_feature(enable = "avx2")]
    #[expect(unsafe_code, reason = "what is appended is known to be ASCII")]
    pub(super) fn fold_ascii(text: &str, out: &mut String) -> usize {
        out.reserve(text.len());
        // SAFETY: only ASCII is appended.
        let out = unsafe { out.as_mut_vec() };
        let (steps, rest) = text.as_bytes().as_chunks();
        let before = out.len();
        for step in steps {
            let (folded, ascii) = fold(step);
            if ascii < STEP_BYTES {
                out.extend_from_slice(folded.get(..ascii).unwrap_or_default());
                return out.len() - before;
            }
            out.extend_from_slice(&folded);
        }
        let mut last: Step = [0; STEP_BYTES];
        if let Some(beginning) = last.get_mut(..rest.len()) {
            beginning.copy_from_slice(rest);
        }
        let (folded, ascii) = fold(&last);
        out.extend_from_slice(folded.get(..ascii.min(rest.len())).unwrap_or_default());
        out.len() - before
    }

    /// The bytes with ASCII letters folded, and how many bytes of ASCII they begin with.
    #[inline]
    #[target_feature(enable = "avx2")]
    #[expect(unsafe_code, reason = "32 bytes are read and written at once")]
    fn fold(step: &Step) -> (Step, usize) {
        // SAFETY: so many bytes can be read, from any address.
        let bytes: __m256i = unsafe { _mm256_loadu_si256(step.as_ptr().cast()) };
        let others = _mm256_movemask_epi8(bytes).cast_unsigned();
        let upper = _mm256_and_si256(
            _mm256_cmpgt_epi8(bytes, _mm256_set1_epi8(b'A'.cast_signed() - 1)),
            _mm256_cmpgt_epi8(_mm256_set1_epi8(b'Z'.cast_signed() + 1), bytes),
        );
        let case = _mm256_and_si256(upper, _mm256_set1_epi8(0x20));
        let mut folded: Step = [0; STEP_BYTES];
        // SAFETY: so many bytes can be written, to any address.
        unsafe { _mm256_storeu_si256(folded.as_mut_ptr().cast(), _mm256_or_si256(bytes, case)) };
        (folded, others.trailing_zeros() as usize)
    }
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

    proptest::proptest! {
        #[test]
        fn texts_are_folded_as_their_characters(text in "[a-zA-Z@\\[`{ ]{0,70}(\\PC{0,2}[A-Z]{0,40}){0,3}") {
            let by_char: String = text.chars().map(fold).collect();
            let mut out = "X".to_owned();
            fold_into(&text, &mut out);
            proptest::prop_assert_eq!(out, format!("X{by_char}"));
        }
    }
}
