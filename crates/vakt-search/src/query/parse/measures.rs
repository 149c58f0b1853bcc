//! The commands that compute: functions, and spans of time.

use super::{Parser, QueryError};
use crate::query::pipeline::{
    FUNCTIONS_MAX, Function, GROUP_FIELDS_MAX, Measure, Name, Span, Stage, Stats, Timechart,
};

const FUNCTIONS: &str =
    "a function: count, dc(field), sum(field), avg(field), min(field) or max(field)";
const SPAN: &str = "a span such as 5m: a number and one of s, m, h, d and w";

impl Parser {
    pub(super) fn stats(&mut self) -> Result<Stage, QueryError> {
        let measures = self.measures()?;
        if !self.take_word("by") {
            let by = Vec::new();
            return Ok(Stage::Stats(Stats { measures, by }));
        }
        let start = self.at;
        let by = self.names(GROUP_FIELDS_MAX)?;
        self.refuse_computed(start, &by, |name| {
            measures.iter().any(|other| other.column == name)
        })?;
        Ok(Stage::Stats(Stats { measures, by }))
    }

    /// Refuses fields that events are grouped by whose names are those of computed columns.
    pub(super) fn refuse_computed(
        &self,
        start: usize,
        by: &[Name],
        is_computed: impl Fn(&str) -> bool,
    ) -> Result<(), QueryError> {
        match by.iter().find(|name| is_computed(&name.shown)) {
            None => Ok(()),
            Some(name) => {
                let expected = "other fields than the columns that are computed";
                Err(self.error(start, expected, &format!("`{}` again", name.shown)))
            }
        }
    }

    pub(super) fn timechart(&mut self) -> Result<Stage, QueryError> {
        let is_named = self.take_start("span=");
        let has_span = is_named || self.peek().is_some_and(|c| c.is_ascii_digit());
        let span = if has_span { Some(self.span()?) } else { None };
        self.skip_space();
        let has_none = self.is_word("by") || self.at_pipe() || self.peek().is_none();
        let measures = if has_none {
            vec![Measure {
                function: Function::Count,
                column: "count".to_owned(),
            }]
        } else {
            self.measures()?
        };
        let by = if self.take_word("by") {
            Some(self.name()?)
        } else {
            None
        };
        Ok(Stage::Timechart(Timechart { span, measures, by }))
    }

    fn span(&mut self) -> Result<Span, QueryError> {
        let start = self.at;
        let number = self.digits();
        let unit = match self.peek() {
            Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3_600,
            Some('d') => 86_400,
            Some('w') => 604_800,
            _ => return Err(self.expected(SPAN)),
        };
        self.at += 1;
        self.after_closing("the span")?;
        let seconds = number
            .parse()
            .ok()
            .and_then(|number: i64| number.checked_mul(unit));
        let span = seconds.and_then(Span::from_seconds);
        span.ok_or_else(|| self.error(start, SPAN, &format!("`{number}`")))
    }

    fn measures(&mut self) -> Result<Vec<Measure>, QueryError> {
        let mut measures: Vec<Measure> = Vec::new();
        loop {
            self.skip_space();
            if measures.len() == FUNCTIONS_MAX {
                let expected = format!("at most {FUNCTIONS_MAX} functions");
                return Err(self.error(self.at, &expected, "one more"));
            }
            let start = self.at;
            let measure = self.measure()?;
            if measures
                .iter()
                .any(|earlier| earlier.column == measure.column)
            {
                let expected = "another name for this column: `as name` after it";
                return Err(self.error(start, expected, &format!("`{}` again", measure.column)));
            }
            measures.push(measure);
            let goes_on = self.take_comma();
            self.skip_space();
            let ends = self.peek().is_none() || self.at_pipe() || self.is_word("by");
            if ends && !goes_on {
                return Ok(measures);
            }
        }
    }

    fn measure(&mut self) -> Result<Measure, QueryError> {
        let start = self.at;
        let word = self.letters().to_ascii_lowercase();
        let make: fn(Name) -> Function = match word.as_str() {
            "count" => Function::CountOf,
            "dc" | "distinct_count" => Function::Distinct,
            "sum" => Function::Sum,
            "avg" | "mean" => Function::Average,
            "min" => Function::Min,
            "max" => Function::Max,
            other => {
                self.at = start;
                return Err(match elsewhere(other) {
                    None => self.expected(FUNCTIONS),
                    Some(ours) => self.error(
                        start,
                        &format!("{FUNCTIONS}: {ours}"),
                        &format!("`{other}`"),
                    ),
                });
            }
        };
        let name = self.argument(word == "count")?;
        let column = match &name {
            Some(name) => format!("{word}({})", name.shown),
            None => word,
        };
        let function = name.map_or(Function::Count, make);
        let column = if self.take_word("as") {
            self.skip_space();
            self.name()?.shown
        } else {
            column
        };
        Ok(Measure { function, column })
    }

    /// The field in the parentheses after a function.
    fn argument(&mut self, is_optional: bool) -> Result<Option<Name>, QueryError> {
        if self.peek() != Some('(') {
            let ends = self
                .peek()
                .is_none_or(|c| c.is_whitespace() || ",|".contains(c));
            return if is_optional && ends {
                Ok(None)
            } else {
                Err(self.expected("a field in parentheses after the function"))
            };
        }
        self.at += 1;
        self.skip_space();
        // `count(*)` of other languages is `count`.
        self.at +=
            usize::from(is_optional && self.peek() == Some('*') && self.peek_at(1) == Some(')'));
        if is_optional && self.peek() == Some(')') {
            self.at += 1;
            return Ok(None);
        }
        let name = self.name()?;
        self.skip_space();
        if self.peek() != Some(')') {
            return Err(self.expected("a ) after the field"));
        }
        self.at += 1;
        Ok(Some(name))
    }
}

/// What does what a function of other languages does.
fn elsewhere(function: &str) -> Option<&'static str> {
    Some(match function {
        "values" | "list" | "make_set" => "stats count by field has each value",
        "earliest" | "first" => "min(@timestamp) is the earliest time",
        "latest" | "last" => "max(@timestamp) is the latest time",
        "dcount" | "cardinality" | "estdc" | "count_distinct" => "dc(field) counts distinct values",
        "average" => "avg(field) is the mean",
        "c" => "count counts events",
        "median" | "perc" | "percentile" | "p" | "stdev" => {
            "there are no percentiles and deviations"
        }
        _ => return None,
    })
}
