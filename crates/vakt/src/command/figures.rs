//! `vakt figures`: how soon incidents were seen, known and reported, and what rules were worth.

use anyhow::Result;
use clap::Args;
use serde_json::Value as Json;

use super::people::{aligned, text};
use super::suppressions::shown;
use super::{Connection, Global, Outcome};
use crate::client::{Client, encoded};
use crate::output::{Form, Printer, printable};

#[derive(Args, Debug)]
pub struct Options {
    /// 2026-Q3, 2026-11, 2026-W48, 2026, or FROM..UNTIL (UNTIL is not in it) [default: the last that is
    /// over: a quarter for board, a week for it, else a month]
    #[arg(long, value_name = "PERIOD")]
    period: Option<String>,
    /// board, ciso or it [default: everything]
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// Only this stream
    #[arg(long, value_name = "STREAM")]
    stream: Option<String>,
    #[command(flatten)]
    connection: Connection,
}

const PATH: &str = "/api/v1/figures";

pub(super) fn run(global: &Global, options: &Options) -> Result<Outcome> {
    let asked = [
        ("period", &options.period),
        ("role", &options.role),
        ("stream", &options.stream),
    ];
    let asked = asked.into_iter();
    let query: Vec<(&str, String)> = asked
        .filter_map(|(name, value)| Some((name, value.clone()?)))
        .collect();
    let client = Client::new(global, &options.connection)?;
    if global.output == Some(Form::Csv) {
        return sheet(&client, PATH, &query);
    }
    let answer = client.get(PATH, &query)?;
    shown(global, &answer, |out| figures(out, &answer))
}

/// Prints what the daemon gives as CSV.
pub(super) fn sheet(client: &Client, path: &str, query: &[(&str, String)]) -> Result<Outcome> {
    let mut path = format!("{path}?format=csv");
    for (name, value) in query {
        path.push_str(&format!("&{name}={}", encoded(value)));
    }
    let mut out = Printer::new();
    out.raw(&client.text(&path)?)?;
    out.flush()?;
    Ok(Outcome::Done)
}

fn figures(out: &mut Printer, answer: &Json) -> Result<()> {
    let period = &answer["period"];
    let so_far = if period["is_over"] == true {
        ""
    } else {
        ", so far"
    };
    out.line(&format!(
        "{}  {} to {}{so_far}",
        text(period, "name"),
        text(period, "from"),
        text(period, "until"),
    ))?;
    let (real, before) = (&answer["real"], &answer["real_before"]);
    let mut rows = vec![row("", "value", text(&answer["before"], "name"))];
    incidents(&mut rows, &real["incidents"], &before["incidents"]);
    for (name, figure) in [
        ("from the beginning to detection", "to_detect"),
        ("from detection to awareness", "to_awareness"),
    ] {
        let (found, earlier) = (&real["times"][figure], &before["times"][figure]);
        rows.push(row(name, &spread(found), &spread(earlier)));
    }
    reports(&mut rows, real, before);
    alerts(&mut rows, &real["alerts"], &before["alerts"]);
    for line in aligned(&rows) {
        out.line(&line)?;
    }
    rules(out, real)?;
    coverage(out, &answer["coverage"])?;
    let drills = &answer["drills"]["incidents"]["detected"]["count"];
    out.line(&format!("drills, in none of the above: {drills}"))?;
    Ok(())
}

fn row(name: &str, value: &str, before: &str) -> Vec<String> {
    vec![name.to_owned(), value.to_owned(), before.to_owned()]
}

fn incidents(rows: &mut Vec<Vec<String>>, found: &Json, before: &Json) {
    let counted = |of: &Json| count(&of["count"]);
    for (name, figure) in [
        ("incidents detected", "detected"),
        ("still open", "still_open"),
    ] {
        rows.push(row(
            name,
            &counted(&found[figure]),
            &counted(&before[figure]),
        ));
    }
    for part in ["by_class", "by_state", "by_origin", "by_level", "by_stream"] {
        for one in found[part].as_array().into_iter().flatten() {
            let mut earlier = before[part].as_array().into_iter().flatten();
            let earlier = earlier.find(|it| it["name"] == one["name"]);
            let name = format!(
                "  {} {}",
                part.replace('_', " "),
                printable(text(one, "name"))
            );
            rows.push(row(
                &name,
                &counted(one),
                &earlier.map_or("-".to_owned(), counted),
            ));
        }
    }
}

fn reports(rows: &mut Vec<Vec<String>>, real: &Json, before: &Json) {
    let mut add = |name: &str, found: &Json, before: &Json| {
        let told = |of: &Json| {
            if !of.is_object() {
                return "-".to_owned();
            }
            let count = |figure: &str| count(&of[figure]["count"]);
            format!(
                "{} due, {} on time, {} late, {} overdue, {} running",
                count("due"),
                count("on_time"),
                count("late"),
                count("overdue"),
                count("running")
            )
        };
        rows.push(row(name, &told(found), &told(before)));
        if found["to_submit"]["median_seconds"].is_number() {
            let used = |of: &Json| match of["median_time_used"].as_f64() {
                Some(share) => format!(
                    "{}, {:.0} % of the time",
                    spread(&of["to_submit"]),
                    share * 100.0
                ),
                None => spread(&of["to_submit"]),
            };
            rows.push(row("  to submit", &used(found), &used(before)));
        }
    };
    add("reports", &real["reports"], &before["reports"]);
    for one in real["by_report"].as_array().into_iter().flatten() {
        let mut earlier = before["by_report"].as_array().into_iter().flatten();
        let same = |it: &&Json| it["regime"] == one["regime"] && it["stage"] == one["stage"];
        let earlier = earlier.find(same).unwrap_or(&Json::Null);
        add(
            &format!("{} {}", text(one, "regime"), text(one, "stage")),
            one,
            earlier,
        );
    }
}

fn alerts(rows: &mut Vec<Vec<String>>, found: &Json, before: &Json) {
    if !found.is_object() {
        return;
    }
    for figure in ["alerts", "matches", "suppressed", "in_maintenance"] {
        let name = figure.replace('_', " ");
        rows.push(row(&name, &count(&found[figure]), &count(&before[figure])));
    }
    for level in found["by_level"].as_array().into_iter().flatten() {
        let mut earlier = before["by_level"].as_array().into_iter().flatten();
        let earlier = earlier.find(|it| it["level"] == level["level"]);
        let before = earlier.map_or("-".to_owned(), |it| count(&it["alerts"]));
        let name = format!("  alerts {}", text(level, "level"));
        rows.push(row(&name, &count(&level["alerts"]), &before));
    }
    if found["incomplete"] == true {
        rows.push(row(
            "  too low: alerts of the period were removed to make room",
            "",
            "",
        ));
    }
}

fn rules(out: &mut Printer, real: &Json) -> Result<()> {
    let rules = real["rules"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    if rules.is_empty() {
        return Ok(());
    }
    let names = [
        "dismissed",
        "of decided",
        "drafts",
        "alerts",
        "suppressed",
        "rule",
    ];
    let mut rows = vec![names.map(str::to_owned).to_vec()];
    for rule in rules {
        let name = rule["rule.name"].as_str().unwrap_or(text(rule, "rule.id"));
        let share = match rule["dismissed_share"].as_f64() {
            Some(share) => format!("{} ({:.0} %)", rule["decided"], share * 100.0),
            None => "-".to_owned(),
        };
        rows.push(vec![
            count(&rule["dismissed"]["count"]),
            share,
            count(&rule["drafts"]["count"]),
            count(&rule["alerts"]),
            count(&rule["suppressed"]),
            printable(name),
        ]);
    }
    for line in aligned(&rows) {
        out.line(&line)?;
    }
    Ok(())
}

fn coverage(out: &mut Printer, found: &Json) -> Result<()> {
    if found.is_object() {
        out.line(&format!(
            "logging now: {} of {} expected kinds received, {} silent, {} missing with and {} without a \
             reason; {} of {} assets silent",
            found["received"],
            found["expected"],
            found["silent"],
            found["gaps_with_reason"],
            found["gaps_without_reason"],
            found["assets_silent"],
            found["assets"],
        ))?;
    }
    Ok(())
}

fn count(value: &Json) -> String {
    match value.as_u64() {
        Some(number) => number.to_string(),
        None => "-".to_owned(),
    }
}

/// `median 2h5m, 90th percentile 26h0m (of 7, 2 not known)`
fn spread(of: &Json) -> String {
    if !of.is_object() {
        return "-".to_owned();
    }
    let unknown = match of["unknown"].as_u64() {
        None | Some(0) => String::new(),
        Some(unknown) => format!(", {unknown} not known"),
    };
    let seconds = |name: &str| of[name].as_i64().map(duration);
    match (seconds("median_seconds"), seconds("p90_seconds")) {
        (Some(median), Some(p90)) => format!(
            "median {median}, 90th percentile {p90} (of {}{unknown})",
            of["of"]["count"]
        ),
        _ => format!("nothing known{unknown}"),
    }
}

fn duration(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m{}s", seconds / 60, seconds % 60),
        _ => format!("{}h{}m", seconds / 3_600, seconds % 3_600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;
    use vakt_incident::register::NewEntry;

    use crate::command::guide::{commands_of, examples};

    const GUIDE: &str = include_str!("../../../../docs/figures.md");

    #[test]
    fn the_commands_and_bodies_of_the_guide_are_understood() {
        assert_eq!(commands_of(GUIDE), 7);
        let bodies = examples(GUIDE, "```json\n");
        let figure: Json = serde_json::from_str(bodies[0]).unwrap();
        assert_eq!(figure["on_time_share"], 0.75);
        let entry: NewEntry = serde_json::from_str(bodies[1]).unwrap();
        assert_eq!((entry.version, entry.effects), (0, None));
    }
}
