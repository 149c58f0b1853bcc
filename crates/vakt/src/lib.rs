//! The daemon and the command line: configuration, wiring, supervision and subcommands.
//!
//! Nothing is parsed or matched here; the crates above do that. Start with [`command`] (what a
//! person types), then [`daemon`] (what `serve` starts and in which order it stops) and
//! [`pipeline`] (the threads between the journal and the records).

pub mod attachments;
pub mod backup;
mod certificate;
pub mod client;
pub mod command;
pub mod config;
pub mod daemon;
mod damaged;
pub mod data_dir;
pub mod descriptors;
mod explain;
pub mod files;
mod hunt;
mod match_line;
pub mod metrics;
mod notify;
pub mod output;
mod package;
pub mod pipeline;
pub mod redact;
pub mod ruleset;
pub mod signing_key;
pub mod verify;
