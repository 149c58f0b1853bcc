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

use super::columns::Columns;
use super::{Node, Parser, QueryError};
use crate::query::Query;
use crate::query::pipeline::{
    COLUMNS_MAX, Fields, GROUP_FIELDS_MAX, Pipeline, ROWS_DEFAULT, ROWS_MAX, STAGES_MAX, SortKey,
    Stage, TOP_COLUMNS, Top,
};

const COMMAND_NAMES: [&str; 9] = [
    "fields",
    "head",
    "limit",
    "rare",
    "sort",
    "stats",
    "timechart",
    "top",
    "where",
];

const COMMANDS: &str =
    "one of the commands fields, head, limit, rare, sort, stats, timechart, top and where";

impl Parser {
    /// Whether the name of a command stands so many characters from here, as a whole word.
    pub(super) fn is_command_at(&self, offset: usize) -> bool {
        let here = self.chars.iter().skip(self.at + offset);
        let word: String = here.take_while(|c| c.is_ascii_alphabetic()).collect();
        let after = self.peek_at(offset + word.len());
        COMMAND_NAMES.contains(&word.to_ascii_lowercase().as_str())
            && after.is_none_or(char::is_whitespace)
    }

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
            query: Query::of(reading.root),
            stages: reading.stages,
            doubts: std::mem::take(&mut self.doubts),
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
            other => {
                self.at = start;
                return Err(match elsewhere(other) {
                    None => self.expected(COMMANDS),
                    Some(ours) => {
                        self.error(start, &format!("{COMMANDS}: {ours}"), &format!("`{other}`"))
                    }
                });
            }
        };
        self.end_of_command()?;
        reading.columns.after(&stage);
        reading.stages.push(stage);
        Ok(())
    }

    fn top(&mut self, is_rare: bool) -> Result<Stage, QueryError> {
        let rows = self.rows()?;
        self.skip_space();
        let start = self.at;
        let fields = self.names(GROUP_FIELDS_MAX)?;
        self.refuse_computed(start, &fields, |name| TOP_COLUMNS.contains(&name))?;
        Ok(Stage::Top(Top {
            rows,
            fields,
            is_rare,
        }))
    }

    /// `where`: of events it narrows the query, of groups it is a command.
    fn condition(&mut self, start: usize, reading: &mut Reading) -> Result<(), QueryError> {
        let at = self.at;
        self.computed = reading.columns.computed();
        let node = self.or(None)?;
        self.computed.clear();
        self.end_of_command()?;
        if reading.columns.are_of_groups() {
            reading
                .columns
                .check_condition(&node)
                .map_err(|fault| self.error(at, &fault.expected, &fault.found))?;
            reading.stages.push(Stage::Where(Query::of(node)));
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

    fn end_of_command(&mut self) -> Result<(), QueryError> {
        self.skip_space();
        if self.peek().is_none() || self.at_pipe() {
            return Ok(());
        }
        Err(self.expected("the end of the command, or a | before the next"))
    }
}

/// What does what a command of other languages does.
fn elsewhere(command: &str) -> Option<&'static str> {
    Some(match command {
        "table" | "project" | "keep" => "fields a, b keeps fields",
        "drop" => "fields - a, b leaves fields out",
        "rename" => "stats count as name names a column",
        "dedup" | "uniq" | "distinct" => "stats count by a has each value once",
        "summarize" | "aggregate" | "eventstats" => "stats count by a counts",
        "search" | "filter" | "regex" => "where narrows down, with field:/expression/ too",
        "order" => "sort -a sorts",
        "take" => "head 10 takes the first",
        "tail" | "reverse" => "sort @timestamp gives the oldest first",
        "chart" | "bin" | "bucket" => "timechart 5m by a counts by time, stats count by a by value",
        "eval" | "extend" | "fillnull" => {
            "nothing is computed of single events; stats has sum, avg, min and max"
        }
        _ => return None,
    })
}

/// What was read so far.
struct Reading {
    root: Node,
    stages: Vec<Stage>,
    columns: Columns,
}
