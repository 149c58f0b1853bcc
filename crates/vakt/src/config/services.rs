//! `services:`: what the organisation provides, as what, to how many, and which rules say that it is
//! away; and what the organisation itself is before the law of significance.

use vakt_incident::service::{SERVICE_CHARS_MAX, SERVICE_NAMES_MAX, SERVICES_MAX};
use vakt_incident::significance::{Criteria, Quantity};
use vakt_incident::{Entity, Service};
use vakt_rules::yaml::{Kind, Node};
use vakt_rules::{Report, nearest};

use super::read::{CONFIG_NO_EFFECT, CONFIG_TYPE, CONFIG_VALUE, Section, text};

const NUMBER: &str = "a number of zero or more, such as 1200";

/// The key `services`.
pub(super) fn services(node: &Node<'_>, report: &mut Report<'_>) -> Vec<Service> {
    let Kind::List(items) = &node.kind else {
        report.add(
            &CONFIG_TYPE,
            &node.span,
            "services are a list",
            "write `- name: …` with `entity_types`, `users_eu`, `down` and `up` for each",
        );
        return Vec::new();
    };
    if items.len() > SERVICES_MAX {
        let message = format!(
            "there are {} services; the most is {SERVICES_MAX}",
            items.len()
        );
        report.add(
            &CONFIG_VALUE,
            &node.span,
            message,
            "list those that outages concern",
        );
    }
    let mut known: Vec<Service> = Vec::new();
    for item in items {
        let Some(service) = service(item, report) else {
            continue;
        };
        if known.iter().any(|it| it.name == service.name) {
            let message = format!("there are two services `{}`", service.name);
            report.add(
                &CONFIG_VALUE,
                &item.span,
                message,
                "give one of them another name",
            );
            continue;
        }
        known.push(service);
    }
    known
}

fn service(node: &Node<'_>, report: &mut Report<'_>) -> Option<Service> {
    let mut section = Section::new("services", node, report)?;
    let name = section.required("name", report);
    let entity_types = entity_types(&mut section, report);
    let users_eu = section.parsed("users_eu", NUMBER, report);
    let mut names = |key: &'static str, report: &mut Report<'_>| {
        let nodes = section.list(key);
        let found = nodes.iter().filter_map(|node| text(key, node, report));
        let found: Vec<String> = found.filter(|it| !it.is_empty()).collect();
        if found.len() > SERVICE_NAMES_MAX {
            let message = format!(
                "`{key}` has {} names; {SERVICE_NAMES_MAX} is the most",
                found.len()
            );
            report.add(
                &CONFIG_VALUE,
                &node.span,
                message,
                "make several services of it",
            );
        }
        found
    };
    let customers = names("customers", report);
    let countries = names("countries", report);
    let hosts = names("hosts", report);
    let (down, limited) = (names("down", report), names("limited", report));
    let (slow, up) = (names("slow", report), names("up", report));
    section.finish(report);
    let is_watched = !(down.is_empty() && limited.is_empty() && slow.is_empty());
    if is_watched && up.is_empty() {
        report.add(
            &CONFIG_NO_EFFECT,
            &node.span,
            "rules say that the service is away, and none that it is back: an outage would never end",
            "write `up` with the id of a rule that matches when it works again",
        );
    }
    let name = name?;
    if name.is_empty() || name.chars().count() > SERVICE_CHARS_MAX {
        let message = format!("a service's name has 1 to {SERVICE_CHARS_MAX} characters");
        report.add(
            &CONFIG_VALUE,
            &node.span,
            message,
            "write a short one: it stands in titles",
        );
        return None;
    }
    Some(Service {
        name,
        entity_types,
        users_eu,
        customers,
        countries,
        hosts,
        down,
        limited,
        slow,
        up,
    })
}

/// Ids of types that the data of the criteria has.
fn entity_types(section: &mut Section<'_, '_>, report: &mut Report<'_>) -> Vec<String> {
    let criteria = Criteria::embedded();
    let ids = || criteria.entity_types.iter().map(|it| it.id.as_str());
    let mut known = Vec::new();
    for node in section.list("entity_types") {
        let Some(id) = text("entity_types", node, report) else {
            continue;
        };
        if criteria.entity_type(&id).is_some() {
            known.push(id);
            continue;
        }
        let help = match nearest(&id, ids()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", ids().collect::<Vec<_>>().join(", ")),
        };
        let message = format!("there is no type of entity `{id}`");
        report.add(&CONFIG_VALUE, &node.span, message, help);
    }
    known
}

/// What `organisation` says for the law of significance.
pub(super) fn entity(section: &mut Section<'_, '_>, report: &mut Report<'_>) -> Entity {
    let types = entity_types(section, report);
    let turnover: Option<Quantity> = section.parsed("turnover_eur", NUMBER, report);
    Entity {
        types,
        turnover_eur: turnover,
    }
}

#[cfg(test)]
mod tests {
    use crate::config::schema::{Files, parse};

    fn check(listed: &str, expected: &[&str]) {
        let (_, diagnostics) = parse("vakt.yaml", listed, Files::Untouched);
        let found: Vec<String> = diagnostics
            .iter()
            .map(|one| format!("{}:{} {}", one.line, one.column, one.message))
            .collect();
        assert_eq!(found, expected, "{listed}");
    }

    #[test]
    fn what_is_wrong_is_said_at_its_place() {
        check("services:\n  - {name: a, down: [r], up: [s]}\n", &[]);
        check("services:\n  - {name: a}\n", &[]);
        check(
            "services:\n  - {name: a, entity_types: [mssp, mps]}\n",
            &["2:36 there is no type of entity `mps`"],
        );
        check(
            "services:\n  - {name: a, users_eu: many}\n",
            &["2:25 `users_eu: many` is not a number of zero or more, such as 1200"],
        );
        check(
            "services:\n  - {name: a, down: [r]}\n",
            &[
                "2:5 rules say that the service is away, and none that it is back: an outage would never end",
            ],
        );
        check(
            "services:\n  - {name: a}\n  - {name: a}\n",
            &["3:5 there are two services `a`"],
        );
        check("services: {a: b}\n", &["1:11 services are a list"]);
        check(
            "organisation: {name: a, entity_types: [isp], turnover_eur: -1}\n",
            &[
                "1:40 there is no type of entity `isp`",
                "1:60 `turnover_eur: -1` is not a number of zero or more, such as 1200",
            ],
        );
    }

    #[test]
    fn the_examples_of_the_guide_are_some() {
        let guide = include_str!("../../../../docs/significance.md");
        let examples = guide.split("```yaml\n").skip(1);
        let examples = examples.filter_map(|rest| rest.split_once("```"));
        let mut count = 0;
        for (example, _) in examples.filter(|(example, _)| example.contains("\nservices:")) {
            let (config, diagnostics) = parse("guide", example, Files::Untouched);
            assert!(diagnostics.is_empty(), "{}", diagnostics[0]);
            assert!(!config.services.is_empty());
            assert!(!config.entity.types.is_empty());
            count += 1;
        }
        assert_eq!(count, 1);
    }
}
