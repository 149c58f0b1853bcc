//! The order in which values are sorted: numbers, times, addresses, then text without regard to
//! case; what is missing comes last either way.

use std::cmp::Ordering;
use std::net::IpAddr;

use serde_json::{Map, Value as Json};
use vakt_event::Timestamp;
use vakt_event::alias::canonical;

use crate::fold::fold;
use crate::query::pipeline::{Name, SortKey};
use crate::query::{Number, read_address, read_number, read_time};

/// A value in order. Equal values may be told apart by their text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Number(NumberPlace),
    Time(Timestamp),
    Address(IpAddr),
    /// Folded, and as it was sent where that differs.
    Text(String, Option<String>),
}

/// By the nearest float, then exactly: comparing whole numbers with floats alone is no total order.
#[derive(Clone, Copy, Debug)]
pub(super) struct NumberPlace {
    float: f64,
    whole: Option<i128>,
}

impl Ord for NumberPlace {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_float = self.float.total_cmp(&other.float);
        by_float.then_with(|| self.whole.cmp(&other.whole))
    }
}

impl PartialOrd for NumberPlace {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for NumberPlace {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for NumberPlace {}

impl Place {
    pub(super) fn of(value: &str) -> Self {
        if let Some(number) = read_number(value) {
            Self::Number(NumberPlace {
                float: number.as_f64(),
                whole: match number {
                    Number::Whole(number) => Some(number),
                    Number::Float(_) => None,
                },
            })
        } else if let Some(time) = read_time(value) {
            Self::Time(time)
        } else if let Some(address) = read_address(value) {
            Self::Address(address)
        } else {
            let folded = fold(value).into_owned();
            let sent = (folded != value).then(|| value.to_owned());
            Self::Text(folded, sent)
        }
    }

    /// The place of a cell or of a field of a hit; of several values, that of the first.
    pub(super) fn of_json(value: &Json) -> Option<Self> {
        match value {
            Json::Null => None,
            Json::String(text) => Some(Self::of(text)),
            Json::Array(values) => values.iter().find_map(Self::of_json),
            other => Some(Self::of(&other.to_string())),
        }
    }
}

/// How two values lie under one key.
pub(super) fn compare(a: Option<&Place>, b: Option<&Place>, is_descending: bool) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) if is_descending => b.cmp(a),
        (Some(a), Some(b)) => a.cmp(b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

/// Sorts by several keys; equal ones stay in their order.
pub(super) fn sort<T>(
    items: &mut Vec<T>,
    keys: &[SortKey],
    place: impl Fn(&T, usize) -> Option<Place>,
) {
    let mut placed: Vec<(Vec<Option<Place>>, T)> = items
        .drain(..)
        .map(|item| ((0..keys.len()).map(|key| place(&item, key)).collect(), item))
        .collect();
    placed.sort_by(|(a, _), (b, _)| compare_all(a, b, keys));
    items.extend(placed.into_iter().map(|(_, item)| item));
}

pub(super) fn compare_all(a: &[Option<Place>], b: &[Option<Place>], keys: &[SortKey]) -> Ordering {
    keys.iter()
        .zip(a.iter().zip(b))
        .map(|(key, (a, b))| compare(a.as_ref(), b.as_ref(), key.is_descending))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// The value of a field of a hit, under whichever of its names it stands.
pub(super) fn field<'h>(hit: &'h Map<String, Json>, name: &Name) -> Option<&'h Json> {
    let by_name = hit.get(&name.canonical);
    by_name.or_else(|| {
        hit.iter()
            .find(|(key, _)| canonical(key) == name.canonical)
            .map(|(_, value)| value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_lie_in_the_order_of_their_kinds() {
        let expected = [
            "-7",
            "-0.5",
            "2",
            "10",
            "9007199254740992",
            "9007199254740993",
            "2026-11-24T09:30:20Z",
            "2026-11-24T09:30:20.5Z",
            "9.0.0.1",
            "10.0.0.1",
            "::1",
            "a",
            "b",
            "B",
            "c",
        ];
        let mut places: Vec<(Place, &str)> = expected
            .into_iter()
            .rev()
            .map(|value| (Place::of(value), value))
            .collect();
        places.sort();
        let found: Vec<&str> = places.into_iter().map(|(_, value)| value).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_missing_comes_last() {
        let place = Place::of("1");
        assert_eq!(compare(None, Some(&place), false), Ordering::Greater);
        assert_eq!(compare(None, Some(&place), true), Ordering::Greater);
        assert_eq!(compare(None, None, true), Ordering::Equal);
    }
}
