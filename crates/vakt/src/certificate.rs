//! Whether the certificate of the listeners is valid, and for how long.

use std::path::Path;

use vakt_event::Timestamp;

/// So long before its end it is said: time for a person, where a program should have renewed it long ago
/// (at a third of ninety days).
const WARNED_BEFORE_DAYS: i64 = 30;

const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

/// What is wrong with the end of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Valid, or it cannot be told.
    Good,
    EndsSoon(String),
    Expired(String),
}

/// How the certificate in a file stands at `now`. What cannot be read is said by whoever loads it.
pub(crate) fn standing(certificate: &Path, now: Timestamp) -> Standing {
    let Ok(Some(not_after)) = vakt_ingest::tls::not_after(certificate) else {
        return Standing::Good;
    };
    standing_of(&certificate.display().to_string(), not_after, now)
}

fn standing_of(path: &str, not_after: Timestamp, now: Timestamp) -> Standing {
    let left = not_after.micros_since(now);
    let at = not_after.to_jiff();
    if left < 0 {
        return Standing::Expired(format!(
            "the certificate {path} has expired, at {at}: senders and browsers that check it refuse the \
             connection; put a new one in its place and send SIGHUP"
        ));
    }
    let days = left / DAY_MICROS;
    match days < WARNED_BEFORE_DAYS {
        true => Standing::EndsSoon(format!(
            "the certificate {path} ends in {days} days, at {at}: renew it and send SIGHUP"
        )),
        false => Standing::Good,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_a_month_before() {
        let check = |now: &str, expected: &str| {
            let not_after = "2027-02-01T00:00:00Z".parse().unwrap();
            let found = match standing_of("c.pem", not_after, now.parse().unwrap()) {
                Standing::Good => String::new(),
                Standing::EndsSoon(text) | Standing::Expired(text) => text,
            };
            assert!(
                found.contains(expected) && found.is_empty() == expected.is_empty(),
                "{found}"
            );
        };
        check("2026-12-01T00:00:00Z", "");
        check("2027-01-02T00:00:00Z", "");
        check("2027-01-02T00:00:01Z", "ends in 29 days");
        check("2027-01-31T23:00:00Z", "ends in 0 days");
        check(
            "2027-02-01T00:00:01Z",
            "c.pem has expired, at 2027-02-01T00:00:00Z",
        );
    }
}
