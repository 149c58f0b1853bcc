//! What the bytes of a frame tell of its event: a look at them where decoding takes ten times as long.
//!
//! No is said only of frames in which every value that was sent stands as it is, yes only of what one
//! such value answers by itself.

use std::ops::Range;

use memchr::memmem::Finder;

use super::{Node, Pattern};
use crate::fold::fold;

/// A query that is asked of bytes.
pub(crate) struct Raw<'q> {
    root: &'q Node,
    needs: Needs,
}

/// A frame that is looked at.
#[derive(Clone, Debug)]
pub(crate) struct RawFrame<'f> {
    pub(crate) bytes: &'f [u8],
    /// The same with letters of ASCII in lower case.
    pub(crate) lower: &'f [u8],
    /// Whether every value that was sent stands in it as it is.
    pub(crate) is_verbatim: bool,
    /// Where one of them does.
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
            needs: needs(root),
        }
    }

    /// Whether the frame's event matches; `None` where its bytes do not tell. Letters beyond ASCII fold
    /// to others in ways that bytes do not show: where there are some it must be decoded.
    pub(crate) fn judge(&self, frame: &RawFrame<'_>) -> Option<bool> {
        if !frame.bytes.is_ascii() {
            return None;
        }
        if frame.is_verbatim && !are_met(&self.needs, frame.lower) {
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

fn needs(node: &Node) -> Needs {
    match node {
        Node::Sent(pattern) => all(texts(pattern)),
        Node::SentRegex(regex) => all(regex.required().iter().map(|text| text_of(text)).collect()),
        Node::And(parts) => all(parts.iter().map(needs).collect()),
        Node::Or(parts) => {
            let parts: Vec<Needs> = parts.iter().map(needs).collect();
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

fn texts(pattern: &Pattern) -> Vec<Needs> {
    pattern.pieces.iter().map(|piece| text_of(piece)).collect()
}

fn text_of(text: &str) -> Needs {
    match text.is_empty() {
        true => Needs::Anything,
        false => Needs::Text(Box::new(Finder::new(fold(text).as_bytes()).into_owned())),
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
                is_verbatim: true,
                value: Some(start..frame.len()),
            };
            assert_eq!(Raw::of(&root).judge(&raw), expected, "{query} {frame}");
            raw.is_verbatim = false;
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
}
