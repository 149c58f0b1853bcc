//! The page on which a person records a fact: what will follow is shown before it is recorded.

mod form;

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use maud::html;
use serde_json::{Map, Value};
use vakt_event::Timestamp;

use super::facts::{self, FactWords};
use super::incident_parts::zone_of;
use super::words::offset;
use super::{Looker, items, layout};
use crate::access::Principal;
use crate::app::Parts;
use crate::backend::{IncidentFailure, NewFact, ReportRequest, Tense};
use crate::body::read_form;
use crate::endpoints::incidents::{failure, new_fact};
use crate::error::{ApiError, ErrorCode};
use crate::guard::Call;
use crate::params::Params;
use form::{crumb, page, warning_list};

/// What the form of the page carries, by the names of its inputs.
const NAMES: [&str; 16] = [
    "fact",
    "at",
    "by",
    "reason",
    "report",
    "regime",
    "reference",
    "party",
    "due",
    "evidence",
    "revises",
    "approves",
    "revision",
    "with_form",
    "service",
    "kind",
];

/// What a person has typed so far.
#[derive(Clone, Default)]
struct Typed(Vec<(String, String)>);

impl Typed {
    fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(given, _)| given == name);
        found.map_or("", |(_, value)| value.trim())
    }

    fn set(&mut self, name: &str, value: String) {
        self.0.retain(|(given, _)| given != name);
        self.0.push((name.to_owned(), value));
    }
}

/// What the page shows.
struct Shown {
    words: &'static FactWords,
    typed: Typed,
    incident: Value,
    /// What recording it would give.
    preview: Option<Value>,
    at: Option<Timestamp>,
    problem: Option<ApiError>,
    /// The facts that came since the person looked at the incident.
    since: Vec<Value>,
    /// It was not recorded because of them.
    is_refused: bool,
}

pub(crate) async fn get(call: Call) -> Result<Response<Body>, ApiError> {
    let params = Params::parse(call.request.uri(), &NAMES)?;
    let given = NAMES.iter().filter_map(|name| {
        let value = params.get(name)?;
        Some(((*name).to_owned(), value.to_owned()))
    });
    let mut typed = Typed(given.collect());
    let words = words_of(&typed)?;
    if typed.get("at").is_empty() {
        typed.set("at", "now".to_owned());
    }
    let looker = Looker::of(&call)?;
    let shown = look(&looker, words, typed, true).await?;
    Ok(answer(&looker, &shown, StatusCode::OK))
}

pub(crate) async fn post(mut call: Call) -> Result<Response<Body>, ApiError> {
    let fields = read_form(&mut call.request).await?;
    let records = fields
        .iter()
        .any(|(name, value)| name == "do" && value == "record");
    let known = fields
        .into_iter()
        .filter(|(name, _)| NAMES.contains(&name.as_str()));
    let typed = Typed(known.collect());
    let words = words_of(&typed)?;
    let looker = Looker::of(&call)?;
    if !records {
        let shown = look(&looker, words, typed, false).await?;
        let status = match &shown.problem {
            None => StatusCode::OK,
            Some(problem) => problem.code.status(),
        };
        return Ok(answer(&looker, &shown, status));
    }
    match record(&looker, &typed).await {
        Ok(after) if texts(&after["warnings"]).is_empty() => Ok(to_incident(&looker.id)),
        Ok(after) => Ok(recorded(&looker, words, &after)),
        Err(error) => {
            // What was typed stays, beside what the incident is now.
            let mut shown = look(&looker, words, typed, false).await?;
            let status = error.code.status();
            shown.is_refused = error.code == ErrorCode::Conflict && !shown.since.is_empty();
            shown.problem = (!shown.is_refused).then_some(error);
            Ok(answer(&looker, &shown, status))
        }
    }
}

fn words_of(typed: &Typed) -> Result<&'static FactWords, ApiError> {
    let fact = typed.get("fact");
    facts::of(fact).ok_or_else(|| {
        ApiError::new(
            ErrorCode::InvalidField,
            format!("there is no fact `{fact}`"),
        )
        .with_help("an incident's page lists the facts that can be recorded")
    })
}

/// Reads the incident and tries the fact out. On the first look what is still to be typed is no
/// problem.
async fn look(
    looker: &Looker,
    words: &'static FactWords,
    mut typed: Typed,
    is_first: bool,
) -> Result<Shown, ApiError> {
    let Looker { app, id, who } = looker.clone();
    let now = app.parts.clock.now();
    let site = app.parts.site.load_full();
    app.blocking(move |parts| {
        let incident = parts.incidents.incident(&id, &who.sight());
        let incident = incident.map_err(failure)?;
        let since = recorded_since(&incident, typed.get("revision"));
        typed.set("revision", incident["revision"].to_string());
        let tried = attempt(parts, &id, &typed, &who, now);
        let (at, preview, problem) = match tried {
            Ok((at, preview)) => (Some(at), Some(preview), None),
            Err(_) if is_first => (instant(parts, &id, &typed, &who).ok(), None, None),
            Err(error) => (None, None, Some(error)),
        };
        if let Some(at) = at {
            // The instant that was looked at is the one that is recorded.
            typed.set("at", written(at, &zone_of(&incident, &site)));
        }
        Ok(Shown {
            words,
            typed,
            incident,
            preview,
            at,
            problem,
            since,
            is_refused: false,
        })
    })
    .await
}

/// The facts that are newer than the revision that a form was written beside.
fn recorded_since(incident: &Value, revision: &str) -> Vec<Value> {
    let Ok(revision) = revision.parse::<i64>() else {
        return Vec::new();
    };
    let facts = items(incident, "facts").iter();
    facts
        .filter(|fact| fact["id"].as_i64().is_some_and(|id| id > revision))
        .cloned()
        .collect()
}

fn attempt(
    parts: &Parts,
    id: &str,
    typed: &Typed,
    who: &Principal,
    now: Timestamp,
) -> Result<(Timestamp, Value), ApiError> {
    let fact = fact_of(parts, id, typed, who, now)?;
    let preview = parts.incidents.preview_fact(id, &fact, who);
    Ok((fact.at, preview.map_err(failure)?))
}

fn instant(parts: &Parts, id: &str, typed: &Typed, who: &Principal) -> Result<Timestamp, ApiError> {
    let read = |words: &str| {
        let at = parts
            .incidents
            .instant(id, words, Tense::Past, &who.sight());
        at.map(whole_seconds).map_err(failure)
    };
    read(typed.get("at"))
}

/// The earlier reading: a clock is never begun later than its fact.
fn whole_seconds(at: Timestamp) -> Timestamp {
    let micros = at.micros().rem_euclid(vakt_event::time::MICROS_PER_SECOND);
    at.saturating_add_micros(-micros)
}

/// RFC 3339 with the zone's offset, to the second.
fn written(at: Timestamp, zone: &jiff::tz::TimeZone) -> String {
    let local = zone.to_datetime(at.to_jiff());
    format!(
        "{}{}",
        local.strftime("%Y-%m-%dT%H:%M:%S"),
        offset(at, zone)
    )
}

/// The fact that the form describes.
fn fact_of(
    parts: &Parts,
    id: &str,
    typed: &Typed,
    who: &Principal,
    now: Timestamp,
) -> Result<NewFact, ApiError> {
    let mut body = Map::new();
    for name in [
        "fact",
        "by",
        "reason",
        "report",
        "regime",
        "reference",
        "party",
    ] {
        let value = typed.get(name);
        if !value.is_empty() {
            body.insert(name.into(), value.into());
        }
    }
    for (name, member) in [
        ("revises", "revises"),
        ("approves", "approves"),
        ("revision", "expected_revision"),
    ] {
        let text = typed.get(name);
        if !text.is_empty() {
            let number: i64 = text.parse().map_err(|_| {
                ApiError::new(
                    ErrorCode::InvalidField,
                    format!("`{name}` is {text:?}, and no number"),
                )
            })?;
            body.insert(member.into(), number.into());
        }
    }
    let evidence: Vec<&str> = typed.get("evidence").split_whitespace().collect();
    if !evidence.is_empty() {
        body.insert("evidence".into(), evidence.into());
    }
    if !typed.get("due").is_empty() {
        let due = typed.get("due");
        let due = parts.incidents.instant(id, due, Tense::Any, &who.sight());
        body.insert("due".into(), due.map_err(failure)?.to_string().into());
    }
    if typed.get("with_form") == "yes"
        && let Some(fields) = form_texts(parts, id, typed, who)?
    {
        body.insert("fields".into(), fields.into());
    }
    if let Some(fields) = service_fields(typed) {
        body.insert("fields".into(), fields.into());
    }
    body.insert(
        "at".into(),
        instant(parts, id, typed, who)?.to_string().into(),
    );
    body.insert("source".into(), "page".into());
    new_fact(body, &who.name, now)
}

/// The service that a fact names, and what it lacks.
fn service_fields(typed: &Typed) -> Option<Map<String, Value>> {
    let mut fields = Map::new();
    for name in ["service", "kind"] {
        let value = typed.get(name);
        if !value.is_empty() {
            fields.insert(name.into(), value.into());
        }
    }
    (!typed.get("service").is_empty()).then_some(fields)
}

/// What the report's form says now; `None` where the data has no form of it.
fn form_texts(
    parts: &Parts,
    id: &str,
    typed: &Typed,
    who: &Principal,
) -> Result<Option<Map<String, Value>>, ApiError> {
    let some = |name: &str| Some(typed.get(name).to_owned()).filter(|it| !it.is_empty());
    let report = ReportRequest {
        regime: some("regime"),
        stage: typed.get("report").to_owned(),
        party: some("party"),
    };
    let form = match parts.incidents.form(id, &report, &who.sight()) {
        Ok(form) => form,
        // A report of no regime of the incident is recorded all the same.
        Err(IncidentFailure::Invalid { .. }) => return Ok(None),
        Err(error) => return Err(failure(error)),
    };
    let said = items(&form, "fields").iter().filter_map(|field| {
        let text = field["text"].as_str().filter(|text| !text.is_empty())?;
        Some((field["name"].as_str()?.to_owned(), text.into()))
    });
    let said: Map<String, Value> = said.collect();
    Ok((!said.is_empty()).then_some(said))
}

async fn record(looker: &Looker, typed: &Typed) -> Result<Value, ApiError> {
    let Looker { app, id, who } = looker.clone();
    let now = app.parts.clock.now();
    let typed = typed.clone();
    app.blocking(move |parts| {
        // What a person may not see, the person may not change either.
        let records = &parts.incidents;
        records.incident(&id, &who.sight()).map_err(failure)?;
        let fact = fact_of(parts, &id, &typed, &who, now)?;
        records.add_fact(&id, &fact, &who).map_err(failure)
    })
    .await
}

fn texts(value: &Value) -> Vec<String> {
    let items = value.as_array().map_or(&[][..], Vec::as_slice);
    items
        .iter()
        .filter_map(|it| it.as_str().map(str::to_owned))
        .collect()
}

fn to_incident(id: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(target) = HeaderValue::from_str(&format!("/incidents/{id}")) {
        response.headers_mut().insert(header::LOCATION, target);
    }
    response
}

fn answer(looker: &Looker, shown: &Shown, status: StatusCode) -> Response<Body> {
    let site = looker.app.parts.site.load();
    let now = looker.app.parts.clock.now();
    let main = page(shown, &looker.id, &site);
    let mut response = layout::page(shown.words.heading, &site, &looker.who, now, &main);
    *response.status_mut() = status;
    response
}

/// The fact is recorded; what is doubtful about it is said before the page goes on.
fn recorded(looker: &Looker, words: &FactWords, after: &Value) -> Response<Body> {
    let site = looker.app.parts.site.load();
    let now = looker.app.parts.clock.now();
    let (warnings, zone) = (texts(&after["warnings"]), zone_of(after, &site));
    let main = html! {
        (crumb(&looker.id, words))
        h1 { "Recorded" }
        section.narrow {
            p { "It is recorded. Please look at this:" }
            (warning_list(&warnings, &zone))
            p { a.button.main href={ "/incidents/" (looker.id) } { "To the incident" } }
        }
    };
    layout::page("Recorded", &site, &looker.who, now, &main)
}
