//! The Traffic Light Protocol, version 2.0 (FIRST).

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::{DocumentKind, Marked, Marks};
use crate::form::Source;

/// To whom a document may be handed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tlp {
    /// The people it is addressed to.
    Red,
    /// Their organisation. What nobody marked is this.
    #[default]
    AmberStrict,
    /// Their organisation and its clients.
    Amber,
    /// Their community.
    Green,
    /// Everybody.
    Clear,
}

impl Tlp {
    pub const ALL: [Self; 5] = [
        Self::Red,
        Self::AmberStrict,
        Self::Amber,
        Self::Green,
        Self::Clear,
    ];

    /// As FIRST writes it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Red => "TLP:RED",
            Self::AmberStrict => "TLP:AMBER+STRICT",
            Self::Amber => "TLP:AMBER",
            Self::Green => "TLP:GREEN",
            Self::Clear => "TLP:CLEAR",
        }
    }
}

impl fmt::Display for Tlp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

impl Serialize for Tlp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.label())
    }
}

/// The text names no marking.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no marking of TLP 2.0: write RED, AMBER+STRICT, AMBER, GREEN or CLEAR")]
pub struct UnknownTlp(String);

impl FromStr for Tlp {
    type Err = UnknownTlp;

    /// `TLP:AMBER+STRICT`, `amber+strict`
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let upper = text.trim().to_ascii_uppercase();
        let name = upper.strip_prefix("TLP:").unwrap_or(&upper);
        let known = Self::ALL.into_iter().find(|tlp| {
            let label = tlp.label();
            label.strip_prefix("TLP:") == Some(name)
        });
        known.ok_or_else(|| UnknownTlp(text.to_owned()))
    }
}

/// The marking of a document. A notice to all recipients is meant for everybody.
pub(super) fn of(marks: &Marks, kind: DocumentKind) -> Marked {
    if kind == DocumentKind::RecipientsNotice {
        return Marked {
            label: Tlp::Clear,
            from: Vec::new(),
        };
    }
    let Some(mark) = &marks.tlp else {
        return Marked {
            label: Tlp::default(),
            from: Vec::new(),
        };
    };
    Marked {
        label: mark.value.parse().unwrap_or_default(),
        from: vec![Source {
            kind: "person",
            id: Some(format!("tlp version {}", mark.version)),
            hash: None,
            text: format!("{}, {}", mark.recorded_by, mark.recorded_at),
        }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markings_are_read_as_people_write_them() {
        let check = |text: &str, expected: Option<Tlp>| {
            assert_eq!(text.parse().ok(), expected, "{text}");
        };
        check("TLP:AMBER+STRICT", Some(Tlp::AmberStrict));
        check(" amber ", Some(Tlp::Amber));
        check("tlp:clear", Some(Tlp::Clear));
        check("WHITE", None);
        check("", None);
    }
}
