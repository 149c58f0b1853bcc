//! Which Sigma log sources an event shows by the program or unit that wrote it, or by what a
//! decoder found it to be. `docs/log-sources.md` is the same table for people: change both.
//!
//! The words are those that Sigma's rules for Linux and for web servers ask for. Three choices
//! are ours:
//!
//! - Programs that log to syslog's `auth` and `authpriv` facilities show `service: auth`, all
//!   others `service: syslog`, as Debian's files `auth.log` and `syslog` part them. So a message of an unknown
//!   program that came by syslog or from journald shows `product: linux, service: syslog`, and
//!   Sigma's rules for all of Linux (16 keyword rules of `product: linux` alone) see it.
//! - A line of a file that names no program shows only what its shape proves: a web server's
//!   request or error, an audit record. The operator says more with `--logsource`.
//! - A record of auditd is never a process creation by itself, EXECVE neither: the event that
//!   [`crate::Coalescer`] joins is, so that one execution is matched once.

use vakt_event::{Event, Field, LogSource};

use crate::decoder::Program;
use crate::telling::{Roles, Telling};

/// Product, category and service; an empty word is a part that is not shown.
type Words = (&'static str, &'static str, &'static str);

const AUTH: Words = ("linux", "", "auth");
const SYSLOG: Words = ("linux", "", "syslog");

/// By the `event.dataset` that a decoder gave.
const BY_DATASET: &[(&str, &[Words])] = &[
    ("apache.access", &[("apache", "webserver", "apache")]),
    ("apache.error", &[("apache", "", "apache")]),
    ("auditd.log", &[("linux", "", "auditd")]),
    ("auditd.process", &[("linux", "process_creation", "")]),
    ("nginx.access", &[("nginx", "webserver", "nginx")]),
    ("nginx.error", &[("nginx", "", "nginx")]),
    ("system.auth", &[AUTH]),
    ("web.access", &[("", "webserver", "")]),
];

/// By program (syslog tag or journald identifier) or systemd unit, for programs without a
/// decoder of their own.
struct Row {
    programs: &'static [&'static str],
    units: &'static [&'static str],
    shows: &'static [Words],
}

const BY_NAME: &[Row] = &[
    Row {
        programs: &["clamd", "clamav", "freshclam", "clamscan", "clamdscan"],
        units: &["clamav-daemon.service", "clamd@scan.service"],
        shows: &[("linux", "", "clamav"), SYSLOG],
    },
    Row {
        programs: &["vsftpd"],
        units: &["vsftpd.service"],
        shows: &[("linux", "", "vsftpd"), SYSLOG],
    },
    Row {
        programs: &["guacd", "guacamole"],
        units: &["guacd.service"],
        shows: &[("linux", "", "guacamole"), SYSLOG],
    },
    Row {
        programs: &[
            "login",
            "pkexec",
            "polkitd",
            "doas",
            "gdm-password]",
            "lightdm",
            "sssd",
            "sssd_pam",
            "unix_chkpwd",
        ],
        units: &["polkit.service"],
        shows: &[AUTH],
    },
    Row {
        programs: &[],
        units: &["ssh.service", "sshd.service"],
        shows: &[("linux", "", "sshd"), AUTH],
    },
    Row {
        programs: &[],
        units: &["cron.service", "crond.service", "anacron.service"],
        shows: &[("linux", "", "cron"), SYSLOG],
    },
];

/// Adds to `event.log_sources` what its program, its unit and its decoder show. It runs after
/// [`crate::decoder::decode_message`]; an event that already shows another product (Windows in a
/// syslog message, say) gets nothing of Linux.
pub fn log_sources(event: &mut Event<'_>) {
    let mut telling = Telling::default();
    telling.note(&event.fields);
    add(event, &telling);
}

/// [`log_sources`], where the telling fields are known.
pub(crate) fn add(event: &mut Event<'_>, telling: &Telling) {
    let foreign = event.log_sources.iter().any(|shown| {
        shown
            .product
            .as_deref()
            .is_some_and(|product| !product.eq_ignore_ascii_case("linux"))
    });
    if foreign {
        return;
    }
    let mut sources = std::mem::take(&mut event.log_sources);
    let mut shows_linux = false;
    let mut show = |words: &[Words]| {
        for (product, category, service) in words {
            shows_linux |= *product == "linux";
            let source = LogSource::of(product, category, service);
            if !sources.contains(&source) {
                sources.push(source);
            }
        }
        shows_linux
    };
    let mut datasets = telling.with(&event.fields, Roles::DATASET).peekable();
    if datasets.peek().is_some() {
        for (dataset, words) in BY_DATASET {
            if datasets.clone().any(|field| field.value.text() == *dataset) {
                show(words);
            }
        }
    }
    let with = |roles| telling.with(&event.fields, roles);
    if with(Roles::TRANSPORT).next().is_some() {
        show(by_program(Program::of(event)));
        let mut names = with(Roles::APPNAME).filter(|field| !field.value.is_null());
        let name = names.next().map_or("", |field| field.value.text());
        let units = with(Roles::UNIT).filter(|field| !field.value.is_null());
        let mut units = units.peekable();
        let has_unit = units.peek().is_some();
        for row in BY_NAME {
            let by_name = row
                .programs
                .iter()
                .any(|program| name.eq_ignore_ascii_case(program));
            let by_unit = |mut units: std::iter::Peekable<_>| {
                units.any(|unit: &Field<'_>| row.units.contains(&unit.value.text()))
            };
            if by_name || has_unit && by_unit(units.clone()) {
                show(row.shows);
            }
        }
        if !show(&[]) {
            show(&[SYSLOG]);
        }
    }
    event.log_sources = sources;
}

/// Every log source that [`log_sources`] can show: what lint holds the rules' log sources against.
pub fn known() -> Vec<LogSource<'static>> {
    let programs = [
        Program::Sshd,
        Program::Sudo,
        Program::Su,
        Program::Cron("cron"),
        Program::Audit,
        Program::Systemd,
    ];
    let mut known: Vec<Words> = BY_DATASET
        .iter()
        .flat_map(|(_, words)| words.iter())
        .chain(BY_NAME.iter().flat_map(|row| row.shows))
        .chain(programs.iter().flat_map(|program| by_program(*program)))
        .copied()
        .collect();
    known.sort_unstable();
    known.dedup();
    known
        .into_iter()
        .map(|(product, category, service)| LogSource::of(product, category, service))
        .collect()
}

fn by_program(program: Program) -> &'static [Words] {
    match program {
        Program::Sshd => &[("linux", "", "sshd"), AUTH],
        Program::Sudo => &[("linux", "", "sudo"), AUTH],
        Program::Su | Program::Accounts(_) | Program::Logind => &[AUTH],
        Program::Cron(_) => &[("linux", "", "cron"), SYSLOG],
        Program::Audit => &[("linux", "", "auditd")],
        Program::Systemd | Program::Kernel | Program::Nginx | Program::Apache => &[SYSLOG],
        Program::Other { .. } | Program::Unnamed => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_sources_that_can_be_shown() {
        let known: Vec<_> = known().iter().map(ToString::to_string).collect();
        let expected = "category=webserver
product=apache,service=apache
product=apache,category=webserver,service=apache
product=linux,service=auditd
product=linux,service=auth
product=linux,service=clamav
product=linux,service=cron
product=linux,service=guacamole
product=linux,service=sshd
product=linux,service=sudo
product=linux,service=syslog
product=linux,service=vsftpd
product=linux,category=process_creation
product=nginx,service=nginx
product=nginx,category=webserver,service=nginx";
        assert_eq!(known.join("\n"), expected);
    }
}
