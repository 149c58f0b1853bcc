//! Titles of incidents in what speaks of them beside other things: tasks, reviews, the register, what
//! recurs.

use std::collections::HashMap;

use serde_json::Value as Json;
use vakt_api::backend::{IncidentFailure, Sight};
use vakt_incident::Records;

use super::incidents::{as_json, failure};
use crate::redact::Redactor;

/// Redacts titles for one answer: rules make them of entities, and what an entity is, only its incident
/// knows.
pub(super) struct Titles<'t> {
    records: &'t Records,
    redactor: &'t Redactor,
    /// By id, because lists name an incident more than once.
    headings: HashMap<String, Json>,
}

impl<'t> Titles<'t> {
    /// `None` where titles are shown as they are.
    pub(super) fn of(
        records: &'t Records,
        redactor: Option<&'t Redactor>,
        sight: &Sight,
    ) -> Option<Self> {
        let redactor = redactor.filter(|_| !sight.reads_raw)?;
        Some(Self {
            records,
            redactor,
            headings: HashMap::new(),
        })
    }

    /// Redacts the member `title` of each item, which is of the incident that the member `id` names.
    pub(super) fn redact<'i>(
        &mut self,
        items: impl IntoIterator<Item = &'i mut Json>,
        (id, title): (&str, &str),
    ) -> Result<(), IncidentFailure> {
        for item in items {
            if let Some(of) = item[id].as_str()
                && let Some(text) = item.get(title).filter(|text| text.is_string())
            {
                item[title] = self.shown(of, text.clone())?;
            }
        }
        Ok(())
    }

    fn shown(&mut self, id: &str, title: Json) -> Result<Json, IncidentFailure> {
        if !self.headings.contains_key(id) {
            let heading = self.records.heading(id).map_err(|error| failure(&error))?;
            self.headings.insert(id.to_owned(), as_json(&heading)?);
        }
        let mut heading = self.headings.get(id).cloned().unwrap_or_default();
        heading["title"] = title;
        self.redactor.redact_entity(&mut heading);
        Ok(heading["title"].take())
    }
}
