//! The records in SQLite: alerts, incidents, facts, evidence, outbox, audit log.
//!
//! Every change is one transaction, written through to the disk (`synchronous=FULL`) before it is
//! answered. One connection writes, behind a lock; one reads, and sees whole transactions only.
//! Facts, evidence and audit entries are only ever added; triggers in the schema refuse the rest.

mod alerts;
mod answered;
mod answers;
mod apply;
mod attachments;
mod audit;
mod breaches;
mod cover;
mod coverage;
mod deadlines;
mod documents;
mod drafts;
mod evidence;
mod facts;
mod figures;
mod firing;
mod incidents;
mod intake;
mod judged;
mod logged;
mod maintenance;
mod merge;
mod notes;
mod notices;
mod outage_marks;
mod outages;
mod outbox;
mod quarters;
mod recurring;
mod regimes;
mod register;
mod reminders;
mod reports;
mod reviews;
mod risk;
mod rows;
mod schema;
mod services;
mod significance;
mod state;
mod states;
mod suppression_test;
mod suppressions;
mod tasks;
mod view;
mod watched;
mod work;
mod work_notes;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use vakt_event::{Clock, Level, percent};

use crate::asset::Assets;
use crate::error::{Error, Result};
use crate::form::Organisation;
use crate::regime::{DEFAULT_REGIME, Regimes};
use crate::risk::HalfLife;
use crate::service::Services;
use crate::significance::{Criteria, Quantity};
use crate::threshold::Thresholds;

pub use apply::{Applied, StoredEvents};
pub use attachments::attachments_of;
pub use audit::{AuditEntry, AuditReport, NotedHead, audit_head_of, verify_audit_of};
pub use documents::{
    Approval, FILE_BYTES_MAX, KeptDocument, KeptFile, NewDocument, NewFile, NewMark, NewSubmission,
    PackageFile, Parts, SentAs, Submission, Submitted,
};
pub use facts::Recorder;
pub use firing::{Firing, GoingOn};
pub use incidents::{CAUSE_ENTITY, RuleVerdicts};
pub use notes::Note;
pub use outbox::{Notice, OutputCounts};
pub use reports::NewText;
pub use suppression_test::{
    SuppressionTest, TestedEntity, TestedIncident, TestedMatch, TestedRule,
};
pub use suppressions::JournalEnd;
pub use watched::Watched;

/// How long a connection waits for the lock of another one, such as a backup's.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// The principal of what the daemon does by itself.
pub const DAEMON: &str = "vakt";

/// What the configuration says about incidents.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The organisation that reports; without it every page says that it is not configured.
    pub organisation: Option<Organisation>,
    /// The regimes of a new draft.
    pub regimes: Vec<String>,
    /// What deadlines are computed with.
    pub data: Arc<Regimes>,
    /// What opens a draft beside rules that say so.
    pub thresholds: Thresholds,
    /// What the organisation provides, and as what it is looked at.
    pub services: Services,
    pub entity: Entity,
    /// What risk is lessened by.
    pub half_life: HalfLife,
    pub assets: Arc<Assets>,
    /// New alerts of this level and above are told to the outside; outputs may take fewer.
    pub alerts_told_from: Level,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            organisation: None,
            regimes: vec![DEFAULT_REGIME.to_owned()],
            data: Arc::clone(Regimes::embedded_arc()),
            thresholds: Thresholds::default(),
            services: Services::default(),
            entity: Entity::default(),
            half_life: HalfLife::default(),
            assets: Arc::new(Assets::default()),
            alerts_told_from: Level::High,
        }
    }
}

/// What the organisation is before the law of significance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entity {
    /// Ids of the types of entity that it is.
    pub types: Vec<String>,
    /// Its total turnover of the preceding financial year.
    pub turnover_eur: Option<Quantity>,
}

/// The store of alerts and incidents.
pub struct Records {
    writer: Mutex<Connection>,
    reader: Mutex<Connection>,
    clock: Arc<dyn Clock>,
    settings: Settings,
    conditions: Mutex<cover::Conditions>,
}

impl Records {
    /// Opens or creates the records at `path`, with the settings of an unconfigured installation.
    pub fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self> {
        Self::open_with(path, clock, Settings::default())
    }

    pub fn open_with(path: &Path, clock: Arc<dyn Clock>, settings: Settings) -> Result<Self> {
        settings.data.select(&settings.regimes)?;
        create_private(path)?;
        let mut writer = connect(path)?;
        schema::migrate(&mut writer, path)?;
        let adopt = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        regimes::adopt(&adopt, &settings.data, clock.now())?;
        states::adopt(&adopt, &settings.data, clock.now())?;
        adopt.commit()?;
        let reader = connect(path)?;
        reader.pragma_update(None, "query_only", true)?;
        let records = Self {
            writer: Mutex::new(writer),
            reader: Mutex::new(reader),
            clock,
            settings,
            conditions: Mutex::default(),
        };
        records.adopt_half_life()?;
        Ok(records)
    }

    /// Opens records to be read and not changed, such as those of a daemon that is down; whatever writes
    /// fails.
    ///
    /// # Errors
    /// When they cannot be read, or another version of Vakt wrote them.
    pub fn open_to_read(path: &Path, clock: Arc<dyn Clock>, settings: Settings) -> Result<Self> {
        let reader = connect_to_read(path)?;
        schema::expect_current(&reader, path)?;
        Ok(Self {
            writer: Mutex::new(connect_to_read(path)?),
            reader: Mutex::new(reader),
            clock,
            settings,
            conditions: Mutex::default(),
        })
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The present, as the records know it.
    pub fn now(&self) -> vakt_event::Timestamp {
        self.clock.now()
    }

    /// The data that deadlines are computed with.
    pub fn regimes(&self) -> &Regimes {
        &self.settings.data
    }

    /// The data that says when an incident is significant.
    pub fn criteria(&self) -> &Criteria {
        Criteria::embedded()
    }

    fn conditions(&self) -> MutexGuard<'_, cover::Conditions> {
        self.conditions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `change` in one transaction; an error leaves everything as it was.
    fn write<T>(&self, change: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let mut connection = lock(&self.writer);
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = change(&transaction)?;
        transaction.commit()?;
        Ok(value)
    }

    /// Runs `change` and takes it back: what would come of it.
    fn try_out<T>(&self, change: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let mut connection = lock(&self.writer);
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = change(&transaction)?;
        transaction.rollback()?;
        Ok(value)
    }

    /// Runs `query` on one consistent state.
    fn read<T>(&self, query: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let mut connection = lock(&self.reader);
        let transaction = connection.transaction()?;
        query(&transaction)
    }
}

/// A panic in another thread rolled its transaction back when it unwound: the connection is whole.
fn lock(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

fn connect(path: &Path) -> Result<Connection> {
    let open = || -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        Ok(connection)
    };
    open().map_err(|source| Error::Open {
        path: path.to_owned(),
        source,
    })
}

/// A connection that changes nothing. Without a log beside it nobody is writing to the database, and it
/// is read as it lies there: SQLite would make files of its own otherwise.
fn connect_to_read(path: &Path) -> Result<Connection> {
    let open = || -> rusqlite::Result<Connection> {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        let query = if Path::new(&log).exists() {
            "mode=ro"
        } else {
            "mode=ro&immutable=1"
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_URI;
        let uri = format!(
            "file:{}?{query}",
            percent::encoded_path(path.as_os_str().as_encoded_bytes())
        );
        let connection = Connection::open_with_flags(uri, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        Ok(connection)
    };
    open().map_err(|source| Error::Open {
        path: path.to_owned(),
        source,
    })
}

/// Creates the file for its owner alone: it holds log lines and names.
fn create_private(path: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(source) => Err(Error::Create {
            path: path.to_owned(),
            source,
        }),
    }
}
