//! The `detection` section: its searches and its condition.

use crate::ast::Condition;
use crate::checks;
use crate::condition::{self, Expression, Name, Problem, ProblemKind, Quantifier};
use crate::diagnostic::Report;
use crate::draft::{Part, SearchDraft};
use crate::modifier;
use crate::obsolete;
use crate::scalar::{self, Resolved};
use crate::source::Span;
use crate::suggest;
use crate::value::{ItemReader, Lowering, field_name};
use crate::yaml::{Entry, Kind, Node};

/// The searches and the condition over them.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    pub(crate) searches: Vec<SearchDraft>,
    pub(crate) condition: Condition,
}

/// Searches of one rule.
const SEARCHES_MAX: usize = 1_000;
/// Mentions of searches in the conditions of one rule, its patterns written out.
const MENTIONS_MAX: usize = 20_000;

/// Reads the entries of a `detection`, or of a `filter` without its `rules`. `None` when
/// something in it was refused; then the report says what.
pub(crate) fn read(
    entries: &[&Entry<'_>],
    section_span: &Span,
    shared: &Lowering<'_>,
    report: &mut Report<'_>,
) -> Option<Section> {
    let mut whole = true;
    let mut searches = Vec::new();
    let mut spans = Vec::new();
    let mut read_searches = Vec::new();
    let mut condition = None;
    let mut timeframe = None;
    for entry in entries {
        match entry.key.as_ref() {
            "condition" => condition = Some(*entry),
            "timeframe" => timeframe = Some(*entry),
            _ => {
                let part = search(&entry.value, &entry.key_span, shared, report);
                if part.is_some() {
                    read_searches.push(&entry.value);
                }
                whole &= part.is_some();
                // A refused search keeps its name, so that the condition can be checked.
                searches.push(SearchDraft {
                    name: entry.key.to_string(),
                    part,
                });
                spans.push(entry.key_span.clone());
            }
        }
    }
    if let Some(entry) = timeframe {
        report.add(
            &checks::TIMEFRAME_OBSOLETE,
            &entry.key_span,
            "`timeframe` has no effect",
            "counting over time is the matter of a correlation rule: `correlation: {type: event_count, timespan: …}`",
        );
    }
    if searches.is_empty() {
        report.add(
            &checks::DETECTION_MISSING,
            section_span,
            "there is no search",
            "give one or more, for example `selection: {field: value}`",
        );
        return None;
    }
    if searches.len() > SEARCHES_MAX {
        report.add(
            &checks::DETECTION_SIZE,
            section_span,
            format!("there are {} searches, more than {SEARCHES_MAX}", searches.len()),
            "write the values of one field as a list in one search, or make several rules of this one",
        );
        return None;
    }
    let Some(entry) = condition else {
        let near = suggest::nearest("condition", searches.iter().map(|s| s.name.as_str()));
        let help = match near {
            Some(near) => format!("did you mean `condition` where `{near}` stands?"),
            None => format!(
                "add `condition: {}`",
                searches.first().map_or("selection", |s| s.name.as_str())
            ),
        };
        report.add(
            &checks::CONDITION_MISSING,
            section_span,
            "there is no condition",
            help,
        );
        return None;
    };
    // Not before: without a condition, a single text is most likely the condition, misspelt.
    for node in read_searches {
        search_type(node, report);
    }
    let mut resolver = Resolver {
        searches: &searches,
        used: vec![false; searches.len()],
        mentions: 0,
        timeframe: timeframe.and_then(|entry| text(&entry.value)),
    };
    let condition = resolver.section(entry, report)?;
    for ((search, span), used) in searches.iter().zip(&spans).zip(&resolver.used) {
        if !used {
            let near = suggest::nearest(&search.name, ["condition", "timeframe"])
                .map(|near| format!("did you mean `{near}`? Otherwise use it or remove it"))
                .unwrap_or_else(|| "use it in the condition or remove it".to_owned());
            let message = format!("the condition does not use `{}`", search.name);
            report.add(&checks::SEARCH_UNUSED, span, message, near);
        }
    }
    whole.then_some(Section {
        searches,
        condition,
    })
}

fn text<'n>(node: &'n Node<'_>) -> Option<&'n str> {
    match &node.kind {
        Kind::Scalar(scalar) => Some(&scalar.text),
        _ => None,
    }
}

/// Says what the schema forbids in a search though it is plain enough to run.
fn search_type(node: &Node<'_>, report: &mut Report<'_>) {
    let mut fault = |span: &Span, message: &str, help: &str| {
        report.add(&checks::SEARCH_TYPE, span, message, help);
    };
    let Kind::List(items) = &node.kind else {
        if matches!(&node.kind, Kind::Scalar(_)) {
            fault(
                &node.span,
                "a search is a map or a list, not a single value",
                "write a list of one keyword: begin a line with `- `",
            );
        }
        return;
    };
    for item in items {
        match &item.kind {
            Kind::Map(_) => {}
            Kind::List(_) => fault(
                &item.span,
                "a list in the list of a search",
                "write its entries into the outer list: both mean OR",
            ),
            Kind::Scalar(scalar) => match scalar::resolve(scalar) {
                Resolved::Null | Resolved::Text(_) => {}
                Resolved::Number(number) if number.value.fract() == 0.0 => {}
                Resolved::Number(_) | Resolved::Bool(_) => fault(
                    &item.span,
                    "a keyword is a text or a whole number",
                    "quote it",
                ),
            },
        }
    }
}

/// A search: a map is AND, a list is OR, plain values are keywords.
pub(crate) fn search(
    node: &Node<'_>,
    key_span: &Span,
    shared: &Lowering<'_>,
    report: &mut Report<'_>,
) -> Option<Part> {
    match &node.kind {
        Kind::Map(entries) if !entries.is_empty() => {
            let mut parts = Vec::with_capacity(entries.len());
            let mut whole = true;
            for entry in entries {
                match item(entry, shared, report) {
                    Some(part) => parts.push(part),
                    None => whole = false,
                }
            }
            whole.then_some(Part::All(parts))
        }
        Kind::List(items) if items.iter().any(|item| !is_scalar(item)) => {
            let mut parts = Vec::with_capacity(items.len());
            let mut whole = true;
            for part in items {
                match search(part, &part.span, shared, report) {
                    Some(part) => parts.push(part),
                    None => whole = false,
                }
            }
            whole.then_some(Part::Any(parts))
        }
        Kind::List(items) if !items.is_empty() => keywords(items, &node.span, shared, report),
        Kind::Scalar(scalar) if !(scalar.text.is_empty() && scalar.plain) => {
            keywords(std::slice::from_ref(node), &node.span, shared, report)
        }
        _ => {
            empty(key_span, report);
            None
        }
    }
}

fn empty(span: &Span, report: &mut Report<'_>) {
    report.add(
        &checks::SEARCH_EMPTY,
        span,
        "the search is empty",
        "give it fields with values (`field: value`), or a list of keywords",
    );
}

fn is_scalar(node: &Node<'_>) -> bool {
    matches!(node.kind, Kind::Scalar(_))
}

/// Plain values, of which one must stand in the event.
fn keywords(
    nodes: &[Node<'_>],
    span: &Span,
    shared: &Lowering<'_>,
    report: &mut Report<'_>,
) -> Option<Part> {
    let item = ItemReader {
        field: None,
        chain: modifier::read(&[], report)?,
        key_span: span.clone(),
        shared,
    };
    let mut values = Vec::with_capacity(nodes.len());
    for node in nodes {
        if matches!(&node.kind, Kind::Scalar(scalar) if scalar.text.is_empty() && scalar.plain) {
            empty(&node.span, report);
            continue;
        }
        // Faults of a keyword are shown at the keyword itself.
        let item = ItemReader {
            key_span: node.span.clone(),
            ..item.clone()
        };
        values.extend(item.lower_value(node, false, report));
    }
    (values.len() == nodes.len()).then(|| Part::Item(Box::new(item.item(values))))
}

/// The field and the modifiers of a key, each with its span.
pub(crate) fn words<'e>(entry: &'e Entry<'_>, report: &Report<'_>) -> Vec<(&'e str, Span)> {
    let mut words = Vec::new();
    // Where the source holds the key as it is, each modifier has a span of its own.
    let source = report.source.text.get(entry.key_span.clone());
    let quote = usize::from(source.is_some_and(|text| text.starts_with(['\'', '"'])));
    let verbatim = source
        .and_then(|text| text.get(quote..))
        .is_some_and(|text| text.starts_with(entry.key.as_ref()));
    let mut at = entry.key_span.start + quote;
    for word in entry.key.split('|') {
        let span = if verbatim {
            at..at + word.len()
        } else {
            entry.key_span.clone()
        };
        at += word.len() + 1;
        words.push((word, span));
    }
    words
}

/// `field|modifier|modifier: values`.
fn item(entry: &Entry<'_>, shared: &Lowering<'_>, report: &mut Report<'_>) -> Option<Part> {
    let words = words(entry, report);
    let (field, modifiers) = words.split_first()?;
    let field = field_name(field.0);
    let item = ItemReader {
        field: (!field.is_empty()).then_some(field),
        chain: modifier::read(modifiers, report)?,
        key_span: entry.key_span.clone(),
        shared,
    };
    let item = item.lower(&entry.value, report)?;
    Some(Part::Item(Box::new(item)))
}

/// Puts indices for the names of a condition.
struct Resolver<'r> {
    searches: &'r [SearchDraft],
    used: Vec<bool>,
    mentions: usize,
    /// The old `timeframe`, for the correlation that replaces an aggregation.
    timeframe: Option<&'r str>,
}

impl Resolver<'_> {
    fn section(&mut self, entry: &Entry<'_>, report: &mut Report<'_>) -> Option<Condition> {
        match &entry.value.kind {
            Kind::List(items) if !items.is_empty() => {
                let mut parts = Vec::new();
                let mut whole = true;
                for item in items {
                    match self.one(item, &entry.key_span, report) {
                        Some(part) => parts.push(part),
                        None => whole = false,
                    }
                }
                if parts.len() == 1 {
                    return whole.then(|| parts.remove(0));
                }
                whole.then_some(Condition::Any(parts))
            }
            _ => self.one(&entry.value, &entry.key_span, report),
        }
    }

    fn one(
        &mut self,
        node: &Node<'_>,
        key_span: &Span,
        report: &mut Report<'_>,
    ) -> Option<Condition> {
        let Some(text) = text(node) else {
            report.add(
                &checks::CONDITION_SYNTAX,
                key_span,
                "a condition is a text, or a list of texts of which one must hold",
                "write `condition: selection and not filter`",
            );
            return None;
        };
        match condition::parse(text) {
            Ok(expression) => self.resolve(&expression, node, text, report),
            Err(problems) => {
                for problem in problems {
                    self.refuse(&problem, node, text, key_span, report);
                }
                None
            }
        }
    }

    fn refuse(
        &self,
        problem: &Problem,
        node: &Node<'_>,
        text: &str,
        key_span: &Span,
        report: &mut Report<'_>,
    ) {
        let span = condition::locate(node, text, &problem.span, report);
        let (check, message, help) = match &problem.kind {
            ProblemKind::Empty => {
                report.add(
                    &checks::CONDITION_MISSING,
                    key_span,
                    "the condition is empty",
                    "write `condition: selection`",
                );
                return;
            }
            ProblemKind::Aggregation => (
                &checks::CONDITION_AGGREGATION,
                "aggregations are no part of a condition any more".to_owned(),
                obsolete::replacement(text, self.timeframe),
            ),
            ProblemKind::Case(lower) => (
                &checks::CONDITION_CASE,
                "operators are written in lower case".to_owned(),
                format!("write `{lower}`"),
            ),
            ProblemKind::Expected(expected, got) => (
                &checks::CONDITION_SYNTAX,
                format!("expected {expected}, not {got}"),
                "a condition joins searches with `and`, `or`, `not`, `1 of`, `all of` and parentheses".to_owned(),
            ),
            ProblemKind::Count(count) => (
                &checks::CONDITION_SYNTAX,
                format!("`{count} of` is not known"),
                "Sigma has `1 of`, `any of` and `all of`".to_owned(),
            ),
            ProblemKind::TooLarge => (
                &checks::CONDITION_SYNTAX,
                "the condition is too large or too deeply nested".to_owned(),
                "split the rule, or remove what changes nothing".to_owned(),
            ),
        };
        report.add(check, &span, message, help);
    }

    fn resolve(
        &mut self,
        expression: &Expression,
        node: &Node<'_>,
        text: &str,
        report: &mut Report<'_>,
    ) -> Option<Condition> {
        let mut parts = |this: &mut Self, parts: &[Expression]| -> Option<Vec<Condition>> {
            let resolved: Vec<Option<Condition>> = parts
                .iter()
                .map(|part| this.resolve(part, node, text, report))
                .collect();
            resolved.into_iter().collect()
        };
        match expression {
            Expression::All(all) => parts(self, all).map(Condition::All),
            Expression::Any(any) => parts(self, any).map(Condition::Any),
            Expression::Not(inner) => {
                let inner = self.resolve(inner, node, text, report)?;
                Some(Condition::Not(Box::new(inner)))
            }
            Expression::Search(name) => {
                let found = self.searches.iter().position(|s| s.name == name.text);
                if let Some(index) = found {
                    self.used[index] = true;
                    return Some(Condition::Search(index));
                }
                let known = self.searches.iter().map(|s| s.name.as_str());
                let near = (!report.is_full()).then(|| suggest::nearest(&name.text, known.clone()));
                let help = match near.flatten() {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!(
                        "the searches are {}",
                        known.take(20).collect::<Vec<_>>().join(", ")
                    ),
                };
                let span = condition::locate(node, text, &name.span, report);
                let message = format!("there is no search `{}`", name.text);
                report.add(&checks::CONDITION_SEARCH_UNKNOWN, &span, message, help);
                None
            }
            Expression::Of(quantifier, name) => self.of(*quantifier, name, node, text, report),
        }
    }

    fn of(
        &mut self,
        quantifier: Quantifier,
        name: &Name,
        node: &Node<'_>,
        text: &str,
        report: &mut Report<'_>,
    ) -> Option<Condition> {
        let them = name.text == "them";
        let mut found = Vec::new();
        for (index, search) in self.searches.iter().enumerate() {
            let fits = if them {
                !search.name.starts_with('_')
            } else {
                // A pattern is `them`, narrowed; names with an underscore are meant where it
                // begins with one.
                condition::fits(&name.text, &search.name)
                    && (!search.name.starts_with('_') || name.text.starts_with('_'))
            };
            if fits {
                self.used[index] = true;
                found.push(Condition::Search(index));
            }
        }
        self.mentions += found.len();
        if self.mentions > MENTIONS_MAX {
            let problem = Problem {
                span: name.span.clone(),
                kind: ProblemKind::TooLarge,
            };
            self.refuse(&problem, node, text, &node.span, report);
            return None;
        }
        if found.is_empty() {
            let span = condition::locate(node, text, &name.span, report);
            let known = self.searches.iter().map(|s| s.name.as_str());
            let help = format!(
                "the searches are {}; one that begins with `_` is not among `them`",
                known.take(20).collect::<Vec<_>>().join(", ")
            );
            let message = format!("`{}` matches no search", name.text);
            report.add(&checks::CONDITION_PATTERN_EMPTY, &span, message, help);
            return None;
        }
        Some(match (quantifier, found.len()) {
            (_, 1) => found.remove(0),
            (Quantifier::One, _) => Condition::Any(found),
            (Quantifier::All, _) => Condition::All(found),
        })
    }
}
