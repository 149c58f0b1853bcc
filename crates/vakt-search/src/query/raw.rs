//! What the bytes of a frame tell of its event: a look at them where decoding takes ten times as long.
//!
//! No is said only of frames in which every value that was sent stands, as it is or with escapes; yes only
//! of what one value that stands as it is answers by itself.

use std::ops::Range;

use memchr::memmem::{self, Finder};

use super::Node;
use crate::fold::fold;

/// A query that is asked of bytes.
pub(crate) struct Raw<'q> {
    root: &'q Node,
    needs: Needs,
    /// Those of the texts that escapes leave as they are.
    plain: Needs,
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

/// The texts that a query needs.
enum Needs {
    /// Nothing that a look at bytes can tell.
    Anything,
    All(Vec<Needs>),
    Some(Vec<Needs>),
    Text(Box<Finder<'static>>),
}

impl<'q> Raw<'q> {
    pub(crate) fn of(root: &'q Node) -> Self {
        Self {
            root,
            needs: needs(root, &|_| true),
            plain: needs(root, &is_plain),
        }
    }

    /// Whether the frame's event matches; `None` where its bytes do not tell. Letters beyond ASCII fold
    /// to others in ways that bytes do not show: where there are some it must be decoded.
    pub(crate) fn judge(&self, frame: &RawFrame<'_>) -> Option<bool> {
        if !frame.bytes.is_ascii() {
            return None;
        }
        let may_match = match frame.standing {
            Standing::AsSent => are_met(&self.needs, frame.lower),
            Standing::Escaped => {
                are_met(&self.plain, frame.lower)
                    || memmem::find(frame.lower, ANY_CHARACTER).is_some()
            }
            Standing::Otherwise => true,
        };
        if !may_match {
            return Some(false);
        }
        let value = frame.value.as_ref()?;
        let sent = std::str::from_utf8(frame.bytes.get(value.clone())?).ok()?;
        let folded = std::str::from_utf8(frame.lower.get(value.clone())?).ok()?;
        answers(self.root, sent, folded).then_some(true)
    }
}

/// Whether an event surely matches that has this value, which was sent, whatever else it has.
fn answers(node: &Node, sent: &str, folded: &str) -> bool {
    match node {
        Node::All => true,
        Node::Sent(pattern) => pattern.matches(folded),
        Node::SentRegex(regex) => regex.is_in(sent),
        Node::And(parts) => parts.iter().all(|part| answers(part, sent, folded)),
        Node::Or(parts) => parts.iter().any(|part| answers(part, sent, folded)),
        Node::Not(_) | Node::Field(..) => false,
    }
}

/// What begins an escape that stands for any character.
const ANY_CHARACTER: &[u8] = b"\\u";

/// Whether no character of the text is one that the short escapes of JSON stand for: then a value has the
/// text where the bytes of the escaped string have it.
fn is_plain(text: &str) -> bool {
    !text.contains(|c: char| c.is_control() || matches!(c, '\\' | '"' | '/'))
}

/// The texts that the node needs, of those that are `usable`.
fn needs(node: &Node, usable: &dyn Fn(&str) -> bool) -> Needs {
    let text_of = |text: &String| match text.is_empty() || !usable(text) {
        true => Needs::Anything,
        false => Needs::Text(Box::new(Finder::new(fold(text).as_bytes()).into_owned())),
    };
    match node {
        Node::Sent(pattern) => all(pattern.pieces.iter().map(text_of).collect()),
        Node::SentRegex(regex) => all(regex.required().iter().map(text_of).collect()),
        Node::And(parts) => all(parts.iter().map(|part| needs(part, usable)).collect()),
        Node::Or(parts) => {
            let parts: Vec<Needs> = parts.iter().map(|part| needs(part, usable)).collect();
            match parts.iter().any(|part| matches!(part, Needs::Anything)) {
                true => Needs::Anything,
                false => Needs::Some(parts),
            }
        }
        // A field may have a value that was added, and stands nowhere.
        Node::All | Node::Not(_) | Node::Field(..) => Needs::Anything,
    }
}

fn all(mut parts: Vec<Needs>) -> Needs {
    parts.retain(|part| !matches!(part, Needs::Anything));
    match parts.is_empty() {
        true => Needs::Anything,
        false => Needs::All(parts),
    }
}

fn are_met(needs: &Needs, lower: &[u8]) -> bool {
    match needs {
        Needs::Anything => true,
        Needs::All(parts) => parts.iter().all(|part| are_met(part, lower)),
        Needs::Some(parts) => parts.iter().any(|part| are_met(part, lower)),
        Needs::Text(text) => text.find(lower).is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Query;

    #[test]
    fn what_bytes_tell_is_told() {
        let check = |query: &str, frame: &str, expected: Option<bool>| {
            let root = Query::parse(query).unwrap().root;
            // What stands after the first colon was sent.
            let start = frame.find(':').map_or(0, |colon| colon + 2);
            let lower = frame.to_ascii_lowercase();
            let mut raw = RawFrame {
                bytes: frame.as_bytes(),
                lower: lower.as_bytes(),
                standing: Standing::AsSent,
                value: Some(start..frame.len()),
            };
            assert_eq!(Raw::of(&root).judge(&raw), expected, "{query} {frame}");
            raw.standing = Standing::Otherwise;
            let unless_no = expected.filter(|found| *found);
            assert_eq!(Raw::of(&root).judge(&raw), unless_no, "{query} {frame}");
            raw.value = None;
            assert_eq!(Raw::of(&root).judge(&raw), None, "{query} {frame}");
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
        check("not failed", "closed", None);
        check("not failed", "failed", None);
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
            let root = Query::parse(query).unwrap().root;
            let lower = frame.to_ascii_lowercase();
            let raw = RawFrame {
                bytes: frame.as_bytes(),
                lower: lower.as_bytes(),
                standing: Standing::Escaped,
                value: None,
            };
            assert_eq!(Raw::of(&root).judge(&raw), expected, "{query} {frame}");
        };
        check("failed", r#"{"m":"a\nb"}"#, Some(false));
        check("failed", r#"{"m":"a\nfailed"}"#, None);
        check("failed", r#"{"m":"f\u0061iled"}"#, None);
        check(r"c:\\windows", r#"{"m":"c:\\windows"}"#, None);
        check("\"a/b\"", r#"{"m":"a\/b"}"#, None);
        check("\"a/b\" closed", r#"{"m":"a\/b"}"#, Some(false));
        check("\"a/b\" or closed", r#"{"m":"a\/b"}"#, None);
    }
}
