//! Why a rule fired: what it asks for, and which values of which events it found.

mod correlation;
mod joining;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::Serialize;
use vakt_codec::{DecodeContext, decode};
use vakt_detect::evidence::View;
use vakt_event::{Event, Format, Timestamp};
use vakt_rules::ast::{Metadata, RuleRef};

pub(crate) use correlation::asked_of;
pub(crate) use joining::Joining;

use crate::ruleset::Ruleset;

/// Events of one rule that are shown with what it found in them: the oldest half and the newest.
const EVENTS_MAX: usize = 10;

/// Why one rule fired.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Why {
    #[serde(rename = "rule.id")]
    pub(crate) rule_id: String,
    #[serde(rename = "rule.name")]
    pub(crate) rule_name: String,
    /// Whether a rule of this id is loaded; what follows is about that one, as it is now.
    pub(crate) loaded: bool,
    pub(crate) description: Option<String>,
    /// What a correlation asks for, in words, and what each correlation among its inputs does.
    pub(crate) asks: Vec<String>,
    pub(crate) false_positives: Vec<String>,
    pub(crate) references: Vec<String>,
    /// The file of the rule, and the line in it.
    pub(crate) place: Option<String>,
    /// How many of the events each of its rules matches: one of a simple rule.
    pub(crate) inputs: Vec<Input>,
    pub(crate) events: Vec<Matched>,
    /// Events that one of its rules matches.
    pub(crate) event_count: u64,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Input {
    #[serde(rename = "rule.name")]
    rule_name: String,
    events: u64,
}

/// An event, and what a rule found in it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Matched {
    pub(crate) id: String,
    #[serde(rename = "rule.name")]
    rule_name: String,
    pub(crate) matched: Vec<Pair>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Pair {
    pub(crate) field: String,
    pub(crate) value: String,
}

/// A stored event as it was sent.
pub(crate) struct Sent<'e> {
    pub(crate) id: &'e str,
    pub(crate) original: &'e [u8],
    pub(crate) received: Timestamp,
}

/// Why the rule fired on these events, which are in the order of the journal.
pub(crate) fn why(ruleset: &Ruleset, rule_id: &str, rule_name: &str, events: &[Sent<'_>]) -> Why {
    let mut why = Why {
        rule_id: rule_id.to_owned(),
        rule_name: rule_name.to_owned(),
        loaded: false,
        description: None,
        asks: Vec::new(),
        false_positives: Vec::new(),
        references: Vec::new(),
        place: None,
        inputs: Vec::new(),
        events: Vec::new(),
        event_count: 0,
    };
    let Some(rule) = by_id(ruleset, rule_id) else {
        return why;
    };
    let meta = meta(ruleset, rule);
    why.loaded = true;
    why.description.clone_from(&meta.description);
    why.false_positives.clone_from(&meta.falsepositives);
    why.references.clone_from(&meta.references);
    why.place = Some(format!("{}:{}", meta.path, meta.line));
    asks(ruleset, rule, &mut why.asks);
    let mut base = Vec::new();
    base_rules(ruleset, rule, &mut base);
    let mut counts: BTreeMap<usize, u64> = base.iter().map(|index| (*index, 0)).collect();
    let mut found = Vec::new();
    each(events, &mut |id, event| {
        let view = View::of(event);
        for index in &base {
            let Some(prepared) = ruleset.prepared.get(*index) else {
                continue;
            };
            if !prepared.matches(event) {
                continue;
            }
            *counts.entry(*index).or_default() += 1;
            let pairs = prepared.evidence(&view).into_iter();
            found.push(Matched {
                id: id.to_owned(),
                rule_name: meta_of(ruleset, *index).title.clone(),
                matched: pairs.map(|(field, value)| Pair { field, value }).collect(),
            });
        }
    });
    why.inputs = base
        .iter()
        .map(|index| Input {
            rule_name: meta_of(ruleset, *index).title.clone(),
            events: counts.get(index).copied().unwrap_or_default(),
        })
        .collect();
    why.event_count = u64::try_from(found.len()).unwrap_or(u64::MAX);
    let newest = found.split_off(found.len().min(EVENTS_MAX / 2));
    let skipped = newest.len().saturating_sub(EVENTS_MAX / 2);
    why.events = found;
    why.events.extend(newest.into_iter().skip(skipped));
    why
}

fn by_id(ruleset: &Ruleset, id: &str) -> Option<RuleRef> {
    let of_correlations = ruleset.rules.correlations.iter();
    let correlation = of_correlations.zip(0..).find(|(it, _)| it.meta.id == id);
    let of_rules = ruleset.rules.rules.iter();
    let rule = of_rules.zip(0..).find(|(it, _)| it.meta.id == id);
    correlation
        .map(|(_, index)| RuleRef::Correlation(index))
        .or_else(|| rule.map(|(_, index)| RuleRef::Rule(index)))
}

fn meta(ruleset: &Ruleset, rule: RuleRef) -> &Metadata {
    match rule {
        RuleRef::Rule(index) => meta_of(ruleset, index),
        RuleRef::Correlation(index) => &ruleset.rules.correlations[index].meta,
    }
}

fn meta_of(ruleset: &Ruleset, rule: usize) -> &Metadata {
    &ruleset.rules.rules[rule].meta
}

/// A line for each correlation, from the outer ones inwards.
fn asks(ruleset: &Ruleset, rule: RuleRef, lines: &mut Vec<String>) {
    let RuleRef::Correlation(index) = rule else {
        return;
    };
    let correlation = &ruleset.rules.correlations[index];
    let inputs = correlation.inputs.iter();
    let titles: Vec<&str> = inputs.map(|it| meta(ruleset, *it).title.as_str()).collect();
    let line = format!(
        "{}: {} (inputs: {})",
        correlation.meta.title,
        asked_of(correlation),
        titles.join("; ")
    );
    if !lines.contains(&line) {
        lines.push(line);
        for input in &correlation.inputs {
            asks(ruleset, *input, lines);
        }
    }
}

/// The rules that look at single events, each once, in the order of the correlation.
fn base_rules(ruleset: &Ruleset, rule: RuleRef, found: &mut Vec<usize>) {
    match rule {
        RuleRef::Rule(index) => {
            if !found.contains(&index) {
                found.push(index);
            }
        }
        RuleRef::Correlation(index) => {
            for input in &ruleset.rules.correlations[index].inputs {
                base_rules(ruleset, *input, found);
            }
        }
    }
}

/// Gives each event, and what records make together, under the id of the last of them.
fn each(events: &[Sent<'_>], take: &mut dyn FnMut(&str, &Event<'_>)) {
    let mut joining = Joining::default();
    let mut last = "";
    for sent in events {
        let context = DecodeContext {
            received: Some(sent.received),
            reference: None,
            zone: &TimeZone::UTC,
            logsource_fields: false,
            assume: None,
        };
        let event = decode(sent.original, format_of(sent.original), &context);
        last = sent.id;
        take(last, &event);
        if let Some(joined) = joining.take(&event) {
            take(last, &joined);
        }
    }
    for joined in joining.finish() {
        take(last, &joined);
    }
}

/// The format of a frame by its first bytes: evidence holds what was sent, and no more.
fn format_of(original: &[u8]) -> Format {
    let starts = |with: &[u8]| original.starts_with(with);
    if starts(b"{") {
        Format::Json
    } else if starts(b"__CURSOR=") || starts(b"__REALTIME_TIMESTAMP=") {
        Format::Journal
    } else {
        Format::Syslog
    }
}
