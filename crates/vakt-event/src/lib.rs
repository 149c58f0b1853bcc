//! The event model: what every other crate of Vakt speaks about.
//!
//! An [`Event`] is a list of borrowed fields with their origin (sent by the sender, or added by
//! us), the set of Sigma log sources that it belongs to, the time that it claims and the time at
//! which it was received. This crate does no I/O, knows no async runtime and reads no clock.
//!
//! Start with [`event`], then [`frame`] (what travels before decoding) and [`alias`] (why `Image`
//! and `process.executable` are one field).

pub mod alias;
pub mod clock;
pub mod ecs;
pub mod encode;
pub mod escaped;
pub mod event;
pub mod frame;
pub mod logsource;
pub mod percent;
pub mod position;
pub mod severity;
pub mod time;
pub mod value;
pub mod visible;
pub mod when;

pub use clock::Clock;
pub use escaped::Escaped;
pub use event::{Event, Field, Layout, Origin};
pub use frame::{Batch, CursorKey, Format, Frame, Source, Transport};
pub use logsource::LogSource;
pub use position::JournalPosition;
pub use severity::Level;
pub use time::{EventTime, Timestamp};
pub use value::Value;
