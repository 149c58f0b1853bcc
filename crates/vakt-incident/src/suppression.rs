//! Suppressions: matches that somebody decided not to see, for a while, and why.
//!
//! What is suppressed is not lost: it is an alert in the state `suppressed` that opens no draft and
//! is told to nobody. A suppression is for events that were stored after it was recorded
//! (`begins`, a journal position) and, once it is ended, before that (`ends`); and for matches that
//! were made before it expires. All three are known with the match, so that the same journal
//! evaluated again after a crash is judged in the same way, whatever was recorded in between.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use vakt_event::{JournalPosition, Timestamp};

use crate::alert::Alert;
use crate::condition::{Condition, ConditionError};

/// The longest that a suppression lasts, in days. An exception that nobody looked at for a year is
/// a hole.
pub const SUPPRESSION_DAYS_MAX: i64 = 365;

/// Suppressions in force at one time: each match is judged by all of them.
pub const SUPPRESSIONS_ACTIVE_MAX: usize = 500;

/// Rules, and streams, that a scope names.
pub const SCOPE_NAMES_MAX: usize = 200;

/// Characters of a reason. A few lines.
pub const REASON_CHARS_MAX: usize = 1_000;

/// Days that a test of a suppression looks back at the most; 30 where it does not say.
pub const TEST_DAYS_MAX: u32 = 90;
pub const TEST_DAYS_DEFAULT: u32 = 30;

/// Which matches are meant. Everything that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// Ids of rules; none is all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// None is all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub streams: Vec<String>,
    /// Fields and values, as in a rule's search.
    #[serde(default, rename = "match", skip_serializing_if = "Option::is_none")]
    pub condition: Option<Json>,
}

/// Why a suppression or a window of maintenance is not recorded.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    #[error(
        "a suppression names `rules`, or says in `match` what of all of them it means: without both \
         it would hide every alert"
    )]
    Everything,
    #[error(
        "`match` holds for every alert, and without `rules` all of them would be hidden: give it a value \
         that only what is meant has, or name the rules"
    )]
    EveryMatch,
    #[error("`{what}` names more than {SCOPE_NAMES_MAX}: write a condition in `match`")]
    TooMany { what: &'static str },
    #[error("{0}")]
    Condition(#[from] ConditionError),
    #[error("`reason` says in 1 to {REASON_CHARS_MAX} characters why")]
    Reason,
    #[error("`{name}` is missing: write RFC 3339 with an offset, such as 2026-12-24T00:00:00Z")]
    NoTime { name: &'static str },
    #[error("`{name}` is `{text}`, and no time: write RFC 3339 with an offset")]
    Time { name: &'static str, text: String },
    #[error("`expires_at` has passed: it would hide nothing")]
    Expired,
    #[error("`expires_at` is more than {SUPPRESSION_DAYS_MAX} days ahead, which is the longest")]
    TooLong,
    #[error(
        "{SUPPRESSIONS_ACTIVE_MAX} suppressions are in force, which is the most: end some with \
         `vakt suppressions end`, or mend the rules"
    )]
    TooManyActive,
    #[error(
        "it was not tested against stored events: `vakt suppressions test` (POST \
         /api/v1/suppressions/preview) says what it would have hidden and gives the `preview` to \
         save it with; `untested: true` (--force) saves it without, and that is recorded"
    )]
    Untested,
    #[error(
        "the test `{digest}` is not known any more, or was of another scope: test it again, which \
         takes a moment"
    )]
    OtherTest { digest: String },
    #[error("a test looks back 1 to {TEST_DAYS_MAX} days")]
    Days,
    #[error("it has ended at {at}")]
    Ended { at: Timestamp },
    #[error("a window of maintenance ends after it begins")]
    Backwards,
    #[error("a window of maintenance is {days_max} days long at the most")]
    WindowTooLong { days_max: i64 },
    #[error(
        "{windows_max} windows of maintenance are recorded that have not passed, which is the most"
    )]
    TooManyWindows { windows_max: usize },
}

/// A suppression that a person wants: the body of `POST /api/v1/suppressions`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewSuppression {
    #[serde(default)]
    pub rules: Vec<String>,
    #[serde(default)]
    pub streams: Vec<String>,
    #[serde(default, rename = "match")]
    pub condition: Option<Json>,
    #[serde(default)]
    pub reason: String,
    /// RFC 3339 with an offset.
    #[serde(default)]
    pub expires_at: Option<String>,
    /// The `digest` of its test.
    #[serde(default)]
    pub preview: Option<String>,
    /// It is to be saved though nobody tested it.
    #[serde(default)]
    pub untested: bool,
}

/// A scope to be tested against stored events: the body of `POST /api/v1/suppressions/preview`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewSuppressionTest {
    #[serde(default)]
    pub rules: Vec<String>,
    #[serde(default)]
    pub streams: Vec<String>,
    #[serde(default, rename = "match")]
    pub condition: Option<Json>,
    /// How far to look back; [`TEST_DAYS_DEFAULT`] where it does not say.
    #[serde(default)]
    pub days: Option<u32>,
}

/// A suppression as it is recorded.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Suppression {
    pub id: String,
    #[serde(flatten)]
    pub scope: Scope,
    pub state: SuppressionState,
    pub reason: String,
    /// The principal.
    pub author: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub ended_by: Option<String>,
    pub end_reason: Option<String>,
    /// What its test found before it was saved; `None` where nobody tested it.
    pub tested: Option<Json>,
    /// Matches that it hid.
    pub hidden: u64,
    /// Why this version cannot judge it: it hides nothing then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    #[serde(skip)]
    pub(crate) begins: JournalPosition,
    #[serde(skip)]
    pub(crate) ends: Option<JournalPosition>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SuppressionState {
    Active,
    /// Its time passed.
    Expired,
    /// A person ended it.
    Ended,
}

/// A suppression with what it hid.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SuppressionDetail {
    #[serde(flatten)]
    pub suppression: Suppression,
    /// The newest alerts that it hid, bounded.
    pub alerts: Vec<Alert>,
}

/// Which suppressions, or windows of maintenance, a list holds.
#[derive(Clone, Debug, Default)]
pub struct ScopeFilter {
    /// Only those in force, or still to come.
    pub active: bool,
    /// Only those that concern one of these streams; `None` is all.
    pub streams: Option<Vec<String>>,
}

impl Suppression {
    pub(crate) fn state_at(
        now: Timestamp,
        expires_at: Timestamp,
        ended_at: Option<Timestamp>,
    ) -> SuppressionState {
        match ended_at {
            Some(_) => SuppressionState::Ended,
            None if now >= expires_at => SuppressionState::Expired,
            None => SuppressionState::Active,
        }
    }
}

impl Scope {
    /// The scope in its one form: names sorted, each once.
    pub fn new(
        rules: Vec<String>,
        streams: Vec<String>,
        condition: Option<Json>,
    ) -> Result<Self, ScopeError> {
        Ok(Self {
            rules: names("rules", rules)?,
            streams: names("streams", streams)?,
            condition: condition.filter(|condition| !condition.is_null()),
        })
    }

    /// That of a suppression, which may not mean everything.
    pub fn of_suppression(
        rules: Vec<String>,
        streams: Vec<String>,
        condition: Option<Json>,
    ) -> Result<Self, ScopeError> {
        let scope = Self::new(rules, streams, condition)?;
        if scope.rules.is_empty() && scope.hides_everything()? {
            return Err(match scope.condition {
                Some(_) => ScopeError::EveryMatch,
                None => ScopeError::Everything,
            });
        }
        Ok(scope)
    }

    /// Whether it can concern an alert of one of these streams.
    pub fn concerns(&self, streams: &[String]) -> bool {
        self.streams.is_empty() || self.streams.iter().any(|one| streams.contains(one))
    }

    pub(crate) fn names(&self, rule_id: &str, stream: &str) -> bool {
        let has =
            |names: &[String], name: &str| names.is_empty() || names.iter().any(|it| it == name);
        has(&self.rules, rule_id) && has(&self.streams, stream)
    }

    fn hides_everything(&self) -> Result<bool, ConditionError> {
        Ok(self.compile()?.is_none_or(|it| it.is_everything()))
    }

    pub(crate) fn compile(&self) -> Result<Option<Condition>, ConditionError> {
        self.condition.as_ref().map(Condition::compile).transpose()
    }
}

fn names(what: &'static str, names: Vec<String>) -> Result<Vec<String>, ScopeError> {
    let sorted: BTreeSet<String> = names
        .into_iter()
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    if sorted.len() > SCOPE_NAMES_MAX {
        return Err(ScopeError::TooMany { what });
    }
    Ok(sorted.into_iter().collect())
}

/// The reason without blanks around it, if there is one.
pub(crate) fn reason(text: &str) -> Result<String, ScopeError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > REASON_CHARS_MAX {
        return Err(ScopeError::Reason);
    }
    Ok(text.to_owned())
}

pub(crate) fn time(name: &'static str, text: Option<&str>) -> Result<Timestamp, ScopeError> {
    let text = text.ok_or(ScopeError::NoTime { name })?;
    text.parse().map_err(|_| ScopeError::Time {
        name,
        text: text.to_owned(),
    })
}
