//! Who may send to a listener, and whose logs they are: by network, never by what is sent.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use ipnet::IpNet;
use vakt_event::{Source, Transport};

/// Peers whose source is remembered; beyond it the table starts anew, which costs a walk over the
/// rules a peer.
const PEERS_MAX: usize = 4096;

/// Networks and what is assigned to those who send from them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRule {
    pub networks: Vec<IpNet>,
    pub stream: String,
    /// IANA name of the time zone of times without an offset; `None` is the listener's.
    pub zone: Option<String>,
}

/// What a listener assigns and allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdmissionConfig {
    /// Networks that may send. `None` is everybody on a loopback address, and refused elsewhere: see
    /// [`AdmissionConfig::check`].
    pub allow: Option<Vec<IpNet>>,
    /// The first rule that holds the peer counts.
    pub rules: Vec<SourceRule>,
    /// For peers that no rule names.
    pub stream: String,
    pub zone: Option<String>,
    /// A recorded exercise.
    pub drill: bool,
}

impl Default for AdmissionConfig {
    fn default() -> Self {
        Self {
            allow: None,
            rules: Vec::new(),
            stream: "default".to_owned(),
            zone: None,
            drill: false,
        }
    }
}

/// A listener outside loopback without a word on who may send to it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "listener `{listener}` on {address} can be reached from the network: name the networks that may send to it in `allow` (0.0.0.0/0 and ::/0 are everybody), or listen on 127.0.0.1"
)]
pub struct OpenToAll {
    pub listener: String,
    pub address: SocketAddr,
}

impl AdmissionConfig {
    /// # Errors
    /// When the address is not loopback and nobody wrote who may send.
    pub fn check(&self, listener: &str, address: SocketAddr) -> Result<(), OpenToAll> {
        if self.allow.is_some() || address.ip().to_canonical().is_loopback() {
            return Ok(());
        }
        Err(OpenToAll {
            listener: listener.to_owned(),
            address,
        })
    }
}

/// Assigns sources to peers; each gets the same `Arc` again while the table remembers it.
pub struct Admission {
    config: AdmissionConfig,
    listener: String,
    transport: Transport,
    peers: Mutex<HashMap<IpAddr, Option<Arc<Source>>>>,
}

impl Admission {
    pub fn new(listener: &str, transport: Transport, config: AdmissionConfig) -> Self {
        Self {
            config,
            listener: listener.to_owned(),
            transport,
            peers: Mutex::default(),
        }
    }

    /// The source of what this peer sends; `None` when it may not send.
    pub fn admit(&self, peer: IpAddr) -> Option<Arc<Source>> {
        // An IPv4 peer of an IPv6 socket is the same peer.
        let peer = peer.to_canonical();
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = peers.get(&peer) {
            return known.clone();
        }
        if peers.len() >= PEERS_MAX {
            peers.clear();
        }
        let source = self.decide(peer).map(Arc::new);
        peers.insert(peer, source.clone());
        source
    }

    fn decide(&self, peer: IpAddr) -> Option<Source> {
        let config = &self.config;
        let holds = |networks: &[IpNet]| networks.iter().any(|network| network.contains(&peer));
        if config.allow.as_ref().is_some_and(|allow| !holds(allow)) {
            return None;
        }
        let rule = config.rules.iter().find(|rule| holds(&rule.networks));
        Some(Source {
            stream: rule.map_or(&config.stream, |rule| &rule.stream).clone(),
            transport: self.transport,
            listener: self.listener.clone(),
            peer: Some(peer),
            zone: rule
                .and_then(|rule| rule.zone.as_ref())
                .or(config.zone.as_ref())
                .cloned(),
            drill: config.drill,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(texts: &[&str]) -> Vec<IpNet> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn the_first_rule_that_holds_the_peer_counts() {
        let rule = |nets: &[&str], stream: &str, zone: Option<&str>| SourceRule {
            networks: networks(nets),
            stream: stream.to_owned(),
            zone: zone.map(str::to_owned),
        };
        let config = AdmissionConfig {
            allow: Some(networks(&["10.0.0.0/8", "2001:db8::/32"])),
            rules: vec![
                rule(&["10.1.2.0/24"], "a", Some("Asia/Tokyo")),
                rule(&["10.1.0.0/16", "2001:db8:b::/48"], "b", None),
            ],
            zone: Some("Europe/Stockholm".to_owned()),
            ..AdmissionConfig::default()
        };
        let admission = Admission::new("syslog", Transport::Tcp, config);
        let check = |peer: &str, expected: Option<(&str, &str)>| {
            for _ in 0..2 {
                let source = admission.admit(peer.parse().unwrap());
                let found = source
                    .as_ref()
                    .map(|source| (source.stream.as_str(), source.zone.as_deref().unwrap()));
                assert_eq!(found, expected, "{peer}");
            }
        };
        check("10.1.2.3", Some(("a", "Asia/Tokyo")));
        check("::ffff:10.1.2.3", Some(("a", "Asia/Tokyo")));
        check("10.1.3.3", Some(("b", "Europe/Stockholm")));
        check("10.2.3.4", Some(("default", "Europe/Stockholm")));
        check("2001:db8:b::1", Some(("b", "Europe/Stockholm")));
        check("192.0.2.1", None);
        check("::1", None);
    }

    #[test]
    fn a_peer_keeps_its_source_and_the_table_its_bound() {
        let admission = Admission::new("syslog", Transport::Udp, AdmissionConfig::default());
        let peer = IpAddr::from([127, 0, 0, 1]);
        let first = admission.admit(peer).unwrap();
        assert!(Arc::ptr_eq(&first, &admission.admit(peer).unwrap()));
        for number in 0..10_000u32 {
            admission.admit(IpAddr::from(number.to_be_bytes()));
        }
        assert!(admission.peers.lock().unwrap().len() <= PEERS_MAX);
    }

    #[test]
    fn outside_loopback_somebody_must_have_written_who_may_send() {
        let check = |address: &str, allow: Option<&[&str]>, expected: bool| {
            let config = AdmissionConfig {
                allow: allow.map(networks),
                ..AdmissionConfig::default()
            };
            let checked = config.check("syslog", address.parse().unwrap());
            assert_eq!(checked.is_ok(), expected, "{address}");
        };
        check("127.0.0.1:514", None, true);
        check("127.8.0.1:514", None, true);
        check("[::1]:514", None, true);
        check("[::ffff:127.0.0.1]:514", None, true);
        check("0.0.0.0:514", None, false);
        check("[::]:514", None, false);
        check("192.0.2.1:514", None, false);
        check("0.0.0.0:514", Some(&["10.0.0.0/8"]), true);
        check("0.0.0.0:514", Some(&[]), true);
    }
}
