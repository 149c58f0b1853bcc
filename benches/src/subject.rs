//! All that the benchmarks use of Vakt, in one place: where its interface changes, this file does.

use std::cell::RefCell;
use std::hint::black_box;
use std::path::PathBuf;

use anyhow::Result;
use jiff::tz::TimeZone;
use vakt::pipeline::seen_kinds::SeenKinds;
use vakt::ruleset::{RuleSettings, Ruleset};
use vakt_codec::files::RECORD_BYTES_MAX;
use vakt_codec::{DecodeContext, FileFormat, Records};
use vakt_detect::{Engine, Scratch, regex};
use vakt_rules::ast::{Detection, Regex, RuleSet, Test};

pub(crate) use vakt_codec::Record;
pub(crate) use vakt_detect::engine::Size;
use vakt_event::Timestamp;
pub(crate) use vakt_event::{Event, Source};

/// Cuts bytes into records.
pub(crate) fn records(bytes: &[u8]) -> Result<Vec<Record>> {
    Ok(Records::new(bytes, FileFormat::Auto, RECORD_BYTES_MAX).collect::<Result<_, _>>()?)
}

/// Makes events of records.
pub(crate) struct Decoder {
    decoder: RefCell<vakt_codec::Decoder>,
    zone: TimeZone,
    reference: jiff::Timestamp,
}

impl Decoder {
    pub(crate) fn new() -> Self {
        Self {
            decoder: RefCell::default(),
            zone: TimeZone::UTC,
            reference: jiff::Timestamp::now(),
        }
    }

    pub(crate) fn decode<'r>(&self, record: &'r Record) -> Event<'r> {
        let context = DecodeContext {
            reference: Some(self.reference.into()),
            ..DecodeContext::new(&self.zone)
        };
        let mut decoder = self.decoder.borrow_mut();
        decoder.decode(&record.bytes, record.format, &context)
    }

    /// Decodes, and gives the event's memory back.
    pub(crate) fn decode_alone(&self, record: &Record) {
        let event = self.decode(record);
        self.recycle(black_box(event));
    }

    fn recycle(&self, event: Event<'_>) {
        self.decoder.borrow_mut().recycle(event);
    }
}

/// Counts the kinds of logs of events.
#[derive(Default)]
pub(crate) struct Kinds {
    seen: SeenKinds,
}

impl Kinds {
    pub(crate) fn observe(&self, event: &Event<'_>, source: &Source) {
        self.seen.observe(event, source, Timestamp::default());
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

    /// Compiles the rules again: nothing that an engine learns while it matches is left.
    pub(crate) fn renew(&mut self) {
        self.0.engine = Engine::compile(&self.0.rules);
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

    /// The regular expressions of all rules, each once, in order.
    pub(crate) fn expressions(&self) -> Vec<Expression> {
        let mut sources = Vec::new();
        for rule in &self.0.rules.rules {
            for search in &rule.searches {
                add_expressions(&search.detection, &mut sources);
            }
        }
        sources.sort_by(|a, b| a.pattern.cmp(&b.pattern));
        sources.dedup();
        let compiled = sources.into_iter().filter_map(|source| {
            Some(Expression {
                regex: regex::Searcher::new(source).ok()?,
                has_required_literal: regex::required_literals(source).is_some(),
                pattern: source.pattern.clone(),
            })
        });
        compiled.collect()
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

/// A regular expression, compiled as the engine does it.
pub(crate) struct Expression {
    regex: regex::Searcher,
    /// Whether it is tried only where a literal of it stands.
    pub(crate) has_required_literal: bool,
    pub(crate) pattern: String,
}

impl Expression {
    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

fn add_expressions<'r>(detection: &'r Detection, sources: &mut Vec<&'r Regex>) {
    match detection {
        Detection::All(parts) | Detection::Any(parts) => {
            parts.iter().for_each(|part| add_expressions(part, sources));
        }
        Detection::Not(part) => add_expressions(part, sources),
        Detection::Is(predicate) => {
            if let Test::Regex(regex) = &predicate.test {
                sources.push(regex);
            }
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
        self.matches(&event);
        decoder.recycle(event);
        &self.hits
    }
}
