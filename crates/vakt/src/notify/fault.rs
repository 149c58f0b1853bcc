//! Why a receiver did not take a notice, in words that say what to mend.

use std::time::Duration;

use vakt_event::Timestamp;

/// The longest that a receiver may ask us to wait.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(60 * 60);

/// Characters of a receiver's own words that are kept.
const WORDS_CHARS_MAX: usize = 300;

/// A notice was not taken.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) text: String,
    /// The receiver named a time.
    pub(super) retry_after: Option<Duration>,
    /// It is about this notice: the receiver is there, and may take others.
    pub(super) is_refusal: bool,
    /// The recipients that have it all the same.
    pub(super) taken: Vec<String>,
}

impl Fault {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            retry_after: None,
            is_refusal: false,
            taken: Vec::new(),
        }
    }

    /// The receiver refuses this notice.
    pub(super) fn refusal(text: impl Into<String>) -> Self {
        Self {
            is_refusal: true,
            ..Self::new(text)
        }
    }

    pub(super) fn retry_at(&self, now: Timestamp) -> Option<Timestamp> {
        let after = self.retry_after?.min(RETRY_AFTER_MAX);
        let micros = i64::try_from(after.as_micros()).unwrap_or(i64::MAX);
        Some(now.saturating_add_micros(micros))
    }
}

impl From<anyhow::Error> for Fault {
    fn from(error: anyhow::Error) -> Self {
        Self::new(format!("{error:#}"))
    }
}

/// Why a connection to `place` failed.
pub(super) fn of_connection(place: &str, error: &std::io::Error) -> Fault {
    use std::io::ErrorKind as Kind;
    if let Some(tls) = error
        .get_ref()
        .and_then(|it| it.downcast_ref::<rustls::Error>())
    {
        return of_tls(place, tls);
    }
    Fault::new(match error.kind() {
        Kind::ConnectionRefused => {
            format!("nothing listens at {place} (connection refused)")
        }
        Kind::TimedOut | Kind::WouldBlock => format!("{place} did not answer in time"),
        Kind::ConnectionReset | Kind::BrokenPipe | Kind::UnexpectedEof => {
            format!("{place} ended the connection before it had answered ({error})")
        }
        Kind::NetworkUnreachable | Kind::HostUnreachable => {
            format!("there is no way to {place} ({error})")
        }
        _ => format!("{place} cannot be reached: {error}"),
    })
}

pub(super) fn of_tls(place: &str, error: &rustls::Error) -> Fault {
    use rustls::{AlertDescription as Alert, CertificateError as Bad};
    Fault::new(match error {
        rustls::Error::InvalidCertificate(
            Bad::NotValidForName | Bad::NotValidForNameContext { .. },
        ) => {
            format!("the certificate of {place} is for another name ({error})")
        }
        rustls::Error::InvalidCertificate(Bad::UnknownIssuer) => format!(
            "the certificate of {place} is of an unknown authority: name that in a PEM file with `ca`"
        ),
        rustls::Error::InvalidCertificate(Bad::Expired | Bad::ExpiredContext { .. }) => {
            format!("the certificate of {place} has expired ({error})")
        }
        rustls::Error::AlertReceived(
            Alert::CertificateRequired | Alert::BadCertificate | Alert::AccessDenied,
        ) => format!(
            "{place} refused us ({error}): it asks for a certificate of the client, and Vakt has none; \
             let it take Vakt without one"
        ),
        rustls::Error::AlertReceived(_) => {
            format!("{place} refused us in the TLS handshake ({error})")
        }
        rustls::Error::InvalidMessage(_) => format!(
            "{place} does not speak TLS ({error}): look at the port, and whether it takes TLS at all"
        ),
        _ => format!("{place} does not speak TLS as it should: {error}"),
    })
}

/// The words of a receiver, on one line.
pub(super) fn words_of(text: &str) -> String {
    let line = super::words::one_line(text);
    line.chars().take(WORDS_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn faults_say_what_to_mend() {
        let check = |fault: Fault, expected: &str| assert_eq!(fault.text, expected);
        let of = |kind: io::ErrorKind| of_connection("a.example:25", &io::Error::from(kind));
        check(
            of(io::ErrorKind::ConnectionRefused),
            "nothing listens at a.example:25 (connection refused)",
        );
        check(
            of(io::ErrorKind::TimedOut),
            "a.example:25 did not answer in time",
        );
        let tls = |error: rustls::CertificateError| {
            let error = rustls::Error::InvalidCertificate(error);
            of_connection("a.example:25", &io::Error::other(error))
        };
        check(
            tls(rustls::CertificateError::NotValidForName),
            "the certificate of a.example:25 is for another name (invalid peer certificate: \
             NotValidForName)",
        );
        check(
            tls(rustls::CertificateError::UnknownIssuer),
            "the certificate of a.example:25 is of an unknown authority: name that in a PEM file \
             with `ca`",
        );
    }

    #[test]
    fn a_receiver_may_ask_for_an_hour_at_the_most() {
        let now: Timestamp = "2026-11-23T20:00:00Z".parse().unwrap();
        let fault = |seconds: u64| Fault {
            retry_after: Some(Duration::from_secs(seconds)),
            ..Fault::new("")
        };
        let at = |seconds: u64| fault(seconds).retry_at(now).unwrap().to_string();
        assert_eq!(at(30), "2026-11-23T20:00:30Z");
        assert_eq!(at(1_000_000), "2026-11-23T21:00:00Z");
        assert_eq!(Fault::new("x").retry_at(now), None);
    }
}
