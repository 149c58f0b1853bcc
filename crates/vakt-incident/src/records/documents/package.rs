//! Everything that is needed to report while the portal, or Vakt itself, is down: a list of files.
//!
//! The same records at the same instant give the same bytes. Nothing is written: it works on records
//! that were opened to be read.

use rusqlite::Connection;
use serde_json::json;
use vakt_event::Timestamp;

use super::super::view::View;
use super::super::{Records, incidents};
use super::{KeptDocument, Parts, files, find};
use crate::digest::{blake3_hex, sha256_hex};
use crate::document::{Document, Making};
use crate::error::Result;
use crate::form::{ReportRef, Sources};
use crate::regime::{Addressee, FormSpec, Language, Regime};

/// Parties whose documents are in a package: more customers are told one by one.
const PARTIES_MAX: usize = 200;

/// Entries of the audit log about one incident that are in it, the newest.
const ENTRIES_MAX: i64 = 5_000;

/// A file of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageFile {
    /// With `/` between folders; letters, digits, `.`, `_` and `-`.
    pub path: String,
    pub bytes: Vec<u8>,
}

impl Records {
    /// The files of an incident's package, in the order of their paths; `SHA256SUMS` is the last and
    /// has the hashes of the others.
    ///
    /// # Errors
    /// An incident that is not there.
    pub fn package(&self, id: &str) -> Result<Vec<PackageFile>> {
        let now = self.clock.now();
        let mut made = self.read(|records| {
            let row = incidents::find(records, id)?;
            let view = View::of(records, &row)?;
            let mut package = Package::default();
            let regimes = view.regimes.iter().filter_map(|id| self.regimes().get(id));
            for regime in regimes {
                package.contacts(regime);
                for form in regime.forms() {
                    for party in parties(&form, &view) {
                        let report = ReportRef {
                            regime: &regime.id,
                            stage: form.name,
                            party,
                        };
                        let parts = self.parts(records, &row.id, report, now)?;
                        self.add_documents(&mut package, &parts, report, now)?;
                    }
                }
            }
            package.kept(records, row.seq)?;
            self.add_record(&mut package, records, &row.id, now)?;
            package.readme(&row.id, now);
            Ok(package.files)
        })?;
        made.sort_by(|a, b| a.path.cmp(&b.path));
        let mut sums = String::new();
        for file in &made {
            let line = format!("{}  {}\n", sha256_hex(&file.bytes), file.path);
            sums.push_str(&line);
        }
        made.push(PackageFile {
            path: "SHA256SUMS".to_owned(),
            bytes: sums.into_bytes(),
        });
        Ok(made)
    }

    /// A document as it would be made now, in both languages, and its texts to be copied.
    fn add_documents(
        &self,
        package: &mut Package,
        parts: &Parts,
        report: ReportRef<'_>,
        now: Timestamp,
    ) -> Result<()> {
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
            version: None,
        };
        for language in [Language::Sv, Language::En] {
            let document = Document::of(&making, report, Some(language))?;
            let mut name = format!("{}.{}", safe(report.regime), safe(report.stage));
            if report.party != parts.incident.incident.party {
                name.push_str(&format!(".{}", safe(report.party)));
            }
            let tag = language.tag();
            package.add(format!("documents/{name}.{tag}.json"), document.json()?);
            package.add(format!("documents/{name}.{tag}.md"), document.markdown());
            package.add(format!("documents/{name}.{tag}.html"), document.html());
            let mut texts = String::new();
            for field in &document.fields {
                texts.push_str(&format!("{}\n\n{}\n\n----\n\n", field.label, field.text));
            }
            package.add(format!("texts/{name}.{tag}.txt"), texts);
        }
        Ok(())
    }

    fn add_record(
        &self,
        package: &mut Package,
        records: &Connection,
        id: &str,
        now: Timestamp,
    ) -> Result<()> {
        let row = incidents::find(records, id)?;
        let detail = incidents::detail(records, self.regimes(), row.seq, now)?;
        let facts = json!({
            "id": detail.incident.id,
            "number": detail.incident.number,
            "title": detail.incident.title,
            "state": detail.incident.state,
            "at": now,
            "facts": detail.facts,
            "clocks": detail.incident.clocks,
            "waiting": detail.waiting,
            "trail": detail.trail,
            "regimes_version": detail.incident.regimes_version,
        });
        package.add(
            "facts.json".to_owned(),
            serde_json::to_string_pretty(&facts)? + "\n",
        );
        let entries = super::super::audit::of_subject(records, id, ENTRIES_MAX)?;
        let mut lines = String::new();
        for entry in &entries {
            lines.push_str(&serde_json::to_string(entry)?);
            lines.push('\n');
        }
        package.add("audit.ndjson".to_owned(), lines);
        let head = super::super::audit::head(records)?.map(|(_, hash)| hash);
        let about = json!({ "head": head, "entries": entries.len(), "incident": id });
        package.add(
            "audit_head.json".to_owned(),
            serde_json::to_string_pretty(&about)? + "\n",
        );
        Ok(())
    }
}

/// Whose documents of a form there are: ours, each customer's that is affected, everybody's whose duty it
/// is.
fn parties<'v>(form: &FormSpec<'_>, view: &'v View) -> Vec<&'v str> {
    let own = view.known.party.as_str();
    let others = view
        .known
        .parties()
        .into_iter()
        .filter(|party| *party != own);
    match form.to {
        Addressee::Customer => others.take(PARTIES_MAX).collect(),
        Addressee::Authority | Addressee::Recipients => vec![own],
    }
}

#[derive(Default)]
struct Package {
    files: Vec<PackageFile>,
    contacts: String,
}

impl Package {
    fn add(&mut self, path: String, text: String) {
        self.files.push(PackageFile {
            path,
            bytes: text.into_bytes(),
        });
    }

    fn contacts(&mut self, regime: &Regime) {
        for contact in &regime.contacts {
            let verified = match contact.verification {
                crate::regime::Verification::P => "från officiell källa / from the official source",
                crate::regime::Verification::S => {
                    "från en andrahandskälla, kontrollera / from a secondary source, check it"
                }
                crate::regime::Verification::U => "inte kontrollerad / not verified",
            };
            self.contacts.push_str(&format!(
                "{}: {}: {} ({verified})\n",
                regime.id, contact.name, contact.way
            ));
            if let Some(note) = &contact.note {
                self.contacts.push_str(&format!("    {note}\n"));
            }
        }
    }

    /// The newest version of each kept document, in its formats.
    fn kept(&mut self, records: &Connection, incident: i64) -> Result<()> {
        let mut query = records.prepare_cached(
            "SELECT max(seq) FROM documents WHERE incident = ?1
             GROUP BY party, regime, stage ORDER BY 1",
        )?;
        let ids = query.query_map([incident], |row| row.get::<_, i64>(0))?;
        for id in ids {
            let kept: KeptDocument = find(records, incident, id?)?;
            let state = match (&kept.approval, kept.submissions.is_empty()) {
                (_, false) => "submitted",
                (Some(_), true) => "approved",
                (None, true) => "not_approved",
            };
            for file in &kept.files {
                let path = format!("kept/{id:03}.{state}.{}", safe(&file.name), id = kept.id);
                let bytes = files::bytes_of(records, file.id)?;
                self.files.push(PackageFile { path, bytes });
            }
        }
        Ok(())
    }

    fn readme(&mut self, id: &str, now: Timestamp) {
        let contacts = match self.contacts.is_empty() {
            true => "(inga i regelverkens data / none in the data of the regimes)\n",
            false => self.contacts.as_str(),
        };
        let text = format!(
            "Incident {id}, {now}\n\n\
             Allt som behövs för att rapportera utan portalen och utan Vakt.\n\
             documents/  varje rapport och information som den ser ut nu (utkast), på svenska och engelska\n\
             texts/      samma texter fält för fält, att klistra in eller läsa upp\n\
             kept/       sparade versioner; namnet säger om de är godkända eller inlämnade\n\
             facts.json, audit.ndjson  vad som är antecknat om incidenten, och loggen över ändringar\n\
             SHA256SUMS  kontrollera med: sha256sum -c SHA256SUMS\n\n\
             Everything that is needed to report without the portal and without Vakt.\n\
             documents/  each report and notice as it is now (drafts), in Swedish and English\n\
             texts/      the same texts field by field, to paste or to read out\n\
             kept/       kept versions; the name says whether they are approved or submitted\n\
             facts.json, audit.ndjson  what is recorded about the incident, and the log of changes\n\
             SHA256SUMS  check with: sha256sum -c SHA256SUMS\n\n\
             Kontaktvägar / contact ways\n{contacts}\n\
             Det som lämnas in härifrån antecknas i efterhand / what is submitted from here is recorded \
             afterwards:\n\
             vakt incidents submit-document ID DOKUMENT --fact N --sent FIL\n"
        );
        self.add("README.txt".to_owned(), text);
    }
}

/// A name as part of a path; what had to be changed is told apart by its hash.
fn safe(name: &str) -> String {
    let is_safe = |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '_' | '-');
    if !name.is_empty() && name.chars().all(is_safe) && !name.starts_with('.') {
        return name.to_owned();
    }
    let kept: String = name
        .chars()
        .filter(|it| it.is_ascii_alphanumeric())
        .collect();
    let hash: String = blake3_hex(name.as_bytes()).chars().take(8).collect();
    format!("{kept}-{hash}")
}
