//! What the inverted index holds of an event.
//!
//! | field | term | stands for |
//! |---|---|---|
//! | `sent` | word | a word of some value that the sender sent |
//! | `named` | name NUL | the field is there and not null |
//! | `named` | name NUL `=` value | a short value, whole and folded |
//! | `named` | name NUL `:` word | a word of a value that is more than that one word |
//! | `named` | name NUL `~` | the field has a long value, or a `message` that was sent |
//! | `stream` | stream | the stream, as it is written |
//!
//! Names are canonical, words and values folded. The words of a long value that was sent stand in
//! `sent` only: they are looked up there among the events with the `~` mark, and the stored event
//! decides. That keeps the words of messages from being indexed twice.
//!
//! A word, name or stream that is too long is cut, and [`CUT`] at its end says so; it then stands
//! for all that begin alike, and the stored event decides. No word and no whole name ends in it.
//! Not in the index at all are `event.original`, and the times and the position, which are columns.

use vakt_event::alias::canonical;
use vakt_event::{Origin, ecs};

use crate::fold::{beginning, fold, is_word_char, words};
use crate::record::Record;

/// The longest word or name that is indexed whole, in bytes. Longer runs of letters are encoded
/// data; tantivy itself takes 65,530 bytes.
pub(crate) const TERM_BYTES_MAX: usize = 256;

/// The longest value that is indexed whole, in bytes: longer than an address, a time, a hash in
/// hexadecimal digits (64) or most names and paths.
pub(crate) const VALUE_BYTES_MAX: usize = 64;

/// Ends a term that was cut.
pub(crate) const CUT: char = '\u{1}';

/// Takes the terms of a record.
pub(crate) trait Sink {
    fn sent(&mut self, term: &str);
    fn named(&mut self, term: &str);
    fn stream(&mut self, term: &str);
}

/// A word, or a name or stream, as a term.
pub(crate) struct Term {
    pub(crate) text: String,
    /// The term stands for this very text and nothing else.
    pub(crate) is_whole: bool,
}

/// `text` as a term: whole, or cut when it is too long or has the characters that terms are made
/// with (names can).
pub(crate) fn term(text: &str) -> Term {
    let is_whole = text.len() <= TERM_BYTES_MAX && !text.bytes().any(|byte| byte == 0 || byte == 1);
    let text = if is_whole {
        text.to_owned()
    } else {
        let mut cut = beginning(text, TERM_BYTES_MAX).replace(['\0', CUT], " ");
        cut.push(CUT);
        cut
    };
    Term { text, is_whole }
}

/// What a term of a named field says of it.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Exists,
    Value,
    Word,
    Long,
}

/// The beginning of all terms of one kind for the field whose name is `name` as a term.
pub(crate) fn named_prefix(name: &str, kind: Kind) -> String {
    let sign = match kind {
        Kind::Exists => "",
        Kind::Value => "=",
        Kind::Word => ":",
        Kind::Long => "~",
    };
    format!("{name}\0{sign}")
}

/// Gives all terms of `record` to `sink`. A term may be given more than once.
pub(crate) fn collect(record: &Record<'_>, sink: &mut dyn Sink) {
    for field in &record.event.fields {
        if field.value.is_null() {
            continue;
        }
        let value = fold(field.value.text());
        let is_sent = field.origin == Origin::Sent;
        if is_sent {
            for word in words(&value) {
                with_term(word, |term| sink.sent(term));
            }
        }
        let name = canonical(&field.name);
        if !record.is_own(name) {
            collect_named(name, &value, is_sent, sink);
        }
    }
    if !record.event.problems.is_empty() {
        let problems = record.event.problems.join("; ");
        collect_named(ecs::ERROR_MESSAGE, &fold(&problems), false, sink);
    }
    if let Some(source) = record.source {
        with_term(source.stream, |term| sink.stream(term));
        collect_named(ecs::VAKT_STREAM, &fold(source.stream), false, sink);
        if let Some(peer) = source.peer {
            collect_named(ecs::VAKT_PEER, &fold(peer), false, sink);
        }
    }
}

fn collect_named(name: &str, value: &str, is_sent: bool, sink: &mut dyn Sink) {
    let name = term(name).text;
    sink.named(&named_prefix(&name, Kind::Exists));
    let is_long =
        value.len() > VALUE_BYTES_MAX || (is_sent && name == ecs::MESSAGE && !value.is_empty());
    let mut buffer = named_prefix(&name, Kind::Value);
    if is_long {
        sink.named(&named_prefix(&name, Kind::Long));
        if is_sent {
            return;
        }
    } else {
        buffer.push_str(value);
        sink.named(&buffer);
        if !value.is_empty() && value.chars().all(is_word_char) {
            return;
        }
    }
    buffer.clear();
    buffer.push_str(&named_prefix(&name, Kind::Word));
    let prefix = buffer.len();
    for word in words(value) {
        buffer.truncate(prefix);
        with_term(word, |term| buffer.push_str(term));
        sink.named(&buffer);
    }
}

/// Calls `take` with `text` as a term, without allocating where it is whole. For words, which
/// hold no control characters, and streams.
fn with_term(text: &str, take: impl FnOnce(&str)) {
    if text.len() <= TERM_BYTES_MAX && !text.contains(['\0', CUT]) {
        take(text);
    } else {
        take(&term(text).text);
    }
}
