//! A document as the checks look at it: what it means, and where each part of it stands.

use vakt_event::LogSource;

use crate::ast::{Condition, Detection, Metadata, Search};
use crate::condition::{self, Expression};
use crate::correlation::{self, Draft};
use crate::detection;
use crate::diagnostic::Report;
use crate::document::{self, DocumentKind, Fields};
use crate::draft::{self, Finisher, Part};
use crate::filter::{self, Filter};
use crate::modifier::{self, Chain};
use crate::rule_test::{self, RuleTest};
use crate::source::Span;
use crate::value::{ItemReader, Lowering, Placeholders, field_name};
use crate::yaml::{Entry, Kind, Node};

/// The searches of a rule or filter, and the condition over them.
pub(super) struct Section {
    pub(super) searches: Vec<Search>,
    pub(super) condition: Condition,
}

/// One document, read as `load` reads it; parts that do not load are left out.
pub(super) struct Subject<'t> {
    pub(super) source: usize,
    pub(super) entries: Vec<Entry<'t>>,
    /// The first key.
    pub(super) start: Span,
    pub(super) kind: DocumentKind,
    pub(super) meta: Metadata,
    pub(super) log_source: Option<LogSource<'static>>,
    /// Of a rule or a filter.
    pub(super) section: Option<Section>,
    pub(super) searches: Vec<SearchLook>,
    /// The condition's texts, each with what it says and how it stands in the source.
    pub(super) conditions: Vec<ConditionLook>,
    pub(super) correlation: Option<Draft>,
    pub(super) filter: Option<Filter>,
    pub(super) tests: Vec<RuleTest>,
}

pub(super) struct SearchLook {
    pub(super) name: String,
    pub(super) span: Span,
    pub(super) items: Vec<ItemLook>,
    /// The members of a search that is a list.
    pub(super) members: Vec<(Span, Detection)>,
}

/// A field with its modifiers and values.
pub(super) struct ItemLook {
    /// `None` for a keyword.
    pub(super) field: Option<String>,
    pub(super) words: Vec<(String, Span)>,
    pub(super) key_span: Span,
    pub(super) chain: Chain,
    pub(super) values: Vec<ValueLook>,
    /// Which map of the search it stands in: those of one map must all hold.
    pub(super) map: usize,
}

pub(super) struct ValueLook {
    pub(super) text: String,
    pub(super) span: Span,
    pub(super) detection: Detection,
}

pub(super) struct ConditionLook {
    pub(super) expression: Expression,
    pub(super) text: String,
    pub(super) span: Span,
}

impl ItemLook {
    pub(super) fn modifier(&self, name: &str) -> Option<&Span> {
        self.words
            .iter()
            .find(|(word, _)| word == name)
            .map(|(_, span)| span)
    }
}

impl<'t> Subject<'t> {
    /// `None` for what is no rule, correlation or filter. `scratch` takes what `load` says already.
    pub(super) fn read(
        source: usize,
        entries: Vec<Entry<'t>>,
        start: usize,
        placeholders: &Placeholders,
        scratch: &mut Report<'_>,
    ) -> Option<Self> {
        let fields = Fields::new(&entries, &(start..start));
        let kind = document::kind(&fields, scratch)?;
        let meta = crate::metadata::read(&fields, scratch);
        let shared = Lowering::new(placeholders, Some(source));
        let tests = rule_test::read(&fields, scratch).tests;
        let mut subject = Self {
            source,
            start: fields.start.clone(),
            kind,
            meta,
            log_source: None,
            section: None,
            searches: Vec::new(),
            conditions: Vec::new(),
            correlation: None,
            filter: None,
            tests,
            entries: Vec::new(),
        };
        let mut key = "detection";
        match kind {
            DocumentKind::Correlation => subject.correlation = correlation::read(&fields, scratch),
            DocumentKind::Filter => {
                key = "filter";
                subject.filter = filter::read(&fields, &shared, scratch);
                subject.log_source = subject.filter.as_ref().map(|f| f.log_source.clone());
            }
            DocumentKind::Rule => {
                subject.log_source = crate::log_source::read(&fields, scratch);
            }
        }
        if let Some(section) = fields.get(key)
            && let Some(inner) = document::section(&section.value)
        {
            let inner: Vec<&Entry<'_>> = inner
                .iter()
                .filter(|entry| !(key == "filter" && entry.key == "rules"))
                .collect();
            let read = detection::read(&inner, &section.key_span, &shared, scratch);
            subject.section = read.map(|section| Section {
                searches: section
                    .searches
                    .into_iter()
                    .filter_map(|search| {
                        Some(Search {
                            name: search.name,
                            detection: lowered(search.part.as_ref()?, &shared),
                        })
                    })
                    .collect(),
                condition: section.condition,
            });
            let look = Look { shared: &shared };
            for entry in inner {
                match entry.key.as_ref() {
                    "condition" => look.conditions(entry, &mut subject.conditions),
                    "timeframe" => {}
                    _ => subject.searches.push(look.search(entry, scratch)),
                }
            }
        }
        subject.entries = entries;
        Some(subject)
    }

    pub(super) fn get(&self, key: &str) -> Option<&Entry<'t>> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// Where a finding about a key goes; the document's start where there is none.
    pub(super) fn key_span(&self, key: &str) -> &Span {
        self.get(key).map_or(&self.start, |entry| &entry.key_span)
    }

    /// The scalar at a key.
    pub(super) fn text(&self, key: &str) -> Option<(&str, &Span)> {
        let entry = self.get(key)?;
        text_of(&entry.value).map(|text| (text, &entry.value.span))
    }

    /// The scalars of a list, or the one scalar at the key.
    pub(super) fn texts(&self, key: &str) -> Vec<(&str, &Span)> {
        match self.get(key).map(|entry| &entry.value) {
            Some(Node {
                kind: Kind::List(items),
                ..
            }) => items
                .iter()
                .filter_map(|item| text_of(item).map(|text| (text, &item.span)))
                .collect(),
            Some(node) => text_of(node)
                .map(|text| (text, &node.span))
                .into_iter()
                .collect(),
            None => Vec::new(),
        }
    }

    /// `Title` at PATH:LINE.
    pub(super) fn place(&self) -> String {
        format!(
            "`{}` at {}:{}",
            self.meta.title, self.meta.path, self.meta.line
        )
    }
}

pub(super) fn text_of<'n>(node: &'n Node<'_>) -> Option<&'n str> {
    match &node.kind {
        Kind::Scalar(scalar) if !scalar.text.is_empty() => Some(&scalar.text),
        _ => None,
    }
}

/// Where the part of a condition stands in the source.
pub(super) fn locate(condition: &ConditionLook, part: &Span, report: &Report<'_>) -> Span {
    // Only the node's span is looked at.
    let node = Node {
        span: condition.span.clone(),
        kind: Kind::List(Vec::new()),
    };
    condition::locate(&node, &condition.text, part, report)
}

/// What a part means; what cannot be used in it is left out, and said by `load`.
fn lowered(part: &Part, shared: &Lowering<'_>) -> Detection {
    Finisher::new(shared.placeholders).part(part)
}

struct Look<'l> {
    shared: &'l Lowering<'l>,
}

impl Look<'_> {
    fn conditions(&self, entry: &Entry<'_>, into: &mut Vec<ConditionLook>) {
        let nodes = match &entry.value.kind {
            Kind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(&entry.value),
        };
        for node in nodes {
            if let Some(text) = text_of(node)
                && let Ok(expression) = condition::parse(text)
            {
                into.push(ConditionLook {
                    expression,
                    text: text.to_owned(),
                    span: node.span.clone(),
                });
            }
        }
    }

    fn search(&self, entry: &Entry<'_>, scratch: &mut Report<'_>) -> SearchLook {
        let mut look = SearchLook {
            name: entry.key.to_string(),
            span: entry.key_span.clone(),
            items: Vec::new(),
            members: Vec::new(),
        };
        let mut maps = 0;
        self.part(&entry.value, &mut look, &mut maps, scratch);
        if let Kind::List(items) = &entry.value.kind {
            for item in items {
                if let Some(part) = detection::search(item, &item.span, self.shared, scratch) {
                    let part = lowered(&part, self.shared);
                    look.members.push((item.span.clone(), part));
                }
            }
        }
        look
    }

    fn part(
        &self,
        node: &Node<'_>,
        look: &mut SearchLook,
        maps: &mut usize,
        scratch: &mut Report<'_>,
    ) {
        match &node.kind {
            Kind::Map(entries) => {
                *maps += 1;
                for entry in entries {
                    look.items.extend(self.item(entry, *maps, scratch));
                }
            }
            Kind::List(items) => {
                for item in items {
                    self.part(item, look, maps, scratch);
                }
            }
            Kind::Scalar(_) => {
                if let Some(chain) = modifier::read(&[], scratch) {
                    *maps += 1;
                    let mut item = self.empty(None, chain, &node.span, *maps);
                    self.values(node, &mut item, scratch);
                    look.items.push(item);
                }
            }
        }
    }

    fn empty(&self, field: Option<String>, chain: Chain, key_span: &Span, map: usize) -> ItemLook {
        ItemLook {
            field,
            words: Vec::new(),
            key_span: key_span.clone(),
            chain,
            values: Vec::new(),
            map,
        }
    }

    fn item(&self, entry: &Entry<'_>, map: usize, scratch: &mut Report<'_>) -> Option<ItemLook> {
        let words = detection::words(entry, scratch);
        let (field, modifiers) = words.split_first()?;
        let field = field_name(field.0);
        let chain = modifier::read(modifiers, scratch)?;
        let mut item = self.empty(
            (!field.is_empty()).then_some(field),
            chain,
            &entry.key_span,
            map,
        );
        item.words = modifiers
            .iter()
            .map(|(word, span)| ((*word).to_owned(), span.clone()))
            .collect();
        self.values(&entry.value, &mut item, scratch);
        Some(item)
    }

    fn values(&self, node: &Node<'_>, look: &mut ItemLook, scratch: &mut Report<'_>) {
        let Kind::List(items) = &node.kind else {
            return self.value(node, false, look, scratch);
        };
        for item in items {
            match &item.kind {
                Kind::List(_) => self.values(item, look, scratch),
                _ => self.value(item, true, look, scratch),
            }
        }
    }

    fn value(&self, node: &Node<'_>, listed: bool, look: &mut ItemLook, scratch: &mut Report<'_>) {
        let item = ItemReader {
            field: look.field.clone(),
            chain: look.chain.clone(),
            key_span: look.key_span.clone(),
            shared: self.shared,
        };
        if let Kind::Scalar(scalar) = &node.kind
            && let Some(value) = item.lower_value(node, listed, scratch)
        {
            // `neq` and `all` are matters of the item.
            let value = draft::Item {
                all: false,
                negated: false,
                ..item.item(vec![value])
            };
            let detection = lowered(&Part::Item(Box::new(value)), self.shared);
            look.values.push(ValueLook {
                text: scalar.text.to_string(),
                span: node.span.clone(),
                detection,
            });
        }
    }
}
