//! Why a rule matched, or did not.

use std::fmt;

use vakt_event::{Event, LogSource, Value};
use vakt_rules::ast::{
    Comparison, Condition, Detection, Pattern, Predicate, Relation, Test, TimePart, Token,
};

use super::{Prepared, predicate};

/// A value longer than this is cut where it is shown to a person.
const SHOWN_CHARS_MAX: usize = 200;

/// A rule against one event. Its `Display` is an indented tree, a line a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    pub matches: bool,
    /// Whether the rule applies to the event at all.
    pub log_source_applies: bool,
    /// The log source that the rule asks for, and those that the event shows.
    pub asked: LogSource<'static>,
    pub shown: Vec<LogSource<'static>>,
    /// Why the rule can match nothing, where that is so.
    pub problem: Option<String>,
    pub condition: Node,
}

/// A part of a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// `and`, `or`, `not`, `search NAME`, or a predicate in words.
    pub label: String,
    pub holds: bool,
    /// For a predicate, the values that the event has in the field; for a keyword that holds, the
    /// values in which it stands.
    pub values: Vec<String>,
    pub children: Vec<Node>,
}

pub(super) fn explain(prepared: &Prepared, event: &Event<'_>) -> Explanation {
    let problem = prepared.regexes().as_ref().err().map(ToString::to_string);
    Explanation {
        matches: prepared.matches(event),
        log_source_applies: prepared.applies(event),
        asked: prepared.rule.log_source.clone(),
        shown: event
            .log_sources
            .iter()
            .map(|shown| shown.clone().into_owned())
            .collect(),
        problem,
        condition: of_condition(prepared, &prepared.rule.condition, event),
    }
}

fn of_condition(prepared: &Prepared, condition: &Condition, event: &Event<'_>) -> Node {
    let (label, children) = match condition {
        Condition::Search(index) => match prepared.rule.searches.get(*index) {
            Some(search) => (
                format!("search {}", search.name),
                vec![of_detection(prepared, &search.detection, event)],
            ),
            None => (
                format!("search {index}, which the rule does not have"),
                vec![],
            ),
        },
        Condition::Not(inner) => ("not".into(), vec![of_condition(prepared, inner, event)]),
        Condition::All(parts) => (
            "and".into(),
            each(parts, |p| of_condition(prepared, p, event)),
        ),
        Condition::Any(parts) => (
            "or".into(),
            each(parts, |p| of_condition(prepared, p, event)),
        ),
    };
    Node {
        label,
        holds: prepared.holds(condition, event),
        values: Vec::new(),
        children,
    }
}

fn of_detection(prepared: &Prepared, detection: &Detection, event: &Event<'_>) -> Node {
    let (label, values, children) = match detection {
        Detection::Is(predicate) => (
            words(predicate),
            values_of(prepared, predicate, event),
            vec![],
        ),
        Detection::Not(inner) => (
            "not".into(),
            vec![],
            vec![of_detection(prepared, inner, event)],
        ),
        Detection::All(parts) => (
            "and".into(),
            vec![],
            each(parts, |p| of_detection(prepared, p, event)),
        ),
        Detection::Any(parts) => (
            "or".into(),
            vec![],
            each(parts, |p| of_detection(prepared, p, event)),
        ),
    };
    Node {
        label,
        holds: prepared.detects(detection, event),
        values,
        children,
    }
}

fn each<T>(parts: &[T], node: impl FnMut(&T) -> Node) -> Vec<Node> {
    parts.iter().map(node).collect()
}

fn values_of(prepared: &Prepared, predicate: &Predicate, event: &Event<'_>) -> Vec<String> {
    match &predicate.field {
        Some(field) => event
            .values(field)
            .map(|value| match value {
                Value::Null => "null".into(),
                value => shown(value.text()),
            })
            .collect(),
        None => predicate::passing_values(prepared, predicate, event)
            .map(|(_, value)| shown(value))
            .collect(),
    }
}

fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

/// A predicate in the words of the rule language.
fn words(predicate: &Predicate) -> String {
    let field = predicate.field.as_deref().unwrap_or("keyword");
    match &predicate.test {
        Test::Text(pattern) => {
            let cased = if pattern.cased { " (cased)" } else { "" };
            format!("{field} is `{}`{cased}", pattern_text(pattern))
        }
        Test::Null => format!("{field} is null"),
        Test::Exists(true) => format!("{field} exists"),
        Test::Exists(false) => format!("{field} does not exist"),
        Test::Regex(regex) => format!("{field} matches `{}`", regex.pattern),
        Test::Cidr(net) => format!("{field} in {net}"),
        Test::Compare(comparison, limit) => {
            let sign = match comparison {
                Comparison::Less => "<",
                Comparison::LessOrEqual => "<=",
                Comparison::Greater => ">",
                Comparison::GreaterOrEqual => ">=",
            };
            format!("{field} {sign} {limit}")
        }
        Test::FieldRef {
            field: other,
            relation,
            cased,
        } => {
            let relation = match relation {
                Relation::Equals => "equals",
                Relation::Contains => "contains",
                Relation::StartsWith => "starts with",
                Relation::EndsWith => "ends with",
            };
            let cased = if *cased { " (cased)" } else { "" };
            format!("{field} {relation} the field {other}{cased}")
        }
        Test::TimePart(part, wanted) => {
            let part = match part {
                TimePart::Minute => "minute",
                TimePart::Hour => "hour",
                TimePart::Day => "day",
                TimePart::Week => "week",
                TimePart::Month => "month",
                TimePart::Year => "year",
            };
            format!("the {part} of {field} is {wanted}")
        }
    }
}

/// The pattern as a rule would write it.
fn pattern_text(pattern: &Pattern) -> String {
    let mut text = String::new();
    for token in &pattern.tokens {
        match token {
            Token::Many => text.push('*'),
            Token::One => text.push('?'),
            Token::Dash => text.push_str("[-/–—―]"),
            Token::Literal(literal) => {
                for c in literal.chars() {
                    if matches!(c, '*' | '?') {
                        text.push('\\');
                    }
                    text.push(c);
                }
            }
        }
    }
    text
}

impl Explanation {
    /// Why the log source does not apply, in words.
    pub fn log_source_words(&self) -> String {
        let shown: Vec<String> = self.shown.iter().map(ToString::to_string).collect();
        match shown.as_slice() {
            [] => format!(
                "the rule is for {}, and the event shows no log source",
                self.asked
            ),
            shown => format!(
                "the rule is for {}, and the event shows {}",
                self.asked,
                shown.join("; ")
            ),
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.matches {
            "matches"
        } else {
            "does not match"
        };
        writeln!(f, "the rule {verdict}")?;
        if !self.log_source_applies {
            writeln!(f, "  {}", self.log_source_words())?;
        }
        if let Some(problem) = &self.problem {
            writeln!(f, "  {problem}")?;
        }
        self.condition.write(f, 1)
    }
}

impl Node {
    fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        let mark = if self.holds { "true " } else { "false" };
        write!(f, "{:indent$}{mark} {}", "", self.label, indent = depth * 2)?;
        if !self.values.is_empty() {
            write!(f, "  <- {}", self.values.join(" | "))?;
        }
        writeln!(f)?;
        self.children
            .iter()
            .try_for_each(|child| child.write(f, depth + 1))
    }
}
