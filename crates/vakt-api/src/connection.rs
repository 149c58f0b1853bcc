//! What is known of a connection before its first byte.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// The rules of one HTTP listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerPolicy {
    /// Its name in the configuration.
    pub name: String,
    /// The stream of events that come without an intake token.
    pub stream: String,
    /// Whether events are taken without a credential; `None`: on a loopback address only.
    pub open_intake: Option<bool>,
    /// Names, beside the addresses, by which this listener may be addressed.
    pub hosts: Vec<String>,
    /// The IANA zone of claimed times without an offset; `None` is the machine's own.
    pub zone: Option<String>,
    /// Connections that are open at one time; more wait in the kernel's queue.
    pub connections_max: usize,
}

/// Connections of one HTTP listener: far more than browsers and forwarders of one site need, and
/// a bound on what heads and bodies on their way take.
pub const CONNECTIONS_MAX: usize = 1024;

impl Default for ListenerPolicy {
    fn default() -> Self {
        Self {
            name: "http".into(),
            stream: "default".into(),
            open_intake: None,
            hosts: Vec::new(),
            zone: None,
            connections_max: CONNECTIONS_MAX,
        }
    }
}

/// One connection; every request carries it as an extension.
#[derive(Clone, Debug)]
pub struct Connection {
    pub peer: SocketAddr,
    /// What the listener is bound to: it is a loopback listener only if this is loopback.
    pub bound: SocketAddr,
    /// This end of the connection.
    pub local: SocketAddr,
    pub tls: bool,
    pub policy: Arc<ListenerPolicy>,
}

impl Connection {
    /// Only this machine can have made the connection.
    pub fn is_loopback(&self) -> bool {
        is_loopback(self.bound.ip()) && is_loopback(self.peer.ip())
    }

    pub fn takes_open_intake(&self) -> bool {
        self.policy
            .open_intake
            .unwrap_or_else(|| self.is_loopback())
    }

    pub fn scheme(&self) -> &'static str {
        if self.tls { "https" } else { "http" }
    }
}

/// Loopback, also as an IPv4 address within IPv6.
pub(crate) fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}
