//! Hunts, as the API asks for them.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arc_swap::ArcSwap;
use vakt_api::backend::{Hunt, HuntBackend, HuntEnd, HuntFailure, HuntRequest, HuntRule};

use crate::hunt::{Asked, Refusal, Store, Subject, hunt};
use crate::pipeline::give_way;
use crate::ruleset::{RuleSettings, Ruleset};

pub(super) struct Hunts {
    pub(super) store: Store,
    pub(super) ruleset: Arc<ArcSwap<Ruleset>>,
    /// What rules are loaded with.
    pub(super) settings: RuleSettings,
    /// The index has what is left of events where fields are redacted, and rules go by what was sent.
    pub(super) is_redacted: bool,
}

impl HuntBackend for Hunts {
    fn hunt(&self, request: &HuntRequest) -> Result<Box<dyn Hunt>, HuntFailure> {
        let loaded = self.ruleset.load();
        let subject = match &request.rule {
            HuntRule::Text { text, path } => Subject::of_text(&loaded, &self.settings, path, text),
            HuntRule::Loaded(name) => Subject::of_loaded(&loaded, name),
        };
        let mut subject = subject.map_err(|refusal| match refusal {
            Refusal::Unknown(message) => HuntFailure::Unknown(message),
            Refusal::Wrong(diagnostics) => HuntFailure::Rule(diagnostics),
        })?;
        if self.is_redacted {
            subject.read_everything();
        }
        Ok(Box::new(Prepared {
            subject,
            store: self.store.clone(),
            asked: Asked {
                since: request.since,
                until: request.until,
                streams: request.streams.clone(),
                limit: request.limit,
            },
        }))
    }
}

/// A hunt that has its rules.
struct Prepared {
    subject: Subject,
    store: Store,
    asked: Asked,
}

impl Hunt for Prepared {
    fn subject(&self) -> String {
        self.subject.shown().to_owned()
    }

    fn run(
        self: Box<Self>,
        cancelled: &Arc<AtomicBool>,
        send: &mut dyn FnMut(String) -> bool,
    ) -> HuntEnd {
        give_way("a hunt runs");
        hunt(&self.subject, &self.store, &self.asked, cancelled, send)
    }
}
