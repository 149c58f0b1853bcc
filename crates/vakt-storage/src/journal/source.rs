//! The source of a record: a [`Source`] and its bytes (drawn in [`super::format`]).

use std::net::IpAddr;

use vakt_event::{Source, Transport};

use crate::fields::Fields;

const DRILL: u8 = 1;
const ZONE: u8 = 2;

/// `None` when it does not fit the record's two bytes of length.
pub(crate) fn encode(source: &Source) -> Option<Vec<u8>> {
    let mut bytes = vec![transport_code(source.transport)];
    let drill = if source.drill { DRILL } else { 0 };
    let zone = if source.zone.is_some() { ZONE } else { 0 };
    bytes.push(drill | zone);
    match source.peer {
        None => bytes.push(0),
        Some(IpAddr::V4(address)) => {
            bytes.push(4);
            bytes.extend_from_slice(&address.octets());
        }
        Some(IpAddr::V6(address)) => {
            bytes.push(16);
            bytes.extend_from_slice(&address.octets());
        }
    }
    put_text(&mut bytes, &source.stream)?;
    put_text(&mut bytes, &source.listener)?;
    if let Some(zone) = &source.zone {
        put_text(&mut bytes, zone)?;
    }
    u16::try_from(bytes.len()).is_ok().then_some(bytes)
}

pub(crate) fn decode(bytes: &[u8]) -> Option<Source> {
    let mut fields = Fields(bytes);
    let transport = transport_of(fields.u8()?)?;
    let flags = fields.u8()?;
    let peer = match fields.u8()? {
        0 => None,
        4 => Some(IpAddr::from(fields.array::<4>()?)),
        16 => Some(IpAddr::from(fields.array::<16>()?)),
        _ => return None,
    };
    let stream = fields.text()?.to_owned();
    let listener = fields.text()?.to_owned();
    let zone = match flags & ZONE {
        0 => None,
        _ => Some(fields.text()?.to_owned()),
    };
    let known_flags = flags & !(DRILL | ZONE) == 0;
    (known_flags && fields.0.is_empty()).then_some(Source {
        stream,
        transport,
        listener,
        peer,
        zone,
        drill: flags & DRILL != 0,
    })
}

fn put_text(bytes: &mut Vec<u8>, text: &str) -> Option<()> {
    bytes.extend_from_slice(&u16::try_from(text.len()).ok()?.to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
    Some(())
}

fn transport_code(transport: Transport) -> u8 {
    match transport {
        Transport::Udp => 1,
        Transport::Tcp => 2,
        Transport::Tls => 3,
        Transport::Http => 4,
        Transport::Journal => 5,
        Transport::File => 6,
        Transport::Relp => 7,
    }
}

fn transport_of(code: u8) -> Option<Transport> {
    Some(match code {
        1 => Transport::Udp,
        2 => Transport::Tcp,
        3 => Transport::Tls,
        4 => Transport::Http,
        5 => Transport::Journal,
        6 => Transport::File,
        7 => Transport::Relp,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_comes_back() {
        let check = |transport, peer: Option<&str>, zone: Option<&str>, drill| {
            let source = Source {
                stream: "customer-a".to_owned(),
                transport,
                listener: "syslog".to_owned(),
                peer: peer.map(|text| text.parse().unwrap()),
                zone: zone.map(str::to_owned),
                drill,
            };
            let bytes = encode(&source).unwrap();
            assert_eq!(decode(&bytes), Some(source));
            for length in 0..bytes.len() {
                assert_eq!(decode(&bytes[..length]), None, "cut at {length}");
            }
        };
        check(Transport::Udp, Some("192.0.2.7"), None, false);
        check(
            Transport::Tcp,
            Some("2001:db8::1"),
            Some("Europe/Stockholm"),
            false,
        );
        check(Transport::Tls, None, None, true);
        check(Transport::Http, None, Some(""), true);
        check(Transport::Journal, Some("::1"), None, false);
        check(Transport::File, None, None, false);
        check(Transport::Relp, Some("192.0.2.7"), None, false);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let source = Source {
            stream: "s".repeat(70_000),
            transport: Transport::Udp,
            listener: String::new(),
            peer: None,
            zone: None,
            drill: false,
        };
        assert_eq!(encode(&source), None);
    }
}
