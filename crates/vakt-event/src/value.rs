//! The value of a field.

use std::borrow::Cow;

/// A value, borrowed from the frame where the frame holds it as it is.
///
/// Numbers keep the digits that the sender wrote: a rule or a search may then compare them as
/// text without loss, and as numbers when it asks for that.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    Null,
    Bool(bool),
    /// The number's text in JSON's grammar (RFC 8259, section 6).
    Number(Cow<'a, str>),
    Str(Cow<'a, str>),
}

impl<'a> Value<'a> {
    pub fn str(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Str(text.into())
    }

    pub fn number(number: impl std::fmt::Display) -> Self {
        Self::Number(Cow::Owned(number.to_string()))
    }

    /// The value as text; null is the empty text.
    pub fn text(&self) -> &str {
        match self {
            Self::Null => "",
            Self::Bool(true) => "true",
            Self::Bool(false) => "false",
            Self::Number(text) | Self::Str(text) => text,
        }
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The value as a number, also when a sender wrote the number as text.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(text) | Self::Str(text) => {
                text.parse().ok().filter(|number: &f64| number.is_finite())
            }
            Self::Null | Self::Bool(_) => None,
        }
    }

    /// A number that is not written in the shortest way, in that way: `4688.0` and `4.688e3` are
    /// `4688`. `None` for every other value, texts that read as numbers too.
    pub fn shortest_number(&self) -> Option<String> {
        let Self::Number(text) = self else {
            return None;
        };
        let another_way = text.bytes().any(|b| matches!(b, b'.' | b'e' | b'E')) || text == "-0";
        if !another_way {
            return None;
        }
        let number = self.as_f64()?;
        // Zero has no sign: -0.0 == 0.0.
        let number = if number == 0.0 { 0.0 } else { number };
        Some(number.to_string()).filter(|shortest| *shortest != **text)
    }

    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Number(text) => Value::Number(Cow::Owned(text.into_owned())),
            Self::Str(text) => Value::Str(Cow::Owned(text.into_owned())),
        }
    }

    /// The same value, borrowed from this one.
    pub fn borrowed(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(text) => Value::Number(Cow::Borrowed(text)),
            Self::Str(text) => Value::Str(Cow::Borrowed(text)),
        }
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Str(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Str(Cow::Owned(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_shortened_where_it_can_be() {
        let check = |value: Value<'_>, expected: Option<&str>| {
            assert_eq!(value.shortest_number().as_deref(), expected, "{value:?}");
        };
        check(Value::number("4688.0"), Some("4688"));
        check(Value::number("4.688e3"), Some("4688"));
        check(Value::number("-0"), Some("0"));
        check(Value::number("-0.0"), Some("0"));
        check(Value::number("1.50"), Some("1.5"));
        check(Value::number("1.5"), None);
        check(Value::number("4688"), None);
        check(Value::number("99999999999999999999999"), None);
        check(Value::number("1e999"), None);
        check(Value::from("4688.0"), None);
        check(Value::Bool(true), None);
        check(Value::Null, None);
    }
}
