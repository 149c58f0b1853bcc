//! All that this program uses of Vakt's index: where its interface changes, this file does.

use std::path::Path;

use anyhow::Result;
use vakt_event::{Event, JournalPosition, Source, Transport};
use vakt_search::{Index, IndexWriter, Query, Request};

use crate::question::{Answer, Ask, Engine, PAGE};
use crate::sink::Sink;

pub(crate) struct Vakt(Index);

impl Vakt {
    pub(crate) fn open(dir: &Path) -> Result<Self> {
        Ok(Self(Index::open(dir)?))
    }

    /// Goes on where the index ends.
    pub(crate) fn writer(&self) -> Result<Writer> {
        let writer = self.0.writer()?;
        Ok(Writer {
            next: writer.next_position(),
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
    writer: IndexWriter,
    next: JournalPosition,
    source: Source,
}

impl Sink for Writer {
    fn add(&mut self, event: &Event<'_>) -> Result<()> {
        self.writer.add(self.next, event, &self.source)?;
        self.next = self.next.next();
        Ok(())
    }

    fn commit(&mut self) -> Result<()> {
        Ok(self.writer.commit(self.next)?)
    }

    fn finish(mut self) -> Result<()> {
        self.commit()?;
        Ok(self.writer.close()?)
    }
}

impl Engine for Vakt {
    fn ask(&self, ask: &Ask) -> Result<Option<Answer>> {
        let (text, since) = match ask {
            Ask::Term(term) | Ask::NewestOf(term) => ((*term).to_owned(), None),
            Ask::Rare(term) => (term.clone(), None),
            Ask::Phrase(phrase) => (format!("\"{phrase}\""), None),
            Ask::Address(address) => (address.to_string(), None),
            Ask::Substring(part, since) => (format!("*{part}*"), Some(*since)),
            Ask::Newest => (String::new(), None),
            // The index has no aggregations.
            Ask::Histogram | Ask::TopUsers => return Ok(None),
        };
        let response = self.0.search(&Request {
            query: Query::parse(&text)?,
            since,
            limit: PAGE,
            ..Request::default()
        })?;
        Ok(Some(Answer {
            total: Some(response.total),
        }))
    }
}
