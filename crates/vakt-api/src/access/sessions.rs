//! Signing in with a browser: one-time codes and sessions.

use rusqlite::{Connection, OptionalExtension as _, params};
use vakt_event::Timestamp;
use vakt_event::time::MICROS_PER_SECOND;

use super::{Access, AccessError, Caller, Principal, Secret, secret, users};

/// A session ends after 12 hours, a long shift, however busy it is.
pub const SESSION_LIFETIME_SECONDS: i64 = 12 * 60 * 60;

/// A sign-in link works once and for 15 minutes.
const CODE_LIFETIME_SECONDS: i64 = 15 * 60;

/// Sessions of one user at a time; the oldest ends when one more begins.
const SESSIONS_PER_USER_MAX: i64 = 16;

/// Unused codes of one user at a time; the oldest ends when one more is made.
const CODES_PER_USER_MAX: i64 = 8;

/// A link that signs one person in, once.
#[derive(Clone, Debug)]
pub struct SignInLink {
    pub code: Secret,
    pub expires_at: Timestamp,
}

impl SignInLink {
    /// What comes after the daemon's address. For a terminal only, never for a log.
    pub fn path(&self) -> String {
        format!("/sign-in?code={}", self.code.reveal())
    }
}

impl Access {
    /// A new link for a user, made with the token `by`: once that is revoked, neither the link nor
    /// what it began is good. `None` is for the daemon's own terminal.
    pub fn sign_in_link(&self, user: &str, by: Option<i64>) -> Result<SignInLink, AccessError> {
        let now = self.clock.now();
        let code = Secret::new_code()?;
        let expires_at = now.saturating_add_micros(CODE_LIFETIME_SECONDS * MICROS_PER_SECOND);
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let id = users::active(&transaction, user)?;
        transaction.execute(
            "INSERT INTO sign_in_codes (hash, user_id, token_id, expires_at)
             VALUES (?1, ?2, ?3, ?4)",
            params![code.hash(), id, by, expires_at.micros()],
        )?;
        transaction.execute(
            "DELETE FROM sign_in_codes WHERE expires_at <= ?1",
            [now.micros()],
        )?;
        transaction.execute(
            "DELETE FROM sign_in_codes WHERE user_id = ?1 AND hash NOT IN (
               SELECT hash FROM sign_in_codes WHERE user_id = ?1 ORDER BY rowid DESC LIMIT ?2)",
            params![id, CODES_PER_USER_MAX],
        )?;
        transaction.commit()?;
        Ok(SignInLink { code, expires_at })
    }

    /// Whether the code of a link would still sign somebody in. Does not use it up.
    pub fn is_code_good(&self, code: &str) -> Result<bool, AccessError> {
        Ok(self.lock().query_row(
            "SELECT EXISTS (
               SELECT 1 FROM sign_in_codes c LEFT JOIN tokens t ON t.id = c.token_id
               WHERE c.hash = ?1 AND c.expires_at > ?2 AND t.revoked_at IS NULL)",
            params![secret::hash(code), self.clock.now().micros()],
            |row| row.get(0),
        )?)
    }

    /// Uses a link's code up and begins a session; `None` when the code is used, expired or wrong.
    pub fn sign_in_by_code(&self, code: &str) -> Result<Option<Secret>, AccessError> {
        let now = self.clock.now();
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let found: Option<(i64, Option<i64>)> = transaction
            .query_row(
                "DELETE FROM sign_in_codes WHERE hash = ?1 AND expires_at > ?2
                   AND NOT EXISTS (
                     SELECT 1 FROM tokens t WHERE t.id = token_id AND t.revoked_at IS NOT NULL)
                 RETURNING user_id, token_id",
                params![secret::hash(code), now.micros()],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let session = found
            .map(|(user, token)| begin(&transaction, user, token, now))
            .transpose()?;
        transaction.commit()?;
        Ok(session)
    }

    /// Begins a session for whoever holds a personal token; `None` when nobody does.
    pub fn sign_in_by_token(&self, token: &str) -> Result<Option<Secret>, AccessError> {
        let Some(Caller::Person(principal)) = self.by_token(token) else {
            return Ok(None);
        };
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let id = users::active(&transaction, &principal.name)?;
        let session = begin(&transaction, id, principal.token_id, self.clock.now())?;
        transaction.commit()?;
        Ok(Some(session))
    }

    /// Whose session this is; `None` when it has ended, or the token that it goes back to was
    /// revoked.
    pub fn by_session(&self, session: &str) -> Result<Option<Principal>, AccessError> {
        let row: Option<(String, String, Option<String>, Option<i64>)> = self
            .lock()
            .query_row(
                "SELECT u.name, u.role, u.streams, s.token_id
                 FROM sessions s JOIN users u ON u.id = s.user_id
                   LEFT JOIN tokens t ON t.id = s.token_id
                 WHERE s.hash = ?1 AND s.expires_at > ?2 AND u.disabled_at IS NULL
                   AND t.revoked_at IS NULL",
                params![secret::hash(session), self.clock.now().micros()],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
            )
            .optional()?;
        Ok(row.and_then(|(name, role, streams, token_id)| {
            Some(Principal {
                name,
                role: role.parse().ok()?,
                streams: users::streams(streams),
                token_id,
            })
        }))
    }

    pub fn sign_out(&self, session: &str) -> Result<(), AccessError> {
        self.lock().execute(
            "DELETE FROM sessions WHERE hash = ?1",
            [secret::hash(session)],
        )?;
        Ok(())
    }
}

/// Begins a session that ends with the token `token`, where it goes back to one.
fn begin(
    connection: &Connection,
    user: i64,
    token: Option<i64>,
    now: Timestamp,
) -> Result<Secret, AccessError> {
    let session = Secret::new_code()?;
    let expires = now.saturating_add_micros(SESSION_LIFETIME_SECONDS * MICROS_PER_SECOND);
    connection.execute(
        "INSERT INTO sessions (hash, user_id, token_id, created_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![session.hash(), user, token, now.micros(), expires.micros()],
    )?;
    connection.execute(
        "DELETE FROM sessions WHERE expires_at <= ?1",
        [now.micros()],
    )?;
    connection.execute(
        "DELETE FROM sessions WHERE user_id = ?1 AND hash NOT IN (
           SELECT hash FROM sessions WHERE user_id = ?1 ORDER BY rowid DESC LIMIT ?2)",
        params![user, SESSIONS_PER_USER_MAX],
    )?;
    Ok(session)
}
