use jiff::tz::TimeZone;
use vakt_event::Format;

use super::*;

/// One case of rsyslog's own parser tests.
struct Case {
    input: String,
    template: String,
    parser: bool,
    expected: String,
}

fn cases() -> Option<Vec<Case>> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/data/syslog-examples/rsyslog_parser_cases.jsonl"
    );
    let text = std::fs::read_to_string(path).ok()?;
    let case = |line: &str| {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| case[name].as_str().unwrap_or("").to_owned();
        Case {
            input: text("input"),
            template: text("template"),
            parser: case["parser"]
                .as_array()
                .is_some_and(|list| !list.is_empty()),
            expected: text("expected"),
        }
    };
    Some(text.lines().map(case).collect())
}

/// How often rsyslog's default parser and ours understand the same. We differ on purpose where a
/// message has no colon after its first word: rsyslog takes that word for the tag.
#[test]
fn rsyslog_understands_the_same() {
    let Some(cases) = cases() else {
        println!("skipped: rsyslog_understands_the_same: ../shared is absent");
        return;
    };
    let zone = TimeZone::UTC;
    let mut cx = DecodeContext::new(&zone);
    cx.reference = "2026-11-24T00:00:00Z".parse().ok();
    let (mut same, mut all) = (0, 0);
    for case in cases
        .iter()
        .filter(|case| !case.parser && !case.expected.is_empty())
    {
        let names: Vec<_> = case.template.trim_end_matches("\\n").split(',').collect();
        let values: Vec<_> = case.expected.splitn(names.len(), ',').collect();
        let event = crate::decode(case.input.as_bytes(), Format::Syslog, &cx);
        let text = |name: &'static str| event.text(name).unwrap_or("").to_owned();
        let mut differences = Vec::new();
        for (name, value) in names.iter().zip(&values) {
            let ours = match *name {
                "%PRI%" => text(ecs::LOG_SYSLOG_PRIORITY),
                "%hostname%" => text(ecs::HOST_NAME),
                "%programname%" => text(ecs::LOG_SYSLOG_APPNAME),
                "%msg%" => text(ecs::MESSAGE),
                _ => continue,
            };
            let value = value.replace("$RS_HOSTNAME", "");
            if ours.trim_start() != value.trim_start() {
                differences.push(format!("{name}: {ours:?}, rsyslog {value:?}"));
            }
        }
        all += 1;
        if differences.is_empty() {
            same += 1;
        } else {
            println!("{}\n    {}", case.input, differences.join("\n    "));
        }
    }
    println!("{same} of {all} cases are understood as rsyslog does");
    assert!(all > 0 && same * 100 >= all * 60);
}
