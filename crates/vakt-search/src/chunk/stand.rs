//! How the values that were sent stand in the frame: each is looked for there by its place in memory.

use std::ops::Range;

use vakt_event::{Format, Value};

use crate::frame::Frame;
use crate::query::raw::Standing;

/// What is known of the values of an event so far.
pub(super) struct Stand {
    frame: Range<usize>,
    is_json: bool,
    pub(super) standing: Standing,
    /// Where the longest stands that does so as it is: most of the text that people look for is in it, and is then
    /// found without decoding. Nothing where none does.
    pub(super) longest: Range<usize>,
    /// The number of its field.
    pub(super) longest_field: Option<usize>,
}

impl Stand {
    pub(super) fn new(frame: &Frame<'_>) -> Self {
        let start = frame.bytes.as_ptr().addr();
        Self {
            frame: start..start + frame.bytes.len(),
            is_json: frame.format == Format::Json,
            standing: Standing::AsSent,
            longest: 0..0,
            longest_field: None,
        }
    }

    /// The value of field `number` comes next, which was sent and is not null.
    pub(super) fn see(&mut self, number: usize, value: &Value<'_>) {
        let stands = match value {
            Value::Bool(_) => self.is_json,
            Value::Escaped(escaped) => {
                if self.standing == Standing::AsSent {
                    self.standing = Standing::Escaped;
                }
                self.place(escaped.raw()).is_some()
            }
            value => match self.place(value.text()) {
                Some(place) => {
                    if place.len() > self.longest.len() {
                        self.longest = place;
                        self.longest_field = Some(number);
                    }
                    true
                }
                None => false,
            },
        };
        if !stands {
            self.standing = Standing::Otherwise;
        }
    }

    /// Where a text stands in the frame. One without bytes stands anywhere.
    fn place(&self, text: &str) -> Option<Range<usize>> {
        if text.is_empty() {
            return Some(0..0);
        }
        let start = text.as_ptr().addr();
        let end = start + text.len();
        let is_there = self.frame.start <= start && end <= self.frame.end;
        is_there.then(|| start - self.frame.start..end - self.frame.start)
    }
}
