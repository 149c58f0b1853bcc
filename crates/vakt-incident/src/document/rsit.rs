//! The Reference Security Incident Taxonomy (RSIT), version 1003: classes, and what the record suggests.
//!
//! A class is mandatory, an example is not. The examples here are those of the taxonomy's machine
//! tags. What rules say by their ATT&CK techniques is a suggestion after the taxonomy's own mapping,
//! of several the one that says that more has happened; a person decides.

use serde::Serialize;

use super::Marks;
use crate::fact::FactKind;
use crate::form::words::say;
use crate::form::{FieldState, Source};
use crate::incident::IncidentDetail;
use crate::regime::Language;

/// The name of the taxonomy, with its version.
pub const TAXONOMY: &str = "RSIT 1003";

/// The class of an exercise.
const TEST: &str = "test";

/// The class where nothing suggests another.
const OTHER: &str = "other";

/// An incident's place in the taxonomy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Classification {
    pub taxonomy: &'static str,
    /// The machine tag.
    pub class: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
    /// The class in words.
    pub text: String,
    pub state: FieldState,
    pub from: Vec<Source>,
}

/// A class: its tag, its words, and the tags of its examples.
pub struct Class {
    pub tag: &'static str,
    pub en: &'static str,
    pub sv: &'static str,
    pub examples: &'static [&'static str],
}

pub const CLASSES: [Class; 11] = [
    Class {
        tag: "abusive-content",
        en: "Abusive content",
        sv: "Kränkande eller otillåtet innehåll",
        examples: &["spam", "harmful-speech", "violence"],
    },
    Class {
        tag: "malicious-code",
        en: "Malicious code",
        sv: "Skadlig kod",
        examples: &[
            "infected-system",
            "c2-server",
            "malware-distribution",
            "malware-configuration",
        ],
    },
    Class {
        tag: "information-gathering",
        en: "Information gathering",
        sv: "Informationsinsamling",
        examples: &["scanner", "sniffing", "social-engineering"],
    },
    Class {
        tag: "intrusion-attempts",
        en: "Intrusion attempts",
        sv: "Intrångsförsök",
        examples: &["ids-alert", "brute-force", "exploit"],
    },
    Class {
        tag: "intrusions",
        en: "Intrusions",
        sv: "Intrång",
        examples: &[
            "privileged-account-compromise",
            "unprivileged-account-compromise",
            "application-compromise",
            "burglary",
        ],
    },
    Class {
        tag: "availability",
        en: "Availability",
        sv: "Tillgänglighet",
        examples: &["dos", "ddos", "misconfiguration", "sabotage", "outage"],
    },
    Class {
        tag: "information-content-security",
        en: "Information content security",
        sv: "Informationens säkerhet",
        examples: &[
            "unauthorised-information-access",
            "unauthorised-information-modification",
            "data-loss",
        ],
    },
    Class {
        tag: "fraud",
        en: "Fraud",
        sv: "Bedrägeri",
        examples: &[
            "unauthorized-use-of-resources",
            "copyright",
            "masquerade",
            "phishing",
        ],
    },
    Class {
        tag: "vulnerable",
        en: "Vulnerable",
        sv: "Sårbarhet",
        examples: &[
            "weak-crypto",
            "ddos-amplifier",
            "potentially-unwanted-accessible",
            "information-disclosure",
            "vulnerable-system",
        ],
    },
    Class {
        tag: OTHER,
        en: "Other",
        sv: "Annat",
        examples: &["other"],
    },
    Class {
        tag: TEST,
        en: "Test",
        sv: "Test",
        examples: &["test"],
    },
];

/// Techniques with the class and example that they suggest, what says that more has happened first.
const SUGGESTED: [(&str, &str, Option<&str>); 17] = [
    (
        "T1565",
        "information-content-security",
        Some("unauthorised-information-modification"),
    ),
    (
        "T1486",
        "information-content-security",
        Some("unauthorised-information-modification"),
    ),
    ("T1498", "availability", Some("dos")),
    ("T1499", "availability", Some("dos")),
    ("T1078", "intrusions", None),
    ("T1021", "intrusions", None),
    ("T1041", "malicious-code", Some("c2-server")),
    ("T1071", "malicious-code", Some("c2-server")),
    ("T1190", "intrusion-attempts", Some("ids-alert")),
    ("T1203", "intrusion-attempts", Some("ids-alert")),
    ("T1210", "intrusion-attempts", Some("ids-alert")),
    ("T1110", "intrusion-attempts", Some("brute-force")),
    ("T1566", "fraud", Some("phishing")),
    ("T1040", "information-gathering", Some("sniffing")),
    ("T1557", "information-gathering", Some("sniffing")),
    ("T1046", "information-gathering", Some("scanner")),
    ("T1595", "information-gathering", Some("scanner")),
];

/// Tactics with the class that they suggest where no technique does.
const BY_TACTIC: [(&str, &str); 8] = [
    ("attack.exfiltration", "information-content-security"),
    ("attack.impact", "availability"),
    ("attack.lateral-movement", "intrusions"),
    ("attack.privilege-escalation", "intrusions"),
    ("attack.persistence", "intrusions"),
    ("attack.command-and-control", "malicious-code"),
    ("attack.credential-access", "intrusion-attempts"),
    ("attack.reconnaissance", "information-gathering"),
];

/// Why a text is no class.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownClass {
    #[error("there is no class `{0}` in the RSIT; there are {all}", all = tags(CLASSES.iter().map(|it| it.tag)))]
    Class(String),
    #[error("the class {class} has no example `{example}`; it has {all}")]
    Example {
        class: &'static str,
        example: String,
        all: String,
    },
}

fn tags(tags: impl Iterator<Item = &'static str>) -> String {
    tags.collect::<Vec<_>>().join(", ")
}

/// Reads `class` or `class/example`.
///
/// # Errors
/// A class or an example that the taxonomy does not have.
pub fn parse(text: &str) -> Result<(&'static Class, Option<&'static str>), UnknownClass> {
    let (class, example) = match text.trim().split_once('/') {
        Some((class, example)) => (class, Some(example)),
        None => (text.trim(), None),
    };
    let known = CLASSES.iter().find(|known| known.tag == class);
    let known = known.ok_or_else(|| UnknownClass::Class(class.to_owned()))?;
    let Some(example) = example else {
        return Ok((known, None));
    };
    let found = known.examples.iter().find(|tag| **tag == example);
    match found {
        Some(found) => Ok((known, Some(found))),
        None => Err(UnknownClass::Example {
            class: known.tag,
            example: example.to_owned(),
            all: tags(known.examples.iter().copied()),
        }),
    }
}

/// The class of an incident: what a person chose, else what the record suggests. An exercise is a
/// test whatever else it plays.
pub(crate) fn of(incident: &IncidentDetail, marks: &Marks, language: Language) -> Classification {
    if incident.incident.drill {
        return classification(TEST, None, FieldState::Known, Vec::new(), language);
    }
    if let Some(mark) = &marks.rsit
        && let Ok((class, example)) = parse(&mark.value)
    {
        let from = vec![Source {
            kind: "person",
            id: Some(format!("rsit version {}", mark.version)),
            hash: None,
            text: format!("{}, {}", mark.recorded_by, mark.recorded_at),
        }];
        return classification(class.tag, example, FieldState::Entered, from, language);
    }
    let (class, example, from) = suggestion(incident);
    classification(class, example, FieldState::Suggested, from, language)
}

fn classification(
    tag: &str,
    example: Option<&str>,
    state: FieldState,
    from: Vec<Source>,
    language: Language,
) -> Classification {
    let class = CLASSES.iter().find(|class| class.tag == tag);
    Classification {
        taxonomy: TAXONOMY,
        class: tag.to_owned(),
        example: example.map(str::to_owned),
        text: class
            .map_or(tag, |it| say(language, it.sv, it.en))
            .to_owned(),
        state,
        from,
    }
}

fn suggestion(incident: &IncidentDetail) -> (&'static str, Option<&'static str>, Vec<Source>) {
    let techniques = &incident.incident.techniques;
    let is_of = |technique: &str, id: &str| {
        technique == id || technique.split('.').next().is_some_and(|own| own == id)
    };
    let by_technique = SUGGESTED
        .iter()
        .find(|(id, ..)| techniques.iter().any(|technique| is_of(technique, id)));
    if let Some((_, class, example)) = by_technique {
        return (class, *example, rule_of(incident).into_iter().collect());
    }
    for (tactic, class) in BY_TACTIC {
        let mut alerts = incident.alerts.iter();
        if let Some(alert) = alerts.find(|alert| alert.tags.iter().any(|tag| tag == tactic)) {
            let from = Source {
                kind: "rule",
                id: Some(alert.rule_id.clone()),
                hash: None,
                text: alert.rule_name.clone(),
            };
            return (class, None, vec![from]);
        }
    }
    let mut facts = incident.facts.iter();
    if let Some(lost) = facts.find(|fact| fact.fact == FactKind::ServiceLost) {
        let from = Source {
            kind: "fact",
            id: Some(lost.id.to_string()),
            hash: None,
            text: format!("{}, {}", lost.fact, lost.recorded_by),
        };
        return ("availability", Some("outage"), vec![from]);
    }
    (OTHER, None, Vec::new())
}

/// The rule that the incident's techniques are from.
pub(super) fn rule_of(incident: &IncidentDetail) -> Option<Source> {
    let id = incident.incident.rule_id.clone()?;
    Some(Source {
        kind: "rule",
        id: Some(id),
        hash: None,
        text: incident.incident.rule_name.clone().unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_and_examples_are_those_of_the_taxonomy() {
        let check = |text: &str, expected: Result<(&str, Option<&str>), &str>| {
            let read = parse(text).map(|(class, example)| (class.tag, example));
            let read = read.map_err(|error| error.to_string());
            assert_eq!(
                read.as_ref()
                    .map_err(|error| error.get(..30).unwrap_or_default()),
                expected.as_ref().map_err(|error| *error),
                "{text}"
            );
        };
        check("availability", Ok(("availability", None)));
        check("availability/outage", Ok(("availability", Some("outage"))));
        check("outage", Err("there is no class `outage` in "));
        check("availability/spam", Err("the class availability has no "));
    }

    #[test]
    fn what_is_suggested_is_in_the_taxonomy() {
        for (technique, class, example) in SUGGESTED {
            let text = match example {
                Some(example) => format!("{class}/{example}"),
                None => class.to_owned(),
            };
            assert!(parse(&text).is_ok(), "{technique}: {text}");
        }
        for (tactic, class) in BY_TACTIC {
            assert!(parse(class).is_ok(), "{tactic}: {class}");
        }
    }
}
