//! tantivy as somebody uses it who has read its documentation: the line as stored text with the
//! default tokenizer, fast fields for what is sorted and counted by, one thread that indexes with
//! the heap of the examples, the default merge policy.

use std::ops::Bound;
use std::path::Path;

use anyhow::Result;
use serde_json::json;
use tantivy::aggregation::AggregationCollector;
use tantivy::aggregation::agg_req::Aggregations;
use tantivy::collector::{Count, TopDocs};
use tantivy::query::{
    AllQuery, BooleanQuery, PhraseQuery, Query, RangeQuery, RegexQuery, TermQuery,
};
use tantivy::schema::{FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TEXT};
use tantivy::{DateTime, Index, IndexReader, IndexWriter, Order, TantivyDocument, Term};
use vakt_event::{Event, Frame, Timestamp, ecs};

use crate::question::{Answer, Ask, Engine, PAGE};
use crate::sink::Sink;

/// The heap of tantivy's examples, in bytes.
const HEAP_BYTES: usize = 50_000_000;

#[derive(Clone, Copy)]
struct Fields {
    line: Field,
    host: Field,
    user: Field,
    address: Field,
    time: Field,
}

fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let fields = Fields {
        line: schema.add_text_field("line", TEXT | STORED),
        host: schema.add_text_field("host", STRING | STORED | FAST),
        user: schema.add_text_field("user", STRING | STORED | FAST),
        address: schema.add_text_field("address", STRING | STORED | FAST),
        time: schema.add_date_field("time", INDEXED | STORED | FAST),
    };
    (schema.build(), fields)
}

pub(crate) struct Writer {
    writer: IndexWriter,
    fields: Fields,
}

impl Writer {
    /// A new index in an empty folder.
    pub(crate) fn create(dir: &Path) -> Result<Self> {
        let (schema, fields) = schema();
        let index = Index::create_in_dir(dir, schema)?;
        let writer = index.writer_with_num_threads(1, HEAP_BYTES)?;
        Ok(Self { writer, fields })
    }
}

impl Sink for Writer {
    fn add(&mut self, _: &Frame, event: &Event<'_>) -> Result<()> {
        let fields = self.fields;
        let mut document = TantivyDocument::new();
        document.add_text(fields.line, &event.original);
        for (field, name) in [
            (fields.host, ecs::HOST_NAME),
            (fields.user, ecs::USER_NAME),
            (fields.address, ecs::SOURCE_IP),
        ] {
            if let Some(text) = event.text(name) {
                document.add_text(field, text);
            }
        }
        if let Some(time) = event.time.effective() {
            document.add_date(fields.time, date(time));
        }
        self.writer.add_document(document)?;
        Ok(())
    }

    fn commit(&mut self) -> Result<()> {
        self.writer.commit()?;
        Ok(())
    }

    fn finish(mut self) -> Result<()> {
        self.commit()?;
        Ok(self.writer.wait_merging_threads()?)
    }
}

pub(crate) struct Plain {
    reader: IndexReader,
    fields: Fields,
}

impl Plain {
    pub(crate) fn open(dir: &Path) -> Result<Self> {
        Ok(Self {
            reader: Index::open_in_dir(dir)?.reader()?,
            fields: schema().1,
        })
    }

    fn word(&self, word: &str) -> Term {
        Term::from_field_text(self.fields.line, word)
    }

    fn phrase(&self, words: &mut dyn Iterator<Item = &str>) -> Box<dyn Query> {
        Box::new(PhraseQuery::new(
            words.map(|word| self.word(word)).collect(),
        ))
    }

    /// The total, and the newest events as they are stored.
    fn page(&self, query: &dyn Query, with_total: bool) -> Result<Option<Answer>> {
        let searcher = self.reader.searcher();
        let newest = TopDocs::with_limit(PAGE).order_by_fast_field::<DateTime>("time", Order::Desc);
        let (hits, total) = if with_total {
            let (hits, total) = searcher.search(query, &(newest, Count))?;
            (hits, Some(total as u64))
        } else {
            (searcher.search(query, &newest)?, None)
        };
        for (_, address) in hits {
            std::hint::black_box(searcher.doc::<TantivyDocument>(address)?);
        }
        Ok(Some(Answer { total }))
    }

    fn aggregate(&self, request: serde_json::Value) -> Result<Option<Answer>> {
        let request: Aggregations = serde_json::from_value(request)?;
        let collector = AggregationCollector::from_aggs(request, Default::default());
        std::hint::black_box(self.reader.searcher().search(&AllQuery, &collector)?);
        Ok(Some(Answer { total: None }))
    }

    fn substring(&self, part: &str, since: Timestamp) -> Result<Box<dyn Query>> {
        let words = RegexQuery::from_pattern(&format!(".*{part}.*"), self.fields.line)?;
        let since = Term::from_field_date(self.fields.time, date(since));
        let times = RangeQuery::new(Bound::Included(since), Bound::Unbounded);
        Ok(Box::new(BooleanQuery::intersection(vec![
            Box::new(words),
            Box::new(times),
        ])))
    }
}

impl Engine for Plain {
    fn ask(&self, ask: &Ask) -> Result<Option<Answer>> {
        let term = |word: &str| TermQuery::new(self.word(word), IndexRecordOption::Basic);
        match ask {
            Ask::Term(word) => self.page(&term(word), true),
            Ask::Rare(word) => self.page(&term(word), true),
            Ask::Phrase(phrase) | Ask::PhraseAgain(phrase) => {
                self.page(&*self.phrase(&mut phrase.split(' ')), true)
            }
            Ask::NewestOfPhrase(phrase) => self.page(&*self.phrase(&mut phrase.split(' ')), false),
            // The default tokenizer makes words of the parts of an address.
            Ask::Address(address) => {
                let address = address.to_string();
                self.page(&*self.phrase(&mut address.split('.')), true)
            }
            Ask::Substring(part, since) => self.page(&*self.substring(part, *since)?, true),
            Ask::Newest => self.page(&AllQuery, false),
            Ask::NewestOf(word) => self.page(&term(word), false),
            Ask::Histogram => self.aggregate(json!({
                "events": { "date_histogram": { "field": "time", "fixed_interval": "5m" } }
            })),
            Ask::TopUsers => self.aggregate(json!({
                "users": { "terms": { "field": "user", "size": 10 } }
            })),
        }
    }
}

fn date(time: Timestamp) -> DateTime {
    DateTime::from_timestamp_micros(time.micros())
}
