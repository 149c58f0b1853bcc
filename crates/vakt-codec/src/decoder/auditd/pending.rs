//! What is known so far of an execution whose records are still coming in.

use std::borrow::Cow;

use vakt_event::{Event, EventTime, Value, ecs};

use super::super::fields::is_number;
use super::coalescer::Joined;
use super::value::argument;

/// Arguments and original lines kept of one execution, in bytes each. `ARG_MAX` is 2 MiB; a
/// command line of more than 64 KiB is unreadable to people and rules look at its beginning.
pub(super) const TEXT_BYTES_MAX: usize = 64 * 1024;

/// Positions kept of one execution: several times the usual six. What is beyond is counted.
pub const RECORDS_MAX: usize = 32;

/// The highest argument number that is kept: what [`TEXT_BYTES_MAX`] holds at two bytes each.
const ARGUMENTS_MAX: usize = TEXT_BYTES_MAX / 2;

/// Fields of a `SYSCALL` record that the joined event carries under the record's own names,
/// because rules and people look for them.
const KEPT: &[&str] = &["auid", "exe", "comm", "key", "ses", "tty", "success"];

/// Fields of a `SYSCALL` record that the joined event carries under their ECS names.
const KEPT_ECS: &[&str] = &[
    ecs::HOST_NAME,
    ecs::PROCESS_PID,
    ecs::PROCESS_PARENT_PID,
    ecs::PROCESS_NAME,
    ecs::PROCESS_EXECUTABLE,
    ecs::USER_ID,
    ecs::USER_NAME,
    ecs::USER_EFFECTIVE_NAME,
    "user.effective.id",
    "user.audit.id",
    "user.audit.name",
    "process.tty.name",
];

#[derive(Debug, Default)]
pub(super) struct Pending {
    pub(super) id: String,
    time: EventTime,
    fields: Vec<(String, Value<'static>)>,
    executable: Option<String>,
    pid: Option<u32>,
    parent_pid: Option<u32>,
    succeeded: bool,
    has_syscall: bool,
    directory: Option<String>,
    arguments: Vec<String>,
    argument_count: Option<usize>,
    truncated: bool,
    original: String,
    /// The positions of the records: see [`Joined::records`].
    records: Vec<u64>,
    record_count: u64,
    pub(super) bytes: usize,
}

impl Pending {
    /// Begun by the record at `position`.
    pub(super) fn new(id: &str, time: EventTime, position: u64) -> Self {
        let mut pending = Self {
            id: id.to_owned(),
            time,
            succeeded: true,
            ..Self::default()
        };
        pending.note(position);
        pending
    }

    /// A record of this execution stands at `position`.
    pub(super) fn note(&mut self, position: u64) {
        self.record_count += 1;
        // The newest is always the last one.
        self.records.truncate(RECORDS_MAX - 1);
        self.records.push(position);
    }

    /// Takes what a record of type `kind` tells of the execution.
    pub(super) fn absorb(&mut self, kind: &str, event: &Event<'_>) {
        match kind {
            "SYSCALL" => self.absorb_syscall(event),
            "EXECVE" => self.absorb_arguments(event),
            "CWD" => {
                self.directory = own(event, "cwd").map(str::to_owned);
            }
            _ => return,
        }
        let room = TEXT_BYTES_MAX.saturating_sub(self.original.len());
        if event.original.len() < room {
            if !self.original.is_empty() {
                self.original.push('\n');
            }
            self.original.push_str(&event.original);
        }
        self.bytes = self.size();
    }

    fn absorb_syscall(&mut self, event: &Event<'_>) {
        self.has_syscall = true;
        self.succeeded = own(event, "success") != Some("no");
        self.executable = own(event, "exe").map(str::to_owned);
        self.pid = own(event, "pid").and_then(|pid| pid.parse().ok());
        self.parent_pid = own(event, "ppid").and_then(|pid| pid.parse().ok());
        for field in &event.fields {
            let name = vakt_event::alias::canonical(&field.name);
            let kept = KEPT.contains(&name)
                || KEPT_ECS.contains(&name)
                || (name.starts_with("vakt.") && name != ecs::VAKT_TIME_CLAIMED);
            if kept && field.value.text().len() <= 4096 {
                self.fields
                    .push((name.to_owned(), field.value.clone().into_owned()));
            }
        }
    }

    fn absorb_arguments(&mut self, event: &Event<'_>) {
        if let Some(count) = own(event, "argc").and_then(|count| count.parse().ok()) {
            self.argument_count = Some(count);
        }
        let mut bytes: usize = self.arguments.iter().map(String::len).sum();
        for field in &event.fields {
            let Some(number) = argument(&field.name) else {
                continue;
            };
            let text = field.value.text();
            bytes = bytes.saturating_add(text.len());
            if number >= ARGUMENTS_MAX || bytes > TEXT_BYTES_MAX {
                self.truncated = true;
                return;
            }
            if self.arguments.len() <= number {
                self.arguments.resize_with(number + 1, String::new);
            }
            // The parts of a long argument come in order.
            if let Some(slot) = self.arguments.get_mut(number) {
                slot.push_str(text);
            }
        }
    }

    fn size(&self) -> usize {
        let fields: usize = self
            .fields
            .iter()
            .map(|(name, value)| name.len() + value.text().len() + size_of::<Value<'_>>())
            .sum();
        let arguments: usize = self
            .arguments
            .iter()
            .map(|text| text.len() + size_of::<String>())
            .sum();
        size_of::<Self>()
            + fields
            + arguments
            + self.original.len()
            + RECORDS_MAX * size_of::<u64>()
    }

    /// Whether this is an execution that succeeded; its records may still be incomplete.
    pub(super) fn is_execution(&self) -> bool {
        !self.arguments.is_empty() && self.succeeded
    }

    /// Whether system call and all arguments are there.
    pub(super) fn is_whole(&self) -> bool {
        self.is_execution()
            && self.has_syscall
            && self
                .argument_count
                .is_none_or(|count| self.truncated || self.arguments.len() >= count)
    }

    pub(super) fn pid(&self) -> Option<u32> {
        self.pid
    }

    pub(super) fn parent_pid(&self) -> Option<u32> {
        self.parent_pid
    }

    pub(super) fn executable(&self) -> Option<&str> {
        self.executable.as_deref()
    }

    /// The process creation. `parent` is the executable of the parent process, if known.
    pub(super) fn into_joined(mut self, parent: Option<&str>) -> Joined {
        Joined {
            records: std::mem::take(&mut self.records),
            record_count: self.record_count,
            event: self.into_event(parent),
        }
    }

    fn into_event(self, parent: Option<&str>) -> Event<'static> {
        let mut event = Event {
            time: self.time,
            original: Cow::Owned(self.original),
            ..Event::default()
        };
        event.log_sources.push(Joined::LOG_SOURCE);
        event.added(ecs::EVENT_DATASET, "auditd.process");
        event.added(ecs::EVENT_CATEGORY, "process");
        event.added(ecs::EVENT_TYPE, "start");
        event.added(ecs::EVENT_ACTION, "process_created");
        event.added(super::ID, self.id.clone());
        let serial = self.id.rsplit(':').next().unwrap_or("").to_owned();
        if is_number(&serial) {
            event.added(super::SEQUENCE, Value::Number(Cow::Owned(serial)));
        }
        let named_user = self.fields.iter().any(|(name, _)| name == ecs::USER_NAME);
        let is_root = self
            .fields
            .iter()
            .any(|(name, value)| name == ecs::USER_ID && value.text() == "0");
        for (name, value) in self.fields {
            event.added(name, value);
        }
        if !named_user && is_root {
            // The one number whose name is the same everywhere.
            event.added(ecs::USER_NAME, "root");
        }
        if self.executable.is_none()
            && let Some(first) = self.arguments.first().filter(|path| path.starts_with('/'))
        {
            event.added(ecs::PROCESS_EXECUTABLE, first.clone());
        }
        event.added(ecs::PROCESS_COMMAND_LINE, self.arguments.join(" "));
        if let Some(directory) = self.directory {
            event.added(ecs::PROCESS_WORKING_DIRECTORY, directory);
        }
        // Sysmon's names for the ids, which the alias table leaves apart: Windows' Security
        // channel uses `ProcessId` for the parent.
        if let Some(pid) = self.pid {
            event.added("ProcessId", Value::number(pid));
        }
        if let Some(pid) = self.parent_pid {
            event.added("ParentProcessId", Value::number(pid));
        }
        if let Some(parent) = parent {
            event.added(ecs::PROCESS_PARENT_EXECUTABLE, parent.to_owned());
        }
        if self.truncated {
            event.problem(format!(
                "auditd: the command line is longer than {TEXT_BYTES_MAX} bytes and was cut"
            ));
        }
        event
    }
}

/// The value of the field that has this very name, not one that means the same.
pub(super) fn own<'e>(event: &'e Event<'_>, name: &str) -> Option<&'e str> {
    event
        .fields
        .iter()
        .find(|field| field.name == name)
        .map(|field| field.value.text())
        .filter(|text| !text.is_empty())
}
