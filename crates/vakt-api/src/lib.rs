//! The HTTP API and the pages: intake by push, search, incidents, users and tokens, metrics.
//!
//! It never runs the pipeline: events go to an [`vakt_ingest::intake::Intake`], everything else is
//! asked of the traits in [`backend`], which the daemon implements. It decides who may do what.
//!
//! Start with [`routes`] (every route and what it needs), then `guard` (the one way that every
//! request takes), [`origin`] (browsers and proxies), [`access`] (users and tokens) and [`searches`]
//! (who searched for what).

pub mod access;
pub mod app;
pub mod backend;
mod body;
pub mod connection;
mod deadline;
mod endpoints;
pub mod error;
mod guard;
mod hunters;
mod loki;
mod metrics;
mod multipart;
pub mod origin;
mod pages;
pub mod params;
mod report_rate;
mod report_receipts;
mod report_turns;
pub mod roles;
pub mod routes;
pub mod searches;
pub mod server;
mod streams;
mod write_timeout;

pub use access::{Access, AccessError, Caller, Principal};
pub use app::{Limits, Parts, Site};
pub use connection::{Connection, ListenerPolicy};
pub use deadline::next_clocks;
pub use roles::{Permission, Role};
pub use searches::Searches;
pub use server::{Api, HttpListener, serve};
