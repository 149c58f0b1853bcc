//! `action: global|reset|repeat`: the documents of a file that lend their keys to others (rule
//! collections of Sigma 1, which old rules still use).

use crate::checks;
use crate::diagnostic::Report;
use crate::document::Fields;
use crate::yaml::{Entry, Kind, Node};

/// What the documents of one file inherit.
#[derive(Default)]
pub(crate) struct Collection<'t> {
    global: Vec<Entry<'t>>,
    previous: Vec<Entry<'t>>,
}

impl<'t> Collection<'t> {
    /// The document with what it inherits; `None` for one that only gives or takes back.
    pub(crate) fn take(
        &mut self,
        mut entries: Vec<Entry<'t>>,
        report: &mut Report<'_>,
    ) -> Option<Vec<Entry<'t>>> {
        let action = entries.iter().position(|entry| entry.key == "action");
        let Some(at) = action else {
            return Some(self.keep(overlay(&self.global, entries)));
        };
        let action = entries.remove(at);
        let word = match &action.value.kind {
            Kind::Scalar(scalar) => scalar.text.as_ref(),
            _ => "",
        };
        match word {
            "global" => {
                self.global = overlay(&self.global, entries);
                // `repeat` right after it repeats what it gives.
                self.previous.clone_from(&self.global);
                None
            }
            "reset" => {
                self.global.clear();
                if let Some(lost) = entries.iter().find(|entry| is_body(&entry.key)) {
                    report.add(
                        &checks::ACTION_UNKNOWN,
                        &lost.key_span,
                        format!(
                            "a document with `action: reset` is no rule, and this one has `{}`",
                            lost.key
                        ),
                        "put `---` between the two, so that the rule is a document of its own",
                    );
                }
                None
            }
            "repeat" => Some(self.keep(overlay(&self.previous, entries))),
            _ => {
                let fields = Fields::new(&entries, &action.key_span);
                let message = format!("`action: {word}` is not known");
                let help = if fields.get("detection").is_some() {
                    "remove it: a rule needs no action"
                } else {
                    "write one of global, reset, repeat"
                };
                report.add(&checks::ACTION_UNKNOWN, &action.value.span, message, help);
                None
            }
        }
    }

    fn keep(&mut self, entries: Vec<Entry<'t>>) -> Vec<Entry<'t>> {
        self.previous.clone_from(&entries);
        entries
    }
}

/// Whether a key holds what a document is there for.
fn is_body(key: &str) -> bool {
    matches!(key, "detection" | "correlation" | "filter")
}

/// `entries` over `base`: maps are joined key by key, anything else is replaced. The document's
/// own entries come first, so that what is missing is reported at its own first key.
fn overlay<'t>(base: &[Entry<'t>], mut entries: Vec<Entry<'t>>) -> Vec<Entry<'t>> {
    for inherited in base {
        match entries.iter_mut().find(|entry| entry.key == inherited.key) {
            None => entries.push(inherited.clone()),
            Some(own) => {
                if let (Kind::Map(under), Kind::Map(over)) =
                    (&inherited.value.kind, &mut own.value.kind)
                {
                    let joined = overlay(under, std::mem::take(over));
                    own.value = Node {
                        span: own.value.span.clone(),
                        kind: Kind::Map(joined),
                    };
                }
            }
        }
    }
    entries
}
