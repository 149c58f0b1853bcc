//! Identifiers of STIX objects: UUIDs of version 5, made of what they name.

use std::fmt;

use crate::digest::{hex, sha1};

/// The namespace of cyber-observable objects (STIX 2.1, section 2.9), as bytes of a UUID.
const OBSERVABLES: [u8; 16] = [
    0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c, 0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7,
];

/// The namespace of all other objects that Vakt makes, which may not be the one above.
const VAKT: [u8; 16] = [
    0x5d, 0x1f, 0x2c, 0x6a, 0x8e, 0x0b, 0x4b, 0x1e, 0x9a, 0x57, 0x3c, 0x90, 0xe2, 0x64, 0x17, 0xd3,
];

/// `indicator--…`
pub(super) struct ObjectId<'k> {
    kind: &'k str,
    uuid: String,
}

impl<'k> ObjectId<'k> {
    /// Of a cyber-observable: `contributing` is the canonical JSON (RFC 8785) of the properties
    /// that the standard names for its type.
    pub(super) fn of_observable(kind: &'k str, contributing: &str) -> Self {
        Self {
            kind,
            uuid: uuid_5(&OBSERVABLES, contributing),
        }
    }

    /// Of something of one incident.
    pub(super) fn of_incident(kind: &'k str, incident: &str, key: &str) -> Self {
        Self {
            kind,
            uuid: uuid_5(&VAKT, &format!("{kind} {incident} {key}")),
        }
    }

    /// Of something that is the same in every incident.
    pub(super) fn shared(kind: &'k str, key: &str) -> Self {
        Self {
            kind,
            uuid: uuid_5(&VAKT, &format!("{kind} {key}")),
        }
    }
}

impl fmt::Display for ObjectId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}--{}", self.kind, self.uuid)
    }
}

pub(super) fn of_bundle(incident: &str, modified: &str) -> String {
    ObjectId::of_incident("bundle", incident, modified).to_string()
}

/// RFC 9562, section 5.5.
fn uuid_5(namespace: &[u8; 16], name: &str) -> String {
    let mut input = namespace.to_vec();
    input.extend_from_slice(name.as_bytes());
    let mut bytes = sha1(&input);
    bytes.truncate(16);
    if let Some(version) = bytes.get_mut(6) {
        *version = (*version & 0x0f) | 0x50;
    }
    if let Some(variant) = bytes.get_mut(8) {
        *variant = (*variant & 0x3f) | 0x80;
    }
    let digits = hex(&bytes);
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    format!(
        "{}-{}-{}-{}-{}",
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Appendix A.4 of RFC 9562, and an identifier of an address that OASIS prints in STIX 2.1.
    #[test]
    fn identifiers_are_those_of_the_standards() {
        let dns = [
            0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4,
            0x30, 0xc8,
        ];
        assert_eq!(
            uuid_5(&dns, "www.example.com"),
            "2ed6657d-e927-568b-95e1-2665a8aea6a2"
        );
        let address = ObjectId::of_observable("ipv4-addr", r#"{"value":"198.51.100.3"}"#);
        assert_eq!(
            address.to_string(),
            "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"
        );
    }
}
