//! Reading the commands after `|`.
//!
//! ```text
//! pipeline  = query { "|" command }
//! command   = "stats" measures [ "by" names ] | "timechart" [ span ] [ measures ] [ "by" name ]
//!           | ("top" | "rare") [ number ] names | "where" or | "sort" keys
//!           | "fields" [ "-" ] names | ("head" | "limit") [ number ]
//! measures  = measure { [ "," ] measure }
//! measure   = ( "count" [ "(" [ name ] ")" ] | function "(" name ")" ) [ "as" name ]
//! names     = name { [ "," ] name }
//! keys      = key { "," key }
//! key       = [ "-" | "+" ] column [ "asc" | "desc" ]
//! ```

use vakt_event::alias::canonical;

use super::columns::Columns;
use super::{Node, Parser, QueryError};
use crate::query::Query;
use crate::query::pipeline::{
    COLUMNS_MAX, FUNCTIONS_MAX, Fields, Function, GROUP_FIELDS_MAX, Measure, Name, Pipeline,
    ROWS_DEFAULT, ROWS_MAX, STAGES_MAX, SortKey, Span, Stage, Stats, Timechart, Top,
};

const COMMANDS: &str =
    "one of the commands fields, head, limit, rare, sort, stats, timechart, top and where";
const FUNCTIONS: &str =
    "a function: count, dc(field), sum(field), avg(field), min(field) or max(field)";
const SPAN: &str = "a span such as 5m: a number and one of s, m, h, d and w";

impl Parser {
    /// Whether a command begins here. `||` is an operator or text.
    pub(super) fn at_pipe(&self) -> bool {
        self.peek() == Some('|') && self.peek_at(1) != Some('|')
    }

    /// Reads the commands after the query `root`.
    pub(super) fn stages(&mut self, root: Node) -> Result<Pipeline, QueryError> {
        let mut reading = Reading {
            root,
            stages: Vec::new(),
            columns: Columns::default(),
        };
        let mut count = 0;
        loop {
            self.skip_space();
            if !self.at_pipe() {
                break;
            }
            count += 1;
            if count > STAGES_MAX {
                let expected = format!("at most {STAGES_MAX} commands");
                return Err(self.error(self.at, &expected, "one more"));
            }
            self.at += 1;
            self.skip_space();
            self.stage(&mut reading)?;
        }
        Ok(Pipeline {
            query: Query { root: reading.root },
            stages: reading.stages,
        })
    }

    fn stage(&mut self, reading: &mut Reading) -> Result<(), QueryError> {
        let start = self.at;
        let command = self.letters().to_ascii_lowercase();
        let is_first = reading.stages.is_empty();
        let groups = matches!(command.as_str(), "stats" | "timechart" | "top" | "rare");
        if groups && !is_first {
            let expected = if reading.columns.are_of_groups() {
                "only one of stats, timechart, top and rare in a query"
            } else {
                "stats, timechart, top and rare before sort, fields and head"
            };
            return Err(self.error(start, expected, &format!("`{command}`")));
        }
        self.skip_space();
        let stage = match command.as_str() {
            "stats" => self.stats()?,
            "timechart" => self.timechart()?,
            "top" => self.top(false)?,
            "rare" => self.top(true)?,
            "where" => return self.condition(start, reading),
            "sort" => self.sort(&reading.columns)?,
            "fields" => self.fields(&reading.columns)?,
            "head" | "limit" => Stage::Head(self.rows()?),
            _ => {
                self.at = start;
                return Err(self.expected(COMMANDS));
            }
        };
        self.end_of_command()?;
        reading.columns.after(&stage);
        reading.stages.push(stage);
        Ok(())
    }

    fn stats(&mut self) -> Result<Stage, QueryError> {
        let measures = self.measures()?;
        if !self.take_word("by") {
            let by = Vec::new();
            return Ok(Stage::Stats(Stats { measures, by }));
        }
        let start = self.at;
        let by = self.names(GROUP_FIELDS_MAX)?;
        let is_measured = |name: &Name| measures.iter().any(|other| other.column == name.shown);
        if let Some(name) = by.iter().find(|name| is_measured(name)) {
            let expected = "other fields than the columns that are computed";
            return Err(self.error(start, expected, &format!("`{}` again", name.shown)));
        }
        Ok(Stage::Stats(Stats { measures, by }))
    }

    fn timechart(&mut self) -> Result<Stage, QueryError> {
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

    fn top(&mut self, is_rare: bool) -> Result<Stage, QueryError> {
        let rows = self.rows()?;
        self.skip_space();
        let fields = self.names(GROUP_FIELDS_MAX)?;
        Ok(Stage::Top(Top {
            rows,
            fields,
            is_rare,
        }))
    }

    /// `where`: of events it narrows the query, of groups it is a command.
    fn condition(&mut self, start: usize, reading: &mut Reading) -> Result<(), QueryError> {
        let at = self.at;
        let node = self.or(None)?;
        self.end_of_command()?;
        if reading.columns.are_of_groups() {
            reading
                .columns
                .check_condition(&node)
                .map_err(|fault| self.error(at, &fault.expected, &fault.found))?;
            reading.stages.push(Stage::Where(Query { root: node }));
            return Ok(());
        }
        if reading
            .stages
            .iter()
            .any(|stage| matches!(stage, Stage::Head(_)))
        {
            return Err(self.error(start, "where before head", "`where`"));
        }
        reading.root = match std::mem::take(&mut reading.root) {
            Node::All => node,
            root => Node::And(vec![root, node]),
        };
        Ok(())
    }

    fn sort(&mut self, columns: &Columns) -> Result<Stage, QueryError> {
        self.take_word("by");
        let mut keys = Vec::new();
        loop {
            self.skip_space();
            if keys.len() == GROUP_FIELDS_MAX {
                let expected = format!("at most {GROUP_FIELDS_MAX} columns");
                return Err(self.error(self.at, &expected, "one more"));
            }
            let sign = self.peek().filter(|c| matches!(c, '-' | '+'));
            self.at += usize::from(sign.is_some());
            self.skip_space();
            let name = self.column(columns)?;
            let is_descending =
                self.take_word("desc") || (!self.take_word("asc") && sign == Some('-'));
            keys.push(SortKey {
                name,
                is_descending,
            });
            if !self.take_comma() {
                return Ok(Stage::Sort(keys));
            }
        }
    }

    fn fields(&mut self, columns: &Columns) -> Result<Stage, QueryError> {
        let sign = self.peek().filter(|c| matches!(c, '-' | '+'));
        self.at += usize::from(sign.is_some());
        let names = self.list(COLUMNS_MAX, |parser| parser.column(columns))?;
        Ok(Stage::Fields(Fields {
            names,
            is_without: sign == Some('-'),
        }))
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
            _ => {
                self.at = start;
                return Err(self.expected(FUNCTIONS));
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

    /// A number of rows; the default where none stands here.
    fn rows(&mut self) -> Result<usize, QueryError> {
        let is_named = self.take_start("limit=");
        let start = self.at;
        let digits = self.digits();
        if digits.is_empty() && !is_named {
            return Ok(ROWS_DEFAULT);
        }
        let rows = digits
            .parse()
            .ok()
            .filter(|rows| (1..=ROWS_MAX).contains(rows));
        let expected = format!("a number of rows from 1 to {ROWS_MAX}");
        rows.ok_or_else(|| self.error(start, &expected, &format!("`{digits}`")))
    }

    fn names(&mut self, count_max: usize) -> Result<Vec<Name>, QueryError> {
        self.list(count_max, Self::name)
    }

    /// Names with commas or spaces between them.
    fn list(
        &mut self,
        count_max: usize,
        read: impl Fn(&mut Self) -> Result<Name, QueryError>,
    ) -> Result<Vec<Name>, QueryError> {
        let mut names: Vec<Name> = Vec::new();
        loop {
            self.skip_space();
            let start = self.at;
            if names.len() == count_max {
                let expected = format!("at most {count_max} names");
                return Err(self.error(start, &expected, "one more"));
            }
            let name = read(self)?;
            if names
                .iter()
                .any(|earlier| earlier.canonical == name.canonical)
            {
                let found = format!("`{}` again", name.shown);
                return Err(self.error(start, "another field", &found));
            }
            names.push(name);
            let goes_on = self.take_comma();
            self.skip_space();
            let ends = self.peek().is_none() || self.at_pipe() || self.is_word("by");
            if ends && !goes_on {
                return Ok(names);
            }
        }
    }

    /// The name of a field, plain or in quotes.
    fn name(&mut self) -> Result<Name, QueryError> {
        self.skip_space();
        let shown = if self.peek() == Some('"') {
            Some(self.quoted(",)")?).filter(|name| !name.is_empty())
        } else {
            self.read_name()
        };
        match shown {
            Some(shown) => Ok(Name {
                canonical: canonical(&shown).to_owned(),
                shown,
            }),
            None => Err(self.expected("the name of a field")),
        }
    }

    /// The name of a column, such as `count` and `sum(x)`, which must be there.
    fn column(&mut self, columns: &Columns) -> Result<Name, QueryError> {
        let start = self.at;
        let mut name = self.name()?;
        if self.peek() == Some('(') {
            self.at += 1;
            let inner = if self.peek() == Some(')') {
                None
            } else {
                Some(self.name()?)
            };
            if self.peek() != Some(')') {
                return Err(self.expected("a ) in the name of the column"));
            }
            self.at += 1;
            if let Some(inner) = inner {
                name.shown = format!("{}({})", name.shown, inner.shown);
                name.canonical.clone_from(&name.shown);
            }
        }
        columns
            .find(name)
            .map_err(|fault| self.error(start, &fault.expected, &fault.found))
    }

    fn end_of_command(&mut self) -> Result<(), QueryError> {
        self.skip_space();
        if self.peek().is_none() || self.at_pipe() {
            return Ok(());
        }
        Err(self.expected("the end of the command, or a | before the next"))
    }

    fn take_comma(&mut self) -> bool {
        self.skip_space();
        let is_there = self.peek() == Some(',');
        self.at += usize::from(is_there);
        is_there
    }

    /// Takes a word of a command, in lower or upper case, and the space before it.
    fn take_word(&mut self, word: &str) -> bool {
        self.skip_space();
        let is_there = self.is_word(word);
        if is_there {
            self.at += word.len();
        }
        is_there
    }

    fn is_word(&self, word: &str) -> bool {
        self.starts_with(word)
            && self
                .peek_at(word.len())
                .is_none_or(|c| c.is_whitespace() || ",|".contains(c))
    }

    fn take_start(&mut self, start: &str) -> bool {
        let is_there = self.starts_with(start);
        if is_there {
            self.at += start.len();
        }
        is_there
    }

    /// Whether `text`, which is ASCII, stands here in any case.
    fn starts_with(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(index, c)| {
            self.peek_at(index)
                .is_some_and(|here| here.eq_ignore_ascii_case(&c))
        })
    }

    fn letters(&mut self) -> String {
        self.take_while(|c| c.is_ascii_alphabetic() || c == '_')
    }

    fn digits(&mut self) -> String {
        self.take_while(|c| c.is_ascii_digit())
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> String {
        let taken: String = self
            .chars
            .iter()
            .skip(self.at)
            .copied()
            .take_while(|c| belongs(*c))
            .collect();
        self.at += taken.chars().count();
        taken
    }
}

/// What was read so far.
struct Reading {
    root: Node,
    stages: Vec<Stage>,
    columns: Columns,
}
