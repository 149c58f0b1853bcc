//! Reading a chunk, piece by piece as a search asks for them.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use quick_cache::Weighter;
use tantivy::directory::OwnedBytes;
use vakt_event::{Event, JournalPosition, Source, Timestamp};

use super::block::Block;
use super::column::{Column, Listed};
use super::order::Order;
use super::pack::{read_deltas, unpack};
use super::{ChunkMeta, ColumnPlace, Directory, Place};
use crate::fault::Fault;
use crate::filter;
use crate::frame::Decoder;
use crate::query::raw::{Raw, RawFrame};
use crate::record::{Record, RecordSource, peer_text};
use crate::split::Ahead;

/// Unpacked pieces of chunks, so that a search that comes again unpacks nothing.
pub(crate) type Cache = quick_cache::sync::Cache<Key, Piece, ByBytes>;

/// The chunk, by a number of its own, and where the piece begins in it.
pub(crate) type Key = (u64, u32);

#[derive(Clone)]
pub(crate) enum Piece {
    Numbers(Arc<Vec<i64>>),
    Order(Arc<Order>),
    /// The events of columns.
    Listed(Arc<Listed>),
    Column(Arc<Column>),
    Block(Arc<Block>),
}

#[derive(Clone)]
pub(crate) struct ByBytes;

impl Weighter<Key, Piece> for ByBytes {
    fn weight(&self, _: &Key, piece: &Piece) -> u64 {
        let bytes = match piece {
            Piece::Numbers(numbers) => numbers.len() * size_of::<i64>(),
            Piece::Order(order) => order.bytes(),
            Piece::Listed(listed) => listed.bytes(),
            Piece::Column(column) => column.bytes(),
            Piece::Block(block) => block.memory(),
        };
        // What the cache itself keeps of each.
        bytes as u64 + 128
    }
}

/// A chunk, opened.
pub(crate) struct Chunk {
    number: u64,
    meta: ChunkMeta,
    data: OwnedBytes,
    directory: OnceLock<Arc<Directory>>,
    /// The file that it is in, and where it begins there.
    file: Option<(Arc<Path>, u64)>,
}

/// A column of a chunk, if it has one of that name.
pub(crate) enum ColumnOf {
    /// The chunk has no columns yet.
    Unknown,
    /// No event has the field.
    None,
    Some(Arc<Column>),
}

/// What the pieces of a chunk are unpacked with.
#[derive(Clone, Copy)]
pub(crate) struct Pieces<'c> {
    pub(crate) cache: &'c Cache,
}

impl Chunk {
    /// `number` is this chunk's alone as long as the cache lives.
    pub(crate) fn new(number: u64, meta: ChunkMeta, data: OwnedBytes) -> Result<Self, Fault> {
        if data.len() as u64 != meta.bytes {
            return Err(Fault::new("a chunk is shorter than it was"));
        }
        Ok(Self {
            number,
            meta,
            data,
            directory: OnceLock::new(),
            file: None,
        })
    }

    /// The chunk, which begins at `start` in the file at `path`.
    pub(crate) fn in_file(self, path: &Arc<Path>, start: u64) -> Self {
        Self {
            file: Some((Arc::clone(path), start)),
            ..self
        }
    }

    /// The directory will be read.
    pub(crate) fn expect_directory(&self) {
        if self.directory.get().is_none() {
            self.expect([self.meta.directory]);
        }
    }

    /// The order of its events will be read.
    pub(crate) fn expect_order(&self, pieces: Pieces<'_>) {
        let place = self.meta.order;
        if !pieces.cache.contains_key(&(self.number, place.0)) {
            self.expect([place]);
        }
    }

    /// The columns of these names will be read, and the effective times where `with_times` says so.
    pub(crate) fn expect_columns<'n>(
        &self,
        with_times: bool,
        names: impl Iterator<Item = &'n str>,
        pieces: Pieces<'_>,
    ) -> Result<(), Fault> {
        let directory = self.directory()?;
        let times = with_times.then_some(directory.times);
        let columns = directory.columns.as_deref().unwrap_or_default();
        let places = names
            .filter_map(|name| place_of(columns, name))
            .flat_map(|column| [Some(column.values), column.docs])
            .flatten();
        let is_unread = |place: &Place| !pieces.cache.contains_key(&(self.number, place.0));
        let parts = times.into_iter().chain([self.meta.order]).chain(places);
        self.expect(parts.filter(is_unread));
        Ok(())
    }

    /// The blocks of these events will be read.
    pub(crate) fn expect_blocks(
        &self,
        docs: impl Iterator<Item = u32>,
        pieces: Pieces<'_>,
    ) -> Result<(), Fault> {
        let directory = self.directory()?;
        let order = self.order(pieces)?;
        let numbers = docs.filter_map(|doc| Some(order.locate(doc)?.0));
        let mut numbers: Vec<usize> = numbers.collect();
        numbers.sort_unstable();
        numbers.dedup();
        let places = numbers
            .into_iter()
            .filter_map(|number| directory.blocks.get(number))
            .map(|block| block.bytes);
        let is_unread = |place: &Place| !pieces.cache.contains_key(&(self.number, place.0));
        self.expect(places.filter(is_unread));
        Ok(())
    }

    fn expect(&self, places: impl IntoIterator<Item = Place>) {
        let Some((path, start)) = &self.file else {
            return;
        };
        let mut ahead = None;
        for (at, bytes) in places {
            ahead
                .get_or_insert_with(|| Ahead::of(path, *start))
                .expect(u64::from(at), u64::from(bytes));
        }
    }

    /// This chunk's alone as long as the process lives.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn meta(&self) -> &ChunkMeta {
        &self.meta
    }

    /// The bytes as they were written.
    pub(crate) fn data(&self) -> &[u8] {
        &self.data
    }

    pub(super) fn directory(&self) -> Result<&Arc<Directory>, Fault> {
        if let Some(directory) = self.directory.get() {
            return Ok(directory);
        }
        let json = unpack(self.piece(self.meta.directory)?)?;
        let directory: Directory = serde_json::from_slice(&json)?;
        Ok(self.directory.get_or_init(|| Arc::new(directory)))
    }

    pub(super) fn piece(&self, (start, length): Place) -> Result<&[u8], Fault> {
        let range = || {
            let start = usize::try_from(start).ok()?;
            let end = start.checked_add(usize::try_from(length).ok()?)?;
            self.data.get(start..end)
        };
        range().ok_or_else(|| Fault::new("a piece of a chunk lies beyond its end"))
    }

    fn numbers(&self, place: Place, pieces: Pieces<'_>) -> Result<Arc<Vec<i64>>, Fault> {
        let key = (self.number, place.0);
        if let Some(Piece::Numbers(numbers)) = pieces.cache.get(&key) {
            return Ok(numbers);
        }
        let count = usize::try_from(self.meta.docs).unwrap_or(usize::MAX);
        let numbers = Arc::new(read_deltas(&unpack(self.piece(place)?)?, count)?);
        pieces
            .cache
            .insert(key, Piece::Numbers(Arc::clone(&numbers)));
        Ok(numbers)
    }

    /// Which events are in which block, and in which order columns have them.
    pub(crate) fn order(&self, pieces: Pieces<'_>) -> Result<Arc<Order>, Fault> {
        let place = self.meta.order;
        let key = (self.number, place.0);
        if let Some(Piece::Order(order)) = pieces.cache.get(&key) {
            return Ok(order);
        }
        let order = Arc::new(Order::read(&unpack(self.piece(place)?)?, self.meta.docs)?);
        pieces.cache.insert(key, Piece::Order(Arc::clone(&order)));
        Ok(order)
    }

    /// The journal positions of the events, ascending; below 2^63 all of them.
    pub(crate) fn positions(&self, pieces: Pieces<'_>) -> Result<Arc<Vec<i64>>, Fault> {
        self.numbers(self.directory()?.positions, pieces)
    }

    /// The effective times in microseconds; [`super::NO_TIME`] where there is none.
    pub(crate) fn times(&self, pieces: Pieces<'_>) -> Result<Arc<Vec<i64>>, Fault> {
        self.numbers(self.directory()?.times, pieces)
    }

    /// The times of receipt, as [`Self::times`].
    pub(crate) fn received(&self, pieces: Pieces<'_>) -> Result<Arc<Vec<i64>>, Fault> {
        self.numbers(self.directory()?.received, pieces)
    }

    /// The column of a field, by its canonical name.
    pub(crate) fn column(&self, name: &str, pieces: Pieces<'_>) -> Result<ColumnOf, Fault> {
        let Some(columns) = &self.directory()?.columns else {
            return Ok(ColumnOf::Unknown);
        };
        let Some(place) = place_of(columns, name) else {
            return Ok(ColumnOf::None);
        };
        let column = self.values(place.values, place.docs, pieces)?;
        Ok(ColumnOf::Some(column))
    }

    /// The templates of the events, if there are any.
    pub(crate) fn templates(&self, pieces: Pieces<'_>) -> Result<Option<Arc<Column>>, Fault> {
        let Some(place) = &self.directory()?.templates else {
            return Ok(None);
        };
        self.values(place.values, place.docs, pieces).map(Some)
    }

    fn values(
        &self,
        values: Place,
        docs: Option<Place>,
        pieces: Pieces<'_>,
    ) -> Result<Arc<Column>, Fault> {
        let key = (self.number, values.0);
        if let Some(Piece::Column(column)) = pieces.cache.get(&key) {
            return Ok(column);
        }
        let order = self.order(pieces)?;
        let listed = match docs {
            Some(place) => Some(self.listed(place, &order, pieces)?),
            None => None,
        };
        let piece = unpack(self.piece(values)?)?;
        let column = Arc::new(Column::read(&piece, listed, &order)?);
        pieces.cache.insert(key, Piece::Column(Arc::clone(&column)));
        Ok(column)
    }

    fn listed(
        &self,
        place: Place,
        order: &Order,
        pieces: Pieces<'_>,
    ) -> Result<Arc<Listed>, Fault> {
        let key = (self.number, place.0);
        if let Some(Piece::Listed(listed)) = pieces.cache.get(&key) {
            return Ok(listed);
        }
        let listed = Arc::new(Listed::read(&unpack(self.piece(place)?)?, order)?);
        pieces.cache.insert(key, Piece::Listed(Arc::clone(&listed)));
        Ok(listed)
    }

    /// The names of the columns, ascending, and the bytes that each takes; what several share counts
    /// for each of them.
    pub(crate) fn column_bytes(&self) -> Result<impl Iterator<Item = (&str, u32)>, Fault> {
        let columns = self.directory()?.columns.iter().flatten();
        Ok(columns.map(|column| {
            let docs = column.docs.map_or(0, |(_, length)| length);
            (column.name.as_str(), column.values.1.saturating_add(docs))
        }))
    }

    /// Events that have fields without a column.
    pub(crate) fn beyond(&self) -> Result<&[u16], Fault> {
        Ok(&self.directory()?.beyond)
    }

    /// The events, in any order, of the blocks whose filters may hold all of `hashes`.
    pub(crate) fn blocks_with(
        &self,
        hashes: &[u64],
        pieces: Pieces<'_>,
        mut take: impl FnMut(u32),
    ) -> Result<(), Fault> {
        let directory = self.directory()?;
        let mut order = None;
        for (number, block) in directory.blocks.iter().enumerate() {
            let filter = self.piece(block.filter)?;
            if !hashes.iter().all(|hash| filter::may_hold(filter, *hash)) {
                continue;
            }
            let order = match &mut order {
                Some(order) => order,
                none => none.insert(self.order(pieces)?),
            };
            order.docs_of(number).for_each(|doc| take(u32::from(doc)));
        }
        Ok(())
    }

    /// How many blocks there are.
    pub(crate) fn blocks(&self) -> Result<usize, Fault> {
        Ok(self.directory()?.blocks.len())
    }

    fn block(&self, number: usize, pieces: Pieces<'_>, keep: bool) -> Result<Arc<Block>, Fault> {
        let places = self.directory()?.blocks.get(number);
        let place = places
            .ok_or_else(|| Fault::new("a block is missing"))?
            .bytes;
        let key = (self.number, place.0);
        if let Some(Piece::Block(block)) = pieces.cache.get(&key) {
            return Ok(block);
        }
        let block = Arc::new(Block::read(unpack(self.piece(place)?)?)?);
        if keep {
            pieces.cache.insert(key, Piece::Block(Arc::clone(&block)));
        }
        Ok(block)
    }

    /// Reads events of the chunk, in any order; blocks that were opened stay so. Blocks are kept in the cache where
    /// `keep` says so: not where all of many are read once.
    pub(crate) fn reader<'c>(
        &'c self,
        pieces: Pieces<'c>,
        keep: bool,
    ) -> Result<EventReader<'c>, Fault> {
        let frames = self.frames(pieces, keep)?;
        let sources = frames.directory.sources.iter();
        Ok(EventReader {
            peers: sources.map(peer_text).collect(),
            chunk: self,
            pieces,
            frames,
            lower: Vec::new(),
        })
    }

    /// As [`Self::reader`], for whoever holds the chunk and wants frames alone.
    pub(crate) fn frames(&self, pieces: Pieces<'_>, keep: bool) -> Result<FrameReader, Fault> {
        let directory = Arc::clone(self.directory()?);
        Ok(FrameReader {
            positions: self.positions(pieces)?,
            received: self.received(pieces)?,
            order: self.order(pieces)?,
            keep,
            blocks: vec![None; directory.blocks.len()],
            directory,
        })
    }
}

/// The column of this name, among columns ascending by name.
fn place_of<'c>(columns: &'c [ColumnPlace], name: &str) -> Option<&'c ColumnPlace> {
    let found = columns.binary_search_by(|column| column.name.as_str().cmp(name));
    columns.get(found.ok()?)
}

/// Reads events of a chunk.
pub(crate) struct EventReader<'c> {
    chunk: &'c Chunk,
    peers: Vec<Option<String>>,
    pieces: Pieces<'c>,
    frames: FrameReader,
    /// The bytes of blocks in lower case, by number; nothing of those of which nothing was judged.
    lower: Vec<Vec<u8>>,
}

impl EventReader<'_> {
    /// Decodes the event `doc` of the chunk and looks at it.
    pub(crate) fn look<T>(
        &mut self,
        doc: u32,
        decoder: &mut dyn Decoder,
        look: impl FnOnce(&Record<'_>) -> T,
    ) -> Result<T, Fault> {
        self.frame(doc, |frame, source, peer, position| {
            let event: Event<'_> = decoder.decode(frame, source);
            let record = Record {
                event: &event,
                position: Some(position),
                source: Some(RecordSource {
                    stream: &source.stream,
                    peer,
                }),
            };
            let looked = look(&record);
            decoder.recycle(event);
            looked
        })
    }

    /// Whether the event `doc` matches; `None` where the bytes of its frame do not tell.
    pub(crate) fn judge(&mut self, doc: u32, raw: &Raw<'_>) -> Result<Option<bool>, Fault> {
        let missing = || Fault::new("an event of a chunk is missing");
        let (number, index) = self.frames.locate(doc)?;
        let block = self.frames.open(self.chunk, self.pieces, number)?;
        if self.lower.len() <= number {
            self.lower.resize_with(number + 1, Vec::new);
        }
        let lower = self.lower.get_mut(number).ok_or_else(missing)?;
        if lower.is_empty() {
            *lower = block.bytes().to_ascii_lowercase();
        }
        let place = block.place(index).ok_or_else(missing)?;
        let frame = RawFrame {
            bytes: block.bytes().get(place.clone()).ok_or_else(missing)?,
            lower: lower.get(place).ok_or_else(missing)?,
            standing: block.standing(index),
            value: block.value(index),
        };
        Ok(raw.judge(&frame))
    }

    /// The number of the block that has the event.
    pub(crate) fn block_of(&self, doc: u32) -> Result<usize, Fault> {
        Ok(self.frames.locate(doc)?.0)
    }

    /// Gives the frame of the event `doc`, its source, the peer as text, and its position.
    pub(crate) fn frame<T>(
        &mut self,
        doc: u32,
        look: impl FnOnce(crate::Frame<'_>, &Source, Option<&str>, JournalPosition) -> T,
    ) -> Result<T, Fault> {
        let peers = &self.peers;
        self.frames
            .frame(self.chunk, self.pieces, doc, |frame, found, position| {
                let (number, source) = found;
                let peer = peers.get(number).and_then(Option::as_deref);
                look(frame, source, peer, position)
            })
    }
}

/// What is at hand of a chunk of which frames are read.
pub(crate) struct FrameReader {
    directory: Arc<Directory>,
    pub(crate) positions: Arc<Vec<i64>>,
    received: Arc<Vec<i64>>,
    order: Arc<Order>,
    keep: bool,
    /// The blocks that were opened, by number: all of them hold no more than a chunk does, and the chunks that a
    /// walk is in at one time no more than was in memory when they were written.
    blocks: Vec<Option<Arc<Block>>>,
}

impl FrameReader {
    /// The number of the block that has the event `doc`, and the event's in the block.
    fn locate(&self, doc: u32) -> Result<(usize, usize), Fault> {
        let located = self.order.locate(doc);
        located.ok_or_else(|| Fault::new("an event of a chunk is missing"))
    }

    /// The block with this number.
    fn open(
        &mut self,
        chunk: &Chunk,
        pieces: Pieces<'_>,
        number: usize,
    ) -> Result<&Arc<Block>, Fault> {
        let place = self.blocks.get_mut(number);
        let place = place.ok_or_else(|| Fault::new("a block is missing"))?;
        Ok(match place {
            Some(block) => block,
            none => none.insert(chunk.block(number, pieces, self.keep)?),
        })
    }

    /// Gives the frame of the event `doc`, its source with its number, and its position. `chunk` is
    /// the one that this was made for.
    pub(crate) fn frame<T>(
        &mut self,
        chunk: &Chunk,
        pieces: Pieces<'_>,
        doc: u32,
        look: impl FnOnce(crate::Frame<'_>, (usize, &Source), JournalPosition) -> T,
    ) -> Result<T, Fault> {
        let missing = || Fault::new("an event of a chunk is missing");
        let number =
            |numbers: &[i64]| -> Option<i64> { numbers.get(usize::try_from(doc).ok()?).copied() };
        let received = number(&self.received)
            .and_then(Timestamp::from_micros)
            .unwrap_or_default();
        let position = number(&self.positions).ok_or_else(missing)?;
        let (number, index) = self.locate(doc)?;
        let block = Arc::clone(self.open(chunk, pieces, number)?);
        let (frame, number) = block.frame(index, received).ok_or_else(missing)?;
        let source = self.directory.sources.get(number).ok_or_else(missing)?;
        let position = JournalPosition(position.cast_unsigned());
        Ok(look(frame, (number, source), position))
    }
}
