//! The values of an event that it is grouped by, and the keys of groups made of them.

use vakt_event::Timestamp;

use super::budget::COMBINATIONS_MAX;
use crate::Record;
use crate::query::pipeline::Name;

/// A group: the beginning of its bucket where there are buckets, then its values, each with its
/// length before it, so that two groups never have one key.
pub(super) type Key = Box<[u8]>;

/// The values of one event for each field, distinct.
#[derive(Debug, Default)]
pub(super) struct Values {
    by_field: Vec<Vec<String>>,
}

impl Values {
    /// Takes the values of `record`; whether it has some of each field.
    pub(super) fn read(&mut self, record: &Record<'_>, by: &[Name]) -> bool {
        self.by_field.resize_with(by.len(), Vec::new);
        for (values, name) in self.by_field.iter_mut().zip(by) {
            values.clear();
            // A look that is never satisfied comes by every value.
            record.any_value(&name.canonical, |value| {
                values.push(value.to_owned());
                false
            });
            values.sort_unstable();
            values.dedup();
            if values.is_empty() {
                return false;
            }
        }
        true
    }

    /// Calls `take` with the key of each combination of the values; whether there were too many.
    pub(super) fn each_key(&self, bucket: Option<Timestamp>, mut take: impl FnMut(&[u8])) -> bool {
        let mut places = vec![0_usize; self.by_field.len()];
        let mut key = Vec::new();
        for _ in 0..COMBINATIONS_MAX {
            let values = self.by_field.iter().zip(&places);
            let values = values.filter_map(|(values, place)| values.get(*place));
            write(&mut key, bucket, values.map(String::as_str));
            take(&key);
            if !self.advance(&mut places) {
                return false;
            }
        }
        true
    }

    /// To the next combination, if there is one.
    fn advance(&self, places: &mut [usize]) -> bool {
        for (place, values) in places.iter_mut().zip(&self.by_field).rev() {
            *place += 1;
            if *place < values.len() {
                return true;
            }
            *place = 0;
        }
        false
    }
}

/// Writes the key of a group in place of what `key` held.
pub(super) fn write<'v>(
    key: &mut Vec<u8>,
    bucket: Option<Timestamp>,
    values: impl Iterator<Item = &'v str>,
) {
    key.clear();
    if let Some(bucket) = bucket {
        key.extend(bucket.micros().to_le_bytes());
    }
    for value in values {
        key.extend(value.len().to_le_bytes());
        key.extend(value.as_bytes());
    }
}

/// The bucket and the values of a key.
pub(super) fn read(key: &[u8], has_bucket: bool) -> (Option<Timestamp>, Vec<String>) {
    let mut rest = key;
    let mut bucket = None;
    if has_bucket && let Some((micros, after)) = rest.split_first_chunk() {
        bucket = Timestamp::from_micros(i64::from_le_bytes(*micros));
        rest = after;
    }
    let mut values = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk() {
        let length = usize::from_le_bytes(*length).min(after.len());
        let (value, after) = after.split_at(length);
        values.push(String::from_utf8_lossy(value).into_owned());
        rest = after;
    }
    (bucket, values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_were_written() {
        let bucket = Timestamp::from_seconds(-7);
        for values in [vec![], vec![""], vec!["a", "", "ö\0b"], vec!["ab"]] {
            for bucket in [None, bucket] {
                let mut key = vec![1, 2, 3];
                write(&mut key, bucket, values.iter().copied());
                let (read_bucket, read_values) = read(&key, bucket.is_some());
                assert_eq!(
                    (read_bucket, read_values),
                    (bucket, values.iter().map(|v| (*v).to_owned()).collect())
                );
            }
        }
    }

    #[test]
    fn combinations_are_bounded() {
        let count = |lengths: &[usize]| {
            let values = Values {
                by_field: lengths
                    .iter()
                    .map(|n| (0..*n).map(|v| v.to_string()).collect())
                    .collect(),
            };
            let mut keys = Vec::new();
            let is_cut = values.each_key(None, |key| keys.push(key.to_owned()));
            keys.sort_unstable();
            keys.dedup();
            (keys.len(), is_cut)
        };
        assert_eq!(count(&[]), (1, false));
        assert_eq!(count(&[2, 3]), (6, false));
        assert_eq!(count(&[10, 10, 10]), (1000, false));
        assert_eq!(count(&[10, 10, 11]), (1000, true));
    }
}
