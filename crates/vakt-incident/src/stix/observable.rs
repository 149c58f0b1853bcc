//! Observables as cyber-observable objects and patterns. What a value of a field cannot be (an address
//! that is none, a hash of another length) gives neither.

use std::net::IpAddr;

use serde_json::{Value, json};

use super::id::ObjectId;
use crate::form::Observable;

/// An observable as STIX says it.
pub(super) struct Pattern {
    pub(super) pattern: String,
    /// The cyber-observable object.
    pub(super) object: Value,
}

impl Pattern {
    pub(super) fn of(it: &Observable) -> Option<Self> {
        let value = it.value.as_str();
        match it.field.as_str() {
            "source.ip" | "client.ip" => match value.parse().ok()? {
                IpAddr::V4(address) => Some(Self::valued("ipv4-addr", &address.to_string())),
                IpAddr::V6(address) => Some(Self::valued("ipv6-addr", &address.to_string())),
            },
            "dns.question.name" | "url.domain" => {
                is_domain(value).then(|| Self::valued("domain-name", value))
            }
            "url.full" => is_url(value).then(|| Self::valued("url", value)),
            field if field.contains("email") => value
                .contains('@')
                .then(|| Self::valued("email-addr", value)),
            field if field.contains("user") => Some(Self::account(value)),
            field if field.ends_with("sha256") => Self::hashed("SHA-256", 64, value),
            field if field.ends_with("sha1") => Self::hashed("SHA-1", 40, value),
            field if field.ends_with("md5") => Self::hashed("MD5", 32, value),
            _ => None,
        }
    }

    fn valued(kind: &str, value: &str) -> Self {
        Self::new(kind, "value", &json!({ "value": value }), value)
    }

    fn account(name: &str) -> Self {
        let members = json!({ "account_login": name });
        Self::new("user-account", "account_login", &members, name)
    }

    fn hashed(name: &str, digits: usize, value: &str) -> Option<Self> {
        let is_hash = value.len() == digits && value.bytes().all(|it| it.is_ascii_hexdigit());
        let members = json!({ "hashes": { name: value } });
        let path = match name.contains('-') {
            true => format!("hashes.'{name}'"),
            false => format!("hashes.{name}"),
        };
        is_hash.then(|| Self::new("file", &path, &members, value))
    }

    /// `members` are those that identifiers are made of (STIX 2.1, chapter 6).
    fn new(kind: &str, path: &str, members: &Value, value: &str) -> Self {
        let id = ObjectId::of_observable(kind, &members.to_string()).to_string();
        let mut object = json!({ "type": kind, "spec_version": "2.1", "id": id });
        if let (Some(object), Some(members)) = (object.as_object_mut(), members.as_object()) {
            object.extend(members.clone());
        }
        Self {
            pattern: format!("[{kind}:{path} = '{}']", escaped(value)),
            object,
        }
    }
}

/// As it stands within the quotes of a pattern (STIX 2.1, section 9.4).
fn escaped(value: &str) -> String {
    value.replace('\\', r"\\").replace('\'', r"\'")
}

/// Labels of letters, digits, hyphens and underlines (RFC 1034, and what DNS is asked for).
fn is_domain(value: &str) -> bool {
    let name = value.strip_suffix('.').unwrap_or(value);
    name.len() <= 253
        && name.split('.').all(|label| {
            let is_of = |it: u8| it.is_ascii_alphanumeric() || it == b'-' || it == b'_';
            !label.is_empty() && label.len() <= 63 && label.bytes().all(is_of)
        })
}

/// A scheme, and of the rest no blank, no control character and nothing that a URI percent-encodes
/// (RFC 3986).
fn is_url(value: &str) -> bool {
    let Some((scheme, rest)) = value.split_once("://") else {
        return false;
    };
    let is_scheme = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'+' | b'-' | b'.');
    let is_of_uri = |it: u8| it.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&it);
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(is_scheme)
        && !rest.is_empty()
        && rest.bytes().all(is_of_uri)
}

#[cfg(test)]
mod tests {
    use super::*;
    use vakt_event::Timestamp;

    #[test]
    fn values_become_patterns_and_what_they_cannot_be_becomes_nothing() {
        let check = |field: &str, value: &str, expected: Option<&str>| {
            let it = Observable {
                field: field.to_owned(),
                value: value.to_owned(),
                events: 1,
                first: Timestamp::default(),
                last: Timestamp::default(),
                id: "1".to_owned(),
                hash: String::new(),
                names: None,
                included: None,
            };
            let found = Pattern::of(&it).map(|it| it.pattern);
            assert_eq!(found.as_deref(), expected, "{field} {value}");
        };
        let ip = "source.ip";
        check(ip, "203.0.113.7", Some("[ipv4-addr:value = '203.0.113.7']"));
        check(ip, "2001:DB8::1", Some("[ipv6-addr:value = '2001:db8::1']"));
        check(ip, "203.0.113.700", None);
        let url = "url.full";
        check(
            url,
            "http://a.example/?q='x'",
            Some(r"[url:value = 'http://a.example/?q=\'x\'']"),
        );
        check(url, "http://a.example/ x", None);
        check(url, "x", None);
        let user = "user.name";
        check(
            user,
            r"CORP\it's",
            Some(r"[user-account:account_login = 'CORP\\it\'s']"),
        );
        check(
            "dns.question.name",
            "a.example.",
            Some("[domain-name:value = 'a.example.']"),
        );
        check("dns.question.name", "a b", None);
        let md5 = "d41d8cd98f00b204e9800998ecf8427e";
        check(
            "file.hash.md5",
            md5,
            Some("[file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e']"),
        );
        check("process.hash.sha1", md5, None);
    }
}
