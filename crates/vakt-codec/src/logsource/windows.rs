//! Windows event channels and ids to Sigma's services and categories.
//!
//! The names are those of the Sigma specification's taxonomy and of the field mapping for Windows
//! that SigmaHQ's tools share; the channels are Windows' own.

use vakt_event::LogSource;

use super::Signs;

/// Channel, then the service that rules ask for. The rows of a channel stand together, the most
/// common channels first.
pub const SERVICES: &[(&str, &str)] = &[
    ("Security", "security"),
    ("System", "system"),
    ("Application", "application"),
    ("Microsoft-Windows-Sysmon/Operational", SYSMON),
    ("Microsoft-Windows-PowerShell/Operational", POWERSHELL),
    ("PowerShellCore/Operational", POWERSHELL),
    ("Windows PowerShell", POWERSHELL_CLASSIC),
    (
        "Microsoft-Windows-Windows Defender/Operational",
        "windefend",
    ),
    (
        "Microsoft-Windows-TaskScheduler/Operational",
        "taskscheduler",
    ),
    ("Microsoft-Windows-WMI-Activity/Operational", "wmi"),
    ("DNS Server", "dns-server"),
    ("Microsoft-Windows-DNSServer/Audit", "dns-server-audit"),
    ("Microsoft-Windows-DNS-Server/Audit", "dns-server-audit"),
    (
        "Microsoft-Windows-DNSServer/Analytical",
        "dns-server-analytic",
    ),
    (
        "Microsoft-Windows-DNS-Server/Analytical",
        "dns-server-analytic",
    ),
    (
        "Microsoft-Windows-DNS Client Events/Operational",
        "dns-client",
    ),
    ("Microsoft-Windows-DHCP-Server/Operational", "dhcp"),
    (
        "Microsoft-Windows-DriverFrameworks-UserMode/Operational",
        "driver-framework",
    ),
    ("Microsoft-Windows-NTLM/Operational", "ntlm"),
    ("Microsoft-Windows-PrintService/Admin", "printservice-admin"),
    (
        "Microsoft-Windows-PrintService/Operational",
        "printservice-operational",
    ),
    (
        "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational",
        "terminalservices-localsessionmanager",
    ),
    (
        "Microsoft-Windows-CodeIntegrity/Operational",
        "codeintegrity-operational",
    ),
    ("Microsoft-Windows-AppLocker/EXE and DLL", "applocker"),
    ("Microsoft-Windows-AppLocker/MSI and Script", "applocker"),
    (
        "Microsoft-Windows-AppLocker/Packaged app-Deployment",
        "applocker",
    ),
    (
        "Microsoft-Windows-AppLocker/Packaged app-Execution",
        "applocker",
    ),
    ("MSExchange Management", "msexchange-management"),
    // The taxonomy's service is the second one.
    ("Microsoft-ServiceBus-Client", "microsoft-servicebus-client"),
    ("Microsoft-ServiceBus-Client", "servicebus-client"),
    (
        "Microsoft-ServiceBus-Client/Admin",
        "microsoft-servicebus-client",
    ),
    ("Microsoft-ServiceBus-Client/Admin", "servicebus-client"),
    (
        "Microsoft-ServiceBus-Client/Operational",
        "microsoft-servicebus-client",
    ),
    (
        "Microsoft-ServiceBus-Client/Operational",
        "servicebus-client",
    ),
    ("Microsoft-Windows-LDAP-Client/Debug", "ldap"),
    ("Microsoft-Windows-LDAP-Client/Debug", "ldap_debug"),
    (
        "Microsoft-Windows-Security-Mitigations/KernelMode",
        "security-mitigations",
    ),
    (
        "Microsoft-Windows-Security-Mitigations/Kernel Mode",
        "security-mitigations",
    ),
    (
        "Microsoft-Windows-Security-Mitigations/UserMode",
        "security-mitigations",
    ),
    (
        "Microsoft-Windows-Security-Mitigations/User Mode",
        "security-mitigations",
    ),
    (
        "Microsoft-Windows-Diagnosis-Scripted/Operational",
        "diagnosis-scripted",
    ),
    ("Microsoft-Windows-Shell-Core/Operational", "shell-core"),
    ("OpenSSH/Operational", "openssh"),
    ("Microsoft-Windows-Bits-Client/Operational", "bits-client"),
    ("Microsoft-Windows-SmbClient/Security", "smbclient-security"),
    (
        "Microsoft-Windows-SmbClient/Connectivity",
        "smbclient-connectivity",
    ),
    (
        "Microsoft-Windows-SMBServer/Connectivity",
        "smbserver-connectivity",
    ),
    (
        "Microsoft-Windows-Windows Firewall With Advanced Security/Firewall",
        "firewall-as",
    ),
    ("Microsoft-Windows-VHDMP-Operational", "vhdmp"),
    ("Microsoft-Windows-VHDMP/Operational", "vhdmp"),
    (
        "Microsoft-Windows-AppXDeploymentServer/Operational",
        "appxdeployment-server",
    ),
    (
        "Microsoft-Windows-AppxPackaging/Operational",
        "appxpackaging-om",
    ),
    (
        "Microsoft-Windows-AppModel-Runtime/Admin",
        "appmodel-runtime",
    ),
    ("Microsoft-Windows-LSA/Operational", "lsa-server"),
    ("Microsoft-Windows-CAPI2/Operational", "capi2"),
    (
        "Microsoft-Windows-CertificateServicesClient-Lifecycle-System/Operational",
        "certificateservicesclient-lifecycle-system",
    ),
    (
        "Microsoft-IIS-Configuration/Operational",
        "iis-configuration",
    ),
    ("Microsoft-Windows-SENSE/Operational", "sense"),
    // As the taxonomy writes the name, and as Windows does.
    ("Microsoft-Windows-Hyper-V-Worker", "hyper-v-worker"),
    ("Microsoft-Windows-Hyper-V-Worker-Admin", "hyper-v-worker"),
    (
        "Microsoft-Windows-Kernel-EventTracing",
        "kernel-event-tracing",
    ),
    (
        "Microsoft-Windows-Kernel-EventTracing/Admin",
        "kernel-event-tracing",
    ),
    (
        "Microsoft-Windows-Kernel-ShimEngine/Operational",
        "kernel-shimengine",
    ),
    (
        "Microsoft-Windows-Application-Experience/Program-Telemetry",
        "application-experience",
    ),
    (
        "Microsoft-Windows-Application-Experience/Program-Compatibility-Assistant",
        "application-experience",
    ),
    ("Microsoft-Windows-Ntfs/Operational", "ntfs"),
    (
        "Microsoft-Windows-BitLocker/BitLocker Management",
        "bitlocker",
    ),
];

/// Sysmon for Linux.
const LINUX_SYSMON_CHANNEL: &str = "Linux-Sysmon/Operational";

const SYSMON: &str = "sysmon";
const POWERSHELL: &str = "powershell";
const POWERSHELL_CLASSIC: &str = "powershell-classic";

/// The categories of a Sysmon event (Sysmon's schema; Sigma taxonomy).
pub const SYSMON_CATEGORIES: &[(u16, &[&str])] = &[
    (1, &["process_creation"]),
    (2, &["file_change"]),
    (3, &["network_connection"]),
    (4, &["sysmon_status"]),
    (5, &["process_termination"]),
    (6, &["driver_load"]),
    (7, &["image_load"]),
    (8, &["create_remote_thread"]),
    (9, &["raw_access_thread"]),
    (10, &["process_access"]),
    (11, &["file_event"]),
    (12, &["registry_add", "registry_delete", "registry_event"]),
    (13, &["registry_set", "registry_event"]),
    (14, &["registry_rename", "registry_event"]),
    (15, &["create_stream_hash"]),
    (16, &["sysmon_status"]),
    (17, &["pipe_created"]),
    (18, &["pipe_created"]),
    (19, &["wmi_event"]),
    (20, &["wmi_event"]),
    (21, &["wmi_event"]),
    (22, &["dns_query"]),
    (23, &["file_delete"]),
    // The taxonomy's word, and the field mapping's.
    (24, &["clipboard_capture", "clipboard_change"]),
    (25, &["process_tampering"]),
    (26, &["file_delete", "file_delete_detected"]),
    (27, &["file_block_executable"]),
    (28, &["file_block_shredding"]),
    (29, &["file_executable_detected"]),
    (255, &["sysmon_error"]),
];

/// Service, event id and category where the service is not Sysmon.
pub const CATEGORIES: &[(&str, u16, &str)] = &[
    ("security", 4688, "process_creation"),
    (POWERSHELL, 4103, "ps_module"),
    (POWERSHELL, 4104, "ps_script"),
    (POWERSHELL_CLASSIC, 400, "ps_classic_start"),
    (POWERSHELL_CLASSIC, 600, "ps_classic_provider_start"),
    (POWERSHELL_CLASSIC, 800, "ps_classic_script"),
];

pub(crate) fn known(known: &mut Vec<LogSource<'static>>) {
    for (_, service) in SERVICES {
        known.push(LogSource::of("windows", "", service));
    }
    for (service, _, category) in CATEGORIES {
        known.push(LogSource::of("windows", category, service));
    }
    for category in SYSMON_CATEGORIES.iter().flat_map(|(_, names)| *names) {
        for product in ["windows", "linux"] {
            known.push(LogSource::of(product, category, SYSMON));
        }
    }
}

/// Log sources by channel, and by event id within the channel.
pub(crate) fn log_sources(signs: &Signs<'_>, sources: &mut Vec<LogSource<'_>>) {
    let Some(channel) = signs.channel else {
        return;
    };
    let id: Option<u16> = signs.event_id.and_then(|id| id.parse().ok());
    if channel.eq_ignore_ascii_case(LINUX_SYSMON_CHANNEL) {
        sysmon("linux", id, None, sources);
        return;
    }
    let before = sources.len();
    let is_channel = |(known, _): &&(&str, &str)| channel.eq_ignore_ascii_case(known);
    let services = SERVICES.iter().skip_while(|row| !is_channel(row));
    for (_, service) in services.take_while(is_channel) {
        if *service == SYSMON {
            sysmon("windows", id, signs.event_type, sources);
            continue;
        }
        let category = CATEGORIES
            .iter()
            .find(|(of, of_id, _)| of == service && Some(*of_id) == id)
            .map_or("", |(_, _, category)| category);
        sources.push(LogSource::of("windows", category, service));
    }
    // A channel without a service of its own still is a Windows channel.
    let is_windows = || {
        channel
            .get(..18)
            .is_some_and(|start| start.eq_ignore_ascii_case("Microsoft-Windows-"))
    };
    if sources.len() == before && is_windows() {
        sources.push(LogSource::of("windows", "", ""));
    }
}

fn sysmon(
    product: &'static str,
    id: Option<u16>,
    event_type: Option<&str>,
    sources: &mut Vec<LogSource<'_>>,
) {
    // One id stands for adding and for deleting; the event's type tells which.
    let other = match event_type {
        Some("CreateKey") => "registry_delete",
        Some("DeleteKey" | "DeleteValue") => "registry_add",
        _ => "",
    };
    let categories = SYSMON_CATEGORIES
        .iter()
        .find(|(of, _)| Some(*of) == id)
        .map_or(&[""] as &[&str], |(_, categories)| categories);
    for category in categories {
        if category.is_empty() || *category != other {
            sources.push(LogSource::of(product, category, SYSMON));
        }
    }
}
