//! Which log sources have ever been seen, and when last: whether a rule has anything to look at.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{PoisonError, RwLock};

use serde::{Deserialize, Serialize};
use vakt_event::{LogSource, Timestamp};

/// Log sources that are remembered. The tables of Vakt know some two hundred; the rest is what
/// senders declare, which must not grow without end.
pub const LOG_SOURCES_MAX: usize = 1_000;

/// The log sources that events have shown since the first start.
#[derive(Debug, Default)]
pub struct SeenLogSources {
    /// With the time of the newest event, in microseconds since the epoch.
    seen: RwLock<BTreeMap<LogSource<'static>, AtomicI64>>,
}

/// A log source as the records keep it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenRow {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub product: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub category: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub service: Option<String>,
    /// Microseconds since the epoch.
    pub last: i64,
}

impl SeenLogSources {
    /// An event with these log sources came at `time`. Beyond [`LOG_SOURCES_MAX`] new ones are not
    /// remembered: those of before are the more likely to be real.
    pub fn observe(&self, shown: &[LogSource<'_>], time: Timestamp) {
        let mut new = false;
        {
            let seen = self.seen.read().unwrap_or_else(PoisonError::into_inner);
            for log_source in shown {
                match seen.get(log_source) {
                    Some(last) => {
                        last.fetch_max(time.micros(), Ordering::Relaxed);
                    }
                    None => new |= seen.len() < LOG_SOURCES_MAX,
                }
            }
        }
        if new {
            let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
            for log_source in shown {
                let log_source = log_source.clone().into_owned();
                if seen.len() < LOG_SOURCES_MAX || seen.contains_key(&log_source) {
                    seen.entry(log_source)
                        .or_default()
                        .fetch_max(time.micros(), Ordering::Relaxed);
                }
            }
        }
    }

    /// When an event that satisfies `asked` came last; `None` where none ever did.
    pub fn last(&self, asked: &LogSource<'_>) -> Option<Timestamp> {
        let seen = self.seen.read().unwrap_or_else(PoisonError::into_inner);
        seen.iter()
            .filter(|(shown, _)| shown.satisfies(asked))
            .map(|(_, last)| last.load(Ordering::Relaxed))
            .max()
            .map(|micros| Timestamp::default().saturating_add_micros(micros))
    }

    pub fn rows(&self) -> Vec<SeenRow> {
        let seen = self.seen.read().unwrap_or_else(PoisonError::into_inner);
        let owned = |part: &Option<std::borrow::Cow<'_, str>>| part.as_deref().map(str::to_owned);
        seen.iter()
            .map(|(log_source, last)| SeenRow {
                product: owned(&log_source.product),
                category: owned(&log_source.category),
                service: owned(&log_source.service),
                last: last.load(Ordering::Relaxed),
            })
            .collect()
    }

    /// Adds what was kept.
    pub fn restore(&self, rows: &[SeenRow]) {
        for row in rows {
            let part = |part: &Option<String>| part.clone().map(Into::into);
            let log_source = LogSource {
                product: part(&row.product),
                category: part(&row.category),
                service: part(&row.service),
            };
            let last = Timestamp::default().saturating_add_micros(row.last);
            self.observe(&[log_source], last);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_is_remembered_within_bounds_and_over_a_restart() {
        let at = |seconds: i64| Timestamp::default().saturating_add_micros(seconds * 1_000_000);
        let seen = SeenLogSources::default();
        let sshd = LogSource::of("linux", "", "sshd");
        seen.observe(std::slice::from_ref(&sshd), at(20));
        seen.observe(std::slice::from_ref(&sshd), at(10));
        for number in 0..LOG_SOURCES_MAX {
            let declared = LogSource {
                service: Some(format!("s{number}").into()),
                ..LogSource::default()
            };
            seen.observe(&[declared], at(5));
        }
        assert_eq!(seen.rows().len(), LOG_SOURCES_MAX);
        let again = SeenLogSources::default();
        again.restore(&seen.rows());
        let check = |asked: LogSource<'_>, expected: Option<i64>| {
            let expected = expected.map(at);
            assert_eq!(again.last(&asked), expected, "{asked}");
        };
        check(LogSource::of("linux", "", ""), Some(20));
        check(sshd, Some(20));
        check(LogSource::of("", "", "s7"), Some(5));
        check(LogSource::of("windows", "", ""), None);
        check(LogSource::of("", "", "s999"), None);
    }
}
