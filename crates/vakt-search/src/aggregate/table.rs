//! Rows of groups, and the commands that act on them.

use serde_json::{Value as Json, json};
use vakt_event::{Event, Value, ecs};

use super::budget::Cut;
use super::order::{Place, sort};
use crate::query::Query;
use crate::query::pipeline::{Fields, SortKey, Stage};

/// The answer of `stats`, `timechart`, `top` and `rare`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    pub columns: Vec<String>,
    /// A cell for each column. Values that events are grouped by are texts, as they were sent;
    /// what is computed is a number, a time in RFC 3339, or null where there was nothing.
    pub rows: Vec<Vec<Json>>,
    pub cut: Cut,
}

impl Table {
    /// `{"columns": […], "rows": [[…], …]}`, and `"cut": ["…"]` where something is left out.
    pub fn to_json(&self) -> Json {
        let mut table = json!({ "columns": self.columns, "rows": self.rows });
        if let Some(object) = table.as_object_mut()
            && self.cut.is_any()
        {
            object.insert("cut".to_owned(), self.cut.sentences().into());
        }
        table
    }

    pub(super) fn apply(&mut self, stage: &Stage) {
        match stage {
            Stage::Where(query) => self.keep(query),
            Stage::Sort(keys) => self.sort(keys),
            Stage::Fields(fields) => self.select(fields),
            Stage::Head(rows) => self.rows.truncate(*rows),
            // What groups comes first, and made the table.
            Stage::Stats(_) | Stage::Timechart(_) | Stage::Top(_) => {}
        }
    }

    /// Keeps the rows that answer a query, in which columns are fields.
    fn keep(&mut self, query: &Query) {
        let columns = &self.columns;
        self.rows
            .retain(|row| query.matches(&as_event(columns, row)));
    }

    fn sort(&mut self, keys: &[SortKey]) {
        let places: Vec<Option<usize>> = keys
            .iter()
            .map(|key| {
                self.columns
                    .iter()
                    .position(|column| *column == key.name.shown)
            })
            .collect();
        sort(&mut self.rows, keys, |row, key| {
            let column = places.get(key).copied().flatten()?;
            Place::of_json(row.get(column)?)
        });
    }

    fn select(&mut self, fields: &Fields) {
        let named = |name: &str| self.columns.iter().position(|column| column == name);
        let kept: Vec<usize> = if fields.is_without {
            let is_named = |column: &String| fields.names.iter().any(|name| name.shown == *column);
            let columns = self.columns.iter().enumerate();
            columns
                .filter_map(|(index, column)| (!is_named(column)).then_some(index))
                .collect()
        } else {
            fields
                .names
                .iter()
                .filter_map(|name| named(&name.shown))
                .collect()
        };
        let of = |index: &usize, row: &[Json]| row.get(*index).cloned().unwrap_or_default();
        for row in &mut self.rows {
            *row = kept.iter().map(|index| of(index, row)).collect();
        }
        self.columns = kept
            .iter()
            .filter_map(|index| self.columns.get(*index).cloned())
            .collect();
    }
}

/// A row as an event whose fields are the columns.
fn as_event<'r>(columns: &'r [String], row: &'r [Json]) -> Event<'r> {
    let mut event = Event::default();
    for (column, cell) in columns.iter().zip(row) {
        let value = match cell {
            Json::Null => continue,
            Json::String(text) => Value::from(text.as_str()),
            other => Value::number(other),
        };
        if column == ecs::EVENT_ORIGINAL {
            event.original = value.text().to_owned().into();
        }
        event.sent(column.as_str(), value);
    }
    event
}
