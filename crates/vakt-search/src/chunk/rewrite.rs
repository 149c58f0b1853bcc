//! A chunk with other filters: everything else is copied as it is.

use std::io;

use hashbrown::HashMap;

use super::pack::Packer;
use super::read::Chunk;
use super::{BlockPlace, ChunkMeta, ColumnPlace, Directory, Place, ValuesPlace};
use crate::fault::Fault;

impl Chunk {
    /// The chunk with `filters`, one for each of its blocks.
    pub(crate) fn with_filters(&self, filters: &[Vec<u8>]) -> Result<(Vec<u8>, ChunkMeta), Fault> {
        let old = self.directory()?;
        let mut bytes = Vec::with_capacity(self.data().len());
        let put = |part: &[u8], bytes: &mut Vec<u8>| -> Result<Place, Fault> {
            let too_long = |_| Fault::new("a chunk is longer than 4 GiB");
            let start = u32::try_from(bytes.len()).map_err(too_long)?;
            bytes.extend_from_slice(part);
            Ok((start, u32::try_from(part.len()).map_err(too_long)?))
        };
        let mut blocks = Vec::new();
        for block in &old.blocks {
            blocks.push(BlockPlace {
                bytes: put(self.piece(block.bytes)?, &mut bytes)?,
                filter: (0, 0),
            });
        }
        for (block, filter) in blocks.iter_mut().zip(filters) {
            block.filter = put(filter, &mut bytes)?;
        }
        let order = put(self.piece(self.meta().order)?, &mut bytes)?;
        let positions = put(self.piece(old.positions)?, &mut bytes)?;
        let times = put(self.piece(old.times)?, &mut bytes)?;
        let received = put(self.piece(old.received)?, &mut bytes)?;
        let mut moved: HashMap<Place, Place> = HashMap::new();
        let mut move_piece = |old: Place, bytes: &mut Vec<u8>| -> Result<Place, Fault> {
            if let Some(place) = moved.get(&old) {
                return Ok(*place);
            }
            let place = put(self.piece(old)?, bytes)?;
            moved.insert(old, place);
            Ok(place)
        };
        let templates = match &old.templates {
            Some(ValuesPlace { values, docs }) => Some(ValuesPlace {
                values: move_piece(*values, &mut bytes)?,
                docs: match docs {
                    Some(docs) => Some(move_piece(*docs, &mut bytes)?),
                    None => None,
                },
            }),
            None => None,
        };
        let mut columns = Vec::new();
        for column in old.columns.iter().flatten() {
            let docs = match column.docs {
                Some(docs) => Some(move_piece(docs, &mut bytes)?),
                None => None,
            };
            columns.push(ColumnPlace {
                name: column.name.clone(),
                values: move_piece(column.values, &mut bytes)?,
                docs,
            });
        }
        let directory = Directory {
            sources: old.sources.clone(),
            blocks,
            positions,
            times,
            received,
            columns: old.columns.as_ref().map(|_| columns),
            templates,
            beyond: old.beyond.clone(),
        };
        let packed = Packer::new().and_then(|mut packer| {
            packer.pack(&serde_json::to_vec(&directory).map_err(io::Error::from)?)
        })?;
        let directory = put(&packed, &mut bytes)?;
        let meta = ChunkMeta {
            order,
            directory,
            bytes: bytes.len() as u64,
            ..self.meta().clone()
        };
        Ok((bytes, meta))
    }
}
