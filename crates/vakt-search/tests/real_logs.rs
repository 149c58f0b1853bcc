//! Real lines: each is found as often as its file holds it, and every kind of term agrees with a
//! plain scan.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // Helpers of tests do as tests do.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{add, line, open, request};
use vakt_event::Event;
use vakt_search::{Index, Query, Request};

/// How many lines of a file become queries: enough to meet all its message kinds.
const QUERIES_PER_FILE: usize = 60;

fn real_files() -> Vec<PathBuf> {
    let dir = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/data/loghub"
    ));
    let Ok(entries) = fs::read_dir(dir) else {
        println!("skipped: real_logs: ../shared is absent");
        return vec![];
    };
    entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "log"))
        .collect()
}

fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Queries made of a line: all of it, a word, a part of a word, two neighbouring words.
fn queries(line: &str) -> Vec<String> {
    let words: Vec<&str> = line
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let mut queries = vec![quote(line)];
    let middle = words.len() / 2;
    if let Some(word) = words.get(middle) {
        let start: String = word.chars().take(3).collect();
        let end: String = word.chars().skip(1).collect();
        queries.extend([
            quote(word),
            format!("{start}*"),
            format!("*{end}*"),
            format!("message:{start}*"),
            format!("message:*{end}"),
            format!("not {}", quote(word)),
        ]);
    }
    if let Some(token) = line.split_whitespace().nth(5) {
        queries.push(quote(token));
        queries.push(format!("message:{}", quote(token)));
    }
    queries
}

fn check(index: &Index, events: &[Event<'_>], text: &str) {
    let query = Query::parse(text).unwrap_or_else(|error| panic!("{error}"));
    let expected = events.iter().filter(|event| query.matches(event)).count();
    let request = Request {
        query,
        ..Request::default()
    };
    let total = index.search(&request).unwrap().total;
    assert_eq!(total, expected as u64, "{text}");
}

#[test]
fn every_line_is_found_as_often_as_its_file_holds_it() {
    for file in real_files() {
        let text = String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned();
        let events: Vec<_> = (0..)
            .zip(text.lines())
            .map(|(at, text)| line(at, text))
            .collect();
        let dir = tempfile::tempdir().unwrap();
        let (index, mut writer) = open(dir.path());
        // A half has an inverted index, a quarter columns, and the last is as it came.
        let (half, rest) = events.split_at(events.len() / 2);
        let (quarter, last) = rest.split_at(rest.len() / 2);
        add(&mut writer, 0, half);
        writer.seal().unwrap();
        index.build_next(true).unwrap();
        add(&mut writer, half.len() as u64, quarter);
        writer.seal().unwrap();
        add(&mut writer, (half.len() + quarter.len()) as u64, last);
        let total = index.search(&request("")).unwrap().total;
        assert_eq!(total, text.lines().count() as u64, "{}", file.display());
        let step = events.len() / QUERIES_PER_FILE + 1;
        for text in text.lines().step_by(step) {
            for query in queries(text) {
                check(&index, &events, &query);
            }
        }
    }
}
