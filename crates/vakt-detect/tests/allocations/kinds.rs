//! The kinds of events, how many rules match one, and how often it allocates at most.

use vakt_event::Format::{self, Journal, Json, Syslog, Text};

use crate::events::*;

pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) format: Format,
    pub(crate) rules: usize,
    pub(crate) allocations: usize,
    pub(crate) text: &'static str,
}

const fn kind(
    name: &'static str,
    format: Format,
    rules: usize,
    allocations: usize,
    text: &'static str,
) -> Kind {
    Kind {
        name,
        format,
        rules,
        allocations,
        text,
    }
}

/// Where an event allocates, a comment says why.
#[rustfmt::skip]
pub(crate) const KINDS: &[Kind] = &[
    kind("Windows, flat", Json, 0, 0, FLAT),
    kind("Windows, flat, a value never seen before", Json, 0, 0, NEW_VALUE),
    kind("Windows, flat, rules match", Json, 2, 0, FLAT_HIT),
    kind("Windows, flat, logon", Json, 0, 0, LOGON),
    kind("Windows, flat, names with blanks", Json, 0, 0, DEFENDER),
    kind("Windows, nested as evtx dumps are", Json, 0, 0, NESTED),
    kind("Windows, nested, its data a list of pairs", Json, 2, 0, NESTED_DATA),
    kind("Windows, as Winlogbeat sends it", Json, 1, 0, WINLOGBEAT),
    kind("Windows, as Winlogbeat sends it, names dotted", Json, 1, 0, WINLOGBEAT_DOTTED),
    kind("Windows, as Winlogbeat sends it, with ECS fields", Json, 2, 0, WINLOGBEAT_ECS),
    kind("CloudTrail", Json, 0, 0, CLOUDTRAIL),
    kind("JSON, names and numbers written otherwise", Json, 0, 0, ODD_JSON),
    kind("JSON of an application", Json, 0, 0, APPLICATION),
    kind("JSON that names its program, its message escaped", Json, 0, 0, PROGRAM_JSON),
    // What is wrong, in words.
    kind("JSON, broken", Json, 0, 1, BROKEN_JSON),
    kind("sshd, RFC 3164, failed password", Syslog, 2, 0, SSHD_FAILED),
    kind("sshd, RFC 3164, accepted key", Syslog, 2, 0, SSHD_ACCEPTED),
    kind("sshd, RFC 3164, IPv4 in IPv6", Syslog, 0, 0, SSHD_MAPPED),
    kind("sshd, RFC 5424", Syslog, 1, 0, SSHD_5424),
    kind("PAM", Syslog, 0, 0, PAM),
    kind("sudo", Syslog, 0, 0, SUDO),
    kind("cron", Syslog, 0, 0, CRON),
    kind("systemd", Syslog, 0, 0, SYSTEMD),
    kind("JSON in syslog", Syslog, 0, 0, JSON_IN_SYSLOG),
    kind("web access log", Text, 0, 0, WEB),
    kind("web access log, escaped path", Text, 1, 0, WEB_ESCAPED),
    kind("nginx error log", Text, 0, 0, NGINX_ERROR),
    kind("Apache error log", Text, 0, 0, APACHE_ERROR),
    kind("auditd", Text, 0, 0, AUDITD),
    // The argument that is decoded, the command line that is joined.
    kind("auditd, a command in hexadecimal", Text, 0, 6, EXECVE),
    kind("text of no known format", Text, 0, 0, UNKNOWN),
    kind("journald, export", Journal, 1, 0, JOURNAL),
    kind("journald, JSON", Json, 1, 0, JOURNAL_JSON),
    // A decoder reads the message without its escapes, and the event cannot borrow from that: it is
    // copied.
    kind("journald, JSON, an escaped message that a decoder understands", Json, 0, 40, JOURNAL_ESCAPED),
    // What is wrong, in words that quote the time.
    kind("a time that is yet to come", Syslog, 0, 1, FUTURE),
    // The whole event is copied.
    kind("bytes that are no UTF-8", Syslog, 0, 29, NO_UTF8),
];
