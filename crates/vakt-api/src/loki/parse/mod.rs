//! Reading LogQL: recursive descent over its characters.
//!
//! ```text
//! query    = constant { "+" constant } | metric | lines
//! constant = "vector" "(" number ")"
//! metric   = "topk" "(" number "," metric ")" | sum | counted
//! sum      = "sum" [ by ] "(" counted ")" [ by ]
//! by       = "by" "(" [ name { "," name } ] ")"
//! counted  = ( "count_over_time" | "rate" ) "(" selector [ range ] stages [ range ] ")"
//! lines    = selector stages
//! ```
//!
//! Selectors and stages: `selector.rs`, `stage.rs`. Everything else of LogQL is refused by name.

mod scan;
mod selector;
mod stage;

use super::ast::{Function, Lines, Metric, Query};
use super::error::LogqlError;
use scan::Scanner;

pub(super) use scan::duration_millis;

/// The longest LogQL text, in bytes: more than people write, and what it becomes still fits the
/// search's own bound in most cases.
const LOGQL_BYTES_MAX: usize = 16 * 1024;

/// The most series that `topk` is asked for.
const TOP_MAX: usize = 500;

/// The most labels of `sum by`, as many as a search groups by.
const BY_MAX: usize = 8;

/// Words with which parts of LogQL begin that are not answered.
const REFUSED: &[&str] = &[
    "absent_over_time",
    "approx_topk",
    "avg",
    "avg_over_time",
    "bottomk",
    "bytes_over_time",
    "bytes_rate",
    "count",
    "first_over_time",
    "label_join",
    "label_replace",
    "last_over_time",
    "max",
    "max_over_time",
    "min",
    "min_over_time",
    "quantile_over_time",
    "rate_counter",
    "sort",
    "sort_desc",
    "stddev",
    "stddev_over_time",
    "stdvar",
    "stdvar_over_time",
    "sum_over_time",
    "variants",
];

/// Reads a query.
pub(crate) fn read(text: &str) -> Result<Query, LogqlError> {
    let mut parser = Parser::new(text)?;
    let query = parser.query()?;
    parser.end()?;
    Ok(query)
}

/// Reads a query that is lines alone, as `match[]` and the labels' `query` are.
pub(crate) fn read_selector(text: &str) -> Result<Lines, LogqlError> {
    let mut parser = Parser::new(text)?;
    let lines = parser.lines()?;
    parser.end()?;
    Ok(lines)
}

struct Parser {
    scan: Scanner,
    /// How deep parentheses of label filters are nested here.
    depth: usize,
    /// Whether `| logfmt` stood before this.
    is_after_logfmt: bool,
}

impl Parser {
    fn new(text: &str) -> Result<Self, LogqlError> {
        if text.len() > LOGQL_BYTES_MAX {
            return Err(LogqlError {
                position: 0,
                message: format!(
                    "expected a query of at most {LOGQL_BYTES_MAX} bytes; found {}",
                    text.len()
                ),
            });
        }
        Ok(Self {
            scan: Scanner::new(text),
            depth: 0,
            is_after_logfmt: false,
        })
    }

    fn query(&mut self) -> Result<Query, LogqlError> {
        if self.scan.peek() == Some('{') {
            return Ok(Query::Lines(self.lines()?));
        }
        if self.scan.peek_word() == "vector" {
            return self.constant();
        }
        Ok(Query::Metric(self.metric()?))
    }

    fn constant(&mut self) -> Result<Query, LogqlError> {
        let mut sum = 0.0;
        loop {
            self.scan.take_word("vector", "vector")?;
            self.scan.take('(', "( after vector")?;
            sum += self.scan.number("a number")?;
            self.scan.take(')', ") after the number")?;
            if !self.scan.take_if('+') {
                return Ok(Query::Constant(sum));
            }
        }
    }

    fn metric(&mut self) -> Result<Metric, LogqlError> {
        if self.scan.peek_word() == "topk" {
            return self.topk();
        }
        if self.scan.peek_word() == "sum" {
            return self.sum();
        }
        self.counted()
    }

    fn topk(&mut self) -> Result<Metric, LogqlError> {
        self.scan.take_word("topk", "topk")?;
        self.scan.take('(', "( after topk")?;
        self.scan.skip_space();
        let start = self.scan.at();
        let expected = format!("a whole number from 1 to {TOP_MAX}");
        let digits = self.scan.digits();
        let top = digits
            .parse()
            .ok()
            .filter(|top| (1..=TOP_MAX).contains(top))
            .ok_or_else(|| self.scan.expected_at(start, &expected))?;
        self.scan.take(',', "a , after the number")?;
        self.scan.skip_space();
        let inner = self.scan.at();
        let mut metric = self.metric()?;
        if metric.top.is_some() {
            return Err(self.scan.expected_at(inner, "no second topk inside topk"));
        }
        self.scan.take(')', ") at the end of topk")?;
        metric.top = Some(top);
        Ok(metric)
    }

    fn sum(&mut self) -> Result<Metric, LogqlError> {
        self.scan.take_word("sum", "sum")?;
        let before = self.by()?;
        self.scan.take('(', "( or by ( after sum")?;
        let mut metric = self.counted()?;
        self.scan.take(')', ") at the end of sum")?;
        let by = match before {
            Some(by) => Some(by),
            None => self.by()?,
        };
        metric.sum_by = Some(by.unwrap_or_default());
        Ok(metric)
    }

    fn by(&mut self) -> Result<Option<Vec<String>>, LogqlError> {
        if self.scan.peek_word() == "without" {
            return Err(self.scan.expected("by: without is not answered"));
        }
        if self.scan.peek_word() != "by" {
            return Ok(None);
        }
        self.scan.take_word("by", "by")?;
        self.scan.take('(', "( after by")?;
        let mut names = Vec::new();
        while !self.scan.take_if(')') {
            if names.len() == BY_MAX {
                let expected = format!("at most {BY_MAX} labels");
                return Err(self.scan.expected(&expected));
            }
            names.push(self.scan.label()?);
            if self.scan.peek() != Some(')') {
                self.scan.take(',', "a , or ) after the label")?;
            }
        }
        Ok(Some(names))
    }

    fn counted(&mut self) -> Result<Metric, LogqlError> {
        let word = self.scan.peek_word();
        let function = match word.as_str() {
            "count_over_time" => Function::Count,
            "rate" => Function::Rate,
            _ if REFUSED.contains(&word.as_str()) => {
                return Err(self.scan.expected(
                    "count_over_time, rate, sum or topk: no other function is answered",
                ));
            }
            _ => {
                return Err(self.scan.expected(
                    "a selector such as {host_name=\"web1\"}, count_over_time, rate, sum or topk",
                ));
            }
        };
        self.scan.take_word(&word, "a function")?;
        self.scan.take('(', "( after the function")?;
        let mut lines = self.selector()?;
        let early = self.range()?;
        self.stages(&mut lines)?;
        let range_millis = match early {
            Some(range) => range,
            None => self
                .range()?
                .ok_or_else(|| self.scan.expected("a range such as [5m]"))?,
        };
        if self.scan.peek_word() == "offset" {
            return Err(self.scan.expected("): offset is not answered"));
        }
        self.scan.take(')', ") after the range")?;
        Ok(Metric {
            top: None,
            sum_by: None,
            function,
            range_millis,
            lines,
        })
    }

    /// `[5m]`, if it stands here; in milliseconds.
    fn range(&mut self) -> Result<Option<u64>, LogqlError> {
        if !self.scan.take_if('[') {
            return Ok(None);
        }
        let range = self.scan.duration()?;
        self.scan.take(']', "] after the range")?;
        Ok(Some(range))
    }

    fn lines(&mut self) -> Result<Lines, LogqlError> {
        let mut lines = self.selector()?;
        self.stages(&mut lines)?;
        Ok(lines)
    }

    fn end(&mut self) -> Result<(), LogqlError> {
        match self.scan.peek() {
            None => Ok(()),
            Some(c) if "+-*/%^<>=!".contains(c) => Err(self
                .scan
                .expected("the end of the query: arithmetic and comparisons are not answered")),
            Some('[') => Err(self.scan.expected(
                "the end of the query: a range belongs into count_over_time(…) or rate(…)",
            )),
            Some(_) => Err(self.scan.expected("the end of the query")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics() {
        let check = |text: &str, top, by: Option<&[&str]>, function, range_millis| {
            let Ok(Query::Metric(metric)) = read(text) else {
                panic!("{text}: {:?}", read(text));
            };
            let by = by.map(|by| by.iter().map(|name| (*name).to_owned()).collect());
            assert_eq!(
                (
                    metric.top,
                    metric.sum_by,
                    metric.function,
                    metric.range_millis
                ),
                (top, by, function, range_millis),
                "{text}"
            );
        };
        use Function::{Count, Rate};
        check("count_over_time({}[5m])", None, None, Count, 300_000);
        check("rate( {} |= `a` [1h30m] )", None, None, Rate, 5_400_000);
        check("rate({}[500ms] | json)", None, None, Rate, 500);
        check("sum(rate({}[1m]))", None, Some(&[]), Rate, 60_000);
        check(
            "sum by (level, detected_level) (count_over_time({host_name=`a`} | drop __error__[2s]))",
            None,
            Some(&["level", "detected_level"]),
            Count,
            2_000,
        );
        check(
            "sum(rate({}[1d])) by (level)",
            None,
            Some(&["level"]),
            Rate,
            86_400_000,
        );
        check(
            "topk(3, sum by(level,) (rate({}[1w])))",
            Some(3),
            Some(&["level"]),
            Rate,
            604_800_000,
        );
    }

    #[test]
    fn constants() {
        assert_eq!(read("vector(1)+vector(1)"), Ok(Query::Constant(2.0)));
        assert_eq!(read(" vector( -1.5 ) "), Ok(Query::Constant(-1.5)));
    }

    #[test]
    fn what_is_not_understood_is_said_at_its_character() {
        let check = |text: &str, position: usize, message: &str| {
            let error = read(text).expect_err(text);
            assert_eq!(
                (error.position, error.message.as_str()),
                (position, message),
                "{text}"
            );
        };
        let selector = "expected a selector such as {host_name=\"web1\"}, count_over_time, rate, sum or topk; found";
        check("", 0, &format!("{selector} the end"));
        check("web1", 0, &format!("{selector} `web1`"));
        check(
            "{",
            1,
            "expected the name of a label (letters, digits and _); found the end",
        );
        check(
            "{host.name=`a`}",
            5,
            "expected =, !=, =~ or !~ after the label; found `.`",
        );
        check(
            "{a=b}",
            3,
            "expected a text in \"quotes\" or `backticks`; found `b`",
        );
        check(
            "{a=`b` b=`c`}",
            7,
            "expected a , or } after the value; found `b`",
        );
        check("{a=\"b}", 3, "expected a \" that ends the text; found none");
        check("{a=`b}", 3, "expected a ` that ends the text; found none");
        check(
            r#"{a="\d"}"#,
            4,
            "expected an escape such as \\\\, \\\" or \\n; between backticks \\ is itself; found `\\`",
        );
        check(
            r#"{a="\u00g"}"#,
            4,
            "expected a character by its number, such as \\u00e5; found `\\`",
        );
        check(
            "{å=`b`}",
            1,
            "expected the name of a label (letters, digits and _); found `å`",
        );
        check(
            "{a=~`b(`}",
            4,
            "expected a regular expression; found `b(`: unclosed group",
        );
        check(
            "{} |~ `(`",
            6,
            "expected a regular expression; found `(`: unclosed group",
        );
        check(
            "{} |> `<_>`",
            3,
            "expected |=, !=, |~ or !~: filters by pattern are not answered; found `|`",
        );
        check(
            "{} |= ip(`10.0.0.0/8`)",
            6,
            "expected a text: filters by ip() are not answered, but source_ip=\"203.0.113.7\" is; found `ip`",
        );
        check(
            "{} | line_format `x`",
            5,
            "expected another stage: line_format is not answered; Vakt takes events apart when they arrive; found `line_format`",
        );
        check(
            "{} | json a=`b`",
            10,
            "expected the next stage: json is answered without names of its own; found `a`",
        );
        check(
            "{} | drop a",
            10,
            "expected __error__ or __error_details__: other labels cannot be dropped; found `a`",
        );
        check(
            "{} | logfmt | colour=`red`",
            14,
            "expected a label that Vakt has: logfmt is not taken apart, use a line filter such as |= \"key=value\"; found `colour`",
        );
        check(
            "{} |",
            4,
            "expected a filter such as |= \"text\", json, logfmt or a filter of a label; found the end",
        );
        check(
            "{} | a > 10s",
            9,
            "expected a number without a unit, or a \"text\"; found `10s`",
        );
        check(
            "{} | (a=`b`",
            11,
            "expected ) after the filter; found the end",
        );
        check(
            "{}[5m]",
            2,
            "expected the end of the query: a range belongs into count_over_time(…) or rate(…); found `[`",
        );
        check("{} x", 3, "expected the end of the query; found `x`");
        check("rate({})", 7, "expected a range such as [5m]; found `)`");
        check(
            "rate({}[5])",
            8,
            "expected a duration such as 5m, 1h30m or 500ms; found `5`",
        );
        check(
            "rate({}[0s])",
            8,
            "expected a duration such as 5m, 1h30m or 500ms; found `0s`",
        );
        check(
            "rate({}[5m] offset 1h)",
            12,
            "expected ): offset is not answered; found `offset`",
        );
        check(
            "rate({}[5m]) > 1",
            13,
            "expected the end of the query: arithmetic and comparisons are not answered; found `>`",
        );
        check(
            "sum without (a) (rate({}[5m]))",
            4,
            "expected by: without is not answered; found `without`",
        );
        check(
            "avg(rate({}[5m]))",
            0,
            "expected count_over_time, rate, sum or topk: no other function is answered; found `avg`",
        );
        check(
            "topk(0, rate({}[5m]))",
            5,
            "expected a whole number from 1 to 500; found `0`",
        );
        check(
            "topk(1, topk(1, rate({}[5m])))",
            8,
            "expected no second topk inside topk; found `topk`",
        );
        check("vector(x)", 7, "expected a number; found `x`");
    }

    #[test]
    fn what_is_read_is_bounded() {
        let check = |text: String, part: &str| {
            let error = read(&text).unwrap_err();
            assert!(error.message.contains(part), "{}", error.message);
        };
        check(
            format!("{{a=`{}`}}", "b".repeat(LOGQL_BYTES_MAX)),
            "at most 16384 bytes",
        );
        check(format!("{{}} | {}", "(".repeat(17)), "at most 16 levels");
        check(
            format!("{{}}{}", " |= `a`".repeat(201)),
            "at most 200 conditions",
        );
        check(
            format!("sum by ({}) (rate({{}}[5m]))", "a,".repeat(9)),
            "at most 8 labels",
        );
    }
}
