//! Reports of staff, suppliers and customers: each opens an incident, in one transaction.

use rusqlite::{Connection, Row, params};
use serde_json::{Value, json};
use vakt_event::Timestamp;

use super::audit::AuditReport;
use super::drafts::{self, NewRow};
use super::incidents::{core as incident_core, next_number};
use super::logged::{self, text};
use super::rows::{instant, json as json_column, next_id, page, page_start, parsed};
use super::{Records, attachments, audit, facts, incidents, notices};
use crate::alert::{Page, PageRequest};
use crate::error::Result;
use crate::fact::{FactKind, NewFact, OWN_PARTY};
use crate::group::incident_id;
use crate::incident::Origin;
use crate::intake::{CheckedReport, KeptReport, ListedReport, NewReport, Receipt, Reporter};
use crate::regime::Regimes;
use crate::route::NoticeKind;

/// Characters of a report's number.
const RECEIPT_DIGITS: usize = 12;

const COLUMNS: &str = "SELECT r.*, i.id AS incident_id, i.state AS incident_state,
     i.stream AS incident_stream, i.seq AS incident_number
     FROM intake_reports r JOIN incidents i ON i.seq = r.incident";

impl Records {
    /// Takes a report in: keeps it word for word, opens an incident that is to be assessed, attaches its
    /// files, and tells of it. What happened when is a claim and moves no clock: the incident is detected
    /// when the report came.
    ///
    /// # Errors
    /// A report that says nothing or too much; no room for its files.
    pub fn take_report(
        &self,
        new: &NewReport,
        reporter: &Reporter,
        stream: &str,
    ) -> Result<Receipt> {
        let now = self.clock.now();
        let lengths: Vec<u64> = new.files.iter().map(|file| file.stored.bytes).collect();
        let checked = CheckedReport::of(new, &lengths)?;
        self.write(|records| {
            let seq = self.open_for_report(records, reporter, stream, now)?;
            let row = incidents::by_seq(records, seq)?;
            let principal = reporter.principal();
            for file in &new.files {
                attachments::attach(records, &row, file, &principal, now)?;
            }
            let about = (&row.id, &checked.description);
            let mut receipt = next_id(records, "intake_reports", "vakt report", &about, now)?;
            receipt.truncate(RECEIPT_DIGITS);
            let files = new.files.iter().map(|file| file.stored.blake3.clone());
            let kept = KeptReport {
                receipt: receipt.to_uppercase(),
                incident: row.id.clone(),
                source: reporter.source().to_owned(),
                party: reporter.party().map(str::to_owned),
                sender: reporter.sender().map(str::to_owned),
                time: checked.time,
                description: checked.description,
                contact: checked.contact,
                files: files.collect(),
                received_at: now,
            };
            insert(records, seq, &kept)?;
            let (action, none) = ("report.received", Value::Null);
            let after = json!({ "report": kept });
            audit::add(records, now, &principal, action, &row.id, &none, &after)?;
            self.record_facts_of_report(records, seq, reporter, &kept)?;
            file_notice(records, seq, reporter, &kept)?;
            Ok(Receipt {
                receipt: kept.receipt,
                received_at: now,
            })
        })
    }

    /// The reports of incidents of these streams (`None` is all, an empty list is none), newest first.
    pub fn intake_reports(
        &self,
        streams: Option<&[String]>,
        request: &PageRequest,
    ) -> Result<Page<ListedReport>> {
        let (before, limit) = page_start(request)?;
        self.read(|records| {
            let sql = format!(
                "{COLUMNS} WHERE r.seq < ?1
                     AND (?2 IS NULL OR i.stream IN (SELECT value FROM json_each(?2)))
                 ORDER BY r.seq DESC LIMIT ?3"
            );
            let mut query = records.prepare_cached(&sql)?;
            let streams = streams.map(serde_json::to_string).transpose()?;
            let more = i64::try_from(limit + 1).unwrap_or(i64::MAX);
            let rows = query.query_map(params![before, streams, more], |row| {
                Ok((row.get("seq")?, listed(row)?))
            })?;
            Ok(page(rows.collect::<rusqlite::Result<_>>()?, limit))
        })
    }

    /// The reports that opened an incident or what is part of it.
    ///
    /// # Errors
    /// An incident that is not there.
    pub fn reports_of(&self, incident: &str) -> Result<Vec<ListedReport>> {
        self.read(|records| {
            let holders = super::work::Holders::of(records, incident)?;
            let sql = format!(
                "{COLUMNS} WHERE r.incident IN (SELECT value FROM json_each(?1)) ORDER BY r.seq"
            );
            let mut query = records.prepare_cached(&sql)?;
            let rows = query.query_map([holders.json()?], listed)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    fn open_for_report(
        &self,
        records: &Connection,
        reporter: &Reporter,
        stream: &str,
        now: Timestamp,
    ) -> Result<i64> {
        let principal = reporter.principal();
        let number = next_number(records)?;
        let parts: [&[u8]; 2] = [&number.to_be_bytes(), &now.micros().to_be_bytes()];
        let row = NewRow {
            id: incident_id("report", &parts),
            origin: Origin::Report,
            title: format!("Report from {}", reporter.words()),
            party: OWN_PARTY,
            stream,
            drill: false,
            historic: false,
            regimes: &self.settings.regimes,
            detected_at: now,
            opened_by: &principal,
            detection: None,
            risk: None,
            about: None,
            first: None,
        };
        let seq = drafts::insert(records, self, &row, now)?;
        let opened = json!({ "incident": incident_core(records, seq)?, "evidence": [] });
        let (action, none) = ("incident.opened", Value::Null);
        audit::add(records, now, &principal, action, &row.id, &none, &opened)?;
        Ok(seq)
    }

    /// A report is noticed when it comes, and starts the assessment. It is no awareness, whatever it says.
    fn record_facts_of_report(
        &self,
        records: &Connection,
        seq: i64,
        reporter: &Reporter,
        kept: &KeptReport,
    ) -> Result<()> {
        let starts = match reporter {
            Reporter::Supplier { .. } => FactKind::SupplierNotice,
            _ => FactKind::AssessmentStarted,
        };
        let principal = reporter.principal();
        for kind in [FactKind::Detected, starts] {
            let new = NewFact {
                fact: kind.as_str().to_owned(),
                by: Some(reporter.words()),
                party: Some(OWN_PARTY.to_owned()),
                reason: Some(format!("report {}", kept.receipt)),
                source: Some("report".to_owned()),
                ..NewFact::default()
            };
            let data: &Regimes = self.regimes();
            let fact = new.check(kept.received_at, &principal, data)?;
            facts::insert(records, data, seq, fact)?;
        }
        Ok(())
    }
}

/// What is told says who reported and under which number; what was said stays inside.
fn file_notice(
    records: &Connection,
    seq: i64,
    reporter: &Reporter,
    kept: &KeptReport,
) -> Result<()> {
    let row = incidents::by_seq(records, seq)?;
    let mut payload = notices::of_incident(records, &row)?;
    payload.insert("state".into(), json!(row.state));
    let report = json!({
        "receipt": kept.receipt, "source": reporter.source(), "party": reporter.party(),
    });
    payload.insert("report".into(), report);
    let subject = format!("report {}", kept.receipt);
    notices::file(
        records,
        &subject,
        NoticeKind::Report,
        payload,
        kept.received_at,
    )
}

fn insert(records: &Connection, seq: i64, kept: &KeptReport) -> Result<()> {
    records
        .prepare_cached(
            "INSERT INTO intake_reports (receipt, incident, source, party, sender, happened,
                 description, contact, files, received_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            kept.receipt,
            seq,
            kept.source,
            kept.party,
            kept.sender,
            kept.time,
            kept.description,
            kept.contact,
            serde_json::to_string(&kept.files)?,
            kept.received_at.micros(),
        ])?;
    Ok(())
}

pub(super) fn check(records: &Connection, report: &mut AuditReport) -> Result<()> {
    let kind = logged::Kind {
        name: "report",
        actions: &["report.received"],
        member: "report",
    };
    let mut query = records.prepare(&format!("{COLUMNS} ORDER BY r.seq"))?;
    let rows = query.query_map([], |row| Ok(json!(from_row(row)?)))?;
    let stored = rows.collect::<rusqlite::Result<_>>()?;
    let key = |row: &Value| text(row, "receipt").to_owned();
    logged::check(records, &kind, key, stored, report)
}

fn listed(row: &Row<'_>) -> rusqlite::Result<ListedReport> {
    Ok(ListedReport {
        report: from_row(row)?,
        number: row.get("incident_number")?,
        state: parsed(row, "incident_state")?,
        stream: row.get("incident_stream")?,
    })
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<KeptReport> {
    Ok(KeptReport {
        receipt: row.get("receipt")?,
        incident: row.get("incident_id")?,
        source: row.get("source")?,
        party: row.get("party")?,
        sender: row.get("sender")?,
        time: row.get("happened")?,
        description: row.get("description")?,
        contact: row.get("contact")?,
        files: json_column(row, "files")?,
        received_at: instant(row, "received_at")?,
    })
}
