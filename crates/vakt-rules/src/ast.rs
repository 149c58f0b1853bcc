//! What a rule file means, once parsed: plain data for the matchers, the linter and the pages.
//!
//! Every modifier is already applied: a detection is a tree of `and`, `or` and `not` over
//! [`Predicate`]s, so that an evaluator needs to know five kinds of test and no YAML.

use std::sync::Arc;

use ipnet::IpNet;
use vakt_event::{Level, LogSource};

/// The rules that loaded, in the order in which they were given.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    pub rules: Vec<Arc<Rule>>,
    pub correlations: Vec<Arc<Correlation>>,
}

/// Where a rule comes from and what it says of itself (Sigma rules specification, "Components").
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    /// The rule's `id`; where it gives none, one derived from its content, so that alerts still
    /// have something to point at.
    pub id: String,
    pub name: Option<String>,
    pub title: String,
    pub description: Option<String>,
    pub status: Option<String>,
    pub level: Level,
    pub author: Option<String>,
    pub tags: Vec<String>,
    pub references: Vec<String>,
    pub falsepositives: Vec<String>,
    /// `vakt.draft`: whether a match opens a draft incident; `None` where the rule is silent.
    pub draft: Option<bool>,
    /// `vakt.in_maintenance`: planned work explains no match of it.
    pub in_maintenance: bool,
    /// Whether the rule came with Vakt (the embedded pack).
    pub embedded: bool,
    pub path: String,
    /// The line of the document's first key, from 1.
    pub line: usize,
}

/// A detection rule.
#[derive(Clone, Debug)]
pub struct Rule {
    pub meta: Metadata,
    pub log_source: LogSource<'static>,
    /// The search identifiers, in the order of the file.
    pub searches: Vec<Search>,
    pub condition: Condition,
    /// `false` only where a correlation refers to this rule and does not say `generate: true`:
    /// then its matches feed the correlation and raise no alert of their own.
    pub generate: bool,
}

/// A named search of the `detection` section.
#[derive(Clone, Debug)]
pub struct Search {
    pub name: String,
    pub detection: Detection,
}

/// A condition over the searches of a rule, by their index in [`Rule::searches`]. `1 of x*` and
/// `all of x*` are already written out.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    Search(usize),
    Not(Box<Condition>),
    All(Vec<Condition>),
    Any(Vec<Condition>),
}

/// A search, with every modifier applied.
#[derive(Clone, Debug, PartialEq)]
pub enum Detection {
    All(Vec<Detection>),
    Any(Vec<Detection>),
    /// `neq`: holds also where the field is absent.
    Not(Box<Detection>),
    Is(Predicate),
}

/// One test of one field. With several values in a field, one that passes is enough.
#[derive(Clone, Debug, PartialEq)]
pub struct Predicate {
    /// The name as the rule wrote it, blanks removed; `None` for a keyword, which is tested
    /// against every value that the sender sent ([`vakt_event::Origin::Sent`]) and the original text
    /// (not of a [`vakt_event::Event::structured`] one: a keyword never means a field's name).
    pub field: Option<String>,
    pub test: Test,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// Numbers of a rule are patterns too: `4688` equals `4688` and `"4688"`.
    Text(Pattern),
    /// The field is absent, or its value is null.
    Null,
    /// The field is there, whatever its value (`true`), or is not (`false`).
    Exists(bool),
    Regex(Regex),
    Cidr(IpNet),
    /// Numeric comparison; a text value counts when it reads as a number.
    Compare(Comparison, f64),
    /// Comparison with another field of the event, case-insensitive unless `cased`.
    FieldRef {
        field: String,
        relation: Relation,
        cased: bool,
    },
    /// A part of a date value, without zone conversion (`minute` … `year`).
    TimePart(TimePart, i64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    Equals,
    Contains,
    StartsWith,
    EndsWith,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimePart {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

/// A wildcard pattern over a whole value. `contains` has put [`Token::Many`] at both ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern {
    /// Never two literals or two `Many` side by side; empty for the empty text.
    pub tokens: Vec<Token>,
    pub cased: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Token {
    /// As written, not folded.
    Literal(String),
    /// `*`: any number of characters, line feeds too.
    Many,
    /// `?`: exactly one character.
    One,
    /// `windash`: one of `-` `/` `–` `—` `―`.
    Dash,
}

/// A regular expression of `re`: linear time, no look-around, no back-references. It is searched
/// for anywhere in the value, and case-sensitive unless `i`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Regex {
    pub pattern: String,
    pub case_insensitive: bool,
    pub multi_line: bool,
    pub dot_matches_new_line: bool,
}

/// A correlation rule (Sigma correlation rules specification).
#[derive(Clone, Debug)]
pub struct Correlation {
    pub meta: Metadata,
    pub kind: CorrelationKind,
    /// The rules or correlations that feed this one, in the order of the file.
    pub inputs: Vec<RuleRef>,
    pub group_by: Vec<GroupField>,
    pub timespan_seconds: u64,
    /// As on [`Rule::generate`].
    pub generate: bool,
}

/// An index into [`RuleSet::rules`] or [`RuleSet::correlations`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RuleRef {
    Rule(usize),
    Correlation(usize),
}

#[derive(Clone, Debug, PartialEq)]
pub enum CorrelationKind {
    EventCount(Threshold),
    /// Distinct tuples of values of the fields.
    ValueCount(Vec<String>, Threshold),
    /// The inputs of one of the combinations within the timespan, in any order.
    Temporal(Vec<Combination>),
    /// The same, in the order of [`Correlation::inputs`].
    TemporalOrdered(Vec<Combination>),
    ValueSum(String, Threshold),
    ValueAvg(String, Threshold),
    ValuePercentile(String, f64, Threshold),
    ValueMedian(String, Threshold),
}

/// Inputs that a temporal correlation asks for, as indices into [`Correlation::inputs`], ascending.
/// A condition over rule names is written out into such.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Combination {
    /// Never empty.
    pub present: Vec<usize>,
    /// Inputs of which the timespan before the event holds nothing.
    pub absent: Vec<usize>,
}

impl Combination {
    /// Every one of so many inputs: what a temporal correlation without a condition asks for.
    pub fn all(inputs: usize) -> Self {
        Self {
            present: (0..inputs).collect(),
            absent: Vec::new(),
        }
    }
}

/// Bounds that must all hold: `gte: 5` and `lt: 10` together are a range.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Threshold {
    pub bounds: Vec<(Bound, f64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

impl Threshold {
    pub fn holds(&self, value: f64) -> bool {
        #[expect(clippy::float_cmp, reason = "counts are exact; sums say what they are")]
        self.bounds.iter().all(|(bound, limit)| match bound {
            Bound::Less => value < *limit,
            Bound::LessOrEqual => value <= *limit,
            Bound::Greater => value > *limit,
            Bound::GreaterOrEqual => value >= *limit,
            Bound::Equal => value == *limit,
            Bound::NotEqual => value != *limit,
        })
    }
}

/// A field that groups the events of a correlation.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupField {
    /// The field's name, or the alias's.
    pub name: String,
    /// For an alias, the field to read for each of [`Correlation::inputs`], by index; empty where
    /// `name` is the field itself.
    pub per_input: Vec<String>,
}
