//! Which inputs a temporal correlation asks for: all of its rules, a number of them, or what a
//! condition over their names says (`a and (b or c) and not d`).

use std::collections::BTreeSet;

use crate::ast::Combination;
use crate::checks;
use crate::condition::{self, Expression, Name, ProblemKind};
use crate::correlation::{Reference, scalar_text};
use crate::diagnostic::Report;
use crate::document::{self, Fields};
use crate::scalar;
use crate::source::Span;
use crate::suggest;
use crate::yaml::{Entry, Kind, Node};

/// Combinations that a condition may be written out into. Each is looked at with every event of
/// the correlation; the published conditions have one or two.
const COMBINATIONS_MAX: usize = 256;

const HELP: &str = "write `condition: rule_a and (rule_b or rule_c) and not rule_d` with names of `rules`, a number of them (`condition: {gte: 2}`), or nothing for all of them";

/// The combinations that `condition` leaves; without one, all of the rules.
pub(crate) fn combinations(
    entry: Option<&Entry<'_>>,
    rules: &[Reference],
    report: &mut Report<'_>,
) -> Option<Vec<Combination>> {
    let Some(entry) = entry else {
        return Some(vec![Combination::all(rules.len())]);
    };
    match &entry.value.kind {
        Kind::Scalar(scalar) => {
            let text = scalar.text.as_ref();
            match condition::parse(text) {
                Ok(expression) => {
                    let names = Names {
                        rules,
                        node: &entry.value,
                        text,
                    };
                    names.combinations(&expression, report)
                }
                Err(problems) => {
                    for problem in problems {
                        let span = condition::locate(&entry.value, text, &problem.span, report);
                        refuse(&span, problem_text(&problem.kind), report);
                    }
                    None
                }
            }
        }
        _ => at_least(entry, rules.len(), report),
    }
}

/// The rules that a condition names, for a correlation without `rules`.
pub(crate) fn rules(fields: &Fields<'_, '_>) -> Option<Vec<Reference>> {
    let kind = scalar_text(&fields.get("type")?.value)?;
    let entry = fields.get("condition")?;
    let text = scalar_text(&entry.value)?;
    let expression = condition::parse(text).ok()?;
    let mut rules: Vec<Reference> = Vec::new();
    leaves(&expression, &mut |name, _| {
        if rules.iter().all(|rule| rule.text != name.text) {
            rules.push(Reference {
                text: name.text.clone(),
                span: entry.value.span.clone(),
            });
        }
    });
    (kind.starts_with("temporal") && !rules.is_empty()).then_some(rules)
}

/// `gte: N`: so many different rules of all; `eq` says the same of all of them.
fn at_least(entry: &Entry<'_>, rules: usize, report: &mut Report<'_>) -> Option<Vec<Combination>> {
    let bound = document::section(&entry.value).and_then(|entries| match entries {
        [entry] => {
            let number = scalar::number(scalar_text(&entry.value)?)?.value;
            let count = (1..=rules).find(|count| {
                u32::try_from(*count).is_ok_and(|count| (f64::from(count) - number).abs() < 0.5)
            })?;
            let known = entry.key == "gte" || (entry.key == "eq" && count == rules);
            known.then_some(count)
        }
        _ => None,
    });
    let Some(count) = bound else {
        let message = format!(
            "a temporal correlation takes a condition over the names of its rules, or `gte` with 1 to {rules}"
        );
        refuse(&entry.key_span, message, report);
        return None;
    };
    let found = subsets(rules, count);
    if found.is_none() {
        too_large(&entry.key_span, report);
    }
    found
}

/// Every choice of `count` of `inputs` inputs; `None` beyond [`COMBINATIONS_MAX`].
fn subsets(inputs: usize, count: usize) -> Option<Vec<Combination>> {
    let mut found = vec![Combination::default()];
    for input in 0..inputs {
        let mut next = Vec::new();
        for chosen in found {
            let missing = count - chosen.present.len();
            if missing > 0 {
                let mut with = chosen.clone();
                with.present.push(input);
                next.push(with);
            }
            if inputs - input > missing {
                next.push(chosen);
            }
        }
        found = next;
        if found.len() > COMBINATIONS_MAX {
            return None;
        }
    }
    Some(found)
}

struct Names<'n> {
    rules: &'n [Reference],
    node: &'n Node<'n>,
    text: &'n str,
}

impl Names<'_> {
    fn combinations(
        &self,
        expression: &Expression,
        report: &mut Report<'_>,
    ) -> Option<Vec<Combination>> {
        let mut whole = true;
        let mut used = vec![false; self.rules.len()];
        leaves(expression, &mut |name, pattern| {
            let span = condition::locate(self.node, self.text, &name.span, report);
            match self.index(name) {
                _ if pattern => {
                    whole = false;
                    refuse(&span, "patterns of names are for searches only", report);
                }
                Some(index) => used[index] = true,
                // Without `rules` that could be read, nothing is known of names.
                None if self.rules.is_empty() => whole = false,
                None => {
                    whole = false;
                    let known = self.rules.iter().map(|rule| rule.text.as_str());
                    let help = match suggest::nearest(&name.text, known.clone()) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!("the rules are {}", known.collect::<Vec<_>>().join(", ")),
                    };
                    let message = format!(
                        "`{}` is not one of the `rules` of this correlation",
                        name.text
                    );
                    report.add(&checks::CORRELATION_CONDITION, &span, message, help);
                }
            }
        });
        for (rule, _) in self
            .rules
            .iter()
            .zip(&used)
            .filter(|(_, used)| whole && !**used)
        {
            let message = format!("the condition does not use `{}`", rule.text);
            refuse(&rule.span, message, report);
        }
        if !whole || used.contains(&false) {
            return None;
        }
        let Some(found) = self.write_out(expression, true) else {
            too_large(&self.node.span, report);
            return None;
        };
        let found = minimal(&found);
        let what = match found.iter().find(|one| one.present.is_empty()) {
            None if found.is_empty() => "the condition can never hold",
            None => return Some(found),
            Some(_) => "the condition holds where none of the rules has fired",
        };
        refuse(&self.node.span, what, report);
        None
    }

    fn index(&self, name: &Name) -> Option<usize> {
        self.rules.iter().position(|rule| rule.text == name.text)
    }

    /// The combinations for which the expression is `wanted`; `None` where they are too many.
    fn write_out(&self, expression: &Expression, wanted: bool) -> Option<BTreeSet<Combination>> {
        match expression {
            Expression::Search(name) => {
                let input = self.index(name)?;
                let mut one = Combination::default();
                match wanted {
                    true => one.present.push(input),
                    false => one.absent.push(input),
                }
                Some(BTreeSet::from([one]))
            }
            Expression::Of(..) => None,
            Expression::Not(inner) => self.write_out(inner, !wanted),
            Expression::All(parts) | Expression::Any(parts) => {
                let each = matches!(expression, Expression::All(_)) == wanted;
                let mut found = BTreeSet::new();
                if each {
                    found.insert(Combination::default());
                }
                for part in parts {
                    let part = self.write_out(part, wanted)?;
                    if each {
                        found = product(&found, &part);
                    } else {
                        found.extend(part);
                    }
                    if found.len() > COMBINATIONS_MAX {
                        return None;
                    }
                }
                Some(found)
            }
        }
    }
}

/// Both of two, without what contradicts itself.
fn product(left: &BTreeSet<Combination>, right: &BTreeSet<Combination>) -> BTreeSet<Combination> {
    let union = |a: &[usize], b: &[usize]| -> Vec<usize> {
        let all: BTreeSet<usize> = a.iter().chain(b).copied().collect();
        all.into_iter().collect()
    };
    left.iter()
        .flat_map(|left| right.iter().map(move |right| (left, right)))
        .map(|(left, right)| Combination {
            present: union(&left.present, &right.present),
            absent: union(&left.absent, &right.absent),
        })
        .filter(|one| one.present.iter().all(|input| !one.absent.contains(input)))
        .collect()
}

/// Without those that ask for more than another.
fn minimal(all: &BTreeSet<Combination>) -> Vec<Combination> {
    let within = |a: &[usize], b: &[usize]| a.iter().all(|input| b.contains(input));
    let implied = |one: &Combination| {
        all.iter().any(|other| {
            other != one
                && within(&other.present, &one.present)
                && within(&other.absent, &one.absent)
        })
    };
    all.iter().filter(|one| !implied(one)).cloned().collect()
}

/// The names of an expression, and whether each is a pattern (`1 of x*`).
fn leaves(expression: &Expression, see: &mut dyn FnMut(&Name, bool)) {
    match expression {
        Expression::Search(name) => see(name, false),
        Expression::Of(_, name) => see(name, true),
        Expression::Not(inner) => leaves(inner, see),
        Expression::All(parts) | Expression::Any(parts) => {
            for part in parts {
                leaves(part, see);
            }
        }
    }
}

fn problem_text(kind: &ProblemKind) -> String {
    match kind {
        ProblemKind::Empty => "the condition is empty".to_owned(),
        ProblemKind::Aggregation => "a condition over names has no `|`".to_owned(),
        ProblemKind::Case(lower) => {
            format!("operators are written in lower case: write `{lower}`")
        }
        ProblemKind::Expected(_, got) if got == "the end" => {
            "the condition ends too early".to_owned()
        }
        ProblemKind::Expected(_, got) => format!("{got} cannot stand here"),
        ProblemKind::Count(count) => format!("`{count} of` is not known"),
        ProblemKind::TooLarge => "the condition is too long or too deeply nested".to_owned(),
    }
}

fn refuse(span: &Span, message: impl Into<String>, report: &mut Report<'_>) {
    report.add(&checks::CORRELATION_CONDITION, span, message, HELP);
}

fn too_large(span: &Span, report: &mut Report<'_>) {
    report.add(
        &checks::CORRELATION_CONDITION,
        span,
        format!("the condition can be met in more than {COMBINATIONS_MAX} ways"),
        "split it into correlations that feed one another",
    );
}
