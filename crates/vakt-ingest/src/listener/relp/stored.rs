//! What was stored when the daemon ended without a word, and may come again.
//!
//! Which of it was answered is not known any more, nor which session sent what: those of one source
//! lie interleaved in the journal. But each of them comes again in its order, and before anything new.
//! So the first messages of a session are taken for stored as long as each of them is found behind the
//! one before it. Lines that repeat tell nothing by themselves: the first one must have been stored
//! only once, and so must the others, unless they follow at once; rather is a message stored twice
//! than one lost. Each is recognised once.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use vakt_event::Source;

use super::resent::AGE_MAX;

/// The newest messages of a source, at 16 bytes: thirty clients behind one address with rsyslog's window
/// of 128.
const MESSAGES_MAX: usize = 4096;

/// Sources of a listener: as many as may have been connected. What comes from others is not recognised.
const SOURCES_MAX: usize = 1024;

/// The last messages of all sources.
pub(super) struct Stored {
    sources: HashMap<Arc<Source>, Arc<Mutex<VecDeque<Message>>>>,
    since: Instant,
}

#[derive(Clone, Copy)]
struct Message {
    key: u64,
    came_again: bool,
}

/// A session that may begin with what is stored.
pub(super) struct Resending {
    /// In the order in which they were stored.
    messages: Arc<Mutex<VecDeque<Message>>>,
    /// Behind the message that was recognised last.
    at: Option<usize>,
}

impl Default for Stored {
    fn default() -> Self {
        Self {
            sources: HashMap::new(),
            since: Instant::now(),
        }
    }
}

impl Stored {
    /// Adds a message behind those that were stored before it.
    pub(super) fn add(&mut self, source: &Arc<Source>, key: u64) {
        if self.sources.len() >= SOURCES_MAX && !self.sources.contains_key(source) {
            return;
        }
        let messages = self.sources.entry(Arc::clone(source)).or_default();
        let mut messages = messages.lock().unwrap_or_else(PoisonError::into_inner);
        if messages.len() >= MESSAGES_MAX {
            messages.pop_front();
        }
        messages.push_back(Message {
            key,
            came_again: false,
        });
    }

    /// For a session that begins; `None` when nothing of its source is known.
    pub(super) fn resending(&self, source: &Source) -> Option<Resending> {
        let messages = self.sources.get(source)?;
        (self.since.elapsed() < AGE_MAX).then(|| Resending {
            messages: Arc::clone(messages),
            at: None,
        })
    }
}

impl Resending {
    /// Whether the next message of the session is stored already. After the first one that is not,
    /// none is.
    pub(super) fn is_stored(&mut self, key: u64) -> bool {
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |message: &Message| message.key == key && !message.came_again;
        let follows = self.at.filter(|at| messages.get(*at).is_some_and(fits));
        let found = follows.or_else(|| {
            let mut same = (0..).zip(messages.iter()).filter(|(_, one)| one.key == key);
            let (at, message) = same.next()?;
            let is_behind = self.at.is_none_or(|before| at >= before);
            (same.next().is_none() && is_behind && fits(message)).then_some(at)
        });
        let message = found.and_then(|at| messages.get_mut(at));
        if let Some(message) = message {
            message.came_again = true;
        }
        self.at = found.map(|at| at + 1);
        found.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vakt_event::Transport;

    fn source() -> Arc<Source> {
        Arc::new(Source {
            stream: "default".to_owned(),
            transport: Transport::Relp,
            listener: "relp".to_owned(),
            peer: Some("192.0.2.7".parse().unwrap()),
            zone: None,
            drill: false,
        })
    }

    fn stored(messages: &str) -> Stored {
        let mut stored = Stored::default();
        for message in messages.bytes() {
            stored.add(&source(), u64::from(message));
        }
        stored
    }

    /// How many of the first messages of a session are stored already.
    fn recognised(stored: &Stored, sent: &str) -> usize {
        let Some(mut session) = stored.resending(&source()) else {
            return 0;
        };
        sent.bytes()
            .take_while(|message| session.is_stored(u64::from(*message)))
            .count()
    }

    #[test]
    fn a_session_begins_with_what_is_stored() {
        let check = |held, sessions: &[(&str, usize)]| {
            let stored = stored(held);
            for (sent, expected) in sessions {
                assert_eq!(
                    recognised(&stored, sent),
                    *expected,
                    "{sent:?} after {held:?}"
                );
            }
        };
        check("", &[("a", 0)]);
        check("abcdef", &[("defg", 3), ("defg", 0), ("c", 1)]);
        check("abcdef", &[("g", 0), ("gf", 0)]);
        // Of two sessions, in either order.
        check("aAbBCcdD", &[("bcdx", 3), ("BCDx", 3)]);
        check("aAbBCcdD", &[("CDx", 2), ("abcdx", 4)]);
        // In another order than they were stored they are others.
        check("abcdef", &[("dc", 1)]);
        // Lines that repeat.
        check("xxxx", &[("xxxx", 0)]);
        check("abxxc", &[("bxxxd", 3)]);
        check("abxxc", &[("bxxcd", 4)]);
        check("xaxb", &[("xaxb", 0), ("axb", 3)]);
        check("xabx", &[("ax", 1)]);
    }

    #[test]
    fn other_sources_and_what_is_long_past_are_not_looked_at() {
        let mut stored = stored("a");
        let other = Source {
            peer: Some("192.0.2.8".parse().unwrap()),
            ..(*source()).clone()
        };
        assert!(stored.resending(&other).is_none());
        stored.since = Instant::now().checked_sub(AGE_MAX).unwrap();
        assert!(stored.resending(&source()).is_none());
    }

    #[test]
    fn the_newest_messages_are_remembered() {
        let mut stored = Stored::default();
        for key in 0..=MESSAGES_MAX as u64 {
            stored.add(&source(), key);
        }
        let is_stored = |key| stored.resending(&source()).unwrap().is_stored(key);
        assert!(!is_stored(0));
        assert!(is_stored(1));
        assert!(is_stored(MESSAGES_MAX as u64));
    }
}
