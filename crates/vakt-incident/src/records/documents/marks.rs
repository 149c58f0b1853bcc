//! What people decide about an incident's documents: its marking, its class, and which observables that
//! may name a person stand among the indicators.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;

use super::super::rows::instant;
use super::super::{Records, audit, incidents};
use crate::document::{DocumentFault, Mark, Marks, Tlp, rsit};
use crate::error::Result;
use crate::form::{Inclusion, Observables};

/// Observables that people may decide about: all that an incident's evidence can show.
const OBSERVABLES_MAX: i64 = 1_000;

/// A decision as a person hands it in.
#[derive(Clone, Copy, Debug)]
pub struct NewMark<'a> {
    /// `tlp` or `rsit`.
    pub name: &'a str,
    pub value: &'a str,
    /// The version that it was chosen beside, 0 for none; `None` takes what is there.
    pub version: Option<i64>,
}

impl Records {
    /// What people decided about the incident's documents.
    ///
    /// # Errors
    /// An incident that is not there.
    pub fn marks(&self, id: &str) -> Result<Marks> {
        self.read(|records| of(records, incidents::find(records, id)?.seq))
    }

    /// Records a marking or a class.
    ///
    /// # Errors
    /// An incident that is not there, a value that is none, one that somebody else changed meanwhile.
    pub fn set_mark(&self, id: &str, new: &NewMark<'_>, by: &str) -> Result<Marks> {
        let now = self.clock.now();
        let value = checked(new)?;
        self.write(|records| {
            let row = incidents::find(records, id)?;
            let old = mark(records, row.seq, new.name)?;
            let found = old.as_ref().map_or(0, |mark| mark.version);
            if let Some(expected) = new.version.filter(|expected| *expected != found) {
                let name = new.name.to_owned();
                return Err(DocumentFault::MarkChanged {
                    name,
                    expected,
                    found,
                }
                .into());
            }
            if old.as_ref().is_some_and(|mark| mark.value == value) {
                return of(records, row.seq);
            }
            records
                .prepare_cached(
                    "INSERT INTO document_marks (incident, name, value, recorded_by, at, version)
                     VALUES (?1, ?2, ?3, ?4, ?5, 1)
                     ON CONFLICT DO UPDATE SET value = excluded.value,
                         recorded_by = excluded.recorded_by, at = excluded.at, version = version + 1",
                )?
                .execute(params![row.seq, new.name, value, by, now.micros()])?;
            let before = json!({ "mark": new.name, "value": old.map(|mark| mark.value) });
            let after = json!({ "mark": new.name, "value": value });
            audit::add(records, now, by, "document.marked", &row.id, &before, &after)?;
            of(records, row.seq)
        })
    }

    /// The observables that people put among the indicators.
    ///
    /// # Errors
    /// An incident that is not there.
    pub fn included(&self, id: &str) -> Result<Vec<Inclusion>> {
        self.read(|records| included(records, incidents::find(records, id)?.seq))
    }

    /// Puts an observable that may name a person among the indicators, or takes it out again.
    ///
    /// # Errors
    /// An incident or an observable that is not there, or that names nobody.
    pub fn include_observable(
        &self,
        id: &str,
        (field, value): (&str, &str),
        include: bool,
        by: &str,
    ) -> Result<Vec<Inclusion>> {
        let now = self.clock.now();
        self.write(|records| {
            let row = incidents::find(records, id)?;
            let detail = incidents::detail(records, self.regimes(), row.seq, now)?;
            let known = included(records, row.seq)?;
            expect_known(&detail.evidence, (field, value))?;
            let is_in = known
                .iter()
                .any(|it| it.field == field && it.value == value);
            if is_in == include {
                return Ok(known);
            }
            expect_room(records, row.seq)?;
            records
                .prepare_cached(
                    "INSERT INTO observables (incident, field, value, included, recorded_by, at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                     ON CONFLICT DO UPDATE SET included = excluded.included,
                         recorded_by = excluded.recorded_by, at = excluded.at",
                )?
                .execute(params![row.seq, field, value, include, by, now.micros()])?;
            let entry =
                |included: bool| json!({ "field": field, "value": value, "included": included });
            let action = "document.observable";
            audit::add(
                records,
                now,
                by,
                action,
                &row.id,
                &entry(is_in),
                &entry(include),
            )?;
            included(records, row.seq)
        })
    }
}

fn expect_known(
    evidence: &[crate::incident::FrozenEvent],
    (field, value): (&str, &str),
) -> Result<()> {
    let (own_field, own_value) = (field.to_owned(), value.to_owned());
    match Observables::find(evidence, field, value) {
        None => Err(DocumentFault::NoObservable {
            field: own_field,
            value: own_value,
        }
        .into()),
        Some(None) => Err(DocumentFault::NamesNobody {
            field: own_field,
            value: own_value,
        }
        .into()),
        Some(Some(_)) => Ok(()),
    }
}

fn expect_room(records: &Connection, incident: i64) -> Result<()> {
    let count: i64 = records
        .prepare_cached("SELECT count(*) FROM observables WHERE incident = ?1")?
        .query_row([incident], |row| row.get(0))?;
    if count >= OBSERVABLES_MAX {
        let (what, max) = ("decisions about observables", OBSERVABLES_MAX);
        return Err(DocumentFault::TooMany { what, max }.into());
    }
    Ok(())
}

/// The value as it is kept.
fn checked(new: &NewMark<'_>) -> Result<String> {
    let fault = |error: &dyn std::fmt::Display| DocumentFault::Mark(error.to_string());
    match new.name {
        "tlp" => {
            let tlp: Tlp = new.value.parse().map_err(|error| fault(&error))?;
            Ok(tlp.label().to_owned())
        }
        "rsit" => {
            let (class, example) = rsit::parse(new.value).map_err(|error| fault(&error))?;
            Ok(match example {
                Some(example) => format!("{}/{example}", class.tag),
                None => class.tag.to_owned(),
            })
        }
        other => {
            let message = format!("nothing is marked by `{other}`: there are tlp and rsit");
            Err(DocumentFault::Mark(message).into())
        }
    }
}

pub(super) fn of(records: &Connection, incident: i64) -> Result<Marks> {
    Ok(Marks {
        tlp: mark(records, incident, "tlp")?,
        rsit: mark(records, incident, "rsit")?,
    })
}

fn mark(records: &Connection, incident: i64, name: &str) -> Result<Option<Mark>> {
    Ok(records
        .prepare_cached("SELECT * FROM document_marks WHERE incident = ?1 AND name = ?2")?
        .query_row(params![incident, name], |row| {
            Ok(Mark {
                value: row.get("value")?,
                recorded_by: row.get("recorded_by")?,
                recorded_at: instant(row, "at")?,
                version: row.get("version")?,
            })
        })
        .optional()?)
}

pub(super) fn included(records: &Connection, incident: i64) -> Result<Vec<Inclusion>> {
    let mut query = records.prepare_cached(
        "SELECT * FROM observables WHERE incident = ?1 AND included = 1 ORDER BY field, value",
    )?;
    let rows = query.query_map([incident], |row| {
        Ok(Inclusion {
            field: row.get("field")?,
            value: row.get("value")?,
            recorded_by: row.get("recorded_by")?,
            recorded_at: instant(row, "at")?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
