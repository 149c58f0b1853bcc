use std::collections::BTreeSet;
use std::path::Path;

use jiff::tz::TimeZone;
use vakt_event::Format;

use super::*;
use crate::decode;

const SHARED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");

fn sources(text: &str, configure: impl FnOnce(&mut DecodeContext<'_>)) -> Vec<String> {
    let zone = TimeZone::UTC;
    let mut cx = DecodeContext::new(&zone);
    configure(&mut cx);
    decode(text.as_bytes(), Format::Json, &cx)
        .log_sources
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn the_three_shapes_of_windows_events_show_the_same() {
    let check = |channel: &str, id: u16, more: &str, expected: &[&str]| {
        let flat = format!(r#"{{"Channel":"{channel}","EventID":{id}{more}}}"#);
        let nested = format!(
            r##"{{"Event":{{"System":{{"Channel":"{channel}","EventID":{{"#text":{id}}}}},"EventData":{{"x":1{more}}}}}}}"##
        );
        let winlogbeat = format!(
            r#"{{"winlog":{{"channel":"{channel}","event_id":"{id}","event_data":{{"x":1{more}}}}}}}"#
        );
        let dotted = format!(r#"{{"winlog.channel":"{channel}","event.code":"{id}"{more}}}"#);
        for text in [flat, nested, winlogbeat, dotted] {
            assert_eq!(sources(&text, |_| {}), expected, "{text}");
        }
    };
    let sysmon = "Microsoft-Windows-Sysmon/Operational";
    check(
        sysmon,
        1,
        "",
        &["product=windows,category=process_creation,service=sysmon"],
    );
    check(
        sysmon,
        13,
        "",
        &[
            "product=windows,category=registry_set,service=sysmon",
            "product=windows,category=registry_event,service=sysmon",
        ],
    );
    check(
        sysmon,
        12,
        r#","EventType":"CreateKey""#,
        &[
            "product=windows,category=registry_add,service=sysmon",
            "product=windows,category=registry_event,service=sysmon",
        ],
    );
    check(
        sysmon,
        12,
        "",
        &[
            "product=windows,category=registry_add,service=sysmon",
            "product=windows,category=registry_delete,service=sysmon",
            "product=windows,category=registry_event,service=sysmon",
        ],
    );
    check(
        sysmon,
        24,
        "",
        &[
            "product=windows,category=clipboard_capture,service=sysmon",
            "product=windows,category=clipboard_change,service=sysmon",
        ],
    );
    check(sysmon, 999, "", &["product=windows,service=sysmon"]);
    check(
        "Security",
        4688,
        "",
        &["product=windows,category=process_creation,service=security"],
    );
    check("security", 4624, "", &["product=windows,service=security"]);
    check(
        "Microsoft-Windows-PowerShell/Operational",
        4104,
        "",
        &["product=windows,category=ps_script,service=powershell"],
    );
    check(
        "Windows PowerShell",
        400,
        "",
        &["product=windows,category=ps_classic_start,service=powershell-classic"],
    );
    check(
        "Microsoft-Windows-Nothing/Operational",
        1,
        "",
        &["product=windows"],
    );
    check("Custom", 1, "", &[]);
}

/// Sigma's taxonomy 2.1, appendix to the specification: the rows of Windows services, and the Sysmon
/// categories that share an id with another.
#[test]
fn what_the_taxonomy_names_is_shown() {
    let check = |channel: &str, id: u16, expected: &str| {
        let shown = sources(
            &format!(r#"{{"Channel":"{channel}","EventID":{id}}}"#),
            |_| {},
        );
        assert!(shown.iter().any(|one| one == expected), "{shown:?}");
    };
    let experience = "product=windows,service=application-experience";
    for (channel, service) in [
        ("Application-Experience/Program-Telemetry", experience),
        (
            "Application-Experience/Program-Compatibility-Assistant",
            experience,
        ),
        ("Ntfs/Operational", "product=windows,service=ntfs"),
        (
            "BitLocker/BitLocker Management",
            "product=windows,service=bitlocker",
        ),
        (
            "Kernel-EventTracing",
            "product=windows,service=kernel-event-tracing",
        ),
        ("Hyper-V-Worker", "product=windows,service=hyper-v-worker"),
    ] {
        check(&format!("Microsoft-Windows-{channel}"), 1, service);
    }
    for service in ["servicebus-client", "microsoft-servicebus-client"] {
        let expected = format!("product=windows,service={service}");
        check("Microsoft-ServiceBus-Client", 1, &expected);
    }
    for (id, category) in [
        (14, "registry_rename"),
        (24, "clipboard_capture"),
        (26, "file_delete"),
        (26, "file_delete_detected"),
    ] {
        let expected = format!("product=windows,category={category},service=sysmon");
        check("Microsoft-Windows-Sysmon/Operational", id, &expected);
    }
}

#[test]
fn declared_and_assumed() {
    let check = |text: &str, fields: bool, assumed: [&str; 3], expected: &[&str]| {
        let [product, category, service] = assumed;
        let assumed = LogSource::of(product, category, service);
        let zone = TimeZone::UTC;
        let cx = DecodeContext {
            logsource_fields: fields,
            assume: Some(&assumed),
            ..DecodeContext::new(&zone)
        };
        let got: Vec<_> = decode(text.as_bytes(), Format::Json, &cx)
            .log_sources
            .iter()
            .filter(|source| !source.is_empty())
            .map(ToString::to_string)
            .collect();
        assert_eq!(got, expected, "{text}");
    };
    let none = ["", "", ""];
    check(r#"{"EventID":1}"#, true, none, &[]);
    check(
        r#"{"vakt":{"logsource":{"product":"okta","service":"okta"}}}"#,
        false,
        none,
        &["product=okta,service=okta"],
    );
    check(r#"{"product":"a","category":"b"}"#, false, none, &[]);
    check(
        r#"{"product":"a","category":"b"}"#,
        true,
        none,
        &["product=a,category=b"],
    );
    check(
        r#"{"x":1}"#,
        false,
        ["windows", "process_creation", ""],
        &["product=windows,category=process_creation"],
    );
    check(
        r#"{"Channel":"Security"}"#,
        false,
        ["linux", "process_creation", "sysmon"],
        &["product=windows,category=process_creation,service=security"],
    );
}

/// So that a look-up may end with the first row that is of another one.
#[test]
fn the_rows_of_a_channel_stand_together() {
    let mut channels: Vec<_> = windows::SERVICES
        .iter()
        .map(|(channel, _)| *channel)
        .collect();
    channels.dedup();
    let together = channels.len();
    channels.sort_unstable();
    channels.dedup();
    assert_eq!(channels.len(), together);
}

#[test]
fn shapes_of_other_products() {
    let check =
        |text: &str, expected: &[&str]| assert_eq!(sources(text, |_| {}), expected, "{text}");
    check(
        r#"{"eventVersion":"1.08","eventSource":"iam.amazonaws.com","eventName":"CreateUser"}"#,
        &["product=aws,service=cloudtrail"],
    );
    check(
        r#"{"eventSource":"iam.amazonaws.com","eventName":"CreateUser"}"#,
        &[],
    );
    check(
        r#"{"_path":"dns","ts":1,"query":"x"}"#,
        &["product=zeek,service=dns"],
    );
    check(r#"{"_path":"else","ts":1}"#, &[]);
    check(
        r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"1"}"#,
        &["product=kubernetes,category=application,service=audit"],
    );
}

#[test]
fn the_words_of_ecs() {
    let check =
        |text: &str, expected: &[&str]| assert_eq!(sources(text, |_| {}), expected, "{text}");
    check(
        r#"{"event":{"dataset":"aws.cloudtrail"}}"#,
        &["product=aws,service=cloudtrail"],
    );
    check(
        r#"{"event.dataset":"kubernetes.audit_logs"}"#,
        &["product=kubernetes,category=application,service=audit"],
    );
    check(
        r#"{"event.dataset":"nginx.access"}"#,
        &["product=nginx,category=webserver,service=nginx"],
    );
    check(
        r#"{"event.dataset":"zeek.dns"}"#,
        &["product=zeek,service=dns"],
    );
    check(r#"{"event.dataset":"zeek.else"}"#, &[]);
    check(r#"{"event.dataset":"other"}"#, &[]);
    check(
        r#"{"event":{"category":["file","process"],"type":["info","start"]},"host":{"os":{"type":"macos"}}}"#,
        &["product=macos,category=process_creation"],
    );
    check(
        r#"{"event":{"category":"registry","type":"change"},"host":{"os":{"type":"windows"}}}"#,
        &[
            "product=windows,category=registry_set",
            "product=windows,category=registry_event",
        ],
    );
    // Without the system, or on one that rules do not name, the words show nothing.
    check(r#"{"event":{"category":"process","type":"start"}}"#, &[]);
    check(
        r#"{"event":{"category":"process","type":"start"},"host":{"os":{"type":"ios"}}}"#,
        &[],
    );
}

/// The words of a rule's `logsource` block, read line by line: enough for a test.
fn logsource_of(rule: &str) -> LogSource<'static> {
    let mut source = LogSource::default();
    let block = rule
        .lines()
        .skip_while(|line| line.trim_end() != "logsource:")
        .skip(1)
        .take_while(|line| line.starts_with([' ', '\t']));
    for line in block {
        if let Some((key, word)) = line.trim().split_once(':') {
            let word = word
                .split('#')
                .next()
                .unwrap_or("")
                .trim()
                .trim_matches(['\'', '"']);
            let word = Some(Cow::Owned(word.to_owned()));
            match key {
                "product" => source.product = word,
                "category" => source.category = word,
                "service" => source.service = word,
                _ => {}
            }
        }
    }
    source
}

#[test]
fn events_of_the_regression_set_meet_the_log_source_of_their_rule() {
    let folder = Path::new(SHARED).join("sigma-regression");
    let Ok(index) = std::fs::read_to_string(folder.join("index.tsv")) else {
        println!("skipped: events_of_the_regression_set: ../shared is absent");
        return;
    };
    let zone = TimeZone::UTC;
    let (mut met, mut all) = (0, 0);
    for line in index.lines().skip(1) {
        let mut columns = line.split('\t');
        let (id, path) = (columns.next().unwrap(), columns.next().unwrap());
        let rule =
            std::fs::read_to_string(Path::new(SHARED).join("sigma/rules").join(path)).unwrap();
        let asked = logsource_of(&rule);
        let events = std::fs::read(folder.join(format!("events/{id}.ndjson"))).unwrap();
        let meets = events.split(|byte| *byte == b'\n').any(|line| {
            decode(line, Format::Json, &DecodeContext::new(&zone))
                .log_sources
                .iter()
                .any(|shown| shown.satisfies(&asked))
        });
        all += 1;
        if meets {
            met += 1;
        } else {
            println!("{path} asks for {asked}");
        }
    }
    println!("{met} of {all} events meet the log source of their rule");
    assert!(all > 0 && met * 100 >= all * 95);
}

/// Services and categories that rules for Windows ask for and nothing shows: traces that only an
/// agent with ETW records, and that ECS has no words for.
const NOT_PRODUCED: &[&str] = &["file_rename"];

#[test]
fn every_windows_service_and_category_of_the_rules_can_be_shown() {
    let root = Path::new(SHARED).join("sigma/rules/rules");
    if !root.exists() {
        println!("skipped: every_windows_service: ../shared is absent");
        return;
    }
    let mut asked = BTreeSet::new();
    let mut folders = vec![root];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yml") {
                let source = logsource_of(&std::fs::read_to_string(&path).unwrap());
                if source.product.as_deref() == Some("windows") {
                    asked.extend(source.service.map(Cow::into_owned));
                    asked.extend(source.category.map(Cow::into_owned));
                }
            }
        }
    }
    let known = known();
    let shown: BTreeSet<&str> = known
        .iter()
        .filter(|source| source.product.as_deref() == Some("windows"))
        .flat_map(|source| [source.service.as_deref(), source.category.as_deref()])
        .flatten()
        .collect();
    let missing: Vec<_> = asked
        .iter()
        .filter(|name| !shown.contains(name.as_str()))
        .collect();
    assert_eq!(missing, NOT_PRODUCED);
}
