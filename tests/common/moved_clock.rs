//! The wall clock of the real binary, set by hand: by libfaketime, which a process loads before the C library.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::Timestamp;
use tempfile::TempDir;

use super::{Daemon, library, vakt};

/// A clock that stands still until it is set again, the same one for the daemon and for the commands. What a
/// machine counts since its start, by which sleeps and timeouts go, is not touched.
pub struct MovedClock {
    library: PathBuf,
    folder: TempDir,
}

impl MovedClock {
    /// A clock that shows `at`; `None`, said aloud, where the library is absent.
    pub fn new(test: &str, at: Timestamp) -> Option<Self> {
        let clock = Self {
            library: library(test, "faketime/libfaketimeMT.so.1")?,
            folder: TempDir::new().unwrap(),
        };
        clock.set(at);
        Some(clock)
    }

    pub fn set(&self, at: Timestamp) {
        let fresh = self.folder.path().join("fresh");
        let text = jiff::fmt::strtime::format("%Y-%m-%d %H:%M:%S.%6f\n", at).unwrap();
        fs::write(&fresh, text).unwrap();
        fs::rename(fresh, self.file()).unwrap();
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("clock")
    }

    /// The binary, by this clock.
    pub fn vakt(&self) -> Command {
        let mut command = vakt();
        command
            .env("LD_PRELOAD", &self.library)
            .env("FAKETIME_TIMESTAMP_FILE", self.file())
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        command
    }

    pub fn start(&self, data: &Path, arguments: &[&str]) -> Daemon {
        Daemon::start_as(self.vakt(), data, arguments)
    }
}
