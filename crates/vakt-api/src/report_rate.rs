//! How many reports are taken in an hour: by token, by address, and from strangers in all.
//!
//! Each report opens an incident that a person must look at, so that a flood of them is a denial of the
//! one thing that matters. The counts are in memory: a restart forgives.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use vakt_event::Timestamp;
use vakt_event::time::MICROS_PER_SECOND;

use crate::access::Caller;
use crate::error::{ApiError, ErrorCode};

const HOUR_MICROS: i64 = 3_600 * MICROS_PER_SECOND;

/// Reports of one token or person within an hour: more than one who types.
const PER_SENDER: u32 = 20;

/// Anonymous reports from one address (of IPv6 one /64) within an hour.
const PER_ADDRESS: u32 = 5;

/// Anonymous reports within an hour in all, as many as somebody can read.
const ANONYMOUS: u32 = 30;

/// Senders and addresses that are counted at one time. With more, those whose hour is over are forgotten;
/// where none is, nobody new is let in.
const COUNTED_MAX: usize = 10_000;

/// Whose reports are counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Who {
    Token(i64),
    Person(String),
    Address(u128),
    Strangers,
}

/// Since when, and how many.
type Count = (Timestamp, u32);

#[derive(Default)]
pub(crate) struct ReportRate(Mutex<HashMap<Who, Count>>);

impl ReportRate {
    /// Counts a report of `caller` at `peer`.
    ///
    /// # Errors
    /// As many as may came within the hour; then it is not counted.
    pub(crate) fn count(
        &self,
        caller: &Caller,
        peer: IpAddr,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let limits: Vec<(Who, u32)> = match caller {
            Caller::Reporter(reporter) => vec![(Who::Token(reporter.token_id), PER_SENDER)],
            Caller::Anonymous => vec![
                (Who::Address(network(peer)), PER_ADDRESS),
                (Who::Strangers, ANONYMOUS),
            ],
            other => vec![(Who::Person(other.name().to_owned()), PER_SENDER)],
        };
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() + limits.len() > COUNTED_MAX {
            counts.retain(|_, (since, _)| !is_over(*since, now));
        }
        let is_full = counts.len() + limits.len() > COUNTED_MAX;
        for (who, most) in &limits {
            match counts.get(who) {
                Some((since, _)) if is_over(*since, now) => {}
                Some((_, count)) if count >= most => return Err(too_many()),
                None if is_full => return Err(too_many()),
                _ => {}
            }
        }
        for (who, _) in limits {
            let count = counts.entry(who).or_insert((now, 0));
            if is_over(count.0, now) {
                *count = (now, 0);
            }
            count.1 += 1;
        }
        Ok(())
    }
}

/// A clock that was set back is no longer hour.
fn is_over(since: Timestamp, now: Timestamp) -> bool {
    !(0..HOUR_MICROS).contains(&now.micros_since(since))
}

/// The address, of IPv6 its first half: the rest is the sender's own choice.
fn network(peer: IpAddr) -> u128 {
    match peer.to_canonical() {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6) >> 64 << 64,
    }
}

fn too_many() -> ApiError {
    ApiError::new(
        ErrorCode::TooManyReports,
        "as many reports as may came within the hour",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{ReportSender, ReportsOf};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_800_000_000 + seconds).unwrap()
    }

    fn token(id: i64) -> Caller {
        Caller::Reporter(ReportSender {
            token_id: id,
            name: "acme".into(),
            of: ReportsOf::Own,
        })
    }

    #[test]
    fn each_token_each_address_and_all_strangers_have_a_rate() {
        let rate = ReportRate::default();
        let taken = |caller: &Caller, peer: &str, seconds: i64, tries: usize| {
            let peer = peer.parse().unwrap();
            let tries = (0..tries).map(|_| rate.count(caller, peer, at(seconds)));
            tries.filter(Result::is_ok).count()
        };
        let here = "192.0.2.1";
        assert_eq!(taken(&token(1), here, 0, 30), 20);
        assert_eq!(
            taken(&token(2), here, 0, 30),
            20,
            "another token is another"
        );
        assert_eq!(taken(&token(1), here, 3_599, 1), 0);
        assert_eq!(taken(&token(1), here, 3_600, 30), 20);
        let nobody = Caller::Anonymous;
        assert_eq!(taken(&nobody, here, 0, 9), 5);
        assert_eq!(taken(&nobody, "2001:db8:1:2::1", 0, 9), 5);
        assert_eq!(
            taken(&nobody, "2001:db8:1:2:ffff::9", 0, 9),
            0,
            "the same /64"
        );
        for last in 2..9 {
            taken(&nobody, &format!("192.0.2.{last}"), 0, 5);
        }
        assert_eq!(taken(&nobody, "198.51.100.1", 0, 1), 0, "30 strangers");
        assert_eq!(taken(&nobody, "198.51.100.1", 3_600, 1), 1);
    }

    #[test]
    fn the_table_is_bounded() {
        let rate = ReportRate::default();
        let peer = "192.0.2.1".parse().unwrap();
        let mut id = 0;
        while rate.count(&token(id), peer, at(0)).is_ok() {
            id += 1;
        }
        assert_eq!(usize::try_from(id).unwrap(), COUNTED_MAX);
        assert!(rate.count(&token(id), peer, at(3_600)).is_ok());
        assert_eq!(rate.0.lock().unwrap().len(), 1);
    }
}
