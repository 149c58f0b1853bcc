//! What stands after a selector: filters of lines, filters of labels, parsers.
//!
//! ```text
//! stages  = { filter | "|" ( parser | "drop" names | either ) }
//! filter  = ( "|=" | "!=" | "|~" | "!~" ) string { "or" string }
//! parser  = "json" | "logfmt" { "--strict" | "--keep-empty" }
//! either  = both { "or" both }
//! both    = test { ( "and" | "," ) test }
//! test    = "(" either ")" | name operator string | name relation number
//! ```

use super::Parser;
use super::selector::is_of_errors;
use crate::loki::ast::{Condition, Lines, Operator, Relation};
use crate::loki::error::LogqlError;
use crate::loki::labels;

/// The deepest nesting of parentheses in a filter of labels: reading it is recursive.
const DEPTH_MAX: usize = 16;

/// Stages that change lines or make labels of them: Vakt takes events apart when they arrive.
const REFUSED: &[&str] = &[
    "decolorize",
    "distinct",
    "keep",
    "label_format",
    "line_format",
    "pattern",
    "regexp",
    "unpack",
    "unwrap",
];

const STAGE: &str = "a filter such as |= \"text\", json, logfmt or a filter of a label";

impl Parser {
    pub(super) fn stages(&mut self, lines: &mut Lines) -> Result<(), LogqlError> {
        loop {
            match (self.scan.peek(), self.scan.peek_second()) {
                (Some('|'), Some('>')) | (Some('!'), Some('>')) => {
                    return Err(self
                        .scan
                        .expected("|=, !=, |~ or !~: filters by pattern are not answered"));
                }
                (Some('|'), Some('=' | '~')) | (Some('!'), Some('=' | '~')) => {
                    let condition = self.line_filter()?;
                    self.add(&mut lines.conditions, condition)?;
                }
                (Some('|'), _) => {
                    self.scan.skip();
                    if let Some(condition) = self.stage(lines)? {
                        self.add(&mut lines.conditions, condition)?;
                    }
                }
                _ => return Ok(()),
            }
        }
    }

    fn line_filter(&mut self) -> Result<Condition, LogqlError> {
        let operator = match (self.scan.peek(), self.scan.peek_second()) {
            (Some('|'), Some('=')) => Operator::Equal,
            (Some('|'), _) => Operator::Matches,
            (_, Some('=')) => Operator::NotEqual,
            _ => Operator::MatchesNot,
        };
        self.scan.skip();
        self.scan.skip();
        if self.scan.peek_word() == "ip" {
            return Err(self.scan.expected(
                "a text: filters by ip() are not answered, but source_ip=\"203.0.113.7\" is",
            ));
        }
        let mut texts = vec![self.text_or_regex(operator)?];
        while self.scan.peek_word() == "or" {
            self.scan.take_word("or", "or")?;
            texts.push(self.text_or_regex(operator)?);
        }
        Ok(Condition::Line { operator, texts })
    }

    /// A stage after its `|`; what it asks for, if anything.
    fn stage(&mut self, lines: &mut Lines) -> Result<Option<Condition>, LogqlError> {
        let word = self.scan.peek_word();
        match word.as_str() {
            "json" | "logfmt" => {
                self.parser(&word)?;
                lines.takes_fields |= word == "json";
                Ok(None)
            }
            "drop" => {
                self.drop_labels()?;
                Ok(None)
            }
            _ if REFUSED.contains(&word.as_str()) => Err(self.scan.expected(&format!(
                "another stage: {word} is not answered; Vakt takes events apart when they arrive"
            ))),
            "" if self.scan.peek() != Some('(') => Err(self.scan.expected(STAGE)),
            _ => self.either().map(Some),
        }
    }

    /// `json` and `logfmt` change nothing: what can be taken apart are fields already.
    fn parser(&mut self, word: &str) -> Result<(), LogqlError> {
        self.scan.take_word(word, STAGE)?;
        self.is_after_logfmt |= word == "logfmt";
        while self.scan.peek() == Some('-') {
            self.scan.skip();
            self.scan.take('-', "--strict or --keep-empty")?;
            let flag = self.scan.peek_word();
            let length = match flag.as_str() {
                "strict" => 6,
                // `--keep-empty`: the rest is after a dash of its own.
                "keep" => 10,
                _ => return Err(self.scan.expected("--strict or --keep-empty")),
            };
            for _ in 0..length {
                self.scan.skip();
            }
        }
        match self.scan.peek() {
            None | Some('|' | '!' | '[' | ')') => Ok(()),
            Some(_) => Err(self.scan.expected(&format!(
                "the next stage: {word} is answered without names of its own"
            ))),
        }
    }

    /// `drop __error__`: labels that Vakt never has.
    fn drop_labels(&mut self) -> Result<(), LogqlError> {
        self.scan.take_word("drop", STAGE)?;
        loop {
            self.scan.skip_space();
            let start = self.scan.at();
            let name = self.scan.label()?;
            if !is_of_errors(&name) {
                return Err(self.scan.expected_at(
                    start,
                    "__error__ or __error_details__: other labels cannot be dropped",
                ));
            }
            if !self.scan.take_if(',') {
                return Ok(());
            }
        }
    }

    fn either(&mut self) -> Result<Condition, LogqlError> {
        let mut parts = vec![self.both()?];
        while self.scan.peek_word() == "or" {
            self.scan.take_word("or", "or")?;
            let part = self.both()?;
            self.add(&mut parts, part)?;
        }
        Ok(one_or(parts, Condition::Any))
    }

    fn both(&mut self) -> Result<Condition, LogqlError> {
        let mut parts = vec![self.test()?];
        loop {
            if self.scan.peek_word() == "and" {
                self.scan.take_word("and", "and")?;
            } else if !self.scan.take_if(',') {
                return Ok(one_or(parts, Condition::All));
            }
            let part = self.test()?;
            self.add(&mut parts, part)?;
        }
    }

    fn test(&mut self) -> Result<Condition, LogqlError> {
        if self.scan.peek() == Some('(') {
            if self.depth == DEPTH_MAX {
                let expected = format!("at most {DEPTH_MAX} levels of parentheses");
                return Err(self.scan.expected(&expected));
            }
            self.scan.skip();
            self.depth += 1;
            let condition = self.either()?;
            self.depth -= 1;
            self.scan.take(')', ") after the filter")?;
            return Ok(condition);
        }
        self.scan.skip_space();
        let start = self.scan.at();
        let name = self.scan.label()?;
        if self.is_after_logfmt && labels::known(&name).is_none() && !is_of_errors(&name) {
            // Silently nothing would be found: of logfmt text Vakt makes no fields.
            return Err(self.scan.expected_at(
                start,
                "a label that Vakt has: logfmt is not taken apart, use a line filter such as |= \"key=value\"",
            ));
        }
        match self.relation_to_number() {
            Some(relation) => {
                let number = self
                    .scan
                    .number_text("a number without a unit, or a \"text\"")?;
                Ok(Condition::Number {
                    name,
                    relation,
                    number,
                })
            }
            None => self.label_is(name, "=, !=, =~, !~, ==, <, <=, > or >= after the label"),
        }
    }

    /// The comparison with a number, if one stands here; `!=` and `=` before a number are some.
    fn relation_to_number(&mut self) -> Option<Relation> {
        let (relation, length) = match (self.scan.peek()?, self.scan.peek_second()) {
            ('=', Some('=')) => (Relation::Equal, 2),
            ('>', Some('=')) => (Relation::AtLeast, 2),
            ('<', Some('=')) => (Relation::AtMost, 2),
            ('>', _) => (Relation::Above, 1),
            ('<', _) => (Relation::Below, 1),
            ('!', Some('=')) if self.scan.is_number_after(2) => (Relation::NotEqual, 2),
            ('=', _) if self.scan.is_number_after(1) => (Relation::Equal, 1),
            _ => return None,
        };
        for _ in 0..length {
            self.scan.skip();
        }
        Some(relation)
    }
}

fn one_or(mut parts: Vec<Condition>, many: impl FnOnce(Vec<Condition>) -> Condition) -> Condition {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            many(parts)
        }
        None => Condition::All(Vec::new()),
    }
}
