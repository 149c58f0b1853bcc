//! One frame to one event.

use std::borrow::Cow;

use jiff::tz::TimeZone;
use vakt_event::{Event, EventTime, Field, Format, LogSource, Timestamp, Value, ecs};

use crate::decoder::{decode_message, understands};
use crate::syslog::Decoded;
use crate::texts::Texts;
use crate::{journal, json, logsource, syslog, time};

/// What is known besides the bytes.
#[derive(Clone, Copy, Debug)]
pub struct DecodeContext<'c> {
    /// When the frame was taken in; `None` for files.
    pub received: Option<Timestamp>,
    /// Near which instant a time without a year is looked for when there is no receipt: a file's
    /// own time, or the present. Without either, such a time is not understood.
    pub reference: Option<Timestamp>,
    /// The zone of times without an offset.
    pub zone: &'c TimeZone,
    /// Whether bare fields named `product`, `category` and `service` declare a log source.
    pub logsource_fields: bool,
    /// The parts of a log source that an event does not show (`--logsource`).
    pub assume: Option<&'c LogSource<'c>>,
}

impl<'c> DecodeContext<'c> {
    /// A context in which only the zone is known.
    pub fn new(zone: &'c TimeZone) -> Self {
        Self {
            received: None,
            reference: None,
            zone,
            logsource_fields: false,
            assume: None,
        }
    }
}

/// One frame to one event, borrowed from it. Never fails: what is not understood is in
/// [`Event::problems`], and the whole text in [`Event::original`].
///
/// Bytes that are no UTF-8 are shown as U+FFFD, and the event is then an owned one.
///
/// For many events use a [`Decoder`].
pub fn decode<'a>(bytes: &'a [u8], format: Format, cx: &DecodeContext<'_>) -> Event<'a> {
    Decoder::default().decode(bytes, format, cx)
}

/// Decodes event after event into the same memory.
#[derive(Debug, Default)]
pub struct Decoder {
    /// Empty; their memory is what is kept.
    fields: Vec<Field<'static>>,
    log_sources: Vec<LogSource<'static>>,
    problems: Vec<Cow<'static, str>>,
    texts: Texts,
}

impl Decoder {
    /// As [`decode()`].
    pub fn decode<'a>(
        &mut self,
        bytes: &'a [u8],
        format: Format,
        cx: &DecodeContext<'_>,
    ) -> Event<'a> {
        if format == Format::Journal {
            let event = self.begin(journal::shown(bytes), cx);
            return journal::decode(event, bytes, cx, &mut self.texts);
        }
        match text_of(bytes) {
            Ok(text) => self.decode_text(text, format, cx),
            Err(_) => {
                let text = String::from_utf8_lossy(bytes);
                let mut event = self.decode_text(&text, format, cx).into_owned();
                event.problem("bytes that are no UTF-8 are shown as U+FFFD");
                event
            }
        }
    }

    /// Takes back the memory of an event.
    pub fn recycle(&mut self, event: Event<'_>) {
        self.fields = self.texts.take_all(event.fields);
        // Collecting from a vector's own items reuses its memory.
        self.log_sources = event.log_sources.into_iter().map_while(|_| None).collect();
        self.problems = event.problems.into_iter().map_while(|_| None).collect();
    }

    fn decode_text<'a>(
        &mut self,
        text: &'a str,
        format: Format,
        cx: &DecodeContext<'_>,
    ) -> Event<'a> {
        let mut event = self.begin(Cow::Borrowed(text), cx);
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let decoded = match format {
            Format::Syslog => syslog::decode(&mut event, text, cx, &mut self.texts),
            Format::Json => json::decode(&mut event, text, cx, &mut self.texts),
            Format::Text | Format::Journal => syslog::plain(&mut event, text),
        };
        finish(event, decoded, cx, &mut self.texts)
    }

    /// An event without fields, in the memory that is kept.
    fn begin<'a>(&mut self, original: Cow<'a, str>, cx: &DecodeContext<'_>) -> Event<'a> {
        Event {
            fields: std::mem::take(&mut self.fields),
            log_sources: std::mem::take(&mut self.log_sources),
            problems: std::mem::take(&mut self.problems),
            original,
            time: EventTime {
                claimed: None,
                received: cx.received,
            },
            ..Event::default()
        }
    }
}

/// What every format has in common once its own fields stand: the programs' decoders, the log
/// sources, the judgement on the claimed time.
pub(crate) fn finish<'a>(
    event: Event<'a>,
    decoded: Decoded<'a>,
    cx: &DecodeContext<'_>,
    texts: &mut Texts,
) -> Event<'a> {
    let Decoded {
        message,
        time_text,
        structured,
        mut telling,
    } = decoded;
    let line = message.as_deref().filter(|_| !structured);
    let line_time =
        line.and_then(|line| time::leading(line, cx.zone, cx.received.or(cx.reference)));
    let mut event = match message {
        None => event,
        Some(Cow::Borrowed(message)) => {
            let mut event = event;
            understand(&mut event, message, structured);
            event
        }
        // The decoders borrow from the message, which lives no longer than this function.
        Some(Cow::Owned(message)) => {
            let event = if !structured || understands(&event, &message) {
                let mut event: Event<'_> = event;
                understand(&mut event, &message, structured);
                event.into_owned()
            } else {
                event
            };
            texts.take(Cow::Owned(message));
            event
        }
    };
    if event.time.claimed.is_none() {
        // A decoder found a time whose zone it could not know.
        let found = event.text(ecs::VAKT_TIME_CLAIMED);
        event.time.claimed = found
            .and_then(|text| time::read(text, cx.zone, cx.received.or(cx.reference)))
            .or(line_time);
    }
    telling.note(&event.fields);
    logsource::assign(&mut event, &telling, cx);
    if let (true, Some(claimed)) = (event.time.is_claimed_in_future(), event.time.claimed) {
        match time_text {
            _ if event.has(ecs::VAKT_TIME_CLAIMED) => {}
            Some(text) => event.added(ecs::VAKT_TIME_CLAIMED, Value::Str(text)),
            None => event.added(ecs::VAKT_TIME_CLAIMED, claimed.to_string()),
        }
        event.problem(format!(
            "the claimed time {claimed} is later than receipt, which is used instead"
        ));
    }
    event
}

/// [`std::str::from_utf8`], which takes longer over what is ASCII alone.
#[expect(
    unsafe_code,
    reason = "validation of what is known to be valid takes a thirtieth of decoding and matching"
)]
fn text_of(bytes: &[u8]) -> Result<&str, std::str::Utf8Error> {
    if bytes.is_ascii() {
        // SAFETY: ASCII is UTF-8.
        return Ok(unsafe { std::str::from_utf8_unchecked(bytes) });
    }
    std::str::from_utf8(bytes)
}

fn understand<'a>(event: &mut Event<'a>, message: &'a str, structured: bool) {
    let before = (event.fields.len(), event.log_sources.len());
    decode_message(event, Some(message));
    let understood = (event.fields.len(), event.log_sources.len()) != before;
    if !structured && !understood {
        event.problem("no known format: kept as text");
    }
}

#[cfg(test)]
mod tests;
