//! Input in the shape of real logs, the same in every run.

/// Events of each kind.
const EVENTS: u64 = 50_000;

/// A small generator (xorshift64*), so that input is the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        let at = usize::try_from(self.below(words.len() as u64)).unwrap_or(0);
        words[at]
    }
}

/// Names of kinds with their bytes.
pub(crate) fn kinds() -> Vec<(String, Vec<u8>)> {
    vec![
        ("syslog sshd".to_owned(), lines(sshd)),
        ("web access log".to_owned(), lines(access)),
        (
            "Sysmon process creation, flat JSON".to_owned(),
            lines(process_creation),
        ),
    ]
}

fn lines(line: fn(&mut Random) -> String) -> Vec<u8> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut bytes = Vec::new();
    for _ in 0..EVENTS {
        bytes.extend_from_slice(line(&mut random).as_bytes());
        bytes.push(b'\n');
    }
    bytes
}

const USERS: [&str; 6] = ["root", "admin", "deploy", "git", "oracle", "backup"];

fn sshd(random: &mut Random) -> String {
    let outcome = random.of(&["Failed password for", "Accepted publickey for"]);
    format!(
        "<38>Nov 24 10:{:02}:{:02} web{} sshd[{}]: {outcome} {} from 198.51.100.{} port {} ssh2",
        random.below(60),
        random.below(60),
        random.below(20),
        random.below(30_000),
        random.of(&USERS),
        random.below(256),
        random.below(60_000),
    )
}

fn access(random: &mut Random) -> String {
    format!(
        "198.51.100.{} - - [24/Nov/2026:10:{:02}:{:02} +0000] \"GET /{}/{} HTTP/1.1\" {} {} \"-\" \"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\"",
        random.below(256),
        random.below(60),
        random.below(60),
        random.of(&["shop", "api/v1", "static", "login"]),
        random.below(10_000),
        random.of(&["200", "304", "404"]),
        random.below(100_000),
    )
}

fn process_creation(random: &mut Random) -> String {
    let image = random.of(&[
        "cmd.exe",
        "powershell.exe",
        "svchost.exe",
        "msedge.exe",
        "reg.exe",
    ]);
    format!(
        r#"{{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":1,"Computer":"ws{}.example.org","UtcTime":"2026-11-24 10:00:00.000","ProcessGuid":"{{{:08x}-0000-0000-0000-000000000000}}","ProcessId":{},"Image":"C:\\Windows\\System32\\{image}","CommandLine":"{image} /c echo {} > C:\\Users\\{}\\AppData\\Local\\Temp\\{:x}.txt","CurrentDirectory":"C:\\Windows\\system32\\","User":"EXAMPLE\\{}","IntegrityLevel":"Medium","Hashes":"SHA256={:064x}","ParentImage":"C:\\Windows\\explorer.exe","ParentCommandLine":"C:\\Windows\\explorer.exe"}}"#,
        random.below(50),
        random.below(1 << 32),
        random.below(20_000),
        random.below(1000),
        random.of(&USERS),
        random.below(1 << 32),
        random.of(&USERS),
        random.next(),
    )
}
