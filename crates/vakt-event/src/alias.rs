//! Names that mean the same field: one table for rules, search and redaction.
//!
//! A sender's own name and its ECS name are one field, so that a rule on `Image` fires on an
//! event that carries `process.executable`, and a search for either finds both.

use std::sync::LazyLock;

use hashbrown::HashMap;

/// A sender's name, then the ECS name that it stands for. Sources: the Sysmon and Security event
/// schemas, W3C extended log fields, systemd.journal-fields(7), RFC 5424.
pub const ALIASES: &[(&str, &str)] = &[
    // Sysmon and Security 4688: processes.
    ("Image", "process.executable"),
    ("NewProcessName", "process.executable"),
    ("CommandLine", "process.command_line"),
    ("ProcessCommandLine", "process.command_line"),
    ("CurrentDirectory", "process.working_directory"),
    ("ParentImage", "process.parent.executable"),
    ("ParentProcessName", "process.parent.executable"),
    ("ParentCommandLine", "process.parent.command_line"),
    ("ProcessGuid", "process.entity_id"),
    ("ParentProcessGuid", "process.parent.entity_id"),
    ("OriginalFileName", "process.pe.original_file_name"),
    ("User", "user.name"),
    // Sysmon: files, registry, network, names.
    ("TargetFilename", "file.path"),
    ("TargetObject", "registry.path"),
    ("SourceIp", "source.ip"),
    ("SourcePort", "source.port"),
    ("DestinationIp", "destination.ip"),
    ("DestinationPort", "destination.port"),
    ("DestinationHostname", "destination.domain"),
    ("QueryName", "dns.question.name"),
    // Windows event header.
    ("EventID", "event.code"),
    ("EventId", "event.code"),
    ("Computer", "host.name"),
    ("Hostname", "host.name"),
    ("Provider_Name", "event.provider"),
    // W3C extended log format: web servers and proxies. Rules write parts of the path into
    // `cs-uri-query`, so it stands for the whole request target.
    ("c-ip", "source.ip"),
    ("cs-method", "http.request.method"),
    ("cs-uri", "url.original"),
    ("c-uri", "url.original"),
    ("cs-uri-query", "url.original"),
    ("c-uri-query", "url.original"),
    ("cs-uri-stem", "url.path"),
    ("c-uri-stem", "url.path"),
    ("cs-user-agent", "user_agent.original"),
    ("c-useragent", "user_agent.original"),
    ("cs-referer", "http.request.referrer"),
    ("cs-referrer", "http.request.referrer"),
    ("sc-status", "http.response.status_code"),
    ("cs-host", "url.domain"),
    // journald.
    ("MESSAGE", "message"),
    ("_HOSTNAME", "host.name"),
    ("_MACHINE_ID", "host.id"),
    ("_PID", "process.pid"),
    ("_EXE", "process.executable"),
    ("_CMDLINE", "process.command_line"),
    ("_COMM", "process.name"),
    ("_SYSTEMD_UNIT", "systemd.unit"),
    ("_UID", "user.id"),
    ("SYSLOG_IDENTIFIER", "log.syslog.appname"),
    ("SYSLOG_PID", "log.syslog.procid"),
];

static CANONICAL: LazyLock<HashMap<&'static str, &'static str>> =
    LazyLock::new(|| ALIASES.iter().copied().collect());

/// The ECS name of `name`, or `name` itself where the table does not know it.
pub fn canonical(name: &str) -> &str {
    CANONICAL.get(name).copied().unwrap_or(name)
}

/// All names that mean the same as `name`, its canonical name first.
pub fn synonyms(name: &str) -> impl Iterator<Item = &str> {
    let wanted = canonical(name);
    std::iter::once(wanted).chain(
        ALIASES
            .iter()
            .filter(move |(_, target)| *target == wanted)
            .map(|(alias, _)| *alias),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_alias_is_itself_an_ecs_name_or_stands_twice() {
        let mut names: Vec<_> = ALIASES.iter().map(|(alias, _)| *alias).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
        for (_, target) in ALIASES {
            assert_eq!(canonical(target), *target);
        }
    }
}
