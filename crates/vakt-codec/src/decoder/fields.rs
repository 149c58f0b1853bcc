//! Small steps that every decoder takes: classes, addresses, numbers.

use std::borrow::Cow;
use std::net::IpAddr;

use vakt_event::{Event, Value, ecs};

pub(super) const AUTHENTICATION: &str = "authentication";
pub(super) const SUCCESS: &str = "success";
pub(super) const FAILURE: &str = "failure";

/// The ECS classes of an event.
pub(super) struct Class {
    pub(super) categories: &'static [&'static str],
    pub(super) types: &'static [&'static str],
    pub(super) action: &'static str,
    /// `success`, `failure`, or empty where the message does not say.
    pub(super) outcome: &'static str,
}

impl Class {
    pub(super) fn add(&self, event: &mut Event<'_>) {
        for category in self.categories {
            event.added(ecs::EVENT_CATEGORY, *category);
        }
        for kind in self.types {
            event.added(ecs::EVENT_TYPE, *kind);
        }
        text(event, ecs::EVENT_ACTION, self.action);
        text(event, ecs::EVENT_OUTCOME, self.outcome);
    }
}

/// Adds `value` unless it is empty.
pub(super) fn text<'a>(event: &mut Event<'a>, name: &'static str, value: &'a str) {
    if !value.is_empty() {
        event.added(name, value);
    }
}

/// Adds `digits` as a number where they are one in JSON's grammar, as text where not.
pub(super) fn number<'a>(event: &mut Event<'a>, name: &'static str, digits: &'a str) {
    if is_number(digits) {
        event.added(name, Value::Number(Cow::Borrowed(digits)));
    } else {
        text(event, name, digits);
    }
}

/// Digits without a leading zero, short enough for every reader of JSON.
pub(super) fn is_number(digits: &str) -> bool {
    /// 64-bit integers of 18 digits always fit.
    const DIGITS_MAX: usize = 18;
    is_digits(digits) && digits.len() <= DIGITS_MAX && (digits == "0" || !digits.starts_with('0'))
}

pub(super) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Adds `source.address` and, by what it is, `source.ip` or `source.domain`.
/// An IPv4 address that IPv6 maps (`::ffff:192.0.2.1`) is the IPv4 address.
pub(super) fn source<'a>(event: &mut Event<'a>, address: &'a str) {
    let address = address
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(address);
    if matches!(address, "" | "-" | "?" | "UNKNOWN" | "(null)") || address.contains(' ') {
        return;
    }
    event.added(ecs::SOURCE_ADDRESS, address);
    // A zone (`fe80::1%eth0`) belongs to the address but not to the number.
    let number = address.split_once('%').map_or(address, |(ip, _)| ip);
    match number.parse::<IpAddr>() {
        Ok(ip @ IpAddr::V6(_)) if ip.to_canonical().is_ipv4() => {
            // Nearly always it stands there in dots.
            match number.rsplit_once(':') {
                Some((_, dotted)) if dotted.contains('.') => event.added(ecs::SOURCE_IP, dotted),
                _ => event.added(ecs::SOURCE_IP, ip.to_canonical().to_string()),
            }
        }
        Ok(_) => event.added(ecs::SOURCE_IP, number),
        Err(_) => event.added(ecs::SOURCE_DOMAIN, address),
    }
}

/// The address, the port and what follows of `ADDRESS`, `ADDRESS port N …`, `ADDRESS: …`.
pub(super) fn peer(text: &str) -> (&str, &str, &str) {
    let (address, rest) = text.split_once(' ').unwrap_or((text, ""));
    let address = if address.parse::<IpAddr>().is_ok() {
        address
    } else {
        address.strip_suffix(':').unwrap_or(address)
    };
    let Some(after) = rest.strip_prefix("port ") else {
        return (address, "", rest);
    };
    let end = after
        .bytes()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(after.len());
    let (port, rest) = after.split_at_checked(end).unwrap_or((after, ""));
    (address, port, rest.trim_start_matches([':', ' ']))
}

/// Adds the source that [`peer`] found.
pub(super) fn source_and_port<'a>(event: &mut Event<'a>, address: &'a str, port: &'a str) {
    source(event, address);
    number(event, ecs::SOURCE_PORT, port);
}

/// The text between quotes at the start of `text`, and the rest.
pub(super) fn quoted(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix('\'')?.split_once('\'')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_address_port_and_rest() {
        let check = |text, expected| assert_eq!(peer(text), expected, "{text}");
        check("192.0.2.1 port 22 ssh2", ("192.0.2.1", "22", "ssh2"));
        check("192.0.2.1: 11: Bye", ("192.0.2.1", "", "11: Bye"));
        check("192.0.2.1 port 22:11: Bye", ("192.0.2.1", "22", "11: Bye"));
        check("2001:db8::", ("2001:db8::", "", ""));
        check("host.example", ("host.example", "", ""));
        check("", ("", "", ""));
    }

    #[test]
    fn an_address_is_a_number_or_a_name() {
        let check = |address: &str, expected: &[(&str, &str)]| {
            let mut event = Event::default();
            source(&mut event, address);
            let found: Vec<_> = event
                .fields
                .iter()
                .map(|field| (field.name.as_ref(), field.value.text()))
                .collect();
            assert_eq!(found, expected, "{address}");
        };
        check(
            "::ffff:192.0.2.7",
            &[
                ("source.address", "::ffff:192.0.2.7"),
                ("source.ip", "192.0.2.7"),
            ],
        );
        check(
            "::ffff:c000:207",
            &[
                ("source.address", "::ffff:c000:207"),
                ("source.ip", "192.0.2.7"),
            ],
        );
        check(
            "fe80::1%eth0",
            &[("source.address", "fe80::1%eth0"), ("source.ip", "fe80::1")],
        );
        check(
            "a.example",
            &[
                ("source.address", "a.example"),
                ("source.domain", "a.example"),
            ],
        );
        check("UNKNOWN", &[]);
    }
}
