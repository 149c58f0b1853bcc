//! Against the readers of lines: syslog, audit records, sshd, web servers; and keywords.

use super::aim::{mixed, near_miss, whole};
use super::{Attack, Workshop};

const HEADER: &str = "<38>Nov 24 10:00:00 web1 ";

pub(super) fn attacks(workshop: &mut Workshop) -> Vec<Option<Attack>> {
    let mut attacks = Vec::new();
    for bytes in [2_000, 100_000] {
        let size = bytes / 1_000;
        let Workshop {
            windows, keywords, ..
        } = &mut *workshop;
        let random = &mut windows.random;
        attacks.push(Attack::new(
            format!("keywords, {size} kB"),
            "keywords",
            || {
                let text = mixed(random, &keywords.within, bytes, whole)?;
                line("sshd[1]: ", &text)
            },
        ));
        attacks.push(Attack::new(
            format!("near misses of keywords, {size} kB"),
            "keywords",
            || {
                let text = mixed(random, &keywords.within, bytes, near_miss)?;
                line("sshd[1]: ", &text)
            },
        ));
        let ideas: [(&str, &str, &str); 6] = [
            (
                "a login with from at every word",
                "sshd[1]: Failed password for ",
                "from port ",
            ),
            (
                "audit record of many pairs",
                "audit[1]: SYSCALL arch=c000003e syscall=59 ",
                "a=1 ",
            ),
            (
                "audit record of many quotes",
                "audit[1]: EXECVE argc=9 ",
                "a0=\"x\" ",
            ),
            (
                "audit record in hexadecimal",
                "audit[1]: PROCTITLE proctitle=",
                "41",
            ),
            (
                "a request of percent signs",
                "httpd: 1.2.3.4 - - [24/Nov/2026:10:00:00 +0000] \"GET /",
                "%41",
            ),
            ("blanks", "sudo: ", " "),
        ];
        for (name, start, piece) in ideas {
            attacks.push(Attack::new(
                format!("{name}, {size} kB"),
                "decoders",
                || line(start, &piece.repeat(bytes / piece.len())),
            ));
        }
        attacks.push(Attack::new(
            format!("structured data of many parts, {size} kB"),
            "syslog",
            || {
                let parts = "[a@1 b=\"\\\"\"]".repeat(bytes / 13);
                Some(format!("<38>1 2026-11-24T10:00:00Z web1 sshd 1 - {parts} x").into_bytes())
            },
        ));
    }
    attacks
}

fn line(start: &str, rest: &str) -> Option<Vec<u8>> {
    // A line's end inside would make two events of one.
    let text = format!("{HEADER}{start}{rest}");
    Some(text.replace(['\n', '\r'], " ").into_bytes())
}
