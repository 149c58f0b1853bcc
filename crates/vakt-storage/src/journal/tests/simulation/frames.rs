//! All frames that were ever made, and the sends that carried them.

use std::sync::Arc;

use vakt_event::{Batch, CursorKey, Format, Frame, Source, Timestamp, Transport};

use super::super::super::StoredFrame;

/// The digits that begin every frame and say which one it is.
const ID_DIGITS: usize = 8;

/// The number of a frame. A resent one has the same.
pub(super) type Id = usize;

pub(super) struct Known {
    pub(super) frame: Frame,
    pub(super) source: Arc<Source>,
    pub(super) sends: usize,
    pub(super) stored: usize,
    pub(super) acknowledged: bool,
    /// It was durable and has rotted.
    pub(super) lost: bool,
}

#[derive(Default)]
pub(super) struct Frames {
    pub(super) all: Vec<Known>,
}

impl Frames {
    /// A frame of a source: its number, then `content`.
    pub(super) fn make(
        &mut self,
        source: &Arc<Source>,
        cursor: Option<CursorKey>,
        content: &[u8],
    ) -> Id {
        let id = self.all.len();
        let mut bytes = format!("{id:0ID_DIGITS$}").into_bytes();
        bytes.extend_from_slice(content);
        let seconds = 1_800_000_000 + i64::try_from(id).unwrap() / 3;
        self.all.push(Known {
            frame: Frame {
                bytes,
                format: match cursor {
                    Some(_) => Format::Journal,
                    None => Format::Syslog,
                },
                received: Timestamp::from_seconds(seconds).unwrap(),
                truncated: id.is_multiple_of(7),
                cursor,
            },
            source: Arc::clone(source),
            sends: 0,
            stored: 0,
            acknowledged: false,
            lost: false,
        });
        id
    }

    pub(super) fn batch(&self, source: &Arc<Source>, ids: &[Id]) -> Batch {
        Batch {
            source: Arc::clone(source),
            frames: ids.iter().map(|id| self.all[*id].frame.clone()).collect(),
        }
    }

    /// Which frame this is; it must be the same to the last byte.
    pub(super) fn identify(&self, source: &Source, stored: &StoredFrame) -> Id {
        let id = id_of(&stored.bytes);
        let known = self.all.get(id).expect("a frame that nobody sent");
        assert!(*source == *known.source, "frame {id} has another source");
        let back = Frame {
            bytes: stored.bytes.clone(),
            format: stored.format,
            received: stored.received,
            truncated: stored.truncated,
            cursor: stored.cursor,
        };
        assert!(back == known.frame, "frame {id} has changed");
        id
    }
}

/// The number in a frame's first bytes.
pub(super) fn id_of(bytes: &[u8]) -> Id {
    let digits = bytes.get(..ID_DIGITS).and_then(|d| str::from_utf8(d).ok());
    digits
        .and_then(|d| d.parse().ok())
        .expect("a frame that nobody sent")
}

pub(super) fn source(stream: &str, listener: &str, transport: Transport) -> Arc<Source> {
    Arc::new(Source {
        stream: stream.to_owned(),
        transport,
        listener: listener.to_owned(),
        peer: Some("192.0.2.1".parse().unwrap()),
        zone: None,
        drill: false,
    })
}
