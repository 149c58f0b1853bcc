//! The rules that the events are put to: the pack of this repository, and rules of every kind of
//! test, none of which the events match.

use std::path::Path;

use vakt_rules::ast::RuleSet;
use vakt_rules::{LoadOptions, RuleSource, load};

/// Log source and detection.
const RULES: &[(&str, &str)] = &[
    // Whole values, beginnings, ends, parts.
    (PROCESS, "s: {Image|endswith: '\\whoami.exe'}"),
    (
        PROCESS,
        "s: {Image|endswith: ['\\psexec.exe', '\\mimikatz.exe']}",
    ),
    (PROCESS, "s: {Image|startswith: 'C:\\Perflogs\\'}"),
    (PROCESS, "s: {Image|contains: '\\Temp\\'}"),
    (PROCESS, "s: {OriginalFileName: 'RUNDLL32.EXE'}"),
    (
        PROCESS,
        "s: {CommandLine|contains: 'sekurlsa::logonpasswords'}",
    ),
    (
        PROCESS,
        "s: {CommandLine|contains: [' -enc ', ' -EncodedCommand ', 'FromBase64String']}",
    ),
    (
        PROCESS,
        "s: {CommandLine|contains|all: ['-k ', 'netsvcs', 'evil']}",
    ),
    (
        PROCESS,
        "s: {CommandLine|contains|all: ['net', 'user', '/add']}",
    ),
    (
        PROCESS,
        "s: {CommandLine|startswith: 'cmd.exe /c echo', User|contains: 'SYSTEM'}",
    ),
    (PROCESS, "s: {CommandLine|contains|windash: ' -urlcache '}"),
    (
        PROCESS,
        "s: {CommandLine|wide|base64offset|contains: 'Invoke-Expression'}",
    ),
    (PROCESS, "s: {CommandLine: '*\\\\*\\ADMIN$\\*.exe'}"),
    (PROCESS, "s: {CommandLine|contains|cased: 'IEX'}"),
    (
        PROCESS,
        "s: {ParentImage|endswith: '\\services.exe', Image|endswith: '\\cmd.exe'}",
    ),
    (
        PROCESS,
        "s: {ParentImage|endswith: ['\\winword.exe', '\\excel.exe'], Image|endswith: '.exe'}",
    ),
    // Filters and negation.
    (
        PROCESS,
        "s: {Image|endswith: '\\svchost.exe'}, f: {ParentImage|endswith: '\\services.exe'}",
    ),
    (
        PROCESS,
        "s: {IntegrityLevel: System}, f: {User|contains: ['AUTHORITY', 'AUTORI']}",
    ),
    (
        PROCESS,
        "s: {Image|endswith: '\\svchost.exe'}, f: {CommandLine|contains: ' -k '}",
    ),
    // Regular expressions, with and without literals that they require.
    (PROCESS, "s: {CommandLine|re: 'certutil.{1,20}-decode'}"),
    (PROCESS, "s: {CommandLine|re: '[0-9a-f]{64,}'}"),
    (
        PROCESS,
        "s: {CommandLine|re|i: '\\b(bypass|hidden)\\b.*http'}",
    ),
    (PROCESS, "s: {Image|re: '^[A-Z]:\\\\[^\\\\]{1,3}\\.exe$'}"),
    // Presence, null, numbers, other fields.
    (PROCESS, "s: {Image|exists: false}"),
    (PROCESS, "s: {Hashes: null}"),
    (PROCESS, "s: {Company: ''}"),
    (PROCESS, "s: {ProcessId|lt: 4}"),
    (PROCESS, "s: {CommandLine|fieldref: ParentCommandLine}"),
    // Other services.
    (SECURITY, "s: {EventID: 4625, LogonType: [3, 10]}"),
    (
        SECURITY,
        "s: {EventID: 4624, IpAddress|cidr: ['203.0.113.0/24', '2001:db8::/32']}",
    ),
    (SECURITY, "s: {SubjectUserSid: null}"),
    (WINDOWS, "s: {EventID: 1102}"),
    (WINDOWS, "s: {Message|contains|all: [secret, handshake]}"),
    (WINDOWS, "s: ['mimikatz', 'lsadump::', 'Invoke-BloodHound']"),
    (WINDOWS, "s: {'|all': ['never', 'said', 'together']}"),
    (WINDOWS, "s: {'|re': 'kerbero[a-z]+ing'}"),
    (
        CLOUDTRAIL,
        "s: {eventSource: iam.amazonaws.com, eventName: CreateAccessKey}",
    ),
    (
        CLOUDTRAIL,
        "s: {userIdentity.type: Root}, f: {eventType: AwsServiceEvent}",
    ),
    (CLOUDTRAIL, "s: {requestParameters|exists: false}"),
    (CLOUDTRAIL, "s: {sourceIPAddress|cidr: 198.51.100.0/24}"),
    (
        CLOUDTRAIL,
        "s: {requestParameters.ipPermissions.items.cidrIp: 0.0.0.0/0}",
    ),
    (
        CLOUDTRAIL,
        "s: {additionalEventData.bytesTransferredOut|gt: 1e9}",
    ),
    (LINUX, "s: ['segfault at', 'Out of memory']"),
    (LINUX, "s: {message|re: '(\\d{1,3}\\.){3}\\d{1,3}:31337'}"),
    (
        WEB,
        "s: {cs-uri-query|contains: ['union select', '<script']}",
    ),
    (WEB, "s: {cs-user-agent|contains: sqlmap}"),
];

const PROCESS: &str = "product: windows, category: process_creation";
const SECURITY: &str = "product: windows, service: security";
const WINDOWS: &str = "product: windows";
const CLOUDTRAIL: &str = "product: aws, service: cloudtrail";
const LINUX: &str = "product: linux";
const WEB: &str = "category: webserver";

pub(crate) fn rules() -> RuleSet {
    let mut sources = Vec::new();
    for folder in ["linux", "web"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../rules")
            .join(folder);
        for file in std::fs::read_dir(&folder).unwrap() {
            let path = file.unwrap().path();
            sources.push(source(
                &path.to_string_lossy(),
                std::fs::read_to_string(&path).unwrap(),
            ));
        }
    }
    let pack = sources.len();
    assert!(pack > 20, "the pack has {pack} files");
    for (number, (log_source, detection)) in RULES.iter().enumerate() {
        let condition = match detection.contains(", f: ") {
            true => "s and not f",
            false => "s",
        };
        let text = format!(
            "title: Rule {number}\nlogsource: {{{log_source}}}\n\
             detection: {{{detection}, condition: {condition}}}\n"
        );
        sources.push(source(&format!("{number}.yml"), text));
    }
    let loaded = load(&sources, &LoadOptions::default());
    assert_eq!(loaded.counts.refused, 0, "{:#?}", loaded.diagnostics);
    loaded.rules
}

fn source(path: &str, text: String) -> RuleSource {
    RuleSource {
        path: path.to_owned(),
        text,
        embedded: false,
    }
}
