//! Reading a query: recursive descent over its characters.
//!
//! ```text
//! query  = [ or ]
//! or     = and { ("or" | "||") and }
//! and    = unary { [ "and" | "&&" ] unary }
//! unary  = ("not" | "!" | "-" | "+") unary | term
//! term   = "(" or ")" | phrase | regex | word | name ":" value | name compare operand
//! value  = "(" or-of-values ")" | range | compare operand | phrase | regex | word
//! range  = ("[" | "{") operand "TO" operand ("]" | "}")
//! ```

mod assign;
mod columns;
mod doubt;
mod exists;
mod foreign;
mod measures;
mod names;
mod range;
mod regex;
mod scan;
mod stages;

use vakt_event::alias::canonical;

use super::compare::is_time_field;
use super::glob::TooLarge;
use super::word::{self, Glyph};
use super::{
    Glob, Network, Node, Now, Pattern, Pipeline, QUERY_BYTES_MAX, QUERY_DEPTH_MAX,
    QUERY_REGEXES_MAX, QUERY_TERMS_MAX, QueryError, Range, Regex, Test,
};
use crate::fold::fold;
use scan::{Operator, Relation};

const TERM: &str = "a word, a \"phrase\", field:value or (";

const NO_COMMANDS: &str =
    "the end of the query: commands after | have no place here, and \"|\" is the text";

pub(super) fn parse(text: &str, now: Option<Now>) -> Result<Node, QueryError> {
    let mut parser = Parser::new(text, now)?;
    let node = parser.query()?;
    if parser.at_pipe() {
        return Err(parser.expected(NO_COMMANDS));
    }
    Ok(node)
}

pub(super) fn pipeline(text: &str, now: Option<Now>) -> Result<Pipeline, QueryError> {
    let mut parser = Parser::new(text, now)?;
    let node = parser.query()?;
    parser.stages(node)
}

/// The field whose parenthesised values are being read, if any.
type Group<'g> = Option<&'g str>;

struct Parser {
    chars: Vec<char>,
    /// The next character.
    at: usize,
    depth: usize,
    terms: usize,
    regexes: usize,
    now: Option<Now>,
    /// Columns such as `sum(x)`, which are names in a condition over rows.
    computed: Vec<String>,
    /// What may have been meant otherwise, in sentences.
    doubts: Vec<String>,
}

impl Parser {
    fn new(text: &str, now: Option<Now>) -> Result<Self, QueryError> {
        let parser = Self {
            chars: text.chars().collect(),
            at: 0,
            depth: 0,
            terms: 0,
            regexes: 0,
            now,
            computed: Vec::new(),
            doubts: Vec::new(),
        };
        if text.len() > QUERY_BYTES_MAX {
            let expected = format!("a query of at most {QUERY_BYTES_MAX} bytes");
            return Err(parser.error(0, &expected, &format!("{} bytes", text.len())));
        }
        Ok(parser)
    }

    /// Reads up to the end or the first command.
    fn query(&mut self) -> Result<Node, QueryError> {
        self.skip_space();
        if self.peek().is_none() || self.at_pipe() {
            return Ok(Node::All);
        }
        let node = self.or(None)?;
        if self.peek().is_none() || self.at_pipe() {
            return Ok(node);
        }
        Err(self.expected("the end of the query, or a ( before this"))
    }

    fn or(&mut self, group: Group<'_>) -> Result<Node, QueryError> {
        let mut parts = vec![self.and(group)?];
        while self.take_operator(Operator::Or) {
            parts.push(self.and(group)?);
        }
        Ok(one_or(parts, Node::Or))
    }

    fn and(&mut self, group: Group<'_>) -> Result<Node, QueryError> {
        let mut parts = vec![self.unary(group)?];
        loop {
            self.skip_space();
            match self.peek() {
                None | Some(')') => break,
                Some(_) if self.at_pipe() => break,
                Some(_) if self.operator().is_some_and(|(op, _)| op == Operator::Or) => break,
                Some(_) => {
                    self.take_operator(Operator::And);
                    parts.push(self.unary(group)?);
                }
            }
        }
        Ok(one_or(parts, Node::And))
    }

    fn unary(&mut self, group: Group<'_>) -> Result<Node, QueryError> {
        self.skip_space();
        let start = self.at;
        let negates = match self.peek() {
            _ if self.take_operator(Operator::Not) => true,
            Some('!') => {
                self.at += 1;
                true
            }
            Some(sign @ ('-' | '+')) if self.is_sign() => {
                self.at += 1;
                sign == '-'
            }
            _ => return self.term(group),
        };
        let inner = self.nested(start, |parser| parser.unary(group))?;
        Ok(if negates {
            Node::Not(Box::new(inner))
        } else {
            inner
        })
    }

    /// Whether the `-` or `+` here belongs to the term after it; alone or doubled it is text.
    fn is_sign(&self) -> bool {
        self.peek_at(1)
            .is_some_and(|c| !c.is_whitespace() && !"-+>)".contains(c))
    }

    fn term(&mut self, group: Group<'_>) -> Result<Node, QueryError> {
        self.skip_space();
        let start = self.at;
        self.terms += 1;
        if self.terms > QUERY_TERMS_MAX {
            let expected = format!("at most {QUERY_TERMS_MAX} terms");
            return Err(self.error(start, &expected, "one more"));
        }
        if self.operator().is_some() {
            return Err(self.expected(TERM));
        }
        match self.peek() {
            None | Some(')') => Err(self.expected(TERM)),
            Some('(') => self.parenthesised(group),
            Some(_) if self.at_pipe() => Err(self.expected(TERM)),
            Some(_) => match group {
                Some(field) => self.value(field, true),
                None => self.field_or_text(),
            },
        }
    }

    fn parenthesised(&mut self, group: Group<'_>) -> Result<Node, QueryError> {
        let open = self.at;
        self.at += 1;
        let node = self.nested(open, |parser| parser.or(group))?;
        self.skip_space();
        if self.peek() != Some(')') {
            let expected = format!("a ) for the ( at character {}", open + 1);
            return Err(self.expected(&expected));
        }
        self.at += 1;
        self.after_closing("the )")?;
        Ok(node)
    }

    fn field_or_text(&mut self) -> Result<Node, QueryError> {
        if let Some(end) = self.regex_end() {
            return Ok(Node::SentRegex(self.regex(end)?));
        }
        if let Some(field) = self.take_exists() {
            return Ok(Node::Field(field, Test::Exists));
        }
        if let Some((name, relation)) = self.take_field() {
            self.skip_space();
            match name.as_str() {
                "_exists_" if relation == Relation::Has => return self.exists(&name),
                "_missing_" if relation == Relation::Has => {
                    return Ok(Node::Not(Box::new(self.exists(&name)?)));
                }
                _ => {}
            }
            let field = canonical(&name).to_owned();
            return match relation {
                Relation::Has => self.value(&field, false),
                Relation::HasNot => Ok(Node::Not(Box::new(self.value(&field, false)?))),
                relation => self.comparison(&field, relation),
            };
        }
        if self.peek() == Some('"') {
            let phrase = self.phrase()?;
            return Ok(Node::Sent(Pattern::phrase(phrase)));
        }
        self.refuse_foreign()?;
        if let Some(name) = self.assigned_name() {
            return self.assignment(&name);
        }
        let start = self.at;
        let word = self.word("")?;
        self.refuse_lucene(start, &word)?;
        self.doubt_word(&word);
        let everything = word::text(&word) == "*:*";
        Ok(match word::to_pattern(&word) {
            Some(pattern) if !everything => Node::Sent(pattern),
            _ => Node::All,
        })
    }

    /// The value after `field:`, or one of those in the parentheses after it.
    fn value(&mut self, field: &str, is_listed: bool) -> Result<Node, QueryError> {
        let named = |test| Node::Field(field.to_owned(), test);
        match self.peek() {
            None => Err(self.expected(&format!("a value for `{field}`"))),
            Some(c) if c == ')' || self.is_lone_pipe() => {
                Err(self.expected(&format!("a value for `{field}`")))
            }
            Some('(') => self.parenthesised(Some(field)),
            Some(_)
                if is_time_field(field)
                    && let Some(range) = self.period()? =>
            {
                Ok(named(Test::Range(range)))
            }
            Some('"') => Ok(named(Test::Text(Pattern::phrase(self.phrase()?)))),
            Some('[' | '{') => self.range(field),
            Some('<' | '>') => {
                let relation = self.take_comparison().unwrap_or(Relation::Has);
                self.comparison(field, relation)
            }
            Some('!' | '=') => Err(self.expected(&format!(
                "a value for `{field}`; field!=value, or not before the field, for its absence"
            ))),
            Some(_) if let Some(end) = self.regex_end() => Ok(named(Test::Regex(self.regex(end)?))),
            Some(_) => {
                let start = self.at;
                let word = self.word("")?;
                self.refuse_lucene(start, &word)?;
                if is_listed {
                    self.refuse_list(start, &word)?;
                }
                self.word_of_field(field, start, &word)
            }
        }
    }

    /// What a bare word, which begins at `start`, asks of a field.
    fn word_of_field(
        &mut self,
        field: &str,
        start: usize,
        word: &[Glyph],
    ) -> Result<Node, QueryError> {
        let named = |test| Node::Field(field.to_owned(), test);
        let Some(pattern) = word::to_pattern(word) else {
            return Ok(named(Test::Exists));
        };
        if word.iter().any(|glyph| glyph.is_one_wildcard()) {
            self.count_regex(start)?;
            return match Glob::new(word::to_parts(word)) {
                Ok(glob) => Ok(named(Test::Glob(glob))),
                Err(TooLarge) => Err(self.error(start, "a shorter word", "too many wildcards")),
            };
        }
        self.refuse_network(start, word)?;
        self.doubt_value(field, word);
        let literal = named(Test::Text(pattern));
        Ok(match Network::parse(&word::text(word)) {
            Some(network) => Node::Or(vec![literal, named(Test::Network(network))]),
            None => literal,
        })
    }

    fn phrase(&mut self) -> Result<String, QueryError> {
        let text = self.quoted("")?;
        self.doubt_phrase(&text);
        Ok(fold(&text).into_owned())
    }

    fn nested<T>(
        &mut self,
        start: usize,
        read: impl FnOnce(&mut Self) -> Result<T, QueryError>,
    ) -> Result<T, QueryError> {
        self.depth += 1;
        if self.depth > QUERY_DEPTH_MAX {
            let expected = format!("at most {QUERY_DEPTH_MAX} levels of nesting");
            return Err(self.error(start, &expected, "one more"));
        }
        let read = read(self);
        self.depth -= 1;
        read
    }

    /// `expected`, but here is something else.
    fn expected(&self, expected: &str) -> QueryError {
        let found = match (self.operator(), self.peek()) {
            (_, None) => "the end of the query".to_owned(),
            (Some((_, length)), _) => {
                let text: String = self.chars.iter().skip(self.at).take(length).collect();
                format!("the operator `{text}`; \"{text}\" is the text")
            }
            (None, Some(c)) => format!("`{c}`"),
        };
        self.error(self.at, expected, &found)
    }

    fn error(&self, position: usize, expected: &str, found: &str) -> QueryError {
        let message = format!(
            "character {}: expected {expected}; found {found}",
            position + 1
        );
        QueryError::new(&self.chars, position, expected.to_owned(), message)
    }
}

fn one_or(mut parts: Vec<Node>, many: impl FnOnce(Vec<Node>) -> Node) -> Node {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            many(parts)
        }
        None => Node::All,
    }
}
