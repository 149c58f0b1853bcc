//! A search over a part that is committed and a part that is not answers like one over all of it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::sync::{Arc, Mutex};
use std::time::Instant;

use common::{frames, open_index, put};
use tempfile::TempDir;
use vakt_event::time::FUTURE_TOLERANCE_MICROS;
use vakt_event::{Event, EventTime, JournalPosition, Source, Timestamp, Transport};
use vakt_search::{Error, Index, Order, Progress, Query, Request, Response, Watch};

const EVENTS: u64 = 300;

fn source(number: u64) -> Source {
    Source {
        stream: if number.is_multiple_of(3) { "a" } else { "b" }.to_owned(),
        transport: Transport::Tcp,
        listener: "syslog".to_owned(),
        peer: None,
        zone: None,
        drill: false,
    }
}

/// Times jump about, some are equal, some are missing; clocks of senders are behind or as far ahead as is borne.
fn event(number: u64) -> Event<'static> {
    let mut event = Event::default();
    let words = ["alpha", "beta", "gamma delta"];
    let word = words[usize::try_from(number % 3).unwrap()];
    event.sent("message", format!("{word} needle{}", number % 7));
    event.original = format!("line {number}").into();
    let seconds = i64::try_from(number * 37 % 100).unwrap() * 60;
    let ahead = [FUTURE_TOLERANCE_MICROS, 0, -4_000_000_000][usize::try_from(number % 3).unwrap()];
    let claimed = Timestamp::from_seconds(seconds).unwrap();
    event.time = EventTime {
        claimed: (!number.is_multiple_of(11) && !number.is_multiple_of(13)).then_some(claimed),
        received: (!number.is_multiple_of(13)).then(|| claimed.saturating_add_micros(-ahead)),
    };
    event
}

/// An index that holds the events before `end`.
fn index(folder: &TempDir, end: u64) -> Index {
    let index = open_index(folder.path()).unwrap();
    let mut writer = index.writer().unwrap();
    for number in 0..end {
        put(&mut writer, number, &event(number), &source(number));
        if number % 90 == 89 {
            writer.commit(JournalPosition(number + 1)).unwrap();
        }
    }
    writer.commit(JournalPosition(end)).unwrap();
    writer.close().unwrap();
    index
}

/// Every page of the answer, one after the other.
fn pages(request: &Request, search: impl Fn(&Request) -> Response) -> (Vec<String>, u64) {
    let mut request = request.clone();
    let mut found = Vec::new();
    loop {
        let answer = search(&request);
        assert!(answer.hits.len() <= request.limit);
        found.extend(
            answer
                .hits
                .iter()
                .map(|hit| format!("{} {}", hit["event.id"], hit["event.original"])),
        );
        match answer.next {
            Some(next) => request.cursor = Some(next),
            None => return (found, answer.total),
        }
    }
}

/// The time is over when it looks at the clock for the first time.
#[test]
fn who_wants_the_newest_has_what_was_read_of_them_until_the_time_was_over() {
    let folder = TempDir::new().unwrap();
    let index = index(&folder, 0);
    let search = |request: &Request| {
        index.search_with(request, |_, tail| {
            tail.begin(JournalPosition(5000));
            for number in (3000..5000).rev() {
                let event = event(number);
                let bytes = frames::encode(&event);
                let frame = frames::frame(&bytes, &event);
                let position = JournalPosition(number);
                tail.offer(position, frame, &source(number), &mut frames::Frames)?;
            }
            Ok::<_, Error>(())
        })
    };
    let request = |query: &str| Request {
        query: Query::parse(query).unwrap(),
        limit: 2,
        deadline: Some(Instant::now()),
        ..Request::default()
    };
    let answer = search(&request("alpha")).unwrap();
    assert_eq!(
        (answer.hits.len(), answer.next, answer.read),
        (2, None, 1024)
    );
    assert_eq!((answer.total, answer.unread), (341, 5000 - 1024));
    let refused = [
        request("nothing"),
        Request {
            limit: 0,
            ..request("alpha")
        },
        Request {
            order: Order::Ascending,
            ..request("alpha")
        },
    ];
    for request in refused {
        let error = search(&request).unwrap_err();
        let (read, behind) = (1024, 5000);
        assert!(
            matches!(error, Error::Behind { read: r, behind: b } if (r, b) == (read, behind)),
            "{error}"
        );
    }
}

#[derive(Debug, Default)]
struct Told(Mutex<Vec<(u64, u64)>>);

impl Watch for Told {
    fn at(&self, progress: Progress) {
        assert_eq!((progress.of, progress.behind), (3000, 3000));
        let covered = (progress.read, progress.covered);
        self.0.lock().unwrap().push(covered);
    }
}

#[test]
fn progress_goes_on_where_the_newest_is_read_first() {
    let folder = TempDir::new().unwrap();
    let told = Arc::new(Told::default());
    let request = Request {
        query: Query::parse("alpha").unwrap(),
        watch: Some(Arc::clone(&told) as Arc<dyn Watch>),
        ..Request::default()
    };
    let answer = index(&folder, 0).search_with(&request, |_, tail| {
        tail.begin(JournalPosition(3000));
        for number in (0..3000).rev() {
            let event = event(number);
            let bytes = frames::encode(&event);
            let frame = frames::frame(&bytes, &event);
            let position = JournalPosition(number);
            tail.offer(position, frame, &source(number), &mut frames::Frames)?;
        }
        Ok::<_, Error>(())
    });
    assert_eq!(answer.unwrap().total, 1000);
    let told = told.0.lock().unwrap();
    assert_eq!(told.as_slice(), [(0, 0), (1024, 1024), (2048, 2048)]);
}

#[test]
fn what_is_not_committed_is_found_in_its_place() {
    let (all, part, none) = (
        TempDir::new().unwrap(),
        TempDir::new().unwrap(),
        TempDir::new().unwrap(),
    );
    let whole = index(&all, EVENTS);
    let parts = [(index(&part, 200), 200), (index(&none, 0), 0)];
    let queries = [
        "",
        "alpha",
        "needle3",
        "gamma and not needle2",
        "message:*lt*",
        "alpha @timestamp>=1970-01-01T00:30:00Z",
        "@timestamp>1970-01-01T00:30:00Z or event.ingested>=1970-01-01T00:40:00Z",
        "event.ingested>=1970-01-01T00:40:00Z",
        "not @timestamp>=1970-01-01T00:30:00Z",
        "nothing",
    ];
    let bounds = [(None, None), (Some(1200), Some(3600))];
    let streams = [None, Some(vec!["a".to_owned()])];
    for query in queries {
        for order in [Order::Descending, Order::Ascending] {
            for (since, until) in bounds {
                for streams in &streams {
                    for limit in [1, 7, 1000] {
                        let request = Request {
                            query: Query::parse(query).unwrap(),
                            since: since.and_then(Timestamp::from_seconds),
                            until: until.and_then(Timestamp::from_seconds),
                            streams: streams.clone(),
                            limit,
                            order,
                            ..Request::default()
                        };
                        let expected = pages(&request, |request| whole.search(request).unwrap());
                        for (index, end) in &parts {
                            let found = pages(&request, |request| {
                                index
                                    .search_with(request, |from, tail| {
                                        assert_eq!(from.0, *end);
                                        for number in from.0..EVENTS {
                                            let event = event(number);
                                            let bytes = frames::encode(&event);
                                            tail.offer(
                                                JournalPosition(number),
                                                frames::frame(&bytes, &event),
                                                &source(number),
                                                &mut frames::Frames,
                                            )?;
                                        }
                                        Ok::<_, Error>(())
                                    })
                                    .unwrap()
                            });
                            assert_eq!(found, expected, "{query} {order:?} {limit}");
                        }
                    }
                }
            }
        }
    }
}
