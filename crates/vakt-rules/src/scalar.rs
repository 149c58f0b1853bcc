//! What a plain YAML scalar is: null, a boolean, a number, or text.

use crate::yaml::Scalar;

/// A scalar by the YAML 1.2 core schema, with two strictnesses that rules need: only `true` and
/// `false` (in YAML's three cases) are booleans, and digits with a leading zero or an underscore
/// are text, since codes such as `0042` are written so.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Resolved<'n> {
    Null,
    Bool(bool),
    Number(Number),
    Text(&'n str),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Number {
    pub(crate) value: f64,
    /// How an event may write it: as the rule does, and in the shortest decimal form.
    pub(crate) texts: Vec<String>,
}

pub(crate) fn resolve<'n>(scalar: &'n Scalar<'_>) -> Resolved<'n> {
    let text = scalar.text.as_ref();
    if !scalar.plain {
        return Resolved::Text(text);
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Resolved::Null,
        "true" | "True" | "TRUE" => Resolved::Bool(true),
        "false" | "False" | "FALSE" => Resolved::Bool(false),
        _ => number(text).map_or(Resolved::Text(text), Resolved::Number),
    }
}

/// A number in the notation of the core schema.
pub(crate) fn number(text: &str) -> Option<Number> {
    if let Some(value) = radix(text) {
        #[expect(
            clippy::cast_precision_loss,
            reason = "compared as a float; the text is exact"
        )]
        return Some(Number {
            value: value as f64,
            texts: vec![text.to_owned(), value.to_string()],
        });
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let bytes = unsigned.as_bytes();
    let leading_zero = bytes.len() > 1 && bytes[0] == b'0' && bytes[1].is_ascii_digit();
    let shaped = unsigned
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    if leading_zero || !shaped || !unsigned.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    let value: f64 = text.parse().ok().filter(|value: &f64| value.is_finite())?;
    let mut texts = vec![text.to_owned()];
    let shortest = if unsigned.bytes().all(|b| b.is_ascii_digit()) {
        text.strip_prefix('+').unwrap_or(text).to_owned()
    } else {
        value.to_string()
    };
    if shortest != text {
        texts.push(shortest);
    }
    Some(Number { value, texts })
}

fn radix(text: &str) -> Option<u128> {
    let (digits, radix) = match (text.strip_prefix("0x"), text.strip_prefix("0o")) {
        (Some(digits), _) => (digits, 16),
        (_, Some(digits)) => (digits, 8),
        _ => return None,
    };
    if digits.starts_with('+') {
        return None;
    }
    u128::from_str_radix(digits, radix).ok()
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let scalar = Scalar {
            text: Cow::Borrowed(text),
            plain: true,
        };
        let got = match resolve(&scalar) {
            Resolved::Null => "null".to_owned(),
            Resolved::Bool(value) => format!("bool {value}"),
            Resolved::Number(number) => format!("number {}", number.texts.join(" or ")),
            Resolved::Text(_) => "text".to_owned(),
        };
        assert_eq!(got, expected, "{text}");
    }

    #[test]
    fn plain_scalars() {
        check("", "null");
        check("~", "null");
        check("null", "null");
        check("true", "bool true");
        check("False", "bool false");
        check("yes", "text");
        check("off", "text");
        check("4688", "number 4688");
        check("-1", "number -1");
        check("+7", "number +7 or 7");
        check("0", "number 0");
        check("0042", "text");
        check("1_000", "text");
        check("0x10", "number 0x10 or 16");
        check("0o17", "number 0o17 or 15");
        check("1.50", "number 1.50 or 1.5");
        check("1e3", "number 1e3 or 1000");
        check("1e999", "text");
        check(".", "text");
        check("1.2.3.4", "text");
        check("e5", "text");
        check("nan", "text");
        check("99999999999999999999999", "number 99999999999999999999999");
    }
}
