//! What people answer about an incident, and what its significance looks like with that.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use vakt_event::Timestamp;

use crate::incident::Origin;
use crate::lifecycle::IncidentState;
use crate::outage::Outage;
use crate::significance::{
    Answer, Answered, Assessment, Counted, Criteria, InputKind, Quantity, Timer, Value,
};

/// The question that is no input of a criterion: the apparent root cause, in the organisation's words.
pub const ROOT_CAUSE: &str = "root_cause";

/// Answers that are recorded at once: several for each question there is.
pub const ANSWERS_MAX: usize = 200;

/// Answers of one incident, all revisions together.
pub const ANSWERS_OF_INCIDENT_MAX: i64 = 5_000;

/// Characters of a root cause or a source: a line.
const LINE_CHARS_MAX: usize = 200;

/// What a person answers: the body of `PUT …/significance`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAnswers {
    pub answers: Vec<NewAnswer>,
    /// Whose duty it concerns; absent means the incident's party.
    #[serde(default)]
    pub party: Option<String>,
    /// The `revision` that this was written beside; anything else is a conflict.
    #[serde(default)]
    pub expected_revision: Option<i64>,
}

/// One of them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAnswer {
    pub input: String,
    /// `true` or `"yes"`, a number, a duration such as `PT31M`, or the words of a root cause; null or
    /// blank takes the answer back.
    #[serde(default)]
    pub value: Json,
    /// The service that it is about; absent where it is about none, or all.
    #[serde(default)]
    pub service: Option<String>,
    /// `fact 7`, `event 12`, `estimate`, or words; absent means that the person says so.
    #[serde(default)]
    pub source: Option<String>,
}

/// An answer as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordedAnswer {
    pub id: i64,
    pub party: String,
    /// Empty where it is about no service, or all.
    pub service: String,
    pub input: String,
    /// As it was written: `true`, `"300001"`, `"PT31M"`; null where it was taken back.
    pub value: Json,
    pub source: String,
    pub recorded_by: String,
    pub recorded_at: Timestamp,
}

/// Why something is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    #[error("nothing is called `{input}`; {help}")]
    UnknownInput { input: String, help: String },
    #[error("`{input}` is {found}: it takes {takes}")]
    Value {
        input: String,
        found: String,
        takes: &'static str,
    },
    #[error("the configuration has no service `{service}`; {help}")]
    UnknownService { service: String, help: String },
    #[error("`{input}` is asked about the whole incident: leave `service` out")]
    OfWhole { input: String },
    #[error("`{input}` is answered twice: give one answer")]
    Twice { input: String },
    #[error(
        "the incident has no {source_name}: name one of its facts or events, or say `estimate`"
    )]
    NoSource { source_name: String },
    #[error("`{name}` has more than {LINE_CHARS_MAX} characters")]
    TooLong { name: &'static str },
    #[error("{found} answers are too many: {most} is the most")]
    TooMany { found: usize, most: usize },
    #[error("`{text}` is no quarter: write 2026-Q3")]
    NoQuarter { text: String },
    #[error("{quarter} has not ended: it is reviewed when it has")]
    NotEnded { quarter: String },
    #[error("a review is signed: give `by`, the name of who looked")]
    NotSigned,
}

/// Text of at most a line, without blanks around it.
pub(crate) fn line(name: &'static str, text: &str) -> Result<String, AnswerError> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.chars().count() {
        chars if chars > LINE_CHARS_MAX => Err(AnswerError::TooLong { name }),
        _ => Ok(text),
    }
}

/// The value as it is stored, if the input takes it.
pub(crate) fn checked(criteria: &Criteria, new: &NewAnswer) -> Result<Json, AnswerError> {
    if matches!(&new.value, Json::Null) || new.value.as_str().is_some_and(|it| it.trim().is_empty())
    {
        return Ok(Json::Null);
    }
    let text = match &new.value {
        Json::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    };
    if new.input == ROOT_CAUSE {
        return line(ROOT_CAUSE, &text).map(Json::String);
    }
    let Some(input) = criteria.input(&new.input) else {
        return Err(unknown_input(criteria, &new.input));
    };
    let refused = |takes| AnswerError::Value {
        input: new.input.clone(),
        found: text.chars().take(60).collect(),
        takes,
    };
    let is_quantity = text.parse::<Quantity>().is_ok();
    match input.kind {
        InputKind::YesNo => match text.as_str() {
            "true" | "yes" => Ok(Json::Bool(true)),
            "false" | "no" => Ok(Json::Bool(false)),
            _ => Err(refused("yes or no")),
        },
        InputKind::Number if is_quantity && !text.starts_with('P') => Ok(text.into()),
        InputKind::Number => Err(refused("a number, such as 300001")),
        InputKind::Duration if is_quantity && text.starts_with('P') => Ok(text.into()),
        InputKind::Duration => Err(refused("a duration, such as PT31M or PT1H5M")),
    }
}

fn unknown_input(criteria: &Criteria, input: &str) -> AnswerError {
    let mut names: Vec<&str> = criteria.inputs.iter().map(|it| it.name.as_str()).collect();
    names.push(ROOT_CAUSE);
    let help = match crate::suggest::nearest(input, &names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}", names.join(", ")),
    };
    AnswerError::UnknownInput {
        input: input.to_owned(),
        help,
    }
}

impl RecordedAnswer {
    /// The answer to an input of a criterion; `None` where it was taken back, or is none.
    pub(crate) fn answer(&self) -> Option<Answer> {
        let value = match &self.value {
            Json::Bool(yes) => Value::YesNo(*yes),
            Json::String(text) => Value::Quantity(text.parse().ok()?),
            _ => return None,
        };
        Some(Answer {
            value,
            by: self.recorded_by.clone(),
            source: self.source.clone(),
            at: Some(self.recorded_at),
        })
    }
}

/// Whether an incident is significant, with everything that this is seen from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Significance {
    /// The incident's id.
    pub incident: String,
    pub number: i64,
    pub title: String,
    pub state: IncidentState,
    pub origin: Origin,
    pub party: String,
    /// Goes up with every answer.
    pub revision: i64,
    /// As what it is looked at where no service is concerned; empty is the general test.
    pub entity_types: Vec<String>,
    pub services: Vec<ConcernedService>,
    /// The version of the data, and the outcome of all.
    pub version: String,
    pub outcome: crate::significance::Outcome,
    pub criteria: Vec<ShownCriterion>,
    /// All that is asked, what criteria wait for first.
    pub questions: Vec<Question>,
    /// The apparent root cause, by which recurring incidents are found.
    pub root_cause: Option<RecordedAnswer>,
    /// The facts that a criterion was met.
    pub met: Vec<MetFact>,
    /// The draft of recurring incidents that it counts in, and the incidents that count in this one.
    pub recurring: Option<String>,
    pub members: Vec<String>,
}

/// A service that an incident concerns.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConcernedService {
    #[serde(flatten)]
    pub service: crate::service::Service,
    /// What it is looked at as.
    pub looked_at_as: Vec<String>,
    pub outages: Vec<ShownOutage>,
}

/// An outage, how much of it counts, and when it meets what.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ShownOutage {
    #[serde(flatten)]
    pub outage: Outage,
    /// The id of the incident that it belongs to.
    pub incident: Option<String>,
    pub counted: Counted,
    pub timers: Vec<Timer>,
}

/// A criterion, answered, in words.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ShownCriterion {
    #[serde(flatten)]
    pub answered: Answered,
    pub en: String,
    pub sv: String,
    /// It is enough that the incident is capable of it.
    pub forward: bool,
}

/// A question, and what is known of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Question {
    pub input: String,
    #[serde(rename = "type")]
    pub kind: InputKind,
    pub base: bool,
    pub en: String,
    pub sv: String,
    /// Empty where it is about no service.
    pub service: String,
    /// A criterion waits for it.
    pub needed: bool,
    /// What counts.
    pub answer: Option<Answer>,
    /// What a person wrote, as it was written.
    pub written: Option<RecordedAnswer>,
}

/// That a criterion was met, as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MetFact {
    pub fact: i64,
    pub at: Timestamp,
    pub criterion: Option<String>,
    pub service: Option<String>,
    pub recorded_by: String,
}

impl Significance {
    pub fn assessment(&self) -> Assessment {
        Assessment {
            version: self.version.clone(),
            outcome: self.outcome,
            criteria: self.criteria.iter().map(|it| it.answered.clone()).collect(),
        }
    }
}
