//! The index and the query language: from a question to the events that answer it.
//!
//! A [`Query`] is read from text ([`query`] explains the language) and can judge a single event by
//! itself ([`Query::matches`]): that is the plain reading of what a search means, and all answers
//! are held to it. An [`Index`] keeps events in tantivy; a search takes candidates from the
//! inverted index and looks at the stored event wherever the index alone cannot be sure, so that
//! hits and totals are exact.
//!
//! This crate never speaks HTTP, knows no async runtime and reads no wall clock. It does not own
//! the truth either: the journal does, and the index can be built again from it at any time.
//!
//! Start with [`query`], then [`record`] (what a search sees of an event), [`aggregate`] (what
//! commands make of hits), `words` and `chunk` (what the index holds), `split` (its files),
//! `candidates` (what they know of a query) and [`index`] (open, write, search).

pub mod error;
pub mod query;
pub mod record;

pub mod aggregate;
pub mod frame;
pub mod index;
mod interner;

mod bits;
mod candidates;
mod chunk;
mod fault;
mod filter;
mod fold;
#[cfg(test)]
mod sample;
mod split;
mod term_log;
mod vocabulary;
mod words;

pub use error::Error;
pub use frame::{Decode, Decoder, Frame};
pub use index::{
    Built, CatalogueState, Gather, Hit, Index, IndexFault, IndexReport, IndexWriter, Order,
    Progress, Rebuilt, Request, Response, Scope, Tail, Walker, Wanted, Watch, verify_index,
};
pub use query::{Now, Pipeline, Query, QueryError};
pub use record::Record;

/// What operations on an index return.
pub type Result<T> = std::result::Result<T, Error>;
