//! The value of a field.

use std::borrow::Cow;
use std::fmt::Write;

use crate::escaped::Escaped;

/// A value, borrowed from the frame where the frame holds it as it is.
///
/// Numbers keep the digits that the sender wrote: a rule or a search may then compare them as
/// text without loss, and as numbers when it asks for that.
/// A text that JSON writes with escapes stays as it is until it is asked for; it is equal to every
/// text that says the same.
#[derive(Clone, Debug)]
pub enum Value<'a> {
    Null,
    Bool(bool),
    /// The number's text in JSON's grammar (RFC 8259, section 6).
    Number(Cow<'a, str>),
    Str(Cow<'a, str>),
    /// A text as JSON writes it.
    Escaped(Escaped<'a>),
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
            Self::Escaped(escaped) => escaped.text(),
        }
    }

    /// The text of a value that is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            Self::Escaped(escaped) => Some(escaped.text()),
            Self::Null | Self::Bool(_) | Self::Number(_) => None,
        }
    }

    /// The text of a value that is one, to be kept.
    pub fn to_str(&self) -> Option<Cow<'a, str>> {
        match self {
            Self::Str(text) => Some(text.clone()),
            Self::Escaped(escaped) => Some(Cow::Owned(escaped.clone().into_string())),
            Self::Null | Self::Bool(_) | Self::Number(_) => None,
        }
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The value as a number, also when a sender wrote the number as text.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Null | Self::Bool(_) => None,
            Self::Number(_) | Self::Str(_) | Self::Escaped(_) => number(self.text()),
        }
    }

    /// A number that is not written in the shortest way, in that way: `4688.0` and `4.688e3` are
    /// `4688`. `None` for every other value, texts that read as numbers too.
    pub fn shortest_number(&self) -> Option<String> {
        let mut shortest = String::new();
        self.write_shortest_number(&mut shortest)
            .then_some(shortest)
    }

    /// [`Self::shortest_number`] in place of what `shortest` held; whether there is one. Where not,
    /// `shortest` may hold anything.
    pub fn write_shortest_number(&self, shortest: &mut String) -> bool {
        let Self::Number(text) = self else {
            return false;
        };
        let another_way = text.bytes().any(|b| matches!(b, b'.' | b'e' | b'E')) || text == "-0";
        if !another_way {
            return false;
        }
        let Some(number) = self.as_f64() else {
            return false;
        };
        // Zero has no sign: -0.0 == 0.0.
        let number = if number == 0.0 { 0.0 } else { number };
        shortest.clear();
        write!(shortest, "{number}").is_ok() && *shortest != **text
    }

    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Number(text) => Value::Number(Cow::Owned(text.into_owned())),
            Self::Str(text) => Value::Str(Cow::Owned(text.into_owned())),
            Self::Escaped(escaped) => Value::Str(Cow::Owned(escaped.into_string())),
        }
    }

    /// The same value, borrowed from this one.
    pub fn borrowed(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(text) => Value::Number(Cow::Borrowed(text)),
            Self::Str(text) => Value::Str(Cow::Borrowed(text)),
            Self::Escaped(escaped) => Value::Str(Cow::Borrowed(escaped.text())),
        }
    }
}

impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => a == b,
            (Self::Escaped(a), Self::Escaped(b)) => a == b,
            _ => match (self.as_str(), other.as_str()) {
                (Some(a), Some(b)) => a == b,
                _ => false,
            },
        }
    }
}

/// The finite number that a text is.
pub fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
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
