//! Executions that are joined from audit records: their evidence, reloads and restarts.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use vakt_event::Frame;

use super::{World, append, line, load};
use crate::pipeline::decode_frame;

const RULES: &str = "
title: A hidden program ran
id: 11111111-2222-4333-8444-555555555555
name: hidden
status: test
logsource:
    product: linux
    category: process_creation
detection:
    selection:
        Image|startswith: /tmp/.
    condition: selection
level: high
---
title: Two hidden programs ran
id: 21111111-2222-4333-8444-555555555555
status: test
correlation:
    type: event_count
    rules: [hidden]
    group-by: [host.name]
    timespan: 5m
    generate: true
    condition:
        gte: 2
level: high
vakt:
    draft: true
";

const RECEIVED: i64 = 1_795_514_410;

/// The records of an execution with this serial.
fn execution(serial: u32) -> Vec<Frame> {
    [
        format!(
            "SYSCALL msg=audit(1795514401.120:{serial}): arch=c000003e syscall=59 success=yes \
             exit=0 items=2 ppid=1 pid={serial} uid=0 comm=\"x\" exe=\"/tmp/.x\""
        ),
        format!("EXECVE msg=audit(1795514401.120:{serial}): argc=1 a0=\"x\""),
        format!("CWD msg=audit(1795514401.120:{serial}): cwd=\"/\""),
        format!("PATH msg=audit(1795514401.120:{serial}): item=0 name=\"/tmp/.x\""),
        format!("PROCTITLE msg=audit(1795514401.120:{serial}): proctitle=\"x\""),
    ]
    .iter()
    .map(|record| {
        line(
            RECEIVED,
            &format!("<13>Nov 24 10:00:01 web1 audispd: type={record}"),
        )
    })
    .collect()
}

fn chatter(text: &str) -> Frame {
    line(RECEIVED, &format!("<13>Nov 24 10:00:01 web1 app: {text}"))
}

/// The alerts as title, matches, and event ids, oldest first.
fn found(world: &World) -> Vec<(String, u64, Vec<String>)> {
    let alerts = world.alerts().into_iter().rev();
    alerts
        .map(|alert| (alert.rule_name, alert.count, alert.event_ids))
        .collect()
}

fn ids(positions: &[u64]) -> Vec<String> {
    positions.iter().map(u64::to_string).collect()
}

fn check(world: &World, single: (u64, &[u64]), double: &[u64]) {
    let mut expected = vec![("A hidden program ran".to_owned(), single.0, ids(single.1))];
    if !double.is_empty() {
        expected.push(("Two hidden programs ran".to_owned(), 1, ids(double)));
    }
    assert_eq!(found(world), expected);
}

/// The line that completed the execution was all the evidence.
#[test]
fn the_records_of_an_execution_are_its_evidence() {
    let world = World::new(RULES);
    let mut frames = vec![chatter("before")];
    frames.extend(execution(7));
    frames.insert(3, chatter("between"));
    frames.extend(execution(8));
    world.run(frames, decode_frame);
    let both = [1, 2, 4, 5, 6, 7, 8, 9, 10, 11];
    check(&world, (2, &both), &both);
    let draft = world.records.incident("1").unwrap();
    let frozen: Vec<String> = draft.evidence.iter().map(|it| it.id.clone()).collect();
    assert_eq!((frozen, draft.evidence_total), (ids(&both), 10));
    for event in &draft.evidence {
        assert!(
            event.original.contains("audit(1795514401.120:"),
            "{event:?}"
        );
    }
}

/// Without a title or an end, a record of another execution shows that one is whole.
#[test]
fn a_record_of_another_execution_is_no_evidence() {
    let world = World::new(RULES);
    let mut frames: Vec<Frame> = execution(7);
    frames.truncate(4);
    frames.extend(execution(8));
    world.run(frames, decode_frame);
    let both = [0, 1, 2, 3, 4, 5, 6, 7, 8];
    check(&world, (2, &both), &both);
}

#[test]
fn an_execution_that_straddles_a_restart_is_joined_once() {
    for cut in 1..5 {
        let world = World::new(RULES);
        let mut before = execution(7);
        let mut after = execution(8);
        let rest = after.split_off(cut);
        before.extend(after);
        world.run(before, decode_frame);
        check(&world, (1, &[0, 1, 2, 3, 4]), &[]);
        world.run(rest, decode_frame);
        let both = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
        check(&world, (2, &both), &both);
        // What was joined before has no effect again.
        world.run(vec![chatter("after")], decode_frame);
        check(&world, (2, &both), &both);
    }
}

/// The execution was whole before the restart, and what shows it comes after.
#[test]
fn an_execution_that_is_shown_after_a_restart_has_its_effect() {
    let world = World::new(RULES);
    let mut frames = execution(7);
    frames.truncate(4);
    world.run(frames, decode_frame);
    assert_eq!(found(&world), []);
    world.run(execution(8), decode_frame);
    let both = [0, 1, 2, 3, 4, 5, 6, 7, 8];
    check(&world, (2, &both), &both);
}

#[test]
fn an_execution_that_straddles_a_reload_is_joined() {
    let world = World::new(RULES);
    let journal = world.journal();
    let (detection, quarantine, ended) = world.thread(&journal);
    let worker = thread::spawn(move || detection.run(quarantine));
    let mut frames = execution(7);
    let rest = frames.split_off(2);
    append(&journal, frames);
    let deadline = Instant::now() + Duration::from_secs(60);
    while ended.progress.next().0 < 2 {
        assert!(Instant::now() < deadline, "the first records are not read");
        thread::sleep(Duration::from_millis(10));
    }
    let path = world.folder.path().join("rules.yml");
    world.ruleset.store(Arc::new(load(path)));
    append(&journal, rest);
    journal.close().unwrap();
    worker.join().unwrap();
    check(&world, (1, &[0, 1, 2, 3, 4]), &[]);
}
