//! Coverage: which of the kinds of logs of Regulation (EU) 2024/2690, Annex 3.2.3, each asset gives.
//!
//! What an event shows is data (`data/log_kinds.yaml`, whose head explains it): [`Sieve`] tells the
//! kinds of one event. What was heard, what is expected and why something is missing come together in
//! [`Matrix::of`], which is pure.

mod data;
mod kind;
mod matrix;
mod reason;
mod sheet;
mod sieve;

pub use data::{KindData, LogKinds, LogKindsError};
pub use kind::{Kinds, LogKind, UnknownLogKind};
pub use matrix::{Cell, CellState, Heard, HostRow, Matrix, Row, Seen, Summary, UNKNOWN_HOSTS_MAX};
pub(crate) use reason::REASON_CHARS_MAX;
pub use reason::{
    GapReason, NewReason, NewSignature, REASON_DAYS_MAX, REASONS_MAX, ReasonError, ReasonState,
    SIGNATURE_DAYS, Signature,
};
pub use sheet::sheet;
pub use sieve::Sieve;
