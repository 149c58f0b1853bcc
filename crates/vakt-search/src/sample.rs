//! What tests of this crate have in common.

use vakt_event::{Source, Transport};

/// A source without a peer.
pub(crate) fn source() -> Source {
    Source {
        stream: "default".to_owned(),
        transport: Transport::Tcp,
        listener: "test".to_owned(),
        peer: None,
        zone: None,
        drill: false,
    }
}
