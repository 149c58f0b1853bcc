//! The Sigma rule language: rule files in, a [`ast::RuleSet`] and [`Diagnostic`]s out.
//!
//! [`load`] reads YAML, applies every modifier, resolves correlations and filters, and says all
//! that is wrong in all files at once. A rule that is refused never keeps another from loading.
//! This crate evaluates nothing, reads no file and no clock; `vakt-detect` runs what it makes.
//!
//! Start with [`ast`] (what a rule means), then [`load`], then `detection`, `value` and `text`
//! (how a rule gets there), then [`pipeline`] (what fits it to an installation on the way). Every diagnostic stands in [`checks`].

pub mod ast;
pub mod checks;

mod collection;
mod condition;
mod correlation;
mod detection;
mod diagnostic;
mod document;
mod draft;
mod encode;
mod filter;
mod link;
pub mod lint;
mod load;
mod log_source;
mod metadata;
mod modifier;
mod obsolete;
mod pattern;
pub mod pipeline;
mod process;
mod regex;
mod rule_test;
mod scalar;
mod source;
mod suggest;
mod temporal;
mod text;
mod value;
pub mod yaml;

pub use diagnostic::{Diagnostic, Excerpt, Report, Severity};
pub use load::{Counts, LoadOptions, Loaded, Refused, add_fault, load};
pub use pipeline::Pipelines;
pub use rule_test::RuleTest;
pub use source::{RuleSource, SourceText, Span};
pub use suggest::nearest;
pub use value::Placeholders;
