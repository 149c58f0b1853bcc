//! One stage, run once: for a profiler, or to count instructions (`benches/instructions.py`).

use std::hint::black_box;

use anyhow::Result;
use clap::ValueEnum;

use crate::floor;
use crate::input::Kind;
use crate::output::say;
use crate::subject::{Decoder, Event, Kinds, Matcher, Record, Source, records};
use crate::subsets::Subset;
use crate::table::warm_and_measured;

#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(crate) enum Stage {
    /// Looks at the first byte of each record: what the others do beside their work
    None,
    /// Validates the bytes as UTF-8
    Utf8,
    /// Finds the top-level members of JSON
    Scan,
    /// Makes events
    Decode,
    /// Counts the kinds of logs of events that are made already
    Kinds,
    /// Matches events that are made already
    Match,
    /// From bytes to matches
    Both,
}

/// Runs stages over each kind with the largest of the subsets, and says in a line for each over how
/// many events, in order.
pub(crate) fn run(stages: &[Stage], kinds: &[Kind], subsets: &[Subset]) -> Result<()> {
    let needs_rules = |stage: &Stage| matches!(stage, Stage::Match | Stage::Both);
    let all = match subsets.last() {
        Some(all) if stages.iter().any(needs_rules) => Some(all.load()?.rules),
        _ => None,
    };
    let decoder = Decoder::new();
    for kind in kinds {
        let records = records(&kind.bytes)?;
        let (warm, measured) = warm_and_measured(&records);
        for stage in stages {
            let mut matcher = all.as_ref().map(|rules| rules.matcher());
            if let Some(matcher) = &mut matcher {
                for record in warm {
                    black_box(matcher.decode_and_match(&decoder, record));
                }
            }
            let events: Vec<_> = match stage {
                Stage::Match | Stage::Kinds => measured
                    .iter()
                    .map(|record| decoder.decode(record))
                    .collect(),
                _ => Vec::new(),
            };
            measured_stage(*stage, measured, &events, &decoder, matcher.as_mut());
            let name = stage.to_possible_value();
            let name = name.as_ref().map_or("", |value| value.get_name());
            say(&format!("{}\t{name}\t{}", kind.name, measured.len()));
        }
    }
    Ok(())
}

/// Its name is what callgrind is told to count in.
#[inline(never)]
fn measured_stage(
    stage: Stage,
    records: &[Record],
    events: &[Event<'_>],
    decoder: &Decoder,
    matcher: Option<&mut Matcher<'_>>,
) {
    match (stage, matcher) {
        (Stage::None, _) => records.iter().for_each(|record| {
            black_box(record.bytes.first());
        }),
        (Stage::Utf8, _) => records.iter().for_each(|record| {
            black_box(floor::utf8(&record.bytes));
        }),
        (Stage::Scan, _) => records.iter().for_each(|record| {
            black_box(floor::top_level_scan(&record.bytes, |name, value| {
                black_box((name, value));
            }));
        }),
        (Stage::Decode, _) => records.iter().for_each(|record| {
            decoder.decode_alone(record);
        }),
        (Stage::Kinds, _) => {
            let (kinds, source) = (Kinds::default(), source());
            events
                .iter()
                .for_each(|event| kinds.observe(event, &source));
        }
        (Stage::Match, Some(matcher)) => events.iter().for_each(|event| {
            black_box(matcher.matches(event));
        }),
        (Stage::Both, Some(matcher)) => records.iter().for_each(|record| {
            black_box(matcher.decode_and_match(decoder, record));
        }),
        (Stage::Match | Stage::Both, None) => {}
    }
}

fn source() -> Source {
    Source {
        stream: "default".to_owned(),
        transport: vakt_event::Transport::Tcp,
        listener: "bench".to_owned(),
        peer: Some(std::net::IpAddr::from([192, 0, 2, 1])),
        zone: None,
        drill: false,
    }
}
