//! All that the benchmarks use of Vakt, in one place: where its interface changes, this file does.

use std::path::PathBuf;

use anyhow::Result;
use jiff::tz::TimeZone;
use vakt::ruleset::{RuleSettings, Ruleset};
use vakt_codec::files::RECORD_BYTES_MAX;
use vakt_codec::{DecodeContext, FileFormat, Records, decode};
use vakt_detect::Scratch;
use vakt_rules::ast::RuleSet;

pub(crate) use vakt_codec::Record;
pub(crate) use vakt_detect::engine::Size;
pub(crate) use vakt_event::Event;

/// Cuts bytes into records.
pub(crate) fn records(bytes: &[u8]) -> Result<Vec<Record>> {
    Ok(Records::new(bytes, FileFormat::Auto, RECORD_BYTES_MAX).collect::<Result<_, _>>()?)
}

/// Makes events of records.
pub(crate) struct Decoder {
    zone: TimeZone,
    reference: jiff::Timestamp,
}

impl Decoder {
    pub(crate) fn new() -> Self {
        Self {
            zone: TimeZone::UTC,
            reference: jiff::Timestamp::now(),
        }
    }

    pub(crate) fn decode<'r>(&self, record: &'r Record) -> Event<'r> {
        let context = DecodeContext {
            reference: Some(self.reference.into()),
            ..DecodeContext::new(&self.zone)
        };
        decode(&record.bytes, record.format, &context)
    }
}

/// Rules, loaded and compiled.
pub(crate) struct Rules(Ruleset);

impl Rules {
    /// The rules of the files; of the embedded pack where there are none.
    pub(crate) fn load(files: &[PathBuf]) -> Result<Self> {
        let settings = RuleSettings {
            paths: files.to_vec(),
            ..RuleSettings::default()
        };
        Ok(Self(Ruleset::load(&settings)?))
    }

    pub(crate) fn count(&self) -> usize {
        self.0.counts.loaded
    }

    pub(crate) fn size(&self) -> Size {
        self.0.engine.size()
    }

    /// The rules as read, for input that is made against them.
    pub(crate) fn ast(&self) -> &RuleSet {
        &self.0.rules
    }

    /// A thread's matcher that has seen nothing yet.
    pub(crate) fn matcher(&self) -> Matcher<'_> {
        Matcher {
            rules: &self.0,
            scratch: self.0.engine.scratch(),
            hits: Vec::new(),
        }
    }
}

pub(crate) struct Matcher<'r> {
    rules: &'r Ruleset,
    scratch: Scratch,
    hits: Vec<usize>,
}

impl Matcher<'_> {
    /// Matches a decoded event; the rules that it matches, by number.
    pub(crate) fn matches(&mut self, event: &Event<'_>) -> &[usize] {
        self.hits.clear();
        let engine = &self.rules.engine;
        engine.matches(event, &mut self.scratch, &mut self.hits);
        &self.hits
    }

    /// From bytes to matches.
    pub(crate) fn decode_and_match(&mut self, decoder: &Decoder, record: &Record) -> &[usize] {
        let event = decoder.decode(record);
        self.matches(&event)
    }
}
