//! Correlation rules as the correlator needs them: in the order in which they feed each other.

use std::borrow::Cow;
use std::hash::Hasher;

use vakt_event::{Event, Origin, ecs};
use vakt_rules::ast::{Correlation, CorrelationKind, GroupField, RuleRef, RuleSet, Threshold};

use super::Seen;
use super::group::{Inner, Item};
use super::limits::{GROUP_EVENTS_LIMIT, GROUP_EVENTS_MAX, REPEAT_MAX, VALUE_BYTES_MAX};

/// Hexadecimal digits of a hash that tells long values apart: 128 bits.
const HASH_DIGITS: usize = 32;

/// A correlation that can never fire.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Problem {
    /// An index into [`RuleSet::correlations`].
    pub correlation: usize,
    pub reason: String,
}

/// All correlations of a rule set.
pub(super) struct Definitions {
    pub(super) all: Vec<Definition>,
    /// Correlations so that each stands after those that feed it; the index here is its rank.
    pub(super) order: Vec<usize>,
    /// By rule: the rank of the correlation and the input that it feeds.
    by_rule: Vec<Vec<(usize, usize)>>,
    by_correlation: Vec<Vec<(usize, usize)>>,
    pub(super) problems: Vec<Problem>,
}

/// One correlation.
pub(super) struct Definition {
    pub(super) id: String,
    /// Changes when the correlation, or a rule that feeds it, means something else.
    pub(super) fingerprint: u64,
    pub(super) kind: CorrelationKind,
    pub(super) inputs: usize,
    pub(super) span_micros: i64,
    /// Events kept for a group.
    pub(super) group_events_max: usize,
    group_by: Vec<GroupField>,
}

impl Definitions {
    pub(super) fn new(rules: &RuleSet) -> Self {
        let (order, circular) = order(rules);
        let mut rank_of = vec![None; rules.correlations.len()];
        for (rank, correlation) in order.iter().enumerate() {
            rank_of[*correlation] = Some(rank);
        }
        let mut by_rule = vec![Vec::new(); rules.rules.len()];
        let mut by_correlation = vec![Vec::new(); rules.correlations.len()];
        for (index, correlation) in rules.correlations.iter().enumerate() {
            let Some(rank) = rank_of[index] else {
                continue;
            };
            for (input, reference) in correlation.inputs.iter().enumerate() {
                let feeds = match reference {
                    RuleRef::Rule(rule) => by_rule.get_mut(*rule),
                    RuleRef::Correlation(inner) => by_correlation.get_mut(*inner),
                };
                if let Some(feeds) = feeds {
                    feeds.push((rank, input));
                }
            }
        }
        let mut fingerprints = vec![0; rules.correlations.len()];
        for index in &order {
            fingerprints[*index] = fingerprint(rules, *index, &fingerprints);
        }
        let all = rules.correlations.iter().zip(fingerprints);
        Self {
            all: all
                .map(|(correlation, fingerprint)| Definition::new(correlation, fingerprint))
                .collect(),
            order,
            by_rule,
            by_correlation,
            problems: circular
                .into_iter()
                .map(|correlation| Problem {
                    correlation,
                    reason: "the correlation feeds itself, or is fed by one that does".into(),
                })
                .collect(),
        }
    }

    pub(super) fn fed_by_rule(&self, rule: usize) -> &[(usize, usize)] {
        self.by_rule.get(rule).map_or(&[], Vec::as_slice)
    }

    pub(super) fn fed_by_correlation(&self, correlation: usize) -> &[(usize, usize)] {
        &self.by_correlation[correlation]
    }
}

impl Definition {
    fn new(correlation: &Correlation, fingerprint: u64) -> Self {
        let span = correlation.timespan_seconds.saturating_mul(1_000_000);
        Self {
            id: correlation.meta.id.clone(),
            fingerprint,
            kind: correlation.kind.clone(),
            inputs: correlation.inputs.len(),
            // A quarter of the range: sums and differences of times stay within it.
            span_micros: i64::try_from(span).unwrap_or(i64::MAX).min(i64::MAX / 4),
            group_events_max: group_events_max(&correlation.kind),
            group_by: correlation.group_by.clone(),
        }
    }

    /// Whether each input counts for itself.
    pub(super) fn counts_inputs(&self) -> bool {
        matches!(
            self.kind,
            CorrelationKind::Temporal(_) | CorrelationKind::TemporalOrdered(_)
        )
    }

    pub(super) fn group_names(&self) -> impl Iterator<Item = &String> {
        self.group_by.iter().map(|field| &field.name)
    }

    /// The group that an event falls into by one of the inputs; `None` where it lacks a field.
    pub(super) fn group_of(&self, input: usize, event: &Event<'_>) -> Option<Vec<String>> {
        self.group_by
            .iter()
            .map(|group| {
                let field = group.per_input.get(input).unwrap_or(&group.name);
                event.text(field).map(|value| short(value).into_owned())
            })
            .collect()
    }

    /// What the event contributes; `None` where it lacks a field that is counted.
    pub(super) fn item(
        &self,
        seen: &Seen<'_>,
        input: usize,
        inner: Option<Inner>,
        event: &Event<'_>,
    ) -> Option<Item> {
        let mut item = Item {
            time: seen.time.micros(),
            position: seen.position,
            input: u32::try_from(input).ok()?,
            value: None,
            number: 0.0,
            inner: inner.map(Box::new),
        };
        match &self.kind {
            CorrelationKind::Temporal(_) | CorrelationKind::TemporalOrdered(_) => {}
            CorrelationKind::EventCount(_) => item.number = weight(event),
            CorrelationKind::ValueCount(fields, _) => {
                item.value = Some(tuple(fields, event)?.into());
            }
            CorrelationKind::ValueSum(field, _)
            | CorrelationKind::ValueAvg(field, _)
            | CorrelationKind::ValuePercentile(field, _, _)
            | CorrelationKind::ValueMedian(field, _) => {
                item.number = event
                    .values(field)
                    .find(|value| !value.is_null())?
                    .as_f64()?;
            }
        }
        Some(item)
    }
}

/// The values of the fields as one text. Each is led by its length, so that no two tuples are
/// written alike.
fn tuple(fields: &[String], event: &Event<'_>) -> Option<String> {
    if let [field] = fields {
        return event.text(field).map(|value| short(value).into_owned());
    }
    let mut all = String::new();
    for field in fields {
        let value = short(event.text(field)?);
        all.push_str(&value.len().to_string());
        all.push(':');
        all.push_str(&value);
    }
    Some(all)
}

/// The value in at most [`VALUE_BYTES_MAX`] bytes. A longer one is its beginning, which people read, and a
/// hash, which keeps it apart from others that begin alike: senders choose values, so that it has to
/// withstand them.
fn short(value: &str) -> Cow<'_, str> {
    if value.len() <= VALUE_BYTES_MAX {
        return Cow::Borrowed(value);
    }
    let hash = blake3::hash(value.as_bytes()).to_hex();
    let mark = format!("… (blake3 {})", hash.get(..HASH_DIGITS).unwrap_or(&hash));
    let end = value.floor_char_boundary(VALUE_BYTES_MAX - mark.len());
    let begin = value.get(..end).unwrap_or_default();
    Cow::Owned([begin, &mark].concat())
}

/// Enough events to reach every threshold below the limit.
fn group_events_max(kind: &CorrelationKind) -> usize {
    let (CorrelationKind::EventCount(threshold) | CorrelationKind::ValueCount(_, threshold)) = kind
    else {
        return GROUP_EVENTS_MAX;
    };
    let Threshold { bounds } = threshold;
    let mut max = GROUP_EVENTS_MAX;
    while max < GROUP_EVENTS_LIMIT && bounds.iter().any(|(_, limit)| *limit + 1.0 > to_f64(max)) {
        max = (max * 2).min(GROUP_EVENTS_LIMIT);
    }
    max
}

/// How many events this one stands for: syslog daemons write "message repeated 5 times" in place
/// of five equal lines, and the decoder says so in [`ecs::VAKT_REPEAT`]. A field of that name that a
/// sender writes says nothing.
fn weight(event: &Event<'_>) -> f64 {
    let repeats = event
        .fields
        .iter()
        .find(|field| field.origin == Origin::Added && field.name == ecs::VAKT_REPEAT)
        .and_then(|field| field.value.text().parse().ok());
    f64::from(repeats.unwrap_or(1_u32).clamp(1, REPEAT_MAX))
}

/// Counts are far below 2^53.
pub(super) fn to_f64(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

/// The correlations in the order in which they feed each other, and those left out because they
/// feed themselves (or are fed by such).
fn order(rules: &RuleSet) -> (Vec<usize>, Vec<usize>) {
    let mut open: Vec<usize> = (0..rules.correlations.len()).collect();
    let mut order: Vec<usize> = Vec::new();
    loop {
        let (ready, blocked): (Vec<usize>, Vec<usize>) = open.iter().partition(|index| {
            rules.correlations[**index]
                .inputs
                .iter()
                .all(|input| match input {
                    RuleRef::Rule(_) => true,
                    RuleRef::Correlation(inner) => order.contains(inner),
                })
        });
        if ready.is_empty() {
            return (order, blocked);
        }
        order.extend(ready);
        open = blocked;
    }
}

fn fingerprint(rules: &RuleSet, index: usize, known: &[u64]) -> u64 {
    let correlation = &rules.correlations[index];
    let mut hash = Fnv::default();
    hash.write_debug(&(
        &correlation.kind,
        &correlation.group_by,
        correlation.timespan_seconds,
    ));
    for input in &correlation.inputs {
        match input {
            RuleRef::Rule(rule) => {
                if let Some(rule) = rules.rules.get(*rule) {
                    hash.write_debug(&(&rule.log_source, &rule.searches, &rule.condition));
                }
            }
            RuleRef::Correlation(inner) => {
                hash.write_u64(known.get(*inner).copied().unwrap_or(0));
            }
        }
    }
    hash.finish()
}

/// FNV-1a, 64 bits: the same in every build, which the standard library's hashers do not promise.
/// Rules are not made by strangers, so that it need not withstand them.
#[derive(Clone)]
pub(super) struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn write_debug(&mut self, value: &impl std::fmt::Debug) {
        self.write(format!("{value:?}").as_bytes());
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}
