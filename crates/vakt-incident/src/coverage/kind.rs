//! The kinds of logs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::suggest::nearest;

macro_rules! kinds {
    ($($variant:ident = $name:literal;)*) => {
        /// A kind of log, in the order of the Annex.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum LogKind { $($variant,)* }

        impl LogKind {
            pub const ALL: [Self; 12] = [$(Self::$variant,)*];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

kinds! {
    NetworkTraffic = "network_traffic";
    AccountChanges = "account_changes";
    SystemAccess = "system_access";
    Authentication = "authentication";
    PrivilegedActions = "privileged_actions";
    ConfigurationAndBackup = "configuration_and_backup";
    EventAndSecurityLogs = "event_and_security_logs";
    Resources = "resources";
    PhysicalAccess = "physical_access";
    NetworkEquipment = "network_equipment";
    LogControl = "log_control";
    Environment = "environment";
}

impl LogKind {
    /// From 0, in the order of [`Self::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for LogKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text names no kind of log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no kind of log `{name}`; {help}")]
pub struct UnknownLogKind {
    pub name: String,
    pub help: String,
}

impl FromStr for LogKind {
    type Err = UnknownLogKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::as_str);
            let help = match nearest(text, &names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", names.join(", ")),
            };
            UnknownLogKind {
                name: text.to_owned(),
                help,
            }
        })
    }
}

/// Some of the kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kinds(u16);

impl Kinds {
    pub fn add(&mut self, kind: LogKind) {
        self.0 |= 1 << kind.index();
    }

    pub fn contains(self, kind: LogKind) -> bool {
        self.0 & (1 << kind.index()) != 0
    }

    pub fn iter(self) -> impl Iterator<Item = LogKind> {
        LogKind::ALL
            .into_iter()
            .filter(move |kind| self.contains(*kind))
    }
}

impl FromIterator<LogKind> for Kinds {
    fn from_iter<I: IntoIterator<Item = LogKind>>(kinds: I) -> Self {
        let mut all = Self::default();
        kinds.into_iter().for_each(|kind| all.add(kind));
        all
    }
}
