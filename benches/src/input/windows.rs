//! Windows events: Sysmon and Security, flat as collectors send them and nested as dumps of event
//! logs have them. Their mix and the repetition of their values are those of public recordings of
//! attacks and of the noise around them.

use super::json::Object;
use super::pools::{File, HOSTS, Pools, USERS};
use crate::random::Random;

const SYSMON: &str = "Microsoft-Windows-Sysmon";
const SECURITY: &str = "Microsoft-Windows-Security-Auditing";
const POWERSHELL: &str = "Microsoft-Windows-PowerShell";

/// The id of a script's text: of ordinary events the one that may be very long.
pub(crate) const SCRIPT_BLOCK: u16 = 4104;

/// Of a hundred events.
const MIX: [(u64, u16); 10] = [
    (45, 10),
    (13, 12),
    (12, 7),
    (8, 13),
    (4, 3),
    (4, 11),
    (3, 1),
    (4, 4663),
    (4, 4624),
    (3, 4688),
];

pub(super) fn flat(random: Random, line: &mut dyn FnMut(String) -> bool) {
    let mut windows = Windows::new(random);
    while line(windows.event().flat()) {}
}

pub(super) fn nested(random: Random, line: &mut dyn FnMut(String) -> bool) {
    let mut windows = Windows::new(random);
    while line(windows.event().nested()) {}
}

/// Every command line is new; without `Message`, as many collectors send it.
pub(super) fn process_creations(random: Random, line: &mut dyn FnMut(String) -> bool) {
    let mut windows = Windows::new(random);
    while line({
        let id = if windows.random.below(3) == 0 {
            4688
        } else {
            1
        };
        let mut event = windows.of_id(id);
        event.message.clear();
        event.flat()
    }) {}
}

/// An event, not yet in a shape.
#[derive(Clone)]
pub(crate) struct WindowsEvent {
    pub(crate) id: u16,
    host: String,
    time: String,
    record: u64,
    pub(crate) message: String,
    pub(crate) data: Vec<(String, String)>,
}

impl WindowsEvent {
    fn channel(&self) -> &'static str {
        match self.id {
            0..256 => "Microsoft-Windows-Sysmon/Operational",
            SCRIPT_BLOCK => "Microsoft-Windows-PowerShell/Operational",
            _ => "Security",
        }
    }

    fn provider(&self) -> (&'static str, &'static str) {
        match self.id {
            0..256 => (SYSMON, "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}"),
            SCRIPT_BLOCK => (POWERSHELL, "{a0c1853b-5c40-4b15-8766-3cf1c58f985a}"),
            _ => (SECURITY, "{54849625-5478-4994-a5ba-3e3b0328c30d}"),
        }
    }

    fn keywords(&self) -> &'static str {
        match self.id {
            0..256 => "0x8000000000000000",
            _ => "0x8020000000000000",
        }
    }

    /// The first value of a name.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        match self.data.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value.into(),
            None => self.data.push((name.to_owned(), value.into())),
        }
    }

    pub(crate) fn flat(&self) -> String {
        self.flat_open().close()
    }

    /// The flat event, still open for more members.
    pub(crate) fn flat_open(&self) -> Object {
        let (name, guid) = self.provider();
        let mut event = Object::new();
        event.text("SourceName", name);
        event.text("ProviderGuid", guid);
        event.text("Level", "4");
        event.text("Keywords", self.keywords());
        event.text("Channel", self.channel());
        event.text("Hostname", &self.host);
        event.text("TimeCreated", &self.time);
        event.text("@timestamp", &self.time);
        event.raw("EventID", &self.id.to_string());
        event.raw("RecordNumber", &self.record.to_string());
        if !self.message.is_empty() {
            event.text("Message", &self.message);
        }
        event.text("Task", &self.id.to_string());
        for (name, value) in &self.data {
            event.text(name, value);
        }
        event
    }

    pub(crate) fn nested(&self) -> String {
        let attributes = |pairs: &[(&str, &str)]| {
            let mut inner = Object::new();
            for (name, value) in pairs {
                inner.text(name, value);
            }
            let mut outer = Object::new();
            outer.raw("#attributes", &inner.close());
            outer.close()
        };
        let (name, guid) = self.provider();
        let mut system = Object::new();
        system.raw("Provider", &attributes(&[("Name", name), ("Guid", guid)]));
        system.raw("EventID", &self.id.to_string());
        system.raw("Version", "5");
        system.raw("Level", "4");
        system.raw("Task", &self.id.to_string());
        system.raw("Opcode", "0");
        system.text("Keywords", self.keywords());
        system.raw("TimeCreated", &attributes(&[("SystemTime", &self.time)]));
        system.raw("EventRecordID", &self.record.to_string());
        system.raw("Correlation", "null");
        system.raw(
            "Execution",
            &attributes(&[("ProcessID", "3240"), ("ThreadID", "4416")]),
        );
        system.text("Channel", self.channel());
        system.text("Computer", &self.host);
        system.raw("Security", &attributes(&[("UserID", "S-1-5-18")]));
        let mut data = Object::new();
        for (name, value) in &self.data {
            data.text(name, value);
        }
        let mut event = Object::new();
        let xmlns = "http://schemas.microsoft.com/win/2004/08/events/event";
        let mut inner = Object::new();
        inner.text("xmlns", xmlns);
        event.raw("#attributes", &inner.close());
        event.raw("System", &system.close());
        event.raw("EventData", &data.close());
        let mut whole = Object::new();
        whole.raw("Event", &event.close());
        whole.close()
    }
}

/// Events of an installation.
pub(crate) struct Windows {
    pub(crate) random: Random,
    pools: Pools,
    made: u64,
}

impl Windows {
    pub(crate) fn new(mut random: Random) -> Self {
        Self {
            pools: Pools::new(&mut random),
            random,
            made: 0,
        }
    }

    /// The next event of the mix.
    pub(crate) fn event(&mut self) -> WindowsEvent {
        let mut at = self.random.below(MIX.iter().map(|(share, _)| share).sum());
        let mut chosen = MIX[0].1;
        for (share, id) in MIX {
            chosen = id;
            match at.checked_sub(share) {
                Some(rest) => at = rest,
                None => break,
            }
        }
        self.of_id(chosen)
    }

    /// The next event of an id of the mix.
    pub(crate) fn of_id(&mut self, id: u16) -> WindowsEvent {
        self.made += 1;
        let ms = self.made * 7;
        let clock = format!(
            "2026-11-24 {:02}:{:02}:{:02}.{:03}",
            ms / 3_600_000 % 24,
            ms / 60_000 % 60,
            ms / 1000 % 60,
            ms % 1000
        );
        let host = format!("WS{:02}.corp.example", self.random.index(HOSTS));
        let facts = self.facts(id, &clock);
        let (message, data) = match id {
            0..256 => (sysmon_message(id, &facts), facts),
            SCRIPT_BLOCK => (String::new(), facts),
            _ => (security_message(id, &facts), facts),
        };
        let data = data.into_iter();
        WindowsEvent {
            id,
            host,
            time: format!("{}Z", clock.replace(' ', "T")),
            record: 1_000_000 + self.made,
            message,
            data: data.map(|(name, value)| (name.to_owned(), value)).collect(),
        }
    }

    fn facts(&mut self, id: u16, clock: &str) -> Facts {
        match id {
            1 => self.process(clock),
            3 => self.connection(clock),
            7 => self.image_load(clock),
            10 => self.access(clock),
            11 => self.file_creation(clock),
            12 | 13 => self.registry(id, clock),
            4624 => self.logon(),
            4688 => self.new_process(),
            SCRIPT_BLOCK => vec![
                ("ScriptBlockText", self.script(1_000)),
                ("ScriptBlockId", self.guid()),
            ],
            _ => self.object_access(),
        }
    }

    fn begin(&mut self, clock: &str) -> Facts {
        vec![("RuleName", "-".into()), ("UtcTime", clock.into())]
    }

    fn program(&mut self) -> &File {
        self.random.skewed(&self.pools.programs)
    }

    fn guid(&mut self) -> String {
        format!(
            "{{564ff025-{:04x}-62fe-{:04x}-000000000600}}",
            self.random.below(60),
            self.random.below(40)
        )
    }

    fn pid(&mut self) -> String {
        (self.random.below(2_000) * 4).to_string()
    }

    fn user(&mut self) -> String {
        match self.random.below(3) {
            0 => format!("CORP\\{}", self.random.of(&USERS)),
            _ => "NT AUTHORITY\\SYSTEM".to_owned(),
        }
    }

    /// A command line that was never there before.
    fn command_line(&mut self, program: &str) -> String {
        let (a, b) = (self.random.next(), self.random.below(100_000));
        let user = self.random.of(&USERS);
        match self.random.below(6) {
            0 => format!("{program} -k netsvcs -p -s Service{b} -instance {a:016x}"),
            1 => format!(
                "\"{program}\" --type=renderer --lang=sv --device-scale-factor=1 --num-raster-threads=4 --renderer-client-id={b} --time-ticks-at-unix-epoch=-{a} --launch-time-ticks={b} /prefetch:1"
            ),
            2 => format!(
                "cmd.exe /c \"\"C:\\ProgramData\\Example\\Agent\\run.cmd\" task {b} > C:\\Users\\{user}\\AppData\\Local\\Temp\\{a:x}.txt\""
            ),
            3 => format!(
                "powershell.exe -NoProfile -ExecutionPolicy RemoteSigned -File C:\\Scripts\\inventory.ps1 -Id {b} -Out C:\\Logs\\inventory-{a:x}.json"
            ),
            4 => format!(
                "\"C:\\Program Files\\Java\\bin\\java.exe\" -Xmx512m -cp C:\\app\\lib\\{a:x}.jar com.example.Worker --queue {b}"
            ),
            _ => format!("\"{program}\" /job:{b} /session:{a:x}"),
        }
    }

    /// The text of an ordinary script of about so many bytes.
    pub(crate) fn script(&mut self, bytes: usize) -> String {
        let mut script = String::with_capacity(bytes + 100);
        while script.len() < bytes {
            let (number, user) = (self.random.below(10_000), self.random.of(&USERS));
            script.push_str(&match self.random.below(5) {
                0 => format!(
                    "$items{number} = Get-ChildItem -Path 'C:\\Logs\\{user}' -Filter *.log\n"
                ),
                1 => format!("foreach ($entry in $items{number}) {{ $count += $entry.Length }}\n"),
                2 => format!("    # keep the newest {number} of them, as agreed with {user}\n"),
                3 => format!(
                    "if ($count -gt {number}) {{ Write-Output \"{user}: $count bytes\" }}\n"
                ),
                _ => format!(
                    "    [pscustomobject]@{{ Name = '{user}'; Total = $count; Limit = {number} }}\n"
                ),
            });
        }
        script
    }

    fn process(&mut self, clock: &str) -> Facts {
        let mut facts = self.begin(clock);
        let (path, name, digests) = {
            let program = self.program();
            (
                program.path.clone(),
                program.name.clone(),
                program.hashes.clone(),
            )
        };
        facts.push(("ProcessGuid", self.guid()));
        facts.push(("ProcessId", self.pid()));
        facts.push(("CommandLine", self.command_line(&path)));
        facts.push(("Image", path));
        facts.push(("FileVersion", "10.0.19041.1 (WinBuild.160101.0800)".into()));
        facts.push(("Description", format!("Host for {name}")));
        facts.push(("Product", "Microsoft® Windows® Operating System".into()));
        facts.push(("Company", "Microsoft Corporation".into()));
        facts.push(("OriginalFileName", name));
        facts.push(("CurrentDirectory", "C:\\Windows\\system32\\".into()));
        facts.push(("User", self.user()));
        facts.push(("LogonGuid", self.guid()));
        facts.push(("LogonId", "0x3e7".into()));
        facts.push(("TerminalSessionId", "0".into()));
        facts.push((
            "IntegrityLevel",
            self.random.of(&["System", "Medium", "High"]).into(),
        ));
        facts.push(("Hashes", digests));
        facts.push(("ParentProcessGuid", self.guid()));
        facts.push(("ParentProcessId", self.pid()));
        let parent = self.program().path.clone();
        facts.push(("ParentCommandLine", format!("{parent} -k netsvcs")));
        facts.push(("ParentImage", parent));
        facts
    }

    fn connection(&mut self, clock: &str) -> Facts {
        let mut facts = self.begin(clock);
        facts.push(("ProcessGuid", self.guid()));
        facts.push(("ProcessId", self.pid()));
        facts.push(("Image", self.program().path.clone()));
        facts.push(("User", self.user()));
        facts.push(("Protocol", self.random.of(&["tcp", "udp"]).into()));
        facts.push(("Initiated", self.random.of(&["true", "false"]).into()));
        facts.push(("SourceIsIpv6", "false".into()));
        facts.push(("SourceIp", format!("10.0.10.{}", self.random.below(250))));
        facts.push(("SourceHostname", "-".into()));
        facts.push((
            "SourcePort",
            (49_152 + self.random.below(16_000)).to_string(),
        ));
        facts.push(("SourcePortName", "-".into()));
        facts.push(("DestinationIsIpv6", "false".into()));
        facts.push((
            "DestinationIp",
            format!("203.0.113.{}", self.random.below(250)),
        ));
        facts.push(("DestinationHostname", "-".into()));
        facts.push((
            "DestinationPort",
            self.random.of(&["53", "443", "445", "88", "389"]).into(),
        ));
        facts.push(("DestinationPortName", "-".into()));
        facts
    }

    fn image_load(&mut self, clock: &str) -> Facts {
        let mut facts = self.begin(clock);
        facts.push(("ProcessGuid", self.guid()));
        facts.push(("ProcessId", self.pid()));
        facts.push(("Image", self.program().path.clone()));
        let library = self.random.skewed(&self.pools.libraries);
        facts.push(("ImageLoaded", library.path.clone()));
        facts.push(("FileVersion", "10.0.18362.1 (WinBuild.160101.0800)".into()));
        facts.push(("Description", format!("{} provider", library.name)));
        facts.push(("Product", "Microsoft® Windows® Operating System".into()));
        facts.push(("Company", "Microsoft Corporation".into()));
        facts.push(("OriginalFileName", library.name.clone()));
        facts.push(("Hashes", library.hashes.clone()));
        facts.push(("Signed", "true".into()));
        facts.push(("Signature", "Microsoft Windows".into()));
        facts.push(("SignatureStatus", "Valid".into()));
        facts.push(("User", self.user()));
        facts
    }

    fn access(&mut self, clock: &str) -> Facts {
        let mut facts = self.begin(clock);
        facts.push(("SourceProcessGUID", self.guid()));
        facts.push(("SourceProcessId", self.pid()));
        facts.push(("SourceThreadId", self.pid()));
        facts.push(("SourceImage", self.program().path.clone()));
        facts.push(("TargetProcessGUID", self.guid()));
        facts.push(("TargetProcessId", self.pid()));
        facts.push(("TargetImage", self.program().path.clone()));
        facts.push((
            "GrantedAccess",
            self.random
                .of(&["0x1000", "0x1400", "0x1410", "0x3000", "0x1fffff"])
                .into(),
        ));
        facts.push(("CallTrace", self.random.skewed(&self.pools.traces).clone()));
        facts
    }

    fn file_creation(&mut self, clock: &str) -> Facts {
        let mut facts = self.begin(clock);
        facts.push(("ProcessGuid", self.guid()));
        facts.push(("ProcessId", self.pid()));
        facts.push(("Image", self.program().path.clone()));
        let name = self.random.below(1 << 24);
        facts.push(("TargetFilename", format!("C:\\Users\\anna\\AppData\\Local\\Example\\User Data\\Default\\Cache\\Cache_Data\\f_{name:06x}")));
        facts.push(("CreationUtcTime", clock.into()));
        facts.push(("User", self.user()));
        facts
    }

    fn registry(&mut self, id: u16, clock: &str) -> Facts {
        let mut facts = self.begin(clock);
        let kind = if id == 12 { "CreateKey" } else { "SetValue" };
        facts.push(("EventType", kind.into()));
        facts.push(("ProcessGuid", self.guid()));
        facts.push(("ProcessId", self.pid()));
        facts.push(("Image", self.program().path.clone()));
        facts.push(("TargetObject", self.random.skewed(&self.pools.keys).clone()));
        if id == 13 {
            let details = match self.random.below(3) {
                0 => "Binary Data".to_owned(),
                1 => format!("DWORD (0x{:08x})", self.random.below(64)),
                _ => self.program().path.clone(),
            };
            facts.push(("Details", details));
        }
        facts.push(("User", self.user()));
        facts
    }

    fn subject(&mut self) -> Facts {
        let user = self.random.of(&USERS);
        vec![
            (
                "SubjectUserSid",
                format!(
                    "S-1-5-21-1004336348-1177238915-682003330-{}",
                    1100 + user.len()
                ),
            ),
            ("SubjectUserName", user.to_owned()),
            ("SubjectDomainName", "CORP".into()),
            ("SubjectLogonId", format!("0x{:x}", self.random.below(900))),
        ]
    }

    fn logon(&mut self) -> Facts {
        let mut facts = self.subject();
        let user = self.random.of(&USERS);
        facts.push(("TargetUserSid", "S-1-5-18".into()));
        facts.push(("TargetUserName", user.to_owned()));
        facts.push(("TargetDomainName", "CORP".into()));
        facts.push((
            "TargetLogonId",
            format!("0x{:x}", self.random.below(1 << 30)),
        ));
        facts.push((
            "LogonType",
            self.random.of(&["2", "3", "3", "5", "10"]).into(),
        ));
        facts.push(("LogonProcessName", "Kerberos".into()));
        facts.push((
            "AuthenticationPackageName",
            self.random.of(&["Kerberos", "NTLM"]).into(),
        ));
        facts.push(("WorkstationName", "-".into()));
        facts.push(("LogonGuid", self.guid()));
        facts.push(("TransmittedServices", "-".into()));
        facts.push(("LmPackageName", "-".into()));
        facts.push(("KeyLength", "0".into()));
        facts.push(("ProcessId", "0x0".into()));
        facts.push(("ProcessName", "-".into()));
        facts.push(("IpAddress", format!("10.0.10.{}", self.random.below(250))));
        facts.push(("IpPort", (49_152 + self.random.below(16_000)).to_string()));
        facts.push(("ImpersonationLevel", "%%1833".into()));
        facts.push(("VirtualAccount", "%%1843".into()));
        facts.push(("ElevatedToken", "%%1842".into()));
        facts
    }

    fn new_process(&mut self) -> Facts {
        let mut facts = self.subject();
        let path = self.program().path.clone();
        facts.push(("NewProcessId", format!("0x{:x}", self.random.below(9_000))));
        facts.push(("CommandLine", self.command_line(&path)));
        facts.push(("NewProcessName", path));
        facts.push(("TokenElevationType", "%%1936".into()));
        facts.push(("ProcessId", format!("0x{:x}", self.random.below(9_000))));
        facts.push(("TargetUserSid", "S-1-0-0".into()));
        facts.push(("TargetUserName", "-".into()));
        facts.push(("TargetDomainName", "-".into()));
        facts.push(("TargetLogonId", "0x0".into()));
        facts.push(("ParentProcessName", self.program().path.clone()));
        facts.push(("MandatoryLabel", "S-1-16-12288".into()));
        facts
    }

    fn object_access(&mut self) -> Facts {
        let mut facts = self.subject();
        facts.push(("ObjectServer", "Security".into()));
        facts.push((
            "ObjectType",
            self.random.of(&["Key", "File", "Process"]).into(),
        ));
        let key = self.random.skewed(&self.pools.keys);
        facts.push(("ObjectName", key.replace("HKLM", "\\REGISTRY\\MACHINE")));
        facts.push(("HandleId", format!("0x{:x}", self.random.below(4_000))));
        facts.push(("AccessList", "%%4432\n\t\t\t\t".into()));
        facts.push(("AccessMask", "0x1".into()));
        facts.push(("ProcessId", format!("0x{:x}", self.random.below(9_000))));
        facts.push(("ProcessName", self.program().path.clone()));
        facts.push(("ResourceAttributes", "-".into()));
        facts
    }
}

/// Names and values of an event's data.
type Facts = Vec<(&'static str, String)>;

fn sysmon_message(id: u16, facts: &Facts) -> String {
    let title = match id {
        1 => "Process Create",
        3 => "Network connection detected",
        7 => "Image loaded",
        10 => "Process accessed",
        11 => "File created",
        12 => "Registry object added or deleted",
        _ => "Registry value set",
    };
    let mut message = format!("{title}:");
    for (name, value) in facts {
        message.push_str("\r\n");
        message.push_str(name);
        message.push_str(": ");
        message.push_str(value);
    }
    message
}

/// The explanation that such events repeat at their end, of like length in words of our own.
const EXPLANATION: &str = "This text stands at the end of every event of this kind and explains its parts to a person who reads it in a viewer.\r\n\r\nThe first part names the account that asked for the action on the local machine; most often that is a service, or a process that acts for somebody who is signed in.\r\n\r\nThe second part names the account for which it was done, with a number by which the other events of the same session can be found.\r\n\r\nThe third part says where the request came from. A name or an address may be missing where the machine could not learn it.\r\n\r\nThe last part has what is known of the way in which the account was checked:\r\n\t- An identifier that is the same on the machine that answered for the account.\r\n\t- Services between the two that have taken part.\r\n\t- The length of the key that was agreed on, which is 0 where none was asked for.";

fn security_message(id: u16, facts: &Facts) -> String {
    let title = match id {
        4624 => "An account was successfully logged on.",
        4688 => "A new process has been created.",
        _ => "An attempt was made to access an object.",
    };
    let mut message = format!("{title}\r\n\r\nSubject:");
    for (at, (name, value)) in facts.iter().enumerate() {
        if at > 0 && at % 6 == 0 {
            message.push_str("\r\n\r\nMore Information:");
        }
        message.push_str(&format!("\r\n\t{name}:\t\t{value}"));
    }
    if id != 4663 {
        message.push_str("\r\n\r\n");
        message.push_str(EXPLANATION);
    }
    message
}
