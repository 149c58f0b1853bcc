//! What rules look for in a field, as material for attacks.

use std::collections::BTreeSet;

use vakt_event::alias::canonical;
use vakt_rules::ast::{Detection, Pattern, Predicate, Rule, RuleSet, Test, Token};

use crate::random::Random;

/// Literals and expressions, each once, in order.
#[derive(Default)]
pub(super) struct Aim {
    /// Of `contains`.
    pub(super) within: Vec<String>,
    /// Of `endswith`.
    pub(super) ends: Vec<String>,
    /// The literals of each pattern with a wildcard between them.
    pub(super) globs: Vec<Vec<String>>,
    /// For each regular expression the longest word that stands in it.
    pub(super) regex_words: Vec<String>,
}

#[derive(Default)]
struct Found {
    within: BTreeSet<String>,
    ends: BTreeSet<String>,
    globs: BTreeSet<Vec<String>>,
    regex_words: BTreeSet<String>,
}

impl Aim {
    /// What the rules of a category (of any, if it is empty) ask of a field; of all values, where
    /// no field is named.
    pub(super) fn at(rules: &RuleSet, category: &str, field: Option<&str>) -> Self {
        let mut found = Found::default();
        for rule in rules.rules.iter().filter(|rule| is_of(rule, category)) {
            for search in &rule.searches {
                found.detection(&search.detection, field.map(canonical));
            }
        }
        Self {
            within: found.within.into_iter().collect(),
            ends: found.ends.into_iter().collect(),
            globs: found.globs.into_iter().collect(),
            regex_words: found.regex_words.into_iter().collect(),
        }
    }
}

fn is_of(rule: &Rule, category: &str) -> bool {
    category.is_empty() || rule.log_source.category.as_deref() == Some(category)
}

impl Found {
    fn detection(&mut self, detection: &Detection, field: Option<&str>) {
        match detection {
            Detection::All(parts) | Detection::Any(parts) => {
                parts.iter().for_each(|part| self.detection(part, field));
            }
            Detection::Not(part) => self.detection(part, field),
            Detection::Is(predicate) => self.predicate(predicate, field),
        }
    }

    fn predicate(&mut self, predicate: &Predicate, field: Option<&str>) {
        if predicate.field.as_deref().map(canonical) != field {
            return;
        }
        match &predicate.test {
            Test::Text(pattern) => self.pattern(pattern),
            Test::Regex(regex) => {
                self.regex_words.extend(longest_word(&regex.pattern));
            }
            _ => {}
        }
    }

    fn pattern(&mut self, pattern: &Pattern) {
        match pattern.tokens.as_slice() {
            [Token::Many, Token::Literal(literal), Token::Many] => {
                self.within.insert(literal.clone());
            }
            [Token::Many, Token::Literal(literal)] => {
                self.ends.insert(literal.clone());
            }
            tokens => {
                let literals: Vec<_> = tokens
                    .iter()
                    .filter_map(|token| match token {
                        Token::Literal(literal) => Some(literal.clone()),
                        _ => None,
                    })
                    .collect();
                if literals.len() > 1 {
                    self.globs.insert(literals);
                }
            }
        }
    }
}

/// The longest run of letters and digits of an expression, without the letters of escapes.
pub(super) fn longest_word(expression: &str) -> Option<String> {
    let mut plain = String::new();
    let mut chars = expression.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                chars.next();
                plain.push(' ');
            }
            c => plain.push(c),
        }
    }
    let words = plain.split(|c: char| !c.is_ascii_alphanumeric());
    let longest = words.max_by_key(|word| word.len())?;
    (!longest.is_empty()).then(|| longest.to_owned())
}

/// Pieces drawn at random until there are so many bytes; `None` without pieces.
pub(super) fn mixed(
    random: &mut Random,
    pieces: &[String],
    bytes: usize,
    change: impl Fn(&str) -> String,
) -> Option<String> {
    if pieces.is_empty() {
        return None;
    }
    let mut text = String::with_capacity(bytes + 100);
    while text.len() < bytes {
        text.push_str(&change(&pieces[random.index(pieces.len())]));
    }
    cut(&mut text, bytes);
    Some(text)
}

/// The piece as it is.
pub(super) fn whole(piece: &str) -> String {
    piece.to_owned()
}

/// The piece with another last character.
pub(super) fn near_miss(piece: &str) -> String {
    let mut text = piece.to_owned();
    text.pop();
    text.push('\u{7f}');
    text
}

/// Shortens to so many bytes, or a little less where a character stands across.
pub(super) fn cut(text: &mut String, bytes: usize) {
    let end = (0..=bytes.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at));
    text.truncate(end.unwrap_or(0));
}
