//! Services that are away: warned of before a criterion is met, and told of when it is.
//!
//! What is due follows from what is stored and the time, so a restart changes nothing. A draft opens with
//! the first warning, that a person can act before; what is met is recorded as a fact, with the
//! instant. Awareness is never declared here.

use std::collections::btree_map::{BTreeMap, Entry};

use jiff::tz::TimeZone;
use rusqlite::{Connection, params};
use serde_json::{Map, Value, json};
use vakt_event::Timestamp;

use super::drafts::{self, NewRow};
use super::incidents::{self, IncidentRow, SERVICE_ENTITY};
use super::outage_marks::{
    CRITERION_FIELD, Link, MetFacts, Realm, SINCE_FIELD, criterion_of, going_on, has_room,
    is_dismissed, join_alerts, link_of, mark, outage_of, present, told,
};
use super::services::{BACK_MICROS, KIND_FIELD, evidence, of_service, planned, service_of};
use super::view::View;
use super::{DAEMON, Records, answers, audit, evidence as frozen, facts, notices};
use crate::calendar::{self, DAY_MICROS};
use crate::clock::{next_deadline, words};
use crate::error::Result;
use crate::fact::{Fact, FactKind, OWN_PARTY};
use crate::group::incident_id;
use crate::incident::Origin;
use crate::outage::Outage;
use crate::reminder::Policy;
use crate::route::NoticeKind;
use crate::service::{SERVICE_FIELD, Service};
use crate::significance::{Answers, Away, Kind, Outcome, Span, Timer, timers};

/// Outages of one service that are looked at, the newest. One that comes and goes each minute has
/// more, and is told of all the same.
const OUTAGES_LOOKED_AT: usize = 50;

/// For how long after a service works again its next outage belongs to the same incident, in microseconds.
const SAME_INCIDENT_MICROS: i64 = DAY_MICROS;

const WARNED: u32 = 1;
const PASSED: u32 = 2;

/// An outage with what is to be told of it now.
struct Looked {
    outage: Outage,
    link: Option<Link>,
    /// A person has said that it is none.
    is_dismissed: bool,
    /// What it meets by now.
    met: Vec<Timer>,
    due: Vec<Due>,
    next: Option<Timestamp>,
}

/// What is to be told of a timer.
#[derive(Clone)]
struct Due {
    timer: Timer,
    /// 1 for the warning, 2 for the passing.
    step: u32,
    /// A fact says so.
    is_met: bool,
}

impl Records {
    /// Files what is due about services, and answers when something is next, if nothing is recorded or
    /// said until then.
    pub(super) fn attend_services(
        &self,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Option<Timestamp>> {
        let mut next: Option<Timestamp> = None;
        for service in self.settings.services.all() {
            for drill in [false, true] {
                let realm = Realm { service, drill };
                let look = || self.read(|records| self.look_at(records, realm, policy, now));
                let mut looked = look()?;
                next = looked.iter().filter_map(|it| it.next).chain(next).min();
                if looked.iter().any(Looked::is_due) {
                    self.write(|records| self.file_outages(records, realm, policy, now))?;
                    looked = look()?;
                }
                let fixes = self.read(|records| self.corrections(records, realm, &looked, now))?;
                if !fixes.is_empty() {
                    self.write(|records| {
                        let looked = self.look_at(records, realm, policy, now)?;
                        for (incident, fact) in self.corrections(records, realm, &looked, now)? {
                            facts::insert(records, self.regimes(), incident, fact)?;
                        }
                        Ok(())
                    })?;
                }
            }
        }
        Ok(next)
    }

    fn look_at(
        &self,
        records: &Connection,
        realm: Realm<'_>,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Vec<Looked>> {
        let since = now.saturating_add_micros(-BACK_MICROS);
        let all = of_service(records, &realm.service.name, realm.drill, since)?;
        let older = all.len().saturating_sub(OUTAGES_LOOKED_AT);
        // Outages by the hundred belong to one incident.
        let mut known: BTreeMap<i64, (MetFacts, Answers)> = BTreeMap::new();
        let looked = all.iter().skip(older).map(|outage| {
            let link = link_of(records, realm, outage)?;
            let mut looked = Looked {
                outage: outage.clone(),
                link,
                is_dismissed: is_dismissed(records, link)?,
                met: Vec::new(),
                due: Vec::new(),
                next: None,
            };
            if looked.is_dismissed {
                return Ok(looked);
            }
            if let Some(link) = link
                && let Entry::Vacant(new) = known.entry(link.incident)
            {
                let row = incidents::by_seq(records, present(records, link.incident)?)?;
                let said = self.said_of(records, realm.service, &row)?;
                new.insert((MetFacts::of(records, &row)?, said));
            }
            let of_incident = link.and_then(|link| known.get(&link.incident));
            let said = of_incident
                .map(|(_, said)| said.clone())
                .unwrap_or_default();
            let timers = self.timers_of(records, realm.service, outage, &all, said, now)?;
            let told = told(records, realm, outage, link)?;
            for timer in timers {
                let is_settled = of_incident.is_some_and(|(facts, _)| {
                    facts.is_settled(Some(&realm.service.name), &timer.criterion, Some(outage))
                });
                looked.weigh(timer, (&told, is_settled), policy, now);
            }
            Ok(looked)
        });
        looked.collect()
    }

    /// When an outage meets which criteria of its service.
    pub(super) fn timers_of(
        &self,
        records: &Connection,
        service: &Service,
        outage: &Outage,
        all: &[Outage],
        said: Answers,
        now: Timestamp,
    ) -> Result<Vec<Timer>> {
        let known = self.with_bases(service, said);
        self.with_away(records, service, outage, all, &known, |away| {
            timers(self.criteria(), &self.types_of(service), away, now)
        })
    }

    /// What people answered about a service in an incident and in what is part of it.
    pub(super) fn said_of(
        &self,
        records: &Connection,
        service: &Service,
        row: &IncidentRow,
    ) -> Result<Answers> {
        let parts = View::of(records, row)?.parts(row);
        let all = answers::newest(records, &parts, &row.party)?;
        Ok(answers::for_service(&all, &service.name))
    }

    /// Hands over an outage with what is known of it and of the service.
    pub(super) fn with_away<T>(
        &self,
        records: &Connection,
        service: &Service,
        outage: &Outage,
        all: &[Outage],
        answers: &Answers,
        use_it: impl FnOnce(&Away<'_>) -> T,
    ) -> Result<T> {
        let since = all.iter().map(|it| it.span.from).min();
        let since = since.unwrap_or(outage.span.from);
        let planned = planned(records, self, service, &outage.stream, since)?;
        let complete = all.iter().filter(|it| it.kind == Kind::Complete);
        let complete: Vec<Span> = complete.map(|it| it.span).collect();
        let source = format!(
            "outage of {} since {}, {}",
            service.name, outage.span.from, outage.began_by
        );
        let zone = self.zone();
        Ok(use_it(&Away {
            kind: outage.kind,
            span: outage.span,
            complete: &complete,
            planned: &planned,
            users: service.users_eu,
            zone: &zone,
            answers,
            source: &source,
        }))
    }

    /// The zone of the first regime, in which people count days and weeks.
    pub(super) fn zone(&self) -> TimeZone {
        let first = self.settings.regimes.first();
        let regime = first.and_then(|id| self.regimes().get(id));
        let zone = regime.and_then(|regime| calendar::zone(&regime.zone));
        zone.unwrap_or(TimeZone::UTC)
    }

    /// The types of entity that a service is looked at as.
    pub(super) fn types_of(&self, service: &Service) -> Vec<String> {
        match service.entity_types.is_empty() {
            true => self.settings.entity.types.clone(),
            false => service.entity_types.clone(),
        }
    }

    fn file_outages(
        &self,
        records: &Connection,
        realm: Realm<'_>,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<()> {
        let looked = self.look_at(records, realm, policy, now)?;
        for one in looked.iter().filter(|it| it.is_due()) {
            let link = match one.link {
                Some(link) => link,
                None => self.linked(
                    records,
                    realm,
                    &one.outage,
                    is_late_after(&looked, one),
                    now,
                )?,
            };
            for due in &one.due {
                self.file_timer(records, realm, (&one.outage, link), due, now)?;
            }
            self.file_end(records, realm, &one.outage, link, now)?;
        }
        Ok(())
    }

    fn file_timer(
        &self,
        records: &Connection,
        realm: Realm<'_>,
        (outage, link): (&Outage, Link),
        due: &Due,
        now: Timestamp,
    ) -> Result<()> {
        let Due {
            timer,
            step,
            is_met,
        } = due;
        let service = &realm.service.name;
        mark(records, realm, (outage, link), timer, *step)?;
        let incident = present(records, link.incident)?;
        let row = incidents::by_seq(records, incident)?;
        let facts = MetFacts::of(records, &row)?;
        if facts.is_settled(Some(service), &timer.criterion, Some(outage)) {
            // By an outage before: one is enough for a decision.
            return Ok(());
        }
        if *is_met {
            let fact = self.met(realm.service, outage, timer, now);
            facts::insert(records, self.regimes(), incident, fact)?;
        }
        if realm.drill {
            return Ok(());
        }
        let row = incidents::by_seq(records, incident)?;
        let kind = match is_met {
            true => NoticeKind::CriterionMet,
            false => NoticeKind::CriterionNear,
        };
        let mut payload = notices::of_incident(records, &row)?;
        payload.insert("state".into(), json!(row.state));
        payload.insert("service".into(), service.clone().into());
        self.add_instant(&mut payload, timer);
        let subject = format!(
            "{kind} {} {service} {} {} {step} {is_met}",
            row.id, link.since, timer.criterion
        );
        notices::file(records, &subject, kind, payload, now)
    }

    /// The instant of a timer as the deadline of a notice, and what it is of.
    fn add_instant(&self, payload: &mut Map<String, Value>, timer: &Timer) {
        self.add_met_at(payload, timer.at);
        let (outcome, missing) = (timer.outcome, timer.missing.as_slice());
        let mut criterion = self.told_criterion(&timer.criterion, outcome, missing);
        criterion["at_by_overrun"] = json!(timer.at_by_overrun);
        payload.insert("criterion".into(), criterion);
    }

    /// A criterion as notices tell of it.
    pub(super) fn told_criterion(&self, id: &str, outcome: Outcome, missing: &[String]) -> Value {
        let known = self.criteria().criterion(id);
        json!({
            "id": id,
            "citation": known.map(|it| &it.citation),
            "en": known.map(|it| &it.en),
            "sv": known.map(|it| &it.sv),
            "outcome": outcome,
            "missing": missing,
        })
    }

    /// When a criterion is met, in the place of a deadline.
    pub(super) fn add_met_at(&self, payload: &mut Map<String, Value>, at: Timestamp) {
        let zone = self.settings.regimes.first();
        let zone = zone.and_then(|id| self.regimes().get(id));
        let zone = zone.map_or("UTC", |regime| regime.zone.as_str());
        payload.insert("deadline".into(), json!(at));
        let local = format!("at {}", words::local(at, zone));
        payload.insert("deadline_local".into(), local.into());
        payload.insert("clock".into(), json!({ "zone": zone }));
    }

    /// The fact that a criterion was met.
    fn met(&self, service: &Service, outage: &Outage, timer: &Timer, now: Timestamp) -> Fact {
        let found = self.criteria().entity_type(&timer.entity_type);
        let found = found.and_then(|it| it.criteria.iter().find(|it| it.id == timer.criterion));
        let citation = found.map_or("", |it| it.citation.as_str());
        let mut fields = Map::new();
        fields.insert(CRITERION_FIELD.into(), timer.criterion.clone().into());
        fields.insert("citation".into(), citation.into());
        fields.insert("entity_type".into(), timer.entity_type.clone().into());
        fields.insert(SERVICE_FIELD.into(), service.name.clone().into());
        fields.insert(KIND_FIELD.into(), outage.kind.as_str().into());
        fields.insert(SINCE_FIELD.into(), json!(outage.span.from));
        fields.insert("at_by_overrun".into(), json!(timer.at_by_overrun));
        fields.insert("data".into(), self.criteria().version.clone().into());
        let reason = format!("{} ({citation}) of {}", timer.criterion, service.name);
        Fact {
            reason: Some(reason),
            source: Some(outage.began_by.clone()),
            fields: Some(fields),
            ..by_daemon(FactKind::CriterionMet, timer.at, now)
        }
    }

    /// What the facts about criteria say otherwise than the outages and answers do now: an instant that moved is
    /// corrected; that a criterion is not met after all is proposed, and a person approves it.
    fn corrections(
        &self,
        records: &Connection,
        realm: Realm<'_>,
        looked: &[Looked],
        now: Timestamp,
    ) -> Result<Vec<(i64, Fact)>> {
        let service = &realm.service.name;
        // What is not looked at any more is left as it was told.
        let since = now.saturating_add_micros(-BACK_MICROS);
        let is_whole = looked.len() < OUTAGES_LOOKED_AT;
        let mut first: BTreeMap<(i64, &str), (&Outage, &Timer)> = BTreeMap::new();
        let mut incidents: BTreeMap<i64, MetFacts> = BTreeMap::new();
        for one in looked.iter().filter(|it| !it.is_dismissed) {
            // A fact that moved leaves the mark of its outage behind.
            let of_facts = one.outage.incidents.iter().copied();
            for incident in one
                .link
                .map(|link| link.incident)
                .into_iter()
                .chain(of_facts)
            {
                let incident = present(records, incident)?;
                let facts = match incidents.entry(incident) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(new) => {
                        let row = incidents::by_seq(records, incident)?;
                        new.insert(MetFacts::of(records, &row)?)
                    }
                };
                for timer in &one.met {
                    let criterion = timer.criterion.as_str();
                    if facts.is_denied_of(Some(service), criterion, Some(&one.outage)) {
                        continue;
                    }
                    let known = first
                        .entry((incident, criterion))
                        .or_insert((&one.outage, timer));
                    if timer.at < known.1.at {
                        *known = (&one.outage, timer);
                    }
                }
            }
        }
        let mut fixes = Vec::new();
        for (incident, known) in incidents {
            for it in known.standing() {
                let criterion = criterion_of(it.fact).unwrap_or_default();
                let root = it.fact.id;
                let is_of_outage =
                    service_of(it.fact) == Some(service) && outage_of(it.fact).is_some();
                if !is_of_outage || it.fact.recorded_by != DAEMON || it.at < since {
                    continue;
                }
                let found = first.get(&(incident, criterion));
                if found.is_some() {
                    for proposal in known.own_doubts(root) {
                        fixes.push((
                            facts::incident_of(records, proposal)?,
                            withdrawn(proposal, it.fact, now),
                        ));
                    }
                }
                let fact = match found {
                    Some((_, timer)) if timer.at == it.at => continue,
                    // An older outage may be the one.
                    Some((_, timer)) if !is_whole && timer.at > it.at => continue,
                    Some((outage, timer)) => self.met(realm.service, outage, timer, now),
                    None if !is_whole || known.is_doubted(root) => continue,
                    None => Fact {
                        reason: Some(format!(
                            "by what is recorded now, {service} does not meet {criterion}, or not yet"
                        )),
                        ..by_daemon(FactKind::Retracted, now, now)
                    },
                };
                let party = it.fact.party.clone();
                let revises = Some(root);
                let of = facts::incident_of(records, root)?;
                fixes.push((
                    of,
                    Fact {
                        revises,
                        party,
                        ..fact
                    },
                ));
            }
        }
        Ok(fixes)
    }

    /// The incident that an outage belongs to from now on: the one of a fact about it, else the one about the
    /// service that still goes on, else a new draft.
    fn linked(
        &self,
        records: &Connection,
        realm: Realm<'_>,
        outage: &Outage,
        is_late: bool,
        now: Timestamp,
    ) -> Result<Link> {
        let of_fact = outage.incidents.first().copied();
        let known = match of_fact {
            None if !is_late => going_on(records, realm, &outage.stream, outage.span.from)?,
            of_fact => of_fact,
        };
        let incident = match known {
            Some(incident) => incident,
            None => self.open_draft(records, realm, outage, now)?,
        };
        let since = outage.span.from;
        records
            .prepare_cached(
                "INSERT INTO outage_incidents (incident, service, drill, since)
                 VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO UPDATE SET incident = excluded.incident",
            )?
            .execute(params![
                incident,
                realm.service.name,
                realm.drill,
                since.micros()
            ])?;
        if of_fact.is_none() && has_room(records, incident)? {
            let fact = about(realm.service, outage, FactKind::ServiceLost, since, now);
            facts::insert(records, self.regimes(), present(records, incident)?, fact)?;
        }
        Ok(Link {
            incident,
            since,
            restored: false,
        })
    }

    fn open_draft(
        &self,
        records: &Connection,
        realm: Realm<'_>,
        outage: &Outage,
        now: Timestamp,
    ) -> Result<i64> {
        let service = &realm.service.name;
        let events = evidence(records, &outage.rows)?;
        let entity = [(SERVICE_ENTITY.to_owned(), service.clone())];
        let number = incidents::next_number(records)?;
        let parts = [service.as_bytes(), &number.to_be_bytes()];
        let row = NewRow {
            id: incident_id("outage", &parts),
            origin: Origin::Outage,
            title: match outage.kind {
                Kind::Complete => format!("Outage of {service}"),
                Kind::Limited => format!("Limited availability of {service}"),
                Kind::Slow => format!("Slow responses of {service}"),
            },
            party: OWN_PARTY,
            stream: &outage.stream,
            drill: realm.drill,
            historic: false,
            regimes: &self.settings.regimes,
            detected_at: outage.noticed_at,
            opened_by: DAEMON,
            detection: None,
            about: Some(&entity),
            risk: None,
            first: events.first().map(|event| (event.claimed, event.received)),
        };
        let seq = drafts::insert(records, self, &row, now)?;
        let kept = frozen::freeze_events(records, seq, &events)?;
        let alerts = join_alerts(records, seq, &outage.rows)?;
        let opened = json!({
            "incident": incidents::core(records, seq)?,
            "why": format!("{service} is away: {}", outage.began_by),
            "alerts": alerts,
            "evidence": kept,
            "evidence_bound": frozen::BOUND,
        });
        let (action, nothing) = ("incident.opened", Value::Null);
        audit::add(records, now, DAEMON, action, &row.id, &nothing, &opened)?;
        let detected = Fact {
            source: Some(outage.began_by.clone()),
            ..by_daemon(FactKind::Detected, outage.noticed_at, now)
        };
        facts::insert(records, self.regimes(), seq, detected)?;
        self.file_opened(records, seq, now)?;
        Ok(seq)
    }

    /// The notice of a draft that no detection opened.
    pub(super) fn file_opened(&self, records: &Connection, seq: i64, now: Timestamp) -> Result<()> {
        let row = incidents::by_seq(records, seq)?;
        if row.is_drill() {
            return Ok(());
        }
        let view = View::of(records, &row)?;
        let computed = view.clocks(self.regimes(), now);
        let mut payload = notices::of_incident(records, &row)?;
        let law = view.law(self.regimes());
        notices::add_deadline(&mut payload, &law, next_deadline(&computed.clocks));
        payload.insert("burst".into(), false.into());
        let subject = format!("draft {}", row.id);
        notices::file(records, &subject, NoticeKind::Draft, payload, now)
    }

    /// Records once that the service works again.
    fn file_end(
        &self,
        records: &Connection,
        realm: Realm<'_>,
        outage: &Outage,
        link: Link,
        now: Timestamp,
    ) -> Result<()> {
        let is_new = outage.is_back && !link.restored;
        let Some(until) = outage.span.until.filter(|_| is_new) else {
            return Ok(());
        };
        records
            .prepare_cached(
                "UPDATE outage_incidents SET restored = 1
                 WHERE service = ?1 AND drill = ?2 AND since = ?3",
            )?
            .execute(params![
                realm.service.name,
                realm.drill,
                link.since.micros()
            ])?;
        let by_event = outage
            .ended_by
            .as_ref()
            .is_some_and(|it| it.starts_with("event"));
        if by_event && has_room(records, link.incident)? {
            let events = evidence(records, &outage.rows)?;
            let seq = present(records, link.incident)?;
            let kept = frozen::freeze_events(records, seq, &events)?;
            let id = incidents::by_seq(records, seq)?.id;
            let (action, nothing) = ("incident.joined", Value::Null);
            let joined = json!({ "why": "the service works again", "evidence": kept });
            audit::add(records, now, DAEMON, action, &id, &nothing, &joined)?;
            let mut fact = about(realm.service, outage, FactKind::ServiceRestored, until, now);
            fact.source = outage.ended_by.clone();
            facts::insert(records, self.regimes(), seq, fact)?;
        }
        Ok(())
    }
}

impl Looked {
    fn is_due(&self) -> bool {
        let ends = self.outage.is_back && self.link.is_some_and(|link| !link.restored);
        !self.is_dismissed && (ends || !self.due.is_empty())
    }

    /// Decides about one timer: how far its criterion was told, and whether the facts have it.
    fn weigh(
        &mut self,
        timer: Timer,
        (told, is_settled): (&[(String, u32)], bool),
        policy: &Policy,
        now: Timestamp,
    ) {
        // It is met a microsecond after the limit, and that is what people count from.
        let limit = timer.at.saturating_add_micros(-1);
        let warn_at = limit.saturating_add_micros(-policy.criterion_lead_micros);
        let ahead = [warn_at, timer.at].into_iter().filter(|at| *at > now);
        self.next = ahead.chain(self.next).min();
        let step = match (timer.at <= now, warn_at <= now) {
            (true, _) => PASSED,
            (false, true) => WARNED,
            _ => 0,
        };
        let is_met = step == PASSED && timer.outcome == Outcome::Met;
        if is_met {
            self.met.push(timer.clone());
        }
        let before = told
            .iter()
            .find(|(criterion, _)| *criterion == timer.criterion);
        let before = before.map_or(0, |(_, step)| *step);
        if step > before || (is_met && !is_settled) {
            self.due.push(Due {
                timer,
                step,
                is_met,
            });
        }
    }
}

/// Whether an outage begins so long after the service worked again that it is another incident's.
fn is_late_after(looked: &[Looked], one: &Looked) -> bool {
    let from = one.outage.span.from;
    let before = looked.iter().filter(|it| it.outage.span.from < from);
    // One that is not over goes on.
    let ends = before.map(|it| it.outage.span.until.unwrap_or(from)).max();
    ends.is_some_and(|end| from.micros_since(end) > SAME_INCIDENT_MICROS)
}

/// A fact that the daemon records.
pub(super) fn by_daemon(fact: FactKind, at: Timestamp, now: Timestamp) -> Fact {
    Fact {
        id: 0,
        fact,
        at,
        recorded_at: now,
        recorded_by: DAEMON.to_owned(),
        by: DAEMON.to_owned(),
        party: OWN_PARTY.to_owned(),
        reason: None,
        report: None,
        regime: None,
        reference: None,
        due: None,
        source: None,
        fields: None,
        revises: None,
        approves: None,
        into: None,
    }
}

/// That the daemon's proposal to take a fact back is none: the criterion is met again.
pub(super) fn withdrawn(proposal: i64, of: &Fact, now: Timestamp) -> Fact {
    Fact {
        revises: Some(proposal),
        party: of.party.clone(),
        reason: Some("it is met again".to_owned()),
        ..by_daemon(FactKind::Retracted, now, now)
    }
}

fn about(
    service: &Service,
    outage: &Outage,
    fact: FactKind,
    at: Timestamp,
    now: Timestamp,
) -> Fact {
    let mut fields = Map::new();
    fields.insert(SERVICE_FIELD.into(), service.name.clone().into());
    fields.insert(KIND_FIELD.into(), outage.kind.as_str().into());
    Fact {
        source: Some(outage.began_by.clone()),
        fields: Some(fields),
        ..by_daemon(fact, at, now)
    }
}
