//! The query language.
//!
//! | form | finds events in which |
//! |---|---|
//! | `failed` | some value that the sender sent has this word |
//! | `203.0.113.7`, `foo-bar` | some sent value has this very text at word boundaries |
//! | `"failed password"` | the same, with spaces; `\"` and `\\` stand for `"` and `\` |
//! | `fail*`, `*word`, `*asswor*`, `fail*root` | a word begins so; a word ends so; a value has this in it; a value has one, later the other |
//! | `field:word`, `field:"a phrase"`, `field:fail*` | the same, looked for in the values of one field, also those that Vakt added |
//! | `field:web?` | as with `*`; `?` is one character |
//! | `field:*`, `_exists_:field`, `exists(field)`, `exists user.name` | the field is there and not null; without parentheses only where the name has a dot or begins with `@` |
//! | `field:""` | the field is there and empty |
//! | `field:(a or "b c" or not d)` | what is said in the parentheses holds for the field |
//! | `field>=7`, `field:>=7`, `field:[a TO b]`, `field:{a TO b}`, `field!=x` | comparison: of numbers, RFC 3339 times or addresses where the bounds are such, else of text; `[ ]` include their bounds, `{ }` do not, `*` is no bound |
//! | `@timestamp:2026-11-24`, `@timestamp>=-1h`, `@timestamp:[now-1d/d TO now/d}` | times (the grammar is in [`vakt_event::when`]): a date, month, year, hour or minute is all of it, also as a bound |
//! | `field:10.0.0.0/8` | a value is an address in the network, or has this text |
//! | `/re/`, `field:/re/` | a regular expression is found in a sent value, or in a value of the field |
//! | `field == x`, `field = x` | what `field:x` finds |
//! | `name=value`, `name="a value"` | what `field:x` finds, or some sent value has this very text |
//! | `a b`, `a and b`, `a && b` | both |
//! | `a or b`, `a \|\| b` | either; `and` binds closer |
//! | `not a`, `-a`, `!a` | not that |
//! | nothing, `*` | everything |
//! | `a \| stats count by user.name` | what commands make of the hits ([`pipeline`]) |
//!
//! A word is a run of Unicode letters, digits and `_`. Case is folded, in values and in what is
//! looked for; names of fields are compared as they are written, and names that mean the same
//! ([`vakt_event::alias`]) are one field. `field:value` looks for words within the value, not for
//! the whole value: `user.name:admin` finds `domain\admin` and not `administrator`.
//!
//! A regular expression is looked for anywhere in the value as it was sent; `^` and `$` are the
//! value's ends, `.` is any character, case is folded (`(?-i)` tells it apart). It has no
//! look-around and no references to groups. It ends at the next `/` without `\` before it, and a
//! space or the end must follow; so `/var/log/syslog` is text.
//!
//! Operators are known in lower and in upper case. `\` before a character of the language takes
//! its meaning from it; before any other character it is itself. What looks like a field and is
//! plainly none is text: `http://…`, `C:\…`, `12:30:01`, `fe80::1`, `00:1b:44:11:3a:b7`. So are
//! `?` outside the value of a field, and `=` at the end of a word. There is no fuzzy search (`a~`)
//! and no boost (`a^2`): they are refused.

mod compare;
mod error;
mod found;
mod glob;
mod judge;
mod literals;
mod made;
mod named;
mod parse;
mod pattern;
pub mod pipeline;
pub(crate) mod raw;
mod regex;
mod word;

pub use error::QueryError;
pub use pipeline::Pipeline;
pub use vakt_event::when::Now;

pub(crate) use compare::{
    Network, Number, Range, address as read_address, number as read_number, time as read_time,
};
pub(crate) use glob::Glob;
pub(crate) use pattern::{Need, Pattern};
pub(crate) use regex::Regex;

use std::ops::RangeBounds;
use std::sync::Arc;

use vakt_event::{Event, Timestamp};

use crate::Record;
use crate::fold::fold;
use literals::Literals;

/// The longest query, in bytes of text: far more than a person types, and it bounds what a
/// comparison with one value can cost.
pub const QUERY_BYTES_MAX: usize = 16 * 1024;

/// The most terms in one query: each of them costs a look into every segment.
pub const QUERY_TERMS_MAX: usize = 1024;

/// The most regular expressions and patterns with `?` in one query: each may take some MiB and a pass over the values.
pub const QUERY_REGEXES_MAX: usize = 8;

/// The deepest nesting of parentheses and negations: reading and evaluating are recursive.
pub const QUERY_DEPTH_MAX: usize = 64;

/// A question about events. `Default` is everything.
#[derive(Clone, Debug, Default)]
pub struct Query {
    pub(crate) root: Node,
    /// What it looks for in what was sent, where that is much.
    literals: Option<Arc<Literals>>,
}

/// What else is kept follows from the tree.
impl PartialEq for Query {
    fn eq(&self, other: &Self) -> bool {
        self.root == other.root
    }
}

impl Query {
    /// Reads a query; the empty text asks for everything. Times relative to now are refused, and
    /// dates are days in UTC.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        parse::parse(text, None).map(Self::of)
    }

    /// Reads a query that is asked at `now`.
    pub fn parse_at(text: &str, now: impl Into<Now>) -> Result<Self, QueryError> {
        parse::parse(text, Some(now.into())).map(Self::of)
    }

    fn of(mut root: Node) -> Self {
        root.join_equal();
        let literals = Literals::of(&root).map(Arc::new);
        Self { root, literals }
    }

    /// Whether `event` answers the query, by looking at it. This is the reference: an index must
    /// give the same answers. For an event of the journal use [`Query::matches_record`], which
    /// knows its position and stream too.
    pub fn matches(&self, event: &Event<'_>) -> bool {
        self.matches_record(&Record::of(event))
    }

    /// Whether `record` answers the query, by looking at it.
    pub fn matches_record(&self, record: &Record<'_>) -> bool {
        judge::holds(&self.root, self.literals.as_deref(), record)
    }
}

/// A query as a tree.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Node {
    #[default]
    All,
    Not(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    /// Some value that the sender sent matches.
    Sent(Pattern),
    /// In some value that the sender sent the expression is found.
    SentRegex(Regex),
    /// Some value of the field passes the test. The name is canonical.
    Field(String, Test),
}

impl Node {
    /// Asks no question twice: of parts that are the same, one stays.
    fn join_equal(&mut self) {
        match self {
            Self::Not(inner) => inner.join_equal(),
            Self::And(parts) | Self::Or(parts) => {
                let mut kept: Vec<Self> = Vec::with_capacity(parts.len());
                for mut part in parts.drain(..) {
                    part.join_equal();
                    if !kept.contains(&part) {
                        kept.push(part);
                    }
                }
                *parts = kept;
            }
            Self::All | Self::Sent(_) | Self::SentRegex(_) | Self::Field(..) => {}
        }
    }
}

/// What is asked of one value of a field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Test {
    Exists,
    Text(Pattern),
    Glob(Glob),
    Range(Range),
    Network(Network),
    /// Asks the value as it was sent: the folded one is not enough.
    Regex(Regex),
}

impl Test {
    /// Whether `value`, as it was sent, passes.
    pub(crate) fn accepts_sent(&self, value: &str) -> bool {
        match self {
            Self::Regex(regex) => regex.is_in(value),
            _ => self.accepts(&fold(value)),
        }
    }

    /// Whether `value`, already folded, passes. Of a [`Test::Regex`] this is right only where
    /// folding has changed nothing.
    pub(crate) fn accepts(&self, value: &str) -> bool {
        match self {
            Self::Exists => true,
            Self::Text(pattern) => pattern.matches(value),
            Self::Glob(glob) => glob.matches(value),
            Self::Range(range) => range.contains(value),
            Self::Network(network) => network.contains(value),
            Self::Regex(regex) => regex.is_in(value),
        }
    }

    /// Whether `time`, as it is shown, passes; quicker than showing it.
    pub(crate) fn accepts_time(&self, time: Timestamp) -> bool {
        match self {
            Self::Exists => true,
            Self::Range(Range::Time(low, high)) => (*low, *high).contains(&time),
            _ => self.accepts_sent(&time.to_string()),
        }
    }

    /// The number `n`, where the test among whole numbers accepts `n` alone.
    pub(crate) fn whole_number(&self) -> Option<u64> {
        let Self::Text(pattern) = self else {
            return None;
        };
        let [piece] = pattern.pieces.as_slice() else {
            return None;
        };
        let number: u64 = piece.parse().ok()?;
        let is_closed = !pattern.open_start && !pattern.open_end;
        (is_closed && number.to_string() == *piece).then_some(number)
    }
}
