//! People.

use rusqlite::{Connection, OptionalExtension as _, params};
use vakt_event::Timestamp;

use super::{Access, AccessError, check_name, shown, tokens};
use crate::access::NewToken;
use crate::roles::Role;

/// Most users, disabled ones counted: far more than an organisation's security staff.
const USERS_MAX: usize = 10_000;

/// Names that could be taken for the program in a record.
const RESERVED: [&str; 3] = ["vakt", "system", "nobody"];

/// A user to add.
#[derive(Clone, Debug)]
pub struct NewUser {
    pub name: String,
    pub role: Role,
    /// The streams that the user sees; `None` is all of them.
    pub streams: Option<Vec<String>>,
}

/// A user, as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct UserRow {
    /// The name, which is the id.
    pub id: String,
    pub name: String,
    pub role: String,
    pub streams: Option<Vec<String>>,
    pub created_at: Timestamp,
    pub created_by: String,
    pub disabled_at: Option<Timestamp>,
}

impl Access {
    /// Adds a user; `by` is who does it. The answer holds the personal token, shown this once.
    pub fn add_user(&self, new: &NewUser, by: &str) -> Result<NewToken, AccessError> {
        check_name("user", &new.name)?;
        if RESERVED.contains(&new.name.as_str()) {
            return Err(AccessError::Invalid(format!(
                "`{}` is reserved for the program itself: choose another name",
                new.name
            )));
        }
        for stream in new.streams.iter().flatten() {
            check_name("stream", stream)?;
        }
        let now = self.clock.now();
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        insert(
            &transaction,
            &new.name,
            new.role,
            new.streams.as_deref(),
            by,
            now,
        )?;
        let token = tokens::insert_personal(&transaction, &new.name, "first token", by, now)?;
        transaction.commit()?;
        self.refresh(&connection)?;
        Ok(token)
    }

    /// All users by name, disabled ones too.
    pub fn users(&self) -> Result<Vec<UserRow>, AccessError> {
        let connection = self.lock();
        let mut statement = connection.prepare(
            "SELECT name, role, streams, created_at, created_by, disabled_at FROM users ORDER BY name",
        )?;
        let rows = statement.query_map([], |row| {
            let name: String = row.get(0)?;
            Ok(UserRow {
                id: name.clone(),
                name,
                role: row.get(1)?,
                streams: streams(row.get(2)?),
                created_at: shown(row.get(3)?),
                created_by: row.get(4)?,
                disabled_at: row.get::<_, Option<i64>>(5)?.map(shown),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Disables a user and ends all tokens, sessions and sign-in codes of theirs at once. The last
    /// administrator stays.
    pub fn disable_user(&self, name: &str) -> Result<(), AccessError> {
        let now = self.clock.now().micros();
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let id = active(&transaction, name)?;
        transaction.execute(
            "UPDATE users SET disabled_at = ?1 WHERE id = ?2",
            params![now, id],
        )?;
        if administrators(&transaction)? == 0 {
            return Err(AccessError::LastAdmin(name.into()));
        }
        transaction.execute(
            "UPDATE tokens SET revoked_at = ?1 WHERE user_id = ?2 AND revoked_at IS NULL",
            params![now, id],
        )?;
        transaction.execute("DELETE FROM sessions WHERE user_id = ?1", [id])?;
        transaction.execute("DELETE FROM sign_in_codes WHERE user_id = ?1", [id])?;
        transaction.commit()?;
        self.refresh(&connection)
    }
}

pub(super) fn insert(
    connection: &Connection,
    name: &str,
    role: Role,
    streams: Option<&[String]>,
    by: &str,
    now: Timestamp,
) -> Result<(), AccessError> {
    let count: i64 = connection.query_row("SELECT count(*) FROM users", [], |row| row.get(0))?;
    if usize::try_from(count).unwrap_or(usize::MAX) >= USERS_MAX {
        return Err(AccessError::TooMany {
            what: "users",
            max: USERS_MAX,
        });
    }
    let streams = streams.map(|streams| serde_json::json!(streams).to_string());
    let added = connection.execute(
        "INSERT INTO users (name, role, streams, created_at, created_by) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (name) DO NOTHING",
        params![name, role.name(), streams, now.micros(), by],
    )?;
    if added == 0 {
        return Err(AccessError::NameTaken(name.into()));
    }
    Ok(())
}

/// The row id of a user who is not disabled.
pub(super) fn active(connection: &Connection, name: &str) -> Result<i64, AccessError> {
    connection
        .query_row(
            "SELECT id FROM users WHERE name = ?1 AND disabled_at IS NULL",
            [name],
            |row| row.get(0),
        )
        .optional()?
        .ok_or_else(|| AccessError::UnknownUser(name.into()))
}

/// Administrators who are not disabled.
pub(super) fn administrators(connection: &Connection) -> Result<i64, AccessError> {
    Ok(connection.query_row(
        "SELECT count(*) FROM users WHERE role = 'admin' AND disabled_at IS NULL",
        [],
        |row| row.get(0),
    )?)
}

/// The streams as they are stored. A list that cannot be read is an empty one: closed, not open.
pub(super) fn streams(stored: Option<String>) -> Option<Vec<String>> {
    stored.map(|text| serde_json::from_str(&text).unwrap_or_default())
}
