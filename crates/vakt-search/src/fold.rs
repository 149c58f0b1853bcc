//! Words and case: a word is a run of Unicode letters, digits and `_`; case is folded.

use std::borrow::Cow;

/// Whether `c` belongs to a word. Letters and digits are Unicode's alphabetic and numeric
/// characters; a combining mark that is neither separates, as everything else does.
pub(crate) fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// `text` with its case folded: two texts that differ in case only fold to the same text.
pub(crate) fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Cow::Owned(text.to_ascii_lowercase());
        }
        return Cow::Borrowed(text);
    }
    let mut folded = String::with_capacity(text.len() + 8);
    fold_into(text, &mut folded);
    Cow::Owned(folded)
}

/// As [`fold`], into `folded`, whose memory is used again.
pub(crate) fn fold_into(text: &str, folded: &mut String) {
    folded.clear();
    if text.is_ascii() {
        folded.push_str(text);
        folded.make_ascii_lowercase();
        return;
    }
    for c in text.chars() {
        fold_char(c, folded);
    }
}

/// To lower, to upper and to lower case again: that brings together the letters that Unicode's
/// `CaseFolding.txt` (status C and F) brings together, such as `ς` and `σ`, `ẞ`, `ß` and `SS`. Turkish dotless `ı` stays
/// itself, as there.
fn fold_char(c: char, folded: &mut String) {
    if c.is_ascii() {
        folded.push(c.to_ascii_lowercase());
        return;
    }
    if c == 'ı' {
        folded.push(c);
        return;
    }
    let full = c
        .to_lowercase()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase);
    // A few letters (`İ`, `ǰ`) fold to a letter and a combining mark. The mark would cut the word
    // in two, so they fold to their first lower-case letter instead.
    if full.clone().all(is_word_char) == is_word_char(c) {
        folded.extend(full);
    } else {
        folded.push(c.to_lowercase().next().unwrap_or(c));
    }
}

/// The words of `text`, in order, each a slice of it: the plain way.
#[cfg(test)]
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c| !is_word_char(c))
        .filter(|word| !word.is_empty())
}

/// The longest beginning of `text` that has at most `bytes_max` bytes.
pub(crate) fn beginning(text: &str, bytes_max: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes_max))
        .unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_differ_in_case_fold_to_one() {
        let check = |a: &str, b: &str| assert_eq!(fold(a), fold(b), "{a} {b}");
        check("Failed PASSWORD", "failed password");
        check("ÅÄÖ Łódź", "åäö łÓDŹ");
        check("ΌΣΟΣ", "όσος");
        check("Straße", "STRASSE");
        check("GROẞE", "grosse");
        check("\u{212a}elvin", "kelvin");
        check("ПРИВЕТ", "привет");
        check("İstanbul", "istanbul");
    }

    #[test]
    fn words_are_runs_of_letters_digits_and_underscores() {
        let check = |text: &str, expected: &[&str]| {
            assert_eq!(words(text).collect::<Vec<_>>(), expected, "{text}");
        };
        check("", &[]);
        check(" -:- ", &[]);
        check(
            "pam_unix(sshd:auth): user=rööt",
            &["pam_unix", "sshd", "auth", "user", "rööt"],
        );
        check("10.0.0.1", &["10", "0", "0", "1"]);
        check("日本語 テスト", &["日本語", "テスト"]);
    }
}
