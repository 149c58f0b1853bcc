//! The facts that a person can record from a page: what each is called, and what it asks for.

/// One kind of fact.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FactWords {
    pub(crate) fact: &'static str,
    /// The page's heading.
    pub(crate) heading: &'static str,
    /// The button that records it.
    pub(crate) button: &'static str,
    /// What it does, in a sentence.
    pub(crate) says: &'static str,
    pub(crate) reason: Reason,
    pub(crate) asks: Asks,
}

/// Whether it takes a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Optional,
    Required,
}

/// What else it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asks {
    Nothing,
    /// Which report, and its reference.
    Report,
    /// Until when the authority wants it.
    Due,
    /// Which customer.
    Customer,
    Regime,
    /// Which service, and what it lacks.
    Service,
    /// What shows it.
    Evidence,
}

const fn words(
    fact: &'static str,
    heading: &'static str,
    button: &'static str,
    says: &'static str,
) -> FactWords {
    FactWords {
        fact,
        heading,
        button,
        says,
        reason: Reason::Optional,
        asks: Asks::Nothing,
    }
}

const fn with_reason(words: FactWords) -> FactWords {
    FactWords {
        reason: Reason::Required,
        ..words
    }
}

const fn asking(asks: Asks, words: FactWords) -> FactWords {
    FactWords { asks, ..words }
}

/// In the order in which they are offered.
#[rustfmt::skip]
pub(crate) static FACTS: &[FactWords] = &[
    words("aware", "Declare awareness", "Record awareness",
        "Reasonable certainty that a significant incident occurred: the official clocks run."),
    with_reason(words("not_significant", "Not significant", "Record not significant",
        "It was assessed and is not significant: its provisional clocks end.")),
    with_reason(words("dismissed", "Dismiss the draft", "Dismiss",
        "False positive, a test, a duplicate, or authorised: its provisional clocks end, and it can be reopened.")),
    with_reason(words("near_miss", "Near miss", "Record near miss",
        "It was stopped or did not happen. Nothing has to be reported; it may be.")),
    asking(Asks::Report, words("submitted", "A report was submitted", "Record submission",
        "What was sent counts from when it was sent.")),
    asking(Asks::Evidence, words("analysed", "Analysed", "Record",
        "It is known what happened, how, and what it reached.")),
    asking(Asks::Evidence, words("contained", "Contained", "Record", "It does not spread any further.")),
    asking(Asks::Evidence, words("eradicated", "Eradicated", "Record", "What caused it is removed.")),
    asking(Asks::Evidence, words("recovered", "Recovered", "Record",
        "What it affected works again as it should.")),
    words("handled", "Handled", "Record handled",
        "Containment, eradication and recovery are complete."),
    words("assessment_started", "Assessment started", "Record",
        "Somebody began to assess it. This is no awareness."),
    words("detected", "Detected", "Record", "When it was noticed."),
    words("occurred", "The incident occurred", "Record",
        "When it itself began, as far as is known."),
    words("first_log", "First trace in the logs", "Record", "The first log record of it."),
    words("criterion_met", "A criterion was met", "Record",
        "A measurable criterion of significance was met. This is no awareness."),
    words("supplier_notice", "A supplier told us", "Record",
        "It starts the assessment. This is no awareness."),
    asking(Asks::Service, words("service_lost", "A service stopped", "Record",
        "A service stopped working. Where it is named, the time that criteria allow runs.")),
    asking(Asks::Service, words("service_restored", "The service works again", "Record",
        "It works again.")),
    words("aware_pdb", "Aware of a personal data breach", "Record awareness",
        "The clocks of the GDPR run."),
    words("aware_vuln", "Aware of an exploited vulnerability", "Record awareness",
        "In a product of ours: the clocks of the CRA run."),
    words("aware_sev", "Aware of a severe incident of our product", "Record awareness",
        "The clocks of the CRA run."),
    words("classified", "Classified as major", "Record", "DORA's clock runs."),
    words("measure_available", "A measure is available", "Record",
        "A corrective or mitigating measure for the vulnerability is available."),
    asking(Asks::Due, words("authority_request", "The authority asked", "Record request",
        "It asks for an intermediate report.")),
    words("authority_answered", "The authority answered", "Record answer",
        "It answered the early warning."),
    words("recipients_informed", "Recipients were told", "Record",
        "The recipients of the service were told."),
    asking(Asks::Customer, words("customer_affected", "A customer is affected", "Record",
        "The customer is owed a notice.")),
    asking(Asks::Customer, words("customer_notice_sent", "A customer was told", "Record",
        "The notice was sent to the customer.")),
    asking(Asks::Regime, words("regime_applies", "Another duty applies", "Record",
        "Another regime's reports are owed, too.")),
    words("reopened", "Reopen", "Reopen", "The assessment goes on."),
    words("closed", "Closed", "Record",
        "Somebody considers it closed. It is once its review is signed and every report that is owed was submitted."),
    with_reason(words("downgraded", "Downgrade", "Propose downgrade",
        "It was found not significant after reports were sent. It counts once a second person approves it.")),
    words("correction_sent", "The correction was sent", "Record",
        "The receivers of earlier reports were told of the downgrade."),
    with_reason(words("retracted", "Take a fact back", "Propose",
        "The fact never happened, which a second person has to approve. A proposal that waits is withdrawn at once.")),
    words("approved", "Approve", "Approve", "A second person says that it is so."),
];

pub(crate) fn of(fact: &str) -> Option<&'static FactWords> {
    FACTS.iter().find(|words| words.fact == fact)
}
