//! Loki's query API of the real binary, asked by a client of Loki's from a package registry, and
//! as Grafana asks.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may panic, and says what it skips"
)]

mod common;

use std::process::Command;

use common::{Daemon, percent_encoded};
use serde_json::{Value as Json, json};

/// Lines of syslog: three of sshd on two hosts, one with no program. RFC 5424, in one hour.
const LINES: &str = "\
<38>1 2024-03-01T10:00:00Z web1 sshd 100 - - Failed password for root from 203.0.113.7 port 22 ssh2
<38>1 2024-03-01T10:00:30Z web1 sshd 100 - - failed password for root from 203.0.113.8 port 22 ssh2
<35>1 2024-03-01T10:01:00Z web2 sshd 100 - - Failed password for bo from 203.0.113.7 port 22 ssh2
<38>1 2024-03-01T10:05:00Z web1 cron 7 - - (root) CMD (run-parts /etc/cron.hourly)
";

const START: &str = "1709287200000000000";
const END: &str = "1709290800000000000";

fn daemon() -> Daemon {
    let daemon = Daemon::start();
    daemon.send_tcp(LINES.as_bytes());
    daemon.wait_for("the lines", |daemon| (daemon.total("*") == 4).then_some(()));
    daemon
}

fn ask(daemon: &Daemon, path: &str, parameters: &[(&str, &str)]) -> Json {
    let pairs: Vec<String> = [("start", START), ("end", END)]
        .iter()
        .chain(parameters)
        .map(|(name, value)| format!("{}={}", percent_encoded(name), percent_encoded(value)))
        .collect();
    daemon.get_json(&format!("/loki/api/v1/{path}?{}", pairs.join("&")))
}

/// The lines that a query finds, without their heads, newest first within each stream.
fn lines(daemon: &Daemon, query: &str) -> Vec<String> {
    let answer = ask(daemon, "query_range", &[("query", query)]);
    let streams = answer["data"]["result"].as_array().unwrap();
    streams
        .iter()
        .flat_map(|stream| stream["values"].as_array().unwrap())
        .map(|entry| {
            entry[1]
                .as_str()
                .unwrap()
                .split(" - - ")
                .nth(1)
                .unwrap()
                .to_owned()
        })
        .map(|message| message.split(" port").next().unwrap().to_owned())
        .collect()
}

#[test]
fn selectors_find_whole_values() {
    let daemon = daemon();
    let answer = ask(
        &daemon,
        "query_range",
        &[
            ("query", r#"{host_name="web1", service_name="sshd"}"#),
            ("limit", "1"),
        ],
    );
    assert_eq!(
        answer["data"]["result"],
        json!([{
            "stream": {
                "host_name": "web1", "service_name": "sshd", "vakt_stream": "default",
            },
            "values": [["1709287230000000000", LINES.lines().nth(1).unwrap()]],
        }])
    );
    let check =
        |query: &str, expected: &[&str]| assert_eq!(lines(&daemon, query), expected, "{query}");
    let cron = "(root) CMD (run-parts /etc/cron.hourly)";
    check(r#"{host_name="web"}"#, &[]);
    check(r#"{service_name="cron"}"#, &[cron]);
    check(r#"{service_name!~"sshd|login"}"#, &[cron]);
    check(
        r#"{level="error"}"#,
        &["Failed password for bo from 203.0.113.7"],
    );
    check(r#"{} | process_pid < 50"#, &[cron]);
    check(
        r#"{} | source_ip="203.0.113.7" and user_name!="root""#,
        &["Failed password for bo from 203.0.113.7"],
    );
    assert_eq!(
        ask(
            &daemon,
            "index/stats",
            &[("query", r#"{service_name="sshd"}"#)]
        )["entries"],
        3
    );
    let labels = ask(&daemon, "labels", &[]);
    let labels = labels["data"].as_array().unwrap();
    assert!(labels.contains(&json!("user_name")), "{labels:?}");
    assert!(!labels.contains(&json!("url_path")), "{labels:?}");
    let series = ask(
        &daemon,
        "series",
        &[("match[]", r#"{service_name="sshd"}"#)],
    );
    assert_eq!(series["data"].as_array().unwrap().len(), 2);
}

/// What Loki's `| json` would name so is found, from memory as from a split.
#[test]
fn nested_fields_of_json_are_labels() {
    let folder = tempfile::TempDir::new().unwrap();
    let mut daemon = Daemon::start_in(folder.path(), &[]);
    let lines = r#"
{"@timestamp": "2024-03-01T10:00:00Z", "t_kind": "ct", "userIdentity": {"userName": "bert-jan"}, "id.resp_p": 80}
{"@timestamp": "2024-03-01T10:01:00Z", "t_kind": "ct", "userIdentity": {"userName": "now-1d"}, "k8s/pod": "a"}
{"@timestamp": "2024-03-01T10:02:00Z", "t_kind": "own", "user_name": "vera", "registry": {"path": "HKLM\\x"}}
"#;
    assert_eq!(daemon.post_events(lines.trim_start()).unwrap().0, 200);
    for restarted in [false, true] {
        if restarted {
            daemon.end_with("TERM");
            daemon = Daemon::start_in(folder.path(), &[]);
        }
        let count = |query: &str| {
            ask(&daemon, "index/stats", &[("query", query)])["entries"]
                .as_u64()
                .unwrap()
        };
        for (query, expected) in [
            (
                r#"{t_kind="ct"} | json | userIdentity_userName="bert-jan""#,
                1,
            ),
            (
                r#"{t_kind="ct"} | json | userIdentity_userName!="bert-jan""#,
                1,
            ),
            (r#"{} | json | id_resp_p = 80"#, 1),
            (r#"{k8s_pod=~".+"}"#, 1),
            (r#"{registry_path=~".+"}"#, 1),
            (r#"{userIdentity_userName="now-1d"}"#, 1),
            (r#"{userIdentity_userName!="now-1d"}"#, 2),
            // A label of the table is also the field of its own name.
            (r#"{user_name="vera"}"#, 1),
            (r#"{} | json | __error__!="""#, 0),
            (r#"{} | json | __error__="""#, 3),
        ] {
            assert_eq!(count(query), expected, "{query}");
        }
        let values = ask(&daemon, "label/id_resp_p/values", &[]);
        assert_eq!(values["data"], json!(["80"]));
        let fields = ask(&daemon, "detected_fields", &[("query", "{}")]);
        let fields = fields["fields"].as_array().unwrap();
        for name in [
            "userIdentity_userName",
            "id_resp_p",
            "k8s_pod",
            "registry_path",
        ] {
            assert!(
                fields.iter().any(|field| field["label"] == name),
                "{name}: {fields:?}"
            );
        }
        let query = "sum by (userIdentity_userName) (count_over_time({t_kind=`ct`}[2h]))";
        let sums = ask(
            &daemon,
            "query",
            &[("query", query), ("time", "1709290800")],
        );
        assert_eq!(
            sums["data"]["result"],
            json!([
                {"metric": {"userIdentity_userName": "bert-jan"}, "value": [1_709_290_800.0, "1"]},
                {"metric": {"userIdentity_userName": "now-1d"}, "value": [1_709_290_800.0, "1"]},
            ])
        );
    }
}

/// Who may not read raw text is told so in the words of the query that they wrote.
#[test]
fn a_viewer_is_told_of_filters_of_lines() {
    let daemon = daemon();
    let added = daemon.vakt(&[
        "--output", "ndjson", "users", "add", "vera", "--role", "viewer",
    ]);
    let added: Json = serde_json::from_slice(&added.stdout).unwrap();
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .new_agent();
    let query = percent_encoded("{} |= `x`");
    let mut answer = agent
        .get(format!(
            "{}/loki/api/v1/query_range?query={query}",
            daemon.http
        ))
        .header(
            "authorization",
            format!("Bearer {}", added["token"].as_str().unwrap()),
        )
        .call()
        .unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    assert_eq!(answer.status().as_u16(), 403, "{text}");
    assert!(text.starts_with("filters of lines (|= \"text\""), "{text}");
    assert!(!text.contains("event.original"), "{text}");
}

#[test]
fn line_filters_are_substrings_case_and_all() {
    let daemon = daemon();
    let check =
        |query: &str, expected: &[&str]| assert_eq!(lines(&daemon, query), expected, "{query}");
    let root = "Failed password for root from 203.0.113.7";
    let small = "failed password for root from 203.0.113.8";
    let bo = "Failed password for bo from 203.0.113.7";
    check("{} |= `Failed pass`", &[bo, root]);
    check("{} |= `ailed password for r`", &[small, root]);
    check("{service_name=`sshd`} != `Failed`", &[small]);
    check("{} |~ `(?i)FAILED .* root`", &[small, root]);
    check("{service_name=`sshd`} !~ `203[.]0[.]113[.]7 `", &[small]);
    check(
        "{} |= `/etc/cron`",
        &["(root) CMD (run-parts /etc/cron.hourly)"],
    );
    check("{} |= `bo from` or `113.8`", &[bo, small]);
    check(
        "{host_name=~`web[1]`, service_name=~`ssh.+`} |= `Failed`",
        &[root],
    );
    // What is counted is what is shown.
    let count = ask(
        &daemon,
        "query",
        &[
            ("query", "sum(count_over_time({} |= `Failed` [2h]))"),
            ("time", "1709290800"),
        ],
    );
    assert_eq!(count["data"]["result"][0]["value"][1], "2");
}

#[test]
fn counts_by_level_and_by_host() {
    let daemon = daemon();
    let matrix = |query: &str| {
        ask(
            &daemon,
            "query_range",
            &[("query", query), ("step", "60000ms")],
        )["data"]["result"]
            .clone()
    };
    assert_eq!(
        matrix(
            "sum by (level, detected_level) (count_over_time({service_name=`sshd`} | drop __error__[1m]))"
        ),
        json!([
            {"metric": {"detected_level": "error", "level": "error"}, "values": [[1_709_287_320, "1"]]},
            {"metric": {"detected_level": "informational", "level": "informational"},
             "values": [[1_709_287_260, "2"]]},
        ])
    );
    assert_eq!(
        matrix("sum(rate({host_name=`web1`}[2m])) "),
        json!([{"metric": {}, "values": [
            [1_709_287_260, (2.0 / 120.0).to_string()], [1_709_287_320, (2.0 / 120.0).to_string()],
            [1_709_287_560, (1.0 / 120.0).to_string()], [1_709_287_620, (1.0 / 120.0).to_string()],
        ]}])
    );
    let vector = ask(
        &daemon,
        "query",
        &[
            ("query", "sum by (host_name) (count_over_time({}[2h]))"),
            ("time", "1709290800"),
        ],
    );
    assert_eq!(
        vector["data"]["result"],
        json!([
            {"metric": {"host_name": "web1"}, "value": [1_709_290_800.0, "3"]},
            {"metric": {"host_name": "web2"}, "value": [1_709_290_800.0, "1"]},
        ])
    );
    assert_eq!(
        ask(&daemon, "label/user_name/values", &[])["data"],
        json!(["bo", "root"])
    );
}

/// On a day's logs, with texts cut out of the lines wherever it falls: parts of words, signs, dates.
#[test]
fn line_filters_agree_with_a_plain_scan() {
    let log = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/data/quiet_day.log"
    );
    let log = std::fs::read_to_string(log).unwrap();
    let lines: Vec<&str> = log.lines().collect();
    let daemon = Daemon::start();
    daemon.send_tcp(log.as_bytes());
    daemon.wait_for("the lines", |daemon| {
        (daemon.total("*") == lines.len() as u64).then_some(())
    });
    let counted = |query: &str| {
        let query = format!("sum(count_over_time({query}[20y]))");
        let answer = daemon.get_json(&format!(
            "/loki/api/v1/query?query={}",
            percent_encoded(&query)
        ));
        let count = answer["data"]["result"][0]["value"][1].as_str();
        count.map_or(0, |count| count.parse().unwrap())
    };
    let mut found = 0;
    for (index, line) in lines.iter().enumerate().step_by(23) {
        let chars: Vec<char> = line.chars().collect();
        let length = 2 + index % 19;
        let start = index * 7 % chars.len().saturating_sub(length).max(1);
        let mut text: String = chars.iter().skip(start).take(length).collect();
        if index % 3 == 0 {
            text = text.to_uppercase();
        }
        let expected = lines.iter().filter(|line| line.contains(&text)).count();
        found += expected;
        let quoted = text.replace('\\', r"\\").replace('"', "\\\"");
        assert_eq!(
            counted(&format!("{{}} |= \"{quoted}\"")),
            expected,
            "{text}"
        );
        let others = lines.len() - expected;
        assert_eq!(counted(&format!("{{}} != \"{quoted}\"")), others, "{text}");
    }
    assert!(found > 100, "the texts are in hardly any line");
    let of_web1 = lines.iter().filter(|line| line.contains("+01:00 web1 "));
    assert_eq!(counted("{host_name=`web1`}"), of_web1.count());
}

/// The script speaks through `loki-reader-core`, a client of Loki's in Python.
#[test]
fn a_client_in_python_reads() {
    let test = "a_client_in_python_reads";
    let python = std::env::var("VAKT_LOKI_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has_client = Command::new(&python)
        .args(["-c", "import loki_reader_core"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !has_client {
        assert!(
            std::env::var_os("CI").is_none(),
            "{test}: {python} has no loki_reader_core, and in CI it must be there"
        );
        eprintln!(
            "skipped: {test}: {python} has no loki_reader_core (name one with VAKT_LOKI_PYTHON)"
        );
        return;
    }
    let daemon = daemon();
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/data/loki_client.py"
    );
    let output = Command::new(&python)
        .args([script, &daemon.http, &daemon.token, START, END])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let found: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(
        found,
        json!({
            "hosts": ["web1", "web2"],
            "has_label": true,
            "lines": 3,
            "first_labels": {
                "host_name": "web2", "service_name": "sshd", "vakt_stream": "default",
            },
            "first_time": 1_709_287_260_000_000_000_u64,
            "series": 2,
            "volume": [["error", 1.0], ["informational", 2.0]],
            "fault": "character 1",
        })
    );
}
