//! A LogQL query as a tree.

/// A query: a number, lines, or counts of lines.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Query {
    /// `vector(1)+vector(1)`: what Grafana asks to see whether anybody is there.
    Constant(f64),
    Lines(Lines),
    Metric(Metric),
}

/// `{host_name="web1"} |= "failed" | level="error"`: the lines for which all of it holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Lines {
    pub(crate) conditions: Vec<Condition>,
    /// `| json`: each line comes with the fields of its event.
    pub(crate) takes_fields: bool,
}

/// `topk(5, sum by (level) (rate({…}[5m])))`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Metric {
    /// The most series at each time, those with the highest values.
    pub(crate) top: Option<usize>,
    /// The labels of `sum by`; `None` without a `sum`.
    pub(crate) sum_by: Option<Vec<String>>,
    pub(crate) function: Function,
    pub(crate) range_millis: u64,
    pub(crate) lines: Lines,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    /// `count_over_time`: events in the range.
    Count,
    /// `rate`: events a second.
    Rate,
}

/// What must hold for an event.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Label {
        name: String,
        operator: Operator,
        value: String,
    },
    /// `| http_response_status_code >= 500`.
    Number {
        name: String,
        relation: Relation,
        number: String,
    },
    /// `|= "a" or "b"`: the line has one of the texts, or, negated, none.
    Line {
        operator: Operator,
        texts: Vec<String>,
    },
}

/// Of a label: is, is not, matches as a whole, does not. Of a line: has, has not, and the same for
/// an expression that is found in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Matches,
    MatchesNot,
}

impl Operator {
    pub(crate) fn is_negated(self) -> bool {
        matches!(self, Self::NotEqual | Self::MatchesNot)
    }

    pub(crate) fn takes_regex(self) -> bool {
        matches!(self, Self::Matches | Self::MatchesNot)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    Equal,
    NotEqual,
    Above,
    AtLeast,
    Below,
    AtMost,
}
