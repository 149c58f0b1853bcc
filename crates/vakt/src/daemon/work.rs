//! Response work, as the API asks for it.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};
use vakt_api::access::UserRow;
use vakt_api::backend::{
    AttachedFile, IncidentFailure, ItemPage, SentFile, Sight, TasksRequest, WorkBackend,
};
use vakt_api::{Permission, Principal, Role};
use vakt_incident::PageRequest;
use vakt_incident::work::{NewAttachment, ResponseRecord, Stored, TaskFilter, check_file};

use super::incidents::{Incidents, as_json, failure, from_body};
use super::titles::Titles;
use crate::attachments::Attachments;

/// The texts of a review.
const REVIEW_TEXTS: [&str; 4] = ["root_cause", "scope", "lessons", "no_actions"];

/// What stands for a text that may hold what is redacted.
pub(super) const HIDDEN: &str = "(not shown: it may hold what is redacted)";

pub(super) struct Work {
    pub(super) incidents: Arc<Incidents>,
    pub(super) attachments: Attachments,
}

impl Work {
    /// Texts of people, and hashes of files, for who may not read what was sent: a hash tells a guess of what
    /// is in a file from others.
    fn shown(&self, mut work: Json, sight: &Sight) -> Result<Json, IncidentFailure> {
        if sight.reads_raw {
            return Ok(work);
        }
        if let Some(mut titles) = self.incidents.titles(sight) {
            redact_titles(&mut work, &mut titles)?;
        }
        for file in list(&mut work, "attachments") {
            if let Some(file) = file.as_object_mut() {
                file.shift_remove("blake3");
                file.shift_remove("sha256");
            }
        }
        if self.incidents.redactor.is_some() {
            hide_texts(&mut work);
        }
        for report in list(&mut work, "reports") {
            hide_report(report, self.incidents.redactor.is_some());
        }
        Ok(work)
    }

    /// An owner is somebody who is here, sees the incident, and may say that the task is done.
    fn expect_owner(&self, id: &str, body: &Map<String, Json>) -> Result<(), IncidentFailure> {
        let owner = body.get("owner").and_then(Json::as_str).map(str::trim);
        let Some(owner) = owner.filter(|owner| !owner.is_empty()) else {
            return Ok(());
        };
        let incident = self.incidents.records.incident_summary(id);
        let stream = incident.map_err(|error| failure(&error))?.stream;
        let users = self.incidents.access.users();
        let users = users.map_err(|error| IncidentFailure::Internal(error.to_string()))?;
        let sees = |user: &UserRow| {
            let role: Option<Role> = user.role.parse().ok();
            user.disabled_at.is_none()
                && role.is_some_and(|role| role.may(Permission::RecordFacts))
                && user.streams.as_ref().is_none_or(|it| it.contains(&stream))
        };
        if users.iter().any(|user| user.name == owner && sees(user)) {
            return Ok(());
        }
        let names: Vec<&str> = users
            .iter()
            .filter(|user| sees(user))
            .map(|user| user.name.as_str())
            .collect();
        Err(IncidentFailure::Invalid {
            message: format!("`{owner}` is no user who works on this incident"),
            help: format!("a task is done by one of {}", names.join(", ")),
        })
    }

    fn stored(&self, file: SentFile) -> Result<NewAttachment, IncidentFailure> {
        store(&self.attachments, file)
    }
}

/// Stores a file, durably.
pub(super) fn store(
    attachments: &Attachments,
    file: SentFile,
) -> Result<NewAttachment, IncidentFailure> {
    let stored = attachments.put(&file.bytes).map_err(|error| {
        tracing::error!(error = format!("{error:#}"), "an attachment was not stored");
        IncidentFailure::Internal(format!("{error:#}"))
    })?;
    Ok(NewAttachment {
        name: file.name,
        media_type: file.media_type,
        stored,
    })
}

/// The titles of the incidents that tasks are of.
fn redact_titles(work: &mut Json, titles: &mut Titles<'_>) -> Result<(), IncidentFailure> {
    const TITLE: (&str, &str) = ("incident", "incident_title");
    titles.redact(list(work, "tasks"), TITLE)?;
    for phase in list(work, "phases") {
        titles.redact(list(phase, "tasks"), TITLE)?;
    }
    match work.get_mut("review") {
        Some(review) => titles.redact(list(review, "actions"), TITLE),
        None => Ok(()),
    }
}

/// What people wrote about an incident: each text may hold what is redacted.
fn hide_texts(work: &mut Json) {
    let texts = [
        ("notes", "text"),
        ("decisions", "text"),
        ("attachments", "name"),
    ];
    for (name, member) in texts {
        for item in list(work, name) {
            hide(item, member);
        }
    }
    hide_tasks(work);
    for phase in list(work, "phases") {
        hide_tasks(phase);
        hide_facts(phase, "facts");
    }
    hide_facts(work, "communications");
    if let Some(review) = work.get_mut("review") {
        hide_review(review);
    }
}

fn hide_tasks(of: &mut Json) {
    for task in list(of, "tasks") {
        hide(task, "title");
        hide(task, "reason");
    }
}

/// What is missing of an action names it by its title, in quotes.
fn hide_quoted(said: &mut Json) {
    let hidden = said.as_str().and_then(|text| {
        let (before, quoted) = text.split_once('"')?;
        let (_, after) = quoted.rsplit_once('"')?;
        Some(format!("{before}\"{HIDDEN}\"{after}"))
    });
    if let Some(hidden) = hidden {
        *said = hidden.into();
    }
}

/// The texts of a review, as it is written and as it was signed.
fn hide_review(review: &mut Json) {
    list(review, "missing").for_each(hide_quoted);
    for member in REVIEW_TEXTS {
        hide(review, member);
    }
    hide_tasks(review);
    for task in list(review, "actions") {
        hide(task, "title");
        hide(task, "reason");
    }
    let signed = review.pointer_mut("/signed/text");
    let signed = signed.and_then(Json::as_object_mut);
    for (_, value) in signed.into_iter().flatten() {
        if value.is_string() {
            *value = HIDDEN.into();
        }
    }
    for task in list(
        review
            .pointer_mut("/signed/text")
            .unwrap_or(&mut Json::Null),
        "actions",
    ) {
        *task = HIDDEN.into();
    }
}

/// The reasons of facts, and what reports and reviews said.
pub(super) fn hide_facts(of: &mut Json, name: &str) {
    list(of, name).for_each(hide_fact);
}

pub(super) fn hide_fact(fact: &mut Json) {
    hide(fact, "reason");
    let fields = fact.get_mut("fields").and_then(Json::as_object_mut);
    for (name, value) in fields.into_iter().flatten() {
        let is_told_apart = name == "service" || name == "evidence";
        if (value.is_string() || value.is_array()) && !is_told_apart {
            *value = HIDDEN.into();
        }
    }
}

/// The contact of a reporter is nobody's business who may not read what was sent.
pub(super) fn hide_report(report: &mut Json, is_redacted: bool) {
    if let Some(report) = report.as_object_mut() {
        report.shift_remove("contact");
        report.shift_remove("files");
    }
    if is_redacted {
        hide(report, "description");
        hide(report, "time");
    }
}

pub(super) fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

pub(super) fn hide(item: &mut Json, member: &str) {
    if let Some(value) = item.get_mut(member).filter(|value| !value.is_null()) {
        *value = HIDDEN.into();
    }
}

pub(super) fn list<'v>(value: &'v mut Json, name: &str) -> impl Iterator<Item = &'v mut Json> {
    let list = value.get_mut(name).and_then(Json::as_array_mut);
    list.into_iter().flatten()
}

impl WorkBackend for Work {
    fn tasks(&self, request: &TasksRequest) -> Result<ItemPage, IncidentFailure> {
        let state = request.state.as_deref().map(str::parse).transpose();
        let state = state.map_err(|error: vakt_incident::work::WorkError| {
            failure(&vakt_incident::Error::from(error))
        })?;
        let filter = TaskFilter {
            owner: request.owner.clone(),
            state,
            streams: request.sight.streams.clone(),
        };
        let found = self.incidents.records.tasks(&filter, &page(request));
        let found = found.map_err(|error| failure(&error))?;
        let mut items = json!({ "tasks": as_json(&found.items)? });
        items = self.shown(items, &request.sight)?;
        Ok(ItemPage {
            items: list(&mut items, "tasks").map(Json::take).collect(),
            next: found.next,
        })
    }

    fn work(&self, id: &str, sight: &Sight) -> Result<Json, IncidentFailure> {
        self.incidents.summary_in_sight(id, sight)?;
        let records = &self.incidents.records;
        let work = records.work(id).map_err(|error| failure(&error))?;
        let reports = records.reports_of(id).map_err(|error| failure(&error))?;
        let mut work = as_json(&work)?;
        work["reports"] = as_json(&reports)?;
        self.shown(work, sight)
    }

    fn response(&self, id: &str, sight: &Sight) -> Result<Json, IncidentFailure> {
        let incident = self.incidents.in_sight(id, sight)?;
        let work = self.incidents.records.work(id);
        let work = work.map_err(|error| failure(&error))?;
        let seen = self.incidents.seen(incident, sight)?;
        let record = ResponseRecord::of(&seen, work);
        self.shown(as_json(&record)?, sight)
    }

    fn add_task(
        &self,
        id: &str,
        body: Map<String, Json>,
        by: &Principal,
    ) -> Result<Json, IncidentFailure> {
        self.incidents.summary_in_sight(id, &by.sight())?;
        self.expect_owner(id, &body)?;
        let task = self
            .incidents
            .records
            .add_task(id, &from_body(body)?, &by.name);
        as_json(&task.map_err(|error| failure(&error))?)
    }

    fn change_task(
        &self,
        task: &str,
        body: Map<String, Json>,
        by: &Principal,
    ) -> Result<Json, IncidentFailure> {
        let records = &self.incidents.records;
        let known = records.task(task).map_err(|error| failure(&error))?;
        self.incidents
            .summary_in_sight(&known.incident, &by.sight())?;
        // Who has left may have had it, and still does until somebody else takes it.
        let is_kept = body.get("owner").and_then(Json::as_str) == known.owner.as_deref();
        if !is_kept {
            self.expect_owner(&known.incident, &body)?;
        }
        let changed = records.change_task(task, &from_body(body)?, &by.name);
        as_json(&changed.map_err(|error| failure(&error))?)
    }

    fn add_note(
        &self,
        id: &str,
        body: Map<String, Json>,
        by: &Principal,
    ) -> Result<Json, IncidentFailure> {
        self.incidents.summary_in_sight(id, &by.sight())?;
        let note = self
            .incidents
            .records
            .add_note(id, &from_body(body)?, &by.name);
        as_json(&note.map_err(|error| failure(&error))?)
    }

    fn attach(&self, id: &str, file: SentFile, by: &Principal) -> Result<Json, IncidentFailure> {
        self.incidents.summary_in_sight(id, &by.sight())?;
        let records = &self.incidents.records;
        let bytes = length(&file.bytes);
        // Nothing is stored of what is refused.
        check_file(&file.name, bytes).map_err(|error| failure(&error.into()))?;
        records
            .expect_room(id, bytes)
            .map_err(|error| failure(&error))?;
        let new = self.stored(file)?;
        let attached = records.attach(id, &new, &by.name);
        as_json(&attached.map_err(|error| failure(&error))?)
    }

    fn attachment(
        &self,
        id: &str,
        hash: &str,
        sight: &Sight,
    ) -> Result<AttachedFile, IncidentFailure> {
        self.incidents.summary_in_sight(id, sight)?;
        let found = self.incidents.records.attachment(id, hash);
        let found = found.map_err(|error| failure(&error))?;
        let stored = Stored {
            blake3: found.blake3,
            sha256: found.sha256.clone(),
            bytes: found.bytes,
        };
        let bytes = self.attachments.read(&stored).map_err(|error| {
            tracing::error!(error = format!("{error:#}"), "an attachment is damaged");
            IncidentFailure::Internal(format!("{error:#}"))
        })?;
        Ok(AttachedFile {
            name: found.name,
            bytes,
            sha256: found.sha256,
        })
    }

    fn review(&self, id: &str, sight: &Sight) -> Result<Json, IncidentFailure> {
        self.incidents.summary_in_sight(id, sight)?;
        let review = self.incidents.records.review(id);
        let review = json!({ "review": as_json(&review.map_err(|error| failure(&error))?)? });
        let mut shown = self.shown(review, sight)?;
        Ok(shown["review"].take())
    }

    fn write_review(
        &self,
        id: &str,
        body: Map<String, Json>,
        by: &Principal,
    ) -> Result<Json, IncidentFailure> {
        self.incidents.summary_in_sight(id, &by.sight())?;
        let written = self
            .incidents
            .records
            .write_review(id, &from_body(body)?, &by.name);
        as_json(&written.map_err(|error| failure(&error))?)
    }

    fn sign_review(&self, id: &str, version: i64, by: &Principal) -> Result<Json, IncidentFailure> {
        self.incidents.summary_in_sight(id, &by.sight())?;
        let recorder = self.incidents.recorder(id, by)?;
        let signed = self.incidents.records.sign_review(id, version, recorder);
        self.incidents
            .with_warnings(&signed.map_err(|error| failure(&error))?, by)
    }

    fn missing_reviews(
        &self,
        year: Option<i16>,
        request: &TasksRequest,
    ) -> Result<(i16, ItemPage), IncidentFailure> {
        let now = self.incidents.clock.now().to_jiff();
        let (_, zone) = self.incidents.records.time_zone();
        let year = year.unwrap_or_else(|| zone.to_datetime(now).year());
        let streams = request.sight.streams.as_deref();
        let found = self
            .incidents
            .records
            .missing_reviews(year, streams, &page(request));
        let found = found.map_err(|error| failure(&error))?;
        let items = found.items.iter().map(as_json);
        let mut items = items.collect::<Result<Vec<_>, _>>()?;
        if let Some(mut titles) = self.incidents.titles(&request.sight) {
            titles.redact(&mut items, ("id", "title"))?;
        }
        let items = ItemPage {
            items,
            next: found.next,
        };
        Ok((year, items))
    }
}

pub(super) fn page(request: &TasksRequest) -> PageRequest {
    PageRequest {
        limit: request.limit,
        cursor: request.cursor.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Notes were hidden, and what says the same beside them was not.
    #[test]
    fn all_that_people_wrote_is_hidden_alike() {
        let fact = json!({"fact": "contained", "reason": "SECRET",
            "fields": {"nature": "SECRET", "evidence": ["event:1"]}});
        let task = json!({"id": "t", "title": "SECRET", "reason": "SECRET", "owner": "bo"});
        let mut work = json!({
            "tasks": [task],
            "notes": [{"text": "SECRET"}],
            "decisions": [{"text": "SECRET"}],
            "attachments": [{"name": "SECRET", "bytes": 1}],
            "phases": [{"phase": "containment", "tasks": [task], "facts": [fact]}],
            "communications": [fact],
            "review": {"root_cause": "SECRET", "scope": "SECRET", "lessons": "SECRET",
                "no_actions": "SECRET", "actions": [task], "version": 1,
                "missing": ["the action \"SECRET \"SECRET\"\" has no owner"],
                "signed": {"by": "anna", "text": {"root_cause": "SECRET", "lessons": "SECRET",
                    "actions": [{"title": "SECRET"}]}}},
        });
        hide_texts(&mut work);
        let shown = work.to_string();
        assert!(!shown.contains("SECRET"), "{shown}");
        for kept in ["bo", "event:1", "anna", "contained", "containment"] {
            assert!(shown.contains(kept), "{kept} in {shown}");
        }
    }
}
