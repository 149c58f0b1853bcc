//! A document of a rule file: its top-level keys, and whether it is a rule, a correlation or a
//! filter.

use crate::checks;
use crate::diagnostic::Report;
use crate::source::Span;
use crate::suggest;
use crate::yaml::{Entry, Kind, Node};

/// The entries of a map that was read, with the span to blame for what is missing.
pub(crate) struct Fields<'f, 't> {
    pub(crate) entries: &'f [Entry<'t>],
    /// The first key.
    pub(crate) start: Span,
}

impl<'f, 't> Fields<'f, 't> {
    pub(crate) fn new(entries: &'f [Entry<'t>], otherwise: &Span) -> Self {
        let start = entries
            .first()
            .map_or_else(|| otherwise.clone(), |entry| entry.key_span.clone());
        Self { entries, start }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&'f Entry<'t>> {
        self.entries.iter().find(|entry| entry.key == key)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DocumentKind {
    Rule,
    Correlation,
    Filter,
}

/// The top-level keys that the specification gives a meaning, and our own `vakt`.
pub(crate) const KEYS: [&str; 24] = [
    "title",
    "id",
    "related",
    "name",
    "taxonomy",
    "status",
    "description",
    "license",
    "author",
    "references",
    "date",
    "modified",
    "logsource",
    "detection",
    "fields",
    "falsepositives",
    "level",
    "tags",
    "scope",
    "correlation",
    "generate",
    "filter",
    "action",
    "vakt",
];

/// What a document is, by the section that it has. Other keys are the author's own affair, unless
/// they look like a known one misspelt.
pub(crate) fn kind(fields: &Fields<'_, '_>, report: &mut Report<'_>) -> Option<DocumentKind> {
    for entry in fields.entries {
        if KEYS.contains(&entry.key.as_ref()) {
            continue;
        }
        let free = KEYS.iter().copied().filter(|key| fields.get(key).is_none());
        if let Some(near) = suggest::nearest(&entry.key, free) {
            report.add(
                &checks::KEY_UNKNOWN,
                &entry.key_span,
                format!("`{}` is no key of the specification", entry.key),
                format!("did you mean `{near}`?"),
            );
        }
    }
    let kinds = [
        ("correlation", DocumentKind::Correlation),
        ("filter", DocumentKind::Filter),
        ("detection", DocumentKind::Rule),
        ("logsource", DocumentKind::Rule),
    ];
    if let (Some(_), Some(second)) = (fields.get("correlation"), fields.get("detection")) {
        report.add(
            &checks::DOCUMENT_KIND,
            &second.key_span,
            "a document is a rule or a correlation, and this one has `detection` and `correlation`",
            "put the rule into a document of its own, with `---` between them, and name it in the correlation's `rules`",
        );
        return None;
    }
    let kind = kinds
        .into_iter()
        .find(|(key, _)| fields.get(key).is_some())
        .map(|(_, kind)| kind);
    if kind.is_none() {
        report.add(
            &checks::DOCUMENT_KIND,
            &fields.start,
            "the document is neither a rule nor a correlation nor a filter",
            "a rule has `logsource` and `detection`, a correlation `correlation`, a filter `logsource` and `filter`",
        );
    }
    kind
}

/// The entries of a section that must be a map.
pub(crate) fn section<'f, 't>(node: &'f Node<'t>) -> Option<&'f [Entry<'t>]> {
    match &node.kind {
        Kind::Map(entries) => Some(entries),
        _ => None,
    }
}

/// An id from the content of a document without one, in the form of a UUID (version 8, RFC 9562
/// section 5.8): the same as long as its log source, detection, correlation, filter and title are.
pub(crate) fn derived_id(fields: &Fields<'_, '_>) -> String {
    let mut hash = Fnv::new();
    for key in [
        "title",
        "name",
        "logsource",
        "detection",
        "correlation",
        "filter",
    ] {
        if let Some(entry) = fields.get(key) {
            hash.take(key.as_bytes());
            hash.node(&entry.value);
        }
    }
    let bits = (hash.0 & !(0xf << 76) & !(0b11 << 62)) | (0x8 << 76) | (0b10 << 62);
    let hex = format!("{bits:032x}");
    let group = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)]
        .map(|(from, to)| group(from, to))
        .join("-")
}

/// FNV-1a with 128 bits: stable over versions of the compiler and of our dependencies. It guards
/// against nothing: who writes rules may also write their ids.
struct Fnv(u128);

impl Fnv {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

    fn new() -> Self {
        Self(Self::OFFSET)
    }

    fn take(&mut self, bytes: &[u8]) {
        // The length first, so that neighbours cannot run together.
        self.count(bytes.len());
        for byte in bytes {
            self.byte(*byte);
        }
    }

    fn count(&mut self, count: usize) {
        // The same on machines of every word size.
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        for byte in count.to_le_bytes() {
            self.byte(byte);
        }
    }

    fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ u128::from(byte)).wrapping_mul(Self::PRIME);
    }

    fn node(&mut self, node: &Node<'_>) {
        match &node.kind {
            Kind::Scalar(scalar) => {
                self.take(&[b's', u8::from(scalar.plain)]);
                self.take(scalar.text.as_bytes());
            }
            Kind::List(items) => {
                self.take(b"l");
                self.count(items.len());
                for item in items {
                    self.node(item);
                }
            }
            Kind::Map(entries) => {
                self.take(b"m");
                self.count(entries.len());
                for entry in entries {
                    self.take(entry.key.as_bytes());
                    self.node(&entry.value);
                }
            }
        }
    }
}
