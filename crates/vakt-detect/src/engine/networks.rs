//! Networks that hold an address: a look-up for each length of prefix that occurs.

use std::net::IpAddr;

use hashbrown::HashMap;
use ipnet::IpNet;

use super::PatternId;
use crate::address;

/// Networks by their prefix; 365 networks of a real rule set have 14 lengths.
#[derive(Default)]
pub(super) struct Networks {
    by_prefix: HashMap<IpNet, Vec<PatternId>>,
    /// The lengths that occur, for IPv4 and IPv6.
    v4_lengths: Vec<u8>,
    v6_lengths: Vec<u8>,
}

impl Networks {
    pub(super) fn add(&mut self, net: IpNet, pattern: PatternId) {
        let net = address::canonical_net(net).trunc();
        let lengths = match net {
            IpNet::V4(_) => &mut self.v4_lengths,
            IpNet::V6(_) => &mut self.v6_lengths,
        };
        if !lengths.contains(&net.prefix_len()) {
            lengths.push(net.prefix_len());
        }
        self.by_prefix.entry(net).or_default().push(pattern);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_prefix.is_empty()
    }

    pub(super) fn find(&self, text: &str, mut found: impl FnMut(PatternId)) {
        let Some(address) = address::parse(text) else {
            return;
        };
        self.find_address(address, &mut found);
        let canonical = address.to_canonical();
        if canonical != address {
            self.find_address(canonical, &mut found);
        }
    }

    fn find_address(&self, address: IpAddr, found: &mut impl FnMut(PatternId)) {
        let lengths = match address {
            IpAddr::V4(_) => &self.v4_lengths,
            IpAddr::V6(_) => &self.v6_lengths,
        };
        for length in lengths {
            if let Ok(net) = IpNet::new(address, *length)
                && let Some(patterns) = self.by_prefix.get(&net.trunc())
            {
                patterns.iter().copied().for_each(&mut *found);
            }
        }
    }
}
