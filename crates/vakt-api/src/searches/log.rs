//! Who searched for what.

use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, params};
use serde::Serialize;
use vakt_event::Timestamp;
use vakt_event::time::MICROS_PER_SECOND;

use super::{Searches, SearchesError, shown};

/// Most entries: about 200 MB of usual queries. A team of twenty that searches all day makes a fifth
/// of it in a year.
pub const ROWS_MAX: i64 = 1_000_000;

/// As many are let go at a time, so that it is not done for every search.
const ROWS_LET_GO: i64 = 1_000;

/// What is kept of a query, in bytes; longer ones are made by programs.
pub const QUERY_BYTES_KEPT: usize = 4 * 1024;

/// Most entries of one page.
pub(crate) const PAGE_MAX: usize = 1_000;

/// What a program asks again within an hour, as a dashboard does that refreshes itself, is one entry. An
/// hour, so that a wall of ten panels makes two hundred entries a day and not a hundred thousand.
const REPEAT_MICROS: i64 = 3600 * MICROS_PER_SECOND;

/// Whoever types pauses for less than this, and each pause is a search that goes on where the last one
/// ended.
const TYPING_MICROS: i64 = 10 * MICROS_PER_SECOND;

/// The outcome of what has not ended.
pub(super) const RUNNING: &str = "running";
pub(super) const INTERRUPTED: &str = "interrupted";

/// How somebody looked at events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// One answer of the API.
    Search,
    /// The start page.
    Page,
    /// Hits as they are read, any number of them.
    Stream,
    /// A stream into a file.
    Export,
    /// Events as they arrive.
    Follow,
    /// A rule over stored events.
    Hunt,
    /// By the API of Loki, as Grafana asks.
    Loki,
    /// Incidents, alerts and notes.
    Records,
}

impl Look {
    pub const ALL: [Self; 8] = [
        Self::Search,
        Self::Page,
        Self::Stream,
        Self::Export,
        Self::Follow,
        Self::Hunt,
        Self::Loki,
        Self::Records,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::Page => "page",
            Self::Stream => "stream",
            Self::Export => "export",
            Self::Follow => "follow",
            Self::Hunt => "hunt",
            Self::Loki => "loki",
            Self::Records => "records",
        }
    }
}

/// A search that begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLook {
    pub who: String,
    /// The personal token that was used.
    pub token_id: Option<i64>,
    pub look: Look,
    pub query: String,
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// The streams that were searched; `None` is all of them.
    pub streams: Option<Vec<String>>,
    /// The incident that the person searched for.
    pub incident: Option<String>,
}

/// How a search ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// `done`, `cancelled`, or the code of an error.
    pub outcome: &'static str,
    /// Events that were given out.
    pub hits: u64,
    /// Events that matched; `None` where nobody counted.
    pub total: Option<u64>,
    pub elapsed_micros: u64,
}

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LoggedSearch {
    pub id: String,
    pub at: Timestamp,
    pub who: String,
    pub token_id: Option<i64>,
    pub kind: String,
    pub query: String,
    /// The query was longer than what is kept of it.
    pub query_is_cut: bool,
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub streams: Option<Vec<String>>,
    pub incident: Option<String>,
    /// `running`, `done`, `cancelled` (the client went away), `interrupted` (the daemon stopped), or
    /// the code of an error.
    pub outcome: String,
    pub hits: Option<i64>,
    pub total: Option<i64>,
    pub elapsed_ms: Option<f64>,
    /// How many looks it stands for; `hits` counts those of all, `total` and `elapsed_ms` are the last one's.
    pub looks: i64,
    /// When the last of them began.
    pub last_at: Timestamp,
}

/// Which entries are wanted. All that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFilter {
    pub who: Option<String>,
    pub kind: Option<String>,
    pub incident: Option<String>,
    /// In the query, whatever its case (ASCII).
    pub text: Option<String>,
    /// Begun then or later.
    pub since: Option<Timestamp>,
    /// Begun before.
    pub until: Option<Timestamp>,
    /// `next` of the page before.
    pub cursor: Option<i64>,
    pub limit: usize,
}

/// Entries, newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogPage {
    pub searches: Vec<LoggedSearch>,
    pub next: Option<i64>,
}

impl Searches {
    /// Enters a search that begins; gives its id. It is durable when this returns. Some searches go on
    /// with an entry that is there.
    pub fn begin(&self, new: &NewLook) -> Result<i64, SearchesError> {
        let kept = new.query.floor_char_boundary(QUERY_BYTES_KEPT);
        let query = new.query.get(..kept).unwrap_or_default();
        let connection = self.writing();
        connection.pragma_update(None, "synchronous", "FULL")?;
        let now = self.clock.now().micros();
        if let Some(id) = earlier(&connection, new, query, now)? {
            go_on(&connection, id, new, query, now)?;
            return Ok(id);
        }
        connection
            .prepare_cached(
                "INSERT INTO looks (at, who, token_id, kind, query, query_bytes, since, until,
                   streams, incident, outcome)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?
            .execute(params![
                now,
                new.who,
                new.token_id,
                new.look.name(),
                query,
                i64::try_from(new.query.len()).unwrap_or(i64::MAX),
                new.since.map(Timestamp::micros),
                new.until.map(Timestamp::micros),
                new.streams.as_ref().map(|streams| as_json(streams)),
                new.incident,
                RUNNING,
            ])?;
        let id = connection.last_insert_rowid();
        keep_to_bound(&connection, id, ROWS_MAX)?;
        Ok(id)
    }

    /// Adds to the entry how the search ended. After a power cut it may be missing.
    pub fn end(&self, id: i64, ending: &Ending) -> Result<(), SearchesError> {
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let connection = self.writing();
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection
            .prepare_cached(
                // What was given out before stays counted.
                "UPDATE looks SET outcome = ?2, hits = coalesce(hits, 0) + ?3, total = ?4,
                   elapsed_micros = ?5
                 WHERE id = ?1",
            )?
            .execute(params![
                id,
                ending.outcome,
                number(ending.hits),
                ending.total.map(number),
                number(ending.elapsed_micros),
            ])?;
        Ok(())
    }

    /// Lets go what is older than it may be; gives how many entries that were.
    pub fn let_go(&self) -> Result<usize, SearchesError> {
        let kept = i64::try_from(self.kept.as_micros()).unwrap_or(i64::MAX);
        let oldest = self.clock.now().micros().saturating_sub(kept);
        let connection = self.writing();
        let mut gone = 0;
        loop {
            let some = connection.execute(
                "DELETE FROM looks WHERE id IN
                   (SELECT id FROM looks WHERE at < ?1 ORDER BY at LIMIT ?2)",
                [oldest, ROWS_LET_GO],
            )?;
            gone += some;
            if some == 0 {
                break;
            }
        }
        if gone > 0 {
            // Until then they stand in the write-ahead log. Where somebody reads, the next time does it.
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        }
        Ok(gone)
    }

    /// A page of the log.
    pub fn logged(&self, filter: &LogFilter) -> Result<LogPage, SearchesError> {
        let text = filter.text.as_ref().map(|text| text.to_ascii_lowercase());
        let (since, until) = (filter.since, filter.until);
        let (since, until) = (since.map(Timestamp::micros), until.map(Timestamp::micros));
        let limit = filter.limit.clamp(1, PAGE_MAX);
        let kept = i64::try_from(limit + 1).unwrap_or(i64::MAX);
        let given: [(&str, Option<&dyn ToSql>); 7] = [
            (
                "id < ?",
                filter.cursor.as_ref().map(|one| one as &dyn ToSql),
            ),
            ("who = ?", filter.who.as_ref().map(|one| one as &dyn ToSql)),
            (
                "kind = ?",
                filter.kind.as_ref().map(|one| one as &dyn ToSql),
            ),
            (
                "incident = ?",
                filter.incident.as_ref().map(|one| one as &dyn ToSql),
            ),
            (
                "instr(lower(query), ?) > 0",
                text.as_ref().map(|one| one as &dyn ToSql),
            ),
            ("at >= ?", since.as_ref().map(|one| one as &dyn ToSql)),
            ("at < ?", until.as_ref().map(|one| one as &dyn ToSql)),
        ];
        let mut sql = "SELECT * FROM looks WHERE 1".to_owned();
        let mut values: Vec<&dyn ToSql> = Vec::new();
        for (condition, value) in given {
            if let Some(value) = value {
                sql.push_str(" AND ");
                sql.push_str(condition);
                values.push(value);
            }
        }
        sql.push_str(" ORDER BY id DESC LIMIT ?");
        values.push(&kept);
        let connection = self.reading();
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map(values.as_slice(), from_row)?;
        let mut found: Vec<(i64, LoggedSearch)> = rows.collect::<Result<_, _>>()?;
        let is_more = found.len() > limit;
        found.truncate(limit);
        let last = found.last().map(|(id, _)| *id);
        Ok(LogPage {
            next: last.filter(|_| is_more),
            searches: found.into_iter().map(|(_, search)| search).collect(),
        })
    }
}

/// The entry that a search goes on with: of the same person and token, for the same incident, streams and
/// way of looking, and
///
/// - by Loki's API, with the same query, begun within [`REPEAT_MICROS`];
/// - of the page, with a query that this one only adds letters to, or the same, within
///   [`TYPING_MICROS`] of its last look.
///
/// Every other search has an entry of its own.
fn earlier(
    connection: &Connection,
    new: &NewLook,
    query: &str,
    now: i64,
) -> rusqlite::Result<Option<i64>> {
    let (oldest, condition) = match new.look {
        Look::Loki => (now - REPEAT_MICROS, "at >= ?1 AND query = ?2 AND query_bytes = ?8"),
        Look::Page => (
            now - TYPING_MICROS,
            // The newest alone, and only what is kept whole.
            "coalesce(last_at, at) >= ?1 AND query_bytes <= ?8 AND length(query) > 0
               AND substr(?2, 1, length(query)) = query
               AND id = (SELECT max(id) FROM looks WHERE who = ?3 AND kind = ?5 AND at >= ?1 - 600000000)",
        ),
        _ => return Ok(None),
    };
    let sql = format!(
        "SELECT id FROM looks WHERE {condition} AND who = ?3 AND token_id IS ?4 AND kind = ?5
           AND streams IS ?6 AND incident IS ?7 AND at >= ?1 - 600000000
         ORDER BY id DESC LIMIT 1"
    );
    connection
        .prepare_cached(&sql)?
        .query_row(
            params![
                oldest,
                query,
                new.who,
                new.token_id,
                new.look.name(),
                new.streams.as_ref().map(|streams| as_json(streams)),
                new.incident,
                i64::try_from(new.query.len()).unwrap_or(i64::MAX),
            ],
            |row| row.get(0),
        )
        .optional()
}

/// One more look: the entry's query is the longest, its range the widest that was asked.
fn go_on(
    connection: &Connection,
    id: i64,
    new: &NewLook,
    query: &str,
    now: i64,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE looks SET looks = looks + 1, last_at = ?2, query = ?3, query_bytes = ?4,
               since = CASE WHEN ?5 IS NULL THEN NULL ELSE min(since, ?5) END,
               until = CASE WHEN ?6 IS NULL THEN NULL ELSE max(until, ?6) END,
               outcome = ?7
             WHERE id = ?1",
        )?
        .execute(params![
            id,
            now,
            query,
            i64::try_from(new.query.len()).unwrap_or(i64::MAX),
            new.since.map(Timestamp::micros),
            new.until.map(Timestamp::micros),
            RUNNING,
        ])?;
    Ok(())
}

/// Takes the oldest entries away where `newest` makes more than `rows_max`.
fn keep_to_bound(connection: &Connection, newest: i64, rows_max: i64) -> rusqlite::Result<()> {
    let oldest: i64 = connection
        .prepare_cached("SELECT min(id) FROM looks")?
        .query_row([], |row| row.get(0))?;
    // Entries go from the oldest on and no number is given twice, so that ids have hardly a gap.
    if newest - oldest < rows_max {
        return Ok(());
    }
    let gone = connection.execute(
        "DELETE FROM looks WHERE id < ?1",
        [oldest.saturating_add(ROWS_LET_GO)],
    )?;
    tracing::warn!(
        gone,
        bound = rows_max,
        "the search log is full: its oldest entries went before their time"
    );
    Ok(())
}

fn as_json(list: &[String]) -> String {
    serde_json::Value::from(list).to_string()
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<(i64, LoggedSearch)> {
    let time = |name: &str| -> rusqlite::Result<Option<Timestamp>> {
        Ok(row.get::<_, Option<i64>>(name)?.map(shown))
    };
    let id: i64 = row.get("id")?;
    let query: String = row.get("query")?;
    let query_bytes: i64 = row.get("query_bytes")?;
    let streams: Option<String> = row.get("streams")?;
    let micros: Option<i64> = row.get("elapsed_micros")?;
    let search = LoggedSearch {
        id: id.to_string(),
        at: shown(row.get("at")?),
        who: row.get("who")?,
        token_id: row.get("token_id")?,
        kind: row.get("kind")?,
        query_is_cut: i64::try_from(query.len()).is_ok_and(|bytes| bytes < query_bytes),
        query,
        since: time("since")?,
        until: time("until")?,
        streams: streams.map(|list| serde_json::from_str(&list).unwrap_or_default()),
        incident: row.get("incident")?,
        outcome: row.get("outcome")?,
        hits: row.get("hits")?,
        total: row.get("total")?,
        elapsed_ms: micros.map(|micros| micros as f64 / 1_000.0),
        looks: row.get("looks")?,
        last_at: match time("last_at")? {
            Some(last) => last,
            None => shown(row.get("at")?),
        },
    };
    Ok((id, search))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};
    use std::time::Duration;

    use vakt_event::Clock;

    use super::*;

    #[test]
    fn the_guide_has_every_kind() {
        let guide = include_str!("../../../../docs/search-log.md");
        let row = guide.lines().find(|line| line.starts_with("| `kind` |"));
        for look in Look::ALL {
            let named = format!("`{}`", look.name());
            assert!(row.unwrap().contains(&named), "{named}");
        }
    }

    /// A clock that is set by hand, in microseconds.
    #[derive(Default)]
    struct Hand(AtomicI64);

    impl Hand {
        fn advance(&self, time: Duration) {
            let micros = i64::try_from(time.as_micros()).unwrap();
            self.0.fetch_add(micros, Ordering::Relaxed);
        }
    }

    impl Clock for Hand {
        fn now(&self) -> Timestamp {
            Timestamp::from_micros(self.0.load(Ordering::Relaxed)).unwrap()
        }
    }

    fn look(query: &str) -> NewLook {
        NewLook {
            who: "vera".to_owned(),
            token_id: Some(7),
            look: Look::Search,
            query: query.to_owned(),
            since: None,
            until: None,
            streams: None,
            incident: None,
        }
    }

    fn queries(searches: &Searches) -> Vec<String> {
        let all = LogFilter {
            limit: PAGE_MAX,
            ..LogFilter::default()
        };
        let page = searches.logged(&all).unwrap();
        page.searches.into_iter().map(|one| one.query).collect()
    }

    #[test]
    fn entries_go_when_their_time_is_over() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(Hand::default());
        let kept = Duration::from_secs(3600);
        let path = folder.path().join("searches.db");
        let searches = Searches::open(&path, clock.clone(), kept).unwrap();
        searches.begin(&look("10.0.0.1")).unwrap();
        clock.advance(Duration::from_secs(1800));
        searches.begin(&look("10.0.0.2")).unwrap();
        clock.advance(Duration::from_secs(1800));
        assert_eq!(searches.let_go().unwrap(), 0);
        let is_on_disk = || {
            let files = std::fs::read_dir(folder.path()).unwrap();
            let mut contents = files.map(|file| std::fs::read(file.unwrap().path()).unwrap());
            contents.any(|bytes| bytes.windows(8).any(|part| part == b"10.0.0.1"))
        };
        assert!(is_on_disk());
        clock.advance(Duration::from_micros(1));
        assert_eq!(searches.let_go().unwrap(), 1);
        assert_eq!(queries(&searches), ["10.0.0.2"]);
        assert!(!is_on_disk());
    }

    #[test]
    fn the_oldest_go_where_there_are_too_many() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(Hand::default());
        let path = folder.path().join("searches.db");
        let searches = Searches::open(&path, clock, super::super::KEPT).unwrap();
        let last = (0..2_500)
            .map(|number| searches.begin(&look(&number.to_string())).unwrap())
            .last()
            .unwrap();
        let count = || {
            let connection = searches.reading();
            let count = "SELECT count(*) FROM looks";
            let count = connection.query_row(count, [], |row| row.get::<_, i64>(0));
            count.unwrap()
        };
        keep_to_bound(&searches.writing(), last, 2_500).unwrap();
        assert_eq!(count(), 2_500);
        keep_to_bound(&searches.writing(), last, 2_499).unwrap();
        assert_eq!(count(), 1_500);
        assert_eq!(queries(&searches)[0], "2499");
    }

    /// What typing makes of the page, and what refreshing makes of a dashboard.
    #[test]
    fn what_is_the_same_look_is_one_entry() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(Hand::default());
        clock.advance(Duration::from_secs(1_000_000));
        let path = folder.path().join("searches.db");
        let searches = Searches::open(&path, clock.clone(), super::super::KEPT).unwrap();
        let begin = |look: Look, query: &str, wait: u64| {
            clock.advance(Duration::from_secs(wait));
            let at = |seconds: i64| Timestamp::from_seconds(seconds);
            let new = NewLook {
                look,
                since: at(i64::try_from(wait).unwrap()),
                ..super::tests::look(query)
            };
            let id = searches.begin(&new).unwrap();
            let ending = Ending {
                outcome: "done",
                hits: 2,
                total: Some(7),
                elapsed_micros: 1,
            };
            searches.end(id, &ending).unwrap();
        };
        for (look, query, wait) in [
            (Look::Page, "fail", 1),
            (Look::Page, "failed", 2),
            (Look::Search, "failed", 0),
            (Look::Page, "failed pass", 10),
            (Look::Page, "failed x", 3),
            (Look::Page, "failed x", 11),
            (Look::Page, "", 1),
            (Look::Page, "root", 1),
            (Look::Loki, "{a=\"b\"}", 20),
            (Look::Loki, "{a=\"c\"}", 0),
            (Look::Loki, "{a=\"b\"}", 5),
            (Look::Loki, "{a=\"b\"}", 3_594),
            (Look::Loki, "{a=\"b\"}", 2),
        ] {
            begin(look, query, wait);
        }
        let all = LogFilter {
            limit: 99,
            ..LogFilter::default()
        };
        let entries = searches.logged(&all).unwrap().searches;
        let rows = entries.iter().rev().map(|one| {
            let since = one.since.map(|since| since.micros() / MICROS_PER_SECOND);
            let between = one.last_at.micros() - one.at.micros();
            (
                one.query.as_str(),
                one.looks,
                one.hits,
                since,
                between / MICROS_PER_SECOND,
            )
        });
        let expected = [
            ("failed pass", 3, Some(6), Some(1), 12),
            ("failed", 1, Some(2), Some(0), 0),
            ("failed x", 1, Some(2), Some(3), 0),
            ("failed x", 1, Some(2), Some(11), 0),
            ("", 1, Some(2), Some(1), 0),
            ("root", 1, Some(2), Some(1), 0),
            ("{a=\"b\"}", 3, Some(6), Some(5), 3_599),
            ("{a=\"c\"}", 1, Some(2), Some(0), 0),
            ("{a=\"b\"}", 1, Some(2), Some(2), 0),
        ];
        assert_eq!(rows.collect::<Vec<_>>(), expected);
    }

    /// A log of the first version goes on.
    #[test]
    fn an_older_log_is_read_and_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("searches.db");
        let old = Connection::open(&path).unwrap();
        old.execute_batch(
            "CREATE TABLE looks (
               id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, who TEXT NOT NULL,
               token_id INTEGER, kind TEXT NOT NULL, query TEXT NOT NULL,
               query_bytes INTEGER NOT NULL, since INTEGER, until INTEGER, streams TEXT,
               incident TEXT, outcome TEXT NOT NULL, hits INTEGER, total INTEGER,
               elapsed_micros INTEGER) STRICT;
             INSERT INTO looks (at, who, kind, query, query_bytes, outcome)
               VALUES (5, 'vera', 'search', 'old', 3, 'done');
             PRAGMA user_version = 1;",
        )
        .unwrap();
        drop(old);
        for _ in 0..2 {
            let clock = Arc::new(Hand::default());
            let searches = Searches::open(&path, clock, super::super::KEPT).unwrap();
            searches.begin(&look("new")).unwrap();
            let all = LogFilter {
                limit: 9,
                ..LogFilter::default()
            };
            let oldest = searches.logged(&all).unwrap().searches.pop().unwrap();
            let shown = (oldest.query.as_str(), oldest.looks, oldest.last_at);
            assert_eq!(shown, ("old", 1, oldest.at));
        }
    }

    #[test]
    fn what_had_not_ended_was_interrupted() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(Hand::default());
        let path = folder.path().join("searches.db");
        let open = || Searches::open(&path, clock.clone(), super::super::KEPT).unwrap();
        let searches = open();
        let ended = searches.begin(&look("a")).unwrap();
        let ending = Ending {
            outcome: "done",
            hits: 3,
            total: Some(5),
            elapsed_micros: 1_500,
        };
        searches.end(ended, &ending).unwrap();
        searches
            .begin(&look(&"ö".repeat(QUERY_BYTES_KEPT)))
            .unwrap();
        let outcomes = |searches: &Searches| {
            let all = LogFilter {
                limit: 9,
                ..LogFilter::default()
            };
            let page = searches.logged(&all).unwrap();
            page.searches
                .into_iter()
                .map(|one| (one.outcome, one.hits, one.elapsed_ms, one.query_is_cut))
                .collect::<Vec<_>>()
        };
        let done = ("done".to_owned(), Some(3), Some(1.5), false);
        let other = |outcome: &str| (outcome.to_owned(), None, None, true);
        assert_eq!(outcomes(&searches), [other("running"), done.clone()]);
        drop(searches);
        assert_eq!(outcomes(&open()), [other("interrupted"), done]);
    }
}
