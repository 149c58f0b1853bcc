//! `vakt incidents assess ID`, `services`, `recurring` and `review-quarter`: what the daemon keeps of
//! significance.

use anyhow::{Result, bail};
use serde_json::{Value as Json, json};
use vakt_incident::significance::Quantity;

use super::items;
use crate::client::{Client, encoded};
use crate::command::people::text;
use crate::command::{Connection, Global, Outcome};
use crate::output::{Output, Printer, printable, tell};

/// What is answered about an incident.
pub(super) struct Answering<'a> {
    pub(super) id: &'a str,
    /// `INPUT=VALUE`.
    pub(super) set: &'a [String],
    pub(super) source: Option<&'a str>,
    pub(super) service: Option<&'a str>,
    pub(super) party: Option<&'a str>,
}

pub(super) fn assess(
    global: &Global,
    answering: &Answering<'_>,
    connection: &Connection,
) -> Result<Outcome> {
    let client = Client::new(global, connection)?;
    let path = format!("/api/v1/incidents/{}/significance", encoded(answering.id));
    let mut query = Vec::new();
    if let Some(party) = answering.party {
        query.push(("party", party.to_owned()));
    }
    let mut found = client.get(&path, &query)?;
    if !answering.set.is_empty() {
        let answers = answering.set.iter().map(|argument| {
            let Some((input, value)) = argument.split_once('=') else {
                bail!("--set {argument}: write INPUT=VALUE, such as users_limited=21");
            };
            Ok(json!({
                "input": input.trim(),
                "value": value.trim(),
                "source": answering.source,
                "service": answering.service,
            }))
        });
        let body = json!({
            "answers": answers.collect::<Result<Vec<_>>>()?,
            "party": answering.party,
            "expected_revision": found["revision"],
        });
        found = client.put(&path, &body)?;
    }
    print(global, &found, &lines(&found))
}

pub(super) fn services(global: &Global, connection: &Connection) -> Result<Outcome> {
    let answer = Client::new(global, connection)?.get("/api/v1/services", &[])?;
    let mut lines = Vec::new();
    for service in items(&answer, "services") {
        let types: Vec<&str> = items(service, "looked_at_as")
            .filter_map(Json::as_str)
            .collect();
        lines.push(format!(
            "{} ({})",
            printable(text(service, "name")),
            types.join(", ")
        ));
        lines.extend(items(service, "outages").flat_map(outage_lines));
    }
    if lines.is_empty() {
        lines.push("the configuration has no services".to_owned());
    }
    print(global, &answer, &lines)
}

pub(super) fn recurring(global: &Global, connection: &Connection) -> Result<Outcome> {
    let found = Client::new(global, connection)?.get("/api/v1/recurring", &[])?;
    let mut lines = Vec::new();
    for cause in items(&found, "causes") {
        let together = match text(cause, "outcome") {
            "met" => "significant together",
            "not_met" => "not significant together",
            _ => "open",
        };
        lines.push(format!(
            "{}: {together}, EUR {}",
            printable(text(cause, "root_cause")),
            text(cause, "loss_eur")
        ));
        let missing: Vec<&str> = items(cause, "missing").filter_map(Json::as_str).collect();
        if !missing.is_empty() {
            lines.push(format!("  needs {}", missing.join(", ")));
        }
        lines.extend(items(cause, "members").map(member_line));
    }
    if lines.is_empty() {
        lines.push("no root cause has more than one incident within six months".to_owned());
    }
    let unknown = items(&found, "without_cause").map(member_line);
    let alone = items(&found, "alone").map(alone_line);
    for (heading, listed) in [
        ("without a root cause:", unknown.collect::<Vec<String>>()),
        (
            "alone with a root cause, which others may call otherwise:",
            alone.collect(),
        ),
    ] {
        if !listed.is_empty() {
            lines.push(heading.to_owned());
            lines.extend(listed);
        }
    }
    lines.push(
        match (found["reviewed"] == true, found["review_by"].as_str()) {
            (true, _) => format!("{} is reviewed", text(&found, "quarter")),
            (false, Some(by)) => format!("{} is to be reviewed by {by}", text(&found, "quarter")),
            (false, None) => format!(
                "{} was before anything was recorded",
                text(&found, "quarter")
            ),
        },
    );
    print(global, &found, &lines)
}

pub(super) fn review(
    global: &Global,
    quarter: &str,
    by: &str,
    note: Option<&str>,
    connection: &Connection,
) -> Result<Outcome> {
    let body = json!({ "quarter": quarter, "by": by, "note": note });
    let review = Client::new(global, connection)?.post("/api/v1/quarter-reviews", &body)?;
    let line = format!(
        "{} signed by {}; BLAKE3 of what there was to see: {}",
        text(&review, "quarter"),
        printable(text(&review, "signed_by")),
        text(&review, "hash")
    );
    print(global, &review, &[line])
}

fn print(global: &Global, answer: &Json, lines: &[String]) -> Result<Outcome> {
    let mut out = Printer::new();
    match Output::or_by_terminal(global.output)? {
        Output::Json => out.json_pretty(answer)?,
        Output::Ndjson => out.json_line(answer)?,
        Output::Text => {
            for line in lines {
                out.line(line)?;
            }
        }
    }
    out.flush()?;
    if answer["outcome"] == "met" && matches!(text(answer, "state"), "draft" | "assessing") {
        tell(
            "note: a criterion is met; awareness is yours to declare: vakt incidents fact ID aware",
        );
    }
    Ok(Outcome::Done)
}

fn lines(found: &Json) -> Vec<String> {
    let mut lines = Vec::new();
    for service in items(found, "services") {
        lines.push(format!("service {}", printable(text(service, "name"))));
        lines.extend(items(service, "outages").flat_map(outage_lines));
    }
    for criterion in items(found, "criteria") {
        lines.extend(criterion_lines(criterion));
    }
    for met in items(found, "met") {
        let of = met["service"]
            .as_str()
            .map(|it| format!(" of {}", printable(it)));
        lines.push(format!(
            "{}{} met at {} (fact {}, {})",
            met["criterion"].as_str().unwrap_or("a criterion"),
            of.unwrap_or_default(),
            text(met, "at"),
            met["fact"],
            printable(text(met, "recorded_by"))
        ));
    }
    let cause = &found["root_cause"];
    if let Some(words) = cause["value"].as_str() {
        lines.push(format!(
            "root cause: {} ({}, {})",
            printable(words),
            printable(text(cause, "recorded_by")),
            printable(text(cause, "source"))
        ));
    }
    lines.push(String::new());
    lines.push(
        match text(found, "outcome") {
            "met" => "significant: a criterion is met",
            "not_met" => "not significant: no criterion is met",
            _ => "open: no criterion is met, and some wait for an answer",
        }
        .to_owned(),
    );
    lines.push(format!(
        "data of {}; not legal advice, and no declaration of awareness",
        text(found, "version")
    ));
    lines
}

fn criterion_lines(criterion: &Json) -> Vec<String> {
    let outcome = text(criterion, "outcome").replace('_', " ");
    let service = criterion["service"].as_str();
    let mut lines = vec![format!(
        "{outcome:8} {:8} {} {}{}",
        text(criterion, "criterion"),
        text(criterion, "citation"),
        text(criterion, "en"),
        service
            .map(|it| format!(", {}", printable(it)))
            .unwrap_or_default()
    )];
    for used in items(criterion, "from") {
        let value = match &used["value"] {
            Json::Bool(true) => "yes".to_owned(),
            Json::Bool(false) => "no".to_owned(),
            other => other.as_str().unwrap_or_default().to_owned(),
        };
        lines.push(format!(
            "           {} {value}: {}, {}",
            text(used, "input"),
            printable(text(used, "by")),
            printable(text(used, "source"))
        ));
    }
    let missing: Vec<&str> = items(criterion, "missing")
        .filter_map(Json::as_str)
        .collect();
    if !missing.is_empty() {
        lines.push(format!("           needs {}", missing.join(", ")));
    }
    lines
}

fn outage_lines(outage: &Json) -> Vec<String> {
    let lasting = |name: &str| {
        let counted = outage["counted"][name].as_str().unwrap_or("0");
        counted
            .parse::<Quantity>()
            .map_or_else(|_| counted.to_owned(), |it| it.as_duration())
    };
    let (whole, overrun) = (lasting("whole"), lasting("overrun"));
    let beyond = match whole == overrun {
        true => String::new(),
        false => format!("; beyond planned work {overrun}"),
    };
    let mut lines = vec![format!(
        "  {} from {} to {}: {whole}{beyond}",
        text(outage, "kind"),
        text(outage, "from"),
        outage["until"].as_str().unwrap_or("now")
    )];
    for timer in items(outage, "timers") {
        let other = match timer["at_by_overrun"].as_str() {
            Some(at) if at == text(timer, "at") => String::new(),
            Some(at) => format!(" (by the overrun alone {at})"),
            None => " (by the overrun alone not at all)".to_owned(),
        };
        let missing: Vec<&str> = items(timer, "missing").filter_map(Json::as_str).collect();
        let missing = match missing.is_empty() {
            true => String::new(),
            false => format!(", if {} say so", missing.join(", ")),
        };
        lines.push(format!(
            "    {} at {}{other}{missing}",
            text(timer, "criterion"),
            text(timer, "at")
        ));
    }
    lines
}

fn member_line(member: &Json) -> String {
    let loss = member["loss_eur"].as_str().map(|it| format!(", EUR {it}"));
    format!(
        "  {} {} {}{}",
        member["number"],
        text(member, "day"),
        printable(text(member, "title")),
        loss.unwrap_or_default()
    )
}

/// With the root cause that only this incident has.
fn alone_line(member: &Json) -> String {
    format!(
        "{}: {}",
        member_line(member),
        printable(text(member, "root_cause"))
    )
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use vakt_incident::answer::NewAnswers;

    use crate::command::Cli;
    use crate::command::guide::words;

    const GUIDE: &str = include_str!("../../../../../docs/significance.md");

    /// The examples of a kind, as they stand in the guide.
    fn examples(kind: &str) -> Vec<&'static str> {
        let rest = GUIDE.split(kind).skip(1);
        let found = rest.filter_map(|rest| rest.split_once("```"));
        found.map(|(example, _)| example).collect()
    }

    #[test]
    fn the_commands_bodies_and_rules_of_the_guide_are_understood() {
        let commands = examples("```sh\n").concat();
        let lines: Vec<&str> = commands.lines().collect();
        assert_eq!(lines.len(), 11);
        for line in lines {
            let parsed = Cli::try_parse_from(words(line));
            assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
        }
        let body: NewAnswers = serde_json::from_str(examples("```json\n")[0]).unwrap();
        assert_eq!((body.answers.len(), body.expected_revision), (3, Some(12)));
        let rules = examples("```yaml\n");
        let rule = rules.iter().find(|it| it.contains("detection:")).unwrap();
        let settings = crate::ruleset::RuleSettings::default();
        let none = crate::ruleset::Ruleset::load(&settings).unwrap();
        let ruleset = none.of_text(&settings, "guide", rule);
        assert_eq!(ruleset.metas().count(), 1);
    }
}
