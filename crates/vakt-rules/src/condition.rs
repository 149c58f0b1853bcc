//! The condition language: text to an expression over search names, and back.
//!
//! Grammar, loosest first: `or`, `and`, `not`, `1 of x`, parentheses.

use std::fmt;

use crate::diagnostic::Report;
use crate::source::Span;
use crate::yaml::Node;

/// Bytes of a condition. The longest public one has 200.
const BYTES_MAX: usize = 65_536;
/// Parentheses and `not`s inside one another.
const DEPTH_MAX: usize = 64;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expression {
    Search(Name),
    Of(Quantifier, Name),
    Not(Box<Expression>),
    All(Vec<Expression>),
    Any(Vec<Expression>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantifier {
    One,
    All,
}

/// A search's name, a pattern of names, or `them`; equal where the text is.
#[derive(Clone, Debug, Eq)]
pub(crate) struct Name {
    pub(crate) text: String,
    /// Bytes of the condition.
    pub(crate) span: Span,
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) span: Span,
    pub(crate) kind: ProblemKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ProblemKind {
    Empty,
    Aggregation,
    /// An operator in capitals.
    Case(String),
    /// What was expected, and what came.
    Expected(&'static str, String),
    /// `2 of x`.
    Count(String),
    /// Too long, too deeply nested, or too many searches where patterns are written out.
    TooLarge,
}

/// Operators in capitals are reported all; of other problems, the first.
pub(crate) fn parse(text: &str) -> Result<Expression, Vec<Problem>> {
    if let Some(at) = text.find('|') {
        return Err(vec![Problem {
            span: at..text.len(),
            kind: ProblemKind::Aggregation,
        }]);
    }
    if text.len() > BYTES_MAX {
        return Err(vec![Problem {
            span: 0..text.len(),
            kind: ProblemKind::TooLarge,
        }]);
    }
    let words = words(text);
    if words.is_empty() {
        return Err(vec![Problem {
            span: 0..text.len(),
            kind: ProblemKind::Empty,
        }]);
    }
    let capitals = capitals(&words);
    if !capitals.is_empty() {
        return Err(capitals);
    }
    let mut parser = Parser {
        words,
        next: 0,
        end: text.len(),
    };
    let expression = parser.any(0).map_err(|problem| vec![problem])?;
    match parser.peek() {
        None => Ok(expression),
        Some(word) => Err(vec![
            parser.unexpected("`and`, `or` or the end", Some(word)),
        ]),
    }
}

/// The operators that are not in lower case.
fn capitals(words: &[Word<'_>]) -> Vec<Problem> {
    let is = |word: Option<&Word<'_>>, text: &str| {
        word.is_some_and(|word| word.text.eq_ignore_ascii_case(text))
    };
    let operator = |at: usize, word: &Word<'_>| {
        let before_of = is(words.get(at + 1), "of");
        let after_of = at.checked_sub(1).is_some_and(|at| is(words.get(at), "of"));
        match word.text.to_ascii_lowercase().as_str() {
            "and" | "or" | "not" | "of" => true,
            "any" | "all" => before_of,
            "them" => after_of,
            _ => false,
        }
    };
    words
        .iter()
        .enumerate()
        .filter(|(at, word)| operator(*at, word))
        .map(|(_, word)| (word, word.text.to_ascii_lowercase()))
        .filter(|(word, lower)| word.text != lower)
        .map(|(word, lower)| Problem {
            span: word.start..word.start + word.text.len(),
            kind: ProblemKind::Case(lower),
        })
        .collect()
}

#[derive(Clone, Copy)]
struct Word<'t> {
    text: &'t str,
    start: usize,
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut rest = text;
    let mut at = 0;
    while let Some(c) = rest.chars().next() {
        let len = if c.is_whitespace() || matches!(c, '(' | ')') {
            c.len_utf8()
        } else {
            rest.find(|c: char| c.is_whitespace() || matches!(c, '(' | ')'))
                .unwrap_or(rest.len())
        };
        let (word, after) = rest.split_at_checked(len).unwrap_or((rest, ""));
        if !c.is_whitespace() {
            words.push(Word {
                text: word,
                start: at,
            });
        }
        at += len;
        rest = after;
    }
    words
}

struct Parser<'t> {
    words: Vec<Word<'t>>,
    next: usize,
    end: usize,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<Word<'t>> {
        self.words.get(self.next).copied()
    }

    fn take(&mut self, text: &str) -> bool {
        let found = self.peek().is_some_and(|word| word.text == text);
        self.next += usize::from(found);
        found
    }

    fn unexpected(&self, expected: &'static str, word: Option<Word<'t>>) -> Problem {
        let (span, kind) = match word {
            Some(word) => {
                let kind = ProblemKind::Expected(expected, format!("`{}`", word.text));
                (word.start..word.start + word.text.len(), kind)
            }
            None => (
                self.end.saturating_sub(1)..self.end,
                ProblemKind::Expected(expected, "the end".to_owned()),
            ),
        };
        Problem { span, kind }
    }

    fn any(&mut self, depth: usize) -> Result<Expression, Problem> {
        let mut parts = vec![self.all(depth)?];
        while self.take("or") {
            parts.push(self.all(depth)?);
        }
        Ok(one_or(parts, Expression::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Expression, Problem> {
        let mut parts = vec![self.not(depth)?];
        while self.take("and") {
            parts.push(self.not(depth)?);
        }
        Ok(one_or(parts, Expression::All))
    }

    fn not(&mut self, depth: usize) -> Result<Expression, Problem> {
        if depth > DEPTH_MAX {
            let at = self.peek().map_or(self.end, |word| word.start);
            return Err(Problem {
                span: at..at,
                kind: ProblemKind::TooLarge,
            });
        }
        if self.take("not") {
            return Ok(Expression::Not(Box::new(self.not(depth + 1)?)));
        }
        if self.take("(") {
            let inner = self.any(depth + 1)?;
            if !self.take(")") {
                return Err(self.unexpected("`)`, `and` or `or`", self.peek()));
            }
            return Ok(inner);
        }
        self.term()
    }

    fn term(&mut self) -> Result<Expression, Problem> {
        const EXPECTED: &str = "a search, `not`, `1 of`, `all of` or `(`";
        let Some(word) = self.peek() else {
            return Err(self.unexpected(EXPECTED, None));
        };
        let followed_by_of = self
            .words
            .get(self.next + 1)
            .is_some_and(|word| word.text == "of");
        if !followed_by_of {
            let reserved = ["and", "or", "not", "of", "them", ")"];
            if reserved.contains(&word.text) {
                return Err(self.unexpected(EXPECTED, Some(word)));
            }
            if word.text.contains('*') {
                return Err(self.unexpected("`1 of` or `all of` before a pattern", Some(word)));
            }
            self.next += 1;
            return Ok(Expression::Search(name(word)));
        }
        let quantifier = match word.text {
            "1" | "any" => Quantifier::One,
            "all" => Quantifier::All,
            other => {
                return Err(Problem {
                    span: word.start..word.start + other.len(),
                    kind: ProblemKind::Count(other.to_owned()),
                });
            }
        };
        self.next += 1;
        if !self.take("of") {
            return Err(self.unexpected("`of`", self.peek()));
        }
        match self.peek() {
            Some(word) if !matches!(word.text, "(" | ")" | "and" | "or" | "not" | "of") => {
                self.next += 1;
                Ok(Expression::Of(quantifier, name(word)))
            }
            other => Err(self.unexpected("`them` or a pattern of names", other)),
        }
    }
}

fn name(word: Word<'_>) -> Name {
    Name {
        text: word.text.to_owned(),
        span: word.start..word.start + word.text.len(),
    }
}

fn one_or(
    mut parts: Vec<Expression>,
    join: impl FnOnce(Vec<Expression>) -> Expression,
) -> Expression {
    match parts.len() {
        1 => parts.remove(0),
        _ => join(parts),
    }
}

impl fmt::Display for Expression {
    /// With every pair of parentheses that the tree has: what is printed reads back as itself.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn operand(f: &mut fmt::Formatter<'_>, expression: &Expression) -> fmt::Result {
            match expression {
                Expression::All(_) | Expression::Any(_) => write!(f, "({expression})"),
                _ => write!(f, "{expression}"),
            }
        }
        match self {
            Self::Search(name) => f.write_str(&name.text),
            Self::Of(Quantifier::One, name) => write!(f, "1 of {}", name.text),
            Self::Of(Quantifier::All, name) => write!(f, "all of {}", name.text),
            Self::Not(inner) => {
                f.write_str("not ")?;
                operand(f, inner)
            }
            Self::All(parts) | Self::Any(parts) => {
                let operator = match self {
                    Self::All(_) => " and ",
                    _ => " or ",
                };
                for (index, part) in parts.iter().enumerate() {
                    if index > 0 {
                        f.write_str(operator)?;
                    }
                    operand(f, part)?;
                }
                Ok(())
            }
        }
    }
}

/// Where a part of a condition stands in the source; the whole value where the source writes it
/// in another form (escapes, folded lines).
pub(crate) fn locate(node: &Node<'_>, text: &str, part: &Span, report: &Report<'_>) -> Span {
    let source = report
        .source
        .text
        .get(node.span.clone())
        .unwrap_or_default();
    let quote = usize::from(source.starts_with(['\'', '"']));
    let verbatim = source
        .get(quote..)
        .is_some_and(|source| source.starts_with(text));
    if verbatim {
        let start = node.span.start + quote;
        return start + part.start..start + part.end;
    }
    // A folded or escaped text: where its words are as they are, the first like it.
    let found = text.get(part.clone()).filter(|word| !word.is_empty());
    match found.and_then(|word| source.find(word).map(|at| (at, word.len()))) {
        Some((at, len)) => node.span.start + at..node.span.start + at + len,
        None => node.span.clone(),
    }
}

/// Whether a name fits a pattern in which `*` stands for any text.
pub(crate) fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
#[path = "condition_tests.rs"]
mod tests;
