//! What a suppression would have hidden: its scope over the matches of the last days.
//!
//! It is judged by the code that judges matches as they are made, over the events as the journal
//! or the evidence of an incident has them. Nobody waits: matches are read some hundred at a time.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use serde_json::{Map, Value, json};
use vakt_event::{JournalPosition, Timestamp};

use super::rows::{instant, json as json_column};
use super::{Records, StoredEvents};
use crate::calendar::DAY_MICROS;
use crate::condition::{Condition, Told, told_event};
use crate::detection::Evidence;
use crate::error::Result;
use crate::group::{entity_text, record_id};
use crate::suppression::{NewSuppressionTest, Scope, ScopeError, TEST_DAYS_DEFAULT, TEST_DAYS_MAX};

/// Matches that one test looks at, the newest: each may take a read of the journal.
const MATCHES_MAX: u64 = 20_000;

/// Matches that are passed at a time, so that nobody else waits for long.
const MATCHES_PER_READ: i64 = 1_000;

/// Rules and entities that the answer lists, those with most matches.
const LISTED_MAX: usize = 20;

/// Matches that the answer shows, the newest.
const EXAMPLES_MAX: usize = 10;

/// Different rules, entities, alerts and incidents that are counted apart.
const COUNTED_MAX: usize = 20_000;

/// A test may be saved with for a day; more than so many are not kept.
const TEST_AGE_MICROS_MAX: i64 = DAY_MICROS;
const TESTS_MAX: i64 = 1_000;

/// What a suppression would have hidden.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SuppressionTest {
    /// What it is saved with: `preview`.
    pub digest: String,
    #[serde(flatten)]
    pub scope: Scope,
    pub days: u32,
    pub made_at: Timestamp,
    /// Since when the matches that it looked at were made: later than asked where older ones are not
    /// kept.
    pub since: Timestamp,
    /// Matches that it would have hidden, and the alerts that they are in.
    pub matches: u64,
    pub alerts: u64,
    /// All matches of the same rules and streams.
    pub of_matches: u64,
    /// Matches whose event cannot be read any more, and which would be seen.
    pub unreadable: u64,
    pub by_rule: Vec<TestedRule>,
    pub by_entity: Vec<TestedEntity>,
    pub examples: Vec<TestedMatch>,
    /// The incidents that have such alerts.
    pub incidents: Vec<TestedIncident>,
    pub warnings: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TestedRule {
    #[serde(rename = "rule.id")]
    pub rule_id: String,
    #[serde(rename = "rule.name")]
    pub rule_name: String,
    pub matches: u64,
    /// All matches of the rule.
    pub of_matches: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TestedEntity {
    pub entity: String,
    pub matches: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TestedMatch {
    pub alert: String,
    #[serde(rename = "rule.name")]
    pub rule_name: String,
    pub entity: String,
    pub host: Option<String>,
    pub detected_at: Timestamp,
    pub incident: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TestedIncident {
    pub id: String,
    pub number: i64,
    pub title: String,
    pub state: String,
    /// Somebody declared that it was significant.
    pub significant: bool,
}

impl Records {
    /// Tests a suppression over what is stored, and keeps what it found, so that it can be saved.
    ///
    /// # Errors
    /// A scope that is none, or days beyond the bound.
    pub fn test_suppression(
        &self,
        new: NewSuppressionTest,
        stored: &StoredEvents<'_>,
    ) -> Result<SuppressionTest> {
        let scope = Scope::of_suppression(new.rules, new.streams, new.condition)?;
        let condition = scope.compile().map_err(ScopeError::from)?;
        let days = new.days.unwrap_or(TEST_DAYS_DEFAULT);
        if days == 0 || days > TEST_DAYS_MAX {
            return Err(ScopeError::Days.into());
        }
        let now = self.clock.now();
        let asked = now.saturating_add_micros(-i64::from(days).saturating_mul(DAY_MICROS));
        let (mut tally, mut last) = (Tally::default(), now);
        let (oldest, mut before, first_made) = self.read(|records| kept(records))?;
        let mut since = first_made.map_or(asked, |first| first.max(asked));
        let mut limited = false;
        while before > oldest && !limited {
            let from = before.saturating_sub(MATCHES_PER_READ);
            for row in self.read(|records| page(records, &scope, from, before))? {
                if row.detected_at < asked {
                    before = oldest;
                    break;
                }
                if tally.of_matches >= MATCHES_MAX {
                    limited = true;
                    break;
                }
                let hides = match &condition {
                    None => Some(true),
                    Some(condition) => self.judge(&row, condition, stored)?,
                };
                tally.count(&row, hides);
                last = row.detected_at;
            }
            before = before.min(from);
        }
        if limited {
            since = last;
        }
        let mut test = tally.finish(scope, days, now, since);
        test.incidents = self.read(|records| incidents(records, &test.incidents))?;
        test.warnings = warnings(&test, limited);
        test.digest = digest(&test)?;
        self.write(|records| keep(records, &test))?;
        Ok(test)
    }

    /// Whether the condition holds for a match; `None` where its event cannot be read.
    fn judge(
        &self,
        row: &MatchRow,
        condition: &Condition,
        stored: &StoredEvents<'_>,
    ) -> Result<Option<bool>> {
        let mut events = Vec::with_capacity(row.records.len());
        for position in &row.records {
            let event = match stored(*position) {
                Some(event) => event,
                None => match self.read(|records| frozen(records, *position))? {
                    Some(event) => event,
                    None => return Ok(None),
                },
            };
            events.push(event);
        }
        let told = Told {
            rule_id: &row.rule_id,
            rule_title: &row.rule_title,
            stream: &row.stream,
            host: row.host.as_deref(),
            entity: &row.entity,
        };
        Ok(Some(condition.holds(&told_event(&told, &events))))
    }
}

/// What the test with this digest found, if it was of this scope.
pub(super) fn summary(
    records: &Connection,
    digest: &str,
    scope: &Scope,
    now: Timestamp,
) -> Result<Value> {
    let row: Option<(String, i64, String)> = records
        .query_row(
            "SELECT scope, made_at, summary FROM suppression_tests WHERE digest = ?1",
            [digest],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()?;
    let wanted = serde_json::to_string(scope)?;
    let oldest = now.micros().saturating_sub(TEST_AGE_MICROS_MAX);
    match row {
        Some((tested, made_at, summary)) if tested == wanted && made_at >= oldest => {
            Ok(serde_json::from_str(&summary)?)
        }
        _ => Err(ScopeError::OtherTest {
            digest: digest.to_owned(),
        }
        .into()),
    }
}

/// A match with what its alert says.
struct MatchRow {
    detected_at: Timestamp,
    host: Option<String>,
    records: Vec<JournalPosition>,
    alert: String,
    rule_id: String,
    rule_title: String,
    entity: Vec<(String, String)>,
    stream: String,
    incident: Option<i64>,
    incident_id: Option<String>,
}

fn page(records: &Connection, scope: &Scope, from: i64, before: i64) -> Result<Vec<MatchRow>> {
    let mut query = records.prepare_cached(
        "SELECT m.detected_at, m.host, m.records, a.id, a.rule_id, a.rule_title, a.entity,
             a.stream, a.incident, i.id AS incident_id
         FROM matches m JOIN alerts a ON a.seq = m.alert
             LEFT JOIN incidents i ON i.seq = a.incident
         WHERE m.seq >= ?1 AND m.seq < ?2 AND a.suppression IS NULL
             AND (?3 = '[]' OR a.rule_id IN (SELECT value FROM json_each(?3)))
             AND (?4 = '[]' OR a.stream IN (SELECT value FROM json_each(?4)))
         ORDER BY m.seq DESC",
    )?;
    let rows = query.query_map(
        params![
            from,
            before,
            serde_json::to_string(&scope.rules)?,
            serde_json::to_string(&scope.streams)?,
        ],
        match_row,
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn match_row(row: &Row<'_>) -> rusqlite::Result<MatchRow> {
    let positions: Vec<u64> = json_column(row, "records")?;
    Ok(MatchRow {
        detected_at: instant(row, "detected_at")?,
        host: row.get("host")?,
        records: positions.into_iter().map(JournalPosition).collect(),
        alert: row.get("id")?,
        rule_id: row.get("rule_id")?,
        rule_title: row.get("rule_title")?,
        entity: json_column(row, "entity")?,
        stream: row.get("stream")?,
        incident: row.get("incident")?,
        incident_id: row.get("incident_id")?,
    })
}

/// An event that an incident copied before the journal let it go.
fn frozen(records: &Connection, position: JournalPosition) -> Result<Option<Evidence>> {
    let row = records
        .prepare_cached("SELECT fields, received FROM evidence WHERE position = ?1 LIMIT 1")?
        .query_row([super::rows::signed(position.0)], |row| {
            Ok(Evidence {
                position,
                original: Vec::new(),
                fields: json_column::<Map<String, Value>>(row, "fields")?,
                claimed: None,
                received: instant(row, "received")?,
            })
        });
    Ok(row.optional()?)
}

/// The matches that are kept: the first, what follows the last, and when the first was made.
fn kept(records: &Connection) -> Result<(i64, i64, Option<Timestamp>)> {
    let sql = "SELECT coalesce(min(seq), 0), coalesce(max(seq) + 1, 0) FROM matches";
    let (oldest, end) = records.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let first_made = records
        .prepare_cached("SELECT detected_at FROM matches WHERE seq = ?1")?
        .query_row([oldest], |row| instant(row, 0))
        .optional()?;
    Ok((oldest, end, first_made))
}

/// Counts while matches are looked at.
#[derive(Default)]
struct Tally {
    of_matches: u64,
    matches: u64,
    unreadable: u64,
    /// Title, hidden matches, all of them.
    rules: BTreeMap<String, (String, u64, u64)>,
    entities: BTreeMap<String, u64>,
    alerts: BTreeMap<String, ()>,
    incidents: BTreeMap<i64, ()>,
    examples: Vec<TestedMatch>,
}

impl Tally {
    fn count(&mut self, row: &MatchRow, hides: Option<bool>) {
        self.of_matches += 1;
        self.unreadable += u64::from(hides.is_none());
        let hides = hides == Some(true);
        if let Some((_, hidden, all)) = entry(
            &mut self.rules,
            &row.rule_id,
            (row.rule_title.clone(), 0, 0),
        ) {
            *hidden += u64::from(hides);
            *all += 1;
        }
        if !hides {
            return;
        }
        self.matches += 1;
        let entity = entity_text(&row.entity);
        if let Some(matches) = entry(&mut self.entities, &entity, 0) {
            *matches += 1;
        }
        entry(&mut self.alerts, &row.alert, ());
        if let Some(incident) = row.incident
            && self.incidents.len() < COUNTED_MAX
        {
            self.incidents.insert(incident, ());
        }
        if self.examples.len() < EXAMPLES_MAX {
            self.examples.push(TestedMatch {
                alert: row.alert.clone(),
                rule_name: row.rule_title.clone(),
                entity,
                host: row.host.clone(),
                detected_at: row.detected_at,
                incident: row.incident_id.clone(),
            });
        }
    }

    fn finish(self, scope: Scope, days: u32, now: Timestamp, since: Timestamp) -> SuppressionTest {
        let rules = self.rules.into_iter();
        let rules = rules.map(|(rule_id, (rule_name, matches, of_matches))| TestedRule {
            rule_id,
            rule_name,
            matches,
            of_matches,
        });
        let mut by_rule: Vec<TestedRule> = rules.filter(|rule| rule.matches > 0).collect();
        by_rule.sort_by_key(|rule| std::cmp::Reverse(rule.matches));
        by_rule.truncate(LISTED_MAX);
        let entities = self.entities.into_iter();
        let mut by_entity: Vec<TestedEntity> = entities
            .map(|(entity, matches)| TestedEntity { entity, matches })
            .collect();
        by_entity.sort_by_key(|entity| std::cmp::Reverse(entity.matches));
        by_entity.truncate(LISTED_MAX);
        let incidents = self.incidents.into_keys().map(|number| TestedIncident {
            id: String::new(),
            number,
            title: String::new(),
            state: String::new(),
            significant: false,
        });
        SuppressionTest {
            scope,
            days,
            made_at: now,
            since,
            matches: self.matches,
            alerts: u64::try_from(self.alerts.len()).unwrap_or(u64::MAX),
            of_matches: self.of_matches,
            unreadable: self.unreadable,
            by_rule,
            by_entity,
            examples: self.examples,
            incidents: incidents.collect(),
            ..SuppressionTest::default()
        }
    }
}

/// What is counted under `key`; nothing where there are too many already.
fn entry<'m, T>(counts: &'m mut BTreeMap<String, T>, key: &str, new: T) -> Option<&'m mut T> {
    if counts.len() >= COUNTED_MAX && !counts.contains_key(key) {
        return None;
    }
    Some(counts.entry(key.to_owned()).or_insert(new))
}

/// What there is to say about incidents whose numbers are known: those first that were significant,
/// then the newest.
fn incidents(records: &Connection, found: &[TestedIncident]) -> Result<Vec<TestedIncident>> {
    let mut told = Vec::new();
    for incident in found {
        let row = records
            .prepare_cached(
                "SELECT id, title, state, EXISTS (
                     SELECT 1 FROM facts WHERE incident = ?1
                         AND fact IN ('aware', 'aware_pdb', 'aware_vuln', 'aware_sev'))
                 FROM incidents WHERE seq = ?1",
            )?
            .query_row([incident.number], |row| {
                Ok(TestedIncident {
                    id: row.get(0)?,
                    number: incident.number,
                    title: row.get(1)?,
                    state: row.get(2)?,
                    significant: row.get(3)?,
                })
            });
        told.push(row?);
    }
    told.sort_by_key(|incident| std::cmp::Reverse((incident.significant, incident.number)));
    told.truncate(LISTED_MAX);
    Ok(told)
}

fn warnings(test: &SuppressionTest, limited: bool) -> Vec<String> {
    let mut warnings = Vec::new();
    for incident in test.incidents.iter().filter(|it| it.significant) {
        warnings.push(format!(
            "it would have hidden what is in incident {}, which was declared significant",
            incident.number
        ));
    }
    let open = test.incidents.iter().filter(|it| !it.significant).count();
    if open > 0 {
        let incidents = if open == 1 { "incident" } else { "incidents" };
        warnings.push(format!(
            "it would have hidden what is in {open} other {incidents}"
        ));
    }
    for rule in test.by_rule.iter().filter(|it| it.matches == it.of_matches) {
        warnings.push(format!(
            "it hides all {} matches of the rule {}: if the rule is of no use here, take it away \
             instead",
            rule.matches, rule.rule_name
        ));
    }
    if test.matches == 0 {
        warnings
            .push("it would have hidden nothing: is a rule or a value written wrongly?".to_owned());
    }
    if test.unreadable > 0 {
        warnings.push(format!(
            "{} matches could not be judged: the journal does not have their events any more",
            test.unreadable
        ));
    }
    if limited {
        warnings.push(format!(
            "only the newest {MATCHES_MAX} matches were looked at, those since {}",
            test.since
        ));
    }
    warnings
}

fn digest(test: &SuppressionTest) -> Result<String> {
    let text = serde_json::to_string(test)?;
    Ok(record_id(
        "vakt suppression test",
        "preview",
        &[text.as_bytes()],
    ))
}

/// Keeps the test for whoever saves the suppression, and what the suppression then says of it.
fn keep(records: &Connection, test: &SuppressionTest) -> Result<()> {
    let summary = json!({
        "digest": test.digest,
        "made_at": test.made_at,
        "days": test.days,
        "since": test.since,
        "matches": test.matches,
        "alerts": test.alerts,
        "of_matches": test.of_matches,
        "unreadable": test.unreadable,
        "warnings": test.warnings,
    });
    records.execute(
        "INSERT OR REPLACE INTO suppression_tests (digest, scope, made_at, summary)
         VALUES (?1, ?2, ?3, ?4)",
        params![
            test.digest,
            serde_json::to_string(&test.scope)?,
            test.made_at.micros(),
            summary.to_string(),
        ],
    )?;
    let oldest = test.made_at.micros().saturating_sub(TEST_AGE_MICROS_MAX);
    records.execute(
        "DELETE FROM suppression_tests WHERE made_at < ?1 OR digest IN (
             SELECT digest FROM suppression_tests ORDER BY made_at DESC LIMIT -1 OFFSET ?2)",
        params![oldest, TESTS_MAX],
    )?;
    Ok(())
}
