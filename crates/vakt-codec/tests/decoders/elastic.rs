//! Elastic's own pipelines and ours agree.

use crate::{decoded, shared, split_syslog};

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        let (digits, tail) = after.split_at(2);
        bytes.push(u8::from_str_radix(digits, 16).unwrap());
        rest = tail;
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).unwrap()
}

/// Fields on which Elastic's own pipelines and ours must agree, file by file.
#[test]
fn elastic_packages_agree() {
    const FIELDS: &[&str] = &[
        "source.ip",
        "source.port",
        "user.name",
        "user.effective.name",
        "http.request.method",
        "http.version",
        "http.response.status_code",
        "http.response.body.bytes",
        "url.original",
        "url.path",
        "url.query",
        "log.level",
        "process.pid",
        "group.name",
        "system.auth.ssh.event",
        "system.auth.ssh.method",
        "system.auth.ssh.signature",
    ];
    let pipeline = "_dev/test/pipeline";
    let mut compared = 0;
    let mut differences = Vec::new();
    for (file, syslog) in [
        (
            format!("apache/data_stream/access/{pipeline}/test-access-ubuntu.log"),
            false,
        ),
        (
            format!("apache/data_stream/access/{pipeline}/test-access-darwin.log"),
            false,
        ),
        (
            format!("apache/data_stream/access/{pipeline}/test-access-basic.log"),
            false,
        ),
        (
            format!("apache/data_stream/access/{pipeline}/test-access-vhost.log"),
            false,
        ),
        (
            format!("apache/data_stream/error/{pipeline}/test-error-basic.log"),
            false,
        ),
        (
            format!("apache/data_stream/error/{pipeline}/test-error-trace.log"),
            false,
        ),
        (
            format!("apache/data_stream/error/{pipeline}/test-error-ubuntu.log"),
            false,
        ),
        (
            format!("nginx/data_stream/access/{pipeline}/test-access.log"),
            false,
        ),
        (
            format!("nginx/data_stream/access/{pipeline}/test-nginx.log"),
            false,
        ),
        (
            format!("nginx/data_stream/access/{pipeline}/test-test-with-host.log"),
            false,
        ),
        (
            format!("system/data_stream/auth/{pipeline}/test-auth.log"),
            true,
        ),
    ] {
        let file = format!("elastic-package/{file}");
        let (Some(lines), Some(expected)) =
            (shared(&file), shared(&format!("{file}-expected.json")))
        else {
            return;
        };
        let expected: serde_json::Value = serde_json::from_str(&expected).unwrap();
        let expected = expected["expected"].as_array().unwrap();
        let lines: Vec<_> = lines
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect();
        if lines.len() != expected.len() {
            // Their pipeline drops some lines of this file, and does not say which.
            println!(
                "skipped: {file}: {} lines, {} expected",
                lines.len(),
                expected.len()
            );
            continue;
        }
        for (line, expected) in lines.iter().zip(expected) {
            let (program, message) = match syslog {
                true => split_syslog(line).unwrap(),
                false => ("-", *line),
            };
            let event = decoded(program, message);
            for field in FIELDS {
                let pointer = format!("/{}", field.replace('.', "/"));
                let theirs = expected.pointer(&pointer).map(|value| match value {
                    serde_json::Value::String(text) => text.clone(),
                    other => other.to_string(),
                });
                let theirs = theirs.filter(|value| value != "-" && !value.is_empty());
                let ours = event.text(field).map(str::to_owned);
                if syslog && *field == "process.pid" {
                    continue;
                }
                // Their nginx pipeline writes methods small.
                let same = match (&ours, &theirs) {
                    (Some(ours), Some(theirs)) if *field == "http.request.method" => {
                        ours.eq_ignore_ascii_case(theirs)
                    }
                    // Theirs is decoded; rules are written for what the client sent.
                    (Some(ours), Some(theirs)) if *field == "url.path" => {
                        percent_decoded(ours) == *theirs
                    }
                    // They leave out the client of some lines that name one.
                    (Some(ours), None) if field.starts_with("source.") => {
                        line.contains(&format!("[client {ours}"))
                            || line.contains(&format!(":{ours}]"))
                    }
                    _ => ours == theirs,
                };
                compared += 1;
                if !same {
                    differences.push(format!("{file}: {field}: {ours:?}, not {theirs:?}: {line}"));
                }
            }
        }
    }
    println!("{compared} fields compared, {} differ:", differences.len());
    for difference in &differences {
        println!("{difference}");
    }
    assert!(compared > 500, "the corpus was not found whole: {compared}");
    assert!(
        differences.len() * 50 <= compared,
        "more than one field in fifty differs: {differences:#?}"
    );
}
