//! Query parameters and the times in them.

use axum::extract::Query;
use axum::http::Uri;
use jiff::{SignedDuration, Timestamp as Instant};
use vakt_event::Timestamp;

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

/// RFC 3339 with an offset, `now`, or `-15m`: a whole number of `s`, `m`, `h`, `d` or `w` before now.
pub fn parse_time(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    if text == "now" {
        return Ok(now);
    }
    if let Some(before) = text.strip_prefix('-') {
        let seconds = relative_seconds(before)
            .ok_or("a time before now is a whole number and one of s, m, h, d, w")?;
        let instant: Instant = now
            .to_jiff()
            .checked_sub(SignedDuration::from_secs(seconds))
            .map_err(|_| "that is before the year -9999")?;
        return Ok(instant.into());
    }
    text.parse::<Timestamp>().map_err(|error| error.to_string())
}

fn relative_seconds(text: &str) -> Option<i64> {
    let unit = text.chars().last()?;
    let number: i64 = text
        .strip_suffix(unit)
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?
        .parse()
        .ok()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return None,
    };
    number.checked_mul(seconds)
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
        check("2026-11-24T11:00:00", None);
        check("2026-11-24", None);
        check("-", None);
        check("-15", None);
        check("--15m", None);
        check("-15y", None);
        check("-99999999999999999999d", None);
        check("-999999999999999999s", None);
        check("-1å", None);
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
