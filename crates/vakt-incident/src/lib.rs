//! Alerts, incidents, their clocks, and the records that hold them.
//!
//! Detections come in, alerts are grouped, drafts open with provisional clocks, and people record
//! facts, from which states and deadlines are derived. This crate opens no socket, sends nothing,
//! and reads no wall clock: the present comes from a [`vakt_event::Clock`], and what shall be told
//! to the outside waits in the outbox for somebody to deliver it.
//!
//! Start with [`clock`] (the law as a pure computation over [`regime`] and [`factset`]), then
//! [`fact`], `correction.rs` and [`lifecycle`], then [`records`] (SQLite, one transaction for each
//! change).

mod data_file;
pub mod regime;
pub mod significance;

pub mod calendar;
pub mod holidays;
pub mod local;

mod correction;
pub mod fact;
pub mod factset;

pub mod clock;
pub mod target;

pub mod ics;
pub mod reminder;
pub mod route;

mod doubt;
pub mod lifecycle;

pub mod detection;
mod group;
mod relation;

mod condition;
pub mod suppression;

pub mod maintenance;

pub mod asset;
mod glob;
pub mod risk;
pub mod threshold;

pub mod service;

pub mod answer;
mod outage;
pub mod recurring;

pub mod alert;
pub mod incident;

pub mod form;

pub mod coverage;
pub mod csv;
pub mod digest;
pub mod document;
pub mod figures;
pub mod intake;
pub mod register;
pub mod stix;
pub mod work;

mod error;
pub mod records;

mod suggest;

pub use alert::{Alert, AlertFilter, AlertState, Page, PageRequest};
pub use asset::{Asset, Assets, Criticality};
pub use clock::{Clock, ClockState, Computed};
pub use condition::{CONDITION_BYTES_MAX, ConditionError};
pub use correction::{ReferenceFault, Waiting};
pub use detection::{Completing, Detection, Evidence};
pub use document::{Document, Making, Mark, Marks, Tlp, Version};
pub use error::{Error, Result};
pub use fact::{Fact, FactError, FactKind, NewFact};
pub use factset::FactSet;
pub use group::{DRAFTS_PER_HOUR_MAX, HISTORIC_AGE_MICROS, QUIET_GAP_MICROS};
pub use incident::{
    EvidenceBound, Heading, Incident, IncidentDetail, IncidentFilter, NewIncident, NewSplit,
    Recorded, ReportKind, Transition,
};
pub use lifecycle::IncidentState;
pub use maintenance::{NewWindow, Window};
pub use outage::Outage;
pub use records::{
    Applied, AuditEntry, AuditReport, CAUSE_ENTITY, Entity, Firing, GoingOn, JournalEnd, Note,
    NotedHead, Notice, OutputCounts, Recorder, Records, RuleVerdicts, Settings, StoredEvents,
    SuppressionTest, Watched, attachments_of, audit_head_of, verify_audit_of,
};
pub use regime::Regimes;
pub use risk::{HalfLife, RiskEntity};
pub use route::{NoticeKind, Route};
pub use service::{Service, Services};
pub use suppression::{NewSuppression, NewSuppressionTest, Scope, ScopeFilter};
pub use target::{Target, TargetState};
pub use threshold::{OnAsset, Thresholds};

/// Items on a page of a list where the caller names no number.
pub const PAGE_ITEMS_DEFAULT: usize = 50;

/// The most items on a page: each incident's clocks are computed when it is shown.
pub const PAGE_ITEMS_MAX: usize = 500;
