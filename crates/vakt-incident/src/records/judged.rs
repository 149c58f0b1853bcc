//! Whether what people decided about an incident is contradicted by a match.
//!
//! An incident that is handled, or downgraded, is open until its reports are sent, and what belongs
//! to it joins it. What is received after the decision does not: an attack that goes on would else
//! be taken in without a word.

use rusqlite::Connection;
use vakt_event::Timestamp;

use super::incidents;
use super::view::View;
use crate::error::Result;
use crate::fact::FactKind;
use crate::lifecycle::IncidentState;

/// A decision that a match came after.
pub(super) struct Judged {
    number: i64,
    state: IncidentState,
    at: Timestamp,
}

/// The decision about the incident that what was received then contradicts.
pub(super) fn before(
    records: &Connection,
    seq: i64,
    received: Timestamp,
) -> Result<Option<Judged>> {
    let row = incidents::by_seq(records, seq)?;
    let kind = match row.state {
        IncidentState::Handled => FactKind::Handled,
        IncidentState::Downgraded => FactKind::Downgraded,
        _ => return Ok(None),
    };
    let view = View::of(records, &row)?;
    let readings = view.known.readings(&row.party);
    let decisions = readings.iter().filter(|it| it.fact.kind == kind);
    let last = decisions.map(|it| it.at).max();
    Ok(last.filter(|at| received > *at).map(|at| Judged {
        number: seq,
        state: row.state,
        at,
    }))
}

impl Judged {
    /// Why a match is a draft of its own.
    pub(super) fn words(&self) -> String {
        let Self { number, state, at } = self;
        format!("goes on after incident {number} was recorded as {state} at {at}")
    }
}
