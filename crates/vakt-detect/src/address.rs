//! Addresses and networks for `cidr`.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

/// The length of the prefix `::ffff:0:0` under which IPv4 addresses stand in IPv6.
const MAPPED_PREFIX_LEN: u8 = 96;

/// Reads an address as senders write it; a zone (`fe80::1%eth0`) is left out.
pub fn parse(text: &str) -> Option<IpAddr> {
    // The longest text of an address, with zone, stays well below this; no scan of long values.
    const TEXT_BYTES_MAX: usize = 80;
    if text.len() > TEXT_BYTES_MAX {
        return None;
    }
    let text = text.split_once('%').map_or(text, |(address, _)| address);
    text.parse().ok()
}

/// A network of IPv4-mapped addresses as the IPv4 network that it stands for.
pub fn canonical_net(net: IpNet) -> IpNet {
    if let IpNet::V6(v6) = net
        && let Some(v4) = v6.network().to_ipv4_mapped()
        && let Some(len) = v6.prefix_len().checked_sub(MAPPED_PREFIX_LEN)
        && let Ok(v4) = Ipv4Net::new(v4, len)
    {
        return IpNet::V4(v4);
    }
    net
}

/// Whether the address lies in the network, as written or as the IPv4 address that it maps.
pub fn contains(net: IpNet, address: IpAddr) -> bool {
    let net = canonical_net(net);
    net.contains(&address) || net.contains(&address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_addresses() {
        let check = |net: &str, address: &str, expected: bool| {
            let held = parse(address).is_some_and(|a| contains(net.parse().unwrap(), a));
            assert_eq!(held, expected, "{address} in {net}");
        };
        check("10.0.0.0/8", "10.255.0.1", true);
        check("10.0.0.0/8", "11.0.0.1", false);
        check("10.0.0.0/8", "::ffff:10.1.1.1", true);
        check("::ffff:10.0.0.0/104", "10.1.1.1", true);
        check("::ffff:10.0.0.0/104", "::ffff:a01:101", true);
        check("fe80::/10", "fe80::1%eth0", true);
        check("fe80::/10", "10.0.0.1", false);
        check("::/0", "::ffff:10.1.1.1", true);
        check("::/0", "10.1.1.1", false);
        check("0.0.0.0/0", "::1", false);
        check("0.0.0.0/0", "host", false);
        check("0.0.0.0/0", "", false);
        check("10.0.0.1/32", "10.0.0.1", true);
    }
}
