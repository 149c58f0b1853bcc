//! A report's form, one field after another, filled from what the incident's record holds.
//!
//! Each field says what it would tell and where that comes from; what only a person can know stays
//! empty. Nothing here is sent: a person reads, completes and copies it.

mod course;
pub(crate) mod fill;
pub(crate) mod observables;
mod services;
pub(crate) mod words;

pub use observables::{IncludedBy, Observable, Observables, Withheld};

use serde::Serialize;
use serde_json::Value;
use vakt_event::Timestamp;

use crate::answer::ConcernedService;
use crate::fact::{Fact, FactKind};
use crate::incident::IncidentDetail;
use crate::regime::{FormSpec, Language, Regime, Regimes, field_name};
use crate::significance::Assessment;
use crate::suggest::nearest;

/// Who reports, as the configuration says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Organisation {
    pub name: String,
    /// The organisation number.
    pub number: Option<String>,
    /// Whom the authority reaches, and how.
    pub contact: Option<String>,
}

/// A field's text that a person wrote for this report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entered {
    pub field: String,
    pub text: String,
    pub recorded_by: String,
    pub recorded_at: Timestamp,
    /// Goes up with every change of the text. A change that names another one is refused.
    pub version: i64,
}

/// What a form is filled from.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// The incident as the reader may see it.
    pub incident: &'a IncidentDetail,
    pub data: &'a Regimes,
    pub organisation: Option<&'a Organisation>,
    /// What people wrote for the same report.
    pub entered: &'a [Entered],
    /// The observables that people put among the indicators although they may name a person.
    pub included: &'a [Inclusion],
    /// What is answered about the incident's significance.
    pub assessment: Option<&'a Assessment>,
    /// The services that it concerns, with their outages.
    pub services: &'a [ConcernedService],
}

/// An observable that may name a person, put among the indicators by somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Inclusion {
    /// Its field, by the ECS name.
    pub field: String,
    pub value: String,
    pub recorded_by: String,
    pub recorded_at: Timestamp,
}

/// Which report is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportRef<'a> {
    pub regime: &'a str,
    pub stage: &'a str,
    pub party: &'a str,
}

/// The form of one report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Form {
    pub incident: String,
    pub regime: String,
    pub stage: String,
    pub party: String,
    /// The statute's own word for the report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub term: Option<String>,
    pub citation: String,
    /// The language of the labels and of what is filled in.
    pub language: Language,
    /// In the order of the form; empty where the data has no form of the report.
    pub fields: Vec<Field>,
    /// The required fields that are empty.
    pub missing: Vec<String>,
    /// What to heed before anything is copied, in `language` and in English.
    pub cautions: Vec<Caution>,
}

/// A sentence in the authority's language, and in English for who does not read that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caution {
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub english: Option<String>,
}

/// One field of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    pub name: String,
    pub label: String,
    /// The label in English, where the form is in another language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub english: Option<String>,
    pub required: bool,
    pub state: FieldState,
    pub text: String,
    /// Where `text` comes from.
    pub from: Vec<Source>,
    /// The version of what a person entered; 0 where nobody has.
    pub version: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldState {
    /// From the record or the configuration, as it stands there.
    Known,
    /// Derived from events or rules: to be confirmed by a person.
    Suggested,
    /// A person wrote it for this report, or for one before it.
    Entered,
    /// Only a person can fill it.
    Empty,
}

/// Where a text comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Source {
    /// `configuration` (a key), `incident` (the record itself), `fact`, `event`, `rule`, `report` (the
    /// fact of its submission), `person` (a text and its version), `criterion`, `answer` (the input that a
    /// criterion asks for) or `regime`.
    pub kind: &'static str,
    /// The id of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// BLAKE3 of an event as it was sent, hexadecimal; absent for who may not read that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// For people.
    pub text: String,
}

/// Why there is no form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    #[error("the incident has no regime `{regime}`; {help}")]
    NoRegime { regime: String, help: String },
    #[error("{regime} has no report `{stage}`; {help}")]
    NoReport {
        regime: String,
        stage: String,
        help: String,
    },
    #[error("the form of {regime} {stage} has no field `{field}`; {help}")]
    NoField {
        regime: String,
        stage: String,
        field: String,
        help: String,
    },
}

impl Form {
    /// Fills the form of a report.
    ///
    /// # Errors
    /// A regime that the incident does not have, or a report that the regime does not have.
    pub fn of(sources: &Sources<'_>, report: ReportRef<'_>) -> Result<Self, FormError> {
        Self::in_language(sources, report, None)
    }

    /// As [`Self::of`], in another language than the authority's.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn in_language(
        sources: &Sources<'_>,
        report: ReportRef<'_>,
        language: Option<Language>,
    ) -> Result<Self, FormError> {
        let (regime, stage) = find(sources, report)?;
        let language = language.unwrap_or(regime.language);
        let filler = fill::Filler::new(sources, regime, stage.to, report.party, language);
        let fields: Vec<Field> = stage
            .fields
            .iter()
            .map(|written| field(&filler, sources, &stage, written))
            .collect();
        let missing = fields
            .iter()
            .filter(|field| field.required && field.text.trim().is_empty())
            .map(|field| field.name.clone())
            .collect();
        let cautions = words::cautions(regime, language);
        Ok(Self {
            incident: sources.incident.incident.id.clone(),
            regime: regime.id.clone(),
            stage: stage.name.to_owned(),
            party: report.party.to_owned(),
            term: stage.term.map(str::to_owned),
            citation: stage.citation.to_owned(),
            language,
            fields,
            missing,
            cautions,
        })
    }
}

/// Whether the form of a report has a field of this name.
///
/// # Errors
/// It has not; the nearest that it has is named.
pub(crate) fn check_field(
    stage: &FormSpec<'_>,
    report: ReportRef<'_>,
    field: &str,
) -> Result<(), FormError> {
    let names: Vec<&str> = stage.fields.iter().map(|it| field_name(it).0).collect();
    if names.contains(&field) {
        return Ok(());
    }
    Err(FormError::NoField {
        regime: report.regime.to_owned(),
        stage: report.stage.to_owned(),
        field: field.to_owned(),
        help: help(field, &names),
    })
}

pub(crate) fn find<'a>(
    sources: &Sources<'a>,
    report: ReportRef<'_>,
) -> Result<(&'a Regime, FormSpec<'a>), FormError> {
    let ids = &sources.incident.incident.regimes;
    stage_of(sources.data, ids, report)
}

/// The regime and the form of a report or notice of an incident that has `regimes`.
///
/// # Errors
/// As [`Form::of`].
pub(crate) fn stage_of<'a>(
    data: &'a Regimes,
    regimes: &[String],
    report: ReportRef<'_>,
) -> Result<(&'a Regime, FormSpec<'a>), FormError> {
    let ids: Vec<&str> = regimes.iter().map(String::as_str).collect();
    let known = data
        .get(report.regime)
        .filter(|it| ids.contains(&it.id.as_str()));
    let regime = known.ok_or_else(|| FormError::NoRegime {
        regime: report.regime.to_owned(),
        help: help(report.regime, &ids),
    })?;
    let stage = regime.form(report.stage).ok_or_else(|| {
        let names: Vec<&str> = regime.forms().map(|it| it.name).collect();
        FormError::NoReport {
            regime: regime.id.clone(),
            stage: report.stage.to_owned(),
            help: help(report.stage, &names),
        }
    })?;
    Ok((regime, stage))
}

fn help(name: &str, known: &[&str]) -> String {
    match nearest(name, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}", known.join(", ")),
    }
}

/// What a person entered goes first, then what an earlier report said, then what the record gives.
fn field(
    filler: &fill::Filler<'_>,
    sources: &Sources<'_>,
    stage: &FormSpec<'_>,
    written: &str,
) -> Field {
    let (name, required) = field_name(written);
    let label = sources.data.label(name);
    let language = filler.language();
    let entered = sources.entered.iter().find(|it| it.field == name);
    let (state, text, from) = entered
        .filter(|entered| !entered.text.trim().is_empty())
        .map(|entered| {
            let by = format!(
                "{}, {}",
                entered.recorded_by,
                filler.time(entered.recorded_at)
            );
            let id = format!("{name} version {}", entered.version);
            let from = source("person", Some(id), by);
            (FieldState::Entered, entered.text.clone(), vec![from])
        })
        .or_else(|| filler.said_before(name, stage.name))
        .or_else(|| filler.fill(name))
        .unwrap_or_else(|| (FieldState::Empty, String::new(), Vec::new()));
    Field {
        name: name.to_owned(),
        label: label.map_or(name, |it| it.in_language(language)).to_owned(),
        english: label
            .filter(|_| language != Language::En)
            .map(|it| it.en.clone()),
        required,
        state,
        text,
        from,
        version: entered.map_or(0, |entered| entered.version),
    }
}

fn source(kind: &'static str, id: Option<String>, text: String) -> Source {
    Source {
        kind,
        id,
        hash: None,
        text,
    }
}

/// An event, with the hash of what was sent where the reader may see that.
fn event_source(id: &str, hash: &str, text: String) -> Source {
    Source {
        hash: Some(hash.to_owned()).filter(|hash| !hash.is_empty()),
        ..source("event", Some(id.to_owned()), text)
    }
}

/// The facts and events of the incident that a text names, as in `fact 4` and `event 7 of rule R`.
pub(crate) fn cited(incident: &IncidentDetail, text: &str) -> Vec<Source> {
    let words: Vec<&str> = text
        .split(|it: char| it.is_whitespace() || it == ',')
        .filter(|word| !word.is_empty())
        .collect();
    let found = words.windows(2).filter_map(|pair| match pair {
        ["fact", id] => {
            let mut facts = incident.facts.iter();
            let fact = facts.find(|fact| fact.id.to_string() == **id)?;
            let text = format!("{}, {}", fact.fact, fact.recorded_by);
            Some(source("fact", Some((*id).to_owned()), text))
        }
        ["event", id] => {
            let event = incident.evidence.iter().find(|event| event.id == **id)?;
            let at = event.claimed.unwrap_or(event.received);
            Some(event_source(&event.id, &event.hash, at.to_string()))
        }
        _ => None,
    });
    found.collect()
}

/// What a submitted report said in a field.
fn said<'f>(fact: &'f Fact, field: &str) -> Option<&'f str> {
    if fact.fact != FactKind::Submitted {
        return None;
    }
    let fields = fact.fields.as_ref()?;
    let text = fields.get(field).and_then(Value::as_str)?;
    Some(text).filter(|text| !text.trim().is_empty())
}
