//! Logs of real servers: how many lines are understood, and whether what is found is right.

use crate::{decoded, shared, split_syslog, understood};

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
