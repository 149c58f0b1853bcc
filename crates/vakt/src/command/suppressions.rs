//! `vakt suppressions`: matches that nobody wants to see for a while, and why.

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use serde_json::{Map, Value as Json, json};

use super::incidents::ahead;
use super::people::{table, text, to_second};
use super::{Connection, Global, Outcome};
use crate::client::{Client, encoded};
use crate::output::{Output, Printer, printable, tell};

#[derive(Debug, Subcommand)]
pub enum Action {
    /// Say what a suppression would have hidden of what is stored, and how to add it
    Test {
        #[command(flatten)]
        scope: ScopeOptions,
        /// How far to look back
        #[arg(long, default_value_t = 30, value_name = "N")]
        days: u32,
        #[command(flatten)]
        connection: Connection,
    },
    /// Hide matches from now on, until it expires
    Add(AddOptions),
    /// List suppressions, newest first
    List {
        /// Those that have ended or expired, too
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        connection: Connection,
    },
    /// Show a suppression and the alerts that it hid
    Show {
        /// Its id; `vakt suppressions list` shows them
        id: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// End a suppression: what arrives from now on is seen again
    End {
        /// Its id; `vakt suppressions list` shows them
        id: String,
        /// Why, in a line
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        connection: Connection,
    },
}

/// Which matches are meant. Everything that is given must hold.
#[derive(Args, Debug)]
pub struct ScopeOptions {
    /// The id of a rule, repeatable [default: all rules]
    #[arg(long = "rule", value_name = "ID")]
    rule_ids: Vec<String>,
    /// Only in this stream, repeatable [default: all streams]
    #[arg(long = "stream", value_name = "STREAM")]
    streams: Vec<String>,
    /// A field of the alert or its event and its whole value, as in a rule (`source.ip|cidr=10.0.0.0/8`),
    /// repeatable; all must hold, and of one field any value
    #[arg(long = "match", value_name = "FIELD=VALUE")]
    fields: Vec<String>,
}

#[derive(Args, Debug)]
pub struct AddOptions {
    #[command(flatten)]
    scope: ScopeOptions,
    /// Why, in a line
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Until when: 30d, 12h, RFC 3339 or `2026-12-24 08:00` in the zone of the first regime; at most a year
    #[arg(long, value_name = "TIME")]
    expires: String,
    /// What `vakt suppressions test` of the same scope gave
    #[arg(long, value_name = "DIGEST", conflicts_with = "force")]
    preview: Option<String>,
    /// Save it untested; that is recorded
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    connection: Connection,
}

const PATH: &str = "/api/v1/suppressions";
const COLUMNS: [&str; 8] = [
    "id",
    "state",
    "hidden",
    "expires_at",
    "author",
    "rules",
    "match",
    "reason",
];

pub(super) fn run(global: &Global, action: &Action) -> Result<Outcome> {
    match action {
        Action::Test {
            scope,
            days,
            connection,
        } => {
            let mut body = scope.body()?;
            body.insert("days".to_owned(), json!(days));
            let client = Client::new(global, connection)?;
            let found = client.post(&format!("{PATH}/preview"), &Json::Object(body))?;
            shown(global, &found, |out| tested(out, &found))
        }
        Action::Add(options) => add(global, options),
        Action::List { all, connection } => {
            let state = if *all { "all" } else { "active" };
            let query = [("state", state.to_owned())];
            let client = Client::new(global, connection)?;
            let answer = client.list(PATH, &query, "suppressions", None, 500)?;
            table(global, &answer, "suppressions", &COLUMNS)
        }
        Action::Show { id, connection } => {
            let client = Client::new(global, connection)?;
            let found = client.get(&format!("{PATH}/{}", encoded(id)), &[])?;
            shown(global, &found, |out| suppression(out, &found))
        }
        Action::End {
            id,
            reason,
            connection,
        } => {
            let client = Client::new(global, connection)?;
            let path = format!("{PATH}/{}/end", encoded(id));
            let ended = client.post(&path, &json!({ "reason": reason }))?;
            shown(global, &ended, |out| suppression(out, &ended))
        }
    }
}

fn add(global: &Global, options: &AddOptions) -> Result<Outcome> {
    let mut body = options.scope.body()?;
    let expires_at = ahead(global, &options.expires).context("--expires")?;
    body.insert("reason".to_owned(), options.reason.clone().into());
    body.insert("expires_at".to_owned(), expires_at.to_string().into());
    if let Some(preview) = &options.preview {
        body.insert("preview".to_owned(), preview.clone().into());
    }
    if options.force {
        body.insert("untested".to_owned(), true.into());
    }
    let client = Client::new(global, &options.connection)?;
    for rule in unknown_rules(&client, &options.scope.rule_ids) {
        tell(&format!(
            "warning: no rule with the id {rule} is loaded: it hides nothing until one is; `vakt rules \
             list --live` shows the ids"
        ));
    }
    let added = client.post(PATH, &Json::Object(body))?;
    shown(global, &added, |out| suppression(out, &added))
}

/// Of these ids, those of no rule that the daemon has loaded; none where it does not say.
fn unknown_rules<'i>(client: &Client, ids: &'i [String]) -> Vec<&'i String> {
    if ids.is_empty() {
        return Vec::new();
    }
    let Ok(answer) = client.get("/api/v1/rules", &[]) else {
        return Vec::new();
    };
    let loaded = answer["rules"].as_array().into_iter().flatten();
    let loaded: Vec<&str> = loaded.map(|rule| text(rule, "id")).collect();
    let is_known = |id: &&String| loaded.contains(&id.as_str());
    ids.iter().filter(|id| !is_known(id)).collect()
}

impl ScopeOptions {
    fn body(&self) -> Result<Map<String, Json>> {
        let mut body = Map::new();
        for (name, values) in [("rules", &self.rule_ids), ("streams", &self.streams)] {
            if !values.is_empty() {
                body.insert(name.to_owned(), values.clone().into());
            }
        }
        let mut fields: Map<String, Json> = Map::new();
        for field in &self.fields {
            let Some((name, value)) = field.split_once('=') else {
                bail!("--match {field}: write FIELD=VALUE, such as user.name=scanner");
            };
            let values = fields.entry(name.trim()).or_insert_with(|| json!([]));
            if let Some(values) = values.as_array_mut() {
                values.push(value.into());
            }
        }
        if !fields.is_empty() {
            body.insert("match".to_owned(), Json::Object(fields));
        }
        Ok(body)
    }
}

/// Prints the answer as it is, or for people.
pub(super) fn shown(
    global: &Global,
    answer: &Json,
    for_people: impl FnOnce(&mut Printer) -> Result<()>,
) -> Result<Outcome> {
    let mut out = Printer::new();
    match Output::or_by_terminal(global.output)? {
        Output::Json => out.json_pretty(answer)?,
        Output::Ndjson => out.json_line(answer)?,
        Output::Text => for_people(&mut out)?,
    }
    out.flush()?;
    Ok(Outcome::Done)
}

fn suppression(out: &mut Printer, found: &Json) -> Result<()> {
    for name in [
        "id", "state", "rules", "streams", "match", "reason", "author",
    ] {
        member(out, found, name)?;
    }
    for name in [
        "created_at",
        "expires_at",
        "ended_at",
        "ended_by",
        "end_reason",
    ] {
        member(out, found, name)?;
    }
    if found["tested"].is_null() {
        out.line("tested      no")?;
    } else {
        let tested = &found["tested"];
        out.line(&format!(
            "tested      it would have hidden {} of {} matches of {} days",
            tested["matches"], tested["of_matches"], tested["days"]
        ))?;
    }
    member(out, found, "fault")?;
    out.line(&format!("hidden      {} matches", found["hidden"]))?;
    for alert in found["alerts"].as_array().into_iter().flatten() {
        out.line(&format!(
            "  {}  {} × {}: {}",
            to_second(text(alert, "last_seen")),
            alert["count"],
            printable(text(alert, "rule.name")),
            printable(text(alert, "entity"))
        ))?;
    }
    Ok(())
}

/// A member that is there, on a line.
pub(super) fn member(out: &mut Printer, found: &Json, name: &str) -> Result<()> {
    if let Some(value) = found.get(name).filter(|value| !value.is_null()) {
        let value = super::people::cell(Some(value));
        out.line(&format!("{name:<12}{value}"))?;
    }
    Ok(())
}

fn tested(out: &mut Printer, found: &Json) -> Result<()> {
    out.line(&format!(
        "it would have hidden {} of {} matches, in {} alerts, since {}",
        found["matches"],
        found["of_matches"],
        found["alerts"],
        to_second(text(found, "since"))
    ))?;
    for rule in found["by_rule"].as_array().into_iter().flatten() {
        out.line(&format!(
            "  {} of {}  {}",
            rule["matches"],
            rule["of_matches"],
            printable(text(rule, "rule.name"))
        ))?;
    }
    for entity in found["by_entity"].as_array().into_iter().flatten() {
        let name = printable(text(entity, "entity"));
        out.line(&format!("  {}  {name}", entity["matches"]))?;
    }
    for example in found["examples"].as_array().into_iter().flatten() {
        out.line(&format!(
            "  e.g. {}  {}: {}",
            to_second(text(example, "detected_at")),
            printable(text(example, "rule.name")),
            printable(text(example, "entity"))
        ))?;
    }
    for warning in found["warnings"].as_array().into_iter().flatten() {
        let warning = warning.as_str().unwrap_or_default();
        out.line(&format!("warning: {}", printable(warning)))?;
    }
    out.line(&format!(
        "to save it, say `vakt suppressions add` with the same scope, --reason, --expires and \
         --preview {}",
        text(found, "digest")
    ))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use vakt_incident::{NewSuppression, NewWindow};

    use crate::command::guide::{commands_of, examples};

    const GUIDE: &str = include_str!("../../../../docs/drafts.md");

    #[test]
    fn the_commands_and_bodies_of_the_guide_are_understood() {
        assert_eq!(commands_of(GUIDE), 10);
        let bodies = examples(GUIDE, "```json\n");
        let new: NewSuppression = serde_json::from_str(bodies[0]).unwrap();
        assert_eq!((new.rules.len(), new.streams.len()), (1, 1));
        let window: NewWindow = serde_json::from_str(bodies[1]).unwrap();
        assert_eq!(window.hosts, ["db*"]);
    }
}
