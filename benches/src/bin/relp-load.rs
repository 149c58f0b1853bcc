//! Sends messages over RELP as fast as they are acknowledged, and says how fast and how late that is.
//!
//! ```sh
//! vakt serve --relp 127.0.0.1:2514 --data-dir DIR
//! relp-load 127.0.0.1:2514 --connections 8 --disk DIR
//! ```
//!
//! Every connection keeps its window full: what was acknowledged in one read is replaced in one write.
//! The latency of a message runs from the write that holds it to the read of its answer. With
//! `--disk`, what a plain `fdatasync` takes there is measured before and after, so that the two can be
//! compared.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Parser;

const OPEN: &[u8] = b"1 open 49 relp_version=0\nrelp_software=load\ncommands=syslog\n";

/// 64 KiB a write, as much as a commit holds here under load.
const DISK_WRITE_BYTES: usize = 64 * 1024;
const DISK_WRITES: usize = 500;

/// Sends messages over RELP as fast as they are acknowledged
#[derive(Parser)]
struct Arguments {
    address: SocketAddr,
    #[arg(long, default_value_t = 8)]
    connections: u64,
    /// Messages of a connection without an answer; 128 is rsyslog's
    #[arg(long, default_value_t = 128)]
    window: usize,
    /// Bytes of a message
    #[arg(long, default_value_t = 200)]
    bytes: usize,
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// A folder whose fdatasync is measured, too
    #[arg(long, value_name = "FOLDER")]
    disk: Option<PathBuf>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    measure_disk(&arguments)?;
    let start = Instant::now();
    let workers: Vec<_> = (0..arguments.connections)
        .map(|number| {
            let mut connection = Connection::open(&arguments, number)?;
            let until = start + Duration::from_secs(arguments.seconds);
            Ok(thread::spawn(move || connection.run(until)))
        })
        .collect::<Result<_>>()?;
    let mut latencies = Vec::new();
    for worker in workers {
        let of_one = worker.join().ok().context("a connection panicked")??;
        latencies.extend(of_one);
    }
    let seconds = start.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = latencies.len() as f64 / seconds;
    say(&format!(
        "{rate:.0} acknowledgements/s ({} in {seconds:.1} s)",
        latencies.len()
    ));
    say_quantiles("latency of an acknowledgement", &mut latencies);
    measure_disk(&arguments)
}

struct Connection {
    stream: TcpStream,
    number: u64,
    window: usize,
    bytes: usize,
    /// The transaction of the next message.
    next: u32,
    /// When each message without an answer was sent, the oldest first.
    waiting: VecDeque<Instant>,
    /// Answers that are not whole.
    heard: Vec<u8>,
}

impl Connection {
    fn open(arguments: &Arguments, number: u64) -> Result<Self> {
        let stream = TcpStream::connect(arguments.address)
            .with_context(|| format!("nobody listens on {}", arguments.address))?;
        stream.set_nodelay(true)?;
        let mut connection = Self {
            stream,
            number,
            window: arguments.window,
            bytes: arguments.bytes,
            next: 2,
            waiting: VecDeque::new(),
            heard: Vec::new(),
        };
        connection.stream.write_all(OPEN)?;
        let mut answer = [0; 1024];
        let count = connection.stream.read(&mut answer)?;
        let answer = answer.get(..count).unwrap_or_default();
        let text = answer.escape_ascii();
        ensure!(
            answer.starts_with(b"1 rsp "),
            "the session is refused: {text}"
        );
        Ok(connection)
    }

    /// Keeps the window full until the time has come, and waits for the last answers.
    fn run(&mut self, until: Instant) -> Result<Vec<Duration>> {
        let mut latencies = Vec::new();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            if Instant::now() < until {
                self.fill()?;
            } else if self.waiting.is_empty() {
                return Ok(latencies);
            }
            let count = self.stream.read(&mut buffer)?;
            ensure!(count > 0, "the connection was closed");
            self.hear(buffer.get(..count).unwrap_or_default(), &mut latencies)?;
        }
    }

    fn fill(&mut self) -> Result<()> {
        let mut frames = Vec::new();
        let now = Instant::now();
        while self.waiting.len() < self.window {
            let head = format!(
                "<13>1 2026-11-28T20:00:00.000000Z web1 load {} - - message {} ",
                self.number, self.next
            );
            let message = format!("{head:x<width$}", width = self.bytes);
            writeln!(frames, "{} syslog {} {message}", self.next, message.len())?;
            self.next = if self.next == 999_999_999 {
                1
            } else {
                self.next + 1
            };
            self.waiting.push_back(now);
        }
        self.stream.write_all(&frames)?;
        Ok(())
    }

    /// Counts whole answers, one a line.
    fn hear(&mut self, bytes: &[u8], latencies: &mut Vec<Duration>) -> Result<()> {
        self.heard.extend_from_slice(bytes);
        let now = Instant::now();
        let mut used = 0;
        while let Some(line) = self.heard.get(used..).and_then(first_line) {
            let good = line.ends_with(b" rsp 6 200 OK");
            let sent = self.waiting.pop_front().filter(|_| good);
            let sent = sent.with_context(|| format!("unexpected: {}", line.escape_ascii()))?;
            latencies.push(now - sent);
            used += line.len() + 1;
        }
        self.heard.drain(..used);
        Ok(())
    }
}

fn first_line(bytes: &[u8]) -> Option<&[u8]> {
    bytes.get(..memchr::memchr(b'\n', bytes)?)
}

fn measure_disk(arguments: &Arguments) -> Result<()> {
    let Some(folder) = &arguments.disk else {
        return Ok(());
    };
    let mut times = fdatasyncs(folder)?;
    say_quantiles("one fdatasync after 64 KiB", &mut times);
    Ok(())
}

fn fdatasyncs(folder: &Path) -> Result<Vec<Duration>> {
    let path = folder.join("relp-load.tmp");
    let mut file = File::create(&path).with_context(|| path.display().to_string())?;
    let bytes = vec![b'x'; DISK_WRITE_BYTES];
    let mut times = Vec::with_capacity(DISK_WRITES);
    for _ in 0..DISK_WRITES {
        file.write_all(&bytes)?;
        let start = Instant::now();
        file.sync_data()?;
        times.push(start.elapsed());
    }
    std::fs::remove_file(&path)?;
    Ok(times)
}

fn say_quantiles(what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |percent: usize| {
        let index = (times.len() * percent / 100).min(times.len().saturating_sub(1));
        times.get(index).map_or(0.0, Duration::as_secs_f64) * 1e3
    };
    say(&format!(
        "{what}: p50 {:.2} ms, p99 {:.2} ms, most {:.2} ms",
        at(50),
        at(99),
        at(100)
    ));
}

#[expect(
    clippy::print_stdout,
    reason = "a program that prints what it measured"
)]
fn say(line: &str) {
    println!("{line}");
}
