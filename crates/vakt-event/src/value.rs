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
