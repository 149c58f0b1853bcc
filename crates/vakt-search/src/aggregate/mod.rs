//! What the commands after `|` compute, within bounds.
//!
//! An [`Aggregation`] answers `stats`, `timechart`, `top` and `rare` with a [`Table`]; a [`Listing`]
//! answers `sort`, `head` and `fields` over events with hits. Both are fed events one by one, in any
//! order, and parts that were fed apart are merged: the answer is that of feeding all into one, as
//! long as no bound is met. Where one is, the answer says so, and what is in it is a lower bound.
//!
//! An event counts once for each distinct value of a field that it is grouped by, and is left out
//! where it has none. Values are told apart as they were sent, case and all.

mod aggregation;
mod budget;
mod gathering;
mod key;
mod listing;
mod measure;
mod number;
mod order;
mod table;
mod timechart;

pub use aggregation::{Aggregation, Counter, Window};
pub use budget::{Cut, DISTINCT_MAX, GROUP_BYTES_MAX, GROUPS_MAX};
pub use gathering::{Gathered, Gathering};
pub use listing::{LISTING_BYTES_MAX, Listed, Listing, select};
pub use table::Table;
