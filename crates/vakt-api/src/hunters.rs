//! Who hunts now: one hunt a credential, and not many in all.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::access::Principal;
use crate::error::{ApiError, ErrorCode};

/// Those whose hunts are running.
#[derive(Clone)]
pub(crate) struct Hunters {
    running: Arc<Mutex<Vec<Hunter>>>,
    max: usize,
}

/// A person, by name and by the token that is used.
type Hunter = (String, Option<i64>);

/// The right to one hunt, until it is dropped.
pub(crate) struct License {
    hunters: Hunters,
    hunter: Hunter,
}

impl Hunters {
    pub(crate) fn new(max: usize) -> Self {
        Self {
            running: Arc::default(),
            max,
        }
    }

    /// # Errors
    /// The same credential hunts already, or as many hunt as may.
    pub(crate) fn license(&self, who: &Principal) -> Result<License, ApiError> {
        let hunter = (who.name.clone(), who.token_id);
        let mut running = self.running();
        if running.contains(&hunter) {
            let message = format!("a hunt of {} is running with this credential", who.name);
            return Err(ApiError::new(ErrorCode::HuntRunning, message));
        }
        if running.len() >= self.max {
            let message = format!("{} hunts are running, as many as may", self.max);
            return Err(ApiError::new(ErrorCode::TooManyHunts, message));
        }
        running.push(hunter.clone());
        Ok(License {
            hunters: self.clone(),
            hunter,
        })
    }

    fn running(&self) -> MutexGuard<'_, Vec<Hunter>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for License {
    fn drop(&mut self) {
        self.hunters
            .running()
            .retain(|running| *running != self.hunter);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Role;

    #[test]
    fn one_a_credential_and_not_many_in_all() {
        let hunters = Hunters::new(2);
        let ask = |name: &str, token_id: i64| {
            let who = Principal {
                name: name.to_owned(),
                role: Role::Analyst,
                streams: None,
                token_id: Some(token_id),
            };
            hunters.license(&who).map_err(|error| error.code)
        };
        let first = ask("vera", 1).unwrap();
        assert_eq!(ask("vera", 1).err(), Some(ErrorCode::HuntRunning));
        let second = ask("vera", 2).unwrap();
        assert_eq!(ask("bo", 3).err(), Some(ErrorCode::TooManyHunts));
        drop(first);
        let third = ask("bo", 3).unwrap();
        assert_eq!(ask("vera", 2).err(), Some(ErrorCode::HuntRunning));
        drop((second, third));
        assert!(hunters.running().is_empty());
    }
}
