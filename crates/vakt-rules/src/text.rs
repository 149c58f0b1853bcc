//! Text values: wildcards, placeholders, dashes and encodings, to patterns.

use crate::ast::{Pattern, Relation, Test, Token};
use crate::checks::{self, Check};
use crate::diagnostic::Report;
use crate::draft::{Failure, Place, Template, Value};
use crate::encode;
use crate::modifier::{RegexFlags, TextStep};
use crate::pattern::{self, Piece};
use crate::scalar::{self, Number, Resolved};
use crate::source::Span;
use crate::suggest;
use crate::value::{self, ItemReader, Lowering};
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

/// What a value with placeholders is once they are filled.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TemplateKind {
    Text(Vec<TextStep>),
    Cidr,
    /// The pieces are parts of a regular expression, in which the values stand for themselves.
    Regex(RegexFlags),
}

pub(crate) fn lower(
    item: &ItemReader<'_>,
    steps: &[TextStep],
    value: &Scalar<'_>,
    span: &Span,
    report: &mut Report<'_>,
) -> Option<Value> {
    let resolved = scalar::resolve(value);
    // A number is compared in the forms in which events write it, and it has no case; nor has a
    // boolean. What is encoded is text, whatever it was before.
    let is_text = !matches!(resolved, Resolved::Number(_) | Resolved::Bool(_))
        || steps.iter().any(|step| step.encodes());
    let cased = item.chain.cased && is_text;
    let variants = match &resolved {
        Resolved::Number(number) if steps.is_empty() => {
            spend(item, number.texts.len(), span, report)?;
            return Some(Value::Number(number.clone(), cased));
        }
        Resolved::Number(number) => number.texts.iter().cloned().map(literal).collect(),
        Resolved::Bool(value) => vec![literal(value.to_string())],
        _ if item.chain.expand => {
            let kind = TemplateKind::Text(steps.to_vec());
            return expand(item, &kind, &value.text, span, report);
        }
        _ => vec![pattern::parse(&value.text)],
    };
    match patterns(variants, steps, cased) {
        Ok(mut patterns) => {
            spend(item, patterns.len(), span, report)?;
            match (resolved, patterns.pop()) {
                (Resolved::Bool(value), Some(pattern)) if steps.is_empty() => {
                    Some(Value::Bool(value, pattern))
                }
                (_, last) => {
                    patterns.extend(last);
                    Some(of_patterns(patterns))
                }
            }
        }
        Err(trouble) => {
            refuse(&trouble, span, report);
            None
        }
    }
}

/// One pattern that still is a text, or several.
fn of_patterns(mut patterns: Vec<Pattern>) -> Value {
    match patterns.pop() {
        Some(pattern) if patterns.is_empty() && !pattern.tokens.contains(&Token::Dash) => {
            Value::Text(pattern)
        }
        last => {
            patterns.extend(last);
            Value::Variants(patterns)
        }
    }
}

/// The patterns of a number's forms.
pub(crate) fn number(number: &Number, cased: bool) -> Vec<Pattern> {
    let texts = number.texts.iter().cloned();
    texts
        .map(|text| Pattern {
            tokens: literal(text),
            cased,
        })
        .collect()
}

/// The pattern anywhere in a value.
pub(crate) fn contained(pattern: Pattern) -> Pattern {
    Pattern {
        tokens: around(pattern.tokens, Relation::Contains),
        ..pattern
    }
}

fn patterns(
    variants: Vec<Vec<Token>>,
    steps: &[TextStep],
    cased: bool,
) -> Result<Vec<Pattern>, Trouble> {
    let mut forms: Vec<Form> = variants.into_iter().map(Form::Tokens).collect();
    for step in steps {
        forms = apply(*step, forms)?;
    }
    forms
        .into_iter()
        .map(|form| tokens(form).map(|tokens| Pattern { tokens, cased }))
        .collect()
}

/// Refuses the value when the document would get too many predicates by it.
pub(crate) fn spend(
    item: &ItemReader<'_>,
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
    let (check, message, help) = explained(trouble);
    report.add(check, span, message, help);
}

fn failure(trouble: &Trouble, place: &Place) -> Box<Failure> {
    let (check, message, help) = explained(trouble);
    Box::new(Failure {
        place: Some(place.clone()),
        check,
        message: message.to_owned(),
        help: help.to_owned(),
    })
}

fn explained(trouble: &Trouble) -> (&'static Check, &'static str, &'static str) {
    match trouble {
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
    }
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

/// A value under `expand`: filled from the configuration, or left to the pipelines.
pub(crate) fn expand(
    item: &ItemReader<'_>,
    kind: &TemplateKind,
    text: &str,
    span: &Span,
    report: &mut Report<'_>,
) -> Option<Value> {
    let mut template = Template {
        pieces: match kind {
            TemplateKind::Regex(_) => pattern::regex_with_placeholders(text),
            TemplateKind::Text(_) | TemplateKind::Cidr => pattern::parse_with_placeholders(text),
        },
        kind: kind.clone(),
        cased: item.chain.cased,
        place: item.place(span),
    };
    if item.shared.deferred && template.has_placeholders() {
        template.fold();
        return Some(Value::Template(template));
    }
    match filled(&template, item.shared) {
        Ok(value) => Some(value),
        Err(failure) => {
            report.add(failure.check, span, failure.message, failure.help);
            None
        }
    }
}

/// What stands for a placeholder.
pub(crate) enum Fill {
    Values(Vec<Vec<Token>>),
    /// It stays for somebody else to fill.
    Keep,
}

impl Template {
    pub(crate) fn has_placeholders(&self) -> bool {
        let is_placeholder = |piece: &Piece| matches!(piece, Piece::Placeholder(_));
        self.pieces.iter().any(is_placeholder)
    }

    /// Puts the wildcards of `contains` and its like into the pieces, if no other modifier needs
    /// the whole value first.
    fn fold(&mut self) {
        let TemplateKind::Text(steps) = &mut self.kind else {
            return;
        };
        if !steps.iter().all(|step| matches!(step, TextStep::Around(_))) {
            return;
        }
        for step in steps.drain(..) {
            let TextStep::Around(relation) = step else {
                continue;
            };
            let many = Piece::Token(Token::Many);
            let mut pieces = Vec::with_capacity(self.pieces.len() + 2);
            if matches!(relation, Relation::Contains | Relation::EndsWith) {
                pieces.push(many.clone());
            }
            for piece in self.pieces.drain(..) {
                push_piece(&mut pieces, piece);
            }
            if matches!(relation, Relation::Contains | Relation::StartsWith) {
                push_piece(&mut pieces, many);
            }
            self.pieces = pieces;
        }
    }

    /// The values that the template comes to, once for each choice of values for its placeholders.
    pub(crate) fn fill(
        &self,
        mut values: impl FnMut(&str) -> Result<Fill, Box<Failure>>,
    ) -> Result<Vec<Value>, Box<Failure>> {
        let mut variants: Vec<Vec<Piece>> = vec![Vec::new()];
        for piece in &self.pieces {
            let fill = match piece {
                Piece::Placeholder(name) => values(name)?,
                Piece::Token(_) => Fill::Keep,
            };
            let Fill::Values(values) = fill else {
                for variant in &mut variants {
                    push_piece(variant, piece.clone());
                }
                continue;
            };
            if variants.len().saturating_mul(values.len()) > VARIANTS_MAX {
                return Err(failure(&Trouble::Variants, &self.place));
            }
            variants = values
                .iter()
                .flat_map(|value| {
                    variants.iter().map(move |variant| {
                        let mut pieces = variant.clone();
                        if matches!(self.kind, TemplateKind::Regex(_)) {
                            let regex = Token::Literal(pattern::to_regex(value));
                            push_piece(&mut pieces, Piece::Token(regex));
                        } else {
                            for token in value {
                                push_piece(&mut pieces, Piece::Token(token.clone()));
                            }
                        }
                        pieces
                    })
                })
                .collect();
        }
        self.completed(variants)
    }

    /// Templates that have placeholders left, one by one, and before them what has none, together.
    fn completed(&self, variants: Vec<Vec<Piece>>) -> Result<Vec<Value>, Box<Failure>> {
        let mut values = Vec::new();
        let mut whole = Vec::new();
        for pieces in variants {
            let template = Self {
                pieces,
                ..self.clone()
            };
            if template.has_placeholders() {
                values.push(Value::Template(template));
                continue;
            }
            let tokens = template.pieces.into_iter().filter_map(|piece| match piece {
                Piece::Token(token) => Some(token),
                Piece::Placeholder(_) => None,
            });
            whole.push(tokens.collect());
        }
        if !whole.is_empty() {
            values.insert(0, self.complete(whole)?);
        }
        Ok(values)
    }

    fn complete(&self, variants: Vec<Vec<Token>>) -> Result<Value, Box<Failure>> {
        match &self.kind {
            TemplateKind::Text(steps) => patterns(variants, steps, self.cased)
                .map(of_patterns)
                .map_err(|trouble| failure(&trouble, &self.place)),
            TemplateKind::Cidr => {
                let mut networks = Vec::with_capacity(variants.len());
                for tokens in variants {
                    let text = pattern::to_text(&tokens);
                    let network = value::network(&text).map_err(|help| {
                        Box::new(Failure {
                            place: Some(self.place.clone()),
                            check: &checks::CIDR_FORMAT,
                            message: format!("`{text}` is no network"),
                            help,
                        })
                    })?;
                    networks.push(Test::Cidr(network));
                }
                Ok(Value::Tests(networks))
            }
            TemplateKind::Regex(flags) => {
                let mut regexes = Vec::with_capacity(variants.len());
                for tokens in variants {
                    let literal = |token: Token| match token {
                        Token::Literal(text) => text,
                        Token::Many | Token::One | Token::Dash => String::new(),
                    };
                    let text: String = tokens.into_iter().map(literal).collect();
                    let test = value::regex(flags, &text).map_err(|fault| {
                        Box::new(Failure {
                            place: Some(self.place.clone()),
                            check: fault.check,
                            message: fault.message,
                            help: fault.help.to_owned(),
                        })
                    })?;
                    regexes.push(test);
                }
                Ok(Value::Tests(regexes))
            }
        }
    }
}

pub(crate) fn push_piece(pieces: &mut Vec<Piece>, piece: Piece) {
    match (pieces.last_mut(), piece) {
        (Some(Piece::Token(Token::Literal(last))), Piece::Token(Token::Literal(text))) => {
            last.push_str(&text);
        }
        (Some(Piece::Token(Token::Many)), Piece::Token(Token::Many)) => {}
        (_, piece) => pieces.push(piece),
    }
}

/// The value of a template, its placeholders filled from the configuration.
pub(crate) fn filled(template: &Template, lowering: &Lowering<'_>) -> Result<Value, Box<Failure>> {
    let values = template.fill(|name| placeholder(template, name, lowering).map(Fill::Values))?;
    let value = values.into_iter().next().unwrap_or(Value::Null);
    let predicates = match &value {
        Value::Tests(tests) => tests.len(),
        Value::Variants(patterns) => patterns.len(),
        _ => 1,
    };
    if lowering.spend(predicates) {
        Ok(value)
    } else {
        Err(failure(&Trouble::Variants, &template.place))
    }
}

fn placeholder(
    template: &Template,
    name: &str,
    lowering: &Lowering<'_>,
) -> Result<Vec<Vec<Token>>, Box<Failure>> {
    match lowering.placeholders.get(name) {
        Some(values) if !values.is_empty() => {
            Ok(values.iter().map(|value| pattern::parse(value)).collect())
        }
        _ => {
            let known = lowering.placeholders.keys().map(String::as_str);
            let near = suggest::nearest(name, known)
                .map(|near| format!(" (there is `{near}`)"))
                .unwrap_or_default();
            Err(Box::new(Failure {
                place: Some(template.place.clone()),
                check: &checks::PLACEHOLDER_UNRESOLVED,
                message: format!("the placeholder `%{name}%` has no values"),
                help: format!(
                    "configure values for `{name}`{near}, or leave `expand` out if the text is meant literally"
                ),
            }))
        }
    }
}

/// Puts wildcards around a keyword that becomes the value of a field, which keeps its meaning.
pub(crate) fn contain(value: &mut Value) {
    match value {
        Value::Text(pattern) | Value::Bool(_, pattern) => {
            *value = Value::Text(contained(pattern.clone()));
        }
        Value::Number(of, cased) => {
            let patterns = number(of, *cased).into_iter().map(contained);
            *value = Value::Variants(patterns.collect());
        }
        Value::Variants(patterns) => {
            for pattern in patterns {
                *pattern = contained(pattern.clone());
            }
        }
        Value::Template(template) => {
            if let TemplateKind::Text(steps) = &mut template.kind {
                steps.push(TextStep::Around(Relation::Contains));
            }
            template.fold();
        }
        Value::Null | Value::FieldRef { .. } | Value::Tests(_) => {}
    }
}
