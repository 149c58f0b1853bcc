//! The part of Loki's query API that Grafana's built-in Loki data source asks, over Vakt's search.
//!
//! A LogQL text is read into a tree ([`ast`], [`parse`]), its conditions become a query of Vakt's
//! own language ([`condition`]), and everything is asked of the one search backend: lines as hits
//! ([`lines`]), counts as tables ([`count`], [`windows`]). Nothing here knows HTTP or looks at
//! stored events; `endpoints/loki.rs` does the former.
//!
//! The source is Loki's HTTP API reference and what Grafana sends; `docs/grafana.md` says what is
//! answered and where it differs.

pub(crate) mod answers;
pub(crate) mod ast;
mod condition;
pub(crate) mod count;
mod error;
pub(crate) mod fields;
pub(crate) mod labels;
pub(crate) mod lines;
pub(crate) mod params;
mod parse;
mod regex;
pub(crate) mod search;
pub(crate) mod windows;

pub(crate) use condition::to_query;
pub(crate) use parse::{read, read_selector};
