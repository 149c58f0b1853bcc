//! Which rules match an event, and which correlations events add up to.
//!
//! [`naive`] says what a rule means, readably; [`Engine`] finds the same matches for thousands of
//! rules at once; [`Correlator`] counts matches over sliding windows. This crate does no I/O and
//! has no clock of its own: the time of an event comes from the caller, and [`RuleCosts`] is taken
//! with a stopwatch.
//!
//! Start with [`naive`], then [`engine`] (routing, patterns, atoms, witnesses), then
//! [`correlate`].

pub mod naive;

pub mod engine;

pub mod evidence;

pub mod correlate;

pub mod address;
pub mod date;
pub mod fold;
pub mod regex;
pub mod wildcard;

pub use correlate::{Correlator, Firing, Measure, Progress};
pub use engine::{Engine, RuleCosts, Sampler, Scratch};
