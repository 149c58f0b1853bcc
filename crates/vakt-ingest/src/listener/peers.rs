//! How many connections each peer has open.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use hashbrown::HashMap;

/// A peer may have this part of a listener's connections, so that one that never closes any, or opens them and
/// says nothing, does not keep the others out.
const PART: usize = 4;

/// With few connections in all, a peer still has this many.
const MIN: usize = 8;

/// Of one listener. There are never more peers in it than connections.
#[derive(Clone)]
pub(super) struct Peers {
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
    each_max: usize,
}

/// One connection of a peer, until it is dropped.
pub(super) struct PeerSlot {
    peers: Peers,
    peer: IpAddr,
}

impl Peers {
    pub(super) fn new(connections_max: usize) -> Self {
        Self {
            open: Arc::default(),
            each_max: (connections_max / PART).max(MIN),
        }
    }

    /// Room for one more connection of the peer.
    pub(super) fn take(&self, peer: IpAddr) -> Option<PeerSlot> {
        let peer = peer.to_canonical();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(peer).or_default();
        if *count >= self.each_max {
            return None;
        }
        *count += 1;
        let peers = self.clone();
        Some(PeerSlot { peers, peer })
    }
}

impl Drop for PeerSlot {
    fn drop(&mut self) {
        let mut open = self
            .peers
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_has_its_part_and_no_more() {
        let peers = Peers::new(100);
        let one = IpAddr::from([192, 0, 2, 1]);
        let mapped: IpAddr = "::ffff:192.0.2.1".parse().unwrap();
        let mut slots: Vec<PeerSlot> = (0..25).filter_map(|_| peers.take(one)).collect();
        assert_eq!(slots.len(), 25);
        assert!(peers.take(one).is_none());
        assert!(peers.take(mapped).is_none());
        let other = peers.take(IpAddr::from([192, 0, 2, 2]));
        assert!(other.is_some());
        slots.pop();
        assert!(peers.take(one).is_some());
        drop((slots, other));
        assert!(peers.open.lock().unwrap().is_empty());
        assert_eq!(Peers::new(4).each_max, 8);
    }
}
