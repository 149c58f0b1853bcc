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
    ("Message", "message"),
    // The header's attributes as evtx dumps nest them; their joined names are what rules use.
    ("Provider.#attributes.Name", "event.provider"),
    ("Provider.#attributes.Guid", "Provider_Guid"),
    ("EventID.#text", "event.code"),
    (
        "TimeCreated.#attributes.SystemTime",
        "TimeCreated_SystemTime",
    ),
    ("Execution.#attributes.ProcessID", "Execution_ProcessID"),
    ("Execution.#attributes.ThreadID", "Execution_ThreadID"),
    ("Security.#attributes.UserID", "Security_UserID"),
    // Winlogbeat.
    ("winlog.channel", "Channel"),
    ("winlog.event_id", "event.code"),
    ("winlog.computer_name", "host.name"),
    ("winlog.provider_name", "event.provider"),
    ("winlog.provider_guid", "Provider_Guid"),
    ("winlog.record_id", "EventRecordID"),
    ("winlog.task", "Task"),
    ("winlog.opcode", "Opcode"),
    ("winlog.keywords", "Keywords"),
    ("winlog.process.pid", "Execution_ProcessID"),
    ("winlog.process.thread.id", "Execution_ThreadID"),
    ("winlog.user.identifier", "Security_UserID"),
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

/// A sieve before the table: for each first byte, the lengths (as bits, 63 and longer as the last
/// one) of the aliases that begin with it. Most names of most events are no alias, and this shows
/// it without hashing them: names are compared many times for each event.
static LENGTHS: [u64; 256] = lengths();

const fn lengths() -> [u64; 256] {
    let mut lengths = [0; 256];
    let mut at = 0;
    while at < ALIASES.len() {
        let name = ALIASES[at].0;
        lengths[name.as_bytes()[0] as usize] |= length_bit(name);
        at += 1;
    }
    // Names in an envelope are looked at whatever their length.
    lengths[b'E' as usize] = u64::MAX;
    lengths[b'w' as usize] = u64::MAX;
    lengths
}

const fn length_bit(name: &str) -> u64 {
    let length = name.len();
    1 << if length < 63 { length } else { 63 }
}

/// The ECS name of `name`, or `name` itself where the table does not know it; in both cases
/// without the envelope of a Windows event. Allocates nothing.
#[inline]
pub fn canonical(name: &str) -> &str {
    let lengths = match name.as_bytes().first() {
        Some(first) => LENGTHS.get(usize::from(*first)).copied().unwrap_or(0),
        None => 0,
    };
    if lengths & length_bit(name) == 0 {
        return name;
    }
    looked_up(name)
}

fn looked_up(name: &str) -> &str {
    let name = without_envelope(name);
    CANONICAL.get(name).copied().unwrap_or(name)
}

/// The name inside the wrapping in which a Windows event came: `Event.EventData.Image` (evtx
/// dumps) and `winlog.event_data.Image` (Winlogbeat) are `Image`. `Event.UserData` wraps twice:
/// once by itself, once by the element in it.
#[inline]
pub fn without_envelope(name: &str) -> &str {
    match name.as_bytes().first() {
        Some(b'E' | b'w') => unwrapped(name),
        _ => name,
    }
}

fn unwrapped(name: &str) -> &str {
    if let Some(inside) = name.strip_prefix("Event.") {
        if let Some(rest) = inside.strip_prefix("UserData.") {
            return match rest.split_once('.') {
                Some((_element, field)) => field,
                None => rest,
            };
        }
        return ["EventData.", "System."]
            .iter()
            .find_map(|wrapping| inside.strip_prefix(wrapping))
            .unwrap_or(name);
    }
    if let Some(inside) = name.strip_prefix("winlog.") {
        return ["event_data.", "user_data."]
            .iter()
            .find_map(|wrapping| inside.strip_prefix(wrapping))
            .unwrap_or(name);
    }
    name
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
    fn every_shape_of_a_windows_field_is_one_field() {
        let check = |expected: &str, names: &[&str]| {
            for name in names {
                assert_eq!(canonical(name), expected, "{name}");
            }
        };
        check(
            "process.executable",
            &["Image", "Event.EventData.Image", "winlog.event_data.Image"],
        );
        check(
            "event.code",
            &[
                "EventID",
                "Event.System.EventID",
                "Event.System.EventID.#text",
                "winlog.event_id",
            ],
        );
        check(
            "Channel",
            &["Channel", "Event.System.Channel", "winlog.channel"],
        );
        check(
            "host.name",
            &["Computer", "Event.System.Computer", "winlog.computer_name"],
        );
        check(
            "event.provider",
            &[
                "Provider_Name",
                "Event.System.Provider.#attributes.Name",
                "winlog.provider_name",
            ],
        );
        check(
            "TargetUserName",
            &[
                "Event.EventData.TargetUserName",
                "winlog.event_data.TargetUserName",
            ],
        );
        check(
            "Param1",
            &["Event.UserData.EventXML.Param1", "Event.UserData.Param1"],
        );
        check("Event.Other", &["Event.Other"]);
        check("winlog.api", &["winlog.api"]);
    }

    #[test]
    fn every_alias_passes_the_sieve() {
        for (alias, target) in ALIASES {
            assert_eq!(canonical(alias), *target);
        }
        assert_eq!(canonical(""), "");
    }

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
