//! Where what is found goes, and in which form.

use std::io::{self, IsTerminal, Write};

use anyhow::Result;
use serde_json::{Map, Value as Json};
use vakt_event::alias::canonical;

use super::csv;
use super::event_line::painted;
use super::paint::Paint;
use crate::command::people::{aligned, cell};
use crate::output::{Form, Output, printable};

/// Bytes that wait to be written together.
const BUFFER_BYTES: usize = 1 << 16;

pub(super) struct Sink {
    out: io::BufWriter<Box<dyn Write>>,
    shape: Shape,
    /// Of events; none chosen is all of them, or those that CSV has by itself.
    fields: Vec<String>,
    /// The columns of CSV, once they are written.
    header: Option<Vec<String>>,
    /// Rows of a table that are aligned when all are there. A table is bounded by the daemon.
    rows: Vec<Map<String, Json>>,
    /// Whether some line was no event.
    has_rows: bool,
}

/// The member that a name means: objects have names as ECS writes them, which may be another of the same field.
fn named<'o>(object: &'o Map<String, Json>, name: &str) -> Option<&'o Json> {
    object.get(name).or_else(|| object.get(canonical(name)))
}

enum Shape {
    Text(Paint),
    Ndjson,
    Csv,
    /// On a terminal, where nothing in it may act on that.
    ShownCsv,
}

impl Sink {
    /// On standard output, in the form that was asked for: else text on a terminal, NDJSON in a pipe.
    pub(super) fn on_stdout(asked: Option<Form>, fields: &[String], query: &str) -> Result<Self> {
        let shape = if asked == Some(Form::Csv) {
            match io::stdout().is_terminal() {
                true => Shape::ShownCsv,
                false => Shape::Csv,
            }
        } else if Output::or_by_terminal(asked)? == Output::Text {
            Shape::Text(Paint::on_stdout(query))
        } else {
            Shape::Ndjson
        };
        Ok(Self::new(Box::new(io::stdout().lock()), shape, fields))
    }

    pub(super) fn in_csv(out: Box<dyn Write>, fields: &[String]) -> Self {
        Self::new(out, Shape::Csv, fields)
    }

    pub(super) fn in_ndjson(out: Box<dyn Write>, fields: &[String]) -> Self {
        Self::new(out, Shape::Ndjson, fields)
    }

    fn new(out: Box<dyn Write>, shape: Shape, fields: &[String]) -> Self {
        Self {
            out: io::BufWriter::with_capacity(BUFFER_BYTES, out),
            shape,
            fields: fields.iter().map(|field| field.trim().to_owned()).collect(),
            header: None,
            rows: Vec::new(),
            has_rows: false,
        }
    }

    /// Whether what came are rows of a table, or events without what tells them apart.
    pub(super) fn has_rows(&self) -> bool {
        self.has_rows
    }

    /// Takes an event or a record, or a row of a table: that has no id.
    pub(super) fn take(&mut self, line: &Json) -> Result<()> {
        let Some(object) = line.as_object() else {
            return Ok(());
        };
        let is_record = || {
            ["vakt.record", "id"]
                .iter()
                .all(|name| object.contains_key(*name))
        };
        let is_event = object.contains_key("event.id") || is_record();
        self.has_rows |= !is_event;
        match &self.shape {
            Shape::Text(_) if !is_event => self.rows.push(object.clone()),
            Shape::Text(paint) => writeln!(self.out, "{}", painted(line, paint))?,
            Shape::Ndjson if is_event && !self.fields.is_empty() => {
                let chosen = self.fields.iter();
                let chosen: Map<String, Json> = chosen
                    .filter_map(|field| Some((field.clone(), named(object, field)?.clone())))
                    .collect();
                writeln!(self.out, "{}", Json::Object(chosen))?;
            }
            Shape::Ndjson => writeln!(self.out, "{line}")?,
            Shape::Csv | Shape::ShownCsv => self.csv_record(object, is_event)?,
        }
        Ok(())
    }

    fn csv_record(&mut self, object: &Map<String, Json>, is_event: bool) -> Result<()> {
        let header = match self.header.take() {
            Some(header) => header,
            None => {
                let columns = self.columns(object, is_event);
                self.write_record(columns.iter().cloned())?;
                columns
            }
        };
        self.write_record(header.iter().map(|name| csv::cell(named(object, name))))?;
        self.header = Some(header);
        Ok(())
    }

    fn write_record(&mut self, cells: impl Iterator<Item = String>) -> Result<()> {
        let record = match self.shape {
            Shape::ShownCsv => csv::record(cells.map(|cell| printable(&cell))),
            _ => csv::record(cells),
        };
        Ok(self.out.write_all(record.as_bytes())?)
    }

    fn columns(&self, object: &Map<String, Json>, is_event: bool) -> Vec<String> {
        if !self.fields.is_empty() {
            self.fields.clone()
        } else if is_event {
            csv::FIELDS.map(str::to_owned).into()
        } else {
            object.keys().cloned().collect()
        }
    }

    /// Shows what has come so far.
    pub(super) fn flush(&mut self) -> Result<()> {
        Ok(self.out.flush()?)
    }

    /// Writes what belongs at the end.
    pub(super) fn finish(&mut self) -> Result<()> {
        if let Some(first) = self.rows.first() {
            let columns = self.columns(first, false);
            let rows = self.rows.iter().map(|row| {
                let cells = columns.iter().map(|column| cell(row.get(column)));
                cells.collect()
            });
            let heads = columns.iter().map(|name| printable(name)).collect();
            let cells: Vec<Vec<String>> = std::iter::once(heads).chain(rows).collect();
            for line in aligned(&cells) {
                writeln!(self.out, "{line}")?;
            }
        }
        if matches!(self.shape, Shape::Csv | Shape::ShownCsv) && self.header.is_none() {
            let columns = self.columns(&Map::new(), true);
            self.write_record(columns.into_iter())?;
        }
        self.flush()
    }
}
