//! What was sent: the fact that says so names the document and the hash of exactly those bytes.

use rusqlite::{Connection, Row, params};
use serde::Serialize;
use serde_json::{Map, Value, json};
use vakt_event::Timestamp;

use super::super::incidents::IncidentRow;
use super::super::rows::instant;
use super::super::view::View;
use super::super::{Recorder, Records, audit, incidents};
use super::files::{self, KeptFile};
use super::{KeptDocument, find};
use crate::document::DocumentFault;
use crate::error::Result;
use crate::fact::{Fact, FactKind, NewFact};
use crate::incident::Recorded;

/// The member of a fact's `fields` that names the document.
const DOCUMENT: &str = "document";

/// A submission as a person hands it in.
#[derive(Clone, Debug)]
pub struct NewSubmission {
    pub sent: SentAs,
    /// RFC 3339 with an offset; absent means now.
    pub at: Option<String>,
    pub reference: Option<String>,
    pub reason: Option<String>,
    /// A file that was handed in.
    pub receipt: Option<i64>,
    /// The fact of a submission that was recorded before, without a document.
    pub fact: Option<i64>,
    /// From where it is recorded: `page`, `command`, …
    pub source: Option<String>,
}

/// What was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SentAs {
    /// The document in one of its formats: `json`, `md`, `html`.
    Format(String),
    /// A file that was handed in.
    File(i64),
}

/// A recorded submission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Submission {
    pub id: i64,
    pub fact: i64,
    pub file: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<i64>,
    pub correction: bool,
    pub sent_at: Timestamp,
    pub recorded_by: String,
    pub at: Timestamp,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Submitted {
    pub document: KeptDocument,
    /// The fact, what is doubtful, and the incident.
    pub recorded: Recorded,
}

impl Records {
    /// Records that a document was sent. What was sent is never refused; that it was not approved, or
    /// that a newer version is kept, is a doubt. Where the same report was submitted before, it is a
    /// correction.
    ///
    /// # Errors
    /// An incident, document, file or fact that is not there; a time that is none.
    pub fn submit_document<'r>(
        &self,
        id: &str,
        document: i64,
        new: &NewSubmission,
        recorder: impl Into<Recorder<'r>>,
    ) -> Result<Submitted> {
        let (now, recorder) = (self.clock.now(), recorder.into());
        self.write(|records| {
            let row = incidents::find(records, id)?;
            let view = View::of(records, &row)?;
            let kept = find(records, row.seq, document)?;
            let sent = sent_file(records, row.seq, &kept, &new.sent)?;
            let receipt = new
                .receipt
                .map(|id| files::of_incident(records, row.seq, id));
            let receipt = receipt.transpose()?;
            let is_correction =
                kept.corrects.is_some() || !self.is_sent_again(&kept.regime, &kept.stage);
            let before = match (new.fact, is_correction) {
                (None, false) => None,
                _ => earlier(records, &view, &kept, new.fact)?,
            };
            let correction = before.is_some() && new.fact.is_none();
            let fact = fact_of(
                records,
                &kept,
                &sent,
                receipt.as_ref(),
                new,
                before,
                correction,
            )?;
            let mut recorded = self.record(records, id, fact, recorder, now)?;
            recorded
                .warnings
                .extend(doubts(records, &view, &row, &kept)?);
            let sent_at = match &new.at {
                Some(text) => crate::fact::parse_instant(text)?,
                None if new.fact.is_some() => recorded.fact.at,
                None => now,
            };
            let submission = NewRow {
                document,
                fact: recorded.fact.id,
                file: sent.id,
                receipt: receipt.map(|file| file.id),
                correction,
                sent_at,
            };
            submission.insert(records, recorder.name, now)?;
            let added = of_document(records, document)?.pop();
            let after = json!({ "submitted": document, "submission": added });
            let by = recorder.name;
            audit::add(
                records,
                now,
                by,
                "document.submitted",
                &row.id,
                &Value::Null,
                &after,
            )?;
            Ok(Submitted {
                document: find(records, row.seq, document)?,
                recorded,
            })
        })
    }
}

fn sent_file(
    records: &Connection,
    incident: i64,
    kept: &KeptDocument,
    sent: &SentAs,
) -> Result<KeptFile> {
    match sent {
        SentAs::File(id) => files::of_incident(records, incident, *id),
        SentAs::Format(format) => {
            let file = kept.files.iter().find(|file| file.role == *format);
            let file = file.cloned().ok_or_else(|| DocumentFault::NoFormat {
                id: kept.id,
                format: format.clone(),
            });
            Ok(file?)
        }
    }
}

/// The fact by which sending a document of this kind is told.
fn fact_kind(kept: &KeptDocument) -> FactKind {
    match kept.kind.as_str() {
        "customer_notice" => FactKind::CustomerNoticeSent,
        "recipients_notice" => FactKind::RecipientsInformed,
        _ => FactKind::Submitted,
    }
}

/// What is known of an earlier submission of the same report.
struct Earlier {
    fact: Fact,
    /// As it stands.
    at: Timestamp,
    reason: Option<String>,
}

/// The submission that this one corrects, or completes by its document.
fn earlier(
    records: &Connection,
    view: &View,
    kept: &KeptDocument,
    named: Option<i64>,
) -> Result<Option<Earlier>> {
    let kind = fact_kind(kept);
    let root = match named {
        Some(id) => Some(id),
        None => first_submission(records, kept)?,
    };
    let Some(root) = root else { return Ok(None) };
    let readings = view.known.readings(&kept.party).into_iter();
    let mut standing = readings.filter(|it| it.fact.root == root && it.fact.kind == kind);
    let reading = standing.next();
    let newest = view
        .facts
        .iter()
        .rev()
        .find(|fact| (fact.id == root || fact.revises == Some(root)) && fact.fact == kind);
    let is_same = |fact: &&Fact| {
        kind != FactKind::Submitted || fact.report.as_deref() == Some(kept.stage.as_str())
    };
    match (reading, newest.filter(is_same)) {
        (Some(reading), Some(fact)) => Ok(Some(Earlier {
            fact: fact.clone(),
            at: reading.at,
            reason: reading.reason.map(str::to_owned),
        })),
        _ if named.is_some() => Err(DocumentFault::OtherFact {
            id: root,
            kind: kind.to_string(),
        }
        .into()),
        // It was taken back: this one is the first.
        _ => Ok(None),
    }
}

/// The fact of the first submission of the same report; later ones revise it.
fn first_submission(records: &Connection, kept: &KeptDocument) -> Result<Option<i64>> {
    let mut query = records.prepare_cached(
        "SELECT coalesce(f.revises, f.id) FROM document_submissions s
         JOIN documents d ON d.seq = s.document JOIN facts f ON f.id = s.fact
         WHERE d.incident = (SELECT incident FROM documents WHERE seq = ?1)
             AND d.party = ?2 AND d.regime = ?3 AND d.stage = ?4
         ORDER BY s.seq DESC LIMIT 1",
    )?;
    let mut rows = query.query(params![kept.id, kept.party, kept.regime, kept.stage])?;
    Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
}

fn fact_of(
    records: &Connection,
    kept: &KeptDocument,
    sent: &KeptFile,
    receipt: Option<&KeptFile>,
    new: &NewSubmission,
    before: Option<Earlier>,
    correction: bool,
) -> Result<NewFact> {
    let kind = fact_kind(kept);
    let mut fields = said(records, kept)?;
    let mut named = json!({
        "id": kept.id,
        "version": kept.version,
        "file": sent.id,
        "name": sent.name,
        "sha256": sent.sha256,
        "blake3": sent.blake3,
    });
    if let Some(receipt) = receipt {
        named["receipt"] = json!({ "file": receipt.id, "sha256": receipt.sha256 });
    }
    if correction {
        let before = before.as_ref().and_then(|it| it.fact.fields.as_ref());
        let before = before.and_then(|it| it.get(DOCUMENT)?["version"].as_i64());
        named["corrects"] = kept.corrects.or(before).into();
    }
    fields.insert(DOCUMENT.to_owned(), named);
    let is_report = kind == FactKind::Submitted;
    let mut fact = NewFact {
        fact: kind.as_str().to_owned(),
        at: new.at.clone(),
        party: Some(kept.party.clone()),
        reason: new.reason.clone(),
        report: is_report.then(|| kept.stage.clone()),
        regime: Some(kept.regime.clone()),
        reference: new.reference.clone(),
        source: new.source.clone(),
        fields: Some(fields),
        ..NewFact::default()
    };
    if let Some(before) = before {
        // At the time that it has: a correction begins no clock, and explains no delay anew.
        fact.at = Some(before.at.to_string());
        fact.reason = before.reason.or(fact.reason);
        fact.regime = before.fact.regime.clone();
        fact.reference = fact.reference.or(before.fact.reference.clone());
        fact.revises = Some(before.fact.revises.unwrap_or(before.fact.id));
    }
    Ok(fact)
}

/// What the document said, by the names of the form's fields.
fn said(records: &Connection, kept: &KeptDocument) -> Result<Map<String, Value>> {
    let Some(file) = kept.files.iter().find(|file| file.role == "json") else {
        return Ok(Map::new());
    };
    let document: Value = serde_json::from_slice(&files::bytes_of(records, file.id)?)?;
    let fields = document["fields"].as_array().into_iter().flatten();
    let said = fields.filter_map(|field| {
        let text = field["text"]
            .as_str()
            .filter(|text| !text.trim().is_empty())?;
        Some((field["name"].as_str()?.to_owned(), text.into()))
    });
    Ok(said.collect())
}

fn doubts(
    records: &Connection,
    view: &View,
    row: &IncidentRow,
    kept: &KeptDocument,
) -> Result<Vec<String>> {
    let mut doubts = Vec::new();
    let since = view.facts.iter().filter(|fact| fact.recorded_at > kept.at);
    let mut since: Vec<&str> = since.map(|fact| fact.fact.as_str()).collect();
    since.dedup();
    if !since.is_empty() {
        doubts.push(format!(
            "facts were recorded after version {} was kept ({}): look whether it still says what is so",
            kept.version,
            since.join(", ")
        ));
    }
    if kept.approval.is_none() {
        doubts.push(format!(
            "version {} was not approved by anybody: approve it, or say why it was sent without",
            kept.version
        ));
    }
    let report = crate::form::ReportRef {
        regime: &kept.regime,
        stage: &kept.stage,
        party: &kept.party,
    };
    let newest = super::newest(records, row.seq, report)?;
    if newest != kept.version {
        doubts.push(format!(
            "version {} was sent, and version {newest} is the newest",
            kept.version
        ));
    }
    Ok(doubts)
}

/// A row to be added.
struct NewRow {
    document: i64,
    fact: i64,
    file: i64,
    receipt: Option<i64>,
    correction: bool,
    sent_at: Timestamp,
}

impl NewRow {
    fn insert(&self, records: &Connection, by: &str, now: Timestamp) -> Result<()> {
        records
            .prepare_cached(
                "INSERT INTO document_submissions (document, fact, file, receipt, correction, sent_at,
                     recorded_by, at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                self.document,
                self.fact,
                self.file,
                self.receipt,
                self.correction,
                self.sent_at.micros(),
                by,
                now.micros(),
            ])?;
        Ok(())
    }
}

pub(super) fn of_document(records: &Connection, document: i64) -> Result<Vec<Submission>> {
    let mut query = records
        .prepare_cached("SELECT * FROM document_submissions WHERE document = ?1 ORDER BY seq")?;
    let rows = query.query_map([document], from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Submission> {
    Ok(Submission {
        id: row.get("seq")?,
        fact: row.get("fact")?,
        file: row.get("file")?,
        receipt: row.get("receipt")?,
        correction: row.get("correction")?,
        sent_at: instant(row, "sent_at")?,
        recorded_by: row.get("recorded_by")?,
        at: instant(row, "at")?,
    })
}
