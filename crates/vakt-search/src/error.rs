//! What can go wrong with an index, in words for the person who must act.

use std::path::PathBuf;

use tantivy::TantivyError;

/// An operation on the index failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The directory holds an index of another format, or files that are no index of ours.
    #[error(
        "the search index in {} has format `{found}`, and this version of Vakt reads `{expected}`: \
         it is set aside and built again from the journal", dir.display()
    )]
    Format {
        dir: PathBuf,
        found: String,
        expected: &'static str,
    },
    /// The events of the index were made by other rules than those of now.
    #[error(
        "the search index in {} was built under other rules of what is redacted (`redact:` of the \
         configuration, and its key): it is set aside and built again from the journal",
        dir.display()
    )]
    Rules { dir: PathBuf },
    /// The files of the index cannot be understood.
    #[error(
        "the search index in {} is damaged ({reason}): it is set aside and built again from the \
         journal", dir.display()
    )]
    Damaged { dir: PathBuf, reason: String },
    /// There is a writer already.
    #[error(
        "the search index in {} is being written by someone else: one writer at a time; stop the \
         other Vakt, or give this one another data directory", dir.display()
    )]
    Busy { dir: PathBuf },
    /// The file system refused something.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        action: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },
    /// The engine failed; a writer that returned this is of no use any more.
    #[error(
        "the search index in {} failed: {source}; open the index again to go on from its last \
         commit", dir.display()
    )]
    Engine { dir: PathBuf, source: TantivyError },
    /// The catalogue cannot be read or written.
    #[error("the catalogue of the search index in {} failed: {source}", dir.display())]
    Catalogue {
        dir: PathBuf,
        source: rusqlite::Error,
    },
    /// `cursor` is not what an earlier answer gave as `next`.
    #[error(
        "the cursor `{cursor}` is not one of ours: use the `next` of an earlier answer as it is"
    )]
    Cursor { cursor: String },
    /// Nobody waits for the answer any more.
    #[error("the search was cancelled")]
    Cancelled,
    /// The deadline of the request passed.
    #[error(
        "the search was not done by its deadline, after reading {read} stored events: narrow the \
         time range, or add a word or a field that fewer events have"
    )]
    OutOfTime { read: u64 },
    /// The deadline was over before what the index lacks was read.
    #[error(
        "the search was not done by its deadline: the index is {behind} events behind, and {read} of them were \
         read from the journal; ask again when it has caught up, or for a range of time or a stream with fewer"
    )]
    Behind { read: u64, behind: u64 },
}

impl Error {
    pub(crate) fn damaged(dir: &std::path::Path, reason: String) -> Self {
        Self::Damaged {
            dir: dir.to_owned(),
            reason,
        }
    }
}
