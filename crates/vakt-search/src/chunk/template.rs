//! Log templates: what is the same in many messages.
//!
//! Of each event the message, or else the longest value that was sent, as far as it goes into a template: folded, with each
//! word that is not frequent, and each number, replaced by one character. A program logs few templates, so that a column of them is
//! small and takes next to no time to go over. A phrase that is in the template is in the value; one that is not may be
//! in it all the same, and the event decides.
//!
//! ```text
//! template   = name of the field, or nothing where it is no column's; REPLACED; text
//! ```

use crate::query::Pattern;
use crate::words::{Batch, Key, is_ascii_word};

/// Stands for a word, and ends the name. No word has this character.
const REPLACED: char = '\u{2}';
const REPLACED_BYTE: u8 = b'\x02';

/// The longest template, in bytes; a column can say 255. In longer ones there is more variety.
pub(super) const TEMPLATE_BYTES_MAX: usize = 96;

/// Fields with longer names have no templates.
const NAME_BYTES_MAX: usize = 64;

/// A template that is being made.
#[derive(Default)]
pub(super) struct Template {
    text: Vec<u8>,
    /// How far the value is in it, and how far it stays as it is from there on.
    at: usize,
    end: usize,
    /// Whether there is one, and room in it.
    is_wanted: bool,
    is_open: bool,
}

impl Template {
    /// Begins the template of a value of the field.
    pub(super) fn begin(&mut self, name: &str) {
        self.text.clear();
        self.at = 0;
        self.end = 0;
        self.is_wanted = name.len() <= NAME_BYTES_MAX && !name.contains(REPLACED);
        self.is_open = self.is_wanted;
        self.text.extend_from_slice(name.as_bytes());
        self.text.push(REPLACED_BYTE);
    }

    /// The next keys of the value; `is_frequent` says of each term, by its place among them, whether it stays.
    pub(super) fn add(&mut self, batch: &Batch<'_>, is_frequent: impl Fn(usize) -> bool) {
        if batch.has_cut {
            // Where that word stands is not said.
            self.give_up();
        }
        let mut noise = batch.noise.iter().peekable();
        for (index, key) in batch.terms.iter().enumerate() {
            while let Some(number) = noise.next_if(|number| number.start() < key.start()) {
                self.replace(batch.text, number);
            }
            if !self.is_open {
                return;
            }
            if key.start() < self.end {
                // A key of several words, which were there.
                continue;
            }
            match is_frequent(index) && !is_number(key.of(batch.text)) {
                true => self.end = key.end(),
                false => self.replace(batch.text, key),
            }
        }
        for number in noise {
            self.replace(batch.text, number);
        }
    }

    /// There is no template of the value.
    pub(super) fn give_up(&mut self) {
        self.is_open = false;
        self.is_wanted = false;
    }

    /// The next word of the value does not stay.
    fn replace(&mut self, text: &[u8], key: &Key) {
        self.put(text.get(self.at..key.start()).unwrap_or_default());
        if self.is_open {
            self.text.push(REPLACED_BYTE);
        }
        self.at = key.end();
        self.end = self.at;
    }

    /// The template of the value, which is `folded`, as far as there is room for it.
    pub(super) fn end(&mut self, folded: &[u8]) -> Option<&str> {
        self.put(folded.get(self.at..).unwrap_or_default());
        let is_wanted = std::mem::take(&mut self.is_wanted);
        std::str::from_utf8(&self.text).ok().filter(|_| is_wanted)
    }

    /// Adds a piece, or as many whole words of it as there is room for, and then nothing more.
    fn put(&mut self, piece: &[u8]) {
        if !self.is_open {
            return;
        }
        let room = (TEMPLATE_BYTES_MAX - 1).saturating_sub(self.text.len());
        if piece.len() <= room {
            self.text.extend_from_slice(piece);
            return;
        }
        self.is_open = false;
        let piece = piece.get(..room).unwrap_or_default();
        // Bytes beyond ASCII may be parts of letters.
        let is_between = |byte: &u8| byte.is_ascii() && !is_ascii_word(*byte);
        let length = piece
            .iter()
            .rposition(is_between)
            .map_or(0, |last| last + 1);
        self.text
            .extend_from_slice(piece.get(..length).unwrap_or_default());
    }
}

/// Whether a word has nothing but digits; such are in addresses, ports and times, and would make templates of their own.
fn is_number(word: &[u8]) -> bool {
    word.iter().all(u8::is_ascii_digit)
}

/// Whether templates can tell that a value has the pattern, which has some piece.
pub(crate) fn can_tell(pattern: &Pattern) -> bool {
    !pattern.pieces.iter().any(|piece| piece.contains(REPLACED))
}

/// Whether all values of this template have the pattern, and are values of the field, if one is named.
pub(crate) fn has(template: &str, field: Option<&str>, pattern: &Pattern) -> bool {
    template.split_once(REPLACED).is_some_and(|(name, text)| {
        field.is_none_or(|field| field == name) && pattern.matches(text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::fold;
    use crate::words::Keys;

    /// The template of a value in which numbers and words of letters from `a` to `m` are frequent.
    fn template(name: &str, value: &str) -> Option<String> {
        let (mut keys, mut template) = (Keys::default(), Template::default());
        template.begin(name);
        keys.each(value, |batch| {
            let terms: Vec<&[u8]> = batch.terms().collect();
            template.add(batch, |index| {
                let is_known = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'm').contains(byte);
                terms[index].iter().all(is_known)
            });
        });
        template.end(keys.folded()).map(str::to_owned)
    }

    #[test]
    fn frequent_words_stay_with_what_stands_between() {
        let check = |value: &str, expected: &str| {
            let expected = expected.replace('#', "\u{2}");
            assert_eq!(
                template("f", value).unwrap(),
                format!("f\u{2}{expected}"),
                "{value}"
            );
        };
        check("", "");
        check("Failed", "failed");
        check(
            "Failed: no 10.0.0.1:54321 [hex] ",
            "failed: # #.#.#.#:# [#] ",
        );
        check("x-y_z a", "#-# a");
        check("Källa, bil\u{a0}ö ß", "#, bil\u{a0}# #");
        check("ä Ö bil", "# # bil");
        assert_eq!(template(&"n".repeat(NAME_BYTES_MAX + 1), "a"), None);
        assert_eq!(template("\u{2}", "a"), None);
        assert_eq!(template("f", &format!("a {}", "a".repeat(300))), None);
    }

    #[test]
    fn a_long_value_is_cut_between_words() {
        for length in 1..12 {
            let word = "a".repeat(length);
            let value = format!("{word} ").repeat(100);
            let found = template("", &value).unwrap();
            assert!(found.len() <= TEMPLATE_BYTES_MAX && found.len() > TEMPLATE_BYTES_MAX - 14);
            let words = found.trim_start_matches('\u{2}');
            assert!(words.split(' ').all(|part| part.is_empty() || part == word));
        }
    }

    proptest::proptest! {
        #[test]
        fn what_a_template_has_the_value_has(
            value in "([am][an]{0,2}|[ä.: *\\x02]|[0-9]{1,6}){0,40}",
            pieces in proptest::collection::vec("[a-nä.: ]{1,4}", 1..3),
            open_start: bool,
            open_end: bool,
        ) {
            let pattern = Pattern { pieces, open_start, open_end };
            let template = template("f", &value).unwrap();
            if can_tell(&pattern) && has(&template, Some("f"), &pattern) {
                proptest::prop_assert!(pattern.matches(&fold(&value)), "{}", template);
                proptest::prop_assert!(has(&template, None, &pattern));
                proptest::prop_assert!(!has(&template, Some("g"), &pattern));
            }
        }
    }
}
