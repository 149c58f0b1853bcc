//! Messages that are stored already and come again, because their client did not hear so.
//!
//! A client whose connection broke sends all that it has no answer to over a new one, in the old
//! order and before anything else, under new numbers. What of it is durable is therefore the end of
//! what was stored of the broken session: if it had answers to the first `a` messages, and the
//! first `d` are durable, the new session begins with those from `a` to `d`. So for every session
//! that ended without a `close` its last messages are remembered, as hashes, and a new session of
//! the same source is taken for its continuation as long as its first messages, one by one, can be
//! such an end. Only when they have reached the end they are answered without being stored; as soon
//! as one does not fit, or nothing comes any more, all of them are stored.
//!
//! Messages that were not answered before the connection was seen to have ended must all come
//! again, so an end that lacks one of them is none. Of several ends that fit (lines that repeat) the
//! shortest is taken: rather is a message stored twice than one lost.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use vakt_event::Source;

use super::stored::{Resending, Stored};

/// Messages of a session that were answered, and whose answers may not have arrived: rsyslog has
/// 128 without an answer at most, unless it was told to have more.
pub(super) const ANSWERED_MAX: usize = 1024;

/// Messages of a session that were stored and not answered, at 8 bytes: more than fit into the
/// bytes that a session may have unanswered.
const UNANSWERED_MAX: usize = 4096;

/// Broken sessions of a listener that are remembered, the newest, at some kilobytes.
const TAILS_MAX: usize = 256;

/// An hour: rsyslog waits half of one at most before it tries again.
pub(super) const AGE_MAX: Duration = Duration::from_secs(60 * 60);

/// What the sessions of a listener may hear again.
#[derive(Default)]
pub(crate) struct Resent {
    keys: RandomState,
    stored: Stored,
    tails: Mutex<VecDeque<Arc<Tail>>>,
}

/// The end of a session that broke.
struct Tail {
    source: Arc<Source>,
    /// Its last messages that are durable, in their order.
    keys: Vec<u64>,
    /// How many of them were certainly not answered.
    unanswered: usize,
    since: Instant,
}

/// A session that may be the continuation of a broken one.
pub(super) struct Recognition {
    tails: Vec<Arc<Tail>>,
    /// Tails, and which of their messages would come next.
    fitting: Option<Vec<(Arc<Tail>, usize)>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// More must be seen.
    Open,
    /// All messages so far are stored already.
    Stored,
    /// They are new.
    New,
}

impl Resent {
    /// What stands for a message. The hash is keyed, so that nobody can make two that share it.
    pub(super) fn key(&self, message: &[u8]) -> u64 {
        self.keys.hash_one(message)
    }

    /// Adds what was stored before the daemon ended without a word, in its order.
    pub(crate) fn add_stored(&mut self, source: &Arc<Source>, message: &[u8]) {
        let key = self.key(message);
        self.stored.add(source, key);
    }

    /// For a session that begins; `None` when nothing of its source was stored before such an end.
    pub(super) fn resending(&self, source: &Source) -> Option<Resending> {
        self.stored.resending(source)
    }

    /// Remembers the end of a session that broke: what is durable of it, and how many of the last
    /// messages were not answered.
    pub(super) fn remember(&self, source: &Arc<Source>, keys: Vec<u64>, unanswered: usize) {
        if keys.is_empty() || unanswered > UNANSWERED_MAX {
            return;
        }
        let mut tails = self.tails();
        if tails.len() >= TAILS_MAX {
            tails.pop_front();
        }
        tails.push_back(Arc::new(Tail {
            source: Arc::clone(source),
            keys,
            unanswered,
            since: Instant::now(),
        }));
    }

    /// For a session that begins; `None` when none of its source is known to have broken.
    pub(super) fn recognition(&self, source: &Source) -> Option<Recognition> {
        let mut all = self.tails();
        all.retain(|tail| tail.since.elapsed() < AGE_MAX);
        let mine = all.iter().filter(|tail| *tail.source == *source);
        let tails: Vec<_> = mine.map(Arc::clone).collect();
        (!tails.is_empty()).then_some(Recognition {
            tails,
            fitting: None,
        })
    }

    /// The next message of a session.
    pub(super) fn judge(&self, recognition: &mut Recognition, key: u64) -> Verdict {
        match recognition.advance(key) {
            Some(None) => Verdict::Open,
            None => Verdict::New,
            // Each is continued once.
            Some(Some(ended)) => {
                let mut tails = self.tails();
                let before = tails.len();
                tails.retain(|tail| !Arc::ptr_eq(tail, &ended));
                if tails.len() < before {
                    Verdict::Stored
                } else {
                    Verdict::New
                }
            }
        }
    }

    fn tails(&self) -> MutexGuard<'_, VecDeque<Arc<Tail>>> {
        self.tails.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recognition {
    /// `None` when nothing fits any more; the tail that has come to its end, if one has.
    fn advance(&mut self, key: u64) -> Option<Option<Arc<Tail>>> {
        let fitting = match self.fitting.take() {
            None => self.tails.iter().flat_map(beginnings).collect(),
            Some(fitting) => fitting,
        };
        let fitting: Vec<_> = fitting
            .into_iter()
            .filter(|(tail, at)| tail.keys.get(*at) == Some(&key))
            .map(|(tail, at)| (tail, at + 1))
            .collect();
        let ended = fitting.iter().find(|(tail, at)| *at == tail.keys.len());
        if let Some((ended, _)) = ended {
            return Some(Some(Arc::clone(ended)));
        }
        let is_open = !fitting.is_empty();
        self.fitting = Some(fitting);
        is_open.then_some(None)
    }
}

/// Where a continuation of this tail may begin.
fn beginnings(tail: &Arc<Tail>) -> impl Iterator<Item = (Arc<Tail>, usize)> {
    let latest = tail.keys.len() - tail.unanswered.clamp(1, tail.keys.len());
    (0..=latest).map(|at| (Arc::clone(tail), at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use vakt_event::Transport;

    fn source(peer: &str) -> Arc<Source> {
        Arc::new(Source {
            stream: "default".to_owned(),
            transport: Transport::Relp,
            listener: "relp".to_owned(),
            peer: Some(peer.parse().unwrap()),
            zone: None,
            drill: false,
        })
    }

    /// Letters are messages. A session stored `stored` and broke, the last `unanswered` of them
    /// without an answer; of what a new one sends, so many are not stored again.
    fn recognised(stored: &str, unanswered: usize, sent: &str) -> usize {
        let resent = Resent::default();
        let source = source("192.0.2.7");
        resent.remember(&source, stored.bytes().map(u64::from).collect(), unanswered);
        recognised_by(&resent, &source, sent)
    }

    fn recognised_by(resent: &Resent, source: &Source, sent: &str) -> usize {
        let Some(mut recognition) = resent.recognition(source) else {
            return 0;
        };
        for (count, message) in sent.bytes().enumerate() {
            match resent.judge(&mut recognition, u64::from(message)) {
                Verdict::Open => {}
                Verdict::Stored => return count + 1,
                Verdict::New => return 0,
            }
        }
        0
    }

    #[test]
    fn a_session_begins_with_the_end_of_the_one_before() {
        let check = |stored, unanswered, sent, expected| {
            assert_eq!(
                recognised(stored, unanswered, sent),
                expected,
                "{sent:?} after {stored:?}, {unanswered} unanswered"
            );
        };
        check("abcdef", 2, "efgh", 2);
        check("abcdef", 2, "cdefgh", 4);
        check("abcdef", 0, "fgh", 1);
        check("abcdef", 6, "abcdef", 6);
        // Something is missing: these are others.
        check("abcdef", 2, "fgh", 0);
        check("abcdef", 0, "dfgh", 0);
        check("abcdef", 0, "cdegh", 0);
        check("abcdef", 0, "de", 0);
        check("abcdef", 0, "gdef", 0);
        check("abcdef", 0, "", 0);
        // Lines that repeat: the shortest end that holds all that were not answered.
        check("xxxx", 0, "xxxxx", 1);
        check("xxxx", 3, "xxxxx", 3);
        check("xyxy", 1, "xyxyz", 2);
        check("xyxy", 3, "xyxyz", 4);
    }

    #[test]
    fn each_end_belongs_to_its_source_and_is_continued_once() {
        let resent = Resent::default();
        let (one, other) = (source("192.0.2.7"), source("192.0.2.8"));
        let keys = |text: &str| text.bytes().map(u64::from).collect();
        resent.remember(&one, keys("abc"), 1);
        resent.remember(&one, keys("def"), 2);
        assert_eq!(recognised_by(&resent, &other, "cd"), 0);
        assert_eq!(recognised_by(&resent, &one, "x"), 0);
        assert_eq!(recognised_by(&resent, &one, "efg"), 2);
        assert_eq!(recognised_by(&resent, &one, "efg"), 0);
        assert_eq!(recognised_by(&resent, &one, "c"), 1);
        assert!(resent.recognition(&one).is_none());
    }

    #[test]
    fn two_sessions_at_once_do_not_share_an_end() {
        let resent = Resent::default();
        let one = source("192.0.2.7");
        resent.remember(&one, vec![1, 2], 2);
        let mut first = resent.recognition(&one).unwrap();
        let mut second = resent.recognition(&one).unwrap();
        assert_eq!(resent.judge(&mut first, 1), Verdict::Open);
        assert_eq!(resent.judge(&mut second, 1), Verdict::Open);
        assert_eq!(resent.judge(&mut second, 2), Verdict::Stored);
        assert_eq!(resent.judge(&mut first, 2), Verdict::New);
    }

    #[test]
    fn no_more_are_remembered_than_the_bound() {
        let resent = Resent::default();
        let one = source("192.0.2.7");
        for key in 0..300 {
            resent.remember(&one, vec![key], 1);
        }
        assert_eq!(resent.tails().len(), TAILS_MAX);
        let mut oldest = resent.recognition(&one).unwrap();
        assert_eq!(resent.judge(&mut oldest, 0), Verdict::New);
        let mut newest = resent.recognition(&one).unwrap();
        assert_eq!(resent.judge(&mut newest, 299), Verdict::Stored);
    }

    #[test]
    fn the_same_bytes_have_the_same_key() {
        let resent = Resent::default();
        assert_eq!(resent.key(b"<34>a"), resent.key(b"<34>a"));
        assert_ne!(resent.key(b"<34>a"), resent.key(b"<34>b"));
    }
}
