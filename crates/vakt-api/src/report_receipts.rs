//! What was answered to reports of the last hour, so that one that is sent twice is taken once: a double
//! click, a page that is loaded again, a program that heard no answer.
//!
//! A report is the same where its sender, the name that it was sent under (a form's, or the header
//! `Idempotency-Key`) and all that it says are. The table is in memory: a restart forgets.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::sync::OnceCell;
use vakt_event::Timestamp;
use vakt_event::time::MICROS_PER_SECOND;

use crate::access::Caller;
use crate::backend::NewReport;
use crate::error::ApiError;

/// How long an answer is remembered.
const HOUR_MICROS: i64 = 3_600 * MICROS_PER_SECOND;

/// Answers that are remembered; of more, the oldest is forgotten. Many times what the rates let in.
const KEPT_MAX: usize = 2_000;

/// Bytes of the name that a report is sent under; two of a UUID, with room.
pub(crate) const NAME_BYTES_MAX: usize = 128;

/// The hash of who sent what under which name.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key([u8; 32]);

impl Key {
    /// `None` where it was sent under no name: then each is another one.
    pub(crate) fn of(caller: &Caller, name: &str, report: &NewReport) -> Option<Self> {
        if name.is_empty() {
            return None;
        }
        let mut hasher = blake3::Hasher::new();
        let contact = report.contact.as_deref().unwrap_or_default();
        let texts = [name, &report.time, &report.description, contact];
        let kind = match caller {
            Caller::Person(_) => "person",
            Caller::Reporter(_) => "reporter",
            _ => "",
        };
        let mut add = |bytes: &[u8]| {
            hasher.update(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
            hasher.update(bytes);
        };
        add(kind.as_bytes());
        add(caller.name().as_bytes());
        texts.iter().for_each(|text| add(text.as_bytes()));
        for file in &report.files {
            add(file.name.as_bytes());
            add(&file.bytes);
        }
        Some(Self(*hasher.finalize().as_bytes()))
    }
}

/// What is remembered.
#[derive(Default)]
pub(crate) struct Receipts(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    answers: HashMap<Key, (Timestamp, Arc<OnceCell<Value>>)>,
    /// The number of a report's receipt, for the page that shows it.
    shown: HashMap<String, (Timestamp, String)>,
}

impl Receipts {
    /// The answer to the report with this key: the first one's, or what `take` gives. Of two at one time
    /// the second waits for the first; one that was refused is taken anew.
    ///
    /// # Errors
    /// Those of `take`.
    pub(crate) async fn once(
        &self,
        key: Option<Key>,
        now: Timestamp,
        take: impl Future<Output = Result<Value, ApiError>>,
    ) -> Result<Value, ApiError> {
        let Some(key) = key else {
            return take.await;
        };
        let cell = {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            make_room(&mut kept.answers, now, |(at, _)| *at);
            let (_, cell) = kept
                .answers
                .entry(key)
                .or_insert_with(|| (now, Arc::default()));
            Arc::clone(cell)
        };
        cell.get_or_try_init(|| take).await.cloned()
    }

    /// Remembers the receipt for the page of this name.
    pub(crate) fn show(&self, page: &str, receipt: &str, now: Timestamp) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut kept.shown, now, |(at, _)| *at);
        kept.shown
            .insert(page.to_owned(), (now, receipt.to_owned()));
    }

    /// The receipt for the page of this name, within the hour.
    pub(crate) fn shown(&self, page: &str, now: Timestamp) -> Option<String> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, receipt) = kept.shown.get(page)?;
        is_kept(*at, now).then(|| receipt.clone())
    }
}

/// Forgets what is older than an hour, and the oldest where there is no room for one more.
fn make_room<K: Clone + Eq + std::hash::Hash, V>(
    table: &mut HashMap<K, V>,
    now: Timestamp,
    at: impl Fn(&V) -> Timestamp,
) {
    table.retain(|_, value| is_kept(at(value), now));
    if table.len() >= KEPT_MAX {
        let oldest = table.iter().min_by_key(|(_, value)| at(value));
        if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
            table.remove(&oldest);
        }
    }
}

fn is_kept(at: Timestamp, now: Timestamp) -> bool {
    (0..HOUR_MICROS).contains(&now.micros_since(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn report(description: &str) -> NewReport {
        NewReport {
            time: String::new(),
            description: description.to_owned(),
            contact: None,
            files: Vec::new(),
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_800_000_000 + seconds).unwrap()
    }

    #[tokio::test]
    async fn the_same_report_is_taken_once_and_another_one_is_not_swallowed() {
        let receipts = Receipts::default();
        let taken = std::cell::Cell::new(0);
        let send = |name: &'static str, text: &'static str, seconds: i64| {
            let key = Key::of(&Caller::Anonymous, name, &report(text));
            receipts.once(key, at(seconds), async {
                taken.set(taken.get() + 1);
                Ok(json!(taken.get()))
            })
        };
        for (name, text, seconds, expected) in [
            ("a", "x", 0, 1),
            ("a", "x", 3_599, 1),
            ("a", "y", 3_599, 2),
            ("b", "x", 3_599, 3),
            ("a", "x", 3_600, 4),
            ("", "x", 3_600, 5),
            ("", "x", 3_600, 6),
        ] {
            let answer = send(name, text, seconds).await.unwrap();
            assert_eq!(answer, json!(expected), "{name} {text} {seconds}");
        }
    }

    #[tokio::test]
    async fn what_was_refused_is_taken_anew_and_the_table_is_bounded() {
        let receipts = Receipts::default();
        let key = Key::of(&Caller::Anonymous, "a", &report("x"));
        let busy = async { Err(ApiError::new(crate::error::ErrorCode::Busy, "busy")) };
        assert!(receipts.once(key, at(0), busy).await.is_err());
        assert!(
            receipts
                .once(key, at(0), async { Ok(json!(1)) })
                .await
                .is_ok()
        );
        for number in 0..KEPT_MAX {
            receipts.show(&number.to_string(), "R", at(1));
        }
        receipts.show("newest", "S", at(2));
        assert_eq!(receipts.shown("newest", at(3)).as_deref(), Some("S"));
        assert_eq!(receipts.0.lock().unwrap().shown.len(), KEPT_MAX);
        assert_eq!(receipts.shown("newest", at(4_000)), None);
    }
}
