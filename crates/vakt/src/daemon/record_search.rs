//! Searches incidents, alerts and notes with the language that searches events.
//!
//! Each is read as an event is: a flat object with the names that the API shows. There are thousands
//! of them where there are billions of events, so that they are read one after the other.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use anyhow::bail;
use serde::Serialize;
use serde_json::{Map, Value as Json};
use vakt_api::backend::{Order, RecordKind, SearchAnswer, SearchRequest};
use vakt_event::{Event, EventTime, Timestamp, Value, ecs};
use vakt_incident::{AlertFilter, IncidentFilter, PageRequest, Records};
use vakt_search::aggregate::{Gathering, Window, select};
use vakt_search::record::RecordSource;
use vakt_search::{Error, Gather, Pipeline, Record};

use super::gathered;
use super::work::hide_fact;
use crate::redact::Redactor;

/// Records that are read at a time.
const PAGE_RECORDS: usize = 500;

/// Members that are lists of times or of events, and no text that anybody looks for.
const NOT_SEARCHED: [&str; 3] = ["clocks", "event.ids", "first_event"];

/// Whose members are fields of their own.
const ENTITY_FIELDS: &str = "entity_fields";

/// Says which of incident, alert and note it is.
const KIND: &str = "vakt.record";

/// One search of records.
pub(super) struct RecordSearch<'s> {
    records: &'s Records,
    request: &'s SearchRequest,
    pipeline: &'s Pipeline,
    deadline: Instant,
    /// Hits of this answer; a cursor gives the rest.
    page: usize,
    /// For whoever sees no raw text.
    redactor: Option<&'s Redactor>,
    after: Option<Rank>,
    gathering: Option<Gathering>,
    found: Vec<(Rank, Map<String, Json>)>,
    total: u64,
    read: u64,
}

/// Where a record stands: its time in microseconds, then its id.
type Rank = (i64, String);

impl<'s> RecordSearch<'s> {
    /// # Errors
    /// A cursor that is none of a search of records.
    pub(super) fn new(
        records: &'s Arc<Records>,
        request: &'s SearchRequest,
        pipeline: &'s Pipeline,
        cursor: Option<&str>,
        deadline: Instant,
    ) -> anyhow::Result<Self> {
        let window = Window {
            since: request.since,
            until: request.until,
        };
        let order = match request.order {
            Order::NewestFirst => vakt_search::Order::Descending,
            Order::OldestFirst => vakt_search::Order::Ascending,
        };
        Ok(Self {
            records,
            request,
            pipeline,
            deadline,
            page: request.limit.min(request.page.unwrap_or(usize::MAX)),
            redactor: None,
            after: cursor.map(rank_of).transpose()?,
            gathering: Gathering::new(pipeline, window, order),
            found: Vec::new(),
            total: 0,
            read: 0,
        })
    }

    pub(super) fn redacted_by(self, redactor: Option<&'s Redactor>) -> Self {
        Self { redactor, ..self }
    }

    /// # Errors
    /// Records that cannot be read; a search that took too long or that nobody waits for.
    pub(super) fn run(mut self, kinds: &[RecordKind]) -> anyhow::Result<SearchAnswer> {
        for kind in kinds {
            match kind {
                RecordKind::Incident => self.incidents()?,
                RecordKind::Alert => self.alerts()?,
                RecordKind::Note => self.notes()?,
            }
        }
        self.prune();
        let is_more = self.found.len() > self.page;
        self.found.truncate(self.page);
        let mut answer = SearchAnswer {
            next: match self.found.last() {
                Some((rank, _)) if is_more => Some(cursor_of(rank)),
                _ => None,
            },
            hits: self.found.into_iter().map(|(_, hit)| hit).collect(),
            total: self.total,
            read: self.read,
            ..SearchAnswer::default()
        };
        match self.gathering.map(Gathering::finish) {
            None => select(self.pipeline, &mut answer.hits),
            Some(gathered) => gathered::put(gathered, self.request.limit, &mut answer),
        }
        Ok(answer)
    }

    fn incidents(&mut self) -> anyhow::Result<()> {
        let redactor = self.redactor;
        let filter = IncidentFilter {
            streams: self.request.streams.clone(),
            ..IncidentFilter::default()
        };
        self.pages(|records, page| {
            let found = records.incidents(&filter, page)?;
            let incidents = found.items.iter().map(|incident| {
                let about = About {
                    kind: RecordKind::Incident,
                    id: &incident.id,
                    stream: &incident.stream,
                    time: incident.detected_at,
                };
                Ok(Searched::of(
                    &about,
                    redacted(incident, redactor)?,
                    |json| {
                        let title = json["title"].as_str()?;
                        Some(format!("#{} {title}", incident.number))
                    },
                ))
            });
            Ok((incidents.collect::<anyhow::Result<_>>()?, found.next))
        })
    }

    fn alerts(&mut self) -> anyhow::Result<()> {
        let redactor = self.redactor;
        let filter = AlertFilter {
            streams: self.request.streams.clone(),
            ..AlertFilter::default()
        };
        self.pages(|records, page| {
            let found = records.alerts(&filter, page)?;
            let alerts = found.items.iter().map(|alert| {
                let about = About {
                    kind: RecordKind::Alert,
                    id: &alert.id,
                    stream: &alert.stream,
                    time: alert.last_seen,
                };
                Ok(Searched::of(&about, redacted(alert, redactor)?, |json| {
                    let entity = json["entity"].as_str()?;
                    Some(format!("{}: {entity}", alert.rule_name))
                }))
            });
            Ok((alerts.collect::<anyhow::Result<_>>()?, found.next))
        })
    }

    /// What people wrote when they recorded facts: it may hold what is redacted, and who may not read that
    /// does not find by it either.
    fn notes(&mut self) -> anyhow::Result<()> {
        let is_redacted = self.redactor.is_some();
        let streams = self.request.streams.clone();
        self.pages(|records, page| {
            let found = records.notes(streams.as_deref(), page)?;
            let notes = found.items.iter().map(|note| {
                let about = About {
                    kind: RecordKind::Note,
                    id: &note.fact.id.to_string(),
                    stream: &note.stream,
                    time: note.fact.at,
                };
                let mut json = serde_json::to_value(&note.fact)?;
                json["incident"] = note.incident.clone().into();
                if is_redacted {
                    hide_fact(&mut json);
                }
                Ok(Searched::of(&about, json, |json| {
                    json["reason"].as_str().map(str::to_owned)
                }))
            });
            Ok((notes.collect::<anyhow::Result<_>>()?, found.next))
        })
    }

    /// Reads page after page and looks at each record.
    fn pages(
        &mut self,
        read: impl Fn(&Records, &PageRequest) -> anyhow::Result<(Vec<Searched>, Option<String>)>,
    ) -> anyhow::Result<()> {
        let mut page = PageRequest {
            limit: PAGE_RECORDS,
            cursor: None,
        };
        loop {
            self.check_limits()?;
            let (records, next) = read(self.records, &page)?;
            for searched in records {
                self.look(searched);
            }
            if next.is_none() {
                return Ok(());
            }
            page.cursor = next;
        }
    }

    fn check_limits(&self) -> anyhow::Result<()> {
        let cancelled = self.request.cancelled.as_ref();
        if cancelled.is_some_and(|cancelled| cancelled.load(Ordering::Relaxed)) {
            return Err(Error::Cancelled.into());
        }
        if Instant::now() >= self.deadline {
            return Err(Error::OutOfTime { read: self.read }.into());
        }
        Ok(())
    }

    fn look(&mut self, searched: Searched) {
        self.read += 1;
        let (since, until) = (self.request.since, self.request.until);
        let time = searched.time;
        if since.is_some_and(|since| time < since) || until.is_some_and(|until| time >= until) {
            return;
        }
        let record = Record {
            event: &searched.event,
            position: None,
            source: Some(RecordSource {
                stream: &searched.stream,
                peer: None,
            }),
        };
        if !self.pipeline.query.matches_record(&record) {
            return;
        }
        self.total += 1;
        if let Some(gathering) = &mut self.gathering {
            gathering.record(&record);
            return;
        }
        let rank = (time.micros(), searched.id);
        if self
            .after
            .as_ref()
            .is_some_and(|after| !self.is_before(after, &rank))
        {
            return;
        }
        let mut hit = record.to_hit();
        hit.shift_remove(ecs::EVENT_ORIGINAL);
        self.found.push((rank, hit));
        if self.found.len() > self.page.saturating_add(1).saturating_mul(2) {
            self.prune();
        }
    }

    /// Whether one stands before the other in the answer.
    fn is_before(&self, one: &Rank, other: &Rank) -> bool {
        match self.request.order {
            Order::NewestFirst => one > other,
            Order::OldestFirst => one < other,
        }
    }

    /// Keeps what the answer needs: one more than the page has tells that there is more.
    fn prune(&mut self) {
        match self.request.order {
            Order::NewestFirst => self.found.sort_unstable_by(|(a, _), (b, _)| b.cmp(a)),
            Order::OldestFirst => self.found.sort_unstable_by(|(a, _), (b, _)| a.cmp(b)),
        }
        self.found.truncate(self.page.saturating_add(1));
    }
}

/// What a record is, beside its members.
struct About<'a> {
    kind: RecordKind,
    id: &'a str,
    stream: &'a str,
    time: Timestamp,
}

/// As the API shows it to this person.
fn redacted(record: &impl Serialize, redactor: Option<&Redactor>) -> anyhow::Result<Json> {
    let mut json = serde_json::to_value(record)?;
    if let Some(redactor) = redactor {
        redactor.redact_entity(&mut json);
    }
    Ok(json)
}

/// A record as a search sees it.
struct Searched {
    event: Event<'static>,
    /// Of all kinds.
    id: String,
    stream: String,
    time: Timestamp,
}

impl Searched {
    /// `message` is what a person reads of the record first.
    fn of(about: &About<'_>, record: Json, message: impl FnOnce(&Json) -> Option<String>) -> Self {
        let mut event = Event {
            time: EventTime {
                claimed: Some(about.time),
                received: None,
            },
            ..Event::default()
        };
        event.added(KIND, about.kind.name());
        if let Some(message) = message(&record) {
            event.sent(ecs::MESSAGE, message);
        }
        if let Json::Object(members) = record {
            add_members(&mut event, "", members);
        }
        Self {
            event,
            id: format!("{}-{}", about.kind.name(), about.id),
            stream: about.stream.to_owned(),
            time: about.time,
        }
    }
}

fn add_members(event: &mut Event<'static>, prefix: &str, members: Map<String, Json>) {
    for (name, value) in members {
        if prefix.is_empty() && NOT_SEARCHED.contains(&name.as_str()) {
            continue;
        }
        let prefix = if name == ENTITY_FIELDS {
            String::new()
        } else {
            format!("{prefix}{name}")
        };
        add_member(event, &prefix, value);
    }
}

fn add_member(event: &mut Event<'static>, name: &str, value: Json) {
    match value {
        Json::Null => {}
        Json::Bool(value) => event.sent(name.to_owned(), Value::Bool(value)),
        Json::Number(number) => event.sent(name.to_owned(), Value::number(number)),
        Json::String(text) => event.sent(name.to_owned(), Value::str(text)),
        Json::Array(values) => {
            for value in values {
                add_member(event, name, value);
            }
        }
        Json::Object(members) => {
            let prefix = match name {
                "" => String::new(),
                name => format!("{name}."),
            };
            for (name, value) in members {
                add_member(event, &format!("{prefix}{name}"), value);
            }
        }
    }
}

fn cursor_of((micros, id): &Rank) -> String {
    format!("{micros}:{id}")
}

fn rank_of(cursor: &str) -> anyhow::Result<Rank> {
    let read = || {
        let (micros, id) = cursor.split_once(':')?;
        Some((micros.parse().ok()?, id.to_owned()))
    };
    match read() {
        Some(rank) => Ok(rank),
        None => bail!(Error::Cursor {
            cursor: cursor.to_owned()
        }),
    }
}
