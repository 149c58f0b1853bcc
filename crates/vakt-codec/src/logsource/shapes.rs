//! Log sources that a JSON event shows by the fields that its format requires.
//!
//! | required fields | log source |
//! |---|---|
//! | `eventVersion`, `eventSource` ending in `.amazonaws.com`, `eventName` | aws / cloudtrail |
//! | `_path` with the name of a Zeek log, and `ts` | zeek / that name |
//! | `apiVersion` of `audit.k8s.io`, and `auditID` | kubernetes / audit, category application |

use vakt_event::LogSource;

use super::Signs;

/// The Zeek logs that rules may ask for.
pub(super) const ZEEK_LOGS: &[&str] = &[
    "conn",
    "dce_rpc",
    "dhcp",
    "dnp3",
    "dns",
    "files",
    "ftp",
    "http",
    "irc",
    "kerberos",
    "modbus",
    "mysql",
    "notice",
    "ntlm",
    "ntp",
    "pe",
    "radius",
    "rdp",
    "rfb",
    "sip",
    "smb_files",
    "smb_mapping",
    "smtp",
    "snmp",
    "socks",
    "software",
    "ssh",
    "ssl",
    "syslog",
    "tunnel",
    "weird",
    "x509",
];

const CLOUDTRAIL: LogSource<'static> = LogSource::of("aws", "", "cloudtrail");
const KUBERNETES: LogSource<'static> = LogSource::of("kubernetes", "application", "audit");

pub(crate) fn known(known: &mut Vec<LogSource<'static>>) {
    known.extend([CLOUDTRAIL, KUBERNETES]);
    known.extend(ZEEK_LOGS.iter().map(|log| LogSource::of("zeek", "", log)));
}

pub(crate) fn log_sources(signs: &Signs<'_>, sources: &mut Vec<LogSource<'_>>) {
    if let (Some(source), Some(_), Some(_)) =
        (signs.event_source, signs.event_version, signs.event_name)
        && source.ends_with(".amazonaws.com")
    {
        sources.push(CLOUDTRAIL);
    }
    if let (Some(path), Some(_)) = (signs.zeek_path, signs.zeek_time)
        && let Some(log) = ZEEK_LOGS.iter().find(|log| **log == path)
    {
        sources.push(LogSource::of("zeek", "", log));
    }
    if let (Some(version), Some(_)) = (signs.api_version, signs.audit_id)
        && version.starts_with("audit.k8s.io/")
    {
        sources.push(KUBERNETES);
    }
}
