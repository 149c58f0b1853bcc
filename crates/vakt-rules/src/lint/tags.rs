//! Tags: their namespaces (Sigma tags appendix), and whether ATT&CK has what they name.

use std::collections::HashSet;

use super::attack::{Attack, attack};
use super::checks::*;
use super::subject::Subject;
use crate::diagnostic::Report;
use crate::source::Span;
use crate::suggest;

const NAMESPACES: [&str; 7] = ["attack", "car", "cve", "d3fend", "detection", "stp", "tlp"];
const TLP: [&str; 5] = ["red", "amber", "amber-strict", "green", "clear"];

pub(super) fn check(subject: &Subject<'_>, strict: bool, report: &mut Report<'_>) {
    let mut tags = AttackTags::default();
    for (tag, span) in subject.texts("tags") {
        let Some((namespace, name)) = tag.split_once('.') else {
            continue;
        };
        match namespace {
            "attack" => tags.one(name, span, report),
            "cve" => cve(name, span, report),
            "tlp" if !TLP.contains(&name) => {
                let help = match name {
                    "white" => "write tlp.clear".to_owned(),
                    _ => format!(
                        "write one of {}",
                        TLP.map(|level| format!("tlp.{level}")).join(", ")
                    ),
                };
                report.add(&TAG_TLP, span, format!("there is no level `{name}`"), help);
            }
            _ if !NAMESPACES.contains(&namespace) => {
                let help = match suggest::nearest(namespace, NAMESPACES) {
                    Some(near) => format!("did you mean `{near}.{name}`?"),
                    None => format!("the namespaces are {}", NAMESPACES.join(", ")),
                };
                let message = format!("there is no namespace `{namespace}`");
                report.add(&TAG_NAMESPACE, span, message, help);
            }
            _ => {}
        }
    }
    tags.together(strict, report);
}

fn cve(name: &str, span: &Span, report: &mut Report<'_>) {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let fits = name.split_once('-').is_some_and(|(year, number)| {
        year.len() == 4 && digits(year) && number.len() >= 4 && digits(number)
    });
    if !fits {
        let parts: Vec<&str> = name.split(['.', '-']).filter(|part| digits(part)).collect();
        let help = match parts[..] {
            [year, number] => format!("write cve.{year}-{number}"),
            _ => "write cve.YEAR-NUMBER, for example cve.2021-44228".to_owned(),
        };
        report.add(
            &TAG_CVE,
            span,
            format!("`cve.{name}` names no vulnerability"),
            help,
        );
    }
}

/// What the `attack.` tags of one rule say together.
#[derive(Default)]
struct AttackTags {
    tactics: Vec<(usize, Span)>,
    /// Lower case, as tags are.
    techniques: Vec<(String, Span)>,
    /// A technique that the table does not have: then nothing is said about tactics.
    unsure: bool,
}

impl AttackTags {
    fn one(&mut self, name: &str, span: &Span, report: &mut Report<'_>) {
        let attack = attack();
        let first = name.chars().next().unwrap_or_default();
        let numbered = name.get(1..).is_some_and(|rest| {
            rest.len() >= 4 && rest.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        });
        if numbered && first == 't' {
            return self.technique(name, span, report);
        }
        // Groups, software, campaigns, data sources and mitigations come and go too often for a table.
        if numbered && matches!(first, 'g' | 's' | 'c' | 'm') || name.starts_with("ds") {
            return;
        }
        if let Some(tactic) = attack.tactic(name) {
            self.tactics.push((tactic, span.clone()));
            return;
        }
        let dashed = name.replace('_', "-");
        self.unsure = true;
        if let Some(new) = Attack::retired_tactic(&dashed) {
            let message = format!("ATT&CK 19 has no tactic `{dashed}` any more");
            report.add(
                &ATTACK_RETIRED,
                span,
                message,
                format!("write attack.{new}"),
            );
            return;
        }
        let help = if attack.tactic(&dashed).is_some() {
            format!("write attack.{dashed}")
        } else {
            match suggest::nearest(&dashed, attack.tactics.iter().copied()) {
                Some(near) => format!("did you mean `attack.{near}`?"),
                None => {
                    "write a tactic (attack.execution) or a technique (attack.t1059.001)".to_owned()
                }
            }
        };
        report.add(
            &ATTACK_UNKNOWN,
            span,
            format!("ATT&CK has no `{name}`"),
            help,
        );
    }

    fn technique(&mut self, name: &str, span: &Span, report: &mut Report<'_>) {
        let attack = attack();
        if attack.technique(name).is_some() {
            self.techniques.push((name.to_owned(), span.clone()));
            return;
        }
        self.unsure = true;
        if let Some(successor) = attack.successor(name) {
            let help = match successor {
                Some(new) => format!("write attack.{}", new.to_lowercase()),
                None => "nothing replaced it: look for the technique that fits today".to_owned(),
            };
            let message = format!("{} was retired", name.to_uppercase());
            report.add(&ATTACK_RETIRED, span, message, help);
            return;
        }
        let parent = name.split('.').next().unwrap_or_default();
        let help = if attack.technique(parent).is_some() {
            format!("write attack.{parent}, or the sub-technique that you mean")
        } else {
            "look the technique up at https://attack.mitre.org/techniques/".to_owned()
        };
        report.add(
            &ATTACK_UNKNOWN,
            span,
            format!("ATT&CK has no {}", name.to_uppercase()),
            help,
        );
    }

    fn together(&self, strict: bool, report: &mut Report<'_>) {
        let attack = attack();
        let has: HashSet<usize> = self.tactics.iter().map(|(tactic, _)| *tactic).collect();
        let names: HashSet<&str> = self
            .techniques
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        for (name, span) in &self.techniques {
            let sub = names.iter().any(|other| {
                other
                    .strip_prefix(name.as_str())
                    .is_some_and(|rest| rest.starts_with('.'))
            });
            if sub {
                report.add(
                    &ATTACK_PARENT_BESIDE_SUB,
                    span,
                    format!(
                        "a tag names a sub-technique of {} already",
                        name.to_uppercase()
                    ),
                    "remove the technique's tag: the sub-technique means it",
                );
            }
        }
        if strict
            && self.techniques.is_empty()
            && !self.unsure
            && let Some((_, span)) = self.tactics.first()
        {
            report.add(
                &ATTACK_TECHNIQUE_MISSING,
                span,
                "the rule has tactics, and no technique",
                "add the technique by which the tactic is pursued, for example attack.t1059.001",
            );
        }
        if self.unsure || self.techniques.is_empty() {
            return;
        }
        let mut served = HashSet::new();
        for (name, span) in &self.techniques {
            let Some(technique) = attack.technique(name) else {
                continue;
            };
            served.extend(technique.tactics.iter().copied());
            if !technique.tactics.iter().any(|tactic| has.contains(tactic)) {
                let tactics: Vec<String> = technique
                    .tactics
                    .iter()
                    .map(|at| format!("attack.{}", attack.tactics[*at]))
                    .collect();
                report.add(
                    &ATTACK_TACTIC_MISSING,
                    span,
                    format!("no tag names a tactic that {} serves", name.to_uppercase()),
                    format!("add {}", tactics.join(" or ")),
                );
            }
        }
        for (tactic, span) in &self.tactics {
            if !served.contains(tactic) {
                report.add(
                    &ATTACK_TACTIC_ALONE,
                    span,
                    format!(
                        "none of the techniques serves the tactic {}",
                        attack.tactics[*tactic]
                    ),
                    "add the technique that does, or remove the tactic",
                );
            }
        }
    }
}
