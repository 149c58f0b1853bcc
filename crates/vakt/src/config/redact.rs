//! `redact:`: which fields of which streams are left out, masked or hashed for searches.

use vakt_event::alias::canonical;
use vakt_rules::yaml::{Kind, Node};
use vakt_rules::{Report, nearest};

use super::read::{CONFIG_MISSING, CONFIG_NO_EFFECT, CONFIG_TYPE, CONFIG_VALUE, Section, text};
use crate::redact::{Action, FIELDS_MAX, Rule, is_own};

/// Reads the items of `redact:`.
pub(super) fn rules(nodes: &[Node<'_>], streams: &[String], report: &mut Report<'_>) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    for node in nodes {
        if let Some(rule) = rule(node, streams, &rules, report) {
            rules.push(rule);
        }
    }
    let count: usize = rules.iter().map(|rule| rule.fields.len()).sum();
    if let Some(last) = nodes.last()
        && count > FIELDS_MAX
    {
        report.add(
            &CONFIG_VALUE,
            &last.span,
            format!("`redact` names {count} fields; the most is {FIELDS_MAX}"),
            "a field needs to be named once; what holds for all streams needs no `streams`",
        );
    }
    rules
}

fn rule(
    node: &Node<'_>,
    streams: &[String],
    earlier: &[Rule],
    report: &mut Report<'_>,
) -> Option<Rule> {
    let mut section = Section::new("redact", node, report)?;
    let action = action(&mut section, report);
    let is_everywhere = section.get("streams").is_none();
    let named: Vec<String> = section
        .list("streams")
        .iter()
        .filter_map(|node| stream(node, streams, report))
        .collect();
    section.require("fields", report);
    let applies_to = if is_everywhere { streams } else { &named };
    let fields = section
        .list("fields")
        .iter()
        .filter_map(|node| field(node, applies_to, earlier, report))
        .collect();
    if let Some(node) = section.get("fields")
        && matches!(&node.kind, Kind::List(items) if items.is_empty())
    {
        report.add(
            &CONFIG_NO_EFFECT,
            &node.span,
            "this item of `redact` names no field, so that nothing is redacted",
            "write `fields: [user.name, source.ip]`, or remove the item",
        );
    }
    section.finish(report);
    Some(Rule {
        streams: (!is_everywhere).then_some(named),
        fields,
        action: action?,
    })
}

fn action(section: &mut Section<'_, '_>, report: &mut Report<'_>) -> Option<Action> {
    let word = section.required("action", report)?;
    let found = Action::ALL.into_iter().find(|known| known.name() == word);
    if found.is_none()
        && let Some(node) = section.get("action")
    {
        let known = Action::ALL.map(Action::name);
        let help = match nearest(&word, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("an action is one of {}", known.join(", ")),
        };
        let message = format!("there is no action `{word}`");
        report.add(&CONFIG_VALUE, &node.span, message, help);
    }
    found
}

/// A stream of the configuration.
fn stream(node: &Node<'_>, streams: &[String], report: &mut Report<'_>) -> Option<String> {
    let name = text("streams", node, report)?;
    if streams.contains(&name) {
        return Some(name);
    }
    let help = match nearest(&name, streams.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("add `{name}` to `streams:` of the configuration"),
    };
    let message = format!("the stream `{name}` is not listed under `streams:`");
    report.add(&CONFIG_VALUE, &node.span, message, help);
    None
}

/// The canonical name of a field that some event of `streams` may have.
fn field(
    node: &Node<'_>,
    streams: &[String],
    earlier: &[Rule],
    report: &mut Report<'_>,
) -> Option<String> {
    if !matches!(node.kind, Kind::Scalar(_)) {
        report.add(
            &CONFIG_TYPE,
            &node.span,
            "`fields` is a list of the names of fields",
            "write `fields: [user.name, source.ip]`",
        );
        return None;
    }
    let name = text("fields", node, report)?;
    let known = canonical(&name);
    if known.is_empty() {
        report.add(
            &CONFIG_MISSING,
            &node.span,
            "this is no name of a field",
            "write a name such as user.name",
        );
        return None;
    }
    if is_own(known) {
        report.add(
            &CONFIG_VALUE,
            &node.span,
            format!("`{name}` is Vakt's own field and cannot be redacted"),
            "name fields that senders fill, such as user.name; who reads `event.original` is a \
             matter of roles",
        );
        return None;
    }
    let is_covered = |stream: &String| {
        let of_stream = |rule: &&Rule| match &rule.streams {
            None => true,
            Some(streams) => streams.contains(stream),
        };
        let mut rules = earlier.iter().filter(of_stream);
        rules.any(|rule| rule.fields.iter().any(|field| field == known))
    };
    if !streams.is_empty() && streams.iter().all(is_covered) {
        report.add(
            &CONFIG_NO_EFFECT,
            &node.span,
            format!("`{name}` is redacted by an item before this one, which counts"),
            "remove it here, or write the item for fewer streams first",
        );
    }
    Some(known.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::schema::{Files, parse};
    use super::*;

    /// What is wrong with a configuration that has the streams `a` and `b`.
    fn faults(redact: &str) -> Vec<String> {
        let text = format!("streams: [a, b]\nredact:\n{redact}");
        let (_, diagnostics) = parse("vakt.yaml", &text, Files::Untouched);
        diagnostics
            .iter()
            .map(|one| {
                let (line, column) = (one.line, one.column);
                let (name, message) = (&one.name, &one.message);
                let help = &one.help;
                format!("{line}:{column} {name}: {message} ({help})")
            })
            .collect()
    }

    #[test]
    fn what_is_wrong_is_said_at_its_place() {
        let check = |redact: &str, expected: &[&str]| {
            let found = faults(redact);
            assert_eq!(found.len(), expected.len(), "{redact}: {found:#?}");
            for expected in expected {
                let is_said = found.iter().any(|fault| fault.contains(expected));
                assert!(is_said, "{redact}: {expected}: {found:#?}");
            }
        };
        check("  - {fields: [user.name], action: hash}\n", &[]);
        check(
            "  - {fields: [], action: hash}\n",
            &["3:14 config-no-effect: this item of `redact` names no field"],
        );
        check(
            "  - {streams: default, fields: user.name, action: drop}\n",
            &[],
        );
        check(
            "  - {fields: [user.name], action: hsh}\n",
            &["3:35 config-value: there is no action `hsh` (did you mean `hash`?)"],
        );
        check(
            "  - {fields: [user.name], action: encrypt}\n",
            &["an action is one of drop, mask, hash"],
        );
        check(
            "  - {field: [user.name], streams: [c], actions: mask}\n",
            &[
                "needs `action`",
                "`c` is not listed",
                "needs `fields`",
                "did you mean `fields`?",
                "did you mean `action`?",
            ],
        );
        let own = "is Vakt's own field and cannot be redacted";
        check(
            "  - {fields: [event.id, '@timestamp', event.original, event.ingested, vakt.peer, error.message], action: drop}\n",
            &[own; 6],
        );
        check(
            "  - {fields: [[a]], action: drop}\n",
            &["list of the names of fields"],
        );
        check(
            "  - {fields: [''], action: drop}\n",
            &["no name of a field"],
        );
        check("  - user.name\n", &["redact takes a mapping"]);
        // One field under two names, and what an earlier item says already.
        check(
            "  - {streams: [a], fields: [Image], action: drop}\n  \
               - {streams: [a], fields: [process.executable], action: mask}\n",
            &["4:29 config-no-effect: `process.executable` is redacted by an item before this one"],
        );
        check(
            "  - {streams: [a], fields: [Image], action: drop}\n  \
               - {fields: [process.executable], action: mask}\n",
            &[],
        );
        check(
            "  - {fields: [Image], action: drop}\n  \
               - {streams: [b], fields: [Image], action: mask}\n",
            &["config-no-effect"],
        );
        let many: Vec<String> = (0..=FIELDS_MAX)
            .map(|number| format!("f{number}"))
            .collect();
        check(
            &format!("  - {{fields: [{}], action: drop}}\n", many.join(", ")),
            &["`redact` names 257 fields; the most is 256"],
        );
    }

    #[test]
    fn the_examples_of_the_guides_are_some() {
        for guide in [
            include_str!("../../../../docs/privacy.md"),
            include_str!("../../../../docs/configuration.md"),
        ] {
            let (_, rest) = guide.split_once("```yaml\n").unwrap();
            let (example, _) = rest.split_once("```").unwrap();
            let (config, diagnostics) = parse("guide", example, Files::Untouched);
            assert!(diagnostics.is_empty(), "{}", diagnostics[0]);
            assert_eq!(config.redact.len(), 2);
        }
    }

    #[test]
    fn items_are_rules_over_canonical_names() {
        let text = "redact:\n  - {fields: [Image, user.name], action: mask}\n  \
                    - {streams: [default], fields: c-ip, action: hash}\n";
        let (config, diagnostics) = parse("vakt.yaml", text, Files::Untouched);
        assert!(diagnostics.is_empty());
        let rule = |streams: Option<&str>, fields: &[&str], action| Rule {
            streams: streams.map(|stream| vec![stream.to_owned()]),
            fields: fields.iter().map(|field| (*field).to_owned()).collect(),
            action,
        };
        assert_eq!(
            config.redact,
            [
                rule(None, &["process.executable", "user.name"], Action::Mask),
                rule(Some("default"), &["source.ip"], Action::Hash),
            ]
        );
    }
}
