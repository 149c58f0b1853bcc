//! Recurring incidents: several that are not significant each, of one root cause within six months.
//!
//! Which they are follows from answers and states. A draft links them when they are significant
//! together; one that comes later joins it.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Map, Value, json};
use vakt_event::Timestamp;

use super::drafts::{self, NewRow};
use super::incidents::{self, CAUSE_ENTITY, IncidentRow};
use super::outages::by_daemon;
use super::view::View;
use super::{AuditReport, DAEMON, Records, audit, facts};
use super::{answers, reviews};
use crate::answer::{ROOT_CAUSE, ShownCriterion};
use crate::calendar::{DAY_MICROS, local_date};
use crate::error::Result;
use crate::fact::{Fact, FactKind, OWN_PARTY};
use crate::group::incident_id;
use crate::incident::Origin;
use crate::recurring::{Recurring, RecurringCause, RecurringMember};
use crate::significance::{
    Answered, Outcome, RECURRING, Recurrence, SmallIncident, Value as Known, recurrences,
};

/// How far back small incidents are looked at: two windows of six months, and some days.
const BACK_MICROS: i64 = 370 * DAY_MICROS;

/// Six months at the most, for those whose cause is not known.
const HALF_A_YEAR_MICROS: i64 = 184 * DAY_MICROS;

/// Small incidents that are looked at, the newest: several a day.
const SMALL_MAX: i64 = 2_000;

/// Those without a cause, or alone with it, that are shown; whoever has more begins with these.
const LISTED_MAX: usize = 200;

/// The citation of the criterion.
const CITATION: &str = "Art. 3(1)(f), Art. 4";

/// The stream of a draft whose members are of several.
const DEFAULT_STREAM: &str = "default";

/// A small incident, and how the computation knows it.
pub(super) struct Small {
    seq: i64,
    shown: RecurringMember,
    small: SmallIncident,
}

impl Records {
    /// What recurs, of incidents of these streams alone; a cause that is also of others is left out.
    pub fn recurring(&self, streams: Option<&[String]>) -> Result<Recurring> {
        let now = self.clock.now();
        self.read(|records| self.recurring_in(records, streams, now))
    }

    pub(super) fn recurring_in(
        &self,
        records: &Connection,
        streams: Option<&[String]>,
        now: Timestamp,
    ) -> Result<Recurring> {
        let all = self.small(records, now)?;
        let sees = |member: &RecurringMember| {
            streams.is_none_or(|streams| streams.contains(&member.stream))
        };
        let mut causes = Vec::new();
        for found in self.recurrences_of(&all) {
            let cause = shown(records, &all, &found)?;
            if cause.members.iter().all(sees) {
                causes.push(cause);
            }
        }
        let since = now.saturating_add_micros(-HALF_A_YEAR_MICROS);
        let since = local_date(since, &self.zone());
        let recent = all
            .iter()
            .filter(|it| it.small.day >= since && sees(&it.shown));
        let is_alone = |one: &Small| {
            let same = |it: &&Small| it.small.root_cause == one.small.root_cause;
            one.small.root_cause.is_some() && all.iter().filter(same).count() == 1
        };
        let shown = |it: &Small| it.shown.clone();
        let unknown = recent.clone().filter(|it| it.small.root_cause.is_none());
        let without_cause = unknown.map(shown).take(LISTED_MAX).collect();
        let alone = recent.filter(|it| is_alone(it));
        let alone = alone.map(shown).take(LISTED_MAX).collect();
        let (quarter, review_by, reviewed) = self.quarter_to_review(records, now)?;
        Ok(Recurring {
            causes,
            without_cause,
            alone,
            quarter,
            review_by,
            reviewed,
        })
    }

    /// Opens and completes the drafts of what recurs.
    pub(super) fn attend_recurring(&self, now: Timestamp) -> Result<()> {
        let is_due = self.read(|records| {
            let all = self.small(records, now)?;
            for found in self.significant(&all) {
                if !matches!(step(records, &all, &found)?, Step::Nothing) {
                    return Ok(true);
                }
            }
            Ok(false)
        })?;
        if !is_due {
            return Ok(());
        }
        self.write(|records| {
            let all = self.small(records, now)?;
            for found in self.significant(&all) {
                let members = members_of(&all, &found);
                match step(records, &all, &found)? {
                    Step::Nothing => {}
                    Step::Join { recurring, new } => join(records, recurring, &new, now)?,
                    Step::Open => {
                        let recurring = self.open_recurring(records, &found, &members, now)?;
                        link(records, recurring, members.iter().map(|it| it.seq))?;
                    }
                }
            }
            Ok(())
        })
    }

    fn significant(&self, all: &[Small]) -> Vec<Recurrence> {
        let found = self.recurrences_of(all).into_iter();
        found.filter(|it| it.outcome == Outcome::Met).collect()
    }

    fn recurrences_of(&self, all: &[Small]) -> Vec<Recurrence> {
        let small: Vec<SmallIncident> = all.iter().map(|it| it.small.clone()).collect();
        recurrences(self.criteria(), &small, self.settings.entity.turnover_eur)
    }

    /// What was assessed as not significant, exercises and dismissed ones left out; the newest first.
    fn small(&self, records: &Connection, now: Timestamp) -> Result<Vec<Small>> {
        let since = now.saturating_add_micros(-BACK_MICROS);
        let mut query = records.prepare_cached(
            "SELECT seq FROM incidents WHERE state = 'not_significant' AND drill = 0 AND party = ?1
                 AND detected_at >= ?2 ORDER BY seq DESC LIMIT ?3",
        )?;
        let of = params![OWN_PARTY, since.micros(), SMALL_MAX];
        let seqs = query.query_map(of, |row| row.get(0))?;
        let mut all = Vec::new();
        for seq in seqs {
            let row = incidents::by_seq(records, seq?)?;
            if row.origin != Origin::Recurring {
                all.push(self.small_one(records, row)?);
            }
        }
        Ok(all)
    }

    fn small_one(&self, records: &Connection, row: IncidentRow) -> Result<Small> {
        let view = View::of(records, &row)?;
        let readings = view.known.readings(&row.party);
        let occurred = readings
            .iter()
            .filter(|it| it.fact.kind == FactKind::Occurred);
        let at = occurred.map(|it| it.at).min().unwrap_or(row.detected_at());
        let day = local_date(at, &self.zone());
        let parts = view.parts(&row);
        let said = answers::newest(records, &parts, &row.party)?;
        let cause = said.iter().find(|it| it.input == ROOT_CAUSE);
        let cause = match cause.and_then(|it| it.value.as_str()) {
            Some(cause) => Some(cause.to_owned()),
            // The review names it, too.
            None => reviews::root_cause(records, &row.id)?.map(|(_, cause)| cause),
        };
        let cause = cause.filter(|cause| !cause.trim().is_empty());
        let loss = answers::for_service(&said, "");
        let loss_eur = loss
            .get("financial_loss_eur")
            .and_then(|it| match it.value {
                Known::Quantity(quantity) => Some(quantity),
                Known::YesNo(_) => None,
            });
        Ok(Small {
            seq: row.seq,
            small: SmallIncident {
                id: row.id.clone(),
                day,
                // Who writes it otherwise means the same.
                root_cause: cause.as_ref().map(|it| it.to_lowercase()),
                loss_eur,
            },
            shown: RecurringMember {
                stream: row.stream().to_owned(),
                id: row.id,
                number: row.seq,
                title: row.title,
                state: row.state,
                day: day.to_string(),
                root_cause: cause,
                loss_eur,
            },
        })
    }

    fn open_recurring(
        &self,
        records: &Connection,
        found: &Recurrence,
        members: &[&Small],
        now: Timestamp,
    ) -> Result<i64> {
        let cause = words(members, &found.root_cause);
        let first = members.first().map(|it| it.shown.stream.as_str());
        let is_one = members
            .iter()
            .all(|it| Some(it.shown.stream.as_str()) == first);
        let number = incidents::next_number(records)?;
        let parts = [found.root_cause.as_bytes(), &number.to_be_bytes()];
        let entity = [(CAUSE_ENTITY.to_owned(), cause.clone())];
        let row = NewRow {
            id: incident_id("recurring", &parts),
            origin: Origin::Recurring,
            title: format!("Recurring incidents: {cause}"),
            party: OWN_PARTY,
            stream: first.filter(|_| is_one).unwrap_or(DEFAULT_STREAM),
            drill: false,
            historic: false,
            regimes: &self.settings.regimes,
            detected_at: now,
            opened_by: DAEMON,
            detection: None,
            about: Some(&entity),
            risk: None,
            first: None,
        };
        let seq = drafts::insert(records, self, &row, now)?;
        let opened = json!({
            "incident": incidents::core(records, seq)?,
            "why": "incidents of one root cause within six months are significant together",
            "members": found.members,
            "loss_eur": found.loss_eur,
            "evidence": [],
        });
        let (action, nothing) = ("incident.opened", Value::Null);
        audit::add(records, now, DAEMON, action, &row.id, &nothing, &opened)?;
        let source = Some(format!("incidents {}", numbers(members)));
        let detected = Fact {
            source: source.clone(),
            ..by_daemon(FactKind::Detected, now, now)
        };
        facts::insert(records, self.regimes(), seq, detected)?;
        let met = Fact {
            source,
            reason: Some(format!("{RECURRING} ({CITATION}): {cause}")),
            fields: Some(met_fields(found)),
            ..by_daemon(FactKind::CriterionMet, now, now)
        };
        facts::insert(records, self.regimes(), seq, met)?;
        self.file_opened(records, seq, now)?;
        Ok(seq)
    }
}

fn met_fields(found: &Recurrence) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("criterion".into(), RECURRING.into());
    fields.insert("citation".into(), CITATION.into());
    fields.insert("members".into(), json!(found.members));
    fields.insert("loss_eur".into(), json!(found.loss_eur));
    fields
}

/// What is to be done about a recurrence.
enum Step {
    Nothing,
    Open,
    Join { recurring: i64, new: Vec<i64> },
}

/// A set is told once, and so is what is part of it. Who comes later joins the draft while it is open; after that, a set with somebody
/// new is another one.
fn step(records: &Connection, all: &[Small], found: &Recurrence) -> Result<Step> {
    let seqs: Vec<i64> = members_of(all, found).iter().map(|it| it.seq).collect();
    let newest: Option<i64> = records
        .prepare_cached(
            "SELECT max(recurring) FROM recurring_members
             WHERE member IN (SELECT value FROM json_each(?1))",
        )?
        .query_row([serde_json::to_string(&seqs)?], |row| row.get(0))?;
    let Some(recurring) = newest else {
        return Ok(Step::Open);
    };
    if is_told(records, &seqs)? {
        return Ok(Step::Nothing);
    }
    let known = member_seqs(records, recurring)?;
    let new: Vec<i64> = seqs
        .into_iter()
        .filter(|seq| !known.contains(seq))
        .collect();
    let is_open = incidents::by_seq(records, recurring)?.state.is_open();
    Ok(match (new.is_empty(), is_open) {
        (true, _) => Step::Nothing,
        (false, true) => Step::Join { recurring, new },
        (false, false) => Step::Open,
    })
}

/// Whether one draft has them all.
fn is_told(records: &Connection, seqs: &[i64]) -> Result<bool> {
    let found = records
        .prepare_cached(
            "SELECT 1 FROM recurring_members WHERE member IN (SELECT value FROM json_each(?1))
             GROUP BY recurring HAVING count(*) = ?2 LIMIT 1",
        )?
        .query_row(
            params![serde_json::to_string(seqs)?, count_of(seqs)],
            |_| Ok(()),
        );
    Ok(found.optional()?.is_some())
}

fn count_of(seqs: &[i64]) -> i64 {
    i64::try_from(seqs.len()).unwrap_or(i64::MAX)
}

fn join(records: &Connection, recurring: i64, new: &[i64], now: Timestamp) -> Result<()> {
    link(records, recurring, new.iter().copied())?;
    let id = incidents::by_seq(records, recurring)?.id;
    let mut ids = Vec::new();
    for seq in new {
        ids.push(incidents::by_seq(records, *seq)?.id);
    }
    let joined = json!({ "why": "another incident of the same root cause", "members": ids });
    let (action, nothing) = ("incident.joined", Value::Null);
    audit::add(records, now, DAEMON, action, &id, &nothing, &joined)
}

fn link(records: &Connection, recurring: i64, members: impl Iterator<Item = i64>) -> Result<()> {
    let mut insert = records.prepare_cached(
        "INSERT OR IGNORE INTO recurring_members (recurring, member) VALUES (?1, ?2)",
    )?;
    for member in members {
        insert.execute([recurring, member])?;
    }
    Ok(())
}

fn members_of<'s>(all: &'s [Small], found: &Recurrence) -> Vec<&'s Small> {
    let find = |id: &String| all.iter().find(|it| it.small.id == *id);
    found.members.iter().filter_map(find).collect()
}

/// The cause as people wrote it last.
fn words(members: &[&Small], cause: &str) -> String {
    let newest = members.iter().max_by_key(|it| it.seq);
    let written = newest.and_then(|it| it.shown.root_cause.clone());
    written.unwrap_or_else(|| cause.to_owned())
}

fn numbers(members: &[&Small]) -> String {
    let numbers: Vec<String> = members.iter().map(|it| it.seq.to_string()).collect();
    numbers.join(", ")
}

fn shown(records: &Connection, all: &[Small], found: &Recurrence) -> Result<RecurringCause> {
    let members = members_of(all, found);
    let mut recurring = None;
    for member in &members {
        recurring = of_member(records, member.seq)?.or(recurring);
    }
    Ok(RecurringCause {
        root_cause: words(&members, &found.root_cause),
        members: members.iter().map(|it| it.shown.clone()).collect(),
        loss_eur: found.loss_eur,
        outcome: found.outcome,
        missing: found.missing.clone(),
        recurring,
    })
}

/// The id of the newest draft of recurring incidents that counts an incident.
pub(super) fn of_member(records: &Connection, member: i64) -> Result<Option<String>> {
    let found = records
        .prepare_cached(
            "SELECT i.id FROM recurring_members r JOIN incidents i ON i.seq = r.recurring
             WHERE r.member = ?1 ORDER BY r.recurring DESC LIMIT 1",
        )?
        .query_row([member], |row| row.get(0));
    Ok(found.optional()?)
}

fn member_seqs(records: &Connection, recurring: i64) -> Result<Vec<i64>> {
    let mut query = records.prepare_cached(
        "SELECT member FROM recurring_members WHERE recurring = ?1 ORDER BY member",
    )?;
    let rows = query.query_map([recurring], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The ids of the incidents that count in one.
pub(super) fn members(records: &Connection, recurring: i64) -> Result<Vec<String>> {
    let seqs = member_seqs(records, recurring)?.into_iter();
    seqs.map(|seq| Ok(incidents::by_seq(records, seq)?.id))
        .collect()
}

/// The criterion of recurring incidents, for the draft that links them: as its members stand now.
pub(super) fn criterion(
    owner: &Records,
    records: &Connection,
    recurring: i64,
) -> Result<ShownCriterion> {
    let seqs = member_seqs(records, recurring)?;
    let mut counting = Vec::new();
    for seq in seqs {
        let row = incidents::by_seq(records, seq)?;
        if row.state == crate::IncidentState::NotSignificant {
            counting.push(owner.small_one(records, row)?);
        }
    }
    let found = owner.recurrences_of(&counting);
    let found = found.iter().max_by_key(|it| it.loss_eur);
    let input = "financial_loss_eur".to_owned();
    Ok(ShownCriterion {
        answered: Answered {
            criterion: RECURRING.to_owned(),
            entity_type: None,
            service: None,
            citation: CITATION.to_owned(),
            outcome: found.map_or(Outcome::NotMet, |it| it.outcome),
            from: Vec::new(),
            compared: found
                .map(|it| crate::significance::Compared {
                    input,
                    than: "more",
                    value: Some(it.loss_eur),
                    limit: None,
                    of: format!("{} incidents together", it.members.len()),
                })
                .into_iter()
                .collect(),
            missing: found
                .map(|it| it.missing.iter().map(|&it| it.to_owned()).collect())
                .unwrap_or_default(),
        },
        en: "Recurring incidents".to_owned(),
        sv: "Återkommande incidenter".to_owned(),
        forward: false,
    })
}

/// Whether the incidents that count together are those that the audit log says.
pub(super) fn check(records: &Connection, report: &mut AuditReport) -> Result<()> {
    let mut logged: BTreeSet<(String, String)> = BTreeSet::new();
    let mut query = records.prepare(
        "SELECT a.subject, m.value FROM audit a, json_each(a.after, '$.members') m
         WHERE a.action IN ('incident.opened', 'incident.joined')",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        logged.insert((row.get(0)?, row.get(1)?));
    }
    let mut query = records.prepare(
        "SELECT i.id, m.id FROM recurring_members r JOIN incidents i ON i.seq = r.recurring
         JOIN incidents m ON m.seq = r.member",
    )?;
    let mut rows = query.query([])?;
    let mut stored: BTreeSet<(String, String)> = BTreeSet::new();
    while let Some(row) = rows.next()? {
        stored.insert((row.get(0)?, row.get(1)?));
    }
    for (recurring, member) in logged.symmetric_difference(&stored) {
        report.fault(format!(
            "incident {recurring}: whether {member} counts in it was altered"
        ));
    }
    Ok(())
}
