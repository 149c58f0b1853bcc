//! From bytes to matches, an event takes no memory of its own once a thread is warm: what a decoder
//! and a scratch once took is used again. The kinds that do allocate are in the table (`kinds`),
//! with the reason.

#![expect(clippy::unwrap_used, reason = "a test has nobody to answer to")]

mod counting;
mod events;
mod kinds;
mod rules;

use jiff::tz::TimeZone;
use kinds::{KINDS, Kind};
use vakt_codec::{DecodeContext, Decoder};
use vakt_detect::{Engine, Scratch};
use vakt_event::Timestamp;

/// Enough events with a new value each that nearly every slot of the engine's cache of values has
/// held one: that one of those counted meets a slot that has not has a chance of one in a million.
/// Nothing else that is cached is longer or passes more tests.
const NEW_VALUES: usize = 150_000;

/// Rounds over all kinds that are counted.
const ROUNDS: usize = 20;

#[test]
fn an_event_takes_no_memory_once_the_thread_is_warm() {
    let set = rules::rules();
    let mut worker = Worker::new(&set);
    let numbers = &mut (100_000..1_000_000).cycle();
    warm_up(&mut worker, numbers);
    let mut faults = String::new();
    let mut most = vec![Vec::new(); KINDS.len()];
    for _ in 0..ROUNDS {
        for (kind, most) in KINDS.iter().zip(&mut most) {
            let event = event(kind, numbers);
            let places = counting::allocations(|| worker.take(&event, kind));
            if worker.hits.len() != kind.rules {
                let titles = worker.hits.iter().map(|hit| &set.rules[*hit].meta.title);
                let titles = titles.collect::<Vec<_>>();
                faults += &format!("{}: {titles:?} match\n", kind.name);
            }
            if places.len() > most.len() {
                *most = places;
            }
        }
    }
    for (kind, places) in KINDS.iter().zip(most) {
        if places.len() != kind.allocations {
            let (name, allowed) = (kind.name, kind.allocations);
            let taken = places.len();
            let places = places.join("\n  ");
            faults += &format!("{name}: {taken} allocations, not {allowed}:\n  {places}\n");
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

/// One thread's memory for decoding and matching.
struct Worker {
    engine: Engine,
    scratch: Scratch,
    decoder: Decoder,
    zone: TimeZone,
    hits: Vec<usize>,
}

impl Worker {
    fn new(set: &vakt_rules::ast::RuleSet) -> Self {
        let engine = Engine::compile(set);
        Self {
            scratch: engine.scratch(),
            engine,
            decoder: Decoder::default(),
            zone: TimeZone::get("Europe/Vienna").unwrap(),
            hits: Vec::new(),
        }
    }

    /// From bytes to the rules that match, which are then in `hits`.
    fn take(&mut self, bytes: &[u8], kind: &Kind) {
        let cx = DecodeContext {
            received: Timestamp::from_seconds(1_795_599_600),
            ..DecodeContext::new(&self.zone)
        };
        let event = self.decoder.decode(bytes, kind.format, &cx);
        self.hits.clear();
        self.engine
            .matches(&event, &mut self.scratch, &mut self.hits);
        self.decoder.recycle(event);
    }
}

fn event(kind: &Kind, numbers: &mut impl Iterator<Item = u32>) -> Vec<u8> {
    let number = numbers.next().unwrap();
    let text = kind.text.replace("{n}", &number.to_string());
    let mut bytes = text.into_bytes();
    if let Some(at) = memchr::memmem::find(&bytes, "\u{fffd}".as_bytes()) {
        bytes.splice(at..at + '\u{fffd}'.len_utf8(), [0xe9]);
    }
    bytes
}

fn warm_up(worker: &mut Worker, numbers: &mut impl Iterator<Item = u32>) {
    for _ in 0..ROUNDS {
        for kind in KINDS {
            worker.take(&event(kind, numbers), kind);
        }
    }
    let new_value = KINDS.iter().find(|kind| kind.text == events::NEW_VALUE);
    for _ in 0..NEW_VALUES {
        worker.take(&event(new_value.unwrap(), numbers), new_value.unwrap());
    }
}
