//! Names: those that are seen, and those that a power loss leaves.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::random::SplitMix;

type Table = BTreeMap<PathBuf, Entry>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    File(u64),
    Dir,
}

/// A directory that nobody made was always there.
#[derive(Default)]
pub(super) struct Names {
    current: Table,
    durable: Table,
    /// Changes since each directory's last sync, in order.
    unsynced: BTreeMap<PathBuf, Vec<Change>>,
}

#[derive(Clone, Debug)]
enum Change {
    Set(PathBuf, Entry),
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
}

impl Names {
    pub(super) fn get(&self, path: &Path) -> Option<Entry> {
        self.current.get(path).copied()
    }

    pub(super) fn file(&self, path: &Path) -> Option<u64> {
        match self.get(path)? {
            Entry::File(file) => Some(file),
            Entry::Dir => None,
        }
    }

    /// Of all files that have a name.
    pub(super) fn files(&self) -> impl Iterator<Item = u64> + '_ {
        self.current.values().filter_map(|entry| match entry {
            Entry::File(file) => Some(*file),
            Entry::Dir => None,
        })
    }

    pub(super) fn in_dir(&self, dir: &Path) -> Vec<String> {
        let inside = self.current.keys();
        inside
            .filter(|path| path.parent() == Some(dir))
            .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
            .collect()
    }

    pub(super) fn set(&mut self, path: &Path, entry: Entry) {
        self.change(Change::Set(path.to_owned(), entry));
    }

    /// Both in one directory: a rename across two is none of this fake's business.
    pub(super) fn rename(&mut self, from: &Path, to: &Path) {
        self.change(Change::Rename(from.to_owned(), to.to_owned()));
    }

    pub(super) fn remove(&mut self, path: &Path) {
        self.change(Change::Remove(path.to_owned()));
    }

    /// Makes durable what changed in this directory; not what changed in another one, and not the
    /// directory's own name.
    pub(super) fn sync(&mut self, dir: &Path) {
        for change in self.unsynced.remove(dir).unwrap_or_default() {
            change.apply(&mut self.durable);
        }
    }

    /// Keeps the changes of each directory up to some moment: file systems journal them in order.
    /// What lies in a directory whose own name is lost is lost with it.
    pub(super) fn crash(&mut self, random: &mut SplitMix) {
        for changes in std::mem::take(&mut self.unsynced).into_values() {
            let kept = random.below(changes.len() as u64 + 1);
            for change in changes.into_iter().take(super::usize_from(kept)) {
                change.apply(&mut self.durable);
            }
        }
        let made = self.current.iter();
        let lost: Vec<PathBuf> = made
            .filter(|(path, entry)| **entry == Entry::Dir && !self.durable.contains_key(*path))
            .map(|(path, _)| path.clone())
            .collect();
        self.durable
            .retain(|path, _| !lost.iter().any(|dir| path.starts_with(dir)));
        self.current = self.durable.clone();
    }

    fn change(&mut self, change: Change) {
        change.apply(&mut self.current);
        let dir = change.path().parent().unwrap_or(Path::new(""));
        self.unsynced
            .entry(dir.to_owned())
            .or_default()
            .push(change);
    }
}

impl Change {
    fn path(&self) -> &Path {
        match self {
            Self::Set(path, _) | Self::Rename(path, _) | Self::Remove(path) => path,
        }
    }

    fn apply(&self, names: &mut Table) {
        match self {
            Self::Set(path, entry) => {
                names.insert(path.clone(), *entry);
            }
            Self::Rename(from, to) => {
                if let Some(entry) = names.remove(from) {
                    names.insert(to.clone(), entry);
                }
            }
            Self::Remove(path) => {
                names.remove(path);
            }
        }
    }
}
