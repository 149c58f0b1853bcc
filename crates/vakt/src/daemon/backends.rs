//! What the API stands on: its traits, implemented over what the daemon runs.

use std::sync::Arc;

use arc_swap::ArcSwap;
use prometheus::Registry;
use vakt_api::{Access, Limits, Parts, Searches, Site};
use vakt_event::Clock;
use vakt_incident::Records;
use vakt_ingest::accounting::{Metrics, Sources};
use vakt_ingest::intake::Intake;
use vakt_search::Index;
use vakt_storage::Journal;

use super::incidents::Incidents;
use super::search::Search;
use super::views::{Health, Rules, SourceTable};
use super::{coverage, documents, figures, hunts, intake, significance, storage, triage, work};
use crate::attachments::Attachments;
use crate::config::Intake as IntakeConfig;
use crate::hunt::Store;
use crate::notify::Desk;
use crate::pipeline::Frames;
use crate::pipeline::detect::DetectProgress;
use crate::pipeline::index::IndexProgress;
use crate::pipeline::log_sources::SeenLogSources;
use crate::pipeline::rule_activity::RuleActivity;
use crate::pipeline::seen_kinds::SeenKinds;
use crate::redact::Redactor;
use crate::ruleset::{RuleSettings, Ruleset};

/// What runs, for whoever answers requests.
pub(super) struct Wiring {
    pub(super) intake: Arc<dyn Intake>,
    pub(super) ingest_metrics: Metrics,
    pub(super) frames: Frames,
    pub(super) redactor: Option<Arc<Redactor>>,
    pub(super) records: Arc<Records>,
    pub(super) index: Arc<ArcSwap<Index>>,
    pub(super) index_progress: Arc<IndexProgress>,
    pub(super) detect_progress: Arc<DetectProgress>,
    pub(super) journal: Arc<Journal>,
    pub(super) attachments: Attachments,
    pub(super) intake_config: IntakeConfig,
    pub(super) ruleset: Arc<ArcSwap<Ruleset>>,
    /// What rules are loaded with.
    pub(super) rules: RuleSettings,
    pub(super) sources: Arc<Sources>,
    pub(super) log_sources: Arc<SeenLogSources>,
    pub(super) kinds: Arc<SeenKinds>,
    pub(super) activity: Arc<RuleActivity>,
    pub(super) desk: Arc<Desk>,
    pub(super) health: Arc<Health>,
    pub(super) access: Arc<Access>,
    pub(super) searches: Arc<Searches>,
    pub(super) registry: Registry,
    pub(super) clock: Arc<dyn Clock>,
}

impl Wiring {
    pub(super) fn parts(self, site: Site) -> Parts {
        let incidents = Arc::new(Incidents {
            records: Arc::clone(&self.records),
            access: Arc::clone(&self.access),
            redactor: self.redactor.clone(),
            ruleset: Arc::clone(&self.ruleset),
            clock: Arc::clone(&self.clock),
            desk: Arc::clone(&self.desk),
        });
        Parts {
            intake: self.intake,
            ingest_metrics: self.ingest_metrics,
            hunts: Arc::new(hunts::Hunts {
                store: Store {
                    index: Arc::clone(&self.index),
                    progress: Arc::clone(&self.index_progress),
                    journal: Arc::clone(&self.journal),
                },
                ruleset: Arc::clone(&self.ruleset),
                settings: self.rules,
                is_redacted: self.redactor.is_some(),
            }),
            work: Arc::new(work::Work {
                incidents: Arc::clone(&incidents),
                attachments: self.attachments.clone(),
            }),
            significance: Arc::new(significance::Significance {
                records: Arc::clone(&self.records),
                redactor: self.redactor.clone(),
            }),
            reports: Arc::new(intake::Reports {
                records: Arc::clone(&self.records),
                attachments: self.attachments,
                config: self.intake_config,
                is_redacted: self.redactor.is_some(),
            }),
            figures: Arc::new(figures::FigureDesk {
                records: Arc::clone(&self.records),
                kinds: Arc::clone(&self.kinds),
                redactor: self.redactor.clone(),
            }),
            coverage: Arc::new(coverage::Coverage {
                records: Arc::clone(&self.records),
                kinds: self.kinds,
            }),
            documents: Arc::new(documents::Documents {
                incidents: Arc::clone(&incidents),
            }),
            incidents,
            triage: Arc::new(triage::Triage {
                records: Arc::clone(&self.records),
                journal: Arc::clone(&self.journal),
                redactor: self.redactor.clone(),
            }),
            rules: Arc::new(Rules {
                records: Arc::clone(&self.records),
                ruleset: self.ruleset,
                log_sources: self.log_sources,
                activity: self.activity,
            }),
            sources: Arc::new(SourceTable(self.sources)),
            storage: Arc::new(storage::Storage {
                journal: Arc::clone(&self.journal),
                index: Arc::clone(&self.index_progress),
                searched: Arc::clone(&self.index),
                detect: self.detect_progress,
            }),
            search: Arc::new(Search {
                frames: self.frames,
                index: self.index,
                progress: self.index_progress,
                journal: self.journal,
                clock: Arc::clone(&self.clock),
                records: self.records,
                redactor: self.redactor,
            }),
            health: self.health,
            outputs: self.desk,
            access: self.access,
            searches: self.searches,
            registry: self.registry,
            clock: self.clock,
            site: Arc::new(ArcSwap::from_pointee(site)),
            limits: Limits::default(),
        }
    }
}
