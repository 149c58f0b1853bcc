//! What is made of the hits of a query: the commands after `|`.
//!
//! | command | what it makes |
//! |---|---|
//! | `stats count, dc(x), sum(x), avg(x), min(x), max(x) by a, b` | a row for each combination of values; `as name` names a column |
//! | `timechart 5m count by a` | a row for each span of time, a column for each value of `a` |
//! | `top 20 a`, `rare 20 a, b` | the values that most (fewest) events have |
//! | `where count>10` | the rows that answer a query; before the others, it narrows the query |
//! | `sort -count, a` | rows or hits in order; `-` or `desc` is from high to low |
//! | `fields a, b`, `fields - a` | only these columns, or all but these |
//! | `head 10`, `limit 10` | the first so many |
//!
//! One of `stats`, `timechart`, `top` and `rare` may stand in a pipeline, before `sort`, `fields`
//! and `head`. A `|` is the text itself inside a word (`a|b`), in quotes and after `\`; `||` is `or`.

mod span;

pub use span::{SPAN_BUCKETS_WANTED, Span};

use super::{Now, Query, QueryError, parse};

/// The most commands in one pipeline: more than anybody needs to say what is wanted.
pub const STAGES_MAX: usize = 16;

/// The most functions of one `stats`: each is kept for every group.
pub const FUNCTIONS_MAX: usize = 16;

/// The most fields that one command groups or sorts by: an event with several values of each
/// counts for all combinations.
pub const GROUP_FIELDS_MAX: usize = 8;

/// The most columns that one `fields` names.
pub const COLUMNS_MAX: usize = 64;

/// The most rows that `head`, `top` and `rare` can be asked for: what is read by people or fits an
/// answer.
pub const ROWS_MAX: usize = 10_000;

/// How many rows `head`, `top` and `rare` give when they are not told.
pub const ROWS_DEFAULT: usize = 10;

/// A query and what is made of its hits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pipeline {
    /// With the conditions of each `where` that stands before all other commands.
    pub query: Query,
    /// In the order in which they are applied. What groups events comes first.
    pub stages: Vec<Stage>,
    /// What may have been meant otherwise than it was read, in sentences for whoever finds nothing.
    pub doubts: Vec<String>,
}

impl Pipeline {
    /// Reads a query with commands, asked at `now`.
    pub fn parse_at(text: &str, now: impl Into<Now>) -> Result<Self, QueryError> {
        parse::pipeline(text, Some(now.into()))
    }

    /// Reads a query with commands. Times relative to now are refused, and dates are days in UTC.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        parse::pipeline(text, None)
    }

    /// Whether it has commands that need all that is found: those that group, sort or count. `fields` acts on each
    /// hit by itself.
    pub fn needs_all(&self) -> bool {
        let mut stages = self.stages.iter();
        !stages.all(|stage| matches!(stage, Stage::Fields(_)))
    }

    /// Whether the answer is a table of groups; else it is hits.
    pub fn is_table(&self) -> bool {
        matches!(
            self.stages.first(),
            Some(Stage::Stats(_) | Stage::Timechart(_) | Stage::Top(_))
        )
    }
}

/// A command.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    Stats(Stats),
    Timechart(Timechart),
    Top(Top),
    /// The rows of a table that answer a query.
    Where(Query),
    Sort(Vec<SortKey>),
    Fields(Fields),
    Head(usize),
}

/// A field or column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// As it was written, and as it is shown.
    pub shown: String,
    /// By which events are asked.
    pub canonical: String,
}

/// `stats`: what is computed for each combination of values of the fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats {
    pub measures: Vec<Measure>,
    /// None for one row over all events.
    pub by: Vec<Name>,
}

/// `timechart`: what is computed for each span of time, and each value of the field if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timechart {
    /// None to fit the times that are searched.
    pub span: Option<Span>,
    pub measures: Vec<Measure>,
    pub by: Option<Name>,
}

/// What `top` and `rare` compute of each group.
pub(crate) const TOP_COLUMNS: [&str; 2] = ["count", "percent"];

/// `top` and `rare`: the values of the fields that most (or fewest) events have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Top {
    pub rows: usize,
    pub fields: Vec<Name>,
    /// `rare`: fewest first.
    pub is_rare: bool,
}

/// A column that is computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    pub function: Function,
    /// The name of the column.
    pub column: String,
}

/// What is computed over the events of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Function {
    /// Events.
    Count,
    /// Events in which the field is there.
    CountOf(Name),
    /// Distinct values.
    Distinct(Name),
    /// Of the values that are numbers.
    Sum(Name),
    /// Of the values that are numbers.
    Average(Name),
    /// Of the values that are numbers; where there are none, of those that are times.
    Min(Name),
    /// Of the values that are numbers; where there are none, of those that are times.
    Max(Name),
}

/// One key of `sort`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortKey {
    pub name: Name,
    pub is_descending: bool,
}

/// `fields`: what is shown, or, with `-`, what is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    pub names: Vec<Name>,
    pub is_without: bool,
}
