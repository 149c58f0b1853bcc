//! Reports and notices as documents: one structured model, rendered as JSON, Markdown and HTML.
//!
//! [`Document::of`] is a pure function of the incident as its reader may see it, of what people
//! wrote and decided, and of the configuration; the fields are those of the report's form
//! ([`crate::form`]). Nothing here is sent. JSON is the serialisation of [`Document`], whose members
//! stand in a fixed order; [`SCHEMA`] goes up when one changes its meaning or goes away.

pub(crate) mod clean;
mod fault;
mod html;
mod markdown;
pub mod rsit;
mod tlp;
mod words;

use jiff::tz::TimeZone;
use serde::Serialize;
use vakt_event::Timestamp;

use crate::calendar::zone;
use crate::clock::{Clock, ClockState};
use crate::correction::counting;
use crate::fact::{Fact, FactKind};
use crate::form::fill::used_in;
use crate::form::words::say;
use crate::form::{
    Field, FieldState, Form, FormError, Observable, Observables, ReportRef, Source, Sources,
    Withheld, find,
};
use crate::incident::IncidentDetail;
use crate::records::DAEMON;
use crate::regime::{Addressee, FormSpec, Language, Regime, Stage, Start};
use crate::significance::{Answered, Criteria, Outcome};

pub use fault::DocumentFault;
pub use html::STYLE_SHA256;
pub use rsit::Classification;
pub use tlp::Tlp;

/// The version of the JSON.
pub const SCHEMA: u32 = 1;

/// What a document is made of.
#[derive(Clone, Copy, Debug)]
pub struct Making<'a> {
    pub sources: Sources<'a>,
    pub marks: &'a Marks,
    /// The present, which a document says it was made at.
    pub at: Timestamp,
    /// `None` for one that nobody keeps.
    pub version: Option<&'a Version>,
}

/// What people decided about an incident's documents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Marks {
    /// Of the Traffic Light Protocol 2.0.
    pub tlp: Option<Mark>,
    /// Of the RSIT, `class` or `class/example`.
    pub rsit: Option<Mark>,
}

/// A decision, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mark {
    pub value: String,
    pub recorded_by: String,
    pub recorded_at: Timestamp,
    /// Goes up with every change. A change that names another one is refused.
    pub version: i64,
}

/// A kept version of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Version {
    /// From 1, of all versions of one report of one party.
    pub number: i64,
    pub author: String,
    /// What is different from the version before, in the author's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<String>,
    /// The version that was submitted and that this one corrects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrects: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    Report,
    CustomerNotice,
    RecipientsNotice,
}

/// A report or a notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Document {
    pub schema: u32,
    pub kind: DocumentKind,
    pub title: String,
    pub language: Language,
    pub regime: String,
    pub stage: String,
    pub party: String,
    /// The statute's own word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub term: Option<String>,
    pub citation: String,
    /// The act that the regime is of.
    pub law: String,
    pub incident: IncidentRef,
    pub made_at: Timestamp,
    /// IANA name of the zone in which the texts give times.
    pub time_zone: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    pub tlp: Marked,
    /// Of a report of ours; a notice has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classification: Option<Classification>,
    pub techniques: Vec<Technique>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Deadline>,
    /// The required fields that are empty.
    pub missing: Vec<Missing>,
    pub fields: Vec<Field>,
    /// The criteria of significance that somebody answered.
    pub criteria: Vec<Criterion>,
    pub indicators: Indicators,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IncidentRef {
    pub id: String,
    pub number: i64,
    /// The fact that was recorded last when the document was made.
    pub revision: i64,
    pub drill: bool,
}

/// A marking, and who chose it; nobody where it is the one that holds without a choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Marked {
    pub label: Tlp,
    pub from: Vec<Source>,
}

/// A technique of MITRE ATT&CK.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Technique {
    pub id: String,
    pub from: Vec<Source>,
}

/// When it is due, and whether it is late.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deadline {
    pub state: ClockState,
    pub start: Option<Timestamp>,
    /// `None` where the law names no number.
    pub due: Option<Timestamp>,
    /// The last local day of a calendar period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_day: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub submitted_at: Option<Timestamp>,
    pub late: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_reason: Option<String>,
    pub from: Vec<Source>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    pub field: String,
    pub label: String,
}

/// A criterion of significance, and how it was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Criterion {
    pub id: String,
    pub citation: String,
    pub text: String,
    pub outcome: Outcome,
    /// `How many users …? 21 (more than 20, 5 % of service_users (400))`
    pub compared: Vec<String>,
    pub from: Vec<Source>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Indicators {
    pub listed: Vec<Observable>,
    /// Values that are not listed because there are too many.
    pub more: usize,
    /// How many of each kind are withheld because they may name a person.
    pub users_withheld: usize,
    pub emails_withheld: usize,
    pub private_addresses_withheld: usize,
}

impl Document {
    /// The document of a report or a notice.
    ///
    /// # Errors
    /// A regime that the incident does not have, or a report that the regime does not have.
    pub fn of(
        making: &Making<'_>,
        report: ReportRef<'_>,
        language: Option<Language>,
    ) -> Result<Self, FormError> {
        let sources = &making.sources;
        let (regime, spec) = find(sources, report)?;
        let form = Form::in_language(sources, report, language)?;
        let language = form.language;
        let incident = &sources.incident.incident;
        let kind = DocumentKind::of(&spec);
        // Of events and of our own assessment only our own reports tell: a customer's could name another.
        let is_own = kind == DocumentKind::Report && report.party == incident.party;
        Ok(Self {
            schema: SCHEMA,
            kind,
            title: words::title(spec.name, spec.term, language),
            language,
            regime: regime.id.clone(),
            stage: spec.name.to_owned(),
            party: report.party.to_owned(),
            term: form.term.clone(),
            citation: form.citation.clone(),
            law: law(regime),
            incident: IncidentRef {
                id: incident.id.clone(),
                number: incident.number,
                revision: incident.revision,
                drill: incident.drill,
            },
            made_at: making.at,
            time_zone: regime.zone.clone(),
            version: making.version.cloned(),
            organisation: sources.organisation.map(|it| it.name.clone()),
            tlp: tlp::of(making.marks, kind),
            classification: is_own.then(|| rsit::of(sources.incident, making.marks, language)),
            techniques: techniques(making, is_own),
            deadline: deadline(making, regime, &spec, (report.party, language)),
            missing: missing(&form),
            criteria: criteria(making, is_own, language),
            indicators: match is_own {
                true => indicators(making),
                false => Indicators::default(),
            },
            fields: form.fields,
        })
    }

    /// Pretty JSON with a line end.
    ///
    /// # Errors
    /// None that was ever seen: all members are texts and numbers.
    pub fn json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    pub fn markdown(&self) -> String {
        markdown::render(self)
    }

    /// One file for A4 paper, without scripts and without anything from elsewhere.
    pub fn html(&self) -> String {
        html::render(self)
    }

    /// The marking of what tells of an incident and is no notice to all.
    pub(crate) fn marking_of(marks: &Marks) -> Tlp {
        tlp::of(marks, DocumentKind::Report).label
    }

    fn zone(&self) -> TimeZone {
        zone(&self.time_zone).unwrap_or(TimeZone::UTC)
    }

    /// Every source that it names.
    pub fn origins(&self) -> impl Iterator<Item = &Source> {
        let fields = self.fields.iter().flat_map(|it| &it.from);
        let marks = self.tlp.from.iter();
        let class = self.classification.iter().flat_map(|it| &it.from);
        let techniques = self.techniques.iter().flat_map(|it| &it.from);
        let deadline = self.deadline.iter().flat_map(|it| &it.from);
        let criteria = self.criteria.iter().flat_map(|it| &it.from);
        fields
            .chain(marks)
            .chain(class)
            .chain(techniques)
            .chain(deadline)
            .chain(criteria)
    }
}

impl DocumentKind {
    /// As it is serialised.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::CustomerNotice => "customer_notice",
            Self::RecipientsNotice => "recipients_notice",
        }
    }

    fn of(spec: &FormSpec<'_>) -> Self {
        match spec.to {
            Addressee::Recipients => Self::RecipientsNotice,
            Addressee::Customer => Self::CustomerNotice,
            Addressee::Authority => Self::Report,
        }
    }
}

/// Without what else the regime stands on, such as the rules for counting time.
fn law(regime: &Regime) -> String {
    let first = regime.citation.split(';').next().unwrap_or_default();
    // The report's own citation follows.
    let act = first.split(" Art.").next().unwrap_or_default();
    let act = match act.split_once(" kap.") {
        Some((before, _)) => before.trim_end_matches(|it: char| it.is_ascii_digit()),
        None => act,
    };
    act.trim().to_owned()
}

fn missing(form: &Form) -> Vec<Missing> {
    let is_missing = |field: &&Field| form.missing.contains(&field.name);
    let missing = form.fields.iter().filter(is_missing);
    missing
        .map(|field| Missing {
            field: field.name.clone(),
            label: field.label.clone(),
        })
        .collect()
}

fn techniques(making: &Making<'_>, is_own: bool) -> Vec<Technique> {
    let incident = &making.sources.incident.incident;
    let ids = incident.techniques.iter().filter(|_| is_own);
    ids.map(|id| Technique {
        id: id.clone(),
        from: rsit::rule_of(making.sources.incident).into_iter().collect(),
    })
    .collect()
}

fn deadline(
    making: &Making<'_>,
    regime: &Regime,
    spec: &FormSpec<'_>,
    (party, language): (&str, Language),
) -> Option<Deadline> {
    let incident = making.sources.incident;
    let clock_of = |stage: &str| {
        let mut clocks = incident.incident.clocks.iter();
        clocks.find(|it| it.regime == regime.id && it.stage == stage && it.party == party)
    };
    // What takes another report's place is due when that is, and has a clock of its own once it is sent.
    let in_place_of = || {
        let mut stages = regime.stages.iter();
        let is_followed = |stage: &&Stage| {
            let after = stage.successor.as_ref();
            after.is_some_and(|it| it.report == spec.name)
        };
        clock_of(&stages.find(is_followed)?.name)
    };
    let clock = clock_of(spec.name).or_else(in_place_of)?;
    let law = Source {
        kind: "regime",
        id: Some(regime.id.clone()),
        hash: None,
        text: format!(
            "{}, {}, {} {}",
            spec.name,
            spec.citation,
            say(language, "data från", "data of"),
            making.sources.data.version
        ),
    };
    let mut from = vec![law];
    from.extend(start_of(making, regime, clock));
    Some(Deadline {
        state: clock.state,
        start: clock.start,
        due: clock.due,
        last_day: clock.nominal_date.map(|date| date.to_string()),
        submitted_at: clock.met_at,
        late: matches!(clock.state, ClockState::Overdue | ClockState::MetLate),
        late_reason: clock.late_reason.clone(),
        from,
    })
}

/// The fact from which a clock counts: of several at that instant, the one that the stage names and of its own
/// party. Our own facts start a customer's clocks, and never the other way round.
fn start_of(making: &Making<'_>, regime: &Regime, clock: &Clock) -> Option<Source> {
    let incident = making.sources.incident;
    let stage = regime.stages.iter().find(|it| it.name == clock.stage)?;
    let is_named = |fact: &Fact| match &stage.start {
        Start::Fact(kind) => fact.fact == *kind,
        Start::Submitted(report) => {
            fact.fact == FactKind::Submitted && fact.report.as_ref() == Some(report)
        }
    };
    let parties = [&clock.party, &incident.incident.party];
    let counting = counting(&incident.facts);
    let there = incident.facts.iter().filter(|fact| {
        (Some(fact.at) == clock.start)
            && counting.contains(&fact.id)
            && (fact.fact.starts_clocks() || fact.fact == FactKind::Detected)
            && parties.contains(&&fact.party)
    });
    let fact = there.min_by_key(|fact| (!is_named(fact), fact.party != clock.party))?;
    Some(Source {
        kind: "fact",
        id: Some(fact.id.to_string()),
        hash: None,
        text: format!("{}, {}", fact.fact, fact.recorded_by),
    })
}

fn criteria(making: &Making<'_>, is_own: bool, language: Language) -> Vec<Criterion> {
    let Some(assessment) = making.sources.assessment.filter(|_| is_own) else {
        return Vec::new();
    };
    // What nobody answered and nothing decides says nothing.
    let is_said = |it: &&Answered| it.from.iter().any(|used| used.answer.by != DAEMON);
    let answered = assessment.criteria.iter();
    let answered = answered.filter(|it| it.outcome != Outcome::Open || is_said(it));
    answered
        .map(|it| criterion(making.sources.incident, it, language))
        .collect()
}

fn criterion(incident: &IncidentDetail, it: &Answered, language: Language) -> Criterion {
    let known = Criteria::embedded().criterion(&it.criterion);
    let text = known.map(|known| match language {
        Language::Sv => known.sv.clone(),
        Language::En => known.en.clone(),
    });
    let compared = it
        .compared
        .iter()
        .filter_map(|compared| words::compared(compared, language));
    Criterion {
        id: it.criterion.clone(),
        citation: it.citation.clone(),
        text: text.unwrap_or_default(),
        outcome: it.outcome,
        compared: compared.collect(),
        from: used_in(incident, it, language),
    }
}

fn indicators(making: &Making<'_>) -> Indicators {
    let found = Observables::of(&making.sources.incident.evidence, making.sources.included);
    let withheld = |why: Withheld| {
        let withheld = found.withheld.iter().filter(|it| it.names == Some(why));
        withheld.count()
    };
    Indicators {
        users_withheld: withheld(Withheld::User),
        emails_withheld: withheld(Withheld::Email),
        private_addresses_withheld: withheld(Withheld::PrivateAddress),
        more: found.more,
        listed: found.listed,
    }
}

/// What is told of beside the fields, with where it comes from.
fn named_origins<'d>(
    document: &'d Document,
    words: &words::Words<'_>,
) -> Vec<(&'static str, Vec<&'d Source>)> {
    let class = document.classification.iter().flat_map(|it| &it.from);
    let techniques = document.techniques.iter().flat_map(|it| &it.from);
    let deadline = document.deadline.iter().flat_map(|it| &it.from);
    let criteria = document.criteria.iter().flat_map(|it| &it.from);
    let mut named: Vec<(&'static str, Vec<&Source>)> = vec![
        (
            words.say("TLP-märkning", "TLP marking"),
            document.tlp.from.iter().collect(),
        ),
        (
            words.say("Incidentklass", "Class of incident"),
            class.collect(),
        ),
        ("MITRE ATT&CK", techniques.take(1).collect()),
        (words.say("Tidsfrist", "Deadline"), deadline.collect()),
        (words.say("Kriterier", "Criteria"), criteria.collect()),
    ];
    named.retain(|(_, sources)| !sources.is_empty());
    named
}

/// Whether a field's text stands by what somebody wrote or the record holds, or is to be confirmed.
fn is_suggestion(field: &Field) -> bool {
    field.state == FieldState::Suggested
}
