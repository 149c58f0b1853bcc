//! What it costs to take events in.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use vakt_benches::clock::{process_cpu_seconds, timed};
use vakt_benches::output::{head, row, thousands, times};
use vakt_event::Frame;

use crate::generate::Generator;
use crate::sink::{Decoder, Sink};

/// Events between two commits: as many as the daemon takes at most.
pub(crate) const COMMIT_EVENTS: usize = 50 * CHUNK_EVENTS;

/// Events that are made at a time: few, so that they are in the processor's caches when they are
/// decoded, as what was just read is.
const CHUNK_EVENTS: usize = 1_000;

/// The level at which the lines are compressed that `zstd -dc` reads, its default.
const ZSTD_LEVEL: i32 = 3;

/// The events of a measurement.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Raw {
    pub(crate) events: usize,
    /// Without ends of lines.
    pub(crate) bytes: u64,
}

impl Raw {
    fn add(&mut self, frames: &[Frame]) {
        self.events += frames.len();
        self.bytes += frames
            .iter()
            .map(|frame| frame.bytes.len() as u64)
            .sum::<u64>();
    }
}

/// CPU seconds of all threads, unless said otherwise.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cost {
    pub(crate) raw: Raw,
    /// Of the thread that decodes the events once, and does nothing else.
    pub(crate) decode: f64,
    /// From frames to a closed index.
    pub(crate) whole: f64,
    /// While a commit, or the end, was waited for.
    pub(crate) commit: f64,
    /// For work that a search need not wait for.
    pub(crate) build: f64,
    /// Seconds of wall time from frames to a closed index. Threads of the index work on while this one
    /// makes the next events, which is not in it: a maximum taken from it is somewhat too high.
    pub(crate) wall: f64,
    pub(crate) disk_bytes: u64,
}

impl Cost {
    /// What the index costs without decoding.
    fn index(&self) -> f64 {
        self.whole - self.decode
    }

    /// Megabytes of events a CPU second.
    fn rate(&self, seconds: f64) -> f64 {
        megabytes(self.raw.bytes) / seconds
    }

    pub(crate) fn events_a_second(&self) -> f64 {
        vakt_benches::output::as_f64(self.raw.events) / self.wall
    }
}

#[expect(clippy::cast_precision_loss, reason = "sizes of files are below 2^53")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// Takes so many events in. What this thread does beside (making the events, decoding them alone) is
/// not counted; what others do meanwhile is.
pub(crate) fn measure<S: Sink>(mut sink: S, events: Generator, count: usize) -> Result<Cost> {
    let mut cost = Cost::default();
    let mut events = events.take(count);
    let mut decoder = Decoder::new();
    let mut beside = 0.0;
    let begun = process_cpu_seconds();
    loop {
        let (seconds, frames) = timed(|| chunk(&mut events));
        beside += seconds;
        if frames.is_empty() {
            break;
        }
        cost.raw.add(&frames);
        let (seconds, ()) = timed(|| decode_alone(&mut decoder, &frames));
        cost.decode += seconds;
        beside += seconds;
        let wall = Instant::now();
        for frame in &frames {
            decoder.with(frame, |event| sink.add(frame, event))?;
        }
        if cost.raw.events.is_multiple_of(COMMIT_EVENTS) {
            cost.commit += process_seconds(|| sink.commit())?;
            cost.build += process_seconds(|| sink.build_ready())?;
        }
        cost.wall += wall.elapsed().as_secs_f64();
    }
    let wall = Instant::now();
    cost.build += process_seconds(|| sink.build())?;
    cost.commit += process_seconds(|| sink.finish())?;
    cost.wall += wall.elapsed().as_secs_f64();
    cost.whole = process_cpu_seconds() - begun - beside;
    Ok(cost)
}

fn chunk(events: &mut impl Iterator<Item = Frame>) -> Vec<Frame> {
    events.take(CHUNK_EVENTS).collect()
}

fn decode_alone(decoder: &mut Decoder, frames: &[Frame]) {
    for frame in frames {
        decoder.with(frame, |event| {
            std::hint::black_box(event);
        });
    }
}

/// The CPU seconds of all threads while the work runs.
fn process_seconds(work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let before = process_cpu_seconds();
    work()?;
    Ok(process_cpu_seconds() - before)
}

/// What the events themselves cost, as lines in a compressed file.
pub(crate) struct Lines {
    pub(crate) raw: Raw,
    pub(crate) generate: f64,
    pub(crate) compress: f64,
    pub(crate) disk_bytes: u64,
    /// When the last event was received.
    pub(crate) last: vakt_event::Timestamp,
}

/// Writes the events, a line each, as `zstd -3` does.
pub(crate) fn write_compressed(path: &Path, events: Generator, count: usize) -> Result<Lines> {
    let mut file = zstd::Encoder::new(File::create(path)?, ZSTD_LEVEL)?;
    let mut lines = Lines {
        raw: Raw::default(),
        generate: 0.0,
        compress: 0.0,
        disk_bytes: 0,
        last: vakt_event::Timestamp::default(),
    };
    let mut events = events.take(count);
    loop {
        let (seconds, frames) = timed(|| chunk(&mut events));
        lines.generate += seconds;
        let Some(newest) = frames.last() else {
            break;
        };
        lines.last = newest.received;
        lines.raw.add(&frames);
        let (seconds, written) = timed(|| write_frames(&mut file, &frames));
        written?;
        lines.compress += seconds;
    }
    file.finish()?.sync_all()?;
    lines.disk_bytes = std::fs::metadata(path)?.len();
    Ok(lines)
}

fn write_frames(out: &mut impl Write, frames: &[Frame]) -> std::io::Result<()> {
    for frame in frames {
        out.write_all(&frame.bytes)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// Prints the parts of Vakt's intake alone.
pub(crate) fn print_vakt(cost: &Cost) {
    head("Intake", &["", "CPU s", "MB a CPU second"]);
    let parts = [
        ("decode alone", cost.decode),
        (
            "columns, blocks and filters",
            cost.index() - cost.commit - cost.build,
        ),
        ("inverted indexes", cost.build),
        ("committing and closing", cost.commit),
    ];
    for (name, seconds) in parts {
        let rate = format!("{:.1}", cost.rate(seconds));
        row(&[name.to_owned(), format!("{seconds:.2}"), rate]);
    }
}

/// Prints what was measured, of several rounds the one that took the least CPU.
pub(crate) fn print(lines: &Lines, vakt: &Cost, plain: &Cost) {
    let raw = lines.raw;
    head(
        &format!(
            "Intake of {} events, {:.1} MB, {:.0} bytes each; a commit every {} events",
            thousands(vakt_benches::output::as_f64(raw.events)),
            megabytes(raw.bytes),
            megabytes(raw.bytes) * 1e6 / vakt_benches::output::as_f64(raw.events),
            thousands(vakt_benches::output::as_f64(COMMIT_EVENTS)),
        ),
        &[
            "",
            "CPU s",
            "MB a CPU second",
            "÷ tantivy",
            "disk MB",
            "disk ÷ raw",
        ],
    );
    let line = |name: &str, seconds: f64, floor: Option<f64>, disk: Option<u64>| {
        row(&[
            name.to_owned(),
            format!("{seconds:.2}"),
            format!("{:.1}", vakt.rate(seconds)),
            floor.map_or("-".into(), |floor| times(floor / seconds)),
            disk.map_or("-".into(), |disk| format!("{:.1}", megabytes(disk))),
            disk.map_or("-".into(), |disk| {
                times(megabytes(disk) / megabytes(raw.bytes))
            }),
        ]);
    };
    line("make the events", lines.generate, None, None);
    line(
        "`zstd -3` of the lines",
        lines.compress,
        None,
        Some(lines.disk_bytes),
    );
    line("decode alone", vakt.decode, None, None);
    line(
        "tantivy, without decoding",
        plain.index(),
        Some(plain.index()),
        Some(plain.disk_bytes),
    );
    line(
        "tantivy, with decoding",
        plain.whole,
        Some(plain.whole),
        None,
    );
    line(
        "Vakt's index, without decoding",
        vakt.index(),
        Some(plain.index()),
        Some(vakt.disk_bytes),
    );
    line(
        "- of it columns, blocks and filters",
        vakt.index() - vakt.commit - vakt.build,
        Some(plain.index()),
        None,
    );
    line(
        "- of it inverted indexes",
        vakt.build,
        Some(plain.index()),
        None,
    );
    line(
        "- of it while committing and closing",
        vakt.commit,
        None,
        None,
    );
    line(
        "Vakt's index, with decoding",
        vakt.whole,
        Some(plain.whole),
        None,
    );
}
