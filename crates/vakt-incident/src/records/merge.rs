//! Incidents that are part of others, and parts that become incidents of their own.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Value, json};
use vakt_event::Timestamp;

use super::drafts::{self, NewRow};
use super::facts::{self, Recorder, expect_revision};
use super::incidents::{self, IncidentRow};
use super::view::{View, merged_into};
use super::{Records, audit};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::fact::{Fact, FactKind, NewFact};
use crate::group::incident_id;
use crate::incident::{IncidentDetail, NewSplit, Origin};
use crate::lifecycle::IncidentState;
use crate::regime::Regimes;

/// Incidents that are part of one. Nobody merges so many by hand, and all of them are read for each look.
const MEMBERS_MAX: usize = 200;

impl Records {
    /// Makes a part of an incident one of its own, with the parent's detection and awareness; alerts
    /// that are named go with it. Answers the new incident.
    ///
    /// # Errors
    /// An incident or alert that is not there, a title that is none, or an incident that changed
    /// since `expected_revision`.
    pub fn split<'r>(
        &self,
        id: &str,
        new: NewSplit,
        recorder: impl Into<Recorder<'r>>,
    ) -> Result<IncidentDetail> {
        let (now, recorder) = (self.clock.now(), recorder.into());
        let title = incidents::checked_title(&new.title)?;
        self.write(|records| {
            let parent = incidents::find(records, id)?;
            let view = View::of(records, &parent)?;
            expect_revision(&view, &parent, new.expected_revision)?;
            let child = self.insert_child(records, &parent, &view, &title, recorder, now)?;
            for alert in &new.alerts {
                move_alert(records, parent.seq, child, alert)?;
            }
            for fact in inherited(&parent, &view, recorder, now) {
                facts::insert(records, self.regimes(), child, fact)?;
            }
            let child_id = incidents::by_seq(records, child)?.id;
            let split = NewFact {
                fact: FactKind::Split.as_str().to_owned(),
                reason: new.reason,
                party: Some(parent.party.clone()),
                into: Some(child_id),
                ..NewFact::default()
            };
            let split = split.check(now, recorder.name, self.regimes())?;
            facts::insert(records, self.regimes(), parent.seq, split)?;
            incidents::detail(records, self.regimes(), child, now)
        })
    }

    fn insert_child(
        &self,
        records: &Connection,
        parent: &IncidentRow,
        view: &View,
        title: &str,
        recorder: Recorder<'_>,
        now: Timestamp,
    ) -> Result<i64> {
        let number = incidents::next_number(records)?;
        let parts = [parent.id.as_bytes(), &number.to_be_bytes()];
        let row = NewRow {
            id: incident_id("split", &parts),
            origin: Origin::Manual,
            title: title.to_owned(),
            party: &parent.party,
            stream: parent.stream(),
            drill: parent.is_drill(),
            historic: parent.is_historic(),
            regimes: &view.regimes,
            detected_at: parent.detected_at(),
            opened_by: recorder.name,
            detection: None,
            about: None,
            risk: None,
            first: None,
        };
        let seq = drafts::insert(records, self, &row, now)?;
        let opened = json!({
            "incident": incidents::core(records, seq)?,
            "split_from": parent.id,
            "evidence": [],
        });
        let (by, action) = (recorder.name, "incident.opened");
        audit::add(records, now, by, action, &row.id, &Value::Null, &opened)?;
        Ok(seq)
    }
}

/// What a part has of the whole: when it was noticed, began, and was known to be significant. A
/// report that was sent before awareness was declared sets that no later than itself.
fn inherited(
    parent: &IncidentRow,
    view: &View,
    recorder: Recorder<'_>,
    now: Timestamp,
) -> Vec<Fact> {
    let mut inherited: Vec<Fact> = Vec::new();
    for party in view.known.parties() {
        for reading in view.known.readings(party) {
            let kind = match reading.fact.kind {
                FactKind::Submitted => FactKind::Aware,
                kind => kind,
            };
            let is_passed_on = kind.is_awareness()
                || matches!(
                    kind,
                    FactKind::Detected
                        | FactKind::Occurred
                        | FactKind::Classified
                        | FactKind::CustomerAffected
                );
            let known = inherited
                .iter_mut()
                .find(|it| it.fact == kind && it.party == party);
            match known {
                Some(earlier) => earlier.at = earlier.at.min(reading.at),
                None if is_passed_on => inherited.push(Fact {
                    id: 0,
                    fact: kind,
                    at: reading.at,
                    recorded_at: now,
                    recorded_by: recorder.name.to_owned(),
                    by: recorder.name.to_owned(),
                    party: party.to_owned(),
                    reason: None,
                    report: None,
                    regime: None,
                    reference: None,
                    due: None,
                    source: Some(format!("split from {}", parent.id)),
                    fields: None,
                    revises: None,
                    approves: None,
                    into: None,
                }),
                None => {}
            }
        }
    }
    inherited
}

/// The id of the incident that `incident` is to be merged into, if it can be.
pub(super) fn target(records: &Connection, incident: &IncidentRow, fact: &Fact) -> Result<String> {
    let into = incidents::find(records, fact.into.as_deref().unwrap_or_default())?;
    let refuse = |why: String| Err(Error::Merge { why });
    if let Some(other) = merged_into(&facts::of_incident(records, incident.seq)?) {
        return refuse(format!(
            "the incident is part of {other} already: record `reopened` first to take it out"
        ));
    }
    if into.is_drill() != incident.is_drill() {
        return refuse("a drill and what is none are never merged".to_owned());
    }
    if into.stream() != incident.stream() {
        return refuse(format!(
            "incident {} is of the stream {}, and this one of {}: streams are customers",
            into.seq,
            into.stream(),
            incident.stream()
        ));
    }
    if into.seq == incident.seq || above(records, &into)?.contains(&incident.seq) {
        return refuse("an incident cannot be part of itself".to_owned());
    }
    if let Some(other) = merged_into(&facts::of_incident(records, into.seq)?) {
        return refuse(format!(
            "that incident is itself part of {other}: merge into it"
        ));
    }
    let members = |row| -> Result<usize> { Ok(View::of(records, row)?.members.len()) };
    if members(&into)? + members(incident)? >= MEMBERS_MAX {
        return refuse(format!(
            "{MEMBERS_MAX} incidents are part of one at the most"
        ));
    }
    Ok(into.id)
}

/// What stands in a part and in the whole before they are merged.
pub(super) struct Apart {
    /// The state of the whole.
    state: IncidentState,
    /// What is to be done by a time in each of them: duties, and the clocks of drafts.
    open: Vec<Clock>,
}

pub(super) fn apart(
    records: &Connection,
    data: &Regimes,
    part: &IncidentRow,
    whole: &str,
    now: Timestamp,
) -> Result<Apart> {
    let whole = incidents::find(records, whole)?;
    let mut open = Vec::new();
    for row in [part, &whole] {
        let clocks = View::of(records, row)?.clocks(data, now).clocks;
        open.extend(clocks.into_iter().filter(Clock::is_open));
    }
    let state = whole.state;
    Ok(Apart { state, open })
}

/// A line for each deadline of theirs that the whole has later, or not at all, and one where it stands
/// elsewhere than before. A progress report of one of them moves the final report of both.
pub(super) fn changes(
    records: &Connection,
    data: &Regimes,
    whole: &str,
    apart: &Apart,
    now: Timestamp,
) -> Result<Vec<String>> {
    let row = incidents::find(records, whole)?;
    let clocks = View::of(records, &row)?.clocks(data, now).clocks;
    let mut lines: Vec<String> = Vec::new();
    lines.extend(change_of_state(&row, apart.state));
    for before in &apart.open {
        let is_same = |clock: &&Clock| {
            (&clock.party, &clock.regime, &clock.stage)
                == (&before.party, &before.regime, &before.stage)
        };
        let Some(after) = clocks.iter().find(is_same) else {
            continue;
        };
        lines.extend(change_of_clock(before, after).filter(|line| !lines.contains(line)));
    }
    Ok(lines)
}

/// What the facts of a part make of the whole, where that hides something.
fn change_of_state(whole: &IncidentRow, before: IncidentState) -> Option<String> {
    let look = match whole.state {
        state if state == before => return None,
        IncidentState::Handled => "look whether all of it is",
        IncidentState::FinalReported | IncidentState::Closed => {
            "look whether what was sent covers both"
        }
        IncidentState::Downgraded | IncidentState::NotSignificant => {
            "look whether that was found of both"
        }
        _ => return None,
    };
    Some(format!(
        "incident {} was {before}, and with this part it is {}: {look}",
        whole.seq, whole.state
    ))
}

fn change_of_clock(before: &Clock, after: &Clock) -> Option<String> {
    let earlier = before.due.filter(|_| !after.state.is_met())?;
    let Clock { stage, regime, .. } = before;
    if !before.state.is_owed() {
        let is_gone = !after.is_open();
        return is_gone.then(|| {
            format!(
                "{stage} of {regime} was {} until {earlier} apart, and in the whole it is {}",
                before.state, after.state
            )
        });
    }
    let now_due = match after.due {
        Some(later) if later <= earlier => return None,
        Some(later) => format!("it is due at {later}"),
        None => "it has no date yet".to_owned(),
    };
    Some(format!(
        "{stage} of {regime} was due at {earlier} apart, and in the whole {now_due}: plan on the \
         earlier"
    ))
}

/// The incidents that this one is part of, the nearest first.
pub(super) fn above(records: &Connection, row: &IncidentRow) -> Result<Vec<i64>> {
    let mut above = Vec::new();
    let mut seq = row.seq;
    while above.len() < MEMBERS_MAX
        && let Some(into) = merged_into(&facts::of_incident(records, seq)?)
    {
        let Some(next) = incidents::seq_of(records, &into)? else {
            break;
        };
        above.push(next);
        seq = next;
    }
    Ok(above)
}

/// Alerts of a merged incident belong to the other: later matches of their groups join it.
pub(super) fn move_alerts(records: &Connection, from: i64, into: &str) -> Result<()> {
    if let Some(seq) = incidents::seq_of(records, into)? {
        records
            .prepare_cached("UPDATE alerts SET incident = ?2 WHERE incident = ?1")?
            .execute([from, seq])?;
    }
    Ok(())
}

fn move_alert(records: &Connection, from: i64, to: i64, id: &str) -> Result<()> {
    let changed = records.execute(
        "UPDATE alerts SET incident = ?3 WHERE incident = ?1 AND id = ?2",
        params![from, id, to],
    )?;
    if changed > 0 {
        return Ok(());
    }
    let owner: Option<Option<i64>> = records
        .query_row("SELECT incident FROM alerts WHERE id = ?1", [id], |row| {
            row.get(0)
        })
        .optional()?;
    match owner {
        None => Err(Error::NoAlert { id: id.to_owned() }),
        Some(_) => Err(Error::Merge {
            why: format!("alert {id} belongs to another incident, or to none"),
        }),
    }
}
