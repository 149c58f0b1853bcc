use jiff::tz::TimeZone;
use proptest::prelude::*;
use vakt_event::{Origin, encode};

use super::*;

fn at(text: &str) -> Option<Timestamp> {
    Some(text.parse().unwrap())
}

/// The event as its flat object, without `event.original` and the code fields of PRI.
fn flat(text: &str, format: Format) -> String {
    let zone = TimeZone::get("Europe/Stockholm").unwrap();
    let cx = DecodeContext {
        received: at("2026-11-24T10:00:00Z"),
        ..DecodeContext::new(&zone)
    };
    let event = decode(text.as_bytes(), format, &cx);
    assert_eq!(event.original, text);
    let mut object = encode::to_flat_json(&event);
    for name in [
        ecs::EVENT_ORIGINAL,
        ecs::EVENT_INGESTED,
        ecs::LOG_SYSLOG_FACILITY_CODE,
        ecs::LOG_SYSLOG_SEVERITY_CODE,
        ecs::LOG_SYSLOG_HOSTNAME,
    ] {
        object.shift_remove(name);
    }
    serde_json::Value::Object(object).to_string()
}

#[test]
fn syslog() {
    let check =
        |text: &str, expected: &str| assert_eq!(flat(text, Format::Syslog), expected, "{text}");
    check(
        "<86>1 2026-11-23T22:19:35.8+00:00 vm sshd 4242 ID7 [timeQuality tzKnown=\"1\"] hello world",
        r#"{"@timestamp":"2026-11-23T22:19:35.8Z","log.syslog.priority":86,"log.syslog.facility.name":"authpriv","log.syslog.severity.name":"informational","log.syslog.version":"1","log.syslog.structured_data.timeQuality.tzKnown":"1","host.name":"vm","log.syslog.appname":"sshd","log.syslog.procid":"4242","process.name":"sshd","process.pid":4242,"log.syslog.msgid":"ID7","message":"hello world"}"#,
    );
    check(
        "<34>Nov 24 10:59:00 vm su: 'su root' failed",
        r#"{"@timestamp":"2026-11-24T09:59:00Z","log.syslog.priority":34,"log.syslog.facility.name":"auth","log.syslog.severity.name":"critical","host.name":"vm","log.syslog.appname":"su","process.name":"su","message":"'su root' failed"}"#,
    );
    check(
        "<14>hello",
        r#"{"@timestamp":"2026-11-24T10:00:00Z","log.syslog.priority":14,"log.syslog.facility.name":"user","log.syslog.severity.name":"informational","message":"hello"}"#,
    );
    check(
        "Nov 24 10:59:00 vm daemonx[7]: text",
        r#"{"@timestamp":"2026-11-24T09:59:00Z","host.name":"vm","log.syslog.appname":"daemonx","log.syslog.procid":"7","process.name":"daemonx","process.pid":7,"message":"text"}"#,
    );
    check(
        "<192>Nov 24 10:59:00 vm x: y",
        r#"{"@timestamp":"2026-11-24T10:00:00Z","message":"<192>Nov 24 10:59:00 vm x: y","error.message":"<192> is no syslog priority, which is 0 to 191; no known format: kept as text"}"#,
    );
    check(
        "12 monkeys",
        r#"{"@timestamp":"2026-11-24T10:00:00Z","message":"12 monkeys","error.message":"no known format: kept as text"}"#,
    );
    check(
        "<13>Dec 31 23:59:59 vm x: y",
        r#"{"@timestamp":"2026-11-24T10:00:00Z","log.syslog.priority":13,"log.syslog.facility.name":"user","log.syslog.severity.name":"notice","host.name":"vm","log.syslog.appname":"x","process.name":"x","message":"y","vakt.time.claimed":"Dec 31 23:59:59","error.message":"the claimed time 2026-12-31T22:59:59Z is later than receipt, which is used instead"}"#,
    );
    check(
        "<13>Nov 31 23:59:59 vm x: y",
        r#"{"@timestamp":"2026-11-24T10:00:00Z","log.syslog.priority":13,"log.syslog.facility.name":"user","log.syslog.severity.name":"notice","vakt.time.claimed":"Nov 31 23:59:59","host.name":"vm","log.syslog.appname":"x","process.name":"x","message":"y","error.message":"the time \"Nov 31 23:59:59\" does not exist"}"#,
    );
    check(
        "<13>Nov 24 10:59:00 vm app: @cee: {\"user\":{\"name\":\"eve\"},\"msg\":\"hi\"}",
        r#"{"@timestamp":"2026-11-24T09:59:00Z","log.syslog.priority":13,"log.syslog.facility.name":"user","log.syslog.severity.name":"notice","host.name":"vm","log.syslog.appname":"app","process.name":"app","user.name":"eve","msg":"hi"}"#,
    );
    check(
        "<13>app: {\"time\":\"2026-11-24T09:00:00Z\",\"a\":1}",
        r#"{"@timestamp":"2026-11-24T09:00:00Z","log.syslog.priority":13,"log.syslog.facility.name":"user","log.syslog.severity.name":"notice","log.syslog.appname":"app","process.name":"app","time":"2026-11-24T09:00:00Z","a":1,"message":"{\"time\":\"2026-11-24T09:00:00Z\",\"a\":1}"}"#,
    );
}

/// The time, then the values of the fields of these names.
fn some(text: &str, format: Format, names: &[&str]) -> String {
    let zone = TimeZone::get("Europe/Stockholm").unwrap();
    let cx = DecodeContext {
        reference: at("2026-11-24T10:00:00Z"),
        ..DecodeContext::new(&zone)
    };
    let event = decode(text.as_bytes(), format, &cx);
    let mut shown = event
        .time
        .claimed
        .map_or("~".into(), |time| time.to_string());
    for name in names {
        for value in event.values(name) {
            shown.push_str(&format!(" {name}={}", value.text()));
        }
    }
    shown
}

#[test]
fn relayed_lines_are_decoded_as_what_they_were() {
    let names = [
        ecs::HOST_NAME,
        ecs::LOG_SYSLOG_APPNAME,
        ecs::PROCESS_NAME,
        ecs::PROCESS_PID,
        ecs::SOURCE_IP,
    ];
    let check = |text: &str, expected: &str| {
        assert_eq!(some(text, Format::Syslog, &names), expected, "{text}");
    };
    check(
        "<86>Nov 24 10:59:00 vm auth: Dec 10 06:55:46 LabSZ sshd[24200]: Invalid user webmaster from 173.234.31.186",
        "2026-11-24T09:59:00Z host.name=vm log.syslog.appname=sshd log.syslog.appname=auth process.name=sshd process.pid=24200 source.ip=173.234.31.186",
    );
    check(
        "<86>1 2026-11-24T09:59:00Z vm auth 7 - - Dec 10 06:55:46 sshd[24200]: Invalid user webmaster from 173.234.31.186",
        "2026-11-24T09:59:00Z host.name=vm log.syslog.appname=sshd log.syslog.appname=auth process.name=sshd process.pid=24200 source.ip=173.234.31.186",
    );
    check(
        " <13>Nov 24 10:59:00 vm app: Nov 24 is a day",
        "2026-11-24T09:59:00Z host.name=vm log.syslog.appname=app process.name=app",
    );
}

#[test]
fn lines_of_files_have_a_time() {
    let check = |text: &str, expected: &str| {
        let names = [ecs::HOST_NAME, ecs::EVENT_DATASET];
        assert_eq!(some(text, Format::Syslog, &names), expected, "{text}");
    };
    check(
        "2026-11-24T09:59:00Z INFO main: started",
        "2026-11-24T09:59:00Z",
    );
    check(
        "2026-11-24 09:59:00,250 INFO main: started",
        "2026-11-24T08:59:00.25Z",
    );
    check(
        "2026-11-24T09:59:00+01:00 web1 sshd[1]: text",
        "2026-11-24T08:59:00Z host.name=web1",
    );
    check(
        "[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok",
        "2005-12-04T03:47:44Z event.dataset=apache.error",
    );
    check(
        "2026/11/24 09:59:00 [error] 54053#0: *1 open() failed, client: 192.0.2.1, server: x",
        "2026-11-24T08:59:00Z event.dataset=nginx.error",
    );
    check(
        "192.0.2.1 - - [24/Nov/2026:09:59:00 +0100] \"GET / HTTP/1.1\" 200 1",
        "2026-11-24T08:59:00Z event.dataset=web.access",
    );
}

#[test]
fn json_and_text() {
    let check =
        |text: &str, format, expected: &str| assert_eq!(flat(text, format), expected, "{text}");
    check(
        r#"{"@timestamp":"2026-11-24T09:00:00Z","user":{"name":"eve"},"n":[1,2]}"#,
        Format::Json,
        r#"{"@timestamp":"2026-11-24T09:00:00Z","user.name":"eve","n":[1,2]}"#,
    );
    check(
        r#"{"@timestamp":"2026-11-24T11:00:00+01:00"}"#,
        Format::Json,
        r#"{"@timestamp":"2026-11-24T10:00:00Z"}"#,
    );
    check(
        r#"{"time":"2027-11-24T09:00:00.000Z"}"#,
        Format::Json,
        r#"{"@timestamp":"2026-11-24T10:00:00Z","time":"2027-11-24T09:00:00.000Z","vakt.time.claimed":"2027-11-24T09:00:00.000Z","error.message":"the claimed time 2027-11-24T09:00:00Z is later than receipt, which is used instead"}"#,
    );
    check(
        "not json",
        Format::Json,
        r#"{"@timestamp":"2026-11-24T10:00:00Z","message":"not json","error.message":"not a JSON object: an object begins with { at byte 0"}"#,
    );
    check(
        "free text",
        Format::Text,
        r#"{"@timestamp":"2026-11-24T10:00:00Z","message":"free text","error.message":"no known format: kept as text"}"#,
    );
}

#[test]
fn what_was_sent_stands_once() {
    let zone = TimeZone::UTC;
    let event = decode(
        b"<86>Nov 24 09:00:00 vm sshd[42]: hello",
        Format::Syslog,
        &DecodeContext::new(&zone),
    );
    let sent: Vec<_> = event
        .fields
        .iter()
        .filter(|field| field.origin == Origin::Sent)
        .map(|field| field.value.text())
        .collect();
    assert_eq!(sent, ["vm", "sshd", "42", "hello"]);
    assert_eq!(
        event.problems,
        ["the time \"Nov 24 09:00:00\" has no year, and nothing says which is near"]
    );
}

#[test]
fn bytes_that_are_no_utf_8_are_shown_and_marked() {
    let zone = TimeZone::UTC;
    let event = decode(
        b"<13>app: a\xffb",
        Format::Syslog,
        &DecodeContext::new(&zone),
    );
    assert_eq!(event.text(ecs::MESSAGE), Some("a\u{fffd}b"));
    assert_eq!(event.original, "<13>app: a\u{fffd}b");
    assert_eq!(
        event.problems,
        ["bytes that are no UTF-8 are shown as U+FFFD"]
    );
}

fn frame() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        any::<String>().prop_map(String::into_bytes),
        "<[0-9]{1,4}>(1 )?(Nov 24 09:00:00|2026-11-24T09:00:00Z|-) [a-z:\\[\\]0-9 =\"\\\\-]{0,60}"
            .prop_map(String::into_bytes),
        "\\{(\"[a-z@]{1,10}\":(1|null|\"[a-z\\\\u0-9]{0,9}\"|\\{\\}|\\[1,2\\]),?){0,5}\\}?"
            .prop_map(String::into_bytes),
        "([A-Z_]{1,9}(=|\n)[a-z\n\u{0}]{0,20}\n?){0,5}".prop_map(String::into_bytes),
    ]
}

proptest! {
    /// No bytes in any format make decoding fail, and what it gives can always be printed.
    #[test]
    fn decoding_never_fails(bytes in frame(), fields in any::<bool>()) {
        let zone = TimeZone::UTC;
        let assumed = LogSource::of("windows", "", "");
        let cx = DecodeContext {
            received: at("2026-11-24T10:00:00Z"),
            logsource_fields: fields,
            assume: Some(&assumed),
            ..DecodeContext::new(&zone)
        };
        for format in [Format::Syslog, Format::Json, Format::Journal, Format::Text] {
            let event = decode(&bytes, format, &cx);
            prop_assert_eq!(&event.original, &String::from_utf8_lossy(&bytes));
            let object = encode::to_flat_json(&event);
            let text = serde_json::to_string(&object).unwrap();
            prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
            prop_assert!(!event.log_sources.is_empty());
        }
    }
}

#[test]
fn an_event_whose_fields_say_it_all_is_structured() {
    let check = |bytes: &[u8], format: Format, expected: bool| {
        let event = decode(bytes, format, &DecodeContext::new(&TimeZone::UTC));
        assert_eq!(event.structured, expected, "{}", event.original);
    };
    check(br#"{"a":{"b":1}}"#, Format::Json, true);
    check(br#"{"a":"\ud800"}"#, Format::Json, false);
    check(br#"{"a":1"#, Format::Json, false);
    check(b"MESSAGE=hello\n", Format::Journal, true);
    check(b"MESSAGE=hello\nno field\n", Format::Journal, false);
    check(br#"<13>app: {"a":1}"#, Format::Syslog, false);
    check(b"hello", Format::Text, false);
}

/// A message with escapes is read without them; only where a decoder makes something of it has the
/// event to be copied.
#[test]
fn an_escaped_message_is_decoded_where_a_program_wrote_it() {
    let check = |text: &str, understood: &[&str], borrowed: bool| {
        let zone = TimeZone::UTC;
        let event = decode(text.as_bytes(), Format::Json, &DecodeContext::new(&zone));
        let found: Vec<_> = ["event.action", "process.command_line", "vakt.repeat"]
            .iter()
            .filter_map(|name| event.text(name))
            .collect();
        assert_eq!(found, understood, "{text}");
        assert_eq!(
            matches!(event.original, Cow::Borrowed(_)),
            borrowed,
            "{text}"
        );
    };
    check(
        r#"{"ident":"sudo","message":"a : TTY=pts/0 ; USER=root ; COMMAND=/bin/echo \"x\""}"#,
        &["sudo_command", "/bin/echo \"x\""],
        false,
    );
    check(
        r#"{"ident":"app","message":"192.0.2.7 - - [24/Nov/2026:09:30:00 +0100] \"GET / HTTP/1.1\" 200 5"}"#,
        &["http_request"],
        false,
    );
    check(r#"{"ident":"app","message":"it said \"x\""}"#, &[], true);
    check(
        r#"{"Channel":"Security","ident":"sudo","message":"a : USER=root ; COMMAND=/bin/echo \"x\""}"#,
        &[],
        true,
    );
}
