//! `vakt rules hunt`: a rule over what a running daemon has stored.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value as Json, json};

use crate::client::{Client, Refused};
use crate::command::people::text;
use crate::command::search::{Paint, instant};
use crate::command::{Connection, Global, Outcome};
use crate::output::{Output, Printer, printable, tell};
use crate::ruleset::is_rule_file;

#[derive(Args, Debug)]
pub struct Options {
    /// A rule file, or the id, name or title of a rule that the daemon has loaded
    #[arg(value_name = "RULE")]
    rule: String,
    /// From this instant on: -15m, 30d, today, 2026-11-24, 03:05, `yesterday 23:10` (Swedish time), or RFC 3339
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    since: Option<String>,
    /// Before this instant, in the same forms
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    until: Option<String>,
    /// The most matches; the hunt ends with them
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    limit: u64,
    /// The incident that this is for: it stands in the search log
    #[arg(long, value_name = "ID")]
    incident: Option<String>,
    #[command(flatten)]
    connection: Connection,
}

/// Between two lines of the answer: a hunt says twice a second how far it is, and gives way to
/// everything else.
const PAUSE_MAX: Duration = Duration::from_secs(150);

/// The largest part of a line that stands out: what is most of it does not.
const MARKED_SHARE_MAX: (usize, usize) = (1, 2);

pub(super) fn run(global: &Global, options: &Options) -> Result<Outcome> {
    let client = Client::new(global, &options.connection)?;
    let output = Output::or_by_terminal(global.output)?;
    let lines = client.post_lines("/api/v1/hunts", &body(options)?, PAUSE_MAX);
    let mut lines = match lines {
        Ok(lines) => lines,
        Err(error) => return refused(error),
    };
    let mut shown = Shown::new(output)?;
    let end = loop {
        let Some(mut line) = lines.read()? else {
            shown.bar.finish_and_clear();
            shown.out.flush()?;
            bail!("the daemon's answer broke off: there may be more matches than what came");
        };
        if let Some(end) = line.get_mut("vakt.end").map(Json::take) {
            // With the end of the answer the next hunt may begin.
            while lines.read()?.is_some() {}
            break end;
        }
        match line.get("vakt.progress") {
            Some(progress) => shown.progress(progress)?,
            None => shown.take(&line)?,
        }
    };
    shown.finish(&end)?;
    tell(&summary(&end));
    ended(&end)
}

fn body(options: &Options) -> Result<Json> {
    let mut body = json!({"limit": options.limit});
    let path = Path::new(&options.rule);
    let is_path = options.rule.contains('/') || is_rule_file(path);
    if path.is_file() || is_path {
        let text = std::fs::read_to_string(path);
        body["rule"] = text
            .with_context(|| format!("cannot read the rule file {}", options.rule))?
            .into();
        body["path"] = options.rule.clone().into();
    } else {
        body["id"] = options.rule.clone().into();
    }
    for (name, value) in [("since", &options.since), ("until", &options.until)] {
        if let Some(words) = value {
            let time = instant(words).with_context(|| format!("--{name}"))?;
            body[name] = time.into();
        }
    }
    if let Some(incident) = &options.incident {
        body["incident"] = incident.clone().into();
    }
    Ok(body)
}

/// What is wrong in a rule is shown as `vakt check` shows it.
fn refused(error: anyhow::Error) -> Result<Outcome> {
    let diagnostics = error
        .downcast_ref::<Refused>()
        .map(|refused| refused.diagnostics.as_slice())
        .unwrap_or_default();
    if diagnostics.is_empty() {
        return Err(error);
    }
    for diagnostic in diagnostics {
        tell(diagnostic);
    }
    Ok(Outcome::Found)
}

/// What a person sees while it runs.
struct Shown {
    output: Output,
    out: Printer,
    bar: ProgressBar,
    matches: u64,
}

impl Shown {
    fn new(output: Output) -> Result<Self> {
        let style = ProgressStyle::with_template("{bar:20} {percent:>3}% {wide_msg}");
        let mut out = Printer::new();
        if output == Output::Json {
            out.line("{\"matches\":[")?;
        }
        Ok(Self {
            output,
            out,
            // It draws on a terminal only.
            bar: ProgressBar::new(1)
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())),
            matches: 0,
        })
    }

    fn progress(&mut self, progress: &Json) -> Result<()> {
        let number = |name: &str| progress[name].as_u64().unwrap_or_default();
        self.bar.set_length(number("of"));
        self.bar.set_position(number("covered"));
        self.bar.set_message(format!(
            "{} matches, {} events read, {} passed over, at {}",
            number("matches"),
            number("read"),
            number("passed_over"),
            printable(text(progress, "time")),
        ));
        // What is piped on is there as soon as it is known.
        Ok(self.out.flush()?)
    }

    fn take(&mut self, line: &Json) -> Result<()> {
        self.matches += 1;
        match self.output {
            Output::Text => {
                let text = for_person(line);
                let out = &mut self.out;
                self.bar.suspend(|| -> std::io::Result<()> {
                    out.line(&text)?;
                    out.flush()
                })?;
            }
            Output::Ndjson => self.out.json_line(line)?,
            Output::Json => {
                if self.matches > 1 {
                    self.out.line(",")?;
                }
                self.out.json_line(line)?;
            }
        }
        Ok(())
    }

    fn finish(&mut self, end: &Json) -> Result<()> {
        self.bar.finish_and_clear();
        if self.output == Output::Json {
            self.out.line(&format!("],\"summary\":{end}}}"))?;
        }
        Ok(self.out.flush()?)
    }
}

/// Time, host, rule, and the line with what matched.
fn for_person(line: &Json) -> String {
    let (event, rule) = (&line["event"], &line["rule"]);
    let matched: Vec<(&str, &str)> = line["matched"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| (text(one, "field"), text(one, "value")))
        .collect();
    let sent = text(event, "line");
    let (part, whole) = MARKED_SHARE_MAX;
    let values = matched
        .iter()
        .map(|(_, value)| printable(value))
        .filter(|value| value.len() * whole < sent.len() * part);
    let paint = Paint::of_texts(values.collect());
    let mut parts = vec![paint.time(&printable(text(event, "time")))];
    let host = text(event, "host");
    if !host.is_empty() {
        parts.push(paint.host(&printable(host)));
    }
    let title = printable(&format!(
        "{} [{}]",
        text(rule, "title"),
        text(rule, "level")
    ));
    parts.push(paint.title(&title));
    let count = event["event_count"].as_u64().unwrap_or(1);
    let fields = matched
        .iter()
        .map(|(field, value)| printable(&format!("{field}={value}")));
    let fields: Vec<String> = fields.collect();
    if count > 1 {
        parts.push(format!("{count} events, {}:", fields.join(" ")));
    } else if sent.is_empty() {
        parts.push(fields.join(" "));
    }
    if !sent.is_empty() {
        parts.push(paint.message(&printable(sent)));
    }
    parts.join(" ")
}

fn summary(end: &Json) -> String {
    let number = |name: &str| end[name].as_u64().unwrap_or_default();
    let mut text = format!(
        "{} matches in {} events ({} read, {} passed over by the index), {:.3} s",
        number("matches"),
        number("events"),
        number("read"),
        number("passed_over"),
        end["seconds"].as_f64().unwrap_or_default(),
    );
    if end["cut_by"] == json!("limit") {
        text.push_str("; there are more: --limit N gives them");
    }
    let notes = end["notes"].as_array().into_iter().flatten();
    for note in notes.filter_map(Json::as_str) {
        text.push_str(&format!("\nnote: {note}"));
    }
    text
}

/// # Errors
/// The hunt did not come to its end for another reason than its limit.
fn ended(end: &Json) -> Result<Outcome> {
    match end["cut_by"].as_str() {
        None | Some("limit") => Ok(Outcome::Done),
        Some("time") => bail!(
            "the hunt took longer than a hunt may: what came is all up to then\nhelp: hunt over a \
             part of the time with --since and --until"
        ),
        Some("cancelled") => bail!("the daemon stopped: what came is all up to then"),
        Some(_) => bail!(
            "the hunt did not come to its end: {}\nhelp: the daemon's log says more",
            text(&end["error"], "message")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_match_is_a_line_for_a_person() {
        let check = |line: &Json, expected: &str| assert_eq!(for_person(line), expected);
        let mut line = json!({
            "rule": {"title": "Root login", "level": "high"},
            "event": {"time": "2026-11-24T09:30:00Z", "host": "web1", "event_count": 1,
                      "line": "sshd: login of root\n"},
            "matched": [{"field": "user.name", "value": "root"}],
        });
        let expected = "2026-11-24T09:30:00Z web1 Root login [high] sshd: login of root\u{fffd}";
        check(&line, expected);
        line["event"]["event_count"] = 7.into();
        let expected = "2026-11-24T09:30:00Z web1 Root login [high] 7 events, user.name=root: sshd: login of root\u{fffd}";
        check(&line, expected);
        line["event"] = json!({"time": null, "host": null, "line": null, "event_count": 1});
        check(&line, " Root login [high] user.name=root");
    }
}
