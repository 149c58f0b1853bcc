//! What shall be told to the outside, filed in the transaction of the change that it tells of.
//!
//! A notice is filed once for its subject, and its id follows from that: whatever is evaluated or restored
//! again tells nobody twice. Notices carry no raw lines and no names of users of logs; drills file none.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Map, Value, json};
use vakt_event::Timestamp;

use super::apply::OpenAlert;
use super::drafts::Draft;
use super::incidents::{self, IncidentRow};
use super::view::View;
use crate::clock::{Clock, Computed, next_deadline, words};
use crate::detection::Detection;
use crate::error::Result;
use crate::fact::{Fact, FactKind, OWN_PARTY};
use crate::group::{Parts, entity_text};
use crate::incident::Origin;
use crate::lifecycle::IncidentState;
use crate::regime::{Law, Regimes};
use crate::route::NoticeKind;

/// A new draft, or a compromise that joined the burst draft. The deadline is the earliest of its provisional clocks.
pub(super) fn file_draft(
    records: &Connection,
    data: &Regimes,
    draft: &Draft,
    detection: &Detection,
    alert: &OpenAlert,
    now: Timestamp,
) -> Result<()> {
    if detection.drill {
        return Ok(());
    }
    let row = incidents::by_seq(records, draft.seq)?;
    let view = View::of(records, &row)?;
    let computed = view.clocks(data, now);
    let mut payload = of_detection(detection, alert);
    payload.insert("incident".into(), draft.id.clone().into());
    payload.insert("number".into(), draft.seq.into());
    add_deadline(
        &mut payload,
        &view.law(data),
        next_deadline(&computed.clocks),
    );
    payload.insert("burst".into(), draft.is_burst.into());
    payload.insert("historic".into(), draft.historic.into());
    let subject = match draft.is_new {
        true => format!("draft {}", draft.id),
        false => format!("draft {} {}", draft.id, alert.id),
    };
    file(records, &subject, NoticeKind::Draft, payload, now)
}

/// A new alert that opened no draft; `incident` is the open one that it joined.
pub(super) fn file_alert(
    records: &Connection,
    detection: &Detection,
    alert: &OpenAlert,
    incident: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    if detection.drill {
        return Ok(());
    }
    let mut payload = of_detection(detection, alert);
    payload.insert("incident".into(), json!(incident));
    payload.insert("deadline".into(), Value::Null);
    let subject = format!("alert {}", alert.id);
    file(records, &subject, NoticeKind::Alert, payload, now)
}

/// What a fact, or a fact of a part, made of an incident: awareness of it, or its end. `was` are the clocks
/// before it, where they are known.
pub(super) fn file_change(
    records: &Connection,
    data: &Regimes,
    before: &IncidentRow,
    was: Option<&Computed>,
    fact: &Fact,
    (state, computed): &(IncidentState, Computed),
) -> Result<()> {
    if before.is_drill() {
        return Ok(());
    }
    let now = fact.recorded_at;
    let moved = moved(was, computed, fact);
    let is_told = |kind: NoticeKind| match kind {
        NoticeKind::Awareness => {
            let is_new = state.is_declared() && !before.state.is_declared();
            state.is_open() && (!moved.is_empty() || is_new)
        }
        _ => before.state.is_open() && !state.is_open(),
    };
    for kind in [NoticeKind::Awareness, NoticeKind::Resolved] {
        if !is_told(kind) {
            continue;
        }
        let view = View::of(records, before)?;
        let mut payload = of_incident(records, before)?;
        payload.insert("state".into(), json!(state));
        // An end is the whole incident's, whoever was told last.
        let party = match kind {
            NoticeKind::Resolved => &before.party,
            _ => &fact.party,
        };
        payload.insert("party".into(), party.clone().into());
        payload.insert("recorded_by".into(), fact.recorded_by.clone().into());
        let next = match kind {
            // What it made count, before what ran without it.
            NoticeKind::Awareness => {
                next_deadline(moved.iter().copied()).or_else(|| next_deadline(&computed.clocks))
            }
            _ => None,
        };
        add_deadline(&mut payload, &view.law(data), next);
        let subject = format!("{kind} {} {}", before.id, fact.id);
        file(records, &subject, kind, payload, now)?;
    }
    Ok(())
}

/// The clocks that count from another moment of awareness now. A correction that waits for a second person
/// moves none; the approval does.
fn moved<'c>(was: Option<&Computed>, is: &'c Computed, fact: &Fact) -> Vec<&'c Clock> {
    if !fact.fact.is_awareness() && fact.fact != FactKind::Approved {
        return Vec::new();
    }
    let official = |clock: &&Clock| clock.state.is_owed() || clock.state.is_met();
    let now = is.clocks.iter().filter(official);
    let Some(was) = was else {
        // Of a part it is not known what ran before: what counts from this fact.
        let is_new = fact.revises.is_none() && fact.fact.is_awareness();
        return now
            .filter(|clock| is_new && clock.start == Some(fact.at))
            .collect();
    };
    now.filter(|now| {
        let mut before = was.clocks.iter().filter(official);
        let before = before.find(|before| {
            (&before.party, &before.regime, &before.stage) == (&now.party, &now.regime, &now.stage)
        });
        before.is_none_or(|before| before.start != now.start)
    })
    .collect()
}

/// What every notice about an incident says of it.
pub(super) fn of_incident(records: &Connection, row: &IncidentRow) -> Result<Map<String, Value>> {
    let host: Option<String> = records
        .prepare_cached(
            "SELECT json_extract(fields, '$.\"host.name\"') FROM evidence
             WHERE incident = ?1 ORDER BY position DESC LIMIT 1",
        )?
        .query_row([row.seq], |found| found.get(0))
        .optional()?
        .flatten();
    // The title of a draft names whom it concerns; the rule's does not, nor does the kind of a risk.
    let title = match (&row.rule_title, row.entity.first()) {
        (Some(title), _) => title.clone(),
        (None, Some((field, _))) if row.origin == Origin::Risk => format!("Risk of {field}"),
        (None, _) => row.title.clone(),
    };
    let rule = row
        .rule_id
        .as_ref()
        .map(|id| json!({ "id": id, "title": row.rule_title }));
    let mut payload = Map::new();
    payload.insert("title".into(), title.into());
    payload.insert("rule".into(), json!(rule));
    payload.insert("level".into(), json!(row.level));
    payload.insert("host".into(), json!(host));
    payload.insert("entity".into(), of_machines(&row.entity).into());
    payload.insert("count".into(), row.match_count.into());
    payload.insert("event_count".into(), row.event_count.into());
    payload.insert("detected_at".into(), json!(row.detected_at()));
    payload.insert("stream".into(), row.stream().into());
    payload.insert("party".into(), row.party.clone().into());
    payload.insert("incident".into(), row.id.clone().into());
    payload.insert("number".into(), row.seq.into());
    payload.insert("historic".into(), row.is_historic().into());
    Ok(payload)
}

/// The deadline of a clock: the instant, in local words, and which clock it is.
pub(super) fn add_deadline(payload: &mut Map<String, Value>, law: &Law<'_>, clock: Option<&Clock>) {
    let due = clock.and_then(|clock| clock.due);
    payload.insert("deadline".into(), json!(due));
    let regime = clock.and_then(|clock| law.regimes.iter().find(|it| it.id == clock.regime));
    let (Some(clock), Some(regime)) = (clock, regime) else {
        return;
    };
    let stage = regime.stages.iter().find(|stage| stage.name == clock.stage);
    payload.insert(
        "deadline_local".into(),
        words::deadline(clock, regime).into(),
    );
    let shown = json!({
        "regime": clock.regime,
        "stage": clock.stage,
        "term": stage.and_then(|stage| stage.term.as_ref()),
        "state": clock.state,
        "zone": regime.zone,
        "last_day": clock.nominal_date.map(|day| day.to_string()),
    });
    payload.insert("clock".into(), shown);
}

/// Files a notice, if it was not filed before.
pub(super) fn file(
    records: &Connection,
    subject: &str,
    kind: NoticeKind,
    mut payload: Map<String, Value>,
    now: Timestamp,
) -> Result<()> {
    payload.insert("kind".into(), json!(kind));
    records
        .prepare_cached(
            "INSERT OR IGNORE INTO notices (subject, uid, kind, payload, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            subject,
            uid(subject),
            kind.as_str(),
            Value::Object(payload).to_string(),
            now.micros()
        ])?;
    Ok(())
}

/// The name that receivers know a notice by.
fn uid(subject: &str) -> String {
    let mut parts = Parts::new("vakt notice");
    parts.add(subject.as_bytes());
    parts.id()
}

fn of_detection(detection: &Detection, alert: &OpenAlert) -> Map<String, Value> {
    let mut payload = Map::new();
    payload.insert("title".into(), detection.rule_title.clone().into());
    payload.insert(
        "rule".into(),
        json!({ "id": detection.rule_id, "title": detection.rule_title }),
    );
    payload.insert("level".into(), json!(detection.level));
    payload.insert("host".into(), json!(detection.completing.host));
    payload.insert("entity".into(), of_machines(&detection.entity).into());
    payload.insert("count".into(), alert.match_count.into());
    payload.insert("event_count".into(), detection.event_count.into());
    payload.insert("detected_at".into(), json!(detection.detected_at));
    payload.insert("stream".into(), detection.stream.clone().into());
    payload.insert("party".into(), OWN_PARTY.into());
    payload.insert("alert".into(), alert.id.clone().into());
    payload
}

/// Who somebody is goes out only where an output is configured to say it.
fn of_machines(entity: &[(String, String)]) -> String {
    let entity: Vec<(String, String)> = entity
        .iter()
        .filter(|(field, _)| is_of_machine(field))
        .cloned()
        .collect();
    entity_text(&entity)
}

/// Whether a field is known to name a machine, an address or a program. Of any other it is not known
/// that it names no person.
fn is_of_machine(field: &str) -> bool {
    const LAST: [&str; 4] = ["ip", "mac", "port", "domain"];
    const FIRST: [&str; 8] = [
        "host",
        "observer",
        "process",
        "service",
        "container",
        "orchestrator",
        "rule",
        "network",
    ];
    let parts: Vec<&str> = field.split('.').collect();
    match parts.as_slice() {
        [first, .., last] => FIRST.contains(first) || LAST.contains(last),
        _ => false,
    }
}
