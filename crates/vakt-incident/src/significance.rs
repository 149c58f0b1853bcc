//! Whether an incident is significant: every criterion of the law answered from what is known.
//!
//! The law is data (`data/thresholds.yaml`, whose head explains it), read and checked by `file.rs`.
//! [`Criteria::assess`] is a pure function of the data and the answers; nothing here declares
//! awareness. What nobody has answered leaves a criterion open, and is named.

mod condition;
mod file;
mod outages;
mod quantity;
mod recurring;
mod timers;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};
use vakt_event::Timestamp;

use crate::data_file::{DataFault, all};
use crate::regime::Language;

pub use condition::{Compared, Comparison, Condition, Limit, Outcome, Part, Share, SmallerOf};
pub use outages::{Counted, Reading, Span, counted, worst_week};
pub use quantity::{Quantity, QuantityError};
pub use recurring::{Recurrence, SmallIncident, recurrences};
pub use timers::{Away, Kind, POSSIBLE_MAXIMUM, Timer, UnknownKind, known_at, timers};

/// The criterion of recurring incidents, which is about several (Art. 4).
pub const RECURRING: &str = "H-f";

/// Why a data file of thresholds cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the data of the thresholds cannot be used:\n{}", all(.0))]
pub struct CriteriaError(Vec<DataFault>);

/// The criteria of one data file.
#[derive(Clone, Debug)]
pub struct Criteria {
    /// The version of the data, shown with every answer that was computed from it.
    pub version: String,
    /// BLAKE3 of the file, hexadecimal.
    pub hash: String,
    pub inputs: Vec<Input>,
    /// For every type that the regulation names.
    pub horizontal: Vec<Criterion>,
    /// For whoever is of none of the types.
    pub general: Vec<Criterion>,
    pub entity_types: Vec<EntityType>,
}

/// What is asked about an incident.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    #[serde(rename = "input")]
    pub name: String,
    #[serde(rename = "type")]
    pub kind: InputKind,
    /// Whether it is about the organisation or a service, not about the incident.
    #[serde(default)]
    pub base: bool,
    pub en: String,
    pub sv: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputKind {
    YesNo,
    Number,
    Duration,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntityType {
    #[serde(rename = "type")]
    pub id: String,
    pub en: String,
    pub sv: String,
    pub criteria: Vec<Criterion>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    pub id: String,
    pub citation: String,
    pub en: String,
    pub sv: String,
    /// Whether it is enough that the incident is capable of it.
    #[serde(default)]
    pub forward: bool,
    pub when: Condition,
}

/// Where answers come from that nobody gave.
pub(crate) const SERVICE_MAP: &str = "the service map";
pub(crate) const CONFIGURATION: &str = "the configuration";

/// What is known of an incident, by the names of the inputs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers(BTreeMap<String, Answer>);

/// What is known, and from whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    pub value: Value,
    /// A person, or what computed it.
    pub by: String,
    /// Where it comes from: `fact 7`, `the service map`, `estimate`.
    pub source: String,
    pub at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Value {
    YesNo(bool),
    Quantity(Quantity),
}

/// One criterion, answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answered {
    pub criterion: String,
    /// The type of entity that it belongs to; `None` for the horizontal and the general ones.
    pub entity_type: Option<String>,
    /// The service that it was answered for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    pub citation: String,
    pub outcome: Outcome,
    /// What it was answered from.
    pub from: Vec<Used>,
    pub compared: Vec<Compared>,
    /// The inputs without which it stays open.
    pub missing: Vec<String>,
}

/// An answer that a criterion was decided by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Used {
    pub input: String,
    #[serde(flatten)]
    pub answer: Answer,
}

/// What is looked at by itself: a service, or the whole.
#[derive(Clone, Copy, Debug)]
pub struct Looked<'a> {
    pub service: Option<&'a str>,
    /// Ids of the types of entity that it is looked at as.
    pub entity_types: &'a [String],
    pub answers: &'a Answers,
}

/// All criteria of an organisation, answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Assessment {
    /// The version of the data.
    pub version: String,
    /// `Met` where one criterion is, `Open` where none is and one is open.
    pub outcome: Outcome,
    pub criteria: Vec<Answered>,
}

impl Answers {
    pub fn set(&mut self, input: &str, answer: Answer) {
        self.0.insert(input.to_owned(), answer);
    }

    /// Keeps the greater of what is known and `answer`.
    pub(crate) fn set_greater(&mut self, input: &str, answer: Option<&Answer>) {
        let Some(answer) = answer else { return };
        let is_greater = match (self.value(input), answer.value) {
            (Some(Value::Quantity(known)), Value::Quantity(new)) => new > known,
            _ => true,
        };
        if is_greater {
            self.set(input, answer.clone());
        }
    }

    pub fn get(&self, input: &str) -> Option<&Answer> {
        self.0.get(input)
    }

    fn value(&self, input: &str) -> Option<Value> {
        self.get(input).map(|answer| answer.value)
    }

    fn quantity(&self, input: &str) -> Option<Quantity> {
        match self.value(input) {
            Some(Value::Quantity(quantity)) => Some(quantity),
            _ => None,
        }
    }
}

impl Input {
    /// The question in a language.
    pub fn question(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::Sv => &self.sv,
        }
    }
}

impl Criteria {
    /// The data that is compiled in.
    pub fn embedded() -> &'static Arc<Self> {
        static EMBEDDED: LazyLock<Arc<Criteria>> = LazyLock::new(|| {
            Arc::new(
                Criteria::parse(include_str!("../data/thresholds.yaml"))
                    .expect("the embedded data is read by a test"),
            )
        });
        &EMBEDDED
    }

    /// Reads a data file and checks what the format alone cannot say.
    ///
    /// # Errors
    /// All faults that can be told at once, each with its place and what to write instead.
    pub fn parse(text: &str) -> Result<Self, CriteriaError> {
        file::read(text)
    }

    pub fn input(&self, name: &str) -> Option<&Input> {
        self.inputs.iter().find(|input| input.name == name)
    }

    /// Whether an input is asked about an incident as a whole, never about one service: no criterion of a type of
    /// entity looks at it.
    pub fn is_of_whole(&self, input: &str) -> bool {
        let of_types = self.entity_types.iter().flat_map(|it| &it.criteria);
        let mut of_types = of_types.flat_map(|it| it.when.input_names());
        !of_types.any(|name| name == input)
    }

    /// The criterion of this id, of whatever type of entity.
    pub fn criterion(&self, id: &str) -> Option<&Criterion> {
        let of_types = self.entity_types.iter().flat_map(|it| &it.criteria);
        let mut all = self.horizontal.iter().chain(&self.general).chain(of_types);
        all.find(|criterion| criterion.id == id)
    }

    pub fn entity_type(&self, id: &str) -> Option<&EntityType> {
        self.entity_types.iter().find(|it| it.id == id)
    }

    /// Every criterion for an organisation of these types, answered. Without a type the general
    /// test counts. Types that the data does not have are left out.
    pub fn assess<S: AsRef<str>>(&self, entity_types: &[S], answers: &Answers) -> Assessment {
        let types: Vec<String> = entity_types
            .iter()
            .map(|id| id.as_ref().to_owned())
            .collect();
        let whole = Looked {
            service: None,
            entity_types: &types,
            answers,
        };
        self.assess_all(&[whole], answers)
    }

    /// The same for several services, each with its own types and answers; `answers` are those about
    /// the whole, for the criteria of every type.
    pub fn assess_all(&self, looked: &[Looked<'_>], answers: &Answers) -> Assessment {
        let has_type = looked
            .iter()
            .flat_map(|it| it.entity_types)
            .any(|id| self.entity_type(id).is_some());
        let common = match has_type {
            true => &self.horizontal,
            false => &self.general,
        };
        let mut criteria: Vec<Answered> = common
            .iter()
            .map(|it| answered(it, None, None, answers))
            .collect();
        for one in looked {
            let types = one.entity_types.iter();
            for entity in types.filter_map(|id| self.entity_type(id)) {
                let own = entity.criteria.iter();
                criteria
                    .extend(own.map(|it| answered(it, Some(&entity.id), one.service, one.answers)));
            }
        }
        Assessment {
            version: self.version.clone(),
            outcome: Outcome::of_all(criteria.iter().map(|it| it.outcome)),
            criteria,
        }
    }
}

fn answered(
    criterion: &Criterion,
    entity_type: Option<&str>,
    service: Option<&str>,
    answers: &Answers,
) -> Answered {
    let found = criterion.when.evaluate(answers);
    let from = found.used.iter().filter_map(|input| {
        let answer = answers.get(input)?.clone();
        Some(Used {
            input: input.clone(),
            answer,
        })
    });
    Answered {
        criterion: criterion.id.clone(),
        entity_type: entity_type.map(str::to_owned),
        service: service.map(str::to_owned),
        citation: criterion.citation.clone(),
        outcome: found.outcome,
        from: from.collect(),
        compared: found.limits,
        missing: found.missing,
    }
}
