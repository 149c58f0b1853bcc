//! The body of `POST /upload`, as `systemd-journal-upload` sends it: the journal export format.
//! Chunk boundaries mean nothing; an entry is acknowledged with all the others of its request.

use vakt_codec::JournalExportSplitter;
use vakt_event::{Format, Frame, Timestamp};

/// The only content type of an upload.
pub const CONTENT_TYPE: &str = "application/vnd.fdo.journal";

/// Longest entry that is kept whole, in bytes: 1 MiB, as for any frame. A longer one (a core dump)
/// is cut and marked.
pub const ENTRY_BYTES_MAX: usize = 1024 * 1024;

/// The body ended inside an entry; what came before it is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the upload ends inside an entry: {bytes} bytes at its end were not taken")]
pub struct PrematureEnd {
    pub bytes: usize,
}

/// Whether a `Content-Type` header names the journal export format, parameters aside.
pub fn is_journal(content_type: &str) -> bool {
    content_type
        .split(';')
        .next()
        .is_some_and(|name| name.trim().eq_ignore_ascii_case(CONTENT_TYPE))
}

/// Turns body bytes into frames of [`Format::Journal`]; holds at most one entry.
pub struct JournalUpload {
    splitter: JournalExportSplitter,
}

impl Default for JournalUpload {
    fn default() -> Self {
        Self {
            splitter: JournalExportSplitter::new(ENTRY_BYTES_MAX),
        }
    }
}

impl JournalUpload {
    /// Feeds bytes that came at `received`; calls `sink` for each whole entry.
    pub fn push(&mut self, bytes: &[u8], received: Timestamp, sink: &mut dyn FnMut(Frame)) {
        self.splitter.push(bytes, &mut |entry| {
            sink(Frame {
                bytes: entry.bytes,
                format: Format::Journal,
                received,
                truncated: entry.truncated,
                cursor: entry.cursor,
            });
        });
    }

    /// The body has ended.
    pub fn finish(
        mut self,
        received: Timestamp,
        sink: &mut dyn FnMut(Frame),
    ) -> Result<(), PrematureEnd> {
        self.splitter
            .finish(&mut |entry| {
                sink(Frame {
                    bytes: entry.bytes,
                    format: Format::Journal,
                    received,
                    truncated: entry.truncated,
                    cursor: entry.cursor,
                });
            })
            .map_err(|eof| PrematureEnd { bytes: eof.bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(body: &[u8], chunk: usize) -> (Vec<Vec<u8>>, Result<(), PrematureEnd>) {
        let mut found = Vec::new();
        let mut sink = |frame: Frame| found.push(frame.bytes);
        let mut upload = JournalUpload::default();
        let received = Timestamp::default();
        for piece in body.chunks(chunk) {
            upload.push(piece, received, &mut sink);
        }
        let end = upload.finish(received, &mut sink);
        (found, end)
    }

    #[test]
    fn entries_are_the_same_in_any_chunks() {
        let mut body = b"__CURSOR=s=a;i=1\nMESSAGE=one\n\nMESSAGE\n".to_vec();
        body.extend(4_u64.to_le_bytes());
        body.extend(b"a\n\nb\n\n");
        for chunk in [1, 2, 3, 11, usize::MAX] {
            let (found, end) = entries(&body, chunk);
            assert_eq!(found.len(), 2, "chunks of {chunk}");
            assert!(found[1].windows(4).any(|bytes| bytes == b"a\n\nb"));
            assert_eq!(end, Ok(()));
            let (found, end) = entries(&body[..body.len() - 4], chunk);
            assert_eq!(found.len(), 1);
            assert!(end.is_err());
        }
    }

    #[test]
    fn content_types() {
        let check = |value, expected| assert_eq!(is_journal(value), expected, "{value}");
        check("application/vnd.fdo.journal", true);
        check("Application/vnd.fdo.journal; charset=x", true);
        check("application/json", false);
        check("", false);
    }
}
