//! Rule sets of growing size, each within the next.

use std::path::{Path, PathBuf};

use anyhow::Result;
use vakt::files::files_below;

use crate::random::Random;
use crate::subject::Rules;

/// Some of the rule files.
pub(crate) struct Subset {
    /// `None` for all.
    files_wanted: Option<usize>,
    pub(crate) files: Vec<PathBuf>,
}

/// A subset, loaded.
pub(crate) struct LoadedSubset {
    pub(crate) is_all: bool,
    pub(crate) rules: Rules,
}

impl Subset {
    pub(crate) fn load(&self) -> Result<LoadedSubset> {
        Ok(LoadedSubset {
            is_all: self.files_wanted.is_none(),
            rules: Rules::load(&self.files)?,
        })
    }
}

/// The subsets of so many rule files below `paths`, ascending, and at last all of them. The embedded
/// pack comes whole.
pub(crate) fn subsets(paths: &[PathBuf], counts: &[usize], seed: u64) -> Result<Vec<Subset>> {
    let mut files = Vec::new();
    for path in paths {
        match path.is_dir() {
            true => files.extend(files_below(path, is_rule)?),
            false => files.push(path.clone()),
        }
    }
    files.sort();
    Random::new(seed).shuffle(&mut files);
    let mut counts: Vec<_> = counts
        .iter()
        .filter(|count| **count < files.len())
        .collect();
    counts.sort_unstable();
    let some = counts.into_iter().map(|count| Subset {
        files_wanted: Some(*count),
        files: files.iter().take(*count).cloned().collect(),
    });
    let mut subsets: Vec<_> = some.collect();
    subsets.push(Subset {
        files_wanted: None,
        files,
    });
    Ok(subsets)
}

fn is_rule(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "yml" || extension == "yaml")
}
