//! Decode, match and both, by kind of event and count of rules, beside the floors.

use std::hint::black_box;

use anyhow::Result;
use hashbrown::HashMap;

use crate::clock::{median, timed};
use crate::floor;
use crate::input::Kind;
use crate::output::{as_f64, head, row, thousands, times};
use crate::subject::{Decoder, Event, Record, records};
use crate::subsets::LoadedSubset;

/// Seconds an event, each the median of its rounds.
pub(crate) struct Measured {
    kind: String,
    bytes: f64,
    utf8: f64,
    /// `None` where the events are no JSON.
    scan: Option<f64>,
    /// The same with a look-up of each name in a hash table: what every engine pays that has fields by name.
    look_up: Option<f64>,
    decode: f64,
    /// In the order of the subsets.
    with_rules: Vec<WithRules>,
}

struct WithRules {
    matching: f64,
    both: f64,
}

/// The records that only warm a matcher, and those that count.
pub(crate) fn warm_and_measured(records: &[Record]) -> (&[Record], &[Record]) {
    records.split_at(records.len() / 5)
}

pub(crate) fn measure(kind: &Kind, subsets: &[LoadedSubset], rounds: usize) -> Result<Measured> {
    let all_records = records(&kind.bytes)?;
    let (warm, records) = warm_and_measured(&all_records);
    let decoder = Decoder::new();
    let events: Vec<Event<'_>> = records
        .iter()
        .map(|record| decoder.decode(record))
        .collect();
    let is_json = records.iter().all(scan);
    let names = names(records);
    let (mut utf8, mut scanning, mut looking_up, mut decode) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut rules: Vec<(Vec<f64>, Vec<f64>)> = vec![Default::default(); subsets.len()];
    for _ in 0..rounds {
        utf8.push(over(records, |record| floor::utf8(&record.bytes)));
        if is_json {
            scanning.push(over(records, scan));
            looking_up.push(over(records, |record| look_up(record, &names)));
        }
        decode.push(over(records, |record| {
            decoder.decode_alone(record);
        }));
        for (subset, (matching, both)) in subsets.iter().zip(&mut rules) {
            let warmed = || {
                let mut matcher = subset.rules.matcher();
                for record in warm {
                    black_box(matcher.decode_and_match(&decoder, record));
                }
                matcher
            };
            let mut matcher = warmed();
            matching.push(over(&events, |event| matcher.matches(event).len()));
            let mut matcher = warmed();
            both.push(over(records, |record| {
                matcher.decode_and_match(&decoder, record).len()
            }));
        }
    }
    let bytes: usize = records.iter().map(|record| record.bytes.len()).sum();
    Ok(Measured {
        kind: kind.name.clone(),
        bytes: as_f64(bytes) / as_f64(records.len()),
        utf8: median(&utf8),
        scan: is_json.then(|| median(&scanning)),
        look_up: is_json.then(|| median(&looking_up)),
        decode: median(&decode),
        with_rules: rules
            .iter()
            .map(|(matching, both)| WithRules {
                matching: median(matching),
                both: median(both),
            })
            .collect(),
    })
}

fn scan(record: &Record) -> bool {
    floor::top_level_scan(&record.bytes, |name, value| {
        black_box((name, value));
    })
    .is_some()
}

fn look_up(record: &Record, names: &HashMap<&[u8], usize>) -> bool {
    floor::top_level_scan(&record.bytes, |name, value| {
        black_box((names.get(name), value));
    })
    .is_some()
}

/// The top-level names, numbered.
fn names(records: &[Record]) -> HashMap<&[u8], usize> {
    let mut names = HashMap::new();
    for record in records {
        // What is no JSON has none.
        let _ = floor::top_level_scan(&record.bytes, |name, _| {
            let next = names.len();
            names.entry(name).or_insert(next);
        });
    }
    names
}

/// Seconds of work for one item.
fn over<I, T>(items: &[I], mut work: impl FnMut(&I) -> T) -> f64 {
    let (seconds, ()) = timed(|| {
        for item in items {
            black_box(work(item));
        }
    });
    seconds / as_f64(items.len())
}

impl Measured {
    /// The floors that the aims are counted in.
    fn floors(&self) -> Vec<(&'static str, f64)> {
        match (self.scan, self.look_up) {
            (Some(scan), Some(look_up)) => {
                vec![("scan", scan), ("scan with look-ups", look_up)]
            }
            _ => vec![("UTF-8", self.utf8)],
        }
    }

    /// What matching adds to decoding.
    fn adds(&self, with: &WithRules) -> f64 {
        (with.both - self.decode).max(0.0)
    }
}

pub(crate) fn print(measured: &[Measured], subsets: &[LoadedSubset]) {
    print_floors(measured);
    print_stages(measured, subsets);
    print_aims(measured);
}

fn print_floors(measured: &[Measured]) {
    let cells = [
        "input",
        "bytes an event",
        "UTF-8 validation, ns",
        "top-level scan, ns",
        "with a look-up of each name, ns",
    ];
    head("Floors, an event", &cells);
    for measured in measured {
        let nanoseconds = |seconds: f64| thousands(seconds * 1e9);
        row(&[
            measured.kind.clone(),
            thousands(measured.bytes),
            nanoseconds(measured.utf8),
            measured.scan.map_or("-".into(), nanoseconds),
            measured.look_up.map_or("-".into(), nanoseconds),
        ]);
    }
}

fn print_stages(measured: &[Measured], subsets: &[LoadedSubset]) {
    head(
        "Events a CPU second, and time as a multiple of UTF-8 validation and of the scan",
        &[
            "input", "rules", "decode", "× UTF-8", "× scan", "match", "× UTF-8", "× scan", "both",
            "× UTF-8", "× scan",
        ],
    );
    for measured in measured {
        for (subset, with) in subsets.iter().zip(&measured.with_rules) {
            let mut cells = vec![measured.kind.clone()];
            let all = if subset.is_all { "all: " } else { "" };
            cells.push(format!("{all}{}", subset.rules.count()));
            for seconds in [measured.decode, with.matching, with.both] {
                cells.push(thousands(1.0 / seconds));
                cells.push(times(seconds / measured.utf8));
                cells.push(times(seconds / measured.scan.unwrap_or(f64::NAN)));
            }
            row(&cells);
        }
    }
}

fn print_aims(measured: &[Measured]) {
    head(
        "The aims: decoding within 3 floors; all rules add at most 3 floors, and at most twice what the \
         fewest add (or one floor, if that is more)",
        &[
            "input",
            "floor",
            "decode, floors",
            "all rules add, floors",
            "fewest add, floors",
            "all : fewest (or a floor)",
        ],
    );
    for measured in measured {
        let add = |with: Option<&WithRules>| with.map_or(f64::NAN, |with| measured.adds(with));
        let all = add(measured.with_rules.last());
        let fewest = add(measured.with_rules.first());
        for (name, floor) in measured.floors() {
            row(&[
                measured.kind.clone(),
                name.to_owned(),
                times(measured.decode / floor),
                times(all / floor),
                times(fewest / floor),
                times(all / fewest.max(floor)),
            ]);
        }
    }
}
