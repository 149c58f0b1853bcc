//! Streaming decompression of a request body, bounded in memory and in what comes out.

use std::io::Write as _;

use flate2::write::MultiGzDecoder;
use zstd::stream::raw::{DParameter, Decoder as ZstdDecoder, InBuffer, Operation, OutBuffer};

/// Most bytes that one [`Decompressor::step`] gives out: keeps a bomb from filling memory between
/// two looks at the cap.
pub const STEP_BYTES_MAX: usize = 64 * 1024;

/// Largest zstd window that is accepted, as a power of two: 8 MiB, the bound that RFC 9659 sets
/// for `Content-Encoding: zstd`. `zstd -19` stays within it, `--ultra` does not.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// How a body is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Identity,
    Gzip,
    Zstd,
}

impl Encoding {
    /// The encoding that a `Content-Encoding` header names; `None` for one that is not spoken here.
    pub fn from_header(value: &str) -> Option<Self> {
        let value = value.trim();
        let is = |name: &str| value.eq_ignore_ascii_case(name);
        if is("gzip") || is("x-gzip") {
            Some(Self::Gzip)
        } else if is("zstd") {
            Some(Self::Zstd)
        } else if is("identity") || value.is_empty() {
            Some(Self::Identity)
        } else {
            None
        }
    }

    fn sniff(start: &[u8]) -> Self {
        if start.starts_with(&GZIP_MAGIC) {
            Self::Gzip
        } else if start.starts_with(&ZSTD_MAGIC) {
            Self::Zstd
        } else {
            Self::Identity
        }
    }
}

/// Why a body cannot be read on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecompressError {
    #[error("the body is over {cap} bytes, as it is or decompressed")]
    TooLarge { cap: u64 },
    #[error("the body is not valid {name}: {why}")]
    Broken { name: &'static str, why: String },
}

/// Takes a body's bytes and gives the decompressed ones, whichever of the three encodings it has.
///
/// Where no encoding was declared, or `identity`, the first bytes decide: neither magic number can
/// begin a line of text, and a person who posts a `.gz` file means what is in it.
pub struct Decompressor {
    state: State,
    given: u64,
    cap: u64,
}

enum State {
    /// Too few bytes have come to tell the encoding.
    Sniffing(Vec<u8>),
    Identity,
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
    Zstd {
        decoder: Box<ZstdDecoder<'static>>,
        /// Inside a frame: an end of the body here is premature.
        open: bool,
    },
}

impl Decompressor {
    /// `cap` bounds the decompressed bytes of the whole body.
    pub fn new(declared: Encoding, cap: u64) -> Result<Self, DecompressError> {
        let state = match declared {
            Encoding::Identity => State::Sniffing(Vec::new()),
            other => State::start(other)?,
        };
        Ok(Self {
            state,
            given: 0,
            cap,
        })
    }

    /// Takes bytes from the front of `input` and appends what they give to `out`, at most
    /// [`STEP_BYTES_MAX`] bytes. Call again while it answers `true`.
    pub fn step(&mut self, input: &mut &[u8], out: &mut Vec<u8>) -> Result<bool, DecompressError> {
        if let State::Sniffing(start) = &mut self.state {
            while start.len() < ZSTD_MAGIC.len() {
                let Some((first, rest)) = input.split_first() else {
                    return Ok(false);
                };
                start.push(*first);
                *input = rest;
            }
            return self.sniffed(out).map(|()| true);
        }
        let before = out.len();
        let more = self.state.step(input, out)?;
        self.count(out.len() - before)?;
        Ok(more)
    }

    /// The body has ended: gives what was still held back.
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), DecompressError> {
        if matches!(self.state, State::Sniffing(_)) {
            self.sniffed(out)?;
        }
        let before = out.len();
        match &mut self.state {
            State::Sniffing(_) | State::Identity => {}
            State::Gzip(decoder) => {
                decoder
                    .try_finish()
                    .map_err(|error| broken("gzip", &error))?;
                out.append(decoder.get_mut());
            }
            State::Zstd { open: false, .. } => {}
            State::Zstd { open: true, .. } => {
                return Err(DecompressError::Broken {
                    name: "zstd",
                    why: "it ends inside a frame".into(),
                });
            }
        }
        self.count(out.len() - before)
    }

    /// Goes on from the first bytes, which tell the encoding.
    fn sniffed(&mut self, out: &mut Vec<u8>) -> Result<(), DecompressError> {
        let State::Sniffing(start) = &mut self.state else {
            return Ok(());
        };
        let start = std::mem::take(start);
        self.state = State::start(Encoding::sniff(&start))?;
        let before = out.len();
        let mut rest = start.as_slice();
        while self.state.step(&mut rest, out)? {}
        self.count(out.len() - before)
    }

    fn count(&mut self, bytes: usize) -> Result<(), DecompressError> {
        self.given = self.given.saturating_add(bytes as u64);
        if self.given > self.cap {
            return Err(DecompressError::TooLarge { cap: self.cap });
        }
        Ok(())
    }
}

impl State {
    fn start(encoding: Encoding) -> Result<Self, DecompressError> {
        Ok(match encoding {
            Encoding::Identity => Self::Identity,
            Encoding::Gzip => Self::Gzip(Box::new(MultiGzDecoder::new(Vec::new()))),
            Encoding::Zstd => {
                let mut decoder = ZstdDecoder::new().map_err(|error| broken("zstd", &error))?;
                decoder
                    .set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW_LOG_MAX))
                    .map_err(|error| broken("zstd", &error))?;
                Self::Zstd {
                    decoder: Box::new(decoder),
                    open: false,
                }
            }
        })
    }

    fn step(&mut self, input: &mut &[u8], out: &mut Vec<u8>) -> Result<bool, DecompressError> {
        match self {
            Self::Sniffing(_) => Ok(false),
            Self::Identity => {
                let (now, later) = input.split_at(input.len().min(STEP_BYTES_MAX));
                out.extend_from_slice(now);
                *input = later;
                Ok(!input.is_empty())
            }
            Self::Gzip(decoder) => {
                if input.is_empty() {
                    // What the inflater still holds is less than its window of 32 KiB.
                    decoder.flush().map_err(|error| broken("gzip", &error))?;
                    out.append(decoder.get_mut());
                    return Ok(false);
                }
                let taken = decoder
                    .write(input)
                    .map_err(|error| broken("gzip", &error))?;
                let (_, rest) = input.split_at(taken.min(input.len()));
                *input = rest;
                out.append(decoder.get_mut());
                Ok(true)
            }
            Self::Zstd { decoder, open } => {
                if input.is_empty() && !*open {
                    return Ok(false);
                }
                let mut room = vec![0; STEP_BYTES_MAX];
                let mut from = InBuffer::around(input);
                let mut to = OutBuffer::around(&mut room);
                let hint = decoder
                    .run(&mut from, &mut to)
                    .map_err(|error| broken("zstd", &error))?;
                let (taken, written) = (from.pos(), to.pos());
                *open = hint != 0;
                let (_, rest) = input.split_at(taken);
                *input = rest;
                room.truncate(written);
                let full = written == STEP_BYTES_MAX;
                out.append(&mut room);
                Ok(!input.is_empty() || full)
            }
        }
    }
}

fn broken(name: &'static str, error: &std::io::Error) -> DecompressError {
    DecompressError::Broken {
        name,
        why: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        zstd::encode_all(bytes, 3).unwrap()
    }

    fn run(
        declared: Encoding,
        body: &[u8],
        chunk: usize,
        cap: u64,
    ) -> Result<Vec<u8>, DecompressError> {
        let mut decompressor = Decompressor::new(declared, cap)?;
        let mut all = Vec::new();
        for mut piece in body.chunks(chunk) {
            let mut more = true;
            while more {
                let mut out = Vec::new();
                more = decompressor.step(&mut piece, &mut out)?;
                assert!(
                    out.len() <= 2 * STEP_BYTES_MAX,
                    "{} bytes at once",
                    out.len()
                );
                all.append(&mut out);
            }
        }
        decompressor.finish(&mut all)?;
        Ok(all)
    }

    fn text() -> Vec<u8> {
        (0..40_000)
            .flat_map(|n| format!("{{\"n\":{n},\"text\":\"line\"}}\n").into_bytes())
            .collect()
    }

    #[test]
    fn every_encoding_in_any_chunks_gives_the_same_bytes() {
        let text = text();
        let two_members = [gzip(&text), gzip(b"tail\n")].concat();
        let two_frames = [zstd(&text), zstd(b"tail\n")].concat();
        let both = [text.as_slice(), b"tail\n"].concat();
        for chunk in [1, 7, 4096, usize::MAX] {
            let check = |declared, body: &[u8], expected: &[u8]| {
                assert_eq!(run(declared, body, chunk, 10_000_000).unwrap(), expected);
            };
            check(Encoding::Identity, b"", b"");
            check(Encoding::Identity, b"a\n", b"a\n");
            check(Encoding::Identity, &text, &text);
            check(Encoding::Gzip, &gzip(&text), &text);
            check(Encoding::Identity, &gzip(&text), &text);
            check(Encoding::Gzip, &two_members, &both);
            check(Encoding::Zstd, &zstd(&text), &text);
            check(Encoding::Identity, &zstd(&text), &text);
            check(Encoding::Zstd, &two_frames, &both);
            check(Encoding::Zstd, &zstd(b""), b"");
        }
    }

    #[test]
    fn a_bomb_stops_at_the_cap() {
        let zeros = vec![0; 20_000_000];
        let check = |declared, body: &[u8]| {
            assert_eq!(
                run(declared, body, 4096, 1_000_000),
                Err(DecompressError::TooLarge { cap: 1_000_000 })
            );
        };
        check(Encoding::Gzip, &gzip(&zeros));
        check(Encoding::Zstd, &zstd(&zeros));
        check(Encoding::Identity, &zeros);
    }

    #[test]
    fn what_is_broken_or_cut_says_so() {
        let check = |declared, body: &[u8], expected: &str| {
            let error = run(declared, body, 100, 1_000_000).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        let cut = |mut body: Vec<u8>| {
            body.truncate(body.len() - 3);
            body
        };
        check(Encoding::Gzip, b"plain text, no gzip", "not valid gzip");
        check(Encoding::Zstd, b"plain text, no zstd", "not valid zstd");
        check(Encoding::Gzip, &cut(gzip(b"hello")), "not valid gzip");
        check(Encoding::Zstd, &cut(zstd(b"hello")), "ends inside a frame");
        let mut wide = ZSTD_MAGIC.to_vec();
        // Frame header: no single segment, window descriptor of 2^31 bytes.
        wide.extend([0x00, 0xa8, 0, 0, 0, 0, 0]);
        check(Encoding::Zstd, &wide, "not valid zstd");
    }
}
