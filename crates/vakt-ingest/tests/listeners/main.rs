//! The listeners over real sockets, with an intake that records.
#![allow(
    clippy::unwrap_used,
    reason = "a test may panic, and so may its helpers"
)]

mod binding;
mod relp;
mod relp_client;
mod resent;
mod support;
mod tcp;
mod tls;
mod udp;
