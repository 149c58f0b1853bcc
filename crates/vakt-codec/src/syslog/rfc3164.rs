//! What senders have made of RFC 3164: time, host, tag and message, each of which may be missing.
//!
//! Shapes that real senders write, after PRI:
//!
//! | sender | shape |
//! |---|---|
//! | `logger --rfc3164`, rsyslog | `Nov 24 09:30:00 host prog[12]: text` |
//! | glibc's `syslog()` | `Nov 24 09:30:00 prog[12]: text` |
//! | syslog-ng's loggen, rsyslog's file format | `2026-11-24T09:30:00[.25][+01:00] host prog: text` |
//! | Python's `SysLogHandler` | `text` or `prog: text` |
//! | Cisco ASA | `Nov 24 2026 09:30:00 host : %ASA-4-106023: text` |
//! | Cisco IOS | `123: host: *Nov 24 09:30:00.123 UTC: %SYS-5-CONFIG_I: text` |
//!
//! A tag ends with a colon, or is a name with a number in brackets, or is followed by a tab
//! (Snare). A first word without any of these belongs to the message: whoever searches the
//! message's words finds them all.

use super::Header;
use crate::time::{self, Stamp};

/// What applications write where a syslog daemon writes the host.
const LEVELS: &[&str] = &[
    "TRACE", "DEBUG", "INFO", "NOTICE", "WARN", "WARNING", "ERROR", "FATAL",
];

/// Longest tag that we believe; RFC 3164 allows 32, senders use more.
const TAG_BYTES_MAX: usize = 128;

/// Reads what follows PRI. `header.stamp` is `None` where no time was written.
pub(super) fn parse(text: &str) -> Header<'_> {
    let mut header = Header::default();
    let Some(dated) = stamp(text) else {
        header.message = text;
        tagged(text.trim_start_matches(' '), &mut header);
        return header;
    };
    header.stamp = Some(dated.stamp);
    header.stamp_text = Some(dated.text);
    header.host = dated.host;
    let mut rest = dated.rest;
    if header.host.is_none()
        && let Some((host, after)) = host(rest)
    {
        header.host = Some(host);
        rest = after;
    }
    header.message = rest;
    tagged(rest, &mut header);
    header
}

/// A header without PRI, as files and relayed lines have it. `None` for a text of which the time
/// alone does not show that a syslog daemon wrote it: RFC 3164's form does, ISO 8601 only with a
/// host and a tag after it, for applications write it too (`2026-11-24T09:30:00Z INFO text`).
pub(super) fn parse_bare(text: &str) -> Option<Header<'_>> {
    if time::bsd(text).is_some() {
        return Some(parse(text));
    }
    let is_iso = text.as_bytes().get(10) == Some(&b'T') && time::iso(text).is_some();
    is_iso.then(|| parse(text)).filter(|header| {
        header.program.is_some() && header.host.is_some_and(|host| !LEVELS.contains(&host))
    })
}

struct Dated<'a> {
    stamp: Stamp,
    text: &'a str,
    /// Cisco IOS writes the host before the time.
    host: Option<&'a str>,
    /// After the blank that ends the time.
    rest: &'a str,
}

fn stamp(text: &str) -> Option<Dated<'_>> {
    let text = text.trim_start_matches(' ');
    plain_stamp(text, None).or_else(|| cisco_stamp(text))
}

fn plain_stamp<'a>(text: &'a str, host: Option<&'a str>) -> Option<Dated<'a>> {
    let (stamp, rest) = time::bsd(text).or_else(|| time::iso(text))?;
    let stamp_text = text.get(..text.len() - rest.len())?;
    let rest = match rest.strip_prefix(':') {
        Some(rest) => rest,
        None => rest,
    };
    if !(rest.is_empty() || rest.starts_with(' ')) {
        return None;
    }
    Some(Dated {
        stamp,
        text: stamp_text,
        host,
        rest: rest.trim_start_matches(' '),
    })
}

/// `[SEQUENCE: ][HOST: ][*|.]TIME[ ZONE]: `; the zone's name is not looked at, since only the
/// device's own configuration says what it means.
fn cisco_stamp(text: &str) -> Option<Dated<'_>> {
    let mut rest = text;
    let mut host = None;
    if let Some((sequence, after)) = rest.split_once(": ")
        && !sequence.is_empty()
        && sequence.bytes().all(|byte| byte.is_ascii_digit())
    {
        rest = after.trim_start_matches(' ');
    }
    let marked = |text: &str| text.trim_start_matches(['*', '.']).len();
    if time::bsd(rest.get(rest.len() - marked(rest)..)?).is_none() {
        let (word, after) = rest.split_once(": ")?;
        if word.is_empty() || word.contains(' ') {
            return None;
        }
        host = Some(word);
        rest = after;
    }
    let rest = rest.get(rest.len() - marked(rest)..)?;
    if let Some(dated) = plain_stamp(rest, host)
        && dated.rest.starts_with('%')
    {
        return Some(dated);
    }
    let (stamp, after) = time::bsd(rest)?;
    let stamp_text = rest.get(..rest.len() - after.len())?;
    let (zone, after) = after.split_once(':')?;
    let zone = zone.strip_prefix(' ')?;
    let is_zone =
        (1..=5).contains(&zone.len()) && zone.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_zone.then(|| Dated {
        stamp,
        text: stamp_text,
        host,
        rest: after.trim_start_matches(' '),
    })
}

/// The word before the tag. A word that is itself a tag, or begins the message, is no host.
fn host(text: &str) -> Option<(&str, &str)> {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let is_host = !word.is_empty()
        && !word.ends_with(':')
        && !word.starts_with(['%', '{', '[', '<', '"', '@', '('])
        && !word.contains(['[', '\t', '=', '"'])
        && !text.starts_with("last message repeated ")
        && !text.starts_with("message repeated ");
    is_host.then_some((word, rest))
}

/// Fills in program, pid and the message after the tag, where there is a tag.
fn tagged<'a>(text: &'a str, header: &mut Header<'a>) {
    // Cisco ASA writes a lone colon between host and tag.
    let text = text.strip_prefix(": ").unwrap_or(text);
    let end = memchr::memchr3(b' ', b':', b'[', text.as_bytes());
    let (word_end, stop) = match end {
        Some(at) => (at, text.as_bytes().get(at).copied()),
        None => return snare(text, header),
    };
    if word_end == 0 || word_end > TAG_BYTES_MAX {
        return;
    }
    let (Some(program), Some(after)) = (text.get(..word_end), text.get(word_end..)) else {
        return;
    };
    if program.contains(['\t', '"', '{', '=']) {
        return snare(text, header);
    }
    match stop {
        Some(b':') => {
            let Some(message) = content(after) else {
                // `kernel:[12.3] text` of old kernels; but not `C:\x`, `http://x`, `12:30`.
                return;
            };
            header.program = Some(program);
            header.message = message;
        }
        Some(b'[') => {
            let Some((pid, rest)) = after
                .strip_prefix('[')
                .and_then(|text| text.split_once(']'))
            else {
                return;
            };
            let is_pid = !pid.is_empty() && pid.len() <= TAG_BYTES_MAX && !pid.contains([' ', '[']);
            let message = match rest.strip_prefix(':') {
                Some(message) => Some(message.strip_prefix(' ').unwrap_or(message)),
                None if rest.is_empty() => Some(rest),
                None => rest.strip_prefix(' '),
            };
            if let Some(message) = message.filter(|_| is_pid) {
                header.program = Some(program);
                header.pid = Some(pid);
                header.message = message;
            }
        }
        _ => {}
    }
}

/// What follows the colon of a tag, when that colon ends a tag.
fn content(after: &str) -> Option<&str> {
    let message = after.strip_prefix(':')?;
    if message.is_empty() {
        return Some(message);
    }
    message.strip_prefix(' ')
}

/// `MSWinEventLog<TAB>1<TAB>…`: the tag of the Snare agent ends with a tab.
fn snare<'a>(text: &'a str, header: &mut Header<'a>) {
    if let Some((program, message)) = text.split_once('\t')
        && matches!(program, "MSWinEventLog" | "LinuxKAudit")
    {
        header.program = Some(program);
        header.message = message;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_senders_write() {
        fn check(text: &str, expected: [&str; 5]) {
            let header = parse(text);
            let got = [
                header.stamp_text.unwrap_or("~"),
                header.host.unwrap_or("~"),
                header.program.unwrap_or("~"),
                header.pid.unwrap_or("~"),
                header.message,
            ];
            assert_eq!(got, expected, "{text}");
        }
        check(
            "Nov 23 22:19:35 vm sshd[4242]: tcp rfc3164",
            ["Nov 23 22:19:35", "vm", "sshd", "4242", "tcp rfc3164"],
        );
        check(
            "Nov 23 22:19:35 sshd[4242]: no host",
            ["Nov 23 22:19:35", "~", "sshd", "4242", "no host"],
        );
        check(
            "Nov 23 22:19:35 kernel: [ 12.3] no host",
            ["Nov 23 22:19:35", "~", "kernel", "~", "[ 12.3] no host"],
        );
        check(
            "2026-11-23T22:19:35 localhost prg00000[1234]: seq: 1",
            [
                "2026-11-23T22:19:35",
                "localhost",
                "prg00000",
                "1234",
                "seq: 1",
            ],
        );
        check(
            "2026-11-23T22:19:35.25+01:00 localhost Hostd: verbose hostd[8] x",
            [
                "2026-11-23T22:19:35.25+01:00",
                "localhost",
                "Hostd",
                "~",
                "verbose hostd[8] x",
            ],
        );
        check("hello", ["~", "~", "~", "~", "hello"]);
        check("myapp: Failed", ["~", "~", "myapp", "~", "Failed"]);
        check("C:\\x y", ["~", "~", "~", "~", "C:\\x y"]);
        check("http://x y", ["~", "~", "~", "~", "http://x y"]);
        check("12 monkeys", ["~", "~", "~", "~", "12 monkeys"]);
        check(
            " Mar  7 19:06:53 example tag: test",
            ["Mar  7 19:06:53", "example", "tag", "~", "test"],
        );
        check(
            "Mar 7 2008 19:06:53: example tag: test",
            ["Mar 7 2008 19:06:53", "example", "tag", "~", "test"],
        );
        check(
            "Mar 27 19:06:53 src sshd(pam_unix)[12750]: session opened",
            [
                "Mar 27 19:06:53",
                "src",
                "sshd(pam_unix)",
                "12750",
                "session opened",
            ],
        );
        check("Aug 30 23:00:05", ["Aug 30 23:00:05", "~", "~", "~", ""]);
        check(
            "Aug 30 23:00:05 X4711 ",
            ["Aug 30 23:00:05", "X4711", "~", "~", ""],
        );
        check(
            "Feb 18 16:01:59 serverX -- MARK --",
            ["Feb 18 16:01:59", "serverX", "~", "~", "-- MARK --"],
        );
        check(
            "Feb 18 16:01:59 last message repeated 2 times",
            [
                "Feb 18 16:01:59",
                "~",
                "~",
                "~",
                "last message repeated 2 times",
            ],
        );
        check(
            "Mar  6 16:57:54 172.20.245.8 %PIX-7-710005: UDP request",
            [
                "Mar  6 16:57:54",
                "172.20.245.8",
                "%PIX-7-710005",
                "~",
                "UDP request",
            ],
        );
        check(
            "Mar 6 2026 16:57:54 fw1 : %ASA-4-106023: Deny",
            ["Mar 6 2026 16:57:54", "fw1", "%ASA-4-106023", "~", "Deny"],
        );
        check(
            "123456789: HOSTNAME: May 21 12:00:01.123 gmt: %IOSXE-6-PLATFORM: F0: cpp",
            [
                "May 21 12:00:01.123",
                "HOSTNAME",
                "%IOSXE-6-PLATFORM",
                "~",
                "F0: cpp",
            ],
        );
        check(
            "45: *Mar  1 18:46:11: %SYS-5-CONFIG_I: Configured",
            ["Mar  1 18:46:11", "~", "%SYS-5-CONFIG_I", "~", "Configured"],
        );
        check(
            "May 21 12:00:01 host MSWinEventLog\t1\tSecurity",
            [
                "May 21 12:00:01",
                "host",
                "MSWinEventLog",
                "~",
                "1\tSecurity",
            ],
        );
        check(
            "%ASA-4-102030: Deny",
            ["~", "~", "%ASA-4-102030", "~", "Deny"],
        );
        check("", ["~", "~", "~", "~", ""]);
    }
}
