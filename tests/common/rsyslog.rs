//! rsyslog with its RELP client.

use std::fs::{self, File};
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::{has_program, library};

/// Whether rsyslog is here with its module for RELP.
pub fn has_omrelp(test: &str) -> bool {
    has_program(test, "rsyslogd") && library(test, "rsyslog/omrelp.so").is_some()
}

/// rsyslog, which sends the lines of a file as they come. Killed when dropped.
pub struct Rsyslog {
    child: Child,
    input: File,
    _folder: TempDir,
}

impl Rsyslog {
    /// `more` are further parameters of the action.
    pub fn start(target: SocketAddr, more: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path();
        let input = path.join("input.log");
        let file = File::create(&input).unwrap();
        let configuration = path.join("rsyslog.conf");
        fs::write(
            &configuration,
            format!(
                r#"global(workDirectory="{work}")
module(load="imfile")
module(load="omrelp")
input(type="imfile" File="{input}" Tag="replay:")
action(type="omrelp" target="{ip}" port="{port}" template="RSYSLOG_SyslogProtocol23Format"
       action.resumeRetryCount="-1" action.resumeInterval="1" {more})
"#,
                work = path.display(),
                input = input.display(),
                ip = target.ip(),
                port = target.port(),
            ),
        )
        .unwrap();
        let program = if Path::new("/usr/sbin/rsyslogd").is_file() {
            "/usr/sbin/rsyslogd"
        } else {
            "rsyslogd"
        };
        let child = Command::new(program)
            .args(["-n", "-f"])
            .arg(&configuration)
            .arg("-i")
            .arg(path.join("pid"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            child,
            input: file,
            _folder: folder,
        }
    }

    pub fn write(&mut self, lines: impl Iterator<Item = String>) {
        let text: String = lines.map(|line| line + "\n").collect();
        self.input.write_all(text.as_bytes()).unwrap();
    }
}

impl Drop for Rsyslog {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
