use jiff::tz::TimeZone;
use vakt_event::Format;

use super::*;

const SHARED: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../../shared/data/journald/"
);

fn event(bytes: &[u8], format: Format) -> Event<'_> {
    crate::decode(bytes, format, &DecodeContext::new(&TimeZone::UTC))
}

const ENTRY: &[u8] = b"__CURSOR=s=aaaaaaaabbbbccccddddeeeeeeeeeeee;i=1;b=01\n\
    __REALTIME_TIMESTAMP=1764000000001000\n_HOSTNAME=web-01\nPRIORITY=6\nSYSLOG_FACILITY=10\n\
    SYSLOG_IDENTIFIER=sshd\n_SYSTEMD_UNIT=ssh.service\nCODE_TAG=one\nCODE_TAG=two\nEMPTY=\n\
    MESSAGE\n\x03\0\0\0\0\0\0\0a\nb\n_SOURCE_REALTIME_TIMESTAMP=1764000000000500\n";

const OBJECT: &str = r#"{"__CURSOR":"s=aaaaaaaabbbbccccddddeeeeeeeeeeee;i=1;b=01","__REALTIME_TIMESTAMP":"1764000000001000","_HOSTNAME":"web-01","PRIORITY":"6","SYSLOG_FACILITY":"10","SYSLOG_IDENTIFIER":"sshd","_SYSTEMD_UNIT":"ssh.service","CODE_TAG":["one","two"],"EMPTY":"","MESSAGE":[97,10,98],"_SOURCE_REALTIME_TIMESTAMP":"1764000000000500"}"#;

#[test]
fn the_export_format_and_json_give_the_same_event() {
    let exported = event(ENTRY, Format::Journal);
    let object = event(OBJECT.as_bytes(), Format::Json);
    assert_eq!(exported.fields, object.fields);
    assert_eq!(exported.time, object.time);
    assert_eq!(exported.problems, object.problems);
    let text = |name: &'static str| exported.text(name).unwrap_or("~");
    assert_eq!(text("message"), "a\nb");
    assert_eq!(text("host.name"), "web-01");
    assert_eq!(text("log.syslog.appname"), "sshd");
    assert_eq!(text("process.name"), "sshd");
    assert_eq!(text("systemd.unit"), "ssh.service");
    assert_eq!(text("log.syslog.severity.name"), "informational");
    assert_eq!(text("log.syslog.facility.name"), "authpriv");
    assert_eq!(exported.values("CODE_TAG").count(), 2);
    assert_eq!(
        exported.time.claimed.unwrap().to_string(),
        "2025-11-24T16:00:00.0005Z"
    );
}

#[test]
fn what_is_no_field_is_marked() {
    let check = |bytes: &[u8], expected: &[&str]| {
        assert_eq!(event(bytes, Format::Journal).problems, expected);
    };
    check(b"A=1\n", &[]);
    check(
        b"A=1\nno field\nB=1\n",
        &["not a field of the journal export format: \"no field\""],
    );
    check(
        b"A\n\x02\0\0\0\0\0\0\0\xff\xfe\n",
        &["bytes that are no UTF-8 are shown as U+FFFD"],
    );
}

/// Our own recording of every kind of field, and what a real journald wrote.
#[test]
fn recorded_exports() {
    if !std::path::Path::new(SHARED).exists() {
        println!("skipped: recorded_exports: ../shared is absent");
        return;
    }
    let check = |name: &str, count: usize, with_cursor: usize| {
        let bytes = std::fs::read(format!("{SHARED}{name}")).unwrap();
        for size in [1, 1000, bytes.len()] {
            let mut splitter = JournalExportSplitter::new(1 << 20);
            let mut entries = Vec::new();
            for piece in bytes.chunks(size) {
                splitter.push(piece, &mut |entry| entries.push(entry));
            }
            splitter.finish(&mut |entry| entries.push(entry)).unwrap();
            assert_eq!(entries.len(), count, "{name}");
            assert!(entries.iter().all(|entry| !entry.truncated));
            let cursors = entries.iter().filter(|entry| entry.cursor.is_some());
            assert_eq!(cursors.count(), with_cursor, "{name}");
            for entry in &entries {
                let event = event(&entry.bytes, Format::Journal);
                let odd: Vec<_> = event
                    .problems
                    .iter()
                    .filter(|problem| !problem.contains("UTF-8"))
                    .collect();
                assert!(odd.is_empty(), "{name}: {odd:?}");
                assert!(event.time.claimed.is_some());
            }
        }
    };
    check("handmade.export", 7, 7);
    check("handmade.roundtrip.export", 7, 7);
    check("real-journald252.export", 309, 309);
    check("systemd-journal-1.txt", 1, 1);
}
