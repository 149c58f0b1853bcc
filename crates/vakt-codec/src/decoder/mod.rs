//! What programs say, read into ECS fields.
//!
//! [`decode_message`] runs after the transport (syslog, journald, a line of a file) has been
//! decoded. It looks at the program that wrote the message and, where none is named, at the shape
//! of the line, and adds what it understands as derived fields ([`vakt_event::Origin::Added`]),
//! borrowed from the message. It never changes or removes a field, and a message that it does not
//! know is no problem: the event stays as it was.
//!
//! A decoder is a file here with `fn decode(event, message) -> bool`, true where it understood.
//! A new one gets its line in `Program::of_name` and in `decode_as`.

mod accounts;
pub mod auditd;
mod cron;
mod fields;
mod pam;
mod sshd;
mod su;
mod sudo;
mod systemd;
mod web;

pub use web::local_time;

use vakt_event::{Event, ecs};

/// The families of programs that have a decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    Sshd,
    Sudo,
    Su,
    /// `useradd` and its kin, by its own name.
    Accounts(&'static str),
    Cron(&'static str),
    Systemd,
    Logind,
    Nginx,
    Apache,
    Audit,
    Kernel,
    /// A program without a decoder of its own; `pam` where old PAM put itself into the tag
    /// (`ftpd(pam_unix)`).
    Other {
        pam: bool,
    },
    /// The event names no program: a line of a file.
    Unnamed,
}

impl Program {
    /// The program that wrote this event: its syslog tag or journald identifier, else the command.
    pub(crate) fn of(event: &Event<'_>) -> Self {
        let name = event
            .text(ecs::LOG_SYSLOG_APPNAME)
            .or_else(|| event.text(ecs::PROCESS_NAME));
        match name {
            Some(name) if !name.is_empty() && name != "-" => Self::of_name(name),
            _ => Self::Unnamed,
        }
    }

    /// `name` may be a path (`/USR/SBIN/CRON`) and carry old PAM's suffix (`sshd(pam_unix)`).
    pub(crate) fn of_name(name: &str) -> Self {
        let name = base_name(name);
        let (name, pam) = match name.split_once('(') {
            Some((name, suffix)) => (name, suffix.starts_with("pam_")),
            None => (name, false),
        };
        let is = |known: &&str| name.eq_ignore_ascii_case(known);
        if let Some(known) = ACCOUNT_PROGRAMS.iter().find(|known| is(known)) {
            return Self::Accounts(known);
        }
        if let Some(known) = CRON_PROGRAMS.iter().find(|known| is(known)) {
            return Self::Cron(known);
        }
        let one_of = |names: &[&str]| names.iter().any(is);
        if one_of(&["sshd", "sshd-session", "sshd-auth"]) {
            Self::Sshd
        } else if one_of(&["sudo", "sudoedit"]) {
            Self::Sudo
        } else if one_of(&["su", "su-l", "runuser"]) {
            Self::Su
        } else if one_of(&["systemd"]) {
            Self::Systemd
        } else if one_of(&["systemd-logind"]) {
            Self::Logind
        } else if one_of(&["nginx", "openresty"]) {
            Self::Nginx
        } else if one_of(&[
            "apache",
            "apache2",
            "httpd",
            "httpd_access",
            "apache_access",
        ]) {
            Self::Apache
        } else if one_of(&["audispd", "audisp-syslog", "audit", "auditd"]) {
            Self::Audit
        } else if one_of(&["kernel"]) {
            Self::Kernel
        } else {
            Self::Other { pam }
        }
    }

    /// The name for `process.name` and `event.provider`.
    fn name(self) -> Option<&'static str> {
        match self {
            Self::Sshd => Some("sshd"),
            Self::Sudo => Some("sudo"),
            Self::Su => Some("su"),
            Self::Accounts(name) | Self::Cron(name) => Some(name),
            Self::Systemd => Some("systemd"),
            Self::Logind => Some("systemd-logind"),
            Self::Nginx => Some("nginx"),
            Self::Apache => Some("apache"),
            Self::Kernel => Some("kernel"),
            Self::Audit | Self::Other { .. } | Self::Unnamed => None,
        }
    }
}

/// Programs of the shadow suite and their BusyBox and Debian kin.
const ACCOUNT_PROGRAMS: &[&str] = &[
    "useradd", "userdel", "usermod", "adduser", "deluser", "newusers", "groupadd", "groupdel",
    "groupmod", "gpasswd", "passwd", "chpasswd", "chage", "chfn", "chsh", "vipw",
];

/// Vixie cron, cronie, anacron, dcron's `crontab`.
const CRON_PROGRAMS: &[&str] = &["cron", "crond", "crontab", "anacron"];

/// Adds to `event` what its message says, where a decoder knows the program or the line's shape.
///
/// `message` is the text after the transport's header: a syslog message's content, journald's
/// `MESSAGE`, or a whole line of a file.
pub fn decode_message<'a>(event: &mut Event<'a>, message: Option<&'a str>) {
    let Some(message) = message else { return };
    let program = Program::of(event);
    let (message, repeat) = match repeated(message) {
        Some((inner, count)) => (inner, Some(count)),
        None => (message, None),
    };
    let understood = decode_as(event, program, message);
    if !understood {
        return;
    }
    if let Some(count) = repeat {
        fields::number(event, ecs::VAKT_REPEAT, count);
    }
    if let Some(name) = program.name() {
        if event.text(ecs::PROCESS_NAME).is_none() {
            event.added(ecs::PROCESS_NAME, name);
        }
        if !event.has(ecs::EVENT_PROVIDER) {
            event.added(ecs::EVENT_PROVIDER, name);
        }
    }
}

/// Whether [`decode_message`] would add something to the event.
pub(crate) fn understands(event: &Event<'_>, message: &str) -> bool {
    let program = Program::of(event);
    let message = repeated(message).map_or(message, |(inner, _)| inner);
    let mut probe = Event::default();
    // Journald has parts of an audit record in fields of their own, which the probe has not.
    matches!(program, Program::Audit)
        || decode_as(&mut probe, program, message)
        || !probe.fields.is_empty()
}

fn decode_as<'a>(event: &mut Event<'a>, program: Program, message: &'a str) -> bool {
    if auditd::is_record(message) {
        return auditd::decode(event, message);
    }
    if pam::is_message(message) {
        return pam::decode(event, message);
    }
    match program {
        Program::Sshd => sshd::decode(event, message) || pam::decode_old(event, "sshd", message),
        Program::Sudo => sudo::decode(event, message),
        Program::Su => su::decode(event, message) || pam::decode_old(event, "su", message),
        Program::Accounts(_) => accounts::decode(event, message),
        Program::Cron(_) => cron::decode(event, message),
        Program::Systemd => systemd::decode(event, message),
        Program::Logind => systemd::decode_logind(event, message),
        Program::Nginx => web::decode(event, message, Some(web::Server::Nginx)),
        Program::Apache => web::decode(event, message, Some(web::Server::Apache)),
        Program::Audit => auditd::decode_journald(event, message),
        Program::Kernel => false,
        Program::Other { pam: true } => pam::decode_old(event, "", message),
        Program::Other { pam: false } | Program::Unnamed => web::decode(event, message, None),
    }
}

/// The message and the count of rsyslog's `message repeated 5 times: [ … ]`.
fn repeated(message: &str) -> Option<(&str, &str)> {
    let rest = message.trim_start().strip_prefix("message repeated ")?;
    let (count, rest) = rest.split_once(" times: [")?;
    let inner = rest.trim_end().strip_suffix(']')?;
    let is_count = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
    is_count.then(|| (inner.trim_start(), count))
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_known_by_tag_path_and_old_pam_suffix() {
        let check = |name, expected| assert_eq!(Program::of_name(name), expected, "{name}");
        check("sshd", Program::Sshd);
        check("sshd-session", Program::Sshd);
        check("sshd(pam_unix)", Program::Sshd);
        check("/USR/SBIN/CRON", Program::Cron("cron"));
        check("CROND", Program::Cron("crond"));
        check("useradd", Program::Accounts("useradd"));
        check("gdm(pam_unix)", Program::Other { pam: true });
        check("myapp", Program::Other { pam: false });
    }

    #[test]
    fn a_repeated_message_is_opened() {
        let check = |text, expected| assert_eq!(repeated(text), expected, "{text}");
        check(
            "message repeated 5 times: [ Failed password for root]",
            Some(("Failed password for root", "5")),
        );
        check("message repeated x times: [ a]", None);
        check("last message repeated 2 times", None);
    }
}
