//! YAML text to a tree with spans: aliases and merge keys resolved, everything bounded.
//!
//! The tree is built on the parser inside serde-saphyr rather than through serde, because a rule
//! needs the span and the notation (plain or quoted) of every key and value, and because a broken
//! document must not hide the documents after it.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde_saphyr::granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, options};

use crate::source::Span;

/// Collections inside collections. A rule needs six.
const DEPTH_MAX: usize = 64;
/// Nodes of one file after its aliases are written out. The longest public rules have about 5,000.
const NODES_MAX: usize = 500_000;

#[derive(Clone, Debug)]
pub struct Node<'t> {
    pub span: Span,
    pub kind: Kind<'t>,
}

#[derive(Clone, Debug)]
pub enum Kind<'t> {
    Scalar(Scalar<'t>),
    List(Vec<Node<'t>>),
    Map(Vec<Entry<'t>>),
}

#[derive(Clone, Debug)]
pub struct Scalar<'t> {
    pub text: Cow<'t, str>,
    /// Written without quotes and not as a block: only then can it be null, a boolean or a number.
    pub plain: bool,
}

#[derive(Clone, Debug)]
pub struct Entry<'t> {
    pub key: Cow<'t, str>,
    pub key_span: Span,
    pub value: Node<'t>,
}

/// One document of a file.
pub struct Document<'t> {
    pub root: Node<'t>,
    pub faults: Vec<Fault>,
}

/// Something that YAML, or our bounds on it, forbid.
#[derive(Debug)]
pub struct Fault {
    pub span: Span,
    pub kind: FaultKind,
}

#[derive(Debug)]
pub enum FaultKind {
    /// What is wrong, and how it is mended.
    Syntax(String, &'static str),
    /// The key, and the line-independent span of its first use.
    DuplicateKey(String, Span),
    KeyNotScalar,
    MergeNotMap,
    UnknownAlias,
    /// `!text` and `&text`, of which YAML leaves nothing: the mark.
    Mark(char),
    TooDeep,
    TooLarge,
}

/// The parsed documents of a file, in order, and the faults that left no document.
pub fn parse(text: &str) -> (Vec<Document<'_>>, Vec<Fault>) {
    let options = options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        flow_nesting_limit: DEPTH_MAX,
        block_nesting_limit: DEPTH_MAX,
    };
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut builder = Builder::default();
    let mut documents = Vec::new();
    let mut broken = Vec::new();
    while let Some(next) = parser.next_event() {
        match next {
            Ok((event, span)) => {
                let span = span.byte_range().unwrap_or_default();
                builder.take(event, span.clone());
                if builder.nodes > NODES_MAX {
                    let kind = FaultKind::TooLarge;
                    broken.push(Fault { span, kind });
                    break;
                }
                if let Some(document) = builder.finished.take() {
                    documents.push(document);
                }
            }
            Err(error) => {
                broken.append(&mut builder.faults);
                broken.push(syntax_fault(&error, text.len()));
                builder = Builder {
                    nodes: builder.nodes,
                    ..Builder::default()
                };
                match parser.proceed_next_document() {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => {
                        broken.push(syntax_fault(&error, text.len()));
                        break;
                    }
                }
            }
        }
    }
    (documents, broken)
}

fn syntax_fault(error: &ScanError, text_len: usize) -> Fault {
    let at = error.marker().byte_offset().unwrap_or(0).min(text_len);
    let help = match error.kind() {
        ErrorKind::RecursionLimitExceeded => {
            return Fault {
                span: at..at,
                kind: FaultKind::TooDeep,
            };
        }
        ErrorKind::UnknownQuotedScalarEscape | ErrorKind::InvalidQuotedScalarHexEscape => {
            "in double quotes a backslash begins an escape: use single quotes, or write it twice"
        }
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation => "indent with spaces",
        _ => "check the indentation and the quotes here and on the line before",
    };
    Fault {
        span: at..at,
        kind: FaultKind::Syntax(error.info(), help),
    }
}

#[derive(Default)]
struct Builder<'t> {
    open: Vec<Open<'t>>,
    anchors: HashMap<usize, Anchored<'t>>,
    faults: Vec<Fault>,
    /// Nodes made so far in this file.
    nodes: usize,
    finished: Option<Document<'t>>,
}

/// A collection whose end has not come yet.
struct Open<'t> {
    start: usize,
    anchor: usize,
    /// [`Builder::nodes`] when it began.
    nodes_before: usize,
    /// Levels below this one.
    height: usize,
    items: Items<'t>,
}

enum Items<'t> {
    List(Vec<Node<'t>>),
    Map(Vec<Entry<'t>>, Option<PendingKey<'t>>),
}

struct PendingKey<'t> {
    /// `None` for a key that is a collection.
    key: Option<Scalar<'t>>,
    span: Span,
}

struct Anchored<'t> {
    node: Node<'t>,
    nodes: usize,
    height: usize,
}

impl<'t> Builder<'t> {
    fn take(&mut self, event: Event<'t>, span: Span) {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let custom = tag.as_ref().is_some_and(|tag| tag.handle() == "!");
                let is_text = tag.is_some_and(|tag| tag.is_yaml_core_schema_tag("str"));
                let plain = style == ScalarStyle::Plain && !is_text;
                // The parser writes `~` for a value that is not there.
                let text = if span.is_empty() && plain {
                    Cow::Borrowed("")
                } else {
                    text
                };
                let mark = match (custom, anchor) {
                    (true, _) => Some('!'),
                    (false, 1..) if plain && text.is_empty() => Some('&'),
                    _ => None,
                };
                if let Some(mark) = mark {
                    let span = span.clone();
                    self.faults.push(Fault {
                        span,
                        kind: FaultKind::Mark(mark),
                    });
                }
                let node = Node {
                    span,
                    kind: Kind::Scalar(Scalar { text, plain }),
                };
                self.nodes += 1;
                self.complete(node, anchor, 1, 0);
            }
            Event::SequenceStart(_, anchor, _) => {
                self.begin(span.start, anchor, Items::List(Vec::new()));
            }
            Event::MappingStart(_, anchor, _) => {
                self.begin(span.start, anchor, Items::Map(Vec::new(), None));
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(id) => self.alias(id, span),
            Event::UnresolvedAlias(_) => self.fault_as_null(span, FaultKind::UnknownAlias),
            _ => {}
        }
    }

    fn begin(&mut self, start: usize, anchor: usize, items: Items<'t>) {
        let nodes_before = self.nodes;
        self.nodes += 1;
        self.open.push(Open {
            start,
            anchor,
            nodes_before,
            height: 0,
            items,
        });
    }

    fn end(&mut self, span: Span) {
        let Some(open) = self.open.pop() else { return };
        let kind = match open.items {
            Items::List(items) => Kind::List(items),
            Items::Map(entries, _) => Kind::Map(self.merged(entries)),
        };
        let node = Node {
            span: open.start..span.end.max(open.start),
            kind,
        };
        let nodes = self.nodes - open.nodes_before;
        self.complete(node, open.anchor, nodes, open.height + 1);
    }

    fn alias(&mut self, id: usize, span: Span) {
        // An anchor is stored when its node is complete, so a node that holds itself is unknown.
        let Some(anchored) = self.anchors.get(&id) else {
            return self.fault_as_null(span, FaultKind::UnknownAlias);
        };
        if self.open.len() + anchored.height > DEPTH_MAX {
            return self.fault_as_null(span, FaultKind::TooDeep);
        }
        let (nodes, height) = (anchored.nodes, anchored.height);
        if self.nodes + nodes > NODES_MAX {
            // The loop over the events sees the excess and stops.
            self.nodes += nodes;
            return;
        }
        let node = anchored.node.clone();
        self.nodes += nodes;
        self.complete(node, 0, nodes, height);
    }

    fn fault_as_null(&mut self, span: Span, kind: FaultKind) {
        self.faults.push(Fault {
            span: span.clone(),
            kind,
        });
        let scalar = Scalar {
            text: Cow::Borrowed(""),
            plain: true,
        };
        let node = Node {
            span,
            kind: Kind::Scalar(scalar),
        };
        self.nodes += 1;
        self.complete(node, 0, 1, 0);
    }

    /// Hands a finished node to the collection around it, or ends the document.
    fn complete(&mut self, node: Node<'t>, anchor: usize, nodes: usize, height: usize) {
        if anchor != 0 {
            let node = node.clone();
            self.anchors.insert(
                anchor,
                Anchored {
                    node,
                    nodes,
                    height,
                },
            );
            // The copy kept for aliases counts as well.
            self.nodes += nodes;
        }
        let Some(parent) = self.open.last_mut() else {
            self.anchors.clear();
            self.finished = Some(Document {
                root: node,
                faults: std::mem::take(&mut self.faults),
            });
            return;
        };
        parent.height = parent.height.max(height);
        match &mut parent.items {
            Items::List(items) => items.push(node),
            Items::Map(_, pending @ None) => {
                let span = node.span;
                let key = match node.kind {
                    Kind::Scalar(scalar) => Some(scalar),
                    Kind::List(_) | Kind::Map(_) => {
                        self.faults.push(Fault {
                            span: span.clone(),
                            kind: FaultKind::KeyNotScalar,
                        });
                        None
                    }
                };
                *pending = Some(PendingKey { key, span });
            }
            Items::Map(entries, pending) => {
                if let Some(PendingKey {
                    key: Some(key),
                    span,
                }) = pending.take()
                {
                    entries.push(Entry {
                        key: key.text,
                        key_span: span,
                        value: node,
                    });
                }
            }
        }
    }

    /// The entries with `<<` written out (an entry of its own wins), duplicates reported.
    fn merged(&mut self, entries: Vec<Entry<'t>>) -> Vec<Entry<'t>> {
        let mut seen: HashMap<Cow<'t, str>, Span> = HashMap::with_capacity(entries.len());
        let mut own = Vec::with_capacity(entries.len());
        let mut merges = Vec::new();
        for entry in entries {
            if entry.key == "<<" {
                merges.push(entry);
                continue;
            }
            if let Some(first) = seen.get(&entry.key) {
                let kind = FaultKind::DuplicateKey(entry.key.to_string(), first.clone());
                self.faults.push(Fault {
                    span: entry.key_span,
                    kind,
                });
                continue;
            }
            seen.insert(entry.key.clone(), entry.key_span.clone());
            own.push(entry);
        }
        let mut taken: HashSet<Cow<'t, str>> = seen.into_keys().collect();
        for merge in merges {
            let sources = match merge.value.kind {
                Kind::List(items) => items,
                _ => vec![merge.value],
            };
            for source in sources {
                let Kind::Map(entries) = source.kind else {
                    self.faults.push(Fault {
                        span: source.span,
                        kind: FaultKind::MergeNotMap,
                    });
                    continue;
                };
                for entry in entries {
                    if taken.insert(entry.key.clone()) {
                        own.push(entry);
                    }
                }
            }
        }
        own
    }
}
