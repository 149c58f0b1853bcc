//! `/loki/api/v1/…`, asked as Grafana's Loki data source asks: the shapes of its requests, in our
//! words, from its public source (`pkg/tsdb/loki`, `public/app/plugins/datasource/loki`).

use base64::Engine as _;
use serde_json::{Value, json};
use vakt_api::Role;
use vakt_api::access::NewUser;
use vakt_api::backend::{Order, SearchAnswer, SearchTable};
use vakt_event::{Timestamp, percent};

use crate::client::Answer;
use crate::fake::{Daemon, start};

/// 2026-11-24, from 09:00 to 10:00, in nanoseconds.
const START: &str = "1795510800000000000";
const END: &str = "1795514400000000000";

impl Daemon {
    /// Asks with the parameters in the address, as Grafana does.
    fn loki(&self, path: &str, parameters: &[(&str, &str)]) -> Answer {
        self.admin(
            &format!("GET /loki/api/v1/{path}?{}", encoded(parameters)),
            "",
        )
    }

    fn will_find(&self, answers: impl IntoIterator<Item = SearchAnswer>) {
        self.fake.searches.lock().unwrap().clear();
        *self.fake.answers.lock().unwrap() = answers.into_iter().collect();
    }

    /// What was searched since the last [`Self::will_find`].
    fn searched(&self) -> Vec<String> {
        let searches = self.fake.searches.lock().unwrap();
        searches.iter().map(|search| search.query.clone()).collect()
    }
}

fn encoded(parameters: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = parameters
        .iter()
        .map(|(name, value)| format!("{}={}", percent::encoded(name), percent::encoded(value)))
        .collect();
    pairs.join("&")
}

fn hits(hits: &[Value]) -> SearchAnswer {
    SearchAnswer {
        hits: hits
            .iter()
            .map(|hit| hit.as_object().unwrap().clone())
            .collect(),
        total: hits.len() as u64,
        ..SearchAnswer::default()
    }
}

fn total(total: u64) -> SearchAnswer {
    SearchAnswer {
        total,
        ..SearchAnswer::default()
    }
}

fn table(columns: &[&str], rows: &[Value]) -> SearchAnswer {
    let table = SearchTable {
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        rows: rows
            .iter()
            .map(|row| row.as_array().unwrap().clone())
            .collect(),
        cut: Vec::new(),
    };
    SearchAnswer {
        table: Some(table),
        ..SearchAnswer::default()
    }
}

/// "Save & test" of the data source.
#[test]
fn the_probe_is_answered_with_one_value() {
    let daemon = start();
    let answer = daemon.loki(
        "query",
        &[
            ("direction", "backward"),
            ("query", "vector(1)+vector(1)"),
            ("time", "4000000000"),
        ],
    );
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(
        answer.json(),
        json!({"status": "success", "data": {
            "resultType": "vector",
            "result": [{"metric": {}, "value": [4_000_000_000.0, "2"]}], "stats": {},
        }})
    );
    assert_eq!(daemon.searched(), [""; 0]);
}

/// Who looks through Grafana is on record like everybody else, once for what a dashboard asks again.
#[test]
fn what_is_asked_is_in_the_search_log() {
    let daemon = start();
    let line = json!({"@timestamp": "2026-11-24T09:30:00Z", "event.original": "x"});
    daemon.will_find([hits(&[line.clone(), line.clone()]), hits(&[line]), total(7)]);
    let sshd = ("query", r#"{service_name="sshd"}"#);
    daemon.loki("query", &[("query", "vector(1)+vector(1)")]);
    daemon.loki("query_range", &[sshd, ("start", START), ("end", END)]);
    daemon.loki(
        "query_range",
        &[sshd, ("start", START), ("end", "1795518000000000000")],
    );
    daemon.loki("index/stats", &[("query", r#"{service_name="cron"}"#)]);
    daemon.loki("query_range", &[("query", "{broken")]);
    let log = daemon.admin("GET /api/v1/searches?kind=loki", "").json();
    let rows = log["searches"].as_array().unwrap().iter().map(|row| {
        let members = ["who", "query", "since", "until", "outcome", "hits", "looks"];
        Value::from(members.map(|member| row[member].clone()).to_vec())
    });
    let expected = [
        json!([
            "admin",
            "index/stats {service_name=\"cron\"}",
            null,
            null,
            "done",
            0,
            1
        ]),
        json!([
            "admin",
            "{service_name=\"sshd\"}",
            "2026-11-24T09:00:00Z",
            "2026-11-24T11:00:00Z",
            "done",
            3,
            2
        ]),
    ];
    assert_eq!(rows.collect::<Vec<_>>(), expected);
}

/// Whoever lists all users is on record as having done so, and not as one who lists addresses.
#[test]
fn the_search_log_says_what_was_listed() {
    let daemon = start();
    let asked = [
        ("labels", None, "labels"),
        ("label/user_name/values", None, "label/user_name/values"),
        ("label/user_name/values", None, "label/user_name/values"),
        ("label/source_ip/values", None, "label/source_ip/values"),
        (
            "label/source_ip/values",
            Some(("query", "{host_name=`a`}")),
            "label/source_ip/values {host_name=`a`}",
        ),
        (
            "detected_field/user_name/values",
            None,
            "detected_field/user_name/values",
        ),
        ("series", Some(("match[]", "{}")), "series {}"),
        (
            "detected_fields",
            Some(("query", "{}")),
            "detected_fields {}",
        ),
    ];
    for (path, selector, _) in asked {
        let answers = (0..40).map(|_| table(&["value"], &[]));
        daemon.will_find(answers);
        let answer = daemon.loki(path, selector.as_slice());
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    }
    let log = daemon.admin("GET /api/v1/searches?kind=loki", "").json();
    let rows = log["searches"].as_array().unwrap().iter().rev();
    let found: Vec<(&str, i64)> = rows
        .map(|row| {
            (
                row["query"].as_str().unwrap(),
                row["looks"].as_i64().unwrap(),
            )
        })
        .collect();
    let mut expected: Vec<(&str, i64)> = Vec::new();
    for (_, _, query) in asked {
        match expected.iter_mut().find(|(known, _)| *known == query) {
            Some((_, looks)) => *looks += 1,
            None => expected.push((query, 1)),
        }
    }
    assert_eq!(found, expected);
}

/// What `| json` makes of a line is what can be asked for, and what can be asked for is offered.
#[test]
fn nested_fields_are_labels() {
    let daemon = start();
    let names = ["userIdentity.userName", "id.resp_p"].map(str::to_owned);
    *daemon.fake.field_names.lock().unwrap() = names.into();
    let line = json!({
        "@timestamp": "2026-11-24T09:30:00Z", "event.original": "{}", "host.name": "a",
        "userIdentity.userName": "bert-jan", "id.resp_p": 80, "user.name": "bo",
    });
    let bearer = format!("Authorization: Bearer {}", daemon.admin);
    let flags = "X-Loki-Response-Encoding-Flags: categorize-labels";
    let ask = |query: &str| {
        daemon.will_find([hits(std::slice::from_ref(&line))]);
        let parameters = encoded(&[("query", query), ("start", START), ("end", END)]);
        let line = format!("GET /loki/api/v1/query_range?{parameters}");
        let answer = daemon.request(&line, &[&bearer, flags], b"");
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["data"]["result"][0]["values"][0][2].clone()
    };
    assert_eq!(
        ask("{}"),
        json!({"structuredMetadata": {"user_name": "bo"}})
    );
    assert_eq!(
        ask("{} | json | userIdentity_userName=`bert-jan` | id_resp_p = 80"),
        json!({
            "structuredMetadata": {"user_name": "bo"},
            "parsed": {"userIdentity_userName": "bert-jan", "id_resp_p": "80"},
        })
    );
    assert_eq!(
        daemon.searched(),
        [
            "(userIdentity.userName:\"bert-jan\" and userIdentity.userName:[\"bert-jan\" TO \"bert-jan\"]) \
          and id.resp_p:[80 TO 80]"
        ]
    );
    daemon.will_find([hits(std::slice::from_ref(&line))]);
    let fields = daemon.loki("detected_fields", &[("query", "{}")]).json();
    assert_eq!(
        fields["fields"],
        json!([
            {"label": "id_resp_p", "type": "int", "cardinality": 1, "parsers": ["json"]},
            {"label": "userIdentity_userName", "type": "string", "cardinality": 1, "parsers": ["json"]},
            {"label": "user_name", "type": "string", "cardinality": 1, "parsers": null},
        ])
    );
    daemon.will_find([table(
        &["id.resp_p", "count", "percent"],
        &[json!([80, 2, 9])],
    )]);
    let values = daemon.loki("label/id_resp_p/values", &[]).json();
    assert_eq!(values["data"], json!(["80"]));
    assert_eq!(
        daemon.searched(),
        ["(*) and id.resp_p:* | top 1000 id.resp_p"]
    );
}

/// The lines of Explore.
#[test]
fn lines_are_streams() {
    let daemon = start();
    let line = json!({
        "@timestamp": "2026-11-24T09:30:00.000001Z", "event.original": "<38>Failed password",
        "host.name": "web1", "log.syslog.appname": "sshd", "log.syslog.severity.name": "informational",
        "vakt.stream": "default", "event.dataset": "system.auth", "source.ip": "203.0.113.7",
        "source.port": 22,
    });
    daemon.will_find([hits(&[line])]);
    let parameters = [
        ("direction", "backward"),
        ("end", END),
        ("limit", "1000"),
        ("query", r#"{service_name="sshd"} |= `Failed`"#),
        ("start", START),
        ("step", "2000ms"),
    ];
    let bearer = format!("Authorization: Bearer {}", daemon.admin);
    let line = format!("GET /loki/api/v1/query_range?{}", encoded(&parameters));
    let flags = "X-Loki-Response-Encoding-Flags: categorize-labels";
    let answer = daemon.request(&line, &[&bearer, flags, "X-Query-Tags: Source=x"], b"");
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(
        answer.json()["data"],
        json!({
            "resultType": "streams",
            "encodingFlags": ["categorize-labels"],
            "result": [{
                "stream": {"service_name": "sshd", "host_name": "web1", "vakt_stream": "default"},
                "values": [["1795512600000001000", "<38>Failed password", {"structuredMetadata": {
                    "level": "informational", "detected_level": "informational",
                    "event_dataset": "system.auth", "source_ip": "203.0.113.7", "source_port": "22",
                }}]],
            }],
            "stats": {},
        })
    );
    // Grafana reads the streams by the flags before them, and the lines of a stream by its labels.
    let text = answer.text();
    let places = ["encodingFlags", "\"result\"", "\"stream\":", "\"values\":"];
    assert!(
        places.map(|name| text.find(name).unwrap()).is_sorted(),
        "{text}"
    );
    let searches = daemon.fake.searches.lock().unwrap();
    let [search] = searches.as_slice() else {
        panic!("{searches:?}");
    };
    let time = |text: &str| -> Option<Timestamp> { Some(text.parse().unwrap()) };
    assert_eq!(search.since, time("2026-11-24T09:00:00Z"));
    assert_eq!(search.until, time("2026-11-24T10:00:00Z"));
    assert_eq!((search.limit, search.order), (1000, Order::NewestFirst));
    assert!(search.hits_only && search.cancelled.is_some());
    assert!(
        search.query.ends_with("and event.original:/(?-i)Failed/"),
        "{}",
        search.query
    );
}

/// The same as a form, as `logcli` and dashboards that are shared send it.
#[test]
fn parameters_may_be_a_form() {
    let daemon = start();
    let form = encoded(&[
        ("query", "{} |= `a&b=c`"),
        ("direction", "FORWARD"),
        ("limit", "5"),
        ("since", "5m"),
    ]);
    let bearer = format!("Authorization: Bearer {}", daemon.admin);
    let ask = |kind: &str| {
        let headers = [bearer.as_str(), kind];
        daemon.request("POST /loki/api/v1/query_range", &headers, form.as_bytes())
    };
    let answer = ask("Content-Type: application/x-www-form-urlencoded");
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(ask("Content-Type: application/json").status, 400);
    let searches = daemon.fake.searches.lock().unwrap();
    assert_eq!(searches.len(), 1);
    assert_eq!(searches[0].query, r"event.original:/(?-i)a\&b=c/");
    assert_eq!(
        (searches[0].limit, searches[0].order),
        (5, Order::OldestFirst)
    );
    let long = searches[0]
        .until
        .unwrap()
        .micros_since(searches[0].since.unwrap());
    assert_eq!(long, 300_000_000);
}

/// The histogram above the lines of Explore.
#[test]
fn the_volume_by_level() {
    let daemon = start();
    let at = |minute: u32| format!("2026-11-24T09:{minute:02}:00Z");
    daemon.will_find([
        table(
            &["_time", "error", "warn"],
            &[json!([at(0), 1, 0]), json!([at(1), 2, 5])],
        ),
        table(&["_time", "error"], &[json!([at(1), 10])]),
        table(&["_time"], &[]),
        table(&["_time", "count"], &[json!([at(0), 7]), json!([at(1), 0])]),
    ]);
    let answer = daemon.loki(
        "query_range",
        &[
            ("direction", "backward"),
            ("start", START),
            ("end", "1795510925000000000"),
            ("query", "sum by (level, detected_level) (count_over_time({host_name=~`.+`} | drop __error__[1m]))"),
            ("step", "60000ms"),
        ],
    );
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(
        answer.json(),
        json!({"status": "success", "data": {"resultType": "matrix", "stats": {}, "result": [
            {"metric": {}, "values": [[1_795_510_860, "7"]]},
            {"metric": {"detected_level": "error", "level": "error"},
             "values": [[1_795_510_860, "1"], [1_795_510_920, "12"]]},
            {"metric": {"detected_level": "warn", "level": "warn"}, "values": [[1_795_510_920, "5"]]},
        ]}})
    );
    let none = "(host.name:*) and not log.level:* and not level:* and";
    assert_eq!(
        daemon.searched(),
        [
            "(host.name:*) and log.level:* | timechart 60s by log.level".to_owned(),
            "(host.name:*) and not log.level:* and level:* | timechart 60s by level".to_owned(),
            format!(
                "{none} log.syslog.severity.name:* | timechart 60s by log.syslog.severity.name"
            ),
            format!("{none} not log.syslog.severity.name:* | timechart 60s"),
        ]
    );
    let searches = daemon.fake.searches.lock().unwrap();
    let time = |text: &str| -> Option<Timestamp> { Some(text.parse().unwrap()) };
    for search in searches.iter() {
        assert_eq!(search.since, time("2026-11-24T08:59:00Z"));
        assert_eq!(search.until, time("2026-11-24T09:02:00Z"));
    }
}

#[test]
fn a_rate_without_a_sum_warns() {
    let daemon = start();
    daemon.will_find([table(
        &["_time", "count"],
        &[json!(["2026-11-24T09:00:00Z", 30])],
    )]);
    let answer = daemon.loki(
        "query_range",
        &[
            ("start", START),
            ("end", "1795510860"),
            ("query", "rate({}[1m])"),
            ("step", "60"),
        ],
    );
    let answer = answer.json();
    assert_eq!(
        answer["data"]["result"],
        json!([{"metric": {}, "values": [[1_795_510_860, "0.5"]]}])
    );
    assert!(
        answer["warnings"][0].as_str().unwrap().contains("sum by"),
        "{answer}"
    );
    assert_eq!(daemon.searched(), ["* | timechart 60s"]);
}

/// What a chart puts together is none of the highest, however many events it has.
#[test]
fn the_highest_over_time_are_values_and_not_the_rest() {
    let daemon = start();
    let hosts: Vec<String> = (1..=20).map(|number| format!("web{number}")).collect();
    let ask = |has_others: bool| {
        let mut columns = vec!["_time"];
        columns.extend(hosts.iter().map(String::as_str));
        let mut row = vec![json!("2026-11-24T09:00:00Z")];
        row.extend((1..=20).map(|number| json!(100 - number)));
        if has_others {
            columns.push("(other)");
            row.push(json!(5000));
        }
        let none = table(&["_time", "count"], &[]);
        daemon.will_find([table(&columns, &[Value::Array(row)]), none]);
        let query = "topk(2, sum by (host_name) (count_over_time({}[1m])))";
        let parameters = [
            ("start", START),
            ("end", "1795510860"),
            ("query", query),
            ("step", "60"),
        ];
        daemon.loki("query_range", &parameters).json()
    };
    let highest = json!([
        {"metric": {"host_name": "web1"}, "values": [[1_795_510_860, "99"]]},
        {"metric": {"host_name": "web2"}, "values": [[1_795_510_860, "98"]]},
    ]);
    for (has_others, warnings) in [(false, 0), (true, 1)] {
        let answer = ask(has_others);
        assert_eq!(answer["data"]["result"], highest, "{answer}");
        let said = answer["warnings"].as_array().map_or(0, Vec::len);
        assert_eq!(said, warnings, "{answer}");
    }
}

#[test]
fn counts_at_one_time() {
    let daemon = start();
    let ask = |query: &str, answers: Vec<SearchAnswer>| {
        daemon.will_find(answers);
        let answer = daemon.loki("query", &[("query", query), ("time", "1795510800.5")]);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let answer = answer.json();
        assert_eq!(answer["data"]["resultType"], "vector");
        answer["data"]["result"].clone()
    };
    let top = || {
        let rows = [json!(["web1", 8, 80.0]), json!(["web2", 2, 20.0])];
        vec![table(&["host.name", "count", "percent"], &rows), total(0)]
    };
    let at = 1_795_510_800.5;
    assert_eq!(
        ask("sum by (host_name) (rate({}[4s]))", top()),
        json!([
            {"metric": {"host_name": "web1"}, "value": [at, "2"]},
            {"metric": {"host_name": "web2"}, "value": [at, "0.5"]},
        ])
    );
    assert_eq!(
        daemon.searched(),
        [
            "(*) and host.name:* | top 500 host.name",
            "(*) and not host.name:*"
        ]
    );
    {
        let searches = daemon.fake.searches.lock().unwrap();
        let micros = |time: Option<Timestamp>| time.unwrap().micros();
        // From four seconds before, exclusive, to the time, inclusive.
        assert_eq!(micros(searches[0].since), 1_795_510_796_500_001);
        assert_eq!(micros(searches[0].until), 1_795_510_800_500_001);
    }
    assert_eq!(
        ask(
            "topk(1, sum by (host_name) (count_over_time({}[4s])))",
            top()
        ),
        json!([{"metric": {"host_name": "web1"}, "value": [at, "8"]}])
    );
    assert_eq!(
        ask("sum(count_over_time({}[1h]))", vec![total(12)]),
        json!([{"metric": {}, "value": [at, "12"]}])
    );
    assert_eq!(
        ask("sum(count_over_time({}[1h]))", vec![total(0)]),
        json!([])
    );
}

/// The label browser and the query builder.
#[test]
fn labels_and_their_values() {
    let daemon = start();
    let times = [("start", START), ("end", END)];
    // The first label of the table is there, the second is not, all others are.
    daemon.will_find([hits(&[json!({})]), hits(&[])]);
    let answer = daemon.loki("labels", &times).json();
    assert_eq!(answer["status"], "success");
    let names = answer["data"].as_array().unwrap();
    assert!(names.contains(&json!("service_name")) && names.contains(&json!("level")));
    assert!(!names.contains(&json!("host_name")) && !names.contains(&json!("detected_level")));
    assert_eq!(
        daemon.searched()[0],
        "(*) and (service.name:* or log.syslog.appname:* or event.provider:*)"
    );

    let mut selected = times.to_vec();
    selected.push(("query", "{vakt_stream=~`.+`}"));
    daemon.will_find([table(
        &["host.name", "count", "percent"],
        &[json!(["b", 2, 9]), json!(["a", 1, 1])],
    )]);
    let answer = daemon.loki("label/host_name/values", &selected).json();
    assert_eq!(answer, json!({"status": "success", "data": ["a", "b"]}));
    assert_eq!(
        daemon.searched(),
        ["(vakt.stream:*) and host.name:* | top 1000 host.name"]
    );
    daemon.will_find([table(
        &["host.name", "count", "percent"],
        &[json!(["b", 2, 9])],
    )]);
    let answer = daemon
        .loki("detected_field/host_name/values", &times)
        .json();
    assert_eq!(answer, json!({"values": ["b"], "limit": 1000}));
    assert_eq!(daemon.loki("label/host.name/values", &times).status, 400);
}

#[test]
fn streams_and_fields_of_the_newest_lines() {
    let daemon = start();
    let sample = || {
        hits(&[
            json!({
                "host.name": "a", "vakt.stream": "default", "process.pid": 7, "colour": "red",
                "log.syslog.severity.name": "error",
            }),
            json!({"host.name": "a", "vakt.stream": "default", "process.pid": 8, "colour": true}),
            json!({"host.name": "b", "vakt.stream": "default", "process.pid": 8, "dotted.name": 1}),
        ])
    };
    daemon.will_find([sample(), hits(&[])]);
    let answer = daemon.loki(
        "series",
        &[
            ("match[]", "{}"),
            ("match[]", "{host_name=`b`}"),
            ("start", START),
            ("end", END),
        ],
    );
    assert_eq!(
        answer.json(),
        json!({"status": "success", "data": [
            {"host_name": "a", "vakt_stream": "default"}, {"host_name": "b", "vakt_stream": "default"},
        ]})
    );
    assert_eq!(daemon.searched().len(), 2);
    assert_eq!(daemon.loki("series", &[("start", START)]).status, 400);

    daemon.will_find([sample()]);
    assert_eq!(
        daemon
            .loki("detected_labels", &[("start", START), ("end", END)])
            .json(),
        json!({"detectedLabels": [
            {"label": "host_name", "cardinality": 2}, {"label": "vakt_stream", "cardinality": 1},
        ]})
    );
    daemon.will_find([sample()]);
    assert_eq!(
        daemon
            .loki("detected_fields", &[("query", "{}"), ("limit", "1000")])
            .json(),
        json!({"limit": 1000, "fields": [
            {"label": "colour", "type": "string", "cardinality": 2, "parsers": ["json"]},
            {"label": "detected_level", "type": "string", "cardinality": 1, "parsers": null},
            {"label": "dotted_name", "type": "int", "cardinality": 1, "parsers": ["json"]},
            {"label": "level", "type": "string", "cardinality": 1, "parsers": null},
            {"label": "process_pid", "type": "int", "cardinality": 2, "parsers": null},
        ]})
    );
    daemon.will_find([total(42)]);
    assert_eq!(
        daemon
            .loki(
                "index/stats",
                &[("query", "{host_name=`a`}"), ("start", START), ("end", END)]
            )
            .json(),
        json!({"streams": 0, "chunks": 0, "bytes": 0, "entries": 42})
    );
    assert!(daemon.loki("status/buildinfo", &[]).json()["version"].is_string());
}

/// Grafana shows the body of an error to the person who asked.
#[test]
fn errors_are_words() {
    let daemon = start();
    let check = |path: &str, parameters: &[(&str, &str)], expected: &str| {
        let answer = daemon.loki(path, parameters);
        assert_eq!(answer.status, 400, "{}", answer.text());
        assert_eq!(
            answer.header("content-type"),
            Some("text/plain; charset=utf-8")
        );
        assert!(answer.text().contains(expected), "{}", answer.text());
    };
    check(
        "query_range",
        &[("query", "{a=b}")],
        "character 4: expected a text in \"quotes\"",
    );
    check("query_range", &[], "`query` is missing");
    check(
        "query_range",
        &[("query", "{}"), ("limit", "10001")],
        "from 1 to 10000",
    );
    check(
        "query_range",
        &[("query", "{}"), ("direction", "up")],
        "`direction`",
    );
    check(
        "query_range",
        &[("query", "{}"), ("start", "yesterday")],
        "`start`",
    );
    check(
        "query_range",
        &[("query", "rate({}[1m])"), ("step", "fast")],
        "`step`",
    );
    check(
        "query_range",
        &[("query", "rate({}[90500ms])"), ("step", "1s")],
        "whole number of seconds",
    );
    check(
        "query_range",
        &[
            ("query", "sum by (host_name, user_name) (rate({}[1m]))"),
            ("step", "1m"),
        ],
        "by one label",
    );
    check("series", &[("match[]", "rate({}[1m])")], "character 1");
    let nowhere = daemon.loki("tail", &[]);
    assert_eq!(nowhere.status, 404);
    assert!(
        nowhere
            .text()
            .starts_with("there is nothing at this path: "),
        "{}",
        nowhere.text()
    );
    let unsigned = daemon.request("GET /loki/api/v1/labels", &[], b"");
    assert_eq!(unsigned.status, 401);
    assert!(
        unsigned.text().starts_with("this needs a credential: "),
        "{}",
        unsigned.text()
    );
}

/// Grafana's data sources know basic authentication: the password is the token.
#[test]
fn a_token_as_a_password() {
    let daemon = start();
    let viewer = daemon.token("vera", Role::Viewer);
    let sender = daemon
        .access
        .add_intake_token("a", "web1", "admin")
        .unwrap();
    let basic = |credential: &str| {
        let encoded = base64::engine::general_purpose::STANDARD.encode(credential);
        format!("Authorization: Basic {encoded}")
    };
    let check = |path: &str, header: &str, status: u16| {
        let answer = daemon.request(&format!("GET {path}"), &[header], b"");
        assert_eq!(answer.status, status, "{path} {header}: {}", answer.text());
    };
    let build_info = "/loki/api/v1/status/buildinfo";
    check(build_info, &basic(&format!("grafana:{viewer}")), 200);
    check(build_info, &basic(&format!(":{viewer}")), 200);
    check(build_info, &format!("Authorization: Bearer {viewer}"), 200);
    check(build_info, &basic(&viewer), 401);
    check(build_info, &basic("grafana:wrong"), 401);
    check(build_info, &basic(&format!("{viewer}:")), 401);
    check(build_info, "Authorization: Basic !", 401);
    check(build_info, "Authorization: Digest x", 401);
    check(
        build_info,
        &basic(&format!("x:{}", sender.secret.reveal())),
        403,
    );
    // Everywhere else it stays as it was.
    check("/api/v1/search", &basic(&format!("grafana:{viewer}")), 401);
    check("/healthz", &basic(&format!("grafana:{viewer}")), 200);
}

#[test]
fn nobody_sees_a_stream_that_is_not_theirs() {
    let daemon = start();
    let new = NewUser {
        name: "bo".into(),
        role: Role::Analyst,
        streams: Some(vec!["a".into()]),
    };
    let token = daemon.access.add_user(&new, "admin").unwrap().secret;
    let bearer = format!("Authorization: Bearer {}", token.reveal());
    let paths = [
        "query?query={vakt_stream=%22b%22}",
        "query_range?query={}",
        "query_range?query=sum(rate({}[1m]))&step=60",
        "query?query=sum(rate({}[1m]))",
        "labels?",
        "label/host_name/values?",
        "series?match[]={}",
        "index/stats?query={}",
        "detected_labels?",
        "detected_fields?",
        "detected_field/host_name/values?",
    ];
    for path in paths {
        daemon.will_find((0..100).map(|_| table(&["_time"], &[])));
        let line = format!(
            "GET /loki/api/v1/{}",
            path.replace('{', "%7B").replace('}', "%7D")
        );
        let answer = daemon.request(&line, &[&bearer], b"");
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let searches = daemon.fake.searches.lock().unwrap();
        assert!(!searches.is_empty(), "{path}");
        for search in searches.iter() {
            assert_eq!(search.streams, Some(vec!["a".to_owned()]), "{path}");
        }
    }
}
