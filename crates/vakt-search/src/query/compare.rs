//! Comparisons of a value: ranges of numbers, times, addresses and text, and networks.

use std::cmp::Ordering;
use std::net::IpAddr;
use std::ops::{Bound, RangeBounds};

use vakt_event::when::{Now, TimeFault, When, names_now};
use vakt_event::{Timestamp, ecs};

use crate::fold::fold;

/// A range; its bounds decide what kind of value can lie in it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Range {
    Number(Bound<Number>, Bound<Number>),
    Time(Bound<Timestamp>, Bound<Timestamp>),
    /// Only addresses of the bounds' family lie in it.
    Address(Bound<IpAddr>, Bound<IpAddr>),
    /// By the order of folded characters.
    Text(Bound<String>, Bound<String>),
}

/// One end of a range of times is none.
#[derive(Debug)]
pub(crate) struct RangeFault {
    /// Whether it is the upper end.
    pub(crate) is_high: bool,
    pub(crate) fault: TimeFault,
}

/// Whether the values of `field` are times, whatever they are compared with.
pub(crate) fn is_time_field(field: &str) -> bool {
    field == ecs::TIMESTAMP || field == ecs::EVENT_INGESTED
}

impl Range {
    /// The range between two bounds for the values of `field`. Bounds of different kinds are
    /// compared as text; those in quotes are times relative to now only where the field's values are times.
    pub(crate) fn new(
        field: &str,
        low: Bound<&str>,
        high: Bound<&str>,
        now: Option<&Now>,
        is_quoted: bool,
    ) -> Result<Self, RangeFault> {
        if is_time_field(field) || (!is_quoted && [low, high].into_iter().any(bound_names_now)) {
            return Self::of_times(low, high, now);
        }
        Ok(if let Some((low, high)) = both(low, high, number) {
            Self::Number(low, high)
        } else if let Some((low, high)) = both(low, high, time) {
            Self::Time(low, high)
        } else if let Some((low, high)) = both(low, high, address) {
            Self::Address(low, high)
        } else {
            let text = |bound: &str| fold(bound).into_owned();
            Self::Text(low.map(text), high.map(text))
        })
    }

    /// A period as a bound is all of it: after a day is after its end, until a day is until its end.
    fn of_times(
        low: Bound<&str>,
        high: Bound<&str>,
        now: Option<&Now>,
    ) -> Result<Self, RangeFault> {
        use Bound::{Excluded, Included, Unbounded};
        let read =
            |text, is_high| When::read(text, now).map_err(|fault| RangeFault { is_high, fault });
        let low = match low {
            Unbounded => Unbounded,
            Included(text) => match read(text, false)? {
                When::Instant(time) | When::Period(time, _) => Included(time),
            },
            Excluded(text) => match read(text, false)? {
                When::Instant(time) => Excluded(time),
                When::Period(_, end) => Included(end),
            },
        };
        let high = match high {
            Unbounded => Unbounded,
            Included(text) => match read(text, true)? {
                When::Instant(time) => Included(time),
                When::Period(_, end) => Excluded(end),
            },
            Excluded(text) => match read(text, true)? {
                When::Instant(time) | When::Period(time, _) => Excluded(time),
            },
        };
        Ok(Self::Time(low, high))
    }

    /// The instant, or all of the period.
    pub(crate) fn of_when(when: When) -> Self {
        match when {
            When::Instant(time) => Self::Time(Bound::Included(time), Bound::Included(time)),
            When::Period(start, end) => Self::Time(Bound::Included(start), Bound::Excluded(end)),
        }
    }

    /// Whether its lower end lies above the upper one, so that nothing is in it.
    pub(crate) fn is_reversed(&self) -> bool {
        fn above<T: PartialOrd>(low: &Bound<T>, high: &Bound<T>) -> bool {
            match (low, high) {
                (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
                (
                    Bound::Included(low) | Bound::Excluded(low),
                    Bound::Included(high) | Bound::Excluded(high),
                ) => low > high,
            }
        }
        match self {
            Self::Number(low, high) => above(low, high),
            Self::Time(low, high) => above(low, high),
            Self::Address(low, high) => above(low, high),
            Self::Text(low, high) => above(low, high),
        }
    }

    /// Whether `value`, already folded, lies in the range.
    pub(crate) fn contains(&self, value: &str) -> bool {
        fn within<T: PartialOrd>(low: &Bound<T>, high: &Bound<T>, value: Option<T>) -> bool {
            value.is_some_and(|value| (low.as_ref(), high.as_ref()).contains(&value))
        }
        match self {
            Self::Number(low, high) => within(low, high, number(value)),
            Self::Time(low, high) => within(low, high, time(value)),
            Self::Address(low, high) => {
                let family = |bound: &Bound<IpAddr>| match bound {
                    Bound::Included(address) | Bound::Excluded(address) => Some(address.is_ipv4()),
                    Bound::Unbounded => None,
                };
                let is_ipv4 = family(low).or(family(high));
                let value = address(value)
                    .filter(|value| is_ipv4.is_none_or(|is_ipv4| value.is_ipv4() == is_ipv4));
                within(low, high, value)
            }
            Self::Text(low, high) => within(low, high, Some(value.to_owned())),
        }
    }
}

fn bound_names_now(bound: Bound<&str>) -> bool {
    match bound {
        Bound::Included(text) | Bound::Excluded(text) => names_now(text),
        Bound::Unbounded => false,
    }
}

fn both<'t, T>(
    low: Bound<&'t str>,
    high: Bound<&'t str>,
    read: impl Fn(&'t str) -> Option<T>,
) -> Option<(Bound<T>, Bound<T>)> {
    let one = |bound: Bound<&'t str>| match bound {
        Bound::Included(text) => read(text).map(Bound::Included),
        Bound::Excluded(text) => read(text).map(Bound::Excluded),
        Bound::Unbounded => Some(Bound::Unbounded),
    };
    Some((one(low)?, one(high)?))
}

/// A number: whole numbers stay exact, so that 64-bit identifiers compare right.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Number {
    Whole(i128),
    Float(f64),
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Whole(a), Self::Whole(b)) => Some(a.cmp(b)),
            (a, b) => a.as_f64().partial_cmp(&b.as_f64()),
        }
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl Number {
    pub(crate) fn as_f64(self) -> f64 {
        match self {
            Self::Whole(number) => number as f64,
            Self::Float(number) => number,
        }
    }
}

pub(crate) fn number(text: &str) -> Option<Number> {
    if let Ok(number) = text.parse() {
        return Some(Number::Whole(number));
    }
    let number: f64 = text.parse().ok()?;
    number.is_finite().then_some(Number::Float(number))
}

pub(crate) fn time(text: &str) -> Option<Timestamp> {
    // Shorter or longer text is no RFC 3339 time; this saves trying to read every long value.
    if !(14..=64).contains(&text.len()) {
        return None;
    }
    text.to_ascii_uppercase().parse().ok()
}

pub(crate) fn address(text: &str) -> Option<IpAddr> {
    text.parse()
        .ok()
        .map(|address: IpAddr| address.to_canonical())
}

/// A network in CIDR notation (RFC 4632), or a single IPv6 address, however it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    is_ipv4: bool,
    /// The address without its host bits, in the low 32 bits for IPv4.
    base: u128,
    host_bits: u32,
}

impl Network {
    /// Host bits may be set: `10.1.2.3/8` means `10.0.0.0/8`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (base, prefix) = match text.split_once('/') {
            Some((base, prefix)) => mapped(base.parse().ok()?, prefix.parse().ok()?),
            None => match text.parse::<IpAddr>().ok()? {
                IpAddr::V4(_) => return None,
                address => (
                    address.to_canonical(),
                    if address.to_canonical().is_ipv4() {
                        32
                    } else {
                        128
                    },
                ),
            },
        };
        let width = if base.is_ipv4() { 32 } else { 128 };
        let host_bits = u32::checked_sub(width, prefix)?;
        Some(Self {
            is_ipv4: base.is_ipv4(),
            base: network_part(bits(base), host_bits),
            host_bits,
        })
    }

    /// Whether `value` is, as a whole, an address in this network. An IPv4 address written as
    /// IPv6 (`::ffff:10.0.0.1`) is that IPv4 address.
    pub(crate) fn contains(&self, value: &str) -> bool {
        address(value).is_some_and(|address| {
            address.is_ipv4() == self.is_ipv4
                && network_part(bits(address), self.host_bits) == self.base
        })
    }
}

/// Bits of `::ffff:0:0/96`, in which IPv4 addresses lie that are written as IPv6 (RFC 4291 section 2.5.5.2).
const MAPPED_PREFIX: u32 = 96;

/// A network of IPv4 addresses that are written as IPv6 is that network of IPv4.
fn mapped(base: IpAddr, prefix: u32) -> (IpAddr, u32) {
    match (base.to_canonical(), prefix.checked_sub(MAPPED_PREFIX)) {
        (canonical, Some(prefix)) if base.is_ipv6() && canonical.is_ipv4() => (canonical, prefix),
        _ => (base, prefix),
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn network_part(bits: u128, host_bits: u32) -> u128 {
    bits.checked_shr(host_bits).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_mapped_addresses_is_one_of_ipv4() {
        let check = |network: &str, address: &str, expected: bool| {
            let network = Network::parse(network).unwrap();
            assert_eq!(network.contains(address), expected, "{network:?} {address}");
        };
        for address in ["10.0.0.1", "::ffff:10.0.0.1"] {
            check("::ffff:10.0.0.0/104", address, true);
            check("::ffff:10.0.0.1/128", address, true);
            check("::ffff:10.0.0.2/128", address, false);
            check("::ffff:0:0/96", address, true);
            check("::/0", address, false);
        }
        assert_eq!(Network::parse("::ffff:10.0.0.0/129"), None);
    }

    #[test]
    fn ranges_take_values_of_the_kind_of_their_bounds() {
        use Bound::{Excluded, Included, Unbounded};
        let check = |low: Bound<&str>, high: Bound<&str>, inside: &[&str], outside: &[&str]| {
            let Ok(range) = Range::new("field", low, high, None, false) else {
                panic!("{low:?} {high:?}")
            };
            for value in inside {
                assert!(range.contains(value), "{range:?} {value}");
            }
            for value in outside {
                assert!(!range.contains(value), "{range:?} {value}");
            }
        };
        check(
            Included("7"),
            Unbounded,
            &["7", "7.5", "1e2"],
            &["6", "-8", "x", "nan", ""],
        );
        check(
            Excluded("9007199254740992"),
            Unbounded,
            &["9007199254740993"],
            &["9007199254740992"],
        );
        check(
            Included("1.5"),
            Excluded("2"),
            &["1.5", "1.75"],
            &["2", "1"],
        );
        check(
            Included("10.0.0.9"),
            Included("10.0.0.10"),
            &["10.0.0.9", "10.0.0.10", "::ffff:10.0.0.9"],
            &["10.0.0.1", "10.0.0.90", "::1"],
        );
        check(
            Included("2026-11-24t09:00:00z"),
            Unbounded,
            &["2026-11-24t10:00:00+01:00"],
            &["2026-11-24t09:59:59+01:00", "9"],
        );
        check(
            Included("b"),
            Excluded("d"),
            &["b", "cat"],
            &["a", "d", "da"],
        );
        check(Included("7"), Included("b"), &["7x", "a"], &["6", "c"]);
    }

    #[test]
    fn networks_hold_addresses() {
        let check = |network: &str, inside: &[&str], outside: &[&str]| {
            let network = Network::parse(network).unwrap();
            for value in inside {
                assert!(network.contains(value), "{network:?} {value}");
            }
            for value in outside {
                assert!(!network.contains(value), "{network:?} {value}");
            }
        };
        check(
            "10.1.2.3/8",
            &["10.0.0.0", "10.255.255.255"],
            &["11.0.0.0", "10.0.0.0/8", "::a00:1"],
        );
        check("0.0.0.0/0", &["1.2.3.4"], &["::1"]);
        check("2001:db8::/32", &["2001:db8:1::1"], &["2001:db9::1"]);
        check("::/0", &["::1"], &["1.2.3.4"]);
        check("::1", &["0:0:0:0:0:0:0:1"], &["::2"]);
        for text in ["10.0.0.0/33", "10.0.0.1", "10.0.0/8", "a/b", "::/129"] {
            assert_eq!(Network::parse(text), None);
        }
    }
}
