//! Kept documents: versions with their bytes, approvals, and what was sent.
//!
//! A version is never changed. What is different is a new version, which is approved anew. A
//! submission is a fact like any other, and names the document and the hash of what was sent; a
//! correction revises that fact at its own time, so that no clock begins anew.

mod check;
mod files;
mod marks;
mod package;
mod submit;

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use serde_json::{Value, json};
use vakt_event::Timestamp;

use super::rows::{instant, json as json_column, page, page_start};
use super::{Recorder, Records, audit, incidents, reports};
use crate::alert::{Page, PageRequest};
use crate::answer::ConcernedService;
use crate::document::{Document, DocumentFault, Making, Marks, Version};
use crate::error::{Error, Result};
use crate::form::{Entered, Inclusion, ReportRef, Sources};
use crate::incident::IncidentDetail;
use crate::regime::Language;
use crate::significance::Assessment;

pub use files::{FILE_BYTES_MAX, KeptFile, NewFile};
pub use marks::NewMark;
pub use package::PackageFile;
pub use submit::{NewSubmission, SentAs, Submission, Submitted};

pub(super) use check::check;

/// Documents of one incident: a report a day for a year, with room.
const DOCUMENTS_MAX: i64 = 500;

/// Characters that say what changed: a few lines.
const CHANGED_CHARS_MAX: usize = 2_000;

/// What a document is made of, of one state of the records.
#[derive(Clone, Debug)]
pub struct Parts {
    pub incident: IncidentDetail,
    /// What people wrote for the report.
    pub entered: Vec<Entered>,
    pub included: Vec<Inclusion>,
    pub marks: Marks,
    /// How the criteria stand for our own party.
    pub assessment: Assessment,
    /// The services that the incident concerns.
    pub services: Vec<ConcernedService>,
}

/// A version to be kept.
#[derive(Clone, Copy, Debug)]
pub struct NewDocument<'a> {
    pub report: ReportRef<'a>,
    /// `None` is the authority's.
    pub language: Option<Language>,
    /// What is different from the version before.
    pub changed: Option<&'a str>,
    /// The newest version that it is made beside, 0 for none; anything else is a conflict.
    pub expected: Option<i64>,
}

/// A kept version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeptDocument {
    pub id: i64,
    pub party: String,
    pub regime: String,
    pub stage: String,
    pub kind: String,
    pub version: i64,
    pub language: String,
    pub tlp: String,
    pub author: String,
    pub at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrects: Option<i64>,
    /// The required fields that were empty.
    pub missing: Vec<String>,
    pub files: Vec<KeptFile>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    pub submissions: Vec<Submission>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Approval {
    pub by: String,
    pub at: Timestamp,
    /// Why it was approved with required fields empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Records {
    /// What a document of the report would be made of now.
    ///
    /// # Errors
    /// An incident that is not there.
    pub fn document_parts(&self, id: &str, report: ReportRef<'_>) -> Result<Parts> {
        let now = self.clock.now();
        self.read(|records| self.parts(records, id, report, now))
    }

    /// Keeps a new version of a document, in its three formats.
    ///
    /// # Errors
    /// An incident, regime or report that is not there; a newer version than the expected one; too many
    /// of them.
    pub fn keep_document(
        &self,
        id: &str,
        new: &NewDocument<'_>,
        author: &str,
    ) -> Result<KeptDocument> {
        let now = self.clock.now();
        self.write(|records| {
            let parts = self.parts(records, id, new.report, now)?;
            let seq = parts.incident.incident.number;
            check_count(records, seq)?;
            let found = newest(records, seq, new.report)?;
            if let Some(expected) = new.expected.filter(|expected| *expected != found) {
                return Err(DocumentFault::Changed { expected, found }.into());
            }
            let changed = changed(new.changed)?;
            // What is sent again and again corrects what was sent only where it says so.
            let may_correct =
                changed.is_some() || !self.is_sent_again(new.report.regime, new.report.stage);
            let before = submitted_version(records, seq, new.report)?;
            let version = Version {
                number: found + 1,
                author: author.to_owned(),
                changed,
                corrects: before.filter(|_| may_correct),
            };
            let document = self.made(&parts, new, &version, now)?;
            let kept = insert(records, seq, &document, &version)?;
            for (role, name, bytes) in formats(&document)? {
                files::insert(
                    records,
                    seq,
                    Some(kept),
                    (role, &name, &bytes),
                    (author, now),
                )?;
            }
            let subject = &parts.incident.incident.id;
            let core = core(records, kept)?;
            let after = json!({ "document": core });
            audit::add(
                records,
                now,
                author,
                "document.kept",
                subject,
                &Value::Null,
                &after,
            )?;
            find(records, seq, kept)
        })
    }

    /// The kept documents of an incident, newest first.
    ///
    /// # Errors
    /// An incident that is not there.
    pub fn documents(&self, id: &str, request: &PageRequest) -> Result<Page<KeptDocument>> {
        let (before, limit) = page_start(request)?;
        self.read(|records| {
            let seq = incidents::find(records, id)?.seq;
            let mut query = records.prepare_cached(
                "SELECT seq FROM documents WHERE incident = ?1 AND seq < ?2
                 ORDER BY seq DESC LIMIT ?3",
            )?;
            let more = i64::try_from(limit + 1).unwrap_or(i64::MAX);
            let ids = query.query_map([seq, before, more], |row| row.get::<_, i64>(0))?;
            let mut items = Vec::new();
            for id in ids {
                let id = id?;
                items.push((id, find(records, seq, id)?));
            }
            Ok(page(items, limit))
        })
    }

    /// A kept document.
    ///
    /// # Errors
    /// An incident or a document that is not there.
    pub fn document(&self, id: &str, document: i64) -> Result<KeptDocument> {
        self.read(|records| {
            let seq = incidents::find(records, id)?.seq;
            find(records, seq, document)
        })
    }

    /// The number of the newest version of a report's documents, 0 where there is none.
    ///
    /// # Errors
    /// An incident that is not there.
    pub fn newest_document(&self, id: &str, report: ReportRef<'_>) -> Result<i64> {
        self.read(|records| newest(records, incidents::find(records, id)?.seq, report))
    }

    /// Approves a document. Its author may where nobody else can.
    ///
    /// # Errors
    /// What is approved already, was made by the same person, is not the newest version, or leaves
    /// required fields empty without a reason.
    pub fn approve_document<'r>(
        &self,
        id: &str,
        document: i64,
        reason: Option<&str>,
        recorder: impl Into<Recorder<'r>>,
    ) -> Result<KeptDocument> {
        let (now, recorder) = (self.clock.now(), recorder.into());
        let reason = changed(reason)?;
        self.write(|records| {
            let row = incidents::find(records, id)?;
            let kept = find(records, row.seq, document)?;
            expect_approvable(records, row.seq, &kept, reason.as_deref(), recorder)?;
            records
                .prepare_cached(
                    "INSERT INTO document_approvals (document, approved_by, at, reason)
                     VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![document, recorder.name, now.micros(), reason])?;
            let approval = approval(records, document)?;
            let after =
                json!({ "approved": document, "version": kept.version, "approval": approval });
            let by = recorder.name;
            audit::add(
                records,
                now,
                by,
                "document.approved",
                &row.id,
                &Value::Null,
                &after,
            )?;
            find(records, row.seq, document)
        })
    }

    fn parts(
        &self,
        records: &Connection,
        id: &str,
        report: ReportRef<'_>,
        now: Timestamp,
    ) -> Result<Parts> {
        let row = incidents::find(records, id)?;
        let significance = self.significance_of(records, row.seq, &row.party, now)?;
        Ok(Parts {
            incident: incidents::detail(records, self.regimes(), row.seq, now)?,
            entered: reports::entered(records, row.seq, report)?,
            included: marks::included(records, row.seq)?,
            marks: marks::of(records, row.seq)?,
            assessment: significance.assessment(),
            services: significance.services,
        })
    }

    /// Whether a document is sent as often as there is something to say.
    fn is_sent_again(&self, regime: &str, stage: &str) -> bool {
        let spec = self.regimes().get(regime).and_then(|it| it.form(stage));
        spec.is_some_and(|it| it.is_repeated())
    }

    fn made(
        &self,
        parts: &Parts,
        new: &NewDocument<'_>,
        version: &Version,
        now: Timestamp,
    ) -> Result<Document> {
        let making = Making {
            sources: Sources {
                incident: &parts.incident,
                data: self.regimes(),
                organisation: self.settings.organisation.as_ref(),
                entered: &parts.entered,
                included: &parts.included,
                assessment: Some(&parts.assessment),
                services: &parts.services,
            },
            marks: &parts.marks,
            at: now,
            version: Some(version),
        };
        let expected = parts.incident.facts.iter().map(|fact| fact.party.as_str());
        let mut parties = expected.chain([parts.incident.incident.party.as_str()]);
        if !parties.any(|party| party == new.report.party) {
            return Err(Error::NoParty {
                party: new.report.party.to_owned(),
            });
        }
        Ok(Document::of(&making, new.report, new.language)?)
    }
}

fn expect_approvable(
    records: &Connection,
    incident: i64,
    kept: &KeptDocument,
    reason: Option<&str>,
    recorder: Recorder<'_>,
) -> Result<()> {
    let id = kept.id;
    if let Some(approval) = &kept.approval {
        let by = approval.by.clone();
        return Err(DocumentFault::Approved { id, by }.into());
    }
    let report = ReportRef {
        regime: &kept.regime,
        stage: &kept.stage,
        party: &kept.party,
    };
    let newest = newest(records, incident, report)?;
    if newest != kept.version {
        let version = kept.version;
        return Err(DocumentFault::Superseded {
            id,
            version,
            newest,
        }
        .into());
    }
    if kept.author == recorder.name && recorder.others != Some(0) {
        let author = kept.author.clone();
        return Err(DocumentFault::OwnWork { id, author }.into());
    }
    if !kept.missing.is_empty() && reason.is_none() {
        let missing = kept.missing.join(", ");
        return Err(DocumentFault::Incomplete { id, missing }.into());
    }
    Ok(())
}

/// The text without blanks around it; nothing where nothing is left.
fn changed(text: Option<&str>) -> Result<Option<String>> {
    let text = text.unwrap_or_default().trim();
    if text.chars().count() > CHANGED_CHARS_MAX {
        let chars_max = CHANGED_CHARS_MAX;
        return Err(DocumentFault::TooLong { chars_max }.into());
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

fn check_count(records: &Connection, incident: i64) -> Result<()> {
    let count: i64 = records
        .prepare_cached("SELECT count(*) FROM documents WHERE incident = ?1")?
        .query_row([incident], |row| row.get(0))?;
    if count >= DOCUMENTS_MAX {
        let (what, max) = ("documents", DOCUMENTS_MAX);
        return Err(DocumentFault::TooMany { what, max }.into());
    }
    Ok(())
}

/// The number of the newest version, 0 where there is none.
fn newest(records: &Connection, incident: i64, report: ReportRef<'_>) -> Result<i64> {
    Ok(records
        .prepare_cached(
            "SELECT coalesce(max(version), 0) FROM documents
             WHERE incident = ?1 AND party = ?2 AND regime = ?3 AND stage = ?4",
        )?
        .query_row(
            params![incident, report.party, report.regime, report.stage],
            |row| row.get(0),
        )?)
}

/// The version that was submitted last.
fn submitted_version(
    records: &Connection,
    incident: i64,
    report: ReportRef<'_>,
) -> Result<Option<i64>> {
    Ok(records
        .prepare_cached(
            "SELECT d.version FROM document_submissions s JOIN documents d ON d.seq = s.document
             WHERE d.incident = ?1 AND d.party = ?2 AND d.regime = ?3 AND d.stage = ?4
             ORDER BY s.seq DESC LIMIT 1",
        )?
        .query_row(
            params![incident, report.party, report.regime, report.stage],
            |row| row.get(0),
        )
        .optional()?)
}

fn insert(
    records: &Connection,
    incident: i64,
    document: &Document,
    version: &Version,
) -> Result<i64> {
    let missing: Vec<&str> = document
        .missing
        .iter()
        .map(|it| it.field.as_str())
        .collect();
    records
        .prepare_cached(
            "INSERT INTO documents (incident, party, regime, stage, kind, version, language, tlp,
                 author, at, changed, corrects, missing)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?
        .execute(params![
            incident,
            document.party,
            document.regime,
            document.stage,
            document.kind.as_str(),
            version.number,
            document.language.tag(),
            document.tlp.label.label(),
            version.author,
            document.made_at.micros(),
            version.changed,
            version.corrects,
            serde_json::to_string(&missing)?,
        ])?;
    Ok(records.last_insert_rowid())
}

/// The formats, each with its role, name and bytes.
fn formats(document: &Document) -> Result<[(&'static str, String, Vec<u8>); 3]> {
    let number = document.version.as_ref().map_or(0, |it| it.number);
    let name = |format: &str| {
        let (stage, language) = (&document.stage, document.language.tag());
        format!("{stage}.{language}.v{number}.{format}")
    };
    Ok([
        ("json", name("json"), document.json()?.into_bytes()),
        ("md", name("md"), document.markdown().into_bytes()),
        ("html", name("html"), document.html().into_bytes()),
    ])
}

fn find(records: &Connection, incident: i64, id: i64) -> Result<KeptDocument> {
    let mut kept = records
        .prepare_cached("SELECT * FROM documents WHERE incident = ?1 AND seq = ?2")?
        .query_row([incident, id], from_row)
        .optional()?
        .ok_or(DocumentFault::NoDocument { id })?;
    kept.files = files::of_document(records, id)?;
    kept.approval = approval(records, id)?;
    kept.submissions = submit::of_document(records, id)?;
    Ok(kept)
}

/// What never changes of a document, as the audit log keeps it.
fn core(records: &Connection, id: i64) -> Result<Value> {
    let kept = records
        .prepare_cached("SELECT * FROM documents WHERE seq = ?1")?
        .query_row([id], from_row)?;
    let mut core = serde_json::to_value(&kept)?;
    core["files"] = serde_json::to_value(files::of_document(records, id)?)?;
    Ok(core)
}

fn approval(records: &Connection, document: i64) -> Result<Option<Approval>> {
    Ok(records
        .prepare_cached("SELECT * FROM document_approvals WHERE document = ?1")?
        .query_row([document], |row| {
            Ok(Approval {
                by: row.get("approved_by")?,
                at: instant(row, "at")?,
                reason: row.get("reason")?,
            })
        })
        .optional()?)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<KeptDocument> {
    Ok(KeptDocument {
        id: row.get("seq")?,
        party: row.get("party")?,
        regime: row.get("regime")?,
        stage: row.get("stage")?,
        kind: row.get("kind")?,
        version: row.get("version")?,
        language: row.get("language")?,
        tlp: row.get("tlp")?,
        author: row.get("author")?,
        at: instant(row, "at")?,
        changed: row.get("changed")?,
        corrects: row.get("corrects")?,
        missing: json_column(row, "missing")?,
        files: Vec::new(),
        approval: None,
        submissions: Vec::new(),
    })
}
