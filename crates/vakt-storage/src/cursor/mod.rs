//! Which journald entries the journal holds already.
//!
//! A sender that lost our answer uploads its entries again, and files of rotated journals come late
//! and out of order. So there is no high-water mark: for every sequence we keep the set of numbers
//! that are stored, as runs without a gap ([`intervals`]), bounded ([`index`]), and rebuilt at open
//! from a checkpoint and what was stored after it ([`checkpoint`]).
//!
//! A sequence is a stream, a boot id and a sequence id: a clone that booted by itself has a boot id of
//! its own, and nobody's cursor reaches into another stream. Of the newer entries we also keep what
//! tells apart two of one number ([`held`]): a snapshot that was resumed twice goes on with the
//! same boot and the same numbers, and a sender could otherwise take the next numbers of another
//! machine in its stream.

pub(crate) mod checkpoint;
pub(crate) mod held;
pub(crate) mod index;
pub(crate) mod intervals;
