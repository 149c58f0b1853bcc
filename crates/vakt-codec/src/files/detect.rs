//! What a file, or a line of it, holds.

use vakt_event::Format;

use crate::journal::is_field_name;
use crate::syslog;

/// More of a file's beginning than this is not looked at to tell a journal export: the first line
/// of one is a cursor of about 130 bytes or something shorter.
const BEGINNING_BYTES_MAX: usize = 256;

/// As much of a line as a syslog time stamp and what may stand before it need.
const HEADER_BYTES_MAX: usize = 64;

/// The names of arrays that wrap the events of a whole file: AWS CloudTrail's `Records`, and
/// `Events` of its lookup command.
const WRAPPERS: [&[u8]; 2] = [b"\"Records\"", b"\"Events\""];

/// Whether the first line is not whole yet.
pub(super) fn needs_more(beginning: &[u8]) -> bool {
    beginning.len() < BEGINNING_BYTES_MAX && !beginning.trim_ascii_start().contains(&b'\n')
}

/// Whether a file that begins so is a journal export: its first line is a field whose name only
/// journald gives (they begin with `_`), or one that its senders use.
pub(super) fn is_journal_export(beginning: &[u8]) -> bool {
    let line = beginning
        .get(..BEGINNING_BYTES_MAX)
        .unwrap_or(beginning)
        .trim_ascii_start()
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let (name, is_text) = match memchr::memchr(b'=', line) {
        Some(at) => (line.get(..at).unwrap_or_default(), true),
        None => (line, false),
    };
    let known = name.starts_with(b"_")
        || (is_text && (name.starts_with(b"SYSLOG_") || matches!(name, b"MESSAGE" | b"PRIORITY")));
    known && is_field_name(name)
}

/// Whether a line is JSON, a syslog message or plain text, by how it begins.
pub fn line_format(line: &[u8]) -> Format {
    let line = line.trim_ascii_start();
    if line.starts_with(b"{") {
        return Format::Json;
    }
    let beginning = line.get(..HEADER_BYTES_MAX).unwrap_or(line);
    let text = match std::str::from_utf8(beginning) {
        Ok(text) => text,
        Err(error) => beginning
            .get(..error.valid_up_to())
            .and_then(|valid| std::str::from_utf8(valid).ok())
            .unwrap_or(""),
    };
    if syslog::begins_as_syslog(text) {
        Format::Syslog
    } else {
        Format::Text
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrapper {
    /// The bytes up to and with the array's bracket.
    Yes(usize),
    No,
    /// More bytes must tell.
    More,
}

/// Whether `bytes` begin with `{"Records":[{`, blanks wherever.
pub(super) fn wrapper(bytes: &[u8]) -> Wrapper {
    WRAPPERS
        .iter()
        .map(|name| wrapper_named(bytes, name))
        .find(|found| *found != Wrapper::No)
        .unwrap_or(Wrapper::No)
}

fn wrapper_named(bytes: &[u8], name: &[u8]) -> Wrapper {
    let mut at = 0;
    for part in [b"{" as &[u8], name, b":", b"["] {
        for wanted in part {
            match bytes.get(at) {
                None => return Wrapper::More,
                Some(byte) if byte == wanted => at += 1,
                Some(_) => return Wrapper::No,
            }
        }
        let length = at;
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = bytes.get(at) {
            at += 1;
        }
        if part == b"[" {
            return match bytes.get(at) {
                None => Wrapper::More,
                Some(b'{') => Wrapper::Yes(length),
                Some(_) => Wrapper::No,
            };
        }
    }
    Wrapper::No
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let check = |line: &[u8], expected| assert_eq!(line_format(line), expected);
        check(b" {\"a\":1}", Format::Json);
        check(b"<34>1 - - - - - -", Format::Syslog);
        check(b"Nov 24 09:00:00 web1 sshd[1]: x", Format::Syslog);
        check(b"2026-11-24T09:00:00+01:00 web1 sshd[1]: x", Format::Syslog);
        check(
            b"203.0.113.7 - - [24/Nov/2026:09:00:00 +0000] \"GET / HTTP/1.1\"",
            Format::Text,
        );
        check(b"type=SYSCALL msg=audit(1:2): x", Format::Text);
        check(b"[Sun Dec 04 04:47:44 2005] [notice] x", Format::Text);
        check(b"\xff\xfe", Format::Text);
    }

    #[test]
    fn journal_exports() {
        let check = |text: &[u8], expected| assert_eq!(is_journal_export(text), expected);
        check(b"__CURSOR=s=1\n", true);
        check(b"_HOSTNAME=x\n", true);
        check(b"MESSAGE=x\n", true);
        check(b"PATH=x\n", false);
        check(b"message=x\n", false);
        check(b"___\n", true);
        check(b"", false);
    }

    #[test]
    fn wrappers() {
        let check = |text: &[u8], expected| assert_eq!(wrapper(text), expected);
        check(b"{\"Records\":[{", Wrapper::Yes(12));
        check(b"{ \"Records\" :\n[ {", Wrapper::Yes(15));
        check(b"{\"Events\":[{", Wrapper::Yes(11));
        check(b"{\"Records\":[", Wrapper::More);
        check(b"{\"Rec", Wrapper::More);
        check(b"{", Wrapper::More);
        check(b"{\"Records\":[]}", Wrapper::No);
        check(b"{\"Records\":1}", Wrapper::No);
        check(b"{\"a\":1}", Wrapper::No);
    }
}
