//! `{host_name="web1", level=~"err.*"}`.

use super::Parser;
use crate::loki::ast::{Condition, Lines, Operator};
use crate::loki::error::LogqlError;
use crate::loki::regex;

/// The most conditions of one query: the search bounds what they become, and this what is read.
const CONDITIONS_MAX: usize = 200;

impl Parser {
    pub(super) fn selector(&mut self) -> Result<Lines, LogqlError> {
        self.scan
            .take('{', "a selector such as {host_name=\"web1\"}")?;
        let mut lines = Lines::default();
        while !self.scan.take_if('}') {
            let name = self.scan.label()?;
            let condition = self.label_is(name, "=, !=, =~ or !~ after the label")?;
            self.add(&mut lines.conditions, condition)?;
            if self.scan.peek() != Some('}') {
                self.scan.take(',', "a , or } after the value")?;
            }
        }
        Ok(lines)
    }

    /// The comparison of a label with a text, from the operator on.
    pub(super) fn label_is(
        &mut self,
        name: String,
        expected: &str,
    ) -> Result<Condition, LogqlError> {
        let operator = self
            .label_operator()
            .ok_or_else(|| self.scan.expected(expected))?;
        let value = self.text_or_regex(operator)?;
        if is_of_errors(&name) {
            return Ok(if holds_of_nothing(operator, &value) {
                Condition::All(Vec::new())
            } else {
                Condition::Any(Vec::new())
            });
        }
        Ok(Condition::Label {
            name,
            operator,
            value,
        })
    }

    /// A text; where the operator takes an expression, one that can be used.
    pub(super) fn text_or_regex(&mut self, operator: Operator) -> Result<String, LogqlError> {
        self.scan.skip_space();
        let start = self.scan.at();
        let text = self.scan.string()?;
        if operator.takes_regex()
            && let Err(reason) = regex::check(&text)
        {
            let found = format!("`{text}`: {reason}");
            return Err(self.scan.error(start, "a regular expression", &found));
        }
        Ok(text)
    }

    pub(super) fn add(
        &mut self,
        conditions: &mut Vec<Condition>,
        condition: Condition,
    ) -> Result<(), LogqlError> {
        if conditions.len() == CONDITIONS_MAX {
            let expected = format!("at most {CONDITIONS_MAX} conditions");
            return Err(self.scan.expected(&expected));
        }
        conditions.push(condition);
        Ok(())
    }

    fn label_operator(&mut self) -> Option<Operator> {
        let (operator, length) = match (self.scan.peek()?, self.scan.peek_second()) {
            ('=', Some('~')) => (Operator::Matches, 2),
            ('!', Some('~')) => (Operator::MatchesNot, 2),
            ('!', Some('=')) => (Operator::NotEqual, 2),
            ('=', _) => (Operator::Equal, 1),
            _ => return None,
        };
        for _ in 0..length {
            self.scan.skip();
        }
        Some(operator)
    }
}

/// Loki marks lines here that its parsers failed on. There are none in Vakt: the value is always empty.
pub(super) fn is_of_errors(name: &str) -> bool {
    matches!(name, "__error__" | "__error_details__")
}

fn holds_of_nothing(operator: Operator, value: &str) -> bool {
    let is_equal = match operator.takes_regex() {
        true => regex::takes_empty(value),
        false => value.is_empty(),
    };
    is_equal != operator.is_negated()
}
