//! `name=value`: a text of many logs, and how other tools ask for a field. It finds both.

use vakt_event::alias::canonical;

use super::{Node, Parser, Pattern, QueryError, Test};
use crate::fold::fold;
use crate::query::compare::is_time_field;
use crate::query::word;

impl Parser {
    /// The name here, where `=` and a value follow without a space. Takes nothing.
    pub(super) fn assigned_name(&mut self) -> Option<String> {
        let start = self.at;
        let name = self.read_name();
        let is_assigned = self.peek() == Some('=')
            && self
                .peek_at(1)
                .is_some_and(|c| !c.is_whitespace() && !"=)(".contains(c));
        let is_plain = self.at == start + name.as_ref().map_or(0, |name| name.chars().count());
        self.at = start;
        name.filter(|_| is_assigned && is_plain)
    }

    /// Reads `name=value` or `name="a value"`.
    pub(super) fn assignment(&mut self, name: &str) -> Result<Node, QueryError> {
        let start = self.at;
        let name_length = name.chars().count();
        let field = canonical(name);
        let value_at = start + name_length + 1;
        if is_time_field(field) {
            self.at = value_at;
            return self.value(field, false);
        }
        if self.chars.get(value_at) == Some(&'"') {
            self.at = value_at;
            let text = self.quoted("")?;
            let pattern = |text: &str| Pattern::phrase(fold(text).into_owned());
            return Ok(Node::Or(vec![
                Node::Sent(pattern(&format!("{name}=\"{text}\""))),
                Node::Field(field.to_owned(), Test::Text(pattern(&text))),
            ]));
        }
        let word = self.word("")?;
        let value = word.get(name_length + 1..).unwrap_or_default();
        let of_field = self.word_of_field(field, value_at, value)?;
        Ok(match word::to_pattern(&word) {
            Some(text) => Node::Or(vec![Node::Sent(text), of_field]),
            None => of_field,
        })
    }
}
