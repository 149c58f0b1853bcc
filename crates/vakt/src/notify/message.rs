//! What a notice says at one output: as much as that output is allowed to say.

use anyhow::Result;
use serde_json::{Map, Value as Json, json};
use vakt_event::{Timestamp, ecs};

use super::Desk;
use crate::config::Output;

/// Raw lines in a notice: enough to judge, no log.
const LINES_MAX: usize = 5;

/// Characters of one of them.
const LINE_CHARS_MAX: usize = 1_000;

/// A notice as it is sent.
#[derive(Clone, Debug)]
pub(super) struct Message {
    /// The same at every attempt.
    pub(super) uid: String,
    /// When it was filed.
    pub(super) at: Timestamp,
    pub(super) body: Json,
    /// The recipients that have it from an earlier attempt.
    pub(super) taken: Vec<String>,
}

impl Message {
    /// A member that is a text; empty where it is none.
    pub(super) fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_default()
    }
}

/// What `output` says of the notice: redacted, with names of users and raw lines only where it may, and
/// with its link.
pub(super) fn shape(
    desk: &Desk,
    output: &Output,
    uid: &str,
    payload: &Json,
    at: Timestamp,
) -> Result<Message> {
    let mut body = payload.clone();
    shape_one(desk, output, &mut body)?;
    let parts = body.get_mut("notices").and_then(Json::as_array_mut);
    for part in parts.into_iter().flatten() {
        shape_one(desk, output, part)?;
    }
    body["id"] = uid.into();
    if let Some(organisation) = &desk.organisation {
        body["organisation"] = organisation.clone().into();
    }
    Ok(Message {
        uid: uid.to_owned(),
        at,
        body,
        taken: Vec::new(),
    })
}

fn shape_one(desk: &Desk, output: &Output, body: &mut Json) -> Result<()> {
    let entity = entity_of(desk, body);
    if output.allows_users {
        let values: Vec<&str> = entity.values().filter_map(Json::as_str).collect();
        if !values.is_empty() {
            body["entity"] = values.join(", ").into();
        }
    } else if let Some(members) = body.as_object_mut() {
        members.shift_remove("recorded_by");
        members.shift_remove("owner");
    }
    if let Some(redactor) = &desk.redactor {
        redactor.redact_notice(body, entity);
    }
    let id = body["incident"].as_str().map(str::to_owned);
    if let Some(id) = &id
        && output.allows_raw
    {
        body["lines"] = lines_of(desk, id)?.into();
    }
    body["link"] = match id {
        Some(id) => format!("{}/incidents/{id}", desk.public_url).into(),
        None => format!("{}/", desk.public_url).into(),
    };
    // How it is told apart is a matter of ours.
    if let Some(members) = body.as_object_mut() {
        members.shift_remove("mark");
    }
    Ok(())
}

/// Whom the alert or incident concerns. One that is gone concerns nobody any more.
fn entity_of(desk: &Desk, body: &Json) -> Map<String, Json> {
    let alert = body["alert"].as_str();
    let found = alert.and_then(|id| desk.records.alert(id).ok());
    if let Some(alert) = found {
        return alert.entity_fields;
    }
    let incident = body["incident"].as_str();
    let found = incident.and_then(|id| desk.records.incident(id).ok());
    found.map_or_else(Map::new, |it| it.incident.entity_fields)
}

/// The newest lines of an incident's evidence. Where something is redacted, they are what is left.
fn lines_of(desk: &Desk, id: &str) -> Result<Vec<String>> {
    let mut incident = json!(desk.records.incident(id)?);
    if let Some(redactor) = &desk.redactor {
        redactor.redact_incident(&mut incident);
    }
    let evidence = incident["evidence"].as_array();
    let lines = evidence.into_iter().flatten().rev().take(LINES_MAX);
    let text = |frozen: &Json| match &desk.redactor {
        Some(_) => frozen["fields"][ecs::MESSAGE].as_str().map(str::to_owned),
        None => frozen["original"].as_str().map(str::to_owned),
    };
    let cut = |line: String| line.chars().take(LINE_CHARS_MAX).collect();
    let mut lines: Vec<String> = lines.filter_map(text).map(cut).collect();
    lines.reverse();
    Ok(lines)
}
