//! An event, and the shapes in which collectors and dumps of event logs have it.

use super::SCRIPT_BLOCK;
use crate::input::json::Object;

const SYSMON: &str = "Microsoft-Windows-Sysmon";
const SECURITY: &str = "Microsoft-Windows-Security-Auditing";
const POWERSHELL: &str = "Microsoft-Windows-PowerShell";

/// An event, not yet in a shape.
#[derive(Clone)]
pub(crate) struct WindowsEvent {
    pub(crate) id: u16,
    pub(super) host: String,
    pub(super) time: String,
    pub(super) record: u64,
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
