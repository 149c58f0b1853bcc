//! Who may do what: one table.

use std::fmt;
use std::str::FromStr;

/// The role of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Manages users and tokens, and may do all the rest.
    Admin,
    /// Leads incidents.
    Lead,
    /// Searches, assesses alerts and drafts, records facts, runs drills.
    Analyst,
    /// Reads, but not the raw text of events: what is redacted stays so.
    Viewer,
}

/// Something that a request needs to be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Hand in events.
    SendEvents,
    /// Report what happened, and read nothing.
    SendReports,
    /// Hand in events that are marked as an exercise.
    SendDrill,
    /// Search and read events.
    ReadEvents,
    /// Read and search events as they were sent: `event.original`, and evidence that is not redacted.
    ReadRaw,
    /// Read alerts, incidents, rules, sources, metrics and health.
    ReadState,
    /// Read the deadlines of incidents, and nothing else of them.
    ReadDeadlines,
    /// Open incidents and record facts.
    RecordFacts,
    /// Add, list and remove users and tokens.
    ManageAccess,
    /// Erase stored events for good.
    EraseEvents,
    /// Read who searched for what.
    ReadSearchLog,
}

impl Role {
    pub const ALL: [Self; 4] = [Self::Admin, Self::Lead, Self::Analyst, Self::Viewer];

    pub fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Lead => "lead",
            Self::Analyst => "analyst",
            Self::Viewer => "viewer",
        }
    }

    pub fn may(self, permission: Permission) -> bool {
        use Permission as P;
        let granted: &[Permission] = match self {
            Self::Admin => &[
                P::SendEvents,
                P::SendReports,
                P::SendDrill,
                P::ReadEvents,
                P::ReadRaw,
                P::ReadState,
                P::ReadDeadlines,
                P::RecordFacts,
                P::ManageAccess,
                P::EraseEvents,
                P::ReadSearchLog,
            ],
            Self::Lead => &[
                P::SendReports,
                P::ReadEvents,
                P::ReadRaw,
                P::ReadState,
                P::ReadDeadlines,
                P::RecordFacts,
            ],
            Self::Analyst => &[
                P::SendEvents,
                P::SendReports,
                P::SendDrill,
                P::ReadEvents,
                P::ReadRaw,
                P::ReadState,
                P::ReadDeadlines,
                P::RecordFacts,
            ],
            Self::Viewer => &[
                P::SendReports,
                P::ReadEvents,
                P::ReadState,
                P::ReadDeadlines,
            ],
        };
        granted.contains(&permission)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text names no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no role; the roles are admin, lead, analyst and viewer")]
pub struct UnknownRole(pub String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|role| role.name() == text)
            .ok_or_else(|| UnknownRole(text.into()))
    }
}

impl Permission {
    /// What a person is told is not allowed: completes "may not …".
    pub fn describe(self) -> &'static str {
        match self {
            Self::SendEvents => "send events",
            Self::SendReports => "report what happened",
            Self::SendDrill => "send events of a drill",
            Self::ReadEvents => "search events",
            Self::ReadRaw => "read the raw text of events (event.original)",
            Self::ReadState => "read alerts, incidents, rules, sources or metrics",
            Self::ReadDeadlines => "read the deadlines of incidents",
            Self::RecordFacts => "open incidents or record facts",
            Self::ManageAccess => "manage users and tokens",
            Self::EraseEvents => "erase events",
            Self::ReadSearchLog => "read the search log",
        }
    }
}
