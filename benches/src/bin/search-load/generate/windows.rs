//! Security and Sysmon events: flat as NXLog sends them, nested as Winlogbeat does.

use std::fmt::{Display, Result, Write};

use vakt_benches::random::Random;

use super::moment::Moment;
use super::needle_name;
use super::world::{World, mix, pick};

const FOLDERS: [&str; 8] = [
    "C:\\\\Windows\\\\System32\\\\",
    "C:\\\\Windows\\\\System32\\\\",
    "C:\\\\Windows\\\\SysWOW64\\\\",
    "C:\\\\Windows\\\\",
    "C:\\\\Program Files\\\\Common Files\\\\Example\\\\",
    "C:\\\\Program Files (x86)\\\\Example\\\\Updater\\\\",
    "C:\\\\ProgramData\\\\Example\\\\Agent\\\\bin\\\\",
    "C:\\\\Users\\\\Public\\\\Programs\\\\Example\\\\",
];
const KNOWN: [&str; 16] = [
    "svchost.exe",
    "lsass.exe",
    "services.exe",
    "csrss.exe",
    "explorer.exe",
    "RuntimeBroker.exe",
    "taskhostw.exe",
    "conhost.exe",
    "wmiprvse.exe",
    "chrome.exe",
    "cmd.exe",
    "powershell.exe",
    "rundll32.exe",
    "MsMpEng.exe",
    "net.exe",
    "schtasks.exe",
];
const WORDS: [&str; 16] = [
    "Component",
    "Session",
    "Update",
    "Network",
    "Adapter",
    "Cache",
    "Explorer",
    "Settings",
    "Account",
    "Delivery",
    "Shell",
    "Policy",
    "State",
    "Driver",
    "Storage",
    "Telemetry",
];
const PROGRAMS: u64 = 400;
const LIBRARIES: u64 = 3_000;
const KEYS: u64 = 20_000;

/// Paths, as JSON writes them.
pub(super) struct Files {
    programs: Vec<String>,
    libraries: Vec<String>,
}

impl Files {
    pub(super) fn new(random: &mut Random) -> Self {
        let mut made_up = |extension: &str| {
            format!(
                "{}{}{}{}.{extension}",
                random.of(&FOLDERS),
                random.of(&WORDS),
                random.of(&WORDS),
                random.below(100)
            )
        };
        let known = KNOWN.iter().map(|name| format!("{}{name}", FOLDERS[0]));
        let programs = known
            .chain((KNOWN.len() as u64..PROGRAMS).map(|_| made_up("exe")))
            .collect();
        Self {
            programs,
            libraries: (0..LIBRARIES).map(|_| made_up("dll")).collect(),
        }
    }
}

/// The ids and their shares.
const IDS: [(u64, u16); 10] = [
    (18, 10),
    (16, 5156),
    (14, 4624),
    (12, 7),
    (10, 4658),
    (8, 13),
    (7, 3),
    (6, 4688),
    (5, 1),
    (4, 4625),
];

/// How an event is wrapped.
#[derive(Clone, Copy)]
enum Form {
    Flat,
    Nested,
}

pub(super) fn flat(world: &mut World, at: &Moment, out: &mut String) -> Result {
    any(world, at, out, Form::Flat)
}

pub(super) fn nested(world: &mut World, at: &Moment, out: &mut String) -> Result {
    any(world, at, out, Form::Nested)
}

/// A failed logon of an attacker.
pub(super) fn failed_logon(world: &mut World, at: &Moment, out: &mut String) -> Result {
    let (name, peer) = (world.guessed(), world.attack.peer());
    let mut data = begin(world, at, out, 4625, Form::Flat)?;
    logon(&mut data, world, &name, &peer)?;
    data.end(4625)
}

pub(super) fn needle(world: &mut World, at: &Moment, out: &mut String) -> Result {
    let name = needle_name(world.made / super::NEEDLE_EVERY);
    let peer = world.external();
    let mut data = begin(world, at, out, 4624, Form::Flat)?;
    logon(&mut data, world, &name, &peer)?;
    data.end(4624)
}

fn any(world: &mut World, at: &Moment, out: &mut String, form: Form) -> Result {
    let mut left = world.random.below(IDS.iter().map(|(share, _)| share).sum());
    let chosen = IDS.iter().find(|(share, _)| {
        let found = left < *share;
        left = left.saturating_sub(*share);
        found
    });
    let id = chosen.map_or(4624, |(_, id)| *id);
    let mut data = begin(world, at, out, id, form)?;
    match id {
        1 => process(&mut data, world, at),
        3 => connection(&mut data, world, at),
        7 => image_load(&mut data, world, at),
        10 => access(&mut data, world, at),
        13 => registry(&mut data, world, at),
        4624 | 4625 => {
            let (user, peer) = (world.user(), world.internal());
            logon(&mut data, world, &user, &peer)
        }
        4658 => handle(&mut data, world),
        4688 => new_process(&mut data, world),
        _ => filtered(&mut data, world),
    }?;
    data.end(id)
}

fn title(id: u16) -> &'static str {
    match id {
        1 => "Process Create",
        3 => "Network connection detected",
        7 => "Image loaded",
        10 => "Process accessed",
        13 => "Registry value set",
        4624 => "An account was successfully logged on.",
        4625 => "An account failed to log on.",
        4658 => "The handle to an object was closed.",
        4688 => "A new process has been created.",
        _ => "The Windows Filtering Platform has permitted a connection.",
    }
}

/// The data of an event that is being written.
struct Data<'o> {
    out: &'o mut String,
    form: Form,
    is_first: bool,
}

impl Data<'_> {
    /// A value that needs no escapes in JSON.
    fn put(&mut self, name: &str, value: impl Display) -> Result {
        if !self.is_first {
            self.out.push(',');
        }
        self.is_first = false;
        write!(self.out, "\"{name}\":\"{value}\"")
    }

    fn end(self, id: u16) -> Result {
        match self.form {
            Form::Flat => write!(self.out, ",\"Message\":\"{}\"}}", title(id)),
            Form::Nested => write!(self.out, "}}}},\"message\":\"{}\"}}", title(id)),
        }
    }
}

/// What stands before the data.
fn begin<'o>(
    world: &mut World,
    at: &Moment,
    out: &'o mut String,
    id: u16,
    form: Form,
) -> std::result::Result<Data<'o>, std::fmt::Error> {
    let (host, record) = (world.workstation(), 4_000_000 + world.made);
    let (process, thread) = (world.random.below(9_000), world.random.below(12_000));
    let (channel, provider, guid) = if id < 256 {
        (
            "Microsoft-Windows-Sysmon/Operational",
            "Microsoft-Windows-Sysmon",
            "5770385f-c22a-43e0-bf4c-06f5698ffbd9",
        )
    } else {
        (
            "Security",
            "Microsoft-Windows-Security-Auditing",
            "54849625-5478-4994-a5ba-3e3b0328c30d",
        )
    };
    match form {
        Form::Flat => write!(
            out,
            "{{\"EventTime\":\"{}\",\"Hostname\":\"{host}\",\"EventID\":{id},\"SourceName\":\"{provider}\",\"Channel\":\"{channel}\",\
             \"RecordNumber\":{record},\"ExecutionProcessID\":{process},\"ThreadID\":{thread},",
            at.rfc3339_millis()
        )?,
        Form::Nested => write!(
            out,
            "{{\"@timestamp\":\"{}\",\"host\":{{\"name\":\"{host}\"}},\"event\":{{\"code\":\"{id}\",\"kind\":\"event\",\
             \"provider\":\"{provider}\"}},\"winlog\":{{\"channel\":\"{channel}\",\"computer_name\":\"{host}\",\"event_id\":\"{id}\",\
             \"provider_guid\":\"{{{guid}}}\",\"record_id\":{record},\"process\":{{\"pid\":{process},\"thread\":{{\"id\":{thread}}}}},\
             \"event_data\":{{",
            at.rfc3339_millis()
        )?,
    }
    Ok(Data {
        out,
        form,
        is_first: true,
    })
}

/// A file's place among its like, and its path.
fn program(world: &mut World) -> (u64, String) {
    let rank = world.random.zipf(PROGRAMS);
    (rank, path(&world.files.programs, rank))
}

fn path(paths: &[String], rank: u64) -> String {
    let at = usize::try_from(rank).unwrap_or(0);
    paths.get(at).cloned().unwrap_or_default()
}

/// The digests of the file of this rank.
fn hashes(rank: u64) -> String {
    let [a, b, c, d, e, f] = [0, 1, 2, 3, 4, 5].map(|part| mix(rank * 8 + part));
    format!("MD5={a:016X}{b:016X},SHA256={c:016X}{d:016X}{e:016X}{f:016X}")
}

/// The id of a domain's account.
fn sid(rank: u64) -> String {
    format!("S-1-5-21-1004336348-1177238915-682003330-{}", 1100 + rank)
}

fn process(data: &mut Data<'_>, world: &mut World, at: &Moment) -> Result {
    let (rank, image) = program(world);
    data.put("UtcTime", at.sysmon())?;
    data.put("ProcessGuid", world.guid())?;
    data.put("ProcessId", world.random.below(30_000))?;
    data.put("Image", &image)?;
    data.put(
        "CommandLine",
        format_args!(
            "{image} --type=renderer --field-trial-handle={},{} --lang=sv",
            world.random.below(100_000),
            world.random.next() >> 20
        ),
    )?;
    data.put("CurrentDirectory", FOLDERS[0])?;
    data.put("User", format_args!("CORP\\\\{}", world.user()))?;
    data.put(
        "LogonId",
        format_args!("0x{:x}", world.random.below(1 << 32)),
    )?;
    data.put("Hashes", hashes(rank))?;
    data.put("ParentProcessGuid", world.guid())?;
    data.put("ParentProcessId", world.random.below(30_000))?;
    data.put("ParentImage", program(world).1)
}

fn connection(data: &mut Data<'_>, world: &mut World, at: &Moment) -> Result {
    data.put("UtcTime", at.sysmon())?;
    data.put("ProcessGuid", world.guid())?;
    data.put("ProcessId", world.random.below(30_000))?;
    data.put("Image", program(world).1)?;
    data.put("User", format_args!("CORP\\\\{}", world.user()))?;
    data.put("Protocol", world.random.of(&["tcp", "tcp", "udp"]))?;
    data.put("SourceIp", world.internal())?;
    data.put("SourcePort", world.port())?;
    data.put("DestinationIp", world.external())?;
    data.put(
        "DestinationPort",
        world.random.of(&["443", "443", "53", "80", "445"]),
    )
}

fn image_load(data: &mut Data<'_>, world: &mut World, at: &Moment) -> Result {
    let rank = world.random.zipf(LIBRARIES);
    data.put("UtcTime", at.sysmon())?;
    data.put("ProcessGuid", world.guid())?;
    data.put("ProcessId", world.random.below(30_000))?;
    data.put("Image", program(world).1)?;
    data.put("ImageLoaded", path(&world.files.libraries, rank))?;
    data.put("Hashes", hashes(rank + PROGRAMS))?;
    data.put("Signed", "true")?;
    data.put("Signature", "Microsoft Windows")?;
    data.put("SignatureStatus", "Valid")
}

fn access(data: &mut Data<'_>, world: &mut World, at: &Moment) -> Result {
    data.put("UtcTime", at.sysmon())?;
    data.put("SourceProcessGUID", world.guid())?;
    data.put("SourceProcessId", world.random.below(30_000))?;
    data.put("SourceImage", program(world).1)?;
    data.put("TargetProcessGUID", world.guid())?;
    data.put("TargetProcessId", world.random.below(30_000))?;
    data.put("TargetImage", program(world).1)?;
    data.put(
        "GrantedAccess",
        world.random.of(&["0x1000", "0x1400", "0x1410", "0x1fffff"]),
    )?;
    data.put(
        "CallTrace",
        format_args!(
            "C:\\\\Windows\\\\SYSTEM32\\\\ntdll.dll+9d4c4|{}+{:x}|{}+{:x}",
            path(&world.files.libraries, world.random.zipf(LIBRARIES)),
            mix(world.random.zipf(900)) & 0xf_ffff,
            path(&world.files.libraries, world.random.zipf(LIBRARIES)),
            mix(world.random.zipf(900)) & 0xf_ffff,
        ),
    )
}

fn registry(data: &mut Data<'_>, world: &mut World, at: &Moment) -> Result {
    let key = world.random.zipf(KEYS);
    data.put("UtcTime", at.sysmon())?;
    data.put("EventType", "SetValue")?;
    data.put("ProcessGuid", world.guid())?;
    data.put("ProcessId", world.random.below(30_000))?;
    data.put("Image", program(world).1)?;
    data.put(
        "TargetObject",
        format_args!(
            "HKLM\\\\SOFTWARE\\\\Microsoft\\\\Windows\\\\CurrentVersion\\\\{}\\\\{}\\\\{}{}",
            pick(&WORDS, key),
            pick(&WORDS, key >> 4),
            pick(&WORDS, mix(key)),
            key
        ),
    )?;
    data.put(
        "Details",
        format_args!("DWORD (0x{:08x})", world.random.zipf(1 << 32)),
    )?;
    data.put("User", format_args!("CORP\\\\{}", world.user()))
}

fn logon(data: &mut Data<'_>, world: &mut World, name: &dyn Display, peer: &dyn Display) -> Result {
    data.put("SubjectUserSid", "S-1-5-18")?;
    data.put("SubjectLogonId", "0x3e7")?;
    data.put("TargetUserSid", sid(world.random.zipf(4_000)))?;
    data.put("TargetUserName", name)?;
    data.put("TargetDomainName", "CORP")?;
    data.put(
        "TargetLogonId",
        format_args!("0x{:x}", world.random.below(1 << 32)),
    )?;
    data.put(
        "LogonType",
        world.random.of(&["3", "3", "3", "2", "5", "10"]),
    )?;
    let package = world.random.of(&["Kerberos", "Kerberos", "NTLM"]);
    data.put("LogonProcessName", package)?;
    data.put("AuthenticationPackageName", package)?;
    data.put("LogonGuid", world.guid())?;
    data.put("IpAddress", peer)?;
    data.put("IpPort", world.port())
}

fn subject(data: &mut Data<'_>, world: &mut World) -> Result {
    let user = world.user();
    data.put("SubjectUserSid", sid(user.0))?;
    data.put("SubjectUserName", user)?;
    data.put("SubjectDomainName", "CORP")?;
    data.put(
        "SubjectLogonId",
        format_args!("0x{:x}", world.random.below(1 << 32)),
    )
}

fn handle(data: &mut Data<'_>, world: &mut World) -> Result {
    subject(data, world)?;
    data.put("ObjectServer", "Security")?;
    data.put(
        "HandleId",
        format_args!("0x{:x}", world.random.below(40_000)),
    )?;
    data.put(
        "ProcessId",
        format_args!("0x{:x}", world.random.below(30_000)),
    )?;
    data.put("ProcessName", program(world).1)
}

fn new_process(data: &mut Data<'_>, world: &mut World) -> Result {
    subject(data, world)?;
    let (_, image) = program(world);
    data.put(
        "NewProcessId",
        format_args!("0x{:x}", world.random.below(30_000)),
    )?;
    data.put("NewProcessName", &image)?;
    data.put("TokenElevationType", "%%1936")?;
    data.put(
        "ProcessId",
        format_args!("0x{:x}", world.random.below(30_000)),
    )?;
    match world.random.below(30) {
        0 => data.put(
            "CommandLine",
            format_args!("net user {} /domain /passwordreq:yes", world.user()),
        )?,
        _ => data.put(
            "CommandLine",
            format_args!("{image} -k netsvcs -p -s {}", world.random.zipf(100_000)),
        )?,
    }
    data.put("ParentProcessName", program(world).1)?;
    data.put("MandatoryLabel", "S-1-16-12288")
}

/// A connection that the filtering platform permits.
fn filtered(data: &mut Data<'_>, world: &mut World) -> Result {
    data.put("ProcessID", world.random.below(30_000))?;
    data.put(
        "Application",
        path(&world.files.programs, world.random.zipf(PROGRAMS)),
    )?;
    data.put("Direction", "%%14593")?;
    data.put("SourceAddress", world.internal())?;
    data.put("SourcePort", world.port())?;
    data.put("DestAddress", world.external())?;
    data.put(
        "DestPort",
        world.random.of(&["443", "443", "53", "88", "389"]),
    )?;
    data.put("Protocol", "6")?;
    data.put("FilterRTID", 60_000 + world.random.zipf(9_000))
}
