//! The pieces of a query: words, quoted text, names of fields, operators.

use super::super::QueryError;
use super::super::word::{self, Glyph};
use super::Parser;

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Operator {
    And,
    Or,
    Not,
}

/// What stands between a field's name and its value.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Relation {
    Has,
    HasNot,
    Above,
    AtLeast,
    Below,
    AtMost,
}

const NO_FUZZY: &str = "the end of the word: nothing is searched fuzzily, but roam* or /ro[ao]m/ finds variants, and \\~ is the character";
const NO_DISTANCE: &str =
    "a space: distances are not searched, but (\"a\" and \"b\") or /a.{0,40}b/ finds both";
const NO_BOOST: &str =
    "the end of the term: hits are in order of time, and nothing is boosted; \\^ is the character";

impl Parser {
    /// The text between quotes, as it is written. Inside, `\` matters before `"` and `\` only.
    pub(super) fn quoted(&mut self, stops: &str) -> Result<String, QueryError> {
        let open = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            match self.peek() {
                None => {
                    let expected = format!("a \" for the \" at character {}", open + 1);
                    return Err(self.expected(&expected));
                }
                Some('"') => break,
                Some('\\') if matches!(self.peek_at(1), Some('"' | '\\')) => {
                    text.extend(self.peek_at(1));
                    self.at += 2;
                }
                Some(c) => {
                    text.push(c);
                    self.at += 1;
                }
            }
        }
        self.at += 1;
        if !self.peek().is_some_and(|c| stops.contains(c)) {
            self.after_closing("the closing \"")?;
        }
        Ok(text)
    }

    /// A bare word: to the next space, `)` that it did not open, or one of `stops`.
    pub(super) fn word(&mut self, stops: &str) -> Result<Vec<Glyph>, QueryError> {
        let mut word = Vec::new();
        let mut open = 0_usize;
        while let Some(c) = self.peek() {
            match c {
                _ if c.is_whitespace() || stops.contains(c) => break,
                '|' if self.is_lone_pipe() && word.last() != Some(&Glyph { c, plain: true }) => {
                    break;
                }
                ')' if open == 0 => break,
                '"' => {
                    return Err(
                        self.expected("a space before \", or \\\" for the character itself")
                    );
                }
                '\\' if self
                    .peek_at(1)
                    .is_some_and(|c| word::is_escaped_after(&word, c)) =>
                {
                    self.at += 1;
                    word.extend(self.peek().map(|c| Glyph { c, plain: false }));
                    self.at += 1;
                    continue;
                }
                '(' => open += 1,
                ')' => open -= 1,
                _ => {}
            }
            word.push(Glyph { c, plain: true });
            self.at += 1;
        }
        Ok(word)
    }

    /// Takes `name:`, `name>=` and the like, if a field stands here.
    pub(super) fn take_field(&mut self) -> Option<(String, Relation)> {
        let start = self.at;
        let taken = self.read_field();
        if taken.is_none() {
            self.at = start;
        }
        taken
    }

    /// Reads the name of a field. One that ends in a dash is none.
    pub(super) fn read_name(&mut self) -> Option<String> {
        if let Some(column) = self.take_computed() {
            return Some(column);
        }
        let mut name = String::new();
        let mut last_is_plain_dash = false;
        while let Some(c) = self.peek() {
            let escaped = c == '\\' && self.peek_at(1).is_some_and(word::is_escapable);
            if escaped {
                self.at += 1;
                name.extend(self.peek());
            } else if (word::is_name_char(c) && (!name.is_empty() || word::is_name_start(c)))
                // As Kubernetes writes its labels: `app.kubernetes.io/name`.
                || (c == '/' && name.contains('.'))
            {
                name.push(c);
            } else {
                break;
            }
            last_is_plain_dash = !escaped && c == '-';
            self.at += 1;
        }
        (!name.is_empty() && !last_is_plain_dash).then_some(name)
    }

    /// The name in quotes here, before a sign that follows a name.
    fn quoted_name(&mut self) -> Option<String> {
        let name = self.quoted(":<>!=").ok()?;
        let is_one = self.peek().is_some_and(|c| ":<>!=".contains(c));
        Some(name).filter(|name| is_one && !name.is_empty())
    }

    fn take_computed(&mut self) -> Option<String> {
        let here = self.chars.get(self.at..)?;
        let stands_here = |column: &&String| {
            let mut chars = here.iter();
            column.chars().all(|c| chars.next() == Some(&c))
        };
        let column = self.computed.iter().find(stands_here)?.clone();
        self.at += column.chars().count();
        Some(column)
    }

    fn read_field(&mut self) -> Option<(String, Relation)> {
        let start = self.at;
        let is_quoted = self.peek() == Some('"');
        let name = if is_quoted {
            self.quoted_name()?
        } else {
            self.read_name()?
        };
        let end = self.at;
        self.skip_space();
        let is_apart = self.at > end;
        if is_quoted && is_apart {
            return None;
        }
        let space_after =
            |parser: &Self, length| parser.peek_at(length).is_none_or(char::is_whitespace);
        let relation = match (self.peek(), self.peek_at(1)) {
            (Some(':'), _) => {
                let token: String = self
                    .chars
                    .iter()
                    .skip(start)
                    .take_while(|c| !c.is_whitespace() && **c != ')')
                    .collect();
                if !is_quoted && word::is_text_with_colon(&token, &name) {
                    return None;
                }
                self.at += 1;
                Relation::Has
            }
            (Some('!'), Some('=')) | (Some('<'), Some('>')) => {
                self.at += 2;
                Relation::HasNot
            }
            // `dGVzdA==` is a text in base64.
            (Some('='), Some('=')) if is_apart || !space_after(self, 2) => {
                self.at += 2;
                Relation::Has
            }
            (Some('='), _) if is_apart && space_after(self, 1) => {
                self.at += 1;
                Relation::Has
            }
            _ => self.take_comparison()?,
        };
        Some((name, relation))
    }

    pub(super) fn take_comparison(&mut self) -> Option<Relation> {
        let (relation, length) = match (self.peek()?, self.peek_at(1)) {
            ('>', Some('=')) => (Relation::AtLeast, 2),
            ('<', Some('=')) => (Relation::AtMost, 2),
            ('>', _) => (Relation::Above, 1),
            ('<', _) => (Relation::Below, 1),
            _ => return None,
        };
        self.at += length;
        Some(relation)
    }

    /// The operator here and its length.
    pub(super) fn operator(&self) -> Option<(Operator, usize)> {
        const OPERATORS: [(&str, Operator); 8] = [
            ("and", Operator::And),
            ("AND", Operator::And),
            ("&&", Operator::And),
            ("or", Operator::Or),
            ("OR", Operator::Or),
            ("||", Operator::Or),
            ("not", Operator::Not),
            ("NOT", Operator::Not),
        ];
        OPERATORS
            .into_iter()
            .find(|(text, _)| self.is_text_here(text))
            .map(|(text, operator)| (operator, text.len()))
    }

    pub(super) fn take_operator(&mut self, wanted: Operator) -> bool {
        self.skip_space();
        match self.operator() {
            Some((operator, length)) if operator == wanted => {
                self.at += length;
                true
            }
            _ => false,
        }
    }

    pub(super) fn take_text(&mut self, text: &str) -> bool {
        let here = self.is_text_here(text);
        if here {
            self.at += text.len();
        }
        here
    }

    /// Whether `text`, which is ASCII, stands here as a whole word.
    fn is_text_here(&self, text: &str) -> bool {
        let after = self.peek_at(text.len());
        text.chars()
            .enumerate()
            .all(|(index, c)| self.peek_at(index) == Some(c))
            && after.is_none_or(|c| c.is_whitespace() || "()\"".contains(c))
    }

    /// Whether a `|` stands here with a space, nothing or the name of a command after it: a command follows,
    /// even where a word stands right before it.
    pub(super) fn is_lone_pipe(&self) -> bool {
        self.peek() == Some('|')
            && (self.peek_at(1).is_none_or(char::is_whitespace) || self.is_command_at(1))
    }

    /// After a closing sign a space, a `)`, a `|` or the end must follow.
    pub(super) fn after_closing(&self, sign: &str) -> Result<(), QueryError> {
        match self.peek() {
            Some('~') => Err(self.expected(NO_DISTANCE)),
            Some('^') => Err(self.expected(NO_BOOST)),
            Some(',') => Err(self.expected("`or` or a space between terms")),
            Some(c) if !c.is_whitespace() && !")|".contains(c) => {
                Err(self.expected(&format!("a space after {sign}")))
            }
            _ => Ok(()),
        }
    }

    /// Refuses a word, which begins at `start`, with a sign of Lucene that has no meaning here.
    pub(super) fn refuse_lucene(&self, start: usize, word: &[Glyph]) -> Result<(), QueryError> {
        let Some((sign, c)) = word::lucene_suffix(word) else {
            return Ok(());
        };
        let expected = if c == '~' { NO_FUZZY } else { NO_BOOST };
        let escapes = word.iter().take(sign).filter(|glyph| !glyph.plain).count();
        Err(self.error(start + sign + escapes, expected, &format!("`{c}`")))
    }

    pub(super) fn skip_space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, offset: usize) -> Option<char> {
        self.chars.get(self.at + offset).copied()
    }
}
