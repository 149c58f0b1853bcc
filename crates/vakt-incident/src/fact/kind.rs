//! The kinds of facts.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::FactError;

macro_rules! fact_kinds {
    ($($variant:ident = $name:literal, $doc:literal;)*) => {
        /// What kind of thing happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FactKind { $(#[doc = $doc] $variant,)* }

        impl FactKind {
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

fact_kinds! {
    Occurred = "occurred", "The incident itself began.";
    FirstLog = "first_log", "The first log record of it.";
    Detected = "detected", "The wall clock of the match, or of the person who noticed.";
    CriterionMet = "criterion_met", "A measurable criterion of significance was met.";
    SupplierNotice = "supplier_notice", "A supplier told us. Starts assessment, not awareness.";
    AssessmentStarted = "assessment_started", "Somebody began to assess.";
    Aware = "aware", "Reasonable certainty that a significant incident occurred (NIS2 Art. 23).";
    AwarePdb = "aware_pdb", "The same of a personal data breach (GDPR Art. 33).";
    AwareVuln = "aware_vuln", "The same of an exploited vulnerability in our product (CRA Art. 14(1)).";
    AwareSev = "aware_sev", "The same of a severe incident of our product (CRA Art. 14(3)).";
    Classified = "classified", "Classified as major (DORA).";
    ServiceLost = "service_lost", "A service stopped working.";
    ServiceRestored = "service_restored", "It works again.";
    MeasureAvailable = "measure_available", "A corrective or mitigating measure is available (CRA).";
    AuthorityRequest = "authority_request", "The authority asked for an intermediate report.";
    AuthorityAnswered = "authority_answered", "The authority answered the early warning (NIS2 Art. 23(5)).";
    RegimeApplies = "regime_applies", "Another regime's duties apply, too; `regime` says which.";
    CustomerAffected = "customer_affected", "A customer, named by `party`, is affected and is owed a notice.";
    Submitted = "submitted", "A report was sent; `report` says which.";
    RecipientsInformed = "recipients_informed", "Recipients of the service were told.";
    CustomerNoticeSent = "customer_notice_sent", "A customer was told.";
    Analysed = "analysed", "It is known what happened, how, and what it reached.";
    Contained = "contained", "It does not spread any further.";
    Eradicated = "eradicated", "What caused it is removed.";
    Recovered = "recovered", "What it affected works again as it should.";
    Handled = "handled", "Containment, eradication and recovery are complete.";
    Dismissed = "dismissed", "False positive, test, duplicate, or authorised.";
    NotSignificant = "not_significant", "Assessed: not significant.";
    NearMiss = "near_miss", "Assessed: it was stopped or did not happen (NIS2 Art. 6(5)).";
    Reopened = "reopened", "The assessment goes on.";
    Reviewed = "reviewed", "The review after the incident is signed; `fields` is what it says.";
    Closed = "closed", "Somebody considers it closed. It is once it is reviewed and all is submitted.";
    Downgraded = "downgraded", "Found not significant after all. Counts once a second person approves.";
    CorrectionSent = "correction_sent", "The receivers of earlier reports were told of the downgrade.";
    Merged = "merged", "The incident is part of another one; `into` says which.";
    Split = "split", "Part of the incident is one of its own; `into` says which.";
    Retracted = "retracted", "The fact that `revises` names never happened. Counts once a second person approves.";
    Approved = "approved", "A second person approves the fact that `approves` names.";
}

impl FactKind {
    /// A person's declaration that starts official clocks.
    pub fn is_awareness(self) -> bool {
        matches!(
            self,
            Self::Aware | Self::AwarePdb | Self::AwareVuln | Self::AwareSev
        )
    }

    /// Whether clocks count from it. It moves earlier freely, and later only with two approvals.
    pub fn starts_clocks(self) -> bool {
        self.is_awareness()
            || matches!(
                self,
                Self::Occurred
                    | Self::Detected
                    | Self::Classified
                    | Self::MeasureAvailable
                    | Self::AuthorityRequest
                    | Self::Submitted
                    | Self::Handled
            )
    }

    /// What people decided about an incident, beside what happened. A merged incident keeps it
    /// to itself.
    pub(crate) fn is_judgement(self) -> bool {
        self.ends_assessment()
            || matches!(
                self,
                Self::Reopened
                    | Self::Reviewed
                    | Self::Closed
                    | Self::Downgraded
                    | Self::CorrectionSent
                    | Self::Merged
                    | Self::Split
            )
    }

    /// The phases of the response (Regulation (EU) 2024/2690, Annex 3.5.2), in their order.
    pub const PHASES: [Self; 4] = [
        Self::Analysed,
        Self::Contained,
        Self::Eradicated,
        Self::Recovered,
    ];

    /// Ends the assessment without a duty to report.
    pub fn ends_assessment(self) -> bool {
        matches!(
            self,
            Self::Dismissed | Self::NotSignificant | Self::NearMiss
        )
    }
}

impl fmt::Display for FactKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for FactKind {
    type Err = FactError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| FactError::unknown_kind(text))
    }
}

impl Serialize for FactKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
