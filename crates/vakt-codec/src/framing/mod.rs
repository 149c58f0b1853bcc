//! What a syslog connection sends, cut into frames (RFC 6587, and what real senders do).

mod trim;

pub use trim::trim_datagram;

use trim::{is_count_ahead, is_frame_ahead};

/// More digits than this are no octet count. Seven digits are ten megabytes, far above any
/// message limit: a longer "count" is the number that a text line begins with.
pub(crate) const COUNT_DIGITS_MAX: usize = 7;

/// What of the stream is to be dropped because its frame was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Drop {
    Nothing,
    /// So many bytes of an octet-counted frame.
    Count(usize),
    /// Up to the end of the line.
    Line,
}

/// Cuts the bytes of one connection into frames. How a frame is delimited is decided for each
/// frame anew:
///
/// - digits without a leading zero, a blank and `<` begin an octet-counted frame, whose length
///   the digits give; a line that begins with a number (`12 monkeys`) is a line;
/// - everything else ends with LF, CRLF or NUL, and empty frames are none;
/// - after a frame that ended with NUL, a LF inside the next one is kept if a NUL comes before
///   anything that looks like the beginning of a frame: Python's `SysLogHandler` sends messages
///   of several lines so.
///
/// One LF, CRLF, NUL or CR at the end of a frame is taken away, also inside an octet-counted
/// length (syslog-ng, rsyslog). A frame over the limit is cut there and flagged, once; its rest is
/// dropped up to its delimiter. The pieces in which the bytes come change nothing.
#[derive(Debug)]
pub struct SyslogFramer {
    limit: usize,
    /// Bytes that belong to no complete frame yet: the limit at most, and a few.
    pending: Vec<u8>,
    /// Bytes at the beginning of `pending` that hold no end of the frame.
    searched: usize,
    drop: Drop,
    /// The last frame ended with NUL.
    nul: bool,
}

/// What is known of the frame at the beginning of some bytes.
enum Step {
    /// More bytes are needed.
    More,
    /// A frame lies in `start..end`; the next one begins `next` bytes on, after `drop`.
    Frame {
        start: usize,
        end: usize,
        truncated: bool,
        next: usize,
        drop: Drop,
    },
    /// What looked like a NUL-terminated frame is lines.
    Lines,
}

impl SyslogFramer {
    /// `limit_bytes` bounds one frame, without its framing.
    pub fn new(limit_bytes: usize) -> Self {
        Self {
            limit: limit_bytes,
            pending: Vec::new(),
            searched: 0,
            drop: Drop::Nothing,
            nul: false,
        }
    }

    /// Feeds bytes; calls `sink(frame, truncated)` for each whole frame.
    pub fn push(&mut self, bytes: &[u8], sink: &mut dyn FnMut(Vec<u8>, bool)) {
        if self.pending.is_empty() {
            let used = self.take(bytes, false, sink);
            self.pending
                .extend_from_slice(bytes.get(used..).unwrap_or_default());
        } else {
            let mut pending = std::mem::take(&mut self.pending);
            pending.extend_from_slice(bytes);
            let used = self.take(&pending, false, sink);
            pending.drain(..used);
            self.pending = pending;
        }
    }

    /// The connection ended: the unterminated tail is a frame too, flagged if its octet count
    /// promised more.
    pub fn finish(&mut self, sink: &mut dyn FnMut(Vec<u8>, bool)) {
        let pending = std::mem::take(&mut self.pending);
        self.take(&pending, true, sink);
        *self = Self::new(self.limit);
    }

    /// Nothing has come for a while: gives out whole lines that were held back because they might
    /// have been the beginning of a NUL-terminated message. Only after a NUL can there be any.
    pub fn idle(&mut self, sink: &mut dyn FnMut(Vec<u8>, bool)) {
        if self.nul && self.drop == Drop::Nothing {
            self.nul = false;
            self.searched = 0;
            self.push(&[], sink);
        }
    }

    /// Bytes held because their frame is not whole.
    pub fn buffered_bytes(&self) -> usize {
        self.pending.len()
    }

    /// Gives out the frames in `data`; answers how many bytes are done with.
    fn take(&mut self, data: &[u8], ended: bool, sink: &mut dyn FnMut(Vec<u8>, bool)) -> usize {
        let mut at = 0;
        loop {
            let rest = data.get(at..).unwrap_or_default();
            if rest.is_empty() {
                return at;
            }
            match self.drop {
                Drop::Nothing => {}
                Drop::Count(left) => {
                    let skipped = left.min(rest.len());
                    at += skipped;
                    self.drop = match left - skipped {
                        0 => Drop::Nothing,
                        left => Drop::Count(left),
                    };
                    continue;
                }
                Drop::Line => {
                    match memchr::memchr2(b'\n', 0, rest) {
                        Some(end) => {
                            at += end + 1;
                            self.nul = rest.get(end) == Some(&0);
                            self.drop = Drop::Nothing;
                        }
                        None => at = data.len(),
                    }
                    continue;
                }
            }
            if matches!(rest.first(), Some(b'\n' | 0)) {
                at += 1;
                continue;
            }
            match self.step(rest, ended) {
                Step::More => return at,
                Step::Lines => {
                    self.nul = false;
                    self.searched = 0;
                }
                Step::Frame {
                    start,
                    end,
                    truncated,
                    next,
                    drop,
                } => {
                    let frame = rest.get(start..end).unwrap_or_default();
                    if !frame.is_empty() {
                        sink(frame.to_vec(), truncated);
                    }
                    at += next;
                    self.drop = drop;
                    self.searched = 0;
                }
            }
        }
    }

    fn step(&mut self, rest: &[u8], ended: bool) -> Step {
        match is_count_ahead(rest) {
            Some(None) => self.line(rest, ended),
            Some(Some((header, count))) => self.counted(rest, header, count, ended),
            None if ended => self.line(rest, ended),
            None => Step::More,
        }
    }

    fn counted(&self, rest: &[u8], header: usize, count: usize, ended: bool) -> Step {
        let body = rest.get(header..).unwrap_or_default();
        // A line end inside the count is not part of the frame, and does not make it too long.
        if count <= self.limit.saturating_add(2) {
            let is_whole = body.len() >= count;
            if !is_whole && !ended {
                return Step::More;
            }
            let whole = trim_datagram(body.get(..count).unwrap_or(body));
            let length = whole.len().min(self.limit);
            return Step::Frame {
                start: header,
                end: header + length,
                truncated: !is_whole || length < whole.len(),
                next: header + count.min(body.len()),
                drop: Drop::Nothing,
            };
        }
        if body.len() < self.limit && !ended {
            return Step::More;
        }
        let length = body.len().min(self.limit);
        Step::Frame {
            start: header,
            end: header + length,
            truncated: true,
            next: header + length,
            drop: Drop::Count(count - length),
        }
    }

    fn line(&mut self, rest: &[u8], ended: bool) -> Step {
        if self.nul {
            match is_frame_ahead(rest) {
                Some(true) => return self.nul_terminated(rest, ended),
                None if !ended => return Step::More,
                _ => self.nul = false,
            }
        }
        let tail = rest.get(self.searched..).unwrap_or_default();
        match memchr::memchr2(b'\n', 0, tail) {
            Some(found) => {
                let end = self.searched + found;
                self.nul = rest.get(end) == Some(&0);
                self.cut(rest, end, end + 1)
            }
            None if ended => self.cut(rest, rest.len(), rest.len()),
            None => self.overlong(rest),
        }
    }

    /// A frame after one that ended with NUL, which may hold LF.
    fn nul_terminated(&mut self, rest: &[u8], ended: bool) -> Step {
        loop {
            let window = rest.get(..=self.limit).unwrap_or(rest);
            let tail = window.get(self.searched..).unwrap_or_default();
            let Some(found) = memchr::memchr2(b'\n', 0, tail) else {
                return if ended {
                    Step::Lines
                } else {
                    self.overlong(rest)
                };
            };
            let end = self.searched + found;
            if rest.get(end) == Some(&0) {
                return self.cut(rest, end, end + 1);
            }
            match is_frame_ahead(rest.get(end + 1..).unwrap_or_default()) {
                Some(true) => return Step::Lines,
                None if ended => return Step::Lines,
                None => return Step::More,
                Some(false) => self.searched = end + 1,
            }
        }
    }

    /// The frame before `end`, without the CR of CRLF, no longer than the limit.
    fn cut(&self, rest: &[u8], end: usize, next: usize) -> Step {
        let line = rest.get(..end).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let length = line.len().min(self.limit);
        Step::Frame {
            start: 0,
            end: length,
            truncated: length < line.len(),
            next,
            drop: Drop::Nothing,
        }
    }

    /// No end was found: more is needed, unless the limit is passed already.
    fn overlong(&mut self, rest: &[u8]) -> Step {
        // The byte after the limit may be the CR of CRLF.
        let passed = rest.len() > self.limit + 1
            || (rest.len() == self.limit + 1 && rest.last() != Some(&b'\r'));
        if passed {
            return Step::Frame {
                start: 0,
                end: self.limit,
                truncated: true,
                next: self.limit,
                drop: Drop::Line,
            };
        }
        self.searched = rest.len();
        Step::More
    }
}

#[cfg(test)]
mod tests;
