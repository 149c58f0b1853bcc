//! Turns of reports that come in: those of who is known, and few for strangers.
//!
//! Each report is in memory whole while it comes in. Who sends it may be nobody, and slow on purpose: what
//! strangers hold must never keep out those who have a credential.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::access::Caller;
use crate::error::{ApiError, ErrorCode};
use crate::report_rate::network;

/// Reports of senders with a credential that come in at one time, each up to 22 MiB.
const KNOWN_MAX: usize = 3;

/// Those of strangers, each up to 16 MiB: a form with a code in it is a stranger's until it is read.
const STRANGERS_MAX: usize = 4;

/// Those of strangers at one address (of IPv6 one /64). Behind a proxy that is all of them.
const PER_ADDRESS: usize = 2;

/// Who is sending now.
#[derive(Default)]
pub(crate) struct ReportTurns(Mutex<Held>);

#[derive(Default)]
struct Held {
    known: usize,
    /// By address; what has none is not in it.
    strangers: HashMap<u128, usize>,
}

/// A turn, until it is dropped.
pub(crate) struct Turn {
    turns: Arc<ReportTurns>,
    /// Whose it is; `None` is somebody known.
    stranger: Option<u128>,
}

impl ReportTurns {
    /// A turn for `caller` at `peer`.
    ///
    /// # Errors
    /// When all are taken.
    pub(crate) fn take(self: &Arc<Self>, caller: &Caller, peer: IpAddr) -> Result<Turn, ApiError> {
        let is_known = matches!(caller, Caller::Reporter(_) | Caller::Person(_));
        let stranger = (!is_known).then(|| network(peer));
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_free = match stranger {
            None => held.known < KNOWN_MAX,
            Some(address) => {
                let here = held.strangers.get(&address).copied().unwrap_or_default();
                held.strangers.values().sum::<usize>() < STRANGERS_MAX && here < PER_ADDRESS
            }
        };
        if !is_free {
            let message = "many reports come in at the moment";
            return Err(ApiError::new(ErrorCode::Busy, message));
        }
        match stranger {
            None => held.known += 1,
            Some(address) => *held.strangers.entry(address).or_default() += 1,
        }
        drop(held);
        Ok(Turn {
            turns: Arc::clone(self),
            stranger,
        })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let turns = &self.turns.0;
        let mut held = turns.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(address) = self.stranger else {
            held.known = held.known.saturating_sub(1);
            return;
        };
        if let Some(here) = held.strangers.get_mut(&address) {
            *here = here.saturating_sub(1);
            if *here == 0 {
                held.strangers.remove(&address);
            }
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
        let known = Caller::Reporter(ReportSender {
            token_id: 1,
            name: "acme".into(),
            of: ReportsOf::Own,
        });
        let here = "192.0.2.1".parse().unwrap();
        let own: Vec<Turn> = (0..KNOWN_MAX)
            .map(|_| turns.take(&known, here).unwrap())
            .collect();
        assert!(turns.take(&known, here).is_err());
        drop(own);
        drop(held);
        assert!(turns.take(&known, here).is_ok());
        assert!(at("192.0.2.1").is_ok());
        assert!(turns.0.lock().unwrap().strangers.is_empty());
    }
}
