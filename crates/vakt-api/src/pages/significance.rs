//! The page on which people answer what an incident's criteria ask, and see which of them are met.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::incident_parts::{is_unassessed, record_path, zone_of};
use super::words::{instant, local, plain, time_of};
use super::{Looker, items, layout};
use crate::app::Site;
use crate::body::read_form;
use crate::endpoints::incidents::failure;
use crate::error::ApiError;
use crate::guard::Call;
use crate::roles::Permission;

/// What somebody typed that was not recorded.
struct Unsaved {
    problem: ApiError,
    typed: Vec<(String, String)>,
}

pub(crate) async fn get(call: Call) -> Result<Response<Body>, ApiError> {
    show(Looker::of(&call)?, None).await
}

pub(crate) async fn post(mut call: Call) -> Result<Response<Body>, ApiError> {
    let typed = read_form(&mut call.request).await?;
    let looker = Looker::of(&call)?;
    let body = changed(&typed);
    let Looker { app, id, who } = looker.clone();
    let saved = app
        .blocking(move |parts| parts.significance.answer(&id, body, &who).map_err(failure))
        .await;
    match saved {
        Ok(_) => Ok(again(&looker.id)),
        Err(problem) => show(looker, Some(Unsaved { problem, typed })).await,
    }
}

fn again(id: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(target) = HeaderValue::from_str(&format!("/incidents/{id}/significance")) {
        response.headers_mut().insert(header::LOCATION, target);
    }
    response
}

/// The answers that are other ones than the page had, as the API takes them. A field's name is
/// `value:SERVICE:INPUT`, beside `was:…`, `source:…` and `was_source:…`.
fn changed(typed: &[(String, String)]) -> Map<String, Value> {
    let find = |kind: &str, name: &str| {
        let wanted = format!("{kind}:{name}");
        let found = typed.iter().find(|(given, _)| *given == wanted);
        found.map_or("", |(_, value)| value.trim())
    };
    let answers = typed.iter().filter_map(|(name, value)| {
        let name = name.strip_prefix("value:")?;
        let (service, input) = name.rsplit_once(':')?;
        let (value, source) = (value.trim(), find("source", name));
        let is_same =
            value == find("was", name) && (value.is_empty() || source == find("was_source", name));
        (!is_same).then(
            || json!({ "input": input, "service": service, "value": value, "source": source }),
        )
    });
    let mut body = Map::new();
    body.insert("answers".into(), answers.collect());
    let revision = typed.iter().find(|(name, _)| name == "revision");
    let revision = revision.and_then(|(_, value)| value.parse::<i64>().ok());
    body.insert("expected_revision".into(), json!(revision));
    body
}

async fn show(looker: Looker, unsaved: Option<Unsaved>) -> Result<Response<Body>, ApiError> {
    let Looker { app, id, who } = looker;
    let sight = who.sight();
    let (incident, found) = app
        .blocking(move |parts| {
            let incident = parts.incidents.incident(&id, &sight).map_err(failure)?;
            let found = parts.significance.significance(&id, None, &sight);
            Ok((incident, found.map_err(failure)?))
        })
        .await?;
    let site = app.parts.site.load();
    let now = app.parts.clock.now();
    let may_answer = who.role.may(Permission::RecordFacts);
    let main = page(&incident, &found, unsaved.as_ref(), &site, may_answer);
    let mut response = layout::page("Is it significant?", &site, &who, now, &main);
    if let Some(unsaved) = &unsaved {
        *response.status_mut() = unsaved.problem.code.status();
    }
    Ok(response)
}

fn page(
    incident: &Value,
    found: &Value,
    unsaved: Option<&Unsaved>,
    site: &Site,
    may_answer: bool,
) -> Markup {
    let id = incident["id"].as_str().unwrap_or_default();
    let zone = &zone_of(incident, site);
    html! {
        p.crumb {
            a href="/" { "Start" } " › " a href={ "/incidents/" (id) } { "Incident" } " › Significance"
        }
        h1 { "Is it significant?" }
        p { (incident["title"].as_str().unwrap_or("(without a title)")) }
        @if let Some(unsaved) = unsaved {
            p.problem role="alert" { (unsaved.problem.message) ". " (unsaved.problem.help()) }
        }
        (standing(incident, found, zone, may_answer))
        @for service in items(found, "services") { (service_section(service, zone)) }
        section aria-labelledby="questions-heading" {
            h2 id="questions-heading" { "What is asked" }
            (questions(found, unsaved, zone, may_answer))
        }
        section aria-labelledby="criteria-heading" {
            h2 id="criteria-heading" { "Criteria" }
            (criteria(found))
            p.quiet {
                "Data of " (found["version"].as_str().unwrap_or_default())
                ": not legal advice. Nothing here declares awareness."
            }
        }
    }
}

/// That a criterion is met, on the incident's own page: from its facts.
pub(crate) fn summary(incident: &Value, zone: &TimeZone) -> Markup {
    let met = standing_met(items(incident, "facts"));
    let id = incident["id"].as_str().unwrap_or_default();
    html! {
        @if !met.is_empty() && is_unassessed(incident) {
            section.waiting aria-labelledby="met-heading" {
                h2 id="met-heading" { "A criterion of significance is met" }
                ul {
                    @for (fact, at) in met {
                        li {
                            (fact["reason"].as_str().unwrap_or("A criterion"))
                            ": met at " (time_of(at, zone).unwrap_or_default())
                        }
                    }
                }
                p.sentence { "Awareness is yours to declare." }
            }
        }
        p { a href={ "/incidents/" (id) "/significance" } { "Is it significant? Criteria and answers" } }
    }
}

/// The facts that a criterion is met which nobody took back, each with its time as corrected.
fn standing_met(facts: &[Value]) -> Vec<(&Value, &Value)> {
    let is_met = |fact: &&Value| fact["fact"] == "criterion_met";
    let is_taken_back = |id: &Value| {
        let mut retracted = facts
            .iter()
            .filter(|it| it["fact"] == "retracted" && it["revises"] == *id);
        retracted.any(|it| facts.iter().any(|by| by["approves"] == it["id"]))
    };
    let roots = facts
        .iter()
        .filter(is_met)
        .filter(|it| it["revises"].is_null());
    let standing = roots.filter(|it| !is_taken_back(&it["id"]));
    let as_corrected = standing.map(|root| {
        let mut corrections = facts.iter().filter(is_met);
        let newest = corrections.rfind(|it| it["revises"] == root["id"]);
        (root, &newest.unwrap_or(root)["at"])
    });
    as_corrected.collect()
}

/// What it comes to, and who has to decide.
fn standing(incident: &Value, found: &Value, zone: &TimeZone, may_record: bool) -> Markup {
    let (badge, words, sv) = outcome(&found["outcome"]);
    let is_met = found["outcome"] == "met";
    html! {
        p.badges { span class=(badge) { (words) } " " span.quiet lang="sv" { (sv) } }
        @let met = items(found, "met");
        @if is_met || !met.is_empty() {
            section.waiting aria-labelledby="press-heading" {
                h2 id="press-heading" { "A criterion is met" }
                ul {
                    @for fact in met {
                        li {
                            code { (fact["criterion"].as_str().unwrap_or("criterion")) }
                            @if let Some(service) = fact["service"].as_str() { " of " (service) }
                            " met at "
                            @if let Some(at) = instant(&fact["at"]) { strong { (local(at, zone)) } }
                            div.quiet { (fact["at"].as_str().unwrap_or_default()) ", recorded by " (fact["recorded_by"].as_str().unwrap_or("?")) }
                        }
                    }
                    @for criterion in items(found, "criteria").iter().filter(|it| it["outcome"] == "met") {
                        li {
                            code { (criterion["criterion"].as_str().unwrap_or_default()) } " "
                            (criterion["en"].as_str().unwrap_or_default()) ", "
                            (criterion["citation"].as_str().unwrap_or_default())
                        }
                    }
                }
                @if is_unassessed(incident) {
                    p.sentence { "Awareness is yours to declare: nothing here does it." }
                    @if may_record {
                        div.actions {
                            a.button.main href=(record_path(incident, "aware", "")) { "Aware now" }
                            a.button href=(record_path(incident, "not_significant", "")) { "Not significant" }
                        }
                    }
                }
            }
        }
        @if let Some(id) = found["recurring"].as_str() {
            p { "It counts in " a href={ "/incidents/" (id) } { "recurring incidents" } "." }
        }
        @let members = items(found, "members");
        @if !members.is_empty() {
            p {
                "These count together: "
                @for (index, member) in members.iter().filter_map(Value::as_str).enumerate() {
                    @if index > 0 { ", " }
                    a href={ "/incidents/" (member) } { (member.chars().take(8).collect::<String>()) }
                }
            }
        }
    }
}

/// The class of a badge, and the word in both languages.
fn outcome(outcome: &Value) -> (&'static str, &'static str, &'static str) {
    match outcome.as_str() {
        Some("met") => ("badge red", "Met", "uppfyllt"),
        Some("not_met") => ("badge", "Not met", "inte uppfyllt"),
        _ => ("badge amber", "Open", "öppet"),
    }
}

/// A service with what it lacked, and when that meets what.
pub(super) fn service_section(service: &Value, zone: &TimeZone) -> Markup {
    let words = |name: &str| {
        let words = items(service, name).iter().filter_map(Value::as_str);
        words.collect::<Vec<_>>().join(", ")
    };
    let outages = items(service, "outages");
    html! {
        section {
            h2 { "Service " (service["name"].as_str().unwrap_or_default()) }
            p.quiet {
                "Provided as " (words("looked_at_as"))
                "; users in the Union: " (service["users_eu"].as_str().unwrap_or("not known"))
                @if !items(service, "customers").is_empty() { "; customers: " (words("customers")) }
                @if !items(service, "countries").is_empty() { "; in " (words("countries")) }
            }
            @if outages.is_empty() { p.quiet { "No outage in the last weeks." } }
            @for outage in outages.iter().rev() { (outage_list(outage, zone)) }
        }
    }
}

fn outage_list(outage: &Value, zone: &TimeZone) -> Markup {
    let seconds = |name: &str| {
        let text = outage["counted"][name].as_str().unwrap_or("0");
        duration(text)
    };
    html! {
        dl.about {
            div { dt { (plain(outage["kind"].as_str().unwrap_or_default())) } dd {
                (time_of(&outage["from"], zone).unwrap_or_default()) " to "
                @match time_of(&outage["until"], zone) { Some(until) => (until), None => "now" }
                div.quiet {
                    "by " (outage["began_by"].as_str().unwrap_or_default())
                    @if let Some(end) = outage["ended_by"].as_str() { ", ended by " (end) }
                }
            } }
            div { dt { "Counts" } dd {
                (seconds("whole"))
                @if outage["counted"]["whole"] != outage["counted"]["overrun"] {
                    div.quiet { (seconds("overrun")) ", where only what planned work does not cover counts" }
                }
            } }
            @for timer in items(outage, "timers") {
                div { dt { code { (timer["criterion"].as_str().unwrap_or_default()) } } dd {
                    @if let Some(at) = instant(&timer["at"]) { (local(at, zone)) }
                    div.quiet { (timer["at"].as_str().unwrap_or_default()) }
                    @if timer["at"] != timer["at_by_overrun"] {
                        div.quiet {
                            "By the overrun alone: " (timer["at_by_overrun"].as_str().unwrap_or("not at all"))
                        }
                    }
                    @if timer["outcome"] == "open" {
                        div.quiet { "If " (missing(timer)) " say so" }
                    }
                } }
            }
        }
    }
}

/// `2700` as `45 min`.
fn duration(seconds: &str) -> String {
    let whole: u64 = seconds
        .split('.')
        .next()
        .and_then(|it| it.parse().ok())
        .unwrap_or_default();
    let (hours, minutes, rest) = (whole / 3_600, whole / 60 % 60, whole % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest} s"),
        (0, _) => format!("{minutes} min {rest} s"),
        _ => format!("{hours} h {minutes} min {rest} s"),
    }
}

fn missing(of: &Value) -> String {
    let names = items(of, "missing").iter().filter_map(Value::as_str);
    names.collect::<Vec<_>>().join(", ")
}

fn questions(
    found: &Value,
    unsaved: Option<&Unsaved>,
    zone: &TimeZone,
    may_answer: bool,
) -> Markup {
    let cause = &found["root_cause"];
    let root_cause = json!({
        "input": "root_cause", "type": "text", "service": "", "written": cause,
        "en": "The apparent root cause, in the same words for the same cause",
        "sv": "Den troliga grundorsaken, med samma ord för samma orsak",
    });
    let asked = items(found, "questions");
    let needed = asked.iter().filter(|it| it["needed"] == true);
    let others = asked.iter().filter(|it| it["needed"] != true);
    html! {
        form.copyview.narrow method="post" {
            input type="hidden" name="revision" value=(found["revision"].to_string());
            ol {
                (question(&root_cause, unsaved, zone, may_answer))
                @for one in needed { (question(one, unsaved, zone, may_answer)) }
            }
            details {
                summary { "What is answered, or decides nothing now" }
                ol { @for one in others { (question(one, unsaved, zone, may_answer)) } }
            }
            @if may_answer {
                div.actions.sticky { button.main type="submit" { "Record answers" } }
            }
        }
    }
}

fn question(one: &Value, unsaved: Option<&Unsaved>, zone: &TimeZone, may_answer: bool) -> Markup {
    let text = |name: &str| one[name].as_str().unwrap_or_default();
    let name = format!("{}:{}", text("service"), text("input"));
    let typed = |kind: &str| -> Option<String> {
        let wanted = format!("{kind}:{name}");
        let mut all = unsaved?.typed.iter();
        all.find(|(given, _)| *given == wanted)
            .map(|(_, value)| value.clone())
    };
    let was = written(&one["written"]["value"]);
    let was_source = one["written"]["source"].as_str().unwrap_or_default();
    let value = typed("value").unwrap_or_else(|| was.clone());
    let source = typed("source").unwrap_or_else(|| was_source.to_owned());
    let id = format!("value-{}", name.replace(':', "-"));
    let is_missing = one["needed"] == true && value.is_empty();
    html! {
        li.field.missing[is_missing] {
            label for=(id) { (text("en")) }
            div.quiet lang="sv" { (text("sv")) }
            @if !text("service").is_empty() { div.quiet { "Service " (text("service")) } }
            @match text("type") {
                "yes_no" => {
                    select id=(id) name={ "value:" (name) } disabled[!may_answer] {
                        option value="" selected[value.is_empty()] { "not answered · obesvarat" }
                        option value="yes" selected[value == "yes"] { "yes · ja" }
                        option value="no" selected[value == "no"] { "no · nej" }
                    }
                },
                kind => {
                    input id=(id) name={ "value:" (name) } value=(value) readonly[!may_answer]
                        autocomplete="off" spellcheck="false" placeholder=(placeholder(kind));
                },
            }
            label for={ (id) "-source" } { "Source" }
            input id={ (id) "-source" } name={ "source:" (name) } value=(source) readonly[!may_answer]
                autocomplete="off" placeholder="fact 7, event 12, estimate";
            input type="hidden" name={ "was:" (name) } value=(was);
            input type="hidden" name={ "was_source:" (name) } value=(was_source);
            (counts(one, zone))
        }
    }
}

fn placeholder(kind: &str) -> &'static str {
    match kind {
        "duration" => "PT31M, PT1H5M",
        "number" => "300001",
        _ => "",
    }
}

/// A recorded value as it is written into the form.
fn written(value: &Value) -> String {
    match value {
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => text.clone(),
        _ => String::new(),
    }
}

/// What counts now, and from whom.
fn counts(one: &Value, zone: &TimeZone) -> Markup {
    let answer = &one["answer"];
    let person = &one["written"];
    let value = match (&answer["value"], one["type"].as_str()) {
        (Value::String(seconds), Some("duration")) => duration(seconds),
        (other, _) => written(other),
    };
    html! {
        @if answer.is_object() {
            p.quiet {
                "Counts: " strong { (value) } ", " (answer["by"].as_str().unwrap_or("?"))
                ", " (answer["source"].as_str().unwrap_or_default())
                @if let Some(at) = time_of(&answer["at"], zone) { ", " (at) }
            }
        } @else if person.is_object() {
            p.quiet {
                (person["recorded_by"].as_str().unwrap_or("?")) ", "
                (person["source"].as_str().unwrap_or_default())
                @if let Some(at) = time_of(&person["recorded_at"], zone) { ", " (at) }
            }
        }
    }
}

fn criteria(found: &Value) -> Markup {
    html! {
        div.scroll {
            table {
                thead { tr { th { "Criterion" } th { "Outcome" } th { "From" } } }
                tbody {
                    @for criterion in items(found, "criteria") {
                        @let (badge, words, sv) = outcome(&criterion["outcome"]);
                        tr {
                            th scope="row" {
                                code { (criterion["criterion"].as_str().unwrap_or_default()) } " "
                                (criterion["en"].as_str().unwrap_or_default())
                                div.quiet lang="sv" { (criterion["sv"].as_str().unwrap_or_default()) }
                                div.quiet {
                                    (criterion["citation"].as_str().unwrap_or_default())
                                    @if let Some(service) = criterion["service"].as_str() { ", " (service) }
                                    @if criterion["forward"] == true { ", capable of it is enough" }
                                }
                            }
                            td { span class=(badge) title=(sv) { (words) } }
                            td {
                                @for one in items(criterion, "compared") { div { (compared(one)) } }
                                @for one in items(criterion, "from") { div.quiet { (used(one)) } }
                                @if !items(criterion, "missing").is_empty() {
                                    div { "needs " (missing(criterion)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// `users_limited 21, more than 20 (5 % of service_users (400))`
fn compared(one: &Value) -> String {
    let text = |name: &str| one[name].as_str();
    let value = text("value").unwrap_or("not known");
    let input = text("input").unwrap_or_default();
    let mut words = format!("{input} {value}");
    if let Some(limit) = text("limit") {
        let than = match text("than") {
            Some("less") => "less than",
            Some("at_most") => "at most",
            _ => "more than",
        };
        words.push_str(&format!(", {than} {limit}?"));
    }
    match text("of") {
        Some(of) if !of.is_empty() && of != "fixed" => words.push_str(&format!(" ({of})")),
        _ => {}
    }
    words
}

/// `service_users: vakt, the service map`
fn used(one: &Value) -> String {
    let text = |name: &str| one[name].as_str().unwrap_or_default();
    let value = written(&one["value"]);
    format!(
        "{} {value}: {}, {}",
        text("input"),
        text("by"),
        text("source")
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_fact_that_was_taken_back_is_not_shown_and_one_that_moved_is_where_it_is() {
        let met = |id: i64, revises: Value, at: &str| {
            let reason = format!("fact {id}");
            json!({"id": id, "fact": "criterion_met", "revises": revises, "at": at, "reason": reason})
        };
        let facts = [
            met(1, Value::Null, "t1"),
            met(2, Value::Null, "t2"),
            met(3, json!(1), "t3"),
            json!({"id": 4, "fact": "retracted", "revises": 2}),
            met(5, Value::Null, "t5"),
            json!({"id": 6, "fact": "retracted", "revises": 5}),
            json!({"id": 7, "fact": "approved", "approves": 4}),
        ];
        let shown: Vec<(&str, &str)> = standing_met(&facts)
            .into_iter()
            .map(|(fact, at)| (fact["reason"].as_str().unwrap(), at.as_str().unwrap()))
            .collect();
        assert_eq!(shown, [("fact 1", "t3"), ("fact 5", "t5")]);
    }
}
