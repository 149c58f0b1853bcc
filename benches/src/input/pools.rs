//! The values that logs of an installation repeat.

use crate::random::Random;

pub(super) const USERS: [&str; 6] = ["root", "admin", "deploy", "git", "oracle", "backup"];

pub(super) const HOSTS: usize = 40;
/// Distinct programs, libraries, call traces and registry keys in about 40,000 real events.
const PROGRAMS: usize = 190;
const LIBRARIES: usize = 1_600;
const TRACES: usize = 900;
const KEYS: usize = 9_000;

const FOLDERS: [&str; 8] = [
    "C:\\Windows\\System32\\",
    "C:\\Windows\\System32\\",
    "C:\\Windows\\SysWOW64\\",
    "C:\\Windows\\",
    "C:\\Program Files\\Common Files\\Example\\",
    "C:\\Program Files (x86)\\Example\\Updater\\",
    "C:\\ProgramData\\Example\\Agent\\bin\\",
    "C:\\Users\\anna\\AppData\\Local\\Programs\\Example\\",
];

const KNOWN_PROGRAMS: [&str; 24] = [
    "svchost.exe",
    "lsass.exe",
    "services.exe",
    "csrss.exe",
    "winlogon.exe",
    "explorer.exe",
    "RuntimeBroker.exe",
    "taskhostw.exe",
    "SearchIndexer.exe",
    "dllhost.exe",
    "conhost.exe",
    "wmiprvse.exe",
    "spoolsv.exe",
    "msedge.exe",
    "chrome.exe",
    "OneDrive.exe",
    "cmd.exe",
    "powershell.exe",
    "rundll32.exe",
    "reg.exe",
    "schtasks.exe",
    "net.exe",
    "MsMpEng.exe",
    "sihost.exe",
];

const HIVES: [&str; 5] = [
    "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\",
    "HKLM\\System\\CurrentControlSet\\Services\\",
    "HKLM\\SOFTWARE\\Policies\\Microsoft\\",
    "HKU\\S-1-5-21-1004336348-1177238915-682003330-1001\\SOFTWARE\\Classes\\",
    "HKLM\\SOFTWARE\\WOW6432Node\\Microsoft\\Cryptography\\",
];

const WORDS: [&str; 24] = [
    "Component",
    "Parameters",
    "Session",
    "Update",
    "Network",
    "Adapter",
    "Session Manager",
    "Cache",
    "Explorer",
    "Settings",
    "Account",
    "Delivery",
    "Metric",
    "Shell",
    "Policy",
    "State",
    "Index",
    "Power",
    "Driver",
    "Storage",
    "Telemetry",
    "Install",
    "Device",
    "Registration",
];

/// A library or program file, as Sysmon describes one.
pub(super) struct File {
    pub(super) path: String,
    pub(super) name: String,
    pub(super) hashes: String,
}

pub(super) struct Pools {
    pub(super) programs: Vec<File>,
    pub(super) libraries: Vec<File>,
    pub(super) traces: Vec<String>,
    pub(super) keys: Vec<String>,
}

impl Pools {
    pub(super) fn new(random: &mut Random) -> Self {
        let programs: Vec<_> = (0..PROGRAMS)
            .map(|number| {
                let known = KNOWN_PROGRAMS.get(number);
                let name = known.map_or_else(|| made_up(random, "exe"), |name| (*name).to_owned());
                let folder = if known.is_some() {
                    FOLDERS[0]
                } else {
                    random.of(&FOLDERS)
                };
                file(random, folder, name)
            })
            .collect();
        let libraries: Vec<_> = (0..LIBRARIES)
            .map(|_| {
                let name = made_up(random, "dll");
                let folder = random.of(&FOLDERS);
                file(random, folder, name)
            })
            .collect();
        let traces = (0..TRACES).map(|_| trace(random, &libraries)).collect();
        let keys = (0..KEYS)
            .map(|_| {
                let hive = random.of(&HIVES);
                let mut key = hive.to_owned();
                for _ in 0..=random.below(3) {
                    key.push_str(random.of(&WORDS));
                    key.push('\\');
                }
                key.push_str(random.of(&WORDS));
                key.push_str(&random.below(4_000).to_string());
                key
            })
            .collect();
        Self {
            programs,
            libraries,
            traces,
            keys,
        }
    }
}

fn made_up(random: &mut Random, extension: &str) -> String {
    let (a, b) = (random.of(&WORDS), random.of(&WORDS));
    format!(
        "{}{}{}.{extension}",
        a.replace(' ', ""),
        b.replace(' ', ""),
        random.below(100)
    )
}

fn file(random: &mut Random, folder: &str, name: String) -> File {
    File {
        path: format!("{folder}{name}"),
        hashes: hashes(random),
        name,
    }
}

/// The digests of a file.
fn hashes(random: &mut Random) -> String {
    let mut digits = |bytes: usize| -> String {
        let words = (0..bytes / 8).map(|_| format!("{:016X}", random.next()));
        words.collect()
    };
    let (sha1, rest) = (digits(16), digits(8));
    format!(
        "SHA1={sha1}{},MD5={},SHA256={},IMPHASH={}",
        rest.get(..8).unwrap_or(""),
        digits(16),
        digits(32),
        digits(16)
    )
}

/// Where a call came from: library and offset, a dozen deep.
fn trace(random: &mut Random, libraries: &[File]) -> String {
    let mut trace = String::from("C:\\Windows\\SYSTEM32\\ntdll.dll+9d4c4");
    for _ in 0..8 + random.below(7) {
        let library = random.skewed(libraries);
        trace.push_str(&format!("|{}+{:x}", library.path, random.below(1 << 20)));
    }
    trace
}
