//! An incident as a bundle of STIX 2.1 (OASIS), for those who exchange threat information.
//!
//! The same record gives the same bundle, byte for byte: identifiers are made of what they name
//! (`stix/id.rs`), and `modified` is the time of the record's last change. No custom objects or
//! properties are used; the marking is TLP 2.0 by the extension that OASIS publishes. What may name a
//! person is in it where a person included it, as in the reports.

mod id;
mod observable;

use serde_json::{Value, json};
use vakt_event::Timestamp;

use crate::document::{Document, Making, Tlp, rsit};
use crate::form::{Observable, Observables};
use crate::regime::Language;

use id::{ObjectId, of_bundle};
use observable::Pattern;

/// The extension for TLP 2.0 among the common objects of the OASIS committee.
const TLP_EXTENSION: &str = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d";

/// When the committee made the markings of TLP 2.0.
const TLP_CREATED: &str = "2022-10-01T00:00:00.000Z";

/// Of identities and techniques, which are the same in every bundle.
const FIXED_CREATED: &str = "2026-01-01T00:00:00.000Z";

/// The bundle of an incident.
pub fn bundle(making: &Making<'_>) -> Value {
    Builder::new(making).build()
}

struct Builder<'a> {
    making: &'a Making<'a>,
    tlp: Tlp,
    created: String,
    modified: String,
    identity: String,
    objects: Vec<Value>,
}

impl<'a> Builder<'a> {
    fn new(making: &'a Making<'a>) -> Self {
        let incident = &making.sources.incident.incident;
        let name = organisation(making);
        Self {
            making,
            tlp: Document::marking_of(making.marks),
            created: instant(incident.opened_at),
            modified: instant(last_change(making)),
            identity: ObjectId::shared("identity", name).to_string(),
            objects: Vec::new(),
        }
    }

    fn build(mut self) -> Value {
        let name = organisation(self.making);
        let identity = json!({
            "type": "identity",
            "spec_version": "2.1",
            "id": self.identity,
            "created": FIXED_CREATED,
            "modified": FIXED_CREATED,
            "name": name,
            "identity_class": "organization",
        });
        self.objects.push(identity);
        let incident = self.incident();
        let techniques = self.techniques(&incident);
        let found = Observables::of(
            &self.making.sources.incident.evidence,
            self.making.sources.included,
        );
        for observable in &found.listed {
            if let Some(pattern) = Pattern::of(observable) {
                self.observable(observable, &pattern, &techniques);
            }
        }
        self.grouping();
        let marking = self.marking();
        self.objects.insert(0, marking);
        let incident = &self.making.sources.incident.incident;
        json!({
            "type": "bundle",
            "id": of_bundle(&incident.id, &self.modified),
            "objects": self.objects,
        })
    }

    fn marking(&self) -> Value {
        let (id, level) = marking(self.tlp);
        json!({
            "type": "marking-definition",
            "spec_version": "2.1",
            "id": id,
            "created": TLP_CREATED,
            "name": self.tlp.label(),
            "extensions": {
                TLP_EXTENSION: { "extension_type": "property-extension", "tlp_2_0": level },
            },
        })
    }

    /// An object of ours, with the members that all of them have.
    fn add(&mut self, kind: &str, key: &str, members: Value) -> String {
        let incident = &self.making.sources.incident.incident;
        let id = ObjectId::of_incident(kind, &incident.id, key).to_string();
        let mut object = json!({
            "type": kind,
            "spec_version": "2.1",
            "id": id,
            "created_by_ref": self.identity,
            "created": self.created,
            "modified": self.modified,
        });
        if let (Some(object), Value::Object(members)) = (object.as_object_mut(), members) {
            object.extend(members);
            object.insert("object_marking_refs".into(), json!([marking(self.tlp).0]));
        }
        self.objects.push(object);
        id
    }

    fn relate(&mut self, from: &str, kind: &str, to: &str) {
        let members = json!({
            "relationship_type": kind,
            "source_ref": from,
            "target_ref": to,
        });
        self.add("relationship", &format!("{from} {kind} {to}"), members);
    }

    /// The title may name a user; the rule, the class and the number do not.
    fn incident(&mut self) -> String {
        let detail = self.making.sources.incident;
        let incident = &detail.incident;
        let class = rsit::of(detail, self.making.marks, Language::En);
        let what = incident.rule_name.clone();
        let what = what.unwrap_or_else(|| format!("Incident {}", incident.number));
        let name = match incident.drill {
            true => format!("EXERCISE: {what}"),
            false => what,
        };
        let tag = match &class.example {
            Some(example) => format!("rsit:{}=\"{example}\"", class.class),
            None => format!("rsit:{}", class.class),
        };
        let members = json!({
            "name": name,
            "description": format!(
                "Incident {} of {}, detected at {}. {}: {}.",
                incident.number,
                organisation(self.making),
                instant(incident.detected_at),
                class.taxonomy,
                class.text
            ),
            "labels": [tag],
            "external_references": [{ "source_name": "vakt", "external_id": incident.id }],
        });
        self.add("incident", "incident", members)
    }

    /// Answers the ids of the techniques.
    fn techniques(&mut self, incident: &str) -> Vec<String> {
        let techniques = self.making.sources.incident.incident.techniques.clone();
        let mut ids = Vec::new();
        for technique in techniques {
            let id = ObjectId::shared("attack-pattern", &technique).to_string();
            let path = technique.replace('.', "/");
            self.objects.push(json!({
                "type": "attack-pattern",
                "spec_version": "2.1",
                "id": id,
                "created_by_ref": self.identity,
                "created": FIXED_CREATED,
                "modified": FIXED_CREATED,
                "name": technique,
                "external_references": [{
                    "source_name": "mitre-attack",
                    "external_id": technique,
                    "url": format!("https://attack.mitre.org/techniques/{path}/"),
                }],
            }));
            self.relate(incident, "related-to", &id);
            ids.push(id);
        }
        ids
    }

    fn observable(&mut self, it: &Observable, pattern: &Pattern, techniques: &[String]) {
        let mut seen = pattern.object.clone();
        let seen_id = seen["id"].as_str().unwrap_or_default().to_owned();
        seen["object_marking_refs"] = json!([marking(self.tlp).0]);
        // One value in two fields is one object.
        if !self.objects.iter().any(|known| known["id"] == seen["id"]) {
            self.objects.push(seen);
        }
        let key = format!("{} {}", it.field, it.value);
        let (first, last) = (instant(it.first), instant(it.last));
        let observed = json!({
            "first_observed": first,
            "last_observed": last,
            "number_observed": it.events,
            "object_refs": [seen_id],
        });
        let observed = self.add("observed-data", &key, observed);
        let kind = match techniques.is_empty() {
            true => "unknown",
            false => "malicious-activity",
        };
        let indicator = json!({
            "name": format!("{} {}", it.field, it.value),
            "description": format!(
                "Seen in {} events of incident {}.",
                it.events, self.making.sources.incident.incident.number
            ),
            "indicator_types": [kind],
            "pattern": pattern.pattern,
            "pattern_type": "stix",
            "valid_from": first,
        });
        let indicator = self.add("indicator", &key, indicator);
        let sighting = json!({
            "first_seen": first,
            "last_seen": last,
            "count": it.events,
            "sighting_of_ref": indicator,
            "observed_data_refs": [observed],
            "where_sighted_refs": [self.identity],
        });
        self.add("sighting", &key, sighting);
        self.relate(&indicator, "based-on", &observed);
        for technique in techniques {
            self.relate(&indicator, "indicates", technique);
        }
    }

    /// What belongs together.
    fn grouping(&mut self) {
        let ids = self.objects.iter().map(|object| object["id"].clone());
        let members = json!({
            "name": format!("Incident {}", self.making.sources.incident.incident.number),
            "context": "suspicious-activity",
            "object_refs": ids.collect::<Vec<_>>(),
        });
        self.add("grouping", "grouping", members);
    }
}

fn organisation<'a>(making: &Making<'a>) -> &'a str {
    let organisation = making.sources.organisation;
    organisation.map_or("(organisation not configured)", |it| it.name.as_str())
}

/// When anything of what a bundle tells was new.
fn last_change(making: &Making<'_>) -> Timestamp {
    let detail = making.sources.incident;
    let facts = detail.facts.iter().map(|fact| fact.recorded_at);
    let events = detail.evidence.iter().map(|event| event.received);
    let included = making.sources.included.iter().map(|it| it.recorded_at);
    let marks = [&making.marks.tlp, &making.marks.rsit];
    let marks = marks.into_iter().flatten().map(|mark| mark.recorded_at);
    let all = facts.chain(events).chain(included).chain(marks);
    all.fold(detail.incident.opened_at, Timestamp::max)
}

/// The id of a marking as OASIS published it, and its level.
fn marking(tlp: Tlp) -> (&'static str, &'static str) {
    match tlp {
        Tlp::Red => (
            "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
            "red",
        ),
        Tlp::AmberStrict => (
            "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
            "amber+strict",
        ),
        Tlp::Amber => (
            "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
            "amber",
        ),
        Tlp::Green => (
            "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
            "green",
        ),
        Tlp::Clear => (
            "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
            "clear",
        ),
    }
}

/// RFC 3339 in UTC to the millisecond, as STIX wants it (section 3.2).
fn instant(at: Timestamp) -> String {
    at.to_jiff().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}
