//! `vakt search`: asks a running daemon for events.

mod csv;
mod event_line;
mod export;
mod follow;
mod paint;
mod refused;
mod sink;
mod waiting;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};
use vakt_event::clock::SystemClock;
use vakt_event::when::{Now, TimeFault, When};
use vakt_event::{Clock, Timestamp};
use vakt_incident::local::{self, LocalTimeError};

use super::people::text;
use super::saved::query_of;
use super::{Connection, Global, Outcome};
use crate::client::{Client, Lines};
use crate::output::{Form, Output, Printer, tell};
use sink::Sink;
use waiting::Waiting;

pub(super) use event_line::one_line;
pub(super) use paint::Paint;

#[derive(Args, Debug)]
pub struct Options {
    /// Words, "phrases", field:value, and or not; nothing finds everything; what begins with `-` goes after `--`
    #[arg(value_name = "QUERY")]
    query: Vec<String>,
    /// From this instant on: -15m, 7d, today, 2026-11-24, 03:05, `yesterday 23:10` (Swedish time), or RFC 3339
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    since: Option<String>,
    /// Before this instant, in the same forms
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    until: Option<String>,
    /// What is searched: events, or some of incidents, alerts and notes, or records, which is those three
    #[arg(
        long = "in",
        value_name = "KINDS",
        default_value = "events",
        hide_default_value = true,
        conflicts_with = "follow"
    )]
    within: String,
    /// Only this stream
    #[arg(long, value_name = "STREAM")]
    stream: Option<String>,
    /// The most events to show [default: 100; with --export and --follow there is none]
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// newest or oldest first
    #[arg(long, default_value = "newest", value_name = "ORDER", value_parser = ["newest", "oldest"])]
    order: String,
    /// Show events as they arrive, until Ctrl-C, also over restarts of the daemon
    #[arg(long, conflicts_with_all = ["since", "until", "order"])]
    follow: bool,
    /// Write all that is found to a file: .ndjson or .csv
    ///
    /// It is for its owner alone, and is called FILE.partial until it is whole. Where a bound cuts what is found,
    /// it stays so, and the exit status is 3.
    #[arg(long, value_name = "FILE", conflicts_with = "follow")]
    export: Option<PathBuf>,
    /// With --export: replace a file that is there
    #[arg(long, requires = "export")]
    force: bool,
    /// The columns of CSV, separated by commas, and the fields of NDJSON
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    fields: Vec<String>,
    /// The incident that this is for: it stands in the search log
    #[arg(long, value_name = "ID")]
    incident: Option<String>,
    /// Search for what was saved under this name
    #[arg(long, value_name = "NAME", conflicts_with = "query")]
    saved: Option<String>,
    /// Save the query, and nothing else, under this name instead of searching
    #[arg(long, value_name = "NAME", conflicts_with_all = [
        "saved", "follow", "export", "since", "until", "within", "stream", "limit", "order", "fields", "incident",
    ])]
    save: Option<String>,
    /// With --save: everybody who may search sees it
    #[arg(long, requires = "save")]
    share: bool,
    #[command(flatten)]
    connection: Connection,
}

/// The most hits that the daemon gives in one answer.
const PAGE_HITS_MAX: usize = 10_000;

/// Events that are shown where nobody says how many.
const LIMIT_DEFAULT: usize = 100;

/// Events that are read in a few hundredths of a second. Of more a person is told: whole words and
/// fields are looked up, phrases and parts of words in what remains of them.
const READ_WORTH_TELLING: u64 = 10_000;

/// Between two lines of a stream: a page of a search may take a minute, and wait for others.
const PAUSE_MAX: Duration = Duration::from_secs(150);

pub(super) fn run(global: &Global, options: &Options) -> Result<Outcome> {
    let client = Client::new(global, &options.connection)?;
    let query = match &options.saved {
        Some(name) => query_of(&client, name)?,
        None => options.query.join(" "),
    };
    let done = match &options.save {
        Some(name) => save(&client, name, &query, options.share),
        None => search(global, options, &client, &query),
    };
    done.map_err(|error| refused::with_caret(error, &query))
}

fn save(client: &Client, name: &str, query: &str, shared: bool) -> Result<Outcome> {
    ensure!(
        !query.trim().is_empty(),
        "there is no query to save\nhelp: `vakt search --save {name:?} QUERY`; `*` is everything"
    );
    let body = json!({"name": name, "query": query, "shared": shared});
    client.post("/api/v1/saved-searches", &body)?;
    tell(&format!(
        "saved: `vakt search --saved {name:?}` searches for it"
    ));
    Ok(Outcome::Done)
}

fn search(global: &Global, options: &Options, client: &Client, query: &str) -> Result<Outcome> {
    let asked = parameters(options, query)?;
    if options.follow {
        let sink = Sink::on_stdout(global.output, &options.fields, query)?;
        return follow::run(client, &asked, sink, options.limit);
    }
    if let Some(path) = &options.export {
        return export::run(client, asked, path, options, global.output);
    }
    if global.output == Some(Form::Json) {
        return whole(client, &asked, options.limit.unwrap_or(LIMIT_DEFAULT));
    }
    let mut sink = Sink::on_stdout(global.output, &options.fields, query)?;
    let is_text =
        global.output != Some(Form::Csv) && Output::or_by_terminal(global.output)? == Output::Text;
    let limit = options.limit.unwrap_or(LIMIT_DEFAULT);
    let end = stream(client, asked, Some(limit), &mut sink)?;
    sink.finish()?;
    if is_text || end["next"].is_string() {
        let what = match options.within.as_str() {
            "events" => "events",
            _ => "records",
        };
        tell(&summary(&end, what, sink.has_rows(), is_text));
    }
    cut(&end)
}

/// The parameters of the request.
fn parameters(options: &Options, query: &str) -> Result<Vec<(&'static str, String)>> {
    let mut asked = vec![("q", query.to_owned())];
    if options.within != "events" {
        asked.push(("in", options.within.clone()));
    }
    for (name, value) in [("since", &options.since), ("until", &options.until)] {
        if let Some(words) = value {
            asked.push((name, instant(words).with_context(|| format!("--{name}"))?));
        }
    }
    for (name, value) in [("stream", &options.stream), ("incident", &options.incident)] {
        if let Some(value) = value {
            asked.push((name, value.clone()));
        }
    }
    if !options.follow {
        asked.push(("order", options.order.clone()));
    }
    Ok(asked)
}

/// One JSON document of everything.
fn whole(client: &Client, asked: &[(&str, String)], limit: usize) -> Result<Outcome> {
    let answer = client.list("/api/v1/search", asked, "hits", Some(limit), PAGE_HITS_MAX)?;
    let mut out = Printer::new();
    out.json_pretty(&answer)?;
    out.flush()?;
    Ok(Outcome::Done)
}

/// Gives what is found to `sink` as it comes; answers with how the stream ended.
fn stream(
    client: &Client,
    mut asked: Vec<(&str, String)>,
    limit: Option<usize>,
    sink: &mut Sink,
) -> Result<Json> {
    if let Some(limit) = limit {
        asked.push(("limit", limit.to_string()));
    }
    asked.push(("progress", "true".to_owned()));
    let mut lines: Lines = client.lines("/api/v1/search", &asked, PAUSE_MAX)?;
    let mut waiting = Waiting::new();
    while let Some(mut line) = lines.read()? {
        if let Some(progress) = line.get("vakt.progress") {
            waiting.show(progress);
            continue;
        }
        waiting.end();
        match line.get_mut("vakt.end").map(Json::take) {
            Some(end) => return Ok(end),
            None => sink.take(&line)?,
        }
    }
    sink.flush()?;
    bail!("the daemon's answer broke off: there may be more than what came")
}

/// What the person is told at the end.
fn summary(end: &Json, what: &str, has_rows: bool, is_text: bool) -> String {
    let (hits, total) = (&end["hits"], &end["total"]);
    let hits = match has_rows {
        true => format!("{hits} rows about"),
        false => format!("{hits} of"),
    };
    let more = match (end["next"].is_string() && !is_cut(end), is_text) {
        (true, true) => "; --limit N shows more",
        (true, false) => "; --limit N gives more",
        (false, _) => "",
    };
    if is_text {
        let read = match end["read"].as_u64() {
            Some(read) if read >= READ_WORTH_TELLING => format!(", {read} {what} read for it"),
            _ => String::new(),
        };
        format!(
            "{hits} {total} {what}, {} ms{read}{more}",
            end["elapsed_ms"]
        )
    } else {
        format!("{hits} {total} {what}{more}")
    }
}

fn is_cut(end: &Json) -> bool {
    end["is_cut"] == json!(true)
}

/// # Errors
/// The search did not come to its end, with the daemon's reason.
fn cut(end: &Json) -> Result<Outcome> {
    let error = &end["error"];
    ensure!(
        error.is_null(),
        "the search did not come to its end: {}\nhelp: {}",
        text(error, "message"),
        text(error, "help")
    );
    for hint in end["hints"].as_array().into_iter().flatten() {
        tell(hint.as_str().unwrap_or_default());
    }
    for sentence in end["cut"].as_array().into_iter().flatten() {
        tell(sentence.as_str().unwrap_or_default());
    }
    Ok(Outcome::Done)
}

/// A length of time back from now goes to the daemon as it is; everything else becomes an instant here, by
/// Swedish time where it names no zone.
pub(super) fn instant(words: &str) -> Result<String> {
    let words = words.trim();
    let length = words.strip_prefix('-').unwrap_or(words);
    let digits = length.trim_start_matches(|c: char| c.is_ascii_digit());
    if digits.len() < length.len() && matches!(digits, "s" | "m" | "h" | "d" | "w" | "M" | "y") {
        return Ok(format!("-{length}"));
    }
    instant_at(words, SystemClock.now(), super::incidents::swedish()?)
}

fn instant_at(words: &str, time: Timestamp, zone: TimeZone) -> Result<String> {
    let fault = match local::instant(words, time, &zone) {
        Ok(instant) => return Ok(instant.to_string()),
        Err(fault @ LocalTimeError::NoTime { .. }) => fault,
        Err(fault) => return Err(fault.into()),
    };
    match When::read(words, Some(&Now { time, zone })) {
        Ok(when) => Ok(when.start().to_string()),
        Err(TimeFault::NoTime) => Err(fault.into()),
        Err(fault) => bail!("{words:?} is no time: {fault}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_lies_before_now() {
        let check = |words: &str, expected: &str| assert_eq!(instant(words).unwrap(), expected);
        check("30d", "-30d");
        check("-30d", "-30d");
        check(" 15m", "-15m");
        check("2026-11-24T09:30:00Z", "2026-11-24T09:30:00Z");
    }

    #[test]
    fn a_day_begins_in_the_zone() {
        let check = |words: &str, expected: &str| {
            let now = "2026-11-24T08:00:00Z".parse().unwrap();
            let zone = super::super::incidents::swedish().unwrap();
            let found = instant_at(words, now, zone);
            let found = found.unwrap_or_else(|error| error.to_string());
            assert_eq!(found, expected, "{words}");
        };
        check("2026-11-24", "2026-11-23T23:00:00Z");
        check("2026-07", "2026-06-30T22:00:00Z");
        check("today", "2026-11-23T23:00:00Z");
        check("yesterday", "2026-11-22T23:00:00Z");
        check("yesterday 23:10", "2026-11-23T22:10:00Z");
        check("now-2h", "2026-11-24T06:00:00Z");
        check(
            "now-2x",
            "\"now-2x\" is no time: at character 6 one of s, m, h, d, w, M (months) and y after a number was \
             expected",
        );
        check(
            "soon",
            "\"soon\" is no time: write 2026-11-23T20:08:00Z, now, 03:05, yesterday 23:10 or 2026-11-24 03:05",
        );
        check(
            "2026-03-29 02:30",
            "2026-03-29T02:30:00 does not exist in Europe/Stockholm, since clocks were put forward; it is either \
             2026-03-29T00:30:00Z or 2026-03-29T01:30:00Z",
        );
    }
}
