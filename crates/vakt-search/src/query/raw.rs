//! What a frame must have in it for its event to match: a look at bytes where decoding takes ten times
//! as long.
//!
//! It may be asked only of frames in which every value that was sent stands as it is, and says no only
//! where it is sure.

use memchr::memmem::Finder;

use super::{Node, Pattern};
use crate::fold::fold;

/// The texts that a query needs.
pub(crate) struct Raw {
    needs: Needs,
    /// The frame that is looked at, in lower case.
    lower: Vec<u8>,
}

enum Needs {
    /// Nothing that a look at bytes can tell.
    Anything,
    All(Vec<Needs>),
    Some(Vec<Needs>),
    Text(Box<Finder<'static>>),
}

impl Raw {
    /// `None` where bytes tell nothing of the query.
    pub(crate) fn of(root: &Node) -> Option<Self> {
        match needs(root) {
            Needs::Anything => None,
            needs => Some(Self {
                needs,
                lower: Vec::new(),
            }),
        }
    }

    /// Whether a frame with these bytes may match. Letters beyond ASCII fold to others in ways that
    /// bytes do not show: where there are some it may.
    pub(crate) fn may_match(&mut self, frame: &[u8]) -> bool {
        if !frame.is_ascii() {
            return true;
        }
        self.lower.clear();
        self.lower.extend_from_slice(frame);
        self.lower.make_ascii_lowercase();
        are_met(&self.needs, &self.lower)
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
    fn what_may_match_is_told_from_what_cannot() {
        let check = |query: &str, frame: &str, expected: Option<bool>| {
            let found = Raw::of(&Query::parse(query).unwrap().root)
                .map(|mut raw| raw.may_match(frame.as_bytes()));
            assert_eq!(found, expected, "{query} {frame}");
        };
        check("failed", "sshd: Failed password", Some(true));
        check("FAILED", "sshd: accepted", Some(false));
        check("\"failed password\"", "Failed  password", Some(false));
        check("*ailed*wor*", "Failed password", Some(true));
        check("failed or accepted", "sshd: accepted", Some(true));
        check("failed or accepted", "sshd: closed", Some(false));
        check("failed user.name:root", "closed", Some(false));
        check("failed or user.name:root", "closed", None);
        check("not failed", "closed", None);
        check("/inv.lid (user|name)/", "invalid user", Some(true));
        check("user.name:root", "closed", None);
        // The Kelvin sign is a k.
        check("kelvin", "\u{212a}elvin", Some(true));
        check("strasse", "Straße", Some(true));
        check("straße", "Strasse", Some(true));
        check("straße", "Strase", Some(false));
    }
}
