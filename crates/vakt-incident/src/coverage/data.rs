//! The data file of the kinds: read, and checked for what the format alone cannot say.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::LogKind;
use crate::data_file::{DataFault, Faults, all};

/// The data format that this version reads.
const SCHEMA: u32 = 1;

const EXPLAINED: &str = "the head of the data that is compiled in explains the keys";

/// Why a data file of kinds cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the data of the kinds of logs cannot be used:\n{}", all(.0))]
pub struct LogKindsError(Vec<DataFault>);

/// What is known of the kinds.
#[derive(Clone, Debug)]
pub struct LogKinds {
    pub version: String,
    /// One for each, in the order of [`LogKind::ALL`].
    pub kinds: Vec<KindData>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindData {
    pub kind: LogKind,
    /// The letter in Annex 3.2.3.
    pub point: char,
    pub sv: String,
    pub en: String,
    /// Whether an asset is expected to give it that does not say otherwise.
    pub expected: bool,
    /// Hours without it, after which it is silent.
    pub silent_hours: u32,
    /// In the order of the file: the first field decides which alternatives are tried.
    pub(super) shown_by: Vec<Alternative>,
}

/// Fields and values that must all be there.
pub(super) type Alternative = Vec1<(String, Vec<String>)>;

/// A map in the order in which it is written; there is a first entry.
#[derive(Clone, Debug)]
pub(super) struct Vec1<T>(pub(super) T, pub(super) Vec<T>);

impl<'de> Deserialize<'de> for Alternative {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Alternative;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a map of fields to lists of values")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Self::Value, A::Error> {
                let empty = || serde::de::Error::custom("an alternative names no field");
                let first = map.next_entry()?.ok_or_else(empty)?;
                let mut rest = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    rest.push(entry);
                }
                Ok(Vec1(first, rest))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: Spanned<u32>,
    version: Spanned<String>,
    kinds: Vec<Spanned<KindData>>,
}

impl LogKinds {
    /// The data that is compiled in.
    pub fn embedded() -> &'static Self {
        static EMBEDDED: LazyLock<LogKinds> = LazyLock::new(|| {
            LogKinds::parse(include_str!("../../data/log_kinds.yaml"))
                .expect("the embedded data is read by a test")
        });
        &EMBEDDED
    }

    /// Reads a data file.
    ///
    /// # Errors
    /// All faults that can be told at once, each with its place.
    pub fn parse(text: &str) -> Result<Self, LogKindsError> {
        let mut faults = Faults::new(text, EXPLAINED);
        let file = faults.read(text).map(|file| resolve(file, &mut faults));
        faults.unless_any(file).map_err(LogKindsError)
    }

    pub fn of(&self, kind: LogKind) -> Option<&KindData> {
        self.kinds.get(kind.index())
    }
}

fn resolve(file: File, faults: &mut Faults<'_>) -> LogKinds {
    faults.check_schema(&file.schema, SCHEMA);
    faults.check_version(&file.version);
    let mut known: BTreeMap<LogKind, KindData> = BTreeMap::new();
    for one in file.kinds {
        let place = one.referenced;
        let kind = one.value.kind;
        if let Some(value) = starred(&one.value) {
            let message = format!("`{value}` of {kind} has a star in an alternative's first field");
            faults.add(place, message, "put the field behind one of whole values");
        }
        if known.insert(kind, one.value).is_some() {
            faults.add(
                place,
                format!("{kind} is written twice"),
                "keep one of them",
            );
        }
    }
    for kind in LogKind::ALL {
        if !known.contains_key(&kind) {
            let message = format!("{kind} is missing");
            faults.add(file.version.referenced, message, "write all twelve kinds");
        }
    }
    LogKinds {
        version: file.version.value,
        kinds: known.into_values().collect(),
    }
}

/// A value with a star in a field that takes whole values.
fn starred(data: &KindData) -> Option<&str> {
    let first = data.shown_by.iter().flat_map(|one| &one.0.1);
    let mut starred = first.filter(|value| value.contains('*'));
    starred.next().map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_data_has_the_twelve_points_in_their_order() {
        let data = LogKinds::embedded();
        let points: String = data.kinds.iter().map(|kind| kind.point).collect();
        assert_eq!(points, "abcdefghijkl");
        for (kind, data) in LogKind::ALL.into_iter().zip(&data.kinds) {
            assert_eq!(kind, data.kind);
            assert!(data.silent_hours > 0);
        }
    }

    #[test]
    fn faults_are_told_at_their_place() {
        let check = |text: &str, expected: &str| {
            let error = LogKinds::parse(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        let head = "schema: 1\nversion: \"1\"\nkinds:\n";
        let kind = |name: &str, shown_by: &str| {
            format!(
                "  - {{kind: {name}, point: a, sv: x, en: x, expected: true, silent_hours: 1, shown_by: {shown_by}}}\n"
            )
        };
        check(head, "kinds");
        let one = kind("resources", "[]");
        check(&format!("{head}{one}"), "network_traffic is missing");
        check(&format!("{head}{one}{one}"), "resources is written twice");
        check(
            &format!("{head}{}", kind("resource", "[]")),
            "did you mean `resources`?",
        );
        let starred = kind("resources", "[{message: [\"*oom*\"]}]");
        check(&format!("{head}{starred}"), "has a star");
        check(
            &format!("{head}{}", kind("resources", "[{}]")),
            "names no field",
        );
    }
}
