//! Regular expressions between slashes.

use super::{Parser, QUERY_REGEXES_MAX, QueryError, Regex};

impl Parser {
    /// The place of the `/` that closes a regular expression which begins here, if one does.
    /// `/var/log/syslog` is text: after the closing `/` a word must not go on, but for an `i`, which says what
    /// is so anyway.
    pub(super) fn regex_end(&self) -> Option<usize> {
        if self.peek() != Some('/') {
            return None;
        }
        let mut end = self.at + 1;
        loop {
            match self.chars.get(end)? {
                '\\' => end += 2,
                '/' => break,
                _ => end += 1,
            }
        }
        let ends_here = |c: &char| c.is_whitespace() || ")|".contains(*c);
        let after = end + 1 + usize::from(self.chars.get(end + 1) == Some(&'i'));
        (end > self.at + 1 && self.chars.get(after).is_none_or(ends_here)).then_some(end)
    }

    /// Reads the regular expression that begins here and whose closing `/` stands at `end`.
    pub(super) fn regex(&mut self, end: usize) -> Result<Regex, QueryError> {
        let open = self.at;
        self.count_regex(open)?;
        let length = end.saturating_sub(open + 1);
        let source: String = self.chars.iter().skip(open + 1).take(length).collect();
        let regex = Regex::new(&source).map_err(|fault| {
            self.error(
                open + 1 + fault.offset,
                "a regular expression",
                &fault.reason,
            )
        })?;
        self.at = end + 1;
        self.at += usize::from(self.peek() == Some('i'));
        Ok(regex)
    }

    /// Counts one more expression, which begins at `start`.
    pub(super) fn count_regex(&mut self, start: usize) -> Result<(), QueryError> {
        self.regexes += 1;
        if self.regexes > QUERY_REGEXES_MAX {
            let expected =
                format!("at most {QUERY_REGEXES_MAX} regular expressions and patterns with ?");
            return Err(self.error(start, &expected, "one more"));
        }
        Ok(())
    }
}
