//! Tokens: personal ones, and those of machines that hand in events.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use rusqlite::{Connection, params};
use vakt_event::Timestamp;

use super::secret::SecretHash;
use super::{
    Access, AccessError, Caller, Principal, ReportSender, Secret, Sender, check_name, shown, users,
};

/// Most valid tokens: all of them are held in memory, 200 bytes or so each.
const TOKENS_MAX: usize = 10_000;

/// A token that was just made. This is the only time that its secret is known.
#[derive(Clone, Debug)]
pub struct NewToken {
    pub id: i64,
    pub secret: Secret,
}

/// A token, as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct TokenRow {
    pub id: i64,
    /// `personal`, `intake`, `calendar` or `report`.
    pub kind: String,
    pub name: String,
    pub user: Option<String>,
    pub stream: Option<String>,
    /// Of a `report`: `own`, `supplier:NAME` or `customer:NAME`.
    pub report_for: Option<String>,
    pub created_at: Timestamp,
    pub created_by: String,
    pub revoked_at: Option<Timestamp>,
}

/// On whose behalf a token reports what happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportsOf {
    /// Our own staff.
    Own,
    Supplier(String),
    Customer(String),
}

/// Characters of the name of a supplier or customer.
const PARTY_CHARS_MAX: usize = 100;

impl FromStr for ReportsOf {
    type Err = AccessError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_name = |name: &str| {
            !name.is_empty()
                && name == name.trim()
                && name.chars().count() <= PARTY_CHARS_MAX
                && !name.chars().any(char::is_control)
        };
        match text.split_once(':') {
            None if text == "own" => Ok(Self::Own),
            Some(("supplier", name)) if is_name(name) => Ok(Self::Supplier(name.to_owned())),
            Some(("customer", name)) if is_name(name) => Ok(Self::Customer(name.to_owned())),
            _ => Err(AccessError::Invalid(format!(
                "`{text}` reports for nobody: write own, supplier:NAME or customer:NAME, the name \
                 with 1 to {PARTY_CHARS_MAX} characters"
            ))),
        }
    }
}

impl fmt::Display for ReportsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own => f.write_str("own"),
            Self::Supplier(name) => write!(f, "supplier:{name}"),
            Self::Customer(name) => write!(f, "customer:{name}"),
        }
    }
}

impl Access {
    /// Another token for a user.
    pub fn add_personal_token(
        &self,
        user: &str,
        name: &str,
        by: &str,
    ) -> Result<NewToken, AccessError> {
        let connection = self.lock();
        let new = insert_personal(&connection, user, name, by, self.clock.now())?;
        self.refresh(&connection)?;
        Ok(new)
    }

    /// A token that reads the deadlines that a user sees, and nothing else: it stands in an address that a
    /// calendar keeps.
    pub fn add_calendar_token(
        &self,
        user: &str,
        name: &str,
        by: &str,
    ) -> Result<NewToken, AccessError> {
        let connection = self.lock();
        let id = users::active(&connection, user)?;
        let owner = Owner::Calendar(id);
        let new = insert(&connection, &owner, name, by, self.clock.now())?;
        self.refresh(&connection)?;
        Ok(new)
    }

    /// A token with which a machine hands in events of `stream`. `name` says which machine.
    pub fn add_intake_token(
        &self,
        stream: &str,
        name: &str,
        by: &str,
    ) -> Result<NewToken, AccessError> {
        check_name("stream", stream)?;
        let connection = self.lock();
        let new = insert(
            &connection,
            &Owner::Stream(stream),
            name,
            by,
            self.clock.now(),
        )?;
        self.refresh(&connection)?;
        Ok(new)
    }

    /// A token with which somebody reports what happened, and nothing else.
    pub fn add_report_token(
        &self,
        of: &ReportsOf,
        name: &str,
        by: &str,
    ) -> Result<NewToken, AccessError> {
        let connection = self.lock();
        let owner = Owner::Reports(of);
        let new = insert(&connection, &owner, name, by, self.clock.now())?;
        self.refresh(&connection)?;
        Ok(new)
    }

    /// All tokens, revoked ones too, oldest first.
    pub fn tokens(&self) -> Result<Vec<TokenRow>, AccessError> {
        let connection = self.lock();
        let mut statement = connection.prepare(
            "SELECT t.id, t.kind, t.name, u.name, t.stream, t.created_at, t.created_by, t.revoked_at,
                 t.report_for
             FROM tokens t LEFT JOIN users u ON u.id = t.user_id ORDER BY t.id",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(TokenRow {
                id: row.get(0)?,
                kind: row.get(1)?,
                name: row.get(2)?,
                user: row.get(3)?,
                stream: row.get(4)?,
                report_for: row.get(8)?,
                created_at: shown(row.get(5)?),
                created_by: row.get(6)?,
                revoked_at: row.get::<_, Option<i64>>(7)?.map(shown),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Ends a token at once, and with it every session and sign-in code that goes back to it.
    pub fn revoke_token(&self, id: i64) -> Result<(), AccessError> {
        let connection = self.lock();
        let changed = connection.execute(
            "UPDATE tokens SET revoked_at = ?1 WHERE id = ?2 AND revoked_at IS NULL",
            params![self.clock.now().micros(), id],
        )?;
        if changed == 0 {
            return Err(AccessError::UnknownToken(id));
        }
        self.refresh(&connection)
    }
}

enum Owner<'a> {
    User(i64),
    Stream(&'a str),
    /// The user whose deadlines a calendar shows.
    Calendar(i64),
    Reports(&'a ReportsOf),
}

pub(super) fn insert_personal(
    connection: &Connection,
    user: &str,
    name: &str,
    by: &str,
    now: Timestamp,
) -> Result<NewToken, AccessError> {
    let id = users::active(connection, user)?;
    insert(connection, &Owner::User(id), name, by, now)
}

fn insert(
    connection: &Connection,
    owner: &Owner<'_>,
    name: &str,
    by: &str,
    now: Timestamp,
) -> Result<NewToken, AccessError> {
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(AccessError::Invalid(
            "a token's name has 1 to 100 characters and no control characters".into(),
        ));
    }
    let count: i64 = connection.query_row(
        "SELECT count(*) FROM tokens WHERE revoked_at IS NULL",
        [],
        |row| row.get(0),
    )?;
    if usize::try_from(count).unwrap_or(usize::MAX) >= TOKENS_MAX {
        return Err(AccessError::TooMany {
            what: "valid tokens",
            max: TOKENS_MAX,
        });
    }
    let secret = Secret::new_token()?;
    let (kind, user, stream, report_for) = match owner {
        Owner::User(id) => ("personal", Some(*id), None, None),
        Owner::Stream(stream) => ("intake", None, Some(*stream), None),
        Owner::Calendar(id) => ("calendar", Some(*id), None, None),
        Owner::Reports(of) => ("report", None, None, Some(of.to_string())),
    };
    connection.execute(
        "INSERT INTO tokens (hash, kind, user_id, stream, name, created_at, created_by, report_for)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            secret.hash(),
            kind,
            user,
            stream,
            name,
            now.micros(),
            by,
            report_for
        ],
    )?;
    Ok(NewToken {
        id: connection.last_insert_rowid(),
        secret,
    })
}

/// Every valid token and who holds it.
pub(super) fn valid(connection: &Connection) -> Result<HashMap<SecretHash, Caller>, AccessError> {
    let mut statement = connection.prepare(
        "SELECT t.hash, t.id, t.name, t.stream, u.name, u.role, u.streams, t.kind = 'calendar',
             t.report_for
         FROM tokens t LEFT JOIN users u ON u.id = t.user_id
         WHERE t.revoked_at IS NULL AND u.disabled_at IS NULL",
    )?;
    let mut rows = statement.query([])?;
    let mut valid = HashMap::new();
    while let Some(row) = rows.next()? {
        let hash: SecretHash = row.get(0)?;
        let (stream, report_for): (Option<String>, Option<String>) = (row.get(3)?, row.get(8)?);
        let caller = match (stream, report_for) {
            (_, Some(of)) => {
                // What a newer version wrote gives nothing here.
                let Ok(of) = of.parse() else { continue };
                Caller::Reporter(ReportSender {
                    token_id: row.get(1)?,
                    name: row.get(2)?,
                    of,
                })
            }
            (Some(stream), None) => Caller::Sender(Sender {
                token_id: row.get(1)?,
                name: row.get(2)?,
                stream,
            }),
            (None, None) => {
                let role: String = row.get(5)?;
                // A role that a newer version wrote gives nothing here.
                let Ok(role) = role.parse() else { continue };
                let owner = Principal {
                    name: row.get(4)?,
                    role,
                    streams: users::streams(row.get(6)?),
                    token_id: row.get(1)?,
                };
                match row.get(7)? {
                    true => Caller::Calendar(owner),
                    false => Caller::Person(owner),
                }
            }
        };
        valid.insert(hash, caller);
    }
    Ok(valid)
}
