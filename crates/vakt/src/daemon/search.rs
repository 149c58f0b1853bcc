//! Searches, as the API asks for them.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use hashbrown::HashSet;
use serde_json::Map;
use vakt_api::backend::{
    Follower, Order, SearchAnswer, SearchBackend, SearchFailure, SearchProgress, SearchRequest,
    Sight, Within,
};
use vakt_event::{Clock, JournalPosition, Source, Timestamp, ecs};
use vakt_incident::Records;
use vakt_search::aggregate::{Gathered, Gathering, Window, select};
use vakt_search::{Index, Now, Pipeline, Progress, Query, QueryError, Tail, Watch};
use vakt_storage::Journal;

use super::follow::JournalFollower;
use super::gathered;
use super::record_search::RecordSearch;
use crate::pipeline::index::{IndexProgress, is_suspicious};
use crate::pipeline::tail::JournalTail;
use crate::pipeline::{Frames, frame_of};
use crate::redact::Redactor;

/// A search waits this long for the index to reach what was acknowledged before it began; a commit
/// takes a few milliseconds. What it lacks then is read from the journal.
const INDEX_PATIENCE: Duration = Duration::from_millis(300);

/// A search that takes longer is given up, with words.
const SEARCH_TIME_MAX: Duration = Duration::from_secs(60);

/// Positions of the journal that are read one after the other where the newest events are wanted first.
const TAIL_PIECE: usize = 256 * 1024;

/// What may be said of a search that found nothing is looked for no longer than this: nobody notices it.
const HINT_TIME_MAX: Duration = Duration::from_millis(300);

/// Fields of a query that are looked for, for what is said of them.
const HINT_FIELDS_MAX: usize = 8;

/// The newest events that are asked for their fields beside the index, which knows no names of a chunk that is being
/// filled: they are decoded in a few milliseconds.
const NAMED_BY_NEWEST: usize = 500;

/// They are looked at for no longer than this, since every query of Grafana's asks for names first.
const NAMED_TIME_MAX: Duration = Duration::from_secs(1);

pub(super) struct Search {
    pub(super) frames: Frames,
    pub(super) index: Arc<ArcSwap<Index>>,
    pub(super) progress: Arc<IndexProgress>,
    pub(super) journal: Arc<Journal>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) records: Arc<Records>,
    pub(super) redactor: Option<Arc<Redactor>>,
}

impl SearchBackend for Search {
    fn search(&self, request: &SearchRequest) -> Result<SearchAnswer, SearchFailure> {
        let wants_hints = request.hints && request.cursor.is_none();
        let (cursor, now) = self.page_of(request.cursor.as_deref())?;
        let pipeline = Pipeline::parse_at(&request.query, Now::from(now));
        let pipeline = pipeline.map_err(|error| refused(&error))?;
        let reads_raw = request.reads_raw;
        if !reads_raw && pipeline.names(ecs::EVENT_ORIGINAL) {
            return Err(raw_text());
        }
        let deadline = Instant::now() + request.patience.unwrap_or(SEARCH_TIME_MAX);
        if let Within::Records(kinds) = &request.within {
            let cursor = cursor.as_deref();
            let redactor = self.redactor.as_deref().filter(|_| !reads_raw);
            let search = RecordSearch::new(&self.records, request, &pipeline, cursor, deadline);
            let mut answer = search
                .and_then(|search| search.redacted_by(redactor).run(kinds))
                .map_err(|error| failure_of_search(&error))?;
            answer.next = answer.next.map(|next| with_instant(&next, now));
            return Ok(answer);
        }
        let window = Window {
            since: request.since,
            until: request.until,
        };
        // What is acknowledged now must be found. Usually the index is there at once; behind a
        // backlog, what it lacks is read from the journal.
        let end = self.journal.durable_end();
        self.progress.wait_for(end, INDEX_PATIENCE);
        let limit = request.limit;
        let request = vakt_search::Request {
            query: pipeline.query.clone(),
            since: request.since,
            until: request.until,
            streams: request.streams.clone(),
            limit: match pipeline.needs_all() {
                // What the commands give takes the place of the hits.
                true => 0,
                false => limit.min(request.page.unwrap_or(usize::MAX)),
            },
            order: match request.order {
                Order::NewestFirst => vakt_search::Order::Descending,
                Order::OldestFirst => vakt_search::Order::Ascending,
            },
            cursor,
            deadline: Some(deadline),
            cancelled: request.cancelled.clone(),
            hits_only: request.hits_only,
            watch: request.progress.clone().map(watch),
        };
        let (response, gathered) = self
            .ask(&request, &pipeline, window, end)
            .map_err(|error| failure_of_search(&error))?;
        let mut answer = SearchAnswer {
            hits: response.hits,
            total: response.total,
            next: response.next.map(|next| with_instant(&next, now)),
            read: response.read,
            ..SearchAnswer::default()
        };
        if response.unread > 0 {
            answer.cut.push(format!(
                "The index is behind, and the time was over before all that it lacks was read, up to {} events: these \
                 are the newest hits, and older ones and their total are missing. Ask again when it has caught up, \
                 or for a shorter range.",
                response.unread
            ));
        }
        match gathered {
            None => select(&pipeline, &mut answer.hits),
            Some(gathered) => gathered::put(gathered, limit, &mut answer),
        }
        let is_empty =
            (answer.table.as_ref()).map_or(answer.total == 0, |table| table.rows.is_empty());
        if wants_hints && is_empty {
            answer.hints = self.hints(&request, &pipeline, end);
        }
        if !reads_raw {
            for hit in &mut answer.hits {
                hit.shift_remove(ecs::EVENT_ORIGINAL);
            }
        }
        Ok(answer)
    }

    fn field_names(
        &self,
        streams: Option<&[String]>,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> Result<Vec<String>, SearchFailure> {
        // It waits for the index, too.
        let newest = match self.search(&SearchRequest {
            since,
            until,
            streams: streams.map(<[String]>::to_vec),
            limit: NAMED_BY_NEWEST,
            hits_only: true,
            patience: Some(NAMED_TIME_MAX),
            ..SearchRequest::default()
        }) {
            Ok(answer) => answer.hits,
            // Behind a backlog those that the index knows are enough.
            Err(SearchFailure::OutOfTime(_)) => Vec::new(),
            Err(error) => return Err(error),
        };
        let names = self.index.load().field_names(streams, since, until);
        let mut names = names.map_err(|error| {
            let error = anyhow::Error::from(error);
            if is_suspicious(&error) {
                self.progress.suspect(format!("{error:#}"));
            }
            SearchFailure::Unavailable(format!(
                "the index cannot say which fields there are: {error:#}"
            ))
        })?;
        let mut known: HashSet<String> = names.iter().cloned().collect();
        for name in newest.iter().flat_map(Map::keys) {
            if known.insert(name.clone()) {
                names.push(name.clone());
            }
        }
        Ok(names)
    }

    fn follow(
        &self,
        request: &SearchRequest,
        from: Option<u64>,
    ) -> Result<Box<dyn Follower>, SearchFailure> {
        let now = self.clock.now();
        let query = Query::parse_at(&request.query, now)
            .map_err(|error| refused_to_follow(&error, &request.query, now))?;
        if !request.reads_raw && query.names(ecs::EVENT_ORIGINAL) {
            return Err(raw_text());
        }
        let sight = Sight {
            streams: request.streams.clone(),
            reads_raw: request.reads_raw,
        };
        Ok(Box::new(JournalFollower::new(
            &self.journal,
            &self.frames,
            query,
            sight,
            from,
        )))
    }
}

/// Passes on to the API how far a search is.
#[derive(Debug)]
struct ForApi(Arc<SearchProgress>);

impl Watch for ForApi {
    fn at(&self, progress: Progress) {
        let Self(api) = self;
        api.read.store(progress.read, Ordering::Relaxed);
        api.covered.store(progress.covered, Ordering::Relaxed);
        api.of.store(progress.of, Ordering::Relaxed);
        api.behind.store(progress.behind, Ordering::Relaxed);
    }
}

fn watch(progress: Arc<SearchProgress>) -> Arc<dyn Watch> {
    Arc::new(ForApi(progress))
}

fn refused(error: &QueryError) -> SearchFailure {
    SearchFailure::Query {
        position: error.position,
        help: "a query is made of words, \"phrases\", parts* of words, field:value, field:\"a text\", \
               field:>5, field:[1 TO 5], field:10.0.0.0/8, field:*, field:/expression/, with and, or, not and \
               ( ); then | stats count by field, | timechart, | top field, | sort -field, | fields a, b or \
               | head 10; \\ before a sign makes it text (docs/search.md says more)"
            .to_owned(),
        message: error.message.clone(),
    }
}

/// What groups or sorts events needs all of them, and of those that are followed there is no last.
fn refused_to_follow(error: &QueryError, query: &str, now: Timestamp) -> SearchFailure {
    let mut refused = refused(error);
    if Pipeline::parse_at(query, now).is_ok()
        && let SearchFailure::Query { message, help, .. } = &mut refused
    {
        "events that are followed have no end: commands after | cannot be carried out"
            .clone_into(message);
        "leave out what begins with |, or search without following".clone_into(help);
    }
    refused
}

/// Between a cursor of the index and the instant at which its search began.
const INSTANT: char = '@';

/// A cursor that says at which instant its search began: what is relative to now means the same on
/// every page.
fn with_instant(cursor: &str, now: Timestamp) -> String {
    format!("{cursor}{INSTANT}{}", now.micros())
}

/// Whether a query about the raw text finds something tells what is in it, even where that is not
/// shown.
fn raw_text() -> SearchFailure {
    SearchFailure::Forbidden {
        message: "the query asks about `event.original`, the text of events as it was sent, which \
                  not everybody may read"
            .to_owned(),
        help:
            "ask for words or fields, such as `message:…`; or ask an administrator for a role that \
               may read raw text (admin, lead, analyst): docs/privacy.md"
                .to_owned(),
    }
}

impl Search {
    /// The index's cursor, and the instant at which the search is asked: that of its first page.
    fn page_of(&self, cursor: Option<&str>) -> Result<(Option<String>, Timestamp), SearchFailure> {
        let Some(cursor) = cursor else {
            return Ok((None, self.clock.now()));
        };
        let instant = cursor.rsplit_once(INSTANT).and_then(|(cursor, micros)| {
            let now = Timestamp::from_micros(micros.parse().ok()?)?;
            Some((Some(cursor.to_owned()), now))
        });
        instant.ok_or_else(|| SearchFailure::Cursor("the cursor is none of ours".to_owned()))
    }

    /// Why nothing may have been found: what may have been meant otherwise, and fields that no event has.
    fn hints(
        &self,
        request: &vakt_search::Request,
        pipeline: &Pipeline,
        end: JournalPosition,
    ) -> Vec<String> {
        let mut hints = pipeline.doubts.clone();
        let is_bounded = request.since.is_some() || request.until.is_some();
        let within = if is_bounded { " of this range" } else { "" };
        let deadline = Instant::now() + HINT_TIME_MAX;
        let request = vakt_search::Request {
            limit: 1,
            cursor: None,
            deadline: Some(deadline),
            hits_only: true,
            watch: None,
            ..request.clone()
        };
        for field in pipeline
            .fields_asked_for()
            .into_iter()
            .take(HINT_FIELDS_MAX)
        {
            let request = vakt_search::Request {
                query: Query::exists(field),
                ..request.clone()
            };
            let index = self.index.load();
            let found = index.search_with(&request, |from, tail| {
                self.offer_tail(from, end, request.order, tail)
            });
            // Of what cannot be told at once nothing is said.
            if found.is_ok_and(|answer| answer.hits.is_empty()) {
                hints.push(format!("No event{within} has the field `{field}`."));
            }
        }
        hints
    }

    /// Asks the index, and what it lacks the journal.
    fn ask(
        &self,
        request: &vakt_search::Request,
        pipeline: &Pipeline,
        window: Window,
        end: JournalPosition,
    ) -> anyhow::Result<(vakt_search::Response, Option<Gathered>)> {
        let search = |index: &Index| -> anyhow::Result<_> {
            let offer = |from, tail: &mut Tail<'_>| self.offer_tail(from, end, request.order, tail);
            let Some(mut gathering) = Gathering::new(pipeline, window, request.order) else {
                return Ok((index.search_with(request, offer)?, None));
            };
            let wanted = gathering.wanted();
            let response = index.gather_with(request, &wanted, &mut gathering, offer)?;
            Ok((response, Some(gathering.finish())))
        };
        search(&self.index.load()).or_else(|error| {
            if !is_suspicious(&error) {
                return Err(error);
            }
            tracing::error!(
                error = format!("{error:#}"),
                "a search of the index failed and reads the journal instead"
            );
            self.progress.suspect(format!("{error:#}"));
            search(&Index::of_nothing(Arc::new(self.frames.clone()))?)
        })
    }

    /// Offers what the journal holds from `from` up to `end`, piece by piece in the order that is asked for.
    fn offer_tail(
        &self,
        from: JournalPosition,
        end: JournalPosition,
        order: vakt_search::Order,
        tail: &mut Tail<'_>,
    ) -> anyhow::Result<()> {
        let scope = tail.begin(end);
        let passes_over = |source: &Source, newest| scope.passes_over(source, newest);
        let mut pieces: Vec<u64> = (from.0..end.0).step_by(TAIL_PIECE).collect();
        if order == vakt_search::Order::Descending {
            pieces.reverse();
        }
        for first in pieces {
            let piece_end = first.saturating_add(TAIL_PIECE as u64).min(end.0);
            let (first, piece_end) = (JournalPosition(first), JournalPosition(piece_end));
            let mut journal = JournalTail::new(&self.journal, &self.frames, first, piece_end);
            journal.each(&passes_over, |frame, source, decoding| {
                Ok(tail.offer(frame.position, frame_of(frame), source, decoding)?)
            })?;
        }
        Ok(())
    }
}

fn failure_of_search(error: &anyhow::Error) -> SearchFailure {
    match error.downcast_ref::<vakt_search::Error>() {
        Some(vakt_search::Error::OutOfTime { .. } | vakt_search::Error::Behind { .. }) => {
            SearchFailure::OutOfTime(error.to_string())
        }
        Some(vakt_search::Error::Cursor { .. }) => SearchFailure::Cursor(error.to_string()),
        _ => SearchFailure::Internal(format!("{error:#}")),
    }
}
