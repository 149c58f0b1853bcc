//! An incident as a person reads it.

use anyhow::Result;
use serde_json::Value as Json;

use super::{in_zone_of, items, local_words, titled, when};
use crate::command::people::{aligned, text};
use crate::command::{Global, Outcome};
use crate::output::{Output, Printer, printable};

/// Lines of evidence that are shown to a person.
const EVIDENCE_LINES: usize = 20;

/// When, what, who says so, who recorded it, and what else was said.
fn fact_line(fact: &Json, incident: &Json) -> String {
    let (by, recorded_by) = (text(fact, "by"), text(fact, "recorded_by"));
    let mut line = format!(
        "{}  {}",
        in_zone_of(incident, text(fact, "at")),
        text(fact, "fact")
    );
    if let Some(report) = fact["report"].as_str() {
        line.push_str(&format!(" {report}"));
    }
    line.push_str("  ");
    if !by.is_empty() && by != recorded_by {
        line.push_str(&format!("by {by}, "));
    }
    line.push_str(&format!("recorded by {recorded_by}"));
    match text(fact, "party") {
        "" | "own" => {}
        party => line.push_str(&format!("  for {party}")),
    }
    for (name, before) in [("revises", "corrects "), ("approves", "approves ")] {
        if let Some(id) = fact[name].as_i64() {
            line.push_str(&format!("  {before}{id}"));
        }
    }
    for (name, before) in [
        ("reference", "reference "),
        ("into", "into "),
        ("reason", ""),
    ] {
        if let Some(value) = fact[name].as_str() {
            line.push_str(&format!("  {before}{value}"));
        }
    }
    line
}

pub(super) fn show(global: &Global, incident: &Json) -> Result<Outcome> {
    let mut out = Printer::new();
    match Output::or_by_terminal(global.output)? {
        Output::Json => out.json_pretty(incident)?,
        Output::Ndjson => out.json_line(incident)?,
        Output::Text => {
            for line in heading(incident) {
                out.line(&line)?;
            }
            section(&mut out, "Clocks", &clock_lines(&incident["clocks"]))?;
            section(
                &mut out,
                "Earlier clocks",
                &clock_lines(&incident["history"]),
            )?;
            section(
                &mut out,
                "Targets (ours, no legal deadlines)",
                &targets(incident),
            )?;
            section(&mut out, "Facts", &facts(incident))?;
            section(&mut out, "Waiting for a second person", &waiting(incident))?;
            evidence(&mut out, incident)?;
        }
    }
    out.flush()?;
    Ok(Outcome::Done)
}

/// A title and its lines, where there are any.
fn section(out: &mut Printer, title: &str, lines: &[String]) -> Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    out.line("")?;
    out.line(title)?;
    for line in lines {
        out.line(line)?;
    }
    Ok(())
}

fn heading(incident: &Json) -> Vec<String> {
    let mut lines = vec![printable(&titled(incident)), String::new()];
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            lines.push(format!("  {name:<20} {}", printable(value)));
        }
    };
    for pointer in [
        "/id",
        "/state",
        "/party",
        "/rule.name",
        "/entity",
        "/detected_at",
        "/first_event/claimed",
        "/first_event/received",
        "/merged_into",
    ] {
        let value = incident.pointer(pointer).and_then(Json::as_str);
        let name = pointer
            .trim_start_matches('/')
            .replace(['/', '_', '.'], " ");
        let shown = value.map(|value| in_zone_of(incident, value));
        line(&name, &shown.unwrap_or_default());
    }
    line("revision", &incident["revision"].to_string());
    line("regimes", &words(&incident["regimes"]));
    line("parts", &words(&incident["members"]));
    line("ATT&CK", &words(&incident["techniques"]));
    lines
}

fn clock_lines(clocks: &Json) -> Vec<String> {
    let rows: Vec<Vec<String>> = clocks
        .as_array()
        .into_iter()
        .flatten()
        .map(|clock| {
            let party = match text(clock, "party") {
                "own" => String::new(),
                party => format!("for {party}"),
            };
            vec![
                format!("  {}", text(clock, "regime")),
                text(clock, "stage").to_owned(),
                printable(&party),
                text(clock, "state").to_owned(),
                when(clock),
                remark(clock),
            ]
        })
        .collect();
    aligned(&rows)
}

/// What else is to know of a clock: its local time, that no receipt is there, why it was late.
fn remark(clock: &Json) -> String {
    let mut remarks: Vec<String> = local_words(clock).into_iter().collect();
    if clock["unconfirmed"] == true {
        remarks.push("unconfirmed: no reference".to_owned());
    }
    if let Some(reason) = clock["late_reason"].as_str() {
        remarks.push(printable(&format!("late: {reason}")));
    }
    if let Some(version) = clock["regimes_version"].as_str() {
        remarks.push(printable(&format!("by the data of {version}")));
    }
    remarks.join("; ")
}

fn targets(incident: &Json) -> Vec<String> {
    let rows: Vec<Vec<String>> = items(incident, "targets")
        .map(|target| {
            vec![
                format!("  {}", text(target, "target")),
                text(target, "state").to_owned(),
                in_zone_of(incident, text(target, "due")),
            ]
        })
        .collect();
    aligned(&rows)
}

fn facts(incident: &Json) -> Vec<String> {
    let width = items(incident, "facts")
        .map(|fact| fact["id"].to_string().len())
        .max()
        .unwrap_or_default();
    items(incident, "facts")
        .map(|fact| {
            format!(
                "  {:>width$}  {}",
                fact["id"],
                printable(&fact_line(fact, incident))
            )
        })
        .collect()
}

fn waiting(incident: &Json) -> Vec<String> {
    items(incident, "waiting")
        .map(|it| {
            let (what, by) = (text(it, "what"), text(it, "proposed_by"));
            let line = format!("{}  {what}; proposed by {by}", it["fact"]);
            format!("  {}", printable(&line))
        })
        .collect()
}

fn evidence(out: &mut Printer, incident: &Json) -> Result<()> {
    let count = incident["evidence"].as_array().map_or(0, Vec::len);
    out.line("")?;
    out.line(&format!(
        "Evidence ({count} of {} events held)",
        incident["evidence_total"]
    ))?;
    if let Some(note) = incident["evidence_note"].as_str() {
        out.line(&format!("  {note}"))?;
    }
    for event in items(incident, "evidence").take(EVIDENCE_LINES) {
        let line = crate::command::search::one_line(&event["fields"]);
        let received = in_zone_of(incident, text(event, "received"));
        out.line(&format!("  received {received}  {line}"))?;
    }
    if count > EVIDENCE_LINES {
        let more = count - EVIDENCE_LINES;
        out.line(&format!("  and {more} more; --output json shows all"))?;
    }
    Ok(())
}

fn words(list: &Json) -> String {
    let words: Vec<_> = list
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .collect();
    words.join(", ")
}
