//! A rule over what is stored.
//!
//! The index only passes over what surely does not match ([`sieve`]); everything else is decoded and
//! judged by the engine that judges what arrives, in the order of arrival, so that correlations count
//! as they do in `vakt scan`. A hunt makes no alert and no draft: what it finds lies in the past, and
//! whoever hunts reads it.

mod line;
mod sieve;
mod subject;
#[cfg(test)]
mod tests;
mod work;

pub(crate) use subject::{Refusal, Subject};
pub(crate) use work::{Asked, Store, hunt};
