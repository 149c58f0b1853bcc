//! Records of the Linux audit system (`auditd`'s raw and enriched log formats, the kernel's own
//! lines in syslog, and journald's `_TRANSPORT=audit`).
//!
//! ```text
//! [node=NAME ]type=TYPE msg=audit(SECONDS.MILLIS:SERIAL): key=value key="value" …[\x1dKEY="value" …]
//! ```
//!
//! Every pair becomes a field under the key that the record uses (`type`, `a0`, `exe`, `SYSCALL`, …),
//! because that is how Sigma's auditd rules name them; the ECS names stand beside them. Values that
//! the kernel wrote in hexadecimal are decoded. After the group separator (`\x1d`, which rsyslog
//! writes as `#035`) auditd adds the names of what the record gives by number.
//!
//! [`Coalescer`] joins the records of one serial into a process creation.

mod class;
mod coalescer;
mod names;
mod pairs;
mod pending;
mod value;

pub use coalescer::{Coalescer, Joined, RECORDS_MAX};

use std::borrow::Cow;

use vakt_event::{Event, Timestamp, Value, ecs};

use super::fields::{is_digits, number, source, text};
use pairs::Pairs;

/// The record's type, as the record names it, or its name for a kernel's number.
pub(super) const TYPE: &str = "type";
/// `SECONDS.MILLIS:SERIAL`: what the records of one event have in common.
pub(super) const ID: &str = "auditd.id";
/// The serial alone.
pub(super) const SEQUENCE: &str = "event.sequence";

/// The parts of a record's line.
struct Record<'a> {
    node: &'a str,
    kind: &'a str,
    id: &'a str,
    body: &'a str,
}

/// Whether this message claims to be an audit record.
pub(super) fn is_record(message: &str) -> bool {
    let start = message.trim_start();
    (start.starts_with("type=") || start.starts_with("node=") || start.starts_with("audit: type="))
        && message.contains("audit(")
        && message.contains("type=")
}

fn parse(message: &str) -> Option<Record<'_>> {
    let message = message.trim();
    let (node, rest) = match message.strip_prefix("node=") {
        Some(rest) => rest.split_once(' ')?,
        None => ("", message),
    };
    let rest = rest.strip_prefix("audit: ").unwrap_or(rest);
    let (kind, rest) = rest.strip_prefix("type=")?.split_once(' ')?;
    let rest = rest.trim_start();
    let rest = rest.strip_prefix("msg=").unwrap_or(rest);
    let (id, body) = rest.strip_prefix("audit(")?.split_once("):")?;
    serial(id)?;
    Some(Record {
        node,
        kind,
        id,
        body: body.trim(),
    })
}

/// The serial of `SECONDS.MILLIS:SERIAL`.
fn serial(id: &str) -> Option<&str> {
    let (time, serial) = id.rsplit_once(':')?;
    claimed_time(time)?;
    is_digits(serial).then_some(serial)
}

fn claimed_time(text: &str) -> Option<Timestamp> {
    let (seconds, millis) = text.split_once('.')?;
    if millis.len() != 3 || !is_digits(millis) {
        return None;
    }
    let seconds: i64 = seconds.parse().ok()?;
    let millis: i64 = millis.parse().ok()?;
    let micros = seconds.checked_mul(1_000_000)?.checked_add(millis * 1000)?;
    Timestamp::from_micros(micros)
}

/// Adds the fields of a record's line; a line that claims to be one and is not is a problem.
pub(super) fn decode<'a>(event: &mut Event<'a>, message: &'a str) -> bool {
    event.added(ecs::EVENT_DATASET, "auditd.log");
    let Some(record) = parse(message) else {
        event.problem(
            "auditd: the record does not start with type=TYPE msg=audit(SECONDS.MILLIS:SERIAL):",
        );
        return false;
    };
    if event.time.claimed.is_none() {
        event.time.claimed = record
            .id
            .rsplit_once(':')
            .and_then(|(time, _)| claimed_time(time));
    }
    text(event, "node", record.node);
    if event.text(ecs::HOST_NAME).is_none() {
        text(event, ecs::HOST_NAME, record.node);
    }
    text(event, ID, record.id);
    number(event, SEQUENCE, serial(record.id).unwrap_or(""));
    let kind = names::record_type(record.kind).unwrap_or(record.kind);
    add_body(event, kind, record.body);
    true
}

/// A record that journald took from the kernel: `MESSAGE=SYSCALL arch=c000003e …`, with the
/// type and serial in fields of their own (`_AUDIT_TYPE_NAME`, `_AUDIT_ID`).
pub(super) fn decode_journald<'a>(event: &mut Event<'a>, message: &'a str) -> bool {
    let Some((kind, body)) = message.split_once(' ') else {
        return false;
    };
    if event.text("_AUDIT_TYPE_NAME") != Some(kind) {
        return false;
    }
    let Some(serial) = event.text("_AUDIT_ID").map(str::to_owned) else {
        return false;
    };
    event.added(ecs::EVENT_DATASET, "auditd.log");
    event.added(ID, serial.clone());
    event.added(SEQUENCE, Value::Number(Cow::Owned(serial)));
    add_body(event, kind, body);
    true
}

fn add_body<'a>(event: &mut Event<'a>, kind: &'a str, body: &'a str) {
    event.added(TYPE, kind);
    let (raw, enriched) = split_enriched(body);
    let mut record = Fields {
        kind,
        acts_for: class::names_account(kind),
        ..Fields::default()
    };
    for (key, value) in Pairs::new(raw) {
        record.add(event, key, &value);
    }
    for (key, value) in Pairs::new(enriched) {
        record.add_enriched(event, key, value.text);
    }
    record.add_syscall_name(event);
    record.add_command_line(event);
    class::add(event, kind, record.outcome);
}

/// The kernel's part and auditd's additions.
fn split_enriched(body: &str) -> (&str, &str) {
    body.split_once('\u{1d}')
        .or_else(|| body.split_once("#035"))
        .unwrap_or((body, ""))
}

/// What is remembered of a record while its pairs are read.
#[derive(Default)]
struct Fields<'a> {
    kind: &'a str,
    /// Records of user space (`USER_LOGIN`, `ADD_USER`, …) name the account in `acct`.
    acts_for: Option<class::Account>,
    arch: &'a str,
    syscall: &'a str,
    has_syscall_name: bool,
    arguments: Vec<Cow<'a, str>>,
    outcome: &'static str,
}

impl<'a> Fields<'a> {
    fn add(&mut self, event: &mut Event<'a>, key: &'a str, raw: &pairs::Raw<'a>) {
        if raw.text == "(null)" && !raw.quoted {
            event.added(key, Value::Null);
            return;
        }
        let value = value::decode(self.kind, key, raw);
        // Several keys of audit rules are joined with \x01.
        if key == "key" && value.contains('\u{1}') {
            for part in value.split('\u{1}') {
                event.added(key, part.to_owned());
            }
            return;
        }
        if self.kind == "EXECVE" && value::is_argument(key) {
            self.arguments.push(value.clone());
        }
        event.added(key, Value::Str(value.clone()));
        match key {
            "arch" => self.arch = raw.text,
            "syscall" => self.syscall = raw.text,
            "success" | "res" => self.outcome = outcome(raw.text),
            _ => {}
        }
        self.add_ecs(event, key, raw.text, value);
    }

    fn add_ecs(&self, event: &mut Event<'a>, key: &str, raw: &'a str, value: Cow<'a, str>) {
        if matches!(raw, "?" | "(none)" | "") {
            return;
        }
        let name = match key {
            "pid" => return number(event, ecs::PROCESS_PID, raw),
            "ppid" => return number(event, ecs::PROCESS_PARENT_PID, raw),
            "addr" => return source(event, raw),
            "comm" => ecs::PROCESS_NAME,
            "exe" => ecs::PROCESS_EXECUTABLE,
            "cwd" => ecs::PROCESS_WORKING_DIRECTORY,
            "proctitle" => "process.title",
            "cmd" => ecs::PROCESS_COMMAND_LINE,
            "uid" => ecs::USER_ID,
            "euid" => "user.effective.id",
            "auid" => "user.audit.id",
            "terminal" | "tty" => "process.tty.name",
            "unit" => ecs::SERVICE_NAME,
            "grp" => ecs::GROUP_NAME,
            "name" if self.kind == "PATH" => ecs::FILE_PATH,
            "acct" => match self.acts_for {
                Some(class::Account::Target) => ecs::USER_TARGET_NAME,
                _ => ecs::USER_NAME,
            },
            _ => return,
        };
        if !value.is_empty() {
            event.added(name, Value::Str(value));
        }
    }

    fn add_enriched(&mut self, event: &mut Event<'a>, key: &'a str, value: &'a str) {
        event.added(key, value);
        if key == "SYSCALL" {
            self.has_syscall_name = true;
        }
        if matches!(value, "unset" | "") || value.starts_with("unknown(") {
            return;
        }
        match key {
            // Where the record names an account, that is the user; `UID` is the daemon's.
            "UID" if self.acts_for.is_none() => event.added(ecs::USER_NAME, value),
            "EUID" => event.added(ecs::USER_EFFECTIVE_NAME, value),
            "AUID" => event.added("user.audit.name", value),
            _ => {}
        }
    }

    /// Raw logs give the system call by number only; Sigma's rules name it.
    fn add_syscall_name(&self, event: &mut Event<'a>) {
        if !self.has_syscall_name
            && let Some(name) = names::system_call(self.arch, self.syscall)
        {
            event.added("SYSCALL", name);
        }
    }

    fn add_command_line(&mut self, event: &mut Event<'a>) {
        match self.arguments.len() {
            0 => {}
            1 => {
                if let Some(only) = self.arguments.pop() {
                    event.added(ecs::PROCESS_COMMAND_LINE, Value::Str(only));
                }
            }
            _ => event.added(ecs::PROCESS_COMMAND_LINE, self.arguments.join(" ")),
        }
    }
}

fn outcome(text: &str) -> &'static str {
    match text {
        "yes" | "success" | "1" => "success",
        "no" | "failed" | "0" => "failure",
        _ => "",
    }
}
