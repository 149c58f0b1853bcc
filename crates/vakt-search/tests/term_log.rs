//! An inverted index is the same whether it is built from what was noted of the terms at intake or, after a
//! restart, from the frames. Splits are named by the hash of their bytes.

#![allow(clippy::unwrap_used)] // Helpers of tests unwrap as tests do.

mod common;

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv6Addr};
use std::path::Path;

use common::{event, ids, open, put, request, source};
use vakt_event::{Event, JournalPosition, Value};
use vakt_search::record::RecordSource;
use vakt_search::{Index, Record, Request};

/// An event of a kind that its number chooses: values that come again and such that never do, long ones,
/// several under one name, one under several, problems, numbers of many digits, more names than columns.
fn made(number: u64) -> Event<'static> {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    let mut made = event(i64::try_from(number / 50).unwrap());
    let text = |text: String| Value::from(text);
    made.sent("message", text(format!("Failed password for user{} from 10.0.{}.{} port {} ssh2 on a host whose name is rather long", mixed % 40, mixed % 7, mixed % 251, 10_000 + mixed % 50_000)));
    made.added("user.name", text(format!("user{}", mixed % 40)));
    made.sent("User", text(format!("user{}", mixed % 40)));
    made.sent("id", text(format!("{mixed:032x}")));
    made.added("trace.id", text(format!("{mixed:032x}-added")));
    made.sent("pid", Value::number(mixed % 100_000));
    match number % 6 {
        0 => {
            made.problem(format!("cut at {}", mixed % 90_000));
            made.sent("error.message", text(format!("sent{} 123456", mixed % 5)));
            made.added("error.message", text("added 654321".to_owned()));
        }
        1 => {
            made.added("tag", text(format!("one{}", mixed % 9)));
            made.added("tag", text(format!("two{} 77777", mixed % 9)));
        }
        2 => {
            made.sent("vakt.peer", text("claimed 88888".to_owned()));
            made.added("event.id", text("own 99999".to_owned()));
            made.added(
                "long",
                text(format!("{} password end{}", "word ".repeat(20), mixed % 11)),
            );
        }
        3 => made.problem("x".repeat(70 + usize::try_from(mixed % 3).unwrap())),
        4 => made.sent("x", Value::Null),
        _ => {
            made.sent(
                format!("name{}", mixed % 1500),
                text(format!("value{}", mixed % 3)),
            );
            made.added(
                format!("more{}", mixed % 1500),
                text(format!("value{} 44444", mixed % 3)),
            );
        }
    }
    made.original = format!("{number}").into();
    made
}

/// So many peers, whose addresses are long, that a column does not take them all.
fn peer(position: u64) -> Ipv6Addr {
    let bits = u128::from(position % 4000 + 1);
    Ipv6Addr::from_bits(bits.wrapping_mul(0x2123_4567_89ab_cdef_1123_4567_89ab_cdef))
}

/// Positions after which everything is written to splits.
const SEALS: [u64; 3] = [3_000, 3_001, 14_000];

fn stream(position: u64) -> &'static str {
    if position.is_multiple_of(5) {
        "other"
    } else {
        "default"
    }
}

/// An index whose writer is taken anew at the positions of `restarts`, and all its inverted indexes; the names of
/// its splits.
fn built(dir: &Path, restarts: &[u64]) -> (Index, BTreeSet<String>) {
    let (index, mut writer) = open(dir);
    for position in 0..SEALS[2] {
        let mut from = source(stream(position));
        from.peer = Some(IpAddr::V6(peer(position)));
        put(&mut writer, position, &made(position), &from);
        let next = position + 1;
        if SEALS.contains(&next) {
            writer.commit(JournalPosition(next)).unwrap();
            writer.seal().unwrap();
        }
        if restarts.contains(&next) {
            drop(writer);
            writer = index.writer().unwrap();
        }
    }
    while index.build_next(true).unwrap().is_some() {}
    let files = std::fs::read_dir(dir).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let names = names.filter(|name| name.ends_with(".split")).collect();
    drop(writer);
    (index, names)
}

#[test]
fn inverted_indexes_are_the_same_from_what_was_noted_and_from_frames() {
    let dirs = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let (noted, expected) = built(dirs[0].path(), &[]);
    assert!(!expected.is_empty());
    for (dir, restarts) in dirs[1..].iter().zip([&[SEALS[1]][..], &SEALS[..]]) {
        let (index, names) = built(dir.path(), restarts);
        assert_eq!(names, expected);
        drop(index);
    }
    // A column has no room for it: three events of one stream, each late in its chunk.
    let of_peer = format!("vakt.peer:\"{}\"", peer(2_901));
    let part_of_peer = format!("vakt.peer:{:x}", peer(2_901).segments()[3]);
    for query in [
        "user3 ssh2",
        "77777",
        "sent1",
        "tag:one1",
        "long:end3",
        "more7:value1",
        "vakt.peer:claimed",
        "claimed",
        &of_peer,
        &part_of_peer,
    ] {
        let request = Request {
            limit: 10_000,
            ..request(query)
        };
        let mut found = ids(&noted, &request);
        found.sort_unstable();
        let plain = (0..SEALS[2]).filter(|position| {
            let peer = peer(*position).to_string();
            let record = Record {
                event: &made(*position),
                position: Some(JournalPosition(*position)),
                source: Some(RecordSource {
                    stream: stream(*position),
                    peer: Some(&peer),
                }),
            };
            request.query.matches_record(&record)
        });
        assert_eq!(found, plain.collect::<Vec<_>>(), "{query}");
    }
}
