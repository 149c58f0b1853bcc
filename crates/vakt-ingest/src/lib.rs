//! Listeners: bytes come in from sockets, frames go out to the [`intake::Intake`].
//!
//! A listener decides who may send and whose logs they are ([`admission`]), cuts the bytes into
//! frames (the codec does), counts ([`accounting`]), and pushes back when the intake is slower than
//! the network: TCP and TLS by not reading, UDP by counted loss. Nothing here looks into a frame,
//! touches the disk or knows the journal.
//!
//! Start with [`intake`] (the seam), then [`listener`].

pub mod accounting;
pub mod admission;
pub mod intake;
pub mod listener;
pub mod push;
pub mod tls;
