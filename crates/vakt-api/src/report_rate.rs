//! How many reports are taken in an hour: by token, by address, and from strangers in all; and how many
//! attempts may fail beside them.
//!
//! Each report opens an incident that a person must look at, so that a flood of them is a denial of the
//! one thing that matters. What was refused opens none and is bounded apart, more widely: whoever mistypes
//! must still come through. The counts are in memory: a restart forgives.

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

/// Attempts of one sender or address that are refused within an hour: a program that is being set up, and
/// far from what costs anything. Strangers have no such bound in all, or some could lock out the others.
const REFUSED: u32 = 200;

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

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    since: Timestamp,
    taken: u32,
    refused: u32,
}

#[derive(Default)]
pub(crate) struct ReportRate(Mutex<HashMap<Who, Count>>);

/// The place of a report that is on its way. What is not kept counts as refused.
pub(crate) struct Place<'r> {
    rate: &'r ReportRate,
    whose: Vec<Who>,
    is_taken: bool,
}

impl ReportRate {
    /// A place for a report of `caller` at `peer`, as far as there are any.
    ///
    /// # Errors
    /// As many as may came within the hour, or were refused; it says when the hour is over.
    pub(crate) fn place(
        &self,
        caller: &Caller,
        peer: IpAddr,
        now: Timestamp,
    ) -> Result<Place<'_>, ApiError> {
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
            counts.retain(|_, count| !is_over(count.since, now));
        }
        let is_full = counts.len() + limits.len() > COUNTED_MAX;
        for (who, most) in &limits {
            let is_spent = |count: &Count| {
                count.taken >= *most || (*who != Who::Strangers && count.refused >= REFUSED)
            };
            match counts.get(who) {
                Some(count) if is_over(count.since, now) => {}
                Some(count) if is_spent(count) => return Err(too_many(count.since, now)),
                None if is_full => return Err(too_many(now, now)),
                _ => {}
            }
        }
        let whose: Vec<Who> = limits.into_iter().map(|(who, _)| who).collect();
        for who in &whose {
            let count = counts.entry(who.clone()).or_default();
            if is_over(count.since, now) {
                *count = Count {
                    since: now,
                    ..Count::default()
                };
            }
            count.taken += 1;
        }
        drop(counts);
        Ok(Place {
            rate: self,
            whose,
            is_taken: false,
        })
    }
}

impl Place<'_> {
    /// The report was taken.
    pub(crate) fn keep(mut self) {
        self.is_taken = true;
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if self.is_taken {
            return;
        }
        let counts = &self.rate.0;
        let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
        for who in &self.whose {
            if let Some(count) = counts.get_mut(who) {
                count.taken = count.taken.saturating_sub(1);
                count.refused = count.refused.saturating_add(1);
            }
        }
    }
}

/// A clock that was set back is no longer hour.
fn is_over(since: Timestamp, now: Timestamp) -> bool {
    !(0..HOUR_MICROS).contains(&now.micros_since(since))
}

/// The address, of IPv6 its first half: the rest is the sender's own choice.
pub(crate) fn network(peer: IpAddr) -> u128 {
    match peer.to_canonical() {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6) >> 64 << 64,
    }
}

fn too_many(since: Timestamp, now: Timestamp) -> ApiError {
    let over = since.saturating_add_micros(HOUR_MICROS);
    let seconds = over.micros_since(now).max(0) / MICROS_PER_SECOND + 1;
    ApiError::new(
        ErrorCode::TooManyReports,
        "the limit of reports within an hour is reached",
    )
    .with("retry_after_seconds", seconds)
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
            let tries = (0..tries).map(|_| rate.place(caller, peer, at(seconds)));
            tries.filter_map(Result::ok).map(Place::keep).count()
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
    fn what_is_refused_takes_no_place_and_is_bounded_apart() {
        let rate = ReportRate::default();
        let peer = "192.0.2.1".parse().unwrap();
        let refused = |seconds: i64| rate.place(&Caller::Anonymous, peer, at(seconds)).is_ok();
        assert_eq!((0..REFUSED + 9).filter(|_| refused(0)).count(), 200);
        let error = rate.place(&token(1), peer, at(10)).map(Place::keep);
        assert!(error.is_ok(), "somebody else");
        let error = rate.place(&Caller::Anonymous, peer, at(10)).err().unwrap();
        assert_eq!(error.extra[0].1, 3_591, "{error:?}");
        let elsewhere = "198.51.100.1".parse().unwrap();
        assert!(rate.place(&Caller::Anonymous, elsewhere, at(10)).is_ok());
        assert!(refused(3_600));
    }

    #[test]
    fn the_table_is_bounded() {
        let rate = ReportRate::default();
        let peer = "192.0.2.1".parse().unwrap();
        let mut id = 0;
        while let Ok(place) = rate.place(&token(id), peer, at(0)) {
            place.keep();
            id += 1;
        }
        assert_eq!(usize::try_from(id).unwrap(), COUNTED_MAX);
        assert!(rate.place(&token(id), peer, at(3_600)).is_ok());
        assert_eq!(rate.0.lock().unwrap().len(), 1);
    }
}
