//! What the bytes of a frame tell of its event: a look at them where decoding takes ten times as long.
//!
//! No is said only of frames in which every value that was sent stands, as it is or with escapes; yes only
//! of what one value that stands as it is answers by itself.

use std::cell::OnceCell;
use std::ops::Range;

use memchr::memmem::{self, Finder};

use super::literals::{Found, Literals};
use super::{Node, Pattern, Query, Regex};

/// A query that is asked of bytes.
pub(crate) struct Raw<'q> {
    root: Part<'q>,
    literals: Option<&'q Literals>,
}

/// How the values that were sent stand in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Each as it is.
    AsSent,
    /// Each as it is, or as a JSON string with escapes.
    Escaped,
    Otherwise,
}

/// A frame that is looked at.
#[derive(Clone, Debug)]
pub(crate) struct RawFrame<'f> {
    pub(crate) bytes: &'f [u8],
    /// The same with letters of ASCII in lower case.
    pub(crate) lower: &'f [u8],
    pub(crate) standing: Standing,
    /// Where a value that was sent stands as it is.
    pub(crate) value: Option<Range<usize>>,
}

/// A node of the query.
enum Part<'q> {
    All,
    Not(Box<Part<'q>>),
    And(Vec<Part<'q>>),
    Or(Vec<Part<'q>>),
    Sent(&'q Pattern, Vec<Text<'q>>),
    SentRegex(&'q Regex, Vec<Text<'q>>),
    /// A field may have a value that was added, and stands nowhere.
    Field,
}

/// A text, folded, that a value must have.
struct Text<'q> {
    by: By<'q>,
    /// Whether escapes leave it as it is.
    is_plain: bool,
}

/// How a text is looked for.
enum By<'q> {
    Itself(Box<Finder<'q>>),
    /// With many others, among which it has this number.
    Number(usize),
}

/// What is known of a frame.
struct Look<'f> {
    lower: &'f [u8],
    standing: Standing,
    /// Whether an escape may stand for any character.
    has_any_escape: bool,
    /// The value that stands as it is, as it was sent and folded.
    value: Option<(&'f str, &'f str)>,
    literals: Option<&'f Literals>,
    found: OnceCell<Option<Found<'f>>>,
}

impl<'q> Raw<'q> {
    pub(crate) fn of(query: &'q Query) -> Self {
        let literals = query.literals.as_deref();
        Self {
            root: Part::of(&query.root, literals),
            literals,
        }
    }

    /// Whether the frame's event matches; `None` where its bytes do not tell. Letters beyond ASCII fold
    /// to others in ways that bytes do not show: where there are some it must be decoded.
    pub(crate) fn judge(&self, frame: &RawFrame<'_>) -> Option<bool> {
        if !frame.bytes.is_ascii() {
            return None;
        }
        let value = match frame.value.clone() {
            None => None,
            Some(place) => Some((
                text_in(frame.bytes, place.clone())?,
                text_in(frame.lower, place)?,
            )),
        };
        let look = Look {
            lower: frame.lower,
            standing: frame.standing,
            has_any_escape: frame.standing == Standing::Escaped
                && memmem::find(frame.lower, ANY_CHARACTER).is_some(),
            value,
            literals: self.literals,
            found: OnceCell::new(),
        };
        if !look.may(&self.root) {
            return Some(false);
        }
        look.must(&self.root).then_some(true)
    }
}

impl<'q> Part<'q> {
    fn of(node: &'q Node, literals: Option<&Literals>) -> Self {
        let parts = |nodes: &'q [Node]| {
            let parts = nodes.iter().map(|node| Self::of(node, literals));
            parts.collect()
        };
        match node {
            Node::All => Self::All,
            Node::Not(inner) => Self::Not(Box::new(Self::of(inner, literals))),
            Node::And(nodes) => Self::And(parts(nodes)),
            Node::Or(nodes) => Self::Or(parts(nodes)),
            Node::Sent(pattern) => {
                let texts = pattern.pieces.iter();
                let texts = texts.map(|text| Text::of(text, literals));
                Self::Sent(pattern, texts.collect())
            }
            Node::SentRegex(regex) => {
                let texts = regex.required().iter();
                Self::SentRegex(regex, texts.map(|text| Text::of(text, None)).collect())
            }
            Node::Field(..) => Self::Field,
        }
    }
}

impl<'q> Text<'q> {
    fn of(text: &'q str, literals: Option<&Literals>) -> Self {
        let number = literals.and_then(|literals| literals.number(text));
        Self {
            by: number.map_or_else(|| By::Itself(Box::new(Finder::new(text))), By::Number),
            is_plain: is_plain(text),
        }
    }
}

impl Look<'_> {
    /// Whether the event may match.
    fn may(&self, part: &Part<'_>) -> bool {
        match part {
            Part::All | Part::Field => true,
            Part::Not(inner) => !self.must(inner),
            Part::And(parts) => parts.iter().all(|part| self.may(part)),
            Part::Or(parts) => parts.iter().any(|part| self.may(part)),
            Part::Sent(_, texts) | Part::SentRegex(_, texts) => {
                texts.iter().all(|text| self.may_have(text))
            }
        }
    }

    /// Whether the event surely matches, whatever else it has.
    fn must(&self, part: &Part<'_>) -> bool {
        match part {
            Part::All => true,
            Part::Field => false,
            Part::Not(inner) => !self.may(inner),
            Part::And(parts) => parts.iter().all(|part| self.must(part)),
            Part::Or(parts) => parts.iter().any(|part| self.must(part)),
            Part::Sent(pattern, texts) => self
                .value_with(texts)
                .is_some_and(|(_, folded)| pattern.matches(folded)),
            Part::SentRegex(regex, texts) => self
                .value_with(texts)
                .is_some_and(|(sent, _)| regex.is_in(sent)),
        }
    }

    /// The value that stands in the frame as it is, if it may have the texts.
    fn value_with(&self, texts: &[Text<'_>]) -> Option<(&str, &str)> {
        self.value
            .filter(|_| texts.iter().all(|text| self.has(text)))
    }

    /// Whether a value that was sent may have the text.
    fn may_have(&self, text: &Text<'_>) -> bool {
        match self.standing {
            Standing::AsSent => self.has(text),
            Standing::Escaped => !text.is_plain || self.has_any_escape || self.has(text),
            Standing::Otherwise => true,
        }
    }

    fn has(&self, text: &Text<'_>) -> bool {
        let number = match &text.by {
            By::Itself(finder) => return finder.find(self.lower).is_some(),
            By::Number(number) => *number,
        };
        let found = self.found.get_or_init(|| {
            let mut found = self.literals?.nothing();
            found.look_at(self.lower);
            Some(found)
        });
        found.as_ref().is_none_or(|found| found.has_number(number))
    }
}

fn text_in(bytes: &[u8], place: Range<usize>) -> Option<&str> {
    std::str::from_utf8(bytes.get(place)?).ok()
}

/// What begins an escape that stands for any character.
const ANY_CHARACTER: &[u8] = b"\\u";

/// Whether no character of the text is one that the short escapes of JSON stand for: then a value has the
/// text where the bytes of the escaped string have it.
fn is_plain(text: &str) -> bool {
    !text.contains(|c: char| c.is_control() || matches!(c, '\\' | '"' | '/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Query;

    #[test]
    fn what_bytes_tell_is_told() {
        // What is known where values stand as they were sent, and what where only one is known to.
        let check_both =
            |query: &str, frame: &str, as_sent: Option<bool>, otherwise: Option<bool>| {
                let query = Query::parse(query).unwrap();
                // What stands after the first colon was sent.
                let start = frame.find(':').map_or(0, |colon| colon + 2);
                let lower = frame.to_ascii_lowercase();
                let mut raw = RawFrame {
                    bytes: frame.as_bytes(),
                    lower: lower.as_bytes(),
                    standing: Standing::AsSent,
                    value: Some(start..frame.len()),
                };
                assert_eq!(Raw::of(&query).judge(&raw), as_sent, "{query:?} {frame}");
                raw.standing = Standing::Otherwise;
                assert_eq!(Raw::of(&query).judge(&raw), otherwise, "{query:?} {frame}");
                raw.value = None;
                assert_eq!(Raw::of(&query).judge(&raw), None, "{query:?} {frame}");
            };
        let check = |query: &str, frame: &str, expected: Option<bool>| {
            check_both(query, frame, expected, expected.filter(|found| *found));
        };
        check("failed", "sshd: Failed password", Some(true));
        check("FAILED", "sshd: accepted", Some(false));
        // That is no word of the value, and may be one of another.
        check("sshd", "sshd: Failed password", None);
        check("\"sshd failed\"", "sshd failed: failed", None);
        check("fail", "sshd: Failed password", None);
        check("\"failed password\"", "Failed  password", Some(false));
        check("*ailed*wor*", "Failed password", Some(true));
        check("failed or accepted", "sshd: accepted", Some(true));
        check("failed or accepted", "sshd: closed", Some(false));
        check("failed user.name:root", "closed", Some(false));
        check("failed user.name:root", "failed", None);
        check("failed or user.name:root", "closed", None);
        check("failed or user.name:root", "failed", Some(true));
        check("failed sshd", "sshd: failed", None);
        check_both("not failed", "closed", Some(true), None);
        check_both("not failed", "failed", Some(false), Some(false));
        check_both("not sshd", "sshd: failed", None, None);
        check_both("not (not closed)", "closed", Some(true), Some(true));
        check_both("not /^x/ not closed", "failed", Some(true), None);
        check_both("not failed not user.name:root", "closed", None, None);
        check_both(
            "not failed not user.name:root",
            "failed",
            Some(false),
            Some(false),
        );
        check("/inv.lid (user|name)/", "invalid user", Some(true));
        check("/^Inv/", "sshd: invalid user", Some(true));
        check("/^user/", "sshd: invalid user", None);
        check("user.name:root", "closed", None);
        // The Kelvin sign is a k.
        check("kelvin", "\u{212a}elvin", None);
        check("strasse", "Straße", None);
        check("straße", "Strasse", Some(true));
        check("straße", "Strase", Some(false));
    }

    #[test]
    fn of_a_string_with_escapes_no_is_said_where_no_escape_can_hide_the_text() {
        let check = |query: &str, frame: &str, expected: Option<bool>| {
            let query = Query::parse(query).unwrap();
            let lower = frame.to_ascii_lowercase();
            let raw = RawFrame {
                bytes: frame.as_bytes(),
                lower: lower.as_bytes(),
                standing: Standing::Escaped,
                value: None,
            };
            assert_eq!(Raw::of(&query).judge(&raw), expected, "{query:?} {frame}");
        };
        check("failed", r#"{"m":"a\nb"}"#, Some(false));
        check("failed", r#"{"m":"a\nfailed"}"#, None);
        check("failed", r#"{"m":"f\u0061iled"}"#, None);
        check(r"c:\\windows", r#"{"m":"c:\\windows"}"#, None);
        check("\"a/b\"", r#"{"m":"a\/b"}"#, None);
        check("\"a/b\" closed", r#"{"m":"a\/b"}"#, Some(false));
        check("\"a/b\" or closed", r#"{"m":"a\/b"}"#, None);
        check("not closed", r#"{"m":"a\/b"}"#, Some(true));
        check("not a/b", r#"{"m":"a\/b"}"#, None);
    }

    #[test]
    fn many_texts_are_looked_for_at_once() {
        let many: Vec<String> = (0..100).map(|number| format!("w{number}")).collect();
        let check = |query: &str, text: &str, expected: Option<bool>| {
            let query = Query::parse(query).unwrap();
            let raw = Raw::of(&query);
            assert!(raw.literals.is_some());
            let frame = RawFrame {
                bytes: text.as_bytes(),
                lower: text.as_bytes(),
                standing: Standing::AsSent,
                value: Some(2..text.len()),
            };
            assert_eq!(raw.judge(&frame), expected, "{text}");
        };
        let none = format!("-{}", many.join(" -"));
        check(&none, "a b c", Some(true));
        check(&none, "a b w7", Some(false));
        check(&none, "a bw7", None);
        let any = many.join(" or ");
        check(&any, "a b w7", Some(true));
        check(&any, "a b x7", Some(false));
        check(&any, "a b w7x", None);
    }
}
