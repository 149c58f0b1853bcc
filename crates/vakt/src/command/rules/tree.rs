//! What held of a rule and what did not, as a tree for a person or a tool.

use serde_json::{Value as Json, json};
use vakt_detect::naive::{Explanation, Node};

use crate::output::printable;

/// Alternatives beyond this are told in sum, those that hold first.
const ALTERNATIVES_MAX: usize = 6;

/// How a tree is written.
#[derive(Clone, Copy)]
pub(super) struct Style {
    /// Every alternative, however many.
    pub(super) all: bool,
    pub(super) colours: bool,
}

impl Style {
    /// `true` or `false` before a line, green or red on a terminal.
    pub(super) fn mark(self, holds: bool) -> &'static str {
        match (holds, self.colours) {
            (true, false) => "true ",
            (false, false) => "false",
            (true, true) => "\u{1b}[32mtrue \u{1b}[0m",
            (false, true) => "\u{1b}[31mfalse\u{1b}[0m",
        }
    }
}

/// The lines of the whole explanation.
pub(super) fn lines(explanation: &Explanation, style: Style) -> Vec<String> {
    let verdict = if explanation.matches {
        "the rule matches"
    } else {
        "the rule does not match"
    };
    let mut lines = vec![verdict.to_owned()];
    let log_source = if explanation.log_source_applies {
        "log source".to_owned()
    } else {
        printable(&explanation.log_source_words())
    };
    lines.push(format!(
        "  {} {log_source}",
        style.mark(explanation.log_source_applies)
    ));
    if let Some(problem) = &explanation.problem {
        lines.push(format!("  {}", printable(problem)));
    }
    node(&explanation.condition, 1, style, &mut lines);
    lines
}

fn node(part: &Node, depth: usize, style: Style, lines: &mut Vec<String>) {
    lines.push(line(part, depth, style));
    if part.label != "or" || style.all || part.children.len() <= ALTERNATIVES_MAX {
        for child in &part.children {
            node(child, depth + 1, style, lines);
        }
        return;
    }
    let (holding, other): (Vec<&Node>, Vec<&Node>) =
        part.children.iter().partition(|child| child.holds);
    let shown = if holding.is_empty() { &other } else { &holding };
    let shown = &shown[..shown.len().min(ALTERNATIVES_MAX / 2)];
    for child in shown {
        node(child, depth + 1, style, lines);
    }
    lines.push(format!(
        "{:indent$}… of {} alternatives {} hold; `explain --all` shows each",
        "",
        part.children.len(),
        holding.len(),
        indent = (depth + 1) * 2,
    ));
}

fn line(part: &Node, depth: usize, style: Style) -> String {
    let mut line = format!(
        "{:indent$}{} {}",
        "",
        style.mark(part.holds),
        printable(&part.label),
        indent = depth * 2
    );
    let is_predicate = part.children.is_empty() && !matches!(part.label.as_str(), "and" | "or");
    if !part.values.is_empty() {
        line.push_str("  <- ");
        line.push_str(&printable(&part.values.join(" | ")));
    } else if is_predicate && !part.holds && !part.label.starts_with("keyword") {
        line.push_str("  <- the event has no such field");
    }
    line
}

/// For tools.
pub(super) fn as_json(explanation: &Explanation) -> Json {
    let shown: Vec<String> = explanation.shown.iter().map(ToString::to_string).collect();
    json!({
        "matches": explanation.matches,
        "log_source": {
            "applies": explanation.log_source_applies,
            "asked": explanation.asked.to_string(),
            "shown": shown,
        },
        "problem": explanation.problem,
        "condition": node_json(&explanation.condition),
    })
}

fn node_json(node: &Node) -> Json {
    let children: Vec<Json> = node.children.iter().map(node_json).collect();
    json!({
        "label": node.label,
        "holds": node.holds,
        "values": node.values,
        "children": children,
    })
}

/// How near an event came to matching: whether it is looked at at all, then how many parts held.
pub(super) fn nearness(explanation: &Explanation) -> (bool, usize) {
    fn held(node: &Node) -> usize {
        usize::from(node.holds) + node.children.iter().map(held).sum::<usize>()
    }
    (explanation.log_source_applies, held(&explanation.condition))
}
