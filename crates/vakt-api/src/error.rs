//! Every error that the API answers: its stable code, status and first advice in one table.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Map, Value, json};

macro_rules! codes {
    ($($variant:ident $status:ident $code:literal $help:literal;)*) => {
        /// What went wrong. The text form is stable: programs may rely on it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ErrorCode { $($variant,)* }

        impl ErrorCode {
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            pub fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)* }
            }

            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// What usually helps; an error can carry a better one.
            pub fn help(self) -> &'static str {
                match self { $(Self::$variant => $help,)* }
            }
        }
    };
}

codes! {
    InvalidParameter BAD_REQUEST "invalid_parameter" "correct the named parameter; /openapi.json lists them";
    InvalidTime BAD_REQUEST "invalid_time" "write RFC 3339 with an offset (2026-11-24T09:30:00Z; in an address write + as %2B), `now`, or a time before now such as -15m, -2h, -7d";
    InvalidQuery BAD_REQUEST "invalid_query" "correct the query at the named position";
    InvalidCursor BAD_REQUEST "invalid_cursor" "begin again without `cursor`";
    InvalidJson BAD_REQUEST "invalid_json" "send one JSON object in UTF-8";
    InvalidField BAD_REQUEST "invalid_field" "correct the named field";
    InvalidEncoding BAD_REQUEST "invalid_encoding" "send the body as its Content-Encoding says, whole";
    InvalidRequest BAD_REQUEST "invalid_request" "send a well-formed HTTP/1.1 request";
    Unauthenticated UNAUTHORIZED "unauthenticated" "send `Authorization: Bearer TOKEN`; the administrator's first token is in the file admin.token of the data directory";
    Forbidden FORBIDDEN "forbidden" "ask an administrator for a role that allows it";
    BrowserRefused FORBIDDEN "browser_refused" "without a credential only programs on this machine are served: send `Authorization: Bearer TOKEN`";
    ProxyRefused FORBIDDEN "proxy_refused" "behind a proxy every request needs a credential: send `Authorization: Bearer TOKEN` with an intake token";
    HostRefused FORBIDDEN "host_refused" "address the daemon by the address that it listens on, or add the name to the listener's `hosts` in the configuration";
    CrossSite FORBIDDEN "cross_site_refused" "act from Vakt's own pages, or send `Authorization: Bearer TOKEN` in place of the cookie";
    NotFound NOT_FOUND "not_found" "/openapi.json lists what there is";
    MethodNotAllowed METHOD_NOT_ALLOWED "method_not_allowed" "/openapi.json lists the methods of every path";
    RequestTimeout REQUEST_TIMEOUT "request_timeout" "send the body without long pauses";
    Conflict CONFLICT "conflict" "read the present state, then decide again";
    InvalidRule BAD_REQUEST "invalid_rule" "correct the rule at the named places; `vakt check --rules FILE` shows the same";
    UnknownRule NOT_FOUND "unknown_rule" "`vakt rules list` shows the rules that are loaded";
    HuntRunning CONFLICT "hunt_running" "wait until it ends, or end it: one hunt runs at a time for a token";
    TooManyHunts TOO_MANY_REQUESTS "too_many_hunts" "send it again when one of them has ended";
    TooManyReports TOO_MANY_REQUESTS "too_many_reports" "send it again after the time in Retry-After, or call";
    PreconditionFailed PRECONDITION_FAILED "precondition_failed" "read the present state with its ETag, then decide again";
    BodyTooLarge PAYLOAD_TOO_LARGE "body_too_large" "send the rest in further requests";
    UnsupportedMediaType UNSUPPORTED_MEDIA_TYPE "unsupported_media_type" "send the Content-Type that the message names";
    UnsupportedEncoding UNSUPPORTED_MEDIA_TYPE "unsupported_encoding" "send the body as it is, or with Content-Encoding gzip or zstd";
    PrematureEnd EXPECTATION_FAILED "premature_end" "the entries before it are stored; send the last one again, whole";
    Internal INTERNAL_SERVER_ERROR "internal" "the daemon's log says more at the time of this request";
    Busy SERVICE_UNAVAILABLE "busy" "send it again after the time in Retry-After";
    NoSpace SERVICE_UNAVAILABLE "no_space" "keep the events and send them again later; the operator has to make room on the disk of the data directory";
    Stopping SERVICE_UNAVAILABLE "stopping" "send it again when the daemon has started";
    JournalBroken SERVICE_UNAVAILABLE "journal_broken" "look at the disk of the data directory, then restart the daemon";
    Unavailable SERVICE_UNAVAILABLE "unavailable" "try again; /readyz says what is missing";
}

/// An error on its way to the client.
#[derive(Clone, Debug)]
pub struct ApiError {
    pub code: ErrorCode,
    pub message: String,
    pub help: Option<String>,
    /// Further members of the error object, such as `accepted` or `position`.
    pub extra: Vec<(&'static str, Value)>,
}

/// Seconds after which a refused sender may come again: the journal drains its bound in less.
const RETRY_AFTER_SECONDS: &str = "1";

impl ApiError {
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            help: None,
            extra: Vec::new(),
        }
    }

    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into()).filter(|help| !help.is_empty());
        self
    }

    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.extra.push((name, value.into()));
        self
    }

    pub fn help(&self) -> &str {
        self.help.as_deref().unwrap_or_else(|| self.code.help())
    }

    /// `{"error":{"code","message","help",…}}`
    pub fn to_json(&self) -> Value {
        let mut error = Map::new();
        error.insert("code".into(), self.code.name().into());
        error.insert("message".into(), self.message.clone().into());
        error.insert("help".into(), self.help().into());
        for (name, value) in &self.extra {
            error.insert((*name).into(), value.clone());
        }
        json!({ "error": error })
    }

    /// The answer; as text for a client that shows the body to a person.
    pub fn into_response(self, as_text: bool) -> Response<Body> {
        let (body, content_type) = if as_text {
            (
                format!("{}: {}\n", self.message, self.help()),
                "text/plain; charset=utf-8",
            )
        } else {
            (self.to_json().to_string(), "application/json")
        };
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.code.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        match self.code {
            ErrorCode::Unauthenticated => {
                headers.insert(
                    header::WWW_AUTHENTICATE,
                    HeaderValue::from_static("Bearer realm=\"vakt\""),
                );
            }
            ErrorCode::Busy
            | ErrorCode::NoSpace
            | ErrorCode::Stopping
            | ErrorCode::TooManyHunts => {
                headers.insert(
                    header::RETRY_AFTER,
                    HeaderValue::from_static(RETRY_AFTER_SECONDS),
                );
            }
            ErrorCode::TooManyReports => {
                if let Some(seconds) = self.retry_after() {
                    headers.insert(header::RETRY_AFTER, seconds.into());
                }
            }
            _ => {}
        }
        response
    }

    /// Seconds after which it may be sent again, where that is known.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        let found = self
            .extra
            .iter()
            .find(|(name, _)| *name == "retry_after_seconds");
        found.and_then(|(_, seconds)| seconds.as_u64())
    }
}

impl axum::response::IntoResponse for ApiError {
    fn into_response(self) -> Response<Body> {
        Self::into_response(self, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_has_its_own_name_and_an_advice() {
        let names: BTreeSet<_> = ErrorCode::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), ErrorCode::ALL.len());
        for code in ErrorCode::ALL {
            assert!(code.status().is_client_error() || code.status().is_server_error());
            assert!(!code.help().is_empty(), "{}", code.name());
        }
    }
}
