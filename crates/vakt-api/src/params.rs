//! Query parameters and the times in them.

use axum::extract::Query;
use axum::http::Uri;
use vakt_event::Timestamp;
use vakt_event::when::{Now, TimeFault, When};

use crate::error::{ApiError, ErrorCode};

/// The parameters of a request, each known and given at most once.
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads the query string; a parameter that is not in `known` is an error, because a misspelt
    /// `since` would silently answer another question.
    pub fn parse(uri: &Uri, known: &[&str]) -> Result<Self, ApiError> {
        let invalid = |message: String| ApiError::new(ErrorCode::InvalidParameter, message);
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|_| invalid("the query string cannot be read".into()))?;
        for (at, (name, _)) in pairs.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                let help = match known {
                    [] => "it takes no parameters".to_owned(),
                    known => format!("the parameters are {}", known.join(", ")),
                };
                return Err(invalid(format!("there is no parameter `{name}` here")).with_help(help));
            }
            if pairs.iter().take(at).any(|(earlier, _)| earlier == name) {
                return Err(invalid(format!("the parameter `{name}` is given twice")));
            }
        }
        Ok(Self(pairs))
    }

    /// The value; one that is empty counts as not given.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// A whole number within `min..=max`.
    pub fn number(
        &self,
        name: &str,
        default: usize,
        min: usize,
        max: usize,
    ) -> Result<usize, ApiError> {
        let Some(text) = self.get(name) else {
            return Ok(default);
        };
        match text.parse() {
            Ok(number) if (min..=max).contains(&number) => Ok(number),
            _ => Err(ApiError::new(
                ErrorCode::InvalidParameter,
                format!("`{name}` is `{text}`, but must be a whole number from {min} to {max}"),
            )),
        }
    }

    pub fn time(&self, name: &str, now: Timestamp) -> Result<Option<Timestamp>, ApiError> {
        self.get(name)
            .map(|text| {
                parse_time(text, now).map_err(|why| {
                    ApiError::new(
                        ErrorCode::InvalidTime,
                        format!("`{name}` is `{text}`: {why}"),
                    )
                })
            })
            .transpose()
    }
}

/// A time as a query has it ([`vakt_event::when`]): of a date or another period its first instant, in UTC.
/// `30d` is `-30d`, since a length of time alone can only lie before now.
pub fn parse_time(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let now = Now::from(now);
    let when = When::read(text, Some(&now)).or_else(|fault| match fault {
        TimeFault::NoTime => When::read(&format!("-{text}"), Some(&now)).map_err(|_| fault),
        fault => Err(fault),
    });
    when.map(|when| when.start())
        .map_err(|fault| fault.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        let now: Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
        let check = |text: &str, expected: Option<&str>| {
            let found = parse_time(text, now).ok().map(|time| time.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        };
        check("now", Some("2026-11-24T10:00:00Z"));
        check("-15m", Some("2026-11-24T09:45:00Z"));
        check("-2h", Some("2026-11-24T08:00:00Z"));
        check("-1w", Some("2026-11-17T10:00:00Z"));
        check("2026-11-24T11:00:00+01:00", Some("2026-11-24T10:00:00Z"));
        check("30d", Some("2026-10-25T10:00:00Z"));
        check("now-1d/d", Some("2026-11-23T00:00:00Z"));
        check("2026-11-24T11:00:00", Some("2026-11-24T11:00:00Z"));
        check("2026-11-24", Some("2026-11-24T00:00:00Z"));
        check("-", None);
        check("-15", None);
        check("15", None);
        check("d", None);
        check("--15m", None);
        check("-15x", None);
        check("-99999999999999999999d", None);
        check("-999999999999999999s", None);
        check("-1å", None);
        let told = |text: &str| parse_time(text, now).unwrap_err();
        assert_eq!(
            told("-15x"),
            "at character 4 one of s, m, h, d, w, M (months) and y after a number was expected"
        );
        assert_eq!(
            told("last week"),
            "a time is 2026-11-24T09:30:00Z, a date such as 2026-11-24, now, -15m or now-1d/d"
        );
    }

    #[test]
    fn parameters() {
        let check = |query: &str, expected: Result<Option<&str>, &str>| {
            let found = Params::parse(&format!("/?{query}").parse().unwrap(), &["q", "limit"]);
            match (found, expected) {
                (Ok(found), Ok(value)) => assert_eq!(found.get("q"), value, "{query}"),
                (Err(error), Err(part)) => {
                    assert!(error.message.contains(part), "{}", error.message);
                }
                (found, _) => panic!("{query}: {:?}", found.map(|found| found.0)),
            }
        };
        check("", Ok(None));
        check("q=a%20b+c&limit=3", Ok(Some("a b c")));
        check("q=", Ok(None));
        check("sinse=-1h", Err("`sinse`"));
        check("q=a&q=b", Err("twice"));
    }
}
