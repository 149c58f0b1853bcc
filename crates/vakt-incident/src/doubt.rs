//! What is doubtful about a fact. It is recorded all the same; people read these lines beside it.

use vakt_event::Timestamp;

use crate::clock::notices::Owed;
use crate::clock::{self, ClockState, Computed};
use crate::fact::{Fact, FactKind};
use crate::factset::{FactSet, TimedFact};
use crate::lifecycle::{self, IncidentState};
use crate::regime::{Law, Regime, Regimes, Start, field_name};

/// What a new fact is looked at beside.
pub(crate) struct Circumstances<'a> {
    pub(crate) party: &'a str,
    /// Recorded before it.
    pub(crate) facts: &'a [Fact],
    /// The same as they stand.
    pub(crate) known: &'a FactSet,
    pub(crate) law: &'a Law<'a>,
    pub(crate) data: &'a Regimes,
    /// The first matched event, by the time that it is sorted by.
    pub(crate) first_event: Option<Timestamp>,
    /// Who else could approve; `None` where that is not known.
    pub(crate) others: Option<u64>,
    pub(crate) now: Timestamp,
}

/// One line for each doubt.
pub(crate) fn doubts(new: &Fact, around: &Circumstances<'_>) -> Vec<String> {
    let mut doubts = Vec::new();
    if new.at > around.now {
        doubts.push("the time lies a little ahead of this machine's clock".to_owned());
    }
    if let Some(id) = new.revises {
        revision(id, new, around, &mut doubts);
        return doubts;
    }
    match new.fact {
        kind if kind.is_awareness() => awareness(new, around, &mut doubts),
        FactKind::Submitted => submission(new, around, &mut doubts),
        kind if kind.ends_assessment() => ending(new, around, &mut doubts),
        FactKind::Handled => {
            handled(new, around, &mut doubts);
            order(new, around, &mut doubts);
        }
        kind if FactKind::PHASES.contains(&kind) => order(new, around, &mut doubts),
        FactKind::Closed => closing(new, around, &mut doubts),
        FactKind::Reviewed if !around.is_reported_to_the_end(new) => doubts
            .push("a report is still owed, or nothing is assessed: the state stays".to_owned()),
        FactKind::Reopened if !around.is_ended(new) && !around.is_reported_to_the_end(new) => {
            doubts.push("the incident is not closed: nothing changes".to_owned());
        }
        FactKind::Downgraded => {
            if !around.is_significant(new) {
                doubts.push(
                    "no awareness is declared: `not_significant` ends the assessment".to_owned(),
                );
            }
            waits(new, around, &mut doubts);
        }
        FactKind::CustomerAffected if new.party == around.party => {
            doubts.push("it names no customer: give `party`, or no notice is asked for".to_owned())
        }
        FactKind::CustomerNoticeSent => customer_notice(new, around, &mut doubts),
        FactKind::RegimeApplies if new.party != around.party => doubts.push(
            "it is recorded about a customer: only what applies to us changes the clocks"
                .to_owned(),
        ),
        FactKind::RegimeApplies => regime_applies(new, around, &mut doubts),
        _ => {}
    }
    undecided(new, around, &mut doubts);
    doubts
}

/// Whether people may take it for the end of an incident: a decision, a last report.
fn ends_something(new: &Fact, around: &Circumstances<'_>, after: &Computed) -> bool {
    match new.fact {
        FactKind::Dismissed => false,
        FactKind::Closed | FactKind::Reviewed => true,
        FactKind::Submitted => {
            new.report.as_deref() == Some("final")
                || lifecycle::is_all_submitted(around.party, &after.clocks)
        }
        kind => kind.ends_assessment(),
    }
}

/// Tracks are independent: no question is answered by the way, and each that is open holds the incident
/// open.
fn undecided(new: &Fact, around: &Circumstances<'_>, doubts: &mut Vec<String>) {
    let may_end = matches!(
        new.fact,
        FactKind::Closed | FactKind::Reviewed | FactKind::Submitted
    );
    if !may_end && !new.fact.ends_assessment() {
        return;
    }
    let computed = clock::compute(around.law, &around.with(new), Some(around.now));
    if !ends_something(new, around, &computed) {
        return;
    }
    for regime in &around.law.regimes {
        let awareness = clock::awareness_of(regime);
        let mut undecided = lifecycle::undecided(around.party, &computed.clocks);
        if undecided.any(|clock| clock.regime == regime.id) {
            doubts.push(format!(
                "nobody has decided about {id}: record `{awareness}`, or `not_significant` with \
                 the regime {id} where there is nothing to report under it",
                id = regime.id
            ));
        }
    }
}

impl Circumstances<'_> {
    fn facts_of<'f>(&'f self, new: &'f Fact) -> impl DoubleEndedIterator<Item = &'f TimedFact> {
        self.known.standing(&new.party).into_iter()
    }

    fn earliest(&self, new: &Fact, kind: FactKind) -> Option<Timestamp> {
        let readings = self.known.readings(&new.party);
        let times = readings.iter().filter(|it| it.fact.kind == kind);
        times.map(|it| it.at).min()
    }

    fn has_submitted(&self, new: &Fact, report: &str) -> bool {
        self.facts_of(new)
            .any(|fact| fact.report.as_deref() == Some(report))
    }

    /// Whether awareness was declared, or follows from a report: of a party of ours, of the question of
    /// significance.
    fn is_significant(&self, new: &Fact) -> bool {
        let computed = clock::compute(self.law, self.known, Some(self.now));
        self.facts_of(new).any(|fact| {
            let declares = fact.kind.is_awareness() || fact.kind == FactKind::Submitted;
            declares && !computed.is_apart(fact.root)
        })
    }

    fn is_reported_to_the_end(&self, new: &Fact) -> bool {
        let computed = clock::compute(self.law, self.known, Some(self.now));
        let state = lifecycle::state(&new.party, self.known, &computed);
        matches!(state, IncidentState::FinalReported | IncidentState::Closed)
    }

    fn is_ended(&self, new: &Fact) -> bool {
        let last = self.last_word(new);
        last.is_some_and(|kind| kind != FactKind::Reopened)
    }

    /// The last that people decided about the incident as a whole.
    fn last_word(&self, new: &Fact) -> Option<FactKind> {
        let last = self.facts_of(new).rev().find(|fact| {
            fact.kind.ends_assessment()
                || matches!(
                    fact.kind,
                    FactKind::Reopened
                        | FactKind::Reviewed
                        | FactKind::Closed
                        | FactKind::Merged
                        | FactKind::Downgraded
                )
        });
        last.map(|fact| fact.kind)
    }

    /// The id that `new` gets where it is looked at.
    fn next_id(&self) -> i64 {
        self.facts.last().map_or(0, |fact| fact.id) + 1
    }

    /// The facts with `new` after them.
    fn with(&self, new: &Fact) -> FactSet {
        let mut facts = self.facts.to_vec();
        let id = self.next_id();
        facts.push(Fact { id, ..new.clone() });
        FactSet::from_facts(self.party, &facts)
    }
}

fn regime_applies(new: &Fact, around: &Circumstances<'_>, doubts: &mut Vec<String>) {
    let known = &around.law.regimes;
    let added = new.regime.as_ref().and_then(|id| around.data.get(id));
    match added {
        Some(added) if known.iter().any(|it| it.id == added.id) => {
            doubts.push("the incident has this regime already: nothing changes".to_owned());
        }
        Some(added) => {
            let all: Vec<&Regime> = known.iter().copied().chain([added]).collect();
            doubts.extend(displacement(&all));
        }
        None => {}
    }
}

/// An incident is handled when it is contained, eradicated and recovered from.
fn handled(new: &Fact, around: &Circumstances<'_>, doubts: &mut Vec<String>) {
    if !around.is_significant(new) {
        doubts.push(
            "no awareness is declared: the incident stays a draft until it is assessed".to_owned(),
        );
    }
    let needed = FactKind::PHASES
        .iter()
        .filter(|kind| **kind != FactKind::Analysed);
    let missing: Vec<&str> = needed
        .filter(|kind| around.earliest(new, **kind).is_none())
        .map(|kind| kind.as_str())
        .collect();
    if !missing.is_empty() {
        doubts.push(format!(
            "it is not recorded as {}: record when that was",
            missing.join(", ")
        ));
    }
}

/// The order in which a response goes; analysis goes on beside the others.
const COURSE: [FactKind; 5] = [
    FactKind::Detected,
    FactKind::Contained,
    FactKind::Eradicated,
    FactKind::Recovered,
    FactKind::Handled,
];

/// What comes before something that it follows from, or after what follows from it.
fn order(new: &Fact, around: &Circumstances<'_>, doubts: &mut Vec<String>) {
    let place = COURSE.iter().position(|kind| *kind == new.fact);
    for (other, kind) in COURSE.iter().enumerate() {
        let Some(at) = around.earliest(new, *kind).filter(|_| *kind != new.fact) else {
            continue;
        };
        let follows = place.map_or(*kind == FactKind::Detected, |place| other < place);
        let is_odd = if follows { new.at < at } else { new.at > at };
        let is_first = around.earliest(new, new.fact).is_none();
        if is_odd && (follows || (place.is_some() && is_first)) {
            let word = if follows { "before" } else { "after" };
            doubts.push(format!(
                "the order is odd: {} lies {word} `{kind}`, at {at}",
                new.fact
            ));
        }
    }
}

/// The state follows from the review and the reports, and not from somebody's word.
fn closing(new: &Fact, around: &Circumstances<'_>, doubts: &mut Vec<String>) {
    let own: Vec<&TimedFact> = around.facts_of(new).collect();
    if !lifecycle::is_reviewed(&own) {
        doubts.push(
            "no review is signed: it is not closed, and stays in the list of incidents without a \
             review"
                .to_owned(),
        );
    }
    if !around.is_reported_to_the_end(new) {
        doubts.push("a report is still owed, or nothing is assessed: the state stays".to_owned());
    }
}

fn revision(id: i64, new: &Fact, around: &Circumstances<'_>, doubts: &mut Vec<String>) {
    let before = crate::correction::waiting(around.facts).len();
    let mut facts = around.facts.to_vec();
    facts.push(Fact {
        id: facts.last().map_or(0, |fact| fact.id) + 1,
        ..new.clone()
    });
    if crate::correction::waiting(&facts).len() > before {
        doubts.push(format!(
            "what fact {id} says keeps counting until a second person approves this correction"
        ));
        waits(new, around, doubts);
    }
}

/// What waits for a second principal needs a reason, and somebody to approve it.
fn waits(new: &Fact, around: &Circumstances<'_>, doubts: &mut Vec<String>) {
    if new.fact == FactKind::Downgraded {
        doubts.push(
            "it counts once a second person approves it; until the receivers of reports are told \
             (`correction_sent`), clocks run on"
                .to_owned(),
        );
    }
    if new.reason.is_none() {
        doubts.push("no reason is given: it cannot be approved without one".to_owned());
    }
    if around.others == Some(0) {
        doubts.push(
            "two approvals are two principals, and nobody else here may record facts: it cannot \
             be approved until there is a second user with a token"
                .to_owned(),
        );
    }
}

fn awareness(new: &Fact, around: &Circumstances<'_>, doubts: &mut Vec<String>) {
    let counts = |regime: &Regime| {
        let mut stages = regime.stages.iter();
        stages.any(|stage| stage.start == Start::Fact(new.fact))
    };
    if !around.law.regimes.iter().any(|regime| counts(regime)) {
        let others = around.data.regimes.iter().filter(|regime| counts(regime));
        let ids: Vec<&str> = others.map(|it| it.id.as_str()).collect();
        doubts.push(format!(
            "none of the incident's regimes counts from `{}`: it starts no clock; record \
             `regime_applies` if one of {} applies",
            new.fact,
            ids.join(", ")
        ));
    }
    if let Some(earlier) = around.earliest(new, new.fact).filter(|it| *it < new.at) {
        doubts.push(format!(
            "awareness at {earlier} is already recorded and keeps counting: it moves earlier \
             freely, and later only with a reason and two approvals"
        ));
    }
    let sent = around.earliest(new, FactKind::Submitted);
    if let Some(sent) = sent.filter(|sent| *sent < new.at) {
        doubts.push(format!(
            "a report was submitted at {sent}: awareness counts from that submission"
        ));
    }
    let evidence = [
        ("the first matched event", around.first_event),
        ("detection", around.earliest(new, FactKind::Detected)),
    ];
    for (what, time) in evidence {
        if let Some(time) = time.filter(|time| new.at < *time) {
            doubts.push(format!("awareness lies before {what}, at {time}"));
            break;
        }
    }
    // What was decided of significance stands, whatever else is declared.
    let last_word = around.last_word(new);
    let stays_decided = match last_word {
        Some(FactKind::Merged) => true,
        Some(FactKind::NotSignificant | FactKind::NearMiss) => {
            let mut regimes = around.law.regimes.iter();
            new.fact != FactKind::Aware
                && regimes.any(|it| clock::awareness_of(it) == FactKind::Aware)
        }
        _ => false,
    };
    if around.is_ended(new) && !stays_decided {
        doubts.push("the assessment had ended: the incident is taken up again".to_owned());
    }
    doubts.extend(moved_later(new, around));
    doubts.extend(displacement(&around.law.regimes));
}

/// The deadlines that an earlier awareness moves later: what DORA's classification came late after has
/// four hours of its own.
fn moved_later(new: &Fact, around: &Circumstances<'_>) -> Vec<String> {
    let at = Some(around.now);
    let before = clock::compute(around.law, around.known, at).clocks;
    let after = clock::compute(around.law, &around.with(new), at).clocks;
    let pairs = before
        .iter()
        .filter(|it| it.state.is_owed())
        .filter_map(|was| {
            let is_same = |it: &&clock::Clock| {
                (&it.party, &it.regime, &it.stage) == (&was.party, &was.regime, &was.stage)
            };
            let (earlier, later) = (was.due?, after.iter().find(is_same)?.due?);
            (later > earlier).then_some((was, earlier, later))
        });
    pairs
        .map(|(clock, earlier, later)| {
            format!(
                "{} of {} was due at {earlier}, and with this it is due at {later}: plan on the \
                 earlier",
                clock.stage, clock.regime
            )
        })
        .collect()
}

/// The duties of these regimes that those of another take the place of, as
/// (the other, the displaced).
fn displaced<'r>(regimes: &[&'r Regime]) -> Option<(&'r Regime, &'r Regime)> {
    let takers = regimes
        .iter()
        .filter_map(|it| Some((*it, it.displaces.as_ref()?)));
    let mut pairs = takers.filter_map(|(taker, family)| {
        // A country's own regime has a family of its own, by the directive's name.
        let of_country = format!("{family}-");
        let displaced = regimes
            .iter()
            .find(|it| it.family == *family || it.family.starts_with(&of_country))?;
        Some((taker, *displaced))
    });
    pairs.next()
}

/// Of two duties of which one takes the other's place both run: which one applies, people find.
fn displacement(regimes: &[&Regime]) -> Option<String> {
    let (taker, displaced) = displaced(regimes)?;
    Some(format!(
        "{} takes the place of {} for an entity that is under both (Directive (EU) 2022/2555 Art. 4; \
         in Sweden 1 kap. 11 § cybersäkerhetslagen): both run here, until somebody finds which one applies",
        taker.id, displaced.id
    ))
}

fn submission(new: &Fact, around: &Circumstances<'_>, doubts: &mut Vec<String>) {
    let report = new.report.as_deref().unwrap_or_default();
    let takers: Vec<&&Regime> = around
        .law
        .regimes
        .iter()
        .filter(|regime| regime.stage(report).is_some())
        .filter(|regime| new.regime.as_ref().is_none_or(|it| *it == regime.id))
        .collect();
    if takers.is_empty() {
        let ids: Vec<&str> = around.law.regimes.iter().map(|it| it.id.as_str()).collect();
        doubts.push(format!(
            "the incident's regimes ({}) have no such report: it meets no clock",
            ids.join(", ")
        ));
    }
    let before: Vec<&TimedFact> = around.facts_of(new).collect();
    let timed = TimedFact::from(new);
    let family = clock::family_of(&timed, &before, &around.law.regimes);
    let (of, others): (Vec<&&Regime>, Vec<&&Regime>) = takers
        .iter()
        .copied()
        .partition(|regime| Some(regime.family.as_str()) == family);
    let ids = |regimes: &[&&Regime]| {
        let ids: Vec<&str> = regimes.iter().map(|it| it.id.as_str()).collect();
        ids.join(", ")
    };
    if !of.is_empty() && !others.is_empty() {
        doubts.push(format!(
            "it counts for {} only; record it again with `regime` if it was also sent under {}",
            ids(&of),
            ids(&others)
        ));
    }
    // Answers, and reports that an incident goes on, are sent as often as there is something to say.
    let is_repeated = matches!(report, "intermediate" | "progress");
    if around.has_submitted(new, report) && !is_repeated {
        doubts.push("this report was recorded before; the earliest submission counts".to_owned());
    }
    if new.reference.is_none() {
        doubts.push("no reference is given: record the receipt's number when it comes".to_owned());
    }
    let declared = [
        FactKind::Aware,
        FactKind::AwarePdb,
        FactKind::AwareVuln,
        FactKind::AwareSev,
    ];
    let declared = declared
        .into_iter()
        .filter_map(|kind| around.earliest(new, kind));
    match declared.min() {
        None => doubts.push(
            "no awareness is declared: it counts as no later than this submission".to_owned(),
        ),
        Some(aware) if new.at < aware => doubts.push(format!(
            "it was submitted before the declared awareness at {aware}: awareness counts from \
             the submission"
        )),
        Some(_) => {}
    }
    if matches!(report, "final" | "progress")
        && takers.iter().any(|it| it.stage("notification").is_some())
        && !around.has_submitted(new, "notification")
    {
        doubts.push("no notification is recorded before it".to_owned());
    }
    if report == "progress" && around.earliest(new, FactKind::Handled).is_none() {
        doubts.extend(early_progress(new, around));
    }
    if report == "final" && around.earliest(new, FactKind::Handled).is_none() {
        doubts.push("the incident is not recorded as handled".to_owned());
    }
    let has_form = |regime: &&&Regime| {
        let stage = regime.stage(report);
        stage.is_some_and(|stage| !stage.fields.is_empty())
    };
    let names_document = new
        .fields
        .as_ref()
        .is_some_and(|it| it.contains_key("document"));
    if !names_document && takers.iter().any(has_form) {
        doubts.push(
            "it names no document: keep one and record that it was sent, or the file that was, so that \
             the hash of what was sent is on record"
                .to_owned(),
        );
    }
    missing_fields(new, &takers, doubts);
    if new.reason.is_none() && is_late(new, around) {
        doubts.push("it is late: record the reason for the delay".to_owned());
    }
}

/// A progress report that is sent before the final report's last day: that the incident still goes on
/// then is not known yet.
fn early_progress(new: &Fact, around: &Circumstances<'_>) -> Option<String> {
    let computed = clock::compute(around.law, around.known, Some(around.now));
    // A progress report before this one has taken the final report's place.
    let mut finals = computed.clocks.iter().chain(&computed.history);
    let (last_day, regime) = finals.find_map(|clock| {
        let is_final = clock.stage == "final" && clock.party == new.party;
        let last_day = clock.nominal_date.filter(|_| is_final)?;
        let regime = around.law.regimes.iter().find(|it| it.id == clock.regime)?;
        Some((last_day, regime))
    })?;
    let zone = crate::calendar::zone(&regime.zone)?;
    (crate::calendar::local_date(new.at, &zone) < last_day).then(|| {
        format!(
            "it is sent before {last_day}, the final report's last day: it takes that report's place only \
             if the incident still goes on then, so plan on that day"
        )
    })
}

/// What the form asks for and the fields that were handed in do not say.
fn missing_fields(new: &Fact, takers: &[&&Regime], doubts: &mut Vec<String>) {
    let (Some(fields), Some(report)) = (&new.fields, &new.report) else {
        return;
    };
    let is_empty = |name: &str| match fields.get(name) {
        None | Some(serde_json::Value::Null) => true,
        Some(serde_json::Value::String(text)) => text.trim().is_empty(),
        Some(_) => false,
    };
    let stages = takers.iter().filter_map(|regime| regime.stage(report));
    for stage in stages {
        let asked = stage.fields.iter().map(|written| field_name(written));
        let missing: Vec<&str> = asked
            .filter(|(name, required)| *required && is_empty(name))
            .map(|(name, _)| name)
            .collect();
        if !missing.is_empty() {
            doubts.push(format!("its form also asks for {}", missing.join(", ")));
        }
    }
}

/// Whether the submission leaves its own clock met late.
fn is_late(new: &Fact, around: &Circumstances<'_>) -> bool {
    let computed = clock::compute(around.law, &around.with(new), Some(around.now));
    computed.clocks.iter().any(|clock| {
        Some(&clock.stage) == new.report.as_ref()
            && clock.party == new.party
            && clock.state == ClockState::MetLate
    })
}

fn customer_notice(new: &Fact, around: &Circumstances<'_>, doubts: &mut Vec<String>) {
    if new.party == around.party {
        doubts.push("it names no customer: give `party`, or it meets no clock".to_owned());
        return;
    }
    if around.earliest(new, FactKind::CustomerAffected).is_none() {
        doubts.push(format!(
            "{} is not recorded as affected (`customer_affected`): no clock waits for this notice",
            new.party
        ));
        return;
    }
    let facts = around.with(new);
    let root = around.next_id();
    let owed = clock::notices::owed(around.law, &facts, &new.party, root);
    let (of, others): (Vec<&Owed<'_>>, Vec<&Owed<'_>>) = owed.iter().partition(|it| it.is_of);
    let ids = |owed: &[&Owed<'_>]| {
        let ids: Vec<&str> = owed.iter().map(|it| it.regime.id.as_str()).collect();
        ids.join(", ")
    };
    let early: Vec<&&Owed<'_>> = of
        .iter()
        .filter(|it| it.start.is_some_and(|start| new.at < start))
        .collect();
    for it in &early {
        if let Some(start) = it.start {
            doubts.push(format!(
                "it was sent before {start}, from which {} counts: it does not meet that",
                it.regime.id
            ));
        }
    }
    if of.is_empty() {
        let names = ids(&others);
        doubts.push(match (&new.regime, names.is_empty()) {
            (_, true) => {
                "the incident's regimes ask for no such notice: it meets no clock".to_owned()
            }
            (Some(_), false) => {
                format!("the regime that it names asks for none: give one of {names}")
            }
            (None, false) => format!(
                "none of {names} counted when it was sent: it meets no clock; record the awareness \
                 that it follows from, or give `regime`"
            ),
        });
    } else if new.regime.is_none() && !others.is_empty() {
        doubts.push(format!(
            "it counts for {} only; record it again with `regime` if it was also sent under {}",
            ids(&of),
            ids(&others)
        ));
    }
}

fn ending(new: &Fact, around: &Circumstances<'_>, doubts: &mut Vec<String>) {
    let named = new
        .regime
        .as_ref()
        .filter(|_| new.fact != FactKind::Dismissed);
    let has = |id: &str| around.law.regimes.iter().any(|it| it.id == id);
    if let Some(named) = named.filter(|named| !has(named)) {
        doubts.push(format!(
            "the incident has no regime {named}: of what it has, nothing is decided by this"
        ));
    }
    if around.is_significant(new) && !clock::is_apart(&TimedFact::from(new), &around.law.regimes) {
        doubts.push(
            "awareness is already declared: official clocks go on, and the state stays; \
             `downgraded`, with two approvals, takes it back"
                .to_owned(),
        );
    }
    let others = around
        .known
        .parties()
        .into_iter()
        .filter(|it| *it != new.party);
    let is_declared = |party: &&str| {
        let mut standing = around.known.standing(party).into_iter();
        standing.any(|it| it.kind.is_awareness() || it.kind == FactKind::Submitted)
    };
    let declared: Vec<&str> = others.filter(is_declared).collect();
    if !declared.is_empty() {
        doubts.push(format!(
            "awareness is declared for {}: those clocks go on, and what they owe keeps the incident open",
            declared.join(", ")
        ));
    }
    if let (FactKind::Dismissed, Some(regime)) = (new.fact, &new.regime) {
        doubts.push(format!(
            "`dismissed` ends every question, not that of {regime} alone: `not_significant` with its \
             `regime` is about one"
        ));
    }
    if new.fact != FactKind::Dismissed && new.reason.is_none() {
        doubts.push("no reason is given: an authority may ask for it".to_owned());
    }
}
