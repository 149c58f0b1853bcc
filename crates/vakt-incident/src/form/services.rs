//! What the service map and outages say of the services that an incident concerns.

use super::fill::{Filled, Filler};
use super::{FieldState, Source, cited, source};
use crate::answer::{ConcernedService, ShownOutage};
use crate::regime::Language;
use crate::significance::{Kind, Quantity, Used, Value};

/// Outages of a service that are told, the newest; the others are counted.
const OUTAGES_MAX: usize = 10;

/// The answer and the base of a share of users.
const USERS_LIMITED: &str = "users_limited";
const SERVICE_USERS: &str = "service_users";

impl Filler<'_> {
    fn services(&self) -> &[ConcernedService] {
        self.sources().services
    }

    /// From when until when which service was away.
    pub(super) fn services_away(&self) -> Option<Filled> {
        let (mut lines, mut from) = (Vec::new(), Vec::new());
        for concerned in self.services() {
            let name = self.quoted(&concerned.service.name);
            let more = concerned.outages.len().saturating_sub(OUTAGES_MAX);
            for it in &concerned.outages[more..] {
                lines.push(self.away(&name, it));
                let said = [Some(&it.outage.began_by), it.outage.ended_by.as_ref()];
                let said = said.into_iter().flatten();
                from.extend(said.flat_map(|said| cited(self.incident(), said)));
            }
            if more > 0 {
                let words = self.say("tidigare avbrott", "earlier outages");
                lines.push(format!("({words}: {more})"));
            }
        }
        suggested(&lines, from)
    }

    fn away(&self, name: &str, it: &ShownOutage) -> String {
        let since = self.time(it.outage.span.from);
        let lasted = it.counted.whole.as_duration();
        let lacks = match it.outage.kind {
            Kind::Complete => self.say("var helt otillgänglig", "was completely unavailable"),
            Kind::Limited => self.say(
                "hade begränsad tillgänglighet",
                "was available in part only",
            ),
            Kind::Slow => self.say(
                "hade en genomsnittlig svarstid på mer än tio sekunder",
                "took more than ten seconds to answer on average",
            ),
        };
        let until = match (it.outage.span.until, self.language()) {
            (Some(until), Language::Sv) => format!("från {since} till {}", self.time(until)),
            (Some(until), Language::En) => format!("from {since} to {}", self.time(until)),
            (None, Language::Sv) => format!("från {since} och är det fortfarande"),
            (None, Language::En) => format!("from {since}, and still is"),
        };
        let mut line = match self.language() {
            Language::Sv => format!("Tjänsten {name} {lacks} {until} ({lasted}"),
            Language::En => format!("The service {name} {lacks} {until} ({lasted}"),
        };
        if it.counted.overrun != it.counted.whole {
            let words = self.say("utöver planerat arbete", "beyond planned work");
            line.push_str(&format!("; {words} {}", it.counted.overrun.as_duration()));
        }
        line.push_str(").");
        line
    }

    /// How many users are concerned: what somebody said, else all of them, the possible maximum.
    pub(super) fn users_concerned(&self) -> Option<Filled> {
        let (mut lines, mut from) = (Vec::new(), Vec::new());
        for concerned in self.services() {
            let service = &concerned.service;
            let name = self.quoted(&service.name);
            let all = self.answered(&service.name, SERVICE_USERS);
            let all = all.and_then(quantity).or(service.users_eu);
            let limited = self.answered(&service.name, USERS_LIMITED);
            let limited = limited.and_then(|used| Some((used, quantity(used)?)));
            let (used, text) = match (limited, all, self.language()) {
                (Some((used, limited)), Some(all), Language::Sv) => (
                    Some(used),
                    format!("{limited} av {all} användare i unionen"),
                ),
                (Some((used, limited)), Some(all), Language::En) => {
                    (Some(used), format!("{limited} of {all} users in the Union"))
                }
                (Some((used, limited)), None, Language::Sv) => {
                    (Some(used), format!("{limited} användare i unionen"))
                }
                (Some((used, limited)), None, Language::En) => {
                    (Some(used), format!("{limited} users in the Union"))
                }
                (None, Some(all), Language::Sv) => {
                    (None, format!("högst {all}, alla användare i unionen"))
                }
                (None, Some(all), Language::En) => {
                    (None, format!("at most {all}, all its users in the Union"))
                }
                (None, None, _) => continue,
            };
            let service = self.say("Tjänsten", "The service");
            lines.push(format!("{service} {name}: {text}"));
            match used {
                Some(used) => {
                    let text = super::fill::used_words(used, self.language());
                    from.push(source("answer", Some(used.input.clone()), text));
                    from.extend(cited(self.incident(), &used.answer.source));
                }
                None => from.push(of_map(concerned, "users_eu")),
            }
        }
        suggested(&lines, from)
    }

    fn answered(&self, service: &str, input: &str) -> Option<&Used> {
        let criteria = self.sources().assessment?.criteria.iter();
        let of_service = criteria.filter(|it| it.service.as_deref() == Some(service));
        let mut used = of_service.flat_map(|it| &it.from);
        used.find(|used| used.input == input)
    }

    /// Where the services are provided.
    pub(super) fn countries(&self) -> Option<Filled> {
        let (mut lines, mut from) = (Vec::new(), Vec::new());
        for concerned in self.services() {
            let service = &concerned.service;
            if service.countries.is_empty() {
                continue;
            }
            let name = self.quoted(&service.name);
            let countries = service.countries.join(", ");
            lines.push(match self.language() {
                Language::Sv => format!("Tjänsten {name} tillhandahålls i: {countries}"),
                Language::En => format!("The service {name} is provided in: {countries}"),
            });
            from.push(of_map(concerned, "countries"));
        }
        suggested(&lines, from)
    }

    /// Whether another state could be concerned: where the services are provided says so.
    pub(super) fn cross_border(&self) -> Option<Filled> {
        let (_, countries, from) = self.countries()?;
        let mut all: Vec<&String> = self
            .services()
            .iter()
            .flat_map(|it| &it.service.countries)
            .collect();
        all.sort_unstable();
        all.dedup();
        let words = match all.len() {
            1 => self.say("Inte såvitt är känt.", "Not as far as is known."),
            _ => self.say("Ja, det är möjligt.", "Yes, that is possible."),
        };
        Some((FieldState::Suggested, format!("{words} {countries}"), from))
    }
}

fn quantity(used: &Used) -> Option<Quantity> {
    match used.answer.value {
        Value::Quantity(quantity) => Some(quantity),
        Value::YesNo(_) => None,
    }
}

/// A key of the service map.
fn of_map(concerned: &ConcernedService, key: &str) -> Source {
    let id = format!("services.{}.{key}", concerned.service.name);
    source("configuration", Some(id), String::new())
}

fn suggested(lines: &[String], from: Vec<Source>) -> Option<Filled> {
    (!lines.is_empty()).then(|| (FieldState::Suggested, lines.join("\n"), from))
}
