//! Text values: wildcards, placeholders, dashes and encodings, to patterns.

use crate::ast::{Detection, Pattern, Relation, Test, Token};
use crate::checks;
use crate::diagnostic::Report;
use crate::encode;
use crate::modifier::TextStep;
use crate::pattern::{self, Piece};
use crate::scalar::{self, Resolved};
use crate::source::Span;
use crate::suggest;
use crate::value::{Item, any};
use crate::yaml::Scalar;

/// Patterns that one value may become through `expand`, `windash` and `base64offset`.
const VARIANTS_MAX: usize = 4096;

/// The dashes that Windows programs take for one another (`windash`).
const DASHES: [char; 5] = ['-', '/', '–', '—', '―'];

/// A value on its way through the steps.
enum Form {
    Tokens(Vec<Token>),
    Bytes(Vec<u8>),
}

/// Why a step refuses a value.
enum Trouble {
    Wildcard,
    Variants,
    Short,
    NotText,
}

pub(crate) fn lower(
    item: &Item<'_>,
    steps: &[TextStep],
    value: &Scalar<'_>,
    span: &Span,
    report: &mut Report<'_>,
) -> Option<Detection> {
    let mut cased = item.chain.cased;
    let variants = match scalar::resolve(value) {
        // A number is compared in the forms in which events write it, and it has no case; nor has
        // a boolean.
        Resolved::Number(number) => {
            cased = false;
            number.texts.into_iter().map(literal).collect()
        }
        Resolved::Bool(value) => {
            cased = false;
            vec![literal(value.to_string())]
        }
        _ if item.chain.expand => expanded(item, &value.text, span, report)?,
        _ => vec![pattern::parse(&value.text)],
    };
    let mut forms: Vec<Form> = variants.into_iter().map(Form::Tokens).collect();
    for step in steps {
        match apply(*step, forms) {
            Ok(next) => forms = next,
            Err(trouble) => {
                refuse(&trouble, span, report);
                return None;
            }
        }
    }
    spend(item, forms.len(), span, report)?;
    let mut patterns = Vec::with_capacity(forms.len());
    let encoded = steps.iter().any(|step| step.encodes());
    for form in forms {
        let mut tokens = match form {
            Form::Tokens(tokens) => tokens,
            Form::Bytes(bytes) => match String::from_utf8(bytes) {
                Ok(text) => literal(text),
                Err(_) => {
                    refuse(&Trouble::NotText, span, report);
                    return None;
                }
            },
        };
        let placed = steps.iter().any(|step| matches!(step, TextStep::Around(_)));
        if item.field.is_none() && !placed {
            tokens = around(tokens, Relation::Contains);
        }
        // What is encoded is text, whatever it was before.
        let cased = cased || (item.chain.cased && encoded);
        patterns.push(item.is(Test::Text(Pattern { tokens, cased })));
    }
    Some(any(patterns))
}

/// Refuses the value when the document would get too many predicates by it.
pub(crate) fn spend(
    item: &Item<'_>,
    predicates: usize,
    span: &Span,
    report: &mut Report<'_>,
) -> Option<()> {
    if item.shared.spend(predicates) {
        return Some(());
    }
    refuse(&Trouble::Variants, span, report);
    None
}

fn refuse(trouble: &Trouble, span: &Span, report: &mut Report<'_>) {
    let (check, message, help) = match trouble {
        Trouble::Wildcard => (
            &checks::WILDCARD_ENCODED,
            "a wildcard cannot be encoded",
            "remove it and add `|contains` after the encoding, or escape it (\\*, \\?) if it is meant literally",
        ),
        Trouble::Variants => (
            &checks::VALUE_VARIANTS,
            "the modifiers make too many values of this one",
            "shorten the value, or list the forms that occur",
        ),
        Trouble::Short => (
            &checks::ENCODING_SHORT,
            "the value is too short for `base64offset`: nothing of it is left at some offset",
            "use a longer value",
        ),
        Trouble::NotText => (
            &checks::ENCODING_TEXT,
            "the encoded value is not text",
            "add `|base64offset|contains` after the encoding",
        ),
    };
    report.add(check, span, message, help);
}

fn literal(text: String) -> Vec<Token> {
    let mut tokens = Vec::new();
    pattern::push(&mut tokens, Token::Literal(text));
    tokens
}

fn apply(step: TextStep, forms: Vec<Form>) -> Result<Vec<Form>, Trouble> {
    let mut out = Vec::with_capacity(forms.len());
    for form in forms {
        match step {
            TextStep::Around(relation) => out.push(Form::Tokens(around(tokens(form)?, relation))),
            TextStep::Windash => out.push(Form::Tokens(windash(tokens(form)?))),
            TextStep::Base64 => {
                for bytes in bytes(form)? {
                    out.push(Form::Tokens(literal(encode::base64(&bytes))));
                }
            }
            TextStep::Base64Offset => {
                for bytes in bytes(form)? {
                    for text in encode::base64_offsets(&bytes) {
                        if text.is_empty() {
                            return Err(Trouble::Short);
                        }
                        out.push(Form::Tokens(literal(text)));
                    }
                }
            }
            TextStep::Utf16(encoding) => {
                for bytes in bytes(form)? {
                    let text = String::from_utf8(bytes).map_err(|_| Trouble::NotText)?;
                    out.push(Form::Bytes(encode::utf16(&text, encoding)));
                }
            }
        }
        if out.len() > VARIANTS_MAX {
            return Err(Trouble::Variants);
        }
    }
    Ok(out)
}

fn tokens(form: Form) -> Result<Vec<Token>, Trouble> {
    match form {
        Form::Tokens(tokens) => Ok(tokens),
        Form::Bytes(bytes) => String::from_utf8(bytes)
            .map(literal)
            .map_err(|_| Trouble::NotText),
    }
}

/// The bytes of a value without wildcards, once for each choice of its dashes.
fn bytes(form: Form) -> Result<Vec<Vec<u8>>, Trouble> {
    let tokens = match form {
        Form::Bytes(bytes) => return Ok(vec![bytes]),
        Form::Tokens(tokens) => tokens,
    };
    let mut variants = vec![String::new()];
    for token in tokens {
        match token {
            Token::Literal(text) => {
                for variant in &mut variants {
                    variant.push_str(&text);
                }
            }
            Token::Dash => {
                if variants.len() * DASHES.len() > VARIANTS_MAX {
                    return Err(Trouble::Variants);
                }
                variants = variants
                    .iter()
                    .flat_map(|variant| DASHES.map(|dash| format!("{variant}{dash}")))
                    .collect();
            }
            Token::Many | Token::One => return Err(Trouble::Wildcard),
        }
    }
    Ok(variants.into_iter().map(String::into_bytes).collect())
}

fn around(tokens: Vec<Token>, relation: Relation) -> Vec<Token> {
    let mut out = Vec::with_capacity(tokens.len() + 2);
    if matches!(relation, Relation::Contains | Relation::EndsWith) {
        out.push(Token::Many);
    }
    for token in tokens {
        pattern::push(&mut out, token);
    }
    if matches!(relation, Relation::Contains | Relation::StartsWith) {
        pattern::push(&mut out, Token::Many);
    }
    out
}

/// Every dash of the literals becomes any dash. The specification names no position; pySigma
/// exchanges only a `-` or `/` that begins a word.
fn windash(tokens: Vec<Token>) -> Vec<Token> {
    let mut out = Vec::with_capacity(tokens.len());
    for token in tokens {
        let Token::Literal(text) = token else {
            pattern::push(&mut out, token);
            continue;
        };
        for part in text.split_inclusive(DASHES) {
            let literal = part.trim_end_matches(DASHES);
            pattern::push(&mut out, Token::Literal(literal.to_owned()));
            if literal.len() < part.len() {
                out.push(Token::Dash);
            }
        }
    }
    out
}

/// The token lists of a value, once for each choice of its placeholders' values.
fn expanded(
    item: &Item<'_>,
    text: &str,
    span: &Span,
    report: &mut Report<'_>,
) -> Option<Vec<Vec<Token>>> {
    let mut variants: Vec<Vec<Token>> = vec![Vec::new()];
    for piece in pattern::parse_with_placeholders(text) {
        match piece {
            Piece::Token(token) => {
                for variant in &mut variants {
                    pattern::push(variant, token.clone());
                }
            }
            Piece::Placeholder(name) => {
                let values = placeholder(item, &name, span, report)?;
                if variants.len().saturating_mul(values.len()) > VARIANTS_MAX {
                    refuse(&Trouble::Variants, span, report);
                    return None;
                }
                variants = values
                    .iter()
                    .map(|value| pattern::parse(value))
                    .flat_map(|value| {
                        variants.iter().map(move |variant| {
                            let mut tokens = variant.clone();
                            for token in value.clone() {
                                pattern::push(&mut tokens, token);
                            }
                            tokens
                        })
                    })
                    .collect();
            }
        }
    }
    Some(variants)
}

/// As [`expanded`], for values that are no patterns (networks).
pub(crate) fn expanded_texts(
    item: &Item<'_>,
    text: &str,
    span: &Span,
    report: &mut Report<'_>,
) -> Option<Vec<String>> {
    if !item.chain.expand {
        return Some(vec![text.to_owned()]);
    }
    let variants = expanded(item, text, span, report)?;
    Some(
        variants
            .iter()
            .map(|tokens| pattern::to_text(tokens))
            .collect(),
    )
}

/// As [`expanded`], for regular expressions: the values are patterns there too, so that what is
/// literal in them is escaped.
pub(crate) fn expanded_regexes(
    item: &Item<'_>,
    text: &str,
    span: &Span,
    report: &mut Report<'_>,
) -> Option<Vec<String>> {
    if !item.chain.expand {
        return Some(vec![text.to_owned()]);
    }
    let mut variants = vec![String::new()];
    for piece in pattern::split_at_placeholders(text) {
        match piece {
            Ok(regex) => variants.iter_mut().for_each(|v| v.push_str(&regex)),
            Err(name) => {
                let values = placeholder(item, name, span, report)?;
                if variants.len().saturating_mul(values.len()) > VARIANTS_MAX {
                    refuse(&Trouble::Variants, span, report);
                    return None;
                }
                variants = values
                    .iter()
                    .map(|value| pattern::to_regex(&pattern::parse(value)))
                    .flat_map(|value| {
                        let joined = |variant: &String| format!("{variant}{value}");
                        variants.iter().map(joined).collect::<Vec<_>>()
                    })
                    .collect();
            }
        }
    }
    Some(variants)
}

fn placeholder<'i>(
    item: &Item<'i>,
    name: &str,
    span: &Span,
    report: &mut Report<'_>,
) -> Option<&'i [String]> {
    match item.shared.placeholders.get(name) {
        Some(values) if !values.is_empty() => Some(values),
        _ => {
            let known = item.shared.placeholders.keys().map(String::as_str);
            let near = suggest::nearest(name, known)
                .map(|near| format!(" (there is `{near}`)"))
                .unwrap_or_default();
            report.add(
                &checks::PLACEHOLDER_UNRESOLVED,
                span,
                format!("the placeholder `%{name}%` has no values"),
                format!(
                    "configure values for `{name}`{near}, or leave `expand` out if the text is meant literally"
                ),
            );
            None
        }
    }
}
