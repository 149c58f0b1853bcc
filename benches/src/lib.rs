//! What the programs of this crate share: CPU time, numbers that repeat, tables.

pub mod clock;
pub mod output;
pub mod random;
