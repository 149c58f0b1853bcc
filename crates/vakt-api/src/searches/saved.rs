//! Searches under a name.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::Serialize;
use vakt_event::Timestamp;

use super::{Searches, SearchesError, shown};

/// Most saved searches of one person: more than anybody finds his way in.
pub const SAVED_MAX: i64 = 500;

/// Longest name, in characters: a line of a list.
pub const NAME_CHARS_MAX: usize = 64;

/// Longest query, in bytes: what the query language takes.
pub const QUERY_BYTES_MAX: usize = 16 * 1024;

/// A search to save.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSaved {
    pub name: String,
    pub query: String,
    /// Everybody who may search sees it.
    pub shared: bool,
}

/// A saved search, as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SavedSearch {
    pub id: String,
    pub name: String,
    pub owner: String,
    pub query: String,
    pub shared: bool,
    pub saved_at: Timestamp,
}

impl Searches {
    /// What `who` sees: their own and what others share, by name.
    pub fn saved_for(&self, who: &str) -> Result<Vec<SavedSearch>, SearchesError> {
        let connection = self.reading();
        let mut statement = connection.prepare_cached(
            "SELECT * FROM saved_searches WHERE owner = ?1 OR shared = 1
             ORDER BY name, owner <> ?1",
        )?;
        let rows = statement.query_map([who], from_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Saves a search of `owner`, in place of their own of the same name. Answers whether it is a new
    /// one.
    pub fn save(&self, new: &NewSaved, owner: &str) -> Result<bool, SearchesError> {
        check(new)?;
        let now = self.clock.now().micros();
        let mut connection = self.writing();
        connection.pragma_update(None, "synchronous", "FULL")?;
        let transaction = connection.transaction()?;
        let is_new = id_of(&transaction, &new.name, owner)?.is_none();
        if is_new && count_of(&transaction, owner)? >= SAVED_MAX {
            return Err(SearchesError::TooMany {
                owner: owner.to_owned(),
            });
        }
        if new.shared
            && let Some(other) = sharer_of(&transaction, &new.name, owner)?
        {
            return Err(SearchesError::NameTaken {
                name: new.name.clone(),
                owner: other,
            });
        }
        transaction.execute(
            "INSERT INTO saved_searches (name, owner, query, shared, saved_at)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (owner, name) DO UPDATE SET query = ?3, shared = ?4, saved_at = ?5",
            params![new.name, owner, new.query, new.shared, now],
        )?;
        transaction.commit()?;
        Ok(is_new)
    }

    /// Takes away the search `name` of `owner`.
    pub fn unsave(&self, name: &str, owner: &str) -> Result<(), SearchesError> {
        let connection = self.writing();
        connection.pragma_update(None, "synchronous", "FULL")?;
        let gone = connection.execute(
            "DELETE FROM saved_searches WHERE name = ?1 AND owner = ?2",
            [name, owner],
        )?;
        if gone == 0 {
            return Err(SearchesError::Unknown(name.to_owned()));
        }
        Ok(())
    }
}

fn check(new: &NewSaved) -> Result<(), SearchesError> {
    let name = &new.name;
    let length = name.chars().count();
    let is_plain = !name.chars().any(char::is_control) && name.trim() == name;
    if !(1..=NAME_CHARS_MAX).contains(&length) || !is_plain || name.contains('/') {
        return Err(SearchesError::Invalid(format!(
            "`{}` is no name of a saved search: use 1 to {NAME_CHARS_MAX} characters without `/`, \
             with none that is invisible at either end",
            name.chars().take(NAME_CHARS_MAX).collect::<String>()
        )));
    }
    if new.query.len() > QUERY_BYTES_MAX {
        return Err(SearchesError::Invalid(format!(
            "the query is over {QUERY_BYTES_MAX} bytes"
        )));
    }
    Ok(())
}

fn id_of(connection: &Connection, name: &str, owner: &str) -> rusqlite::Result<Option<i64>> {
    connection
        .query_row(
            "SELECT id FROM saved_searches WHERE name = ?1 AND owner = ?2",
            [name, owner],
            |row| row.get(0),
        )
        .optional()
}

/// Who else shares a search of this name.
fn sharer_of(connection: &Connection, name: &str, owner: &str) -> rusqlite::Result<Option<String>> {
    connection
        .query_row(
            "SELECT owner FROM saved_searches WHERE name = ?1 AND shared = 1 AND owner <> ?2",
            [name, owner],
            |row| row.get(0),
        )
        .optional()
}

fn count_of(connection: &Connection, owner: &str) -> rusqlite::Result<i64> {
    connection.query_row(
        "SELECT count(*) FROM saved_searches WHERE owner = ?1",
        [owner],
        |row| row.get(0),
    )
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<SavedSearch> {
    Ok(SavedSearch {
        id: row.get::<_, i64>("id")?.to_string(),
        name: row.get("name")?,
        owner: row.get("owner")?,
        query: row.get("query")?,
        shared: row.get("shared")?,
        saved_at: shown(row.get("saved_at")?),
    })
}
