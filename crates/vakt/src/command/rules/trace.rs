//! How a correlation comes about, event by event: which inputs match, how far each group gets.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use vakt_detect::Measure;
use vakt_event::Event;
use vakt_rules::ast::{Correlation, RuleRef};

use super::tree::Style;
use crate::explain::asked_of;
use crate::output::printable;
use crate::pipeline::detector::Detector;
use crate::ruleset::Ruleset;

/// Groups that are told apart; a scan of a network has more, and nobody reads them.
const GROUPS_MAX: usize = 10_000;
/// Groups that are shown unless all are asked for.
const GROUPS_SHOWN: usize = 10;

pub(super) struct Trace<'r> {
    ruleset: &'r Ruleset,
    index: usize,
    correlation: &'r Correlation,
    inputs: Vec<Input>,
    groups: BTreeMap<Vec<(String, String)>, Group>,
    /// Where it fired.
    fired: Vec<String>,
    /// Matching events without a field of `group-by`, by the field.
    lacking: BTreeMap<String, u64>,
    events: u64,
}

#[derive(Default)]
struct Input {
    /// Events whose log source the rule asks for.
    applied: u64,
    matched: u64,
}

/// The best that a group came to.
struct Group {
    measure: Measure,
    holds: bool,
    place: String,
}

impl<'r> Trace<'r> {
    pub(super) fn new(ruleset: &'r Ruleset, index: usize) -> Self {
        let correlation = &ruleset.rules.correlations[index];
        Self {
            ruleset,
            index,
            correlation,
            inputs: correlation
                .inputs
                .iter()
                .map(|_| Input::default())
                .collect(),
            groups: BTreeMap::new(),
            fired: Vec::new(),
            lacking: BTreeMap::new(),
            events: 0,
        }
    }

    pub(super) fn fires(&self) -> bool {
        !self.fired.is_empty()
    }

    /// What the detector, which traces, did with `event`, which stands at `place`.
    pub(super) fn observe(&mut self, detector: &mut Detector<'_>, place: &str, event: &Event<'_>) {
        self.events += 1;
        let (hits, fired) = detector.take_trace();
        let mut touched = false;
        for (at, (input, of)) in self
            .inputs
            .iter_mut()
            .zip(&self.correlation.inputs)
            .enumerate()
        {
            let (applies, matches) = match of {
                RuleRef::Rule(rule) => {
                    let asked = &self.ruleset.rules.rules[*rule].log_source;
                    let shown = &event.log_sources;
                    let applies = asked.is_empty() || shown.iter().any(|one| one.satisfies(asked));
                    (applies, hits.contains(rule))
                }
                RuleRef::Correlation(inner) => (true, fired.contains(inner)),
            };
            input.applied += u64::from(applies || matches);
            input.matched += u64::from(matches);
            if !matches {
                continue;
            }
            touched = true;
            for field in &self.correlation.group_by {
                let name = field.per_input.get(at).unwrap_or(&field.name);
                if event.text(name).is_none() {
                    *self.lacking.entry(name.clone()).or_default() += 1;
                }
            }
        }
        if touched {
            self.groups(detector, place);
        }
        if fired.contains(&self.index) {
            self.fired.push(place.to_owned());
        }
    }

    fn groups(&mut self, detector: &Detector<'_>, place: &str) {
        let count = self.inputs.len().max(1);
        for progress in detector.correlator.newest_progress(self.index, count) {
            let better = |group: &Group| match (progress.holds, group.holds) {
                (true, false) => true,
                (false, true) => false,
                _ => progress.measure.reached() > group.measure.reached(),
            };
            let is_new = !self.groups.contains_key(&progress.group);
            if is_new && self.groups.len() >= GROUPS_MAX {
                continue;
            }
            if is_new || self.groups.get(&progress.group).is_some_and(better) {
                self.groups.insert(
                    progress.group,
                    Group {
                        measure: progress.measure,
                        holds: progress.holds,
                        place: place.to_owned(),
                    },
                );
            }
        }
    }

    /// The groups, those that came furthest first.
    fn ranked(&self) -> Vec<(&Vec<(String, String)>, &Group)> {
        let mut ranked: Vec<_> = self.groups.iter().collect();
        ranked.sort_by(|(_, a), (_, b)| {
            let reached = |group: &Group| group.measure.reached();
            b.holds
                .cmp(&a.holds)
                .then_with(|| reached(b).total_cmp(&reached(a)))
        });
        ranked
    }

    pub(super) fn lines(&self, style: Style) -> Vec<String> {
        let mut lines = vec![match self.fired.as_slice() {
            [] => "the correlation does not fire".to_owned(),
            [place] => format!("the correlation fires once, at {place}"),
            [place, ..] => format!(
                "the correlation fires at {} events, first at {place}",
                self.fired.len()
            ),
        }];
        lines.push(format!("  {}", asked_of(self.correlation)));
        lines.push("  inputs".to_owned());
        for (input, of) in self.inputs.iter().zip(&self.correlation.inputs) {
            let words = match (input.matched, input.applied) {
                (0, 0) => format!(
                    "no event; none of {} shows the log source that the rule asks for",
                    self.events
                ),
                (0, applied) => format!("none of the {applied} events with its log source"),
                (matched, _) => format!("{matched} of {} events", self.events),
            };
            let mark = style.mark(input.matched > 0);
            lines.push(format!("    {mark} {}: {words}", self.title(*of)));
        }
        for (field, count) in &self.lacking {
            lines.push(format!(
                "    {} {count} matching events have no {field}, and belong to no group",
                style.mark(false)
            ));
        }
        let ranked = self.ranked();
        if !ranked.is_empty() {
            lines.push("  groups, each at its best".to_owned());
        }
        let shown = if style.all {
            ranked.len()
        } else {
            GROUPS_SHOWN
        };
        for (group, best) in ranked.iter().take(shown) {
            lines.push(format!(
                "    {} {}: {}, at {}",
                style.mark(best.holds),
                printable(&named(group)),
                self.reached(&best.measure),
                best.place
            ));
        }
        if ranked.len() > shown {
            lines.push(format!(
                "    … and {} more groups; --all shows each",
                ranked.len() - shown
            ));
        }
        lines
    }

    fn title(&self, of: RuleRef) -> &str {
        match of {
            RuleRef::Rule(rule) => &self.ruleset.rules.rules[rule].meta.title,
            RuleRef::Correlation(inner) => &self.ruleset.rules.correlations[inner].meta.title,
        }
    }

    fn reached(&self, measure: &Measure) -> String {
        match measure {
            Measure::Count(number) | Measure::Number(number) => number.to_string(),
            Measure::Inputs(inputs) => {
                let missing: Vec<&str> = inputs
                    .iter()
                    .zip(&self.correlation.inputs)
                    .filter(|(there, _)| !**there)
                    .map(|(_, of)| self.title(*of))
                    .collect();
                if missing.is_empty() {
                    format!("all {} inputs", inputs.len())
                } else {
                    format!("all but {}", missing.join(", "))
                }
            }
            Measure::Chain { inputs, reached } => match inputs.get(*reached) {
                Some(next) => format!(
                    "{reached} of {} in order, then no {}",
                    inputs.len(),
                    self.correlation
                        .inputs
                        .get(*next)
                        .map_or("further input", |next| self.title(*next))
                ),
                None => format!("all {reached} inputs in order"),
            },
        }
    }

    pub(super) fn as_json(&self) -> Json {
        let inputs: Vec<Json> = self
            .inputs
            .iter()
            .zip(&self.correlation.inputs)
            .map(|(input, of)| {
                json!({
                    "title": self.title(*of),
                    "log_source_applied": input.applied,
                    "matched": input.matched,
                })
            })
            .collect();
        let groups: Vec<Json> = self
            .ranked()
            .iter()
            .map(|(group, best)| {
                let fields: serde_json::Map<String, Json> = group
                    .iter()
                    .map(|(name, value)| (name.clone(), value.clone().into()))
                    .collect();
                json!({
                    "group": fields,
                    "reached": self.reached(&best.measure),
                    "holds": best.holds,
                    "at": best.place,
                })
            })
            .collect();
        json!({
            "matches": self.fires(),
            "fired_at": self.fired,
            "condition": asked_of(self.correlation),
            "inputs": inputs,
            "lacking": self.lacking,
            "groups": groups,
        })
    }
}

fn named(group: &[(String, String)]) -> String {
    if group.is_empty() {
        return "all events".to_owned();
    }
    let pairs: Vec<String> = group
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join(" ")
}
