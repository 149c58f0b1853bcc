//! Users, tokens, sessions and sign-in codes, in a small SQLite database of their own.
//!
//! Secrets are shown once and kept as BLAKE3 hashes only. A user is never deleted, only disabled:
//! facts name who recorded them, and a name must not change its meaning.

mod schema;
mod secret;
mod sessions;
mod tokens;
mod users;

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use rusqlite::Connection;
use vakt_event::{Clock, Timestamp};

pub use secret::{Secret, TOKEN_PREFIX};
pub use sessions::{SESSION_LIFETIME_SECONDS, SignInLink};
pub use tokens::{NewToken, ReportsOf, TokenRow};
pub use users::{NewUser, UserRow};

use crate::backend::Sight;
use crate::roles::{Permission, Role};
use secret::SecretHash;

/// Who makes a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// No credential; what that may do is the listener's matter.
    Anonymous,
    /// A person, by a personal token or a session.
    Person(Principal),
    /// A machine with an intake token.
    Sender(Sender),
    /// A calendar, with the token that this person made for it: it reads deadlines and nothing else.
    Calendar(Principal),
    /// Staff, a supplier or a customer, with a token that reports and nothing else.
    Reporter(ReportSender),
}

/// Whoever holds a token that may report what happened, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportSender {
    pub token_id: i64,
    pub name: String,
    pub of: ReportsOf,
}

/// A person who was authenticated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    pub name: String,
    pub role: Role,
    /// The streams that this person sees; `None` is all of them.
    pub streams: Option<Vec<String>>,
    /// The personal token that this goes back to, by a session or a sign-in code too; `None` for a
    /// session that a link of the daemon's own began.
    pub token_id: Option<i64>,
}

/// A machine that may hand in events, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// `None` for a token that the configuration names.
    pub token_id: Option<i64>,
    pub name: String,
    /// The stream that its events belong to.
    pub stream: String,
}

impl Principal {
    /// What this person sees of events, alerts and incidents.
    pub fn sight(&self) -> Sight {
        Sight {
            streams: self.streams.clone(),
            reads_raw: self.role.may(Permission::ReadRaw),
        }
    }
}

impl Caller {
    pub fn may(&self, permission: Permission) -> bool {
        match self {
            Self::Anonymous => false,
            Self::Person(principal) => principal.role.may(permission),
            Self::Sender(_) => permission == Permission::SendEvents,
            Self::Reporter(_) => permission == Permission::SendReports,
            Self::Calendar(owner) => {
                permission == Permission::ReadDeadlines && owner.role.may(permission)
            }
        }
    }

    /// The name that logs and messages use.
    pub fn name(&self) -> &str {
        match self {
            Self::Anonymous => "nobody",
            Self::Person(principal) | Self::Calendar(principal) => &principal.name,
            Self::Sender(sender) => &sender.name,
            Self::Reporter(reporter) => &reporter.name,
        }
    }
}

/// Why a change of users or tokens was not made, or the database did not answer.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    #[error("the access database: {0}")]
    Database(#[from] rusqlite::Error),
    #[error(
        "the access database has schema {found}, this version of vakt knows {known}: run the newer version, or restore the older database"
    )]
    NewerSchema { found: i64, known: i64 },
    #[error("the system gave no random bytes: {0}")]
    Random(String),
    #[error("the administrator's token could not be written: {0}")]
    Write(#[from] std::io::Error),
    #[error("{0}")]
    Invalid(String),
    #[error("the name `{0}` is taken")]
    NameTaken(String),
    #[error("there is no user `{0}`")]
    UnknownUser(String),
    #[error("there is no token with the id {0}")]
    UnknownToken(i64),
    #[error("`{0}` is the last administrator")]
    LastAdmin(String),
    #[error("there are already {max} {what}")]
    TooMany { what: &'static str, max: usize },
}

/// The access database. `Send + Sync`; its calls are short and may block on the disk.
pub struct Access {
    connection: Mutex<Connection>,
    clock: Arc<dyn Clock>,
    /// Every token that is valid now, by its hash; refreshed after each change, so that a request
    /// with a token costs no query. Bounded by the number of tokens in the database.
    valid: RwLock<HashMap<SecretHash, Caller>>,
    /// Senders whose tokens stand in files that the configuration names.
    configured: RwLock<HashMap<SecretHash, Caller>>,
}

/// A token that an operator made, in a file that the configuration names.
pub struct ConfiguredSender<'t> {
    pub name: &'t str,
    pub stream: &'t str,
    pub token: &'t str,
}

/// A configured token must have at least so many characters: what is shorter can be guessed.
pub const CONFIGURED_TOKEN_CHARS_MIN: usize = 20;

impl Access {
    /// Opens or creates the database (WAL, `synchronous=FULL`).
    pub fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, AccessError> {
        let connection = Connection::open(path)?;
        schema::prepare(&connection)?;
        let access = Self {
            connection: Mutex::new(connection),
            clock,
            valid: RwLock::new(HashMap::new()),
            configured: RwLock::new(HashMap::new()),
        };
        access.refresh(&access.lock())?;
        Ok(access)
    }

    /// Who holds this token; `None` when nobody does (any more).
    pub fn by_token(&self, token: &str) -> Option<Caller> {
        let hash = secret::hash(token);
        let within = |known: &RwLock<HashMap<SecretHash, Caller>>| {
            let known = known.read().unwrap_or_else(PoisonError::into_inner);
            known.get(&hash).cloned()
        };
        within(&self.valid).or_else(|| within(&self.configured))
    }

    /// The streams that valid intake tokens send into.
    pub(crate) fn streams_of_senders(&self) -> BTreeSet<String> {
        let mut streams = BTreeSet::new();
        for known in [&self.valid, &self.configured] {
            let known = known.read().unwrap_or_else(PoisonError::into_inner);
            streams.extend(known.values().filter_map(|caller| match caller {
                Caller::Sender(sender) => Some(sender.stream.clone()),
                Caller::Person(_)
                | Caller::Calendar(_)
                | Caller::Reporter(_)
                | Caller::Anonymous => None,
            }));
        }
        streams
    }

    /// Replaces the senders whose tokens come from the configuration.
    ///
    /// # Errors
    /// A token that is too short to be safe; then nothing is changed.
    pub fn set_configured_senders(
        &self,
        senders: &[ConfiguredSender<'_>],
    ) -> Result<(), AccessError> {
        let mut configured = HashMap::new();
        for sender in senders {
            if sender.token.chars().count() < CONFIGURED_TOKEN_CHARS_MIN {
                return Err(AccessError::Invalid(format!(
                    "the token of `{}` is shorter than {CONFIGURED_TOKEN_CHARS_MIN} characters",
                    sender.name
                )));
            }
            let caller = Caller::Sender(Sender {
                token_id: None,
                name: sender.name.to_owned(),
                stream: sender.stream.to_owned(),
            });
            configured.insert(secret::hash(sender.token), caller);
        }
        *self
            .configured
            .write()
            .unwrap_or_else(PoisonError::into_inner) = configured;
        Ok(())
    }

    /// On the first start, when there is no administrator: adds one named `admin` and hands its
    /// token to `keep`, which writes it to a file. When `keep` fails nothing is changed, so that no
    /// administrator exists whose token nobody has. Answers whether one was added.
    pub fn ensure_admin_with(
        &self,
        keep: impl FnOnce(&Secret) -> std::io::Result<()>,
    ) -> Result<bool, AccessError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        if users::administrators(&transaction)? > 0 {
            return Ok(false);
        }
        let now = self.clock.now();
        users::insert(&transaction, ADMIN, Role::Admin, None, "vakt", now)?;
        let new = tokens::insert_personal(&transaction, ADMIN, "first start", "vakt", now)?;
        keep(&new.secret)?;
        transaction.commit()?;
        self.refresh(&connection)?;
        Ok(true)
    }

    /// As [`Self::ensure_admin_with`], with the token as the answer.
    pub fn ensure_admin(&self) -> Result<Option<Secret>, AccessError> {
        let mut kept = None;
        self.ensure_admin_with(|secret| {
            kept = Some(secret.clone());
            Ok(())
        })?;
        Ok(kept)
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A panic while it was held has rolled its transaction back: the connection is good.
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn refresh(&self, connection: &Connection) -> Result<(), AccessError> {
        let valid = tokens::valid(connection)?;
        *self.valid.write().unwrap_or_else(PoisonError::into_inner) = valid;
        Ok(())
    }
}

/// The name of the first administrator.
pub const ADMIN: &str = "admin";

fn shown(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros).unwrap_or_default()
}

/// Names of users, tokens and streams: 1 to 64 of `a-z 0-9 . _ - @`, beginning with a letter or digit.
fn check_name(what: &str, name: &str) -> Result<(), AccessError> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let good = (1..=64).contains(&name.len())
        && name.bytes().next().is_some_and(plain)
        && name
            .bytes()
            .all(|byte| plain(byte) || matches!(byte, b'.' | b'_' | b'-' | b'@'));
    if good {
        Ok(())
    } else {
        Err(AccessError::Invalid(format!(
            "`{name}` is no name of a {what}: use 1 to 64 of a-z, 0-9, `.`, `_`, `-`, `@`, beginning with a letter or digit"
        )))
    }
}
