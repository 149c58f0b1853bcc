//! Wildcards and their escapes: rule text to [`Token`]s and back.

use crate::ast::{Pattern, Token};

/// A piece of a value: a token, or a placeholder that `expand` is to replace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Token(Token),
    Placeholder(String),
}

/// Appends a token; literals that meet become one, and so do two `Many`.
pub(crate) fn push(tokens: &mut Vec<Token>, token: Token) {
    match (tokens.last_mut(), token) {
        (Some(Token::Literal(last)), Token::Literal(text)) => last.push_str(&text),
        (Some(Token::Many), Token::Many) => {}
        (_, Token::Literal(text)) if text.is_empty() => {}
        (_, token) => tokens.push(token),
    }
}

/// Reads wildcards and escapes (Sigma rules specification, "Escaping"): `*` and `?` are
/// wildcards; a backslash before `*`, `?` or `\` makes it literal; any other backslash is itself.
pub(crate) fn parse(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    for piece in pieces(text, false) {
        if let Piece::Token(token) = piece {
            push(&mut tokens, token);
        }
    }
    tokens
}

/// As [`parse`], and with `%name%` as a placeholder and `\%` as a literal percent sign.
pub(crate) fn parse_with_placeholders(text: &str) -> Vec<Piece> {
    pieces(text, true)
}

fn pieces(text: &str, placeholders: bool) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let special = match c {
            '*' => Piece::Token(Token::Many),
            '?' => Piece::Token(Token::One),
            '\\' => {
                let mut ahead = rest.clone();
                match ahead.next() {
                    Some(next @ ('*' | '?' | '\\')) => {
                        literal.push(next);
                        rest = ahead;
                    }
                    Some('%') if placeholders => {
                        literal.push('%');
                        rest = ahead;
                    }
                    _ => literal.push('\\'),
                }
                continue;
            }
            '%' if placeholders => match placeholder(rest.as_str()) {
                Some((name, after)) => {
                    rest = after.chars();
                    Piece::Placeholder(name.to_owned())
                }
                None => {
                    literal.push('%');
                    continue;
                }
            },
            c => {
                literal.push(c);
                continue;
            }
        };
        if !literal.is_empty() {
            pieces.push(Piece::Token(Token::Literal(std::mem::take(&mut literal))));
        }
        pieces.push(special);
    }
    if !literal.is_empty() {
        pieces.push(Piece::Token(Token::Literal(literal)));
    }
    pieces
}

/// `name%…` to the name and what follows: letters, digits, `_`, `-` and `.`.
fn placeholder(text: &str) -> Option<(&str, &str)> {
    let (name, after) = text.split_once('%')?;
    let fits = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    fits.then_some((name, after))
}

/// A regular expression, in which backslashes and wildcards mean something else, cut at its
/// placeholders. `\%` is a percent sign.
pub(crate) fn regex_with_placeholders(text: &str) -> Vec<Piece> {
    let literal_piece = |text: String| Piece::Token(Token::Literal(text));
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = rest.strip_prefix(c).unwrap_or_default();
        rest = after;
        if c == '%'
            && let Some((name, after)) = placeholder(after)
        {
            pieces.push(literal_piece(std::mem::take(&mut literal)));
            pieces.push(Piece::Placeholder(name.to_owned()));
            rest = after;
            continue;
        }
        match after.chars().next().filter(|_| c == '\\') {
            Some('%') => literal.push('%'),
            Some(escaped) => literal.extend([c, escaped]),
            None => {
                literal.push(c);
                continue;
            }
        }
        let mut after = after.chars();
        after.next();
        rest = after.as_str();
    }
    pieces.push(literal_piece(literal));
    pieces
}

/// The token list as a part of a regular expression.
pub(crate) fn to_regex(tokens: &[Token]) -> String {
    let mut regex = String::new();
    for token in tokens {
        match token {
            Token::Many => regex.push_str("(?s:.*)"),
            Token::One => regex.push_str("(?s:.)"),
            Token::Dash => regex.push_str("[-/–—―]"),
            Token::Literal(literal) => regex.push_str(&regex_syntax::escape(literal)),
        }
    }
    regex
}

/// The token list as rule text that [`parse`] reads back, except that a dash of `windash` becomes
/// a hyphen.
pub(crate) fn to_text(tokens: &[Token]) -> String {
    let mut text = String::new();
    for token in tokens {
        match token {
            Token::Many => text.push('*'),
            Token::One => text.push('?'),
            Token::Dash => text.push('-'),
            Token::Literal(literal) => {
                for c in literal.chars() {
                    if matches!(c, '*' | '?' | '\\') {
                        text.push('\\');
                    }
                    text.push(c);
                }
            }
        }
    }
    text
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&to_text(&self.tokens))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn literal(text: &str) -> Token {
        Token::Literal(text.to_owned())
    }

    #[track_caller]
    fn check(text: &str, expected: &[Token]) {
        assert_eq!(parse(text), expected, "{text}");
    }

    #[test]
    fn wildcards_and_escapes() {
        use Token::{Many, One};
        check("", &[]);
        check("*", &[Many]);
        check(
            "a*b?c",
            &[literal("a"), Many, literal("b"), One, literal("c")],
        );
        check(r"C:\Windows\x", &[literal(r"C:\Windows\x")]);
        check(r"\*", &[literal("*")]);
        check(r"\?", &[literal("?")]);
        check(r"\\*", &[literal(r"\"), Many]);
        check(r"\\\*", &[literal(r"\*")]);
        check(r"\\", &[literal(r"\")]);
        check(r"\\\", &[literal(r"\\")]);
        check(r"\\\\", &[literal(r"\\")]);
        check(r"a\", &[literal(r"a\")]);
        check("**", &[Many]);
        check("%a%", &[literal("%a%")]);
    }

    #[test]
    fn placeholders() {
        let pieces = parse_with_placeholders(r"a%x-1%b\%c%50% off");
        let expected = [
            Piece::Token(literal("a")),
            Piece::Placeholder("x-1".to_owned()),
            Piece::Token(literal("b%c")),
            Piece::Placeholder("50".to_owned()),
            Piece::Token(literal(" off")),
        ];
        assert_eq!(pieces, expected);
    }

    #[test]
    fn placeholders_of_a_regular_expression() {
        let pieces = regex_with_placeholders(r"^a\\%x%\d\%b%c%5% \");
        let literal = |text: &str| Piece::Token(Token::Literal(text.to_owned()));
        let expected = [
            literal(r"^a\\"),
            Piece::Placeholder("x".to_owned()),
            literal(r"\d%b"),
            Piece::Placeholder("c".to_owned()),
            literal(r"5% \"),
        ];
        assert_eq!(pieces, expected);
        assert_eq!(to_regex(&parse("a.b*?")), r"a\.b(?s:.*)(?s:.)");
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(text in r"[a*?\\%]{0,24}|.{0,12}") {
            let tokens = parse(&text);
            prop_assert_eq!(parse(&to_text(&tokens)), tokens);
        }
    }
}
