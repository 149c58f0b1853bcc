//! Names in commands, and the words between them.

use vakt_event::alias::canonical;

use super::columns::Columns;
use super::{Parser, QueryError};
use crate::query::pipeline::Name;

impl Parser {
    pub(super) fn names(&mut self, count_max: usize) -> Result<Vec<Name>, QueryError> {
        self.list(count_max, Self::name)
    }

    /// Names with commas or spaces between them.
    pub(super) fn list(
        &mut self,
        count_max: usize,
        read: impl Fn(&mut Self) -> Result<Name, QueryError>,
    ) -> Result<Vec<Name>, QueryError> {
        let mut names: Vec<Name> = Vec::new();
        loop {
            self.skip_space();
            let start = self.at;
            if names.len() == count_max {
                let expected = format!("at most {count_max} names");
                return Err(self.error(start, &expected, "one more"));
            }
            let name = read(self)?;
            if names
                .iter()
                .any(|earlier| earlier.canonical == name.canonical)
            {
                let found = format!("`{}` again", name.shown);
                return Err(self.error(start, "another field", &found));
            }
            names.push(name);
            let goes_on = self.take_comma();
            self.skip_space();
            let ends = self.peek().is_none() || self.at_pipe() || self.is_word("by");
            if ends && !goes_on {
                return Ok(names);
            }
        }
    }

    /// The name of a field, plain or in quotes.
    pub(super) fn name(&mut self) -> Result<Name, QueryError> {
        self.skip_space();
        let shown = if self.peek() == Some('"') {
            Some(self.quoted(",)")?).filter(|name| !name.is_empty())
        } else {
            self.read_name()
        };
        match shown {
            Some(shown) => Ok(Name {
                canonical: canonical(&shown).to_owned(),
                shown,
            }),
            None => Err(self.expected("the name of a field")),
        }
    }

    /// The name of a column, such as `count` and `sum(x)`, which must be there.
    pub(super) fn column(&mut self, columns: &Columns) -> Result<Name, QueryError> {
        let start = self.at;
        let mut name = self.name()?;
        if self.peek() == Some('(') {
            self.at += 1;
            let inner = if self.peek() == Some(')') {
                None
            } else {
                Some(self.name()?)
            };
            if self.peek() != Some(')') {
                return Err(self.expected("a ) in the name of the column"));
            }
            self.at += 1;
            if let Some(inner) = inner {
                name.shown = format!("{}({})", name.shown, inner.shown);
                name.canonical.clone_from(&name.shown);
            }
        }
        columns
            .find(name)
            .map_err(|fault| self.error(start, &fault.expected, &fault.found))
    }

    pub(super) fn take_comma(&mut self) -> bool {
        self.skip_space();
        let is_there = self.peek() == Some(',');
        self.at += usize::from(is_there);
        is_there
    }

    /// Takes a word of a command, in lower or upper case, and the space before it.
    pub(super) fn take_word(&mut self, word: &str) -> bool {
        self.skip_space();
        let is_there = self.is_word(word);
        if is_there {
            self.at += word.len();
        }
        is_there
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.starts_with(word)
            && self
                .peek_at(word.len())
                .is_none_or(|c| c.is_whitespace() || ",|".contains(c))
    }

    pub(super) fn take_start(&mut self, start: &str) -> bool {
        let is_there = self.starts_with(start);
        if is_there {
            self.at += start.len();
        }
        is_there
    }

    /// Whether `text`, which is ASCII, stands here in any case.
    fn starts_with(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(index, c)| {
            self.peek_at(index)
                .is_some_and(|here| here.eq_ignore_ascii_case(&c))
        })
    }

    pub(super) fn letters(&mut self) -> String {
        self.take_while(|c| c.is_ascii_alphabetic() || c == '_')
    }

    pub(super) fn digits(&mut self) -> String {
        self.take_while(|c| c.is_ascii_digit())
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> String {
        let taken: String = self
            .chars
            .iter()
            .skip(self.at)
            .copied()
            .take_while(|c| belongs(*c))
            .collect();
        self.at += taken.chars().count();
        taken
    }
}
