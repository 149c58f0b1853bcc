//! What documents say in Swedish and English.

use vakt_event::Timestamp;

use super::{Document, DocumentKind};
use crate::clock::ClockState;
use crate::form::Source;
use crate::form::words::{grouped, say, time};
use crate::regime::Language;
use crate::significance::{Compared, Criteria, InputKind, Outcome, Quantity};

/// What a report is called. The Swedish words are those of the act and of the directive's Swedish
/// text.
pub(super) fn title(stage: &str, term: Option<&str>, language: Language) -> String {
    let (sv, en) = match stage {
        "early_warning" => ("Tidig varning", "Early warning"),
        "notification" => ("Incidentanmälan", "Incident notification"),
        "intermediate" => ("Delrapport", "Intermediate report"),
        "progress" => ("Lägesrapport", "Progress report"),
        "final" => ("Slutrapport", "Final report"),
        "initial" => ("Inledande anmälan", "Initial notification"),
        "detailed" => ("Utförlig rapport", "Detailed report"),
        "impact_ended" => (
            "Anmälan om att påverkan har upphört",
            "Notice that the impact ended",
        ),
        "authority" => (
            "Anmälan av personuppgiftsincident",
            "Notification of a personal data breach",
        ),
        "subjects" => (
            "Information till registrerade",
            "Communication to data subjects",
        ),
        "controller" => (
            "Underrättelse till personuppgiftsansvarig",
            "Notice to the controller of a personal data breach",
        ),
        "notice" => (
            "Information till kund om en incident",
            "Notice to a customer of an incident",
        ),
        "recipients_incident" => (
            "Information om en incident som påverkar våra tjänster",
            "An incident that affects our services",
        ),
        "recipients_threat" => (
            "Information om ett betydande cyberhot",
            "A significant cyber threat",
        ),
        other => (other, other),
    };
    let is_notice = stage.starts_with("recipients_");
    match (language, term) {
        (Language::Sv, Some(term)) if !is_notice => capitalised(term),
        (Language::En, Some(term)) if !is_notice => format!("{en} ({term})"),
        _ => say(language, sv, en).to_owned(),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|it| it.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// A comparison that was made: the question, its answer, and the limit.
pub(super) fn compared(compared: &Compared, language: Language) -> Option<String> {
    let (value, limit) = (compared.value?, compared.limit.as_ref()?);
    let than = match compared.than {
        "more" => say(language, "mer än", "more than"),
        "less" => say(language, "mindre än", "less than"),
        _ => say(language, "högst", "at most"),
    };
    let of = match compared.of.as_str() {
        "fixed" => String::new(),
        of => format!(", {}", share(of, language)),
    };
    let input = Criteria::embedded().input(&compared.input)?;
    let limit_as_duration = limit.parse().map(Quantity::as_duration);
    let (value, limit) = match (input.kind, limit_as_duration) {
        (InputKind::Duration, Ok(limit)) => (value.as_duration(), limit),
        _ => (
            grouped(&value.to_string(), language),
            grouped(limit, language),
        ),
    };
    let question = input.question(language);
    let mark = if question.ends_with('?') { "" } else { ":" };
    Some(format!("{question}{mark} {value} ({than} {limit}{of})"))
}

/// `5 % of turnover_eur (6000000)` in words.
fn share(of: &str, language: Language) -> String {
    let parts = of.split_once(" of ").and_then(|(percent, base)| {
        let (base, amount) = base.strip_suffix(')')?.split_once(" (")?;
        Some((percent, Criteria::embedded().input(base)?, amount))
    });
    let Some((percent, base, amount)) = parts else {
        return of.to_owned();
    };
    let mut base = base.question(language).to_owned();
    if let Some(first) = base.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    let of = say(language, "av", "of");
    format!("{percent} {of} {base}: {}", grouped(amount, language))
}

pub(super) fn outcome(outcome: Outcome, language: Language) -> &'static str {
    match outcome {
        Outcome::Met => say(language, "uppfyllt", "met"),
        Outcome::NotMet => say(language, "inte uppfyllt", "not met"),
        Outcome::Open => say(language, "inte avgjort", "open"),
    }
}

/// The words of one document.
pub(super) struct Words<'d> {
    document: &'d Document,
    zone: jiff::tz::TimeZone,
}

impl<'d> Words<'d> {
    pub(super) fn of(document: &'d Document) -> Self {
        Self {
            zone: document.zone(),
            document,
        }
    }

    pub(super) fn say(&self, sv: &'static str, en: &'static str) -> &'static str {
        say(self.document.language, sv, en)
    }

    pub(super) fn time(&self, at: Timestamp) -> String {
        time(at, &self.zone, self.document.language)
    }

    /// What stands on top of an exercise.
    pub(super) fn drill(&self) -> Option<&'static str> {
        let words = self.say(
            "ÖVNING. Detta är ingen verklig incident.",
            "EXERCISE. This is no real incident.",
        );
        self.document.incident.drill.then_some(words)
    }

    /// `Version 2 av anna, …`, or that nobody keeps it.
    pub(super) fn version(&self) -> String {
        let made = self.time(self.document.made_at);
        match &self.document.version {
            None => format!("{} {made}", self.say("Utkast", "Draft of")),
            // Who reads a notice does not know our people.
            Some(_) if self.document.kind != DocumentKind::Report => made,
            Some(version) => format!(
                "{} {}, {} {}, {made}",
                self.say("Version", "Version"),
                version.number,
                self.say("upprättad av", "by"),
                version.author
            ),
        }
    }

    /// Whether the reader is told what is missing: who gets a notice is not.
    pub(super) fn tells_missing(&self) -> bool {
        self.document.kind == DocumentKind::Report || self.document.version.is_none()
    }

    /// What the version changes, where it follows another.
    pub(super) fn change(&self) -> Option<String> {
        let version = self.document.version.as_ref()?;
        let changed = version.changed.as_deref().unwrap_or_default();
        match (version.corrects, changed.is_empty()) {
            (Some(number), _) => {
                let words = self.say("Rättelse av version", "Correction of version");
                Some(format!("{words} {number}: {changed}"))
            }
            (None, false) => {
                let words = self.say("Ändrat", "Changed");
                Some(format!("{words}: {changed}"))
            }
            (None, true) => None,
        }
    }

    /// The head of a report, row by row; a notice has none.
    pub(super) fn head(&self) -> Vec<(&'static str, String)> {
        let document = self.document;
        if document.kind != DocumentKind::Report {
            return Vec::new();
        }
        let incident = &document.incident;
        let mut rows = vec![
            (
                self.say("Verksamhetsutövare", "Entity"),
                document.organisation.clone().unwrap_or_default(),
            ),
            (
                self.say("Vår beteckning", "Our reference"),
                format!("{} ({})", incident.number, incident.id),
            ),
            (
                self.say("Enligt", "Under"),
                format!("{}, {}", document.law, document.citation),
            ),
        ];
        if let Some(deadline) = self.deadline() {
            rows.push((self.say("Tidsfrist", "Deadline"), deadline));
        }
        if let Some(class) = &document.classification {
            let example = class.example.as_deref().map(|it| format!("/{it}"));
            let text = format!(
                "{} ({} {}{})",
                class.text,
                class.taxonomy,
                class.class,
                example.unwrap_or_default()
            );
            rows.push((self.say("Incidentklass", "Class of incident"), text));
        }
        if !document.techniques.is_empty() {
            let ids: Vec<&str> = document
                .techniques
                .iter()
                .map(|it| it.id.as_str())
                .collect();
            rows.push(("MITRE ATT&CK", ids.join(", ")));
        }
        rows.retain(|(_, text)| !text.is_empty());
        rows
    }

    fn deadline(&self) -> Option<String> {
        let deadline = self.document.deadline.as_ref()?;
        let mut text = match (&deadline.last_day, deadline.due) {
            (Some(day), _) => format!("{} {day}", self.say("till och med", "to the end of")),
            (None, Some(due)) => self.time(due),
            (None, None) if deadline.state == ClockState::Projected => {
                return Some(self.say("löper inte än", "not running yet").to_owned());
            }
            (None, None) => self
                .say("utan onödigt dröjsmål", "without undue delay")
                .to_owned(),
        };
        if deadline.state == ClockState::Provisional {
            text.push_str(self.say(
                " (räknad från upptäckten; kännedom är inte förklarad)",
                " (counted from detection; awareness is not declared)",
            ));
        }
        if deadline.state == ClockState::Projected {
            text.push_str(self.say(" (löper inte än)", " (not running yet)"));
        }
        if let Some(at) = deadline.submitted_at {
            let words = self.say("inlämnad", "submitted");
            text.push_str(&format!("; {words} {}", self.time(at)));
        }
        if deadline.late {
            text.push_str(self.say("; försenad", "; late"));
        }
        if let Some(reason) = &deadline.late_reason {
            text.push_str(&format!(": {reason}"));
        }
        Some(text)
    }

    /// The opening sentence of a notice.
    pub(super) fn opening(&self) -> Option<String> {
        let document = self.document;
        let us = document.organisation.as_deref();
        let us = us.unwrap_or(self.say("Vi", "We"));
        let citation = match document.stage.as_str() {
            "notice" => self.say("enligt vårt avtal", "under our contract"),
            _ => document.citation.as_str(),
        };
        let sv = document.language == Language::Sv;
        Some(match (document.kind, document.stage.as_str(), sv) {
            (DocumentKind::Report, ..) => return None,
            (DocumentKind::RecipientsNotice, "recipients_threat", true) => format!(
                "{us} informerar er om ett betydande cyberhot som kan beröra er som använder våra \
                 tjänster ({citation})."
            ),
            (DocumentKind::RecipientsNotice, "recipients_threat", false) => format!(
                "{us} informs you of a significant cyber threat that may concern you as a user of our \
                 services ({citation})."
            ),
            (DocumentKind::RecipientsNotice, _, true) => format!(
                "{us} informerar er om en incident som kan påverka de tjänster som ni använder ({citation})."
            ),
            (DocumentKind::RecipientsNotice, _, false) => format!(
                "{us} informs you of an incident that may affect the services that you use ({citation})."
            ),
            (DocumentKind::CustomerNotice, _, true) => format!(
                "{us} informerar {} om en incident som berör er ({citation}).",
                document.party
            ),
            (DocumentKind::CustomerNotice, _, false) => format!(
                "{us} informs {} of an incident that concerns you ({citation}).",
                document.party
            ),
        })
    }

    /// What is left out of the indicators; nothing where nothing is.
    pub(super) fn withheld(&self) -> Option<String> {
        let indicators = &self.document.indicators;
        let parts = [
            (indicators.users_withheld, self.say("användare", "users")),
            (
                indicators.emails_withheld,
                self.say("e-postadresser", "e-mail addresses"),
            ),
            (
                indicators.private_addresses_withheld,
                self.say("privata adresser", "private addresses"),
            ),
        ];
        let named: Vec<String> = parts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, words)| format!("{words} ({count})"))
            .collect();
        let words = self.say(
            "Utelämnat som kan peka ut personer",
            "Left out because it may name persons",
        );
        (!named.is_empty()).then(|| format!("{words}: {}.", named.join(", ")))
    }

    /// A source as a line.
    pub(super) fn source(&self, source: &Source) -> String {
        let kind = match source.kind {
            "configuration" => self.say("konfigurationen", "configuration"),
            "incident" => self.say("incidentens post", "record of the incident"),
            "fact" => self.say("faktum", "fact"),
            "event" => self.say("händelse", "event"),
            "rule" => self.say("regel", "rule"),
            "report" => self.say("tidigare rapport, faktum", "earlier report, fact"),
            "person" => self.say("skrivet av en person,", "written by a person,"),
            "criterion" => self.say("kriterium", "criterion"),
            "answer" => self.say("svar på", "answer to"),
            "regime" => self.say("regelverk", "regime"),
            other => other,
        };
        let mut line = kind.to_owned();
        if let Some(id) = &source.id {
            line.push_str(&format!(" {id}"));
        }
        if !source.text.is_empty() {
            line.push_str(&format!(": {}", source.text));
        }
        if let Some(hash) = &source.hash {
            line.push_str(&format!(" (BLAKE3 {hash})"));
        }
        line
    }
}
