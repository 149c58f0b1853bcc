//! `redact:`: what the index and every answer hold in place of what a field says of people.
//!
//! The journal keeps frames as they came. Whatever reads them for a search decodes them and then
//! takes out here what the rules name, so that words, columns, figures and hits are all of the
//! redacted event. Detection sees what was sent.
//!
//! Start with [`Rule`], then [`Redactor::redact`]; `hunt` finds a redacted value in other fields,
//! `flat` does the same to evidence.

mod flat;
mod hunt;
pub mod key;
mod table;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::HashMap;

use vakt_event::{Event, Value, ecs};
use vakt_storage::hex;

use hunt::Hunt;
use key::HashKey;
use table::Table;

/// What stands in place of a masked value; the query `field:"[redacted]"` finds it.
pub const MASK: &str = "[redacted]";

/// What a hashed value begins with.
const HASH_PREFIX: &str = "h:";

/// Bytes of a keyed hash that are shown: with a million different values, two of them are alike in
/// one installation of forty million.
const HASH_BYTES: usize = 8;

/// Fields that all rules together may name: each name is compared with those of every event.
pub const FIELDS_MAX: usize = 256;

/// Rises whenever the same rules make other events of the same frames: the index is then built again.
const VERSION: &str = "1";

/// What becomes of a field's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The field is not there.
    Drop,
    /// A fixed text stands there, [`MASK`].
    Mask,
    /// A keyed hash stands there: equal values have the same one.
    Hash,
}

impl Action {
    pub const ALL: [Self; 3] = [Self::Drop, Self::Mask, Self::Hash];

    pub fn name(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Mask => "mask",
            Self::Hash => "hash",
        }
    }
}

/// One item of `redact:`. Of several that name a field for a stream, the first counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// `None` is all of them.
    pub streams: Option<Vec<String>>,
    /// Canonical names ([`vakt_event::alias`]).
    pub fields: Vec<String>,
    pub action: Action,
}

/// Whether the field with the canonical name `name` is Vakt's own, which no rule may name.
pub fn is_own(name: &str) -> bool {
    let is_named = matches!(
        name,
        ecs::TIMESTAMP
            | ecs::EVENT_INGESTED
            | ecs::EVENT_ID
            | ecs::EVENT_ORIGINAL
            | ecs::ERROR_MESSAGE
    );
    is_named || name.starts_with("vakt.")
}

/// Redacts events; shared by all that decode for searches.
pub struct Redactor {
    /// Of streams that no rule names.
    others: Table,
    by_stream: HashMap<String, Table>,
    key: Option<HashKey>,
    digest: String,
}

impl Redactor {
    /// `key` is needed where a rule hashes.
    pub fn new(rules: &[Rule], key: Option<HashKey>) -> Self {
        let named = rules.iter().filter_map(|rule| rule.streams.as_deref());
        let by_stream: HashMap<String, Table> = named
            .flatten()
            .map(|stream| (stream.clone(), Table::of(rules, Some(stream))))
            .collect();
        let others = Table::of(rules, None);
        let digest = digest(&others, &by_stream, key.as_ref());
        Self {
            others,
            by_stream,
            key,
            digest,
        }
    }

    /// Names the rules, and the key that they use: two redactors with the same name make the same
    /// events.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Redacts an event of `stream`. Its `original` stays as it is.
    ///
    /// A value that is redacted is also replaced where it stands in other fields and in the
    /// problems (see `hunt`), by the mask where its field is dropped.
    pub fn redact(&self, stream: &str, event: &mut Event<'_>) {
        let table = self.table(stream);
        let is_named = |name: &str| table.action(name).is_some();
        let Some(first) = event.fields.iter().position(|field| is_named(&field.name)) else {
            return;
        };
        let mut hunt = Hunt::default();
        let mut has_dropped = false;
        for field in event.fields.iter_mut().skip(first) {
            let Some(action) = table.action(&field.name) else {
                continue;
            };
            has_dropped |= action == Action::Drop;
            if field.value.is_null() {
                continue;
            }
            let shown = self.shown(action, field.value.text());
            hunt.add(&field.value, &shown);
            field.value = Value::Str(shown);
        }
        if has_dropped {
            let is_dropped = |name: &str| table.action(name) == Some(Action::Drop);
            event.fields.retain(|field| !is_dropped(&field.name));
            event.layout = None;
        }
        if hunt.is_empty() {
            return;
        }
        for field in &mut event.fields {
            if !is_named(&field.name)
                && let Some(replaced) = hunt.replaced(field.value.text())
            {
                field.value = Value::Str(Cow::Owned(replaced));
            }
        }
        for problem in &mut event.problems {
            if let Some(replaced) = hunt.replaced(problem) {
                *problem = Cow::Owned(replaced);
            }
        }
    }

    fn table(&self, stream: &str) -> &Table {
        self.by_stream.get(stream).unwrap_or(&self.others)
    }

    /// What is shown in place of `value`; of a dropped field, elsewhere than there.
    fn shown(&self, action: Action, value: &str) -> Cow<'static, str> {
        match (action, &self.key) {
            (Action::Hash, Some(key)) => Cow::Owned(hash(key, value)),
            // Without a key nothing is told apart.
            (Action::Hash | Action::Drop | Action::Mask, _) => Cow::Borrowed(MASK),
        }
    }
}

fn hash(key: &HashKey, value: &str) -> String {
    let hash = blake3::keyed_hash(key.bytes(), value.as_bytes());
    let shown = hash.as_bytes().get(..HASH_BYTES).unwrap_or_default();
    format!("{HASH_PREFIX}{}", hex::encode(shown))
}

fn digest(others: &Table, by_stream: &HashMap<String, Table>, key: Option<&HashKey>) -> String {
    let mut streams: Vec<_> = by_stream.iter().collect();
    streams.sort_unstable_by_key(|(stream, _)| *stream);
    let mut text = format!("{VERSION}\n{others}");
    for (stream, table) in streams {
        text.push_str(&format!("stream {stream}\n{table}"));
    }
    let mut hasher = blake3::Hasher::new_derive_key("vakt 2026 rules of redaction");
    hasher.update(text.as_bytes());
    if let Some(key) = key {
        hasher.update(key.bytes());
    }
    hex::encode(hasher.finalize().as_bytes())
}
