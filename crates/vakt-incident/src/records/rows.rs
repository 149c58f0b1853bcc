//! Between columns and values.

use rusqlite::types::Type;
use rusqlite::{Connection, Row, RowIndex};
use serde::Serialize;
use serde_json::{Map, Value};
use vakt_event::{Level, Timestamp};

use crate::alert::{Page, PageRequest};
use crate::error::{Error, Result};
use crate::group::record_id;
use crate::{PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX};

pub(super) fn instant<I: RowIndex>(row: &Row<'_>, column: I) -> rusqlite::Result<Timestamp> {
    Ok(clamped(row.get(column)?))
}

pub(super) fn instant_or_none<I: RowIndex>(
    row: &Row<'_>,
    column: I,
) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(clamped))
}

/// What was stored was an instant; what a broken disk made of it is shown as the nearest one.
fn clamped(micros: i64) -> Timestamp {
    Timestamp::default().saturating_add_micros(micros)
}

pub(super) fn json<T: serde::de::DeserializeOwned>(
    row: &Row<'_>,
    column: &str,
) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|error| conversion(column, error))
}

pub(super) fn json_or_none<T: serde::de::DeserializeOwned>(
    row: &Row<'_>,
    column: &str,
) -> rusqlite::Result<Option<T>> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| serde_json::from_str(&text).map_err(|error| conversion(column, error)))
        .transpose()
}

pub(super) fn parsed<T>(row: &Row<'_>, column: &str) -> rusqlite::Result<T>
where
    T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    let text: String = row.get(column)?;
    text.parse().map_err(|error| conversion(column, error))
}

fn conversion(
    column: &str,
    error: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    let error = format!("column {column}: {error}");
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, error.into())
}

/// Counters are stored as signed numbers; none of them comes near the end of either kind.
pub(super) fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The rank of a level, from 0.
pub(super) fn rank(level: Level) -> i64 {
    let index = Level::ALL.iter().position(|known| *known == level);
    index.and_then(|it| i64::try_from(it).ok()).unwrap_or(0)
}

pub(super) fn level(rank: i64) -> Level {
    let index = usize::try_from(rank).unwrap_or(0);
    Level::ALL.get(index).copied().unwrap_or_default()
}

pub(super) fn entity_map(entity: &[(String, String)]) -> Map<String, Value> {
    entity
        .iter()
        .map(|(field, value)| (field.clone(), value.clone().into()))
        .collect()
}

/// The first sequence number that is not on the pages before, and the number of items asked for.
pub(super) fn page_start(page: &PageRequest) -> Result<(i64, usize)> {
    let before = match &page.cursor {
        None => i64::MAX,
        Some(cursor) => cursor.parse().map_err(|_| Error::Cursor {
            cursor: cursor.clone(),
        })?,
    };
    let limit = match page.limit {
        0 => PAGE_ITEMS_DEFAULT,
        limit => limit.min(PAGE_ITEMS_MAX),
    };
    Ok((before, limit))
}

/// A page from one item more than it holds, so that the last page knows that it is the last.
pub(super) fn page<T>(mut items: Vec<(i64, T)>, limit: usize) -> Page<T> {
    let is_more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| is_more);
    let next = next.map(|(seq, _)| seq.to_string());
    Page {
        items: items.into_iter().map(|(_, item)| item).collect(),
        next,
    }
}

/// The id of a record that a person adds: from what it is about, its number in `table`, and when.
pub(super) fn next_id(
    records: &Connection,
    table: &str,
    kind: &str,
    about: &impl Serialize,
    now: Timestamp,
) -> Result<String> {
    let sql = format!("SELECT coalesce(max(seq), 0) + 1 FROM {table}");
    let number: i64 = records.query_row(&sql, [], |row| row.get(0))?;
    let about = serde_json::to_string(about)?;
    let parts: [&[u8]; 3] = [
        about.as_bytes(),
        &number.to_be_bytes(),
        &now.micros().to_be_bytes(),
    ];
    Ok(record_id(kind, "manual", &parts))
}
