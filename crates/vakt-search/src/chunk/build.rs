//! Filling a chunk.

use std::io;
use std::sync::Arc;

use hashbrown::{DefaultHashBuilder, HashMap};
use vakt_event::alias::canonical;
use vakt_event::{Event, JournalPosition, Origin, Source, ecs};

use super::column::{Begun, ColumnBuilder, write_docs};
use super::lane::{Lane, Packed, close_all};
use super::names::{Names, Slot};
use super::order::Order;
use super::pack::{Packer, write_deltas};
use super::shape::{Fields, Shapes};
use super::stand::Stand;
use super::terms::{Of, Terms};
use super::{
    BLOCK_BYTES, BlockPlace, CHUNK_BYTES_MAX, CHUNK_DOCS_MAX, COLUMNS_MAX, ChunkMeta, ColumnPlace,
    Directory, NO_TIME, Place, ValuesPlace,
};
use crate::frame::Frame;
use crate::record::{is_own_always, peer_text};
use crate::term_log::TermLog;
use crate::words::hash;

/// An event on its way into a chunk.
pub(crate) struct Addition<'a> {
    pub(crate) position: JournalPosition,
    pub(crate) frame: Frame<'a>,
    pub(crate) event: &'a Event<'a>,
    pub(crate) source: &'a Source,
}

/// A chunk that takes events in the order of their positions.
pub(crate) struct ChunkBuilder {
    positions: Vec<i64>,
    times: Vec<i64>,
    received: Vec<i64>,
    frame_bytes: usize,
    /// Sources in the order in which they came, each with its peer as text.
    sources: Vec<(Arc<Source>, Option<String>)>,
    source_numbers: HashMap<Arc<Source>, usize>,
    last_source: usize,
    names: Names,
    /// Of what Vakt itself says: problems, and the peer.
    problems: Option<Slot>,
    peers: Option<Slot>,
    columns: Vec<Named>,
    /// Columns by their canonical names.
    column_numbers: HashMap<String, usize>,
    beyond: Vec<u16>,
    /// The templates of events.
    templates: ColumnBuilder,
    hasher: DefaultHashBuilder,
    shapes: Shapes,
    /// The shape of each event.
    shape_numbers: Vec<u8>,
    /// By shape; those that no event has are kept for their memory.
    lanes: Vec<Lane>,
    /// The blocks that are closed, in the order in which they were.
    blocks: Vec<Packed>,
    terms: Terms,
    /// The bytes of frames since words are counted apart.
    stretch_bytes: usize,
    /// Of the event that is being added: where the values of its fields go.
    begun: Vec<(Slot, Option<Begun>)>,
    scratch: Vec<u8>,
    packer: Packer,
}

struct Named {
    name: String,
    hash: u64,
    column: ColumnBuilder,
}

/// The most columns that the next chunk begins with.
const COLUMNS_KEPT_MAX: usize = COLUMNS_MAX / 2;

impl ChunkBuilder {
    pub(crate) fn new() -> io::Result<Self> {
        let hasher = DefaultHashBuilder::default();
        Ok(Self {
            positions: Vec::new(),
            times: Vec::new(),
            received: Vec::new(),
            frame_bytes: 0,
            sources: Vec::new(),
            source_numbers: HashMap::new(),
            last_source: 0,
            names: Names::default(),
            problems: None,
            peers: None,
            columns: Vec::new(),
            column_numbers: HashMap::new(),
            beyond: Vec::new(),
            templates: ColumnBuilder::of_templates(hasher.clone()),
            hasher,
            shapes: Shapes::default(),
            shape_numbers: Vec::new(),
            lanes: Vec::new(),
            blocks: Vec::new(),
            terms: Terms::default(),
            stretch_bytes: 0,
            begun: Vec::new(),
            scratch: Vec::new(),
            packer: Packer::new()?,
        })
    }

    /// Begins the next chunk with the memory of this one, which was written. Columns stay, with nothing in
    /// them, unless there are so many that some may be inventions of a sender.
    pub(crate) fn clear(&mut self) {
        self.positions.clear();
        self.times.clear();
        self.received.clear();
        self.frame_bytes = 0;
        self.sources.clear();
        self.source_numbers.clear();
        if self.columns.len() > COLUMNS_KEPT_MAX {
            self.names.clear();
            self.column_numbers.clear();
            self.columns.clear();
            self.problems = None;
            self.peers = None;
        }
        for named in &mut self.columns {
            named.column.clear();
        }
        self.beyond.clear();
        self.templates.clear();
        self.shapes.clear();
        self.shape_numbers.clear();
        for lane in &mut self.lanes {
            lane.clear();
        }
        self.blocks.clear();
        if std::mem::take(&mut self.stretch_bytes) > 0 {
            self.terms.end_stretch();
        }
        self.terms.end_chunk();
    }

    /// Notes from now on which terms events have, until [`Self::take_log`].
    pub(crate) fn with_log(mut self) -> Self {
        self.terms.keep_log();
        self
    }

    /// Which terms the events of all chunks since [`Self::with_log`] have, the last of them being written.
    pub(crate) fn take_log(&mut self) -> Option<TermLog> {
        self.terms.take_log()
    }

    /// The memory that words and what is noted of them hold, about, in bytes.
    pub(crate) fn terms_bytes(&self) -> usize {
        self.terms.bytes()
    }

    /// Lets go of the words, and notes nothing of them any more.
    pub(crate) fn forget_terms(&mut self) {
        self.terms.forget();
        for named in &mut self.columns {
            named.column.forget_keys();
        }
        for lane in &mut self.lanes {
            lane.keys.forget_numbers();
        }
    }

    pub(crate) fn docs(&self) -> u32 {
        u32::try_from(self.positions.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn is_full(&self) -> bool {
        self.docs() >= CHUNK_DOCS_MAX || self.frame_bytes >= CHUNK_BYTES_MAX
    }

    pub(crate) fn add(&mut self, addition: &Addition<'_>) -> io::Result<()> {
        let event = addition.event;
        let doc = u16::try_from(self.positions.len()).unwrap_or(u16::MAX);
        let source = self.source(addition.source);
        let (stand, template, fields) = self.begin_fields(event, &addition.frame);
        let shape = self.shapes.number(fields);
        // The place of its lane, too.
        let lane = usize::from(shape);
        if self.lanes.len() <= lane {
            self.lanes.resize_with(lane + 1, Lane::default);
        }
        self.add_fields(event, doc, template, lane);
        if !event.problems.is_empty() {
            let problems = event.problems.join("; ");
            let slot = self
                .problems
                .unwrap_or_else(|| self.column(ecs::ERROR_MESSAGE));
            self.problems = Some(slot);
            self.add_own(slot, doc, &problems, lane);
        }
        // Taken out for a moment, so that it need not be copied.
        let peer = self
            .sources
            .get_mut(source)
            .and_then(|(_, peer)| peer.take());
        if let Some(peer) = peer {
            let slot = self.peers.unwrap_or_else(|| self.column(ecs::VAKT_PEER));
            self.peers = Some(slot);
            self.add_own(slot, doc, &peer, lane);
            if let Some((_, place)) = self.sources.get_mut(source) {
                *place = Some(peer);
            }
        }
        self.terms.end_event();
        let micros =
            |time: Option<vakt_event::Timestamp>| time.map_or(NO_TIME, |time| time.micros());
        self.positions.push(addition.position.0.cast_signed());
        self.times.push(micros(event.time.effective()));
        self.received.push(micros(event.time.received));
        self.frame_bytes += addition.frame.bytes.len();
        self.shape_numbers.push(shape);
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.add(&addition.frame, source, &stand);
            if lane.is_full() {
                let closed = lane.close(shape, &mut self.packer, &mut self.scratch)?;
                self.blocks.push(closed);
            }
        }
        self.stretch_bytes += addition.frame.bytes.len();
        if self.stretch_bytes >= BLOCK_BYTES {
            self.stretch_bytes = 0;
            self.terms.end_stretch();
        }
        Ok(())
    }

    /// Finds where the values of an event's fields go, and begins to add them; gives how they stand in its frame,
    /// the field whose template is made (the message, else the longest value), and the event's shape.
    fn begin_fields(
        &mut self,
        event: &Event<'_>,
        frame: &Frame<'_>,
    ) -> (Stand, Option<usize>, Fields) {
        let has_problems = !event.problems.is_empty();
        let mut message = None;
        let mut stand = Stand::new(frame);
        let mut fields = Fields::default();
        self.begun.clear();
        for (number, field) in event.fields.iter().enumerate() {
            if field.value.is_null() {
                self.begun.push((Slot::Nowhere, None));
                continue;
            }
            if field.origin == Origin::Sent {
                stand.see(number, &field.value);
            }
            let mut slot = self.slot(&field.name);
            fields.see(self.name_hash(slot));
            if field.origin == Origin::Sent
                && message.is_none()
                && self.is_named(slot, ecs::MESSAGE)
            {
                message = Some(number);
            }
            if has_problems && self.is_named(slot, ecs::ERROR_MESSAGE) {
                slot = Slot::Nowhere;
            }
            let column = match slot {
                Slot::Column(index) => self.columns.get(index),
                Slot::Nowhere | Slot::Beyond => None,
            };
            let begun = column.map(|named| named.column.begin(field.value.text()));
            self.begun.push((slot, begun));
        }
        let template = message.or(stand.longest_field);
        (stand, template, fields)
    }

    /// Adds the fields of an event: all values to columns, and the words of what was sent; then those of what was
    /// added and turned out to be in no column. The template is that of field `template`.
    fn add_fields(&mut self, event: &Event<'_>, doc: u16, template: Option<usize>, lane: usize) {
        let Self {
            columns,
            begun,
            terms,
            beyond,
            templates,
            lanes,
            ..
        } = self;
        let Some(Lane { keys, .. }) = lanes.get_mut(lane) else {
            return;
        };
        let mut is_added_read = false;
        let fields = event.fields.iter().zip(&*begun).enumerate();
        for (number, (field, (slot, begun))) in fields {
            if field.value.is_null() {
                continue;
            }
            let text = field.value.text();
            let is_sent = field.origin == Origin::Sent;
            let is_template = template == Some(number);
            match (slot, begun) {
                (Slot::Column(index), Some(begun)) => {
                    let Some(Named { column, name, .. }) = columns.get_mut(*index) else {
                        continue;
                    };
                    let added = column.add(doc, text, begun);
                    is_added_read |= added.is_look;
                    match column.keys(added.code) {
                        Some(known) => {
                            terms.value(keys, known, text, is_sent);
                            if is_template {
                                templates
                                    .add_template_of(doc, known, || terms.template_of(name, text));
                            }
                        }
                        None if is_sent && is_template => {
                            terms.begin_template(name);
                            terms.text(keys, text, Of::Sender);
                            templates.add_template(doc, terms.end_template());
                        }
                        None if is_sent => terms.text(keys, text, Of::Sender),
                        None => {}
                    }
                }
                (Slot::Beyond, _) => {
                    if beyond.last() != Some(&doc) {
                        beyond.push(doc);
                    }
                    is_added_read = true;
                    if is_sent {
                        terms.text(keys, text, Of::Sender);
                    }
                }
                _ if is_sent => terms.text(keys, text, Of::Sender),
                _ => terms.text(keys, text, Of::Nobody),
            }
        }
        if !is_added_read {
            return;
        }
        for (field, (slot, _)) in event.fields.iter().zip(begun) {
            if field.value.is_null() || field.origin == Origin::Sent {
                continue;
            }
            let is_read = match slot {
                Slot::Column(index) => {
                    let named = columns.get(*index);
                    named.is_some_and(|named| named.column.is_last_look())
                }
                Slot::Nowhere => false,
                Slot::Beyond => true,
            };
            if is_read {
                terms.text(keys, field.value.text(), Of::Vakt);
            }
        }
    }

    /// What stands for a field in the shape of an event.
    fn name_hash(&self, slot: Slot) -> u64 {
        match slot {
            Slot::Column(index) => self.columns.get(index).map_or(0, |named| named.hash),
            Slot::Nowhere => 0,
            Slot::Beyond => 1,
        }
    }

    /// Whether the column has this canonical name. That of problems holds nothing else of an event that has some.
    fn is_named(&self, slot: Slot, name: &str) -> bool {
        let Slot::Column(index) = slot else {
            return false;
        };
        let named = self.columns.get(index);
        named.is_some_and(|named| named.name == name)
    }

    /// The number of a source. There can be as many as events: datagrams name any peer.
    fn source(&mut self, source: &Source) -> usize {
        let last = self.sources.get(self.last_source);
        if last.is_some_and(|(last, _)| **last == *source) {
            return self.last_source;
        }
        if let Some(number) = self.source_numbers.get(source) {
            self.last_source = *number;
            return *number;
        }
        let known = Arc::new(source.clone());
        let number = self.sources.len();
        self.sources.push((Arc::clone(&known), peer_text(source)));
        self.source_numbers.insert(known, number);
        self.last_source = number;
        number
    }

    fn slot(&mut self, name: &str) -> Slot {
        if let Some(slot) = self.names.get(name) {
            return slot;
        }
        let known = canonical(name);
        let slot = if is_own_always(known) {
            Slot::Nowhere
        } else {
            self.column(known)
        };
        self.names.insert(name, slot);
        slot
    }

    /// The column with this canonical name.
    fn column(&mut self, name: &str) -> Slot {
        if let Some(index) = self.column_numbers.get(name) {
            return Slot::Column(*index);
        }
        if self.columns.len() >= COLUMNS_MAX {
            return Slot::Beyond;
        }
        self.columns.push(Named {
            name: name.to_owned(),
            hash: hash(name),
            column: ColumnBuilder::new(self.hasher.clone()),
        });
        let index = self.columns.len() - 1;
        self.column_numbers.insert(name.to_owned(), index);
        Slot::Column(index)
    }

    /// Adds a value that Vakt itself gives.
    fn add_own(&mut self, slot: Slot, doc: u16, value: &str, lane: usize) {
        let Self {
            columns,
            terms,
            beyond,
            lanes,
            ..
        } = self;
        let Some(Lane { keys, .. }) = lanes.get_mut(lane) else {
            return;
        };
        match slot {
            Slot::Column(index) => {
                let Some(Named { column, .. }) = columns.get_mut(index) else {
                    return;
                };
                let begun = column.begin(value);
                let added = column.add(doc, value, &begun);
                match column.keys(added.code) {
                    Some(known) if !added.is_look => terms.value(keys, known, value, false),
                    _ => terms.text(keys, value, Of::Vakt),
                }
            }
            Slot::Nowhere | Slot::Beyond => {
                beyond.push(doc);
                beyond.dedup();
                terms.text(keys, value, Of::Vakt);
            }
        }
    }

    /// The chunk as it is now. Its columns take time: without them it can be searched as well, a little slower.
    pub(crate) fn show(&mut self) -> io::Result<(Vec<u8>, ChunkMeta)> {
        for (shape, lane) in (0..=u8::MAX).zip(&mut self.lanes) {
            lane.show(shape, &mut self.packer, &mut self.scratch)?;
        }
        // So that writing may borrow everything else.
        let lanes = std::mem::take(&mut self.lanes);
        let closed = std::mem::take(&mut self.blocks);
        let open = lanes.iter().filter_map(Lane::shown);
        let blocks: Vec<&Packed> = closed.iter().chain(open).collect();
        let written = self.write(&blocks, false);
        self.blocks = closed;
        self.lanes = lanes;
        written
    }

    /// The whole chunk; [`Self::clear`] comes next.
    pub(crate) fn close(&mut self) -> io::Result<(Vec<u8>, ChunkMeta)> {
        let mut blocks = std::mem::take(&mut self.blocks);
        blocks.sort_by_key(|block| block.runs.first().map(|run| run.shape));
        blocks.extend(close_all(
            &mut self.lanes,
            &mut self.packer,
            &mut self.scratch,
        )?);
        for block in &blocks {
            self.terms.block_closed(&block.noise);
        }
        self.write(&blocks.iter().collect::<Vec<_>>(), true)
    }

    fn write(
        &mut self,
        packed: &[&Packed],
        with_columns: bool,
    ) -> io::Result<(Vec<u8>, ChunkMeta)> {
        let mut bytes = Vec::new();
        let put = |part: &[u8], bytes: &mut Vec<u8>| -> io::Result<Place> {
            let too_long = |_| io::Error::other("a chunk is longer than 4 GiB");
            let start = u32::try_from(bytes.len()).map_err(too_long)?;
            bytes.extend_from_slice(part);
            Ok((start, u32::try_from(part.len()).map_err(too_long)?))
        };
        let mut blocks = Vec::new();
        for block in packed {
            blocks.push(BlockPlace {
                bytes: put(&block.bytes, &mut bytes)?,
                filter: (0, 0),
            });
        }
        for (place, block) in blocks.iter_mut().zip(packed) {
            place.filter = put(&block.filter, &mut bytes)?;
        }
        self.scratch.clear();
        let runs = || packed.iter().map(|block| block.runs.as_slice());
        let (shapes, keys) = (&self.shape_numbers, self.shapes.keys());
        Order::write(shapes, keys, runs(), &mut self.scratch);
        let place = put(&self.packer.pack(&self.scratch)?, &mut bytes)?;
        let order = match with_columns {
            true => {
                let lost = || io::Error::other("a chunk has lost an event");
                Some(Order::new(shapes, keys, runs()).ok_or_else(lost)?)
            }
            false => None,
        };
        let mut numbers = |numbers: &[i64], bytes: &mut Vec<u8>| {
            self.scratch.clear();
            write_deltas(numbers, &mut self.scratch);
            put(&self.packer.pack(&self.scratch)?, bytes)
        };
        let positions = numbers(&self.positions, &mut bytes)?;
        let times = numbers(&self.times, &mut bytes)?;
        let received = numbers(&self.received, &mut bytes)?;
        let (templates, columns) = match order {
            Some(order) => (
                self.write_templates(&order, &mut bytes, put)?,
                Some(self.write_columns(&order, &mut bytes, put)?),
            ),
            None => (None, None),
        };
        let directory = Directory {
            sources: self
                .sources
                .iter()
                .map(|(source, _)| (**source).clone())
                .collect(),
            blocks,
            positions,
            times,
            received,
            columns,
            templates,
            beyond: self.beyond.clone(),
        };
        let packed = self.packer.pack(&serde_json::to_vec(&directory)?)?;
        let directory = put(&packed, &mut bytes)?;
        let ends = |numbers: &[i64]| {
            let least = numbers.iter().min().copied().unwrap_or(NO_TIME);
            (least, numbers.iter().max().copied().unwrap_or(NO_TIME))
        };
        let (first, last) = ends(&self.positions);
        let meta = ChunkMeta {
            docs: self.docs(),
            positions: (first.cast_unsigned(), last.cast_unsigned()),
            times: ends(&self.times),
            frame_bytes: self.frame_bytes as u64,
            order: place,
            directory,
            bytes: bytes.len() as u64,
        };
        Ok((bytes, meta))
    }

    fn write_templates(
        &mut self,
        order: &Order,
        bytes: &mut Vec<u8>,
        put: impl Fn(&[u8], &mut Vec<u8>) -> io::Result<Place>,
    ) -> io::Result<Option<ValuesPlace>> {
        let column = &self.templates;
        if column.is_empty() {
            return Ok(None);
        }
        let mut pack = |write: &dyn Fn(&mut Vec<u8>)| {
            self.scratch.clear();
            write(&mut self.scratch);
            put(&self.packer.pack(&self.scratch)?, bytes)
        };
        let docs = match column.is_sparse(order.count()) {
            true => Some(pack(&|scratch| write_docs(column.docs(), order, scratch))?),
            false => None,
        };
        let values = pack(&|scratch| column.write(order, scratch))?;
        Ok(Some(ValuesPlace { values, docs }))
    }

    fn write_columns(
        &mut self,
        order: &Order,
        bytes: &mut Vec<u8>,
        put: impl Fn(&[u8], &mut Vec<u8>) -> io::Result<Place>,
    ) -> io::Result<Vec<ColumnPlace>> {
        let Self {
            columns,
            scratch,
            packer,
            ..
        } = self;
        let mut pack = |scratch: &[u8]| put(&packer.pack(scratch)?, bytes);
        let mut written: Vec<(&ColumnBuilder, ColumnPlace)> = Vec::new();
        for Named { name, column, .. } in columns {
            if column.is_empty() {
                continue;
            }
            // A field that decoding copies under its ECS name, as most are, is written once.
            let known = written.iter().find(|(other, _)| column.is_like(other));
            if let Some((_, place)) = known {
                let place = ColumnPlace {
                    name: name.clone(),
                    ..*place
                };
                written.push((column, place));
                continue;
            }
            let docs = if column.is_sparse(order.count()) {
                let known = written
                    .iter()
                    .find(|(other, place)| place.docs.is_some() && other.docs() == column.docs());
                match known {
                    Some((_, place)) => place.docs,
                    None => {
                        scratch.clear();
                        write_docs(column.docs(), order, scratch);
                        Some(pack(scratch)?)
                    }
                }
            } else {
                None
            };
            scratch.clear();
            column.write(order, scratch);
            let place = ColumnPlace {
                name: name.clone(),
                values: pack(scratch)?,
                docs,
            };
            written.push((column, place));
        }
        let mut places: Vec<ColumnPlace> = written.into_iter().map(|(_, place)| place).collect();
        places.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(places)
    }
}
