//! What each kind of event says.

use super::{Facts, Windows};
use crate::input::pools::{File, USERS};

impl Windows {
    fn begin(&mut self, clock: &str) -> Facts {
        vec![("RuleName", "-".into()), ("UtcTime", clock.into())]
    }

    fn program(&mut self) -> &File {
        self.random.skewed(&self.pools.programs)
    }

    pub(super) fn guid(&mut self) -> String {
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

    pub(super) fn process(&mut self, clock: &str) -> Facts {
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

    pub(super) fn connection(&mut self, clock: &str) -> Facts {
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

    pub(super) fn image_load(&mut self, clock: &str) -> Facts {
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

    pub(super) fn access(&mut self, clock: &str) -> Facts {
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

    pub(super) fn file_creation(&mut self, clock: &str) -> Facts {
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

    pub(super) fn registry(&mut self, id: u16, clock: &str) -> Facts {
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

    pub(super) fn logon(&mut self) -> Facts {
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

    pub(super) fn new_process(&mut self) -> Facts {
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

    pub(super) fn object_access(&mut self) -> Facts {
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
