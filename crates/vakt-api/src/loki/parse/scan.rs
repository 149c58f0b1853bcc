//! The pieces of LogQL: names, strings, numbers, durations.

use crate::loki::error::LogqlError;
use crate::loki::labels;

const DURATION: &str = "a duration such as 5m, 1h30m or 500ms";

pub(super) struct Scanner {
    chars: Vec<char>,
    /// The next character.
    at: usize,
}

impl Scanner {
    pub(super) fn new(text: &str) -> Self {
        let mut scanner = Self {
            chars: text.chars().collect(),
            at: 0,
        };
        scanner.skip_space();
        scanner
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Past space and comments (`#` to the end of the line).
    pub(super) fn skip_space(&mut self) {
        let mut in_comment = false;
        while let Some(c) = self.here() {
            in_comment = match c {
                '\n' => false,
                '#' => true,
                _ => in_comment,
            };
            if !in_comment && !c.is_whitespace() {
                break;
            }
            self.at += 1;
        }
    }

    /// The next character that is no space.
    pub(super) fn peek(&mut self) -> Option<char> {
        self.skip_space();
        self.here()
    }

    /// The character after that.
    pub(super) fn peek_second(&mut self) -> Option<char> {
        self.skip_space();
        self.chars.get(self.at + 1).copied()
    }

    /// The letters, digits and `_` that stand here.
    pub(super) fn peek_word(&mut self) -> String {
        self.skip_space();
        self.chars
            .iter()
            .skip(self.at)
            .take_while(|c| c.is_ascii_alphanumeric() || **c == '_')
            .collect()
    }

    /// Passes one character that is here.
    pub(super) fn skip(&mut self) {
        self.at += 1;
    }

    pub(super) fn take_if(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    pub(super) fn take(&mut self, wanted: char, expected: &str) -> Result<(), LogqlError> {
        if self.take_if(wanted) {
            Ok(())
        } else {
            Err(self.expected(expected))
        }
    }

    pub(super) fn take_word(&mut self, word: &str, expected: &str) -> Result<(), LogqlError> {
        if self.peek_word() != word {
            return Err(self.expected(expected));
        }
        self.at += word.chars().count();
        Ok(())
    }

    /// The name of a label.
    pub(super) fn label(&mut self) -> Result<String, LogqlError> {
        let name = self.peek_word();
        if !labels::is_name(&name) {
            return Err(self.expected("the name of a label (letters, digits and _)"));
        }
        self.at += name.chars().count();
        Ok(name)
    }

    /// A text in `"…"` with escapes, or in backticks as it stands.
    pub(super) fn string(&mut self) -> Result<String, LogqlError> {
        let open = self.peek();
        match open {
            Some('"') => self.quoted(),
            Some('`') => self.raw(),
            _ => Err(self.expected("a text in \"quotes\" or `backticks`")),
        }
    }

    fn raw(&mut self) -> Result<String, LogqlError> {
        let start = self.at;
        self.at += 1;
        let text: String = self
            .chars
            .iter()
            .skip(self.at)
            .take_while(|c| **c != '`')
            .collect();
        self.at += text.chars().count();
        if self.here().is_none() {
            return Err(self.error(start, "a ` that ends the text", "none"));
        }
        self.at += 1;
        Ok(text)
    }

    fn quoted(&mut self) -> Result<String, LogqlError> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let c = self
                .here()
                .ok_or_else(|| self.error(start, "a \" that ends the text", "none"))?;
            match c {
                '"' => break,
                '\\' => text.push(self.escape()?),
                '\n' => return Err(self.error(self.at, "a \" before the line ends", "the end")),
                _ => text.push(c),
            }
            self.at += 1;
        }
        self.at += 1;
        Ok(text)
    }

    /// The character that an escape of Go's strings stands for; ends at its last character.
    fn escape(&mut self) -> Result<char, LogqlError> {
        let start = self.at;
        self.at += 1;
        let plain = match self.here() {
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('a') => '\u{7}',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('v') => '\u{b}',
            Some(c @ ('\\' | '"' | '\'')) => c,
            Some('x') => return self.hexadecimal(start, 2),
            Some('u') => return self.hexadecimal(start, 4),
            Some('U') => return self.hexadecimal(start, 8),
            _ => {
                let expected =
                    "an escape such as \\\\, \\\" or \\n; between backticks \\ is itself";
                return Err(self.expected_at(start, expected));
            }
        };
        Ok(plain)
    }

    fn hexadecimal(&mut self, start: usize, digits: usize) -> Result<char, LogqlError> {
        let text: String = self.chars.iter().skip(self.at + 1).take(digits).collect();
        self.at += digits;
        let is_whole = text.len() == digits && text.chars().all(|c| c.is_ascii_hexdigit());
        let number = u32::from_str_radix(&text, 16).ok().filter(|_| is_whole);
        number
            .and_then(char::from_u32)
            .ok_or_else(|| self.expected_at(start, "a character by its number, such as \\u00e5"))
    }

    pub(super) fn digits(&mut self) -> String {
        self.skip_space();
        self.while_here(|c| c.is_ascii_digit())
    }

    /// A number, as it is written.
    pub(super) fn number_text(&mut self, expected: &str) -> Result<String, LogqlError> {
        self.skip_space();
        let start = self.at;
        let mut text = String::new();
        if self.here() == Some('-') {
            text.push('-');
            self.at += 1;
        }
        text += &self.while_here(|c| c.is_ascii_digit() || c == '.');
        let goes_on = self.here().is_some_and(|c| c.is_ascii_alphabetic());
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() && !goes_on => Ok(text),
            _ => Err(self.expected_at(start, expected)),
        }
    }

    pub(super) fn number(&mut self, expected: &str) -> Result<f64, LogqlError> {
        let start = self.at;
        let text = self.number_text(expected)?;
        text.parse().map_err(|_| self.expected_at(start, expected))
    }

    /// A duration in milliseconds, more than none.
    pub(super) fn duration(&mut self) -> Result<u64, LogqlError> {
        self.skip_space();
        let start = self.at;
        let text = self.while_here(|c| c.is_ascii_alphanumeric() || c == '.');
        duration_millis(&text)
            .filter(|millis| *millis > 0)
            .ok_or_else(|| self.error(start, DURATION, &format!("`{text}`")))
    }

    /// Whether a number begins after so many characters, and space.
    pub(super) fn is_number_after(&self, characters: usize) -> bool {
        let mut after = self.chars.iter().skip(self.at + characters);
        after
            .find(|c| !c.is_whitespace())
            .is_some_and(|c| c.is_ascii_digit() || *c == '-')
    }

    /// `expected`, but here is something else.
    pub(super) fn expected(&mut self, expected: &str) -> LogqlError {
        self.skip_space();
        self.expected_at(self.at, expected)
    }

    pub(super) fn expected_at(&self, position: usize, expected: &str) -> LogqlError {
        let word: String = self
            .chars
            .iter()
            .skip(position)
            .take_while(|c| c.is_ascii_alphanumeric() || **c == '_')
            .collect();
        let found = match (word.as_str(), self.chars.get(position)) {
            (_, None) => "the end".to_owned(),
            ("", Some(c)) => format!("`{c}`"),
            (word, _) => format!("`{word}`"),
        };
        self.error(position, expected, &found)
    }

    pub(super) fn error(&self, position: usize, expected: &str, found: &str) -> LogqlError {
        LogqlError {
            position,
            message: format!("expected {expected}; found {found}"),
        }
    }

    fn here(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn while_here(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let text: String = self
            .chars
            .iter()
            .skip(self.at)
            .take_while(|c| wanted(**c))
            .collect();
        self.at += text.chars().count();
        text
    }
}

/// `1h30m` in milliseconds; a number alone is none. `None` where it is no duration.
pub(in crate::loki) fn duration_millis(text: &str) -> Option<u64> {
    let mut millis = 0_u64;
    let mut rest = text.chars().peekable();
    rest.peek()?;
    while rest.peek().is_some() {
        let mut number = String::new();
        while let Some(c) = rest.next_if(char::is_ascii_digit) {
            number.push(c);
        }
        let mut unit = String::new();
        while let Some(c) = rest.next_if(char::is_ascii_alphabetic) {
            unit.push(c);
        }
        let factor: u64 = match unit.as_str() {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 604_800_000,
            "y" => 31_536_000_000,
            _ => return None,
        };
        let number: u64 = number.parse().ok()?;
        millis = millis.checked_add(number.checked_mul(factor)?)?;
    }
    Some(millis)
}
