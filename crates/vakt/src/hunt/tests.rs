//! Whatever way a hunt takes, it finds the same: through the index, over everything in it, in the
//! journal alone; and what it finds is what the naive evaluator says of each event.
//!
//! Random rules over random events, both from small vocabularies, so that parts of them meet.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, mpsc};

use arc_swap::ArcSwap;
use serde_json::Value as Json;
use vakt_detect::naive;
use vakt_event::{Batch, Format, Frame, JournalPosition, Source, Timestamp, Transport};
use vakt_search::{Index, Query};
use vakt_storage::{Journal, Options};

use super::{Asked, Store, Subject, hunt};
use crate::pipeline::index::IndexProgress;
use crate::pipeline::{Decoding, Frames, decode_frame, frame_of};
use crate::ruleset::{RuleSettings, Ruleset};

/// Steele, Lea, Flood: SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn of<'t>(&mut self, all: &[&'t str]) -> &'t str {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }
}

const FIELDS: &[&str] = &[
    "message",
    "user.name",
    "User",
    "EventID",
    "event.code",
    "Image",
    "process.executable",
    "host.name",
    "CommandLine",
    "odd.name",
    "odd",
    "source.ip",
    "a",
    "b",
    "@timestamp",
    "error.message",
    "vakt.peer",
    "event.id",
    "log.syslog.appname",
    "process.pid",
    "exe",
    "key",
    "auid",
    "type",
];

/// As JSON writes them.
const VALUES: &[&str] = &[
    "\"root\"",
    "\"Root\"",
    "\"admin\"",
    "\"DOMAIN\\\\admin\"",
    "4688",
    "\"4688\"",
    "4688.0",
    "4.688e3",
    "-1",
    "-1.0",
    "0",
    "null",
    "true",
    "\"\"",
    "\" \"",
    "\"C:\\\\Windows\\\\cmd.exe\"",
    "\"/usr/bin/sudo\"",
    "\"10.0.0.1\"",
    "\"10.0.0.17\"",
    "\"::1\"",
    "\"\\u212aernel\"",
    "\"kernel\"",
    "\"pa\\u017f\\u017fword\"",
    "\"password\"",
    "\"stra\\u00dfe\"",
    "\"STRASSE\"",
    "\"\\u0130d\"",
    "\"id\"",
    "\"a-b /c\"",
    "\"a b c\"",
    "123456789",
    "\"123456789\"",
    "1e40",
    "[\"root\",\"x\"]",
    "{\"x\":1}",
    "\"failed password for root\"",
    "\"2026-11-24T09:30:00Z\"",
    "\"naïve foo\"",
    "\"x\\ny\"",
    "12.5",
];

/// As a rule gives them.
const WANTED: &[&str] = &[
    "root",
    "ROOT",
    "admin",
    "4688",
    "4688.0",
    "-1",
    "1",
    "'0'",
    "''",
    "' '",
    "'*'",
    "'*cmd*'",
    "'*\\cmd.exe'",
    "'/usr/*'",
    "'?oot'",
    "kernel",
    "'*kern*'",
    "password",
    "'pass*'",
    "strasse",
    "straße",
    "id",
    "'i*'",
    "'*-b*'",
    "'a b'",
    "'* b *'",
    "123456789",
    "'1234*'",
    "'*6789'",
    "'true'",
    "10.0.0.1",
    "'10.0.0.*'",
    "'*ïve f*'",
    "sudo",
    "web1",
    "sshd",
    "'*failed*'",
    "Accepted",
    "12.5",
    "'*.*'",
    "SYSCALL",
    "'/tmp/.x'",
    "'*x*'",
    "9",
    "10000000000000000000000000000000000000000",
];

const MODIFIERS: &[&str] = &[
    "",
    "",
    "",
    "|contains",
    "|startswith",
    "|endswith",
    "|contains|all",
    "|cased",
    "|contains|cased",
    "|windash",
];

/// What stands for itself after the name of a field.
const OTHERS: &[&str] = &[
    "|re: 'r[o0]+t'",
    "|re: '(failed|accepted) .*'",
    "|re|i: 'PASS(word|phrase)'",
    "|re: '^$'",
    "|exists: true",
    "|exists: false",
    ": null",
    "|cidr: 10.0.0.0/28",
    "|gte: 4688",
    "|lt: 0",
    "|fieldref: user.name",
    "|fieldref|contains: a",
    "|re: '\\d{4}'",
];

fn value_of(random: &mut Random) -> String {
    let count = 1 + random.below(3);
    let values: Vec<&str> = (0..count).map(|_| random.of(WANTED)).collect();
    match values.as_slice() {
        [one] => (*one).to_owned(),
        many => format!("[{}]", many.join(", ")),
    }
}

fn search(random: &mut Random) -> String {
    if random.below(8) == 0 {
        return format!("[{}, {}]", random.of(WANTED), random.of(WANTED));
    }
    let mut text = String::new();
    let mut named = Vec::new();
    for _ in 0..=random.below(3) {
        let field = random.of(FIELDS);
        let line = match random.below(4) {
            0 => format!("{field}{}", random.of(OTHERS)),
            _ => format!("{field}{}: {}", random.of(MODIFIERS), value_of(random)),
        };
        let key = line.split(": ").next().unwrap().to_owned();
        if !named.contains(&key) {
            text.push_str(&format!("\n      {line}"));
            named.push(key);
        }
    }
    text
}

fn rule(random: &mut Random, number: u64) -> String {
    let log_source = random.of(&[
        "product: linux",
        "category: process_creation",
        "product: windows",
        "product: windows",
        "product: windows",
        "{product: windows, service: security}",
        "service: auditd",
        "service: sshd",
        "{product: linux, category: process_creation}",
    ]);
    let log_source = match log_source.starts_with('{') {
        true => log_source.to_owned(),
        false => format!("{{{log_source}}}"),
    };
    let condition = random.of(&[
        "a1",
        "a1",
        "a1 and a2",
        "a1 or a2",
        "a1 and not a2",
        "not a1",
        "1 of a*",
        "all of a*",
        "(a1 or a2) and not (a1 and a2)",
    ]);
    format!(
        "title: rule {number}\nid: 11111111-2222-4333-8444-{number:012}\nname: r{number}\nstatus: test\n\
         logsource: {log_source}\ndetection:\n  a1: {}\n  a2: {}\n  condition: {condition}\nlevel: high\n",
        search(random),
        search(random)
    )
}

/// One or two rules, or a correlation over them.
fn rules(random: &mut Random) -> String {
    let mut text = rule(random, 1);
    if random.below(2) == 0 {
        text = format!("{text}---\n{}", rule(random, 2));
        let kind = random.of(&["event_count", "temporal", "temporal_ordered"]);
        let condition = match kind {
            "event_count" => "\n  condition: {gte: 2}",
            _ => "",
        };
        let group = random.of(&["", "\n  group-by: [host.name]", "\n  group-by: [user.name]"]);
        text.push_str(&format!(
            "---\ntitle: both\nid: 21111111-2222-4333-8444-000000000000\nstatus: test\nlevel: high\n\
             correlation:\n  type: {kind}\n  rules: [r1, r2]{group}\n  timespan: 10m{condition}\n"
        ));
        if random.below(2) == 0 {
            text.push_str("  generate: true\n");
        }
    }
    text
}

fn frame(format: Format, text: &str, received: i64) -> Frame {
    Frame {
        bytes: text.as_bytes().to_vec(),
        format,
        received: Timestamp::from_seconds(received).unwrap(),
        truncated: false,
        cursor: None,
    }
}

const RECEIVED: i64 = 1_795_514_410;

/// One event, or the records of an execution.
fn event(random: &mut Random, at: i64) -> Vec<Frame> {
    match random.below(8) {
        0 | 1 => {
            let user = random.of(&["root", "admin", "ROOT", "invalid user x"]);
            let what = random.of(&["Failed", "Accepted"]);
            let ip = random.of(&["10.0.0.1", "10.0.0.17", "192.0.2.9"]);
            let text = format!(
                "<38>Nov 24 10:00:01 web1 sshd[4688]: {what} password for {user} from {ip} port 123456 ssh2"
            );
            vec![frame(Format::Syslog, &text, at)]
        }
        2 => {
            let serial = random.below(1_000_000);
            let id = format!("msg=audit(1795514401.120:{serial}):");
            let exe = random.of(&["/tmp/.x", "/usr/bin/sudo"]);
            let argument = random.of(&["root", "x", "/c"]);
            let parts = [
                format!(
                    "SYSCALL {id} syscall=59 success=yes exit=0 ppid=1 pid={serial} auid=4688 uid=0 comm=\"x\" exe=\"{exe}\" key=\"root\""
                ),
                format!("EXECVE {id} argc=2 a0=\"x\" a1=\"{argument}\""),
                format!("PROCTITLE {id} proctitle=\"x\""),
            ];
            let kept = 1 + usize::try_from(random.below(3)).unwrap();
            let lines = parts.iter().take(kept);
            lines
                .map(|part| {
                    let text = format!("<13>Nov 24 10:00:01 web1 audispd: type={part}");
                    frame(Format::Syslog, &text, at)
                })
                .collect()
        }
        _ => {
            let mut members = Vec::new();
            if random.below(5) > 0 {
                members.push(
                    "\"event.dataset\":\"windows.security\",\"Channel\":\"Security\"".to_owned(),
                );
            }
            for _ in 0..=random.below(5) {
                members.push(format!("\"{}\":{}", random.of(FIELDS), random.of(VALUES)));
            }
            vec![frame(
                Format::Json,
                &format!("{{{}}}", members.join(",")),
                at,
            )]
        }
    }
}

fn source(stream: &str) -> Arc<Source> {
    Arc::new(Source {
        stream: stream.to_owned(),
        transport: Transport::Tcp,
        listener: "test".to_owned(),
        peer: Some("192.0.2.1".parse().unwrap()),
        zone: None,
        drill: false,
    })
}

/// Random events in a journal, and in an index up to some of them, in splits and out of them.
fn store(random: &mut Random, dir: &Path) -> Store {
    let (journal, _) = Journal::open(&dir.join("journal"), &Options::default()).unwrap();
    let sources = [source("one"), source("two")];
    for batch in 0..40_u32 {
        let at = RECEIVED + i64::from(batch) * 7_200;
        let events = 1 + random.below(8);
        let frames: Vec<Frame> = (0..events).flat_map(|_| event(random, at)).collect();
        let (sender, answer) = mpsc::channel();
        let batch = Batch {
            source: Arc::clone(&sources[usize::try_from(random.below(2)).unwrap()]),
            frames,
        };
        journal.append(batch, Box::new(move |result| sender.send(result).unwrap()));
        answer.recv().unwrap().unwrap();
    }
    let index = Index::open(&dir.join("index"), Arc::new(Frames::default())).unwrap();
    let mut writer = index.writer().unwrap();
    let mut reader = journal.reader(JournalPosition(0));
    let mut decoding = Decoding::default();
    for _ in 0..36 {
        let batch = reader.next(std::time::Duration::ZERO).unwrap().unwrap();
        for stored in &batch.frames {
            let event = decode_frame(stored, &batch.source, &mut decoding);
            let frame = frame_of(stored);
            writer
                .add(stored.position, frame, &event, &batch.source)
                .unwrap();
        }
        writer
            .commit(batch.frames.last().unwrap().position.next())
            .unwrap();
        match random.below(6) {
            0 => writer.seal().unwrap(),
            1 => drop(index.build_next(true).unwrap()),
            _ => {}
        }
    }
    let progress = IndexProgress::default();
    progress.reached(journal.durable_end());
    Store {
        index: Arc::new(ArcSwap::from_pointee(index)),
        progress: Arc::new(progress),
        journal: Arc::new(journal),
    }
}

/// The lines of the matches, and how many events were read.
fn found(subject: &Subject, store: &Store, asked: &Asked) -> (Vec<Json>, u64) {
    let mut lines = String::new();
    let cancelled = Arc::new(AtomicBool::new(false));
    hunt(subject, store, asked, &cancelled, &mut |piece| {
        lines.push_str(&piece);
        true
    });
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let mut lines: Vec<Json> = lines.collect();
    let end = lines.pop().unwrap()["vakt.end"].take();
    assert_eq!(end["cut_by"], Json::Null, "{end}");
    lines.retain(|line| line.get("vakt.progress").is_none());
    (lines, end["read"].as_u64().unwrap())
}

/// What the naive evaluator says: pairs of a rule's index and a position.
fn by_naive(ruleset: &Ruleset, store: &Store, asked: &Asked) -> Vec<(usize, u64)> {
    let mut pairs = Vec::new();
    let mut reader = store.journal.reader(JournalPosition(0));
    let mut decoding = Decoding::default();
    while let Some(batch) = reader.next(std::time::Duration::ZERO).unwrap() {
        let streams = asked.streams.as_ref();
        if !streams.is_none_or(|streams| streams.contains(&batch.source.stream)) {
            continue;
        }
        for stored in &batch.frames {
            let event = decode_frame(stored, &batch.source, &mut decoding);
            let time = event.time.effective();
            if asked.since.is_some_and(|since| time < Some(since))
                || asked.until.is_some_and(|until| time >= Some(until))
            {
                continue;
            }
            for (index, rule) in ruleset.rules.rules.iter().enumerate() {
                if rule.generate && naive::matches(rule, &event) {
                    pairs.push((index, stored.position.0));
                }
            }
        }
    }
    pairs
}

fn asked(random: &mut Random) -> Asked {
    let time = |random: &mut Random| {
        let hours = i64::try_from(random.below(90)).unwrap();
        Timestamp::from_seconds(RECEIVED + hours * 3_600 - 20_000)
    };
    Asked {
        since: (random.below(3) == 0).then(|| time(random)).flatten(),
        until: (random.below(3) == 0).then(|| time(random)).flatten(),
        streams: (random.below(3) == 0).then(|| vec!["one".to_owned()]),
        limit: 1_000_000,
    }
}

#[test]
fn every_way_finds_the_same() {
    let settings = RuleSettings::default();
    let loaded = Ruleset::load(&settings).unwrap();
    let (mut hunted, mut matched, mut sieved, mut read, mut all) = (0, 0, 0, 0, 0);
    for seed in 0..12 {
        let random = &mut Random(seed);
        let folder = tempfile::tempdir().unwrap();
        let store = store(random, folder.path());
        let nothing = Store {
            index: Arc::new(ArcSwap::from_pointee(
                Index::of_nothing(Arc::new(Frames::default())).unwrap(),
            )),
            ..store.clone()
        };
        for number in 0..120 {
            let text = rules(random);
            let asked = asked(random);
            let Ok(subject) = Subject::of_text(&loaded, &settings, "rule.yml", &text) else {
                continue;
            };
            let mut plain = Subject::of_text(&loaded, &settings, "rule.yml", &text).unwrap();
            plain.sieve = Query::default();
            let told = format!("seed {seed}, rule {number}, {asked:?}\n{text}");
            let (through_index, some_read) = found(&subject, &store, &asked);
            let (everything, all_read) = found(&plain, &store, &asked);
            let (journal, _) = found(&subject, &nothing, &asked);
            assert_eq!(through_index, everything, "the index, {told}");
            assert_eq!(everything, journal, "the journal, {told}");
            let ruleset = &subject.ruleset;
            let single = everything.iter().filter_map(|line| {
                let id = line["rule"]["id"].as_str()?;
                let rules = &ruleset.rules.rules;
                let rule = rules.iter().position(|rule| rule.meta.id == id)?;
                let event = &line["event"];
                // What was joined of several records is no event of the journal.
                (event["event_count"] == 1 && event.get("events").is_none())
                    .then(|| (rule, event["number"].as_u64().unwrap()))
            });
            let single: Vec<(usize, u64)> = single.collect();
            let expected = by_naive(ruleset, &store, &asked);
            let joined = single.len() - expected.len().min(single.len());
            let missing = expected
                .iter()
                .filter(|pair| !single.contains(pair))
                .count();
            assert_eq!(missing, 0, "the naive evaluator, {told}");
            // An execution that one record tells of is no event of the journal either.
            assert!(
                joined == 0 || text.contains("process_creation") || text.contains("product: linux"),
                "{told}"
            );
            hunted += 1;
            matched += usize::from(!everything.is_empty());
            sieved += usize::from(some_read < all_read);
            read += some_read;
            all += all_read;
        }
    }
    // The rules meet the events, and the index passes over something: a test of nothing shows nothing.
    assert!(
        hunted > 700 && matched * 5 > hunted && sieved * 4 > hunted,
        "{hunted} hunts, {matched} with matches, {sieved} sieved"
    );
    assert!(read * 10 < all * 9, "{read} of {all}");
}
