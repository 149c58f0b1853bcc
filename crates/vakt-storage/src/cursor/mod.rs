//! Which journald entries the journal holds already.
//!
//! A sender that lost our answer uploads its entries again, and files of rotated journals come late
//! and out of order. So there is no high-water mark: for every sequence we keep the set of numbers
//! that are stored, as runs without a gap ([`intervals`]), bounded ([`index`]), and rebuilt at open
//! from a checkpoint and what was stored after it ([`checkpoint`]).

pub(crate) mod checkpoint;
pub(crate) mod index;
pub(crate) mod intervals;
