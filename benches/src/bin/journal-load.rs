//! Measures the journal on a real disk, beside a plain loop of write and fdatasync.
//!
//! ```sh
//! cargo run --release -p vakt-benches --bin journal-load -- append DIR    # throughput and floor
//! cargo run --release -p vakt-benches --bin journal-load -- small DIR     # many small batches
//! cargo run --release -p vakt-benches --bin journal-load -- fill DIR 10   # 10 GB, ends as a kill does
//! cargo run --release -p vakt-benches --bin journal-load -- open DIR      # how long recovery takes
//! ```
//!
//! `append`: batches of log lines, or of noise that does not compress, of one size, a few under way
//! at any time; in alternation a file that grows by writes of as many bytes as the journal wrote for
//! each of its syncs, each followed by fdatasync (what `dd oflag=dsync` does). Both in megabytes of
//! frames, or of what was written, a second of wall time.
//!
//! `small`: a thousand batches of one frame under way, each followed by another as soon as it is
//! acknowledged, as a thousand clients do that post and wait.

#![allow(
    clippy::print_stdout,
    reason = "what it measures is for the person who runs it"
)]

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};
use vakt_event::{Batch, Clock, Format, Frame, Source, Transport, clock::SystemClock};
use vakt_storage::{Appended, Journal, Options};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Throughput of large batches, in alternation with a plain loop of write and fdatasync
    Append {
        dir: PathBuf,
        /// Megabytes of frames a round
        #[arg(long, default_value_t = 400)]
        megabytes: usize,
        #[arg(long, default_value_t = 3)]
        rounds: usize,
    },
    /// A thousand small batches under way
    Small {
        dir: PathBuf,
        #[arg(long, default_value_t = 1000)]
        clients: usize,
        #[arg(long, default_value_t = 300_000)]
        batches: usize,
    },
    /// Fills a journal with noise and ends without closing it
    Fill { dir: PathBuf, gigabytes: usize },
    /// Opens a journal
    Open { dir: PathBuf },
}

fn main() -> Result<()> {
    match Arguments::parse().what {
        What::Append {
            dir,
            megabytes,
            rounds,
        } => append(&dir, megabytes * 1_000_000, rounds),
        What::Small {
            dir,
            clients,
            batches,
        } => small(&dir, clients, batches),
        What::Fill { dir, gigabytes } => fill(&dir, gigabytes * 1_000_000_000),
        What::Open { dir } => open(&dir),
    }
}

/// What frames hold.
#[derive(Clone, Copy)]
enum Text {
    Log,
    Noise,
}

impl Text {
    fn name(self) -> &'static str {
        match self {
            Self::Log => "log lines",
            Self::Noise => "noise",
        }
    }
}

/// Numbers that look like chance, the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ (mixed >> 29)
    }

    /// A frame of about 200 bytes.
    fn frame(&mut self, text: Text) -> Frame {
        let bytes = match text {
            Text::Log => format!(
                "<86>1 2026-11-28T10:{:02}:{:02}.{:06}Z web{} sshd {} - - Failed password for user{} \
                 from 10.{}.{}.{} port {} ssh2: connection closed by authenticating user [preauth]",
                self.next() % 60,
                self.next() % 60,
                self.next() % 1_000_000,
                self.next() % 30,
                self.next() % 30_000,
                self.next() % 500,
                self.next() % 4,
                self.next() % 256,
                self.next() % 256,
                self.next() % 60_000,
            )
            .into_bytes(),
            Text::Noise => (0..25).flat_map(|_| self.next().to_le_bytes()).collect(),
        };
        Frame {
            bytes,
            format: Format::Syslog,
            received: SystemClock.now(),
            truncated: false,
            cursor: None,
        }
    }

    fn frames(&mut self, text: Text, bytes: usize) -> Vec<Frame> {
        let mut frames = Vec::new();
        let mut sum = 0;
        while sum < bytes {
            let frame = self.frame(text);
            sum += frame.bytes.len();
            frames.push(frame);
        }
        frames
    }
}

fn source(number: usize) -> Arc<Source> {
    Arc::new(Source {
        stream: "default".to_owned(),
        transport: Transport::Tcp,
        listener: "syslog-tcp".to_owned(),
        peer: Some(std::net::IpAddr::from([
            10,
            0,
            0,
            u8::try_from(number % 250).unwrap_or(0),
        ])),
        zone: None,
        drill: false,
    })
}

fn journal(dir: &Path) -> Result<Journal> {
    Ok(Journal::open(dir, &Options::default())?.0)
}

/// A folder that is not there yet; its contents are ours.
fn fresh(dir: &Path, name: &str) -> Result<PathBuf> {
    let dir = dir.join(name);
    if dir.exists() {
        std::fs::remove_dir_all(&dir).with_context(|| format!("remove {}", dir.display()))?;
    }
    Ok(dir)
}

type Answer = (usize, Instant, bool);

fn submit(journal: &Journal, client: usize, batch: Batch, answers: &Sender<Answer>) {
    let answers = answers.clone();
    let begun = Instant::now();
    let done = move |result: Result<Appended, _>| {
        // The receiver is gone only when the measurement was given up.
        answers
            .send((client, begun, result.is_ok()))
            .unwrap_or_default();
    };
    journal.append(batch, Box::new(done));
}

fn append(dir: &Path, bytes: usize, rounds: usize) -> Result<()> {
    println!(
        "| frames | bytes a batch | journal MB/s | on disk MB/s | bytes a sync | floor MB/s | on disk ÷ floor | frames ÷ floor |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for text in [Text::Noise, Text::Log] {
        for batch_bytes in [64 * 1024, 1024 * 1024] {
            let mut best: Option<(f64, f64, usize, f64)> = None;
            for _ in 0..rounds {
                let (frames, disk, block) = append_round(dir, text, batch_bytes, bytes)?;
                let floor = floor(dir, block, bytes)?;
                if best.is_none_or(|(before, ..)| disk / floor > before) {
                    best = Some((disk / floor, frames, block, floor));
                }
                println!(
                    "| {} | {batch_bytes} | {frames:.0} | {disk:.0} | {block} | {floor:.0} | {:.2} | {:.2} |",
                    text.name(),
                    disk / floor,
                    frames / floor,
                );
            }
        }
    }
    Ok(())
}

/// Megabytes of frames and of written bytes a second, and written bytes a sync.
fn append_round(
    dir: &Path,
    text: Text,
    batch_bytes: usize,
    bytes: usize,
) -> Result<(f64, f64, usize)> {
    /// Batches under way: one is written while the next ones come.
    const UNDER_WAY: usize = 16;
    let dir = fresh(dir, "journal")?;
    let journal = journal(&dir)?;
    let mut random = Random(1);
    let ready: Vec<Batch> = (0..UNDER_WAY)
        .map(|number| Batch {
            source: source(number),
            frames: random.frames(text, batch_bytes),
        })
        .collect();
    let (sender, receiver) = channel();
    let begun = Instant::now();
    let count = bytes / batch_bytes;
    let mut sent = 0;
    for batch in &ready {
        submit(&journal, sent % UNDER_WAY, batch.clone(), &sender);
        sent += 1;
    }
    for _ in 0..count {
        let (client, _, is_ok) = receiver.recv().context("the journal ended")?;
        if !is_ok {
            bail!("a batch was refused");
        }
        if sent < count
            && let Some(batch) = ready.get(client)
        {
            submit(&journal, client, batch.clone(), &sender);
            sent += 1;
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    let stats = journal.stats();
    journal.close()?;
    std::fs::remove_dir_all(&dir)?;
    let block = stats.appended_bytes / stats.fsync.count.max(1);
    let megabytes = |bytes: f64| bytes / 1e6 / seconds;
    Ok((
        megabytes(f64_of(count * batch_bytes)),
        megabytes(f64_of(usize::try_from(stats.appended_bytes)?)),
        usize::try_from(block)?,
    ))
}

/// Megabytes a second of a growing file, written and synced block by block.
fn floor(dir: &Path, block: usize, bytes: usize) -> Result<f64> {
    let path = dir.join("floor");
    let mut file = File::create(&path)?;
    let content: Vec<u8> = {
        let mut random = Random(2);
        (0..block.div_ceil(8))
            .flat_map(|_| random.next().to_le_bytes())
            .collect()
    };
    let count = (bytes / block).clamp(20, 2000);
    let begun = Instant::now();
    for _ in 0..count {
        file.write_all(&content)?;
        file.sync_data()?;
    }
    let seconds = begun.elapsed().as_secs_f64();
    std::fs::remove_file(&path)?;
    Ok(f64_of(count * content.len()) / 1e6 / seconds)
}

fn small(dir: &Path, clients: usize, batches: usize) -> Result<()> {
    let dir = fresh(dir, "journal")?;
    let journal = journal(&dir)?;
    let mut random = Random(3);
    let (sender, receiver) = channel();
    let mut send = |client: usize| {
        let batch = Batch {
            source: source(client),
            frames: vec![random.frame(Text::Log)],
        };
        submit(&journal, client, batch, &sender);
    };
    let begun = Instant::now();
    (0..clients).for_each(&mut send);
    let mut times = Vec::with_capacity(batches);
    while times.len() < batches {
        let (client, since, is_ok) = receiver.recv().context("the journal ended")?;
        if !is_ok {
            bail!("a batch was refused");
        }
        times.push(since.elapsed());
        if times.len() + clients <= batches {
            send(client);
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    let stats = journal.stats();
    journal.close()?;
    std::fs::remove_dir_all(&dir)?;
    times.sort_unstable();
    let at = |share: usize| {
        times
            .get(times.len() * share / 1000)
            .copied()
            .unwrap_or_default()
    };
    let fsync = stats.fsync.time.as_secs_f64() / f64_of(usize::try_from(stats.fsync.count)?);
    println!(
        "{clients} batches of one frame under way: {:.0} acknowledgements/s, {:.4} syncs an event, \
         acknowledged after {} (p50), {} (p99); a sync takes {} on average",
        f64_of(batches) / seconds,
        f64_of(usize::try_from(stats.fsync.count)?) / f64_of(batches),
        millis(at(500)),
        millis(at(990)),
        millis(Duration::from_secs_f64(fsync)),
    );
    Ok(())
}

fn fill(dir: &Path, bytes: usize) -> Result<()> {
    const BATCH_BYTES: usize = 4_000_000;
    let journal = journal(dir)?;
    let frames = Random(4).frames(Text::Noise, BATCH_BYTES);
    let (sender, receiver) = channel();
    let mut under_way = 0;
    for _ in 0..bytes / BATCH_BYTES {
        let batch = Batch {
            source: source(0),
            frames: frames.clone(),
        };
        submit(&journal, 0, batch, &sender);
        under_way += 1;
        if under_way == 4 {
            receiver.recv().context("the journal ended")?;
            under_way -= 1;
        }
    }
    for _ in 0..under_way {
        receiver.recv().context("the journal ended")?;
    }
    println!(
        "{} bytes in {} segments",
        journal.bytes(),
        journal.stats().segments
    );
    // As a kill does it: nothing is closed.
    std::mem::forget(journal);
    Ok(())
}

fn open(dir: &Path) -> Result<()> {
    let begun = Instant::now();
    let (journal, recovery) = Journal::open(dir, &Options::default())?;
    let took = begun.elapsed();
    println!(
        "{} bytes, {} positions: open after {}",
        journal.bytes(),
        recovery.next.0,
        millis(took)
    );
    std::mem::forget(journal);
    Ok(())
}

fn millis(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}

#[allow(
    clippy::cast_precision_loss,
    reason = "counts of a measurement are far below 2^53"
)]
fn f64_of(count: usize) -> f64 {
    count as f64
}
