//! What answers decide: that a criterion is met is a fact, as where an outage meets it. Awareness is a person's.

use rusqlite::Connection;
use serde_json::{Map, json};
use vakt_event::Timestamp;

use super::incidents::IncidentRow;
use super::outage_marks::{CRITERION_FIELD, MetFacts, criterion_of, outage_of};
use super::outages::{by_daemon, withdrawn};
use super::services::service_of;
use super::{DAEMON, Records, facts, notices};
use crate::answer::{ShownCriterion, Significance};
use crate::error::Result;
use crate::fact::{Fact, FactKind};
use crate::lifecycle::IncidentState;
use crate::route::NoticeKind;
use crate::service::SERVICE_FIELD;
use crate::significance::{Outcome, RECURRING};

impl Records {
    /// Records what answers decide now, and proposes to take back what they decide no longer; answers whether
    /// there was anything.
    pub(super) fn follow_answers(
        &self,
        records: &Connection,
        row: &IncidentRow,
        found: &Significance,
        now: Timestamp,
    ) -> Result<bool> {
        if found.party != row.party || row.state == IncidentState::Merged {
            return Ok(false);
        }
        let known = MetFacts::of(records, row)?;
        let mut fixes = Vec::new();
        for it in &found.criteria {
            let answered = &it.answered;
            let service = answered.service.as_deref();
            if is_by_answers(found, it, now)
                && !known.is_settled(service, &answered.criterion, None)
            {
                fixes.push((self.answered_met(it, now), Some(it)));
            }
        }
        for it in known.standing() {
            let is_ours = it.fact.recorded_by == DAEMON && outage_of(it.fact).is_none();
            let is_met = found.criteria.iter().any(|shown| {
                Some(shown.answered.criterion.as_str()) == criterion_of(it.fact)
                    && shown.answered.service.as_deref() == service_of(it.fact)
                    && shown.answered.outcome == Outcome::Met
            });
            let is_recurring = criterion_of(it.fact) == Some(RECURRING);
            if !is_ours || is_recurring {
                continue;
            }
            if is_met {
                let proposals = known.own_doubts(it.fact.id).into_iter();
                fixes.extend(proposals.map(|id| (withdrawn(id, it.fact, now), None)));
            } else if !known.is_doubted(it.fact.id) {
                let criterion = criterion_of(it.fact).unwrap_or_default();
                let retracted = Fact {
                    reason: Some(format!("by what is answered now, {criterion} is not met")),
                    revises: Some(it.fact.id),
                    party: it.fact.party.clone(),
                    ..by_daemon(FactKind::Retracted, now, now)
                };
                fixes.push((retracted, None));
            }
        }
        for (fact, criterion) in &fixes {
            let of = match fact.revises {
                Some(root) => facts::incident_of(records, root)?,
                None => row.seq,
            };
            facts::insert(records, self.regimes(), of, fact.clone())?;
            if let Some(criterion) = criterion.filter(|_| !row.is_drill()) {
                self.tell_answered(records, row.seq, criterion, now)?;
            }
        }
        Ok(!fixes.is_empty())
    }

    fn answered_met(&self, it: &ShownCriterion, now: Timestamp) -> Fact {
        let answered = &it.answered;
        let mut fields = Map::new();
        fields.insert(CRITERION_FIELD.into(), answered.criterion.clone().into());
        fields.insert("citation".into(), answered.citation.clone().into());
        fields.insert("entity_type".into(), json!(answered.entity_type));
        if let Some(service) = &answered.service {
            fields.insert(SERVICE_FIELD.into(), service.clone().into());
        }
        fields.insert("data".into(), self.criteria().version.clone().into());
        let of = answered.service.as_ref();
        let of = of.map(|service| format!(" of {service}"));
        Fact {
            reason: Some(format!(
                "{} ({}){}, by what is answered",
                answered.criterion,
                answered.citation,
                of.unwrap_or_default()
            )),
            source: Some("answers".to_owned()),
            fields: Some(fields),
            ..by_daemon(FactKind::CriterionMet, now, now)
        }
    }

    fn tell_answered(
        &self,
        records: &Connection,
        incident: i64,
        it: &ShownCriterion,
        now: Timestamp,
    ) -> Result<()> {
        let row = super::incidents::by_seq(records, incident)?;
        let answered = &it.answered;
        let mut payload = notices::of_incident(records, &row)?;
        payload.insert("state".into(), json!(row.state));
        self.add_met_at(&mut payload, now);
        payload.insert("service".into(), json!(answered.service));
        let criterion = self.told_criterion(&answered.criterion, answered.outcome, &[]);
        payload.insert("criterion".into(), criterion);
        let service = answered.service.as_deref().unwrap_or_default();
        let subject = format!(
            "criterion_met {} {service} {} {now}",
            row.id, answered.criterion
        );
        notices::file(records, &subject, NoticeKind::CriterionMet, payload, now)
    }
}

/// Whether a criterion is met, and a person's answer is among what says so. What an outage meets is recorded with
/// its own instant.
fn is_by_answers(found: &Significance, it: &ShownCriterion, now: Timestamp) -> bool {
    let answered = &it.answered;
    let by_person = answered.from.iter().any(|used| used.answer.by != DAEMON);
    let mut services = found.services.iter();
    let service = services.find(|one| Some(&one.service.name) == answered.service.as_ref());
    let outages = service.into_iter().flat_map(|one| &one.outages);
    let mut timers = outages.flat_map(|one| &one.timers);
    let is_timed = timers.any(|timer| {
        timer.criterion == answered.criterion && timer.outcome == Outcome::Met && timer.at <= now
    });
    answered.outcome == Outcome::Met && by_person && !is_timed && answered.criterion != RECURRING
}
