//! All that this program uses of Vakt's index: where its interface changes, this file does.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use vakt_event::{Event, Frame, JournalPosition, Source, Transport};
use vakt_search::aggregate::{Gathering, Window};
use vakt_search::{Index, IndexWriter, Order, Pipeline, Request};

use crate::question::{Answer, Ask, Engine, PAGE};
use crate::sink::{Frames, Sink};

pub(crate) struct Vakt(Arc<Index>);

impl Vakt {
    pub(crate) fn open(dir: &Path) -> Result<Self> {
        Ok(Self(Arc::new(Index::open(dir, Arc::new(Frames))?)))
    }

    /// Goes on where the index ends.
    pub(crate) fn writer(&self) -> Result<Writer> {
        let writer = self.0.writer()?;
        Ok(Writer {
            next: writer.next_position(),
            index: Arc::clone(&self.0),
            writer,
            source: Source {
                stream: "default".to_owned(),
                transport: Transport::Tcp,
                listener: "syslog-tcp".to_owned(),
                peer: Some([10, 20, 0, 1].into()),
                zone: None,
                drill: false,
            },
        })
    }
}

pub(crate) struct Writer {
    index: Arc<Index>,
    writer: IndexWriter,
    next: JournalPosition,
    source: Source,
}

impl Sink for Writer {
    fn add(&mut self, frame: &Frame, event: &Event<'_>) -> Result<()> {
        let stored = vakt_search::Frame {
            bytes: &frame.bytes,
            format: frame.format,
            received: frame.received,
            truncated: frame.truncated,
        };
        self.writer.add(self.next, stored, event, &self.source)?;
        self.next = self.next.next();
        Ok(())
    }

    fn commit(&mut self) -> Result<()> {
        Ok(self.writer.commit(self.next)?)
    }

    fn build_ready(&mut self) -> Result<()> {
        while self.index.build_next(false)?.is_some() {}
        Ok(())
    }

    /// Builds inverted indexes of everything.
    fn build(&mut self) -> Result<()> {
        self.commit()?;
        self.writer.seal()?;
        while self.index.build_next(true)?.is_some() {}
        Ok(())
    }

    fn finish(mut self) -> Result<()> {
        self.commit()?;
        self.writer.seal()?;
        Ok(self.writer.close()?)
    }
}

/// As the page and `vakt search` ask.
const HISTOGRAM: &str = "| timechart 5m";
const TOP_USERS: &str = "| top 10 user.name";

/// The query, made one that was not asked before: the index remembers which events it judged for a query,
/// and that is not to be measured.
fn unlike_before(query: &str) -> String {
    static ASKED: AtomicU64 = AtomicU64::new(0);
    let number = ASKED.fetch_add(1, Ordering::Relaxed);
    format!("{query} or neverseen{number}")
}

impl Engine for Vakt {
    fn ask(&self, ask: &Ask) -> Result<Option<Answer>> {
        let (text, since) = match ask {
            Ask::Term(term) | Ask::NewestOf(term) => (unlike_before(term), None),
            Ask::Rare(term) => (term.clone(), None),
            Ask::Phrase(phrase) | Ask::NewestOfPhrase(phrase) => {
                (unlike_before(&format!("\"{phrase}\"")), None)
            }
            Ask::PhraseAgain(phrase) => (format!("\"{phrase}\""), None),
            Ask::Address(address) => (address.to_string(), None),
            Ask::Substring(part, since) => (unlike_before(&format!("*{part}*")), Some(*since)),
            Ask::Newest => (String::new(), None),
            Ask::Histogram => (HISTOGRAM.to_owned(), None),
            Ask::TopUsers => (TOP_USERS.to_owned(), None),
        };
        let pipeline = Pipeline::parse(&text)?;
        let request = |limit| Request {
            query: pipeline.query.clone(),
            since,
            limit,
            hits_only: matches!(ask, Ask::Newest | Ask::NewestOf(_) | Ask::NewestOfPhrase(_)),
            ..Request::default()
        };
        if let Some(mut gathering) = Gathering::new(&pipeline, Window::default(), Order::default())
        {
            let wanted = gathering.wanted();
            self.0
                .gather_with(&request(0), &wanted, &mut gathering, |_, _| {
                    Ok::<_, vakt_search::Error>(())
                })?;
            std::hint::black_box(gathering.finish());
            return Ok(Some(Answer { total: None }));
        }
        let response = self.0.search(&request(PAGE))?;
        let total = Some(response.total).filter(|_| !request(PAGE).hits_only);
        Ok(Some(Answer { total }))
    }
}
