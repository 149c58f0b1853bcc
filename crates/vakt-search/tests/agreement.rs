//! The index gives the answers of the plain reading: random events, random queries.

#![allow(clippy::unwrap_used)] // Helpers of tests unwrap as tests do.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{event, hit_ids, put, source};
use proptest::prelude::*;
use vakt_event::{Event, JournalPosition, Origin, Timestamp, Value};
use vakt_search::query::pipeline::Span;
use vakt_search::record::RecordSource;
use vakt_search::{Error, Gather, Index, IndexWriter, Order, Query, Record, Request, Tail, Wanted};

/// A small alphabet, so that queries and events meet: case, Unicode, separators, what terms are
/// made with, what numbers and addresses are made of.
fn text() -> impl Strategy<Value = String> {
    let atom = prop_oneof![
        Just("a"),
        Just("A"),
        Just("b"),
        Just("ab"),
        Just("ö"),
        Just("Ö"),
        Just("ß"),
        Just("SS"),
        Just("σ"),
        Just("ς"),
        Just("日"),
        Just("1"),
        Just("10"),
        Just("0"),
        Just("_"),
        Just(" "),
        Just("."),
        Just("-"),
        Just(":"),
        Just("/"),
        Just("\\"),
        Just("\""),
        Just("*"),
        Just("\0"),
        Just("\u{1}"),
        Just("\n"),
        Just("and"),
        Just("10.0.0.1"),
        Just("10.0.0.10"),
        Just("::1"),
        Just("0:0:0:0:0:0:0:1"),
        Just("-7.5"),
        Just("2026-11-24T09:30:00Z"),
        Just("("),
        Just(")"),
        Just("\u{307}"),
        Just("İ"),
    ];
    prop_oneof![
        8 => prop::collection::vec(atom.clone(), 0..6).prop_map(|atoms| atoms.concat()),
        1 => prop::collection::vec(atom.clone(), 30..50).prop_map(|atoms| atoms.concat()),
        // Words about as long as the limit of a term.
        1 => (250_usize..260, prop_oneof![Just("a"), Just("ö"), Just("日")], atom)
            .prop_map(|(count, letter, end)| letter.repeat(count / letter.len()) + end),
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => prop::sample::select(vec![
            "message", "MESSAGE", "user.name", "User", "n", "N", "source.ip", "", "a b", "x\0=a",
            "x", "x", "x", "message", "message", "event.id", "vakt.stream", "vakt.peer", "@timestamp", "event.original",
            "error.message", "event.ingested",
        ]).prop_map(str::to_owned),
        1 => (254_usize..260).prop_map(|count| "k".repeat(count)),
    ]
}

fn value() -> impl Strategy<Value = Value<'static>> {
    prop_oneof![
        12 => text().prop_map(Value::from),
        2 => (-12_i32..12).prop_map(Value::number),
        1 => Just(Value::Number("1.50".into())),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => Just(Value::Null),
    ]
}

fn any_event() -> impl Strategy<Value = Event<'static>> {
    let field = (name(), value(), prop::bool::weighted(0.7));
    (
        prop::collection::vec(field, 0..8),
        prop::option::of(0_i64..6),
        prop::option::of(0_i64..6),
        text(),
        prop::collection::vec(text(), 0..2),
    )
        .prop_map(|(fields, claimed, received, original, problems)| {
            let mut made = event(0);
            made.time.claimed = claimed.and_then(Timestamp::from_seconds);
            made.time.received = received.and_then(Timestamp::from_seconds);
            made.original = original.into();
            for (name, value, sent) in fields {
                if sent {
                    made.sent(name, value);
                } else {
                    made.added(name, value);
                }
            }
            for problem in problems {
                made.problem(problem);
            }
            made
        })
}

/// How to make a term of a query from a value that some event has, so that terms do find events.
#[derive(Clone, Debug)]
struct Taken {
    event: prop::sample::Index,
    field: prop::sample::Index,
    /// Where the part of the value that is looked for begins and ends; else it is all of it.
    cuts: Option<[prop::sample::Index; 2]>,
    /// What of the part is a wildcard instead.
    hole: Option<[prop::sample::Index; 2]>,
    star_before: bool,
    star_after: bool,
    quoted: bool,
    upper: bool,
    /// A comparison instead of text.
    sign: Option<&'static str>,
    /// The field that is asked: none, the value's own, or another.
    scope: Scope,
}

#[derive(Clone, Debug)]
enum Scope {
    Bare,
    Own,
    Other(String),
}

fn taken() -> impl Strategy<Value = Taken> {
    let index = any::<prop::sample::Index>;
    let cuts = prop_oneof![
        Just(None),
        (index(), index()).prop_map(|(a, b)| Some([a, b])),
    ];
    let hole = prop::option::weighted(0.2, (index(), index()).prop_map(|(a, b)| [a, b]));
    let scope = prop_oneof![
        2 => Just(Scope::Bare),
        4 => Just(Scope::Own),
        1 => name().prop_map(Scope::Other),
    ];
    let sign = prop::sample::select(vec![">", ">=", "<", "<=", "[", "/"]);
    (
        (index(), index(), cuts, hole),
        (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()),
        prop::option::weighted(0.15, sign),
        scope,
    )
        .prop_map(
            |(
                (event, field, cuts, hole),
                (star_before, star_after, quoted, upper),
                sign,
                scope,
            )| {
                Taken {
                    event,
                    field,
                    cuts,
                    hole,
                    star_before,
                    star_after,
                    quoted,
                    upper,
                    sign,
                    scope,
                }
            },
        )
}

impl Taken {
    fn render(&self, events: &[Event<'_>]) -> String {
        let event = self.event.get(events);
        let mut values: Vec<(&str, String)> = event
            .fields
            .iter()
            .map(|field| (&*field.name, field.value.text().to_owned()))
            .collect();
        values.push(("event.original", event.original.clone().into_owned()));
        values.push(("error.message", event.problems.join("; ")));
        if let Some(time) = event.time.effective() {
            values.push(("@timestamp", time.to_string()));
        }
        let (name, value) = self.field.get(&values);
        let value: Vec<char> = value.chars().collect();
        let (from, to) = match &self.cuts {
            None => (0, value.len()),
            Some(cuts) => {
                let cuts = cuts.map(|cut| cut.index(value.len() + 1));
                (cuts[0].min(cuts[1]), cuts[0].max(cuts[1]))
            }
        };
        let part: String = value[from..to].iter().collect();
        let part = if self.upper {
            part.to_uppercase()
        } else {
            part
        };
        let scope = match &self.scope {
            Scope::Bare => String::new(),
            Scope::Own => format!("{}:", escape(name)),
            Scope::Other(name) => format!("{}:", escape(name)),
        };
        let text = match self.sign {
            Some("[") if !scope.is_empty() => {
                format!("[{} TO {}]", quote(&part), quote(&format!("{part}5")))
            }
            Some("/") if !part.is_empty() => self.regex(&part),
            Some(sign) if !scope.is_empty() => format!("{sign}{}", quote(&part)),
            _ => self.word(&part),
        };
        let query = format!("{scope}{text}");
        // Not every name can be written without quotes, and times compare with times only.
        if Query::parse(&query).is_ok() {
            query
        } else {
            self.word(&part)
        }
    }

    /// The part as a regular expression, with `.*` or `.` in its hole.
    fn regex(&self, part: &str) -> String {
        let literal = |text: &str| regex_syntax::escape(text).replace('/', "\\/");
        let middle = match self.hole {
            None => literal(part),
            Some(hole) => {
                let part: Vec<char> = part.chars().collect();
                let hole = hole.map(|cut| cut.index(part.len() + 1));
                let (from, to) = (hole[0].min(hole[1]), hole[0].max(hole[1]));
                let text = |part: &[char]| literal(&part.iter().collect::<String>());
                let gap = if self.quoted { "." } else { ".*" };
                format!("{}{gap}{}", text(&part[..from]), text(&part[to..]))
            }
        };
        let (start, end) = (
            if self.star_before { "" } else { "^" },
            if self.star_after { "" } else { "$" },
        );
        format!("/{start}{middle}{end}/")
    }

    fn word(&self, part: &str) -> String {
        // Of the white space only a blank can be escaped.
        if self.quoted || part.chars().any(|c| c.is_whitespace() && c != ' ') {
            return quote(part);
        }
        let star = |is_there: bool| if is_there { "*" } else { "" };
        let part: Vec<char> = part.chars().collect();
        let middle = match self.hole {
            None => escape(&part.iter().collect::<String>()),
            Some(hole) => {
                let hole = hole.map(|cut| cut.index(part.len() + 1));
                let (from, to) = (hole[0].min(hole[1]), hole[0].max(hole[1]));
                let (before, after) = (&part[..from], &part[to..]);
                let text = |part: &[char]| escape(&part.iter().collect::<String>());
                format!("{}*{}", text(before), text(after))
            }
        };
        let word = format!(
            "{}{middle}{}",
            star(self.star_before),
            star(self.star_after)
        );
        match word.to_lowercase().as_str() {
            "" | "and" | "or" | "not" => quote(&word),
            _ => word,
        }
    }
}

fn escape(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let special = c == ' ' || (c.is_ascii_punctuation() && !"_.".contains(c));
            special.then_some('\\').into_iter().chain([c])
        })
        .collect()
}

fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn fixed() -> impl Strategy<Value = String> {
    let value = prop::sample::select(vec![
        ":*",
        ":10.0.0.0/30",
        ":\\:\\:/0",
        ":\"\"",
        ">0",
        "<=10",
        ">10.0.0.1",
        "<b",
        ":[1 TO 9}",
        ":::1",
        ":[10.0.0.1 TO 10.0.0.9]",
        ">=2026-11-24T09:30:00Z",
        ">=1970-01-01T00:00:03Z",
        "<=1970-01-01T00:00:02Z",
        ":1",
        ":07",
        ":a",
        ":1970*",
        ":*a*",
        ":a?*",
        ":?0.0.0.1",
        ":*a?",
        ":?",
        "=1",
        "=a*",
        ">=2026-11",
        ":/[ab]+/",
        ":/^1|ß/",
        ":/10\\..*1$/",
        ":/(?-i)A/",
    ]);
    (name(), value).prop_map(|(name, value)| {
        let query = format!("{}{value}", escape(&name));
        if Query::parse(&query).is_ok() {
            query
        } else {
            "*a*".to_owned()
        }
    })
}

/// A query yet to be filled with the values of events.
#[derive(Clone, Debug)]
enum Shape {
    Taken(Box<Taken>),
    Fixed(String),
    And(Box<(Shape, Shape)>),
    Or(Box<(Shape, Shape)>),
    Not(Box<Shape>),
}

impl Shape {
    fn render(&self, events: &[Event<'_>]) -> String {
        match self {
            Self::Taken(taken) => taken.render(events),
            Self::Fixed(text) => text.clone(),
            Self::And(parts) => format!("({} {})", parts.0.render(events), parts.1.render(events)),
            Self::Or(parts) => {
                format!("({} or {})", parts.0.render(events), parts.1.render(events))
            }
            Self::Not(part) => format!("not ({})", part.render(events)),
        }
    }
}

fn shape() -> impl Strategy<Value = Shape> {
    let leaf = prop_oneof![
        5 => taken().prop_map(|taken| Shape::Taken(Box::new(taken))),
        1 => fixed().prop_map(Shape::Fixed),
    ];
    leaf.prop_recursive(2, 4, 2, |inner| {
        prop_oneof![
            3 => inner.clone(),
            1 => (inner.clone(), inner.clone()).prop_map(|both| Shape::And(Box::new(both))),
            1 => (inner.clone(), inner.clone()).prop_map(|both| Shape::Or(Box::new(both))),
            1 => inner.prop_map(|part| Shape::Not(Box::new(part))),
        ]
    })
}

/// The record of an event that the index has.
fn record<'r>(position: u64, event: &'r Event<'r>) -> Record<'r> {
    Record {
        event,
        position: Some(JournalPosition(position)),
        source: Some(RecordSource {
            stream: stream_of(position),
            peer: Some("192.0.2.1"),
        }),
    }
}

/// The answer of the plain reading: positions, in order.
fn expected(events: &[Event<'_>], request: &Request) -> Vec<u64> {
    let mut found: Vec<(i64, u64)> = (0_u64..)
        .zip(events)
        .filter(|(position, event)| {
            let record = record(*position, event);
            let time = event.time.effective();
            let in_time = match (request.since, request.until) {
                (None, None) => true,
                (since, until) => time.is_some_and(|time| {
                    since.is_none_or(|since| time >= since)
                        && until.is_none_or(|until| time < until)
                }),
            };
            let in_streams = request
                .streams
                .as_ref()
                .is_none_or(|streams| streams.iter().any(|stream| stream == stream_of(*position)));
            in_time && in_streams && request.query.matches_record(&record)
        })
        .map(|(position, event)| {
            let time = event.time.effective();
            (time.map_or(i64::MIN, Timestamp::micros), position)
        })
        .collect();
    found.sort_unstable();
    if request.order == Order::Descending {
        found.reverse();
    }
    found.into_iter().map(|(_, position)| position).collect()
}

fn stream_of(position: u64) -> &'static str {
    ["default", "Default", "other"][usize::try_from(position % 3).unwrap()]
}

/// The answer of the index, page by page; the later pages as a stream asks for them, too, which needs
/// no total.
fn paged(index: &Index, request: &Request) -> Vec<u64> {
    let whole = pages(index, request, false);
    assert_eq!(pages(index, request, true), whole, "only the hits");
    whole
}

fn pages(index: &Index, request: &Request, hits_only: bool) -> Vec<u64> {
    let mut request = request.clone();
    let mut found = Vec::new();
    let mut total = None;
    loop {
        let response = index.search(&request).unwrap();
        let total = *total.get_or_insert(response.total);
        assert!(request.hits_only || total == response.total);
        assert!(response.hits.len() <= request.limit);
        found.extend(hit_ids(&response));
        request.hits_only = hits_only;
        request.cursor = response.next;
        if request.cursor.is_none() {
            assert_eq!(total, found.len() as u64);
            return found;
        }
    }
}

/// What happens to the index between two events.
#[derive(Clone, Copy, Debug)]
enum Step {
    Nothing,
    Commit,
    Seal,
    /// Seals and builds inverted indexes.
    Build,
}

fn step() -> impl Strategy<Value = Step> {
    prop::sample::select(vec![
        Step::Nothing,
        Step::Nothing,
        Step::Commit,
        Step::Seal,
        Step::Build,
    ])
}

fn take(step: Step, index: &Index, writer: &mut IndexWriter, next: JournalPosition) {
    match step {
        Step::Nothing => {}
        Step::Commit => writer.commit(next).unwrap(),
        Step::Seal => writer.seal().unwrap(),
        Step::Build => {
            writer.seal().unwrap();
            while index.build_next(true).unwrap().is_some() {}
        }
    }
}

/// How many events have which values of two fields in which span, in the order of the fields.
#[derive(Debug, Default, PartialEq)]
struct Counts {
    fields: Vec<String>,
    span: Option<Span>,
    counts: BTreeMap<(Option<i64>, Vec<BTreeSet<String>>), u64>,
}

impl Gather for Counts {
    fn counted(&mut self, time: Option<i64>, values: &[Option<&str>], count: u64) {
        let values = values
            .iter()
            .map(|value| value.map(str::to_owned).into_iter().collect());
        *self.counts.entry((time, values.collect())).or_default() += count;
    }

    fn record(&mut self, record: &Record<'_>) {
        let time = self.span.and_then(|span| {
            let time = record.event.time.effective()?;
            Some(span.start_of(time).micros())
        });
        let values = self.fields.iter().map(|name| {
            let mut values = BTreeSet::new();
            record.any_value(name, |value| {
                values.insert(value.to_owned());
                false
            });
            values
        });
        *self.counts.entry((time, values.collect())).or_default() += 1;
    }
}

fn any_fields() -> impl Strategy<Value = (Vec<String>, Option<Span>)> {
    let names = vec![
        "message",
        "user.name",
        "n",
        "source.ip",
        "x",
        "event.id",
        "vakt.stream",
        "vakt.peer",
        "@timestamp",
        "error.message",
        "event.original",
        "a b",
    ];
    let fields = prop::sample::subsequence(names, 0..=3);
    let fields = fields.prop_map(|names| names.into_iter().map(str::to_owned).collect());
    // Two seconds, and a week, which begins on a Monday.
    let spans = prop::sample::select(vec![2, 604_800]);
    let spans = spans.prop_map(|seconds| Span::from_seconds(seconds).unwrap());
    (fields, prop::option::of(spans))
}

/// A request, its query yet to be filled.
fn any_request() -> impl Strategy<Value = (Shape, Request)> {
    (
        shape(),
        prop::option::weighted(0.2, 0_i64..6),
        prop::option::weighted(0.2, 0_i64..6),
        prop::option::weighted(
            0.2,
            prop::sample::subsequence(vec!["default", "Default", "other"], 0..=2),
        ),
        any::<bool>(),
        1_usize..8,
    )
        .prop_map(|(shape, since, until, streams, ascending, limit)| {
            let request = Request {
                since: since.and_then(Timestamp::from_seconds),
                until: until.and_then(Timestamp::from_seconds),
                streams: streams.map(|streams| streams.into_iter().map(str::to_owned).collect()),
                limit,
                order: if ascending {
                    Order::Ascending
                } else {
                    Order::Descending
                },
                ..Request::default()
            };
            (shape, request)
        })
}

proptest! {
    // Opening an index costs some milliseconds; each case asks it many questions.
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_index_answers_as_the_plain_reading_does(
        distinct in prop::collection::vec(any_event(), 1..12),
        repeated in any::<prop::sample::Index>(),
        steps in prop::collection::vec(step(), 13),
        requests in prop::collection::vec((any_request(), any_fields()), 100),
    ) {
        let mut events = distinct.clone();
        // Identical lines are different events.
        events.push(repeated.get(&distinct).clone());
        let dir = tempfile::tempdir().unwrap();
        let (index, mut writer) = common::open(dir.path());
        for (position, event) in (0_u64..).zip(&events) {
            put(&mut writer, position, event, &source(stream_of(position)));
            let step = steps[usize::try_from(position).unwrap()];
            take(step, &index, &mut writer, JournalPosition(position + 1));
        }
        writer.commit(JournalPosition(events.len() as u64)).unwrap();
        for ((shape, request), (fields, span)) in &requests {
            let text = shape.render(&events);
            let query = Query::parse(&text).unwrap_or_else(|error| panic!("{error}"));
            let request = Request { query, ..request.clone() };
            let found = expected(&events, &request);
            prop_assert_eq!(paged(&index, &request), &found[..], "{} {:?}", text, request);
            let none = || Counts { fields: fields.clone(), span: *span, ..Counts::default() };
            let (mut plain, mut gathered) = (none(), none());
            for position in found {
                plain.record(&record(position, &events[usize::try_from(position).unwrap()]));
            }
            let wanted = Wanted { fields: fields.clone(), span: *span, records: false };
            let nothing_more = |_, _: &mut Tail<'_>| Ok::<_, Error>(());
            index.gather_with(&request, &wanted, &mut gathered, nothing_more).unwrap();
            prop_assert_eq!(plain, gathered, "{} {:?}", text, request);
        }
    }

    #[test]
    fn any_text_is_read_or_refused_with_a_place(text in "\\PC{0,40}") {
        if let Err(error) = Query::parse(&text) {
            prop_assert!(error.position <= text.chars().count());
            prop_assert!(!error.expected.is_empty());
        }
    }

    #[test]
    fn signs_of_the_language_are_read_or_refused(text in "[-ab:()\"*\\\\!<>=\\[\\]{}|& ]{0,24}") {
        if let Err(error) = Query::parse(&text) {
            prop_assert!(error.position <= text.chars().count());
        }
    }
}

/// The generator does make queries that match some events and not others.
#[test]
fn origins_are_told_apart() {
    let mut made = event(1);
    made.sent("x", "sent");
    made.added("x", "added");
    assert_eq!(made.fields[1].origin, Origin::Added);
    let check = |query: &str, expected: bool| {
        let query = Query::parse(query).unwrap();
        assert_eq!(query.matches(&made), expected);
    };
    check("sent", true);
    check("added", false);
    check("x:added", true);
    check("x", false);
}
