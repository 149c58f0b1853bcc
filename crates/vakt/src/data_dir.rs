//! Where the daemon keeps what it writes.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rustix::fs::Mode;
use vakt_storage::disk::Lock;
use vakt_storage::{Disk, RealDisk};

/// The files and folders of a data directory.
#[derive(Clone, Debug)]
pub struct DataDir(PathBuf);

impl DataDir {
    /// `flag`, else the configuration's `data_dir`, else `$VAKT_DATA_DIR`, `$STATE_DIRECTORY`
    /// (systemd), `$XDG_DATA_HOME/vakt`, `~/.local/share/vakt`.
    pub fn find(flag: Option<&Path>, configured: Option<&Path>) -> Result<Self> {
        let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        let path = if let Some(path) = flag.or(configured) {
            path.to_owned()
        } else if let Some(path) = variable("VAKT_DATA_DIR").or_else(|| variable("STATE_DIRECTORY"))
        {
            path.into()
        } else if let Some(path) = variable("XDG_DATA_HOME") {
            PathBuf::from(path).join("vakt")
        } else {
            let home = variable("HOME").context(
                "no data directory: give --data-dir DIR or set VAKT_DATA_DIR (HOME is not set)",
            )?;
            PathBuf::from(home).join(".local/share/vakt")
        };
        Ok(Self(path))
    }

    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Makes the directory, for the owner only. The mode of one that is there stays as it is, since
    /// others may have files in it.
    pub fn create(&self) -> Result<()> {
        use std::os::unix::fs::DirBuilderExt;
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.0)
            .with_context(|| format!("cannot create the data directory {}", self.0.display()))
    }

    /// Sees to it that what is ours in the directory is for the owner only, whatever its own mode:
    /// what this process writes from now on, and what an earlier one left.
    pub fn keep_private(&self) -> Result<()> {
        rustix::process::umask(Mode::RWXG | Mode::RWXO);
        for path in self.ours()? {
            owner_only(&path)
                .with_context(|| format!("cannot take {} from other users", path.display()))?;
        }
        Ok(())
    }

    /// What lies in the directory and is ours. Of a folder the folder alone: what is in it is then
    /// out of reach.
    fn ours(&self) -> Result<Vec<PathBuf>> {
        let unreadable = || format!("cannot list the data directory {}", self.0.display());
        let mut ours = Vec::new();
        for entry in std::fs::read_dir(&self.0).with_context(unreadable)? {
            let entry = entry.with_context(unreadable)?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let is_link = entry.file_type().with_context(unreadable)?.is_symlink();
            if !is_link && OURS.iter().any(|start| name.starts_with(start)) {
                ours.push(entry.path());
            }
        }
        Ok(ours)
    }

    /// Takes the directory for one daemon alone, until the lock is dropped or the process ends.
    ///
    /// # Errors
    /// When another daemon has it.
    pub fn lock(&self) -> Result<Box<dyn Lock>> {
        let path = self.0.join("lock");
        let lock = RealDisk
            .lock(&path)
            .with_context(|| format!("cannot lock {}", path.display()))?;
        lock.with_context(|| {
            format!(
                "{} is in use: another daemon holds the lock {}; stop it, or choose another data directory",
                self.0.display(),
                path.display()
            )
        })
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn journal(&self) -> PathBuf {
        self.0.join("journal")
    }

    pub fn index(&self) -> PathBuf {
        self.0.join("index")
    }

    /// Alerts, incidents, facts, the audit log, checkpoints.
    pub fn records(&self) -> PathBuf {
        self.0.join("records.db")
    }

    /// Files that were attached to incidents.
    pub fn attachments(&self) -> PathBuf {
        self.0.join("attachments")
    }

    /// Users, tokens, sessions.
    pub fn access(&self) -> PathBuf {
        self.0.join("access.db")
    }

    /// Who searched for what, and the saved searches.
    pub fn searches(&self) -> PathBuf {
        self.0.join("searches.db")
    }

    /// The databases of which nothing is made again, with what is gone with each.
    pub fn databases(&self) -> [(PathBuf, &'static str); 3] {
        [
            (self.records(), "alerts, incidents, facts and the audit log"),
            (self.access(), "users, their roles and tokens"),
            (self.searches(), "the search log and the saved searches"),
        ]
    }

    pub fn admin_token(&self) -> PathBuf {
        self.0.join("admin.token")
    }

    /// The secret half of the key that signs the ledger.
    pub fn signing_key(&self) -> PathBuf {
        self.0.join("signing.key")
    }

    pub fn signing_public_key(&self) -> PathBuf {
        self.0.join("signing.pub")
    }

    /// The key of hashed fields (`redact:`).
    pub fn redact_key(&self) -> PathBuf {
        self.0.join("redact.key")
    }

    /// There while a restore is under way, or after one that did not finish.
    pub fn unfinished_restore(&self) -> PathBuf {
        self.0.join("restore.unfinished")
    }

    /// What a restore left for the next start.
    pub fn restored(&self) -> PathBuf {
        self.0.join("restored.json")
    }

    pub fn tls_certificate(&self) -> PathBuf {
        self.0.join("tls-certificate.pem")
    }

    pub fn tls_key(&self) -> PathBuf {
        self.0.join("tls-key.pem")
    }
}

/// How the names of what we keep begin; SQLite puts files with longer names beside its own.
const OURS: [&str; 10] = [
    "journal",
    "index",
    "records.db",
    "attachments",
    "access.db",
    "searches.db",
    "admin.token",
    "signing.",
    "redact.key",
    "lock",
];

/// Whether a database is missing or has no byte, which a loss of power leaves. What SQLite has not written back
/// yet counts.
pub fn is_lost(database: &Path) -> bool {
    let is_empty = |path: &Path| std::fs::metadata(path).map_or(true, |file| file.len() == 0);
    let mut written_ahead = database.as_os_str().to_owned();
    written_ahead.push("-wal");
    is_empty(database) && is_empty(Path::new(&written_ahead))
}

fn owner_only(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mut permissions = std::fs::metadata(path)?.permissions();
    let mode = permissions.mode();
    if mode & 0o077 != 0 {
        permissions.set_mode(mode & 0o700);
        std::fs::set_permissions(path, permissions)?;
    }
    Ok(())
}

/// Writes a secret for the owner's eyes only, replacing what was there.
pub fn write_secret(path: &Path, text: &str) -> Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let temporary = path.with_extension("new");
    let write = || -> std::io::Result<()> {
        if temporary.exists() {
            std::fs::remove_file(&temporary)?;
        }
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&temporary)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// Makes the names in a directory durable.
pub fn sync_dir(path: &Path) -> Result<()> {
    RealDisk
        .sync_dir(path)
        .with_context(|| format!("cannot sync the directory {}", path.display()))
}
