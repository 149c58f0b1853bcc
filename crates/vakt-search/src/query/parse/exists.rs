//! Whether a field is there, in the forms that people know from elsewhere.

use vakt_event::alias::canonical;

use super::{Node, Parser, QueryError, Test};

impl Parser {
    /// Takes `exists(field)`, or `exists user.name`: without parentheses the name must have a dot
    /// or begin with `@`, so that words after `exists` stay words. Gives the canonical name.
    pub(super) fn take_exists(&mut self) -> Option<String> {
        let start = self.at;
        let taken = self.read_exists();
        if taken.is_none() {
            self.at = start;
        }
        taken
    }

    fn read_exists(&mut self) -> Option<String> {
        if !self.take_text("exists") && !self.take_text("EXISTS") {
            return None;
        }
        let parenthesised = self.peek() == Some('(');
        self.at += usize::from(parenthesised);
        self.skip_space();
        let name = match self.peek() {
            Some('"') if parenthesised => self.quoted(")").ok()?,
            _ => self.read_name()?,
        };
        if parenthesised {
            self.skip_space();
            if self.peek() != Some(')') {
                return None;
            }
            self.at += 1;
        } else if !name.contains('.') && !name.starts_with('@') {
            return None;
        }
        let ends = self
            .peek()
            .is_none_or(|c| c.is_whitespace() || ")|".contains(c));
        ends.then(|| canonical(&name).to_owned())
    }

    /// The field after `_exists_:`, which is `sign`.
    pub(super) fn exists(&mut self, sign: &str) -> Result<Node, QueryError> {
        let Some(name) = self.read_name() else {
            return Err(self.expected(&format!("the name of a field after {sign}:")));
        };
        self.after_closing("the name of the field")?;
        Ok(Node::Field(canonical(&name).to_owned(), Test::Exists))
    }
}
