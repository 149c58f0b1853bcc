//! An open file of the fake disk.

use std::io;

use super::content::Content;
use super::fault::Call;
use super::{FakeDisk, State, usize_from};
use crate::disk::DiskFile;

pub(super) struct FakeFile {
    pub(super) disk: FakeDisk,
    pub(super) file: u64,
    pub(super) generation: u64,
}

impl FakeFile {
    fn with<T>(&self, act: impl FnOnce(&mut State) -> io::Result<T>) -> io::Result<T> {
        let mut state = self.disk.state();
        if state.generation != self.generation {
            return Err(io::Error::other("a handle from before the crash"));
        }
        act(&mut state)
    }

    fn content<'a>(&self, state: &'a mut State) -> &'a mut Content {
        state.files.entry(self.file).or_default()
    }
}

impl DiskFile for FakeFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.with(|state| {
            state.faults.call(Call::Read)?;
            let bytes_max = usize_from(state.faults.read_bytes_max());
            let content = self.content(state);
            let rest = content.current.get(usize_from(offset)..).unwrap_or(&[]);
            let count = rest.len().min(buffer.len()).min(bytes_max);
            buffer[..count].copy_from_slice(&rest[..count]);
            Ok(count)
        })
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.with(|state| {
            state.begin()?;
            if let Err(error) = state.faults.call(Call::Write) {
                let (half, _) = bytes.split_at(bytes.len() / 2);
                self.content(state).write(half, offset);
                return Err(error);
            }
            let bytes_max = usize_from(state.faults.write_bytes_max()).min(bytes.len());
            let allocated = self.content(state).allocated;
            let covered = usize_from(allocated.saturating_sub(offset));
            let room = state.faults.room().map_or(u64::MAX, |room| *room);
            let count = bytes_max.min(covered.saturating_add(usize_from(room)));
            if count < bytes_max {
                state.faults.struck += 1;
            }
            if count == 0 && !bytes.is_empty() {
                return Err(io::ErrorKind::StorageFull.into());
            }
            let taken = count.saturating_sub(covered) as u64;
            if let Some(room) = state.faults.room() {
                *room -= taken;
            }
            let content = self.content(state);
            content.write(&bytes[..count], offset);
            content.allocated = allocated.max(offset + count as u64);
            Ok(count)
        })
    }

    fn allocate(&self, bytes: u64) -> io::Result<()> {
        self.with(|state| {
            state.begin()?;
            state.faults.call(Call::Allocate)?;
            let missing = bytes.saturating_sub(self.content(state).allocated);
            if let Some(room) = state.faults.room() {
                match room.checked_sub(missing) {
                    Some(left) => *room = left,
                    None => {
                        state.faults.struck += 1;
                        return Err(io::ErrorKind::StorageFull.into());
                    }
                }
            }
            self.content(state).allocated += missing;
            Ok(())
        })
    }

    fn sync_data(&self) -> io::Result<()> {
        self.with(|state| {
            state.begin()?;
            state.faults.call(Call::Sync)?;
            if state.faults.drops_pages() {
                self.content(state).drop_pages();
                return Err(io::Error::other("input/output error"));
            }
            self.content(state).sync();
            Ok(())
        })
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        self.with(|state| {
            state.begin()?;
            state.faults.call(Call::SetLen)?;
            let before = self.content(state).allocated;
            self.content(state).set_len(bytes);
            let freed = before - self.content(state).allocated;
            state.give_room(freed);
            Ok(())
        })
    }

    fn len(&self) -> io::Result<u64> {
        self.with(|state| Ok(self.content(state).current.len() as u64))
    }
}
