//! Reports of staff, suppliers and customers, as the API hands them in.

use std::sync::Arc;

use serde_json::Value as Json;
use vakt_api::backend::{
    IncidentFailure, ItemPage, NewReport, ReportFrom, ReportsBackend, TasksRequest,
};
use vakt_incident::Records;
use vakt_incident::intake::{self, Reporter};

use super::incidents::{as_json, failure};
use super::work::{hide_report, length, page, store};
use crate::attachments::Attachments;
use crate::config::Intake;

pub(super) struct Reports {
    pub(super) records: Arc<Records>,
    pub(super) attachments: Attachments,
    pub(super) config: Intake,
    /// Something is redacted for who may not read what was sent.
    pub(super) is_redacted: bool,
}

impl ReportsBackend for Reports {
    fn takes_anonymous(&self) -> bool {
        self.config.anonymous
    }

    fn organisation(&self) -> Option<String> {
        let organisation = self.records.settings().organisation.as_ref();
        organisation.map(|organisation| organisation.name.clone())
    }

    fn take(&self, new: NewReport, from: &ReportFrom) -> Result<Json, IncidentFailure> {
        let files = new
            .files
            .iter()
            .map(|file| (file.name.as_str(), length(&file.bytes)));
        let files: Vec<(&str, u64)> = files.collect();
        let mut report = intake::NewReport {
            time: new.time,
            description: new.description,
            contact: new.contact,
            files: Vec::new(),
        };
        // Nothing is stored of what is refused.
        report
            .check_beside(&files)
            .map_err(|error| failure(&vakt_incident::Error::from(error)))?;
        for file in new.files {
            report.files.push(store(&self.attachments, file)?);
        }
        let reporter = reporter(from);
        let receipt = self
            .records
            .take_report(&report, &reporter, &self.config.stream);
        let receipt = receipt.map_err(|error| failure(&error))?;
        tracing::info!(
            receipt = receipt.receipt,
            source = reporter.source(),
            "a report came in"
        );
        as_json(&receipt)
    }

    fn reports(&self, request: &TasksRequest) -> Result<ItemPage, IncidentFailure> {
        let sight = &request.sight;
        let found = self
            .records
            .intake_reports(sight.streams.as_deref(), &page(request));
        let found = found.map_err(|error| failure(&error))?;
        let shown = |report| {
            let mut report = as_json(report)?;
            if !sight.reads_raw {
                hide_report(&mut report, self.is_redacted);
            }
            Ok(report)
        };
        let items = found.items.iter().map(shown);
        Ok(ItemPage {
            items: items.collect::<Result<_, IncidentFailure>>()?,
            next: found.next,
        })
    }
}

fn reporter(from: &ReportFrom) -> Reporter {
    match from.clone() {
        ReportFrom::Own { sender } => Reporter::Own { sender },
        ReportFrom::Supplier { name, sender } => Reporter::Supplier { name, sender },
        ReportFrom::Customer { name, sender } => Reporter::Customer { name, sender },
        ReportFrom::Anonymous => Reporter::Anonymous,
    }
}
