//! What the decoders make of real lines. The cases are data: `tests/decoders/NAME.txt` holds
//! blocks of input (`program: message`, or `-: line of a file`) and all that is added to the event,
//! `field: value` in order, then `@ log source`, `@time` and `! problem`.
//!
//! Run with `UPDATE_DECODERS=1` to write what the decoders say now; read the difference.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "all of this file is tests; clippy sees only the functions that bear the attribute"
)]

mod audit;
mod elastic;
mod real;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use vakt_codec::Coalescer;
use vakt_codec::decoder::decode_message;
use vakt_codec::logsource::programs::log_sources;
use vakt_event::{Event, Origin, ecs};

/// The event that a transport would hand on.
fn transported<'a>(program: &'a str, message: &'a str) -> Event<'a> {
    let mut event = Event {
        original: message.into(),
        ..Event::default()
    };
    if program != "-" {
        event.sent(ecs::LOG_SYSLOG_APPNAME, program);
    }
    event.sent(ecs::MESSAGE, message);
    event
}

fn decoded<'a>(program: &'a str, message: &'a str) -> Event<'a> {
    let mut event = transported(program, message);
    decode_message(&mut event, Some(message));
    log_sources(&mut event);
    event
}

fn shown(event: &Event<'_>) -> String {
    let mut text = String::new();
    let derived = event
        .fields
        .iter()
        .filter(|field| field.origin == Origin::Added);
    for field in derived {
        writeln!(text, "{}: {}", field.name, field.value.text()).unwrap();
    }
    if let Some(time) = event.time.claimed {
        writeln!(text, "@time {time}").unwrap();
    }
    for source in &event.log_sources {
        writeln!(text, "@ {source}").unwrap();
    }
    for problem in &event.problems {
        writeln!(text, "! {problem}").unwrap();
    }
    text
}

/// Holds every block of the file against what its first line decodes to.
fn check(name: &str) {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/decoders")
        .join(name);
    let expected = std::fs::read_to_string(&path).unwrap();
    let mut found = String::new();
    for block in expected
        .split("\n\n")
        .filter(|block| !block.trim().is_empty())
    {
        let input = block.trim_start().lines().next().unwrap();
        let (program, message) = input.split_once(": ").unwrap();
        let message = message.replace("\\x1d", "\u{1d}");
        writeln!(found, "{input}").unwrap();
        found.push_str(&shown(&decoded(program, &message)));
        found.push('\n');
    }
    if std::env::var_os("UPDATE_DECODERS").is_some() {
        std::fs::write(&path, &found).unwrap();
    }
    assert!(
        found == expected,
        "{name}: found\n{found}\nexpected\n{expected}"
    );
}

macro_rules! files {
    ($($test:ident: $file:literal;)*) => {
        $(#[test] fn $test() { check($file); })*
    };
}

files! {
    sshd: "sshd.txt";
    pam: "pam.txt";
    sudo_and_su: "sudo_su.txt";
    accounts: "accounts.txt";
    cron: "cron.txt";
    systemd: "systemd.txt";
    web: "web.txt";
    auditd: "auditd.txt";
    others: "others.txt";
}

/// A journald entry as the export format gives it, before decoding.
fn journald<'a>(fields: &[(&'static str, &'a str)]) -> Event<'a> {
    let mut event = Event::default();
    for (name, value) in fields {
        event.sent(*name, *value);
    }
    let message = fields.iter().find(|(name, _)| *name == "MESSAGE");
    decode_message(&mut event, message.map(|(_, text)| *text));
    log_sources(&mut event);
    event
}

#[test]
fn journald_entries_are_known_by_identifier_command_and_unit() {
    let check = |fields: &[(&'static str, &str)], expected: &str| {
        assert_eq!(shown(&journald(fields)), expected, "{fields:?}");
    };
    check(
        &[
            ("SYSLOG_IDENTIFIER", "sshd-session"),
            ("_COMM", "sshd-session"),
            ("_SYSTEMD_UNIT", "ssh.service"),
            ("MESSAGE", "Invalid user bob from 203.0.113.7 port 4711"),
        ],
        "event.category: authentication
event.type: info
event.action: ssh_login
event.outcome: failure
user.name: bob
event.reason: invalid user
source.address: 203.0.113.7
source.ip: 203.0.113.7
source.port: 4711
system.auth.ssh.event: Invalid
event.dataset: system.auth
event.provider: sshd
@ product=linux,service=auth
@ product=linux,service=sshd
",
    );
    check(
        &[
            ("_TRANSPORT", "stdout"),
            ("_COMM", "cron"),
            ("MESSAGE", "(root) CMD (true)"),
        ],
        "event.category: process
event.type: start
event.action: cron_command
event.outcome: success
event.dataset: system.cron
user.name: root
process.command_line: true
event.provider: cron
@ product=linux,service=cron
@ product=linux,service=syslog
",
    );
    check(
        &[
            ("SYSLOG_IDENTIFIER", "systemd"),
            ("_SYSTEMD_UNIT", "init.scope"),
            ("UNIT", "rsyslog.service"),
            ("MESSAGE", "Stopped System Logging Service."),
        ],
        "event.category: process
event.type: end
event.action: service_stopped
event.outcome: success
event.dataset: system.syslog
service.name: rsyslog.service
process.name: systemd
event.provider: systemd
@ product=linux,service=syslog
",
    );
    check(
        &[
            ("_TRANSPORT", "audit"),
            ("SYSLOG_IDENTIFIER", "audit"),
            ("_AUDIT_TYPE_NAME", "EXECVE"),
            ("_AUDIT_ID", "77"),
            ("MESSAGE", "EXECVE argc=2 a0=\"ls\" a1=\"-l\""),
        ],
        "event.dataset: auditd.log
auditd.id: 77
event.sequence: 77
type: EXECVE
argc: 2
a0: ls
a1: -l
process.command_line: ls -l
event.category: process
event.type: start
event.action: process_executed
@ product=linux,service=auditd
",
    );
}

#[test]
fn windows_in_a_syslog_message_is_no_linux() {
    let mut event = transported("EvntSLog", "an event of Windows");
    let windows = vakt_event::LogSource::of("windows", "", "security");
    event.log_sources.push(windows.clone());
    log_sources(&mut event);
    assert_eq!(event.log_sources, [windows]);
}

proptest::proptest! {
    /// Whatever a program says: no panic, what was sent stays as it was, and nothing derived is
    /// marked as sent.
    #[test]
    fn any_message_keeps_what_was_sent(
        program in proptest::sample::select(vec![
            "-", "sshd", "sudo", "su", "useradd", "passwd", "CRON", "systemd", "systemd-logind",
            "nginx", "apache2", "audit", "kernel", "login(pam_unix)", "myapp",
        ]),
        start in proptest::sample::select(vec![
            "", "Failed password for ", "Accepted publickey for ", "Invalid user ",
            "Connection closed by invalid user ", "Received disconnect from ", "pam_unix(",
            "pam_unix(a:b): session opened for user ", "PAM 3 more authentication failures; ",
            "a : TTY=", "(to ", "new user: name=", "add 'a' to group ", "(root) CMD (",
            "Started ", "1.2.3.4 - - [26/Dec/2016:16:16:29 +0200] \"GET ",
            "2016/10/25 14:49:34 [error] 1#0: ", "[Mon Dec 26 16:22:08 2016] [error] [client ",
            "type=EXECVE msg=audit(1.000:2): ", "type=SYSCALL msg=audit(", "node=a type=",
            "audit: type=1400 audit(1.000:2): ", "message repeated 2 times: [ ",
        ]),
        rest in "[ -~é\u{1d}]{0,60}",
    ) {
        let message = format!("{start}{rest}");
        let before = transported(program, &message);
        let event = decoded(program, &message);
        proptest::prop_assert_eq!(&event.fields[..before.fields.len()], &before.fields[..]);
        for field in &event.fields[before.fields.len()..] {
            proptest::prop_assert_eq!(field.origin, Origin::Added);
        }
        let mut coalescer = Coalescer::new();
        coalescer.push("host", 0, &event);
        coalescer.finish();
    }
}

/// A file of test data that nobody may commit; `None`, said by the test's name, where it is absent.
fn shared(file: &str) -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    if !root.exists() {
        println!("skipped: {}: ../shared is absent", test_name());
        return None;
    }
    let bytes = std::fs::read(root.join("data").join(file)).unwrap();
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The harness names a test's thread after it.
fn test_name() -> String {
    let thread = std::thread::current();
    thread.name().unwrap_or("decoders").to_owned()
}

/// Program and message of an RFC 3164 line without priority, as these files hold them.
fn split_syslog(line: &str) -> Option<(&str, &str)> {
    let rest = line.get(16..)?;
    let (_host, rest) = rest.split_once(' ')?;
    let (tag, message) = rest.split_once(": ")?;
    Some((tag.split('[').next()?, message))
}

/// The share of lines, in whole percent, in which a decoder found a category.
fn understood(lines: &str, split: impl Fn(&str) -> Option<(&str, &str)>) -> (usize, usize) {
    let (mut all, mut known) = (0, 0);
    for line in lines
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
    {
        all += 1;
        let (program, message) = split(line).unwrap_or(("-", line));
        let event = decoded(program, message);
        assert!(event.problems.is_empty(), "{line}: {:?}", event.problems);
        if event.has(ecs::EVENT_CATEGORY) {
            known += 1;
        } else if std::env::var_os("SHOW_UNKNOWN").is_some() {
            println!("{line}");
        }
    }
    (known, all)
}
