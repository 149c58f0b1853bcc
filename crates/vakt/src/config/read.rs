//! Typed reading of YAML nodes, with every fault kept and its place.

use std::collections::BTreeSet;
use std::str::FromStr;

use vakt_rules::checks::Check;
use vakt_rules::yaml::{Kind, Node};
use vakt_rules::{Report, Severity, Span, nearest};

macro_rules! checks {
    ($($constant:ident $name:literal $meaning:literal)*) => {
        $(
            #[doc = $meaning]
            pub(super) static $constant: Check = Check {
                name: $name,
                severity: Severity::Error,
                meaning: $meaning,
            };
        )*
    };
}

checks! {
    CONFIG_TYPE "config-type" "A value has the wrong shape."
    CONFIG_VALUE "config-value" "A value is not one that the key can have."
    CONFIG_MISSING "config-missing" "A key that a section cannot do without is not there."
    CONFIG_FILE "config-file" "A file that the configuration names cannot be used."
    CONFIG_NO_EFFECT "config-no-effect" "What is written here would change nothing."
    CONFIG_UNKNOWN_KEY "config-unknown-key" "Nothing reads this key."
}

/// A mapping of the configuration while it is read: every key that is not asked for is unknown.
pub(super) struct Section<'n, 't> {
    /// Where it stands, for messages: `listeners`, `tls`, or empty for the whole file.
    name: &'static str,
    node: &'n Node<'t>,
    known: BTreeSet<&'static str>,
}

impl<'n, 't> Section<'n, 't> {
    /// The mapping that `node` is; anything else is a fault.
    pub(super) fn new(
        name: &'static str,
        node: &'n Node<'t>,
        report: &mut Report<'_>,
    ) -> Option<Self> {
        if let Kind::Map(_) = node.kind {
            return Some(Self {
                name,
                node,
                known: BTreeSet::new(),
            });
        }
        let what = if name.is_empty() {
            "the configuration"
        } else {
            name
        };
        report.add(
            &CONFIG_TYPE,
            &node.span,
            format!("{what} takes a mapping of keys to values, and this is none"),
            "write `key: value` lines",
        );
        None
    }

    pub(super) fn span(&self) -> &Span {
        &self.node.span
    }

    /// The value under `key`; an empty one counts as absent.
    pub(super) fn get(&mut self, key: &'static str) -> Option<&'n Node<'t>> {
        self.known.insert(key);
        let Kind::Map(entries) = &self.node.kind else {
            return None;
        };
        entries
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.value)
            .filter(|node| !is_null(node))
    }

    pub(super) fn text(&mut self, key: &'static str, report: &mut Report<'_>) -> Option<String> {
        text(key, self.get(key)?, report)
    }

    /// The value under `key` read by `FromStr`; `expected` says what it should be.
    pub(super) fn parsed<T: FromStr>(
        &mut self,
        key: &'static str,
        expected: &str,
        report: &mut Report<'_>,
    ) -> Option<T> {
        let node = self.get(key)?;
        let text = text(key, node, report)?;
        parsed(key, &text, node, expected, report)
    }

    pub(super) fn boolean(&mut self, key: &'static str, report: &mut Report<'_>) -> bool {
        self.parsed(key, "true or false", report).unwrap_or(false)
    }

    /// The items of the list under `key`; a single value counts as a list of one.
    pub(super) fn list(&mut self, key: &'static str) -> &'n [Node<'t>] {
        match self.get(key) {
            None => &[],
            Some(Node {
                kind: Kind::List(items),
                ..
            }) => items,
            Some(node) => std::slice::from_ref(node),
        }
    }

    /// The items of a list, each read by `FromStr`.
    pub(super) fn parsed_list<T: FromStr>(
        &mut self,
        key: &'static str,
        expected: &str,
        report: &mut Report<'_>,
    ) -> Vec<T> {
        self.list(key)
            .iter()
            .filter_map(|node| {
                let text = text(key, node, report)?;
                parsed(key, &text, node, expected, report)
            })
            .collect()
    }

    /// A value that the section cannot do without.
    pub(super) fn required(
        &mut self,
        key: &'static str,
        report: &mut Report<'_>,
    ) -> Option<String> {
        self.require(key, report);
        self.text(key, report)
    }

    /// Reports a key that the section cannot do without and that is not there.
    pub(super) fn require(&mut self, key: &'static str, report: &mut Report<'_>) {
        if self.get(key).is_none() {
            report.add(
                &CONFIG_MISSING,
                &self.node.span,
                format!("{} needs `{key}`", self.name),
                format!("add a line `{key}: …`"),
            );
        }
    }

    /// Reports the keys that nobody asked for.
    pub(super) fn finish(self, report: &mut Report<'_>) {
        let Kind::Map(entries) = &self.node.kind else {
            return;
        };
        for entry in entries {
            if self.known.contains(entry.key.as_ref()) {
                continue;
            }
            let help = match nearest(&entry.key, self.known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => {
                    let known: Vec<_> = self.known.iter().copied().collect();
                    format!("known keys here: {}", known.join(", "))
                }
            };
            report.add(
                &CONFIG_UNKNOWN_KEY,
                &entry.key_span,
                format!("unknown key `{}`", entry.key),
                help,
            );
        }
    }
}

fn is_null(node: &Node<'_>) -> bool {
    matches!(&node.kind, Kind::Scalar(scalar)
        if scalar.plain && matches!(scalar.text.as_ref(), "" | "~" | "null"))
}

pub(super) fn text(key: &str, node: &Node<'_>, report: &mut Report<'_>) -> Option<String> {
    if let Kind::Scalar(scalar) = &node.kind {
        return Some(scalar.text.clone().into_owned());
    }
    report.add(
        &CONFIG_TYPE,
        &node.span,
        format!("`{key}` takes a single value here, no list and no mapping"),
        "write it on one line behind the key",
    );
    None
}

fn parsed<T: FromStr>(
    key: &str,
    text: &str,
    node: &Node<'_>,
    expected: &str,
    report: &mut Report<'_>,
) -> Option<T> {
    let value = text.parse().ok();
    if value.is_none() {
        report.add(
            &CONFIG_VALUE,
            &node.span,
            format!("`{key}: {text}` is not {expected}"),
            format!("write {expected}"),
        );
    }
    value
}
