//! Turns of reports that come in: those of who is known, and few for strangers.
//!
//! Each report is in memory whole while it comes in. Who sends it may be nobody, and slow on purpose: what
//! strangers hold must never keep out those who have a credential.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::access::Caller;
use crate::error::{ApiError, ErrorCode};
use crate::report_rate::network;

/// Reports of senders with a credential that come in at one time, each up to 22 MiB.
const KNOWN_MAX: usize = 3;

/// Those of one token or person, so that who holds one keeps out no other.
const PER_SENDER: usize = 2;

/// Those of strangers, each up to 16 MiB: a form with a code in it is a stranger's until it is read.
const STRANGERS_MAX: usize = 4;

/// Those of strangers at one address (of IPv6 one /64). Behind a proxy that is all of them.
const PER_ADDRESS: usize = 2;

/// Who is sending now.
#[derive(Default)]
pub(crate) struct ReportTurns(Mutex<Held>);

#[derive(Default)]
struct Held {
    /// By who sends.
    known: HashMap<Sender, usize>,
    /// By address; what has none is not in it.
    strangers: HashMap<u128, usize>,
}

/// A turn, until it is dropped.
pub(crate) struct Turn {
    turns: Arc<ReportTurns>,
    whose: Whose,
}

/// A token by its number, or a person.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Sender {
    Token(i64),
    Person(String),
}

enum Whose {
    Known(Sender),
    Stranger(u128),
}

impl ReportTurns {
    /// A turn for `caller` at `peer`.
    ///
    /// # Errors
    /// When all are taken.
    pub(crate) fn take(self: &Arc<Self>, caller: &Caller, peer: IpAddr) -> Result<Turn, ApiError> {
        let whose = match caller {
            Caller::Reporter(sender) => Whose::Known(Sender::Token(sender.token_id)),
            Caller::Person(person) => Whose::Known(Sender::Person(person.name.clone())),
            _ => Whose::Stranger(network(peer)),
        };
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_taken = match &whose {
            Whose::Known(sender) => take_one(&mut held.known, sender, (KNOWN_MAX, PER_SENDER)),
            Whose::Stranger(address) => {
                take_one(&mut held.strangers, address, (STRANGERS_MAX, PER_ADDRESS))
            }
        };
        drop(held);
        if !is_taken {
            let message = "many reports come in at the moment";
            return Err(ApiError::new(ErrorCode::Busy, message));
        }
        Ok(Turn {
            turns: Arc::clone(self),
            whose,
        })
    }
}

/// Whether there was one of `all` turns, and of `own` for this one.
fn take_one<K: Clone + Eq + Hash>(
    held: &mut HashMap<K, usize>,
    key: &K,
    (all, own): (usize, usize),
) -> bool {
    let here = held.get(key).copied().unwrap_or_default();
    let is_free = held.values().sum::<usize>() < all && here < own;
    if is_free {
        held.insert(key.clone(), here + 1);
    }
    is_free
}

fn give_back<K: Eq + Hash>(held: &mut HashMap<K, usize>, key: &K) {
    if let Some(here) = held.get_mut(key) {
        *here = here.saturating_sub(1);
        if *here == 0 {
            held.remove(key);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let turns = &self.turns.0;
        let mut held = turns.lock().unwrap_or_else(PoisonError::into_inner);
        match &self.whose {
            Whose::Known(sender) => give_back(&mut held.known, sender),
            Whose::Stranger(address) => give_back(&mut held.strangers, address),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{ReportSender, ReportsOf};

    #[test]
    fn strangers_hold_few_turns_and_none_of_those_who_are_known() {
        let turns = Arc::new(ReportTurns::default());
        let at = |peer: &str| turns.take(&Caller::Anonymous, peer.parse().unwrap());
        let mut held: Vec<Turn> = Vec::new();
        for peer in ["192.0.2.1", "192.0.2.1", "2001:db8::1"] {
            held.push(at(peer).unwrap());
        }
        assert!(at("192.0.2.1").is_err(), "two of one address");
        held.push(at("2001:db8::2").unwrap());
        assert!(at("198.51.100.1").is_err(), "four strangers");
        let here = "192.0.2.1".parse().unwrap();
        let with = |token_id| {
            let sender = ReportSender {
                token_id,
                name: "acme".into(),
                of: ReportsOf::Own,
            };
            turns.take(&Caller::Reporter(sender), here)
        };
        let own = [with(1).unwrap(), with(1).unwrap()];
        assert!(with(1).is_err(), "two of one token");
        let other = with(2).unwrap();
        assert!(with(3).is_err(), "three with a credential");
        drop((own, other, held));
        assert!(with(1).is_ok());
        assert!(at("192.0.2.1").is_ok());
        let left = turns.0.lock().unwrap();
        assert!(left.strangers.is_empty() && left.known.is_empty());
    }
}
