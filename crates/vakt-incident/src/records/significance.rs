//! The significance of an incident: its criteria with what people answered, and what the service map and
//! outages say where nobody did.

use std::collections::btree_map::{BTreeMap, Entry};

use rusqlite::Connection;
use vakt_event::Timestamp;

use super::incidents::{self, IncidentRow};
use super::outage_marks::{Realm, all_met, criterion_of, link_of, present};
use super::services::{BACK_MICROS, of_service, service_of};
use super::view::View;
use super::{DAEMON, Records, answers, recurring};
use crate::answer::{
    ConcernedService, MetFact, Question, ROOT_CAUSE, RecordedAnswer, ShownCriterion, ShownOutage,
    Significance,
};
use crate::error::{Error, Result};
use crate::fact::{Fact, FactKind};
use crate::incident::Origin;
use crate::outage::Outage;
use crate::service::Service;
use crate::significance::{
    Answer, Answered, Answers, Assessment, CONFIGURATION, Looked, Outcome, Quantity, Reading,
    SERVICE_MAP, Value, counted, known_at,
};

/// Outages of one service that are shown, the newest: more than anybody reads.
const OUTAGES_SHOWN_MAX: usize = 100;

impl Records {
    /// Whether an incident is significant, criterion by criterion, for its own party; `None` where there
    /// is no such incident.
    pub fn assessment(&self, id: &str) -> Result<Option<Assessment>> {
        match self.significance(id, None) {
            Ok(found) => Ok(Some(found.assessment())),
            Err(Error::NoIncident { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The same with everything that it is seen from, for a party; `None` is the incident's.
    ///
    /// # Errors
    /// An incident or party that is not there.
    pub fn significance(&self, id: &str, party: Option<&str>) -> Result<Significance> {
        let now = self.clock.now();
        self.read(|records| {
            let row = incidents::find(records, id)?;
            let party = party.unwrap_or(&row.party);
            super::reports::expect_party(&View::of(records, &row)?, party)?;
            self.significance_of(records, row.seq, party, now)
        })
    }

    /// The services of the configuration with their outages of the last weeks; of these streams only.
    pub fn services(&self, streams: Option<&[String]>) -> Result<Vec<ConcernedService>> {
        let now = self.clock.now();
        self.read(|records| {
            let mut shown = Vec::new();
            for service in self.settings.services.all() {
                let mut one = self.concerned(records, service, None, &[], now)?;
                if let Some(streams) = streams {
                    one.outages.retain(|it| streams.contains(&it.outage.stream));
                }
                if streams.is_none() || !one.outages.is_empty() {
                    shown.push(one);
                }
            }
            Ok(shown)
        })
    }

    pub(super) fn significance_of(
        &self,
        records: &Connection,
        seq: i64,
        party: &str,
        now: Timestamp,
    ) -> Result<Significance> {
        let row = incidents::by_seq(records, seq)?;
        let view = View::of(records, &row)?;
        let parts = view.parts(&row);
        let said = answers::newest(records, &parts, party)?;
        let known = Known::of(self, records, (&row, &view, &parts), &said, now)?;
        let criteria = self.answered(records, &row, &known)?;
        let needed: Vec<(String, String)> = criteria
            .iter()
            .flat_map(|it| {
                let service = it.answered.service.clone().unwrap_or_default();
                let missing = it.answered.missing.iter();
                missing.map(move |input| (input.clone(), service.clone()))
            })
            .collect();
        let root_cause = said.iter().find(|it| it.input == ROOT_CAUSE).cloned();
        Ok(Significance {
            revision: answers::revision(records, row.seq)?,
            entity_types: known.types.clone(),
            version: self.criteria().version.clone(),
            outcome: Outcome::of_all(criteria.iter().map(|it| it.answered.outcome)),
            questions: self.questions(&known, &said, &needed, &criteria),
            criteria,
            services: known.services.into_iter().map(|it| it.shown).collect(),
            root_cause,
            met: met(&view),
            recurring: recurring::of_member(records, row.seq)?,
            members: recurring::members(records, row.seq)?,
            incident: row.id,
            number: row.seq,
            title: row.title,
            state: row.state,
            origin: row.origin,
            party: party.to_owned(),
        })
    }

    /// Every criterion: the horizontal ones for the whole, those of types for each service.
    fn answered(
        &self,
        records: &Connection,
        row: &IncidentRow,
        known: &Known,
    ) -> Result<Vec<ShownCriterion>> {
        let services = known.services.iter().map(|it| Looked {
            service: Some(&it.shown.service.name),
            entity_types: &it.shown.looked_at_as,
            answers: &it.answers,
        });
        let whole = Looked {
            service: None,
            entity_types: &known.types,
            answers: &known.answers,
        };
        let looked: Vec<Looked<'_>> = match known.services.is_empty() {
            true => vec![whole],
            false => services.collect(),
        };
        let found = self.criteria().assess_all(&looked, &known.answers).criteria;
        let mut shown: Vec<ShownCriterion> =
            found.into_iter().map(|it| self.in_words(it)).collect();
        if row.origin == Origin::Recurring {
            shown.insert(0, recurring::criterion(self, records, row.seq)?);
        }
        Ok(shown)
    }

    fn in_words(&self, answered: Answered) -> ShownCriterion {
        let criterion = self.criteria().criterion(&answered.criterion);
        ShownCriterion {
            en: criterion.map_or_else(String::new, |it| it.en.clone()),
            sv: criterion.map_or_else(String::new, |it| it.sv.clone()),
            forward: criterion.is_some_and(|it| it.forward),
            answered,
        }
    }

    /// What is asked: each input that a criterion of the incident looks at, for the service that it is
    /// about.
    fn questions(
        &self,
        known: &Known,
        said: &[RecordedAnswer],
        needed: &[(String, String)],
        criteria: &[ShownCriterion],
    ) -> Vec<Question> {
        let mut asked: Vec<(String, String)> = Vec::new();
        for criterion in criteria {
            let service = criterion.answered.service.clone().unwrap_or_default();
            let Some(found) = self.criteria().criterion(&criterion.answered.criterion) else {
                continue;
            };
            for input in found.when.input_names() {
                let one = (input.to_owned(), service.clone());
                // What is asked about the whole counts for each service.
                let of_whole = (input.to_owned(), String::new());
                if !asked.contains(&one) && !asked.contains(&of_whole) {
                    asked.push(one);
                }
            }
        }
        let question = |(name, service): (String, String)| {
            let input = self.criteria().input(&name)?;
            let answers = known.answers_of(&service);
            let mut written = said.iter().filter(|it| it.input == name);
            Some(Question {
                kind: input.kind,
                base: input.base,
                en: input.en.clone(),
                sv: input.sv.clone(),
                needed: needed
                    .iter()
                    .any(|(input, of)| *input == name && (service.is_empty() || *of == service)),
                answer: answers.get(&name).cloned(),
                written: written.find(|it| it.service == service).cloned(),
                input: name,
                service,
            })
        };
        let mut questions: Vec<Question> = asked.into_iter().filter_map(question).collect();
        questions.sort_by_key(|it| !it.needed);
        questions
    }

    /// A service, with its outages: those of an incident and the incidents that are part of it, or all.
    fn concerned(
        &self,
        records: &Connection,
        service: &Service,
        of: Option<(&IncidentRow, &[i64])>,
        said: &[RecordedAnswer],
        now: Timestamp,
    ) -> Result<ConcernedService> {
        let drill = of.is_some_and(|(row, _)| row.is_drill());
        let since = of.map_or(now, |(row, _)| row.detected_at().min(now));
        let since = since.saturating_add_micros(-BACK_MICROS);
        let all = of_service(records, &service.name, drill, since)?;
        let mut outages = Vec::new();
        let mut said_of: BTreeMap<i64, Answers> = BTreeMap::new();
        for outage in all.iter().rev() {
            if outages.len() >= OUTAGES_SHOWN_MAX {
                break;
            }
            let link = link_of(records, Realm { service, drill }, outage)?;
            // A fact of this incident tells of it, whoever else has it.
            let told = outage.incidents.iter().copied();
            let all_of: Vec<i64> = link
                .map(|link| link.incident)
                .into_iter()
                .chain(told)
                .collect();
            let incident = all_of.first().copied();
            let is_of = |(_, parts): (&IncidentRow, &[i64])| {
                all_of.iter().any(|incident| parts.contains(incident))
            };
            if !of.is_none_or(is_of) {
                continue;
            }
            let known = self.with_bases(service, answers::for_service(said, &service.name));
            let timers = match link {
                Some(link) => {
                    if let Entry::Vacant(new) = said_of.entry(link.incident) {
                        let row = incidents::by_seq(records, present(records, link.incident)?)?;
                        new.insert(self.said_of(records, service, &row)?);
                    }
                    let said = said_of.get(&link.incident).cloned().unwrap_or_default();
                    self.timers_of(records, service, outage, &all, said, now)?
                }
                None => self.with_away(records, service, outage, &all, &known, |away| {
                    let types = self.types_of(service);
                    crate::significance::timers(self.criteria(), &types, away, now)
                })?,
            };
            let counted = self.with_away(records, service, outage, &all, &known, |away| {
                counted(away.span, away.planned, now)
            })?;
            let incident = incident.map(|seq| Ok::<_, Error>(incidents::by_seq(records, seq)?.id));
            outages.push(ShownOutage {
                outage: outage.clone(),
                incident: incident.transpose()?,
                counted,
                timers,
            });
        }
        outages.reverse();
        Ok(ConcernedService {
            service: service.clone(),
            looked_at_as: self.types_of(service),
            outages,
        })
    }

    /// What the configuration says, where nobody said otherwise.
    pub(super) fn with_bases(&self, service: &Service, said: Answers) -> Answers {
        let mut known = self.with_turnover(said);
        if let (None, Some(users)) = (known.get("service_users"), service.users_eu) {
            known.set("service_users", configured(users, SERVICE_MAP));
        }
        known
    }

    fn with_turnover(&self, said: Answers) -> Answers {
        let mut known = said;
        if let (None, Some(turnover)) =
            (known.get("turnover_eur"), self.settings.entity.turnover_eur)
        {
            known.set("turnover_eur", configured(turnover, CONFIGURATION));
        }
        known
    }

    /// What is doubtful about ending the assessment now.
    pub(super) fn doubt_of_ending(
        &self,
        records: &Connection,
        row: &IncidentRow,
        fact: &Fact,
    ) -> Result<Option<String>> {
        if fact.fact != FactKind::NotSignificant || fact.party != row.party {
            return Ok(None);
        }
        let found = self.significance_of(records, row.seq, &row.party, fact.recorded_at)?;
        let with = |outcome: Outcome| {
            let of = found
                .criteria
                .iter()
                .filter(move |it| it.answered.outcome == outcome);
            let ids: Vec<&str> = of.map(|it| it.answered.criterion.as_str()).collect();
            ids.join(", ")
        };
        Ok(match found.outcome {
            Outcome::NotMet => None,
            Outcome::Met => Some(format!(
                "by what is answered it is significant: {} is met",
                with(Outcome::Met)
            )),
            Outcome::Open => Some(format!(
                "not every criterion is answered: {} stay open; `vakt incidents assess` and the page \
                 Significance ask for what is missing",
                with(Outcome::Open)
            )),
        })
    }
}

fn configured(quantity: Quantity, source: &str) -> Answer {
    Answer {
        value: Value::Quantity(quantity),
        by: DAEMON.to_owned(),
        source: source.to_owned(),
        at: None,
    }
}

/// What is known of an incident.
struct Known {
    /// About the whole.
    answers: Answers,
    /// The types that the whole is looked at as.
    types: Vec<String>,
    services: Vec<KnownService>,
}

struct KnownService {
    shown: ConcernedService,
    answers: Answers,
}

impl Known {
    fn of(
        owner: &Records,
        records: &Connection,
        (row, view, parts): (&IncidentRow, &View, &[i64]),
        said: &[RecordedAnswer],
        now: Timestamp,
    ) -> Result<Self> {
        let mut services = Vec::new();
        for service in owner.settings.services.all() {
            let shown = owner.concerned(records, service, Some((row, parts)), said, now)?;
            let is_named = said.iter().any(|it| it.service == service.name)
                || view
                    .facts
                    .iter()
                    .any(|it| service_of(it) == Some(&service.name));
            if shown.outages.is_empty() && !is_named && !owner.stands_on(row, service) {
                continue;
            }
            let people = answers::for_service(said, &service.name);
            let base = owner.with_bases(service, people.clone());
            let mut answers = base.clone();
            for one in &shown.outages {
                let all: Vec<Outage> = shown.outages.iter().map(|it| it.outage.clone()).collect();
                let then = owner.with_away(records, service, &one.outage, &all, &base, |away| {
                    known_at(away, now, Reading::Whole, one.outage.kind.inputs())
                })?;
                for input in one.outage.kind.inputs() {
                    answers.set_greater(input, then.get(input));
                }
            }
            // What a person says comes first.
            for input in &owner.criteria().inputs {
                if let Some(answer) = people.get(&input.name) {
                    answers.set(&input.name, answer.clone());
                }
            }
            services.push(KnownService { shown, answers });
        }
        let mut types = owner.settings.entity.types.clone();
        if types.is_empty() {
            let all = owner.settings.services.all().iter();
            types = all.flat_map(|it| it.entity_types.iter().cloned()).collect();
            types.sort_unstable();
            types.dedup();
        }
        Ok(Self {
            answers: owner.with_turnover(answers::for_service(said, "")),
            types,
            services,
        })
    }

    fn answers_of(&self, service: &str) -> &Answers {
        let mut services = self.services.iter();
        let found = services.find(|it| it.shown.service.name == service);
        found.map_or(&self.answers, |it| &it.answers)
    }
}

impl Records {
    /// Whether the machine that an incident is about belongs to a service: by its hosts, or by the assets
    /// that name it.
    fn stands_on(&self, row: &IncidentRow, service: &Service) -> bool {
        let places = row
            .entity
            .iter()
            .filter(|(field, _)| field == vakt_event::ecs::HOST_NAME || field.ends_with(".ip"));
        places.into_iter().any(|(_, place)| {
            let lower = place.to_lowercase();
            let by_name = service.hosts.iter();
            let mut by_name = by_name.map(|host| crate::glob::Glob::new(host));
            let assets = self.settings.assets.all_of(place);
            by_name.any(|glob| glob.matches(&lower))
                || assets.iter().any(|asset| {
                    asset.services.contains(&service.name) || service.hosts.contains(&asset.name)
                })
        })
    }
}

/// That criteria were met, as facts say it and their corrections leave it.
fn met(view: &View) -> Vec<MetFact> {
    let shown = all_met(view).into_iter().map(|it| MetFact {
        fact: it.fact.id,
        at: it.at,
        criterion: criterion_of(it.fact).map(str::to_owned),
        service: service_of(it.fact).map(str::to_owned),
        recorded_by: it.fact.recorded_by.clone(),
    });
    shown.collect()
}
