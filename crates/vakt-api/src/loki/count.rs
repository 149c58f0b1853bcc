//! Counting events by labels.
//!
//! A label of several fields is counted field by field: the events that have the first, those
//! that have the second and not the first, …, and those that have none, which are the series
//! without the label. So each event counts once (one with several values of a field counts for
//! each of them).

use std::collections::BTreeMap;

use super::fields::{Fields, written};
use super::search::{Search, Times, count_of, text_of};
use crate::error::{ApiError, ErrorCode};

/// The labels of a series.
pub(crate) type Series = BTreeMap<String, String>;

/// The most groups of one count, as in Loki (`max_query_series`).
pub(crate) const GROUPS_MAX: usize = 500;

/// The most searches that one count becomes: each is a pass over what it counts.
const PARTS_MAX: usize = 32;

/// What is grouped by: labels that stand for the same fields are one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Grouping {
    keys: Vec<Key>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    labels: Vec<String>,
    /// As the query language names them.
    fields: Vec<String>,
}

/// Events that have one certain field of each key, or none of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    /// Conditions that make the parts disjoint, in the query language.
    conditions: Vec<String>,
    /// With the names of the label that the field's values are.
    fields: Vec<(String, Vec<String>)>,
}

impl Grouping {
    pub(super) fn new(labels: &[String], known: &Fields) -> Self {
        let mut keys: Vec<Key> = Vec::new();
        for label in labels {
            let fields = known.of(label);
            let fields: Vec<String> = fields.iter().map(|field| written(field).into()).collect();
            match keys.iter_mut().find(|key| key.fields == fields) {
                Some(key) => key.labels.push(label.clone()),
                None => keys.push(Key {
                    labels: vec![label.clone()],
                    fields,
                }),
            }
        }
        Self { keys }
    }

    /// How many fields a part is grouped by, at most.
    pub(super) fn width(&self) -> usize {
        self.keys.len()
    }

    /// The parts that together are all events.
    pub(super) fn parts(&self) -> Result<Vec<Part>, ApiError> {
        let mut parts = vec![Part::default()];
        for key in &self.keys {
            parts = parts.iter().flat_map(|part| part.divided_by(key)).collect();
            if parts.len() > PARTS_MAX {
                return Err(ApiError::new(
                    ErrorCode::InvalidQuery,
                    "these labels stand for too many fields to be counted together",
                )
                .with_help("group by fewer labels"));
            }
        }
        Ok(parts)
    }
}

impl Part {
    fn divided_by(&self, key: &Key) -> Vec<Self> {
        let mut parts = Vec::new();
        let mut rest = self.clone();
        for field in &key.fields {
            let mut part = rest.clone();
            part.conditions.push(format!("{field}:*"));
            part.fields.push((field.clone(), key.labels.clone()));
            parts.push(part);
            rest.conditions.push(format!("not {field}:*"));
        }
        parts.push(rest);
        parts
    }

    /// The events of `query` that are in this part.
    pub(super) fn of(&self, query: &str) -> String {
        match self.conditions.as_slice() {
            [] => query.to_owned(),
            conditions => format!("({query}) and {}", conditions.join(" and ")),
        }
    }

    pub(super) fn fields(&self) -> Vec<&str> {
        self.fields
            .iter()
            .map(|(field, _)| field.as_str())
            .collect()
    }

    /// The series of the values of [`Self::fields`].
    pub(super) fn series(&self, values: impl IntoIterator<Item = String>) -> Series {
        let mut series = Series::new();
        for ((_, labels), value) in self.fields.iter().zip(values) {
            for label in labels {
                series.insert(label.clone(), value.clone());
            }
        }
        series
    }
}

/// Counts, and whether there is more than was counted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) by_series: BTreeMap<Series, u64>,
    pub(crate) is_cut: bool,
}

/// How many events of `query` each series has.
pub(crate) fn count(
    search: &Search<'_>,
    query: &str,
    times: Times,
    labels: &[String],
    known: &Fields,
) -> Result<Counts, ApiError> {
    let mut counts = Counts::default();
    for part in Grouping::new(labels, known).parts()? {
        let query = part.of(query);
        let fields = part.fields();
        if fields.is_empty() {
            let total = search.total(&query, times)?;
            if total > 0 {
                *counts.by_series.entry(part.series([])).or_default() += total;
            }
            continue;
        }
        let command = format!("{query} | top {GROUPS_MAX} {}", fields.join(", "));
        let table = search.table(&command, times)?;
        counts.is_cut |= !table.cut.is_empty() || table.rows.len() == GROUPS_MAX;
        for row in &table.rows {
            let values = row
                .iter()
                .take(fields.len())
                .map(|cell| text_of(Some(cell)));
            *counts.by_series.entry(part.series(values)).or_default() +=
                count_of(row.get(fields.len()));
        }
    }
    Ok(counts)
}

/// The most values of a label that are listed.
pub(crate) const VALUES_MAX: usize = 1000;

/// The values of a label among the events of `query`, those with most events where there are more
/// than [`VALUES_MAX`]; sorted.
pub(crate) fn values(
    search: &Search<'_>,
    query: &str,
    times: Times,
    label: &str,
    known: &Fields,
) -> Result<Vec<String>, ApiError> {
    let mut values = std::collections::BTreeSet::new();
    for part in Grouping::new(&[label.to_owned()], known).parts()? {
        for field in part.fields() {
            let command = format!("{} | top {VALUES_MAX} {field}", part.of(query));
            let table = search.table(&command, times)?;
            values.extend(table.rows.iter().map(|row| text_of(row.first())));
        }
    }
    Ok(values.into_iter().take(VALUES_MAX).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each part is its query, its fields and the labels that their values "v" give.
    fn check(labels: &[&str], expected: &[(&str, &[&str], &str)]) {
        let labels: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
        let known = Fields::new(["a.b".to_owned(), "a-b".to_owned()]);
        let parts = Grouping::new(&labels, &known).parts().unwrap();
        let found: Vec<_> = parts
            .iter()
            .map(|part| {
                let fields = part.fields();
                let series = part.series(fields.iter().map(|_| "v".to_owned()));
                let names: Vec<String> = series.into_keys().collect();
                (part.of("q"), fields, names.join(" "))
            })
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(query, fields, names)| {
                ((*query).to_owned(), fields.to_vec(), (*names).to_owned())
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn parts_are_all_events_and_share_none() {
        check(&[], &[("q", &[], "")]);
        check(
            &["host_name"],
            &[
                ("(q) and host.name:*", &["host.name"], "host_name"),
                ("(q) and not host.name:*", &[], ""),
            ],
        );
        check(
            &["a_b"],
            &[
                ("(q) and a.b:*", &["a.b"], "a_b"),
                (r"(q) and not a.b:* and a\-b:*", &[r"a\-b"], "a_b"),
                (r"(q) and not a.b:* and not a\-b:*", &[], ""),
            ],
        );
        check(
            &["level", "detected_level"],
            &[
                (
                    "(q) and log.level:*",
                    &["log.level"],
                    "detected_level level",
                ),
                (
                    "(q) and not log.level:* and level:*",
                    &["level"],
                    "detected_level level",
                ),
                (
                    "(q) and not log.level:* and not level:* and log.syslog.severity.name:*",
                    &["log.syslog.severity.name"],
                    "detected_level level",
                ),
                (
                    "(q) and not log.level:* and not level:* and not log.syslog.severity.name:*",
                    &[],
                    "",
                ),
            ],
        );
        check(
            &["host_name", "user_name"],
            &[
                (
                    "(q) and host.name:* and user.name:*",
                    &["host.name", "user.name"],
                    "host_name user_name",
                ),
                (
                    "(q) and host.name:* and not user.name:*",
                    &["host.name"],
                    "host_name",
                ),
                (
                    "(q) and not host.name:* and user.name:*",
                    &["user.name"],
                    "user_name",
                ),
                ("(q) and not host.name:* and not user.name:*", &[], ""),
            ],
        );
    }

    #[test]
    fn too_many_parts_are_refused() {
        let labels: Vec<String> = ["service_name", "level", "host_name", "user_name"]
            .map(str::to_owned)
            .into();
        let error = Grouping::new(&labels, &Fields::new([]))
            .parts()
            .unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidQuery);
    }
}
