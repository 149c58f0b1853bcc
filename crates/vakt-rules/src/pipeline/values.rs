//! Values: how conditions see them, and how steps change them.

use regex::Regex;

use super::datum::Datum;
use super::scope::Scope;
use crate::ast::{Pattern, Token};
use crate::checks;
use crate::draft::{Failure, Item, Template, Value};
use crate::pattern::{self, Piece};
use crate::scalar::{self, Number};
use crate::text::{self, Fill};

/// The text of a value that is one, as pySigma shows it: wildcards as `*` and `?`, literal ones
/// escaped, backslashes as they are. Numbers, `null` and what modifiers encoded have none.
pub(super) fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Text(pattern) => Some(plain_tokens(&pattern.tokens)),
        Value::Template(template) => {
            let pieces = template.pieces.iter().map(|piece| match piece {
                Piece::Placeholder(name) => format!("%{name}%"),
                Piece::Token(token) => plain_tokens(std::slice::from_ref(token)),
            });
            Some(pieces.collect())
        }
        _ => None,
    }
}

fn plain_tokens(tokens: &[Token]) -> String {
    let mut text = String::new();
    for token in tokens {
        match token {
            Token::Many => text.push('*'),
            Token::One => text.push('?'),
            Token::Dash => text.push('-'),
            Token::Literal(literal) => {
                for c in literal.chars() {
                    if matches!(c, '*' | '?') {
                        text.push('\\');
                    }
                    text.push(c);
                }
            }
        }
    }
    text
}

/// The tokens of a text in the form of [`plain`]: a backslash that escapes no wildcard is itself.
fn tokens_of_plain(text: &str) -> Vec<Token> {
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        escaped.push(c);
        if c == '\\' && !matches!(rest.peek(), Some('*' | '?')) {
            escaped.push('\\');
        }
    }
    pattern::parse(&escaped)
}

pub(super) fn has_wildcard(value: &Value) -> bool {
    let is_wildcard = |token: &Token| matches!(token, Token::Many | Token::One);
    match value {
        Value::Text(pattern) => pattern.tokens.iter().any(is_wildcard),
        Value::Template(template) => template.pieces.iter().any(|piece| match piece {
            Piece::Token(token) => is_wildcard(token),
            Piece::Placeholder(_) => false,
        }),
        _ => false,
    }
}

/// Whether a value is the one that a condition names, types and case told apart.
pub(super) fn equals(value: &Value, wanted: &Datum) -> bool {
    match (value, wanted) {
        (Value::Text(pattern), Datum::Text(text)) => pattern.tokens == pattern::parse(text),
        #[expect(clippy::float_cmp, reason = "both come from a text")]
        (Value::Number(number, _), Datum::Number(wanted)) => number.value == *wanted,
        (Value::Bool(value, _), Datum::Bool(wanted)) => value == wanted,
        (Value::Null, Datum::Null) => true,
        _ => false,
    }
}

/// A step that changes values one by one.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Replace {
        regex: Regex,
        /// In the form of [`Regex::replace_all`].
        replacement: String,
        /// Only the literal parts are looked at, and wildcards stay.
        skip_special: bool,
        /// Wildcards in what a literal part became count.
        interpret_special: bool,
    },
    Map(std::collections::HashMap<String, Vec<String>>),
    Case(Case),
    /// What `regex` with the method `plain` comes to: case counts.
    Cased,
    /// What `regex` does otherwise: nothing, since texts are compared without case here.
    Nothing,
    ToText,
    ToNumber,
    Set(Value),
    /// Fills placeholders from the variables, or with a wildcard.
    Fill {
        names: Names,
        wildcard: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Lower,
    Upper,
    Snake,
}

/// The placeholders that a step looks at.
#[derive(Clone, Debug)]
pub(super) enum Names {
    All,
    Only(Vec<String>),
    AllBut(Vec<String>),
}

impl Names {
    fn contain(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.iter().any(|one| one == name),
            Self::AllBut(names) => names.iter().all(|one| one != name),
        }
    }
}

impl Change {
    /// Changes the values; whether any was.
    pub(super) fn apply(
        &self,
        item: &mut Item,
        scope: &mut Scope<'_>,
    ) -> Result<bool, Box<Failure>> {
        if let Self::Set(value) = self {
            item.values = vec![value.clone()];
            return Ok(true);
        }
        let mut changed = false;
        let mut values = Vec::with_capacity(item.values.len());
        for value in std::mem::take(&mut item.values) {
            match self.value(&value, item, scope)? {
                Some(new) => {
                    changed = true;
                    scope.grow(new.len().saturating_sub(1))?;
                    values.extend(new);
                }
                None => values.push(value),
            }
        }
        item.values = values;
        Ok(changed)
    }

    /// The values in place of one; `None` where it stays.
    fn value(
        &self,
        value: &Value,
        item: &Item,
        scope: &Scope<'_>,
    ) -> Result<Option<Vec<Value>>, Box<Failure>> {
        Ok(match self {
            Self::Fill { names, wildcard } => match value {
                Value::Template(template) => fill(template, names, *wildcard, item.all, scope)?,
                _ => None,
            },
            Self::Replace { .. } => self.replaced(value).map(|value| vec![value]),
            Self::Map(mapping) => {
                let found = plain(value).and_then(|text| mapping.get(&text));
                found.map(|texts| {
                    let text = |text: &String| with_tokens(value, pattern::parse(text));
                    texts.iter().map(text).collect()
                })
            }
            Self::Case(case) => match value {
                Value::Text(pattern) => {
                    Some(vec![with_tokens(value, case.tokens(&pattern.tokens))])
                }
                _ => None,
            },
            Self::Cased => match value {
                Value::Text(pattern) if !pattern.tokens.is_empty() => {
                    Some(vec![Value::Text(Pattern {
                        cased: true,
                        ..pattern.clone()
                    })])
                }
                _ => None,
            },
            Self::Nothing => matches!(value, Value::Text(_)).then(|| vec![value.clone()]),
            Self::ToText => match value {
                Value::Number(number, cased) => number.texts.first().map(|text| {
                    vec![Value::Text(Pattern {
                        tokens: pattern::parse(text),
                        cased: *cased,
                    })]
                }),
                Value::Bool(_, pattern) => Some(vec![Value::Text(pattern.clone())]),
                _ => None,
            },
            Self::ToNumber => match value {
                Value::Text(pattern) => Some(vec![number(pattern, item)?]),
                _ => None,
            },
            Self::Set(value) => Some(vec![value.clone()]),
        })
    }

    fn replaced(&self, value: &Value) -> Option<Value> {
        let Self::Replace {
            regex,
            replacement,
            skip_special,
            interpret_special,
        } = self
        else {
            return None;
        };
        let replace = |text: &str| regex.replace_all(text, replacement.as_str()).into_owned();
        let value = match value {
            Value::Number(number, cased) => &Value::Text(Pattern {
                tokens: pattern::parse(number.texts.first()?),
                cased: *cased,
            }),
            value => value,
        };
        if !skip_special {
            return substituted(value, regex, replacement);
        }
        let literal = |text: &str| {
            let new = replace(text);
            if *interpret_special {
                pattern::parse(&new)
            } else {
                vec![Token::Literal(new)]
            }
        };
        match value {
            Value::Text(pattern) => {
                let mut tokens = Vec::new();
                for token in &pattern.tokens {
                    let new = match token {
                        Token::Literal(text) => literal(text),
                        token => vec![token.clone()],
                    };
                    for token in new {
                        pattern::push(&mut tokens, token);
                    }
                }
                Some(with_tokens(value, tokens))
            }
            Value::Template(template) => {
                let pieces = template.pieces.iter().flat_map(|piece| match piece {
                    Piece::Token(Token::Literal(text)) => {
                        literal(text).into_iter().map(Piece::Token).collect()
                    }
                    piece => vec![piece.clone()],
                });
                Some(Value::Template(Template {
                    pieces: pieces.collect(),
                    ..template.clone()
                }))
            }
            _ => None,
        }
    }
}

/// A value with what the expression matches replaced. What it does not match keeps its wildcards
/// and escapes; pySigma would read a wildcard behind a backslash as escaped.
fn substituted(value: &Value, regex: &Regex, replacement: &str) -> Option<Value> {
    let text = plain(value)?;
    let units = units(value);
    let mut pieces = Vec::new();
    let mut kept = units.iter().peekable();
    let mut at = 0;
    let mut keep = |from: usize, to: usize, pieces: &mut Vec<Piece>| {
        while let Some((span, piece)) = kept.next_if(|(span, _)| span.end <= to) {
            if span.start >= from {
                text::push_piece(pieces, piece.clone());
            }
        }
    };
    for captures in regex.captures_iter(&text) {
        let found = captures.get_match();
        keep(at, found.start(), &mut pieces);
        at = found.end();
        let mut new = String::new();
        captures.expand(replacement, &mut new);
        let new = pattern::to_text(&tokens_of_plain(&new));
        let new = match value {
            Value::Template(_) => pattern::parse_with_placeholders(&new),
            _ => pattern::parse(&new).into_iter().map(Piece::Token).collect(),
        };
        for piece in new {
            text::push_piece(&mut pieces, piece);
        }
    }
    keep(at, text.len(), &mut pieces);
    Some(match value {
        Value::Template(template) => Value::Template(Template {
            pieces,
            ..template.clone()
        }),
        value => {
            let tokens = pieces.into_iter().filter_map(|piece| match piece {
                Piece::Token(token) => Some(token),
                Piece::Placeholder(_) => None,
            });
            with_tokens(value, tokens.collect())
        }
    })
}

/// Where each character, wildcard and placeholder of a value stands in its [`plain`] text.
fn units(value: &Value) -> Vec<(std::ops::Range<usize>, Piece)> {
    let pieces: Vec<Piece> = match value {
        Value::Text(pattern) => pattern.tokens.iter().cloned().map(Piece::Token).collect(),
        Value::Template(template) => template.pieces.clone(),
        _ => Vec::new(),
    };
    let mut units = Vec::new();
    let mut at = 0;
    let mut add = |length: usize, piece: Piece| {
        units.push((at..at + length, piece));
        at += length;
    };
    for piece in pieces {
        match piece {
            Piece::Token(Token::Literal(literal)) => {
                for c in literal.chars() {
                    let escape = usize::from(matches!(c, '*' | '?'));
                    add(
                        escape + c.len_utf8(),
                        Piece::Token(Token::Literal(c.into())),
                    );
                }
            }
            Piece::Placeholder(name) => add(name.len() + 2, Piece::Placeholder(name)),
            piece @ Piece::Token(_) => add(1, piece),
        }
    }
    units
}

/// A text in place of another, as sensitive to case as that.
fn with_tokens(value: &Value, tokens: Vec<Token>) -> Value {
    let cased = match value {
        Value::Text(pattern) => pattern.cased,
        Value::Template(template) => template.cased,
        _ => false,
    };
    Value::Text(Pattern { tokens, cased })
}

impl Case {
    fn tokens(self, tokens: &[Token]) -> Vec<Token> {
        let mut out = Vec::with_capacity(tokens.len());
        for token in tokens {
            let token = match token {
                Token::Literal(text) => Token::Literal(match self {
                    Self::Lower => text.to_lowercase(),
                    Self::Upper => text.to_uppercase(),
                    Self::Snake => snake_case(text),
                }),
                token => token.clone(),
            };
            pattern::push(&mut out, token);
        }
        out
    }
}

/// `camelCase` to `camel_case`: an underscore before each capital but the first character.
fn snake_case(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 4);
    for (at, c) in text.chars().enumerate() {
        if at > 0 && c.is_uppercase() {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

/// The number that a text is asked to be; leading zeros are no part of it.
pub(super) fn number_of(text: &str) -> Option<Number> {
    let text = text.trim();
    scalar::number(text).or_else(|| {
        let digits = text.strip_prefix('0')?.trim_start_matches('0');
        match digits.chars().next() {
            None => scalar::number("0"),
            Some('.') => scalar::number(&format!("0{digits}")),
            Some(_) => scalar::number(digits),
        }
    })
}

fn number(pattern: &Pattern, item: &Item) -> Result<Value, Box<Failure>> {
    let text = plain_tokens(&pattern.tokens);
    match number_of(&text) {
        Some(number) => Ok(Value::Number(number, pattern.cased)),
        None => Err(Box::new(Failure {
            place: Some(item.place.clone()),
            check: &checks::PIPELINE_FAILURE,
            message: format!("a pipeline converts `{text}` to a number, and it is none"),
            help: "narrow the step `convert_type` by conditions to fields that hold numbers"
                .to_owned(),
        })),
    }
}

/// Fills the placeholders of a template. With `all` its values stay together, so that one of them
/// is enough for the placeholder.
fn fill(
    template: &Template,
    names: &Names,
    wildcard: bool,
    all: bool,
    scope: &Scope<'_>,
) -> Result<Option<Vec<Value>>, Box<Failure>> {
    let mut handled = false;
    let values = template.fill(|name| {
        if !names.contain(name) {
            return Ok(Fill::Keep);
        }
        if wildcard {
            handled = true;
            return Ok(Fill::Values(vec![vec![Token::Many]]));
        }
        // What no pipeline has values for, the configuration may have.
        Ok(match scope.variables.get(name) {
            Some(values) => {
                handled = true;
                Fill::Values(values.iter().map(|value| pattern::parse(value)).collect())
            }
            None => Fill::Keep,
        })
    })?;
    if !handled {
        return Ok(None);
    }
    let mut out = Vec::with_capacity(values.len());
    for value in values {
        match value {
            Value::Variants(patterns) if !all && patterns.iter().all(is_text) => {
                out.extend(patterns.into_iter().map(Value::Text));
            }
            value => out.push(value),
        }
    }
    Ok(Some(out))
}

fn is_text(pattern: &Pattern) -> bool {
    !pattern.tokens.contains(&Token::Dash)
}
