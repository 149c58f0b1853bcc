//! Coverage, as the API asks for it.

use std::sync::Arc;

use serde_json::{Map, Value as Json};
use vakt_api::Principal;
use vakt_api::backend::{CoverageBackend, IncidentFailure, ItemPage, Sight};
use vakt_incident::coverage::{self, Matrix, NewReason};
use vakt_incident::{PageRequest, Records};

use super::incidents::{as_json, failure, from_body};
use crate::pipeline::seen_kinds::SeenKinds;

pub(super) struct Coverage {
    pub(super) records: Arc<Records>,
    pub(super) kinds: Arc<SeenKinds>,
}

/// The matrix as somebody sees it: who sees some streams only, sees what came in those, and the assets
/// of which something did.
pub(super) fn matrix(
    records: &Records,
    kinds: &SeenKinds,
    sight: &Sight,
) -> Result<Matrix, IncidentFailure> {
    let (mut heard, since) = kinds.heard();
    if let Some(own) = &sight.streams {
        heard.retain(|one| own.contains(&one.stream));
    }
    let matrix = records.coverage(&heard).map_err(|error| failure(&error))?;
    let mut matrix = match &sight.streams {
        Some(_) => matrix.of_what_is_heard(),
        None => matrix,
    };
    matrix.counted_since = since;
    matrix.hosts_forgotten = kinds.forgotten();
    Ok(matrix)
}

impl Coverage {
    /// Whether the person sees the asset.
    fn expect_seen(&self, asset: &str, sight: &Sight) -> Result<(), IncidentFailure> {
        if sight.streams.is_none() {
            return Ok(());
        }
        let matrix = matrix(&self.records, &self.kinds, sight)?;
        let mut assets = matrix.assets.iter();
        match assets.any(|row| row.asset == asset) {
            true => Ok(()),
            false => Err(IncidentFailure::NotFound),
        }
    }
}

impl CoverageBackend for Coverage {
    fn coverage(&self, asset: Option<&str>, sight: &Sight) -> Result<Json, IncidentFailure> {
        let mut matrix = matrix(&self.records, &self.kinds, sight)?;
        if let Some(asset) = asset {
            matrix.assets.retain(|row| row.asset == asset);
            matrix.unknown_hosts.clear();
            if matrix.assets.is_empty() {
                return Err(IncidentFailure::NotFound);
            }
        }
        as_json(&matrix)
    }

    fn coverage_csv(&self, matrix: &Json) -> String {
        coverage::sheet(matrix)
    }

    fn reasons(
        &self,
        limit: usize,
        cursor: Option<String>,
        sight: &Sight,
    ) -> Result<ItemPage, IncidentFailure> {
        let seen = match &sight.streams {
            None => None,
            Some(_) => Some(matrix(&self.records, &self.kinds, sight)?.assets),
        };
        let is_seen = |asset: &str| {
            let seen = seen.as_ref();
            seen.is_none_or(|rows| rows.iter().any(|row| row.asset == asset))
        };
        let mut request = PageRequest { limit, cursor };
        loop {
            let page = self.records.gap_reasons(&request);
            let page = page.map_err(|error| failure(&error))?;
            let items = page.items.iter().filter(|reason| is_seen(&reason.asset));
            let items: Vec<Json> = items.map(as_json).collect::<Result<_, _>>()?;
            // A page of nothing but what is out of sight is none.
            if !items.is_empty() || page.next.is_none() {
                let next = page.next;
                return Ok(ItemPage { items, next });
            }
            request.cursor = page.next;
        }
    }

    fn add_reason(&self, body: Map<String, Json>, by: &Principal) -> Result<Json, IncidentFailure> {
        let new: NewReason = from_body(body)?;
        self.expect_seen(&new.asset, &by.sight())?;
        let added = self.records.add_gap_reason(&new, &by.name);
        as_json(&added.map_err(|error| failure(&error))?)
    }

    fn end_reason(&self, id: &str, reason: &str, by: &Principal) -> Result<Json, IncidentFailure> {
        let known = self.records.gap_reason(id);
        let known = known.map_err(|error| failure(&error))?;
        self.expect_seen(&known.asset, &by.sight())?;
        let ended = self.records.end_gap_reason(id, reason, &by.name);
        as_json(&ended.map_err(|error| failure(&error))?)
    }

    fn sign(&self, body: Map<String, Json>, by: &Principal) -> Result<Json, IncidentFailure> {
        if by.streams.is_some() {
            return Err(IncidentFailure::Invalid {
                message: format!("{} does not see the whole of it", by.name),
                help: "a review is signed by who sees all streams".to_owned(),
            });
        }
        let (heard, _) = self.kinds.heard();
        let signed = self
            .records
            .sign_coverage(&from_body(body)?, &heard, &by.name);
        as_json(&signed.map_err(|error| failure(&error))?)
    }
}
