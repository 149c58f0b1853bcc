//! Personal data breaches, read out of incidents, reports and what was written into the register.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use vakt_event::Timestamp;

use super::incidents::{self, IncidentRow};
use super::register::{Entry, entry};
use super::rows::entity_map;
use super::view::View;
use crate::clock::{Clock, ClockState, Question};
use crate::error::Result;
use crate::fact::FactKind;
use crate::factset::TimedFact;
use crate::group::entity_text;
use crate::lifecycle::IncidentState;
use crate::regime::Regimes;
use crate::register::{Awareness, Breach, BreachStatus, Notified, Part, RegisterFilter, Text};

/// The regimes whose incidents are personal data breaches, or may be: of the controller, who tells the
/// authority, and of the processor, who tells the controller.
const CONTROLLER: &str = "gdpr";
const PROCESSOR: &str = "gdpr-processor";

/// Stages that no other regime has name the regime themselves.
const STAGES: [&str; 3] = ["authority", "subjects", "controller"];

/// The breach as a list has it: what is part of another incident is in that one's entry, and what was found
/// to be none is only where it is asked for.
pub(super) fn listed(
    records: &Connection,
    data: &Regimes,
    now: Timestamp,
    row: &IncidentRow,
    filter: &RegisterFilter,
) -> Result<Option<Breach>> {
    let read = Read::of(records, row)?;
    if !read.concerns_personal_data() || read.view.merged_into.is_some() {
        return Ok(None);
    }
    let found = read.breach(records, data, now, row)?;
    Ok((filter.all || found.status != BreachStatus::NoBreach).then_some(found))
}

/// The breach of one incident.
pub(super) fn breach(
    records: &Connection,
    data: &Regimes,
    now: Timestamp,
    row: &IncidentRow,
) -> Result<Breach> {
    Read::of(records, row)?.breach(records, data, now, row)
}

/// What is recorded about one incident and its parts.
struct Read {
    view: View,
    entry: Entry,
    parts: Vec<(Part, Entry)>,
}

impl Read {
    fn of(records: &Connection, row: &IncidentRow) -> Result<Self> {
        let view = View::of(records, row)?;
        let mut parts = Vec::new();
        for (seq, id) in &view.members {
            let part = Part {
                id: id.clone(),
                number: *seq,
                title: incidents::by_seq(records, *seq)?.title,
            };
            parts.push((part, entry(records, *seq)?));
        }
        Ok(Self {
            view,
            entry: entry(records, row.seq)?,
            parts,
        })
    }

    fn concerns_personal_data(&self) -> bool {
        let is_written = |entry: &Entry| entry.version > 0;
        self.view.regimes.iter().any(|it| is_of_gdpr(Some(it)))
            || self
                .view
                .facts
                .iter()
                .any(|it| it.fact == FactKind::AwarePdb || is_of_gdpr(it.regime.as_deref()))
            || is_written(&self.entry)
            || self.parts.iter().any(|(_, entry)| is_written(entry))
    }

    fn breach(
        &self,
        records: &Connection,
        data: &Regimes,
        now: Timestamp,
        row: &IncidentRow,
    ) -> Result<Breach> {
        let (view, entry) = (&self.view, &self.entry);
        let awareness = awareness(view);
        let notified = notified(view);
        let status = match !awareness.is_empty() || !notified.is_empty() {
            true => BreachStatus::Breach,
            false if is_decided(view, data, row.state) => BreachStatus::NoBreach,
            false => BreachStatus::UnderAssessment,
        };
        let own = view.known.readings(&view.known.party);
        let first = |kind: FactKind| {
            let found = own.iter().filter(|it| it.fact.kind == kind);
            found.map(|it| it.at).min()
        };
        let reported = self.reported(records, row.seq)?;
        let written = |column: usize, field: &str| {
            let own = self.written(column);
            own.unwrap_or_else(|| of_reports(&reported, field))
        };
        let mut breach = Breach {
            id: row.id.clone(),
            number: row.seq,
            title: row.title.clone(),
            entity: entity_text(&row.entity),
            entity_fields: entity_map(&row.entity),
            state: row.state,
            status,
            stream: row.stream().to_owned(),
            party: row.party.clone(),
            detected_at: first(FactKind::Detected).unwrap_or_else(|| row.detected_at()),
            occurred_at: first(FactKind::Occurred),
            aware_at: awareness.iter().map(|it| it.at).min(),
            awareness,
            facts: written(0, "nature_of_breach"),
            effects: written(1, "likely_consequences"),
            remedial_action: written(2, "measures_taken"),
            data_subjects: of_reports(&reported, "data_subjects_and_records"),
            notified,
            not_notified_reason: self.written(3).and_then(|it| it.text),
            missing: Vec::new(),
            part_of: view.merged_into.clone(),
            parts: self.parts.iter().map(|(part, _)| part.clone()).collect(),
            recorded_by: entry.recorded_by.clone(),
            recorded_at: entry.recorded_at,
            version: entry.version,
        };
        breach.missing = missing(&breach, view, &view.clocks(data, now).clocks);
        Ok(breach)
    }

    /// What was written into the register, of the parts where the whole has nothing.
    fn written(&self, column: usize) -> Option<Text> {
        let of = |entry: &Entry| entry.texts.get(column).cloned().flatten();
        if let Some(text) = of(&self.entry) {
            return Some(Text {
                text: Some(text),
                from: Some("register"),
            });
        }
        let parts = self.parts.iter().filter_map(|(_, entry)| of(entry));
        let parts: Vec<String> = parts.collect();
        (!parts.is_empty()).then(|| Text {
            text: Some(parts.join("\n\n")),
            from: Some("part"),
        })
    }

    /// What reports under the GDPR say, by the names of the form's fields: what was sent, and over it what
    /// was written since, of the parts where the whole has nothing.
    fn reported(&self, records: &Connection, seq: i64) -> Result<BTreeMap<String, String>> {
        let mut texts = BTreeMap::new();
        for fact in &self.view.facts {
            let fields = fact.fields.iter().flatten();
            for (field, value) in fields.filter(|_| is_of_gdpr(fact.regime.as_deref())) {
                if let Some(text) = value.as_str().filter(|text| !text.trim().is_empty()) {
                    texts.insert(field.clone(), text.to_owned());
                }
            }
        }
        let parts: Vec<i64> = self.view.members.iter().map(|(seq, _)| *seq).collect();
        let mut query = records.prepare_cached(
            "SELECT field, text FROM report_texts
             WHERE (incident = ?1 OR incident IN (SELECT value FROM json_each(?2)))
                 AND regime IN ('gdpr', 'gdpr-processor') AND trim(text) <> ''
             ORDER BY incident = ?1, recorded_at",
        )?;
        let written = query.query_map(params![seq, serde_json::to_string(&parts)?], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        for text in written {
            let (field, text) = text?;
            texts.insert(field, text);
        }
        Ok(texts)
    }
}

fn of_reports(reported: &BTreeMap<String, String>, field: &str) -> Text {
    let text = reported.get(field).cloned();
    let from = text.as_ref().map(|_| "report");
    Text { text, from }
}

/// Whether people decided that there was no personal data breach. That an incident is reported to its end,
/// or is not significant, is an answer to another question.
fn is_decided(view: &View, data: &Regimes, state: IncidentState) -> bool {
    if state == IncidentState::Dismissed {
        return true;
    }
    let Some(gdpr) = data.get(CONTROLLER) else {
        return false;
    };
    let mut regimes = view.law(data).regimes;
    for id in [CONTROLLER, PROCESSOR] {
        let missing = data
            .get(id)
            .filter(|it| !regimes.iter().any(|known| known.id == it.id));
        regimes.extend(missing);
    }
    let own = view.known.standing(&view.known.party);
    Question::of(gdpr, &regimes).has_ended(&own, is_notice)
}

/// Whose awareness of the breach was declared, and the first time of each.
fn awareness(view: &View) -> Vec<Awareness> {
    let of_party = |party: &&str| {
        let readings = view.known.readings(party);
        let declared = readings
            .iter()
            .filter(|it| it.fact.kind == FactKind::AwarePdb);
        declared.map(|it| it.at).min()
    };
    let parties = view.known.parties().into_iter();
    let aware = parties.filter_map(|party| {
        of_party(&party).map(|at| Awareness {
            party: party.to_owned(),
            at,
        })
    });
    let mut aware: Vec<Awareness> = aware.collect();
    aware.sort_by_key(|it| it.at);
    aware
}

/// What Art. 33(5) asks for and nobody has written: the facts, the effects, the remedial action; of the
/// authority, or as a processor of each controller, that it was told or why not; and why it was late
/// (Art. 33(1), last sentence).
fn missing(breach: &Breach, view: &View, clocks: &[Clock]) -> Vec<&'static str> {
    if breach.status != BreachStatus::Breach {
        return Vec::new();
    }
    let is_told = owed(breach, view).into_iter().all(|(stage, party)| {
        let mut notices = breach.notified.iter();
        notices.any(|it| it.stage == stage && it.party == party)
    });
    let is_late = clocks.iter().any(|clock| {
        let is_of = clock.regime == CONTROLLER && clock.stage == "authority";
        is_of && clock.state == ClockState::MetLate && clock.late_reason.is_none()
    });
    [
        ("facts", breach.facts.text.is_some()),
        ("effects", breach.effects.text.is_some()),
        ("remedial_action", breach.remedial_action.text.is_some()),
        (
            "notified_or_why_not",
            is_told || breach.not_notified_reason.is_some(),
        ),
        ("reason_for_delay", !is_late),
    ]
    .into_iter()
    .filter(|(_, is_there)| !is_there)
    .map(|(name, _)| name)
    .collect()
}

/// Who has to be told, as stage and party: the authority by us as controller, and each controller whose
/// processor we are.
fn owed<'b>(breach: &'b Breach, view: &View) -> Vec<(&'static str, &'b str)> {
    let has = |id: &str| view.regimes.iter().any(|it| it == id);
    let is_processor_alone = has(PROCESSOR) && !has(CONTROLLER);
    let told = breach.notified.iter().map(|it| it.party.as_str());
    let concerned = breach.awareness.iter().map(|it| it.party.as_str());
    let mut owed = Vec::new();
    for party in concerned.chain(told) {
        let is_controller = party == view.known.party && !is_processor_alone;
        let stage = if is_controller {
            "authority"
        } else {
            "controller"
        };
        if !owed.contains(&(stage, party)) {
            owed.push((stage, party));
        }
    }
    owed
}

fn notified(view: &View) -> Vec<Notified> {
    let mut notified = Vec::new();
    let references = |root: i64| {
        let of = view
            .facts
            .iter()
            .filter(|fact| fact.id == root || fact.revises == Some(root));
        of.filter_map(|fact| fact.reference.clone()).next_back()
    };
    for party in view.known.parties() {
        for reading in view.known.readings(party) {
            let fact = reading.fact;
            if !is_notice(fact) {
                continue;
            }
            let stage = fact.report.clone().unwrap_or_default();
            let of_stage = if stage == "controller" {
                PROCESSOR
            } else {
                CONTROLLER
            };
            notified.push(Notified {
                regime: fact.regime.clone().unwrap_or_else(|| of_stage.to_owned()),
                stage,
                party: party.to_owned(),
                at: reading.at,
                reason: reading.reason.map(str::to_owned),
                reference: references(fact.root),
            });
        }
    }
    notified.sort_by_key(|notice| notice.at);
    notified
}

fn is_notice(fact: &TimedFact) -> bool {
    let regime = fact.regime.as_deref();
    let stage = fact.report.as_deref().unwrap_or_default();
    fact.kind == FactKind::Submitted
        && (is_of_gdpr(regime) || (regime.is_none() && STAGES.contains(&stage)))
}

fn is_of_gdpr(regime: Option<&str>) -> bool {
    regime.is_some_and(|regime| [CONTROLLER, PROCESSOR].contains(&regime))
}
