//! The forms of reports on a terminal, and why rules fired.

use anyhow::{Result, bail};
use serde_json::{Map, Value as Json, json};

use super::{ReportOptions, items};
use crate::client::{Client, encoded};
use crate::command::people::text;
use crate::command::{Connection, Global, Outcome};
use crate::output::{Output, Printer, printable, tell};

pub(super) fn report(global: &Global, options: &ReportOptions) -> Result<Outcome> {
    let client = Client::new(global, &options.connection)?;
    let path = format!("/api/v1/incidents/{}/reports/{}", options.id, options.stage);
    let mut query = Vec::new();
    for (name, value) in [("regime", &options.regime), ("party", &options.party)] {
        if let Some(value) = value {
            query.push((name, value.clone()));
        }
    }
    let mut form = client.get(&path, &query)?;
    if !options.texts.is_empty() {
        let body = json!({ "texts": texts(&options.texts, &form)? });
        let query: Vec<String> = query
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        form = client.put(&format!("{path}?{}", query.join("&")), &body)?;
    }
    let mut out = Printer::new();
    match Output::or_by_terminal(global.output)? {
        Output::Json => out.json_pretty(&form)?,
        Output::Ndjson => out.json_line(&form)?,
        Output::Text => {
            for line in form_lines(&form) {
                out.line(&line)?;
            }
        }
    }
    out.flush()?;
    for caution in items(&form, "cautions") {
        tell(&format!("note: {}", text(caution, "text")));
    }
    Ok(Outcome::Done)
}

/// What is written, beside the versions that were read.
fn texts(arguments: &[String], form: &Json) -> Result<Map<String, Json>> {
    let mut texts = Map::new();
    for argument in arguments {
        let Some((name, value)) = argument.split_once('=') else {
            bail!("--set {argument}: write FIELD=TEXT, such as cross_border=Nej");
        };
        let name = name.trim();
        let known = items(form, "fields").find(|field| text(field, "name") == name);
        let version = known.map_or(Json::from(0), |field| field["version"].clone());
        texts.insert(name.to_owned(), json!({"text": value, "version": version}));
    }
    Ok(texts)
}

fn form_lines(form: &Json) -> Vec<String> {
    let term = form["term"].as_str().unwrap_or_else(|| text(form, "stage"));
    let mut lines = vec![format!(
        "{term} ({}, {})",
        text(form, "regime"),
        text(form, "citation")
    )];
    for field in items(form, "fields") {
        let mark = match (text(field, "state"), field["required"] == true) {
            ("empty", true) => "missing",
            (state, true) => state,
            ("empty", false) => "optional",
            (state, false) => state,
        };
        lines.push(String::new());
        lines.push(format!(
            "{} [{}: {mark}]",
            printable(text(field, "label")),
            text(field, "name")
        ));
        let said = text(field, "text").lines();
        lines.extend(said.map(|line| format!("  {}", printable(line))));
        let from: Vec<String> = items(field, "from")
            .map(|source| {
                let id = source["id"].as_str().map(|id| format!(" {id}"));
                let id = id.unwrap_or_default();
                let said = match text(source, "text") {
                    "" => String::new(),
                    said => format!(" ({said})"),
                };
                format!("{}{id}{said}", text(source, "kind"))
            })
            .collect();
        if !from.is_empty() {
            lines.push(format!("    from {}", printable(&from.join("; "))));
        }
    }
    let missing: Vec<&str> = items(form, "missing").filter_map(Json::as_str).collect();
    lines.push(String::new());
    lines.push(match missing.as_slice() {
        [] => "every required field has a text".to_owned(),
        missing => format!("missing: {}", missing.join(", ")),
    });
    lines
}

pub(super) fn why(global: &Global, id: &str, connection: &Connection) -> Result<Outcome> {
    let client = Client::new(global, connection)?;
    let answer = client.get(&format!("/api/v1/incidents/{id}/why"), &[])?;
    let mut out = Printer::new();
    match Output::or_by_terminal(global.output)? {
        Output::Json => out.json_pretty(&answer)?,
        Output::Ndjson => {
            for rule in items(&answer, "rules") {
                out.json_line(rule)?;
            }
        }
        Output::Text => {
            for line in items(&answer, "rules").flat_map(rule_lines) {
                out.line(&line)?;
            }
        }
    }
    out.flush()?;
    Ok(Outcome::Done)
}

fn rule_lines(rule: &Json) -> Vec<String> {
    let mut lines = vec![printable(text(rule, "rule.name"))];
    if rule["loaded"] != true {
        lines.push("  it is no longer loaded: what it asked for is not known any more".to_owned());
        return lines;
    }
    lines.push(format!(
        "  {} as it is loaded now",
        printable(text(rule, "place"))
    ));
    for asks in items(rule, "asks").filter_map(Json::as_str) {
        lines.push(format!("  asks for {}", printable(asks)));
    }
    for input in items(rule, "inputs") {
        lines.push(format!(
            "  {} frozen events match {}",
            input["events"],
            printable(text(input, "rule.name"))
        ));
    }
    for event in items(rule, "events") {
        let matched: Vec<String> = items(event, "matched")
            .map(|pair| format!("{}={}", text(pair, "field"), text(pair, "value")))
            .collect();
        lines.push(format!(
            "    event {} {}: {}",
            text(event, "id"),
            printable(text(event, "rule.name")),
            printable(&matched.join(" "))
        ));
    }
    lines
}
